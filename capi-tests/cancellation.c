/*  pthread_cancel: a thread that is cancelled while it waits in a call ends there; one that is cancelled while it does
 *  anything else in the library ends some time later. The process goes on. */

#include "harness.h"

enum operation
{
    SENDING,
    RECEIVING,
    RECEIVING_MSG,
    RECEIVING_WITH_TIMEOUT,
    POLLING,
    POLLING_WITH_FD,
    POLLING_FD_ONLY,
    PROXYING,
    PROXYING_STEERABLY,
    TERMINATING,
    SLEEPING,
    WAITING_ON_POLLER, /* from here on drafts */
    WAITING_ON_POLLER_WITH_FD,
    POLLING_WITH_MASK,
    OPERATIONS
};

struct job
{
    void *ctx, *socket, *other, *poller;
    enum operation operation;
    int pipe[2];
    pid_t thread_id;
    bool returned;
};

static void block_in (struct job *job)
{
    char byte;
    zmq_msg_t msg;
    sigset_t mask;
    zmq_poller_event_t event;
    zmq_pollitem_t items[2] = {{job->socket, 0, ZMQ_POLLIN, 0}, {NULL, job->pipe[0], ZMQ_POLLIN, 0}};
    switch (job->operation) {
        case SENDING: zmq_send (job->socket, "x", 1, 0); break;
        case RECEIVING: zmq_recv (job->socket, &byte, 1, 0); break;
        case RECEIVING_MSG: zmq_msg_init (&msg); zmq_msg_recv (&msg, job->socket, 0); break;
        case RECEIVING_WITH_TIMEOUT: zmq_recv (job->other, &byte, 1, 0); break;
        case POLLING: zmq_poll (items, 1, -1); break;
        case POLLING_WITH_FD: zmq_poll (items, 2, -1); break;
        case POLLING_FD_ONLY: zmq_poll (items + 1, 1, -1); break;
        case PROXYING: zmq_proxy (job->socket, job->other, NULL); break;
        case PROXYING_STEERABLY: zmq_proxy_steerable (job->socket, job->other, NULL, NULL); break;
        case TERMINATING: zmq_ctx_term (job->ctx); break;
        case SLEEPING: zmq_sleep (1000); break;
        case WAITING_ON_POLLER:
        case WAITING_ON_POLLER_WITH_FD: zmq_poller_wait (job->poller, &event, -1); break;
        case POLLING_WITH_MASK:
            sigemptyset (&mask);
            zmq_ppoll (items, 1, -1, &mask);
            break;
        default: break;
    }
}

static void *run (void *argument)
{
    struct job *const job = argument;
    __atomic_store_n (&job->thread_id, current_thread_id (), __ATOMIC_RELEASE);
    block_in (job);
    job->returned = true;
    return NULL;
}

static void cancel_in (struct job *job)
{
    const pthread_t thread = start_thread (run, job);
    WAIT_UNTIL (__atomic_load_n (&job->thread_id, __ATOMIC_ACQUIRE) != 0);
    wait_until_blocked (job->thread_id);
    CHECK_INT (0, pthread_cancel (thread));
    CHECK (join_thread (thread) == PTHREAD_CANCELED);
    CHECK (!job->returned);
}

static struct job new_job (enum operation operation)
{
    struct job job = {.ctx = new_ctx (), .operation = operation};
    job.socket = new_socket (job.ctx, ZMQ_DEALER);
    job.other = new_socket (job.ctx, ZMQ_DEALER);
    set_int (job.socket, ZMQ_SNDTIMEO, -1);
    set_int (job.socket, ZMQ_RCVTIMEO, -1);
    set_int (job.other, ZMQ_RCVTIMEO, 600000);
    CHECK_OK (pipe (job.pipe));
    if (operation == WAITING_ON_POLLER || operation == WAITING_ON_POLLER_WITH_FD) {
        job.poller = zmq_poller_new ();
        CHECK_OK (zmq_poller_add (job.poller, job.socket, NULL, ZMQ_POLLIN));
        if (operation == WAITING_ON_POLLER_WITH_FD)
            CHECK_OK (zmq_poller_add_fd (job.poller, job.pipe[0], NULL, ZMQ_POLLIN));
    }
    return job;
}

static void end_job (struct job *job)
{
    if (job->poller)
        CHECK_OK (zmq_poller_destroy (&job->poller));
    close_socket (job->socket);
    close_socket (job->other);
    term_ctx (job->ctx);
    close (job->pipe[0]);
    close (job->pipe[1]);
}

