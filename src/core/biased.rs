//! A lock that costs its habitual user next to nothing.
//!
//! A socket is used by one thread nearly always. The lock is *biased* to the thread that used it
//! last: that thread takes it with a plain store and a plain load, without an atomic
//! read-modify-write. Another thread that wants it takes the bias away first, with a memory barrier
//! on every thread of the process, which is dear; after it happened a few times the lock stays an
//! ordinary mutex.
//!
//! | field | written by | rule |
//! |---|---|---|
//! | `owner` | holders of `mutex` | whom the lock is biased to; `NOBODY`, or `EVERYBODY` for a mutex |
//! | `busy` | the owner; who becomes the owner, under `mutex` | the owner is using the value |
//! | `moves` | holders of `mutex` | how often the bias was taken away |
//! | `value` | the owner while `busy`, or the holder of `mutex` while `owner` is not biased | |
//!
//! The owner stores `busy`, then loads `owner`. Who takes the bias away stores `owner`, then asks for
//! the barrier, then loads `busy`. The barrier falls on the owner either after its store, which is
//! then seen, or before its load, which then sees that the bias is gone.
#![allow(unsafe_code)] // hands out the guarded value

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering, compiler_fence};

use parking_lot::RawMutex;
use parking_lot::lock_api::RawMutex as _;

use crate::sys::membarrier;

const NOBODY: usize = 0;
const EVERYBODY: usize = usize::MAX;

/// How often the bias moves before it is given up: from the thread that makes a socket to the one
/// that uses it, and a few times more.
const MOVES: u32 = 4;

/// A lock around `T`.
pub struct Biased<T> {
    owner: AtomicUsize,
    busy: AtomicBool,
    moves: AtomicU32,
    mutex: RawMutex,
    value: UnsafeCell<T>,
}

// SAFETY: the lock lets one thread at a time reach the value, with acquire and release between.
unsafe impl<T: Send> Sync for Biased<T> {}
// SAFETY: owning the lock is owning the value.
unsafe impl<T: Send> Send for Biased<T> {}

/// The right to use the value.
pub struct BiasedGuard<'a, T> {
    lock: &'a Biased<T>,
    /// By bias, not by mutex.
    biased: bool,
}

impl<T> Biased<T> {
    /// A free lock, biased to nobody yet.
    pub const fn new(value: T) -> Self {
        Biased {
            owner: AtomicUsize::new(NOBODY),
            busy: AtomicBool::new(false),
            moves: AtomicU32::new(0),
            mutex: RawMutex::INIT,
            value: UnsafeCell::new(value),
        }
    }

    /// Waits until nobody else uses the value.
    ///
    /// # Panics
    /// If the calling thread uses it already.
    #[inline]
    pub fn lock(&self) -> BiasedGuard<'_, T> {
        let me = membarrier::thread_number();
        if self.owner.load(Ordering::Relaxed) == me {
            assert!(!self.busy.load(Ordering::Relaxed), "used from within a use of it");
            self.busy.store(true, Ordering::Relaxed);
            compiler_fence(Ordering::SeqCst);
            if self.owner.load(Ordering::Relaxed) == me {
                return BiasedGuard { lock: self, biased: true };
            }
            self.busy.store(false, Ordering::Release);
        }
        self.lock_slowly(me)
    }

    #[cold]
    fn lock_slowly(&self, me: usize) -> BiasedGuard<'_, T> {
        self.mutex.lock();
        let owner = self.owner.load(Ordering::Relaxed);
        if owner == EVERYBODY || !membarrier::is_available() {
            return BiasedGuard { lock: self, biased: false };
        }
        if owner != NOBODY && owner != me {
            self.take_bias_away();
        }
        if self.moves.load(Ordering::Relaxed) > MOVES {
            return BiasedGuard { lock: self, biased: false };
        }
        self.busy.store(true, Ordering::Relaxed);
        self.owner.store(me, Ordering::Relaxed);
        // SAFETY: locked above by this thread. From here on `busy` keeps others out.
        unsafe { self.mutex.unlock() };
        BiasedGuard { lock: self, biased: true }
    }

    /// Makes the owner one who has to take the mutex, and waits until it is out. To be called with
    /// the mutex held.
    fn take_bias_away(&self) {
        self.moves.fetch_add(1, Ordering::Relaxed);
        self.owner.store(EVERYBODY, Ordering::Relaxed);
        membarrier::everywhere();
        while self.busy.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
    }
}

impl<T> Deref for BiasedGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard's thread alone has the lock.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for BiasedGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard's thread alone has the lock.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for BiasedGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if self.biased {
            self.lock.busy.store(false, Ordering::Release);
        } else {
            // SAFETY: this guard's thread locked it.
            unsafe { self.lock.mutex.unlock() };
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn one_thread_takes_it_again_and_again() {
        let lock = Biased::new(0);
        for _ in 0..1000 {
            *lock.lock() += 1;
        }
        assert_eq!(*lock.lock(), 1000);
    }

    #[test]
    fn threads_that_take_turns_exclude_each_other() {
        const ROUNDS: u32 = if cfg!(miri) { 50 } else { 100_000 };
        // Fresh locks, so that the moves of the bias are raced for, too.
        for _ in 0..if cfg!(miri) { 1 } else { 20 } {
            let lock = Biased::new((0u32, 0u32));
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for _ in 0..ROUNDS / 20 {
                            let mut value = lock.lock();
                            value.0 += 1;
                            assert_eq!(value.0, value.1 + 1);
                            value.1 += 1;
                        }
                    });
                }
            });
            assert_eq!(lock.lock().0, 4 * (ROUNDS / 20));
        }
    }

    #[test]
    fn the_bias_moves_and_comes_back() {
        let lock = Biased::new(0);
        for _ in 0..MOVES * 2 {
            *lock.lock() += 1;
            std::thread::scope(|scope| {
                scope.spawn(|| *lock.lock() += 1);
            });
        }
        assert_eq!(*lock.lock(), MOVES * 4);
    }
}
