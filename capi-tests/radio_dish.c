/*  RADIO and DISH: groups, over connections and over udp. */

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include "fixture.h"

static void radio_send (void *radio, const char *group, const char *text)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, strlen (text)));
    memcpy (zmq_msg_data (&msg), text, strlen (text));
    CHECK_OK (zmq_msg_set_group (&msg, group));
    CHECK_INT (strlen (text), zmq_msg_send (&msg, radio, 0));
}

static void dish_recv (void *dish, const char *group, const char *text)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (strlen (text), zmq_msg_recv (&msg, dish, 0));
    CHECK_STR (group, zmq_msg_group (&msg));
    CHECK_BYTES (text, strlen (text), zmq_msg_data (&msg), zmq_msg_size (&msg));
    CHECK_INT (0, zmq_msg_more (&msg));
    CHECK_OK (zmq_msg_close (&msg));
}

/*  Sends to a group until the dish has heard of it, and reads away what was sent too much. */
static void sync_dish (void *radio, void *dish, const char *group)
{
    do
        radio_send (radio, group, "sync");
    while (!ready_within (dish, ZMQ_POLLIN, 10));
    drain (dish, 30);
}

/*  A plain datagram socket on 127.0.0.1, and its port. */
static int plain_udp (int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK (fd >= 0);
    CHECK_OK (bind (fd, (struct sockaddr *) &address, length));
    CHECK_OK (getsockname (fd, (struct sockaddr *) &address, &length));
    *port = ntohs (address.sin_port);
    return fd;
}

/*  A udp port of 127.0.0.1 where nobody is. */
static int free_udp_port (void)
{
    int port;
    const int fd = plain_udp (&port);
    CHECK_OK (close (fd));
    return port;
}

static const char *udp_endpoint (const char *host, int port)
{
    static char endpoint[ENDPOINT_MAX];
    snprintf (endpoint, sizeof endpoint, "udp://%s:%d", host, port);
    return endpoint;
}

SOCKET_DRAFT_TEST (messages_go_to_the_members_of_their_group)
{
    FOR_EACH_TRANSPORT (transport) {
        void *radio = open_socket (ZMQ_RADIO), *news = open_socket (ZMQ_DISH), *both = open_socket (ZMQ_DISH);
        CHECK_OK (zmq_join (news, "news"));
        const char *endpoint = join (radio, news, transport);
        connect_to (both, endpoint);
        CHECK_OK (zmq_join (both, "news"));
        CHECK_OK (zmq_join (both, "new"));
        sync_dish (radio, news, "news");
        sync_dish (radio, both, "new");
        drain (news, 30);
        radio_send (radio, "new", "1");
        radio_send (radio, "news", "2");
        radio_send (radio, "newsroom", "3");
        radio_send (radio, "", "4");
        dish_recv (both, "new", "1");
        dish_recv (both, "news", "2");
        dish_recv (news, "news", "2");
        expect_silence (both);
        expect_silence (news);
        CHECK_OK (zmq_leave (both, "news"));
        radio_send (radio, "news", "5");
        dish_recv (news, "news", "5");
        expect_silence (both);
        shut (both);
        shut (news);
        shut (radio);
    }
}

SOCKET_DRAFT_TEST (groups_are_joined_once_and_have_names_up_to_255_bytes)
{
    void *dish = open_socket (ZMQ_DISH), *radio = open_socket (ZMQ_RADIO);
    char name[257];
    memset (name, 'g', 256);
    name[256] = '\0';
    CHECK_ERRNO (EINVAL, zmq_join (dish, name));
    CHECK_ERRNO (EINVAL, zmq_leave (dish, name));
    name[255] = '\0';
    CHECK_OK (zmq_join (dish, name));
    CHECK_ERRNO (EINVAL, zmq_join (dish, name));
    CHECK_OK (zmq_leave (dish, name));
    CHECK_ERRNO (EINVAL, zmq_leave (dish, name));
    CHECK_OK (zmq_join (dish, ""));
    CHECK_ERRNO (ENOTSUP, zmq_join (radio, "group"));
    CHECK_ERRNO (ENOTSUP, zmq_leave (radio, "group"));
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_set_group (&msg, name));
    CHECK_STR (name, zmq_msg_group (&msg));
    name[255] = 'x'; /* the 256th byte of a name is not looked at */
    CHECK_OK (zmq_msg_set_group (&msg, name));
    name[255] = '\0';
    CHECK_STR (name, zmq_msg_group (&msg));
    CHECK_OK (zmq_msg_close (&msg));
}

