/*  CURVE's handshake (RFC 26) with a peer that is written by hand on another implementation of the cipher: it works both
 *  ways, and whatever is wrong with a command has its monitor event and ends the connection. */

#include "curve_peer.h"

#define EVENTS (HANDSHAKE_EVENTS | ZMQ_EVENT_DISCONNECTED)
#define ZMTP(error) ZMQ_PROTOCOL_ERROR_ZMTP_##error

/*  What happens to a command before it is sent. */
struct change
{
    size_t size; /* 0 for all of it */
    size_t at;   /* with `flip`, the byte that changes */
    uint8_t flip;
    int value; /* of the event */
};

/*  Sends a command so changed. */
static void send_changed (struct curve_peer *peer, const struct change *change, uint8_t *body, size_t size)
{
    if (change->size > size)
        memset (body + size, 0, change->size - size);
    body[change->at] ^= change->flip;
    curve_send (peer, body, change->size ? change->size : size);
}

/*  The socket has noticed, and lets go of the peer. */
static void expect_failure (void *monitor, int value, int fd)
{
    CHECK_INT (value, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
    raw_expect_close (fd);
    EXPECT_EVENT (monitor, ZMQ_EVENT_DISCONNECTED);
}

/*  A server, its monitor, and a connection to it. */
static int to_server (void **server, void **monitor)
{
    *server = secure_server (ZMQ_DEALER, WITH_CURVE);
    *monitor = open_monitor (test_ctx (), *server, EVENTS);
    return raw_connect (bind_any (*server, TCP));
}

/*  A client, its monitor, and the connection that it makes. */
static int from_client (void **client, void **monitor)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    *client = secure_client (ZMQ_DEALER, WITH_CURVE);
    *monitor = open_monitor (test_ctx (), *client, EVENTS);
    set_int (*client, ZMQ_RECONNECT_IVL, -1);
    connect_to (*client, endpoint);
    const int fd = raw_accept (listener);
    close (listener);
    return fd;
}

static void done (void *socket, void *monitor)
{
    stop_watching (socket, monitor);
    shut (socket);
}

SOCKET_TEST (both_sides_understand_the_other)
{
    void *socket, *monitor;
    need_curve ();
    for (int minor = 0; minor < 2; minor++) {
        struct curve_peer peer = curve_connected (to_server (&socket, &monitor), minor);
        EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        SEND (socket, "hello");
        curve_expect_message (&peer, 0, "hello", 5);
        close (peer.fd);
        done (socket, monitor);
        peer = curve_accepted (from_client (&socket, &monitor), minor);
        EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        curve_send_message (&peer, 0, "hello", 5);
        RECV (socket, "hello");
        close (peer.fd);
        done (socket, monitor);
    }
}

SOCKET_TEST (a_spoilt_hello_has_its_event)
{
    static const struct change changes[] = {
      {0, 0, 1, ZMTP (UNEXPECTED_COMMAND)},               /* the length of the name */
      {0, 0, 0xf0, ZMTP (MALFORMED_COMMAND_UNSPECIFIED)}, /* which is more than there is */
      {1, .value = ZMTP (MALFORMED_COMMAND_UNSPECIFIED)},
      {5, .value = ZMTP (MALFORMED_COMMAND_UNSPECIFIED)},
      {6, .value = ZMTP (MALFORMED_COMMAND_HELLO)},
      {199, .value = ZMTP (MALFORMED_COMMAND_HELLO)},
      {201, .value = ZMTP (MALFORMED_COMMAND_HELLO)},
      {0, 5, 1, ZMTP (UNEXPECTED_COMMAND)},      /* the name */
      {0, 6, 3, ZMTP (MALFORMED_COMMAND_HELLO)}, /* the version, 2.0 */
      {0, 7, 1, ZMTP (MALFORMED_COMMAND_HELLO)}, /* 1.1 */
      {0, 80, 1, ZMTP (CRYPTOGRAPHIC)},          /* C' */
      {0, 119, 1, ZMTP (CRYPTOGRAPHIC)},         /* the nonce */
      {0, 120, 1, ZMTP (CRYPTOGRAPHIC)},         /* the box's MAC */
      {0, 199, 0x80, ZMTP (CRYPTOGRAPHIC)},      /* the box */
    };
    need_curve ();
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        uint8_t body[256];
        void *server, *monitor;
        struct curve_peer peer = curve_client (to_server (&server, &monitor), 1);
        send_changed (&peer, &changes[i], body, curve_hello (&peer, body));
        expect_failure (monitor, changes[i].value, peer.fd);
        done (server, monitor);
    }
}

