/*  zmq_setsockopt and zmq_getsockopt on fresh sockets of every type. */

#include "probe.h"

#define ROOM 1100
#define MARK 0xa5

/*  ---- All values of a socket ----------------------------------------------------------------------------------------- */

struct values
{
    struct
    {
        int rc;
        size_t size;
        const unsigned char *bytes;
    } of[256];
    unsigned char bytes[64 * 1024];
};

static size_t room_for (const struct row *row)
{
    switch (row->getting) {
        case GET_INT:
        case GET_PADDED_INT: return sizeof (int);
        case GET_INT64:
        case GET_UINT64: return 8;
        case GET_KEY: return 32;
        case GET_BYTES:
        case GET_TEXT: return ROOM;
        case GET_COMPUTED: return row->number == ZMQ_LAST_ENDPOINT ? ROOM : sizeof (int);
        case GET_NEVER: break;
    }
    return 0;
}

struct values *take_values (void *socket)
{
    struct values *const values = malloc (sizeof *values);
    unsigned char *next = values->bytes;
    for (size_t i = 0; i < row_count; i++) {
        const size_t room = room_for (&rows[i]);
        values->of[i].rc = 0;
        values->of[i].size = room;
        values->of[i].bytes = next;
        /* A descriptor is another one each time. */
        if (room > 0 && rows[i].number != ZMQ_FD)
            values->of[i].rc = zmq_getsockopt (socket, rows[i].number, next, &values->of[i].size);
        if (values->of[i].rc == 0 && rows[i].number != ZMQ_FD)
            next += values->of[i].size;
        else
            values->of[i].size = 0;
    }
    return values;
}

bool say_changes (const struct values *before, const struct values *after)
{
    bool any = false;
    for (size_t i = 0; i < row_count; i++) {
        const size_t size = after->of[i].size;
        if (before->of[i].rc == after->of[i].rc && before->of[i].size == size
            && memcmp (before->of[i].bytes, after->of[i].bytes, size) == 0)
            continue;
        any = true;
        say ("; %s=", rows[i].name);
        const unsigned char *const bytes = after->of[i].bytes;
        if (after->of[i].rc != 0)
            say ("unreadable");
        else if (rows[i].number == ZMQ_ROUTING_ID && size == 5 && bytes[0] == 0)
            say ("a generated one");
        else
            say_bytes (bytes, size);
    }
    return any;
}

/*  ---- A socket of each type, as long as nothing changes it -------------------------------------------------------------- */

static struct
{
    void *socket;
    struct values *values;
} kept[COLUMNS];

/*  Says "no such type" where the library has none. */
static void *kept_socket (size_t type)
{
    if (!kept[type].socket) {
        kept[type].socket = fresh_socket ((int) type);
        if (!kept[type].socket) {
            say ("no such type");
            return NULL;
        }
        kept[type].values = take_values (kept[type].socket);
    }
    return kept[type].socket;
}

static void discard (size_t type)
{
    zmq_close (kept[type].socket);
    free (kept[type].values);
    kept[type].socket = NULL;
}

/*  ---- Getting -------------------------------------------------------------------------------------------------------- */

/*  What a get wrote where. */
static void say_got (int option, int rc, const unsigned char *buffer, size_t room, size_t size)
{
    say_result (rc);
    size_t touched = 0;
    for (size_t i = 0; i < ROOM; i++)
        if (buffer[i] != MARK)
            touched = i + 1;
    if (rc != 0) {
        if (touched > 0)
            say (", touches the buffer");
        if (size != room)
            say (", length %zu", size);
        return;
    }
    say (" length %zu, ", size);
    if (option == ZMQ_FD)
        say ("a descriptor");
    else
        say_bytes (buffer, size < ROOM ? size : ROOM);
    if (touched > size) {
        bool zeros = true;
        for (size_t i = size; i < touched; i++)
            zeros = zeros && buffer[i] == 0;
        say (", then %zu %s", touched - size, zeros ? "zeros" : "others");
    }
}

