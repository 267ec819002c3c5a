/*  PUB and SUB: fan-out by topic prefix (RFC 29). */

#include "fixture.h"

SOCKET_TEST (wrong_directions_are_not_supported)
{
    void *const pub = open_socket (ZMQ_PUB), *const sub = open_socket (ZMQ_SUB);
    CHECK_ERRNO (ENOTSUP, zmq_recv (pub, NULL, 0, 0));
    CHECK_ERRNO (ENOTSUP, zmq_send (sub, "x", 1, 0));
    CHECK_ERRNO (EINVAL, zmq_setsockopt (pub, ZMQ_SUBSCRIBE, "", 0));
    CHECK_ERRNO (EINVAL, zmq_setsockopt (pub, ZMQ_UNSUBSCRIBE, "", 0));
}

SOCKET_TEST (a_publisher_without_subscribers_drops_and_never_blocks)
{
    void *const pub = open_socket (ZMQ_PUB);
    set_int (pub, ZMQ_SNDHWM, 1);
    bind_any (pub, TCP);
    CHECK_INT (ZMQ_POLLOUT, get_int (pub, ZMQ_EVENTS));
    for (int i = 0; i < 1000; i++)
        SEND (pub, "into the void");
}

SOCKET_TEST (nothing_arrives_without_a_subscription)
{
    FOR_EACH_TRANSPORT (t) {
        void *const pub = open_socket (ZMQ_PUB), *const silent = open_socket (ZMQ_SUB),
                   *const sub = open_socket (ZMQ_SUB);
        const char *const endpoint = join (pub, silent, t);
        connect_to (sub, endpoint);
        subscribe (sub, "");
        sync_subscriber (pub, sub, "x");
        RECV_NOTHING (silent);
        finish ();
    }
}

SOCKET_TEST (subscriptions_match_by_prefix)
{
    FOR_EACH_TRANSPORT (t) {
        void *const pub = open_socket (ZMQ_PUB), *const sub = open_socket (ZMQ_SUB);
        join (pub, sub, t);
        subscribe (sub, "ab");
        subscribe (sub, "sync");
        sync_subscriber (pub, sub, "sync");
        static const char *const sent[] = {"a", "ab", "", "abc", "b", "aab", "ab\n", "AB", "sync"};
        for (size_t i = 0; i < sizeof sent / sizeof *sent; i++)
            SEND (pub, sent[i]);
        RECV (sub, "ab");
        RECV (sub, "abc");
        RECV (sub, "ab\n");
        RECV (sub, "sync");
        RECV_NOTHING (sub);
        finish ();
    }
}

SOCKET_TEST (only_the_first_frame_is_matched)
{
    FOR_EACH_TRANSPORT (t) {
        void *const pub = open_socket (ZMQ_PUB), *const sub = open_socket (ZMQ_SUB);
        join (pub, sub, t);
        subscribe (sub, "topic");
        sync_subscriber (pub, sub, "topic");
        SEND_PARTS (pub, "other", "topic");
        SEND_PARTS (pub, "topic", "other", "");
        RECV_PARTS (sub, "topic", "other", "");
        RECV_NOTHING (sub);
        finish ();
    }
}

SOCKET_TEST (binary_topics_match_with_their_zero_bytes)
{
    void *const pub = open_socket (ZMQ_PUB), *const sub = open_socket (ZMQ_SUB);
    join (pub, sub, TCP);
    CHECK_OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "\0\377", 2));
    subscribe (sub, "sync");
    sync_subscriber (pub, sub, "sync");
    SEND_BYTES (pub, "\0x", 2, 0);
    SEND_BYTES (pub, "\0\377\0", 3, 0);
    RECV_BYTES (sub, "\0\377\0", 3, 0);
}

