/*  Programs under the names that libzmq's users know: local_lat, remote_lat, local_thr, remote_thr, inproc_lat, inproc_thr
 *  and proxy_thr, with the arguments and the output that scripts expect. One program; the name it is called by decides. */

#include "bench.h"

/*  Both sides must know them beforehand; they protect nothing. */
#define SERVER_PUBLIC "W^(b/qiRt{iTgpkWhuft7BLC{DIo=ARro8vpso.<"
#define SERVER_SECRET "cloVl9fCuUSiZ#^%g!KJfT2lo]zD)O&YV[MMjsax"
#define CLIENT_PUBLIC "<Lrj>ZE16lk.gTVnL?CRIPUWxuLC.nK=f@g}FKQ$"
#define CLIENT_SECRET "GHBQOMe.F<RDiN1Anc/DnJ@jc{M?8.FAmg2o[8E]"

struct work
{
    void *ctx;
    const char *endpoint;
    long size, count;
    bool curve;
};

static void set_key (void *socket, int option, const char *key)
{
    MUST (zmq_setsockopt (socket, option, key, strlen (key) + 1) == 0);
}

static void print_latency (const struct work *work, double seconds)
{
    printf ("message size: %ld [B]\n", work->size);
    printf ("roundtrip count: %ld\n", work->count);
    printf ("average latency: %.3f [us]\n", seconds * 1e6 / (2.0 * (double) work->count));
}

static void print_throughput (const struct work *work, double seconds)
{
    const double rate = (double) work->count / seconds;
    printf ("message size: %ld [B]\n", work->size);
    printf ("message count: %ld\n", work->count);
    printf ("mean throughput: %ld [msg/s]\n", (long) rate);
    printf ("mean throughput: %.3f [Mb/s]\n", rate * (double) work->size * 8 / 1e6);
}

static void *answer_all (void *argument)
{
    const struct work *const work = argument;
    void *const socket = socket_new (work->ctx, ZMQ_REP);
    MUST (zmq_bind (socket, work->endpoint) == 0);
    for (long i = 0; i < work->count; i++) {
        receive_message (socket, work->size);
        send_message (socket, work->size);
    }
    MUST (zmq_close (socket) == 0);
    return NULL;
}

static void ask_all (const struct work *work)
{
    void *const socket = socket_new (work->ctx, ZMQ_REQ);
    MUST (zmq_connect (socket, work->endpoint) == 0);
    const double from = now_s ();
    for (long i = 0; i < work->count; i++) {
        send_message (socket, work->size);
        receive_message (socket, work->size);
    }
    print_latency (work, now_s () - from);
    MUST (zmq_close (socket) == 0);
}

static void *push_all (void *argument)
{
    const struct work *const work = argument;
    void *const socket = socket_new (work->ctx, ZMQ_PUSH);
    if (work->curve) {
        set_key (socket, ZMQ_CURVE_SERVERKEY, SERVER_PUBLIC);
        set_key (socket, ZMQ_CURVE_PUBLICKEY, CLIENT_PUBLIC);
        set_key (socket, ZMQ_CURVE_SECRETKEY, CLIENT_SECRET);
    }
    MUST (zmq_connect (socket, work->endpoint) == 0);
    for (long i = 0; i < work->count; i++)
        send_message (socket, work->size);
    MUST (zmq_close (socket) == 0);
    return NULL;
}

static void time_pull (const struct work *work, void *socket)
{
    receive_message (socket, work->size);
    const double from = now_s ();
    for (long i = 1; i < work->count; i++)
        receive_message (socket, work->size);
    print_throughput (work, now_s () - from);
    MUST (zmq_close (socket) == 0);
}

static void pull_all (const struct work *work)
{
    void *const socket = socket_new (work->ctx, ZMQ_PULL);
    if (work->curve) {
        set_int (socket, ZMQ_CURVE_SERVER, 1);
        set_key (socket, ZMQ_CURVE_SECRETKEY, SERVER_SECRET);
    }
    MUST (zmq_bind (socket, work->endpoint) == 0);
    time_pull (work, socket);
}

