//! Waiting for several sockets and descriptors.

use std::cell::RefCell;

use super::blocking::with;
use super::handle::Handle;
use super::socket::Socket;
use crate::consts::*;
use crate::core::signal::{Deadline, Registration, Waiter};
use crate::error::{Errno, Result};
use crate::sync::Arc;
use crate::sys::cancel::Cancel;
use crate::sys::poll::{self, PollFd, entry};
use crate::sys::{RawFd, fork, libc};

/// What an item is about.
#[derive(Clone, Copy)]
pub enum Source {
    /// A socket.
    Socket(&'static Handle<Socket>),
    /// A descriptor.
    Fd(RawFd),
}

/// Something to wait for.
pub struct Item {
    /// Where.
    pub source: Source,
    /// `ZMQ_POLLIN`, `ZMQ_POLLOUT`, `ZMQ_POLLERR`, `ZMQ_POLLPRI`: what is waited for.
    pub events: i16,
    /// What of it holds.
    pub ready: i16,
}

/// The signal mask during the wait, or null.
pub type Mask = *const libc::sigset_t;

thread_local! {
    /// The calling thread's waiter for sockets beside descriptors: it has a descriptor of its own,
    /// which is worth keeping.
    /// A forked child needs one of its own.
    static WAITER: RefCell<Option<(u32, Arc<Waiter>)>> = const { RefCell::new(None) };
}

/// A wait for events of items.
pub struct Polling {
    /// What is waited for.
    pub items: Vec<Item>,
    waiting: Option<Waiting>,
}

struct Waiting {
    deadline: Deadline,
    waiter: Arc<Waiter>,
    _registrations: Vec<Registration>,
    /// The descriptors among the items, and the waiter's behind them; empty: there are only sockets.
    descriptors: Vec<PollFd>,
    /// What came of the last sleep.
    slept: Result<()>,
}

impl Polling {
    /// A wait for `items`.
    pub fn new(items: Vec<Item>) -> Polling {
        Polling { items, waiting: None }
    }

    /// How many items have an event that holds; 0 when `timeout_ms` (negative: no limit) has passed.
    /// Errors: `ASLEEP` if there is none yet, which asks for [`Polling::sleep`] and another attempt;
    /// `EINTR`, `ETERM`, `ENOTSOCK`, `EMFILE`.
    pub fn attempt(&mut self, timeout_ms: i64, mask: Mask) -> Result<usize> {
        if let Some(waiting) = &mut self.waiting {
            match std::mem::replace(&mut waiting.slept, Ok(())) {
                Ok(()) | Err(Errno::EAGAIN) => {}
                Err(error) => return Err(error),
            }
        }
        let count = look(&mut self.items)?;
        if count > 0 || timeout_ms == 0 {
            return Ok(count);
        }
        let waiting = match &mut self.waiting {
            Some(waiting) => waiting,
            None => {
                self.waiting = Some(Waiting::begin(&self.items, timeout_ms, mask)?);
                // What came before the registrations woke nobody.
                return self.attempt(timeout_ms, mask);
            }
        };
        if waiting.deadline.passed() { Ok(0) } else { Err(Errno::ASLEEP) }
    }

    /// Sleeps until another attempt is worth it.
    ///
    /// # Safety
    /// `mask` is null or points to a valid signal set.
    #[allow(unsafe_code)] // hands the caller's signal mask on
    pub unsafe fn sleep(&mut self, mask: Mask, cancel: Cancel) {
        let Some(waiting) = &mut self.waiting else { return };
        waiting.slept = if waiting.descriptors.is_empty() {
            waiting.waiter.wait(waiting.deadline, cancel)
        } else {
            // SAFETY: by the caller.
            unsafe { waiting.sleep_with_descriptors(mask, cancel) }
        };
    }
}

impl Waiting {
    fn begin(items: &[Item], timeout_ms: i64, mask: Mask) -> Result<Waiting> {
        let deadline = Deadline::after_ms(timeout_ms);
        let only_sockets =
            mask.is_null() && items.iter().all(|item| matches!(item.source, Source::Socket(_)));
        let waiter = if only_sockets { Waiter::new() } else { own_waiter()? };
        let mut descriptors = Vec::new();
        if let Some(event) = waiter.event() {
            descriptors = entries(items);
            descriptors.push(entry(event.fd(), libc::POLLIN));
        }
        let _registrations = register(items, &waiter)?;
        Ok(Waiting { deadline, waiter, _registrations, descriptors, slept: Ok(()) })
    }

