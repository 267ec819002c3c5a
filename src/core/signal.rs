//! How a socket is told that something happened, and how a thread waits for that.
//!
//! One word holds everything:
//!
//! | bit | meaning | set by | cleared by |
//! |---|---|---|---|
//! | `PENDING` | commands wait in the mailbox | whoever sends one | the socket's user, before it drains the mailbox |
//! | `QUIET` | commands wait that bring nothing to receive | as `PENDING` | as `PENDING` |
//! | `PARKED` | a thread sleeps on this word, or is about to | that thread, while it has the socket | whoever wakes it |
//! | `EAGER` | one of those is there for more than to receive | as `PARKED` | as `PARKED` |
//! | `LISTED` | `waiters` is not empty | who registers a waiter, under the list's lock | who removes the last |
//! | `DESCRIPTOR` | `descriptor` mirrors `PENDING` | who first asks for it | nobody |
//! | `TERMINATED` | the context is going down | the context | nobody |
//! | the rest | wake-ups so far | whoever wakes | |
//!
//! A sender sets `PENDING` after it queued its command and wakes sleepers only on the change
//! from clear to set; a sleeper announces itself first and looks at `PENDING` again before it
//! sleeps. Both use one word, so the order between them is total and no wake-up is lost.
//!
//! Connections that come and go are of no use to a thread that waits for something to receive. What is
//! said of them it attends to when it is awake, or when somebody else wakes it.
//!
//! Several threads may use one socket. What one of them takes out of the mailbox may be what
//! another is about to sleep for, and `PENDING` is clear when that one looks: it remembers the word
//! as it was while it had the socket, and by `PENDING` in it, or by the number of wake-ups since,
//! it knows that it must look at the socket again.
//!
//! The descriptor (an eventfd, made on first demand) is readable exactly while `PENDING` or
//! `QUIET` is set: a small lock around "change the bit, change the descriptor" keeps the two together.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::error::{Errno, Result};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Arc, Lock};
use crate::sys::RawFd;
use crate::sys::cancel::Cancel;
use crate::sys::event::EventFd;
use crate::sys::word::Word;

const PENDING: u32 = 1;
const PARKED: u32 = 2;
const LISTED: u32 = 4;
const DESCRIPTOR: u32 = 8;
const TERMINATED: u32 = 16;
const QUIET: u32 = 32;
const EAGER: u32 = 64;
/// The lowest bit of the number of wake-ups.
const WAKE_UP: u32 = 128;

/// What a thread sleeps for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// Anything that a command may say.
    All,
    /// Something to receive.
    Input,
}

impl Wants {
    /// The bits that end the sleep.
    fn bits(self) -> u32 {
        match self {
            Wants::All => PENDING | TERMINATED | QUIET,
            Wants::Input => PENDING | TERMINATED,
        }
    }
}

/// Until when a blocking call waits. `None` in a position means for ever.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// A wait of `timeout_ms` milliseconds from now; negative: no limit.
    pub fn after_ms(timeout_ms: i64) -> Deadline {
        let limit = u64::try_from(timeout_ms).ok();
        Deadline(limit.and_then(|ms| Instant::now().checked_add(Duration::from_millis(ms))))
    }

    /// A wait of so long from now.
    pub fn after(time: Duration) -> Deadline {
        Deadline(Instant::now().checked_add(time))
    }

    /// What is left; `Some(0)` once passed, `None` without limit.
    pub fn remaining(&self) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// What is left in milliseconds, rounded up, as poll functions want it; -1 without limit.
    pub fn remaining_ms(&self) -> i32 {
        match self.remaining() {
            None => -1,
            Some(left) => {
                let ms = left.as_micros().div_ceil(1000);
                i32::try_from(ms).unwrap_or(i32::MAX)
            }
        }
    }

    /// Whether the time is over.
    pub fn passed(&self) -> bool {
        self.remaining().is_some_and(|left| left.is_zero())
    }
}

/// What a [`Waiter`] is doing.
const BUSY: u32 = 0;
const ASLEEP: u32 = 1;
const WOKEN: u32 = 2;

