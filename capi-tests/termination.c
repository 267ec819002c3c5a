/*  zmq_ctx_term, zmq_ctx_shutdown, zmq_close and LINGER: what ends, what waits, and ETERM in every call. */

#include "harness.h"

TEST (term_of_an_unused_context)
{
    term_ctx (new_ctx ());
    CHECK_OK (zmq_ctx_destroy (new_ctx ()));
    CHECK_OK (zmq_term (new_ctx ()));
}

TEST (shutdown_then_term_of_an_unused_context)
{
    void *const ctx = new_ctx ();
    CHECK_OK (zmq_ctx_shutdown (ctx));
    CHECK_OK (zmq_ctx_shutdown (ctx));
    CHECK_NULL_ERRNO (ETERM, zmq_socket (ctx, ZMQ_PAIR));
    term_ctx (ctx);
}

TEST (many_contexts_one_after_the_other)
{
    for (int i = 0; i < 50; i++) {
        void *const ctx = new_ctx ();
        close_socket (new_socket (ctx, ZMQ_DEALER));
        term_ctx (ctx);
    }
}

struct job
{
    void *ctx, *socket, *other;
    int operation;
    pid_t thread_id; /* set once the thread runs */
    int result, error;
    volatile int done;
};

static void wait_started (struct job *job)
{
    WAIT_UNTIL (__atomic_load_n (&job->thread_id, __ATOMIC_ACQUIRE) != 0);
    wait_until_blocked (job->thread_id);
}

static void announce (struct job *job)
{
    __atomic_store_n (&job->thread_id, current_thread_id (), __ATOMIC_RELEASE);
}

static void *run_term (void *argument)
{
    struct job *const job = argument;
    announce (job);
    job->result = zmq_ctx_term (job->ctx);
    job->error = zmq_errno ();
    job->done = 1;
    return NULL;
}

TEST (term_waits_until_every_socket_is_closed)
{
    struct job job = {.ctx = new_ctx ()};
    void *const a = new_socket (job.ctx, ZMQ_PAIR), *const b = new_socket (job.ctx, ZMQ_PAIR);
    const pthread_t thread = start_thread (run_term, &job);
    wait_started (&job);
    CHECK_INT (0, job.done);
    close_socket (a);
    wait_until_blocked (job.thread_id);
    CHECK_INT (0, job.done);
    close_socket (b);
    join_thread (thread);
    CHECK_INT (0, job.result);
}

/*  ---- ETERM ---------------------------------------------------------------------------------------------------------- */

enum operation
{
    SENDING,
    RECEIVING,
    RECEIVING_MSG,
    POLLING,
    POLLING_WITH_FD,
    PROXYING,
    OPERATIONS
};

static int block_in (const struct job *job)
{
    char byte;
    zmq_msg_t msg;
    zmq_pollitem_t items[2] = {{job->socket, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLIN, 0}};
    int pipes[2];
    switch ((enum operation) job->operation) {
        case SENDING: return zmq_send (job->socket, "x", 1, 0);
        case RECEIVING: return zmq_recv (job->socket, &byte, 1, 0);
        case RECEIVING_MSG: zmq_msg_init (&msg); return zmq_msg_recv (&msg, job->socket, 0);
        case POLLING: return zmq_poll (items, 1, -1);
        case POLLING_WITH_FD:
            CHECK_OK (pipe (pipes));
            items[1].fd = pipes[0];
            return zmq_poll (items, 2, -1);
        case PROXYING: return zmq_proxy (job->socket, job->other, NULL);
        default: return 0;
    }
}

static void *run_blocked (void *argument)
{
    struct job *const job = argument;
    announce (job);
    job->result = block_in (job);
    job->error = zmq_errno ();
    return NULL;
}

static void make_blockable (struct job *job)
{
    job->socket = new_socket (job->ctx, ZMQ_DEALER);
    set_int (job->socket, ZMQ_SNDTIMEO, -1);
    set_int (job->socket, ZMQ_RCVTIMEO, -1);
    job->other = new_socket (job->ctx, ZMQ_DEALER);
}

