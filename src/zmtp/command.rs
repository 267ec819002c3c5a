//! Commands of the message phase: PING, PONG, SUBSCRIBE, CANCEL (RFC 37), JOIN and LEAVE (RFC 48).

use smallvec::SmallVec;

use super::error::ProtoError;
use super::websocket::Opcode;
use crate::error::Result;
use crate::msg::{Class, Msg};

/// The longest context a PING may carry (RFC 37); what is longer is cut, not refused.
pub const MAX_CONTEXT: usize = 16;

/// Name, with its length before it, of each command.
pub const SUBSCRIBE: &[u8] = b"\x09SUBSCRIBE";
/// See [`SUBSCRIBE`].
pub const CANCEL: &[u8] = b"\x06CANCEL";
/// See [`SUBSCRIBE`].
pub const JOIN: &[u8] = b"\x04JOIN";
/// See [`SUBSCRIBE`].
pub const LEAVE: &[u8] = b"\x05LEAVE";
const PING: &[u8] = b"\x04PING";
const PONG: &[u8] = b"\x04PONG";
/// No command of ZMTP: what the encoder makes a WebSocket's closing frame of.
const CLOSE: &[u8] = b"\x05CLOSE";

/// What a PING asks to have sent back.
pub type Context = SmallVec<[u8; MAX_CONTEXT]>;

/// A command's meaning; the slices point into its body.
#[derive(Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Answer with PONG; give the connection up after `ttl_ms` of silence (0: never).
    Ping {
        /// Milliseconds.
        ttl_ms: u32,
        /// At most [`MAX_CONTEXT`] bytes.
        context: &'a [u8],
    },
    /// The answer to a PING; its context is not looked at.
    Pong,
    /// A subscription to messages that start with the topic.
    Subscribe(&'a [u8]),
    /// The end of a subscription.
    Cancel(&'a [u8]),
    /// DISH joins a group.
    Join(&'a [u8]),
    /// DISH leaves a group.
    Leave(&'a [u8]),
    /// One that this library does not know, and so ignores.
    Unknown,
}

/// Reads a command frame's body. What has no well-formed name is [`Command::Unknown`], as libzmq has
/// it; a PING without its TTL is an error (libzmq reads beyond it).
pub fn parse(body: &[u8]) -> core::result::Result<Command<'_>, ProtoError> {
    if let Some(rest) = body.strip_prefix(PING) {
        let (ttl, rest) = rest.split_first_chunk::<2>().ok_or(ProtoError::MalformedCommand)?;
        let ttl_ms = u32::from(u16::from_be_bytes(*ttl)).saturating_mul(100);
        Ok(Command::Ping { ttl_ms, context: rest.get(..MAX_CONTEXT).unwrap_or(rest) })
    } else if body.starts_with(PONG) {
        Ok(Command::Pong)
    } else if let Some(topic) = body.strip_prefix(SUBSCRIBE) {
        Ok(Command::Subscribe(topic))
    } else if let Some(topic) = body.strip_prefix(CANCEL) {
        Ok(Command::Cancel(topic))
    } else if let Some(group) = body.strip_prefix(JOIN) {
        Ok(Command::Join(group))
    } else if let Some(group) = body.strip_prefix(LEAVE) {
        Ok(Command::Leave(group))
    } else {
        Ok(Command::Unknown)
    }
}

/// A PING for the encoder. `ttl_ds` is in tenths of a second, 0 for none; `context` beyond
/// [`MAX_CONTEXT`] bytes is cut.
pub fn ping(ttl_ds: u16, context: &[u8]) -> Result<Msg> {
    command(&[PING, &ttl_ds.to_be_bytes()], context)
}

/// Whether this is a PING.
pub fn is_ping(msg: &Msg) -> bool {
    msg.class() == Class::Command && msg.data().starts_with(PING)
}

/// A PONG for the encoder, with the context of the PING it answers.
pub fn pong(context: &[u8]) -> Result<Msg> {
    command(&[PONG, context], &[])
}

/// The closing frame of a WebSocket for the encoder, with the payload of the one it answers.
pub fn close(payload: &[u8]) -> Result<Msg> {
    command(&[CLOSE, payload], &[])
}

/// What a command for the encoder is in a WebSocket: a frame of its own kind with this payload.
/// `None`: a command of ZMTP.
pub fn as_control(body: &[u8]) -> Option<(Opcode, &[u8])> {
    if body.starts_with(PING) {
        // The time to live has no place in it.
        Some((Opcode::Ping, &[]))
    } else if let Some(context) = body.strip_prefix(PONG) {
        Some((Opcode::Pong, context))
    } else {
        body.strip_prefix(CLOSE).map(|payload| (Opcode::Close, payload))
    }
}

fn command(head: &[&[u8]], context: &[u8]) -> Result<Msg> {
    let mut body = SmallVec::<[u8; 32]>::new();
    for part in head {
        body.extend_from_slice(part);
    }
    body.extend(context.iter().copied().take(MAX_CONTEXT));
    let mut msg = Msg::from_slice(&body)?;
    msg.set_class(Class::Command);
    Ok(msg)
}