SOCKET_DRAFT_TEST (each_sends_or_receives_and_only_single_parts)
{
    void *radio = open_socket (ZMQ_RADIO), *dish = open_socket (ZMQ_DISH);
    CHECK_ERRNO (EINVAL, zmq_send (radio, "part", 4, ZMQ_SNDMORE));
    CHECK_ERRNO (ENOTSUP, zmq_send (dish, "text", 4, 0));
    CHECK_ERRNO (ENOTSUP, zmq_recv (radio, NULL, 0, ZMQ_DONTWAIT));
    CHECK_INT (1, get_int (radio, ZMQ_THREAD_SAFE));
    CHECK_INT (ZMQ_POLLOUT, get_int (radio, ZMQ_EVENTS));
    CHECK_INT (ZMQ_POLLOUT, get_int (dish, ZMQ_EVENTS));
}

SOCKET_DRAFT_TEST (groups_are_said_again_to_the_next_connection)
{
    char endpoint[ENDPOINT_MAX];
    unused_tcp (endpoint);
    void *dish = open_socket (ZMQ_DISH);
    set_int (dish, ZMQ_RECONNECT_IVL, 5);
    CHECK_OK (zmq_join (dish, "news"));
    connect_to (dish, endpoint);
    for (int life = 0; life < 2; life++) {
        void *radio = open_socket (ZMQ_RADIO);
        /*  A closed socket's port is free a moment later. */
        WAIT_UNTIL (zmq_bind (radio, endpoint) == 0);
        sync_dish (radio, dish, "news");
        radio_send (radio, "news", "text");
        dish_recv (dish, "news", "text");
        shut (radio);
    }
}

SOCKET_DRAFT_TEST (a_full_dish_holds_a_nodrop_radio_up)
{
    void *radio = open_socket (ZMQ_RADIO), *dish = open_socket (ZMQ_DISH);
    set_int (radio, ZMQ_SNDHWM, 5);
    set_int (dish, ZMQ_RCVHWM, 5);
    set_int (radio, ZMQ_XPUB_NODROP, 1);
    CHECK_OK (zmq_join (dish, ""));
    join (radio, dish, INPROC);
    sync_dish (radio, dish, "");
    const int sent = fill (radio, "text", 100);
    CHECK (sent >= 5 && sent <= 10);
    CHECK_INT (sent, drain (dish, 30));
    CHECK_ERRNO (EINVAL, zmq_setsockopt (dish, ZMQ_XPUB_NODROP, &(int){1}, sizeof (int)));
}

SOCKET_DRAFT_TEST (udp_carries_groups)
{
    static const struct
    {
        const char *bound, *connected;
    } addresses[] = {{"127.0.0.1", "127.0.0.1"}, {"*", "localhost"}, {"*", "[::1]"}};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        const bool ipv6 = addresses[i].connected[0] == '[';
        if (ipv6 && !have_ipv6 ())
            continue;
        const int port = free_udp_port ();
        void *dish = open_socket (ZMQ_DISH), *radio = open_socket (ZMQ_RADIO);
        set_int (dish, ZMQ_IPV6, ipv6);
        set_int (radio, ZMQ_IPV6, ipv6);
        CHECK_OK (zmq_join (dish, "TV"));
        bind_to (dish, udp_endpoint (addresses[i].bound, port));
        connect_to (radio, udp_endpoint (addresses[i].connected, port));
        sync_dish (radio, dish, "TV");
        radio_send (radio, "radio", "not for it");
        radio_send (radio, "TV", "for it");
        radio_send (radio, "TV", "");
        dish_recv (dish, "TV", "for it");
        dish_recv (dish, "TV", "");
        expect_silence (dish);
        shut (dish);
        shut (radio);
    }
}

