/*  XPUB: to whom a message goes when some subscribers are full, gone, or to be greeted, and what is told of them. */

#include "fixture.h"

static void *subscriber (const char *endpoint, const char *topic)
{
    void *const sub = open_socket (ZMQ_SUB);
    set_int (sub, ZMQ_RCVHWM, 1);
    subscribe (sub, topic);
    connect_to (sub, endpoint);
    return sub;
}

static void *publisher (const char **endpoint)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    set_int (xpub, ZMQ_SNDHWM, 1);
    *endpoint = bind_any (xpub, INPROC);
    return xpub;
}

SOCKET_TEST (nodrop_sends_to_all_or_to_nobody)
{
    const char *endpoint;
    void *const xpub = publisher (&endpoint);
    set_int (xpub, ZMQ_XPUB_NODROP, 1);
    void *const slow = subscriber (endpoint, "a"), *const quick = subscriber (endpoint, "a"),
               *const other = subscriber (endpoint, "b");
    (void) get_int (xpub, ZMQ_EVENTS);
    for (int i = 0; i < 2; i++) {
        SEND_PARTS (xpub, "a", "1");
        RECV_PARTS (quick, "a", "1");
    }
    static const int timeouts[] = {0, 20};
    for (int i = 0; i < 2; i++) {
        set_int (xpub, ZMQ_SNDTIMEO, timeouts[i]);
        const int64_t start = now_ms ();
        CHECK_ERRNO (EAGAIN, zmq_send (xpub, "a", 1, ZMQ_SNDMORE));
        CHECK (now_ms () - start >= timeouts[i] - 1);
        CHECK_ERRNO (EAGAIN, zmq_send (xpub, "a", 1, ZMQ_DONTWAIT));
    }
    CHECK (get_int (xpub, ZMQ_EVENTS) & ZMQ_POLLOUT); /* it does not know the topic */
    SEND_PARTS (xpub, "b", "2"); /* to somebody else */
    SEND (xpub, "nobody's");
    RECV_PARTS (other, "b", "2");
    RECV_NOTHING (quick);
    for (int i = 0; i < 2; i++)
        RECV_PARTS (slow, "a", "1");
    (void) get_int (xpub, ZMQ_EVENTS);
    SEND_PARTS (xpub, "a", "3");
    RECV_PARTS (slow, "a", "3");
    RECV_PARTS (quick, "a", "3");
}

SOCKET_TEST (nodrop_counts_the_room_that_it_heard_of_at_once)
{
    static const int expected[] = {4, 3, 4, 3, 4};
    for (int received = 0; received < 5; received++) {
        void *const xpub = open_socket (ZMQ_XPUB), *const xsub = open_socket (ZMQ_XSUB);
        set_int (xpub, ZMQ_SNDHWM, 3);
        set_int (xpub, ZMQ_XPUB_NODROP, 1);
        set_int (xsub, ZMQ_RCVHWM, 1);
        join (xpub, xsub, INPROC);
        SEND (xsub, "\1");
        RECV (xpub, "\1");
        for (int i = 0; i < received; i++) {
            SEND (xpub, "m");
            RECV (xsub, "m");
        }
        int sent = 0;
        do
            (void) get_int (xpub, ZMQ_EVENTS);
        while (zmq_send (xpub, "m", 1, ZMQ_DONTWAIT) == 1 && ++sent < 9);
        CHECK_INT (expected[received], sent);
        finish ();
    }
}

static void *send_on (void *xpub)
{
    SEND_PARTS (xpub, "a", "waited", "for");
    return NULL;
}

SOCKET_TEST (nodrop_waits_for_the_slowest)
{
    const char *endpoint;
    void *const xpub = publisher (&endpoint);
    set_int (xpub, ZMQ_XPUB_NODROP, 1);
    void *const slow = subscriber (endpoint, "");
    (void) get_int (xpub, ZMQ_EVENTS);
    SEND (xpub, "1");
    SEND (xpub, "2");
    const pthread_t sender = start_thread (send_on, xpub);
    settle ();
    RECV (slow, "1");
    RECV (slow, "2");
    join_thread (sender);
    RECV_PARTS (slow, "a", "waited", "for");
}

static void *send_past_the_leaver (void *xpub)
{
    if (DIFFERS ("libzmq goes on waiting: it looks for the end of a subscriber only when that sends something"))
        SEND (xpub, "3");
    return NULL;
}

