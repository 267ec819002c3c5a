//! Numbers of the public interface, under the names that `zmq.h` gives them.
//!
//! `include/zmq.h` is generated from this file and from [`draft`]; the comments here become the
//! header's. Values never change: programs have them compiled in.

// Half of these exist for C programs only: the library itself never names them.
#![allow(dead_code)]

mod draft;

pub use draft::*;

// Version.

/// Major version of the interface: a different one is incompatible.
pub const ZMQ_VERSION_MAJOR: i32 = 4;
/// Minor version of the interface.
pub const ZMQ_VERSION_MINOR: i32 = 3;
/// Patch level of the interface.
pub const ZMQ_VERSION_PATCH: i32 = 5;

// Errors.

/// Where the library's own errno values start, away from those of operating systems.
pub const ZMQ_HAUSNUMERO: i32 = 156384712;
/// The operation does not fit the state that the socket is in.
pub const EFSM: i32 = ZMQ_HAUSNUMERO + 51;
/// The socket type cannot be used with this transport.
pub const ENOCOMPATPROTO: i32 = ZMQ_HAUSNUMERO + 52;
/// The context was terminated or shut down.
pub const ETERM: i32 = ZMQ_HAUSNUMERO + 53;
/// No I/O thread is there to do the work.
pub const EMTHREAD: i32 = ZMQ_HAUSNUMERO + 54;

// Context options.

/// Context option: number of I/O threads.
pub const ZMQ_IO_THREADS: i32 = 1;
/// Context option: how many sockets may be open at once.
pub const ZMQ_MAX_SOCKETS: i32 = 2;
/// Context option, read only: the highest value that `ZMQ_MAX_SOCKETS` takes.
pub const ZMQ_SOCKET_LIMIT: i32 = 3;
/// Context option, write only: scheduling priority of the I/O threads.
pub const ZMQ_THREAD_PRIORITY: i32 = 3;
/// Context option: scheduling policy of the I/O threads.
pub const ZMQ_THREAD_SCHED_POLICY: i32 = 4;
/// Context option: size limit of a sent message, in bytes.
pub const ZMQ_MAX_MSGSZ: i32 = 5;
/// Context option, read only: size of `zmq_msg_t`, in bytes.
pub const ZMQ_MSG_T_SIZE: i32 = 6;
/// Context option, write only: lets the I/O threads run on this CPU.
pub const ZMQ_THREAD_AFFINITY_CPU_ADD: i32 = 7;
/// Context option, write only: takes back a CPU that was added.
pub const ZMQ_THREAD_AFFINITY_CPU_REMOVE: i32 = 8;
/// Context option: put before the names of the I/O threads.
pub const ZMQ_THREAD_NAME_PREFIX: i32 = 9;

/// What `ZMQ_IO_THREADS` is in a new context.
pub const ZMQ_IO_THREADS_DFLT: i32 = 1;
/// What `ZMQ_MAX_SOCKETS` is in a new context.
pub const ZMQ_MAX_SOCKETS_DFLT: i32 = 1023;
/// What `ZMQ_THREAD_PRIORITY` is in a new context: the system's choice.
pub const ZMQ_THREAD_PRIORITY_DFLT: i32 = -1;
/// What `ZMQ_THREAD_SCHED_POLICY` is in a new context: the system's choice.
pub const ZMQ_THREAD_SCHED_POLICY_DFLT: i32 = -1;

// Socket types.

