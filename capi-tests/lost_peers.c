/*  Peers of a bound socket that leave, and peers within the process: what is lost with them, and what goes on. */

#include "fixture.h"

#include <sys/socket.h>

struct scene
{
    void *socket, *monitor;
    char endpoint[ENDPOINT_MAX];
};

static struct scene begin (int type)
{
    struct scene scene = {.socket = open_socket (type)};
    scene.monitor =
      open_monitor (test_ctx (), scene.socket, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    bind_fresh (scene.socket, TCP, scene.endpoint);
    return scene;
}

static void end (const struct scene *scene, int fd)
{
    if (fd >= 0)
        close (fd);
    close_socket (scene->monitor);
    finish ();
}

/*  A peer that the socket knows of. */
static int meet_as (const struct scene *scene, const char *type, const char *identity)
{
    static struct frame ready;
    uint8_t greeting[64];
    const int fd = raw_connect (scene->endpoint);
    zmtp3_greeting (fd, 1, "NULL", false, greeting);
    zmtp3_ready (fd, type, identity, &ready);
    EXPECT_EVENT (scene->monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    settle ();
    get_int (scene->socket, ZMQ_EVENTS);
    return fd;
}

static int meet (const struct scene *scene, const char *type)
{
    return meet_as (scene, type, "");
}

/*  The peer leaves, and the socket attends to it. */
static void lose (const struct scene *scene, int fd)
{
    close (fd);
    EXPECT_EVENT (scene->monitor, ZMQ_EVENT_DISCONNECTED);
    settle ();
    for (int i = 0; i < 3; i++) {
        get_int (scene->socket, ZMQ_EVENTS);
        usleep (2000);
    }
}

SOCKET_TEST (what_waits_for_a_peer_is_lost_with_it)
{
    static char large[3000000];
    static const int types[] = {ZMQ_PUSH, ZMQ_DEALER, ZMQ_PAIR};
    static const char *const peers[] = {"PULL", "DEALER", "PAIR"};
    for (int i = 0; i < 3; i++) {
        const struct scene scene = begin (types[i]);
        int fd = meet (&scene, peers[i]);
        SEND_BYTES (scene.socket, large, sizeof large, 0);
        for (int k = 0; k < 5; k++)
            SEND (scene.socket, "waits");
        lose (&scene, fd);
        CHECK_ERRNO (EAGAIN, zmq_send (scene.socket, "x", 1, ZMQ_DONTWAIT));
        fd = meet (&scene, peers[i]);
        SEND (scene.socket, "new");
        zmtp_expect_frame (fd, 0, "new");
        end (&scene, fd);
    }
}

SOCKET_TEST (the_others_get_what_follows)
{
    const struct scene scene = begin (ZMQ_DEALER);
    const int first = meet (&scene, "DEALER"), second = meet (&scene, "DEALER");
    SEND (scene.socket, "1");
    SEND (scene.socket, "2");
    zmtp_expect_frame (first, 0, "1");
    zmtp_expect_frame (second, 0, "2");
    lose (&scene, first);
    for (int i = 0; i < 3; i++) {
        SEND (scene.socket, "3");
        zmtp_expect_frame (second, 0, "3");
    }
    end (&scene, second);
}

SOCKET_TEST (the_rest_of_a_message_is_dropped_when_its_peer_has_left)
{
    for (int blocking = 0; blocking < 2; blocking++) {
        const struct scene scene = begin (ZMQ_DEALER);
        const int flags = blocking ? 0 : ZMQ_DONTWAIT;
        int fd = meet (&scene, "DEALER");
        SEND_MORE (scene.socket, "1");
        lose (&scene, fd);
        fd = meet (&scene, "DEALER");
        CHECK_INT (1, zmq_send (scene.socket, "2", 1, ZMQ_SNDMORE | flags));
        CHECK_INT (1, zmq_send (scene.socket, "3", 1, flags));
        SEND (scene.socket, "next");
        zmtp_expect_frame (fd, 0, "next");
        end (&scene, fd);
    }
}

SOCKET_TEST (what_was_received_can_be_read_but_for_half_a_message)
{
    const struct scene scene = begin (ZMQ_PULL);
    const int fd = meet (&scene, "PUSH");
    for (int i = 0; i < 3; i++)
        zmtp_send_frame (fd, 0, "unread", 6);
    zmtp_send_frame (fd, ZMTP_MORE, "half", 4);
    lose (&scene, fd);
    for (int i = 0; i < 3; i++)
        RECV (scene.socket, "unread");
    RECV_NOTHING (scene.socket);
    end (&scene, -1);
}

SOCKET_TEST (what_the_system_holds_of_a_peer_that_left_can_be_read_too)
{
    void *const pull = open_socket (ZMQ_PULL);
    set_int (pull, ZMQ_RCVHWM, 2);
    const int fd = zmtp_peer (bind_any (pull, TCP), "PUSH");
    for (int i = 0; i < 50; i++)
        zmtp_send_frame (fd, 0, "m", 1);
    close (fd);
    for (int i = 0; i < 50; i++)
        RECV (pull, "m");
    RECV_NOTHING (pull);
}

SOCKET_TEST (a_reply_to_a_peer_that_left_goes_nowhere)
{
    const struct scene scene = begin (ZMQ_REP);
    int fd = meet (&scene, "REQ");
    zmtp_send_frame (fd, ZMTP_MORE, "", 0);
    zmtp_send_frame (fd, 0, "request", 7);
    RECV (scene.socket, "request");
    lose (&scene, fd);
    CHECK_INT (ZMQ_POLLOUT, get_int (scene.socket, ZMQ_EVENTS));
    SEND (scene.socket, "reply");
    fd = meet (&scene, "REQ");
    zmtp_send_frame (fd, ZMTP_MORE, "", 0);
    zmtp_send_frame (fd, 0, "request", 7);
    RECV (scene.socket, "request");
    SEND (scene.socket, "reply");
    zmtp_expect_frame (fd, ZMTP_MORE, "");
    zmtp_expect_frame (fd, 0, "reply");
    end (&scene, fd);
}

SOCKET_TEST (a_request_of_a_peer_that_left_can_be_read_and_answered)
{
    const struct scene scene = begin (ZMQ_REP);
    const int fd = meet (&scene, "REQ");
    zmtp_send_frame (fd, ZMTP_MORE, "", 0);
    zmtp_send_frame (fd, 0, "request", 7);
    zmtp_send_frame (fd, ZMTP_MORE, "", 0);
    zmtp_send_frame (fd, ZMTP_MORE, "half a request", 14);
    lose (&scene, fd);
    RECV (scene.socket, "request");
    SEND (scene.socket, "reply");
    RECV_NOTHING (scene.socket);
    end (&scene, -1);
}

SOCKET_TEST (a_router_s_peer_may_come_back_under_its_name)
{
    const struct scene scene = begin (ZMQ_ROUTER);
    set_int (scene.socket, ZMQ_ROUTER_MANDATORY, 1);
    int fd = meet_as (&scene, "DEALER", "a");
    zmtp_send_frame (fd, 0, "1", 1);
    RECV_PARTS (scene.socket, "a", "1");
    SEND_MORE (scene.socket, "a");
    SEND_MORE (scene.socket, "half");
    lose (&scene, fd);
    SEND (scene.socket, "a message");
    CHECK_ERRNO (EHOSTUNREACH, zmq_send (scene.socket, "a", 1, ZMQ_SNDMORE));
    fd = meet_as (&scene, "DEALER", "a");
    zmtp_send_frame (fd, 0, "2", 1);
    RECV_PARTS (scene.socket, "a", "2");
    SEND_PARTS (scene.socket, "a", "after");
    zmtp_expect_frame (fd, 0, "after");
    end (&scene, fd);
}

SOCKET_TEST (an_xpub_is_told_of_the_subscriptions_that_end_with_a_peer)
{
    const struct scene scene = begin (ZMQ_XPUB);
    const int first = meet (&scene, "SUB"), second = meet (&scene, "SUB");
    zmtp_send_command (first, "SUBSCRIBE", "a", 1);
    RECV (scene.socket, "\1a");
    zmtp_send_command (first, "SUBSCRIBE", "b", 1);
    RECV (scene.socket, "\1b");
    zmtp_send_command (second, "SUBSCRIBE", "a", 1);
    settle ();
    lose (&scene, first);
    RECV_BYTES (scene.socket, "\0b", 2, 0);
    RECV_NOTHING (scene.socket);
    SEND (scene.socket, "a1");
    zmtp_expect_frame (second, 0, "a1");
    lose (&scene, second);
    RECV_BYTES (scene.socket, "\0a", 2, 0);
    end (&scene, -1);
}

SOCKET_TEST (a_bound_sub_tells_each_publisher_its_subscriptions)
{
    const struct scene scene = begin (ZMQ_SUB);
    subscribe (scene.socket, "a");
    for (int i = 0; i < 3; i++) {
        const int fd = meet (&scene, "PUB");
        zmtp_expect_command (fd, "SUBSCRIBE", "a", 1);
        zmtp_send_frame (fd, 0, "a1", 2);
        RECV (scene.socket, "a1");
        lose (&scene, fd);
    }
    end (&scene, -1);
}

SOCKET_TEST (a_pair_takes_a_new_peer_when_the_old_one_s_messages_are_read)
{
    const struct scene scene = begin (ZMQ_PAIR);
    int fd = meet (&scene, "PAIR");
    zmtp_send_frame (fd, 0, "unread", 6);
    settle ();
    lose (&scene, fd);
    CHECK_ERRNO (EAGAIN, zmq_send (scene.socket, "x", 1, ZMQ_DONTWAIT));
    RECV (scene.socket, "unread");
    for (int i = 0; i < 3; i++) {
        get_int (scene.socket, ZMQ_EVENTS);
        usleep (2000);
    }
    fd = meet (&scene, "PAIR");
    SEND (scene.socket, "there");
    zmtp_expect_frame (fd, 0, "there");
    end (&scene, fd);
}

/*  ---- Within the process ----------------------------------------------------------------------------------------- */

SOCKET_TEST (inproc_messages_outlive_whoever_sent_them)
{
    for (int binder_leaves = 0; binder_leaves < 2; binder_leaves++)
        for (int early = 0; early < 2; early++) {
            void *const bound = open_socket (ZMQ_DEALER), *const connected = open_socket (ZMQ_DEALER);
            void *const leaves = binder_leaves ? bound : connected, *const stays = binder_leaves ? connected : bound;
            const char *const endpoint = free_endpoint (INPROC);
            if (early)
                connect_to (connected, endpoint);
            bind_to (bound, endpoint);
            if (!early)
                connect_to (connected, endpoint);
            SEND (leaves, "1");
            SEND_PARTS (leaves, "2", "3");
            SEND_MORE (leaves, "half");
            SEND (stays, "for nobody");
            SEND_MORE (stays, "begun");
            shut (leaves);
            RECV (stays, "1");
            RECV_PARTS (stays, "2", "3");
            SEND (stays, "and the rest is dropped");
            RECV_NOTHING (stays);
            WAIT_UNTIL (zmq_send (stays, "x", 1, ZMQ_DONTWAIT) == -1); /* libzmq needs a moment */
            if (binder_leaves)
                WAIT_UNTIL (zmq_disconnect (connected, endpoint) == -1 && zmq_errno () == ENOENT);
            finish ();
        }
}

SOCKET_TEST (inproc_peers_that_disconnect_read_nothing_more)
{
    void *const bound = open_socket (ZMQ_DEALER), *const connected = open_socket (ZMQ_DEALER);
    const char *const endpoint = join (bound, connected, INPROC);
    SEND (bound, "to the connected");
    SEND (connected, "to the bound");
    CHECK_OK (zmq_disconnect (connected, endpoint));
    RECV (bound, "to the bound");
    RECV_NOTHING (connected);
    WAIT_UNTIL (zmq_send (bound, "x", 1, ZMQ_DONTWAIT) == -1 && zmq_send (connected, "x", 1, ZMQ_DONTWAIT) == -1);
    connect_to (connected, endpoint);
    SEND (connected, "again");
    RECV (bound, "again");
}

SOCKET_TEST (inproc_connections_stay_when_the_name_is_unbound)
{
    void *const bound = open_socket (ZMQ_DEALER), *const connected = open_socket (ZMQ_DEALER);
    const char *const endpoint = join (bound, connected, INPROC);
    SEND_MORE (connected, "begun");
    CHECK_OK (zmq_unbind (bound, endpoint));
    SEND (connected, "done");
    RECV_PARTS (bound, "begun", "done");
    bounce (bound, connected);
}

SOCKET_TEST (inproc_has_no_reconnection)
{
    void *bound = open_socket (ZMQ_DEALER);
    void *const connected = open_socket (ZMQ_DEALER);
    const char *const endpoint = join (bound, connected, INPROC);
    bounce (bound, connected);
    shut (bound);
    bound = open_socket (ZMQ_DEALER);
    WAIT_UNTIL (zmq_bind (bound, endpoint) == 0); /* with libzmq the name is free a little later */
    WAIT_UNTIL (zmq_send (connected, "to nobody", 9, ZMQ_DONTWAIT) == -1);
    expect_silence (bound);
    connect_to (connected, endpoint);
    bounce (bound, connected);
}
