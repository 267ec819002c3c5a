/*  zmq_sendiov and zmq_recviov, which no man page tells of: several frames at once. */

#include "fixture.h"

#include <sys/uio.h>

static void open_pair (void **a, void **b)
{
    *a = open_socket (ZMQ_PAIR);
    *b = open_socket (ZMQ_PAIR);
    join (*a, *b, INPROC);
}

static void free_parts (struct iovec *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free (parts[i].iov_base);
}

SOCKET_TEST (with_sndmore_the_elements_are_one_message)
{
    struct iovec parts[3] = {{"one", 3}, {"two!", 4}, {"five.", 5}};
    void *a, *b;
    open_pair (&a, &b);
    CHECK_INT (5, zmq_sendiov (a, parts, 3, ZMQ_SNDMORE)); /* the last one's size */
    RECV_PARTS (b, "one", "two!", "five.");
    CHECK_INT (3, zmq_sendiov (a, parts, 1, ZMQ_SNDMORE)); /* which always ends the message */
    RECV (b, "one");
    CHECK_INT (4, zmq_sendiov (a, parts, 2, ZMQ_SNDMORE | ZMQ_DONTWAIT));
    RECV_PARTS (b, "one", "two!");
}

SOCKET_TEST (without_sndmore_each_element_is_a_message)
{
    struct iovec parts[3] = {{"one", 3}, {"", 0}, {"three", 5}};
    void *a, *b;
    open_pair (&a, &b);
    CHECK_INT (5, zmq_sendiov (a, parts, 3, 0));
    RECV (b, "one");
    RECV (b, "");
    RECV (b, "three");
}

SOCKET_TEST (an_empty_element_needs_no_memory)
{
    struct iovec parts[2] = {{NULL, 0}, {"x", 1}};
    void *a, *b;
    open_pair (&a, &b);
    CHECK_INT (1, zmq_sendiov (a, parts, 2, ZMQ_SNDMORE));
    RECV_PARTS (b, "", "x");
    CHECK_INT (0, zmq_sendiov (a, parts, 1, 0));
    RECV (b, "");
}

SOCKET_TEST (elements_may_be_large)
{
    enum { SIZE = 1000000 };
    char *const data = calloc (1, SIZE);
    CHECK (data != NULL);
    struct iovec parts[2] = {{data, SIZE}, {data, 100}}, got[2];
    size_t count = 2;
    void *a, *b;
    open_pair (&a, &b);
    CHECK_INT (100, zmq_sendiov (a, parts, 2, ZMQ_SNDMORE));
    memset (data, 'x', SIZE); /* it was copied */
    CHECK_INT (2, zmq_recviov (b, got, &count, 0));
    CHECK_INT (SIZE, got[0].iov_len);
    CHECK_INT (0, ((char *) got[0].iov_base)[SIZE - 1]);
    free_parts (got, 2);
    free (data);
}

SOCKET_TEST (what_was_sent_before_an_error_stays_sent)
{
    struct iovec parts[4] = {{"1", 1}, {"2", 1}, {"3", 1}, {"4", 1}};
    void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
    set_int (push, ZMQ_SNDHWM, 1);
    set_int (pull, ZMQ_RCVHWM, 1);
    join (push, pull, INPROC);
    CHECK_ERRNO (EAGAIN, zmq_sendiov (push, parts, 4, ZMQ_DONTWAIT));
    RECV (pull, "1");
    RECV (pull, "2");
    RECV_NOTHING (pull);
}

SOCKET_TEST (recviov_gives_parts_in_memory_of_the_caller_s)
{
    struct iovec parts[5];
    size_t count = 5;
    void *a, *b;
    open_pair (&a, &b);
    SEND_PARTS (a, "one", "two!", "");
    SEND (a, "another message");
    CHECK_INT (3, zmq_recviov (b, parts, &count, 0));
    CHECK_INT (3, count);
    CHECK_BYTES ("one", 3, parts[0].iov_base, parts[0].iov_len);
    CHECK_BYTES ("two!", 4, parts[1].iov_base, parts[1].iov_len);
    CHECK_INT (0, parts[2].iov_len);
    CHECK (parts[2].iov_base != NULL);
    CHECK_INT (0, get_int (b, ZMQ_RCVMORE));
    free_parts (parts, count);
    RECV (b, "another message");
}

SOCKET_TEST (recviov_takes_no_more_parts_than_there_is_room_for)
{
    struct iovec parts[2];
    size_t count = 2;
    void *a, *b;
    open_pair (&a, &b);
    SEND_PARTS (a, "1", "2", "3");
    CHECK_INT (2, zmq_recviov (b, parts, &count, 0));
    CHECK_INT (2, count);
    CHECK_INT (1, get_int (b, ZMQ_RCVMORE)); /* there is another */
    free_parts (parts, count);
    CHECK_INT (1, zmq_recviov (b, parts, &count, 0));
    CHECK_INT (1, count);
    CHECK_BYTES ("3", 1, parts[0].iov_base, parts[0].iov_len);
    CHECK_INT (0, get_int (b, ZMQ_RCVMORE));
    free_parts (parts, count);
}

SOCKET_TEST (errors)
{
    struct iovec part = {"x", 1};
    size_t count = 0;
    void *a, *b;
    open_pair (&a, &b);
    CHECK_ERRNO (EINVAL, zmq_sendiov (a, NULL, 1, 0));
    CHECK_ERRNO (EINVAL, zmq_sendiov (a, &part, 0, 0));
    CHECK_ERRNO (ENOTSOCK, zmq_sendiov (NULL, &part, 1, 0));
    CHECK_ERRNO (ENOTSOCK, zmq_sendiov (NULL, NULL, 0, 0));
    CHECK_ERRNO (EINVAL, zmq_recviov (b, NULL, &count, 0));
    CHECK_ERRNO (EINVAL, zmq_recviov (b, &part, NULL, 0));
    CHECK_ERRNO (EINVAL, zmq_recviov (b, &part, &count, 0));
    count = 1;
    CHECK_ERRNO (EINVAL, zmq_recviov (b, NULL, &count, 0));
    CHECK_INT (1, count);
    CHECK_ERRNO (ENOTSOCK, zmq_recviov (NULL, &part, &count, 0));
    CHECK_ERRNO (EAGAIN, zmq_recviov (b, &part, &count, ZMQ_DONTWAIT));
    CHECK_INT (0, count); /* so many were received */
    void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
    count = 1;
    CHECK_ERRNO (ENOTSUP, zmq_recviov (push, &part, &count, 0));
    CHECK_ERRNO (ENOTSUP, zmq_sendiov (pull, &part, 1, 0));
}

SOCKET_OZMIUM_TEST (elements_of_some_size_and_no_memory_give_efault, "libzmq reads through the null pointer")
{
    struct iovec part = {NULL, 5};
    void *a, *b;
    open_pair (&a, &b);
    CHECK_ERRNO (EFAULT, zmq_sendiov (a, &part, 1, 0));
    RECV_NOTHING (b);
}
