/*  The other side of CURVE (RFC 26), written by hand on libsodium, so that it can also be one that breaks the rules. */

#ifndef CAPI_TESTS_CURVE_PEER_H
#define CAPI_TESTS_CURVE_PEER_H

#include "secure.h"

#define CURVE_HELLO 200
#define CURVE_WELCOME 168
#define CURVE_INITIATE 257 /* and metadata */
#define CURVE_READY 30     /* and metadata */
#define CURVE_OVERHEAD 33  /* of a MESSAGE, flags included */
#define CURVE_MORE 1
#define CURVE_COMMAND 2

/*  Metadata of a DEALER. */
#define DEALER_METADATA "\x0bSocket-Type\0\0\0\x06" "DEALER"

struct curve_peer
{
    int fd;
    uint8_t public[32], secret[32];             /* C and c, or S and s */
    uint8_t short_public[32], short_secret[32]; /* with a prime */
    uint8_t their_public[32];                   /* S for a client; C for a server, once it was told */
    uint8_t their_short[32];
    uint8_t hello_key[32]; /* of C' and S */
    uint8_t key[32];       /* of C' and S' */
    uint8_t cookie[96];
    uint8_t prefix, their_prefix; /* the last letter of MESSAGE's nonces */
    uint64_t nonce, their_nonce;  /* the next of ours, the last of theirs */
};

/*  A client, or a server, with the keys of secure.h, that has exchanged greetings on this connection. */
struct curve_peer curve_client (int fd, int minor);
struct curve_peer curve_server (int fd, int minor);

/*  The commands' bodies; what makes a body gives its size, what takes one receives it first and checks it.
 *  Unless said otherwise, the other side is a DEALER. */
size_t curve_hello (struct curve_peer *client, uint8_t *body);
void curve_take_hello (struct curve_peer *server);
size_t curve_welcome (struct curve_peer *server, uint8_t *body);
void curve_take_welcome (struct curve_peer *client);
/*  Whom the client vouches for; NULL for what is right. */
struct vouch
{
    const uint8_t *client, *server, *by;
};
size_t curve_initiate (struct curve_peer *client, const struct vouch *vouch, const void *metadata, size_t size,
                       uint8_t *body);
void curve_take_initiate (struct curve_peer *server);
void curve_take_initiate_of (struct curve_peer *server, const void *metadata, size_t size);
size_t curve_ready (struct curve_peer *server, const void *metadata, size_t size, uint8_t *body);
void curve_take_ready (struct curve_peer *client);

/*  Sends a command's body in a frame. */
void curve_send (struct curve_peer *peer, const uint8_t *body, size_t size);
/*  All of the handshake; the metadata says DEALER. */
struct curve_peer curve_connected (int fd, int minor);
struct curve_peer curve_accepted (int fd, int minor);

/*  A MESSAGE's body. */
size_t curve_message (struct curve_peer *peer, unsigned flags, const void *data, size_t size, uint8_t *body);
/*  Seals and sends. */
void curve_send_message (struct curve_peer *peer, unsigned flags, const void *data, size_t size);
/*  Receives a MESSAGE, checks its form, nonce and box; gives flags and content. */
size_t curve_take_message (struct curve_peer *peer, unsigned *flags, uint8_t *data, size_t capacity);
void curve_expect_message (struct curve_peer *peer, unsigned flags, const void *data, size_t size);

#endif
