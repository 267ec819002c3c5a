/*  XPUB: a publisher that sees its subscribers (RFC 29), and its options. */

#include "fixture.h"

/*  A subscriber as XSUB sees it: the subscription travels as an ordinary message. */
static void *xsub_at (const char *endpoint)
{
    void *const xsub = open_socket (ZMQ_XSUB);
    connect_to (xsub, endpoint);
    return xsub;
}

/*  A subscription sent by this SUB is followed by one that is new in any case, so that its arrival shows that nothing
 *  came for the one before. */
static void expect_only_marker (void *xpub, void *sub, const char *marker)
{
    char message[64] = "\1";
    strcat (message, marker);
    subscribe (sub, marker);
    RECV (xpub, message);
}

SOCKET_TEST (subscriptions_arrive_as_messages)
{
    FOR_EACH_TRANSPORT (t) {
        void *const xpub = open_socket (ZMQ_XPUB), *const sub = open_socket (ZMQ_SUB);
        join (xpub, sub, t);
        subscribe (sub, "A");
        RECV (xpub, "\1A");
        set_str (sub, ZMQ_UNSUBSCRIBE, "A");
        RECV_BYTES (xpub, "\0A", 2, 0);
        subscribe (sub, "");
        RECV (xpub, "\1");
        SEND (xpub, "anything");
        RECV (sub, "anything");
        finish ();
    }
}

SOCKET_TEST (the_end_of_a_subscriber_unsubscribes_it)
{
    FOR_EACH_TRANSPORT (t) {
        void *const xpub = open_socket (ZMQ_XPUB), *const sub = open_socket (ZMQ_SUB);
        join (xpub, sub, t);
        subscribe (sub, "topic");
        RECV (xpub, "\1topic");
        shut (sub);
        RECV_BYTES (xpub, "\0topic", 6, 0);
        RECV_NOTHING (xpub);
        finish ();
    }
}

SOCKET_TEST (duplicates_of_one_subscriber_are_kept_by_itself)
{
    void *const xpub = open_socket (ZMQ_XPUB), *const sub = open_socket (ZMQ_SUB);
    join (xpub, sub, TCP);
    subscribe (sub, "A");
    RECV (xpub, "\1A");
    subscribe (sub, "A");
    expect_only_marker (xpub, sub, "m1");
    set_str (sub, ZMQ_UNSUBSCRIBE, "A");
    expect_only_marker (xpub, sub, "m2");
    set_str (sub, ZMQ_UNSUBSCRIBE, "A");
    RECV_BYTES (xpub, "\0A", 2, 0);
}

SOCKET_TEST (by_default_only_the_first_subscriber_of_a_topic_is_reported)
{
    FOR_EACH_TRANSPORT (t) {
        void *const xpub = open_socket (ZMQ_XPUB);
        const char *const endpoint = bind_any (xpub, t);
        void *const first = open_socket (ZMQ_SUB), *const second = open_socket (ZMQ_SUB);
        connect_to (first, endpoint);
        connect_to (second, endpoint);
        subscribe (first, "A");
        RECV (xpub, "\1A");
        subscribe (second, "A");
        expect_only_marker (xpub, second, "m1");
        set_str (first, ZMQ_UNSUBSCRIBE, "A");
        expect_only_marker (xpub, first, "m2");
        SEND (xpub, "A");
        RECV (second, "A");
        set_str (second, ZMQ_UNSUBSCRIBE, "A");
        RECV_BYTES (xpub, "\0A", 2, 0);
        finish ();
    }
}

SOCKET_TEST (verbose_reports_every_subscription_but_only_the_last_unsubscription)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    set_int (xpub, ZMQ_XPUB_VERBOSE, 1);
    const char *const endpoint = bind_any (xpub, TCP);
    void *const first = open_socket (ZMQ_SUB), *const second = open_socket (ZMQ_SUB);
    connect_to (first, endpoint);
    connect_to (second, endpoint);
    subscribe (first, "A");
    RECV (xpub, "\1A");
    subscribe (second, "A");
    RECV (xpub, "\1A");
    set_str (first, ZMQ_UNSUBSCRIBE, "A");
    expect_only_marker (xpub, first, "m");
    set_str (second, ZMQ_UNSUBSCRIBE, "A");
    RECV_BYTES (xpub, "\0A", 2, 0);
}

