//! `poll(2)`, for raw descriptors beside sockets.

use std::os::fd::RawFd;

use crate::error::{Errno, Result};
use crate::sys::libc;

/// A descriptor to poll, laid out as the system has it.
pub type PollFd = libc::pollfd;

/// A descriptor with the events asked for (`POLLIN`, `POLLOUT`, `POLLPRI`).
pub fn entry(fd: RawFd, events: i16) -> PollFd {
    PollFd { fd, events, revents: 0 }
}

/// Waits for at most `timeout_ms` (negative: no limit). How many entries have events. Errors:
/// `EINTR`, `EINVAL`, `ENOMEM`.
pub fn poll(entries: &mut [PollFd], timeout_ms: i32) -> Result<usize> {
    // SAFETY: the pointer and the length describe `entries`.
    let n = unsafe { libc::poll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, timeout_ms) };
    if n < 0 { Err(super::last_errno()) } else { Ok(n as usize) }
}

/// Like [`poll`], with the calling thread's signal mask replaced during the wait.
///
/// # Safety
/// `mask` is null or points to a valid signal set.
pub unsafe fn ppoll(
    entries: &mut [PollFd],
    timeout_ms: i64,
    mask: *const libc::sigset_t,
) -> Result<usize> {
    let spec = libc::timespec {
        tv_sec: (timeout_ms.max(0) / 1000) as _,
        tv_nsec: ((timeout_ms.max(0) % 1000) * 1_000_000) as libc::c_long,
    };
    let limit = if timeout_ms < 0 { std::ptr::null() } else { &raw const spec };
    // SAFETY: as in `poll`; the caller vouches for `mask`.
    let n =
        unsafe { libc::ppoll(entries.as_mut_ptr(), entries.len() as libc::nfds_t, limit, mask) };
    if n < 0 { Err(Errno(super::last_errno().0)) } else { Ok(n as usize) }
}
