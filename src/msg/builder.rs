//! A large message body that arrives piece by piece.

use std::ptr::NonNull;
use std::slice;

use super::block::Block;
use super::message::Msg;
use super::spare::Spare;
use crate::error::Result;

/// Largest first allocation. A peer that announces more has to send it before more is allocated.
const FIRST: usize = 1 << 20;

/// A message body of a size that the peer announced, for which memory is allocated as the bytes
/// really arrive: at most 1 MiB at first, then doubling, never more than the size.
#[derive(Debug)]
pub struct MsgBuilder {
    total: usize,
    block: Option<NonNull<Block>>,
    capacity: usize,
    filled: usize,
}

// SAFETY: the block is the builder's alone.
unsafe impl Send for MsgBuilder {}
// SAFETY: `&MsgBuilder` only reads.
unsafe impl Sync for MsgBuilder {}

impl MsgBuilder {
    /// A body of `total` bytes, without memory yet.
    pub const fn new(total: usize) -> MsgBuilder {
        MsgBuilder { total, block: None, capacity: 0, filled: 0 }
    }

    /// Bytes that are still to come.
    pub fn remaining(&self) -> usize {
        self.total - self.filled
    }

    /// Room for the next bytes: never more than remain, and none only when none do. `ENOMEM`.
    pub fn spare(&mut self) -> Result<Spare<'_>> {
        if self.filled == self.capacity && self.capacity < self.total {
            self.grow()?;
        }
        let room = match self.block {
            // SAFETY: the block is the builder's, with `capacity` bytes of payload.
            Some(block) => unsafe {
                slice::from_raw_parts_mut(
                    Block::payload(block).as_ptr().add(self.filled).cast(),
                    self.capacity - self.filled,
                )
            },
            None => &mut [],
        };
        Ok(Spare::counted(room, &mut self.filled))
    }

    /// Copies as many of `bytes` as remain, and says how many. `ENOMEM`.
    pub fn push(&mut self, bytes: &[u8]) -> Result<usize> {
        let mut rest = bytes;
        while !rest.is_empty() && self.remaining() > 0 {
            let taken = self.spare()?.append(rest);
            rest = rest.get(taken..).unwrap_or_default();
        }
        Ok(bytes.len() - rest.len())
    }

    /// The message, of the bytes that arrived.
    pub fn finish(mut self) -> Msg {
        match self.block {
            Some(block) if self.filled > Msg::INLINE_MAX => {
                self.block = None;
                // SAFETY: unshared, taken out of the builder, and so much was filled.
                unsafe { Msg::from_block(block, self.filled) }
            }
            // SAFETY: so much was filled.
            Some(block) => unsafe {
                let bytes = slice::from_raw_parts(Block::payload(block).as_ptr(), self.filled);
                // What fits into the message itself allocates nothing, so there is no failure.
                Msg::from_slice(bytes).unwrap_or_default()
            },
            None => Msg::new(),
        }
    }

    fn grow(&mut self) -> Result<()> {
        let capacity = match self.block {
            None => self.total.min(FIRST),
            Some(_) => self.capacity.saturating_mul(2).min(self.total),
        };
        let block = match self.block {
            None => Block::allocate(capacity)?,
            // SAFETY: the builder's own, unshared; replaced below.
            Some(block) => unsafe { Block::reallocate(block, capacity)? },
        };
        self.block = Some(block);
        self.capacity = capacity;
        Ok(())
    }
}

impl Drop for MsgBuilder {
    fn drop(&mut self) {
        if let Some(block) = self.block.take() {
            // SAFETY: the builder's own, unshared.
            unsafe { Block::free(block) };
        }
    }
}
