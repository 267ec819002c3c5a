/*  ws: ZMTP in WebSockets (RFC 45), between sockets and with a peer written by hand, as in a browser. */

#include "fixture.h"
#include "secure.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

static const char *bind_ws (void *socket, const char *path)
{
    static char endpoints[8][ENDPOINT_MAX];
    static int next;
    char *endpoint = endpoints[next++ % 8];
    char wildcard[ENDPOINT_MAX];
    snprintf (wildcard, sizeof wildcard, "ws://127.0.0.1:*%s", path);
    bind_to (socket, wildcard);
    last_endpoint (socket, endpoint);
    return endpoint;
}

/*  A connection to a ws:// endpoint that nothing was said over. */
static int tcp_under (const char *endpoint)
{
    char tcp[ENDPOINT_MAX + 4];
    snprintf (tcp, sizeof tcp, "tcp%s", endpoint + 2);
    *strchr (tcp + 6, '/') = '\0';
    return raw_connect (tcp);
}

/*  A WebSocket of a client that offers these protocols and is granted `expected`. */
static int upgraded (const char *endpoint, const char *protocols, const char *expected)
{
    char text[1024];
    const int fd = tcp_under (endpoint);
    snprintf (text, sizeof text,
              "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
              protocols);
    raw_send_slowly (fd, text, strlen (text));
    snprintf (text, sizeof text,
              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Accept: " ACCEPT "\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
              expected);
    raw_expect (fd, text, strlen (text));
    return fd;
}

/*  Sends one frame as a client, masked. */
static void ws_send (int fd, unsigned first, const void *payload, size_t size)
{
    static const uint8_t mask[4] = {0x12, 0x34, 0x56, 0x78};
    uint8_t frame[6 + 125] = {(uint8_t) first, (uint8_t) (0x80 | size), mask[0], mask[1], mask[2], mask[3]};
    CHECK (size <= 125);
    for (size_t i = 0; i < size; i++)
        frame[6 + i] = ((const uint8_t *) payload)[i] ^ mask[i % 4];
    raw_send (fd, frame, 6 + size);
}

/*  The next frame of a server. */
static void ws_expect (int fd, unsigned first, const void *payload, size_t size)
{
    const uint8_t head[2] = {(uint8_t) first, (uint8_t) size};
    raw_expect (fd, head, 2);
    raw_expect (fd, payload, size);
}

#define BINARY 0x82
#define CLOSE 0x88
#define PING 0x89
#define PONG 0x8A

/*  A simple client: no mechanism, an empty routing id each way. */
static int simple_client (const char *endpoint)
{
    const int fd = upgraded (endpoint, "other, ZWS2.0", "ZWS2.0");
    ws_expect (fd, BINARY, "\0", 1);
    ws_send (fd, BINARY, "\0", 1);
    return fd;
}

SOCKET_DRAFT_TEST (messages_of_all_sizes_and_parts_go_both_ways)
{
    void *server = open_socket (ZMQ_DEALER), *client = open_socket (ZMQ_DEALER);
    connect_to (client, bind_ws (server, "/path"));
    static char sent[70000], received[sizeof sent];
    static const size_t sizes[] = {0, 1, 124, 125, 126, 65534, 65535, 70000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        memset (sent, 'a' + (int) i, sizes[i]);
        void *const ends[] = {client, server};
        for (int end = 0; end < 2; end++) {
            SEND_MORE (ends[end], "part");
            SEND_BYTES (ends[end], sent, sizes[i], 0);
            RECV_MORE (ends[!end], "part");
            CHECK_BYTES (sent, sizes[i], received, recv_frame (ends[!end], received, sizeof received));
        }
    }
}

SOCKET_DRAFT_TEST (subscriptions_routing_ids_and_groups)
{
    void *pub = open_socket (ZMQ_PUB), *sub = open_socket (ZMQ_SUB);
    connect_to (sub, bind_ws (pub, ""));
    subscribe (sub, "a");
    sync_subscriber (pub, sub, "a");
    SEND (pub, "b");
    SEND (pub, "ab");
    RECV (sub, "ab");

    void *router = open_socket (ZMQ_ROUTER), *req = open_socket (ZMQ_REQ);
    set_str (req, ZMQ_ROUTING_ID, "name");
    connect_to (req, bind_ws (router, "/router"));
    SEND (req, "question");
    RECV_PARTS (router, "name", "", "question");
    SEND_PARTS (router, "name", "", "answer");
    RECV (req, "answer");

    void *radio = open_socket (ZMQ_RADIO), *dish = open_socket (ZMQ_DISH);
    CHECK_OK (zmq_join (dish, "g"));
    connect_to (dish, bind_ws (radio, "/radio"));
    zmq_msg_t msg;
    do {
        CHECK_OK (zmq_msg_init_size (&msg, 4));
        memcpy (zmq_msg_data (&msg), "text", 4);
        CHECK_OK (zmq_msg_set_group (&msg, "g"));
        CHECK_INT (4, zmq_msg_send (&msg, radio, 0));
    } while (!ready_within (dish, ZMQ_POLLIN, 10));
    RECV (dish, "text");
}

