//! udp: datagrams to and from one address, which may be a multicast group.
//!
//! An address is `host:port` or, for a group, `interface;group:port`.

use std::io::IoSlice;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::address::{HostPort, Purpose, source_address, split_source};
use super::{SocketAddress, tune};
use crate::error::{Errno, Result};
use crate::options::Options;
use crate::sys::socket::Socket;
use crate::sys::{RawFd, libc, names};

/// The largest datagram that is sent, in bytes: libzmq receives no larger ones.
pub const MAX_DATAGRAM: usize = 8192;

/// A socket that sends and receives datagrams. Nothing blocks.
#[derive(Debug)]
pub struct DatagramSocket {
    socket: Socket,
    /// Where to send what has no address of its own.
    target: SocketAddr,
    endpoint: String,
}

/// An address, looked up.
struct Place {
    /// Where datagrams go, or the group they come from.
    target: SocketAddr,
    /// What to bind to receive them, or the group's interface.
    local: SocketAddr,
    /// The group.
    group: Option<IpAddr>,
    /// The number of the group's interface; 0 leaves the choice to the system.
    interface: u32,
}

impl DatagramSocket {
    /// A socket that receives what is sent to `address`, and can send to any address. May block on
    /// the name service. Errors: `EINVAL` (the address cannot be read), `ENODEV` (no such interface
    /// or host) and those of the system, such as `EADDRNOTAVAIL`.
    pub fn bind(address: &str, o: &Options) -> Result<DatagramSocket> {
        let place = Place::look_up(address, Purpose::Bind, o.ipv6)?;
        let local = match place.group {
            None => place.local,
            Some(IpAddr::V4(_)) => (Ipv4Addr::UNSPECIFIED, place.local.port()).into(),
            Some(IpAddr::V6(_)) => (Ipv6Addr::UNSPECIFIED, place.local.port()).into(),
        };
        let local = outside(local);
        let socket = tune::open_datagram(&local, o)?;
        set_multicast(&socket, &place, o)?;
        socket.set_option(libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)?;
        if place.group.is_some() {
            socket.set_option(libc::SOL_SOCKET, libc::SO_REUSEPORT, 1)?;
        }
        socket.bind(&local)?;
        join(&socket, &place)?;
        let endpoint = match socket.local_address()?.and_then(inside) {
            Some(bound) if place.target.port() == 0 => with_port(address, bound.port()),
            _ => address.to_owned(),
        };
        Ok(DatagramSocket { socket, target: place.target, endpoint })
    }

    /// A socket that sends to `address`. May block on the name service. Errors: as
    /// [`DatagramSocket::bind`], with `EINVAL` for an unknown host.
    pub fn connect(address: &str, o: &Options) -> Result<DatagramSocket> {
        let place = Place::look_up(address, Purpose::Connect, o.ipv6)?;
        let socket = tune::open_datagram(&outside(place.target), o)?;
        set_multicast(&socket, &place, o)?;
        Ok(DatagramSocket { socket, target: place.target, endpoint: address.to_owned() })
    }

    /// The descriptor, for polling.
    pub fn fd(&self) -> RawFd {
        self.socket.fd()
    }

    /// The address as the application spelled it, with the port that a wildcard became. As libzmq
    /// has it, `ZMQ_LAST_ENDPOINT` says this, without `udp://`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Sends `slices` as one datagram, to `to` or to where the socket is connected. Errors:
    /// `EAGAIN` if the system takes none now; with any other the datagram is lost.
    pub fn send(&self, slices: &[IoSlice<'_>], to: Option<SocketAddr>) -> Result<()> {
        self.socket.send_to(&outside(to.unwrap_or(self.target)), slices)
    }

    /// Receives one datagram into the front of `room`; what does not fit is lost. Errors: `EAGAIN`
    /// if there is none.
    pub fn receive(&self, room: &mut [u8]) -> Result<(usize, Option<SocketAddr>)> {
        let (len, from) = self.socket.receive_from(room)?;
        Ok((len, from.and_then(inside).map(unmapped)))
    }

    /// Reads `host:port` or `[host]:port` in numbers, perhaps with a NUL at the end: what a DGRAM
    /// socket sends to. Errors: `EINVAL`.
    pub fn parse_peer(&self, text: &[u8]) -> Result<SocketAddr> {
        let text = text.strip_suffix(&[0]).unwrap_or(text);
        let text = std::str::from_utf8(text).map_err(|_| Errno::EINVAL)?;
        let peer: SocketAddr = text.parse().map_err(|_| Errno::EINVAL)?;
        match (peer, self.target) {
            _ if peer.port() == 0 => Err(Errno::EINVAL),
            (SocketAddr::V4(v4), SocketAddr::V6(_)) => {
                Ok(SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()))
            }
            (SocketAddr::V6(_), SocketAddr::V4(_)) => Err(Errno::EINVAL),
            _ => Ok(peer),
        }
    }
}

