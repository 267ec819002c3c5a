/*  What zmq_msg_gets and zmq_msg_get tell about received messages: the peer's metadata, its address, its file
 *  descriptor. */

#include "harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static void recv_msg (void *socket, zmq_msg_t *msg)
{
    CHECK_OK (zmq_msg_init (msg));
    CHECK (zmq_msg_recv (msg, socket, 0) >= 0);
}

/*  The man page's name for the routing id; libzmq keeps it under the name it has on the wire. */
static void check_routing_id (zmq_msg_t *msg, const char *expected)
{
    CHECK_STR (expected, zmq_msg_gets (msg, "Identity"));
    if (DIFFERS ("zmq_msg_gets knows Routing-Id, as its man page says"))
        CHECK_STR (expected, zmq_msg_gets (msg, "Routing-Id"));
    else
        CHECK_NULL_ERRNO (EINVAL, zmq_msg_gets (msg, "Routing-Id"));
}

TEST (socket_type_and_routing_id_of_the_peer)
{
    for (enum transport transport = TCP; transport <= IPC; transport++) {
        void *const ctx = new_ctx ();
        void *const server = new_socket (ctx, ZMQ_DEALER);
        void *const client = new_socket (ctx, ZMQ_DEALER);
        char endpoint[ENDPOINT_MAX];
        zmq_msg_t msg;
        bind_fresh (server, transport, endpoint);
        set_str (client, ZMQ_ROUTING_ID, "client");
        CHECK_OK (zmq_connect (client, endpoint));
        SEND (client, "x");
        recv_msg (server, &msg);
        CHECK_STR ("DEALER", zmq_msg_gets (&msg, "Socket-Type"));
        check_routing_id (&msg, "client");
        CHECK_NULL_ERRNO (EINVAL, zmq_msg_gets (&msg, "User-Id"));
        CHECK_NULL_ERRNO (EINVAL, zmq_msg_gets (&msg, "No-Such-Property"));
        CHECK_NULL_ERRNO (EINVAL, zmq_msg_gets (&msg, "socket-type"));
        CHECK_OK (zmq_msg_close (&msg));

        SEND (server, "y");
        recv_msg (client, &msg);
        CHECK_STR ("DEALER", zmq_msg_gets (&msg, "Socket-Type"));
        check_routing_id (&msg, "");
        CHECK_OK (zmq_msg_close (&msg));
        close_socket (client);
        close_socket (server);
        term_ctx (ctx);
    }
}

TEST (every_socket_type_announces_its_name)
{
    static const struct
    {
        int sender, receiver;
        const char *name;
    } pairs[] = {{ZMQ_PAIR, ZMQ_PAIR, "PAIR"},       {ZMQ_PUB, ZMQ_SUB, "PUB"},      {ZMQ_XPUB, ZMQ_SUB, "XPUB"},
                 {ZMQ_REQ, ZMQ_ROUTER, "REQ"},       {ZMQ_DEALER, ZMQ_REP, "DEALER"}, {ZMQ_PUSH, ZMQ_PULL, "PUSH"},
                 {ZMQ_DEALER, ZMQ_ROUTER, "DEALER"}};
    void *const ctx = new_ctx ();
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        void *sender, *receiver;
        zmq_msg_t msg;
        connected_pair (ctx, TCP, pairs[i].sender, &sender, pairs[i].receiver, &receiver, NULL);
        if (pairs[i].receiver == ZMQ_SUB) {
            /* Publishing until the subscription has arrived. */
            subscribe (receiver, "");
            zmq_msg_init (&msg);
            WAIT_UNTIL (zmq_send (sender, "", 0, 0) == 0 && zmq_msg_recv (&msg, receiver, ZMQ_DONTWAIT) >= 0);
        } else {
            if (pairs[i].receiver == ZMQ_REP)
                SEND_MORE (sender, "");
            SEND (sender, "x");
            recv_msg (receiver, &msg);
        }
        CHECK_STR (pairs[i].name, zmq_msg_gets (&msg, "Socket-Type"));
        CHECK_OK (zmq_msg_close (&msg));
        close_socket (sender);
        close_socket (receiver);
    }
    term_ctx (ctx);
}

