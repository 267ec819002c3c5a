//! Waiting on a word of memory until another thread changes it.
//!
//! The wait always carries a timeout: the kernel restarts an untimed futex wait after a signal
//! handler that was installed with `SA_RESTART`, but never a timed one, and callers of the
//! library rely on `EINTR` whatever the flags of their handlers.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use super::cancel::Cancel;
use crate::error::{Errno, Result};
#[cfg(target_os = "linux")]
use crate::sys::libc;

/// Longest single wait; a wait without deadline is a series of these.
const LONGEST: Duration = Duration::from_secs(3600);

/// Sleeps while `*word == expected`, until [`wake_all`], the timeout (`EAGAIN`) or a signal
/// (`EINTR`). May return `Ok` for no reason: look at the word again.
#[cfg(target_os = "linux")]
pub fn wait(
    word: &AtomicU32,
    expected: u32,
    timeout: Option<Duration>,
    cancel: Cancel,
) -> Result<()> {
    let limit = timeout.unwrap_or(LONGEST).min(LONGEST);
    let spec = libc::timespec {
        tv_sec: limit.as_secs() as _,
        tv_nsec: limit.subsec_nanos() as libc::c_long,
    };
    // SAFETY: `word` outlives the call and is a valid 4-byte aligned futex word; `spec` is a
    // valid timespec that the kernel only reads.
    let rc = unsafe {
        match cancel {
            Cancel::Here => wait_or_end(word.as_ptr(), expected, &raw const spec),
            Cancel::Later => libc::syscall(FUTEX, word.as_ptr(), WAIT, expected, &raw const spec),
        }
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

#[cfg(target_os = "linux")]
const FUTEX: libc::c_long = libc::SYS_futex;
#[cfg(target_os = "linux")]
const WAIT: libc::c_int = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;

/// The system call; a thread that is cancelled ends in it. The C library has no such call for a futex,
/// and makes those that it has in this very way: cancellation at any moment is asked for as long as
/// the call lasts. In this function there is nothing to drop, whatever that moment is.
///
/// Who cancels may have found the thread in that state and not have told it yet when it is woken. glibc
/// before 2.41 would then end it in the next call of the system's, [`Shield`](super::cancel::Shield) or
/// not, but waits for that moment at the end of its own such calls: hence the last one, which does
/// nothing else.
///
/// # Safety
/// As for the system call.
#[cfg(target_os = "linux")]
#[inline(never)]
unsafe extern "C-unwind" fn wait_or_end(
    word: *const u32,
    expected: u32,
    spec: *const libc::timespec,
) -> libc::c_long {
    use super::cancel::system::{AT_ONCE, pthread_setcanceltype};
    // Not the libc crate's: a call of that one cannot unwind, for all the compiler knows.
    unsafe extern "C-unwind" {
        fn syscall(number: libc::c_long, ...) -> libc::c_long;
        fn poll(
            entries: *mut libc::pollfd,
            count: libc::nfds_t,
            timeout: libc::c_int,
        ) -> libc::c_int;
    }
    let mut kind = 0;
    // SAFETY: valid pointers to a local; the rest by the caller.
    unsafe {
        pthread_setcanceltype(AT_ONCE, &raw mut kind);
        let result = syscall(FUTEX, word, WAIT, expected, spec);
        pthread_setcanceltype(kind, &raw mut kind);
        poll(std::ptr::null_mut(), 0, 0);
        result
    }
}

/// Wakes every thread that waits on `word`.
#[cfg(target_os = "linux")]
pub fn wake_all(word: &AtomicU32) {
    wake(word, i32::MAX);
}

/// Wakes one thread that waits on `word`.
#[cfg(target_os = "linux")]
pub fn wake_one(word: &AtomicU32) {
    wake(word, 1);
}

#[cfg(target_os = "linux")]
fn wake(word: &AtomicU32, count: i32) {
    // SAFETY: the kernel uses the address only as a key.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            count,
        )
    };
}

#[cfg(not(target_os = "linux"))]
mod portable {
    //! Other systems: a few condition variables, found by the word's address.

    use super::*;
    use std::sync::atomic::Ordering;
    use std::sync::{Condvar, Mutex, PoisonError};

    const PLACES: usize = 64;

    struct Place(Mutex<()>, Condvar);

    static TABLE: [Place; PLACES] = [const { Place(Mutex::new(()), Condvar::new()) }; PLACES];

    fn place(word: &AtomicU32) -> &'static Place {
        let address = word.as_ptr().addr();
        // Words are mostly in objects of a cache line or more.
        &TABLE[(address >> 6 ^ address >> 12) % PLACES]
    }

    /// As on Linux, but never `EINTR`.
    pub fn wait(
        word: &AtomicU32,
        expected: u32,
        timeout: Option<Duration>,
        _cancel: Cancel,
    ) -> Result<()> {
        let Place(mutex, changed) = place(word);
        let guard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        if word.load(Ordering::SeqCst) != expected {
            return Ok(());
        }
        let limit = timeout.unwrap_or(LONGEST).min(LONGEST);
        let (_guard, end) =
            changed.wait_timeout(guard, limit).unwrap_or_else(PoisonError::into_inner);
        let over = end.timed_out() && timeout.is_some_and(|t| t <= LONGEST);
        if over { Err(Errno::EAGAIN) } else { Ok(()) }
    }

    /// As on Linux.
    pub fn wake_all(word: &AtomicU32) {
        let Place(mutex, changed) = place(word);
        let _guard = mutex.lock().unwrap_or_else(PoisonError::into_inner);
        changed.notify_all();
    }

    /// As on Linux, and perhaps others: they share their place with the sleepers of other words.
    pub fn wake_one(word: &AtomicU32) {
        wake_all(word);
    }
}
#[cfg(not(target_os = "linux"))]
pub use portable::{wait, wake_all, wake_one};

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;

    #[test]
    fn times_out() {
        let word = AtomicU32::new(1);
        assert_eq!(
            wait(&word, 1, Some(Duration::from_millis(5)), Cancel::Later),
            Err(Errno::EAGAIN)
        );
    }

    #[test]
    fn returns_at_once_when_the_word_differs() {
        let word = AtomicU32::new(1);
        assert_eq!(wait(&word, 2, None, Cancel::Later), Ok(()));
    }

    #[test]
    fn wakes() {
        let word = AtomicU32::new(0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while word.load(Ordering::SeqCst) == 0 {
                    assert_eq!(wait(&word, 0, None, Cancel::Later), Ok(()));
                }
            });
            word.store(1, Ordering::SeqCst);
            wake_all(&word);
        });
    }
}
