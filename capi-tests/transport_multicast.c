/*  pgm, epgm and norm: PUB and XPUB send, SUB and XSUB receive, whoever binds, over the loopback interface. */

#include "fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define LARGE 100000

enum carrier
{
    PGM,
    EPGM,
    NORM
};

static int new_number (void)
{
    static int number;
    return ++number;
}

/*  A group of this test's own, and a port that no socket of this machine has. */
static struct sockaddr_in fresh_place (void)
{
    const int fd = socket (AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in place = {.sin_family = AF_INET};
    socklen_t size = sizeof place;
    CHECK_OK (bind (fd, (const struct sockaddr *) &place, size));
    CHECK_OK (getsockname (fd, (struct sockaddr *) &place, &size));
    close (fd);
    const unsigned own = ((unsigned) getpid () << 4) + (unsigned) new_number ();
    place.sin_addr.s_addr = htonl (0xefc00000 | (own & 0xffff));
    return place;
}

static const char *fresh_endpoint (enum carrier carrier)
{
    static const char *const forms[] = {"pgm://127.0.0.1;%s:%u", "epgm://127.0.0.1;%s:%u", "norm://lo;%s:%u"};
    static char texts[8][64];
    char *const text = texts[new_number () % 8];
    const struct sockaddr_in place = fresh_place ();
    snprintf (text, sizeof texts[0], forms[carrier], inet_ntoa (place.sin_addr), (unsigned) ntohs (place.sin_port));
    return text;
}

/*  Where the system keeps groups off the loopback interface, nothing of this can work. */
static bool loopback_has_groups (void)
{
    const struct sockaddr_in place = fresh_place ();
    const int in = socket (AF_INET, SOCK_DGRAM, 0), out = socket (AF_INET, SOCK_DGRAM, 0);
    const struct ip_mreqn group = {.imr_multiaddr = place.sin_addr, .imr_ifindex = (int) if_nametoindex ("lo")};
    char byte;
    const bool works = bind (in, (const struct sockaddr *) &place, sizeof place) == 0
                       && setsockopt (in, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) == 0
                       && setsockopt (out, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof group) == 0
                       && sendto (out, "x", 1, 0, (const struct sockaddr *) &place, sizeof place) == 1
                       && raw_readable (in, patience_ms ()) && recv (in, &byte, 1, 0) == 1;
    close (in);
    close (out);
    return works;
}

static void need (enum carrier carrier)
{
    if (!zmq_has (carrier == NORM ? "norm" : "pgm"))
        skip_test ("the library for it is not here");
    if (!loopback_has_groups ())
        skip_test ("no multicast on the loopback interface");
    if (carrier != PGM)
        return;
    const int raw = socket (AF_INET, SOCK_RAW, 113);
    if (raw < 0)
        skip_test ("raw sockets need a privilege");
    close (raw);
}

static void *open_side (int type)
{
    void *const socket = open_socket (type);
    set_int (socket, ZMQ_RATE, 100000);
    return socket;
}

/*  Of two parts, the second larger than any packet. */
static void send_large (void *publisher)
{
    static char bytes[LARGE];
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (char) (i * 7 + i / 251);
    SEND_BYTES (publisher, "a large", 7, ZMQ_SNDMORE);
    SEND_BYTES (publisher, bytes, LARGE, 0);
}

static void receive_large (void *subscriber)
{
    static char bytes[LARGE];
    RECV_BYTES (subscriber, "a large", 7, 1);
    CHECK_INT (LARGE, recv_frame (subscriber, bytes, LARGE));
    for (size_t i = 0; i < LARGE; i++)
        if (bytes[i] != (char) (i * 7 + i / 251))
            harness_fail (__FILE__, __LINE__, "byte %zu is another", i);
}

static void carry_messages (enum carrier carrier)
{
    need (carrier);
    const char *const endpoint = fresh_endpoint (carrier);
    void *const publisher = open_side (ZMQ_PUB), *const subscriber = open_side (ZMQ_SUB);
    subscribe (subscriber, "a");
    connect_to (subscriber, endpoint);
    bind_to (publisher, endpoint);
    sync_subscriber (publisher, subscriber, "a beacon");
    SEND_PARTS (publisher, "b is not", "wanted");
    SEND_PARTS (publisher, "a", "", "b");
    send_large (publisher);
    SEND_PARTS (publisher, "a last");
    RECV_PARTS (subscriber, "a", "", "b");
    receive_large (subscriber);
    RECV_PARTS (subscriber, "a last");
}

SOCKET_TEST (pgm_carries_messages)
{
    carry_messages (PGM);
}

SOCKET_TEST (epgm_carries_messages)
{
    carry_messages (EPGM);
}

SOCKET_OZMIUM_TEST (norm_carries_messages, "libzmq's sender stops at a message of more than 2 kB")
{
    carry_messages (NORM);
}

static void let_the_receiver_bind (enum carrier carrier)
{
    need (carrier);
    const char *const endpoint = fresh_endpoint (carrier);
    void *const publisher = open_side (ZMQ_XPUB), *const subscriber = open_side (ZMQ_XSUB);
    bind_to (subscriber, endpoint);
    connect_to (publisher, endpoint);
    char bound[128], connected[128];
    size_t bound_size = sizeof bound, connected_size = sizeof connected;
    CHECK_OK (zmq_getsockopt (subscriber, ZMQ_LAST_ENDPOINT, bound, &bound_size));
    CHECK_OK (zmq_getsockopt (publisher, ZMQ_LAST_ENDPOINT, connected, &connected_size));
    CHECK_STR (endpoint, bound);
    CHECK_STR (endpoint, connected);
    /*  An XSUB gets all there is, as nobody filters it. */
    sync_subscriber (publisher, subscriber, "anything");
    SEND_PARTS (publisher, "whatever", "this is");
    RECV_PARTS (subscriber, "whatever", "this is");
}

SOCKET_TEST (an_epgm_receiver_may_bind)
{
    let_the_receiver_bind (EPGM);
}

SOCKET_TEST (a_norm_receiver_may_bind)
{
    let_the_receiver_bind (NORM);
}

static void let_somebody_join_late (enum carrier carrier)
{
    need (carrier);
    const char *const endpoint = fresh_endpoint (carrier);
    void *const publisher = open_side (ZMQ_PUB), *const early = open_side (ZMQ_SUB), *const late = open_side (ZMQ_SUB);
    subscribe (early, "");
    subscribe (late, "");
    connect_to (publisher, endpoint);
    connect_to (early, endpoint);
    sync_subscriber (publisher, early, "early");
    for (int i = 0; i < 20; i++)
        SEND_PARTS (publisher, "many", "parts", "of", "one");
    connect_to (late, endpoint);
    /*  Norm tells who is late what came before, pgm does not; of neither comes half a message. */
    SEND_PARTS (publisher, "start");
    char text[64] = "";
    while (strcmp (text, "late") != 0) {
        CHECK_INT (4, zmq_send (publisher, "late", 4, 0));
        while (ready_within (late, ZMQ_POLLIN, 10)) {
            const size_t size = recv_frame (late, text, sizeof text - 1);
            text[size] = '\0';
            if (strcmp (text, "many") == 0) {
                RECV_BYTES (late, "parts", 5, 1);
                RECV_BYTES (late, "of", 2, 1);
                RECV_BYTES (late, "one", 3, 0);
            } else if (strncmp (text, "early", 5) != 0 && strcmp (text, "start") != 0)
                CHECK_STR ("late", text);
        }
    }
    for (int i = 0; i < 20; i++)
        RECV_PARTS (early, "many", "parts", "of", "one");
    RECV_PARTS (early, "start");
    RECV_PARTS (early, "late");
}

SOCKET_TEST (epgm_is_joined_late)
{
    let_somebody_join_late (EPGM);
}

SOCKET_TEST (norm_is_joined_late)
{
    let_somebody_join_late (NORM);
}

/*  Two senders' messages do not mix, and a receiver whose queue is full loses nothing of so little. */
static void hear_two (enum carrier carrier)
{
    need (carrier);
    const char *const endpoint = fresh_endpoint (carrier);
    void *const one = open_side (ZMQ_PUB), *const two = open_side (ZMQ_PUB), *const subscriber = open_side (ZMQ_SUB);
    set_int (subscriber, ZMQ_RCVHWM, 5);
    subscribe (subscriber, "");
    connect_to (subscriber, endpoint);
    connect_to (one, endpoint);
    sync_subscriber (one, subscriber, "beacon");
    connect_to (two, endpoint);
    sync_subscriber (two, subscriber, "beacon");
    for (char i = 0; i < 100; i++) {
        const char first[] = {'1', i}, second[] = {'2', i};
        SEND_BYTES (one, first, 2, ZMQ_SNDMORE);
        SEND_BYTES (one, "1", 1, 0);
        SEND_BYTES (two, second, 2, ZMQ_SNDMORE);
        SEND_BYTES (two, "2", 1, 0);
    }
    char next[2] = {0, 0};
    while (next[0] < 100 || next[1] < 100) {
        char head[8];
        CHECK_INT (2, recv_frame (subscriber, head, sizeof head));
        CHECK (head[0] == '1' || head[0] == '2');
        char *const expected = &next[head[0] - '1'];
        CHECK_INT (*expected, head[1]);
        ++*expected;
        RECV_BYTES (subscriber, head, 1, 0);
    }
}

SOCKET_OZMIUM_TEST (epgm_hears_two, "libzmq delivers frames, and those of two senders can mix in one message")
{
    hear_two (EPGM);
}

/*  NORM tells senders apart by numbers, which come from the machine's address unless they are given. */
SOCKET_TEST (norm_hears_two)
{
    need (NORM);
    const char *const endpoint = fresh_endpoint (NORM);
    char first[80], second[80];
    snprintf (first, sizeof first, "norm://1,%s", endpoint + strlen ("norm://"));
    snprintf (second, sizeof second, "norm://2,%s", endpoint + strlen ("norm://"));
    void *const one = open_side (ZMQ_PUB), *const two = open_side (ZMQ_PUB), *const subscriber = open_side (ZMQ_SUB);
    subscribe (subscriber, "");
    connect_to (subscriber, endpoint);
    connect_to (one, first);
    sync_subscriber (one, subscriber, "one");
    connect_to (two, second);
    sync_subscriber (two, subscriber, "two");
    SEND_PARTS (one, "from", "one");
    RECV_PARTS (subscriber, "from", "one");
    SEND_PARTS (two, "from", "two");
    RECV_PARTS (subscriber, "from", "two");
}

static void end_endpoints (enum carrier carrier)
{
    need (carrier);
    const char *const endpoint = fresh_endpoint (carrier);
    void *const publisher = open_side (ZMQ_PUB), *const subscriber = open_side (ZMQ_SUB);
    subscribe (subscriber, "");
    connect_to (subscriber, endpoint);
    /*  Once is enough for these. */
    connect_to (subscriber, endpoint);
    bind_to (subscriber, endpoint);
    bind_to (publisher, endpoint);
    sync_subscriber (publisher, subscriber, "beacon");
    CHECK_OK (zmq_disconnect (subscriber, endpoint));
    CHECK_ERRNO (ENOENT, zmq_disconnect (subscriber, endpoint));
    CHECK_OK (zmq_unbind (publisher, endpoint));
    CHECK_ERRNO (ENOENT, zmq_unbind (publisher, endpoint));
    connect_to (subscriber, endpoint);
    bind_to (publisher, endpoint);
    sync_subscriber (publisher, subscriber, "again");
}

SOCKET_TEST (epgm_endpoints_end_and_begin)
{
    end_endpoints (EPGM);
}

SOCKET_TEST (norm_endpoints_end_and_begin)
{
    end_endpoints (NORM);
}

SOCKET_OZMIUM_TEST (norm_sends_what_lingers, "libzmq ends norm's endpoints with what is not sent yet")
{
    need (NORM);
    const char *const endpoint = fresh_endpoint (NORM);
    void *const subscriber = open_side (ZMQ_SUB), *const publisher = open_side (ZMQ_PUB);
    subscribe (subscriber, "");
    connect_to (subscriber, endpoint);
    connect_to (publisher, endpoint);
    sync_subscriber (publisher, subscriber, "beacon");
    set_int (publisher, ZMQ_LINGER, -1);
    for (int i = 0; i < 20; i++)
        SEND_PARTS (publisher, "before", "the end");
    shut (publisher);
    for (int i = 0; i < 20; i++)
        RECV_PARTS (subscriber, "before", "the end");
}

SOCKET_DRAFT_TEST (norm_s_options_are_read_as_they_were_set)
{
    static const struct
    {
        int option, standard, least, most;
    } options[] = {{ZMQ_NORM_MODE, ZMQ_NORM_CC, ZMQ_NORM_FIXED, ZMQ_NORM_CCE_ECNONLY},
                   {ZMQ_NORM_UNICAST_NACK, 0, 0, 1},
                   {ZMQ_NORM_BUFFER_SIZE, 2048, 1, INT_MAX},
                   {ZMQ_NORM_SEGMENT_SIZE, 1400, 1, INT_MAX},
                   {ZMQ_NORM_BLOCK_SIZE, 16, 1, 255},
                   {ZMQ_NORM_NUM_PARITY, 4, 0, 254},
                   {ZMQ_NORM_NUM_AUTOPARITY, 0, 0, 254},
                   {ZMQ_NORM_PUSH, 0, 0, 1}};
    if (!zmq_has ("norm"))
        skip_test ("the library for it is not here");
    void *const socket = open_socket (ZMQ_PUB);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const int option = options[i].option, below = options[i].least - 1;
        CHECK_INT (options[i].standard, get_int (socket, option));
        set_int (socket, option, options[i].most);
        CHECK_INT (options[i].most, get_int (socket, option));
        set_int (socket, option, options[i].least);
        CHECK_ERRNO (EINVAL, zmq_setsockopt (socket, option, &below, sizeof below));
        CHECK_INT (options[i].least, get_int (socket, option));
    }
}

