/* One side of an interop run. The driver (interop.py) starts two of these, each with its own
 * libzmq.so.5 in LD_LIBRARY_PATH, and passes lines between them.
 *
 *   interop_role PAIR a|b bind|connect ENDPOINT COUNT
 *
 * Lines on stdout: "LIBRARY file" (always first), "ENDPOINT e" (who binds), "SYNCED" and "FINISHED"
 * (for the other side's stdin), "DONE". Anything that goes wrong is one line on stderr and exit status 1. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../certificates.h"
#include "role.h"

#include <zmq.h>

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WATCHDOG_SECONDS 60

void die (const char *format, ...)
{
    va_list arguments;
    va_start (arguments, format);
    vfprintf (stderr, format, arguments);
    va_end (arguments);
    fputc ('\n', stderr);
    _exit (1);
}

void need (int ok, const char *what)
{
    if (!ok)
        die ("%s: %s", what, zmq_strerror (zmq_errno ()));
}

void tell (const char *word, const char *rest)
{
    printf ("%s%s%s\n", word, rest ? " " : "", rest ? rest : "");
    fflush (stdout);
}

int heard (void)
{
    struct pollfd in = {.fd = 0, .events = POLLIN};
    if (poll (&in, 1, 0) <= 0)
        return 0;
    hear ();
    return 1;
}

void hear (void)
{
    char byte;
    do {
        ssize_t got = read (0, &byte, 1);
        if (got == 0 || (got < 0 && errno != EINTR))
            die ("the other side went silent");
    } while (byte != '\n');
}

int type_by_name (const char *name, size_t length)
{
    static const struct {
        const char *name;
        int type;
    } TYPES[] = {{"REQ", ZMQ_REQ},   {"REP", ZMQ_REP},   {"DEALER", ZMQ_DEALER}, {"ROUTER", ZMQ_ROUTER},
                 {"PUB", ZMQ_PUB},   {"SUB", ZMQ_SUB},   {"XPUB", ZMQ_XPUB},     {"XSUB", ZMQ_XSUB},
                 {"PUSH", ZMQ_PUSH}, {"PULL", ZMQ_PULL}, {"PAIR", ZMQ_PAIR},     {"STREAM", ZMQ_STREAM}};
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++)
        if (strlen (TYPES[i].name) == length && memcmp (TYPES[i].name, name, length) == 0)
            return TYPES[i].type;
    return -1;
}

void attach (struct role *role)
{
    if (!role->binds) {
        need (zmq_connect (role->socket, role->endpoint) == 0, "zmq_connect");
        return;
    }
    char bound[256];
    size_t size = sizeof bound;
    need (zmq_bind (role->socket, role->endpoint) == 0, "zmq_bind");
    need (zmq_getsockopt (role->socket, ZMQ_LAST_ENDPOINT, bound, &size) == 0, "ZMQ_LAST_ENDPOINT");
    tell ("ENDPOINT", bound);
}

/* The file the zmq symbols of this process come from: the driver refuses the run if it is not the
 * one it put into LD_LIBRARY_PATH. */
static void tell_library (void)
{
    Dl_info info;
    char real[PATH_MAX];
    void *symbol = dlsym (RTLD_DEFAULT, "zmq_version");
    if (!symbol || !dladdr (symbol, &info) || !realpath (info.dli_fname, real))
        die ("cannot tell which library is loaded");
    tell ("LIBRARY", real);
}

static void parse (struct role *role, char **argv)
{
    role->pair = argv[1];
    role->is_a = strcmp (argv[2], "a") == 0;
    role->binds = strcmp (argv[3], "bind") == 0;
    role->endpoint = argv[4];
    role->count = (unsigned)strtoul (argv[5], NULL, 10);
    const char *dash = strchr (role->pair, '-');
    if (!dash)
        die ("no pair: %s", role->pair);
    int a = type_by_name (role->pair, (size_t)(dash - role->pair));
    int b = type_by_name (dash + 1, strlen (dash + 1));
    if (a < 0 || b < 0)
        die ("unknown type in %s", role->pair);
    role->type = role->is_a ? a : b;
    role->peer_type = role->is_a ? b : a;
}

/* For wss: whoever binds has the certificate, whoever connects trusts its authority. */
static void encrypt (struct role *role)
{
    if (strncmp (role->endpoint, "wss://", 6) != 0)
        return;
    if (role->binds) {
        need (zmq_setsockopt (role->socket, ZMQ_WSS_CERT_PEM, signed_certificate, sizeof signed_certificate - 1) == 0,
              "ZMQ_WSS_CERT_PEM");
        need (zmq_setsockopt (role->socket, ZMQ_WSS_KEY_PEM, signed_key, sizeof signed_key - 1) == 0,
              "ZMQ_WSS_KEY_PEM");
    } else {
        need (zmq_setsockopt (role->socket, ZMQ_WSS_TRUST_PEM, authority, sizeof authority - 1) == 0,
              "ZMQ_WSS_TRUST_PEM");
        need (zmq_setsockopt (role->socket, ZMQ_WSS_HOSTNAME, "server.test", 11) == 0, "ZMQ_WSS_HOSTNAME");
    }
}

int is_multicast (const struct role *role)
{
    static const char *const PROTOCOLS[] = {"pgm://", "epgm://", "norm://"};
    for (size_t i = 0; i < sizeof PROTOCOLS / sizeof PROTOCOLS[0]; i++)
        if (strncmp (role->endpoint, PROTOCOLS[i], strlen (PROTOCOLS[i])) == 0)
            return 1;
    return 0;
}

/* Kilobits a second: as much as a busy machine still takes in. */
static void set_rate (struct role *role)
{
    int rate = 50000;
    if (is_multicast (role))
        need (zmq_setsockopt (role->socket, ZMQ_RATE, &rate, sizeof rate) == 0, "ZMQ_RATE");
}

int main (int argc, char **argv)
{
    struct role role;
    if (argc != 6)
        die ("usage: %s PAIR a|b bind|connect ENDPOINT COUNT", argv[0]);
    alarm (WATCHDOG_SECONDS);
    memset (&role, 0, sizeof role);
    parse (&role, argv);
    tell_library ();
    role.context = zmq_ctx_new ();
    need (role.context != NULL, "zmq_ctx_new");
    role.socket = zmq_socket (role.context, role.type);
    need (role.socket != NULL, "zmq_socket");
    secure (&role);
    encrypt (&role);
    set_rate (&role);
    run_flow (&role);
    /* A PING that reaches a process which has ended has the system reset the connection, and with it
     * what the other side had not read. */
    if (role.has_heartbeats) {
        tell ("FINISHED", NULL);
        hear ();
    }
    need (zmq_close (role.socket) == 0, "zmq_close");
    need (zmq_ctx_term (role.context) == 0, "zmq_ctx_term");
    after_context ();
    tell ("DONE", NULL);
    return 0;
}