/// Socket type: exactly one peer, both directions.
pub const ZMQ_PAIR: i32 = 0;
/// Socket type: publishes to its subscribers.
pub const ZMQ_PUB: i32 = 1;
/// Socket type: receives what it subscribed to.
pub const ZMQ_SUB: i32 = 2;
/// Socket type: sends a request, then receives the reply.
pub const ZMQ_REQ: i32 = 3;
/// Socket type: receives a request, then sends the reply.
pub const ZMQ_REP: i32 = 4;
/// Socket type: asynchronous requests, spread over its peers.
pub const ZMQ_DEALER: i32 = 5;
/// Socket type: addresses its peers by their routing id.
pub const ZMQ_ROUTER: i32 = 6;
/// Socket type: receives from a pipeline.
pub const ZMQ_PULL: i32 = 7;
/// Socket type: sends into a pipeline.
pub const ZMQ_PUSH: i32 = 8;
/// Socket type: a publisher that sees the subscriptions.
pub const ZMQ_XPUB: i32 = 9;
/// Socket type: a subscriber whose subscriptions are messages.
pub const ZMQ_XSUB: i32 = 10;
/// Socket type: plain TCP, without the ZeroMQ protocol.
pub const ZMQ_STREAM: i32 = 11;

/// Deprecated name of `ZMQ_DEALER`.
pub const ZMQ_XREQ: i32 = ZMQ_DEALER;
/// Deprecated name of `ZMQ_ROUTER`.
pub const ZMQ_XREP: i32 = ZMQ_ROUTER;

// Socket options.

