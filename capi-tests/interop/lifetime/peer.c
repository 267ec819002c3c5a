/* One end of a connection that lifetime.py watches: a DEALER with heartbeats.
 *
 *   lifetime-peer bind|connect ENDPOINT INTERVAL TIMEOUT TTL
 *
 * With LIFETIME_CURVE in the environment, over CURVE. Lines on stdin: "send TEXT". Its end ends the
 * process. Lines on stdout: "LIBRARY file" (first), "ENDPOINT e" (who binds), "EVENT number" of the
 * socket's monitor, "GOT text". */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <zmq.h>

#include <dlfcn.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need (int ok, const char *what)
{
    if (ok)
        return;
    fprintf (stderr, "%s: %s\n", what, zmq_strerror (zmq_errno ()));
    exit (1);
}

static void tell (const char *word, const char *rest)
{
    printf ("%s %s\n", word, rest);
    fflush (stdout);
}

/* The file the zmq symbols of this process come from. */
static void tell_library (void)
{
    Dl_info info;
    char real[PATH_MAX];
    void *const symbol = dlsym (RTLD_DEFAULT, "zmq_version");
    need (symbol && dladdr (symbol, &info) && realpath (info.dli_fname, real), "dladdr");
    tell ("LIBRARY", real);
}

static void set (void *socket, int option, int value)
{
    need (zmq_setsockopt (socket, option, &value, sizeof value) == 0, "zmq_setsockopt");
}

/* The keys are those of zmq_curve_keypair's and zmq_setsockopt's man pages. */
static void secure (void *socket, int binds)
{
    const char *server_public = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
    const char *server_secret = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
    const char *client_public = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
    const char *client_secret = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
    if (binds) {
        set (socket, ZMQ_CURVE_SERVER, 1);
        need (zmq_setsockopt (socket, ZMQ_CURVE_SECRETKEY, server_secret, 40) == 0, "ZMQ_CURVE_SECRETKEY");
    } else {
        need (zmq_setsockopt (socket, ZMQ_CURVE_SERVERKEY, server_public, 40) == 0, "ZMQ_CURVE_SERVERKEY");
        need (zmq_setsockopt (socket, ZMQ_CURVE_PUBLICKEY, client_public, 40) == 0, "ZMQ_CURVE_PUBLICKEY");
        need (zmq_setsockopt (socket, ZMQ_CURVE_SECRETKEY, client_secret, 40) == 0, "ZMQ_CURVE_SECRETKEY");
    }
}

static void tell_event (void *monitor)
{
    uint8_t head[6];
    uint16_t event;
    char number[16];
    need (zmq_recv (monitor, head, sizeof head, 0) == sizeof head, "event");
    need (zmq_recv (monitor, NULL, 0, 0) >= 0, "event's address");
    memcpy (&event, head, sizeof event);
    snprintf (number, sizeof number, "%d", event);
    tell ("EVENT", number);
}

static void tell_message (void *socket)
{
    char text[256];
    const int size = zmq_recv (socket, text, sizeof text - 1, 0);
    need (size >= 0, "zmq_recv");
    text[size] = 0;
    tell ("GOT", text);
}

static int obey (void *socket)
{
    char line[256];
    if (!fgets (line, sizeof line, stdin))
        return 0;
    line[strcspn (line, "\n")] = 0;
    need (strncmp (line, "send ", 5) == 0, "command");
    need (zmq_send (socket, line + 5, strlen (line + 5), 0) >= 0, "zmq_send");
    return 1;
}

int main (int argc, char **argv)
{
    char bound[256];
    size_t size = sizeof bound;
    if (argc != 6)
        return 2;
    setvbuf (stdin, NULL, _IONBF, 0);
    tell_library ();
    void *const context = zmq_ctx_new (), *const socket = zmq_socket (context, ZMQ_DEALER);
    void *const monitor = zmq_socket (context, ZMQ_PAIR);
    need (socket && monitor, "zmq_socket");
    set (socket, ZMQ_RECONNECT_IVL, 20);
    set (socket, ZMQ_LINGER, 0);
    set (socket, ZMQ_HEARTBEAT_IVL, atoi (argv[3]));
    set (socket, ZMQ_HEARTBEAT_TIMEOUT, atoi (argv[4]));
    set (socket, ZMQ_HEARTBEAT_TTL, atoi (argv[5]));
    const int binds = strcmp (argv[1], "bind") == 0;
    if (getenv ("LIFETIME_CURVE"))
        secure (socket, binds);
    need (zmq_socket_monitor (socket, "inproc://events", ZMQ_EVENT_ALL) == 0, "zmq_socket_monitor");
    need (zmq_connect (monitor, "inproc://events") == 0, "monitor");
    if (binds) {
        need (zmq_bind (socket, argv[2]) == 0, "zmq_bind");
        need (zmq_getsockopt (socket, ZMQ_LAST_ENDPOINT, bound, &size) == 0, "ZMQ_LAST_ENDPOINT");
        tell ("ENDPOINT", bound);
    } else
        need (zmq_connect (socket, argv[2]) == 0, "zmq_connect");
    for (;;) {
        zmq_pollitem_t items[] = {
          {socket, 0, ZMQ_POLLIN, 0}, {monitor, 0, ZMQ_POLLIN, 0}, {NULL, 0, ZMQ_POLLIN, 0}};
        need (zmq_poll (items, 3, -1) > 0, "zmq_poll");
        if (items[0].revents)
            tell_message (socket);
        if (items[1].revents)
            tell_event (monitor);
        if (items[2].revents && !obey (socket))
            return 0;
    }
}
