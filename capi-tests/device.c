/*  zmq_device, the proxy of old: it runs between two sockets until their context ends. */

#include "fixture.h"

struct device
{
    int type;
    void *frontend, *backend;
    int result, error;
};

static void *run_device (void *argument)
{
    struct device *const device = argument;
    device->result = zmq_device (device->type, device->frontend, device->backend);
    device->error = zmq_errno ();
    return NULL;
}

static pthread_t start_device (struct device *device, int type, int front_type, int back_type, const char **front,
                               const char **back)
{
    device->type = type;
    device->frontend = open_socket (front_type);
    device->backend = open_socket (back_type);
    *front = bind_any (device->frontend, TCP);
    *back = bind_any (device->backend, TCP);
    return start_thread (run_device, device);
}

static void stop_device (struct device *device, pthread_t thread)
{
    CHECK_OK (zmq_ctx_shutdown (test_ctx ()));
    join_thread (thread);
    CHECK_INT (-1, device->result);
    CHECK_INT (ETERM, device->error);
}

SOCKET_TEST (a_queue_carries_requests_and_replies)
{
    struct device device;
    const char *front, *back;
    const pthread_t thread = start_device (&device, ZMQ_QUEUE, ZMQ_XREP, ZMQ_XREQ, &front, &back);
    void *const req = open_socket (ZMQ_REQ), *const rep = open_socket (ZMQ_REP);
    connect_to (req, front);
    connect_to (rep, back);
    SEND (req, "question");
    RECV (rep, "question");
    SEND (rep, "answer");
    RECV (req, "answer");
    stop_device (&device, thread);
}

SOCKET_TEST (a_forwarder_carries_publications_and_subscriptions)
{
    struct device device;
    const char *front, *back;
    const pthread_t thread = start_device (&device, ZMQ_FORWARDER, ZMQ_XSUB, ZMQ_XPUB, &front, &back);
    void *const pub = open_socket (ZMQ_PUB), *const sub = open_socket (ZMQ_SUB);
    subscribe (sub, "news");
    connect_to (pub, front);
    connect_to (sub, back);
    sync_subscriber (pub, sub, "news");
    SEND (pub, "other");
    SEND (pub, "news of the day");
    RECV (sub, "news of the day");
    stop_device (&device, thread);
}

SOCKET_TEST (a_streamer_carries_work)
{
    struct device device;
    const char *front, *back;
    const pthread_t thread = start_device (&device, ZMQ_STREAMER, ZMQ_PULL, ZMQ_PUSH, &front, &back);
    void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
    connect_to (push, front);
    connect_to (pull, back);
    SEND_PARTS (push, "a", "task");
    RECV_PARTS (pull, "a", "task");
    stop_device (&device, thread);
}

SOCKET_TEST (the_type_of_a_device_means_nothing)
{
    static const int types[] = {0, ZMQ_FORWARDER, -1, 12345};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct device device;
        const char *front, *back;
        const pthread_t thread = start_device (&device, types[i], ZMQ_PULL, ZMQ_PUSH, &front, &back);
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        connect_to (push, front);
        connect_to (pull, back);
        SEND (push, "task");
        RECV (pull, "task");
        stop_device (&device, thread);
        finish ();
    }
}
