/* Pipeline, a worker: squares the number of each task and passes it on.

   usage: pipeline_worker [TASKS-ENDPOINT [SINK-ENDPOINT [NAME]]]

   Any number of workers may run. One ends when no task has come for a while. */

#include "example.h"

static void wait_for_tasks(void *tasks, int milliseconds)
{
    zmq_setsockopt(tasks, ZMQ_RCVTIMEO, &milliseconds, sizeof milliseconds);
}

int main(int argc, char **argv)
{
    const char *tasks_endpoint = text_argument(argc, argv, 1, "tcp://127.0.0.1:5557");
    const char *sink_endpoint = text_argument(argc, argv, 2, "tcp://127.0.0.1:5558");
    const char *name = text_argument(argc, argv, 3, "worker");

    void *context = zmq_ctx_new();
    void *tasks = zmq_socket(context, ZMQ_PULL);
    void *results = zmq_socket(context, ZMQ_PUSH);
    die_if(tasks == NULL || results == NULL, "zmq_socket");
    die_if(zmq_connect(tasks, tasks_endpoint) != 0, tasks_endpoint);
    die_if(zmq_connect(results, sink_endpoint) != 0, sink_endpoint);

    int done = 0;
    char text[32];
    wait_for_tasks(tasks, 10000);
    for (;;) {
        int length = zmq_recv(tasks, text, sizeof text - 1, 0);
        if (length < 0 && zmq_errno() == EAGAIN)
            break; /* the time is up */
        die_if(length < 0, "zmq_recv");
        text[(size_t) length < sizeof text ? (size_t) length : sizeof text - 1] = '\0';

        long long number = atoll(text);
        snprintf(text, sizeof text, "%lld", number * number);
        send_text(results, text, 0);
        done++;
        wait_for_tasks(tasks, 500);
    }
    printf("%s: %d tasks done\n", name, done);

    zmq_close(tasks);
    zmq_close(results);
    zmq_ctx_term(context);
    return 0;
}
