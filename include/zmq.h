/*
 * zmq.h: the interface of Ozmium's libzmq, source-compatible with that of libzmq 4.3.5.
 *
 * Generated: the constants come from src/consts.rs and src/consts/draft.rs, the functions from
 * src/capi, the rest from include/zmq.h.in. To change it, change these and run
 *
 *     OZMIUM_BLESS=1 cargo test --test header
 *
 * What the functions do, and their errors, is in libzmq's man pages. Of the errors, the comments
 * here name the usual ones.
 */

#ifndef __ZMQ_H_INCLUDED__
#define __ZMQ_H_INCLUDED__

#if !defined _WIN32_WCE
#include <errno.h>
#endif
#include <stddef.h>
#include <stdio.h>

/* Compilers for Windows before Visual Studio 2010 lack <stdint.h>. */
#define ZMQ_DEFINED_STDINT 1
#if defined ZMQ_HAVE_SOLARIS || defined ZMQ_HAVE_OPENVMS
#include <inttypes.h>
#elif defined _MSC_VER && _MSC_VER < 1600
#ifndef uint8_t
typedef unsigned __int8 uint8_t;
#endif
#ifndef uint16_t
typedef unsigned __int16 uint16_t;
#endif
#ifndef int32_t
typedef __int32 int32_t;
#endif
#ifndef uint32_t
typedef unsigned __int32 uint32_t;
#endif
#ifndef uint64_t
typedef unsigned __int64 uint64_t;
#endif
#else
#include <stdint.h>
#endif

#if !defined _WIN32
/* sigset_t, for zmq_ppoll. */
#include <signal.h>
#endif

#ifdef ZMQ_HAVE_AIX
/* 32-bit AIX makes macros of "events" and "revents", which are member names below. */
#include <poll.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* How functions are exported and imported. A program that links the static library on Windows
   defines ZMQ_STATIC; one that brings its own declarations defines ZMQ_NO_EXPORT. */
#if defined ZMQ_NO_EXPORT
#define ZMQ_EXPORT
#elif defined _WIN32
#if defined ZMQ_STATIC
#define ZMQ_EXPORT
#elif defined DLL_EXPORT
#define ZMQ_EXPORT __declspec(dllexport)
#else
#define ZMQ_EXPORT __declspec(dllimport)
#endif
#elif defined __SUNPRO_C || defined __SUNPRO_CC
#define ZMQ_EXPORT __global
#elif (defined __GNUC__ && __GNUC__ >= 4) || defined __INTEL_COMPILER
#define ZMQ_EXPORT __attribute__ ((visibility ("default")))
#else
#define ZMQ_EXPORT
#endif

/* The version as one number, to compare with ZMQ_VERSION. */
#define ZMQ_MAKE_VERSION(major, minor, patch) \
  ((major) * 10000 + (minor) * 100 + (patch))
#define ZMQ_VERSION \
  ZMQ_MAKE_VERSION (ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR, ZMQ_VERSION_PATCH)

/* Errors that some systems, Windows above all, do not have. */
#ifndef ENOTSUP
#define ENOTSUP (ZMQ_HAUSNUMERO + 1)
#endif
#ifndef EPROTONOSUPPORT
#define EPROTONOSUPPORT (ZMQ_HAUSNUMERO + 2)
#endif
#ifndef ENOBUFS
#define ENOBUFS (ZMQ_HAUSNUMERO + 3)
#endif
#ifndef ENETDOWN
#define ENETDOWN (ZMQ_HAUSNUMERO + 4)
#endif
#ifndef EADDRINUSE
#define EADDRINUSE (ZMQ_HAUSNUMERO + 5)
#endif
#ifndef EADDRNOTAVAIL
#define EADDRNOTAVAIL (ZMQ_HAUSNUMERO + 6)
#endif
#ifndef ECONNREFUSED
#define ECONNREFUSED (ZMQ_HAUSNUMERO + 7)
#endif
#ifndef EINPROGRESS
#define EINPROGRESS (ZMQ_HAUSNUMERO + 8)
#endif
#ifndef ENOTSOCK
#define ENOTSOCK (ZMQ_HAUSNUMERO + 9)
#endif
#ifndef EMSGSIZE
#define EMSGSIZE (ZMQ_HAUSNUMERO + 10)
#endif
#ifndef EAFNOSUPPORT
#define EAFNOSUPPORT (ZMQ_HAUSNUMERO + 11)
#endif
#ifndef ENETUNREACH
#define ENETUNREACH (ZMQ_HAUSNUMERO + 12)
#endif
#ifndef ECONNABORTED
#define ECONNABORTED (ZMQ_HAUSNUMERO + 13)
#endif
#ifndef ECONNRESET
#define ECONNRESET (ZMQ_HAUSNUMERO + 14)
#endif
#ifndef ENOTCONN
#define ENOTCONN (ZMQ_HAUSNUMERO + 15)
#endif
#ifndef ETIMEDOUT
#define ETIMEDOUT (ZMQ_HAUSNUMERO + 16)
#endif
#ifndef EHOSTUNREACH
#define EHOSTUNREACH (ZMQ_HAUSNUMERO + 17)
#endif
#ifndef ENETRESET
#define ENETRESET (ZMQ_HAUSNUMERO + 18)
#endif

/*
 * Constants
 */

