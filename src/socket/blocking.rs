//! Calls that wait.
//!
//! Waiting never holds the socket's lock. A thread sleeps on the socket's signal, or, when the
//! socket's traffic is of the kind that pays for it, in the socket's poll set, where it reads the
//! network by itself.

use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::time::Duration;

use super::context::Context;
use super::handle::{Guard, Handle};
use super::socket::{SOCKETS, Socket};
use crate::core::mailbox::Mailbox;
use crate::core::pipe::LARGE;
use crate::core::signal::{Deadline, Signal, Ticket, Wants};
use crate::error::{Errno, Result};
use crate::io::PollSet;
use crate::msg::Msg;
use crate::options::{Options, SocketType};
use crate::sync::Arc;
use crate::sys::cancel::{self, Cancel};
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

/// What a call that has to wait keeps from one attempt to the next.
///
/// An attempt that finds nothing to do says `ASLEEP`. Its caller has the thread sleep then, with no
/// lock held and nothing of the library's below it on the stack, and makes the next attempt.
///
/// One that sends a large message says so once before it does: a sender of those that is held back only
/// by [`keep_step`] would find no other place to end in when it is cancelled.
#[derive(Default)]
pub struct Wait {
    /// From the first attempt that has to be repeated on. What may be dropped by hand only is dropped
    /// below, where most calls are spared it.
    waiting: ManuallyDrop<Option<Waiting>>,
    /// The sender of a large message has looked.
    looked: bool,
}

struct Waiting {
    /// The socket's; another one in its place is not the one that is waited for.
    generation: u32,
    deadline: Deadline,
    wants: Wants,
    /// Whether to sleep in the poll set.
    in_set: bool,
    bed: Bed,
    /// What came of the last sleep.
    slept: Result<()>,
    /// What the poll set found in it.
    ready: Vec<Ready>,
}

impl Drop for Wait {
    #[inline]
    fn drop(&mut self) {
        if self.waiting.is_some() {
            *self.waiting = None;
        }
    }
}

/// What a thread sleeps on.
enum Bed {
    None,
    Signal(Arc<Mailbox>, Ticket),
    Set(Arc<PollSet>),
}

impl Wait {
    /// Sleeps until another attempt is worth it, or for as long as the call may take.
    pub fn sleep(&mut self, cancel: Cancel) {
        let Some(waiting) = &mut *self.waiting else { return cancel::look(cancel) };
        waiting.slept = match &waiting.bed {
            Bed::None => Ok(()),
            Bed::Signal(mailbox, ticket) => mailbox.signal.wait(*ticket, waiting.deadline, cancel),
            Bed::Set(set) => set.sleep(waiting.deadline, &mut waiting.ready, cancel),
        };
    }
}

/// Makes attempts until one has come to an end.
fn patiently<T>(mut attempt: impl FnMut(&mut Wait) -> Result<T>) -> Result<T> {
    let mut wait = Wait::default();
    loop {
        match attempt(&mut wait) {
            Err(Errno::ASLEEP) => wait.sleep(Cancel::Later),
            done => return done,
        }
    }
}

/// What happens on the way to the first sleep, after `step` has answered `EAGAIN`. `timeout`: for how
/// long the socket's options allow to wait, in milliseconds; `None`: the call may not.
fn begin_to_wait(
    handle: &'static Handle<Socket>,
    mut guard: Guard<Socket>,
    timeout: Option<fn(&Options) -> i32>,
    receiving: bool,
    wait: &mut Wait,
    step: &mut dyn FnMut(&mut Socket) -> Result<()>,
) -> Result<()> {
    let socket = guard.as_mut().ok_or(Errno::ENOTSOCK)?;
    let timeout_ms = timeout.map_or(0, |timeout| timeout(socket.options()));
    if timeout_ms == 0 {
        socket.leave_poll_set();
        return Err(Errno::EAGAIN);
    }
    // The poll set is for one thread, so not for sockets that several may use at once.
    let shared = socket.options().socket_type.is_thread_safe();
    let waiting = wait.waiting.insert(Waiting {
        generation: handle.generation(),
        deadline: Deadline::after_ms(i64::from(timeout_ms)),
        wants: if receiving { Wants::Input } else { Wants::All },
        in_set: receiving && socket.habits.wait() && !shared,
        bed: Bed::None,
        slept: Ok(()),
        ready: Vec::new(),
    });
    let result = waiting.lie_down(handle, guard, step);
    wait.unless_over(result)
}

/// The attempt after a sleep.
fn try_again(
    handle: &'static Handle<Socket>,
    wait: &mut Wait,
    step: &mut dyn FnMut(&mut Socket) -> Result<()>,
) -> Result<()> {
    let Some(waiting) = &mut *wait.waiting else { return Err(Errno::EAGAIN) };
    let result = waiting.get_up(handle, step);
    wait.unless_over(result)
}

