/*  Options whose effect can be seen at the system's sockets or in what peers are told, and that no other topic shows. */

#include "fixture.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

static int system_option (int fd, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof value;
    CHECK_OK (getsockopt (fd, level, option, &value, &size));
    return value;
}

static void finish_monitor (void *socket, void *monitor)
{
    CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
    close_socket (monitor);
}

/*  The descriptor of a socket's only connection. */
static int connected_fd (void *monitor)
{
    return EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECTED).value;
}

/*  How long the queue of the listener is that the socket binds. */
static int bound_queue (void *socket)
{
    void *const monitor = open_monitor (test_ctx (), socket, ZMQ_EVENT_LISTENING);
    bind_any (socket, TCP);
    struct tcp_info info;
    socklen_t size = sizeof info;
    const int fd = EXPECT_EVENT (monitor, ZMQ_EVENT_LISTENING).value;
    CHECK_OK (getsockopt (fd, IPPROTO_TCP, TCP_INFO, &info, &size));
    finish_monitor (socket, monitor);
    return (int) info.tcpi_sacked; /* of a listener that limit */
}

SOCKET_TEST (backlog_is_that_of_the_listener)
{
    void *const pull = open_socket (ZMQ_PULL);
    CHECK_INT (100, get_int (pull, ZMQ_BACKLOG));
    set_int (pull, ZMQ_BACKLOG, 7);
    CHECK_INT (7, bound_queue (pull));
}

SOCKET_TEST (backlog_that_nobody_chose_is_long)
{
    const int fd = open ("/proc/sys/net/core/somaxconn", O_RDONLY | O_CLOEXEC);
    char text[16] = "";
    if (fd < 0 || read (fd, text, sizeof text - 1) <= 0)
        skip_test ("no such system setting");
    close (fd);
    const int most = atoi (text) < 4096 ? atoi (text) : 4096;
    const bool differs = DIFFERS ("connections that find the queue full wait a second for another attempt");
    CHECK_INT (differs || most < 100 ? most : 100, bound_queue (open_socket (ZMQ_PULL)));
}

SOCKET_TEST (bindtodevice_is_that_of_listener_and_connection)
{
    const int probe = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (setsockopt (probe, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2) != 0)
        skip_test ("not allowed here");
    close (probe);
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    void *const monitors[] = {open_monitor (test_ctx (), pull, ZMQ_EVENT_LISTENING),
                              open_monitor (test_ctx (), push, ZMQ_EVENT_CONNECTED)};
    set_str (pull, ZMQ_BINDTODEVICE, "lo");
    set_str (push, ZMQ_BINDTODEVICE, "lo");
    join (pull, push, TCP);
    const int fds[] = {EXPECT_EVENT (monitors[0], ZMQ_EVENT_LISTENING).value, connected_fd (monitors[1])};
    for (int i = 0; i < 2; i++) {
        char device[16] = "";
        socklen_t size = sizeof device;
        CHECK_OK (getsockopt (fds[i], SOL_SOCKET, SO_BINDTODEVICE, device, &size));
        CHECK_STR ("lo", device);
    }
    finish_monitor (pull, monitors[0]);
    finish_monitor (push, monitors[1]);
}

SOCKET_TEST (binding_to_a_device_that_is_not_there_fails)
{
    void *const pull = open_socket (ZMQ_PULL);
    set_str (pull, ZMQ_BINDTODEVICE, "no-such-device0");
    CHECK_INT (-1, zmq_bind (pull, "tcp://127.0.0.1:*"));
}

/*  The epoll set of this process that watches a descriptor, or -1. */
static int epoll_that_watches (int fd)
{
    DIR *const directory = opendir ("/proc/self/fdinfo");
    int found = -1;
    for (const struct dirent *entry; (entry = readdir (directory)) != NULL;) {
        char path[300], line[256];
        int watched;
        snprintf (path, sizeof path, "/proc/self/fdinfo/%s", entry->d_name);
        FILE *const file = fopen (path, "re");
        while (file && fgets (line, sizeof line, file))
            if (sscanf (line, "tfd: %d", &watched) == 1 && watched == fd)
                found = atoi (entry->d_name);
        if (file)
            fclose (file);
    }
    closedir (directory);
    return found;
}

