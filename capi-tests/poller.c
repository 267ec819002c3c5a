/*  zmq_poller_*: registration and its errors, waiting for one and for all, descriptors. */

#include "harness.h"

#include <poll.h>

DRAFT_TEST (null_and_destroyed_pollers_give_efault)
{
    void *poller = zmq_poller_new ();
    zmq_poller_event_t event;
    int fd;
    CHECK (poller);
    CHECK_OK (zmq_poller_destroy (&poller));
    CHECK (poller == NULL);
    CHECK_ERRNO (EFAULT, zmq_poller_destroy (&poller));
    CHECK_ERRNO (EFAULT, zmq_poller_destroy (NULL));
    CHECK_ERRNO (EFAULT, zmq_poller_size (NULL));
    CHECK_ERRNO (EFAULT, zmq_poller_add (NULL, NULL, NULL, ZMQ_POLLIN));
    CHECK_ERRNO (EFAULT, zmq_poller_modify (NULL, NULL, ZMQ_POLLIN));
    CHECK_ERRNO (EFAULT, zmq_poller_remove (NULL, NULL));
    CHECK_ERRNO (EFAULT, zmq_poller_add_fd (NULL, 0, NULL, ZMQ_POLLIN));
    CHECK_ERRNO (EFAULT, zmq_poller_modify_fd (NULL, 0, ZMQ_POLLIN));
    CHECK_ERRNO (EFAULT, zmq_poller_remove_fd (NULL, 0));
    CHECK_ERRNO (EFAULT, zmq_poller_wait (NULL, &event, 0));
    CHECK_ERRNO (EFAULT, zmq_poller_wait_all (NULL, &event, 1, 0));
    CHECK_ERRNO (EFAULT, zmq_poller_fd (NULL, &fd));
}

DRAFT_TEST (registration_errors)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL), *const other = new_socket (ctx, ZMQ_PULL);
    void *poller = zmq_poller_new ();
    CHECK_ERRNO (ENOTSOCK, zmq_poller_add (poller, NULL, NULL, ZMQ_POLLIN));
    CHECK_ERRNO (ENOTSOCK, zmq_poller_modify (poller, NULL, ZMQ_POLLIN));
    CHECK_ERRNO (ENOTSOCK, zmq_poller_remove (poller, NULL));
    CHECK_ERRNO (EINVAL, zmq_poller_modify (poller, socket, ZMQ_POLLIN));
    CHECK_ERRNO (EINVAL, zmq_poller_remove (poller, socket));
    CHECK_ERRNO (EINVAL, zmq_poller_add (poller, socket, NULL, 0x40));
    CHECK_OK (zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN));
    CHECK_ERRNO (EINVAL, zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN));
    CHECK_ERRNO (EINVAL, zmq_poller_modify (poller, socket, 0x40));
    CHECK_ERRNO (EINVAL, zmq_poller_modify (poller, other, ZMQ_POLLIN));
    CHECK_OK (zmq_poller_modify (poller, socket, ZMQ_POLLOUT));
    CHECK_INT (1, zmq_poller_size (poller));
    CHECK_OK (zmq_poller_remove (poller, socket));
    CHECK_ERRNO (EINVAL, zmq_poller_remove (poller, socket));
    CHECK_INT (0, zmq_poller_size (poller));

    CHECK_ERRNO (EBADF, zmq_poller_add_fd (poller, -1, NULL, ZMQ_POLLIN));
    CHECK_ERRNO (EBADF, zmq_poller_modify_fd (poller, -1, ZMQ_POLLIN));
    CHECK_ERRNO (EBADF, zmq_poller_remove_fd (poller, -1));
    CHECK_ERRNO (EINVAL, zmq_poller_modify_fd (poller, 0, ZMQ_POLLIN));
    CHECK_ERRNO (EINVAL, zmq_poller_remove_fd (poller, 0));
    CHECK_ERRNO (EINVAL, zmq_poller_add_fd (poller, 0, NULL, 0x40));
    CHECK_OK (zmq_poller_add_fd (poller, 0, NULL, ZMQ_POLLIN));
    CHECK_ERRNO (EINVAL, zmq_poller_add_fd (poller, 0, NULL, ZMQ_POLLIN));
    CHECK_OK (zmq_poller_modify_fd (poller, 0, ZMQ_POLLOUT));
    CHECK_OK (zmq_poller_remove_fd (poller, 0));
    CHECK_OK (zmq_poller_destroy (&poller));
    close_socket (socket);
    close_socket (other);
    term_ctx (ctx);
}

DRAFT_TEST (wait_errors)
{
    void *poller = zmq_poller_new ();
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    zmq_poller_event_t event;
    CHECK_ERRNO (EFAULT, zmq_poller_wait (poller, NULL, 0));
    CHECK_ERRNO (EFAULT, zmq_poller_wait_all (poller, NULL, 1, 0));
    CHECK_ERRNO (EINVAL, zmq_poller_wait_all (poller, &event, -1, 0));
    CHECK_ERRNO (EFAULT, zmq_poller_wait (poller, &event, -1)); /* nothing could ever end it */
    CHECK_ERRNO (EAGAIN, zmq_poller_wait (poller, &event, 0));
    CHECK_OK (zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN));
    memset (&event, 0xee, sizeof event);
    CHECK_ERRNO (EAGAIN, zmq_poller_wait (poller, &event, 20));
    CHECK (event.socket == NULL && event.user_data == NULL);
    CHECK_INT (-1, event.fd);
    CHECK_INT (0, event.events);
    CHECK_OK (zmq_poller_destroy (&poller));
    close_socket (socket);
    term_ctx (ctx);
}

