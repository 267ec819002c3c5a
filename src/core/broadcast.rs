//! Broadcasts: messages for many pipes, written once.
//!
//! What goes to the same pipes as the message before it is put, packed ([`crate::msg::packed`]), into one
//! buffer that all of them read, instead of into the queue of each. Every member has a position of its own
//! there. A mark in its queue says that the broadcast comes next, and another one that it is over: when one pipe gets
//! something else, it leaves the broadcast first, and nothing more is put there. The others leave it with the next
//! that they get.
//!
//! | field | written by | read by | rule |
//! |---|---|---|---|
//! | `published` | writer | members | grows only; release/acquire: so much is there |
//! | bytes | writer, behind what is published | members, before that | never both |
//! | `sleeping`, `next` | a member, to put itself on the list; the writer, to take all from it | both | whose `next` is [`AWAKE`] is not on the list |
//! | `over` | writer | writer | |
//!
//! A member that finds nothing sets its pipe's `reader_asleep`, sees that it is on the list, and looks again. The
//! writer publishes, takes those on the list from it, one by one, and then looks whether the pipe sleeps. Whoever is
//! on the list when a member looks will be looked at after that.
#![allow(unsafe_code)] // the bytes are shared by hand

use std::alloc::{Layout, alloc, dealloc};
use std::ptr::{self, NonNull};
use std::slice;

use crate::msg::{packed, usage};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
#[cfg(loom)]
use crate::sync::cell::UnsafeCell;
use crate::sync::model_fence;

/// Not on the list of those who sleep.
const AWAKE: u32 = u32::MAX;
/// The end of that list.
const NOBODY: u32 = u32::MAX - 1;

/// Bytes of a buffer, at the least and at the most: room for any message that may be shared, and more.
pub const SIZES: (usize, usize) = (4 * 1024, 32 * 1024);
const _: () = assert!(SIZES.0 >= packed::MAX_HEADER + packed::LONGEST);

/// How much of a broadcast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Bytes.
    pub bytes: u32,
    /// The messages they are.
    pub messages: u32,
}

impl Extent {
    fn to_word(self) -> u64 {
        u64::from(self.messages) << 32 | u64::from(self.bytes)
    }

    fn from_word(word: u64) -> Extent {
        Extent { bytes: word as u32, messages: (word >> 32) as u32 }
    }
}

/// The buffer, and who waits for more.
pub struct Broadcast {
    /// An [`Extent`].
    published: AtomicU64,
    /// The first of the members that sleep.
    sleeping: AtomicU32,
    over: AtomicBool,
    /// For each member, the next one on the list.
    next: Box<[AtomicU32]>,
    start: NonNull<u8>,
    size: usize,
    #[cfg(loom)]
    tracks: Box<[UnsafeCell<()>]>,
}

// SAFETY: the bytes are accessed by the table above; the rest is atomic.
unsafe impl Send for Broadcast {}
// SAFETY: as above.
unsafe impl Sync for Broadcast {}

impl Broadcast {
    fn new(size: usize, members: usize) -> Option<Broadcast> {
        let mut next = Vec::new();
        next.try_reserve_exact(members).ok()?;
        next.extend((0..members).map(|_| AtomicU32::new(AWAKE)));
        // SAFETY: the layout is not empty.
        let start = NonNull::new(unsafe { alloc(Broadcast::layout(size)) })?;
        usage::taken(size);
        Some(Broadcast {
            published: AtomicU64::new(0),
            sleeping: AtomicU32::new(NOBODY),
            over: AtomicBool::new(false),
            next: next.into_boxed_slice(),
            start,
            size,
            #[cfg(loom)]
            tracks: (0..size).map(|_| UnsafeCell::new(())).collect(),
        })
    }

    const fn layout(size: usize) -> Layout {
        // SAFETY: one is a power of two, and no size is above `SIZES`.
        unsafe { Layout::from_size_align_unchecked(size, 1) }
    }

    /// What has been put there so far.
    pub fn extent(&self) -> Extent {
        Extent::from_word(self.published.load(Ordering::SeqCst))
    }

    /// Nothing more will be put there: a member has left.
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Puts a member on the list of those to be looked at when there is more.
    fn lie_down(&self, number: u32) {
        let Some(next) = self.next.get(number as usize) else { return };
        model_fence();
        if next.load(Ordering::SeqCst) != AWAKE {
            return;
        }
        let mut first = self.sleeping.load(Ordering::SeqCst);
        loop {
            next.store(first, Ordering::SeqCst);
            match self.sleeping.compare_exchange_weak(
                first,
                number,
                Ordering::SeqCst,
                Ordering::SeqCst,
            ) {
                Ok(_) => return,
                Err(now) => first = now,
            }
        }
    }
}

impl Drop for Broadcast {
    fn drop(&mut self) {
        // SAFETY: allocated so, and nobody has the broadcast any more.
        unsafe { dealloc(self.start.as_ptr(), Broadcast::layout(self.size)) };
        usage::given(self.size);
    }
}

/// The end that writes.
pub struct BroadcastWriter {
    shared: Arc<Broadcast>,
    extent: Extent,
    /// Messages that all members have room for.
    limit: u32,
}

impl BroadcastWriter {
    /// A fresh broadcast of `size` bytes ([`SIZES`]) to so many members, who have room for `limit` messages.
    /// `None`: there is no memory.
    pub fn new(size: usize, members: usize, limit: u32) -> Option<BroadcastWriter> {
        let shared = Arc::new(Broadcast::new(size, members)?);
        Some(BroadcastWriter { shared, extent: Extent::default(), limit })
    }

    /// What both ends share.
    pub fn shared(&self) -> &Arc<Broadcast> {
        &self.shared
    }

