/*  vsock, and vmci, its name with VMware: sockets between a virtual machine and its host. Where the kernel has no loopback
 *  for them, TCP's ports stand for theirs. */

#include "harness.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <linux/vm_sockets.h>

#define FAMILY AF_VSOCK
#include "stand_in.h"

#define LOOPBACK 1 /* VMADDR_CID_LOCAL, which older headers lack */

/*  The context id that each descriptor was bound to. */
static atomic_uint bound_cid[DESCRIPTORS];

static void forget (int fd)
{
    atomic_store (&bound_cid[fd], LOOPBACK);
}

static bool below (const struct sockaddr *address, struct sockaddr_in *in)
{
    struct sockaddr_vm vm;
    memcpy (&vm, address, sizeof vm);
    *in = loopback (vm.svm_port == VMADDR_PORT_ANY ? 0 : htons ((uint16_t) vm.svm_port));
    return true;
}

static int bind_below (int fd, const struct sockaddr *address)
{
    struct sockaddr_vm vm;
    struct sockaddr_in in;
    memcpy (&vm, address, sizeof vm);
    atomic_store (&bound_cid[fd], vm.svm_cid);
    below (address, &in);
    return bind_to (fd, &in);
}

static void above (int fd, const struct sockaddr_in *in, struct sockaddr *address, socklen_t *size)
{
    const unsigned cid = fd < 0 ? LOOPBACK : atomic_load (&bound_cid[fd]);
    const struct sockaddr_vm vm = {.svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = ntohs (in->sin_port)};
    memcpy (address, &vm, *size < sizeof vm ? *size : sizeof vm);
    *size = sizeof vm;
}

/*  What was set at the level of the family, in this order. */
static struct
{
    int name;
    socklen_t size;
    uint64_t value[2];
} was_set[16];
static atomic_uint times_set;

int setsockopt (int fd, int level, int name, const void *value, socklen_t size)
{
    NEXT (int, "setsockopt", int, int, int, const void *, socklen_t);
    if (level != AF_VSOCK)
        return next (fd, level, name, value, size);
    const unsigned at = atomic_fetch_add (&times_set, 1);
    if (at < sizeof was_set / sizeof *was_set) {
        was_set[at].name = name;
        was_set[at].size = size;
        memcpy (was_set[at].value, value, size < sizeof was_set[at].value ? size : sizeof was_set[at].value);
    }
    return stands_for_family (fd) ? 0 : next (fd, level, name, value, size);
}

static void need_vsock (void)
{
    if (!zmq_has ("vsock"))
        skip_test ("this library has no vsock");
}

/*  Whether something can be bound to the loopback. */
static void need_loopback (void)
{
    need_vsock ();
    const struct sockaddr_vm vm = {.svm_family = AF_VSOCK, .svm_cid = LOOPBACK, .svm_port = VMADDR_PORT_ANY};
    const int fd = socket (AF_VSOCK, SOCK_STREAM, 0);
    standing_in = fd < 0 || bind (fd, (const struct sockaddr *) &vm, sizeof vm) != 0;
    if (fd >= 0)
        close (fd);
}

/*  Binds to any port of the loopback. */
static void bind_loopback (void *socket, char endpoint[ENDPOINT_MAX])
{
    CHECK_OK (zmq_bind (socket, "vsock://1:*"));
    last_endpoint (socket, endpoint);
    CHECK (strncmp (endpoint, "vsock://1:", strlen ("vsock://1:")) == 0);
    CHECK (atoi (endpoint + strlen ("vsock://1:")) > 0);
}

TEST (messages_of_many_sizes_go_both_ways)
{
    static const size_t sizes[] = {0, 1, 255, 256, 8192, 1000000};
    need_loopback ();
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_PAIR), *const client = new_socket (ctx, ZMQ_PAIR);
    char endpoint[ENDPOINT_MAX];
    bind_loopback (server, endpoint);
    CHECK_OK (zmq_connect (client, endpoint));
    bounce (client, server);
    char *const sent = malloc (1000000), *const received = malloc (1000000);
    CHECK (sent && received);
    memset (sent, 'v', 1000000);
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

