//! The C interface: one file per family of man pages.
//!
//! Every export checks its handles and pointers, converts, calls safe code in a closure that
//! returns [`Result`], and answers in C's way through [`guard`] and its like. An error becomes
//! errno and the function's failure value; on success errno is as it was before the call.
#![allow(unsafe_code, reason = "raw pointers come in, unmangled symbols go out")]

use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Errno, Result};
use crate::socket::Wait;
use crate::sys::cancel::{self, Cancel};
use crate::sys::{self, ThreadErrno};

pub mod context;
pub mod error;
pub mod message;
pub mod poll;
pub mod poller;
pub mod proxy;
mod registry;
pub mod socket;
pub mod timers;
pub mod transfer;
pub mod utility;
pub mod z85;

/// Runs the body of an export whose failure value is -1.
#[inline]
pub fn guard(body: impl FnOnce() -> Result<c_int>) -> c_int {
    guard_or(-1, body)
}

/// Runs the body of an export and answers `failed`, with errno set, for an error.
///
/// A panic, which only a defect of the library can cause, must not unwind into C (that would end
/// the process): it becomes `ENOTRECOVERABLE`.
#[inline]
pub fn guard_or<T>(failed: T, body: impl FnOnce() -> Result<T>) -> T {
    let errno = ThreadErrno::find();
    let before = errno.get();
    let (value, after) = match caught(body) {
        Ok(value) => (value, before),
        Err(error) => (failed, error),
    };
    errno.set(after);
    value
}

/// As [`guard`], for a body that calls nothing of the system's: errno is left alone unless it fails.
#[inline]
pub fn guard_pure(body: impl FnOnce() -> Result<c_int>) -> c_int {
    caught(body).unwrap_or_else(|errno| {
        sys::set_errno(errno);
        -1
    })
}

#[inline(always)]
fn caught<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(Err(Errno::ENOTRECOVERABLE))
}

/// As [`guard_or`], for what may have to do with files, names, threads or other libraries, where a
/// thread that is cancelled would end.
pub fn shielded_guard_or<T>(failed: T, body: impl FnOnce() -> Result<T>) -> T {
    cancel::shielded(|| guard_or(failed, body))
}

/// As [`guard`], by [`shielded_guard_or`].
pub fn shielded_guard(body: impl FnOnce() -> Result<c_int>) -> c_int {
    shielded_guard_or(-1, body)
}

/// What a call that may have to wait keeps between its attempts.
pub trait Sleeper {
    /// Sleeps until another attempt is worth it. A thread that is cancelled ends here: it may not
    /// panic, and where it ends, what the sleeper has is dropped.
    fn sleep(&mut self);
}

impl Sleeper for Wait {
    fn sleep(&mut self) {
        Wait::sleep(self, Cancel::Here);
    }
}

/// As [`guard`], for a call that may have to wait: attempts that answer `ASLEEP` are repeated. The
/// sleep between them is where a thread ends that was cancelled. The stack of such a thread is
/// unwound, so the exported function has to be `extern "C-unwind"`.
#[inline]
pub fn guard_sleeper<S: Sleeper>(
    mut sleeper: S,
    mut attempt: impl FnMut(&mut S) -> Result<c_int>,
) -> c_int {
    let errno = ThreadErrno::find();
    let before = errno.get();
    loop {
        let (value, after) = match caught(|| attempt(&mut sleeper)) {
            Ok(value) => (value, before),
            Err(Errno::ASLEEP) => {
                sleeper.sleep();
                continue;
            }
            Err(error) => (-1, error),
        };
        // Its end may come to calls of the system's, which leave their errno.
        drop(sleeper);
        errno.set(after);
        return value;
    }
}

/// A time of the caller's. A `long` has 32 bits on some systems.
#[allow(clippy::useless_conversion)]
fn milliseconds(timeout: c_long) -> i64 {
    i64::from(timeout)
}

/// No memory is larger, and no slice may be: a longer length is an absurd one, and stays that.
const MOST: usize = isize::MAX as usize;

/// The caller's bytes; `None` for a null pointer.
///
/// # Safety
/// `data` is null or points to `length` bytes that nobody changes while they are used.
unsafe fn bytes<'a>(data: *const c_void, length: usize) -> Option<&'a [u8]> {
    // SAFETY: by the caller.
    (!data.is_null()).then(|| unsafe { std::slice::from_raw_parts(data.cast(), length.min(MOST)) })
}

/// The caller's buffer; `None` for a null pointer.
///
/// # Safety
/// `data` is null or points to `length` bytes that nobody else uses meanwhile.
unsafe fn bytes_mut<'a>(data: *mut c_void, length: usize) -> Option<&'a mut [u8]> {
    // SAFETY: by the caller.
    (!data.is_null())
        .then(|| unsafe { std::slice::from_raw_parts_mut(data.cast(), length.min(MOST)) })
}

/// The caller's text. Errors: `EINVAL` for a null pointer, or if it is not UTF-8.
///
/// # Safety
/// `text` is null or points to a C string that nobody changes while it is used.
unsafe fn text<'a>(text: *const c_char) -> Result<&'a str> {
    // SAFETY: by the caller.
    unsafe { c_string(text) }?.to_str().map_err(|_| Errno::EINVAL)
}

/// The caller's text, whatever its bytes. Errors: `EINVAL` for a null pointer.
///
/// # Safety
/// `text` is null or points to a C string that nobody changes while it is used.
unsafe fn c_string<'a>(text: *const c_char) -> Result<&'a CStr> {
    if text.is_null() {
        return Err(Errno::EINVAL);
    }
    // SAFETY: by the caller.
    Ok(unsafe { CStr::from_ptr(text) })
}
