#include "curve_peer.h"

#include <sodium.h>

static void put_u64 (uint8_t *out, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t) (value >> (56 - 8 * i));
}

static uint64_t get_u64 (const uint8_t *in)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | in[i];
    return value;
}

/*  `prefix`, and behind it the `size` bytes that make the nonce unique. */
static void make_nonce (uint8_t nonce[24], const char *prefix, const void *rest, size_t size)
{
    CHECK_INT (24, strlen (prefix) + size);
    memcpy (nonce, prefix, strlen (prefix));
    memcpy (nonce + strlen (prefix), rest, size);
}

static struct curve_peer new_peer (int fd, int minor, bool server)
{
    struct curve_peer peer = {.fd = fd, .nonce = 1};
    const struct keys *const own = server ? &server_keys : &client_keys;
    uint8_t greeting[64];
    CHECK (sodium_init () >= 0);
    CHECK (zmq_z85_decode (peer.public, own->public) && zmq_z85_decode (peer.secret, own->secret));
    CHECK_OK (crypto_box_keypair (peer.short_public, peer.short_secret));
    peer.prefix = server ? 'S' : 'C';
    peer.their_prefix = server ? 'C' : 'S';
    zmtp3_greeting (fd, minor, "CURVE", server, greeting);
    CHECK_BYTES ("CURVE\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, greeting + 12, 20);
    return peer;
}

struct curve_peer curve_client (int fd, int minor)
{
    struct curve_peer peer = new_peer (fd, minor, false);
    CHECK (zmq_z85_decode (peer.their_public, server_keys.public));
    CHECK_OK (crypto_box_beforenm (peer.hello_key, peer.their_public, peer.short_secret));
    return peer;
}

struct curve_peer curve_server (int fd, int minor)
{
    return new_peer (fd, minor, true);
}

/*  Receives a command of this name and at least this size. */
static const struct frame *take (struct curve_peer *peer, const char *name, size_t least)
{
    static __thread struct frame frame;
    zmtp_recv_frame (peer->fd, &frame);
    CHECK_INT (ZMTP_COMMAND, frame.flags);
    CHECK (frame.size >= least && memcmp (frame.body, name, strlen (name)) == 0);
    return &frame;
}

size_t curve_hello (struct curve_peer *client, uint8_t *body)
{
    static const uint8_t zeros[64];
    uint8_t nonce[24];
    memset (body, 0, CURVE_HELLO);
    memcpy (body, "\5HELLO\1", 7);
    memcpy (body + 80, client->short_public, 32);
    put_u64 (body + 112, client->nonce++);
    make_nonce (nonce, "CurveZMQHELLO---", body + 112, 8);
    CHECK_OK (crypto_box_easy_afternm (body + 120, zeros, 64, nonce, client->hello_key));
    return CURVE_HELLO;
}

void curve_take_hello (struct curve_peer *server)
{
    static const uint8_t zeros[72];
    uint8_t nonce[24], plain[64];
    const struct frame *const hello = take (server, "\5HELLO", CURVE_HELLO);
    CHECK_INT (CURVE_HELLO, hello->size);
    CHECK_BYTES ("\1\0", 2, hello->body + 6, 2);
    CHECK_BYTES (zeros, 72, hello->body + 8, 72);
    memcpy (server->their_short, hello->body + 80, 32);
    CHECK_OK (crypto_box_beforenm (server->hello_key, server->their_short, server->secret));
    make_nonce (nonce, "CurveZMQHELLO---", hello->body + 112, 8);
    CHECK_OK (crypto_box_open_easy_afternm (plain, hello->body + 120, 80, nonce, server->hello_key));
    CHECK_BYTES (zeros, 64, plain, 64);
    server->their_nonce = get_u64 (hello->body + 112);
}

size_t curve_welcome (struct curve_peer *server, uint8_t *body)
{
    uint8_t nonce[24], plain[128];
    memcpy (body, "\7WELCOME", 8);
    randombytes_buf (body + 8, 16);
    make_nonce (nonce, "WELCOME-", body + 8, 16);
    /* The cookie means something to its server only. */
    randombytes_buf (server->cookie, 96);
    memcpy (plain, server->short_public, 32);
    memcpy (plain + 32, server->cookie, 96);
    CHECK_OK (crypto_box_easy_afternm (body + 24, plain, 128, nonce, server->hello_key));
    CHECK_OK (crypto_box_beforenm (server->key, server->their_short, server->short_secret));
    return CURVE_WELCOME;
}

void curve_take_welcome (struct curve_peer *client)
{
    uint8_t nonce[24], plain[128];
    const struct frame *const welcome = take (client, "\7WELCOME", CURVE_WELCOME);
    CHECK_INT (CURVE_WELCOME, welcome->size);
    make_nonce (nonce, "WELCOME-", welcome->body + 8, 16);
    CHECK_OK (crypto_box_open_easy_afternm (plain, welcome->body + 24, 144, nonce, client->hello_key));
    memcpy (client->their_short, plain, 32);
    memcpy (client->cookie, plain + 32, 96);
    CHECK_OK (crypto_box_beforenm (client->key, client->their_short, client->short_secret));
}

size_t curve_initiate (struct curve_peer *client, const struct vouch *vouch, const void *metadata, size_t size,
                       uint8_t *body)
{
    const struct vouch right = {client->short_public, client->their_public, client->secret};
    uint8_t nonce[24], plain[2048], vouched[64];
    CHECK (size <= sizeof plain - 128);
    memcpy (body, "\10INITIATE", 9);
    memcpy (body + 9, client->cookie, 96);
    put_u64 (body + 105, client->nonce++);
    memcpy (plain, client->public, 32);
    randombytes_buf (plain + 32, 16);
    make_nonce (nonce, "VOUCH---", plain + 32, 16);
    memcpy (vouched, vouch && vouch->client ? vouch->client : right.client, 32);
    memcpy (vouched + 32, vouch && vouch->server ? vouch->server : right.server, 32);
    CHECK_OK (crypto_box_easy (plain + 48, vouched, 64, nonce, client->their_short,
                               vouch && vouch->by ? vouch->by : right.by));
    memcpy (plain + 128, metadata, size);
    make_nonce (nonce, "CurveZMQINITIATE", body + 105, 8);
    CHECK_OK (crypto_box_easy_afternm (body + 113, plain, 128 + size, nonce, client->key));
    return CURVE_INITIATE + size;
}

void curve_take_initiate (struct curve_peer *server)
{
    curve_take_initiate_of (server, LITERAL (DEALER_METADATA));
}

void curve_take_initiate_of (struct curve_peer *server, const void *metadata, size_t size)
{
    uint8_t nonce[24], plain[2048], vouched[64];
    const struct frame *const initiate = take (server, "\10INITIATE", CURVE_INITIATE);
    CHECK (initiate->size - 113 <= sizeof plain);
    CHECK_BYTES (server->cookie, 96, initiate->body + 9, 96);
    make_nonce (nonce, "CurveZMQINITIATE", initiate->body + 105, 8);
    CHECK (get_u64 (initiate->body + 105) > server->their_nonce);
    server->their_nonce = get_u64 (initiate->body + 105);
    CHECK_OK (crypto_box_open_easy_afternm (plain, initiate->body + 113, initiate->size - 113, nonce, server->key));
    memcpy (server->their_public, plain, 32);
    make_nonce (nonce, "VOUCH---", plain + 32, 16);
    CHECK_OK (crypto_box_open_easy (vouched, plain + 48, 80, nonce, server->their_public, server->short_secret));
    CHECK_BYTES (server->their_short, 32, vouched, 32);
    CHECK_BYTES (server->public, 32, vouched + 32, 32);
    CHECK_BYTES (metadata, size, plain + 128, size);
}

size_t curve_ready (struct curve_peer *server, const void *metadata, size_t size, uint8_t *body)
{
    uint8_t nonce[24];
    memcpy (body, "\5READY", 6);
    put_u64 (body + 6, server->nonce++);
    make_nonce (nonce, "CurveZMQREADY---", body + 6, 8);
    CHECK_OK (crypto_box_easy_afternm (body + 14, metadata, size, nonce, server->key));
    return CURVE_READY + size;
}

void curve_take_ready (struct curve_peer *client)
{
    uint8_t nonce[24], plain[2048];
    const struct frame *const ready = take (client, "\5READY", CURVE_READY);
    CHECK (ready->size - 14 <= sizeof plain);
    make_nonce (nonce, "CurveZMQREADY---", ready->body + 6, 8);
    client->their_nonce = get_u64 (ready->body + 6);
    CHECK_OK (crypto_box_open_easy_afternm (plain, ready->body + 14, ready->size - 14, nonce, client->key));
    CHECK_BYTES (DEALER_METADATA, sizeof DEALER_METADATA - 1, plain, sizeof DEALER_METADATA - 1);
}

void curve_send (struct curve_peer *peer, const uint8_t *body, size_t size)
{
    zmtp_send_frame (peer->fd, ZMTP_COMMAND, body, size);
}

struct curve_peer curve_connected (int fd, int minor)
{
    uint8_t body[CURVE_INITIATE + 256];
    struct curve_peer client = curve_client (fd, minor);
    curve_send (&client, body, curve_hello (&client, body));
    curve_take_welcome (&client);
    curve_send (&client, body, curve_initiate (&client, NULL, LITERAL (DEALER_METADATA), body));
    curve_take_ready (&client);
    return client;
}

struct curve_peer curve_accepted (int fd, int minor)
{
    uint8_t body[CURVE_WELCOME];
    struct curve_peer server = curve_server (fd, minor);
    curve_take_hello (&server);
    curve_send (&server, body, curve_welcome (&server, body));
    curve_take_initiate (&server);
    curve_send (&server, body, curve_ready (&server, LITERAL (DEALER_METADATA), body));
    return server;
}

/*  The nonce of a MESSAGE with this body. */
static void message_nonce (uint8_t nonce[24], uint8_t letter, const uint8_t *body)
{
    make_nonce (nonce, "CurveZMQMESSAGE-", body + 8, 8);
    nonce[15] = letter;
}

size_t curve_message (struct curve_peer *peer, unsigned flags, const void *data, size_t size, uint8_t *body)
{
    uint8_t nonce[24];
    memcpy (body, "\7MESSAGE", 8);
    put_u64 (body + 8, peer->nonce++);
    message_nonce (nonce, peer->prefix, body);
    /* libsodium lets the plaintext stand where the box is to be. */
    body[16] = (uint8_t) flags;
    memcpy (body + 17, data, size);
    CHECK_OK (crypto_box_easy_afternm (body + 16, body + 16, size + 1, nonce, peer->key));
    return size + CURVE_OVERHEAD;
}

void curve_send_message (struct curve_peer *peer, unsigned flags, const void *data, size_t size)
{
    uint8_t *const body = malloc (size + CURVE_OVERHEAD);
    CHECK (body != NULL);
    zmtp_send_frame (peer->fd, 0, body, curve_message (peer, flags, data, size, body));
    free (body);
}

size_t curve_take_message (struct curve_peer *peer, unsigned *flags, uint8_t *data, size_t capacity)
{
    static __thread struct frame frame;
    uint8_t nonce[24];
    zmtp_recv_frame (peer->fd, &frame);
    CHECK_INT (0, frame.flags);
    CHECK (frame.size >= CURVE_OVERHEAD && frame.size - CURVE_OVERHEAD <= capacity);
    CHECK_BYTES ("\7MESSAGE", 8, frame.body, 8);
    CHECK_INT (peer->their_nonce + 1, get_u64 (frame.body + 8));
    peer->their_nonce++;
    message_nonce (nonce, peer->their_prefix, frame.body);
    CHECK_OK (crypto_box_open_easy_afternm (frame.body, frame.body + 16, frame.size - 16, nonce, peer->key));
    *flags = frame.body[0];
    memcpy (data, frame.body + 1, frame.size - CURVE_OVERHEAD);
    return frame.size - CURVE_OVERHEAD;
}

void curve_expect_message (struct curve_peer *peer, unsigned flags, const void *data, size_t size)
{
    static __thread uint8_t received[65536];
    unsigned their_flags;
    const size_t their_size = curve_take_message (peer, &their_flags, received, sizeof received);
    CHECK_INT (flags, their_flags);
    CHECK_BYTES (data, size, received, their_size);
}
