/*  zmq_proxy, zmq_proxy_steerable, zmq_device: forwarding both ways, capturing, commands, statistics, ends. */

#include "harness.h"

struct proxy
{
    void *ctx;
    void *frontend, *backend, *capture, *control; /* used by the proxy's thread only, once it runs */
    char front[ENDPOINT_MAX], back[ENDPOINT_MAX], steer[ENDPOINT_MAX], spied[ENDPOINT_MAX];
    pthread_t thread;
    enum
    {
        PROXY,
        STEERABLE,
        DEVICE
    } kind;
    int result, error;
    volatile int ended;
};

static void *run (void *argument)
{
    struct proxy *const p = argument;
    if (p->kind == PROXY)
        p->result = zmq_proxy (p->frontend, p->backend, p->capture);
    else if (p->kind == STEERABLE)
        p->result = zmq_proxy_steerable (p->frontend, p->backend, p->capture, p->control);
    else
        p->result = zmq_device (ZMQ_QUEUE, p->frontend, p->backend);
    p->error = zmq_errno ();
    p->ended = 1;
    close_socket (p->frontend);
    if (p->backend != p->frontend)
        close_socket (p->backend);
    if (p->capture)
        close_socket (p->capture);
    if (p->control)
        close_socket (p->control);
    return NULL;
}

static void open_ends (struct proxy *p, int front_type, int back_type)
{
    p->ctx = new_ctx ();
    p->frontend = new_socket (p->ctx, front_type);
    p->backend = new_socket (p->ctx, back_type);
    bind_fresh (p->frontend, INPROC, p->front);
    bind_fresh (p->backend, INPROC, p->back);
}

static void add_control (struct proxy *p, int type)
{
    p->kind = STEERABLE;
    p->control = new_socket (p->ctx, type);
    bind_fresh (p->control, INPROC, p->steer);
}

static void add_capture (struct proxy *p, int type)
{
    p->capture = new_socket (p->ctx, type);
    bind_fresh (p->capture, INPROC, p->spied);
}

static void start (struct proxy *p)
{
    p->thread = start_thread (run, p);
}

static void *attach (struct proxy *p, int type, const char *endpoint)
{
    void *const socket = new_socket (p->ctx, type);
    CHECK_OK (zmq_connect (socket, endpoint));
    return socket;
}

/*  Ends a proxy that nobody steers. */
static void end_by_shutdown (struct proxy *p)
{
    CHECK_OK (zmq_ctx_shutdown (p->ctx));
    join_thread (p->thread);
    CHECK_INT (-1, p->result);
    CHECK_INT (ETERM, p->error);
}

TEST (missing_ends_give_efault)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_ROUTER);
    CHECK_ERRNO (EFAULT, zmq_proxy (NULL, socket, NULL));
    CHECK_ERRNO (EFAULT, zmq_proxy (socket, NULL, NULL));
    CHECK_ERRNO (EFAULT, zmq_proxy_steerable (NULL, socket, NULL, NULL));
    CHECK_ERRNO (EFAULT, zmq_proxy_steerable (socket, NULL, NULL, NULL));
    if (DIFFERS ("libzmq reads through them")) {
        CHECK_ERRNO (EFAULT, zmq_device (ZMQ_QUEUE, NULL, socket));
        CHECK_ERRNO (EFAULT, zmq_device (ZMQ_QUEUE, socket, NULL));
    }
    close_socket (socket);
    term_ctx (ctx);
}

static void exchange (void *client, void *worker)
{
    for (int i = 0; i < 100; i++) {
        SEND_MORE (client, "request");
        SEND (client, "second frame");
        RECV_MORE (worker, "request");
        RECV (worker, "second frame");
        SEND (worker, "reply");
        RECV (client, "reply");
    }
}

TEST (requests_and_replies_are_forwarded)
{
    for (int kind = PROXY; kind <= DEVICE; kind++) {
        struct proxy p = {.kind = kind};
        open_ends (&p, ZMQ_ROUTER, ZMQ_DEALER);
        start (&p);
        void *const client = attach (&p, ZMQ_REQ, p.front), *const worker = attach (&p, ZMQ_REP, p.back);
        exchange (client, worker);
        close_socket (client);
        close_socket (worker);
        end_by_shutdown (&p);
        term_ctx (p.ctx);
    }
}

TEST (many_clients_and_workers)
{
    struct proxy p = {.kind = PROXY};
    void *clients[5], *workers[5];
    open_ends (&p, ZMQ_ROUTER, ZMQ_DEALER);
    start (&p);
    for (int i = 0; i < 5; i++) {
        clients[i] = attach (&p, ZMQ_REQ, p.front);
        workers[i] = attach (&p, ZMQ_REP, p.back);
    }
    for (int i = 0; i < 5; i++) {
        char text[8];
        snprintf (text, sizeof text, "%d", i);
        SEND (clients[i], text);
    }
    for (int i = 0; i < 5; i++) {
        char text[8] = "";
        CHECK_INT (1, zmq_recv (workers[i], text, sizeof text, 0)); /* each worker gets one */
        SEND (workers[i], text);
    }
    for (int i = 0; i < 5; i++) {
        char text[8];
        snprintf (text, sizeof text, "%d", i);
        RECV (clients[i], text);
        close_socket (clients[i]);
        close_socket (workers[i]);
    }
    end_by_shutdown (&p);
    term_ctx (p.ctx);
}