SOCKET_TEST (a_key_that_gives_everybody_the_same_is_refused)
{
    need_curve ();
    uint8_t body[256];
    void *server, *monitor;
    struct curve_peer peer = curve_client (to_server (&server, &monitor), 1);
    curve_hello (&peer, body);
    memset (body + 80, 0, 32);
    curve_send (&peer, body, CURVE_HELLO);
    expect_failure (monitor, ZMTP (CRYPTOGRAPHIC), peer.fd);
    done (server, monitor);
}

SOCKET_TEST (what_is_in_the_padding_does_not_matter)
{
    need_curve ();
    uint8_t body[512];
    void *server, *monitor;
    struct curve_peer peer = curve_client (to_server (&server, &monitor), 1);
    curve_hello (&peer, body);
    memset (body + 8, 'x', 72);
    curve_send (&peer, body, CURVE_HELLO);
    curve_take_welcome (&peer);
    /* Nor does a nonce that goes back, before messages. */
    peer.nonce = 1;
    curve_send (&peer, body, curve_initiate (&peer, NULL, LITERAL (DEALER_METADATA), body));
    curve_take_ready (&peer);
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close (peer.fd);
    done (server, monitor);
}

SOCKET_TEST (a_spoilt_initiate_has_its_event)
{
    static const struct change changes[] = {
      {0, 0, 1, ZMTP (UNEXPECTED_COMMAND)},
      {8, .value = ZMTP (MALFORMED_COMMAND_UNSPECIFIED)},
      {9, .value = ZMTP (MALFORMED_COMMAND_INITIATE)},
      {256, .value = ZMTP (MALFORMED_COMMAND_INITIATE)},
      {257, .value = ZMTP (CRYPTOGRAPHIC)}, /* without its metadata */
      {300, .value = ZMTP (CRYPTOGRAPHIC)}, /* with more than there was */
      {0, 8, 1, ZMTP (UNEXPECTED_COMMAND)},
      {0, 9, 1, ZMTP (CRYPTOGRAPHIC)},     /* the cookie's nonce */
      {0, 25, 1, ZMTP (CRYPTOGRAPHIC)},    /* the cookie's MAC */
      {0, 104, 1, ZMTP (CRYPTOGRAPHIC)},   /* the cookie */
      {0, 112, 1, ZMTP (CRYPTOGRAPHIC)},   /* the nonce */
      {0, 113, 0x80, ZMTP (CRYPTOGRAPHIC)}, /* the box */
      {0, 256, 1, ZMTP (CRYPTOGRAPHIC)},
      {0, 272, 1, ZMTP (CRYPTOGRAPHIC)},
    };
    need_curve ();
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        uint8_t body[512];
        void *server, *monitor;
        struct curve_peer peer = curve_client (to_server (&server, &monitor), 1);
        curve_send (&peer, body, curve_hello (&peer, body));
        curve_take_welcome (&peer);
        send_changed (&peer, &changes[i], body, curve_initiate (&peer, NULL, LITERAL (DEALER_METADATA), body));
        expect_failure (monitor, changes[i].value, peer.fd);
        done (server, monitor);
    }
}