SOCKET_DRAFT_TEST (udp_datagrams_are_a_length_a_group_and_a_body)
{
    int port;
    const int plain = plain_udp (&port);
    void *radio = open_socket (ZMQ_RADIO);
    connect_to (radio, udp_endpoint ("127.0.0.1", port));
    radio_send (radio, "news", "text");
    raw_expect (plain, "\4newstext", 9);
    radio_send (radio, "", "x");
    raw_expect (plain, "\0x", 2);

    /*  8192 bytes in all are the most; what is longer is dropped. */
    static char text[8192];
    memset (text, 'x', sizeof text - 1);
    radio_send (radio, "", text);
    char received[sizeof text + 1];
    CHECK_INT (8192, recv (plain, received, sizeof received, 0));
    radio_send (radio, "g", text);
    radio_send (radio, "g", "next");
    raw_expect (plain, "\1gnext", 6);
    close (plain);
}

SOCKET_DRAFT_TEST (malformed_datagrams_are_dropped)
{
    const int port = free_udp_port ();
    int own;
    const int plain = plain_udp (&own);
    void *dish = open_socket (ZMQ_DISH);
    CHECK_OK (zmq_join (dish, "g"));
    bind_to (dish, udp_endpoint ("127.0.0.1", port));
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons (port), .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    CHECK_OK (connect (plain, (struct sockaddr *) &to, sizeof to));
    /*  The endpoint may not be there yet: the system says so to the one who sends. */
    do
        send (plain, "\1gsync", 6, 0);
    while (!ready_within (dish, ZMQ_POLLIN, 10));
    drain (dish, 30);
    static const struct
    {
        const char *bytes;
        size_t size;
    } malformed[] = {{"\2g", 2}, {"\377g", 2}, {"\1hother", 7}};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        raw_send (plain, malformed[i].bytes, malformed[i].size);
    if (running_on_ozmium ()) { /* libzmq reads a length that was never received, and ends a name at a NUL */
        CHECK_INT (0, send (plain, "", 0, 0));
        raw_send (plain, "\3g\0h", 4);
    }
    raw_send (plain, "\1gtext", 6);
    dish_recv (dish, "g", "text");
    expect_silence (dish);
    close (plain);
}

SOCKET_DRAFT_TEST (udp_binds_a_dish_and_connects_a_radio)
{
    void *radio = open_socket (ZMQ_RADIO), *dish = open_socket (ZMQ_DISH), *pair = open_socket (ZMQ_PAIR);
    CHECK_ERRNO (ENOCOMPATPROTO, zmq_bind (radio, "udp://127.0.0.1:9"));
    CHECK_ERRNO (ENOCOMPATPROTO, zmq_connect (dish, "udp://127.0.0.1:9"));
    CHECK_ERRNO (ENOCOMPATPROTO, zmq_bind (pair, "udp://127.0.0.1:9"));
    CHECK_ERRNO (EINVAL, zmq_connect (radio, "udp://*:9"));
    CHECK_ERRNO (EINVAL, zmq_connect (radio, "udp://127.0.0.1"));
    CHECK_ERRNO (ENODEV, zmq_bind (dish, "udp://no-such-interface:9"));
    CHECK_ERRNO (EINVAL, zmq_bind (dish, "udp://lo;127.0.0.1:9"));
    CHECK_ERRNO (EINVAL, zmq_bind (dish, "udp://239.1.2.3;239.1.2.3:9"));
    CHECK_ERRNO (ENODEV, zmq_bind (dish, "udp://no-such-interface;239.1.2.3:9"));
    char endpoint[ENDPOINT_MAX];
    connect_to (radio, "udp://127.0.0.1:9");
    last_endpoint (radio, endpoint);
    CHECK_STR ("127.0.0.1:9", endpoint);
    CHECK_OK (zmq_disconnect (radio, "udp://127.0.0.1:9"));
    CHECK_ERRNO (ENOENT, zmq_disconnect (radio, "udp://127.0.0.1:9"));
}

