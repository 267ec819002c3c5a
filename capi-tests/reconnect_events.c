/*  What monitors hear of dialling, losing and giving up, value by value; and when it is given up. */

#include "fixture.h"

#include <arpa/inet.h>
#include <sys/socket.h>

/*  The next events, by name, some with their values: "CONNECT_DELAYED CLOSED CONNECT_RETRIED=10". */
static void expect_events (void *monitor, const char *expected)
{
    char got[1024] = "";
    size_t size = 0;
    for (const char *at = expected; at; at = strchr (at + 1, ' ')) {
        const struct monitor_event event = next_event (monitor);
        size += (size_t) snprintf (got + size, sizeof got - size, "%s%s", size ? " " : "", event_name (event.event));
        if (event.event == ZMQ_EVENT_CONNECT_RETRIED)
            size += (size_t) snprintf (got + size, sizeof got - size, "=%d", event.value);
        else if (event.event == ZMQ_EVENT_CONNECT_DELAYED)
            CHECK_INT (EINPROGRESS, event.value);
        CHECK (size < sizeof got);
    }
    CHECK_STR (expected, got);
}

static void *dialler (int type, int interval, int most)
{
    void *const socket = open_socket (type);
    set_int (socket, ZMQ_RECONNECT_IVL, interval);
    set_int (socket, ZMQ_RECONNECT_IVL_MAX, most);
    return socket;
}

/*  ---- Intervals -------------------------------------------------------------------------------------------------- */

