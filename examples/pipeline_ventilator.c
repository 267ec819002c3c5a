/* Pipeline, the ventilator: hands out tasks to whichever workers there are.

   usage: pipeline_ventilator [ENDPOINT [TASKS [PAUSE]]]

   PAUSE is the time from one task to the next, in milliseconds.

   A PUSH socket deals its messages out in turn among the workers connected,
   and blocks while there is none: nothing is lost, start the parts in any
   order. Without a pause, all tasks may be gone before a second worker has
   found its way here. */

#include "example.h"

int main(int argc, char **argv)
{
    const char *endpoint = text_argument(argc, argv, 1, "tcp://127.0.0.1:5557");
    int tasks = number_argument(argc, argv, 2, 20);
    int pause = number_argument(argc, argv, 3, 10);

    void *context = zmq_ctx_new();
    void *ventilator = zmq_socket(context, ZMQ_PUSH);
    die_if(ventilator == NULL, "zmq_socket");
    die_if(zmq_bind(ventilator, endpoint) != 0, endpoint);

    for (int i = 1; i <= tasks; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        send_text(ventilator, number, 0);
        zmq_poll(NULL, 0, pause); /* nothing to wait for but the time */
    }
    printf("ventilator: %d tasks handed out\n", tasks);

    zmq_close(ventilator);
    zmq_ctx_term(context); /* waits until the workers have them all */
    return 0;
}
