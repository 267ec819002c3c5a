/*  ZMQ_METADATA: properties of the application in the handshake (a draft option). */

#include "fixture.h"

static void expect_property (void *socket, const char *text, const char *name, const char *value)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (strlen (text), zmq_msg_recv (&msg, socket, 0));
    const char *const got = zmq_msg_gets (&msg, name);
    if (value)
        CHECK_STR (value, got);
    else
        CHECK (got == NULL && zmq_errno () == EINVAL);
    CHECK_OK (zmq_msg_close (&msg));
}

SOCKET_DRAFT_TEST (properties_arrive_with_every_message)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const push = open_socket (ZMQ_PUSH), *const pull = open_socket (ZMQ_PULL);
        set_str (push, ZMQ_METADATA, "X-Name:value");
        set_str (push, ZMQ_METADATA, "X-Other:with: colons");
        join (pull, push, t);
        SEND (push, "1");
        SEND (push, "2");
        SEND (push, "3");
        expect_property (pull, "1", "X-Name", "value");
        expect_property (pull, "2", "X-Other", "with: colons");
        expect_property (pull, "3", "X-Third", NULL);
        finish ();
    }
}

SOCKET_DRAFT_TEST (properties_go_into_ready)
{
    void *const push = open_socket (ZMQ_PUSH);
    struct frame ready;
    uint8_t greeting[64];
    char value[32];
    set_str (push, ZMQ_METADATA, "X-Name:value");
    const int fd = raw_connect (bind_any (push, TCP));
    zmtp3_greeting (fd, 1, "NULL", false, greeting);
    zmtp3_ready (fd, "PULL", NULL, &ready);
    CHECK (zmtp3_property (&ready, "X-Name", value, sizeof value));
    CHECK_STR ("value", value);
    CHECK (zmtp3_property (&ready, "Socket-Type", value, sizeof value));
    CHECK_STR ("PUSH", value);
    close (fd);
}

SOCKET_DRAFT_TEST (names_begin_with_x_and_have_a_value)
{
    void *const push = open_socket (ZMQ_PUSH);
    static const char *const wrong[] = {"Name:value", "X-Name", "x-name:value", ":", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_ERRNO (EINVAL, zmq_setsockopt (push, ZMQ_METADATA, wrong[i], strlen (wrong[i])));
}