TEST (shutdown_wakes_every_blocked_call_with_eterm)
{
    for (int operation = 0; operation < OPERATIONS; operation++) {
        struct job job = {.ctx = new_ctx (), .operation = operation};
        make_blockable (&job);
        const pthread_t thread = start_thread (run_blocked, &job);
        wait_started (&job);
        CHECK_OK (zmq_ctx_shutdown (job.ctx));
        join_thread (thread);
        CHECK_INT (-1, job.result);
        CHECK_INT (ETERM, job.error);
        close_socket (job.socket);
        close_socket (job.other);
        term_ctx (job.ctx);
    }
}

TEST (term_wakes_every_blocked_call_with_eterm)
{
    for (int operation = 0; operation < OPERATIONS; operation++) {
        struct job job = {.ctx = new_ctx (), .operation = operation}, term = {.ctx = job.ctx};
        make_blockable (&job);
        const pthread_t thread = start_thread (run_blocked, &job);
        wait_started (&job);
        const pthread_t terminator = start_thread (run_term, &term);
        join_thread (thread);
        CHECK_INT (-1, job.result);
        CHECK_INT (ETERM, job.error);
        close_socket (job.socket);
        close_socket (job.other);
        join_thread (terminator);
        CHECK_INT (0, term.result);
    }
}

TEST (blocked_threads_on_many_sockets_are_all_woken)
{
    struct job jobs[8];
    pthread_t threads[8];
    void *const ctx = new_ctx ();
    for (int i = 0; i < 8; i++) {
        jobs[i] = (struct job) {.ctx = ctx, .operation = i % PROXYING};
        make_blockable (&jobs[i]);
        threads[i] = start_thread (run_blocked, &jobs[i]);
    }
    for (int i = 0; i < 8; i++)
        wait_started (&jobs[i]);
    CHECK_OK (zmq_ctx_shutdown (ctx));
    for (int i = 0; i < 8; i++) {
        join_thread (threads[i]);
        CHECK_INT (ETERM, jobs[i].error);
        close_socket (jobs[i].socket);
        close_socket (jobs[i].other);
    }
    term_ctx (ctx);
}

TEST (every_call_after_shutdown_gives_eterm)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_DEALER), *const other = new_socket (ctx, ZMQ_DEALER);
    char endpoint[ENDPOINT_MAX];
    int value = 0;
    size_t size = sizeof value;
    zmq_msg_t msg;
    zmq_pollitem_t item = {socket, 0, ZMQ_POLLIN, 0};
    bind_fresh (socket, TCP, endpoint);
    CHECK_OK (zmq_ctx_shutdown (ctx));
    CHECK_ERRNO (ETERM, zmq_send (socket, "x", 1, 0));
    CHECK_ERRNO (ETERM, zmq_send (socket, "x", 1, ZMQ_DONTWAIT));
    CHECK_ERRNO (ETERM, zmq_send_const (socket, "x", 1, 0));
    CHECK_ERRNO (ETERM, zmq_recv (socket, &value, 1, 0));
    CHECK_ERRNO (ETERM, zmq_recv (socket, &value, 1, ZMQ_DONTWAIT));
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_ERRNO (ETERM, zmq_msg_send (&msg, socket, 0));
    CHECK_ERRNO (ETERM, zmq_msg_recv (&msg, socket, 0));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_ERRNO (ETERM, zmq_setsockopt (socket, ZMQ_LINGER, &value, sizeof value));
    CHECK_ERRNO (ETERM, zmq_getsockopt (socket, ZMQ_LINGER, &value, &size));
    CHECK_ERRNO (ETERM, zmq_getsockopt (socket, ZMQ_EVENTS, &value, &size));
    CHECK_ERRNO (ETERM, zmq_bind (socket, "tcp://127.0.0.1:*"));
    CHECK_ERRNO (ETERM, zmq_connect (socket, endpoint));
    CHECK_ERRNO (ETERM, zmq_unbind (socket, endpoint));
    CHECK_ERRNO (ETERM, zmq_disconnect (socket, endpoint));
    CHECK_ERRNO (ETERM, zmq_socket_monitor (socket, "inproc://m", ZMQ_EVENT_ALL));
    /* A libzmq with drafts polls by its zmq_poller, which asserts here. */
    if (running_on_ozmium () || !have_drafts ()) {
        CHECK_ERRNO (ETERM, zmq_poll (&item, 1, 0));
        CHECK_ERRNO (ETERM, zmq_proxy (socket, other, NULL));
    }
    CHECK_NULL_ERRNO (ETERM, zmq_socket (ctx, ZMQ_PAIR));
    CHECK_OK (zmq_close (socket));
    CHECK_OK (zmq_close (other));
    term_ctx (ctx);
}

