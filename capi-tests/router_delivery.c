/*  ROUTER: what becomes of messages to peers that are unknown, full, or gone in the middle of them. */

#include "fixture.h"

static void *named_dealer (const char *endpoint, const char *name)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    set_str (dealer, ZMQ_ROUTING_ID, name);
    set_int (dealer, ZMQ_RCVHWM, 1);
    connect_to (dealer, endpoint);
    return dealer;
}

static void *mandatory_router (int hwm)
{
    void *const router = open_socket (ZMQ_ROUTER);
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    set_int (router, ZMQ_SNDHWM, hwm);
    return router;
}

SOCKET_TEST (a_message_to_nobody_is_dropped_with_all_its_parts)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER);
        void *const dealer = named_dealer (bind_any (router, t), "D");
        SEND (dealer, "here");
        RECV_PARTS (router, "D", "here");
        SEND_PARTS (router, "nobody", "D", "D", "D");
        SEND_PARTS (router, "", "D", "D");
        SEND (router, "nobody");
        SEND (router, "");
        SEND (router, "D");
        SEND_PARTS (router, "D", "");
        RECV (dealer, "");
        RECV_NOTHING (dealer);
        finish ();
    }
}

SOCKET_TEST (a_refused_name_starts_no_message)
{
    void *const router = mandatory_router (1000);
    void *const dealer = named_dealer (bind_any (router, INPROC), "D");
    CHECK_ERRNO (EHOSTUNREACH, zmq_send (router, "nobody", 6, ZMQ_SNDMORE));
    SEND_PARTS (router, "D", "heard");
    RECV (dealer, "heard");
    CHECK_ERRNO (EHOSTUNREACH, zmq_send (router, "", 0, ZMQ_SNDMORE));
    SEND (router, "nobody"); /* a name alone is looked at by nobody */
    SEND_PARTS (router, "D", "heard");
    RECV (dealer, "heard");
}

SOCKET_TEST (mandatory_waits_for_a_full_peer_and_not_for_an_unknown_one)
{
    void *const router = mandatory_router (1);
    const char *const endpoint = bind_any (router, INPROC);
    void *const full = named_dealer (endpoint, "F"), *const other = named_dealer (endpoint, "O");
    (void) get_int (router, ZMQ_EVENTS);
    for (int i = 0; i < 2; i++)
        SEND_PARTS (router, "F", "m");
    static const int timeouts[] = {0, 20};
    for (int i = 0; i < 2; i++) {
        set_int (router, ZMQ_SNDTIMEO, timeouts[i]);
        const int64_t start = now_ms ();
        CHECK_ERRNO (EAGAIN, zmq_send (router, "F", 1, ZMQ_SNDMORE));
        CHECK (now_ms () - start >= timeouts[i] - 1);
        CHECK_ERRNO (EHOSTUNREACH, zmq_send (router, "X", 1, ZMQ_SNDMORE));
        CHECK_ERRNO (EAGAIN, zmq_send (router, "F", 1, ZMQ_SNDMORE | ZMQ_DONTWAIT));
        CHECK_ERRNO (EHOSTUNREACH, zmq_send (router, "X", 1, ZMQ_SNDMORE | ZMQ_DONTWAIT));
        SEND_PARTS (router, "O", "m");
        RECV (other, "m");
    }
    RECV (full, "m");
    RECV (full, "m");
}

static void *send_to_full (void *router)
{
    SEND_PARTS (router, "F", "third", "message");
    return NULL;
}

SOCKET_TEST (mandatory_goes_on_when_the_full_peer_reads)
{
    void *const router = mandatory_router (1);
    void *const full = named_dealer (bind_any (router, INPROC), "F");
    (void) get_int (router, ZMQ_EVENTS);
    for (int i = 0; i < 2; i++)
        SEND_PARTS (router, "F", "m");
    const pthread_t sender = start_thread (send_to_full, router);
    settle ();
    for (int i = 0; i < 2; i++)
        RECV (full, "m");
    RECV_PARTS (full, "third", "message");
    join_thread (sender);
}

