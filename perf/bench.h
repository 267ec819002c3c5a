/*  What the benchmarks share: peers in a process of their own, clocks, CPU time, and the line of results. Only libzmq's
 *  public functions are called, so that one binary runs on any libzmq.so.5. */

#ifndef PERF_BENCH_H
#define PERF_BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include <zmq.h>

#define ENDPOINT_MAX 256

/*  A benchmark has no use for a failed call: says which it was, and exits. */
#define MUST(condition)                                                                                                \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            die (__FILE__, __LINE__, #condition);                                                                      \
    } while (0)
void die (const char *file, int line, const char *what) __attribute__ ((noreturn));

/*  ---- Peers -------------------------------------------------------------------------------------------------------- */

enum transport
{
    TCP,
    IPC,
    INPROC
};
enum transport transport_named (const char *name);

struct peer
{
    void *ctx;              /* for inproc the first process's own, otherwise the peer's */
    const char *endpoint;   /* what to connect to */
    int to_parent;          /* see tell() and hear() */
    int from_parent;
    long sockets, size, count;
    const char *server_key; /* CURVE when not NULL */
};

/*  The other side: a thread for inproc, otherwise a process. It runs `run` once bench_bind() has said where. */
struct bench
{
    enum transport transport;
    void *ctx;
    char endpoint[ENDPOINT_MAX];
    char directory[64];
    int to_peer, from_peer;
    pid_t pid;
    pthread_t thread;
    struct peer peer;
    void (*run) (struct peer *peer);
};

/*  Forks before the library starts any thread. Fields of `peer` for the other side are set by the caller before. */
void bench_start (struct bench *bench, enum transport transport, void (*run) (struct peer *peer));
/*  Binds to a fresh endpoint and lets the peer go. */
void bench_bind (struct bench *bench, void *socket);
/*  Binds without telling anybody. */
void bind_fresh (struct bench *bench, void *socket, const char *suffix, char endpoint[ENDPOINT_MAX]);
void bench_release (struct bench *bench, const char *endpoint);
/*  Ends the peer, then the context; CPU time of the peer counts from here on. */
void bench_end (struct bench *bench);

/*  One byte to the other side, and wait for one. */
void tell (int fd);
void hear (int fd);

/*  ---- Sockets ------------------------------------------------------------------------------------------------------ */

void *socket_new (void *ctx, int type);
void set_int (void *socket, int option, int value);
void close_all (void **sockets, long count);
/*  A context with as many I/O threads as BENCH_IO_THREADS says, if it is set. */
void *context_new (void);
/*  A plain TCP connection to a bound endpoint, and all bytes that were asked for from one. */
int plain_connect (const char *endpoint);
void read_exactly (int fd, uint8_t *bytes, size_t size);
/*  A message of `size` bytes that are all 0, as a program would make it: allocated by the library, then sent. */
void send_message (void *socket, long size);
/*  Receives a message of that size, parts before the last one included in `parts`. */
void receive_message (void *socket, long size);

/*  ---- Figures ------------------------------------------------------------------------------------------------------ */

double now_s (void);
/*  User and system time of this process and of the children that ended, in seconds. */
double cpu_s (void);
double own_cpu_s (void);
/*  How often threads gave the processor away to wait: of this process, and of its children that ended. */
long own_sleeps (void);
long children_sleeps (void);
long resident_bytes (void);
/*  The least that is seen until it does not change for half a second: another thread may give memory back later. */
long settled_bytes (void);
void raise_descriptor_limit (void);

/*  result rate=R unit=U cpu_us=C n=N, then whatever more() adds, then done(). */
void result (double rate, const char *unit, double cpu_seconds, long n);
void more (const char *name, double value);
void done (void);

long number (const char *text);

/*  ---- Benchmarks: each has the arguments after its name ----------------------------------------------------------- */

void bench_throughput (char **arguments);
void bench_curve (char **arguments);
void bench_latency (char **arguments);
void bench_fan_out (char **arguments);
void bench_fan_in (char **arguments);
void bench_router (char **arguments);
void bench_leaving (char **arguments);
void bench_proxy (char **arguments);
void bench_idle (char **arguments);
void bench_requests (char **arguments);
void bench_sockets (char **arguments);
void bench_sockets_limited (char **arguments);
void bench_subscriptions (char **arguments);
void bench_backlog (char **arguments);
void bench_slow (char **arguments);
void bench_burst (char **arguments);
void bench_bounded (char **arguments);
void bench_plain_pingpong (char **arguments);
void bench_plain_stream (char **arguments);
void bench_memcpy (char **arguments);

#endif
