//! Short byte strings without an allocation, for routing ids and topics.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// An immutable byte string. Up to `N` bytes are kept in place.
///
/// Sensible values of `N` are 14 and 22: the whole takes two bytes more.
#[derive(Clone)]
pub enum ShortBytes<const N: usize> {
    /// Length and bytes, in place.
    Short(u8, [u8; N]),
    /// Anything longer. The second box keeps the other variant from being padded.
    Long(Box<Box<[u8]>>),
}

impl<const N: usize> From<&[u8]> for ShortBytes<N> {
    fn from(bytes: &[u8]) -> ShortBytes<N> {
        let mut short = [0; N];
        match short.get_mut(..bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                ShortBytes::Short(bytes.len() as u8, short)
            }
            None => ShortBytes::Long(Box::new(bytes.into())),
        }
    }
}

impl<const N: usize> Default for ShortBytes<N> {
    fn default() -> ShortBytes<N> {
        ShortBytes::Short(0, [0; N])
    }
}

impl<const N: usize> Deref for ShortBytes<N> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            ShortBytes::Short(len, bytes) => bytes.get(..usize::from(*len)).unwrap_or(bytes),
            ShortBytes::Long(bytes) => bytes,
        }
    }
}

impl<const N: usize> Borrow<[u8]> for ShortBytes<N> {
    fn borrow(&self) -> &[u8] {
        self
    }
}

impl<const N: usize> PartialEq for ShortBytes<N> {
    fn eq(&self, other: &ShortBytes<N>) -> bool {
        **self == **other
    }
}

impl<const N: usize> Eq for ShortBytes<N> {}

impl<const N: usize> Hash for ShortBytes<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // As a slice hashes, for look-ups by slice.
        (**self).hash(state);
    }
}

impl<const N: usize> std::fmt::Debug for ShortBytes<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_length_round_trips() {
        assert_eq!((size_of::<ShortBytes<14>>(), size_of::<ShortBytes<22>>()), (16, 24));
        for len in [0, 1, 14, 15, 22, 23, 255, 70_000] {
            let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
            assert_eq!(*ShortBytes::<14>::from(bytes.as_slice()), *bytes);
            assert_eq!(*ShortBytes::<22>::from(bytes.as_slice()), *bytes);
        }
    }
}
