/* Publish-subscribe, the subscriber: prints the weather of some places.

   usage: weather_subscriber [ENDPOINT [REPORTS [PLACE-PREFIX]]]

   The prefix "ber" takes the reports for berlin and bergen; an empty one takes
   everything. Filtering is done by the publisher: nothing else is sent over. */

#include "example.h"

int main(int argc, char **argv)
{
    const char *endpoint = text_argument(argc, argv, 1, "tcp://127.0.0.1:5556");
    int reports = number_argument(argc, argv, 2, 10);
    const char *prefix = text_argument(argc, argv, 3, "oslo");

    void *context = zmq_ctx_new();
    void *subscriber = zmq_socket(context, ZMQ_SUB);
    die_if(subscriber == NULL, "zmq_socket");

    int timeout = 10000;
    zmq_setsockopt(subscriber, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    die_if(zmq_setsockopt(subscriber, ZMQ_SUBSCRIBE, prefix, strlen(prefix)) != 0, "ZMQ_SUBSCRIBE");
    die_if(zmq_connect(subscriber, endpoint) != 0, endpoint);

    for (int i = 0; i < reports; i++) {
        char place[64], report[64];
        receive_text(subscriber, place, sizeof place);
        receive_text(subscriber, report, sizeof report); /* parts arrive together or not at all */
        printf("subscriber: %s: %s\n", place, report);
    }

    zmq_close(subscriber);
    zmq_ctx_term(context);
    return 0;
}
