/*  Options of sockets that are bound, connected, shut down, closed or no sockets, and options one after the other. */

#include "probe.h"

#include <pthread.h>

struct one
{
    const struct row *row;
    const struct value *value;
    const char *endpoint;
};

static const struct row *find (int number)
{
    for (size_t i = 0; i < row_count; i++)
        if (rows[i].number == number)
            return &rows[i];
    abort ();
}

static void *new_socket (size_t type)
{
    void *const socket = fresh_socket ((int) type);
    if (!socket)
        say ("no such type");
    return socket;
}

/*  A value that the row takes. */
static struct value good_value (const struct row *row)
{
    static const uint64_t seven = 7;
    switch (row->setting) {
        case SET_INT: return int_value (row->high < INT32_MAX ? (int) row->high : (int) row->low + 3);
        case SET_INT64:
        case SET_UINT64: return (struct value) {"7", &seven, sizeof seven};
        case SET_BYTES:
        case SET_BYTES_OR_NULL:
        case SET_BYTES_OR_EMPTY:
            if (row->number == ZMQ_TCP_ACCEPT_FILTER)
                return text_value ("127.0.0.1/8");
            if (row->number == ZMQ_METADATA)
                return text_value ("X-a:b");
            if (row->getting == GET_KEY)
                return text_value ("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
            if (row->low == row->high)
                return int_value (7);
            return text_value ("abc");
        case SET_NEVER:
        case SET_INT_PREFIX: break;
    }
    return int_value (1);
}

static void set_and_say (void *socket, const struct one *one)
{
    struct values *const before = take_values (socket);
    say_result (zmq_setsockopt (socket, one->row->number, one->value->bytes, one->value->size));
    struct values *const after = take_values (socket);
    say_changes (before, after);
    free (before);
    free (after);
}

/*  A name that no socket has had: a closed one gives its name back in its own time. */
static const char *fresh_name (const char *prefix)
{
    static char name[64];
    static unsigned count;
    snprintf (name, sizeof name, "%s-%d-%u", prefix, (int) getpid (), count++);
    return name;
}

/*  ---- Bound and connected ---------------------------------------------------------------------------------------------- */

static void relax (void *socket)
{
    const int none = 0;
    zmq_setsockopt (socket, ZMQ_LINGER, &none, sizeof none);
}

/*  The connection is never made: nothing comes in that would make a difference. */
static void set_when_in_use (size_t type, const void *argument)
{
    void *const socket = new_socket (type);
    if (!socket)
        return;
    relax (socket);
    const int bound = zmq_bind (socket, "tcp://127.0.0.1:*");
    const int connected = zmq_connect (socket, "ipc:///tmp/no-such-directory/of-any-name");
    say ("%d %d ", bound, connected);
    set_and_say (socket, argument);
    relax (socket);
    zmq_close (socket);
}

static void set_when_inproc (size_t type, const void *argument)
{
    void *const socket = new_socket (type);
    if (!socket)
        return;
    relax (socket);
    void *const peer = fresh_socket ((int) type);
    relax (peer);
    const char *const name = fresh_name ("inproc://in-use");
    const int bound = zmq_bind (socket, name);
    const int connected = zmq_connect (peer, name);
    say ("%d %d ", bound, connected);
    set_and_say (socket, argument);
    relax (socket);
    zmq_close (peer);
    zmq_close (socket);
}

/*  The port, and the number in a name, is another one each time. */
static void say_endpoint (const char *endpoint, size_t size)
{
    const size_t kept = strcspn (endpoint, "-");
    const char *const port = strncmp (endpoint, "tcp://", 6) == 0 ? strrchr (endpoint, ':') : NULL;
    const bool whole = strlen (endpoint) + 1 == size;
    say ("%.*s, %s length", (int) (port ? (size_t) (port - endpoint) : kept), endpoint, whole ? "right" : "wrong");
}

static void say_last_endpoint (void *socket)
{
    char endpoint[1000];
    size_t size = sizeof endpoint;
    const int rc = zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, endpoint, &size);
    if (rc != 0) {
        say_result (rc);
        return;
    }
    say_endpoint (endpoint, size);
    const size_t rooms[] = {size - 1, size, size + 1};
    for (size_t i = 0; i < 3; i++) {
        size_t room = rooms[i];
        say (", ");
        say_result (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, endpoint, &room));
        say (" of %zd", (ssize_t) (room - size));
    }
}

