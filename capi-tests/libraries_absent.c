/*  A system without the libraries that are loaded when they are wanted: everything that does without them is there. */

#include "fixture.h"

#include <dlfcn.h>

static int asked;

/*  Stands in the way of the C library's, which the library under test would call. */
void *dlopen (const char *file, int flags)
{
    (void) flags;
    if (file && strstr (file, "gssapi"))
        asked++;
    return NULL;
}

SOCKET_OZMIUM_TEST (gssapi_is_absent_and_all_else_works, "libzmq does not start without the library")
{
    void *const socket = open_socket (ZMQ_DEALER), *const other = open_socket (ZMQ_DEALER);
    CHECK_INT (0, asked);
    CHECK_INT (1, zmq_has ("curve"));
    CHECK_INT (0, asked);
    CHECK_INT (0, zmq_has ("gssapi"));
    CHECK_INT (1, asked);
    const int yes = 1;
    static const int options[] = {ZMQ_GSSAPI_SERVER,    ZMQ_GSSAPI_PRINCIPAL,          ZMQ_GSSAPI_SERVICE_PRINCIPAL,
                                  ZMQ_GSSAPI_PLAINTEXT, ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        char text[256];
        size_t size = sizeof text;
        CHECK_ERRNO (EINVAL, zmq_setsockopt (socket, options[i], &yes, sizeof yes));
        CHECK_ERRNO (EINVAL, zmq_getsockopt (socket, options[i], text, &size));
    }
    CHECK_INT (ZMQ_NULL, get_int (socket, ZMQ_MECHANISM));
    join (socket, other, TCP);
    bounce (socket, other);
    CHECK_INT (1, asked);
}

SOCKET_OZMIUM_TEST (pgm_and_norm_are_absent_and_say_so, "libzmq does not start without the libraries")
{
    static const char *const endpoints[] = {"pgm://127.0.0.1;239.192.1.1:5555", "epgm://127.0.0.1;239.192.1.1:5555",
                                            "norm://lo;239.192.1.1:5555"};
    CHECK_INT (0, zmq_has ("pgm"));
    CHECK_INT (0, zmq_has ("norm"));
    void *const socket = open_socket (ZMQ_PUB);
    for (size_t i = 0; i < sizeof endpoints / sizeof *endpoints; i++) {
        CHECK_ERRNO (EPROTONOSUPPORT, zmq_bind (socket, endpoints[i]));
        CHECK_ERRNO (EPROTONOSUPPORT, zmq_connect (socket, endpoints[i]));
    }
    const int yes = 1;
    CHECK_ERRNO (EINVAL, zmq_setsockopt (socket, ZMQ_NORM_PUSH, &yes, sizeof yes));
}