/*  Sends to F until nothing more goes, neither into queues nor into the system's buffers. */
static void fill_peer (void *router)
{
    static char large[100000];
    for (int64_t last = now_ms (); !calm (last, SILENCE_MS);)
        if (zmq_send (router, "F", 1, ZMQ_SNDMORE | ZMQ_DONTWAIT) == 1) {
            SEND_BYTES (router, large, sizeof large, 0);
            last = now_ms ();
        } else {
            CHECK (zmq_errno () == EAGAIN);
            usleep (1000);
        }
}

static void *send_to_leaver (void *router)
{
    const bool differs = DIFFERS ("libzmq goes on waiting: it looks for the end of a peer only when it receives");
    if (!differs)
        set_int (router, ZMQ_SNDTIMEO, 100);
    while (zmq_send (router, "F", 1, ZMQ_SNDMORE) == 1) /* the system has taken more */
        SEND (router, "more");
    CHECK (zmq_errno () == EHOSTUNREACH || (!differs && zmq_errno () == EAGAIN));
    return NULL;
}

SOCKET_TEST (mandatory_gives_up_when_the_full_peer_leaves)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = mandatory_router (1);
        void *const full = named_dealer (bind_any (router, t), "F");
        SEND (full, "here");
        RECV_PARTS (router, "F", "here");
        fill_peer (router);
        const pthread_t sender = start_thread (send_to_leaver, router);
        settle ();
        shut (full);
        join_thread (sender);
        finish ();
    }
}

SOCKET_TEST (mandatory_can_be_turned_on_and_off)
{
    void *const router = open_socket (ZMQ_ROUTER);
    for (int i = 0; i < 4; i++) {
        set_int (router, ZMQ_ROUTER_MANDATORY, i & 1);
        if (i & 1) {
            CHECK_INT (0, get_int (router, ZMQ_EVENTS));
            CHECK_ERRNO (EHOSTUNREACH, zmq_send (router, "X", 1, ZMQ_SNDMORE));
        } else {
            CHECK_INT (ZMQ_POLLOUT, get_int (router, ZMQ_EVENTS));
            SEND_PARTS (router, "X", "lost");
        }
    }
}

SOCKET_TEST (pollout_of_a_mandatory_router_needs_one_peer_with_room)
{
    void *const router = mandatory_router (1);
    const char *const endpoint = bind_any (router, INPROC);
    void *const one = named_dealer (endpoint, "1"), *const two = named_dealer (endpoint, "2");
    CHECK_INT (ZMQ_POLLOUT, get_int (router, ZMQ_EVENTS));
    for (int i = 0; i < 2; i++) {
        SEND_PARTS (router, "1", "m");
        CHECK_INT (ZMQ_POLLOUT, get_int (router, ZMQ_EVENTS));
    }
    for (int i = 0; i < 2; i++) {
        CHECK_INT (ZMQ_POLLOUT, get_int (router, ZMQ_EVENTS));
        SEND_PARTS (router, "2", "m");
    }
    CHECK_INT (0, get_int (router, ZMQ_EVENTS));
    CHECK (!ready_within (router, ZMQ_POLLOUT, 0));
    set_int (router, ZMQ_ROUTER_MANDATORY, 0);
    CHECK_INT (ZMQ_POLLOUT, get_int (router, ZMQ_EVENTS));
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    CHECK_INT (0, get_int (router, ZMQ_EVENTS));
    RECV (two, "m");
    RECV (two, "m");
    CHECK (poll_for (router, ZMQ_POLLOUT));
    CHECK_ERRNO (EAGAIN, zmq_send (router, "1", 1, ZMQ_SNDMORE | ZMQ_DONTWAIT));
    SEND_PARTS (router, "2", "m");
    shut (two);
    RECV (one, "m");
    RECV (one, "m");
    CHECK (poll_for (router, ZMQ_POLLOUT));
}

SOCKET_TEST (pollout_stays_in_the_middle_of_a_message_only_with_room)
{
    void *const router = mandatory_router (1);
    void *const dealer = named_dealer (bind_any (router, INPROC), "D");
    (void) get_int (router, ZMQ_EVENTS);
    SEND_PARTS (router, "D", "m");
    SEND_MORE (router, "D");
    SEND_MORE (router, "a");
    CHECK_INT (ZMQ_POLLOUT, get_int (router, ZMQ_EVENTS));
    SEND_MORE (router, "b");
    SEND (router, "c");
    CHECK_INT (0, get_int (router, ZMQ_EVENTS));
    RECV (dealer, "m");
    RECV_PARTS (dealer, "a", "b", "c");
}