SOCKET_TEST (intervals_double_up_to_the_maximum)
{
    if (!SINCE_4_3_5 ("a random part is added, and the maximum may be exceeded"))
        skip_test ("needs libzmq 4.3.5");
    static const struct
    {
        int interval, most, told[5];
    } cases[] = {{5, 40, {5, 10, 20, 40, 40}}, {5, 12, {5, 10, 12, 12, 12}}, {9, 4, {4, 4, 4, 4, 4}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (enum transport t = TCP; t <= IPC; t++) {
            void *const dealer = dialler (ZMQ_DEALER, cases[i].interval, cases[i].most);
            void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_CONNECT_RETRIED);
            connect_to (dealer, free_endpoint (t));
            for (int k = 0; k < 5; k++)
                CHECK_INT (cases[i].told[k], next_event (monitor).value);
            close_socket (monitor);
            finish ();
        }
}

SOCKET_TEST (intervals_begin_anew_after_each_connection)
{
    if (!SINCE_4_3_5 ("a random part is added, and the maximum may be exceeded"))
        skip_test ("needs libzmq 4.3.5");
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const dealer = dialler (ZMQ_DEALER, 5, 40);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
    connect_to (dealer, endpoint);
    close (zmtp_accept (listener, "DEALER"));
    expect_events (monitor, "CONNECT_DELAYED CONNECTED HANDSHAKE_SUCCEEDED DISCONNECTED CONNECT_RETRIED=5");
    close (zmtp_accept (listener, "DEALER"));
    close (listener);
    expect_events (monitor, "CONNECT_DELAYED CONNECTED HANDSHAKE_SUCCEEDED DISCONNECTED CONNECT_RETRIED=5");
    expect_events (monitor, "CONNECT_DELAYED CLOSED CONNECT_RETRIED=10");
    expect_events (monitor, "CONNECT_DELAYED CLOSED CONNECT_RETRIED=20");
    close_socket (monitor);
}

SOCKET_TEST (intervals_of_zero_and_minus_one_mean_one_attempt)
{
    static const int intervals[] = {0, -1};
    for (int i = 0; i < 2; i++)
        for (enum transport t = TCP; t <= IPC; t++)
            for (int most = 0; most < 50; most += 49) {
                void *const dealer = dialler (ZMQ_DEALER, intervals[i], most);
                void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
                const char *const endpoint = free_endpoint (t);
                connect_to (dealer, endpoint);
                expect_events (monitor, t == TCP ? "CONNECT_DELAYED CLOSED" : "CLOSED");
                expect_silence (monitor);
                SEND (dealer, "queued"); /* the endpoint is there still */
                CHECK_OK (zmq_disconnect (dealer, endpoint));
                close_socket (monitor);
                finish ();
            }
}

SOCKET_TEST (intervals_of_zero_and_minus_one_mean_one_connection)
{
    static const int intervals[] = {0, -1};
    for (int i = 0; i < 2; i++) {
        char endpoint[ENDPOINT_MAX];
        const int listener = raw_listen (endpoint);
        void *const dealer = dialler (ZMQ_DEALER, intervals[i], 0);
        void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
        connect_to (dealer, endpoint);
        close (zmtp_accept (listener, "DEALER"));
        expect_events (monitor, "CONNECT_DELAYED CONNECTED HANDSHAKE_SUCCEEDED DISCONNECTED");
        CHECK (!raw_readable (listener, SILENCE_MS));
        /* The socket forgets the endpoint when it hears of that. */
        WAIT_UNTIL (!(get_int (dealer, ZMQ_EVENTS) & ZMQ_POLLOUT));
        CHECK_ERRNO (ENOENT, zmq_disconnect (dealer, endpoint));
        RECV_NOTHING (monitor);
        close (listener);
        close_socket (monitor);
        finish ();
    }
}

/*  ---- Time to connect -------------------------------------------------------------------------------------------- */

SOCKET_TEST (an_attempt_that_takes_too_long_is_given_up_and_made_again)
{
    /* A listener whose queue is full takes no part in further connections. */
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    char endpoint[ENDPOINT_MAX];
    int fillers[4];
    const int listener = socket (AF_INET, SOCK_STREAM, 0);
    CHECK_OK (bind (listener, (struct sockaddr *) &address, size));
    CHECK_OK (listen (listener, 0));
    CHECK_OK (getsockname (listener, (struct sockaddr *) &address, &size));
    snprintf (endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", ntohs (address.sin_port));
    for (int i = 0; i < 4; i++) {
        fillers[i] = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        CHECK (connect (fillers[i], (struct sockaddr *) &address, size) == 0 || errno == EINPROGRESS);
    }
    settle ();
    void *const dealer = dialler (ZMQ_DEALER, 10, 0);
    set_int (dealer, ZMQ_CONNECT_TIMEOUT, 60);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
    const int64_t began = now_ms ();
    connect_to (dealer, endpoint);
    for (int i = 0; i < 2; i++) {
        EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_DELAYED);
        EXPECT_EVENT (monitor, ZMQ_EVENT_CLOSED);
        EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    }
    CHECK (now_ms () - began >= 2 * 55);
    for (int i = 0; i < 4; i++)
        close (fillers[i]);
    close (listener);
    close_socket (monitor);
}

SOCKET_TEST (a_connection_in_time_is_not_given_up)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const dealer = dialler (ZMQ_DEALER, 10, 0);
    set_int (dealer, ZMQ_CONNECT_TIMEOUT, patience_ms () / 10);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
    connect_to (dealer, endpoint);
    expect_events (monitor, "CONNECT_DELAYED CONNECTED");
    CHECK (!ready_within (monitor, ZMQ_POLLIN, patience_ms () / 8)); /* the handshake has a time of its own */
    const int fd = zmtp_accept (listener, "DEALER");
    expect_events (monitor, "HANDSHAKE_SUCCEEDED");
    expect_silence (monitor);
    close (fd);
    close (listener);
    close_socket (monitor);
}

/*  ---- Whom events name ------------------------------------------------------------------------------------------- */

/*  Connects to `spelled`, which means `endpoint`, and loses the connection twice. */
static void is_told_as_its_address (int listener, const char *spelled, const char *endpoint)
{
    char last[ENDPOINT_MAX];
    void *const dealer = dialler (ZMQ_DEALER, 10, 0);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
    connect_to (dealer, spelled);
    static const int events[] = {ZMQ_EVENT_CONNECT_DELAYED, ZMQ_EVENT_CONNECTED, ZMQ_EVENT_HANDSHAKE_SUCCEEDED,
                                 ZMQ_EVENT_DISCONNECTED, ZMQ_EVENT_CONNECT_RETRIED};
    for (int i = 0; i < 2; i++) {
        close (zmtp_accept (listener, "DEALER"));
        for (int k = 0; k < 5; k++)
            CHECK_STR (i == 0 && k < 4 ? spelled : endpoint, EXPECT_EVENT (monitor, events[k]).address);
    }
    last_endpoint (dealer, last);
    CHECK_STR (spelled, last);
    CHECK_OK (zmq_disconnect (dealer, spelled));
    close_socket (monitor);
    finish ();
    while (raw_readable (listener, 0)) /* it may have dialled once more */
        close (raw_accept (listener));
}

