/*  CURVE's MESSAGE commands (RFC 26) with a peer that is written by hand on another implementation of the cipher: what
 *  one seals the other opens, at every size, and what was changed, replayed or moved ends the connection. */

#include "curve_peer.h"

#define ZMTP(error) ZMQ_PROTOCOL_ERROR_ZMTP_##error
#define LARGEST 60000

/*  A socket that is connected to a hand-written peer; `as_server` is the socket's part. */
static void *connected (bool as_server, int minor, struct curve_peer *peer)
{
    char endpoint[ENDPOINT_MAX];
    if (as_server) {
        void *const server = secure_server (ZMQ_DEALER, WITH_CURVE);
        *peer = curve_connected (raw_connect (bind_any (server, TCP)), minor);
        return server;
    }
    const int listener = raw_listen (endpoint);
    void *const client = secure_client (ZMQ_DEALER, WITH_CURVE);
    connect_to (client, endpoint);
    *peer = curve_accepted (raw_accept (listener), minor);
    close (listener);
    return client;
}

/*  Bytes that differ from one message to the next. */
static const uint8_t *content (unsigned number)
{
    static uint8_t bytes[LARGEST + 256];
    if (!bytes[1])
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t) (i * 131 + (i >> 8));
    return bytes + number % 256;
}

/*  Every size at which the cipher's blocks, in groups of any number, start and end; then some that are not round. */
static size_t next_size (size_t size)
{
    return size < 600 ? size + 1 : size * 5 / 4 + 13;
}

SOCKET_TEST (every_size_opens_on_the_other_side)
{
    need_curve ();
    for (int as_server = 0; as_server < 2; as_server++) {
        struct curve_peer peer;
        void *const socket = connected (as_server, 1, &peer);
        unsigned number = 0;
        for (size_t size = 0; size < LARGEST; size = next_size (size)) {
            const uint8_t *const bytes = content (number++);
            SEND_BYTES (socket, bytes, size, 0);
            curve_expect_message (&peer, 0, bytes, size);
            curve_send_message (&peer, 0, bytes, size);
            RECV_BYTES (socket, bytes, size, 0);
        }
        close (peer.fd);
        shut (socket);
    }
}

SOCKET_TEST (streams_of_mixed_sizes_open_on_the_other_side)
{
    enum { MESSAGES = 1500 };
    need_curve ();
    for (int as_server = 0; as_server < 2; as_server++) {
        struct curve_peer peer;
        void *const socket = connected (as_server, 1, &peer);
        set_int (socket, ZMQ_RCVHWM, 0);
        const uint8_t *const bytes = content (1);
        /* All at once, so that the sender seals them in one go and the receiver opens them so. */
        for (int sending = 0; sending < 2; sending++) {
            uint32_t random = 12345;
            for (int i = 0; i < MESSAGES; i++) {
                random = random * 1664525 + 1013904223;
                const size_t size = random >> 28 ? random >> 24 : random >> 17 & 4095;
                const int more = random >> 16 & 1;
                if (sending)
                    SEND_BYTES (socket, bytes, size, more ? ZMQ_SNDMORE : 0);
                else
                    curve_send_message (&peer, more ? CURVE_MORE : 0, bytes, size);
            }
            if (sending)
                SEND_BYTES (socket, "end", 3, 0);
            else
                curve_send_message (&peer, 0, "end", 3);
            random = 12345;
            for (int i = 0; i < MESSAGES; i++) {
                random = random * 1664525 + 1013904223;
                const size_t size = random >> 28 ? random >> 24 : random >> 17 & 4095;
                const int more = random >> 16 & 1;
                if (sending)
                    curve_expect_message (&peer, more ? CURVE_MORE : 0, bytes, size);
                else
                    RECV_BYTES (socket, bytes, size, more);
            }
            if (sending)
                curve_expect_message (&peer, 0, "end", 3);
            else
                RECV (socket, "end");
        }
        close (peer.fd);
        shut (socket);
    }
}

/*  ---- What does not open ------------------------------------------------------------------------------------------------- */

static const struct
{
    size_t size; /* 0 for all of it */
    size_t at;   /* with `flip`, the byte that changes */
    uint8_t flip;
    int value;
} spoilt[] = {
  {0, 0, 1, ZMTP (UNEXPECTED_COMMAND)},
  {0, 0, 0xf0, ZMTP (MALFORMED_COMMAND_UNSPECIFIED)},
  {1, .value = ZMTP (MALFORMED_COMMAND_UNSPECIFIED)},
  {7, .value = ZMTP (MALFORMED_COMMAND_UNSPECIFIED)},
  {8, .value = ZMTP (MALFORMED_COMMAND_MESSAGE)},
  {32, .value = ZMTP (MALFORMED_COMMAND_MESSAGE)},
  {33, .value = ZMTP (CRYPTOGRAPHIC)},
  {0, 7, 1, ZMTP (UNEXPECTED_COMMAND)},
  {0, 8, 1, ZMTP (CRYPTOGRAPHIC)},     /* the nonce's highest byte */
  {0, 15, 0x40, ZMTP (CRYPTOGRAPHIC)}, /* its lowest */
  {0, 16, 1, ZMTP (CRYPTOGRAPHIC)},    /* the MAC */
  {0, 31, 0x80, ZMTP (CRYPTOGRAPHIC)},
  {0, 32, 1, ZMTP (CRYPTOGRAPHIC)}, /* the flags */
  {0, 33, 1, ZMTP (CRYPTOGRAPHIC)},
  {0, 37, 1, ZMTP (CRYPTOGRAPHIC)},
};

