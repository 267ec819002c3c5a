/*  The log that ZMQ_LOG switches on: what it says of each failure, where it goes, and that it does no harm. libzmq has
 *  nothing like it. Every test is a process of its own, and sets the variable before its first context. */

#include "fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define NO_LOG "libzmq has no log"

static char path[ENDPOINT_MAX];

/*  A path that does not exist yet. */
static void choose_path (void)
{
    char endpoint[ENDPOINT_MAX];
    fresh_ipc (endpoint);
    strcpy (path, endpoint + strlen ("ipc://"));
}

/*  Switches the log on, into a file. */
static void log_to_file (void)
{
    choose_path ();
    CHECK_OK (setenv ("ZMQ_LOG", path, 1));
}

/*  All that is in the file at `path`, or "" where there is none; valid until the next call. */
static const char *logged (void)
{
    static char text[1 << 18];
    const int fd = open (path, O_RDONLY | O_CLOEXEC);
    const ssize_t size = fd < 0 ? 0 : read (fd, text, sizeof text - 1);
    if (fd >= 0)
        close (fd);
    text[size < 0 ? 0 : size] = 0;
    return text;
}

/*  Whether one line of the log has all these parts. */
static bool has_line (const char *const *parts)
{
    char *line = strdup (logged ()), *const start = line, *end;
    bool found = false;
    for (; !found && (end = strchr (line, '\n')); line = end + 1) {
        *end = 0;
        found = true;
        for (const char *const *part = parts; *part; part++)
            found = found && strstr (line, *part);
    }
    free (start);
    return found;
}

#define EXPECT_LINE(...) expect_line (__LINE__, (const char *const[]) {__VA_ARGS__, NULL})

static void expect_line (int at, const char *const *parts)
{
    const int64_t deadline = now_ms () + patience_ms ();
    while (!has_line (parts)) {
        if (now_ms () > deadline)
            harness_fail (__FILE__, at, "no line with \"%s\" and the rest in:\n%s", *parts, logged ());
        usleep (1000);
    }
}

static int lines (void)
{
    int count = 0;
    for (const char *at = logged (); (at = strchr (at, '\n')); at++)
        count++;
    return count;
}

/*  What the log calls a peer that connected by this descriptor. */
static const char *peer_of (int fd)
{
    static char text[64];
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    CHECK_OK (getsockname (fd, (struct sockaddr *) &address, &size));
    snprintf (text, sizeof text, "remote=tcp://127.0.0.1:%d", ntohs (address.sin_port));
    return text;
}

static void be_refused (const char *endpoint)
{
    uint8_t greeting[64] = {0xff, [8] = 1, [9] = 0x7f, [10] = 3, [11] = 1, 'P', 'L', 'A', 'I', 'N'};
    const int fd = raw_connect (endpoint);
    raw_send (fd, greeting, sizeof greeting);
    raw_expect_close (fd);
}

static void finish_monitor (void *socket, void *monitor)
{
    CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
    close_socket (monitor);
}

/*  ---- Where it goes -------------------------------------------------------------------------------------------------- */

