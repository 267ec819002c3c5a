/*  Tries every option in every way that a program may get wrong, and prints what came of it, one line for each probe.
 *  `compare.py` runs it on two libraries and holds the lines against each other.
 *
 *  What is probed comes from the library's own tables, by way of `rows.h`. */

#ifndef OPTIONS_PROBE_H
#define OPTIONS_PROBE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#define COUNT(array) (sizeof (array) / sizeof *(array))

/*  ---- The rows ------------------------------------------------------------------------------------------------------- */

enum setting
{
    SET_NEVER,
    SET_INT,
    SET_INT_PREFIX,
    SET_INT64,
    SET_UINT64,
    SET_BYTES,
    SET_BYTES_OR_NULL,
    SET_BYTES_OR_EMPTY
};

enum getting
{
    GET_NEVER,
    GET_INT,
    GET_PADDED_INT,
    GET_INT64,
    GET_UINT64,
    GET_BYTES,
    GET_TEXT,
    GET_KEY,
    GET_COMPUTED
};

enum standing
{
    STABLE,
    DEPRECATED,
    DRAFT
};

struct row
{
    const char *name;
    int number;
    enum setting setting;
    long long low, high;
    enum getting getting;
    const char *needs;
    enum standing standing;
};

extern const struct row rows[];
extern const size_t row_count;
bool is_bytes (const struct row *row);

/*  ---- Lines ---------------------------------------------------------------------------------------------------------- */

#define COLUMNS 21
#define RESULT_MAX 4000

/*  Runs a probe once for each column and prints one line of all results:
 *      subject TAB standing TAB capabilities it needs TAB probe TAB results
 *  A probe that ends the process is a result, too. */
void line (const struct row *row, const char *what, const char *const *columns, size_t count,
           void (*probe) (size_t column, const void *argument), const void *argument);
/*  The same, for what is no socket option: a subject of its own, which may need a capability. */
void other_line (const char *subject, const char *needs, const char *what, const char *const *columns, size_t count,
                 void (*probe) (size_t column, const void *argument), const void *argument);
/*  Adds to the result of the running probe. */
void say (const char *format, ...) __attribute__ ((format (printf, 1, 2)));
/*  Adds "0" or "-1 EINVAL" and the like. */
void say_result (int rc);
/*  Adds bytes, in a form that tells them and how many they are. */
void say_bytes (const void *bytes, size_t size);

/*  ---- Parts ---------------------------------------------------------------------------------------------------------- */

extern const char *const types[COLUMNS]; /* names by number */
extern const char *const single[1];

/*  A fresh socket of the child's context; NULL if the library has no such type. */
void *fresh_socket (int type);
void *child_context (void);

/*  Adds what comes of a get into so much room. */
void say_get (void *socket, int option, size_t room);

void probe_sockets (void);
void probe_situations (void);
void probe_contexts (void);
void probe_messages (void);

/*  The values of all readable options of a socket. */
struct values;
struct values *take_values (void *socket);
/*  Adds what differs: "; NAME=value". Returns whether anything does. */
bool say_changes (const struct values *before, const struct values *after);

/*  A value to set: its bytes, and what to call it. */
struct value
{
    char label[64];
    const void *bytes;
    size_t size;
};
/*  Calls back with every value worth trying on a row (NULL: an unknown option). */
void for_each_value (const struct row *row, void (*use) (const struct value *, void *), void *argument);
struct value int_value (int number);
struct value text_value (const char *text);

#endif
