//! Socket and context options: one table that says what there is, and the values in force.
//!
//! [`rows::OPTIONS`] has a row for every socket option with its number, sizes, range, socket types and
//! where its value lives; setting, getting, the tests and `docs/options.md` come from it.
//! [`Options`] holds the values of one socket. It is a plain structure that is cloned for each
//! listener and connection, which is what makes most options count for later endpoints only.

#[cfg(test)]
mod c_rows;
mod context;
#[cfg(test)]
mod docs;
mod filter;
mod message;
mod rows;
mod setters;
mod socket_type;
mod table;
#[cfg(test)]
mod tests;
mod value;
pub mod z85;

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use crate::consts::{ZMQ_GSSAPI_NT_HOSTBASED, ZMQ_NORM_CC};
use crate::error::{Errno, Result};

pub use context::ContextOptions;
pub use filter::AcceptFilter;
pub use message::MessageOption;
pub use socket_type::{SocketType, Types};
pub use table::Capability;

pub use value::{Effect, Value};

use table::{Empty, OptionSpec, Read, Write, find};

/// What `ZMQ_IN_BATCH_SIZE` and `ZMQ_OUT_BATCH_SIZE` are at first.
const BATCH_SIZE_DFLT: i32 = 8192;

const BACKLOG_DFLT: i32 = 100;

/// As many waiting connections as any system allows.
const BACKLOG_MAX: i32 = 4096;

/// A security mechanism, with its number in the C interface as discriminant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Mechanism {
    /// No security.
    Null = crate::consts::ZMQ_NULL,
    /// User name and password in clear text.
    Plain = crate::consts::ZMQ_PLAIN,
    /// CURVE.
    Curve = crate::consts::ZMQ_CURVE,
    /// Kerberos.
    Gssapi = crate::consts::ZMQ_GSSAPI,
}

/// The values of a socket's options, and the facts that follow from its type.
///
/// Fields have the options' names; [`rows::OPTIONS`] and `docs/options.md` say what they mean. Times are
/// milliseconds. Text is kept as bytes, as the program gave it, without its final NUL.
#[allow(missing_docs)]
#[derive(Clone, Debug)]
pub struct Options {
    pub socket_type: SocketType,

    // Queues, blocking, lifetime.
    pub sndhwm: i32,
    pub rcvhwm: i32,
    pub rcvtimeo: i32,
    pub sndtimeo: i32,
    pub linger: i32,
    pub conflate: bool,
    pub immediate: bool,
    pub affinity: u64,
    pub maxmsgsize: i64,
    pub in_batch_size: i32,
    pub out_batch_size: i32,
    /// From the context: received messages may refer to the receive buffer.
    pub zero_copy: bool,

    // Connections.
    pub routing_id: Vec<u8>,
    pub connect_routing_id: Vec<u8>,
    pub reconnect_ivl: i32,
    pub reconnect_ivl_max: i32,
    pub reconnect_stop: i32,
    pub connect_timeout: i32,
    pub handshake_ivl: i32,
    pub heartbeat_ivl: i32,
    /// A multiple of 100, which is the unit on the wire.
    pub heartbeat_ttl: i32,
    /// -1: as long as `heartbeat_ivl`.
    pub heartbeat_timeout: i32,
    pub backlog: i32,
    pub metadata: BTreeMap<Vec<u8>, Vec<u8>>,
    pub hello_msg: Vec<u8>,
    pub disconnect_msg: Vec<u8>,
    pub hiccup_msg: Vec<u8>,

    // The operating system's sockets.
    pub sndbuf: i32,
    pub rcvbuf: i32,
    pub tos: i32,
    pub priority: i32,
    pub busy_poll: i32,
    pub ipv6: bool,
    pub use_fd: i32,
    pub bindtodevice: Vec<u8>,
    pub loopback_fastpath: bool,
    pub tcp_maxrt: i32,
    pub tcp_keepalive: i32,
    pub tcp_keepalive_cnt: i32,
    pub tcp_keepalive_idle: i32,
    pub tcp_keepalive_intvl: i32,
    pub tcp_accept_filters: Vec<AcceptFilter>,
    pub ipc_filter_uid: BTreeSet<u32>,
    pub ipc_filter_gid: BTreeSet<u32>,
    pub ipc_filter_pid: BTreeSet<i32>,
    pub socks_proxy: Vec<u8>,
    pub socks_username: Vec<u8>,
    pub socks_password: Zeroizing<Vec<u8>>,