SOCKET_TEST (events_name_the_address_once_a_connection_was_lost)
{
    char endpoint[ENDPOINT_MAX], spelled[2 * ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    const char *const port = strrchr (endpoint, ':');
    snprintf (spelled, sizeof spelled, "tcp://localhost%s", port);
    is_told_as_its_address (listener, spelled, endpoint);
    snprintf (spelled, sizeof spelled, "tcp://127.1%s", port);
    is_told_as_its_address (listener, spelled, endpoint);
    snprintf (spelled, sizeof spelled, "tcp://127.0.0.1:0;%s", endpoint + strlen ("tcp://"));
    is_told_as_its_address (listener, spelled, endpoint);
    is_told_as_its_address (listener, endpoint, endpoint);
    close (listener);
}

SOCKET_TEST (events_keep_the_name_while_there_was_no_connection)
{
    char spelled[ENDPOINT_MAX];
    void *const dealer = dialler (ZMQ_DEALER, 5, 0);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
    snprintf (spelled, sizeof spelled, "tcp://127.1%s", strrchr (free_endpoint (TCP), ':'));
    connect_to (dealer, spelled);
    for (int i = 0; i < 9; i++)
        CHECK_STR (spelled, next_event (monitor).address);
    close_socket (monitor);
}

SOCKET_TEST (a_port_that_was_connected_to_itself_is_dialled_again)
{
    char spelled[2 * ENDPOINT_MAX];
    const char *const address = free_endpoint (TCP) + strlen ("tcp://");
    void *const push = dialler (ZMQ_PUSH, 5, 5);
    void *const monitor =
      open_monitor (test_ctx (), push, ZMQ_EVENT_CONNECTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED);
    snprintf (spelled, sizeof spelled, "tcp://%s;%s", address, address);
    connect_to (push, spelled);
    expect_events (monitor, "CONNECTED DISCONNECTED");
    if (DIFFERS ("with a source address libzmq takes it for a peer of the wrong kind"))
        for (int i = 0; i < 2; i++)
            expect_events (monitor, "CONNECT_RETRIED=5 CONNECTED DISCONNECTED");
    else
        expect_silence (monitor);
    close_socket (monitor);
}

/*  ---- ZMQ_RECONNECT_STOP ----------------------------------------------------------------------------------------- */

static void *stopping (int flags)
{
    void *const dealer = dialler (ZMQ_DEALER, 10, 10);
    set_int (dealer, ZMQ_RECONNECT_STOP, flags);
    return dealer;
}

/*  The socket has forgotten the endpoint, with what waited for it. */
static void expect_forgotten (void *dealer, const char *endpoint)
{
    WAIT_UNTIL (!(get_int (dealer, ZMQ_EVENTS) & ZMQ_POLLOUT));
    CHECK_ERRNO (ENOENT, zmq_disconnect (dealer, endpoint));
}

SOCKET_DRAFT_TEST (a_refusal_ends_the_attempts_and_the_endpoint)
{
    for (int immediate = 0; immediate < 2; immediate++) {
        void *const dealer = stopping (ZMQ_RECONNECT_STOP_CONN_REFUSED);
        void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
        const char *const endpoint = free_endpoint (TCP);
        set_int (dealer, ZMQ_IMMEDIATE, immediate);
        connect_to (dealer, endpoint);
        expect_events (monitor, "CONNECT_DELAYED CLOSED");
        expect_silence (monitor);
        expect_forgotten (dealer, endpoint);
        connect_to (dealer, endpoint); /* is a new endpoint */
        expect_events (monitor, "CONNECT_DELAYED CLOSED");
        close_socket (monitor);
        finish ();
    }
}

SOCKET_DRAFT_TEST (a_refusal_ends_the_attempts_after_a_connection_too)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const dealer = stopping (ZMQ_RECONNECT_STOP_CONN_REFUSED);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
    connect_to (dealer, endpoint);
    const int fd = zmtp_accept (listener, "DEALER");
    close (listener);
    close (fd);
    expect_events (monitor, "CONNECT_DELAYED CONNECTED HANDSHAKE_SUCCEEDED DISCONNECTED CONNECT_RETRIED=10");
    expect_events (monitor, "CONNECT_DELAYED CLOSED");
    expect_silence (monitor);
    expect_forgotten (dealer, endpoint);
    close_socket (monitor);
}