    /// # Safety
    /// `mask` is null or points to a valid signal set.
    #[allow(unsafe_code)] // hands the caller's signal mask on
    unsafe fn sleep_with_descriptors(&mut self, mask: Mask, cancel: Cancel) -> Result<()> {
        if !self.waiter.lie_down() {
            self.waiter.rise(false);
            return Ok(());
        }
        let (limit, descriptors) = (self.deadline.remaining_ms(), &mut self.descriptors);
        let waited = if mask.is_null() {
            poll::poll(descriptors, limit, cancel)
        } else {
            // SAFETY: by the caller.
            unsafe { poll::poll_masked(descriptors, limit.into(), mask, cancel) }
        };
        let seen =
            waited.is_ok() && self.descriptors.last().is_some_and(|event| event.revents != 0);
        self.waiter.rise(seen);
        waited.map(drop)
    }
}

fn own_waiter() -> Result<Arc<Waiter>> {
    let process = fork::generation();
    let known = WAITER.try_with(|waiter| waiter.borrow().clone()).ok().flatten();
    if let Some((of, waiter)) = known
        && of == process
    {
        return Ok(waiter);
    }
    let waiter = Waiter::with_event()?;
    let _ = WAITER.try_with(|own| *own.borrow_mut() = Some((process, waiter.clone())));
    Ok(waiter)
}

fn register(items: &[Item], waiter: &Arc<Waiter>) -> Result<Vec<Registration>> {
    let mut registrations = Vec::new();
    for item in items {
        if let Source::Socket(handle) = item.source {
            let mailbox = with(handle, |socket| Ok(socket.mailbox().clone()))?;
            registrations.push(Registration::new(&mailbox, waiter));
        }
    }
    Ok(registrations)
}

/// Finds out which events hold now. Descriptors first: one may be a socket's `ZMQ_FD`, which asking
/// that socket makes unreadable.
fn look(items: &mut [Item]) -> Result<usize> {
    let mut descriptors = entries(items);
    let mut count = 0;
    if !descriptors.is_empty() {
        poll::look(&mut descriptors)?;
        count += take_ready(items, &descriptors);
    }
    for item in items.iter_mut() {
        if let Source::Socket(handle) = item.source {
            let held = with(handle, Socket::events)? as i16;
            item.ready = held & item.events;
            count += usize::from(item.ready != 0);
        }
    }
    Ok(count)
}

/// What to ask the system about the descriptors.
fn entries(items: &[Item]) -> Vec<PollFd> {
    let descriptor = |item: &Item| match item.source {
        Source::Fd(fd) => Some(entry(fd, to_system(item.events))),
        Source::Socket(_) => None,
    };
    items.iter().filter_map(descriptor).collect()
}

/// Puts what the system says of the descriptors into their items.
fn take_ready(items: &mut [Item], descriptors: &[PollFd]) -> usize {
    let files = items.iter_mut().filter(|item| matches!(item.source, Source::Fd(_)));
    let mut count = 0;
    for (item, descriptor) in files.zip(descriptors) {
        item.ready = from_system(descriptor.revents);
        count += usize::from(item.ready != 0);
    }
    count
}

/// The system's names for the events to wait for.
pub(super) fn to_system(events: i16) -> i16 {
    let asked = |bit: i32, system: i16| if i32::from(events) & bit != 0 { system } else { 0 };
    asked(ZMQ_POLLIN, libc::POLLIN)
        | asked(ZMQ_POLLOUT, libc::POLLOUT)
        | asked(ZMQ_POLLPRI, libc::POLLPRI)
}

/// As libzmq has it, anything but input, output and urgent input is an error.
pub(super) fn from_system(held: i16) -> i16 {
    let mut events = 0;
    for (system, bit) in
        [(libc::POLLIN, ZMQ_POLLIN), (libc::POLLOUT, ZMQ_POLLOUT), (libc::POLLPRI, ZMQ_POLLPRI)]
    {
        if held & system != 0 {
            events |= bit;
        }
    }
    if held & !(libc::POLLIN | libc::POLLOUT | libc::POLLPRI) != 0 {
        events |= ZMQ_POLLERR;
    }
    events as i16
}
