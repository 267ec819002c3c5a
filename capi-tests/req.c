/*  REQ: strict send-receive lock step, the envelope it adds, and the options that relax it (RFC 28). */

#include "fixture.h"

SOCKET_TEST (send_and_receive_alternate)
{
    FOR_EACH_TRANSPORT (t) {
        void *const rep = open_socket (ZMQ_REP), *const req = open_socket (ZMQ_REQ);
        join (rep, req, t);
        CHECK_ERRNO (EFSM, zmq_recv (req, NULL, 0, ZMQ_DONTWAIT));
        CHECK_ERRNO (EFSM, zmq_recv (req, NULL, 0, 0));
        SEND_PARTS (req, "question", "in", "parts");
        CHECK_ERRNO (EFSM, zmq_send (req, "again", 5, ZMQ_DONTWAIT));
        RECV_PARTS (rep, "question", "in", "parts");
        CHECK_ERRNO (EAGAIN, zmq_recv (req, NULL, 0, ZMQ_DONTWAIT));
        SEND_PARTS (rep, "answer", "");
        RECV_MORE (req, "answer");
        CHECK_ERRNO (EFSM, zmq_send (req, "too early", 9, 0));
        RECV (req, "");
        CHECK_ERRNO (EFSM, zmq_recv (req, NULL, 0, 0));
        SEND (req, "next");
        RECV (rep, "next");
        finish ();
    }
}

SOCKET_TEST (events_follow_the_state)
{
    void *const rep = open_socket (ZMQ_REP), *const req = open_socket (ZMQ_REQ);
    join (rep, req, INPROC);
    CHECK_INT (ZMQ_POLLOUT, get_int (req, ZMQ_EVENTS));
    SEND (req, "x");
    CHECK_INT (0, get_int (req, ZMQ_EVENTS));
    CHECK (poll_for (rep, ZMQ_POLLIN));
    CHECK_INT (ZMQ_POLLIN, get_int (rep, ZMQ_EVENTS));
    RECV (rep, "x");
    CHECK_INT (ZMQ_POLLOUT, get_int (rep, ZMQ_EVENTS));
    SEND (rep, "y");
    CHECK_INT (0, get_int (rep, ZMQ_EVENTS));
    CHECK (poll_for (req, ZMQ_POLLIN));
    CHECK_INT (ZMQ_POLLIN, get_int (req, ZMQ_EVENTS));
    RECV (req, "y");
    CHECK_INT (ZMQ_POLLOUT, get_int (req, ZMQ_EVENTS));
}

SOCKET_TEST (without_a_peer_sending_would_block)
{
    void *const req = open_socket (ZMQ_REQ);
    bind_any (req, TCP);
    CHECK_ERRNO (EAGAIN, zmq_send (req, "x", 1, ZMQ_DONTWAIT));
    CHECK_INT (0, get_int (req, ZMQ_EVENTS));
}

SOCKET_TEST (an_empty_delimiter_comes_first)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER), *const req = open_socket (ZMQ_REQ);
        set_str (req, ZMQ_ROUTING_ID, "R");
        join (router, req, t);
        SEND_PARTS (req, "a", "b");
        RECV_PARTS (router, "R", "", "a", "b");
        SEND_PARTS (router, "R", "", "c");
        RECV (req, "c");
        finish ();
    }
}

SOCKET_TEST (requests_go_to_the_replies_in_turn)
{
    enum { COUNT = 3 };
    void *const req = open_socket (ZMQ_REQ);
    void *reps[COUNT];
    const char *const endpoint = bind_any (req, INPROC);
    for (int i = 0; i < COUNT; i++) {
        reps[i] = open_socket (ZMQ_REP);
        connect_to (reps[i], endpoint);
    }
    for (int i = 0; i < 2 * COUNT; i++) {
        SEND (req, "q");
        RECV (reps[i % COUNT], "q");
        SEND (reps[i % COUNT], "a");
        RECV (req, "a");
    }
}

SOCKET_TEST (replies_without_the_delimiter_are_dropped)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER), *const req = open_socket (ZMQ_REQ);
        set_str (req, ZMQ_ROUTING_ID, "R");
        join (router, req, t);
        SEND (req, "q");
        RECV_PARTS (router, "R", "", "q");
        SEND_PARTS (router, "R", "no delimiter");
        if (t == INPROC) { /* over a wire the session of a REQ checks the form and hangs up */
            SEND_PARTS (router, "R", "", "right");
            RECV (req, "right");
        } else
            CHECK_ERRNO (EAGAIN, zmq_recv (req, NULL, 0, ZMQ_DONTWAIT));
        finish ();
    }
}

SOCKET_TEST (replies_of_others_are_dropped)
{
    void *const req = open_socket (ZMQ_REQ), *const first = open_socket (ZMQ_ROUTER),
               *const second = open_socket (ZMQ_ROUTER);
    set_str (req, ZMQ_ROUTING_ID, "R");
    const char *const endpoint = bind_any (req, INPROC);
    connect_to (first, endpoint);
    connect_to (second, endpoint);
    SEND (req, "q1");
    RECV_PARTS (first, "R", "", "q1");
    CHECK_ERRNO (EFSM, zmq_send (req, "q2", 2, ZMQ_DONTWAIT));
    /* The second does not know the requester yet from a message, but from its routing id. */
    RECV_NOTHING (second);
    SEND_PARTS (second, "R", "", "nobody asked you");
    CHECK_ERRNO (EAGAIN, zmq_recv (req, NULL, 0, ZMQ_DONTWAIT));
    SEND_PARTS (first, "R", "", "a1");
    RECV (req, "a1");
}