SOCKET_TEST (verboser_reports_everything)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    set_int (xpub, ZMQ_XPUB_VERBOSER, 1);
    const char *const endpoint = bind_any (xpub, TCP);
    void *const first = open_socket (ZMQ_SUB), *const second = open_socket (ZMQ_SUB);
    connect_to (first, endpoint);
    connect_to (second, endpoint);
    subscribe (first, "A");
    RECV (xpub, "\1A");
    subscribe (second, "A");
    RECV (xpub, "\1A");
    set_str (first, ZMQ_UNSUBSCRIBE, "A");
    RECV_BYTES (xpub, "\0A", 2, 0);
    set_str (second, ZMQ_UNSUBSCRIBE, "A");
    RECV_BYTES (xpub, "\0A", 2, 0);
}

SOCKET_TEST (verboser_can_be_turned_off_again)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    set_int (xpub, ZMQ_XPUB_VERBOSER, 1);
    set_int (xpub, ZMQ_XPUB_VERBOSER, 0);
    const char *const endpoint = bind_any (xpub, INPROC);
    void *const first = open_socket (ZMQ_SUB), *const second = open_socket (ZMQ_SUB);
    connect_to (first, endpoint);
    connect_to (second, endpoint);
    subscribe (first, "A");
    RECV (xpub, "\1A");
    subscribe (second, "A");
    expect_only_marker (xpub, second, "m");
}

SOCKET_TEST (option_values_are_checked)
{
    static const int options[] = {ZMQ_XPUB_VERBOSE, ZMQ_XPUB_VERBOSER, ZMQ_XPUB_NODROP, ZMQ_XPUB_MANUAL};
    void *const xpub = open_socket (ZMQ_XPUB), *const push = open_socket (ZMQ_PUSH);
    const int negative = -1, one = 1;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        CHECK_ERRNO (EINVAL, zmq_setsockopt (xpub, options[i], &negative, sizeof negative));
        CHECK_ERRNO (EINVAL, zmq_setsockopt (xpub, options[i], &one, 1));
        CHECK_ERRNO (EINVAL, zmq_setsockopt (push, options[i], &one, sizeof one));
    }
}

SOCKET_TEST (nodrop_blocks_instead_of_dropping)
{
    void *const xpub = open_socket (ZMQ_XPUB), *const sub = open_socket (ZMQ_SUB);
    set_int (xpub, ZMQ_XPUB_NODROP, 1);
    set_int (xpub, ZMQ_SNDHWM, 10);
    set_int (sub, ZMQ_RCVHWM, 10);
    join (xpub, sub, INPROC);
    subscribe (sub, "");
    RECV (xpub, "\1");
    CHECK_INT (20, fill (xpub, "m", 100));
    CHECK_INT (20, drain (sub, 0));
    SEND (xpub, "more");
    RECV (sub, "more");
}

SOCKET_TEST (nodrop_may_be_set_on_pub_too)
{
    void *const pub = open_socket (ZMQ_PUB), *const sub = open_socket (ZMQ_SUB);
    set_int (pub, ZMQ_XPUB_NODROP, 1);
    set_int (pub, ZMQ_SNDHWM, 3);
    set_int (sub, ZMQ_RCVHWM, 3);
    join (pub, sub, INPROC);
    subscribe (sub, "");
    (void) get_int (pub, ZMQ_EVENTS); /* takes the subscription in */
    CHECK_INT (6, fill (pub, "m", 100));
    CHECK_INT (6, drain (sub, 0));
}

SOCKET_TEST (the_welcome_message_greets_whom_its_text_matches)
{
    FOR_EACH_TRANSPORT (t) {
        void *const xpub = open_socket (ZMQ_XPUB), *const sub = open_socket (ZMQ_SUB),
                   *const deaf = open_socket (ZMQ_SUB);
        set_str (xpub, ZMQ_XPUB_WELCOME_MSG, "W");
        const char *const endpoint = bind_any (xpub, t);
        subscribe (sub, "W");
        subscribe (deaf, "other");
        connect_to (deaf, endpoint);
        RECV (xpub, "\1other");
        connect_to (sub, endpoint);
        RECV (xpub, "\1W");
        RECV (sub, "W");
        RECV_NOTHING (deaf);
        finish ();
    }
}