/// A thread that waits for several sockets at once, or for sockets and descriptors.
#[derive(Default)]
pub struct Waiter {
    state: Word,
    /// Set on waking, for a thread that sleeps in the system's poll.
    event: Option<EventFd>,
    /// It waits for something to receive, and nothing else.
    only_input: bool,
}

impl Waiter {
    /// A waiter that sleeps in [`Waiter::wait`].
    pub fn new() -> Arc<Waiter> {
        Arc::new(Waiter::default())
    }

    /// A waiter whose waking makes a descriptor readable. Errors: `EMFILE`.
    pub fn with_event() -> Result<Arc<Waiter>> {
        Waiter::with_event_for(Wants::All)
    }

    /// As [`Waiter::with_event`], for a thread that wants this. Errors: `EMFILE`.
    pub fn with_event_for(wants: Wants) -> Result<Arc<Waiter>> {
        Ok(Arc::new(Waiter {
            state: Word::new(BUSY),
            event: Some(EventFd::new()?),
            only_input: wants == Wants::Input,
        }))
    }

    /// Its descriptor.
    pub fn event(&self) -> Option<&EventFd> {
        self.event.as_ref()
    }

    /// Ends the sleep, or keeps the next one from beginning.
    pub fn wake(&self) {
        if self.state.swap(WOKEN, Ordering::SeqCst) == ASLEEP {
            match &self.event {
                Some(event) => event.set(),
                None => self.state.wake_all(),
            }
        }
    }

