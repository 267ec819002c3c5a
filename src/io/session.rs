//! A session: one connection, or the attempt to have one, between a socket's pipe and the network.
//!
//! | part | who may touch it |
//! |---|---|
//! | `write`, `read` | whoever holds the half (see [`crate::core::half`]) |
//! | `tx_changes`, `rx_changes` | filled by the I/O thread, carried out by whoever drives the half |
//! | `control` | PINGs and PONGs to send: filled by any thread, taken by the writing half |
//! | `status` | flags, by any thread |
//! | `inner` (phase, timers, addresses) | the I/O thread; the lock is never contended |

use std::collections::VecDeque;
use std::mem::offset_of;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Weak;

use crate::sync::Mutex;

use super::Port;
use super::connection::Inner;
use super::halves::{Failure, Host, ReadHalf, RxChange, Turn, TxChange, WriteHalf};
use super::listener::ListenerHandle;
use super::thread::{IoThread, Request};
use crate::core::half::Half;
use crate::core::mailbox::PipeLink;
use crate::core::pipe::{Peer, PipeReader, PipeWriter};
use crate::error::Errno;
use crate::msg::Msg;
use crate::options::Options;
use crate::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use crate::sync::{Arc, prefetch};
use crate::sys::cancel::Shield;
use crate::sys::poller::{Direction, Poller, Ready, Watch};
use crate::sys::{RawFd, clock};
use crate::transport::{Stream, Target};
use crate::zmtp::command;

/// An I/O thread none of whose connections was given anything to send for this long is quiet.
const QUIET_US: u64 = 100;

/// The writing half has a connection.
const WRITABLE: u32 = 1;
/// A request to drive the writing half is queued.
const WRITE_POSTED: u32 = 2;
/// A request to drive the reading half is queued.
const READ_POSTED: u32 = 4;
/// Something arrived since the last direct write.
const HEARD: u32 = 8;
/// The peer will send no more.
const HANGUP: u32 = 16;
/// `control` is not empty.
const CONTROL: u32 = 32;
/// `tx_changes` is not empty.
const TX_CHANGED: u32 = 64;
/// `rx_changes` is not empty.
const RX_CHANGED: u32 = 128;
/// A request to expect to hear the peer is queued.
const EXPECT_POSTED: u32 = 256;
/// The network has once taken no more.
const WAITED_FOR_ROOM: u32 = 512;
/// What the network is ready for concerns the halves only.
const SETTLED: u32 = 1024;

/// Commands that wait for a peer that does not read. More are not queued: a peer could ask for
/// PONGs for ever and take none.
const MOST_CONTROLS: usize = 16;

/// How a session came to be.
pub enum Role {
    /// It dials. In a box: there may be many times as many of the others.
    Connect(Box<Called>),
    /// A listener accepted it.
    Accept(Weak<ListenerHandle>),
}

/// Whom a session dials.
pub struct Called {
    pub target: Target,
    /// As the application spelled it.
    pub endpoint: String,
}

/// One session. What messages need comes first, in as few cache lines as may be: a thread may serve
/// thousands of sessions in turn.
#[repr(C)]
pub struct Session {
    status: AtomicU32,
    /// Counts receptions, for heartbeats.
    pub(super) traffic: AtomicU32,
    thread: Arc<IoThread>,
    port: Arc<Port>,
    me: Weak<Session>,
    read: Half<ReadHalf>,
    write: Half<WriteHalf>,
    pub(super) options: Arc<Options>,
    pub(super) role: Role,
    tx_changes: Mutex<Vec<TxChange>>,
    rx_changes: Mutex<Vec<RxChange>>,
    control: Mutex<VecDeque<Msg>>,
    /// The peer's last PING with a time to live: that time in milliseconds, and above it what
    /// `traffic` was.
    promise: AtomicU64,
    pub(super) failure: Mutex<Option<Failure>>,
    /// The way to the socket's end of the current pipe.
    pub(super) link: Mutex<Option<Arc<PipeLink>>>,
    terminating: AtomicBool,
    pub(super) inner: Mutex<Inner>,
}

