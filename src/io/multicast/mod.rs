//! Multicast protocols: a socket's pipe, and an engine that moves messages between it and the
//! library that speaks the protocol. There is no session, handshake or reconnection.
//!
//! | part | who may touch it |
//! |---|---|
//! | `posted` | flags, by any thread |
//! | `inner` | the I/O thread; the lock is never contended |

mod norm;
mod pgm;

use std::collections::VecDeque;
use std::sync::Weak;

use crate::sync::Mutex;

use super::Port;
use super::datagram::Task;
use super::thread::{IoThread, Loop, Object, Request};
use super::timers::{Running, Timer, expire, stop};
use crate::core::pipe::{Peer, PipeReader, PipeWriter};
use crate::msg::Msg;
use crate::options::Options;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sys::RawFd;
use crate::sys::poller::Watch;
use crate::transport::{MulticastSocket, multicast_sends};
use crate::zmtp::Config;

/// Packets moved in one go before others get a turn.
const TURN: usize = 64;

/// A request to send, or to receive, is queued.
const SEND_POSTED: u32 = 1;
const RECEIVE_POSTED: u32 = 2;

/// What speaks a protocol, in one direction.
trait Engine: Send {
    /// The descriptors at which something to read means a turn.
    fn inputs(&self) -> Vec<RawFd>;

    /// The descriptor at which room to write means a turn, if [`Turn::output`] asks for it.
    fn output(&self) -> Option<RawFd> {
        None
    }

    /// Does what can be done. `now`: milliseconds on the library's clock.
    fn turn(&mut self, ends: &mut Ends, now: u64) -> Turn;

    /// Whether all that was taken from the pipe was sent.
    fn is_drained(&self) -> bool;
}

/// What an engine waits for, beside its inputs and what happens to its pipe.
#[derive(Default)]
struct Turn {
    /// It could go on at once.
    again: bool,
    /// A time, in milliseconds from now.
    after_ms: Option<u64>,
    /// Room to write.
    output: bool,
    /// Room in the pipe; its inputs are not to be watched meanwhile.
    held: bool,
    /// Nothing any more.
    broken: bool,
}

/// The ends of the pipes.
#[derive(Default)]
struct Ends {
    from_socket: Option<PipeReader>,
    to_socket: Option<PipeWriter>,
}

impl Ends {
    /// The next frame to send, if there is one.
    fn next(&mut self, msg: &mut Msg) -> bool {
        self.from_socket.as_mut().is_some_and(|pipe| pipe.read(msg))
    }

    /// Reads what a receiving socket says, which nobody hears: its subscriptions.
    fn discard(&mut self) {
        let mut msg = Msg::new();
        while self.next(&mut msg) {}
    }

    /// Passes frames on to the socket. Whether the pipe had room for all of them.
    fn deliver(&mut self, frames: &mut VecDeque<Msg>) -> bool {
        let Some(pipe) = &mut self.to_socket else {
            frames.clear();
            return true;
        };
        while let Some(frame) = frames.front_mut() {
            if !pipe.write(frame) {
                break;
            }
            frames.pop_front();
        }
        pipe.flush(false);
        frames.is_empty()
    }

    /// Whether the socket has closed its end and everything was read.
    fn is_over(&self) -> bool {
        self.from_socket.as_ref().is_none_or(PipeReader::is_ended)
    }
}

/// An endpoint of a PUB, SUB, XPUB or XSUB socket that pgm, epgm or norm lead to.
pub struct Multicast {
    me: Weak<Multicast>,
    thread: Arc<IoThread>,
    port: Arc<Port>,
    sends: bool,
    posted: AtomicU32,
    inner: Mutex<Inner>,
}

struct Inner {
    /// `None` once ended.
    engine: Option<Box<dyn Engine>>,
    ends: Ends,
    token: Option<u64>,
    inputs: Vec<RawFd>,
    /// Whether the inputs are not watched.
    is_held: bool,
    /// The output, if it is watched.
    output: Option<RawFd>,
    running: Running,
}

impl Multicast {
    /// An endpoint on `thread`, with its ends of the pipes still to come.
    pub fn new(
        thread: Arc<IoThread>,
        port: Arc<Port>,
        options: &Options,
        socket: MulticastSocket,
    ) -> Arc<Multicast> {
        let sends = multicast_sends(options.socket_type);
        let config = Config::from(options);
        let engine: Box<dyn Engine> = match (socket, sends) {
            (MulticastSocket::Pgm(socket), true) => Box::new(pgm::Sender::new(socket)),
            (MulticastSocket::Pgm(socket), false) => Box::new(pgm::Receiver::new(socket, config)),
            (MulticastSocket::Norm(session), true) => Box::new(norm::Sender::new(session)),
            (MulticastSocket::Norm(session), false) => {
                Box::new(norm::Receiver::new(session, config))
            }
        };
        thread.load.fetch_add(1, Ordering::Relaxed);
        port.objects.fetch_add(1, Ordering::SeqCst);
        Arc::new_cyclic(|me| Multicast {
            me: me.clone(),
            thread,
            port,
            sends,
            posted: AtomicU32::new(0),
            inner: Mutex::new(Inner {
                engine: Some(engine),
                ends: Ends::default(),
                token: None,
                inputs: Vec::new(),
                is_held: false,
                output: None,
                running: Running::default(),
            }),
        })
    }

    /// Gives the endpoint its ends of the pipes and has its I/O thread begin.
    pub fn launch(&self, to_socket: PipeWriter, from_socket: PipeReader) {
        self.inner.lock().ends =
            Ends { from_socket: Some(from_socket), to_socket: Some(to_socket) };
        self.post(Task::Start);
    }

