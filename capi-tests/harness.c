#include "harness.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define EXIT_SKIPPED 77
#define MAX_TESTS 512

struct test
{
    const char *name;
    void (*run) (void);
    enum test_needs needs;
    const char *reason;
};

static struct test tests[MAX_TESTS];
static size_t test_count;
static char directory[64]; /* for ipc endpoints; made by the parent on start, removed at its end */

/*  ---- Running -------------------------------------------------------------------------------------------------------- */

void harness_register (const char *name, void (*run) (void), enum test_needs needs, const char *reason)
{
    if (test_count == MAX_TESTS) {
        fprintf (stderr, "more than %d tests in one program\n", MAX_TESTS);
        exit (2);
    }
    tests[test_count++] = (struct test) {name, run, needs, reason};
}

static int slowness (void)
{
    const char *const text = getenv ("CAPI_TEST_SLOW");
    const int factor = text ? atoi (text) : 1;
    return factor > 0 ? factor : 1;
}

/*  How long one test may take. */
static int limit_seconds (void)
{
    const char *const text = getenv ("CAPI_TEST_SECONDS");
    return (text ? atoi (text) : 60) * slowness ();
}

static const char *library (void)
{
    const char *const name = getenv ("CAPI_TEST_LIBRARY");
    return name ? name : "libzmq";
}

bool running_on_ozmium (void)
{
    return strcmp (library (), "ozmium") == 0;
}

bool have_drafts (void)
{
    return dlsym (RTLD_DEFAULT, "zmq_msg_routing_id") != NULL;
}

bool harness_differs (const char *file, int line, const char *reason)
{
    if (!running_on_ozmium ())
        return false;
    printf ("     differs from libzmq on purpose: %s (%s:%d)\n", reason, file, line);
    return true;
}

bool harness_since_4_3_5 (const char *file, int line, const char *reason)
{
    int major, minor, patch;
    zmq_version (&major, &minor, &patch);
    if (ZMQ_MAKE_VERSION (major, minor, patch) >= ZMQ_MAKE_VERSION (4, 3, 5))
        return true;
    printf ("     before libzmq 4.3.5: %s (%s:%d)\n", reason, file, line);
    return false;
}

void skip_test (const char *reason)
{
    printf ("     skipped: %s\n", reason);
    fflush (stdout);
    _exit (EXIT_SKIPPED);
}

/*  The library that the dynamic linker really found, so that a green run proves what it claims. */
static void check_loaded_library (void)
{
    Dl_info info;
    char real[PATH_MAX], wanted[PATH_MAX];
    const char *const dir = getenv ("CAPI_TEST_LIBRARY_DIR");
    void *const symbol = dlsym (RTLD_DEFAULT, "zmq_version");
    if (!symbol || !dladdr (symbol, &info)) {
        fprintf (stderr, "no libzmq loaded\n");
        exit (2);
    }
    int major, minor, patch;
    zmq_version (&major, &minor, &patch);
    printf ("%s %d.%d.%d from %s\n", library (), major, minor, patch, info.dli_fname);
    if (!dir)
        return;
    char path[PATH_MAX];
    snprintf (path, sizeof path, "%s/libzmq.so.5", dir);
    if (!realpath (path, wanted) || !realpath (info.dli_fname, real) || strcmp (wanted, real) != 0) {
        fprintf (stderr, "loaded %s, wanted %s\n", info.dli_fname, path);
        exit (2);
    }
}

static int remove_entry (const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void) status, (void) type, (void) walk;
    return remove (path);
}

static void make_directory (void)
{
    strcpy (directory, "/tmp/capi-XXXXXX");
    if (!mkdtemp (directory)) {
        perror ("mkdtemp");
        exit (2);
    }
}

static bool selected (const struct test *test, int argc, char **argv)
{
    bool any = false;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-')
            continue;
        any = true;
        if (strstr (test->name, argv[i]))
            return true;
    }
    return !any;
}

static bool has_flag (const char *flag, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp (argv[i], flag) == 0)
            return true;
    return false;
}