/*  Each value of ZMQ_NORM_MODE, with all else unlike what it is by itself. */
SOCKET_DRAFT_TEST (norm_sends_by_its_options)
{
    need (NORM);
    for (int mode = ZMQ_NORM_FIXED; mode <= ZMQ_NORM_CCE_ECNONLY; mode++) {
        const char *const endpoint = fresh_endpoint (NORM);
        void *const publisher = open_side (ZMQ_PUB), *const subscriber = open_side (ZMQ_SUB);
        set_int (publisher, ZMQ_NORM_MODE, mode);
        set_int (publisher, ZMQ_NORM_BUFFER_SIZE, 512);
        set_int (publisher, ZMQ_NORM_SEGMENT_SIZE, 500);
        set_int (publisher, ZMQ_NORM_BLOCK_SIZE, 8);
        set_int (publisher, ZMQ_NORM_NUM_PARITY, 2);
        set_int (publisher, ZMQ_NORM_NUM_AUTOPARITY, 1);
        set_int (publisher, ZMQ_NORM_PUSH, mode % 2);
        set_int (subscriber, ZMQ_NORM_UNICAST_NACK, 1);
        set_int (subscriber, ZMQ_NORM_BUFFER_SIZE, 512);
        subscribe (subscriber, "");
        connect_to (subscriber, endpoint);
        connect_to (publisher, endpoint);
        sync_subscriber (publisher, subscriber, "beacon");
        SEND_PARTS (publisher, "of", "two parts");
        RECV_PARTS (subscriber, "of", "two parts");
        shut (publisher);
        shut (subscriber);
    }
}

