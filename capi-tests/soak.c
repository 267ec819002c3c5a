/*  Rounds of short lives: threads that send, receive, poll and set options on sockets of every type over every transport
 *  while the context is shut down, terminated and the sockets are closed. Nothing hangs, nothing is left behind.
 *
 *  CAPI_TEST_ROUNDS is the number of rounds; `scripts/soak` runs many. CAPI_TEST_SEED repeats a run's choices, though not
 *  its timing. */

#include "fixture.h"

#include <dirent.h>

static int rounds (int normal)
{
    const char *const text = getenv ("CAPI_TEST_ROUNDS");
    if (text)
        return atoi (text);
    return getenv ("CAPI_TEST_SLOW") ? (normal + 9) / 10 : normal;
}

static unsigned first_seed (void)
{
    const char *const text = getenv ("CAPI_TEST_SEED");
    const unsigned seed = text ? (unsigned) atoi (text) : (unsigned) now_ms ();
    printf ("     seed %u\n", seed);
    return seed;
}

static unsigned below (unsigned *seed, unsigned limit)
{
    return (unsigned) rand_r (seed) % limit;
}

/*  ---- What there is to choose from ------------------------------------------------------------------------------------- */

/*  Bound, connecting. Those of draft types come last. */
static const int types[][2] = {
  {ZMQ_PULL, ZMQ_PUSH},     {ZMQ_PUSH, ZMQ_PULL},     {ZMQ_SUB, ZMQ_PUB},       {ZMQ_PUB, ZMQ_SUB},
  {ZMQ_XPUB, ZMQ_XSUB},     {ZMQ_XSUB, ZMQ_XPUB},     {ZMQ_REP, ZMQ_REQ},       {ZMQ_ROUTER, ZMQ_REQ},
  {ZMQ_ROUTER, ZMQ_DEALER}, {ZMQ_DEALER, ZMQ_ROUTER}, {ZMQ_DEALER, ZMQ_DEALER}, {ZMQ_ROUTER, ZMQ_ROUTER},
  {ZMQ_PAIR, ZMQ_PAIR},     {ZMQ_STREAM, ZMQ_STREAM}, {ZMQ_SERVER, ZMQ_CLIENT}, {ZMQ_CLIENT, ZMQ_SERVER},
  {ZMQ_PEER, ZMQ_PEER},     {ZMQ_GATHER, ZMQ_SCATTER}, {ZMQ_SCATTER, ZMQ_GATHER}, {ZMQ_CHANNEL, ZMQ_CHANNEL},
  {ZMQ_RADIO, ZMQ_DISH},    {ZMQ_DISH, ZMQ_RADIO}};
enum { TYPES = sizeof types / sizeof types[0], STABLE_TYPES = 14 };

static const char *const addresses[] = {"inproc://soak", "tcp://127.0.0.1:*", "ipc://*", "ws://127.0.0.1:*"};
enum { ADDRESSES = sizeof addresses / sizeof addresses[0] };

static int count_entries (const char *path)
{
    int count = 0;
    DIR *const dir = opendir (path);
    CHECK (dir);
    while (readdir (dir))
        count++;
    closedir (dir);
    return count;
}

/*  Descriptors and threads of this process. */
struct belongings
{
    int descriptors, threads;
};

static void *nothing (void *argument)
{
    return argument;
}

static struct belongings count_belongings (void)
{
    /* A race detector has a thread of its own from the first one on that is started. */
    join_thread (start_thread (nothing, NULL));
    return (struct belongings) {count_entries ("/proc/self/fd"), count_entries ("/proc/self/task")};
}

static void expect_left (struct belongings before)
{
    /* A thread that was joined may still be on its way out. */
    WAIT_UNTIL (count_entries ("/proc/self/task") <= before.threads);
    CHECK_INT (before.descriptors, count_entries ("/proc/self/fd"));
}

/*  ---- What threads do ------------------------------------------------------------------------------------------------- */

static int send_something (void *socket, unsigned *seed, int flags)
{
    static const char body[40000];
    static const size_t sizes[] = {0, 5, 32, 34, 200, 3000, 40000};
    for (unsigned parts = below (seed, 3); parts > 0; parts--)
        if (zmq_send (socket, body, sizes[below (seed, 4)], flags | ZMQ_SNDMORE) == -1)
            return -1;
    return zmq_send (socket, body, sizes[below (seed, sizeof sizes / sizeof *sizes)], flags);
}

