//! What a connecting socket was told to connect to.

use super::address::{
    HostPort, Purpose, endpoint_of, endpoint_over, remote_host, split_path, split_source,
};
use super::socks::Negotiation;
use super::tls::ClientTls;
use super::{Protocol, SocketAddress, ipc, tipc, vsock};
use crate::error::{Errno, Result};
use crate::options::Options;

/// The address of a `zmq_connect`, found to be well-formed. A host's name is looked up anew for
/// each attempt.
#[derive(Clone, Debug)]
pub enum Target {
    /// `tcp://source;destination` or `tcp://destination`, or the same before the path of `ws://`
    /// or `wss://`.
    Tcp {
        /// What follows `tcp://`, or stands before the path.
        address: String,
        /// `interface:port` to connect from.
        source: Option<String>,
        /// `host:port` to connect to.
        host: String,
        /// What is beyond that host, if it is a proxy.
        proxied: Option<Proxied>,
        /// `ZMQ_IPV6` at the time.
        ipv6: bool,
        /// What is to be asked for, if a WebSocket is wanted.
        websocket: Option<Box<WebSocket>>,
    },
    /// An address that says itself where to, with no name to be looked up: `ipc://path`,
    /// `ipc://@name`, `vsock://cid:port`, `vmci://cid:port`, `tipc://{type,instance}`.
    Plain {
        /// What is spoken there.
        protocol: Protocol,
        /// Where to.
        address: SocketAddress,
    },
}

/// A WebSocket that a server is to be asked for.
#[derive(Clone, Debug)]
pub struct WebSocket {
    /// With its slash.
    path: String,
    /// For `wss://`.
    tls: Option<ClientTls>,
}

/// A destination that is reached through `ZMQ_SOCKS_PROXY`.
#[derive(Clone, Debug)]
pub struct Proxied {
    /// The proxy, as the application spelled it.
    proxy: String,
    /// `host:port` to ask it for.
    destination: String,
}

impl Target {
    /// Checks the address as far as `zmq_connect` does. What is found wrong later, such as an
    /// unknown host, is tried again and again, so that it may become right. Errors: `EINVAL`,
    /// `ENAMETOOLONG`, `ENODEV` (vmci), `EPROTONOSUPPORT`.
    pub fn parse(protocol: Protocol, address: &str, o: &Options) -> Result<Target> {
        match protocol {
            Protocol::Tcp => {
                if !is_plausible(address) {
                    return Err(Errno::EINVAL);
                }
                Ok(Target::tcp(address, None, o))
            }
            Protocol::Ws | Protocol::Wss => {
                let (address, path) = split_path(address);
                let printable = path.bytes().all(|byte| byte.is_ascii_graphic());
                if !is_plausible(address) || !printable {
                    return Err(Errno::EINVAL);
                }
                let host = split_source(address).1.rsplit_once(':').map_or("", |(host, _)| host);
                let tls = match protocol {
                    Protocol::Wss => Some(ClientTls::new(host, o)?),
                    _ => None,
                };
                let websocket = Box::new(WebSocket { path: path.to_owned(), tls });
                Ok(Target::tcp(address, Some(websocket), o))
            }
            Protocol::Ipc => {
                let name = ipc::socket_name(address.as_bytes())?;
                Ok(Target::Plain { protocol, address: SocketAddress::Unix(name) })
            }
            Protocol::Vsock => Ok(Target::Plain { protocol, address: vsock::parse(address)? }),
            Protocol::Vmci => Ok(Target::Plain { protocol, address: vsock::parse_vmci(address)? }),
            Protocol::Tipc => match tipc::parse(address)? {
                tipc::Place::At(place) => {
                    Ok(Target::Plain { protocol, address: SocketAddress::Tipc(place) })
                }
                tipc::Place::Unnamed => Err(Errno::EINVAL),
            },
            _ => Err(Errno::EPROTONOSUPPORT),
        }
    }

    fn tcp(address: &str, websocket: Option<Box<WebSocket>>, o: &Options) -> Target {
        let (source, destination) = split_source(address);
        let (mut source, mut host) = (source.map(str::to_owned), destination.to_owned());
        let proxied = (!o.socks_proxy.is_empty()).then(|| {
            let proxy = String::from_utf8_lossy(&o.socks_proxy).into_owned();
            let (nearer, hop) = split_source(&proxy);
            source = nearer.map(str::to_owned).or(source.take());
            host = hop.to_owned();
            Proxied { proxy, destination: destination.to_owned() }
        });
        Target::Tcp { address: address.to_owned(), source, host, proxied, ipv6: o.ipv6, websocket }
    }

