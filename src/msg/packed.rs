//! Whole messages one behind the other in plain bytes: flags, length, payload.
//!
//! The form is that of ZMTP 2.0 and later (RFC 15), so that what is packed for many connections goes to those
//! that speak it without another look at it.

/// The longest header.
pub const MAX_HEADER: usize = 9;

/// The longest payload that is worth being packed for many, where it is copied once more than if it went to each by
/// itself.
pub const LONGEST: usize = 2048;

/// In the flags: the length takes eight bytes.
const LONG: u8 = 2;

/// The header of a message of one part with a payload of `len` bytes, and how long it is.
#[inline]
pub fn header(len: usize) -> ([u8; MAX_HEADER], usize) {
    if let Ok(short) = u8::try_from(len) {
        return ([0, short, 0, 0, 0, 0, 0, 0, 0], 2);
    }
    let [a, b, c, d, e, f, g, h] = (len as u64).to_be_bytes();
    ([LONG, a, b, c, d, e, f, g, h], MAX_HEADER)
}

/// Takes the first message from the start of `packed`: its payload.
#[inline]
pub fn next<'a>(packed: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (&flags, rest) = packed.split_first()?;
    let (len, rest) = if flags & LONG == 0 {
        let (&len, rest) = rest.split_first()?;
        (usize::from(len), rest)
    } else {
        let (len, rest) = rest.split_first_chunk::<8>()?;
        (usize::try_from(u64::from_be_bytes(*len)).ok()?, rest)
    };
    let (payload, rest) = rest.split_at_checked(len)?;
    *packed = rest;
    Some(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_back_as_they_were_packed() {
        let messages: Vec<Vec<u8>> =
            [0, 1, 255, 256, 70_000].iter().map(|&len| vec![len as u8 ^ 0x55; len]).collect();
        let mut bytes = Vec::new();
        for message in &messages {
            let (header, len) = header(message.len());
            bytes.extend_from_slice(&header[..len]);
            bytes.extend_from_slice(message);
        }
        let mut rest = &bytes[..];
        for message in &messages {
            assert_eq!(next(&mut rest), Some(&message[..]));
        }
        assert!(rest.is_empty());
        assert_eq!(next(&mut rest), None);
    }

    #[test]
    fn what_is_cut_off_is_no_message() {
        for bytes in [&[0][..], &[0, 2, 1], &[2, 0, 0, 0], &[2, 0, 0, 0, 0, 0, 0, 0, 1]] {
            let mut rest = bytes;
            assert_eq!(next(&mut rest), None);
            assert_eq!(rest, bytes);
        }
    }
}
