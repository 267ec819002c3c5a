/* Publish-subscribe for a page in a browser: a weather report every 100 ms.

   usage: weather_live [ENDPOINT [REPORTS]]

   Publishes over WebSockets, for browser/index.html; SUB sockets can connect
   too. It reports on one place after the other, and shows what subscribers
   ask for meanwhile. REPORTS of 0: until it is interrupted. */

#include "example.h"

static const char *const places[] = {"berlin", "bergen", "lagos", "lima", "osaka", "oslo"};
enum { PLACES = sizeof places / sizeof places[0], INTERVAL_MS = 100 };

/* Subscriptions come as messages: a byte, 1 or 0 for its end, then the prefix. */
static void show_subscription(void *publisher)
{
    char subscription[64];
    if (receive_text(publisher, subscription, sizeof subscription) > 0) {
        const char *what = subscription[0] == 1 ? "wants" : "no longer wants";
        printf("publisher: somebody %s \"%s\"\n", what, subscription + 1);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    const char *endpoint = text_argument(argc, argv, 1, "ws://127.0.0.1:5557");
    int reports = number_argument(argc, argv, 2, 0);

    void *context = zmq_ctx_new();
    void *publisher = zmq_socket(context, ZMQ_XPUB);
    die_if(publisher == NULL, "zmq_socket");
    die_if(zmq_bind(publisher, endpoint) != 0, endpoint);
    printf("publisher: at %s\n", endpoint);
    fflush(stdout);

    for (int sent = 0; reports == 0 || sent < reports; sent++) {
        zmq_pollitem_t item = {publisher, 0, ZMQ_POLLIN, 0};
        while (zmq_poll(&item, 1, INTERVAL_MS) > 0)
            show_subscription(publisher);

        int round = sent / PLACES % 1000, place = sent % PLACES;
        char report[64];
        snprintf(report, sizeof report, "%d degrees, humidity %d %%", (round * 7 + place * 5) % 40 - 5,
                 40 + (round + place) % 50);
        send_text(publisher, places[place], ZMQ_SNDMORE);
        send_text(publisher, report, 0);
    }

    zmq_close(publisher);
    zmq_ctx_term(context);
    return 0;
}
