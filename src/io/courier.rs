//! Endpoints without a session: udp, and the multicast protocols. A [`Courier`] moves messages between
//! a socket's pipe and the network by itself, on its I/O thread; how that is done is the business of
//! its [`Means`]. There is no handshake or reconnection.
//!
//! | part | who may touch it |
//! |---|---|
//! | `posted` | flags, by any thread |
//! | `inner` | the I/O thread; the lock is never contended |

use std::sync::Weak;

use crate::sync::Mutex;

use super::Port;
use super::objects::Object;
use super::thread::{IoThread, Loop, Request};
use super::timers::{Running, Timer, expire, stop};
use crate::core::pipe::{Peer, PipeReader, PipeWriter};
use crate::error::Result;
use crate::msg::Msg;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sys::poller::Poller;

/// A request to send, or to receive, is queued.
const SEND_POSTED: u32 = 1;
const RECEIVE_POSTED: u32 = 2;

/// What its I/O thread can be asked to do.
#[derive(Clone, Copy, Debug)]
pub enum Task {
    /// Take the endpoint on and begin.
    Start,
    /// Send what the pipe has, or see its end.
    Send,
    /// Receive on: the pipe has room again.
    Receive,
    /// Give the endpoint up, within this many milliseconds (negative: no limit).
    Terminate(i32),
}

/// By what a courier moves messages. What it holds of the system is closed when it is dropped.
pub trait Means: Send {
    /// Whether something may be left to send when the socket is closed.
    fn sends(&self) -> bool;

    /// Has watched, as `token`, what it waits for. An error (the poller's memory) ends the endpoint.
    fn start(&mut self, poller: &Poller, token: u64) -> Result<()>;

    /// Moves what can be moved. `now`: milliseconds on the library's clock.
    fn turn(&mut self, ends: &mut Ends, cause: Cause, poller: &Poller, now: u64) -> Outcome;

    /// Has nothing watched any more.
    fn stop(&mut self, poller: &Poller);
}

/// Why it is a means' turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The network may be ready, or the time has come that was asked for.
    Network,
    /// The pipe may have something to send, or its end.
    Pipe,
    /// The pipe may have room again for what is received.
    Room,
}

/// What is to follow a turn, beside what the network and the pipe ask for.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Sending could go on at once.
    pub send_again: bool,
    /// Receiving could go on at once.
    pub receive_again: bool,
    /// A turn after so many milliseconds.
    pub after_ms: Option<u64>,
    /// Nothing any more: the endpoint's end.
    pub is_over: bool,
}

/// The ends of the pipes.
#[derive(Default)]
pub struct Ends {
    /// What the socket sends.
    pub from_socket: Option<PipeReader>,
    /// What it receives.
    pub to_socket: Option<PipeWriter>,
}

impl Ends {
    /// The next frame to send, if there is one.
    pub fn next(&mut self, msg: &mut Msg) -> bool {
        self.from_socket.as_mut().is_some_and(|pipe| pipe.read(msg))
    }

    /// Whether the socket has closed its end and everything was read.
    pub fn is_over(&self) -> bool {
        self.from_socket.as_ref().is_none_or(PipeReader::is_ended)
    }
}

/// An endpoint of a socket that has no connections.
pub struct Courier {
    me: Weak<Courier>,
    thread: Arc<IoThread>,
    port: Arc<Port>,
    posted: AtomicU32,
    inner: Mutex<Inner>,
}

struct Inner {
    /// `None` once ended.
    means: Option<Box<dyn Means>>,
    ends: Ends,
    token: Option<u64>,
    running: Running,
}