    /// The end of a member that reads.
    pub fn reader(&self, number: u32) -> BroadcastReader {
        BroadcastReader {
            shared: self.shared.clone(),
            number,
            taken: Extent::default(),
            seen: Extent::default(),
            frozen: false,
            over: false,
        }
    }

    /// Whether all members are still there, and have room for a message.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.extent.messages < self.limit && !self.shared.over.load(Ordering::Relaxed)
    }

    /// Bytes that are used.
    pub fn used(&self) -> usize {
        self.extent.bytes as usize
    }

    /// Publishes a message. `false`: there is no room for it.
    #[inline]
    pub fn append(&mut self, payload: &[u8]) -> bool {
        let (header, header_len) = packed::header(payload.len());
        let (at, len) = (self.used(), header_len + payload.len());
        if !self.is_open() || self.shared.size - at < len {
            return false;
        }
        #[cfg(loom)]
        self.shared.tracks[at..at + len].iter().for_each(|track| track.with_mut(|_| ()));
        // SAFETY: so many bytes of the buffer are behind what is published, where no member reads; the payload
        // is the caller's.
        unsafe {
            let start = self.shared.start.add(at).as_ptr();
            ptr::copy_nonoverlapping(header.as_ptr(), start, header_len);
            ptr::copy_nonoverlapping(payload.as_ptr(), start.add(header_len), payload.len());
        }
        self.extent = Extent { bytes: (at + len) as u32, messages: self.extent.messages + 1 };
        // A swap, to be ordered before the look at who sleeps.
        self.shared.published.swap(self.extent.to_word(), Ordering::SeqCst);
        model_fence();
        true
    }

    /// Calls `look` for each member that may sleep, after an append.
    #[inline]
    pub fn for_sleepers(&self, look: impl FnMut(u32)) {
        if self.shared.sleeping.load(Ordering::SeqCst) != NOBODY {
            self.take_sleepers(look);
        }
    }

    fn take_sleepers(&self, mut look: impl FnMut(u32)) {
        let mut number = self.shared.sleeping.swap(NOBODY, Ordering::SeqCst);
        while let Some(next) = self.shared.next.get(number as usize) {
            let taken = number;
            number = next.swap(AWAKE, Ordering::SeqCst);
            model_fence();
            look(taken);
        }
    }
}

/// The end of a member that reads.
pub struct BroadcastReader {
    shared: Arc<Broadcast>,
    number: u32,
    taken: Extent,
    /// What was there when last looked.
    seen: Extent,
    /// What was not seen is not wanted.
    frozen: bool,
    /// Nothing more will come.
    over: bool,
}

impl BroadcastReader {
    /// Looks for more.
    pub fn look(&mut self) {
        if !self.frozen {
            self.seen = self.shared.extent();
        }
    }

    /// Wants nothing of what it has not seen.
    pub fn freeze(&mut self) {
        self.frozen = true;
    }

    /// Looks for the last time: the mark of the broadcast's end was found.
    pub fn finish(&mut self) {
        self.seen = self.shared.extent();
        self.over = true;
    }

    /// Whether nothing more will come.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Whether a message can be read, as far as was seen.
    pub fn has_more(&self) -> bool {
        self.taken.bytes < self.seen.bytes
    }

    /// Whether [`BroadcastReader::look`] may find something.
    pub fn has_news(&self) -> bool {
        self.has_more() || !self.frozen && self.shared.extent() != self.taken
    }

    /// Messages that can be read, were it to look.
    pub fn backlog(&self) -> u64 {
        let there = if self.frozen { self.seen } else { self.shared.extent() };
        u64::from(there.messages - self.taken.messages)
    }

    /// All that can be read, as far as was seen: whole messages, packed.
    fn waiting(&self) -> &[u8] {
        let (from, to) = (self.taken.bytes as usize, self.seen.bytes as usize);
        #[cfg(loom)]
        self.shared.tracks[from..to].iter().for_each(|track| track.with(|_| ()));
        // SAFETY: these were published, and are never written again.
        unsafe { slice::from_raw_parts(self.shared.start.add(from).as_ptr(), to - from) }
    }

    /// Reads one message, if `take` makes something of its payload.
    pub fn read<T>(&mut self, take: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        let mut rest = self.waiting();
        let before = rest.len();
        let taken = take(packed::next(&mut rest)?)?;
        let bytes = (before - rest.len()) as u32;
        self.pass(Extent { bytes, messages: 1 });
        Some(taken)
    }

    /// Reads what waits, packed, up to `most` bytes of it, but a message at least. How many messages, and what
    /// `take` made of them.
    pub fn read_packed<T>(&mut self, most: usize, take: impl FnOnce(&[u8]) -> T) -> (T, u32) {
        let mut waiting = self.waiting();
        let mut messages = self.seen.messages - self.taken.messages;
        if waiting.len() > most {
            let mut rest = waiting;
            let mut len = 0;
            messages = 0;
            while packed::next(&mut rest).is_some()
                && (messages == 0 || waiting.len() - rest.len() <= most)
            {
                len = waiting.len() - rest.len();
                messages += 1;
            }
            waiting = &waiting[..len];
        }
        let bytes = waiting.len() as u32;
        let taken = take(waiting);
        self.pass(Extent { bytes, messages });
        (taken, messages)
    }

    fn pass(&mut self, extent: Extent) {
        self.taken.bytes += extent.bytes;
        self.taken.messages += extent.messages;
    }

    /// To be called by a pipe's reader that says that it sleeps, before it looks once more.
    pub fn lie_down(&self) {
        if !self.frozen {
            self.shared.lie_down(self.number);
        }
    }
}