    // Security.
    pub mechanism: Mechanism,
    pub as_server: bool,
    pub zap_domain: Vec<u8>,
    pub zap_enforce_domain: bool,
    pub plain_username: Vec<u8>,
    pub plain_password: Zeroizing<Vec<u8>>,
    pub curve_publickey: [u8; 32],
    pub curve_secretkey: Box<Zeroizing<[u8; 32]>>,
    pub curve_serverkey: [u8; 32],
    pub gssapi_principal: Vec<u8>,
    pub gssapi_principal_nametype: i32,
    pub gssapi_service_principal: Vec<u8>,
    pub gssapi_service_principal_nametype: i32,
    pub gssapi_plaintext: bool,
    pub wss_key_pem: Vec<u8>,
    pub wss_cert_pem: Vec<u8>,
    pub wss_trust_pem: Vec<u8>,
    pub wss_hostname: Vec<u8>,
    pub wss_trust_system: bool,

    // Multicast.
    pub rate: i32,
    pub recovery_ivl: i32,
    pub multicast_hops: i32,
    pub multicast_maxtpdu: i32,
    pub multicast_loop: bool,
    pub norm_mode: i32,
    pub norm_unicast_nack: bool,
    pub norm_buffer_size: i32,
    pub norm_segment_size: i32,
    pub norm_block_size: i32,
    pub norm_num_parity: i32,
    pub norm_num_autoparity: i32,
    pub norm_push: bool,

    // Between virtual machines.
    pub vmci_buffer_size: u64,
    pub vmci_buffer_min_size: u64,
    pub vmci_buffer_max_size: u64,
    pub vmci_connect_timeout: i32,

    // Patterns.
    pub probe_router: bool,
    pub req_correlate: bool,
    pub req_relaxed: bool,
    pub router_mandatory: bool,
    pub router_handover: bool,
    pub router_raw: bool,
    /// Bits of `ZMQ_NOTIFY_CONNECT` and `ZMQ_NOTIFY_DISCONNECT`.
    pub router_notify: i32,
    pub stream_notify: bool,
    pub invert_matching: bool,
    /// Repeated subscriptions are passed on.
    pub xpub_verbose: bool,
    /// Repeated cancellations are passed on too.
    pub xpub_verboser: bool,
    pub xpub_nodrop: bool,
    pub xpub_manual: bool,
    pub xpub_manual_last_value: bool,
    pub xpub_welcome_msg: Vec<u8>,
    pub only_first_subscribe: bool,
    pub xsub_verbose_unsubscribe: bool,

    // What follows from the type (and `router_raw`).
    /// The peer's routing id reaches the pattern as a message of its own.
    pub recv_routing_id: bool,
    /// Received messages are filtered by subscription (SUB, but not XSUB).
    pub filter: bool,
    /// Connections carry bytes without ZMTP.
    pub raw_socket: bool,
    /// `hello_msg` is sent by this type.
    pub can_send_hello_msg: bool,
    /// `disconnect_msg` is received by this type.
    pub can_recv_disconnect_msg: bool,
    /// `hiccup_msg` is received by this type.
    pub can_recv_hiccup_msg: bool,
}

