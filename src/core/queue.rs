//! The queue below every pipe: one producer, one consumer, unbounded, in chunks.
//!
//! Items become visible in batches: the producer writes any number of them and then publishes
//! all with one store. What is not published can be taken back. Chunks start small, so that an
//! idle connection costs little, and grow; the last emptied chunk is kept for reuse.
//!
//! | field | written by | read by | rule |
//! |---|---|---|---|
//! | `published` | producer | consumer | release/acquire; everything below it is initialised |
//! | slots | producer below `written`, consumer below `published` | | never both: the counter separates them |
//! | `Chunk::next`, `Shared::first` | producer, before it publishes an item beyond | consumer | release/acquire |
//! | `spare` | both, by swap | both | whoever swaps it out owns it |
//! | `end` | consumer, when it is dropped | the last to go | the reference count orders them |
#![allow(unsafe_code)] // slots and chunks are shared by hand

use std::mem::MaybeUninit;
use std::ptr;

use crate::sync::Arc;
use crate::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use crate::sync::cell::UnsafeCell;
use crate::sync::model_fence;

const FIRST_CHUNK: usize = 4;
const LAST_CHUNK: usize = if cfg!(loom) { 4 } else { 256 };

struct Chunk<T> {
    next: AtomicPtr<Chunk<T>>,
    slots: Box<[UnsafeCell<MaybeUninit<T>>]>,
}

impl<T> Chunk<T> {
    /// A chunk with room for `capacity` items, or null if there is no memory.
    fn allocate(capacity: usize) -> *mut Chunk<T> {
        let mut slots = Vec::new();
        if slots.try_reserve_exact(capacity).is_err() {
            return ptr::null_mut();
        }
        slots.resize_with(capacity, || UnsafeCell::new(MaybeUninit::uninit()));
        Box::into_raw(Box::new(Chunk {
            next: AtomicPtr::new(ptr::null_mut()),
            slots: slots.into_boxed_slice(),
        }))
    }

    /// How many items it has room for.
    ///
    /// # Safety
    ///
    /// `chunk` must be an allocated chunk.
    #[inline]
    unsafe fn len(chunk: *const Chunk<T>) -> usize {
        // SAFETY: by the caller; the slots themselves are behind the box and not borrowed.
        let slots = unsafe { &(*chunk).slots };
        slots.len()
    }
}

/// Frees a chunk (not what is in it).
///
/// # Safety
/// `chunk` is null or came from `Chunk::allocate`, and nobody uses it any more.
unsafe fn free<T>(chunk: *mut Chunk<T>) {
    if !chunk.is_null() {
        // SAFETY: by the caller.
        drop(unsafe { Box::from_raw(chunk) });
    }
}

struct Shared<T> {
    /// How many items may be read. Grows only.
    published: AtomicU64,
    first: AtomicPtr<Chunk<T>>,
    spare: AtomicPtr<Chunk<T>>,
    /// Where the consumer stopped for good.
    end: UnsafeCell<Place<T>>,
}

// SAFETY: the items cross threads by value; the raw pointers follow the table above.
unsafe impl<T: Send> Send for Shared<T> {}
// SAFETY: as above; shared access is through atomics only.
unsafe impl<T: Send> Sync for Shared<T> {}

/// The end items are put into.
pub struct Producer<T> {
    shared: Arc<Shared<T>>,
    chunk: *mut Chunk<T>,
    /// Position in `chunk` of the next item.
    index: usize,
    /// Items written, published or not.
    written: u64,
    /// Where the last publication ended, for taking back what came after.
    mark: Place<T>,
}

/// A place in the queue.
struct Place<T> {
    chunk: *mut Chunk<T>,
    index: usize,
    /// Items before it.
    count: u64,
}

impl<T> Place<T> {
    const START: Place<T> = Place { chunk: ptr::null_mut(), index: 0, count: 0 };
}

/// The end items are taken from.
pub struct Consumer<T> {
    shared: Arc<Shared<T>>,
    chunk: *mut Chunk<T>,
    index: usize,
    read: u64,
    /// What `published` was when last looked at.
    seen: u64,
}

// SAFETY: an end owns its position; the chunks it points to are reached by no other end except
// by the rules of the table above.
unsafe impl<T: Send> Send for Producer<T> {}
// SAFETY: as for `Producer`.
unsafe impl<T: Send> Send for Consumer<T> {}

