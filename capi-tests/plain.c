/*  PLAIN (RFC 24): user names and passwords, put to the authentication handler by the server. */

#include "secure.h"

static const char *open_server (void **server, void **monitor, enum transport transport)
{
    *server = open_socket (ZMQ_DEALER);
    set_int (*server, ZMQ_PLAIN_SERVER, 1);
    *monitor = watch (*server);
    return bind_any (*server, transport);
}

static void *open_client (const char *endpoint, const char *name, const char *password)
{
    void *const client = open_socket (ZMQ_DEALER);
    set_str (client, ZMQ_PLAIN_USERNAME, name);
    set_str (client, ZMQ_PLAIN_PASSWORD, password);
    connect_to (client, endpoint);
    return client;
}

/*  Takes a request, checks who asks to be let in, and answers it. */
static void expect_user (void *handler, const char *name, const char *password, const char *status)
{
    const struct request request = take_request (handler);
    CHECK_STR (name, request.credentials[0]);
    CHECK_STR (password, request.credentials[1]);
    answer (handler, &request, status, "", 0);
}

SOCKET_TEST (the_right_password_lets_a_client_in)
{
    void *const handler = open_handler ();
    for (enum transport transport = TCP; transport <= IPC; transport++) {
        void *server, *monitor;
        zmq_msg_t msg;
        void *const client = open_client (open_server (&server, &monitor, transport), "admin", "secret");
        expect_user (handler, "admin", "secret", "200");
        EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        bounce (server, client);
        SEND (client, "x");
        CHECK_OK (zmq_msg_init (&msg));
        CHECK_INT (1, zmq_msg_recv (&msg, server, 0));
        CHECK_STR ("joe", zmq_msg_gets (&msg, "User-Id"));
        CHECK_STR ("DEALER", zmq_msg_gets (&msg, "Socket-Type"));
        CHECK_OK (zmq_msg_close (&msg));
        stop_watching (server, monitor);
        shut (client);
        shut (server);
    }
}

SOCKET_TEST (the_longest_name_and_password)
{
    char longest[256];
    void *server, *monitor;
    void *const handler = open_handler ();
    memset (longest, 'n', 255);
    longest[255] = 0;
    open_client (open_server (&server, &monitor, TCP), longest, longest);
    expect_user (handler, longest, longest, "200");
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    stop_watching (server, monitor);
}

