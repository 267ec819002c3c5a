/*  zmq_poll (and zmq_ppoll): sockets, file descriptors, both; timeouts, errors. */

#include "harness.h"

TEST (nothing_to_poll_only_sleeps)
{
    int64_t started = now_ms ();
    CHECK_INT (0, zmq_poll (NULL, 0, 0));
    CHECK_INT (0, zmq_poll (NULL, 0, 50));
    CHECK (now_ms () - started >= 49);
}

TEST (invalid_arguments)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    zmq_pollitem_t item = {socket, 0, ZMQ_POLLIN, 0};
    if (running_on_ozmium () || !have_drafts ()) { /* a libzmq with drafts looks at the items first */
        CHECK_ERRNO (EINVAL, zmq_poll (&item, -1, 0));
        CHECK_ERRNO (EFAULT, zmq_poll (NULL, 1, 0));
    }
    close_socket (socket);
    term_ctx (ctx);
}

TEST (timeout_is_kept_to)
{
    void *const ctx = new_ctx ();
    void *const a = new_socket (ctx, ZMQ_PULL), *const b = new_socket (ctx, ZMQ_PULL);
    int fds[2];
    CHECK_OK (pipe (fds));
    zmq_pollitem_t items[] = {{a, 0, ZMQ_POLLIN, 7}, {b, 0, ZMQ_POLLIN, 7}, {NULL, fds[0], ZMQ_POLLIN, 7}};
    for (int count = 1; count <= 3; count++) {
        const int64_t started = now_ms ();
        CHECK_INT (0, zmq_poll (items, count, 100));
        CHECK (now_ms () - started >= 99);
        CHECK (now_ms () - started < patience_ms ());
        for (int i = 0; i < count; i++)
            CHECK_INT (0, items[i].revents);
        CHECK_INT (0, zmq_poll (items, count, 0));
    }
    close (fds[0]);
    close (fds[1]);
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

TEST (pollin_and_pollout_of_sockets)
{
    FOR_EACH_TRANSPORT (transport) {
        void *const ctx = new_ctx ();
        void *pull, *push;
        connected_pair (ctx, transport, ZMQ_PULL, &pull, ZMQ_PUSH, &push, NULL);
        zmq_pollitem_t items[] = {{pull, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 0}, {push, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 0}};
        CHECK (poll_for (push, ZMQ_POLLOUT));
        CHECK_INT (1, zmq_poll (items, 2, -1));
        CHECK_INT (0, items[0].revents);
        CHECK_INT (ZMQ_POLLOUT, items[1].revents);
        SEND (push, "x");
        CHECK (poll_for (pull, ZMQ_POLLIN));
        CHECK_INT (2, zmq_poll (items, 2, -1));
        CHECK_INT (ZMQ_POLLIN, items[0].revents);
        CHECK_INT (ZMQ_POLLOUT, items[1].revents);
        /* Level, not edge: it stays until the message is taken. */
        CHECK_INT (2, zmq_poll (items, 2, 0));
        RECV (pull, "x");
        CHECK_INT (1, zmq_poll (items, 2, 0));
        CHECK_INT (0, items[0].revents);
        close_socket (pull);
        close_socket (push);
        term_ctx (ctx);
    }
}

TEST (only_the_events_asked_for_are_told)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    connected_pair (ctx, INPROC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    SEND (a, "x");
    zmq_pollitem_t item = {b, 0, ZMQ_POLLOUT, 0};
    CHECK_INT (1, zmq_poll (&item, 1, -1));
    CHECK_INT (ZMQ_POLLOUT, item.revents);
    item.events = ZMQ_POLLIN;
    CHECK_INT (1, zmq_poll (&item, 1, -1));
    CHECK_INT (ZMQ_POLLIN, item.revents);
    item.events = ZMQ_POLLERR;
    CHECK_INT (0, zmq_poll (&item, 1, 0));
    item.events = 0;
    item.revents = 7;
    CHECK_INT (0, zmq_poll (&item, 1, 0));
    CHECK_INT (0, item.revents);
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

TEST (pollin_of_a_multipart_message_comes_when_it_is_whole)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    connected_pair (ctx, INPROC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    zmq_pollitem_t item = {b, 0, ZMQ_POLLIN, 0};
    SEND_MORE (a, "1");
    CHECK_INT (0, zmq_poll (&item, 1, 20));
    SEND (a, "2");
    CHECK_INT (1, zmq_poll (&item, 1, -1));
    RECV_MORE (b, "1");
    CHECK_INT (1, zmq_poll (&item, 1, 0));
    RECV (b, "2");
    CHECK_INT (0, zmq_poll (&item, 1, 0));
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

TEST (pollout_goes_when_the_queue_is_full_and_comes_back)
{
    FOR_EACH_TRANSPORT (transport) {
        void *const ctx = new_ctx ();
        void *const pull = new_socket (ctx, ZMQ_PULL), *const push = new_socket (ctx, ZMQ_PUSH);
        char endpoint[ENDPOINT_MAX];
        static char body[100000];
        set_int (push, ZMQ_SNDHWM, 5);
        set_int (pull, ZMQ_RCVHWM, 5);
        bind_fresh (pull, transport, endpoint);
        CHECK_OK (zmq_connect (push, endpoint));
        CHECK (poll_for (push, ZMQ_POLLOUT));
        zmq_pollitem_t item = {push, 0, ZMQ_POLLOUT, 0};
        int sent = 0;
        /* Full is when it stays so for a while: the kernel's buffers fill up first. */
        while (zmq_poll (&item, 1, 100) == 1) {
            CHECK_INT (sizeof body, zmq_send (push, body, sizeof body, ZMQ_DONTWAIT));
            sent++;
        }
        CHECK_INT (0, item.revents);
        CHECK_ERRNO (EAGAIN, zmq_send (push, body, 1, ZMQ_DONTWAIT));
        for (int i = 0; i < sent; i++)
            CHECK_INT (sizeof body, zmq_recv (pull, body, sizeof body, 0));
        CHECK_INT (1, zmq_poll (&item, 1, patience_ms ()));
        close_socket (pull);
        close_socket (push);
        term_ctx (ctx);
    }
}

TEST (file_descriptors_alone)
{
    int fds[2];
    CHECK_OK (pipe (fds));
    zmq_pollitem_t items[] = {{NULL, fds[0], ZMQ_POLLIN, 0}, {NULL, fds[1], ZMQ_POLLOUT, 0}};
    CHECK_INT (1, zmq_poll (items, 2, -1));
    CHECK_INT (0, items[0].revents);
    CHECK_INT (ZMQ_POLLOUT, items[1].revents);
    CHECK_INT (1, write (fds[1], "x", 1));
    CHECK_INT (2, zmq_poll (items, 2, -1));
    CHECK_INT (ZMQ_POLLIN, items[0].revents);
    close (fds[1]);
    CHECK_INT (1, zmq_poll (items, 1, -1));
    CHECK_INT (ZMQ_POLLIN | ZMQ_POLLERR, items[0].revents); /* a byte, and a hang-up */
    close (fds[0]);
}

TEST (bad_descriptor_gives_pollerr)
{
    int fds[2];
    CHECK_OK (pipe (fds));
    close (fds[1]);
    close (fds[0]);
    zmq_pollitem_t item = {NULL, fds[0], ZMQ_POLLIN, 0};
    CHECK_INT (1, zmq_poll (&item, 1, -1));
    CHECK_INT (ZMQ_POLLERR, item.revents);
    item.fd = -1; /* poll(2) passes over negative ones */
    CHECK_INT (0, zmq_poll (&item, 1, 0));
    CHECK_INT (0, item.revents);
}

TEST (sockets_and_descriptors_together)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    int fds[2];
    connected_pair (ctx, TCP, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    bounce (a, b);
    CHECK_OK (pipe (fds));
    zmq_pollitem_t items[] = {
      {NULL, fds[0], ZMQ_POLLIN, 0}, {b, 0, ZMQ_POLLIN, 0}, {NULL, fds[1], ZMQ_POLLIN, 0}, {a, 0, ZMQ_POLLIN, 0}};
    CHECK_INT (0, zmq_poll (items, 4, 0));
    SEND (a, "x");
    CHECK_INT (1, zmq_poll (items, 4, -1));
    CHECK_INT (ZMQ_POLLIN, items[1].revents);
    CHECK_INT (1, write (fds[1], "x", 1));
    CHECK_INT (2, zmq_poll (items, 4, -1));
    CHECK_INT (ZMQ_POLLIN, items[0].revents);
    CHECK_INT (ZMQ_POLLIN, items[1].revents);
    RECV (b, "x");
    CHECK_INT (1, zmq_poll (items, 4, -1));
    CHECK_INT (ZMQ_POLLIN, items[0].revents);
    CHECK_INT (0, items[1].revents);
    close (fds[0]);
    close (fds[1]);
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

/*  As CZMQ's own test has it: asking the socket takes its descriptor's edge away. */
TEST (socket_and_its_own_descriptor_together)
{
    void *const ctx = new_ctx ();
    void *const pull = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    bind_fresh (pull, TCP, endpoint);
    /* The new endpoint makes it readable. */
    zmq_pollitem_t items[] = {{pull, 0, ZMQ_POLLIN, 0}, {NULL, get_int (pull, ZMQ_FD), ZMQ_POLLIN, 0}};
    CHECK_INT (1, zmq_poll (items, 2, 0));
    CHECK_INT (0, items[0].revents);
    CHECK_INT (ZMQ_POLLIN, items[1].revents);
    CHECK_INT (0, zmq_poll (items, 2, 0));
    CHECK_OK (zmq_unbind (pull, endpoint));
    CHECK_INT (0, get_int (pull, ZMQ_EVENTS));
    bind_fresh (pull, TCP, endpoint);
    CHECK_INT (1, zmq_poll (items, 2, -1));
    CHECK_INT (ZMQ_POLLIN, items[1].revents);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (socket_goes_before_the_descriptor_of_an_item)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    int fds[2];
    CHECK_OK (pipe (fds));
    CHECK_INT (1, write (fds[1], "x", 1));
    zmq_pollitem_t item = {socket, fds[0], ZMQ_POLLIN, 0};
    CHECK_INT (0, zmq_poll (&item, 1, 0));
    close_socket (socket);
    term_ctx (ctx);
}

TEST (one_socket_in_several_items)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    connected_pair (ctx, INPROC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    zmq_pollitem_t items[] = {{b, 0, ZMQ_POLLIN, 0}, {b, 0, ZMQ_POLLOUT, 0}, {b, 0, ZMQ_POLLIN, 0}};
    CHECK_INT (1, zmq_poll (items, 3, -1));
    SEND (a, "x");
    CHECK_INT (3, zmq_poll (items, 3, -1));
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

TEST (many_items)
{
    enum { COUNT = 100 };
    void *const ctx = new_ctx ();
    void *pulls[COUNT], *pushes[COUNT];
    zmq_pollitem_t items[COUNT];
    for (int i = 0; i < COUNT; i++) {
        connected_pair (ctx, INPROC, ZMQ_PULL, &pulls[i], ZMQ_PUSH, &pushes[i], NULL);
        items[i] = (zmq_pollitem_t) {pulls[i], 0, ZMQ_POLLIN, 0};
    }
    for (int i = 0; i < COUNT; i += 7) {
        SEND (pushes[i], "x");
        CHECK_INT (1, zmq_poll (items, COUNT, -1));
        CHECK_INT (ZMQ_POLLIN, items[i].revents);
        RECV (pulls[i], "x");
    }
    for (int i = 0; i < COUNT; i++) {
        close_socket (pulls[i]);
        close_socket (pushes[i]);
    }
    term_ctx (ctx);
}

struct late
{
    void *socket;
    int fd;
    pid_t poller;
};

static void *act_later (void *argument)
{
    const struct late *const late = argument;
    wait_until_blocked (late->poller);
    if (late->socket)
        SEND (late->socket, "late");
    else
        CHECK_INT (1, write (late->fd, "x", 1));
    return NULL;
}

TEST (waiting_poll_is_woken_by_a_message_and_by_a_descriptor)
{
    FOR_EACH_TRANSPORT (transport)
        for (int with_fd = 0; with_fd <= 2; with_fd++) {
            void *const ctx = new_ctx ();
            void *a, *b;
            int fds[2];
            CHECK_OK (pipe (fds));
            connected_pair (ctx, transport, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
            bounce (a, b);
            struct late late = {with_fd == 2 ? NULL : a, fds[1], current_thread_id ()};
            zmq_pollitem_t items[] = {{b, 0, ZMQ_POLLIN, 0}, {NULL, fds[0], ZMQ_POLLIN, 0}};
            const pthread_t thread = start_thread (act_later, &late);
            CHECK_INT (1, zmq_poll (items, with_fd ? 2 : 1, -1));
            CHECK_INT (ZMQ_POLLIN, items[with_fd == 2].revents);
            join_thread (thread);
            close (fds[0]);
            close (fds[1]);
            close_socket (a);
            close_socket (b);
            term_ctx (ctx);
        }
}

TEST (polling_from_many_threads_at_once)
{
    /* Each thread has sockets of its own; the context is shared. */
    void *const ctx = new_ctx ();
    pthread_t threads[4];
    struct late late[4];
    for (int i = 0; i < 4; i++) {
        void *a, *b;
        connected_pair (ctx, INPROC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
        late[i] = (struct late) {a, 0, current_thread_id ()};
        zmq_pollitem_t item = {b, 0, ZMQ_POLLIN, 0};
        threads[i] = start_thread (act_later, &late[i]);
        CHECK_INT (1, zmq_poll (&item, 1, -1));
        join_thread (threads[i]);
        close_socket (a);
        close_socket (b);
    }
    term_ctx (ctx);
}

OZMIUM_TEST (closed_socket_gives_enotsock, "libzmq reads freed memory")
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    zmq_pollitem_t item = {socket, 0, ZMQ_POLLIN, 0};
    close_socket (socket);
    CHECK_ERRNO (ENOTSOCK, zmq_poll (&item, 1, 0));
    term_ctx (ctx);
}

#if ZMQ_VERSION >= ZMQ_MAKE_VERSION(4, 3, 5)
static volatile sig_atomic_t handled;

static void handler (int number)
{
    (void) number;
    handled++;
}

DRAFT_TEST (ppoll_lets_signals_in_while_it_waits_only)
{
    struct sigaction action = {.sa_handler = handler};
    sigset_t blocked, open;
    CHECK_OK (sigaction (SIGUSR1, &action, NULL));
    sigemptyset (&open);
    sigemptyset (&blocked);
    sigaddset (&blocked, SIGUSR1);
    CHECK_OK (sigprocmask (SIG_BLOCK, &blocked, NULL)); /* first, as libzmq's threads block it late in their start */
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    CHECK_OK (kill (getpid (), SIGUSR1));
    zmq_pollitem_t item = {socket, 0, ZMQ_POLLIN, 0};
    CHECK_INT (0, zmq_poll (&item, 1, 10));
    CHECK_INT (0, handled);
    CHECK_ERRNO (EINTR, zmq_ppoll (&item, 1, patience_ms (), &open));
    CHECK_INT (1, handled);
    CHECK_INT (0, zmq_ppoll (&item, 1, 10, NULL));
    close_socket (socket);
    term_ctx (ctx);
}
#endif
