/*  EINTR: blocking calls return it when a signal handler ran, lose nothing by it, and can be called again. Language
 *  run-times depend on that to run their own handlers; some of them install theirs with SA_RESTART. */

#include "harness.h"

static volatile sig_atomic_t handled;

static void handler (int number)
{
    (void) number;
    handled++;
}

static void install (int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    CHECK_OK (sigaction (SIGUSR1, &action, NULL));
}

enum operation
{
    SENDING,
    RECEIVING,
    RECEIVING_WITH_TIMEOUT,
    RECEIVING_MSG,
    POLLING,
    POLLING_WITH_TIMEOUT,
    POLLING_TWO,
    POLLING_WITH_FD,
    POLLING_FD_ONLY,
    PROXYING,
    PROXYING_STEERABLY,
    TERMINATING,
    WAITING_ON_POLLER, /* from here on drafts */
    WAITING_FOR_ALL,
    OPERATIONS
};

struct job
{
    void *ctx, *socket, *other;
    enum operation operation;
    int pipe[2];
    pid_t thread_id;
    int result, error;
};

static int wait_on_poller (struct job *job)
{
    zmq_poller_event_t events[2];
    void *poller = zmq_poller_new ();
    CHECK_OK (zmq_poller_add (poller, job->socket, NULL, ZMQ_POLLIN));
    CHECK_OK (zmq_poller_add_fd (poller, job->pipe[0], NULL, ZMQ_POLLIN));
    const int result = job->operation == WAITING_FOR_ALL ? zmq_poller_wait_all (poller, events, 2, -1)
                                                         : zmq_poller_wait (poller, events, -1);
    const int error = zmq_errno ();
    CHECK_OK (zmq_poller_destroy (&poller));
    errno = error;
    return result;
}

static int block_in (struct job *job)
{
    char byte;
    zmq_msg_t msg;
    zmq_pollitem_t items[2] = {{job->socket, 0, ZMQ_POLLIN, 0}, {job->other, job->pipe[0], ZMQ_POLLIN, 0}};
    switch (job->operation) {
        case SENDING: return zmq_send (job->socket, "x", 1, 0);
        case RECEIVING: return zmq_recv (job->socket, &byte, 1, 0);
        case RECEIVING_WITH_TIMEOUT: return zmq_recv (job->other, &byte, 1, 0);
        case RECEIVING_MSG: zmq_msg_init (&msg); return zmq_msg_recv (&msg, job->socket, 0);
        case POLLING: return zmq_poll (items, 1, -1);
        case POLLING_WITH_TIMEOUT: return zmq_poll (items, 1, 600000);
        case POLLING_TWO: return zmq_poll (items, 2, -1);
        case POLLING_WITH_FD: items[1].socket = NULL; return zmq_poll (items, 2, -1);
        case POLLING_FD_ONLY: items[1].socket = NULL; return zmq_poll (items + 1, 1, -1);
        case PROXYING: return zmq_proxy (job->socket, job->other, NULL);
        case PROXYING_STEERABLY: return zmq_proxy_steerable (job->socket, job->other, NULL, NULL);
        case TERMINATING: return zmq_ctx_term (job->ctx);
        case WAITING_ON_POLLER:
        case WAITING_FOR_ALL: return wait_on_poller (job);
        default: return 0;
    }
}

static void *run (void *argument)
{
    struct job *const job = argument;
    __atomic_store_n (&job->thread_id, current_thread_id (), __ATOMIC_RELEASE);
    job->result = block_in (job);
    job->error = zmq_errno ();
    return NULL;
}

static void interrupt (struct job *job)
{
    const int before = handled;
    const pthread_t thread = start_thread (run, job);
    WAIT_UNTIL (__atomic_load_n (&job->thread_id, __ATOMIC_ACQUIRE) != 0);
    wait_until_blocked (job->thread_id);
    CHECK_INT (0, pthread_kill (thread, SIGUSR1));
    join_thread (thread);
    CHECK_INT (before + 1, handled);
    if (job->result != -1 || job->error != EINTR)
        harness_fail (__FILE__, __LINE__, "operation %d: expected -1 with EINTR, got %d with errno %d", job->operation,
                      job->result, job->error);
}