impl Session {
    /// A session on `thread`, with no pipe yet; [`Session::set_pipe`] gives it one.
    pub fn new(
        thread: Arc<IoThread>,
        port: Arc<Port>,
        options: Arc<Options>,
        role: Role,
    ) -> Arc<Session> {
        thread.load.fetch_add(1, Ordering::Relaxed);
        port.objects.fetch_add(1, Ordering::SeqCst);
        Arc::new_cyclic(|me| Session {
            me: me.clone(),
            thread,
            port,
            options,
            role,
            write: Half::new(WriteHalf::new(None)),
            read: Half::new(ReadHalf::new(None)),
            tx_changes: Mutex::default(),
            rx_changes: Mutex::default(),
            control: Mutex::default(),
            status: AtomicU32::new(0),
            traffic: AtomicU32::new(0),
            promise: AtomicU64::new(0),
            failure: Mutex::new(None),
            link: Mutex::new(None),
            terminating: AtomicBool::new(false),
            inner: Mutex::new(Inner::new()),
        })
    }

    /// Gives the session, which nobody drives yet or which has no pipe, its end of a pipe.
    pub fn set_pipe(&self, writer: PipeWriter, reader: PipeReader, link: Arc<PipeLink>) {
        *self.link.lock() = Some(link);
        self.change_write(TxChange::Pipe(Box::new(reader)));
        self.change_read(RxChange::Pipe(Box::new(writer)));
    }

    /// Asks the I/O thread to take the session on.
    pub fn launch(&self) {
        self.post(Request::Start);
    }

    /// Its I/O thread.
    pub fn thread(&self) -> &Arc<IoThread> {
        &self.thread
    }

    /// Its socket.
    pub fn port(&self) -> &Arc<Port> {
        &self.port
    }

    /// Whether it dials, rather than was accepted.
    pub fn is_connecting(&self) -> bool {
        matches!(self.role, Role::Connect(_))
    }

    /// The listener that accepted it, by address; 0 for none.
    pub fn origin(&self) -> usize {
        match &self.role {
            Role::Accept(listener) => listener.as_ptr().addr(),
            Role::Connect(_) => 0,
        }
    }

    pub(super) fn post(&self, request: impl FnOnce(Arc<Session>) -> Request) {
        if let Some(me) = self.me.upgrade() {
            self.thread.post(request(me));
        }
    }

    pub(super) fn weak(&self) -> Weak<Session> {
        self.me.clone()
    }

    fn set(&self, flag: u32) -> bool {
        self.status.fetch_or(flag, Ordering::SeqCst) & flag != 0
    }

    fn clear(&self, flag: u32) -> bool {
        self.status.fetch_and(!flag, Ordering::AcqRel) & flag != 0
    }

    /// Says whether the writing half has a connection; without, sending need not wake anybody.
    pub(super) fn set_writable(&self, writable: bool) {
        if writable {
            self.set(WRITABLE);
        } else {
            self.clear(WRITABLE | HANGUP | SETTLED);
        }
    }

    /// Messages flow, and whoever watches the connection will go on doing so.
    pub(super) fn settle(&self) {
        self.set(SETTLED);
    }

    /// Whether [`Session::drive_ready`] is all that is to be done when the network is ready. Asked by its
    /// I/O thread, which alone changes that.
    #[inline]
    pub(super) fn is_settled(&self) -> bool {
        self.status.load(Ordering::Relaxed) & SETTLED != 0
    }

    /// Asks for the memory that it takes to drive the halves, which will be done soon.
    #[inline]
    pub(super) fn prefetch(&self) {
        const HOT: usize = offset_of!(Session, options);
        let start = std::ptr::from_ref(self).cast::<u8>();
        for at in (0..HOT).step_by(64) {
            prefetch::to_write(start.wrapping_add(at));
        }
    }

    /// The peer will send no more: read until the end, whatever is there.
    pub(super) fn set_hangup(&self) {
        self.set(HANGUP);
    }

    /// Whether the end has to be looked for: it was said that it comes, or nobody will say so.
    pub(super) fn has_hangup(&self) -> bool {
        !Poller::EDGE || self.status.load(Ordering::Acquire) & HANGUP != 0
    }

    /// Has a change of the writing half carried out.
    pub(super) fn change_write(&self, change: TxChange) {
        self.tx_changes.lock().push(change);
        self.set(TX_CHANGED);
        self.drive_write();
    }

    /// Has a change of the reading half carried out.
    pub(super) fn change_read(&self, change: RxChange) {
        self.rx_changes.lock().push(change);
        self.set(RX_CHANGED);
        self.drive_read();
    }