/* Major version of the interface: a different one is incompatible. */
#define ZMQ_VERSION_MAJOR 4
/* Minor version of the interface. */
#define ZMQ_VERSION_MINOR 3
/* Patch level of the interface. */
#define ZMQ_VERSION_PATCH 5
/* Where the library's own errno values start, away from those of operating systems. */
#define ZMQ_HAUSNUMERO 156384712
/* The operation does not fit the state that the socket is in. */
#define EFSM (ZMQ_HAUSNUMERO + 51)
/* The socket type cannot be used with this transport. */
#define ENOCOMPATPROTO (ZMQ_HAUSNUMERO + 52)
/* The context was terminated or shut down. */
#define ETERM (ZMQ_HAUSNUMERO + 53)
/* No I/O thread is there to do the work. */
#define EMTHREAD (ZMQ_HAUSNUMERO + 54)
/* Context option: number of I/O threads. */
#define ZMQ_IO_THREADS 1
/* Context option: how many sockets may be open at once. */
#define ZMQ_MAX_SOCKETS 2
/* Context option, read only: the highest value that ZMQ_MAX_SOCKETS takes. */
#define ZMQ_SOCKET_LIMIT 3
/* Context option, write only: scheduling priority of the I/O threads. */
#define ZMQ_THREAD_PRIORITY 3
/* Context option: scheduling policy of the I/O threads. */
#define ZMQ_THREAD_SCHED_POLICY 4
/* Context option: size limit of a sent message, in bytes. */
#define ZMQ_MAX_MSGSZ 5
/* Context option, read only: size of zmq_msg_t, in bytes. */
#define ZMQ_MSG_T_SIZE 6
/* Context option, write only: lets the I/O threads run on this CPU. */
#define ZMQ_THREAD_AFFINITY_CPU_ADD 7
/* Context option, write only: takes back a CPU that was added. */
#define ZMQ_THREAD_AFFINITY_CPU_REMOVE 8
/* Context option: put before the names of the I/O threads. */
#define ZMQ_THREAD_NAME_PREFIX 9
/* What ZMQ_IO_THREADS is in a new context. */
#define ZMQ_IO_THREADS_DFLT 1
/* What ZMQ_MAX_SOCKETS is in a new context. */
#define ZMQ_MAX_SOCKETS_DFLT 1023
/* What ZMQ_THREAD_PRIORITY is in a new context: the system's choice. */
#define ZMQ_THREAD_PRIORITY_DFLT -1
/* What ZMQ_THREAD_SCHED_POLICY is in a new context: the system's choice. */
#define ZMQ_THREAD_SCHED_POLICY_DFLT -1
/* Socket type: exactly one peer, both directions. */
#define ZMQ_PAIR 0
/* Socket type: publishes to its subscribers. */
#define ZMQ_PUB 1
/* Socket type: receives what it subscribed to. */
#define ZMQ_SUB 2
/* Socket type: sends a request, then receives the reply. */
#define ZMQ_REQ 3
/* Socket type: receives a request, then sends the reply. */
#define ZMQ_REP 4
/* Socket type: asynchronous requests, spread over its peers. */
#define ZMQ_DEALER 5
/* Socket type: addresses its peers by their routing id. */
#define ZMQ_ROUTER 6
/* Socket type: receives from a pipeline. */
#define ZMQ_PULL 7
/* Socket type: sends into a pipeline. */
#define ZMQ_PUSH 8
/* Socket type: a publisher that sees the subscriptions. */
#define ZMQ_XPUB 9
/* Socket type: a subscriber whose subscriptions are messages. */
#define ZMQ_XSUB 10
/* Socket type: plain TCP, without the ZeroMQ protocol. */
#define ZMQ_STREAM 11
/* Deprecated name of ZMQ_DEALER. */
#define ZMQ_XREQ ZMQ_DEALER
/* Deprecated name of ZMQ_ROUTER. */
#define ZMQ_XREP ZMQ_ROUTER
/* Socket option: bit mask of the I/O threads that serve new connections. */
#define ZMQ_AFFINITY 4
/* Socket option: the name by which ROUTER peers address this socket. */
#define ZMQ_ROUTING_ID 5
/* Socket option, write only: adds a subscription. */
#define ZMQ_SUBSCRIBE 6
/* Socket option, write only: removes a subscription. */
#define ZMQ_UNSUBSCRIBE 7
/* Socket option: multicast data rate in kilobits per second. */
#define ZMQ_RATE 8
/* Socket option: for how many milliseconds multicast data can be recovered. */
#define ZMQ_RECOVERY_IVL 9
/* Socket option: size of the kernel's transmit buffer in bytes. */
#define ZMQ_SNDBUF 11
/* Socket option: size of the kernel's receive buffer in bytes. */
#define ZMQ_RCVBUF 12
/* Socket option, read only: whether more parts of the message follow. */
#define ZMQ_RCVMORE 13
/* Socket option, read only: the descriptor that tells of events, edge-triggered. */
#define ZMQ_FD 14
/* Socket option, read only: which of ZMQ_POLLIN and ZMQ_POLLOUT hold. */
#define ZMQ_EVENTS 15
/* Socket option, read only: the socket's type. */
#define ZMQ_TYPE 16
/* Socket option: milliseconds for which a closed socket still sends. */
#define ZMQ_LINGER 17
/* Socket option: milliseconds between attempts to connect again. */
#define ZMQ_RECONNECT_IVL 18
/* Socket option: length of the kernel's queue of connections to accept. */
#define ZMQ_BACKLOG 19
/* Socket option: milliseconds that the growing reconnection interval may reach. */
#define ZMQ_RECONNECT_IVL_MAX 21
/* Socket option: size limit of a received message in bytes. */
#define ZMQ_MAXMSGSIZE 22
/* Socket option: how many messages to send may wait, for each peer. */
#define ZMQ_SNDHWM 23
/* Socket option: how many received messages may wait, for each peer. */
#define ZMQ_RCVHWM 24
/* Socket option: how many network hops a multicast packet may take. */
#define ZMQ_MULTICAST_HOPS 25
/* Socket option: milliseconds after which receiving gives up. */
#define ZMQ_RCVTIMEO 27
/* Socket option: milliseconds after which sending gives up. */
#define ZMQ_SNDTIMEO 28
/* Socket option, read only: the endpoint that was bound or connected last. */
#define ZMQ_LAST_ENDPOINT 32
/* Socket option: a ROUTER reports messages that it cannot route. */
#define ZMQ_ROUTER_MANDATORY 33
/* Socket option: overrides SO_KEEPALIVE. */
#define ZMQ_TCP_KEEPALIVE 34
/* Socket option: overrides TCP_KEEPCNT. */
#define ZMQ_TCP_KEEPALIVE_CNT 35
/* Socket option: overrides TCP_KEEPIDLE. */
#define ZMQ_TCP_KEEPALIVE_IDLE 36
/* Socket option: overrides TCP_KEEPINTVL. */
#define ZMQ_TCP_KEEPALIVE_INTVL 37
/* Socket option: queue messages to established connections only. */
#define ZMQ_IMMEDIATE 39
/* Socket option: an XPUB passes repeated subscriptions on. */
#define ZMQ_XPUB_VERBOSE 40
/* Socket option, deprecated: a ROUTER speaks plain TCP. */
#define ZMQ_ROUTER_RAW 41
/* Socket option: allows IPv6 addresses. */
#define ZMQ_IPV6 42
/* Socket option, read only: the security mechanism in force. */
#define ZMQ_MECHANISM 43
/* Socket option: be the server of the PLAIN mechanism. */
#define ZMQ_PLAIN_SERVER 44
/* Socket option: user name for the PLAIN mechanism. */
#define ZMQ_PLAIN_USERNAME 45
/* Socket option: password for the PLAIN mechanism. */
#define ZMQ_PLAIN_PASSWORD 46
/* Socket option: be the server of the CURVE mechanism. */
#define ZMQ_CURVE_SERVER 47
/* Socket option: own public key for the CURVE mechanism. */
#define ZMQ_CURVE_PUBLICKEY 48
/* Socket option: own secret key for the CURVE mechanism. */
#define ZMQ_CURVE_SECRETKEY 49
/* Socket option: the server's public key for the CURVE mechanism. */
#define ZMQ_CURVE_SERVERKEY 50
/* Socket option: sends an empty message over each new connection. */
#define ZMQ_PROBE_ROUTER 51
/* Socket option: a REQ matches replies with its requests. */
#define ZMQ_REQ_CORRELATE 52
/* Socket option: a REQ may send again before the reply came. */
#define ZMQ_REQ_RELAXED 53
/* Socket option: keeps the latest message only. */
#define ZMQ_CONFLATE 54
/* Socket option: the domain that authentication requests name. */
#define ZMQ_ZAP_DOMAIN 55
/* Socket option: a ROUTER gives a routing id to the latest peer that claims it. */
#define ZMQ_ROUTER_HANDOVER 56
/* Socket option: overrides the IP type of service. */
#define ZMQ_TOS 57
/* Socket option, write only: routing id for the peer that is connected next. */
#define ZMQ_CONNECT_ROUTING_ID 61
/* Socket option: be the server of the GSSAPI mechanism. */
#define ZMQ_GSSAPI_SERVER 62
/* Socket option: own principal for the GSSAPI mechanism. */
#define ZMQ_GSSAPI_PRINCIPAL 63
/* Socket option: the server's principal for the GSSAPI mechanism. */
#define ZMQ_GSSAPI_SERVICE_PRINCIPAL 64
/* Socket option: authenticates by GSSAPI, but does not encrypt. */
#define ZMQ_GSSAPI_PLAINTEXT 65
/* Socket option: milliseconds after which an unfinished handshake is given up. */
#define ZMQ_HANDSHAKE_IVL 66
/* Socket option: the SOCKS5 proxy to connect through. */
#define ZMQ_SOCKS_PROXY 68
/* Socket option: a publisher blocks or reports instead of dropping. */
#define ZMQ_XPUB_NODROP 69
/* Context option: sockets of this context linger by default. */
#define ZMQ_BLOCKY 70
/* Socket option: the application answers the subscriptions of an XPUB. */
#define ZMQ_XPUB_MANUAL 71
/* Socket option: the message that an XPUB sends to each new subscriber. */
#define ZMQ_XPUB_WELCOME_MSG 72
/* Socket option: a STREAM tells of connections that come and go. */
#define ZMQ_STREAM_NOTIFY 73
/* Socket option: subscriptions name what is not wanted. */
#define ZMQ_INVERT_MATCHING 74
/* Socket option: milliseconds between heartbeats. */
#define ZMQ_HEARTBEAT_IVL 75
/* Socket option: milliseconds after which the peer shall give up a silent connection. */
#define ZMQ_HEARTBEAT_TTL 76
/* Socket option: milliseconds to wait for the answer to a heartbeat. */
#define ZMQ_HEARTBEAT_TIMEOUT 77
/* Socket option: an XPUB passes repeated subscriptions and cancellations on. */
#define ZMQ_XPUB_VERBOSER 78
/* Socket option: milliseconds after which an attempt to connect is given up. */
#define ZMQ_CONNECT_TIMEOUT 79
/* Socket option: milliseconds after which unacknowledged data ends a TCP connection. */
#define ZMQ_TCP_MAXRT 80
/* Socket option, read only: whether several threads may use the socket at once. */
#define ZMQ_THREAD_SAFE 81
/* Socket option: size limit of a multicast packet in bytes. */
#define ZMQ_MULTICAST_MAXTPDU 84
/* Socket option: size of the VMCI buffer in bytes. */
#define ZMQ_VMCI_BUFFER_SIZE 85
/* Socket option: lower limit of the VMCI buffer in bytes. */
#define ZMQ_VMCI_BUFFER_MIN_SIZE 86
/* Socket option: upper limit of the VMCI buffer in bytes. */
#define ZMQ_VMCI_BUFFER_MAX_SIZE 87
/* Socket option: milliseconds after which an attempt to connect by VMCI is given up. */
#define ZMQ_VMCI_CONNECT_TIMEOUT 88
/* Socket option: an open descriptor to use instead of making one. */
#define ZMQ_USE_FD 89
/* Socket option: how to read ZMQ_GSSAPI_PRINCIPAL. */
#define ZMQ_GSSAPI_PRINCIPAL_NAMETYPE 90
/* Socket option: how to read ZMQ_GSSAPI_SERVICE_PRINCIPAL. */
#define ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE 91
/* Socket option: the network interface to use. */
#define ZMQ_BINDTODEVICE 92
/* Message property: more parts of the message follow. */
#define ZMQ_MORE 1
/* Message property: the payload is shared with a copy. */
#define ZMQ_SHARED 3
/* Send and receive flag: fail with EAGAIN instead of blocking. */
#define ZMQ_DONTWAIT 1
/* Send flag: more parts of the message follow. */
#define ZMQ_SNDMORE 2
/* Security mechanism: none. */
#define ZMQ_NULL 0
/* Security mechanism: user name and password in clear text. */
#define ZMQ_PLAIN 1
/* Security mechanism: elliptic curve encryption and authentication. */
#define ZMQ_CURVE 2
/* Security mechanism: Kerberos through GSSAPI. */
#define ZMQ_GSSAPI 3
/* How long a group name of RADIO and DISH may be, in bytes. */
#define ZMQ_GROUP_MAX_LENGTH 255
/* Deprecated name of ZMQ_ROUTING_ID. */
#define ZMQ_IDENTITY ZMQ_ROUTING_ID
/* Deprecated name of ZMQ_CONNECT_ROUTING_ID. */
#define ZMQ_CONNECT_RID ZMQ_CONNECT_ROUTING_ID
/* Socket option, deprecated, write only: adds a range of addresses to accept. */
#define ZMQ_TCP_ACCEPT_FILTER 38
/* Socket option, deprecated, write only: adds a process to accept over ipc. */
#define ZMQ_IPC_FILTER_PID 58
/* Socket option, deprecated, write only: adds a user to accept over ipc. */
#define ZMQ_IPC_FILTER_UID 59
/* Socket option, deprecated, write only: adds a group to accept over ipc. */
#define ZMQ_IPC_FILTER_GID 60
/* Socket option, deprecated: the opposite of ZMQ_IPV6. */
#define ZMQ_IPV4ONLY 31
/* Deprecated name of ZMQ_IMMEDIATE. */
#define ZMQ_DELAY_ATTACH_ON_CONNECT ZMQ_IMMEDIATE
/* Deprecated name of ZMQ_DONTWAIT. */
#define ZMQ_NOBLOCK ZMQ_DONTWAIT
/* Deprecated name of ZMQ_ROUTER_MANDATORY. */
#define ZMQ_FAIL_UNROUTABLE ZMQ_ROUTER_MANDATORY
/* Deprecated name of ZMQ_ROUTER_MANDATORY. */
#define ZMQ_ROUTER_BEHAVIOR ZMQ_ROUTER_MANDATORY
/* Message property, deprecated: the descriptor that the message came from. */
#define ZMQ_SRCFD 2
/* GSSAPI principal: service at host. */
#define ZMQ_GSSAPI_NT_HOSTBASED 0
/* GSSAPI principal: a local user. */
#define ZMQ_GSSAPI_NT_USER_NAME 1
/* GSSAPI principal: a Kerberos 5 name. */
#define ZMQ_GSSAPI_NT_KRB5_PRINCIPAL 2
/* Monitor event: connected. Value: the descriptor. */
#define ZMQ_EVENT_CONNECTED 1
/* Monitor event: the attempt to connect is under way. */
#define ZMQ_EVENT_CONNECT_DELAYED 2
/* Monitor event: will connect again. Value: after how many milliseconds. */
#define ZMQ_EVENT_CONNECT_RETRIED 4
/* Monitor event: bound. Value: the descriptor. */
#define ZMQ_EVENT_LISTENING 8
/* Monitor event: could not bind. Value: the errno. */
#define ZMQ_EVENT_BIND_FAILED 16
/* Monitor event: accepted a connection. Value: the descriptor. */
#define ZMQ_EVENT_ACCEPTED 32
/* Monitor event: could not accept a connection. Value: the errno. */
#define ZMQ_EVENT_ACCEPT_FAILED 64
/* Monitor event: closed the descriptor. Value: the descriptor. */
#define ZMQ_EVENT_CLOSED 128
/* Monitor event: could not close the descriptor. Value: the errno. */
#define ZMQ_EVENT_CLOSE_FAILED 256
/* Monitor event: lost the connection. Value: the descriptor. */
#define ZMQ_EVENT_DISCONNECTED 512
/* Monitor event: no event follows. */
#define ZMQ_EVENT_MONITOR_STOPPED 1024
/* All monitor events of version 1. */
#define ZMQ_EVENT_ALL 65535
/* Monitor event: the system failed a handshake. Value: the errno. */
#define ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL 2048
/* Monitor event: a handshake, with its authentication, is complete. */
#define ZMQ_EVENT_HANDSHAKE_SUCCEEDED 4096
/* Monitor event: a handshake broke the protocol. Value: a ZMQ_PROTOCOL_ERROR. */
#define ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL 8192
/* Monitor event: authentication was refused. Value: the status, 300, 400 or 500. */
#define ZMQ_EVENT_HANDSHAKE_FAILED_AUTH 16384
/* Protocol error in ZMTP. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED 268435456
/* Protocol error in ZMTP: a command that does not belong here. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND 268435457
/* Protocol error in ZMTP: a nonce that is not next. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE 268435458
/* Protocol error in ZMTP: exchanging keys failed. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE 268435459
/* Protocol error in ZMTP: a malformed command. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED 268435473
/* Protocol error in ZMTP: a malformed MESSAGE. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE 268435474
/* Protocol error in ZMTP: a malformed HELLO. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO 268435475
/* Protocol error in ZMTP: a malformed INITIATE. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE 268435476
/* Protocol error in ZMTP: a malformed ERROR. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR 268435477
/* Protocol error in ZMTP: a malformed READY. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY 268435478
/* Protocol error in ZMTP: a malformed WELCOME. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME 268435479
/* Protocol error in ZMTP: malformed metadata. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA 268435480
/* Protocol error in ZMTP: decryption failed; the peer may have a wrong key. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC 285212673
/* Protocol error in ZMTP: the peer is set up for another mechanism. */
#define ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH 285212674
/* Protocol error in ZAP. */
#define ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED 536870912
/* Protocol error in ZAP: a malformed reply. */
#define ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY 536870913
/* Protocol error in ZAP: a reply to another request. */
#define ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID 536870914
/* Protocol error in ZAP: an unknown version. */
#define ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION 536870915
/* Protocol error in ZAP: an unknown status. */
#define ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE 536870916
/* Protocol error in ZAP: malformed metadata. */
#define ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA 536870917
/* Protocol error in the WebSocket transport. */
#define ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED 805306368
/* Poll event: can receive. */
#define ZMQ_POLLIN 1
/* Poll event: can send. */
#define ZMQ_POLLOUT 2
/* Poll event: the descriptor has an error. */
#define ZMQ_POLLERR 4
/* Poll event: the descriptor has urgent data. */
#define ZMQ_POLLPRI 8
/* Deprecated and unused: a number of poll items. */
#define ZMQ_POLLITEMS_DFLT 16
/* zmq_has exists. */
#define ZMQ_HAS_CAPABILITIES 1
/* Deprecated device type: a pipeline. */
#define ZMQ_STREAMER 1
/* Deprecated device type: publish and subscribe. */
#define ZMQ_FORWARDER 2
/* Deprecated device type: request and reply. */
#define ZMQ_QUEUE 3

