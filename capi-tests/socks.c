/*  ZMQ_SOCKS_PROXY: connecting through a SOCKS 5 proxy (RFC 1928, 1929), played by the test itself, byte by byte, or a
 *  real one, Debian's microsocks. */

#include "fixture.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#define PEER "peer.example"
#define FAR "tcp://" PEER ":5555"
#define REQUEST "\5\1\0\3\14" PEER "\x15\xb3"
#define GRANTED "\5\0\0\1\x7f\0\0\1\x04\xd2"

/*  ---- The proxy, as the test plays it ---------------------------------------------------------------------------- */

struct scene
{
    void *socket, *monitor;
    int listener;
    char proxy[ENDPOINT_MAX]; /* tcp://127.0.0.1:port, as events name it */
};

static struct scene begin (int type)
{
    struct scene scene = {.socket = open_socket (type)};
    scene.listener = raw_listen (scene.proxy);
    scene.monitor = open_monitor (test_ctx (), scene.socket, ZMQ_EVENT_ALL);
    set_int (scene.socket, ZMQ_RECONNECT_IVL, 10);
    set_str (scene.socket, ZMQ_SOCKS_PROXY, scene.proxy + strlen ("tcp://"));
    return scene;
}

static void log_in_as (const struct scene *scene, const char *username, const char *password)
{
    set_str (scene->socket, ZMQ_SOCKS_USERNAME, username);
    set_str (scene->socket, ZMQ_SOCKS_PASSWORD, password);
}

/*  libzmq 4.3.4 and 4.3.5 abort when a socket is closed that waits to dial its proxy again. */
static void leave_libzmq_as_it_is (void)
{
    if (running_on_ozmium ())
        return;
    fflush (stdout);
    _exit (0);
}

static void end (const struct scene *scene)
{
    close (scene->listener);
    close_socket (scene->monitor);
    leave_libzmq_as_it_is ();
}

static struct monitor_event told (const struct scene *scene, int event)
{
    const struct monitor_event got = EXPECT_EVENT (scene->monitor, event);
    CHECK_STR (scene->proxy, got.address);
    return got;
}

/*  The next connection of the socket to the proxy. */
static int come (const struct scene *scene)
{
    const int fd = raw_accept (scene->listener);
    CHECK_INT (EINPROGRESS, told (scene, ZMQ_EVENT_CONNECT_DELAYED).value);
    return fd;
}

/*  Without a login, up to the proxy's reply. */
static int come_and_ask (const struct scene *scene)
{
    const int fd = come (scene);
    raw_expect (fd, LITERAL ("\5\1\0"));
    raw_send (fd, LITERAL ("\5\0"));
    raw_expect (fd, LITERAL (REQUEST));
    return fd;
}

/*  The attempt is given up and will be made again. */
static void given_up (const struct scene *scene)
{
    CHECK (told (scene, ZMQ_EVENT_CLOSED).value > 2);
    const int interval = told (scene, ZMQ_EVENT_CONNECT_RETRIED).value;
    CHECK (interval >= 10 && interval < 20);
}

