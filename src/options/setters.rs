//! How options are stored that need more than an assignment.

use std::collections::BTreeSet;

use zeroize::{Zeroize, Zeroizing};

use super::{AcceptFilter, Mechanism, Options, SocketType, z85};
use crate::error::{Errno, Result};

/// Copies the value, unless memory is short.
pub fn store(field: &mut Vec<u8>, value: &[u8]) -> Result<()> {
    // What is as long as can be was given an absurd length. Where addresses are short there may be such
    // memory all the same.
    if value.len() == isize::MAX as usize {
        return Err(Errno::ENOMEM);
    }
    let mut copy = Vec::new();
    copy.try_reserve_exact(value.len()).map_err(|_| Errno::ENOMEM)?;
    copy.extend_from_slice(value);
    *field = copy;
    Ok(())
}

/// The same, and wipes what was there.
pub fn store_secret(field: &mut Vec<u8>, value: &[u8]) -> Result<()> {
    let mut copy = Vec::new();
    store(&mut copy, value)?;
    field.zeroize();
    *field = copy;
    Ok(())
}

/// A subscriber subscribes; a publisher does so in its peer's name if it was told to.
pub fn subscribes(o: &Options) -> bool {
    o.socket_type == SocketType::Sub || o.xpub_manual
}

/// Turns a ROUTER into a plain TCP socket.
pub fn set_router_raw(o: &mut Options, value: i32) {
    o.router_raw = value != 0;
    // Switching it off again does not bring ZMTP back.
    if o.router_raw {
        o.recv_routing_id = false;
        o.raw_socket = true;
    }
}

/// Whether the socket is this mechanism's server, as an int.
pub fn serves(o: &Options, mechanism: Mechanism) -> i32 {
    (o.as_server && o.mechanism == mechanism).into()
}

/// Makes the socket this mechanism's server, or switches security off.
pub fn serve(o: &mut Options, mechanism: Mechanism, value: i32) {
    o.as_server = value != 0;
    o.mechanism = if o.as_server { mechanism } else { Mechanism::Null };
}

/// Sets the user name or the password, which makes the socket a client. No value switches
/// security off but keeps what was set.
pub fn plain_client(
    o: &mut Options,
    field: fn(&mut Options) -> &mut Vec<u8>,
    value: &[u8],
) -> Result<()> {
    if value.is_empty() {
        o.mechanism = Mechanism::Null;
        return Ok(());
    }
    store_secret(field(o), value)?;
    o.as_server = false;
    o.mechanism = Mechanism::Plain;
    Ok(())
}

/// Sets a key: 32 bytes, or 40 characters of Z85 with or without a final NUL.
pub fn curve_key(
    o: &mut Options,
    field: fn(&mut Options) -> &mut [u8; 32],
    value: &[u8],
) -> Result<()> {
    let key = match value {
        [text @ .., 0] if text.len() == 40 => z85::decode(text).ok_or(Errno::EINVAL)?,
        text if text.len() == 40 => z85::decode(text).ok_or(Errno::EINVAL)?,
        bytes => Zeroizing::new(bytes.to_vec()),
    };
    let key: &[u8; 32] = key.as_slice().try_into().map_err(|_| Errno::EINVAL)?;
    field(o).copy_from_slice(key);
    o.mechanism = Mechanism::Curve;
    Ok(())
}

/// Adds an address range; no value removes all.
pub fn add_accept_filter(o: &mut Options, value: &[u8]) -> Result<()> {
    if value.is_empty() {
        o.tcp_accept_filters.clear();
    } else {
        o.tcp_accept_filters.push(AcceptFilter::parse(value, o.ipv6)?);
    }
    Ok(())
}

/// Adds a number; none removes all.
pub fn insert<T: Ord>(set: &mut BTreeSet<T>, value: Option<T>) -> Result<()> {
    match value {
        Some(value) => _ = set.insert(value),
        None => set.clear(),
    }
    Ok(())
}

/// Adds a property. The first value of a name stays. A value of four bytes is refused, as
/// libzmq takes it for an int.
pub fn add_metadata(o: &mut Options, value: &[u8]) -> Result<()> {
    let colon = value.iter().position(|&b| b == b':').ok_or(Errno::EINVAL)?;
    let (name, text) = (&value[..colon], &value[colon + 1..]);
    if value.len() == 4 || text.is_empty() || !name.starts_with(b"X-") || name.len() > 255 {
        return Err(Errno::EINVAL);
    }
    o.metadata.entry(name.to_vec()).or_insert_with(|| text.to_vec());
    Ok(())
}
