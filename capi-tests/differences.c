/*  Differences from libzmq, on purpose, that belong to no other topic. docs/differences.md lists all. */

#include "fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>

OZMIUM_TEST (unbind_frees_the_address_before_it_returns, "libzmq closes later, on its I/O thread")
{
    for (enum transport t = TCP; t <= IPC; t++)
        for (int i = 0; i < 50; i++) {
            void *const first = open_socket (ZMQ_PULL), *const second = open_socket (ZMQ_PULL);
            const char *const endpoint = bind_any (first, t);
            CHECK_OK (zmq_unbind (first, endpoint));
            CHECK_OK (zmq_bind (second, endpoint));
            finish ();
        }
}

OZMIUM_TEST (events_wait_for_whoever_connects_to_the_monitor, "libzmq's I/O thread waits for a reader instead")
{
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    CHECK_OK (zmq_socket_monitor (pull, "inproc://events", ZMQ_EVENT_LISTENING | ZMQ_EVENT_HANDSHAKE_SUCCEEDED));
    join (pull, push, TCP);
    SEND (push, "nobody listens yet");
    RECV (pull, "nobody listens yet");
    void *const monitor = open_socket (ZMQ_PAIR);
    connect_to (monitor, "inproc://events");
    EXPECT_EVENT (monitor, ZMQ_EVENT_LISTENING);
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    CHECK_OK (zmq_socket_monitor (pull, NULL, 0));
    finish ();
}

OZMIUM_TEST (unsent_subscriptions_are_not_lingered_for, "libzmq waits for a publisher for ever")
{
    void *const sub = open_socket (ZMQ_SUB);
    set_int (sub, ZMQ_LINGER, -1);
    subscribe (sub, "topic");
    connect_to (sub, free_endpoint (TCP));
    finish ();
}

OZMIUM_TEST (a_message_cut_off_between_two_parts_ends_with_an_empty_one, "libzmq asserts")
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const first = open_socket (ZMQ_PUSH), *const second = open_socket (ZMQ_PUSH);
        void *const pull = open_socket (ZMQ_PULL);
        const char *const endpoint = join (first, pull, t);
        SEND_PARTS (first, "one", "two");
        RECV_MORE (pull, "one");
        CHECK_OK (zmq_disconnect (pull, endpoint));
        RECV (pull, "");
        join (second, pull, t);
        SEND (second, "whole");
        RECV (pull, "whole");
        finish ();
    }
}

SOCKET_TEST (the_rest_of_a_message_is_not_for_the_next_peer)
{
    void *const pair = open_socket (ZMQ_PAIR), *const first = open_socket (ZMQ_PAIR);
    void *const monitor = open_monitor (test_ctx (), pair, ZMQ_EVENT_DISCONNECTED);
    const char *const endpoint = join (pair, first, TCP);
    bounce (pair, first);
    SEND_MORE (pair, "one");
    shut (first);
    EXPECT_EVENT (monitor, ZMQ_EVENT_DISCONNECTED);
    /* The socket hears of it when it is called into. */
    for (int i = 0; i < 3; i++) {
        get_int (pair, ZMQ_EVENTS);
        settle ();
    }
    void *const second = open_socket (ZMQ_PAIR);
    connect_to (second, endpoint);
    SEND (second, "here I am");
    RECV (pair, "here I am");
    SEND (pair, "two");
    SEND (pair, "whole");
    if (!DIFFERS ("libzmq takes the rest for a message of its own"))
        RECV (second, "two");
    RECV (second, "whole");
    CHECK_OK (zmq_socket_monitor (pair, NULL, 0));
    close_socket (monitor);
}

OZMIUM_TEST (a_name_that_another_peer_has_is_not_given_by_connect_routing_id, "libzmq asserts")
{
    void *const router = open_socket (ZMQ_ROUTER);
    void *const first = open_socket (ZMQ_DEALER), *const second = open_socket (ZMQ_DEALER);
    char id[16];
    set_str (second, ZMQ_ROUTING_ID, "own");
    set_str (router, ZMQ_CONNECT_ROUTING_ID, "X");
    join (first, router, TCP);
    set_str (router, ZMQ_CONNECT_ROUTING_ID, "X");
    join (second, router, TCP);
    SEND (second, "2");
    CHECK_INT (3, recv_frame (router, id, sizeof id));
    CHECK_BYTES ("own", 3, id, 3);
    RECV (router, "2");
    SEND_PARTS (router, "X", "1");
    RECV (first, "1");
    finish ();
}

