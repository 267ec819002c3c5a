/*  inproc: names, connecting before binding, binding again, high-water marks that add up, peers that leave. */

#include "harness.h"

TEST (name_in_use_gives_eaddrinuse)
{
    void *const ctx = new_ctx ();
    void *const first = new_socket (ctx, ZMQ_PAIR), *const second = new_socket (ctx, ZMQ_PAIR);
    CHECK_OK (zmq_bind (first, "inproc://name"));
    CHECK_ERRNO (EADDRINUSE, zmq_bind (second, "inproc://name"));
    CHECK_ERRNO (EADDRINUSE, zmq_bind (first, "inproc://name"));
    CHECK_OK (zmq_bind (second, "inproc://Name"));
    close_socket (first);
    close_socket (second);
    term_ctx (ctx);
}

TEST (names_may_be_long_and_odd)
{
    void *const ctx = new_ctx ();
    void *const pull = new_socket (ctx, ZMQ_PULL), *const push = new_socket (ctx, ZMQ_PUSH);
    char name[1100] = "inproc://";
    memset (name + 9, 'n', 1000);
    CHECK_OK (zmq_bind (pull, name));
    CHECK_OK (zmq_connect (push, name));
    SEND (push, "1");
    RECV (pull, "1");
    CHECK_OK (zmq_bind (pull, "inproc:// !\xc3\xa4/../#"));
    CHECK_OK (zmq_connect (push, "inproc:// !\xc3\xa4/../#"));
    close_socket (pull);
    close_socket (push);
    term_ctx (ctx);
}

TEST (name_is_free_after_unbind_and_after_close)
{
    void *const ctx = new_ctx ();
    void *const first = new_socket (ctx, ZMQ_PAIR), *const second = new_socket (ctx, ZMQ_PAIR);
    CHECK_OK (zmq_bind (first, "inproc://name"));
    CHECK_OK (zmq_unbind (first, "inproc://name"));
    CHECK_OK (zmq_bind (second, "inproc://name"));
    close_socket (second);
    WAIT_UNTIL (zmq_bind (first, "inproc://name") == 0);
    close_socket (first);
    term_ctx (ctx);
}

