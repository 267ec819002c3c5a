/*  What a closed socket still has to do: LINGER, beyond what termination.c says of contexts. */

#include "fixture.h"

enum { LARGE = 8 << 20 }; /* more than the system's buffers take at once */

static void *ask (void *argument)
{
    const int fd = *(int *) argument;
    for (int i = 0; i < 50; i++) {
        usleep (500); /* so that the other side waits already */
        zmtp_send_frame (fd, 0, "question", 8);
        zmtp_expect_frame (fd, 0, "answer");
    }
    return NULL;
}

/*  A socket that waits and answers may look after its connections in another way than one that only sends. */
static void answer (void *socket, int *fd)
{
    const pthread_t thread = start_thread (ask, fd);
    for (int i = 0; i < 50; i++) {
        RECV (socket, "question");
        SEND (socket, "answer");
    }
    join_thread (thread);
}

SOCKET_TEST (what_the_network_did_not_take_yet_is_sent_after_close)
{
    static const uint8_t head[9] = {2, 0, 0, 0, 0, LARGE >> 24, (LARGE >> 16) & 0xff, 0, 0};
    char *const large = malloc (LARGE);
    CHECK (large != NULL);
    memset (large, 'x', LARGE);
    for (int answers = 0; answers < 2; answers++) {
        void *const dealer = open_socket (ZMQ_DEALER);
        set_int (dealer, ZMQ_LINGER, -1);
        int fd = zmtp_peer (bind_any (dealer, TCP), "DEALER");
        if (answers)
            answer (dealer, &fd);
        SEND_BYTES (dealer, large, LARGE, 0); /* the peer reads only later */
        shut (dealer);
        settle ();
        raw_expect (fd, head, sizeof head);
        raw_expect (fd, large, LARGE);
        close (fd);
        finish ();
    }
    free (large);
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