/* zmq_timers_new and its family exist. */
#define ZMQ_HAVE_TIMERS

/*
 * Types
 */

/* A message. Its bytes are the library's own; it has to lie where a pointer could. */
typedef struct zmq_msg_t
{
#if defined _MSC_VER && (defined _M_X64 || defined _M_ARM64)
  __declspec(align (8)) unsigned char _[64];
#elif defined _MSC_VER && (defined _M_IX86 || defined _M_ARM_ARMV7VE || defined _M_ARM)
  __declspec(align (4)) unsigned char _[64];
#elif defined __GNUC__ || defined __INTEL_COMPILER \
  || (defined __SUNPRO_C && __SUNPRO_C >= 0x590) \
  || (defined __SUNPRO_CC && __SUNPRO_CC >= 0x590)
  unsigned char _[64] __attribute__ ((aligned (sizeof (void *))));
#else
  unsigned char _[64];
#endif
} zmq_msg_t;

/* Gives back the data of a message made by zmq_msg_init_data. Runs on whichever thread drops the
   last reference. */
typedef void (zmq_free_fn) (void *data, void *hint);

/* What zmq_timers_execute calls. */
typedef void (zmq_timer_fn) (int timer_id, void *arg);

/* What a thread of zmq_threadstart runs. */
typedef void (zmq_thread_fn) (void *);