static void last_endpoint (size_t type, const void *argument)
{
    void *const socket = new_socket (type);
    if (!socket)
        return;
    const struct one *const one = argument;
    relax (socket);
    say ("bind ");
    const bool inproc = strncmp (one->endpoint, "inproc", 6) == 0;
    const bool named = inproc || strncmp (one->endpoint, "ipc", 3) == 0;
    say_result (zmq_bind (socket, named ? fresh_name (one->endpoint) : one->endpoint));
    say (": ");
    say_last_endpoint (socket);
    char endpoint[1000];
    size_t size = sizeof endpoint;
    if (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0 && size > 1) {
        say ("; unbind ");
        say_result (zmq_unbind (socket, endpoint));
        say (": ");
        say_last_endpoint (socket);
    }
    const char *const elsewhere = inproc ? "inproc://elsewhere" : "tcp://127.0.0.1:9";
    say ("; connect ");
    say_result (zmq_connect (socket, elsewhere));
    say (": ");
    say_last_endpoint (socket);
    zmq_close (socket);
}

static void events (size_t type, const void *argument)
{
    (void) argument;
    void *const socket = new_socket (type);
    if (!socket)
        return;
    relax (socket);
    say_get (socket, ZMQ_EVENTS, sizeof (int));
    const char *const name = fresh_name ("inproc://events");
    zmq_bind (socket, name);
    say ("; bound: ");
    say_get (socket, ZMQ_EVENTS, sizeof (int));
    void *const peer = fresh_socket ((int) type);
    relax (peer);
    zmq_connect (peer, name);
    say ("; connected: ");
    say_get (socket, ZMQ_EVENTS, sizeof (int));
    say (", ");
    say_get (peer, ZMQ_EVENTS, sizeof (int));
    zmq_close (peer);
    zmq_close (socket);
}

static void probe_use (void)
{
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].setting == SET_NEVER)
            continue;
        const struct value value = good_value (&rows[i]);
        const struct one one = {&rows[i], &value, NULL};
        line (&rows[i], "set in use", types, COLUMNS, set_when_in_use, &one);
        line (&rows[i], "set with an inproc peer", types, COLUMNS, set_when_inproc, &one);
    }
    static const char *const endpoints[] = {"tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "inproc://here",
                                            "ipc://@options", "udp://127.0.0.1:*", "tcp://nonsense"};
    for (size_t i = 0; i < COUNT (endpoints); i++) {
        const struct one one = {.endpoint = endpoints[i]};
        line (find (ZMQ_LAST_ENDPOINT), endpoints[i], types, COLUMNS, last_endpoint, &one);
    }
    line (find (ZMQ_EVENTS), "as peers come", types, COLUMNS, events, NULL);
}

/*  ---- What was set, in buffers of many sizes ------------------------------------------------------------------------------ */

static void get_what_was_set (size_t type, const void *argument)
{
    void *const socket = new_socket (type);
    if (!socket)
        return;
    const struct one *const one = argument;
    if (zmq_setsockopt (socket, one->row->number, one->value->bytes, one->value->size) == 0) {
        const size_t size = one->value->size;
        const size_t rooms[] = {0, 1, size - 1, size, size + 1, size + 2, size + 20};
        for (size_t i = 0; i < COUNT (rooms); i++) {
            say ("%s%zu: ", i ? "; " : "", rooms[i]);
            say_get (socket, one->row->number, rooms[i]);
        }
    } else
        say_result (-1);
    zmq_close (socket);
}

