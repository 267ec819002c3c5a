//! What UNIX systems know descriptors and errors by.

pub use std::os::fd::RawFd;

use crate::error::{Errno, HAUSNUMERO};
use crate::sys::libc;

/// No descriptor.
pub const NO_FD: RawFd = -1;

/// The errno that a number of the system's is.
pub fn errno_of(code: i32) -> Errno {
    Errno(code)
}

/// Where the calling thread has its errno.
#[inline]
pub fn errno_location() -> *mut libc::c_int {
    // SAFETY: no requirements.
    unsafe { libc::__errno_location() }
}

/// Why the last call of the system's failed.
pub fn last_errno() -> Errno {
    Errno(std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO))
}

/// The system's text for an errno, in `room`, without an allocation. Empty for the library's own
/// numbers, which the system does not know.
pub fn text_of(errno: Errno, room: &mut [u8; 128]) -> &str {
    if errno.0 >= HAUSNUMERO {
        return "";
    }
    // SAFETY: the pointer and the length describe `room`, in which a C string is left.
    let result = unsafe { libc::strerror_r(errno.0, room.as_mut_ptr().cast(), room.len()) };
    let text = if result == 0 { std::ffi::CStr::from_bytes_until_nul(room).ok() } else { None };
    text.and_then(|text| text.to_str().ok()).unwrap_or_default()
}
