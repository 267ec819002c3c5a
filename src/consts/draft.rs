//! Numbers of the draft interface: what `zmq.h` shows when `ZMQ_BUILD_DRAFT_API` is defined.

// Socket types.

/// Socket type: addresses its clients by number; thread-safe.
pub const ZMQ_SERVER: i32 = 12;
/// Socket type: talks to servers; thread-safe.
pub const ZMQ_CLIENT: i32 = 13;
/// Socket type: publishes to groups; thread-safe.
pub const ZMQ_RADIO: i32 = 14;
/// Socket type: receives from the groups that it joined; thread-safe.
pub const ZMQ_DISH: i32 = 15;
/// Socket type: receives from a pipeline; thread-safe.
pub const ZMQ_GATHER: i32 = 16;
/// Socket type: sends into a pipeline; thread-safe.
pub const ZMQ_SCATTER: i32 = 17;
/// Socket type: plain UDP datagrams.
pub const ZMQ_DGRAM: i32 = 18;
/// Socket type: addresses its equals by number; thread-safe.
pub const ZMQ_PEER: i32 = 19;
/// Socket type: exactly one peer, both directions; thread-safe.
pub const ZMQ_CHANNEL: i32 = 20;

// Socket options.

/// Socket option: refuse connections without a domain to authenticate in.
pub const ZMQ_ZAP_ENFORCE_DOMAIN: i32 = 93;
/// Socket option: faster loopback connections on Windows.
pub const ZMQ_LOOPBACK_FASTPATH: i32 = 94;
/// Socket option, write only: adds a property that peers can read.
pub const ZMQ_METADATA: i32 = 95;
/// Socket option: the own multicast comes back.
pub const ZMQ_MULTICAST_LOOP: i32 = 96;
/// Socket option: a ROUTER tells of peers that come and go.
pub const ZMQ_ROUTER_NOTIFY: i32 = 97;
/// Socket option: an XPUB sends the next message to the latest subscriber only.
pub const ZMQ_XPUB_MANUAL_LAST_VALUE: i32 = 98;
/// Socket option: user name for the SOCKS5 proxy.
pub const ZMQ_SOCKS_USERNAME: i32 = 99;
/// Socket option: password for the SOCKS5 proxy.
pub const ZMQ_SOCKS_PASSWORD: i32 = 100;
/// Socket option: how many bytes are received at once.
pub const ZMQ_IN_BATCH_SIZE: i32 = 101;
/// Socket option: how many bytes are sent at once.
pub const ZMQ_OUT_BATCH_SIZE: i32 = 102;
/// Socket option, write only: own secret key for wss.
pub const ZMQ_WSS_KEY_PEM: i32 = 103;
/// Socket option, write only: own certificate for wss.
pub const ZMQ_WSS_CERT_PEM: i32 = 104;
/// Socket option, write only: certificate authorities to trust for wss.
pub const ZMQ_WSS_TRUST_PEM: i32 = 105;
/// Socket option, write only: the server's name for wss.
pub const ZMQ_WSS_HOSTNAME: i32 = 106;
/// Socket option, write only: trust the system's certificate authorities for wss.
pub const ZMQ_WSS_TRUST_SYSTEM: i32 = 107;
/// Socket option: only a message's first part can be a subscription.
pub const ZMQ_ONLY_FIRST_SUBSCRIBE: i32 = 108;
/// Socket option: when not to connect again.
pub const ZMQ_RECONNECT_STOP: i32 = 109;
/// Socket option: the message sent to each new peer.
pub const ZMQ_HELLO_MSG: i32 = 110;
/// Socket option: the message received when a peer is gone.
pub const ZMQ_DISCONNECT_MSG: i32 = 111;
/// Socket option: overrides SO_PRIORITY.
pub const ZMQ_PRIORITY: i32 = 112;
/// Socket option: overrides SO_BUSY_POLL.
pub const ZMQ_BUSY_POLL: i32 = 113;
/// Socket option: the message received when a connection was replaced.
pub const ZMQ_HICCUP_MSG: i32 = 114;
/// Socket option: an XSUB passes every cancellation on.
pub const ZMQ_XSUB_VERBOSE_UNSUBSCRIBE: i32 = 115;
/// Socket option, read only: how many topics are subscribed to.
pub const ZMQ_TOPICS_COUNT: i32 = 116;
/// Socket option: how norm controls congestion.
pub const ZMQ_NORM_MODE: i32 = 117;
/// Socket option: norm asks the sender alone for repairs.
pub const ZMQ_NORM_UNICAST_NACK: i32 = 118;
/// Socket option: size of norm's buffer in kilobytes.
pub const ZMQ_NORM_BUFFER_SIZE: i32 = 119;
/// Socket option: size of norm's segments in bytes.
pub const ZMQ_NORM_SEGMENT_SIZE: i32 = 120;
/// Socket option: how many segments make a block of norm.
pub const ZMQ_NORM_BLOCK_SIZE: i32 = 121;
/// Socket option: how many parity segments norm has for a block.
pub const ZMQ_NORM_NUM_PARITY: i32 = 122;
/// Socket option: how many parity segments norm sends unasked.
pub const ZMQ_NORM_NUM_AUTOPARITY: i32 = 123;
/// Socket option: norm drops old data rather than wait.
pub const ZMQ_NORM_PUSH: i32 = 124;

