/*  Frames and commands after the handshake, byte for byte (RFC 23 and 37), with hand-written peers. */

#include "fixture.h"

#include <sys/socket.h>

static int dealer_peer (void **dealer)
{
    *dealer = open_socket (ZMQ_DEALER);
    return zmtp_peer (bind_any (*dealer, TCP), "DEALER");
}

SOCKET_TEST (short_frames_have_a_length_of_one_byte)
{
    void *dealer;
    const int fd = dealer_peer (&dealer);
    SEND (dealer, "");
    raw_expect (fd, "\0\0", 2);
    SEND (dealer, "x");
    raw_expect (fd, "\0\1x", 3);
    SEND_PARTS (dealer, "ab", "", "c");
    raw_expect (fd, "\1\2ab\1\0\0\1c", 9);
    close (fd);
}

SOCKET_TEST (the_length_changes_its_form_at_256)
{
    void *dealer;
    char body[257];
    memset (body, 'y', sizeof body);
    const int fd = dealer_peer (&dealer);
    for (size_t size = 254; size <= 257; size++) {
        SEND_BYTES (dealer, body, size, 0);
        if (size < 256) {
            const uint8_t head[2] = {0, (uint8_t) size};
            raw_expect (fd, head, 2);
        } else {
            const uint8_t head[9] = {2, 0, 0, 0, 0, 0, 0, 1, (uint8_t) (size - 256)};
            raw_expect (fd, head, 9);
        }
        raw_expect (fd, body, size);
    }
    SEND_BYTES (dealer, body, 257, ZMQ_SNDMORE);
    SEND (dealer, "");
    raw_expect (fd, "\3\0\0\0\0\0\0\1\1", 9);
    raw_expect (fd, body, 257);
    raw_expect (fd, "\0\0", 2);
    close (fd);
}

SOCKET_TEST (a_long_form_of_a_short_length_is_understood)
{
    void *dealer;
    const int fd = dealer_peer (&dealer);
    raw_send (fd, LITERAL ("\3\0\0\0\0\0\0\0\3abc\2\0\0\0\0\0\0\0\0"));
    RECV_PARTS (dealer, "abc", "");
    close (fd);
}

SOCKET_TEST (large_frames_go_both_ways)
{
    enum { SIZE = 5 << 20 };
    void *dealer;
    uint8_t *const body = malloc (SIZE);
    CHECK (body != NULL);
    for (size_t i = 0; i < SIZE; i++)
        body[i] = (uint8_t) (i * 13 + (i >> 9));
    const int fd = dealer_peer (&dealer);
    SEND_BYTES (dealer, body, SIZE, 0);
    raw_expect (fd, "\2\0\0\0\0\0\120\0\0", 9);
    raw_expect (fd, body, SIZE);
    zmtp_send_frame (fd, 0, body, SIZE);
    RECV_BYTES (dealer, body, SIZE, 0);
    close (fd);
    free (body);
}

SOCKET_TEST (frames_may_be_cut_anywhere)
{
    void *dealer;
    static const char bytes[] = "\1\3one\0\3two\2\0\0\0\0\0\0\0\5three\1\0\0\0";
    const int fd = dealer_peer (&dealer);
    for (size_t cut = 1; cut < sizeof bytes - 1; cut++) {
        raw_send (fd, bytes, cut);
        usleep (500);
        raw_send (fd, bytes + cut, sizeof bytes - 1 - cut);
        RECV_PARTS (dealer, "one", "two");
        RECV (dealer, "three");
        RECV_PARTS (dealer, "", "");
    }
    close (fd);
}

SOCKET_TEST (reserved_flag_bits_are_passed_over)
{
    void *dealer;
    const int fd = dealer_peer (&dealer);
    raw_send (fd, LITERAL ("\360\3abc"));
    RECV (dealer, "abc");
    close (fd);
}

SOCKET_TEST (ping_is_answered_by_pong_with_its_context)
{
    void *dealer;
    const int fd = dealer_peer (&dealer);
    zmtp_send_command (fd, "PING", "\0\0", 2);
    zmtp_expect_command (fd, "PONG", "", 0);
    zmtp_send_command (fd, "PING", "\0\0context", 9);
    zmtp_expect_command (fd, "PONG", "context", 7);
    zmtp_send_command (fd, "PING", "\0\0sixteen bytes ok", 18);
    zmtp_expect_command (fd, "PONG", "sixteen bytes ok", 16);
    zmtp_send_frame (fd, 0, "message", 7);
    RECV (dealer, "message");
    RECV_NOTHING (dealer);
    close (fd);
}

SOCKET_TEST (ping_may_come_within_a_multipart_message)
{
    void *dealer;
    const int fd = dealer_peer (&dealer);
    zmtp_send_frame (fd, ZMTP_MORE, "one", 3);
    zmtp_send_command (fd, "PING", "\0\0", 2);
    zmtp_expect_command (fd, "PONG", "", 0);
    zmtp_send_frame (fd, 0, "two", 3);
    RECV_PARTS (dealer, "one", "two");
    close (fd);
}

