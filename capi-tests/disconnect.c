/*  zmq_disconnect and zmq_unbind: what becomes of connections and queued messages. (Endpoint names and errors are in
 *  endpoints.c.) */

#include "fixture.h"

SOCKET_TEST (disconnect_ends_the_way_to_that_peer_only)
{
    FOR_EACH_TRANSPORT (t) {
        void *const push = open_socket (ZMQ_PUSH), *const left = open_socket (ZMQ_PULL),
                   *const kept = open_socket (ZMQ_PULL);
        const char *const endpoint = join (left, push, t);
        join (kept, push, t);
        SEND (push, "1");
        SEND (push, "2");
        RECV (left, "1");
        RECV (kept, "2");
        CHECK_OK (zmq_disconnect (push, endpoint));
        for (int i = 0; i < 10; i++)
            SEND (push, "3");
        for (int i = 0; i < 10; i++)
            RECV (kept, "3");
        RECV_NOTHING (left);
        finish ();
    }
}

SOCKET_TEST (what_was_sent_before_disconnect_still_arrives)
{
    FOR_EACH_TRANSPORT (t) {
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        set_int (push, ZMQ_LINGER, -1);
        const char *const endpoint = join (pull, push, t);
        SEND (push, "0");
        RECV (pull, "0");
        for (int i = 0; i < 100; i++)
            SEND_PARTS (push, "m", "n");
        CHECK_OK (zmq_disconnect (push, endpoint));
        for (int i = 0; i < 100; i++)
            RECV_PARTS (pull, "m", "n");
        finish ();
    }
}

SOCKET_TEST (what_came_before_disconnect_is_dropped_with_the_connection)
{
    FOR_EACH_TRANSPORT (t) {
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        const char *const endpoint = join (push, pull, t);
        for (int i = 0; i < 10; i++)
            SEND (push, "m");
        RECV (pull, "m");
        CHECK_OK (zmq_disconnect (pull, endpoint));
        expect_silence (pull);
        finish ();
    }
}

SOCKET_TEST (a_disconnected_endpoint_can_be_connected_again)
{
    FOR_EACH_TRANSPORT (t) {
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        const char *const endpoint = join (pull, push, t);
        for (int i = 0; i < 5; i++) {
            SEND (push, "m");
            RECV (pull, "m");
            CHECK_OK (zmq_disconnect (push, endpoint));
            CHECK_ERRNO (EAGAIN, zmq_send (push, "x", 1, ZMQ_DONTWAIT));
            connect_to (push, endpoint);
        }
        finish ();
    }
}

SOCKET_TEST (disconnect_of_a_connection_that_never_came_up_drops_what_it_queued)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        const char *const endpoint = free_endpoint (t);
        connect_to (push, endpoint);
        SEND (push, "queued");
        CHECK_OK (zmq_disconnect (push, endpoint)); /* LINGER is 0 */
        CHECK_ERRNO (EAGAIN, zmq_send (push, "x", 1, ZMQ_DONTWAIT));
        bind_to (pull, endpoint);
        expect_silence (pull);
        finish ();
    }
}

SOCKET_TEST (the_same_endpoint_connected_twice_is_two_connections)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        set_int (push, ZMQ_SNDHWM, 3);
        const char *const endpoint = free_endpoint (t);
        connect_to (push, endpoint);
        connect_to (push, endpoint);
        CHECK_INT (6, fill (push, "m", 100));
        bind_to (pull, endpoint);
        CHECK_INT (6, drain (pull, 5 * SILENCE_MS));
        finish ();
    }
}

SOCKET_TEST (pub_sub_pair_and_req_take_a_second_connect_to_the_same_endpoint_once)
{
    /* libzmq makes one connection per endpoint for DEALER, SUB, PUB and REQ. */
    void *const xpub = open_socket (ZMQ_XPUB), *const sub = open_socket (ZMQ_SUB);
    set_int (xpub, ZMQ_XPUB_VERBOSE, 1);
    const char *const endpoint = bind_any (xpub, TCP);
    connect_to (sub, endpoint);
    connect_to (sub, endpoint);
    subscribe (sub, "x");
    RECV (xpub, "\1x");
    expect_silence (xpub);
    SEND (xpub, "x");
    RECV (sub, "x");
    expect_silence (sub);
    CHECK_OK (zmq_disconnect (sub, endpoint));
    CHECK_ERRNO (ENOENT, zmq_disconnect (sub, endpoint));
}

SOCKET_TEST (unbind_refuses_newcomers)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH),
                   *const late = open_socket (ZMQ_PUSH);
        const char *const endpoint = join (pull, push, t);
        SEND (push, "1");
        RECV (pull, "1");
        CHECK_OK (zmq_unbind (pull, endpoint));
        set_int (late, ZMQ_IMMEDIATE, 1);
        connect_to (late, endpoint);
        CHECK (!ready_within (late, ZMQ_POLLOUT, SILENCE_MS));
        finish ();
    }
}

SOCKET_TEST (unbind_then_bind_again)
{
    FOR_EACH_TRANSPORT (t) {
        void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
        const char *const endpoint = bind_any (pull, t);
        for (int i = 0; i < 3; i++) {
            CHECK_OK (zmq_unbind (pull, endpoint));
            WAIT_UNTIL (zmq_bind (pull, endpoint) == 0);
        }
        connect_to (push, endpoint);
        SEND (push, "m");
        RECV (pull, "m");
        finish ();
    }
}

SOCKET_TEST (unbind_lets_queued_messages_be_received)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
        const char *const endpoint = join (pull, push, t);
        for (int i = 0; i < 10; i++)
            SEND (push, "m");
        RECV (pull, "m");
        settle (); /* for the rest to arrive */
        CHECK_OK (zmq_unbind (pull, endpoint));
        for (int i = 1; i < 10; i++)
            RECV (pull, "m");
        finish ();
    }
}