/// A fresh queue. Allocates no chunk before the first item.
pub fn queue<T>() -> (Producer<T>, Consumer<T>) {
    let shared = Arc::new(Shared {
        published: AtomicU64::new(0),
        first: AtomicPtr::new(ptr::null_mut()),
        spare: AtomicPtr::new(ptr::null_mut()),
        end: UnsafeCell::new(Place::START),
    });
    let producer = Producer {
        shared: shared.clone(),
        chunk: ptr::null_mut(),
        index: 0,
        written: 0,
        mark: Place::START,
    };
    let consumer = Consumer { shared, chunk: ptr::null_mut(), index: 0, read: 0, seen: 0 };
    (producer, consumer)
}

impl<T> Producer<T> {
    /// Appends an item, unpublished. Gives it back if there is no memory.
    pub fn push(&mut self, item: T) -> Result<(), T> {
        // SAFETY: `chunk` is null or the producer's current chunk, which stays allocated while
        // the producer is in it (the consumer frees a chunk only after it moved to the next).
        let full = self.chunk.is_null() || unsafe { Chunk::len(self.chunk) } == self.index;
        if full && !self.advance() {
            return Err(item);
        }
        // SAFETY: `advance` left `chunk` valid and `index` below its length; the slot is beyond
        // `published`, so the consumer does not touch it.
        unsafe {
            (&(*self.chunk).slots)[self.index].with_mut(|slot| (*slot).write(item));
        }
        self.index += 1;
        self.written += 1;
        Ok(())
    }

    /// Moves on to the next chunk, making one if there is none.
    #[cold]
    fn advance(&mut self) -> bool {
        let next = if self.chunk.is_null() {
            ptr::null_mut()
        } else {
            // SAFETY: as in `push`. A chunk behind this one exists after a take-back.
            unsafe { (*self.chunk).next.load(Ordering::Acquire) }
        };
        let next = if next.is_null() { self.link_new() } else { next };
        if next.is_null() {
            return false;
        }
        self.chunk = next;
        self.index = 0;
        true
    }

    /// Makes a chunk and links it behind the current one. Null if there is no memory.
    fn link_new(&mut self) -> *mut Chunk<T> {
        let mut next = self.shared.spare.swap(ptr::null_mut(), Ordering::AcqRel);
        if next.is_null() {
            let capacity = if self.chunk.is_null() {
                FIRST_CHUNK
            } else {
                // SAFETY: as in `push`.
                (unsafe { Chunk::len(self.chunk) } * 4).min(LAST_CHUNK)
            };
            next = Chunk::allocate(capacity);
            if next.is_null() {
                return next;
            }
        }
        if self.chunk.is_null() {
            self.shared.first.store(next, Ordering::Release);
        } else {
            // SAFETY: as in `push`.
            unsafe { (*self.chunk).next.store(next, Ordering::Release) };
        }
        next
    }

    /// Whether something is written and not published.
    pub fn has_unpublished(&self) -> bool {
        self.written != self.mark.count
    }

    /// Lets the consumer see everything written so far. The swap orders it before whatever the
    /// caller reads next (the consumer's "I sleep" flag).
    pub fn publish(&mut self) {
        self.mark = Place { chunk: self.chunk, index: self.index, count: self.written };
        self.shared.published.swap(self.written, Ordering::SeqCst);
        model_fence();
    }

    /// Takes back what was written since the last publication, newest last, dropping it.
    pub fn take_back(&mut self) {
        let (mut chunk, mut index) = (self.mark.chunk, self.mark.index);
        for _ in self.mark.count..self.written {
            // SAFETY: walks the slots that `push` initialised after the mark, in order; a null
            // mark means the queue's first chunk. None of them is published.
            unsafe {
                if chunk.is_null() {
                    chunk = self.shared.first.load(Ordering::Acquire);
                } else if Chunk::len(chunk) == index {
                    chunk = (*chunk).next.load(Ordering::Acquire);
                    index = 0;
                }
                (&(*chunk).slots)[index].with_mut(|slot| (*slot).assume_init_drop());
            }
            index += 1;
        }
        if self.mark.chunk.is_null() {
            // The first chunk is linked and stays so: go on at its start.
            self.chunk = self.shared.first.load(Ordering::Acquire);
            self.index = 0;
        } else {
            self.chunk = self.mark.chunk;
            self.index = self.mark.index;
        }
        self.written = self.mark.count;
    }
}

