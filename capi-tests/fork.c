/*  fork: a child may close and terminate what it inherited, and use contexts of its own; the parent is not disturbed. */

#include "harness.h"

#include <sys/wait.h>

static void expect_clean_exit (pid_t child)
{
    int status;
    CHECK_INT (child, waitpid (child, &status, 0));
    CHECK (WIFEXITED (status));
    CHECK_INT (0, WEXITSTATUS (status));
}

TEST (child_closes_and_terminates_what_it_inherited)
{
    for (enum transport transport = TCP; transport <= IPC; transport++) {
        void *const ctx = new_ctx ();
        void *pull, *push;
        char endpoint[ENDPOINT_MAX];
        connected_pair (ctx, transport, ZMQ_PULL, &pull, ZMQ_PUSH, &push, endpoint);
        SEND (push, "before");
        RECV (pull, "before");
        const pid_t child = fork ();
        if (child == 0) {
            CHECK_OK (zmq_close (pull));
            CHECK_OK (zmq_close (push));
            /* libzmq's comes back with EINTR: the threads that would finish it are the parent's. */
            CHECK (zmq_ctx_term (ctx) == 0 || zmq_errno () == EINTR);
            _exit (0);
        }
        CHECK (child > 0);
        expect_clean_exit (child);
        SEND (push, "after");
        RECV (pull, "after");
        close_socket (push);
        close_socket (pull);
        term_ctx (ctx);
    }
}

