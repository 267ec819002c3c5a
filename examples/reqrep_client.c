/* Request-reply, the client: sends requests one by one and prints the replies.

   usage: reqrep_client [ENDPOINT [REQUESTS [NAME]]]

   It may be started before the server: connecting is done in the background,
   and the first request waits for it. */

#include "example.h"

int main(int argc, char **argv)
{
    const char *endpoint = text_argument(argc, argv, 1, "tcp://127.0.0.1:5555");
    int requests = number_argument(argc, argv, 2, 5);
    const char *name = text_argument(argc, argv, 3, "world");

    void *context = zmq_ctx_new();
    void *client = zmq_socket(context, ZMQ_REQ);
    die_if(client == NULL, "zmq_socket");

    /* Do not wait for ever for a server that never comes, neither for its
       reply nor, at the end, to get rid of the request. */
    int timeout = 10000, linger = 0;
    zmq_setsockopt(client, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(client, ZMQ_LINGER, &linger, sizeof linger);
    die_if(zmq_connect(client, endpoint) != 0, endpoint);

    for (int i = 0; i < requests; i++) {
        char reply[96];
        send_text(client, name, 0);
        receive_text(client, reply, sizeof reply);
        printf("client: reply %d is \"%s\"\n", i + 1, reply);
    }

    zmq_close(client);
    zmq_ctx_term(context);
    return 0;
}
