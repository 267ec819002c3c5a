/*  Reconnecting: when, how often, and what is kept meanwhile. */

#include "fixture.h"

SOCKET_TEST (queued_messages_outlive_a_lost_connection)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const push = open_socket (ZMQ_PUSH);
        void *pull = open_socket (ZMQ_PULL);
        void *const monitor = open_monitor (test_ctx (), push, ZMQ_EVENT_DISCONNECTED);
        set_int (push, ZMQ_RECONNECT_IVL, 10);
        const char *const endpoint = join (pull, push, t);
        SEND (push, "before");
        RECV (pull, "before");
        shut (pull);
        wait_event (monitor, ZMQ_EVENT_DISCONNECTED);
        for (int i = 0; i < 20; i++)
            SEND_PARTS (push, "kept", "whole");
        pull = open_socket (ZMQ_PULL);
        WAIT_UNTIL (zmq_bind (pull, endpoint) == 0);
        for (int i = 0; i < 20; i++)
            RECV_PARTS (pull, "kept", "whole");
        RECV_NOTHING (pull);
        close_socket (monitor);
        finish ();
    }
}

SOCKET_TEST (a_reset_connection_is_made_again)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const dealer = open_socket (ZMQ_DEALER);
    set_int (dealer, ZMQ_RECONNECT_IVL, 10);
    connect_to (dealer, endpoint);
    for (int i = 0; i < 4; i++) {
        const int fd = zmtp_accept (listener, "DEALER");
        zmtp_send_frame (fd, 0, "hello", 5);
        RECV (dealer, "hello");
        SEND (dealer, "back");
        zmtp_expect_frame (fd, 0, "back");
        if (i % 2)
            raw_reset (fd);
        else
            close (fd);
    }
    close (listener);
}

SOCKET_TEST (the_interval_is_kept_to)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const dealer = open_socket (ZMQ_DEALER);
    set_int (dealer, ZMQ_RECONNECT_IVL, 100);
    connect_to (dealer, endpoint);
    for (int i = 0; i < 3; i++) {
        const int fd = raw_accept (listener);
        const int64_t started = now_ms ();
        close (fd);
        CHECK (raw_readable (listener, patience_ms ()));
        CHECK (now_ms () - started >= 95); /* libzmq adds a random part of the interval */
    }
    close (listener);
}

SOCKET_TEST (interval_minus_one_never_reconnects)
{
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const dealer = open_socket (ZMQ_DEALER);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED);
    set_int (dealer, ZMQ_RECONNECT_IVL, -1);
    connect_to (dealer, endpoint);
    const int fd = zmtp_accept (listener, "DEALER");
    zmtp_send_frame (fd, 0, "hello", 5);
    RECV (dealer, "hello");
    close (fd);
    CHECK_INT (ZMQ_EVENT_DISCONNECTED, next_event (monitor).event);
    CHECK (!raw_readable (listener, 3 * SILENCE_MS));
    RECV_NOTHING (monitor);
    close (listener);
    close_socket (monitor);
}

SOCKET_TEST (the_back_off_doubles_up_to_its_maximum)
{
    const char *const endpoint = free_endpoint (TCP);
    void *const dealer = open_socket (ZMQ_DEALER);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_CONNECT_RETRIED);
    set_int (dealer, ZMQ_RECONNECT_IVL, 10);
    set_int (dealer, ZMQ_RECONNECT_IVL_MAX, 80);
    connect_to (dealer, endpoint);
    int previous = 0;
    for (int i = 0; i < 8; i++) {
        const struct monitor_event event = next_event (monitor); /* its value is the wait chosen, in milliseconds */
        CHECK (event.value >= 10 && event.value < 2 * 80);
        if (i > 4)
            CHECK (event.value >= 80);
        else if (i > 0)
            CHECK (event.value >= previous);
        previous = event.value;
    }
    close_socket (monitor);
}

SOCKET_TEST (without_a_maximum_the_wait_stays_within_twice_the_interval)
{
    const char *const endpoint = free_endpoint (TCP);
    void *const dealer = open_socket (ZMQ_DEALER);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_CONNECT_RETRIED);
    set_int (dealer, ZMQ_RECONNECT_IVL, 10);
    connect_to (dealer, endpoint);
    for (int i = 0; i < 10; i++) {
        const struct monitor_event event = next_event (monitor);
        CHECK (event.value >= 10 && event.value < 20);
    }
    close_socket (monitor);
}

SOCKET_TEST (a_protocol_violation_is_followed_by_a_new_attempt_or_none)
{
    /* libzmq gives a peer up that speaks something else than ZMTP, and tries one again that hung up. */
    char endpoint[ENDPOINT_MAX];
    const int listener = raw_listen (endpoint);
    void *const dealer = open_socket (ZMQ_DEALER);
    set_int (dealer, ZMQ_RECONNECT_IVL, 10);
    connect_to (dealer, endpoint);
    for (int i = 0; i < 3; i++)
        close (raw_accept (listener)); /* hangs up */
    const int fd = raw_accept (listener);
    uint8_t greeting[64];
    zmtp3_greeting (fd, 1, "NULL", false, greeting);
    zmtp_send_frame (fd, ZMTP_COMMAND, LITERAL ("\5READY\013Socket-Type\0\0\0\3PUB"));
    raw_expect_close (fd);
    CHECK (!raw_readable (listener, 2 * SILENCE_MS));
    close (listener);
}

SOCKET_DRAFT_TEST (reconnect_stop_on_refusal_ends_the_attempts)
{
    const char *const endpoint = free_endpoint (TCP);
    void *const dealer = open_socket (ZMQ_DEALER), *const server = open_socket (ZMQ_DEALER);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
    set_int (dealer, ZMQ_RECONNECT_IVL, 10);
    set_int (dealer, ZMQ_RECONNECT_STOP, ZMQ_RECONNECT_STOP_CONN_REFUSED);
    connect_to (dealer, endpoint);
    wait_event (monitor, ZMQ_EVENT_CLOSED);
    bind_to (server, endpoint);
    struct monitor_event event;
    CHECK (!event_within (monitor, SILENCE_MS, &event));
    close_socket (monitor);
}
