/*  ZMTP 2.0 (RFC 15) and 1.0 (RFC 13) peers, written by hand, on both sides of the connection. */

#include "fixture.h"

/*  Numbers of the socket types in ZMTP 2.0. */
enum { PAIR, PUB, SUB, REQ, REP, DEALER, ROUTER, PULL, PUSH };

SOCKET_TEST (v2_greeting_and_identity)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    set_str (dealer, ZMQ_ROUTING_ID, "me");
    const int fd = raw_connect (bind_any (dealer, TCP));
    raw_send (fd, "\377\0\0\0\0\0\0\0\1\177\1\6\0\0", 14);
    /* libzmq says 3 and then the type as a 2.0 peer wants it. */
    raw_expect (fd, "\377\0\0\0\0\0\0\0\3\177\3\5\0\2me", 16);
    close (fd);
}

SOCKET_TEST (v2_messages_go_both_ways)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    char body[300];
    memset (body, 'z', sizeof body);
    const int fd = raw_connect (bind_any (dealer, TCP));
    CHECK_INT (DEALER, zmtp2_handshake (fd, DEALER, ""));
    raw_send (fd, LITERAL ("\1\3one\0\3two"));
    RECV_PARTS (dealer, "one", "two");
    zmtp_send_frame (fd, 0, body, sizeof body);
    RECV_BYTES (dealer, body, sizeof body, 0);
    SEND_PARTS (dealer, "x", "", "y");
    raw_expect (fd, LITERAL ("\1\1x\1\0\0\1y"));
    SEND_BYTES (dealer, body, sizeof body, 0);
    raw_expect (fd, LITERAL ("\2\0\0\0\0\0\0\1\54"));
    raw_expect (fd, body, sizeof body);
    close (fd);
}

SOCKET_TEST (v2_identity_names_the_peer)
{
    void *const router = open_socket (ZMQ_ROUTER);
    const int fd = raw_connect (bind_any (router, TCP));
    CHECK_INT (ROUTER, zmtp2_handshake (fd, DEALER, "peer"));
    zmtp_send_frame (fd, 0, "hello", 5);
    RECV_PARTS (router, "peer", "hello");
    SEND_PARTS (router, "peer", "back");
    zmtp_expect_frame (fd, 0, "back");
    close (fd);
}

SOCKET_TEST (v2_request_and_reply)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const rep = open_socket (ZMQ_REP), *const req = open_socket (ZMQ_REQ);
    const int asks = raw_connect (bind_any (rep, TCP));
    CHECK_INT (REP, zmtp2_handshake (asks, REQ, ""));
    raw_send (asks, LITERAL ("\1\0\0\1q"));
    RECV (rep, "q");
    SEND (rep, "a");
    raw_expect (asks, LITERAL ("\1\0\0\1a"));
    close (asks);
    connect_to (req, endpoint);
    SEND (req, "q");
    const int answers = raw_accept (listener);
    CHECK_INT (REQ, zmtp2_handshake (answers, REP, ""));
    raw_expect (answers, LITERAL ("\1\0\0\1q"));
    raw_send (answers, LITERAL ("\1\0\0\1a"));
    RECV (req, "a");
    close (answers);
    close (listener);
}

SOCKET_TEST (v2_subscriptions_are_messages)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const xpub = open_socket (ZMQ_XPUB), *const sub = open_socket (ZMQ_SUB);
    const int in = raw_connect (bind_any (xpub, TCP));
    zmtp2_handshake (in, SUB, "");
    zmtp_send_frame (in, 0, "\1A", 2);
    RECV (xpub, "\1A");
    SEND (xpub, "B");
    SEND (xpub, "A");
    zmtp_expect_frame (in, 0, "A");
    close (in);
    subscribe (sub, "T");
    connect_to (sub, endpoint);
    const int out = raw_accept (listener);
    CHECK_INT (SUB, zmtp2_handshake (out, PUB, ""));
    raw_expect (out, LITERAL ("\0\2\1T"));
    zmtp_send_frame (out, 0, "T1", 2);
    RECV (sub, "T1");
    close (out);
    close (listener);
}

SOCKET_TEST (v2_connections_send_no_heartbeats)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    set_int (dealer, ZMQ_HEARTBEAT_IVL, 10);
    const int fd = raw_connect (bind_any (dealer, TCP));
    zmtp2_handshake (fd, DEALER, "");
    raw_expect_silence (fd);
    SEND (dealer, "alive");
    zmtp_expect_frame (fd, 0, "alive");
    close (fd);
}

