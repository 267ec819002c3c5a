/*  One thread-safe socket, eight threads that send and receive on it at the same time, and every message accounted for.
 *
 *  CAPI_TEST_SOAK_MS is how long each pair of sockets is kept busy; the suite does it for a moment,
 *  `scripts/soak thread-safe` for a minute. */

#include "fixture.h"

#include <stdatomic.h>

enum
{
    THREADS = 8, /* on each socket */
    MOST = 1 << 26, /* messages of a sender, for each of which there is a bit */
    OVER = 0xffff /* in place of a sender's number: no more messages */
};

static int soak_ms (void)
{
    const char *const text = getenv ("CAPI_TEST_SOAK_MS");
    return text ? atoi (text) : 150;
}

/*  ---- What is sent, and what has come ---------------------------------------------------------------------------------- */

/*  Messages in one direction: who sends them and who takes them. */
struct flow
{
    void *from, *to;
    uint32_t routing_id; /* of the receiver, where the sender has to say it */
    const char *group;
    int senders, receivers;
    int64_t deadline;
    atomic_uint sender; /* numbers given out */
    uint32_t sent[THREADS];
    atomic_uint *came[THREADS]; /* a bit for each number of each sender */
    atomic_ullong received, doubled;
};

static void send_numbers (const struct flow *flow, const uint32_t numbers[2])
{
    /* So that some are kept in place, some are not, and all can be told from others by their size. */
    const size_t size = 8 + numbers[1] % 90;
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, size));
    memset (zmq_msg_data (&msg), (int) size, size);
    memcpy (zmq_msg_data (&msg), numbers, 8);
    if (flow->routing_id)
        CHECK_OK (zmq_msg_set_routing_id (&msg, flow->routing_id));
    if (flow->group)
        CHECK_OK (zmq_msg_set_group (&msg, flow->group));
    CHECK_INT (size, zmq_msg_send (&msg, flow->from, 0));
}

static void *send_many (void *argument)
{
    struct flow *const flow = argument;
    const unsigned number = atomic_fetch_add (&flow->sender, 1);
    uint32_t i = 0;
    while (i < MOST && (i % 64 != 0 || now_ms () < flow->deadline)) {
        const uint32_t numbers[2] = {number, i++};
        send_numbers (flow, numbers);
    }
    flow->sent[number] = i;
    return NULL;
}

static void *receive_many (void *argument)
{
    struct flow *const flow = argument;
    for (;;) {
        uint32_t numbers[2];
        zmq_msg_t msg;
        CHECK_OK (zmq_msg_init (&msg));
        const int size = zmq_msg_recv (&msg, flow->to, 0);
        if (size == 0) { /* more than one may have come before it was known that they come */
            CHECK_OK (zmq_msg_close (&msg));
            continue;
        }
        CHECK (size >= 8);
        const uint8_t *const data = zmq_msg_data (&msg);
        memcpy (numbers, data, 8);
        CHECK_INT (8 + numbers[1] % 90, size);
        for (int i = 8; i < size; i++)
            CHECK_INT (size, data[i]);
        CHECK_OK (zmq_msg_close (&msg));
        if (numbers[0] == OVER)
            return NULL;
        CHECK (numbers[0] < THREADS && numbers[1] < MOST);
        const unsigned bit = 1u << numbers[1] % 32;
        if (atomic_fetch_or (&flow->came[numbers[0]][numbers[1] / 32], bit) & bit)
            atomic_fetch_add (&flow->doubled, 1);
        atomic_fetch_add (&flow->received, 1);
    }
}

static int start_flow (struct flow *flow, pthread_t *threads)
{
    int count = 0;
    /* The watchdog ends what hangs; on a busy machine a thread may come too late for room again and again. */
    set_int (flow->from, ZMQ_SNDTIMEO, -1);
    set_int (flow->to, ZMQ_RCVTIMEO, -1);
    flow->deadline = now_ms () + soak_ms ();
    for (int i = 0; i < flow->senders; i++)
        CHECK ((flow->came[i] = calloc (MOST / 32, sizeof (atomic_uint))));
    /* Senders come first: whoever waits for them joins these. */
    for (int i = 0; i < flow->senders; i++)
        threads[count++] = start_thread (send_many, flow);
    for (int i = 0; i < flow->receivers; i++)
        threads[count++] = start_thread (receive_many, flow);
    return count;
}

/*  Each receiver takes one message that says so: they come last, on the only connection there is. */
static void end_flow (struct flow *flow, pthread_t *threads)
{
    const uint32_t over[2] = {OVER, 0};
    unsigned long long sent = 0;
    for (int i = 0; i < flow->senders; i++)
        join_thread (threads[i]);
    for (int i = 0; i < flow->receivers; i++)
        send_numbers (flow, over);
    for (int i = 0; i < flow->receivers; i++)
        join_thread (threads[flow->senders + i]);
    for (int i = 0; i < flow->senders; i++) {
        sent += flow->sent[i];
        for (uint32_t n = 0; n < flow->sent[i]; n++)
            if (!(atomic_load (&flow->came[i][n / 32]) >> n % 32 & 1))
                harness_fail (__FILE__, __LINE__, "message %u of thread %d is lost", n, i);
        free (flow->came[i]);
    }
    CHECK_INT (0, atomic_load (&flow->doubled));
    CHECK_INT (sent, atomic_load (&flow->received));
    printf ("     %llu messages\n", sent);
}

