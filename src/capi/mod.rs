//! The C interface: one file per family of man pages.
//!
//! Every export checks its handles and pointers, converts, calls safe code in a closure that
//! returns [`Result`], and answers in C's way through [`guard`] or [`guard_or`]. An error becomes
//! errno and the function's failure value; on success errno is as it was before the call.
#![allow(unsafe_code, reason = "raw pointers come in, unmangled symbols go out")]

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Errno, Result};
use crate::sys;

pub mod error;
pub mod message;
mod registry;
pub mod timers;
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
    let before = sys::last_errno();
    let result = catch_unwind(AssertUnwindSafe(body));
    let result = result.unwrap_or(Err(Errno(libc::ENOTRECOVERABLE)));
    match result {
        Ok(value) => {
            sys::set_errno(before);
            value
        }
        Err(errno) => {
            sys::set_errno(errno);
            failed
        }
    }
}
