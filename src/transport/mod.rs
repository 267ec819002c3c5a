//! Transports: from endpoint strings to non-blocking byte streams, and nothing of ZMTP.
//!
//! - [`split_endpoint`] takes the protocol off an endpoint.
//! - [`Listener`] binds and accepts.
//! - [`Target`] is what a connecting socket was told; [`resolve`] turns it into addresses without
//!   blocking the caller, and [`Dial`] connects to one of them.
//! - [`DatagramSocket`] is what udp has instead of listeners and connections.
//! - [`Stream`] is an established connection; [`Negotiation`] is what a proxy is told over it first.
//! - [`MulticastSocket`] is what pgm, epgm and norm have, whose libraries do the rest.
//!
//! Here are tcp, ipc, udp, tipc, vsock, vmci, the connections under ws and wss, and the multicast
//! protocols. Inproc is known by name only; binding or connecting it is `EPROTONOSUPPORT`.
//!
//! What an address may look like, and which errno says that it may not, is libzmq's behaviour to
//! the letter, with what it leaves unchecked: a port is read as C's `atoi` does and cut to 16 bits,
//! so `70000` is 4464, and `80/tcp` is 80. Differences, all on purpose:
//!
//! - every address of a host is offered, not only the first, and with `ZMQ_IPV6` also the IPv4
//!   addresses of a host that has IPv6 ones;
//! - an interface's link-local address keeps its zone, so that it can be bound by interface name;
//! - an abstract ipc name never removes the file that happens to have the same name;
//! - an ipc endpoint with a name that is too long removes nothing.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic),
    deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

mod address;
mod dial;
mod ipc;
mod listener;
mod multicast;
mod resolver;
mod socks;
mod stream;
mod target;
#[cfg(test)]
mod tests;
mod tipc;
mod tls;
mod tune;
mod udp;
mod vsock;

pub use crate::sys::socket::SocketAddress;
pub use address::{endpoint_of, same_endpoints};
pub use dial::Dial;
pub use listener::{Accepted, Listener};
pub use multicast::{MulticastSocket, sends as multicast_sends};
pub use resolver::resolve;
pub use socks::Negotiation;
pub use stream::Stream;
pub use target::Target;
pub use udp::{DatagramSocket, MAX_DATAGRAM};

use crate::error::{Errno, Result};
use crate::sys;

macro_rules! protocols {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)*) => {
        /// What stands before the `://` of an endpoint.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Protocol { $($(#[$doc])* $variant,)* }

        impl Protocol {
            /// The protocol of this name.
            fn from_name(name: &str) -> Option<Protocol> {
                match name {
                    $($name => Some(Protocol::$variant),)*
                    _ => None,
                }
            }

            /// The name, as in endpoints.
            pub fn name(self) -> &'static str {
                match self { $(Protocol::$variant => $name,)* }
            }
        }
    };
}

protocols! {
    /// Within the process; no file descriptors.
    Inproc = "inproc";
    /// TCP.
    Tcp = "tcp";
    /// UNIX-domain stream sockets.
    Ipc = "ipc";
    /// UDP, for RADIO, DISH and DGRAM.
    Udp = "udp";
    /// WebSocket.
    Ws = "ws";
    /// WebSocket over TLS.
    Wss = "wss";
    /// TIPC (Linux clusters).
    Tipc = "tipc";
    /// VMware's sockets between virtual machines.
    Vmci = "vmci";
    /// Sockets between a virtual machine and its host.
    Vsock = "vsock";
    /// Reliable multicast over raw IP.
    Pgm = "pgm";
    /// Reliable multicast in UDP.
    Epgm = "epgm";
    /// NACK-oriented reliable multicast.
    Norm = "norm";
}

impl Protocol {
    /// Whether the system has the sockets for it.
    fn is_there(self) -> bool {
        match self {
            Protocol::Ipc => sys::HAS_IPC,
            Protocol::Tipc | Protocol::Vmci | Protocol::Vsock => sys::HAS_VSOCK,
            _ => true,
        }
    }

    /// Whether it sends one stream to many, by a library of the system's.
    pub fn is_multicast(self) -> bool {
        matches!(self, Protocol::Pgm | Protocol::Epgm | Protocol::Norm)
    }

    /// Whether its connections are those of TCP.
    fn is_over_tcp(self) -> bool {
        matches!(self, Protocol::Tcp | Protocol::Ws | Protocol::Wss)
    }
}

/// Splits an endpoint at its first `://` into the protocol and the address. Errors: `EINVAL` if a
/// part is missing, `EPROTONOSUPPORT` for a protocol that is unknown, or that the system has no
/// sockets for.
pub fn split_endpoint(endpoint: &str) -> Result<(Protocol, &str)> {
    let (name, address) = endpoint.split_once("://").ok_or(Errno::EINVAL)?;
    if name.is_empty() || address.is_empty() {
        return Err(Errno::EINVAL);
    }
    let protocol = Protocol::from_name(name).filter(|protocol| protocol.is_there());
    let protocol = protocol.ok_or(Errno::EPROTONOSUPPORT)?;
    Ok((protocol, address))
}
