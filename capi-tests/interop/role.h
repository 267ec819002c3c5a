/* One side of an interop run: what main() found out, and the flows that use it. */
#ifndef OZMIUM_INTEROP_ROLE_H
#define OZMIUM_INTEROP_ROLE_H

#include <stddef.h>

struct role {
    const char *pair;     /* "REQ-REP": the types of side A and of side B */
    int is_a;             /* this process is side A */
    int binds;            /* this process binds, the other connects */
    const char *endpoint; /* what to bind or connect */
    unsigned count;       /* messages (or exchanges) of the run */
    int type;             /* ZMQ_* type of this side */
    int peer_type;        /* ZMQ_* type of the other side */
    int has_heartbeats;   /* PINGs go by between the messages */
    void *context;
    void *socket;
};

/* Ends the process with a reason on stderr. */
void die (const char *format, ...) __attribute__ ((noreturn, format (printf, 1, 2)));
/* Ends the process with zmq's errno when `ok` is false. */
void need (int ok, const char *what);
/* Tells the driver a line ("ENDPOINT tcp://…", "SYNCED"). */
void tell (const char *word, const char *rest);
/* Whether the driver has passed on a line of the other side; never waits. */
int heard (void);
/* Waits for a line of the other side. */
void hear (void);

/* Binds or connects and tells the driver where. */
void attach (struct role *role);

/* secure.c: sets the socket up for the run's mechanism; ends what that takes, when the context is gone. */
void secure (struct role *role);
void after_context (void);

/* Whether messages go to a group, and subscriptions nowhere. */
int is_multicast (const struct role *role);

/* Runs the flow of `role->pair`. */
void run_flow (struct role *role);

/* The socket type called `name` of `length` bytes, or -1. */
int type_by_name (const char *name, size_t length);

/* payload.c: what message `sequence` of a direction consists of. */
enum direction { FORWARD = 'f', BACKWARD = 'b' };
void send_payload (void *socket, enum direction direction, unsigned sequence);
void expect_payload (void *socket, enum direction direction, unsigned sequence);

/* One frame that must be exactly these bytes; `more` is what ZMQ_RCVMORE must say after it. */
void expect_frame (void *socket, const void *bytes, size_t size, int more);
void send_frame (void *socket, const void *bytes, size_t size, int more);

/* flow_pubsub.c, flow_stream.c */
void publish (struct role *role);
void subscribe (struct role *role);
void stream (struct role *role);

#endif
