/*  The draft socket types of one-part messages: CLIENT and SERVER, PEER, CHANNEL, SCATTER and GATHER. */

#include "fixture.h"

/*  Receives a text and says from whom. */
static uint32_t recv_from (void *socket, const char *expected)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK (zmq_msg_recv (&msg, socket, 0) >= 0);
    CHECK_BYTES (expected, strlen (expected), zmq_msg_data (&msg), zmq_msg_size (&msg));
    CHECK (!zmq_msg_more (&msg));
    const uint32_t id = zmq_msg_routing_id (&msg);
    CHECK_OK (zmq_msg_close (&msg));
    return id;
}

/*  The result of sending a text to a peer, with errno. */
static int send_to (void *socket, uint32_t id, const char *text)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, strlen (text)));
    memcpy (zmq_msg_data (&msg), text, strlen (text));
    CHECK_OK (zmq_msg_set_routing_id (&msg, id));
    const int sent = zmq_msg_send (&msg, socket, 0);
    const int error = errno;
    CHECK_OK (zmq_msg_close (&msg));
    errno = error;
    return sent;
}

SOCKET_DRAFT_TEST (a_server_answers_each_client_by_its_routing_id)
{
    FOR_EACH_TRANSPORT (t) {
        void *const server = open_socket (ZMQ_SERVER);
        void *const a = open_socket (ZMQ_CLIENT), *const b = open_socket (ZMQ_CLIENT);
        const char *const endpoint = bind_any (server, t);
        connect_to (a, endpoint);
        connect_to (b, endpoint);
        SEND (a, "from a");
        const uint32_t id_of_a = recv_from (server, "from a");
        SEND (b, "from b");
        const uint32_t id_of_b = recv_from (server, "from b");
        CHECK (id_of_a && id_of_b && id_of_a != id_of_b);
        CHECK_INT (6, send_to (server, id_of_a, "to a 1"));
        CHECK_INT (6, send_to (server, id_of_b, "to b 1"));
        CHECK_INT (6, send_to (server, id_of_a, "to a 2"));
        CHECK_INT (0, recv_from (a, "to a 1"));
        recv_from (a, "to a 2");
        recv_from (b, "to b 1");
        SEND (a, "again");
        CHECK_INT (id_of_a, recv_from (server, "again"));
        finish ();
    }
}

SOCKET_DRAFT_TEST (a_server_knows_nobody_else)
{
    void *const server = open_socket (ZMQ_SERVER), *const client = open_socket (ZMQ_CLIENT);
    CHECK_ERRNO (EHOSTUNREACH, zmq_send (server, "x", 1, 0));
    CHECK_ERRNO (EHOSTUNREACH, send_to (server, 1, "x"));
    join (server, client, TCP);
    SEND (client, "hello");
    const uint32_t id = recv_from (server, "hello");
    CHECK_ERRNO (EHOSTUNREACH, send_to (server, id + 1, "x"));
    shut (client);
    /* libzmq finds the end of the connection when it reads. */
    set_int (server, ZMQ_SNDTIMEO, 0);
    WAIT_UNTIL (zmq_recv (server, NULL, 0, ZMQ_DONTWAIT) == -1 && send_to (server, id, "x") == -1
                && errno == EHOSTUNREACH);
}

SOCKET_DRAFT_TEST (a_server_may_send_a_client_away)
{
    void *const server = open_socket (ZMQ_SERVER), *const client = open_socket (ZMQ_CLIENT);
    join (server, client, TCP);
    SEND (client, "hello");
    const uint32_t id = recv_from (server, "hello");
    CHECK_ERRNO (EHOSTUNREACH, zmq_disconnect_peer (server, id + 1));
    CHECK_OK (zmq_disconnect_peer (server, id));
    WAIT_UNTIL (send_to (server, id, "x") == -1 && errno == EHOSTUNREACH);
    CHECK_ERRNO (ENOTSUP, zmq_disconnect_peer (client, id));
}

SOCKET_DRAFT_TEST (peers_are_told_apart_by_who_connected_to_them)
{
    FOR_EACH_TRANSPORT (t) {
        void *const a = open_socket (ZMQ_PEER), *const b = open_socket (ZMQ_PEER);
        const char *const endpoint = bind_any (a, t);
        const uint32_t id_of_a = zmq_connect_peer (b, endpoint);
        CHECK (id_of_a != 0);
        CHECK_INT (5, send_to (b, id_of_a, "there"));
        const uint32_t id_of_b = recv_from (a, "there");
        CHECK_INT (4, send_to (a, id_of_b, "back"));
        CHECK_INT (id_of_a, recv_from (b, "back"));
        finish ();
    }
}

SOCKET_DRAFT_TEST (only_a_peer_connects_by_number)
{
    void *const peer = open_socket (ZMQ_PEER), *const server = open_socket (ZMQ_SERVER);
    char endpoint[ENDPOINT_MAX];
    bind_fresh (server, TCP, endpoint);
    errno = 0;
    CHECK (zmq_connect_peer (server, endpoint) == 0);
    CHECK (zmq_errno () == ENOTSUP);
    set_int (peer, ZMQ_IMMEDIATE, 1);
    errno = 0;
    CHECK (zmq_connect_peer (peer, endpoint) == 0);
    CHECK (zmq_errno () == EFAULT);
}

SOCKET_DRAFT_TEST (a_channel_has_one_peer)
{
    FOR_EACH_TRANSPORT (t) {
        void *const a = open_socket (ZMQ_CHANNEL), *const b = open_socket (ZMQ_CHANNEL);
        const char *const endpoint = join (a, b, t);
        SEND (b, "there");
        recv_from (a, "there");
        SEND (a, "back");
        recv_from (b, "back");
        void *const third = open_socket (ZMQ_CHANNEL);
        connect_to (third, endpoint);
        SEND (a, "to the first");
        recv_from (b, "to the first");
        CHECK (!ready_within (third, ZMQ_POLLIN, SILENCE_MS));
        finish ();
    }
}

SOCKET_DRAFT_TEST (what_is_scattered_is_gathered)
{
    FOR_EACH_TRANSPORT (t) {
        void *const scatter = open_socket (ZMQ_SCATTER);
        void *const a = open_socket (ZMQ_GATHER), *const b = open_socket (ZMQ_GATHER);
        const char *const endpoint = bind_any (scatter, t);
        connect_to (a, endpoint);
        SEND (scatter, "first");
        recv_from (a, "first");
        connect_to (b, endpoint);
        /* In turn, as soon as both are there. */
        do
            SEND (scatter, "x");
        while (!ready_within (b, ZMQ_POLLIN, 1));
        recv_from (b, "x");
        recv_from (a, "x");
        CHECK_ERRNO (ENOTSUP, zmq_recv (scatter, NULL, 0, 0));
        CHECK_ERRNO (ENOTSUP, zmq_send (a, "x", 1, 0));
        finish ();
    }
}

SOCKET_DRAFT_TEST (their_messages_have_one_part)
{
    static const int types[] = {ZMQ_CLIENT, ZMQ_SERVER, ZMQ_PEER, ZMQ_CHANNEL, ZMQ_SCATTER};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        CHECK_ERRNO (EINVAL, zmq_send (open_socket (types[i]), "x", 1, ZMQ_SNDMORE));
}
