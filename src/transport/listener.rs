//! Listening.

use super::address::{bind_address, endpoint_of, endpoint_over, split_path};
use super::ipc::{self, Wildcard};
use super::stream::ip_of;
use super::tls::ServerTls;
use super::{Protocol, SocketAddress, Stream, tipc, tune, vsock};
use crate::error::{Errno, Result};
use crate::options::Options;
use crate::sys::socket::Socket;
use crate::sys::tipc::TipcAddress;
use crate::sys::{RawFd, libc};

/// A bound endpoint that accepts connections.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    endpoint: String,
    /// What monitors hear of instead.
    announced: Option<String>,
    protocol: Protocol,
    /// Of a WebSocket's endpoint.
    path: String,
    tls: Option<ServerTls>,
    wildcard: Option<Wildcard>,
}

/// What came of accepting a connection.
#[derive(Debug)]
pub enum Accepted {
    /// A connection.
    Stream(Stream),
    /// A connection that is gone or was turned away, and why (`EACCES`: by a filter). There may be
    /// more of them. The text says who it was; it is empty if that is not known.
    Rejected(Errno, String),
    /// Nothing waits any more.
    Nothing,
}

impl Listener {
    /// Binds the address and listens; with `ZMQ_USE_FD`, takes over the application's listening
    /// socket instead. May block on the name service if the host is a name.
    ///
    /// Errors: `EINVAL` (the address cannot be read), `ENODEV` (no such interface or host),
    /// `ENAMETOOLONG` (ipc), `EAFNOSUPPORT` (a kernel without the family),
    /// `EPROTONOSUPPORT`, and those of socket, bind and listen, such as `EADDRINUSE`,
    /// `EADDRNOTAVAIL`, `EACCES`, `ENOENT`, `EMFILE`.
    pub fn bind(protocol: Protocol, address: &str, o: &Options) -> Result<Listener> {
        match protocol {
            Protocol::Tcp => Self::finish(listen_tcp(address, o)?, protocol, "", None),
            Protocol::Ws | Protocol::Wss => {
                let (host, path) = split_path(address);
                let tls = match protocol {
                    Protocol::Wss => Some(ServerTls::new(o)?),
                    _ => None,
                };
                let listener = Self::finish(listen_tcp(host, o)?, protocol, path, None)?;
                Ok(Listener { tls, ..listener })
            }
            Protocol::Ipc if o.use_fd == -1 => Self::bind_ipc(address, o),
            Protocol::Ipc => {
                ipc::socket_name(address.as_bytes())?;
                Self::finish(Socket::adopt(o.use_fd)?, protocol, "", None)
            }
            Protocol::Vsock => {
                let socket = listen_plain(&vsock::parse(address)?, o)?;
                Self::finish(socket, protocol, "", None)
            }
            Protocol::Vmci => {
                let address = vsock::parse_vmci(address)?;
                let socket = Socket::open(&address)?;
                vsock::tune(&socket, o);
                socket.bind(&address)?;
                socket.listen(o.waiting_connections())?;
                Self::finish(socket, protocol, "", None)
            }
            Protocol::Tipc => Self::bind_tipc(address, o),
            _ => Err(Errno::EPROTONOSUPPORT),
        }
    }

    /// Any address that starts with `*` is a wildcard, as in libzmq.
    fn bind_ipc(address: &str, o: &Options) -> Result<Listener> {
        let (name, wildcard) = if address.starts_with('*') {
            let wildcard = Wildcard::create()?;
            (wildcard.socket_name()?, Some(wildcard))
        } else {
            let name = ipc::socket_name(address.as_bytes())?;
            ipc::remove_stale(&name);
            (name, None)
        };
        let socket = listen_plain(&SocketAddress::Unix(name), o)?;
        Self::finish(socket, Protocol::Ipc, "", wildcard)
    }

    /// A service's listener is known by the service, and its endpoint is the id of its socket.
    fn bind_tipc(text: &str, o: &Options) -> Result<Listener> {
        let place = match tipc::parse(text)? {
            // The system gives ids out by itself.
            tipc::Place::At(TipcAddress::Id { .. }) => return Err(Errno::EINVAL),
            tipc::Place::At(service) => Some(service),
            tipc::Place::Unnamed => None,
        };
        let unnamed = TipcAddress::Id { node: 0, reference: 0 };
        let socket = Socket::open(&SocketAddress::Tipc(place.unwrap_or(unnamed)))?;
        if let Some(service) = place {
            socket.bind(&SocketAddress::Tipc(service))?;
        }
        socket.listen(o.waiting_connections())?;
        let listener = Self::finish(socket, Protocol::Tipc, "", None)?;
        Ok(Listener { announced: place.map(tipc::endpoint), ..listener })
    }

    fn finish(
        socket: Socket,
        protocol: Protocol,
        path: &str,
        wildcard: Option<Wildcard>,
    ) -> Result<Listener> {
        let address = socket.local_address()?;
        let address = address.map(|address| endpoint_over(protocol, &address) + path);
        let endpoint = address.unwrap_or_default();
        let path = path.to_owned();
        Ok(Listener { socket, endpoint, announced: None, protocol, path, tls: None, wildcard })
    }

