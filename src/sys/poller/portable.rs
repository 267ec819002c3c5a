//! Readiness by the `polling` crate: kqueue, event ports, IOCP, poll; epoll when forced.
//!
//! Not all of these report changes, so [`Watch::EdgeBoth`] is built from one-shot interests.
//! Each direction is *armed* or not. It starts armed for reading; a report disarms what it
//! reports; [`Poller::rearm`] arms, and since arming reports at once what holds already, no change
//! is lost between the call that would have blocked and the arming. A direction in which nobody
//! wants to go on (the pipe is full, there is nothing to send) stays disarmed and costs nothing,
//! where a level-triggered interest would be reported over and over.
//!
//! As one-shot interests go off together, the other direction is armed anew after each report;
//! a connection rarely has both.

use std::collections::HashMap;
use std::num::NonZeroUsize;
#[cfg(unix)]
use std::os::fd::BorrowedFd;
#[cfg(windows)]
use std::os::windows::io::BorrowedSocket as BorrowedFd;
use std::time::Duration;

use crate::sync::Mutex;
use crate::sys::libc;
use polling::{Event, Events, PollMode};

use super::{BATCH, Direction, Ready, Watch};
use crate::error::{Errno, Result};
use crate::sys::RawFd;
use crate::sys::cancel::Cancel;

/// A descriptor as it is watched.
struct Watched {
    token: u64,
    watch: Watch,
    /// What [`Watch::EdgeBoth`] waits for now.
    read_armed: bool,
    write_armed: bool,
}

impl Watched {
    fn new(watch: Watch, token: u64) -> Watched {
        Watched { token, watch, read_armed: watch == Watch::EdgeBoth, write_armed: false }
    }

    fn interest(&self, key: usize) -> (Event, PollMode) {
        match self.watch {
            Watch::EdgeBoth => {
                (Event::new(key, self.read_armed, self.write_armed), PollMode::Oneshot)
            }
            Watch::LevelRead | Watch::EdgeRead => (Event::readable(key), PollMode::Level),
            Watch::LevelWrite => (Event::writable(key), PollMode::Level),
            // One-shot, so that an error is not reported for ever.
            Watch::Off => (Event::none(key), PollMode::Oneshot),
        }
    }
}

/// A poller of the `polling` crate.
pub struct Poller {
    inner: polling::Poller,
    /// By descriptor, which also is the event's key: tokens may be wider than keys.
    watched: Mutex<HashMap<usize, Watched, foldhash::fast::RandomState>>,
    /// Used by whoever waits.
    events: Mutex<Events>,
}

/// The key of a descriptor. Errors: `EBADF`.
fn key(fd: RawFd) -> Result<usize> {
    usize::try_from(fd).map_err(|_| Errno(libc::EBADF))
}

impl Poller {
    /// [`Watch::EdgeBoth`] needs [`Poller::rearm`].
    pub const EDGE: bool = false;
    /// No poller can watch another.
    pub const NESTED: bool = false;

    /// A fresh poller. Errors: `EMFILE`, `ENFILE`, `ENOMEM`.
    pub fn new() -> Result<Poller> {
        let capacity = NonZeroUsize::new(BATCH).unwrap_or(NonZeroUsize::MIN);
        Ok(Poller {
            inner: polling::Poller::new()?,
            watched: Mutex::default(),
            events: Mutex::new(Events::with_capacity(capacity)),
        })
    }

    /// The poller's own descriptor: none that could be watched on every system.
    pub fn fd(&self) -> Option<RawFd> {
        None
    }

    /// Starts to watch `fd`, until [`Poller::remove`], which must come before it is closed.
    pub fn add(&self, fd: RawFd, watch: Watch, token: u64) -> Result<()> {
        let key = key(fd)?;
        let entry = Watched::new(watch, token);
        let (event, mode) = entry.interest(key);
        let mut watched = self.watched.lock();
        // SAFETY: by this function's contract `fd` is removed before it is closed.
        unsafe { self.inner.add_with_mode(fd, event, mode) }?;
        watched.insert(key, entry);
        Ok(())
    }

    /// Changes how `fd` is watched. Errors: `ENOENT` if it is not.
    pub fn modify(&self, fd: RawFd, watch: Watch, token: u64) -> Result<()> {
        let key = key(fd)?;
        let mut watched = self.watched.lock();
        let entry = watched.get_mut(&key).ok_or(Errno(libc::ENOENT))?;
        *entry = Watched::new(watch, token);
        self.arm(key, entry)
    }

    /// Asks for a report when `fd`, watched by [`Watch::EdgeBoth`], is ready in `direction`, which
    /// may be at once. Nothing if it is not watched so (any more).
    pub fn rearm(&self, fd: RawFd, direction: Direction) -> Result<()> {
        let key = key(fd)?;
        let mut watched = self.watched.lock();
        let Some(entry) = watched.get_mut(&key) else { return Ok(()) };
        let armed = match direction {
            Direction::Read => &mut entry.read_armed,
            Direction::Write => &mut entry.write_armed,
        };
        if entry.watch != Watch::EdgeBoth || std::mem::replace(armed, true) {
            return Ok(());
        }
        self.arm(key, entry)
    }

    /// Tells the system what is wanted of a descriptor that is in the table, whose lock the caller
    /// holds.
    fn arm(&self, key: usize, entry: &Watched) -> Result<()> {
        let (event, mode) = entry.interest(key);
        // SAFETY: it is in the table, so it is open, by the contract of `add`.
        let fd = unsafe { BorrowedFd::borrow_raw(key as RawFd) };
        Ok(self.inner.modify_with_mode(fd, event, mode)?)
    }

    /// Stops watching `fd`.
    pub fn remove(&self, fd: RawFd) {
        let Ok(key) = key(fd) else { return };
        let mut watched = self.watched.lock();
        if watched.remove(&key).is_some() {
            // SAFETY: it was in the table, so it is open, by the contract of `add`.
            let _ = self.inner.delete(unsafe { BorrowedFd::borrow_raw(fd) });
        }
    }

    /// Waits until something is ready or `timeout_ms` has passed (negative: no limit), and puts
    /// at most [`BATCH`] events into `out`. No cancelled thread ends in it.
    pub fn wait(&self, timeout_ms: i32, out: &mut Vec<Ready>, _cancel: Cancel) -> Result<()> {
        out.clear();
        let timeout = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
        let mut events = self.events.lock();
        events.clear();
        self.inner.wait(&mut events, timeout)?;
        let mut watched = self.watched.lock();
        for event in events.iter() {
            // What was removed meanwhile is not reported.
            if let Some(entry) = watched.get_mut(&event.key) {
                out.push(self.report(event, entry));
            }
        }
        Ok(())
    }

    /// Disarms what is reported, and arms the other direction anew.
    fn report(&self, event: Event, entry: &mut Watched) -> Ready {
        let mut ready = Ready {
            token: entry.token,
            readable: event.readable,
            writable: event.writable,
            // Not every system tells the end of the stream from what comes before it.
            hangup: false,
        };
        if entry.watch == Watch::EdgeBoth {
            entry.read_armed &= !event.readable;
            entry.write_armed &= !event.writable;
            if (entry.read_armed || entry.write_armed) && self.arm(event.key, entry).is_err() {
                // Whoever acts on the report finds that there is nothing, and hears of the error
                // when it arms again.
                ready.readable |= std::mem::take(&mut entry.read_armed);
                ready.writable |= std::mem::take(&mut entry.write_armed);
            }
        }
        ready
    }
}
