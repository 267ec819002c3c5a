//! The table of socket options.
//!
//! Ranges, sizes and the differences between socket types are libzmq's, as its man pages
//! `zmq_setsockopt` and `zmq_getsockopt` describe them and, where these are silent, as it behaves.
//! The options of VMCI are absent, as in a libzmq that was built without that transport.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::SocketType::{self, *};
use super::table::{Empty, OptionSpec, Read, Write};
use super::{AcceptFilter, Mechanism, Options, Types, z85};
use crate::consts::*;
use crate::error::{Errno, Result};

const ANY: RangeInclusive<i32> = i32::MIN..=i32::MAX;
const ROUTERS: &[SocketType] = &[Router, Rep];
const PUBLISHERS: &[SocketType] = &[Xpub, Pub];
const SUBSCRIBERS: Types = Types::of(&[Sub, Xpub, Pub]);

/// Starts a row, whose name is also the name of its number.
macro_rules! row {
    ($name:ident, $summary:literal) => {
        OptionSpec::new(stringify!($name), $name, $summary)
    };
}

/// Every option there is, in the order of their numbers.
pub static OPTIONS: &[OptionSpec] = &[
    row!(ZMQ_AFFINITY, "Bit mask of the I/O threads that serve new connections; 0 allows all").written(Write::Uint64(|o, v| o.affinity = v)).read(Read::Uint64(|o| o.affinity)),
    row!(ZMQ_ROUTING_ID, "Name by which ROUTER peers address this socket").bytes(1..=255, Empty::Refused, |o, v| store(&mut o.routing_id, v)).read(Read::Bytes(|o| &o.routing_id)),
    row!(ZMQ_SUBSCRIBE, "Adds a subscription to messages that start with these bytes").written(Write::Action { allowed: subscribes }).set_on(SUBSCRIBERS).at_once(),
    row!(ZMQ_UNSUBSCRIBE, "Removes a subscription").written(Write::Action { allowed: subscribes }).set_on(SUBSCRIBERS).at_once(),
    row!(ZMQ_RATE, "Multicast data rate in kilobits per second").at_least(1, |o| o.rate, |o, v| o.rate = v),
    row!(ZMQ_RECOVERY_IVL, "For how many milliseconds multicast data can be recovered").at_least(0, |o| o.recovery_ivl, |o, v| o.recovery_ivl = v),
    row!(ZMQ_SNDBUF, "Size of the kernel's transmit buffer in bytes; -1 leaves it to the system").at_least(-1, |o| o.sndbuf, |o, v| o.sndbuf = v),
    row!(ZMQ_RCVBUF, "Size of the kernel's receive buffer in bytes; -1 leaves it to the system").at_least(-1, |o| o.rcvbuf, |o, v| o.rcvbuf = v),
    row!(ZMQ_RCVMORE, "Whether more parts follow the one received last").read(Read::Dynamic),
    row!(ZMQ_FD, "Descriptor that becomes readable, edge-triggered, when events may have happened; not of thread-safe sockets").read(Read::Dynamic),
    row!(ZMQ_EVENTS, "Which of `ZMQ_POLLIN` and `ZMQ_POLLOUT` hold").read(Read::Dynamic),
    row!(ZMQ_TYPE, "The socket's type").read(Read::Int(|o| o.socket_type as i32)),
    row!(ZMQ_LINGER, "For how many milliseconds a closed socket still sends what waits; -1 is forever").at_least(-1, |o| o.linger, |o, v| o.linger = v).at_once(),
    row!(ZMQ_RECONNECT_IVL, "Milliseconds between attempts to connect again; -1 never tries").at_least(-1, |o| o.reconnect_ivl, |o, v| o.reconnect_ivl = v),
    row!(ZMQ_BACKLOG, "Length of the kernel's queue of connections to accept").at_least(0, |o| o.backlog, |o, v| o.backlog = v),
    row!(ZMQ_RECONNECT_IVL_MAX, "Milliseconds that the doubling reconnection interval may reach; 0 keeps it constant").at_least(0, |o| o.reconnect_ivl_max, |o, v| o.reconnect_ivl_max = v),
    row!(ZMQ_MAXMSGSIZE, "Size limit of a received message in bytes, beyond which the peer is disconnected; -1 is none").written(Write::Int64(|o, v| o.maxmsgsize = v)).read(Read::Int64(|o| o.maxmsgsize)),
    row!(ZMQ_SNDHWM, "How many messages to send may wait, for each peer; 0 is no limit").at_least(0, |o| o.sndhwm, |o, v| o.sndhwm = v).at_once(),
    row!(ZMQ_RCVHWM, "How many received messages may wait, for each peer; 0 is no limit").at_least(0, |o| o.rcvhwm, |o, v| o.rcvhwm = v).at_once(),
    row!(ZMQ_MULTICAST_HOPS, "How many network hops a multicast packet may take").at_least(1, |o| o.multicast_hops, |o, v| o.multicast_hops = v),
    row!(ZMQ_RCVTIMEO, "Milliseconds after which receiving fails with `EAGAIN`; -1 waits forever").at_least(-1, |o| o.rcvtimeo, |o, v| o.rcvtimeo = v).at_once(),
    row!(ZMQ_SNDTIMEO, "Milliseconds after which sending fails with `EAGAIN`; -1 waits forever").at_least(-1, |o| o.sndtimeo, |o, v| o.sndtimeo = v).at_once(),
    row!(ZMQ_IPV4ONLY, "The opposite of `ZMQ_IPV6`").int(0..=1, |o| (!o.ipv6).into(), |o, v| o.ipv6 = v == 0).deprecated(),
    row!(ZMQ_LAST_ENDPOINT, "The endpoint that was bound or connected last").read(Read::Dynamic),
    row!(ZMQ_ROUTER_MANDATORY, "Messages that cannot be routed are errors instead of being dropped").switch(ROUTERS, |o, v| o.router_mandatory = v != 0),
    row!(ZMQ_TCP_KEEPALIVE, "Overrides SO_KEEPALIVE; -1 leaves it to the system").int(-1..=1, |o| o.tcp_keepalive, |o, v| o.tcp_keepalive = v),
    row!(ZMQ_TCP_KEEPALIVE_CNT, "Overrides TCP_KEEPCNT; -1 leaves it to the system").at_least(-1, |o| o.tcp_keepalive_cnt, |o, v| o.tcp_keepalive_cnt = v),
    row!(ZMQ_TCP_KEEPALIVE_IDLE, "Overrides TCP_KEEPIDLE, in seconds; -1 leaves it to the system").at_least(-1, |o| o.tcp_keepalive_idle, |o, v| o.tcp_keepalive_idle = v),
    row!(ZMQ_TCP_KEEPALIVE_INTVL, "Overrides TCP_KEEPINTVL, in seconds; -1 leaves it to the system").at_least(-1, |o| o.tcp_keepalive_intvl, |o, v| o.tcp_keepalive_intvl = v),
    row!(ZMQ_TCP_ACCEPT_FILTER, "Adds a range of addresses (`address/prefix`) to accept; with any set, no others are").bytes(1..=255, Empty::NullResets, add_accept_filter).deprecated(),
    row!(ZMQ_IMMEDIATE, "Messages are queued to established connections only").int(0..=1, |o| o.immediate.into(), |o, v| o.immediate = v != 0),
    row!(ZMQ_XPUB_VERBOSE, "Repeated subscriptions are passed on").switch(PUBLISHERS, |o, v| {
        o.xpub_verbose = v != 0;
        o.xpub_verboser = false;
    }),
    row!(ZMQ_ROUTER_RAW, "Connections carry bytes without ZMTP").switch(ROUTERS, set_router_raw).deprecated(),
    row!(ZMQ_IPV6, "Allows IPv6 addresses, and makes listeners take both families").int(0..=1, |o| o.ipv6.into(), |o, v| o.ipv6 = v != 0),
    row!(ZMQ_MECHANISM, "The security mechanism in force").read(Read::Int(|o| o.mechanism as i32)),
    row!(ZMQ_PLAIN_SERVER, "Be the server of the PLAIN mechanism").int(0..=1, |o| serves(o, Mechanism::Plain), |o, v| serve(o, Mechanism::Plain, v)),
    row!(ZMQ_PLAIN_USERNAME, "User name for the PLAIN mechanism; null switches security off").text(255, Empty::NullResets, |o| &o.plain_username, |o, v| {
        plain_client(o, |o| &mut o.plain_username, v)
    }),
    row!(ZMQ_PLAIN_PASSWORD, "Password for the PLAIN mechanism; null switches security off").text(255, Empty::NullResets, |o| &o.plain_password, |o, v| {
        plain_client(o, |o| &mut o.plain_password, v)
    }),
    row!(ZMQ_CURVE_SERVER, "Be the server of the CURVE mechanism").int(0..=1, |o| serves(o, Mechanism::Curve), |o, v| serve(o, Mechanism::Curve, v)),
    row!(ZMQ_CURVE_PUBLICKEY, "Own public key for the CURVE mechanism").key(|o| &o.curve_publickey, |o, v| curve_key(o, |o| &mut o.curve_publickey, v)),
    row!(ZMQ_CURVE_SECRETKEY, "Own secret key for the CURVE mechanism").key(|o| &o.curve_secretkey, |o, v| curve_key(o, |o| &mut o.curve_secretkey, v)),
    row!(ZMQ_CURVE_SERVERKEY, "The server's public key for the CURVE mechanism; makes the socket a client").key(|o| &o.curve_serverkey, |o, v| {
        curve_key(o, |o| &mut o.curve_serverkey, v)?;
        o.as_server = false;
        Ok(())
    }),
    row!(ZMQ_PROBE_ROUTER, "Sends an empty message over each new connection").switch(&[Req, Rep, Dealer, Router], |o, v| o.probe_router = v != 0),
    row!(ZMQ_REQ_CORRELATE, "Requests carry a number, and replies with another one are dropped").switch(&[Req], |o, v| o.req_correlate = v != 0),
    row!(ZMQ_REQ_RELAXED, "A request may be sent before the reply to the last one came").switch(&[Req], |o, v| o.req_relaxed = v != 0),
    row!(ZMQ_CONFLATE, "Keeps the latest message only; of DEALER, PULL, PUSH, PUB and SUB").int(0..=1, |o| o.conflate.into(), |o, v| o.conflate = v != 0),
    row!(ZMQ_ZAP_DOMAIN, "Domain that authentication requests name").text(255, Empty::Refused, |o| &o.zap_domain, |o, v| store(&mut o.zap_domain, v)),
    row!(ZMQ_ROUTER_HANDOVER, "A routing id passes to the latest peer that claims it").switch(ROUTERS, |o, v| o.router_handover = v != 0),
    row!(ZMQ_TOS, "Overrides the IP type of service; 0 leaves it to the system").at_least(0, |o| o.tos, |o, v| o.tos = v),
    row!(ZMQ_IPC_FILTER_PID, "Adds a process to accept over ipc; with any ipc filter set, no others are").bytes(4..=4, Empty::NullResets, |o, v| {
        insert(&mut o.ipc_filter_pid, v.try_into().ok().map(i32::from_ne_bytes))
    })
    .deprecated(),
    row!(ZMQ_IPC_FILTER_UID, "Adds a user to accept over ipc; with any ipc filter set, no others are").bytes(4..=4, Empty::NullResets, |o, v| {
        insert(&mut o.ipc_filter_uid, v.try_into().ok().map(u32::from_ne_bytes))
    })
    .deprecated(),
    row!(ZMQ_IPC_FILTER_GID, "Adds a group to accept over ipc; with any ipc filter set, no others are").bytes(4..=4, Empty::NullResets, |o, v| {
        insert(&mut o.ipc_filter_gid, v.try_into().ok().map(u32::from_ne_bytes))
    })
    .deprecated(),
    row!(ZMQ_CONNECT_ROUTING_ID, "Routing id for the peer that is connected next").bytes(1..=usize::MAX, Empty::Refused, |o, v| store(&mut o.connect_routing_id, v))
    .set_on(Types::of(&[Router, Rep, Stream])),
    row!(ZMQ_GSSAPI_SERVER, "Be the server of the GSSAPI mechanism").int(0..=1, |o| serves(o, Mechanism::Gssapi), |o, v| {
        o.as_server = v != 0;
        o.mechanism = Mechanism::Gssapi;
    }),
    row!(ZMQ_GSSAPI_PRINCIPAL, "Own principal for the GSSAPI mechanism").text(255, Empty::Refused, |o| &o.gssapi_principal, |o, v| {
        o.mechanism = Mechanism::Gssapi;
        store(&mut o.gssapi_principal, v)
    }),
    row!(ZMQ_GSSAPI_SERVICE_PRINCIPAL, "The server's principal for the GSSAPI mechanism; makes the socket a client").text(255, Empty::Refused, |o| &o.gssapi_service_principal, |o, v| {
        o.mechanism = Mechanism::Gssapi;
        o.as_server = false;
        store(&mut o.gssapi_service_principal, v)
    }),
    row!(ZMQ_GSSAPI_PLAINTEXT, "Authenticates by GSSAPI, but does not encrypt").int(0..=1, |o| o.gssapi_plaintext.into(), |o, v| o.gssapi_plaintext = v != 0),
    row!(ZMQ_HANDSHAKE_IVL, "Milliseconds after which an unfinished handshake is given up; 0 is never").at_least(0, |o| o.handshake_ivl, |o, v| o.handshake_ivl = v),
    row!(ZMQ_SOCKS_PROXY, "The SOCKS5 proxy (`address:port`) to connect through; null is none").text(usize::MAX, Empty::NullResets, |o| &o.socks_proxy, |o, v| store(&mut o.socks_proxy, v)),
    row!(ZMQ_XPUB_NODROP, "A full peer makes sending fail or wait instead of dropping the message").switch(&[Xpub, Pub, Radio], |o, v| o.xpub_nodrop = v != 0),
    row!(ZMQ_XPUB_MANUAL, "Subscriptions count only when the application sets them with `ZMQ_SUBSCRIBE`").switch(PUBLISHERS, |o, v| o.xpub_manual = v != 0),
    row!(ZMQ_XPUB_WELCOME_MSG, "The message sent to each new subscriber; empty is none").bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.xpub_welcome_msg, v))
    .set_on(Types::of(PUBLISHERS)),
    row!(ZMQ_STREAM_NOTIFY, "An empty message tells of each connection that comes or goes").written(Write::Int { range: 0..=1, set: |o, v| o.stream_notify = v != 0 })
    .set_on(Types::of(&[Stream])),
    row!(ZMQ_INVERT_MATCHING, "Subscriptions name what is not wanted; of PUB, XPUB and SUB, to be set on both sides").int(ANY, |o| o.invert_matching.into(), |o, v| o.invert_matching = v != 0),
    row!(ZMQ_HEARTBEAT_IVL, "Milliseconds between heartbeats; 0 sends none").at_least(0, |o| o.heartbeat_ivl, |o, v| o.heartbeat_ivl = v),
    row!(ZMQ_HEARTBEAT_TTL, "Milliseconds, in hundreds, after which the peer shall give up a silent connection; 0 is never").int(-99..=6_553_599, |o| o.heartbeat_ttl, |o, v| o.heartbeat_ttl = v / 100 * 100),
    row!(ZMQ_HEARTBEAT_TIMEOUT, "Milliseconds to wait for the answer to a heartbeat; -1, the default, is `ZMQ_HEARTBEAT_IVL`").at_least(0, |o| o.heartbeat_timeout, |o, v| o.heartbeat_timeout = v),
    row!(ZMQ_XPUB_VERBOSER, "Repeated subscriptions and cancellations are passed on").switch(PUBLISHERS, |o, v| {
        o.xpub_verbose = v != 0;
        o.xpub_verboser = v != 0;
    }),
    row!(ZMQ_CONNECT_TIMEOUT, "Milliseconds after which an attempt to connect is given up; 0 leaves it to the system").at_least(0, |o| o.connect_timeout, |o, v| o.connect_timeout = v),
    row!(ZMQ_TCP_MAXRT, "Milliseconds after which unacknowledged data ends a TCP connection; 0 leaves it to the system").at_least(0, |o| o.tcp_maxrt, |o, v| o.tcp_maxrt = v),
    row!(ZMQ_THREAD_SAFE, "Whether several threads may use the socket at once").read(Read::PaddedInt(|o| o.socket_type.is_thread_safe().into())),
    row!(ZMQ_MULTICAST_MAXTPDU, "Size limit of a multicast packet in bytes").at_least(1, |o| o.multicast_maxtpdu, |o, v| o.multicast_maxtpdu = v),
    row!(ZMQ_USE_FD, "An open descriptor to use instead of making one; -1 is none").at_least(-1, |o| o.use_fd, |o, v| o.use_fd = v),
    row!(ZMQ_GSSAPI_PRINCIPAL_NAMETYPE, "How to read `ZMQ_GSSAPI_PRINCIPAL`").int(ZMQ_GSSAPI_NT_HOSTBASED..=ZMQ_GSSAPI_NT_KRB5_PRINCIPAL, |o| o.gssapi_principal_nametype, |o, v| o.gssapi_principal_nametype = v),
    row!(ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE, "How to read `ZMQ_GSSAPI_SERVICE_PRINCIPAL`").int(ZMQ_GSSAPI_NT_HOSTBASED..=ZMQ_GSSAPI_NT_KRB5_PRINCIPAL, |o| o.gssapi_service_principal_nametype, |o, v| o.gssapi_service_principal_nametype = v),
    row!(ZMQ_BINDTODEVICE, "Name of the network interface to use; null is any").text(16, Empty::NullResets, |o| &o.bindtodevice, |o, v| store(&mut o.bindtodevice, v)),
    row!(ZMQ_ZAP_ENFORCE_DOMAIN, "Authenticates only where a domain is set").int(ANY, |o| o.zap_enforce_domain.into(), |o, v| o.zap_enforce_domain = v != 0).draft(),
    row!(ZMQ_LOOPBACK_FASTPATH, "Faster loopback connections on Windows").int(ANY, |o| o.loopback_fastpath.into(), |o, v| o.loopback_fastpath = v != 0).draft(),
    row!(ZMQ_METADATA, "Adds a property (`X-name:value`) that peers can read").bytes(1..=usize::MAX, Empty::Refused, add_metadata).draft(),
    row!(ZMQ_MULTICAST_LOOP, "The own multicast comes back").int(ANY, |o| o.multicast_loop.into(), |o, v| o.multicast_loop = v != 0).draft(),
    row!(ZMQ_ROUTER_NOTIFY, "Tells by an empty message of peers that come (`ZMQ_NOTIFY_CONNECT`) or go (`ZMQ_NOTIFY_DISCONNECT`)").int(0..=ZMQ_NOTIFY_CONNECT | ZMQ_NOTIFY_DISCONNECT, |o| o.router_notify, |o, v| o.router_notify = v).set_on(Types::of(ROUTERS)).draft(),
    row!(ZMQ_XPUB_MANUAL_LAST_VALUE, "As `ZMQ_XPUB_MANUAL`, and the next message goes to the latest subscriber only").switch(PUBLISHERS, |o, v| {
        o.xpub_manual = v != 0;
        o.xpub_manual_last_value = v != 0;
    })
    .draft(),
    row!(ZMQ_SOCKS_USERNAME, "User name for the SOCKS5 proxy; empty is none").text(255, Empty::Resets, |o| &o.socks_username, |o, v| store(&mut o.socks_username, v)).draft(),
    row!(ZMQ_SOCKS_PASSWORD, "Password for the SOCKS5 proxy").text(255, Empty::Resets, |o| &o.socks_password, |o, v| store(&mut o.socks_password, v)).draft(),
    row!(ZMQ_IN_BATCH_SIZE, "How many bytes are received at once").at_least(1, |o| o.in_batch_size, |o, v| o.in_batch_size = v).draft(),
    row!(ZMQ_OUT_BATCH_SIZE, "How many bytes are sent at once").at_least(1, |o| o.out_batch_size, |o, v| o.out_batch_size = v).draft(),
    row!(ZMQ_WSS_KEY_PEM, "Own secret key for wss").bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.wss_key_pem, v)).draft(),
    row!(ZMQ_WSS_CERT_PEM, "Own certificate for wss").bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.wss_cert_pem, v)).draft(),
    row!(ZMQ_WSS_TRUST_PEM, "Certificate authorities to trust for wss").bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.wss_trust_pem, v)).draft(),
    row!(ZMQ_WSS_HOSTNAME, "The server's name for wss").bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.wss_hostname, v)).draft(),
    row!(ZMQ_WSS_TRUST_SYSTEM, "Trusts the system's certificate authorities for wss").written(Write::Int { range: 0..=1, set: |o, v| o.wss_trust_system = v != 0 }).draft(),
    row!(ZMQ_ONLY_FIRST_SUBSCRIBE, "Only a message's first part can be a subscription").switch(&[Xpub, Pub, Xsub], |o, v| o.only_first_subscribe = v != 0).draft(),
    row!(ZMQ_RECONNECT_STOP, "When not to connect again: bits of `ZMQ_RECONNECT_STOP_CONN_REFUSED`, `_HANDSHAKE_FAILED` and `_AFTER_DISCONNECT`").int(ANY, |o| o.reconnect_stop, |o, v| o.reconnect_stop = v).draft(),
    row!(ZMQ_HELLO_MSG, "The message sent to each new peer; of DEALER, ROUTER, REQ, REP, CLIENT, SERVER and PEER").bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.hello_msg, v)).draft(),
    row!(ZMQ_DISCONNECT_MSG, "The message received when a peer is gone; of ROUTER, REP, SERVER and PEER").bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.disconnect_msg, v)).draft(),
    row!(ZMQ_PRIORITY, "Overrides SO_PRIORITY; 0 leaves it to the system").at_least(0, |o| o.priority, |o, v| o.priority = v).draft(),
    row!(ZMQ_BUSY_POLL, "Overrides SO_BUSY_POLL; 0 leaves it to the system").written(Write::Int { range: ANY, set: |o, v| o.busy_poll = v }).draft(),
    row!(ZMQ_HICCUP_MSG, "The message received when a connection was replaced; of DEALER, REQ, CLIENT and PEER").bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.hiccup_msg, v)).draft(),
    row!(ZMQ_XSUB_VERBOSE_UNSUBSCRIBE, "Every cancellation is passed on").written(Write::IntPrefix(|o, v| o.xsub_verbose_unsubscribe = v != 0)).set_on(Types::of(&[Xsub])).at_once().draft(),
    row!(ZMQ_TOPICS_COUNT, "How many topics are subscribed to").read(Read::Dynamic).get_on(Types::of(&[Pub, Xpub, Sub, Xsub])).draft(),
    row!(ZMQ_NORM_MODE, "How norm controls congestion: one of `ZMQ_NORM_FIXED` to `ZMQ_NORM_CCE_ECNONLY`").int(ZMQ_NORM_FIXED..=ZMQ_NORM_CCE_ECNONLY, |o| o.norm_mode, |o, v| o.norm_mode = v).draft(),
    row!(ZMQ_NORM_UNICAST_NACK, "Asks the sender alone for repairs").int(0..=1, |o| o.norm_unicast_nack.into(), |o, v| o.norm_unicast_nack = v != 0).draft(),
    row!(ZMQ_NORM_BUFFER_SIZE, "Size of norm's buffer in kilobytes").at_least(1, |o| o.norm_buffer_size, |o, v| o.norm_buffer_size = v).draft(),
    row!(ZMQ_NORM_SEGMENT_SIZE, "Size of norm's segments in bytes").at_least(1, |o| o.norm_segment_size, |o, v| o.norm_segment_size = v).draft(),
    row!(ZMQ_NORM_BLOCK_SIZE, "How many segments make a block of norm").int(1..=255, |o| o.norm_block_size, |o, v| o.norm_block_size = v).draft(),
    row!(ZMQ_NORM_NUM_PARITY, "How many parity segments norm has for a block").int(0..=254, |o| o.norm_num_parity, |o, v| o.norm_num_parity = v).draft(),
    row!(ZMQ_NORM_NUM_AUTOPARITY, "How many parity segments norm sends unasked").int(0..=254, |o| o.norm_num_autoparity, |o, v| o.norm_num_autoparity = v).draft(),
    row!(ZMQ_NORM_PUSH, "Drops old data rather than wait").int(0..=1, |o| o.norm_push.into(), |o, v| o.norm_push = v != 0).draft(),
];

