/*  Publishers and subscribers that come and go at both ends of a proxy between XSUB and XPUB. */

#include "fixture.h"

struct chain
{
    void *xsub, *xpub;
    const char *front, *back;
    pthread_t thread;
};

static void *run_proxy (void *argument)
{
    struct chain *const chain = argument;
    CHECK_ERRNO (ETERM, zmq_proxy (chain->xsub, chain->xpub, NULL));
    return NULL;
}

static void start (struct chain *chain, enum transport t, int verbosity)
{
    chain->xsub = open_socket (ZMQ_XSUB);
    chain->xpub = open_socket (ZMQ_XPUB);
    if (verbosity)
        set_int (chain->xpub, verbosity, 1);
    chain->front = bind_any (chain->xsub, t);
    chain->back = bind_any (chain->xpub, t);
    chain->thread = start_thread (run_proxy, chain);
}

static void stop (struct chain *chain)
{
    CHECK_OK (zmq_ctx_shutdown (test_ctx ()));
    join_thread (chain->thread);
}

static void *subscriber (const struct chain *chain, const char *topic)
{
    void *const sub = open_socket (ZMQ_SUB);
    subscribe (sub, topic);
    connect_to (sub, chain->back);
    return sub;
}

/*  The proxy passes the first one on as it came, and keeps it for others, which get it as a command. */
static void expect_subscription (int fd)
{
    struct frame frame;
    zmtp_recv_frame (fd, &frame);
    if (frame.flags & ZMTP_COMMAND)
        CHECK_BYTES ("\11SUBSCRIBEa", 11, frame.body, frame.size);
    else
        CHECK_BYTES ("\1a", 2, frame.body, frame.size);
}

SOCKET_TEST (publishers_that_come_later_get_the_subscriptions)
{
    FOR_EACH_TRANSPORT (t) {
        struct chain chain;
        start (&chain, t, 0);
        void *const sub = subscriber (&chain, "a");
        for (int i = 0; i < 3; i++) {
            void *const xpub = open_socket (ZMQ_XPUB);
            connect_to (xpub, chain.front);
            RECV (xpub, "\1a");
            SEND_PARTS (xpub, "a", "news");
            SEND (xpub, "b");
            RECV_PARTS (sub, "a", "news");
            shut (xpub);
        }
        RECV_NOTHING (sub);
        stop (&chain);
        finish ();
    }
}

SOCKET_TEST (subscriptions_pass_the_proxy_once_and_end_with_the_last_subscriber)
{
    FOR_EACH_TRANSPORT (t) {
        struct chain chain;
        start (&chain, t, 0);
        void *const xpub = open_socket (ZMQ_XPUB);
        connect_to (xpub, chain.front);
        void *const first = subscriber (&chain, "a");
        RECV (xpub, "\1a");
        void *const second = subscriber (&chain, "a");
        sync_subscriber (xpub, second, "a");
        shut (first);
        settle ();
        RECV_NOTHING (xpub); /* the second has it still */
        shut (second);
        RECV_BYTES (xpub, "\0a", 2, 0);
        void *const third = subscriber (&chain, "a");
        RECV (xpub, "\1a");
        SEND (xpub, "a again");
        RECV (third, "a again");
        stop (&chain);
        finish ();
    }
}

SOCKET_TEST (a_verbose_proxy_passes_every_subscription_on)
{
    struct chain chain;
    start (&chain, TCP, ZMQ_XPUB_VERBOSE);
    void *const xpub = open_socket (ZMQ_XPUB);
    set_int (xpub, ZMQ_XPUB_VERBOSE, 1);
    connect_to (xpub, chain.front);
    for (int i = 0; i < 3; i++) {
        subscriber (&chain, "a");
        RECV (xpub, "\1a");
    }
    stop (&chain);
}

SOCKET_TEST (a_publisher_that_is_lost_and_comes_back_gets_the_subscriptions_again)
{
    struct chain chain;
    start (&chain, TCP, 0);
    void *const sub = subscriber (&chain, "a");
    for (int i = 0; i < 3; i++) {
        const int fd = zmtp_peer (chain.front, "XPUB");
        expect_subscription (fd);
        zmtp_send_frame (fd, 0, "a1", 2);
        RECV (sub, "a1");
        raw_reset (fd);
    }
    stop (&chain);
}

SOCKET_TEST (a_proxy_that_connects_finds_a_publisher_that_was_started_anew)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    struct chain chain = {.xsub = open_socket (ZMQ_XSUB), .xpub = open_socket (ZMQ_XPUB)};
    set_int (chain.xsub, ZMQ_RECONNECT_IVL, 1);
    connect_to (chain.xsub, endpoint);
    chain.back = bind_any (chain.xpub, TCP);
    chain.thread = start_thread (run_proxy, &chain);
    void *const sub = subscriber (&chain, "a");
    for (int i = 0; i < 3; i++) {
        const int fd = zmtp_accept (listener, "XPUB");
        expect_subscription (fd);
        zmtp_send_frame (fd, 0, "a1", 2);
        RECV (sub, "a1");
        raw_reset (fd);
    }
    close (listener);
    stop (&chain);
}
