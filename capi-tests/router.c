/*  ROUTER: sends to the peer that the first frame names (RFC 28). */

#include "fixture.h"

SOCKET_TEST (the_first_frame_names_the_sender_and_the_receiver)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER), *const a = open_socket (ZMQ_DEALER),
                   *const b = open_socket (ZMQ_DEALER);
        const char *const endpoint = bind_any (router, t);
        set_str (a, ZMQ_ROUTING_ID, "A");
        set_str (b, ZMQ_ROUTING_ID, "a longer name of peer B");
        connect_to (a, endpoint);
        connect_to (b, endpoint);
        SEND_PARTS (a, "from", "a");
        RECV_PARTS (router, "A", "from", "a");
        SEND (b, "from b");
        RECV_PARTS (router, "a longer name of peer B", "from b");
        SEND_PARTS (router, "a longer name of peer B", "to", "b");
        SEND_PARTS (router, "A", "to a");
        RECV (a, "to a");
        RECV_PARTS (b, "to", "b");
        finish ();
    }
}

SOCKET_TEST (an_anonymous_peer_gets_a_name_of_five_bytes)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER);
        char names[2][8];
        const char *const endpoint = bind_any (router, t);
        for (int i = 0; i < 2; i++) {
            void *const dealer = open_socket (ZMQ_DEALER);
            connect_to (dealer, endpoint);
            SEND (dealer, "x");
            CHECK_INT (5, recv_frame (router, names[i], sizeof names[i]));
            CHECK_INT (0, names[i][0]);
            RECV (router, "x");
            SEND_BYTES (router, names[i], 5, ZMQ_SNDMORE);
            SEND (router, "y");
            RECV (dealer, "y");
        }
        CHECK (memcmp (names[0], names[1], 5) != 0);
        finish ();
    }
}

SOCKET_TEST (messages_to_nobody_are_dropped_silently)
{
    void *const router = open_socket (ZMQ_ROUTER), *const dealer = open_socket (ZMQ_DEALER);
    set_str (dealer, ZMQ_ROUTING_ID, "D");
    join (router, dealer, INPROC);
    SEND_PARTS (router, "nobody", "hears", "this");
    SEND_PARTS (router, "", "nor this");
    SEND (router, "D"); /* a name alone is no message */
    SEND_PARTS (router, "D", "heard");
    RECV (dealer, "heard");
    RECV_NOTHING (dealer);
}

SOCKET_TEST (mandatory_reports_unroutable_messages)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER), *const dealer = open_socket (ZMQ_DEALER);
        set_int (router, ZMQ_ROUTER_MANDATORY, 1);
        const char *const endpoint = bind_any (router, t);
        CHECK_ERRNO (EHOSTUNREACH, zmq_send (router, "D", 1, ZMQ_SNDMORE));
        CHECK_ERRNO (EHOSTUNREACH, zmq_send (router, "D", 1, ZMQ_SNDMORE | ZMQ_DONTWAIT));
        set_str (dealer, ZMQ_ROUTING_ID, "D");
        connect_to (dealer, endpoint);
        SEND (dealer, "here");
        RECV_PARTS (router, "D", "here");
        SEND_PARTS (router, "D", "there");
        RECV (dealer, "there");
        shut (dealer);
        WAIT_UNTIL (zmq_send (router, "D", 1, ZMQ_SNDMORE) == -1 || zmq_send (router, "lost", 4, 0) != 4);
        CHECK_ERRNO (EHOSTUNREACH, zmq_send (router, "D", 1, ZMQ_SNDMORE));
        finish ();
    }
}

SOCKET_TEST (mandatory_blocks_at_the_high_water_mark)
{
    void *const router = open_socket (ZMQ_ROUTER), *const dealer = open_socket (ZMQ_DEALER);
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    set_int (router, ZMQ_SNDHWM, 2);
    set_int (dealer, ZMQ_RCVHWM, 2);
    set_str (dealer, ZMQ_ROUTING_ID, "D");
    join (router, dealer, INPROC);
    SEND (dealer, "hello");
    RECV_PARTS (router, "D", "hello");
    for (int i = 0; i < 4; i++)
        SEND_PARTS (router, "D", "m");
    CHECK_ERRNO (EAGAIN, zmq_send (router, "D", 1, ZMQ_SNDMORE | ZMQ_DONTWAIT));
    set_int (router, ZMQ_SNDTIMEO, 20);
    CHECK_ERRNO (EAGAIN, zmq_send (router, "D", 1, ZMQ_SNDMORE));
    CHECK_INT (4, drain (dealer, 0));
    SEND_PARTS (router, "D", "m");
    RECV (dealer, "m");
}

SOCKET_TEST (without_mandatory_a_full_peer_loses_messages)
{
    void *const router = open_socket (ZMQ_ROUTER), *const dealer = open_socket (ZMQ_DEALER);
    set_int (router, ZMQ_SNDHWM, 2);
    set_int (dealer, ZMQ_RCVHWM, 2);
    set_str (dealer, ZMQ_ROUTING_ID, "D");
    join (router, dealer, INPROC);
    for (int i = 0; i < 100; i++)
        SEND_PARTS (router, "D", "m");
    CHECK_INT (4, drain (dealer, 0));
}

SOCKET_TEST (output_is_always_possible_without_mandatory)
{
    void *const router = open_socket (ZMQ_ROUTER);
    bind_any (router, TCP);
    CHECK_INT (ZMQ_POLLOUT, get_int (router, ZMQ_EVENTS));
}

