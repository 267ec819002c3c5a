/*  REQ and the replies it must not fall for: out of shape, for another request, from somebody else, too early, twice. */

#include "fixture.h"

/*  Parts of a reply; a part "#" stands for the request's id, "!" for a wrong one. */
struct reply
{
    const char *parts[5];
    bool is_malformed;       /* the connection of a wire peer ends */
    const char *received[3]; /* what the application gets, if anything */
};

static const struct reply without_correlate[] = {
  {{"", "a"}, false, {"a"}},
  {{"", ""}, false, {""}},
  {{"", "", "a"}, false, {"", "a"}},
  {{"", "abcd", ""}, false, {"abcd", ""}},
  {{"a"}, true, {0}},
  {{""}, true, {0}},
  {{"abcd"}, true, {0}},
  {{"x", "a"}, true, {0}},
  {{"x", "", "a"}, true, {0}},
  {{"abcde", "", "a"}, true, {0}},
  {{"abcd", "a"}, true, {0}},
  {{"abcd", ""}, true, {0}},
  {{"abcd", "x", "a"}, true, {0}},
  {{"abcd", "abcd", "", "a"}, true, {0}},
  /* Shaped like a correlated reply: passes the session, but the delimiter does not come first. */
  {{"abcd", "", "a"}, false, {0}},
  {{"abcd", "", "a", "b"}, false, {0}},
};

static const struct reply with_correlate[] = {
  {{"#", "", "a"}, false, {"a"}},
  {{"#", "", "", "a"}, false, {"", "a"}},
  {{"!", "", "a"}, false, {0}},
  {{"", "a"}, false, {0}},
  {{"", "#", "", "a"}, false, {0}},
  {{"#"}, true, {0}},
  {{"#", "a"}, true, {0}},
  {{"#", ""}, true, {0}},
  {{"#", "#", "", "a"}, true, {0}},
};

static size_t part_bytes (const char *part, const uint8_t id[4], uint8_t out[16])
{
    if (strcmp (part, "#") == 0 || strcmp (part, "!") == 0) {
        memcpy (out, id, 4);
        out[0] ^= *part == '!';
        return 4;
    }
    memcpy (out, part, strlen (part));
    return strlen (part);
}

static void check_received (void *req, const struct reply *reply)
{
    for (int i = 0; reply->received[i]; i++) {
        const bool more = reply->received[i + 1] != NULL;
        if (more)
            RECV_MORE (req, reply->received[i]);
        else
            RECV (req, reply->received[i]);
    }
}

/*  The frames of a request "q" before its body, and its id. */
static void wire_request (int fd, bool correlate, uint8_t id[4])
{
    struct frame frame;
    if (correlate) {
        zmtp_recv_frame (fd, &frame);
        CHECK_INT (4, frame.size);
        CHECK_INT (ZMTP_MORE, frame.flags);
        memcpy (id, frame.body, 4);
    }
    zmtp_expect_frame (fd, ZMTP_MORE, "");
    zmtp_expect_frame (fd, 0, "q");
}

/*  All frames at once: whoever reads them may hang up after the first. */
static void wire_reply (int fd, const struct reply *reply, const uint8_t id[4])
{
    uint8_t bytes[128];
    size_t length = 0;
    for (int i = 0; i < 5 && reply->parts[i]; i++) {
        const size_t size = part_bytes (reply->parts[i], id, bytes + length + 2);
        bytes[length] = i < 4 && reply->parts[i + 1] ? ZMTP_MORE : 0;
        bytes[length + 1] = (uint8_t) size;
        length += 2 + size;
    }
    raw_send (fd, bytes, length);
}

static void over_a_wire (const struct reply *reply, bool correlate)
{
    char endpoint[ENDPOINT_MAX];
    uint8_t id[4] = {0};
    const int listener = raw_listen (endpoint);
    void *const req = open_socket (ZMQ_REQ);
    set_int (req, ZMQ_REQ_CORRELATE, correlate);
    set_int (req, ZMQ_RECONNECT_IVL, 1);
    connect_to (req, endpoint);
    const int fd = zmtp_accept (listener, "REP");
    SEND (req, "q");
    wire_request (fd, correlate, id);
    wire_reply (fd, reply, id);
    if (reply->is_malformed) {
        /* For good: whoever breaks the protocol is not connected to again. */
        raw_expect_close (fd);
        CHECK (!raw_readable (listener, SILENCE_MS / 6));
        CHECK_ERRNO (EAGAIN, zmq_recv (req, NULL, 0, ZMQ_DONTWAIT));
        CHECK_ERRNO (EFSM, zmq_send (req, "q", 1, ZMQ_DONTWAIT));
        close (listener);
        finish ();
        return;
    }
    if (!reply->received[0]) {
        const struct reply right = {{correlate ? "#" : "", correlate ? "" : "right", correlate ? "right" : NULL},
                                    false, {"right"}};
        wire_reply (fd, &right, id);
        check_received (req, &right);
    } else
        check_received (req, reply);
    CHECK_ERRNO (EFSM, zmq_recv (req, NULL, 0, ZMQ_DONTWAIT));
    SEND (req, "q");
    wire_request (fd, correlate, id);
    close (fd);
    close (listener);
    finish ();
}

