//! Established connections.

use std::io::IoSlice;
use std::net::IpAddr;

use super::address::endpoint_over;
use super::tls::Tls;
use super::{Protocol, SocketAddress};
use crate::error::Result;
use crate::msg::Spare;
use crate::sys::socket::Socket;
use crate::sys::{RawFd, names};

/// A connection that bytes can be read from and written to. Nothing blocks. Reading and writing
/// take `&self` because the two halves may be on different threads; each half is one thread's at
/// a time.
#[derive(Debug)]
pub struct Stream {
    pub(super) socket: Socket,
    protocol: Protocol,
    tls: Option<Box<Tls>>,
}

impl Stream {
    pub(super) fn new(socket: Socket, protocol: Protocol, tls: Option<Tls>) -> Stream {
        Stream { socket, protocol, tls: tls.map(Box::new) }
    }

    /// What is spoken over it.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The descriptor, for polling.
    pub fn fd(&self) -> RawFd {
        self.socket.fd()
    }

    /// Reads what has arrived, as far as it fits, and appends it to `spare`, which must have room.
    /// 0 is the end of the stream. Errors: `EAGAIN` if nothing is there; any other is the end of
    /// the connection.
    pub fn read(&self, spare: &mut Spare<'_>) -> Result<usize> {
        match &self.tls {
            None => self.socket.receive(spare),
            Some(tls) => tls.read(&self.socket, spare),
        }
    }

    /// Whether TLS is between the connection and the network.
    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether a read that leaves room has taken all there was. Where it is not, only `EAGAIN` says
    /// so.
    pub fn reads_are_greedy(&self) -> bool {
        self.tls.is_none()
    }

    /// Reads into the front of `room`, which must not be empty, and not a byte more, whatever the
    /// protocol: what a proxy says is not encrypted. Otherwise as [`Stream::read`].
    pub fn read_into(&self, room: &mut [u8]) -> Result<usize> {
        self.socket.receive_into(room)
    }

    /// Bytes that were written and wait in the system for the peer to have room.
    pub fn unsent(&self) -> usize {
        self.socket.unsent()
    }

    /// Writes as much of `bytes`, as they are, as the system takes. Errors: `EAGAIN` if it takes nothing now; any
    /// other is the end of the connection.
    pub fn write(&self, bytes: &[u8]) -> Result<usize> {
        self.socket.send(bytes)
    }

    /// Writes as much of `slices`, one after the other, as the system takes at once. Errors:
    /// `EAGAIN` if it takes nothing now; any other is the end of the connection.
    pub fn write_vectored(&self, slices: &[IoSlice<'_>]) -> Result<usize> {
        match &self.tls {
            None => self.socket.send_vectored(slices),
            Some(tls) => tls.write(&self.socket, slices),
        }
    }

    /// Sends what was written and is held back, which only TLS does. Whether nothing is left. Errors:
    /// the end of the connection.
    pub fn flush(&self) -> Result<bool> {
        match &self.tls {
            None => Ok(true),
            Some(tls) => tls.flush(&self.socket),
        }
    }

    /// The endpoint at this end, as `ZMQ_LAST_ENDPOINT` spells it; empty if it cannot be told.
    pub fn local_endpoint(&self) -> String {
        self.spell(self.socket.local_address())
    }

    /// The endpoint at the peer's end; empty if the connection is gone already.
    pub fn remote_endpoint(&self) -> String {
        self.spell(self.socket.peer_address())
    }

    fn spell(&self, address: Result<Option<SocketAddress>>) -> String {
        let address = address.ok().flatten();
        address.map(|address| endpoint_over(self.protocol, &address)).unwrap_or_default()
    }

    /// What the metadata property `Peer-Address` says: the peer's address without the port, or for
    /// ipc `localhost` with the peer's user, group and process id. `None` if the connection is gone
    /// already.
    pub fn peer_address(&self) -> Option<String> {
        let address = self.socket.peer_address().ok()??;
        if let SocketAddress::Unix(_) = address {
            let ids = self.socket.peer_credentials();
            let ids = ids.map(|peer| format!(":{}:{}:{}", peer.uid, peer.gid, peer.pid));
            return Some(format!("localhost{}", ids.unwrap_or_default()));
        }
        names::numeric_host(&address)
    }
}

/// The IP address of a peer, for filters.
pub(super) fn ip_of(address: &SocketAddress) -> Option<IpAddr> {
    match address {
        SocketAddress::V4(address) => Some(IpAddr::V4(*address.ip())),
        SocketAddress::V6(address) => Some(IpAddr::V6(*address.ip())),
        _ => None,
    }
}
