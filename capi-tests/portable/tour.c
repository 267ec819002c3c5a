/* A tour of the library in plain C99, for systems on which the suite beside it, which is for UNIX, cannot be built. One
   line for each stop; the exit status is how many failed. It needs zmq.h with drafts, and runs on any libzmq that has
   them. */
#define ZMQ_BUILD_DRAFT_API
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

static int failures;
static const char *stop;
static int good;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf ("     %s:%d: not true: %s (errno %d, %s)\n", __FILE__, __LINE__, #condition, zmq_errno (),         \
                    zmq_strerror (zmq_errno ()));                                                                      \
            good = 0;                                                                                                  \
        }                                                                                                              \
    } while (0)

static void begin (const char *name)
{
    stop = name;
    good = 1;
}

static void end (void)
{
    printf ("%s %s\n", good ? "ok  " : "FAIL", stop);
    fflush (stdout);
    failures += !good;
}

/* A socket that waits for at most ten seconds, and does not linger. */
static void *open_socket (void *ctx, int type)
{
    const int patience = 10000, none = 0;
    void *const socket = zmq_socket (ctx, type);
    CHECK (socket != NULL);
    zmq_setsockopt (socket, ZMQ_RCVTIMEO, &patience, sizeof patience);
    zmq_setsockopt (socket, ZMQ_SNDTIMEO, &patience, sizeof patience);
    zmq_setsockopt (socket, ZMQ_LINGER, &none, sizeof none);
    return socket;
}

/* Binds the one, and connects the other to where that is. */
static void join (void *bound, const char *endpoint, void *connected)
{
    char last[256] = "";
    size_t size = sizeof last;
    CHECK (zmq_bind (bound, endpoint) == 0);
    CHECK (zmq_getsockopt (bound, ZMQ_LAST_ENDPOINT, last, &size) == 0);
    CHECK (zmq_connect (connected, last) == 0);
}

static void say (void *socket, const char *text)
{
    CHECK (zmq_send (socket, text, strlen (text), 0) == (int) strlen (text));
}

static void hear (void *socket, const char *text)
{
    char buffer[256] = "";
    CHECK (zmq_recv (socket, buffer, sizeof buffer - 1, 0) == (int) strlen (text));
    CHECK (strcmp (buffer, text) == 0);
}

static void request_and_reply (void *ctx, const char *endpoint)
{
    void *const rep = open_socket (ctx, ZMQ_REP), *const req = open_socket (ctx, ZMQ_REQ);
    join (rep, endpoint, req);
    for (int i = 0; i < 1000 && good; i++) {
        say (req, "question");
        hear (rep, "question");
        say (rep, "answer");
        hear (req, "answer");
    }
    zmq_close (req);
    zmq_close (rep);
}

static void many_large_and_small (void *ctx, const char *endpoint)
{
    enum { COUNT = 2000 };
    void *const pull = open_socket (ctx, ZMQ_PULL), *const push = open_socket (ctx, ZMQ_PUSH);
    join (pull, endpoint, push);
    for (int round = 0; round < 4 && good; round++) {
        for (int i = 0; i < COUNT / 4 && good; i++) {
            zmq_msg_t msg;
            const size_t size = (size_t) (i * 131) % 30000;
            CHECK (zmq_msg_init_size (&msg, size) == 0);
            memset (zmq_msg_data (&msg), i, size);
            CHECK (zmq_msg_send (&msg, push, 0) == (int) size);
        }
        for (int i = 0; i < COUNT / 4 && good; i++) {
            zmq_msg_t msg;
            const size_t size = (size_t) (i * 131) % 30000;
            zmq_msg_init (&msg);
            CHECK (zmq_msg_recv (&msg, pull, 0) == (int) size);
            CHECK (size == 0 || ((unsigned char *) zmq_msg_data (&msg))[size - 1] == (unsigned char) i);
            zmq_msg_close (&msg);
        }
    }
    zmq_close (push);
    zmq_close (pull);
}

static void publish (void *ctx)
{
    void *const pub = open_socket (ctx, ZMQ_XPUB), *const sub = open_socket (ctx, ZMQ_SUB);
    char subscription[8];
    join (pub, "tcp://127.0.0.1:*", sub);
    CHECK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "a", 1) == 0);
    CHECK (zmq_recv (pub, subscription, sizeof subscription, 0) == 2);
    say (pub, "b is not for it");
    say (pub, "a is");
    hear (sub, "a is");
    zmq_close (sub);
    zmq_close (pub);
}

static void route (void *ctx)
{
    void *const router = open_socket (ctx, ZMQ_ROUTER), *const dealer = open_socket (ctx, ZMQ_DEALER);
    CHECK (zmq_setsockopt (dealer, ZMQ_ROUTING_ID, "me", 2) == 0);
    join (router, "tcp://127.0.0.1:*", dealer);
    say (dealer, "hello");
    hear (router, "me");
    hear (router, "hello");
    CHECK (zmq_send (router, "me", 2, ZMQ_SNDMORE) == 2);
    say (router, "goodbye");
    hear (dealer, "goodbye");
    zmq_close (dealer);
    zmq_close (router);
}

