/*  GSSAPI (RFC 38) against a client written by hand, who is who he says he is and wraps what he should not. */

#include "gssapi.h"

#include <arpa/inet.h>
#include <dlfcn.h>

/*  What is used of the Kerberos library, as RFC 2744 has it; its headers need not be here. */
struct buffer
{
    size_t length;
    void *value;
};
struct oid
{
    uint32_t length;
    const void *elements;
};

static uint32_t (*import_name) (uint32_t *, struct buffer *, const struct oid *, void **);
static uint32_t (*init_sec_context) (uint32_t *, void *, void **, void *, void *, uint32_t, uint32_t, void *,
                                     struct buffer *, void *, struct buffer *, uint32_t *, uint32_t *);
static uint32_t (*wrap) (uint32_t *, void *, int, uint32_t, struct buffer *, int *, struct buffer *);
static uint32_t (*release_buffer) (uint32_t *, struct buffer *);
static uint32_t (*release_name) (uint32_t *, void **);
static uint32_t (*delete_sec_context) (uint32_t *, void **, struct buffer *);

static void load (void)
{
    void *const library = dlopen ("libgssapi_krb5.so.2", RTLD_NOW);
    CHECK (library != NULL);
    *(void **) &import_name = dlsym (library, "gss_import_name");
    *(void **) &init_sec_context = dlsym (library, "gss_init_sec_context");
    *(void **) &wrap = dlsym (library, "gss_wrap");
    *(void **) &release_buffer = dlsym (library, "gss_release_buffer");
    *(void **) &release_name = dlsym (library, "gss_release_name");
    *(void **) &delete_sec_context = dlsym (library, "gss_delete_sec_context");
    CHECK (import_name && init_sec_context && wrap && release_buffer && release_name && delete_sec_context);
}

static uint32_t minor;
static void *context;

static void send_named (int fd, unsigned flags, const char *name, const struct buffer *data)
{
    static uint8_t body[4096];
    const size_t head = strlen (name);
    const uint32_t length = htonl ((uint32_t) data->length);
    CHECK (head + 4 + data->length <= sizeof body);
    memcpy (body, name, head);
    memcpy (body + head, &length, 4);
    if (data->length)
        memcpy (body + head + 4, data->value, data->length);
    zmtp_send_frame (fd, flags, body, head + 4 + data->length);
}

/*  Shakes hands up to the server's READY. */
static int negotiate (const char *endpoint)
{
    static struct frame frame;
    static const struct oid host_based = {10, "\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04"};
    struct buffer text = {strlen (SERVER), (void *) SERVER}, input = {0, NULL}, output = {0, NULL};
    void *name = NULL;
    uint8_t greeting[64];
    const uint32_t mutual_and_replay = 6;
    const int fd = raw_connect (endpoint);
    zmtp3_greeting (fd, 1, "GSSAPI", false, greeting);
    context = NULL;
    CHECK_INT (0, import_name (&minor, &text, &host_based, &name));
    CHECK_INT (1, init_sec_context (&minor, NULL, &context, name, NULL, mutual_and_replay, 0, NULL, NULL, NULL, &output,
                                    NULL, NULL));
    send_named (fd, ZMTP_COMMAND, "\x08INITIATE", &output);
    release_buffer (&minor, &output);
    zmtp_recv_frame (fd, &frame);
    CHECK (frame.size > 13 && memcmp (frame.body, "\x08INITIATE", 9) == 0);
    input.length = frame.size - 13;
    input.value = frame.body + 13;
    CHECK_INT (0, init_sec_context (&minor, NULL, &context, name, NULL, mutual_and_replay, 0, NULL, &input, NULL,
                                    &output, NULL, NULL));
    CHECK_INT (0, output.length);
    release_name (&minor, &name);
    zmtp_send_frame (fd, ZMTP_COMMAND, NULL, 0);
    zmtp_recv_frame (fd, &frame);
    CHECK (frame.size > 12 && memcmp (frame.body, "\x07MESSAGE", 8) == 0);
    return fd;
}

