/*  STREAM, and ROUTER with ZMQ_ROUTER_RAW: notices, names, ends and chunks of plain TCP connections. */

#include "fixture.h"

#include <sys/socket.h>

static const int raw_types[] = {ZMQ_STREAM, ZMQ_ROUTER};

static void *raw_socket (int type)
{
    void *const socket = open_socket (type);
    if (type == ZMQ_ROUTER)
        set_int (socket, ZMQ_ROUTER_RAW, 1);
    return socket;
}

static void recv_notice (void *socket, uint8_t id[5])
{
    CHECK_INT (5, recv_frame (socket, id, 5));
    CHECK_INT (1, get_int (socket, ZMQ_RCVMORE));
    RECV (socket, "");
}

static void expect_data (void *socket, const void *id, size_t id_size, const char *text)
{
    RECV_BYTES (socket, id, id_size, 1);
    RECV (socket, text);
}

static void send_to (void *socket, const void *id, size_t id_size, const char *text)
{
    SEND_BYTES (socket, id, id_size, ZMQ_SNDMORE);
    SEND (socket, text);
}

/*  The end of a connection is agreed upon between threads, which takes calls of this one. */
static void wait_for_close (void *socket, int fd)
{
    WAIT_UNTIL (get_int (socket, ZMQ_EVENTS) && raw_readable (fd, 0));
    raw_expect_close (fd);
}

SOCKET_TEST (a_connection_is_announced_at_both_ends_of_its_life)
{
    for (int i = 0; i < 2; i++) {
        void *const socket = raw_socket (raw_types[i]);
        uint8_t id[5], again[5];
        const int fd = raw_connect (bind_any (socket, TCP));
        recv_notice (socket, id);
        CHECK_INT (0, id[0]);
        raw_send (fd, "last words", 10);
        close (fd);
        expect_data (socket, id, 5, "last words");
        recv_notice (socket, again);
        CHECK_BYTES (id, 5, again, 5);
        RECV_NOTHING (socket);
        finish ();
    }
}

SOCKET_TEST (only_a_stream_can_do_without_the_notices)
{
    const int off = 0;
    void *const router = raw_socket (ZMQ_ROUTER), *const stream = open_socket (ZMQ_STREAM);
    CHECK_ERRNO (EINVAL, zmq_setsockopt (router, ZMQ_STREAM_NOTIFY, &off, sizeof off));
    CHECK_ERRNO (EINVAL, zmq_setsockopt (stream, ZMQ_STREAM_NOTIFY, &off, 1));
    const int two = 2;
    CHECK_ERRNO (EINVAL, zmq_setsockopt (stream, ZMQ_STREAM_NOTIFY, &two, sizeof two));
    CHECK_OK (zmq_setsockopt (stream, ZMQ_STREAM_NOTIFY, &off, sizeof off));
}

SOCKET_TEST (raw_mode_is_not_left_again)
{
    void *const router = raw_socket (ZMQ_ROUTER);
    set_int (router, ZMQ_ROUTER_RAW, 0);
    uint8_t id[5];
    const int fd = raw_connect (bind_any (router, TCP));
    recv_notice (router, id);
    raw_send (fd, "plain", 5);
    expect_data (router, id, 5, "plain");
    send_to (router, id, 5, "back");
    raw_expect (fd, "back", 4);
    close (fd);
}

SOCKET_TEST (an_unknown_name_is_refused_by_stream_and_passed_over_by_router)
{
    void *const stream = raw_socket (ZMQ_STREAM), *const router = raw_socket (ZMQ_ROUTER);
    bind_any (stream, TCP);
    CHECK_ERRNO (EHOSTUNREACH, zmq_send (stream, "nobod", 5, ZMQ_SNDMORE));
    SEND_PARTS (router, "nobod", "lost");
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    CHECK_ERRNO (EHOSTUNREACH, zmq_send (router, "nobod", 5, ZMQ_SNDMORE));
}

SOCKET_TEST (a_name_without_data_leaves_stream_in_the_middle_of_a_message)
{
    void *const stream = raw_socket (ZMQ_STREAM);
    uint8_t id[5];
    const int fd = raw_connect (bind_any (stream, TCP));
    recv_notice (stream, id);
    SEND_BYTES (stream, id, 5, 0);
    SEND (stream, "dropped"); /* the data of a message to nobody */
    send_to (stream, id, 5, "sent");
    raw_expect (fd, "sent", 4);
    close (fd);
}

