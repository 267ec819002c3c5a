/*  Wrong arguments to every function: an errno, never an abort and never a hang. What libzmq survives runs on it too. */

#include "harness.h"

#include <sys/uio.h>

/*  Calls every function that takes a socket with this one. */
static void try_everything_with (void *socket, int expected)
{
    char buffer[64];
    int value = 1;
    size_t size = sizeof value;
    struct iovec part = {buffer, 1};
    zmq_msg_t msg;
    zmq_pollitem_t item = {socket, 0, ZMQ_POLLIN, 0};
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_ERRNO (expected, zmq_bind (socket, "inproc://x"));
    CHECK_ERRNO (expected, zmq_connect (socket, "inproc://x"));
    CHECK_ERRNO (expected, zmq_unbind (socket, "inproc://x"));
    CHECK_ERRNO (expected, zmq_disconnect (socket, "inproc://x"));
    CHECK_ERRNO (expected, zmq_send (socket, "x", 1, 0));
    CHECK_ERRNO (expected, zmq_send_const (socket, "x", 1, 0));
    CHECK_ERRNO (expected, zmq_recv (socket, buffer, sizeof buffer, 0));
    CHECK_ERRNO (expected, zmq_msg_send (&msg, socket, 0));
    CHECK_ERRNO (expected, zmq_msg_recv (&msg, socket, 0));
    CHECK_ERRNO (expected, zmq_sendmsg (socket, &msg, 0));
    CHECK_ERRNO (expected, zmq_recvmsg (socket, &msg, 0));
    CHECK_ERRNO (expected, zmq_sendiov (socket, &part, 1, 0));
    CHECK_ERRNO (expected, zmq_recviov (socket, &part, &size, 0));
    size = sizeof value;
    CHECK_ERRNO (expected, zmq_setsockopt (socket, ZMQ_LINGER, &value, sizeof value));
    CHECK_ERRNO (expected, zmq_getsockopt (socket, ZMQ_LINGER, &value, &size));
    CHECK_ERRNO (expected, zmq_socket_monitor (socket, "inproc://m", ZMQ_EVENT_ALL));
    if (socket)
        CHECK_ERRNO (expected, zmq_poll (&item, 1, 0));
    CHECK_ERRNO (expected, zmq_close (socket));
    CHECK_OK (zmq_msg_close (&msg));
}

TEST (null_socket_gives_enotsock)
{
    try_everything_with (NULL, ENOTSOCK);
}

DRAFT_TEST (null_socket_gives_enotsock_in_drafts)
{
    CHECK_ERRNO (ENOTSOCK, zmq_join (NULL, "group"));
    CHECK_ERRNO (ENOTSOCK, zmq_leave (NULL, "group"));
    CHECK_INT (0, zmq_connect_peer (NULL, "inproc://x"));
    CHECK_ERRNO (ENOTSOCK, zmq_socket_get_peer_state (NULL, "x", 1));
    CHECK_ERRNO (ENOTSOCK, zmq_socket_monitor_pipes_stats (NULL));
}

OZMIUM_TEST (closed_socket_gives_enotsock, "libzmq reads freed memory")
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_DEALER);
    close_socket (socket);
    try_everything_with (socket, ENOTSOCK);
    term_ctx (ctx);
    try_everything_with (socket, ENOTSOCK);
}

OZMIUM_TEST (stale_handle_is_not_the_next_socket, "libzmq may hand out the same address")
{
    void *const ctx = new_ctx ();
    for (int i = 0; i < 200; i++) {
        void *const old = new_socket (ctx, ZMQ_DEALER);
        close_socket (old);
        void *const next = new_socket (ctx, ZMQ_DEALER);
        /* Either it is a new pointer, or, where pointers are used again, the pointer is valid again. */
        if (old != next)
            CHECK_ERRNO (ENOTSOCK, zmq_send (old, "x", 1, ZMQ_DONTWAIT));
        close_socket (next);
    }
    term_ctx (ctx);
}

OZMIUM_TEST (foreign_pointers_give_enotsock_or_efault, "libzmq reads through them")
{
    static uint64_t foreign[512];
    void *const ctx = new_ctx ();
    try_everything_with (foreign, ENOTSOCK);
    try_everything_with (foreign + 1, ENOTSOCK);
    try_everything_with ((char *) foreign + 1, ENOTSOCK);
    try_everything_with (ctx, ENOTSOCK);
    try_everything_with ((void *) 8, ENOTSOCK);
    try_everything_with ((void *) UINTPTR_MAX, ENOTSOCK);
    try_everything_with ((void *) 0xdeadbeefdeadbeef, ENOTSOCK);
    CHECK_ERRNO (EFAULT, zmq_ctx_get ((void *) 8, ZMQ_IO_THREADS));
    CHECK_ERRNO (EFAULT, zmq_ctx_term ((void *) 0xdeadbeefdeadbeef));
    term_ctx (ctx);
}