/*  Waits for the child with a deadline; its own signals and alarms stay free for the test's use. */
static int wait_for_child (pid_t child, bool *hung)
{
    const int64_t deadline = now_ms () + 1000LL * limit_seconds ();
    sigset_t mask;
    int status;
    sigemptyset (&mask);
    sigaddset (&mask, SIGCHLD);
    *hung = false;
    while (waitpid (child, &status, WNOHANG) == 0) {
        const int64_t left = deadline - now_ms ();
        if (left <= 0) {
            *hung = true;
            kill (child, SIGKILL);
            waitpid (child, &status, 0);
            break;
        }
        const struct timespec timeout = {left / 1000, left % 1000 * 1000000};
        sigtimedwait (&mask, NULL, &timeout);
    }
    return status;
}

/*  0 passed, 1 failed, EXIT_SKIPPED. */
static int run_test (const struct test *test)
{
    sigset_t blocked, before;
    sigemptyset (&blocked);
    sigaddset (&blocked, SIGCHLD);
    sigprocmask (SIG_BLOCK, &blocked, &before);
    const int64_t started = now_ms ();
    fflush (stdout);
    const pid_t child = fork ();
    if (child == 0) {
        sigprocmask (SIG_SETMASK, &before, NULL);
        test->run ();
        fflush (stdout);
        exit (0);
    }
    if (child < 0) {
        perror ("fork");
        exit (2);
    }
    bool hung;
    const int status = wait_for_child (child, &hung);
    sigprocmask (SIG_SETMASK, &before, NULL);
    const int took = (int) (now_ms () - started);
    if (hung)
        printf ("FAIL %s: still running after %d s\n", test->name, limit_seconds ());
    else if (WIFSIGNALED (status))
        printf ("FAIL %s: died of signal %d (%s)\n", test->name, WTERMSIG (status), strsignal (WTERMSIG (status)));
    else if (WEXITSTATUS (status) == EXIT_SKIPPED) {
        printf ("skip %s\n", test->name);
        return EXIT_SKIPPED;
    } else if (WEXITSTATUS (status) != 0)
        printf ("FAIL %s\n", test->name);
    else {
        printf ("ok   %s (%d ms)\n", test->name, took);
        return 0;
    }
    return 1;
}