SOCKET_TEST (only_pub_and_sub_can_have_them)
{
    static const int types[] = {ZMQ_PAIR, ZMQ_REQ, ZMQ_REP, ZMQ_DEALER, ZMQ_ROUTER, ZMQ_PULL, ZMQ_PUSH, ZMQ_STREAM};
    need (EPGM);
    need (NORM);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        void *const socket = open_socket (types[i]);
        CHECK_ERRNO (ENOCOMPATPROTO, zmq_bind (socket, fresh_endpoint (EPGM)));
        CHECK_ERRNO (ENOCOMPATPROTO, zmq_connect (socket, fresh_endpoint (NORM)));
        shut (socket);
    }
}

SOCKET_TEST (malformed_addresses_of_pgm_give_einval)
{
    static const char *const addresses[] = {"x",
                                            "eth0",
                                            "127.0.0.1;239.192.1.1",
                                            "nosuch0;239.192.1.1:5555",
                                            "127.0.0.1;10.0.0.1:5555",
                                            "127.0.0.1;nosuch.invalid:5555"};
    need (EPGM);
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        char endpoint[80];
        for (int in_udp = 0; in_udp < 2; in_udp++) {
            snprintf (endpoint, sizeof endpoint, "%s://%s", in_udp ? "epgm" : "pgm", addresses[i]);
            CHECK_ERRNO (EINVAL, zmq_bind (open_socket (ZMQ_PUB), endpoint));
            CHECK_ERRNO (EINVAL, zmq_connect (open_socket (ZMQ_SUB), endpoint));
        }
    }
}