static void interrupt_every_operation (int flags)
{
    install (flags);
    for (int operation = 0; operation < (have_drafts () ? OPERATIONS : WAITING_ON_POLLER); operation++) {
        struct job job = {.ctx = new_ctx (), .operation = (enum operation) operation};
        job.socket = new_socket (job.ctx, ZMQ_DEALER);
        job.other = new_socket (job.ctx, ZMQ_DEALER);
        set_int (job.socket, ZMQ_SNDTIMEO, -1);
        set_int (job.socket, ZMQ_RCVTIMEO, -1);
        set_int (job.other, ZMQ_RCVTIMEO, 600000);
        CHECK_OK (pipe (job.pipe));
        interrupt (&job);
        /* Not closed before: an interrupted term leaves them usable as far as closing them goes. */
        close_socket (job.socket);
        close_socket (job.other);
        term_ctx (job.ctx);
        close (job.pipe[0]);
        close (job.pipe[1]);
    }
}

TEST (every_blocking_call_is_interrupted)
{
    interrupt_every_operation (0);
}

TEST (every_blocking_call_is_interrupted_whatever_sa_restart_says)
{
    interrupt_every_operation (SA_RESTART);
}

TEST (interrupted_term_has_begun_and_is_called_again)
{
    install (0);
    struct job job = {.ctx = new_ctx (), .operation = TERMINATING};
    job.socket = new_socket (job.ctx, ZMQ_DEALER);
    interrupt (&job);
    CHECK_NULL_ERRNO (ETERM, zmq_socket (job.ctx, ZMQ_PAIR));
    CHECK_ERRNO (ETERM, zmq_recv (job.socket, NULL, 0, 0));
    job.thread_id = 0;
    interrupt (&job);
    close_socket (job.socket);
    term_ctx (job.ctx);
}

#define MESSAGES 5000
#define INTERRUPTIONS 50

/*  Numbers, until there were enough of them and of interruptions; then -1. */
static void *send_all (void *socket)
{
    const int before = handled;
    for (int i = 0; i < MESSAGES || handled < before + INTERRUPTIONS; i++)
        CHECK_INT (sizeof i, zmq_send (socket, &i, sizeof i, 0));
    const int end = -1;
    CHECK_INT (sizeof end, zmq_send (socket, &end, sizeof end, 0));
    return NULL;
}

static pthread_t receiver;
static volatile int receiving;

static void *shoot (void *argument)
{
    (void) argument;
    while (receiving) {
        pthread_kill (receiver, SIGUSR1);
        usleep (200);
    }
    return NULL;
}

TEST (no_message_is_lost_by_interruptions)
{
    install (0);
    for (enum transport transport = TCP; transport <= INPROC; transport += INPROC) {
        void *const ctx = new_ctx ();
        void *pull, *push;
        connected_pair (ctx, transport, ZMQ_PULL, &pull, ZMQ_PUSH, &push, NULL);
        receiver = pthread_self ();
        receiving = 1;
        sigset_t mask, before;
        sigemptyset (&mask);
        sigaddset (&mask, SIGUSR1);
        pthread_sigmask (SIG_BLOCK, &mask, &before);
        const pthread_t sender = start_thread (send_all, push), shooter = start_thread (shoot, NULL);
        pthread_sigmask (SIG_SETMASK, &before, NULL);
        for (int expected = 0, number = 0; number >= 0;) {
            const int size = zmq_recv (pull, &number, sizeof number, 0);
            if (size == -1) {
                CHECK (zmq_errno () == EINTR);
                continue;
            }
            CHECK_INT (sizeof number, size);
            CHECK (number == expected || (number == -1 && expected >= MESSAGES));
            expected++;
        }
        receiving = 0;
        join_thread (sender);
        join_thread (shooter);
        close_socket (push);
        close_socket (pull);
        while (zmq_ctx_term (ctx) == -1)
            CHECK (zmq_errno () == EINTR);
    }
}

TEST (signals_go_to_the_application_s_threads_only)
{
    /* The library's own threads block all signals; a handler never runs on one of them. */
    install (0);
    void *const ctx = new_ctx ();
    void *a, *b;
    connected_pair (ctx, TCP, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    bounce (a, b);
    sigset_t mask, pending;
    sigemptyset (&mask);
    sigaddset (&mask, SIGUSR1);
    CHECK_OK (pthread_sigmask (SIG_BLOCK, &mask, NULL));
    CHECK_OK (kill (getpid (), SIGUSR1));
    CHECK_OK (sigpending (&pending));
    CHECK_INT (1, sigismember (&pending, SIGUSR1));
    CHECK_INT (0, handled);
    CHECK_OK (pthread_sigmask (SIG_UNBLOCK, &mask, NULL));
    CHECK_INT (1, handled);
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}