/*  The connection is the peer's now, whom the test plays, too. */
static void meet (const struct scene *scene, int fd)
{
    const int its = told (scene, ZMQ_EVENT_CONNECTED).value;
    zmtp3_handshake (fd, "DEALER");
    told (scene, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    SEND (scene->socket, "there");
    zmtp_expect_frame (fd, 0, "there");
    zmtp_send_frame (fd, 0, "back", 4);
    RECV (scene->socket, "back");
    close (fd);
    CHECK_INT (its, told (scene, ZMQ_EVENT_DISCONNECTED).value);
    told (scene, ZMQ_EVENT_CONNECT_RETRIED);
}

SOCKET_TEST (a_name_is_sent_to_the_proxy_unresolved)
{
    const struct scene scene = begin (ZMQ_DEALER);
    char endpoint[ENDPOINT_MAX];
    connect_to (scene.socket, FAR);
    last_endpoint (scene.socket, endpoint);
    CHECK_STR (FAR, endpoint);
    for (int i = 0; i < 2; i++) { /* and again for the next connection */
        const int fd = come_and_ask (&scene);
        raw_send (fd, LITERAL (GRANTED));
        meet (&scene, fd);
    }
    CHECK_OK (zmq_disconnect (scene.socket, FAR));
    end (&scene);
}

static void is_asked_for (const char *endpoint, const char *request, size_t size)
{
    const struct scene scene = begin (ZMQ_DEALER);
    connect_to (scene.socket, endpoint);
    const int fd = come (&scene);
    raw_expect (fd, LITERAL ("\5\1\0"));
    raw_send (fd, LITERAL ("\5\0"));
    raw_expect (fd, request, size);
    raw_send (fd, LITERAL (GRANTED));
    meet (&scene, fd);
    end (&scene);
}

SOCKET_TEST (an_ipv4_address_is_sent_as_such)
{
    is_asked_for ("tcp://192.0.2.7:5555", LITERAL ("\5\1\0\1\xc0\0\2\x07\x15\xb3"));
}

SOCKET_TEST (an_ipv6_address_is_sent_as_such_whatever_ipv6_says)
{
    is_asked_for ("tcp://[2001:db8::1]:5555",
                  LITERAL ("\5\1\0\4\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\x15\xb3"));
}

SOCKET_TEST (a_short_spelling_of_a_number_is_one)
{
    is_asked_for ("tcp://127.1:80", LITERAL ("\5\1\0\1\x7f\0\0\1\0\x50"));
}

SOCKET_TEST (localhost_is_a_name_to_be_looked_up_by_the_proxy)
{
    is_asked_for ("tcp://localhost:1", LITERAL ("\5\1\0\3\x09localhost\0\1"));
}

SOCKET_TEST (the_proxy_may_have_a_name)
{
    struct scene scene = begin (ZMQ_DEALER);
    char named[ENDPOINT_MAX];
    snprintf (named, sizeof named, "tcp://localhost%s", strrchr (scene.proxy, ':'));
    strcpy (scene.proxy, named);
    set_str (scene.socket, ZMQ_SOCKS_PROXY, scene.proxy + strlen ("tcp://"));
    connect_to (scene.socket, FAR);
    const int fd = come_and_ask (&scene);
    raw_send (fd, LITERAL (GRANTED));
    meet (&scene, fd);
    end (&scene);
}

SOCKET_TEST (name_and_password_are_sent_when_there_is_a_name)
{
    const struct scene scene = begin (ZMQ_DEALER);
    log_in_as (&scene, "admin", "1234");
    connect_to (scene.socket, FAR);
    const int fd = come (&scene);
    raw_expect (fd, LITERAL ("\5\1\2"));
    raw_send (fd, LITERAL ("\5\2"));
    raw_expect (fd, LITERAL ("\1\5admin\4" "1234"));
    raw_send (fd, LITERAL ("\1\0"));
    raw_expect (fd, LITERAL (REQUEST));
    raw_send (fd, LITERAL (GRANTED));
    meet (&scene, fd);
    end (&scene);
}

SOCKET_TEST (a_password_may_be_empty)
{
    const struct scene scene = begin (ZMQ_DEALER);
    log_in_as (&scene, "admin", "");
    connect_to (scene.socket, FAR);
    const int fd = come (&scene);
    raw_expect (fd, LITERAL ("\5\1\2"));
    raw_send (fd, LITERAL ("\5\2"));
    raw_expect (fd, LITERAL ("\1\5admin\0"));
    raw_send (fd, LITERAL ("\1\0"));
    raw_expect (fd, LITERAL (REQUEST));
    close (fd);
    end (&scene);
}

SOCKET_TEST (a_password_alone_is_no_login)
{
    const struct scene scene = begin (ZMQ_DEALER);
    log_in_as (&scene, "", "1234");
    connect_to (scene.socket, FAR);
    close (come_and_ask (&scene));
    end (&scene);
}

SOCKET_TEST (a_proxy_may_let_a_login_be)
{
    const struct scene scene = begin (ZMQ_DEALER);
    log_in_as (&scene, "admin", "1234");
    connect_to (scene.socket, FAR);
    const int fd = come (&scene);
    raw_expect (fd, LITERAL ("\5\1\2"));
    raw_send (fd, LITERAL ("\5\0"));
    raw_expect (fd, LITERAL (REQUEST));
    close (fd);
    end (&scene);
}

SOCKET_TEST (a_proxy_that_wants_a_login_unasked_gets_an_empty_one)
{
    const struct scene scene = begin (ZMQ_DEALER);
    connect_to (scene.socket, FAR);
    const int fd = come (&scene);
    raw_expect (fd, LITERAL ("\5\1\0"));
    raw_send (fd, LITERAL ("\5\2"));
    raw_expect (fd, LITERAL ("\1\0\0"));
    raw_send (fd, LITERAL ("\1\0"));
    raw_expect (fd, LITERAL (REQUEST));
    close (fd);
    end (&scene);
}

SOCKET_TEST (a_proxy_that_refuses_is_asked_again_and_again)
{
    const struct scene scene = begin (ZMQ_DEALER);
    log_in_as (&scene, "admin", "1234");
    connect_to (scene.socket, FAR);
    int fd = come (&scene);
    raw_expect (fd, LITERAL ("\5\1\2"));
    raw_send (fd, LITERAL ("\5\xff")); /* no method of these */
    raw_expect_close (fd);
    given_up (&scene);
    fd = come (&scene);
    raw_expect (fd, LITERAL ("\5\1\2"));
    raw_send (fd, LITERAL ("\5\2"));
    raw_expect (fd, LITERAL ("\1\5admin\4" "1234"));
    raw_send (fd, LITERAL ("\1\1")); /* wrong password */
    raw_expect_close (fd);
    given_up (&scene);
    for (int code = 1; code < 12; code++) {
        const char reply[] = {5, (char) code, 0, 1, 0, 0, 0, 0, 0, 0};
        fd = come (&scene);
        raw_expect (fd, LITERAL ("\5\1\2"));
        raw_send (fd, LITERAL ("\5\0"));
        raw_expect (fd, LITERAL (REQUEST));
        raw_send (fd, reply, sizeof reply);
        raw_expect_close (fd);
        given_up (&scene);
    }
    fd = come (&scene);
    raw_expect (fd, LITERAL ("\5\1\2"));
    raw_send (fd, LITERAL ("\5\0"));
    raw_expect (fd, LITERAL (REQUEST));
    raw_send (fd, LITERAL (GRANTED));
    meet (&scene, fd);
    end (&scene);
}

SOCKET_TEST (what_is_no_proxy_is_given_up_at_the_first_wrong_byte)
{
    static const struct
    {
        const char *said;
        size_t size;
    } cases[] = {{LITERAL ("HTTP/1.1 400 Bad Request\r\n\r\n")}, {LITERAL ("\4\x5a")}, {LITERAL ("\5\1")}};
    const struct scene scene = begin (ZMQ_DEALER);
    connect_to (scene.socket, FAR);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int fd = come (&scene);
        raw_expect (fd, LITERAL ("\5\1\0"));
        raw_send (fd, cases[i].said, cases[i].size);
        raw_expect_close (fd);
        given_up (&scene);
    }
    static const char *const replies[] = {"\1", "\5\x7f", "\5\0\1", "\5\0\0\2", "\5\0\0\5"};
    static const size_t sizes[] = {1, 2, 3, 4, 4};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int fd = come_and_ask (&scene);
        raw_send (fd, replies[i], sizes[i]);
        raw_expect_close (fd);
        given_up (&scene);
    }
    end (&scene);
}

