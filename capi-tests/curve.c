/*  CURVE (RFC 26): encrypted connections, with and without an authentication handler. */

#include "fixture.h"

#define EVENTS                                                                                                         \
    (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL        \
     | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

struct keys
{
    char public[41], secret[41];
};

static struct keys new_keys (void)
{
    struct keys keys;
    CHECK_OK (zmq_curve_keypair (keys.public, keys.secret));
    return keys;
}

static void *open_handler (void)
{
    void *const handler = open_socket (ZMQ_REP);
    bind_to (handler, "inproc://zeromq.zap.01");
    return handler;
}

/*  Takes a request, checks the client's key, and answers; the address is not looked at. */
static void handle (void *handler, const struct keys *client, const char *status)
{
    char address[ENDPOINT_MAX], text[41];
    uint8_t key[32];
    RECV_MORE (handler, "1.0");
    RECV_MORE (handler, "1");
    RECV_MORE (handler, "");
    recv_frame (handler, address, sizeof address);
    RECV_MORE (handler, "");
    RECV_MORE (handler, "CURVE");
    CHECK_INT (32, recv_frame (handler, key, sizeof key));
    CHECK_STR (client->public, zmq_z85_encode (text, key, 32));
    SEND_PARTS (handler, "1.0", "1", status, "text", "joe", "");
}

static void *server_socket (int type, const struct keys *keys)
{
    void *const server = open_socket (type);
    set_int (server, ZMQ_CURVE_SERVER, 1);
    set_str (server, ZMQ_CURVE_SECRETKEY, keys->secret);
    return server;
}

static void *client_socket (int type, const struct keys *keys, const struct keys *server)
{
    void *const client = open_socket (type);
    set_str (client, ZMQ_CURVE_SERVERKEY, server->public);
    set_str (client, ZMQ_CURVE_PUBLICKEY, keys->public);
    set_str (client, ZMQ_CURVE_SECRETKEY, keys->secret);
    return client;
}

static void finish_monitor (void *socket, void *monitor)
{
    CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
    close_socket (monitor);
}

static void need_curve (void)
{
    if (!zmq_has ("curve"))
        skip_test ("no CURVE");
}

SOCKET_TEST (messages_of_all_sizes_pass)
{
    need_curve ();
    static const size_t sizes[] = {0, 1, 30, 33, 100, 8192, 40000, 1 << 20, 5000000};
    for (enum transport transport = TCP; transport <= IPC; transport++) {
        const struct keys server_keys = new_keys (), client_keys = new_keys ();
        void *const server = server_socket (ZMQ_DEALER, &server_keys);
        void *const client = client_socket (ZMQ_DEALER, &client_keys, &server_keys);
        char *const sent = malloc (5000000), *const received = malloc (5000000);
        CHECK (sent && received);
        for (size_t i = 0; i < 5000000; i++)
            sent[i] = (char) (i * 7 >> 3);
        join (server, client, transport);
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            SEND_BYTES (client, sent, sizes[i], ZMQ_SNDMORE);
            SEND (client, "end");
            CHECK_INT (sizes[i], zmq_recv (server, received, 5000000, 0));
            CHECK_INT (0, memcmp (sent, received, sizes[i]));
            CHECK_INT (1, get_int (server, ZMQ_RCVMORE));
            RECV (server, "end");
            bounce (server, client);
        }
        free (sent);
        free (received);
        shut (client);
        shut (server);
    }
}

SOCKET_TEST (subscriptions_pass)
{
    need_curve ();
    const struct keys server_keys = new_keys (), client_keys = new_keys ();
    void *const server = server_socket (ZMQ_XPUB, &server_keys);
    void *const client = client_socket (ZMQ_SUB, &client_keys, &server_keys);
    join (server, client, TCP);
    subscribe (client, "news");
    RECV (server, "\x01news");
    SEND (server, "other");
    SEND (server, "news of today");
    RECV (client, "news of today");
}

SOCKET_TEST (heartbeats_pass)
{
    need_curve ();
    const struct keys server_keys = new_keys (), client_keys = new_keys ();
    void *const server = server_socket (ZMQ_DEALER, &server_keys);
    void *const client = client_socket (ZMQ_DEALER, &client_keys, &server_keys);
    void *const monitor = open_monitor (test_ctx (), client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED);
    set_int (client, ZMQ_HEARTBEAT_IVL, 10);
    set_int (client, ZMQ_HEARTBEAT_TIMEOUT, 1000);
    join (server, client, TCP);
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    CHECK (!ready_within (monitor, ZMQ_POLLIN, SILENCE_MS));
    bounce (server, client);
    finish_monitor (client, monitor);
}

