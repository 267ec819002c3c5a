/*  zmq_ctx_new, _set, _get (and _ext), zmq_socket, zmq_init: options, their limits and what they do. */

#include "harness.h"

#include <dirent.h>

TEST (defaults)
{
    void *const ctx = new_ctx ();
    CHECK_INT (ZMQ_IO_THREADS_DFLT, zmq_ctx_get (ctx, ZMQ_IO_THREADS));
    CHECK_INT (ZMQ_MAX_SOCKETS_DFLT, zmq_ctx_get (ctx, ZMQ_MAX_SOCKETS));
    CHECK (zmq_ctx_get (ctx, ZMQ_SOCKET_LIMIT) >= ZMQ_MAX_SOCKETS_DFLT);
    CHECK_INT (0, zmq_ctx_get (ctx, ZMQ_IPV6));
    CHECK_INT (1, zmq_ctx_get (ctx, ZMQ_BLOCKY));
    CHECK_INT (INT32_MAX, zmq_ctx_get (ctx, ZMQ_MAX_MSGSZ));
    CHECK_INT (sizeof (zmq_msg_t), zmq_ctx_get (ctx, ZMQ_MSG_T_SIZE));
    CHECK_INT (ZMQ_THREAD_SCHED_POLICY_DFLT, zmq_ctx_get (ctx, ZMQ_THREAD_SCHED_POLICY));
    term_ctx (ctx);
}

TEST (options_are_set_and_got_back)
{
    static const struct
    {
        int option, value;
    } cases[] = {{ZMQ_IO_THREADS, 4},   {ZMQ_IO_THREADS, 0}, {ZMQ_MAX_SOCKETS, 1},   {ZMQ_MAX_SOCKETS, 5000},
                 {ZMQ_IPV6, 1},         {ZMQ_IPV6, 0},       {ZMQ_BLOCKY, 0},        {ZMQ_BLOCKY, 1},
                 {ZMQ_MAX_MSGSZ, 1000}, {ZMQ_MAX_MSGSZ, 0},  {ZMQ_MAX_MSGSZ, INT32_MAX}};
    void *const ctx = new_ctx ();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_OK (zmq_ctx_set (ctx, cases[i].option, cases[i].value));
        CHECK_INT (cases[i].value, zmq_ctx_get (ctx, cases[i].option));
    }
    term_ctx (ctx);
}

TEST (booleans_take_any_positive_number)
{
    void *const ctx = new_ctx ();
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_IPV6, 7));
    CHECK_INT (1, zmq_ctx_get (ctx, ZMQ_IPV6));
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_BLOCKY, 7));
    CHECK_INT (1, zmq_ctx_get (ctx, ZMQ_BLOCKY));
    term_ctx (ctx);
}

TEST (values_out_of_range_give_einval)
{
    void *const ctx = new_ctx ();
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, ZMQ_IO_THREADS, -1));
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 0));
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, -1));
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, ZMQ_IPV6, -1));
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, ZMQ_BLOCKY, -1));
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, ZMQ_MAX_MSGSZ, -1));
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, ZMQ_THREAD_SCHED_POLICY, -1));
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, ZMQ_THREAD_PRIORITY, -1));
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD, -1));
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, -1));
    CHECK_INT (ZMQ_IO_THREADS_DFLT, zmq_ctx_get (ctx, ZMQ_IO_THREADS));
    CHECK_INT (ZMQ_MAX_SOCKETS_DFLT, zmq_ctx_get (ctx, ZMQ_MAX_SOCKETS));
    term_ctx (ctx);
}

TEST (unknown_and_one_way_options_give_einval)
{
    void *const ctx = new_ctx ();
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, 0, 1));
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, -1, 1));
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, 99, 1));
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, ZMQ_MSG_T_SIZE, 64));
    CHECK_ERRNO (EINVAL, zmq_ctx_get (ctx, 0));
    CHECK_ERRNO (EINVAL, zmq_ctx_get (ctx, -1));
    CHECK_ERRNO (EINVAL, zmq_ctx_get (ctx, 99));
    CHECK_ERRNO (EINVAL, zmq_ctx_get (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD));
    CHECK_ERRNO (EINVAL, zmq_ctx_get (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE));
    term_ctx (ctx);
}

TEST (affinity_removes_only_what_was_added)
{
    void *const ctx = new_ctx ();
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 0));
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_ADD, 0));
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 0));
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 0));
    term_ctx (ctx);
}

