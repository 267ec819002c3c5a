//! Frame headers: ZMTP 1.0 (RFC 13) and the form that 2.0 to 3.1 share (RFC 15, 23, 37).

use super::error::ProtoError;
use super::websocket::{self, Masks};
use crate::error::Result;

/// More frames of this message follow. Bit 0 in every version.
pub const MORE: u8 = 1;
/// The length takes eight bytes. ZMTP 2.0 and later.
pub const LONG: u8 = 2;
/// The frame is a command. ZMTP 3.0 and later.
pub const COMMAND: u8 = 4;

/// The longest header: a WebSocket's, and flags.
pub const MAX_HEADER: usize = websocket::MAX_HEADER + 1;

/// How frames are delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// ZMTP 1.0: length including the flags byte, flags.
    V1,
    /// ZMTP 2.0 and 3.x: flags, length.
    V2,
    /// In WebSocket messages; see `websocket`.
    WebSocket {
        /// This end masks what it sends.
        client: bool,
    },
    /// No frames: a byte stream (`ZMQ_STREAM`).
    Raw,
}

/// A frame's header as it came from the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// [`MORE`] and [`COMMAND`]; other bits are not interpreted.
    pub flags: u8,
    /// Bytes of the header itself.
    pub size: usize,
    /// Bytes of the body, as the peer declares them.
    pub len: u64,
}

impl Framing {
    /// Reads the header at the start of `data`; `None` if it is not all there, or if frames have
    /// no such headers.
    #[inline]
    pub fn header(self, data: &[u8]) -> core::result::Result<Option<Header>, ProtoError> {
        match self {
            Self::V2 => Ok(header_v2(data)),
            Self::V1 => header_v1(data),
            Self::Raw | Self::WebSocket { .. } => Ok(None),
        }
    }

    /// Appends the header of a frame with a body of `len` bytes. [`Framing::Raw`] has none. What the
    /// client's end of a WebSocket writes is to be masked, once it is whole, by [`Framing::mask`].
    #[inline]
    pub fn put_header(self, flags: u8, len: usize, out: &mut Vec<u8>) {
        match (self, u8::try_from(len)) {
            (Self::V2, Ok(short)) => out.extend_from_slice(&[flags, short]),
            _ => self.put_other_header(flags, len, out),
        }
    }

    /// [`Framing::put_header`], but for the most frequent one.
    #[inline(never)]
    fn put_other_header(self, flags: u8, len: usize, out: &mut Vec<u8>) {
        match self {
            Self::V2 => {
                let [a, b, c, d, e, f, g, h] = (len as u64).to_be_bytes();
                out.extend_from_slice(&[flags | LONG, a, b, c, d, e, f, g, h]);
            }
            Self::V1 => {
                // The flags byte counts, and 0xFF announces the long form.
                let counted = (len as u64).saturating_add(1);
                match u8::try_from(counted) {
                    Ok(short) if short < 0xFF => out.extend_from_slice(&[short, flags & MORE]),
                    _ => {
                        let [a, b, c, d, e, f, g, h] = counted.to_be_bytes();
                        out.extend_from_slice(&[0xFF, a, b, c, d, e, f, g, h, flags & MORE]);
                    }
                }
            }
            Self::WebSocket { client } => {
                let payload = len.saturating_add(1);
                websocket::put_header(websocket::Opcode::Binary, client, payload, out);
                let more = if flags & MORE != 0 { websocket::MORE } else { 0 };
                let command = if flags & COMMAND != 0 { websocket::COMMAND } else { 0 };
                out.push(more | command);
            }
            Self::Raw => {}
        }
    }

    /// Masks the last frame of `out`, which begins at `start`, if this end has to. Errors: `EIO` if
    /// the system has no random numbers.
    pub fn mask(self, start: usize, masks: &mut Masks, out: &mut [u8]) -> Result<()> {
        match self {
            Self::WebSocket { client: true } => {
                let mask = masks.next()?;
                websocket::mask(out.get_mut(start..).unwrap_or_default(), mask);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// [`Framing::header`] of [`Framing::V2`].
#[inline]
pub fn header_v2(data: &[u8]) -> Option<Header> {
    let (&flags, rest) = data.split_first()?;
    if flags & LONG == 0 {
        let &len = rest.first()?;
        Some(Header { flags, size: 2, len: u64::from(len) })
    } else {
        let len = u64::from_be_bytes(*rest.first_chunk::<8>()?);
        Some(Header { flags, size: 9, len })
    }
}

#[inline]
fn header_v1(data: &[u8]) -> core::result::Result<Option<Header>, ProtoError> {
    let Some((&first, rest)) = data.split_first() else { return Ok(None) };
    let (counted, size, flags) = if first == 0xFF {
        let Some((long, rest)) = rest.split_first_chunk::<8>() else { return Ok(None) };
        (u64::from_be_bytes(*long), 10, rest.first())
    } else {
        (u64::from(first), 2, rest.first())
    };
    // A length that does not even count the flags is refused before the flags arrive.
    let Some(len) = counted.checked_sub(1) else { return Err(ProtoError::Frame) };
    Ok(flags.map(|&flags| Header { flags: flags & MORE, size, len }))
}