/* An operating system's socket, which Windows numbers by a pointer's width. */
#if defined _WIN64
typedef unsigned __int64 zmq_fd_t;
#elif defined _WIN32
typedef unsigned int zmq_fd_t;
#else
typedef int zmq_fd_t;
#endif

/* For zmq_poll: a socket, or a descriptor if the socket is null. */
typedef struct zmq_pollitem_t
{
  void *socket;
  zmq_fd_t fd;
  short events;
  short revents;
} zmq_pollitem_t;

struct iovec;

/*
 * Functions
 */

/* Errors and version. */

/* Retrieves the calling thread's errno. */
ZMQ_EXPORT int zmq_errno (void);
/* The text of an error number. Never null; valid until the next call for a number that neither
   this library nor the system knows. */
ZMQ_EXPORT const char *zmq_strerror (int errnum);
/* Writes the library's version; null pointers are passed over. */
ZMQ_EXPORT void zmq_version (int *major, int *minor, int *patch);
/* Whether the library has a capability: 1 or 0, and 0 for a null pointer. */
ZMQ_EXPORT int zmq_has (const char *capability);

/* Contexts. */

/* Creates a context. Null with EMFILE if there are too many. */
ZMQ_EXPORT void *zmq_ctx_new (void);
/* Terminates a context: its sockets' calls answer ETERM; waits until they are closed and have
   sent what they linger for. In a forked child, a context of the parent's is forgotten. EINTR
   if a signal came: call again. EFAULT: no context. */