/*  Who waits to dial again when zmq_disconnect comes is told that it was the end: libzmq does so when the time to dial
 *  has come, and without the option goes on. */
SOCKET_DRAFT_TEST (stopping_after_disconnect_is_told)
{
    void *const dealer = stopping (ZMQ_RECONNECT_STOP_AFTER_DISCONNECT);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_CLOSED | ZMQ_EVENT_CONNECT_RETRIED);
    const char *const endpoint = free_endpoint (IPC);
    set_int (dealer, ZMQ_RECONNECT_IVL, running_on_ozmium () ? 60000 : 200);
    set_int (dealer, ZMQ_RECONNECT_IVL_MAX, 0);
    connect_to (dealer, endpoint);
    EXPECT_EVENT (monitor, ZMQ_EVENT_CLOSED);
    EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    CHECK_OK (zmq_disconnect (dealer, endpoint));
    EXPECT_EVENT (monitor, ZMQ_EVENT_CLOSED);
    expect_silence (monitor);
    expect_forgotten (dealer, endpoint);
    close_socket (monitor);
}

SOCKET_DRAFT_TEST (an_ipc_refusal_does_not_count)
{
    void *const dealer = stopping (ZMQ_RECONNECT_STOP_CONN_REFUSED);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
    connect_to (dealer, free_endpoint (IPC));
    expect_events (monitor, "CLOSED CONNECT_RETRIED=10 CLOSED CONNECT_RETRIED=10");
    close_socket (monitor);
}

enum failing
{
    HANGS_UP,
    HANGS_UP_LATER,
    SAYS_NOTHING,
    SENDS_A_MESSAGE,
    REFUSES
};

static void fail_handshake (int fd, enum failing how)
{
    uint8_t greeting[64];
    if (how == HANGS_UP_LATER || how == SENDS_A_MESSAGE || how == REFUSES)
        zmtp3_greeting (fd, 1, "NULL", false, greeting);
    if (how == SENDS_A_MESSAGE)
        zmtp_send_frame (fd, 0, "x", 1);
    if (how == REFUSES)
        zmtp_send_command (fd, "ERROR", LITERAL ("\003400"));
    if (how == HANGS_UP || how == HANGS_UP_LATER)
        CHECK_OK (shutdown (fd, SHUT_WR));
    raw_expect_close (fd);
}

SOCKET_DRAFT_TEST (a_handshake_that_fails_in_any_way_ends_the_attempts)
{
    for (enum failing how = HANGS_UP; how <= REFUSES; how++) {
        char endpoint[ENDPOINT_MAX];
        const int listener = raw_listen (endpoint);
        void *const dealer = stopping (ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED);
        if (how == SAYS_NOTHING)
            set_int (dealer, ZMQ_HANDSHAKE_IVL, SILENCE_MS);
        void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
        connect_to (dealer, endpoint);
        expect_events (monitor, "CONNECT_DELAYED CONNECTED");
        fail_handshake (raw_accept (listener), how);
        expect_events (monitor, how == SENDS_A_MESSAGE ? "HANDSHAKE_FAILED_PROTOCOL DISCONNECTED"
                                : how == REFUSES       ? "HANDSHAKE_FAILED_AUTH DISCONNECTED"
                                                       : "HANDSHAKE_FAILED_NO_DETAIL DISCONNECTED");
        expect_silence (monitor);
        CHECK (!raw_readable (listener, 0));
        CHECK_OK (zmq_disconnect (dealer, endpoint)); /* which is not forgotten */
        close (listener);
        close_socket (monitor);
        finish ();
    }
}

