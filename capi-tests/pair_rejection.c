/*  PAIR: whoever comes second is turned away, whichever side connects, and leaves no trace. */

#include "fixture.h"

SOCKET_TEST (a_second_connect_of_its_own_is_turned_away)
{
    FOR_EACH_TRANSPORT (t) {
        void *const pair = open_socket (ZMQ_PAIR), *const first = open_socket (ZMQ_PAIR),
                   *const second = open_socket (ZMQ_PAIR);
        const char *const first_endpoint = bind_any (first, t), *const second_endpoint = bind_any (second, t);
        connect_to (pair, first_endpoint);
        connect_to (pair, second_endpoint);
        bounce (pair, first);
        settle ();
        CHECK_INT (0, get_int (second, ZMQ_EVENTS) & ZMQ_POLLIN);
        for (int i = 0; i < 3; i++)
            SEND (pair, "to the first");
        for (int i = 0; i < 3; i++)
            RECV (first, "to the first");
        RECV_NOTHING (second);
        finish ();
    }
}

SOCKET_TEST (over_inproc_nothing_is_left_of_it_to_disconnect)
{
    void *const pair = open_socket (ZMQ_PAIR), *const first = open_socket (ZMQ_PAIR),
               *const second = open_socket (ZMQ_PAIR);
    connect_to (pair, bind_any (first, INPROC));
    const char *const endpoint = bind_any (second, INPROC);
    connect_to (pair, endpoint);
    for (int i = 0; i < 5; i++) { /* libzmq takes notice of an end in several steps */
        (void) get_int (pair, ZMQ_EVENTS);
        (void) get_int (second, ZMQ_EVENTS);
        settle ();
    }
    CHECK_ERRNO (ENOENT, zmq_disconnect (pair, endpoint));
    bounce (pair, first);
}

SOCKET_TEST (disconnecting_it_leaves_the_first_alone)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const pair = open_socket (ZMQ_PAIR), *const first = open_socket (ZMQ_PAIR),
                   *const second = open_socket (ZMQ_PAIR);
        const char *const endpoint = bind_any (second, t);
        connect_to (pair, bind_any (first, t));
        connect_to (pair, endpoint);
        bounce (pair, first);
        CHECK_OK (zmq_disconnect (pair, endpoint));
        bounce (pair, first);
        CHECK_ERRNO (ENOENT, zmq_disconnect (pair, endpoint));
        bounce (pair, first);
        finish ();
    }
}

SOCKET_TEST (a_second_peer_s_messages_are_not_heard_and_it_gets_none)
{
    FOR_EACH_TRANSPORT (t) {
        void *const pair = open_socket (ZMQ_PAIR), *const first = open_socket (ZMQ_PAIR),
                   *const second = open_socket (ZMQ_PAIR);
        const char *const endpoint = bind_any (pair, t);
        connect_to (first, endpoint);
        bounce (pair, first);
        set_int (second, ZMQ_RECONNECT_IVL, -1);
        connect_to (second, endpoint);
        (void) zmq_send (second, "unheard", 7, ZMQ_DONTWAIT);
        settle ();
        bounce (pair, first);
        RECV_NOTHING (pair);
        RECV_NOTHING (second);
        finish ();
    }
}

SOCKET_TEST (a_wire_peer_that_is_turned_away_stays_connected)
{
    void *const pair = open_socket (ZMQ_PAIR);
    const char *const endpoint = bind_any (pair, TCP);
    const int first = zmtp_peer (endpoint, "PAIR");
    zmtp_send_frame (first, 0, "1", 1);
    RECV (pair, "1");
    const int second = zmtp_peer (endpoint, "PAIR");
    zmtp_send_frame (second, 0, "2", 1);
    raw_expect_silence (second);
    RECV_NOTHING (pair);
    close (first);
    close (second);
}