SOCKET_TEST (nodrop_does_not_wait_for_who_has_left)
{
    const char *endpoint;
    void *const xpub = publisher (&endpoint);
    set_int (xpub, ZMQ_XPUB_NODROP, 1);
    void *const slow = subscriber (endpoint, "");
    (void) get_int (xpub, ZMQ_EVENTS);
    SEND (xpub, "1");
    SEND (xpub, "2");
    const pthread_t sender = start_thread (send_past_the_leaver, xpub);
    settle ();
    shut (slow);
    join_thread (sender);
}

SOCKET_TEST (without_nodrop_only_the_slow_lose_and_lose_whole_messages)
{
    const char *endpoint;
    void *const xpub = publisher (&endpoint);
    void *const slow = subscriber (endpoint, ""), *const quick = subscriber (endpoint, "");
    (void) get_int (xpub, ZMQ_EVENTS);
    for (int i = 0; i < 5; i++) {
        const char number[] = {(char) ('0' + i), 0};
        SEND_PARTS (xpub, number, "a", "b");
        RECV_PARTS (quick, number, "a", "b");
        (void) get_int (xpub, ZMQ_EVENTS);
    }
    RECV_PARTS (slow, "0", "a", "b");
    RECV_PARTS (slow, "1", "a", "b");
    RECV_NOTHING (slow);
    (void) get_int (xpub, ZMQ_EVENTS);
    SEND_PARTS (xpub, "5", "c");
    RECV_PARTS (slow, "5", "c");
}

SOCKET_TEST (who_gets_room_in_the_middle_of_a_message_waits_for_the_next)
{
    const char *endpoint;
    void *const xpub = publisher (&endpoint);
    void *const slow = subscriber (endpoint, ""), *const quick = subscriber (endpoint, "");
    (void) get_int (xpub, ZMQ_EVENTS);
    for (int i = 0; i < 2; i++) {
        SEND (xpub, "fill");
        RECV (quick, "fill");
        (void) get_int (xpub, ZMQ_EVENTS);
    }
    SEND_MORE (xpub, "1");
    RECV (slow, "fill");
    RECV (slow, "fill");
    (void) get_int (xpub, ZMQ_EVENTS);
    SEND_MORE (xpub, "2");
    void *const late = subscriber (endpoint, "");
    (void) get_int (xpub, ZMQ_EVENTS);
    SEND (xpub, "3");
    SEND (xpub, "next");
    RECV_PARTS (quick, "1", "2", "3");
    RECV (quick, "next");
    RECV (slow, "next");
    RECV (late, "next");
}

SOCKET_TEST (subscriptions_in_the_middle_of_a_message_count_from_the_next)
{
    FOR_EACH_TRANSPORT (t) {
        void *const xpub = open_socket (ZMQ_XPUB), *const sub = open_socket (ZMQ_SUB), *const other = open_socket (ZMQ_SUB);
        const char *const endpoint = bind_any (xpub, t);
        connect_to (sub, endpoint);
        connect_to (other, endpoint);
        subscribe (sub, "a");
        RECV (xpub, "\1a");
        SEND_MORE (xpub, "a");
        subscribe (other, "");
        RECV (xpub, "\1");
        set_str (sub, ZMQ_UNSUBSCRIBE, "a");
        RECV_BYTES (xpub, "\0a", 2, 0);
        SEND (xpub, "rest");
        SEND (xpub, "b");
        RECV (other, "b");
        subscribe (sub, "a");
        RECV (xpub, "\1a");
        SEND (xpub, "a2");
        char text[8] = "";
        do /* whether the filter has let the first one through depends on when it came */
            (void) recv_frame (sub, text, sizeof text);
        while (memcmp (text, "a2", 2) != 0);
        finish ();
    }
}

SOCKET_TEST (verbose_takes_verboser_back_and_the_other_way_round)
{
    static const struct {
        int option, value;
        bool repeated_subscription, repeated_cancellation;
    } steps[] = {
      {ZMQ_XPUB_VERBOSE, 0, false, false}, {ZMQ_XPUB_VERBOSE, 1, true, false},  {ZMQ_XPUB_VERBOSER, 1, true, true},
      {ZMQ_XPUB_VERBOSE, 1, true, false},  {ZMQ_XPUB_VERBOSER, 7, true, true},  {ZMQ_XPUB_VERBOSE, 0, false, false},
      {ZMQ_XPUB_VERBOSER, 1, true, true},  {ZMQ_XPUB_VERBOSER, 0, false, false}};
    void *const xpub = open_socket (ZMQ_XPUB), *const first = open_socket (ZMQ_SUB), *const second = open_socket (ZMQ_SUB);
    const char *const endpoint = bind_any (xpub, INPROC);
    connect_to (first, endpoint);
    connect_to (second, endpoint);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        set_int (xpub, steps[i].option, steps[i].value);
        subscribe (first, "a");
        RECV (xpub, "\1a");
        subscribe (second, "a");
        if (steps[i].repeated_subscription)
            RECV (xpub, "\1a");
        RECV_NOTHING (xpub);
        set_str (second, ZMQ_UNSUBSCRIBE, "a");
        if (steps[i].repeated_cancellation)
            RECV_BYTES (xpub, "\0a", 2, 0);
        RECV_NOTHING (xpub);
        set_str (first, ZMQ_UNSUBSCRIBE, "a");
        RECV_BYTES (xpub, "\0a", 2, 0);
        RECV_NOTHING (xpub);
    }
}

