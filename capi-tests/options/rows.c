/*  The rows, and the values that are worth trying on each. */

#include "probe.h"

const struct row rows[] = {
#define SOCKET_OPTION(name, setting, low, high, getting, set_on, get_on, needs, standing)                              \
    {#name, name, setting, low, high, getting, needs, standing},
#define CONTEXT_OPTION(name, least, set, get)
#define MESSAGE_OPTION(name)
#define MESSAGE_PROPERTY(name)
#include "rows.h"
};
const size_t row_count = COUNT (rows);

bool is_bytes (const struct row *row)
{
    return row->setting == SET_BYTES || row->setting == SET_BYTES_OR_NULL || row->setting == SET_BYTES_OR_EMPTY;
}

#define KEY_TEXT "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define LONGEST 1001

/*  Somewhere for a value to stay until the next one is made. */
static unsigned char store[LONGEST];

static struct value of_bytes (const char *label, const void *bytes, size_t size)
{
    struct value value = {.size = size};
    snprintf (value.label, sizeof value.label, "%s", label);
    if (bytes)
        value.bytes = memcpy (store, bytes, size);
    return value;
}

struct value int_value (int number)
{
    struct value value = of_bytes ("", &number, sizeof number);
    snprintf (value.label, sizeof value.label, "%d", number);
    return value;
}

struct value text_value (const char *text)
{
    struct value value = of_bytes ("", text, strlen (text));
    snprintf (value.label, sizeof value.label, "\"%s\"", text);
    return value;
}

static struct value run_value (unsigned char byte, size_t size)
{
    memset (store, byte, size);
    struct value value = {.bytes = store, .size = size};
    snprintf (value.label, sizeof value.label, "%zu x %02x", size, byte);
    return value;
}

/*  A number in as many bytes, the lowest first. */
static struct value wide_value (long long number, size_t size)
{
    struct value value = {.bytes = store, .size = size};
    for (size_t i = 0; i < size; i++)
        store[i] = (unsigned char) (i < sizeof number ? (unsigned long long) number >> (8 * i) : number < 0 ? 0xff : 0);
    snprintf (value.label, sizeof value.label, "%lld in %zu bytes", number, size);
    return value;
}

struct user
{
    void (*use) (const struct value *, void *);
    void *argument;
};

static void use (const struct user *user, struct value value)
{
    user->use (&value, user->argument);
}

static void ints (const struct row *row, const struct user *user)
{
    static const int numbers[] = {INT32_MIN, -1000000, -101, -100, -99, -3, -2, -1,  0,   1,    2,     3,     4,
                                  5,         6,        7,    8,    99,  100, 101, 254, 255, 256, 1999,  65535, 65536,
                                  6553500,   6553599,  6553600, INT32_MAX};
    bool at_bounds[4] = {row->setting == SET_INT && row->low > INT32_MIN, row->setting == SET_INT,
                         row->setting == SET_INT, row->setting == SET_INT && row->high < INT32_MAX};
    const long long bounds[4] = {row->low - 1, row->low, row->high, row->high + 1};
    for (size_t i = 0; i < COUNT (numbers); i++) {
        for (size_t j = 0; j < COUNT (bounds); j++)
            at_bounds[j] = at_bounds[j] && bounds[j] != numbers[i];
        use (user, int_value (numbers[i]));
    }
    for (size_t j = 0; j < COUNT (bounds); j++)
        if (at_bounds[j])
            use (user, int_value ((int) bounds[j]));
}

static void widths (const struct user *user)
{
    for (size_t size = 1; size <= 16; size++) {
        if (size == sizeof (int))
            continue;
        for (int number = -1; number <= 1; number++)
            use (user, wide_value (number, size));
    }
    use (user, wide_value (INT64_MIN, 8));
    use (user, wide_value (INT64_MAX, 8));
    use (user, wide_value (INT32_MAX + 1LL, 8));
}

static void texts (const struct row *row, const struct user *user)
{
    static const char *const some[] = {
      "a", "abc", "abcde", "X-a:b", "X-:b", "X-a:", "X-ab", "x-a:b", "A-a:b", ":X-a:b", "X-name:va:lue", "X-::b",
      "127.0.0.1", "127.0.0.1/8", "127.0.0.1/0", "127.0.0.1/32", "127.0.0.1/33", "127.0.0.1/-1", "127.0.0.1/x",
      "127.0.0.1/", "127.0.0.1/08", "127.0.0.1/8x", "127.1", "0x7f.1", "127.0.0.256", "/8", "::1", "::1/64", "::1/128",
      "::1/129", "[::1]", "[::1]/64", "::ffff:127.0.0.1", "fe80::1%lo", "localhost", "*", "lo", "127.0.0.1:1080"};
    static const size_t sizes[] = {8, 15, 16, 17, 31, 32, 33, 39, 40, 41, 42, 64, 254, 255, 256, 257, 1000};
    for (size_t i = 0; i < COUNT (some); i++)
        use (user, text_value (some[i]));
    for (size_t i = 0; i < COUNT (sizes); i++)
        use (user, run_value ('x', sizes[i]));
    const long long bounds[] = {row->low - 1, row->low, row->high, row->high + 1};
    for (size_t i = 0; i < COUNT (bounds); i++)
        if (is_bytes (row) && bounds[i] > 0 && bounds[i] <= LONGEST)
            use (user, run_value ('y', (size_t) bounds[i]));
    use (user, of_bytes ("\"a\" and its NUL", "a", 2));
    use (user, of_bytes ("\"127.0.0.1\" and its NUL", "127.0.0.1", 10));
    use (user, of_bytes ("NULs inside", "a\0b\0\0c", 6));
    use (user, of_bytes ("X-a: with NULs", "X-a:\0b", 6));
    use (user, of_bytes ("key of zeros", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32));
    use (user, of_bytes ("40 of a key", KEY_TEXT, 40));
    use (user, of_bytes ("41 of a key", KEY_TEXT, 41));
    use (user, of_bytes ("key and another", KEY_TEXT "x", 41));
    use (user, of_bytes ("39 of a key", KEY_TEXT, 39));
    use (user, of_bytes ("key with a blank first", " q:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", 40));
    use (user, of_bytes ("key with a blank last", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf ", 40));
    use (user, of_bytes ("key with a NUL inside", "rq:rM>}U?@Lns47E1%kR\0o@n%FcmmsL/@{H8]yf7", 40));
    use (user, of_bytes ("key too great", "#####>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", 40));
}

static void nothing (const struct user *user)
{
    static const size_t sizes[] = {0, 1, 4, 5, 8, 32, 40, 41, 255, 256};
    struct value empty = of_bytes ("empty", "", 0);
    use (user, empty);
    for (size_t i = 0; i < COUNT (sizes); i++) {
        struct value value = {.bytes = NULL, .size = sizes[i]};
        snprintf (value.label, sizeof value.label, "null, %zu", sizes[i]);
        use (user, value);
    }
}

void for_each_value (const struct row *row, void (*with) (const struct value *, void *), void *argument)
{
    const struct user user = {with, argument};
    if (row->setting == SET_NEVER && row->getting == GET_NEVER) {
        /* No such option: nothing to be particular about. */
        use (&user, int_value (0));
        use (&user, int_value (1));
        use (&user, wide_value (1, 8));
        use (&user, text_value ("abc"));
        nothing (&user);
        return;
    }
    ints (row, &user);
    widths (&user);
    texts (row, &user);
    nothing (&user);
}