ZMQ_EXPORT int zmq_ctx_term (void *context);
/* Makes all blocked and later calls on the context's sockets answer ETERM. EFAULT. */
ZMQ_EXPORT int zmq_ctx_shutdown (void *context);
/* Sets a context option that is an int. EINVAL, EFAULT. */
ZMQ_EXPORT int zmq_ctx_set (void *context, int option, int optval);
/* The value of a context option that is an int. -1 with EINVAL, EFAULT. */
ZMQ_EXPORT int zmq_ctx_get (void *context, int option);
/* Deprecated: a context with this many I/O threads. EINVAL for a negative number. */
ZMQ_EXPORT void *zmq_init (int io_threads);
/* Deprecated: zmq_ctx_term. */
ZMQ_EXPORT int zmq_term (void *context);
/* Deprecated: zmq_ctx_term. */
ZMQ_EXPORT int zmq_ctx_destroy (void *context);

/* Messages. */

/* Makes an empty message. */
ZMQ_EXPORT int zmq_msg_init (zmq_msg_t *msg);
/* Makes a message of size bytes, to be filled. Errors: ENOMEM. */
ZMQ_EXPORT int zmq_msg_init_size (zmq_msg_t *msg, size_t size);
/* Makes a message over the caller's memory, which is given back by ffn (data, hint), from any
   thread, once, when nobody needs it any more; without a function it is constant. Errors:
   ENOMEM; EFAULT for a null pointer with a size. The memory then stays the caller's. */
ZMQ_EXPORT int zmq_msg_init_data (zmq_msg_t *msg, void *data, size_t size, zmq_free_fn *ffn,
  void *hint);
/* Sends a message, leaving it empty. As zmq_send, and EFAULT if it is none. */
ZMQ_EXPORT int zmq_msg_send (zmq_msg_t *msg, void *s, int flags);
/* Receives a frame into a message, whose old content is dropped. As zmq_recv, and EFAULT if it
   is none. */
ZMQ_EXPORT int zmq_msg_recv (zmq_msg_t *msg, void *s, int flags);
/* Gives up a message's content. The memory is then no message until it is initialised again. */
ZMQ_EXPORT int zmq_msg_close (zmq_msg_t *msg);
/* Moves the content of src to dest, whose old content is given up; src is empty then. */
ZMQ_EXPORT int zmq_msg_move (zmq_msg_t *dest, zmq_msg_t *src);
/* Makes dest, whose old content is given up, a copy of src; larger payloads are shared. */
ZMQ_EXPORT int zmq_msg_copy (zmq_msg_t *dest, zmq_msg_t *src);
/* The payload. Null, with EFAULT, if this is no message. */
ZMQ_EXPORT void *zmq_msg_data (zmq_msg_t *msg);
/* Bytes of payload. 0, with EFAULT, if this is no message. */
ZMQ_EXPORT size_t zmq_msg_size (const zmq_msg_t *msg);
/* Whether more parts follow: 1 or 0. A message that was closed still knows. */
ZMQ_EXPORT int zmq_msg_more (const zmq_msg_t *msg);
/* A property: ZMQ_MORE, ZMQ_SHARED, or ZMQ_SRCFD, the file descriptor the message came from.
   Errors: EINVAL for another one, or if there is no such descriptor. */
ZMQ_EXPORT int zmq_msg_get (const zmq_msg_t *msg, int property);
/* Sets a property. There is none that can be set: EINVAL. */
ZMQ_EXPORT int zmq_msg_set (zmq_msg_t *msg, int property, int value);
/* A property of the connection that the message came over, valid as long as the message. Null,
   with EINVAL, if it does not have it. */
ZMQ_EXPORT const char *zmq_msg_gets (const zmq_msg_t *msg, const char *property);

/* Sockets. */

/* Opens a socket. Null with EINVAL (type), EFAULT (context), EMFILE, ETERM. */
ZMQ_EXPORT void *zmq_socket (void *context, int type);
/* Closes a socket. ENOTSOCK. */
ZMQ_EXPORT int zmq_close (void *s);
/* Sets an option. EINVAL, ETERM, ENOTSOCK. */
ZMQ_EXPORT int zmq_setsockopt (void *s, int option, const void *optval, size_t optvallen);
/* Gets an option, and its length into optvallen_. EINVAL, ETERM, ENOTSOCK. */
ZMQ_EXPORT int zmq_getsockopt (void *s, int option, void *optval, size_t *optvallen);
/* Accepts connections at an endpoint. EINVAL, EPROTONOSUPPORT, ENOCOMPATPROTO, EADDRINUSE,
   EADDRNOTAVAIL, ENODEV, EMTHREAD, ETERM, ENOTSOCK. */
ZMQ_EXPORT int zmq_bind (void *s, const char *addr);
/* Connects to an endpoint. EINVAL, EPROTONOSUPPORT, ENOCOMPATPROTO, EMTHREAD, ETERM, ENOTSOCK.
   */
ZMQ_EXPORT int zmq_connect (void *s, const char *addr);
/* Stops accepting at an endpoint. ENOENT, EINVAL, ETERM, ENOTSOCK. */
ZMQ_EXPORT int zmq_unbind (void *s, const char *addr);
/* Ends a connection that this socket made. ENOENT, EINVAL, ETERM, ENOTSOCK. */
ZMQ_EXPORT int zmq_disconnect (void *s, const char *addr);
/* Sends a copy of len_ bytes. The number of bytes, or -1 with EAGAIN, ENOTSUP, EFSM,
   EHOSTUNREACH, EINVAL, EINTR, ETERM, ENOTSOCK, ENOMEM. */
ZMQ_EXPORT int zmq_send (void *s, const void *buf, size_t len, int flags);
/* Sends len_ bytes that stay as they are for ever, without copying them. As zmq_send. */
ZMQ_EXPORT int zmq_send_const (void *s, const void *buf, size_t len, int flags);
/* Receives a frame into a buffer, cutting what does not fit. The frame's whole size, or -1 with
   EAGAIN, ENOTSUP, EFSM, EINTR, ETERM, ENOTSOCK. */
ZMQ_EXPORT int zmq_recv (void *s, void *buf, size_t len, int flags);
/* Reports a socket's events at an inproc endpoint. A null endpoint ends that. EINVAL,
   EPROTONOSUPPORT, EADDRINUSE, ETERM, ENOTSOCK. */
ZMQ_EXPORT int zmq_socket_monitor (void *s, const char *addr, int events);
/* Deprecated: zmq_msg_send. */
ZMQ_EXPORT int zmq_sendmsg (void *s, zmq_msg_t *msg, int flags);
/* Deprecated: zmq_msg_recv. */
ZMQ_EXPORT int zmq_recvmsg (void *s, zmq_msg_t *msg, int flags);
/* Deprecated: sends each buffer; with ZMQ_SNDMORE as the parts of one message, without as
   messages of their own. The number of bytes of the last one, or -1 with EINVAL (no buffers)
   and the errors of zmq_send; what was sent before an error stays sent. */