SOCKET_TEST (the_welcome_message_can_be_taken_back)
{
    void *const xpub = open_socket (ZMQ_XPUB), *const sub = open_socket (ZMQ_SUB);
    set_str (xpub, ZMQ_XPUB_WELCOME_MSG, "W");
    CHECK_OK (zmq_setsockopt (xpub, ZMQ_XPUB_WELCOME_MSG, NULL, 0));
    subscribe (sub, "");
    join (xpub, sub, INPROC);
    RECV (xpub, "\1");
    SEND (xpub, "first");
    RECV (sub, "first");
}

SOCKET_TEST (messages_that_are_no_subscription_come_from_xsub_unchanged)
{
    FOR_EACH_TRANSPORT (t) {
        void *const xpub = open_socket (ZMQ_XPUB);
        void *const xsub = xsub_at (bind_any (xpub, t));
        SEND (xsub, "\2user");
        RECV (xpub, "\2user");
        SEND (xsub, "");
        RECV (xpub, "");
        SEND_PARTS (xsub, "x", "y");
        RECV_PARTS (xpub, "x", "y");
        finish ();
    }
}

SOCKET_TEST (a_subscription_within_a_multipart_message_is_user_data_by_default)
{
    /* ZMQ_ONLY_FIRST_SUBSCRIBE off: libzmq then takes every frame that looks like one for a subscription. */
    void *const xpub = open_socket (ZMQ_XPUB);
    void *const xsub = xsub_at (bind_any (xpub, INPROC));
    SEND_PARTS (xsub, "x", "\1A");
    RECV_MORE (xpub, "x");
    RECV (xpub, "\1A");
    SEND (xpub, "A");
    RECV (xsub, "A");
}

SOCKET_DRAFT_TEST (only_first_subscribe_looks_at_first_frames_only)
{
    void *const xpub = open_socket (ZMQ_XPUB), *const xsub = open_socket (ZMQ_XSUB);
    set_int (xpub, ZMQ_ONLY_FIRST_SUBSCRIBE, 1);
    set_int (xsub, ZMQ_ONLY_FIRST_SUBSCRIBE, 1);
    join (xpub, xsub, INPROC);
    SEND_PARTS (xsub, "x", "\1A");
    RECV_PARTS (xpub, "x", "\1A");
    SEND (xsub, "\1B");
    RECV (xpub, "\1B");
    SEND (xpub, "A");
    SEND (xpub, "B");
    RECV (xsub, "B");
    RECV_NOTHING (xsub);
}

SOCKET_TEST (a_subscription_is_resent_by_a_reconnecting_peer_and_reported_again)
{
    void *const sub = open_socket (ZMQ_SUB);
    const char *const endpoint = free_endpoint (TCP);
    set_int (sub, ZMQ_RECONNECT_IVL, 10);
    subscribe (sub, "b");
    subscribe (sub, "a");
    connect_to (sub, endpoint);
    for (int round = 0; round < 3; round++) {
        void *const xpub = open_socket (ZMQ_XPUB);
        WAIT_UNTIL (zmq_bind (xpub, endpoint) == 0);
        /* The subscriber sees the new connection in a call of its own. */
        WAIT_UNTIL (get_int (sub, ZMQ_EVENTS) == 0 && ready_within (xpub, ZMQ_POLLIN, 0));
        char first[3] = "", second[3] = "";
        CHECK_INT (2, recv_frame (xpub, first, 2));
        CHECK_INT (2, recv_frame (xpub, second, 2));
        CHECK ((!strcmp (first, "\1a") && !strcmp (second, "\1b")) || (!strcmp (first, "\1b") && !strcmp (second, "\1a")));
        SEND (xpub, "a");
        RECV (sub, "a");
        shut (xpub);
    }
}

SOCKET_TEST (a_publisher_with_xpub_forwards_through_a_chain)
{
    /* SUB - XPUB/XSUB - PUB, forwarded by hand as a proxy does. */
    void *const pub = open_socket (ZMQ_PUB), *const xsub = open_socket (ZMQ_XSUB), *const xpub = open_socket (ZMQ_XPUB),
               *const sub = open_socket (ZMQ_SUB);
    char frame[16];
    join (pub, xsub, TCP);
    join (xpub, sub, TCP);
    subscribe (sub, "T");
    const size_t size = recv_frame (xpub, frame, sizeof frame);
    SEND_BYTES (xsub, frame, size, 0);
    sync_subscriber (pub, xsub, "T");
    SEND_PARTS (pub, "T", "body");
    RECV_PARTS (xsub, "T", "body");
    SEND_PARTS (xpub, "T", "body");
    RECV_PARTS (sub, "T", "body");
}
