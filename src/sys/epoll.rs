//! The readiness queue of Linux.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::error::{Errno, Result};

/// What a descriptor is ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The number the descriptor was added with.
    pub token: u64,
    /// Something to read, or end of stream, or an error.
    pub readable: bool,
    /// Room to write, or an error.
    pub writable: bool,
    /// The peer will send no more: read until end of stream.
    pub hangup: bool,
}

/// How a descriptor is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// Both directions, reported once per change.
    EdgeBoth,
    /// Readability, reported as long as it lasts.
    LevelRead,
    /// Room to write, reported as long as it lasts.
    LevelWrite,
    /// Nothing (errors excepted).
    Off,
}

impl Watch {
    fn events(self) -> u32 {
        let bits = match self {
            Watch::EdgeBoth => libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP | libc::EPOLLET,
            Watch::LevelRead => libc::EPOLLIN,
            Watch::LevelWrite => libc::EPOLLOUT,
            Watch::Off => 0,
        };
        bits as u32
    }
}

/// Up to this many events are fetched by one call.
pub const BATCH: usize = 128;

/// An epoll instance.
pub struct Epoll {
    fd: OwnedFd,
}

impl Epoll {
    /// A fresh instance. Errors: `EMFILE`, `ENFILE`, `ENOMEM`.
    pub fn new() -> Result<Epoll> {
        // SAFETY: no pointers; the result is checked.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if fd < 0 {
            return Err(super::last_errno());
        }
        // SAFETY: `fd` was just made and belongs to nobody else.
        Ok(Epoll { fd: unsafe { OwnedFd::from_raw_fd(fd) } })
    }

    /// The instance's own descriptor, which is readable while any of its events waits.
    pub fn fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    fn control(&self, operation: i32, fd: RawFd, watch: Watch, token: u64) -> Result<()> {
        let mut event = libc::epoll_event { events: watch.events(), u64: token };
        // SAFETY: `event` is valid for the call; the kernel copies it.
        let rc = unsafe { libc::epoll_ctl(self.fd(), operation, fd, &raw mut event) };
        if rc < 0 { Err(super::last_errno()) } else { Ok(()) }
    }

    /// Starts to watch `fd`.
    pub fn add(&self, fd: RawFd, watch: Watch, token: u64) -> Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, watch, token)
    }

    /// Changes how `fd` is watched.
    pub fn modify(&self, fd: RawFd, watch: Watch, token: u64) -> Result<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, watch, token)
    }

    /// Stops watching `fd`.
    pub fn remove(&self, fd: RawFd) {
        let _ = self.control(libc::EPOLL_CTL_DEL, fd, Watch::Off, 0);
    }

    /// Waits until something is ready or `timeout_ms` has passed (negative: no limit), and puts
    /// at most [`BATCH`] events into `out`. Errors: `EINTR`.
    pub fn wait(&self, timeout_ms: i32, out: &mut Vec<Ready>) -> Result<()> {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; BATCH];
        out.clear();
        // SAFETY: `events` has room for BATCH entries.
        let n =
            unsafe { libc::epoll_wait(self.fd(), events.as_mut_ptr(), BATCH as i32, timeout_ms) };
        if n < 0 {
            return match super::last_errno() {
                Errno::EINTR => Err(Errno::EINTR),
                error => Err(error),
            };
        }
        out.extend(events.iter().take(n as usize).map(|event| {
            let bits = event.events as i32;
            let failed = bits & (libc::EPOLLERR | libc::EPOLLHUP) != 0;
            Ready {
                token: event.u64,
                readable: failed || bits & (libc::EPOLLIN | libc::EPOLLRDHUP) != 0,
                writable: failed || bits & libc::EPOLLOUT != 0,
                hangup: failed || bits & libc::EPOLLRDHUP != 0,
            }
        }));
        Ok(())
    }
}