    /// Announces sleep. `false`: it was woken since the last [`Waiter::rise`]; do not sleep.
    pub fn lie_down(&self) -> bool {
        self.state.compare_exchange(BUSY, ASLEEP, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Ends sleep and forgets wake-ups; look at the sockets afterwards. `seen`: the descriptor was
    /// readable. (It becomes so a moment after the wake-up that it is about, which may be over by
    /// then.)
    pub fn rise(&self, seen: bool) {
        let was = self.state.swap(BUSY, Ordering::SeqCst);
        if let Some(event) = &self.event
            && (seen || was == WOKEN)
        {
            event.clear();
        }
    }

    /// Forgets wake-ups that came since [`Waiter::rise`]; look at the sockets afterwards.
    pub fn stay_up(&self) {
        self.state.swap(BUSY, Ordering::SeqCst);
    }

    /// Makes the descriptor unreadable for somebody else than the sleeper, who may have come back
    /// in this moment: `inside` says so.
    pub fn forget(&self, inside: &AtomicBool) {
        if let Some(event) = &self.event {
            event.clear();
            if inside.load(Ordering::SeqCst) && self.state.load(Ordering::SeqCst) == WOKEN {
                event.set();
            }
        }
    }

    /// Sleeps until one of the sockets was signalled since the last [`Waiter::rise`]. Errors:
    /// `EAGAIN` at the deadline, `EINTR`.
    pub fn wait(&self, deadline: Deadline, cancel: Cancel) -> Result<()> {
        let result = loop {
            if !self.lie_down() && self.state.load(Ordering::SeqCst) == WOKEN {
                break Ok(());
            }
            let left = deadline.remaining();
            if left.is_some_and(|left| left.is_zero()) {
                break Err(Errno::EAGAIN);
            }
            match self.state.wait(ASLEEP, left, cancel) {
                Err(Errno::EINTR) => break Err(Errno::EINTR),
                _ => continue,
            }
        };
        self.rise(false);
        result
    }
}

/// One registration of a waiter with a signal, ended when dropped.
pub struct Registration {
    mailbox: Arc<super::mailbox::Mailbox>,
    waiter: Arc<Waiter>,
}

impl Registration {
    /// Has `waiter` woken whenever `mailbox`'s signal is raised.
    pub fn new(mailbox: &Arc<super::mailbox::Mailbox>, waiter: &Arc<Waiter>) -> Registration {
        mailbox.signal.add_waiter(waiter);
        Registration { mailbox: mailbox.clone(), waiter: waiter.clone() }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.mailbox.signal.remove_waiter(&self.waiter);
    }
}

/// The mirror of `PENDING` as a descriptor.
struct Mirror {
    event: EventFd,
    readable: Lock<bool>,
}

/// One socket's signal.
#[derive(Default)]
pub struct Signal {
    state: Word,
    waiters: Lock<Vec<Arc<Waiter>>>,
    mirror: OnceLock<Mirror>,
}

impl Signal {
    /// Whether there is anything to do before going on: commands, or the context's end. One
    /// load of a line that is written only when there is.
    #[inline(always)]
    pub fn needs_attention(&self) -> bool {
        self.state.load(Ordering::Acquire) & Wants::All.bits() != 0
    }

    /// Whether the context is going down.
    pub fn is_terminated(&self) -> bool {
        self.state.load(Ordering::Acquire) & TERMINATED != 0
    }

    /// Says that a command was queued.
    pub fn raise(&self) {
        self.set(PENDING);
    }

    /// As [`Signal::raise`], of a command that brings nothing to receive: does not wake those who wait for
    /// that.
    pub fn raise_quietly(&self) {
        let before = self.state.fetch_or(QUIET, Ordering::SeqCst);
        if before & (QUIET | PENDING) != 0 {
            return;
        }
        if before & DESCRIPTOR != 0 {
            self.show();
        }
        if before & EAGER != 0 {
            self.wake();
        }
        if before & LISTED != 0 {
            self.waiters.lock().iter().filter(|w| !w.only_input).for_each(|w| w.wake());
        }
    }

    /// Says that the context is going down.
    pub fn terminate(&self) {
        self.set(TERMINATED | PENDING);
    }

    fn set(&self, bits: u32) {
        let before = self.state.fetch_or(bits, Ordering::SeqCst);
        if before & bits == bits {
            return;
        }
        if before & DESCRIPTOR != 0 {
            self.show();
        }
        if before & PARKED != 0 {
            self.wake();
        }
        if before & LISTED != 0 {
            for waiter in self.waiters.lock().iter() {
                waiter.wake();
            }
        }
    }

    /// Clears `PENDING` and `QUIET`. Drain the mailbox afterwards, not before.
    pub fn acknowledge(&self) {
        let before = self.state.fetch_and(!(PENDING | QUIET), Ordering::SeqCst);
        if before & DESCRIPTOR != 0 {
            self.show();
        }
    }

    /// Ends the sleep of everybody who sleeps here or is about to; there is nothing to attend to,
    /// but they may get further now.
    pub fn nudge(&self) {
        if self.state.load(Ordering::SeqCst) & PARKED != 0 {
            self.wake();
        }
    }

    #[cold]
    fn wake(&self) {
        let awake = |state: u32| Some((state & !(PARKED | EAGER)).wrapping_add(WAKE_UP));
        let _ = self.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, awake);
        self.state.wake_all();
    }

    /// Makes the descriptor say what `PENDING` and `QUIET` say.
    fn show(&self) {
        let Some(mirror) = self.mirror.get() else { return };
        let mut readable = mirror.readable.lock();
        let pending = self.state.load(Ordering::SeqCst) & (PENDING | QUIET) != 0;
        if pending != *readable {
            *readable = pending;
            if pending { mirror.event.set() } else { mirror.event.clear() }
        }
    }

    /// The descriptor that is readable while there is something to process. Errors: `EMFILE`.
    pub fn descriptor(&self) -> Result<RawFd> {
        if let Some(mirror) = self.mirror.get() {
            return Ok(mirror.event.fd());
        }
        let event = EventFd::new()?;
        let mirror = self.mirror.get_or_init(|| Mirror { event, readable: Lock::new(false) });
        self.state.fetch_or(DESCRIPTOR, Ordering::SeqCst);
        self.show();
        Ok(mirror.event.fd())
    }

    /// Registers `waiter` to be woken whenever this signal is raised.
    fn add_waiter(&self, waiter: &Arc<Waiter>) {
        let mut waiters = self.waiters.lock();
        waiters.push(waiter.clone());
        self.state.fetch_or(LISTED, Ordering::SeqCst);
    }

    /// Takes `waiter` off the list (one registration of it).
    fn remove_waiter(&self, waiter: &Arc<Waiter>) {
        let mut waiters = self.waiters.lock();
        if let Some(position) = waiters.iter().position(|other| Arc::ptr_eq(other, waiter)) {
            waiters.swap_remove(position);
        }
        if waiters.is_empty() {
            self.state.fetch_and(!LISTED, Ordering::SeqCst);
        }
    }

    /// Announces sleep, while the socket is still held by its caller: whatever comes from here on that
    /// it wants ends [`Signal::wait`].
    pub fn ticket(&self, wants: Wants) -> Ticket {
        let state = self.state.load(Ordering::SeqCst);
        if state & wants.bits() != 0 {
            return Ticket { state, wants };
        }
        let sleeper = if wants == Wants::All { PARKED | EAGER } else { PARKED };
        Ticket { state: self.state.fetch_or(sleeper, Ordering::SeqCst), wants }
    }

    /// Sleeps until there is something to attend to, or was since the ticket was taken. Errors:
    /// `EAGAIN` at the deadline, `EINTR`.
    pub fn wait(&self, ticket: Ticket, deadline: Deadline, cancel: Cancel) -> Result<()> {
        let wanted = ticket.wants.bits();
        if ticket.state & wanted != 0 {
            return Ok(());
        }
        loop {
            let state = self.state.load(Ordering::SeqCst);
            let woken = state / WAKE_UP != ticket.state / WAKE_UP;
            if woken || state & wanted != 0 {
                return Ok(());
            }
            let left = deadline.remaining();
            if left.is_some_and(|left| left.is_zero()) {
                return Err(Errno::EAGAIN);
            }
            self.state.wait(state, left, cancel)?;
        }
    }
}

/// What a [`Signal`] was when its socket was last looked at, and what for.
#[derive(Clone, Copy)]
pub struct Ticket {
    state: u32,
    wants: Wants,
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::sys::{libc, poll};

