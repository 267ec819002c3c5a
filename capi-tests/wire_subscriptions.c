/*  Subscriptions on the wire: commands in ZMTP 3.1, messages in older versions (RFC 37, 23, 15). */

#include "fixture.h"

/*  The first frame after the handshake as peer of version 3.`minor`. */
static int subscriber_peer (void *sub, int minor)
{
    char endpoint[ENDPOINT_MAX];
    uint8_t greeting[64];
    struct frame ready;
    const int listener = raw_listen (endpoint);
    connect_to (sub, endpoint);
    const int fd = raw_accept (listener);
    close (listener);
    zmtp3_greeting (fd, minor, "NULL", false, greeting);
    zmtp3_ready (fd, "PUB", NULL, &ready);
    return fd;
}

static int publisher_peer (void *pub, int minor)
{
    uint8_t greeting[64];
    struct frame ready;
    const int fd = raw_connect (bind_any (pub, TCP));
    zmtp3_greeting (fd, minor, "NULL", false, greeting);
    zmtp3_ready (fd, "SUB", NULL, &ready);
    return fd;
}

SOCKET_TEST (to_a_3_1_peer_subscriptions_are_commands)
{
    void *const sub = open_socket (ZMQ_SUB);
    subscribe (sub, "topic");
    const int fd = subscriber_peer (sub, 1);
    raw_expect (fd, LITERAL ("\4\17\11SUBSCRIBEtopic"));
    set_str (sub, ZMQ_UNSUBSCRIBE, "topic");
    raw_expect (fd, LITERAL ("\4\14\6CANCELtopic"));
    subscribe (sub, "");
    raw_expect (fd, LITERAL ("\4\12\11SUBSCRIBE"));
    close (fd);
}

SOCKET_TEST (to_a_3_0_peer_subscriptions_are_messages)
{
    void *const sub = open_socket (ZMQ_SUB);
    subscribe (sub, "topic");
    const int fd = subscriber_peer (sub, 0);
    raw_expect (fd, LITERAL ("\0\6\1topic"));
    set_str (sub, ZMQ_UNSUBSCRIBE, "topic");
    raw_expect (fd, LITERAL ("\0\6\0topic"));
    subscribe (sub, "");
    raw_expect (fd, LITERAL ("\0\1\1"));
    close (fd);
}

SOCKET_TEST (what_xsub_sends_itself_goes_as_messages)
{
    /* What it has stored goes as commands when a connection is made, what the application sends as it stands. */
    void *const xsub = open_socket (ZMQ_XSUB);
    SEND (xsub, "\1A");
    const int fd = subscriber_peer (xsub, 1);
    raw_expect (fd, LITERAL ("\4\13\11SUBSCRIBEA"));
    SEND (xsub, "\2user");
    raw_expect (fd, LITERAL ("\0\5\2user"));
    SEND (xsub, "\1B");
    raw_expect (fd, LITERAL ("\0\2\1B"));
    SEND_BYTES (xsub, "\0A", 2, 0);
    raw_expect (fd, LITERAL ("\0\2\0A"));
    close (fd);
}

SOCKET_TEST (a_publisher_understands_both_forms_from_3_1_peers)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    const int fd = publisher_peer (xpub, 1);
    zmtp_send_command (fd, "SUBSCRIBE", "A", 1);
    RECV (xpub, "\1A");
    zmtp_send_frame (fd, 0, "\1B", 2);
    RECV (xpub, "\1B");
    SEND (xpub, "A1");
    SEND (xpub, "B1");
    SEND (xpub, "C1");
    SEND_PARTS (xpub, "A2", "tail");
    raw_expect (fd, LITERAL ("\0\2A1\0\2B1\1\2A2\0\4tail"));
    zmtp_send_command (fd, "CANCEL", "A", 1);
    RECV_BYTES (xpub, "\0A", 2, 0);
    zmtp_send_frame (fd, 0, "\0B", 2);
    RECV_BYTES (xpub, "\0B", 2, 0);
    SEND (xpub, "A");
    SEND (xpub, "B");
    raw_expect_silence (fd);
    close (fd);
}

