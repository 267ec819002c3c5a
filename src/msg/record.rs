//! A message as it waits in a queue: in as few words as it takes.
//!
//! The 64 bytes of a [`Msg`] are mostly empty, and each line of them moves from the cache of one
//! processor to another's. A record has the words that say something:
//!
//! | word | |
//! |---|---|
//! | first | the message's last word; but the upper half of its kind is the number of words, and a flag says whether there are references |
//! | 0 to 5 (6) more | an inline payload |
//! | or 3 (2) more | where the payload is |
//! | or 6 (7) to 14 more | the payload of a block, copied from it |
//! | 2 (1) more, if there are any | metadata and group |
//!
//! In brackets: where a pointer is half as wide. A first word of zero is no record: the queue goes on
//! elsewhere.
//!
//! A payload is copied from its block for those who only read it ([`Room::new`]): the block is used
//! again at once by the thread that made it.

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::slice;

use super::block::Block;
use super::class::Class;
use super::message::{Far, Msg};
use super::tail::{HEAP, INLINE, MORE, SHARED, SLICE, Tail};
use crate::sync::prefetch;

/// What records are made of. It keeps what it is made of, pointers too.
pub type Word = MaybeUninit<u64>;

/// The words of [`Far`].
const FAR: usize = size_of::<Far>().div_ceil(size_of::<Word>());
/// The words of the two references.
const REFERENCES: usize = (2 * size_of::<usize>()).div_ceil(size_of::<Word>());
/// Where they are in a message, in words.
const REFERENCES_AT: usize = Msg::REFERENCES_AT / size_of::<Word>();

const _: () = assert!(Msg::REFERENCES_AT.is_multiple_of(size_of::<Word>()));
const _: () = assert!(Msg::REFERENCES_AT == Msg::INLINE_MAX);
const _: () = assert!(Msg::INLINE_MAX < Room::MOST * size_of::<Word>());

/// The longest payload that is copied from its block.
const COPIED_MAX: usize = 14 * size_of::<Word>();

/// The kind of a record with such a copy: no kind of messages.
const COPIED: u8 = KINDS;

/// In the flags of a record: there are references.
const REFERRING: u8 = 0x80;

/// The message's kind, in that of a record; above it the number of words.
const KIND: u8 = 0x0f;
/// What the kinds of messages have above it.
const KINDS: u8 = INLINE & !KIND;

/// The first word of a record.
#[derive(Clone, Copy)]
struct Head(u64);

impl Head {
    #[inline]
    fn new(tail: Tail, words: usize) -> Head {
        Head(tail.0 & !Head::KINDS | (words as u64) << (Tail::KIND + 4))
    }

    /// The same, with references.
    fn referring(self) -> Head {
        Head(self.0 | Head::REFERRING)
    }

    /// What all kinds of messages have in common, where the number of words is.
    const KINDS: u64 = (KINDS as u64) << Tail::KIND;
    const REFERRING: u64 = (REFERRING as u64) << Tail::FLAGS;

    /// The message's.
    #[inline]
    fn tail(self) -> Tail {
        const WORDS: u64 = 0xf0 << Tail::KIND;
        Tail(self.0 & !(WORDS | Head::REFERRING) | Head::KINDS)
    }

    #[inline]
    fn words(self) -> usize {
        usize::from(Tail(self.0).byte(Tail::KIND) >> 4)
    }

    /// Whether the payload is in the record.
    #[inline]
    fn is_inline(self) -> bool {
        Tail(self.0).byte(Tail::KIND) & KIND <= INLINE & KIND
    }

    #[inline]
    fn is_copy(self) -> bool {
        Tail(self.0).byte(Tail::KIND) & KIND == COPIED & KIND
    }

    #[inline]
    fn is_referring(self) -> bool {
        Tail(self.0).byte(Tail::FLAGS) & REFERRING != 0
    }
}

/// Room for one record.
pub struct Room<'a> {
    at: NonNull<Word>,
    used: usize,
    copies: bool,
    /// It is lent.
    words: PhantomData<&'a mut [Word]>,
}

