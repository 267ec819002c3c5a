//! Short byte strings without an allocation, for routing ids.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// The longest string that needs no allocation; the whole value takes 24 bytes.
const SHORT: usize = 22;

/// An immutable byte string.
#[derive(Clone)]
pub enum ShortBytes {
    /// Up to [`SHORT`] bytes, in place.
    Short(u8, [u8; SHORT]),
    /// Anything longer.
    Long(Box<[u8]>),
}

impl From<&[u8]> for ShortBytes {
    fn from(bytes: &[u8]) -> ShortBytes {
        let mut short = [0; SHORT];
        match short.get_mut(..bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                ShortBytes::Short(bytes.len() as u8, short)
            }
            None => ShortBytes::Long(bytes.into()),
        }
    }
}

impl Default for ShortBytes {
    fn default() -> ShortBytes {
        ShortBytes::Short(0, [0; SHORT])
    }
}

impl Deref for ShortBytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            ShortBytes::Short(len, bytes) => bytes.get(..usize::from(*len)).unwrap_or(bytes),
            ShortBytes::Long(bytes) => bytes,
        }
    }
}

impl Borrow<[u8]> for ShortBytes {
    fn borrow(&self) -> &[u8] {
        self
    }
}

impl PartialEq for ShortBytes {
    fn eq(&self, other: &ShortBytes) -> bool {
        **self == **other
    }
}

impl Eq for ShortBytes {}

impl Hash for ShortBytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // As a slice hashes, for look-ups by slice.
        (**self).hash(state);
    }
}

impl std::fmt::Debug for ShortBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_length_round_trips_in_24_bytes() {
        assert_eq!(size_of::<ShortBytes>(), 24);
        for len in [0, 1, 21, 22, 23, 255, 70_000] {
            let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
            assert_eq!(*ShortBytes::from(bytes.as_slice()), *bytes);
        }
    }
}
