//! What a connecting socket was told to connect to.

use super::address::{HostPort, Purpose, endpoint_of, split_source};
use super::{Protocol, SocketAddress, ipc};
use crate::error::{Errno, Result};
use crate::options::Options;

/// The address of a `zmq_connect`, found to be well-formed. A host's name is looked up anew for
/// each attempt.
#[derive(Clone, Debug)]
pub enum Target {
    /// `tcp://source;destination` or `tcp://destination`.
    Tcp {
        /// `interface:port` to connect from.
        source: Option<String>,
        /// `host:port` to connect to.
        destination: String,
        /// `ZMQ_IPV6` at the time.
        ipv6: bool,
    },
    /// `ipc://path` or `ipc://@name`.
    Ipc {
        /// Where to.
        address: SocketAddress,
    },
}

impl Target {
    /// Checks the address as far as `zmq_connect` does. What is found wrong later, such as an
    /// unknown host, is tried again and again, so that it may become right. Errors: `EINVAL`,
    /// `ENAMETOOLONG`, `EPROTONOSUPPORT`.
    pub fn parse(protocol: Protocol, address: &str, o: &Options) -> Result<Target> {
        match protocol {
            Protocol::Tcp => {
                if !is_plausible(address) {
                    return Err(Errno::EINVAL);
                }
                let (source, destination) = split_source(address);
                Ok(Target::Tcp {
                    source: source.map(str::to_owned),
                    destination: destination.to_owned(),
                    ipv6: o.ipv6,
                })
            }
            Protocol::Ipc => {
                let name = ipc::socket_name(address.as_bytes())?;
                Ok(Target::Ipc { address: SocketAddress::Unix(name) })
            }
            _ => Err(Errno::EPROTONOSUPPORT),
        }
    }

    /// The endpoint, as `ZMQ_LAST_ENDPOINT` says it.
    pub fn endpoint(&self) -> String {
        match self {
            Target::Tcp { source: Some(source), destination, .. } => {
                format!("tcp://{source};{destination}")
            }
            Target::Tcp { destination, .. } => format!("tcp://{destination}"),
            Target::Ipc { address } => endpoint_of(address),
        }
    }

    /// Whether the name service must be asked, which may take long.
    pub fn needs_resolution(&self) -> bool {
        matches!(self.known_addresses(), Ok(None))
    }

    /// The addresses to try, at least one, in order. May block. Errors: `EINVAL` if the host is not
    /// found or the address cannot be read, `ENOMEM`.
    pub fn resolve_blocking(&self) -> Result<Vec<SocketAddress>> {
        match self {
            Target::Tcp { destination, ipv6, .. } => {
                HostPort::parse(destination, Purpose::Connect)?.look_up(*ipv6)
            }
            Target::Ipc { address } => Ok(vec![address.clone()]),
        }
    }

    /// The addresses to try, if they can be had at once.
    pub(super) fn known_addresses(&self) -> Result<Option<Vec<SocketAddress>>> {
        match self {
            Target::Tcp { destination, ipv6, .. } => {
                HostPort::parse(destination, Purpose::Connect)?.without_names(*ipv6)
            }
            Target::Ipc { address } => Ok(Some(vec![address.clone()])),
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
