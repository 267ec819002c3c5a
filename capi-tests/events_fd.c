/*  ZMQ_FD and ZMQ_EVENTS, as event loops use them: the descriptor turns readable when there is something to process; then
 *  ZMQ_EVENTS says what, and reading it (or sending, or receiving) takes the edge away. A lost edge is a hang in somebody's
 *  program. */

#include "harness.h"

#include <poll.h>

static bool readable (int fd, int timeout)
{
    struct pollfd item = {fd, POLLIN, 0};
    const int ready = poll (&item, 1, timeout);
    CHECK (ready >= 0);
    return ready == 1;
}

/*  What an event loop does: looks at the events, and waits for the descriptor only when they are not there. */
static void wait_events (void *socket, int events)
{
    const int fd = get_int (socket, ZMQ_FD);
    const int64_t deadline = now_ms () + patience_ms ();
    while ((get_int (socket, ZMQ_EVENTS) & events) != events) {
        CHECK (now_ms () < deadline);
        CHECK (readable (fd, patience_ms ()));
    }
}

TEST (descriptor_stays_the_same)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    connected_pair (ctx, TCP, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    const int fd = get_int (b, ZMQ_FD);
    bounce (a, b);
    CHECK_INT (fd, get_int (b, ZMQ_FD));
    CHECK (fd != get_int (a, ZMQ_FD));
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

TEST (events_of_a_new_socket)
{
    static const struct
    {
        int type, events;
    } cases[] = {{ZMQ_PAIR, 0},   {ZMQ_PUB, ZMQ_POLLOUT}, {ZMQ_SUB, 0},  {ZMQ_REQ, 0},
                 {ZMQ_REP, 0},    {ZMQ_DEALER, 0},        {ZMQ_ROUTER, ZMQ_POLLOUT}, {ZMQ_PULL, 0},
                 {ZMQ_PUSH, 0},   {ZMQ_XPUB, ZMQ_POLLOUT}, {ZMQ_XSUB, ZMQ_POLLOUT}, {ZMQ_STREAM, ZMQ_POLLOUT}};
    void *const ctx = new_ctx ();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        void *const socket = new_socket (ctx, cases[i].type);
        if (get_int (socket, ZMQ_EVENTS) != cases[i].events)
            harness_fail (__FILE__, __LINE__, "type %d: expected events %d, got %d", cases[i].type, cases[i].events,
                          get_int (socket, ZMQ_EVENTS));
        close_socket (socket);
    }
    term_ctx (ctx);
}