/// Socket option: bit mask of the I/O threads that serve new connections.
pub const ZMQ_AFFINITY: i32 = 4;
/// Socket option: the name by which ROUTER peers address this socket.
pub const ZMQ_ROUTING_ID: i32 = 5;
/// Socket option, write only: adds a subscription.
pub const ZMQ_SUBSCRIBE: i32 = 6;
/// Socket option, write only: removes a subscription.
pub const ZMQ_UNSUBSCRIBE: i32 = 7;
/// Socket option: multicast data rate in kilobits per second.
pub const ZMQ_RATE: i32 = 8;
/// Socket option: for how many milliseconds multicast data can be recovered.
pub const ZMQ_RECOVERY_IVL: i32 = 9;
/// Socket option: size of the kernel's transmit buffer in bytes.
pub const ZMQ_SNDBUF: i32 = 11;
/// Socket option: size of the kernel's receive buffer in bytes.
pub const ZMQ_RCVBUF: i32 = 12;
/// Socket option, read only: whether more parts of the message follow.
pub const ZMQ_RCVMORE: i32 = 13;
/// Socket option, read only: the descriptor that tells of events, edge-triggered.
pub const ZMQ_FD: i32 = 14;
/// Socket option, read only: which of `ZMQ_POLLIN` and `ZMQ_POLLOUT` hold.
pub const ZMQ_EVENTS: i32 = 15;
/// Socket option, read only: the socket's type.
pub const ZMQ_TYPE: i32 = 16;
/// Socket option: milliseconds for which a closed socket still sends.
pub const ZMQ_LINGER: i32 = 17;
/// Socket option: milliseconds between attempts to connect again.
pub const ZMQ_RECONNECT_IVL: i32 = 18;
/// Socket option: length of the kernel's queue of connections to accept.
pub const ZMQ_BACKLOG: i32 = 19;
/// Socket option: milliseconds that the growing reconnection interval may reach.
pub const ZMQ_RECONNECT_IVL_MAX: i32 = 21;
/// Socket option: size limit of a received message in bytes.
pub const ZMQ_MAXMSGSIZE: i32 = 22;
/// Socket option: how many messages to send may wait, for each peer.
pub const ZMQ_SNDHWM: i32 = 23;
/// Socket option: how many received messages may wait, for each peer.
pub const ZMQ_RCVHWM: i32 = 24;
/// Socket option: how many network hops a multicast packet may take.
pub const ZMQ_MULTICAST_HOPS: i32 = 25;
/// Socket option: milliseconds after which receiving gives up.
pub const ZMQ_RCVTIMEO: i32 = 27;
/// Socket option: milliseconds after which sending gives up.
pub const ZMQ_SNDTIMEO: i32 = 28;
/// Socket option, read only: the endpoint that was bound or connected last.
pub const ZMQ_LAST_ENDPOINT: i32 = 32;
/// Socket option: a ROUTER reports messages that it cannot route.
pub const ZMQ_ROUTER_MANDATORY: i32 = 33;
/// Socket option: overrides SO_KEEPALIVE.
pub const ZMQ_TCP_KEEPALIVE: i32 = 34;
/// Socket option: overrides TCP_KEEPCNT.
pub const ZMQ_TCP_KEEPALIVE_CNT: i32 = 35;
/// Socket option: overrides TCP_KEEPIDLE.
pub const ZMQ_TCP_KEEPALIVE_IDLE: i32 = 36;
/// Socket option: overrides TCP_KEEPINTVL.
pub const ZMQ_TCP_KEEPALIVE_INTVL: i32 = 37;
/// Socket option: queue messages to established connections only.
pub const ZMQ_IMMEDIATE: i32 = 39;
/// Socket option: an XPUB passes repeated subscriptions on.
pub const ZMQ_XPUB_VERBOSE: i32 = 40;
/// Socket option, deprecated: a ROUTER speaks plain TCP.
pub const ZMQ_ROUTER_RAW: i32 = 41;
/// Socket option: allows IPv6 addresses.
pub const ZMQ_IPV6: i32 = 42;
/// Socket option, read only: the security mechanism in force.
pub const ZMQ_MECHANISM: i32 = 43;
/// Socket option: be the server of the PLAIN mechanism.
pub const ZMQ_PLAIN_SERVER: i32 = 44;
/// Socket option: user name for the PLAIN mechanism.
pub const ZMQ_PLAIN_USERNAME: i32 = 45;
/// Socket option: password for the PLAIN mechanism.
pub const ZMQ_PLAIN_PASSWORD: i32 = 46;
/// Socket option: be the server of the CURVE mechanism.
pub const ZMQ_CURVE_SERVER: i32 = 47;
/// Socket option: own public key for the CURVE mechanism.
pub const ZMQ_CURVE_PUBLICKEY: i32 = 48;
/// Socket option: own secret key for the CURVE mechanism.
pub const ZMQ_CURVE_SECRETKEY: i32 = 49;
/// Socket option: the server's public key for the CURVE mechanism.
pub const ZMQ_CURVE_SERVERKEY: i32 = 50;
/// Socket option: sends an empty message over each new connection.
pub const ZMQ_PROBE_ROUTER: i32 = 51;
/// Socket option: a REQ matches replies with its requests.
pub const ZMQ_REQ_CORRELATE: i32 = 52;
/// Socket option: a REQ may send again before the reply came.
pub const ZMQ_REQ_RELAXED: i32 = 53;
/// Socket option: keeps the latest message only.
pub const ZMQ_CONFLATE: i32 = 54;
/// Socket option: the domain that authentication requests name.
pub const ZMQ_ZAP_DOMAIN: i32 = 55;
/// Socket option: a ROUTER gives a routing id to the latest peer that claims it.
pub const ZMQ_ROUTER_HANDOVER: i32 = 56;
/// Socket option: overrides the IP type of service.
pub const ZMQ_TOS: i32 = 57;
/// Socket option, write only: routing id for the peer that is connected next.
pub const ZMQ_CONNECT_ROUTING_ID: i32 = 61;
/// Socket option: be the server of the GSSAPI mechanism.
pub const ZMQ_GSSAPI_SERVER: i32 = 62;
/// Socket option: own principal for the GSSAPI mechanism.
pub const ZMQ_GSSAPI_PRINCIPAL: i32 = 63;
/// Socket option: the server's principal for the GSSAPI mechanism.
pub const ZMQ_GSSAPI_SERVICE_PRINCIPAL: i32 = 64;
/// Socket option: authenticates by GSSAPI, but does not encrypt.
pub const ZMQ_GSSAPI_PLAINTEXT: i32 = 65;
/// Socket option: milliseconds after which an unfinished handshake is given up.
pub const ZMQ_HANDSHAKE_IVL: i32 = 66;
/// Socket option: the SOCKS5 proxy to connect through.
pub const ZMQ_SOCKS_PROXY: i32 = 68;
/// Socket option: a publisher blocks or reports instead of dropping.
pub const ZMQ_XPUB_NODROP: i32 = 69;
/// Context option: sockets of this context linger by default.
pub const ZMQ_BLOCKY: i32 = 70;
/// Socket option: the application answers the subscriptions of an XPUB.
pub const ZMQ_XPUB_MANUAL: i32 = 71;
/// Socket option: the message that an XPUB sends to each new subscriber.
pub const ZMQ_XPUB_WELCOME_MSG: i32 = 72;
/// Socket option: a STREAM tells of connections that come and go.
pub const ZMQ_STREAM_NOTIFY: i32 = 73;
/// Socket option: subscriptions name what is not wanted.
pub const ZMQ_INVERT_MATCHING: i32 = 74;
/// Socket option: milliseconds between heartbeats.
pub const ZMQ_HEARTBEAT_IVL: i32 = 75;
/// Socket option: milliseconds after which the peer shall give up a silent connection.
pub const ZMQ_HEARTBEAT_TTL: i32 = 76;
/// Socket option: milliseconds to wait for the answer to a heartbeat.
pub const ZMQ_HEARTBEAT_TIMEOUT: i32 = 77;
/// Socket option: an XPUB passes repeated subscriptions and cancellations on.
pub const ZMQ_XPUB_VERBOSER: i32 = 78;
/// Socket option: milliseconds after which an attempt to connect is given up.
pub const ZMQ_CONNECT_TIMEOUT: i32 = 79;
/// Socket option: milliseconds after which unacknowledged data ends a TCP connection.
pub const ZMQ_TCP_MAXRT: i32 = 80;
/// Socket option, read only: whether several threads may use the socket at once.
pub const ZMQ_THREAD_SAFE: i32 = 81;
/// Socket option: size limit of a multicast packet in bytes.
pub const ZMQ_MULTICAST_MAXTPDU: i32 = 84;
/// Socket option: size of the VMCI buffer in bytes.
pub const ZMQ_VMCI_BUFFER_SIZE: i32 = 85;
/// Socket option: lower limit of the VMCI buffer in bytes.
pub const ZMQ_VMCI_BUFFER_MIN_SIZE: i32 = 86;
/// Socket option: upper limit of the VMCI buffer in bytes.
pub const ZMQ_VMCI_BUFFER_MAX_SIZE: i32 = 87;
/// Socket option: milliseconds after which an attempt to connect by VMCI is given up.
pub const ZMQ_VMCI_CONNECT_TIMEOUT: i32 = 88;
/// Socket option: an open descriptor to use instead of making one.
pub const ZMQ_USE_FD: i32 = 89;
/// Socket option: how to read `ZMQ_GSSAPI_PRINCIPAL`.
pub const ZMQ_GSSAPI_PRINCIPAL_NAMETYPE: i32 = 90;
/// Socket option: how to read `ZMQ_GSSAPI_SERVICE_PRINCIPAL`.
pub const ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE: i32 = 91;
/// Socket option: the network interface to use.
pub const ZMQ_BINDTODEVICE: i32 = 92;