ZMQ_EXPORT int zmq_sendiov (void *s, struct iovec *iov, size_t count, int flags);
/* Deprecated: receives the parts of one message into buffers that it allocates with malloc, at
   most count_ of them; count_ becomes how many. That number, or -1 with EINVAL, ENOMEM and the
   errors of zmq_recv. */
ZMQ_EXPORT int zmq_recviov (void *s, struct iovec *iov, size_t *count, int flags);

/* Polling. */

/* Waits until an item has an event, at most timeout_ milliseconds (negative: no limit). How
   many items have one, or -1 with EINVAL, EFAULT, EINTR, ETERM, ENOTSOCK. */
ZMQ_EXPORT int zmq_poll (zmq_pollitem_t *items, int nitems, long timeout);

/* Proxies. */

/* Forwards messages between two sockets, both ways, and copies of them to a third unless that
   is null, until the context ends. Always -1, with ETERM, EINTR, EFAULT (a side is null),
   ENOTSOCK, or what sending and receiving give. */
ZMQ_EXPORT int zmq_proxy (void *frontend, void *backend, void *capture);
/* As zmq_proxy, obeying the commands PAUSE, RESUME, TERMINATE and STATISTICS that come over the
   control socket. The answer to the last is eight parts, each a uint64_t: messages (parts) and
   bytes that the frontend received, that it sent, that the backend received, that it sent. A
   REP control socket answers the others with an empty message. 0 after TERMINATE. */
ZMQ_EXPORT int zmq_proxy_steerable (void *frontend, void *backend, void *capture, void
  *control);
/* Deprecated: zmq_proxy without a capture socket. The type, one of ZMQ_QUEUE, ZMQ_FORWARDER and
   ZMQ_STREAMER, makes no difference. */
ZMQ_EXPORT int zmq_device (int type, void *frontend, void *backend);

/* Keys. */

/* Writes size bytes at data to dest as Z85 (RFC 32) text, with a NUL, and returns dest. Null,
   with EINVAL, if size is no multiple of 4. */
ZMQ_EXPORT char *zmq_z85_encode (char *dest, const uint8_t *data, size_t size);
/* Writes the bytes of a Z85 text to dest, and returns dest. Null, with EINVAL, if the text is
   empty or no Z85. */
ZMQ_EXPORT uint8_t *zmq_z85_decode (uint8_t *dest, const char *string);
/* Makes a pair of CURVE keys, each 40 characters of Z85 and a NUL. Errors: EINVAL (null
   pointers), EAGAIN (the system has no random numbers). */
ZMQ_EXPORT int zmq_curve_keypair (char *z85_public_key, char *z85_secret_key);
/* Derives a CURVE public key from a secret one, both as Z85 text. Errors: EINVAL (null
   pointers, no key). */
ZMQ_EXPORT int zmq_curve_public (char *z85_public_key, const char *z85_secret_key);

/* Atomic counters. */

/* Makes a counter, at 0. Null, with ENOMEM, on failure. */
ZMQ_EXPORT void *zmq_atomic_counter_new (void);
/* Sets a counter. */
ZMQ_EXPORT void zmq_atomic_counter_set (void *counter, int value);
/* Adds one and returns the old value. */
ZMQ_EXPORT int zmq_atomic_counter_inc (void *counter);
/* Takes one away; 0 if the counter is at 0 then, else 1. */
ZMQ_EXPORT int zmq_atomic_counter_dec (void *counter);
/* A counter's value. */
ZMQ_EXPORT int zmq_atomic_counter_value (void *counter);
/* Drops a counter and sets the caller's pointer to null. */
ZMQ_EXPORT void zmq_atomic_counter_destroy (void **counter_p);

/* Timers. */

/* Makes a set of timers. Null, with ENOMEM, on failure. */
ZMQ_EXPORT void *zmq_timers_new (void);
/* Drops a set of timers and sets the caller's pointer to null. Errors: EFAULT. */
ZMQ_EXPORT int zmq_timers_destroy (void **timers_p);
/* Adds a timer that expires every interval milliseconds, and returns its id. Errors: EFAULT,
   also without a handler. */
ZMQ_EXPORT int zmq_timers_add (void *timers, size_t interval, zmq_timer_fn *handler, void *arg);
/* Drops a timer. Errors: EFAULT; EINVAL if there is no such timer. */
ZMQ_EXPORT int zmq_timers_cancel (void *timers, int timer_id);
/* Changes a timer's interval and starts it anew. Errors: EFAULT; EINVAL if there is no such
   timer. A cancelled timer is accepted until zmq_timers_timeout or zmq_timers_execute comes
   past it, and stays cancelled. */
ZMQ_EXPORT int zmq_timers_set_interval (void *timers, int timer_id, size_t interval);
/* Starts a timer anew. Errors: EFAULT; EINVAL if there is no such timer. As
   zmq_timers_set_interval has it for a cancelled one. */
ZMQ_EXPORT int zmq_timers_reset (void *timers, int timer_id);
/* Milliseconds until the next timer expires, 0 if one has; -1 if there is none. Errors: EFAULT.
   */
ZMQ_EXPORT long zmq_timers_timeout (void *timers);
/* Calls the handlers of the timers that have expired, in the order of their expiry. Errors:
   EFAULT. */
ZMQ_EXPORT int zmq_timers_execute (void *timers);

/* Stopwatches and threads. */

/* Starts a stopwatch. Null, with ENOMEM, on failure. */
ZMQ_EXPORT void *zmq_stopwatch_start (void);
/* Microseconds since a stopwatch was started. (On systems where unsigned long has 32 bits, it
   wraps around after 71 minutes, as libzmq's.) */
ZMQ_EXPORT unsigned long zmq_stopwatch_intermediate (void *watch);
/* Microseconds since a stopwatch was started; drops it. */
ZMQ_EXPORT unsigned long zmq_stopwatch_stop (void *watch);
/* Sleeps, until a signal handler runs if one does. */
ZMQ_EXPORT void zmq_sleep (int seconds);
/* Starts a thread that calls func (arg) and takes no signals. Null on failure: EFAULT without a
   function, EAGAIN or ENOMEM if the system has no more threads. */
ZMQ_EXPORT void *zmq_threadstart (zmq_thread_fn *func, void *arg);
/* Waits for a thread's end and drops its handle. */
ZMQ_EXPORT void zmq_threadclose (void *thread);

/*
 * The draft interface, which may change
 */

#ifdef ZMQ_BUILD_DRAFT_API

