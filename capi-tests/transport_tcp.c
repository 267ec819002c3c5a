/*  tcp: addresses, names, source addresses, IPv6, options that reach the kernel, connections that come and go. */

#include "harness.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

TEST (messages_of_many_sizes_go_over)
{
    static const size_t sizes[] = {0, 1, 29, 33, 34, 254, 255, 256, 8191, 8192, 8193, 65535, 65536, 100000, 10000000};
    void *const ctx = new_ctx ();
    void *a, *b;
    connected_pair (ctx, TCP, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        zmq_msg_t sent, got;
        CHECK_OK (zmq_msg_init_size (&sent, sizes[i]));
        memset (zmq_msg_data (&sent), (int) i + 1, sizes[i]);
        CHECK_INT (sizes[i], zmq_msg_send (&sent, a, 0));
        CHECK_OK (zmq_msg_init (&got));
        CHECK_INT (sizes[i], zmq_msg_recv (&got, b, 0));
        const uint8_t *const data = zmq_msg_data (&got);
        for (size_t at = 0; at < sizes[i]; at++)
            if (data[at] != i + 1)
                harness_fail (__FILE__, __LINE__, "byte %zu of %zu is %d", at, sizes[i], data[at]);
        CHECK_OK (zmq_msg_close (&got));
    }
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

TEST (connect_before_bind)
{
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    unused_tcp (endpoint);
    CHECK_OK (zmq_connect (push, endpoint));
    SEND (push, "early");
    CHECK_OK (zmq_bind (pull, endpoint));
    RECV (pull, "early");
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (connect_by_name)
{
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX], by_name[ENDPOINT_MAX];
    bind_fresh (pull, TCP, endpoint);
    snprintf (by_name, sizeof by_name, "tcp://localhost%s", strrchr (endpoint, ':'));
    CHECK_OK (zmq_connect (push, by_name));
    SEND (push, "hello");
    RECV (pull, "hello");
    CHECK_OK (zmq_disconnect (push, by_name));
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (reconnects_when_the_server_comes_back)
{
    void *const ctx = new_ctx ();
    void *pull, *push;
    char endpoint[ENDPOINT_MAX];
    connected_pair (ctx, TCP, ZMQ_PULL, &pull, ZMQ_PUSH, &push, endpoint);
    SEND (push, "first");
    RECV (pull, "first");
    void *const monitor = open_monitor (ctx, push, ZMQ_EVENT_DISCONNECTED);
    close_socket (pull);
    EXPECT_EVENT (monitor, ZMQ_EVENT_DISCONNECTED);
    pull = new_socket (ctx, ZMQ_PULL);
    WAIT_UNTIL (zmq_bind (pull, endpoint) == 0);
    SEND (push, "second");
    RECV (pull, "second");
    close_socket (monitor);
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (reconnect_interval_minus_one_means_once)
{
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH);
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    set_int (push, ZMQ_RECONNECT_IVL, -1);
    void *const monitor = open_monitor (ctx, push, ZMQ_EVENT_ALL);
    CHECK_OK (zmq_connect (push, endpoint));
    const int fd = raw_accept (listener);
    wait_event (monitor, ZMQ_EVENT_CONNECTED);
    zmtp3_handshake (fd, "PULL");
    wait_event (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close (fd);
    wait_event (monitor, ZMQ_EVENT_DISCONNECTED);
    set_int (monitor, ZMQ_RCVTIMEO, 300);
    CHECK_ERRNO (EAGAIN, zmq_recv (monitor, NULL, 0, 0));
    close (listener);
    close_socket (monitor);
    close_socket (push);
    term_ctx (ctx);
}

/*  ---- Source addresses ----------------------------------------------------------------------------------------------- */

static void check_source (const char *source, const char *expected_ip, int expected_port)
{
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH);
    char endpoint[ENDPOINT_MAX], with_source[2 * ENDPOINT_MAX], ip[64];
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    const int listener = raw_listen (endpoint);
    snprintf (with_source, sizeof with_source, "tcp://%s;%s", source, endpoint + strlen ("tcp://"));
    CHECK_OK (zmq_connect (push, with_source));
    const int fd = raw_accept (listener);
    CHECK_OK (getpeername (fd, (struct sockaddr *) &peer, &size));
    CHECK_STR (expected_ip, inet_ntop (AF_INET, &peer.sin_addr, ip, sizeof ip));
    if (expected_port)
        CHECK_INT (expected_port, ntohs (peer.sin_port));
    CHECK_OK (zmq_disconnect (push, with_source));
    close (fd);
    close (listener);
    close_socket (push);
    term_ctx (ctx);
}

TEST (source_address_is_bound_before_connecting)
{
    check_source ("127.0.0.5:0", "127.0.0.5", 0);
    check_source ("127.0.0.6:*", "127.0.0.6", 0);
    check_source ("lo:0", "127.0.0.1", 0);
}

TEST (source_port_is_used)
{
    char source[ENDPOINT_MAX];
    unused_tcp (source);
    check_source (source + strlen ("tcp://"), "127.0.0.1", atoi (strrchr (source, ':') + 1));
}

/*  ---- IPv6 ----------------------------------------------------------------------------------------------------------- */

TEST (ipv6_needs_its_option)
{
    if (!have_ipv6 ())
        skip_test ("no IPv6 here");
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    CHECK_ERRNO (ENODEV, zmq_bind (pull, "tcp://[::1]:*"));
    set_int (pull, ZMQ_IPV6, 1);
    CHECK_OK (zmq_bind (pull, "tcp://[::1]:*"));
    last_endpoint (pull, endpoint);
    CHECK (strncmp (endpoint, "tcp://[::1]:", 12) == 0);
    set_int (push, ZMQ_IPV6, 1);
    CHECK_OK (zmq_connect (push, endpoint));
    SEND (push, "six");
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (3, zmq_msg_recv (&msg, pull, 0));
    CHECK_STR ("::1", zmq_msg_gets (&msg, "Peer-Address"));
    CHECK_OK (zmq_msg_close (&msg));
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (ipv6_wildcard_takes_both_kinds_of_peers)
{
    if (!have_ipv6 ())
        skip_test ("no IPv6 here");
    void *const ctx = new_ctx ();
    void *const pull = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX], other[ENDPOINT_MAX];
    set_int (pull, ZMQ_IPV6, 1);
    CHECK_OK (zmq_bind (pull, "tcp://*:*"));
    last_endpoint (pull, endpoint);
    CHECK (strncmp (endpoint, "tcp://[::]:", 11) == 0);
    for (int six = 0; six <= 1; six++) {
        void *const push = new_socket (ctx, ZMQ_PUSH);
        set_int (push, ZMQ_IPV6, six);
        snprintf (other, sizeof other, "tcp://%s%s", six ? "[::1]" : "127.0.0.1", strrchr (endpoint, ':'));
        CHECK_OK (zmq_connect (push, other));
        SEND (push, "hello");
        RECV (pull, "hello");
        close_socket (push);
    }
    close_socket (pull);
    term_ctx (ctx);
}

/*  ---- Options that reach the kernel ------------------------------------------------------------------------------------ */

static int kernel_option (int fd, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof value;
    CHECK_OK (getsockopt (fd, level, option, &value, &size));
    return value;
}

/*  The server's descriptor of a connection over which one message came. */
static int server_fd (void *server, void *client)
{
    zmq_msg_t msg;
    SEND (client, "x");
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (1, zmq_msg_recv (&msg, server, 0));
    const int fd = zmq_msg_get (&msg, ZMQ_SRCFD);
    CHECK (fd >= 0);
    CHECK_OK (zmq_msg_close (&msg));
    return fd;
}

TEST (options_are_set_on_accepted_and_made_connections)
{
    static const int options[][2] = {{ZMQ_TCP_KEEPALIVE, 1},       {ZMQ_TCP_KEEPALIVE_CNT, 7},
                                     {ZMQ_TCP_KEEPALIVE_IDLE, 77}, {ZMQ_TCP_KEEPALIVE_INTVL, 17},
                                     {ZMQ_TOS, 0x28},              {ZMQ_SNDBUF, 30000},
                                     {ZMQ_RCVBUF, 40000}};
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_PAIR), *const client = new_socket (ctx, ZMQ_PAIR);
    char endpoint[ENDPOINT_MAX];
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        set_int (server, options[i][0], options[i][1]);
        set_int (client, options[i][0], options[i][1]);
    }
    bind_fresh (server, TCP, endpoint);
    CHECK_OK (zmq_connect (client, endpoint));
    const int fds[] = {server_fd (server, client), server_fd (client, server)};
    for (int i = 0; i < 2; i++) {
        CHECK_INT (1, kernel_option (fds[i], SOL_SOCKET, SO_KEEPALIVE));
        CHECK_INT (7, kernel_option (fds[i], IPPROTO_TCP, TCP_KEEPCNT));
        CHECK_INT (77, kernel_option (fds[i], IPPROTO_TCP, TCP_KEEPIDLE));
        CHECK_INT (17, kernel_option (fds[i], IPPROTO_TCP, TCP_KEEPINTVL));
        CHECK_INT (0x28, kernel_option (fds[i], IPPROTO_IP, IP_TOS));
        CHECK_INT (60000, kernel_option (fds[i], SOL_SOCKET, SO_SNDBUF));
        CHECK_INT (80000, kernel_option (fds[i], SOL_SOCKET, SO_RCVBUF));
        CHECK (kernel_option (fds[i], IPPROTO_TCP, TCP_NODELAY) != 0);
    }
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
}