/*  The socket's monitor tells this, and the connection is over. */
static void expect_failure (void *socket, void *monitor, int value, int fd)
{
    /* The handshake's success may be reported after the peer has seen it. */
    CHECK_INT (value, wait_event (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
    if (DIFFERS ("a libzmq that is monitored only stops reading"))
        raw_expect_close (fd);
    else
        close (fd);
    RECV_NOTHING (socket);
    stop_watching (socket, monitor);
    shut (socket);
}

SOCKET_TEST (a_spoilt_message_ends_the_connection)
{
    need_curve ();
    for (int as_server = 0; as_server < 2; as_server++)
        for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
            uint8_t body[64];
            struct curve_peer peer;
            void *const socket = connected (as_server, 1, &peer);
            curve_send_message (&peer, 0, "good", 4);
            RECV (socket, "good");
            void *const monitor = watch (socket);
            size_t size = curve_message (&peer, 0, "hello", 5, body);
            body[spoilt[i].at] ^= spoilt[i].flip;
            if (spoilt[i].size)
                size = spoilt[i].size;
            zmtp_send_frame (peer.fd, 0, body, size);
            expect_failure (socket, monitor, spoilt[i].value, peer.fd);
        }
}

SOCKET_TEST (what_is_not_sealed_is_not_let_in)
{
    need_curve ();
    for (int command = 0; command < 2; command++) {
        struct curve_peer peer;
        void *const socket = connected (true, 1, &peer);
        void *const monitor = watch (socket);
        zmtp_send_frame (peer.fd, command ? ZMTP_COMMAND : 0, command ? "\4PING\0\0" : "hello", command ? 7 : 5);
        expect_failure (socket, monitor,
                        command ? ZMTP (UNEXPECTED_COMMAND) : ZMTP (MALFORMED_COMMAND_UNSPECIFIED), peer.fd);
    }
}

SOCKET_TEST (nonces_have_to_grow)
{
    need_curve ();
    for (int as_server = 0; as_server < 2; as_server++)
        for (int step = -3; step <= 0; step++) {
            struct curve_peer peer;
            void *const socket = connected (as_server, 1, &peer);
            for (int i = 0; i < 2; i++) {
                curve_send_message (&peer, 0, "good", 4);
                RECV (socket, "good");
            }
            void *const monitor = watch (socket);
            /* The handshake's own nonces count, too. */
            peer.nonce = (uint64_t) ((int) peer.nonce - 1 + step);
            curve_send_message (&peer, 0, "old", 3);
            expect_failure (socket, monitor, ZMTP (INVALID_SEQUENCE), peer.fd);
        }
}

SOCKET_TEST (nonces_may_leap)
{
    static const uint64_t nonces[] = {10, 11, 27, 28, 29, 0xffffffff, 0x100000000, 0x8000000000000000, UINT64_MAX};
    need_curve ();
    struct curve_peer peer;
    void *const socket = connected (true, 1, &peer);
    for (size_t i = 0; i < sizeof nonces / sizeof *nonces; i++) {
        peer.nonce = nonces[i];
        curve_send_message (&peer, 0, "x", 1);
        RECV (socket, "x");
    }
    /* None is left. */
    void *const monitor = watch (socket);
    peer.nonce = UINT64_MAX;
    curve_send_message (&peer, 0, "y", 1);
    expect_failure (socket, monitor, ZMTP (INVALID_SEQUENCE), peer.fd);
}

SOCKET_TEST (a_message_does_not_come_back)
{
    need_curve ();
    uint8_t body[64];
    struct curve_peer peer;
    void *const socket = connected (true, 1, &peer);
    void *const monitor = watch (socket);
    /* With the key of the connection, but the nonce of the other direction. */
    peer.prefix = 'S';
    zmtp_send_frame (peer.fd, 0, body, curve_message (&peer, 0, "hello", 5, body));
    expect_failure (socket, monitor, ZMTP (CRYPTOGRAPHIC), peer.fd);
}

/*  ---- Flags and commands ------------------------------------------------------------------------------------------------- */

SOCKET_TEST (flags_travel_in_the_box)
{
    need_curve ();
    struct curve_peer peer;
    void *const socket = connected (true, 1, &peer);
    SEND_MORE (socket, "a");
    SEND (socket, "b");
    curve_expect_message (&peer, CURVE_MORE, "a", 1);
    curve_expect_message (&peer, 0, "b", 1);
    curve_send_message (&peer, CURVE_MORE, "c", 1);
    /* Flags that mean nothing. */
    curve_send_message (&peer, 0xfc, "d", 1);
    RECV_PARTS (socket, "c", "d");
    close (peer.fd);
}

SOCKET_TEST (heartbeats_travel_in_boxes)
{
    need_curve ();
    struct curve_peer peer;
    void *socket = connected (true, 1, &peer);
    curve_send_message (&peer, CURVE_COMMAND, LITERAL ("\4PING\0\0context"));
    curve_expect_message (&peer, CURVE_COMMAND, LITERAL ("\4PONGcontext"));
    /* Commands that nobody knows are passed over. */
    curve_send_message (&peer, CURVE_COMMAND, LITERAL ("\7UNKNOWN"));
    curve_send_message (&peer, 0, "x", 1);
    RECV (socket, "x");
    close (peer.fd);
    shut (socket);
    socket = secure_server (ZMQ_DEALER, WITH_CURVE);
    set_int (socket, ZMQ_HEARTBEAT_IVL, 10);
    set_int (socket, ZMQ_HEARTBEAT_TIMEOUT, patience_ms ());
    set_int (socket, ZMQ_HEARTBEAT_TTL, 3000);
    peer = curve_connected (raw_connect (bind_any (socket, TCP)), 1);
    for (int i = 0; i < 3; i++) {
        curve_expect_message (&peer, CURVE_COMMAND, LITERAL ("\4PING\0\36"));
        curve_send_message (&peer, CURVE_COMMAND, LITERAL ("\4PONG"));
    }
    close (peer.fd);
}

SOCKET_TEST (a_silent_peer_is_given_up)
{
    need_curve ();
    void *const socket = secure_server (ZMQ_DEALER, WITH_CURVE);
    set_int (socket, ZMQ_HEARTBEAT_IVL, 10);
    set_int (socket, ZMQ_HEARTBEAT_TIMEOUT, 20);
    struct curve_peer peer = curve_connected (raw_connect (bind_any (socket, TCP)), 1);
    raw_expect_close (peer.fd);
    RECV_NOTHING (socket);
}

/*  A SUB that is connected to a hand-written PUB. */
static void *subscriber (int minor, struct curve_peer *peer)
{
    static const char metadata[] = "\x0bSocket-Type\0\0\0\3PUB";
    uint8_t body[CURVE_WELCOME + sizeof metadata];
    void *const socket = secure_client (ZMQ_SUB, WITH_CURVE);
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    connect_to (socket, endpoint);
    *peer = curve_server (raw_accept (listener), minor);
    curve_take_hello (peer);
    curve_send (peer, body, curve_welcome (peer, body));
    curve_take_initiate_of (peer, LITERAL ("\x0bSocket-Type\0\0\0\3SUB"));
    curve_send (peer, body, curve_ready (peer, metadata, sizeof metadata - 1, body));
    close (listener);
    return socket;
}

SOCKET_TEST (subscriptions_are_commands_for_3_1_and_messages_for_3_0)
{
    static const struct
    {
        unsigned flags;
        const char *subscribe, *cancel;
        size_t subscribe_size, cancel_size;
    } expected[] = {
      {0, "\1topic", "\0topic", 6, 6},
      {CURVE_COMMAND, "\x09SUBSCRIBEtopic", "\6CANCELtopic", 15, 12},
    };
    need_curve ();
    for (int minor = 0; minor < 2; minor++) {
        struct curve_peer peer;
        void *const socket = subscriber (minor, &peer);
        subscribe (socket, "topic");
        curve_expect_message (&peer, expected[minor].flags, expected[minor].subscribe, expected[minor].subscribe_size);
        CHECK_OK (zmq_setsockopt (socket, ZMQ_UNSUBSCRIBE, "topic", 5));
        curve_expect_message (&peer, expected[minor].flags, expected[minor].cancel, expected[minor].cancel_size);
        close (peer.fd);
        shut (socket);
    }
}

SOCKET_TEST (the_limit_is_on_what_travels)
{
    enum { LIMIT = 1000 };
    const int64_t limit = LIMIT;
    need_curve ();
    for (int over = 0; over < 2; over++) {
        static uint8_t body[LIMIT];
        void *const socket = secure_server (ZMQ_DEALER, WITH_CURVE);
        CHECK_OK (zmq_setsockopt (socket, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
        struct curve_peer peer = curve_connected (raw_connect (bind_any (socket, TCP)), 1);
        curve_send_message (&peer, 0, body, LIMIT - CURVE_OVERHEAD + (size_t) over);
        if (over)
            raw_expect_close (peer.fd);
        else {
            RECV_BYTES (socket, body, LIMIT - CURVE_OVERHEAD, 0);
            close (peer.fd);
        }
        shut (socket);
    }
}