SOCKET_TEST (a_peer_that_is_turned_away_for_its_name_can_go_on_sending)
{
    void *const router = open_socket (ZMQ_ROUTER);
    void *peers[2];
    set_int (router, ZMQ_RCVHWM, 1);
    const char *const endpoint = bind_any (router, TCP);
    for (int i = 0; i < 2; i++) {
        peers[i] = open_socket (ZMQ_DEALER);
        set_str (peers[i], ZMQ_ROUTING_ID, "X");
        set_int (peers[i], ZMQ_SNDHWM, 1);
        connect_to (peers[i], endpoint);
        if (i == 0) {
            SEND (peers[0], "first");
            RECV_PARTS (router, "X", "first");
        }
    }
    static char large[100000];
    int sent = 0;
    const bool goes_on = DIFFERS ("libzmq does not read what such a peer sends, which is held up");
    const int64_t patience = goes_on ? patience_ms () : 2 * SILENCE_MS;
    for (int64_t last = now_ms (); sent < 200 && now_ms () - last < patience;) {
        if (zmq_send (peers[1], large, sizeof large, ZMQ_DONTWAIT) == sizeof large) {
            sent++;
            last = now_ms ();
        } else
            usleep (1000);
        RECV_NOTHING (router);
    }
    CHECK_INT (goes_on, sent == 200);
}

SOCKET_TEST (a_small_message_limit_lets_peers_in)
{
    const int64_t limit = 3;
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    CHECK_OK (zmq_setsockopt (pull, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    join (pull, push, TCP);
    SEND (push, "yes");
    if (DIFFERS ("libzmq's limit holds for the handshake's READY, too"))
        RECV (pull, "yes");
    else
        expect_silence (pull);
}

OZMIUM_TEST (what_libzmq_reads_beyond_ends_the_connection, "libzmq reads beyond a PING without its TTL")
{
    static const struct
    {
        const char *bytes;
        size_t size;
    } cases[] = {
      {LITERAL ("\4\5\4PING")},
      {LITERAL ("\4\6\4PING\0")},
      {LITERAL ("\2\200\0\0\0\0\0\0\0")}, /* a length whose highest bit is set */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int fd = zmtp_peer (bind_any (open_socket (ZMQ_DEALER), TCP), "DEALER");
        raw_send (fd, cases[i].bytes, cases[i].size);
        raw_expect_close (fd);
        finish ();
    }
}

OZMIUM_TEST (a_routing_id_of_more_than_255_bytes_ends_the_connection, "libzmq takes it")
{
    static const char *const heads[] = {
      "\377\0\0\0\0\0\0\0\1\177\1\5" "\2\0\0\0\0\0\0\1\0", /* ZMTP 2.0, DEALER; a frame of 256 bytes */
      "\377\0\0\0\0\0\0\1\1\0"                             /* ZMTP 1.0 */
    };
    static const size_t sizes[] = {21, 10};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        char id[256] = "";
        const int fd = raw_connect (bind_any (open_socket (ZMQ_ROUTER), TCP));
        raw_send (fd, heads[i], sizes[i]);
        send (fd, id, sizeof id, MSG_NOSIGNAL);
        raw_expect_close (fd);
        finish ();
    }
}

SOCKET_TEST (an_abstract_name_leaves_the_file_of_that_name_alone)
{
    char name[ENDPOINT_MAX], path[ENDPOINT_MAX], endpoint[ENDPOINT_MAX + 8];
    fresh_ipc (name);
    strcpy (path, name + strlen ("ipc://"));
    char *const directory = strdup (path), *const last = strrchr (directory, '/');
    *last = 0;
    CHECK_OK (chdir (directory));
    snprintf (path, sizeof path, "@%s", last + 1);
    const int fd = open (path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    CHECK (fd >= 0);
    close (fd);
    snprintf (endpoint, sizeof endpoint, "ipc://%s", path);
    void *const pull = open_socket (ZMQ_PULL);
    bind_to (pull, endpoint);
    CHECK_OK (zmq_unbind (pull, endpoint));
    finish ();
    const bool is_there = access (path, F_OK) == 0;
    if (DIFFERS ("libzmq removes it"))
        CHECK (is_there);
    unlink (path);
    free (directory);
}

OZMIUM_TEST (a_source_address_is_where_a_proxy_is_reached_from, "libzmq makes it part of the name it tells the proxy")
{
    char proxy[ENDPOINT_MAX];
    const int listener = raw_listen (proxy);
    void *const push = open_socket (ZMQ_PUSH);
    set_str (push, ZMQ_SOCKS_PROXY, proxy + strlen ("tcp://"));
    connect_to (push, "tcp://127.0.0.2:0;192.0.2.1:5555");
    const int fd = raw_accept (listener);
    struct sockaddr_in source;
    socklen_t size = sizeof source;
    CHECK_OK (getpeername (fd, (struct sockaddr *) &source, &size));
    CHECK_STR ("127.0.0.2", inet_ntoa (source.sin_addr));
    raw_expect (fd, LITERAL ("\5\1\0"));
    raw_send (fd, LITERAL ("\5\0"));
    raw_expect (fd, LITERAL ("\5\1\0\1\300\0\2\1\25\263"));
    close (fd);
    close (listener);
    finish ();
}