/// The system's spelling of an address.
fn outside(address: SocketAddr) -> SocketAddress {
    match address {
        SocketAddr::V4(address) => SocketAddress::V4(address),
        SocketAddr::V6(address) => SocketAddress::V6(address),
    }
}

/// The internet address that it is.
fn inside(address: SocketAddress) -> Option<SocketAddr> {
    match address {
        SocketAddress::V4(address) => Some(SocketAddr::V4(address)),
        SocketAddress::V6(address) => Some(SocketAddr::V6(address)),
        _ => None,
    }
}

/// An IPv4 peer of an IPv6 socket is an IPv4 peer.
fn unmapped(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => SocketAddr::new(ip.into(), address.port()),
            None => address,
        },
        IpAddr::V4(_) => address,
    }
}

impl Place {
    fn look_up(address: &str, purpose: Purpose, ipv6: bool) -> Result<Place> {
        let (source, destination) = split_source(address);
        let source = source.map(|source| Source::look_up(source, ipv6)).transpose()?;
        let found = HostPort::parse(destination, purpose)?.look_up(ipv6)?;
        let target = found.into_iter().find_map(inside).ok_or(Errno::EINVAL)?;
        let group = Some(target.ip()).filter(IpAddr::is_multicast);
        let any = match target {
            SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
        };
        let (local, interface) = match source {
            // An interface makes sense only for a group.
            Some(_) if group.is_none() => return Err(Errno::EINVAL),
            Some(Source { interface: None, .. }) if ipv6 => return Err(Errno::ENODEV),
            Some(Source { address, interface }) => (address, interface.unwrap_or(0)),
            None if group.is_some() || purpose == Purpose::Connect => (any, 0),
            None => (target.ip(), 0),
        };
        if local.is_ipv4() != target.is_ipv4() {
            return Err(Errno::EINVAL);
        }
        Ok(Place { target, local: SocketAddr::new(local, target.port()), group, interface })
    }

    /// The interface's own address, unless any will do.
    fn interface_address(&self) -> Option<IpAddr> {
        Some(self.local.ip()).filter(|ip| !ip.is_unspecified())
    }
}

/// Where a group is to be heard and spoken to.
struct Source {
    address: IpAddr,
    /// Its number if it was given by name, 0 for `*`.
    interface: Option<u32>,
}

impl Source {
    fn look_up(text: &str, ipv6: bool) -> Result<Source> {
        let found = inside(source_address(&format!("{text}:0"), ipv6)?);
        let address = found.map(|found| found.ip()).filter(|ip| !ip.is_multicast());
        let address = address.ok_or(Errno::EINVAL)?;
        let interface = if text == "*" { Some(0) } else { names::interface_index(text) };
        Ok(Source { address, interface })
    }
}

/// Sets where multicast goes, how far, and whether it comes back.
fn set_multicast(socket: &Socket, place: &Place, o: &Options) -> Result<()> {
    let hops = o.multicast_hops.min(255);
    let returns = i32::from(o.multicast_loop);
    match place.group {
        None => Ok(()),
        Some(IpAddr::V4(_)) => {
            socket.set_option(libc::IPPROTO_IP, libc::IP_MULTICAST_LOOP, returns)?;
            socket.set_option(libc::IPPROTO_IP, libc::IP_MULTICAST_TTL, hops)?;
            match place.interface_address() {
                Some(IpAddr::V4(ip)) => {
                    socket.set_option_bytes(libc::IPPROTO_IP, libc::IP_MULTICAST_IF, &ip.octets())
                }
                _ => Ok(()),
            }
        }
        Some(IpAddr::V6(_)) => {
            socket.set_option(libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_LOOP, returns)?;
            socket.set_option(libc::IPPROTO_IPV6, libc::IPV6_MULTICAST_HOPS, hops)?;
            match place.interface {
                0 => Ok(()),
                number => socket.set_option(
                    libc::IPPROTO_IPV6,
                    libc::IPV6_MULTICAST_IF,
                    number.cast_signed(),
                ),
            }
        }
    }
}

