#include "fixture.h"

#include <poll.h>
#include <sys/socket.h>

#define MAX_OPEN 256

static void *ctx;
static void *opened[MAX_OPEN];

void *test_ctx (void)
{
    if (!ctx)
        ctx = new_ctx ();
    return ctx;
}

void *open_socket (int type)
{
    void *const socket = new_socket (test_ctx (), type);
    int slot = 0;
    while (slot < MAX_OPEN && opened[slot])
        slot++;
    CHECK (slot < MAX_OPEN);
    opened[slot] = socket;
    return socket;
}

void shut (void *socket)
{
    for (int i = 0; i < MAX_OPEN; i++)
        if (opened[i] == socket)
            opened[i] = NULL;
    close_socket (socket);
}

void finish (void)
{
    for (int i = 0; i < MAX_OPEN; i++)
        if (opened[i])
            shut (opened[i]);
    if (ctx)
        term_ctx (ctx);
    ctx = NULL;
}

void forget_ctx (void)
{
    ctx = NULL;
}

static char *endpoint_text (void)
{
    static char texts[32][ENDPOINT_MAX];
    static unsigned next;
    return texts[next++ % 32];
}

const char *bind_any (void *socket, enum transport transport)
{
    char *const endpoint = endpoint_text ();
    bind_fresh (socket, transport, endpoint);
    return endpoint;
}

const char *free_endpoint (enum transport transport)
{
    char *const endpoint = endpoint_text ();
    if (transport == TCP)
        unused_tcp (endpoint);
    else if (transport == IPC)
        fresh_ipc (endpoint);
    else
        fresh_inproc (endpoint);
    return endpoint;
}

void bind_to (void *socket, const char *endpoint)
{
    CHECK_OK (zmq_bind (socket, endpoint));
}

void connect_to (void *socket, const char *endpoint)
{
    CHECK_OK (zmq_connect (socket, endpoint));
}

const char *join (void *bound, void *connected, enum transport transport)
{
    const char *const endpoint = bind_any (bound, transport);
    connect_to (connected, endpoint);
    return endpoint;
}

void fixture_send (const char *file, int line, void *socket, const char *const *parts)
{
    for (; *parts; parts++)
        harness_send (file, line, socket, *parts, parts[1] ? ZMQ_SNDMORE : 0);
}

void fixture_recv (const char *file, int line, void *socket, const char *const *parts)
{
    for (; *parts; parts++)
        harness_recv (file, line, socket, *parts, parts[1] != NULL);
}

void fixture_recv_bytes (const char *file, int line, void *socket, const void *data, size_t size, int more)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    if (zmq_msg_recv (&msg, socket, 0) == -1)
        harness_fail (file, line, "receiving %zu bytes: errno %d (%s)", size, zmq_errno (), zmq_strerror (zmq_errno ()));
    harness_check_bytes (file, line, "received frame", data, size, zmq_msg_data (&msg), zmq_msg_size (&msg));
    if (zmq_msg_more (&msg) != more)
        harness_fail (file, line, "frame of %zu bytes: expected more=%d, got %d", size, more, zmq_msg_more (&msg));
    CHECK_OK (zmq_msg_close (&msg));
}

size_t recv_frame (void *socket, void *buffer, size_t capacity)
{
    const int size = zmq_recv (socket, buffer, capacity, 0);
    CHECK (size >= 0 && (size_t) size <= capacity);
    return (size_t) size;
}

bool calm (int64_t since, int quiet)
{
    int asleep = 0;
    do {
        if (now_ms () - since < quiet)
            return false;
        if (now_ms () - since > patience_ms ())
            return true;
        usleep (1000);
        asleep = others_sleep () ? asleep + 1 : 0;
    } while (asleep > 0 && asleep < 3);
    return asleep > 0;
}

void settle (void)
{
    const int64_t started = now_ms ();
    while (!calm (started, SILENCE_MS / 3))
        usleep (1000);
}

bool ready_within (void *socket, short events, int timeout)
{
    zmq_pollitem_t item = {socket, 0, events, 0};
    const int ready = zmq_poll (&item, 1, timeout);
    CHECK (ready >= 0);
    return ready == 1;
}

void expect_silence (void *socket)
{
    CHECK (!ready_within (socket, ZMQ_POLLIN, SILENCE_MS));
    RECV_NOTHING (socket);
}

int fill (void *socket, const char *text, int limit)
{
    return fill_bytes (socket, text, strlen (text), limit);
}

