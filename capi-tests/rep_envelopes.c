/*  REP and its requests' envelopes: missing, empty, deep, cut off; and answers when the way back is gone or full. */

#include "fixture.h"

SOCKET_TEST (only_what_has_a_delimiter_and_a_body_is_a_request)
{
    FOR_EACH_TRANSPORT (t) {
        void *const rep = open_socket (ZMQ_REP), *const dealer = open_socket (ZMQ_DEALER);
        join (rep, dealer, t);
        SEND (dealer, "");
        SEND (dealer, "bare");
        SEND_PARTS (dealer, "hop", "bare");
        SEND_PARTS (dealer, "hop", "hop", "");
        SEND_PARTS (dealer, "", "");
        RECV (rep, "");
        SEND (rep, "to the empty body");
        RECV_PARTS (dealer, "", "to the empty body");
        SEND_PARTS (dealer, "hop", "", "", "");
        RECV_PARTS (rep, "", "");
        SEND (rep, "to two empty parts");
        RECV_PARTS (dealer, "hop", "", "to two empty parts");
        RECV_NOTHING (dealer);
        CHECK_ERRNO (EFSM, zmq_send (rep, "x", 1, ZMQ_DONTWAIT));
        finish ();
    }
}

SOCKET_TEST (malformed_requests_look_like_input_until_they_are_looked_at)
{
    void *const rep = open_socket (ZMQ_REP), *const dealer = open_socket (ZMQ_DEALER);
    join (rep, dealer, INPROC);
    SEND (dealer, "bare");
    CHECK_INT (ZMQ_POLLIN, get_int (rep, ZMQ_EVENTS));
    CHECK_ERRNO (EAGAIN, zmq_recv (rep, NULL, 0, ZMQ_DONTWAIT));
    CHECK_INT (0, get_int (rep, ZMQ_EVENTS));
    CHECK_ERRNO (EFSM, zmq_send (rep, "x", 1, ZMQ_DONTWAIT));
}

SOCKET_TEST (an_envelope_may_be_deep)
{
    enum { DEPTH = 1000 };
    FOR_EACH_TRANSPORT (t) {
        void *const rep = open_socket (ZMQ_REP), *const dealer = open_socket (ZMQ_DEALER);
        char hop[16];
        join (rep, dealer, t);
        for (int i = 0; i < DEPTH; i++) {
            snprintf (hop, sizeof hop, "hop %d", i);
            SEND_MORE (dealer, hop);
        }
        SEND_PARTS (dealer, "", "q");
        RECV (rep, "q");
        SEND_PARTS (rep, "a", "b");
        for (int i = 0; i < DEPTH; i++) {
            snprintf (hop, sizeof hop, "hop %d", i);
            RECV_MORE (dealer, hop);
        }
        RECV_PARTS (dealer, "", "a", "b");
        finish ();
    }
}

SOCKET_TEST (parts_of_an_envelope_may_be_large)
{
    enum { SIZE = 100000 };
    FOR_EACH_TRANSPORT (t) {
        void *const rep = open_socket (ZMQ_REP), *const dealer = open_socket (ZMQ_DEALER);
        char *const hop = malloc (SIZE);
        CHECK (hop != NULL);
        memset (hop, 'h', SIZE);
        join (rep, dealer, t);
        for (int i = 0; i < 3; i++)
            SEND_BYTES (dealer, hop, SIZE, ZMQ_SNDMORE);
        SEND_PARTS (dealer, "", "q");
        RECV (rep, "q");
        SEND (rep, "a");
        for (int i = 0; i < 3; i++)
            RECV_BYTES (dealer, hop, SIZE, 1);
        RECV_PARTS (dealer, "", "a");
        free (hop);
        finish ();
    }
}

SOCKET_TEST (a_malformed_request_s_envelope_does_not_leak_into_the_next_answer)
{
    void *const rep = open_socket (ZMQ_REP), *const dealer = open_socket (ZMQ_DEALER),
               *const other = open_socket (ZMQ_DEALER);
    const char *const endpoint = bind_any (rep, INPROC);
    connect_to (dealer, endpoint);
    connect_to (other, endpoint);
    SEND_PARTS (dealer, "leaked?", "bare");
    SEND_PARTS (other, "kept", "", "q");
    SEND_PARTS (dealer, "", "q");
    for (int i = 0; i < 2; i++) {
        RECV (rep, "q");
        SEND (rep, "a");
    }
    RECV_PARTS (other, "kept", "", "a");
    RECV_PARTS (dealer, "", "a");
    RECV_NOTHING (dealer);
}