TEST (keepalive_stays_the_system_s_by_default)
{
    void *const ctx = new_ctx ();
    void *server, *client;
    connected_pair (ctx, TCP, ZMQ_PULL, &server, ZMQ_PUSH, &client, NULL);
    CHECK_INT (0, kernel_option (server_fd (server, client), SOL_SOCKET, SO_KEEPALIVE));
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
}

TEST (bind_takes_over_a_listening_descriptor)
{
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_PULL), *const client = new_socket (ctx, ZMQ_PUSH);
    char endpoint[ENDPOINT_MAX], told[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    set_int (server, ZMQ_USE_FD, listener);
    CHECK_OK (zmq_bind (server, endpoint));
    last_endpoint (server, told);
    CHECK_STR (endpoint, told);
    CHECK_OK (zmq_connect (client, endpoint));
    SEND (client, "through");
    RECV (server, "through");
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
    CHECK_ERRNO (EBADF, fcntl (listener, F_GETFD));
}

TEST (descriptors_are_close_on_exec)
{
    bool inherited[1024];
    for (int fd = 0; fd < 1024; fd++)
        inherited[fd] = fcntl (fd, F_GETFD) != -1;
    void *const ctx = new_ctx ();
    void *server, *client;
    connected_pair (ctx, TCP, ZMQ_PULL, &server, ZMQ_PUSH, &client, NULL);
    const int accepted = server_fd (server, client);
    CHECK_INT (FD_CLOEXEC, fcntl (accepted, F_GETFD));
    CHECK_INT (FD_CLOEXEC, fcntl (get_int (server, ZMQ_FD), F_GETFD));
    if (DIFFERS ("libzmq leaves some of its own open in programs that are started")) {
        DIR *const fds = opendir ("/proc/self/fd");
        for (const struct dirent *entry; (entry = readdir (fds)) != NULL;) {
            const int fd = atoi (entry->d_name);
            if (entry->d_name[0] != '.' && fd < 1024 && !inherited[fd])
                CHECK_INT (FD_CLOEXEC, fcntl (fd, F_GETFD));
        }
        closedir (fds);
    }
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
}

