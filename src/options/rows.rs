//! The table of socket options.
//!
//! Ranges, sizes and the differences between socket types are libzmq's, as its man pages
//! `zmq_setsockopt` and `zmq_getsockopt` describe them and, where these are silent, as it behaves.
//! Options of a part that the library lacks are `EINVAL`, as in a libzmq that was built without it.

use std::ops::RangeInclusive;

use super::SocketType::{self, *};
use super::setters::*;
use super::table::Capability::{Curve, Gssapi, Norm, Vmci, Wss};
use super::table::{Applies, Empty, OptionSpec, Read, Write};
use super::{Mechanism, Types};
use crate::consts::*;

const ANY: RangeInclusive<i32> = i32::MIN..=i32::MAX;
const ROUTERS: &[SocketType] = &[Router, Rep];
const PUBLISHERS: &[SocketType] = &[Xpub, Pub];
const SUBSCRIBERS: Types = Types::of(&[Sub, Xpub, Pub]);

/// Starts a row, whose name is also the name of its number.
macro_rules! row {
    ($name:ident) => {
        OptionSpec::new(stringify!($name), $name)
    };
}

/// Every option there is, in the order of their numbers.
pub static OPTIONS: &[OptionSpec] = &[
    row!(ZMQ_AFFINITY)
        .about("Bit mask of the I/O threads that serve new connections; 0 allows all")
        .written(Write::Uint64(|o, v| o.affinity = v))
        .read(Read::Uint64(|o| o.affinity)),
    row!(ZMQ_ROUTING_ID)
        .aka(&["ZMQ_IDENTITY"])
        .about("Name by which ROUTER peers address this socket")
        .bytes(1..=255, Empty::Refused, |o, v| store(&mut o.routing_id, v))
        .read(Read::Bytes(|o| &o.routing_id)),
    row!(ZMQ_SUBSCRIBE)
        .about("Adds a subscription to messages that start with these bytes")
        .written(Write::Action { allowed: subscribes })
        .fails(&["ENOMEM"])
        .set_on(SUBSCRIBERS)
        .at_once(),
    row!(ZMQ_UNSUBSCRIBE)
        .about("Removes a subscription")
        .written(Write::Action { allowed: subscribes })
        .set_on(SUBSCRIBERS)
        .at_once(),
    row!(ZMQ_RATE).about("Multicast data rate in kilobits per second").at_least(
        1,
        |o| o.rate,
        |o, v| o.rate = v,
    ),
    row!(ZMQ_RECOVERY_IVL)
        .about("For how many milliseconds multicast data can be recovered")
        .at_least(0, |o| o.recovery_ivl, |o, v| o.recovery_ivl = v),
    row!(ZMQ_SNDBUF)
        .about("Size of the kernel's transmit buffer in bytes; -1 leaves it to the system")
        .at_least(-1, |o| o.sndbuf, |o, v| o.sndbuf = v),
    row!(ZMQ_RCVBUF)
        .about("Size of the kernel's receive buffer in bytes; -1 leaves it to the system")
        .at_least(-1, |o| o.rcvbuf, |o, v| o.rcvbuf = v),
    row!(ZMQ_RCVMORE).about("Whether more parts follow the one received last").read(Read::Dynamic),
    row!(ZMQ_FD)
        .about("Descriptor that turns readable, edge-triggered, when there may be events")
        .read(Read::Dynamic)
        .fails(&["EMFILE", "ENFILE"]),
    row!(ZMQ_EVENTS).about("Which of `ZMQ_POLLIN` and `ZMQ_POLLOUT` hold").read(Read::Dynamic),
    row!(ZMQ_TYPE).about("The socket's type").read(Read::Int(|o| o.socket_type as i32)),
    row!(ZMQ_LINGER)
        .about("Milliseconds for which a closed socket still sends what waits; -1 is for ever")
        .at_least(-1, |o| o.linger, |o, v| o.linger = v)
        .at_once(),
    row!(ZMQ_RECONNECT_IVL)
        .about("Milliseconds between attempts to connect again; -1 never tries")
        .at_least(-1, |o| o.reconnect_ivl, |o, v| o.reconnect_ivl = v),
    row!(ZMQ_BACKLOG).about("Length of the kernel's queue of connections to accept").at_least(
        0,
        |o| o.backlog,
        |o, v| o.backlog = v,
    ),
    row!(ZMQ_RECONNECT_IVL_MAX)
        .about("Milliseconds to which the reconnection interval doubles; 0 keeps it constant")
        .at_least(0, |o| o.reconnect_ivl_max, |o, v| o.reconnect_ivl_max = v),
    row!(ZMQ_MAXMSGSIZE)
        .about("Size limit of a received message in bytes, or the peer is cut off; -1 is none")
        .written(Write::Int64(|o, v| o.maxmsgsize = v))
        .read(Read::Int64(|o| o.maxmsgsize)),
    row!(ZMQ_SNDHWM)
        .about("How many messages to send may wait, for each peer; 0 is no limit")
        .at_least(0, |o| o.sndhwm, |o, v| o.sndhwm = v)
        .at_once(),
    row!(ZMQ_RCVHWM)
        .about("How many received messages may wait, for each peer; 0 is no limit")
        .at_least(0, |o| o.rcvhwm, |o, v| o.rcvhwm = v)
        .at_once(),
    row!(ZMQ_MULTICAST_HOPS).about("How many network hops a multicast packet may take").at_least(
        1,
        |o| o.multicast_hops,
        |o, v| o.multicast_hops = v,
    ),
    row!(ZMQ_RCVTIMEO)
        .about("Milliseconds after which receiving fails with `EAGAIN`; -1 is never")
        .at_least(-1, |o| o.rcvtimeo, |o, v| o.rcvtimeo = v)
        .at_once(),
    row!(ZMQ_SNDTIMEO)
        .about("Milliseconds after which sending fails with `EAGAIN`; -1 is never")
        .at_least(-1, |o| o.sndtimeo, |o, v| o.sndtimeo = v)
        .at_once(),
    row!(ZMQ_IPV4ONLY)
        .about("The opposite of `ZMQ_IPV6`")
        .int(0..=1, |o| (!o.ipv6).into(), |o, v| o.ipv6 = v == 0)
        .deprecated(),
    row!(ZMQ_LAST_ENDPOINT)
        .about("The endpoint that was bound or connected last")
        .read(Read::Dynamic),
    row!(ZMQ_ROUTER_MANDATORY)
        .aka(&["ZMQ_FAIL_UNROUTABLE", "ZMQ_ROUTER_BEHAVIOR"])
        .about("Messages that cannot be routed are errors instead of being dropped")
        .switch(ROUTERS, |o, v| o.router_mandatory = v != 0),
    row!(ZMQ_TCP_KEEPALIVE).about("Overrides SO_KEEPALIVE; -1 leaves it to the system").int(
        -1..=1,
        |o| o.tcp_keepalive,
        |o, v| o.tcp_keepalive = v,
    ),
    row!(ZMQ_TCP_KEEPALIVE_CNT)
        .about("Overrides TCP_KEEPCNT; -1 leaves it to the system")
        .at_least(-1, |o| o.tcp_keepalive_cnt, |o, v| o.tcp_keepalive_cnt = v),
    row!(ZMQ_TCP_KEEPALIVE_IDLE)
        .about("Overrides TCP_KEEPIDLE, in seconds; -1 leaves it to the system")
        .at_least(-1, |o| o.tcp_keepalive_idle, |o, v| o.tcp_keepalive_idle = v),
    row!(ZMQ_TCP_KEEPALIVE_INTVL)
        .about("Overrides TCP_KEEPINTVL, in seconds; -1 leaves it to the system")
        .at_least(-1, |o| o.tcp_keepalive_intvl, |o, v| o.tcp_keepalive_intvl = v),
    row!(ZMQ_TCP_ACCEPT_FILTER)
        .about("Adds a range of addresses (`address/prefix`); no others are then accepted")
        .bytes(1..=255, Empty::NullResets, add_accept_filter)
        .deprecated(),
    row!(ZMQ_IMMEDIATE)
        .aka(&["ZMQ_DELAY_ATTACH_ON_CONNECT"])
        .about("Messages are queued to established connections only")
        .int(0..=1, |o| o.immediate.into(), |o, v| o.immediate = v != 0),
    row!(ZMQ_XPUB_VERBOSE).about("Repeated subscriptions are passed on").switch(
        PUBLISHERS,
        |o, v| {
            o.xpub_verbose = v != 0;
            o.xpub_verboser = false;
        },
    ),
    row!(ZMQ_ROUTER_RAW)
        .about("Connections carry bytes without ZMTP")
        .switch(ROUTERS, set_router_raw)
        .counts(Applies::Later)
        .deprecated(),
    row!(ZMQ_IPV6).about("Allows IPv6 addresses, and makes listeners take both families").int(
        0..=1,
        |o| o.ipv6.into(),
        |o, v| o.ipv6 = v != 0,
    ),
    row!(ZMQ_MECHANISM)
        .about("The security mechanism in force")
        .read(Read::Int(|o| o.mechanism as i32)),
    row!(ZMQ_PLAIN_SERVER).about("Be the server of the PLAIN mechanism").int(
        0..=1,
        |o| serves(o, Mechanism::Plain),
        |o, v| serve(o, Mechanism::Plain, v),
    ),
    row!(ZMQ_PLAIN_USERNAME)
        .about("User name for the PLAIN mechanism; null switches security off")
        .text(
            255,
            Empty::NullResets,
            |o| &o.plain_username,
            |o, v| plain_client(o, |o| &mut o.plain_username, v),
        ),
    row!(ZMQ_PLAIN_PASSWORD)
        .about("Password for the PLAIN mechanism; null switches security off")
        .text(
            255,
            Empty::NullResets,
            |o| &o.plain_password,
            |o, v| plain_client(o, |o| &mut o.plain_password, v),
        ),
    row!(ZMQ_CURVE_SERVER).needs(Curve).about("Be the server of the CURVE mechanism").int(
        0..=1,
        |o| serves(o, Mechanism::Curve),
        |o, v| serve(o, Mechanism::Curve, v),
    ),
    row!(ZMQ_CURVE_PUBLICKEY)
        .needs(Curve)
        .about("Own public key for the CURVE mechanism")
        .key(|o| &o.curve_publickey, |o, v| curve_key(o, |o| &mut o.curve_publickey, v)),
    row!(ZMQ_CURVE_SECRETKEY)
        .needs(Curve)
        .about("Own secret key for the CURVE mechanism")
        .key(|o| &o.curve_secretkey, |o, v| curve_key(o, |o| &mut o.curve_secretkey, v)),
    row!(ZMQ_CURVE_SERVERKEY)
        .needs(Curve)
        .about("The server's public key for the CURVE mechanism; makes the socket a client")
        .key(
            |o| &o.curve_serverkey,
            |o, v| {
                curve_key(o, |o| &mut o.curve_serverkey, v)?;
                o.as_server = false;
                Ok(())
            },
        ),
    row!(ZMQ_PROBE_ROUTER)
        .about("Sends an empty message over each new connection")
        .switch(&[Req, Rep, Dealer, Router], |o, v| o.probe_router = v != 0)
        .counts(Applies::NewPeers),
    row!(ZMQ_REQ_CORRELATE)
        .about("Requests carry a number, and replies with another one are dropped")
        .switch(&[Req], |o, v| o.req_correlate = v != 0),
    row!(ZMQ_REQ_RELAXED)
        .about("A request may be sent before the reply to the last one came")
        .switch(&[Req], |o, v| o.req_relaxed = v != 0),
    row!(ZMQ_CONFLATE)
        .about("Keeps the latest message only; of DEALER, PULL, PUSH, PUB and SUB")
        .int(0..=1, |o| o.conflate.into(), |o, v| o.conflate = v != 0),
    row!(ZMQ_ZAP_DOMAIN).about("Domain that authentication requests name").text(
        255,
        Empty::Refused,
        |o| &o.zap_domain,
        |o, v| store(&mut o.zap_domain, v),
    ),
    row!(ZMQ_ROUTER_HANDOVER)
        .about("A routing id passes to the latest peer that claims it")
        .switch(ROUTERS, |o, v| o.router_handover = v != 0)
        .counts(Applies::NewPeers),
    row!(ZMQ_TOS).about("Overrides the IP type of service; 0 leaves it to the system").at_least(
        0,
        |o| o.tos,
        |o, v| o.tos = v,
    ),
    row!(ZMQ_IPC_FILTER_PID)
        .about("Adds a process to accept over ipc; other peers need a filter of their own")
        .bytes(4..=4, Empty::NullResets, |o, v| {
            insert(&mut o.ipc_filter_pid, v.try_into().ok().map(i32::from_ne_bytes))
        })
        .deprecated(),
    row!(ZMQ_IPC_FILTER_UID)
        .about("Adds a user to accept over ipc; other peers need a filter of their own")
        .bytes(4..=4, Empty::NullResets, |o, v| {
            insert(&mut o.ipc_filter_uid, v.try_into().ok().map(u32::from_ne_bytes))
        })
        .deprecated(),
    row!(ZMQ_IPC_FILTER_GID)
        .about("Adds a group to accept over ipc; other peers need a filter of their own")
        .bytes(4..=4, Empty::NullResets, |o, v| {
            insert(&mut o.ipc_filter_gid, v.try_into().ok().map(u32::from_ne_bytes))
        })
        .deprecated(),
    row!(ZMQ_CONNECT_ROUTING_ID)
        .aka(&["ZMQ_CONNECT_RID"])
        .about("Routing id for the peer that is connected next")
        .bytes(1..=usize::MAX, Empty::Refused, |o, v| store(&mut o.connect_routing_id, v))
        .set_on(Types::of(&[Router, Rep, Stream]))
        .counts(Applies::NextConnect),
    row!(ZMQ_GSSAPI_SERVER).needs(Gssapi).about("Be the server of the GSSAPI mechanism").int(
        0..=1,
        |o| serves(o, Mechanism::Gssapi),
        |o, v| {
            o.as_server = v != 0;
            o.mechanism = Mechanism::Gssapi;
        },
    ),
    row!(ZMQ_GSSAPI_PRINCIPAL).needs(Gssapi).about("Own principal for the GSSAPI mechanism").text(
        255,
        Empty::Refused,
        |o| &o.gssapi_principal,
        |o, v| {
            o.mechanism = Mechanism::Gssapi;
            store(&mut o.gssapi_principal, v)
        },
    ),
    row!(ZMQ_GSSAPI_SERVICE_PRINCIPAL)
        .needs(Gssapi)
        .about("The server's principal for the GSSAPI mechanism; makes the socket a client")
        .text(
            255,
            Empty::Refused,
            |o| &o.gssapi_service_principal,
            |o, v| {
                o.mechanism = Mechanism::Gssapi;
                o.as_server = false;
                store(&mut o.gssapi_service_principal, v)
            },
        ),
    row!(ZMQ_GSSAPI_PLAINTEXT)
        .needs(Gssapi)
        .about("Authenticates by GSSAPI, but does not encrypt")
        .int(0..=1, |o| o.gssapi_plaintext.into(), |o, v| o.gssapi_plaintext = v != 0),
    row!(ZMQ_HANDSHAKE_IVL)
        .about("Milliseconds after which an unfinished handshake is given up; 0 is never")
        .at_least(0, |o| o.handshake_ivl, |o, v| o.handshake_ivl = v),
    row!(ZMQ_SOCKS_PROXY)
        .about("The SOCKS5 proxy (`address:port`) to connect through; null is none")
        .text(
            usize::MAX,
            Empty::NullResets,
            |o| &o.socks_proxy,
            |o, v| store(&mut o.socks_proxy, v),
        ),
    row!(ZMQ_XPUB_NODROP)
        .about("A full peer makes sending fail or wait instead of dropping the message")
        .switch(&[Xpub, Pub, Radio], |o, v| o.xpub_nodrop = v != 0),
    row!(ZMQ_XPUB_MANUAL)
        .about("Subscriptions count only when the application sets them with `ZMQ_SUBSCRIBE`")
        .switch(PUBLISHERS, |o, v| o.xpub_manual = v != 0),
    row!(ZMQ_XPUB_WELCOME_MSG)
        .about("The message sent to each new subscriber; empty is none")
        .bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.xpub_welcome_msg, v))
        .set_on(Types::of(PUBLISHERS))
        .counts(Applies::NewPeers),
    row!(ZMQ_STREAM_NOTIFY)
        .about("An empty message tells of each connection that comes or goes")
        .written(Write::Int { range: 0..=1, set: |o, v| o.stream_notify = v != 0 })
        .set_on(Types::of(&[Stream])),
    row!(ZMQ_INVERT_MATCHING)
        .about("Subscriptions of PUB, XPUB and SUB name what is not wanted; set it on both sides")
        .int(ANY, |o| o.invert_matching.into(), |o, v| o.invert_matching = v != 0)
        .at_once(),
    row!(ZMQ_HEARTBEAT_IVL).about("Milliseconds between heartbeats; 0 sends none").at_least(
        0,
        |o| o.heartbeat_ivl,
        |o, v| o.heartbeat_ivl = v,
    ),
    row!(ZMQ_HEARTBEAT_TTL)
        .about("Milliseconds, in hundreds, of silence that the peer shall stand; 0 is for ever")
        .int(-99..=6_553_599, |o| o.heartbeat_ttl, |o, v| o.heartbeat_ttl = v / 100 * 100),
    row!(ZMQ_HEARTBEAT_TIMEOUT)
        .about("Milliseconds to wait for a heartbeat's answer; by default `ZMQ_HEARTBEAT_IVL`")
        .at_least(0, |o| o.heartbeat_timeout, |o, v| o.heartbeat_timeout = v),
    row!(ZMQ_XPUB_VERBOSER).about("Repeated subscriptions and cancellations are passed on").switch(
        PUBLISHERS,
        |o, v| {
            o.xpub_verbose = v != 0;
            o.xpub_verboser = v != 0;
        },
    ),
    row!(ZMQ_CONNECT_TIMEOUT)
        .about("Milliseconds that an attempt to connect may take; 0 leaves it to the system")
        .at_least(0, |o| o.connect_timeout, |o, v| o.connect_timeout = v),
    row!(ZMQ_TCP_MAXRT)
        .about("Milliseconds that sent data may stay unacknowledged; 0 leaves it to the system")
        .at_least(0, |o| o.tcp_maxrt, |o, v| o.tcp_maxrt = v),
    row!(ZMQ_THREAD_SAFE)
        .about("Whether several threads may use the socket at once")
        .read(Read::PaddedInt(|o| o.socket_type.is_thread_safe().into())),
    row!(ZMQ_MULTICAST_MAXTPDU).about("Size limit of a multicast packet in bytes").at_least(
        1,
        |o| o.multicast_maxtpdu,
        |o, v| o.multicast_maxtpdu = v,
    ),
    row!(ZMQ_VMCI_BUFFER_SIZE)
        .needs(Vmci)
        .about("Size of a vmci connection's buffer in bytes")
        .written(Write::Uint64(|o, v| o.vmci_buffer_size = v)),
    row!(ZMQ_VMCI_BUFFER_MIN_SIZE)
        .needs(Vmci)
        .about("Least size of a vmci connection's buffer in bytes")
        .written(Write::Uint64(|o, v| o.vmci_buffer_min_size = v)),
    row!(ZMQ_VMCI_BUFFER_MAX_SIZE)
        .needs(Vmci)
        .about("Greatest size of a vmci connection's buffer in bytes")
        .written(Write::Uint64(|o, v| o.vmci_buffer_max_size = v)),
    row!(ZMQ_VMCI_CONNECT_TIMEOUT)
        .needs(Vmci)
        .about(
            "Milliseconds that an attempt to connect by vmci may take; -1 leaves it to the system",
        )
        .written(Write::Int { range: ANY, set: |o, v| o.vmci_connect_timeout = v }),
    row!(ZMQ_USE_FD).about("An open descriptor to use instead of making one; -1 is none").at_least(
        -1,
        |o| o.use_fd,
        |o, v| o.use_fd = v,
    ),
    row!(ZMQ_GSSAPI_PRINCIPAL_NAMETYPE)
        .needs(Gssapi)
        .about("How to read `ZMQ_GSSAPI_PRINCIPAL`")
        .int(
            ZMQ_GSSAPI_NT_HOSTBASED..=ZMQ_GSSAPI_NT_KRB5_PRINCIPAL,
            |o| o.gssapi_principal_nametype,
            |o, v| o.gssapi_principal_nametype = v,
        ),
    row!(ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE)
        .needs(Gssapi)
        .about("How to read `ZMQ_GSSAPI_SERVICE_PRINCIPAL`")
        .int(
            ZMQ_GSSAPI_NT_HOSTBASED..=ZMQ_GSSAPI_NT_KRB5_PRINCIPAL,
            |o| o.gssapi_service_principal_nametype,
            |o, v| o.gssapi_service_principal_nametype = v,
        ),
    row!(ZMQ_BINDTODEVICE).about("Name of the network interface to use; null is any").text(
        16,
        Empty::NullResets,
        |o| &o.bindtodevice,
        |o, v| store(&mut o.bindtodevice, v),
    ),
    row!(ZMQ_ZAP_ENFORCE_DOMAIN)
        .about("Authenticates only where a domain is set")
        .int(ANY, |o| o.zap_enforce_domain.into(), |o, v| o.zap_enforce_domain = v != 0)
        .draft(),
    row!(ZMQ_LOOPBACK_FASTPATH)
        .about("Faster loopback connections on Windows")
        .int(ANY, |o| o.loopback_fastpath.into(), |o, v| o.loopback_fastpath = v != 0)
        .draft(),
    row!(ZMQ_METADATA)
        .about("Adds a property (`X-name:value`) that peers can read")
        .bytes(1..=usize::MAX, Empty::Refused, add_metadata)
        .draft(),
    row!(ZMQ_MULTICAST_LOOP)
        .about("The own multicast comes back")
        .int(ANY, |o| o.multicast_loop.into(), |o, v| o.multicast_loop = v != 0)
        .draft(),
    row!(ZMQ_ROUTER_NOTIFY)
        .about("An empty message tells of peers: bits of `ZMQ_NOTIFY_CONNECT`, `_DISCONNECT`")
        .int(
            0..=ZMQ_NOTIFY_CONNECT | ZMQ_NOTIFY_DISCONNECT,
            |o| o.router_notify,
            |o, v| o.router_notify = v,
        )
        .set_on(Types::of(ROUTERS))
        .draft(),
    row!(ZMQ_XPUB_MANUAL_LAST_VALUE)
        .about("As `ZMQ_XPUB_MANUAL`, and the next message goes to the latest subscriber only")
        .switch(PUBLISHERS, |o, v| {
            o.xpub_manual = v != 0;
            o.xpub_manual_last_value = v != 0;
        })
        .draft(),
    row!(ZMQ_SOCKS_USERNAME)
        .about("User name for the SOCKS5 proxy; empty is none")
        .text(
            255,
            Empty::NullOfAnyLengthResets,
            |o| &o.socks_username,
            |o, v| store(&mut o.socks_username, v),
        )
        .draft(),
    row!(ZMQ_SOCKS_PASSWORD)
        .about("Password for the SOCKS5 proxy")
        .text(
            255,
            Empty::NullOfAnyLengthResets,
            |o| &o.socks_password,
            |o, v| store_secret(&mut o.socks_password, v),
        )
        .draft(),
    row!(ZMQ_IN_BATCH_SIZE)
        .about("The most bytes to receive at once; the default leaves it to the library")
        .at_least(1, |o| o.in_batch_size, |o, v| o.in_batch_size = v)
        .draft(),
    row!(ZMQ_OUT_BATCH_SIZE)
        .about("How many bytes to encode before sending; the default leaves it to the library")
        .at_least(1, |o| o.out_batch_size, |o, v| o.out_batch_size = v)
        .draft(),
    row!(ZMQ_WSS_KEY_PEM)
        .needs(Wss)
        .about("Own secret key for wss")
        .bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.wss_key_pem, v))
        .draft(),
    row!(ZMQ_WSS_CERT_PEM)
        .needs(Wss)
        .about("Own certificate for wss")
        .bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.wss_cert_pem, v))
        .draft(),
    row!(ZMQ_WSS_TRUST_PEM)
        .needs(Wss)
        .about("Certificate authorities to trust for wss")
        .bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.wss_trust_pem, v))
        .draft(),
    row!(ZMQ_WSS_HOSTNAME)
        .needs(Wss)
        .about("The server's name for wss")
        .bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.wss_hostname, v))
        .draft(),
    row!(ZMQ_WSS_TRUST_SYSTEM)
        .needs(Wss)
        .about("Trusts the system's certificate authorities for wss")
        .written(Write::Int { range: 0..=1, set: |o, v| o.wss_trust_system = v != 0 })
        .draft(),
    row!(ZMQ_ONLY_FIRST_SUBSCRIBE)
        .about("Only a message's first part can be a subscription")
        .switch(&[Xpub, Pub, Xsub], |o, v| o.only_first_subscribe = v != 0)
        .draft(),
    row!(ZMQ_RECONNECT_STOP)
        .about("When not to connect again: bits of `ZMQ_RECONNECT_STOP_CONN_REFUSED` and the like")
        .int(ANY, |o| o.reconnect_stop, |o, v| o.reconnect_stop = v)
        .draft(),
    row!(ZMQ_HELLO_MSG)
        .about("Sent to each new peer by DEALER, ROUTER, REQ, REP, CLIENT, SERVER and PEER")
        .bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.hello_msg, v))
        .draft(),
    row!(ZMQ_DISCONNECT_MSG)
        .about("Received when a peer is gone by ROUTER, REP, SERVER and PEER")
        .bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.disconnect_msg, v))
        .draft(),
    row!(ZMQ_PRIORITY)
        .about("Overrides SO_PRIORITY; 0 leaves it to the system")
        .at_least(0, |o| o.priority, |o, v| o.priority = v)
        .draft(),
    row!(ZMQ_BUSY_POLL)
        .about("Overrides SO_BUSY_POLL; 0 leaves it to the system")
        .written(Write::Int { range: ANY, set: |o, v| o.busy_poll = v })
        .draft(),
    row!(ZMQ_HICCUP_MSG)
        .about("Received when a connection was replaced by DEALER, REQ, CLIENT and PEER")
        .bytes(1..=usize::MAX, Empty::Resets, |o, v| store(&mut o.hiccup_msg, v))
        .draft(),
    row!(ZMQ_XSUB_VERBOSE_UNSUBSCRIBE)
        .about("Every cancellation is passed on")
        .written(Write::IntPrefix(|o, v| o.xsub_verbose_unsubscribe = v != 0))
        .set_on(Types::of(&[Xsub]))
        .at_once()
        .draft(),
    row!(ZMQ_TOPICS_COUNT)
        .about("How many topics are subscribed to")
        .read(Read::Dynamic)
        .get_on(Types::of(&[Pub, Xpub, Sub, Xsub]))
        .draft(),
    row!(ZMQ_NORM_MODE)
        .needs(Norm)
        .about("How norm controls congestion: `ZMQ_NORM_FIXED` to `ZMQ_NORM_CCE_ECNONLY`")
        .int(ZMQ_NORM_FIXED..=ZMQ_NORM_CCE_ECNONLY, |o| o.norm_mode, |o, v| o.norm_mode = v)
        .draft(),
    row!(ZMQ_NORM_UNICAST_NACK)
        .needs(Norm)
        .about("Asks the sender alone for repairs")
        .int(0..=1, |o| o.norm_unicast_nack.into(), |o, v| o.norm_unicast_nack = v != 0)
        .draft(),
    row!(ZMQ_NORM_BUFFER_SIZE)
        .needs(Norm)
        .about("Size of norm's buffer in kilobytes")
        .at_least(1, |o| o.norm_buffer_size, |o, v| o.norm_buffer_size = v)
        .draft(),
    row!(ZMQ_NORM_SEGMENT_SIZE)
        .needs(Norm)
        .about("Size of norm's segments in bytes")
        .at_least(1, |o| o.norm_segment_size, |o, v| o.norm_segment_size = v)
        .draft(),
    row!(ZMQ_NORM_BLOCK_SIZE)
        .needs(Norm)
        .about("How many segments make a block of norm")
        .int(1..=255, |o| o.norm_block_size, |o, v| o.norm_block_size = v)
        .draft(),
    row!(ZMQ_NORM_NUM_PARITY)
        .needs(Norm)
        .about("How many parity segments norm has for a block")
        .int(0..=254, |o| o.norm_num_parity, |o, v| o.norm_num_parity = v)
        .draft(),
    row!(ZMQ_NORM_NUM_AUTOPARITY)
        .needs(Norm)
        .about("How many parity segments norm sends unasked")
        .int(0..=254, |o| o.norm_num_autoparity, |o, v| o.norm_num_autoparity = v)
        .draft(),
    row!(ZMQ_NORM_PUSH)
        .needs(Norm)
        .about("Drops old data rather than wait")
        .int(0..=1, |o| o.norm_push.into(), |o, v| o.norm_push = v != 0)
        .draft(),
];