static int receive_something (void *socket, unsigned *seed, int flags)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    const int size = zmq_msg_recv (&msg, socket, flags);
    const int error = zmq_errno ();
    if (size >= 0 && !below (seed, 4))
        zmq_msg_send (&msg, socket, ZMQ_DONTWAIT);
    CHECK_OK (zmq_msg_close (&msg));
    errno = error;
    return size;
}

static int set_something (void *socket, unsigned *seed)
{
    static const int options[] = {ZMQ_RCVTIMEO, ZMQ_SNDTIMEO, ZMQ_LINGER, ZMQ_SNDHWM, ZMQ_RCVHWM, ZMQ_IMMEDIATE};
    static const int values[][2] = {{-1, 2}, {-1, 2}, {0, 5}, {1, 1000}, {1, 1000}, {0, 1}};
    const unsigned which = below (seed, sizeof options / sizeof *options);
    return zmq_setsockopt (socket, options[which], &values[which][below (seed, 2)], sizeof (int));
}

static int get_something (void *socket, unsigned *seed)
{
    static const int options[] = {ZMQ_EVENTS, ZMQ_FD, ZMQ_RCVMORE, ZMQ_TYPE};
    char value[ENDPOINT_MAX];
    size_t size = sizeof (int);
    return zmq_getsockopt (socket, options[below (seed, sizeof options / sizeof *options)], value, &size);
}

/*  What ends libzmq's process now and then: it asserts when a connection is given up whose message is half sent or half
 *  read, when a monitor has to tell what nobody reads, and more. */
static int do_something_rare (void *socket, const char *endpoint, unsigned *seed)
{
    char monitor[32];
    zmq_poller_event_t event;
    void *poller;
    int result;
    switch (below (seed, 8)) {
        case 0: case 1: return zmq_connect (socket, endpoint);
        case 2: case 3: return zmq_disconnect (socket, endpoint);
        case 4: return zmq_unbind (socket, endpoint);
        case 5: return zmq_bind (socket, below (seed, 2) ? "tcp://127.0.0.1:*" : "ipc://*");
        case 6:
            snprintf (monitor, sizeof monitor, "inproc://monitor-%u", below (seed, 4));
            return zmq_socket_monitor (socket, below (seed, 3) ? monitor : NULL, ZMQ_EVENT_ALL);
        default:
            poller = zmq_poller_new ();
            result = zmq_poller_add (poller, socket, NULL, ZMQ_POLLIN);
            if (result == 0)
                result = zmq_poller_wait (poller, &event, below (seed, 2) ? -1 : 1);
            const int error = zmq_errno ();
            CHECK_OK (zmq_poller_destroy (&poller));
            errno = error;
            return result;
    }
}

/*  One call, or a few, on the socket; 0, or the errno that ended them. */
static int do_something (void *socket, const char *endpoint, unsigned *seed)
{
    zmq_pollitem_t item = {socket, 0, ZMQ_POLLIN, 0};
    int result = 0;
    errno = 0;
    switch (below (seed, 16)) {
        case 0: case 1: case 2: case 3: result = send_something (socket, seed, ZMQ_DONTWAIT); break;
        case 4: case 5: case 6: result = receive_something (socket, seed, ZMQ_DONTWAIT); break;
        case 7: result = receive_something (socket, seed, 0); break;
        case 8: result = send_something (socket, seed, 0); break;
        case 9: item.events |= below (seed, 2) ? ZMQ_POLLOUT : 0; /* FALLTHROUGH */
        case 10: result = zmq_poll (&item, 1, below (seed, 2) ? -1 : (long) below (seed, 3)); break;
        case 11: result = set_something (socket, seed); break;
        case 12: case 13: result = get_something (socket, seed); break;
        default: result = running_on_ozmium () ? do_something_rare (socket, endpoint, seed) : 0;
    }
    return result == -1 ? zmq_errno () : 0;
}

