/*  zmq_msg_get, zmq_msg_set and zmq_msg_gets, on messages of every kind. */

#include "probe.h"

enum kind
{
    EMPTY,
    SMALL,
    LARGE,
    COPY,
    COPIED,
    OF_DATA,
    CLOSED,
    OVER_INPROC,
    OVER_IPC,
    OVER_TCP,
    LARGE_OVER_TCP,
    FIRST_PART,
    KINDS
};
static const char *const kinds[KINDS] = {"empty",  "small",       "large",    "copy",     "copied",         "of data",
                                         "closed", "over inproc", "over ipc", "over tcp", "large over tcp", "first part"};

static void free_nothing (void *data, void *hint)
{
    (void) data, (void) hint;
}

/*  Receives one over a connection that says all it can of itself. */
static void receive (zmq_msg_t *message, enum kind kind)
{
    static char endpoint[256];
    static const int patience = 5000, none = 0;
    void *const context = zmq_ctx_new ();
    void *const to = zmq_socket (context, ZMQ_DEALER), *const from = zmq_socket (context, ZMQ_DEALER);
    zmq_setsockopt (to, ZMQ_RCVTIMEO, &patience, sizeof patience);
    zmq_setsockopt (from, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt (from, ZMQ_ROUTING_ID, "name", 4);
    zmq_setsockopt (from, ZMQ_METADATA, "X-a:b", 5);
    zmq_bind (to, kind == OVER_INPROC ? "inproc://messages" : kind == OVER_IPC ? "ipc://@options-messages"
                                                                               : "tcp://127.0.0.1:*");
    size_t size = sizeof endpoint;
    zmq_getsockopt (to, ZMQ_LAST_ENDPOINT, endpoint, &size);
    zmq_connect (from, endpoint);
    static const char large[70000];
    zmq_send (from, large, kind == LARGE_OVER_TCP ? sizeof large : 4, kind == FIRST_PART ? ZMQ_SNDMORE : 0);
    if (kind == FIRST_PART)
        zmq_send (from, "", 0, 0);
    if (zmq_msg_recv (message, to, 0) == -1)
        say ("not received ");
    zmq_close (from);
    zmq_close (to);
    zmq_ctx_term (context);
}

static void make (zmq_msg_t *message, zmq_msg_t *other, enum kind kind)
{
    static char data[100];
    zmq_msg_init (message);
    zmq_msg_init (other);
    switch (kind) {
        case SMALL: zmq_msg_init_size (message, 10); break;
        case LARGE: zmq_msg_init_size (message, 1000); break;
        case COPY:
            zmq_msg_init_size (other, 1000);
            zmq_msg_copy (message, other);
            break;
        case COPIED:
            zmq_msg_init_size (message, 1000);
            zmq_msg_copy (other, message);
            break;
        case OF_DATA: zmq_msg_init_data (message, data, sizeof data, free_nothing, NULL); break;
        case CLOSED: zmq_msg_close (message); break;
        case OVER_INPROC:
        case OVER_IPC:
        case OVER_TCP:
        case LARGE_OVER_TCP:
        case FIRST_PART: receive (message, kind); break;
        case EMPTY:
        case KINDS: break;
    }
}

static void get (size_t kind, const void *number)
{
    zmq_msg_t message, other;
    make (&message, &other, (enum kind) kind);
    const int option = *(const int *) number, rc = zmq_msg_get (&message, option);
    /* A descriptor is another one each time. */
    if (option == ZMQ_SRCFD && rc >= 0)
        say ("a descriptor");
    else
        say_result (rc);
    zmq_msg_close (&message);
    zmq_msg_close (&other);
}

static void set (size_t kind, const void *number)
{
    zmq_msg_t message, other;
    make (&message, &other, (enum kind) kind);
    for (int value = -1; value < 3; value++) {
        say_result (zmq_msg_set (&message, *(const int *) number, value));
        say (" ");
    }
    say ("then ");
    say_result (zmq_msg_get (&message, ZMQ_MORE));
    zmq_msg_close (&message);
    zmq_msg_close (&other);
}

static void gets (size_t kind, const void *name)
{
    zmq_msg_t message, other;
    make (&message, &other, (enum kind) kind);
    const char *const value = zmq_msg_gets (&message, name);
    /* Of an ipc peer the address ends with its process id. */
    if (value && kind == OVER_IPC && strncmp (value, "localhost:", 10) == 0)
        say_bytes (value, (size_t) (strrchr (value, ':') - value));
    else if (value)
        say_bytes (value, strlen (value));
    else
        say_result (-1);
    zmq_msg_close (&message);
    zmq_msg_close (&other);
}

void probe_messages (void)
{
    static const struct
    {
        const char *name;
        int number;
    } options[] = {
#define SOCKET_OPTION(name, setting, low, high, getting, set_on, get_on, needs, standing)
#define CONTEXT_OPTION(name, least, set, get)
#define MESSAGE_OPTION(name) {#name, name},
#define MESSAGE_PROPERTY(name)
#include "rows.h"
      {"option -1", -1}, {"option 0", 0},     {"option 4", 4},
      {"option 5", 5},   {"option 100", 100}, {"option 2147483647", INT32_MAX}};
    static const char *const properties[] = {
#undef SOCKET_OPTION
#undef CONTEXT_OPTION
#undef MESSAGE_OPTION
#undef MESSAGE_PROPERTY
#define SOCKET_OPTION(name, setting, low, high, getting, set_on, get_on, needs, standing)
#define CONTEXT_OPTION(name, least, set, get)
#define MESSAGE_OPTION(name)
#define MESSAGE_PROPERTY(name) name,
#include "rows.h"
      "X-a", "X-b", "", "socket-type", "Socket-Type:"};
    char subject[64];
    for (size_t i = 0; i < COUNT (options); i++) {
        snprintf (subject, sizeof subject, "message %s", options[i].name);
        other_line (subject, NULL, "get", kinds, KINDS, get, &options[i].number);
        other_line (subject, NULL, "set", kinds, KINDS, set, &options[i].number);
    }
    for (size_t i = 0; i < COUNT (properties); i++) {
        snprintf (subject, sizeof subject, "message \"%s\"", properties[i]);
        other_line (subject, NULL, "gets", kinds, KINDS, gets, properties[i]);
    }
    other_line ("message null", NULL, "gets", kinds, KINDS, gets, NULL);
}
