/*  DEALER: round-robin out, fair-queued in, no envelope (RFC 28). */

#include "fixture.h"

SOCKET_TEST (messages_are_sent_to_the_peers_in_turn)
{
    enum { COUNT = 3 };
    FOR_EACH_TRANSPORT (t) {
        void *const dealer = open_socket (ZMQ_DEALER);
        void *peers[COUNT];
        for (int i = 0; i < COUNT; i++) {
            peers[i] = open_socket (ZMQ_DEALER);
            join (peers[i], dealer, t);
        }
        for (int k = 0; k < 4 * COUNT; k++)
            SEND_PARTS (dealer, "m", "n");
        for (int i = 0; i < COUNT; i++) {
            for (int k = 0; k < 4; k++)
                RECV_PARTS (peers[i], "m", "n");
            RECV_NOTHING (peers[i]);
        }
        finish ();
    }
}

SOCKET_TEST (a_full_peer_is_passed_over)
{
    void *const dealer = open_socket (ZMQ_DEALER), *const narrow = open_socket (ZMQ_DEALER),
               *const wide = open_socket (ZMQ_DEALER);
    set_int (dealer, ZMQ_SNDHWM, 2);
    set_int (narrow, ZMQ_RCVHWM, 2);
    set_int (wide, ZMQ_RCVHWM, 20);
    join (narrow, dealer, INPROC);
    join (wide, dealer, INPROC);
    CHECK_INT (4 + 22, fill (dealer, "m", 100));
    CHECK_INT (0, get_int (dealer, ZMQ_EVENTS));
    CHECK_INT (4, drain (narrow, 0));
    CHECK_INT (22, drain (wide, 0));
    CHECK (poll_for (dealer, ZMQ_POLLOUT));
}

SOCKET_TEST (incoming_messages_are_taken_from_the_peers_in_turn)
{
    enum { COUNT = 3 };
    void *const dealer = open_socket (ZMQ_DEALER);
    const char *const endpoint = bind_any (dealer, INPROC);
    char text[4];
    for (int i = 0; i < COUNT; i++) {
        void *const peer = open_socket (ZMQ_DEALER);
        connect_to (peer, endpoint);
        snprintf (text, sizeof text, "%d", i);
        for (int k = 0; k < 5; k++)
            SEND (peer, text);
    }
    (void) get_int (dealer, ZMQ_EVENTS);
    for (int round = 0; round < 5; round++) {
        int seen = 0;
        for (int i = 0; i < COUNT; i++) {
            CHECK_INT (1, recv_frame (dealer, text, sizeof text));
            seen |= 1 << (text[0] - '0');
        }
        CHECK_INT ((1 << COUNT) - 1, seen);
    }
    RECV_NOTHING (dealer);
}

SOCKET_TEST (without_a_peer_sending_would_block)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    bind_any (dealer, TCP);
    CHECK_ERRNO (EAGAIN, zmq_send (dealer, "x", 1, ZMQ_DONTWAIT));
    CHECK_INT (0, get_int (dealer, ZMQ_EVENTS));
}

SOCKET_TEST (who_came_while_it_waited_to_receive_can_be_sent_to)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const dealer = open_socket (ZMQ_DEALER), *const peer = open_socket (ZMQ_DEALER);
        const char *const endpoint = bind_any (dealer, t);
        set_int (dealer, ZMQ_RCVTIMEO, SILENCE_MS);
        connect_to (peer, endpoint);
        WAIT_UNTIL (zmq_recv (dealer, NULL, 0, 0) == -1 && zmq_send (dealer, "m", 1, ZMQ_DONTWAIT) == 1);
        RECV (peer, "m");
        finish ();
    }
}

static void *receive_one (void *dealer)
{
    RECV (dealer, "m");
    return NULL;
}

SOCKET_TEST (peers_that_come_and_go_while_it_waits_do_no_harm)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    const char *const endpoint = bind_any (dealer, TCP);
    const pthread_t waiting = start_thread (receive_one, dealer);
    for (int i = 0; i < 100; i++) {
        void *const peer = open_socket (ZMQ_DEALER);
        connect_to (peer, endpoint);
        if (i % 2 == 0)
            usleep (2000); /* long enough for most to be known before they go */
        shut (peer);
    }
    void *const peer = open_socket (ZMQ_DEALER);
    connect_to (peer, endpoint);
    SEND (peer, "m");
    join_thread (waiting);
}

SOCKET_TEST (it_talks_to_req_and_rep_when_it_minds_the_delimiter)
{
    void *const dealer = open_socket (ZMQ_DEALER), *const rep = open_socket (ZMQ_REP);
    join (dealer, rep, TCP);
    SEND_PARTS (dealer, "", "q");
    RECV (rep, "q");
    SEND (rep, "a");
    RECV_PARTS (dealer, "", "a");
    shut (dealer);
    void *const answerer = open_socket (ZMQ_DEALER), *const req = open_socket (ZMQ_REQ);
    const char *const endpoint = bind_any (answerer, TCP);
    connect_to (req, endpoint); /* RFC 28 has no REQ-DEALER, */
    if (zmq_send (req, "q", 1, 0) == 1)
        expect_silence (answerer); /* and the handshake refuses it */
}

SOCKET_TEST (probe_router_greets_with_an_empty_message)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER), *const dealer = open_socket (ZMQ_DEALER);
        set_int (dealer, ZMQ_PROBE_ROUTER, 1);
        set_str (dealer, ZMQ_ROUTING_ID, "D");
        join (router, dealer, t);
        RECV_PARTS (router, "D", "");
        SEND_PARTS (router, "D", "hello");
        RECV (dealer, "hello");
        finish ();
    }
}