/*  Nobody closes anything within the process: whatever is wrong is passed over. */
static void over_inproc (const struct reply *reply, bool correlate)
{
    uint8_t id[4] = {0}, bytes[16];
    void *const router = open_socket (ZMQ_ROUTER), *const req = open_socket (ZMQ_REQ);
    set_int (req, ZMQ_REQ_CORRELATE, correlate);
    set_str (req, ZMQ_ROUTING_ID, "R");
    join (router, req, INPROC);
    SEND (req, "q");
    RECV_MORE (router, "R");
    if (correlate)
        CHECK_INT (4, recv_frame (router, id, sizeof id));
    RECV_MORE (router, "");
    RECV (router, "q");
    SEND_MORE (router, "R");
    for (int i = 0; i < 5 && reply->parts[i]; i++) {
        const size_t size = part_bytes (reply->parts[i], id, bytes);
        SEND_BYTES (router, bytes, size, i < 4 && reply->parts[i + 1] ? ZMQ_SNDMORE : 0);
    }
    if (!reply->received[0]) {
        CHECK_ERRNO (EAGAIN, zmq_recv (req, NULL, 0, ZMQ_DONTWAIT));
        SEND_MORE (router, "R");
        if (correlate)
            SEND_BYTES (router, id, 4, ZMQ_SNDMORE);
        SEND_PARTS (router, "", "right");
        RECV (req, "right");
    } else
        check_received (req, reply);
    CHECK_ERRNO (EFSM, zmq_recv (req, NULL, 0, ZMQ_DONTWAIT));
    SEND (req, "q");
    finish ();
}

SOCKET_TEST (malformed_replies_over_a_wire_end_the_connection)
{
    for (size_t i = 0; i < sizeof without_correlate / sizeof *without_correlate; i++)
        over_a_wire (&without_correlate[i], false);
}

SOCKET_TEST (malformed_correlated_replies_over_a_wire_end_the_connection)
{
    for (size_t i = 0; i < sizeof with_correlate / sizeof *with_correlate; i++)
        over_a_wire (&with_correlate[i], true);
}

SOCKET_TEST (malformed_replies_over_inproc_are_passed_over)
{
    for (size_t i = 0; i < sizeof without_correlate / sizeof *without_correlate; i++)
        over_inproc (&without_correlate[i], false);
    for (size_t i = 0; i < sizeof with_correlate / sizeof *with_correlate; i++)
        over_inproc (&with_correlate[i], true);
}

/*  A REQ bound within the process with two peers that can send what they like. */
struct trio
{
    void *req, *first, *second;
};

static struct trio open_trio (void)
{
    struct trio trio = {open_socket (ZMQ_REQ), open_socket (ZMQ_ROUTER), open_socket (ZMQ_ROUTER)};
    set_str (trio.req, ZMQ_ROUTING_ID, "R");
    const char *const endpoint = bind_any (trio.req, INPROC);
    connect_to (trio.first, endpoint);
    connect_to (trio.second, endpoint);
    (void) get_int (trio.first, ZMQ_EVENTS); /* has it read the routing id */
    (void) get_int (trio.second, ZMQ_EVENTS);
    return trio;
}

SOCKET_TEST (a_reply_before_the_request_is_dropped)
{
    const struct trio t = open_trio ();
    CHECK_INT (ZMQ_POLLOUT, get_int (t.req, ZMQ_EVENTS));
    SEND_PARTS (t.first, "R", "", "too early");
    SEND_PARTS (t.second, "R", "", "too early");
    CHECK_INT (ZMQ_POLLOUT, get_int (t.req, ZMQ_EVENTS)); /* nothing to read while nothing was asked */
    CHECK_ERRNO (EFSM, zmq_recv (t.req, NULL, 0, ZMQ_DONTWAIT));
    SEND (t.req, "q");
    CHECK_ERRNO (EAGAIN, zmq_recv (t.req, NULL, 0, ZMQ_DONTWAIT));
    RECV_PARTS (t.first, "R", "", "q");
    SEND_PARTS (t.first, "R", "", "a");
    RECV (t.req, "a");
}

SOCKET_TEST (only_what_came_before_the_request_s_first_part_is_dropped)
{
    const struct trio t = open_trio ();
    SEND_MORE (t.req, "q1");
    SEND_PARTS (t.first, "R", "", "half asked");
    CHECK_ERRNO (EFSM, zmq_recv (t.req, NULL, 0, ZMQ_DONTWAIT));
    SEND (t.req, "q2");
    RECV (t.req, "half asked");
}

