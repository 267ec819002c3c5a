//! Pieces of a queue's memory, and places in them.
#![allow(unsafe_code)] // words and chunks are shared by hand

use std::alloc::{Layout, alloc, dealloc};
use std::ptr::{self, NonNull};

use super::Queue;
use crate::msg::{END, Record, Word, rewinds, usage};
use crate::sync::atomic::{AtomicPtr, Ordering};
#[cfg(loom)]
use crate::sync::cell::UnsafeCell;

/// Followed by its words.
pub struct Chunk {
    pub next: AtomicPtr<Chunk>,
    /// How many words.
    pub len: usize,
    #[cfg(loom)]
    tracks: Box<[UnsafeCell<()>]>,
}

impl Chunk {
    /// A chunk of `len` words, or null if there is no memory.
    pub fn allocate(len: usize) -> *mut Chunk {
        // SAFETY: the layout is not empty.
        let chunk = unsafe { alloc(Chunk::layout(len)) }.cast::<Chunk>();
        if chunk.is_null() {
            return chunk;
        }
        usage::taken(Chunk::layout(len).size());
        let header = Chunk {
            next: AtomicPtr::new(ptr::null_mut()),
            len,
            #[cfg(loom)]
            tracks: (0..len).map(|_| UnsafeCell::new(())).collect(),
        };
        // SAFETY: fresh memory of this layout.
        unsafe { chunk.write(header) };
        chunk
    }

    /// Frees a chunk (not what is in it).
    ///
    /// # Safety
    /// `chunk` is null or came from `Chunk::allocate`, and nobody uses it any more.
    pub unsafe fn free(chunk: *mut Chunk) {
        if !chunk.is_null() {
            // SAFETY: by the caller.
            unsafe {
                let layout = Chunk::layout((*chunk).len);
                chunk.drop_in_place();
                dealloc(chunk.cast(), layout);
                usage::given(layout.size());
            }
        }
    }

    const fn layout(len: usize) -> Layout {
        let size = size_of::<Chunk>() + len * size_of::<Word>();
        // SAFETY: the alignment is a power of two, and no chunk is longer than `LAST_CHUNK`.
        unsafe { Layout::from_size_align_unchecked(size, align_of::<Word>()) }
    }

    /// Its first word, and how many there are.
    ///
    /// # Safety
    /// `chunk` is an allocated chunk.
    pub unsafe fn words(chunk: *mut Chunk) -> (NonNull<Word>, usize) {
        // SAFETY: by the caller.
        unsafe { (Chunk::start(chunk), (*chunk).len) }
    }

    /// Its first word.
    ///
    /// # Safety
    /// `chunk` is an allocated chunk.
    pub unsafe fn start(chunk: *mut Chunk) -> NonNull<Word> {
        // SAFETY: by the caller; the words follow the header, whose size keeps them aligned.
        unsafe { NonNull::new_unchecked(chunk.add(1).cast::<Word>()) }
    }

    /// Tells models that so many words are read.
    ///
    /// # Safety
    /// `chunk` is an allocated chunk, with those words.
    #[inline(always)]
    #[cfg_attr(not(loom), expect(unused_variables, reason = "nobody is told"))]
    pub unsafe fn is_read(chunk: *mut Chunk, at: NonNull<Word>, words: usize) {
        #[cfg(loom)]
        // SAFETY: by the caller.
        unsafe { Chunk::tracks(chunk, at, words) }.iter().for_each(|track| track.with(|_| ()));
    }

    /// As [`Chunk::is_read`], for words that are written.
    ///
    /// # Safety
    /// As for [`Chunk::is_read`].
    #[inline(always)]
    #[cfg_attr(not(loom), expect(unused_variables, reason = "nobody is told"))]
    pub unsafe fn is_written(chunk: *mut Chunk, at: NonNull<Word>, words: usize) {
        #[cfg(loom)]
        // SAFETY: by the caller.
        unsafe { Chunk::tracks(chunk, at, words) }.iter().for_each(|track| track.with_mut(|_| ()));
    }

    /// What stands for so many words in models.
    ///
    /// # Safety
    /// As for [`Chunk::is_read`].
    #[cfg(loom)]
    unsafe fn tracks<'a>(
        chunk: *mut Chunk,
        at: NonNull<Word>,
        words: usize,
    ) -> &'a [UnsafeCell<()>] {
        // SAFETY: by the caller.
        unsafe {
            let from = at.offset_from_unsigned(Chunk::words(chunk).0);
            &(&(*chunk).tracks)[from..from + words]
        }
    }
}

const _: () = assert!(size_of::<Chunk>().is_multiple_of(align_of::<Word>()));

/// A place in a queue.
#[derive(Clone, Copy)]
pub struct Place {
    /// Null: where the first chunk will be, or is.
    pub chunk: *mut Chunk,
    pub at: NonNull<Word>,
    /// Messages before it.
    pub count: u64,
}

impl Place {
    pub const START: Place =
        Place { chunk: ptr::null_mut(), at: NonNull::from_ref(&END), count: 0 };

    /// The same place, whose fields were written one by one a moment ago: a processor that reads several
    /// of those at once waits until they have reached the cache, behind all that was written before.
    #[inline]
    pub fn just_written(&self) -> Place {
        // SAFETY: fields that a reference is at hand for. Volatile, so that each is a load of its own.
        unsafe {
            Place {
                chunk: (&raw const self.chunk).read_volatile(),
                at: (&raw const self.at).read_volatile(),
                count: (&raw const self.count).read_volatile(),
            }
        }
    }

    /// The record here, after moving on to the chunk where it is; `leave` gets the chunk that it was
    /// not in.
    ///
    /// # Safety
    /// A record was written here, or a word that says where the records go on, and one is there, and they
    /// are the caller's to read. So are all chunks from here on.
    #[inline]
    pub unsafe fn record<'a>(
        &mut self,
        queue: &Queue,
        leave: impl FnMut(*mut Chunk),
    ) -> Record<'a> {
        // SAFETY: by the caller, at each step; the place at the start has an end, too.
        unsafe {
            if !self.chunk.is_null() {
                Chunk::is_read(self.chunk, self.at, 1);
            }
            match Record::at(self.at) {
                Some(record) => record,
                None => self.record_elsewhere(queue, leave),
            }
        }
    }

    /// # Safety
    /// As for [`Place::record`], where the records go on elsewhere.
    #[cold]
    unsafe fn record_elsewhere<'a>(
        &mut self,
        queue: &Queue,
        mut leave: impl FnMut(*mut Chunk),
    ) -> Record<'a> {
        loop {
            // SAFETY: by the caller: at the chunk's start is a record, or there is a chunk beyond, which
            // begins with a record or is left again.
            unsafe {
                if !rewinds(self.at) {
                    let left = self.chunk;
                    self.chunk = match left.as_ref() {
                        Some(chunk) => chunk.next.load(Ordering::Acquire),
                        None => queue.first.load(Ordering::Acquire),
                    };
                    if !left.is_null() {
                        leave(left);
                    }
                }
                self.at = Chunk::start(self.chunk);
                Chunk::is_read(self.chunk, self.at, 1);
                if let Some(record) = Record::at(self.at) {
                    return record;
                }
            }
        }
    }

    /// Passes over a record.
    ///
    /// # Safety
    /// It is the one here.
    #[inline]
    pub unsafe fn pass(&mut self, record: Record<'_>) {
        // SAFETY: by the caller; there is at least one word behind it.
        self.at = unsafe { self.at.add(record.words()) };
        self.count += 1;
    }
}
