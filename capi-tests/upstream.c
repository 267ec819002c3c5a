/*  What goes from subscribers to publishers: user messages and what only looks like subscriptions, one part and many,
 *  from XSUB sockets and from wire peers. */

#include "fixture.h"

static void *xpub_and_xsub (enum transport t, void **xsub)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    *xsub = open_socket (ZMQ_XSUB);
    join (xpub, *xsub, t);
    return xpub;
}

SOCKET_TEST (whatever_begins_with_neither_0_nor_1_is_a_user_message)
{
    static const struct {
        const char *data;
        size_t size;
    } messages[] = {{LITERAL ("")}, {LITERAL ("\2")}, {LITERAL ("\xff\1")}, {LITERAL ("user")}};
    FOR_EACH_TRANSPORT (t) {
        void *xsub, *const xpub = xpub_and_xsub (t, &xsub);
        for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
            SEND_BYTES (xsub, messages[i].data, messages[i].size, 0);
            RECV_BYTES (xpub, messages[i].data, messages[i].size, 0);
        }
        SEND_PARTS (xsub, "of", "", "many", "parts");
        RECV_PARTS (xpub, "of", "", "many", "parts");
        finish ();
    }
}

SOCKET_TEST (a_user_message_goes_to_every_publisher)
{
    enum { COUNT = 3 };
    FOR_EACH_TRANSPORT (t) {
        void *const xsub = open_socket (ZMQ_XSUB);
        void *xpubs[COUNT];
        const char *const endpoint = bind_any (xsub, t);
        for (int i = 0; i < COUNT; i++) {
            xpubs[i] = open_socket (ZMQ_XPUB);
            connect_to (xpubs[i], endpoint);
        }
        SEND (xsub, "\1A");
        for (int i = 0; i < COUNT; i++) {
            WAIT_UNTIL (get_int (xsub, ZMQ_EVENTS) && ready_within (xpubs[i], ZMQ_POLLIN, 1));
            RECV (xpubs[i], "\1A");
        }
        SEND_PARTS (xsub, "to", "all");
        for (int i = 0; i < COUNT; i++)
            RECV_PARTS (xpubs[i], "to", "all");
        finish ();
    }
}

/*  Every part is looked at, in the middle of user messages, too. */
SOCKET_TEST (subscriptions_count_in_any_part_of_a_message)
{
    FOR_EACH_TRANSPORT (t) {
        void *xsub, *const xpub = xpub_and_xsub (t, &xsub);
        SEND_PARTS (xsub, "x", "\1A", "y", "\1B");
        RECV_MORE (xpub, "x");
        RECV (xpub, "\1A"); /* by itself */
        RECV_MORE (xpub, "y");
        RECV (xpub, "\1B");
        SEND_PARTS (xsub, "\1C", "user data", "\1C", "\1D");
        RECV (xpub, "\1C");
        RECV_MORE (xpub, "user data");
        RECV (xpub, "\1D"); /* the second C is none */
        SEND (xpub, "A");
        SEND (xpub, "B");
        SEND (xpub, "C");
        SEND (xpub, "D");
        for (int i = 0; i < 4; i++) {
            const char text[] = {(char) ('A' + i), 0};
            RECV (xsub, text);
        }
        finish ();
    }
}

SOCKET_DRAFT_TEST (only_first_subscribe_has_them_in_messages_that_begin_with_one)
{
    FOR_EACH_TRANSPORT (t) {
        void *xsub, *const xpub = xpub_and_xsub (t, &xsub);
        set_int (xpub, ZMQ_ONLY_FIRST_SUBSCRIBE, 1);
        set_int (xsub, ZMQ_ONLY_FIRST_SUBSCRIBE, 1);
        SEND_PARTS (xsub, "x", "\1A", "\1B");
        RECV_PARTS (xpub, "x", "\1A", "\1B");
        SEND_PARTS (xsub, "\1C", "\1D", "z", "\1E");
        RECV (xpub, "\1C");
        RECV (xpub, "\1D");
        RECV_MORE (xpub, "z");
        RECV (xpub, "\1E");
        static const char *const sent[] = {"A", "B", "C", "D", "E"};
        for (int i = 0; i < 5; i++)
            SEND (xpub, sent[i]);
        for (int i = 2; i < 5; i++)
            RECV (xsub, sent[i]);
        RECV_NOTHING (xsub);
        finish ();
    }
}

SOCKET_DRAFT_TEST (only_first_subscribe_of_the_subscriber_holds_for_its_own_record)
{
    void *xsub, *const xpub = xpub_and_xsub (INPROC, &xsub);
    set_int (xsub, ZMQ_ONLY_FIRST_SUBSCRIBE, 1);
    SEND_PARTS (xsub, "x", "\1A");
    CHECK_INT (0, get_int (xsub, ZMQ_TOPICS_COUNT));
    RECV_MORE (xpub, "x");
    RECV (xpub, "\1A"); /* the publisher thinks otherwise */
    CHECK_INT (1, get_int (xpub, ZMQ_TOPICS_COUNT));
}

SOCKET_TEST (a_message_being_sent_upstream_passes_newcomers_by)
{
    void *const xsub = open_socket (ZMQ_XSUB), *const first = open_socket (ZMQ_XPUB), *const late = open_socket (ZMQ_XPUB);
    const char *const endpoint = bind_any (xsub, INPROC);
    connect_to (first, endpoint);
    SEND_MORE (xsub, "1");
    connect_to (late, endpoint);
    (void) get_int (xsub, ZMQ_EVENTS);
    SEND (xsub, "2");
    SEND (xsub, "next");
    RECV_PARTS (first, "1", "2");
    RECV (first, "next");
    RECV (late, "next");
    RECV_NOTHING (late);
}