/*  Each I/O thread has an epoll set of its own. */
SOCKET_TEST (affinity_chooses_the_io_thread)
{
    static const uint64_t masks[] = {1, 2, 1, 2, 4};
    int epolls[5];
    CHECK_OK (zmq_ctx_set (test_ctx (), ZMQ_IO_THREADS, 3));
    for (int i = 0; i < 5; i++) {
        void *const pull = open_socket (ZMQ_PULL);
        void *const monitor = open_monitor (test_ctx (), pull, ZMQ_EVENT_LISTENING);
        CHECK_OK (zmq_setsockopt (pull, ZMQ_AFFINITY, &masks[i], sizeof masks[i]));
        bind_any (pull, TCP);
        const int fd = EXPECT_EVENT (monitor, ZMQ_EVENT_LISTENING).value;
        WAIT_UNTIL ((epolls[i] = epoll_that_watches (fd)) != -1);
        finish_monitor (pull, monitor);
    }
    CHECK_INT (epolls[0], epolls[2]);
    CHECK_INT (epolls[1], epolls[3]);
    CHECK (epolls[0] != epolls[1] && epolls[0] != epolls[4] && epolls[1] != epolls[4]);
}

SOCKET_TEST (affinity_to_no_io_thread_gives_emthread)
{
    void *const pull = open_socket (ZMQ_PULL);
    const uint64_t second = 2;
    CHECK_OK (zmq_setsockopt (pull, ZMQ_AFFINITY, &second, sizeof second));
    CHECK_ERRNO (EMTHREAD, zmq_bind (pull, "tcp://127.0.0.1:*"));
    CHECK_ERRNO (EMTHREAD, zmq_connect (pull, "tcp://127.0.0.1:1"));
}

SOCKET_TEST (tcp_maxrt_bounds_the_wait_for_acknowledgements)
{
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    void *const monitor = open_monitor (test_ctx (), push, ZMQ_EVENT_CONNECTED);
    set_int (push, ZMQ_TCP_MAXRT, 12345);
    join (pull, push, TCP);
    CHECK_INT (12345, system_option (connected_fd (monitor), IPPROTO_TCP, TCP_USER_TIMEOUT));
    finish_monitor (push, monitor);
}

SOCKET_TEST (connect_timeout_ends_an_attempt)
{
    void *const push = open_socket (ZMQ_PUSH);
    void *const monitor = open_monitor (test_ctx (), push, ZMQ_EVENT_CLOSED);
    /* A listener whose queue is full answers nobody. */
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    CHECK_OK (listen (listener, 0));
    int queued[4], count = 0;
    for (; count < 4; count++) {
        struct sockaddr_in address;
        socklen_t size = sizeof address;
        CHECK_OK (getsockname (listener, (struct sockaddr *) &address, &size));
        queued[count] = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (connect (queued[count], (struct sockaddr *) &address, size) != 0)
            CHECK (errno == EINPROGRESS);
    }
    settle ();
    set_int (push, ZMQ_CONNECT_TIMEOUT, 50);
    const int64_t started = now_ms ();
    connect_to (push, endpoint);
    EXPECT_EVENT (monitor, ZMQ_EVENT_CLOSED);
    CHECK (now_ms () - started >= 45);
    while (count > 0)
        close (queued[--count]);
    close (listener);
    finish_monitor (push, monitor);
}

SOCKET_DRAFT_TEST (priority_is_that_of_the_connection)
{
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    void *const monitor = open_monitor (test_ctx (), push, ZMQ_EVENT_CONNECTED);
    set_int (push, ZMQ_PRIORITY, 5);
    join (pull, push, TCP);
    CHECK_INT (5, system_option (connected_fd (monitor), SOL_SOCKET, SO_PRIORITY));
    finish_monitor (push, monitor);
}

