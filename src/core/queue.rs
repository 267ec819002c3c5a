//! The queue below every pipe: one producer, one consumer, unbounded, in chunks.
//!
//! Messages lie in it as records, in as few words as they take ([`crate::msg::Record`]). They become
//! visible in batches: the producer writes any number of them and then publishes all with one store.
//! What is not published can be taken back. Chunks start small, so that an idle connection costs
//! little, and grow; the last emptied chunk is kept for reuse. A producer that hears that the consumer
//! keeps up begins its chunk again instead, which stays in the cache.
//!
//! | field | written by | read by | rule |
//! |---|---|---|---|
//! | `published` | producer | consumer | release/acquire; the records of so many messages are whole |
//! | words | producer, behind what is published, or before what is not yet `taken` | consumer, between those | never both: the counters separate them |
//! | `Chunk::next`, `Queue::first` | producer, before it publishes a message beyond | consumer | release/acquire |
//! | `spare` | both, by swap | both | whoever swaps it out owns it |
//! | `taken` | consumer, before it sleeps | producer, when it finds it sleeping | release/acquire |
//! | `end` | consumer, when it is dropped | the last to go | the reference count orders them |
//!
//! The records of a chunk end with a word that says so, or that they go on at its start, written before a
//! message beyond it.
#![allow(unsafe_code)] // words and chunks are shared by hand

mod chunk;

use std::ptr;

use chunk::{Chunk, Place};

use crate::msg::{Class, Msg, Record, Room, write_end, write_rewind};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use crate::sync::cell::UnsafeCell;
use crate::sync::{model_fence, prefetch};
use crate::sys::membarrier;

/// Words of a pipe's first chunk: room for what a handshake leaves, which is properties by reference and a
/// routing id.
const FIRST_CHUNK: usize = if cfg!(loom) { 2 * (Room::MOST + 2) } else { Room::MOST + 5 };
/// Words of a chunk at the most.
const LAST_CHUNK: usize = if cfg!(loom) { Room::MOST + 2 } else { 2046 };

/// How many messages before its turn one is looked at, so that its memory has time to come.
const AHEAD: u64 = 4;

/// How many bytes further on records will be written, or read, soon.
const SOON: usize = 128;

/// What both ends use: what the producer writes, what the consumer writes, and what else they want to share,
/// `C` beside the consumer's and `T` elsewhere.
#[repr(C)]
struct Shared<C, T> {
    queue: Line<Queue>,
    consumer: Line<ConsumerSide<C>>,
    common: T,
}

/// What is written by others than its neighbours.
#[repr(align(64))]
struct Line<T>(T);

struct Queue {
    /// How many messages may be read. Grows only.
    published: AtomicU64,
    first: AtomicPtr<Chunk>,
    spare: AtomicPtr<Chunk>,
    /// Where the consumer stopped for good.
    end: UnsafeCell<Place>,
}

struct ConsumerSide<C> {
    /// So many messages were taken, and nothing of them is read any more. Grows only.
    taken: AtomicU64,
    beside: C,
}

// SAFETY: messages cross threads by value; the raw pointers follow the table above.
unsafe impl Send for Queue {}
// SAFETY: as above; shared access is through atomics only.
unsafe impl Sync for Queue {}

/// The end messages are put into.
#[repr(C)]
pub struct Producer<C, T> {
    shared: Arc<Shared<C, T>>,
    /// Where the next record goes, if there is room, and how many were written, published or not.
    place: Place,
    /// Words of the chunk from there on that are free.
    room: usize,
    /// Words of the chunk, at hand without touching it.
    len: usize,
    /// Where the last publication ended, for taking back what came after.
    mark: Place,
    /// See [`Producer::copy_payloads`].
    copies: bool,
}

/// The end messages are taken from.
#[repr(C)]
pub struct Consumer<C, T> {
    shared: Arc<Shared<C, T>>,
    /// The next record.
    place: Place,
    /// What `published` was when last looked at.
    seen: u64,
}

// SAFETY: an end owns its position; the chunks it points to are reached by no other end except
// by the rules of the table above.
unsafe impl<C: Send + Sync, T: Send + Sync> Send for Producer<C, T> {}
// SAFETY: as for `Producer`.
unsafe impl<C: Send + Sync, T: Send + Sync> Send for Consumer<C, T> {}

