//! A mutex of one word that is shut and opened by separate calls.
//!
//! For locks that hand out a right without keeping a guard in it, and for those of the whole process,
//! which a fork has to shut before and open on both sides after it ([`fork::hold`]).

use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};

use super::cancel::Cancel;
use super::fork;
use super::word::Word;
use crate::sync::atomic::Ordering;

const OPEN: u32 = 0;
const SHUT: u32 = 1;
/// Shut, and somebody sleeps, or is about to.
const AWAITED: u32 = 2;

/// How often to look again before sleeping: what is done behind a gate is short.
const SPINS: u32 = if cfg!(loom) { 0 } else { 100 };

/// Lets one thread through at a time.
pub struct Gate(Word);

impl Gate {
    /// An open gate.
    #[cfg(not(loom))]
    pub const fn new() -> Gate {
        Gate(Word::new(OPEN))
    }

    /// As outside of models, where it can be in a static.
    #[cfg(loom)]
    pub fn new() -> Gate {
        Gate(Word::new(OPEN))
    }

    /// Waits until it is open, and shuts it.
    #[inline]
    pub fn shut(&self) {
        if self.0.compare_exchange(OPEN, SHUT, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.wait();
        }
    }

    #[cold]
    fn wait(&self) {
        for _ in 0..SPINS {
            if self.0.load(Ordering::Relaxed) == OPEN
                && self.0.compare_exchange(OPEN, SHUT, Ordering::Acquire, Ordering::Relaxed).is_ok()
            {
                return;
            }
            std::hint::spin_loop();
        }
        // Whoever has slept here does not know whether others still do.
        while self.0.swap(AWAITED, Ordering::Acquire) != OPEN {
            // Whatever ended the sleep, a signal too: look again.
            let _ = self.0.wait(AWAITED, None, Cancel::Later);
        }
    }

    /// Opens it. Only for the thread that shut it.
    #[inline]
    pub fn open(&self) {
        if self.0.swap(OPEN, Ordering::Release) == AWAITED {
            self.0.wake_one();
        }
    }
}

/// A value of the whole process's behind a gate: usable in a forked child whatever other threads did
/// with it in that moment.
pub struct Gated<T> {
    gate: Gate,
    value: UnsafeCell<T>,
}

// SAFETY: the gate lets one thread at a time reach the value, with acquire and release between.
unsafe impl<T: Send> Sync for Gated<T> {}

/// The right to use the value.
pub struct GatedGuard<T: 'static>(&'static Gated<T>);

impl<T> Gated<T> {
    /// A value that nobody uses.
    #[cfg(not(loom))]
    pub const fn new(value: T) -> Gated<T> {
        Gated { gate: Gate::new(), value: UnsafeCell::new(value) }
    }

    /// Waits until nobody else uses the value.
    pub fn lock(&'static self) -> GatedGuard<T> {
        fork::hold(&self.gate);
        self.gate.shut();
        GatedGuard(self)
    }
}

impl<T> Deref for GatedGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: behind the gate.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for GatedGuard<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: behind the gate.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for GatedGuard<T> {
    fn drop(&mut self) {
        self.0.gate.open();
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::sync::Arc;
    use crate::sync::cell::UnsafeCell;

    /// Nobody is let in beside another, and nobody is left asleep.
    #[test]
    fn loom_gate_lets_one_through_at_a_time() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let shared = Arc::new((Gate::new(), UnsafeCell::new(0)));
            let count = |shared: &(Gate, UnsafeCell<u32>)| {
                shared.0.shut();
                // SAFETY: behind the gate.
                shared.1.with_mut(|value| unsafe { *value += 1 });
                shared.0.open();
            };
            let threads: Vec<_> = (0..2)
                .map(|_| {
                    let shared = shared.clone();
                    loom::thread::spawn(move || count(&shared))
                })
                .collect();
            count(&shared);
            for thread in threads {
                assert!(thread.join().is_ok());
            }
        });
    }
}
