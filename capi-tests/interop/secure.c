/* The mechanism that the driver asks for by INTEROP_MECHANISM: "curve", "plain", "gssapi" or
 * "gssapi-plain". Whoever binds is the server. */
#include "role.h"

#include <zmq.h>

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The keys are those of zmq_curve_keypair's and zmq_setsockopt's man pages. */
static const char *const server_public = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
static const char *const server_secret = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
static const char *const client_public = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
static const char *const client_secret = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
static const char *const user = "admin";
static const char *const password = "secret";
static pthread_t handler_thread;
static int has_handler;

static void set_int (void *socket, int option, int value, const char *what)
{
    need (zmq_setsockopt (socket, option, &value, sizeof value) == 0, what);
}

static void set_text (void *socket, int option, const char *value, const char *what)
{
    need (zmq_setsockopt (socket, option, value, strlen (value)) == 0, what);
}

/* A request (RFC 27): version, request id, domain, address, routing id, mechanism, credentials. */
struct request {
    char frames[8][256];
    int count;
};

/* False at the end of the context. */
static int recv_request (void *handler, struct request *request)
{
    int more = 1;
    size_t size = sizeof more;
    request->count = 0;
    while (more) {
        char *frame = request->frames[request->count];
        int length = zmq_recv (handler, frame, sizeof request->frames[0] - 1, 0);
        if (length < 0)
            return 0;
        if (++request->count > 8 || length > 255)
            die ("a strange request");
        frame[length] = 0;
        need (zmq_getsockopt (handler, ZMQ_RCVMORE, &more, &size) == 0, "ZMQ_RCVMORE");
    }
    return 1;
}

static int is_known (const struct request *request)
{
    uint8_t key[32];
    need (zmq_z85_decode (key, client_public) != NULL, "zmq_z85_decode");
    if (strcmp (request->frames[5], "PLAIN") == 0)
        return request->count == 8 && strcmp (request->frames[6], user) == 0
               && strcmp (request->frames[7], password) == 0;
    return strcmp (request->frames[5], "CURVE") == 0 && request->count == 7
           && memcmp (request->frames[6], key, sizeof key) == 0;
}

/* Lets those in whose credentials are right, until the context ends. */
static void *authenticate (void *handler)
{
    struct request request;
    while (recv_request (handler, &request)) {
        /* Without a user id: a REQ of libzmq's that knows its peer's takes none of its replies. */
        const char *reply[] = {"1.0", "1", is_known (&request) ? "200" : "400", "", "", ""};
        for (int i = 0; i < 6; i++)
            need (zmq_send (handler, reply[i], strlen (reply[i]), i < 5 ? ZMQ_SNDMORE : 0) >= 0, "zmq_send");
    }
    need (zmq_close (handler) == 0, "zmq_close");
    return NULL;
}

static void start_handler (struct role *role)
{
    void *handler = zmq_socket (role->context, ZMQ_REP);
    need (handler && zmq_bind (handler, "inproc://zeromq.zap.01") == 0, "binding the handler");
    need (pthread_create (&handler_thread, NULL, authenticate, handler) == 0, "pthread_create");
    has_handler = 1;
}

static void secure_by_plain (struct role *role)
{
    if (role->binds) {
        set_int (role->socket, ZMQ_PLAIN_SERVER, 1, "ZMQ_PLAIN_SERVER");
        start_handler (role);
    } else {
        set_text (role->socket, ZMQ_PLAIN_USERNAME, user, "ZMQ_PLAIN_USERNAME");
        set_text (role->socket, ZMQ_PLAIN_PASSWORD, password, "ZMQ_PLAIN_PASSWORD");
    }
}

static void secure_by_curve (struct role *role)
{
    if (role->binds) {
        set_int (role->socket, ZMQ_CURVE_SERVER, 1, "ZMQ_CURVE_SERVER");
        set_text (role->socket, ZMQ_CURVE_SECRETKEY, server_secret, "ZMQ_CURVE_SECRETKEY");
        start_handler (role);
    } else {
        set_text (role->socket, ZMQ_CURVE_SERVERKEY, server_public, "ZMQ_CURVE_SERVERKEY");
        set_text (role->socket, ZMQ_CURVE_PUBLICKEY, client_public, "ZMQ_CURVE_PUBLICKEY");
        set_text (role->socket, ZMQ_CURVE_SECRETKEY, client_secret, "ZMQ_CURVE_SECRETKEY");
    }
}

/* Principals of the realm that scripts/with-kdc makes. */
static void secure_by_gssapi (struct role *role, int plaintext)
{
    const char *server = "zmq@server.test", *client = "zmq@client.test";
    int yes = 1;
    if (role->binds) {
        need (zmq_setsockopt (role->socket, ZMQ_GSSAPI_SERVER, &yes, sizeof yes) == 0, "ZMQ_GSSAPI_SERVER");
        need (zmq_setsockopt (role->socket, ZMQ_GSSAPI_PRINCIPAL, server, strlen (server)) == 0, "PRINCIPAL");
    } else {
        need (zmq_setsockopt (role->socket, ZMQ_GSSAPI_SERVICE_PRINCIPAL, server, strlen (server)) == 0, "SERVICE");
        need (zmq_setsockopt (role->socket, ZMQ_GSSAPI_PRINCIPAL, client, strlen (client)) == 0, "PRINCIPAL");
    }
    need (zmq_setsockopt (role->socket, ZMQ_GSSAPI_PLAINTEXT, &plaintext, sizeof plaintext) == 0, "PLAINTEXT");
}

void secure (struct role *role)
{
    const char *mechanism = getenv ("INTEROP_MECHANISM");
    if (!mechanism)
        return;
    if (strncmp (mechanism, "gssapi", 6) == 0) {
        secure_by_gssapi (role, strcmp (mechanism, "gssapi-plain") == 0);
        return;
    }
    role->has_heartbeats = 1;
    set_int (role->socket, ZMQ_HEARTBEAT_IVL, 10, "ZMQ_HEARTBEAT_IVL");
    set_int (role->socket, ZMQ_HEARTBEAT_TIMEOUT, 30000, "ZMQ_HEARTBEAT_TIMEOUT");
    if (strcmp (mechanism, "plain") == 0)
        secure_by_plain (role);
    else if (strcmp (mechanism, "curve") == 0)
        secure_by_curve (role);
    else
        die ("unknown mechanism: %s", mechanism);
}

void after_context (void)
{
    if (has_handler)
        need (pthread_join (handler_thread, NULL) == 0, "pthread_join");
}