/*  ---- Peers that are refused ------------------------------------------------------------------------------------------- */

TEST (accept_filter_refuses_other_addresses)
{
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_PULL), *const client = new_socket (ctx, ZMQ_PUSH);
    char endpoint[ENDPOINT_MAX];
    set_str (server, ZMQ_TCP_ACCEPT_FILTER, "10.0.0.0/8");
    bind_fresh (server, TCP, endpoint);
    raw_expect_close (raw_connect (endpoint));
    /* Filters are a listener's own: what is added later counts for later binds. */
    set_str (server, ZMQ_TCP_ACCEPT_FILTER, "127.0.0.1");
    bind_fresh (server, TCP, endpoint);
    CHECK_OK (zmq_connect (client, endpoint));
    SEND (client, "let in");
    RECV (server, "let in");
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
}

TEST (silent_peer_is_dropped_after_the_handshake_interval)
{
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    set_int (server, ZMQ_HANDSHAKE_IVL, 100);
    bind_fresh (server, TCP, endpoint);
    const int64_t started = now_ms ();
    raw_expect_close (raw_connect (endpoint));
    CHECK (now_ms () - started >= 95);
    close_socket (server);
    term_ctx (ctx);
}

TEST (message_above_maxmsgsize_ends_the_connection)
{
    static const char body[101];
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_PULL);
    const int64_t limit = 100;
    char endpoint[ENDPOINT_MAX], got[200];
    CHECK_OK (zmq_setsockopt (server, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    bind_fresh (server, TCP, endpoint);
    const int fd = raw_connect (endpoint);
    zmtp3_handshake (fd, "PUSH");
    zmtp_send_frame (fd, 0, body, 100);
    CHECK_INT (100, zmq_recv (server, got, sizeof got, 0));
    zmtp_send_frame (fd, 0, body, 101);
    raw_expect_close (fd);
    close_socket (server);
    term_ctx (ctx);
}

TEST (garbage_ends_the_connection_and_nothing_else)
{
    static const char *const garbage[] = {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
                                          "\x03\x00xx\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"};
    void *const ctx = new_ctx ();
    void *server, *client;
    char endpoint[ENDPOINT_MAX];
    connected_pair (ctx, TCP, ZMQ_PULL, &server, ZMQ_PUSH, &client, endpoint);
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        const int fd = raw_connect (endpoint);
        raw_send (fd, garbage[i], strlen (garbage[i]));
        CHECK_OK (shutdown (fd, SHUT_WR));
        raw_expect_close (fd);
        SEND (client, "still here");
        RECV (server, "still here");
    }
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
}

