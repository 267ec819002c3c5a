#include "secure.h"

/*  Of zmq_curve_keypair's and zmq_curve's man pages. */
const struct keys server_keys = {"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
                                 "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"};
const struct keys client_keys = {"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID",
                                 "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"};

const char *mechanism_name (enum mechanism mechanism)
{
    static const char *const names[] = {"NULL", "PLAIN", "CURVE"};
    return names[mechanism];
}

void need_curve (void)
{
    if (!zmq_has ("curve"))
        skip_test ("no CURVE");
}

struct keys new_keys (void)
{
    struct keys keys;
    CHECK_OK (zmq_curve_keypair (keys.public, keys.secret));
    return keys;
}

void *secure_server (int type, enum mechanism mechanism)
{
    void *const socket = open_socket (type);
    if (mechanism == WITH_NULL)
        set_str (socket, ZMQ_ZAP_DOMAIN, "global");
    else if (mechanism == WITH_PLAIN)
        set_int (socket, ZMQ_PLAIN_SERVER, 1);
    else {
        set_int (socket, ZMQ_CURVE_SERVER, 1);
        set_str (socket, ZMQ_CURVE_SECRETKEY, server_keys.secret);
    }
    return socket;
}

void *secure_client (int type, enum mechanism mechanism)
{
    void *const socket = open_socket (type);
    if (mechanism == WITH_PLAIN) {
        set_str (socket, ZMQ_PLAIN_USERNAME, "admin");
        set_str (socket, ZMQ_PLAIN_PASSWORD, "secret");
    } else if (mechanism == WITH_CURVE) {
        set_str (socket, ZMQ_CURVE_SERVERKEY, server_keys.public);
        set_str (socket, ZMQ_CURVE_PUBLICKEY, client_keys.public);
        set_str (socket, ZMQ_CURVE_SECRETKEY, client_keys.secret);
    }
    return socket;
}

void *watch (void *socket)
{
    return open_monitor (test_ctx (), socket, HANDSHAKE_EVENTS);
}

void stop_watching (void *socket, void *monitor)
{
    CHECK_OK (zmq_socket_monitor (socket, NULL, 0));
    close_socket (monitor);
}

void *open_handler (void)
{
    void *const handler = open_socket (ZMQ_ROUTER);
    bind_to (handler, HANDLER_ENDPOINT);
    return handler;
}

void close_handler (void *handler)
{
    void *const other = open_socket (ZMQ_REP);
    shut (handler);
    WAIT_UNTIL (zmq_bind (other, HANDLER_ENDPOINT) == 0);
    CHECK_OK (zmq_unbind (other, HANDLER_ENDPOINT));
    shut (other);
}

/*  A frame as a string. */
static void recv_text (void *socket, char *text, size_t capacity)
{
    text[recv_frame (socket, text, capacity - 1)] = 0;
}

struct request take_request (void *handler)
{
    struct request request = {.credential_count = 0};
    request.id_size = recv_frame (handler, request.id, sizeof request.id);
    RECV_MORE (handler, "");
    RECV_MORE (handler, "1.0");
    RECV_MORE (handler, "1");
    recv_text (handler, request.domain, sizeof request.domain);
    recv_text (handler, request.address, sizeof request.address);
    recv_text (handler, request.routing_id, sizeof request.routing_id);
    recv_text (handler, request.mechanism, sizeof request.mechanism);
    while (get_int (handler, ZMQ_RCVMORE)) {
        CHECK (request.credential_count < 2);
        char *const credential = request.credentials[request.credential_count++];
        recv_text (handler, credential, sizeof request.credentials[0]);
    }
    return request;
}

void answer_parts (const char *file, int line, void *handler, const struct request *request, const char *const *parts)
{
    SEND_BYTES (handler, request->id, request->id_size, ZMQ_SNDMORE);
    fixture_send (file, line, handler, parts);
}

void answer (void *handler, const struct request *request, const char *status, const void *metadata, size_t size)
{
    SEND_BYTES (handler, request->id, request->id_size, ZMQ_SNDMORE);
    SEND_MORE (handler, "");
    SEND_MORE (handler, "1.0");
    SEND_MORE (handler, "1");
    SEND_MORE (handler, status);
    SEND_MORE (handler, "text");
    SEND_MORE (handler, "joe");
    SEND_BYTES (handler, metadata, size, 0);
}

void handle (void *handler, const char *status)
{
    const struct request request = take_request (handler);
    answer (handler, &request, status, "", 0);
}
