/*  GSSAPI (RFC 38): missing credentials, other mechanisms, malformed commands, and what the wire carries. */

#include "gssapi.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

/*  A deadline that is to pass. */
#define SHORT (patience_ms () / 25)
/*  libzmq keeps a handshake that cannot go on until its deadline; ours is not to need it. */
#define DEADLINE (running_on_ozmium () ? patience_ms () / 2 : SHORT)

/*  ---- Credentials ------------------------------------------------------------------------------------------------ */

/*  The client finds out by itself, or libzmq's by the deadline; then it dials again. */
static void expect_lack (void *client, int errnum)
{
    void *const server = server_socket (ZMQ_DEALER);
    void *const monitor =
      open_monitor (test_ctx (), client, HANDSHAKES | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED);
    set_int (client, ZMQ_HANDSHAKE_IVL, DEADLINE);
    set_int (client, ZMQ_RECONNECT_IVL, 10);
    join (server, client, TCP);
    const int value = EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value;
    if (DIFFERS ("libzmq gives whatever errno happened to be"))
        CHECK_INT (errnum, value);
    EXPECT_EVENT (monitor, ZMQ_EVENT_DISCONNECTED);
    const int pause = EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED).value;
    if (DIFFERS ("libzmq has waited already"))
        CHECK_INT (DEADLINE, pause);
    finish_monitor (client, monitor);
}

SOCKET_TEST (a_client_without_a_keytab_says_so)
{
    need_kdc ();
    use_keytab ("KRB5_CLIENT_KTNAME", "nothing");
    expect_lack (client_socket (ZMQ_DEALER), EACCES);
}

SOCKET_TEST (a_client_of_an_unknown_service_says_so)
{
    need_kdc ();
    void *const client = client_socket (ZMQ_DEALER);
    set_str (client, ZMQ_GSSAPI_SERVICE_PRINCIPAL, "zmq@nowhere.test");
    expect_lack (client, EACCES);
}

SOCKET_TEST (a_client_without_a_service_says_so)
{
    need_kdc ();
    void *const client = open_socket (ZMQ_DEALER);
    set_str (client, ZMQ_GSSAPI_PRINCIPAL, CLIENT);
    expect_lack (client, EACCES);
}

/*  A realm whose key distribution centre is at this port. */
static void move_kdc (int port)
{
    char path[512], from[512];
    snprintf (path, sizeof path, "%s/moved.%d", getenv ("CAPI_TEST_KDC"), (int) getpid ());
    snprintf (from, sizeof from, "%s/krb5.conf", getenv ("CAPI_TEST_KDC"));
    FILE *const in = fopen (from, "r"), *const out = fopen (path, "w");
    CHECK (in && out);
    while (fgets (from, sizeof from, in)) {
        if (strstr (from, "kdc ="))
            fprintf (out, "kdc = 127.0.0.1:%d\n", port);
        else
            fputs (from, out);
    }
    fclose (in);
    fclose (out);
    CHECK_OK (setenv ("KRB5_CONFIG", path, 1));
}

SOCKET_TEST (a_client_that_reaches_no_kdc_says_so)
{
    need_kdc ();
    char endpoint[ENDPOINT_MAX];
    unused_tcp (endpoint);
    move_kdc (atoi (strrchr (endpoint, ':') + 1));
    expect_lack (client_socket (ZMQ_DEALER), EHOSTUNREACH);
}