SOCKET_TEST (a_name_without_data_means_nothing_to_router)
{
    void *const router = raw_socket (ZMQ_ROUTER);
    uint8_t id[5];
    const int fd = raw_connect (bind_any (router, TCP));
    recv_notice (router, id);
    SEND_BYTES (router, id, 5, 0);
    send_to (router, id, 5, "sent");
    raw_expect (fd, "sent", 4);
    close (fd);
}

SOCKET_TEST (data_ends_a_message_whatever_its_flag_says)
{
    for (int i = 0; i < 2; i++) {
        void *const socket = raw_socket (raw_types[i]);
        uint8_t id[5];
        const int fd = raw_connect (bind_any (socket, TCP));
        recv_notice (socket, id);
        for (int k = 0; k < 3; k++) {
            SEND_BYTES (socket, id, 5, ZMQ_SNDMORE);
            SEND_BYTES (socket, "data", 4, ZMQ_SNDMORE);
            raw_expect (fd, "data", 4);
        }
        close (fd);
        finish ();
    }
}

SOCKET_TEST (an_empty_frame_closes_one_connection)
{
    for (int i = 0; i < 2; i++) {
        void *const socket = raw_socket (raw_types[i]);
        const char *const endpoint = bind_any (socket, TCP);
        uint8_t id[5], other_id[5];
        const int fd = raw_connect (endpoint);
        recv_notice (socket, id);
        const int other = raw_connect (endpoint);
        recv_notice (socket, other_id);
        send_to (socket, id, 5, "");
        if (raw_types[i] == ZMQ_STREAM) {
            wait_for_close (socket, fd);
            WAIT_UNTIL (zmq_send (socket, id, 5, ZMQ_SNDMORE) == -1);
            CHECK_ERRNO (EHOSTUNREACH, zmq_send (socket, id, 5, ZMQ_SNDMORE));
        } else
            wait_for_close (socket, fd);
        RECV_NOTHING (socket); /* no notice of what was done here */
        send_to (socket, other_id, 5, "still there");
        raw_expect (other, "still there", 11);
        close (other);
        finish ();
    }
}

SOCKET_TEST (what_was_received_and_not_read_goes_with_the_connection)
{
    void *const stream = raw_socket (ZMQ_STREAM);
    uint8_t id[5];
    const int fd = raw_connect (bind_any (stream, TCP));
    recv_notice (stream, id);
    raw_send (fd, "unread", 6);
    settle ();
    send_to (stream, id, 5, "");
    wait_for_close (stream, fd);
    RECV_NOTHING (stream);
}

SOCKET_TEST (half_closed_connections_are_ended)
{
    for (int i = 0; i < 2; i++) {
        void *const socket = raw_socket (raw_types[i]);
        uint8_t id[5], again[5];
        const int fd = raw_connect (bind_any (socket, TCP));
        recv_notice (socket, id);
        CHECK_OK (shutdown (fd, SHUT_WR));
        recv_notice (socket, again);
        CHECK_BYTES (id, 5, again, 5);
        wait_for_close (socket, fd);
        finish ();
    }
}

SOCKET_TEST (a_connection_name_is_the_application_s_for_one_connect)
{
    for (int i = 0; i < 2; i++) {
        char endpoint[ENDPOINT_MAX];
        const int listener = raw_listen (endpoint);
        void *const socket = raw_socket (raw_types[i]);
        uint8_t id[5];
        set_str (socket, ZMQ_CONNECT_ROUTING_ID, "my name");
        connect_to (socket, endpoint);
        const int first = raw_accept (listener);
        RECV_PARTS (socket, "my name", "");
        connect_to (socket, endpoint);
        const int second = raw_accept (listener);
        recv_notice (socket, id);
        CHECK_INT (0, id[0]);
        send_to (socket, "my name", 7, "one");
        raw_expect (first, "one", 3);
        send_to (socket, id, 5, "two");
        raw_expect (second, "two", 3);
        close (first);
        RECV_PARTS (socket, "my name", "");
        close (second);
        recv_notice (socket, id);
        close (listener);
        finish ();
    }
}

