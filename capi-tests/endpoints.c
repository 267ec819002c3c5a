/*  zmq_bind, zmq_connect, zmq_unbind, zmq_disconnect: what an endpoint may look like, and the errors of those that do not;
 *  ZMQ_LAST_ENDPOINT. */

#include "harness.h"

#define COUNT(array) (sizeof (array) / sizeof *(array))

static int last_error;

/*  Binds or connects a fresh socket and tells the errno (0 for success). */
static int attempt (int type, const char *endpoint, bool bind)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, type);
    errno = 0;
    const int result = bind ? zmq_bind (socket, endpoint) : zmq_connect (socket, endpoint);
    last_error = result == 0 ? 0 : zmq_errno ();
    close_socket (socket);
    term_ctx (ctx);
    return last_error;
}

#define EXPECT(expected, type, endpoint, bind)                                                                         \
    do {                                                                                                               \
        if (attempt (type, endpoint, bind) != (expected))                                                              \
            harness_fail (__FILE__, __LINE__, "%s \"%s\": expected %s (%d), got %d (%s)", bind ? "bind" : "connect",   \
                          endpoint, #expected, expected, last_error, zmq_strerror (last_error));                       \
    } while (0)
#define BIND(expected, endpoint) EXPECT (expected, ZMQ_DEALER, endpoint, true)
#define CONNECT(expected, endpoint) EXPECT (expected, ZMQ_DEALER, endpoint, false)

TEST (malformed_endpoints_give_einval)
{
    static const char *const endpoints[] = {"",       "tcp",     "tcp:",     "tcp:/",      "tcp://",
                                            "://x",   "tcp:///", "bogus",    "inproc://",  "ipc://",
                                            "tcp://*", "tcp://*:", "tcp://*:!", "tcp://127.0.0.1", "tcp://127.0.0.1:",
                                            "tcp://127.0.0.1:abc", "tcp://127.0.0.1:!", "tcp://;127.0.0.1:5555"};
    for (size_t i = 0; i < COUNT (endpoints); i++) {
        BIND (EINVAL, endpoints[i]);
        CONNECT (EINVAL, endpoints[i]);
    }
}

TEST (null_endpoint_gives_einval)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_DEALER);
    if (DIFFERS ("libzmq makes a std::string of it, which throws through the C interface")) {
        CHECK_ERRNO (EINVAL, zmq_bind (socket, NULL));
        CHECK_ERRNO (EINVAL, zmq_connect (socket, NULL));
    }
    CHECK_ERRNO (EINVAL, zmq_unbind (socket, NULL));
    CHECK_ERRNO (EINVAL, zmq_disconnect (socket, NULL));
    close_socket (socket);
    term_ctx (ctx);
}

TEST (unknown_protocols_give_eprotonosupport)
{
    BIND (EPROTONOSUPPORT, "bogus://x");
    CONNECT (EPROTONOSUPPORT, "bogus://x");
    BIND (EPROTONOSUPPORT, "TCP://127.0.0.1:*");
    CONNECT (EPROTONOSUPPORT, "Inproc://x");
    BIND (EPROTONOSUPPORT, " tcp://127.0.0.1:*");
    CONNECT (EPROTONOSUPPORT, "http://127.0.0.1:80");
}

TEST (protocols_of_other_socket_types_give_enocompatproto)
{
    static const int types[] = {ZMQ_PAIR, ZMQ_PUB,    ZMQ_SUB,  ZMQ_REQ,  ZMQ_REP,  ZMQ_DEALER,
                                ZMQ_ROUTER, ZMQ_PULL, ZMQ_PUSH, ZMQ_XPUB, ZMQ_XSUB, ZMQ_STREAM};
    for (size_t i = 0; i < COUNT (types); i++) {
        EXPECT (ENOCOMPATPROTO, types[i], "udp://127.0.0.1:5555", true);
        EXPECT (ENOCOMPATPROTO, types[i], "udp://127.0.0.1:5555", false);
    }
    const bool known = DIFFERS ("libzmq knows the protocol's name only where the protocol is built in");
    const int expected = zmq_has ("pgm") || known ? ENOCOMPATPROTO : EPROTONOSUPPORT;
    BIND (expected, "pgm://eth0;239.1.1.1:5555");
    CONNECT (expected, "epgm://eth0;239.1.1.1:5555");
}