impl<T> Consumer<T> {
    /// How many items can be read now, as far as known without looking at the producer's line.
    pub fn ready(&self) -> u64 {
        self.seen - self.read
    }

    /// Looks at the producer's counter and returns how many items can be read.
    pub fn refresh(&mut self) -> u64 {
        self.seen = self.shared.published.load(Ordering::SeqCst);
        self.seen - self.read
    }

    /// Makes `chunk` and `index` those of the next item; there must be one.
    fn locate(&mut self) {
        if self.chunk.is_null() {
            self.chunk = self.shared.first.load(Ordering::Acquire);
            self.index = 0;
            return;
        }
        // SAFETY: the consumer's current chunk is freed by nobody else. The next one was linked
        // before the item in it was published.
        let (len, next) =
            unsafe { (Chunk::len(self.chunk), (*self.chunk).next.load(Ordering::Acquire)) };
        if self.index == len {
            let emptied = std::mem::replace(&mut self.chunk, next);
            self.index = 0;
            self.recycle(emptied, len);
        }
    }

    /// Keeps a full-size chunk for the producer, frees others.
    #[cold]
    fn recycle(&self, chunk: *mut Chunk<T>, len: usize) {
        let mut unwanted = chunk;
        if len == LAST_CHUNK {
            // SAFETY: the producer left this chunk before it published the item that made the
            // consumer leave it, so it is the consumer's alone.
            unsafe { (*chunk).next.store(ptr::null_mut(), Ordering::Relaxed) };
            unwanted = self.shared.spare.swap(chunk, Ordering::AcqRel);
        }
        // SAFETY: either `chunk` itself, the consumer's alone, or an older spare, which belongs
        // to whoever swapped it out.
        unsafe { free(unwanted) };
    }

    /// The next item, if one is ready (see [`Consumer::ready`]).
    pub fn peek(&mut self) -> Option<&mut T> {
        if self.ready() == 0 {
            return None;
        }
        self.locate();
        // SAFETY: the slot is below `published`, initialised, and not yet read.
        Some(unsafe {
            (&(*self.chunk).slots)[self.index].with_mut(|slot| (*slot).assume_init_mut())
        })
    }

    /// Takes the next item, if one is ready.
    pub fn pop(&mut self) -> Option<T> {
        if self.ready() == 0 {
            return None;
        }
        self.locate();
        // SAFETY: as in `peek`; the position moves on, so that it is read once.
        let item = unsafe {
            (&(*self.chunk).slots)[self.index].with_mut(|slot| (*slot).assume_init_read())
        };
        self.index += 1;
        self.read += 1;
        Some(item)
    }
}

impl<T> Drop for Producer<T> {
    fn drop(&mut self) {
        self.take_back();
    }
}

impl<T> Drop for Consumer<T> {
    fn drop(&mut self) {
        // SAFETY: only the consumer writes this cell, once, here; `Shared::drop` reads it after
        // both ends are gone.
        self.shared.end.with_mut(|end| unsafe {
            *end = Place { chunk: self.chunk, index: self.index, count: self.read };
        });
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        // Both ends are gone. What was published and not read goes here, so that it does not
        // matter which end goes first.
        // SAFETY: nobody else is left; every chunk from the consumer's on is linked once, and
        // the slots from `count` up to `published` are initialised.
        unsafe {
            let end = self.end.with_mut(|end| Place { ..*end });
            let (mut chunk, mut index) = (end.chunk, end.index);
            if chunk.is_null() {
                chunk = self.first.load(Ordering::Acquire);
            }
            for _ in end.count..self.published.load(Ordering::Acquire) {
                if index == Chunk::len(chunk) {
                    let next = (*chunk).next.load(Ordering::Acquire);
                    free(chunk);
                    (chunk, index) = (next, 0);
                }
                (&(*chunk).slots)[index].with_mut(|slot| (*slot).assume_init_drop());
                index += 1;
            }
            while !chunk.is_null() {
                let next = (*chunk).next.load(Ordering::Acquire);
                free(chunk);
                chunk = next;
            }
            free(self.spare.load(Ordering::Acquire));
        }
    }
}

#[cfg(test)]
mod tests;