SOCKET_DRAFT_TEST (endpoints_have_paths)
{
    void *server = open_socket (ZMQ_DEALER), *client = open_socket (ZMQ_DEALER);
    const char *with = bind_ws (server, "/path"), *without = bind_ws (server, "");
    CHECK_STR ("/path", strchr (with + 5, '/'));
    CHECK_STR ("/", strchr (without + 5, '/'));
    char endpoint[ENDPOINT_MAX];
    connect_to (client, with);
    last_endpoint (client, endpoint);
    CHECK_STR (with, endpoint);
    bounce (client, server);
    CHECK_OK (zmq_disconnect (client, with));
    CHECK_OK (zmq_unbind (server, with));
    CHECK_ERRNO (ENOENT, zmq_unbind (server, with));
    CHECK_OK (zmq_unbind (server, without));
    CHECK_ERRNO (EINVAL, zmq_connect (client, "ws://127.0.0.1"));
    CHECK_ERRNO (EINVAL, zmq_bind (server, "ws://127.0.0.1/path"));
    CHECK_ERRNO (ENODEV, zmq_bind (server, "ws://no-such-interface:*/path"));
}

SOCKET_OZMIUM_TEST (mechanisms_work_in_websockets, "libzmq loses the subscriptions")
{
    FOR_EACH_MECHANISM (mechanism) {
        void *handler = open_handler ();
        void *pub = secure_server (ZMQ_XPUB, mechanism), *sub = secure_client (ZMQ_SUB, mechanism);
        subscribe (sub, "a");
        connect_to (sub, bind_ws (pub, ""));
        handle (handler, "200");
        RECV (pub, "\1a");
        SEND_PARTS (pub, "a", "b");
        RECV_PARTS (sub, "a", "b");
        close_handler (handler);
    }
}

SOCKET_OZMIUM_TEST (heartbeats_are_pings, "libzmq aborts when a client without a mechanism goes")
{
    void *server = open_socket (ZMQ_DEALER), *client = open_socket (ZMQ_DEALER);
    set_int (client, ZMQ_HEARTBEAT_IVL, 10);
    set_int (client, ZMQ_HEARTBEAT_TIMEOUT, patience_ms ());
    set_int (server, ZMQ_HEARTBEAT_IVL, 10);
    set_int (server, ZMQ_HEARTBEAT_TIMEOUT, patience_ms ());
    const char *endpoint = bind_ws (server, "");
    const int fd = simple_client (endpoint);
    ws_expect (fd, PING, "", 0);
    close (fd);
    connect_to (client, endpoint);
    for (int i = 0; i < 10; i++) {
        bounce (client, server);
        usleep (10000);
    }
}

SOCKET_DRAFT_TEST (a_simple_client_subscribes)
{
    void *pub = open_socket (ZMQ_XPUB);
    const int fd = simple_client (bind_ws (pub, ""));
    ws_send (fd, BINARY, "\0\1news", 6);
    RECV (pub, "\1news");
    SEND_PARTS (pub, "news", "text");
    ws_expect (fd, BINARY, "\1news", 5);
    ws_expect (fd, BINARY, "\0text", 5);
    close (fd);
}

SOCKET_OZMIUM_TEST (a_ping_is_answered_with_its_payload, "libzmq answers without it, or not at all")
{
    void *server = open_socket (ZMQ_DEALER);
    const int fd = simple_client (bind_ws (server, ""));
    ws_send (fd, PING, LITERAL ("a payload of more than sixteen bytes"));
    ws_expect (fd, PONG, LITERAL ("a payload of more than sixteen bytes"));
    ws_send (fd, PONG, "", 0);
    ws_send (fd, BINARY, "\0text", 5);
    RECV (server, "text");
    close (fd);
}

SOCKET_OZMIUM_TEST (a_close_is_answered_and_ends_the_connection, "libzmq answers clients with a mechanism only")
{
    void *server = open_socket (ZMQ_DEALER);
    const int fd = simple_client (bind_ws (server, ""));
    ws_send (fd, BINARY, "\0text", 5);
    ws_send (fd, CLOSE, LITERAL ("\3\350bye"));
    RECV (server, "text");
    ws_expect (fd, CLOSE, LITERAL ("\3\350bye"));
    raw_expect_close (fd);
}

