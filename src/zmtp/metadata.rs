//! Metadata of the handshake: a list of named values (RFC 23, "metadata").

use std::collections::BTreeMap;

use super::Config;
use super::error::ProtoError;
use crate::options::SocketType;

/// The property that names a socket's type.
pub const SOCKET_TYPE: &str = "Socket-Type";
/// The property that carries a socket's routing id.
pub const IDENTITY: &str = "Identity";

/// Appends one property. Names beyond 255 bytes and values beyond 31 bits cannot be expressed and are
/// left out.
pub fn append(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    let (Ok(name_len), Ok(value_len)) = (u8::try_from(name.len()), i32::try_from(value.len()))
    else {
        return;
    };
    out.push(name_len);
    out.extend_from_slice(name);
    out.extend_from_slice(&value_len.to_be_bytes());
    out.extend_from_slice(value);
}

/// The properties this side announces, in libzmq's order: Socket-Type, Identity (the types whose
/// routing id means something to a peer), the application's.
pub fn local(config: &Config) -> Vec<u8> {
    let mut out = Vec::new();
    append(&mut out, SOCKET_TYPE.as_bytes(), config.socket_type.name().as_bytes());
    if config.socket_type.announces_routing_id() {
        append(&mut out, IDENTITY.as_bytes(), &config.routing_id);
    }
    for (name, value) in &config.metadata {
        append(&mut out, name, value);
    }
    out
}

/// What a peer announced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// Every property under the name that it came with; of equal names the first. A tree, because
    /// the peer chooses names and number.
    pub all: BTreeMap<String, Vec<u8>>,
    /// The value of Identity.
    pub routing_id: Vec<u8>,
    /// The value of Socket-Type.
    pub socket_type: Option<SocketType>,
}

impl Properties {
    /// Reads a peer's metadata and checks its socket type against ours. A peer that does not name
    /// its type is let in, as by libzmq.
    pub fn parse(mut data: &[u8], ours: SocketType) -> Result<Self, ProtoError> {
        let mut properties = Self::default();
        while !data.is_empty() {
            let (name, value, rest) = split_property(data).ok_or(ProtoError::Metadata)?;
            data = rest;
            let name = String::from_utf8_lossy(name);
            // RFC 23: names are compared without regard to case.
            if name.eq_ignore_ascii_case(SOCKET_TYPE) {
                let peer = SocketType::from_name(value).ok_or(ProtoError::SocketType(None))?;
                if !ours.is_compatible(peer) {
                    return Err(ProtoError::SocketType(Some(peer)));
                }
                properties.socket_type = Some(peer);
            } else if name.eq_ignore_ascii_case(IDENTITY) {
                properties.routing_id = value.to_vec();
            }
            properties.add(name.into_owned(), value.to_vec());
        }
        Ok(properties)
    }

    /// Adds a property unless one of this name is there.
    pub fn add(&mut self, name: String, value: Vec<u8>) {
        self.all.entry(name).or_insert(value);
    }
}

/// A property's name and value, and what follows it.
pub type Property<'a> = (&'a [u8], &'a [u8], &'a [u8]);

/// The first property's name and value, and what follows it.
pub fn split_property(data: &[u8]) -> Option<Property<'_>> {
    let (&name_len, data) = data.split_first()?;
    let (name, data) = data.split_at_checked(usize::from(name_len))?;
    let (value_len, data) = data.split_first_chunk::<4>()?;
    let value_len = usize::try_from(u32::from_be_bytes(*value_len)).ok()?;
    let (value, rest) = data.split_at_checked(value_len)?;
    Some((name, value, rest))
}
