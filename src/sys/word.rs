//! A word of memory that threads can sleep on.
//!
//! The system's futex; under loom, a lock and a condition that keep its one promise: between the
//! look at the value and the sleep no wake-up gets lost.

use std::ops::Deref;
use std::time::Duration;

use crate::error::Result;
use crate::sync::atomic::AtomicU32;
use crate::sys::cancel::Cancel;
#[cfg(not(loom))]
use crate::sys::futex;

/// An atomic number to sleep on.
#[derive(Default)]
pub struct Word {
    value: AtomicU32,
    #[cfg(loom)]
    sleepers: (loom::sync::Mutex<()>, loom::sync::Condvar),
}

impl Deref for Word {
    type Target = AtomicU32;

    #[inline(always)]
    fn deref(&self) -> &AtomicU32 {
        &self.value
    }
}

#[cfg(not(loom))]
impl Word {
    /// A word that is `value`.
    pub const fn new(value: u32) -> Word {
        Word { value: AtomicU32::new(value) }
    }

    /// Sleeps while the word is `expected`, until [`Word::wake_all`]. May return for no reason.
    /// Errors: `EAGAIN` when `timeout` has passed, `EINTR`.
    pub fn wait(&self, expected: u32, timeout: Option<Duration>, cancel: Cancel) -> Result<()> {
        futex::wait(&self.value, expected, timeout, cancel)
    }

    /// Ends the sleep of all.
    pub fn wake_all(&self) {
        futex::wake_all(&self.value);
    }

    /// Ends the sleep of one.
    pub fn wake_one(&self) {
        futex::wake_one(&self.value);
    }
}

/// In models nobody sleeps but for ever, so that a wake-up that is lost is a deadlock.
#[cfg(loom)]
impl Word {
    pub fn new(value: u32) -> Word {
        Word { value: AtomicU32::new(value), sleepers: Default::default() }
    }

    pub fn wait(&self, expected: u32, _timeout: Option<Duration>, _cancel: Cancel) -> Result<()> {
        let guard = self.sleepers.0.lock();
        if self.value.load(std::sync::atomic::Ordering::SeqCst) == expected {
            let _ = self.sleepers.1.wait(guard.unwrap_or_else(|broken| broken.into_inner()));
        }
        Ok(())
    }

    pub fn wake_all(&self) {
        let _guard = self.sleepers.0.lock();
        self.sleepers.1.notify_all();
    }

    pub fn wake_one(&self) {
        let _guard = self.sleepers.0.lock();
        self.sleepers.1.notify_one();
    }
}
