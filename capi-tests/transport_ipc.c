/*  ipc: paths, abstract names, wildcards, stale files, and filters by who the peer is. */

#include "harness.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static const char *path_of (const char *endpoint)
{
    return endpoint + strlen ("ipc://");
}

static bool exists (const char *path)
{
    struct stat status;
    return lstat (path, &status) == 0;
}

TEST (file_is_made_by_bind_and_stays)
{
    /* libzmq removes the next time it binds; programs that look for the file after the end rely on neither. */
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    bind_fresh (socket, IPC, endpoint);
    CHECK (exists (path_of (endpoint)));
    CHECK_OK (zmq_unbind (socket, endpoint));
    CHECK_OK (zmq_bind (socket, endpoint));
    CHECK (exists (path_of (endpoint)));
    close_socket (socket);
    term_ctx (ctx);
    CHECK (exists (path_of (endpoint)));
}

TEST (connect_before_bind)
{
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    fresh_ipc (endpoint);
    CHECK_OK (zmq_connect (push, endpoint));
    SEND (push, "early");
    CHECK_OK (zmq_bind (pull, endpoint));
    RECV (pull, "early");
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (stale_file_is_replaced)
{
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    fresh_ipc (endpoint);
    strcpy (address.sun_path, path_of (endpoint));
    const int fd = socket (AF_UNIX, SOCK_STREAM, 0);
    CHECK_OK (bind (fd, (struct sockaddr *) &address, sizeof address));
    close (fd);
    CHECK (exists (path_of (endpoint)));
    CHECK_OK (zmq_bind (pull, endpoint));
    CHECK_OK (zmq_connect (push, endpoint));
    SEND (push, "hello");
    RECV (pull, "hello");
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (directory_gives_eaddrinuse_and_missing_directory_enoent)
{
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX], below[ENDPOINT_MAX + 8];
    fresh_ipc (endpoint);
    CHECK_OK (mkdir (path_of (endpoint), 0700));
    CHECK_ERRNO (EADDRINUSE, zmq_bind (socket, endpoint));
    snprintf (below, sizeof below, "%s/x/y", endpoint);
    CHECK_ERRNO (ENOENT, zmq_bind (socket, below));
    close_socket (socket);
    term_ctx (ctx);
}

TEST (path_is_limited_by_sun_path)
{
    const size_t room = sizeof ((struct sockaddr_un *) NULL)->sun_path;
    void *const ctx = new_ctx ();
    void *const socket = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    fresh_ipc (endpoint);
    size_t length = strlen (path_of (endpoint));
    while (length < room)
        ((char *) path_of (endpoint))[length++] = 'p';
    ((char *) path_of (endpoint))[length] = 0;
    CHECK_ERRNO (ENAMETOOLONG, zmq_bind (socket, endpoint));
    CHECK_ERRNO (ENAMETOOLONG, zmq_connect (socket, endpoint));
    ((char *) path_of (endpoint))[room - 1] = 0;
    CHECK_OK (zmq_bind (socket, endpoint));
    CHECK_OK (zmq_connect (socket, endpoint));
    close_socket (socket);
    term_ctx (ctx);
}

TEST (wildcard_makes_a_path_of_its_own_and_removes_it)
{
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    char directory[ENDPOINT_MAX], endpoint[ENDPOINT_MAX], second[ENDPOINT_MAX];
    fresh_ipc (directory);
    CHECK_OK (mkdir (path_of (directory), 0700));
    CHECK_OK (setenv ("TMPDIR", path_of (directory), 1));
    CHECK_OK (zmq_bind (pull, "ipc://*"));
    last_endpoint (pull, endpoint);
    CHECK (strncmp (endpoint, directory, strlen (directory)) == 0);
    CHECK (exists (path_of (endpoint)));
    CHECK_OK (zmq_bind (pull, "ipc://*"));
    last_endpoint (pull, second);
    CHECK (strcmp (endpoint, second) != 0);
    CHECK_OK (zmq_connect (push, endpoint));
    SEND (push, "hello");
    RECV (pull, "hello");
    CHECK_OK (zmq_unbind (pull, endpoint));
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
    CHECK_OK (rmdir (path_of (directory))); /* nothing is left in it */
}

TEST (abstract_names_have_no_file)
{
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    void *const other = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX], got[ENDPOINT_MAX];
    snprintf (endpoint, sizeof endpoint, "ipc://@capi-test-%d", (int) getpid ());
    CHECK_OK (zmq_bind (pull, endpoint));
    CHECK (!exists (path_of (endpoint)));
    last_endpoint (pull, got);
    CHECK_STR (endpoint, got);
    CHECK_ERRNO (EADDRINUSE, zmq_bind (other, endpoint));
    CHECK_OK (zmq_connect (push, endpoint));
    SEND (push, "hello");
    RECV (pull, "hello");
    CHECK_OK (zmq_disconnect (push, endpoint));
    CHECK_OK (zmq_unbind (pull, endpoint));
    WAIT_UNTIL (zmq_bind (other, endpoint) == 0);
    CHECK_ERRNO (EINVAL, zmq_bind (other, "ipc://@"));
    CHECK_ERRNO (EINVAL, zmq_connect (push, "ipc://@"));
    close_socket (push);
    close_socket (pull);
    close_socket (other);
    term_ctx (ctx);
}

