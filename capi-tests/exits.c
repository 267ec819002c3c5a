/*  Processes that end while sockets are open and threads are at work, in every way there is. */

#include "harness.h"

#include <sys/wait.h>

/*  How often each is tried: what goes wrong at an exit goes wrong at times. */
static int rounds (void)
{
    return getenv ("CAPI_TEST_SLOW") ? 2 : 20;
}

/*  Runs `life` in children that are to exit with `code`, by themselves. */
static void expect_exits (void (*life) (void), int code)
{
    const int64_t end = now_ms () + patience_ms ();
    for (int i = 0; i < rounds () && now_ms () < end; i++) {
        const pid_t child = fork ();
        if (child == 0) {
            alarm ((unsigned) patience_ms () / 1000 * 2);
            life ();
            _exit (100);
        }
        CHECK (child > 0);
        int status;
        CHECK_INT (child, waitpid (child, &status, 0));
        if (!WIFEXITED (status))
            harness_fail (__FILE__, __LINE__, "died of signal %d (%s)", WTERMSIG (status),
                          strsignal (WTERMSIG (status)));
        CHECK_INT (code, WEXITSTATUS (status));
    }
}

static void *ctx, *pull, *push, *quiet;

static void *receive_on (void *socket)
{
    for (;;)
        zmq_recv (socket, NULL, 0, 0);
    return NULL;
}

static void *send_on (void *socket)
{
    static const char body[3000];
    for (unsigned i = 0;; i++)
        zmq_send (socket, body, i * 37 % sizeof body, 0);
    return NULL;
}

static void open_all (enum transport transport)
{
    ctx = new_ctx ();
    connected_pair (ctx, transport, ZMQ_PULL, &pull, ZMQ_PUSH, &push, NULL);
    quiet = new_socket (ctx, ZMQ_PULL);
    set_int (quiet, ZMQ_RCVTIMEO, -1);
    SEND (push, "first");
    RECV (pull, "first");
}

static void start_traffic (void)
{
    start_thread (receive_on, pull);
    start_thread (send_on, push);
    start_thread (receive_on, quiet);
    usleep (1000);
}

static void open_and_exit (void)
{
    open_all (TCP);
    exit (7);
}

TEST (exit_with_sockets_open)
{
    expect_exits (open_and_exit, 7);
}

static void exit_under_traffic (void)
{
    open_all ((enum transport) (getpid () % 3));
    start_traffic ();
    exit (7);
}

TEST (exit_while_threads_send_and_receive)
{
    expect_exits (exit_under_traffic, 7);
}

static void quick_exit_under_traffic (void)
{
    open_all (TCP);
    start_traffic ();
    quick_exit (7);
}

TEST (quick_exit_while_threads_send_and_receive)
{
    expect_exits (quick_exit_under_traffic, 7);
}

static void *exit_here (void *argument)
{
    (void) argument;
    exit (7);
}

static void exit_from_another_thread (void)
{
    open_all (TCP);
    start_traffic ();
    start_thread (exit_here, NULL);
    zmq_recv (quiet, NULL, 0, 0);
}

TEST (exit_by_a_thread_while_the_main_one_receives)
{
    expect_exits (exit_from_another_thread, 7);
}

static void exit_while_terminating (void)
{
    open_all (TCP);
    start_thread (exit_here, NULL);
    zmq_ctx_term (ctx);
}

TEST (exit_by_a_thread_while_the_main_one_terminates)
{
    expect_exits (exit_while_terminating, 7);
}

static void *exit_with_detached_threads_main (void *argument)
{
    (void) argument;
    usleep (2000);
    exit (7);
}

static void leave_main_by_pthread_exit (void)
{
    open_all (TCP);
    CHECK_INT (0, pthread_detach (start_thread (receive_on, pull)));
    CHECK_INT (0, pthread_detach (start_thread (send_on, push)));
    CHECK_INT (0, pthread_detach (start_thread (exit_with_detached_threads_main, NULL)));
    pthread_exit (NULL);
}

TEST (exit_by_the_last_of_detached_threads_when_main_is_gone)
{
    expect_exits (leave_main_by_pthread_exit, 7);
}

/*  ---- What runs while the process exits -------------------------------------------------------------------------------- */

static void close_and_terminate (void)
{
    CHECK_OK (zmq_close (push));
    CHECK_OK (zmq_close (pull));
    CHECK_OK (zmq_close (quiet));
    CHECK_OK (zmq_ctx_term (ctx));
}

static void open_and_close_at_exit (void)
{
    open_all (TCP);
    atexit (close_and_terminate);
    exit (7);
}

TEST (contexts_can_be_terminated_at_exit)
{
    expect_exits (open_and_close_at_exit, 7);
}

static void live_once_more (void)
{
    char body[3000] = "";
    void *const own = new_ctx ();
    void *a, *b;
    zmq_msg_t msg;
    for (enum transport t = TCP; t <= INPROC; t++) {
        connected_pair (own, t, ZMQ_PAIR, &a, ZMQ_PAIR, &b, NULL);
        bounce (a, b);
        CHECK_INT (sizeof body, zmq_send (a, body, sizeof body, 0));
        CHECK_OK (zmq_msg_init (&msg));
        CHECK_INT (sizeof body, zmq_msg_recv (&msg, b, 0));
        CHECK_OK (zmq_msg_close (&msg));
        zmq_pollitem_t items[] = {{a, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLIN, 0}};
        CHECK (zmq_poll (items, 2, 1) >= 0);
        close_socket (a);
        close_socket (b);
    }
    term_ctx (own);
}

static void open_and_live_at_exit (void)
{
    open_all (TCP);
    start_traffic ();
    atexit (live_once_more);
    exit (7);
}

TEST (contexts_can_be_made_at_exit)
{
    expect_exits (open_and_live_at_exit, 7);
}

/*  Set in the one test, and child, that wants the program's destructors to use the library: they run after the functions
 *  of atexit, where those of C++'s static objects run, and before the library's own. */
static void (*at_end) (void);

__attribute__ ((destructor)) static void destroy_the_program (void)
{
    if (at_end)
        at_end ();
}

static void open_and_close_in_a_destructor (void)
{
    open_all (TCP);
    at_end = close_and_terminate;
    exit (7);
}

TEST (contexts_can_be_terminated_by_a_destructor_of_the_program)
{
    expect_exits (open_and_close_in_a_destructor, 7);
}

static void open_and_live_in_a_destructor (void)
{
    open_all (TCP);
    start_traffic ();
    at_end = live_once_more;
    exit (7);
}

TEST (contexts_can_be_made_by_a_destructor_of_the_program)
{
    expect_exits (open_and_live_in_a_destructor, 7);
}

static pthread_key_t key;

static void close_thread_s_socket (void *socket)
{
    CHECK_OK (zmq_close (socket));
}

static void *leave_a_socket (void *argument)
{
    void *const socket = new_socket (argument, ZMQ_PUSH);
    zmq_msg_t msg;
    CHECK_OK (zmq_msg_init_size (&msg, 3000));
    CHECK_OK (zmq_msg_close (&msg));
    CHECK_INT (0, pthread_setspecific (key, socket));
    return NULL;
}

TEST (sockets_can_be_closed_by_the_destructor_of_a_thread_s_data)
{
    CHECK_INT (0, pthread_key_create (&key, close_thread_s_socket));
    void *const own = new_ctx ();
    for (int i = 0; i < rounds (); i++)
        join_thread (start_thread (leave_a_socket, own));
    term_ctx (own);
}
