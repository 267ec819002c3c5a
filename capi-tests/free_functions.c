/*  Free functions that call back into the library, from wherever the last reference is dropped. */

#include "fixture.h"

static void *same, *other;
static int sent, freed;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/*  As a binding does that tells its garbage collector by a message, under a mutex of its own. */
static void tell (void *data, void *hint)
{
    (void) hint;
    CHECK_INT (0, pthread_mutex_lock (&mutex));
    if (same && zmq_send (same, "again", 5, ZMQ_DONTWAIT) == 5)
        sent++;
    if (other && zmq_send (other, "freed", 5, ZMQ_DONTWAIT) == 5)
        sent++;
    freed++;
    CHECK_INT (0, pthread_mutex_unlock (&mutex));
    free (data);
}

static int freed_so_far (void)
{
    CHECK_INT (0, pthread_mutex_lock (&mutex));
    const int count = freed;
    CHECK_INT (0, pthread_mutex_unlock (&mutex));
    return count;
}

static void send_external (void *socket, size_t size, int flags)
{
    zmq_msg_t msg;
    void *const data = calloc (1, size);
    CHECK (data);
    CHECK_OK (zmq_msg_init_data (&msg, data, size, tell, NULL));
    CHECK_INT (size, zmq_msg_send (&msg, socket, flags));
    CHECK_OK (zmq_msg_close (&msg));
}

/*  Two sockets that take what the free function says: one that sends anyway, and one of its own. */
static void *listen_to_other (void)
{
    void *const told = open_socket (ZMQ_PULL);
    other = open_socket (ZMQ_PUSH);
    join (told, other, INPROC);
    return told;
}

SOCKET_TEST (a_message_that_nobody_wants_is_freed_within_send)
{
    void *const told = listen_to_other ();
    same = open_socket (ZMQ_PUB);
    send_external (same, 100, 0);
    CHECK_INT (1, freed_so_far ());
    CHECK_INT (2, sent);
    RECV (told, "freed");
}

SOCKET_TEST (a_message_that_was_written_is_freed_wherever_that_was)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const told = listen_to_other ();
        void *const peer = open_socket (ZMQ_DEALER), *const dealer = open_socket (ZMQ_DEALER);
        join (peer, dealer, t);
        bounce (peer, dealer);
        /* That the function may run on an I/O thread rules this out with libzmq, whose sockets are for one thread. */
        same = running_on_ozmium () ? dealer : NULL;
        const int before = freed_so_far ();
        static char buffer[100000];
        for (int i = 0; i < 50; i++) {
            send_external (dealer, 100, 0);
            send_external (dealer, sizeof buffer, 0);
            CHECK_INT (5, zmq_send (peer, "noise", 5, 0));
        }
        WAIT_UNTIL (freed_so_far () == before + 100);
        for (int i = 0; i < 100; i++)
            RECV (told, "freed");
        for (int big = 0; big < 50;)
            big += zmq_recv (peer, buffer, sizeof buffer, 0) == sizeof buffer;
        same = other = NULL;
        finish ();
    }
}

SOCKET_TEST (messages_left_in_a_pipe_are_freed_when_it_ends)
{
    FOR_EACH_TRANSPORT (t) {
        void *const told = listen_to_other ();
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        join (pull, push, t);
        SEND (push, "first");
        RECV (pull, "first");
        const int before = freed_so_far ();
        for (int i = 0; i < 10; i++)
            send_external (push, 1000, 0);
        shut (pull);
        shut (push);
        WAIT_UNTIL (freed_so_far () == before + 10);
        for (int i = 0; i < 10; i++)
            RECV (told, "freed");
        other = NULL;
        finish ();
    }
}

SOCKET_TEST (an_unfinished_message_is_freed_with_its_socket)
{
    void *const told = listen_to_other ();
    void *const a = open_socket (ZMQ_PAIR), *const b = open_socket (ZMQ_PAIR);
    join (a, b, INPROC);
    send_external (a, 1000, ZMQ_SNDMORE);
    shut (a);
    WAIT_UNTIL (freed_so_far () == 1);
    RECV (told, "freed");
}

static void *send_under_the_mutex (void *socket)
{
    while (freed_so_far () < 20000) {
        CHECK_INT (0, pthread_mutex_lock (&mutex));
        CHECK_INT (1, zmq_send (socket, "x", 1, 0));
        CHECK_INT (0, pthread_mutex_unlock (&mutex));
    }
    return NULL;
}

SOCKET_OZMIUM_TEST (a_mutex_that_a_free_function_waits_for_may_be_held_around_a_call,
                    "libzmq's sockets are not for two threads, whatever they do")
{
    void *const pub = open_socket (ZMQ_PUB);
    const pthread_t thread = start_thread (send_under_the_mutex, pub);
    for (int i = 0; i < 20000; i++)
        send_external (pub, 100, 0);
    join_thread (thread);
}
