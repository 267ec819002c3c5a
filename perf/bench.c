#include "bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/*  The process that waits for this one, in the other side's. */
static pid_t parent;

void die (const char *file, int line, const char *what)
{
    fprintf (stderr, "%s:%d: failed: %s (%s)\n", file, line, what, zmq_strerror (zmq_errno ()));
    if (parent)
        kill (parent, SIGTERM);
    exit (1);
}

enum transport transport_named (const char *name)
{
    if (strcmp (name, "tcp") == 0)
        return TCP;
    if (strcmp (name, "ipc") == 0)
        return IPC;
    if (strcmp (name, "inproc") == 0)
        return INPROC;
    fprintf (stderr, "no transport '%s': tcp, ipc or inproc\n", name);
    exit (2);
}

long number (const char *text)
{
    char *end;
    errno = 0;
    const long value = strtol (text, &end, 10);
    if (errno || end == text || *end || value < 0) {
        fprintf (stderr, "not a number: '%s'\n", text);
        exit (2);
    }
    return value;
}

static void peer_go (struct bench *bench)
{
    struct peer *const peer = &bench->peer;
    static __thread char endpoint[ENDPOINT_MAX];
    MUST (read (peer->from_parent, endpoint, sizeof endpoint) == (ssize_t) sizeof endpoint);
    peer->endpoint = endpoint;
    if (bench->transport == INPROC)
        peer->ctx = bench->ctx;
    else
        peer->ctx = context_new ();
    bench->run (peer);
    if (bench->transport != INPROC)
        MUST (zmq_ctx_term (peer->ctx) == 0);
}

static void *peer_thread (void *bench)
{
    peer_go (bench);
    return NULL;
}

void bench_start (struct bench *bench, enum transport transport, void (*run) (struct peer *peer))
{
    int down[2], up[2];
    MUST (pipe (down) == 0 && pipe (up) == 0);
    bench->transport = transport;
    bench->run = run;
    bench->to_peer = down[1];
    bench->from_peer = up[0];
    bench->peer.from_parent = down[0];
    bench->peer.to_parent = up[1];
    strcpy (bench->directory, "/tmp/zmq-bench.XXXXXX");
    MUST (mkdtemp (bench->directory));
    if (transport == INPROC) {
        bench->ctx = context_new ();
        MUST (pthread_create (&bench->thread, NULL, peer_thread, bench) == 0);
        return;
    }
    const pid_t self = getpid ();
    MUST ((bench->pid = fork ()) >= 0);
    if (bench->pid == 0) {
        parent = self;
        /*  A first process that fails takes this one with it. */
        prctl (PR_SET_PDEATHSIG, SIGKILL);
        close (down[1]);
        close (up[0]);
        peer_go (bench);
        exit (0);
    }
    close (down[0]);
    close (up[1]);
    bench->ctx = context_new ();
}

void bind_fresh (struct bench *bench, void *socket, const char *suffix, char endpoint[ENDPOINT_MAX])
{
    size_t size = ENDPOINT_MAX;
    if (bench->transport == TCP)
        strcpy (endpoint, "tcp://127.0.0.1:*");
    else if (bench->transport == IPC)
        snprintf (endpoint, ENDPOINT_MAX, "ipc://%s/%s", bench->directory, suffix);
    else
        snprintf (endpoint, ENDPOINT_MAX, "inproc://bench-%s", suffix);
    MUST (zmq_bind (socket, endpoint) == 0);
    MUST (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0);
}

void bench_release (struct bench *bench, const char *endpoint)
{
    char text[ENDPOINT_MAX] = "";
    strncpy (text, endpoint, sizeof text - 1);
    MUST (write (bench->to_peer, text, sizeof text) == (ssize_t) sizeof text);
}

void bench_bind (struct bench *bench, void *socket)
{
    bind_fresh (bench, socket, "peer", bench->endpoint);
    bench_release (bench, bench->endpoint);
}

void bench_end (struct bench *bench)
{
    if (bench->transport == INPROC) {
        MUST (pthread_join (bench->thread, NULL) == 0);
        close (bench->peer.from_parent);
        close (bench->peer.to_parent);
    } else {
        int status;
        MUST (waitpid (bench->pid, &status, 0) == bench->pid);
        MUST (WIFEXITED (status) && WEXITSTATUS (status) == 0);
    }
    close (bench->to_peer);
    close (bench->from_peer);
    MUST (zmq_ctx_term (bench->ctx) == 0);
    rmdir (bench->directory);
}

