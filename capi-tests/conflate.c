/*  ZMQ_CONFLATE: a queue of one, which holds the newest message. */

#include "fixture.h"

/*  The reader gets the last of a hundred numbers once the writer's last has arrived. */
static void expect_last_only (int writer_type, int reader_type, bool at_writer, enum transport transport)
{
    void *const reader = open_socket (reader_type), *const writer = open_socket (writer_type);
    if (reader_type == ZMQ_SUB)
        subscribe (reader, "");
    if (at_writer)
        set_int (writer, ZMQ_CONFLATE, 1);
    else
        set_int (reader, ZMQ_CONFLATE, 1);
    if (transport == INPROC) /* there the connecting side decides */
        join (at_writer ? reader : writer, at_writer ? writer : reader, transport);
    else
        join (reader, writer, transport);
    uint32_t number = 0, got = 0;
    if (writer_type == ZMQ_PUB || writer_type == ZMQ_DEALER || writer_type == ZMQ_PUSH) {
        const int64_t deadline = now_ms () + patience_ms ();
        do { /* until the way is open */
            CHECK (now_ms () < deadline);
            CHECK (zmq_send (writer, &number, sizeof number, 0) == sizeof number);
        } while (!ready_within (reader, ZMQ_POLLIN, 2));
    }
    for (number = 1; number <= 100; number++)
        CHECK (zmq_send (writer, &number, sizeof number, 0) == sizeof number);
    settle (); /* so that they pile up where they are conflated */
    int received = 0, repeated = 0;
    number = 100;
    while (got != number)
        if (ready_within (reader, ZMQ_POLLIN, 20)) {
            CHECK_INT (sizeof got, zmq_recv (reader, &got, sizeof got, 0));
            received++;
        } else {
            /* Where writer and reader meet, libzmq may keep the newest back until the next is written. */
            CHECK (++repeated < 100);
            SEND_BYTES (writer, &number, sizeof number, 0);
        }
    if (!at_writer) /* SUB has one in its hand when it was polled */
        CHECK (received <= (reader_type == ZMQ_SUB ? 2 : 1) + repeated);
    finish ();
}

SOCKET_TEST (a_conflating_reader_keeps_the_newest)
{
    FOR_EACH_TRANSPORT (t) {
        expect_last_only (ZMQ_PUSH, ZMQ_PULL, false, t);
        expect_last_only (ZMQ_PUB, ZMQ_SUB, false, t);
        expect_last_only (ZMQ_DEALER, ZMQ_DEALER, false, t);
    }
}

SOCKET_TEST (a_conflating_writer_never_blocks_and_the_newest_arrives)
{
    FOR_EACH_TRANSPORT (t) {
        expect_last_only (ZMQ_PUSH, ZMQ_PULL, true, t);
        expect_last_only (ZMQ_DEALER, ZMQ_DEALER, true, t);
        expect_last_only (ZMQ_PUB, ZMQ_SUB, true, t);
    }
}

SOCKET_TEST (a_conflating_writer_without_a_connection_keeps_one)
{
    void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
    const char *const endpoint = free_endpoint (TCP);
    set_int (push, ZMQ_CONFLATE, 1);
    set_int (push, ZMQ_SNDHWM, 1);
    connect_to (push, endpoint);
    for (int i = 0; i < 50; i++)
        SEND (push, i < 49 ? "old" : "new");
    bind_to (pull, endpoint);
    RECV (pull, "new");
    RECV_NOTHING (pull);
}

SOCKET_TEST (of_a_message_of_several_parts_the_last_is_kept)
{
    for (int at_reader = 0; at_reader < 2; at_reader++) {
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        set_int (at_reader ? pull : push, ZMQ_CONFLATE, 1);
        if (at_reader)
            join (push, pull, INPROC); /* who connects decides */
        else
            join (pull, push, INPROC);
        SEND_PARTS (push, "1", "2", "3");
        SEND_MORE (push, "4");
        if (DIFFERS ("libzmq may show parts of an unfinished message, and goes on with the next as if it were one"))
            RECV (pull, "3");
        SEND (push, "5");
        RECV (pull, "5");
        RECV_NOTHING (pull);
        finish ();
    }
}

/*  Over inproc: on a wire the subscriptions are on their way before there are two. */
SOCKET_TEST (subscriptions_are_not_conflated)
{
    void *const xpub = open_socket (ZMQ_XPUB), *const sub = open_socket (ZMQ_SUB);
    set_int (sub, ZMQ_CONFLATE, 1);
    subscribe (sub, "a");
    subscribe (sub, "b");
    const char *const endpoint = join (xpub, sub, INPROC);
    if (DIFFERS ("libzmq keeps the newest subscription only"))
        RECV (xpub, "\1a");
    RECV (xpub, "\1b");
    void *const pub = open_socket (ZMQ_PUB), *const xsub = open_socket (ZMQ_XSUB);
    set_int (pub, ZMQ_CONFLATE, 1);
    CHECK_OK (zmq_unbind (xpub, endpoint));
    bind_to (xsub, endpoint);
    connect_to (pub, endpoint);
    (void) get_int (xsub, ZMQ_EVENTS);
    SEND (xsub, "\1a");
    SEND (xsub, "\1b");
    (void) get_int (pub, ZMQ_EVENTS);
    SEND (pub, "b");
    RECV (xsub, "b");
    if (running_on_ozmium ()) {
        SEND (pub, "a");
        RECV (xsub, "a");
    }
}

SOCKET_TEST (the_newest_message_outlives_its_sender)
{
    for (int disconnect = 0; disconnect < 2; disconnect++) {
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        set_int (push, ZMQ_CONFLATE, 1);
        const char *const endpoint = join (pull, push, INPROC);
        SEND (push, "old");
        SEND (push, "new");
        if (disconnect)
            CHECK_OK (zmq_disconnect (push, endpoint));
        else
            shut (push);
        if (DIFFERS ("libzmq's note of the end takes the message's place")) {
            RECV (pull, "new");
            RECV_NOTHING (pull);
        } else if (disconnect)
            RECV_NOTHING (pull);
        finish ();
    }
}

SOCKET_TEST (other_socket_types_take_the_option_and_ignore_it)
{
    void *const pair = open_socket (ZMQ_PAIR), *const peer = open_socket (ZMQ_PAIR);
    set_int (pair, ZMQ_CONFLATE, 1);
    CHECK_INT (1, get_int (pair, ZMQ_CONFLATE));
    join (pair, peer, INPROC);
    SEND (peer, "1");
    SEND (peer, "2");
    RECV (pair, "1");
    RECV (pair, "2");
    const int two = 2, negative = -1;
    CHECK_ERRNO (EINVAL, zmq_setsockopt (pair, ZMQ_CONFLATE, &two, sizeof two));
    CHECK_ERRNO (EINVAL, zmq_setsockopt (pair, ZMQ_CONFLATE, &negative, sizeof negative));
}