/*  ---- Heartbeats ------------------------------------------------------------------------------------------------------- */

TEST (heartbeats_are_sent_and_a_peer_that_does_not_answer_is_dropped)
{
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_DEALER);
    char endpoint[ENDPOINT_MAX];
    static struct frame frame;
    set_int (server, ZMQ_HEARTBEAT_IVL, 50);
    set_int (server, ZMQ_HEARTBEAT_TIMEOUT, patience_ms () / 3);
    set_int (server, ZMQ_HEARTBEAT_TTL, 1500);
    bind_fresh (server, TCP, endpoint);
    const int fd = raw_connect (endpoint);
    zmtp3_handshake (fd, "DEALER");
    zmtp_recv_frame (fd, &frame);
    CHECK_INT (ZMTP_COMMAND, frame.flags);
    CHECK_BYTES ("\4PING\0\17", 7, frame.body, frame.size); /* 15 tenths of a second */
    for (int i = 0; i < 5; i++) {
        zmtp_send_frame (fd, ZMTP_COMMAND, "\4PONG", 5);
        zmtp_recv_frame (fd, &frame);
        CHECK_BYTES ("\4PING\0\17", 7, frame.body, frame.size);
    }
    raw_expect_close (fd);
    close_socket (server);
    term_ctx (ctx);
}

TEST (ping_is_answered_with_its_context)
{
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_DEALER);
    char endpoint[ENDPOINT_MAX];
    bind_fresh (server, TCP, endpoint);
    const int fd = raw_connect (endpoint);
    zmtp3_handshake (fd, "DEALER");
    zmtp_send_frame (fd, ZMTP_COMMAND, "\4PING\0\0", 7);
    zmtp_expect_frame (fd, ZMTP_COMMAND, "\4PONG");
    zmtp_send_frame (fd, ZMTP_COMMAND, "\4PING\0\0context", 14);
    zmtp_expect_frame (fd, ZMTP_COMMAND, "\4PONGcontext");
    close (fd);
    close_socket (server);
    term_ctx (ctx);
}

TEST (ttl_of_a_ping_bounds_the_silence_that_follows)
{
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_DEALER);
    char endpoint[ENDPOINT_MAX];
    bind_fresh (server, TCP, endpoint);
    const int fd = raw_connect (endpoint);
    zmtp3_handshake (fd, "DEALER");
    const int64_t started = now_ms ();
    zmtp_send_frame (fd, ZMTP_COMMAND, "\4PING\0\2", 7);
    zmtp_expect_frame (fd, ZMTP_COMMAND, "\4PONG");
    raw_expect_close (fd);
    CHECK (now_ms () - started >= 100); /* an I/O thread's idea of now may lag behind */
    close_socket (server);
    term_ctx (ctx);
}
