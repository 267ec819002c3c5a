//! The buffer between a connection's socket and its decoder.

use std::ptr::{self, NonNull};
use std::slice;

use super::block::{Block, References};
use super::message::Msg;
use super::record::Room;
use super::spare::Spare;
use crate::error::{Errno, Result};

/// Capacity of a first block. Most connections never need more.
const SMALL: usize = 8 << 10;
/// Capacity of the blocks of a connection that keeps filling them.
const LARGE: usize = 64 << 10;
/// References that a buffer takes of its block at once. No block has room for so many messages.
const CREDIT: usize = usize::MAX / 4;

/// Bytes that came from the network and wait to be decoded.
///
/// Messages can be cut out of it without a copy ([`RecvBuffer::message`]): they refer to the block
/// of memory that the bytes lie in, which the buffer then leaves alone. It holds no memory before
/// the first bytes come, nor after [`RecvBuffer::release`].
#[derive(Debug, Default)]
pub struct RecvBuffer {
    block: Option<NonNull<Block>>,
    start: usize,
    end: usize,
    /// References of the block that went to messages, of the [`CREDIT`] that the buffer took.
    handed: usize,
    large: bool,
}

// SAFETY: the block is the buffer's, and the messages' that refer to other parts of it.
unsafe impl Send for RecvBuffer {}
// SAFETY: `&RecvBuffer` only reads.
unsafe impl Sync for RecvBuffer {}

impl RecvBuffer {
    /// An empty buffer without memory.
    pub const fn new() -> RecvBuffer {
        RecvBuffer { block: None, start: 0, end: 0, handed: 0, large: false }
    }

    /// The bytes that wait.
    #[inline]
    pub fn data(&self) -> &[u8] {
        match self.block {
            // SAFETY: the range was filled, and only messages' ranges before it are shared.
            Some(block) => unsafe {
                slice::from_raw_parts(
                    Block::payload(block).as_ptr().add(self.start),
                    self.end - self.start,
                )
            },
            None => &[],
        }
    }

    /// Bytes that wait.
    #[inline]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether none wait.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops the first `count` bytes (or all, if there are fewer).
    #[inline]
    pub fn consume(&mut self, count: usize) {
        self.start += count.min(self.len());
    }

    /// Cuts the first `size` bytes out as a message, without a copy unless they fit into the message
    /// itself. `EINVAL` if so many bytes do not wait.
    pub fn message(&mut self, size: usize) -> Result<Msg> {
        let bytes = self.data().get(..size).ok_or(Errno::EINVAL)?;
        let msg = match self.block {
            Some(block) if size > Msg::INLINE_MAX => {
                self.handed += 1;
                // SAFETY: within the filled range.
                let data = unsafe { Block::payload(block).add(self.start) };
                // SAFETY: one reference of the credit is the message's now, and its bytes are
                // consumed below: the buffer writes only behind what waits, or when no message
                // refers to the block.
                unsafe { Msg::from_block_slice(block, data, size) }
            }
            _ => Msg::from_slice(bytes)?,
        };
        self.consume(size);
        Ok(msg)
    }

    /// [`RecvBuffer::message`], as a record where it is to stay.
    #[inline]
    pub fn message_into(&mut self, size: usize, room: &mut Room<'_>) -> Result<()> {
        if let Some(block) = self.block
            && size <= self.len()
            // SAFETY: live by the buffer's references.
            && unsafe { Block::capacity(block) } - self.start >= Msg::INLINE_MAX
        {
            // SAFETY: within the filled range, or at its end.
            let data = unsafe { Block::payload(block).add(self.start) };
            if size <= Msg::INLINE_MAX {
                // SAFETY: so many bytes are in the payload, and the first `size` of them were filled.
                unsafe { room.put_inline(data, size) };
            } else {
                self.handed += 1;
                // SAFETY: as in `message`.
                unsafe { room.put_slice(block, data, size) };
            }
            self.start += size;
            return Ok(());
        }
        room.put(&mut self.message(size)?);
        Ok(())
    }

    /// Room for at least `at_least` more bytes (and at least one). `ENOMEM`.
    pub fn spare(&mut self, at_least: usize) -> Result<Spare<'_>> {
        let at_least = at_least.max(1);
        let block = match self.reusable(at_least) {
            Some(block) => block,
            None => self.replace_block(at_least)?,
        };
        // SAFETY: live; the room behind `end` is the buffer's alone.
        let room = unsafe {
            let capacity = Block::capacity(block);
            slice::from_raw_parts_mut(
                Block::payload(block).as_ptr().add(self.end).cast(),
                capacity - self.end,
            )
        };
        Ok(Spare::counted(room, &mut self.end))
    }

    /// Gives the memory back if no bytes wait.
    pub fn release(&mut self) {
        if self.is_empty() {
            self.retire();
            self.large = false;
        }
    }

    /// The present block if it has the room, after moving what waits to its front if need be.
    fn reusable(&mut self, at_least: usize) -> Option<NonNull<Block>> {
        let block = self.block?;
        // SAFETY: live by the buffer's references.
        let capacity = unsafe { Block::capacity(block) };
        if self.end == capacity {
            // A read that fills the room says that there is more to come.
            self.large = true;
        }
        let waiting = self.len();
        let outgrown = self.large && capacity < LARGE;
        if waiting == 0 && !outgrown && self.is_sole_holder(block) {
            self.start = 0;
            self.end = 0;
        }
        if capacity - self.end >= at_least {
            return Some(block);
        }
        if outgrown || capacity - waiting < at_least || !self.is_sole_holder(block) {
            return None;
        }
        let payload = Block::payload(block).as_ptr();
        // SAFETY: both ranges are in the payload; no message refers to the block.
        unsafe { ptr::copy(payload.add(self.start), payload, waiting) };
        self.start = 0;
        self.end = waiting;
        Some(block)
    }

    /// A new block with room for `at_least` bytes behind what waits, which is copied.
    fn replace_block(&mut self, at_least: usize) -> Result<NonNull<Block>> {
        let waiting = self.len();
        let needed = waiting.checked_add(at_least).ok_or(Errno::ENOMEM)?;
        let usual = if self.large { LARGE } else { SMALL };
        let block = Block::allocate(needed.max(usual))?;
        // SAFETY: fresh and live; nobody else knows it yet.
        unsafe { block.cast::<References>().as_ref() }.start(CREDIT);
        let bytes = self.data();
        // SAFETY: the new payload has room for them.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), Block::payload(block).as_ptr(), bytes.len());
        }
        self.retire();
        self.block = Some(block);
        self.end = waiting;
        Ok(block)
    }

    /// Lets go of the block; messages may keep it alive.
    fn retire(&mut self) {
        if let Some(block) = self.block.take() {
            // SAFETY: live by the buffer's references.
            let references = unsafe { block.cast::<References>().as_ref() };
            if references.drop(CREDIT - self.handed) {
                // SAFETY: these were the last references.
                unsafe { Block::free(block) };
            }
        }
        self.start = 0;
        self.end = 0;
        self.handed = 0;
    }

    /// Whether all messages that referred to the block are gone (and never copied: a copy counts).
    fn is_sole_holder(&self, block: NonNull<Block>) -> bool {
        // SAFETY: live by the buffer's references.
        let references = unsafe { block.cast::<References>().as_ref() };
        references.count() == CREDIT - self.handed
    }
}

impl Drop for RecvBuffer {
    fn drop(&mut self) {
        self.retire();
    }
}
