/*  XPUB with ZMQ_XPUB_MANUAL: the application decides what each subscriber is subscribed to. */

#include "fixture.h"

static void *manual_xpub (void)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    set_int (xpub, ZMQ_XPUB_MANUAL, 1);
    return xpub;
}

SOCKET_TEST (subscriptions_take_effect_only_by_the_application)
{
    FOR_EACH_TRANSPORT (t) {
        void *const xpub = manual_xpub (), *const sub = open_socket (ZMQ_XSUB);
        join (xpub, sub, t);
        SEND (sub, "\1A");
        RECV (xpub, "\1A");
        set_str (xpub, ZMQ_SUBSCRIBE, "XA");
        SEND (xpub, "A");
        SEND (xpub, "XA");
        RECV (sub, "XA");
        RECV_NOTHING (sub);
        finish ();
    }
}

SOCKET_TEST (unsubscriptions_too)
{
    void *const xpub = manual_xpub (), *const sub = open_socket (ZMQ_XSUB);
    join (xpub, sub, INPROC);
    SEND (sub, "\1A");
    RECV (xpub, "\1A");
    set_str (xpub, ZMQ_SUBSCRIBE, "XA");
    SEND_BYTES (sub, "\0A", 2, 0);
    RECV_BYTES (xpub, "\0A", 2, 0);
    SEND (xpub, "XA still");
    RECV (sub, "XA still");
    set_str (xpub, ZMQ_UNSUBSCRIBE, "XA");
    SEND (xpub, "XA");
    RECV_NOTHING (sub);
}

SOCKET_TEST (setting_applies_to_the_peer_of_the_last_received_message)
{
    void *const xpub = manual_xpub (), *const first = open_socket (ZMQ_XSUB), *const second = open_socket (ZMQ_XSUB);
    const char *const endpoint = bind_any (xpub, INPROC);
    connect_to (first, endpoint);
    connect_to (second, endpoint);
    SEND (first, "\1A");
    RECV (xpub, "\1A");
    set_str (xpub, ZMQ_SUBSCRIBE, "first");
    SEND (second, "\1A");
    RECV (xpub, "\1A");
    set_str (xpub, ZMQ_SUBSCRIBE, "second");
    set_str (xpub, ZMQ_SUBSCRIBE, "also second");
    SEND (xpub, "first");
    SEND (xpub, "second");
    SEND (xpub, "also second");
    RECV (first, "first");
    RECV_NOTHING (first);
    RECV (second, "second");
    RECV (second, "also second");
    RECV_NOTHING (second);
}

SOCKET_TEST (every_subscription_is_reported_whoever_else_has_it)
{
    void *const xpub = manual_xpub (), *const first = open_socket (ZMQ_SUB), *const second = open_socket (ZMQ_SUB);
    const char *const endpoint = bind_any (xpub, INPROC);
    connect_to (first, endpoint);
    connect_to (second, endpoint);
    subscribe (first, "A");
    RECV (xpub, "\1A");
    set_str (xpub, ZMQ_SUBSCRIBE, "A");
    subscribe (second, "A");
    RECV (xpub, "\1A");
    set_str (xpub, ZMQ_SUBSCRIBE, "A");
    set_str (second, ZMQ_UNSUBSCRIBE, "A");
    RECV_BYTES (xpub, "\0A", 2, 0);
    set_str (xpub, ZMQ_UNSUBSCRIBE, "A");
    SEND (xpub, "A");
    RECV (first, "A");
}

SOCKET_TEST (a_leaving_subscriber_is_reported_with_its_manual_topic)
{
    FOR_EACH_TRANSPORT (t) {
        void *const xpub = manual_xpub (), *const sub = open_socket (ZMQ_SUB);
        join (xpub, sub, t);
        subscribe (sub, "A");
        RECV (xpub, "\1A");
        set_str (xpub, ZMQ_SUBSCRIBE, "B");
        shut (sub);
        RECV_BYTES (xpub, "\0A", 2, 0);
        RECV_NOTHING (xpub);
        SEND (xpub, "B");
        finish ();
    }
}

SOCKET_TEST (user_messages_pass)
{
    void *const xpub = manual_xpub (), *const sub = open_socket (ZMQ_XSUB);
    join (xpub, sub, INPROC);
    SEND (sub, "\2user");
    RECV (xpub, "\2user");
}

SOCKET_TEST (without_manual_the_application_may_not_subscribe)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    CHECK_ERRNO (EINVAL, zmq_setsockopt (xpub, ZMQ_SUBSCRIBE, "A", 1));
    CHECK_ERRNO (EINVAL, zmq_setsockopt (xpub, ZMQ_UNSUBSCRIBE, "A", 1));
}

SOCKET_TEST (subscribing_before_any_message_came_is_harmless)
{
    void *const xpub = manual_xpub ();
    CHECK_OK (zmq_setsockopt (xpub, ZMQ_SUBSCRIBE, "A", 1));
    CHECK_OK (zmq_setsockopt (xpub, ZMQ_UNSUBSCRIBE, "A", 1));
}

SOCKET_DRAFT_TEST (last_value_sends_to_the_last_subscriber_only)
{
    void *const xpub = open_socket (ZMQ_XPUB), *const first = open_socket (ZMQ_SUB),
               *const second = open_socket (ZMQ_SUB);
    set_int (xpub, ZMQ_XPUB_MANUAL_LAST_VALUE, 1);
    const char *const endpoint = bind_any (xpub, INPROC);
    connect_to (first, endpoint);
    connect_to (second, endpoint);
    subscribe (first, "A");
    RECV (xpub, "\1A");
    set_str (xpub, ZMQ_SUBSCRIBE, "A");
    SEND (xpub, "A1");
    RECV (first, "A1");
    subscribe (second, "A");
    RECV (xpub, "\1A");
    set_str (xpub, ZMQ_SUBSCRIBE, "A");
    SEND (xpub, "A1 again"); /* what the newcomer missed: to nobody else */
    RECV (second, "A1 again");
    RECV_NOTHING (first);
    SEND (xpub, "A2");
    RECV (first, "A2");
    RECV (second, "A2");
}
