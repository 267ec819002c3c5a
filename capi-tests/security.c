/*  Authentication (RFC 27) with each mechanism: what each answer of the handler, and each way of not answering, does to
 *  the connection, and what both sides' monitors say of it. */

#include "secure.h"

#define USUAL "1.0", "1", "200", "text", "joe"

enum outcome
{
    GRANTED,  /* the peer is in */
    REFUSED,  /* both sides are told a status code; the client does not try again */
    MALFORMED /* the connection is closed and the client tries again */
};

static const struct
{
    const char *parts[9];
    enum outcome outcome;
    int value;
} answers[] = {
  {{"", USUAL, ""}, GRANTED, 0},
  {{"", "1.0", "1", "400", "text", "joe", ""}, REFUSED, 400},
  {{"", "1.0", "1", "500", "", "", ""}, REFUSED, 500},
  /* Frames missing, and too many of them. */
  {{""}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY},
  {{"", USUAL}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY},
  {{USUAL, ""}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY},
  {{"", USUAL, "", ""}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY},
  /* Each frame in its turn. */
  {{"x", USUAL, ""}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED},
  {{"", "1.1", "1", "200", "text", "joe", ""}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION},
  {{"", "", "1", "200", "text", "joe", ""}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION},
  {{"", "1.0", "2", "200", "text", "joe", ""}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID},
  {{"", "1.0", "10", "200", "text", "joe", ""}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID},
  {{"", "1.0", "1", "", "text", "joe", ""}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE},
  {{"", "1.0", "1", "100", "text", "joe", ""}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE},
  {{"", "1.0", "1", "201", "text", "joe", ""}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE},
  {{"", "1.0", "1", "600", "text", "joe", ""}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE},
  {{"", "1.0", "1", "2000", "text", "joe", ""}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE},
  {{"", USUAL, "x"}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA},
  {{"", USUAL, "\x05" "Hellowor"}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA},
  {{"", "1.0", "1", "400", "text", "joe", "x"}, MALFORMED, ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA},
};

static void check_property (zmq_msg_t *msg, const char *name, const char *expected)
{
    CHECK_STR (expected, zmq_msg_gets (msg, name));
}

/*  Sends a message and looks for the user id that it arrives with; NULL for none. */
static void expect_user (void *from, void *to, const char *user)
{
    zmq_msg_t msg;
    SEND (from, "x");
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (1, zmq_msg_recv (&msg, to, 0));
    check_property (&msg, "User-Id", user);
    CHECK_OK (zmq_msg_close (&msg));
}

static void hurry (void *server)
{
    if (!DIFFERS ("libzmq leaves some connections that it has given up, and some that were answered very quickly, to the "
                  "handshake's deadline"))
        set_int (server, ZMQ_HANDSHAKE_IVL, 500);
}

/*  Answers requests so, however many connections are given up for want of time, until the monitor tells of the event;
 *  gives its value. */
static int answer_until (void *handler, const char *const *parts, void *monitor, int event)
{
    zmq_pollitem_t items[] = {{handler, 0, ZMQ_POLLIN, 0}, {monitor, 0, ZMQ_POLLIN, 0}};
    for (;;) {
        CHECK (zmq_poll (items, 2, patience_ms ()) > 0);
        if (items[1].revents) {
            const struct monitor_event got = next_event (monitor);
            if (got.event == event)
                return got.value;
            /* Of those that were refused for now it may still be told. */
            if (got.event != ZMQ_EVENT_HANDSHAKE_FAILED_AUTH || got.value != 300)
                CHECK_INT (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, got.event);
        } else {
            const struct request request = take_request (handler);
            answer_parts (__FILE__, __LINE__, handler, &request, parts);
        }
    }
}

static int handle_until (void *handler, const char *status, void *monitor, int event)
{
    return answer_until (handler, (const char *const[]) {"", "1.0", "1", status, "text", "joe", "", NULL}, monitor, event);
}

