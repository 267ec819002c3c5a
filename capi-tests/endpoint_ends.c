/*  zmq_disconnect and zmq_unbind with messages under way, and ZMQ_LAST_ENDPOINT after each step. */

#include "fixture.h"

static void expect_last (void *socket, const char *expected)
{
    char endpoint[ENDPOINT_MAX];
    last_endpoint (socket, endpoint);
    CHECK_STR (expected, endpoint);
}

SOCKET_TEST (the_last_endpoint_is_the_newest_and_survives_its_end)
{
    void *const socket = open_socket (ZMQ_DEALER);
    expect_last (socket, "");
    FOR_EACH_TRANSPORT (t) {
        const char *const bound = bind_any (socket, t);
        expect_last (socket, bound);
        const char *const connected = free_endpoint (t);
        connect_to (socket, connected);
        expect_last (socket, connected);
        CHECK_OK (zmq_unbind (socket, bound));
        expect_last (socket, connected);
        CHECK_OK (zmq_disconnect (socket, connected));
        expect_last (socket, connected);
        CHECK_ERRNO (ENOENT, zmq_unbind (socket, bound));
        CHECK_ERRNO (EINVAL, zmq_bind (socket, "nonsense"));
        CHECK_ERRNO (EINVAL, zmq_connect (socket, "nonsense"));
        expect_last (socket, connected);
    }
}

SOCKET_TEST (a_second_connect_to_one_endpoint_is_forgotten_by_some_types)
{
    static const int types[] = {ZMQ_DEALER, ZMQ_REQ, ZMQ_SUB, ZMQ_PUB, ZMQ_PUSH, ZMQ_PULL, ZMQ_ROUTER, ZMQ_XPUB};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *const socket = open_socket (types[i]);
        const char *const endpoint = free_endpoint (TCP);
        connect_to (socket, endpoint);
        connect_to (socket, endpoint);
        CHECK_OK (zmq_disconnect (socket, endpoint)); /* both at once, where there are two */
        CHECK_ERRNO (ENOENT, zmq_disconnect (socket, endpoint));
        finish ();
    }
}

SOCKET_TEST (over_inproc_what_a_peer_that_left_had_sent_survives_disconnect)
{
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    const char *const endpoint = bind_any (push, INPROC);
    connect_to (pull, endpoint);
    SEND_PARTS (push, "a", "b");
    SEND (push, "c");
    shut (push);
    settle ();
    CHECK (poll_for (pull, ZMQ_POLLIN));
    CHECK_OK (zmq_disconnect (pull, endpoint));
    RECV_PARTS (pull, "a", "b");
    RECV (pull, "c");
    RECV_NOTHING (pull);
}

SOCKET_TEST (what_a_living_peer_had_sent_goes_with_disconnect)
{
    FOR_EACH_TRANSPORT (t) {
        void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
        const char *const endpoint = bind_any (push, t);
        connect_to (pull, endpoint);
        SEND (push, "a");
        SEND (push, "b");
        RECV (pull, "a");
        CHECK (poll_for (pull, ZMQ_POLLIN));
        CHECK_OK (zmq_disconnect (pull, endpoint));
        RECV_NOTHING (pull);
        finish ();
    }
}

SOCKET_TEST (what_was_queued_before_unbind_or_disconnect_is_delivered)
{
    FOR_EACH_TRANSPORT (t)
        for (int unbind = 0; unbind < 2; unbind++) {
            void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
            set_int (push, ZMQ_LINGER, -1);
            const char *const endpoint = bind_any (unbind ? push : pull, t);
            connect_to (unbind ? pull : push, endpoint);
            if (unbind && t == INPROC) {
                finish (); /* unbinding leaves connections within the process alone: see below */
                continue;
            }
            for (int i = 0; i < 100; i++)
                SEND_PARTS (push, "a", "b");
            CHECK_OK (unbind ? zmq_unbind (push, endpoint) : zmq_disconnect (push, endpoint));
            for (int i = 0; i < 100; i++)
                RECV_PARTS (pull, "a", "b");
            if (!unbind)
                CHECK_ERRNO (EAGAIN, zmq_send (push, "x", 1, ZMQ_DONTWAIT));
            finish ();
        }
}

SOCKET_TEST (unbinding_within_the_process_leaves_connections_alone)
{
    void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL), *const late = open_socket (ZMQ_PULL);
    const char *const endpoint = join (push, pull, INPROC);
    CHECK_OK (zmq_unbind (push, endpoint));
    connect_to (late, endpoint); /* waits for the next who binds */
    for (int i = 0; i < 3; i++) {
        SEND (push, "m");
        RECV (pull, "m");
    }
    RECV_NOTHING (late);
    void *const heir = open_socket (ZMQ_PUSH);
    bind_to (heir, endpoint);
    SEND (heir, "n");
    RECV (late, "n");
    RECV_NOTHING (pull);
}

SOCKET_TEST (a_connect_that_waits_for_a_bind_can_be_taken_back)
{
    void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
    const char *const endpoint = free_endpoint (INPROC);
    connect_to (push, endpoint);
    SEND (push, "before");
    CHECK_OK (zmq_disconnect (push, endpoint));
    CHECK_ERRNO (EAGAIN, zmq_send (push, "x", 1, ZMQ_DONTWAIT));
    bind_to (pull, endpoint);
    settle ();
    RECV (pull, "before");
    RECV_NOTHING (pull);
}

SOCKET_TEST (disconnect_of_one_endpoint_leaves_the_others)
{
    enum { COUNT = 3 };
    void *const push = open_socket (ZMQ_PUSH);
    void *pulls[COUNT];
    const char *endpoints[COUNT];
    for (int i = 0; i < COUNT; i++) {
        pulls[i] = open_socket (ZMQ_PULL);
        endpoints[i] = join (pulls[i], push, INPROC);
    }
    SEND (push, "1");
    RECV (pulls[0], "1");
    CHECK_OK (zmq_disconnect (push, endpoints[1]));
    for (int i = 0; i < 4; i++)
        SEND (push, "m");
    CHECK_INT (2, drain (pulls[0], 0));
    CHECK_INT (0, drain (pulls[1], 0));
    CHECK_INT (2, drain (pulls[2], 0));
}
