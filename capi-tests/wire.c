/*  Raw TCP sockets, and the peer's side of ZMTP written by hand (RFC 13, 15, 23, 37). */

#include "harness.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

/*  ---- TCP ------------------------------------------------------------------------------------------------------------ */

static struct sockaddr_in address_of (const char *endpoint)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    char host[ENDPOINT_MAX];
    CHECK (strncmp (endpoint, "tcp://", 6) == 0);
    snprintf (host, sizeof host, "%s", endpoint + 6);
    char *const colon = strrchr (host, ':');
    CHECK (colon != NULL);
    *colon = 0;
    CHECK_INT (1, inet_pton (AF_INET, host, &address.sin_addr));
    address.sin_port = htons ((uint16_t) atoi (colon + 1));
    return address;
}

static void set_up (int fd)
{
    const int on = 1;
    const struct timeval limit = {patience_ms () / 1000, 0};
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    CHECK_OK (setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
    CHECK_OK (setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit));
}

int raw_connect (const char *endpoint)
{
    const struct sockaddr_in address = address_of (endpoint);
    const int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK (fd >= 0);
    set_up (fd);
    CHECK_OK (connect (fd, (const struct sockaddr *) &address, sizeof address));
    return fd;
}

int raw_listen (char endpoint[ENDPOINT_MAX])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK (fd >= 0);
    set_up (fd);
    CHECK_OK (bind (fd, (const struct sockaddr *) &address, size));
    CHECK_OK (listen (fd, 64));
    CHECK_OK (getsockname (fd, (struct sockaddr *) &address, &size));
    snprintf (endpoint, ENDPOINT_MAX, "tcp://127.0.0.1:%d", ntohs (address.sin_port));
    return fd;
}

int raw_accept (int listener)
{
    const int fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK (fd >= 0);
    set_up (fd);
    return fd;
}

void raw_send (int fd, const void *data, size_t size)
{
    size_t sent = 0;
    while (sent < size) {
        const ssize_t n = send (fd, (const uint8_t *) data + sent, size - sent, MSG_NOSIGNAL);
        CHECK (n > 0);
        sent += (size_t) n;
    }
}

size_t raw_recv_some (int fd, void *data, size_t size)
{
    const ssize_t n = recv (fd, data, size, 0);
    if (n == -1 && errno == ECONNRESET)
        return 0;
    CHECK (n >= 0);
    return (size_t) n;
}

void raw_recv (int fd, void *data, size_t size)
{
    size_t got = 0;
    while (got < size) {
        const size_t n = raw_recv_some (fd, (uint8_t *) data + got, size - got);
        CHECK (n > 0);
        got += n;
    }
}

void raw_expect_close (int fd)
{
    uint8_t dropped[4096];
    while (raw_recv_some (fd, dropped, sizeof dropped) > 0)
        ;
    close (fd);
}

/*  ---- ZMTP 3.x ------------------------------------------------------------------------------------------------------- */

void zmtp3_greeting (int fd, int minor, const char *mechanism, bool as_server, uint8_t theirs[64])
{
    uint8_t greeting[64] = {0xff, [8] = 1, [9] = 0x7f, [10] = 3};
    greeting[11] = (uint8_t) minor;
    memcpy (greeting + 12, mechanism, strlen (mechanism));
    greeting[32] = as_server;
    raw_send (fd, greeting, sizeof greeting);
    raw_recv (fd, theirs, 64);
    CHECK_INT (0xff, theirs[0]);
    CHECK_INT (0x7f, theirs[9]);
    CHECK_INT (3, theirs[10]);
}

static size_t put_property (uint8_t *out, const char *name, const char *value)
{
    const size_t name_size = strlen (name), value_size = strlen (value);
    const uint32_t length = htonl ((uint32_t) value_size);
    out[0] = (uint8_t) name_size;
    memcpy (out + 1, name, name_size);
    memcpy (out + 1 + name_size, &length, 4);
    memcpy (out + 5 + name_size, value, value_size);
    return 5 + name_size + value_size;
}

void zmtp3_ready (int fd, const char *socket_type, const char *identity, struct frame *theirs)
{
    uint8_t body[1024] = "\5READY";
    size_t size = 6;
    size += put_property (body + size, "Socket-Type", socket_type);
    if (identity)
        size += put_property (body + size, "Identity", identity);
    zmtp_send_frame (fd, ZMTP_COMMAND, body, size);
    zmtp_recv_frame (fd, theirs);
    CHECK_INT (ZMTP_COMMAND, theirs->flags);
    CHECK_BYTES ("\5READY", 6, theirs->body, theirs->size < 6 ? theirs->size : 6);
}

void zmtp3_handshake (int fd, const char *socket_type)
{
    uint8_t greeting[64];
    static __thread struct frame ready;
    zmtp3_greeting (fd, 1, "NULL", false, greeting);
    zmtp3_ready (fd, socket_type, "", &ready);
}