TEST (null_handle_gives_efault)
{
    CHECK_ERRNO (EFAULT, zmq_ctx_set (NULL, ZMQ_IO_THREADS, 1));
    CHECK_ERRNO (EFAULT, zmq_ctx_get (NULL, ZMQ_IO_THREADS));
    CHECK_ERRNO (EFAULT, zmq_ctx_term (NULL));
    CHECK_ERRNO (EFAULT, zmq_ctx_destroy (NULL));
    CHECK_ERRNO (EFAULT, zmq_term (NULL));
    CHECK_ERRNO (EFAULT, zmq_ctx_shutdown (NULL));
    CHECK_NULL_ERRNO (EFAULT, zmq_socket (NULL, ZMQ_PAIR));
}

TEST (legacy_init_sets_io_threads)
{
    void *const ctx = zmq_init (3);
    CHECK (ctx);
    CHECK_INT (3, zmq_ctx_get (ctx, ZMQ_IO_THREADS));
    CHECK_OK (zmq_term (ctx));
    CHECK_NULL_ERRNO (EINVAL, zmq_init (-1));
}

TEST (every_stable_socket_type_can_be_made)
{
    void *const ctx = new_ctx ();
    for (int type = ZMQ_PAIR; type <= ZMQ_STREAM; type++) {
        void *const socket = zmq_socket (ctx, type);
        CHECK (socket);
        CHECK_INT (type, get_int (socket, ZMQ_TYPE));
        close_socket (socket);
    }
    term_ctx (ctx);
}

TEST (unknown_socket_type_gives_einval)
{
    void *const ctx = new_ctx ();
    CHECK_NULL_ERRNO (EINVAL, zmq_socket (ctx, -1));
    CHECK_NULL_ERRNO (EINVAL, zmq_socket (ctx, 21));
    CHECK_NULL_ERRNO (EINVAL, zmq_socket (ctx, 9999));
    term_ctx (ctx);
}

TEST (max_sockets_gives_emfile_until_one_is_closed)
{
    void *const ctx = new_ctx ();
    void *sockets[3], *more;
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 3));
    for (int i = 0; i < 3; i++)
        CHECK ((sockets[i] = zmq_socket (ctx, ZMQ_PAIR)) != NULL);
    CHECK_NULL_ERRNO (EMFILE, zmq_socket (ctx, ZMQ_PAIR));
    close_socket (sockets[0]);
    /* The reaper gives its place back in its own time. */
    WAIT_UNTIL ((more = zmq_socket (ctx, ZMQ_PAIR)) != NULL);
    CHECK_NULL_ERRNO (EMFILE, zmq_socket (ctx, ZMQ_PAIR));
    close_socket (more);
    close_socket (sockets[1]);
    close_socket (sockets[2]);
    term_ctx (ctx);
}

TEST (max_sockets_is_settled_by_the_first_socket)
{
    void *const ctx = new_ctx ();
    void *const first = zmq_socket (ctx, ZMQ_PAIR);
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_MAX_SOCKETS, 1));
    CHECK_INT (1, zmq_ctx_get (ctx, ZMQ_MAX_SOCKETS));
    void *const second = zmq_socket (ctx, ZMQ_PAIR);
    CHECK (second);
    close_socket (first);
    close_socket (second);
    term_ctx (ctx);
}

TEST (io_threads_are_settled_by_the_first_socket)
{
    void *const ctx = new_ctx ();
    void *const socket = zmq_socket (ctx, ZMQ_PAIR);
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 0));
    CHECK_OK (zmq_bind (socket, "tcp://127.0.0.1:*"));
    close_socket (socket);
    term_ctx (ctx);
}

TEST (ipv6_of_the_context_is_the_default_of_new_sockets)
{
    void *const ctx = new_ctx ();
    void *const before = zmq_socket (ctx, ZMQ_PAIR);
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_IPV6, 1));
    void *const after = zmq_socket (ctx, ZMQ_PAIR);
    CHECK_INT (0, get_int (before, ZMQ_IPV6));
    CHECK_INT (1, get_int (after, ZMQ_IPV6));
    CHECK_INT (0, get_int (after, ZMQ_IPV4ONLY));
    close_socket (before);
    close_socket (after);
    term_ctx (ctx);
}

TEST (blocky_decides_the_default_linger)
{
    void *const ctx = new_ctx ();
    void *const blocky = zmq_socket (ctx, ZMQ_PUSH);
    CHECK_INT (-1, get_int (blocky, ZMQ_LINGER));
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_BLOCKY, 0));
    void *const relaxed = zmq_socket (ctx, ZMQ_PUSH);
    CHECK_INT (0, get_int (relaxed, ZMQ_LINGER));
    CHECK_INT (-1, get_int (blocky, ZMQ_LINGER));
    close_socket (relaxed);
    close_socket (blocky);
    term_ctx (ctx);
}

TEST (not_blocky_context_drops_what_cannot_be_sent)
{
    void *const ctx = new_ctx ();
    char endpoint[ENDPOINT_MAX];
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_BLOCKY, 0));
    void *const socket = zmq_socket (ctx, ZMQ_PUSH);
    unused_tcp (endpoint);
    CHECK_OK (zmq_connect (socket, endpoint));
    SEND (socket, "never arrives");
    close_socket (socket);
    term_ctx (ctx);
}

