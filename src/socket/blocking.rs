//! Calls that wait.
//!
//! Waiting never holds the socket's lock. A thread sleeps on the socket's signal, or, when the
//! socket's traffic is of the kind that pays for it, in the socket's poll set, where it reads the
//! network by itself.

use std::ffi::c_void;
use std::time::Duration;

use super::context::Context;
use super::handle::{Guard, Handle};
use super::socket::{SOCKETS, Socket};
use crate::core::mailbox::Mailbox;
use crate::core::pipe::LARGE;
use crate::core::signal::{Deadline, Signal};
use crate::error::{Errno, Result};
use crate::io::PollSet;
use crate::msg::Msg;
use crate::options::SocketType;
use crate::sync::Arc;
use crate::sys::poller::Ready;
use crate::sys::processors;

/// After this many waits in a row that each brought only a few messages, the application's
/// thread waits for the network itself.
const LONE_WAITS: u32 = 4;

/// A wait that brings more frames than this from each peer that it brings any from is part of a
/// stream. (A server that answers many clients gets one request of each.)
const FEW: u32 = 2;

/// How often a thread looks for news before it sleeps, at the most: some microseconds.
const MOST_SPINS: u32 = 512;

/// As before, at the least: what it takes to find out that spinning pays again.
const LEAST_SPINS: u32 = 96;

/// Bytes of large messages that their sender should not be ahead of the network by.
const MOST_AHEAD: u64 = 4 << 20;

/// Microseconds that such a sender waits at the least, and for each mebibyte it sends: about what
/// the fresh memory costs that it would need otherwise.
const PATIENCE_US: u64 = 256;

/// How waiting on a socket has gone lately.
#[derive(Default)]
pub struct Habits {
    /// How often to look for news before the next sleep.
    spins: u32,
    /// Something was sent since the last wait.
    sent: bool,
    /// Frames received since the last wait.
    since_wait: u32,
    /// Pipes that had something new to read since then.
    pipes: u32,
    /// Waits in a row that brought few.
    lone: u32,
}

impl Habits {
    /// A frame was received.
    #[inline]
    pub fn received(&mut self) {
        self.since_wait = self.since_wait.wrapping_add(1);
    }

    /// A pipe has something to read that had nothing.
    pub fn readable(&mut self) {
        self.pipes = self.pipes.saturating_add(1);
    }

    /// Looks for news for a moment before the thread sleeps: being woken costs both sides more
    /// than a few looks, and in a stream the next message is near. How long depends on how often
    /// it helped lately. Whether news came.
    fn spin(&mut self, signal: &Signal) -> bool {
        if !processors::several() {
            return false;
        }
        self.spins = self.spins.clamp(LEAST_SPINS, MOST_SPINS);
        for _ in 0..self.spins {
            if signal.needs_attention() {
                self.spins *= 2;
                self.let_more_come();
                return true;
            }
            std::hint::spin_loop();
        }
        self.spins /= 2;
        false
    }

    /// In a stream that is received as fast as it is sent, every message would have to be
    /// announced. A moment's patience makes batches of them. Who answers messages is not kept.
    fn let_more_come(&mut self) {
        if !std::mem::take(&mut self.sent) {
            processors::moment();
        }
    }

    /// A frame was sent.
    #[inline]
    pub fn sent(&mut self) {
        self.sent = true;
    }

    /// A wait begins. Whether it should be in the poll set.
    fn wait(&mut self) -> bool {
        let few = self.since_wait <= self.pipes.max(1).saturating_mul(FEW);
        self.since_wait = 0;
        self.pipes = 0;
        self.lone = if few { self.lone.saturating_add(1) } else { 0 };
        self.lone >= LONE_WAITS
    }
}

/// Runs `step` on the socket until it answers other than `EAGAIN`, waiting in between.
#[inline]
fn until_possible(
    handle: &'static Handle<Socket>,
    timeout_ms: impl Fn(&Socket) -> i32,
    dont_wait: bool,
    receiving: bool,
    mut step: impl FnMut(&mut Socket) -> Result<()>,
) -> Result<()> {
    let mut guard = handle.lock()?;
    let socket = guard.as_mut().ok_or(Errno::ENOTSOCK)?;
    match step(socket) {
        Err(Errno::EAGAIN) => {}
        done => return done,
    }
    let timeout = if dont_wait { 0 } else { timeout_ms(socket) };
    if timeout == 0 {
        socket.leave_poll_set();
        return Err(Errno::EAGAIN);
    }
    wait_for(handle, guard, timeout, receiving, &mut step)
}

/// The part of [`until_possible`] that waits; apart from it, so that a call that need not wait does
/// not pay for its room on the stack.
#[inline(never)]
fn wait_for(
    handle: &'static Handle<Socket>,
    mut guard: Guard<Socket>,
    timeout_ms: i32,
    receiving: bool,
    step: &mut dyn FnMut(&mut Socket) -> Result<()>,
) -> Result<()> {
    let generation = handle.generation();
    let deadline = Deadline::after_ms(i64::from(timeout_ms));
    let socket = guard.as_mut().ok_or(Errno::ENOTSOCK)?;
    // The poll set is for one thread, so not for sockets that several may use at once.
    let shared = socket.options().socket_type.is_thread_safe();
    let mut wait_in_set = receiving && socket.habits.wait() && !shared;
    let mut ready = Vec::new();
    loop {
        let socket = guard.as_mut().ok_or(Errno::ENOTSOCK)?;
        let set = if wait_in_set { socket.poll_set().cloned() } else { None };
        let mailbox = socket.mailbox().clone();
        let waited = match set {
            Some(set) => {
                drop(guard);
                match wait_in(&set, &mailbox, deadline, &mut ready) {
                    Err(Errno::EAGAIN) => {
                        // Nothing for a while: leave it to the I/O thread.
                        wait_in_set = false;
                        Ok(())
                    }
                    other => other,
                }
            }
            None if socket.habits.spin(&mailbox.signal) => {
                drop(guard);
                Ok(())
            }
            None => {
                socket.leave_poll_set();
                let ticket = mailbox.signal.ticket();
                drop(guard);
                mailbox.signal.wait(ticket, deadline)
            }
        };
        guard = handle.lock()?;
        if handle.generation() != generation {
            return Err(Errno::ENOTSOCK);
        }
        match step(guard.as_mut().ok_or(Errno::ENOTSOCK)?) {
            Err(Errno::EAGAIN) => {}
            done => return done,
        }
        waited?;
        if deadline.passed() {
            return Err(Errno::EAGAIN);
        }
    }
}