SOCKET_TEST (a_proxy_that_vanishes_at_any_point_is_dialled_again)
{
    static const char script[] = "\5\2\1\0" GRANTED;
    const struct scene scene = begin (ZMQ_DEALER);
    log_in_as (&scene, "admin", "1234");
    connect_to (scene.socket, FAR);
    for (size_t said = 0; said < sizeof script - 1; said++)
        for (int reset = 0; reset < 2; reset++) {
            const int fd = come (&scene);
            raw_expect (fd, LITERAL ("\5\1\2"));
            raw_send (fd, script, said < 2 ? said : 2);
            if (said >= 2) {
                raw_expect (fd, LITERAL ("\1\5admin\4" "1234"));
                raw_send (fd, script + 2, said < 4 ? said - 2 : 2);
            }
            if (said >= 4) {
                raw_expect (fd, LITERAL (REQUEST));
                raw_send (fd, script + 4, said - 4);
            }
            if (reset)
                raw_reset (fd);
            else
                close (fd);
            given_up (&scene);
        }
    end (&scene);
}

/*  The proxy's reply and the peer's first bytes come as one. */
static void is_followed_by_the_peer (const char *reply, size_t size)
{
    static const char greeting[64] = "\xff\0\0\0\0\0\0\0\1\x7f\3\1NULL";
    static struct frame ready;
    const struct scene scene = begin (ZMQ_DEALER);
    connect_to (scene.socket, FAR);
    const int fd = come_and_ask (&scene);
    char both[128];
    memcpy (both, reply, size);
    memcpy (both + size, greeting, sizeof greeting);
    raw_send (fd, both, size + sizeof greeting);
    told (&scene, ZMQ_EVENT_CONNECTED);
    uint8_t theirs[64];
    raw_recv (fd, theirs, sizeof theirs);
    zmtp3_ready (fd, "DEALER", "", &ready);
    told (&scene, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    SEND (scene.socket, "there");
    zmtp_expect_frame (fd, 0, "there");
    close (fd);
    end (&scene);
}

SOCKET_TEST (the_peer_follows_a_reply_with_an_ipv4_address)
{
    is_followed_by_the_peer (LITERAL ("\5\0\0\1\x7f\0\0\1\x04\xd2"));
}

SOCKET_TEST (the_peer_follows_a_reply_with_an_ipv6_address)
{
    is_followed_by_the_peer (LITERAL ("\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x04\xd2"));
}

SOCKET_TEST (the_peer_follows_a_reply_with_a_name)
{
    is_followed_by_the_peer (LITERAL ("\5\0\0\3\x09localhost\x04\xd2"));
}

SOCKET_TEST (the_peer_follows_a_reply_with_an_empty_name)
{
    is_followed_by_the_peer (LITERAL ("\5\0\0\3\0\x04\xd2"));
}

SOCKET_OZMIUM_TEST (a_proxy_may_answer_byte_by_byte, "libzmq reads past a reply that comes in pieces")
{
    const struct scene scene = begin (ZMQ_DEALER);
    connect_to (scene.socket, FAR);
    const int fd = come (&scene);
    raw_expect (fd, LITERAL ("\5\1\0"));
    raw_send_slowly (fd, LITERAL ("\5\0"));
    raw_expect (fd, LITERAL (REQUEST));
    raw_send_slowly (fd, LITERAL ("\5\0\0\3\x09localhost\x04\xd2"));
    meet (&scene, fd);
    end (&scene);
}

SOCKET_TEST (nothing_stands_for_a_proxy_that_is_not_there)
{
    void *const dealer = open_socket (ZMQ_DEALER), *const peer = open_socket (ZMQ_DEALER);
    const char *const proxy = free_endpoint (TCP), *const endpoint = bind_any (peer, TCP);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
    set_int (dealer, ZMQ_RECONNECT_IVL, 10);
    set_str (dealer, ZMQ_SOCKS_PROXY, proxy + strlen ("tcp://"));
    connect_to (dealer, endpoint);
    for (int i = 0; i < 3; i++) {
        CHECK_STR (proxy, EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_DELAYED).address);
        CHECK_STR (proxy, EXPECT_EVENT (monitor, ZMQ_EVENT_CLOSED).address);
        CHECK_STR (proxy, EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED).address);
    }
    close_socket (monitor);
    leave_libzmq_as_it_is ();
}

