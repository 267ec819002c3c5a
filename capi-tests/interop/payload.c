/* The messages of a run. Both sides compute them from the sequence number, so neither has to tell
 * the other what to expect: part counts and sizes go through every boundary of the frame formats
 * (short and long frames, inline and heap messages, the buffers' sizes). */
#include "role.h"

#include <zmq.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const size_t SIZES[] = {0,    1,    2,    29,   30,    31,    32,    33,    34,      63,     64,
                               65,   127,  128,  254,  255,   256,   257,   1023,  1024,    4096,   8191,
                               8192, 8193, 8200, 9000, 16384, 65535, 65536, 65537, 1 << 18, 1 << 20};
#define SIZE_COUNT (sizeof SIZES / sizeof SIZES[0])
#define LARGEST ((size_t)1 << 20)

static unsigned part_count (unsigned sequence)
{
    return sequence % 4 == 3 ? 1 + sequence % 7 : 1;
}

static size_t part_size (unsigned sequence, unsigned part)
{
    const char *bound = getenv ("INTEROP_LARGEST");
    size_t size = SIZES[(sequence + part * 5) % SIZE_COUNT];
    if (bound && size > strtoul (bound, NULL, 10))
        size = strtoul (bound, NULL, 10);
    return part > 0 && size > 70000 ? 70000 : size;
}

static void fill (unsigned char *out, size_t size, enum direction direction, unsigned sequence, unsigned part)
{
    uint32_t state = 2463534242u ^ ((uint32_t)direction << 24) ^ (sequence * 2654435761u) ^ (part * 40503u);
    for (size_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        out[i] = (unsigned char)(state >> 11);
    }
}

static unsigned char *scratch (void)
{
    static unsigned char *buffer;
    if (!buffer)
        buffer = malloc (LARGEST);
    if (!buffer)
        die ("no memory for the payload");
    return buffer;
}

void send_frame (void *socket, const void *bytes, size_t size, int more)
{
    int sent = zmq_send (socket, bytes, size, more ? ZMQ_SNDMORE : 0);
    need (sent == (int)size, "zmq_send");
}

void expect_frame (void *socket, const void *bytes, size_t size, int more)
{
    zmq_msg_t msg;
    zmq_msg_init (&msg);
    need (zmq_msg_recv (&msg, socket, 0) >= 0, "zmq_msg_recv");
    if (zmq_msg_size (&msg) != size)
        die ("a frame of %zu bytes where %zu were due", zmq_msg_size (&msg), size);
    if (size > 0 && memcmp (zmq_msg_data (&msg), bytes, size) != 0)
        die ("a frame of %zu bytes with other content", size);
    if (zmq_msg_more (&msg) != more)
        die ("a frame of %zu bytes has more=%d, not %d", size, zmq_msg_more (&msg), more);
    zmq_msg_close (&msg);
}

void send_payload (void *socket, enum direction direction, unsigned sequence)
{
    unsigned parts = part_count (sequence);
    for (unsigned part = 0; part < parts; part++) {
        size_t size = part_size (sequence, part);
        fill (scratch (), size, direction, sequence, part);
        send_frame (socket, scratch (), size, part + 1 < parts);
    }
}

void expect_payload (void *socket, enum direction direction, unsigned sequence)
{
    unsigned parts = part_count (sequence);
    for (unsigned part = 0; part < parts; part++) {
        size_t size = part_size (sequence, part);
        fill (scratch (), size, direction, sequence, part);
        expect_frame (socket, scratch (), size, part + 1 < parts);
    }
}