/*  The man page says it bounds messages; no libzmq ever let it. */
TEST (max_msgsz_bounds_nothing)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    char buffer[100] = {0};
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_MAX_MSGSZ, 10));
    connected_pair (ctx, INPROC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    CHECK_INT (100, zmq_send (a, buffer, sizeof buffer, 0));
    CHECK_INT (100, zmq_recv (b, buffer, sizeof buffer, 0));
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

TEST (zero_io_threads_are_enough_for_inproc)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 0));
    connected_pair (ctx, INPROC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    bounce (a, b);
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

TEST (zero_io_threads_give_emthread_on_other_transports)
{
    void *const ctx = new_ctx ();
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 0));
    void *const socket = new_socket (ctx, ZMQ_PAIR);
    CHECK_ERRNO (EMTHREAD, zmq_bind (socket, "tcp://127.0.0.1:*"));
    CHECK_ERRNO (EMTHREAD, zmq_connect (socket, "tcp://127.0.0.1:5555"));
    CHECK_ERRNO (EMTHREAD, zmq_bind (socket, "ipc://*"));
    close_socket (socket);
    term_ctx (ctx);
}

TEST (several_io_threads_carry_many_connections)
{
    void *const ctx = new_ctx ();
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 3));
    void *const server = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    void *clients[12];
    bind_fresh (server, TCP, endpoint);
    for (int i = 0; i < 12; i++) {
        clients[i] = new_socket (ctx, ZMQ_PUSH);
        CHECK_OK (zmq_connect (clients[i], endpoint));
        SEND (clients[i], "hello");
    }
    for (int i = 0; i < 12; i++)
        RECV (server, "hello");
    for (int i = 0; i < 12; i++)
        close_socket (clients[i]);
    close_socket (server);
    term_ctx (ctx);
}

TEST (io_thread_count_after_the_first_socket_changes_nothing_that_runs)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    connected_pair (ctx, TCP, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_IO_THREADS, 5));
    CHECK_INT (5, zmq_ctx_get (ctx, ZMQ_IO_THREADS));
    bounce (a, b);
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

TEST (contexts_are_apart_from_each_other)
{
    void *const one = new_ctx (), *const other = new_ctx ();
    void *const a = new_socket (one, ZMQ_PAIR), *const b = new_socket (other, ZMQ_PAIR);
    CHECK_OK (zmq_bind (a, "inproc://same-name"));
    CHECK_OK (zmq_bind (b, "inproc://same-name"));
    close_socket (a);
    close_socket (b);
    term_ctx (one);
    term_ctx (other);
}