static void *open_with_timeouts (void *ctx, int type, unsigned *seed)
{
    void *const socket = zmq_socket (ctx, type);
    const int linger = (int) below (seed, 4), timeout = below (seed, 2) ? -1 : 1;
    if (!socket)
        return NULL;
    zmq_setsockopt (socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt (socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt (socket, ZMQ_SNDTIMEO, &timeout, sizeof timeout);
    if (type == ZMQ_SUB)
        zmq_setsockopt (socket, ZMQ_SUBSCRIBE, "", 0);
    return socket;
}

/*  ---- Rounds that keep the rules: one thread at a time uses a socket ----------------------------------------------------- */

enum { WORKERS = 3 };

struct round
{
    void *ctx;
    const int *types;
    char endpoint[ENDPOINT_MAX];
    pthread_mutex_t counter;
    void *on_counter; /* a socket that waits for its next user */
};

struct worker
{
    struct round *round;
    unsigned seed;
    void *socket;
};

/*  The mutex is the full fence that a socket's move to another thread needs. */
static void *exchange (struct round *round, void *socket)
{
    pthread_mutex_lock (&round->counter);
    void *const other = round->on_counter;
    round->on_counter = socket;
    pthread_mutex_unlock (&round->counter);
    return other;
}

static void *work (void *argument)
{
    struct worker *const worker = argument;
    struct round *const round = worker->round;
    unsigned *const seed = &worker->seed;
    void *socket = worker->socket;
    if (!socket) {
        socket = open_with_timeouts (round->ctx, round->types[1], seed);
        if (socket)
            zmq_connect (socket, round->endpoint);
    }
    int error = 0;
    while (socket && error != ETERM) {
        error = do_something (socket, round->endpoint, seed);
        if (error == ENOTSOCK || error == EFAULT)
            harness_fail (__FILE__, __LINE__, "errno %d on a socket of this thread's own", error);
        if (!below (seed, 10))
            socket = exchange (round, socket);
    }
    if (socket)
        CHECK_OK (zmq_close (socket));
    socket = exchange (round, NULL);
    if (socket)
        CHECK_OK (zmq_close (socket));
    return NULL;
}

static void *shut_down (void *ctx)
{
    CHECK_OK (zmq_ctx_shutdown (ctx));
    return NULL;
}

static void keep_the_rules (const int *pair, const char *address, unsigned *seed)
{
    struct round round = {.ctx = new_ctx (), .types = pair, .counter = PTHREAD_MUTEX_INITIALIZER};
    struct worker workers[WORKERS];
    pthread_t threads[WORKERS], others[2];
    void *const bound = open_with_timeouts (round.ctx, pair[0], seed);
    if (!bound || zmq_bind (bound, address) == -1) {
        CHECK (!bound || zmq_errno () == EPROTONOSUPPORT);
        if (bound)
            close_socket (bound);
        return term_ctx (round.ctx);
    }
    last_endpoint (bound, round.endpoint);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker) {&round, (unsigned) rand_r (seed), i == 0 ? bound : NULL};
        threads[i] = start_thread (work, &workers[i]);
    }
    usleep (below (seed, 1500));
    const unsigned ends = below (seed, 3); /* by term alone, or by shutdown from one thread or two first */
    /* A socket that stays open keeps the context alive for as long as somebody shuts it down. */
    void *const keeper = zmq_socket (round.ctx, ZMQ_PAIR);
    for (unsigned i = 0; i < ends; i++)
        others[i] = start_thread (shut_down, round.ctx);
    for (unsigned i = 0; i < ends; i++)
        join_thread (others[i]);
    if (keeper)
        close_socket (keeper);
    term_ctx (round.ctx);
    for (int i = 0; i < WORKERS; i++)
        join_thread (threads[i]);
}

TEST (sockets_of_several_threads_end_with_their_context)
{
    if (!running_on_ozmium () && !SINCE_4_3_5 ("a crash of the I/O thread, once in some hundred rounds"))
        skip_test ("libzmq 4.3.4 crashes");
    unsigned seed = first_seed ();
    const struct belongings before = count_belongings ();
    /* libzmq asserts when a context ends while an inproc connection waits for its endpoint to be bound. */
    const bool ours = running_on_ozmium ();
    const unsigned known = ours ? TYPES : STABLE_TYPES, from = ours ? 0 : 1;
    for (int i = 0; i < rounds (300); i++)
        keep_the_rules (types[(unsigned) i % known], addresses[from + below (&seed, ADDRESSES - from)], &seed);
    expect_left (before);
}