/*  ---- The pairs -------------------------------------------------------------------------------------------------------- */

static void both_ways (void *one, void *other, uint32_t id_of_one, uint32_t id_of_other)
{
    struct flow there = {one, other, id_of_other, NULL, THREADS / 2, THREADS / 2};
    struct flow back = {other, one, id_of_one, NULL, THREADS / 2, THREADS / 2};
    pthread_t of_there[THREADS], of_back[THREADS];
    CHECK_INT (1, get_int (one, ZMQ_THREAD_SAFE));
    CHECK_INT (THREADS, start_flow (&there, of_there));
    CHECK_INT (THREADS, start_flow (&back, of_back));
    end_flow (&there, of_there);
    end_flow (&back, of_back);
}

static void one_way (void *from, void *to, const char *group)
{
    struct flow flow = {from, to, 0, group, THREADS, THREADS};
    pthread_t threads[2 * THREADS];
    CHECK_INT (1, get_int (from, ZMQ_THREAD_SAFE));
    CHECK_INT (1, get_int (to, ZMQ_THREAD_SAFE));
    CHECK_INT (2 * THREADS, start_flow (&flow, threads));
    end_flow (&flow, threads);
}

static void not_on_libzmq (void)
{
    if (!running_on_ozmium ())
        skip_test ("libzmq hangs when threads wait at both ends of an inproc connection");
}

/*  Receives anything; the routing id of who sent it. */
static uint32_t who_sent (void *socket)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK (zmq_msg_recv (&msg, socket, 0) >= 0);
    const uint32_t id = zmq_msg_routing_id (&msg);
    CHECK_OK (zmq_msg_close (&msg));
    return id;
}

static void clients_and_servers (enum transport t)
{
    void *const server = open_socket (ZMQ_SERVER), *const client = open_socket (ZMQ_CLIENT);
    join (server, client, t);
    SEND (client, "hello");
    both_ways (client, server, who_sent (server), 0);
}

SOCKET_DRAFT_TEST (client_and_server_over_tcp)
{
    clients_and_servers (TCP);
}

SOCKET_DRAFT_TEST (client_and_server_within_the_process)
{
    not_on_libzmq ();
    clients_and_servers (INPROC);
}

static void peers (enum transport t)
{
    void *const one = open_socket (ZMQ_PEER), *const other = open_socket (ZMQ_PEER);
    const uint32_t id_of_other = zmq_connect_peer (one, bind_any (other, t));
    CHECK (id_of_other);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_set_routing_id (&msg, id_of_other));
    CHECK_INT (0, zmq_msg_send (&msg, one, 0));
    both_ways (one, other, who_sent (other), id_of_other);
}

SOCKET_DRAFT_TEST (peers_over_tcp)
{
    peers (TCP);
}

SOCKET_DRAFT_TEST (peers_within_the_process)
{
    not_on_libzmq ();
    peers (INPROC);
}

static void channels (enum transport t)
{
    void *const one = open_socket (ZMQ_CHANNEL), *const other = open_socket (ZMQ_CHANNEL);
    join (one, other, t);
    both_ways (one, other, 0, 0);
}

SOCKET_DRAFT_TEST (channels_over_tcp)
{
    channels (TCP);
}

SOCKET_DRAFT_TEST (channels_within_the_process)
{
    not_on_libzmq ();
    channels (INPROC);
}

static void scattering (enum transport t)
{
    void *const scatter = open_socket (ZMQ_SCATTER), *const gather = open_socket (ZMQ_GATHER);
    join (gather, scatter, t);
    one_way (scatter, gather, NULL);
}

SOCKET_DRAFT_TEST (scatter_and_gather_over_tcp)
{
    scattering (TCP);
}

SOCKET_DRAFT_TEST (scatter_and_gather_within_the_process)
{
    scattering (INPROC);
}

/*  What is sent before the radio has heard of the group goes nowhere. */
static bool the_group_is_known (void *radio, void *dish)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_set_group (&msg, "soak"));
    CHECK_INT (0, zmq_msg_send (&msg, radio, 0));
    return zmq_recv (dish, NULL, 0, ZMQ_DONTWAIT) == 0;
}

static void broadcasting (enum transport t)
{
    void *const radio = open_socket (ZMQ_RADIO), *const dish = open_socket (ZMQ_DISH);
    set_int (radio, ZMQ_XPUB_NODROP, 1);
    CHECK_OK (zmq_join (dish, "soak"));
    join (dish, radio, t);
    WAIT_UNTIL (the_group_is_known (radio, dish));
    one_way (radio, dish, "soak");
}

SOCKET_DRAFT_TEST (radio_and_dish_over_tcp)
{
    broadcasting (TCP);
}

SOCKET_DRAFT_TEST (radio_and_dish_within_the_process)
{
    broadcasting (INPROC);
}