OZMIUM_TEST (null_message_gives_efault, "libzmq reads through it")
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_DEALER);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_ERRNO (EFAULT, zmq_msg_init (NULL));
    CHECK_ERRNO (EFAULT, zmq_msg_init_size (NULL, 5));
    CHECK_ERRNO (EFAULT, zmq_msg_init_data (NULL, "x", 1, NULL, NULL));
    CHECK_ERRNO (EFAULT, zmq_msg_init_buffer (NULL, "x", 1));
    CHECK_ERRNO (EFAULT, zmq_msg_close (NULL));
    CHECK_ERRNO (EFAULT, zmq_msg_move (NULL, &msg));
    CHECK_ERRNO (EFAULT, zmq_msg_move (&msg, NULL));
    CHECK_ERRNO (EFAULT, zmq_msg_copy (NULL, &msg));
    CHECK_ERRNO (EFAULT, zmq_msg_copy (&msg, NULL));
    CHECK_ERRNO (EFAULT, zmq_msg_send (NULL, socket, 0));
    CHECK_ERRNO (EFAULT, zmq_msg_recv (NULL, socket, 0));
    CHECK (zmq_msg_data (NULL) == NULL);
    CHECK_INT (0, zmq_msg_size (NULL));
    CHECK (zmq_msg_more (NULL) <= 0);
    CHECK_INT (-1, zmq_msg_get (NULL, ZMQ_MORE));
    CHECK_INT (-1, zmq_msg_set (NULL, ZMQ_MORE, 1));
    CHECK (zmq_msg_gets (NULL, "Socket-Type") == NULL);
    CHECK (zmq_msg_gets (&msg, NULL) == NULL);
    CHECK_OK (zmq_msg_close (&msg));
    close_socket (socket);
    term_ctx (ctx);
}

OZMIUM_TEST (messages_of_any_bytes_do_no_harm, "libzmq asserts, or frees what the bytes point to")
{
    /* Memory that was never a message: zeros, and a pattern. */
    static const int fills[] = {0, 0xff, 0xa5, 1};
    for (size_t i = 0; i < sizeof fills / sizeof *fills; i++) {
        zmq_msg_t msg, other;
        memset (&msg, fills[i], sizeof msg);
        CHECK_OK (zmq_msg_init (&other));
        CHECK_ERRNO (EFAULT, zmq_msg_close (&msg));
        CHECK_ERRNO (EFAULT, zmq_msg_copy (&other, &msg));
        CHECK_ERRNO (EFAULT, zmq_msg_move (&other, &msg));
        CHECK_INT (0, zmq_msg_size (&msg));
        CHECK (zmq_msg_data (&msg) == NULL);
        CHECK_OK (zmq_msg_close (&other));
    }
}