SOCKET_TEST (the_wrong_password_is_told_to_both_sides)
{
    void *server, *monitor;
    void *const handler = open_handler ();
    const char *const endpoint = open_server (&server, &monitor, TCP);
    void *const client = open_socket (ZMQ_DEALER);
    void *const client_monitor = watch (client);
    set_str (client, ZMQ_PLAIN_USERNAME, "admin");
    set_str (client, ZMQ_PLAIN_PASSWORD, "guess");
    connect_to (client, endpoint);
    expect_user (handler, "admin", "guess", "400");
    CHECK_INT (400, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value);
    CHECK_INT (400, EXPECT_EVENT (client_monitor, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value);
    stop_watching (client, client_monitor);
    stop_watching (server, monitor);
}

SOCKET_TEST (a_null_client_is_turned_away)
{
    void *server, *monitor;
    const char *const endpoint = open_server (&server, &monitor, TCP);
    void *const client = open_socket (ZMQ_DEALER);
    connect_to (client, endpoint);
    CHECK_INT (ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH,
               EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
    stop_watching (server, monitor);
}

SOCKET_TEST (without_a_handler_nobody_gets_in)
{
    void *server, *monitor;
    open_client (open_server (&server, &monitor, TCP), "admin", "secret");
    CHECK_INT (EFAULT, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value);
    stop_watching (server, monitor);
}

SOCKET_TEST (a_peer_of_an_older_protocol_is_turned_away)
{
    void *server, *monitor;
    const int peer = raw_connect (open_server (&server, &monitor, TCP));
    raw_send (peer, "\x01\x00\x08\x00sneaky", 10);
    raw_expect_close (peer);
    RECV_NOTHING (server);
    stop_watching (server, monitor);
}

SOCKET_TEST (malformed_commands_have_their_events)
{
    static const struct
    {
        const char *hello;
        size_t size;
        int value;
    } cases[] = {
      {LITERAL ("\x05"), ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED},
      {LITERAL ("\x05" "HELLX\0\0"), ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND},
      {LITERAL ("\x05" "HELLO"), ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO},
      {LITERAL ("\x05" "HELLO\x09name"), ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO},
      {LITERAL ("\x05" "HELLO\x04name"), ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO},
      {LITERAL ("\x05" "HELLO\x04name\x02" "abc"), ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO},
    };
    open_handler ();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t greeting[64];
        void *server, *monitor;
        const int peer = raw_connect (open_server (&server, &monitor, TCP));
        zmtp3_greeting (peer, 1, "PLAIN", false, greeting);
        zmtp_send_frame (peer, ZMTP_COMMAND, cases[i].hello, cases[i].size);
        CHECK_INT (cases[i].value, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
        raw_expect_close (peer);
        stop_watching (server, monitor);
        shut (server);
    }
}

/*  libzmq's name for ERROR (RFC 24): an accident of its source, and what its clients expect. */
#define REFUSAL "^RROR"
/*  libzmq closes the connection without a word. */
#define SILENT -1
#define TYPE "\x0b" "Socket-Type\0\0\0\x06" "DEALER"

/*  The event of a failure that libzmq has none for. */
static void expect_unsaid (void *monitor, int value)
{
    if (DIFFERS ("every failed handshake has its event"))
        CHECK_INT (value, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
}

SOCKET_TEST (malformed_answers_of_a_server_have_their_events)
{
    static const char welcome[] = "\x07WELCOME";
    static const struct
    {
        const char *answer; /* to HELLO, or, if that was WELCOME, to INITIATE */
        size_t size;
        bool welcomed;
        int event, value;
    } cases[] = {
#define PROTOCOL(error) ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_##error
      {LITERAL (""), false, PROTOCOL (UNEXPECTED_COMMAND)},
      {LITERAL ("\x07WELCOMX"), false, PROTOCOL (UNEXPECTED_COMMAND)},
      {LITERAL ("\x07WELCOMEx"), false, PROTOCOL (MALFORMED_COMMAND_WELCOME)},
      {LITERAL ("\x05READY" TYPE), false, PROTOCOL (UNEXPECTED_COMMAND)},
      {LITERAL ("\x05HELLO\0\0"), false, PROTOCOL (UNEXPECTED_COMMAND)},
      {LITERAL (REFUSAL), false, PROTOCOL (MALFORMED_COMMAND_ERROR)},
      {LITERAL (REFUSAL "\x04" "400"), false, PROTOCOL (MALFORMED_COMMAND_ERROR)},
      {LITERAL (REFUSAL "\x03" "300"), false, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 300},
      {LITERAL (REFUSAL "\x03" "400 no"), false, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 400},
      {LITERAL (REFUSAL "\x03" "500"), true, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 500},
      {LITERAL (REFUSAL "\x03" "200"), true, SILENT, 0},
      {LITERAL (REFUSAL "\x05" "go on"), false, SILENT, 0},
      {LITERAL ("\x07WELCOME"), true, PROTOCOL (UNEXPECTED_COMMAND)},
      {LITERAL ("\x05" "READX" TYPE), true, PROTOCOL (UNEXPECTED_COMMAND)},
      {LITERAL ("\x05READY\x0bSocket-Typ"), true, PROTOCOL (INVALID_METADATA)},
      {LITERAL ("\x05READYx"), true, PROTOCOL (INVALID_METADATA)},
      {LITERAL ("\x05READY\x0bSocket-Type\0\0\0\x03SUB"), true, PROTOCOL (INVALID_METADATA)},
      {LITERAL ("\x05READY" TYPE), true, ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 0},
#undef PROTOCOL
    };
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct frame theirs;
        uint8_t greeting[64];
        void *const client = secure_client (ZMQ_DEALER, WITH_PLAIN);
        void *const monitor = open_monitor (test_ctx (), client, HANDSHAKE_EVENTS | ZMQ_EVENT_DISCONNECTED);
        connect_to (client, endpoint);
        const int peer = raw_accept (listener);
        zmtp3_greeting (peer, 1, "PLAIN", true, greeting);
        zmtp_expect_frame (peer, ZMTP_COMMAND, "\x05HELLO\x05" "admin\x06secret");
        if (cases[i].welcomed) {
            zmtp_send_frame (peer, ZMTP_COMMAND, welcome, sizeof welcome - 1);
            zmtp_recv_frame (peer, &theirs);
            CHECK (theirs.size > 9 && memcmp (theirs.body, "\x08INITIATE", 9) == 0);
        }
        zmtp_send_frame (peer, ZMTP_COMMAND, cases[i].answer, cases[i].size);
        if (cases[i].event == SILENT)
            expect_unsaid (monitor, ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED);
        else
            CHECK_INT (cases[i].value, EXPECT_EVENT (monitor, cases[i].event).value);
        /* After an event of its own, libzmq may overlook that a server's metadata is malformed. */
        if (cases[i].event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED
            || (!running_on_ozmium () && cases[i].value == ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA))
            close (peer);
        else
            raw_expect_close (peer);
        stop_watching (client, monitor);
        shut (client);
    }
    close (listener);
}

SOCKET_TEST (a_refusal_goes_out_as_libzmqs_clients_expect_it)
{
    static const char hello[] = "\x05HELLO\x05" "admin\x06secret";
    uint8_t greeting[64];
    void *server, *monitor;
    void *const handler = open_handler ();
    const int peer = raw_connect (open_server (&server, &monitor, TCP));
    zmtp3_greeting (peer, 1, "PLAIN", false, greeting);
    zmtp_send_frame (peer, ZMTP_COMMAND, hello, sizeof hello - 1);
    expect_user (handler, "admin", "secret", "400");
    zmtp_expect_frame (peer, ZMTP_COMMAND, REFUSAL "\x03" "400");
    CHECK_INT (400, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value);
    close (peer);
    stop_watching (server, monitor);
}

SOCKET_OZMIUM_TEST (a_refusal_is_understood_as_the_rfc_spells_it, "libzmq knows its own spelling only")
{
    char endpoint[ENDPOINT_MAX];
    uint8_t greeting[64];
    const int listener = raw_listen (endpoint);
    void *const client = secure_client (ZMQ_DEALER, WITH_PLAIN);
    void *const monitor = watch (client);
    connect_to (client, endpoint);
    const int peer = raw_accept (listener);
    zmtp3_greeting (peer, 1, "PLAIN", true, greeting);
    zmtp_expect_frame (peer, ZMTP_COMMAND, "\x05HELLO\x05" "admin\x06secret");
    zmtp_send_frame (peer, ZMTP_COMMAND, "\x05" "ERROR\x03" "400", 10);
    CHECK_INT (400, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH).value);
    raw_expect_close (peer);
    stop_watching (client, monitor);
    close (listener);
}

SOCKET_TEST (malformed_initiates_have_their_events)
{
    static const struct
    {
        const char *initiate;
        size_t size;
        int value; /* or SILENT */
    } cases[] = {
      {LITERAL ("\x08INITIATX" TYPE), ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND},
      {LITERAL ("\x05HELLO\0\0"), ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND},
      {LITERAL (""), ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND},
      {LITERAL ("\x08INITIATEx"), SILENT},
      {LITERAL ("\x08INITIATE\x0bSocket-Type\0\0\0\x03SUB"), SILENT},
    };
    static const char hello[] = "\x05HELLO\x05" "admin\x06secret";
    void *const handler = open_handler ();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t greeting[64];
        void *const server = secure_server (ZMQ_DEALER, WITH_PLAIN);
        void *const monitor = open_monitor (test_ctx (), server, HANDSHAKE_EVENTS | ZMQ_EVENT_DISCONNECTED);
        const int peer = raw_connect (bind_any (server, TCP));
        zmtp3_greeting (peer, 1, "PLAIN", false, greeting);
        zmtp_send_frame (peer, ZMTP_COMMAND, hello, sizeof hello - 1);
        expect_user (handler, "admin", "secret", "200");
        zmtp_expect_frame (peer, ZMTP_COMMAND, "\x07WELCOME");
        zmtp_send_frame (peer, ZMTP_COMMAND, cases[i].initiate, cases[i].size);
        if (cases[i].value == SILENT)
            expect_unsaid (monitor, ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA);
        else
            CHECK_INT (cases[i].value, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
        EXPECT_EVENT (monitor, ZMQ_EVENT_DISCONNECTED);
        raw_expect_close (peer);
        stop_watching (server, monitor);
        shut (server);
    }
}

SOCKET_TEST (commands_out_of_turn_end_the_connection)
{
    static const char hello[] = "\x05HELLO\x05" "admin\x06secret";
    uint8_t greeting[64];
    void *server, *monitor;
    void *const handler = open_handler ();
    const int peer = raw_connect (open_server (&server, &monitor, TCP));
    zmtp3_greeting (peer, 1, "PLAIN", false, greeting);
    zmtp_send_frame (peer, ZMTP_COMMAND, hello, sizeof hello - 1);
    CHECK (poll_for (handler, ZMQ_POLLIN));
    /* The handler has not answered. */
    zmtp_send_frame (peer, ZMTP_COMMAND, hello, sizeof hello - 1);
    CHECK_INT (ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
    raw_expect_close (peer);
    expect_user (handler, "admin", "secret", "200");
    stop_watching (server, monitor);
}