    fn readable(fd: RawFd) -> bool {
        let mut entries = [poll::entry(fd, libc::POLLIN)];
        poll::look(&mut entries).expect("poll") == 1
    }

    #[test]
    fn the_descriptor_follows_pending() {
        let signal = Signal::default();
        signal.raise();
        let fd = signal.descriptor().expect("eventfd");
        assert!(readable(fd));
        signal.acknowledge();
        assert!(!readable(fd));
        signal.raise();
        signal.raise();
        assert!(readable(fd));
        signal.acknowledge();
        assert!(!readable(fd));
    }

    #[test]
    fn a_raised_signal_does_not_wait() {
        let signal = Signal::default();
        signal.raise();
        assert_eq!(
            signal.wait(signal.ticket(Wants::All), Deadline::after_ms(-1), Cancel::Later),
            Ok(())
        );
        signal.acknowledge();
        assert_eq!(
            signal.wait(signal.ticket(Wants::All), Deadline::after_ms(1), Cancel::Later),
            Err(Errno::EAGAIN)
        );
    }

    #[test]
    fn sleepers_and_listed_waiters_are_woken() {
        let signal = Signal::default();
        let waiter = Waiter::new();
        signal.add_waiter(&waiter);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert_eq!(
                    signal.wait(signal.ticket(Wants::All), Deadline::after_ms(-1), Cancel::Later),
                    Ok(())
                )
            });
            scope.spawn(|| assert_eq!(waiter.wait(Deadline::after_ms(-1), Cancel::Later), Ok(())));
            signal.raise();
        });
        signal.remove_waiter(&waiter);
    }

    #[test]
    fn termination_stays() {
        let signal = Signal::default();
        signal.terminate();
        signal.acknowledge();
        assert!(signal.needs_attention());
        assert_eq!(
            signal.wait(signal.ticket(Wants::All), Deadline::after_ms(-1), Cancel::Later),
            Ok(())
        );
    }

    #[test]
    fn who_takes_the_news_wakes_those_who_were_about_to_sleep() {
        let signal = Signal::default();
        let ticket = signal.ticket(Wants::All);
        signal.raise();
        signal.acknowledge();
        assert_eq!(signal.wait(ticket, Deadline::after_ms(-1), Cancel::Later), Ok(()));
        signal.raise();
        let ticket = signal.ticket(Wants::All);
        signal.acknowledge();
        assert_eq!(signal.wait(ticket, Deadline::after_ms(-1), Cancel::Later), Ok(()));
        let ticket = signal.ticket(Wants::All);
        assert_eq!(signal.wait(ticket, Deadline::after_ms(1), Cancel::Later), Err(Errno::EAGAIN));
    }
}

#[cfg(all(test, loom))]
mod models;