SOCKET_TEST (pings_are_sent_at_the_interval_with_the_ttl)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    set_int (dealer, ZMQ_HEARTBEAT_IVL, 20);
    set_int (dealer, ZMQ_HEARTBEAT_TIMEOUT, 5000);
    set_int (dealer, ZMQ_HEARTBEAT_TTL, 1234);
    const int fd = zmtp_peer (bind_any (dealer, TCP), "DEALER");
    for (int i = 0; i < 3; i++) {
        zmtp_expect_command (fd, "PING", "\0\14", 2); /* in tenths of a second */
        zmtp_send_command (fd, "PONG", "", 0);
    }
    close (fd);
}

SOCKET_TEST (a_peer_that_answers_nothing_is_given_up)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_DISCONNECTED);
    set_int (dealer, ZMQ_HEARTBEAT_IVL, 20);
    set_int (dealer, ZMQ_HEARTBEAT_TIMEOUT, 60);
    const int fd = zmtp_peer (bind_any (dealer, TCP), "DEALER");
    wait_event (monitor, ZMQ_EVENT_DISCONNECTED);
    raw_expect_close (fd);
    close_socket (monitor);
}

SOCKET_TEST (any_traffic_keeps_a_connection_that_answers_no_ping)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    set_int (dealer, ZMQ_HEARTBEAT_IVL, 20);
    set_int (dealer, ZMQ_HEARTBEAT_TIMEOUT, patience_ms () / 3);
    const int fd = zmtp_peer (bind_any (dealer, TCP), "DEALER");
    const int64_t end = now_ms () + patience_ms () / 2;
    while (now_ms () < end) {
        zmtp_send_frame (fd, 0, "alive", 5);
        RECV (dealer, "alive");
        usleep (10 * 1000);
    }
    zmtp_send_frame (fd, 0, "still", 5);
    RECV (dealer, "still");
    close (fd);
}

SOCKET_TEST (a_ping_s_ttl_ends_a_peer_that_falls_silent)
{
    void *dealer;
    const int fd = dealer_peer (&dealer);
    const int64_t started = now_ms ();
    zmtp_send_command (fd, "PING", "\0\1", 2); /* 100 ms */
    zmtp_expect_command (fd, "PONG", "", 0);
    raw_expect_close (fd);
    CHECK (now_ms () - started >= 90);
}

SOCKET_TEST (unknown_commands_are_passed_over)
{
    void *dealer;
    const int fd = dealer_peer (&dealer);
    zmtp_send_command (fd, "NOSUCH", "anything", 8);
    zmtp_send_frame (fd, 0, "message", 7);
    if (ready_within (dealer, ZMQ_POLLIN, 1000)) {
        RECV (dealer, "message");
        RECV_NOTHING (dealer);
    }
    close (fd);
}

SOCKET_TEST (a_message_above_maxmsgsize_ends_the_connection)
{
    static const char *const large[] = {"\0\145", "\2\0\0\0\0\0\0\0\145", "\1\145", "\2\177\377\377\377\377\377\377\377",
                                        "\2\377\377\377\377\377\377\377\377"};
    static const size_t sizes[] = {2, 9, 2, 9, 9};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        void *const dealer = open_socket (ZMQ_DEALER);
        void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_DISCONNECTED);
        const int64_t limit = 100; /* libzmq's holds for the READY command, too */
        char body[100] = "";
        CHECK_OK (zmq_setsockopt (dealer, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
        const int fd = zmtp_peer (bind_any (dealer, TCP), "DEALER");
        zmtp_send_frame (fd, 0, body, sizeof body);
        RECV_BYTES (dealer, body, sizeof body, 0);
        raw_send (fd, large[i], sizes[i]); /* the head is enough */
        wait_event (monitor, ZMQ_EVENT_DISCONNECTED);
        raw_expect_close (fd);
        RECV_NOTHING (dealer);
        close_socket (monitor);
        finish ();
    }
}

/*  Whether the connection is kept (ours, which reserves nothing, see exhaustion.c) or ended (libzmq, which cannot allocate
 *  what is declared): others go on. */
SOCKET_TEST (absurd_frame_lengths_disturb_nobody)
{
    static const char *const heads[] = {"\2\0\0\0\177\377\377\377\377", "\2\177\377\377\377\377\377\377\377",
                                        "\2\377\377\377\377\377\377\377\377", "\2\200\0\0\0\0\0\0\0"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        void *dealer;
        const int fd = dealer_peer (&dealer);
        raw_send (fd, heads[i], 9);
        send (fd, "start", 5, MSG_NOSIGNAL);
        usleep (10 * 1000);
        const int other = raw_connect (bind_any (dealer, TCP));
        zmtp3_handshake (other, "DEALER");
        zmtp_send_frame (other, 0, "alive", 5);
        RECV (dealer, "alive");
        close (other);
        close (fd);
        finish ();
    }
}