SOCKET_TEST (a_second_reply_is_taken_for_the_reply_to_the_next_request)
{
    const struct trio t = open_trio ();
    SEND (t.req, "q1");
    SEND_PARTS (t.first, "R", "", "a1");
    RECV (t.req, "a1");
    SEND_PARTS (t.first, "R", "", "a1 again"); /* there before the next request: dropped */
    SEND (t.req, "q2");
    CHECK_ERRNO (EAGAIN, zmq_recv (t.req, NULL, 0, ZMQ_DONTWAIT));
    SEND_PARTS (t.second, "R", "", "a2");
    RECV (t.req, "a2");
    SEND (t.req, "q3");
    SEND_PARTS (t.first, "R", "", "a1 once more"); /* after it: who could know? */
    SEND_PARTS (t.first, "R", "", "a3");
    RECV (t.req, "a1 once more");
}

SOCKET_TEST (correlate_knows_a_second_reply)
{
    void *const req = open_socket (ZMQ_REQ), *const router = open_socket (ZMQ_ROUTER);
    uint8_t id[2][4];
    set_int (req, ZMQ_REQ_CORRELATE, 1);
    set_str (req, ZMQ_ROUTING_ID, "R");
    join (router, req, INPROC);
    for (int i = 0; i < 2; i++) {
        SEND (req, "q");
        RECV_MORE (router, "R");
        CHECK_INT (4, recv_frame (router, id[i], 4));
        RECV_PARTS (router, "", "q");
        for (int k = 0; k <= i; k++) {
            SEND_MORE (router, "R");
            SEND_BYTES (router, id[k], 4, ZMQ_SNDMORE);
            SEND_PARTS (router, "", k == 0 ? "a1" : "a2");
        }
        RECV (req, i == 0 ? "a1" : "a2");
    }
}

SOCKET_TEST (another_peer_s_reply_is_dropped_even_if_it_comes_first)
{
    const struct trio t = open_trio ();
    SEND (t.req, "q");
    SEND_PARTS (t.second, "R", "", "not", "asked");
    CHECK (poll_for (t.req, ZMQ_POLLIN)); /* it is only looked at when received */
    CHECK_ERRNO (EAGAIN, zmq_recv (t.req, NULL, 0, ZMQ_DONTWAIT));
    SEND_PARTS (t.second, "R", "", "not asked");
    SEND_PARTS (t.first, "R", "", "asked");
    RECV (t.req, "asked");
}

SOCKET_TEST (when_the_asked_peer_left_anybody_s_reply_counts)
{
    const struct trio t = open_trio ();
    SEND (t.req, "q");
    RECV_PARTS (t.first, "R", "", "q");
    shut (t.first);
    for (int i = 0; i < 5; i++) { /* libzmq takes notice of an end in several steps */
        CHECK_ERRNO (EAGAIN, zmq_recv (t.req, NULL, 0, ZMQ_DONTWAIT));
        settle ();
    }
    CHECK_ERRNO (EFSM, zmq_send (t.req, "q", 1, ZMQ_DONTWAIT));
    SEND_PARTS (t.second, "R", "", "unasked");
    RECV (t.req, "unasked");
    SEND (t.req, "next");
    RECV_PARTS (t.second, "R", "", "next");
}

SOCKET_TEST (a_reply_cut_off_by_its_peer_s_end_counts_as_ended)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const req = open_socket (ZMQ_REQ);
    set_int (req, ZMQ_RECONNECT_IVL, 1);
    connect_to (req, endpoint);
    int fd = zmtp_accept (listener, "REP");
    SEND (req, "q");
    zmtp_expect_frame (fd, ZMTP_MORE, "");
    zmtp_expect_frame (fd, 0, "q");
    zmtp_send_frame (fd, ZMTP_MORE, "", 0);
    zmtp_send_frame (fd, ZMTP_MORE, "half", 4);
    close (fd);
    fd = zmtp_accept (listener, "REP");
    CHECK_ERRNO (EAGAIN, zmq_recv (req, NULL, 0, ZMQ_DONTWAIT)); /* halves are not delivered */
    zmtp_send_frame (fd, ZMTP_MORE, "", 0);
    zmtp_send_frame (fd, 0, "whole", 5);
    RECV (req, "whole");
    close (fd);
    close (listener);
}