SOCKET_TEST (overlapping_subscriptions_give_one_copy)
{
    void *const pub = open_socket (ZMQ_PUB), *const sub = open_socket (ZMQ_SUB);
    join (pub, sub, TCP);
    subscribe (sub, "");
    subscribe (sub, "a");
    subscribe (sub, "ab");
    subscribe (sub, "ab");
    sync_subscriber (pub, sub, "ab");
    SEND (pub, "abc");
    SEND (pub, "end");
    RECV (sub, "abc");
    RECV (sub, "end");
    RECV_NOTHING (sub);
}

SOCKET_TEST (a_topic_subscribed_twice_must_be_unsubscribed_twice)
{
    FOR_EACH_TRANSPORT (t) {
        void *const pub = open_socket (ZMQ_PUB), *const sub = open_socket (ZMQ_SUB);
        join (pub, sub, t);
        subscribe (sub, "t");
        subscribe (sub, "t");
        set_str (sub, ZMQ_UNSUBSCRIBE, "t");
        subscribe (sub, "sync");
        sync_subscriber (pub, sub, "sync");
        SEND (pub, "t1");
        RECV (sub, "t1");
        set_str (sub, ZMQ_UNSUBSCRIBE, "t");
        subscribe (sub, "next");
        sync_subscriber (pub, sub, "next");
        SEND (pub, "t2");
        SEND (pub, "sync");
        RECV (sub, "sync");
        finish ();
    }
}

SOCKET_TEST (unsubscribing_what_was_not_subscribed_changes_nothing)
{
    void *const pub = open_socket (ZMQ_PUB), *const sub = open_socket (ZMQ_SUB);
    join (pub, sub, TCP);
    subscribe (sub, "kept");
    set_str (sub, ZMQ_UNSUBSCRIBE, "ke");
    set_str (sub, ZMQ_UNSUBSCRIBE, "kept too");
    set_str (sub, ZMQ_UNSUBSCRIBE, "");
    sync_subscriber (pub, sub, "kept");
}

SOCKET_TEST (unsubscription_hides_what_is_still_on_its_way)
{
    void *const pub = open_socket (ZMQ_PUB), *const sub = open_socket (ZMQ_SUB);
    join (pub, sub, INPROC);
    subscribe (sub, "a");
    subscribe (sub, "b");
    sync_subscriber (pub, sub, "b");
    SEND (pub, "a1");
    SEND (pub, "b1");
    set_str (sub, ZMQ_UNSUBSCRIBE, "a");
    RECV (sub, "b1"); /* a1 is in the queue, but SUB filters again on receipt */
    RECV_NOTHING (sub);
}

SOCKET_TEST (every_subscriber_gets_its_copy)
{
    FOR_EACH_TRANSPORT (t) {
        void *const pub = open_socket (ZMQ_PUB);
        void *subs[10];
        const char *const endpoint = bind_any (pub, t);
        for (int i = 0; i < 10; i++) {
            subs[i] = open_socket (ZMQ_SUB);
            subscribe (subs[i], i % 2 ? "odd" : "even");
            subscribe (subs[i], "sync");
            connect_to (subs[i], endpoint);
            sync_subscriber (pub, subs[i], "sync");
        }
        for (int i = 0; i < 10; i++)
            drain (subs[i], i ? 0 : SILENCE_MS / 3); /* what the later ones were synchronized with */
        SEND_PARTS (pub, "even", "2");
        SEND_PARTS (pub, "odd", "3");
        for (int i = 0; i < 10; i++)
            RECV_PARTS (subs[i], i % 2 ? "odd" : "even", i % 2 ? "3" : "2");
        finish ();
    }
}

SOCKET_TEST (one_subscriber_hears_several_publishers)
{
    void *const first = open_socket (ZMQ_PUB), *const second = open_socket (ZMQ_PUB),
               *const sub = open_socket (ZMQ_SUB);
    subscribe (sub, "");
    join (first, sub, TCP);
    join (second, sub, IPC);
    sync_subscriber (first, sub, "first");
    sync_subscriber (second, sub, "second");
    SEND (first, "1");
    RECV (sub, "1");
    SEND (second, "2");
    RECV (sub, "2");
}

