/*  What a context's options make of its threads. */

#include "fixture.h"

#include <dirent.h>
#include <sched.h>
#include <sys/resource.h>

/*  The library's threads, by their names. */
static int library_threads (pid_t ids[], int capacity)
{
    DIR *const tasks = opendir ("/proc/self/task");
    int count = 0;
    for (const struct dirent *entry; (entry = readdir (tasks)) != NULL;) {
        char path[300], name[64] = "";
        snprintf (path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        FILE *const file = fopen (path, "re");
        if (file && fgets (name, sizeof name, file) && strstr (name, "ZMQbg/IO") && count < capacity)
            ids[count++] = atoi (entry->d_name);
        if (file)
            fclose (file);
    }
    closedir (tasks);
    return count;
}

/*  Starts the I/O thread, lets it do something, and gives its id. */
static pid_t io_thread (void)
{
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    join (pull, push, TCP);
    SEND (push, "x");
    RECV (pull, "x");
    pid_t ids[8];
    WAIT_UNTIL (library_threads (ids, 8) == 1);
    return ids[0];
}

SOCKET_TEST (threads_keep_the_policy_and_niceness_of_the_process)
{
    const pid_t id = io_thread ();
    CHECK_INT (sched_getscheduler (0), sched_getscheduler (id));
    CHECK_INT (getpriority (PRIO_PROCESS, 0), getpriority (PRIO_PROCESS, id));
}

SOCKET_TEST (thread_sched_policy_is_that_of_the_io_threads)
{
    CHECK_OK (zmq_ctx_set (test_ctx (), ZMQ_THREAD_SCHED_POLICY, SCHED_BATCH));
    CHECK_INT (SCHED_BATCH, sched_getscheduler (io_thread ()));
    CHECK_INT (SCHED_OTHER, sched_getscheduler (0));
}

static bool may_raise_priority (void)
{
    const struct sched_param real_time = {.sched_priority = 1}, usual = {.sched_priority = 0};
    const bool may = sched_setscheduler (0, SCHED_FIFO, &real_time) == 0;
    sched_setscheduler (0, SCHED_OTHER, &usual);
    return may;
}

SOCKET_TEST (thread_priority_is_that_of_a_real_time_policy)
{
    if (!may_raise_priority ())
        skip_test ("not allowed here");
    struct sched_param got;
    CHECK_OK (zmq_ctx_set (test_ctx (), ZMQ_THREAD_SCHED_POLICY, SCHED_FIFO));
    CHECK_OK (zmq_ctx_set (test_ctx (), ZMQ_THREAD_PRIORITY, 7));
    const pid_t id = io_thread ();
    CHECK_INT (SCHED_FIFO, sched_getscheduler (id));
    CHECK_OK (sched_getparam (id, &got));
    CHECK_INT (7, got.sched_priority);
}

/*  Without a real-time policy there is no priority to set: the threads become as little nice as they can. */
SOCKET_TEST (thread_priority_is_niceness_else)
{
    if (!may_raise_priority ())
        skip_test ("not allowed here");
    CHECK_OK (zmq_ctx_set (test_ctx (), ZMQ_THREAD_PRIORITY, 1));
    const int own = getpriority (PRIO_PROCESS, 0);
    CHECK_INT (own > 0 ? own - 20 : -20, getpriority (PRIO_PROCESS, io_thread ()));
    CHECK_INT (own, getpriority (PRIO_PROCESS, 0));
}

SOCKET_TEST (thread_affinity_is_where_the_io_threads_run)
{
    cpu_set_t all, got;
    CHECK_OK (sched_getaffinity (0, sizeof all, &all));
    int cpu = 0;
    while (!CPU_ISSET (cpu, &all))
        cpu++;
    CHECK_OK (zmq_ctx_set (test_ctx (), ZMQ_THREAD_AFFINITY_CPU_ADD, cpu));
    CHECK_OK (sched_getaffinity (io_thread (), sizeof got, &got));
    CHECK_INT (1, CPU_COUNT (&got));
    CHECK (CPU_ISSET (cpu, &got));
    CHECK_OK (sched_getaffinity (0, sizeof got, &got));
    CHECK (CPU_EQUAL (&all, &got));
}

SOCKET_TEST (a_removed_cpu_counts_no_more)
{
    cpu_set_t all, got;
    CHECK_OK (sched_getaffinity (0, sizeof all, &all));
    CHECK_OK (zmq_ctx_set (test_ctx (), ZMQ_THREAD_AFFINITY_CPU_ADD, 0));
    CHECK_OK (zmq_ctx_set (test_ctx (), ZMQ_THREAD_AFFINITY_CPU_REMOVE, 0));
    CHECK_OK (sched_getaffinity (io_thread (), sizeof got, &got));
    CHECK (CPU_EQUAL (&all, &got));
}

/*  They are settled when the first socket is made. */
SOCKET_TEST (what_is_set_after_the_first_socket_has_no_effect)
{
    open_socket (ZMQ_PAIR);
    CHECK_OK (zmq_ctx_set (test_ctx (), ZMQ_THREAD_SCHED_POLICY, SCHED_BATCH));
    CHECK_OK (zmq_ctx_set (test_ctx (), ZMQ_THREAD_NAME_PREFIX, 99));
    const pid_t id = io_thread ();
    CHECK_INT (sched_getscheduler (0), sched_getscheduler (id));
    char path[64], name[64] = "";
    snprintf (path, sizeof path, "/proc/self/task/%d/comm", (int) id);
    FILE *const file = fopen (path, "re");
    CHECK (file && fgets (name, sizeof name, file) && strncmp (name, "ZMQbg/", 6) == 0);
    fclose (file);
}