/*  Both sides' events for one answer, and whether the client comes again. */
static void check_answer (void *handler, enum mechanism mechanism, size_t number)
{
    void *const server = secure_server (ZMQ_DEALER, mechanism), *const client = secure_client (ZMQ_DEALER, mechanism);
    void *const monitor = watch (server), *const client_monitor = watch (client);
    set_int (client, ZMQ_RECONNECT_IVL, 10);
    hurry (server);
    join (server, client, TCP);
    const char *const *const parts = answers[number].parts;
    const int value = answers[number].value;
    switch (answers[number].outcome) {
        case GRANTED:
            answer_until (handler, parts, monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
            answer_until (handler, parts, client_monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
            bounce (server, client);
            expect_user (client, server, "joe");
            break;
        case REFUSED:
            CHECK_INT (value, answer_until (handler, parts, monitor, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH));
            CHECK_INT (value, answer_until (handler, parts, client_monitor, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH));
            break;
        case MALFORMED:
            CHECK_INT (value, answer_until (handler, parts, monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL));
            /* libzmq may leave a NULL connection to the handshake's deadline, if the reply came before the thread
               looked elsewhere. */
            if (mechanism != WITH_NULL || running_on_ozmium ()) {
                wait_event (client_monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
                handle_until (handler, "200", client_monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
            }
    }
    stop_watching (server, monitor);
    stop_watching (client, client_monitor);
    shut (client);
    shut (server);
}

SOCKET_TEST (each_answer_has_its_events_with_each_mechanism)
{
    void *const handler = open_handler ();
    FOR_EACH_MECHANISM (mechanism)
        for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
            check_answer (handler, mechanism, i);
    if (running_on_ozmium ())
        RECV_NOTHING (handler);
}

SOCKET_TEST (a_refused_client_does_not_come_again)
{
    void *const handler = open_handler ();
    FOR_EACH_MECHANISM (mechanism) {
        void *const server = secure_server (ZMQ_DEALER, mechanism);
        void *const client = secure_client (ZMQ_DEALER, mechanism);
        void *const monitor = watch (client);
        set_int (client, ZMQ_RECONNECT_IVL, 1);
        hurry (server);
        join (server, client, TCP);
        CHECK_INT (400, handle_until (handler, "400", monitor, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH));
        expect_silence (handler);
        stop_watching (client, monitor);
        shut (client);
        shut (server);
    }
}

SOCKET_TEST (a_client_that_is_refused_for_now_comes_again)
{
    void *const handler = open_handler ();
    FOR_EACH_MECHANISM (mechanism) {
        void *const server = secure_server (ZMQ_DEALER, mechanism);
        void *const client = secure_client (ZMQ_DEALER, mechanism);
        void *const monitor = watch (server);
        void *const client_monitor = watch (client);
        set_int (client, ZMQ_RECONNECT_IVL, 1);
        hurry (server);
        join (server, client, TCP);
        CHECK_INT (300, handle_until (handler, "300", monitor, ZMQ_EVENT_HANDSHAKE_FAILED_AUTH));
        EXPECT_EVENT (client_monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
        handle_until (handler, "200", monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        wait_event (client_monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        bounce (server, client);
        stop_watching (server, monitor);
        stop_watching (client, client_monitor);
        shut (client);
        shut (server);
    }
}

/*  ---- What a request says -------------------------------------------------------------------------------------------- */

SOCKET_TEST (a_request_names_domain_peer_server_mechanism_and_credentials)
{
    void *const handler = open_handler ();
    FOR_EACH_MECHANISM (mechanism)
        for (enum transport transport = TCP; transport <= IPC; transport++) {
            char expected[64] = "127.0.0.1", key[41];
            void *const server = secure_server (ZMQ_DEALER, mechanism);
            void *const client = secure_client (ZMQ_DEALER, mechanism);
            set_str (server, ZMQ_ZAP_DOMAIN, "a domain");
            set_str (server, ZMQ_ROUTING_ID, "server");
            join (server, client, transport);
            const struct request request = take_request (handler);
            if (transport == IPC)
                snprintf (expected, sizeof expected, "localhost:%d:%d:%d", getuid (), getgid (), getpid ());
            CHECK_STR (expected, request.address);
            CHECK_STR ("a domain", request.domain);
            CHECK_STR ("server", request.routing_id);
            CHECK_STR (mechanism_name (mechanism), request.mechanism);
            CHECK_INT (mechanism == WITH_NULL ? 0 : mechanism == WITH_PLAIN ? 2 : 1, request.credential_count);
            if (mechanism == WITH_PLAIN) {
                CHECK_STR ("admin", request.credentials[0]);
                CHECK_STR ("secret", request.credentials[1]);
            } else if (mechanism == WITH_CURVE)
                CHECK_STR (client_keys.public, zmq_z85_encode (key, (const uint8_t *) request.credentials[0], 32));
            answer (handler, &request, "200", "", 0);
            bounce (server, client);
            shut (client);
            shut (server);
        }
}

SOCKET_TEST (only_servers_ask_but_with_null_who_has_a_domain)
{
    void *const handler = open_handler ();
    FOR_EACH_MECHANISM (mechanism) {
        void *const server = secure_server (ZMQ_DEALER, mechanism);
        void *const client = secure_client (ZMQ_DEALER, mechanism);
        set_str (server, ZMQ_ZAP_DOMAIN, "server's");
        set_str (client, ZMQ_ZAP_DOMAIN, "client's");
        join (server, client, TCP);
        handle (handler, "200");
        if (mechanism == WITH_NULL)
            handle (handler, "200");
        bounce (server, client);
        RECV_NOTHING (handler);
        shut (client);
        shut (server);
    }
}

/*  ---- What the peer's messages say afterwards -------------------------------------------------------------------------- */

#define PROPERTY(name_size, name, value_size, value) name_size name "\0\0\0" value_size value

SOCKET_TEST (the_handlers_word_goes_before_the_peers_and_its_first_before_its_second)
{
    static const char theirs[] = "\x05READY" PROPERTY ("\x0b", "Socket-Type", "\x06", "DEALER")
      PROPERTY ("\x05", "Group", "\x04", "peer") PROPERTY ("\x05", "Other", "\x04", "peer")
        PROPERTY ("\x07", "User-Id", "\x03", "eve") PROPERTY ("\x05", "Other", "\x06", "second");
    static const char granted[] = PROPERTY ("\x05", "Group", "\x05", "staff") PROPERTY ("\x05", "Group", "\x05", "later")
      PROPERTY ("\x07", "User-Id", "\x03", "eve") PROPERTY ("\x0c", "Peer-Address", "\x07", "9.9.9.9")
        PROPERTY ("\x04", "None", "\0", "");
    static struct frame ready;
    uint8_t greeting[64];
    zmq_msg_t msg;
    void *const handler = open_handler ();
    void *const server = secure_server (ZMQ_DEALER, WITH_NULL);
    const int peer = raw_connect (bind_any (server, TCP));
    zmtp3_greeting (peer, 1, "NULL", false, greeting);
    zmtp_send_frame (peer, ZMTP_COMMAND, theirs, sizeof theirs - 1);
    const struct request request = take_request (handler);
    answer (handler, &request, "200", granted, sizeof granted - 1);
    zmtp_recv_frame (peer, &ready);
    zmtp_send_frame (peer, 0, "x", 1);
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (1, zmq_msg_recv (&msg, server, 0));
    check_property (&msg, "User-Id", "joe");
    check_property (&msg, "Group", "staff");
    check_property (&msg, "Other", "peer");
    check_property (&msg, "None", "");
    check_property (&msg, "Peer-Address", "127.0.0.1");
    check_property (&msg, "Socket-Type", "DEALER");
    CHECK_OK (zmq_msg_close (&msg));
    close (peer);
}

SOCKET_TEST (the_user_may_be_nobody)
{
    void *const handler = open_handler ();
    void *const server = secure_server (ZMQ_DEALER, WITH_PLAIN);
    void *const client = secure_client (ZMQ_DEALER, WITH_PLAIN);
    join (server, client, TCP);
    const struct request request = take_request (handler);
    ANSWER (handler, &request, "1.0", "1", "200", "", "", "");
    expect_user (client, server, "");
    /* The client has authenticated nobody. */
    expect_user (server, client, NULL);
}

SOCKET_TEST (metadata_with_a_socket_type_has_to_suit)
{
    static const char same[] = PROPERTY ("\x0b", "Socket-Type", "\x06", "DEALER");
    static const char other[] = PROPERTY ("\x0b", "Socket-Type", "\x04", "PUSH");
    void *const handler = open_handler ();
    void *const server = secure_server (ZMQ_DEALER, WITH_PLAIN);
    void *const client = secure_client (ZMQ_DEALER, WITH_PLAIN);
    void *const monitor = watch (server);
    set_int (client, ZMQ_RECONNECT_IVL, 1);
    join (server, client, TCP);
    struct request request = take_request (handler);
    answer (handler, &request, "200", other, sizeof other - 1);
    CHECK_INT (ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA,
               EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL).value);
    request = take_request (handler);
    answer (handler, &request, "200", same, sizeof same - 1);
    EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    stop_watching (server, monitor);
}

SOCKET_OZMIUM_TEST (the_handler_may_give_a_curve_client_its_routing_id,
                    "in libzmq the client's own counts if the handler answers very quickly")
{
    static const char granted[] = PROPERTY ("\x08", "Identity", "\x03", "bob");
    need_curve ();
    void *const handler = open_handler ();
    void *const server = secure_server (ZMQ_ROUTER, WITH_CURVE);
    void *const client = secure_client (ZMQ_DEALER, WITH_CURVE);
    set_str (client, ZMQ_ROUTING_ID, "eve");
    join (server, client, TCP);
    const struct request request = take_request (handler);
    answer (handler, &request, "200", granted, sizeof granted - 1);
    SEND (client, "x");
    RECV_PARTS (server, "bob", "x");
    SEND_PARTS (server, "bob", "y");
    RECV (client, "y");
}

/*  ---- Handlers that are not there, not in time, or not to be understood ---------------------------------------------------- */

SOCKET_TEST (a_handler_may_come_late_and_go)
{
    FOR_EACH_MECHANISM (mechanism) {
        void *server = secure_server (ZMQ_DEALER, mechanism);
        void *monitor = watch (server);
        void *client = secure_client (ZMQ_DEALER, mechanism);
        set_int (client, ZMQ_RECONNECT_IVL, 10);
        hurry (server);
        join (server, client, TCP);
        if (mechanism == WITH_PLAIN)
            CHECK_INT (EFAULT, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value);
        else
            EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        void *const handler = open_handler ();
        if (mechanism != WITH_PLAIN) {
            shut (client);
            client = secure_client (ZMQ_DEALER, mechanism);
            char endpoint[ENDPOINT_MAX];
            last_endpoint (server, endpoint);
            connect_to (client, endpoint);
        }
        handle_until (handler, "200", monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        close_handler (handler);
        stop_watching (server, monitor);
        shut (client);
        shut (server);
    }
}

SOCKET_TEST (with_enforcement_a_domain_decides_who_asks)
{
    FOR_EACH_MECHANISM (mechanism)
        for (int domain = 0; domain < 2; domain++)
            for (int handled = 0; handled < 2; handled++) {
                if (mechanism == WITH_PLAIN && !domain && !DIFFERS ("libzmq aborts when it enforces a domain that is not there"))
                    continue;
                void *const handler = handled ? open_handler () : NULL;
                void *const server = mechanism == WITH_NULL ? open_socket (ZMQ_DEALER) : secure_server (ZMQ_DEALER, mechanism);
                void *const client = secure_client (ZMQ_DEALER, mechanism);
                void *const monitor = watch (server);
                /* PLAIN is of no use without a handler. */
                const bool asks = domain || mechanism == WITH_PLAIN;
                if (domain)
                    set_str (server, ZMQ_ZAP_DOMAIN, "global");
                set_int (server, ZMQ_ZAP_ENFORCE_DOMAIN, 1);
                join (server, client, TCP);
                if (asks && !handled)
                    CHECK_INT (EFAULT, EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL).value);
                else {
                    if (asks)
                        handle_until (handler, "200", monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
                    else
                        EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
                    bounce (server, client);
                }
                stop_watching (server, monitor);
                shut (client);
                shut (server);
                if (handled) {
                    RECV_NOTHING (handler);
                    close_handler (handler);
                }
            }
}

SOCKET_TEST (a_successor_of_the_handler_takes_over)
{
    FOR_EACH_MECHANISM (mechanism) {
        void *const first = open_handler ();
        void *const server = secure_server (ZMQ_DEALER, mechanism);
        void *const client = secure_client (ZMQ_DEALER, mechanism);
        set_int (server, ZMQ_HANDSHAKE_IVL, patience_ms () / 5);
        set_int (client, ZMQ_RECONNECT_IVL, 1);
        void *const monitor = watch (server);
        join (server, client, TCP);
        take_request (first);
        close_handler (first);
        /* Nobody answers any more: the handshake runs out of time. */
        void *const second = open_handler ();
        EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
        handle_until (second, "200", monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        bounce (server, client);
        stop_watching (server, monitor);
        shut (client);
        shut (server);
        close_handler (second);
    }
}

SOCKET_TEST (an_answer_after_the_deadline_is_not_listened_to)
{
    FOR_EACH_MECHANISM (mechanism) {
        void *const handler = open_handler ();
        void *const server = secure_server (ZMQ_DEALER, mechanism);
        void *const client = secure_client (ZMQ_DEALER, mechanism);
        set_int (server, ZMQ_HANDSHAKE_IVL, patience_ms () / 5);
        set_int (client, ZMQ_RECONNECT_IVL, 1);
        void *const monitor = watch (server);
        join (server, client, TCP);
        const struct request late = take_request (handler);
        EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
        const struct request next = take_request (handler);
        answer (handler, &late, "400", "", 0);
        answer (handler, &next, "200", "", 0);
        handle_until (handler, "200", monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        bounce (server, client);
        stop_watching (server, monitor);
        shut (client);
        shut (server);
        close_handler (handler);
    }
}

SOCKET_OZMIUM_TEST (a_second_answer_is_not_listened_to, "libzmq closes a NULL connection and aborts with the others")
{
    FOR_EACH_MECHANISM (mechanism) {
        void *const handler = open_handler ();
        void *const server = secure_server (ZMQ_DEALER, mechanism);
        void *const client = secure_client (ZMQ_DEALER, mechanism);
        join (server, client, TCP);
        const struct request request = take_request (handler);
        answer (handler, &request, "200", "", 0);
        answer (handler, &request, "400", "", 0);
        bounce (server, client);
        /* The way to the handshake is gone, so that the handler's own rules for such messages hold. */
        answer (handler, &request, "400", "", 0);
        bounce (server, client);
        shut (client);
        shut (server);
        close_handler (handler);
    }
}

SOCKET_OZMIUM_TEST (a_handler_of_any_type_does_no_harm, "libzmq aborts unless it is REP, ROUTER or SERVER")
{
    static const int types[] = {ZMQ_PAIR, ZMQ_PULL, ZMQ_PUB, ZMQ_XPUB, ZMQ_SUB, ZMQ_PUSH, ZMQ_DEALER};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *const handler = open_socket (types[i]);
        void *const server = secure_server (ZMQ_DEALER, WITH_PLAIN), *const client = secure_client (ZMQ_DEALER, WITH_PLAIN);
        void *const monitor = watch (server);
        bind_to (handler, HANDLER_ENDPOINT);
        set_int (server, ZMQ_HANDSHAKE_IVL, 20);
        join (server, client, TCP);
        EXPECT_EVENT (monitor, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
        stop_watching (server, monitor);
        shut (client);
        shut (server);
        close_handler (handler);
    }
}

/*  ---- Ends while the handler thinks ---------------------------------------------------------------------------------------- */

SOCKET_TEST (closing_either_side_while_the_handler_thinks_does_no_harm)
{
    void *const handler = open_handler ();
    FOR_EACH_MECHANISM (mechanism)
        for (int client_first = 0; client_first < 2; client_first++) {
            void *const server = secure_server (ZMQ_DEALER, mechanism);
            void *const client = secure_client (ZMQ_DEALER, mechanism);
            join (server, client, TCP);
            const struct request request = take_request (handler);
            shut (client_first ? client : server);
            answer (handler, &request, "200", "", 0);
            shut (client_first ? server : client);
        }
}

static void *terminate (void *context)
{
    CHECK_OK (zmq_ctx_term (context));
    return NULL;
}

TEST (a_context_ends_while_the_handler_thinks)
{
    FOR_EACH_MECHANISM (mechanism)
        for (int unread = 0; unread < 2; unread++) {
            void *const context = test_ctx ();
            void *const handler = open_handler ();
            void *const server = secure_server (ZMQ_DEALER, mechanism);
            void *const client = secure_client (ZMQ_DEALER, mechanism);
            join (server, client, TCP);
            CHECK (poll_for (handler, ZMQ_POLLIN));
            if (!unread)
                take_request (handler);
            const pthread_t thread = start_thread (terminate, context);
            WAIT_UNTIL (zmq_recv (handler, NULL, 0, ZMQ_DONTWAIT) == -1 && zmq_errno () == ETERM);
            forget_ctx ();
            shut (server);
            shut (client);
            shut (handler);
            join_thread (thread);
        }
}

SOCKET_TEST (many_peers_may_wait_for_one_handler)
{
    enum { PEERS = 20 };
    void *const handler = open_handler ();
    FOR_EACH_MECHANISM (mechanism) {
        void *const server = secure_server (ZMQ_PULL, mechanism);
        const char *const endpoint = bind_any (server, TCP);
        struct request requests[PEERS];
        void *clients[PEERS];
        for (int i = 0; i < PEERS; i++) {
            clients[i] = secure_client (ZMQ_PUSH, mechanism);
            connect_to (clients[i], endpoint);
            SEND (clients[i], "x");
        }
        for (int i = 0; i < PEERS; i++)
            requests[i] = take_request (handler);
        RECV_NOTHING (server);
        for (int i = 0; i < PEERS; i++) {
            const int other = (i * 7) % PEERS;
            answer (handler, &requests[other], "200", "", 0);
            RECV (server, "x");
        }
        for (int i = 0; i < PEERS; i++)
            shut (clients[i]);
        shut (server);
    }
}
