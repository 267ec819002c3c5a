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

TEST (a_burst_leaves_little_memory_behind)
{
    static char bytes[1000];
    void *const ctx = new_ctx ();
    const long before = resident_mib ();
    void *const sink = new_socket (ctx, ZMQ_PULL), *const source = new_socket (ctx, ZMQ_PUSH);
    set_int (sink, ZMQ_RCVHWM, 0);
    set_int (source, ZMQ_SNDHWM, 0);
    char endpoint[256];
    size_t size = sizeof endpoint;
    CHECK_OK (zmq_bind (sink, "tcp://127.0.0.1:*"));
    CHECK_OK (zmq_getsockopt (sink, ZMQ_LAST_ENDPOINT, endpoint, &size));
    CHECK_OK (zmq_connect (source, endpoint));
    for (int i = 0; i < 100000; i++)
        CHECK_INT (sizeof bytes, zmq_send (source, bytes, sizeof bytes, 0));
    CHECK (resident_mib () - before > 60);
    for (int i = 0; i < 100000; i++)
        CHECK_INT (sizeof bytes, zmq_recv (sink, bytes, sizeof bytes, 0));
    if (DIFFERS ("malloc keeps what something in use lies behind"))
        WAIT_UNTIL (resident_mib () - before < 40);
    close_socket (sink);
    close_socket (source);
    term_ctx (ctx);
}
