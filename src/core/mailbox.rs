//! Commands to a socket from other threads.

use std::sync::OnceLock;

use crossbeam_queue::SegQueue;

use super::pipe::{Peer, PipeReader, PipeWriter};
use super::signal::Signal;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};

/// Where a pipe's messages come from and go to, for monitor events and `zmq_disconnect`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointPair {
    /// This side's address, empty if unknown. All connections accepted at one address share it.
    pub local: std::sync::Arc<str>,
    /// The other side's.
    pub remote: Box<str>,
    /// This side bound, rather than connected.
    pub bound: bool,
}

impl EndpointPair {
    /// A bound endpoint.
    pub fn bind(local: &str) -> EndpointPair {
        EndpointPair { local: local.into(), remote: Box::default(), bound: true }
    }

    /// An endpoint that is connected to.
    pub fn connect(remote: &str) -> EndpointPair {
        EndpointPair { local: Default::default(), remote: remote.into(), bound: false }
    }

    /// The address that the application knows the endpoint by.
    pub fn identifier(&self) -> &str {
        if self.bound { &self.local } else { &self.remote }
    }
}

/// A pipe to be attached to a socket.
pub struct NewPipe {
    /// The socket's writing end.
    pub writer: PipeWriter,
    /// The socket's reading end.
    pub reader: PipeReader,
    /// Through which the other side reaches the socket.
    pub link: Arc<PipeLink>,
    /// The peer takes everything whatever it subscribed to.
    pub subscribe_to_all: bool,
    /// This socket connected.
    pub locally_initiated: bool,
    /// The listener that accepted the connection, by address; 0 for none.
    pub origin: usize,
    /// Addresses.
    pub endpoints: Arc<EndpointPair>,
}

impl NewPipe {
    /// Hands the pipe to the socket that its link leads to.
    pub fn hand_over(self) {
        let link = self.link.clone();
        let Some(mailbox) = link.mailbox.get() else { return };
        let attach = Command::Attach(Box::new(self));
        if link.quiet { mailbox.send_quietly(attach) } else { mailbox.send(attach) }
    }
}

/// Which pipe of a socket is meant. Numbers are used again, serials are not: what is said of a pipe
/// that is gone must not be taken for its successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PipeKey {
    /// Where the socket keeps it.
    pub number: u32,
    /// Counts the pipes that the socket had.
    pub serial: u32,
}

impl PipeKey {
    fn to_bits(self) -> u64 {
        u64::from(self.serial) << 32 | u64::from(self.number)
    }

    fn from_bits(bits: u64) -> PipeKey {
        PipeKey { number: bits as u32, serial: (bits >> 32) as u32 }
    }
}

/// What a socket can be told.
pub enum Command {
    /// A new pipe.
    Attach(Box<NewPipe>),
    /// A pipe has something to read again.
    Readable(PipeKey),
    /// A pipe has room again.
    Writable(PipeKey),
    /// A pipe's other end will write no more.
    Ended(PipeKey),
    /// The connection behind a pipe was lost and will be replaced.
    Hiccup(PipeKey),
    /// The connection to this endpoint is given up for good.
    EndpointGone(Box<str>),
}

/// One of so many commands is not queued quietly: nobody may fill the memory of a socket that sleeps by
/// connecting and going away.
const MOST_QUIET: u32 = 32;

/// A socket's mailbox: many senders, one reader.
#[derive(Default)]
pub struct Mailbox {
    commands: SegQueue<Command>,
    /// Commands that were queued quietly.
    quiet: AtomicU32,
    closed: AtomicBool,
    /// How the socket is woken.
    pub signal: Signal,
}

impl Mailbox {
    /// Queues a command and wakes the socket. After the socket was closed, commands are dropped.
    pub fn send(&self, command: Command) {
        self.queue(command, Signal::raise);
    }

    /// As [`Mailbox::send`], of a connection that came or went: a thread that waits for something to
    /// receive sleeps on, unless there have been many.
    pub fn send_quietly(&self, command: Command) {
        let many = self.quiet.fetch_add(1, Ordering::Relaxed) % MOST_QUIET == MOST_QUIET - 1;
        self.queue(command, if many { Signal::raise } else { Signal::raise_quietly });
    }

    fn queue(&self, command: Command, tell: impl FnOnce(&Signal)) {
        if self.closed.load(Ordering::SeqCst) {
            return;
        }
        self.commands.push(command);
        tell(&self.signal);
        if self.closed.load(Ordering::SeqCst) {
            // Closed in between: the socket has drained for the last time.
            while self.commands.pop().is_some() {}
        }
    }

    /// Takes the oldest command.
    pub fn take(&self) -> Option<Command> {
        self.commands.pop()
    }

    /// Refuses commands from now on and drops what is queued.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        while self.commands.pop().is_some() {}
    }

    /// Whether the socket was closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }
}