/// A fresh queue, with what else its ends share: `beside` what the consumer writes, and `common`. Allocates
/// no chunk before the first message.
pub fn queue<C, T>(beside: C, common: T) -> (Producer<C, T>, Consumer<C, T>) {
    let shared = Arc::new(Shared {
        queue: Line(Queue {
            published: AtomicU64::new(0),
            first: AtomicPtr::new(ptr::null_mut()),
            spare: AtomicPtr::new(ptr::null_mut()),
            end: UnsafeCell::new(Place::START),
        }),
        consumer: Line(ConsumerSide { taken: AtomicU64::new(0), beside }),
        common,
    });
    let producer = Producer {
        shared: shared.clone(),
        place: Place::START,
        room: 0,
        len: 0,
        mark: Place::START,
        copies: false,
    };
    let consumer = Consumer { shared, place: Place::START, seen: 0 };
    (producer, consumer)
}

/// Bytes of what both ends share.
#[cfg(not(loom))]
pub const fn shared_size<C, T>() -> usize {
    size_of::<Shared<C, T>>()
}

impl<C, T> Shared<C, T> {
    #[inline(always)]
    fn queue(&self) -> &Queue {
        &self.queue.0
    }
}

impl<C, T> Producer<C, T> {
    /// What both ends share.
    #[inline(always)]
    pub fn common(&self) -> &T {
        &self.shared.common
    }

    /// What they share beside what the consumer writes.
    #[inline(always)]
    pub fn beside_consumer(&self) -> &C {
        &self.shared.consumer.0.beside
    }

    /// For a consumer that is content with the payload ([`Consumer::lend`], [`Consumer::take_while`]):
    /// short ones are copied into the queue.
    pub fn copy_payloads(&mut self) {
        self.copies = true;
    }

    /// Whether [`Producer::copy_payloads`] was called.
    pub fn copies_payloads(&self) -> bool {
        self.copies
    }

    /// Makes sure that the next message can be appended. `false`: there is no memory.
    pub fn has_room(&mut self) -> bool {
        self.room().is_some()
    }

    /// Appends a message, unpublished, leaving `msg` empty. `false`: there is no memory, and nothing
    /// happened.
    #[inline(always)]
    pub fn push(&mut self, msg: &mut Msg) -> bool {
        let Some(mut room) = self.room() else { return false };
        room.put(msg);
        let used = room.used();
        // SAFETY: so many were used.
        unsafe { self.pass(used) };
        true
    }

