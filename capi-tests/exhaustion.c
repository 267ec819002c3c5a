/*  No file descriptors left, no memory left: errnos and events, and everything works again afterwards. libzmq asserts in
 *  most of these places, its users' first complaint. */

#include "harness.h"

#include <fcntl.h>
#include <sys/resource.h>

#define LIMIT 64

static void limit_descriptors (rlim_t limit)
{
    const struct rlimit both = {limit, limit};
    CHECK_OK (setrlimit (RLIMIT_NOFILE, &both));
}

static int taken[LIMIT];
static int taken_count;

/*  Takes every descriptor that is left. */
static void take_all (void)
{
    int fd;
    while ((fd = open ("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        taken[taken_count++] = fd;
    CHECK (errno == EMFILE);
}

static void give_back (int count)
{
    while (count-- > 0 && taken_count > 0)
        close (taken[--taken_count]);
}

OZMIUM_TEST (sockets_past_the_limit_give_emfile_or_work, "libzmq asserts when an I/O thread finds no descriptor")
{
    void *sockets[200];
    int count = 0;
    limit_descriptors (LIMIT);
    void *const ctx = new_ctx ();
    while (count < 200 && (sockets[count] = zmq_socket (ctx, ZMQ_DEALER)) != NULL)
        count++;
    if (count < 200)
        CHECK (zmq_errno () == EMFILE);
    CHECK (count > 0);
    while (count > 0)
        close_socket (sockets[--count]);
    term_ctx (ctx);
}

OZMIUM_TEST (contexts_without_a_descriptor_give_emfile, "libzmq asserts")
{
    limit_descriptors (LIMIT);
    take_all ();
    for (int i = 0; i < 3; i++) {
        void *const ctx = zmq_ctx_new ();
        CHECK (ctx);
        void *const socket = zmq_socket (ctx, ZMQ_DEALER);
        if (!socket)
            CHECK (zmq_errno () == EMFILE);
        else
            close_socket (socket);
        term_ctx (ctx);
    }
    give_back (LIMIT);
    void *const ctx = new_ctx ();
    void *a, *b;
    connected_pair (ctx, TCP, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    bounce (a, b);
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

OZMIUM_TEST (binding_without_a_descriptor_gives_emfile, "libzmq may assert")
{
    for (enum transport transport = TCP; transport <= IPC; transport++) {
        void *const ctx = new_ctx ();
        void *const socket = new_socket (ctx, ZMQ_PULL), *const push = new_socket (ctx, ZMQ_PUSH);
        char endpoint[ENDPOINT_MAX];
        if (transport == IPC)
            fresh_ipc (endpoint);
        else
            strcpy (endpoint, "tcp://127.0.0.1:*");
        bind_fresh (socket, TCP, (char[ENDPOINT_MAX]) {0}); /* the I/O thread has what it needs */
        limit_descriptors (LIMIT);
        take_all ();
        CHECK_ERRNO (EMFILE, zmq_bind (socket, endpoint));
        CHECK_ERRNO (EMFILE, zmq_bind (socket, endpoint));
        give_back (LIMIT);
        CHECK_OK (zmq_bind (socket, endpoint));
        last_endpoint (socket, endpoint);
        CHECK_OK (zmq_connect (push, endpoint));
        SEND (push, "hello");
        RECV (socket, "hello");
        close_socket (socket);
        close_socket (push);
        term_ctx (ctx);
    }
}

OZMIUM_TEST (connecting_without_a_descriptor_tries_again, "libzmq may assert")
{
    void *const ctx = new_ctx ();
    void *const pull = new_socket (ctx, ZMQ_PULL), *const push = new_socket (ctx, ZMQ_PUSH);
    char endpoint[ENDPOINT_MAX];
    bind_fresh (pull, TCP, endpoint);
    void *const monitor = open_monitor (ctx, push, ZMQ_EVENT_CONNECT_RETRIED);
    get_int (monitor, ZMQ_FD);
    set_int (push, ZMQ_RECONNECT_IVL, 20);
    limit_descriptors (LIMIT);
    take_all ();
    CHECK_OK (zmq_connect (push, endpoint));
    SEND (push, "in the end");
    EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    give_back (LIMIT);
    RECV (pull, "in the end");
    close_socket (monitor);
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

OZMIUM_TEST (accepting_without_a_descriptor_is_told_and_goes_on_later, "libzmq spins on the listener")
{
    void *const ctx = new_ctx ();
    void *const pull = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX], got[16];
    bind_fresh (pull, TCP, endpoint);
    void *const monitor = open_monitor (ctx, pull, ZMQ_EVENT_ACCEPT_FAILED);
    limit_descriptors (LIMIT);
    take_all ();
    give_back (1);
    const int fd = raw_connect (endpoint); /* takes the last one */
    const struct monitor_event event = EXPECT_EVENT (monitor, ZMQ_EVENT_ACCEPT_FAILED);
    CHECK_INT (EMFILE, event.value);
    give_back (LIMIT);
    zmtp3_handshake (fd, "PUSH");
    zmtp_send_frame (fd, 0, "accepted", 8);
    CHECK_INT (8, zmq_recv (pull, got, sizeof got, 0));
    close (fd);
    close_socket (monitor);
    close_socket (pull);
    term_ctx (ctx);
}

OZMIUM_TEST (zmq_fd_without_a_descriptor_gives_emfile, "libzmq opens it with the socket")
{
    void *const ctx = new_ctx ();
    void *a, *b;
    int fd;
    size_t size = sizeof fd;
    connected_pair (ctx, INPROC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    limit_descriptors (LIMIT);
    take_all ();
    errno = 0;
    if (zmq_getsockopt (b, ZMQ_FD, &fd, &size) == -1)
        CHECK (zmq_errno () == EMFILE);
    bounce (a, b); /* inproc needs none */
    give_back (LIMIT);
    CHECK (get_int (b, ZMQ_FD) >= 0);
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

OZMIUM_TEST (many_connections_past_the_limit, "libzmq asserts")
{
    enum { CLIENTS = 60 };
    void *clients[CLIENTS];
    limit_descriptors (LIMIT);
    void *const ctx = new_ctx ();
    void *const pull = zmq_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    int opened = 0;
    CHECK (pull);
    bind_fresh (pull, TCP, endpoint);
    /* Two descriptors per connection in one process: there are not enough for all of them. */
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = zmq_socket (ctx, ZMQ_PUSH);
        if (!clients[i]) {
            CHECK (zmq_errno () == EMFILE);
            break;
        }
        opened++;
        set_int (clients[i], ZMQ_LINGER, 0);
        set_int (clients[i], ZMQ_RECONNECT_IVL, 10);
        CHECK (zmq_connect (clients[i], endpoint) == 0 || zmq_errno () == EMFILE);
        zmq_send (clients[i], "x", 1, ZMQ_DONTWAIT);
    }
    /* Clients may hold all descriptors, so that none can be accepted: each that closes makes room for another. */
    for (int received = 0; received == 0;) {
        CHECK (opened > 0);
        close_socket (clients[--opened]);
        received = zmq_poll (&(zmq_pollitem_t) {pull, 0, ZMQ_POLLIN, 0}, 1, 100);
    }
    set_int (pull, ZMQ_RCVTIMEO, patience_ms ());
    CHECK_INT (1, zmq_recv (pull, NULL, 0, 0));
    while (opened > 0)
        close_socket (clients[--opened]);
    /* And with room again, new ones do. */
    void *push;
    WAIT_UNTIL ((push = zmq_socket (ctx, ZMQ_PUSH)) != NULL);
    set_int (push, ZMQ_LINGER, 0);
    CHECK_OK (zmq_connect (push, endpoint));
    CHECK_INT (4, zmq_send (push, "last", 4, 0));
    char got[8] = "";
    while (strncmp (got, "last", 4) != 0)
        CHECK (zmq_recv (pull, got, sizeof got, 0) > 0);
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

OZMIUM_TEST (no_memory_for_messages_gives_enomem, "libzmq asserts in places")
{
    void *const ctx = new_ctx ();
    void *a, *b;
    zmq_msg_t msg;
    connected_pair (ctx, TCP, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    bounce (a, b);
    const struct rlimit limit = {(rlim_t) 1 << 30, (rlim_t) 1 << 30};
    CHECK_OK (setrlimit (RLIMIT_AS, &limit));
    CHECK_ERRNO (ENOMEM, zmq_msg_init_size (&msg, (size_t) 2 << 30));
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_close (&msg));
    bounce (a, b);
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

OZMIUM_TEST (absurd_frame_length_reserves_nothing_and_waits, "libzmq allocates what the peer declares")
{
    /* A declared length of 2^40: the connection lives, or ends; the process goes on. */
    static const uint8_t head[9] = {ZMTP_LONG, 0, 0, 1, 0, 0, 0, 0, 0};
    void *const ctx = new_ctx ();
    void *pull, *push;
    char endpoint[ENDPOINT_MAX];
    connected_pair (ctx, TCP, ZMQ_PULL, &pull, ZMQ_PUSH, &push, endpoint);
    const int fd = raw_connect (endpoint);
    zmtp3_handshake (fd, "PUSH");
    raw_send (fd, head, sizeof head);
    raw_send (fd, "only a few bytes", 16);
    for (int i = 0; i < 100; i++) {
        SEND (push, "still here");
        RECV (pull, "still here");
    }
    close (fd);
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}
