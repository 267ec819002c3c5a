/*  PUB and XPUB: streams of messages to many subscribers, over each transport and mechanism. What goes to the same
 *  subscribers again and again need not be written for each of them: nobody may notice. */

#include "secure.h"

#include <string.h>

#define LONGEST 5000

/*  The number'th message: a topic, its number, and bytes that depend on it. */
static size_t compose (char *message, char topic, unsigned number)
{
    static const size_t sizes[] = {10, 100, 40, 247, 248, 400, 12, 2000, 10, 10, 10, 30};
    size_t size = sizes[number % 12];
    if (number % 97 == 96)
        size = LONGEST;
    memset (message, (int) (number * 7), size);
    message[0] = topic;
    memcpy (message + 1, &number, sizeof number);
    return size;
}

static void publish (void *pub, char topic, unsigned number)
{
    char message[LONGEST];
    const size_t size = compose (message, topic, number);
    if (number % 41 == 40) {
        SEND_BYTES (pub, message, size, ZMQ_SNDMORE);
        SEND_BYTES (pub, "part", 4, 0);
    } else
        SEND_BYTES (pub, message, size, 0);
}

static void expect (void *sub, char topic, unsigned number)
{
    char message[LONGEST];
    const size_t size = compose (message, topic, number);
    const bool parts = number % 41 == 40;
    RECV_BYTES (sub, message, size, parts);
    if (parts)
        RECV_BYTES (sub, "part", 4, 0);
}

/*  A publisher that waits for its subscribers, and tells of each. */
static void *publisher (void)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    set_int (xpub, ZMQ_XPUB_NODROP, 1);
    set_int (xpub, ZMQ_XPUB_VERBOSE, 1);
    return xpub;
}

static void *subscriber (void *xpub, const char *endpoint, const char *topic)
{
    void *const sub = open_socket (ZMQ_SUB);
    connect_to (sub, endpoint);
    subscribe (sub, topic);
    char told[4];
    CHECK_INT (1 + strlen (topic), recv_frame (xpub, told, sizeof told));
    return sub;
}

static unsigned any_below (unsigned *state, unsigned limit)
{
    *state = *state * 1103515245 + 12345;
    return (*state >> 16) % limit;
}

static void stream (enum transport first, enum transport second)
{
    void *const xpub = publisher ();
    const char *const one = bind_any (xpub, first), *const two = bind_any (xpub, second);
    void *subs[6];
    unsigned from[6] = {0}, number = 0, state = 1;
    for (int i = 0; i < 4; i++)
        subs[i] = subscriber (xpub, i % 2 ? two : one, "");
    int first_there = 0, there = 4;
    for (int round = 0; round < 60; round++) {
        if (round == 20 || round == 30) {
            from[there] = number;
            subs[there++] = subscriber (xpub, round == 20 ? one : two, "");
        }
        if (round == 40)
            shut (subs[first_there++]);
        for (unsigned burst = any_below (&state, 300); burst > 0; burst--)
            publish (xpub, 'm', number++);
        for (int i = first_there; i < there; i++)
            for (; from[i] < number; from[i]++)
                expect (subs[i], 'm', from[i]);
    }
    for (int i = first_there; i < there; i++)
        RECV_NOTHING (subs[i]);
}

SOCKET_TEST (all_subscribers_get_all_in_order_tcp)
{
    stream (TCP, TCP);
}

SOCKET_TEST (all_subscribers_get_all_in_order_ipc_and_tcp)
{
    stream (IPC, TCP);
}

SOCKET_TEST (all_subscribers_get_all_in_order_inproc_and_tcp)
{
    stream (INPROC, TCP);
}

SOCKET_TEST (each_gets_what_it_subscribed_to_in_order)
{
    void *const xpub = publisher ();
    const char *const endpoint = bind_any (xpub, TCP);
    static const char *const topics[] = {"a", "a", "b", "b", "c", ""};
    void *subs[6];
    for (int i = 0; i < 6; i++)
        subs[i] = subscriber (xpub, endpoint, topics[i]);
    unsigned state = 2, number = 0;
    for (int round = 0; round < 40; round++) {
        char sent[200];
        unsigned count = 0;
        while (count < 150) {
            const char topic = "abcab"[any_below (&state, 5)];
            for (unsigned run = 1 + any_below (&state, 30); run > 0 && count < 150; run--) {
                publish (xpub, topic, number + count);
                sent[count++] = topic;
            }
        }
        for (int i = 0; i < 6; i++)
            for (unsigned at = 0; at < count; at++)
                if (!*topics[i] || sent[at] == *topics[i])
                    expect (subs[i], sent[at], number + at);
        number += count;
    }
}