TEST (protocols_that_are_not_built_in_give_eprotonosupport)
{
    if (!zmq_has ("vmci"))
        CONNECT (EPROTONOSUPPORT, "vmci://1:2");
    if (!zmq_has ("norm"))
        EXPECT (EPROTONOSUPPORT, ZMQ_PUB, "norm://127.0.0.1:5555", false);
    if (!zmq_has ("pgm"))
        EXPECT (EPROTONOSUPPORT, ZMQ_PUB, "pgm://lo;239.1.1.1:5555", false);
    if (!zmq_has ("WSS"))
        CONNECT (EPROTONOSUPPORT, "wss://127.0.0.1:5555");
}

TEST (interfaces_that_do_not_exist_give_enodev)
{
    BIND (ENODEV, "tcp://nosuchinterface:*");
    BIND (ENODEV, "tcp://nosuchinterface:5555");
    BIND (ENODEV, "tcp://999.1.1.1:*");
    BIND (ENODEV, "tcp://!:5555");
}

TEST (binding_by_name)
{
    if (SINCE_4_3_5 ("names of hosts bind too"))
        BIND (0, "tcp://localhost:*");
    else
        BIND (ENODEV, "tcp://localhost:*");
}

TEST (addresses_of_other_machines_give_eaddrnotavail)
{
    /* TEST-NET-1, which no machine has. */
    BIND (EADDRNOTAVAIL, "tcp://192.0.2.1:*");
    BIND (EADDRNOTAVAIL, "tcp://192.0.2.1:5555");
}

TEST (wildcards_are_for_binding_only)
{
    CONNECT (EINVAL, "tcp://*:*");
    CONNECT (EINVAL, "tcp://*:5555");
    CONNECT (EINVAL, "tcp://127.0.0.1:*");
}

TEST (connecting_looks_at_names_later)
{
    CONNECT (0, "tcp://localhost:5555");
    CONNECT (0, "tcp://no-such-host.invalid:5555");
    CONNECT (0, "tcp://192.0.2.1:5555");
    CONNECT (EINVAL, "tcp://no such:5555");
    CONNECT (EINVAL, "tcp://-x:5555");
    CONNECT (EINVAL, "tcp://127.0.0.1:5555/path");
    CONNECT (EINVAL, "tcp://127.0.0.1:5555 ");
}

TEST (bound_port_gives_eaddrinuse)
{
    void *const ctx = new_ctx ();
    void *const first = new_socket (ctx, ZMQ_DEALER), *const second = new_socket (ctx, ZMQ_DEALER);
    char endpoint[ENDPOINT_MAX];
    bind_fresh (first, TCP, endpoint);
    CHECK_ERRNO (EADDRINUSE, zmq_bind (second, endpoint));
    CHECK_ERRNO (EADDRINUSE, zmq_bind (first, endpoint));
    bind_fresh (second, TCP, endpoint); /* a failed bind spoils nothing */
    close_socket (first);
    close_socket (second);
    term_ctx (ctx);
}

TEST (failed_bind_leaves_last_endpoint_alone)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_DEALER);
    char before[ENDPOINT_MAX], after[ENDPOINT_MAX];
    bind_fresh (socket, TCP, before);
    CHECK_ERRNO (EPROTONOSUPPORT, zmq_bind (socket, "bogus://x"));
    CHECK_ERRNO (EINVAL, zmq_connect (socket, "tcp://x"));
    last_endpoint (socket, after);
    CHECK_STR (before, after);
    close_socket (socket);
    term_ctx (ctx);
}