SOCKET_DRAFT_TEST (busy_poll_is_that_of_the_connection)
{
    const int probe = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), wanted = 50;
    if (setsockopt (probe, SOL_SOCKET, SO_BUSY_POLL, &wanted, sizeof wanted) != 0)
        skip_test ("not allowed here");
    close (probe);
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    void *const monitor = open_monitor (test_ctx (), push, ZMQ_EVENT_CONNECTED);
    set_int (push, ZMQ_BUSY_POLL, wanted);
    join (pull, push, TCP);
    CHECK_INT (wanted, system_option (connected_fd (monitor), SOL_SOCKET, SO_BUSY_POLL));
    finish_monitor (push, monitor);
}

SOCKET_DRAFT_TEST (in_batch_size_is_the_most_that_a_stream_reads_at_once)
{
    void *const stream = open_socket (ZMQ_STREAM);
    char id[16], data[256] = "";
    set_int (stream, ZMQ_IN_BATCH_SIZE, 100);
    const int fd = raw_connect (bind_any (stream, TCP));
    recv_frame (stream, id, sizeof id);
    RECV (stream, "");
    raw_send (fd, data, 250);
    for (size_t left = 250; left > 0;) {
        recv_frame (stream, id, sizeof id);
        const size_t size = recv_frame (stream, data, sizeof data);
        CHECK (size > 0 && size <= 100 && size <= left);
        left -= size;
    }
    close (fd);
}

/*  Over a socket that keeps the bytes of each system call together, what is sent at once can be seen. */
SOCKET_DRAFT_TEST (out_batch_size_is_how_much_is_sent_at_once)
{
    enum { SIZE = 50, MESSAGES = 20000, BATCH = 200 };
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char endpoint[ENDPOINT_MAX], id[16], data[SIZE] = "";
    static char record[1 << 17];
    fresh_ipc (endpoint);
    strcpy (address.sun_path, endpoint + strlen ("ipc://"));
    const int listener = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    CHECK_OK (bind (listener, (struct sockaddr *) &address, sizeof address));
    CHECK_OK (listen (listener, 1));
    void *const stream = open_socket (ZMQ_STREAM);
    set_int (stream, ZMQ_USE_FD, listener);
    set_int (stream, ZMQ_OUT_BATCH_SIZE, BATCH);
    set_int (stream, ZMQ_SNDHWM, 0);
    CHECK_OK (zmq_bind (stream, endpoint));
    const int fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    CHECK_OK (connect (fd, (struct sockaddr *) &address, sizeof address));
    const size_t id_size = recv_frame (stream, id, sizeof id);
    RECV (stream, "");
    /* More than the system takes, so that some wait and are sent together. */
    for (int i = 0; i < MESSAGES; i++) {
        CHECK_INT (id_size, zmq_send (stream, id, id_size, ZMQ_SNDMORE));
        CHECK_INT (SIZE, zmq_send (stream, data, SIZE, 0));
    }
    size_t left = (size_t) SIZE * MESSAGES, largest = 0;
    while (left > 0) {
        const ssize_t size = recv (fd, record, sizeof record, 0);
        CHECK (size > 0 && (size_t) size <= left);
        left -= (size_t) size;
        largest = (size_t) size > largest ? (size_t) size : largest;
    }
    CHECK (largest > SIZE && largest < BATCH + SIZE);
    close (fd);
}

SOCKET_DRAFT_TEST (a_small_out_batch_size_changes_no_message)
{
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    set_int (push, ZMQ_OUT_BATCH_SIZE, 1);
    join (pull, push, TCP);
    for (int i = 0; i < 100; i++)
        SEND_PARTS (push, "some text of some length", "", "more");
    for (int i = 0; i < 100; i++)
        RECV_PARTS (pull, "some text of some length", "", "more");
}

