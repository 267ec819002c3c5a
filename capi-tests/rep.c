/*  REP: answers whom it heard last, keeps the envelope (RFC 28). */

#include "fixture.h"

SOCKET_TEST (receive_and_send_alternate)
{
    FOR_EACH_TRANSPORT (t) {
        void *const rep = open_socket (ZMQ_REP), *const req = open_socket (ZMQ_REQ);
        join (rep, req, t);
        CHECK_ERRNO (EFSM, zmq_send (rep, "x", 1, ZMQ_DONTWAIT));
        CHECK_ERRNO (EFSM, zmq_send (rep, "x", 1, 0));
        CHECK_ERRNO (EAGAIN, zmq_recv (rep, NULL, 0, ZMQ_DONTWAIT));
        SEND_PARTS (req, "one", "two");
        RECV_MORE (rep, "one");
        CHECK_ERRNO (EFSM, zmq_send (rep, "too early", 9, 0));
        RECV (rep, "two");
        CHECK_ERRNO (EFSM, zmq_recv (rep, NULL, 0, ZMQ_DONTWAIT));
        SEND_MORE (rep, "three");
        CHECK_ERRNO (EFSM, zmq_recv (rep, NULL, 0, ZMQ_DONTWAIT));
        SEND (rep, "four");
        RECV_PARTS (req, "three", "four");
        CHECK_ERRNO (EFSM, zmq_send (rep, "x", 1, 0));
        finish ();
    }
}

SOCKET_TEST (the_envelope_is_kept_for_the_answer)
{
    FOR_EACH_TRANSPORT (t) {
        void *const rep = open_socket (ZMQ_REP), *const dealer = open_socket (ZMQ_DEALER);
        join (rep, dealer, t);
        SEND_PARTS (dealer, "hop 2", "hop 1", "", "body", "", "more");
        RECV_PARTS (rep, "body", "", "more");
        SEND_PARTS (rep, "answer", "");
        RECV_PARTS (dealer, "hop 2", "hop 1", "", "answer", "");
        finish ();
    }
}

SOCKET_TEST (a_request_without_a_delimiter_is_dropped)
{
    FOR_EACH_TRANSPORT (t) {
        void *const rep = open_socket (ZMQ_REP), *const dealer = open_socket (ZMQ_DEALER);
        join (rep, dealer, t);
        SEND (dealer, "bare");
        SEND_PARTS (dealer, "bare", "too");
        SEND_PARTS (dealer, "", "good");
        RECV (rep, "good");
        SEND (rep, "answer");
        RECV_PARTS (dealer, "", "answer");
        RECV_NOTHING (dealer);
        finish ();
    }
}

SOCKET_TEST (a_request_may_be_empty)
{
    void *const rep = open_socket (ZMQ_REP), *const req = open_socket (ZMQ_REQ);
    join (rep, req, TCP);
    SEND (req, "");
    RECV (rep, "");
    SEND (rep, "");
    RECV (req, "");
}

SOCKET_TEST (requests_are_queued_fairly_and_answered_to_their_senders)
{
    enum { COUNT = 3, ROUNDS = 4 };
    FOR_EACH_TRANSPORT (t) {
        void *const rep = open_socket (ZMQ_REP);
        void *dealers[COUNT];
        const char *const endpoint = bind_any (rep, t);
        char text[8];
        for (int i = 0; i < COUNT; i++) {
            dealers[i] = open_socket (ZMQ_DEALER);
            connect_to (dealers[i], endpoint);
            snprintf (text, sizeof text, "%d", i);
            for (int k = 0; k < ROUNDS; k++)
                SEND_PARTS (dealers[i], "", text);
        }
        for (int k = 0; k < COUNT * ROUNDS; k++) {
            const size_t size = recv_frame (rep, text, sizeof text);
            SEND_BYTES (rep, text, size, 0);
        }
        for (int i = 0; i < COUNT; i++) {
            snprintf (text, sizeof text, "%d", i);
            for (int k = 0; k < ROUNDS; k++)
                RECV_PARTS (dealers[i], "", text);
            RECV_NOTHING (dealers[i]);
        }
        finish ();
    }
}

SOCKET_TEST (fair_queueing_takes_from_every_peer_in_turn)
{
    enum { COUNT = 4 };
    void *const rep = open_socket (ZMQ_REP);
    const char *const endpoint = bind_any (rep, INPROC);
    int seen[COUNT] = {0};
    char text[8];
    for (int i = 0; i < COUNT; i++) {
        void *const dealer = open_socket (ZMQ_DEALER);
        connect_to (dealer, endpoint);
        snprintf (text, sizeof text, "%d", i);
        for (int k = 0; k < 10; k++)
            SEND_PARTS (dealer, "", text);
    }
    (void) get_int (rep, ZMQ_EVENTS);
    for (int k = 0; k < 2 * COUNT; k++) {
        CHECK_INT (1, recv_frame (rep, text, sizeof text));
        seen[text[0] - '0']++;
        SEND (rep, "");
    }
    for (int i = 0; i < COUNT; i++)
        CHECK_INT (2, seen[i]);
}

SOCKET_TEST (an_answer_to_somebody_who_left_is_dropped)
{
    FOR_EACH_TRANSPORT (t) {
        void *const rep = open_socket (ZMQ_REP), *const first = open_socket (ZMQ_REQ),
                   *const second = open_socket (ZMQ_REQ);
        const char *const endpoint = join (rep, first, t);
        SEND (first, "q1");
        RECV (rep, "q1");
        shut (first);
        connect_to (second, endpoint);
        SEND (second, "q2");
        settle (); /* time for the end to arrive; either order is right */
        SEND_PARTS (rep, "to", "nobody");
        RECV (rep, "q2");
        SEND (rep, "a2");
        RECV (second, "a2");
        finish ();
    }
}

SOCKET_TEST (an_answer_to_a_full_peer_is_dropped)
{
    void *const rep = open_socket (ZMQ_REP), *const dealer = open_socket (ZMQ_DEALER);
    set_int (rep, ZMQ_SNDHWM, 1);
    set_int (dealer, ZMQ_RCVHWM, 1);
    join (rep, dealer, INPROC);
    for (int i = 0; i < 5; i++) {
        SEND_PARTS (dealer, "", "q");
        RECV (rep, "q");
        SEND (rep, i < 2 ? "kept" : "dropped"); /* never blocks */
    }
    RECV_PARTS (dealer, "", "kept");
    RECV_PARTS (dealer, "", "kept");
    RECV_NOTHING (dealer);
}