SOCKET_TEST (relaxed_allows_a_new_request_which_voids_the_old_one)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER), *const req = open_socket (ZMQ_REQ);
        set_int (req, ZMQ_REQ_RELAXED, 1);
        set_int (req, ZMQ_REQ_CORRELATE, 1);
        set_int (router, ZMQ_ROUTER_HANDOVER, 1);
        set_str (req, ZMQ_ROUTING_ID, "R");
        set_int (req, ZMQ_RECONNECT_IVL, 10);
        join (router, req, t);
        SEND (req, "first");
        char id[8], first_id[8];
        RECV_MORE (router, "R");
        CHECK_INT (4, recv_frame (router, first_id, sizeof first_id));
        RECV_MORE (router, "");
        RECV (router, "first");
        CHECK_ERRNO (EAGAIN, zmq_recv (req, NULL, 0, ZMQ_DONTWAIT));
        if (t != INPROC) { /* a relaxed REQ ends the pipe of the old request: the wire is connected anew */
            SEND (req, "second");
            RECV_MORE (router, "R");
            CHECK_INT (4, recv_frame (router, id, sizeof id));
            CHECK (memcmp (first_id, id, 4) != 0);
            RECV_MORE (router, "");
            RECV (router, "second");
            SEND_MORE (router, "R");
            SEND_BYTES (router, first_id, 4, ZMQ_SNDMORE);
            SEND_PARTS (router, "", "late answer");
            SEND_MORE (router, "R");
            SEND_BYTES (router, id, 4, ZMQ_SNDMORE);
            SEND_PARTS (router, "", "answer");
            RECV (req, "answer");
        }
        finish ();
    }
}

SOCKET_TEST (correlate_puts_a_request_id_before_the_delimiter)
{
    void *const router = open_socket (ZMQ_ROUTER), *const req = open_socket (ZMQ_REQ);
    set_int (req, ZMQ_REQ_CORRELATE, 1);
    set_str (req, ZMQ_ROUTING_ID, "R");
    join (router, req, TCP);
    uint32_t id, previous = 0;
    for (int i = 0; i < 3; i++) {
        SEND (req, "q");
        RECV_MORE (router, "R");
        CHECK_INT (4, recv_frame (router, &id, sizeof id));
        RECV_MORE (router, "");
        RECV (router, "q");
        if (i > 0)
            CHECK_INT (previous + 1, id);
        previous = id;
        const uint32_t wrong = id + 7;
        SEND_MORE (router, "R");
        SEND_BYTES (router, &wrong, 4, ZMQ_SNDMORE);
        SEND_PARTS (router, "", "for another request");
        SEND_MORE (router, "R");
        SEND_BYTES (router, &id, 4, ZMQ_SNDMORE);
        SEND_PARTS (router, "", "a");
        RECV (req, "a");
    }
}

SOCKET_TEST (a_request_whose_peer_went_away_stays_unanswered)
{
    void *const rep = open_socket (ZMQ_REP), *const req = open_socket (ZMQ_REQ);
    join (rep, req, INPROC);
    SEND (req, "q");
    RECV (rep, "q");
    shut (rep);
    CHECK_ERRNO (EAGAIN, zmq_recv (req, NULL, 0, ZMQ_DONTWAIT));
    CHECK_ERRNO (EFSM, zmq_send (req, "q", 1, ZMQ_DONTWAIT));
}

SOCKET_TEST (relaxed_recovers_from_a_peer_that_went_away)
{
    void *const req = open_socket (ZMQ_REQ);
    set_int (req, ZMQ_REQ_RELAXED, 1);
    const char *const endpoint = bind_any (req, TCP);
    void *const first = open_socket (ZMQ_REP);
    connect_to (first, endpoint);
    SEND (req, "q1");
    RECV (first, "q1");
    shut (first);
    WAIT_UNTIL (!(get_int (req, ZMQ_EVENTS) & ZMQ_POLLOUT));
    void *const second = open_socket (ZMQ_REP);
    connect_to (second, endpoint);
    SEND (req, "q2");
    RECV (second, "q2");
    SEND (second, "a2");
    RECV (req, "a2");
}

SOCKET_TEST (a_request_sent_before_the_connection_is_delivered)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const rep = open_socket (ZMQ_REP), *const req = open_socket (ZMQ_REQ);
        const char *const endpoint = free_endpoint (t);
        set_int (req, ZMQ_RECONNECT_IVL, 10);
        connect_to (req, endpoint);
        SEND (req, "early");
        bind_to (rep, endpoint);
        RECV (rep, "early");
        SEND (rep, "late");
        RECV (req, "late");
        finish ();
    }
}

SOCKET_TEST (option_values_are_checked)
{
    static const int options[] = {ZMQ_REQ_CORRELATE, ZMQ_REQ_RELAXED};
    void *const req = open_socket (ZMQ_REQ), *const rep = open_socket (ZMQ_REP);
    const int negative = -1, one = 1;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        CHECK_ERRNO (EINVAL, zmq_setsockopt (req, options[i], &negative, sizeof negative));
        CHECK_ERRNO (EINVAL, zmq_setsockopt (req, options[i], &one, 1));
        CHECK_ERRNO (EINVAL, zmq_setsockopt (rep, options[i], &one, sizeof one));
    }
}
