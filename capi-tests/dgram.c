/*  DGRAM: datagrams with the address of their sender or receiver. */

#include "fixture.h"

/*  A bound DGRAM socket and its address, with a NUL at the end, as peers are told it. */
static void *bound_dgram (char address[ENDPOINT_MAX])
{
    static int port = 0;
    void *dgram = open_socket (ZMQ_DGRAM);
    /*  Its own port by process, so that tests that run at once do not hear each other. */
    for (int tries = 0; tries < 1000; tries++) {
        char endpoint[ENDPOINT_MAX];
        port = port ? port + 1 : 20000 + getpid () % 20000;
        snprintf (address, ENDPOINT_MAX, "127.0.0.1:%d", port);
        snprintf (endpoint, sizeof endpoint, "udp://%s", address);
        if (zmq_bind (dgram, endpoint) == 0)
            return dgram;
    }
    harness_fail (__FILE__, __LINE__, "no free port");
}

/*  Sends a question until it arrives: an endpoint may not be there yet. */
static void ask (void *from, void *to, const char *address)
{
    do
        SEND_PARTS (from, address, "question");
    while (!ready_within (to, ZMQ_POLLIN, 10));
}

SOCKET_DRAFT_TEST (datagrams_go_back_to_where_they_came_from)
{
    char asker_address[ENDPOINT_MAX], answerer_address[ENDPOINT_MAX], peer[ENDPOINT_MAX], text[64];
    void *asker = bound_dgram (asker_address), *answerer = bound_dgram (answerer_address);
    ask (asker, answerer, answerer_address);
    const size_t size = recv_frame (answerer, peer, sizeof peer);
    CHECK_BYTES (asker_address, strlen (asker_address) + 1, peer, size);
    CHECK_INT (1, get_int (answerer, ZMQ_RCVMORE));
    CHECK_BYTES ("question", 8, text, recv_frame (answerer, text, sizeof text));
    CHECK_INT (0, get_int (answerer, ZMQ_RCVMORE));
    SEND_BYTES (answerer, peer, size, ZMQ_SNDMORE);
    SEND (answerer, "answer");
    CHECK_BYTES (answerer_address, strlen (answerer_address) + 1, peer, recv_frame (asker, peer, sizeof peer));
    RECV (asker, "answer");
}

SOCKET_DRAFT_TEST (messages_have_two_parts)
{
    char address[ENDPOINT_MAX];
    void *dgram = bound_dgram (address);
    CHECK_ERRNO (EINVAL, zmq_send (dgram, "text", 4, 0));
    SEND_MORE (dgram, address);
    CHECK_ERRNO (EINVAL, zmq_send (dgram, "text", 4, ZMQ_SNDMORE));
    SEND (dgram, "");
    char peer[ENDPOINT_MAX];
    recv_frame (dgram, peer, sizeof peer);
    RECV (dgram, "");
}

SOCKET_DRAFT_TEST (what_cannot_be_sent_is_dropped)
{
    char address[ENDPOINT_MAX], peer[ENDPOINT_MAX];
    void *dgram = bound_dgram (address);
    static const char *const wrong[] = {"", "nonsense", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:", ":5", "name:5"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        SEND_PARTS (dgram, wrong[i], "text");
    if (running_on_ozmium ()) { /* libzmq writes behind its buffer */
        static char large[8193];
        SEND_MORE (dgram, address);
        SEND_BYTES (dgram, large, sizeof large, 0);
    }
    SEND_PARTS (dgram, address, "right");
    recv_frame (dgram, peer, sizeof peer);
    RECV (dgram, "right");
    expect_silence (dgram);
}

SOCKET_DRAFT_TEST (dgram_sockets_are_bound_not_connected)
{
    void *dgram = open_socket (ZMQ_DGRAM);
    CHECK_ERRNO (ENOCOMPATPROTO, zmq_connect (dgram, "udp://127.0.0.1:9"));
    CHECK_INT (0, get_int (dgram, ZMQ_THREAD_SAFE));
    CHECK_INT (0, get_int (dgram, ZMQ_EVENTS));
    RECV_NOTHING (dgram);
}

SOCKET_OZMIUM_TEST (there_are_no_datagrams_without_an_endpoint, "libzmq aborts")
{
    void *dgram = open_socket (ZMQ_DGRAM);
    CHECK_ERRNO (EAGAIN, zmq_send (dgram, "127.0.0.1:9", 11, ZMQ_SNDMORE | ZMQ_DONTWAIT));
    CHECK_OK (zmq_bind (dgram, "udp://127.0.0.1:*"));
    SEND_PARTS (dgram, "127.0.0.1:9", "text");
    CHECK_OK (zmq_unbind (dgram, "udp://127.0.0.1:*"));
    CHECK_ERRNO (EAGAIN, zmq_send (dgram, "127.0.0.1:9", 11, ZMQ_SNDMORE | ZMQ_DONTWAIT));
}

SOCKET_OZMIUM_TEST (ipv6_peers_stand_in_brackets, "libzmq aborts")
{
    if (!have_ipv6 ())
        skip_test ("no IPv6");
    void *one = open_socket (ZMQ_DGRAM), *other = open_socket (ZMQ_DGRAM);
    char address[ENDPOINT_MAX], own[ENDPOINT_MAX], peer[ENDPOINT_MAX];
    set_int (one, ZMQ_IPV6, 1);
    set_int (other, ZMQ_IPV6, 1);
    bind_to (one, "udp://[::1]:*");
    bind_to (other, "udp://[::1]:*");
    last_endpoint (one, own);
    last_endpoint (other, address);
    SEND_PARTS (one, address, "text");
    CHECK_BYTES (own, strlen (own) + 1, peer, recv_frame (other, peer, sizeof peer));
    RECV (other, "text");
}
