/*  What slows a stream down besides the stream: messages that wait, and peers that are slow or mean harm. */

#include "bench.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

/*  ---- Waiting messages ------------------------------------------------------------------------------------------ */

enum { BATCH = 64 };

static void *connected (void *ctx, int type, const char *endpoint, int hwm_option, int hwm)
{
    void *const socket = socket_new (ctx, type);
    set_int (socket, hwm_option, hwm);
    MUST (zmq_connect (socket, endpoint) == 0);
    return socket;
}

static void send_batch (void *socket, long size, long count)
{
    for (long i = 0; i < count; i++)
        send_message (socket, size);
}

static void receive_batch (void *socket, long size, long count)
{
    for (long i = 0; i < count; i++)
        receive_message (socket, size);
}

/*  COUNT messages in batches of 64, sent and received by one thread, while WAITING more are on their way. */
void bench_backlog (char **arguments)
{
    struct bench bench = {.transport = transport_named (arguments[0])};
    char endpoint[ENDPOINT_MAX];
    const long size = number (arguments[1]), waiting = number (arguments[2]);
    const long batches = number (arguments[3]) / BATCH + 1, hwm = waiting + 2 * BATCH;
    strcpy (bench.directory, "/tmp/zmq-bench.XXXXXX");
    MUST (mkdtemp (bench.directory));
    void *const ctx = context_new ();
    void *const far = bench.transport == INPROC ? ctx : context_new ();
    void *const puller = socket_new (ctx, ZMQ_PULL);
    set_int (puller, ZMQ_RCVHWM, (int) hwm);
    bind_fresh (&bench, puller, "backlog", endpoint);
    void *const pusher = connected (far, ZMQ_PUSH, endpoint, ZMQ_SNDHWM, (int) hwm);
    send_batch (pusher, size, 1);
    receive_batch (puller, size, 1);
    send_batch (pusher, size, waiting);
    const double cpu = own_cpu_s (), from = now_s ();
    for (long i = 0; i < batches; i++) {
        send_batch (pusher, size, BATCH);
        receive_batch (puller, size, BATCH);
    }
    const double wall = now_s () - from, used = own_cpu_s () - cpu;
    receive_batch (puller, size, waiting);
    MUST (zmq_close (pusher) == 0);
    MUST (zmq_close (puller) == 0);
    if (far != ctx)
        MUST (zmq_ctx_term (far) == 0);
    MUST (zmq_ctx_term (ctx) == 0);
    rmdir (bench.directory);
    result ((double) (batches * BATCH) / wall, "msg/s", used, batches * BATCH);
    done ();
}

/*  ---- One among sixteen ----------------------------------------------------------------------------------------- */

enum { FAST = 15, WINDOW = 500, SIZE = 100 };

/*  Below the high-water mark, so that the fast ones lose nothing: they say when they have each window. */
static void fast_subscribers (struct peer *peer)
{
    void *sockets[FAST];
    for (int s = 0; s < FAST; s++) {
        sockets[s] = socket_new (peer->ctx, ZMQ_SUB);
        MUST (zmq_setsockopt (sockets[s], ZMQ_SUBSCRIBE, "", 0) == 0);
        MUST (zmq_connect (sockets[s], peer->endpoint) == 0);
    }
    for (long window = 0; window < peer->count; window++) {
        for (int s = 0; s < FAST; s++)
            receive_batch (sockets[s], SIZE, WINDOW);
        tell (peer->to_parent);
    }
    for (int s = 0; s < FAST; s++)
        MUST (zmq_close (sockets[s]) == 0);
}

static void stopped (const char *endpoint)
{
    void *const socket = socket_new (context_new (), ZMQ_SUB);
    MUST (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, "", 0) == 0);
    MUST (zmq_connect (socket, endpoint) == 0);
    for (;;)
        pause ();
}

static void slow (const char *endpoint)
{
    void *const socket = socket_new (context_new (), ZMQ_SUB);
    MUST (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, "", 0) == 0);
    MUST (zmq_connect (socket, endpoint) == 0);
    for (;;) {
        receive_message (socket, SIZE);
        usleep (1000);
    }
}