TEST (child_s_own_context_reaches_the_parent)
{
    void *const ctx = new_ctx ();
    void *const pull = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    bind_fresh (pull, TCP, endpoint);
    const pid_t child = fork ();
    if (child == 0) {
        void *const own = new_ctx ();
        void *const push = new_socket (own, ZMQ_PUSH);
        set_int (push, ZMQ_LINGER, -1);
        CHECK_OK (zmq_connect (push, endpoint));
        SEND (push, "from the child");
        close_socket (push);
        term_ctx (own);
        _exit (0);
    }
    CHECK (child > 0);
    RECV (pull, "from the child");
    expect_clean_exit (child);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (child_that_only_exits_takes_no_messages)
{
    void *const ctx = new_ctx ();
    void *pull, *push;
    connected_pair (ctx, TCP, ZMQ_PULL, &pull, ZMQ_PUSH, &push, NULL);
    for (int i = 0; i < 100; i++)
        SEND (push, "message");
    const pid_t child = fork ();
    if (child == 0)
        _exit (0);
    CHECK (child > 0);
    expect_clean_exit (child);
    for (int i = 0; i < 100; i++)
        RECV (pull, "message");
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (child_of_a_process_that_terminated_its_context)
{
    void *ctx = new_ctx ();
    close_socket (new_socket (ctx, ZMQ_PULL));
    term_ctx (ctx);
    const pid_t child = fork ();
    if (child == 0) {
        void *a, *b;
        ctx = new_ctx ();
        connected_pair (ctx, TCP, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
        bounce (a, b);
        close_socket (a);
        close_socket (b);
        term_ctx (ctx);
        _exit (0);
    }
    CHECK (child > 0);
    expect_clean_exit (child);
}

OZMIUM_TEST (child_that_uses_inherited_sockets_is_answered_and_sends_nothing, "libzmq lets it corrupt the parent's")
{
    void *const ctx = new_ctx ();
    void *pull, *push;
    connected_pair (ctx, TCP, ZMQ_PULL, &pull, ZMQ_PUSH, &push, NULL);
    SEND (push, "before");
    RECV (pull, "before");
    const pid_t child = fork ();
    if (child == 0) {
        /* Whatever they answer, they come back. */
        zmq_send (push, "from the child", 14, ZMQ_DONTWAIT);
        zmq_recv (pull, NULL, 0, ZMQ_DONTWAIT);
        zmq_connect (push, "tcp://127.0.0.1:5555");
        zmq_close (push);
        zmq_close (pull);
        zmq_ctx_term (ctx);
        _exit (0);
    }
    CHECK (child > 0);
    expect_clean_exit (child);
    SEND (push, "after");
    RECV (pull, "after");
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

/*  ---- Forks in the middle of things: other threads hold whatever locks they hold ------------------------------------------ */

static int rounds (int normal)
{
    return getenv ("CAPI_TEST_SLOW") ? normal / 10 : normal;
}

static bool at_work;

static bool working (void)
{
    return __atomic_load_n (&at_work, __ATOMIC_RELAXED);
}

static void *send_on (void *socket)
{
    static const char body[3000];
    for (unsigned i = 0; working (); i++)
        zmq_send (socket, body, i * 37 % sizeof body, ZMQ_DONTWAIT);
    return NULL;
}

static void *receive_on (void *socket)
{
    while (working ())
        zmq_recv (socket, NULL, 0, 0);
    return NULL;
}

static void *come_and_go (void *ctx)
{
    while (working ()) {
        void *const own = new_ctx (), *const a = new_socket (own, ZMQ_PAIR), *const b = new_socket (ctx, ZMQ_PAIR);
        CHECK_OK (zmq_bind (a, "tcp://127.0.0.1:*"));
        close_socket (b);
        close_socket (a);
        term_ctx (own);
    }
    return NULL;
}

/*  What a child may do: a life of its own. */
static void live_anew (void)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    for (enum transport t = TCP; t <= INPROC; t++) {
        connected_pair (ctx, t, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
        bounce (a, b);
        close_socket (a);
        close_socket (b);
    }
    term_ctx (ctx);
}

static void *workers_ctx, *workers_sockets[4];

/*  Forks while threads send, receive, open, close and terminate. */
static void fork_among_workers (void (*in_child) (void))
{
    void *(*const jobs[]) (void *) = {send_on, receive_on, send_on, receive_on, come_and_go};
    enum { JOBS = sizeof jobs / sizeof *jobs };
    pthread_t threads[JOBS];
    void *const ctx = workers_ctx = new_ctx ();
    connected_pair (ctx, TCP, ZMQ_PAIR, &workers_sockets[0], ZMQ_PAIR, &workers_sockets[1], NULL);
    connected_pair (ctx, INPROC, ZMQ_PAIR, &workers_sockets[2], ZMQ_PAIR, &workers_sockets[3], NULL);
    __atomic_store_n (&at_work, true, __ATOMIC_RELAXED);
    for (int i = 0; i < JOBS; i++)
        threads[i] = start_thread (jobs[i], i < 4 ? workers_sockets[i] : ctx);
    const int64_t end = now_ms () + patience_ms ();
    for (int i = 0; i < rounds (100) && now_ms () < end; i++) {
        const pid_t child = fork ();
        if (child == 0) {
            alarm ((unsigned) patience_ms () / 1000 * 3);
            in_child ();
            _exit (0);
        }
        CHECK (child > 0);
        expect_clean_exit (child);
        usleep ((useconds_t) (i * 137 % 2000));
    }
    __atomic_store_n (&at_work, false, __ATOMIC_RELAXED);
    /*  The last one opens sockets, until it is told to stop; the others may be blocked. */
    join_thread (threads[JOBS - 1]);
    CHECK_OK (zmq_ctx_shutdown (ctx));
    for (int i = 0; i < JOBS - 1; i++)
        join_thread (threads[i]);
    for (int i = 0; i < 4; i++)
        close_socket (workers_sockets[i]);
    term_ctx (ctx);
}

TEST (children_of_a_process_at_work_have_a_life_of_their_own)
{
    fork_among_workers (live_anew);
}

static void forget_everything (void)
{
    char byte;
    zmq_pollitem_t item = {workers_sockets[1], 0, ZMQ_POLLIN, 0};
    CHECK_ERRNO (ETERM, zmq_send (workers_sockets[0], "x", 1, 0));
    CHECK_ERRNO (ETERM, zmq_recv (workers_sockets[1], &byte, 1, 0));
    CHECK_ERRNO (ETERM, zmq_poll (&item, 1, -1));
    CHECK_ERRNO (ETERM, zmq_connect (workers_sockets[2], "inproc://somewhere"));
    CHECK_NULL_ERRNO (ETERM, zmq_socket (workers_ctx, ZMQ_PAIR));
    for (int i = 0; i < 4; i++) {
        CHECK_OK (zmq_close (workers_sockets[i]));
        CHECK_ERRNO (ENOTSOCK, zmq_close (workers_sockets[i]));
    }
    CHECK_OK (zmq_ctx_shutdown (workers_ctx));
    CHECK_OK (zmq_ctx_term (workers_ctx));
    CHECK_ERRNO (EFAULT, zmq_ctx_term (workers_ctx));
    live_anew ();
}

OZMIUM_TEST (children_of_a_process_at_work_forget_what_they_inherited, "libzmq's hang for a lock that a thread held")
{
    fork_among_workers (forget_everything);
}

static void exit_by_the_front_door (void)
{
    exit (0);
}

TEST (children_of_a_process_at_work_exit)
{
    fork_among_workers (exit_by_the_front_door);
}

static void *wait_on_poller (void *poller)
{
    zmq_poller_event_t event;
    CHECK_ERRNO (ETERM, zmq_poller_wait (poller, &event, -1));
    return NULL;
}

OZMIUM_TEST (child_destroys_a_poller_that_its_parent_waits_on, "whether libzmq's child may is chance")
{
    void *const ctx = new_ctx (), *const socket = new_socket (ctx, ZMQ_PULL), *poller = zmq_poller_new ();
    CHECK_OK (zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN));
    const pthread_t thread = start_thread (wait_on_poller, poller);
    usleep (10000);
    const pid_t child = fork ();
    if (child == 0) {
        zmq_poller_event_t event;
        alarm ((unsigned) patience_ms () / 1000);
        CHECK_ERRNO (ETERM, zmq_poller_wait (poller, &event, 0));
        CHECK_ERRNO (ETERM, zmq_poller_remove (poller, socket));
        CHECK_OK (zmq_poller_destroy (&poller));
        CHECK_OK (zmq_close (socket));
        CHECK_OK (zmq_ctx_term (ctx));
        _exit (0);
    }
    CHECK (child > 0);
    expect_clean_exit (child);
    CHECK_OK (zmq_ctx_shutdown (ctx));
    join_thread (thread);
    CHECK_OK (zmq_poller_destroy (&poller));
    close_socket (socket);
    term_ctx (ctx);
}

static void *terminate (void *ctx)
{
    term_ctx (ctx);
    return NULL;
}

TEST (fork_while_a_context_is_being_terminated)
{
    void *const ctx = new_ctx ();
    void *pull, *push;
    connected_pair (ctx, TCP, ZMQ_PULL, &pull, ZMQ_PUSH, &push, NULL);
    SEND_MORE (push, "half a message");
    const pthread_t thread = start_thread (terminate, ctx);
    WAIT_UNTIL (zmq_recv (pull, NULL, 0, ZMQ_DONTWAIT) == -1 && zmq_errno () == ETERM);
    const pid_t child = fork ();
    if (child == 0) {
        live_anew ();
        _exit (0);
    }
    CHECK (child > 0);
    expect_clean_exit (child);
    close_socket (push);
    close_socket (pull);
    join_thread (thread);
}

TEST (grandchildren_have_a_life_of_their_own_too)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    connected_pair (ctx, TCP, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    bounce (a, b);
    const pid_t child = fork ();
    if (child == 0) {
        live_anew ();
        void *const own = new_ctx ();
        connected_pair (own, TCP, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
        const pid_t grandchild = fork ();
        if (grandchild == 0) {
            live_anew ();
            _exit (0);
        }
        expect_clean_exit (grandchild);
        bounce (a, b);
        close_socket (a);
        close_socket (b);
        term_ctx (own);
        _exit (0);
    }
    CHECK (child > 0);
    expect_clean_exit (child);
    bounce (a, b);
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}