/*  ---- Rounds without any rule: every thread uses, closes and replaces every socket ----------------------------------------- */

enum { SLOTS = 5 };

struct wild
{
    void *ctx;
    const int *types;
    char endpoint[ENDPOINT_MAX];
    void *slots[SLOTS];
    bool over; /* no more sockets to be made */
};

struct savage
{
    struct wild *wild;
    unsigned seed;
};

static void replace (struct wild *wild, void **slot, unsigned *seed)
{
    void *const fresh = open_with_timeouts (wild->ctx, wild->types[below (seed, 2)], seed);
    if (fresh)
        zmq_connect (fresh, wild->endpoint);
    void *const old = __atomic_exchange_n (slot, fresh, __ATOMIC_RELAXED);
    if (old)
        zmq_close (old);
}

static void *run_wild (void *argument)
{
    struct savage *const savage = argument;
    struct wild *const wild = savage->wild;
    unsigned *const seed = &savage->seed;
    int ended = 0;
    while (ended < 10 && !__atomic_load_n (&wild->over, __ATOMIC_RELAXED)) {
        void **const slot = &wild->slots[below (seed, SLOTS)];
        void *const socket = __atomic_load_n (slot, __ATOMIC_RELAXED);
        if (!below (seed, 12))
            replace (wild, slot, seed);
        else if (!below (seed, 20))
            zmq_close (socket);
        else
            ended += do_something (socket, wild->endpoint, seed) == ETERM;
        if (!below (seed, 200))
            zmq_proxy (socket, __atomic_load_n (&wild->slots[0], __ATOMIC_RELAXED), NULL);
    }
    return NULL;
}

static void *shut_down_if_there (void *ctx)
{
    CHECK (zmq_ctx_shutdown (ctx) == 0 || zmq_errno () == EFAULT);
    return NULL;
}

static void *terminate (void *ctx)
{
    CHECK (zmq_ctx_term (ctx) == 0 || zmq_errno () == EFAULT);
    return NULL;
}

/*  Closes everything, more than once, until nobody makes sockets any more. */
static void sweep (struct wild *wild)
{
    for (int i = 0; i < SLOTS; i++) {
        void *const socket = __atomic_exchange_n (&wild->slots[i], NULL, __ATOMIC_RELAXED);
        if (socket)
            zmq_close (socket);
        zmq_close (socket);
    }
}

static void know_no_rules (const int *pair, const char *address, unsigned *seed)
{
    struct wild wild = {.ctx = new_ctx (), .types = pair};
    struct savage savages[WORKERS];
    pthread_t threads[WORKERS], terms[2];
    wild.slots[0] = open_with_timeouts (wild.ctx, pair[0], seed);
    if (!wild.slots[0] || zmq_bind (wild.slots[0], address) == -1) {
        zmq_close (wild.slots[0]);
        return term_ctx (wild.ctx);
    }
    last_endpoint (wild.slots[0], wild.endpoint);
    for (int i = 1; i < SLOTS; i++)
        replace (&wild, &wild.slots[i], seed);
    for (int i = 0; i < WORKERS; i++) {
        savages[i] = (struct savage) {&wild, (unsigned) rand_r (seed)};
        threads[i] = start_thread (run_wild, &savages[i]);
    }
    usleep (below (seed, 1500));
    for (int i = 0; i < 2; i++)
        terms[i] = start_thread (below (seed, 3) ? terminate : shut_down_if_there, wild.ctx);
    if (!below (seed, 2))
        sweep (&wild);
    __atomic_store_n (&wild.over, true, __ATOMIC_RELAXED);
    zmq_ctx_shutdown (wild.ctx);
    for (int i = 0; i < WORKERS; i++)
        join_thread (threads[i]);
    sweep (&wild);
    terminate (wild.ctx);
    for (int i = 0; i < 2; i++)
        join_thread (terms[i]);
}

OZMIUM_TEST (sockets_used_closed_and_replaced_by_any_thread_at_any_time, "libzmq's sockets are not for two threads")
{
    unsigned seed = first_seed ();
    const struct belongings before = count_belongings ();
    for (int i = 0; i < rounds (300); i++)
        know_no_rules (types[i % TYPES], addresses[below (&seed, ADDRESSES)], &seed);
    expect_left (before);
}