    /// The endpoint, as `ZMQ_LAST_ENDPOINT` says it.
    pub fn endpoint(&self) -> String {
        match self {
            Target::Tcp { address, websocket, .. } => {
                let path = websocket.as_ref().map_or("", |websocket| &websocket.path);
                format!("{}://{address}{path}", self.protocol().name())
            }
            Target::Plain { address, .. } => endpoint_of(address),
        }
    }

    /// What is spoken there.
    pub fn protocol(&self) -> Protocol {
        match self {
            Target::Tcp { websocket: None, .. } => Protocol::Tcp,
            Target::Tcp { websocket: Some(websocket), .. } if websocket.tls.is_none() => {
                Protocol::Ws
            }
            Target::Tcp { websocket: Some(_), .. } => Protocol::Wss,
            Target::Plain { protocol, .. } => *protocol,
        }
    }

    /// For a WebSocket what to ask the peer for: host with port, and path.
    pub fn websocket(&self) -> Option<(&str, &str)> {
        match self {
            Target::Tcp { address, websocket: Some(websocket), .. } => {
                Some((split_source(address).1, &websocket.path))
            }
            _ => None,
        }
    }

    /// What the connection is to be encrypted by, if it is.
    pub(super) fn tls(&self) -> Option<&ClientTls> {
        match self {
            Target::Tcp { websocket: Some(websocket), .. } => websocket.tls.as_ref(),
            _ => None,
        }
    }

    /// The proxy's endpoint, if there is one, which is what monitors hear of.
    pub fn proxy(&self) -> Option<String> {
        match self {
            Target::Tcp { proxied: Some(Proxied { proxy, .. }), .. } => {
                Some(format!("tcp://{proxy}"))
            }
            _ => None,
        }
    }

    /// The endpoint as monitors hear of it, if that is not what the application said: the proxy's, that
    /// of the address that a connection had which was lost, or that of an address which says itself
    /// where to.
    pub fn announced(&self, last_peer: Option<&SocketAddress>) -> Option<String> {
        self.proxy().or_else(|| match (self, last_peer) {
            (Target::Plain { address, .. }, _) => Some(endpoint_of(address)),
            (Target::Tcp { .. }, Some(peer)) => {
                let path = self.websocket().map_or("", |(_, path)| path);
                Some(endpoint_over(self.protocol(), peer) + path)
            }
            (Target::Tcp { .. }, None) => None,
        })
    }

    /// What is to be said to the proxy, if there is one, before a connection is the peer's.
    /// Errors: `EINVAL` if the destination cannot be read, or is longer than the protocol can say.
    pub fn negotiation(&self, o: &Options) -> Result<Option<Negotiation>> {
        let Target::Tcp { proxied: Some(proxied), .. } = self else { return Ok(None) };
        let (host, port) = remote_host(&proxied.destination)?;
        Negotiation::new(host, port, &o.socks_username, &o.socks_password).map(Some)
    }

    /// Whether the name service must be asked, which may take long.
    pub fn needs_resolution(&self) -> bool {
        matches!(self.known_addresses(), Ok(None))
    }

    /// The addresses to try, at least one, in order. May block. Errors: `EINVAL` if the host is not
    /// found or the address cannot be read, `ENOMEM`.
    pub fn resolve_blocking(&self) -> Result<Vec<SocketAddress>> {
        match self {
            Target::Tcp { host, ipv6, .. } => {
                HostPort::parse(host, Purpose::Connect)?.look_up(*ipv6)
            }
            Target::Plain { address, .. } => Ok(vec![address.clone()]),
        }
    }

    /// The addresses to try, if they can be had at once.
    pub(super) fn known_addresses(&self) -> Result<Option<Vec<SocketAddress>>> {
        match self {
            Target::Tcp { host, ipv6, .. } => {
                HostPort::parse(host, Purpose::Connect)?.without_names(*ipv6)
            }
            Target::Plain { address, .. } => Ok(Some(vec![address.clone()])),
        }
    }
}

/// The check that `zmq_connect` makes of a tcp address: no characters that hosts, zones, ports and
/// their separators never have, and a digit after the last colon.
fn is_plausible(address: &str) -> bool {
    let starts_well =
        address.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '[' | ':'));
    let goes_on_well = address.chars().all(|c| {
        c.is_ascii_alphanumeric()
            || matches!(c, '.' | '-' | ':' | '%' | ';' | '[' | ']' | '_' | '*')
    });
    let port = address.rsplit_once(':').map(|(_, port)| port);
    starts_well
        && goes_on_well
        && port.is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()))
}
