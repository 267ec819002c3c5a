/*  Calls that wait: who wakes them, and how long they wait. */

#include "fixture.h"

struct blocked
{
    void *socket;
    pid_t thread_id;
    int result;
    int error;
    int took;
    bool receives;
    bool done;
};

static void *call (void *argument)
{
    struct blocked *const blocked = argument;
    char byte;
    const int64_t started = now_ms ();
    __atomic_store_n (&blocked->thread_id, current_thread_id (), __ATOMIC_RELEASE);
    blocked->result =
      blocked->receives ? zmq_recv (blocked->socket, &byte, 1, 0) : zmq_send (blocked->socket, "m", 1, 0);
    blocked->error = zmq_errno ();
    blocked->took = (int) (now_ms () - started);
    __atomic_store_n (&blocked->done, true, __ATOMIC_RELEASE);
    return NULL;
}

/*  Starts the call in a thread of its own and waits until it sleeps, or has ended: a send may find that the system has
 *  taken more meanwhile. */
static pthread_t start_blocked (struct blocked *blocked, void *socket, bool receives)
{
    *blocked = (struct blocked) {.socket = socket, .receives = receives};
    const pthread_t thread = start_thread (call, blocked);
    int asleep = 0;
    WAIT_UNTIL ((asleep = others_sleep () ? asleep + 1 : 0) >= 3 && __atomic_load_n (&blocked->thread_id, __ATOMIC_ACQUIRE));
    return thread;
}

SOCKET_TEST (a_blocked_receive_is_woken_by_a_message)
{
    FOR_EACH_TRANSPORT (t) {
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        struct blocked blocked;
        join (pull, push, t);
        SEND (push, "first");
        RECV (pull, "first");
        for (int i = 0; i < 20; i++) {
            const pthread_t thread = start_blocked (&blocked, pull, true);
            SEND (push, "m");
            join_thread (thread);
            CHECK_INT (1, blocked.result);
        }
        finish ();
    }
}

SOCKET_TEST (a_blocked_receive_is_woken_by_the_first_message_of_a_new_peer)
{
    FOR_EACH_TRANSPORT (t) {
        void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
        struct blocked blocked;
        const char *const endpoint = bind_any (pull, t);
        const pthread_t thread = start_blocked (&blocked, pull, true);
        connect_to (push, endpoint);
        SEND (push, "m");
        join_thread (thread);
        CHECK_INT (1, blocked.result);
        finish ();
    }
}

SOCKET_TEST (a_blocked_send_is_woken_by_room)
{
    FOR_EACH_TRANSPORT (t) {
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        struct blocked blocked;
        static char large[50000];
        memset (large, 'x', sizeof large - 1);
        set_int (push, ZMQ_SNDHWM, 2);
        set_int (pull, ZMQ_RCVHWM, 2);
        set_int (push, ZMQ_SNDBUF, 10000);
        set_int (pull, ZMQ_RCVBUF, 10000);
        join (pull, push, t);
        const int sent = fill (push, large, 1000);
        const pthread_t thread = start_blocked (&blocked, push, false);
        for (int i = 0; i < sent; i++)
            RECV (pull, large);
        join_thread (thread);
        CHECK_INT (1, blocked.result);
        RECV (pull, "m");
        finish ();
    }
}

SOCKET_TEST (a_blocked_send_is_woken_by_a_peer_that_comes)
{
    FOR_EACH_TRANSPORT (t) {
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        struct blocked blocked;
        const char *const endpoint = bind_any (push, t);
        const pthread_t thread = start_blocked (&blocked, push, false);
        connect_to (pull, endpoint);
        join_thread (thread);
        CHECK_INT (1, blocked.result);
        RECV (pull, "m");
        finish ();
    }
}

SOCKET_TEST (timeouts_end_the_wait)
{
    static const int timeouts[] = {1, 20, 120};
    void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
    bind_any (push, TCP);
    bind_any (pull, TCP);
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        struct blocked blocked = {.socket = push};
        set_int (push, ZMQ_SNDTIMEO, timeouts[i]);
        call (&blocked);
        CHECK_INT (-1, blocked.result);
        CHECK_INT (EAGAIN, blocked.error);
        CHECK (blocked.took >= timeouts[i] - 1 && blocked.took < timeouts[i] + patience_ms ());
        blocked = (struct blocked) {.socket = pull, .receives = true};
        set_int (pull, ZMQ_RCVTIMEO, timeouts[i]);
        call (&blocked);
        CHECK_INT (-1, blocked.result);
        CHECK_INT (EAGAIN, blocked.error);
        CHECK (blocked.took >= timeouts[i] - 1 && blocked.took < timeouts[i] + patience_ms ());
    }
}

SOCKET_TEST (a_timeout_of_zero_is_dontwait)
{
    void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
    bind_any (push, TCP);
    set_int (push, ZMQ_SNDTIMEO, 0);
    set_int (pull, ZMQ_RCVTIMEO, 0);
    const int64_t started = now_ms ();
    CHECK_ERRNO (EAGAIN, zmq_send (push, "x", 1, 0));
    CHECK_ERRNO (EAGAIN, zmq_recv (pull, NULL, 0, 0));
    CHECK (now_ms () - started < patience_ms ());
}

SOCKET_TEST (dontwait_overrides_the_timeout)
{
    void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
    bind_any (push, TCP);
    set_int (push, ZMQ_SNDTIMEO, -1);
    set_int (pull, ZMQ_RCVTIMEO, -1);
    CHECK_ERRNO (EAGAIN, zmq_send (push, "x", 1, ZMQ_DONTWAIT));
    CHECK_ERRNO (EAGAIN, zmq_recv (pull, NULL, 0, ZMQ_DONTWAIT));
}

SOCKET_TEST (traffic_that_does_not_concern_the_caller_does_not_prolong_its_wait)
{
    /* A subscriber gets messages that it filters out while it waits. */
    void *const pub = open_socket (ZMQ_PUB), *const sub = open_socket (ZMQ_SUB);
    struct blocked blocked;
    set_int (pub, ZMQ_INVERT_MATCHING, 1); /* sends what was not subscribed, which SUB then drops */
    join (pub, sub, TCP);
    subscribe (sub, "A");
    set_int (sub, ZMQ_RCVTIMEO, 150);
    blocked = (struct blocked) {.socket = sub, .receives = true};
    const pthread_t thread = start_thread (call, &blocked);
    WAIT_UNTIL ((SEND (pub, "B"), __atomic_load_n (&blocked.done, __ATOMIC_ACQUIRE)));
    join_thread (thread);
    CHECK_INT (-1, blocked.result);
    CHECK_INT (EAGAIN, blocked.error);
    CHECK (blocked.took >= 149);
}