DRAFT_TEST (wait_tells_socket_user_data_and_events)
{
    FOR_EACH_TRANSPORT (transport) {
        void *const ctx = new_ctx ();
        void *a, *b;
        connected_pair (ctx, transport, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
        bounce (a, b);
        void *poller = zmq_poller_new ();
        zmq_poller_event_t event;
        CHECK_OK (zmq_poller_add (poller, b, &event, ZMQ_POLLIN));
        CHECK_ERRNO (EAGAIN, zmq_poller_wait (poller, &event, 0));
        SEND (a, "x");
        CHECK_OK (zmq_poller_wait (poller, &event, patience_ms ()));
        CHECK (event.socket == b && event.user_data == &event);
        CHECK_INT (ZMQ_POLLIN, event.events);
        CHECK_OK (zmq_poller_modify (poller, b, ZMQ_POLLIN | ZMQ_POLLOUT));
        CHECK_OK (zmq_poller_wait (poller, &event, patience_ms ()));
        CHECK_INT (ZMQ_POLLIN | ZMQ_POLLOUT, event.events);
        RECV (b, "x");
        CHECK_OK (zmq_poller_wait (poller, &event, patience_ms ()));
        CHECK_INT (ZMQ_POLLOUT, event.events);
        CHECK_OK (zmq_poller_modify (poller, b, 0));
        CHECK_ERRNO (EAGAIN, zmq_poller_wait (poller, &event, 10));
        CHECK_OK (zmq_poller_destroy (&poller));
        close_socket (a);
        close_socket (b);
        term_ctx (ctx);
    }
}

DRAFT_TEST (wait_all_fills_as_many_as_there_is_room_for)
{
    enum { COUNT = 5 };
    void *const ctx = new_ctx ();
    void *pulls[COUNT], *pushes[COUNT];
    void *poller = zmq_poller_new ();
    zmq_poller_event_t events[COUNT];
    for (int i = 0; i < COUNT; i++) {
        connected_pair (ctx, INPROC, ZMQ_PULL, &pulls[i], ZMQ_PUSH, &pushes[i], NULL);
        CHECK_OK (zmq_poller_add (poller, pulls[i], &pulls[i], ZMQ_POLLIN));
        SEND (pushes[i], "x");
    }
    CHECK_INT (COUNT, zmq_poller_size (poller));
    CHECK_INT (COUNT, zmq_poller_wait_all (poller, events, COUNT, patience_ms ()));
    for (int i = 0; i < COUNT; i++)
        CHECK (events[i].socket == *(void **) events[i].user_data);
    CHECK_INT (2, zmq_poller_wait_all (poller, events, 2, patience_ms ()));
    RECV (pulls[0], "x");
    CHECK_INT (COUNT - 1, zmq_poller_wait_all (poller, events, COUNT, patience_ms ()));
    CHECK_OK (zmq_poller_destroy (&poller));
    for (int i = 0; i < COUNT; i++) {
        close_socket (pulls[i]);
        close_socket (pushes[i]);
    }
    term_ctx (ctx);
}

DRAFT_TEST (descriptors_and_sockets_together)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    int fds[2];
    connected_pair (ctx, INPROC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    CHECK_OK (pipe (fds));
    void *poller = zmq_poller_new ();
    zmq_poller_event_t event;
    CHECK_OK (zmq_poller_add (poller, b, NULL, ZMQ_POLLIN));
    CHECK_OK (zmq_poller_add_fd (poller, fds[0], fds, ZMQ_POLLIN));
    CHECK_ERRNO (EAGAIN, zmq_poller_wait (poller, &event, 0));
    CHECK_INT (1, write (fds[1], "x", 1));
    CHECK_OK (zmq_poller_wait (poller, &event, patience_ms ()));
    CHECK (event.socket == NULL && event.user_data == fds);
    CHECK_INT (fds[0], event.fd);
    CHECK_INT (ZMQ_POLLIN, event.events);
    CHECK_OK (zmq_poller_remove_fd (poller, fds[0]));
    SEND (a, "x");
    CHECK_OK (zmq_poller_wait (poller, &event, patience_ms ()));
    CHECK (event.socket == b);
    CHECK_OK (zmq_poller_destroy (&poller));
    close (fds[0]);
    close (fds[1]);
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

DRAFT_TEST (descriptor_of_a_poller_needs_a_thread_safe_socket)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    void *poller = zmq_poller_new ();
    int fd;
    CHECK_ERRNO (EINVAL, zmq_poller_fd (poller, &fd));
    CHECK_OK (zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN));
    CHECK_ERRNO (EINVAL, zmq_poller_fd (poller, &fd));
    CHECK_OK (zmq_poller_destroy (&poller));
    close_socket (socket);
    term_ctx (ctx);
}