int main (int argc, char **argv)
{
    if (has_flag ("--list", argc, argv)) {
        for (size_t i = 0; i < test_count; i++)
            puts (tests[i].name);
        return 0;
    }
    setvbuf (stdout, NULL, _IOLBF, 0);
    check_loaded_library ();
    make_directory ();
    int failed = 0, passed = 0, skipped = 0;
    for (size_t i = 0; i < test_count; i++) {
        const struct test *const test = &tests[i];
        if (!selected (test, argc, argv))
            continue;
        if ((test->needs == NEEDS_DRAFTS && !have_drafts ()) || (test->needs == NEEDS_OZMIUM && !running_on_ozmium ())) {
            printf ("skip %s: %s\n", test->name, test->reason);
            skipped++;
            continue;
        }
        int result = 0;
        if (has_flag ("--in-process", argc, argv))
            test->run ();
        else
            result = run_test (test);
        failed += result == 1;
        skipped += result == EXIT_SKIPPED;
        passed += result == 0;
    }
    nftw (directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    printf ("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    if (failed)
        return 1;
    return passed ? 0 : EXIT_SKIPPED;
}

/*  ---- Checks --------------------------------------------------------------------------------------------------------- */

void harness_fail (const char *file, int line, const char *format, ...)
{
    va_list arguments;
    va_start (arguments, format);
    flockfile (stdout);
    printf ("     %s:%d: ", file, line);
    vprintf (format, arguments);
    printf ("\n");
    fflush (stdout);
    va_end (arguments);
    _exit (1);
}

void harness_check_str (const char *file, int line, const char *what, const char *expected, const char *actual)
{
    if (expected == actual || (expected && actual && strcmp (expected, actual) == 0))
        return;
    harness_fail (file, line, "%s: expected \"%s\", got \"%s\"", what, expected ? expected : "(null)",
                  actual ? actual : "(null)");
}

static void hex (const void *data, size_t size, char *out, size_t capacity)
{
    size_t used = 0;
    for (size_t i = 0; i < size && used + 4 < capacity; i++)
        used += (size_t) snprintf (out + used, capacity - used, "%02x ", ((const uint8_t *) data)[i]);
    out[used] = 0;
}

void harness_check_bytes (const char *file, int line, const char *what, const void *expected, size_t expected_size,
                          const void *actual, size_t actual_size)
{
    if (expected_size == actual_size && memcmp (expected, actual, actual_size) == 0)
        return;
    char wanted[256], got[256];
    hex (expected, expected_size, wanted, sizeof wanted);
    hex (actual, actual_size, got, sizeof got);
    harness_fail (file, line, "%s: expected %zu bytes %sgot %zu bytes %s", what, expected_size, wanted, actual_size,
                  got);
}

/*  ---- Time ----------------------------------------------------------------------------------------------------------- */

int patience_ms (void)
{
    return 5000 * slowness ();
}

int64_t now_ms (void)
{
    struct timespec now;
    clock_gettime (CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/*  ---- Contexts, sockets, endpoints ----------------------------------------------------------------------------------- */

void *new_ctx (void)
{
    void *const ctx = zmq_ctx_new ();
    CHECK (ctx);
    return ctx;
}

void term_ctx (void *ctx)
{
    CHECK_OK (zmq_ctx_term (ctx));
}

void *new_socket (void *ctx, int type)
{
    void *const socket = zmq_socket (ctx, type);
    CHECK (socket);
    set_int (socket, ZMQ_LINGER, 0);
    /* Thread-safe sockets and those that only send or receive know these options too. */
    set_int (socket, ZMQ_SNDTIMEO, patience_ms ());
    set_int (socket, ZMQ_RCVTIMEO, patience_ms ());
    return socket;
}

void close_socket (void *socket)
{
    CHECK_OK (zmq_close (socket));
}

void last_endpoint (void *socket, char endpoint[ENDPOINT_MAX])
{
    size_t size = ENDPOINT_MAX;
    CHECK_OK (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, endpoint, &size));
    CHECK_INT (strlen (endpoint) + 1, size);
}

static int serial (void)
{
    static int last;
    return __sync_add_and_fetch (&last, 1);
}

void fresh_ipc (char endpoint[ENDPOINT_MAX])
{
    snprintf (endpoint, ENDPOINT_MAX, "ipc://%s/%d.%d", directory, (int) getpid (), serial ());
}

void fresh_inproc (char endpoint[ENDPOINT_MAX])
{
    snprintf (endpoint, ENDPOINT_MAX, "inproc://test-%d", serial ());
}

/*  A socket that is bound to the port, and does not listen, keeps it from whoever asks the system for any port, such as
 *  tests that run at the same time; libraries allow their listeners to share addresses so far. It stays open. */
void unused_tcp (char endpoint[ENDPOINT_MAX])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int holder = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    CHECK (holder >= 0);
    CHECK_OK (bind (holder, (const struct sockaddr *) &address, size));
    CHECK_OK (setsockopt (holder, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
    CHECK_OK (getsockname (holder, (struct sockaddr *) &address, &size));
    snprintf (endpoint, ENDPOINT_MAX, "tcp://127.0.0.1:%d", ntohs (address.sin_port));
}

void bind_fresh (void *socket, enum transport transport, char endpoint[ENDPOINT_MAX])
{
    char wanted[ENDPOINT_MAX] = "tcp://127.0.0.1:*";
    if (transport == IPC)
        fresh_ipc (wanted);
    else if (transport == INPROC)
        fresh_inproc (wanted);
    CHECK_OK (zmq_bind (socket, wanted));
    if (transport == TCP)
        last_endpoint (socket, endpoint);
    else
        strcpy (endpoint, wanted);
}

void connected_pair (void *ctx, enum transport transport, int bind_type, void **bound, int connect_type,
                     void **connected, char endpoint[ENDPOINT_MAX])
{
    char own[ENDPOINT_MAX];
    void *const server = new_socket (ctx, bind_type);
    void *const client = new_socket (ctx, connect_type);
    bind_fresh (server, transport, own);
    CHECK_OK (zmq_connect (client, own));
    if (bound)
        *bound = server;
    if (connected)
        *connected = client;
    if (endpoint)
        strcpy (endpoint, own);
}

bool have_ipv6 (void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const int fd = socket (AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    const bool usable = bind (fd, (struct sockaddr *) &address, sizeof address) == 0;
    close (fd);
    return usable;
}

void set_int (void *socket, int option, int value)
{
    CHECK_OK (zmq_setsockopt (socket, option, &value, sizeof value));
}

int get_int (void *socket, int option)
{
    int value = 0;
    size_t size = sizeof value;
    CHECK_OK (zmq_getsockopt (socket, option, &value, &size));
    CHECK_INT (sizeof value, size);
    return value;
}

void set_str (void *socket, int option, const char *value)
{
    CHECK_OK (zmq_setsockopt (socket, option, value, strlen (value)));
}

void subscribe (void *socket, const char *prefix)
{
    set_str (socket, ZMQ_SUBSCRIBE, prefix);
}

/*  ---- Messages ------------------------------------------------------------------------------------------------------- */

void harness_send (const char *file, int line, void *socket, const char *text, int flags)
{
    const int sent = zmq_send (socket, text, strlen (text), flags);
    if (sent != (int) strlen (text))
        harness_fail (file, line, "zmq_send of \"%s\": got %d (errno %d, %s)", text, sent, zmq_errno (),
                      zmq_strerror (zmq_errno ()));
}

void harness_recv (const char *file, int line, void *socket, const char *text, int more)
{
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init (&msg));
    if (zmq_msg_recv (&msg, socket, 0) == -1)
        harness_fail (file, line, "receiving \"%s\": errno %d (%s)", text, zmq_errno (), zmq_strerror (zmq_errno ()));
    harness_check_bytes (file, line, "received frame", text, strlen (text), zmq_msg_data (&msg), zmq_msg_size (&msg));
    if (zmq_msg_more (&msg) != more)
        harness_fail (file, line, "frame \"%s\": expected more=%d, got %d", text, more, zmq_msg_more (&msg));
    CHECK_INT (more, get_int (socket, ZMQ_RCVMORE));
    CHECK_OK (zmq_msg_close (&msg));
}

void bounce (void *a, void *b)
{
    SEND (a, "there");
    RECV (b, "there");
    SEND (b, "back");
    RECV (a, "back");
}

bool poll_for (void *socket, short events)
{
    zmq_pollitem_t item = {socket, 0, events, 0};
    const int ready = zmq_poll (&item, 1, patience_ms ());
    CHECK (ready >= 0);
    return ready == 1 && (item.revents & events) == events;
}

/*  ---- Threads -------------------------------------------------------------------------------------------------------- */

pthread_t start_thread (void *(*run) (void *), void *argument)
{
    pthread_t thread;
    CHECK_INT (0, pthread_create (&thread, NULL, run, argument));
    return thread;
}

void *join_thread (pthread_t thread)
{
    void *result;
    CHECK_INT (0, pthread_join (thread, &result));
    return result;
}

pid_t current_thread_id (void)
{
    return (pid_t) syscall (SYS_gettid);
}

static char thread_state (pid_t thread_id)
{
    char path[64], line[512];
    snprintf (path, sizeof path, "/proc/self/task/%d/stat", (int) thread_id);
    FILE *const file = fopen (path, "re");
    if (!file)
        return '?';
    char *const got = fgets (line, sizeof line, file);
    fclose (file);
    const char *const parenthesis = got ? strrchr (got, ')') : NULL;
    return parenthesis ? parenthesis[2] : '?';
}

bool others_sleep (void)
{
    DIR *const tasks = opendir ("/proc/self/task");
    CHECK (tasks != NULL);
    bool all = true;
    for (struct dirent *entry; all && (entry = readdir (tasks)) != NULL;) {
        const pid_t thread_id = (pid_t) atoi (entry->d_name);
        /* One that ends meanwhile has no state. */
        all = thread_id <= 0 || thread_id == current_thread_id () || strchr ("S?", thread_state (thread_id));
    }
    closedir (tasks);
    return all;
}

void wait_until_blocked (pid_t thread_id)
{
    /* Asleep on three looks in a row: a thread that only waits for a lock on its way has gone on by then. */
    int asleep = 0;
    WAIT_UNTIL ((asleep = thread_state (thread_id) == 'S' ? asleep + 1 : 0) >= 3);
}

/*  ---- Monitor -------------------------------------------------------------------------------------------------------- */

void *open_monitor (void *ctx, void *socket, int events)
{
    char endpoint[ENDPOINT_MAX];
    snprintf (endpoint, sizeof endpoint, "inproc://monitor-%d", serial ());
    CHECK_OK (zmq_socket_monitor (socket, endpoint, events));
    void *const monitor = new_socket (ctx, ZMQ_PAIR);
    CHECK_OK (zmq_connect (monitor, endpoint));
    return monitor;
}

struct monitor_event next_event (void *monitor)
{
    struct monitor_event result = {0};
    uint8_t head[6];
    CHECK_INT (6, zmq_recv (monitor, head, sizeof head, 0));
    CHECK_INT (1, get_int (monitor, ZMQ_RCVMORE));
    uint16_t event;
    int32_t value;
    memcpy (&event, head, 2);
    memcpy (&value, head + 2, 4);
    result.event = event;
    result.value = value;
    const int size = zmq_recv (monitor, result.address, sizeof result.address - 1, 0);
    CHECK (size >= 0 && size < (int) sizeof result.address);
    result.address[size] = 0;
    CHECK_INT (0, get_int (monitor, ZMQ_RCVMORE));
    return result;
}

struct monitor_event harness_expect_event (const char *file, int line, void *monitor, int event)
{
    const struct monitor_event got = next_event (monitor);
    if (got.event != event)
        harness_fail (file, line, "expected event %s, got %s with value %d from \"%s\"", event_name (event),
                      event_name (got.event), got.value, got.address);
    return got;
}

struct monitor_event wait_event (void *monitor, int event)
{
    for (;;) {
        const struct monitor_event got = next_event (monitor);
        if (got.event == event)
            return got;
    }
}

const char *event_name (int event)
{
    switch (event) {
        case ZMQ_EVENT_CONNECTED: return "CONNECTED";
        case ZMQ_EVENT_CONNECT_DELAYED: return "CONNECT_DELAYED";
        case ZMQ_EVENT_CONNECT_RETRIED: return "CONNECT_RETRIED";
        case ZMQ_EVENT_LISTENING: return "LISTENING";
        case ZMQ_EVENT_BIND_FAILED: return "BIND_FAILED";
        case ZMQ_EVENT_ACCEPTED: return "ACCEPTED";
        case ZMQ_EVENT_ACCEPT_FAILED: return "ACCEPT_FAILED";
        case ZMQ_EVENT_CLOSED: return "CLOSED";
        case ZMQ_EVENT_CLOSE_FAILED: return "CLOSE_FAILED";
        case ZMQ_EVENT_DISCONNECTED: return "DISCONNECTED";
        case ZMQ_EVENT_MONITOR_STOPPED: return "MONITOR_STOPPED";
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: return "HANDSHAKE_FAILED_NO_DETAIL";
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return "HANDSHAKE_SUCCEEDED";
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: return "HANDSHAKE_FAILED_PROTOCOL";
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return "HANDSHAKE_FAILED_AUTH";
        default: return "unknown";
    }
}
