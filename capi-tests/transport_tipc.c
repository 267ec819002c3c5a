/*  tipc: sockets of a Linux cluster, named by services. Where the kernel has none of them, services are in a table here,
 *  and a socket's id is its port of TCP. */

#include "harness.h"

#include <linux/tipc.h>

#define FAMILY AF_TIPC
#include "stand_in.h"

#define NODE 0x01001001 /* <1.1.1:...> */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/*  What each descriptor is bound to. */
static struct
{
    bool is_bound;
    struct tipc_name_seq service;
    in_port_t port;
} table[DESCRIPTORS];

static void forget (int fd)
{
    pthread_mutex_lock (&lock);
    memset (&table[fd], 0, sizeof table[fd]);
    pthread_mutex_unlock (&lock);
}

static int bind_below (int fd, const struct sockaddr *address)
{
    NEXT (int, "getsockname", int, struct sockaddr *, socklen_t *);
    struct sockaddr_tipc tipc;
    memcpy (&tipc, address, sizeof tipc);
    struct sockaddr_in in = loopback (0);
    socklen_t in_size = sizeof in;
    if (bind_to (fd, &in) != 0 || next (fd, (struct sockaddr *) &in, &in_size) != 0)
        return -1;
    pthread_mutex_lock (&lock);
    table[fd].service = tipc.addr.nameseq;
    if (tipc.addrtype == TIPC_ADDR_NAME)
        table[fd].service.upper = table[fd].service.lower;
    table[fd].port = in.sin_port;
    table[fd].is_bound = true;
    pthread_mutex_unlock (&lock);
    return 0;
}

/*  The port of who has bound the name, or 0. */
static in_port_t look_up (const struct tipc_name *name)
{
    in_port_t port = 0;
    pthread_mutex_lock (&lock);
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        if (table[fd].is_bound && table[fd].service.type == name->type && table[fd].service.lower <= name->instance
            && name->instance <= table[fd].service.upper)
            port = table[fd].port;
    pthread_mutex_unlock (&lock);
    return port;
}

static bool below (const struct sockaddr *address, struct sockaddr_in *in)
{
    struct sockaddr_tipc tipc;
    memcpy (&tipc, address, sizeof tipc);
    const bool by_name = tipc.addrtype == TIPC_ADDR_NAME;
    *in = loopback (by_name ? look_up (&tipc.addr.name.name) : htons ((uint16_t) tipc.addr.id.ref));
    return in->sin_port;
}

static void above (int fd, const struct sockaddr_in *in, struct sockaddr *address, socklen_t *size)
{
    struct sockaddr_tipc id = {.family = AF_TIPC, .addrtype = TIPC_ADDR_ID};
    (void) fd;
    id.addr.id.node = NODE;
    id.addr.id.ref = ntohs (in->sin_port);
    memcpy (address, &id, *size < sizeof id ? *size : sizeof id);
    *size = sizeof id;
}

static void need_tipc (void)
{
    if (!zmq_has ("tipc"))
        skip_test ("this library has no tipc");
    const int fd = socket (AF_TIPC, SOCK_STREAM, 0);
    standing_in = fd < 0;
    if (fd >= 0)
        close (fd);
}

/*  A service that no other process of these tests has, on a kernel that has TIPC. */
static const char *service (char text[ENDPOINT_MAX], const char *instances)
{
    snprintf (text, ENDPOINT_MAX, "tipc://{%u,%s}", 1000 + (unsigned) getpid (), instances);
    return text;
}

