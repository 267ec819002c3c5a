//! `poll(2)`, for raw descriptors beside sockets.

use std::ffi::c_int;
use std::os::fd::RawFd;

use super::cancel::{Cancel, Shield};
use crate::error::Result;
use crate::sys::libc;

/// A descriptor to poll, laid out as the system has it.
pub type PollFd = libc::pollfd;

/// A descriptor with the events asked for (`POLLIN`, `POLLOUT`, `POLLPRI`).
pub fn entry(fd: RawFd, events: i16) -> PollFd {
    PollFd { fd, events, revents: 0 }
}

#[cfg(not(target_os = "linux"))]
use libc::{poll as system_poll, ppoll};

#[cfg(target_os = "linux")]
unsafe extern "C-unwind" {
    // Not the libc crate's: in these a thread that is cancelled ends.
    #[link_name = "poll"]
    fn system_poll(entries: *mut PollFd, count: libc::nfds_t, timeout_ms: c_int) -> c_int;
    fn ppoll(
        entries: *mut PollFd,
        count: libc::nfds_t,
        limit: *const libc::timespec,
        mask: *const libc::sigset_t,
    ) -> c_int;
}

/// Waits for at most `timeout_ms` (negative: no limit). How many entries have events. Errors:
/// `EINTR`, `EINVAL`, `ENOMEM`.
pub fn poll(entries: &mut [PollFd], timeout_ms: i32, cancel: Cancel) -> Result<usize> {
    let _shield = (cancel == Cancel::Later).then(Shield::new);
    let (start, count) = (entries.as_mut_ptr(), entries.len() as libc::nfds_t);
    // SAFETY: the pointer and the length describe `entries`.
    let n = unsafe { system_poll(start, count, timeout_ms) };
    if n < 0 { Err(super::last_errno()) } else { Ok(n as usize) }
}

/// Which of the entries have events now. As [`poll`].
pub fn look(entries: &mut [PollFd]) -> Result<usize> {
    poll(entries, 0, Cancel::Later)
}

/// Like [`poll`], with the calling thread's signal mask replaced during the wait.
///
/// # Safety
/// `mask` is null or points to a valid signal set.
pub unsafe fn poll_masked(
    entries: &mut [PollFd],
    timeout_ms: i64,
    mask: *const libc::sigset_t,
    cancel: Cancel,
) -> Result<usize> {
    let _shield = (cancel == Cancel::Later).then(Shield::new);
    let spec = libc::timespec {
        tv_sec: (timeout_ms.max(0) / 1000) as _,
        tv_nsec: ((timeout_ms.max(0) % 1000) * 1_000_000) as libc::c_long,
    };
    let limit = if timeout_ms < 0 { std::ptr::null() } else { &raw const spec };
    let (start, count) = (entries.as_mut_ptr(), entries.len() as libc::nfds_t);
    // SAFETY: as in `poll`; the caller vouches for `mask`.
    let n = unsafe { ppoll(start, count, limit, mask) };
    if n < 0 { Err(super::last_errno()) } else { Ok(n as usize) }
}
