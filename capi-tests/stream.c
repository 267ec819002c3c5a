/*  STREAM: plain TCP with routing ids. */

#include "fixture.h"

/*  Reads "id, empty": a connection came or went. */
static void recv_notice (void *stream, uint8_t id[5])
{
    CHECK_INT (5, recv_frame (stream, id, 5));
    CHECK_INT (1, get_int (stream, ZMQ_RCVMORE));
    RECV (stream, "");
}

static void send_to (void *stream, const uint8_t id[5], const void *data, size_t size)
{
    SEND_BYTES (stream, id, 5, ZMQ_SNDMORE);
    SEND_BYTES (stream, data, size, 0);
}

SOCKET_TEST (a_listener_tells_of_connects_data_and_disconnects)
{
    void *const stream = open_socket (ZMQ_STREAM);
    uint8_t id[5], again[5];
    const int fd = raw_connect (bind_any (stream, TCP));
    recv_notice (stream, id);
    CHECK_INT (0, id[0]);
    raw_send (fd, "some bytes", 10);
    RECV_BYTES (stream, id, 5, 1);
    RECV (stream, "some bytes");
    send_to (stream, id, "other bytes", 11);
    raw_expect (fd, "other bytes", 11);
    close (fd);
    recv_notice (stream, again);
    CHECK_BYTES (id, 5, again, 5);
    RECV_NOTHING (stream);
}

SOCKET_TEST (a_connecting_stream_learns_its_id_by_the_notice)
{
    char endpoint[ENDPOINT_MAX];
    uint8_t id[5], again[5];
    const int listener = raw_listen (endpoint);
    void *const stream = open_socket (ZMQ_STREAM);
    connect_to (stream, endpoint);
    const int fd = raw_accept (listener);
    recv_notice (stream, id);
    send_to (stream, id, "GET / HTTP/1.0\r\n\r\n", 18);
    raw_expect (fd, "GET / HTTP/1.0\r\n\r\n", 18);
    raw_send (fd, "HTTP/1.0 200 OK\r\n\r\n", 19);
    RECV_BYTES (stream, id, 5, 1);
    RECV (stream, "HTTP/1.0 200 OK\r\n\r\n");
    close (fd);
    recv_notice (stream, again);
    CHECK_BYTES (id, 5, again, 5);
    close (listener);
}

SOCKET_TEST (the_routing_id_option_tells_the_id_of_the_connect)
{
    char endpoint[ENDPOINT_MAX];
    uint8_t id[5];
    const int listener = raw_listen (endpoint);
    void *const stream = open_socket (ZMQ_STREAM);
    set_str (stream, ZMQ_CONNECT_ROUTING_ID, "mine!");
    connect_to (stream, endpoint);
    const int fd = raw_accept (listener);
    recv_notice (stream, id);
    CHECK_BYTES ("mine!", 5, id, 5);
    send_to (stream, id, "x", 1);
    raw_expect (fd, "x", 1);
    close (fd);
    close (listener);
}

SOCKET_TEST (an_empty_frame_closes_the_connection)
{
    void *const stream = open_socket (ZMQ_STREAM);
    uint8_t id[5];
    const int fd = raw_connect (bind_any (stream, TCP));
    recv_notice (stream, id);
    send_to (stream, id, "", 0);
    /* The end is agreed upon between threads, which takes calls of this one. */
    WAIT_UNTIL (get_int (stream, ZMQ_EVENTS) && raw_readable (fd, 0));
    raw_expect_close (fd);
    CHECK_ERRNO (EHOSTUNREACH, zmq_send (stream, id, 5, ZMQ_SNDMORE));
}

SOCKET_TEST (sending_to_an_unknown_id_is_refused)
{
    void *const stream = open_socket (ZMQ_STREAM);
    bind_any (stream, TCP);
    CHECK_ERRNO (EHOSTUNREACH, zmq_send (stream, "nobod", 5, ZMQ_SNDMORE));
    CHECK_ERRNO (EHOSTUNREACH, zmq_send (stream, "nobod", 5, ZMQ_SNDMORE | ZMQ_DONTWAIT));
}

