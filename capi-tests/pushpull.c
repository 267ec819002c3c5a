/*  PUSH and PULL: a pipeline (RFC 30). */

#include "fixture.h"

SOCKET_TEST (wrong_directions_are_not_supported)
{
    void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
    CHECK_ERRNO (ENOTSUP, zmq_recv (push, NULL, 0, 0));
    CHECK_ERRNO (ENOTSUP, zmq_send (pull, "x", 1, 0));
}

SOCKET_TEST (work_is_dealt_out_in_turn)
{
    enum { COUNT = 4 };
    FOR_EACH_TRANSPORT (t) {
        void *const push = open_socket (ZMQ_PUSH);
        void *pulls[COUNT];
        for (int i = 0; i < COUNT; i++) {
            pulls[i] = open_socket (ZMQ_PULL);
            join (pulls[i], push, t);
        }
        char text[8];
        for (int k = 0; k < 5 * COUNT; k++) {
            snprintf (text, sizeof text, "%d", k);
            SEND (push, text);
        }
        for (int k = 0; k < 5 * COUNT; k++) {
            snprintf (text, sizeof text, "%d", k);
            RECV (pulls[k % COUNT], text);
        }
        for (int i = 0; i < COUNT; i++)
            RECV_NOTHING (pulls[i]);
        finish ();
    }
}

SOCKET_TEST (a_multipart_message_goes_to_one_peer)
{
    FOR_EACH_TRANSPORT (t) {
        void *const push = open_socket (ZMQ_PUSH), *const first = open_socket (ZMQ_PULL),
                   *const second = open_socket (ZMQ_PULL);
        join (first, push, t);
        join (second, push, t);
        for (int i = 0; i < 4; i++)
            SEND_PARTS (push, "a", "b", "c");
        for (int i = 0; i < 2; i++) {
            RECV_PARTS (first, "a", "b", "c");
            RECV_PARTS (second, "a", "b", "c");
        }
        RECV_NOTHING (first);
        RECV_NOTHING (second);
        finish ();
    }
}

SOCKET_TEST (a_full_peer_is_passed_over)
{
    void *const push = open_socket (ZMQ_PUSH), *const narrow = open_socket (ZMQ_PULL),
               *const wide = open_socket (ZMQ_PULL);
    set_int (push, ZMQ_SNDHWM, 1);
    set_int (narrow, ZMQ_RCVHWM, 1);
    set_int (wide, ZMQ_RCVHWM, 9);
    join (narrow, push, INPROC);
    join (wide, push, INPROC);
    CHECK_INT (2 + 10, fill (push, "m", 100));
    CHECK_INT (2, drain (narrow, 0));
    CHECK_INT (10, drain (wide, 0));
}

SOCKET_TEST (a_peer_with_room_again_is_used_again)
{
    void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
    set_int (push, ZMQ_SNDHWM, 2);
    set_int (pull, ZMQ_RCVHWM, 2);
    join (pull, push, INPROC);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 4; i++)
            SEND (push, "m");
        CHECK_ERRNO (EAGAIN, zmq_send (push, "m", 1, ZMQ_DONTWAIT));
        CHECK_INT (0, get_int (push, ZMQ_EVENTS));
        for (int i = 0; i < 4; i++)
            RECV (pull, "m");
        CHECK (poll_for (push, ZMQ_POLLOUT));
    }
}

SOCKET_TEST (without_a_peer_sending_blocks_until_one_comes)
{
    void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
    const char *const endpoint = bind_any (push, TCP);
    CHECK_INT (0, get_int (push, ZMQ_EVENTS));
    CHECK_ERRNO (EAGAIN, zmq_send (push, "x", 1, ZMQ_DONTWAIT));
    connect_to (pull, endpoint);
    SEND (push, "x"); /* blocks, for at most patience_ms */
    RECV (pull, "x");
}

SOCKET_TEST (results_are_collected_from_every_peer_in_turn)
{
    enum { COUNT = 4 };
    void *const pull = open_socket (ZMQ_PULL);
    const char *const endpoint = bind_any (pull, INPROC);
    char text[8];
    for (int i = 0; i < COUNT; i++) {
        void *const push = open_socket (ZMQ_PUSH);
        connect_to (push, endpoint);
        snprintf (text, sizeof text, "%d", i);
        for (int k = 0; k < 10; k++)
            SEND_PARTS (push, text, "tail");
    }
    (void) get_int (pull, ZMQ_EVENTS);
    for (int round = 0; round < 10; round++) {
        int seen = 0;
        for (int i = 0; i < COUNT; i++) {
            CHECK_INT (1, recv_frame (pull, text, sizeof text));
            RECV (pull, "tail");
            seen |= 1 << (text[0] - '0');
        }
        CHECK_INT ((1 << COUNT) - 1, seen);
    }
}

SOCKET_TEST (order_is_kept_per_connection)
{
    FOR_EACH_TRANSPORT (t) {
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        join (pull, push, t);
        set_int (push, ZMQ_SNDHWM, 0);
        for (uint32_t i = 0; i < 5000; i++) {
            SEND_BYTES (push, &i, sizeof i, 0);
            if (i % 500 == 499)
                for (uint32_t k = i - 499; k <= i; k++)
                    RECV_BYTES (pull, &k, sizeof k, 0);
        }
        finish ();
    }
}

SOCKET_TEST (a_peer_that_left_gets_nothing_more)
{
    FOR_EACH_TRANSPORT (t) {
        void *const push = open_socket (ZMQ_PUSH), *const stays = open_socket (ZMQ_PULL),
                   *const leaves = open_socket (ZMQ_PULL);
        const char *const endpoint = bind_any (push, t);
        connect_to (leaves, endpoint);
        SEND (push, "1");
        RECV (leaves, "1");
        shut (leaves);
        WAIT_UNTIL (!(get_int (push, ZMQ_EVENTS) & ZMQ_POLLOUT));
        connect_to (stays, endpoint);
        for (int i = 0; i < 10; i++)
            SEND (push, "2");
        for (int i = 0; i < 10; i++)
            RECV (stays, "2");
        finish ();
    }
}
