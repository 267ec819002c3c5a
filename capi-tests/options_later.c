/*  When a new value of an option counts: for what is bound and connected afterwards, for peers that come afterwards, or
 *  for the next connection only. */

#include "fixture.h"

/*  Receives what the other socket sends as soon as it takes notice of its new peer. */
static void recv_from_attending (void *attending, void *socket, const char *text)
{
    WAIT_UNTIL (get_int (attending, ZMQ_EVENTS) >= 0 && get_int (socket, ZMQ_EVENTS) & ZMQ_POLLIN);
    RECV (socket, text);
}

SOCKET_TEST (a_routing_id_counts_for_later_endpoints)
{
    void *const dealer = open_socket (ZMQ_DEALER), *const router = open_socket (ZMQ_ROUTER);
    const char *const before = free_endpoint (TCP);
    connect_to (dealer, before);
    set_str (dealer, ZMQ_ROUTING_ID, "late");
    bind_to (router, before);
    SEND (dealer, "hello");
    char id[256];
    CHECK_INT (5, recv_frame (router, id, sizeof id));
    CHECK_INT (0, id[0]); /* one that the ROUTER made */
    RECV (router, "hello");
    const char *const after = bind_any (router, TCP);
    connect_to (dealer, after);
    CHECK_OK (zmq_disconnect (dealer, before));
    SEND (dealer, "again");
    RECV_PARTS (router, "late", "again");
}

SOCKET_TEST (a_message_size_counts_for_later_endpoints)
{
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    const char *const endpoint = bind_any (pull, TCP);
    const int64_t limit = 3;
    CHECK_OK (zmq_setsockopt (pull, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    connect_to (push, endpoint);
    SEND (push, "longer than that");
    RECV (pull, "longer than that");
}

SOCKET_TEST (a_mechanism_counts_for_later_endpoints)
{
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    const char *const endpoint = bind_any (pull, TCP);
    set_int (pull, ZMQ_PLAIN_SERVER, 1);
    connect_to (push, endpoint);
    SEND (push, "no password");
    RECV (pull, "no password");
}

SOCKET_TEST (conflation_counts_for_later_endpoints)
{
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    const char *const endpoint = bind_any (pull, TCP);
    connect_to (push, endpoint);
    set_int (pull, ZMQ_CONFLATE, 1);
    set_int (push, ZMQ_CONFLATE, 1);
    char text[16];
    for (int i = 0; i < 20; i++) {
        snprintf (text, sizeof text, "%d", i);
        SEND (push, text);
    }
    for (int i = 0; i < 20; i++) {
        snprintf (text, sizeof text, "%d", i);
        RECV (pull, text);
    }
}

SOCKET_TEST (raw_mode_counts_for_later_endpoints)
{
    void *const router = open_socket (ZMQ_ROUTER), *const dealer = open_socket (ZMQ_DEALER);
    const char *const endpoint = bind_any (router, TCP);
    connect_to (dealer, endpoint);
    SEND (dealer, "zmtp");
    char id[256];
    recv_frame (router, id, sizeof id);
    RECV (router, "zmtp");
    set_int (router, ZMQ_ROUTER_RAW, 1);
    const int fd = raw_connect (bind_any (router, TCP));
    raw_send (fd, "raw", 3);
    recv_frame (router, id, sizeof id);
    RECV (router, ""); /* that the peer is there */
    recv_frame (router, id, sizeof id);
    RECV (router, "raw");
    close (fd);
}

SOCKET_TEST (a_probe_counts_for_later_peers)
{
    void *const router = open_socket (ZMQ_ROUTER), *const dealer = open_socket (ZMQ_DEALER);
    const char *const endpoint = bind_any (router, TCP);
    set_int (router, ZMQ_PROBE_ROUTER, 1);
    connect_to (dealer, endpoint);
    recv_from_attending (router, dealer, "");
}

SOCKET_TEST (a_welcome_message_counts_for_later_peers)
{
    void *const xpub = open_socket (ZMQ_XPUB), *const first = open_socket (ZMQ_SUB), *const second = open_socket (ZMQ_SUB);
    const char *const endpoint = bind_any (xpub, TCP);
    set_str (xpub, ZMQ_XPUB_WELCOME_MSG, "W one");
    subscribe (first, "W");
    connect_to (first, endpoint);
    recv_from_attending (xpub, first, "W one");
    set_str (xpub, ZMQ_XPUB_WELCOME_MSG, "W two");
    subscribe (second, "W");
    connect_to (second, endpoint);
    recv_from_attending (xpub, second, "W two");
}

SOCKET_TEST (handover_counts_for_later_peers)
{
    void *const router = open_socket (ZMQ_ROUTER), *const first = open_socket (ZMQ_DEALER),
               *const second = open_socket (ZMQ_DEALER);
    const char *const endpoint = bind_any (router, TCP);
    set_str (first, ZMQ_ROUTING_ID, "D");
    set_str (second, ZMQ_ROUTING_ID, "D");
    connect_to (first, endpoint);
    SEND (first, "1");
    RECV_PARTS (router, "D", "1");
    set_int (router, ZMQ_ROUTER_HANDOVER, 1);
    connect_to (second, endpoint);
    SEND (second, "2");
    RECV_PARTS (router, "D", "2");
    SEND_PARTS (router, "D", "for the second");
    RECV (second, "for the second");
}

SOCKET_TEST (a_peer_s_name_counts_for_the_next_connection_once)
{
    void *const router = open_socket (ZMQ_ROUTER), *const a = open_socket (ZMQ_DEALER), *const b = open_socket (ZMQ_DEALER);
    const char *const to_a = bind_any (a, TCP), *const to_b = bind_any (b, TCP);
    set_int (router, ZMQ_ROUTER_MANDATORY, 1);
    set_str (router, ZMQ_CONNECT_ROUTING_ID, "A");
    connect_to (router, to_a);
    connect_to (router, to_b);
    SEND_PARTS (router, "A", "for a");
    RECV (a, "for a");
    SEND (b, "from b");
    char id[256];
    CHECK_INT (5, recv_frame (router, id, sizeof id));
    RECV (router, "from b");
}
