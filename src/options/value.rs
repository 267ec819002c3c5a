//! Values on their way to and from the C interface.

use super::z85;
use crate::error::{Errno, Result};

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
    /// Writes the value into the caller's buffer and returns the length to report, by the rules of
    /// `zmq_getsockopt`: numbers need a buffer of their exact size; text, binary data and padded
    /// ints fit into larger ones, whose rest is zeroed.
    ///
    /// # Errors
    /// `EINVAL`: the buffer's size does not fit, or the value is [`Value::Dynamic`].
    pub fn copy_to(&self, buffer: &mut [u8]) -> Result<usize> {
        match self {
            Value::I32(n) => exact(buffer, &n.to_ne_bytes()),
            Value::I64(n) => exact(buffer, &n.to_ne_bytes()),
            Value::U64(n) => exact(buffer, &n.to_ne_bytes()),
            Value::Padded(n) => padded(buffer, &n.to_ne_bytes(), 0),
            Value::Bytes(bytes) => padded(buffer, bytes, 0),
            Value::Text(bytes) => padded(buffer, bytes, 1),
            Value::Key(key) if buffer.len() == key.len() => exact(buffer, key),
            Value::Key(key) => {
                let mut text = z85::encode(key).ok_or(Errno::EINVAL)?;
                text.push(0);
                exact(buffer, &text)
            }
            Value::Dynamic => Err(Errno::EINVAL),
        }
    }
}

fn exact(buffer: &mut [u8], bytes: &[u8]) -> Result<usize> {
    if buffer.len() != bytes.len() {
        return Err(Errno::EINVAL);
    }
    buffer.copy_from_slice(bytes);
    Ok(bytes.len())
}

/// `zeros`: how many zeros after the bytes count as part of the value.
fn padded(buffer: &mut [u8], bytes: &[u8], zeros: usize) -> Result<usize> {
    let length = bytes.len() + zeros;
    if buffer.len() < length {
        return Err(Errno::EINVAL);
    }
    let (head, rest) = buffer.split_at_mut(bytes.len());
    head.copy_from_slice(bytes);
    rest.fill(0);
    Ok(length)
}