static void probe_lengths (void)
{
    char longest[256];
    memset (longest, 'z', sizeof longest);
    const struct value values[] = {
      {"1 byte", "a", 1},      {"4 bytes", "abcd", 4}, {"16 bytes", longest, 16}, {"NULs inside", "a\0b\0\0c", 6},
      {"NUL at its end", "a\0", 2}, {"NUL alone", "", 1},   {"255 bytes", longest, 255}};
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].getting != GET_TEXT && rows[i].getting != GET_BYTES)
            continue;
        for (size_t j = 0; j < COUNT (values); j++) {
            const struct one one = {&rows[i], &values[j], NULL};
            char what[128];
            snprintf (what, sizeof what, "get after set to %.64s", values[j].label);
            line (&rows[i], what, types, COLUMNS, get_what_was_set, &one);
        }
    }
    const struct value key = {"a key", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", 40};
    for (size_t i = 0; i < row_count; i++)
        if (rows[i].getting == GET_KEY) {
            const struct one one = {&rows[i], &key, NULL};
            line (&rows[i], "get after set to a key", types, COLUMNS, get_what_was_set, &one);
        }
}

/*  ---- Two after one another ----------------------------------------------------------------------------------------------- */

struct two
{
    struct one first, second;
};

static void set_two (size_t column, const void *argument)
{
    (void) column;
    const struct two *const two = argument;
    void *const socket = fresh_socket (ZMQ_DEALER);
    say_result (zmq_setsockopt (socket, two->first.row->number, two->first.value->bytes, two->first.value->size));
    say (", ");
    set_and_say (socket, &two->second);
    zmq_close (socket);
}

static void probe_mechanisms (void)
{
    static const int zero = 0, one = 1;
    static const char key[] = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
    static const struct
    {
        int option;
        struct value value;
    } steps[] = {
      {ZMQ_PLAIN_SERVER, {"1", &one, 4}},          {ZMQ_PLAIN_SERVER, {"0", &zero, 4}},
      {ZMQ_PLAIN_USERNAME, {"\"name\"", "name", 4}}, {ZMQ_PLAIN_USERNAME, {"null", NULL, 0}},
      {ZMQ_PLAIN_PASSWORD, {"\"word\"", "word", 4}}, {ZMQ_PLAIN_PASSWORD, {"null", NULL, 0}},
      {ZMQ_PLAIN_PASSWORD, {"empty", "", 0}},      {ZMQ_CURVE_SERVER, {"1", &one, 4}},
      {ZMQ_CURVE_SERVER, {"0", &zero, 4}},         {ZMQ_CURVE_PUBLICKEY, {"key", key, 40}},
      {ZMQ_CURVE_PUBLICKEY, {"32 bytes", key, 32}}, {ZMQ_CURVE_PUBLICKEY, {"39 bytes", key, 39}},
      {ZMQ_CURVE_SECRETKEY, {"key", key, 41}},     {ZMQ_CURVE_SERVERKEY, {"key", key, 40}},
      {ZMQ_GSSAPI_SERVER, {"1", &one, 4}},         {ZMQ_GSSAPI_SERVER, {"0", &zero, 4}},
      {ZMQ_GSSAPI_PRINCIPAL, {"\"name\"", "name", 4}}, {ZMQ_GSSAPI_SERVICE_PRINCIPAL, {"\"name\"", "name", 4}},
      {ZMQ_GSSAPI_PLAINTEXT, {"1", &one, 4}},      {ZMQ_ZAP_DOMAIN, {"\"name\"", "name", 4}}};
    for (size_t i = 0; i < COUNT (steps); i++)
        for (size_t j = 0; j < COUNT (steps); j++) {
            const struct two two = {{find (steps[i].option), &steps[i].value, NULL},
                                    {find (steps[j].option), &steps[j].value, NULL}};
            char what[192], needs[64] = "";
            snprintf (what, sizeof what, "%s %s, %s %s", two.first.row->name, two.first.value->label,
                      two.second.row->name, two.second.value->label);
            snprintf (needs, sizeof needs, "%s %s", two.first.row->needs ? two.first.row->needs : "",
                      two.second.row->needs ? two.second.row->needs : "");
            other_line ("mechanism", needs, what, single, 1, set_two, &two);
        }
}