TEST (connect_before_bind_and_after_unbind)
{
    need_loopback ();
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    bind_loopback (pull, endpoint);
    CHECK_OK (zmq_unbind (pull, endpoint));
    CHECK_OK (zmq_connect (push, endpoint));
    SEND (push, "early");
    WAIT_UNTIL (zmq_bind (pull, endpoint) == 0); /* libzmq closes its listener a moment later */
    RECV (pull, "early");
    CHECK_OK (zmq_disconnect (push, endpoint));
    CHECK_ERRNO (ENOENT, zmq_disconnect (push, endpoint));
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (endpoints_are_told_in_numbers_with_a_star_for_any)
{
    need_loopback ();
    void *const ctx = new_ctx ();
    void *const bound = new_socket (ctx, ZMQ_PULL), *const connected = new_socket (ctx, ZMQ_PUSH);
    char endpoint[ENDPOINT_MAX];
    CHECK_OK (zmq_bind (bound, "vsock://-1:-1"));
    last_endpoint (bound, endpoint);
    CHECK (strncmp (endpoint, "vsock://*:", strlen ("vsock://*:")) == 0);
    CHECK (atoi (endpoint + strlen ("vsock://*:")) > 0);
    CHECK_OK (zmq_connect (connected, "vsock://@:077x"));
    last_endpoint (connected, endpoint);
    CHECK_STR ("vsock://2:77", endpoint);
    close_socket (connected);
    close_socket (bound);
    term_ctx (ctx);
}

TEST (a_port_that_is_bound_is_in_use)
{
    need_loopback ();
    void *const ctx = new_ctx ();
    void *const first = new_socket (ctx, ZMQ_PULL), *const second = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    bind_loopback (first, endpoint);
    CHECK_ERRNO (EADDRINUSE, zmq_bind (second, endpoint));
    close_socket (first);
    close_socket (second);
    term_ctx (ctx);
}

TEST (monitors_hear_of_both_ends)
{
    need_loopback ();
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_PULL), *const client = new_socket (ctx, ZMQ_PUSH);
    void *const of_server = open_monitor (ctx, server, ZMQ_EVENT_LISTENING | ZMQ_EVENT_ACCEPTED);
    void *const of_client = open_monitor (ctx, client, ZMQ_EVENT_CONNECTED);
    char endpoint[ENDPOINT_MAX];
    bind_loopback (server, endpoint);
    EXPECT_EVENT (of_server, ZMQ_EVENT_LISTENING);
    CHECK_OK (zmq_connect (client, endpoint));
    CHECK_STR (endpoint, EXPECT_EVENT (of_client, ZMQ_EVENT_CONNECTED).address);
    CHECK_STR (endpoint, EXPECT_EVENT (of_server, ZMQ_EVENT_ACCEPTED).address);
    close_socket (client);
    close_socket (server);
    close_socket (of_client);
    close_socket (of_server);
    term_ctx (ctx);
}

TEST (addresses_that_cannot_be_read_give_einval)
{
    static const char *const malformed[] = {"vsock://1",   "vsock://:1",           "vsock://1:",
                                            "vsock://x:1", "vsock://1:x",          "vsock://4294967296:1",
                                            "vsock://-2:1", "vsock://1:4294967296", "vsock://1:@"};
    need_vsock ();
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PAIR);
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        CHECK_ERRNO (EINVAL, zmq_bind (socket, malformed[i]));
        CHECK_ERRNO (EINVAL, zmq_connect (socket, malformed[i]));
    }
    close_socket (socket);
    term_ctx (ctx);
}

TEST (a_kernel_without_the_family_refuses_to_bind_and_is_dialled_in_vain)
{
    need_vsock ();
    family_is_missing = true;
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PAIR);
    void *const monitor = open_monitor (ctx, socket, ZMQ_EVENT_CONNECT_RETRIED);
    CHECK_ERRNO (EAFNOSUPPORT, zmq_bind (socket, "vsock://*:*"));
    CHECK_OK (zmq_connect (socket, "vsock://1:5555"));
    EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    close_socket (socket);
    close_socket (monitor);
    term_ctx (ctx);
}

static void need_vmci (void)
{
    if (!zmq_has ("vmci"))
        skip_test ("this library has no vmci");
    need_loopback ();
}

