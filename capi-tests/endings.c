/*  Connections that end, or should, while something stands in the way. */

#include "fixture.h"

#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static int open_descriptors (void)
{
    DIR *const directory = opendir ("/proc/self/fd");
    if (!directory)
        skip_test ("needs /proc");
    int count = 0;
    while (readdir (directory))
        count++;
    closedir (directory);
    return count;
}

static long resident_kib (void)
{
    FILE *const file = fopen ("/proc/self/statm", "r");
    if (!file)
        skip_test ("needs /proc");
    long size = 0, resident = 0;
    CHECK_INT (2, fscanf (file, "%ld %ld", &size, &resident));
    fclose (file);
    return resident * (sysconf (_SC_PAGESIZE) / 1024);
}

SOCKET_TEST (the_end_that_comes_with_the_handshake_is_seen)
{
    enum
    {
        COUNT = 5,
        BODY = 9993,
        FRAME = 9 + BODY,
        READY = 28
    };
    static uint8_t all[READY + COUNT * FRAME];
    memcpy (all, "\x04\x1a\x05READY\x0bSocket-Type\x00\x00\x00\x04PUSH", READY);
    for (int n = 0; n < COUNT; n++) {
        uint8_t *const frame = all + READY + n * FRAME;
        frame[0] = ZMTP_LONG;
        frame[7] = BODY >> 8;
        frame[8] = BODY & 255;
    }
    for (int round = 0; round < 20; round++) {
        void *const pull = open_socket (ZMQ_PULL);
        const char *const endpoint = bind_any (pull, TCP);
        void *const monitor = open_monitor (test_ctx (), pull, ZMQ_EVENT_DISCONNECTED);
        const int fd = raw_connect (endpoint);
        uint8_t theirs[64];
        zmtp3_greeting (fd, 1, "NULL", false, theirs);
        /* All of it in one segment, with the end of the stream. */
        const int cork = 1;
        CHECK_OK (setsockopt (fd, IPPROTO_TCP, TCP_CORK, &cork, sizeof cork));
        raw_send (fd, all, sizeof all);
        CHECK_OK (shutdown (fd, SHUT_WR));
        static char buffer[BODY];
        for (int n = 0; n < COUNT; n++)
            CHECK_INT (BODY, zmq_recv (pull, buffer, sizeof buffer, 0));
        EXPECT_EVENT (monitor, ZMQ_EVENT_DISCONNECTED);
        close (fd);
        CHECK_OK (zmq_close (monitor));
        shut (pull);
    }
}

SOCKET_OZMIUM_TEST (peers_that_were_turned_away_cost_nothing_once_they_have_left, "libzmq keeps their descriptors")
{
    void *const a = open_socket (ZMQ_PAIR), *const b = open_socket (ZMQ_PAIR);
    const char *const endpoint = join (a, b, TCP);
    bounce (a, b);
    const int before = open_descriptors ();
    int peers[20];
    for (int i = 0; i < 20; i++) {
        peers[i] = zmtp_peer (endpoint, "PAIR");
        zmtp_send_frame (peers[i], 0, "intruder", 8);
    }
    /* The socket turns them away when it hears of them. */
    expect_silence (a);
    for (int i = 0; i < 20; i++)
        close (peers[i]);
    WAIT_UNTIL (open_descriptors () <= before);
    bounce (a, b);
}

SOCKET_TEST (an_immediate_connection_can_be_disconnected)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const dealer = open_socket (ZMQ_DEALER), *const peer = open_socket (ZMQ_DEALER);
        set_int (dealer, ZMQ_IMMEDIATE, 1);
        set_int (dealer, ZMQ_LINGER, -1);
        const char *const endpoint = bind_any (peer, t);
        connect_to (dealer, endpoint);
        bounce (dealer, peer);
        CHECK_OK (zmq_disconnect (dealer, endpoint));
        WAIT_UNTIL (!(get_int (dealer, ZMQ_EVENTS) & ZMQ_POLLOUT));
        WAIT_UNTIL (!(get_int (peer, ZMQ_EVENTS) & ZMQ_POLLOUT));
        finish ();
    }
}

