/* A program on CZMQ's high-level API, which brings its own ways of using
   libzmq: actors on PAIR sockets over inproc, pollers, loops with timers,
   proxies, monitors, frames that carry a routing id. */

#include <czmq.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, zmq_strerror(zmq_errno())); \
            exit(1); \
        } \
    } while (0)

static void request_reply(const char *endpoint)
{
    zsock_t *server = zsock_new(ZMQ_REP);
    CHECK(server && zsock_bind(server, "%s", endpoint) >= 0);
    zsock_t *client = zsock_new_req(zsock_endpoint(server));
    CHECK(client);
    zsock_set_rcvtimeo(client, 10000);
    zsock_set_rcvtimeo(server, 10000);

    CHECK(zstr_sendx(client, "first", "second", NULL) == 0);
    zmsg_t *request = zmsg_recv(server);
    CHECK(request && zmsg_size(request) == 2);
    CHECK(zmsg_addstr(request, "third") == 0 && zmsg_send(&request, server) == 0);

    char *first, *second, *third;
    CHECK(zstr_recvx(client, &first, &second, &third, NULL) == 3);
    CHECK(streq(first, "first") && streq(second, "second") && streq(third, "third"));
    zstr_free(&first);
    zstr_free(&second);
    zstr_free(&third);

    /* zsock_send's picture format: numbers, a frame, a pointer */
    CHECK(zsock_send(client, "i8z", -7, (uint64_t) 1 << 40) == 0);
    int small;
    uint64_t large;
    CHECK(zsock_recv(server, "i8z", &small, &large) == 0 && small == -7 && large == (uint64_t) 1 << 40);
    zsock_destroy(&client);
    zsock_destroy(&server);
}

static void publish_subscribe(void)
{
    zsock_t *publisher = zsock_new_xpub("tcp://127.0.0.1:*");
    CHECK(publisher);
    zsock_t *subscriber = zsock_new_sub(zsock_endpoint(publisher), "weather");
    CHECK(subscriber);
    zsock_set_rcvtimeo(subscriber, 10000);
    zsock_set_rcvtimeo(publisher, 10000);
    zframe_t *subscription = zframe_recv(publisher);
    CHECK(subscription && zframe_size(subscription) == 8 && zframe_data(subscription)[0] == 1);
    zframe_destroy(&subscription);
    CHECK(zstr_send(publisher, "sports: lost") == 0 && zstr_send(publisher, "weather: fine") == 0);
    char *report = zstr_recv(subscriber);
    CHECK(report && streq(report, "weather: fine"));
    zstr_free(&report);
    zsock_destroy(&subscriber);
    zsock_destroy(&publisher);
}

static void proxy(void)
{
    zactor_t *middle = zactor_new(zproxy, NULL);
    CHECK(middle);
    zstr_sendx(middle, "FRONTEND", "PULL", "inproc://frontend", NULL);
    CHECK(zsock_wait(middle) == 0);
    zstr_sendx(middle, "BACKEND", "PUSH", "inproc://backend", NULL);
    CHECK(zsock_wait(middle) == 0);
    zsock_t *in = zsock_new_push(">inproc://frontend");
    zsock_t *out = zsock_new_pull(">inproc://backend");
    CHECK(in && out);
    zsock_set_rcvtimeo(out, 10000);
    for (int i = 0; i < 1000; i++)
        CHECK(zstr_sendf(in, "%d", i) == 0);
    for (int i = 0; i < 1000; i++) {
        char *text = zstr_recv(out);
        CHECK(text && atoi(text) == i);
        zstr_free(&text);
    }
    zsock_destroy(&in);
    zsock_destroy(&out);
    zactor_destroy(&middle);
}

static void monitor(void)
{
    zsock_t *server = zsock_new(ZMQ_DEALER);
    zactor_t *watcher = zactor_new(zmonitor, server);
    CHECK(server && watcher);
    zstr_sendx(watcher, "LISTEN", "LISTENING", "ACCEPTED", NULL);
    zstr_send(watcher, "START");
    CHECK(zsock_wait(watcher) == 0);
    CHECK(zsock_bind(server, "tcp://127.0.0.1:*") > 0);
    zsock_t *client = zsock_new_dealer(zsock_endpoint(server));
    CHECK(client);
    const char *const expected[] = {"LISTENING", "ACCEPTED"};
    for (int i = 0; i < 2; i++) {
        zmsg_t *event = zmsg_recv(watcher);
        char *name = zmsg_popstr(event);
        CHECK(name && streq(name, expected[i]));
        zstr_free(&name);
        zmsg_destroy(&event);
    }
    zsock_destroy(&client);
    zactor_destroy(&watcher);
    zsock_destroy(&server);
}

static int on_timer(zloop_t *loop, int timer, void *argument)
{
    (void) loop, (void) timer;
    CHECK(zstr_send(argument, "tick") == 0);
    return 0;
}

static int ticks;

static int on_message(zloop_t *loop, zsock_t *reader, void *argument)
{
    (void) loop, (void) argument;
    char *text = zstr_recv(reader);
    CHECK(text && streq(text, "tick"));
    zstr_free(&text);
    return ++ticks == 3 ? -1 : 0;
}

static void loop_and_poller(void)
{
    zsock_t *writer = zsock_new_pair("@inproc://ticks");
    zsock_t *reader = zsock_new_pair(">inproc://ticks");
    zloop_t *loop = zloop_new();
    CHECK(writer && reader && loop);
    CHECK(zloop_timer(loop, 10, 3, on_timer, writer) >= 0);
    CHECK(zloop_reader(loop, reader, on_message, NULL) == 0);
    CHECK(zloop_start(loop) == -1 && ticks == 3);
    zloop_destroy(&loop);

    zpoller_t *poller = zpoller_new(reader, NULL);
    CHECK(poller && zpoller_wait(poller, 10) == NULL && zpoller_expired(poller));
    CHECK(zstr_send(writer, "last") == 0 && zpoller_wait(poller, 10000) == reader);
    zpoller_destroy(&poller);
    zsock_destroy(&reader);
    zsock_destroy(&writer);
}

int main(void)
{
    zsys_handler_set(NULL);
    request_reply("inproc://hello");
    request_reply("tcp://127.0.0.1:*");
    request_reply("ipc://czmq-test.socket"); /* in the current directory */
    publish_subscribe();
    proxy();
    monitor();
    loop_and_poller();
    zsys_shutdown();
    return 0;
}