SOCKET_TEST (a_handler_lets_a_known_key_in)
{
    need_curve ();
    zmq_msg_t msg;
    const struct keys server_keys = new_keys (), client_keys = new_keys ();
    void *const handler = open_handler ();
    void *const server = server_socket (ZMQ_DEALER, &server_keys);
    void *const client = client_socket (ZMQ_DEALER, &client_keys, &server_keys);
    void *const monitor = open_monitor (test_ctx (), server, EVENTS);
    join (server, client, TCP);
    handle (handler, &client_keys, "200");
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    SEND (client, "x");
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (1, zmq_msg_recv (&msg, server, 0));
    CHECK_STR ("joe", zmq_msg_gets (&msg, "User-Id"));
    CHECK_STR ("DEALER", zmq_msg_gets (&msg, "Socket-Type"));
    CHECK_OK (zmq_msg_close (&msg));
    finish_monitor (server, monitor);
}

SOCKET_TEST (an_unknown_key_is_refused_on_both_sides)
{
    need_curve ();
    const struct keys server_keys = new_keys (), client_keys = new_keys ();
    void *const handler = open_handler ();
    void *const server = server_socket (ZMQ_DEALER, &server_keys);
    void *const client = client_socket (ZMQ_DEALER, &client_keys, &server_keys);
    void *const monitor = open_monitor (test_ctx (), server, EVENTS);
    void *const client_monitor = open_monitor (test_ctx (), client, EVENTS);
    join (server, client, TCP);
    handle (handler, &client_keys, "400");
    CHECK_INT (400, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value);
    CHECK_INT (400, EXPECT_EVENT (client_monitor, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value);
    finish_monitor (client, client_monitor);
    finish_monitor (server, monitor);
}

SOCKET_TEST (a_client_for_another_server_is_turned_away)
{
    need_curve ();
    const struct keys server_keys = new_keys (), other_keys = new_keys (), client_keys = new_keys ();
    void *const server = server_socket (ZMQ_DEALER, &server_keys);
    void *const client = client_socket (ZMQ_DEALER, &client_keys, &other_keys);
    void *const monitor = open_monitor (test_ctx (), server, EVENTS);
    join (server, client, TCP);
    CHECK_INT (ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC,
               EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
    finish_monitor (server, monitor);
}

SOCKET_TEST (peers_without_curve_are_turned_away)
{
    need_curve ();
    const struct keys server_keys = new_keys ();
    void *const server = server_socket (ZMQ_DEALER, &server_keys);
    void *const client = open_socket (ZMQ_DEALER);
    void *const monitor = open_monitor (test_ctx (), server, EVENTS);
    const char *const endpoint = join (server, client, TCP);
    CHECK_INT (ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH,
               EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
    const int peer = raw_connect (endpoint);
    raw_send (peer, "\x01\x00\x08\x00sneaky", 10);
    raw_expect_close (peer);
    RECV_NOTHING (server);
    finish_monitor (server, monitor);
}

SOCKET_TEST (malformed_hellos_have_their_events)
{
    need_curve ();
    static const struct
    {
        const char *name;
        size_t size;
        int version, value;
    } cases[] = {
      {"\x05" "HELLO", 6, 1, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO},
      {"\x05" "HELLO", 201, 1, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO},
      {"\x05" "HELLO", 200, 2, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO},
      {"\x05" "HELLO", 200, 1, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC},
      {"\x05" "HELLX", 200, 1, ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND},
      {"\xff" "HELLO", 200, 1, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED},
    };
    const struct keys server_keys = new_keys ();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t greeting[64], body[256] = {0};
        void *const server = server_socket (ZMQ_DEALER, &server_keys);
        void *const monitor = open_monitor (test_ctx (), server, EVENTS);
        const int peer = raw_connect (bind_any (server, TCP));
        zmtp3_greeting (peer, 1, "CURVE", false, greeting);
        memcpy (body, cases[i].name, 6);
        body[6] = (uint8_t) cases[i].version;
        memset (body + 80, 9, 120);
        zmtp_send_frame (peer, ZMTP_COMMAND, body, cases[i].size);
        CHECK_INT (cases[i].value, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
        raw_expect_close (peer);
        finish_monitor (server, monitor);
        shut (server);
    }
}