/*  Standard error becomes the file at `path`. */
static void catch_stderr (void)
{
    choose_path ();
    const int fd = open (path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    CHECK (fd >= 0 && dup2 (fd, 2) == 2);
    close (fd);
}

static void expect_no_line (void)
{
    catch_stderr ();
    be_refused (bind_any (open_socket (ZMQ_PULL), TCP));
    finish ();
    CHECK_STR ("", logged ());
}

TEST (nothing_is_written_unless_asked_for)
{
    unsetenv ("ZMQ_LOG");
    expect_no_line ();
}

TEST (nothing_is_written_for_zero)
{
    setenv ("ZMQ_LOG", "0", 1);
    expect_no_line ();
}

TEST (nothing_is_written_for_an_empty_value)
{
    setenv ("ZMQ_LOG", "", 1);
    expect_no_line ();
}

OZMIUM_TEST (a_value_without_a_slash_means_standard_error, NO_LOG)
{
    catch_stderr ();
    setenv ("ZMQ_LOG", "1", 1);
    char local[ENDPOINT_MAX + 8];
    const char *const endpoint = bind_any (open_socket (ZMQ_PULL), TCP);
    snprintf (local, sizeof local, "local=%s", endpoint);
    be_refused (endpoint);
    EXPECT_LINE ("handshake-failed socket=PULL ", local, "remote=tcp://127.0.0.1:");
    finish ();
}

OZMIUM_TEST (a_file_is_appended_to_by_every_process, NO_LOG)
{
    log_to_file ();
    FILE *const file = fopen (path, "w");
    CHECK (file && fputs ("what was there\n", file) >= 0 && fclose (file) == 0);
    be_refused (bind_any (open_socket (ZMQ_PULL), TCP));
    EXPECT_LINE ("handshake-failed");
    finish ();
    const pid_t child = fork ();
    if (child == 0) {
        char pid[32];
        snprintf (pid, sizeof pid, "zmq[%d]", (int) getpid ());
        be_refused (bind_any (open_socket (ZMQ_PULL), TCP));
        EXPECT_LINE (pid);
        finish ();
        _exit (0);
    }
    int status;
    CHECK_INT (child, waitpid (child, &status, 0));
    CHECK_INT (0, status);
    CHECK_INT (3, lines ());
    EXPECT_LINE ("what was there");
}

OZMIUM_TEST (a_file_that_cannot_be_had_is_told_once, NO_LOG)
{
    catch_stderr ();
    setenv ("ZMQ_LOG", "/nowhere/the log", 1);
    be_refused (bind_any (open_socket (ZMQ_PULL), TCP));
    finish ();
    CHECK_STR ("ZMQ_LOG=/nowhere/the log: No such file or directory (ENOENT)\n", logged ());
}

/*  ---- Handshakes ----------------------------------------------------------------------------------------------------- */

OZMIUM_TEST (a_peer_that_breaks_the_handshake_is_named_with_the_reason, NO_LOG)
{
    static const struct
    {
        const char *body;
        size_t size;
        const char *said, *reason;
    } cases[] = {
      {LITERAL ("\5READY\13Socket-Type\0\0\0\3REP"), "reason", "a peer of type REP, which does not go with ours"},
      {LITERAL ("\5READY\13Socket-Type\0\0\0\4A\"\n\377"), "said=\"A\\x22\\x0a\\xff\"", "an unknown socket type"},
      {LITERAL ("\5READY\13Socket-Type\0\0\0\11PU"), "said=\"READY\"", "malformed metadata"},
      {LITERAL ("\5HELLO"), "said=\"HELLO\"", "a command out of turn"},
      {LITERAL ("\5ERROR\377"), "said=\"ERROR\"", "a malformed ERROR command"},
      {LITERAL ("\5ERROR\3" "400"), "said=\"400\"", "the peer refuses us"},
      {LITERAL ("\5ERROR\6go off"), "said=\"go off\"", "the peer refuses us"},
    };
    log_to_file ();
    const char *const endpoint = bind_any (open_socket (ZMQ_PULL), TCP);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t greeting[64];
        const int fd = raw_connect (endpoint);
        zmtp3_greeting (fd, 1, "NULL", false, greeting);
        zmtp_send_frame (fd, ZMTP_COMMAND, cases[i].body, cases[i].size);
        EXPECT_LINE ("handshake-failed socket=PULL", peer_of (fd), cases[i].said, cases[i].reason);
        raw_expect_close (fd);
    }
    CHECK_INT (sizeof cases / sizeof *cases, lines ());
    finish ();
}

OZMIUM_TEST (another_mechanism_is_named, NO_LOG)
{
    log_to_file ();
    be_refused (bind_any (open_socket (ZMQ_PULL), TCP));
    EXPECT_LINE ("said=\"PLAIN\"", "reason=\"the peer's security mechanism is not ours, NULL\"");
    finish ();
}

OZMIUM_TEST (a_peer_of_another_protocol_is_shown_by_its_first_bytes, NO_LOG)
{
    log_to_file ();
    void *const server = open_socket (ZMQ_PULL);
    set_str (server, ZMQ_ZAP_DOMAIN, "global");
    const int fd = raw_connect (bind_any (server, TCP));
    raw_send (fd, LITERAL ("GET / HTTP/1.1\r\n\r\n"));
    raw_expect_close (fd);
    EXPECT_LINE ("said=\"GET / HTTP/1.1\\x0d\\x0a\\x0d\\x0a\"", "the peer speaks no ZMTP 3");
    finish ();
}