SOCKET_OZMIUM_TEST (udp_wildcards_are_told_and_unbound, "libzmq says *:* again, and knows no bound udp endpoint")
{
    void *radio = open_socket (ZMQ_RADIO), *dish = open_socket (ZMQ_DISH);
    char endpoint[ENDPOINT_MAX], name[ENDPOINT_MAX + 6];
    CHECK_OK (zmq_join (dish, "g"));
    bind_to (dish, "udp://127.0.0.1:*");
    last_endpoint (dish, endpoint);
    snprintf (name, sizeof name, "udp://%s", endpoint);
    connect_to (radio, name);
    radio_send (radio, "g", "text");
    dish_recv (dish, "g", "text");
    CHECK_OK (zmq_unbind (dish, "udp://127.0.0.1:*"));
    CHECK_ERRNO (ENOENT, zmq_unbind (dish, "udp://127.0.0.1:*"));
    CHECK_ERRNO (EADDRNOTAVAIL, zmq_bind (dish, "udp://192.0.2.1:9"));
}

SOCKET_DRAFT_TEST (udp_multicast_reaches_all_dishes_of_a_group)
{
    char group[64];
    snprintf (group, sizeof group, "udp://lo;239.192.7.3:%d", free_udp_port ());
    void *radio = open_socket (ZMQ_RADIO), *one = open_socket (ZMQ_DISH), *other = open_socket (ZMQ_DISH);
    void *dishes[] = {one, other};
    for (int i = 0; i < 2; i++) {
        CHECK_OK (zmq_join (dishes[i], "g"));
        bind_to (dishes[i], group);
    }
    connect_to (radio, group);
    for (int i = 0; i < 2; i++)
        sync_dish (radio, dishes[i], "g");
    drain (one, 30);
    radio_send (radio, "g", "text");
    dish_recv (one, "g", "text");
    dish_recv (other, "g", "text");
}

SOCKET_DRAFT_TEST (udp_multicast_does_not_come_back_if_not_wanted)
{
    char group[64];
    snprintf (group, sizeof group, "udp://239.192.7.4:%d", free_udp_port ());
    void *dish = open_socket (ZMQ_DISH), *loud = open_socket (ZMQ_RADIO), *silent = open_socket (ZMQ_RADIO);
    CHECK_OK (zmq_join (dish, "g"));
    set_int (silent, ZMQ_MULTICAST_LOOP, 0);
    if (zmq_bind (dish, group) != 0 || zmq_connect (loud, group) != 0 || zmq_connect (silent, group) != 0)
        skip_test ("no multicast");
    int tries = 100;
    do
        radio_send (loud, "g", "sync");
    while (!ready_within (dish, ZMQ_POLLIN, 10) && --tries);
    if (tries == 0)
        skip_test ("no multicast");
    drain (dish, 30);
    radio_send (silent, "g", "silent");
    radio_send (loud, "g", "loud");
    dish_recv (dish, "g", "loud");
    expect_silence (dish);
}

SOCKET_DRAFT_TEST (what_was_sent_by_udp_goes_out_before_the_end)
{
    int port;
    const int plain = plain_udp (&port);
    void *radio = open_socket (ZMQ_RADIO);
    set_int (radio, ZMQ_LINGER, -1);
    connect_to (radio, udp_endpoint ("127.0.0.1", port));
    for (int i = 0; i < 100; i++)
        radio_send (radio, "g", "text");
    finish ();
    for (int i = 0; i < 100; i++)
        raw_expect (plain, "\1gtext", 6);
    close (plain);
}