OZMIUM_TEST (null_data_of_some_size_gives_an_errno, "libzmq reads through it")
{
    void *const ctx = new_ctx ();
    void *a, *b;
    zmq_msg_t msg;
    int value = 1;
    size_t size = sizeof value;
    connected_pair (ctx, INPROC, ZMQ_DEALER, &a, ZMQ_DEALER, &b, NULL);
    CHECK_INT (-1, zmq_send (a, NULL, 5, 0));
    CHECK_INT (-1, zmq_send_const (a, NULL, 5, 0));
    SEND (a, "hello");
    CHECK (zmq_recv (b, NULL, 5, 0) == -1 || zmq_recv (b, NULL, 0, ZMQ_DONTWAIT) == -1);
    CHECK_INT (-1, zmq_msg_init_buffer (&msg, NULL, 5));
    CHECK_INT (-1, zmq_setsockopt (a, ZMQ_LINGER, NULL, sizeof (int)));
    CHECK_INT (-1, zmq_setsockopt (a, ZMQ_ROUTING_ID, NULL, 5));
    CHECK_INT (-1, zmq_getsockopt (a, ZMQ_LINGER, NULL, &size));
    CHECK_INT (-1, zmq_getsockopt (a, ZMQ_LINGER, &value, NULL));
    CHECK_INT (-1, zmq_getsockopt (a, ZMQ_LAST_ENDPOINT, NULL, &size));
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

OZMIUM_TEST (null_arguments_elsewhere, "libzmq reads through them")
{
    int value;
    char text[64];
    uint8_t data[64];
    zmq_version (NULL, NULL, NULL);
    zmq_version (&value, NULL, NULL);
    CHECK_INT (0, zmq_has (NULL));
    CHECK (zmq_z85_encode (NULL, data, 4) == NULL);
    CHECK (zmq_z85_encode (text, NULL, 4) == NULL);
    CHECK (zmq_z85_decode (NULL, "HelloWorld") == NULL);
    CHECK (zmq_z85_decode (data, NULL) == NULL);
    CHECK_INT (-1, zmq_curve_keypair (NULL, text));
    CHECK_INT (-1, zmq_curve_keypair (text, NULL));
    CHECK_INT (-1, zmq_curve_public (NULL, text));
    CHECK_INT (-1, zmq_curve_public (text, NULL));
    zmq_atomic_counter_set (NULL, 1);
    zmq_atomic_counter_inc (NULL);
    zmq_atomic_counter_dec (NULL);
    zmq_atomic_counter_value (NULL);
    zmq_atomic_counter_destroy (NULL);
    CHECK_INT (0, zmq_stopwatch_intermediate (NULL));
    CHECK_INT (0, zmq_stopwatch_stop (NULL));
    zmq_threadclose (NULL);
    CHECK (zmq_threadstart (NULL, NULL) == NULL);
    CHECK_INT (-1, zmq_timers_destroy (NULL));
    CHECK_INT (-1, zmq_ctx_set_ext (NULL, 0, NULL, 0));
    CHECK_INT (-1, zmq_ctx_get_ext (NULL, 0, NULL, NULL));
    void *const ctx = new_ctx ();
    CHECK_INT (-1, zmq_ctx_set_ext (ctx, ZMQ_IO_THREADS, NULL, sizeof value));
    CHECK_INT (-1, zmq_ctx_get_ext (ctx, ZMQ_IO_THREADS, &value, NULL));
    CHECK_INT (-1, zmq_ctx_get_ext (ctx, ZMQ_IO_THREADS, NULL, &(size_t) {sizeof value}));
    term_ctx (ctx);
}

OZMIUM_TEST (foreign_timers_and_pollers_give_efault, "libzmq reads through them")
{
    static uint64_t foreign[512];
    void *pointer = foreign;
    CHECK_ERRNO (EFAULT, zmq_timers_execute (foreign));
    CHECK_ERRNO (EFAULT, zmq_timers_destroy (&pointer));
    CHECK_ERRNO (EFAULT, zmq_poller_size (foreign));
    CHECK_ERRNO (EFAULT, zmq_poller_destroy (&pointer));
}

TEST (absurd_option_sizes)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_DEALER);
    int value = 1;
    CHECK_ERRNO (EINVAL, zmq_setsockopt (socket, ZMQ_LINGER, &value, SIZE_MAX));
    CHECK_ERRNO (EINVAL, zmq_setsockopt (socket, ZMQ_ROUTING_ID, &value, SIZE_MAX));
    CHECK_ERRNO (EINVAL, zmq_setsockopt (socket, ZMQ_PLAIN_USERNAME, &value, SIZE_MAX));
    CHECK_ERRNO (EINVAL, zmq_setsockopt (socket, ZMQ_ZAP_DOMAIN, &value, SIZE_MAX));
    close_socket (socket);
    term_ctx (ctx);
}

OZMIUM_TEST (absurd_sizes_of_unbounded_options_give_enomem_or_einval, "libzmq throws through the C API")
{
    void *const ctx = new_ctx ();
    void *const sub = new_socket (ctx, ZMQ_SUB), *const xpub = new_socket (ctx, ZMQ_XPUB);
    char byte = 'x';
    CHECK_INT (-1, zmq_setsockopt (sub, ZMQ_SUBSCRIBE, &byte, SIZE_MAX));
    CHECK_INT (-1, zmq_setsockopt (sub, ZMQ_UNSUBSCRIBE, &byte, SIZE_MAX));
    CHECK_INT (-1, zmq_setsockopt (sub, ZMQ_SUBSCRIBE, NULL, 5));
    CHECK_INT (-1, zmq_setsockopt (xpub, ZMQ_XPUB_WELCOME_MSG, &byte, SIZE_MAX));
    CHECK_INT (-1, zmq_setsockopt (xpub, ZMQ_SOCKS_PROXY, &byte, SIZE_MAX));
    CHECK_ERRNO (ENOMEM, zmq_send (xpub, &byte, SIZE_MAX, 0));
    close_socket (sub);
    close_socket (xpub);
    term_ctx (ctx);
}

static void *close_it (void *socket)
{
    zmq_close (socket);
    return NULL;
}

OZMIUM_TEST (two_threads_that_close_one_socket, "libzmq frees it twice")
{
    void *const ctx = new_ctx ();
    for (int i = 0; i < 100; i++) {
        void *const socket = new_socket (ctx, ZMQ_DEALER);
        const pthread_t thread = start_thread (close_it, socket);
        zmq_close (socket);
        join_thread (thread);
    }
    term_ctx (ctx);
}

OZMIUM_TEST (invalid_proxy_ends_give_an_errno, "libzmq reads through them")
{
    static uint64_t foreign[512];
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_DEALER);
    CHECK_ERRNO (ENOTSOCK, zmq_proxy (socket, foreign, NULL));
    CHECK_ERRNO (ENOTSOCK, zmq_proxy (foreign, socket, NULL));
    CHECK_ERRNO (ENOTSOCK, zmq_proxy (socket, socket, foreign));
    CHECK_ERRNO (ENOTSOCK, zmq_proxy_steerable (socket, socket, NULL, foreign));
    close_socket (socket);
    term_ctx (ctx);
}
