/*  The ZMTP greeting and handshake, byte for byte, with hand-written peers (RFC 23 and 37). */

#include "fixture.h"

/*  What the library has to say first, with the NULL mechanism. */
static const uint8_t GREETING[64] = {0xff, [8] = 1, [9] = 0x7f, [10] = 3, [11] = 1, 'N', 'U', 'L', 'L'};

/*  Every socket type's name on the wire, and a peer's type that goes with it. */
static const struct
{
    int type;
    const char *name, *peer;
    bool identity; /* says "Identity" in its READY */
} TYPES[] = {
    {ZMQ_PAIR, "PAIR", "PAIR", false},      {ZMQ_PUB, "PUB", "SUB", false},    {ZMQ_SUB, "SUB", "PUB", false},
    {ZMQ_REQ, "REQ", "REP", true},          {ZMQ_REP, "REP", "REQ", false},    {ZMQ_DEALER, "DEALER", "ROUTER", true},
    {ZMQ_ROUTER, "ROUTER", "DEALER", true}, {ZMQ_PULL, "PULL", "PUSH", false}, {ZMQ_PUSH, "PUSH", "PULL", false},
    {ZMQ_XPUB, "XPUB", "SUB", false},       {ZMQ_XSUB, "XSUB", "PUB", false},
};
#define TYPE_COUNT (sizeof TYPES / sizeof *TYPES)

/*  The body of the READY command that a socket of this type sends. */
static size_t ready_body (uint8_t *out, const char *name, bool identity, const char *value)
{
    size_t size = 15;
    memcpy (out, "\13Socket-Type\0\0\0", 15);
    out[size++] = (uint8_t) strlen (name);
    memcpy (out + size, name, strlen (name));
    size += strlen (name);
    if (identity) {
        memcpy (out + size, "\10Identity\0\0\0", 12);
        size += 12;
        out[size++] = (uint8_t) strlen (value);
        memcpy (out + size, value, strlen (value));
        size += strlen (value);
    }
    return size;
}

/*  Greets and checks the greeting. The signature's length is that of a ZMTP 1.0 frame with the identity. */
static void greet_named (int fd, int minor, size_t identity_size)
{
    uint8_t theirs[64], due[64];
    memcpy (due, GREETING, sizeof due);
    due[8] = (uint8_t) (identity_size + 1);
    zmtp3_greeting (fd, minor, "NULL", false, theirs);
    CHECK_BYTES (due, 64, theirs, 64);
}

static void greet (int fd, int minor)
{
    greet_named (fd, minor, 0);
}

/*  Sends READY as a peer of this type and expects the library's, byte for byte. */
static void exchange_ready (int fd, const char *mine, size_t theirs, const char *identity)
{
    uint8_t body[600];
    zmtp_send_command (fd, "READY", body, ready_body (body, mine, false, ""));
    const size_t size = ready_body (body, TYPES[theirs].name, TYPES[theirs].identity, identity);
    zmtp_expect_command (fd, "READY", body, size);
}

SOCKET_TEST (a_listener_greets_and_says_ready)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        void *const socket = open_socket (TYPES[i].type);
        const int fd = raw_connect (bind_any (socket, TCP));
        greet (fd, 1);
        exchange_ready (fd, TYPES[i].peer, i, "");
        close (fd);
        finish ();
    }
}

SOCKET_TEST (a_connecter_greets_and_says_ready)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        char endpoint[ENDPOINT_MAX];
        const int listener = raw_listen (endpoint);
        void *const socket = open_socket (TYPES[i].type);
        connect_to (socket, endpoint);
        const int fd = raw_accept (listener);
        greet (fd, 1);
        exchange_ready (fd, TYPES[i].peer, i, "");
        close (fd);
        close (listener);
        finish ();
    }
}

SOCKET_TEST (the_routing_id_goes_as_identity)
{
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        void *const socket = open_socket (TYPES[i].type);
        set_str (socket, ZMQ_ROUTING_ID, "my name");
        const int fd = raw_connect (bind_any (socket, TCP));
        greet_named (fd, 1, strlen ("my name"));
        exchange_ready (fd, TYPES[i].peer, i, "my name");
        close (fd);
        finish ();
    }
}

SOCKET_TEST (the_signature_comes_without_being_asked)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const dealer = open_socket (ZMQ_DEALER);
    connect_to (dealer, endpoint);
    const int out = raw_accept (listener), in = raw_connect (bind_any (dealer, TCP));
    raw_expect (out, GREETING, 10);
    raw_expect (in, GREETING, 10);
    close (in);
    close (out);
    close (listener);
}