SOCKET_TEST (a_cookie_is_good_for_its_connection_only)
{
    need_curve ();
    uint8_t body[512];
    void *server, *monitor;
    const int fd = to_server (&server, &monitor);
    char endpoint[ENDPOINT_MAX];
    last_endpoint (server, endpoint);
    struct curve_peer first = curve_client (fd, 1), second = curve_client (raw_connect (endpoint), 1);
    curve_send (&first, body, curve_hello (&first, body));
    curve_take_welcome (&first);
    curve_send (&second, body, curve_hello (&second, body));
    curve_take_welcome (&second);
    memcpy (second.cookie, first.cookie, sizeof second.cookie);
    curve_send (&second, body, curve_initiate (&second, NULL, LITERAL (DEALER_METADATA), body));
    expect_failure (monitor, ZMTP (CRYPTOGRAPHIC), second.fd);
    /* The first is none the worse for it. */
    curve_send (&first, body, curve_initiate (&first, NULL, LITERAL (DEALER_METADATA), body));
    curve_take_ready (&first);
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close (first.fd);
    done (server, monitor);
}

SOCKET_TEST (a_client_vouches_for_its_own_short_key_with_its_own_long_one_to_this_server)
{
    uint8_t another[32];
    memset (another, 7, sizeof another);
    const struct
    {
        struct vouch vouch;
        int value;
    } cases[] = {
      {{.by = another}, ZMTP (CRYPTOGRAPHIC)},
      {{.client = another}, ZMTP (KEY_EXCHANGE)},
      {{.server = another}, ZMTP (KEY_EXCHANGE)},
    };
    need_curve ();
    for (int i = 0; i < 3; i++) {
        uint8_t body[512];
        void *server, *monitor;
        struct curve_peer peer = curve_client (to_server (&server, &monitor), 1);
        curve_send (&peer, body, curve_hello (&peer, body));
        curve_take_welcome (&peer);
        curve_send (&peer, body, curve_initiate (&peer, &cases[i].vouch, LITERAL (DEALER_METADATA), body));
        if (cases[i].vouch.server && !DIFFERS ("libzmq does not look for whom the client vouches")) {
            curve_take_ready (&peer);
            close (peer.fd);
        } else
            expect_failure (monitor, cases[i].value, peer.fd);
        done (server, monitor);
    }
}

/*  Metadata that does not parse, and of a socket of the wrong type. */
static const struct
{
    const char *bytes;
    size_t size;
} bad_metadata[] = {
  {LITERAL ("x")},
  {LITERAL ("\x0bSocket-Typ")},
  {LITERAL ("\x0bSocket-Type\0\0\0\x07" "DEALER")},
  {LITERAL ("\x0bSocket-Type\0\0\0\x04PUSH")},
  {LITERAL ("\x0bSocket-Type\0\0\0\x04NONE")},
};

SOCKET_TEST (a_client_with_bad_metadata_is_turned_away)
{
    need_curve ();
    for (size_t i = 0; i < sizeof bad_metadata / sizeof *bad_metadata; i++) {
        uint8_t body[512];
        void *server, *monitor;
        struct curve_peer peer = curve_client (to_server (&server, &monitor), 1);
        curve_send (&peer, body, curve_hello (&peer, body));
        curve_take_welcome (&peer);
        curve_send (&peer, body, curve_initiate (&peer, NULL, bad_metadata[i].bytes, bad_metadata[i].size, body));
        if (DIFFERS ("every failed handshake has its event"))
            expect_failure (monitor, ZMTP (INVALID_METADATA), peer.fd);
        else
            raw_expect_close (peer.fd);
        done (server, monitor);
    }
}

SOCKET_TEST (metadata_may_be_absent)
{
    need_curve ();
    uint8_t body[512];
    void *socket, *monitor;
    struct curve_peer peer = curve_client (to_server (&socket, &monitor), 1);
    curve_send (&peer, body, curve_hello (&peer, body));
    curve_take_welcome (&peer);
    curve_send (&peer, body, curve_initiate (&peer, NULL, "", 0, body));
    curve_take_ready (&peer);
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close (peer.fd);
    done (socket, monitor);
    peer = curve_server (from_client (&socket, &monitor), 1);
    curve_take_hello (&peer);
    curve_send (&peer, body, curve_welcome (&peer, body));
    curve_take_initiate (&peer);
    curve_send (&peer, body, curve_ready (&peer, "", 0, body));
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close (peer.fd);
    done (socket, monitor);
}