static void curve (void *ctx)
{
    void *const server = open_socket (ctx, ZMQ_PAIR), *const client = open_socket (ctx, ZMQ_PAIR);
    char public_key[41], secret_key[41], server_key[41], server_secret[41];
    const int yes = 1;
    CHECK (zmq_curve_keypair (public_key, secret_key) == 0);
    CHECK (zmq_curve_keypair (server_key, server_secret) == 0);
    CHECK (zmq_setsockopt (server, ZMQ_CURVE_SERVER, &yes, sizeof yes) == 0);
    CHECK (zmq_setsockopt (server, ZMQ_CURVE_SECRETKEY, server_secret, 41) == 0);
    CHECK (zmq_setsockopt (client, ZMQ_CURVE_SERVERKEY, server_key, 41) == 0);
    CHECK (zmq_setsockopt (client, ZMQ_CURVE_PUBLICKEY, public_key, 41) == 0);
    CHECK (zmq_setsockopt (client, ZMQ_CURVE_SECRETKEY, secret_key, 41) == 0);
    join (server, "tcp://127.0.0.1:*", client);
    say (client, "secret");
    hear (server, "secret");
    zmq_close (client);
    zmq_close (server);
}

/* A socket beside a descriptor, here that of another socket. */
static void poll_descriptors (void *ctx)
{
    void *const a = open_socket (ctx, ZMQ_PAIR), *const b = open_socket (ctx, ZMQ_PAIR);
    void *const other = open_socket (ctx, ZMQ_PULL);
    zmq_fd_t fd;
    size_t size = sizeof fd;
    int events = 0;
    join (a, "tcp://127.0.0.1:*", b);
    CHECK (zmq_getsockopt (a, ZMQ_FD, &fd, &size) == 0 && size == sizeof fd);
    say (b, "ready");
    for (int turn = 0; turn < 50 && good && !(events & ZMQ_POLLIN); turn++) {
        zmq_pollitem_t items[] = {{NULL, fd, ZMQ_POLLIN, 0}, {other, 0, ZMQ_POLLIN, 0}};
        CHECK (zmq_poll (items, 2, 10000) == 1 && items[0].revents == ZMQ_POLLIN);
        size = sizeof events;
        CHECK (zmq_getsockopt (a, ZMQ_EVENTS, &events, &size) == 0);
    }
    hear (a, "ready");
    zmq_close (a);
    zmq_close (b);
    zmq_close (other);
}

static void wait_with_a_poller (void *ctx)
{
    void *const a = open_socket (ctx, ZMQ_SERVER), *const b = open_socket (ctx, ZMQ_CLIENT);
    void *poller = zmq_poller_new ();
    zmq_poller_event_t event;
    zmq_fd_t fd;
    join (a, "tcp://127.0.0.1:*", b);
    CHECK (zmq_poller_add (poller, a, NULL, ZMQ_POLLIN) == 0);
    CHECK (zmq_poller_fd (poller, &fd) == 0);
    CHECK (zmq_poller_wait (poller, &event, 0) == -1 && zmq_errno () == EAGAIN);
    say (b, "ready");
    CHECK (zmq_poller_wait (poller, &event, 10000) == 0 && event.socket == a);
    hear (a, "ready");
    CHECK (zmq_poller_destroy (&poller) == 0);
    zmq_close (a);
    zmq_close (b);
}

