/* Request-reply, the server: answers a number of requests, then ends.

   usage: reqrep_server [ENDPOINT [REQUESTS]]

   A REP socket must alternate: receive a request, send its reply. Start any
   number of clients; their requests are taken in turn. */

#include "example.h"

int main(int argc, char **argv)
{
    const char *endpoint = text_argument(argc, argv, 1, "tcp://127.0.0.1:5555");
    int requests = number_argument(argc, argv, 2, 5);

    void *context = zmq_ctx_new();
    void *server = zmq_socket(context, ZMQ_REP);
    die_if(server == NULL, "zmq_socket");
    die_if(zmq_bind(server, endpoint) != 0, endpoint);

    for (int i = 0; i < requests; i++) {
        char name[64], reply[96];
        receive_text(server, name, sizeof name);
        printf("server: request from %s\n", name);
        snprintf(reply, sizeof reply, "Hello, %s", name);
        send_text(server, reply, 0);
    }

    zmq_close(server);
    zmq_ctx_term(context); /* waits until the last reply is on its way */
    return 0;
}