SOCKET_TEST (without_notify_only_data_is_delivered)
{
    void *const stream = open_socket (ZMQ_STREAM);
    uint8_t id[5];
    set_int (stream, ZMQ_STREAM_NOTIFY, 0);
    const int fd = raw_connect (bind_any (stream, TCP));
    raw_send (fd, "x", 1);
    CHECK_INT (5, recv_frame (stream, id, 5));
    RECV (stream, "x");
    close (fd);
    expect_silence (stream);
}

SOCKET_TEST (many_connections_are_kept_apart)
{
    enum { COUNT = 8 };
    void *const stream = open_socket (ZMQ_STREAM);
    uint8_t ids[COUNT][5];
    int fds[COUNT];
    const char *const endpoint = bind_any (stream, TCP);
    for (int i = 0; i < COUNT; i++) {
        fds[i] = raw_connect (endpoint);
        recv_notice (stream, ids[i]);
        for (int k = 0; k < i; k++)
            CHECK (memcmp (ids[k], ids[i], 5) != 0);
    }
    for (int i = COUNT - 1; i >= 0; i--) {
        const char byte = (char) ('a' + i);
        send_to (stream, ids[i], &byte, 1);
        raw_expect (fds[i], &byte, 1);
        raw_send (fds[i], &byte, 1);
        RECV_BYTES (stream, ids[i], 5, 1);
        RECV_BYTES (stream, &byte, 1, 0);
    }
    for (int i = 0; i < COUNT; i++)
        close (fds[i]);
}

SOCKET_TEST (a_large_transfer_arrives_whole)
{
    enum { SIZE = 3 << 20 };
    void *const stream = open_socket (ZMQ_STREAM);
    uint8_t id[5], *const data = malloc (SIZE), *const got = malloc (SIZE);
    CHECK (data && got);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (uint8_t) (i * 7 + (i >> 8));
    const int fd = raw_connect (bind_any (stream, TCP));
    recv_notice (stream, id);
    send_to (stream, id, data, SIZE);
    raw_expect (fd, data, SIZE);
    for (size_t sent = 0; sent < SIZE; sent += SIZE / 32)
        raw_send (fd, data + sent, SIZE / 32);
    for (size_t at = 0; at < SIZE;) {
        RECV_BYTES (stream, id, 5, 1);
        const size_t size = recv_frame (stream, got, SIZE - at);
        CHECK (size > 0);
        CHECK_BYTES (data + at, size, got, size);
        at += size;
    }
    close (fd);
    free (data);
    free (got);
}

SOCKET_TEST (more_frames_than_two_are_separate_sends)
{
    /* The data frame ends the message whatever its flag says. */
    void *const stream = open_socket (ZMQ_STREAM);
    uint8_t id[5];
    const int fd = raw_connect (bind_any (stream, TCP));
    recv_notice (stream, id);
    SEND_BYTES (stream, id, 5, ZMQ_SNDMORE);
    SEND_BYTES (stream, "one", 3, ZMQ_SNDMORE);
    SEND_BYTES (stream, id, 5, ZMQ_SNDMORE);
    SEND_BYTES (stream, "two", 3, ZMQ_SNDMORE);
    raw_expect (fd, "onetwo", 6);
    close (fd);
}

SOCKET_TEST (stream_talks_to_stream)
{
    void *const server = open_socket (ZMQ_STREAM), *const client = open_socket (ZMQ_STREAM);
    uint8_t server_id[5], client_id[5];
    join (server, client, TCP);
    recv_notice (client, server_id);
    recv_notice (server, client_id);
    send_to (client, server_id, "hello", 5);
    RECV_BYTES (server, client_id, 5, 1);
    RECV (server, "hello");
    send_to (server, client_id, "back", 4);
    RECV_BYTES (client, server_id, 5, 1);
    RECV (client, "back");
}

SOCKET_TEST (other_transports_than_tcp_are_refused)
{
    void *const stream = open_socket (ZMQ_STREAM);
    const int negative = -1, one = 1;
    CHECK_ERRNO (EINVAL, zmq_setsockopt (stream, ZMQ_STREAM_NOTIFY, &negative, sizeof negative));
    void *const push = open_socket (ZMQ_PUSH);
    CHECK_ERRNO (EINVAL, zmq_setsockopt (push, ZMQ_STREAM_NOTIFY, &one, sizeof one));
}
