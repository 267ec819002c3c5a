/*  What the tests of the socket patterns and of the wire share beyond the harness: sockets that a test need not close,
 *  multipart text messages, filling and emptying of queues, and more of a hand-written peer. */

#ifndef CAPI_TESTS_FIXTURE_H
#define CAPI_TESTS_FIXTURE_H

#include "harness.h"

/*  How long to watch for something that must not happen, where nothing else can be waited for instead: 62 ms, and more
 *  where CAPI_TEST_SLOW says so. */
#define SILENCE_MS (patience_ms () / 80)
/*  Gives the other threads the time to do what cannot be seen from outside. */
void settle (void);
/*  Whether nothing has happened for `quiet` milliseconds since that time, and no thread is about to change that. */
bool calm (int64_t since, int quiet);

/*  A test whose sockets and context are closed at its end, which must succeed, too. */
#define SOCKET_TEST(name) FIXTURE_TEST_ (TEST (name), name)
#define SOCKET_DRAFT_TEST(name) FIXTURE_TEST_ (DRAFT_TEST (name), name)
#define SOCKET_OZMIUM_TEST(name, reason) FIXTURE_TEST_ (OZMIUM_TEST (name, reason), name)
#define FIXTURE_TEST_(head, name)                                                                                      \
    static void body_of_##name (void);                                                                                 \
    head                                                                                                               \
    {                                                                                                                  \
        body_of_##name ();                                                                                             \
        finish ();                                                                                                     \
    }                                                                                                                  \
    static void body_of_##name (void)

/*  The test's context, made at the first use. */
void *test_ctx (void);
/*  A socket of it (LINGER 0, timeouts of patience_ms()), closed by finish() at the latest. */
void *open_socket (int type);
/*  Closes one of them now. */
void shut (void *socket);
/*  Closes what is left and terminates the context; SOCKET_TEST does it. */
void finish (void);
/*  Leaves the context to somebody else to terminate; the next use of test_ctx() makes another. */
void forget_ctx (void);

/*  Binds a fresh endpoint and returns it; the text stays valid for the next 31 calls. */
const char *bind_any (void *socket, enum transport transport);
/*  An endpoint that nobody has bound; valid as long. */
const char *free_endpoint (enum transport transport);
void bind_to (void *socket, const char *endpoint);
void connect_to (void *socket, const char *endpoint);
/*  Binds `bound` to a fresh endpoint and connects `connected` to it; the endpoint. */
const char *join (void *bound, void *connected, enum transport transport);

/*  Multipart messages of texts. */
#define SEND_PARTS(socket, ...)                                                                                        \
    fixture_send (__FILE__, __LINE__, socket, (const char *const[]) {__VA_ARGS__, NULL})
#define RECV_PARTS(socket, ...)                                                                                        \
    fixture_recv (__FILE__, __LINE__, socket, (const char *const[]) {__VA_ARGS__, NULL})
void fixture_send (const char *file, int line, void *socket, const char *const *parts);
void fixture_recv (const char *file, int line, void *socket, const char *const *parts);
/*  One frame of any bytes. */
#define SEND_BYTES(socket, data, size, flags) CHECK_INT (size, zmq_send (socket, data, size, flags))
#define RECV_BYTES(socket, data, size, more) fixture_recv_bytes (__FILE__, __LINE__, socket, data, size, more)
void fixture_recv_bytes (const char *file, int line, void *socket, const void *data, size_t size, int more);
/*  Receives one frame into `buffer` and says how long it was; the frame must fit. */
size_t recv_frame (void *socket, void *buffer, size_t capacity);
/*  The bytes of a literal, its final NUL apart, as two arguments. */
#define LITERAL(text) (text), (sizeof (text) - 1)

/*  Whether the socket has these events within `timeout`, in milliseconds. */
bool ready_within (void *socket, short events, int timeout);
/*  Nothing can be received for SILENCE_MS. */
void expect_silence (void *socket);
/*  Sends text messages with ZMQ_DONTWAIT until EAGAIN, and until it stays so for a moment; how many went. */
int fill (void *socket, const char *text, int limit);
int fill_bytes (void *socket, const void *data, size_t size, int limit);
/*  Receives single-frame messages until none comes for `quiet` milliseconds, and, where that is not 0, all is calm; how
 *  many came. */
int drain (void *socket, int quiet);
/*  Sends `text`, which `subscriber` has subscribed to, until it arrives, and reads away what was sent too much. */
void sync_subscriber (void *publisher, void *subscriber, const char *text);
/*  The next monitor event within `timeout`; false if none comes. */
bool event_within (void *monitor, int timeout, struct monitor_event *event);

/*  ---- The hand-written peer ----------------------------------------------------------------------------------------- */

/*  A connection to a TCP endpoint that has shaken hands as ZMTP 3.1 peer of this type, with no identity. */
int zmtp_peer (const char *endpoint, const char *socket_type);
/*  The same for the next connection of a listener. */
int zmtp_accept (int listener, const char *socket_type);
/*  One byte per system call and segment. */
void raw_send_slowly (int fd, const void *data, size_t size);
void raw_expect (int fd, const void *data, size_t size);
/*  Nothing comes for SILENCE_MS and the connection stays open. */
void raw_expect_silence (int fd);
/*  Whether the peer closes within `timeout` milliseconds; what it sends before is dropped. */
bool raw_closes_within (int fd, int timeout);
/*  Whether there is something to read or accept within `timeout` milliseconds. */
bool raw_readable (int fd, int timeout);
/*  Closes with a TCP reset. */
void raw_reset (int fd);
/*  A command frame. */
void zmtp_send_command (int fd, const char *name, const void *body, size_t size);
void zmtp_expect_command (int fd, const char *name, const void *body, size_t size);
/*  The next frame has these flags and this body. */
void zmtp_expect_bytes (int fd, unsigned flags, const void *body, size_t size);

#endif
