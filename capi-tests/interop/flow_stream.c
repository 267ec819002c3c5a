/* STREAM on both sides: bytes in, the same bytes back, through connect and disconnect notices. A
 * STREAM socket keeps no message boundaries, so both sides count bytes. */
#include "role.h"

#include <zmq.h>

#include <stdlib.h>
#include <string.h>

#define CHUNK 20000

static void fill (unsigned char *out, size_t at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (unsigned char)((at + i) * 31 + ((at + i) >> 8));
}

/* Reads one message of the peer; its bytes go to `out`. Returns how many there were. */
static size_t take (struct role *role, zmq_msg_t *identity, unsigned char *out, size_t capacity)
{
    zmq_msg_t body;
    need (zmq_msg_recv (identity, role->socket, 0) >= 0, "recv identity");
    if (!zmq_msg_more (identity))
        die ("an identity without a body");
    zmq_msg_init (&body);
    need (zmq_msg_recv (&body, role->socket, 0) >= 0, "recv body");
    size_t size = zmq_msg_size (&body);
    if (zmq_msg_more (&body) || size > capacity)
        die ("a body of %zu bytes where at most %zu were due", size, capacity);
    memcpy (out, zmq_msg_data (&body), size);
    zmq_msg_close (&body);
    return size;
}

static void give (struct role *role, zmq_msg_t *identity, const void *bytes, size_t size)
{
    send_frame (role->socket, zmq_msg_data (identity), zmq_msg_size (identity), 1);
    send_frame (role->socket, bytes, size, 0);
}

/* A: sends everything, then reads the echo and hangs up by an empty body. */
static void stream_out (struct role *role, zmq_msg_t *identity)
{
    size_t total = (size_t)role->count * CHUNK;
    unsigned char *chunk = malloc (total), *expected = malloc (total);
    if (!chunk || !expected)
        die ("no memory");
    for (unsigned i = 0; i < role->count; i++) {
        fill (chunk, (size_t)i * CHUNK, CHUNK);
        give (role, identity, chunk, CHUNK);
    }
    for (size_t read = 0; read < total;) {
        size_t size = take (role, identity, chunk, total - read);
        if (size == 0)
            die ("disconnected after %zu of %zu bytes", read, total);
        fill (expected, read, size);
        if (memcmp (chunk, expected, size) != 0)
            die ("other bytes after %zu", read);
        read += size;
    }
    give (role, identity, "", 0);
    free (chunk);
    free (expected);
}

/* B: echoes until the other side hangs up. */
static void stream_back (struct role *role, zmq_msg_t *identity)
{
    size_t echoed = 0, total = (size_t)role->count * CHUNK;
    unsigned char *chunk = malloc (total);
    if (!chunk)
        die ("no memory");
    for (;;) {
        size_t size = take (role, identity, chunk, total);
        if (size == 0)
            break;
        give (role, identity, chunk, size);
        echoed += size;
    }
    if (echoed != total)
        die ("echoed %zu of %zu bytes", echoed, total);
    free (chunk);
}

void stream (struct role *role)
{
    zmq_msg_t identity;
    unsigned char none[1];
    zmq_msg_init (&identity);
    if (take (role, &identity, none, sizeof none) != 0)
        die ("the first message is not the connect notice");
    if (role->is_a)
        stream_out (role, &identity);
    else
        stream_back (role, &identity);
    zmq_msg_close (&identity);
}
