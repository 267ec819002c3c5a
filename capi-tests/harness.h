/*  A small test harness for C programs that call a libzmq through its public API only.
 *
 *  A program is compiled and linked once (against a stub with libzmq's symbols and soname), then run against several
 *  libraries by LD_LIBRARY_PATH. Every test runs in a process of its own: a failed check ends that test only, a crash is
 *  one failed test, and a hang is killed by the parent's watchdog. Nothing is inherited from one test by the next.
 *
 *  Which library is under test comes from the environment, CAPI_TEST_LIBRARY:
 *    ozmium   ours
 *    libzmq   a stock libzmq without drafts, such as Debian's 4.3.4
 *    drafts   a libzmq with drafts; only for trying our expectations of draft calls on the original
 *  CAPI_TEST_LIBRARY_DIR, when set, must be the directory the library was really loaded from.
 *  CAPI_TEST_SLOW multiplies every time limit (for valgrind and the like); CAPI_TEST_SECONDS is the limit of one test.
 *
 *  Command line: PROGRAM [--in-process] [--list] [test-name-part ...] */

#ifndef CAPI_TESTS_HARNESS_H
#define CAPI_TESTS_HARNESS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

/*  ---- Tests ------------------------------------------------------------------------------------------------------ */

enum test_needs
{
    NEEDS_NOTHING,
    NEEDS_DRAFTS, /* calls symbols that a libzmq without drafts does not export */
    NEEDS_OZMIUM  /* behaviour that only ours promises; libzmq would abort or be undefined */
};

void harness_register (const char *name, void (*run) (void), enum test_needs needs, const char *reason);

#define REGISTER_TEST_(name, needs, reason)                                                                            \
    static void name (void);                                                                                           \
    __attribute__ ((constructor)) static void register_##name (void)                                                   \
    {                                                                                                                  \
        harness_register (#name, name, needs, reason);                                                                 \
    }                                                                                                                  \
    static void name (void)

/*  Runs on every library. */
#define TEST(name) REGISTER_TEST_ (name, NEEDS_NOTHING, NULL)
/*  Runs where draft symbols exist. */
#define DRAFT_TEST(name) REGISTER_TEST_ (name, NEEDS_DRAFTS, "needs draft functions")
/*  Runs on ours only; the reason says what libzmq does instead. */
#define OZMIUM_TEST(name, reason) REGISTER_TEST_ (name, NEEDS_OZMIUM, reason)

bool running_on_ozmium (void);
bool have_drafts (void);

/*  True on ours: what follows is our expectation and a deliberate difference from Debian's libzmq 4.3.4, for the written
 *  reason. `if (DIFFERS ("...")) {ours} else {theirs}` */
#define DIFFERS(reason) harness_differs (__FILE__, __LINE__, reason)
bool harness_differs (const char *file, int line, const char *reason);

/*  True on a library that says it is at least 4.3.5 (ours does): for what changed in libzmq itself after Debian's. */
#define SINCE_4_3_5(reason) harness_since_4_3_5 (__FILE__, __LINE__, reason)
bool harness_since_4_3_5 (const char *file, int line, const char *reason);

/*  Ends the running test as skipped, e.g. where the machine has no IPv6. */
void skip_test (const char *reason) __attribute__ ((noreturn));

/*  ---- Checks: print file:line and both values, then end the test. Callable from any thread. ----------------------- */

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            harness_fail (__FILE__, __LINE__, "not true: %s (errno %d, %s)", #condition, zmq_errno (),                 \
                          zmq_strerror (zmq_errno ()));                                                                \
    } while (0)

/*  The expression gives 0. */
#define CHECK_OK(expression) CHECK_INT (0, expression)