/* Socket type: addresses its clients by number; thread-safe. */
#define ZMQ_SERVER 12
/* Socket type: talks to servers; thread-safe. */
#define ZMQ_CLIENT 13
/* Socket type: publishes to groups; thread-safe. */
#define ZMQ_RADIO 14
/* Socket type: receives from the groups that it joined; thread-safe. */
#define ZMQ_DISH 15
/* Socket type: receives from a pipeline; thread-safe. */
#define ZMQ_GATHER 16
/* Socket type: sends into a pipeline; thread-safe. */
#define ZMQ_SCATTER 17
/* Socket type: plain UDP datagrams. */
#define ZMQ_DGRAM 18
/* Socket type: addresses its equals by number; thread-safe. */
#define ZMQ_PEER 19
/* Socket type: exactly one peer, both directions; thread-safe. */
#define ZMQ_CHANNEL 20
/* Socket option: refuse connections without a domain to authenticate in. */
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
/* Socket option: faster loopback connections on Windows. */
#define ZMQ_LOOPBACK_FASTPATH 94
/* Socket option, write only: adds a property that peers can read. */
#define ZMQ_METADATA 95
/* Socket option: the own multicast comes back. */
#define ZMQ_MULTICAST_LOOP 96
/* Socket option: a ROUTER tells of peers that come and go. */
#define ZMQ_ROUTER_NOTIFY 97
/* Socket option: an XPUB sends the next message to the latest subscriber only. */
#define ZMQ_XPUB_MANUAL_LAST_VALUE 98
/* Socket option: user name for the SOCKS5 proxy. */
#define ZMQ_SOCKS_USERNAME 99
/* Socket option: password for the SOCKS5 proxy. */
#define ZMQ_SOCKS_PASSWORD 100
/* Socket option: how many bytes are received at once. */
#define ZMQ_IN_BATCH_SIZE 101
/* Socket option: how many bytes are sent at once. */
#define ZMQ_OUT_BATCH_SIZE 102
/* Socket option, write only: own secret key for wss. */
#define ZMQ_WSS_KEY_PEM 103
/* Socket option, write only: own certificate for wss. */
#define ZMQ_WSS_CERT_PEM 104
/* Socket option, write only: certificate authorities to trust for wss. */
#define ZMQ_WSS_TRUST_PEM 105
/* Socket option, write only: the server's name for wss. */
#define ZMQ_WSS_HOSTNAME 106
/* Socket option, write only: trust the system's certificate authorities for wss. */
#define ZMQ_WSS_TRUST_SYSTEM 107
/* Socket option: only a message's first part can be a subscription. */
#define ZMQ_ONLY_FIRST_SUBSCRIBE 108
/* Socket option: when not to connect again. */
#define ZMQ_RECONNECT_STOP 109
/* Socket option: the message sent to each new peer. */
#define ZMQ_HELLO_MSG 110
/* Socket option: the message received when a peer is gone. */
#define ZMQ_DISCONNECT_MSG 111
/* Socket option: overrides SO_PRIORITY. */
#define ZMQ_PRIORITY 112
/* Socket option: overrides SO_BUSY_POLL. */
#define ZMQ_BUSY_POLL 113
/* Socket option: the message received when a connection was replaced. */
#define ZMQ_HICCUP_MSG 114
/* Socket option: an XSUB passes every cancellation on. */
#define ZMQ_XSUB_VERBOSE_UNSUBSCRIBE 115
/* Socket option, read only: how many topics are subscribed to. */
#define ZMQ_TOPICS_COUNT 116
/* Socket option: how norm controls congestion. */
#define ZMQ_NORM_MODE 117
/* Socket option: norm asks the sender alone for repairs. */
#define ZMQ_NORM_UNICAST_NACK 118
/* Socket option: size of norm's buffer in kilobytes. */
#define ZMQ_NORM_BUFFER_SIZE 119
/* Socket option: size of norm's segments in bytes. */
#define ZMQ_NORM_SEGMENT_SIZE 120
/* Socket option: how many segments make a block of norm. */
#define ZMQ_NORM_BLOCK_SIZE 121
/* Socket option: how many parity segments norm has for a block. */
#define ZMQ_NORM_NUM_PARITY 122
/* Socket option: how many parity segments norm sends unasked. */
#define ZMQ_NORM_NUM_AUTOPARITY 123
/* Socket option: norm drops old data rather than wait. */
#define ZMQ_NORM_PUSH 124
/* ZMQ_NORM_MODE: a fixed rate. */
#define ZMQ_NORM_FIXED 0
/* ZMQ_NORM_MODE: norm's congestion control. */
#define ZMQ_NORM_CC 1
/* ZMQ_NORM_MODE: congestion control that takes losses for line noise. */
#define ZMQ_NORM_CCL 2
/* ZMQ_NORM_MODE: congestion control by ECN and losses. */
#define ZMQ_NORM_CCE 3
/* ZMQ_NORM_MODE: congestion control by ECN alone. */
#define ZMQ_NORM_CCE_ECNONLY 4
/* ZMQ_RECONNECT_STOP: the peer refused. */
#define ZMQ_RECONNECT_STOP_CONN_REFUSED 1
/* ZMQ_RECONNECT_STOP: the handshake failed. */
#define ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED 2
/* ZMQ_RECONNECT_STOP: the application disconnected. */
#define ZMQ_RECONNECT_STOP_AFTER_DISCONNECT 4
/* Context option: received messages may refer to the receive buffer. */
#define ZMQ_ZERO_COPY_RECV 10
/* ZMQ_ROUTER_NOTIFY: of peers that come. */
#define ZMQ_NOTIFY_CONNECT 1
/* ZMQ_ROUTER_NOTIFY: of peers that go. */
#define ZMQ_NOTIFY_DISCONNECT 2
/* Monitor event: how many messages wait, asked for by zmq_socket_monitor_pipes_stats. */
#define ZMQ_EVENT_PIPES_STATS 65536
/* The version of monitor events that zmq_socket_monitor sends. */
#define ZMQ_CURRENT_EVENT_VERSION 1
/* The newest version of monitor events. */
#define ZMQ_CURRENT_EVENT_VERSION_DRAFT 2
/* All monitor events of version 1. */
#define ZMQ_EVENT_ALL_V1 ZMQ_EVENT_ALL
/* All monitor events of version 2. */
#define ZMQ_EVENT_ALL_V2 (ZMQ_EVENT_ALL_V1 | ZMQ_EVENT_PIPES_STATS)
/* Message property by name: the peer's routing id. */
#define ZMQ_MSG_PROPERTY_ROUTING_ID "Routing-Id"
/* Message property by name: the peer's socket type. */
#define ZMQ_MSG_PROPERTY_SOCKET_TYPE "Socket-Type"
/* Message property by name: the user that authentication found. */
#define ZMQ_MSG_PROPERTY_USER_ID "User-Id"
/* Message property by name: the peer's address. */
#define ZMQ_MSG_PROPERTY_PEER_ADDRESS "Peer-Address"

/* zmq_poller_new and its family exist. */
#define ZMQ_HAVE_POLLER

/* What zmq_poller_wait reports. */
typedef struct zmq_poller_event_t
{
  void *socket;
  zmq_fd_t fd;
  void *user_data;
  short events;
} zmq_poller_event_t;

