//! Uninitialised room for bytes to arrive in.

use std::mem::MaybeUninit;

/// Room for bytes that may be uninitialised, filled from the front.
///
/// What is filled when the `Spare` is dropped becomes part of the [`RecvBuffer`](super::RecvBuffer)
/// or [`MsgBuilder`](super::MsgBuilder) it came from. What does not fit there may go on elsewhere: see
/// [`Spare::followed_by`].
#[derive(Debug)]
pub struct Spare<'a> {
    front: Region<'a>,
    beyond: Region<'a>,
}

#[derive(Debug, Default)]
struct Region<'a> {
    room: &'a mut [MaybeUninit<u8>],
    filled: usize,
    /// Where the owner of the room counts its bytes.
    count: Option<&'a mut usize>,
}

impl<'a> Spare<'a> {
    /// Room that nobody else counts: ask for [`Spare::filled`] when done.
    #[cfg(test)]
    pub fn new(room: &'a mut [MaybeUninit<u8>]) -> Spare<'a> {
        Spare { front: Region { room, filled: 0, count: None }, beyond: Region::default() }
    }

    /// Room whose filled bytes are added to `count` at the end.
    pub(super) fn counted(room: &'a mut [MaybeUninit<u8>], count: &'a mut usize) -> Spare<'a> {
        let front = Region { room, filled: 0, count: Some(count) };
        Spare { front, beyond: Region::default() }
    }

    /// This room, and that of `next` for what does not fit here.
    pub fn followed_by(mut self, mut next: Spare<'a>) -> Spare<'a> {
        self.beyond = std::mem::take(&mut next.front);
        self
    }

    /// Leaves room for at most `most` further bytes.
    pub fn limit(&mut self, most: usize) {
        self.front.limit(most);
        self.beyond.limit(most - self.front.capacity());
    }

    /// Bytes that still fit in one piece, at [`Spare::as_mut_ptr`].
    pub fn capacity(&self) -> usize {
        self.front.capacity()
    }

    /// Bytes that still fit.
    pub fn room(&self) -> usize {
        self.front.capacity() + self.beyond.capacity()
    }

    /// Bytes filled so far.
    #[cfg(test)]
    pub fn filled(&self) -> usize {
        self.front.filled + self.beyond.filled
    }

    /// Copies as many of `bytes` as fit, and says how many.
    pub fn append(&mut self, bytes: &[u8]) -> usize {
        let here = self.front.append(bytes);
        here + self.beyond.append(bytes.get(here..).unwrap_or_default())
    }

    /// Where the next byte goes; [`Spare::capacity`] bytes may be written there.
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.front.as_mut_ptr()
    }

    /// Where bytes beyond [`Spare::capacity`] go, and how many may be written there.
    pub fn beyond(&mut self) -> (*mut u8, usize) {
        (self.beyond.as_mut_ptr(), self.beyond.capacity())
    }

    /// Counts `count` bytes that were written at [`Spare::as_mut_ptr`], and those of them that it had no
    /// room for at [`Spare::beyond`].
    ///
    /// # Safety
    ///
    /// So many bytes, at most [`Spare::room`], were initialised there.
    pub unsafe fn advance(&mut self, count: usize) {
        debug_assert!(count <= self.room());
        let here = count.min(self.front.capacity());
        self.front.filled += here;
        self.beyond.filled += count - here;
    }
}

impl Region<'_> {
    fn capacity(&self) -> usize {
        self.room.len() - self.filled
    }

    fn limit(&mut self, most: usize) {
        let length = self.filled.saturating_add(most).min(self.room.len());
        let (room, _) = std::mem::take(&mut self.room).split_at_mut(length);
        self.room = room;
    }

    fn as_mut_ptr(&mut self) -> *mut u8 {
        // SAFETY: `filled` never exceeds the length.
        unsafe { self.room.as_mut_ptr().add(self.filled).cast() }
    }

    fn append(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.capacity());
        // SAFETY: both ranges have `count` bytes, and the room is borrowed mutably.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.as_mut_ptr(), count) };
        self.filled += count;
        count
    }
}

impl Drop for Region<'_> {
    fn drop(&mut self) {
        if let Some(count) = &mut self.count {
            **count += self.filled;
        }
    }
}