TEST (a_thread_that_waits_ends)
{
    for (int operation = 0; operation < (have_drafts () ? OPERATIONS : WAITING_ON_POLLER); operation++) {
        struct job job = new_job ((enum operation) operation);
        cancel_in (&job);
        end_job (&job);
    }
}

static void *receive_all (void *argument)
{
    struct job *const job = argument;
    __atomic_store_n (&job->thread_id, current_thread_id (), __ATOMIC_RELEASE);
    for (char byte;;) {
        CHECK_INT (1, zmq_recv (job->socket, &byte, 1, 0));
        CHECK_INT (1, zmq_send (job->socket, &byte, 1, 0));
    }
    return NULL;
}

TEST (a_thread_that_waits_for_the_network_ends_and_its_socket_goes_on)
{
    for (enum transport transport = TCP; transport <= INPROC; transport++) {
        struct job job = {.ctx = new_ctx ()};
        connected_pair (job.ctx, transport, ZMQ_PAIR, &job.socket, ZMQ_PAIR, &job.other, NULL);
        for (int round = 0; round < 3; round++) {
            job.thread_id = 0;
            set_int (job.socket, ZMQ_RCVTIMEO, -1);
            const pthread_t thread = start_thread (receive_all, &job);
            WAIT_UNTIL (__atomic_load_n (&job.thread_id, __ATOMIC_ACQUIRE) != 0);
            /* Single messages, for which the thread comes to wait for the network by itself. */
            for (int i = 0; i < 20; i++) {
                SEND (job.other, "x");
                RECV (job.other, "x");
            }
            if (round > 0)
                wait_until_blocked (job.thread_id);
            CHECK_INT (0, pthread_cancel (thread));
            CHECK (join_thread (thread) == PTHREAD_CANCELED);
            set_int (job.socket, ZMQ_RCVTIMEO, patience_ms ());
            bounce (job.other, job.socket);
        }
        close_socket (job.socket);
        close_socket (job.other);
        term_ctx (job.ctx);
    }
}

static void *echo (void *socket)
{
    for (;;) {
        char bytes[100];
        const int size = zmq_recv (socket, bytes, sizeof bytes, 0);
        if (size < 0 || zmq_send (socket, bytes, (size_t) size, 0) < 0)
            break;
    }
    CHECK (zmq_errno () == ETERM);
    close_socket (socket);
    return NULL;
}

static void *ask (void *socket)
{
    for (;;) {
        char byte = 'x';
        zmq_pollitem_t item = {socket, 0, ZMQ_POLLIN, 0};
        zmq_send (socket, &byte, 1, 0);
        zmq_poll (&item, 1, -1);
        zmq_recv (socket, &byte, 1, 0);
    }
    return NULL;
}

static void *ask_without_polling (void *socket)
{
    for (char byte = 'x';;) {
        zmq_send (socket, &byte, 1, 0);
        zmq_recv (socket, &byte, 1, 0);
    }
    return NULL;
}

static void *flood (void *socket)
{
    static char bytes[50000];
    for (size_t size = 0;; size = (size + 777) % sizeof bytes)
        zmq_send (socket, bytes, size, 0);
    return NULL;
}

static void *drain (void *socket)
{
    while (zmq_recv (socket, NULL, 0, 0) >= 0)
        ;
    CHECK (zmq_errno () == ETERM);
    close_socket (socket);
    return NULL;
}

#define ROUNDS 40

static void cancel_at_work (void *(*work) (void *), void *(*peer) (void *) )
{
    unsigned int seed = 1;
    for (int round = 0; round < ROUNDS; round++) {
        void *const ctx = new_ctx ();
        void *socket, *other;
        connected_pair (ctx, round % 4 ? TCP : INPROC, ZMQ_PAIR, &socket, ZMQ_PAIR, &other, NULL);
        set_int (socket, ZMQ_RCVTIMEO, -1);
        set_int (socket, ZMQ_SNDTIMEO, -1);
        set_int (socket, ZMQ_LINGER, 0);
        set_int (other, ZMQ_RCVTIMEO, -1);
        set_int (other, ZMQ_SNDTIMEO, -1);
        set_int (other, ZMQ_LINGER, 0);
        const pthread_t second = start_thread (peer, other), first = start_thread (work, socket);
        usleep ((useconds_t) (rand_r (&seed) % 5000));
        CHECK_INT (0, pthread_cancel (first));
        CHECK (join_thread (first) == PTHREAD_CANCELED);
        close_socket (socket);
        CHECK_OK (zmq_ctx_shutdown (ctx));
        join_thread (second);
        term_ctx (ctx);
    }
}

