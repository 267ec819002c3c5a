/*  wss: WebSockets over TLS. */

#include "certificates.h"
#include "fixture.h"

static const char *bind_wss (void *socket, const char *certificate, const char *key)
{
    static char endpoint[ENDPOINT_MAX];
    set_str (socket, ZMQ_WSS_CERT_PEM, certificate);
    set_str (socket, ZMQ_WSS_KEY_PEM, key);
    bind_to (socket, "wss://127.0.0.1:*/path");
    last_endpoint (socket, endpoint);
    CHECK (strncmp (endpoint, "wss://127.0.0.1:", 16) == 0);
    CHECK_STR ("/path", strchr (endpoint + 6, '/'));
    return endpoint;
}

static void *trusting (const char *certificate, const char *name)
{
    void *client = open_socket (ZMQ_DEALER);
    set_int (client, ZMQ_RECONNECT_IVL, 5);
    if (certificate)
        set_str (client, ZMQ_WSS_TRUST_PEM, certificate);
    if (name)
        set_str (client, ZMQ_WSS_HOSTNAME, name);
    return client;
}

SOCKET_DRAFT_TEST (messages_go_both_ways_over_tls)
{
    static const struct
    {
        const char *certificate, *key, *trusted, *name;
    } ways[] = {
      {signed_certificate, signed_key, authority, "server.test"},
      {signed_certificate, signed_key, authority, NULL},
      {own_certificate, own_key, own_certificate, "self.test"},
    };
    static char sent[200000], received[sizeof sent];
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        void *server = open_socket (ZMQ_DEALER), *client = trusting (ways[i].trusted, ways[i].name);
        connect_to (client, bind_wss (server, ways[i].certificate, ways[i].key));
        memset (sent, 'a' + (int) i, sizeof sent);
        void *const ends[] = {client, server};
        for (int round = 0; round < 20; round++)
            for (int end = 0; end < 2; end++) {
                SEND_MORE (ends[end], "part");
                SEND_BYTES (ends[end], sent, sizeof sent, 0);
                RECV_MORE (ends[!end], "part");
                CHECK_BYTES (sent, sizeof sent, received, recv_frame (ends[!end], received, sizeof received));
            }
        shut (client);
        shut (server);
    }
}

SOCKET_DRAFT_TEST (a_stream_of_messages_is_held_back_and_arrives)
{
    void *push = open_socket (ZMQ_PUSH), *pull = open_socket (ZMQ_PULL);
    set_str (pull, ZMQ_WSS_TRUST_PEM, authority);
    set_str (pull, ZMQ_WSS_HOSTNAME, "server.test");
    connect_to (pull, bind_wss (push, signed_certificate, signed_key));
    static char text[1000];
    for (int i = 0; i < 1000; i++)
        SEND_BYTES (push, text, sizeof text, 0);
    for (int i = 0; i < 1000; i++)
        RECV_BYTES (pull, text, sizeof text, 0);
}

SOCKET_DRAFT_TEST (servers_that_are_not_trusted_are_not_talked_to)
{
    static const struct
    {
        const char *trusted, *name;
    } ways[] = {{NULL, NULL}, {own_certificate, NULL}, {authority, "other.test"}};
    void *server = open_socket (ZMQ_DEALER);
    const char *endpoint = bind_wss (server, signed_certificate, signed_key);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        void *client = trusting (ways[i].trusted, ways[i].name);
        void *monitor = open_monitor (test_ctx (), client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED);
        connect_to (client, endpoint);
        EXPECT_EVENT (monitor, ZMQ_EVENT_DISCONNECTED);
        SEND (client, "text");
        expect_silence (server);
        shut (client);
        close_socket (monitor);
    }
}

SOCKET_OZMIUM_TEST (the_systems_authorities_are_trusted_if_wanted, "GnuTLS does not look at SSL_CERT_FILE")
{
    char file[] = "/tmp/ozmium-wss-XXXXXX";
    const int fd = mkstemp (file);
    CHECK (fd >= 0);
    CHECK_INT (strlen (authority), write (fd, authority, strlen (authority)));
    CHECK_OK (close (fd));
    CHECK_OK (setenv ("SSL_CERT_FILE", file, 1));
    void *server = open_socket (ZMQ_DEALER), *client = trusting (NULL, "server.test");
    set_int (client, ZMQ_WSS_TRUST_SYSTEM, 1);
    connect_to (client, bind_wss (server, signed_certificate, signed_key));
    CHECK_OK (unlink (file));
    bounce (client, server);
}

SOCKET_OZMIUM_TEST (what_is_no_pem_gives_einval, "libzmq asserts")
{
    void *server = open_socket (ZMQ_DEALER);
    CHECK_ERRNO (EINVAL, zmq_bind (server, "wss://127.0.0.1:*/path"));
    set_str (server, ZMQ_WSS_CERT_PEM, own_certificate);
    CHECK_ERRNO (EINVAL, zmq_bind (server, "wss://127.0.0.1:*/path"));
    set_str (server, ZMQ_WSS_KEY_PEM, signed_key);
    CHECK_ERRNO (EINVAL, zmq_bind (server, "wss://127.0.0.1:*/path"));
    set_str (server, ZMQ_WSS_KEY_PEM, "nonsense");
    CHECK_ERRNO (EINVAL, zmq_bind (server, "wss://127.0.0.1:*/path"));
    void *client = trusting ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", NULL);
    CHECK_ERRNO (EINVAL, zmq_connect (client, "wss://127.0.0.1:9/path"));
}

SOCKET_DRAFT_TEST (who_speaks_no_tls_is_disconnected)
{
    void *server = open_socket (ZMQ_DEALER);
    char tcp[ENDPOINT_MAX];
    snprintf (tcp, sizeof tcp, "tcp%s", bind_wss (server, signed_certificate, signed_key) + 3);
    *strchr (tcp + 6, '/') = '\0';
    const int fd = raw_connect (tcp);
    raw_send (fd, LITERAL ("GET /path HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"));
    raw_expect_close (fd);
    CHECK_INT (1, zmq_has ("WSS"));
}
