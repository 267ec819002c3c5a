/*  Throughput from one socket to another, by itself, under CURVE and through a proxy. */

#include "bench.h"

static char server_public[41], server_secret[41];

static void client_keys (void *socket, const char *server_key)
{
    char public_key[41], secret_key[41];
    MUST (zmq_curve_keypair (public_key, secret_key) == 0);
    MUST (zmq_setsockopt (socket, ZMQ_CURVE_SERVERKEY, server_key, 41) == 0);
    MUST (zmq_setsockopt (socket, ZMQ_CURVE_PUBLICKEY, public_key, 41) == 0);
    MUST (zmq_setsockopt (socket, ZMQ_CURVE_SECRETKEY, secret_key, 41) == 0);
}

/*  One message more than is counted: its arrival starts the clock. Stays until all have arrived: libzmq loses some when an
 *  ipc connection is closed on a busy machine. */
static void push (struct peer *peer)
{
    void *const socket = socket_new (peer->ctx, ZMQ_PUSH);
    if (peer->server_key)
        client_keys (socket, peer->server_key);
    MUST (zmq_connect (socket, peer->endpoint) == 0);
    for (long i = 0; i <= peer->count; i++)
        send_message (socket, peer->size);
    hear (peer->from_parent);
    MUST (zmq_close (socket) == 0);
}

static double pull (void *socket, long size, long count)
{
    receive_message (socket, size);
    const double from = now_s ();
    for (long i = 0; i < count; i++)
        receive_message (socket, size);
    return now_s () - from;
}

static void report (double wall, long size, long count)
{
    result ((double) count / wall, "msg/s", cpu_s (), count);
    more ("mb_per_s", (double) count * (double) size / wall / 1e6);
    done ();
}

static void throughput (char **arguments, bool curve)
{
    struct bench bench = {0};
    const long size = bench.peer.size = number (arguments[1]);
    const long count = bench.peer.count = number (arguments[2]);
    if (curve) {
        MUST (zmq_curve_keypair (server_public, server_secret) == 0);
        bench.peer.server_key = server_public;
    }
    bench_start (&bench, transport_named (arguments[0]), push);
    void *const socket = socket_new (bench.ctx, ZMQ_PULL);
    if (curve) {
        set_int (socket, ZMQ_CURVE_SERVER, 1);
        MUST (zmq_setsockopt (socket, ZMQ_CURVE_SECRETKEY, server_secret, 41) == 0);
    }
    bench_bind (&bench, socket);
    const double wall = pull (socket, size, count);
    tell (bench.to_peer);
    MUST (zmq_close (socket) == 0);
    bench_end (&bench);
    report (wall, size, count);
}

void bench_throughput (char **arguments)
{
    throughput (arguments, false);
}

void bench_curve (char **arguments)
{
    throughput (arguments, true);
}

struct proxy
{
    void *front, *back;
};

static void *run_proxy (void *argument)
{
    struct proxy *const proxy = argument;
    /*  Returns once the context is shut down. */
    zmq_proxy (proxy->front, proxy->back, NULL);
    zmq_close (proxy->front);
    zmq_close (proxy->back);
    return NULL;
}

/*  The pusher in its process; the proxy is a thread of the puller's, with a context of its own unless inproc. */
void bench_proxy (char **arguments)
{
    struct bench bench = {0};
    struct proxy proxy;
    char back[ENDPOINT_MAX];
    pthread_t thread;
    const long size = bench.peer.size = number (arguments[1]);
    const long count = bench.peer.count = number (arguments[2]);
    bench_start (&bench, transport_named (arguments[0]), push);
    void *const ctx = bench.transport == INPROC ? bench.ctx : context_new ();
    proxy.front = socket_new (ctx, ZMQ_PULL);
    proxy.back = socket_new (ctx, ZMQ_PUSH);
    bind_fresh (&bench, proxy.front, "front", bench.endpoint);
    bind_fresh (&bench, proxy.back, "back", back);
    MUST (pthread_create (&thread, NULL, run_proxy, &proxy) == 0);
    void *const socket = socket_new (bench.ctx, ZMQ_PULL);
    MUST (zmq_connect (socket, back) == 0);
    bench_release (&bench, bench.endpoint);
    const double wall = pull (socket, size, count);
    tell (bench.to_peer);
    MUST (zmq_close (socket) == 0);
    MUST (zmq_ctx_shutdown (ctx) == 0);
    MUST (pthread_join (thread, NULL) == 0);
    if (ctx != bench.ctx)
        MUST (zmq_ctx_term (ctx) == 0);
    bench_end (&bench);
    report (wall, size, count);
}
