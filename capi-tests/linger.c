/*  What a closed socket still has to do: LINGER, beyond what termination.c says of contexts. */

#include "fixture.h"

enum { LARGE = 8 << 20 }; /* more than the system's buffers take at once */

SOCKET_TEST (what_the_network_did_not_take_yet_is_sent_after_close)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const a = open_socket (ZMQ_DEALER), *const b = open_socket (ZMQ_DEALER);
        char *const large = malloc (LARGE);
        CHECK (large != NULL);
        memset (large, 'x', LARGE);
        const char *const endpoint = bind_any (a, t);
        const int fd = t == TCP ? raw_connect (endpoint) : -1; /* reads only later */
        if (t == TCP)
            zmtp3_handshake (fd, "DEALER");
        else
            connect_to (b, endpoint);
        set_int (a, ZMQ_LINGER, -1);
        /* Having waited in a receive, the socket's connections are looked after in another way in some libraries. */
        if (t == TCP)
            zmtp_send_frame (fd, 0, "hello", 5);
        else
            SEND (b, "hello");
        RECV (a, "hello");
        set_int (a, ZMQ_RCVTIMEO, 20);
        CHECK_ERRNO (EAGAIN, zmq_recv (a, NULL, 0, 0));
        SEND_BYTES (a, large, LARGE, 0);
        shut (a);
        if (t == TCP) {
            static uint8_t head[9] = {2, 0, 0, 0, 0, LARGE >> 24, (LARGE >> 16) & 0xff, 0, 0};
            settle ();
            raw_expect (fd, head, sizeof head);
            raw_expect (fd, large, LARGE);
            close (fd);
        } else
            RECV_BYTES (b, large, LARGE, 0);
        free (large);
        finish ();
    }
}

SOCKET_TEST (zero_linger_drops_what_the_network_did_not_take)
{
    void *const a = open_socket (ZMQ_DEALER);
    char *const large = malloc (LARGE);
    CHECK (large != NULL);
    memset (large, 'x', LARGE);
    const int fd = zmtp_peer (bind_any (a, TCP), "DEALER");
    zmtp_send_frame (fd, 0, "hello", 5);
    RECV (a, "hello");
    SEND_BYTES (a, large, LARGE, 0);
    SEND_BYTES (a, large, LARGE, 0);
    shut (a); /* LINGER 0 */
    raw_expect_close (fd);
    free (large);
}

SOCKET_TEST (a_connection_that_comes_up_after_close_still_delivers)
{
    for (enum transport t = TCP; t <= IPC; t++) {
        void *const dealer = open_socket (ZMQ_DEALER), *const peer = open_socket (ZMQ_DEALER);
        const char *const endpoint = free_endpoint (t);
        set_int (dealer, ZMQ_LINGER, -1);
        set_int (dealer, ZMQ_RECONNECT_IVL, 10);
        connect_to (dealer, endpoint);
        set_int (dealer, ZMQ_RCVTIMEO, 20);
        CHECK_ERRNO (EAGAIN, zmq_recv (dealer, NULL, 0, 0));
        for (int i = 0; i < 50; i++)
            SEND_PARTS (dealer, "kept", "whole");
        shut (dealer);
        bind_to (peer, endpoint);
        for (int i = 0; i < 50; i++)
            RECV_PARTS (peer, "kept", "whole");
        finish ();
    }
}
