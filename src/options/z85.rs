//! Z85, the printable form of keys (RFC 32). What comes out may be a secret, and is wiped.

use zeroize::Zeroizing;

const ALPHABET: &[u8; 85] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/// How long a CURVE key is in Z85 with its final NUL.
pub const KEY_TEXT_SIZE: usize = 41;

/// For each byte its place in the alphabet, or 255.
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut i = 0;
    while i < ALPHABET.len() {
        values[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    values
};

/// Five characters for each four bytes; `None` if the length is no multiple of four.
pub fn encode(data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let words = data.chunks_exact(4);
    if !words.remainder().is_empty() {
        return None;
    }
    let mut text = Zeroizing::new(Vec::with_capacity(data.len() / 4 * 5));
    for word in words {
        let number = word.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte));
        for power in [52_200_625, 614_125, 7225, 85, 1] {
            text.push(ALPHABET[(number / power % 85) as usize]);
        }
    }
    Some(text)
}

/// Four bytes for each five characters; `None` if the length is no multiple of five, or the text
/// has another character or a group above 2^32 - 1.
pub fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let groups = text.chunks_exact(5);
    if !groups.remainder().is_empty() {
        return None;
    }
    let mut data = Zeroizing::new(Vec::with_capacity(text.len() / 5 * 4));
    for group in groups {
        let mut number = 0u32;
        for &character in group {
            let value = VALUES[character as usize];
            if value == 255 {
                return None;
            }
            number = number.checked_mul(85)?.checked_add(u32::from(value))?;
        }
        data.extend_from_slice(&number.to_be_bytes());
    }
    Some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification() {
        let data = [0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B];
        assert_eq!(*encode(&data).unwrap(), b"HelloWorld");
        assert_eq!(*decode(b"HelloWorld").unwrap(), data);
    }

    #[test]
    fn the_extremes_fit_and_more_does_not() {
        assert_eq!(*encode(&[255; 4]).unwrap(), b"%nSc0");
        assert_eq!(*decode(b"%nSc0").unwrap(), [255; 4]);
        assert_eq!(decode(b"%nSc1"), None);
        assert_eq!(decode(b"#####"), None);
        assert_eq!(decode(b"00~00"), None);
        assert_eq!(decode(b"0000"), None);
        assert_eq!(encode(&[0; 3]), None);
        assert_eq!(*encode(b"").unwrap(), b"");
    }
}
