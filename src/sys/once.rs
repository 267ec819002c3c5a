//! What is made once in a process, when it is first wanted.
//!
//! Unlike the standard library's, it is usable in a child that was forked while another thread was
//! making it: there that thread will never be done, and the child makes it anew.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU32, Ordering};

use super::cancel::Cancel;
use super::futex;

/// Nobody has begun. No process has this number.
const EMPTY: u32 = 0;
/// It is there. No process has this number either.
const MADE: u32 = u32::MAX;

/// A value that is made once.
pub struct Once<T> {
    /// [`EMPTY`], [`MADE`], or the number of the process that has a thread that makes it.
    state: AtomicU32,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: the value is written by the one thread that put its process's number into `state`, before
// anybody reads it, and only read, perhaps by several threads, once it is made.
unsafe impl<T: Send + Sync> Sync for Once<T> {}

impl<T: Copy> Once<T> {
    /// Not made yet.
    pub const fn new() -> Once<T> {
        Once { state: AtomicU32::new(EMPTY), value: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// The value, if it was made.
    #[inline]
    pub fn get(&self) -> Option<T> {
        // SAFETY: it was written before `state` said so.
        (self.state.load(Ordering::Acquire) == MADE)
            .then(|| unsafe { (*self.value.get()).assume_init() })
    }

    /// The value, made by `make` if it was not. Others wait meanwhile; in a forked child `make` may
    /// run again.
    #[inline]
    pub fn get_or_make(&self, make: impl FnOnce() -> T) -> T {
        match self.get() {
            Some(value) => value,
            None => self.make(make),
        }
    }

    #[cold]
    fn make(&self, make: impl FnOnce() -> T) -> T {
        let process = std::process::id();
        let mut seen = EMPTY;
        loop {
            // Also from another process, which this one was forked from.
            match self.state.compare_exchange(seen, process, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => break,
                Err(MADE) => {}
                Err(now) if now == process => {
                    // Whatever ended the sleep, a signal too: look again.
                    let _ = futex::wait(&self.state, process, None, Cancel::Later);
                }
                Err(now) => seen = now,
            }
            if let Some(value) = self.get() {
                return value;
            }
        }
        let begun = Begun(&self.state);
        let value = make();
        // SAFETY: nobody else writes it in this process, and nobody reads it yet.
        unsafe { (*self.value.get()).write(value) };
        std::mem::forget(begun);
        settle(&self.state, MADE);
        value
    }
}

fn settle(state: &AtomicU32, now: u32) {
    state.store(now, Ordering::Release);
    futex::wake_all(state);
}

/// Lets another thread try if this one panics.
struct Begun<'a>(&'a AtomicU32);

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        settle(self.0, EMPTY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once_however_many_want_it() {
        static VALUE: Once<u32> = Once::new();
        static MADE: AtomicU32 = AtomicU32::new(0);
        assert_eq!(VALUE.get(), None);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let value = VALUE.get_or_make(|| {
                        std::thread::yield_now();
                        MADE.fetch_add(1, Ordering::Relaxed) + 5
                    });
                    assert_eq!(value, 5);
                });
            }
        });
        assert_eq!((VALUE.get(), MADE.load(Ordering::Relaxed)), (Some(5), 1));
    }

    #[test]
    fn a_child_makes_what_its_parent_had_only_begun() {
        let inherited = Once::<u32>::new();
        // A number that is not this process's.
        inherited.state.store(std::process::id() ^ 1, Ordering::Relaxed);
        assert_eq!(inherited.get_or_make(|| 7), 7);
        assert_eq!(inherited.get(), Some(7));
    }

    #[test]
    fn after_a_panic_another_may_try() {
        let value = Once::<u32>::new();
        let panics = std::panic::AssertUnwindSafe(|| value.get_or_make(|| panic!("as expected")));
        assert!(std::panic::catch_unwind(panics).is_err());
        assert_eq!(value.get_or_make(|| 3), 3);
    }
}
