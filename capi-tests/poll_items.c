/*  zmq_poll's items, one strange kind after the other. */

#include "fixture.h"

#include <fcntl.h>
#include <sys/socket.h>

static int64_t took_ms;

static int timed_poll (zmq_pollitem_t *items, int count, long timeout)
{
    const int64_t started = now_ms ();
    const int ready = zmq_poll (items, count, timeout);
    took_ms = now_ms () - started;
    return ready;
}

TEST (no_items_with_a_pointer_to_some)
{
    zmq_pollitem_t item = {NULL, -1, ZMQ_POLLIN, 7};
    CHECK_INT (0, timed_poll (&item, 0, 30));
    CHECK (took_ms >= 29);
    CHECK_INT (7, item.revents);
    CHECK_INT (0, zmq_poll (&item, 0, 0));
    CHECK_INT (0, zmq_poll (NULL, 0, 0));
}

SOCKET_TEST (a_negative_timeout_of_any_size_waits)
{
    static const long timeouts[] = {-1, -2, -1000, INT32_MIN};
    void *const a = open_socket (ZMQ_PAIR), *const b = open_socket (ZMQ_PAIR);
    join (a, b, INPROC);
    SEND (a, "x");
    zmq_pollitem_t item = {b, 0, ZMQ_POLLIN, 0};
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++)
        CHECK_INT (1, zmq_poll (&item, 1, timeouts[i]));
}

SOCKET_TEST (an_item_without_events_is_never_ready_but_by_an_error)
{
    void *const a = open_socket (ZMQ_PAIR), *const b = open_socket (ZMQ_PAIR);
    int fds[2];
    join (a, b, INPROC);
    SEND (a, "x");
    CHECK_OK (pipe (fds));
    CHECK_INT (1, write (fds[1], "x", 1));
    zmq_pollitem_t items[] = {{b, 0, 0, 7}, {NULL, fds[0], 0, 7}, {a, 0, ZMQ_POLLERR, 7}};
    CHECK_INT (0, timed_poll (items, 3, 30));
    CHECK (took_ms >= 29);
    for (int i = 0; i < 3; i++)
        CHECK_INT (0, items[i].revents);
    CHECK_OK (close (fds[1]));
    char byte;
    CHECK_INT (1, read (fds[0], &byte, 1));
    CHECK_INT (1, zmq_poll (items, 2, patience_ms ()));
    CHECK_INT (ZMQ_POLLERR, items[1].revents); /* the writer is gone */
    close (fds[0]);
}

SOCKET_TEST (unknown_events_are_passed_over)
{
    void *const a = open_socket (ZMQ_PAIR), *const b = open_socket (ZMQ_PAIR);
    join (a, b, INPROC);
    zmq_pollitem_t item = {a, 0, (short) 0xffff, 0};
    CHECK_INT (1, zmq_poll (&item, 1, 0));
    CHECK_INT (ZMQ_POLLOUT, item.revents);
    item.events = 0x40;
    CHECK_INT (0, zmq_poll (&item, 1, 0));
}

TEST (negative_descriptors_are_passed_over)
{
    zmq_pollitem_t items[] = {{NULL, -1, ZMQ_POLLIN | ZMQ_POLLOUT, 7}, {NULL, -77, ZMQ_POLLIN, 7}};
    CHECK_INT (0, timed_poll (items, 2, 30));
    CHECK (took_ms >= 29);
    CHECK_INT (0, items[0].revents);
    CHECK_INT (0, items[1].revents);
}

TEST (closed_descriptors_have_an_error)
{
    int fds[2];
    CHECK_OK (pipe (fds));
    CHECK_INT (900, fcntl (fds[0], F_DUPFD, 900)); /* a number that nobody takes meanwhile */
    CHECK_OK (close (900));
    zmq_pollitem_t items[] = {{NULL, 900, ZMQ_POLLIN, 0}, {NULL, fds[0], ZMQ_POLLIN, 0}, {NULL, 900, 0, 0}};
    CHECK_INT (2, zmq_poll (items, 3, -1));
    CHECK_INT (ZMQ_POLLERR, items[0].revents);
    CHECK_INT (0, items[1].revents);
    CHECK_INT (ZMQ_POLLERR, items[2].revents);
    close (fds[0]);
    close (fds[1]);
}