SOCKET_TEST (v2_push_and_pull)
{
    void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
    const int in = raw_connect (bind_any (push, TCP)), out = raw_connect (bind_any (pull, TCP));
    CHECK_INT (PUSH, zmtp2_handshake (in, PULL, ""));
    CHECK_INT (PULL, zmtp2_handshake (out, PUSH, ""));
    for (int i = 0; i < 100; i++) {
        SEND (push, "work");
        zmtp_send_frame (out, 0, "result", 6);
    }
    for (int i = 0; i < 100; i++) {
        zmtp_expect_frame (in, 0, "work");
        RECV (pull, "result");
    }
    close (in);
    close (out);
}

SOCKET_TEST (v1_identity_and_messages)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    const int fd = raw_connect (bind_any (dealer, TCP));
    raw_send (fd, LITERAL ("\1\0")); /* an identity of no bytes */
    raw_expect (fd, "\377\0\0\0\0\0\0\0\1\177", 10); /* reads as one in the long form */
    raw_send (fd, LITERAL ("\4\1one\4\0two"));
    RECV_PARTS (dealer, "one", "two");
    raw_send (fd, LITERAL ("\377\0\0\0\0\0\0\0\4\0abc"));
    RECV (dealer, "abc");
    SEND_PARTS (dealer, "x", "", "y");
    raw_expect (fd, LITERAL ("\2\1x\1\1\2\0y"));
    close (fd);
}

SOCKET_TEST (v1_long_frames_begin_at_255_bytes_with_the_flags)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    char body[256];
    memset (body, 'w', sizeof body);
    const int fd = raw_connect (bind_any (dealer, TCP));
    zmtp1_handshake (fd, "");
    SEND_BYTES (dealer, body, 253, 0);
    raw_expect (fd, "\376\0", 2);
    raw_expect (fd, body, 253);
    SEND_BYTES (dealer, body, 254, 0);
    raw_expect (fd, "\377\0\0\0\0\0\0\0\377\0", 10);
    raw_expect (fd, body, 254);
    SEND_BYTES (dealer, body, 256, 0);
    raw_expect (fd, "\377\0\0\0\0\0\0\1\1\0", 10);
    raw_expect (fd, body, 256);
    for (size_t size = 252; size <= 256; size++) {
        zmtp1_send_frame (fd, 0, body, size);
        RECV_BYTES (dealer, body, size, 0);
    }
    close (fd);
}

SOCKET_TEST (v1_identities_go_both_ways)
{
    void *const router = open_socket (ZMQ_ROUTER);
    set_str (router, ZMQ_ROUTING_ID, "server");
    const int fd = raw_connect (bind_any (router, TCP));
    raw_send (fd, LITERAL ("\5\0peer\6\0hello"));
    raw_expect (fd, "\377\0\0\0\0\0\0\0\7\177server", 16);
    RECV_PARTS (router, "peer", "hello");
    SEND_PARTS (router, "peer", "back");
    raw_expect (fd, LITERAL ("\5\0back"));
    close (fd);
}

SOCKET_TEST (v1_subscribers_get_everything)
{
    /* RFC 13 has no subscriptions on the wire: the subscriber filters. */
    void *const pub = open_socket (ZMQ_PUB);
    const int fd = raw_connect (bind_any (pub, TCP));
    zmtp1_handshake (fd, "");
    struct frame frame;
    const int64_t deadline = now_ms () + patience_ms ();
    do {
        CHECK (now_ms () < deadline);
        SEND (pub, "anything");
    } while (!raw_readable (fd, 2));
    zmtp1_recv_frame (fd, &frame);
    CHECK_BYTES ("anything", 8, frame.body, frame.size);
    CHECK_INT (0, frame.flags);
    close (fd);
}

SOCKET_TEST (v1_publishers_are_filtered_by_the_subscriber)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const sub = open_socket (ZMQ_SUB);
    subscribe (sub, "A");
    connect_to (sub, endpoint);
    const int fd = raw_accept (listener);
    zmtp1_handshake (fd, "");
    raw_send (fd, LITERAL ("\2\0B\2\0A\2\1A\2\0B"));
    RECV (sub, "A");
    RECV_PARTS (sub, "A", "B");
    RECV_NOTHING (sub);
    close (fd);
    close (listener);
}

SOCKET_TEST (v1_request_and_reply)
{
    void *const rep = open_socket (ZMQ_REP);
    const int fd = raw_connect (bind_any (rep, TCP));
    zmtp1_handshake (fd, "");
    raw_send (fd, LITERAL ("\1\1\2\0q"));
    RECV (rep, "q");
    SEND (rep, "a");
    raw_expect (fd, LITERAL ("\1\1\2\0a"));
    close (fd);
}

SOCKET_TEST (v1_byte_by_byte)
{
    void *const pull = open_socket (ZMQ_PULL);
    const int fd = raw_connect (bind_any (pull, TCP));
    raw_send_slowly (fd, LITERAL ("\1\0\4\1one\377\0\0\0\0\0\0\0\4\0two\1\0"));
    RECV_PARTS (pull, "one", "two");
    RECV (pull, "");
    close (fd);
}