impl Courier {
    /// An endpoint on `thread`, with its ends of the pipes still to come.
    pub fn new(thread: Arc<IoThread>, port: Arc<Port>, means: Box<dyn Means>) -> Arc<Courier> {
        thread.load.fetch_add(1, Ordering::Relaxed);
        port.objects.fetch_add(1, Ordering::SeqCst);
        Arc::new_cyclic(|me| Courier {
            me: me.clone(),
            thread,
            port,
            posted: AtomicU32::new(0),
            inner: Mutex::new(Inner {
                means: Some(means),
                ends: Ends::default(),
                token: None,
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
            self.thread.post(Request::Courier(me, task));
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
        match task {
            Task::Start => self.start(at, inner),
            Task::Send => {
                self.posted.fetch_and(!SEND_POSTED, Ordering::AcqRel);
                self.turn(at, inner, Cause::Pipe);
            }
            Task::Receive => {
                self.posted.fetch_and(!RECEIVE_POSTED, Ordering::AcqRel);
                self.turn(at, inner, Cause::Room);
            }
            Task::Terminate(linger_ms) => self.terminate_within(at, inner, linger_ms),
        }
    }

    /// The network is ready for something.
    pub fn on_ready(&self, at: &mut Loop) {
        self.turn(at, &mut self.inner.lock(), Cause::Network);
    }

    /// The time that the means asked for has come, or the time to send what is left is over.
    pub fn on_timer(&self, at: &mut Loop, timer: Timer, number: u64) {
        let inner = &mut *self.inner.lock();
        if !expire(&mut inner.running, timer, number) {
            return;
        }
        match timer {
            Timer::Linger => self.end(at, inner),
            _ => self.turn(at, inner, Cause::Network),
        }
    }

    fn start(&self, at: &mut Loop, inner: &mut Inner) {
        let (Some(me), Some(means)) = (self.me.upgrade(), &mut inner.means) else { return };
        let token = at.objects.insert(Object::Courier(me));
        inner.token = Some(token);
        if means.start(&at.thread.poller, token).is_err() {
            // Without the poller's memory there is nothing to wait with.
            return self.end(at, inner);
        }
        self.turn(at, inner, Cause::Network);
    }

    fn turn(&self, at: &mut Loop, inner: &mut Inner, cause: Cause) {
        let (Some(means), Some(token)) = (&mut inner.means, inner.token) else { return };
        let outcome = means.turn(&mut inner.ends, cause, &at.thread.poller, at.now);
        if outcome.is_over {
            return self.end(at, inner);
        }
        if outcome.send_again {
            self.post_once(SEND_POSTED, Task::Send);
        }
        if outcome.receive_again {
            self.post_once(RECEIVE_POSTED, Task::Receive);
        }
        match outcome.after_ms {
            Some(ms) => at.timers.start(&mut inner.running, Timer::Protocol, token, at.now, ms),
            None => stop(&mut inner.running, Timer::Protocol),
        }
    }

    fn terminate_within(&self, at: &mut Loop, inner: &mut Inner, linger_ms: i32) {
        let (Some(means), Some(token)) = (&inner.means, inner.token) else { return };
        if linger_ms == 0 || !means.sends() {
            return self.end(at, inner);
        }
        if linger_ms > 0 {
            let delay = u64::from(linger_ms.unsigned_abs());
            at.timers.start(&mut inner.running, Timer::Linger, token, at.now, delay);
        }
        self.turn(at, inner, Cause::Pipe);
    }

    fn end(&self, at: &mut Loop, inner: &mut Inner) {
        let Some(mut means) = inner.means.take() else { return };
        means.stop(&at.thread.poller);
        // Closes the descriptors.
        drop(means);
        inner.ends = Ends::default();
        inner.running = Running::default();
        self.port.objects.fetch_sub(1, Ordering::SeqCst);
        if let Some(token) = inner.token.take() {
            at.objects.remove(token);
        }
    }
}

impl Peer for Courier {
    fn readable(&self, _direct: bool) {
        self.post_once(SEND_POSTED, Task::Send);
    }

    fn writable(&self) {
        self.post_once(RECEIVE_POSTED, Task::Receive);
    }

    fn ended(&self, _asleep: bool) {
        self.post_once(SEND_POSTED, Task::Send);
    }

    fn terminate(&self, linger_ms: i32) {
        self.post(Task::Terminate(linger_ms));
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.thread.load.fetch_sub(1, Ordering::Relaxed);
    }
}