// Values of `ZMQ_NORM_MODE`.

/// `ZMQ_NORM_MODE`: a fixed rate.
pub const ZMQ_NORM_FIXED: i32 = 0;
/// `ZMQ_NORM_MODE`: norm's congestion control.
pub const ZMQ_NORM_CC: i32 = 1;
/// `ZMQ_NORM_MODE`: congestion control that takes losses for line noise.
pub const ZMQ_NORM_CCL: i32 = 2;
/// `ZMQ_NORM_MODE`: congestion control by ECN and losses.
pub const ZMQ_NORM_CCE: i32 = 3;
/// `ZMQ_NORM_MODE`: congestion control by ECN alone.
pub const ZMQ_NORM_CCE_ECNONLY: i32 = 4;

// Bits of `ZMQ_RECONNECT_STOP`.

/// `ZMQ_RECONNECT_STOP`: the peer refused.
pub const ZMQ_RECONNECT_STOP_CONN_REFUSED: i32 = 0x1;
/// `ZMQ_RECONNECT_STOP`: the handshake failed.
pub const ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED: i32 = 0x2;
/// `ZMQ_RECONNECT_STOP`: the application disconnected.
pub const ZMQ_RECONNECT_STOP_AFTER_DISCONNECT: i32 = 0x4;

/// Context option: received messages may refer to the receive buffer.
pub const ZMQ_ZERO_COPY_RECV: i32 = 10;

// Names for `zmq_msg_gets`.

/// Message property by name: the peer's routing id.
pub const ZMQ_MSG_PROPERTY_ROUTING_ID: &str = "Routing-Id";
/// Message property by name: the peer's socket type.
pub const ZMQ_MSG_PROPERTY_SOCKET_TYPE: &str = "Socket-Type";
/// Message property by name: the user that authentication found.
pub const ZMQ_MSG_PROPERTY_USER_ID: &str = "User-Id";
/// Message property by name: the peer's address.
pub const ZMQ_MSG_PROPERTY_PEER_ADDRESS: &str = "Peer-Address";

// Bits of `ZMQ_ROUTER_NOTIFY`.

/// `ZMQ_ROUTER_NOTIFY`: of peers that come.
pub const ZMQ_NOTIFY_CONNECT: i32 = 1;
/// `ZMQ_ROUTER_NOTIFY`: of peers that go.
pub const ZMQ_NOTIFY_DISCONNECT: i32 = 2;

// Monitor events.

/// Monitor event: how many messages wait, asked for by `zmq_socket_monitor_pipes_stats`.
pub const ZMQ_EVENT_PIPES_STATS: i32 = 0x10000;
/// The version of monitor events that `zmq_socket_monitor` sends.
pub const ZMQ_CURRENT_EVENT_VERSION: i32 = 1;
/// The newest version of monitor events.
pub const ZMQ_CURRENT_EVENT_VERSION_DRAFT: i32 = 2;
/// All monitor events of version 1.
pub const ZMQ_EVENT_ALL_V1: i32 = ZMQ_EVENT_ALL;
/// All monitor events of version 2.
pub const ZMQ_EVENT_ALL_V2: i32 = ZMQ_EVENT_ALL_V1 | ZMQ_EVENT_PIPES_STATS;

use super::ZMQ_EVENT_ALL;
