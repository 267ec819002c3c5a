/*  zmq_ctx_set, zmq_ctx_get and, where the library has them, their forms for any type. */

#include "probe.h"

#include <dlfcn.h>

#define ROOM 64
#define MARK 0xa5

struct option
{
    const char *name;
    int number;
};

static const struct option known[] = {
#define SOCKET_OPTION(name, setting, low, high, getting, set_on, get_on, needs, standing)
#define CONTEXT_OPTION(name, least, set, get) {#name, name},
#define MESSAGE_OPTION(name)
#define MESSAGE_PROPERTY(name)
#include "rows.h"
};

/*  Drafts, which a library may lack. */
static int (*set_ext) (void *, int, const void *, size_t);
static int (*get_ext) (void *, int, void *, size_t *);

/*  What is known of the context. */
static const char *const states[] = {"fresh", "with a socket", "shut down"};

static void *context_in (size_t state, void **socket)
{
    void *const context = zmq_ctx_new ();
    *socket = state == 0 ? NULL : zmq_socket (context, ZMQ_PAIR);
    if (state == 2)
        zmq_ctx_shutdown (context);
    return context;
}

static void end (void *context, void *socket)
{
    if (socket)
        zmq_close (socket);
    zmq_ctx_term (context);
}

#define NUMBERS 100

static void take (void *context, int values[NUMBERS])
{
    for (int number = 0; number < NUMBERS; number++)
        values[number] = zmq_ctx_get (context, number);
}

static void say_differences (const int before[NUMBERS], const int after[NUMBERS])
{
    for (int number = 0; number < NUMBERS; number++)
        if (before[number] != after[number])
            say ("; %d=%d", number, after[number]);
}

struct probe
{
    int number;
    const struct value *value;
    size_t room;
};

static void get (size_t state, const void *argument)
{
    const struct probe *const p = argument;
    void *socket, *const context = context_in (state, &socket);
    errno = 0; /* -1 is a value, too */
    say_result (zmq_ctx_get (context, p->number));
    end (context, socket);
}

static void set (size_t state, const void *argument)
{
    const struct probe *const p = argument;
    void *socket, *const context = context_in (state, &socket);
    int number, before[NUMBERS], after[NUMBERS];
    memcpy (&number, p->value->bytes, sizeof number);
    take (context, before);
    say_result (zmq_ctx_set (context, p->number, number));
    take (context, after);
    say_differences (before, after);
    end (context, socket);
}

static void set_any (size_t state, const void *argument)
{
    const struct probe *const p = argument;
    void *socket, *const context = context_in (state, &socket);
    int before[NUMBERS], after[NUMBERS];
    take (context, before);
    say_result (set_ext (context, p->number, p->value->bytes, p->value->size));
    take (context, after);
    say_differences (before, after);
    unsigned char text[ROOM] = {0};
    size_t size = sizeof text;
    if (get_ext (context, p->number, text, &size) == 0) {
        say ("; ");
        say_bytes (text, strlen ((const char *) text));
    }
    end (context, socket);
}

static void get_any (size_t state, const void *argument)
{
    const struct probe *const p = argument;
    void *socket, *const context = context_in (state, &socket);
    unsigned char buffer[ROOM];
    size_t size = p->room;
    memset (buffer, MARK, sizeof buffer);
    say_result (get_ext (context, p->number, buffer, &size));
    say (" length %zu", size);
    for (size_t i = 0; i < sizeof buffer; i++)
        if (buffer[i] != MARK)
            say (" %zu:%02x", i, buffer[i]);
    end (context, socket);
}

static void get_any_without (size_t column, const void *argument)
{
    const struct probe *const p = argument;
    unsigned char buffer[ROOM];
    size_t size = p->room;
    say_result (column == 0 ? get_ext (child_context (), p->number, NULL, &size)
                            : get_ext (child_context (), p->number, buffer, NULL));
}

static void use_no_context (size_t column, const void *argument)
{
    const struct probe *const p = argument;
    void *const handle = column == 0 ? NULL : fresh_socket (ZMQ_PAIR);
    say_result (zmq_ctx_set (handle, p->number, 1));
    say (", ");
    say_result (zmq_ctx_get (handle, p->number));
}

static const char *subject;

static void probe_value (const struct value *value, void *argument)
{
    struct probe probe = *(const struct probe *) argument;
    char what[128];
    probe.value = value;
    if (value->size == sizeof (int) && value->bytes) {
        snprintf (what, sizeof what, "set %s", value->label);
        other_line (subject, NULL, what, states, COUNT (states), set, &probe);
    }
    if (set_ext && get_ext) {
        snprintf (what, sizeof what, "set_ext %s", value->label);
        other_line (subject, NULL, what, states, COUNT (states), set_any, &probe);
    }
}

static void probe_option (const struct option *option, bool is_known)
{
    char name[64], what[64];
    snprintf (name, sizeof name, "context %s", option->name);
    subject = name;
    struct probe probe = {.number = option->number};
    other_line (subject, NULL, "get", states, COUNT (states), get, &probe);
    static const char *const no_contexts[] = {"null", "a socket"};
    other_line (subject, NULL, "on no context", no_contexts, COUNT (no_contexts), use_no_context, &probe);
    if (set_ext && get_ext) {
        static const char *const nulls[] = {"null buffer", "null length"};
        for (probe.room = 0; probe.room <= 20; probe.room++) {
            snprintf (what, sizeof what, "get_ext into %zu", probe.room);
            other_line (subject, NULL, what, states, COUNT (states), get_any, &probe);
            snprintf (what, sizeof what, "get_ext without, %zu", probe.room);
            if (probe.room % 4 == 0)
                other_line (subject, NULL, what, nulls, COUNT (nulls), get_any_without, &probe);
        }
    }
    /* As of an int, which asks for the most. */
    const struct row like = {option->name, option->number, is_known ? SET_INT : SET_NEVER, 0, 1, GET_NEVER, NULL, STABLE};
    for_each_value (&like, probe_value, &probe);
}

void probe_contexts (void)
{
    *(void **) &set_ext = dlsym (RTLD_DEFAULT, "zmq_ctx_set_ext");
    *(void **) &get_ext = dlsym (RTLD_DEFAULT, "zmq_ctx_get_ext");
    for (size_t i = 0; i < COUNT (known); i++)
        probe_option (&known[i], true);
    for (int number = -2; number < NUMBERS; number++) {
        bool is_known = false;
        for (size_t i = 0; i < COUNT (known); i++)
            is_known = is_known || known[i].number == number;
        char name[32];
        snprintf (name, sizeof name, "option %d", number);
        if (!is_known)
            probe_option (&(const struct option) {name, number}, false);
    }
}