SOCKET_TEST (a_publisher_understands_messages_from_3_0_peers)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    const int fd = publisher_peer (xpub, 0);
    zmtp_send_frame (fd, 0, "\1A", 2);
    RECV (xpub, "\1A");
    SEND (xpub, "A1");
    raw_expect (fd, LITERAL ("\0\2A1"));
    zmtp_send_frame (fd, 0, "\0A", 2);
    RECV_BYTES (xpub, "\0A", 2, 0);
    close (fd);
}

SOCKET_TEST (a_lost_subscriber_is_unsubscribed)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    const int fd = publisher_peer (xpub, 1);
    zmtp_send_command (fd, "SUBSCRIBE", "A", 1);
    zmtp_send_command (fd, "SUBSCRIBE", "A", 1);
    zmtp_send_command (fd, "SUBSCRIBE", "B", 1);
    RECV (xpub, "\1A");
    RECV (xpub, "\1B");
    close (fd);
    char first[2], second[2];
    CHECK_INT (2, recv_frame (xpub, first, 2));
    CHECK_INT (2, recv_frame (xpub, second, 2));
    CHECK_INT (0, first[0]);
    CHECK_INT (0, second[0]);
    CHECK_INT ('A' + 'B', first[1] + second[1]);
    RECV_NOTHING (xpub);
}

SOCKET_TEST (a_subscriber_gets_only_what_it_wants_whatever_the_publisher_sends)
{
    void *const sub = open_socket (ZMQ_SUB);
    subscribe (sub, "A");
    const int fd = subscriber_peer (sub, 1);
    raw_expect (fd, LITERAL ("\4\13\11SUBSCRIBEA"));
    raw_send (fd, LITERAL ("\0\1B\1\1B\0\1A\0\1A\1\1A\0\1B\0\0"));
    RECV (sub, "A");
    RECV_PARTS (sub, "A", "B");
    RECV_NOTHING (sub);
    close (fd);
}

SOCKET_TEST (subscriptions_are_sent_again_after_a_reconnect)
{
    char endpoint[ENDPOINT_MAX];
    struct frame ready;
    uint8_t greeting[64];
    const int listener = raw_listen (endpoint);
    void *const sub = open_socket (ZMQ_SUB);
    set_int (sub, ZMQ_RECONNECT_IVL, 10);
    subscribe (sub, "A");
    subscribe (sub, "A");
    connect_to (sub, endpoint);
    for (int i = 0; i < 3; i++) {
        const int fd = raw_accept (listener);
        zmtp3_greeting (fd, i % 2, "NULL", false, greeting);
        zmtp3_ready (fd, "PUB", NULL, &ready);
        WAIT_UNTIL (get_int (sub, ZMQ_EVENTS) == 0 && raw_readable (fd, 0)); /* it may take a call to notice */
        if (i % 2)
            raw_expect (fd, LITERAL ("\4\13\11SUBSCRIBEA"));
        else
            raw_expect (fd, LITERAL ("\0\2\1A"));
        close (fd);
    }
    close (listener);
}

SOCKET_TEST (subscription_commands_to_other_sockets_end_no_process)
{
    static const int types[] = {ZMQ_DEALER, ZMQ_ROUTER, ZMQ_PAIR, ZMQ_REP};
    static const char *const peers[] = {"DEALER", "DEALER", "PAIR", "REQ"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *const socket = open_socket (types[i]);
        const char *const endpoint = bind_any (socket, TCP);
        int fd = zmtp_peer (endpoint, peers[i]);
        zmtp_send_command (fd, "SUBSCRIBE", "A", 1);
        zmtp_send_command (fd, "CANCEL", "A", 1);
        close (fd);
        void *const monitor = open_monitor (test_ctx (), socket, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        fd = zmtp_peer (endpoint, peers[i]);
        wait_event (monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        close (fd);
        close_socket (monitor);
        finish ();
    }
}
