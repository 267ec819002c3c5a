/*  Peers that come and go: what is still said of one that is gone must not hit its successor. */

#include "fixture.h"

SOCKET_TEST (a_new_connection_survives_the_end_of_the_one_before)
{
    for (enum transport t = TCP; t <= INPROC; t++) {
        void *const dealer = open_socket (ZMQ_DEALER);
        for (int i = 0; i < 50; i++) {
            void *const peer = open_socket (ZMQ_DEALER);
            const char *const endpoint = bind_any (peer, t);
            connect_to (dealer, endpoint);
            bounce (dealer, peer);
            CHECK_OK (zmq_disconnect (dealer, endpoint));
            void *const next = open_socket (ZMQ_DEALER);
            const char *const second = bind_any (next, t);
            connect_to (dealer, second);
            bounce (dealer, next);
            /* The old connection has ended on both sides by now or ends while these go. */
            for (int n = 0; n < 5; n++)
                bounce (next, dealer);
            CHECK_OK (zmq_disconnect (dealer, second));
            shut (peer);
            shut (next);
        }
        shut (dealer);
    }
}
