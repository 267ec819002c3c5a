/*  What a closed socket still has to do: LINGER, beyond what termination.c says of contexts. */

#include "fixture.h"

#include <sys/socket.h>
#include <time.h>

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

SOCKET_TEST (heartbeats_of_the_peer_are_answered_while_there_is_something_to_send)
{
    static const uint8_t head[9] = {2, 0, 0, 0, 0, LARGE >> 24, (LARGE >> 16) & 0xff, 0, 0};
    char *const large = calloc (1, LARGE);
    CHECK (large != NULL);
    void *const dealer = open_socket (ZMQ_DEALER);
    set_int (dealer, ZMQ_LINGER, -1);
    const int fd = zmtp_peer (bind_any (dealer, TCP), "DEALER");
    SEND_BYTES (dealer, large, LARGE, 0);
    SEND_BYTES (dealer, large, LARGE, 0);
    shut (dealer);
    settle ();
    zmtp_send_command (fd, "PING", "\0\0context", 9);
    settle ();
    /* It was read though there was no room for the answer, which goes between the messages or behind them. */
    bool answered = false;
    for (int messages = 0; messages < 2 || !answered;) {
        uint8_t start[16];
        raw_recv (fd, start, 9);
        if (start[0] == ZMTP_COMMAND) {
            raw_recv (fd, start + 9, 5);
            CHECK_BYTES ("\4\14\4PONGcontext", 14, start, 14);
            answered = true;
        } else {
            CHECK_BYTES (head, sizeof head, start, 9);
            raw_expect (fd, large, LARGE);
            messages++;
        }
    }
    raw_expect_close (fd);
    free (large);
}

/*  Receives the large message little by little, with a PING now and then. False if it was held up for so long that the
 *  other side may have given up. */
static bool takes_its_time (int fd, size_t size)
{
    static const uint8_t zeros[LARGE / 256];
    uint8_t part[LARGE / 256];
    struct timespec before, now;
    clock_gettime (CLOCK_MONOTONIC, &before);
    for (size_t got = 0, next = sizeof part; got < size;) {
        const size_t wanted = size - got < sizeof part ? size - got : sizeof part;
        const size_t n = raw_recv_some (fd, part, wanted);
        clock_gettime (CLOCK_MONOTONIC, &now);
        if ((now.tv_sec - before.tv_sec) * 1000 + (now.tv_nsec - before.tv_nsec) / 1000000 > 200)
            return false;
        before = now;
        CHECK (n > 0);
        CHECK_BYTES (zeros, n, part, n);
        got += n;
        if (got >= next) {
            next += sizeof part;
            /* When the last byte has arrived, the connection may be gone. */
            send (fd, "\4\7\4PING\0\0", 9, MSG_NOSIGNAL);
            usleep (200); /* a peer that has other things to do */
        }
    }
    return true;
}

SOCKET_OZMIUM_TEST (heartbeats_of_the_peer_do_not_cost_it_what_is_still_on_its_way,
                    "libzmq closes the connection when the system has taken all of it; the peer's next word resets it")
{
    static const uint8_t head[9] = {2, 0, 0, 0, 0, LARGE >> 24, (LARGE >> 16) & 0xff, 0, 0};
    char *const large = calloc (1, LARGE);
    CHECK (large != NULL);
    for (int round = 0; round < 3; round++) {
        void *const dealer = open_socket (ZMQ_DEALER);
        set_int (dealer, ZMQ_LINGER, -1);
        const int fd = zmtp_peer (bind_any (dealer, TCP), "DEALER");
        SEND_BYTES (dealer, large, LARGE, 0);
        shut (dealer);
        raw_expect (fd, head, sizeof head);
        if (!takes_its_time (fd, LARGE))
            printf ("     a round was held up\n");
        close (fd);
    }
    free (large);
}
