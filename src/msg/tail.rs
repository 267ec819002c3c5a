//! The last word of a message, and what it says.

/// A closed message, or memory that never was one.
pub(super) const CLOSED: u8 = 0;
// Values that zeroed, 0xff-filled or text-filled memory does not have.
pub(super) const INLINE: u8 = 0xb1;
pub(super) const HEAP: u8 = 0xb2;
pub(super) const SLICE: u8 = 0xb3;
pub(super) const EXTERNAL: u8 = 0xb4;
pub(super) const CONSTANT: u8 = 0xb5;

/// More parts of the same multipart message follow.
pub(super) const MORE: u8 = 1;
/// The content was copied (and its reference count is in use).
pub(super) const SHARED: u8 = 2;
pub(super) const ALL_FLAGS: u8 = MORE | SHARED;

/// The routing id, the kind of body, the class, the flags, and the length of an inline payload.
///
/// One word, always read and written as one: a message is moved soon after it was written, and a
/// processor that has to put together what it reads out of several writes waits until those have
/// reached the cache, behind all others. (Where a pointer is half as wide, it is two of them, and no
/// more aligned than the message.)
#[cfg_attr(target_pointer_width = "64", repr(transparent))]
#[cfg_attr(not(target_pointer_width = "64"), repr(C, packed(4)))]
#[derive(Clone, Copy)]
pub(super) struct Tail(pub(super) u64);

impl Tail {
    pub(super) const KIND: u32 = 32;
    pub(super) const CLASS: u32 = 40;
    pub(super) const FLAGS: u32 = 48;
    pub(super) const INLINE_SIZE: u32 = 56;

    pub(super) const fn new(kind: u8) -> Tail {
        Tail((kind as u64) << Tail::KIND)
    }

    pub(super) const fn inline(size: u8) -> Tail {
        Tail((INLINE as u64) << Tail::KIND | (size as u64) << Tail::INLINE_SIZE)
    }

    #[inline]
    pub(super) fn byte(self, at: u32) -> u8 {
        (self.0 >> at) as u8
    }

    #[inline]
    pub(super) fn set_byte(&mut self, at: u32, value: u8) {
        self.0 = self.0 & !(0xff << at) | u64::from(value) << at;
    }
}