    /// Appends the message that `fill` puts into the room it is given, unpublished. `false`: it put none
    /// there, or there is no memory.
    #[inline]
    pub fn push_with(&mut self, fill: impl FnOnce(&mut Room<'_>)) -> bool {
        let Some(mut room) = self.room() else { return false };
        fill(&mut room);
        let used = room.used();
        if used > 0 {
            // SAFETY: so many were used.
            unsafe { self.pass(used) };
        }
        used > 0
    }

    /// Room for the next record. `None`: there is no memory.
    #[inline(always)]
    fn room<'a>(&mut self) -> Option<Room<'a>> {
        // A word more, for the chunk's end.
        if self.room <= Room::MOST && !self.advance() {
            return None;
        }
        // SAFETY: so many words are in the chunk, beyond what is published, so that the consumer does
        // not touch them.
        unsafe {
            Chunk::is_written(self.place.chunk, self.place.at, Room::MOST);
            Some(Room::new(self.place.at, self.copies))
        }
    }

    /// Passes over a record that was written.
    ///
    /// # Safety
    /// It has so many words, which there was room for.
    #[inline(always)]
    unsafe fn pass(&mut self, words: usize) {
        // SAFETY: by the caller.
        self.place.at = unsafe { self.place.at.add(words) };
        self.room -= words;
        self.place.count += 1;
        prefetch::to_write(self.place.at.as_ptr().wrapping_byte_add(SOON));
    }

    /// Moves on to the next chunk, making one if there is none.
    #[cold]
    fn advance(&mut self) -> bool {
        let chunk = self.place.chunk;
        let next = if chunk.is_null() {
            ptr::null_mut()
        } else {
            // SAFETY: the producer's current chunk stays allocated while the producer is in it (the
            // consumer frees a chunk only after it moved to the next). A chunk behind this one
            // exists after a take-back.
            unsafe { (*chunk).next.load(Ordering::Acquire) }
        };
        let next = if next.is_null() { self.link_new() } else { next };
        if next.is_null() {
            return false;
        }
        if !chunk.is_null() {
            // SAFETY: room for one word is left in every chunk, beyond what is published.
            unsafe {
                Chunk::is_written(chunk, self.place.at, 1);
                write_end(self.place.at);
            }
        }
        self.place.chunk = next;
        // SAFETY: allocated, and the producer's current chunk now.
        (self.place.at, self.len) = unsafe { Chunk::words(next) };
        self.room = self.len;
        true
    }

    /// Makes a chunk and links it behind the current one. Null if there is no memory.
    fn link_new(&mut self) -> *mut Chunk {
        let chunk = self.place.chunk;
        let mut next = self.shared.queue().spare.swap(ptr::null_mut(), Ordering::AcqRel);
        if next.is_null() {
            let len = if chunk.is_null() { FIRST_CHUNK } else { (self.len * 4).min(LAST_CHUNK) };
            next = Chunk::allocate(len);
            if next.is_null() {
                return next;
            }
        }
        if chunk.is_null() {
            self.shared.queue().first.store(next, Ordering::Release);
        } else {
            // SAFETY: as in `advance`.
            unsafe { (*chunk).next.store(next, Ordering::Release) };
        }
        next
    }

    /// Whether something is written and not published.
    #[inline]
    pub fn has_unpublished(&self) -> bool {
        self.place.count != self.mark.count
    }

    /// Lets the consumer see everything written so far, and says whether `asleep` finds it sleeping, who
    /// looks after that. The swap orders one before the other.
    #[inline(always)]
    pub fn publish(&mut self, asleep: impl FnOnce(&C) -> bool) -> bool {
        self.shared.queue().published.swap(self.place.count, Ordering::SeqCst);
        model_fence();
        self.published(asleep)
    }

    /// As [`Producer::publish`], but what `asleep` reads is ordered only by a consumer that asks for
    /// [`membarrier::everywhere`]. It does not wait for the cache lines that were written.
    #[inline(always)]
    pub fn publish_unfenced(&mut self, asleep: impl FnOnce(&C) -> bool) -> bool {
        self.shared.queue().published.store(self.place.count, Ordering::Release);
        membarrier::here();
        self.published(asleep)
    }

    #[inline(always)]
    fn published(&mut self, asleep: impl FnOnce(&C) -> bool) -> bool {
        let asleep = asleep(self.beside_consumer());
        if asleep {
            self.reuse();
        }
        self.mark = self.place.just_written();
        asleep
    }

    /// Begins the chunk again when half of it was used, if the consumer has taken all that was there before
    /// the last publication: nothing else of the chunk is in use then. So no more memory is touched than a
    /// few times what comes between two such moments takes.
    #[cold]
    fn reuse(&mut self) {
        let taken = self.shared.consumer.0.taken.load(Ordering::Acquire);
        let chunk = self.place.chunk;
        if taken < self.mark.count || self.mark.chunk != chunk || chunk.is_null() {
            return;
        }
        // SAFETY: both places are in this chunk, and what was put there from the mark on goes up to the
        // place, behind which there is room for one word. The consumer will read that, and nothing before
        // the mark any more.
        unsafe {
            let first = Chunk::start(chunk);
            let free = self.mark.at.offset_from_unsigned(first);
            if free > Room::MOST && 2 * free >= self.len {
                Chunk::is_written(chunk, self.place.at, 1);
                write_rewind(self.place.at);
                self.place.at = first;
                self.room = free;
            } else if free > 0 {
                self.room = self.len - self.place.at.offset_from_unsigned(first);
            }
            // Otherwise the consumer may still have to read the word that sends it here.
        }
    }

    /// Takes back what was written since the last publication, newest last, dropping it.
    pub fn take_back(&mut self) {
        let mut place = self.mark;
        // SAFETY: walks the records that were written after the mark, in order. None of them is
        // published.
        unsafe {
            while place.count < self.place.count {
                let record = place.record(self.shared.queue(), |_| ());
                Chunk::is_read(place.chunk, place.at, record.words());
                record.discard();
                place.pass(record);
            }
        }
        let left = std::mem::replace(&mut self.place, self.mark);
        if self.place.chunk.is_null() {
            // The queue's first chunk, if there is one, is linked and stays so.
            self.place.chunk = self.shared.queue().first.load(Ordering::Acquire);
            if !self.place.chunk.is_null() {
                // SAFETY: an allocated chunk, in which the producer still is or was.
                self.place.at = unsafe { Chunk::start(self.place.chunk) };
            }
        }
        if self.place.chunk.is_null() {
            return;
        }
        if self.place.chunk == left.chunk {
            // SAFETY: both places are in this chunk, one not before the other.
            self.room += unsafe { left.at.offset_from_unsigned(self.place.at) };
        } else {
            // The chunks beyond are used for what comes next.
            // SAFETY: as above.
            (self.room, self.len) = (0, unsafe { Chunk::words(self.place.chunk).1 });
        }
    }
}

impl<C, T> Consumer<C, T> {
    /// What both ends share.
    #[inline(always)]
    pub fn common(&self) -> &T {
        &self.shared.common
    }