void tell (int fd)
{
    MUST (write (fd, "", 1) == 1);
}

void hear (int fd)
{
    char byte;
    MUST (read (fd, &byte, 1) == 1);
}

void *context_new (void)
{
    void *const ctx = zmq_ctx_new ();
    const char *const threads = getenv ("BENCH_IO_THREADS");
    MUST (ctx);
    if (threads)
        MUST (zmq_ctx_set (ctx, ZMQ_IO_THREADS, (int) number (threads)) == 0);
    return ctx;
}

int plain_connect (const char *endpoint)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    const char *const port = strrchr (endpoint, ':');
    MUST (port);
    address.sin_port = htons ((uint16_t) number (port + 1));
    const int fd = socket (AF_INET, SOCK_STREAM, 0);
    MUST (fd >= 0 && connect (fd, (const struct sockaddr *) &address, sizeof address) == 0);
    return fd;
}

void read_exactly (int fd, uint8_t *bytes, size_t size)
{
    MUST (recv (fd, bytes, size, MSG_WAITALL) == (ssize_t) size);
}

void *socket_new (void *ctx, int type)
{
    void *const socket = zmq_socket (ctx, type);
    MUST (socket);
    return socket;
}

void set_int (void *socket, int option, int value)
{
    MUST (zmq_setsockopt (socket, option, &value, sizeof value) == 0);
}

void close_all (void **sockets, long count)
{
    for (long i = 0; i < count; i++)
        MUST (zmq_close (sockets[i]) == 0);
    free (sockets);
}

void send_message (void *socket, long size)
{
    zmq_msg_t message;
    MUST (zmq_msg_init_size (&message, (size_t) size) == 0);
    memset (zmq_msg_data (&message), 0, (size_t) size);
    MUST (zmq_msg_send (&message, socket, 0) == size);
}

void receive_message (void *socket, long size)
{
    zmq_msg_t message;
    MUST (zmq_msg_init (&message) == 0);
    do
        MUST (zmq_msg_recv (&message, socket, 0) >= 0);
    while (zmq_msg_more (&message));
    MUST ((long) zmq_msg_size (&message) == size);
    MUST (zmq_msg_close (&message) == 0);
}

double now_s (void)
{
    struct timespec time;
    clock_gettime (CLOCK_MONOTONIC, &time);
    return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static struct rusage usage_of (int who)
{
    struct rusage usage;
    MUST (getrusage (who, &usage) == 0);
    return usage;
}

long own_sleeps (void)
{
    return usage_of (RUSAGE_SELF).ru_nvcsw;
}

long children_sleeps (void)
{
    return usage_of (RUSAGE_CHILDREN).ru_nvcsw;
}

static double used_s (int who)
{
    const struct rusage usage = usage_of (who);
    return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
           + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

double own_cpu_s (void)
{
    return used_s (RUSAGE_SELF);
}

double cpu_s (void)
{
    return used_s (RUSAGE_SELF) + used_s (RUSAGE_CHILDREN);
}

long resident_bytes (void)
{
    long pages = 0, resident = 0;
    FILE *const file = fopen ("/proc/self/statm", "r");
    MUST (file && fscanf (file, "%ld %ld", &pages, &resident) == 2);
    fclose (file);
    return resident * sysconf (_SC_PAGESIZE);
}

long settled_bytes (void)
{
    long least = resident_bytes ();
    for (int unchanged = 0; unchanged < 10; unchanged++) {
        usleep (50000);
        const long now = resident_bytes ();
        unchanged = now < least ? 0 : unchanged;
        least = now < least ? now : least;
    }
    return least;
}

void raise_descriptor_limit (void)
{
    struct rlimit limit;
    MUST (getrlimit (RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    MUST (setrlimit (RLIMIT_NOFILE, &limit) == 0);
}

void result (double rate, const char *unit, double cpu_seconds, long n)
{
    printf ("result rate=%.6g unit=%s cpu_us=%.6g n=%ld", rate, unit, cpu_seconds * 1e6 / (double) n, n);
}

void more (const char *name, double value)
{
    printf (" %s=%.6g", name, value);
}

void done (void)
{
    putchar ('\n');
    fflush (stdout);
}
