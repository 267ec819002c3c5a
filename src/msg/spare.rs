//! Uninitialised room for bytes to arrive in.

use std::mem::MaybeUninit;

/// Room for bytes that may be uninitialised, filled from the front.
///
/// What is filled when the `Spare` is dropped becomes part of the [`RecvBuffer`](super::RecvBuffer)
/// or [`MsgBuilder`](super::MsgBuilder) it came from.
#[derive(Debug)]
pub struct Spare<'a> {
    room: &'a mut [MaybeUninit<u8>],
    filled: usize,
    /// Where the owner of the room counts its bytes.
    count: Option<&'a mut usize>,
}

impl<'a> Spare<'a> {
    /// Room that nobody else counts: ask for [`Spare::filled`] when done.
    #[cfg(test)]
    pub fn new(room: &'a mut [MaybeUninit<u8>]) -> Spare<'a> {
        Spare { room, filled: 0, count: None }
    }

    /// Room whose filled bytes are added to `count` at the end.
    pub(super) fn counted(room: &'a mut [MaybeUninit<u8>], count: &'a mut usize) -> Spare<'a> {
        Spare { room, filled: 0, count: Some(count) }
    }

    /// Leaves room for at most `most` further bytes.
    pub fn limit(&mut self, most: usize) {
        let length = self.filled.saturating_add(most).min(self.room.len());
        let (room, _) = std::mem::take(&mut self.room).split_at_mut(length);
        self.room = room;
    }

    /// Bytes that still fit.
    pub fn capacity(&self) -> usize {
        self.room.len() - self.filled
    }

    /// Bytes filled so far.
    pub fn filled(&self) -> usize {
        self.filled
    }

    /// Copies as many of `bytes` as fit, and says how many.
    pub fn append(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.capacity());
        // SAFETY: both ranges have `count` bytes, and the room is borrowed mutably.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.as_mut_ptr(), count) };
        self.filled += count;
        count
    }

    /// Where the next byte goes; [`Spare::capacity`] bytes may be written there.
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        // SAFETY: `filled` never exceeds the length.
        unsafe { self.room.as_mut_ptr().add(self.filled).cast() }
    }

    /// Counts `count` bytes that were written at [`Spare::as_mut_ptr`].
    ///
    /// # Safety
    ///
    /// So many bytes, at most [`Spare::capacity`], were initialised there.
    pub unsafe fn advance(&mut self, count: usize) {
        debug_assert!(count <= self.capacity());
        self.filled += count;
    }
}

impl Drop for Spare<'_> {
    fn drop(&mut self) {
        if let Some(count) = &mut self.count {
            **count += self.filled;
        }
    }
}
