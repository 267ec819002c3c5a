/*  zmq_send, zmq_recv and their relatives: what they return, truncation, flags, multipart, null buffers. */

#include "harness.h"

static void *ctx, *a, *b;

static void open_pair (void)
{
    ctx = new_ctx ();
    connected_pair (ctx, INPROC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
}

static void close_pair (void)
{
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}

TEST (send_and_recv_give_the_size)
{
    char buffer[16];
    open_pair ();
    CHECK_INT (5, zmq_send (a, "12345", 5, 0));
    CHECK_INT (5, zmq_recv (b, buffer, sizeof buffer, 0));
    CHECK_BYTES ("12345", 5, buffer, 5);
    CHECK_INT (0, zmq_send (a, "", 0, 0));
    CHECK_INT (0, zmq_recv (b, buffer, sizeof buffer, 0));
    close_pair ();
}

TEST (recv_truncates_and_tells_the_real_size)
{
    char buffer[16] = "................";
    open_pair ();
    CHECK_INT (10, zmq_send (a, "0123456789", 10, 0));
    CHECK_INT (10, zmq_recv (b, buffer, 4, 0));
    CHECK_BYTES ("0123....", 8, buffer, 8);
    RECV_NOTHING (b); /* the rest is gone */
    close_pair ();
}

TEST (null_buffers_of_no_size)
{
    open_pair ();
    CHECK_INT (0, zmq_send (a, NULL, 0, 0));
    CHECK_INT (0, zmq_recv (b, NULL, 0, 0));
    CHECK_INT (3, zmq_send (a, "abc", 3, 0));
    CHECK_INT (3, zmq_recv (b, NULL, 0, 0));
    close_pair ();
}

TEST (send_const_passes_the_bytes_without_a_copy)
{
    static const char constant[100] = "constant";
    zmq_msg_t msg;
    open_pair ();
    CHECK_INT (sizeof constant, zmq_send_const (a, constant, sizeof constant, ZMQ_SNDMORE));
    CHECK_INT (0, zmq_send_const (a, NULL, 0, 0));
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (sizeof constant, zmq_msg_recv (&msg, b, 0));
    CHECK (zmq_msg_data (&msg) == constant);
    CHECK_INT (1, zmq_msg_more (&msg));
    CHECK_INT (0, zmq_msg_recv (&msg, b, 0));
    CHECK_OK (zmq_msg_close (&msg));
    close_pair ();
}

TEST (sendmsg_and_recvmsg_are_the_old_names)
{
    zmq_msg_t msg;
    open_pair ();
    CHECK_OK (zmq_msg_init_size (&msg, 3));
    memcpy (zmq_msg_data (&msg), "old", 3);
    CHECK_INT (3, zmq_sendmsg (a, &msg, ZMQ_SNDMORE));
    CHECK_INT (0, zmq_msg_size (&msg));
    CHECK_INT (0, zmq_sendmsg (a, &msg, 0));
    CHECK_INT (3, zmq_recvmsg (b, &msg, 0));
    CHECK_BYTES ("old", 3, zmq_msg_data (&msg), zmq_msg_size (&msg));
    CHECK_INT (0, zmq_recvmsg (b, &msg, 0));
    CHECK_OK (zmq_msg_close (&msg));
    close_pair ();
}

TEST (failed_send_leaves_the_message_as_it_was)
{
    zmq_msg_t msg;
    ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH);
    CHECK_OK (zmq_msg_init_size (&msg, 100));
    memset (zmq_msg_data (&msg), 'm', 100);
    CHECK_ERRNO (EAGAIN, zmq_msg_send (&msg, push, ZMQ_DONTWAIT));
    CHECK_INT (100, zmq_msg_size (&msg));
    CHECK_INT ('m', *(char *) zmq_msg_data (&msg));
    CHECK_OK (zmq_msg_close (&msg));
    close_socket (push);
    term_ctx (ctx);
}

OZMIUM_TEST (closed_messages_give_efault, "libzmq asserts")
{
    zmq_msg_t msg;
    open_pair ();
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_ERRNO (EFAULT, zmq_msg_send (&msg, a, 0));
    CHECK_ERRNO (EFAULT, zmq_msg_recv (&msg, b, ZMQ_DONTWAIT));
    close_pair ();
}

TEST (directions_that_a_socket_type_lacks_give_enotsup)
{
    static const int senders[] = {ZMQ_PUSH, ZMQ_PUB}, receivers[] = {ZMQ_PULL, ZMQ_SUB};
    ctx = new_ctx ();
    for (int i = 0; i < 2; i++) {
        void *const sender = new_socket (ctx, senders[i]), *const receiver = new_socket (ctx, receivers[i]);
        CHECK_ERRNO (ENOTSUP, zmq_recv (sender, NULL, 0, 0));
        CHECK_ERRNO (ENOTSUP, zmq_recv (sender, NULL, 0, ZMQ_DONTWAIT));
        CHECK_ERRNO (ENOTSUP, zmq_send (receiver, "", 0, 0));
        CHECK_ERRNO (ENOTSUP, zmq_send (receiver, "", 0, ZMQ_DONTWAIT));
        close_socket (sender);
        close_socket (receiver);
    }
    term_ctx (ctx);
}

TEST (wrong_order_of_request_and_reply_gives_efsm)
{
    void *req, *rep;
    ctx = new_ctx ();
    connected_pair (ctx, INPROC, ZMQ_REP, &rep, ZMQ_REQ, &req, NULL);
    CHECK_ERRNO (EFSM, zmq_recv (req, NULL, 0, 0));
    CHECK_ERRNO (EFSM, zmq_send (rep, "", 0, 0));
    SEND (req, "?");
    CHECK_ERRNO (EFSM, zmq_send (req, "?", 1, 0));
    RECV (rep, "?");
    CHECK_ERRNO (EFSM, zmq_recv (rep, NULL, 0, 0));
    SEND (rep, "!");
    RECV (req, "!");
    close_socket (req);
    close_socket (rep);
    term_ctx (ctx);
}

TEST (unknown_flags_are_passed_over)
{
    open_pair ();
    CHECK_INT (1, zmq_send (a, "x", 1, 0x100));
    CHECK_INT (1, zmq_recv (b, NULL, 0, 0x100));
    close_pair ();
}

TEST (more_flag_of_a_message_object_does_not_send_more)
{
    zmq_msg_t msg;
    open_pair ();
    SEND_MORE (a, "1");
    SEND (a, "2");
    CHECK_OK (zmq_msg_init (&msg));
    CHECK_INT (1, zmq_msg_recv (&msg, b, 0));
    CHECK_INT (1, zmq_msg_more (&msg));
    RECV (b, "2");
    CHECK_INT (1, zmq_msg_send (&msg, b, 0)); /* whole, though it was a first part when it came */
    RECV (a, "1");
    close_pair ();
}

TEST (parts_arrive_together_and_in_order)
{
    open_pair ();
    for (int message = 0; message < 50; message++)
        for (int part = 0; part <= message; part++) {
            const int text[] = {message, part};
            CHECK_INT (sizeof text, zmq_send (a, text, sizeof text, part < message ? ZMQ_SNDMORE : 0));
        }
    for (int message = 0; message < 50; message++)
        for (int part = 0; part <= message; part++) {
            int text[2];
            CHECK_INT (sizeof text, zmq_recv (b, text, sizeof text, 0));
            CHECK_INT (message, text[0]);
            CHECK_INT (part, text[1]);
            CHECK_INT (part < message, get_int (b, ZMQ_RCVMORE));
        }
    close_pair ();
}
