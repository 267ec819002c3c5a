//! The readiness queue of Linux.

use std::os::fd::RawFd;

use super::{BATCH, Direction, Ready, Watch};
use crate::error::{Errno, Result};
use crate::sys::cancel::{Cancel, Shield};
use crate::sys::fd::Fd;
use crate::sys::last_errno;
use crate::sys::libc;

unsafe extern "C-unwind" {
    // Not the libc crate's: in this one a thread that is cancelled ends.
    fn epoll_wait(
        fd: RawFd,
        events: *mut libc::epoll_event,
        room: libc::c_int,
        timeout_ms: libc::c_int,
    ) -> libc::c_int;
}

impl Watch {
    fn events(self) -> u32 {
        let bits = match self {
            Watch::EdgeBoth => libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP | libc::EPOLLET,
            Watch::EdgeRead => libc::EPOLLIN | libc::EPOLLRDHUP | libc::EPOLLET,
            Watch::LevelRead => libc::EPOLLIN,
            Watch::LevelWrite => libc::EPOLLOUT,
            Watch::Off => 0,
        };
        bits as u32
    }
}

/// An epoll instance.
pub struct Poller {
    fd: Fd,
}

impl Poller {
    /// [`Watch::EdgeBoth`] needs no [`Poller::rearm`].
    pub const EDGE: bool = true;
    /// One poller can watch another.
    pub const NESTED: bool = true;

    /// A fresh instance. Errors: `EMFILE`, `ENFILE`, `ENOMEM`.
    pub fn new() -> Result<Poller> {
        // SAFETY: no pointers; the result is checked.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if fd < 0 {
            return Err(last_errno());
        }
        // SAFETY: `fd` was just made and belongs to nobody else.
        Ok(Poller { fd: unsafe { Fd::own(fd) } })
    }

    /// The instance's own descriptor, which is readable while any of its events waits; `None`
    /// where there is no such thing.
    pub fn fd(&self) -> Option<RawFd> {
        Some(self.fd.raw())
    }

    fn control(&self, operation: i32, fd: RawFd, watch: Watch, token: u64) -> Result<()> {
        let mut event = libc::epoll_event { events: watch.events(), u64: token };
        // SAFETY: `event` is valid for the call; the kernel copies it.
        let rc = unsafe { libc::epoll_ctl(self.fd.raw(), operation, fd, &raw mut event) };
        if rc < 0 { Err(last_errno()) } else { Ok(()) }
    }

    /// Starts to watch `fd`.
    pub fn add(&self, fd: RawFd, watch: Watch, token: u64) -> Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, watch, token)
    }

    /// Changes how `fd` is watched.
    pub fn modify(&self, fd: RawFd, watch: Watch, token: u64) -> Result<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, watch, token)
    }

    /// Asks for a report when `fd`, watched by [`Watch::EdgeBoth`], is ready in `direction` again.
    #[inline(always)]
    pub fn rearm(&self, _fd: RawFd, _direction: Direction) -> Result<()> {
        Ok(())
    }

    /// Stops watching `fd`.
    pub fn remove(&self, fd: RawFd) {
        let _ = self.control(libc::EPOLL_CTL_DEL, fd, Watch::Off, 0);
    }

    /// Waits until something is ready or `timeout_ms` has passed (negative: no limit), and puts
    /// at most [`BATCH`] events into `out`. Errors: `EINTR`.
    pub fn wait(&self, timeout_ms: i32, out: &mut Vec<Ready>, cancel: Cancel) -> Result<()> {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; BATCH];
        out.clear();
        let _shield = (cancel == Cancel::Later).then(Shield::new);
        // SAFETY: `events` has room for BATCH entries.
        let n = unsafe { epoll_wait(self.fd.raw(), events.as_mut_ptr(), BATCH as i32, timeout_ms) };
        if n < 0 {
            return match last_errno() {
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
