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

use crate::msg::usage;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use crate::sync::cell::UnsafeCell;
use crate::sync::{model_fence, prefetch};
use crate::sys::membarrier;

const FIRST_CHUNK: usize = 4;
const LAST_CHUNK: usize = if cfg!(loom) { 4 } else { 256 };

/// How many items before its turn one is looked at, so that its memory has time to come.
const AHEAD: usize = 4;

type Slot<T> = UnsafeCell<MaybeUninit<T>>;

struct Chunk<T> {
    next: AtomicPtr<Chunk<T>>,
    slots: Box<[Slot<T>]>,
}

impl<T> Chunk<T> {
    /// A chunk with room for `capacity` items, or null if there is no memory.
    fn allocate(capacity: usize) -> *mut Chunk<T> {
        let mut slots = Vec::new();
        if slots.try_reserve_exact(capacity).is_err() {
            return ptr::null_mut();
        }
        usage::taken(capacity * size_of::<Slot<T>>());
        slots.resize_with(capacity, || UnsafeCell::new(MaybeUninit::uninit()));
        Box::into_raw(Box::new(Chunk {
            next: AtomicPtr::new(ptr::null_mut()),
            slots: slots.into_boxed_slice(),
        }))
    }

    /// Its first slot, and how many there are.
    ///
    /// # Safety
    ///
    /// `chunk` must be an allocated chunk.
    unsafe fn slots(chunk: *const Chunk<T>) -> (*const Slot<T>, usize) {
        // SAFETY: by the caller; the slots themselves are behind the box and not borrowed.
        let slots = unsafe { &(*chunk).slots };
        (slots.as_ptr(), slots.len())
    }
}

/// Frees a chunk (not what is in it).
///
/// # Safety
/// `chunk` is null or came from `Chunk::allocate`, and nobody uses it any more.
unsafe fn free<T>(chunk: *mut Chunk<T>) {
    if !chunk.is_null() {
        // SAFETY: by the caller.
        let chunk = unsafe { Box::from_raw(chunk) };
        usage::given(size_of_val(&*chunk.slots));
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
    /// Where the next item goes, unless `room` is 0.
    slot: *const Slot<T>,
    /// Free slots in `chunk`, from `slot` on.
    room: usize,
    /// Items written, published or not.
    written: u64,
    /// Where the last publication ended, for taking back what came after.
    mark: Place<T>,
}

/// A place in the queue.
struct Place<T> {
    chunk: *mut Chunk<T>,
    /// Slots of `chunk` from it on.
    rest: usize,
    /// Items before it.
    count: u64,
}

impl<T> Place<T> {
    const START: Place<T> = Place { chunk: ptr::null_mut(), rest: 0, count: 0 };

    /// The slot at the place, unless `rest` is 0.
    ///
    /// # Safety
    /// `chunk` is null or allocated, and has `rest` slots at least.
    unsafe fn slot(&self) -> *const Slot<T> {
        if self.chunk.is_null() {
            return ptr::null();
        }
        // SAFETY: by the caller, the place is in the chunk or at its end.
        unsafe {
            let (first, len) = Chunk::slots(self.chunk);
            first.add(len - self.rest)
        }
    }
}

/// The end items are taken from.
pub struct Consumer<T> {
    shared: Arc<Shared<T>>,
    chunk: *mut Chunk<T>,
    /// The next item, unless `near` is 0.
    slot: *const Slot<T>,
    /// Items that are known to be ready in `chunk`, from `slot` on.
    near: usize,
    /// Behind the last slot of `chunk`.
    end: *const Slot<T>,
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
        slot: ptr::null(),
        room: 0,
        written: 0,
        mark: Place::START,
    };
    let consumer = Consumer {
        shared,
        chunk: ptr::null_mut(),
        slot: ptr::null(),
        near: 0,
        end: ptr::null(),
        read: 0,
        seen: 0,
    };
    (producer, consumer)
}

