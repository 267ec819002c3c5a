//! Handles: the pointers that the application holds.
//!
//! They point into storage that is never given back, so that any pointer can be judged: one that
//! is not into the storage is foreign, one into it whose tag is not the live one is stale. A
//! place is reused as late as possible, because a stale handle to a reused place looks alive.
//!
//! A forked child inherits its parent's objects in whatever state, locked perhaps by threads that it
//! does not have. It may not use them, only forget them.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use crate::core::biased::{Biased, BiasedGuard};
use crate::error::{Errno, Result};
use crate::msg::Later;
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sys::gate::Gated;
use crate::sys::{fork, membarrier};

/// Places per chunk.
const CHUNK: usize = 1024;

/// Chunks at most.
const CHUNKS: usize = 1024;

/// A closed place is reused after this many others were closed.
const QUARANTINE: usize = 4096;

/// A place for one object. Some bindings read the first word of what a handle points to, so the
/// tag stands there.
#[repr(C, align(64))]
pub struct Handle<T: 'static> {
    tag: AtomicU32,
    /// Grows each time the place is emptied.
    generation: AtomicU32,
    /// Which process the object is of, by the forks that lie before it.
    process: AtomicU32,
    value: Biased<Option<Box<T>>>,
}

/// The right to use a handle's object. Free functions of messages wait until it is given up.
pub struct Guard<T: 'static> {
    value: BiasedGuard<'static, Option<Box<T>>>,
    /// Closed after the lock: fields are dropped in this order.
    _later: Later,
}

impl<T> Guard<T> {
    /// Gives the right up, as dropping it does, which is compiled for many places at once.
    #[inline(always)]
    pub fn give_up(self) {
        let Guard { value, _later } = self;
        drop(value);
        drop(_later);
    }
}

impl<T> Deref for Guard<T> {
    type Target = Option<Box<T>>;

    #[inline]
    fn deref(&self) -> &Option<Box<T>> {
        &self.value
    }
}

impl<T> DerefMut for Guard<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Option<Box<T>> {
        &mut self.value
    }
}

/// All handles of one kind.
pub struct Arena<T: 'static> {
    live: u32,
    dead: u32,
    /// Made one after the other.
    chunks: [OnceLock<&'static [Handle<T>]>; CHUNKS],
    free: Gated<Free>,
}

struct Free {
    /// Places never used yet, from here on.
    fresh: usize,
    closed: VecDeque<usize>,
}

/// The place of a chunk that begins at `address`, if there is one.
#[inline]
fn place_at<T>(chunk: &'static [Handle<T>], address: usize) -> Option<(usize, &'static Handle<T>)> {
    let (offset, size) = (address.wrapping_sub(chunk.as_ptr().addr()), size_of::<Handle<T>>());
    let index = offset / size;
    let handle = chunk.get(index)?;
    offset.is_multiple_of(size).then_some((index, handle))
}

impl<T> Arena<T> {
    /// An arena whose live handles begin with the word `live`, and its dead ones with `dead`.
    pub const fn new(live: u32, dead: u32) -> Self {
        Arena {
            live,
            dead,
            chunks: [const { OnceLock::new() }; CHUNKS],
            free: Gated::new(Free { fresh: 0, closed: VecDeque::new() }),
        }
    }