SOCKET_TEST (a_refusing_proxy_is_no_refusing_peer)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    const char *const proxy = free_endpoint (TCP);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_CONNECT_RETRIED);
    set_int (dealer, ZMQ_RECONNECT_IVL, 10);
    set_int (dealer, ZMQ_RECONNECT_STOP, ZMQ_RECONNECT_STOP_CONN_REFUSED);
    set_str (dealer, ZMQ_SOCKS_PROXY, proxy + strlen ("tcp://"));
    connect_to (dealer, FAR);
    for (int i = 0; i < 3; i++)
        EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    close_socket (monitor);
    leave_libzmq_as_it_is ();
}

SOCKET_TEST (nonsense_for_a_proxy_is_retried_without_an_attempt)
{
    void *const dealer = open_socket (ZMQ_DEALER);
    void *const monitor = open_monitor (test_ctx (), dealer, ZMQ_EVENT_ALL);
    set_int (dealer, ZMQ_RECONNECT_IVL, 10);
    set_str (dealer, ZMQ_SOCKS_PROXY, "nonsense");
    connect_to (dealer, FAR);
    for (int i = 0; i < 3; i++)
        CHECK_STR ("tcp://nonsense", EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED).address);
    close_socket (monitor);
    leave_libzmq_as_it_is ();
}

SOCKET_TEST (interval_minus_one_asks_once)
{
    const struct scene scene = begin (ZMQ_DEALER);
    set_int (scene.socket, ZMQ_RECONNECT_IVL, -1);
    connect_to (scene.socket, FAR);
    const int fd = come_and_ask (&scene);
    raw_send (fd, LITERAL ("\5\5\0\1\0\0\0\0\0\0"));
    raw_expect_close (fd);
    told (&scene, ZMQ_EVENT_CLOSED);
    expect_silence (scene.monitor);
    end (&scene);
}

