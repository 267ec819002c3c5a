//! Values on their way to and from the C interface.

use super::z85;
use crate::error::{Errno, Result};
use crate::sys::RawFd;

/// What came of setting an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The value was stored.
    Stored,
    /// Nothing was stored: the socket and its pattern have to carry it out (`ZMQ_SUBSCRIBE`).
    Action,
}

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An int, read into exactly four bytes.
    I32(i32),
    /// An int that may be read into more than four bytes; the rest is zeroed.
    Padded(i32),
    /// A descriptor, likewise; wider on Windows.
    Descriptor(RawFd),
    /// A signed number, read into exactly eight bytes.
    I64(i64),
    /// An unsigned number, read into exactly eight bytes.
    U64(u64),
    /// Binary data.
    Bytes(Vec<u8>),
    /// Text, without its final NUL, which the C interface adds and counts.
    Text(Vec<u8>),
    /// A CURVE key, read as 32 bytes, or as 41 in Z85 with a final NUL.
    Key([u8; 32]),
    /// To be computed by the socket.
    Dynamic,
}

impl Value {
    /// Whether a buffer of this size takes the value, by the rules of [`Value::copy_to`].
    pub fn fits(&self, size: usize) -> bool {
        match self {
            Value::I32(_) => size == size_of::<i32>(),
            Value::I64(_) | Value::U64(_) => size == size_of::<u64>(),
            Value::Padded(_) => size >= size_of::<i32>(),
            Value::Descriptor(_) => size >= size_of::<RawFd>(),
            Value::Bytes(bytes) => size >= bytes.len(),
            Value::Text(bytes) => size > bytes.len(),
            Value::Key(key) => size == key.len() || size == z85::KEY_TEXT_SIZE,
            Value::Dynamic => false,
        }
    }

    /// Writes the value into the caller's buffer and returns the length to report, by the rules of
    /// `zmq_getsockopt`: numbers need a buffer of their exact size; text, binary data and padded
    /// ints fit into larger ones, whose rest is zeroed.
    ///
    /// # Errors
    /// `EINVAL`: the buffer's size does not fit, or the value is [`Value::Dynamic`].
    pub fn copy_to(&self, buffer: &mut [u8]) -> Result<usize> {
        if !self.fits(buffer.len()) {
            return Err(Errno::EINVAL);
        }
        match self {
            Value::I32(n) | Value::Padded(n) => Ok(padded(buffer, &n.to_ne_bytes(), 0)),
            Value::Descriptor(fd) => Ok(padded(buffer, &fd.to_ne_bytes(), 0)),
            Value::I64(n) => Ok(padded(buffer, &n.to_ne_bytes(), 0)),
            Value::U64(n) => Ok(padded(buffer, &n.to_ne_bytes(), 0)),
            Value::Bytes(bytes) => Ok(padded(buffer, bytes, 0)),
            Value::Text(bytes) => Ok(padded(buffer, bytes, 1)),
            Value::Key(key) if buffer.len() == key.len() => Ok(padded(buffer, key, 0)),
            Value::Key(key) => {
                let text = z85::encode(key).ok_or(Errno::EINVAL)?;
                Ok(padded(buffer, &text, 1))
            }
            Value::Dynamic => Err(Errno::EINVAL),
        }
    }
}

/// Zeroes the rest of the buffer. `zeros`: how many zeros after the bytes count as part of the
/// value.
fn padded(buffer: &mut [u8], bytes: &[u8], zeros: usize) -> usize {
    let (head, rest) = buffer.split_at_mut(bytes.len());
    head.copy_from_slice(bytes);
    rest.fill(0);
    bytes.len() + zeros
}
