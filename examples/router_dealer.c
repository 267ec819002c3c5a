/* Router-dealer: one process serves many clients with a pool of threads.

   usage: router_dealer [CLIENTS [REQUESTS-EACH [WORKERS]]]

   Clients (REQ, here threads of the same program) speak to a ROUTER socket
   over tcp; zmq_proxy() passes their requests to a DEALER socket, which deals
   them out over inproc to the workers (REP), and takes the replies back. The
   ROUTER remembers who asked, so that each reply finds its client.

        REQ ─┐                                            ┌─ REP
        REQ ─┼─ tcp ── ROUTER ── proxy ── DEALER ─ inproc ┼─ REP
        REQ ─┘                                            └─ REP       */

#include "example.h"
#include <pthread.h>

enum { MOST_THREADS = 64 };

struct task {
    void *context;
    void *frontend;
    void *backend;
    const char *endpoint;
    int id;
    int count;
};

/* Ends when the context is shut down: every call then answers ETERM. */
static void *work(void *argument)
{
    struct task *task = argument;
    void *worker = zmq_socket(task->context, ZMQ_REP);
    die_if(worker == NULL, "zmq_socket");
    die_if(zmq_connect(worker, "inproc://workers") != 0, "inproc://workers");

    char request[64], reply[96];
    int length;
    while ((length = zmq_recv(worker, request, sizeof request - 1, 0)) >= 0) {
        request[(size_t) length < sizeof request ? (size_t) length : sizeof request - 1] = '\0';
        snprintf(reply, sizeof reply, "%s, by worker %d", request, task->id);
        if (zmq_send(worker, reply, strlen(reply), 0) < 0)
            break;
        task->count++;
    }
    die_if(zmq_errno() != ETERM, "worker");
    zmq_close(worker);
    return NULL;
}

/* A client has a context of its own, as if it were another program. */
static void *ask(void *argument)
{
    struct task *task = argument;
    void *context = zmq_ctx_new();
    void *client = zmq_socket(context, ZMQ_REQ);
    die_if(client == NULL, "zmq_socket");
    die_if(zmq_connect(client, task->endpoint) != 0, task->endpoint);

    for (int i = 1; i <= task->count; i++) {
        char request[64], reply[96];
        snprintf(request, sizeof request, "request %d of client %d", i, task->id);
        send_text(client, request, 0);
        receive_text(client, reply, sizeof reply);
        if (strncmp(request, reply, strlen(request)) != 0) {
            fprintf(stderr, "client %d: got somebody else's reply: %s\n", task->id, reply);
            exit(EXIT_FAILURE);
        }
        if (i == task->count)
            printf("client %d: last reply is \"%s\"\n", task->id, reply);
    }
    zmq_close(client);
    zmq_ctx_term(context);
    return NULL;
}

static void *forward(void *argument)
{
    struct task *task = argument;
    zmq_proxy(task->frontend, task->backend, NULL); /* until the context is shut down */
    zmq_close(task->frontend);
    zmq_close(task->backend);
    return NULL;
}

int main(int argc, char **argv)
{
    int clients = number_argument(argc, argv, 1, 4);
    int requests = number_argument(argc, argv, 2, 100);
    int workers = number_argument(argc, argv, 3, 3);
    if (clients < 1 || clients > MOST_THREADS || workers < 1 || workers > MOST_THREADS) {
        fprintf(stderr, "1 to %d clients and workers\n", MOST_THREADS);
        return EXIT_FAILURE;
    }

    void *context = zmq_ctx_new();
    void *frontend = zmq_socket(context, ZMQ_ROUTER);
    void *backend = zmq_socket(context, ZMQ_DEALER);
    die_if(frontend == NULL || backend == NULL, "zmq_socket");
    die_if(zmq_bind(frontend, "tcp://127.0.0.1:*") != 0, "bind frontend"); /* any free port */
    die_if(zmq_bind(backend, "inproc://workers") != 0, "bind backend");

    char endpoint[64];
    size_t size = sizeof endpoint;
    die_if(zmq_getsockopt(frontend, ZMQ_LAST_ENDPOINT, endpoint, &size) != 0, "ZMQ_LAST_ENDPOINT");

    pthread_t worker_threads[MOST_THREADS], client_threads[MOST_THREADS], proxy_thread;
    struct task worker_tasks[MOST_THREADS], client_tasks[MOST_THREADS];
    for (int i = 0; i < workers; i++) {
        worker_tasks[i] = (struct task){.context = context, .id = i + 1};
        pthread_create(&worker_threads[i], NULL, work, &worker_tasks[i]);
    }
    struct task proxy_task = {.frontend = frontend, .backend = backend};
    pthread_create(&proxy_thread, NULL, forward, &proxy_task);
    for (int i = 0; i < clients; i++) {
        client_tasks[i] = (struct task){.endpoint = endpoint, .id = i + 1, .count = requests};
        pthread_create(&client_threads[i], NULL, ask, &client_tasks[i]);
    }

    for (int i = 0; i < clients; i++)
        pthread_join(client_threads[i], NULL);
    zmq_ctx_shutdown(context); /* everybody who is blocked gets ETERM */
    pthread_join(proxy_thread, NULL);
    for (int i = 0; i < workers; i++) {
        pthread_join(worker_threads[i], NULL);
        printf("worker %d: %d requests\n", i + 1, worker_tasks[i].count);
    }
    zmq_ctx_term(context);
    return 0;
}