impl<T> Producer<T> {
    /// Appends the item that `take` gives, unpublished. `false`: there is no memory, and it was not
    /// asked to.
    #[inline]
    pub fn push(&mut self, take: impl FnOnce() -> T) -> bool {
        if !self.has_room() {
            return false;
        }
        // SAFETY: there is a slot, beyond `published`, so the consumer does not touch it.
        unsafe { (*self.slot).with_mut(|slot| (*slot).write(take())) };
        self.step();
        true
    }

    /// Makes an item where it is to stay, unpublished: `fill` makes it of an empty one. `false`: it did
    /// not want to, or there is no memory.
    #[inline]
    pub fn push_with(&mut self, fill: impl FnOnce(&mut T) -> bool) -> bool
    where
        T: Default,
    {
        if !self.has_room() {
            return false;
        }
        // SAFETY: as in `push`. An item that is not wanted is dropped, as the slot counts as free; one
        // that unwinding leaves there is leaked.
        let filled = unsafe {
            (*self.slot).with_mut(|slot| {
                let filled = fill((*slot).write(T::default()));
                if !filled {
                    (*slot).assume_init_drop();
                }
                filled
            })
        };
        if filled {
            self.step();
        }
        filled
    }

    /// Whether `slot` is one, after moving on to the next chunk if need be.
    #[inline]
    fn has_room(&mut self) -> bool {
        self.room > 0 || self.advance()
    }

    /// The slot has an item now.
    #[inline]
    fn step(&mut self) {
        // SAFETY: within the chunk's slots, or right behind them.
        self.slot = unsafe { self.slot.add(1) };
        self.room -= 1;
        self.written += 1;
        if self.room > 0 {
            // SAFETY: within the slot.
            prefetch::to_write(unsafe { self.slot.cast::<u8>().add(size_of::<T>() - 1) });
        }
    }

    /// Moves on to the next chunk, making one if there is none.
    #[cold]
    fn advance(&mut self) -> bool {
        let next = if self.chunk.is_null() {
            ptr::null_mut()
        } else {
            // SAFETY: the producer's current chunk stays allocated while the producer is in it (the
            // consumer frees a chunk only after it moved to the next). A chunk behind this one
            // exists after a take-back.
            unsafe { (*self.chunk).next.load(Ordering::Acquire) }
        };
        let next = if next.is_null() { self.link_new() } else { next };
        if next.is_null() {
            return false;
        }
        self.chunk = next;
        // SAFETY: allocated, and the producer's current chunk now.
        (self.slot, self.room) = unsafe { Chunk::slots(next) };
        true
    }

    /// Makes a chunk and links it behind the current one. Null if there is no memory.
    fn link_new(&mut self) -> *mut Chunk<T> {
        let mut next = self.shared.spare.swap(ptr::null_mut(), Ordering::AcqRel);
        if next.is_null() {
            let capacity = if self.chunk.is_null() {
                FIRST_CHUNK
            } else {
                // SAFETY: as in `advance`.
                (unsafe { Chunk::slots(self.chunk).1 } * 4).min(LAST_CHUNK)
            };
            next = Chunk::allocate(capacity);
            if next.is_null() {
                return next;
            }
        }
        if self.chunk.is_null() {
            self.shared.first.store(next, Ordering::Release);
        } else {
            // SAFETY: as in `advance`.
            unsafe { (*self.chunk).next.store(next, Ordering::Release) };
        }
        next
    }

    /// Whether something is written and not published.
    #[inline]
    pub fn has_unpublished(&self) -> bool {
        self.written != self.mark.count
    }

    /// Lets the consumer see everything written so far. The swap orders it before whatever the
    /// caller reads next (the consumer's "I sleep" flag).
    #[inline]
    pub fn publish(&mut self) {
        self.mark();
        self.shared.published.swap(self.written, Ordering::SeqCst);
        model_fence();
    }

    /// As [`Producer::publish`], but what the caller reads next is ordered only by a consumer that
    /// asks for [`membarrier::everywhere`]. It does not wait for the cache lines that were written.
    #[inline]
    pub fn publish_unfenced(&mut self) {
        self.mark();
        self.shared.published.store(self.written, Ordering::Release);
        membarrier::here();
    }