SOCKET_OZMIUM_TEST (ports_of_pgm_that_are_none_give_einval, "libzmq fails and leaves errno as it was")
{
    need (EPGM);
    CHECK_ERRNO (EINVAL, zmq_bind (open_socket (ZMQ_PUB), "epgm://127.0.0.1;239.192.1.1:0"));
    CHECK_ERRNO (EINVAL, zmq_connect (open_socket (ZMQ_SUB), "epgm://127.0.0.1;239.192.1.1:x"));
    CHECK_ERRNO (EINVAL, zmq_connect (open_socket (ZMQ_SUB), "epgm://127.0.0.1;239.192.1.1:"));
}

SOCKET_OZMIUM_TEST (what_norm_cannot_use_is_refused, "libzmq ends the process")
{
    need (NORM);
    static const int types[] = {ZMQ_PUB, ZMQ_SUB};
    for (size_t i = 0; i < 2; i++) {
        void *const socket = open_socket (types[i]);
        CHECK_ERRNO (EINVAL, zmq_bind (socket, "norm://x"));
        CHECK_ERRNO (EINVAL, zmq_connect (socket, "norm://127.0.0.1"));
        CHECK_ERRNO (EINVAL, zmq_connect (socket, "norm://:5555"));
        CHECK_ERRNO (EINVAL, zmq_connect (socket, "norm://lo;:5555"));
        CHECK_ERRNO (ENODEV, zmq_connect (socket, "norm://nosuch0;239.192.1.1:5555"));
    }
}

