//! Datagrams: a socket's pipe and the network without any connection between them.
//!
//! | part | who may touch it |
//! |---|---|
//! | `posted` | flags, by any thread |
//! | `inner` | the I/O thread; the lock is never contended |

use std::io::IoSlice;
use std::net::SocketAddr;
use std::sync::Weak;

use crate::sync::Mutex;

use super::Port;
use super::thread::{IoThread, Loop, Object, Request};
use super::timers::{Running, Timer, expire};
use crate::core::pipe::{Peer, PipeReader, PipeWriter};
use crate::error::Errno;
use crate::msg::Msg;
use crate::options::{Options, SocketType};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sys::poller::{Direction, Watch};
use crate::transport::{DatagramSocket, MAX_DATAGRAM};
use crate::zmtp::datagram;

/// Datagrams moved in one go before others get a turn.
const TURN: usize = 64;

/// The largest datagram there can be.
const LARGEST: usize = 65535;

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

/// A udp endpoint of a RADIO, DISH or DGRAM socket.
pub struct Datagrams {
    me: Weak<Datagrams>,
    thread: Arc<IoThread>,
    port: Arc<Port>,
    socket_type: SocketType,
    posted: AtomicU32,
    inner: Mutex<Inner>,
}

struct Inner {
    /// `None` once ended.
    socket: Option<DatagramSocket>,
    from_socket: Option<PipeReader>,
    to_socket: Option<PipeWriter>,
    /// A datagram that the network did not take yet.
    unsent: Option<Outgoing>,
    /// Received frames that the pipe has no room for, the last first.
    held: Vec<Msg>,
    /// Room for one datagram, once something is to be received.
    room: Vec<u8>,
    token: Option<u64>,
    running: Running,
}

struct Outgoing {
    to: Option<SocketAddr>,
    header: Vec<u8>,
    body: Msg,
}

impl Datagrams {
    /// An endpoint on `thread`, with its ends of the pipes still to come.
    pub fn new(
        thread: Arc<IoThread>,
        port: Arc<Port>,
        options: &Options,
        socket: DatagramSocket,
    ) -> Arc<Datagrams> {
        thread.load.fetch_add(1, Ordering::Relaxed);
        port.objects.fetch_add(1, Ordering::SeqCst);
        Arc::new_cyclic(|me| Datagrams {
            me: me.clone(),
            thread,
            port,
            socket_type: options.socket_type,
            posted: AtomicU32::new(0),
            inner: Mutex::new(Inner {
                socket: Some(socket),
                from_socket: None,
                to_socket: None,
                unsent: None,
                held: Vec::new(),
                room: Vec::new(),
                token: None,
                running: Running::default(),
            }),
        })
    }

    /// Gives the endpoint its ends of the pipes and has its I/O thread begin.
    pub fn launch(&self, to_socket: PipeWriter, from_socket: PipeReader) {
        {
            let mut inner = self.inner.lock();
            inner.to_socket = Some(to_socket);
            inner.from_socket = Some(from_socket);
        }
        self.post(Task::Start);
    }

    /// Its socket.
    pub fn port(&self) -> &Arc<Port> {
        &self.port
    }

    fn post(&self, task: Task) {
        if let Some(me) = self.me.upgrade() {
            self.thread.post(Request::Datagrams(me, task));
        }
    }

    fn post_once(&self, flag: u32, task: Task) {
        if self.posted.fetch_or(flag, Ordering::AcqRel) & flag == 0 {
            self.post(task);
        }
    }

    fn sends(&self) -> bool {
        self.socket_type != SocketType::Dish
    }

    fn receives(&self) -> bool {
        self.socket_type != SocketType::Radio
    }

    /// Carries a task out.
    pub fn on_task(&self, at: &mut Loop, task: Task) {
        let inner = &mut *self.inner.lock();
        if inner.socket.is_none() {
            return;
        }
        match task {
            Task::Start => self.start(at, inner),
            Task::Send => {
                self.posted.fetch_and(!SEND_POSTED, Ordering::AcqRel);
                self.send(at, inner);
            }
            Task::Receive => {
                self.posted.fetch_and(!RECEIVE_POSTED, Ordering::AcqRel);
                self.receive(at, inner);
            }
            Task::Terminate(linger_ms) => self.terminate_within(at, inner, linger_ms),
        }
    }

    /// The network is ready for something.
    pub fn on_ready(&self, at: &mut Loop) {
        let inner = &mut *self.inner.lock();
        self.receive(at, inner);
        self.send(at, inner);
    }

    /// The time to send what is left is over.
    pub fn on_timer(&self, at: &mut Loop, timer: Timer, number: u64) {
        let inner = &mut *self.inner.lock();
        if expire(&mut inner.running, timer, number) {
            self.end(at, inner);
        }
    }

    fn start(&self, at: &mut Loop, inner: &mut Inner) {
        let (Some(me), Some(socket)) = (self.me.upgrade(), &inner.socket) else { return };
        let token = at.objects.insert(Object::Datagrams(me));
        inner.token = Some(token);
        if at.thread.poller.add(socket.fd(), Watch::EdgeBoth, token).is_err() {
            // Without the poller's memory there is nothing to wait with.
            return self.end(at, inner);
        }
        self.receive(at, inner);
        self.send(at, inner);
    }