    /// What they share beside what the consumer writes.
    #[inline(always)]
    pub fn beside(&self) -> &C {
        &self.shared.consumer.0.beside
    }

    /// Tells the producer how much was taken, before it may find the consumer sleeping.
    #[inline]
    pub fn settle(&self) {
        self.shared.consumer.0.taken.store(self.place.count, Ordering::Release);
    }

    /// Of the messages that are published and not taken, how many are wanted.
    pub fn count_waiting(&self, wanted: impl Fn(Record<'_>) -> bool) -> u64 {
        let queue = self.shared.queue();
        let (mut place, mut count) = (self.place, 0);
        // SAFETY: walks the records from the next one to the last that is published.
        unsafe {
            while place.count < queue.published.load(Ordering::Acquire) {
                let record = place.record(queue, |_| ());
                Chunk::is_read(place.chunk, place.at, record.words());
                count += u64::from(wanted(record));
                place.pass(record);
            }
        }
        count
    }

    /// Looks at the producer's counter and returns how many messages can be read.
    pub fn refresh(&mut self) -> u64 {
        self.seen = self.shared.queue().published.load(Ordering::SeqCst);
        self.ready()
    }

    /// How many messages can be read now, as far as known without looking at the producer's line.
    #[inline]
    pub fn ready(&self) -> u64 {
        self.seen - self.place.count
    }

    /// The next message, if one is ready as far as known without looking at the producer's line.
    #[inline]
    fn next(&mut self) -> Option<Record<'static>> {
        if self.ready() == 0 {
            return None;
        }
        // SAFETY: the next record is below `published`, and so is the end of its chunk if it comes
        // before the record. Of the chunks from here on the consumer alone frees any.
        unsafe {
            let record =
                self.place.record(self.shared.queue(), |chunk| self.shared.queue().recycle(chunk));
            Chunk::is_read(self.place.chunk, self.place.at, record.words());
            Some(record)
        }
    }

    /// What the next message is, if one is ready as of the last [`Consumer::refresh`].
    #[inline]
    pub fn peek(&mut self) -> Option<Class> {
        self.next().map(Record::class)
    }

    /// Takes the next message, if one is ready, and puts it where it is wanted. `false` also if its payload
    /// was copied into the queue and there is no memory for it.
    #[inline(always)]
    pub fn pop_into(&mut self, msg: &mut Msg) -> bool {
        // SAFETY: it is the next one.
        self.next().is_some_and(|record| unsafe { self.take(record, msg) })
    }

    /// # Safety
    /// `record` is the next one.
    #[inline(always)]
    unsafe fn take(&mut self, record: Record<'_>, msg: &mut Msg) -> bool {
        // SAFETY: by the caller; passed over, so that nobody takes it again.
        unsafe {
            if !record.take_into(msg) {
                return false;
            }
            self.pass(record);
        }
        true
    }

    /// Passes over a record that was taken.
    ///
    /// # Safety
    /// `record` is the next one.
    #[inline(always)]
    unsafe fn pass(&mut self, record: Record<'_>) {
        // SAFETY: by the caller.
        unsafe { self.place.pass(record) };
        if self.ready() > 0 {
            prefetch::to_read(self.place.at.as_ptr().wrapping_byte_add(SOON));
        }
    }

    /// As [`Consumer::pop_into`], for simple data only ([`Record::is_simple`]): whether more parts follow.
    /// `None`: it is something else, or there is none.
    #[inline(always)]
    pub fn pop_simple_into(&mut self, msg: &mut Msg) -> Option<bool> {
        let record = self.next().filter(|record| record.is_simple())?;
        // SAFETY: it is the next one, and passed over, so that nobody takes it again.
        unsafe {
            record.take_simply_into(msg);
            self.pass(record);
        }
        Some(record.more())
    }

