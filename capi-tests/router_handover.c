/*  Two peers of a ROUTER with one name, with ZMQ_ROUTER_HANDOVER and without, on every transport. */

#include "fixture.h"

static void *named_dealer (const char *endpoint, const char *name)
{
    void *const socket = open_socket (ZMQ_DEALER);
    set_int (socket, ZMQ_RECONNECT_IVL, -1);
    set_str (socket, ZMQ_ROUTING_ID, name);
    connect_to (socket, endpoint);
    return socket;
}

/*  The router has heard of a peer of this name, and answers go to this one. */
static void greet (void *router, void *peer, const char *name)
{
    SEND (peer, "hello");
    RECV_PARTS (router, name, "hello");
    SEND_PARTS (router, name, "welcome");
    RECV (peer, "welcome");
}

SOCKET_TEST (the_loser_of_a_name_is_not_heard_any_more)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const router = open_socket (ZMQ_ROUTER);
        set_int (router, ZMQ_ROUTER_HANDOVER, 1);
        const char *const endpoint = bind_any (router, t);
        void *const first = named_dealer (endpoint, "X");
        greet (router, first, "X");
        greet (router, named_dealer (endpoint, "X"), "X");
        CHECK_ERRNO (EAGAIN, zmq_recv (router, NULL, 0, ZMQ_DONTWAIT));
        /* Nothing tells the loser, whose connection stays. */
        SEND (first, "unheard");
        expect_silence (router);
        finish ();
    }
}

SOCKET_TEST (over_inproc_the_loser_has_nobody_left)
{
    void *const router = open_socket (ZMQ_ROUTER);
    set_int (router, ZMQ_ROUTER_HANDOVER, 1);
    const char *const endpoint = bind_any (router, INPROC);
    void *const first = named_dealer (endpoint, "X");
    greet (router, first, "X");
    greet (router, named_dealer (endpoint, "X"), "X");
    WAIT_UNTIL (!(get_int (first, ZMQ_EVENTS) & ZMQ_POLLOUT));
    CHECK_ERRNO (EAGAIN, zmq_send (first, "x", 1, ZMQ_DONTWAIT));
}

SOCKET_TEST (what_is_already_on_its_way_to_the_loser_arrives)
{
    void *const router = open_socket (ZMQ_ROUTER);
    set_int (router, ZMQ_ROUTER_HANDOVER, 1);
    const char *const endpoint = bind_any (router, INPROC);
    void *const first = named_dealer (endpoint, "X");
    (void) get_int (router, ZMQ_EVENTS);
    SEND_PARTS (router, "X", "to", "first");
    void *const second = named_dealer (endpoint, "X");
    (void) get_int (router, ZMQ_EVENTS);
    SEND_PARTS (router, "X", "to second");
    RECV_PARTS (first, "to", "first");
    RECV_NOTHING (first);
    RECV (second, "to second");
}

SOCKET_TEST (what_the_loser_sent_and_nobody_read_is_dropped)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER);
        set_int (router, ZMQ_ROUTER_HANDOVER, 1);
        const char *const endpoint = bind_any (router, t);
        void *const first = named_dealer (endpoint, "X");
        greet (router, first, "X");
        for (int i = 0; i < 3; i++)
            SEND (first, "unread");
        settle ();
        void *const second = named_dealer (endpoint, "X");
        SEND (second, "from second");
        /* The name in front of whatever is left of the first is not X any more. */
        char name[256];
        for (;;) {
            const size_t size = recv_frame (router, name, sizeof name);
            if (size == 1 && name[0] == 'X') {
                char text[16];
                const size_t length = recv_frame (router, text, sizeof text);
                if (length == strlen ("from second"))
                    break;
            } else {
                CHECK_INT (5, size);
                CHECK_INT (0, name[0]);
                RECV (router, "unread");
            }
        }
        finish ();
    }
}

SOCKET_TEST (a_message_that_is_being_received_from_the_loser_is_received_whole)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER);
        set_int (router, ZMQ_ROUTER_HANDOVER, 1);
        const char *const endpoint = bind_any (router, t);
        void *const first = named_dealer (endpoint, "X");
        SEND_PARTS (first, "1", "2", "3");
        SEND_PARTS (first, "unread");
        RECV_MORE (router, "X");
        RECV_MORE (router, "1");
        void *const second = named_dealer (endpoint, "X");
        settle ();
        RECV_MORE (router, "2");
        RECV (router, "3");
        SEND (second, "from second");
        do
            (void) get_int (router, ZMQ_EVENTS);
        while (zmq_send (router, "X", 1, ZMQ_SNDMORE) != 1 || zmq_send (router, "y", 1, 0) != 1
               || !ready_within (second, ZMQ_POLLIN, 5));
        RECV (second, "y");
        finish ();
    }
}