/// Joins the group, if there is one, on its interface.
fn join(socket: &Socket, place: &Place) -> Result<()> {
    match place.group {
        None => Ok(()),
        Some(IpAddr::V4(group)) => {
            // struct ip_mreq: the group and the interface, in the network's order.
            let interface = match place.interface_address() {
                Some(IpAddr::V4(ip)) => ip.octets(),
                _ => [0; 4],
            };
            let request = [group.octets(), interface].concat();
            socket.set_option_bytes(libc::IPPROTO_IP, libc::IP_ADD_MEMBERSHIP, &request)
        }
        Some(IpAddr::V6(group)) => {
            // struct ipv6_mreq: the group, and the interface's number as an int.
            let request = [&group.octets()[..], &place.interface.to_ne_bytes()].concat();
            socket.set_option_bytes(libc::IPPROTO_IPV6, libc::IPV6_ADD_MEMBERSHIP, &request)
        }
    }
}

/// The address with another port at its end.
fn with_port(address: &str, port: u16) -> String {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    format!("{host}:{port}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::SocketType;

    fn options() -> Options {
        Options::new(SocketType::Dgram)
    }

    fn error(address: &str, purpose: Purpose, ipv6: bool) -> Option<Errno> {
        Place::look_up(address, purpose, ipv6).err()
    }

    #[test]
    fn addresses_and_their_errors() {
        use Purpose::{Bind, Connect};
        let table = [
            ("127.0.0.1:5", Bind, None),
            ("*:*", Bind, None),
            ("lo;239.1.2.3:5", Bind, None),
            ("127.0.0.1;239.1.2.3:5", Connect, None),
            ("127.0.0.1:0", Connect, None),
            ("nosuch:5", Bind, Some(Errno::ENODEV)),
            ("127.0.0.1", Bind, Some(Errno::EINVAL)),
            ("lo;127.0.0.1:5", Bind, Some(Errno::EINVAL)),
            ("nosuch;239.1.2.3:5", Bind, Some(Errno::ENODEV)),
            ("239.1.2.3;239.1.2.3:5", Bind, Some(Errno::EINVAL)),
            ("*:5", Connect, Some(Errno::EINVAL)),
        ];
        for (address, purpose, expected) in table {
            assert_eq!(error(address, purpose, false), expected, "{address}");
        }
        assert_eq!(error("::1;[ff02::1]:5", Bind, true), Some(Errno::ENODEV));
        assert_eq!(error("*;[ff02::1]:5", Bind, true), None);
    }

    #[test]
    fn datagrams_carry_their_sender() {
        let a = DatagramSocket::bind("127.0.0.1:*", &options()).unwrap();
        let b = DatagramSocket::bind("127.0.0.1:*", &options()).unwrap();
        let to = a.parse_peer(b.endpoint().as_bytes()).unwrap();
        a.send(&[IoSlice::new(b"ab"), IoSlice::new(b"c")], Some(to)).unwrap();
        let mut room = [0; 16];
        let (len, from) = b.receive(&mut room).unwrap();
        assert_eq!(&room[..len], b"abc");
        assert_eq!(from.unwrap().to_string(), a.endpoint());
        assert_eq!(b.receive(&mut room).err(), Some(Errno::EAGAIN));
    }

    #[test]
    fn peers_are_spelled_in_numbers() {
        let v4 = DatagramSocket::connect("127.0.0.1:9", &options()).unwrap();
        let spelled = |text: &[u8]| v4.parse_peer(text).map(|peer| peer.to_string());
        assert_eq!(spelled(b"10.0.0.1:7\0").as_deref(), Ok("10.0.0.1:7"));
        for wrong in [&b""[..], b"10.0.0.1", b"10.0.0.1:0", b"name:7", b"[::1]:7", b"\xff:7"] {
            assert_eq!(spelled(wrong), Err(Errno::EINVAL));
        }
    }
}