TEST (one_descriptor_in_several_items)
{
    int fds[2];
    CHECK_OK (socketpair (AF_UNIX, SOCK_STREAM, 0, fds));
    zmq_pollitem_t items[] = {{NULL, fds[0], ZMQ_POLLIN, 0}, {NULL, fds[0], ZMQ_POLLOUT, 0},
                              {NULL, fds[0], ZMQ_POLLIN | ZMQ_POLLOUT, 0}};
    CHECK_INT (2, zmq_poll (items, 3, 0));
    CHECK_INT (1, write (fds[1], "x", 1));
    CHECK_INT (3, zmq_poll (items, 3, 0));
    CHECK_INT (ZMQ_POLLIN, items[0].revents);
    CHECK_INT (ZMQ_POLLOUT, items[1].revents);
    CHECK_INT (ZMQ_POLLIN | ZMQ_POLLOUT, items[2].revents);
    close (fds[0]);
    close (fds[1]);
}

TEST (urgent_data_is_pollpri)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint), client = raw_connect (endpoint), server = raw_accept (listener);
    zmq_pollitem_t item = {NULL, server, ZMQ_POLLPRI, 0};
    CHECK_INT (0, zmq_poll (&item, 1, 0));
    CHECK_INT (1, send (client, "!", 1, MSG_OOB));
    CHECK_INT (1, zmq_poll (&item, 1, patience_ms ()));
    CHECK_INT (ZMQ_POLLPRI, item.revents);
    close (client);
    close (server);
    close (listener);
}

SOCKET_TEST (every_ready_item_counts_and_the_others_are_cleared)
{
    void *const a = open_socket (ZMQ_PAIR), *const b = open_socket (ZMQ_PAIR), *const lonely = open_socket (ZMQ_PAIR);
    join (a, b, INPROC);
    SEND (a, "x");
    zmq_pollitem_t items[] = {{lonely, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 7}, {b, 0, ZMQ_POLLIN, 7}, {b, 0, ZMQ_POLLOUT, 7},
                              {b, 0, ZMQ_POLLIN | ZMQ_POLLOUT, 7},      {a, 0, ZMQ_POLLIN, 7}};
    CHECK_INT (3, zmq_poll (items, 5, -1));
    CHECK_INT (0, items[0].revents);
    CHECK_INT (ZMQ_POLLIN, items[1].revents);
    CHECK_INT (ZMQ_POLLOUT, items[2].revents);
    CHECK_INT (ZMQ_POLLIN | ZMQ_POLLOUT, items[3].revents);
    CHECK_INT (0, items[4].revents);
}

SOCKET_TEST (a_terminated_context_gives_eterm)
{
    void *const pull = open_socket (ZMQ_PULL);
    int fds[2];
    CHECK_OK (pipe (fds));
    zmq_pollitem_t items[] = {{NULL, fds[0], ZMQ_POLLIN, 0}, {pull, 0, ZMQ_POLLIN, 0}};
    CHECK_INT (0, zmq_poll (items, 2, 0));
    CHECK_OK (zmq_ctx_shutdown (test_ctx ()));
    CHECK_ERRNO (ETERM, zmq_poll (items, 2, -1));
    CHECK_ERRNO (ETERM, zmq_poll (items + 1, 1, 0));
    CHECK_INT (0, zmq_poll (items, 1, 0)); /* the descriptor has nothing to do with it */
    close (fds[0]);
    close (fds[1]);
}

static void *shut_down_when_asleep (void *thread)
{
    wait_until_blocked (*(pid_t *) thread);
    CHECK_OK (zmq_ctx_shutdown (test_ctx ()));
    return NULL;
}

SOCKET_TEST (a_context_that_ends_meanwhile_gives_eterm)
{
    void *const pull = open_socket (ZMQ_PULL);
    pid_t me = current_thread_id ();
    const pthread_t thread = start_thread (shut_down_when_asleep, &me);
    zmq_pollitem_t item = {pull, 0, ZMQ_POLLIN, 0};
    CHECK_ERRNO (ETERM, zmq_poll (&item, 1, -1));
    join_thread (thread);
}

SOCKET_DRAFT_TEST (thread_safe_sockets_make_no_difference_to_other_items)
{
    void *const server = open_socket (ZMQ_SERVER), *const client = open_socket (ZMQ_CLIENT);
    join (server, client, INPROC);
    SEND (client, "x");
    zmq_pollitem_t items[] = {{server, 0, ZMQ_POLLIN, 0}, {client, 0, ZMQ_POLLIN, 0}, {NULL, -1, ZMQ_POLLIN, 7}};
    CHECK_INT (1, zmq_poll (items, 2, -1));
    CHECK_INT (ZMQ_POLLIN, items[0].revents);
    CHECK_INT (0, items[1].revents);
    if (DIFFERS ("libzmq polls these sockets by a poller, which refuses negative descriptors and unknown events")) {
        CHECK_INT (1, zmq_poll (items, 3, -1));
        CHECK_INT (0, items[2].revents);
        items[1].events = 0x40;
        CHECK_INT (1, zmq_poll (items, 2, -1));
    }
}