/*  Whether some thread of this process has a name that contains the text. */
static bool thread_named (const char *text)
{
    DIR *const tasks = opendir ("/proc/self/task");
    bool found = false;
    for (const struct dirent *entry; (entry = readdir (tasks)) != NULL;) {
        char path[300], name[64] = "";
        snprintf (path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        FILE *const file = fopen (path, "re");
        if (file) {
            found = found || (fgets (name, sizeof name, file) && strstr (name, text));
            fclose (file);
        }
    }
    closedir (tasks);
    return found;
}

TEST (thread_name_prefix_shows_in_the_i_o_threads_names)
{
    void *const ctx = new_ctx ();
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_THREAD_NAME_PREFIX, 1234));
    CHECK_INT (1234, zmq_ctx_get (ctx, ZMQ_THREAD_NAME_PREFIX));
    void *a, *b;
    connected_pair (ctx, TCP, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    bounce (a, b);
    WAIT_UNTIL (thread_named ("1234/ZMQbg"));
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

DRAFT_TEST (ext_takes_and_gives_values_by_pointer_and_size)
{
    void *const ctx = new_ctx ();
    int value = 2;
    size_t size = sizeof value;
    CHECK_OK (zmq_ctx_set_ext (ctx, ZMQ_IO_THREADS, &value, sizeof value));
    value = 0;
    CHECK_OK (zmq_ctx_get_ext (ctx, ZMQ_IO_THREADS, &value, &size));
    CHECK_INT (2, value);
    CHECK_INT (sizeof value, size);
    CHECK_ERRNO (EINVAL, zmq_ctx_set_ext (ctx, ZMQ_IO_THREADS, &value, 1));
    CHECK_ERRNO (EINVAL, zmq_ctx_set_ext (ctx, 99, &value, sizeof value));
    size = 1;
    CHECK_ERRNO (EINVAL, zmq_ctx_get_ext (ctx, ZMQ_IO_THREADS, &value, &size));
    size = sizeof value;
    CHECK_ERRNO (EINVAL, zmq_ctx_get_ext (ctx, 99, &value, &size));
    CHECK_ERRNO (EFAULT, zmq_ctx_set_ext (NULL, ZMQ_IO_THREADS, &value, sizeof value));
    CHECK_ERRNO (EFAULT, zmq_ctx_get_ext (NULL, ZMQ_IO_THREADS, &value, &size));
    term_ctx (ctx);
}

DRAFT_TEST (ext_thread_name_prefix_is_a_string_of_up_to_16_bytes)
{
    void *const ctx = new_ctx ();
    char prefix[32] = "";
    size_t size = sizeof prefix;
    CHECK_OK (zmq_ctx_set_ext (ctx, ZMQ_THREAD_NAME_PREFIX, "foobar", 7));
    CHECK_OK (zmq_ctx_get_ext (ctx, ZMQ_THREAD_NAME_PREFIX, prefix, &size));
    CHECK_STR ("foobar", prefix);
    CHECK_ERRNO (EINVAL, zmq_ctx_set_ext (ctx, ZMQ_THREAD_NAME_PREFIX, "12345678901234567", 17));
    CHECK_ERRNO (EINVAL, zmq_ctx_set_ext (ctx, ZMQ_THREAD_NAME_PREFIX, "", 0));
    term_ctx (ctx);
}

DRAFT_TEST (zero_copy_recv_is_on_by_default)
{
    void *const ctx = new_ctx ();
    CHECK_INT (1, zmq_ctx_get (ctx, ZMQ_ZERO_COPY_RECV));
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_ZERO_COPY_RECV, 0));
    CHECK_INT (0, zmq_ctx_get (ctx, ZMQ_ZERO_COPY_RECV));
    CHECK_ERRNO (EINVAL, zmq_ctx_set (ctx, ZMQ_ZERO_COPY_RECV, -1));
    void *a, *b;
    connected_pair (ctx, TCP, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    bounce (a, b);
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

/*  How far apart the bodies of two messages are that came in one piece. */
static ptrdiff_t distance_of_received (int zero_copy)
{
    enum { SIZE = 200 };
    char endpoint[ENDPOINT_MAX];
    uint8_t wire[2][2 + SIZE];
    zmq_msg_t msgs[2];
    void *const ctx = new_ctx ();
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_ZERO_COPY_RECV, zero_copy));
    void *const pull = new_socket (ctx, ZMQ_PULL);
    bind_fresh (pull, TCP, endpoint);
    const int fd = raw_connect (endpoint);
    zmtp3_handshake (fd, "PUSH");
    memset (wire, 'z', sizeof wire);
    for (int i = 0; i < 2; i++) {
        wire[i][0] = 0;
        wire[i][1] = SIZE;
    }
    raw_send (fd, wire, sizeof wire);
    for (int i = 0; i < 2; i++) {
        CHECK_OK (zmq_msg_init (&msgs[i]));
        CHECK_INT (SIZE, zmq_msg_recv (&msgs[i], pull, 0));
    }
    const char *const first = zmq_msg_data (&msgs[0]), *const second = zmq_msg_data (&msgs[1]);
    for (int i = 0; i < 2; i++)
        CHECK_OK (zmq_msg_close (&msgs[i]));
    close (fd);
    close_socket (pull);
    term_ctx (ctx);
    return second - first;
}

DRAFT_TEST (without_zero_copy_recv_messages_have_memory_of_their_own)
{
    CHECK_INT (202, distance_of_received (1));
    /* Memory of its own is aligned, so that it is never just as far apart. */
    CHECK (distance_of_received (0) != 202);
}

OZMIUM_TEST (stale_and_foreign_context_handles_give_efault, "libzmq reads freed memory")
{
    static char foreign[4096];
    void *const ctx = new_ctx ();
    term_ctx (ctx);
    CHECK_ERRNO (EFAULT, zmq_ctx_term (ctx));
    CHECK_ERRNO (EFAULT, zmq_ctx_shutdown (ctx));
    CHECK_ERRNO (EFAULT, zmq_ctx_get (ctx, ZMQ_IO_THREADS));
    CHECK_ERRNO (EFAULT, zmq_ctx_set (ctx, ZMQ_IO_THREADS, 1));
    CHECK_NULL_ERRNO (EFAULT, zmq_socket (ctx, ZMQ_PAIR));
    CHECK_ERRNO (EFAULT, zmq_ctx_term (foreign));
    CHECK_NULL_ERRNO (EFAULT, zmq_socket (foreign, ZMQ_PAIR));
    void *const live = new_ctx ();
    void *const socket = new_socket (live, ZMQ_PAIR);
    CHECK_ERRNO (EFAULT, zmq_ctx_term (socket));
    close_socket (socket);
    term_ctx (live);
}
