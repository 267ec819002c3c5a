/*  ROUTER's names of its peers: chosen by the peer, by the library or by the application, and what happens when two
 *  peers have one. */

#include "fixture.h"

static void *named_dealer (const char *endpoint, const char *name)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    set_int (dealer, ZMQ_RECONNECT_IVL, -1); /* who is turned away stays away */
    set_str (dealer, ZMQ_ROUTING_ID, name);
    connect_to (dealer, endpoint);
    return dealer;
}

SOCKET_TEST (the_second_peer_of_a_name_is_turned_away)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER);
        const char *const endpoint = bind_any (router, t);
        void *const first = named_dealer (endpoint, "X");
        SEND (first, "1");
        RECV_PARTS (router, "X", "1");
        void *const second = named_dealer (endpoint, "X");
        SEND (second, "2");
        expect_silence (router);
        SEND_PARTS (router, "X", "to the first");
        RECV (first, "to the first");
        SEND (first, "3");
        RECV_PARTS (router, "X", "3");
        finish ();
    }
}

SOCKET_TEST (handover_gives_the_name_to_the_newcomer)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER);
        set_int (router, ZMQ_ROUTER_HANDOVER, 1);
        const char *const endpoint = bind_any (router, t);
        void *const first = named_dealer (endpoint, "X");
        SEND (first, "1");
        RECV_PARTS (router, "X", "1");
        void *const second = named_dealer (endpoint, "X");
        SEND (second, "2");
        RECV_PARTS (router, "X", "2");
        SEND_PARTS (router, "X", "to the second");
        RECV (second, "to the second");
        RECV_NOTHING (first);
        finish ();
    }
}

SOCKET_TEST (a_name_is_free_again_after_its_owner_left)
{
    FOR_EACH_TRANSPORT (t) {
        void *const router = open_socket (ZMQ_ROUTER);
        const char *const endpoint = bind_any (router, t);
        void *const first = named_dealer (endpoint, "X");
        SEND (first, "1");
        RECV_PARTS (router, "X", "1");
        shut (first);
        /* When the router has forgotten the first shows in nothing but that a newcomer is heard. */
        void *second = named_dealer (endpoint, "X");
        SEND (second, "2");
        const int64_t deadline = now_ms () + patience_ms ();
        while (!ready_within (router, ZMQ_POLLIN, 50)) {
            CHECK (now_ms () < deadline);
            shut (second);
            second = named_dealer (endpoint, "X");
            SEND (second, "2");
        }
        RECV_PARTS (router, "X", "2");
        finish ();
    }
}

SOCKET_TEST (names_of_any_bytes_up_to_255)
{
    void *const router = open_socket (ZMQ_ROUTER), *const dealer = open_socket (ZMQ_DEALER);
    char name[255];
    memset (name, 0xff, sizeof name);
    name[3] = 0;
    CHECK_OK (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, name, sizeof name));
    join (router, dealer, TCP);
    SEND (dealer, "x");
    RECV_BYTES (router, name, sizeof name, 1);
    RECV (router, "x");
    SEND_BYTES (router, name, sizeof name, ZMQ_SNDMORE);
    SEND (router, "y");
    RECV (dealer, "y");
}

SOCKET_TEST (a_wire_peer_may_name_itself_with_the_reserved_zero)
{
    /* libzmq lets it pass when the handshake says so. The name is the peer's then. */
    void *const router = open_socket (ZMQ_ROUTER);
    const int fd = raw_connect (bind_any (router, TCP));
    uint8_t greeting[64];
    struct frame ready;
    zmtp3_greeting (fd, 1, "NULL", false, greeting);
    zmtp_send_frame (fd, ZMTP_COMMAND, LITERAL ("\5READY\013Socket-Type\0\0\0\6DEALER\10Identity\0\0\0\2\0A"));
    zmtp_recv_frame (fd, &ready);
    zmtp_send_frame (fd, 0, "x", 1);
    RECV_BYTES (router, "\0A", 2, 1);
    RECV (router, "x");
    close (fd);
}

SOCKET_TEST (connect_routing_id_names_the_peer_from_this_side)
{
    FOR_EACH_TRANSPORT (t) {
        void *const server = open_socket (ZMQ_ROUTER), *const client = open_socket (ZMQ_ROUTER);
        set_str (server, ZMQ_ROUTING_ID, "server's own name");
        set_str (client, ZMQ_ROUTING_ID, "C");
        const char *const endpoint = bind_any (server, t);
        set_str (client, ZMQ_CONNECT_ROUTING_ID, "S");
        connect_to (client, endpoint);
        SEND_PARTS (client, "S", "hello"); /* at once: the name needs no handshake */
        RECV_PARTS (server, "C", "hello");
        SEND_PARTS (server, "C", "back");
        RECV_PARTS (client, "S", "back");
        finish ();
    }
}

SOCKET_TEST (connect_routing_id_holds_for_one_connect)
{
    void *const client = open_socket (ZMQ_ROUTER), *const first = open_socket (ZMQ_ROUTER),
               *const second = open_socket (ZMQ_ROUTER);
    set_int (client, ZMQ_ROUTER_MANDATORY, 1);
    set_str (client, ZMQ_ROUTING_ID, "C");
    set_str (second, ZMQ_ROUTING_ID, "second's own");
    set_str (client, ZMQ_CONNECT_ROUTING_ID, "F");
    connect_to (client, bind_any (first, TCP));
    connect_to (client, bind_any (second, TCP));
    SEND_PARTS (client, "F", "x");
    RECV_PARTS (first, "C", "x");
    WAIT_UNTIL (zmq_send (second, "C", 1, ZMQ_SNDMORE) == 1 && zmq_send (second, "y", 1, 0) == 1 &&
               ready_within (client, ZMQ_POLLIN, 5));
    RECV_PARTS (client, "second's own", "y");
}

SOCKET_TEST (routing_id_values_are_checked)
{
    char name[256];
    memset (name, 'x', sizeof name);
    void *const dealer = open_socket (ZMQ_DEALER);
    CHECK_ERRNO (EINVAL, zmq_setsockopt (dealer, ZMQ_ROUTING_ID, name, 256));
    CHECK_ERRNO (EINVAL, zmq_setsockopt (dealer, ZMQ_ROUTING_ID, name, 0));
    CHECK_OK (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, name, 255));
    void *const router = open_socket (ZMQ_ROUTER);
    CHECK_ERRNO (EINVAL, zmq_setsockopt (dealer, ZMQ_CONNECT_ROUTING_ID, "x", 1));
    CHECK_ERRNO (EINVAL, zmq_setsockopt (router, ZMQ_CONNECT_ROUTING_ID, "", 0));
}