SOCKET_OZMIUM_TEST (messages_may_come_in_several_frames, "libzmq reads no more after the first")
{
    void *server = open_socket (ZMQ_DEALER);
    const int fd = simple_client (bind_ws (server, ""));
    ws_send (fd, 0x02, "\1he", 3);
    ws_send (fd, PING, "", 0);
    ws_expect (fd, PONG, "", 0);
    ws_send (fd, 0x00, "", 0);
    ws_send (fd, 0x00, "l", 1);
    ws_send (fd, 0x80, "lo", 2);
    static char sent[1 + 69999 + 2];
    memset (sent + 1, 'a', sizeof sent - 1);
    raw_send (fd, LITERAL ("\x02\xFF\0\0\0\0\0\1\x11\x70\0\0\0\0"));
    raw_send (fd, sent, 70000);
    ws_send (fd, 0x80, "aa", 2);
    RECV_MORE (server, "hello");
    static char received[sizeof sent];
    CHECK_BYTES (sent + 1, sizeof sent - 1, received, recv_frame (server, received, sizeof received));
    ws_send (fd, BINARY, "\0whole", 6);
    RECV (server, "whole");
    close (fd);
}

SOCKET_OZMIUM_TEST (frames_that_are_none_end_the_connection, "libzmq keeps it open, and reads no more")
{
    void *server = open_socket (ZMQ_DEALER);
    CHECK_OK (zmq_setsockopt (server, ZMQ_MAXMSGSIZE, &(int64_t){100}, sizeof (int64_t)));
    const char *endpoint = bind_ws (server, "");
    static const struct
    {
        const char *what, *bytes;
        size_t size;
    } wrong[] = {
      {"not masked", LITERAL ("\x82\x02\0x")},
      {"a text", LITERAL ("\x81\x82....\0x")},
      {"a part of nothing", LITERAL ("\x80\x82....\0x")},
      {"a message within a message", LITERAL ("\x02\x82....\0x\x82\x82....\0x")},
      {"a part of a ping", LITERAL ("\x09\x80....")},
      {"parts too large together", LITERAL ("\x02\x84\0\0\0\0\0abc\x80\xE2....")},
      {"no flags", LITERAL ("\x82\x80....")},
      {"too large", LITERAL ("\x82\xE6....")},
      {"huge", LITERAL ("\x82\xFF\0\1\0\0\0\0\0\0....")},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const int fd = simple_client (endpoint);
        raw_send (fd, wrong[i].bytes, wrong[i].size);
        if (wrong[i].what[0] == 't' || wrong[i].what[0] == 'h')
            raw_send (fd, "....", 4);
        raw_expect_close (fd);
    }
}

SOCKET_DRAFT_TEST (requests_that_are_none_fail_the_handshake)
{
    void *server = open_socket (ZMQ_DEALER);
    const char *endpoint = bind_ws (server, "");
    void *monitor = open_monitor (test_ctx (), server, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL);
    static const char *const requests[] = {
      "POST / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
      "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: " KEY "\r\n\r\n",
      "GET / HTTP/1.1\r\nSec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Protocol: ZWS2.0\r\n\r\n",
      "\xFF\0\0\0\0\0\0\0\1\x7F",
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        const int fd = tcp_under (endpoint);
        raw_send (fd, requests[i], strlen (requests[i]) + (requests[i][0] == '\xFF' ? 9 : 0));
        raw_expect_close (fd);
        const struct monitor_event event = next_event (monitor);
        CHECK_INT (ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, event.event);
        CHECK_INT (ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED, event.value);
    }
    close_socket (monitor);
}

SOCKET_DRAFT_TEST (a_client_asks_for_a_websocket)
{
    char endpoint[ENDPOINT_MAX], ws[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    snprintf (ws, sizeof ws, "ws%s/some/path", endpoint + 3);
    void *client = open_socket (ZMQ_DEALER);
    connect_to (client, ws);
    const int fd = raw_accept (listener);
    char request[1024];
    size_t size = 0;
    while (size < 4 || memcmp (request + size - 4, "\r\n\r\n", 4) != 0) {
        const size_t more = raw_recv_some (fd, request + size, sizeof request - 1 - size);
        CHECK (more > 0);
        size += more;
    }
    request[size] = '\0';
    CHECK (strncmp (request, "GET /some/path HTTP/1.1\r\n", 25) == 0);
    CHECK (strstr (request, "\r\nUpgrade: websocket\r\n") != NULL);
    CHECK (strstr (request, "\r\nSec-WebSocket-Version: 13\r\n") != NULL);
    CHECK (strstr (request, "\r\nSec-WebSocket-Protocol: ZWS2.0/NULL,ZWS2.0\r\n") != NULL);
    close (fd);
    close (listener);
}