static void set_after (size_t type, const void *argument)
{
    const struct two *const two = argument;
    void *const socket = new_socket (type);
    if (!socket)
        return;
    if (zmq_setsockopt (socket, two->first.row->number, two->first.value->bytes, two->first.value->size) == 0)
        set_and_say (socket, &two->second);
    else
        say_result (-1);
    relax (socket);
    zmq_close (socket);
}

struct after
{
    int first;
    const struct row *second;
};

static void probe_after (const struct value *value, void *argument)
{
    static const int one = 1;
    static const struct value on = {"1", &one, sizeof one};
    const struct after *const after = argument;
    const struct two two = {{find (after->first), &on, NULL}, {after->second, value, NULL}};
    char what[192];
    snprintf (what, sizeof what, "set %s after %s", value->label, two.first.row->name);
    line (two.second.row, what, types, COLUMNS, set_after, &two);
}

static void probe_orders (void)
{
    static const int orders[][2] = {{ZMQ_IPV6, ZMQ_TCP_ACCEPT_FILTER},
                                    {ZMQ_XPUB_MANUAL, ZMQ_SUBSCRIBE},
                                    {ZMQ_XPUB_MANUAL, ZMQ_UNSUBSCRIBE},
                                    {ZMQ_IPV6, ZMQ_IPV4ONLY}};
    for (size_t i = 0; i < COUNT (orders); i++) {
        struct after after = {orders[i][0], find (orders[i][1])};
        for_each_value (after.second, probe_after, &after);
    }
}

/*  ---- Shut down ------------------------------------------------------------------------------------------------------------ */

struct ended
{
    const struct row *row;
    bool noticed; /* the socket was used in between */
};

static void use_when_ended (size_t type, const void *argument)
{
    const struct ended *const ended = argument;
    void *const context = zmq_ctx_new ();
    void *const socket = zmq_socket (context, (int) type);
    if (!socket)
        say ("no such type");
    else {
        zmq_ctx_shutdown (context);
        if (ended->noticed) {
            char byte;
            /* Whichever of them the type has. */
            zmq_send (socket, "", 0, ZMQ_DONTWAIT);
            say_result (zmq_recv (socket, &byte, 1, ZMQ_DONTWAIT));
            say ("; ");
        }
        const struct value good = good_value (ended->row), bad = {"empty", "", 0};
        say_result (zmq_setsockopt (socket, ended->row->number, good.bytes, good.size));
        say (", ");
        say_result (zmq_setsockopt (socket, ended->row->number, bad.bytes, bad.size));
        say (", ");
        if (ended->row->number == ZMQ_EVENTS || ended->row->number == ZMQ_LAST_ENDPOINT)
            say_get (socket, ended->row->number, 4);
        else
            say_get (socket, ended->row->number, good.size);
        say (", ");
        say_get (socket, ended->row->number, 3);
        zmq_close (socket);
    }
    zmq_ctx_term (context);
}

static void probe_ends (void)
{
    for (size_t i = 0; i < row_count; i++)
        for (int noticed = 0; noticed < 2; noticed++) {
            const struct ended ended = {&rows[i], noticed};
            line (&rows[i], noticed ? "after shutdown, used" : "after shutdown", types, COLUMNS, use_when_ended, &ended);
        }
}

/*  ---- No sockets ------------------------------------------------------------------------------------------------------------ */

enum handle
{
    OF_NULL,
    OF_CONTEXT
};

static void use_no_socket (size_t column, const void *argument)
{
    const struct row *const row = argument;
    void *const handle = column == OF_NULL ? NULL : child_context ();
    const struct value value = good_value (row);
    say_result (zmq_setsockopt (handle, row->number, value.bytes, value.size));
    say (", ");
    say_get (handle, row->number, 4);
}

static void probe_no_sockets (void)
{
    static const char *const columns[] = {"null", "a context"};
    for (size_t i = 0; i < row_count; i++)
        line (&rows[i], "on no socket", columns, COUNT (columns), use_no_socket, &rows[i]);
}

void probe_situations (void)
{
    probe_use ();
    probe_lengths ();
    probe_mechanisms ();
    probe_orders ();
    probe_ends ();
    probe_no_sockets ();
}