TEST (messages_of_many_sizes_go_both_ways)
{
    static const size_t sizes[] = {0, 1, 255, 256, 8192, 1000000};
    char bound[ENDPOINT_MAX], connected[ENDPOINT_MAX];
    need_tipc ();
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_PAIR), *const client = new_socket (ctx, ZMQ_PAIR);
    CHECK_OK (zmq_bind (server, service (bound, "2,9")));
    CHECK_OK (zmq_connect (client, service (connected, "5")));
    bounce (client, server);
    char *const sent = malloc (1000000), *const received = malloc (1000000);
    CHECK (sent && received);
    memset (sent, 't', 1000000);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        void *const from = i % 2 ? server : client, *const to = i % 2 ? client : server;
        CHECK_INT (sizes[i], zmq_send (from, sent, sizes[i], 0));
        CHECK_INT (sizes[i], zmq_recv (to, received, 1000000, 0));
        CHECK_BYTES (sent, sizes[i], received, sizes[i]);
    }
    free (sent);
    free (received);
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
}

TEST (a_bound_service_has_the_endpoint_of_its_socket_and_is_unbound_by_its_name)
{
    char name[ENDPOINT_MAX], endpoint[ENDPOINT_MAX], connected[ENDPOINT_MAX];
    need_tipc ();
    void *const ctx = new_ctx ();
    void *const pull = new_socket (ctx, ZMQ_PULL), *const push = new_socket (ctx, ZMQ_PUSH);
    CHECK_OK (zmq_bind (pull, service (name, " 1,1")));
    last_endpoint (pull, endpoint);
    CHECK (strncmp (endpoint, "tipc://<", strlen ("tipc://<")) == 0);
    CHECK (strchr (endpoint, ':') && strchr (endpoint, '>'));
    CHECK_OK (zmq_connect (push, service (connected, "1")));
    SEND (push, "by name");
    RECV (pull, "by name");
    CHECK_ERRNO (ENOENT, zmq_unbind (pull, endpoint));
    CHECK_OK (zmq_unbind (pull, name));
    CHECK_ERRNO (ENOENT, zmq_unbind (pull, name));
    CHECK_OK (zmq_disconnect (push, connected));
    CHECK_ERRNO (ENOENT, zmq_disconnect (push, connected));
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (a_socket_without_a_name_is_reached_by_its_id)
{
    char endpoint[ENDPOINT_MAX];
    need_tipc ();
    void *const ctx = new_ctx ();
    void *const pull = new_socket (ctx, ZMQ_PULL), *const push = new_socket (ctx, ZMQ_PUSH);
    if (standing_in && !running_on_ozmium ())
        skip_test ("libzmq takes the id before it listens, when the TCP socket below has no port yet");
    CHECK_OK (zmq_bind (pull, "tipc://<*>"));
    last_endpoint (pull, endpoint);
    CHECK_OK (zmq_connect (push, endpoint));
    SEND (push, "by id");
    RECV (pull, "by id");
    CHECK_OK (zmq_unbind (pull, "tipc://<*>"));
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (connect_before_bind)
{
    char name[ENDPOINT_MAX], connected[ENDPOINT_MAX];
    need_tipc ();
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    CHECK_OK (zmq_connect (push, service (connected, "7")));
    SEND (push, "early");
    CHECK_OK (zmq_bind (pull, service (name, "7,7")));
    RECV (pull, "early");
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (monitors_hear_of_the_service_and_of_ids)
{
    char name[ENDPOINT_MAX], connected[ENDPOINT_MAX], told[ENDPOINT_MAX], id[ENDPOINT_MAX];
    need_tipc ();
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_PULL), *const client = new_socket (ctx, ZMQ_PUSH);
    void *const of_server = open_monitor (ctx, server, ZMQ_EVENT_LISTENING | ZMQ_EVENT_ACCEPTED);
    void *const of_client = open_monitor (ctx, client, ZMQ_EVENT_CONNECTED);
    CHECK_OK (zmq_bind (server, service (name, "3,4")));
    last_endpoint (server, id);
    snprintf (told, sizeof told, "tipc://{%u, 3, 4}", 1000 + (unsigned) getpid ());
    CHECK_STR (told, EXPECT_EVENT (of_server, ZMQ_EVENT_LISTENING).address);
    CHECK_OK (zmq_connect (client, service (connected, "4")));
    last_endpoint (client, name);
    snprintf (told, sizeof told, "tipc://{%u, 4, 16777216}", 1000 + (unsigned) getpid ());
    CHECK_STR (told, name);
    CHECK_STR (told, EXPECT_EVENT (of_client, ZMQ_EVENT_CONNECTED).address);
    EXPECT_EVENT (of_server, ZMQ_EVENT_ACCEPTED);
    close_socket (client);
    close_socket (server);
    close_socket (of_client);
    close_socket (of_server);
    term_ctx (ctx);
}

TEST (addresses_that_cannot_be_read_give_einval)
{
    static const char *const malformed[] = {
      "tipc://x",           "tipc://{5560}",        "tipc://{5560,2,1}",     "tipc://{63,0,0}",
      "tipc://{64,0}",      "tipc://{100 ,1}",      "tipc://{5560,0}@1.2",   "tipc://{5560,0}@1.2.3x",
      "tipc://<1.2.3>",     "tipc://<1.2.3:4>@1",   "tipc:// {5560,0}",      "tipc://{",
    };
    need_tipc ();
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PAIR);
    if (DIFFERS ("libzmq leaves errno as it was"))
        for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
            CHECK_ERRNO (EINVAL, zmq_bind (socket, malformed[i]));
            CHECK_ERRNO (EINVAL, zmq_connect (socket, malformed[i]));
        }
    else
        for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
            CHECK_INT (-1, zmq_bind (socket, malformed[i]));
            CHECK_INT (-1, zmq_connect (socket, malformed[i]));
        }
    /* A socket has the id that the system gives it, and nobody knows which before. */
    CHECK_ERRNO (EINVAL, zmq_bind (socket, "tipc://<1.2.3:4>"));
    CHECK_ERRNO (EINVAL, zmq_connect (socket, "tipc://<*>"));
    close_socket (socket);
    term_ctx (ctx);
}

