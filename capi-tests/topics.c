/*  Topics: their bytes, lengths and counts, what a subscriber's filter and a publisher's index make of them, and inverted
 *  matching. */

#include "fixture.h"

static void *xpub_and (int type, enum transport t, void **subscriber)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    *subscriber = open_socket (type);
    join (xpub, *subscriber, t);
    return xpub;
}

static void topic_option (void *socket, int option, const void *topic, size_t size)
{
    CHECK_OK (zmq_setsockopt (socket, option, topic, size));
}

SOCKET_TEST (a_topic_may_be_of_any_bytes)
{
    FOR_EACH_TRANSPORT (t)
        for (int byte = 0; byte < 256; byte += t == INPROC ? 1 : 51) {
            void *sub, *const xpub = xpub_and (ZMQ_SUB, t, &sub);
            const uint8_t topic[] = {(uint8_t) byte, 0, (uint8_t) ~byte}, note[] = {1, topic[0], topic[1], topic[2]};
            topic_option (sub, ZMQ_SUBSCRIBE, topic, sizeof topic);
            RECV_BYTES (xpub, note, sizeof note, 0);
            SEND_BYTES (xpub, topic, 2, 0);
            SEND_BYTES (xpub, topic, 3, 0);
            RECV_BYTES (sub, topic, 3, 0);
            finish ();
        }
}

SOCKET_TEST (any_topic_can_be_unsubscribed)
{
    static const uint8_t firsts[] = {0, 1, 2, 'a', 255};
    for (size_t i = 0; i < sizeof firsts; i++) {
        void *sub, *const xpub = xpub_and (ZMQ_SUB, INPROC, &sub);
        const uint8_t topic[] = {firsts[i], 'x'}, note[] = {1, topic[0], topic[1]}, end[] = {0, topic[0], topic[1]};
        topic_option (sub, ZMQ_SUBSCRIBE, topic, sizeof topic);
        RECV_BYTES (xpub, note, sizeof note, 0);
        if (firsts[i] == 1 && !DIFFERS ("libzmq takes the topic's first byte for the message's, and subscribes to the rest")) {
            finish ();
            continue;
        }
        topic_option (sub, ZMQ_UNSUBSCRIBE, topic, sizeof topic);
        RECV_BYTES (xpub, end, sizeof end, 0);
        SEND (xpub, "x");
        SEND_BYTES (xpub, topic, sizeof topic, 0);
        RECV_NOTHING (sub);
        finish ();
    }
}

SOCKET_TEST (topics_of_any_length)
{
    static const size_t sizes[] = {0, 1, 28, 29, 31, 32, 33, 244, 245, 246, 255, 256, 257, 8192, 70000, 1000000};
    FOR_EACH_TRANSPORT (t) {
        void *sub, *const xpub = xpub_and (ZMQ_SUB, t, &sub);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            const bool framed = t != INPROC && sizes[i] > 245 && sizes[i] < 256;
            if ((framed || sizes[i] > 8192)
                && !SINCE_4_3_5 ("frames of some lengths were wrong, and long topics took too much of the stack"))
                continue;
            char *const note = malloc (sizes[i] + 2);
            CHECK (note != NULL);
            memset (note, 'a' + (int) i, sizes[i] + 2);
            *note = 1;
            topic_option (sub, ZMQ_SUBSCRIBE, note + 1, sizes[i]);
            RECV_BYTES (xpub, note, sizes[i] + 1, 0);
            SEND_BYTES (xpub, note + 1, sizes[i] + 1, 0);
            RECV_BYTES (sub, note + 1, sizes[i] + 1, 0);
            topic_option (sub, ZMQ_UNSUBSCRIBE, note + 1, sizes[i]);
            *note = 0;
            RECV_BYTES (xpub, note, sizes[i] + 1, 0);
            free (note);
        }
        finish ();
    }
}