SOCKET_TEST (relaxed_leaves_the_connection_of_the_old_request_alone)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const req = open_socket (ZMQ_REQ);
    set_int (req, ZMQ_REQ_RELAXED, 1);
    connect_to (req, endpoint);
    const int fd = zmtp_accept (listener, "REP");
    SEND (req, "q1");
    CHECK_ERRNO (EAGAIN, zmq_recv (req, NULL, 0, ZMQ_DONTWAIT));
    CHECK_INT (ZMQ_POLLOUT, get_int (req, ZMQ_EVENTS));
    SEND_MORE (req, "q2");
    SEND (req, "rest");
    zmtp_expect_frame (fd, ZMTP_MORE, "");
    zmtp_expect_frame (fd, 0, "q1");
    zmtp_expect_frame (fd, ZMTP_MORE, "");
    zmtp_expect_frame (fd, ZMTP_MORE, "q2");
    zmtp_expect_frame (fd, 0, "rest");
    zmtp_send_frame (fd, ZMTP_MORE, "", 0);
    zmtp_send_frame (fd, 0, "a1", 2);
    RECV (req, "a1"); /* without correlation it cannot know better */
    close (fd);
    close (listener);
}

SOCKET_TEST (relaxed_goes_to_the_next_peer_and_hears_only_that_one)
{
    const struct trio t = open_trio ();
    set_int (t.req, ZMQ_REQ_RELAXED, 1);
    SEND (t.req, "q1");
    RECV_PARTS (t.first, "R", "", "q1");
    SEND (t.req, "q2");
    RECV_PARTS (t.second, "R", "", "q2");
    SEND_PARTS (t.first, "R", "", "a1");
    CHECK_ERRNO (EAGAIN, zmq_recv (t.req, NULL, 0, ZMQ_DONTWAIT));
    SEND_PARTS (t.second, "R", "", "a2", "more");
    RECV_MORE (t.req, "a2");
    SEND (t.req, "q3"); /* in the middle of a reply: its rest is dropped */
    RECV_PARTS (t.first, "R", "", "q3");
    SEND_PARTS (t.first, "R", "", "a3");
    RECV (t.req, "a3");
}

SOCKET_TEST (relaxed_and_correlated_over_a_reconnection)
{
    char endpoint[ENDPOINT_MAX];
    uint8_t id[3][4];
    const int listener = raw_listen (endpoint);
    void *const req = open_socket (ZMQ_REQ);
    set_int (req, ZMQ_REQ_RELAXED, 1);
    set_int (req, ZMQ_REQ_CORRELATE, 1);
    set_int (req, ZMQ_RECONNECT_IVL, 1);
    connect_to (req, endpoint);
    int fd = zmtp_accept (listener, "REP");
    SEND (req, "q");
    wire_request (fd, true, id[0]);
    close (fd);
    fd = zmtp_accept (listener, "REP");
    SEND (req, "q");
    wire_request (fd, true, id[1]);
    SEND (req, "q");
    wire_request (fd, true, id[2]);
    for (int i = 0; i < 2; i++) {
        uint32_t before, after;
        memcpy (&before, id[i], 4);
        memcpy (&after, id[i + 1], 4);
        CHECK_INT (before + 1, after); /* in the machine's own byte order */
    }
    for (int i = 0; i < 3; i++) {
        const char answer = (char) ('0' + i);
        zmtp_send_frame (fd, ZMTP_MORE, id[i], 4);
        zmtp_send_frame (fd, ZMTP_MORE, "", 0);
        zmtp_send_frame (fd, 0, &answer, 1);
    }
    RECV (req, "2");
    CHECK_ERRNO (EFSM, zmq_recv (req, NULL, 0, ZMQ_DONTWAIT));
    close (fd);
    close (listener);
}

SOCKET_TEST (correlate_can_be_turned_on_and_off_between_requests)
{
    void *const router = open_socket (ZMQ_ROUTER), *const req = open_socket (ZMQ_REQ);
    set_str (req, ZMQ_ROUTING_ID, "R");
    join (router, req, TCP);
    for (int round = 0; round < 4; round++) {
        const int correlate = round & 1;
        uint8_t id[4];
        set_int (req, ZMQ_REQ_CORRELATE, correlate);
        SEND (req, "q");
        RECV_MORE (router, "R");
        if (correlate)
            CHECK_INT (4, recv_frame (router, id, sizeof id));
        RECV_PARTS (router, "", "q");
        SEND_MORE (router, "R");
        if (correlate)
            SEND_BYTES (router, id, 4, ZMQ_SNDMORE);
        SEND_PARTS (router, "", "a");
        RECV (req, "a");
    }
}

SOCKET_TEST (relaxed_starts_a_request_anew_only_when_it_was_sent_whole)
{
    const struct trio t = open_trio ();
    set_int (t.req, ZMQ_REQ_RELAXED, 1);
    SEND_MORE (t.req, "q1");
    SEND (t.req, "still q1");
    RECV_PARTS (t.first, "R", "", "q1", "still q1");
    set_int (t.req, ZMQ_REQ_RELAXED, 0);
    CHECK_ERRNO (EFSM, zmq_send (t.req, "q2", 2, ZMQ_DONTWAIT));
}
