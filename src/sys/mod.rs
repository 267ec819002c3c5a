//! The operating system: every call to it that the standard library does not wrap.
//!
//! One file per facility, each with a safe interface.
#![allow(unsafe_code)] // system calls

use crate::error::Errno;

pub mod clock;
pub mod event;
pub mod fork;
pub mod futex;
pub mod membarrier;
pub mod names;
pub mod poll;
pub mod poller;
pub mod socket;
pub mod tempdir;
pub mod thread;

/// The calling thread's errno.
pub fn last_errno() -> Errno {
    Errno(std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO))
}

/// Sets the calling thread's errno.
pub fn set_errno(errno: Errno) {
    // SAFETY: the location is the calling thread's own.
    unsafe { *libc::__errno_location() = errno.0 };
}
