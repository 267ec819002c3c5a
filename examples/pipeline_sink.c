/* Pipeline, the sink: collects the results of all workers.

   usage: pipeline_sink [ENDPOINT [RESULTS]]

   A PULL socket takes fairly from every worker connected to it. */

#include "example.h"

int main(int argc, char **argv)
{
    const char *endpoint = text_argument(argc, argv, 1, "tcp://127.0.0.1:5558");
    int results = number_argument(argc, argv, 2, 20);

    void *context = zmq_ctx_new();
    void *sink = zmq_socket(context, ZMQ_PULL);
    die_if(sink == NULL, "zmq_socket");

    int timeout = 10000;
    zmq_setsockopt(sink, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    die_if(zmq_bind(sink, endpoint) != 0, endpoint);

    long long sum = 0;
    for (int i = 0; i < results; i++) {
        char square[32];
        receive_text(sink, square, sizeof square);
        sum += atoll(square);
    }
    printf("sink: %d results, their sum is %lld\n", results, sum);

    zmq_close(sink);
    zmq_ctx_term(context);
    return 0;
}