/* Contexts. */

/* Sets a context option of any type. EINVAL, EFAULT. */
ZMQ_EXPORT int zmq_ctx_set_ext (void *context, int option, const void *optval, size_t
  optvallen);
/* Gets a context option of any type. EINVAL, EFAULT. */
ZMQ_EXPORT int zmq_ctx_get_ext (void *context, int option, void *optval, size_t *optvallen);

/* Messages. */

/* Makes a message with a copy of size bytes at data. Errors: ENOMEM; EFAULT for a null pointer
   with a size. */
ZMQ_EXPORT int zmq_msg_init_buffer (zmq_msg_t *msg, const void *data, size_t size);
/* Names the peer of a SERVER or PEER socket that the message goes to. Errors: EINVAL for 0. */
ZMQ_EXPORT int zmq_msg_set_routing_id (zmq_msg_t *msg, uint32_t routing_id);
/* The peer of a SERVER or PEER socket that the message came from; 0 if there is none. */
ZMQ_EXPORT uint32_t zmq_msg_routing_id (zmq_msg_t *msg);
/* Sets the group of a RADIO's message, cut to 255 bytes. Errors: ENOMEM. */
ZMQ_EXPORT int zmq_msg_set_group (zmq_msg_t *msg, const char *group);
/* The group of a DISH's message, valid as long as the message has it; empty if there is none.
   */
ZMQ_EXPORT const char *zmq_msg_group (zmq_msg_t *msg);

/* Sockets. */

/* Draft: joins a group. EINVAL (too long, joined already), ENOTSUP, ENOTSOCK. */
ZMQ_EXPORT int zmq_join (void *s, const char *group);
/* Draft: leaves a group. EINVAL (too long, not joined), ENOTSUP, ENOTSOCK. */
ZMQ_EXPORT int zmq_leave (void *s, const char *group);
/* Draft: connects a PEER socket and tells the routing id; 0 is failure. ENOTSUP (another type),
   EFAULT (with ZMQ_IMMEDIATE), ENOTSOCK and the errors of zmq_connect. */
ZMQ_EXPORT uint32_t zmq_connect_peer (void *s, const char *addr);
/* Draft: ends the connection of a SERVER or PEER socket to a peer. EHOSTUNREACH, ENOTSUP
   (another type), ETERM, ENOTSOCK. */
ZMQ_EXPORT int zmq_disconnect_peer (void *s, uint32_t routing_id);
/* Draft: which of ZMQ_POLLIN and ZMQ_POLLOUT hold for one peer of a ROUTER. ENOTSUP,
   EHOSTUNREACH, EINVAL, ENOTSOCK. */
ZMQ_EXPORT int zmq_socket_get_peer_state (void *s, const void *routing_id, size_t
  routing_id_size);
/* Draft: as zmq_socket_monitor, with the version (1 or 2) of the events and the type (PAIR,
   PUB, PUSH) of the socket that reports them. */
ZMQ_EXPORT int zmq_socket_monitor_versioned (void *s, const char *addr, uint64_t events, int
  event_version, int type);
/* Draft: has the monitor report how full each pipe is. EINVAL if it was not asked for such
   events, EAGAIN without pipes, ETERM, ENOTSOCK. */
ZMQ_EXPORT int zmq_socket_monitor_pipes_stats (void *s);

/* Polling. */

/* A new poller, or null with ENOMEM. */
ZMQ_EXPORT void *zmq_poller_new (void);
/* Destroys a poller and sets the pointer to null. -1 with EFAULT if it is none. */
ZMQ_EXPORT int zmq_poller_destroy (void **poller_p);
/* How many sockets and descriptors a poller has. -1 with EFAULT. */
ZMQ_EXPORT int zmq_poller_size (void *poller);
/* Adds a socket; no events are allowed. -1 with EFAULT, ENOTSOCK, EINVAL (it is there already,
   or other than the ZMQ_POLL… events), EMFILE. */
ZMQ_EXPORT int zmq_poller_add (void *poller, void *s, void *user_data, short events);
/* Changes the events of a socket. -1 with EFAULT, ENOTSOCK, EINVAL (it is not there, or other
   than the ZMQ_POLL… events). */
ZMQ_EXPORT int zmq_poller_modify (void *poller, void *s, short events);
/* Takes a socket out. -1 with EFAULT, EINVAL (it is not there), ENOTSOCK; the last also for one
   that was closed, which is taken out all the same. */
ZMQ_EXPORT int zmq_poller_remove (void *poller, void *s);
/* Waits for an event, at most timeout_ milliseconds (negative: no limit). 0, or -1 with an
   empty event and the errors of zmq_poller_wait_all. */
ZMQ_EXPORT int zmq_poller_wait (void *poller, zmq_poller_event_t *event, long timeout);
/* Waits until there is an event, at most timeout_ milliseconds (negative: no limit), and
   reports as many as there are, at most n_events_; the rest of the array is emptied. How many,
   or -1 with EAGAIN (the time is over), EFAULT (not a poller, a null pointer, or no item has
   events to wait for without limit), EINVAL (a negative number), EINTR, ETERM, ENOTSOCK (a
   socket was closed). */
ZMQ_EXPORT int zmq_poller_wait_all (void *poller, zmq_poller_event_t *events, int n_events, long
  timeout);
/* The descriptor that turns readable when a socket of the poller has something to process. -1
   with EFAULT, EINVAL (the poller never had a thread-safe socket). */
ZMQ_EXPORT int zmq_poller_fd (void *poller, zmq_fd_t *fd);
/* Adds a descriptor; no events are allowed. -1 with EFAULT, EBADF (it is -1), EINVAL (it is
   there already, or other than the ZMQ_POLL… events), EMFILE. */
ZMQ_EXPORT int zmq_poller_add_fd (void *poller, zmq_fd_t fd, void *user_data, short events);
/* Changes the events of a descriptor. -1 with EFAULT, EBADF (it is -1), EINVAL (it is not
   there, or other than the ZMQ_POLL… events). */
ZMQ_EXPORT int zmq_poller_modify_fd (void *poller, zmq_fd_t fd, short events);
/* Takes a descriptor out. -1 with EFAULT, EBADF (it is -1), EINVAL (it is not there). */
ZMQ_EXPORT int zmq_poller_remove_fd (void *poller, zmq_fd_t fd);

#if !defined _WIN32
/* As zmq_poll, with these signals blocked while it waits. */
ZMQ_EXPORT int zmq_ppoll (zmq_pollitem_t *items, int nitems, long timeout, const sigset_t *sigmask);
#else
/* As zmq_poll. */
ZMQ_EXPORT int zmq_ppoll (zmq_pollitem_t *items, int nitems, long timeout, const void *sigmask);
#endif

#endif /* ZMQ_BUILD_DRAFT_API */

#undef ZMQ_EXPORT

#ifdef __cplusplus
}
#endif

#endif /* __ZMQ_H_INCLUDED__ */