SOCKET_TEST (a_message_half_sent_to_the_loser_never_reaches_the_heir)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER);
        set_int (router, ZMQ_ROUTER_HANDOVER, 1);
        const char *const endpoint = bind_any (router, t);
        void *const first = named_dealer (endpoint, "X");
        greet (router, first, "X");
        SEND_MORE (router, "X");
        SEND_MORE (router, "half");
        void *const second = named_dealer (endpoint, "X");
        SEND (second, "hello");
        RECV_PARTS (router, "X", "hello"); /* the heir is there */
        SEND (router, "other half");
        SEND_PARTS (router, "X", "whole");
        RECV (second, "whole");
        RECV_NOTHING (second);
        finish ();
    }
}

SOCKET_TEST (names_can_be_handed_over_again_and_again)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER);
        set_int (router, ZMQ_ROUTER_HANDOVER, 1);
        set_int (router, ZMQ_ROUTER_MANDATORY, 1);
        const char *const endpoint = bind_any (router, t);
        for (int i = 0; i < 6; i++)
            greet (router, named_dealer (endpoint, "X"), "X");
        finish ();
    }
}

SOCKET_TEST (handover_can_be_turned_on_and_off)
{
    void *const router = open_socket (ZMQ_ROUTER);
    const char *const endpoint = bind_any (router, INPROC);
    void *const first = named_dealer (endpoint, "X");
    greet (router, first, "X");
    void *const refused = named_dealer (endpoint, "X");
    SEND (refused, "unheard");
    RECV_NOTHING (router);
    set_int (router, ZMQ_ROUTER_HANDOVER, 1);
    RECV_NOTHING (router); /* who was refused stays refused */
    void *const third = named_dealer (endpoint, "X");
    greet (router, third, "X");
    set_int (router, ZMQ_ROUTER_HANDOVER, 0);
    void *const fourth = named_dealer (endpoint, "X");
    SEND (fourth, "unheard");
    RECV_NOTHING (router);
    greet (router, third, "X");
}

SOCKET_TEST (a_refused_peer_does_not_get_the_name_when_it_becomes_free)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER);
        set_int (router, ZMQ_ROUTER_MANDATORY, 1);
        const char *const endpoint = bind_any (router, t);
        void *const first = named_dealer (endpoint, "X");
        greet (router, first, "X");
        void *const refused = named_dealer (endpoint, "X");
        settle ();
        shut (first);
        WAIT_UNTIL (zmq_send (router, "X", 1, ZMQ_SNDMORE) == -1 || zmq_send (router, "lost", 4, 0) != 4);
        CHECK_ERRNO (EHOSTUNREACH, zmq_send (router, "X", 1, ZMQ_SNDMORE));
        SEND (refused, "unheard");
        expect_silence (router);
        greet (router, named_dealer (endpoint, "X"), "X");
        finish ();
    }
}

/*  The same peer reconnecting is the case that handover is for. */
SOCKET_TEST (a_peer_that_comes_back_before_its_end_was_noticed_gets_its_name)
{
    void *const router = open_socket (ZMQ_ROUTER);
    set_int (router, ZMQ_ROUTER_HANDOVER, 1);
    const char *const endpoint = bind_any (router, TCP);
    struct frame ready;
    uint8_t greeting[64];
    int old = -1;
    for (int i = 0; i < 3; i++) {
        const int fd = raw_connect (endpoint);
        zmtp3_greeting (fd, 1, "NULL", false, greeting);
        zmtp3_ready (fd, "DEALER", "X", &ready);
        zmtp_send_frame (fd, 0, "hello", 5);
        RECV_PARTS (router, "X", "hello");
        SEND_PARTS (router, "X", "welcome");
        zmtp_expect_frame (fd, 0, "welcome");
        if (old >= 0) {
            raw_expect_silence (old);
            close (old);
        }
        old = fd;
    }
    close (old);
}
