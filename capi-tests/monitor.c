/*  zmq_socket_monitor: every event in its order with its value and address, starting, stopping, replacing; and version 2. */

#include "harness.h"

#include <fcntl.h>
#include <sys/socket.h>

TEST (errors)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL), *const other = new_socket (ctx, ZMQ_PULL);
    CHECK_ERRNO (ENOTSOCK, zmq_socket_monitor (NULL, "inproc://m", ZMQ_EVENT_ALL));
    CHECK_ERRNO (EPROTONOSUPPORT, zmq_socket_monitor (socket, "tcp://127.0.0.1:5555", ZMQ_EVENT_ALL));
    CHECK_ERRNO (EPROTONOSUPPORT, zmq_socket_monitor (socket, "ipc:///tmp/m", ZMQ_EVENT_ALL));
    CHECK_ERRNO (EPROTONOSUPPORT, zmq_socket_monitor (socket, "bogus://m", ZMQ_EVENT_ALL));
    CHECK_ERRNO (EINVAL, zmq_socket_monitor (socket, "inproc", ZMQ_EVENT_ALL));
    CHECK_ERRNO (EINVAL, zmq_socket_monitor (socket, "inproc://", ZMQ_EVENT_ALL));
    CHECK_ERRNO (EINVAL, zmq_socket_monitor (socket, "inproc://m", 0x10000));
    CHECK_OK (zmq_bind (other, "inproc://taken"));
    CHECK_ERRNO (EADDRINUSE, zmq_socket_monitor (socket, "inproc://taken", ZMQ_EVENT_ALL));
    CHECK_OK (zmq_socket_monitor (socket, "inproc://m", ZMQ_EVENT_ALL));
    close_socket (socket);
    close_socket (other);
    term_ctx (ctx);
}

TEST (stopping_what_never_started_is_fine)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
    CHECK_OK (zmq_socket_monitor (socket, NULL, ZMQ_EVENT_ALL));
    close_socket (socket);
    term_ctx (ctx);
}

TEST (null_stops_with_an_event)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    void *const monitor = open_monitor (ctx, socket, ZMQ_EVENT_ALL);
    CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
    const struct monitor_event event = EXPECT_EVENT (monitor, ZMQ_EVENT_MONITOR_STOPPED);
    CHECK_INT (0, event.value);
    CHECK_STR ("", event.address);
    char endpoint[ENDPOINT_MAX];
    bind_fresh (socket, TCP, endpoint); /* not told any more */
    RECV_NOTHING (monitor);
    close_socket (monitor);
    close_socket (socket);
    term_ctx (ctx);
}

TEST (second_monitor_takes_the_first_one_s_place)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    void *const first = open_monitor (ctx, socket, ZMQ_EVENT_ALL);
    void *const second = open_monitor (ctx, socket, ZMQ_EVENT_ALL);
    EXPECT_EVENT (first, ZMQ_EVENT_MONITOR_STOPPED);
    bind_fresh (socket, TCP, endpoint);
    EXPECT_EVENT (second, ZMQ_EVENT_LISTENING);
    RECV_NOTHING (first);
    close_socket (first);
    close_socket (second);
    close_socket (socket);
    term_ctx (ctx);
}

TEST (closing_the_socket_stops_its_monitor)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    void *const monitor = open_monitor (ctx, socket, ZMQ_EVENT_ALL);
    close_socket (socket);
    EXPECT_EVENT (monitor, ZMQ_EVENT_MONITOR_STOPPED);
    close_socket (monitor);
    term_ctx (ctx);
}

TEST (only_the_events_asked_for_are_sent)
{
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_PULL), *const client = new_socket (ctx, ZMQ_PUSH);
    char endpoint[ENDPOINT_MAX];
    void *const monitor = open_monitor (ctx, server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    bind_fresh (server, TCP, endpoint);
    CHECK_OK (zmq_connect (client, endpoint));
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close_socket (client);
    close_socket (server); /* stopped is not asked for either */
    set_int (monitor, ZMQ_RCVTIMEO, 50);
    CHECK_ERRNO (EAGAIN, zmq_recv (monitor, NULL, 0, 0));
    close_socket (monitor);
    term_ctx (ctx);
}