    /// Accepts the next connection that is not turned away; `None` when nothing waits any more.
    /// Errors: as [`Listener::accept_next`].
    #[cfg(test)]
    pub fn accept(&self, o: &Options) -> Result<Option<Stream>> {
        loop {
            match self.accept_next(o)? {
                Accepted::Stream(stream) => return Ok(Some(stream)),
                Accepted::Rejected(..) => {}
                Accepted::Nothing => return Ok(None),
            }
        }
    }

    /// Accepts the next connection and sets its options, or says why there is none. Errors: the
    /// system is short of something (`EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`), or the application's
    /// descriptor is not what it should be (`EINVAL`, `EOPNOTSUPP`); the connection keeps waiting,
    /// so the caller must wait too.
    pub fn accept_next(&self, o: &Options) -> Result<Accepted> {
        let (socket, peer) = match self.socket.accept() {
            Ok(accepted) => accepted,
            Err(Errno::EAGAIN) => return Ok(Accepted::Nothing),
            Err(errno) if is_connections_own(errno) => {
                return Ok(Accepted::Rejected(errno, String::new()));
            }
            Err(errno) => return Err(errno),
        };
        let is_ipc = self.protocol == Protocol::Ipc;
        let ready = match self.protocol {
            protocol if protocol.is_over_tcp() => prepare_tcp(&socket, peer.as_ref(), o),
            Protocol::Ipc if !ipc::admits(&socket, o) => Err(Errno::EACCES),
            _ => Ok(()),
        };
        let tls = self.tls.as_ref().map(ServerTls::accept).transpose()?;
        let stream = Stream::new(socket, self.protocol, tls);
        Ok(match ready {
            Ok(()) => Accepted::Stream(stream),
            Err(errno) => {
                let who =
                    if is_ipc { stream.peer_address() } else { peer.as_ref().map(endpoint_of) };
                Accepted::Rejected(errno, who.unwrap_or_default())
            }
        })
    }

    /// The descriptor, for polling.
    pub fn fd(&self) -> RawFd {
        self.socket.fd()
    }

    /// The path in the endpoint of a WebSocket; empty for other protocols.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The endpoint that was really bound, with wildcards replaced (`ZMQ_LAST_ENDPOINT`).
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The endpoint as monitors hear of it: that of a TIPC service is the service.
    pub fn announced(&self) -> &str {
        self.announced.as_deref().unwrap_or(&self.endpoint)
    }

    /// Stops listening. A wildcard's file and directory are removed; the file of a path stays, as
    /// another process may have bound it anew. Errors: those of removing.
    pub fn close(self) -> Result<()> {
        drop(self.socket);
        self.wildcard.map_or(Ok(()), Wildcard::remove)
    }
}

/// A socket that listens at an address that needs nothing set before.
fn listen_plain(address: &SocketAddress, o: &Options) -> Result<Socket> {
    let socket = Socket::open(address)?;
    socket.bind(address)?;
    socket.listen(o.waiting_connections())?;
    Ok(socket)
}

/// A socket that listens at the address, or the application's own.
fn listen_tcp(text: &str, o: &Options) -> Result<Socket> {
    if o.use_fd == -1 { open_tcp(text, o) } else { Socket::adopt(o.use_fd) }
}

/// The option by which an address that was bound a moment ago can be bound anew, but not one that
/// somebody listens at. On Windows `SO_REUSEADDR` would let anybody take it.
#[cfg(not(windows))]
const OWN_ADDRESS: i32 = libc::SO_REUSEADDR;
#[cfg(windows)]
const OWN_ADDRESS: i32 = libc::SO_EXCLUSIVEADDRUSE;

fn open_tcp(text: &str, o: &Options) -> Result<Socket> {
    let mut address = bind_address(text, o.ipv6)?;
    let socket = match tune::open(&address, o) {
        Err(Errno::EAFNOSUPPORT) if o.ipv6 => {
            // No IPv6 here: bind the same in IPv4.
            address = bind_address(text, false)?;
            tune::open(&address, o)?
        }
        opened => opened?,
    };
    socket.set_option(libc::SOL_SOCKET, OWN_ADDRESS, 1)?;
    socket.bind(&address)?;
    socket.listen(o.waiting_connections())?;
    Ok(socket)
}

/// Filters a TCP connection and sets its options.
fn prepare_tcp(socket: &Socket, peer: Option<&SocketAddress>, o: &Options) -> Result<()> {
    let ip = peer.and_then(ip_of);
    let lets_in = |ip| o.tcp_accept_filters.iter().any(|filter| filter.matches(ip));
    if !o.tcp_accept_filters.is_empty() && !ip.is_some_and(lets_in) {
        return Err(Errno::EACCES);
    }
    tune::set_class(socket, o)?;
    tune::set_connected(socket, o)
}

/// Whether an error of accept is one of the connection that would have been accepted, which is
/// gone with it: accept(2) passes on errors that are pending on the new socket.
fn is_connections_own(errno: Errno) -> bool {
    matches!(
        errno.0,
        libc::ECONNABORTED
            | libc::EPROTO
            | libc::EPERM
            | libc::ENETDOWN
            | libc::ENOPROTOOPT
            | libc::EHOSTDOWN
            | libc::ENONET
            | libc::EHOSTUNREACH
            | libc::ENETUNREACH
            | libc::ETIMEDOUT
            | libc::ECONNRESET
    )
}