impl Options {
    /// The defaults of a socket type, in a context with its own defaults.
    pub fn new(t: SocketType) -> Options {
        use SocketType::*;
        Options {
            socket_type: t,
            sndhwm: 1000,
            rcvhwm: 1000,
            rcvtimeo: -1,
            sndtimeo: -1,
            // A subscriber that closes need not wait for its subscriptions to get out.
            linger: if matches!(t, Sub | Xsub | Dish) { 0 } else { -1 },
            conflate: false,
            immediate: false,
            affinity: 0,
            maxmsgsize: -1,
            in_batch_size: BATCH_SIZE_DFLT,
            out_batch_size: BATCH_SIZE_DFLT,
            zero_copy: true,
            routing_id: Vec::new(),
            connect_routing_id: Vec::new(),
            reconnect_ivl: 100,
            reconnect_ivl_max: 0,
            reconnect_stop: 0,
            connect_timeout: 0,
            handshake_ivl: 30_000,
            heartbeat_ivl: 0,
            heartbeat_ttl: 0,
            heartbeat_timeout: -1,
            backlog: BACKLOG_DFLT,
            metadata: BTreeMap::new(),
            hello_msg: Vec::new(),
            disconnect_msg: Vec::new(),
            hiccup_msg: Vec::new(),
            sndbuf: -1,
            rcvbuf: -1,
            tos: 0,
            priority: 0,
            busy_poll: 0,
            ipv6: false,
            use_fd: -1,
            bindtodevice: Vec::new(),
            loopback_fastpath: false,
            tcp_maxrt: 0,
            tcp_keepalive: -1,
            tcp_keepalive_cnt: -1,
            tcp_keepalive_idle: -1,
            tcp_keepalive_intvl: -1,
            tcp_accept_filters: Vec::new(),
            ipc_filter_uid: BTreeSet::new(),
            ipc_filter_gid: BTreeSet::new(),
            ipc_filter_pid: BTreeSet::new(),
            socks_proxy: Vec::new(),
            socks_username: Vec::new(),
            socks_password: Zeroizing::default(),
            mechanism: Mechanism::Null,
            as_server: false,
            zap_domain: Vec::new(),
            zap_enforce_domain: false,
            plain_username: Vec::new(),
            plain_password: Zeroizing::default(),
            curve_publickey: [0; 32],
            curve_secretkey: Box::default(),
            curve_serverkey: [0; 32],
            gssapi_principal: Vec::new(),
            gssapi_principal_nametype: ZMQ_GSSAPI_NT_HOSTBASED,
            gssapi_service_principal: Vec::new(),
            gssapi_service_principal_nametype: ZMQ_GSSAPI_NT_HOSTBASED,
            gssapi_plaintext: false,
            wss_key_pem: Vec::new(),
            wss_cert_pem: Vec::new(),
            wss_trust_pem: Vec::new(),
            wss_hostname: Vec::new(),
            wss_trust_system: false,
            rate: 100,
            recovery_ivl: 10_000,
            multicast_hops: 1,
            multicast_maxtpdu: 1500,
            multicast_loop: true,
            norm_mode: ZMQ_NORM_CC,
            norm_unicast_nack: false,
            norm_buffer_size: 2048,
            norm_segment_size: 1400,
            norm_block_size: 16,
            norm_num_parity: 4,
            norm_num_autoparity: 0,
            norm_push: false,
            vmci_buffer_size: 0,
            vmci_buffer_min_size: 0,
            vmci_buffer_max_size: 0,
            vmci_connect_timeout: -1,
            probe_router: false,
            req_correlate: false,
            req_relaxed: false,
            router_mandatory: false,
            router_handover: false,
            router_raw: false,
            router_notify: 0,
            stream_notify: true,
            invert_matching: false,
            xpub_verbose: false,
            xpub_verboser: false,
            xpub_nodrop: false,
            xpub_manual: false,
            xpub_manual_last_value: false,
            xpub_welcome_msg: Vec::new(),
            only_first_subscribe: false,
            xsub_verbose_unsubscribe: false,
            recv_routing_id: matches!(t, Router | Rep),
            filter: t == Sub,
            raw_socket: matches!(t, Stream | Dgram),
            can_send_hello_msg: matches!(t, Dealer | Req | Router | Rep | Server | Client | Peer),
            can_recv_disconnect_msg: matches!(t, Router | Rep | Server | Peer),
            can_recv_hiccup_msg: matches!(t, Dealer | Req | Client | Peer),
        }
    }

    /// How many connections may wait to be accepted. Where nobody chose a number, as many as can: one
    /// that finds the queue full is not refused, but tried again by the system a second later.
    pub fn waiting_connections(&self) -> i32 {
        if self.backlog == BACKLOG_DFLT { BACKLOG_MAX } else { self.backlog }
    }

    /// The defaults of a socket type in this context.
    pub fn in_context(t: SocketType, context: &ContextOptions) -> Options {
        let mut options = Options::new(t);
        options.ipv6 = context.ipv6;
        options.zero_copy = context.zero_copy_recv;
        if !context.blocky {
            options.linger = 0;
        }
        options
    }

    /// Sets an option as `zmq_setsockopt` does. `None` stands for a null pointer (with length 0),
    /// which resets some options.
    ///
    /// # Errors
    /// `EINVAL`: no such option, not for this socket type, read only, or a wrong size or value.
    pub fn set(&mut self, option: i32, value: Option<&[u8]>) -> Result<Effect> {
        self.apply(available(option)?, value)
    }

