//! pgm, epgm and norm: addresses, and what the options make of the sockets of their libraries.
//!
//! | protocol | address |
//! |---|---|
//! | pgm, epgm | `interface;group:port`, `interface;group,group;group:port` to send to another one |
//! | norm | `node,interface;group:port`, where `node,` and `interface;` may be left out; a host instead of the group sends to that host alone |

use std::ffi::CString;

use super::Protocol;
use super::address::leading_number;
use crate::consts::{
    ZMQ_NORM_CC, ZMQ_NORM_CCE, ZMQ_NORM_CCE_ECNONLY, ZMQ_NORM_CCL, ZMQ_NORM_FIXED,
};
use crate::error::{Errno, Result};
use crate::options::{Options, SocketType};
use crate::sys::{names, norm, pgm};

/// The longest address without its port, as in libzmq.
const LONGEST: usize = 254;

/// A socket of one of the protocols' libraries.
pub enum MulticastSocket {
    /// pgm and epgm.
    Pgm(pgm::Socket),
    /// norm.
    Norm(norm::Session),
}

impl MulticastSocket {
    /// A socket that sends to, or receives from, a group. May ask the name service. Errors:
    /// `EPROTONOSUPPORT` (the system lacks the protocol's library), `EINVAL` (not an address, no such
    /// interface for pgm, or an option is not taken), `ENODEV` (no such interface for norm), `EPERM`
    /// (pgm needs a privilege, epgm does not), and those of the system.
    pub fn open(protocol: Protocol, address: &str, o: &Options) -> Result<MulticastSocket> {
        match protocol {
            Protocol::Pgm | Protocol::Epgm => open_pgm(protocol, address, o),
            _ => open_norm(address, o),
        }
    }
}

/// Whether such a socket sends. It never does both.
pub fn sends(socket_type: SocketType) -> bool {
    matches!(socket_type, SocketType::Pub | SocketType::Xpub)
}

/// What is before the last colon, and the port after it: what C's `atoi` makes of it in 16 bits.
fn split_port(address: &str) -> Result<(&str, u16)> {
    let (place, port) = address.rsplit_once(':').ok_or(Errno::EINVAL)?;
    if place.len() > LONGEST {
        return Err(Errno::EINVAL);
    }
    Ok((place, leading_number(port) as u16))
}

fn c_string(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Errno::EINVAL)
}

fn open_pgm(protocol: Protocol, address: &str, o: &Options) -> Result<MulticastSocket> {
    if !pgm::is_there() {
        return Err(Errno::EPROTONOSUPPORT);
    }
    let (network, port) = split_port(address)?;
    if port == 0 {
        return Err(Errno::EINVAL);
    }
    let settings = pgm::Settings {
        in_udp: protocol == Protocol::Epgm,
        sends: sends(o.socket_type),
        rate: o.rate,
        recovery_ms: o.recovery_ivl,
        largest_packet: o.multicast_maxtpdu,
        hops: o.multicast_hops,
        send_buffer: o.sndbuf,
        receive_buffer: o.rcvbuf,
    };
    pgm::Socket::open(&c_string(network)?, port, &settings).map(MulticastSocket::Pgm)
}

fn open_norm(address: &str, o: &Options) -> Result<MulticastSocket> {
    if !norm::is_there() {
        return Err(Errno::EPROTONOSUPPORT);
    }
    let (place, port) = split_port(address)?;
    let (node, place) = match place.split_once(',') {
        Some((node, place)) => (leading_number(node) as u32, place),
        None => (u32::MAX, place),
    };
    let (interface, host) = match place.split_once(';') {
        Some((interface, host)) => (Some(interface), host),
        None => (None, place),
    };
    if host.is_empty() {
        return Err(Errno::EINVAL);
    }
    let buffer = u32::try_from(o.norm_buffer_size).unwrap_or(0).saturating_mul(1024);
    let settings = norm::Settings {
        node,
        hops: u8::try_from(o.multicast_hops).unwrap_or(u8::MAX),
        tos: norm_tos(o),
        unicast_nack: o.norm_unicast_nack,
        buffer,
        sender: sends(o.socket_type).then(|| norm_sender(o)),
    };
    let interface_name = interface.map(c_string).transpose()?;
    norm::Session::open(&c_string(host)?, port, interface_name.as_deref(), &settings)
        .map(MulticastSocket::Norm)
        .map_err(|error| match interface {
            Some(name) if names::interface_index(name).is_none() => Errno::ENODEV,
            _ => error,
        })
}

/// With the mark that a packet can say congestion, if that is to be looked at.
fn norm_tos(o: &Options) -> u8 {
    let tos = o.tos as u8;
    match (o.norm_mode, tos & 3) {
        (ZMQ_NORM_CCE | ZMQ_NORM_CCE_ECNONLY, 0) => tos | 1,
        // Congestion met: not for a sender to say.
        (ZMQ_NORM_CCE | ZMQ_NORM_CCE_ECNONLY, 3) => tos & !1,
        _ => tos,
    }
}

fn norm_sender(o: &Options) -> norm::SenderSettings {
    let small = |value: i32| u8::try_from(value).unwrap_or(u8::MAX);
    let parity = u16::from(small(o.norm_num_parity.max(o.norm_num_autoparity)));
    norm::SenderSettings {
        rate: match o.norm_mode {
            ZMQ_NORM_FIXED => norm::RateControl::Fixed(f64::from(o.rate) * 1000.0),
            ZMQ_NORM_CC => norm::RateControl::Losses,
            mode => norm::RateControl::Ecn {
                marks: mode != ZMQ_NORM_CCL,
                ignore_losses: mode == ZMQ_NORM_CCE_ECNONLY,
                tolerate_losses: mode == ZMQ_NORM_CCL,
            },
        },
        segment: u16::try_from(o.norm_segment_size).unwrap_or(u16::MAX),
        // Longer than its parity, which is less than 255.
        block: u16::from(small(o.norm_block_size)).max(parity.saturating_add(1)),
        parity,
        auto_parity: small(o.norm_num_autoparity),
        push: o.norm_push,
    }
}