TEST (messages_sent_before_anybody_bound_arrive)
{
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    CHECK_OK (zmq_connect (push, "inproc://late"));
    for (int i = 0; i < 100; i++)
        SEND (push, "early");
    CHECK_OK (zmq_bind (pull, "inproc://late"));
    for (int i = 0; i < 100; i++)
        RECV (pull, "early");
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (many_connect_before_one_binds)
{
    void *const ctx = new_ctx ();
    void *pushes[20];
    for (int i = 0; i < 20; i++) {
        pushes[i] = new_socket (ctx, ZMQ_PUSH);
        CHECK_OK (zmq_connect (pushes[i], "inproc://late"));
        SEND (pushes[i], "early");
    }
    void *const pull = new_socket (ctx, ZMQ_PULL);
    CHECK_OK (zmq_bind (pull, "inproc://late"));
    for (int i = 0; i < 20; i++)
        RECV (pull, "early");
    for (int i = 0; i < 20; i++)
        close_socket (pushes[i]);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (one_may_close_before_anybody_binds)
{
    void *const ctx = new_ctx ();
    void *const gone = new_socket (ctx, ZMQ_PUSH), *const push = new_socket (ctx, ZMQ_PUSH);
    void *const pull = new_socket (ctx, ZMQ_PULL);
    CHECK_OK (zmq_connect (gone, "inproc://late"));
    CHECK_OK (zmq_connect (push, "inproc://late"));
    close_socket (gone);
    CHECK_OK (zmq_bind (pull, "inproc://late"));
    SEND (push, "from the other");
    RECV (pull, "from the other");
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (subscription_before_bind_counts)
{
    void *const ctx = new_ctx ();
    void *const sub = new_socket (ctx, ZMQ_SUB), *const pub = new_socket (ctx, ZMQ_XPUB);
    CHECK_OK (zmq_connect (sub, "inproc://late"));
    subscribe (sub, "a");
    CHECK_OK (zmq_bind (pub, "inproc://late"));
    RECV (pub, "\1a");
    SEND (pub, "b1");
    SEND (pub, "a1");
    RECV (sub, "a1");
    close_socket (sub);
    close_socket (pub);
    term_ctx (ctx);
}

TEST (routing_id_goes_over)
{
    for (int bind_first = 0; bind_first <= 1; bind_first++) {
        void *const ctx = new_ctx ();
        void *const router = new_socket (ctx, ZMQ_ROUTER), *const dealer = new_socket (ctx, ZMQ_DEALER);
        set_str (dealer, ZMQ_ROUTING_ID, "dealer");
        if (bind_first)
            CHECK_OK (zmq_bind (router, "inproc://r"));
        CHECK_OK (zmq_connect (dealer, "inproc://r"));
        if (!bind_first)
            CHECK_OK (zmq_bind (router, "inproc://r"));
        SEND (dealer, "hello");
        RECV_MORE (router, "dealer");
        RECV (router, "hello");
        SEND_MORE (router, "dealer");
        SEND (router, "back");
        RECV (dealer, "back");
        close_socket (router);
        close_socket (dealer);
        term_ctx (ctx);
    }
}

/*  How many messages fit in before sending would block. */
static int capacity (int sndhwm, int rcvhwm, bool bind_first)
{
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    int count = 0;
    set_int (push, ZMQ_SNDHWM, sndhwm);
    set_int (pull, ZMQ_RCVHWM, rcvhwm);
    if (bind_first)
        CHECK_OK (zmq_bind (pull, "inproc://hwm"));
    CHECK_OK (zmq_connect (push, "inproc://hwm"));
    if (!bind_first)
        CHECK_OK (zmq_bind (pull, "inproc://hwm"));
    while (count < 5000 && zmq_send (push, "x", 1, ZMQ_DONTWAIT) == 1)
        count++;
    for (int i = 0; i < count; i++)
        RECV (pull, "x");
    RECV_NOTHING (pull);
    /* Room again. */
    SEND (push, "y");
    RECV (pull, "y");
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
    return count;
}

TEST (high_water_marks_of_both_ends_add_up)
{
    for (int bind_first = 0; bind_first <= 1; bind_first++) {
        CHECK_INT (2, capacity (1, 1, bind_first));
        CHECK_INT (5, capacity (2, 3, bind_first));
        CHECK_INT (2000, capacity (1000, 1000, bind_first));
        CHECK_INT (5000, capacity (0, 1, bind_first));
        CHECK_INT (5000, capacity (1, 0, bind_first));
    }
}

TEST (peer_that_closes_takes_the_connection_away)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    connected_pair (ctx, INPROC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    bounce (a, b);
    close_socket (b);
    WAIT_UNTIL (zmq_send (a, "x", 1, ZMQ_DONTWAIT) == -1);
    CHECK (zmq_errno () == EAGAIN);
    RECV_NOTHING (a);
    close_socket (a);
    term_ctx (ctx);
}

TEST (connection_is_not_made_again_when_the_name_is_bound_again)
{
    void *const ctx = new_ctx ();
    void *pull, *push;
    char endpoint[ENDPOINT_MAX];
    connected_pair (ctx, INPROC, ZMQ_PULL, &pull, ZMQ_PUSH, &push, endpoint);
    SEND (push, "1");
    RECV (pull, "1");
    close_socket (pull);
    void *const other = new_socket (ctx, ZMQ_PULL);
    WAIT_UNTIL (zmq_bind (other, endpoint) == 0);
    WAIT_UNTIL (zmq_send (push, "2", 1, ZMQ_DONTWAIT) == -1);
    CHECK_OK (zmq_connect (push, endpoint));
    SEND (push, "3");
    RECV (other, "3");
    close_socket (push);
    close_socket (other);
    term_ctx (ctx);
}

TEST (socket_may_connect_to_itself)
{
    void *const ctx = new_ctx ();
    void *const dealer = new_socket (ctx, ZMQ_DEALER);
    CHECK_OK (zmq_bind (dealer, "inproc://self"));
    CHECK_OK (zmq_connect (dealer, "inproc://self"));
    SEND (dealer, "round");
    RECV (dealer, "round");
    close_socket (dealer);
    term_ctx (ctx);
}

#define ROUNDS 1000

static void *echo (void *socket)
{
    for (int i = 0; i < ROUNDS; i++) {
        char text[16];
        const int size = zmq_recv (socket, text, sizeof text, 0);
        CHECK (size > 0);
        CHECK_INT (size, zmq_send (socket, text, (size_t) size, 0));
    }
    return NULL;
}

TEST (two_threads_exchange_messages)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    connected_pair (ctx, INPROC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    const pthread_t thread = start_thread (echo, b);
    for (int i = 0; i < ROUNDS; i++) {
        char sent[16], got[16];
        const int size = snprintf (sent, sizeof sent, "%d", i);
        CHECK_INT (size, zmq_send (a, sent, (size_t) size, 0));
        CHECK_INT (size, zmq_recv (a, got, sizeof got, 0));
        CHECK_BYTES (sent, (size_t) size, got, (size_t) size);
    }
    join_thread (thread);
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

TEST (sockets_move_between_threads)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    connected_pair (ctx, INPROC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    for (int i = 0; i < 20; i++) {
        const pthread_t thread = start_thread (echo, b);
        for (int n = 0; n < ROUNDS; n++)
            CHECK_INT (4, zmq_send (a, "ping", 4, 0));
        join_thread (thread);
        for (int n = 0; n < ROUNDS; n++)
            RECV (a, "ping");
    }
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}
