//! Pollers: what is waited for stays registered from one wait to the next.
//!
//! A poller of sockets only sleeps on a word of memory. It gets a descriptor of its own, which
//! its sockets then wake instead, with the first raw descriptor or the first thread-safe socket;
//! in the latter case the application may watch that descriptor too.

use smallvec::SmallVec;

use super::blocking::with;
use super::handle::Handle;
use super::polling::{Source, from_system, to_system};
use super::socket::Socket;
use crate::core::mailbox::Mailbox;
use crate::core::signal::{Deadline, Registration, Waiter};
use crate::error::{Errno, Result};
use crate::sync::{Arc, Mutex, MutexGuard};
use crate::sys::cancel::Cancel;
use crate::sys::gate::Gate;
use crate::sys::poll::{PollFd, entry, look, poll};
use crate::sys::{RawFd, fork, libc};

/// An event that a wait found.
pub struct Event<D> {
    /// Of what.
    pub source: Source,
    /// What the item was added with.
    pub data: D,
    /// `ZMQ_POLLIN`, `ZMQ_POLLOUT`, `ZMQ_POLLERR`, `ZMQ_POLLPRI`.
    pub events: i16,
}

/// A set of sockets and descriptors to wait for, each with some data of the caller's.
///
/// It is meant for one thread at a time. Of two threads that wait, one waits for the other; a
/// change by another thread reaches a wait at once.
///
/// In a forked child, the parent's poller is of no use: every call answers `ETERM`.
pub struct Poller<D> {
    state: Mutex<State<D>>,
    /// Shut by who waits.
    turn: Gate,
    /// Which process made it, by the forks that lie before that.
    process: u32,
}

struct State<D> {
    entries: Vec<Entry<D>>,
    waiter: Arc<Waiter>,
    /// The waiter's descriptor is the application's to watch.
    exposed: bool,
    /// A thread sleeps, with the lock released.
    sleeping: bool,
    /// Grows with each change of the entries.
    version: u64,
}

struct Entry<D> {
    what: What,
    data: D,
    events: i16,
}

enum What {
    Socket(Registered),
    Fd(RawFd),
}

struct Registered {
    handle: &'static Handle<Socket>,
    /// The handle's, so that a successor in its place is not taken for it.
    generation: u32,
    mailbox: Arc<Mailbox>,
    _registration: Registration,
}

/// Descriptors to poll, in the order of the entries that they belong to.
type Descriptors = SmallVec<[PollFd; 8]>;

impl<D: Copy> Poller<D> {
    /// An empty poller.
    pub fn new() -> Poller<D> {
        Poller {
            state: Mutex::new(State {
                entries: Vec::new(),
                waiter: Waiter::new(),
                exposed: false,
                sleeping: false,
                version: 0,
            }),
            turn: Gate::new(),
            process: fork::generation(),
        }
    }

    /// Whether it was made by a process that this one is a forked child of. It must not be dropped
    /// then: its locks are held, perhaps, by threads that there are not.
    pub fn is_inherited(&self) -> bool {
        self.process != fork::generation()
    }