static void send_wrapped (int fd, unsigned flags, bool encrypted, const void *plain, size_t size)
{
    struct buffer input = {size, (void *) plain}, output = {0, NULL};
    int state = -1;
    CHECK_INT (0, wrap (&minor, context, encrypted, 0, &input, &state, &output));
    CHECK_INT (encrypted, state);
    send_named (fd, flags, "\x07MESSAGE", &output);
    release_buffer (&minor, &output);
}

static void forget (void)
{
    delete_sec_context (&minor, &context, NULL);
}

#define READY "\0\x05READY\x0bSocket-Type\0\0\0\x06" "DEALER"

static void *prepare (void **monitor, const char **endpoint)
{
    need_kdc ();
    load ();
    void *const server = server_socket (ZMQ_DEALER);
    *monitor = open_monitor (test_ctx (), server, HANDSHAKES);
    *endpoint = bind_any (server, TCP);
    return server;
}

SOCKET_TEST (a_client_that_does_as_it_should_is_let_in)
{
    void *monitor;
    const char *endpoint;
    void *const server = prepare (&monitor, &endpoint);
    const int fd = negotiate (endpoint);
    send_wrapped (fd, ZMTP_COMMAND, true, LITERAL (READY));
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    send_wrapped (fd, 0, true, LITERAL ("\1hello"));
    send_wrapped (fd, 0, true, LITERAL ("\0world"));
    RECV_PARTS (server, "hello", "world");
    close (fd);
    forget ();
    finish_monitor (server, monitor);
}

SOCKET_OZMIUM_TEST (what_is_wrapped_wrongly_ends_the_handshake, "libzmq aborts when something is signed only, or empty")
{
    static const struct
    {
        bool encrypted;
        const char *plain;
        size_t size;
        int value;
    } cases[] = {
      {false, LITERAL (READY), ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC},
      {true, "", 0, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE},
      {true, LITERAL ("\0"), ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED},
      {true, LITERAL ("\0\x05HELLO"), ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND},
      {true, LITERAL ("\0\x05READY\x0bSocket"), ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA},
      {true, LITERAL ("\0\x05READY\x0bSocket-Type\0\0\0\x03SUB"), ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA},
    };
    void *monitor;
    const char *endpoint;
    void *const server = prepare (&monitor, &endpoint);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int fd = negotiate (endpoint);
        send_wrapped (fd, ZMTP_COMMAND, cases[i].encrypted, cases[i].plain, cases[i].size);
        CHECK_INT (cases[i].value, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
        raw_expect_close (fd);
        forget ();
    }
    finish_monitor (server, monitor);
}

SOCKET_OZMIUM_TEST (what_is_wrapped_wrongly_ends_the_connection, "as above; and libzmq reads beyond a PING that is cut off")
{
    static const struct
    {
        bool encrypted;
        const char *plain;
        size_t size;
        int value;
    } cases[] = {
      {false, LITERAL ("\0hello"), ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC},
      {true, "", 0, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE},
    };
    void *monitor;
    const char *endpoint;
    void *const server = prepare (&monitor, &endpoint);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int fd = negotiate (endpoint);
        send_wrapped (fd, ZMTP_COMMAND, true, LITERAL (READY));
        EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        send_wrapped (fd, 0, cases[i].encrypted, cases[i].plain, cases[i].size);
        CHECK_INT (cases[i].value, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
        raw_expect_close (fd);
        forget ();
    }
    const int fd = negotiate (endpoint);
    send_wrapped (fd, ZMTP_COMMAND, true, LITERAL (READY));
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    send_wrapped (fd, 0, true, LITERAL ("\2\4PING\0"));
    raw_expect_close (fd);
    forget ();
    RECV_NOTHING (server);
    finish_monitor (server, monitor);
}
