//! `WSAPoll`, for raw sockets beside sockets.

use std::ffi::c_short;
use std::time::Duration;

use windows_sys::Win32::Networking::WinSock::{SOCKET, WSAPoll};

use super::cancel::Cancel;
use super::{RawFd, libc};
use crate::error::{Errno, Result};

/// A socket to poll, laid out as the system has it.
pub type PollFd = libc::pollfd;

/// A socket with the events asked for (`POLLIN`, `POLLOUT`). Winsock has no notion of asking for
/// `POLLPRI`, and refuses it.
pub fn entry(fd: RawFd, events: c_short) -> PollFd {
    PollFd { fd: fd as SOCKET, events: events & !libc::POLLPRI, revents: 0 }
}

/// Waits for at most `timeout_ms` (negative: no limit). How many entries have events. Errors:
/// `ENOTSOCK`, `EINVAL`, `ENOMEM`.
pub fn poll(entries: &mut [PollFd], timeout_ms: i32, _: Cancel) -> Result<usize> {
    if entries.is_empty() {
        // Winsock refuses to wait for nothing.
        let time = u64::try_from(timeout_ms).map_or(Duration::MAX, Duration::from_millis);
        std::thread::sleep(time);
        return Ok(0);
    }
    super::start();
    let count = u32::try_from(entries.len()).map_err(|_| Errno::EINVAL)?;
    // SAFETY: the pointer and the length describe `entries`.
    let n = unsafe { WSAPoll(entries.as_mut_ptr(), count, timeout_ms) };
    usize::try_from(n).map_err(|_| super::last_errno())
}

/// Which of the entries have events now. As [`poll`].
pub fn look(entries: &mut [PollFd]) -> Result<usize> {
    poll(entries, 0, Cancel::Later)
}

/// Like [`poll`]: there are no signals, and no masks.
///
/// # Safety
/// None.
pub unsafe fn poll_masked(
    entries: &mut [PollFd],
    timeout_ms: i64,
    _: *const libc::sigset_t,
    cancel: Cancel,
) -> Result<usize> {
    poll(entries, i32::try_from(timeout_ms).unwrap_or(i32::MAX), cancel)
}