    fn state(&self) -> Result<MutexGuard<'_, State<D>>> {
        if self.is_inherited() { Err(Errno::ETERM) } else { Ok(self.state.lock()) }
    }

    /// How many sockets and descriptors it has.
    pub fn size(&self) -> Result<usize> {
        Ok(self.state()?.entries.len())
    }

    /// Adds a socket. Errors: `EINVAL` if it is there already, `ENOTSOCK`, `EMFILE`.
    pub fn add(&self, handle: &'static Handle<Socket>, data: D, events: i16) -> Result<()> {
        let (mailbox, generation, thread_safe) = with(handle, |socket| {
            let thread_safe = socket.options().socket_type.is_thread_safe();
            Ok((socket.mailbox().clone(), handle.generation(), thread_safe))
        })?;
        let mut state = self.state()?;
        if state.position(handle).is_ok() {
            return Err(Errno::EINVAL);
        }
        if thread_safe {
            state.expose()?;
        }
        state.changed();
        let registration = Registration::new(&mailbox, &state.waiter);
        if state.exposed && mailbox.signal.needs_attention() {
            // Its edge was before the registration.
            state.waiter.wake();
        }
        let registered = Registered { handle, generation, mailbox, _registration: registration };
        state.entries.push(Entry { what: What::Socket(registered), data, events });
        Ok(())
    }

    /// Adds a descriptor. Errors: `EINVAL` if it is there already, `EMFILE`.
    pub fn add_fd(&self, fd: RawFd, data: D, events: i16) -> Result<()> {
        let mut state = self.state()?;
        if state.position_of_fd(fd).is_ok() {
            return Err(Errno::EINVAL);
        }
        state.need_descriptor()?;
        state.changed();
        state.entries.push(Entry { what: What::Fd(fd), data, events });
        Ok(())
    }

    /// Changes the events of a socket. Errors: `EINVAL` if it is not there.
    pub fn modify(&self, handle: &'static Handle<Socket>, events: i16) -> Result<()> {
        let mut state = self.state()?;
        let position = state.position(handle)?;
        state.set_events(position, events);
        Ok(())
    }

    /// Changes the events of a descriptor. Errors: `EINVAL` if it is not there.
    pub fn modify_fd(&self, fd: RawFd, events: i16) -> Result<()> {
        let mut state = self.state()?;
        let position = state.position_of_fd(fd)?;
        state.set_events(position, events);
        Ok(())
    }

    /// Takes a socket out. Errors: `EINVAL` if it is not there.
    pub fn remove(&self, handle: &'static Handle<Socket>) -> Result<()> {
        let mut state = self.state()?;
        let position = state.position(handle)?;
        state.changed();
        state.entries.remove(position);
        Ok(())
    }

    /// Takes a descriptor out. Errors: `EINVAL` if it is not there.
    pub fn remove_fd(&self, fd: RawFd) -> Result<()> {
        let mut state = self.state()?;
        let position = state.position_of_fd(fd)?;
        state.changed();
        state.entries.remove(position);
        Ok(())
    }

    /// Takes all sockets out that were closed.
    pub fn remove_closed(&self) -> Result<()> {
        let mut state = self.state()?;
        state.changed();
        state.entries.retain(|entry| !entry.what.is_closed());
        Ok(())
    }

    /// The descriptor that turns readable when a socket has something to process; a wait makes it
    /// unreadable. Errors: `EINVAL` if there never was a thread-safe socket.
    pub fn descriptor(&self) -> Result<RawFd> {
        let state = self.state()?;
        let event = state.waiter.event().filter(|_| state.exposed).ok_or(Errno::EINVAL)?;
        Ok(event.fd())
    }

    /// Begins to wait until there is an event, for at most `timeout_ms` (negative: no limit). At most
    /// `room` events will be reported. Errors: `ETERM`.
    pub fn watch(self: Arc<Self>, room: usize, timeout_ms: i64) -> Result<Watch<D>> {
        if self.is_inherited() {
            return Err(Errno::ETERM);
        }
        self.turn.shut();
        let watch = Watch {
            poller: self,
            room,
            timeout_ms,
            deadline: None,
            descriptors: None,
            asleep: None,
            slept: Ok(()),
        };
        watch.poller.state()?.waiter.rise(false);
        Ok(watch)
    }
}

/// A wait for events of a poller.
pub struct Watch<D: Copy> {
    poller: Arc<Poller<D>>,
    room: usize,
    timeout_ms: i64,
    /// Known from the first sleep on.
    deadline: Option<Deadline>,
    /// Known from the first look on.
    descriptors: Option<Descriptors>,
    /// What the thread sleeps on, and the poller's version when it lay down.
    asleep: Option<(Arc<Waiter>, u64)>,
    /// What came of the last sleep.
    slept: Result<()>,
}

impl<D: Copy> Watch<D> {
    /// Reports the events that there are, in the order in which the items were added, and returns how
    /// many. Errors: `ASLEEP` if there are none yet, which asks for [`Watch::sleep`] and another
    /// attempt; `EAGAIN` when the time has passed, `EFAULT` if no item has an event to wait for
    /// without limit, `EINTR`, `ETERM`, `ENOTSOCK` if a socket was closed.
    pub fn attempt(&mut self, mut report: impl FnMut(Event<D>)) -> Result<usize> {
        let mut state = self.poller.state()?;
        if let Some((_, version)) = self.asleep.take() {
            state.sleeping = false;
            if let Err(error) = std::mem::replace(&mut self.slept, Ok(()))
                && error != Errno::EAGAIN
            {
                return Err(error);
            }
            if state.version != version {
                state.waiter.rise(false);
                self.descriptors = None;
            }
        }
        let descriptors = match &mut self.descriptors {
            Some(descriptors) => descriptors,
            None => {
                let mut descriptors = state.descriptors(self.room);
                if !descriptors.is_empty() {
                    look(&mut descriptors)?;
                }
                self.descriptors.insert(descriptors)
            }
        };
        if !state.entries.iter().any(|entry| entry.events != 0) {
            if self.timeout_ms < 0 {
                return Err(Errno::EFAULT);
            }
        } else {
            let count = state.look(descriptors, self.room, &mut report)?;
            if count > 0 {
                return Ok(count);
            }
        }
        if self.timeout_ms == 0 || self.deadline.as_ref().is_some_and(Deadline::passed) {
            return Err(Errno::EAGAIN);
        }
        self.deadline.get_or_insert_with(|| Deadline::after_ms(self.timeout_ms));
        self.asleep = Some((state.waiter.clone(), state.version));
        state.sleeping = true;
        Err(Errno::ASLEEP)
    }

    /// Sleeps until another attempt is worth it.
    pub fn sleep(&mut self, cancel: Cancel) {
        if let (Some((waiter, _)), Some(descriptors), Some(deadline)) =
            (&self.asleep, &mut self.descriptors, self.deadline)
        {
            self.slept = sleep(waiter, descriptors, deadline, cancel);
        }
    }
}