SOCKET_TEST (publishers_may_connect_and_subscribers_bind)
{
    FOR_EACH_TRANSPORT (t) {
        void *const sub = open_socket (ZMQ_SUB), *const pub = open_socket (ZMQ_PUB);
        subscribe (sub, "x");
        join (sub, pub, t);
        sync_subscriber (pub, sub, "x");
        finish ();
    }
}

SOCKET_TEST (a_full_subscriber_loses_whole_messages_and_the_others_none)
{
    void *const pub = open_socket (ZMQ_PUB), *const slow = open_socket (ZMQ_SUB), *const quick = open_socket (ZMQ_SUB);
    set_int (pub, ZMQ_SNDHWM, 5);
    set_int (slow, ZMQ_RCVHWM, 5);
    set_int (quick, ZMQ_RCVHWM, 100);
    const char *const endpoint = bind_any (pub, INPROC);
    connect_to (slow, endpoint);
    connect_to (quick, endpoint);
    subscribe (slow, "m");
    subscribe (quick, "m");
    subscribe (quick, "sync");
    sync_subscriber (pub, quick, "sync");
    for (int i = 0; i < 50; i++)
        SEND_PARTS (pub, "m", i % 10 ? "tail" : "tenth");
    for (int i = 0; i < 50; i++)
        RECV_PARTS (quick, "m", i % 10 ? "tail" : "tenth");
    for (int i = 0; i < 10; i++) /* the two marks added, and no half message */
        RECV_PARTS (slow, "m", i % 10 ? "tail" : "tenth");
    RECV_NOTHING (slow);
}

/*  How many subscriptions reach an XPUB, while the subscriber looks for messages. */
static int count_subscriptions (void *xpub, void *sub, int wanted)
{
    char frame[16];
    int count = 0;
    const int64_t deadline = now_ms () + (wanted ? patience_ms () : SILENCE_MS);
    while (now_ms () < deadline && (!wanted || count < wanted)) {
        RECV_NOTHING (sub);
        if (ready_within (xpub, ZMQ_POLLIN, 1)) {
            recv_frame (xpub, frame, sizeof frame);
            CHECK_INT (1, frame[0]);
            count++;
        }
    }
    return count;
}

SOCKET_TEST (more_subscriptions_than_the_high_water_mark_arrive)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const sub = open_socket (ZMQ_SUB), *const xpub = open_socket (ZMQ_XPUB);
        char topic[16];
        set_int (sub, ZMQ_SNDHWM, 1);
        for (int i = 0; i < 100; i++) {
            snprintf (topic, sizeof topic, "before %d", i);
            subscribe (sub, topic);
        }
        const char *const endpoint = free_endpoint (t);
        connect_to (sub, endpoint);
        for (int i = 0; i < 100; i++) {
            snprintf (topic, sizeof topic, "after %d", i);
            subscribe (sub, topic);
        }
        bind_to (xpub, endpoint);
        if (DIFFERS ("libzmq loses what is over the mark"))
            CHECK_INT (200, count_subscriptions (xpub, sub, 200));
        else
            CHECK (count_subscriptions (xpub, sub, 0) < 200);
        finish ();
    }
}

SOCKET_TEST (subscriptions_are_sent_again_on_reconnect)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const sub = open_socket (ZMQ_SUB);
        set_int (sub, ZMQ_RECONNECT_IVL, 10);
        const char *const endpoint = free_endpoint (t);
        subscribe (sub, "kept");
        subscribe (sub, "gone");
        connect_to (sub, endpoint);
        for (int round = 0; round < 3; round++) {
            void *const pub = open_socket (ZMQ_PUB);
            WAIT_UNTIL (zmq_bind (pub, endpoint) == 0); /* the closed one lets go of the address when it can */
            sync_subscriber (pub, sub, "kept");
            if (round == 0)
                set_str (sub, ZMQ_UNSUBSCRIBE, "gone");
            else {
                SEND (pub, "gone");
                SEND (pub, "kept");
                RECV (sub, "kept");
            }
            shut (pub);
        }
        finish ();
    }
}

