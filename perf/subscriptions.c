/*  Many subscriptions of one subscriber: making them, keeping them, finding the one that matches. */

#include "bench.h"

#define TOPIC_SIZE 24

static void topic_at (long i, char text[TOPIC_SIZE + 1])
{
    /*  Spread over the range, as keys in a program are: multiplication by an odd number permutes 32 bits. */
    snprintf (text, TOPIC_SIZE + 1, "market.%08x.%08x", (unsigned) i * 2654435761u, (unsigned) i);
}

/*  `sockets` is the number of subscriptions here. */
static void subscriber (struct peer *peer)
{
    char topic[TOPIC_SIZE + 1];
    void *const socket = socket_new (peer->ctx, ZMQ_SUB);
    set_int (socket, ZMQ_SNDHWM, 0);
    MUST (zmq_connect (socket, peer->endpoint) == 0);
    for (long i = 0; i < peer->sockets; i++) {
        topic_at (i, topic);
        MUST (zmq_setsockopt (socket, ZMQ_SUBSCRIBE, topic, TOPIC_SIZE) == 0);
    }
    for (long i = 0; i < peer->count; i++)
        receive_message (socket, TOPIC_SIZE);
    tell (peer->to_parent);
    set_int (socket, ZMQ_LINGER, 0);
    MUST (zmq_close (socket) == 0);
}

/*  The rate is of messages that match one subscription; CPU time is of both sides. */
void bench_subscriptions (char **arguments)
{
    struct bench bench = {0};
    char topic[TOPIC_SIZE + 1];
    const long subscriptions = bench.peer.sockets = number (arguments[0]);
    const long messages = bench.peer.count = number (arguments[1]);
    MUST (subscriptions > 0);
    bench_start (&bench, TCP, subscriber);
    void *const socket = socket_new (bench.ctx, ZMQ_XPUB);
    set_int (socket, ZMQ_XPUB_NODROP, 1);
    const long before = resident_bytes ();
    /*  The connection is timed with them: once the first has arrived, most of the others may have as well. */
    const double from = now_s ();
    bench_bind (&bench, socket);
    for (long i = 0; i < subscriptions; i++)
        receive_message (socket, TOPIC_SIZE + 1);
    const double subscribed = now_s ();
    const long grown = resident_bytes () - before;
    for (long i = 0; i < messages; i++) {
        topic_at ((long) ((unsigned) i * 40503u % (unsigned) subscriptions), topic);
        MUST (zmq_send (socket, topic, TOPIC_SIZE, 0) == TOPIC_SIZE);
    }
    hear (bench.from_peer);
    const double wall = now_s () - subscribed;
    MUST (zmq_close (socket) == 0);
    bench_end (&bench);
    result ((double) messages / wall, "publications/s", cpu_s (), messages);
    more ("subscribe_per_s", (double) subscriptions / (subscribed - from));
    more ("bytes_each", (double) grown / (double) subscriptions);
    done ();
}