// Message properties.

/// Message property: more parts of the message follow.
pub const ZMQ_MORE: i32 = 1;
/// Message property: the payload is shared with a copy.
pub const ZMQ_SHARED: i32 = 3;

// Flags of sending and receiving.

/// Send and receive flag: fail with EAGAIN instead of blocking.
pub const ZMQ_DONTWAIT: i32 = 1;
/// Send flag: more parts of the message follow.
pub const ZMQ_SNDMORE: i32 = 2;

// Security mechanisms.

/// Security mechanism: none.
pub const ZMQ_NULL: i32 = 0;
/// Security mechanism: user name and password in clear text.
pub const ZMQ_PLAIN: i32 = 1;
/// Security mechanism: elliptic curve encryption and authentication.
pub const ZMQ_CURVE: i32 = 2;
/// Security mechanism: Kerberos through GSSAPI.
pub const ZMQ_GSSAPI: i32 = 3;

/// How long a group name of RADIO and DISH may be, in bytes.
pub const ZMQ_GROUP_MAX_LENGTH: i32 = 255;

// Deprecated options and aliases.

/// Deprecated name of `ZMQ_ROUTING_ID`.
pub const ZMQ_IDENTITY: i32 = ZMQ_ROUTING_ID;
/// Deprecated name of `ZMQ_CONNECT_ROUTING_ID`.
pub const ZMQ_CONNECT_RID: i32 = ZMQ_CONNECT_ROUTING_ID;
/// Socket option, deprecated, write only: adds a range of addresses to accept.
pub const ZMQ_TCP_ACCEPT_FILTER: i32 = 38;
/// Socket option, deprecated, write only: adds a process to accept over ipc.
pub const ZMQ_IPC_FILTER_PID: i32 = 58;
/// Socket option, deprecated, write only: adds a user to accept over ipc.
pub const ZMQ_IPC_FILTER_UID: i32 = 59;
/// Socket option, deprecated, write only: adds a group to accept over ipc.
pub const ZMQ_IPC_FILTER_GID: i32 = 60;
/// Socket option, deprecated: the opposite of `ZMQ_IPV6`.
pub const ZMQ_IPV4ONLY: i32 = 31;
/// Deprecated name of `ZMQ_IMMEDIATE`.
pub const ZMQ_DELAY_ATTACH_ON_CONNECT: i32 = ZMQ_IMMEDIATE;
/// Deprecated name of `ZMQ_DONTWAIT`.
pub const ZMQ_NOBLOCK: i32 = ZMQ_DONTWAIT;
/// Deprecated name of `ZMQ_ROUTER_MANDATORY`.
pub const ZMQ_FAIL_UNROUTABLE: i32 = ZMQ_ROUTER_MANDATORY;
/// Deprecated name of `ZMQ_ROUTER_MANDATORY`.
pub const ZMQ_ROUTER_BEHAVIOR: i32 = ZMQ_ROUTER_MANDATORY;
/// Message property, deprecated: the descriptor that the message came from.
pub const ZMQ_SRCFD: i32 = 2;