    fn apply(&mut self, spec: &OptionSpec, value: Option<&[u8]>) -> Result<Effect> {
        if !spec.set_on.contains(self.socket_type) {
            return Err(Errno::EINVAL);
        }
        let bytes = value.unwrap_or_default();
        match &spec.write {
            Write::Never => return Err(Errno::EINVAL),
            Write::Int { range, set } => {
                let number = int(bytes)?;
                if !range.contains(&number) {
                    return Err(Errno::EINVAL);
                }
                set(self, number);
            }
            Write::IntPrefix(set) => set(self, int(bytes.get(..4).ok_or(Errno::EINVAL)?)?),
            Write::Int64(set) => set(self, i64::from_ne_bytes(sized(bytes)?)),
            Write::Uint64(set) => set(self, u64::from_ne_bytes(sized(bytes)?)),
            Write::Bytes { lengths, empty, set } => {
                let fits = match bytes.len() {
                    0 => empty.allows(value.is_none()),
                    n => lengths.contains(&n),
                };
                if !fits {
                    return Err(Errno::EINVAL);
                }
                set(self, bytes)?;
            }
            Write::Action { allowed } => {
                return if allowed(self) { Ok(Effect::Action) } else { Err(Errno::EINVAL) };
            }
        }
        Ok(Effect::Stored)
    }

    /// The value of an option, as `zmq_getsockopt` reports it. [`Value::copy_to`] applies the
    /// rules about the caller's buffer. [`Value::Dynamic`]: the socket has to answer.
    ///
    /// # Errors
    /// `EINVAL`: no such option, not for this socket type, or write only.
    pub fn get(&self, option: i32) -> Result<Value> {
        self.read(available(option)?)
    }

    fn read(&self, spec: &OptionSpec) -> Result<Value> {
        if !spec.get_on.contains(self.socket_type) {
            return Err(Errno::EINVAL);
        }
        match spec.read {
            Read::Never => Err(Errno::EINVAL),
            Read::Int(get) => Ok(Value::I32(get(self))),
            Read::PaddedInt(get) => Ok(Value::Padded(get(self))),
            Read::Int64(get) => Ok(Value::I64(get(self))),
            Read::Uint64(get) => Ok(Value::U64(get(self))),
            Read::Bytes(get) => Ok(Value::Bytes(get(self).to_vec())),
            Read::Text(get) => Ok(Value::Text(get(self).to_vec())),
            Read::Key(get) => Ok(Value::Key(*get(self))),
            Read::Dynamic => Ok(Value::Dynamic),
        }
    }

    /// The most bytes to receive at once, if `ZMQ_IN_BATCH_SIZE` is not as it was made: the
    /// library's own choice is a larger one.
    pub fn receive_limit(&self) -> Option<usize> {
        chosen_batch(self.in_batch_size)
    }

    /// The bytes to encode before they are sent, if `ZMQ_OUT_BATCH_SIZE` is not as it was made.
    pub fn send_batch(&self) -> Option<usize> {
        chosen_batch(self.out_batch_size)
    }

    /// Whether the queues of what is sent keep the latest message only: `conflate` is set and the
    /// type allows it. Subscriptions are no messages in that sense.
    pub fn conflates_sent(&self) -> bool {
        use SocketType::*;
        self.conflate && matches!(self.socket_type, Dealer | Push | Pub)
    }

    /// As [`Options::conflates_sent`], for what is received.
    pub fn conflates_received(&self) -> bool {
        use SocketType::*;
        self.conflate && matches!(self.socket_type, Dealer | Pull | Sub)
    }
}

fn chosen_batch(size: i32) -> Option<usize> {
    usize::try_from(size).ok().filter(|_| size != BATCH_SIZE_DFLT)
}

/// Whether a null pointer resets the option whatever length comes with it.
pub fn null_resets(option: i32) -> bool {
    let any_length = |empty: Empty| empty == Empty::NullOfAnyLengthResets;
    available(option)
        .is_ok_and(|spec| matches!(spec.write, Write::Bytes { empty, .. } if any_length(empty)))
}

/// The option, if the library has what it needs.
fn available(option: i32) -> Result<&'static OptionSpec> {
    let spec = find(option).ok_or(Errno::EINVAL)?;
    let there = spec.needs.is_none_or(Capability::is_there);
    if there { Ok(spec) } else { Err(Errno::EINVAL) }
}

fn sized<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| Errno::EINVAL)
}

fn int(bytes: &[u8]) -> Result<i32> {
    sized(bytes).map(i32::from_ne_bytes)
}