SOCKET_OZMIUM_TEST (what_pgm_cannot_use_is_refused, "libzmq ends the process")
{
    need (EPGM);
    const char *const endpoint = fresh_endpoint (EPGM);
    /*  OpenPGM closes descriptor 0 with a socket that it has not bound, or not opened. */
    struct stat before, after;
    CHECK_INT (0, dup2 (open ("/dev/null", O_RDONLY), 0));
    CHECK_OK (fstat (0, &before));
    /*  Smaller than its headers. */
    void *const sender = open_socket (ZMQ_PUB);
    set_int (sender, ZMQ_MULTICAST_MAXTPDU, 20);
    CHECK_ERRNO (EINVAL, zmq_bind (sender, endpoint));
    void *const other = open_socket (ZMQ_SUB);
    connect_to (other, endpoint);
    CHECK_OK (fstat (0, &after));
    CHECK_INT (before.st_ino, after.st_ino);
    /*  No privilege. */
    if (geteuid () == 0)
        CHECK_OK (setresuid (65534, 65534, 65534));
    const int raw = socket (AF_INET, SOCK_RAW, 113);
    if (raw >= 0) {
        close (raw);
        skip_test ("everybody may have raw sockets");
    }
    CHECK_ERRNO (EPERM, zmq_bind (open_socket (ZMQ_PUB), fresh_endpoint (PGM)));
    CHECK_ERRNO (EPERM, zmq_connect (open_socket (ZMQ_SUB), fresh_endpoint (PGM)));
    CHECK_OK (fstat (0, &after));
    CHECK_INT (before.st_ino, after.st_ino);
}