OZMIUM_TEST (a_thread_at_work_ends, "a socket whose user is cancelled at work is in any state")
{
    cancel_at_work (ask, echo);
    cancel_at_work (ask_without_polling, echo);
    cancel_at_work (flood, drain);
}

static void close_quietly (void *socket)
{
    zmq_close (socket);
}

static void term_quietly (void *ctx)
{
    zmq_ctx_term (ctx);
}

/*  Everything that has to do with descriptors, names and threads. */
static void *come_and_go (void *begun)
{
    for (;;) {
        char endpoint[256];
        size_t size = sizeof endpoint;
        void *const ctx = zmq_ctx_new ();
        zmq_ctx_set (ctx, ZMQ_BLOCKY, 0);
        pthread_cleanup_push (term_quietly, ctx);
        void *const a = zmq_socket (ctx, ZMQ_PAIR);
        pthread_cleanup_push (close_quietly, a);
        void *const b = zmq_socket (ctx, ZMQ_PAIR);
        pthread_cleanup_push (close_quietly, b);
        zmq_bind (a, "tcp://127.0.0.1:*");
        zmq_getsockopt (a, ZMQ_LAST_ENDPOINT, endpoint, &size);
        zmq_connect (b, endpoint);
        zmq_send (b, "x", 1, 0);
        zmq_recv (a, NULL, 0, 0);
        zmq_unbind (a, endpoint);
        size = sizeof (int);
        int fd;
        zmq_getsockopt (a, ZMQ_FD, &fd, &size);
        pthread_cleanup_pop (1);
        pthread_cleanup_pop (1);
        pthread_cleanup_pop (1);
        __atomic_add_fetch ((int *) begun, 1, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

OZMIUM_TEST (a_thread_that_opens_and_closes_ends, "contexts and sockets whose user is cancelled at work are in any state")
{
    unsigned int seed = 1;
    for (int round = 0; round < ROUNDS; round++) {
        int begun = 0;
        const pthread_t thread = start_thread (come_and_go, &begun);
        if (round % 2)
            WAIT_UNTIL (__atomic_load_n (&begun, __ATOMIC_SEQ_CST) > 0);
        usleep ((useconds_t) (rand_r (&seed) % 3000));
        CHECK_INT (0, pthread_cancel (thread));
        CHECK (join_thread (thread) == PTHREAD_CANCELED);
    }
}

static int freed;

/*  A thread that is cancelled ends in it, if it may. */
static void free_and_test (void *data, void *hint)
{
    (void) data;
    (void) hint;
    freed++;
    pthread_testcancel ();
}

static void expire_and_test (int timer, void *argument)
{
    (void) timer;
    (*(int *) argument)++;
    pthread_testcancel ();
}

static void *call_back (void *argument)
{
    (void) argument;
    CHECK_INT (0, pthread_cancel (pthread_self ()));
    zmq_msg_t msg;
    static char bytes[1000];
    CHECK_OK (zmq_msg_init_data (&msg, bytes, sizeof bytes, free_and_test, NULL));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_INT (1, freed);
    int expired = 0;
    void *timers = zmq_timers_new ();
    zmq_timers_add (timers, 0, expire_and_test, &expired);
    CHECK_OK (zmq_timers_execute (timers));
    CHECK_INT (1, expired);
    CHECK_OK (zmq_timers_destroy (&timers));
    pthread_testcancel ();
    return NULL;
}

OZMIUM_TEST (functions_of_the_application_return, "a thread that is cancelled ends in them")
{
    const pthread_t thread = start_thread (call_back, NULL);
    CHECK (join_thread (thread) == PTHREAD_CANCELED);
    CHECK_INT (1, freed);
}

static void wait_to_be_cancelled (void *to)
{
    __atomic_store_n ((pthread_t *) to, pthread_self (), __ATOMIC_RELEASE);
    for (;;)
        pause ();
}

static void leave (void *argument)
{
    (void) argument;
    pthread_exit (NULL);
}

TEST (threads_of_zmq_threadstart_can_be_cancelled_and_left)
{
    pthread_t thread = 0;
    void *handle = zmq_threadstart (wait_to_be_cancelled, &thread);
    WAIT_UNTIL (__atomic_load_n (&thread, __ATOMIC_ACQUIRE) != 0);
    CHECK_INT (0, pthread_cancel (thread));
    zmq_threadclose (handle);
    handle = zmq_threadstart (leave, NULL);
    zmq_threadclose (handle);
}
