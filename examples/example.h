/* What every example needs beside <zmq.h>: giving up with a reason, and text
   messages. */

#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

/* Ends the program with libzmq's reason when `failed` is true. */
static inline void die_if(int failed, const char *what)
{
    if (failed) {
        fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
        exit(EXIT_FAILURE);
    }
}

/* The number in argument `index`, or `fallback` when there are not so many. */
static inline int number_argument(int argc, char **argv, int index, int fallback)
{
    return argc > index ? atoi(argv[index]) : fallback;
}

/* Argument `index`, or `fallback` when there are not so many. */
static inline const char *text_argument(int argc, char **argv, int index, const char *fallback)
{
    return argc > index ? argv[index] : fallback;
}

/* Sends a C string, without its final NUL. `flags` may be ZMQ_SNDMORE. */
static inline void send_text(void *socket, const char *text, int flags)
{
    die_if(zmq_send(socket, text, strlen(text), flags) < 0, "zmq_send");
}

/* Receives one message part as a C string; what does not fit is cut off.
   Returns the whole length of the part. */
static inline int receive_text(void *socket, char *text, size_t size)
{
    int length = zmq_recv(socket, text, size - 1, 0);
    die_if(length < 0, "zmq_recv");
    text[(size_t) length < size ? (size_t) length : size - 1] = '\0';
    return length;
}

#endif