    #[inline]
    fn mark(&mut self) {
        self.mark = Place { chunk: self.chunk, rest: self.room, count: self.written };
    }

    /// Takes back what was written since the last publication, newest last, dropping it.
    pub fn take_back(&mut self) {
        let mut place = Place { ..self.mark };
        if place.chunk.is_null() {
            // The queue's first chunk, if there is one, is linked and stays so.
            place.chunk = self.shared.first.load(Ordering::Acquire);
            if place.chunk.is_null() {
                return;
            }
            // SAFETY: an allocated chunk, in which the producer still is or was.
            place.rest = unsafe { Chunk::slots(place.chunk).1 };
        }
        // SAFETY: the mark's place, in a chunk of the producer's.
        let start = unsafe { place.slot() };
        let (chunk, rest) = (place.chunk, place.rest);
        let mut slot = start;
        for _ in self.mark.count..self.written {
            // SAFETY: walks the slots that were initialised after the mark, in order. None of them
            // is published.
            unsafe {
                if place.rest == 0 {
                    place.chunk = (*place.chunk).next.load(Ordering::Acquire);
                    (slot, place.rest) = Chunk::slots(place.chunk);
                }
                (*slot).with_mut(|slot| (*slot).assume_init_drop());
                slot = slot.add(1);
            }
            place.rest -= 1;
        }
        (self.chunk, self.slot, self.room) = (chunk, start, rest);
        self.written = self.mark.count;
    }
}

impl<T> Consumer<T> {
    /// Looks at the producer's counter and returns how many items can be read.
    pub fn refresh(&mut self) -> u64 {
        self.seen = self.shared.published.load(Ordering::SeqCst);
        self.seen - self.read
    }

    /// How many items can be read now, as far as known without looking at the producer's line.
    pub fn ready(&self) -> u64 {
        self.seen - self.read
    }

    /// Whether an item is ready as far as known without looking at the producer's line. If so, it is
    /// at `slot`.
    #[inline]
    fn is_ready(&mut self) -> bool {
        self.near > 0 || self.locate()
    }

    /// Makes `slot` that of the next item, if one is ready, and counts those behind it.
    #[cold]
    fn locate(&mut self) -> bool {
        if self.seen == self.read {
            return false;
        }
        if self.chunk.is_null() {
            self.enter(self.shared.first.load(Ordering::Acquire));
        } else if self.slot == self.end {
            // SAFETY: the consumer's current chunk is freed by nobody else. The next one was linked
            // before the item in it was published.
            let next = unsafe { (*self.chunk).next.load(Ordering::Acquire) };
            let emptied = self.chunk;
            self.enter(next);
            self.recycle(emptied);
        }
        // SAFETY: both are in the chunk, or right behind it.
        let rest = unsafe { self.end.offset_from_unsigned(self.slot) };
        self.near = usize::try_from(self.seen - self.read).unwrap_or(usize::MAX).min(rest);
        true
    }

    /// Goes to the start of a chunk.
    fn enter(&mut self, chunk: *mut Chunk<T>) {
        self.chunk = chunk;
        // SAFETY: an allocated chunk, the consumer's current one from now on.
        unsafe {
            let (first, len) = Chunk::slots(chunk);
            self.slot = first;
            self.end = first.add(len);
        }
    }

    /// Keeps a full-size chunk for the producer, frees others.
    fn recycle(&self, chunk: *mut Chunk<T>) {
        let mut unwanted = chunk;
        // SAFETY: the producer left this chunk before it published the item that made the consumer
        // leave it, so it is the consumer's alone.
        unsafe {
            if Chunk::slots(chunk).1 == LAST_CHUNK {
                (*chunk).next.store(ptr::null_mut(), Ordering::Relaxed);
                unwanted = self.shared.spare.swap(chunk, Ordering::AcqRel);
            }
        }
        // SAFETY: either `chunk` itself, the consumer's alone, or an older spare, which belongs
        // to whoever swapped it out.
        unsafe { free(unwanted) };
    }

