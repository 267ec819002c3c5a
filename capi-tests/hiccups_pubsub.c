/*  Connecting subscribers and publishers that lose their connection: which subscriptions are sent again, and which
 *  hold. */

#include "fixture.h"

#include <sys/socket.h>

struct scene
{
    void *socket, *monitor;
    int listener;
    char endpoint[ENDPOINT_MAX];
};

static struct scene begin (int type, int immediate)
{
    struct scene scene = {.socket = open_socket (type)};
    set_int (scene.socket, ZMQ_RECONNECT_IVL, 10);
    set_int (scene.socket, ZMQ_IMMEDIATE, immediate);
    scene.listener = raw_listen (scene.endpoint);
    scene.monitor =
      open_monitor (test_ctx (), scene.socket, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    connect_to (scene.socket, scene.endpoint);
    return scene;
}

static void end (const struct scene *scene, int fd)
{
    close (fd);
    close (scene->listener);
    close_socket (scene->monitor);
    finish ();
}

/*  The next connection, before the socket's application makes any call. */
static int meet_unattended (const struct scene *scene, const char *type)
{
    const int fd = zmtp_accept (scene->listener, type);
    EXPECT_EVENT (scene->monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    return fd;
}

static int meet (const struct scene *scene, const char *type)
{
    const int fd = meet_unattended (scene, type);
    settle ();
    get_int (scene->socket, ZMQ_EVENTS);
    return fd;
}

static void lose (const struct scene *scene, int fd)
{
    close (fd);
    EXPECT_EVENT (scene->monitor, ZMQ_EVENT_DISCONNECTED);
    settle ();
}

/*  Reads subscriptions and cancellations until a moment of silence, and says which topics (of one letter each) they
 *  come to, in the alphabet's order, with a letter for each time that it was asked for again. */
static void subscriptions (int fd, char topics[32])
{
    static struct frame frame;
    int counts[26] = {0};
    while (raw_readable (fd, SILENCE_MS)) {
        zmtp_recv_frame (fd, &frame);
        CHECK_INT (ZMTP_COMMAND, frame.flags);
        const bool subscribes = frame.size == 11 && memcmp (frame.body, "\11SUBSCRIBE", 10) == 0;
        const bool cancels = frame.size == 8 && memcmp (frame.body, "\6CANCEL", 7) == 0;
        CHECK (subscribes || cancels);
        int *const count = &counts[frame.body[frame.size - 1] - 'a'];
        *count = subscribes ? *count + 1 : 0;
    }
    for (int i = 0; i < 26; i++)
        while (counts[i]-- > 0)
            *topics++ = (char) ('a' + i);
    *topics = 0;
}

#define EXPECT_SUBSCRIPTIONS(fd, expected)                                                                             \
    do {                                                                                                               \
        char topics_[32];                                                                                              \
        subscriptions (fd, topics_);                                                                                   \
        CHECK_STR (expected, topics_);                                                                                 \
    } while (0)

static void unsubscribe (void *socket, const char *prefix)
{
    CHECK_OK (zmq_setsockopt (socket, ZMQ_UNSUBSCRIBE, prefix, strlen (prefix)));
}

SOCKET_TEST (each_subscription_is_sent_again_once)
{
    for (int immediate = 0; immediate < 2; immediate++) {
        const struct scene scene = begin (ZMQ_SUB, immediate);
        subscribe (scene.socket, "b");
        subscribe (scene.socket, "a");
        subscribe (scene.socket, "a");
        int fd = meet (&scene, "PUB");
        raw_readable (fd, patience_ms ());
        char first[32];
        subscriptions (fd, first); /* without immediate also repeated ones, which XPUB may want to hear of */
        CHECK_STR (immediate ? "ab" : "aab", first);
        lose (&scene, fd);
        fd = meet (&scene, "PUB");
        EXPECT_SUBSCRIPTIONS (fd, "ab");
        unsubscribe (scene.socket, "a"); /* one is left */
        EXPECT_SUBSCRIPTIONS (fd, "");
        zmtp_send_frame (fd, 0, "a1", 2);
        RECV (scene.socket, "a1");
        end (&scene, fd);
    }
}

SOCKET_TEST (what_changed_meanwhile_counts)
{
    for (int immediate = 0; immediate < 2; immediate++) {
        const struct scene scene = begin (ZMQ_SUB, immediate);
        int fd = meet (&scene, "PUB");
        subscribe (scene.socket, "a");
        subscribe (scene.socket, "b");
        EXPECT_SUBSCRIPTIONS (fd, "ab");
        lose (&scene, fd);
        subscribe (scene.socket, "c");
        unsubscribe (scene.socket, "b");
        fd = meet (&scene, "PUB");
        EXPECT_SUBSCRIPTIONS (fd, "ac");
        end (&scene, fd);
    }
}

SOCKET_TEST (subscriptions_are_sent_again_when_the_application_calls)
{
    const struct scene scene = begin (ZMQ_SUB, 0);
    subscribe (scene.socket, "a");
    int fd = meet (&scene, "PUB");
    EXPECT_SUBSCRIPTIONS (fd, "a");
    lose (&scene, fd);
    fd = meet_unattended (&scene, "PUB");
    raw_expect_silence (fd);
    get_int (scene.socket, ZMQ_EVENTS);
    EXPECT_SUBSCRIPTIONS (fd, "a");
    end (&scene, fd);
}

SOCKET_TEST (connections_that_were_lost_unattended_leave_nothing_behind)
{
    static const int types[] = {ZMQ_SUB, ZMQ_XSUB};
    for (int i = 0; i < 2; i++) {
        const struct scene scene = begin (types[i], 0);
        if (types[i] == ZMQ_SUB)
            subscribe (scene.socket, "a");
        else
            SEND (scene.socket, "\1a");
        lose (&scene, meet_unattended (&scene, "PUB"));
        for (int k = 0; k < 3; k++)
            lose (&scene, meet_unattended (&scene, "PUB"));
        const int fd = meet (&scene, "PUB");
        EXPECT_SUBSCRIPTIONS (fd, "a");
        end (&scene, fd);
    }
}

SOCKET_TEST (handshakes_that_fail_leave_nothing_behind)
{
    static const int types[] = {ZMQ_SUB, ZMQ_XSUB};
    for (int i = 0; i < 2; i++)
        for (int attended = 0; attended < 2; attended++) {
            const struct scene scene = begin (types[i], 0);
            if (types[i] == ZMQ_SUB)
                subscribe (scene.socket, "a");
            else {
                SEND (scene.socket, "\1a");
                SEND (scene.socket, "for nobody");
            }
            for (int k = 0; k < 4; k++) {
                close (raw_accept (scene.listener));
                EXPECT_EVENT (scene.monitor, ZMQ_EVENT_DISCONNECTED);
                if (attended)
                    get_int (scene.socket, ZMQ_EVENTS);
            }
            settle ();
            const int fd = meet (&scene, "PUB");
            EXPECT_SUBSCRIPTIONS (fd, "a");
            end (&scene, fd);
        }
}

SOCKET_TEST (an_xsub_s_own_messages_are_for_the_peer_of_their_time)
{
    for (int immediate = 0; immediate < 2; immediate++) {
        static struct frame frame;
        const struct scene scene = begin (ZMQ_XSUB, immediate);
        int fd = meet (&scene, "XPUB");
        SEND (scene.socket, "\1a");
        SEND (scene.socket, "\1b");
        SEND (scene.socket, "mine");
        zmtp_expect_frame (fd, 0, "\1a");
        zmtp_expect_frame (fd, 0, "\1b");
        zmtp_expect_frame (fd, 0, "mine");
        lose (&scene, fd);
        SEND (scene.socket, "\1c"); /* with immediate there is nobody to hear it */
        SEND_BYTES (scene.socket, "\0b", 2, 0);
        SEND (scene.socket, "meanwhile");
        fd = meet (&scene, "XPUB");
        char topics[3] = "";
        for (int i = 0; i < 2; i++) {
            zmtp_recv_frame (fd, &frame);
            CHECK_BYTES ("\11SUBSCRIBE", 10, frame.body, frame.size - 1);
            topics[i] = (char) frame.body[10];
        }
        if (immediate)
            CHECK (strcmp (topics, "ac") == 0 || strcmp (topics, "ca") == 0);
        else {
            CHECK (strcmp (topics, "ab") == 0 || strcmp (topics, "ba") == 0);
            zmtp_expect_frame (fd, 0, "\1c");
            zmtp_expect_bytes (fd, 0, "\0b", 2);
            zmtp_expect_frame (fd, 0, "meanwhile");
        }
        SEND (scene.socket, "after");
        zmtp_expect_frame (fd, 0, "after");
        end (&scene, fd);
    }
}

SOCKET_TEST (a_publisher_that_connects_keeps_the_subscriptions_of_its_pipe)
{
    const struct scene scene = begin (ZMQ_XPUB, 0);
    int fd = meet (&scene, "SUB");
    zmtp_send_command (fd, "SUBSCRIBE", "a", 1);
    RECV (scene.socket, "\1a");
    lose (&scene, fd);
    SEND (scene.socket, "a meanwhile");
    SEND (scene.socket, "b meanwhile");
    RECV_NOTHING (scene.socket); /* nobody has unsubscribed */
    fd = meet (&scene, "SUB");
    zmtp_expect_frame (fd, 0, "a meanwhile");
    SEND (scene.socket, "a after");
    zmtp_expect_frame (fd, 0, "a after");
    zmtp_send_command (fd, "SUBSCRIBE", "a", 1); /* is not new */
    zmtp_send_command (fd, "SUBSCRIBE", "b", 1);
    RECV (scene.socket, "\1b");
    zmtp_send_command (fd, "CANCEL", "a", 1);
    RECV_BYTES (scene.socket, "\0a", 2, 0);
    SEND (scene.socket, "a");
    SEND (scene.socket, "b");
    zmtp_expect_frame (fd, 0, "b");
    end (&scene, fd);
}

SOCKET_TEST (a_publisher_that_connects_begins_anew_with_immediate)
{
    const struct scene scene = begin (ZMQ_XPUB, 1);
    int fd = meet (&scene, "SUB");
    zmtp_send_command (fd, "SUBSCRIBE", "a", 1);
    RECV (scene.socket, "\1a");
    lose (&scene, fd);
    RECV_BYTES (scene.socket, "\0a", 2, 0);
    SEND (scene.socket, "a meanwhile");
    fd = meet (&scene, "SUB");
    SEND (scene.socket, "a after");
    zmtp_send_command (fd, "SUBSCRIBE", "a", 1);
    RECV (scene.socket, "\1a");
    SEND (scene.socket, "a at last");
    zmtp_expect_frame (fd, 0, "a at last");
    end (&scene, fd);
}

SOCKET_TEST (what_a_subscriber_had_received_can_still_be_read)
{
    for (int immediate = 0; immediate < 2; immediate++) {
        const struct scene scene = begin (ZMQ_SUB, immediate);
        subscribe (scene.socket, "");
        int fd = meet (&scene, "PUB");
        zmtp_send_frame (fd, 0, "unread", 6);
        zmtp_send_frame (fd, ZMTP_MORE, "half", 4);
        lose (&scene, fd);
        if (!immediate || DIFFERS ("libzmq drops what was not read yet"))
            RECV (scene.socket, "unread");
        fd = meet (&scene, "PUB");
        zmtp_send_frame (fd, 0, "new", 3);
        RECV (scene.socket, "new");
        end (&scene, fd);
    }
}
