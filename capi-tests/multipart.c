/*  Multipart messages arrive whole or not at all, and in one piece. */

#include "fixture.h"

SOCKET_TEST (nothing_is_delivered_before_the_last_part_was_sent)
{
    FOR_EACH_TRANSPORT (t) {
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        join (pull, push, t);
        SEND_MORE (push, "first");
        SEND_MORE (push, "second");
        expect_silence (pull);
        SEND (push, "third");
        RECV_PARTS (pull, "first", "second", "third");
        finish ();
    }
}

SOCKET_TEST (an_unfinished_message_vanishes_with_its_sender)
{
    FOR_EACH_TRANSPORT (t) {
        void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH),
                   *const other = open_socket (ZMQ_PUSH);
        const char *const endpoint = join (pull, push, t);
        set_int (push, ZMQ_LINGER, -1);
        SEND (push, "whole");
        SEND_MORE (push, "half");
        shut (push);
        RECV (pull, "whole");
        connect_to (other, endpoint);
        SEND (other, "other");
        RECV (pull, "other");
        RECV_NOTHING (pull);
        finish ();
    }
}

SOCKET_TEST (senders_messages_do_not_mix)
{
    FOR_EACH_TRANSPORT (t) {
        void *const pull = open_socket (ZMQ_PULL), *const a = open_socket (ZMQ_PUSH), *const b = open_socket (ZMQ_PUSH);
        const char *const endpoint = join (pull, a, t);
        connect_to (b, endpoint);
        for (int i = 0; i < 50; i++) {
            SEND_MORE (a, "a1");
            SEND_MORE (b, "b1");
            SEND_MORE (a, "a2");
            SEND (b, "b2");
            SEND (a, "a3");
        }
        for (int i = 0; i < 100; i++) {
            char text[4] = "";
            CHECK_INT (2, recv_frame (pull, text, 2));
            if (text[0] == 'a')
                RECV_PARTS (pull, "a2", "a3");
            else
                RECV (pull, "b2");
        }
        RECV_NOTHING (pull);
        finish ();
    }
}

SOCKET_TEST (a_message_of_many_parts)
{
    enum { PARTS = 10000 };
    FOR_EACH_TRANSPORT (t) {
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        join (pull, push, t);
        for (uint32_t i = 0; i < PARTS; i++) /* far past the high-water mark, which counts between messages */
            SEND_BYTES (push, &i, i % 5 == 4 ? 0 : sizeof i, i + 1 < PARTS ? ZMQ_SNDMORE : 0);
        for (uint32_t i = 0; i < PARTS; i++)
            RECV_BYTES (pull, &i, i % 5 == 4 ? 0 : sizeof i, i + 1 < PARTS);
        finish ();
    }
}

SOCKET_TEST (a_half_message_of_a_wire_peer_is_dropped_when_it_leaves)
{
    void *const pull = open_socket (ZMQ_PULL);
    void *const monitor = open_monitor (test_ctx (), pull, ZMQ_EVENT_DISCONNECTED);
    const char *const endpoint = bind_any (pull, TCP);
    int fd = zmtp_peer (endpoint, "PUSH");
    zmtp_send_frame (fd, 0, "whole", 5);
    zmtp_send_frame (fd, ZMTP_MORE, "half", 4);
    close (fd);
    wait_event (monitor, ZMQ_EVENT_DISCONNECTED);
    RECV (pull, "whole");
    fd = zmtp_peer (endpoint, "PUSH");
    zmtp_send_frame (fd, 0, "new", 3);
    RECV (pull, "new");
    RECV_NOTHING (pull);
    close (fd);
    close_socket (monitor);
}

SOCKET_TEST (the_receiver_may_leave_in_the_middle)
{
    FOR_EACH_TRANSPORT (t) {
        void *const push = open_socket (ZMQ_PUSH), *const first = open_socket (ZMQ_PULL),
                   *const second = open_socket (ZMQ_PULL);
        const char *const endpoint = bind_any (push, t);
        connect_to (first, endpoint);
        SEND (push, "hello");
        RECV (first, "hello");
        SEND_MORE (push, "half");
        shut (first);
        connect_to (second, endpoint);
        settle ();
        /* Whether the rest is swallowed or refused depends on when the end is noticed; the next is whole. */
        while (zmq_send (push, "rest", 4, 0) != 4)
            CHECK (zmq_errno () == EAGAIN);
        do
            SEND_PARTS (push, "new", "message");
        while (!ready_within (second, ZMQ_POLLIN, 20));
        char text[8];
        if (recv_frame (second, text, sizeof text) == 4) {
            CHECK_BYTES ("rest", 4, text, 4);
            CHECK_INT (0, get_int (second, ZMQ_RCVMORE));
            RECV_MORE (second, "new");
        }
        RECV (second, "message");
        finish ();
    }
}