TEST (vmci_carries_messages_under_its_own_name)
{
    need_vmci ();
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_PAIR), *const client = new_socket (ctx, ZMQ_PAIR);
    void *const of_server = open_monitor (ctx, server, ZMQ_EVENT_LISTENING | ZMQ_EVENT_ACCEPTED);
    char endpoint[ENDPOINT_MAX];
    CHECK_OK (zmq_bind (server, "vmci://1:*"));
    last_endpoint (server, endpoint);
    CHECK (strncmp (endpoint, "vmci://1:", strlen ("vmci://1:")) == 0);
    CHECK_STR (endpoint, EXPECT_EVENT (of_server, ZMQ_EVENT_LISTENING).address);
    CHECK_OK (zmq_connect (client, endpoint));
    CHECK_STR (endpoint, EXPECT_EVENT (of_server, ZMQ_EVENT_ACCEPTED).address);
    bounce (client, server);
    CHECK_OK (zmq_disconnect (client, endpoint));
    CHECK_OK (zmq_unbind (server, endpoint));
    close_socket (client);
    close_socket (server);
    close_socket (of_server);
    term_ctx (ctx);
}

TEST (vmci_options_are_those_of_listener_and_connection)
{
    static const int options[] = {ZMQ_VMCI_BUFFER_MAX_SIZE, ZMQ_VMCI_BUFFER_MIN_SIZE, ZMQ_VMCI_BUFFER_SIZE};
    static const int names[] = {
      SO_VM_SOCKETS_BUFFER_MAX_SIZE, SO_VM_SOCKETS_BUFFER_MIN_SIZE, SO_VM_SOCKETS_BUFFER_SIZE};
    static const uint64_t sizes[] = {1 << 20, 1 << 12, 1 << 16};
    const int timeout = 1500;
    need_vmci ();
    void *const ctx = new_ctx ();
    void *const server = new_socket (ctx, ZMQ_PAIR), *const client = new_socket (ctx, ZMQ_PAIR);
    char endpoint[ENDPOINT_MAX];
    for (int i = 0; i < 3; i++) {
        CHECK_OK (zmq_setsockopt (server, options[i], &sizes[i], sizeof sizes[i]));
        CHECK_OK (zmq_setsockopt (client, options[i], &sizes[i], sizeof sizes[i]));
    }
    CHECK_OK (zmq_setsockopt (client, ZMQ_VMCI_CONNECT_TIMEOUT, &timeout, sizeof timeout));
    CHECK_OK (zmq_bind (server, "vmci://1:*"));
    CHECK_INT (3, atomic_load (&times_set));
    last_endpoint (server, endpoint);
    CHECK_OK (zmq_connect (client, endpoint));
    bounce (client, server);
    CHECK_INT (7, atomic_load (&times_set));
    for (unsigned i = 0; i < 6; i++) {
        CHECK_INT (names[i % 3], was_set[i].name);
        CHECK_INT (sizeof (uint64_t), was_set[i].size);
        CHECK_INT (sizes[i % 3], was_set[i].value[0]);
    }
    CHECK_INT (6 /* SO_VM_SOCKETS_CONNECT_TIMEOUT */, was_set[6].name);
    struct timeval time;
    CHECK_INT (sizeof time, was_set[6].size);
    memcpy (&time, was_set[6].value, sizeof time);
    CHECK_INT (1, time.tv_sec);
    CHECK_INT (500000, time.tv_usec);
    close_socket (client);
    close_socket (server);
    term_ctx (ctx);
}

TEST (vmci_addresses_that_cannot_be_read_give_einval)
{
    static const char *const malformed[] = {"vmci://1", "vmci://:1", "vmci://1:", "vmci://x:1", "vmci://-2:1"};
    need_vmci ();
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PAIR);
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        CHECK_ERRNO (EINVAL, zmq_bind (socket, malformed[i]));
        CHECK_ERRNO (EINVAL, zmq_connect (socket, malformed[i]));
    }
    close_socket (socket);
    term_ctx (ctx);
}

/*  Hyper-V's sockets have a name of their own in no released libzmq; in Linux they are vsock's. */
TEST (hvsocket_is_no_protocol)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PAIR);
    CHECK_ERRNO (EPROTONOSUPPORT, zmq_bind (socket, "hvsocket://*:*"));
    CHECK_ERRNO (EPROTONOSUPPORT, zmq_connect (socket, "hvsocket://1:1"));
    CHECK_INT (0, zmq_has ("hvsocket"));
    close_socket (socket);
    term_ctx (ctx);
}