/*  Whether a client gets through to a server with this filter. */
static bool let_in (int option, const void *value, size_t size)
{
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    CHECK_OK (zmq_setsockopt (pull, option, value, size));
    bind_fresh (pull, IPC, endpoint);
    void *const monitor = open_monitor (ctx, push, ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED
                                                     | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    CHECK_OK (zmq_connect (push, endpoint));
    const bool through = next_event (monitor).event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
    close_socket (monitor);
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
    return through;
}

TEST (filters_let_in_who_matches)
{
    const uid_t uid = getuid (), other_uid = uid + 1;
    const gid_t gid = getgid (), other_gid = gid + 1;
    const pid_t pid = getpid (), other_pid = pid + 1;
    CHECK (let_in (ZMQ_IPC_FILTER_UID, &uid, sizeof uid));
    CHECK (!let_in (ZMQ_IPC_FILTER_UID, &other_uid, sizeof uid));
    CHECK (let_in (ZMQ_IPC_FILTER_GID, &gid, sizeof gid));
    CHECK (let_in (ZMQ_IPC_FILTER_PID, &pid, sizeof pid));
    CHECK (!let_in (ZMQ_IPC_FILTER_PID, &other_pid, sizeof pid));
    (void) other_gid;
}

TEST (bind_takes_over_a_listening_descriptor)
{
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    char endpoint[ENDPOINT_MAX];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    fresh_ipc (endpoint);
    strcpy (address.sun_path, path_of (endpoint));
    const int fd = socket (AF_UNIX, SOCK_STREAM, 0);
    CHECK_OK (bind (fd, (struct sockaddr *) &address, sizeof address));
    CHECK_OK (listen (fd, 10));
    set_int (pull, ZMQ_USE_FD, fd);
    CHECK_OK (zmq_bind (pull, endpoint));
    CHECK_OK (zmq_connect (push, endpoint));
    SEND (push, "through");
    RECV (pull, "through");
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
    CHECK_ERRNO (EBADF, fcntl (fd, F_GETFD));
}

TEST (relative_paths_work)
{
    void *const ctx = new_ctx ();
    void *const push = new_socket (ctx, ZMQ_PUSH), *const pull = new_socket (ctx, ZMQ_PULL);
    char directory[ENDPOINT_MAX], got[ENDPOINT_MAX];
    fresh_ipc (directory);
    CHECK_OK (mkdir (path_of (directory), 0700));
    CHECK_OK (chdir (path_of (directory)));
    CHECK_OK (zmq_bind (pull, "ipc://relative"));
    last_endpoint (pull, got);
    CHECK_STR ("ipc://relative", got);
    CHECK_OK (zmq_connect (push, "ipc://relative"));
    SEND (push, "hello");
    RECV (pull, "hello");
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}

TEST (large_messages_go_over)
{
    void *const ctx = new_ctx ();
    void *a, *b;
    connected_pair (ctx, IPC, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
    for (size_t size = 1; size <= 4000000; size *= 20) {
        zmq_msg_t msg;
        CHECK_OK (zmq_msg_init_size (&msg, size));
        memset (zmq_msg_data (&msg), 'l', size);
        CHECK_INT (size, zmq_msg_send (&msg, a, 0));
        CHECK_OK (zmq_msg_init (&msg));
        CHECK_INT (size, zmq_msg_recv (&msg, b, 0));
        CHECK_INT ('l', ((char *) zmq_msg_data (&msg))[size - 1]);
        CHECK_OK (zmq_msg_close (&msg));
    }
    close_socket (a);
    close_socket (b);
    term_ctx (ctx);
}
