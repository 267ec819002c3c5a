//! Frames of WebSockets (RFC 6455, section 5), as far as ZWS uses them. What is written has every
//! message in one frame; browsers send large ones in several.

use crate::error::{Errno, Result};
use crate::zmtp::error::ProtoError;

/// The longest header: two bytes, eight of length, four of mask.
pub const MAX_HEADER: usize = 14;

/// The most that a control frame carries.
const MAX_CONTROL: u64 = 125;

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;

/// What a frame is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opcode {
    /// More of the message that began before.
    Continuation = 0,
    /// A frame or command of ZMTP, or its beginning.
    #[default]
    Binary = 2,
    /// The peer goes.
    Close = 8,
    /// To be answered with the same payload.
    Ping = 9,
    /// The answer.
    Pong = 10,
}

/// A frame's header as it came from the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameHeader {
    /// What it is.
    pub opcode: Opcode,
    /// Whether the message ends with it.
    pub last: bool,
    /// What the payload is to be combined with; zeros if it is not masked.
    pub mask: [u8; 4],
    /// Bytes of the header itself.
    pub size: usize,
    /// Bytes of the payload, as the peer declares them.
    pub len: u64,
}

/// Reads the header at the start of `data`; `None` if it is not all there. Clients mask what they
/// send, and servers do not.
pub fn header(
    data: &[u8],
    from_client: bool,
) -> core::result::Result<Option<FrameHeader>, ProtoError> {
    let Some((&first, rest)) = data.split_first() else { return Ok(None) };
    // Extensions, which nobody agreed on.
    if first & 0x70 != 0 {
        return Err(ProtoError::Frame);
    }
    let last = first & FINAL != 0;
    let opcode = match first & 0x0F {
        0 => Opcode::Continuation,
        2 => Opcode::Binary,
        8 => Opcode::Close,
        9 => Opcode::Ping,
        10 => Opcode::Pong,
        _ => return Err(ProtoError::Frame),
    };
    let Some((&second, rest)) = rest.split_first() else { return Ok(None) };
    if (second & MASKED != 0) != from_client {
        return Err(ProtoError::Frame);
    }
    let (len, rest) = match second & !MASKED {
        126 => match rest.split_first_chunk::<2>() {
            Some((len, rest)) => (u64::from(u16::from_be_bytes(*len)), rest),
            None => return Ok(None),
        },
        127 => match rest.split_first_chunk::<8>() {
            Some((len, rest)) => (u64::from_be_bytes(*len), rest),
            None => return Ok(None),
        },
        short => (u64::from(short), rest),
    };
    let control = !matches!(opcode, Opcode::Binary | Opcode::Continuation);
    if control && (len > MAX_CONTROL || !last) || len >> 63 != 0 {
        return Err(ProtoError::Frame);
    }
    let (mask, rest) = match (from_client, rest.split_first_chunk::<4>()) {
        (false, _) => ([0; 4], rest),
        (true, Some((mask, rest))) => (*mask, rest),
        (true, None) => return Ok(None),
    };
    let size = data.len().saturating_sub(rest.len());
    Ok(Some(FrameHeader { opcode, last, mask, size, len }))
}

/// Appends the header of a frame with a payload of `len` bytes. A `masked` one has the place for the
/// mask; [`mask`] fills it in.
pub fn put_header(opcode: Opcode, masked: bool, len: usize, out: &mut Vec<u8>) {
    let masked_bit = if masked { MASKED } else { 0 };
    out.push(FINAL | opcode as u8);
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(short), _) if short < 126 => out.push(masked_bit | short),
        (_, Ok(medium)) => {
            out.push(masked_bit | 126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(masked_bit | 127);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    if masked {
        out.extend_from_slice(&[0; 4]);
    }
}

/// Masks a whole frame that was written with a place for its mask.
pub fn mask(frame: &mut [u8], mask: [u8; 4]) {
    let Ok(Some(FrameHeader { size, .. })) = header(frame, true) else { return };
    let Some((head, payload)) = frame.split_at_mut_checked(size) else { return };
    if let Some(place) = head.last_chunk_mut::<4>() {
        *place = mask;
    }
    unmask(payload, mask, 0);
}

/// Combines `bytes`, which begin at `offset` of a payload, with the payload's mask: masks them, or
/// takes the mask off.
pub fn unmask(bytes: &mut [u8], mask: [u8; 4], offset: usize) {
    if mask == [0; 4] {
        return;
    }
    let mut mask = mask;
    mask.rotate_left(offset % 4);
    for chunk in bytes.chunks_mut(4) {
        for (byte, key) in chunk.iter_mut().zip(mask) {
            *byte ^= key;
        }
    }
}

/// Masks that nobody can foretell (RFC 6455, section 5.3), from the system's random numbers.
#[derive(Default)]
pub struct Masks {
    stock: Vec<[u8; 4]>,
}

impl Masks {
    /// The next mask. Errors: `EIO` if the system has no random numbers.
    pub fn next(&mut self) -> Result<[u8; 4]> {
        if let Some(mask) = self.stock.pop() {
            return Ok(mask);
        }
        let mut random = [0; 256];
        getrandom::fill(&mut random).map_err(|_| Errno::EIO)?;
        let (masks, _) = random.as_chunks::<4>();
        self.stock.extend_from_slice(masks);
        self.stock.pop().ok_or(Errno::EIO)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_zws_does_not_use_is_refused() {
        let refused = [
            (&b"\x09\x80"[..], "a part of a ping"),
            (b"\xC2\x80", "an extension"),
            (b"\x81\x80", "text"),
            (b"\x82\x01", "no mask"),
            (b"\x89\xFE\x01\x00", "a long ping"),
            (b"\x82\xFF\x80\0\0\0\0\0\0\0", "a negative length"),
        ];
        for (bytes, what) in refused {
            assert_eq!(header(bytes, true), Err(ProtoError::Frame), "{what}");
        }
        assert_eq!(header(b"\x82\x81", false), Err(ProtoError::Frame));
    }

    proptest! {
        #[test]
        fn frames_survive(len in prop_oneof![0usize..300, 65_000usize..66_000], masked: bool) {
            let body: Vec<u8> = (0..len).map(|at| at as u8).collect();
            let mut bytes = Vec::new();
            put_header(Opcode::Binary, masked, len, &mut bytes);
            bytes.extend_from_slice(&body);
            if masked {
                mask(&mut bytes, [1, 2, 3, 250]);
            }
            let found = header(&bytes, masked).unwrap().unwrap();
            prop_assert_eq!((found.opcode, found.last), (Opcode::Binary, true));
            prop_assert_eq!(found.len, len as u64);
            for cut in 0..found.size {
                prop_assert_eq!(header(&bytes[..cut], masked), Ok(None));
            }
            let mut payload = bytes[found.size..].to_vec();
            unmask(&mut payload, found.mask, 0);
            prop_assert_eq!(&payload, &body);
            let half = len / 2;
            let mut second = bytes[found.size + half..].to_vec();
            unmask(&mut second, found.mask, half);
            prop_assert_eq!(&second, &body[half..]);
        }

        #[test]
        fn no_header_panics(bytes: Vec<u8>, from_client: bool) {
            let _ = header(&bytes, from_client);
        }
    }
}
