/*  Connections that end, or hang, at every byte of the handshake, seen from both ends; and old peers' handshakes. */

#include "fixture.h"

#include <sys/socket.h>

/*  Everything that a DEALER says before its first message. */
#define HANDSHAKE_SIZE 94
static const char handshake[HANDSHAKE_SIZE + 1] =
  "\377\0\0\0\0\0\0\0\1\177\3\1NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
  "\4\34\5READY\13Socket-Type\0\0\0\6DEALER";

struct side
{
    void *socket, *monitor;
    char endpoint[ENDPOINT_MAX];
    int listener; /* -1: the socket has bound */
};

static struct side begin (int type, bool connects)
{
    struct side side = {.socket = open_socket (type), .listener = -1};
    set_int (side.socket, ZMQ_RECONNECT_IVL, 1);
    if (connects)
        side.listener = raw_listen (side.endpoint);
    else
        bind_fresh (side.socket, TCP, side.endpoint);
    side.monitor = open_monitor (test_ctx (), side.socket, ZMQ_EVENT_ALL);
    if (connects)
        connect_to (side.socket, side.endpoint);
    return side;
}

static void end (const struct side *side)
{
    if (side->listener >= 0)
        close (side->listener);
    close_socket (side->monitor);
    finish ();
}

/*  The next connection, of which the socket has told its monitor. */
static int come (const struct side *side)
{
    const int fd = side->listener >= 0 ? raw_accept (side->listener) : raw_connect (side->endpoint);
    if (side->listener >= 0)
        EXPECT_EVENT (side->monitor, ZMQ_EVENT_CONNECT_DELAYED);
    EXPECT_EVENT (side->monitor, side->listener >= 0 ? ZMQ_EVENT_CONNECTED : ZMQ_EVENT_ACCEPTED);
    return fd;
}

/*  The connection is told to have ended, after `event` (0: nothing else) with one of two values. */
static void expect_end (const struct side *side, int event, int value, int or_value)
{
    if (event) {
        const struct monitor_event failed = EXPECT_EVENT (side->monitor, event);
        CHECK_STR (side->endpoint, failed.address);
        CHECK (failed.value == value || failed.value == or_value);
    }
    EXPECT_EVENT (side->monitor, ZMQ_EVENT_DISCONNECTED);
    if (side->listener >= 0)
        EXPECT_EVENT (side->monitor, ZMQ_EVENT_CONNECT_RETRIED);
}