    /// The item at `slot` was taken.
    #[inline]
    fn step(&mut self) {
        // SAFETY: within the chunk's slots, or right behind them.
        self.slot = unsafe { self.slot.add(1) };
        self.near -= 1;
        self.read += 1;
        // Its last byte: its first ones are in a line with the item before. With another one ready
        // behind it, the producer is done with the line.
        if self.near > 1 {
            // SAFETY: within the slot.
            prefetch::to_read(unsafe { self.slot.cast::<u8>().add(size_of::<T>() - 1) });
        }
    }

    /// The next item, if one is ready as of the last [`Consumer::refresh`].
    #[inline]
    pub fn peek(&mut self) -> Option<&mut T> {
        if !self.is_ready() {
            return None;
        }
        // SAFETY: the slot is below `published`, initialised, and not yet read.
        Some(unsafe { (*self.slot).with_mut(|slot| (*slot).assume_init_mut()) })
    }

    /// Takes the next item, if one is ready.
    pub fn pop(&mut self) -> Option<T> {
        if !self.is_ready() {
            return None;
        }
        // SAFETY: as in `peek`; the position moves on, so that it is read once.
        let item = unsafe { (*self.slot).with_mut(|slot| (*slot).assume_init_read()) };
        self.step();
        Some(item)
    }

    /// Takes the next item, if one is ready, and puts it where it is wanted. For items whose default
    /// owns nothing.
    #[inline]
    pub fn pop_into(&mut self, out: &mut T) -> bool
    where
        T: Default,
    {
        if !self.is_ready() {
            return false;
        }
        // Written over below, without a drop.
        *out = T::default();
        // SAFETY: as in `peek`; the position moves on, so that it is read once.
        unsafe {
            (*self.slot).with_mut(|slot| ptr::copy_nonoverlapping((*slot).as_ptr(), out, 1));
        }
        self.step();
        true
    }

    /// Takes the items that are ready one after the other, as long as `take` says that it is done
    /// with them, and drops them. How many. `soon` is shown those that come a little later.
    #[inline]
    pub fn take_while(&mut self, soon: impl Fn(&T), mut take: impl FnMut(&mut T) -> bool) -> u64 {
        let before = self.read;
        while self.is_ready() {
            if self.near > AHEAD {
                // SAFETY: as in `peek`, for one of those that are ready in the chunk.
                unsafe { (*self.slot.add(AHEAD)).with_mut(|slot| soon((*slot).assume_init_ref())) };
            }
            // SAFETY: as in `peek`. Should `take` unwind, the item is still there to be read.
            let done = unsafe { (*self.slot).with_mut(|slot| take((*slot).assume_init_mut())) };
            if !done {
                break;
            }
            let slot = self.slot;
            self.step();
            // SAFETY: passed over, so that nobody reads it again.
            unsafe { (*slot).with_mut(|slot| (*slot).assume_init_drop()) };
        }
        self.read - before
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
        // both ends are gone. The pointers are into one chunk, or both null.
        self.shared.end.with_mut(|end| unsafe {
            *end = Place {
                chunk: self.chunk,
                rest: self.end.offset_from_unsigned(self.slot),
                count: self.read,
            };
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
            let mut place = self.end.with_mut(|end| Place { ..*end });
            if place.chunk.is_null() {
                place.chunk = self.first.load(Ordering::Acquire);
                if !place.chunk.is_null() {
                    place.rest = Chunk::slots(place.chunk).1;
                }
            }
            let (mut chunk, mut rest, mut slot) = (place.chunk, place.rest, place.slot());
            for _ in place.count..self.published.load(Ordering::Acquire) {
                if rest == 0 {
                    let next = (*chunk).next.load(Ordering::Acquire);
                    free(chunk);
                    chunk = next;
                    (slot, rest) = Chunk::slots(chunk);
                }
                (*slot).with_mut(|slot| (*slot).assume_init_drop());
                slot = slot.add(1);
                rest -= 1;
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
