/*  What the machine gives without any library: the bounds of the rows beside them. */

#include "bench.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>

static int listen_anywhere (struct sockaddr_in *address)
{
    socklen_t size = sizeof *address;
    memset (address, 0, sizeof *address);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    const int fd = socket (AF_INET, SOCK_STREAM, 0);
    MUST (fd >= 0 && bind (fd, (const struct sockaddr *) address, sizeof *address) == 0 && listen (fd, 1) == 0);
    MUST (getsockname (fd, (struct sockaddr *) address, &size) == 0);
    return fd;
}

static bool fork_paired (int *fd, pid_t *pid)
{
    int pair[2];
    MUST (socketpair (AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    MUST ((*pid = fork ()) >= 0);
    *fd = pair[*pid == 0];
    close (pair[*pid != 0]);
    return *pid == 0;
}

/*  Two processes with a TCP connection between them: true in the child. */
static bool fork_connected (int *fd, pid_t *pid)
{
    const int yes = 1;
    struct sockaddr_in address;
    const int listener = listen_anywhere (&address);
    MUST ((*pid = fork ()) >= 0);
    if (*pid == 0) {
        MUST ((*fd = socket (AF_INET, SOCK_STREAM, 0)) >= 0);
        MUST (connect (*fd, (const struct sockaddr *) &address, sizeof address) == 0);
    } else
        MUST ((*fd = accept (listener, NULL, NULL)) >= 0);
    close (listener);
    MUST (setsockopt (*fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0);
    return *pid == 0;
}

static void join (pid_t pid)
{
    int status;
    MUST (waitpid (pid, &status, 0) == pid && status == 0);
}

static void write_all (int fd, const char *bytes, size_t size)
{
    while (size) {
        const ssize_t n = write (fd, bytes, size);
        MUST (n > 0);
        bytes += n;
        size -= (size_t) n;
    }
}

void bench_plain_pingpong (char **arguments)
{
    const enum transport transport = transport_named (arguments[0]);
    const size_t size = (size_t) number (arguments[1]);
    const long count = number (arguments[2]);
    char *const bytes = calloc (1, size + 1);
    MUST (bytes && size);
    int fd;
    pid_t pid;
    if (transport == IPC ? fork_paired (&fd, &pid) : fork_connected (&fd, &pid)) {
        for (long i = 0; i < count; i++) {
            MUST (recv (fd, bytes, size, MSG_WAITALL) == (ssize_t) size);
            write_all (fd, bytes, size);
        }
        exit (0);
    }
    const double from = now_s ();
    for (long i = 0; i < count; i++) {
        write_all (fd, bytes, size);
        MUST (recv (fd, bytes, size, MSG_WAITALL) == (ssize_t) size);
    }
    const double wall = now_s () - from;
    join (pid);
    result ((double) count / wall, "round-trips/s", cpu_s (), count);
    more ("mean_us", wall * 1e6 / (double) count);
    done ();
    free (bytes);
}

/*  COUNT writes of SIZE bytes, read in pieces as they come. */
void bench_plain_stream (char **arguments)
{
    const size_t size = (size_t) number (arguments[0]);
    const long count = number (arguments[1]);
    char *const bytes = calloc (1, size + 1);
    MUST (bytes && size);
    int fd;
    pid_t pid;
    if (fork_connected (&fd, &pid)) {
        for (long i = 0; i < count; i++)
            write_all (fd, bytes, size);
        exit (0);
    }
    const double from = now_s ();
    for (size_t left = size * (size_t) count; left;) {
        const ssize_t n = read (fd, bytes, size < left ? size : left);
        MUST (n > 0);
        left -= (size_t) n;
    }
    const double wall = now_s () - from;
    join (pid);
    result ((double) count / wall, "msg/s", cpu_s (), count);
    more ("mb_per_s", (double) size * (double) count / wall / 1e6);
    done ();
    free (bytes);
}

void bench_memcpy (char **arguments)
{
    const size_t size = (size_t) number (arguments[0]);
    const long count = number (arguments[1]);
    char *const from = malloc (size + 1), *const to = malloc (size + 1);
    MUST (from && to && size);
    memset (from, 1, size);
    memset (to, 0, size);
    const double start = now_s ();
    for (long i = 0; i < count; i++) {
        memcpy (to, from, size);
        /*  The compiler may not leave copies out. */
        __asm__ volatile ("" : : "r"(to) : "memory");
    }
    const double wall = now_s () - start;
    result ((double) count / wall, "msg/s", cpu_s (), count);
    more ("mb_per_s", (double) size * (double) count / wall / 1e6);
    done ();
    free (from);
    free (to);
}