// How a GSSAPI principal is written.

/// GSSAPI principal: service at host.
pub const ZMQ_GSSAPI_NT_HOSTBASED: i32 = 0;
/// GSSAPI principal: a local user.
pub const ZMQ_GSSAPI_NT_USER_NAME: i32 = 1;
/// GSSAPI principal: a Kerberos 5 name.
pub const ZMQ_GSSAPI_NT_KRB5_PRINCIPAL: i32 = 2;

// Monitor events.

/// Monitor event: connected. Value: the descriptor.
pub const ZMQ_EVENT_CONNECTED: i32 = 0x0001;
/// Monitor event: the attempt to connect is under way.
pub const ZMQ_EVENT_CONNECT_DELAYED: i32 = 0x0002;
/// Monitor event: will connect again. Value: after how many milliseconds.
pub const ZMQ_EVENT_CONNECT_RETRIED: i32 = 0x0004;
/// Monitor event: bound. Value: the descriptor.
pub const ZMQ_EVENT_LISTENING: i32 = 0x0008;
/// Monitor event: could not bind. Value: the errno.
pub const ZMQ_EVENT_BIND_FAILED: i32 = 0x0010;
/// Monitor event: accepted a connection. Value: the descriptor.
pub const ZMQ_EVENT_ACCEPTED: i32 = 0x0020;
/// Monitor event: could not accept a connection. Value: the errno.
pub const ZMQ_EVENT_ACCEPT_FAILED: i32 = 0x0040;
/// Monitor event: closed the descriptor. Value: the descriptor.
pub const ZMQ_EVENT_CLOSED: i32 = 0x0080;
/// Monitor event: could not close the descriptor. Value: the errno.
pub const ZMQ_EVENT_CLOSE_FAILED: i32 = 0x0100;
/// Monitor event: lost the connection. Value: the descriptor.
pub const ZMQ_EVENT_DISCONNECTED: i32 = 0x0200;
/// Monitor event: no event follows.
pub const ZMQ_EVENT_MONITOR_STOPPED: i32 = 0x0400;
/// All monitor events of version 1.
pub const ZMQ_EVENT_ALL: i32 = 0xFFFF;
/// Monitor event: the system failed a handshake. Value: the errno.
pub const ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: i32 = 0x0800;
/// Monitor event: a handshake, with its authentication, is complete.
pub const ZMQ_EVENT_HANDSHAKE_SUCCEEDED: i32 = 0x1000;
/// Monitor event: a handshake broke the protocol. Value: a `ZMQ_PROTOCOL_ERROR`.
pub const ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: i32 = 0x2000;
/// Monitor event: authentication was refused. Value: the status, 300, 400 or 500.
pub const ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: i32 = 0x4000;