SOCKET_TEST (a_server_takes_commands_in_their_turn_only)
{
    need_curve ();
    uint8_t body[512];
    void *server, *monitor;
    /* INITIATE first. */
    struct curve_peer peer = curve_client (to_server (&server, &monitor), 1);
    memset (body, 0, sizeof body);
    memcpy (body, "\10INITIATE", 9);
    curve_send (&peer, body, CURVE_INITIATE);
    expect_failure (monitor, ZMTP (UNEXPECTED_COMMAND), peer.fd);
    done (server, monitor);
    /* HELLO twice. */
    peer = curve_client (to_server (&server, &monitor), 1);
    curve_send (&peer, body, curve_hello (&peer, body));
    curve_take_welcome (&peer);
    curve_send (&peer, body, curve_hello (&peer, body));
    expect_failure (monitor, ZMTP (UNEXPECTED_COMMAND), peer.fd);
    done (server, monitor);
    /* Anything while the handler thinks. */
    void *const handler = open_handler ();
    peer = curve_client (to_server (&server, &monitor), 1);
    curve_send (&peer, body, curve_hello (&peer, body));
    curve_take_welcome (&peer);
    const size_t size = curve_initiate (&peer, NULL, LITERAL (DEALER_METADATA), body);
    curve_send (&peer, body, size);
    take_request (handler);
    curve_send (&peer, body, size);
    expect_failure (monitor, ZMTP (UNSPECIFIED), peer.fd);
    done (server, monitor);
}

SOCKET_TEST (a_refused_client_is_told_the_status)
{
    need_curve ();
    uint8_t body[512];
    void *server, *monitor;
    void *const handler = open_handler ();
    struct curve_peer peer = curve_client (to_server (&server, &monitor), 1);
    curve_send (&peer, body, curve_hello (&peer, body));
    curve_take_welcome (&peer);
    curve_send (&peer, body, curve_initiate (&peer, NULL, LITERAL (DEALER_METADATA), body));
    handle (handler, "400");
    zmtp_expect_frame (peer.fd, ZMTP_COMMAND, "\x05" "ERROR\x03" "400");
    CHECK_INT (400, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value);
    close (peer.fd);
    done (server, monitor);
}

SOCKET_TEST (a_spoilt_welcome_has_its_event)
{
    static const struct change changes[] = {
      {0, 0, 1, ZMTP (UNEXPECTED_COMMAND)},
      {7, .value = ZMTP (UNEXPECTED_COMMAND)},
      {8, .value = ZMTP (CRYPTOGRAPHIC)},
      {167, .value = ZMTP (CRYPTOGRAPHIC)},
      {169, .value = ZMTP (CRYPTOGRAPHIC)},
      {0, 7, 1, ZMTP (UNEXPECTED_COMMAND)},
      {0, 8, 1, ZMTP (CRYPTOGRAPHIC)},   /* the nonce */
      {0, 24, 1, ZMTP (CRYPTOGRAPHIC)},  /* the box */
      {0, 167, 1, ZMTP (CRYPTOGRAPHIC)},
    };
    need_curve ();
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        uint8_t body[256];
        void *client, *monitor;
        struct curve_peer peer = curve_server (from_client (&client, &monitor), 1);
        curve_take_hello (&peer);
        send_changed (&peer, &changes[i], body, curve_welcome (&peer, body));
        expect_failure (monitor, changes[i].value, peer.fd);
        done (client, monitor);
    }
}

SOCKET_TEST (a_spoilt_ready_has_its_event)
{
    static const struct change changes[] = {
      {0, 0, 1, ZMTP (UNEXPECTED_COMMAND)},
      {5, .value = ZMTP (UNEXPECTED_COMMAND)},
      {6, .value = ZMTP (MALFORMED_COMMAND_READY)},
      {29, .value = ZMTP (MALFORMED_COMMAND_READY)},
      {30, .value = ZMTP (CRYPTOGRAPHIC)},
      {80, .value = ZMTP (CRYPTOGRAPHIC)},
      {0, 5, 1, ZMTP (UNEXPECTED_COMMAND)},
      {0, 13, 1, ZMTP (CRYPTOGRAPHIC)}, /* the nonce */
      {0, 14, 1, ZMTP (CRYPTOGRAPHIC)}, /* the box */
      {0, 50, 1, ZMTP (CRYPTOGRAPHIC)},
    };
    need_curve ();
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        uint8_t body[256];
        void *client, *monitor;
        struct curve_peer peer = curve_server (from_client (&client, &monitor), 1);
        curve_take_hello (&peer);
        curve_send (&peer, body, curve_welcome (&peer, body));
        curve_take_initiate (&peer);
        send_changed (&peer, &changes[i], body, curve_ready (&peer, LITERAL (DEALER_METADATA), body));
        expect_failure (monitor, changes[i].value, peer.fd);
        done (client, monitor);
    }
}

