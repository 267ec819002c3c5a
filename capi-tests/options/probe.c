#include "probe.h"

#include <dlfcn.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define PROBE_SECONDS 10

/*  What the children leave to the parent, so that the next one goes on where the last one died. */
struct progress
{
    long lines;     /* done */
    size_t columns; /* done of the line that is under way */
    char results[COLUMNS][RESULT_MAX];
};

static struct progress *progress;
static long this_line;

static char *result (void)
{
    return progress->results[progress->columns];
}

void say (const char *format, ...)
{
    const size_t length = strlen (result ());
    va_list arguments;
    va_start (arguments, format);
    vsnprintf (result () + length, RESULT_MAX - length, format, arguments);
    va_end (arguments);
}

static const char *errno_name (int number)
{
    static char other[32];
    switch (number) {
        case EINVAL: return "EINVAL";
        case EFAULT: return "EFAULT";
        case ENOTSOCK: return "ENOTSOCK";
        case EMFILE: return "EMFILE";
        case ENOTSUP: return "ENOTSUP";
        case EAGAIN: return "EAGAIN";
        case ENOENT: return "ENOENT";
        case ENOMEM: return "ENOMEM";
        case EPROTONOSUPPORT: return "EPROTONOSUPPORT";
        case EADDRINUSE: return "EADDRINUSE";
        case ETERM: return "ETERM";
        case EFSM: return "EFSM";
        case ENOCOMPATPROTO: return "ENOCOMPATPROTO";
        default: snprintf (other, sizeof other, "errno %d", number); return other;
    }
}

void say_result (int rc)
{
    const int number = zmq_errno ();
    if (rc == -1)
        say ("-1 %s", errno_name (number));
    else
        say ("%d", rc);
}

void say_bytes (const void *bytes, size_t size)
{
    const unsigned char *const b = bytes;
    if (size == sizeof (int)) {
        int number;
        memcpy (&number, b, sizeof number);
        say ("%d", number);
        return;
    }
    size_t run = 0;
    while (run < size && b[run] == b[0])
        run++;
    if (size > 40 && run + 2 > size) {
        say ("%zu x %02x", run, b[0]); /* and perhaps a NUL, which the length tells */
        return;
    }
    say ("\"");
    for (size_t i = 0; i < size; i++)
        if (b[i] > ' ' && b[i] < 127 && b[i] != '"' && b[i] != '\\' && b[i] != '|')
            say ("%c", b[i]);
        else
            say ("\\%02x", b[i]);
    say ("\"");
}

/*  Columns with the same result are named together, in their order. */
static void print_line (const char *subject, const char *standing, const char *needs, const char *what,
                        const char *const *columns, size_t count)
{
    bool printed[COLUMNS] = {false};
    printf ("%s\t%s\t%s\t%s", subject, standing, needs ? needs : "", what);
    for (size_t i = 0; i < count; i++) {
        if (printed[i])
            continue;
        const char *separator = "\t";
        for (size_t j = i; j < count; j++)
            if (!printed[j] && strcmp (progress->results[i], progress->results[j]) == 0) {
                printf ("%s%s", separator, columns[j]);
                separator = ",";
                printed[j] = true;
            }
        printf (": %s", progress->results[i]);
    }
    printf ("\n");
    fflush (stdout);
}

static void run_line (const char *subject, const char *standing, const char *needs, const char *what,
                      const char *const *columns, size_t count, void (*probe) (size_t, const void *),
                      const void *argument)
{
    if (++this_line <= progress->lines)
        return;
    while (progress->columns < count) {
        result ()[0] = 0;
        alarm (PROBE_SECONDS);
        errno = 0;
        probe (progress->columns, argument);
        progress->columns++;
    }
    print_line (subject, standing, needs, what, columns, count);
    progress->columns = 0;
    progress->lines = this_line;
}

void line (const struct row *row, const char *what, const char *const *columns, size_t count,
           void (*probe) (size_t, const void *), const void *argument)
{
    static const char *const standings[] = {"stable", "deprecated", "draft"};
    run_line (row->name, standings[row->standing], row->needs, what, columns, count, probe, argument);
}

void other_line (const char *subject, const char *needs, const char *what, const char *const *columns, size_t count,
                 void (*probe) (size_t, const void *), const void *argument)
{
    run_line (subject, "", needs, what, columns, count, probe, argument);
}

/*  ---- Children ------------------------------------------------------------------------------------------------------- */

const char *const types[COLUMNS] = {"PAIR",   "PUB",    "SUB",    "REQ",   "REP",  "DEALER", "ROUTER",
                                    "PULL",   "PUSH",   "XPUB",   "XSUB",  "STREAM", "SERVER", "CLIENT",
                                    "RADIO",  "DISH",   "GATHER", "SCATTER", "DGRAM", "PEER",   "CHANNEL"};
const char *const single[1] = {"result"};

void *child_context (void)
{
    static void *context;
    if (!context)
        context = zmq_ctx_new ();
    return context;
}

void *fresh_socket (int type)
{
    for (;;) {
        void *const socket = zmq_socket (child_context (), type);
        if (socket || zmq_errno () != EMFILE)
            return socket;
        usleep (1000); /* closed ones are given back in the background */
    }
}

static void print_library (void)
{
    int major, minor, patch;
    zmq_version (&major, &minor, &patch);
    printf ("library\t%d.%d.%d", major, minor, patch);
    static const char *const capabilities[] = {"draft", "curve", "gssapi", "norm", "vmci", "WSS"};
    for (size_t i = 0; i < COUNT (capabilities); i++)
        if (zmq_has (capabilities[i]))
            printf (" %s", capabilities[i]);
    Dl_info info;
    char real[PATH_MAX] = "";
    if (dladdr (dlsym (RTLD_DEFAULT, "zmq_version"), &info) == 0 || !realpath (info.dli_fname, real))
        fprintf (stderr, "cannot tell which library this is\n");
    printf ("\t%s\n", real);
    fflush (stdout);
}

static void child (void)
{
    const struct rlimit no_core = {0, 0};
    setrlimit (RLIMIT_CORE, &no_core);
    /* What a library says when it aborts is no result. */
    if (!freopen ("/dev/null", "w", stderr))
        _exit (1);
    probe_sockets ();
    probe_situations ();
    probe_contexts ();
    probe_messages ();
    _exit (0);
}

/*  A column ended its child: that is its result, and the next child goes on behind it. */
static void record_death (int status)
{
    if (progress->columns == COLUMNS) {
        fprintf (stderr, "a child died between two probes, after line %ld\n", progress->lines);
        exit (1);
    }
    result ()[0] = 0;
    if (WIFSIGNALED (status))
        say ("dies of signal %d", WTERMSIG (status));
    else
        say ("exits with status %d", WEXITSTATUS (status));
    progress->columns++;
}

int main (void)
{
    progress = mmap (NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (progress == MAP_FAILED) {
        perror ("mmap");
        return 1;
    }
    print_library ();
    for (;;) {
        const pid_t pid = fork ();
        if (pid == -1) {
            perror ("fork");
            return 1;
        }
        if (pid == 0)
            child ();
        int status;
        while (waitpid (pid, &status, 0) == -1)
            if (errno != EINTR) {
                perror ("waitpid");
                return 1;
            }
        if (WIFEXITED (status) && WEXITSTATUS (status) == 0)
            return 0;
        record_death (status);
    }
}
