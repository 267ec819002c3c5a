/*  CURVE (RFC 26): encrypted connections, with and without an authentication handler. */

#include "secure.h"

SOCKET_TEST (messages_of_all_sizes_pass)
{
    need_curve ();
    static const size_t sizes[] = {0, 1, 30, 33, 100, 8192, 40000, 1 << 20, 5000000};
    for (enum transport transport = TCP; transport <= IPC; transport++) {
        void *const server = secure_server (ZMQ_DEALER, WITH_CURVE);
        void *const client = secure_client (ZMQ_DEALER, WITH_CURVE);
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
    void *const server = secure_server (ZMQ_XPUB, WITH_CURVE);
    void *const client = secure_client (ZMQ_SUB, WITH_CURVE);
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
    void *const server = secure_server (ZMQ_DEALER, WITH_CURVE);
    void *const client = secure_client (ZMQ_DEALER, WITH_CURVE);
    void *const monitor = open_monitor (test_ctx (), client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED);
    set_int (client, ZMQ_HEARTBEAT_IVL, 10);
    set_int (client, ZMQ_HEARTBEAT_TIMEOUT, 1000);
    join (server, client, TCP);
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    CHECK (!ready_within (monitor, ZMQ_POLLIN, SILENCE_MS));
    bounce (server, client);
    stop_watching (client, monitor);
}

SOCKET_TEST (a_client_for_another_server_is_turned_away)
{
    need_curve ();
    const struct keys other_keys = new_keys ();
    void *const server = secure_server (ZMQ_DEALER, WITH_CURVE);
    void *const client = secure_client (ZMQ_DEALER, WITH_CURVE);
    set_str (client, ZMQ_CURVE_SERVERKEY, other_keys.public);
    void *const monitor = watch (server);
    join (server, client, TCP);
    CHECK_INT (ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC,
               EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
    stop_watching (server, monitor);
}

SOCKET_TEST (peers_without_curve_are_turned_away)
{
    need_curve ();
    void *const server = secure_server (ZMQ_DEALER, WITH_CURVE);
    void *const client = open_socket (ZMQ_DEALER);
    void *const monitor = watch (server);
    const char *const endpoint = join (server, client, TCP);
    CHECK_INT (ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH,
               EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
    const int peer = raw_connect (endpoint);
    raw_send (peer, "\x01\x00\x08\x00sneaky", 10);
    raw_expect_close (peer);
    RECV_NOTHING (server);
    stop_watching (server, monitor);
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
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t greeting[64], body[256] = {0};
        void *const server = secure_server (ZMQ_DEALER, WITH_CURVE);
        void *const monitor = watch (server);
        const int peer = raw_connect (bind_any (server, TCP));
        zmtp3_greeting (peer, 1, "CURVE", false, greeting);
        memcpy (body, cases[i].name, 6);
        body[6] = (uint8_t) cases[i].version;
        memset (body + 80, 9, 120);
        zmtp_send_frame (peer, ZMTP_COMMAND, body, cases[i].size);
        CHECK_INT (cases[i].value, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
        raw_expect_close (peer);
        stop_watching (server, monitor);
        shut (server);
    }
}