fn store(field: &mut Vec<u8>, value: &[u8]) -> Result<()> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(value.len()).map_err(|_| Errno::ENOMEM)?;
    copy.extend_from_slice(value);
    *field = copy;
    Ok(())
}

/// A subscriber subscribes; a publisher does so in its peer's name if it was told to.
fn subscribes(o: &Options) -> bool {
    o.socket_type == Sub || o.xpub_manual
}

fn set_router_raw(o: &mut Options, value: i32) {
    o.router_raw = value != 0;
    // Switching it off again does not bring ZMTP back.
    if o.router_raw {
        o.recv_routing_id = false;
        o.raw_socket = true;
    }
}

fn serves(o: &Options, mechanism: Mechanism) -> i32 {
    (o.as_server && o.mechanism == mechanism).into()
}

fn serve(o: &mut Options, mechanism: Mechanism, value: i32) {
    o.as_server = value != 0;
    o.mechanism = if o.as_server { mechanism } else { Mechanism::Null };
}

/// Sets the user name or the password, which makes the socket a client. No value switches
/// security off but keeps what was set.
fn plain_client(
    o: &mut Options,
    field: fn(&mut Options) -> &mut Vec<u8>,
    value: &[u8],
) -> Result<()> {
    if value.is_empty() {
        o.mechanism = Mechanism::Null;
        return Ok(());
    }
    store(field(o), value)?;
    o.as_server = false;
    o.mechanism = Mechanism::Plain;
    Ok(())
}

