/*  ZMQ_IMMEDIATE: queue only for connections that are there. */

#include "fixture.h"

SOCKET_TEST (by_default_a_connect_queues_at_once)
{
    for (enum transport t = TCP; t <= INPROC; t++) {
        void *const push = open_socket (ZMQ_PUSH);
        connect_to (push, free_endpoint (t));
        CHECK_INT (ZMQ_POLLOUT, get_int (push, ZMQ_EVENTS));
        SEND (push, "queued");
        finish ();
    }
}

SOCKET_TEST (immediate_waits_for_the_connection)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        const char *const endpoint = free_endpoint (t);
        set_int (push, ZMQ_IMMEDIATE, 1);
        set_int (push, ZMQ_RECONNECT_IVL, 10);
        connect_to (push, endpoint);
        CHECK_INT (0, get_int (push, ZMQ_EVENTS));
        CHECK_ERRNO (EAGAIN, zmq_send (push, "x", 1, ZMQ_DONTWAIT));
        set_int (push, ZMQ_SNDTIMEO, 20);
        CHECK_ERRNO (EAGAIN, zmq_send (push, "x", 1, 0));
        set_int (push, ZMQ_SNDTIMEO, patience_ms ());
        bind_to (pull, endpoint);
        SEND (push, "sent");
        RECV (pull, "sent");
        RECV_NOTHING (pull);
        finish ();
    }
}

SOCKET_TEST (a_dead_end_takes_no_share)
{
    void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
    set_int (push, ZMQ_IMMEDIATE, 1);
    connect_to (push, free_endpoint (TCP));
    connect_to (push, bind_any (pull, TCP));
    for (int i = 0; i < 20; i++)
        SEND (push, "m");
    for (int i = 0; i < 20; i++)
        RECV (pull, "m");
    finish ();
    void *const lossy = open_socket (ZMQ_PUSH), *const half = open_socket (ZMQ_PULL);
    connect_to (lossy, free_endpoint (TCP));
    connect_to (lossy, bind_any (half, TCP));
    for (int i = 0; i < 20; i++)
        SEND (lossy, "m");
    for (int i = 0; i < 10; i++)
        RECV (half, "m");
    expect_silence (half); /* the other half waits for the dead end */
}

SOCKET_TEST (immediate_blocks_again_when_the_connection_is_lost)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const push = open_socket (ZMQ_PUSH);
        void *pull = open_socket (ZMQ_PULL);
        set_int (push, ZMQ_IMMEDIATE, 1);
        set_int (push, ZMQ_RECONNECT_IVL, 10);
        const char *const endpoint = bind_any (pull, t);
        connect_to (push, endpoint);
        SEND (push, "1");
        RECV (pull, "1");
        shut (pull);
        WAIT_UNTIL (!(get_int (push, ZMQ_EVENTS) & ZMQ_POLLOUT));
        CHECK_ERRNO (EAGAIN, zmq_send (push, "x", 1, ZMQ_DONTWAIT));
        pull = open_socket (ZMQ_PULL);
        WAIT_UNTIL (zmq_bind (pull, endpoint) == 0);
        SEND (push, "2");
        RECV (pull, "2");
        finish ();
    }
}

SOCKET_TEST (option_values_are_checked)
{
    void *const push = open_socket (ZMQ_PUSH);
    const int two = 2, negative = -1;
    CHECK_INT (0, get_int (push, ZMQ_IMMEDIATE));
    CHECK_ERRNO (EINVAL, zmq_setsockopt (push, ZMQ_IMMEDIATE, &two, sizeof two));
    CHECK_ERRNO (EINVAL, zmq_setsockopt (push, ZMQ_IMMEDIATE, &negative, sizeof negative));
}