SOCKET_TEST (a_connection_name_may_be_used_again_after_its_connection)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const stream = raw_socket (ZMQ_STREAM);
    for (int i = 0; i < 3; i++) {
        set_str (stream, ZMQ_CONNECT_ROUTING_ID, "again");
        connect_to (stream, endpoint);
        const int fd = raw_accept (listener);
        RECV_PARTS (stream, "again", "");
        CHECK_OK (zmq_disconnect (stream, endpoint));
        wait_for_close (stream, fd);
        WAIT_UNTIL (zmq_send (stream, "again", 5, ZMQ_SNDMORE) == -1);
    }
    close (listener);
}

SOCKET_TEST (connection_names_of_unusual_bytes)
{
    static const struct {
        const char *name;
        size_t size;
    } names[] = {{LITERAL ("\0")}, {LITERAL ("\0\0\0\0\1")}, {LITERAL ("\xff\0x")}, {LITERAL ("x")}};
    for (int t = 0; t < 2; t++)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            char endpoint[ENDPOINT_MAX];
            const int listener = raw_listen (endpoint);
            void *const socket = raw_socket (raw_types[t]);
            CHECK_OK (zmq_setsockopt (socket, ZMQ_CONNECT_ROUTING_ID, names[i].name, names[i].size));
            connect_to (socket, endpoint);
            const int fd = raw_accept (listener);
            RECV_BYTES (socket, names[i].name, names[i].size, 1);
            RECV (socket, "");
            send_to (socket, names[i].name, names[i].size, "x");
            raw_expect (fd, "x", 1);
            close (fd);
            close (listener);
            finish ();
        }
}

SOCKET_TEST (the_routing_id_option_is_the_name_of_the_newest_connection)
{
    char endpoint[ENDPOINT_MAX];
    uint8_t id[5], got[256];
    size_t size = sizeof got;
    const int listener = raw_listen (endpoint);
    void *const stream = raw_socket (ZMQ_STREAM);
    CHECK_OK (zmq_getsockopt (stream, ZMQ_ROUTING_ID, got, &size));
    CHECK_INT (0, size);
    connect_to (stream, endpoint);
    size = sizeof got;
    CHECK_OK (zmq_getsockopt (stream, ZMQ_ROUTING_ID, got, &size)); /* known before it is connected */
    CHECK_INT (5, size);
    const int fd = raw_accept (listener);
    recv_notice (stream, id);
    CHECK_BYTES (id, 5, got, 5);
    set_str (stream, ZMQ_CONNECT_ROUTING_ID, "named");
    connect_to (stream, endpoint);
    const int named = raw_accept (listener);
    RECV_PARTS (stream, "named", "");
    size = sizeof got;
    CHECK_OK (zmq_getsockopt (stream, ZMQ_ROUTING_ID, got, &size));
    CHECK_BYTES (id, 5, got, size); /* a name of the application's own is no news */
    close (fd);
    close (named);
    close (listener);
}

SOCKET_TEST (sending_before_the_connection_is_there_waits_for_it)
{
    const char *const endpoint = free_endpoint (TCP);
    uint8_t id[256];
    size_t size = sizeof id;
    void *const client = raw_socket (ZMQ_STREAM), *const server = raw_socket (ZMQ_STREAM);
    set_int (client, ZMQ_RECONNECT_IVL, 10);
    connect_to (client, endpoint);
    CHECK_OK (zmq_getsockopt (client, ZMQ_ROUTING_ID, id, &size));
    send_to (client, id, size, "early");
    bind_to (server, endpoint);
    uint8_t client_id[5];
    recv_notice (server, client_id);
    expect_data (server, client_id, 5, "early");
}

SOCKET_TEST (a_connection_that_was_lost_is_made_again_under_its_name)
{
    char endpoint[ENDPOINT_MAX];
    uint8_t id[5], again[5];
    const int listener = raw_listen (endpoint);
    void *const stream = raw_socket (ZMQ_STREAM);
    set_int (stream, ZMQ_RECONNECT_IVL, 1);
    connect_to (stream, endpoint);
    int fd = raw_accept (listener);
    recv_notice (stream, id);
    for (int i = 0; i < 3; i++) {
        raw_send (fd, "data", 4);
        expect_data (stream, id, 5, "data");
        close (fd);
        fd = raw_accept (listener);
        recv_notice (stream, again); /* lost */
        CHECK_BYTES (id, 5, again, 5);
        recv_notice (stream, again); /* there again */
        CHECK_BYTES (id, 5, again, 5);
        send_to (stream, id, 5, "more");
        raw_expect (fd, "more", 4);
    }
    close (fd);
    close (listener);
}