    /// Its socket.
    pub fn port(&self) -> &Arc<Port> {
        &self.port
    }

    fn post(&self, task: Task) {
        if let Some(me) = self.me.upgrade() {
            self.thread.post(Request::Multicast(me, task));
        }
    }

    fn post_once(&self, flag: u32, task: Task) {
        if self.posted.fetch_or(flag, Ordering::AcqRel) & flag == 0 {
            self.post(task);
        }
    }

    /// Carries a task out.
    pub fn on_task(&self, at: &mut Loop, task: Task) {
        let inner = &mut *self.inner.lock();
        if inner.engine.is_none() {
            return;
        }
        match task {
            Task::Start => return self.start(at, inner),
            Task::Send => self.posted.fetch_and(!SEND_POSTED, Ordering::AcqRel),
            Task::Receive => self.posted.fetch_and(!RECEIVE_POSTED, Ordering::AcqRel),
            Task::Terminate(linger_ms) => return self.terminate_within(at, inner, linger_ms),
        };
        self.turn(at, inner);
    }

    /// A descriptor is ready.
    pub fn on_ready(&self, at: &mut Loop) {
        let inner = &mut *self.inner.lock();
        self.turn(at, inner);
    }

    /// The protocol's time has come, or the time to send what is left is over.
    pub fn on_timer(&self, at: &mut Loop, timer: Timer, number: u64) {
        let inner = &mut *self.inner.lock();
        if !expire(&mut inner.running, timer, number) {
            return;
        }
        match timer {
            Timer::Linger => self.end(at, inner),
            _ => self.turn(at, inner),
        }
    }

    fn start(&self, at: &mut Loop, inner: &mut Inner) {
        let (Some(me), Some(engine)) = (self.me.upgrade(), &inner.engine) else { return };
        let token = at.objects.insert(Object::Multicast(me));
        inner.token = Some(token);
        for fd in engine.inputs() {
            if at.thread.poller.add(fd, Watch::LevelRead, token).is_err() {
                // Without the poller's memory there is nothing to wait with.
                return self.end(at, inner);
            }
            inner.inputs.push(fd);
        }
        self.turn(at, inner);
    }

    fn turn(&self, at: &mut Loop, inner: &mut Inner) {
        let (Some(engine), Some(token)) = (&mut inner.engine, inner.token) else { return };
        let turn = engine.turn(&mut inner.ends, at.now);
        if turn.broken || inner.ends.is_over() && (!self.sends || engine.is_drained()) {
            return self.end(at, inner);
        }
        if turn.again {
            self.post_once(SEND_POSTED, Task::Send);
        }
        match turn.after_ms {
            Some(ms) => at.timers.start(&mut inner.running, Timer::Protocol, token, at.now, ms),
            None => stop(&mut inner.running, Timer::Protocol),
        }
        if self.watch(at, inner, token, &turn).is_err() {
            self.end(at, inner);
        }
    }

    /// Watches what the engine waits for, and nothing else: its descriptors stay ready until it has
    /// attended to them.
    fn watch(
        &self,
        at: &Loop,
        inner: &mut Inner,
        token: u64,
        turn: &Turn,
    ) -> crate::error::Result<()> {
        let poller = &at.thread.poller;
        if turn.held != inner.is_held {
            let watch = if turn.held { Watch::Off } else { Watch::LevelRead };
            for &fd in &inner.inputs {
                poller.modify(fd, watch, token)?;
            }
            inner.is_held = turn.held;
        }
        match (turn.output, inner.output) {
            (true, None) => {
                inner.output = inner.engine.as_ref().and_then(|engine| engine.output());
                if let Some(fd) = inner.output {
                    poller.add(fd, Watch::LevelWrite, token)?;
                }
            }
            (false, Some(fd)) => {
                poller.remove(fd);
                inner.output = None;
            }
            _ => {}
        }
        Ok(())
    }

    fn terminate_within(&self, at: &mut Loop, inner: &mut Inner, linger_ms: i32) {
        let Some(token) = inner.token else { return };
        if linger_ms == 0 || !self.sends {
            return self.end(at, inner);
        }
        if linger_ms > 0 {
            let delay = u64::from(linger_ms.unsigned_abs());
            at.timers.start(&mut inner.running, Timer::Linger, token, at.now, delay);
        }
        self.turn(at, inner);
    }

    fn end(&self, at: &mut Loop, inner: &mut Inner) {
        let Some(engine) = inner.engine.take() else { return };
        for fd in inner.inputs.drain(..).chain(inner.output.take()) {
            at.thread.poller.remove(fd);
        }
        // Closes the descriptors.
        drop(engine);
        inner.ends = Ends::default();
        inner.running = Running::default();
        self.port.objects.fetch_sub(1, Ordering::SeqCst);
        if let Some(token) = inner.token.take() {
            at.objects.remove(token);
        }
    }
}

impl Peer for Multicast {
    fn readable(&self, _direct: bool) {
        self.post_once(SEND_POSTED, Task::Send);
    }

    fn writable(&self) {
        self.post_once(RECEIVE_POSTED, Task::Receive);
    }

    fn ended(&self) {
        self.post_once(SEND_POSTED, Task::Send);
    }

    fn terminate(&self, linger_ms: i32) {
        self.post(Task::Terminate(linger_ms));
    }
}

impl Drop for Multicast {
    fn drop(&mut self) {
        self.thread.load.fetch_sub(1, Ordering::Relaxed);
    }
}