SOCKET_TEST (a_peer_may_end_its_half_of_the_connection_at_every_byte)
{
    for (int connects = 0; connects < 2; connects++) {
        const struct side side = begin (ZMQ_DEALER, connects);
        for (size_t said = 0; said <= HANDSHAKE_SIZE; said++) {
            const int fd = come (&side);
            raw_send (fd, handshake, said);
            if (said == HANDSHAKE_SIZE)
                EXPECT_EVENT (side.monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
            CHECK_OK (shutdown (fd, SHUT_WR));
            raw_expect_close (fd);
            if (said < HANDSHAKE_SIZE)
                expect_end (&side, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, EPIPE, EPIPE);
            else
                expect_end (&side, 0, 0, 0);
        }
        end (&side);
    }
}

SOCKET_TEST (a_peer_may_reset_the_connection_at_every_byte)
{
    for (int connects = 0; connects < 2; connects++) {
        const struct side side = begin (ZMQ_DEALER, connects);
        for (size_t said = 0; said <= HANDSHAKE_SIZE; said++) {
            uint8_t theirs[10];
            const int fd = come (&side);
            raw_send (fd, handshake, said);
            raw_recv (fd, theirs, sizeof theirs);
            if (said == HANDSHAKE_SIZE)
                EXPECT_EVENT (side.monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
            raw_reset (fd);
            if (said < HANDSHAKE_SIZE)
                expect_end (&side, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ECONNRESET, EPIPE);
            else
                expect_end (&side, 0, 0, 0);
        }
        end (&side);
    }
}

SOCKET_TEST (a_peer_may_fall_silent_at_every_byte)
{
    for (int connects = 0; connects < 2; connects++) {
        const struct side side = begin (ZMQ_DEALER, false);
        set_int (side.socket, ZMQ_HANDSHAKE_IVL, 50);
        char endpoint[ENDPOINT_MAX];
        if (connects) /* many connections at once, each with an endpoint of its own */
            set_int (side.socket, ZMQ_RECONNECT_IVL, -1);
        else
            bind_fresh (side.socket, TCP, endpoint);
        int fds[HANDSHAKE_SIZE], listeners[HANDSHAKE_SIZE];
        for (size_t said = 0; said < HANDSHAKE_SIZE; said++) {
            if (connects) {
                listeners[said] = raw_listen (endpoint);
                connect_to (side.socket, endpoint);
                fds[said] = raw_accept (listeners[said]);
            } else
                fds[said] = raw_connect (endpoint);
            raw_send (fds[said], handshake, said);
        }
        for (size_t said = 0; said < HANDSHAKE_SIZE; said++) {
            raw_expect_close (fds[said]);
            if (connects)
                close (listeners[said]);
        }
        /* The last one ended after the last byte but one; each end was told. */
        int failed = 0, disconnected = 0;
        while (failed < HANDSHAKE_SIZE || disconnected < HANDSHAKE_SIZE) {
            const struct monitor_event event = next_event (side.monitor);
            failed += event.event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
            disconnected += event.event == ZMQ_EVENT_DISCONNECTED;
            CHECK (event.event != ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        }
        end (&side);
    }
}

/*  ---- Old peers -------------------------------------------------------------------------------------------------- */

#define V1 "\1\0"
#define V1_NAMED "\3\0me"
#define V1_LONG "\377\0\0\0\0\0\0\0\3\0me" /* the name's length in nine bytes */
#define REVISION_0 "\377\0\0\0\0\0\0\0\1\177\0\5\1\0"
#define V2 "\377\0\0\0\0\0\0\0\1\177\1\5\0\0"
#define V2_OF_NO_TYPE "\377\0\0\0\0\0\0\0\1\177\1\143\0\0"

SOCKET_TEST (old_peers_are_let_in_without_an_event_whatever_their_type)
{
    static const struct
    {
        const char *greeting;
        size_t greeting_size;
        const char *message;
        size_t message_size;
    } cases[] = {{LITERAL (V1), LITERAL ("\3\0hi")},         {LITERAL (V1_NAMED), LITERAL ("\3\0hi")},
                 {LITERAL (V1_LONG), LITERAL ("\3\0hi")},    {LITERAL (REVISION_0), LITERAL ("\3\0hi")},
                 {LITERAL (V2), LITERAL ("\0\2hi")},         {LITERAL (V2_OF_NO_TYPE), LITERAL ("\0\2hi")}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int connects = 0; connects < 2; connects++) {
            const struct side side = begin (ZMQ_PULL, connects);
            const int fd = come (&side);
            raw_send (fd, cases[i].greeting, cases[i].greeting_size);
            raw_send (fd, cases[i].message, cases[i].message_size);
            RECV (side.socket, "hi");
            RECV_NOTHING (side.monitor);
            close (fd);
            if (DIFFERS ("libzmq says of old peers that leave that their handshake failed"))
                expect_end (&side, 0, 0, 0);
            else
                expect_end (&side, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, EPIPE, ECONNRESET);
            end (&side);
        }
}

static void be_plain_server (void *socket)
{
    set_int (socket, ZMQ_PLAIN_SERVER, 1);
}

static void be_plain_client (void *socket)
{
    set_str (socket, ZMQ_PLAIN_USERNAME, "user");
    set_str (socket, ZMQ_PLAIN_PASSWORD, "password");
}

static void have_a_domain (void *socket)
{
    set_str (socket, ZMQ_ZAP_DOMAIN, "global");
}

SOCKET_TEST (old_peers_are_turned_away_where_they_would_have_to_be_authenticated)
{
    static const struct
    {
        const char *greeting;
        size_t size;
    } peers[] = {{LITERAL (V1)}, {LITERAL (V1_LONG)}, {LITERAL (REVISION_0)}, {LITERAL (V2)}};
    static void (*const secure[]) (void *) = {be_plain_server, be_plain_client, have_a_domain};
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++)
        for (size_t k = 0; k < sizeof secure / sizeof *secure; k++) {
            void *const pull = open_socket (ZMQ_PULL);
            secure[k](pull);
            void *const monitor = open_monitor (test_ctx (), pull, ZMQ_EVENT_DISCONNECTED);
            const int fd = raw_connect (bind_any (pull, TCP));
            raw_send (fd, peers[i].greeting, peers[i].size);
            send (fd, "\0\2hi", 4, MSG_NOSIGNAL); /* if it is still there */
            EXPECT_EVENT (monitor, ZMQ_EVENT_DISCONNECTED);
            raw_expect_close (fd);
            RECV_NOTHING (pull);
            close_socket (monitor);
            finish ();
        }
}

SOCKET_TEST (what_speaks_something_else_and_waits_is_dropped_in_time)
{
    static const char *const greetings[] = {"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
                                            "220 mail.example ESMTP\r\n"};
    for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++)
        for (int connects = 0; connects < 2; connects++) {
            struct side side = begin (ZMQ_PULL, false);
            set_int (side.socket, ZMQ_HANDSHAKE_IVL, 50);
            if (connects) {
                side.listener = raw_listen (side.endpoint);
                connect_to (side.socket, side.endpoint);
            } else
                bind_fresh (side.socket, TCP, side.endpoint);
            const int fd = side.listener >= 0 ? raw_accept (side.listener) : raw_connect (side.endpoint);
            raw_send (fd, greetings[i], strlen (greetings[i]));
            /* It reads as the beginning of a ZMTP 1.0 peer's routing id of some eighty bytes. */
            if (DIFFERS ("libzmq 4.3.5 waits for ever for a routing id that has begun") ||
                !SINCE_4_3_5 ("the deadline holds for old peers, even when they are let in"))
                raw_expect_close (fd);
            else {
                CHECK (!raw_closes_within (fd, 2 * SILENCE_MS));
                close (fd);
            }
            end (&side);
        }
}