SOCKET_TEST (a_greeting_may_come_byte_by_byte)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    uint8_t body[100];
    const int fd = raw_connect (bind_any (dealer, TCP));
    raw_send_slowly (fd, GREETING, sizeof GREETING);
    raw_expect (fd, GREETING, sizeof GREETING);
    static const char ready[] = "\4\34\5READY\13Socket-Type\0\0\0\6DEALER";
    raw_send_slowly (fd, LITERAL (ready));
    const size_t size = ready_body (body, "DEALER", true, "");
    zmtp_expect_command (fd, "READY", body, size);
    raw_send_slowly (fd, LITERAL ("\1\3one\0\3two\2\0\0\0\0\0\0\0\5three"));
    RECV_PARTS (dealer, "one", "two");
    RECV (dealer, "three");
    close (fd);
}

SOCKET_OZMIUM_TEST (greeting_ready_and_messages_may_come_in_one_piece,
                    "libzmq takes what follows the peer's READY for a handshake command until it has sent its own")
{
    void *const pull = open_socket (ZMQ_PULL);
    uint8_t bytes[200];
    memcpy (bytes, GREETING, 64);
    static const char rest[] = "\4\32\5READY\13Socket-Type\0\0\0\4PUSH\1\3one\0\3two\0\0";
    memcpy (bytes + 64, rest, sizeof rest - 1);
    const int fd = raw_connect (bind_any (pull, TCP));
    raw_send (fd, bytes, 64 + sizeof rest - 1);
    RECV_PARTS (pull, "one", "two");
    RECV (pull, "");
    close (fd);
}

SOCKET_TEST (other_minor_versions_are_spoken_to)
{
    static const int minors[] = {0, 1, 2, 7, 255};
    for (size_t i = 0; i < sizeof minors / sizeof *minors; i++) {
        void *const dealer = open_socket (ZMQ_DEALER);
        struct frame ready;
        const int fd = raw_connect (bind_any (dealer, TCP));
        greet (fd, minors[i]);
        zmtp3_ready (fd, "DEALER", "", &ready);
        zmtp_send_frame (fd, 0, "hello", 5);
        RECV (dealer, "hello");
        SEND (dealer, "back");
        zmtp_expect_frame (fd, 0, "back");
        close (fd);
        finish ();
    }
}

SOCKET_TEST (a_newer_major_version_is_answered_as_3)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    struct frame ready;
    uint8_t greeting[64];
    const int fd = raw_connect (bind_any (dealer, TCP));
    memcpy (greeting, GREETING, sizeof greeting);
    greeting[10] = 4;
    raw_send (fd, greeting, sizeof greeting);
    raw_expect (fd, GREETING, sizeof GREETING);
    zmtp3_ready (fd, "DEALER", "", &ready);
    zmtp_send_frame (fd, 0, "hello", 5);
    RECV (dealer, "hello");
    close (fd);
}

SOCKET_TEST (unknown_metadata_is_kept_for_the_application)
{
    void *const router = open_socket (ZMQ_ROUTER);
    struct frame ready;
    zmq_msg_t msg;
    const int fd = raw_connect (bind_any (router, TCP));
    greet (fd, 1);
    zmtp_send_frame (fd, ZMTP_COMMAND,
                     LITERAL ("\5READY\7X-Extra\0\0\0\3abc\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0\2me"));
    zmtp_recv_frame (fd, &ready);
    zmtp_send_frame (fd, 0, "hello", 5);
    RECV_MORE (router, "me");
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (5, zmq_msg_recv (&msg, router, 0));
    CHECK_STR ("abc", zmq_msg_gets (&msg, "X-Extra"));
    CHECK_STR ("DEALER", zmq_msg_gets (&msg, "Socket-Type"));
    CHECK_OK (zmq_msg_close (&msg));
    close (fd);
}

SOCKET_OZMIUM_TEST (metadata_names_are_case_insensitive, "libzmq compares them exactly, against RFC 23")
{
    void *const router = open_socket (ZMQ_ROUTER);
    struct frame ready;
    const int fd = raw_connect (bind_any (router, TCP));
    greet (fd, 1);
    zmtp_send_frame (fd, ZMTP_COMMAND, LITERAL ("\5READY\13sOCKET-tYPE\0\0\0\6DEALER\10iDENTITY\0\0\0\2me"));
    zmtp_recv_frame (fd, &ready);
    zmtp_send_frame (fd, 0, "hello", 5);
    RECV_PARTS (router, "me", "hello");
    close (fd);
}

