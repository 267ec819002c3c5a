/*  Round trips of one request at a time, each of them timed. */

#include "bench.h"

static void serve (struct peer *peer)
{
    void *const socket = socket_new (peer->ctx, ZMQ_REP);
    MUST (zmq_connect (socket, peer->endpoint) == 0);
    for (long i = 0; i <= peer->count; i++) {
        receive_message (socket, peer->size);
        send_message (socket, peer->size);
    }
    hear (peer->from_parent);
    MUST (zmq_close (socket) == 0);
}

static int by_value (const void *a, const void *b)
{
    const float x = *(const float *) a, y = *(const float *) b;
    return (x > y) - (x < y);
}

void bench_latency (char **arguments)
{
    struct bench bench = {0};
    const long size = bench.peer.size = number (arguments[1]);
    const long count = bench.peer.count = number (arguments[2]);
    MUST (count > 0);
    bench_start (&bench, transport_named (arguments[0]), serve);
    float *const trips = calloc ((size_t) count, sizeof *trips);
    MUST (trips);
    void *const socket = socket_new (bench.ctx, ZMQ_REQ);
    bench_bind (&bench, socket);
    /*  The first makes the connection. */
    send_message (socket, size);
    receive_message (socket, size);
    const long slept = own_sleeps ();
    const double from = now_s ();
    double last = from;
    for (long i = 0; i < count; i++) {
        send_message (socket, size);
        receive_message (socket, size);
        const double at = now_s ();
        trips[i] = (float) ((at - last) * 1e6);
        last = at;
    }
    const double wall = last - from;
    tell (bench.to_peer);
    const long sleeps = own_sleeps () - slept;
    MUST (zmq_close (socket) == 0);
    bench_end (&bench);
    const double cpu = cpu_s ();
    /*  The other process's whole life: its start is little against the round trips. A thread is counted with this one. */
    const double both = (double) (sleeps + children_sleeps ());
    qsort (trips, (size_t) count, sizeof *trips, by_value);
    result ((double) count / wall, "round-trips/s", cpu, count);
    more ("mean_us", wall * 1e6 / (double) count);
    more ("p50_us", (double) trips[count / 2]);
    more ("p99_us", (double) trips[count * 99 / 100]);
    more ("p999_us", (double) trips[count * 999 / 1000]);
    more ("sleeps", both / (double) count / 2);
    done ();
    free (trips);
}
