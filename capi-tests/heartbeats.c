/*  Heartbeats (RFC 37) beyond what wire_frames.c has: what a silence is, when it began, and what it comes to. */

#include "fixture.h"

#include <sys/socket.h>

/*  The tests' unit of time in milliseconds: 10, and more where CAPI_TEST_SLOW says so. */
#define UNIT (patience_ms () / 500)

/*  A DEALER and its hand-written peer. A negative timeout is left at its default. */
static void *bound_dealer (int interval, int timeout, int *fd)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    set_int (dealer, ZMQ_HEARTBEAT_IVL, interval);
    if (timeout >= 0)
        set_int (dealer, ZMQ_HEARTBEAT_TIMEOUT, timeout);
    *fd = zmtp_peer (bind_any (dealer, TCP), "DEALER");
    return dealer;
}

static void wait_units (int units)
{
    usleep ((useconds_t) (units * UNIT) * 1000);
}

/*  Answers so many PINGs, and says when it began to answer the last. */
static int64_t answer (int fd, int pings)
{
    int64_t last = 0;
    while (pings-- > 0) {
        zmtp_expect_command (fd, "PING", "\0\0", 2);
        last = now_ms ();
        zmtp_send_command (fd, "PONG", "", 0);
    }
    return last;
}

SOCKET_TEST (a_context_is_sent_back_as_far_as_sixteen_bytes)
{
    int fd;
    void *const dealer = bound_dealer (0, -1, &fd);
    zmtp_send_command (fd, "PING", LITERAL ("\0\0seventeen bytes !"));
    zmtp_expect_command (fd, "PONG", LITERAL ("seventeen bytes "));
    zmtp_send_command (fd, "PING", LITERAL ("\0\0a context of far more than sixteen bytes"));
    zmtp_expect_command (fd, "PONG", LITERAL ("a context of far"));
    zmtp_send_command (fd, "PONG", LITERAL ("nobody asked"));
    zmtp_send_frame (fd, 0, "message", 7);
    RECV (dealer, "message");
    RECV_NOTHING (dealer);
    close (fd);
}

SOCKET_TEST (each_ping_begins_its_time_to_live_anew)
{
    int fd;
    bound_dealer (0, -1, &fd);
    int64_t last = 0;
    for (int i = 0; i < 4; i++) { /* 1.5 s after each */
        last = now_ms ();
        zmtp_send_command (fd, "PING", LITERAL ("\0\17"));
        zmtp_expect_command (fd, "PONG", "", 0);
        if (i < 3)
            CHECK (!raw_closes_within (fd, 600));
    }
    CHECK (raw_closes_within (fd, patience_ms ()));
    CHECK (now_ms () - last >= 1480);
    close (fd);
}

SOCKET_TEST (whatever_follows_a_ping_ends_the_silence_that_it_began)
{
    static const struct
    {
        const char *bytes;
        size_t size;
    } cases[] = {
      {LITERAL ("\4\7\4PING\0\1\0\1m")},                  /* a message in the same segment */
      {LITERAL ("\4\7\4PING\0\1\4\5\4PONG")},             /* a command */
      {LITERAL ("\4\7\4PING\0\1\4\7\4PING\0\0")},         /* a PING without a time to live */
      {LITERAL ("\4\7\4PING\0\1\1\4half\4\5\4PONG\0\1m")} /* parts of a message, and a command within */
    };
    int fds[4];
    for (size_t i = 0; i < 4; i++) {
        bound_dealer (0, -1, &fds[i]);
        raw_send (fds[i], cases[i].bytes, cases[i].size);
        zmtp_expect_command (fds[i], "PONG", "", 0);
    }
    zmtp_expect_command (fds[2], "PONG", "", 0);
    CHECK (!raw_closes_within (fds[0], 250));
    for (size_t i = 0; i < 4; i++) {
        CHECK (!raw_closes_within (fds[i], 0));
        close (fds[i]);
    }
}

SOCKET_TEST (a_long_time_to_live_is_no_short_one)
{
    int fd;
    bound_dealer (0, -1, &fd);
    zmtp_send_command (fd, "PING", LITERAL ("\2\220")); /* 65.6 s, or 65536 + 64 ms */
    zmtp_expect_command (fd, "PONG", "", 0);
    if (DIFFERS ("libzmq keeps the milliseconds in 16 bits"))
        CHECK (!raw_closes_within (fd, 150));
    else
        raw_expect_close (fd);
}

SOCKET_TEST (a_silence_is_counted_from_the_first_ping_in_it)
{
    int fd;
    /* PINGs go on in the silence: counted from the last it would have no end. */
    bound_dealer (2 * UNIT, 150 * UNIT, &fd);
    const int64_t answered = answer (fd, 3);
    CHECK (raw_closes_within (fd, patience_ms ()));
    CHECK (now_ms () - answered >= 149 * UNIT);
    close (fd);
}

SOCKET_TEST (a_timeout_of_zero_never_gives_up)
{
    int fd;
    void *const dealer = bound_dealer (UNIT, 0, &fd);
    CHECK (!raw_closes_within (fd, 15 * UNIT));
    zmtp_send_frame (fd, 0, "late", 4);
    RECV (dealer, "late");
    close (fd);
}

SOCKET_TEST (the_timeout_is_the_interval_unless_it_is_set)
{
    int fd;
    const int64_t started = now_ms ();
    bound_dealer (8 * UNIT, -1, &fd);
    zmtp_expect_command (fd, "PING", "\0\0", 2);
    CHECK (raw_closes_within (fd, patience_ms ()));
    CHECK (now_ms () - started >= 15 * UNIT);
    close (fd);
}

