/*  One socket and many: PUB to SUBs, PUSHes to PULL, a ROUTER and its DEALERs. The many are in one process and are served
 *  by one thread in turn, which is the same work on any library. */

#include "bench.h"

static void **many_connected (struct peer *peer, int type)
{
    MUST (zmq_ctx_set (peer->ctx, ZMQ_MAX_SOCKETS, (int) peer->sockets + 16) == 0);
    raise_descriptor_limit ();
    void **const sockets = calloc ((size_t) peer->sockets, sizeof *sockets);
    MUST (sockets);
    for (long i = 0; i < peer->sockets; i++) {
        sockets[i] = socket_new (peer->ctx, type);
        if (type == ZMQ_SUB)
            MUST (zmq_setsockopt (sockets[i], ZMQ_SUBSCRIBE, "", 0) == 0);
        MUST (zmq_connect (sockets[i], peer->endpoint) == 0);
    }
    return sockets;
}

static void read_arguments (struct bench *bench, char **arguments)
{
    bench->peer.sockets = number (arguments[1]);
    bench->peer.size = number (arguments[2]);
    bench->peer.count = number (arguments[3]);
    raise_descriptor_limit ();
}

static void subscribers (struct peer *peer)
{
    void **const sockets = many_connected (peer, ZMQ_SUB);
    for (long i = 0; i < peer->count; i++)
        for (long s = 0; s < peer->sockets; s++)
            receive_message (sockets[s], peer->size);
    tell (peer->to_parent);
    close_all (sockets, peer->sockets);
}

/*  COUNT messages published; the rate is of deliveries. Waits at the high-water mark instead of dropping. */
void bench_fan_out (char **arguments)
{
    struct bench bench = {0};
    read_arguments (&bench, arguments);
    bench_start (&bench, transport_named (arguments[0]), subscribers);
    void *const socket = socket_new (bench.ctx, ZMQ_XPUB);
    set_int (socket, ZMQ_XPUB_NODROP, 1);
    set_int (socket, ZMQ_XPUB_VERBOSE, 1);
    bench_bind (&bench, socket);
    for (long i = 0; i < bench.peer.sockets; i++)
        receive_message (socket, 1);
    const double from = now_s ();
    for (long i = 0; i < bench.peer.count; i++)
        send_message (socket, bench.peer.size);
    hear (bench.from_peer);
    const double wall = now_s () - from;
    MUST (zmq_close (socket) == 0);
    bench_end (&bench);
    const long deliveries = bench.peer.count * bench.peer.sockets;
    result ((double) deliveries / wall, "deliveries/s", cpu_s (), deliveries);
    done ();
}

static void pushers (struct peer *peer)
{
    void **const sockets = many_connected (peer, ZMQ_PUSH);
    for (long i = 0; i <= peer->count; i++)
        for (long s = 0; s < peer->sockets; s++)
            send_message (sockets[s], peer->size);
    hear (peer->from_parent);
    close_all (sockets, peer->sockets);
}

/*  COUNT messages from every pusher. */
void bench_fan_in (char **arguments)
{
    struct bench bench = {0};
    read_arguments (&bench, arguments);
    bench_start (&bench, transport_named (arguments[0]), pushers);
    void *const socket = socket_new (bench.ctx, ZMQ_PULL);
    bench_bind (&bench, socket);
    const long size = bench.peer.size, messages = bench.peer.count * bench.peer.sockets;
    for (long i = 0; i < bench.peer.sockets; i++)
        receive_message (socket, size);
    const double from = now_s ();
    for (long i = 0; i < messages; i++)
        receive_message (socket, size);
    const double wall = now_s () - from;
    tell (bench.to_peer);
    MUST (zmq_close (socket) == 0);
    bench_end (&bench);
    result ((double) messages / wall, "msg/s", cpu_s (), messages);
    done ();
}

static void leavers (struct peer *peer)
{
    void **const sockets = many_connected (peer, ZMQ_PUSH);
    for (long s = 0; s < peer->sockets; s++)
        send_message (sockets[s], 1);
    hear (peer->from_parent);
    close_all (sockets, peer->sockets);
}

/*  Sockets with a connection each are closed, one after the other, until nothing of them is left on either side. */
void bench_leaving (char **arguments)
{
    struct bench bench = {0};
    const long count = bench.peer.sockets = number (arguments[1]);
    raise_descriptor_limit ();
    bench_start (&bench, transport_named (arguments[0]), leavers);
    void *const socket = socket_new (bench.ctx, ZMQ_PULL);
    bench_bind (&bench, socket);
    for (long i = 0; i < count; i++)
        receive_message (socket, 1);
    const double from = now_s ();
    tell (bench.to_peer);
    MUST (zmq_close (socket) == 0);
    bench_end (&bench);
    const double wall = now_s () - from;
    result ((double) count / wall, "sockets/s", cpu_s (), count);
    done ();
}

/*  Every client has one request under way. */
static void clients (struct peer *peer)
{
    void **const sockets = many_connected (peer, ZMQ_DEALER);
    for (long i = 0; i <= peer->count; i++) {
        for (long s = 0; s < peer->sockets; s++)
            send_message (sockets[s], peer->size);
        for (long s = 0; s < peer->sockets; s++)
            receive_message (sockets[s], peer->size);
    }
    close_all (sockets, peer->sockets);
}

static void answer (void *router, long size)
{
    zmq_msg_t id, body;
    MUST (zmq_msg_init (&id) == 0 && zmq_msg_init (&body) == 0);
    MUST (zmq_msg_recv (&id, router, 0) > 0);
    MUST (zmq_msg_recv (&body, router, 0) == size);
    MUST (zmq_msg_send (&id, router, ZMQ_SNDMORE) > 0);
    MUST (zmq_msg_send (&body, router, 0) == size);
}

/*  COUNT requests of every client. */
void bench_router (char **arguments)
{
    struct bench bench = {0};
    read_arguments (&bench, arguments);
    bench_start (&bench, transport_named (arguments[0]), clients);
    void *const socket = socket_new (bench.ctx, ZMQ_ROUTER);
    bench_bind (&bench, socket);
    for (long i = 0; i < bench.peer.sockets; i++)
        answer (socket, bench.peer.size);
    const long requests = bench.peer.count * bench.peer.sockets;
    const double from = now_s ();
    for (long i = 0; i < requests; i++)
        answer (socket, bench.peer.size);
    const double wall = now_s () - from;
    MUST (zmq_close (socket) == 0);
    bench_end (&bench);
    result ((double) requests / wall, "requests/s", cpu_s (), requests);
    done ();
}