SOCKET_TEST (a_sub_s_topics_hold_for_publishers_connected_later)
{
    void *const sub = open_socket (ZMQ_SUB);
    subscribe (sub, "x");
    FOR_EACH_TRANSPORT (t) {
        void *const pub = open_socket (ZMQ_PUB);
        join (pub, sub, t);
        sync_subscriber (pub, sub, "x");
        shut (pub);
    }
}

SOCKET_TEST (invert_matching_delivers_what_nobody_subscribed)
{
    FOR_EACH_TRANSPORT (t) {
        void *const pub = open_socket (ZMQ_PUB), *const sub = open_socket (ZMQ_SUB), *const all = open_socket (ZMQ_SUB);
        set_int (pub, ZMQ_INVERT_MATCHING, 1);
        set_int (sub, ZMQ_INVERT_MATCHING, 1);
        set_int (all, ZMQ_INVERT_MATCHING, 1);
        const char *const endpoint = join (pub, sub, t);
        connect_to (all, endpoint);
        subscribe (sub, "not this");
        subscribe (all, "none");
        sync_subscriber (pub, sub, "this");
        sync_subscriber (pub, all, "this");
        drain (sub, SILENCE_MS / 3);
        SEND (pub, "not this one");
        SEND (pub, "not that");
        RECV (sub, "not that");
        RECV (all, "not this one");
        RECV (all, "not that");
        RECV_NOTHING (sub);
        finish ();
    }
}

SOCKET_TEST (long_and_many_topics)
{
    void *const pub = open_socket (ZMQ_PUB), *const sub = open_socket (ZMQ_SUB);
    char topic[3001];
    memset (topic, 't', sizeof topic - 1);
    topic[sizeof topic - 1] = 0;
    const char *const endpoint = bind_any (pub, TCP);
    set_int (sub, ZMQ_SNDHWM, 0); /* subscriptions past the mark would be dropped like messages */
    connect_to (sub, endpoint);
    subscribe (sub, topic);
    for (int i = 0; i < 5000; i++) {
        char one[16];
        snprintf (one, sizeof one, "%d.", i);
        subscribe (sub, one);
    }
    sync_subscriber (pub, sub, "4999.");
    topic[2999] = 'u';
    SEND (pub, topic);
    topic[2999] = 't';
    SEND (pub, topic);
    SEND (pub, "17");
    SEND (pub, "17.x");
    SEND (pub, "5000.");
    SEND (pub, "0.");
    RECV (sub, topic);
    RECV (sub, "17.x");
    RECV (sub, "0.");
}

SOCKET_DRAFT_TEST (topics_count_counts_subscriptions)
{
    /* ZMQ_TOPICS_COUNT is newer than the header of 4.3.4. */
    enum { TOPICS_COUNT = 116 };
    int count;
    size_t size = sizeof count;
    void *const pub = open_socket (ZMQ_PUB), *const sub = open_socket (ZMQ_SUB);
    join (pub, sub, INPROC);
    CHECK_INT (0, get_int (sub, TOPICS_COUNT));
    subscribe (sub, "a");
    subscribe (sub, "b");
    CHECK_INT (2, get_int (sub, TOPICS_COUNT));
    WAIT_UNTIL (get_int (pub, ZMQ_EVENTS) && get_int (pub, TOPICS_COUNT) == 2);
    set_str (sub, ZMQ_UNSUBSCRIBE, "a");
    CHECK_INT (1, get_int (sub, TOPICS_COUNT));
    WAIT_UNTIL (get_int (pub, ZMQ_EVENTS) && get_int (pub, TOPICS_COUNT) == 1);
    void *const push = open_socket (ZMQ_PUSH);
    CHECK_ERRNO (EINVAL, zmq_getsockopt (push, TOPICS_COUNT, &count, &size));
}