#define CHECK_INT(expected, actual)                                                                                    \
    do {                                                                                                               \
        errno = 0;                                                                                                     \
        const long long actual_ = (long long) (actual);                                                                \
        const int errno_ = zmq_errno ();                                                                               \
        const long long expected_ = (long long) (expected);                                                            \
        if (actual_ != expected_)                                                                                      \
            harness_fail (__FILE__, __LINE__, "%s: expected %lld (%s), got %lld (errno %d, %s)", #actual, expected_,   \
                          #expected, actual_, errno_, zmq_strerror (errno_));                                          \
    } while (0)

/*  The expression gives -1 and this errno. */
#define CHECK_ERRNO(expected, expression)                                                                              \
    do {                                                                                                               \
        errno = 0;                                                                                                     \
        const long long result_ = (long long) (expression);                                                            \
        const int errno_ = zmq_errno ();                                                                               \
        if (result_ != -1 || errno_ != (expected))                                                                     \
            harness_fail (__FILE__, __LINE__, "%s: expected -1 with %s (%d), got %lld with errno %d (%s)",             \
                          #expression, #expected, (int) (expected), result_, errno_, zmq_strerror (errno_));           \
    } while (0)

/*  The expression gives a null pointer and this errno. */
#define CHECK_NULL_ERRNO(expected, expression)                                                                         \
    do {                                                                                                               \
        errno = 0;                                                                                                     \
        const void *const result_ = (expression);                                                                      \
        const int errno_ = zmq_errno ();                                                                               \
        if (result_ != NULL || errno_ != (expected))                                                                   \
            harness_fail (__FILE__, __LINE__, "%s: expected NULL with %s (%d), got %p with errno %d (%s)",             \
                          #expression, #expected, (int) (expected), (void *) result_, errno_, zmq_strerror (errno_));  \
    } while (0)

#define CHECK_STR(expected, actual) harness_check_str (__FILE__, __LINE__, #actual, expected, actual)
#define CHECK_BYTES(expected, expected_size, actual, actual_size)                                                      \
    harness_check_bytes (__FILE__, __LINE__, #actual, expected, expected_size, actual, actual_size)

void harness_check_str (const char *file, int line, const char *what, const char *expected, const char *actual);
void harness_check_bytes (const char *file, int line, const char *what, const void *expected, size_t expected_size,
                          const void *actual, size_t actual_size);
void harness_fail (const char *file, int line, const char *format, ...)
  __attribute__ ((noreturn, format (printf, 3, 4)));

/*  ---- Time: tests wait for events. These are bounds, after which a test has failed. -------------------------------- */

/*  How long a blocking operation of a test socket may take, in milliseconds; includes CAPI_TEST_SLOW. */
int patience_ms (void);
int64_t now_ms (void);

/*  Looks again every millisecond until the condition holds; for states that announce themselves in no other way. */
#define WAIT_UNTIL(condition)                                                                                          \
    do {                                                                                                               \
        const int64_t deadline_ = now_ms () + patience_ms ();                                                          \
        while (!(condition)) {                                                                                         \
            if (now_ms () > deadline_)                                                                                 \
                harness_fail (__FILE__, __LINE__, "never became true: %s", #condition);                                \
            usleep (1000);                                                                                             \
        }                                                                                                              \
    } while (0)

/*  ---- Contexts, sockets, endpoints --------------------------------------------------------------------------------- */

#define ENDPOINT_MAX 256

enum transport
{
    TCP,
    IPC,
    INPROC
};
#define FOR_EACH_TRANSPORT(t) for (enum transport t = TCP; t <= INPROC; t++)

/*  All of these check that they succeed. Sockets get LINGER 0 and send and receive timeouts of patience_ms(). */
void *new_ctx (void);
void term_ctx (void *ctx);
void *new_socket (void *ctx, int type);
void close_socket (void *socket);
void bind_fresh (void *socket, enum transport transport, char endpoint[ENDPOINT_MAX]);
void fresh_ipc (char endpoint[ENDPOINT_MAX]);    /* ipc://<fresh directory>/<n>, not existing yet */
void fresh_inproc (char endpoint[ENDPOINT_MAX]); /* inproc://<n> */
void unused_tcp (char endpoint[ENDPOINT_MAX]);   /* a 127.0.0.1 port where nobody listens */
/*  Binds a socket of one type and connects one of another; fills in whichever pointers are not NULL. */
void connected_pair (void *ctx, enum transport transport, int bind_type, void **bound, int connect_type,
                     void **connected, char endpoint[ENDPOINT_MAX]);
void last_endpoint (void *socket, char endpoint[ENDPOINT_MAX]);
bool have_ipv6 (void);

void set_int (void *socket, int option, int value);
int get_int (void *socket, int option);
void set_str (void *socket, int option, const char *value);
void subscribe (void *socket, const char *prefix);

/*  ---- Messages of one C string per frame (without its NUL) ------------------------------------------------------------ */

#define SEND(socket, text) harness_send (__FILE__, __LINE__, socket, text, 0)
#define SEND_MORE(socket, text) harness_send (__FILE__, __LINE__, socket, text, ZMQ_SNDMORE)
#define RECV(socket, text) harness_recv (__FILE__, __LINE__, socket, text, 0)           /* and no more frames follow */
#define RECV_MORE(socket, text) harness_recv (__FILE__, __LINE__, socket, text, 1)      /* and more frames follow */
#define RECV_NOTHING(socket) CHECK_ERRNO (EAGAIN, zmq_recv (socket, NULL, 0, ZMQ_DONTWAIT))
void harness_send (const char *file, int line, void *socket, const char *text, int flags);
void harness_recv (const char *file, int line, void *socket, const char *text, int more);
/*  Sends and receives one message there and back between two sockets that both may send (PAIR, DEALER, ...). */
void bounce (void *a, void *b);
/*  Waits until zmq_poll says that the socket has these events; false after patience_ms(). */
bool poll_for (void *socket, short events);

/*  ---- Threads -------------------------------------------------------------------------------------------------------- */

pthread_t start_thread (void *(*run) (void *), void *argument);
void *join_thread (pthread_t thread);
/*  Waits until the thread sleeps in the kernel (in a system call that blocks), by looking at /proc. */
void wait_until_blocked (pid_t thread_id);
pid_t current_thread_id (void);
/*  Whether all other threads of the process sleep in the kernel just now. */
bool others_sleep (void);

/*  ---- Monitor (event format version 1) --------------------------------------------------------------------------------- */

struct monitor_event
{
    int event;
    int value;
    char address[ENDPOINT_MAX];
};

/*  The PAIR socket that receives a socket's events. */
void *open_monitor (void *ctx, void *socket, int events);
/*  The next event; fails the test when none comes in time. */
struct monitor_event next_event (void *monitor);
#define EXPECT_EVENT(monitor, event) harness_expect_event (__FILE__, __LINE__, monitor, event)
struct monitor_event harness_expect_event (const char *file, int line, void *monitor, int event);
/*  Passes over other events until this one comes. */
struct monitor_event wait_event (void *monitor, int event);
const char *event_name (int event);

/*  ---- Raw TCP and hand-written ZMTP ------------------------------------------------------------------------------------- */

int raw_connect (const char *endpoint);           /* "tcp://127.0.0.1:port" */
int raw_listen (char endpoint[ENDPOINT_MAX]);     /* gives the endpoint to connect to */
int raw_accept (int listener);
void raw_send (int fd, const void *data, size_t size);
void raw_recv (int fd, void *data, size_t size);  /* exactly so many bytes */
size_t raw_recv_some (int fd, void *data, size_t size); /* at least one byte; 0 at end of stream or reset */
void raw_expect_close (int fd);                   /* reads and drops until the peer closes, then closes fd */

#define ZMTP_MORE 1
#define ZMTP_LONG 2
#define ZMTP_COMMAND 4

struct frame
{
    unsigned flags; /* ZMTP_MORE and ZMTP_COMMAND; for ZMTP 1.0 the flags byte as it came */
    size_t size;
    uint8_t body[65536];
};

/*  ZMTP 3.x: both send the 64 byte greeting and, with zmtp3_ready, one READY command each. */
void zmtp3_greeting (int fd, int minor, const char *mechanism, bool as_server, uint8_t theirs[64]);
void zmtp3_ready (int fd, const char *socket_type, const char *identity, struct frame *theirs);
/*  Greeting of version 3.1 with NULL, then READY; everything a NULL peer does before its first message. */
void zmtp3_handshake (int fd, const char *socket_type);
/*  One value of a READY command's metadata into `value`; false if the name is absent. */
bool zmtp3_property (const struct frame *ready, const char *name, char *value, size_t capacity);
/*  ZMTP 2.0: signature, revision 1, socket type number, identity. Gives the peer's type number. */
int zmtp2_handshake (int fd, int socket_type, const char *identity);
/*  Frames as in ZMTP 2.0 and 3.x. */
void zmtp_send_frame (int fd, unsigned flags, const void *body, size_t size);
void zmtp_recv_frame (int fd, struct frame *frame);
void zmtp_expect_frame (int fd, unsigned flags, const char *body);
/*  ZMTP 1.0: an identity frame each, then frames with a length that counts the flags byte. */
void zmtp1_handshake (int fd, const char *identity);
void zmtp1_send_frame (int fd, unsigned flags, const void *body, size_t size);
void zmtp1_recv_frame (int fd, struct frame *frame);

#endif
