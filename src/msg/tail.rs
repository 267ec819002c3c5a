//! The last word of a message, and what it says.

use super::class::Class;
use super::message::Msg;

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

    /// Whether a live message may have it. All parts are looked at together: of each, what is beyond its
    /// bound sets the highest bit, by itself or by what is added. (A kind that is too low borrows from
    /// the parts above, and is found all the same.)
    #[inline]
    pub(super) fn is_plausible(self) -> bool {
        const BOUNDS: u32 =
            u32::from_le_bytes([CONSTANT - INLINE, Class::LAST, ALL_FLAGS, Msg::INLINE_MAX as u8]);
        let parts = ((self.0 >> Tail::KIND) as u32).wrapping_sub(INLINE.into());
        (parts | parts.wrapping_add(0x7f7f_7f7f - BOUNDS)) & 0x8080_8080 == 0
    }

    /// Whether the class is [`Class::Data`].
    #[inline]
    pub(super) fn is_data(self) -> bool {
        self.byte(Tail::CLASS) == Class::Data as u8
    }

    /// As [`Msg::is_single`].
    #[inline]
    pub(super) fn is_single(self) -> bool {
        self.is_data() && self.byte(Tail::FLAGS) & MORE == 0
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_judged_as_one_by_one() {
        let bytes = [0, 1, 2, 3, 4, 9, 10, 40, 41, 0x7f, 0x80, 0xb0, 0xb1, 0xb5, 0xb6, 0xff];
        let within = |[kind, class, flags, size]: [u8; 4]| {
            (INLINE..=CONSTANT).contains(&kind)
                && class <= Class::LAST
                && flags <= ALL_FLAGS
                && usize::from(size) <= Msg::INLINE_MAX
        };
        for kind in 0..=255 {
            for class in bytes {
                for (flags, size) in bytes.iter().flat_map(|&flags| bytes.map(|size| (flags, size)))
                {
                    let parts = [kind, class, flags, size];
                    let tail =
                        Tail(u64::from(u32::from_le_bytes(parts)) << Tail::KIND | 0xffff_ffff);
                    assert_eq!(tail.is_plausible(), within(parts), "{parts:x?}");
                }
            }
        }
    }
}