SOCKET_TEST (a_topic_and_its_prefixes_are_counted_each_by_itself)
{
    FOR_EACH_TRANSPORT (t) {
        void *sub, *const xpub = xpub_and (ZMQ_SUB, t, &sub);
        static const char *const topics[] = {"abc", "ab", "", "abcd", "abd", "a"};
        for (int i = 0; i < 6; i++) {
            subscribe (sub, topics[i]);
            subscribe (sub, topics[i]);
        }
        for (int i = 0; i < 6; i++) { /* the repetitions are sent, and not reported */
            char note[8];
            const size_t size = recv_frame (xpub, note, sizeof note);
            CHECK_BYTES (topics[i], strlen (topics[i]), note + 1, size - 1);
        }
        for (int i = 0; i < 6; i++)
            set_str (sub, ZMQ_UNSUBSCRIBE, topics[i]);
        for (int i = 0; i < 6; i++) {
            set_str (sub, ZMQ_UNSUBSCRIBE, topics[i]);
            set_str (sub, ZMQ_UNSUBSCRIBE, topics[i]); /* once too often */
            char note[8];
            const size_t size = recv_frame (xpub, note, sizeof note);
            CHECK_INT (0, note[0]);
            CHECK_BYTES (topics[i], strlen (topics[i]), note + 1, size - 1);
        }
        SEND (xpub, "abcd");
        settle ();
        RECV_NOTHING (sub);
        RECV_NOTHING (xpub);
        finish ();
    }
}

SOCKET_TEST (a_filter_lets_through_what_was_on_its_way_only_if_it_still_matches)
{
    FOR_EACH_TRANSPORT (t) {
        void *sub, *const xpub = xpub_and (ZMQ_SUB, t, &sub);
        subscribe (sub, "a");
        RECV (xpub, "\1a");
        subscribe (sub, "ab");
        RECV (xpub, "\1ab");
        SEND_PARTS (xpub, "abc", "1");
        SEND_PARTS (xpub, "acd", "2");
        SEND_PARTS (xpub, "ab", "3");
        CHECK (poll_for (sub, ZMQ_POLLIN)); /* looks at the first, which is not looked at again */
        set_str (sub, ZMQ_UNSUBSCRIBE, "a");
        RECV_PARTS (sub, "abc", "1");
        RECV_PARTS (sub, "ab", "3");
        RECV_NOTHING (sub);
        finish ();
    }
}

SOCKET_TEST (only_the_first_part_is_matched)
{
    FOR_EACH_TRANSPORT (t) {
        void *sub, *const xpub = xpub_and (ZMQ_SUB, t, &sub);
        subscribe (sub, "t");
        RECV (xpub, "\1t");
        SEND_PARTS (xpub, "x", "t", "t");
        SEND_PARTS (xpub, "t", "x", "");
        SEND_PARTS (xpub, "", "t");
        SEND_PARTS (xpub, "t2", "y");
        RECV_PARTS (sub, "t", "x", "");
        RECV_PARTS (sub, "t2", "y");
        finish ();
    }
}

/*  With ZMQ_INVERT_MATCHING a publisher sends to everybody whose subscriptions do not match, with or without any. */
SOCKET_TEST (an_inverting_publisher_sends_to_whom_no_topic_of_theirs_fits)
{
    static const int publishers[] = {ZMQ_PUB, ZMQ_XPUB};
    FOR_EACH_TRANSPORT (t)
        for (int i = 0; i < 2; i++) {
            void *const pub = open_socket (publishers[i]), *const a = open_socket (ZMQ_XSUB),
                       *const none = open_socket (ZMQ_XSUB);
            set_int (pub, ZMQ_INVERT_MATCHING, 1);
            const char *const endpoint = bind_any (pub, t);
            connect_to (a, endpoint);
            connect_to (none, endpoint);
            SEND (a, "\1a");
            sync_subscriber (pub, a, "b");
            sync_subscriber (pub, none, "b");
            drain (a, SILENCE_MS / 3);
            SEND_PARTS (pub, "a", "for none");
            SEND_PARTS (pub, "b", "for both");
            SEND_PARTS (pub, "", "for both, too");
            RECV_PARTS (none, "a", "for none");
            for (int k = 0; k < 2; k++) {
                RECV_PARTS (k ? none : a, "b", "for both");
                RECV_PARTS (k ? none : a, "", "for both, too");
            }
            RECV_NOTHING (a);
            finish ();
        }
}

SOCKET_TEST (an_inverting_subscriber_takes_what_its_topics_do_not_fit)
{
    FOR_EACH_TRANSPORT (t) {
        void *const pub = open_socket (ZMQ_XPUB), *const sub = open_socket (ZMQ_SUB), *const xsub = open_socket (ZMQ_XSUB);
        set_int (pub, ZMQ_INVERT_MATCHING, 1);
        set_int (sub, ZMQ_INVERT_MATCHING, 1);
        const char *const endpoint = bind_any (pub, t);
        connect_to (sub, endpoint);
        sync_subscriber (pub, sub, "any"); /* without a topic it gets all */
        subscribe (sub, "x");
        RECV (pub, "\1x");
        SEND (pub, "x1");
        SEND (pub, "y1");
        RECV (sub, "y1");
        set_str (sub, ZMQ_UNSUBSCRIBE, "x");
        RECV_BYTES (pub, "\0x", 2, 0);
        SEND (pub, "x2");
        RECV (sub, "x2");
        connect_to (xsub, endpoint);
        sync_subscriber (pub, xsub, "any");
        finish ();
    }
}