SOCKET_TEST (a_full_publisher_loses_upstream_messages_whole)
{
    void *const xsub = open_socket (ZMQ_XSUB), *const xpub = open_socket (ZMQ_XPUB);
    set_int (xsub, ZMQ_SNDHWM, 1);
    set_int (xpub, ZMQ_RCVHWM, 1);
    join (xpub, xsub, INPROC);
    SEND_PARTS (xsub, "1", "1");
    SEND_PARTS (xsub, "2", "2");
    SEND_PARTS (xsub, "3", "3");
    CHECK_INT (ZMQ_POLLOUT, get_int (xsub, ZMQ_EVENTS));
    RECV_PARTS (xpub, "1", "1");
    RECV_PARTS (xpub, "2", "2");
    RECV_NOTHING (xpub);
    (void) get_int (xsub, ZMQ_EVENTS); /* learns that there is room */
    SEND_PARTS (xsub, "4", "4");
    RECV_PARTS (xpub, "4", "4");
}

/*  What only a hand-written peer can send. */
static void wire_message (int fd, const char *const *parts)
{
    for (; *parts; parts++)
        zmtp_send_frame (fd, parts[1] ? ZMTP_MORE : 0, *parts, strlen (*parts));
}

#define WIRE_MESSAGE(fd, ...) wire_message (fd, (const char *const[]) {__VA_ARGS__, NULL})

SOCKET_TEST (a_wire_subscriber_may_send_user_messages_to_xpub)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    const int fd = zmtp_peer (bind_any (xpub, TCP), "SUB"); /* a SUB never would */
    zmtp_send_frame (fd, 0, "", 0);
    RECV (xpub, "");
    WIRE_MESSAGE (fd, "user", "", "data");
    RECV_PARTS (xpub, "user", "", "data");
    zmtp_send_frame (fd, 0, "\0never subscribed", 17);
    RECV_BYTES (xpub, "\0never subscribed", 17, 0);
    zmtp_send_frame (fd, 0, "\1", 1);
    RECV (xpub, "\1");
    SEND (xpub, "to all");
    zmtp_expect_frame (fd, 0, "to all");
    close (fd);
}

SOCKET_TEST (a_message_that_a_wire_subscriber_leaves_unfinished_is_dropped)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    const char *const endpoint = bind_any (xpub, TCP);
    int fd = zmtp_peer (endpoint, "XSUB");
    zmtp_send_frame (fd, ZMTP_MORE, "half", 4);
    zmtp_send_frame (fd, ZMTP_MORE, "\1A", 2);
    close (fd);
    fd = zmtp_peer (endpoint, "XSUB");
    zmtp_send_frame (fd, 0, "whole", 5);
    RECV (xpub, "whole");
    RECV_NOTHING (xpub);
    SEND (xpub, "A");
    raw_expect_silence (fd);
    close (fd);
}

SOCKET_TEST (pub_takes_subscriptions_only_whatever_is_sent)
{
    void *const pub = open_socket (ZMQ_PUB);
    const int fd = zmtp_peer (bind_any (pub, TCP), "XSUB");
    WIRE_MESSAGE (fd, "user", "data");
    zmtp_send_frame (fd, 0, "", 0);
    zmtp_send_frame (fd, 0, "\2", 1);
    WIRE_MESSAGE (fd, "user", "\1A", "data");
    const int64_t deadline = now_ms () + patience_ms ();
    do {
        CHECK (now_ms () < deadline);
        SEND (pub, "A");
    } while (!raw_readable (fd, 2));
    zmtp_expect_frame (fd, 0, "A");
    CHECK_ERRNO (ENOTSUP, zmq_recv (pub, NULL, 0, ZMQ_DONTWAIT));
    CHECK_INT (ZMQ_POLLOUT, get_int (pub, ZMQ_EVENTS));
    close (fd);
}

SOCKET_TEST (subscription_commands_of_all_sizes)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    const int fd = zmtp_peer (bind_any (xpub, TCP), "SUB");
    static const size_t sizes[] = {0, 1, 200, 245, 246, 247, 255, 256, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char note[1001];
        memset (note, 'a' + (int) i, sizeof note);
        note[0] = 1;
        zmtp_send_command (fd, "SUBSCRIBE", note + 1, sizes[i]);
        RECV_BYTES (xpub, note, sizes[i] + 1, 0);
        zmtp_send_command (fd, "CANCEL", note + 1, sizes[i]);
        note[0] = 0;
        RECV_BYTES (xpub, note, sizes[i] + 1, 0);
    }
    close (fd);
}

SOCKET_TEST (unknown_commands_are_passed_over)
{
    void *const xpub = open_socket (ZMQ_XPUB);
    const int fd = zmtp_peer (bind_any (xpub, TCP), "SUB");
    zmtp_send_command (fd, "SUBSCRIB", "A", 1);
    zmtp_send_command (fd, "subscribe", "A", 1);
    zmtp_send_command (fd, "JOIN", "A", 1);
    zmtp_send_command (fd, "LEAVE", "A", 1);
    zmtp_send_command (fd, "SUBSCRIBE", "B", 1);
    RECV (xpub, "\1B");
    RECV_NOTHING (xpub);
    SEND (xpub, "A");
    SEND (xpub, "B");
    zmtp_expect_frame (fd, 0, "B");
    close (fd);
}
