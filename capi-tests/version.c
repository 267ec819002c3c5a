/*  zmq_version, zmq_errno, zmq_strerror, zmq_has: what a program asks before it does anything else. */

#include "harness.h"

TEST (version_is_4_3_and_equals_the_header_on_ours)
{
    int major = -1, minor = -1, patch = -1;
    zmq_version (&major, &minor, &patch);
    CHECK_INT (4, major);
    CHECK_INT (3, minor);
    if (running_on_ozmium ()) {
        CHECK_INT (5, patch);
        CHECK_INT (ZMQ_VERSION_MAJOR, major);
        CHECK_INT (ZMQ_VERSION_MINOR, minor);
        CHECK_INT (ZMQ_VERSION_PATCH, patch);
    } else
        CHECK (patch >= 4);
}

TEST (make_version_macro_orders_versions)
{
    CHECK_INT (40305, ZMQ_MAKE_VERSION (4, 3, 5));
    CHECK_INT (ZMQ_MAKE_VERSION (ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR, ZMQ_VERSION_PATCH), ZMQ_VERSION);
}

TEST (errno_is_the_thread_s_own)
{
    errno = EPIPE;
    CHECK (zmq_errno () == EPIPE);
    errno = 0;
    CHECK (zmq_errno () == 0);
    errno = EFSM;
    CHECK (zmq_errno () == EFSM);
}

TEST (strerror_texts_of_zmq_errnos)
{
    CHECK_STR ("Operation cannot be accomplished in current state", zmq_strerror (EFSM));
    CHECK_STR ("The protocol is not compatible with the socket type", zmq_strerror (ENOCOMPATPROTO));
    CHECK_STR ("Context was terminated", zmq_strerror (ETERM));
    CHECK_STR ("No thread available", zmq_strerror (EMTHREAD));
    CHECK_STR ("Host unreachable", zmq_strerror (EHOSTUNREACH));
}

TEST (strerror_of_system_errnos_is_the_system_s)
{
    static const int errnos[] = {EINVAL,     EAGAIN,          EINTR,  ENOTSOCK, EADDRINUSE, EADDRNOTAVAIL,
                                 ENODEV,     EPROTONOSUPPORT, ENOENT, ENOMEM,   EMFILE,     EFAULT,
                                 EMSGSIZE,   ENOTSUP,         EPERM,  ENOTCONN, ECONNRESET, ECONNREFUSED,
                                 ENETRESET,  EINPROGRESS,     0};
    for (size_t i = 0; i < sizeof errnos / sizeof *errnos; i++)
        CHECK_STR (strerror (errnos[i]), zmq_strerror (errnos[i]));
}

TEST (strerror_of_unknown_numbers_is_a_text)
{
    CHECK (strlen (zmq_strerror (-1)) > 0);
    CHECK (strlen (zmq_strerror (99999)) > 0);
    CHECK (strlen (zmq_strerror (ZMQ_HAUSNUMERO + 9999)) > 0);
}

TEST (has_ipc_and_tells_unknown_names_apart)
{
    CHECK_INT (1, zmq_has ("ipc"));
    CHECK_INT (0, zmq_has ("no such capability"));
    CHECK_INT (0, zmq_has (""));
    CHECK_INT (0, zmq_has ("IPC"));
}

TEST (has_curve)
{
    CHECK_INT (1, zmq_has ("curve"));
}

TEST (has_answers_every_documented_name_with_0_or_1)
{
    static const char *const names[] = {"ipc", "pgm", "tipc", "norm", "curve", "gssapi", "vmci", "vsock", "draft", "WS", "WSS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const int answer = zmq_has (names[i]);
        CHECK (answer == 0 || answer == 1);
    }
}

TEST (has_websockets_if_they_can_be_listened_for)
{
    void *const ctx = zmq_ctx_new (), *const socket = new_socket (ctx, ZMQ_PUSH);
    const int bound = zmq_bind (socket, "ws://127.0.0.1:*");
    CHECK (bound == 0 || zmq_errno () == EPROTONOSUPPORT);
    CHECK_INT (bound == 0, zmq_has ("WS"));
    CHECK_INT (0, zmq_close (socket));
    CHECK_INT (0, zmq_ctx_term (ctx));
}

TEST (has_drafts_agrees_with_the_exported_symbols)
{
    CHECK_INT (have_drafts (), zmq_has ("draft"));
}

TEST (libzmq_s_own_errnos_are_beyond_the_system_s)
{
    CHECK_INT (156384712, ZMQ_HAUSNUMERO);
    CHECK_INT (ZMQ_HAUSNUMERO + 51, EFSM);
    CHECK_INT (ZMQ_HAUSNUMERO + 52, ENOCOMPATPROTO);
    CHECK_INT (ZMQ_HAUSNUMERO + 53, ETERM);
    CHECK_INT (ZMQ_HAUSNUMERO + 54, EMTHREAD);
}

/*  The text of an unknown number lasts until the thread asks for the next. */
static void check_system_text (int errnum)
{
    char expected[100];
    snprintf (expected, sizeof expected, "%s", strerror (errnum));
    CHECK_STR (expected, zmq_strerror (errnum));
}

/*  The header gives libzmq's numbers to errnos that a system lacks; this one lacks none. */
TEST (strerror_of_numbers_for_systems_that_lack_an_errno_is_the_system_s)
{
    for (int number = 0; number <= 60; number++) {
        const int errnum = ZMQ_HAUSNUMERO + number;
        if (errnum != EFSM && errnum != ENOCOMPATPROTO && errnum != ETERM && errnum != EMTHREAD)
            check_system_text (errnum);
    }
}

TEST (strerror_of_every_system_errno_but_one_is_the_system_s)
{
    for (int errnum = -3; errnum < 200; errnum++)
        if (errnum != EHOSTUNREACH)
            check_system_text (errnum);
}

static void *ask_for_texts (void *first)
{
    char expected[32];
    for (int i = 0; i < 20000; i++) {
        const int errnum = *(const int *) first + i % 100;
        snprintf (expected, sizeof expected, "Unknown error %d", errnum);
        CHECK_STR (expected, zmq_strerror (errnum));
        CHECK_STR ("Context was terminated", zmq_strerror (ETERM));
    }
    return NULL;
}

TEST (strerror_may_be_asked_by_several_threads)
{
    static const int firsts[] = {5000, 60000, 700000};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        threads[i] = start_thread (ask_for_texts, (void *) &firsts[i]);
    for (int i = 0; i < 3; i++)
        join_thread (threads[i]);
}

TEST (asking_leaves_errno_alone)
{
    int major, minor, patch;
    errno = EPIPE;
    zmq_version (&major, &minor, &patch);
    (void) zmq_strerror (EFSM);
    (void) zmq_has ("ipc");
    CHECK (zmq_errno () == EPIPE);
}

TEST (has_compares_names_exactly)
{
    static const char *const wrong[] = {"IPC", "ipc ", " ipc", "ipc:", "tcp", "inproc", "udp", "plain", "null",
                                        "CURVE", "ws", "wss", "Draft", "drafts"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_INT (0, zmq_has (wrong[i]));
}