TEST (subscriptions_go_upstream_and_publications_downstream)
{
    struct proxy p = {.kind = PROXY};
    open_ends (&p, ZMQ_XSUB, ZMQ_XPUB);
    start (&p);
    void *const publisher = attach (&p, ZMQ_XPUB, p.front), *const subscriber = attach (&p, ZMQ_SUB, p.back);
    subscribe (subscriber, "a");
    RECV (publisher, "\1a");
    SEND (publisher, "b");
    SEND (publisher, "a1");
    RECV (subscriber, "a1");
    close_socket (publisher);
    close_socket (subscriber);
    end_by_shutdown (&p);
    term_ctx (p.ctx);
}

TEST (one_way_pipeline)
{
    struct proxy p = {.kind = PROXY};
    open_ends (&p, ZMQ_PULL, ZMQ_PUSH);
    start (&p);
    void *const source = attach (&p, ZMQ_PUSH, p.front), *const sink = attach (&p, ZMQ_PULL, p.back);
    for (int i = 0, got = 0; got < 3000; i++) {
        int number;
        if (i < 3000)
            CHECK_INT (sizeof i, zmq_send (source, &i, sizeof i, 0));
        if (i < 1000) /* what is on its way at most: fewer than fit */
            continue;
        CHECK_INT (sizeof number, zmq_recv (sink, &number, sizeof number, 0));
        CHECK_INT (got++, number);
    }
    close_socket (source);
    close_socket (sink);
    end_by_shutdown (&p);
    term_ctx (p.ctx);
}

TEST (frontend_may_be_the_backend)
{
    struct proxy p = {.kind = PROXY, .ctx = new_ctx ()};
    p.frontend = p.backend = new_socket (p.ctx, ZMQ_DEALER);
    bind_fresh (p.frontend, INPROC, p.front);
    start (&p);
    void *const a = attach (&p, ZMQ_DEALER, p.front);
    SEND (a, "echo");
    RECV (a, "echo");
    close_socket (a);
    end_by_shutdown (&p);
    term_ctx (p.ctx);
}

TEST (capture_gets_both_directions_frame_by_frame)
{
    static const int types[][2] = {{ZMQ_PAIR, ZMQ_PAIR}, {ZMQ_PUSH, ZMQ_PULL}, {ZMQ_PUB, ZMQ_SUB}, {ZMQ_DEALER, ZMQ_DEALER}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct proxy p = {.kind = PROXY};
        open_ends (&p, ZMQ_DEALER, ZMQ_DEALER);
        add_capture (&p, types[i][0]);
        void *const spy = attach (&p, types[i][1], p.spied);
        if (types[i][1] == ZMQ_SUB)
            subscribe (spy, ""); /* over inproc a publisher knows before it sends */
        start (&p);
        void *const a = attach (&p, ZMQ_DEALER, p.front), *const b = attach (&p, ZMQ_DEALER, p.back);
        SEND_MORE (a, "1");
        SEND (a, "2");
        RECV_MORE (b, "1");
        RECV (b, "2");
        RECV_MORE (spy, "1");
        RECV (spy, "2");
        SEND (b, "back");
        RECV (a, "back");
        RECV (spy, "back");
        close_socket (a);
        close_socket (b);
        close_socket (spy);
        end_by_shutdown (&p);
        term_ctx (p.ctx);
    }
}

/*  ---- Commands ---------------------------------------------------------------------------------------------------------- */

/*  Sends a command; a REP control socket answers every command, from libzmq 4.3.5 on. */
static void command (void *steering, const char *text)
{
    SEND (steering, text);
    if (get_int (steering, ZMQ_TYPE) == ZMQ_REQ)
        RECV (steering, "");
}

static void end_by_command (struct proxy *p, void *steering)
{
    command (steering, "TERMINATE");
    join_thread (p->thread);
    CHECK_INT (0, p->result);
    close_socket (steering);
    term_ctx (p->ctx);
}

TEST (terminate_ends_the_proxy_with_0)
{
    struct proxy p = {0};
    open_ends (&p, ZMQ_ROUTER, ZMQ_DEALER);
    add_control (&p, ZMQ_PAIR);
    start (&p);
    void *const steering = attach (&p, ZMQ_PAIR, p.steer);
    void *const client = attach (&p, ZMQ_REQ, p.front), *const worker = attach (&p, ZMQ_REP, p.back);
    exchange (client, worker);
    close_socket (client);
    close_socket (worker);
    end_by_command (&p, steering);
}