/// The way from a pipe's far end to the socket that holds the near one. Until the pipe is
/// attached nothing needs to be said: the socket looks at a new pipe by itself.
pub struct PipeLink {
    mailbox: OnceLock<Arc<Mailbox>>,
    /// That the pipe comes, and that it ends, brings the socket nothing to receive.
    quiet: bool,
    /// A [`PipeKey`]'s bits.
    key: AtomicU64,
    /// What the far socket's high-water marks add to the near one's (inproc); -1 for nothing.
    boosts: [AtomicI32; 2],
}

const UNATTACHED: u64 = u64::MAX;

impl PipeLink {
    /// A link to `mailbox`'s socket for a pipe not yet attached.
    pub fn new(mailbox: Arc<Mailbox>) -> Arc<PipeLink> {
        Arc::new(PipeLink::with(OnceLock::from(mailbox), false))
    }

    /// As [`PipeLink::new`]. `quiet`: that the pipe comes, and that it ends, brings the socket nothing to
    /// receive. It is told of the first message then, which its reader has to be
    /// [`PipeReader::asleep`] for.
    pub fn for_attach(mailbox: Arc<Mailbox>, quiet: bool) -> Arc<PipeLink> {
        Arc::new(PipeLink::with(OnceLock::from(mailbox), quiet))
    }

    /// A link to a socket that is not known yet.
    pub fn open() -> Arc<PipeLink> {
        Arc::new(PipeLink::with(OnceLock::new(), false))
    }

    fn with(mailbox: OnceLock<Arc<Mailbox>>, quiet: bool) -> PipeLink {
        PipeLink {
            mailbox,
            quiet,
            key: AtomicU64::new(UNATTACHED),
            boosts: [AtomicI32::new(-1), AtomicI32::new(-1)],
        }
    }

    /// The socket is known now.
    pub fn lead_to(&self, mailbox: Arc<Mailbox>) {
        let _ = self.mailbox.set(mailbox);
    }

    /// The socket attached the pipe as `key`.
    pub fn attach(&self, key: PipeKey) {
        self.key.store(key.to_bits(), Ordering::SeqCst);
    }

    /// Remembers the far socket's marks: what it sends with and what it receives with.
    pub fn set_boosts(&self, far_sndhwm: i32, far_rcvhwm: i32) {
        self.boosts[0].store(far_sndhwm, Ordering::SeqCst);
        self.boosts[1].store(far_rcvhwm, Ordering::SeqCst);
    }

    /// The marks of the whole pipe for the near socket's `rcvhwm` and `sndhwm`: what comes in,
    /// what goes out. Unlimited on one side is unlimited in all.
    pub fn marks(&self, rcvhwm: i32, sndhwm: i32) -> (i32, i32) {
        let sum = |own: i32, boost: &AtomicI32| match boost.load(Ordering::SeqCst) {
            0 => 0,
            _ if own <= 0 => 0,
            boost => own.saturating_add(boost.max(0)),
        };
        (sum(rcvhwm, &self.boosts[0]), sum(sndhwm, &self.boosts[1]))
    }

    /// Says that the pipe's far end is there now. Whoever waits for the descriptor looks at the
    /// socket, and only what a socket was asked for before tells when it comes.
    pub fn announce(&self) {
        if let Some(mailbox) = self.mailbox.get() {
            mailbox.signal.raise();
        }
    }

    /// Sends the command for this pipe.
    pub fn send(&self, command: impl FnOnce(PipeKey) -> Command) {
        self.say(command, false);
    }

    fn say(&self, command: impl FnOnce(PipeKey) -> Command, quiet: bool) {
        let bits = self.key.load(Ordering::SeqCst);
        if bits != UNATTACHED
            && let Some(mailbox) = self.mailbox.get()
        {
            let command = command(PipeKey::from_bits(bits));
            if quiet { mailbox.send_quietly(command) } else { mailbox.send(command) }
        }
    }
}

impl Peer for PipeLink {
    fn readable(&self, _direct: bool) {
        if self.quiet && self.key.load(Ordering::SeqCst) == UNATTACHED {
            // It has yet to be attached, and is looked at then.
            return self.announce();
        }
        self.send(Command::Readable);
    }

    fn writable(&self) {
        self.send(Command::Writable);
    }

    fn ended(&self, _asleep: bool) {
        // The socket looks at the pipe then.
        self.say(Command::Ended, self.quiet);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::core::signal::{Deadline, Wants};
    use crate::error::Errno;
    use crate::sys::cancel::Cancel;

    #[test]
    fn a_sleeper_for_input_is_woken_by_the_last_of_many_quiet_commands() {
        let mailbox = Mailbox::default();
        let quietly = || mailbox.send_quietly(Command::Ended(PipeKey { number: 0, serial: 0 }));
        let sleep = |wants| {
            mailbox.signal.wait(mailbox.signal.ticket(wants), Deadline::after_ms(1), Cancel::Later)
        };
        for _ in 1..MOST_QUIET {
            quietly();
            assert_eq!(sleep(Wants::Input), Err(Errno::EAGAIN));
            assert_eq!(sleep(Wants::All), Ok(()));
        }
        quietly();
        assert_eq!(sleep(Wants::Input), Ok(()));
    }
}
