/*  What the tests of GSSAPI share. They need a realm of Kerberos: scripts/with-kdc gives one to the command it runs. */

#ifndef CAPI_TESTS_GSSAPI_H
#define CAPI_TESTS_GSSAPI_H

#include "fixture.h"

#define SERVER "zmq@server.test"
#define CLIENT "zmq@client.test"

#define HANDSHAKES                                                                                                     \
    (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL        \
     | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

static inline void need_kdc (void)
{
    if (!zmq_has ("gssapi"))
        skip_test ("no GSSAPI");
    if (!getenv ("CAPI_TEST_KDC"))
        skip_test ("no realm; run it by scripts/with-kdc");
    /*  Tickets of this test alone, of as many principals as it has. */
    char tickets[512];
    snprintf (tickets, sizeof tickets, "DIR:%s/tickets.XXXXXX", getenv ("CAPI_TEST_KDC"));
    CHECK (mkdtemp (tickets + 4) != NULL);
    CHECK_OK (setenv ("KRB5CCNAME", tickets, 1));
}

/*  One of the realm's keytabs. */
static inline void use_keytab (const char *variable, const char *name)
{
    char path[512];
    snprintf (path, sizeof path, "FILE:%s/%s", getenv ("CAPI_TEST_KDC"), name);
    CHECK_OK (setenv (variable, path, 1));
}

static inline void *server_socket (int type)
{
    void *const server = open_socket (type);
    set_int (server, ZMQ_GSSAPI_SERVER, 1);
    set_str (server, ZMQ_GSSAPI_PRINCIPAL, SERVER);
    return server;
}

static inline void *client_socket (int type)
{
    void *const client = open_socket (type);
    set_str (client, ZMQ_GSSAPI_SERVICE_PRINCIPAL, SERVER);
    set_str (client, ZMQ_GSSAPI_PRINCIPAL, CLIENT);
    return client;
}

static inline void finish_monitor (void *socket, void *monitor)
{
    CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
    close_socket (monitor);
}

#endif