SOCKET_TEST (handshakes_that_fail_without_the_peer_s_fault_are_tried_again)
{
    for (enum failing how = HANGS_UP; how <= REFUSES; how++) {
        char endpoint[ENDPOINT_MAX];
        const int listener = raw_listen (endpoint);
        void *const dealer = dialler (ZMQ_DEALER, 10, 0);
        if (how == SAYS_NOTHING)
            set_int (dealer, ZMQ_HANDSHAKE_IVL, SILENCE_MS);
        connect_to (dealer, endpoint);
        fail_handshake (raw_accept (listener), how);
        if (how <= SAYS_NOTHING)
            fail_handshake (raw_accept (listener), how);
        else
            CHECK (!raw_readable (listener, SILENCE_MS));
        close (listener);
        finish ();
    }
}

/*  ---- zmq_disconnect at every stage ------------------------------------------------------------------------------ */

/*  Has the socket attend to what happens inside, until it has come to an end. */
static void attend (void *socket)
{
    for (int i = 0; i < 10; i++) {
        get_int (socket, ZMQ_EVENTS);
        usleep (2000);
    }
}

SOCKET_TEST (a_disconnect_between_two_attempts_ends_them)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const dealer = dialler (ZMQ_DEALER, 20, 0);
        void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
        const char *const endpoint = free_endpoint (t);
        struct monitor_event event;
        connect_to (dealer, endpoint);
        wait_event (monitor, ZMQ_EVENT_CONNECT_RETRIED);
        CHECK_OK (zmq_disconnect (dealer, endpoint));
        attend (dealer);
        for (int i = 0; event_within (monitor, SILENCE_MS, &event); i++) /* libzmq may have made one more */
            CHECK (event.event != ZMQ_EVENT_CONNECTED && i < 4);
        close_socket (monitor);
        finish ();
    }
}

SOCKET_TEST (a_disconnect_during_the_handshake_ends_it)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const dealer = dialler (ZMQ_DEALER, 20, 0);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
    connect_to (dealer, endpoint);
    const int fd = raw_accept (listener);
    expect_events (monitor, "CONNECT_DELAYED CONNECTED");
    CHECK_OK (zmq_disconnect (dealer, endpoint));
    attend (dealer);
    raw_expect_close (fd);
    RECV_NOTHING (monitor);
    close (listener);
    close_socket (monitor);
}

SOCKET_TEST (a_disconnect_during_the_handshake_waits_for_what_lingers)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const dealer = dialler (ZMQ_DEALER, 20, 0);
    set_int (dealer, ZMQ_LINGER, -1);
    connect_to (dealer, endpoint);
    SEND (dealer, "queued");
    const int fd = raw_accept (listener);
    CHECK_OK (zmq_disconnect (dealer, endpoint));
    attend (dealer);
    zmtp3_handshake (fd, "DEALER");
    zmtp_expect_frame (fd, 0, "queued");
    attend (dealer);
    raw_expect_close (fd);
    close (listener);
}

SOCKET_TEST (a_disconnect_between_two_attempts_waits_for_what_lingers)
{
    void *const push = dialler (ZMQ_PUSH, 10, 0), *const pull = open_socket (ZMQ_PULL);
    void *const monitor = open_monitor (test_ctx (), push, ZMQ_EVENT_CONNECT_RETRIED);
    const char *const endpoint = free_endpoint (TCP);
    set_int (push, ZMQ_LINGER, -1);
    connect_to (push, endpoint);
    SEND (push, "queued");
    EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    CHECK_OK (zmq_disconnect (push, endpoint));
    attend (push);
    EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    bind_to (pull, endpoint);
    RECV (pull, "queued");
    close_socket (monitor);
}

SOCKET_TEST (a_disconnect_of_a_connection_says_nothing)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const dealer = dialler (ZMQ_DEALER, 20, 0);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
    connect_to (dealer, endpoint);
    const int fd = zmtp_accept (listener, "DEALER");
    expect_events (monitor, "CONNECT_DELAYED CONNECTED HANDSHAKE_SUCCEEDED");
    CHECK_OK (zmq_disconnect (dealer, endpoint));
    attend (dealer);
    raw_expect_close (fd);
    expect_silence (monitor);
    close (listener);
    close_socket (monitor);
}