static void datagrams (void *ctx)
{
    void *const radio = open_socket (ctx, ZMQ_RADIO), *const dish = open_socket (ctx, ZMQ_DISH);
    const int soon = 200;
    char endpoint[256] = "";
    size_t size = sizeof endpoint;
    zmq_msg_t msg;
    int heard = -1;
    /* libzmq has no wildcards here: the number of a port of tcp's that is free. */
    void *const pair = open_socket (ctx, ZMQ_PAIR);
    CHECK (zmq_bind (pair, "tcp://127.0.0.1:*") == 0);
    CHECK (zmq_getsockopt (pair, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0);
    zmq_close (pair);
    memcpy (endpoint, "udp", 3);
    CHECK (zmq_setsockopt (dish, ZMQ_RCVTIMEO, &soon, sizeof soon) == 0);
    CHECK (zmq_join (dish, "group") == 0);
    CHECK (zmq_bind (dish, endpoint) == 0);
    CHECK (zmq_connect (radio, endpoint) == 0);
    /* A datagram may come before the dish is ready. */
    for (int i = 0; i < 50 && heard < 0; i++) {
        zmq_msg_init_size (&msg, 5);
        memcpy (zmq_msg_data (&msg), "radio", 5);
        zmq_msg_set_group (&msg, "group");
        CHECK (zmq_msg_send (&msg, radio, 0) == 5);
        zmq_msg_init (&msg);
        heard = zmq_msg_recv (&msg, dish, 0);
        zmq_msg_close (&msg);
    }
    CHECK (heard == 5);
    zmq_close (radio);
    zmq_close (dish);
}

static void reconnect (void *ctx)
{
    char endpoint[256];
    size_t size = sizeof endpoint;
    void *server = open_socket (ctx, ZMQ_PULL), *const client = open_socket (ctx, ZMQ_PUSH);
    CHECK (zmq_bind (server, "tcp://127.0.0.1:*") == 0);
    CHECK (zmq_getsockopt (server, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0);
    CHECK (zmq_connect (client, endpoint) == 0);
    say (client, "first");
    hear (server, "first");
    zmq_close (server);
    server = open_socket (ctx, ZMQ_PULL);
    for (int i = 0; zmq_bind (server, endpoint) != 0 && i < 100; i++) {
        zmq_pollitem_t nothing = {server, 0, 0, 0};
        zmq_poll (&nothing, 1, 50);
    }
    /* What is sent before the loss is noticed is lost with the connection. */
    int heard = -1;
    const int soon = 200;
    char buffer[8];
    zmq_setsockopt (server, ZMQ_RCVTIMEO, &soon, sizeof soon);
    for (int i = 0; i < 50 && heard < 0; i++) {
        say (client, "again");
        heard = zmq_recv (server, buffer, sizeof buffer, 0);
    }
    CHECK (heard == 5);
    zmq_close (server);
    zmq_close (client);
}

static void errors (void *ctx)
{
    void *const a = open_socket (ctx, ZMQ_PAIR), *const b = open_socket (ctx, ZMQ_PAIR);
    char endpoint[256];
    size_t size = sizeof endpoint;
    CHECK (zmq_bind (a, "nonsense://x") == -1 && zmq_errno () == EPROTONOSUPPORT);
    CHECK (zmq_bind (a, "tcp://127.0.0.1") == -1 && zmq_errno () == EINVAL);
    CHECK (zmq_bind (a, "tcp://127.0.0.1:*") == 0);
    CHECK (zmq_getsockopt (a, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0);
    CHECK (zmq_bind (b, endpoint) == -1 && zmq_errno () == EADDRINUSE);
    CHECK (zmq_bind (b, "tcp://192.0.2.1:5555") == -1 && (zmq_errno () == EADDRNOTAVAIL || zmq_errno () == ENODEV));
    CHECK (zmq_recv (a, endpoint, sizeof endpoint, ZMQ_DONTWAIT) == -1 && zmq_errno () == EAGAIN);
    CHECK (zmq_bind (b, "ipc://@ozmium-tour") == (zmq_has ("ipc") ? 0 : -1));
    zmq_close (a);
    zmq_close (b);
    CHECK (zmq_close (a) == -1 && zmq_errno () == ENOTSOCK);
}

static void *waiting;

static void block (void *result)
{
    char byte;
    if (zmq_recv (waiting, &byte, 1, 0) == -1)
        *(int *) result = zmq_errno ();
    zmq_close (waiting);
}

static void terminate (void)
{
    int result = 0;
    void *const ctx = zmq_ctx_new ();
    waiting = zmq_socket (ctx, ZMQ_PULL);
    void *const thread = zmq_threadstart (block, &result);
    CHECK (zmq_ctx_term (ctx) == 0);
    zmq_threadclose (thread);
    CHECK (result == ETERM);
}

#define STOP(call)                                                                                                     \
    do {                                                                                                               \
        begin (#call);                                                                                                 \
        call;                                                                                                          \
        end ();                                                                                                        \
    } while (0)

int main (void)
{
    int major, minor, patch;
    void *const ctx = zmq_ctx_new ();
    zmq_version (&major, &minor, &patch);
    printf ("libzmq %d.%d.%d, a message has %u bytes\n", major, minor, patch, (unsigned) sizeof (zmq_msg_t));
    STOP (request_and_reply (ctx, "inproc://requests"));
    STOP (request_and_reply (ctx, "tcp://127.0.0.1:*"));
    if (zmq_has ("WS"))
        STOP (request_and_reply (ctx, "ws://127.0.0.1:*/path"));
    STOP (many_large_and_small (ctx, "inproc://many"));
    STOP (many_large_and_small (ctx, "tcp://127.0.0.1:*"));
    STOP (publish (ctx));
    STOP (route (ctx));
    if (zmq_has ("curve"))
        STOP (curve (ctx));
    STOP (poll_descriptors (ctx));
    STOP (wait_with_a_poller (ctx));
    STOP (datagrams (ctx));
    STOP (reconnect (ctx));
    STOP (errors (ctx));
    STOP (terminate ());
    begin ("zmq_ctx_term (ctx)");
    CHECK (zmq_ctx_term (ctx) == 0);
    end ();
    printf ("%d failed\n", failures);
    return failures;
}