void say_get (void *socket, int option, size_t room)
{
    unsigned char buffer[ROOM];
    memset (buffer, MARK, sizeof buffer);
    size_t size = room;
    say_got (option, zmq_getsockopt (socket, option, buffer, &size), buffer, room, size);
}

struct get
{
    const struct row *row;
    size_t room;
};

static void get (size_t type, const void *argument)
{
    const struct get *const g = argument;
    void *const socket = kept_socket (type);
    if (socket)
        say_get (socket, g->row->number, g->room);
}

static void get_into_null (size_t type, const void *argument)
{
    const struct get *const g = argument;
    void *const socket = kept_socket (type);
    size_t size = g->room;
    if (socket)
        say_result (zmq_getsockopt (socket, g->row->number, NULL, &size));
}

static void get_without_length (size_t type, const void *argument)
{
    const struct get *const g = argument;
    void *const socket = kept_socket (type);
    unsigned char buffer[ROOM];
    if (socket)
        say_result (zmq_getsockopt (socket, g->row->number, buffer, NULL));
}

static void probe_gets (const struct row *row, bool known)
{
    static const size_t rooms[] = {0, 4, 8, 1, 2, 3, 5, 7, 9, 12, 16, 31, 32, 33, 40, 41, 42, 64, 255, 256, 257, 1000};
    char what[64];
    for (size_t i = 0; i < (known ? COUNT (rooms) : 3); i++) {
        const struct get argument = {row, rooms[i]};
        snprintf (what, sizeof what, "get into %zu", rooms[i]);
        line (row, what, types, COLUMNS, get, &argument);
    }
    static const size_t nulls[] = {0, 4, 8, 32, 41, 255};
    for (size_t i = 0; i < COUNT (nulls); i++) {
        const struct get argument = {row, nulls[i]};
        snprintf (what, sizeof what, "get into null of %zu", nulls[i]);
        line (row, what, types, COLUMNS, get_into_null, &argument);
    }
    const struct get argument = {row, 0};
    line (row, "get without a length", types, COLUMNS, get_without_length, &argument);
}

/*  ---- Setting -------------------------------------------------------------------------------------------------------- */

struct set
{
    const struct row *row;
    const struct value *value;
};

static void set (size_t type, const void *argument)
{
    const struct set *const s = argument;
    void *const socket = kept_socket (type);
    if (!socket)
        return;
    const int rc = zmq_setsockopt (socket, s->row->number, s->value->bytes, s->value->size);
    say_result (rc);
    struct values *const after = take_values (socket);
    if (say_changes (kept[type].values, after) || rc == 0)
        discard (type);
    free (after);
}

static void probe_set (const struct value *value, void *row)
{
    const struct set argument = {row, value};
    char what[128];
    snprintf (what, sizeof what, "set %s", value->label);
    line (row, what, types, COLUMNS, set, &argument);
}

static void probe_option (const struct row *row, bool known)
{
    probe_gets (row, known);
    for_each_value (row, probe_set, (void *) row);
}

static void probe_unknown (int number)
{
    char name[32];
    snprintf (name, sizeof name, "option %d", number);
    const struct row row = {name, number, SET_NEVER, 0, 0, GET_NEVER, NULL, STABLE};
    probe_option (&row, false);
}

void probe_sockets (void)
{
    for (size_t i = 0; i < row_count; i++)
        probe_option (&rows[i], true);
    for (int number = -2; number <= 140; number++) {
        bool known = false;
        for (size_t i = 0; i < row_count; i++)
            known = known || rows[i].number == number;
        if (!known)
            probe_unknown (number);
    }
    static const int far[] = {INT32_MIN, 255, 1000, 10000, 65536 + ZMQ_LINGER, INT32_MAX};
    for (size_t i = 0; i < COUNT (far); i++)
        probe_unknown (far[i]);
    for (size_t type = 0; type < COLUMNS; type++)
        if (kept[type].socket)
            discard (type);
}