    /// Queues a command to the peer and sends it.
    pub(super) fn send_control(&self, msg: Msg) {
        {
            let mut control = self.control.lock();
            if control.len() >= MOST_CONTROLS {
                return;
            }
            control.push_back(msg);
        }
        self.set(CONTROL);
        self.drive_write();
    }

    /// Drops commands that the last connection did not get to send.
    pub(super) fn drop_control(&self) {
        self.control.lock().clear();
    }

    /// Whether a PING waits for a peer that does not read.
    pub(super) fn has_unsent_ping(&self) -> bool {
        self.control.lock().iter().any(command::is_ping)
    }

    /// The time to live of the peer's last PING, in milliseconds, and what `traffic` was then.
    pub(super) fn take_promise(&self) -> (u32, u32) {
        self.clear(EXPECT_POSTED);
        let promise = self.promise.load(Ordering::Acquire);
        (promise as u32, (promise >> 32) as u32)
    }

    /// The I/O thread was asked to drive the writing half.
    pub fn on_write_request(&self) {
        self.clear(WRITE_POSTED);
        self.drive_write();
    }

    /// The I/O thread was asked to drive the reading half.
    pub fn on_read_request(&self) {
        self.clear(READ_POSTED);
        self.drive_read();
    }

    fn post_write(&self) {
        if !self.set(WRITE_POSTED) {
            self.post(Request::Write);
        }
    }

    fn post_read(&self) {
        if !self.set(READ_POSTED) {
            self.post(Request::Read);
        }
    }

    /// Drives the writing half, unless another thread does and will go on.
    pub fn drive_write(&self) {
        let _shield = Shield::new();
        let mut guard = self.write.enter();
        while let Some(mut half) = guard {
            let turn = catch_unwind(AssertUnwindSafe(|| {
                self.change_write_half(&mut half);
                half.drive(self)
            }));
            match turn {
                Ok(Turn::More) => self.post_write(),
                Ok(Turn::Drained) => self.post(Request::Drained),
                Ok(Turn::Failed(failure)) => self.fail(failure),
                Ok(Turn::Blocked) => {
                    self.await_network(half.fd(), Direction::Write);
                    if self.first_wait_for_room() {
                        self.post(Request::AwaitRoom);
                    }
                    self.hand_over();
                }
                Ok(Turn::Idle) => {}
                Err(_) => self.fail_by_defect(),
            }
            guard = half.release();
        }
    }

    fn change_write_half(&self, half: &mut WriteHalf) {
        if !self.clear(TX_CHANGED) {
            return;
        }
        for change in taken(&self.tx_changes) {
            let detached = matches!(change, TxChange::Disconnect);
            half.change(change);
            if detached {
                self.post(Request::Detached);
            }
        }
    }

    /// Drives the reading half, unless another thread does and will go on.
    pub fn drive_read(&self) {
        let _shield = Shield::new();
        let mut guard = self.read.enter();
        while let Some(mut half) = guard {
            // Without edges nobody says that a peer left before its last bytes are read: always
            // read on, even what nobody wants, to find out.
            let hangup = self.has_hangup();
            let turn = catch_unwind(AssertUnwindSafe(|| {
                self.change_read_half(&mut half);
                half.drive(self, hangup)
            }));
            match turn {
                Ok(Turn::More) => self.post_read(),
                Ok(Turn::Blocked) => self.await_network(half.fd(), Direction::Read),
                Ok(Turn::Failed(failure)) => self.fail(failure),
                Ok(_) => {}
                Err(_) => self.fail_by_defect(),
            }
            guard = half.release();
        }
    }

    fn change_read_half(&self, half: &mut ReadHalf) {
        if !self.clear(RX_CHANGED) {
            return;
        }
        for change in taken(&self.rx_changes) {
            let detached = matches!(change, RxChange::Disconnect);
            half.change(change);
            if detached {
                self.post(Request::Detached);
            }
        }
    }

    /// Has the I/O thread hear of it when the network is ready again. To be called while the half
    /// is held: it keeps the connection open.
    fn await_network(&self, fd: Option<RawFd>, direction: Direction) {
        if let Some(fd) = fd
            && let Err(error) = self.thread.poller.rearm(fd, direction)
        {
            self.fail(Failure::Connection(error));
        }
    }