SOCKET_TEST (closing_does_not_wait_for_a_proxy_that_says_nothing)
{
    const struct scene scene = begin (ZMQ_DEALER);
    connect_to (scene.socket, FAR);
    SEND (scene.socket, "never to arrive");
    const int fd = come_and_ask (&scene);
    set_int (scene.socket, ZMQ_LINGER, 50);
    shut (scene.socket);
    raw_expect_close (fd);
    end (&scene);
}

SOCKET_TEST (disconnecting_ends_the_talk_with_the_proxy)
{
    const struct scene scene = begin (ZMQ_DEALER);
    connect_to (scene.socket, FAR);
    const int fd = come_and_ask (&scene);
    CHECK_OK (zmq_disconnect (scene.socket, FAR));
    WAIT_UNTIL (get_int (scene.socket, ZMQ_EVENTS) >= 0 && raw_readable (fd, 0));
    raw_expect_close (fd);
    told (&scene, ZMQ_EVENT_CLOSED);
    end (&scene);
}

SOCKET_TEST (the_handshake_interval_does_not_count_the_proxy)
{
    const struct scene scene = begin (ZMQ_DEALER);
    set_int (scene.socket, ZMQ_HANDSHAKE_IVL, 20);
    connect_to (scene.socket, FAR);
    const int fd = come_and_ask (&scene);
    raw_expect_silence (fd);
    raw_send (fd, LITERAL (GRANTED));
    told (&scene, ZMQ_EVENT_CONNECTED);
    told (&scene, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL);
    told (&scene, ZMQ_EVENT_DISCONNECTED);
    raw_expect_close (fd);
    end (&scene);
}