OZMIUM_TEST (silence_and_leaving_say_how_far_the_handshake_was, NO_LOG)
{
    log_to_file ();
    void *const server = open_socket (ZMQ_PULL);
    set_int (server, ZMQ_HANDSHAKE_IVL, 1000);
    const char *const endpoint = bind_any (server, TCP);
    uint8_t greeting[64];
    int fd = raw_connect (endpoint);
    EXPECT_LINE (peer_of (fd), "nothing more for 1000 ms before its greeting was complete");
    raw_expect_close (fd);
    fd = raw_connect (endpoint);
    zmtp3_greeting (fd, 1, "NULL", false, greeting);
    EXPECT_LINE (peer_of (fd), "nothing more for 1000 ms before the handshake was complete");
    raw_expect_close (fd);
    fd = raw_connect (endpoint);
    CHECK_OK (shutdown (fd, SHUT_WR));
    EXPECT_LINE (peer_of (fd), "the peer closed the connection before its greeting was complete");
    raw_expect_close (fd);
    finish ();
}

static void *open_handler (void)
{
    void *const handler = open_socket (ZMQ_REP);
    bind_to (handler, "inproc://zeromq.zap.01");
    return handler;
}

static void take_request (void *handler, int frames)
{
    char frame[64];
    while (frames-- > 0)
        recv_frame (handler, frame, sizeof frame);
}

OZMIUM_TEST (what_the_authenticator_says_is_in_it, NO_LOG)
{
    log_to_file ();
    void *const handler = open_handler ();
    void *const server = open_socket (ZMQ_PULL);
    set_str (server, ZMQ_ZAP_DOMAIN, "global");
    const char *const endpoint = bind_any (server, TCP);
    int fd = raw_connect (endpoint);
    uint8_t greeting[64];
    zmtp3_greeting (fd, 1, "NULL", false, greeting);
    take_request (handler, 6);
    SEND_PARTS (handler, "1.0", "1", "400", "not \"him\"", "", "");
    EXPECT_LINE (peer_of (fd), "said=\"not \\x22him\\x22\"", "the ZAP handler refuses the peer with status 400");
    close (fd);
    fd = raw_connect (endpoint);
    zmtp3_greeting (fd, 1, "NULL", false, greeting);
    take_request (handler, 6);
    SEND_PARTS (handler, "1.0", "1", "999", "", "", "");
    EXPECT_LINE (peer_of (fd), "the ZAP handler's reply has no status code that there is");
    close (fd);
    finish ();
}

OZMIUM_TEST (a_password_that_nobody_looks_at_is_explained_and_kept_secret, NO_LOG)
{
    log_to_file ();
    void *const server = open_socket (ZMQ_PULL), *const client = open_socket (ZMQ_PUSH);
    set_int (server, ZMQ_PLAIN_SERVER, 1);
    set_str (client, ZMQ_PLAIN_USERNAME, "somebody");
    set_str (client, ZMQ_PLAIN_PASSWORD, "open sesame");
    join (server, client, TCP);
    EXPECT_LINE ("socket=PULL", "no ZAP handler serves the domain");
    EXPECT_LINE ("socket=PUSH", "closed the connection in the PLAIN handshake");
    CHECK (!strstr (logged (), "sesame"));
    finish ();
}

OZMIUM_TEST (keys_that_do_not_fit_are_explained_and_kept_secret, NO_LOG)
{
    if (!zmq_has ("curve"))
        skip_test ("no CURVE");
    log_to_file ();
    char public[3][41], secret[3][41];
    for (int i = 0; i < 3; i++)
        CHECK_OK (zmq_curve_keypair (public[i], secret[i]));
    void *const server = open_socket (ZMQ_PULL), *const client = open_socket (ZMQ_PUSH);
    set_int (server, ZMQ_CURVE_SERVER, 1);
    set_str (server, ZMQ_CURVE_SECRETKEY, secret[0]);
    set_str (client, ZMQ_CURVE_SERVERKEY, public[2]);
    set_str (client, ZMQ_CURVE_PUBLICKEY, public[1]);
    set_str (client, ZMQ_CURVE_SECRETKEY, secret[1]);
    join (server, client, TCP);
    EXPECT_LINE ("socket=PULL", "said=\"HELLO\"", "its keys and ours do not belong together");
    EXPECT_LINE ("socket=PUSH", "closed the connection in the CURVE handshake, as a server does whose key");
    for (int i = 0; i < 3; i++)
        CHECK (!strstr (logged (), secret[i]));
    finish ();
}

