/*  XSUB: a subscriber whose subscriptions are messages (RFC 29). */

#include "fixture.h"

SOCKET_TEST (messages_beginning_with_1_and_0_subscribe_and_unsubscribe)
{
    FOR_EACH_TRANSPORT (t) {
        void *const pub = open_socket (ZMQ_PUB), *const xsub = open_socket (ZMQ_XSUB);
        join (pub, xsub, t);
        SEND (xsub, "\1A");
        SEND (xsub, "\1sync");
        sync_subscriber (pub, xsub, "sync");
        SEND (pub, "A");
        SEND (pub, "B");
        SEND (pub, "A2");
        RECV (xsub, "A");
        RECV (xsub, "A2");
        SEND_BYTES (xsub, "\0A", 2, 0);
        SEND (xsub, "\1next");
        sync_subscriber (pub, xsub, "next");
        SEND (pub, "A");
        SEND (pub, "next");
        RECV (xsub, "next");
        finish ();
    }
}

SOCKET_TEST (subscribe_options_are_sub_s_only)
{
    void *const xsub = open_socket (ZMQ_XSUB);
    CHECK_ERRNO (EINVAL, zmq_setsockopt (xsub, ZMQ_SUBSCRIBE, "A", 1));
    CHECK_ERRNO (EINVAL, zmq_setsockopt (xsub, ZMQ_UNSUBSCRIBE, "A", 1));
}

SOCKET_TEST (a_subscriber_without_publishers_can_always_send)
{
    void *const xsub = open_socket (ZMQ_XSUB);
    CHECK (get_int (xsub, ZMQ_EVENTS) & ZMQ_POLLOUT);
    for (int i = 0; i < 10; i++)
        SEND (xsub, "\1A");
    SEND (xsub, "user data, to nobody");
}

SOCKET_TEST (duplicate_subscriptions_are_counted)
{
    void *const xpub = open_socket (ZMQ_XPUB), *const xsub = open_socket (ZMQ_XSUB);
    set_int (xpub, ZMQ_XPUB_VERBOSER, 1);
    join (xpub, xsub, INPROC);
    SEND (xsub, "\1A");
    SEND (xsub, "\1A");
    RECV (xpub, "\1A");
    RECV (xpub, "\1A"); /* XSUB passes duplicates on */
    SEND_BYTES (xsub, "\0A", 2, 0);
    SEND (xsub, "\1m");
    RECV (xpub, "\1m"); /* but only the last unsubscription, */
    SEND_BYTES (xsub, "\0A", 2, 0);
    RECV_BYTES (xpub, "\0A", 2, 0);
    SEND_BYTES (xsub, "\0A", 2, 0); /* and none that has no subscription */
    SEND (xsub, "\1n");
    RECV (xpub, "\1n");
}

SOCKET_TEST (stored_subscriptions_go_to_publishers_that_come_later)
{
    FOR_EACH_TRANSPORT (t) {
        void *const xsub = open_socket (ZMQ_XSUB), *const xpub = open_socket (ZMQ_XPUB);
        SEND (xsub, "\1A");
        SEND (xsub, "\1B");
        SEND_BYTES (xsub, "\0B", 2, 0);
        join (xsub, xpub, t);
        /* The subscriber sees the new connection in a call of its own. */
        WAIT_UNTIL (get_int (xsub, ZMQ_EVENTS) && ready_within (xpub, ZMQ_POLLIN, 0));
        RECV (xpub, "\1A");
        SEND (xsub, "\2end");
        RECV (xpub, "\2end");
        finish ();
    }
}

SOCKET_TEST (user_messages_reach_every_publisher)
{
    void *const xsub = open_socket (ZMQ_XSUB), *const first = open_socket (ZMQ_XPUB),
               *const second = open_socket (ZMQ_XPUB);
    const char *const endpoint = bind_any (xsub, INPROC);
    connect_to (first, endpoint);
    connect_to (second, endpoint);
    SEND (xsub, "\2hello");
    RECV (first, "\2hello");
    RECV (second, "\2hello");
}

SOCKET_TEST (pub_ignores_user_messages)
{
    void *const pub = open_socket (ZMQ_PUB), *const xsub = open_socket (ZMQ_XSUB);
    join (pub, xsub, TCP);
    SEND (xsub, "\2hello");
    SEND_PARTS (xsub, "two", "parts");
    SEND (xsub, "\1sync");
    sync_subscriber (pub, xsub, "sync");
}

SOCKET_TEST (what_was_sent_before_the_unsubscription_still_comes)
{
    void *const pub = open_socket (ZMQ_PUB), *const xsub = open_socket (ZMQ_XSUB);
    join (pub, xsub, INPROC);
    SEND (xsub, "\1A");
    SEND (xsub, "\1B");
    sync_subscriber (pub, xsub, "B");
    SEND_PARTS (pub, "A", "1");
    SEND_PARTS (pub, "B", "2");
    SEND_BYTES (xsub, "\0A", 2, 0);
    RECV_PARTS (xsub, "A", "1"); /* SUB would filter it, XSUB leaves that to the application */
    RECV_PARTS (xsub, "B", "2");
    RECV_NOTHING (xsub);
}

SOCKET_DRAFT_TEST (verbose_unsubscribe_passes_every_unsubscription_on)
{
    enum { XSUB_VERBOSE_UNSUBSCRIBE = 115 };
    void *const xpub = open_socket (ZMQ_XPUB), *const xsub = open_socket (ZMQ_XSUB);
    set_int (xpub, ZMQ_XPUB_VERBOSER, 1);
    set_int (xsub, XSUB_VERBOSE_UNSUBSCRIBE, 1);
    join (xpub, xsub, INPROC);
    SEND (xsub, "\1A");
    SEND (xsub, "\1A");
    RECV (xpub, "\1A");
    RECV (xpub, "\1A");
    SEND_BYTES (xsub, "\0A", 2, 0);
    RECV_BYTES (xpub, "\0A", 2, 0);
    SEND_BYTES (xsub, "\0A", 2, 0);
    RECV_BYTES (xpub, "\0A", 2, 0);
}
