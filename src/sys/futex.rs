//! Waiting on a word of memory until another thread changes it.
//!
//! The wait always carries a timeout: the kernel restarts an untimed futex wait after a signal
//! handler that was installed with `SA_RESTART`, but never a timed one, and callers of the
//! library rely on `EINTR` whatever the flags of their handlers.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use crate::error::{Errno, Result};

/// Longest single wait; a wait without deadline is a series of these.
const LONGEST: Duration = Duration::from_secs(3600);

/// Sleeps while `*word == expected`, until [`wake_all`], the timeout (`EAGAIN`) or a signal
/// (`EINTR`). May return `Ok` for no reason: look at the word again.
#[cfg(target_os = "linux")]
pub fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) -> Result<()> {
    let limit = timeout.unwrap_or(LONGEST).min(LONGEST);
    let spec = libc::timespec {
        tv_sec: limit.as_secs() as libc::time_t,
        tv_nsec: limit.subsec_nanos() as libc::c_long,
    };
    // SAFETY: `word` outlives the call and is a valid 4-byte aligned futex word; `spec` is a
    // valid timespec that the kernel only reads.
    let rc = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            expected,
            &raw const spec,
        )
    };
    if rc == 0 {
        return Ok(());
    }
    match super::last_errno() {
        Errno(libc::ETIMEDOUT) if timeout.is_some_and(|t| t <= LONGEST) => Err(Errno::EAGAIN),
        Errno::EINTR => Err(Errno::EINTR),
        _ => Ok(()),
    }
}

/// Wakes every thread that waits on `word`.
#[cfg(target_os = "linux")]
pub fn wake_all(word: &AtomicU32) {
    // SAFETY: the kernel uses the address only as a key.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            i32::MAX,
        )
    };
}

#[cfg(not(target_os = "linux"))]
mod portable {
    //! Other systems: parking_lot's table of parked threads, keyed by the word's address.

    use super::*;
    use parking_lot_core::{DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, park, unpark_all};
    use std::sync::atomic::Ordering;
    use std::time::Instant;

    /// As on Linux, but never `EINTR`.
    pub fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) -> Result<()> {
        let key = word.as_ptr() as usize;
        let deadline = timeout.map(|t| Instant::now() + t.min(LONGEST));
        // SAFETY: the callbacks neither panic nor call into parking_lot.
        let result = unsafe {
            park(
                key,
                || word.load(Ordering::SeqCst) == expected,
                || {},
                |_, _| {},
                DEFAULT_PARK_TOKEN,
                deadline,
            )
        };
        match result {
            parking_lot_core::ParkResult::TimedOut => Err(Errno::EAGAIN),
            _ => Ok(()),
        }
    }

    /// As on Linux.
    pub fn wake_all(word: &AtomicU32) {
        // SAFETY: the key is used by `wait` above only.
        unsafe { unpark_all(word.as_ptr() as usize, DEFAULT_UNPARK_TOKEN) };
    }
}
#[cfg(not(target_os = "linux"))]
pub use portable::{wait, wake_all};

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;

    #[test]
    fn times_out() {
        let word = AtomicU32::new(1);
        assert_eq!(wait(&word, 1, Some(Duration::from_millis(5))), Err(Errno::EAGAIN));
    }

    #[test]
    fn returns_at_once_when_the_word_differs() {
        let word = AtomicU32::new(1);
        assert_eq!(wait(&word, 2, None), Ok(()));
    }

    #[test]
    fn wakes() {
        let word = AtomicU32::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while word.load(Ordering::SeqCst) == 0 {
                    assert_eq!(wait(&word, 0, None), Ok(()));
                }
            });
            word.store(1, Ordering::SeqCst);
            wake_all(&word);
        });
    }
}