/*  RFC 23 and RFC 37 by hand: a subscriber that does not read, and asks for PONGs without end. */
static void pings (const char *endpoint)
{
    static const char hello[] = "\xff\0\0\0\0\0\0\0\0\x7f\x03\0NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                "\x04\x19\x05READY\x0bSocket-Type\0\0\0\3SUB";
    static const char ping[] = "\4\x17\4PING\0\0sixteen-bytes-it";
    char many[64 * (sizeof ping - 1)];
    for (size_t i = 0; i < sizeof many; i++)
        many[i] = ping[i % (sizeof ping - 1)];
    const int fd = plain_connect (endpoint);
    MUST (send (fd, hello, sizeof hello - 1, MSG_NOSIGNAL) == (ssize_t) sizeof hello - 1);
    /*  As much as the network takes; a publisher that has enough of it may close, and that ends it. */
    while (send (fd, many, sizeof many, MSG_NOSIGNAL) > 0)
        usleep (1000);
    for (;;)
        pause ();
}

/*  Connections of which each greeting goes wrong in its mechanism, a thousand a second at most. */
static void garbage (const char *endpoint)
{
    static const char start[] = "\xff\0\0\0\0\0\0\0\0\x7f\3";
    char bytes[256];
    memset (bytes, 0xa5, sizeof bytes);
    memcpy (bytes, start, sizeof start);
    for (;;) {
        const int fd = plain_connect (endpoint);
        send (fd, bytes, sizeof bytes, MSG_NOSIGNAL);
        usleep (1000);
        close (fd);
    }
}

static const struct
{
    const char *name;
    void (*run) (const char *endpoint);
    int subscribes;
} disturbers[] = {
  {"none", NULL, 0}, {"stopped", stopped, 1}, {"slow", slow, 1}, {"pings", pings, 0}, {"garbage", garbage, 0},
};

/*  The disturber has a process of its own, which ends with this one. It is told the endpoint through a pipe, as it must be
 *  forked before this process has threads. */
static int disturb (void (*run) (const char *endpoint), pid_t *pid)
{
    int down[2];
    MUST (pipe (down) == 0);
    MUST ((*pid = fork ()) >= 0);
    if (*pid == 0) {
        char endpoint[ENDPOINT_MAX];
        prctl (PR_SET_PDEATHSIG, SIGKILL);
        close (down[1]);
        MUST (read (down[0], endpoint, sizeof endpoint) == (ssize_t) sizeof endpoint);
        run (endpoint);
        exit (0);
    }
    close (down[0]);
    return down[1];
}

/*  Publishes to fifteen subscribers that keep up, and to one of the kind named; the rate is of deliveries to the fifteen. */
void bench_slow (char **arguments)
{
    const size_t kinds = sizeof disturbers / sizeof disturbers[0];
    size_t kind = 0;
    while (kind < kinds && strcmp (disturbers[kind].name, arguments[0]))
        kind++;
    if (kind == kinds) {
        fprintf (stderr, "no kind '%s'\n", arguments[0]);
        exit (2);
    }
    struct bench bench = {0};
    const long windows = bench.peer.count = number (arguments[1]) / WINDOW + 1;
    pid_t pid = 0;
    int to_disturber = -1;
    if (disturbers[kind].run)
        to_disturber = disturb (disturbers[kind].run, &pid);
    bench_start (&bench, TCP, fast_subscribers);
    void *const socket = socket_new (bench.ctx, ZMQ_XPUB);
    set_int (socket, ZMQ_XPUB_VERBOSE, 1);
    bench_bind (&bench, socket);
    if (pid)
        MUST (write (to_disturber, bench.endpoint, ENDPOINT_MAX) == ENDPOINT_MAX);
    for (int i = 0; i < FAST + disturbers[kind].subscribes; i++)
        receive_message (socket, 1);
    const double cpu = own_cpu_s (), from = now_s ();
    for (long i = 0; i < windows; i++) {
        send_batch (socket, SIZE, WINDOW);
        hear (bench.from_peer);
    }
    const double wall = now_s () - from, used = own_cpu_s () - cpu;
    if (pid) {
        kill (pid, SIGKILL);
        MUST (waitpid (pid, NULL, 0) == pid);
    }
    set_int (socket, ZMQ_LINGER, 0);
    MUST (zmq_close (socket) == 0);
    bench_end (&bench);
    const long deliveries = windows * WINDOW * FAST;
    result ((double) deliveries / wall, "deliveries/s", used, deliveries);
    done ();
}