/// Protocol error in ZMTP.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED: i32 = 0x10000000;
/// Protocol error in ZMTP: a command that does not belong here.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND: i32 = 0x10000001;
/// Protocol error in ZMTP: a nonce that is not next.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE: i32 = 0x10000002;
/// Protocol error in ZMTP: exchanging keys failed.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE: i32 = 0x10000003;
/// Protocol error in ZMTP: a malformed command.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED: i32 = 0x10000011;
/// Protocol error in ZMTP: a malformed MESSAGE.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE: i32 = 0x10000012;
/// Protocol error in ZMTP: a malformed HELLO.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO: i32 = 0x10000013;
/// Protocol error in ZMTP: a malformed INITIATE.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE: i32 = 0x10000014;
/// Protocol error in ZMTP: a malformed ERROR.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR: i32 = 0x10000015;
/// Protocol error in ZMTP: a malformed READY.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY: i32 = 0x10000016;
/// Protocol error in ZMTP: a malformed WELCOME.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME: i32 = 0x10000017;
/// Protocol error in ZMTP: malformed metadata.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA: i32 = 0x10000018;
/// Protocol error in ZMTP: decryption failed; the peer may have a wrong key.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC: i32 = 0x11000001;
/// Protocol error in ZMTP: the peer is set up for another mechanism.
pub const ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH: i32 = 0x11000002;
/// Protocol error in ZAP.
pub const ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED: i32 = 0x20000000;
/// Protocol error in ZAP: a malformed reply.
pub const ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY: i32 = 0x20000001;
/// Protocol error in ZAP: a reply to another request.
pub const ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID: i32 = 0x20000002;
/// Protocol error in ZAP: an unknown version.
pub const ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION: i32 = 0x20000003;
/// Protocol error in ZAP: an unknown status.
pub const ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE: i32 = 0x20000004;
/// Protocol error in ZAP: malformed metadata.
pub const ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA: i32 = 0x20000005;
/// Protocol error in the WebSocket transport.
pub const ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED: i32 = 0x30000000;

// Polling.

/// Poll event: can receive.
pub const ZMQ_POLLIN: i32 = 1;
/// Poll event: can send.
pub const ZMQ_POLLOUT: i32 = 2;
/// Poll event: the descriptor has an error.
pub const ZMQ_POLLERR: i32 = 4;
/// Poll event: the descriptor has urgent data.
pub const ZMQ_POLLPRI: i32 = 8;
/// Deprecated and unused: a number of poll items.
pub const ZMQ_POLLITEMS_DFLT: i32 = 16;

/// `zmq_has` exists.
pub const ZMQ_HAS_CAPABILITIES: i32 = 1;

// Deprecated device types.

/// Deprecated device type: a pipeline.
pub const ZMQ_STREAMER: i32 = 1;
/// Deprecated device type: publish and subscribe.
pub const ZMQ_FORWARDER: i32 = 2;
/// Deprecated device type: request and reply.
pub const ZMQ_QUEUE: i32 = 3;