impl Wait {
    /// Forgets what was waited for once that is over.
    fn unless_over(&mut self, result: Result<()>) -> Result<()> {
        if result != Err(Errno::ASLEEP) {
            *self.waiting = None;
        }
        result
    }
}

impl Waiting {
    /// Finds a place to sleep, or gets `step` done before.
    fn lie_down(
        &mut self,
        handle: &'static Handle<Socket>,
        mut guard: Guard<Socket>,
        step: &mut dyn FnMut(&mut Socket) -> Result<()>,
    ) -> Result<()> {
        loop {
            let socket = guard.as_mut().ok_or(Errno::ENOTSOCK)?;
            let set = if self.in_set { socket.poll_set().cloned() } else { None };
            let mailbox = socket.mailbox().clone();
            match set {
                Some(set) => {
                    drop(guard);
                    set.adopt();
                    if !mailbox.signal.needs_attention() {
                        self.bed = Bed::Set(set);
                        return Err(Errno::ASLEEP);
                    }
                }
                None if socket.habits.spin(&mailbox.signal) => drop(guard),
                None => {
                    socket.leave_poll_set();
                    let ticket = mailbox.signal.ticket(self.wants);
                    self.bed = Bed::Signal(mailbox, ticket);
                    return Err(Errno::ASLEEP);
                }
            }
            guard = match self.attempt(handle, Ok(()), step) {
                Ok(guard) => guard,
                Err(done) => return done,
            };
        }
    }

    /// Attends to what ended the sleep and tries `step` again.
    fn get_up(
        &mut self,
        handle: &'static Handle<Socket>,
        step: &mut dyn FnMut(&mut Socket) -> Result<()>,
    ) -> Result<()> {
        let mut slept = std::mem::replace(&mut self.slept, Ok(()));
        if let Bed::Set(set) = std::mem::replace(&mut self.bed, Bed::None)
            && slept.is_ok()
        {
            slept = match set.attend(&self.ready) {
                Err(Errno::EAGAIN) => {
                    // Nothing for a while: leave it to the I/O thread.
                    self.in_set = false;
                    Ok(())
                }
                other => other,
            };
        }
        match self.attempt(handle, slept, step) {
            Ok(guard) => self.lie_down(handle, guard, step),
            Err(done) => done,
        }
    }