SOCKET_DRAFT_TEST (multicast_hops_is_the_ttl_of_multicast_datagrams)
{
    const int on = 1, fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_ANY)};
    socklen_t size = sizeof address;
    const struct ip_mreq group = {.imr_multiaddr.s_addr = inet_addr ("239.192.7.9"),
                                  .imr_interface.s_addr = htonl (INADDR_LOOPBACK)};
    CHECK_OK (bind (fd, (struct sockaddr *) &address, sizeof address));
    CHECK_OK (getsockname (fd, (struct sockaddr *) &address, &size));
    CHECK_OK (setsockopt (fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof on));
    if (setsockopt (fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) != 0)
        skip_test ("no multicast");
    void *const radio = open_socket (ZMQ_RADIO);
    char endpoint[ENDPOINT_MAX];
    set_int (radio, ZMQ_MULTICAST_HOPS, 7);
    snprintf (endpoint, sizeof endpoint, "udp://lo;239.192.7.9:%d", ntohs (address.sin_port));
    connect_to (radio, endpoint);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, 4));
    memcpy (zmq_msg_data (&msg), "text", 4);
    CHECK_OK (zmq_msg_set_group (&msg, "g"));
    CHECK_INT (4, zmq_msg_send (&msg, radio, 0));
    if (!raw_readable (fd, patience_ms ()))
        skip_test ("no multicast");
    char data[64];
    union
    {
        struct cmsghdr head;
        char room[64];
    } control;
    struct iovec part = {data, sizeof data};
    struct msghdr head = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    CHECK_INT (6, recvmsg (fd, &head, 0));
    CHECK (CMSG_FIRSTHDR (&head) && CMSG_FIRSTHDR (&head)->cmsg_type == IP_TTL);
    CHECK_INT (7, *(int *) CMSG_DATA (CMSG_FIRSTHDR (&head)));
    close (fd);
}

SOCKET_DRAFT_TEST (a_hello_message_is_the_first_that_a_peer_hears)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const router = open_socket (ZMQ_ROUTER), *const dealer = open_socket (ZMQ_DEALER);
        set_str (router, ZMQ_HELLO_MSG, "welcome");
        set_str (dealer, ZMQ_HELLO_MSG, "here I am");
        set_str (dealer, ZMQ_ROUTING_ID, "D");
        join (router, dealer, t);
        RECV (dealer, "welcome");
        RECV_PARTS (router, "D", "here I am");
        finish ();
    }
}

SOCKET_DRAFT_TEST (a_hiccup_message_tells_of_a_lost_connection)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    set_str (dealer, ZMQ_HICCUP_MSG, "lost");
    connect_to (dealer, endpoint);
    close (zmtp_accept (listener, "DEALER"));
    RECV (dealer, "lost");
    close (listener);
}

SOCKET_DRAFT_TEST (xsub_verbose_unsubscribe_tells_of_every_one)
{
    void *const xpub = open_socket (ZMQ_XPUB), *const xsub = open_socket (ZMQ_XSUB);
    set_int (xpub, ZMQ_XPUB_VERBOSER, 1);
    set_int (xsub, ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, 1);
    join (xpub, xsub, TCP);
    SEND (xsub, "\1A");
    RECV (xpub, "\1A");
    for (int i = 0; i < 3; i++) {
        SEND_BYTES (xsub, "\0A", 2, 0);
        RECV_BYTES (xpub, "\0A", 2, 0);
    }
}

TEST (a_listener_s_file_that_is_gone_is_an_event)
{
    void *const ctx = new_ctx ();
    void *const pull = new_socket (ctx, ZMQ_PULL);
    void *const monitor = open_monitor (ctx, pull, ZMQ_EVENT_CLOSED | ZMQ_EVENT_CLOSE_FAILED);
    char endpoint[ENDPOINT_MAX];
    CHECK_OK (zmq_bind (pull, "ipc://*"));
    last_endpoint (pull, endpoint);
    CHECK_OK (unlink (endpoint + strlen ("ipc://")));
    CHECK_OK (zmq_unbind (pull, endpoint));
    CHECK_INT (ENOENT, EXPECT_EVENT (monitor, ZMQ_EVENT_CLOSE_FAILED).value);
    close_socket (monitor);
    close_socket (pull);
    term_ctx (ctx);
}