impl Room<'_> {
    /// The most words that a record takes.
    pub const MOST: usize = 1 + COPIED_MAX / size_of::<Word>();

    /// Room at `at`. `copies`: the record is only read, so that short payloads may be copied from their
    /// blocks; [`Record::take_into`] would need memory for them.
    ///
    /// # Safety
    ///
    /// [`Room::MOST`] words at `at` are nobody else's during `'a`.
    #[inline]
    pub unsafe fn new(at: NonNull<Word>, copies: bool) -> Self {
        Room { at, used: 0, copies, words: PhantomData }
    }

    /// Words that the record takes that was put here; 0 if there is none.
    #[inline]
    pub fn used(&self) -> usize {
        self.used
    }

    /// Puts a message, leaving it empty.
    #[inline(always)]
    pub fn put(&mut self, msg: &mut Msg) {
        if msg.is_referring() {
            return self.put_referring(msg);
        }
        if self.copies && msg.tail.byte(Tail::KIND) == HEAP && self.copy(msg) {
            return;
        }
        let body = body_words(msg);
        // SAFETY: all words are within the message, and behind the record's first within the room. The
        // message's content is the record's then.
        unsafe {
            let source = ptr::from_ref(msg).cast::<Word>();
            copy_words(source, self.at.add(1).as_ptr(), body);
            self.finish(Head::new(msg.tail, 1 + body));
            msg.forget();
        }
    }

    /// As [`Room::put`], with the references.
    #[inline(never)]
    fn put_referring(&mut self, msg: &mut Msg) {
        let body = body_words(msg);
        // SAFETY: as in `put`.
        unsafe {
            let source = ptr::from_ref(msg).cast::<Word>();
            copy_words(source, self.at.add(1).as_ptr(), body);
            copy_words(source.add(REFERENCES_AT), self.at.add(1 + body).as_ptr(), REFERENCES);
            self.finish(Head::new(msg.tail, 1 + body + REFERENCES).referring());
            msg.forget();
        }
    }

    /// Puts a message over a block, which refers to nothing else, leaving it empty, if it is data and its
    /// payload is short enough.
    #[inline(never)]
    fn copy(&mut self, msg: &mut Msg) -> bool {
        // SAFETY: by the kind.
        let (block, data, size) = unsafe { msg.block() };
        let mut tail = msg.tail;
        if size > COPIED_MAX || !tail.is_data() || tail.byte(Tail::FLAGS) & SHARED != 0 {
            return false;
        }
        tail.set_byte(Tail::KIND, COPIED);
        tail.set_byte(Tail::INLINE_SIZE, size as u8);
        // SAFETY: so many bytes are behind the first word of the room, and not in a block. That is this
        // message's alone, and the message has nothing else.
        unsafe {
            let target = self.at.add(1).cast::<u8>();
            ptr::copy_nonoverlapping(data, target.as_ptr(), size);
            self.finish(Head::new(tail, 1 + size.div_ceil(size_of::<Word>())));
            msg.forget();
            Block::free(block);
        }
        true
    }

    /// Puts a message of the first `size` bytes at `source`.
    ///
    /// # Safety
    ///
    /// [`Msg::INLINE_MAX`] bytes at `source` may be read, of which the first `size`, no more than those,
    /// are initialised.
    #[inline]
    pub(super) unsafe fn put_inline(&mut self, source: NonNull<u8>, size: usize) {
        debug_assert!(size <= Msg::INLINE_MAX);
        // SAFETY: what is read may be, and there is room for it. So many bytes are copied faster than
        // their number is looked at.
        unsafe {
            let target = self.at.add(1).cast::<[MaybeUninit<u8>; Msg::INLINE_MAX]>();
            target.write_unaligned(source.cast().read_unaligned());
            let body = size.div_ceil(size_of::<Word>());
            self.finish(Head::new(Tail::inline(size as u8), 1 + body));
        }
    }

    /// Puts a message over `size` bytes at `data` within a block's payload.
    ///
    /// # Safety
    ///
    /// As for [`Msg::from_block_slice`].
    #[inline]
    pub(super) unsafe fn put_slice(
        &mut self,
        block: NonNull<Block>,
        data: NonNull<u8>,
        size: usize,
    ) {
        let far = Far { owner: block.as_ptr().cast(), data: data.as_ptr(), size };
        // SAFETY: in the room.
        unsafe {
            self.at.add(1).cast::<Far>().write(far);
            self.finish(Head::new(Tail::new(SLICE), 1 + FAR));
        }
    }

    /// # Safety
    ///
    /// `at` is less than [`Room::MOST`].
    #[inline]
    unsafe fn write(&mut self, at: usize, word: Word) {
        // SAFETY: by the caller and the contract of `new`.
        unsafe { self.at.add(at).write(word) };
    }

    /// # Safety
    ///
    /// The words behind the first one are written.
    #[inline]
    unsafe fn finish(&mut self, head: Head) {
        // SAFETY: there is a first word.
        unsafe { self.write(0, Word::new(head.0)) };
        self.used = head.words();
    }
}