    /// Moves messages from the pipe to the network until either has enough.
    fn send(&self, at: &mut Loop, inner: &mut Inner) {
        for _ in 0..TURN {
            if inner.unsent.is_none() && !self.take_next(inner) {
                if inner.from_socket.as_ref().is_some_and(PipeReader::is_ended) {
                    self.end(at, inner);
                }
                return;
            }
            let (Some(socket), Some(outgoing)) = (&inner.socket, &inner.unsent) else { continue };
            let slices = [IoSlice::new(&outgoing.header), IoSlice::new(outgoing.body.data())];
            if let Err(Errno::EAGAIN) = socket.send(&slices, outgoing.to) {
                let _ = at.thread.poller.rearm(socket.fd(), Direction::Write);
                return;
            }
            // Sent or, as with any datagram, lost.
            inner.unsent = None;
        }
        self.post_once(SEND_POSTED, Task::Send);
    }

    /// Takes the next message out of the pipe. Whether there was one; what cannot be sent is
    /// dropped.
    fn take_next(&self, inner: &mut Inner) -> bool {
        let Some(pipe) = &mut inner.from_socket else { return false };
        let mut msg = Msg::new();
        if !pipe.read(&mut msg) {
            return false;
        }
        inner.unsent =
            match self.socket_type {
                SocketType::Radio => datagram::header(msg.group().to_bytes())
                    .map(|header| Outgoing { to: None, header, body: msg }),
                SocketType::Dgram => {
                    let peer = inner.socket.as_ref().map(|socket| socket.parse_peer(msg.data()));
                    let whole = msg.more() && pipe.read(&mut msg);
                    let peer = peer.and_then(Result::ok).filter(|_| whole);
                    peer.map(|to| Outgoing { to: Some(to), header: Vec::new(), body: msg })
                }
                // A DISH tells of its groups; nobody listens.
                _ => None,
            };
        let fits = |it: &Outgoing| it.header.len().saturating_add(it.body.len()) <= MAX_DATAGRAM;
        inner.unsent = inner.unsent.take().filter(fits);
        true
    }

    /// Moves datagrams from the network to the pipe until either has enough.
    fn receive(&self, at: &mut Loop, inner: &mut Inner) {
        if !self.receives() {
            return;
        }
        let Inner { socket: Some(socket), to_socket: Some(pipe), held, room, .. } = inner else {
            return;
        };
        room.resize(LARGEST, 0);
        for _ in 0..TURN {
            while let Some(mut msg) = held.pop() {
                if !pipe.write(&mut msg) {
                    // The rest waits in the system, which drops what it has no room for.
                    held.push(msg);
                    return pipe.flush(false);
                }
            }
            match socket.receive(room) {
                Ok((length, from)) => {
                    let datagram = room.get(..length).unwrap_or_default();
                    self.hold(held, datagram, from);
                }
                Err(Errno::EAGAIN) => {
                    let _ = at.thread.poller.rearm(socket.fd(), Direction::Read);
                    return pipe.flush(false);
                }
                // An error of what was sent before, reported here.
                Err(_) => {}
            }
        }
        pipe.flush(false);
        self.post_once(RECEIVE_POSTED, Task::Receive);
    }

    /// Makes a message of a datagram; what is none is dropped.
    fn hold(&self, held: &mut Vec<Msg>, datagram: &[u8], from: Option<SocketAddr>) {
        if self.socket_type == SocketType::Dish {
            held.extend(datagram::decode(datagram));
            return;
        }
        let peer = from.map(|from| format!("{from}\0")).unwrap_or_default();
        if let (Ok(mut peer), Ok(body)) =
            (Msg::from_slice(peer.as_bytes()), Msg::from_slice(datagram))
        {
            peer.set_more(true);
            held.push(body);
            held.push(peer);
        }
    }

    fn terminate_within(&self, at: &mut Loop, inner: &mut Inner, linger_ms: i32) {
        let Some(token) = inner.token else { return };
        if linger_ms == 0 || !self.sends() {
            return self.end(at, inner);
        }
        if linger_ms > 0 {
            let now = at.now;
            let delay = u64::from(linger_ms.unsigned_abs());
            at.timers.start(&mut inner.running, Timer::Linger, token, now, delay);
        }
        self.send(at, inner);
    }

    fn end(&self, at: &mut Loop, inner: &mut Inner) {
        let Some(socket) = inner.socket.take() else { return };
        at.thread.poller.remove(socket.fd());
        inner.from_socket = None;
        inner.to_socket = None;
        inner.unsent = None;
        inner.held = Vec::new();
        inner.room = Vec::new();
        inner.running = Running::default();
        self.port.objects.fetch_sub(1, Ordering::SeqCst);
        if let Some(token) = inner.token.take() {
            at.objects.remove(token);
        }
    }
}

impl Peer for Datagrams {
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

impl Drop for Datagrams {
    fn drop(&mut self) {
        self.thread.load.fetch_sub(1, Ordering::Relaxed);
    }
}
