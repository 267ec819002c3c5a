/*  What a message costs in calls of the allocator: none, whether it is encrypted or not. */

#include "secure.h"

#include <stdatomic.h>

/*  The C library's own, under the names that it has for those who put something before it. */
void *__libc_malloc (size_t size);
void *__libc_calloc (size_t count, size_t size);
void *__libc_realloc (void *old, size_t size);
void *__libc_memalign (size_t alignment, size_t size);

static atomic_ulong calls;

void *malloc (size_t size)
{
    calls++;
    return __libc_malloc (size);
}

void *calloc (size_t count, size_t size)
{
    calls++;
    return __libc_calloc (count, size);
}

void *realloc (void *old, size_t size)
{
    calls++;
    return __libc_realloc (old, size);
}

int posix_memalign (void **result, size_t alignment, size_t size)
{
    calls++;
    *result = __libc_memalign (alignment, size);
    return *result ? 0 : ENOMEM;
}

void *aligned_alloc (size_t alignment, size_t size)
{
    calls++;
    return __libc_memalign (alignment, size);
}

enum
{
    MESSAGES = 2000,
    AT_ONCE = 50
};

/*  Sends messages of this size, some at a time, and receives them. */
static void pass (void *from, void *to, size_t size)
{
    static char bytes[16000], room[16000];
    for (int sent = 0; sent < MESSAGES; sent += AT_ONCE) {
        for (int i = 0; i < AT_ONCE; i++)
            SEND_BYTES (from, bytes, size, 0);
        for (int i = 0; i < AT_ONCE; i++)
            CHECK_INT ((int) size, zmq_recv (to, room, sizeof room, 0));
    }
}

static void check_cost (void *server, void *client, const char *name)
{
    static const size_t sizes[] = {1, 30, 64, 1000, 16000};
    join (server, client, TCP);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        pass (client, server, sizes[i]);
        const unsigned long before = calls;
        pass (client, server, sizes[i]);
        const unsigned long made = calls - before;
        printf ("     %s, %zu bytes: %lu calls for %d messages\n", name, sizes[i], made, MESSAGES);
        /* Buffers are given back in a pause and made again; no message has one of its own. */
        CHECK (made < MESSAGES / 2);
    }
}

SOCKET_OZMIUM_TEST (messages_in_a_stream_cost_no_allocation, "libzmq allocates for each that does not fit into zmq_msg_t")
{
    check_cost (open_socket (ZMQ_DEALER), open_socket (ZMQ_DEALER), "NULL");
}

SOCKET_OZMIUM_TEST (encryption_costs_no_allocation, "libzmq allocates twice or more for each message")
{
    need_curve ();
    check_cost (secure_server (ZMQ_DEALER, WITH_CURVE), secure_client (ZMQ_DEALER, WITH_CURVE), "CURVE");
}
