/*  PLAIN (RFC 24): user names and passwords, put to the authentication handler by the server. */

#include "fixture.h"

#define EVENTS                                                                                                         \
    (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL        \
     | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

static void *open_handler (void)
{
    void *const handler = open_socket (ZMQ_REP);
    bind_to (handler, "inproc://zeromq.zap.01");
    return handler;
}

static const char *open_server (void **server, void **monitor, enum transport transport)
{
    *server = open_socket (ZMQ_DEALER);
    set_int (*server, ZMQ_PLAIN_SERVER, 1);
    *monitor = open_monitor (test_ctx (), *server, EVENTS);
    return bind_any (*server, transport);
}

static void *open_client (const char *endpoint, const char *name, const char *password)
{
    void *const client = open_socket (ZMQ_DEALER);
    set_str (client, ZMQ_PLAIN_USERNAME, name);
    set_str (client, ZMQ_PLAIN_PASSWORD, password);
    connect_to (client, endpoint);
    return client;
}

/*  Takes a request and answers it; the address is not looked at. */
static void handle (void *handler, const char *name, const char *password, const char *status)
{
    char address[ENDPOINT_MAX];
    RECV_MORE (handler, "1.0");
    RECV_MORE (handler, "1");
    RECV_MORE (handler, "");
    recv_frame (handler, address, sizeof address);
    RECV_PARTS (handler, "", "PLAIN", name, password);
    SEND_PARTS (handler, "1.0", "1", status, "text", "joe", "");
}

static void finish_monitor (void *socket, void *monitor)
{
    CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
    close_socket (monitor);
}

SOCKET_TEST (the_right_password_lets_a_client_in)
{
    void *const handler = open_handler ();
    for (enum transport transport = TCP; transport <= IPC; transport++) {
        void *server, *monitor;
        zmq_msg_t msg;
        void *const client = open_client (open_server (&server, &monitor, transport), "admin", "secret");
        handle (handler, "admin", "secret", "200");
        EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        bounce (server, client);
        SEND (client, "x");
        CHECK_OK (zmq_msg_init (&msg));
        CHECK_INT (1, zmq_msg_recv (&msg, server, 0));
        CHECK_STR ("joe", zmq_msg_gets (&msg, "User-Id"));
        CHECK_STR ("DEALER", zmq_msg_gets (&msg, "Socket-Type"));
        CHECK_OK (zmq_msg_close (&msg));
        finish_monitor (server, monitor);
        shut (client);
        shut (server);
    }
}

SOCKET_TEST (the_longest_name_and_password)
{
    char longest[256];
    void *server, *monitor;
    void *const handler = open_handler ();
    memset (longest, 'n', 255);
    longest[255] = 0;
    open_client (open_server (&server, &monitor, TCP), longest, longest);
    handle (handler, longest, longest, "200");
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    finish_monitor (server, monitor);
}

SOCKET_TEST (the_wrong_password_is_told_to_both_sides)
{
    void *server, *monitor;
    void *const handler = open_handler ();
    const char *const endpoint = open_server (&server, &monitor, TCP);
    void *const client = open_socket (ZMQ_DEALER);
    void *const client_monitor = open_monitor (test_ctx (), client, EVENTS);
    set_str (client, ZMQ_PLAIN_USERNAME, "admin");
    set_str (client, ZMQ_PLAIN_PASSWORD, "guess");
    connect_to (client, endpoint);
    handle (handler, "admin", "guess", "400");
    CHECK_INT (400, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value);
    CHECK_INT (400, EXPECT_EVENT (client_monitor, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value);
    finish_monitor (client, client_monitor);
    finish_monitor (server, monitor);
}

SOCKET_TEST (a_null_client_is_turned_away)
{
    void *server, *monitor;
    const char *const endpoint = open_server (&server, &monitor, TCP);
    void *const client = open_socket (ZMQ_DEALER);
    connect_to (client, endpoint);
    CHECK_INT (ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH,
               EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
    finish_monitor (server, monitor);
}

SOCKET_TEST (without_a_handler_nobody_gets_in)
{
    void *server, *monitor;
    open_client (open_server (&server, &monitor, TCP), "admin", "secret");
    CHECK_INT (EFAULT, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value);
    finish_monitor (server, monitor);
}

SOCKET_TEST (a_peer_of_an_older_protocol_is_turned_away)
{
    void *server, *monitor;
    const int peer = raw_connect (open_server (&server, &monitor, TCP));
    raw_send (peer, "\x01\x00\x08\x00sneaky", 10);
    raw_expect_close (peer);
    RECV_NOTHING (server);
    finish_monitor (server, monitor);
}

SOCKET_TEST (malformed_commands_have_their_events)
{
    static const struct
    {
        const char *hello;
        size_t size;
        int value;
    } cases[] = {
      {LITERAL ("\x05"), ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED},
      {LITERAL ("\x05" "HELLX\0\0"), ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND},
      {LITERAL ("\x05" "HELLO"), ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO},
      {LITERAL ("\x05" "HELLO\x09name"), ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO},
      {LITERAL ("\x05" "HELLO\x04name"), ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO},
      {LITERAL ("\x05" "HELLO\x04name\x02" "abc"), ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO},
    };
    open_handler ();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t greeting[64];
        void *server, *monitor;
        const int peer = raw_connect (open_server (&server, &monitor, TCP));
        zmtp3_greeting (peer, 1, "PLAIN", false, greeting);
        zmtp_send_frame (peer, ZMTP_COMMAND, cases[i].hello, cases[i].size);
        CHECK_INT (cases[i].value, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
        raw_expect_close (peer);
        finish_monitor (server, monitor);
        shut (server);
    }
}
