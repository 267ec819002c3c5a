/*  Secret keys and passwords are nowhere in the process's memory once nobody needs them. */

#include "secure.h"

/*  A secret that this program keeps in a form in which it does not find it itself. */
struct hidden
{
    uint8_t bytes[64];
    size_t size;
};

#define MASK 0xa5

static struct hidden hide (const void *bytes, size_t size)
{
    struct hidden hidden = {.size = size};
    CHECK (size <= sizeof hidden.bytes);
    for (size_t i = 0; i < size; i++)
        hidden.bytes[i] = ((const uint8_t *) bytes)[i] ^ MASK;
    return hidden;
}

static void show (const struct hidden *hidden, void *bytes)
{
    for (size_t i = 0; i < hidden->size; i++)
        ((volatile uint8_t *) bytes)[i] = hidden->bytes[i] ^ MASK;
}

static bool is_at (const struct hidden *hidden, const volatile uint8_t *at)
{
    for (size_t i = 0; i < hidden->size; i++)
        if ((uint8_t) (at[i] ^ MASK) != hidden->bytes[i])
            return false;
    return true;
}

/*  How often the secret is in memory that can be written to; where is told on stdout. */
static int count (const struct hidden *hidden)
{
    int found = 0;
    char line[512];
    FILE *const maps = fopen ("/proc/self/maps", "r");
    CHECK (maps != NULL);
    while (fgets (line, sizeof line, maps)) {
        unsigned long start, end;
        char mode[5];
        CHECK_INT (3, sscanf (line, "%lx-%lx %4s", &start, &end, mode));
        if (mode[0] != 'r' || mode[1] != 'w' || strstr (line, "[v"))
            continue;
        for (unsigned long at = start; at + hidden->size <= end; at++)
            if (is_at (hidden, (const volatile uint8_t *) at)) {
                printf ("     found at %lx in %s", at, line);
                found++;
            }
    }
    fclose (maps);
    return found;
}

/*  Wipes what calls that are over have left on this thread's stack: registers that were saved, copies that were made on
 *  the way. Structures that are not filled in everywhere are made there later. */
static void __attribute__ ((noinline)) scrub_stack (void)
{
    uint8_t left[64 * 1024];
    explicit_bzero (left, sizeof left);
}

/*  Sets an option to a secret, of which no copy stays here. Another socket gets another value after it, which takes the
 *  secret's place in the registers that it went through. */
static void __attribute__ ((noinline)) set_hidden (void *socket, int option, const struct hidden *secret, void *other)
{
    uint8_t bytes[64];
    show (secret, bytes);
    CHECK_OK (zmq_setsockopt (socket, option, bytes, secret->size));
    memset (bytes, '0', sizeof bytes);
    CHECK_OK (zmq_setsockopt (other, option, bytes, secret->size));
    scrub_stack ();
}

/*  A new key pair: the public key, and the secret one as text and as bytes. */
static void __attribute__ ((noinline)) new_hidden_keys (char public[41], struct hidden *text, struct hidden *bytes)
{
    char secret[41];
    uint8_t raw[32];
    CHECK_OK (zmq_curve_keypair (public, secret));
    CHECK (zmq_z85_decode (raw, secret) != NULL);
    *text = hide (secret, 40);
    *bytes = hide (raw, 32);
    explicit_bzero (secret, sizeof secret);
    explicit_bzero (raw, sizeof raw);
    scrub_stack ();
}

SOCKET_OZMIUM_TEST (curve_keys_are_gone_with_their_sockets, "libzmq does not wipe its options")
{
    char server_public[41], client_public[41];
    struct hidden text[2], bytes[2];
    need_curve ();
    new_hidden_keys (server_public, &text[0], &bytes[0]);
    new_hidden_keys (client_public, &text[1], &bytes[1]);
    void *const server = open_socket (ZMQ_DEALER), *const client = open_socket (ZMQ_DEALER);
    void *const other = open_socket (ZMQ_DEALER);
    set_int (server, ZMQ_CURVE_SERVER, 1);
    /* One in each form. */
    set_hidden (server, ZMQ_CURVE_SECRETKEY, &text[0], other);
    set_str (client, ZMQ_CURVE_SERVERKEY, server_public);
    set_str (client, ZMQ_CURVE_PUBLICKEY, client_public);
    set_hidden (client, ZMQ_CURVE_SECRETKEY, &bytes[1], other);
    join (server, client, TCP);
    bounce (server, client);
    for (int i = 0; i < 2; i++)
        CHECK (count (&bytes[i]) > 0); /* the test finds what there is */
    finish ();
    for (int i = 0; i < 2; i++) {
        CHECK_INT (0, count (&text[i]));
        CHECK_INT (0, count (&bytes[i]));
    }
}

SOCKET_OZMIUM_TEST (passwords_are_gone_with_their_sockets, "libzmq does not wipe its options")
{
    const struct hidden password = {{'s' ^ MASK, 'W' ^ MASK, '0' ^ MASK, 'r' ^ MASK, 'd' ^ MASK, 'f' ^ MASK, 'I' ^ MASK,
                                     's' ^ MASK, 'h' ^ MASK, '/' ^ MASK, 'X' ^ MASK, 'q' ^ MASK},
                                    12};
    void *const client = open_socket (ZMQ_DEALER), *const other = open_socket (ZMQ_DEALER);
    char endpoint[ENDPOINT_MAX];
    uint8_t greeting[64], hello[64];
    set_str (client, ZMQ_PLAIN_USERNAME, "admin");
    set_hidden (client, ZMQ_PLAIN_PASSWORD, &password, other);
    const int listener = raw_listen (endpoint);
    connect_to (client, endpoint);
    const int peer = raw_accept (listener);
    zmtp3_greeting (peer, 1, "PLAIN", true, greeting);
    raw_recv (peer, hello, 2 + 6 + 6 + 13);
    CHECK (is_at (&password, hello + 15));
    explicit_bzero (hello, sizeof hello);
    close (peer);
    close (listener);
    CHECK (count (&password) > 0);
    finish ();
    CHECK_INT (0, count (&password));
}
