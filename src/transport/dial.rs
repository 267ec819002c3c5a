//! Connecting.

use std::net::SocketAddrV4;

use super::address::source_address;
use super::tls::ClientTls;
use super::{Protocol, SocketAddress, Stream, Target, tune, vsock};
use crate::error::{Errno, Result};
use crate::options::Options;
use crate::sys::socket::Socket;
use crate::sys::{RawFd, libc};

/// One attempt to connect to one address.
#[derive(Debug)]
pub struct Dial {
    socket: Socket,
    connected: bool,
    /// The system refused at once; said when the attempt is finished, like any other failure.
    refused: Option<Errno>,
    protocol: Protocol,
    tls: Option<ClientTls>,
}

impl Dial {
    /// Starts the attempt. Unless [`Dial::is_connected`] says that it is done already, the
    /// descriptor turns writable when it is over. Errors: those of socket and bind (with a source
    /// address), among them `EINVAL` or `ENODEV` for a source that does not exist.
    pub fn start(address: &SocketAddress, target: &Target, o: &Options) -> Result<Dial> {
        if let Target::Plain { .. } = target {
            let socket = Socket::open(address)?;
            if target.protocol() == Protocol::Vmci {
                vsock::tune(&socket, o);
            }
            return Ok(Dial::connect(socket, address, target));
        }
        let (socket, address) = match tune::open(address, o) {
            Err(Errno::EAFNOSUPPORT) => {
                // No IPv6 here: an IPv4 address that was written as an IPv6 one still works.
                let plain = unmapped(address).ok_or(Errno::EAFNOSUPPORT)?;
                (tune::open(&plain, o)?, plain)
            }
            opened => (opened?, address.clone()),
        };
        if let Target::Tcp { source: Some(source), .. } = target {
            let source = source_address(source, matches!(address, SocketAddress::V6(_)))?;
            // One source port may serve connections to several peers.
            socket.set_option(libc::SOL_SOCKET, libc::SO_REUSEADDR, 1)?;
            socket.bind(&source)?;
        }
        Ok(Dial::connect(socket, &address, target))
    }

    fn connect(socket: Socket, address: &SocketAddress, target: &Target) -> Dial {
        let (connected, refused) = match socket.connect(address) {
            Ok(connected) => (connected, None),
            Err(error) => (true, Some(error)),
        };
        Dial { socket, connected, refused, protocol: target.protocol(), tls: target.tls().cloned() }
    }

    /// The descriptor, for polling.
    pub fn fd(&self) -> RawFd {
        self.socket.fd()
    }

    /// Whether the attempt was over at once.
    pub fn is_connected(&self) -> bool {
        self.connected
    }

    /// Makes a stream of the attempt when it is over. Errors: why it failed (`ECONNREFUSED`,
    /// `ETIMEDOUT`, `EHOSTUNREACH`, `EAGAIN` for an ipc listener whose backlog is full, …), or `EINVAL` for TCP options the system does not take.
    pub fn finish(self, o: &Options) -> Result<Stream> {
        if let Some(error) = self.refused {
            return Err(error);
        }
        self.socket.take_error()?;
        if self.protocol.is_over_tcp() {
            tune::set_connected(&self.socket, o)?;
        }
        let tls = self.tls.map(|tls| tls.connect()).transpose()?;
        Ok(Stream::new(self.socket, self.protocol, tls))
    }
}

/// The IPv4 address that an IPv4-mapped IPv6 address stands for.
fn unmapped(address: &SocketAddress) -> Option<SocketAddress> {
    let SocketAddress::V6(address) = address else { return None };
    let ip = address.ip().to_ipv4_mapped()?;
    Some(SocketAddress::V4(SocketAddrV4::new(ip, address.port())))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV6};

    use super::*;

    #[test]
    fn only_mapped_addresses_have_an_ipv4_form() {
        let v4 = SocketAddress::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 5));
        let v6 = |ip| SocketAddress::V6(SocketAddrV6::new(ip, 5, 0, 0));
        assert_eq!(unmapped(&v6(Ipv4Addr::LOCALHOST.to_ipv6_mapped())), Some(v4.clone()));
        assert_eq!(unmapped(&v6(Ipv6Addr::LOCALHOST)), None);
        assert_eq!(unmapped(&v4), None);
    }
}
