/*  Libraries that are loaded and unloaded while the process runs, and several of them in one process. This program is
 *  linked to no libzmq: it loads what it is told to.
 *
 *  usage: loading LIBRARY OTHER, where OTHER is another libzmq. Every case runs in a process of its own. */

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

static const char *library, *other;
static char directory[] = "/tmp/capi-XXXXXX"; /* for ipc sockets and the copy */
static char copy[64];                         /* the same library in another file */

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf ("     %s:%d: not true: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);                  \
            fflush (stdout);                                                                                           \
            _exit (1);                                                                                                 \
        }                                                                                                              \
    } while (0)

/*  ---- One loaded library -------------------------------------------------------------------------------------------------- */

struct zmq
{
    void *handle;
    void *(*ctx_new) (void);
    int (*ctx_term) (void *);
    void *(*socket) (void *, int);
    int (*close) (void *);
    int (*bind) (void *, const char *);
    int (*connect) (void *, const char *);
    int (*disconnect) (void *, const char *);
    int (*send) (void *, const void *, size_t, int);
    int (*recv) (void *, void *, size_t, int);
    int (*setsockopt) (void *, int, const void *, size_t);
    int (*getsockopt) (void *, int, void *, size_t *);
    int (*zmq_errno) (void);
};

static void *symbol (void *handle, const char *name)
{
    void *const address = dlsym (handle, name);
    CHECK (address);
    return address;
}

static struct zmq load (const char *path, int flags)
{
    void *const handle = dlopen (path, flags);
    if (!handle)
        printf ("     %s\n", dlerror ());
    CHECK (handle);
    struct zmq zmq = {.handle = handle};
    *(void **) &zmq.ctx_new = symbol (handle, "zmq_ctx_new");
    *(void **) &zmq.ctx_term = symbol (handle, "zmq_ctx_term");
    *(void **) &zmq.socket = symbol (handle, "zmq_socket");
    *(void **) &zmq.close = symbol (handle, "zmq_close");
    *(void **) &zmq.bind = symbol (handle, "zmq_bind");
    *(void **) &zmq.connect = symbol (handle, "zmq_connect");
    *(void **) &zmq.disconnect = symbol (handle, "zmq_disconnect");
    *(void **) &zmq.send = symbol (handle, "zmq_send");
    *(void **) &zmq.recv = symbol (handle, "zmq_recv");
    *(void **) &zmq.setsockopt = symbol (handle, "zmq_setsockopt");
    *(void **) &zmq.getsockopt = symbol (handle, "zmq_getsockopt");
    *(void **) &zmq.zmq_errno = symbol (handle, "zmq_errno");
    return zmq;
}

static void *open_socket (const struct zmq *zmq, void *ctx, int type)
{
    const int limit = 10000;
    void *const socket = zmq->socket (ctx, type);
    CHECK (socket);
    CHECK (zmq->setsockopt (socket, ZMQ_RCVTIMEO, &limit, sizeof limit) == 0);
    CHECK (zmq->setsockopt (socket, ZMQ_SNDTIMEO, &limit, sizeof limit) == 0);
    return socket;
}

static void bind_and_tell (const struct zmq *zmq, void *socket, const char *address, char endpoint[256])
{
    size_t size = 256;
    CHECK (zmq->bind (socket, address) == 0);
    CHECK (zmq->getsockopt (socket, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0);
}

/*  A message of some size each way. */
static void bounce (const struct zmq *a, void *near, const struct zmq *b, void *far)
{
    static char body[3000], got[3000];
    for (size_t size = 1; size <= sizeof body; size = size * 3 + 1) {
        memset (body, (int) size, size);
        CHECK (a->send (near, body, size, 0) == (int) size);
        CHECK (b->recv (far, got, sizeof got, 0) == (int) size && memcmp (body, got, size) == 0);
        CHECK (b->send (far, body, size, 0) == (int) size);
        CHECK (a->recv (near, got, sizeof got, 0) == (int) size && memcmp (body, got, size) == 0);
    }
}

static void talk (const struct zmq *a, const struct zmq *b, const char *address)
{
    char endpoint[256];
    void *const here = a->ctx_new (), *const there = b->ctx_new ();
    CHECK (here && there);
    void *const near = open_socket (a, here, ZMQ_PAIR), *const far = open_socket (b, there, ZMQ_PAIR);
    bind_and_tell (a, near, address, endpoint);
    CHECK (b->connect (far, endpoint) == 0);
    bounce (a, near, b, far);
    CHECK (b->disconnect (far, endpoint) == 0);
    CHECK (a->close (near) == 0 && b->close (far) == 0);
    CHECK (a->ctx_term (here) == 0 && b->ctx_term (there) == 0);
}

static void talk_by_all_ways (const struct zmq *a, const struct zmq *b)
{
    char ipc[256];
    snprintf (ipc, sizeof ipc, "ipc://%s/socket", directory);
    talk (a, b, "tcp://127.0.0.1:*");
    talk (a, b, ipc);
    if (a->handle == b->handle)
        return;
    talk (b, a, "tcp://127.0.0.1:*");
    talk (b, a, ipc);
}

static int count_entries (const char *path)
{
    int count = 0;
    DIR *const dir = opendir (path);
    CHECK (dir);
    while (readdir (dir))
        count++;
    closedir (dir);
    return count;
}

static int count_mappings (void)
{
    FILE *const file = fopen ("/proc/self/maps", "re");
    CHECK (file);
    int count = 0;
    for (int c; (c = getc (file)) != EOF;)
        count += c == '\n';
    fclose (file);
    return count;
}

/*  ---- Loading again and again ------------------------------------------------------------------------------------------- */

static void use_and_unload (void)
{
    const struct zmq zmq = load (library, RTLD_NOW | RTLD_LOCAL);
    talk_by_all_ways (&zmq, &zmq);
    CHECK (dlclose (zmq.handle) == 0);
}

static void library_is_loaded_and_unloaded_a_hundred_times (void)
{
    for (int i = 0; i < 5; i++)
        use_and_unload ();
    const int descriptors = count_entries ("/proc/self/fd"), mappings = count_mappings ();
    for (int i = 0; i < 100; i++)
        use_and_unload ();
    for (int tries = 0; tries < 5000 && count_entries ("/proc/self/task") > 3; tries++)
        usleep (1000);
    CHECK (count_entries ("/proc/self/task") == 3); /* "." and ".." are entries, too */
    CHECK (count_entries ("/proc/self/fd") == descriptors);
    CHECK (count_mappings () < mappings + 50);
}

struct user
{
    struct zmq zmq;
    pthread_barrier_t used, unloaded;
};

static void *use_and_outlive (void *argument)
{
    struct user *const user = argument;
    talk_by_all_ways (&user->zmq, &user->zmq);
    pthread_barrier_wait (&user->used);
    pthread_barrier_wait (&user->unloaded);
    /* What the library keeps for its threads is destroyed here. */
    return NULL;
}

static void threads_outlive_the_library (void)
{
    for (int i = 0; i < 20; i++) {
        struct user user = {load (library, RTLD_NOW | RTLD_LOCAL)};
        pthread_t thread;
        CHECK (pthread_barrier_init (&user.used, NULL, 2) == 0);
        CHECK (pthread_barrier_init (&user.unloaded, NULL, 2) == 0);
        CHECK (pthread_create (&thread, NULL, use_and_outlive, &user) == 0);
        pthread_barrier_wait (&user.used);
        CHECK (dlclose (user.zmq.handle) == 0);
        pthread_barrier_wait (&user.unloaded);
        CHECK (pthread_join (thread, NULL) == 0);
    }
}

/*  Ours stays for as long as the process lives, for the sake of its threads. */
static void unloading_leaves_open_sockets_at_work (void)
{
    const struct zmq zmq = load (library, RTLD_NOW | RTLD_LOCAL);
    char endpoint[256];
    void *const ctx = zmq.ctx_new (), *const a = open_socket (&zmq, ctx, ZMQ_PAIR);
    void *const b = open_socket (&zmq, ctx, ZMQ_PAIR);
    bind_and_tell (&zmq, a, "tcp://127.0.0.1:*", endpoint);
    CHECK (zmq.connect (b, endpoint) == 0);
    CHECK (dlclose (zmq.handle) == 0);
    const struct zmq again = load (library, RTLD_NOW | RTLD_LOCAL);
    bounce (&again, a, &again, b);
    CHECK (again.close (a) == 0 && again.close (b) == 0 && again.ctx_term (ctx) == 0);
}

/*  ---- Several in one process ------------------------------------------------------------------------------------------------ */

static void two_copies_talk (void)
{
    const struct zmq a = load (library, RTLD_NOW | RTLD_LOCAL), b = load (copy, RTLD_NOW | RTLD_LOCAL);
    CHECK (a.handle != b.handle && a.ctx_new != b.ctx_new);
    talk_by_all_ways (&a, &b);
}

static void two_libraries_talk (void)
{
    const struct zmq a = load (library, RTLD_NOW | RTLD_LOCAL), b = load (other, RTLD_NOW | RTLD_LOCAL);
    CHECK (a.ctx_new != b.ctx_new);
    talk_by_all_ways (&a, &b);
}

static void two_libraries_in_the_other_order_talk (void)
{
    const struct zmq b = load (other, RTLD_NOW | RTLD_LOCAL), a = load (library, RTLD_NOW | RTLD_LOCAL);
    CHECK (a.ctx_new != b.ctx_new);
    talk_by_all_ways (&a, &b);
}

/*  The other's names come first in the whole process; ours must not call them. */
static void another_library_is_global (void)
{
    const struct zmq b = load (other, RTLD_NOW | RTLD_GLOBAL), a = load (library, RTLD_NOW | RTLD_LOCAL);
    CHECK (a.ctx_new != b.ctx_new);
    talk_by_all_ways (&a, &b);
}

static void sockets_of_one_copy_mean_nothing_to_the_other (void)
{
    const struct zmq a = load (library, RTLD_NOW | RTLD_LOCAL), b = load (copy, RTLD_NOW | RTLD_LOCAL);
    void *const ctx = a.ctx_new (), *const socket = open_socket (&a, ctx, ZMQ_PAIR);
    CHECK (b.socket (ctx, ZMQ_PAIR) == NULL && b.zmq_errno () == EFAULT);
    CHECK (b.send (socket, "", 0, 0) == -1 && b.zmq_errno () == ENOTSOCK);
    CHECK (b.close (socket) == -1 && b.zmq_errno () == ENOTSOCK);
    CHECK (b.ctx_term (ctx) == -1 && b.zmq_errno () == EFAULT);
    CHECK (a.close (socket) == 0 && a.ctx_term (ctx) == 0);
}

static void child_uses_two_copies (void)
{
    const struct zmq a = load (library, RTLD_NOW | RTLD_LOCAL), b = load (copy, RTLD_NOW | RTLD_LOCAL);
    talk_by_all_ways (&a, &b);
    int status;
    const pid_t child = fork ();
    if (child == 0) {
        talk_by_all_ways (&a, &b);
        _exit (0);
    }
    CHECK (waitpid (child, &status, 0) == child && status == 0);
    talk_by_all_ways (&b, &a);
}

/*  ---- Running ------------------------------------------------------------------------------------------------------------------ */

#define CASE(name, ours) {#name, name, ours}

static const struct
{
    const char *name;
    void (*run) (void);
    bool ours; /* libzmq's process would end */
} cases[] = {
  CASE (library_is_loaded_and_unloaded_a_hundred_times, false),
  CASE (threads_outlive_the_library, false),
  CASE (unloading_leaves_open_sockets_at_work, true),
  CASE (two_copies_talk, false),
  CASE (two_libraries_talk, false),
  CASE (two_libraries_in_the_other_order_talk, false),
  CASE (another_library_is_global, true),
  CASE (sockets_of_one_copy_mean_nothing_to_the_other, true),
  CASE (child_uses_two_copies, false),
};

static bool passes (void (*run) (void))
{
    int status;
    fflush (stdout);
    const pid_t child = fork ();
    if (child == 0) {
        alarm (60);
        run ();
        fflush (stdout);
        exit (0);
    }
    if (waitpid (child, &status, 0) != child)
        return false;
    if (WIFSIGNALED (status))
        printf ("     died of signal %d (%s)\n", WTERMSIG (status), strsignal (WTERMSIG (status)));
    return status == 0;
}

static bool make_copy (void)
{
    char block[1 << 16];
    size_t size = 0;
    snprintf (copy, sizeof copy, "%s/copy.so", directory);
    FILE *const from = fopen (library, "rbe"), *const to = fopen (copy, "wbe");
    bool good = from && to;
    while (good && (size = fread (block, 1, sizeof block, from)) > 0)
        good = fwrite (block, 1, size, to) == size;
    if (from)
        fclose (from);
    return to && fclose (to) == 0 && good;
}

int main (int argc, char **argv)
{
    int counts[3] = {0};
    if (argc != 3) {
        fprintf (stderr, "usage: %s LIBRARY OTHER\n", argv[0]);
        return 2;
    }
    library = argv[1], other = argv[2];
    if (!mkdtemp (directory) || !make_copy ()) {
        perror (directory);
        return 2;
    }
    const char *const name = getenv ("CAPI_TEST_LIBRARY");
    const bool on_ours = name && strcmp (name, "ozmium") == 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int result = cases[i].ours && !on_ours ? 2 : !passes (cases[i].run);
        static const char *const words[] = {"ok  ", "FAIL", "skip"};
        printf ("%s %s\n", words[result], cases[i].name);
        counts[result]++;
    }
    unlink (copy);
    rmdir (directory);
    printf ("%d passed, %d failed, %d skipped\n", counts[0], counts[1], counts[2]);
    return counts[1] > 0;
}
