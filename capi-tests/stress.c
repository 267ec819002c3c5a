/*  Many threads, connections and messages at once: nothing is lost, doubled, mixed or left waiting. */

#include "fixture.h"

static int rounds (int normal)
{
    return getenv ("CAPI_TEST_SLOW") ? normal / 10 : normal;
}

/*  ---- Senders into one receiver, with queues that are too short ------------------------------------------------------ */

enum { SENDERS = 4 };

struct sender
{
    const char *endpoint;
    uint32_t number;
    int count;
    int hwm;
    bool closes; /* itself, as soon as everything is sent */
};

/*  Sends [number, index] and a body of index % 3000 bytes, some of it in three parts. */
static void *send_all (void *argument)
{
    const struct sender *const sender = argument;
    static const char body[3000];
    void *const push = new_socket (test_ctx (), ZMQ_PUSH);
    set_int (push, ZMQ_SNDHWM, sender->hwm);
    set_int (push, ZMQ_LINGER, -1);
    CHECK_OK (zmq_connect (push, sender->endpoint));
    for (int i = 0; i < sender->count; i++) {
        const uint32_t head[2] = {sender->number, (uint32_t) i};
        SEND_BYTES (push, head, sizeof head, ZMQ_SNDMORE);
        if (i % 7 == 0)
            SEND_BYTES (push, "", 0, ZMQ_SNDMORE);
        SEND_BYTES (push, body, (size_t) i % sizeof body, 0);
    }
    if (!sender->closes)
        return push;
    close_socket (push);
    return NULL;
}

static void receive_in_order (void *pull, int total)
{
    uint32_t next[SENDERS] = {0}, head[2];
    char body[3000];
    for (int k = 0; k < total; k++) {
        CHECK_INT (sizeof head, recv_frame (pull, head, sizeof head));
        CHECK (head[0] < SENDERS);
        CHECK_INT (next[head[0]], head[1]);
        next[head[0]]++;
        if (head[1] % 7 == 0)
            RECV_MORE (pull, "");
        CHECK_INT (head[1] % sizeof body, recv_frame (pull, body, sizeof body));
        CHECK_INT (0, get_int (pull, ZMQ_RCVMORE));
    }
    RECV_NOTHING (pull);
}

SOCKET_TEST (many_senders_one_receiver)
{
    static const int marks[] = {1, 10, 1000, 0};
    const bool closes = DIFFERS ("libzmq drops what the system still holds of an ipc peer that hangs up while the "
                                 "receiving queue is full");
    for (size_t m = 0; m < sizeof marks / sizeof *marks; m++)
        FOR_EACH_TRANSPORT (t) {
            struct sender senders[SENDERS];
            pthread_t threads[SENDERS];
            const int count = rounds (1500);
            void *const pull = open_socket (ZMQ_PULL);
            set_int (pull, ZMQ_RCVHWM, marks[m]);
            const char *const endpoint = bind_any (pull, t);
            for (int i = 0; i < SENDERS; i++) {
                senders[i] = (struct sender) {endpoint, (uint32_t) i, count, marks[m], closes};
                threads[i] = start_thread (send_all, &senders[i]);
            }
            receive_in_order (pull, SENDERS * count);
            for (int i = 0; i < SENDERS; i++) {
                void *const push = join_thread (threads[i]);
                if (push)
                    close_socket (push);
            }
            finish ();
        }
}

/*  ---- Round trips ------------------------------------------------------------------------------------------------------ */

static void *echo (void *argument)
{
    void *const socket = argument;
    zmq_msg_t msg;
    for (;;) {
        int more;
        do {
            CHECK_OK (zmq_msg_init (&msg));
            CHECK (zmq_msg_recv (&msg, socket, 0) >= 0);
            more = zmq_msg_more (&msg);
            const bool last = zmq_msg_size (&msg) == 3 && memcmp (zmq_msg_data (&msg), "end", 3) == 0;
            if (last)
                return zmq_msg_close (&msg), NULL;
            CHECK (zmq_msg_send (&msg, socket, more ? ZMQ_SNDMORE : 0) >= 0);
        } while (more);
    }
}

SOCKET_TEST (round_trips_of_two_threads)
{
    static const size_t sizes[] = {0, 1, 33, 34, 100, 255, 256, 4000, 8192, 70000, 300000};
    char *const body = calloc (1, 300000), *const got = malloc (300000);
    CHECK (body && got);
    FOR_EACH_TRANSPORT (t) {
        void *const a = open_socket (ZMQ_PAIR), *const b = open_socket (ZMQ_PAIR);
        join (a, b, t);
        const pthread_t thread = start_thread (echo, b);
        for (int i = 0; i < rounds (3000); i++) {
            const size_t size = sizes[i % (sizeof sizes / sizeof *sizes)];
            body[0] = (char) i;
            if (i % 5 == 0)
                SEND_MORE (a, "head");
            SEND_BYTES (a, body, size, 0);
            if (i % 5 == 0)
                RECV_MORE (a, "head");
            CHECK_INT (size, recv_frame (a, got, 300000));
            CHECK (memcmp (body, got, size) == 0);
        }
        SEND (a, "end");
        join_thread (thread);
        finish ();
    }
    free (body);
    free (got);
}

/*  ---- Connections that come and go --------------------------------------------------------------------------------------- */

struct visitor
{
    const char *endpoint;
    int visits;
};

