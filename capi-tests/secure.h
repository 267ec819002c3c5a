/*  What the tests of the security mechanisms share: sockets set up for each of them, and the authentication handler
 *  (RFC 27) that the test plays itself. */

#ifndef CAPI_TESTS_SECURE_H
#define CAPI_TESTS_SECURE_H

#include "fixture.h"

#define HANDLER_ENDPOINT "inproc://zeromq.zap.01"
#define HANDSHAKE_EVENTS                                                                                               \
    (ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL        \
     | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

enum mechanism
{
    WITH_NULL,
    WITH_PLAIN,
    WITH_CURVE
};

/*  Those that the library under test has. */
#define FOR_EACH_MECHANISM(m)                                                                                          \
    for (enum mechanism m = WITH_NULL; m <= (zmq_has ("curve") ? WITH_CURVE : WITH_PLAIN); m++)
const char *mechanism_name (enum mechanism mechanism);

/*  Skips the test on a library without CURVE. */
void need_curve (void);
/*  A key pair in Z85, and the pairs that secure_server() and secure_client() use. */
struct keys
{
    char public[41], secret[41];
};
struct keys new_keys (void);
extern const struct keys server_keys, client_keys;

/*  A socket that asks the handler about its peers; with NULL for that it gets the ZAP domain "global". */
void *secure_server (int type, enum mechanism mechanism);
/*  A socket that goes with it: PLAIN's user is "admin" with "secret", CURVE's has client_keys. */
void *secure_client (int type, enum mechanism mechanism);

/*  Monitors a socket's handshakes. */
void *watch (void *socket);
void stop_watching (void *socket, void *monitor);

/*  Binds a handler: a ROUTER, so that a reply's frames are all the test's own. */
void *open_handler (void);
/*  Closes it and sees that nobody finds it any more, which with libzmq takes a moment. */
void close_handler (void *handler);
/*  What a request says, the parts that are always the same being checked. */
struct request
{
    char id[16], domain[64], address[ENDPOINT_MAX], routing_id[64], mechanism[16], credentials[2][256];
    size_t id_size;
    int credential_count;
};
struct request take_request (void *handler);
/*  Answers with these frames behind the delimiter. */
#define ANSWER(handler, request, ...)                                                                                  \
    answer_parts (__FILE__, __LINE__, handler, request, (const char *const[]) {"", __VA_ARGS__, NULL})
/*  The same, delimiter included. */
void answer_parts (const char *file, int line, void *handler, const struct request *request, const char *const *parts);
/*  A well-formed answer with a user "joe" and this metadata. */
void answer (void *handler, const struct request *request, const char *status, const void *metadata, size_t size);
/*  Takes a request and answers it so, without metadata. */
void handle (void *handler, const char *status);

#endif