SOCKET_TEST (a_server_with_bad_metadata_is_left)
{
    need_curve ();
    for (size_t i = 0; i < sizeof bad_metadata / sizeof *bad_metadata; i++) {
        uint8_t body[512];
        void *client, *monitor;
        struct curve_peer peer = curve_server (from_client (&client, &monitor), 1);
        curve_take_hello (&peer);
        curve_send (&peer, body, curve_welcome (&peer, body));
        curve_take_initiate (&peer);
        curve_send (&peer, body, curve_ready (&peer, bad_metadata[i].bytes, bad_metadata[i].size, body));
        expect_failure (monitor, ZMTP (INVALID_METADATA), peer.fd);
        done (client, monitor);
    }
}

SOCKET_TEST (a_client_takes_commands_in_their_turn_only)
{
    need_curve ();
    uint8_t body[512];
    void *client, *monitor;
    /* READY first: there is no key yet that it could be sealed with. */
    for (int whole = 0; whole < 2; whole++) {
        struct curve_peer peer = curve_server (from_client (&client, &monitor), 1);
        curve_take_hello (&peer);
        memset (body, 0, sizeof body);
        memcpy (body, "\5READY", 6);
        curve_send (&peer, body, whole ? 60 : 29);
        expect_failure (monitor, whole ? ZMTP (CRYPTOGRAPHIC) : ZMTP (MALFORMED_COMMAND_READY), peer.fd);
        done (client, monitor);
    }
    /* WELCOME twice. */
    for (int good = 0; good < 2; good++) {
        struct curve_peer peer = curve_server (from_client (&client, &monitor), 1);
        curve_take_hello (&peer);
        curve_welcome (&peer, body);
        curve_send (&peer, body, CURVE_WELCOME);
        curve_take_initiate (&peer);
        body[100] ^= (uint8_t) !good;
        curve_send (&peer, body, CURVE_WELCOME);
        if (good && !DIFFERS ("libzmq starts again at that point")) {
            curve_take_initiate (&peer);
            close (peer.fd);
        } else
            expect_failure (monitor, ZMTP (CRYPTOGRAPHIC), peer.fd);
        done (client, monitor);
    }
}

SOCKET_TEST (a_servers_error_has_its_event)
{
    static const struct
    {
        const char *body;
        size_t size;
        int event, value;
    } cases[] = {
      {LITERAL ("\5ERROR"), ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMTP (MALFORMED_COMMAND_ERROR)},
      {LITERAL ("\5ERROR\x04" "400"), ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMTP (MALFORMED_COMMAND_ERROR)},
      {LITERAL ("\5ERROR\x03" "300"), ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 300},
      {LITERAL ("\5ERROR\x03" "400"), ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 400},
      {LITERAL ("\5ERROR\x03" "500 and more"), ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 500},
    };
    need_curve ();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int welcomed = 0; welcomed < 2; welcomed++) {
            uint8_t body[CURVE_WELCOME];
            void *client, *monitor;
            struct curve_peer peer = curve_server (from_client (&client, &monitor), 1);
            curve_take_hello (&peer);
            if (welcomed) {
                curve_send (&peer, body, curve_welcome (&peer, body));
                curve_take_initiate (&peer);
            }
            curve_send (&peer, (const uint8_t *) cases[i].body, cases[i].size);
            CHECK_INT (cases[i].value, EXPECT_EVENT (monitor, cases[i].event).value);
            raw_expect_close (peer.fd);
            done (client, monitor);
        }
}