SOCKET_OZMIUM_TEST (a_kdc_that_does_not_answer_holds_nobody_up, "libzmq's I/O thread waits for it")
{
    need_kdc ();
    char byte;
    const int silent = socket (AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    CHECK_OK (bind (silent, (struct sockaddr *) &address, sizeof address));
    CHECK_OK (getsockname (silent, (struct sockaddr *) &address, &size));
    move_kdc (ntohs (address.sin_port));
    void *const server = server_socket (ZMQ_DEALER), *const client = client_socket (ZMQ_DEALER);
    void *const monitor = open_monitor (test_ctx (), client, HANDSHAKES);
    set_int (client, ZMQ_HANDSHAKE_IVL, SHORT);
    join (server, client, TCP);
    CHECK (recv (silent, &byte, 1, 0) == 1);
    void *const bound = open_socket (ZMQ_DEALER), *const connected = open_socket (ZMQ_DEALER);
    join (bound, connected, TCP);
    bounce (bound, connected);
    CHECK_INT (ETIMEDOUT, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value);
    bounce (bound, connected);
    finish_monitor (client, monitor);
    const int64_t before = now_ms ();
    finish ();
    CHECK (now_ms () - before < patience_ms ());
    close (silent);
}

SOCKET_TEST (a_server_without_a_keytab_says_so)
{
    need_kdc ();
    use_keytab ("KRB5_KTNAME", "nothing");
    void *const server = server_socket (ZMQ_DEALER), *const client = open_socket (ZMQ_DEALER);
    void *const monitor = open_monitor (test_ctx (), server, HANDSHAKES);
    set_int (server, ZMQ_HANDSHAKE_IVL, DEADLINE);
    set_str (client, ZMQ_GSSAPI_SERVICE_PRINCIPAL, SERVER);
    join (server, client, TCP);
    const int value = EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value;
    if (DIFFERS ("libzmq gives whatever errno happened to be"))
        CHECK_INT (EACCES, value);
    RECV_NOTHING (server);
    finish_monitor (server, monitor);
}

SOCKET_TEST (a_client_for_another_server_is_turned_away)
{
    need_kdc ();
    void *const server = server_socket (ZMQ_DEALER), *const client = client_socket (ZMQ_DEALER);
    void *const monitor = open_monitor (test_ctx (), server, HANDSHAKES);
    set_int (server, ZMQ_HANDSHAKE_IVL, DEADLINE);
    set_str (client, ZMQ_GSSAPI_SERVICE_PRINCIPAL, CLIENT);
    join (server, client, TCP);
    if (DIFFERS ("libzmq does not report a token that is refused, but waits for the deadline"))
        CHECK_INT (ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC,
                   EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
    else
        EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    RECV_NOTHING (server);
    finish_monitor (server, monitor);
}

/*  Exits while clients shake hands. */
static void exit_early (int after_us)
{
    char endpoint[ENDPOINT_MAX];
    void *const ctx = new_ctx (), *const server = new_socket (ctx, ZMQ_DEALER);
    set_int (server, ZMQ_GSSAPI_SERVER, 1);
    bind_fresh (server, TCP, endpoint);
    for (int i = 0; i < 4; i++) {
        void *const client = new_socket (ctx, ZMQ_DEALER);
        set_str (client, ZMQ_GSSAPI_SERVICE_PRINCIPAL, SERVER);
        CHECK_OK (zmq_connect (client, endpoint));
    }
    usleep ((useconds_t) after_us);
    exit (0);
}

OZMIUM_TEST (a_process_may_exit_in_the_middle_of_a_handshake, "libzmq is aborted by the Kerberos library now and then")
{
    need_kdc ();
    for (int i = 0; i < 10; i++) {
        int status;
        const pid_t child = fork ();
        CHECK (child >= 0);
        if (child == 0)
            exit_early (i * 700 * patience_ms () / 5000);
        CHECK_INT (child, waitpid (child, &status, 0));
        CHECK_INT (0, status);
    }
}

/*  ---- Peers that want something else ------------------------------------------------------------------------------- */

SOCKET_TEST (peers_without_gssapi_are_turned_away)
{
    need_kdc ();
    for (int plain = 0; plain < 2; plain++) {
        void *const server = server_socket (ZMQ_DEALER), *const client = open_socket (ZMQ_DEALER);
        void *const monitor = open_monitor (test_ctx (), server, HANDSHAKES);
        if (plain) {
            set_str (client, ZMQ_PLAIN_USERNAME, "admin");
            set_str (client, ZMQ_PLAIN_PASSWORD, "password");
        }
        const char *const endpoint = join (server, client, TCP);
        CHECK_INT (ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH,
                   EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
        const int peer = raw_connect (endpoint);
        raw_send (peer, "\x01\x00\x08\x00sneaky", 10);
        raw_expect_close (peer);
        RECV_NOTHING (server);
        finish_monitor (server, monitor);
        shut (client);
        shut (server);
    }
}

SOCKET_TEST (one_side_that_encrypts_and_one_that_does_not_do_not_get_on)
{
    need_kdc ();
    for (int encrypts = 0; encrypts < 2; encrypts++) {
        void *const server = server_socket (ZMQ_DEALER), *const client = client_socket (ZMQ_DEALER);
        void *const monitor = open_monitor (test_ctx (), client, HANDSHAKES);
        set_int (server, ZMQ_GSSAPI_PLAINTEXT, encrypts);
        set_int (client, ZMQ_GSSAPI_PLAINTEXT, !encrypts);
        join (server, client, TCP);
        CHECK_INT (ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND,
                   EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
        finish_monitor (client, monitor);
        shut (client);
        shut (server);
    }
}

SOCKET_TEST (socket_types_that_do_not_go_together_are_reported)
{
    need_kdc ();
    void *const server = server_socket (ZMQ_DEALER), *const client = client_socket (ZMQ_SUB);
    void *const monitor = open_monitor (test_ctx (), client, HANDSHAKES);
    join (server, client, TCP);
    CHECK_INT (ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA,
               EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
    finish_monitor (client, monitor);
}

/*  ---- Malformed commands ------------------------------------------------------------------------------------------- */

struct malformed
{
    const char *body;
    size_t size;
    int value;
};

#define MALFORMED(text, value) {text, sizeof (text) - 1, ZMQ_PROTOCOL_ERROR_ZMTP_##value}

static const struct malformed initiates[] = {
  MALFORMED ("", MALFORMED_COMMAND_UNSPECIFIED),
  MALFORMED ("\x08", MALFORMED_COMMAND_UNSPECIFIED),
  MALFORMED ("\xffINITIATE", MALFORMED_COMMAND_UNSPECIFIED),
  MALFORMED ("\x05HELLO", UNEXPECTED_COMMAND),
  MALFORMED ("\x07MESSAGE\0\0\0\0", UNEXPECTED_COMMAND),
  MALFORMED ("\x08INITIATE", MALFORMED_COMMAND_INITIATE),
  MALFORMED ("\x08INITIATE\0\0\0", MALFORMED_COMMAND_INITIATE),
  MALFORMED ("\x08INITIATE\0\0\0\x03zz", MALFORMED_COMMAND_INITIATE),
  MALFORMED ("\x08INITIATE\xff\xff\xff\xffzz", MALFORMED_COMMAND_INITIATE),
  MALFORMED ("\x08INITIATE\0\0\0\x01zz", MALFORMED_COMMAND_INITIATE),
};
#define INITIATES (sizeof initiates / sizeof *initiates)

static void expect_malformed (void *monitor, const struct malformed *command)
{
    CHECK_INT (command->value, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
}

SOCKET_TEST (malformed_tokens_of_a_client_have_their_events)
{
    need_kdc ();
    uint8_t greeting[64];
    void *const server = server_socket (ZMQ_DEALER);
    void *const monitor = open_monitor (test_ctx (), server, HANDSHAKES);
    const char *const endpoint = bind_any (server, TCP);
    for (size_t i = 0; i < INITIATES; i++) {
        const int peer = raw_connect (endpoint);
        zmtp3_greeting (peer, 1, "GSSAPI", false, greeting);
        CHECK_INT (0, memcmp ("GSSAPI", greeting + 12, 7));
        zmtp_send_frame (peer, ZMTP_COMMAND, initiates[i].body, initiates[i].size);
        expect_malformed (monitor, &initiates[i]);
        raw_expect_close (peer);
    }
    finish_monitor (server, monitor);
}

SOCKET_TEST (malformed_tokens_of_a_server_have_their_events)
{
    need_kdc ();
    static struct frame frame;
    for (size_t i = 0; i < INITIATES; i++) {
        char endpoint[ENDPOINT_MAX];
        uint8_t greeting[64];
        void *const client = client_socket (ZMQ_DEALER);
        void *const monitor = open_monitor (test_ctx (), client, HANDSHAKES);
        const int listener = raw_listen (endpoint);
        connect_to (client, endpoint);
        const int peer = raw_accept (listener);
        zmtp3_greeting (peer, 1, "GSSAPI", true, greeting);
        zmtp_recv_frame (peer, &frame);
        CHECK_INT (0, memcmp ("\x08INITIATE", frame.body, 9));
        zmtp_send_frame (peer, ZMTP_COMMAND, initiates[i].body, initiates[i].size);
        expect_malformed (monitor, &initiates[i]);
        raw_expect_close (peer);
        finish_monitor (client, monitor);
        close (listener);
        shut (client);
    }
}

SOCKET_OZMIUM_TEST (tokens_that_are_none_are_refused, "libzmq does not report them, but waits for the deadline")
{
    need_kdc ();
    static const struct malformed tokens[] = {
      MALFORMED ("\x08INITIATE\0\0\0\0", CRYPTOGRAPHIC),
      MALFORMED ("\x08INITIATE\0\0\0\x04none", CRYPTOGRAPHIC),
      MALFORMED ("\x08INITIATE\0\0\0\x10`\x0e\x06\x09*\x86H\x86\xf7\x12\x01\x02\x02\x01\0n", CRYPTOGRAPHIC),
    };
    uint8_t greeting[64];
    void *const server = server_socket (ZMQ_DEALER);
    void *const monitor = open_monitor (test_ctx (), server, HANDSHAKES);
    const char *const endpoint = bind_any (server, TCP);
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        const int peer = raw_connect (endpoint);
        zmtp3_greeting (peer, 1, "GSSAPI", false, greeting);
        zmtp_send_frame (peer, ZMTP_COMMAND, tokens[i].body, tokens[i].size);
        expect_malformed (monitor, &tokens[i]);
        raw_expect_close (peer);
    }
    finish_monitor (server, monitor);
}

SOCKET_OZMIUM_TEST (a_command_while_a_step_is_made_is_one_too_many, "libzmq makes it at once")
{
    need_kdc ();
    uint8_t greeting[64];
    void *const server = server_socket (ZMQ_DEALER);
    void *const monitor = open_monitor (test_ctx (), server, HANDSHAKES);
    const int peer = raw_connect (bind_any (server, TCP));
    zmtp3_greeting (peer, 1, "GSSAPI", false, greeting);
    raw_send (peer, "\x04\x0d\x08INITIATE\0\0\0\0\x04\x0d\x08INITIATE\0\0\0\0", 30);
    const int value = EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value;
    CHECK (value == ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND || value == ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC);
    raw_expect_close (peer);
    finish_monitor (server, monitor);
}

/*  ---- The wire: a relay between client and server ------------------------------------------------------------------ */

struct relay
{
    int client, server;
    /*  The client's three commands, and its first message as it is to be passed on. */
    struct frame commands[3], message;
    int times;
    void (*change) (struct frame *message);
};

static void *back (void *argument)
{
    struct relay *const relay = argument;
    uint8_t data[4096];
    size_t size;
    while ((size = raw_recv_some (relay->server, data, sizeof data)) > 0)
        raw_send (relay->client, data, size);
    shutdown (relay->client, SHUT_RDWR);
    return NULL;
}

static void *forth (void *argument)
{
    struct relay *const relay = argument;
    uint8_t byte;
    /*  Each side waits with the rest of its greeting for the start of the other's. */
    for (int i = 0; i < 64; i++) {
        raw_recv (relay->client, &byte, 1);
        raw_send (relay->server, &byte, 1);
    }
    for (int i = 0; i < 3; i++) {
        zmtp_recv_frame (relay->client, &relay->commands[i]);
        zmtp_send_frame (relay->server, relay->commands[i].flags, relay->commands[i].body, relay->commands[i].size);
    }
    zmtp_recv_frame (relay->client, &relay->message);
    CHECK_INT (0, relay->message.flags);
    if (relay->change)
        relay->change (&relay->message);
    for (int i = 0; i < relay->times; i++)
        zmtp_send_frame (relay->server, 0, relay->message.body, relay->message.size);
    return NULL;
}

/*  Sends "hello" through a relay. The monitor hears of the server's handshakes and disconnections. */
static void send_through (void (*change) (struct frame *message), int times, struct relay *relay, void **server,
                          void **monitor, pthread_t threads[2])
{
    char endpoint[ENDPOINT_MAX];
    void *const client = client_socket (ZMQ_DEALER);
    *server = server_socket (ZMQ_DEALER);
    *monitor = open_monitor (test_ctx (), *server, HANDSHAKES | ZMQ_EVENT_DISCONNECTED);
    set_int (client, ZMQ_RECONNECT_IVL, -1);
    const int listener = raw_listen (endpoint);
    connect_to (client, endpoint);
    *relay = (struct relay) {.change = change, .times = times};
    relay->client = raw_accept (listener);
    relay->server = raw_connect (bind_any (*server, TCP));
    close (listener);
    threads[0] = start_thread (forth, relay);
    threads[1] = start_thread (back, relay);
    EXPECT_EVENT (*monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    SEND (client, "hello");
}

static void end_relay (struct relay *relay, void *server, void *monitor, pthread_t threads[2])
{
    finish_monitor (server, monitor);
    shut (server);
    join_thread (threads[0]);
    join_thread (threads[1]);
    close (relay->client);
    close (relay->server);
}

static uint32_t length_at (const uint8_t *bytes)
{
    return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 | bytes[3];
}

SOCKET_TEST (the_wire_is_as_it_should_be)
{
    need_kdc ();
    static struct relay relay;
    void *server, *monitor;
    pthread_t threads[2];
    send_through (NULL, 1, &relay, &server, &monitor, threads);
    RECV (server, "hello");
    const struct frame *const commands = relay.commands;
    for (int i = 0; i < 3; i++)
        CHECK_INT (ZMTP_COMMAND, commands[i].flags);
    CHECK_BYTES ("\x08INITIATE", 9, commands[0].body, 9);
    CHECK_INT (commands[0].size - 13, length_at (commands[0].body + 9));
    CHECK_INT (0, commands[1].size);
    CHECK_BYTES ("\x07MESSAGE", 8, commands[2].body, 8);
    CHECK_INT (commands[2].size - 12, length_at (commands[2].body + 8));
    /*  16 bytes of header, as many of noise, flags, READY with Socket-Type and Identity, the header again, 12 of MAC. */
    CHECK_INT (12 + 16 + 16 + 1 + 41 + 16 + 12, commands[2].size);
    CHECK_BYTES ("\x07MESSAGE\0\0\0\x42", 12, relay.message.body, 12);
    CHECK_INT (12 + 16 + 16 + 1 + 5 + 16 + 12, relay.message.size);
    end_relay (&relay, server, monitor, threads);
}

static void spoil (struct frame *message)
{
    message->body[message->size - 1] ^= 1;
}

static void swap_sides (struct frame *message)
{
    message->body[12 + 2] ^= 1;
}

static void shorten (struct frame *message)
{
    message->size--;
}

static void lengthen (struct frame *message)
{
    message->body[message->size++] = 0;
}

static void empty_token (struct frame *message)
{
    memset (message->body + 8, 0, 4);
    message->size = 12;
}

static void cut_length (struct frame *message)
{
    message->size = 11;
}

static void rename_command (struct frame *message)
{
    message->body[1] = 'X';
}

static void expose (struct frame *message)
{
    memcpy (message->body, "\x05hello", message->size = 6);
}

static void empty (struct frame *message)
{
    message->size = 0;
}

SOCKET_TEST (messages_that_are_not_the_peers_end_the_connection)
{
    need_kdc ();
    static const struct
    {
        void (*change) (struct frame *message);
        int value;
    } cases[] = {
      {spoil, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC},
      {swap_sides, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC},
      {empty_token, ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC},
      {shorten, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE},
      {lengthen, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE},
      {cut_length, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE},
      {rename_command, ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND},
      {expose, ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND},
      {empty, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED},
    };
    static struct relay relay;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *server, *monitor;
        pthread_t threads[2];
        send_through (cases[i].change, 1, &relay, &server, &monitor, threads);
        CHECK_INT (cases[i].value, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
        EXPECT_EVENT (monitor, ZMQ_EVENT_DISCONNECTED);
        RECV_NOTHING (server);
        end_relay (&relay, server, monitor, threads);
    }
}

SOCKET_TEST (a_message_that_comes_twice_ends_the_connection)
{
    need_kdc ();
    static struct relay relay;
    void *server, *monitor;
    pthread_t threads[2];
    send_through (NULL, 2, &relay, &server, &monitor, threads);
    CHECK_INT (ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC,
               EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
    RECV (server, "hello");
    RECV_NOTHING (server);
    end_relay (&relay, server, monitor, threads);
}