SOCKET_TEST (the_end_of_a_subscriber_is_told_as_its_cancellations_would_be)
{
    static const int verboser[] = {0, 1};
    FOR_EACH_TRANSPORT (t)
        for (int i = 0; i < 2; i++) {
            void *const xpub = open_socket (ZMQ_XPUB), *const first = open_socket (ZMQ_SUB),
                       *const second = open_socket (ZMQ_SUB);
            set_int (xpub, ZMQ_XPUB_VERBOSER, verboser[i]);
            const char *const endpoint = bind_any (xpub, t);
            subscribe (first, "a");
            connect_to (first, endpoint);
            RECV (xpub, "\1a");
            subscribe (first, "b");
            RECV (xpub, "\1b");
            subscribe (second, "a");
            connect_to (second, endpoint);
            if (verboser[i])
                RECV (xpub, "\1a");
            else
                sync_subscriber (xpub, second, "a");
            shut (first);
            if (verboser[i])
                RECV_BYTES (xpub, "\0a", 2, 0);
            RECV_BYTES (xpub, "\0b", 2, 0);
            shut (second);
            RECV_BYTES (xpub, "\0a", 2, 0);
            RECV_NOTHING (xpub);
            finish ();
        }
}

SOCKET_TEST (the_welcome_message_comes_first_and_once_per_connection)
{
    FOR_EACH_TRANSPORT (t) {
        void *const xpub = open_socket (ZMQ_XPUB);
        set_str (xpub, ZMQ_XPUB_WELCOME_MSG, "W1");
        const char *const endpoint = bind_any (xpub, t);
        void *const xsub = open_socket (ZMQ_XSUB);
        connect_to (xsub, endpoint);
        SEND (xsub, "\1");
        RECV (xpub, "\1");
        SEND (xpub, "news");
        RECV (xsub, "W1");
        RECV (xsub, "news");
        set_str (xpub, ZMQ_XPUB_WELCOME_MSG, "W2");
        void *const second = open_socket (ZMQ_XSUB);
        connect_to (second, endpoint);
        WAIT_UNTIL (get_int (xpub, ZMQ_EVENTS) && ready_within (second, ZMQ_POLLIN, 1));
        RECV (second, "W2"); /* not for a subscription but for the connection */
        RECV_NOTHING (xsub);
        CHECK_OK (zmq_setsockopt (xpub, ZMQ_XPUB_WELCOME_MSG, "", 0));
        void *const third = open_socket (ZMQ_XSUB);
        connect_to (third, endpoint);
        SEND (third, "\1x");
        RECV (xpub, "\1x");
        RECV_NOTHING (third);
        finish ();
    }
}

SOCKET_TEST (a_publisher_that_connects_welcomes_too_once)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const xpub = open_socket (ZMQ_XPUB);
    set_int (xpub, ZMQ_RECONNECT_IVL, 1);
    set_str (xpub, ZMQ_XPUB_WELCOME_MSG, "W");
    connect_to (xpub, endpoint);
    int fd = zmtp_accept (listener, "SUB");
    zmtp_expect_frame (fd, 0, "W");
    close (fd);
    fd = zmtp_accept (listener, "SUB");
    zmtp_send_command (fd, "SUBSCRIBE", "", 0);
    RECV (xpub, "\1");
    SEND (xpub, "news");
    zmtp_expect_frame (fd, 0, "news"); /* a connection made again is the same one */
    close (fd);
    close (listener);
}

