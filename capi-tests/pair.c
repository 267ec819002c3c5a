/*  PAIR: exactly one peer, both ways, no routing (RFC 31). */

#include "fixture.h"

SOCKET_TEST (messages_go_both_ways)
{
    FOR_EACH_TRANSPORT (t) {
        void *const a = open_socket (ZMQ_PAIR), *const b = open_socket (ZMQ_PAIR);
        join (a, b, t);
        bounce (a, b);
        SEND_PARTS (a, "one", "", "three");
        RECV_PARTS (b, "one", "", "three");
        for (int i = 0; i < 100; i++)
            SEND (b, "many");
        for (int i = 0; i < 100; i++)
            RECV (a, "many");
        RECV_NOTHING (a);
        RECV_NOTHING (b);
        finish ();
    }
}

SOCKET_TEST (a_second_peer_is_turned_away)
{
    FOR_EACH_TRANSPORT (t) {
        void *const a = open_socket (ZMQ_PAIR), *const b = open_socket (ZMQ_PAIR), *const c = open_socket (ZMQ_PAIR);
        const char *const endpoint = join (a, b, t);
        bounce (a, b);
        connect_to (c, endpoint);
        /* What the third says goes nowhere, and the first two do not notice it. */
        if (ready_within (c, ZMQ_POLLOUT, SILENCE_MS))
            zmq_send (c, "intruder", 8, ZMQ_DONTWAIT);
        expect_silence (a);
        bounce (a, b);
        finish ();
    }
}

SOCKET_TEST (a_new_peer_is_taken_after_the_first_has_left)
{
    FOR_EACH_TRANSPORT (t) {
        void *const a = open_socket (ZMQ_PAIR), *const b = open_socket (ZMQ_PAIR);
        const char *const endpoint = join (a, b, t);
        bounce (a, b);
        shut (b);
        WAIT_UNTIL (!(get_int (a, ZMQ_EVENTS) & ZMQ_POLLOUT));
        /* When the first is forgotten shows in nothing but that a new one is taken. */
        void *c = open_socket (ZMQ_PAIR);
        connect_to (c, endpoint);
        const int64_t deadline = now_ms () + patience_ms ();
        while (!ready_within (a, ZMQ_POLLOUT, 50)) {
            CHECK (now_ms () < deadline);
            RECV_NOTHING (a);
            shut (c);
            c = open_socket (ZMQ_PAIR);
            connect_to (c, endpoint);
        }
        bounce (a, c);
        finish ();
    }
}

SOCKET_TEST (without_a_peer_sending_would_block)
{
    void *const a = open_socket (ZMQ_PAIR);
    bind_any (a, TCP);
    CHECK_ERRNO (EAGAIN, zmq_send (a, "x", 1, ZMQ_DONTWAIT));
    CHECK_INT (0, get_int (a, ZMQ_EVENTS));
    RECV_NOTHING (a);
}

SOCKET_TEST (a_connecting_pair_queues_before_its_peer_is_there)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const a = open_socket (ZMQ_PAIR), *const b = open_socket (ZMQ_PAIR);
        const char *const endpoint = free_endpoint (t);
        connect_to (b, endpoint);
        SEND (b, "early");
        bind_to (a, endpoint);
        RECV (a, "early");
        finish ();
    }
}

SOCKET_TEST (inproc_may_connect_before_bind)
{
    void *const a = open_socket (ZMQ_PAIR), *const b = open_socket (ZMQ_PAIR);
    const char *const endpoint = free_endpoint (INPROC);
    connect_to (b, endpoint);
    SEND (b, "early");
    bind_to (a, endpoint);
    RECV (a, "early");
    bounce (a, b);
}

SOCKET_TEST (what_the_peer_sent_before_it_closed_is_still_received)
{
    FOR_EACH_TRANSPORT (t) {
        void *const a = open_socket (ZMQ_PAIR), *const b = open_socket (ZMQ_PAIR);
        join (a, b, t);
        bounce (a, b);
        set_int (b, ZMQ_LINGER, -1);
        for (int i = 0; i < 10; i++)
            SEND (b, "last words");
        shut (b);
        for (int i = 0; i < 10; i++)
            RECV (a, "last words");
        finish ();
    }
}
