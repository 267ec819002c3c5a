/*  What connections cost: idle ones, short ones, and sockets that come and go. */

#include "bench.h"

#include <sys/resource.h>
#include <sys/socket.h>

/*  ZMTP 3.0 with NULL, by hand (RFC 23): the library under test is on the server's side alone. */
static const uint8_t hello[] = "\xff\0\0\0\0\0\0\0\0\x7f\x03\0NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                               "\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06" "DEALER";

static void await_ready (int fd)
{
    uint8_t greeting[64], head[2], body[255];
    read_exactly (fd, greeting, sizeof greeting);
    read_exactly (fd, head, sizeof head);
    MUST (head[0] == 4);
    read_exactly (fd, body, head[1]);
    MUST (memcmp (body, "\5READY", 6) == 0);
}

static void idle_clients (struct peer *peer)
{
    enum { BATCH = 64 };
    raise_descriptor_limit ();
    int *const fds = calloc ((size_t) peer->count, sizeof *fds);
    MUST (fds);
    for (long from = 0; from < peer->count; from += BATCH) {
        const long to = from + BATCH < peer->count ? from + BATCH : peer->count;
        for (long i = from; i < to; i++) {
            fds[i] = plain_connect (peer->endpoint);
            MUST (send (fds[i], hello, sizeof hello - 1, MSG_NOSIGNAL) == (ssize_t) sizeof hello - 1);
        }
        for (long i = from; i < to; i++)
            await_ready (fds[i]);
    }
    tell (peer->to_parent);
    hear (peer->from_parent);
    /*  Each of them still works: a message of one byte. */
    for (long i = 0; i < peer->count; i++)
        MUST (send (fds[i], "\0\1x", 3, MSG_NOSIGNAL) == 3);
    hear (peer->from_parent);
    for (long i = 0; i < peer->count; i++)
        close (fds[i]);
    free (fds);
}

/*  CPU time is of the server alone. */
void bench_idle (char **arguments)
{
    struct bench bench = {0};
    const long count = bench.peer.count = number (arguments[0]);
    raise_descriptor_limit ();
    bench_start (&bench, TCP, idle_clients);
    void *const socket = socket_new (bench.ctx, ZMQ_ROUTER);
    set_int (socket, ZMQ_BACKLOG, 1024);
    const long before = resident_bytes ();
    const double cpu_before = own_cpu_s (), from = now_s ();
    bench_bind (&bench, socket);
    hear (bench.from_peer);
    const double wall = now_s () - from, cpu = own_cpu_s () - cpu_before;
    const long grown = resident_bytes () - before;
    tell (bench.to_peer);
    for (long i = 0; i < count; i++)
        receive_message (socket, 1);
    tell (bench.to_peer);
    MUST (zmq_close (socket) == 0);
    bench_end (&bench);
    result ((double) count / wall, "connections/s", cpu, count);
    more ("bytes_each", (double) grown / (double) count);
    done ();
}

static void short_clients (struct peer *peer)
{
    for (long i = 0; i < peer->count; i++) {
        void *const socket = socket_new (peer->ctx, ZMQ_REQ);
        set_int (socket, ZMQ_LINGER, 0);
        MUST (zmq_connect (socket, peer->endpoint) == 0);
        send_message (socket, 1);
        receive_message (socket, 1);
        MUST (zmq_close (socket) == 0);
    }
}

/*  Connect, request, reply, close: all of it each time. */
void bench_requests (char **arguments)
{
    struct bench bench = {0};
    const long count = bench.peer.count = number (arguments[1]);
    bench_start (&bench, transport_named (arguments[0]), short_clients);
    void *const socket = socket_new (bench.ctx, ZMQ_REP);
    bench_bind (&bench, socket);
    const double from = now_s ();
    for (long i = 0; i < count; i++) {
        receive_message (socket, 1);
        send_message (socket, 1);
    }
    const double wall = now_s () - from;
    MUST (zmq_close (socket) == 0);
    bench_end (&bench);
    result ((double) count / wall, "requests/s", cpu_s (), count);
    done ();
}

static void sockets (long count)
{
    void *const ctx = zmq_ctx_new ();
    MUST (ctx);
    long refused = 0;
    const double from = now_s ();
    for (long i = 0; i < count; i++) {
        void *const socket = zmq_socket (ctx, ZMQ_DEALER);
        if (socket)
            MUST (zmq_close (socket) == 0);
        else
            refused++;
    }
    const double wall = now_s () - from;
    MUST (zmq_ctx_term (ctx) == 0);
    result ((double) (count - refused) / wall, "sockets/s", cpu_s (), count);
    more ("refused", (double) refused);
    done ();
}

void bench_sockets (char **arguments)
{
    raise_descriptor_limit ();
    sockets (number (arguments[0]));
}

void bench_sockets_limited (char **arguments)
{
    struct rlimit limit;
    MUST (getrlimit (RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 1024;
    MUST (setrlimit (RLIMIT_NOFILE, &limit) == 0);
    sockets (number (arguments[0]));
}