TEST (context_options_still_answer_after_shutdown)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PAIR);
    CHECK_OK (zmq_ctx_shutdown (ctx));
    CHECK_INT (ZMQ_IO_THREADS_DFLT, zmq_ctx_get (ctx, ZMQ_IO_THREADS));
    CHECK_OK (zmq_ctx_set (ctx, ZMQ_BLOCKY, 0));
    close_socket (socket);
    term_ctx (ctx);
}

TEST (term_with_an_inproc_connection_that_nobody_bound)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PUSH);
    CHECK_OK (zmq_connect (socket, "inproc://nobody"));
    SEND (socket, "lost");
    close_socket (socket);
    term_ctx (ctx);
}

TEST (term_with_a_connection_that_never_succeeds)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_SUB);
    char endpoint[ENDPOINT_MAX];
    subscribe (socket, "");
    set_int (socket, ZMQ_LINGER, -1);
    unused_tcp (endpoint);
    CHECK_OK (zmq_connect (socket, endpoint));
    close_socket (socket);
    term_ctx (ctx);
}

/*  ---- LINGER --------------------------------------------------------------------------------------------------------- */

static void *receive_thousand (void *argument)
{
    for (int i = 0; i < 1000; i++)
        RECV (argument, "message");
    return NULL;
}

TEST (infinite_linger_delivers_everything_before_term_returns)
{
    for (enum transport transport = TCP; transport <= IPC; transport++) {
        void *const receiving = new_ctx (), *const sending = new_ctx ();
        void *const pull = new_socket (receiving, ZMQ_PULL);
        char endpoint[ENDPOINT_MAX];
        bind_fresh (pull, transport, endpoint);
        void *const push = new_socket (sending, ZMQ_PUSH);
        set_int (push, ZMQ_LINGER, -1);
        CHECK_OK (zmq_connect (push, endpoint));
        for (int i = 0; i < 1000; i++)
            SEND (push, "message");
        const pthread_t thread = start_thread (receive_thousand, pull);
        close_socket (push);
        term_ctx (sending);
        join_thread (thread);
        close_socket (pull);
        term_ctx (receiving);
    }
}

TEST (close_before_the_connection_is_made_still_delivers)
{
    void *const ctx = new_ctx ();
    char endpoint[ENDPOINT_MAX];
    unused_tcp (endpoint);
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    set_int (push, ZMQ_LINGER, -1);
    CHECK_OK (zmq_connect (push, endpoint));
    SEND (push, "late");
    close_socket (push);
    CHECK_OK (zmq_bind (pull, endpoint));
    RECV (pull, "late");
    close_socket (pull);
    term_ctx (ctx);
}

TEST (finite_linger_holds_term_that_long)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PUSH);
    char endpoint[ENDPOINT_MAX];
    unused_tcp (endpoint);
    set_int (socket, ZMQ_LINGER, 200);
    CHECK_OK (zmq_connect (socket, endpoint));
    SEND (socket, "never arrives");
    const int64_t started = now_ms ();
    close_socket (socket);
    term_ctx (ctx);
    CHECK (now_ms () - started >= 195);
}

TEST (finite_linger_with_nothing_to_send_does_not_wait)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PUSH);
    char endpoint[ENDPOINT_MAX];
    unused_tcp (endpoint);
    set_int (socket, ZMQ_LINGER, 20000);
    CHECK_OK (zmq_connect (socket, endpoint));
    const int64_t started = now_ms ();
    close_socket (socket);
    term_ctx (ctx);
    CHECK (now_ms () - started < 10000);
}