/*  ---- Connections ---------------------------------------------------------------------------------------------------- */

OZMIUM_TEST (attempts_that_fail_are_told_at_growing_distances, NO_LOG)
{
    log_to_file ();
    char endpoint[ENDPOINT_MAX], remote[ENDPOINT_MAX + 64], reason[2 * ENDPOINT_MAX];
    unused_tcp (endpoint);
    snprintf (remote, sizeof remote, "connect-failed socket=PUSH remote=%s ", endpoint);
    void *const push = open_socket (ZMQ_PUSH);
    set_int (push, ZMQ_RECONNECT_IVL, 1);
    connect_to (push, endpoint);
    for (int attempt = 1; attempt <= 8; attempt *= 2) {
        snprintf (reason, sizeof reason, "\"Connection refused (ECONNREFUSED) at %s, attempt %d\"", endpoint, attempt);
        EXPECT_LINE (remote, reason);
    }
    CHECK (!strstr (logged (), "attempt 3\"") && !strstr (logged (), "attempt 7\""));
    finish ();
}

OZMIUM_TEST (names_that_are_not_found_are_told, NO_LOG)
{
    log_to_file ();
    connect_to (open_socket (ZMQ_PUSH), "tcp://no-such-host.invalid:5555");
    EXPECT_LINE ("lookup-failed socket=PUSH remote=tcp://no-such-host.invalid:5555", "attempt 1");
    finish ();
}

OZMIUM_TEST (peers_that_a_filter_turns_away_are_told, NO_LOG)
{
    log_to_file ();
    void *const pull = open_socket (ZMQ_PULL);
    set_str (pull, ZMQ_TCP_ACCEPT_FILTER, "192.0.2.0/24");
    const int fd = raw_connect (bind_any (pull, TCP));
    EXPECT_LINE ("accept-failed socket=PULL", peer_of (fd), "turned away by a filter");
    raw_expect_close (fd);
    finish ();
}

OZMIUM_TEST (a_lack_of_descriptors_is_told, NO_LOG)
{
    log_to_file ();
    void *const pull = open_socket (ZMQ_PULL);
    const char *const endpoint = bind_any (pull, TCP);
    void *const monitor = open_monitor (test_ctx (), pull, ZMQ_EVENT_ACCEPT_FAILED);
    struct rlimit before;
    CHECK_OK (getrlimit (RLIMIT_NOFILE, &before));
    const int lowest = dup (0);
    close (lowest);
    const struct rlimit one_more = {(rlim_t) lowest + 1, before.rlim_max};
    CHECK_OK (setrlimit (RLIMIT_NOFILE, &one_more));
    const int fd = raw_connect (endpoint); /* takes the last one */
    CHECK_INT (EMFILE, EXPECT_EVENT (monitor, ZMQ_EVENT_ACCEPT_FAILED).value);
    CHECK_OK (setrlimit (RLIMIT_NOFILE, &before));
    EXPECT_LINE ("accept-failed socket=PULL", "Too many open files (EMFILE)");
    close (fd);
    finish_monitor (pull, monitor);
    finish ();
}

OZMIUM_TEST (a_message_that_is_too_long_is_told_with_the_limit, NO_LOG)
{
    log_to_file ();
    void *const pull = open_socket (ZMQ_PULL);
    const int64_t limit = 10;
    CHECK_OK (zmq_setsockopt (pull, ZMQ_MAXMSGSIZE, &limit, sizeof limit));
    const int fd = zmtp_peer (bind_any (pull, TCP), "PUSH");
    zmtp_send_frame (fd, 0, "eleven byte", 11);
    EXPECT_LINE ("connection-lost socket=PULL", peer_of (fd), "longer than allowed (ZMQ_MAXMSGSIZE is 10)");
    raw_expect_close (fd);
    finish ();
}

