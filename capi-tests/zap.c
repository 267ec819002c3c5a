/*  Authentication (RFC 27) of NULL connections: handlers of either type, enforcement, ends. What all mechanisms have in
 *  common is in security.c. */

#include "secure.h"

#define PROPERTY "\x05" "Group\0\0\0\x05" "staff"

static void *open_handler_of (int type)
{
    void *const handler = open_socket (type);
    bind_to (handler, HANDLER_ENDPOINT);
    return handler;
}

/*  A server that asks, its monitor, and the endpoint that it is bound to. */
static const char *open_server (void **server, void **monitor)
{
    *server = open_socket (ZMQ_DEALER);
    set_str (*server, ZMQ_ZAP_DOMAIN, "global");
    set_str (*server, ZMQ_ROUTING_ID, "server");
    *monitor = watch (*server);
    return bind_any (*server, TCP);
}

static void *open_client (const char *endpoint)
{
    void *const client = open_socket (ZMQ_DEALER);
    connect_to (client, endpoint);
    return client;
}

static void reply (void *handler, const char *status)
{
    SEND_MORE (handler, "1.0");
    SEND_MORE (handler, "1");
    SEND_MORE (handler, status);
    SEND_MORE (handler, "text");
    SEND_MORE (handler, "joe");
    SEND_BYTES (handler, PROPERTY, sizeof PROPERTY - 1, 0);
}

static void check_property (zmq_msg_t *msg, const char *name, const char *expected)
{
    CHECK_STR (expected, zmq_msg_gets (msg, name));
}

static void expect_granted (void *server, void *client)
{
    zmq_msg_t msg;
    SEND (client, "hello");
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (5, zmq_msg_recv (&msg, server, 0));
    check_property (&msg, "User-Id", "joe");
    check_property (&msg, "Group", "staff");
    check_property (&msg, "Socket-Type", "DEALER");
    CHECK_OK (zmq_msg_close (&msg));
    bounce (server, client);
}

SOCKET_TEST (a_rep_handler_lets_a_peer_in)
{
    void *server, *monitor;
    void *const handler = open_handler_of (ZMQ_REP);
    void *const client = open_client (open_server (&server, &monitor));
    RECV_PARTS (handler, "1.0", "1", "global", "127.0.0.1", "server", "NULL");
    reply (handler, "200");
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    expect_granted (server, client);
    stop_watching (server, monitor);
}

SOCKET_TEST (a_router_handler_may_answer_in_any_order)
{
    enum { CLIENTS = 3 };
    void *server, *monitor, *clients[CLIENTS];
    char ids[CLIENTS][16];
    void *const handler = open_handler_of (ZMQ_ROUTER);
    const char *const endpoint = open_server (&server, &monitor);
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = open_client (endpoint);
    for (int i = 0; i < CLIENTS; i++) {
        CHECK_INT (5, recv_frame (handler, ids[i], sizeof ids[i]));
        RECV_PARTS (handler, "", "1.0", "1", "global", "127.0.0.1", "server", "NULL");
    }
    for (int i = CLIENTS - 1; i >= 0; i--) {
        SEND_BYTES (handler, ids[i], 5, ZMQ_SNDMORE);
        SEND_MORE (handler, "");
        reply (handler, "200");
        EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    }
    for (int i = 0; i < CLIENTS; i++) {
        SEND (clients[i], "x");
        RECV (server, "x");
    }
    stop_watching (server, monitor);
}

SOCKET_TEST (both_sides_may_ask)
{
    void *server, *monitor;
    void *const handler = open_handler_of (ZMQ_REP);
    const char *const endpoint = open_server (&server, &monitor);
    void *const client = open_socket (ZMQ_DEALER);
    set_str (client, ZMQ_ZAP_DOMAIN, "global");
    connect_to (client, endpoint);
    for (int i = 0; i < 2; i++) {
        char frame[64];
        for (int part = 0; part < 6; part++)
            recv_frame (handler, frame, sizeof frame);
        reply (handler, "200");
    }
    expect_granted (server, client);
    stop_watching (server, monitor);
}

SOCKET_TEST (without_a_handler_enforcement_decides)
{
    void *server, *monitor;
    void *client = open_client (open_server (&server, &monitor));
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    bounce (server, client);
    stop_watching (server, monitor);
    shut (client);
    shut (server);

    server = open_socket (ZMQ_DEALER);
    set_str (server, ZMQ_ZAP_DOMAIN, "global");
    set_int (server, ZMQ_ZAP_ENFORCE_DOMAIN, 1);
    monitor = watch (server);
    client = open_client (bind_any (server, TCP));
    CHECK_INT (EFAULT, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value);
    stop_watching (server, monitor);
}

SOCKET_TEST (a_handler_that_is_closed_leaves_the_peer_to_the_deadline)
{
    uint8_t greeting[64];
    void *const handler = open_handler_of (ZMQ_REP);
    void *const server = open_socket (ZMQ_DEALER);
    set_str (server, ZMQ_ZAP_DOMAIN, "global");
    set_int (server, ZMQ_HANDSHAKE_IVL, 200);
    void *const monitor = watch (server);
    const int peer = raw_connect (bind_any (server, TCP));
    zmtp3_greeting (peer, 1, "NULL", false, greeting);
    CHECK (poll_for (handler, ZMQ_POLLIN));
    shut (handler);
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    raw_expect_close (peer);
    stop_watching (server, monitor);
}

SOCKET_TEST (a_peer_that_leaves_while_the_handler_thinks_does_no_harm)
{
    uint8_t greeting[64];
    void *server, *monitor;
    void *const handler = open_handler_of (ZMQ_REP);
    const int peer = raw_connect (open_server (&server, &monitor));
    zmtp3_greeting (peer, 1, "NULL", false, greeting);
    RECV_PARTS (handler, "1.0", "1", "global", "127.0.0.1", "server", "NULL");
    close (peer);
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    reply (handler, "200");
    stop_watching (server, monitor);
}