TEST (peer_address_over_tcp_is_the_ip_without_a_port)
{
    void *const ctx = new_ctx ();
    void *server, *client;
    zmq_msg_t msg;
    connected_pair (ctx, TCP, ZMQ_PULL, &server, ZMQ_PUSH, &client, NULL);
    SEND (client, "x");
    recv_msg (server, &msg);
    CHECK_STR ("127.0.0.1", zmq_msg_gets (&msg, "Peer-Address"));
    CHECK_OK (zmq_msg_close (&msg));
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
}

TEST (peer_address_over_ipc_tells_who)
{
    void *const ctx = new_ctx ();
    void *server, *client;
    char expected[64];
    zmq_msg_t msg;
    connected_pair (ctx, IPC, ZMQ_PULL, &server, ZMQ_PUSH, &client, NULL);
    SEND (client, "x");
    recv_msg (server, &msg);
    snprintf (expected, sizeof expected, "localhost:%d:%d:%d", (int) getuid (), (int) getgid (), (int) getpid ());
    CHECK_STR (expected, zmq_msg_gets (&msg, "Peer-Address"));
    CHECK_OK (zmq_msg_close (&msg));
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
}

TEST (every_frame_of_a_message_has_the_properties)
{
    void *const ctx = new_ctx ();
    void *server, *client;
    zmq_msg_t msg;
    connected_pair (ctx, TCP, ZMQ_PULL, &server, ZMQ_PUSH, &client, NULL);
    SEND_MORE (client, "a");
    SEND_MORE (client, "b");
    SEND (client, "c");
    for (int i = 0; i < 3; i++) {
        recv_msg (server, &msg);
        CHECK_INT (i < 2, zmq_msg_more (&msg));
        CHECK_INT (i < 2, zmq_msg_get (&msg, ZMQ_MORE));
        CHECK_STR ("PUSH", zmq_msg_gets (&msg, "Socket-Type"));
        CHECK_OK (zmq_msg_close (&msg));
    }
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
}

TEST (properties_outlive_connection_socket_and_context_and_go_with_copies)
{
    void *const ctx = new_ctx ();
    void *server, *client;
    zmq_msg_t msg, copy, moved;
    connected_pair (ctx, TCP, ZMQ_PULL, &server, ZMQ_PUSH, &client, NULL);
    SEND (client, "x");
    recv_msg (server, &msg);
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
    CHECK_STR ("PUSH", zmq_msg_gets (&msg, "Socket-Type"));
    CHECK_OK (zmq_msg_init (&copy));
    CHECK_OK (zmq_msg_copy (&copy, &msg));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_STR ("PUSH", zmq_msg_gets (&copy, "Socket-Type"));
    CHECK_OK (zmq_msg_init (&moved));
    CHECK_OK (zmq_msg_move (&moved, &copy));
    CHECK_NULL_ERRNO (EINVAL, zmq_msg_gets (&copy, "Socket-Type"));
    CHECK_STR ("127.0.0.1", zmq_msg_gets (&moved, "Peer-Address"));
    CHECK_OK (zmq_msg_close (&moved));
    CHECK_OK (zmq_msg_close (&copy));
}

TEST (properties_do_not_travel_on_when_a_message_is_forwarded)
{
    void *const ctx = new_ctx ();
    void *server, *client, *in, *out;
    zmq_msg_t msg;
    connected_pair (ctx, TCP, ZMQ_PULL, &server, ZMQ_PUSH, &client, NULL);
    connected_pair (ctx, INPROC, ZMQ_PAIR, &in, ZMQ_PAIR, &out, NULL);
    SEND (client, "x");
    recv_msg (server, &msg);
    CHECK_INT (1, zmq_msg_send (&msg, in, 0));
    recv_msg (out, &msg);
    CHECK_NULL_ERRNO (EINVAL, zmq_msg_gets (&msg, "Socket-Type"));
    CHECK_OK (zmq_msg_close (&msg));
    close_socket (client);
    close_socket (server);
    close_socket (in);
    close_socket (out);
    term_ctx (ctx);
}