SOCKET_TEST (inverting_only_one_side_lets_nothing_through)
{
    FOR_EACH_TRANSPORT (t)
        for (int inverting = 0; inverting < 2; inverting++) {
            void *sub, *const xpub = xpub_and (ZMQ_SUB, t, &sub);
            set_int (inverting ? sub : xpub, ZMQ_INVERT_MATCHING, 1);
            subscribe (sub, "x");
            RECV (xpub, "\1x");
            SEND (xpub, "x");
            SEND (xpub, "y");
            settle ();
            RECV_NOTHING (sub);
            set_int (inverting ? sub : xpub, ZMQ_INVERT_MATCHING, 0);
            SEND (xpub, "x again");
            RECV (sub, "x again");
            finish ();
        }
}

SOCKET_TEST (xsub_does_not_filter)
{
    FOR_EACH_TRANSPORT (t) {
        void *xsub, *const xpub = xpub_and (ZMQ_XSUB, t, &xsub);
        SEND (xsub, "\1a");
        RECV (xpub, "\1a");
        SEND (xpub, "ab");
        CHECK (poll_for (xsub, ZMQ_POLLIN));
        SEND_BYTES (xsub, "\0a", 2, 0);
        RECV_BYTES (xpub, "\0a", 2, 0);
        RECV (xsub, "ab");
        finish ();
    }
}

SOCKET_DRAFT_TEST (topics_count_tells_different_topics)
{
    FOR_EACH_TRANSPORT (t) {
        void *const xpub = open_socket (ZMQ_XPUB), *const first = open_socket (ZMQ_SUB), *const second = open_socket (ZMQ_SUB);
        const char *const endpoint = bind_any (xpub, t);
        connect_to (first, endpoint);
        connect_to (second, endpoint);
        static const char *const topics[] = {"", "a", "ab", "b"};
        for (int i = 0; i < 4; i++) {
            subscribe (first, topics[i]);
            subscribe (second, topics[i]);
            CHECK_INT (i + 1, get_int (first, ZMQ_TOPICS_COUNT));
        }
        WAIT_UNTIL (get_int (xpub, ZMQ_EVENTS) && get_int (xpub, ZMQ_TOPICS_COUNT) == 4);
        set_str (first, ZMQ_UNSUBSCRIBE, "a");
        CHECK_INT (3, get_int (first, ZMQ_TOPICS_COUNT));
        set_str (first, ZMQ_UNSUBSCRIBE, "unknown");
        CHECK_INT (3, get_int (first, ZMQ_TOPICS_COUNT));
        set_str (first, ZMQ_UNSUBSCRIBE, "");
        set_str (second, ZMQ_UNSUBSCRIBE, "");
        WAIT_UNTIL (get_int (xpub, ZMQ_EVENTS) && get_int (xpub, ZMQ_TOPICS_COUNT) == 3);
        subscribe (first, "b");
        if (DIFFERS ("libzmq's radix tree counts the repetition")) {
            CHECK_INT (2, get_int (first, ZMQ_TOPICS_COUNT));
            shut (second);
            shut (first);
            WAIT_UNTIL (get_int (xpub, ZMQ_EVENTS) && get_int (xpub, ZMQ_TOPICS_COUNT) == 0);
        } /* and its publisher goes on counting the topics of who left */
        finish ();
    }
}

SOCKET_DRAFT_TEST (topics_count_is_for_publishers_and_subscribers)
{
    static const int types[] = {ZMQ_PUB, ZMQ_SUB, ZMQ_XPUB, ZMQ_XSUB, ZMQ_PAIR, ZMQ_DEALER, ZMQ_PUSH};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *const socket = open_socket (types[i]);
        int count = -1;
        size_t size = sizeof count;
        if (i < 4) {
            CHECK_OK (zmq_getsockopt (socket, ZMQ_TOPICS_COUNT, &count, &size));
            CHECK_INT (0, count);
        } else
            CHECK_ERRNO (EINVAL, zmq_getsockopt (socket, ZMQ_TOPICS_COUNT, &count, &size));
    }
}
