/*  Names and their addresses. The name service is in this file: it stands before the C library's, and knows
 *
 *    slow.test     answers when the test says so
 *    several.test  127.0.0.2, 127.0.0.3 and 127.0.0.1, in this order */

#include "fixture.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <semaphore.h>

static sem_t asked, answer;

static int ask_system (const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
    int (*next) (const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **) &next = dlsym (RTLD_NEXT, "getaddrinfo");
    return next (node, service, hints, list);
}

int getaddrinfo (const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
    if (node && strcmp (node, "slow.test") == 0 && !(hints && hints->ai_flags & AI_NUMERICHOST)) {
        sem_post (&asked);
        while (sem_wait (&answer) != 0)
            continue;
        node = "127.0.0.1";
    }
    if (!node || strcmp (node, "several.test") != 0 || (hints && hints->ai_flags & AI_NUMERICHOST))
        return ask_system (node, service, hints, list);
    static const char *const addresses[] = {"127.0.0.2", "127.0.0.3", "127.0.0.1"};
    struct addrinfo **end = list;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        const int result = ask_system (addresses[i], service, hints, end);
        if (result != 0)
            return result;
        while (*end)
            end = &(*end)->ai_next;
    }
    return 0;
}

static const char *at_name (const char *name, const char *endpoint)
{
    static char text[ENDPOINT_MAX];
    snprintf (text, sizeof text, "tcp://%s%s", name, strrchr (endpoint, ':'));
    return text;
}

static void be_slow (void)
{
    CHECK_OK (sem_init (&asked, 0, 0));
    CHECK_OK (sem_init (&answer, 0, 0));
}

static void wait_until_asked (void)
{
    while (sem_wait (&asked) != 0)
        continue;
}

SOCKET_TEST (a_name_service_that_is_slow_holds_up_nobody_else)
{
    be_slow ();
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    void *const a = open_socket (ZMQ_PAIR), *const b = open_socket (ZMQ_PAIR);
    join (a, b, TCP);
    bounce (a, b);
    connect_to (push, at_name ("slow.test", bind_any (pull, TCP)));
    wait_until_asked ();
    if (DIFFERS ("libzmq asks on its only I/O thread")) {
        bounce (a, b);
        sem_post (&answer);
    } else {
        SEND (a, "there");
        CHECK (!ready_within (b, ZMQ_POLLIN, SILENCE_MS));
        sem_post (&answer);
        RECV (b, "there");
    }
    SEND (push, "by name");
    RECV (pull, "by name");
}

SOCKET_OZMIUM_TEST (a_name_service_that_is_slow_does_not_hold_up_the_end, "libzmq waits for its answer")
{
    be_slow ();
    void *const push = open_socket (ZMQ_PUSH);
    connect_to (push, "tcp://slow.test:5555");
    wait_until_asked ();
    finish ();
    sem_post (&answer);
}

SOCKET_TEST (every_address_of_a_name_is_tried)
{
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    void *const monitor = open_monitor (test_ctx (), push, ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CONNECT_RETRIED);
    connect_to (push, at_name ("several.test", bind_any (pull, TCP)));
    if (DIFFERS ("libzmq tries the first again and again")) {
        EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECTED);
        SEND (push, "by way of the third");
        RECV (pull, "by way of the third");
    } else
        for (int i = 0; i < 3; i++)
            EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    CHECK_OK (zmq_socket_monitor (push, NULL, 0));
    close_socket (monitor);
}

SOCKET_OZMIUM_TEST (each_address_that_does_not_answer_is_told, "libzmq tries the first again and again")
{
    void *const push = open_socket (ZMQ_PUSH);
    void *const monitor = open_monitor (test_ctx (), push, ZMQ_EVENT_ALL);
    set_int (push, ZMQ_RECONNECT_IVL, 5);
    connect_to (push, at_name ("several.test", free_endpoint (TCP)));
    for (int attempts = 0; attempts < 2; attempts++) {
        for (int addresses = 0; addresses < 3; addresses++) {
            EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_DELAYED);
            EXPECT_EVENT (monitor, ZMQ_EVENT_CLOSED);
        }
        EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    }
    CHECK_OK (zmq_socket_monitor (push, NULL, 0));
    close_socket (monitor);
}

SOCKET_TEST (the_first_address_that_answers_is_taken)
{
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    char all[ENDPOINT_MAX];
    bind_to (pull, "tcp://0.0.0.0:*");
    last_endpoint (pull, all);
    connect_to (push, at_name ("several.test", all));
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    SEND (push, "x");
    CHECK_INT (1, zmq_msg_recv (&msg, pull, 0));
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    CHECK_OK (getsockname (zmq_msg_get (&msg, ZMQ_SRCFD), (struct sockaddr *) &peer, &size));
    CHECK_STR ("127.0.0.2", inet_ntoa (peer.sin_addr));
    CHECK_OK (zmq_msg_close (&msg));
}