static void *visit (void *argument)
{
    const struct visitor *const visitor = argument;
    for (int i = 0; i < visitor->visits; i++) {
        char text[32];
        void *const req = new_socket (test_ctx (), ZMQ_REQ);
        CHECK_OK (zmq_connect (req, visitor->endpoint));
        snprintf (text, sizeof text, "%p %d", (void *) &text, i);
        SEND (req, text);
        RECV (req, text);
        close_socket (req);
    }
    return NULL;
}

SOCKET_TEST (visitors_that_connect_ask_and_leave)
{
    enum { VISITORS = 4 };
    FOR_EACH_TRANSPORT (t) {
        pthread_t threads[VISITORS];
        void *const router = open_socket (ZMQ_ROUTER);
        struct visitor visitor = {bind_any (router, t), rounds (150)};
        for (int i = 0; i < VISITORS; i++)
            threads[i] = start_thread (visit, &visitor);
        char id[8], text[32];
        for (int k = 0; k < VISITORS * visitor.visits; k++) {
            const size_t id_size = recv_frame (router, id, sizeof id);
            RECV_MORE (router, "");
            const size_t size = recv_frame (router, text, sizeof text);
            SEND_BYTES (router, id, id_size, ZMQ_SNDMORE);
            SEND_MORE (router, "");
            SEND_BYTES (router, text, size, 0);
        }
        for (int i = 0; i < VISITORS; i++)
            join_thread (threads[i]);
        finish ();
    }
}

static void *subscribe_and_leave (void *argument)
{
    const struct visitor *const visitor = argument;
    for (int i = 0; i < visitor->visits; i++) {
        char text[16];
        void *const sub = new_socket (test_ctx (), ZMQ_SUB);
        snprintf (text, sizeof text, "%d", i % 4);
        subscribe (sub, text);
        CHECK_OK (zmq_connect (sub, visitor->endpoint));
        for (int k = 0; k < 5; k++)
            RECV (sub, text);
        close_socket (sub);
    }
    return NULL;
}

static volatile int still_publishing;

static void *publish (void *argument)
{
    static const char *const topics[] = {"0", "1", "2", "3"};
    for (unsigned i = 0; __atomic_load_n (&still_publishing, __ATOMIC_ACQUIRE); i++) {
        SEND (argument, topics[i % 4]);
        if (i % 16 == 0)
            usleep (100);
    }
    return NULL;
}

SOCKET_TEST (subscribers_that_come_and_go_under_traffic)
{
    enum { VISITORS = 3 };
    FOR_EACH_TRANSPORT (t) {
        pthread_t threads[VISITORS];
        void *const pub = open_socket (ZMQ_PUB);
        struct visitor visitor = {bind_any (pub, t), rounds (60)};
        still_publishing = 1;
        const pthread_t publisher = start_thread (publish, pub);
        for (int i = 0; i < VISITORS; i++)
            threads[i] = start_thread (subscribe_and_leave, &visitor);
        for (int i = 0; i < VISITORS; i++)
            join_thread (threads[i]);
        __atomic_store_n (&still_publishing, 0, __ATOMIC_RELEASE);
        join_thread (publisher);
        finish ();
    }
}

/*  ---- A full duplex flood ------------------------------------------------------------------------------------------------- */

static void *flood (void *argument)
{
    void *const socket = argument;
    const uint32_t count = (uint32_t) rounds (20000);
    uint32_t sent = 0, received = 0, got;
    while (sent < count || received < count) {
        zmq_pollitem_t item = {socket, 0, ZMQ_POLLIN, 0};
        if (sent < count)
            item.events |= ZMQ_POLLOUT;
        CHECK_INT (1, zmq_poll (&item, 1, patience_ms ()));
        for (int k = 0; k < 50 && sent < count && zmq_send (socket, &sent, sizeof sent, ZMQ_DONTWAIT) == 4; k++)
            sent++;
        while (received < count && zmq_recv (socket, &got, sizeof got, ZMQ_DONTWAIT) == 4) {
            CHECK_INT (received, got);
            received++;
        }
    }
    return NULL;
}

SOCKET_TEST (two_threads_that_poll_and_flood_each_other)
{
    static const int marks[] = {1, 50, 1000};
    for (size_t m = 0; m < sizeof marks / sizeof *marks; m++)
        FOR_EACH_TRANSPORT (t) {
            void *const a = open_socket (ZMQ_DEALER), *const b = open_socket (ZMQ_DEALER);
            set_int (a, ZMQ_SNDHWM, marks[m]);
            set_int (a, ZMQ_RCVHWM, marks[m]);
            set_int (b, ZMQ_SNDHWM, marks[m]);
            set_int (b, ZMQ_RCVHWM, marks[m]);
            join (a, b, t);
            const pthread_t thread = start_thread (flood, a);
            flood (b);
            join_thread (thread);
            finish ();
        }
}

/*  ---- Senders that close at once: LINGER's promise ------------------------------------------------------------------------- */

SOCKET_TEST (messages_of_sockets_closed_at_once_all_arrive)
{
    FOR_EACH_TRANSPORT (t) {
        const int count = rounds (300);
        void *const pull = open_socket (ZMQ_PULL);
        const char *const endpoint = bind_any (pull, t);
        for (int i = 0; i < count; i++) {
            void *const push = new_socket (test_ctx (), ZMQ_PUSH);
            set_int (push, ZMQ_LINGER, -1);
            CHECK_OK (zmq_connect (push, endpoint));
            SEND_PARTS (push, "a", "b");
            close_socket (push);
            if (i % 20 == 19)
                for (int k = 0; k < 20; k++)
                    RECV_PARTS (pull, "a", "b");
        }
        for (int k = 0; k < count % 20; k++)
            RECV_PARTS (pull, "a", "b");
        RECV_NOTHING (pull);
        finish ();
    }
}