SOCKET_TEST (the_subscriptions_of_a_connection_that_is_made_again_stay)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const xpub = open_socket (ZMQ_XPUB);
    set_int (xpub, ZMQ_RECONNECT_IVL, 1);
    connect_to (xpub, endpoint);
    int fd = zmtp_accept (listener, "SUB");
    zmtp_send_command (fd, "SUBSCRIBE", "a", 1);
    RECV (xpub, "\1a");
    close (fd);
    fd = zmtp_accept (listener, "SUB");
    zmtp_send_command (fd, "SUBSCRIBE", "b", 1);
    RECV (xpub, "\1b"); /* and nothing of the end */
    SEND (xpub, "a");
    SEND (xpub, "b");
    zmtp_expect_frame (fd, 0, "a");
    zmtp_expect_frame (fd, 0, "b");
    close (fd);
    close (listener);
}

/*  With ZMQ_XPUB_MANUAL what the application grants replaces what was asked for. */
SOCKET_TEST (what_was_granted_by_hand_goes_with_its_subscriber)
{
    FOR_EACH_TRANSPORT (t) {
        void *const xpub = open_socket (ZMQ_XPUB), *const first = open_socket (ZMQ_XSUB), *const second = open_socket (ZMQ_XSUB);
        set_int (xpub, ZMQ_XPUB_MANUAL, 1);
        const char *const endpoint = bind_any (xpub, t);
        connect_to (first, endpoint);
        SEND (first, "\1A");
        RECV (xpub, "\1A");
        set_str (xpub, ZMQ_SUBSCRIBE, "X");
        set_str (xpub, ZMQ_SUBSCRIBE, "Y");
        set_str (xpub, ZMQ_UNSUBSCRIBE, "Y");
        set_str (xpub, ZMQ_UNSUBSCRIBE, "never granted");
        connect_to (second, endpoint);
        SEND (second, "\1B");
        RECV (xpub, "\1B");
        set_str (xpub, ZMQ_SUBSCRIBE, "X");
        SEND (xpub, "A");
        SEND (xpub, "Y");
        SEND (xpub, "X");
        RECV (first, "X");
        RECV (second, "X");
        shut (first);
        RECV_BYTES (xpub, "\0A", 2, 0);
        set_str (xpub, ZMQ_SUBSCRIBE, "to nobody"); /* who was told of last is gone */
        SEND (xpub, "to nobody");
        SEND (xpub, "X");
        RECV (second, "X");
        RECV_NOTHING (second);
        finish ();
    }
}

SOCKET_TEST (user_messages_do_not_change_whom_a_grant_is_for)
{
    void *const xpub = open_socket (ZMQ_XPUB), *const first = open_socket (ZMQ_XSUB), *const second = open_socket (ZMQ_XSUB);
    set_int (xpub, ZMQ_XPUB_MANUAL, 1);
    const char *const endpoint = bind_any (xpub, INPROC);
    connect_to (first, endpoint);
    connect_to (second, endpoint);
    SEND (first, "user");
    SEND (first, "\1A");
    (void) get_int (xpub, ZMQ_EVENTS);
    SEND (second, "\1B");
    RECV (xpub, "user");
    RECV (xpub, "\1A");
    if (DIFFERS ("libzmq's note of the subscribers runs ahead by one for each user message"))
        set_str (xpub, ZMQ_SUBSCRIBE, "A");
    RECV (xpub, "\1B");
    set_str (xpub, ZMQ_SUBSCRIBE, "B");
    SEND (xpub, "A");
    SEND (xpub, "B");
    if (running_on_ozmium ())
        RECV (first, "A");
    RECV (second, "B");
}

SOCKET_TEST (manual_turned_on_later_counts_for_what_comes_then)
{
    void *const xpub = open_socket (ZMQ_XPUB), *const xsub = open_socket (ZMQ_XSUB);
    join (xpub, xsub, INPROC);
    SEND (xsub, "\1A");
    RECV (xpub, "\1A");
    set_int (xpub, ZMQ_XPUB_MANUAL, 1);
    SEND (xsub, "\1B");
    RECV (xpub, "\1B");
    SEND (xpub, "A");
    SEND (xpub, "B");
    RECV (xsub, "A");
    set_int (xpub, ZMQ_XPUB_MANUAL, 0);
    SEND (xsub, "\1C");
    RECV (xpub, "\1C");
    SEND (xpub, "C");
    RECV (xsub, "C");
    RECV_NOTHING (xsub);
}

SOCKET_TEST (a_manual_pub_sends_nothing)
{
    void *const pub = open_socket (ZMQ_PUB), *const sub = open_socket (ZMQ_SUB);
    set_int (pub, ZMQ_XPUB_MANUAL, 1);
    join (pub, sub, INPROC);
    subscribe (sub, "");
    (void) get_int (pub, ZMQ_EVENTS);
    SEND (pub, "x");
    RECV_NOTHING (sub);
}