    /// How to watch a connection. Most never have to wait for room to write, and the first report of it
    /// would come before there is anything to write; by ipc one comes for every message that the peer
    /// takes. TLS may have to write in order to read.
    pub(super) fn watch(&self, stream: &Stream) -> Watch {
        let waited = self.status.load(Ordering::SeqCst) & WAITED_FOR_ROOM != 0;
        let as_usual = !Poller::EDGE || stream.is_encrypted() || waited;
        if as_usual { Watch::EdgeBoth } else { Watch::EdgeRead }
    }

    /// Whether there was no room to write, and [`Session::watch`] said that there would be.
    pub(super) fn first_wait_for_room(&self) -> bool {
        Poller::EDGE && !self.set(WAITED_FOR_ROOM)
    }

    /// The network takes no more for now. Whoever sees it take more again must act on it, and an
    /// application thread may not come back soon.
    fn hand_over(&self) {
        if let Some(set) = self.port.poll_set.get() {
            set.give_back();
        }
    }

    /// Drives what the network is ready for.
    pub fn drive_ready(&self, ready: Ready) {
        if ready.hangup {
            self.set_hangup();
        }
        if ready.writable {
            self.drive_write();
        }
        if ready.readable {
            self.drive_read();
        }
    }

    /// A panic costs the connection that it happened in.
    #[cold]
    fn fail_by_defect(&self) {
        self.log_defect();
        self.fail(Failure::Connection(Errno::EPROTO));
    }

    pub(super) fn fail(&self, failure: Failure) {
        self.failure.lock().get_or_insert(failure);
        self.post(Request::Failed);
    }

    /// Whether the calling application thread should write to the network itself: the last
    /// thing that happened here was a reception, or nothing was sent for a while. A stream of
    /// messages is better encoded in batches by the I/O thread; so are several streams in turn, or
    /// one that goes to many, whose connections would each look quiet.
    fn is_quiet(&self) -> bool {
        let heard = self.clear(HEARD);
        let now = clock::now_us();
        let last = self.thread.last_sent.swap(now, Ordering::Relaxed);
        heard || now.saturating_sub(last) > QUIET_US
    }
}

/// What waits in a list, which has no memory afterwards: most connections change twice in their life.
fn taken<T>(list: &Mutex<Vec<T>>) -> Vec<T> {
    std::mem::take(&mut *list.lock())
}

impl Host for Session {
    fn take_control(&self) -> Option<Msg> {
        if self.status.load(Ordering::Acquire) & CONTROL == 0 {
            return None;
        }
        let mut control = self.control.lock();
        let msg = control.pop_front();
        if control.is_empty() {
            self.clear(CONTROL);
        }
        msg
    }

    fn on_ping(&self, ttl_ms: u32, context: &[u8]) {
        if let Ok(pong) = command::pong(context) {
            self.send_control(pong);
        }
        if ttl_ms > 0 {
            let heard = self.traffic.load(Ordering::Relaxed);
            self.promise.store(u64::from(heard) << 32 | u64::from(ttl_ms), Ordering::Release);
            if !self.set(EXPECT_POSTED) {
                self.post(Request::ExpectTraffic);
            }
        }
    }

    fn on_close(&self, payload: &[u8]) {
        if let Ok(close) = command::close(payload) {
            self.send_control(close);
        }
    }

    fn on_traffic(&self) {
        self.traffic.fetch_add(1, Ordering::Relaxed);
        if self.status.load(Ordering::Relaxed) & HEARD == 0 {
            self.set(HEARD);
        }
    }
}

impl Peer for Session {
    fn readable(&self, direct: bool) {
        // In one order with the pipe's counters: either this sees that there is a connection, or who
        // made it writable sees the message.
        if self.status.load(Ordering::SeqCst) & WRITABLE == 0 {
            return;
        }
        if direct && self.is_quiet() {
            self.drive_write();
        } else {
            self.post_write();
        }
    }

    fn writable(&self) {
        self.post_read();
    }

    fn ended(&self, asleep: bool) {
        if asleep {
            self.readable(false);
        }
        self.post(Request::PipeEnded);
    }

    fn terminate(&self, linger_ms: i32) {
        if !self.terminating.swap(true, Ordering::SeqCst) {
            self.post(|me| Request::Terminate(me, linger_ms));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.thread.load.fetch_sub(1, Ordering::Relaxed);
    }
}