TEST (message_makes_the_descriptor_readable)
{
    FOR_EACH_TRANSPORT (transport) {
        void *const ctx = new_ctx ();
        void *a, *b;
        connected_pair (ctx, transport, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
        bounce (a, b);
        const int fd = get_int (b, ZMQ_FD);
        CHECK_INT (0, get_int (b, ZMQ_EVENTS) & ZMQ_POLLIN);
        SEND (a, "x");
        CHECK (readable (fd, patience_ms ()));
        CHECK (readable (fd, 0)); /* until something takes it */
        wait_events (b, ZMQ_POLLIN);
        RECV (b, "x");
        CHECK_INT (0, get_int (b, ZMQ_EVENTS) & ZMQ_POLLIN);
        close_socket (a);
        close_socket (b);
        term_ctx (ctx);
    }
}

/*  zeromq.js, for one, asks for ZMQ_EVENTS only when the descriptor says so; without this it never heard of the first message. */
TEST (setting_an_option_does_not_take_the_edge_away)
{
    void *const ctx = new_ctx ();
    void *const sub = new_socket (ctx, ZMQ_SUB), *const pub = new_socket (ctx, ZMQ_XPUB);
    const int fd = get_int (sub, ZMQ_FD);
    CHECK_INT (0, get_int (sub, ZMQ_EVENTS));
    char endpoint[ENDPOINT_MAX];
    bind_fresh (pub, TCP, endpoint);
    CHECK_OK (zmq_connect (sub, endpoint));
    CHECK_OK (zmq_setsockopt (sub, ZMQ_SUBSCRIBE, "", 0));
    set_int (sub, ZMQ_RCVTIMEO, 1000);
    CHECK (readable (fd, 0));
    CHECK_INT (0, get_int (sub, ZMQ_EVENTS));
    CHECK (!readable (fd, 0));
    RECV (pub, "\1");
    SEND (pub, "x");
    wait_events (sub, ZMQ_POLLIN);
    RECV (sub, "x");
    close_socket (sub);
    close_socket (pub);
    term_ctx (ctx);
}

/*  aiozmq connects to the endpoint of a monitor that it starts afterwards, and then waits for the descriptor. */
TEST (binding_makes_the_descriptor_of_who_waited_for_it_readable)
{
    void *const ctx = new_ctx ();
    void *const early = new_socket (ctx, ZMQ_PAIR), *const late = new_socket (ctx, ZMQ_PAIR);
    const int fd = get_int (early, ZMQ_FD);
    CHECK_OK (zmq_connect (early, "inproc://late"));
    CHECK (!readable (fd, 0));
    CHECK_OK (zmq_bind (late, "inproc://late"));
    CHECK (readable (fd, 0));
    CHECK_INT (ZMQ_POLLOUT, get_int (early, ZMQ_EVENTS));
    CHECK (!readable (fd, 0));
    SEND (late, "x");
    CHECK (readable (fd, patience_ms ()));
    CHECK_INT (ZMQ_POLLIN | ZMQ_POLLOUT, get_int (early, ZMQ_EVENTS));
    RECV (early, "x");
    close_socket (early);
    close_socket (late);
    term_ctx (ctx);
}

TEST (descriptor_can_be_asked_for_when_messages_wait_already)
{
    FOR_EACH_TRANSPORT (transport) {
        void *const ctx = new_ctx ();
        void *a, *b;
        connected_pair (ctx, transport, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
        SEND (a, "x");
        CHECK (poll_for (b, ZMQ_POLLIN));
        wait_events (b, ZMQ_POLLIN);
        RECV (b, "x");
        SEND (a, "y");
        wait_events (b, ZMQ_POLLIN);
        RECV (b, "y");
        close_socket (a);
        close_socket (b);
        term_ctx (ctx);
    }
}

TEST (reading_events_takes_the_edge_away)
{
    FOR_EACH_TRANSPORT (transport) {
        void *const ctx = new_ctx ();
        void *a, *b;
        connected_pair (ctx, transport, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
        bounce (a, b);
        const int fd = get_int (b, ZMQ_FD);
        SEND (a, "1");
        wait_events (b, ZMQ_POLLIN);
        SEND (a, "2");
        SEND (a, "3");
        WAIT_UNTIL ((get_int (b, ZMQ_EVENTS), !readable (fd, 20)));
        /* Not readable, and yet messages are there: this is the edge that loops have to mind. */
        CHECK (get_int (b, ZMQ_EVENTS) & ZMQ_POLLIN);
        RECV (b, "1");
        RECV (b, "2");
        RECV (b, "3");
        CHECK_INT (0, get_int (b, ZMQ_EVENTS) & ZMQ_POLLIN);
        SEND (a, "4");
        CHECK (readable (fd, patience_ms ()));
        RECV (b, "4");
        close_socket (a);
        close_socket (b);
        term_ctx (ctx);
    }
}

TEST (room_to_send_makes_the_descriptor_readable)
{
    void *const ctx = new_ctx ();
    void *const pull = new_socket (ctx, ZMQ_PULL), *const push = new_socket (ctx, ZMQ_PUSH);
    set_int (push, ZMQ_SNDHWM, 5);
    set_int (pull, ZMQ_RCVHWM, 5);
    CHECK_OK (zmq_bind (pull, "inproc://room"));
    CHECK_OK (zmq_connect (push, "inproc://room"));
    const int fd = get_int (push, ZMQ_FD);
    int sent = 0;
    while (zmq_send (push, "x", 1, ZMQ_DONTWAIT) == 1)
        sent++;
    CHECK_INT (10, sent);
    CHECK_INT (0, get_int (push, ZMQ_EVENTS));
    CHECK (!readable (fd, 0));
    for (int i = 0; i < sent; i++)
        RECV (pull, "x");
    CHECK (readable (fd, patience_ms ()));
    wait_events (push, ZMQ_POLLOUT);
    SEND (push, "x");
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (connection_makes_the_descriptor_readable)
{
    for (enum transport transport = TCP; transport <= IPC; transport++) {
        void *const ctx = new_ctx ();
        void *const dealer = new_socket (ctx, ZMQ_DEALER), *const other = new_socket (ctx, ZMQ_DEALER);
        char endpoint[ENDPOINT_MAX];
        bind_fresh (dealer, transport, endpoint);
        const int fd = get_int (dealer, ZMQ_FD);
        CHECK_INT (0, get_int (dealer, ZMQ_EVENTS));
        CHECK_OK (zmq_connect (other, endpoint));
        CHECK (readable (fd, patience_ms ()));
        wait_events (dealer, ZMQ_POLLOUT);
        close_socket (dealer);
        close_socket (other);
        term_ctx (ctx);
    }
}

TEST (shutdown_makes_the_descriptor_readable)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    int events;
    size_t size = sizeof events;
    const int fd = get_int (socket, ZMQ_FD);
    CHECK_INT (0, get_int (socket, ZMQ_EVENTS));
    CHECK_OK (zmq_ctx_shutdown (ctx));
    CHECK (readable (fd, patience_ms ()));
    CHECK_ERRNO (ETERM, zmq_getsockopt (socket, ZMQ_EVENTS, &events, &size));
    close_socket (socket);
    term_ctx (ctx);
}

#define MESSAGES 20000

static void *send_all (void *socket)
{
    for (int i = 0; i < MESSAGES; i++)
        CHECK_INT (sizeof i, zmq_send (socket, &i, sizeof i, 0));
    return NULL;
}

TEST (loop_that_trusts_the_edge_gets_every_message)
{
    FOR_EACH_TRANSPORT (transport) {
        void *const ctx = new_ctx ();
        void *pull, *push;
        connected_pair (ctx, transport, ZMQ_PULL, &pull, ZMQ_PUSH, &push, NULL);
        const int fd = get_int (pull, ZMQ_FD);
        const pthread_t thread = start_thread (send_all, push);
        int expected = 0;
        while (expected < MESSAGES) {
            while (get_int (pull, ZMQ_EVENTS) & ZMQ_POLLIN) {
                int number;
                CHECK_INT (sizeof number, zmq_recv (pull, &number, sizeof number, ZMQ_DONTWAIT));
                CHECK_INT (expected, number);
                expected++;
            }
            if (expected < MESSAGES)
                CHECK (readable (fd, patience_ms ()));
        }
        join_thread (thread);
        close_socket (push);
        close_socket (pull);
        term_ctx (ctx);
    }
}

TEST (loop_that_receives_until_eagain_gets_every_message)
{
    FOR_EACH_TRANSPORT (transport) {
        void *const ctx = new_ctx ();
        void *pull, *push;
        connected_pair (ctx, transport, ZMQ_PULL, &pull, ZMQ_PUSH, &push, NULL);
        const int fd = get_int (pull, ZMQ_FD);
        const pthread_t thread = start_thread (send_all, push);
        int expected = 0, number;
        while (expected < MESSAGES) {
            while (zmq_recv (pull, &number, sizeof number, ZMQ_DONTWAIT) == sizeof number) {
                CHECK_INT (expected, number);
                expected++;
            }
            CHECK (expected == MESSAGES || zmq_errno () == EAGAIN);
            if (expected < MESSAGES)
                CHECK (readable (fd, patience_ms ()));
        }
        join_thread (thread);
        close_socket (push);
        close_socket (pull);
        term_ctx (ctx);
    }
}

static void *answer_all (void *socket)
{
    /* An event loop of its own that sends and receives on one descriptor: sending takes edges that announced messages. */
    const int fd = get_int (socket, ZMQ_FD);
    for (int answered = 0; answered < 2000;) {
        char text[16];
        if (!(get_int (socket, ZMQ_EVENTS) & ZMQ_POLLIN)) {
            CHECK (readable (fd, patience_ms ()));
            continue;
        }
        const int size = zmq_recv (socket, text, sizeof text, ZMQ_DONTWAIT);
        CHECK (size > 0);
        CHECK_INT (size, zmq_send (socket, text, (size_t) size, 0));
        answered++;
    }
    return NULL;
}

TEST (two_loops_talk_in_bursts)
{
    FOR_EACH_TRANSPORT (transport) {
        void *const ctx = new_ctx ();
        void *a, *b;
        connected_pair (ctx, transport, ZMQ_DEALER, &a, ZMQ_DEALER, &b, NULL);
        const pthread_t thread = start_thread (answer_all, b);
        const int fd = get_int (a, ZMQ_FD);
        int sent = 0, got = 0;
        wait_events (a, ZMQ_POLLOUT);
        while (got < 2000) {
            for (int burst = 0; burst < 7 && sent < 2000 && sent - got < 50; burst++, sent++)
                CHECK_INT (1, zmq_send (a, "m", 1, ZMQ_DONTWAIT));
            if (!(get_int (a, ZMQ_EVENTS) & ZMQ_POLLIN)) {
                CHECK (readable (fd, patience_ms ()));
                continue;
            }
            while (zmq_recv (a, NULL, 0, ZMQ_DONTWAIT) == 1)
                got++;
        }
        join_thread (thread);
        close_socket (a);
        close_socket (b);
        term_ctx (ctx);
    }
}
