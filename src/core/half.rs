//! The try-lock of a connection half.
//!
//! A half (reading or writing) may be driven by any thread that finds it free. Nobody waits: who
//! finds it busy leaves a note, and who holds it looks at the note before letting go and drives
//! once more. So whatever was to be done is done by somebody.
#![allow(unsafe_code)] // hands out the guarded value

use std::ops::{Deref, DerefMut};

use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::cell::UnsafeCell;

const FREE: u32 = 0;
const HELD: u32 = 1;
const HELD_WITH_NOTE: u32 = 2;

/// A value that one thread at a time may drive.
#[repr(C)]
pub struct Half<T> {
    state: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: `state` lets one thread at a time reach the value, with acquire and release around.
unsafe impl<T: Send> Sync for Half<T> {}
// SAFETY: owning the half is owning the value.
unsafe impl<T: Send> Send for Half<T> {}

/// The right to drive. Letting it go with [`HalfGuard::release`] says whether to drive again.
pub struct HalfGuard<'a, T> {
    half: &'a Half<T>,
    value: *mut T,
}

impl<T> Half<T> {
    /// A free half.
    pub fn new(value: T) -> Self {
        Half { state: AtomicU32::new(FREE), value: UnsafeCell::new(value) }
    }

    /// Takes the half if it is free; leaves a note for its holder if it is not.
    pub fn enter(&self) -> Option<HalfGuard<'_, T>> {
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            let wanted = if state == FREE { HELD } else { HELD_WITH_NOTE };
            // The note is a write even when there is one already, so that the holder, who
            // reads it with acquire, sees what this thread did before.
            match self.state.compare_exchange_weak(
                state,
                wanted,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(FREE) => {
                    return Some(HalfGuard { half: self, value: self.value.with_mut(|v| v) });
                }
                Ok(_) => return None,
                Err(now) => state = now,
            }
        }
    }
}

impl<'a, T> HalfGuard<'a, T> {
    /// Lets the half go, unless a note was left meanwhile: then the guard comes back, the note
    /// is taken, and the caller drives again.
    pub fn release(self) -> Option<Self> {
        match self.half.state.compare_exchange(HELD, FREE, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => {
                std::mem::forget(self);
                None
            }
            Err(_) => {
                // An exchange, not a store: acquires what the note's writer did before it.
                self.half.state.swap(HELD, Ordering::AcqRel);
                Some(self)
            }
        }
    }
}

impl<T> Deref for HalfGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the guard's thread alone holds the half.
        unsafe { &*self.value }
    }
}

impl<T> DerefMut for HalfGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard's thread alone holds the half.
        unsafe { &mut *self.value }
    }
}

impl<T> Drop for HalfGuard<'_, T> {
    /// Letting go without looking at the note, for holders that unwind or tear down.
    fn drop(&mut self) {
        self.half.state.store(FREE, Ordering::Release);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_note_brings_the_guard_back_once() {
        let half = Half::new(0);
        let guard = half.enter().expect("free");
        assert!(half.enter().is_none());
        let guard = guard.release().expect("noted");
        assert!(guard.release().is_none());
        assert!(half.enter().is_some());
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use crate::sync::Arc;

    /// Every increment that was asked for is carried out by somebody.
    #[test]
    fn loom_half_loses_no_work() {
        loom::model(|| {
            let asked = Arc::new(AtomicU32::new(0));
            let half = Arc::new(Half::new(0u32));
            let drive = |asked: &AtomicU32, half: &Half<u32>| {
                asked.fetch_add(1, Ordering::Relaxed);
                let mut guard = half.enter();
                while let Some(mut held) = guard {
                    *held = asked.load(Ordering::Relaxed);
                    guard = held.release();
                }
            };
            let threads: Vec<_> = (0..2)
                .map(|_| {
                    let (asked, half) = (asked.clone(), half.clone());
                    loom::thread::spawn(move || drive(&asked, &half))
                })
                .collect();
            for thread in threads {
                assert!(thread.join().is_ok());
            }
            assert_eq!(*half.enter().expect("free"), 2);
        });
    }
}
