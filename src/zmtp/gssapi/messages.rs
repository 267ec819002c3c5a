//! GSSAPI after the handshake: each frame of ZMTP's message phase travels in a MESSAGE command.

use std::sync::Arc;

use super::MESSAGE;
use crate::crypto::gssapi::Context;
use crate::error::{Errno, Result};
use crate::msg::Msg;
use crate::zmtp::command::{CANCEL, SUBSCRIBE};
use crate::zmtp::error::{ProtoError, check_name};
use crate::zmtp::frame::{COMMAND, Framing, MORE};
use crate::zmtp::mechanism::{Open, Outcome, Seal, begin_frame};

/// What MESSAGE has before the wrapped bytes: name and length.
const HEAD: usize = 12;

/// The most that is wrapped: Kerberos and the length field count in 32 bits, and wrapping adds some.
const LONGEST: usize = u32::MAX as usize - 1024;

/// What wrapping adds with the ciphers of today: headers, noise, a MAC.
const WRAPPING: usize = 64;

/// The wrapped flags, which are not a frame's.
const WRAPPED_MORE: u8 = 1;
const WRAPPED_COMMAND: u8 = 2;
/// Of libzmq after 4.3.5: the body is the topic alone. What is sent here instead is the command of
/// ZMTP 3.1, which every libzmq understands.
const WRAPPED_SUBSCRIBE: u8 = 4;
/// As above.
const WRAPPED_CANCEL: u8 = 8;

/// Makes the connection's two directions.
pub fn protect(outcome: &mut Outcome, context: Box<dyn Context>) {
    let context: Arc<dyn Context> = Arc::from(context);
    outcome.seal = Some(Box::new(GssapiSeal { context: context.clone(), plain: Vec::new() }));
    outcome.open = Some(Box::new(GssapiOpen { context }));
}

/// Wraps flags and body and hands what comes of it to `sink`. `plain` is room for both. Errors:
/// `ENOMEM`, `EMSGSIZE`, `EPROTO`.
pub fn wrap(
    context: &dyn Context,
    flags: u8,
    head: &[u8],
    body: &[u8],
    plain: &mut Vec<u8>,
    sink: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let len = head.len().saturating_add(body.len()).saturating_add(1);
    if len > LONGEST {
        return Err(Errno::EMSGSIZE);
    }
    plain.clear();
    plain.try_reserve(len).map_err(|_| Errno::ENOMEM)?;
    plain.push(flags);
    plain.extend_from_slice(head);
    plain.extend_from_slice(body);
    let mut result = Err(Errno::EPROTO);
    context.wrap(plain, &mut |wrapped| result = sink(wrapped)).map_err(|_| Errno::EPROTO)?;
    result
}

/// Appends a MESSAGE command.
pub fn put(wrapped: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let len = u32::try_from(wrapped.len()).map_err(|_| Errno::EMSGSIZE)?;
    out.try_reserve(wrapped.len().saturating_add(HEAD)).map_err(|_| Errno::ENOMEM)?;
    out.extend_from_slice(MESSAGE);
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(wrapped);
    Ok(())
}

/// Takes flags and body.
type Sink<'a> = dyn FnMut(u8, &[u8]) -> core::result::Result<(), ProtoError> + 'a;

/// Unwraps a MESSAGE command and hands flags and body to `sink`.
pub fn unwrap(
    context: &dyn Context,
    command: &[u8],
    sink: &mut Sink<'_>,
) -> core::result::Result<(), ProtoError> {
    check_name(command)?;
    let rest = command.strip_prefix(MESSAGE).ok_or(ProtoError::UnexpectedCommand)?;
    let (len, rest) = rest.split_first_chunk::<4>().ok_or(ProtoError::MalformedMessage)?;
    let len = usize::try_from(u32::from_be_bytes(*len)).map_err(|_| ProtoError::TooBig)?;
    if len != rest.len() {
        return Err(ProtoError::MalformedMessage);
    }
    let mut result = Err(ProtoError::Cryptographic);
    let mut take = |plain: &[u8]| {
        // The flags are not optional.
        result = match plain.split_first() {
            Some((&flags, body)) => sink(flags, body),
            None => Err(ProtoError::MalformedMessage),
        };
    };
    context.unwrap(rest, &mut take).map_err(|_| ProtoError::Cryptographic)?;
    result
}

struct GssapiSeal {
    context: Arc<dyn Context>,
    /// What is to be wrapped has to be in one piece.
    plain: Vec<u8>,
}

impl Seal for GssapiSeal {
    fn sealed_len(&self, len: usize) -> usize {
        len.saturating_add(HEAD + WRAPPING)
    }

    fn seal(
        &mut self,
        framing: Framing,
        flags: u8,
        head: &[u8],
        body: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let more = if flags & MORE != 0 { WRAPPED_MORE } else { 0 };
        let command = if flags & COMMAND != 0 { WRAPPED_COMMAND } else { 0 };
        let mut frame = |wrapped: &[u8]| {
            begin_frame(framing, wrapped.len().saturating_add(HEAD), out)?;
            put(wrapped, out)
        };
        wrap(&*self.context, more | command, head, body, &mut self.plain, &mut frame)
    }

    fn release_memory(&mut self) {
        self.plain = Vec::new();
    }
}

struct GssapiOpen {
    context: Arc<dyn Context>,
}

impl Open for GssapiOpen {
    fn open(&mut self, msg: &mut Msg) -> core::result::Result<u8, ProtoError> {
        let mut opened = Msg::new();
        let mut frame_flags = 0;
        unwrap(&*self.context, msg.data(), &mut |flags, body| {
            let name = match flags {
                _ if flags & WRAPPED_SUBSCRIBE != 0 => SUBSCRIBE,
                _ if flags & WRAPPED_CANCEL != 0 => CANCEL,
                _ => &[],
            };
            if name.is_empty() {
                opened = Msg::from_slice(body)?;
                frame_flags |= if flags & WRAPPED_MORE != 0 { MORE } else { 0 };
                frame_flags |= if flags & WRAPPED_COMMAND != 0 { COMMAND } else { 0 };
            } else {
                opened = Msg::from_slice(&[name, body].concat())?;
                frame_flags = COMMAND;
            }
            Ok(())
        })?;
        *msg = opened;
        Ok(frame_flags)
    }
}