/// Sets a key: 32 bytes, or 40 characters of Z85 with or without a final NUL.
fn curve_key(
    o: &mut Options,
    field: fn(&mut Options) -> &mut [u8; 32],
    value: &[u8],
) -> Result<()> {
    let key = match value {
        [text @ .., 0] if text.len() == 40 => z85::decode(text),
        text if text.len() == 40 => z85::decode(text),
        bytes => Some(bytes.to_vec()),
    };
    *field(o) = key.and_then(|k| k.try_into().ok()).ok_or(Errno::EINVAL)?;
    o.mechanism = Mechanism::Curve;
    Ok(())
}

/// Adds an address range; no value removes all.
fn add_accept_filter(o: &mut Options, value: &[u8]) -> Result<()> {
    if value.is_empty() {
        o.tcp_accept_filters.clear();
    } else {
        o.tcp_accept_filters.push(AcceptFilter::parse(value, o.ipv6)?);
    }
    Ok(())
}

/// Adds a number; none removes all.
fn insert<T: Ord>(set: &mut BTreeSet<T>, value: Option<T>) -> Result<()> {
    match value {
        Some(value) => _ = set.insert(value),
        None => set.clear(),
    }
    Ok(())
}

/// Adds a property. The first value of a name stays. A value of four bytes is refused, as
/// libzmq takes it for an int.
fn add_metadata(o: &mut Options, value: &[u8]) -> Result<()> {
    let colon = value.iter().position(|&b| b == b':').ok_or(Errno::EINVAL)?;
    let (name, text) = (&value[..colon], &value[colon + 1..]);
    if value.len() == 4 || text.is_empty() || !name.starts_with(b"X-") || name.len() > 255 {
        return Err(Errno::EINVAL);
    }
    o.metadata.entry(name.to_vec()).or_insert_with(|| text.to_vec());
    Ok(())
}
