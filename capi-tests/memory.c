/*  Memory after a burst goes back to the system. */

#include "harness.h"

static long resident_mib (void)
{
    FILE *const file = fopen ("/proc/self/statm", "r");
    CHECK (file != NULL);
    long size = 0, resident = 0;
    CHECK_INT (2, fscanf (file, "%ld %ld", &size, &resident));
    fclose (file);
    return resident * (sysconf (_SC_PAGESIZE) / 1024) / 1024;
}

static char bytes[1000];
enum { BURST = 100000 };

/*  Has a burst wait at `sink`. */
static void send_burst (void *ctx, void **sink, void **source)
{
    *sink = new_socket (ctx, ZMQ_PULL);
    *source = new_socket (ctx, ZMQ_PUSH);
    set_int (*sink, ZMQ_RCVHWM, 0);
    set_int (*source, ZMQ_SNDHWM, 0);
    char endpoint[256];
    size_t size = sizeof endpoint;
    CHECK_OK (zmq_bind (*sink, "tcp://127.0.0.1:*"));
    CHECK_OK (zmq_getsockopt (*sink, ZMQ_LAST_ENDPOINT, endpoint, &size));
    CHECK_OK (zmq_connect (*source, endpoint));
    for (int i = 0; i < BURST; i++)
        CHECK_INT (sizeof bytes, zmq_send (*source, bytes, sizeof bytes, 0));
}

static void receive (void *sink, int count)
{
    for (int i = 0; i < count; i++)
        CHECK_INT (sizeof bytes, zmq_recv (sink, bytes, sizeof bytes, 0));
}

TEST (a_burst_leaves_little_memory_behind)
{
    void *const ctx = new_ctx (), *sink, *source;
    const long before = resident_mib ();
    send_burst (ctx, &sink, &source);
    CHECK (resident_mib () - before > 60);
    receive (sink, BURST);
    if (DIFFERS ("malloc keeps what something in use lies behind"))
        WAIT_UNTIL (resident_mib () - before < 40);
    close_socket (sink);
    close_socket (source);
    term_ctx (ctx);
}

TEST (what_was_received_of_a_burst_does_not_wait_for_the_rest)
{
    void *const ctx = new_ctx (), *sink, *source;
    const long before = resident_mib ();
    send_burst (ctx, &sink, &source);
    CHECK (resident_mib () - before > 60);
    /*  More than a quarter stays: memory goes back, but not before the burst is seen not to go on. */
    receive (sink, BURST / 8 * 5);
    if (DIFFERS ("malloc keeps what something in use lies behind"))
        WAIT_UNTIL (resident_mib () - before < 60);
    receive (sink, BURST - BURST / 8 * 5);
    close_socket (sink);
    close_socket (source);
    term_ctx (ctx);
}