DRAFT_TEST (thread_safe_sockets_are_waited_for)
{
    void *const ctx = new_ctx ();
    void *server, *client, *gather, *scatter;
    connected_pair (ctx, TCP, ZMQ_SERVER, &server, ZMQ_CLIENT, &client, NULL);
    connected_pair (ctx, INPROC, ZMQ_GATHER, &gather, ZMQ_SCATTER, &scatter, NULL);
    void *poller = zmq_poller_new ();
    zmq_poller_event_t events[2];
    CHECK_OK (zmq_poller_add (poller, server, &server, ZMQ_POLLIN));
    CHECK_OK (zmq_poller_add (poller, gather, &gather, ZMQ_POLLIN));
    CHECK_ERRNO (EAGAIN, zmq_poller_wait (poller, events, 0));
    SEND (client, "to the server");
    CHECK_OK (zmq_poller_wait (poller, events, -1));
    CHECK (events[0].socket == server && events[0].user_data == &server && events[0].events == ZMQ_POLLIN);
    SEND (scatter, "to whoever gathers");
    CHECK_INT (2, zmq_poller_wait_all (poller, events, 2, -1));
    RECV (server, "to the server");
    CHECK_OK (zmq_poller_wait (poller, events, -1));
    CHECK (events[0].socket == gather);
    RECV (gather, "to whoever gathers");
    CHECK_ERRNO (EAGAIN, zmq_poller_wait (poller, events, 0));
    CHECK_OK (zmq_poller_modify (poller, server, ZMQ_POLLOUT));
    CHECK_OK (zmq_poller_wait (poller, events, -1));
    CHECK (events[0].socket == server && events[0].events == ZMQ_POLLOUT);
    CHECK_OK (zmq_poller_destroy (&poller));
    close_socket (server);
    close_socket (client);
    close_socket (gather);
    close_socket (scatter);
    term_ctx (ctx);
}

DRAFT_TEST (descriptor_of_a_poller_turns_readable_with_a_message)
{
    void *const ctx = new_ctx ();
    void *server, *client;
    connected_pair (ctx, TCP, ZMQ_SERVER, &server, ZMQ_CLIENT, &client, NULL);
    void *poller = zmq_poller_new ();
    zmq_poller_event_t event;
    struct pollfd item = {-1, POLLIN, 0};
    CHECK_OK (zmq_poller_add (poller, server, NULL, ZMQ_POLLIN));
    CHECK_OK (zmq_poller_fd (poller, &item.fd));
    SEND (client, "hello");
    RECV (server, "hello");
    CHECK_ERRNO (EAGAIN, zmq_poller_wait (poller, &event, 0));
    SEND (client, "news");
    CHECK_INT (1, poll (&item, 1, patience_ms ()));
    CHECK_OK (zmq_poller_wait (poller, &event, patience_ms ()));
    CHECK (event.socket == server);
    RECV (server, "news");
    CHECK_OK (zmq_poller_destroy (&poller));
    close_socket (server);
    close_socket (client);
    term_ctx (ctx);
}

struct late
{
    void *socket;
    pid_t waiter;
};

static void *send_late (void *argument)
{
    const struct late *const late = argument;
    wait_until_blocked (late->waiter);
    SEND (late->socket, "late");
    return NULL;
}

DRAFT_TEST (waiting_is_ended_by_a_message)
{
    FOR_EACH_TRANSPORT (transport) {
        void *const ctx = new_ctx ();
        void *a, *b;
        connected_pair (ctx, transport, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
        bounce (a, b);
        struct late late = {a, current_thread_id ()};
        void *poller = zmq_poller_new ();
        zmq_poller_event_t event;
        CHECK_OK (zmq_poller_add (poller, b, NULL, ZMQ_POLLIN));
        const pthread_t thread = start_thread (send_late, &late);
        CHECK_OK (zmq_poller_wait (poller, &event, -1));
        CHECK (event.socket == b);
        join_thread (thread);
        CHECK_OK (zmq_poller_destroy (&poller));
        close_socket (a);
        close_socket (b);
        term_ctx (ctx);
    }
}

OZMIUM_TEST (terminated_context_gives_eterm, "libzmq asserts")
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    void *poller = zmq_poller_new ();
    zmq_poller_event_t event;
    CHECK_OK (zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN));
    CHECK_OK (zmq_ctx_shutdown (ctx));
    CHECK_ERRNO (ETERM, zmq_poller_wait (poller, &event, -1));
    CHECK_OK (zmq_poller_destroy (&poller));
    close_socket (socket);
    term_ctx (ctx);
}

OZMIUM_TEST (closed_socket_in_a_poller_does_no_harm, "libzmq reads freed memory")
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    void *poller = zmq_poller_new ();
    zmq_poller_event_t event;
    CHECK_OK (zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN));
    close_socket (socket);
    CHECK_INT (-1, zmq_poller_wait (poller, &event, 0));
    CHECK_OK (zmq_poller_destroy (&poller));
    term_ctx (ctx);
}