OZMIUM_TEST (a_peer_that_answers_no_heartbeat_is_told, NO_LOG)
{
    log_to_file ();
    void *const pull = open_socket (ZMQ_PULL);
    set_int (pull, ZMQ_HEARTBEAT_IVL, 50);
    const int fd = zmtp_peer (bind_any (pull, TCP), "PUSH");
    EXPECT_LINE ("connection-lost socket=PULL", peer_of (fd), "nothing heard in the time that heartbeats allow");
    raw_expect_close (fd);
    finish ();
}

OZMIUM_TEST (a_reset_is_told_and_a_farewell_is_not, NO_LOG)
{
    log_to_file ();
    void *const pull = open_socket (ZMQ_PULL);
    const char *const endpoint = bind_any (pull, TCP);
    void *const monitor = open_monitor (test_ctx (), pull, ZMQ_EVENT_DISCONNECTED);
    close (zmtp_peer (endpoint, "PUSH"));
    EXPECT_EVENT (monitor, ZMQ_EVENT_DISCONNECTED);
    CHECK_STR ("", logged ());
    raw_reset (zmtp_peer (endpoint, "PUSH"));
    EXPECT_LINE ("connection-lost socket=PULL", "Connection reset by peer (ECONNRESET)");
    finish_monitor (pull, monitor);
    finish ();
}

/*  ---- That it does no harm ------------------------------------------------------------------------------------------- */

OZMIUM_TEST (a_flood_is_cut_short_and_hides_nothing_else, NO_LOG)
{
    log_to_file ();
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    const char *const endpoint = bind_any (pull, TCP);
    const int64_t start = now_ms ();
    for (int i = 0; i < 300; i++)
        be_refused (endpoint);
    /* Of 300 in a second, twenty are told: seconds may begin in between. */
    const int seconds = (int) ((now_ms () - start) / 1000) + 2;
    CHECK (lines () >= 20 && lines () <= 20 * seconds);
    connect_to (push, free_endpoint (TCP));
    EXPECT_LINE ("connect-failed");
    while (!strstr (logged (), " left-out="))
        be_refused (endpoint);
    finish ();
}

OZMIUM_TEST (a_standard_error_that_is_closed_is_no_log, NO_LOG)
{
    choose_path ();
    setenv ("ZMQ_LOG", "stderr", 1);
    close (2);
    be_refused (bind_any (open_socket (ZMQ_PULL), TCP));
    finish ();
}

OZMIUM_TEST (a_standard_error_that_became_another_file_is_left_alone, NO_LOG)
{
    catch_stderr ();
    setenv ("ZMQ_LOG", "stderr", 1);
    const char *const endpoint = bind_any (open_socket (ZMQ_PULL), TCP);
    be_refused (endpoint);
    EXPECT_LINE ("handshake-failed");
    /* As a daemon does: it closes what it inherited, and its data file gets the number. */
    close (2);
    choose_path ();
    CHECK_INT (2, open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    be_refused (endpoint);
    finish ();
    CHECK_STR ("", logged ());
}

OZMIUM_TEST (a_full_pipe_as_standard_error_stops_nothing, NO_LOG)
{
    int ends[2];
    CHECK_OK (pipe2 (ends, O_NONBLOCK | O_CLOEXEC));
    while (write (ends[1], "x", 1) == 1)
        continue;
    CHECK_OK (fcntl (ends[1], F_SETFL, 0));
    CHECK_INT (2, dup2 (ends[1], 2));
    setenv ("ZMQ_LOG", "stderr", 1);
    void *const pull = open_socket (ZMQ_PULL), *const push = open_socket (ZMQ_PUSH);
    const char *const endpoint = join (pull, push, TCP);
    for (int i = 0; i < 5; i++)
        be_refused (endpoint);
    SEND (push, "still there");
    RECV (pull, "still there");
    /* Nor does one that nobody reads any more. */
    close (ends[0]);
    be_refused (endpoint);
    SEND (push, "still there");
    RECV (pull, "still there");
    finish ();
}