int fill_bytes (void *socket, const void *data, size_t size, int limit)
{
    int sent = 0;
    int64_t last = now_ms ();
    while (!calm (last, SILENCE_MS)) {
        if (zmq_send (socket, data, size, ZMQ_DONTWAIT) >= 0) {
            sent++;
            CHECK (sent <= limit);
            last = now_ms ();
        } else {
            CHECK (zmq_errno () == EAGAIN);
            usleep (1000);
        }
    }
    return sent;
}

int drain (void *socket, int quiet)
{
    int received = 0;
    int64_t last = now_ms ();
    do {
        while (ready_within (socket, ZMQ_POLLIN, quiet)) {
            CHECK (zmq_recv (socket, NULL, 0, ZMQ_DONTWAIT) >= 0);
            CHECK_INT (0, get_int (socket, ZMQ_RCVMORE));
            received++;
            last = now_ms ();
        }
    } while (quiet > 0 && !calm (last, quiet));
    return received;
}

void sync_subscriber (void *publisher, void *subscriber, const char *text)
{
    static int serial;
    char last[256], got[256];
    const int64_t deadline = now_ms () + patience_ms ();
    do {
        CHECK (now_ms () < deadline);
        SEND (publisher, text);
    } while (!ready_within (subscriber, ZMQ_POLLIN, 2));
    snprintf (last, sizeof last, "%s, the last of round %d", text, ++serial);
    SEND (publisher, last);
    size_t size;
    do {
        size = recv_frame (subscriber, got, sizeof got);
        CHECK_INT (0, get_int (subscriber, ZMQ_RCVMORE));
    } while (size != strlen (last) || memcmp (last, got, size) != 0);
}

bool event_within (void *monitor, int timeout, struct monitor_event *event)
{
    if (!ready_within (monitor, ZMQ_POLLIN, timeout))
        return false;
    *event = next_event (monitor);
    return true;
}

/*  ---- The hand-written peer ----------------------------------------------------------------------------------------- */

int zmtp_peer (const char *endpoint, const char *socket_type)
{
    const int fd = raw_connect (endpoint);
    zmtp3_handshake (fd, socket_type);
    return fd;
}

int zmtp_accept (int listener, const char *socket_type)
{
    const int fd = raw_accept (listener);
    zmtp3_handshake (fd, socket_type);
    return fd;
}

void raw_send_slowly (int fd, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        raw_send (fd, (const uint8_t *) data + i, 1);
        usleep (300);
    }
}

void raw_expect (int fd, const void *data, size_t size)
{
    uint8_t *const got = malloc (size + 1);
    CHECK (got != NULL);
    raw_recv (fd, got, size);
    CHECK_BYTES (data, size, got, size);
    free (got);
}

bool raw_readable (int fd, int timeout)
{
    struct pollfd item = {.fd = fd, .events = POLLIN};
    const int ready = poll (&item, 1, timeout);
    CHECK (ready >= 0);
    return ready == 1;
}

void raw_expect_silence (int fd)
{
    CHECK (!raw_readable (fd, SILENCE_MS));
}

bool raw_closes_within (int fd, int timeout)
{
    uint8_t dropped[4096];
    const int64_t deadline = now_ms () + timeout;
    for (int64_t left = timeout; left >= 0 && raw_readable (fd, (int) left); left = deadline - now_ms ())
        if (raw_recv_some (fd, dropped, sizeof dropped) == 0)
            return true;
    return false;
}

void raw_reset (int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    CHECK_OK (setsockopt (fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
    CHECK_OK (close (fd));
}

static size_t command_body (uint8_t *out, size_t capacity, const char *name, const void *body, size_t size)
{
    const size_t length = strlen (name);
    CHECK (1 + length + size <= capacity);
    out[0] = (uint8_t) length;
    memcpy (out + 1, name, length);
    memcpy (out + 1 + length, body, size);
    return 1 + length + size;
}

void zmtp_send_command (int fd, const char *name, const void *body, size_t size)
{
    uint8_t frame[2048];
    const size_t length = command_body (frame, sizeof frame, name, body, size);
    zmtp_send_frame (fd, ZMTP_COMMAND, frame, length);
}

void zmtp_expect_command (int fd, const char *name, const void *body, size_t size)
{
    uint8_t frame[2048];
    const size_t length = command_body (frame, sizeof frame, name, body, size);
    zmtp_expect_bytes (fd, ZMTP_COMMAND, frame, length);
}

void zmtp_expect_bytes (int fd, unsigned flags, const void *body, size_t size)
{
    static __thread struct frame frame;
    zmtp_recv_frame (fd, &frame);
    CHECK_BYTES (body, size, frame.body, frame.size);
    CHECK_INT (flags, frame.flags);
}
