/* PUB or XPUB on one side, SUB or XSUB on the other, in three rounds:
 *
 *   1. subscribed to "keep": the publisher sends "keep" and "drop" messages, only the first arrive;
 *   2. the subscriber changes to "next": a "keep" message does not arrive any more;
 *   3. an XSUB sends a message of the application upstream, and an XPUB receives it.
 *
 * Over a multicast protocol nothing goes upstream, subscriptions neither.
 *
 * A PUB cannot see subscriptions, so each round starts with beacons, sent until the subscriber has
 * told the driver that it got one. */
#include "role.h"

#include <zmq.h>

#include <string.h>
#include <unistd.h>

#define UPSTREAM "\003upstream"

static void send_beacons (struct role *role, const char *topic)
{
    while (!heard ()) {
        send_frame (role->socket, topic, strlen (topic), 1);
        send_frame (role->socket, "beacon", 6, 0);
        usleep (3000);
    }
    send_frame (role->socket, topic, strlen (topic), 1);
    send_frame (role->socket, "start", 5, 0);
}

static void send_round (struct role *role, const char *topic, const char *unwanted)
{
    for (unsigned i = 0; i < role->count; i++) {
        send_frame (role->socket, unwanted, strlen (unwanted), 1);
        send_frame (role->socket, "not for you", 11, 0);
        send_frame (role->socket, topic, strlen (topic), 1);
        send_payload (role->socket, FORWARD, i);
    }
}

void publish (struct role *role)
{
    int unlimited = 0;
    int is_xpub = role->type == ZMQ_XPUB && !is_multicast (role);
    need (zmq_setsockopt (role->socket, ZMQ_SNDHWM, &unlimited, sizeof unlimited) == 0, "ZMQ_SNDHWM");
    attach (role);
    if (is_xpub)
        expect_frame (role->socket, "\001keep", 5, 0);
    send_beacons (role, "keep");
    send_round (role, "keep", "drop");
    if (is_xpub) {
        expect_frame (role->socket, "\000keep", 5, 0);
        expect_frame (role->socket, "\001next", 5, 0);
    }
    send_beacons (role, "next");
    send_round (role, "next", "keep");
    if (is_xpub && role->peer_type == ZMQ_XSUB)
        expect_frame (role->socket, UPSTREAM, strlen (UPSTREAM), 0);
    hear (); /* keep the socket until the subscriber has everything */
}

static void change (struct role *role, int add, const char *topic)
{
    if (role->type == ZMQ_SUB) {
        int option = add ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE;
        need (zmq_setsockopt (role->socket, option, topic, strlen (topic)) == 0, "subscription");
        return;
    }
    char message[32];
    message[0] = add ? 1 : 0;
    memcpy (message + 1, topic, strlen (topic));
    send_frame (role->socket, message, strlen (topic) + 1, 0);
}

/* Waits for the first beacon, has the publisher stop, and reads up to the start mark. Leftovers of
 * the round before (topic `before`) cannot be there: it was read to its end. */
static void await_start (struct role *role, const char *topic)
{
    char second[16];
    int told = 0;
    for (;;) {
        expect_frame (role->socket, topic, strlen (topic), 1);
        int size = zmq_recv (role->socket, second, sizeof second, 0);
        need (size >= 0, "zmq_recv");
        if (!told) {
            tell ("SYNCED", NULL);
            told = 1;
        }
        if (size == 5 && memcmp (second, "start", 5) == 0)
            return;
        if (size != 6 || memcmp (second, "beacon", 6) != 0)
            die ("%d unexpected bytes among the beacons", size);
    }
}

static void read_round (struct role *role, const char *topic)
{
    for (unsigned i = 0; i < role->count; i++) {
        expect_frame (role->socket, topic, strlen (topic), 1);
        expect_payload (role->socket, FORWARD, i);
    }
}

void subscribe (struct role *role)
{
    int unlimited = 0;
    need (zmq_setsockopt (role->socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited) == 0, "ZMQ_RCVHWM");
    change (role, 1, "keep");
    attach (role);
    await_start (role, "keep");
    read_round (role, "keep");
    change (role, 0, "keep"); /* first, so that a "next" beacon shows that both took effect */
    change (role, 1, "next");
    await_start (role, "next");
    read_round (role, "next");
    if (role->type == ZMQ_XSUB && role->peer_type == ZMQ_XPUB)
        send_frame (role->socket, UPSTREAM, strlen (UPSTREAM), 0);
    tell ("SYNCED", NULL);
}