SOCKET_TEST (mandatory_tells_by_events_whether_any_peer_takes_messages)
{
    void *const router = open_socket (ZMQ_ROUTER), *const dealer = open_socket (ZMQ_DEALER);
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    set_str (dealer, ZMQ_ROUTING_ID, "D");
    const char *const endpoint = bind_any (router, INPROC);
    CHECK_INT (0, get_int (router, ZMQ_EVENTS));
    connect_to (dealer, endpoint);
    CHECK_INT (ZMQ_POLLOUT, get_int (router, ZMQ_EVENTS));
}

SOCKET_TEST (incoming_messages_are_taken_from_the_peers_in_turn)
{
    enum { COUNT = 3 };
    void *const router = open_socket (ZMQ_ROUTER);
    const char *const endpoint = bind_any (router, INPROC);
    for (int i = 0; i < COUNT; i++) {
        void *const dealer = open_socket (ZMQ_DEALER);
        set_str (dealer, ZMQ_ROUTING_ID, (const char *[]) {"A", "B", "C"}[i]);
        connect_to (dealer, endpoint);
        for (int k = 0; k < 5; k++)
            SEND_PARTS (dealer, "m", "n");
    }
    (void) get_int (router, ZMQ_EVENTS);
    for (int round = 0; round < 5; round++) {
        int seen = 0;
        for (int i = 0; i < COUNT; i++) {
            char name[4];
            CHECK_INT (1, recv_frame (router, name, sizeof name));
            seen |= 1 << (name[0] - 'A');
            RECV_PARTS (router, "m", "n");
        }
        CHECK_INT ((1 << COUNT) - 1, seen);
    }
}

SOCKET_TEST (probe_router_announces_two_routers_to_each_other)
{
    FOR_EACH_TRANSPORT (t) {
        void *const server = open_socket (ZMQ_ROUTER), *const client = open_socket (ZMQ_ROUTER);
        set_str (server, ZMQ_ROUTING_ID, "S");
        set_str (client, ZMQ_ROUTING_ID, "C");
        set_int (client, ZMQ_PROBE_ROUTER, 1);
        join (server, client, t);
        RECV_PARTS (server, "C", "");
        SEND_PARTS (server, "C", "hello");
        RECV_PARTS (client, "S", "hello");
        finish ();
    }
}

SOCKET_TEST (raw_mode_is_stream_s_old_form)
{
    void *const router = open_socket (ZMQ_ROUTER);
    set_int (router, ZMQ_ROUTER_RAW, 1);
    const int fd = raw_connect (bind_any (router, TCP));
    char name[8];
    CHECK_INT (5, recv_frame (router, name, sizeof name));
    RECV (router, ""); /* the connect notice */
    raw_send (fd, "plain bytes", 11);
    RECV_BYTES (router, name, 5, 1);
    RECV (router, "plain bytes");
    SEND_BYTES (router, name, 5, ZMQ_SNDMORE);
    SEND (router, "back");
    raw_expect (fd, "back", 4);
    SEND_BYTES (router, name, 5, ZMQ_SNDMORE);
    SEND (router, "");
    /* The end is agreed upon between threads, which takes calls of this one. */
    WAIT_UNTIL (get_int (router, ZMQ_EVENTS) && raw_readable (fd, 0));
    raw_expect_close (fd);
}

SOCKET_TEST (option_values_are_checked)
{
    static const int options[] = {ZMQ_ROUTER_MANDATORY, ZMQ_ROUTER_HANDOVER, ZMQ_PROBE_ROUTER, ZMQ_ROUTER_RAW};
    void *const router = open_socket (ZMQ_ROUTER), *const pub = open_socket (ZMQ_PUB);
    const int negative = -1, one = 1;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        CHECK_ERRNO (EINVAL, zmq_setsockopt (router, options[i], &negative, sizeof negative));
        CHECK_ERRNO (EINVAL, zmq_setsockopt (router, options[i], &one, 1));
        CHECK_ERRNO (EINVAL, zmq_setsockopt (pub, options[i], &one, sizeof one));
    }
}

SOCKET_DRAFT_TEST (notify_reports_peers_that_come_and_go)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const router = open_socket (ZMQ_ROUTER), *const dealer = open_socket (ZMQ_DEALER);
        set_int (router, ZMQ_ROUTER_NOTIFY, ZMQ_NOTIFY_CONNECT | ZMQ_NOTIFY_DISCONNECT);
        CHECK_INT (ZMQ_NOTIFY_CONNECT | ZMQ_NOTIFY_DISCONNECT, get_int (router, ZMQ_ROUTER_NOTIFY));
        set_str (dealer, ZMQ_ROUTING_ID, "D");
        join (router, dealer, t);
        RECV_PARTS (router, "D", "");
        SEND (dealer, "m");
        RECV_PARTS (router, "D", "m");
        shut (dealer);
        RECV_PARTS (router, "D", "");
        finish ();
    }
}

SOCKET_DRAFT_TEST (peer_state_is_told_by_name)
{
    void *const router = open_socket (ZMQ_ROUTER), *const dealer = open_socket (ZMQ_DEALER);
    set_int (router, ZMQ_SNDHWM, 1);
    set_int (dealer, ZMQ_RCVHWM, 1);
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    set_str (dealer, ZMQ_ROUTING_ID, "D");
    join (router, dealer, INPROC);
    (void) get_int (router, ZMQ_EVENTS);
    CHECK_INT (ZMQ_POLLOUT, zmq_socket_get_peer_state (router, "D", 1));
    SEND_PARTS (router, "D", "1");
    SEND_PARTS (router, "D", "2");
    CHECK_INT (0, zmq_socket_get_peer_state (router, "D", 1));
    CHECK_ERRNO (EHOSTUNREACH, zmq_socket_get_peer_state (router, "X", 1));
    CHECK_ERRNO (ENOTSUP, zmq_socket_get_peer_state (dealer, "X", 1));
}