/// Waits in the poll set unless there is something to attend to already.
fn wait_in(
    set: &Arc<PollSet>,
    mailbox: &Mailbox,
    deadline: Deadline,
    ready: &mut Vec<Ready>,
) -> Result<()> {
    set.adopt();
    if mailbox.signal.needs_attention() { Ok(()) } else { set.wait(deadline, ready) }
}

/// The live socket of a handle. Errors: `ENOTSOCK`.
#[inline]
pub fn find(pointer: *const c_void) -> Result<&'static Handle<Socket>> {
    SOCKETS.find(pointer).ok_or(Errno::ENOTSOCK)
}

/// Runs `body` on a socket. Errors: `ENOTSOCK` and those of `body`.
#[inline]
pub fn with<T>(
    handle: &'static Handle<Socket>,
    body: impl FnOnce(&mut Socket) -> Result<T>,
) -> Result<T> {
    let mut guard = handle.lock()?;
    body(guard.as_mut().ok_or(Errno::ENOTSOCK)?)
}

/// Sends a frame, leaving `msg` empty; waits for as long as the socket's options allow. Errors:
/// `EAGAIN`, `EINTR`, `ETERM`, `ENOTSOCK` and the pattern's.
#[inline]
pub fn send(
    handle: &'static Handle<Socket>,
    msg: &mut Msg,
    more: bool,
    dont_wait: bool,
) -> Result<()> {
    let len = msg.len();
    until_possible(
        handle,
        |socket| socket.options().sndtimeo,
        dont_wait,
        false,
        |socket| match socket.try_send(msg, more, dont_wait) {
            // The pipe ended within this message: its parts, this one too, are dropped.
            Err(Errno::EPIPE) if dont_wait || socket.options().sndtimeo == 0 => Err(Errno::EAGAIN),
            Err(Errno::EPIPE) => {
                *msg = Msg::new();
                Ok(())
            }
            other => other,
        },
    )?;
    if len >= LARGE {
        keep_step(handle, len as u64, more || dont_wait);
    }
    Ok(())
}

/// Lets the sender of large messages rest for a moment if it is far ahead of the network. `go_on`: not
/// now, only count this one.
#[cold]
fn keep_step(handle: &'static Handle<Socket>, bytes: u64, go_on: bool) {
    let Ok(mut guard) = handle.lock() else { return };
    let Some(socket) = guard.as_mut().filter(|socket| socket.waits_for_room()) else { return };
    let mailbox = socket.mailbox().clone();
    let Some(writer) = socket.pipes.only_writer() else { return };
    let ahead = writer.given(bytes, MOST_AHEAD) && !go_on && writer.rest(MOST_AHEAD / 2);
    if !ahead || mailbox.signal.needs_attention() {
        return;
    }
    let ticket = mailbox.signal.ticket();
    let generation = handle.generation();
    drop(guard);
    let patience = Duration::from_micros((bytes >> 12).clamp(PATIENCE_US, 16 * PATIENCE_US));
    let _ = mailbox.signal.wait(ticket, Deadline::after(patience));
    if let Ok(mut guard) = handle.lock()
        && handle.generation() == generation
        && let Some(writer) = guard.as_mut().and_then(|socket| socket.pipes.only_writer())
    {
        writer.rested();
    }
}

/// Receives a frame into `msg`; waits for as long as the socket's options allow. Errors:
/// `EAGAIN`, `EINTR`, `ETERM`, `ENOTSOCK` and the pattern's.
#[inline]
pub fn receive(handle: &'static Handle<Socket>, msg: &mut Msg, dont_wait: bool) -> Result<()> {
    until_possible(
        handle,
        |socket| socket.options().rcvtimeo,
        dont_wait,
        true,
        |socket| socket.try_receive(msg),
    )
}

/// Opens a socket. Errors: `EMFILE`, `ETERM`, `EINVAL`.
pub fn open(context: &Arc<Context>, socket_type: SocketType) -> Result<*mut c_void> {
    let socket = context.socket(socket_type)?;
    match SOCKETS.insert(socket) {
        Some(handle) => Ok(handle.pointer()),
        None => Err(Errno::EMFILE),
    }
}

/// Closes a socket. In a forked child, one of its parent's is forgotten. Errors: `ENOTSOCK`.
pub fn close(handle: &'static Handle<Socket>) -> Result<()> {
    if handle.is_inherited() {
        return if SOCKETS.forget(handle) { Ok(()) } else { Err(Errno::ENOTSOCK) };
    }
    let socket = SOCKETS.remove(handle).ok_or(Errno::ENOTSOCK)?;
    // Whoever sleeps in a call on it finds out.
    socket.mailbox().signal.raise();
    socket.close();
    Ok(())
}