SOCKET_TEST (large_chunks_are_sent_whole_and_received_in_pieces)
{
    enum { SIZE = 1 << 20 };
    for (int i = 0; i < 2; i++) {
        void *const socket = raw_socket (raw_types[i]);
        uint8_t id[5], *const data = malloc (SIZE), *const got = malloc (SIZE);
        CHECK (data && got);
        for (size_t k = 0; k < SIZE; k++)
            data[k] = (uint8_t) (k * 31 + (k >> 9));
        const int fd = raw_connect (bind_any (socket, TCP));
        recv_notice (socket, id);
        for (int k = 0; k < 3; k++) {
            SEND_BYTES (socket, id, 5, ZMQ_SNDMORE);
            SEND_BYTES (socket, data, SIZE, 0);
        }
        for (int k = 0; k < 3; k++)
            raw_expect (fd, data, SIZE);
        raw_send (fd, data, SIZE);
        for (size_t at = 0; at < SIZE;) {
            RECV_BYTES (socket, id, 5, 1);
            const size_t size = recv_frame (socket, got, SIZE);
            CHECK (size > 0 && size <= 8192); /* ZMQ_IN_BATCH_SIZE */
            CHECK_BYTES (data + at, size, got, size);
            CHECK_INT (0, get_int (socket, ZMQ_RCVMORE));
            at += size;
        }
        close (fd);
        free (data);
        free (got);
        finish ();
    }
}

SOCKET_TEST (a_peer_that_does_not_read_fills_the_queue)
{
    void *const stream = raw_socket (ZMQ_STREAM);
    static char large[100000];
    uint8_t id[5];
    set_int (stream, ZMQ_SNDHWM, 2);
    const int fd = raw_connect (bind_any (stream, TCP));
    recv_notice (stream, id);
    for (int64_t last = now_ms (); !calm (last, SILENCE_MS);)
        if (zmq_send (stream, id, 5, ZMQ_SNDMORE | ZMQ_DONTWAIT) == 5) {
            SEND_BYTES (stream, large, sizeof large, 0);
            last = now_ms ();
        } else {
            CHECK (zmq_errno () == EAGAIN);
            usleep (1000);
        }
    CHECK (get_int (stream, ZMQ_EVENTS) & ZMQ_POLLOUT); /* it does not know to whom */
    set_int (stream, ZMQ_SNDTIMEO, 10);
    while (zmq_send (stream, id, 5, ZMQ_SNDMORE) == 5) /* the system may have found room for some more */
        SEND_BYTES (stream, large, sizeof large, 0);
    CHECK (zmq_errno () == EAGAIN);
    close (fd);
}

SOCKET_TEST (probes_and_handover_mean_nothing_to_raw_connections)
{
    void *const router = raw_socket (ZMQ_ROUTER);
    uint8_t id[5];
    set_int (router, ZMQ_ROUTER_HANDOVER, 1);
    const int fd = raw_connect (bind_any (router, TCP));
    recv_notice (router, id);
    raw_expect_silence (fd);
    send_to (router, id, 5, "data");
    raw_expect (fd, "data", 4);
    close (fd);
}

SOCKET_TEST (raw_and_framed_peers_do_not_understand_each_other)
{
    void *const stream = raw_socket (ZMQ_STREAM), *const dealer = open_socket (ZMQ_DEALER);
    uint8_t id[5], greeting[128];
    join (stream, dealer, TCP);
    recv_notice (stream, id);
    CHECK_INT (5, recv_frame (stream, id, 5));
    const size_t size = recv_frame (stream, greeting, sizeof greeting);
    CHECK (size >= 10 && greeting[0] == 0xff && greeting[9] == 0x7f);
    send_to (stream, id, 5, "HTTP/1.0 400 Bad Request\r\n\r\n");
    /* The dealer takes it for a peer that speaks version 1.0, or hangs up; it gets no message. */
    expect_silence (dealer);
}