bool zmtp3_property (const struct frame *ready, const char *name, char *value, size_t capacity)
{
    size_t at = 6;
    while (at < ready->size) {
        const size_t name_size = ready->body[at];
        uint32_t length;
        CHECK (at + 5 + name_size <= ready->size);
        memcpy (&length, ready->body + at + 1 + name_size, 4);
        const size_t value_size = ntohl (length);
        CHECK (at + 5 + name_size + value_size <= ready->size && value_size < capacity);
        const char *const own = (const char *) ready->body + at + 1;
        if (name_size == strlen (name) && strncasecmp (own, name, name_size) == 0) {
            memcpy (value, own + name_size + 4, value_size);
            value[value_size] = 0;
            return true;
        }
        at += 5 + name_size + value_size;
    }
    return false;
}

/*  ---- ZMTP 2.0, and the framing it shares with 3.x -------------------------------------------------------------------- */

int zmtp2_handshake (int fd, int socket_type, const char *identity)
{
    uint8_t greeting[12] = {0xff, [8] = 1, [9] = 0x7f, [10] = 1};
    uint8_t theirs[12];
    static __thread struct frame their_identity;
    greeting[11] = (uint8_t) socket_type;
    raw_send (fd, greeting, sizeof greeting);
    zmtp_send_frame (fd, 0, identity, strlen (identity));
    raw_recv (fd, theirs, sizeof theirs);
    CHECK_INT (0xff, theirs[0]);
    CHECK_INT (0x7f, theirs[9]);
    zmtp_recv_frame (fd, &their_identity);
    CHECK_INT (0, their_identity.flags);
    return theirs[11];
}

void zmtp_send_frame (int fd, unsigned flags, const void *body, size_t size)
{
    uint8_t head[9] = {(uint8_t) flags};
    size_t head_size = 2;
    if (size > 255) {
        head[0] |= ZMTP_LONG;
        for (int i = 0; i < 8; i++)
            head[1 + i] = (uint8_t) ((uint64_t) size >> (56 - 8 * i));
        head_size = 9;
    } else
        head[1] = (uint8_t) size;
    raw_send (fd, head, head_size);
    raw_send (fd, body, size);
}

static uint64_t recv_u64 (int fd)
{
    uint8_t bytes[8];
    uint64_t value = 0;
    raw_recv (fd, bytes, sizeof bytes);
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

void zmtp_recv_frame (int fd, struct frame *frame)
{
    uint8_t flags, length;
    raw_recv (fd, &flags, 1);
    if (flags & ZMTP_LONG)
        frame->size = recv_u64 (fd);
    else {
        raw_recv (fd, &length, 1);
        frame->size = length;
    }
    frame->flags = flags & ~(unsigned) ZMTP_LONG;
    CHECK (frame->size <= sizeof frame->body);
    raw_recv (fd, frame->body, frame->size);
}

void zmtp_expect_frame (int fd, unsigned flags, const char *body)
{
    static __thread struct frame frame;
    zmtp_recv_frame (fd, &frame);
    CHECK_INT (flags, frame.flags);
    CHECK_BYTES (body, strlen (body), frame.body, frame.size);
}

/*  ---- ZMTP 1.0 ------------------------------------------------------------------------------------------------------- */

void zmtp1_handshake (int fd, const char *identity)
{
    static __thread struct frame theirs;
    zmtp1_send_frame (fd, 0, identity, strlen (identity));
    /* A newer peer's signature reads as an identity frame with a long length and odd flags (RFC 23, "Backwards
       interoperability"). */
    zmtp1_recv_frame (fd, &theirs);
}

void zmtp1_send_frame (int fd, unsigned flags, const void *body, size_t size)
{
    uint8_t head[10];
    size_t head_size = 2;
    if (size + 1 >= 255) {
        head[0] = 0xff;
        for (int i = 0; i < 8; i++)
            head[1 + i] = (uint8_t) ((uint64_t) (size + 1) >> (56 - 8 * i));
        head[9] = (uint8_t) flags;
        head_size = 10;
    } else {
        head[0] = (uint8_t) (size + 1);
        head[1] = (uint8_t) flags;
    }
    raw_send (fd, head, head_size);
    raw_send (fd, body, size);
}

void zmtp1_recv_frame (int fd, struct frame *frame)
{
    uint8_t length, flags;
    raw_recv (fd, &length, 1);
    uint64_t size = length;
    if (length == 0xff)
        size = recv_u64 (fd);
    CHECK (size >= 1 && size - 1 <= sizeof frame->body);
    raw_recv (fd, &flags, 1);
    frame->flags = flags;
    frame->size = size - 1;
    raw_recv (fd, frame->body, frame->size);
}
