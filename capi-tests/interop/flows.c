/* What the two sides of each pair do. Side A is the one whose type stands first. */
#include "role.h"

#include <zmq.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define IDENTITY_A "side-a"
#define IDENTITY_B "\001side-b\377" /* not text, and not starting with the reserved zero byte */

/* A lock-step or pipelined client towards REP or ROUTER. A DEALER adds the empty delimiter that a REQ
 * adds by itself; towards a ROUTER it does without. */
static void ask (struct role *role, unsigned window)
{
    int delimiter = role->type == ZMQ_DEALER && role->peer_type == ZMQ_REP;
    unsigned asked = 0;
    for (unsigned answered = 0; answered < role->count; answered++) {
        for (; asked < role->count && asked < answered + window; asked++) {
            if (delimiter)
                send_frame (role->socket, "", 0, 1);
            send_payload (role->socket, FORWARD, asked);
        }
        if (delimiter)
            expect_frame (role->socket, "", 0, 1);
        expect_payload (role->socket, BACKWARD, answered);
    }
}

static void answer_as_rep (struct role *role)
{
    for (unsigned i = 0; i < role->count; i++) {
        expect_payload (role->socket, FORWARD, i);
        send_payload (role->socket, BACKWARD, i);
    }
}

static void answer_as_router (struct role *role)
{
    for (unsigned i = 0; i < role->count; i++) {
        expect_frame (role->socket, IDENTITY_A, strlen (IDENTITY_A), 1);
        if (role->peer_type == ZMQ_REQ)
            expect_frame (role->socket, "", 0, 1);
        expect_payload (role->socket, FORWARD, i);
        send_frame (role->socket, IDENTITY_A, strlen (IDENTITY_A), 1);
        if (role->peer_type == ZMQ_REQ)
            send_frame (role->socket, "", 0, 1);
        send_payload (role->socket, BACKWARD, i);
    }
}

/* Two ROUTERs: A waits until it knows B's identity (ZMQ_ROUTER_MANDATORY says so), then asks. */
static void ask_as_router (struct role *role)
{
    int mandatory = 1;
    need (zmq_setsockopt (role->socket, ZMQ_ROUTER_MANDATORY, &mandatory, sizeof mandatory) == 0, "MANDATORY");
    for (unsigned i = 0; i < role->count; i++) {
        while (zmq_send (role->socket, IDENTITY_B, strlen (IDENTITY_B), ZMQ_SNDMORE) < 0) {
            need (zmq_errno () == EHOSTUNREACH, "send to the other router");
            usleep (2000);
        }
        send_payload (role->socket, FORWARD, i);
        expect_frame (role->socket, IDENTITY_B, strlen (IDENTITY_B), 1);
        expect_payload (role->socket, BACKWARD, i);
    }
}

/* Full duplex: everything is sent before anything is read. */
static void exchange (struct role *role)
{
    for (unsigned i = 0; i < role->count; i++)
        send_payload (role->socket, role->is_a ? FORWARD : BACKWARD, i);
    for (unsigned i = 0; i < role->count; i++)
        expect_payload (role->socket, role->is_a ? BACKWARD : FORWARD, i);
}

static void push (struct role *role)
{
    for (unsigned i = 0; i < role->count; i++)
        send_payload (role->socket, FORWARD, i);
}

static void pull (struct role *role)
{
    for (unsigned i = 0; i < role->count; i++)
        expect_payload (role->socket, FORWARD, i);
}

static void name_oneself (struct role *role)
{
    const char *identity = role->is_a ? IDENTITY_A : IDENTITY_B;
    need (zmq_setsockopt (role->socket, ZMQ_ROUTING_ID, identity, strlen (identity)) == 0, "ZMQ_ROUTING_ID");
}

void run_flow (struct role *role)
{
    int same = role->type == role->peer_type;
    switch (role->type) {
    case ZMQ_REQ:
    case ZMQ_DEALER:
    case ZMQ_REP:
    case ZMQ_ROUTER:
        name_oneself (role);
        break;
    default:
        break;
    }
    if (role->type != ZMQ_PUB && role->type != ZMQ_XPUB && role->type != ZMQ_SUB && role->type != ZMQ_XSUB)
        attach (role);
    switch (role->type) {
    case ZMQ_REQ:
        ask (role, 1);
        break;
    case ZMQ_REP:
        answer_as_rep (role);
        break;
    case ZMQ_DEALER:
        if (same)
            exchange (role);
        else
            ask (role, 20);
        break;
    case ZMQ_ROUTER:
        if (same && role->is_a)
            ask_as_router (role);
        else
            answer_as_router (role);
        break;
    case ZMQ_PAIR:
        exchange (role);
        break;
    case ZMQ_PUSH:
        push (role);
        break;
    case ZMQ_PULL:
        pull (role);
        break;
    case ZMQ_PUB:
    case ZMQ_XPUB:
        publish (role);
        break;
    case ZMQ_SUB:
    case ZMQ_XSUB:
        subscribe (role);
        break;
    case ZMQ_STREAM:
        stream (role);
        break;
    default:
        die ("no flow for %s", role->pair);
    }
}