SOCKET_TEST (without_an_interval_nothing_is_asked)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    set_int (dealer, ZMQ_HEARTBEAT_TIMEOUT, UNIT);
    set_int (dealer, ZMQ_HEARTBEAT_TTL, 1000);
    const int fd = zmtp_peer (bind_any (dealer, TCP), "DEALER");
    raw_expect_silence (fd);
    close (fd);
}

SOCKET_TEST (a_peer_in_the_middle_of_a_long_frame_is_alive)
{
    int fd;
    void *const dealer = bound_dealer (5 * UNIT, 150 * UNIT, &fd);
    raw_send (fd, "\0\144", 2); /* of 100 bytes */
    if (DIFFERS ("libzmq counts whole frames only, and no PONG can come within one")) {
        char body[100];
        for (int i = 0; i < 100; i++) {
            raw_send (fd, "x", 1);
            wait_units (2);
        }
        CHECK_INT (100, zmq_recv (dealer, body, sizeof body, 0));
    } else {
        for (int i = 0; i < 100 && send (fd, "x", 1, MSG_NOSIGNAL) == 1; i++)
            wait_units (2);
        CHECK (raw_closes_within (fd, patience_ms ()));
    }
    close (fd);
}

SOCKET_TEST (peers_of_3_0_are_asked_and_older_and_raw_ones_are_not)
{
    void *const dealer = open_socket (ZMQ_DEALER), *const stream = open_socket (ZMQ_STREAM);
    uint8_t greeting[64];
    static struct frame frame;
    set_int (dealer, ZMQ_HEARTBEAT_IVL, 2 * UNIT);
    set_int (stream, ZMQ_HEARTBEAT_IVL, 2 * UNIT);
    const char *const endpoint = bind_any (dealer, TCP);
    const int v3 = raw_connect (endpoint), v2 = raw_connect (endpoint), v1 = raw_connect (endpoint);
    const int raw = raw_connect (bind_any (stream, TCP));
    zmtp2_handshake (v2, ZMQ_DEALER, "");
    zmtp1_handshake (v1, "");
    zmtp3_greeting (v3, 0, "NULL", false, greeting);
    zmtp3_ready (v3, "DEALER", "", &frame);
    zmtp_expect_command (v3, "PING", "\0\0", 2);
    raw_expect_silence (v2);
    raw_expect_silence (v1);
    raw_expect_silence (raw);
    close (v1);
    close (v2);
    close (v3);
    close (raw);
}

SOCKET_TEST (pings_do_not_pile_up_for_a_peer_that_does_not_read)
{
    static char large[1000000];
    static struct frame frame;
    int fd, pings = 0;
    void *const dealer = bound_dealer (2 * UNIT, 0, &fd);
    set_int (dealer, ZMQ_SNDTIMEO, patience_ms ());
    for (int i = 0; i < 10; i++)
        SEND_BYTES (dealer, large, sizeof large, 0);
    wait_units (40);
    const int64_t reading = now_ms ();
    uint8_t head[9], *const body = malloc (sizeof large);
    CHECK (body != NULL);
    for (int messages = 0; messages < 10;) {
        raw_recv (fd, head, 2);
        if (head[0] == ZMTP_LONG) {
            raw_recv (fd, head + 2, 7);
            raw_recv (fd, body, sizeof large);
            messages++;
        } else {
            raw_recv (fd, frame.body, head[1]);
            pings++;
        }
    }
    free (body);
    CHECK (pings <= 5 + (now_ms () - reading) / (2 * UNIT)); /* of twenty before */
    close (fd);
}

SOCKET_TEST (two_sockets_keep_each_other_alive)
{
    void *sockets[6][2], *monitors[6];
    for (int k = 0; k < 6; k++) {
        for (int i = 0; i < 2; i++) {
            void *const socket = sockets[k][i] = open_socket (ZMQ_DEALER);
            if ((k / 2 + 1) & 1 << i) { /* the one, the other, or both */
                set_int (socket, ZMQ_HEARTBEAT_IVL, 2 * UNIT);
                set_int (socket, ZMQ_HEARTBEAT_TIMEOUT, 150 * UNIT);
                set_int (socket, ZMQ_HEARTBEAT_TTL, 150 * UNIT);
            }
        }
        monitors[k] = open_monitor (test_ctx (), sockets[k][0], ZMQ_EVENT_DISCONNECTED);
        join (sockets[k][0], sockets[k][1], k % 2 ? IPC : TCP);
        bounce (sockets[k][0], sockets[k][1]);
    }
    wait_units (200);
    for (int k = 0; k < 6; k++) {
        RECV_NOTHING (monitors[k]);
        bounce (sockets[k][0], sockets[k][1]);
        close_socket (monitors[k]);
    }
}

SOCKET_TEST (a_silent_peer_is_dialled_again_and_gets_what_waits)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const dealer = open_socket (ZMQ_DEALER);
    set_int (dealer, ZMQ_HEARTBEAT_IVL, 2 * UNIT);
    set_int (dealer, ZMQ_HEARTBEAT_TIMEOUT, 10 * UNIT);
    set_int (dealer, ZMQ_RECONNECT_IVL, 10);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
    connect_to (dealer, endpoint);
    int fd = zmtp_accept (listener, "DEALER");
    EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_DELAYED);
    const int connected = EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECTED).value;
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    const struct monitor_event lost = EXPECT_EVENT (monitor, ZMQ_EVENT_DISCONNECTED);
    CHECK_INT (connected, lost.value);
    CHECK_STR (endpoint, lost.address);
    EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    SEND (dealer, "waits");
    raw_expect_close (fd);
    fd = zmtp_accept (listener, "DEALER");
    zmtp_expect_frame (fd, 0, "waits");
    close (fd);
    close (listener);
    close_socket (monitor);
}