TEST (zero_linger_drops_at_once)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PUSH);
    char endpoint[ENDPOINT_MAX];
    unused_tcp (endpoint);
    CHECK_OK (zmq_connect (socket, endpoint));
    SEND (socket, "never arrives");
    close_socket (socket);
    term_ctx (ctx);
}

TEST (linger_set_after_connect_counts)
{
    void *const ctx = new_ctx ();
    void *const socket = zmq_socket (ctx, ZMQ_PUSH);
    char endpoint[ENDPOINT_MAX];
    unused_tcp (endpoint);
    CHECK_OK (zmq_connect (socket, endpoint));
    SEND (socket, "never arrives");
    set_int (socket, ZMQ_LINGER, 0);
    close_socket (socket);
    term_ctx (ctx);
}

TEST (inproc_messages_stay_readable_after_the_sender_closed)
{
    void *const ctx = new_ctx ();
    void *pull, *push;
    connected_pair (ctx, INPROC, ZMQ_PULL, &pull, ZMQ_PUSH, &push, NULL);
    for (int i = 0; i < 10; i++)
        SEND (push, "message");
    close_socket (push);
    for (int i = 0; i < 10; i++)
        RECV (pull, "message");
    RECV_NOTHING (pull);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (tcp_messages_stay_readable_after_the_peer_s_context_ended)
{
    void *const receiving = new_ctx (), *const sending = new_ctx ();
    void *const pull = new_socket (receiving, ZMQ_PULL), *const push = new_socket (sending, ZMQ_PUSH);
    char endpoint[ENDPOINT_MAX];
    bind_fresh (pull, TCP, endpoint);
    set_int (push, ZMQ_LINGER, -1);
    CHECK_OK (zmq_connect (push, endpoint));
    for (int i = 0; i < 10; i++)
        SEND (push, "message");
    close_socket (push);
    term_ctx (sending);
    for (int i = 0; i < 10; i++)
        RECV (pull, "message");
    close_socket (pull);
    term_ctx (receiving);
}

TEST (close_in_the_middle_of_a_multipart_message_sends_none_of_it)
{
    void *const ctx = new_ctx ();
    void *pull, *push;
    connected_pair (ctx, INPROC, ZMQ_PULL, &pull, ZMQ_PUSH, &push, NULL);
    SEND (push, "whole");
    SEND_MORE (push, "half");
    close_socket (push);
    RECV (pull, "whole");
    RECV_NOTHING (pull);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (sockets_closed_by_another_thread_than_the_one_that_terminates)
{
    for (int i = 0; i < 20; i++) {
        struct job job = {.ctx = new_ctx ()};
        void *a, *b;
        connected_pair (job.ctx, TCP, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
        SEND (a, "x");
        const pthread_t thread = start_thread (run_term, &job);
        close_socket (a);
        close_socket (b);
        join_thread (thread);
        CHECK_INT (0, job.result);
    }
}

/*  So that a program can still say that nothing is to be waited for. */
TEST (options_work_after_shutdown_until_a_call_has_answered_eterm)
{
    void *const ctx = new_ctx ();
    void *const socket = zmq_socket (ctx, ZMQ_DEALER);
    CHECK_OK (zmq_ctx_shutdown (ctx));
    set_int (socket, ZMQ_LINGER, 0);
    CHECK_INT (0, get_int (socket, ZMQ_LINGER));
    CHECK_ERRNO (ETERM, zmq_send (socket, "", 0, ZMQ_DONTWAIT));
    int value = 1;
    size_t size = sizeof value;
    CHECK_ERRNO (ETERM, zmq_setsockopt (socket, ZMQ_LINGER, &value, sizeof value));
    CHECK_ERRNO (ETERM, zmq_getsockopt (socket, ZMQ_LINGER, &value, &size));
    close_socket (socket);
    term_ctx (ctx);
}