SOCKET_TEST (a_request_cut_off_by_its_peer_s_end_is_dropped)
{
    void *const rep = open_socket (ZMQ_REP), *const req = open_socket (ZMQ_REQ);
    const char *const endpoint = bind_any (rep, TCP);
    static const char *const cut[][3] = {{"hop"}, {"hop", ""}, {"", "half a body"}};
    for (int i = 0; i < 3; i++) {
        const int fd = zmtp_peer (endpoint, "REQ");
        for (int k = 0; k < 3 && cut[i][k]; k++)
            zmtp_send_frame (fd, ZMTP_MORE, cut[i][k], strlen (cut[i][k]));
        close (fd);
    }
    connect_to (req, endpoint);
    SEND (req, "whole");
    RECV (rep, "whole");
    SEND (rep, "a");
    RECV (req, "a");
}

SOCKET_TEST (an_answer_whose_receiver_left_halfway_is_dropped)
{
    FOR_EACH_TRANSPORT (t) {
        void *const rep = open_socket (ZMQ_REP), *const first = open_socket (ZMQ_DEALER),
                   *const second = open_socket (ZMQ_DEALER);
        const char *const endpoint = join (rep, first, t);
        SEND_PARTS (first, "", "q1");
        RECV (rep, "q1");
        SEND_MORE (rep, "a");
        shut (first);
        settle (); /* either order is right */
        SEND_MORE (rep, "b");
        SEND (rep, "c");
        connect_to (second, endpoint);
        SEND_PARTS (second, "", "q2");
        RECV (rep, "q2");
        SEND (rep, "a2");
        RECV_PARTS (second, "", "a2");
        RECV_NOTHING (second);
        finish ();
    }
}

SOCKET_TEST (requests_from_a_peer_that_left_are_still_received)
{
    FOR_EACH_TRANSPORT (t) {
        void *const rep = open_socket (ZMQ_REP), *const dealer = open_socket (ZMQ_DEALER);
        join (rep, dealer, t);
        set_int (dealer, ZMQ_LINGER, patience_ms ());
        SEND_PARTS (dealer, "", "q1");
        SEND_PARTS (dealer, "", "q2");
        shut (dealer);
        for (int i = 1; i <= 2; i++) {
            RECV (rep, i == 1 ? "q1" : "q2");
            SEND (rep, "to nobody");
        }
        CHECK_ERRNO (EAGAIN, zmq_recv (rep, NULL, 0, ZMQ_DONTWAIT));
        finish ();
    }
}

SOCKET_TEST (receiving_may_stop_between_parts_but_sending_must_wait)
{
    void *const rep = open_socket (ZMQ_REP), *const req = open_socket (ZMQ_REQ);
    join (rep, req, INPROC);
    SEND_PARTS (req, "1", "2");
    CHECK_INT (ZMQ_POLLIN, get_int (rep, ZMQ_EVENTS));
    RECV_MORE (rep, "1");
    CHECK_INT (ZMQ_POLLIN, get_int (rep, ZMQ_EVENTS));
    CHECK_ERRNO (EFSM, zmq_send (rep, "x", 1, ZMQ_DONTWAIT));
    RECV (rep, "2");
    CHECK_INT (ZMQ_POLLOUT, get_int (rep, ZMQ_EVENTS));
    SEND_MORE (rep, "a");
    CHECK_INT (ZMQ_POLLOUT, get_int (rep, ZMQ_EVENTS));
    CHECK_ERRNO (EFSM, zmq_recv (rep, NULL, 0, ZMQ_DONTWAIT));
    SEND (rep, "b");
    CHECK_INT (0, get_int (rep, ZMQ_EVENTS));
    RECV_PARTS (req, "a", "b");
}

/*  REP is a ROUTER underneath, and takes its options. */
SOCKET_TEST (peers_of_one_name_are_refused_or_replaced_as_by_router)
{
    static const int handover[] = {0, 1};
    for (int i = 0; i < 2; i++) {
        void *const rep = open_socket (ZMQ_REP), *const first = open_socket (ZMQ_REQ),
                   *const second = open_socket (ZMQ_REQ);
        set_int (rep, ZMQ_ROUTER_HANDOVER, handover[i]);
        set_str (first, ZMQ_ROUTING_ID, "same");
        set_str (second, ZMQ_ROUTING_ID, "same");
        const char *const endpoint = bind_any (rep, INPROC);
        connect_to (first, endpoint);
        connect_to (second, endpoint);
        SEND (second, "q");
        if (handover[i]) {
            RECV (rep, "q");
            SEND (rep, "a");
            RECV (second, "a");
        } else
            CHECK_ERRNO (EAGAIN, zmq_recv (rep, NULL, 0, ZMQ_DONTWAIT));
        finish ();
    }
}