SOCKET_TEST (the_rest_of_a_message_to_a_peer_that_left_is_dropped)
{
    static const int mandatory[] = {0, 1};
    FOR_EACH_TRANSPORT (t)
        for (int i = 0; i < 2; i++) {
            void *const router = open_socket (ZMQ_ROUTER);
            set_int (router, ZMQ_ROUTER_MANDATORY, mandatory[i]);
            const char *const endpoint = bind_any (router, t);
            void *const leaver = named_dealer (endpoint, "L"), *const stayer = named_dealer (endpoint, "S");
            SEND (leaver, "here");
            RECV_PARTS (router, "L", "here");
            SEND (stayer, "here");
            RECV_PARTS (router, "S", "here");
            SEND_MORE (router, "L");
            SEND_MORE (router, "1");
            shut (leaver);
            settle ();
            (void) get_int (router, ZMQ_EVENTS);
            SEND_MORE (router, "S"); /* not a name: still the message to the leaver */
            SEND (router, "3");
            SEND_PARTS (router, "S", "heard");
            RECV (stayer, "heard");
            RECV_NOTHING (stayer);
            finish ();
        }
}

SOCKET_TEST (a_message_to_a_full_peer_is_dropped_whole_or_not_at_all)
{
    void *const router = open_socket (ZMQ_ROUTER);
    set_int (router, ZMQ_SNDHWM, 1);
    void *const dealer = named_dealer (bind_any (router, INPROC), "D");
    (void) get_int (router, ZMQ_EVENTS);
    SEND_PARTS (router, "D", "1", "1");
    SEND_PARTS (router, "D", "2", "2");
    SEND_MORE (router, "D"); /* full: this message is dropped, though there is room before its end */
    RECV_PARTS (dealer, "1", "1");
    RECV_PARTS (dealer, "2", "2");
    SEND_MORE (router, "3");
    SEND (router, "3");
    RECV_NOTHING (dealer);
    CHECK (poll_for (router, ZMQ_POLLOUT));
    SEND_PARTS (router, "D", "4", "4");
    RECV_PARTS (dealer, "4", "4");
}

SOCKET_TEST (messages_to_a_peer_that_reconnects_wait_for_it)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const router = open_socket (ZMQ_ROUTER);
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    set_int (router, ZMQ_RECONNECT_IVL, 1);
    set_str (router, ZMQ_CONNECT_ROUTING_ID, "P");
    connect_to (router, endpoint);
    SEND_PARTS (router, "P", "before any connection");
    int fd = zmtp_accept (listener, "DEALER");
    zmtp_expect_frame (fd, 0, "before any connection");
    SEND_MORE (router, "P");
    SEND_MORE (router, "half");
    raw_reset (fd);
    fd = zmtp_accept (listener, "DEALER");
    zmtp_send_frame (fd, 0, "back", 4);
    RECV_PARTS (router, "P", "back");
    SEND (router, "of a message");
    SEND_PARTS (router, "P", "whole");
    struct frame frame;
    do
        zmtp_recv_frame (fd, &frame);
    while (frame.flags & ZMTP_MORE || memcmp (frame.body, "whole", frame.size) != 0);
    close (fd);
    close (listener);
}

SOCKET_TEST (room_that_was_heard_of_counts_at_once)
{
    /* How many more go after so many were read: what was read is told with every second message. */
    static const int expected[] = {4, 3, 4, 3, 4};
    for (int received = 0; received < 5; received++) {
        void *const router = mandatory_router (3);
        void *const dealer = named_dealer (bind_any (router, INPROC), "D");
        (void) get_int (router, ZMQ_EVENTS);
        for (int i = 0; i < received; i++)
            SEND_PARTS (router, "D", "m");
        CHECK_INT (received, drain (dealer, 0));
        int sent = 0;
        do
            (void) get_int (router, ZMQ_EVENTS);
        while (zmq_send (router, "D", 1, ZMQ_SNDMORE | ZMQ_DONTWAIT) == 1 && zmq_send (router, "m", 1, 0) == 1 && ++sent < 9);
        CHECK_INT (expected[received], sent);
        finish ();
    }
}
