/*  What no peer should send: the connection ends, the monitor hears of it, and nothing else suffers. */

#include "fixture.h"

#include <sys/socket.h>

/*  Sends bytes to a fresh connection and expects it to be closed, and the listener to go on. */
static void expect_refused (int type, bool greeted, bool shaken, const char *peer, const void *bytes, size_t size)
{
    void *const socket = open_socket (type);
    const char *const endpoint = bind_any (socket, TCP);
    void *const monitor = open_monitor (test_ctx (), socket, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    uint8_t greeting[64];
    const int fd = raw_connect (endpoint);
    if (shaken) {
        zmtp3_handshake (fd, peer);
        CHECK_INT (ZMQ_EVENT_HANDSHAKE_SUCCEEDED, next_event (monitor).event);
    } else if (greeted)
        zmtp3_greeting (fd, 1, "NULL", false, greeting);
    raw_send (fd, bytes, size);
    CHECK_INT (ZMQ_EVENT_DISCONNECTED, next_event (monitor).event);
    raw_expect_close (fd);
    const int good = zmtp_peer (endpoint, peer);
    CHECK_INT (ZMQ_EVENT_HANDSHAKE_SUCCEEDED, next_event (monitor).event);
    close (good);
    close_socket (monitor);
    finish ();
}

SOCKET_TEST (malformed_handshake_commands)
{
    static const struct
    {
        const char *bytes;
        size_t size;
    } bad[] = {
        {LITERAL ("\0\5hello")},                                             /* a message before READY */
        {LITERAL ("\4\6\5HELLO")},                                           /* another mechanism's command */
        {LITERAL ("\4\0")},                                                  /* no name */
        {LITERAL ("\4\1\0")},                                                /* an empty name */
        {LITERAL ("\4\3\5RE")},                                              /* a name past the end */
        {LITERAL ("\4\10\5READY\13S")},                                      /* a property name past the end */
        {LITERAL ("\4\25\5READY\13Socket-Type\0\0\0")},                      /* half a length */
        {LITERAL ("\4\27\5READY\13Socket-Type\0\0\0\6D")},                   /* a value past the end */
        {LITERAL ("\4\7\5READY\0")},                                         /* an empty property name */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refused (ZMQ_DEALER, true, false, "DEALER", bad[i].bytes, bad[i].size);
}

SOCKET_OZMIUM_TEST (a_property_whose_whole_value_is_missing,
                    "libzmq stops there, and as no byte is left over, goes on as if the property had not been named")
{
    expect_refused (ZMQ_DEALER, true, false, "DEALER", LITERAL ("\4\26\5READY\13Socket-Type\377\377\377\377"));
}

SOCKET_TEST (an_error_command_ends_the_handshake)
{
    expect_refused (ZMQ_DEALER, true, false, "DEALER", LITERAL ("\4\15\5ERROR\6reason"));
}

SOCKET_TEST (garbage_that_looks_like_no_version)
{
    /* Bytes that are neither a signature nor a possible ZMTP 1.0 identity: http, TLS and the like end in a close,
       at the latest when the sender ends. */
    static const struct
    {
        const char *bytes;
        size_t size;
    } garbage[] = {{LITERAL ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")},
                   {LITERAL ("\26\3\1\2\0\1\0\1\374\3\3")},
                   {LITERAL ("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
                   {LITERAL ("\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377")},
                   {LITERAL ("\377\0\0\0\0\0\0\0\1\176\3\1NULL")},
                   {LITERAL ("\377")},
                   {LITERAL ("")}};
    static const int types[] = {ZMQ_DEALER, ZMQ_ROUTER, ZMQ_XPUB, ZMQ_SUB, ZMQ_REP, ZMQ_PULL, ZMQ_PAIR};
    static const char *const peers[] = {"DEALER", "DEALER", "SUB", "PUB", "REQ", "PUSH", "PAIR"};
    for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
        void *const socket = open_socket (types[k]);
        if (types[k] == ZMQ_SUB)
            subscribe (socket, "");
        const char *const endpoint = bind_any (socket, TCP);
        for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
            const int fd = raw_connect (endpoint);
            raw_send (fd, garbage[i].bytes, garbage[i].size);
            shutdown (fd, SHUT_WR);
            raw_expect_close (fd);
        }
        void *const monitor = open_monitor (test_ctx (), socket, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        const int good = zmtp_peer (endpoint, peers[k]);
        wait_event (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        close (good);
        close_socket (monitor);
        finish ();
    }
}

SOCKET_TEST (random_bytes_at_every_stage)
{
    uint32_t state = 12345;
    static const int types[] = {ZMQ_ROUTER, ZMQ_XPUB, ZMQ_REP, ZMQ_PULL};
    static const char *const peers[] = {"DEALER", "SUB", "REQ", "PUSH"};
    for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
        void *const socket = open_socket (types[k]);
        const int64_t limit = 100000;
        CHECK_OK (zmq_setsockopt (socket, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
        const char *const endpoint = bind_any (socket, TCP);
        for (int i = 0; i < 60; i++) {
            uint8_t bytes[200], greeting[64];
            for (size_t n = 0; n < sizeof bytes; n++) {
                state = state * 1664525 + 1013904223;
                bytes[n] = (uint8_t) (state >> 24);
            }
            const int fd = raw_connect (endpoint);
            if (i % 3 == 1)
                zmtp3_greeting (fd, 1, "NULL", false, greeting);
            if (i % 3 == 2)
                zmtp3_handshake (fd, peers[k]);
            send (fd, bytes, sizeof bytes, MSG_NOSIGNAL);
            shutdown (fd, SHUT_WR);
            raw_expect_close (fd);
        }
        void *const monitor = open_monitor (test_ctx (), socket, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        const int good = zmtp_peer (endpoint, peers[k]);
        wait_event (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        close (good);
        close_socket (monitor);
        finish ();
    }
}

SOCKET_TEST (garbage_towards_a_connecter)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    for (int i = 0; i < 3; i++) {
        void *const dealer = open_socket (ZMQ_DEALER);
        void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        connect_to (dealer, endpoint);
        const int fd = raw_accept (listener);
        uint8_t greeting[64];
        if (i > 0)
            zmtp3_greeting (fd, 1, "NULL", false, greeting);
        else
            raw_send (fd, LITERAL ("\377\0\0\0\0\0\0\0\1\177\3\1NOSUCH\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
        if (i == 1)
            raw_send (fd, LITERAL ("\0\5hello"));
        if (i == 2)
            raw_send (fd, LITERAL ("\4\0"));
        CHECK_INT (ZMQ_EVENT_DISCONNECTED, next_event (monitor).event);
        raw_expect_close (fd);
        close_socket (monitor);
        finish ();
    }
    close (listener);
}

SOCKET_TEST (a_peer_that_vanishes_at_any_point_of_the_handshake)
{
    static const char bytes[] = "\377\0\0\0\0\0\0\0\1\177\3\1NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\4\32\5READY\13Socket-Type\0\0\0\4PUSH";
    void *const pull = open_socket (ZMQ_PULL);
    const char *const endpoint = bind_any (pull, TCP);
    for (size_t cut = 0; cut < sizeof bytes; cut += 3) {
        const int fd = raw_connect (endpoint);
        raw_send (fd, bytes, cut);
        if (cut % 2) {
            const struct linger at_once = {1, 0};
            setsockopt (fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        }
        close (fd);
    }
    const int good = zmtp_peer (endpoint, "PUSH");
    zmtp_send_frame (good, 0, "still here", 10);
    RECV (pull, "still here");
    close (good);
}

SOCKET_TEST (a_connection_that_never_says_ready_is_dropped_in_time)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    set_int (dealer, ZMQ_HANDSHAKE_IVL, patience_ms () / 5);
    const char *const endpoint = bind_any (dealer, TCP);
    const int silent = raw_connect (endpoint), half = raw_connect (endpoint);
    uint8_t greeting[64];
    zmtp3_greeting (half, 1, "NULL", false, greeting);
    raw_expect_close (silent);
    raw_expect_close (half);
    close_socket (monitor);
}

SOCKET_TEST (handshake_ivl_zero_waits_forever)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    set_int (dealer, ZMQ_HANDSHAKE_IVL, 0);
    const int fd = raw_connect (bind_any (dealer, TCP));
    usleep (2 * SILENCE_MS * 1000);
    zmtp3_handshake (fd, "DEALER");
    SEND (dealer, "x");
    zmtp_expect_frame (fd, 0, "x");
    close (fd);
}