SOCKET_TEST (the_connect_timeout_counts_the_proxy)
{
    const struct scene scene = begin (ZMQ_DEALER);
    set_int (scene.socket, ZMQ_CONNECT_TIMEOUT, patience_ms () / 8);
    connect_to (scene.socket, FAR);
    int fd = come_and_ask (&scene);
    if (DIFFERS ("libzmq waits for ever for a proxy that says nothing"))
        raw_expect_close (fd);
    else {
        raw_expect_silence (fd);
        close (fd);
    }
    given_up (&scene);
    /* And not what comes after it. */
    fd = come_and_ask (&scene);
    raw_send (fd, LITERAL (GRANTED));
    told (&scene, ZMQ_EVENT_CONNECTED);
    CHECK (!raw_readable (scene.listener, patience_ms () / 6));
    zmtp3_handshake (fd, "DEALER");
    told (&scene, ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    close (fd);
    end (&scene);
}

SOCKET_TEST (other_transports_need_no_proxy)
{
    for (enum transport t = IPC; t <= INPROC; t++) {
        void *const a = open_socket (ZMQ_PAIR), *const b = open_socket (ZMQ_PAIR);
        set_str (b, ZMQ_SOCKS_PROXY, "127.0.0.1:1");
        join (a, b, t);
        bounce (a, b);
        finish ();
    }
}

SOCKET_TEST (the_option_counts_from_the_next_connect)
{
    void *const router = open_socket (ZMQ_DEALER), *const dealer = open_socket (ZMQ_DEALER);
    const char *const endpoint = bind_any (router, TCP);
    connect_to (dealer, endpoint);
    set_str (dealer, ZMQ_SOCKS_PROXY, free_endpoint (TCP) + strlen ("tcp://"));
    bounce (dealer, router);
}

/*  ---- A real proxy ----------------------------------------------------------------------------------------------- */

static pid_t proxy_process;
static const char *proxy_address;

static void start_microsocks (const char *username, const char *password)
{
    if (system ("command -v microsocks >/dev/null") != 0)
        skip_test ("needs microsocks");
    proxy_address = free_endpoint (TCP) + strlen ("tcp://");
    const char *const port = strrchr (proxy_address, ':') + 1;
    proxy_process = fork ();
    CHECK (proxy_process >= 0);
    if (proxy_process == 0) {
        /* It says whom it connects to, and must not outlive a test that fails. */
        prctl (PR_SET_PDEATHSIG, SIGKILL);
        close (STDERR_FILENO);
        if (username)
            execlp ("microsocks", "microsocks", "-i", "127.0.0.1", "-p", port, "-u", username, "-P", password, NULL);
        else
            execlp ("microsocks", "microsocks", "-i", "127.0.0.1", "-p", port, NULL);
        _exit (127);
    }
}

static void stop_microsocks (void)
{
    CHECK_OK (kill (proxy_process, SIGKILL));
    CHECK_INT (proxy_process, waitpid (proxy_process, NULL, 0));
}

static void *open_proxied (int type)
{
    void *const socket = open_socket (type);
    set_int (socket, ZMQ_RECONNECT_IVL, 10); /* until the proxy listens */
    set_str (socket, ZMQ_SOCKS_PROXY, proxy_address);
    return socket;
}

static void converse_through (void *peer, void *proxied)
{
    static char large[300000], got[sizeof large];
    bounce (proxied, peer);
    memset (large, 'x', sizeof large);
    SEND_BYTES (proxied, large, sizeof large, ZMQ_SNDMORE);
    SEND (proxied, "end");
    CHECK_INT (sizeof large, zmq_recv (peer, got, sizeof got, 0));
    CHECK_INT (0, memcmp (large, got, sizeof got));
    RECV (peer, "end");
}

SOCKET_TEST (microsocks_connects_to_numbers_and_names)
{
    start_microsocks (NULL, NULL);
    for (int name = 0; name < 2; name++) {
        void *const peer = open_socket (ZMQ_DEALER), *const proxied = open_proxied (ZMQ_DEALER);
        char endpoint[ENDPOINT_MAX + 16];
        const char *const bound = bind_any (peer, TCP);
        snprintf (endpoint, sizeof endpoint, "tcp://%s%s", name ? "localhost" : "127.0.0.1", strrchr (bound, ':'));
        connect_to (proxied, endpoint);
        converse_through (peer, proxied);
        finish ();
    }
    stop_microsocks ();
}

SOCKET_TEST (microsocks_wants_the_right_password)
{
    start_microsocks ("admin", "1234");
    void *const peer = open_socket (ZMQ_DEALER);
    void *const knows = open_proxied (ZMQ_DEALER), *const errs = open_proxied (ZMQ_DEALER);
    void *const forgot = open_proxied (ZMQ_DEALER);
    void *const monitor = open_monitor (test_ctx (), errs, ZMQ_EVENT_ALL);
    void *const other_monitor = open_monitor (test_ctx (), forgot, ZMQ_EVENT_ALL);
    const char *const endpoint = bind_any (peer, TCP);
    set_str (knows, ZMQ_SOCKS_USERNAME, "admin");
    set_str (knows, ZMQ_SOCKS_PASSWORD, "1234");
    connect_to (knows, endpoint);
    converse_through (peer, knows);
    set_str (errs, ZMQ_SOCKS_USERNAME, "admin");
    set_str (errs, ZMQ_SOCKS_PASSWORD, "4321");
    connect_to (errs, endpoint);
    connect_to (forgot, endpoint);
    for (int i = 0; i < 2; i++) {
        EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_DELAYED);
        EXPECT_EVENT (monitor, ZMQ_EVENT_CLOSED);
        EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
        EXPECT_EVENT (other_monitor, ZMQ_EVENT_CONNECT_DELAYED);
        EXPECT_EVENT (other_monitor, ZMQ_EVENT_CLOSED);
        EXPECT_EVENT (other_monitor, ZMQ_EVENT_CONNECT_RETRIED);
    }
    close_socket (monitor);
    close_socket (other_monitor);
    stop_microsocks ();
    leave_libzmq_as_it_is ();
}

SOCKET_TEST (microsocks_may_be_there_before_the_peer_and_come_back)
{
    start_microsocks (NULL, NULL);
    void *const push = open_proxied (ZMQ_PUSH);
    void *const monitor = open_monitor (test_ctx (), push, ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED);
    const char *const endpoint = free_endpoint (TCP);
    connect_to (push, endpoint);
    SEND (push, "early");
    EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    EXPECT_EVENT (monitor, ZMQ_EVENT_CONNECT_RETRIED);
    void *const pull = open_socket (ZMQ_PULL);
    bind_to (pull, endpoint);
    RECV (pull, "early");
    stop_microsocks (); /* takes the connection with it */
    wait_event (monitor, ZMQ_EVENT_DISCONNECTED);
    SEND (push, "late");
    set_int (pull, ZMQ_RCVTIMEO, SILENCE_MS);
    CHECK_ERRNO (EAGAIN, zmq_recv (pull, NULL, 0, 0));
    close_socket (monitor);
    leave_libzmq_as_it_is ();
}
