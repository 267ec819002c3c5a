//! An event that a file descriptor shows as readable.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::error::Result;

/// A counter behind a descriptor (`eventfd`): readable while set. Non-blocking, close-on-exec.
pub struct EventFd {
    fd: OwnedFd,
}

impl EventFd {
    /// A fresh event, not set. Errors: `EMFILE`, `ENFILE`, `ENOMEM`.
    pub fn new() -> Result<EventFd> {
        // SAFETY: no pointers are passed; the result is checked.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(super::last_errno());
        }
        // SAFETY: `fd` was just made and belongs to nobody else.
        Ok(EventFd { fd: unsafe { OwnedFd::from_raw_fd(fd) } })
    }

    /// Makes the descriptor readable.
    pub fn set(&self) {
        let one = 1u64;
        // SAFETY: eight readable bytes. The only possible failure is a full counter, which is
        // readable already.
        unsafe { libc::write(self.fd.as_raw_fd(), (&raw const one).cast(), 8) };
    }

    /// Makes the descriptor unreadable.
    pub fn clear(&self) {
        let mut count = 0u64;
        // SAFETY: eight writable bytes. The only possible failure is that it was not set.
        unsafe { libc::read(self.fd.as_raw_fd(), (&raw mut count).cast(), 8) };
    }

    /// The descriptor, for polling.
    pub fn fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}