TEST (control_may_be_a_subscriber)
{
    struct proxy p = {0};
    open_ends (&p, ZMQ_ROUTER, ZMQ_DEALER);
    add_control (&p, ZMQ_SUB);
    subscribe (p.control, "");
    start (&p);
    void *const steering = attach (&p, ZMQ_PUB, p.steer);
    /* A publisher drops what it says before the subscription reached it. */
    WAIT_UNTIL ((zmq_send (steering, "TERMINATE", 9, 0), p.ended));
    join_thread (p.thread);
    CHECK_INT (0, p.result);
    close_socket (steering);
    term_ctx (p.ctx);
}

TEST (paused_proxy_forwards_nothing_until_it_resumes)
{
    struct proxy p = {0};
    open_ends (&p, ZMQ_PULL, ZMQ_PUSH);
    add_control (&p, ZMQ_PAIR);
    start (&p);
    void *const steering = attach (&p, ZMQ_PAIR, p.steer);
    void *const source = attach (&p, ZMQ_PUSH, p.front), *const sink = attach (&p, ZMQ_PULL, p.back);
    SEND (source, "before");
    RECV (sink, "before");
    command (steering, "PAUSE");
    /* Statistics come after the pause was seen: a barrier. */
    SEND (steering, "STATISTICS");
    for (int i = 0; i < 8; i++)
        CHECK_INT (8, zmq_recv (steering, NULL, 0, 0));
    SEND (source, "while paused");
    set_int (sink, ZMQ_RCVTIMEO, 100);
    CHECK_ERRNO (EAGAIN, zmq_recv (sink, NULL, 0, 0));
    set_int (sink, ZMQ_RCVTIMEO, patience_ms ());
    command (steering, "RESUME");
    RECV (sink, "while paused");
    close_socket (source);
    close_socket (sink);
    end_by_command (&p, steering);
}

TEST (statistics_count_messages_and_bytes_of_each_end_and_direction)
{
    struct proxy p = {0};
    uint64_t got[8];
    open_ends (&p, ZMQ_DEALER, ZMQ_DEALER);
    add_control (&p, ZMQ_PAIR);
    start (&p);
    void *const steering = attach (&p, ZMQ_PAIR, p.steer);
    void *const a = attach (&p, ZMQ_DEALER, p.front), *const b = attach (&p, ZMQ_DEALER, p.back);
    SEND_MORE (a, "12345");
    SEND (a, "678");
    RECV_MORE (b, "12345");
    RECV (b, "678");
    SEND (b, "1234567890");
    RECV (a, "1234567890");
    SEND (steering, "STATISTICS");
    for (int i = 0; i < 8; i++) {
        CHECK_INT (8, zmq_recv (steering, &got[i], 8, 0));
        CHECK_INT (i < 7, get_int (steering, ZMQ_RCVMORE));
    }
    const bool parts = SINCE_4_3_5 ("statistics count each part of a message, not each message");
    const uint64_t expected[] = {parts ? 2 : 1, 8, 1, 10, 1, 10, parts ? 2 : 1, 8};
    for (int i = 0; i < 8; i++)
        CHECK_INT (expected[i], got[i]);
    close_socket (a);
    close_socket (b);
    end_by_command (&p, steering);
}

TEST (replying_control_answers)
{
    struct proxy p = {0};
    open_ends (&p, ZMQ_PULL, ZMQ_PUSH);
    if (!SINCE_4_3_5 ("a REP control socket answers every command, not only STATISTICS")) {
        close_socket (p.frontend);
        close_socket (p.backend);
        term_ctx (p.ctx);
        return;
    }
    add_control (&p, ZMQ_REP);
    start (&p);
    void *const steering = attach (&p, ZMQ_REQ, p.steer);
    command (steering, "PAUSE");
    command (steering, "RESUME");
    command (steering, "no such command");
    command (steering, "");
    end_by_command (&p, steering);
}

TEST (shutdown_ends_a_steered_proxy_too)
{
    struct proxy p = {0};
    open_ends (&p, ZMQ_ROUTER, ZMQ_DEALER);
    add_control (&p, ZMQ_PAIR);
    start (&p);
    void *const client = attach (&p, ZMQ_REQ, p.front), *const worker = attach (&p, ZMQ_REP, p.back);
    exchange (client, worker);
    close_socket (client);
    close_socket (worker);
    end_by_shutdown (&p);
    term_ctx (p.ctx);
}

TEST (proxy_over_tcp_carries_large_and_many_messages)
{
    struct proxy p = {.kind = PROXY, .ctx = new_ctx ()};
    static char body[100000];
    p.frontend = new_socket (p.ctx, ZMQ_PULL);
    p.backend = new_socket (p.ctx, ZMQ_PUSH);
    bind_fresh (p.frontend, TCP, p.front);
    bind_fresh (p.backend, TCP, p.back);
    void *const source = attach (&p, ZMQ_PUSH, p.front), *const sink = attach (&p, ZMQ_PULL, p.back);
    start (&p);
    for (int i = 0; i < 200; i++)
        CHECK_INT (sizeof body, zmq_send (source, body, sizeof body, 0));
    for (int i = 0; i < 200; i++)
        CHECK_INT (sizeof body, zmq_recv (sink, body, sizeof body, 0));
    close_socket (source);
    close_socket (sink);
    end_by_shutdown (&p);
    term_ctx (p.ctx);
}
