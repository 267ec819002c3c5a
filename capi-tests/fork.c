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
