/* Publish-subscribe, the publisher: weather reports for many places.

   usage: weather_publisher [ENDPOINT [ROUNDS [SUBSCRIBERS]]]

   Each round reports on every place once. A report has two parts: the place,
   which subscribers filter by, and the weather.

   A publisher does not wait for anybody, and who subscribes late misses what
   was sent before. This one is an XPUB socket to see subscriptions arrive: it
   starts when as many as SUBSCRIBERS have come (0: at once). */

#include "example.h"

static const char *const places[] = {"berlin", "bergen", "lagos", "lima", "osaka", "oslo"};
enum { PLACES = sizeof places / sizeof places[0] };

/* Subscriptions come as messages: a byte 1, then the prefix wanted. */
static void wait_for_subscribers(void *publisher, int wanted)
{
    while (wanted > 0) {
        char subscription[64];
        receive_text(publisher, subscription, sizeof subscription);
        if (subscription[0] == 1) {
            printf("publisher: somebody wants \"%s\"\n", subscription + 1);
            wanted--;
        }
    }
}

int main(int argc, char **argv)
{
    const char *endpoint = text_argument(argc, argv, 1, "tcp://127.0.0.1:5556");
    int rounds = number_argument(argc, argv, 2, 10);
    int subscribers = number_argument(argc, argv, 3, 1);

    void *context = zmq_ctx_new();
    void *publisher = zmq_socket(context, ZMQ_XPUB);
    die_if(publisher == NULL, "zmq_socket");
    die_if(zmq_bind(publisher, endpoint) != 0, endpoint);

    wait_for_subscribers(publisher, subscribers);
    for (int round = 0; round < rounds; round++) {
        for (int place = 0; place < PLACES; place++) {
            char report[64];
            int temperature = (round * 7 + place * 5) % 40 - 5;
            snprintf(report, sizeof report, "%d degrees, humidity %d %%", temperature,
                     40 + (round + place) % 50);
            send_text(publisher, places[place], ZMQ_SNDMORE);
            send_text(publisher, report, 0);
        }
    }

    zmq_close(publisher);
    zmq_ctx_term(context);
    return 0;
}