TEST (endpoints_are_told_in_numbers)
{
    static const char *const pairs[][2] = {
      {"tipc://{5560,0,0}", "tipc://{5560, 0, 0}"},
      {"tipc://{5560,0}", "tipc://{5560, 0, 16777216}"},
      {"tipc://{5560,0}@1.2.3", "tipc://{5560, 0, 16785411}"},
      {"tipc://{ 5560,\t7, 9", "tipc://{5560, 7, 9}"},
      {"tipc://{-1,0}", "tipc://{4294967295, 0, 16777216}"},
      {"tipc://{4294968296,1}", "tipc://{1000, 1, 16777216}"},
      {"tipc://{99999999999999999999999,1}", "tipc://{4294967295, 1, 16777216}"},
      {"tipc://<1.2.3:4>", "tipc://<1.2.3:4>"},
      {"tipc://<300.5000.70000:5>", "tipc://<45.921.368:5>"},
    };
    need_tipc ();
    family_is_missing = true;
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_DEALER);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char endpoint[ENDPOINT_MAX];
        CHECK_OK (zmq_connect (socket, pairs[i][0]));
        last_endpoint (socket, endpoint);
        CHECK_STR (pairs[i][1], endpoint);
        CHECK_OK (zmq_disconnect (socket, pairs[i][0]));
    }
    close_socket (socket);
    term_ctx (ctx);
}

TEST (a_kernel_without_the_family_refuses_to_bind_and_is_dialled_in_vain)
{
    need_tipc ();
    family_is_missing = true;
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PAIR);
    void *const monitor = open_monitor (ctx, socket, ZMQ_EVENT_CONNECT_RETRIED);
    CHECK_ERRNO (EAFNOSUPPORT, zmq_bind (socket, "tipc://{5560,0,0}"));
    CHECK_ERRNO (EAFNOSUPPORT, zmq_bind (socket, "tipc://{5560,0}"));
    CHECK_ERRNO (EAFNOSUPPORT, zmq_bind (socket, "tipc://<*>"));
    CHECK_OK (zmq_connect (socket, "tipc://{5560,0}"));
    EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    close_socket (socket);
    close_socket (monitor);
    term_ctx (ctx);
}
