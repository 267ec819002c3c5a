/*  Sockets and contexts that come and go while others are at work: nothing hangs, nothing is left. */

#include "fixture.h"

static unsigned below (unsigned *seed, unsigned limit)
{
    return (unsigned) rand_r (seed) % limit;
}

static const int pairs[][2] = {{ZMQ_PUSH, ZMQ_PULL}, {ZMQ_DEALER, ZMQ_ROUTER}, {ZMQ_PUB, ZMQ_SUB},
                               {ZMQ_REQ, ZMQ_REP},   {ZMQ_PAIR, ZMQ_PAIR},     {ZMQ_DEALER, ZMQ_DEALER}};

/*  One context's life: some sockets, some messages, all closed in some order at whatever point they have reached. */
static void live_and_die (unsigned *seed)
{
    static const char *const endpoints[] = {"tcp://127.0.0.1:*", "ipc://*", "inproc://churn"};
    static const char text[3000];
    const int *const types = pairs[below (seed, sizeof pairs / sizeof pairs[0])];
    const int hwm = below (seed, 3) ? 1000 : 1 + (int) below (seed, 3), immediate = !below (seed, 5);
    void *const ctx = zmq_ctx_new (), *const bound = zmq_socket (ctx, types[1]);
    CHECK (bound);
    set_int (bound, ZMQ_LINGER, (int) below (seed, 20));
    set_int (bound, ZMQ_RCVHWM, hwm);
    if (types[1] == ZMQ_SUB)
        subscribe (bound, "");
    CHECK_OK (zmq_bind (bound, endpoints[below (seed, 3)]));
    char endpoint[ENDPOINT_MAX];
    last_endpoint (bound, endpoint);
    void *sockets[4];
    const unsigned count = 1 + below (seed, 4);
    for (unsigned i = 0; i < count; i++) {
        sockets[i] = zmq_socket (ctx, types[0]);
        CHECK (sockets[i]);
        set_int (sockets[i], ZMQ_LINGER, (int) below (seed, 20));
        set_int (sockets[i], ZMQ_SNDHWM, hwm);
        set_int (sockets[i], ZMQ_IMMEDIATE, immediate);
        set_int (sockets[i], ZMQ_RECONNECT_IVL, 1 + (int) below (seed, 10));
        CHECK_OK (zmq_connect (sockets[i], endpoint));
        for (unsigned n = below (seed, 5); n > 0; n--)
            zmq_send (sockets[i], text, below (seed, 2) ? 10 : sizeof text, ZMQ_DONTWAIT);
    }
    for (unsigned n = below (seed, 6); n > 0; n--)
        if (zmq_recv (bound, NULL, 0, ZMQ_DONTWAIT) < 0)
            usleep (below (seed, 300));
    if (!below (seed, 4))
        CHECK_OK (zmq_unbind (bound, endpoint));
    if (!below (seed, 4))
        zmq_disconnect (sockets[0], endpoint);
    const bool bound_first = below (seed, 2);
    if (bound_first)
        CHECK_OK (zmq_close (bound));
    for (unsigned i = 0; i < count; i++)
        CHECK_OK (zmq_close (sockets[i]));
    if (!bound_first)
        CHECK_OK (zmq_close (bound));
    CHECK_OK (zmq_ctx_term (ctx));
}

static void *churn (void *argument)
{
    unsigned seed = *(unsigned *) argument;
    for (int i = 0; i < 100; i++)
        live_and_die (&seed);
    return NULL;
}

TEST (contexts_live_and_die_on_two_threads)
{
    unsigned seeds[] = {(unsigned) now_ms (), (unsigned) now_ms () + 1};
    printf ("     seeds %u and %u\n", seeds[0], seeds[1]);
    const pthread_t threads[] = {start_thread (churn, &seeds[0]), start_thread (churn, &seeds[1])};
    join_thread (threads[0]);
    join_thread (threads[1]);
}

static void *answer (void *socket)
{
    char text[16];
    for (;;) {
        const int size = zmq_recv (socket, text, sizeof text, 0);
        if (size < 0)
            return (void *) (intptr_t) zmq_errno ();
        CHECK_INT (size, zmq_send (socket, text, (size_t) size, 0));
    }
}

/*  A thread that receives again and again gets to wait for the network by itself; it is told all the same. */
static void interrupt_at_some_point (int stop_by_close)
{
    for (int round = 0; round < 60; round++) {
        void *const ctx = new_ctx (), *const other = new_ctx ();
        void *const rep = new_socket (ctx, ZMQ_REP), *const req = new_socket (other, ZMQ_REQ);
        set_int (rep, ZMQ_RCVTIMEO, -1);
        char endpoint[ENDPOINT_MAX];
        bind_fresh (rep, TCP, endpoint);
        CHECK_OK (zmq_connect (req, endpoint));
        const pthread_t thread = start_thread (answer, rep);
        for (int i = round % 12; i > 0; i--) {
            SEND (req, "x");
            RECV (req, "x");
        }
        usleep ((useconds_t) (round % 7) * 500);
        CHECK_OK (stop_by_close ? zmq_close (rep) : zmq_ctx_shutdown (ctx));
        CHECK_INT (stop_by_close ? ENOTSOCK : ETERM, (intptr_t) join_thread (thread));
        if (!stop_by_close)
            CHECK_OK (zmq_close (rep));
        close_socket (req);
        term_ctx (ctx);
        term_ctx (other);
    }
}

TEST (shutdown_ends_a_wait_at_any_point)
{
    interrupt_at_some_point (0);
}

OZMIUM_TEST (close_ends_another_thread_s_wait_at_any_point, "libzmq's sockets are not for two threads")
{
    interrupt_at_some_point (1);
}