TEST (inproc_messages_have_no_properties)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    zmq_msg_t msg;
    connected_pair (ctx, INPROC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    SEND (a, "x");
    recv_msg (b, &msg);
    CHECK_NULL_ERRNO (EINVAL, zmq_msg_gets (&msg, "Socket-Type"));
    CHECK_NULL_ERRNO (EINVAL, zmq_msg_gets (&msg, "Peer-Address"));
    CHECK_INT (-1, zmq_msg_get (&msg, ZMQ_SRCFD));
    CHECK_OK (zmq_msg_close (&msg));
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

TEST (srcfd_is_the_connection_s_descriptor)
{
    void *const ctx = new_ctx ();
    void *server, *client;
    zmq_msg_t msg;
    connected_pair (ctx, TCP, ZMQ_PULL, &server, ZMQ_PUSH, &client, NULL);
    SEND (client, "x");
    recv_msg (server, &msg);
    const int fd = zmq_msg_get (&msg, ZMQ_SRCFD);
    CHECK (fd >= 0);
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    CHECK_OK (getpeername (fd, (struct sockaddr *) &address, &size));
    CHECK_INT (AF_INET, address.sin_family);
    CHECK_INT (INADDR_LOOPBACK, ntohl (address.sin_addr.s_addr));
    CHECK_OK (zmq_msg_close (&msg));
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
}

TEST (metadata_a_peer_sends_in_ready_can_be_read)
{
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    static const uint8_t ready[] = "\5READY"
                                   "\13Socket-Type\0\0\0\4PUSH"
                                   "\10Identity\0\0\0\2me"
                                   "\7X-Thing\0\0\0\5value"
                                   "\10Resource\0\0\0\3res";
    static struct frame theirs;
    uint8_t greeting[64];
    zmq_msg_t msg;
    bind_fresh (server, TCP, endpoint);
    const int fd = raw_connect (endpoint);
    zmtp3_greeting (fd, 0, "NULL", false, greeting);
    zmtp_send_frame (fd, ZMTP_COMMAND, ready, sizeof ready - 1);
    zmtp_recv_frame (fd, &theirs);
    zmtp_send_frame (fd, 0, "hello", 5);
    recv_msg (server, &msg);
    CHECK_BYTES ("hello", 5, zmq_msg_data (&msg), zmq_msg_size (&msg));
    CHECK_STR ("PUSH", zmq_msg_gets (&msg, "Socket-Type"));
    check_routing_id (&msg, "me");
    CHECK_STR ("value", zmq_msg_gets (&msg, "X-Thing"));
    CHECK_STR ("res", zmq_msg_gets (&msg, "Resource"));
    CHECK_OK (zmq_msg_close (&msg));
    close (fd);
    close_socket (server);
    term_ctx (ctx);
}

DRAFT_TEST (metadata_option_is_seen_by_the_peer)
{
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_DEALER);
    void *const client = new_socket (ctx, ZMQ_DEALER);
    char endpoint[ENDPOINT_MAX];
    zmq_msg_t msg;
    set_str (client, ZMQ_METADATA, "X-key:value");
    set_str (client, ZMQ_METADATA, "X-other:more:colons");
    bind_fresh (server, TCP, endpoint);
    CHECK_OK (zmq_connect (client, endpoint));
    SEND (client, "x");
    recv_msg (server, &msg);
    CHECK_STR ("value", zmq_msg_gets (&msg, "X-key"));
    CHECK_STR ("more:colons", zmq_msg_gets (&msg, "X-other"));
    CHECK_OK (zmq_msg_close (&msg));
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
}
