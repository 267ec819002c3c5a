//! Addresses as endpoints spell them: `host:port`, and how the host is found.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use super::socks::Host;
use super::{Protocol, tipc, vsock};
use crate::error::{Errno, Result};
use crate::sys::names::{self, HostQuery};
use crate::sys::socket::SocketAddress;

/// What an address is for, which decides what its host may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be bound by a listener: `*`, an interface, a number or a name.
    Bind,
    /// To be bound by a connecting socket: `*`, an interface or a number.
    Source,
    /// To connect to: a number or a name.
    Connect,
}

impl Purpose {
    fn binds(self) -> bool {
        self != Purpose::Connect
    }

    /// What a host that is not found means.
    fn unknown_host(self) -> Errno {
        if self.binds() { Errno::ENODEV } else { Errno::EINVAL }
    }
}

/// `host:port`, read but not yet looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HostPort<'a> {
    host: &'a str,
    zone: Option<u32>,
    port: u16,
    purpose: Purpose,
}

impl<'a> HostPort<'a> {
    /// Reads `host:port`, where the host may stand in brackets and may end in `%` and a zone,
    /// which is an interface's name or number. Errors: `EINVAL`.
    pub(super) fn parse(text: &'a str, purpose: Purpose) -> Result<HostPort<'a>> {
        let (host, port) = text.rsplit_once(':').ok_or(Errno::EINVAL)?;
        let port = parse_port(port, purpose)?;
        let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        let (host, zone) = match host.rsplit_once('%') {
            Some((host, zone)) => (host, Some(parse_zone(zone)?)),
            None => (host, None),
        };
        Ok(HostPort { host, zone, port, purpose })
    }

    /// The addresses, if they can be had without asking the name service: the host is `*`, a
    /// number or an interface. Errors: `ENODEV` or `EINVAL` where a name is not allowed.
    pub(super) fn without_names(&self, ipv6: bool) -> Result<Option<Vec<SocketAddress>>> {
        if self.purpose.binds() && self.host == "*" {
            let any =
                if ipv6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
            return Ok(Some(vec![self.at(any)]));
        }
        if let Ok(ip) = self.host.parse::<IpAddr>() {
            let ip = match ip {
                IpAddr::V4(ip) if ipv6 => IpAddr::V6(ip.to_ipv6_mapped()),
                IpAddr::V6(_) if !ipv6 => return Err(self.purpose.unknown_host()),
                ip => ip,
            };
            return Ok(Some(vec![self.at(ip)]));
        }
        if self.purpose.binds()
            && let Some(address) = names::interface_address(self.host, ipv6)?
        {
            return Ok(Some(self.finish(vec![address])));
        }
        // The system knows more spellings of numbers, such as 127.1.
        let found = names::host_addresses(self.host, self.query(ipv6, true))?;
        match found {
            None if self.purpose == Purpose::Source => Err(self.purpose.unknown_host()),
            found => Ok(found.map(|addresses| self.finish(addresses))),
        }
    }

    /// The addresses, at least one, in order of preference. May block on the name service. Errors:
    /// `ENODEV` (binding) or `EINVAL` (connecting) if the host is not found, `ENOMEM`.
    pub(super) fn look_up(&self, ipv6: bool) -> Result<Vec<SocketAddress>> {
        if let Some(addresses) = self.without_names(ipv6)? {
            return Ok(addresses);
        }
        let found = names::host_addresses(self.host, self.query(ipv6, false))?;
        found.map(|addresses| self.finish(addresses)).ok_or(self.purpose.unknown_host())
    }

    fn query(&self, ipv6: bool, numeric: bool) -> HostQuery {
        HostQuery { ipv6, all: !self.purpose.binds(), passive: self.purpose.binds(), numeric }
    }

    fn at(&self, ip: IpAddr) -> SocketAddress {
        match ip {
            IpAddr::V4(ip) => SocketAddress::V4(SocketAddrV4::new(ip, self.port)),
            IpAddr::V6(ip) => {
                SocketAddress::V6(SocketAddrV6::new(ip, self.port, 0, self.zone.unwrap_or(0)))
            }
        }
    }

    /// Puts port and zone into addresses that were found.
    fn finish(&self, mut addresses: Vec<SocketAddress>) -> Vec<SocketAddress> {
        for address in &mut addresses {
            match address {
                SocketAddress::V4(address) => address.set_port(self.port),
                SocketAddress::V6(address) => {
                    address.set_port(self.port);
                    address.set_scope_id(self.zone.unwrap_or(address.scope_id()));
                }
                _ => {}
            }
        }
        addresses
    }
}

/// Splits `source;destination` at the last semicolon.
pub(super) fn split_source(text: &str) -> (Option<&str>, &str) {
    match text.rsplit_once(';') {
        Some((source, destination)) => (Some(source), destination),
        None => (None, text),
    }
}

/// The first address of `host:port` to bind, or of the destination of `source;host:port`, whose
/// source is checked but not used.
pub(super) fn bind_address(text: &str, ipv6: bool) -> Result<SocketAddress> {
    first_address(text, Purpose::Bind, ipv6)
}

fn first_address(text: &str, purpose: Purpose, ipv6: bool) -> Result<SocketAddress> {
    let (source, destination) = split_source(text);
    if let Some(source) = source {
        source_address(source, ipv6)?;
    }
    let addresses = HostPort::parse(destination, purpose)?.look_up(ipv6)?;
    addresses.into_iter().next().ok_or(purpose.unknown_host())
}

/// The address that a connecting socket is bound to first.
pub(super) fn source_address(text: &str, ipv6: bool) -> Result<SocketAddress> {
    let addresses = HostPort::parse(text, Purpose::Source)?.look_up(ipv6)?;
    addresses.into_iter().next().ok_or(Errno::ENODEV)
}

/// Reads `host:port` for a proxy, which looks names up by itself and takes numbers of either kind.
/// Errors: `EINVAL`.
pub(super) fn remote_host(text: &str) -> Result<(Host<'_>, u16)> {
    let (host, port) = text.rsplit_once(':').ok_or(Errno::EINVAL)?;
    let port = leading_number(port) as u16;
    if port == 0 {
        return Err(Errno::EINVAL);
    }
    let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    // A zone means nothing to the proxy.
    let number = host.split_once('%').map_or(host, |(number, _)| number);
    if let Ok(ip) = number.parse::<IpAddr>() {
        return Ok((Host::Number(ip), port));
    }
    // The system knows more spellings of numbers, such as 127.1.
    let query = HostQuery { ipv6: false, all: false, passive: false, numeric: true };
    let found = names::host_addresses(host, query)?.and_then(|found| found.into_iter().next());
    match found {
        Some(SocketAddress::V4(address)) => Ok((Host::Number((*address.ip()).into()), port)),
        _ => Ok((Host::Name(host), port)),
    }
}

/// [`endpoint_of`] with another protocol's name where protocols share a kind of address.
pub(super) fn endpoint_over(protocol: Protocol, address: &SocketAddress) -> String {
    let endpoint = endpoint_of(address);
    let shared = endpoint.strip_prefix("tcp").or_else(|| endpoint.strip_prefix("vsock"));
    match shared {
        Some(rest) => format!("{}{rest}", protocol.name()),
        None => endpoint,
    }
}

/// Splits the path, with its slash, off an address; `/` if there is none.
pub(super) fn split_path(address: &str) -> (&str, &str) {
    match address.find('/') {
        Some(at) => address.split_at(at),
        None => (address, "/"),
    }
}

/// The endpoint of a bound or connected address: `tcp://192.0.2.1:5555`, `tcp://[::1]:5555`,
/// `vsock://2:5555`, `vmci://2:5555`, `tipc://<1.2.3:4>`, `ipc:///path`, `ipc://@abstract`, or `ipc://` for the unnamed end of a
/// connection.
pub fn endpoint_of(address: &SocketAddress) -> String {
    let host = names::numeric_host(address).unwrap_or_default();
    match address {
        SocketAddress::V4(address) => format!("tcp://{host}:{}", address.port()),
        SocketAddress::V6(address) => format!("tcp://[{host}]:{}", address.port()),
        SocketAddress::Unix(name) => {
            let (mark, name) = match name.bytes() {
                [0, rest @ ..] => ("@", rest),
                path => ("", path),
            };
            // An abstract name may hold any byte; an endpoint ends at the first NUL.
            let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
            format!("ipc://{mark}{}", String::from_utf8_lossy(name))
        }
        SocketAddress::Vsock { cid, port } => vsock::endpoint(Protocol::Vsock, *cid, *port),
        SocketAddress::Vmci { cid, port } => vsock::endpoint(Protocol::Vmci, *cid, *port),
        SocketAddress::Tipc(address) => tipc::endpoint(*address),
    }
}

/// Other spellings under which the tcp endpoint with this address may have been bound or connected,
/// for `zmq_unbind` and `zmq_disconnect`: the numeric one of its first address to connect to, then
/// that of its address to bind. May block on the name service.
pub fn same_endpoints(address: &str, ipv6: bool) -> impl Iterator<Item = String> + '_ {
    let spell = move |purpose| first_address(address, purpose, ipv6).ok();
    // What cannot be connected to is not tried for binding either, as in libzmq.
    let first = spell(Purpose::Connect);
    let second = first.is_some().then_some(Purpose::Bind);
    first.into_iter().chain(second.into_iter().filter_map(spell)).map(|it| endpoint_of(&it))
}

/// Reads a port: `*` for any (where the address is to be bound), `0`, or what C's `atoi` makes of
/// it in 16 bits, as long as that is not 0.
fn parse_port(text: &str, purpose: Purpose) -> Result<u16> {
    match text {
        "*" if purpose.binds() => Ok(0),
        "0" => Ok(0),
        _ => match leading_number(text) as u16 {
            0 => Err(Errno::EINVAL),
            port => Ok(port),
        },
    }
}

/// Reads a zone: the name of an interface that exists, or a number other than 0.
fn parse_zone(text: &str) -> Result<u32> {
    let zone = if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        names::interface_index(text)
    } else {
        Some(leading_number(text) as u32)
    };
    zone.filter(|&zone| zone != 0).ok_or(Errno::EINVAL)
}

/// The number at the start of `text`, after white space and a sign; 0 if there is none.
pub(super) fn leading_number(text: &str) -> i64 {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.bytes().map_while(|byte| char::from(byte).to_digit(10));
    let number =
        digits.fold(0i64, |sum, digit| sum.saturating_mul(10).saturating_add(digit.into()));
    if negative { number.saturating_neg() } else { number }
}

#[cfg(test)]
mod tests;