TEST (last_endpoint_is_the_real_address_of_a_bind_and_the_text_of_a_connect)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_DEALER);
    char endpoint[ENDPOINT_MAX], expected[ENDPOINT_MAX];
    CHECK_OK (zmq_bind (socket, "tcp://*:*"));
    last_endpoint (socket, endpoint);
    CHECK (strncmp (endpoint, "tcp://0.0.0.0:", 14) == 0 && atoi (endpoint + 14) > 0);
    CHECK_OK (zmq_bind (socket, "tcp://127.0.0.1:0"));
    last_endpoint (socket, endpoint);
    CHECK (strncmp (endpoint, "tcp://127.0.0.1:", 16) == 0 && atoi (endpoint + 16) > 0);
    CHECK_OK (zmq_bind (socket, "tcp://lo:*"));
    last_endpoint (socket, endpoint);
    CHECK (strncmp (endpoint, "tcp://127.0.0.1:", 16) == 0 && atoi (endpoint + 16) > 0);
    fresh_ipc (expected);
    CHECK_OK (zmq_bind (socket, expected));
    last_endpoint (socket, endpoint);
    CHECK_STR (expected, endpoint);
    fresh_inproc (expected);
    CHECK_OK (zmq_bind (socket, expected));
    last_endpoint (socket, endpoint);
    CHECK_STR (expected, endpoint);
    CHECK_OK (zmq_connect (socket, "tcp://localhost:5555"));
    last_endpoint (socket, endpoint);
    CHECK_STR ("tcp://localhost:5555", endpoint);
    CHECK_OK (zmq_connect (socket, "inproc://elsewhere"));
    last_endpoint (socket, endpoint);
    CHECK_STR ("inproc://elsewhere", endpoint);
    close_socket (socket);
    term_ctx (ctx);
}

TEST (unbind_and_disconnect_of_unknown_endpoints_give_enoent)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_DEALER);
    CHECK_ERRNO (ENOENT, zmq_unbind (socket, "tcp://127.0.0.1:5555"));
    CHECK_ERRNO (ENOENT, zmq_disconnect (socket, "tcp://127.0.0.1:5555"));
    CHECK_ERRNO (ENOENT, zmq_unbind (socket, "ipc:///tmp/x"));
    CHECK_ERRNO (ENOENT, zmq_disconnect (socket, "ipc:///tmp/x"));
    CHECK_ERRNO (ENOENT, zmq_unbind (socket, "inproc://x"));
    CHECK_ERRNO (ENOENT, zmq_disconnect (socket, "inproc://x"));
    close_socket (socket);
    term_ctx (ctx);
}

TEST (unbind_and_disconnect_of_malformed_endpoints)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_DEALER);
    CHECK_ERRNO (EINVAL, zmq_unbind (socket, ""));
    CHECK_ERRNO (EINVAL, zmq_unbind (socket, "tcp"));
    CHECK_ERRNO (EINVAL, zmq_disconnect (socket, "tcp:/x"));
    CHECK_ERRNO (EPROTONOSUPPORT, zmq_unbind (socket, "bogus://x"));
    CHECK_ERRNO (EPROTONOSUPPORT, zmq_disconnect (socket, "bogus://x"));
    close_socket (socket);
    term_ctx (ctx);
}

TEST (unbind_and_disconnect_work_once)
{
    FOR_EACH_TRANSPORT (transport) {
        void *const ctx = new_ctx ();
        void *bound, *connected;
        char endpoint[ENDPOINT_MAX];
        connected_pair (ctx, transport, ZMQ_DEALER, &bound, ZMQ_DEALER, &connected, endpoint);
        bounce (bound, connected);
        CHECK_OK (zmq_disconnect (connected, endpoint));
        CHECK_ERRNO (ENOENT, zmq_disconnect (connected, endpoint));
        CHECK_OK (zmq_unbind (bound, endpoint));
        CHECK_ERRNO (ENOENT, zmq_unbind (bound, endpoint));
        close_socket (bound);
        close_socket (connected);
        term_ctx (ctx);
    }
}

TEST (disconnected_socket_has_nowhere_to_send)
{
    FOR_EACH_TRANSPORT (transport) {
        void *const ctx = new_ctx ();
        void *bound, *connected;
        char endpoint[ENDPOINT_MAX];
        connected_pair (ctx, transport, ZMQ_DEALER, &bound, ZMQ_DEALER, &connected, endpoint);
        bounce (bound, connected);
        CHECK_OK (zmq_disconnect (connected, endpoint));
        WAIT_UNTIL (zmq_send (connected, "x", 1, ZMQ_DONTWAIT) == -1);
        CHECK (zmq_errno () == EAGAIN);
        /* libzmq's connection ends when its own socket's thread calls in again. */
        WAIT_UNTIL (zmq_recv (connected, NULL, 0, ZMQ_DONTWAIT) == -1 && zmq_send (bound, "x", 1, ZMQ_DONTWAIT) == -1);
        CHECK (zmq_errno () == EAGAIN);
        close_socket (bound);
        close_socket (connected);
        term_ctx (ctx);
    }
}