SOCKET_TEST (a_subscription_that_ends_ends_nobody_elses)
{
    void *const xpub = publisher ();
    const char *const endpoint = bind_any (xpub, TCP);
    void *const one = subscriber (xpub, endpoint, "m"), *const two = subscriber (xpub, endpoint, "m");
    unsigned number = 0;
    for (int round = 0; round < 10; round++) {
        const unsigned first = number;
        while (number < first + 50)
            publish (xpub, 'm', number++);
        for (unsigned i = first; i < number; i++) {
            expect (one, 'm', i);
            expect (two, 'm', i);
        }
        char told[4];
        CHECK_INT (0, zmq_setsockopt (two, ZMQ_UNSUBSCRIBE, "m", 1));
        set_int (xpub, ZMQ_XPUB_VERBOSER, 1);
        CHECK_INT (2, recv_frame (xpub, told, sizeof told));
        for (int i = 0; i < 50; i++)
            publish (xpub, 'm', number++);
        for (unsigned i = number - 50; i < number; i++)
            expect (one, 'm', i);
        RECV_NOTHING (two);
        subscribe (two, "m");
        CHECK_INT (2, recv_frame (xpub, told, sizeof told));
    }
}

/*  Without ZMQ_XPUB_NODROP. */
SOCKET_TEST (one_that_does_not_read_misses_messages_and_the_others_none)
{
    enum { MANY = 60000 };
    void *const xpub = open_socket (ZMQ_XPUB);
    set_int (xpub, ZMQ_XPUB_VERBOSE, 1);
    const char *const endpoint = bind_any (xpub, TCP);
    void *subs[3];
    for (int i = 0; i < 3; i++)
        subs[i] = subscriber (xpub, endpoint, "");
    unsigned number = 0;
    char message[200] = "";
    while (number < MANY) {
        const unsigned first = number;
        (void) get_int (xpub, ZMQ_EVENTS); /* libzmq hears of room so */
        while (number < first + 200) {
            memcpy (message, &number, sizeof number);
            SEND_BYTES (xpub, message, sizeof message, 0);
            number++;
        }
        for (int i = 0; i < 2; i++)
            for (unsigned at = first; at < number; at++) {
                memcpy (message, &at, sizeof at);
                RECV_BYTES (subs[i], message, sizeof message, 0);
            }
    }
    unsigned got = 0, last = 0;
    while (ready_within (subs[2], ZMQ_POLLIN, SILENCE_MS)) {
        unsigned at;
        CHECK_INT (sizeof message, recv_frame (subs[2], message, sizeof message));
        memcpy (&at, message, sizeof at);
        if (got < 1000)
            CHECK_INT (got, at); /* at first it missed nothing */
        CHECK (got == 0 || at > last);
        last = at;
        got++;
    }
    CHECK (got >= 1000 && got < MANY);
    settle ();
    (void) get_int (xpub, ZMQ_EVENTS);
    SEND_BYTES (xpub, "again", 5, 0);
    RECV_BYTES (subs[2], "again", 5, 0);
}

SOCKET_TEST (what_was_published_before_the_close_arrives)
{
    void *const xpub = publisher ();
    set_int (xpub, ZMQ_LINGER, -1);
    const char *const endpoint = bind_any (xpub, TCP);
    void *subs[3];
    for (int i = 0; i < 3; i++)
        subs[i] = subscriber (xpub, endpoint, "");
    for (unsigned number = 0; number < 800; number++)
        publish (xpub, 'm', number);
    shut (xpub);
    for (int i = 0; i < 3; i++)
        for (unsigned number = 0; number < 800; number++)
            expect (subs[i], 'm', number);
}

SOCKET_TEST (subscribers_come_and_go_beside_one_that_stays)
{
    void *const xpub = publisher ();
    const char *const endpoint = bind_any (xpub, TCP);
    void *const constant = subscriber (xpub, endpoint, "");
    unsigned number = 0;
    for (int round = 0; round < 5; round++) {
        void *const passing = subscriber (xpub, endpoint, "");
        const unsigned first = number;
        while (number < first + 100)
            publish (xpub, 'm', number++);
        for (unsigned at = first; at < number; at++)
            expect (constant, 'm', at);
        for (unsigned at = first; at < first + 10; at++)
            expect (passing, 'm', at);
        shut (passing);
    }
}

SOCKET_TEST (encrypted_subscribers_get_all_in_order)
{
    need_curve ();
    void *const xpub = secure_server (ZMQ_XPUB, WITH_CURVE);
    set_int (xpub, ZMQ_XPUB_NODROP, 1);
    set_int (xpub, ZMQ_XPUB_VERBOSE, 1);
    const char *const endpoint = bind_any (xpub, TCP);
    void *subs[3];
    for (int i = 0; i < 3; i++) {
        char told[4];
        subs[i] = secure_client (ZMQ_SUB, WITH_CURVE);
        subscribe (subs[i], "");
        connect_to (subs[i], endpoint);
        CHECK_INT (1, recv_frame (xpub, told, sizeof told));
    }
    for (unsigned number = 0; number < 600; number++)
        publish (xpub, 'm', number);
    for (int i = 0; i < 3; i++)
        for (unsigned number = 0; number < 600; number++)
            expect (subs[i], 'm', number);
}