SOCKET_TEST (the_handshake_is_an_event_on_both_sides)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const out = open_socket (ZMQ_DEALER), *const in = open_socket (ZMQ_DEALER);
    void *const out_monitor = open_monitor (test_ctx (), out, ZMQ_EVENT_ALL);
    void *const in_monitor = open_monitor (test_ctx (), in, ZMQ_EVENT_ALL);
    connect_to (out, endpoint);
    const int out_fd = raw_accept (listener), in_fd = raw_connect (bind_any (in, TCP));
    wait_event (out_monitor, ZMQ_EVENT_CONNECTED);
    wait_event (in_monitor, ZMQ_EVENT_ACCEPTED);
    zmtp3_handshake (out_fd, "DEALER");
    zmtp3_handshake (in_fd, "DEALER");
    CHECK_INT (ZMQ_EVENT_HANDSHAKE_SUCCEEDED, next_event (out_monitor).event);
    CHECK_INT (ZMQ_EVENT_HANDSHAKE_SUCCEEDED, next_event (in_monitor).event);
    close (out_fd);
    close (in_fd);
    CHECK_INT (ZMQ_EVENT_DISCONNECTED, next_event (in_monitor).event);
    CHECK_INT (ZMQ_EVENT_DISCONNECTED, next_event (out_monitor).event);
    close (listener);
    close_socket (out_monitor);
    close_socket (in_monitor);
}

SOCKET_TEST (wrong_socket_types_are_refused)
{
    static const struct
    {
        int type;
        const char *peer;
    } wrong[] = {{ZMQ_PULL, "PULL"},   {ZMQ_PUSH, "PUB"},      {ZMQ_REQ, "REQ"},    {ZMQ_REQ, "DEALER"},
                 {ZMQ_REP, "REP"},     {ZMQ_REP, "ROUTER"},    {ZMQ_PUB, "PUB"},    {ZMQ_SUB, "SUB"},
                 {ZMQ_SUB, "PUSH"},    {ZMQ_DEALER, "REQ"},    {ZMQ_ROUTER, "REP"}, {ZMQ_PAIR, "DEALER"},
                 {ZMQ_ROUTER, "PAIR"}, {ZMQ_DEALER, "NOSUCH"}, {ZMQ_DEALER, ""}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        void *const socket = open_socket (wrong[i].type);
        void *const monitor = open_monitor (test_ctx (), socket, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED);
        uint8_t body[100];
        const int fd = raw_connect (bind_any (socket, TCP));
        greet (fd, 1);
        zmtp_send_command (fd, "READY", body, ready_body (body, wrong[i].peer, false, ""));
        CHECK_INT (ZMQ_EVENT_DISCONNECTED, next_event (monitor).event);
        raw_expect_close (fd);
        close_socket (monitor);
        finish ();
    }
}

SOCKET_TEST (types_that_go_together_are_accepted)
{
    static const struct
    {
        int type;
        const char *peer;
    } right[] = {{ZMQ_REQ, "ROUTER"},    {ZMQ_REP, "DEALER"},    {ZMQ_DEALER, "DEALER"}, {ZMQ_DEALER, "REP"},
                 {ZMQ_ROUTER, "ROUTER"}, {ZMQ_ROUTER, "REQ"},    {ZMQ_PUB, "XSUB"},      {ZMQ_XPUB, "XSUB"},
                 {ZMQ_SUB, "XPUB"},      {ZMQ_XSUB, "XPUB"}};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        void *const socket = open_socket (right[i].type);
        void *const monitor =
          open_monitor (test_ctx (), socket, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        const int fd = raw_connect (bind_any (socket, TCP));
        zmtp3_handshake (fd, right[i].peer);
        CHECK_INT (ZMQ_EVENT_HANDSHAKE_SUCCEEDED, next_event (monitor).event);
        close (fd);
        close_socket (monitor);
        finish ();
    }
}

SOCKET_TEST (another_mechanism_is_refused)
{
    static const char *const mechanisms[] = {"PLAIN", "CURVE", "GSSAPI", "NULLX", "null", ""};
    for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++) {
        void *const dealer = open_socket (ZMQ_DEALER);
        void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL);
        uint8_t greeting[64];
        const int fd = raw_connect (bind_any (dealer, TCP));
        memcpy (greeting, GREETING, sizeof greeting);
        memset (greeting + 12, 0, 20);
        memcpy (greeting + 12, mechanisms[i], strlen (mechanisms[i]));
        raw_send (fd, greeting, sizeof greeting);
        const struct monitor_event event = next_event (monitor);
        CHECK_INT (ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH, event.value);
        raw_expect_close (fd);
        close_socket (monitor);
        finish ();
    }
}