TEST (unbind_ends_listening_and_the_connections_made_through_it)
{
    for (enum transport transport = TCP; transport <= IPC; transport++) {
        void *const ctx = new_ctx ();
        void *bound, *connected;
        char endpoint[ENDPOINT_MAX];
        connected_pair (ctx, transport, ZMQ_DEALER, &bound, ZMQ_DEALER, &connected, endpoint);
        bounce (bound, connected);
        void *const monitor = open_monitor (ctx, connected, ZMQ_EVENT_DISCONNECTED);
        CHECK_OK (zmq_unbind (bound, endpoint));
        /* As above: the socket has to be called into, and read empty. */
        WAIT_UNTIL (zmq_recv (bound, NULL, 0, ZMQ_DONTWAIT) == -1 && get_int (monitor, ZMQ_EVENTS) & ZMQ_POLLIN);
        EXPECT_EVENT (monitor, ZMQ_EVENT_DISCONNECTED);
        /* Somebody else can have the address and the peer now. */
        void *const other = new_socket (ctx, ZMQ_DEALER);
        WAIT_UNTIL (zmq_bind (other, endpoint) == 0);
        bounce (other, connected);
        close_socket (monitor);
        close_socket (bound);
        close_socket (connected);
        close_socket (other);
        term_ctx (ctx);
    }
}

TEST (unbind_of_a_wildcard_bind_wants_the_real_endpoint)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_DEALER);
    char endpoint[ENDPOINT_MAX];
    CHECK_OK (zmq_bind (socket, "tcp://127.0.0.1:*"));
    last_endpoint (socket, endpoint);
    CHECK_ERRNO (ENOENT, zmq_unbind (socket, "tcp://127.0.0.1:*"));
    CHECK_OK (zmq_unbind (socket, endpoint));
    close_socket (socket);
    term_ctx (ctx);
}

TEST (one_socket_binds_and_connects_many_endpoints)
{
    void *const ctx = new_ctx ();
    void *const hub = new_socket (ctx, ZMQ_DEALER);
    void *peers[6];
    char endpoint[ENDPOINT_MAX];
    for (int i = 0; i < 3; i++) {
        bind_fresh (hub, (enum transport) i, endpoint);
        peers[i] = new_socket (ctx, ZMQ_DEALER);
        CHECK_OK (zmq_connect (peers[i], endpoint));
        peers[3 + i] = new_socket (ctx, ZMQ_DEALER);
        bind_fresh (peers[3 + i], (enum transport) i, endpoint);
        CHECK_OK (zmq_connect (hub, endpoint));
    }
    for (int i = 0; i < 6; i++) {
        SEND (peers[i], "hello");
        RECV (hub, "hello");
    }
    for (int i = 0; i < 6; i++)
        close_socket (peers[i]);
    close_socket (hub);
    term_ctx (ctx);
}

TEST (connecting_twice_to_one_endpoint_makes_two_connections)
{
    void *const ctx = new_ctx ();
    void *pull, *push;
    char endpoint[ENDPOINT_MAX];
    connected_pair (ctx, TCP, ZMQ_PULL, &pull, ZMQ_PUSH, &push, endpoint);
    void *const monitor = open_monitor (ctx, pull, ZMQ_EVENT_ACCEPTED);
    CHECK_OK (zmq_connect (push, endpoint));
    EXPECT_EVENT (monitor, ZMQ_EVENT_ACCEPTED);
    close_socket (monitor);
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (sub_and_single_peer_sockets_connect_once_per_endpoint)
{
    /* A second connection of a SUB to one publisher would double every message: it is not made. */
    void *const ctx = new_ctx ();
    void *pub, *sub;
    char endpoint[ENDPOINT_MAX];
    connected_pair (ctx, TCP, ZMQ_XPUB, &pub, ZMQ_SUB, &sub, endpoint);
    CHECK_OK (zmq_connect (sub, endpoint));
    subscribe (sub, "");
    RECV (pub, "\1");
    SEND (pub, "once");
    SEND (pub, "end");
    RECV (sub, "once");
    RECV (sub, "end");
    close_socket (sub);
    close_socket (pub);
    term_ctx (ctx);
}