SOCKET_TEST (a_lower_high_water_mark_does_not_stop_a_sender_for_ever)
{
    void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
    join (pull, push, TCP);
    for (int i = 0; i < 400; i++)
        SEND (push, "many");
    for (int i = 0; i < 400; i++)
        RECV (pull, "many");
    if (DIFFERS ("libzmq goes by the old mark, or its sender waits for ever"))
        set_int (push, ZMQ_SNDHWM, 2);
    for (int i = 0; i < 20; i++)
        SEND (push, "more");
    for (int i = 0; i < 20; i++)
        RECV (pull, "more");
}

/*  A peer that asks for PONGs and never reads them. */
static void ask_for_pongs (uint16_t ttl)
{
    void *const pull = open_socket (ZMQ_PULL);
    const int fd = zmtp_peer (bind_any (pull, TCP), "PUSH");
    static uint8_t pings[16 * 4096];
    for (size_t i = 0; i < sizeof pings; i += 16)
        memcpy (pings + i, "\x04\x0e\x04PING\x00\x00\x08harmless", 16);
    for (size_t i = 0; i < sizeof pings; i += 16) {
        pings[i + 1] = 14;
        pings[i + 7] = (uint8_t) (ttl >> 8);
        pings[i + 8] = (uint8_t) ttl;
        memcpy (pings + i + 9, "harmless", 7);
    }
    long before = 0;
    for (int i = 0; i < 500; i++) {
        if (send (fd, pings, sizeof pings, MSG_NOSIGNAL) != (ssize_t) sizeof pings)
            break;
        if (i == 100)
            before = resident_kib ();
    }
    CHECK (resident_kib () - before < 10000); /* of 25 MB of PINGs */
    close (fd);
}

SOCKET_TEST (a_peer_that_asks_and_does_not_listen_costs_no_memory)
{
    ask_for_pongs (0);
    ask_for_pongs (600);
}

SOCKET_OZMIUM_TEST (what_can_never_be_sent_does_not_linger, "libzmq waits for ever")
{
    void *const push = open_socket (ZMQ_PUSH);
    set_int (push, ZMQ_LINGER, -1);
    set_int (push, ZMQ_RECONNECT_IVL, -1);
    void *const monitor = open_monitor (test_ctx (), push, ZMQ_EVENT_CLOSED);
    connect_to (push, free_endpoint (TCP));
    SEND (push, "nobody will ever read this");
    EXPECT_EVENT (monitor, ZMQ_EVENT_CLOSED);
    CHECK_OK (zmq_close (monitor));
}

SOCKET_OZMIUM_TEST (a_lost_peer_ends_the_wait_for_it_though_its_messages_were_not_read, "libzmq waits for ever")
{
    void *const dealer = open_socket (ZMQ_DEALER);
    set_int (dealer, ZMQ_LINGER, -1);
    set_int (dealer, ZMQ_RCVHWM, 1);
    const int fd = zmtp_peer (bind_any (dealer, TCP), "DEALER");
    for (int i = 0; i < 10; i++)
        zmtp_send_frame (fd, 0, "unread", 6);
    CHECK (poll_for (dealer, ZMQ_POLLIN));
    static char big[1000000];
    for (int i = 0; i < 20; i++)
        CHECK_INT (sizeof big, zmq_send (dealer, big, sizeof big, 0));
    shut (dealer);
    raw_reset (fd);
}

SOCKET_DRAFT_TEST (a_disconnect_message_comes_last_from_whoever_goes)
{
    FOR_EACH_TRANSPORT (t) {
        for (int early = 0; early < 2; early++) {
            void *const router = open_socket (ZMQ_ROUTER), *const dealer = open_socket (ZMQ_DEALER);
            set_str (router, ZMQ_DISCONNECT_MSG, "gone");
            set_str (dealer, ZMQ_ROUTING_ID, "me");
            set_int (dealer, ZMQ_LINGER, -1);
            const char *const endpoint = free_endpoint (t);
            if (early)
                connect_to (dealer, endpoint);
            bind_to (router, endpoint);
            if (!early)
                connect_to (dealer, endpoint);
            SEND (dealer, "here");
            shut (dealer);
            RECV_PARTS (router, "me", "here");
            RECV_PARTS (router, "me", "gone");
            finish ();
        }
    }
}