/// Writes that the records go on elsewhere.
///
/// # Safety
///
/// The word at `at` may be written.
#[inline]
pub unsafe fn write_end(at: NonNull<Word>) {
    // SAFETY: by the caller.
    unsafe { at.write(Word::new(0)) };
}

/// Writes that the records go on at the start of what this word is in.
///
/// # Safety
///
/// The word at `at` may be written.
#[inline]
pub unsafe fn write_rewind(at: NonNull<Word>) {
    // SAFETY: by the caller.
    unsafe { at.write(Word::new(REWIND)) };
}

/// Whether [`write_rewind`] was what wrote this word.
///
/// # Safety
///
/// A record was put at `at`, or [`write_end`] or [`write_rewind`], and nobody writes there now.
#[inline]
pub unsafe fn rewinds(at: NonNull<Word>) -> bool {
    // SAFETY: by the caller.
    unsafe { at.read().assume_init() == REWIND }
}

/// No record begins so: each has a number of words.
const REWIND: u64 = 1;

/// A word that says that the records are elsewhere.
pub static END: Word = Word::new(0);

/// A message in a queue.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    head: Head,
    at: NonNull<Word>,
    words: PhantomData<&'a [Word]>,
}

impl<'a> Record<'a> {
    /// The record at `at`; `None` if the records go on elsewhere.
    ///
    /// # Safety
    ///
    /// A record was put there, or [`write_end`] or [`write_rewind`], and nobody writes there during `'a`.
    #[inline]
    pub unsafe fn at(at: NonNull<Word>) -> Option<Record<'a>> {
        // SAFETY: by the caller, the first word is initialised.
        let head = Head(unsafe { at.read().assume_init() });
        (head.0 > REWIND).then_some(Record { head, at, words: PhantomData })
    }

    /// Words that it takes.
    #[inline]
    pub fn words(self) -> usize {
        self.head.words()
    }

    /// Whether the payload is in the record itself.
    #[inline]
    pub fn is_inline(self) -> bool {
        self.head.is_inline()
    }

    /// Whether there is no more to the message than its payload, its class and its place among others.
    #[inline]
    pub fn is_bare(self) -> bool {
        self.head.is_inline() && !self.head.is_referring()
    }

    /// Whether it is data without references, which can be taken out as it is.
    #[inline]
    pub fn is_simple(self) -> bool {
        Tail(self.head.0).is_data() && !self.head.is_copy() && !self.head.is_referring()
    }

    /// As [`Msg::more`].
    #[inline]
    pub fn more(self) -> bool {
        Tail(self.head.0).byte(Tail::FLAGS) & MORE != 0
    }

    /// As [`Msg::class`].
    #[inline]
    pub fn class(self) -> Class {
        Class::from_byte(Tail(self.head.0).byte(Tail::CLASS))
    }

    /// As [`Msg::is_single`].
    #[inline]
    pub fn is_single(self) -> bool {
        Tail(self.head.0).is_single()
    }

    /// As [`Msg::data`].
    #[inline]
    pub fn data(self) -> &'a [u8] {
        // SAFETY: a payload of that size is in the words behind the first, or where they say, and stays
        // there at least as long as the record, as in `Msg::data`.
        unsafe {
            if self.head.is_inline() {
                let size = usize::from(Tail(self.head.0).byte(Tail::INLINE_SIZE));
                slice::from_raw_parts(self.body().cast().as_ptr(), size)
            } else {
                let far = self.body().cast::<Far>().read();
                if far.size == 0 { &[] } else { slice::from_raw_parts(far.data, far.size) }
            }
        }
    }

    /// Asks for the start of a payload that is elsewhere, and will be read soon.
    #[inline]
    pub fn prefetch(self) {
        if !self.head.is_inline() {
            // SAFETY: all kinds but one have that behind the first word.
            let data = unsafe { self.body().cast::<Far>().read() }.data;
            prefetch::to_read(data);
            prefetch::to_read(data.wrapping_add(64));
        }
    }

    /// Takes the message out, dropping what `msg` had. `false`: there is no memory for a payload that was
    /// copied, and nothing happened.
    ///
    /// # Safety
    ///
    /// It is taken out or dropped once.
    #[inline]
    #[must_use]
    pub unsafe fn take_into(self, msg: &mut Msg) -> bool {
        if self.head.is_copy() {
            return self.copy_into(msg);
        }
        // SAFETY: by the caller. The references are there behind the rest, and their place is empty.
        unsafe {
            if self.head.is_referring() {
                let body = self.words() - 1 - REFERENCES;
                self.take_body_into(msg, body);
                let target = ptr::from_mut(msg).cast::<Word>().add(REFERENCES_AT);
                copy_words(self.at.add(1 + body).as_ptr(), target, REFERENCES);
            } else {
                self.take_body_into(msg, self.words() - 1);
            }
        }
        true
    }

    /// Takes a message out that [`Record::is_simple`], dropping what `msg` had.
    ///
    /// # Safety
    ///
    /// It is simple, and is taken out or dropped once.
    #[inline(always)]
    pub unsafe fn take_simply_into(self, msg: &mut Msg) {
        // SAFETY: by the caller.
        unsafe { self.take_body_into(msg, self.words() - 1) };
    }

    /// # Safety
    ///
    /// So many words behind the first are the message's body, and it is taken out once.
    #[inline(always)]
    unsafe fn take_body_into(self, msg: &mut Msg, words: usize) {
        msg.clear();
        // SAFETY: by the caller; they fit into a body, where nothing is that had to be dropped.
        unsafe { copy_words(self.body().as_ptr(), ptr::from_mut(msg).cast(), words) };
        msg.tail = self.head.tail();
    }

    #[cold]
    fn copy_into(self, msg: &mut Msg) -> bool {
        let Ok(copy) = Msg::from_slice(self.data()) else { return false };
        *msg = copy;
        msg.set_more(self.more());
        msg.set_routing_id(self.head.tail().0 as u32);
        true
    }

    /// Drops the message.
    ///
    /// # Safety
    ///
    /// It is taken out or dropped once.
    #[inline]
    pub unsafe fn discard(self) {
        if !self.is_bare() {
            // SAFETY: by the caller.
            unsafe { self.take_and_drop() };
        }
    }

    /// # Safety
    ///
    /// As for [`Record::discard`].
    #[inline(never)]
    unsafe fn take_and_drop(self) {
        // SAFETY: by the caller. Only what needs no drop could fail.
        let _ = unsafe { self.take_into(&mut Msg::new()) };
    }

    #[inline]
    fn body(self) -> NonNull<Word> {
        // SAFETY: within the record, or behind it if it has one word.
        unsafe { self.at.add(1) }
    }
}

/// How many words the body of a message takes.
#[inline]
fn body_words(msg: &Msg) -> usize {
    let inline = msg.tail.byte(Tail::KIND) == INLINE;
    if inline { msg.len().div_ceil(size_of::<Word>()) } else { FAR }
}

/// Copies words of a message that is no copy of a block's payload, one by one: what was written perhaps
/// a moment ago, in words, is read so (see [`Tail`]); and so few are copied here that anything more
/// clever takes longer.
///
/// # Safety
///
/// So many words, no more than a message's body has, can be read at `from` and written at `to`. One of
/// them is within a message, the other within a queue.
#[inline(always)]
unsafe fn copy_words(from: *const Word, to: *mut Word, words: usize) {
    debug_assert!(words <= REFERENCES_AT);
    for at in 0..REFERENCES_AT {
        if at == words {
            break;
        }
        // SAFETY: by the caller; aligned as a message is, where that is enough. Volatile, so that these
        // are as many loads.
        unsafe {
            #[cfg(target_pointer_width = "64")]
            to.add(at).write(from.add(at).read_volatile());
            #[cfg(not(target_pointer_width = "64"))]
            to.add(at).write_unaligned(from.add(at).read_unaligned());
        }
    }
}
