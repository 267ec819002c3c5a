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
//! | `owner` | who shut `gate` | whom the lock is biased to, and in which term; `NOBODY`, or `EVERYBODY` for a mutex |
//! | `gate` | | the mutex |
//! | `terms` | who shut `gate` | how many terms have begun |
//! | `busy[term]` | the owner of that term | the owner is using the value |
//! | `value` | the owner while it is busy, or who shut `gate` while `owner` is not biased | |
//!
//! The owner stores `busy`, then loads `owner`. Who takes the bias away stores `owner`, then asks for
//! the barrier, then loads `busy`. The barrier falls on the owner either after its store, which is
//! then seen, or before its load, which then sees that the bias is gone.
//!
//! An owner that finds the bias gone takes its `busy` back, at whatever time it comes to that: by
//! then somebody else may be the owner. That is why each term has a flag of its own.
#![allow(unsafe_code)] // hands out the guarded value

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};

use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::sys::gate::Gate;
use crate::sys::membarrier;

/// How many terms the lock is biased for before that is given up: the term of the thread that makes
/// a socket, that of the one that uses it, and a few more.
const TERMS: usize = if cfg!(loom) { 3 } else { 8 };

/// The bits of `owner` that say which term it is; they are clear in thread numbers.
const TERM: usize = 7;

const NOBODY: usize = 0;
const EVERYBODY: usize = usize::MAX;

/// A lock around `T`.
pub struct Biased<T> {
    owner: AtomicUsize,
    busy: [AtomicBool; TERMS],
    terms: AtomicUsize,
    gate: Gate,
    value: UnsafeCell<T>,
}

// SAFETY: the lock lets one thread at a time reach the value, with acquire and release between.
unsafe impl<T: Send> Sync for Biased<T> {}
// SAFETY: owning the lock is owning the value.
unsafe impl<T: Send> Send for Biased<T> {}

/// The right to use the value.
pub struct BiasedGuard<'a, T> {
    lock: &'a Biased<T>,
    /// The owner's flag; `None`: held by the gate.
    busy: Option<&'a AtomicBool>,
}

impl<T> Biased<T> {
    /// A free lock, biased to nobody yet.
    pub fn new(value: T) -> Self {
        Biased {
            owner: AtomicUsize::new(NOBODY),
            busy: std::array::from_fn(|_| AtomicBool::new(false)),
            terms: AtomicUsize::new(0),
            gate: Gate::new(),
            value: UnsafeCell::new(value),
        }
    }

    /// Waits until nobody else uses the value.
    ///
    /// # Panics
    /// If the calling thread uses it already.
    #[inline]
    pub fn lock(&self) -> BiasedGuard<'_, T> {
        self.lock_as(membarrier::thread_number())
    }

    /// As [`Biased::lock`], for the thread with the number `me`.
    #[inline]
    fn lock_as(&self, me: usize) -> BiasedGuard<'_, T> {
        let owner = self.owner.load(Ordering::Relaxed);
        if let Some(busy) = self.busy.get(owner ^ me) {
            assert!(!busy.load(Ordering::Relaxed), "used from within a use of it");
            busy.store(true, Ordering::Relaxed);
            membarrier::here();
            if self.owner.load(Ordering::Relaxed) == owner {
                return BiasedGuard { lock: self, busy: Some(busy) };
            }
            busy.store(false, Ordering::Release);
        }
        self.lock_slowly(me)
    }

    #[cold]
    fn lock_slowly(&self, me: usize) -> BiasedGuard<'_, T> {
        self.gate.shut();
        self.take_bias_away();
        let term = self.terms.load(Ordering::Relaxed);
        let next = if membarrier::is_available() { self.busy.get(term) } else { None };
        if let Some(busy) = next {
            busy.store(true, Ordering::Relaxed);
            self.owner.store(me | term, Ordering::Relaxed);
            self.terms.store(term + 1, Ordering::Relaxed);
            // From here on `busy` keeps others out.
            self.gate.open();
        }
        BiasedGuard { lock: self, busy: next }
    }

    /// Lets others in: the lock was held by the gate.
    #[cold]
    fn open(&self) {
        self.gate.open();
    }

    /// Ends the owner's term, if there is one, and waits until it is out. To be called with the
    /// gate shut.
    fn take_bias_away(&self) {
        let owner = self.owner.load(Ordering::Relaxed);
        if owner == NOBODY || owner == EVERYBODY {
            return;
        }
        self.owner.store(EVERYBODY, Ordering::Relaxed);
        membarrier::everywhere();
        self.wait_while_busy(owner);
    }

    fn wait_while_busy(&self, owner: usize) {
        let Some(busy) = self.busy.get(owner & TERM) else { return };
        while busy.load(Ordering::Acquire) {
            crate::sync::yield_now();
        }
    }
}

impl<T> Biased<T> {
    /// Waits until whoever uses the value at this moment is done. To be called after
    /// [`membarrier::everywhere`], and not by the thread that uses it.
    pub fn wait_for_user(&self) {
        self.gate.shut();
        let owner = self.owner.load(Ordering::Relaxed);
        if owner != NOBODY && owner != EVERYBODY {
            self.wait_while_busy(owner);
        }
        self.gate.open();
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
    #[inline(always)]
    fn drop(&mut self) {
        match self.busy {
            Some(busy) => busy.store(false, Ordering::Release),
            None => self.lock.open(),
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
        for _ in 0..2 * TERMS as u32 {
            *lock.lock() += 1;
            std::thread::scope(|scope| {
                scope.spawn(|| *lock.lock() += 1);
            });
        }
        assert_eq!(*lock.lock(), 4 * TERMS as u32);
    }
}

/// The barrier that is asked for is modelled as a fence on the asking side and one on the owner's, in
/// place of the compiler's fence that it has outside of models. That is what the barrier promises: an
/// order between it and one point of every other thread.
#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::sync::Arc;
    use crate::sync::cell::UnsafeCell;

    /// Threads that count `uses` times each. The cell complains of accesses at the same time, and
    /// of those that nothing puts into an order.
    fn count(uses: &'static [usize]) {
        let mut model = loom::model::Builder::new();
        // More preemptions find nothing more and take minutes.
        model.preemption_bound = Some(4);
        model.check(move || {
            let lock = Arc::new(Biased::new(UnsafeCell::new(0)));
            let use_it = |lock: &Biased<UnsafeCell<usize>>, thread: usize| {
                // SAFETY: the lock is held.
                lock.lock_as(thread << 3).with_mut(|value| unsafe { *value += 1 });
            };
            use_it(&lock, 1);
            let threads: Vec<_> = (1..)
                .zip(uses)
                .skip(1)
                .map(|(thread, &uses)| {
                    let lock = lock.clone();
                    loom::thread::spawn(move || (0..uses).for_each(|_| use_it(&lock, thread)))
                })
                .collect();
            (1..uses[0]).for_each(|_| use_it(&lock, 1));
            for thread in threads {
                assert!(thread.join().is_ok());
            }
            // SAFETY: all others are gone.
            lock.lock_as(1 << 3).with_mut(|value| unsafe {
                assert_eq!(*value, uses.iter().sum::<usize>());
            });
        });
    }

    /// The owner uses it while another comes, and comes back.
    #[test]
    fn loom_biased_between_two_threads() {
        count(&[3, 2]);
    }

    /// One takes the bias from the first while another takes it from that one.
    #[test]
    fn loom_biased_between_three_threads() {
        count(&[2, 1, 1]);
    }
}