    /// Tries `step` once more. The socket, if it has to be waited for still; else how it ended.
    fn attempt(
        &mut self,
        handle: &'static Handle<Socket>,
        waited: Result<()>,
        step: &mut dyn FnMut(&mut Socket) -> Result<()>,
    ) -> std::result::Result<Guard<Socket>, Result<()>> {
        let mut guard = handle.lock().map_err(Err)?;
        if handle.generation() != self.generation {
            return Err(Err(Errno::ENOTSOCK));
        }
        match step(guard.as_mut().ok_or(Err(Errno::ENOTSOCK))?) {
            Err(Errno::EAGAIN) => {}
            done => return Err(done),
        }
        waited.map_err(Err)?;
        if self.deadline.passed() {
            return Err(Err(Errno::EAGAIN));
        }
        Ok(guard)
    }
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

/// How a frame is to be sent.
#[derive(Clone, Copy)]
struct How {
    /// More parts of the message follow.
    more: bool,
    /// If that is not possible now, not at all.
    dont_wait: bool,
}

/// Sends a frame, leaving `msg` empty; waits for as long as the socket's options allow. Errors:
/// `EAGAIN`, `EINTR`, `ETERM`, `ENOTSOCK` and the pattern's; `ASLEEP`, see [`Wait`].
#[inline(always)]
pub fn send_or_sleep(
    handle: &'static Handle<Socket>,
    msg: &mut Msg,
    more: bool,
    dont_wait: bool,
    wait: &mut Wait,
) -> Result<()> {
    let how = How { more, dont_wait };
    if msg.len() < LARGE {
        send_any(handle, msg, how, wait)
    } else {
        send_large(handle, msg, how, wait)
    }
}

/// The first attempt is made here, and nothing else: most calls end with it.
#[inline(always)]
fn send_any(
    handle: &'static Handle<Socket>,
    msg: &mut Msg,
    how: How,
    wait: &mut Wait,
) -> Result<()> {
    if wait.waiting.is_some() {
        return send_again(handle, msg, how, wait);
    }
    let mut guard = handle.lock()?;
    let socket = guard.as_mut().ok_or(Errno::ENOTSOCK)?;
    match socket.try_send(msg, how.more, how.dont_wait) {
        Ok(()) => {
            guard.give_up();
            Ok(())
        }
        Err(error) => send_later(handle, guard, error, msg, how, wait),
    }
}

#[inline(never)]
fn send_large(
    handle: &'static Handle<Socket>,
    msg: &mut Msg,
    how: How,
    wait: &mut Wait,
) -> Result<()> {
    if !std::mem::replace(&mut wait.looked, true) {
        return Err(Errno::ASLEEP);
    }
    let len = msg.len();
    send_any(handle, msg, how, wait)?;
    keep_step(handle, len as u64, how.more || how.dont_wait);
    Ok(())
}

/// After the first attempt has failed.
#[inline(never)]
fn send_later(
    handle: &'static Handle<Socket>,
    mut guard: Guard<Socket>,
    error: Errno,
    msg: &mut Msg,
    how: How,
    wait: &mut Wait,
) -> Result<()> {
    let socket = guard.as_mut().ok_or(Errno::ENOTSOCK)?;
    match sent(Err(error), socket, msg, how.dont_wait) {
        Err(Errno::EAGAIN) => {}
        done => return done,
    }
    let timeout: Option<fn(&Options) -> i32> =
        if how.dont_wait { None } else { Some(|options| options.sndtimeo) };
    let step = &mut |socket: &mut Socket| send_step(socket, msg, how);
    begin_to_wait(handle, guard, timeout, false, wait, step)
}

#[inline(never)]
fn send_again(
    handle: &'static Handle<Socket>,
    msg: &mut Msg,
    how: How,
    wait: &mut Wait,
) -> Result<()> {
    try_again(handle, wait, &mut |socket| send_step(socket, msg, how))
}

fn send_step(socket: &mut Socket, msg: &mut Msg, how: How) -> Result<()> {
    let result = socket.try_send(msg, how.more, how.dont_wait);
    sent(result, socket, msg, how.dont_wait)
}

/// What an attempt to send means to the caller. If the pipe ended within this message, its parts, this
/// one too, are dropped.
fn sent(result: Result<()>, socket: &Socket, msg: &mut Msg, dont_wait: bool) -> Result<()> {
    match result {
        Err(Errno::EPIPE) if dont_wait || socket.options().sndtimeo == 0 => Err(Errno::EAGAIN),
        Err(Errno::EPIPE) => {
            *msg = Msg::new();
            Ok(())
        }
        other => other,
    }
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
    let ticket = mailbox.signal.ticket(Wants::All);
    let generation = handle.generation();
    drop(guard);
    let patience = Duration::from_micros((bytes >> 12).clamp(PATIENCE_US, 16 * PATIENCE_US));
    let _ = mailbox.signal.wait(ticket, Deadline::after(patience), Cancel::Later);
    if let Ok(mut guard) = handle.lock()
        && handle.generation() == generation
        && let Some(writer) = guard.as_mut().and_then(|socket| socket.pipes.only_writer())
    {
        writer.rested();
    }
}

/// Receives a frame into `msg`; waits for as long as the socket's options allow. Errors:
/// `EAGAIN`, `EINTR`, `ETERM`, `ENOTSOCK` and the pattern's; `ASLEEP`, see [`Wait`].
#[inline(always)]
pub fn receive_or_sleep(
    handle: &'static Handle<Socket>,
    msg: &mut Msg,
    dont_wait: bool,
    wait: &mut Wait,
) -> Result<()> {
    if wait.waiting.is_some() {
        return receive_again(handle, msg, wait);
    }
    let mut guard = handle.lock()?;
    let socket = guard.as_mut().ok_or(Errno::ENOTSOCK)?;
    match socket.try_receive(msg) {
        Ok(()) => {
            guard.give_up();
            Ok(())
        }
        Err(Errno::EAGAIN) => receive_later(handle, guard, msg, dont_wait, wait),
        failed => failed,
    }
}

/// After the first attempt has found nothing.
#[inline(never)]
fn receive_later(
    handle: &'static Handle<Socket>,
    guard: Guard<Socket>,
    msg: &mut Msg,
    dont_wait: bool,
    wait: &mut Wait,
) -> Result<()> {
    let timeout: Option<fn(&Options) -> i32> =
        if dont_wait { None } else { Some(|options| options.rcvtimeo) };
    begin_to_wait(handle, guard, timeout, true, wait, &mut |socket| socket.try_receive(msg))
}

#[inline(never)]
fn receive_again(handle: &'static Handle<Socket>, msg: &mut Msg, wait: &mut Wait) -> Result<()> {
    try_again(handle, wait, &mut |socket| socket.try_receive(msg))
}

/// Sends a frame, waiting if it must; no cancelled thread ends meanwhile. As [`send_or_sleep`].
pub fn send(
    handle: &'static Handle<Socket>,
    msg: &mut Msg,
    more: bool,
    dont_wait: bool,
) -> Result<()> {
    patiently(|wait| send_or_sleep(handle, msg, more, dont_wait, wait))
}

/// Receives a frame, waiting if it must; no cancelled thread ends meanwhile. As
/// [`receive_or_sleep`].
pub fn receive(handle: &'static Handle<Socket>, msg: &mut Msg, dont_wait: bool) -> Result<()> {
    patiently(|wait| receive_or_sleep(handle, msg, dont_wait, wait))
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
