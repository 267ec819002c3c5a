/*  A family of sockets that the kernel may lack: functions here that have the C library's names stand in for it, with TCP
 *  on 127.0.0.1 below. Who includes this names the FAMILY, and says how its addresses and those below go together. */

#ifndef STAND_IN_H
#define STAND_IN_H

#include "harness.h"

#include <dlfcn.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define DESCRIPTORS 1024

#define NEXT(result, name, ...)                                                                                        \
    result (*next) (__VA_ARGS__);                                                                                      \
    *(void **) &next = dlsym (RTLD_NEXT, name)

/*  New sockets of the family stand on TCP; or there are none. */
static bool standing_in, family_is_missing;
/*  Which descriptors stand for one. */
static atomic_bool stands[DESCRIPTORS];

/*  ---- What is the family's own ------------------------------------------------------------------------------------------ */

/*  A descriptor is new, or closed. */
static void forget (int fd);
/*  Binds `fd`, which stands for a socket of the family. */
static int bind_below (int fd, const struct sockaddr *address);
/*  Where to connect to for `address`. Whether there is such a place. */
static bool below (const struct sockaddr *address, struct sockaddr_in *in);
/*  The family's address for one below: of `fd` itself, or, if that is -1, of a peer. */
static void above (int fd, const struct sockaddr_in *in, struct sockaddr *address, socklen_t *size);

/*  ---- What is not ------------------------------------------------------------------------------------------------------- */

static bool stands_for_family (int fd)
{
    return fd >= 0 && fd < DESCRIPTORS && atomic_load (&stands[fd]);
}

static int remember (int fd, bool for_family)
{
    if (fd >= 0 && fd < DESCRIPTORS) {
        forget (fd);
        atomic_store (&stands[fd], for_family);
    }
    return fd;
}

static struct sockaddr_in loopback (in_port_t port)
{
    return (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
}

int socket (int family, int type, int protocol)
{
    NEXT (int, "socket", int, int, int);
    if (family == FAMILY && family_is_missing) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    const bool stand_in = family == FAMILY && standing_in;
    return remember (next (stand_in ? AF_INET : family, type, protocol), stand_in);
}

int bind (int fd, const struct sockaddr *address, socklen_t size)
{
    NEXT (int, "bind", int, const struct sockaddr *, socklen_t);
    return stands_for_family (fd) ? bind_below (fd, address) : next (fd, address, size);
}

static int bind_to (int fd, const struct sockaddr_in *in)
{
    NEXT (int, "bind", int, const struct sockaddr *, socklen_t);
    return next (fd, (const struct sockaddr *) in, sizeof *in);
}

int connect (int fd, const struct sockaddr *address, socklen_t size)
{
    NEXT (int, "connect", int, const struct sockaddr *, socklen_t);
    if (!stands_for_family (fd))
        return next (fd, address, size);
    struct sockaddr_in in;
    if (!below (address, &in)) {
        errno = EHOSTUNREACH;
        return -1;
    }
    return next (fd, (const struct sockaddr *) &in, sizeof in);
}

int accept4 (int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    NEXT (int, "accept4", int, struct sockaddr *, socklen_t *, int);
    if (!stands_for_family (fd))
        return remember (next (fd, address, size, flags), false);
    struct sockaddr_in in;
    socklen_t in_size = sizeof in;
    const int accepted = remember (next (fd, (struct sockaddr *) &in, &in_size, flags), true);
    if (accepted >= 0 && address)
        above (-1, &in, address, size);
    return accepted;
}

int accept (int fd, struct sockaddr *address, socklen_t *size)
{
    return accept4 (fd, address, size, 0);
}

static int tell_name (int own, int result, const struct sockaddr_in *in, struct sockaddr *address, socklen_t *size)
{
    if (result == 0)
        above (own, in, address, size);
    return result;
}

int getsockname (int fd, struct sockaddr *address, socklen_t *size)
{
    NEXT (int, "getsockname", int, struct sockaddr *, socklen_t *);
    if (!stands_for_family (fd))
        return next (fd, address, size);
    struct sockaddr_in in;
    socklen_t in_size = sizeof in;
    return tell_name (fd, next (fd, (struct sockaddr *) &in, &in_size), &in, address, size);
}

int getpeername (int fd, struct sockaddr *address, socklen_t *size)
{
    NEXT (int, "getpeername", int, struct sockaddr *, socklen_t *);
    if (!stands_for_family (fd))
        return next (fd, address, size);
    struct sockaddr_in in;
    socklen_t in_size = sizeof in;
    return tell_name (-1, next (fd, (struct sockaddr *) &in, &in_size), &in, address, size);
}

int close (int fd)
{
    NEXT (int, "close", int);
    remember (fd, false);
    return next (fd);
}

#endif
