/*  fork while another thread does what a process does once: the child does it anew, rather than wait for a thread that it
 *  does not have. Linked so that the library under test calls this program's sched_getaffinity, by which ours learns, in
 *  its first wait, whether there are several processors. */

#include "harness.h"

#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static pid_t held_process; /* whose thread is held */
static int entered, released;

int sched_getaffinity (pid_t thread, size_t size, cpu_set_t *set)
{
    if (__atomic_load_n (&held_process, __ATOMIC_RELAXED) == getpid ()) {
        __atomic_store_n (&entered, 1, __ATOMIC_RELEASE);
        while (!__atomic_load_n (&released, __ATOMIC_ACQUIRE))
            usleep (1000);
    }
    const long length = syscall (SYS_sched_getaffinity, thread, size, set);
    if (length < 0)
        return -1;
    memset ((char *) set + length, 0, size - (size_t) length);
    return 0;
}

static void *wait_for_a_message (void *socket)
{
    RECV (socket, "message");
    return NULL;
}

static void wait_in_a_context_of_its_own (void)
{
    void *const ctx = new_ctx (), *const socket = new_socket (ctx, ZMQ_PULL);
    set_int (socket, ZMQ_RCVTIMEO, 1);
    CHECK_ERRNO (EAGAIN, zmq_recv (socket, NULL, 0, 0));
    close_socket (socket);
    term_ctx (ctx);
}

TEST (child_forked_in_the_middle_of_the_first_wait_can_wait)
{
    void *const ctx = new_ctx ();
    void *pull, *push;
    connected_pair (ctx, INPROC, ZMQ_PULL, &pull, ZMQ_PUSH, &push, NULL);
    held_process = getpid ();
    const pthread_t thread = start_thread (wait_for_a_message, pull);
    if (running_on_ozmium ()) /* libzmq does not ask */
        WAIT_UNTIL (__atomic_load_n (&entered, __ATOMIC_ACQUIRE));
    const pid_t child = fork ();
    if (child == 0) {
        alarm ((unsigned) patience_ms () / 1000 * 2);
        wait_in_a_context_of_its_own ();
        _exit (0);
    }
    CHECK (child > 0);
    int status;
    CHECK_INT (child, waitpid (child, &status, 0));
    CHECK_INT (0, status);
    __atomic_store_n (&released, 1, __ATOMIC_RELEASE);
    SEND (push, "message");
    join_thread (thread);
    close_socket (push);
    close_socket (pull);
    term_ctx (ctx);
}