static void inproc_latency (struct work *work)
{
    pthread_t thread;
    work->endpoint = "inproc://latency";
    MUST (pthread_create (&thread, NULL, answer_all, work) == 0);
    ask_all (work);
    MUST (pthread_join (thread, NULL) == 0);
}

static void inproc_throughput (struct work *work)
{
    pthread_t thread;
    work->endpoint = "inproc://throughput";
    void *const socket = socket_new (work->ctx, ZMQ_PULL);
    MUST (zmq_bind (socket, work->endpoint) == 0);
    MUST (pthread_create (&thread, NULL, push_all, work) == 0);
    time_pull (work, socket);
    MUST (pthread_join (thread, NULL) == 0);
}

static void *forward (void *ctx)
{
    void *const front = socket_new (ctx, ZMQ_PULL), *const back = socket_new (ctx, ZMQ_PUSH);
    MUST (zmq_bind (front, "inproc://front") == 0 && zmq_bind (back, "inproc://back") == 0);
    /*  Returns once the context is shut down. */
    zmq_proxy (front, back, NULL);
    zmq_close (front);
    zmq_close (back);
    return NULL;
}

static void proxy_throughput (struct work *work)
{
    pthread_t proxy, thread;
    work->endpoint = "inproc://front";
    MUST (pthread_create (&proxy, NULL, forward, work->ctx) == 0);
    MUST (pthread_create (&thread, NULL, push_all, work) == 0);
    void *const socket = socket_new (work->ctx, ZMQ_PULL);
    MUST (zmq_connect (socket, "inproc://back") == 0);
    time_pull (work, socket);
    MUST (pthread_join (thread, NULL) == 0);
    MUST (zmq_ctx_shutdown (work->ctx) == 0);
    MUST (pthread_join (proxy, NULL) == 0);
}

static int usage (const char *name)
{
    const bool latency = strstr (name, "_lat");
    const char *const count = latency ? "roundtrip" : "message";
    if (strncmp (name, "local", 5) != 0 && strncmp (name, "remote", 6) != 0)
        printf ("usage: %s <message-size> <%s-count>\n", name, count);
    else
        printf ("usage: %s <%s-to> <message-size> <%s-count>%s\n", name, *name == 'l' ? "bind" : "connect", count,
                latency ? "" : " [<enable_curve>]");
    return 1;
}

int main (int argc, char **argv)
{
    const char *const slash = strrchr (argv[0], '/'), *const name = slash ? slash + 1 : argv[0];
    const bool remote = strncmp (name, "remote_", 7) == 0, two_sided = remote || strncmp (name, "local_", 6) == 0;
    const bool latency = strstr (name, "_lat");
    const int first = two_sided ? 2 : 1;
    if (argc != first + 2 && !(two_sided && !latency && argc == first + 3))
        return usage (name);
    struct work work = {.endpoint = argv[1], .size = number (argv[first]), .count = number (argv[first + 1])};
    work.curve = argc == first + 3 && number (argv[first + 2]);
    MUST (work.count > 0 && (work.ctx = zmq_ctx_new ()));
    if (strcmp (name, "local_lat") == 0)
        answer_all (&work);
    else if (strcmp (name, "remote_lat") == 0)
        ask_all (&work);
    else if (strcmp (name, "local_thr") == 0)
        pull_all (&work);
    else if (strcmp (name, "remote_thr") == 0)
        push_all (&work);
    else if (strcmp (name, "inproc_lat") == 0)
        inproc_latency (&work);
    else if (strcmp (name, "inproc_thr") == 0)
        inproc_throughput (&work);
    else if (strcmp (name, "proxy_thr") == 0)
        proxy_throughput (&work);
    else
        return usage (name);
    MUST (zmq_ctx_term (work.ctx) == 0);
    return 0;
}