    fn chunks(&'static self) -> impl Iterator<Item = &'static [Handle<T>]> {
        self.chunks.iter().map_while(OnceLock::get).copied()
    }

    /// Puts an object into a place. `None`: there are none left.
    pub fn insert(&'static self, value: Box<T>) -> Option<&'static Handle<T>> {
        let index = self.free_place()?;
        let handle = self.chunks.get(index / CHUNK)?.get()?.get(index % CHUNK)?;
        handle.process.store(fork::generation(), Ordering::Relaxed);
        *handle.value.lock() = Some(value);
        handle.tag.store(self.live, Ordering::Release);
        Some(handle)
    }

    fn free_place(&'static self) -> Option<usize> {
        let mut free = self.free.lock();
        if free.closed.len() > QUARANTINE || free.fresh == CHUNK * CHUNKS {
            return free.closed.pop_front();
        }
        let index = free.fresh;
        self.chunks.get(index / CHUNK)?.get_or_init(|| {
            let places = (0..CHUNK).map(|_| Handle {
                tag: AtomicU32::new(self.dead),
                generation: AtomicU32::new(0),
                process: AtomicU32::new(0),
                value: Biased::new(None),
            });
            places.collect::<Vec<_>>().leak()
        });
        free.fresh += 1;
        Some(index)
    }

    /// The live handle that `pointer` is, if it is one.
    #[inline]
    pub fn find(&'static self, pointer: *const c_void) -> Option<&'static Handle<T>> {
        let address = pointer.addr();
        // Most processes have one.
        let first = self.chunks.first()?.get()?;
        let (_, handle) = match place_at(first, address) {
            Some(place) => place,
            None => self.chunks().find_map(|chunk| place_at(chunk, address))?,
        };
        (handle.tag.load(Ordering::Acquire) == self.live).then_some(handle)
    }

    /// Which place the handle is.
    fn index_of(&'static self, handle: &'static Handle<T>) -> Option<usize> {
        let address = std::ptr::from_ref(handle).addr();
        let place = |(number, chunk): (usize, &'static [Handle<T>])| {
            Some(number * CHUNK + place_at(chunk, address)?.0)
        };
        self.chunks().enumerate().find_map(place)
    }

    /// Takes the object out of its place, which is dead from then on. `None`: somebody else did. Not
    /// for an inherited one.
    pub fn remove(&'static self, handle: &'static Handle<T>) -> Option<Box<T>> {
        let value = {
            let mut value = handle.value.lock();
            handle.tag.store(self.dead, Ordering::Release);
            handle.generation.fetch_add(1, Ordering::AcqRel);
            value.take()
        }?;
        if let Some(index) = self.index_of(handle) {
            self.free.lock().closed.push_back(index);
        }
        Some(value)
    }

    /// Makes the place of an inherited object dead, for good: the object stays in it. False: it is
    /// already.
    pub fn forget(&'static self, handle: &'static Handle<T>) -> bool {
        let forgotten =
            handle.tag.compare_exchange(self.live, self.dead, Ordering::AcqRel, Ordering::Relaxed);
        forgotten.is_ok()
    }

    /// Waits until everybody who uses an object at this moment is done with it. The caller must not
    /// be one of them.
    pub fn wait_for_users(&'static self) {
        if membarrier::is_available() {
            membarrier::everywhere();
        }
        for handle in self.chunks().flatten() {
            if !handle.is_inherited() {
                handle.value.wait_for_user();
            }
        }
    }
}

impl<T> Handle<T> {
    /// The pointer for the application.
    pub fn pointer(&'static self) -> *mut c_void {
        std::ptr::from_ref(self).cast_mut().cast()
    }

    /// Waits until nobody else uses the object. Errors: `ETERM` in a forked child, where it is of
    /// no use any more.
    #[inline]
    pub fn lock(&'static self) -> Result<Guard<T>> {
        if self.is_inherited() {
            return Err(Errno::ETERM);
        }
        // In this order, see `Later`.
        let value = self.value.lock();
        Ok(Guard { value, _later: Later::if_needed() })
    }

    /// Whether the object was made by a process that this one is a forked child of.
    #[inline]
    pub fn is_inherited(&self) -> bool {
        self.process.load(Ordering::Relaxed) != fork::generation()
    }

    /// A number that changes when the place is emptied.
    pub fn generation(&self) -> u32 {
        self.generation.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_and_stale_pointers_are_told_apart_from_live_ones() {
        static ARENA: Arena<u32> = Arena::new(0xbadd_ecaf, 0xdead_beef);
        assert!(ARENA.find(std::ptr::null()).is_none());
        let handle = ARENA.insert(Box::new(5)).expect("room");
        let pointer = handle.pointer();
        assert!(
            ARENA
                .find(pointer)
                .is_some_and(|found| found.lock().is_ok_and(|value| value.as_deref() == Some(&5)))
        );
        assert!(ARENA.find(pointer.wrapping_byte_add(8)).is_none());
        let local = 0xbadd_ecafu32;
        assert!(ARENA.find((&raw const local).cast()).is_none());
        assert_eq!(ARENA.remove(handle).as_deref(), Some(&5));
        assert!(ARENA.find(pointer).is_none());
        assert!(ARENA.remove(handle).is_none());
        let next = ARENA.insert(Box::new(6)).expect("room");
        assert_ne!(next.pointer(), pointer);
        ARENA.remove(next);
    }

    #[test]
    fn users_are_waited_for() {
        static ARENA: Arena<u32> = Arena::new(0xbadd_ecaf, 0xdead_beef);
        static DONE: AtomicU32 = AtomicU32::new(0);
        let handle = ARENA.insert(Box::new(5)).expect("room");
        let (locked, is_locked) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let _guard = handle.lock().expect("ours");
                locked.send(()).expect("listened to");
                std::thread::sleep(std::time::Duration::from_millis(20));
                DONE.store(1, Ordering::Relaxed);
            });
            is_locked.recv().expect("sent");
            ARENA.wait_for_users();
            assert_eq!(DONE.load(Ordering::Relaxed), 1);
        });
    }
}