    /// Shows the next message, if one is ready, and drops it if `take` makes something of it.
    #[inline]
    pub fn lend<R>(&mut self, take: impl FnOnce(Record<'_>) -> Option<R>) -> Option<R> {
        let record = self.next()?;
        let result = take(record)?;
        // SAFETY: passed over first, so that nobody takes it again.
        unsafe {
            self.place.pass(record);
            record.discard();
        }
        Some(result)
    }

    /// Takes messages of one part that are ready, one after the other, as long as `take` says that it is
    /// done with their payload, and drops them. How many.
    #[inline]
    pub fn take_while(&mut self, mut take: impl FnMut(&[u8]) -> bool) -> u64 {
        let before = self.place.count;
        // A message that comes a little later, or the next one.
        let mut ahead = self.place;
        while let Some(record) = self.next() {
            if !record.is_inline() {
                // SAFETY: the records up to `seen` are there to be read.
                unsafe { self.look_ahead(&mut ahead) };
            }
            // Should `take` unwind, the message is still there to be read.
            if !record.is_single() || !take(record.data()) {
                break;
            }
            // SAFETY: passed over first, so that nobody takes it again.
            unsafe {
                self.place.pass(record);
                record.discard();
            }
        }
        self.place.count - before
    }

    /// Asks for the payload of a message that comes a little later than the next one, where payloads are
    /// not in the queue itself.
    ///
    /// # Safety
    /// `ahead` is the place of a record that can be read, or was.
    #[inline]
    unsafe fn look_ahead(&self, ahead: &mut Place) {
        if ahead.count <= self.place.count {
            *ahead = self.place;
        }
        // Two steps at a time, until it is far enough ahead.
        for _ in 0..2 {
            if ahead.count + 1 >= self.seen || ahead.count >= self.place.count + AHEAD {
                return;
            }
            // SAFETY: by the caller; behind each record is another one, or the chunk's end.
            unsafe {
                let Some(passed) = Record::at(ahead.at) else { return };
                let at = ahead.at.add(passed.words());
                let Some(record) = Record::at(at) else { return };
                record.prefetch();
                *ahead = Place { at, count: ahead.count + 1, ..*ahead };
            }
        }
    }
}

impl Queue {
    /// Keeps a full-size chunk that the consumer has left for the producer, frees others.
    ///
    /// # Safety
    /// The producer left it, too, before it published the message that made the consumer leave it.
    unsafe fn recycle(&self, chunk: *mut Chunk) {
        let mut unwanted = chunk;
        // SAFETY: by the caller, the chunk is the consumer's alone.
        unsafe {
            if (*chunk).len == LAST_CHUNK {
                (*chunk).next.store(ptr::null_mut(), Ordering::Relaxed);
                unwanted = self.spare.swap(chunk, Ordering::AcqRel);
            }
        }
        // SAFETY: either `chunk` itself, the consumer's alone, or an older spare, which belongs
        // to whoever swapped it out.
        unsafe { Chunk::free(unwanted) };
    }
}

impl<C, T> Drop for Producer<C, T> {
    fn drop(&mut self) {
        self.take_back();
    }
}

impl<C, T> Drop for Consumer<C, T> {
    fn drop(&mut self) {
        // SAFETY: only the consumer writes this cell, once, here; `Queue::drop` reads it after
        // both ends are gone.
        self.shared.queue().end.with_mut(|end| unsafe { *end = self.place });
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // Both ends are gone. What was published and not read goes here, so that it does not
        // matter which end goes first.
        // SAFETY: nobody else is left; every chunk from the consumer's on is linked once, and the
        // records of the messages up to `published` are there.
        unsafe {
            let mut place = self.end.with_mut(|end| *end);
            while place.count < self.published.load(Ordering::Acquire) {
                let record = place.record(self, |chunk| Chunk::free(chunk));
                Chunk::is_read(place.chunk, place.at, record.words());
                record.discard();
                place.pass(record);
            }
            let mut chunk = place.chunk;
            if chunk.is_null() {
                chunk = self.first.load(Ordering::Acquire);
            }
            while !chunk.is_null() {
                let next = (*chunk).next.load(Ordering::Acquire);
                Chunk::free(chunk);
                chunk = next;
            }
            Chunk::free(self.spare.load(Ordering::Acquire));
        }
    }
}

#[cfg(test)]
mod tests;