static bool is_socket (int fd)
{
    int type;
    socklen_t size = sizeof type;
    return getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

TEST (events_of_a_connection_at_both_ends)
{
    for (enum transport transport = TCP; transport <= IPC; transport++) {
        void *const ctx = new_ctx ();
        void *const server = new_socket (ctx, ZMQ_PULL), *const client = new_socket (ctx, ZMQ_PUSH);
        void *const at_server = open_monitor (ctx, server, ZMQ_EVENT_ALL);
        void *const at_client = open_monitor (ctx, client, ZMQ_EVENT_ALL);
        char endpoint[ENDPOINT_MAX];
        struct monitor_event event;
        bind_fresh (server, transport, endpoint);
        event = EXPECT_EVENT (at_server, ZMQ_EVENT_LISTENING);
        CHECK_STR (endpoint, event.address);
        CHECK (is_socket (event.value));
        const int listener = event.value;

        CHECK_OK (zmq_connect (client, endpoint));
        if (transport == TCP) { /* ipc connects at once */
            event = EXPECT_EVENT (at_client, ZMQ_EVENT_CONNECT_DELAYED);
            CHECK_STR (endpoint, event.address);
            CHECK_INT (EINPROGRESS, event.value);
        }
        event = EXPECT_EVENT (at_client, ZMQ_EVENT_CONNECTED);
        CHECK_STR (endpoint, event.address);
        CHECK (is_socket (event.value));
        event = EXPECT_EVENT (at_client, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        CHECK_STR (endpoint, event.address);
        CHECK_INT (0, event.value);

        event = EXPECT_EVENT (at_server, ZMQ_EVENT_ACCEPTED);
        CHECK_STR (endpoint, event.address);
        CHECK (is_socket (event.value));
        const int accepted = event.value;
        event = EXPECT_EVENT (at_server, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        CHECK_STR (endpoint, event.address);
        CHECK_INT (0, event.value);

        close_socket (client);
        EXPECT_EVENT (at_client, ZMQ_EVENT_MONITOR_STOPPED);
        event = EXPECT_EVENT (at_server, ZMQ_EVENT_DISCONNECTED);
        CHECK_STR (endpoint, event.address);
        CHECK_INT (accepted, event.value);

        CHECK_OK (zmq_unbind (server, endpoint));
        event = EXPECT_EVENT (at_server, ZMQ_EVENT_CLOSED);
        CHECK_STR (endpoint, event.address);
        CHECK_INT (listener, event.value);
        close_socket (server);
        EXPECT_EVENT (at_server, ZMQ_EVENT_MONITOR_STOPPED);
        close_socket (at_server);
        close_socket (at_client);
        term_ctx (ctx);
    }
}

TEST (events_of_retries_until_it_connects)
{
    void *const ctx = new_ctx ();
    void *const client = new_socket (ctx, ZMQ_PUSH), *const server = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    unused_tcp (endpoint);
    set_int (client, ZMQ_RECONNECT_IVL, 20);
    void *const monitor = open_monitor (ctx, client, ZMQ_EVENT_ALL);
    CHECK_OK (zmq_connect (client, endpoint));
    for (int i = 0; i < 3; i++) {
        EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_DELAYED);
        EXPECT_EVENT (monitor, ZMQ_EVENT_CLOSED);
        const struct monitor_event event = EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
        CHECK_STR (endpoint, event.address);
        /* The interval and up to as much again at random. */
        CHECK (event.value >= 20 && event.value < 40);
    }
    CHECK_OK (zmq_bind (server, endpoint));
    wait_event (monitor, ZMQ_EVENT_CONNECTED);
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close_socket (monitor);
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
}

TEST (retries_back_off_to_the_maximum)
{
    void *const ctx = new_ctx ();
    void *const client = new_socket (ctx, ZMQ_PUSH);
    char endpoint[ENDPOINT_MAX];
    int interval = 10;
    unused_tcp (endpoint);
    set_int (client, ZMQ_RECONNECT_IVL, interval);
    set_int (client, ZMQ_RECONNECT_IVL_MAX, 40);
    void *const monitor = open_monitor (ctx, client, ZMQ_EVENT_CONNECT_RETRIED);
    CHECK_OK (zmq_connect (client, endpoint));
    /* Twice as long each time, plus a random part below the interval, until the maximum. */
    for (int i = 0; i < 5; i++) {
        const struct monitor_event event = EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
        CHECK (event.value >= (i == 0 ? 10 : interval) && event.value <= 40 + 40);
        interval = event.value > 40 ? 40 : event.value;
    }
    close_socket (monitor);
    close_socket (client);
    term_ctx (ctx);
}

TEST (server_that_goes_away_is_reconnected_to)
{
    void *const ctx = new_ctx ();
    void *server, *client;
    char endpoint[ENDPOINT_MAX];
    client = new_socket (ctx, ZMQ_PUSH);
    server = new_socket (ctx, ZMQ_PULL);
    bind_fresh (server, TCP, endpoint);
    void *const monitor = open_monitor (ctx, client, ZMQ_EVENT_ALL);
    CHECK_OK (zmq_connect (client, endpoint));
    wait_event (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close_socket (server);
    EXPECT_EVENT (monitor, ZMQ_EVENT_DISCONNECTED);
    EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_DELAYED);
    server = new_socket (ctx, ZMQ_PULL);
    WAIT_UNTIL (zmq_bind (server, endpoint) == 0);
    wait_event (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close_socket (monitor);
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
}

TEST (failed_bind_is_told)
{
    void *const ctx = new_ctx ();
    void *const first = new_socket (ctx, ZMQ_PULL), *const second = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    bind_fresh (first, TCP, endpoint);
    void *const monitor = open_monitor (ctx, second, ZMQ_EVENT_ALL);
    CHECK_ERRNO (EADDRINUSE, zmq_bind (second, endpoint));
    CHECK_INT (EADDRINUSE, wait_event (monitor, ZMQ_EVENT_BIND_FAILED).value);
    CHECK_ERRNO (EADDRNOTAVAIL, zmq_bind (second, "tcp://192.0.2.1:5555"));
    CHECK_INT (EADDRNOTAVAIL, wait_event (monitor, ZMQ_EVENT_BIND_FAILED).value);
    close_socket (monitor);
    close_socket (first);
    close_socket (second);
    term_ctx (ctx);
}

TEST (inproc_has_no_events)
{
    void *const ctx = new_ctx ();
    void *const a = new_socket (ctx, ZMQ_PAIR), *const b = new_socket (ctx, ZMQ_PAIR);
    void *const monitor = open_monitor (ctx, a, ZMQ_EVENT_ALL);
    CHECK_OK (zmq_bind (a, "inproc://quiet"));
    CHECK_OK (zmq_connect (b, "inproc://quiet"));
    bounce (a, b);
    RECV_NOTHING (monitor);
    close_socket (monitor);
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

/*  ---- Handshakes that fail, against a peer written by hand ------------------------------------------------------------------ */

struct scene
{
    void *ctx, *server, *monitor;
    char endpoint[ENDPOINT_MAX];
    int fd, accepted;
};

static void open_scene (struct scene *scene, int handshake_interval)
{
    scene->ctx = new_ctx ();
    scene->server = new_socket (scene->ctx, ZMQ_PULL);
    set_int (scene->server, ZMQ_HANDSHAKE_IVL, handshake_interval);
    bind_fresh (scene->server, TCP, scene->endpoint);
    scene->monitor = open_monitor (scene->ctx, scene->server, ZMQ_EVENT_ALL);
    scene->fd = raw_connect (scene->endpoint);
    scene->accepted = EXPECT_EVENT (scene->monitor, ZMQ_EVENT_ACCEPTED).value;
}

static void expect_failure (struct scene *scene, int event, int value)
{
    const struct monitor_event failure = EXPECT_EVENT (scene->monitor, event);
    CHECK_STR (scene->endpoint, failure.address);
    if (value)
        CHECK_INT (value, failure.value);
    const struct monitor_event gone = EXPECT_EVENT (scene->monitor, ZMQ_EVENT_DISCONNECTED);
    CHECK_INT (scene->accepted, gone.value);
    raw_expect_close (scene->fd);
    close_socket (scene->monitor);
    close_socket (scene->server);
    term_ctx (scene->ctx);
}

static void greet (struct scene *scene)
{
    uint8_t greeting[64];
    zmtp3_greeting (scene->fd, 1, "NULL", false, greeting);
}

TEST (peer_that_hangs_up_before_the_handshake)
{
    struct scene scene;
    open_scene (&scene, 30000);
    CHECK_OK (shutdown (scene.fd, SHUT_WR));
    expect_failure (&scene, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, 0);
    open_scene (&scene, 30000);
    greet (&scene);
    CHECK_OK (shutdown (scene.fd, SHUT_WR));
    expect_failure (&scene, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, 0);
}

TEST (peer_that_says_nothing_in_time)
{
    struct scene scene;
    open_scene (&scene, 50);
    expect_failure (&scene, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, 0);
    open_scene (&scene, patience_ms () / 5);
    greet (&scene);
    expect_failure (&scene, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, 0);
}

TEST (peer_with_another_mechanism)
{
    struct scene scene;
    uint8_t greeting[64] = {0xff, [8] = 1, [9] = 0x7f, [10] = 3, [11] = 1, 'P', 'L', 'A', 'I', 'N'};
    open_scene (&scene, 30000);
    raw_send (scene.fd, greeting, sizeof greeting);
    expect_failure (&scene, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH);
}

TEST (peer_that_sends_a_wrong_command_or_a_message)
{
    struct scene scene;
    open_scene (&scene, 30000);
    greet (&scene);
    zmtp_send_frame (scene.fd, ZMTP_COMMAND, "\5HELLO", 6);
    expect_failure (&scene, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND);
    open_scene (&scene, 30000);
    greet (&scene);
    zmtp_send_frame (scene.fd, 0, "hello", 5);
    expect_failure (&scene, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND);
}

TEST (peer_that_sends_a_malformed_error_command)
{
    struct scene scene;
    open_scene (&scene, 30000);
    greet (&scene);
    zmtp_send_frame (scene.fd, ZMTP_COMMAND, "\5ERROR\377", 7);
    expect_failure (&scene, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR);
}

OZMIUM_TEST (every_handshake_that_fails_has_an_event_that_says_why,
             "libzmq reports these by ZMQ_EVENT_DISCONNECTED alone")
{
    static const struct
    {
        const char *body;
        size_t size;
        int value;
    } cases[] = {
      {"\5READY\13Socket-Type\0\0\0\3REP", 25, ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA},
      {"\5READY\13Socket-Type\0\0\0\3FOO", 25, ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA},
      {"\5READY\13Socket-Type\0\0\0\11PUSH", 26, ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA},
      {"\5ERROR\4nope", 11, ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED},
    };
    struct scene scene;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        open_scene (&scene, 30000);
        greet (&scene);
        zmtp_send_frame (scene.fd, ZMTP_COMMAND, cases[i].body, cases[i].size);
        expect_failure (&scene, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, cases[i].value);
    }
    open_scene (&scene, 30000);
    greet (&scene);
    raw_send (scene.fd, "\6\0\0\0\0\0\1\0\1", 9); /* a command of 65537 bytes */
    expect_failure (&scene, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED);
}

OZMIUM_TEST (old_peer_of_a_secure_socket_has_an_event, "libzmq reports it by ZMQ_EVENT_DISCONNECTED alone")
{
    struct scene scene;
    open_scene (&scene, 30000);
    set_str (scene.server, ZMQ_ZAP_DOMAIN, "global");
    CHECK_OK (zmq_unbind (scene.server, scene.endpoint));
    close (scene.fd);
    bind_fresh (scene.server, TCP, scene.endpoint);
    wait_event (scene.monitor, ZMQ_EVENT_LISTENING);
    scene.fd = raw_connect (scene.endpoint);
    scene.accepted = wait_event (scene.monitor, ZMQ_EVENT_ACCEPTED).value;
    raw_send (scene.fd, "\377\0\0\0\0\0\0\0\1\177\1\10", 12); /* ZMTP 2.0, PUSH */
    expect_failure (&scene, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH);
}

TEST (peer_that_refuses_us_with_a_status_code)
{
    struct scene scene;
    open_scene (&scene, 30000);
    greet (&scene);
    zmtp_send_frame (scene.fd, ZMTP_COMMAND, "\5ERROR\3" "400", 10);
    const struct monitor_event event = EXPECT_EVENT (scene.monitor, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    CHECK_INT (400, event.value);
    close (scene.fd);
    close_socket (scene.monitor);
    close_socket (scene.server);
    term_ctx (scene.ctx);
}

TEST (peer_with_a_socket_type_that_does_not_fit)
{
    struct scene scene;
    open_scene (&scene, 30000);
    greet (&scene);
    static struct frame ready;
    zmtp3_ready (scene.fd, "PUB", "", &ready);
    if (DIFFERS ("libzmq does not say why"))
        CHECK_INT (ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA,
                   EXPECT_EVENT (scene.monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
    EXPECT_EVENT (scene.monitor, ZMQ_EVENT_DISCONNECTED);
    raw_expect_close (scene.fd);
    close_socket (scene.monitor);
    close_socket (scene.server);
    term_ctx (scene.ctx);
}

TEST (garbage_after_the_handshake_disconnects)
{
    struct scene scene;
    open_scene (&scene, 30000);
    zmtp3_handshake (scene.fd, "PUSH");
    EXPECT_EVENT (scene.monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    raw_send (scene.fd, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10);
    EXPECT_EVENT (scene.monitor, ZMQ_EVENT_DISCONNECTED);
    raw_expect_close (scene.fd);
    close_socket (scene.monitor);
    close_socket (scene.server);
    term_ctx (scene.ctx);
}

/*  ---- Version 2 ------------------------------------------------------------------------------------------------------------ */

static uint64_t recv_u64 (void *monitor)
{
    uint64_t value;
    CHECK_INT (sizeof value, zmq_recv (monitor, &value, sizeof value, 0));
    CHECK_INT (1, get_int (monitor, ZMQ_RCVMORE));
    return value;
}

static void recv_text (void *monitor, char *text, int more)
{
    const int size = zmq_recv (monitor, text, ENDPOINT_MAX - 1, 0);
    CHECK (size >= 0 && size < ENDPOINT_MAX);
    text[size] = 0;
    CHECK_INT (more, get_int (monitor, ZMQ_RCVMORE));
}

DRAFT_TEST (version_2_tells_values_and_both_addresses)
{
    static const int types[][2] = {{ZMQ_PAIR, ZMQ_PAIR}, {ZMQ_PUSH, ZMQ_PULL}, {ZMQ_PUB, ZMQ_SUB}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *const ctx = new_ctx ();
        void *const server = new_socket (ctx, ZMQ_PULL), *const client = new_socket (ctx, ZMQ_PUSH);
        void *const monitor = new_socket (ctx, types[i][1]);
        char endpoint[ENDPOINT_MAX], local[ENDPOINT_MAX], remote[ENDPOINT_MAX];
        CHECK_OK (zmq_socket_monitor_versioned (server, "inproc://m", ZMQ_EVENT_ALL_V2, 2, types[i][0]));
        if (types[i][1] == ZMQ_SUB)
            subscribe (monitor, "");
        CHECK_OK (zmq_connect (monitor, "inproc://m"));
        bind_fresh (server, TCP, endpoint);
        CHECK_OK (zmq_connect (client, endpoint));
        /* A publishing monitor may have told the first ones before the subscription was there. */
        uint64_t event;
        do {
            event = recv_u64 (monitor);
            CHECK_INT (1, recv_u64 (monitor));
            recv_u64 (monitor);
            recv_text (monitor, local, 1);
            recv_text (monitor, remote, 0);
        } while (event != ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        CHECK_STR (endpoint, local);
        CHECK (strncmp (remote, "tcp://127.0.0.1:", 16) == 0 && strcmp (remote, endpoint) != 0);
        close_socket (monitor);
        close_socket (client);
        close_socket (server);
        term_ctx (ctx);
    }
}

DRAFT_TEST (version_2_errors)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    CHECK_ERRNO (EINVAL, zmq_socket_monitor_versioned (socket, "inproc://m", ZMQ_EVENT_ALL_V2, 1, ZMQ_PAIR));
    CHECK_ERRNO (EINVAL, zmq_socket_monitor_versioned (socket, "inproc://m", ZMQ_EVENT_ALL_V2, 2, ZMQ_REQ));
    CHECK_ERRNO (EINVAL, zmq_socket_monitor_versioned (socket, "inproc://m", ZMQ_EVENT_ALL_V2, 2, ZMQ_SUB));
    CHECK_ERRNO (ENOTSOCK, zmq_socket_monitor_versioned (NULL, "inproc://m", ZMQ_EVENT_ALL_V2, 2, ZMQ_PAIR));
    CHECK_ERRNO (EINVAL, zmq_socket_monitor_pipes_stats (socket));
    CHECK_ERRNO (ENOTSOCK, zmq_socket_monitor_pipes_stats (NULL));
    CHECK_OK (zmq_socket_monitor_versioned (socket, "inproc://m", ZMQ_EVENT_ALL_V2, 2, ZMQ_PAIR));
    CHECK_ERRNO (EAGAIN, zmq_socket_monitor_pipes_stats (socket)); /* no connection */
    close_socket (socket);
    term_ctx (ctx);
}

DRAFT_TEST (pipe_statistics_count_what_is_queued)
{
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    void *const monitor = new_socket (ctx, ZMQ_PAIR);
    char endpoint[ENDPOINT_MAX], local[ENDPOINT_MAX], remote[ENDPOINT_MAX];
    CHECK_OK (zmq_socket_monitor_versioned (pull, "inproc://m", ZMQ_EVENT_PIPES_STATS, 2, ZMQ_PAIR));
    CHECK_OK (zmq_connect (monitor, "inproc://m"));
    bind_fresh (pull, TCP, endpoint);
    CHECK_OK (zmq_connect (push, endpoint));
    SEND (push, "1");
    RECV (pull, "1");
    CHECK_OK (zmq_socket_monitor_pipes_stats (pull));
    /* libzmq answers when the socket's thread calls in again. */
    WAIT_UNTIL (get_int (pull, ZMQ_EVENTS) >= 0 && get_int (monitor, ZMQ_EVENTS) & ZMQ_POLLIN);
    CHECK_INT (ZMQ_EVENT_PIPES_STATS, recv_u64 (monitor));
    CHECK_INT (2, recv_u64 (monitor));
    recv_u64 (monitor);
    recv_u64 (monitor);
    recv_text (monitor, local, 1);
    recv_text (monitor, remote, 0);
    CHECK_STR (endpoint, local);
    close_socket (monitor);
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}