impl<D: Copy> Drop for Watch<D> {
    fn drop(&mut self) {
        if let Ok(mut state) = self.poller.state() {
            state.sleeping &= self.asleep.is_none();
            if state.exposed {
                state.arm();
            }
        }
        self.poller.turn.open();
    }
}

/// Sleeps until a socket has something to process or a descriptor an event. Errors: `EAGAIN` at
/// the deadline, `EINTR`.
fn sleep(
    waiter: &Waiter,
    descriptors: &mut Descriptors,
    deadline: Deadline,
    cancel: Cancel,
) -> Result<()> {
    let Some(event) = waiter.event() else { return waiter.wait(deadline, cancel) };
    descriptors.push(entry(event.fd(), libc::POLLIN));
    let limit = if waiter.lie_down() { deadline.remaining_ms() } else { 0 };
    let polled = poll(descriptors, limit, cancel);
    waiter.rise(descriptors.pop().is_some_and(|event| event.revents != 0));
    polled.map(drop)
}

impl What {
    fn is_closed(&self) -> bool {
        matches!(self, What::Socket(socket) if socket.is_closed())
    }
}

impl Registered {
    fn is_closed(&self) -> bool {
        self.handle.generation() != self.generation
    }

    fn events(&self) -> Result<i16> {
        let held = with(self.handle, |socket| {
            if self.is_closed() { Err(Errno::ENOTSOCK) } else { socket.events() }
        });
        held.map(|held| held as i16)
    }
}

impl<D: Copy> State<D> {
    fn position(&self, handle: &'static Handle<Socket>) -> Result<usize> {
        let is_it = |entry: &Entry<D>| match &entry.what {
            What::Socket(socket) => std::ptr::eq(socket.handle, handle) && !socket.is_closed(),
            What::Fd(_) => false,
        };
        self.entries.iter().position(is_it).ok_or(Errno::EINVAL)
    }

    fn position_of_fd(&self, fd: RawFd) -> Result<usize> {
        let is_it = |entry: &Entry<D>| matches!(entry.what, What::Fd(known) if known == fd);
        self.entries.iter().position(is_it).ok_or(Errno::EINVAL)
    }

    fn set_events(&mut self, position: usize, events: i16) {
        self.changed();
        if let Some(entry) = self.entries.get_mut(position) {
            entry.events = events;
        }
    }

    /// Has a sleeping thread look at the entries anew.
    fn changed(&mut self) {
        self.version = self.version.wrapping_add(1);
        if self.sleeping {
            self.waiter.wake();
        }
    }

    /// Makes the sockets wake a descriptor. Errors: `EMFILE`.
    fn need_descriptor(&mut self) -> Result<()> {
        if self.waiter.event().is_some() {
            return Ok(());
        }
        let waiter = Waiter::with_event()?;
        self.changed();
        for entry in &mut self.entries {
            if let What::Socket(socket) = &mut entry.what {
                socket._registration = Registration::new(&socket.mailbox, &waiter);
            }
        }
        self.waiter = waiter;
        Ok(())
    }

    /// Lets the application watch the descriptor. Errors: `EMFILE`.
    fn expose(&mut self) -> Result<()> {
        self.need_descriptor()?;
        if !self.exposed {
            self.exposed = true;
            self.arm();
        }
        Ok(())
    }

    /// Has the next wake-up show on the descriptor though nobody sleeps here, and shows one that
    /// came already.
    fn arm(&self) {
        if !self.sleeping
            && !self.waiter.lie_down()
            && let Some(event) = self.waiter.event()
        {
            event.set();
        }
    }

    fn descriptors(&self, room: usize) -> Descriptors {
        let wanted = |entry: &Entry<D>| match entry.what {
            // Nobody would be told of theirs: they would only keep the thread from sleeping.
            What::Fd(_) if room == 0 || entry.events == 0 => None,
            What::Fd(fd) => Some(self::entry(fd, to_system(entry.events))),
            What::Socket(_) => None,
        };
        self.entries.iter().filter_map(wanted).collect()
    }

    /// Reports the events that hold, for descriptors those in `descriptors`.
    fn look(
        &self,
        descriptors: &[PollFd],
        room: usize,
        report: &mut dyn FnMut(Event<D>),
    ) -> Result<usize> {
        let mut descriptors = descriptors.iter();
        let mut count = 0;
        for entry in &self.entries {
            if count == room {
                break;
            }
            let (source, events) = match &entry.what {
                What::Socket(socket) => {
                    (Source::Socket(socket.handle), socket.events()? & entry.events)
                }
                What::Fd(_) if entry.events == 0 => continue,
                What::Fd(fd) => {
                    let held = descriptors.next().map_or(0, |polled| from_system(polled.revents));
                    (Source::Fd(*fd), held)
                }
            };
            if events != 0 {
                report(Event { source, data: entry.data, events });
                count += 1;
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
