//! The event loop and the set of its threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Weak;
use std::thread::JoinHandle;

use crate::sync::Mutex;
use crossbeam_queue::SegQueue;
use smallvec::SmallVec;

use super::Port;
use super::courier::{Courier, Task};
use super::listener::ListenerHandle;
use super::objects::{Object, Objects, PortKey};
use super::pollset::PollSet;
use super::session::Session;
use super::timers::{Timer, Timers};
use super::working::Wanted;
use crate::error::{Errno, Result};
use crate::log::{self, Kind, Subject};
use crate::msg::{Later, usage};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use crate::sys::cancel::Cancel;
use crate::sys::event::EventFd;
use crate::sys::poller::{Poller, Ready, Watch};
use crate::sys::thread::{Scheduling, spawn};
use crate::sys::{clock, memory};
use crate::transport::SocketAddress;
use crate::zmtp::gssapi::Worked;

/// The loop's own token: its wake-up descriptor.
const WAKE: u64 = u64::MAX;

/// A thread that had nothing to do for so many milliseconds looks whether a burst is over, and if not,
/// again after twice the time, up to the longest.
const LOOK_MS: u64 = 200;
const LONGEST_LOOK_MS: u64 = 3200;
/// A burst does not go on that had nothing for the thread since its last look, so long ago.
const SETTLED_MS: u64 = 800;

/// Commands handled before the network gets a turn.
const COMMANDS_AT_ONCE: usize = 256;

/// What an I/O thread can be asked.
pub enum Request {
    /// Take on a listener.
    Listen(Arc<ListenerHandle>),
    /// Forget a listener, which is closed already.
    Unlisten(Arc<ListenerHandle>),
    /// Take on a session and begin.
    Start(Arc<Session>),
    /// Drive the writing half.
    Write(Arc<Session>),
    /// Drive the reading half.
    Read(Arc<Session>),
    /// A half met the end of the connection.
    Failed(Arc<Session>),
    /// Both halves let go of the connection.
    Detached(Arc<Session>),
    /// The socket's end of the pipe is closed and everything written was sent.
    Drained(Arc<Session>),
    /// The socket closed its end of the pipe.
    PipeEnded(Arc<Session>),
    /// The peer promised to be heard within some time.
    ExpectTraffic(Arc<Session>),
    /// The network took no more: report room to write.
    AwaitRoom(Arc<Session>),
    /// Give the connection up, within this many milliseconds (negative: no limit).
    Terminate(Arc<Session>, i32),
    /// Addresses of the name, or why there are none.
    Resolved(Arc<Session>, Result<Vec<SocketAddress>>),
    /// The authenticator may have answered.
    Authenticated(Arc<Session>),
    /// A step of a handshake that may block was made.
    Worked(Arc<Session>, Wanted, Box<Worked>),
    /// The socket is closed: give everything of it up, within its linger time.
    PortClosed(Arc<Port>, i32),
    /// The endpoint is unbound: give the connections that came through it up, likewise.
    ListenerClosed(Arc<ListenerHandle>, i32),
    /// Do this with an endpoint that has no connections.
    Courier(Arc<Courier>, Task),
    /// An application thread took over, or gives back, the waiting for its socket.
    PollSet(Arc<PollSet>),
    /// End the thread.
    Stop,
}

/// One I/O thread, as others see it.
pub struct IoThread {
    inbox: SegQueue<Request>,
    /// The loop is in, or about to enter, its wait.
    asleep: AtomicBool,
    wake: EventFd,
    pub(super) poller: Poller,
    /// Connections and listeners on it.
    pub(super) load: AtomicUsize,
    /// When one of its connections was last found to have something to send, in microseconds.
    pub(super) last_sent: AtomicU64,
}

impl IoThread {
    fn new() -> Result<IoThread> {
        let (wake, poller) = (EventFd::new()?, Poller::new()?);
        // With edges it need not be read: each write is a new one.
        let watch = if Poller::EDGE { Watch::EdgeBoth } else { Watch::LevelRead };
        poller.add(wake.fd(), watch, WAKE)?;
        Ok(IoThread {
            inbox: SegQueue::new(),
            asleep: AtomicBool::new(false),
            wake,
            poller,
            load: AtomicUsize::new(0),
            last_sent: AtomicU64::new(0),
        })
    }

    /// Queues a request, waking the thread if it sleeps.
    pub fn post(&self, request: Request) {
        self.inbox.push(request);
        // Ordered after the push by the queue's own read-modify-write operations and this one.
        if self.asleep.swap(false, Ordering::SeqCst) {
            self.wake.set();
        }
    }
}

/// What belongs to the thread alone.
pub struct Loop {
    /// The shared part.
    pub thread: Arc<IoThread>,
    /// Sessions, listeners, couriers, poll sets.
    pub objects: Objects<Object>,
    /// Deadlines.
    pub timers: Timers,
    /// Milliseconds on the library's clock, as of this turn.
    pub now: u64,
    /// Something was dialled before.
    dialled: bool,
    /// When to look at the memory that a burst has left, if nothing happens until then, and how long
    /// to wait for the next look after that.
    look: (u64, u64),
}

impl Loop {
    fn run(mut self) {
        let mut ready = Vec::new();
        loop {
            let timeout = self.timeout();
            if let Err(error) = self.thread.poller.wait(timeout, &mut ready, Cancel::Later)
                && error != Errno::EINTR
            {
                // Nothing but a broken descriptor can cause this; do not spin on it.
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            self.thread.asleep.store(false, Ordering::SeqCst);
            self.now = clock::now_ms();
            let mut idle = ready.is_empty();
            for (event, next) in with_next(&ready) {
                if let Some(Object::Session(session)) =
                    next.and_then(|next| self.objects.get(next.token))
                {
                    session.prefetch();
                }
                self.guarded(|this| this.dispatch(*event));
            }
            while let Some((token, timer, number)) = self.timers.due(self.now) {
                self.guarded(|this| this.expire(token, timer, number));
            }
            for _ in 0..COMMANDS_AT_ONCE {
                match self.thread.inbox.pop() {
                    None => break,
                    Some(Request::Stop) => return,
                    Some(request) => {
                        idle = false;
                        self.guarded(|this| this.handle(request));
                    }
                }
            }
            self.look_at_memory(idle);
        }
    }

    /// How long to wait for events: not at all while requests wait.
    fn timeout(&mut self) -> i32 {
        if !self.thread.inbox.is_empty() {
            return 0;
        }
        self.thread.asleep.store(true, Ordering::SeqCst);
        if !self.thread.inbox.is_empty() {
            self.thread.asleep.store(false, Ordering::SeqCst);
            return 0;
        }
        let now = clock::now_ms();
        let wait = self.timers.wait_ms(now);
        if !usage::is_burst() {
            return wait;
        }
        let look = i32::try_from(self.look.0.saturating_sub(now)).unwrap_or(i32::MAX);
        if wait < 0 { look } else { wait.min(look) }
    }

    /// Tidies up after a burst once nothing was to be done for a while: not in the midst of it, where
    /// the memory would be wanted again.
    fn look_at_memory(&mut self, idle: bool) {
        let (at, pause) = self.look;
        if !idle {
            self.look = (self.now + LOOK_MS, LOOK_MS);
        } else if self.now >= at && usage::is_burst() {
            if usage::tidy(pause < SETTLED_MS) {
                memory::give_back();
            }
            // If messages wait to be received still, that may take long.
            self.look = (self.now + pause, (2 * pause).min(LONGEST_LOOK_MS));
        }
    }

    /// Runs one step. A panic (a defect of ours) costs what the step was about, not the thread.
    /// The application's free functions come after it, when no lock is held.
    fn guarded(&mut self, step: impl FnOnce(&mut Loop)) {
        let _later = Later::new();
        if catch_unwind(AssertUnwindSafe(|| step(self))).is_err() {
            log::write(Kind::Defect, &Subject::default(), format_args!("in an I/O thread's step"));
        }
    }

    fn dispatch(&mut self, event: Ready) {
        if !Poller::EDGE && event.token == WAKE {
            return self.thread.wake.clear();
        }
        let Some(object) = self.objects.get(event.token) else { return };
        match object {
            Object::Session(session) if session.is_settled() => session.drive_ready(event),
            Object::Session(session) => session.clone().on_ready(self, event),
            Object::Listener(listener) => listener.clone().on_ready(self),
            Object::Courier(courier) => courier.clone().on_ready(self),
            Object::PollSet(set) => set.clone().on_ready(self),
        }
    }

    fn expire(&mut self, token: u64, timer: Timer, number: u64) {
        match self.objects.get(token) {
            Some(Object::Session(session)) => session.clone().on_timer(self, timer, number),
            Some(Object::Listener(listener)) => listener.clone().on_timer(self, timer, number),
            Some(Object::Courier(courier)) => courier.clone().on_timer(self, timer, number),
            Some(Object::PollSet(set)) => set.clone().on_timer(self, timer, number),
            None => {}
        }
    }

    fn handle(&mut self, request: Request) {
        match request {
            Request::Listen(listener) => listener.start(self),
            Request::Unlisten(listener) => listener.forget(self),
            Request::Start(session) => {
                // Who connected may be about to watch what comes of it, and was interrupted by this
                // thread's waking up if all processors are busy. Once: there a yield takes the
                // thread from all its connections until everybody else had a turn.
                if !std::mem::replace(&mut self.dialled, true) {
                    std::thread::yield_now();
                }
                session.start(self);
            }
            Request::Write(session) => session.on_write_request(),
            Request::Read(session) => session.on_read_request(),
            Request::Failed(session) => session.on_failed(self),
            Request::Detached(session) => session.on_detached(self),
            Request::Drained(session) => session.on_drained(self),
            Request::PipeEnded(session) => session.on_pipe_ended(self),
            Request::ExpectTraffic(session) => session.on_expect_traffic(self),
            Request::AwaitRoom(session) => session.on_await_room(self),
            Request::Terminate(session, linger) => session.on_unbound(self, linger),
            Request::Resolved(session, addresses) => session.on_resolved(self, addresses),
            Request::Authenticated(session) => session.on_authenticated(self),
            Request::Worked(session, wanted, worked) => session.on_worked(self, &wanted, *worked),
            Request::PortClosed(port, linger) => self.close_port(&port, linger),
            Request::ListenerClosed(listener, linger) => self.close_accepted(&listener, linger),
            Request::Courier(courier, task) => courier.on_task(self, task),
            Request::PollSet(set) => set.on_changed(self),
            Request::Stop => {}
        }
    }

    /// Moves the connections of a poll set's socket into it.
    pub fn gather(&mut self, set: &Arc<PollSet>) {
        for session in self.sessions(set.port(), |_| true) {
            session.on_poll_set(self);
        }
    }

    fn close_port(&mut self, port: &Arc<Port>, linger: i32) {
        let of_port: SmallVec<[Object; 2]> =
            self.objects.of_port(PortKey::of(port)).cloned().collect();
        for object in of_port {
            match object {
                Object::Session(session) => session.on_terminate(self, linger),
                Object::Courier(courier) => courier.on_task(self, Task::Terminate(linger)),
                Object::Listener(_) | Object::PollSet(_) => {}
            }
        }
    }

    fn close_accepted(&mut self, listener: &Arc<ListenerHandle>, linger: i32) {
        let origin = Arc::as_ptr(listener).addr();
        for session in
            self.sessions(PortKey::of(listener.port()), |session| session.origin() == origin)
        {
            session.on_unbound(self, linger);
        }
    }

    /// The sessions of a socket that are wanted.
    fn sessions(
        &self,
        port: PortKey,
        wanted: impl Fn(&Session) -> bool,
    ) -> SmallVec<[Arc<Session>; 2]> {
        let session = |object: &Object| match object {
            Object::Session(session) if wanted(session) => Some(session.clone()),
            _ => None,
        };
        self.objects.of_port(port).filter_map(session).collect()
    }
}

/// Each event and the one after it.
pub(super) fn with_next(ready: &[Ready]) -> impl Iterator<Item = (&Ready, Option<&Ready>)> {
    ready.iter().zip(ready.iter().skip(1).map(Some).chain([None]))
}

/// A context's I/O threads.
pub struct IoPool {
    threads: Vec<Arc<IoThread>>,
    handles: Mutex<Vec<JoinHandle<()>>>,
}

impl IoPool {
    /// Starts `count` threads, named `prefix` and a number. Errors: `EMFILE`, `EAGAIN`, `ENOMEM`.
    pub fn start(count: usize, prefix: &str, scheduling: &Scheduling) -> Result<Arc<IoPool>> {
        let mut pool = IoPool { threads: Vec::new(), handles: Mutex::new(Vec::new()) };
        for number in 0..count {
            if let Err(error) = pool.start_one(number, prefix, scheduling) {
                pool.stop();
                return Err(error);
            }
        }
        Ok(Arc::new(pool))
    }

    fn start_one(&mut self, number: usize, prefix: &str, scheduling: &Scheduling) -> Result<()> {
        let thread = Arc::new(IoThread::new()?);
        let body = Loop {
            thread: thread.clone(),
            objects: Objects::default(),
            timers: Timers::default(),
            now: clock::now_ms(),
            dialled: false,
            look: (0, LOOK_MS),
        };
        let name = format!("{prefix}IO/{number}");
        let handle = spawn(&name, scheduling.clone(), move || body.run())?;
        self.threads.push(thread);
        self.handles.lock().push(handle);
        Ok(())
    }

    /// The least loaded of the threads that `affinity` names, bit by bit (0: any). `EMTHREAD` if
    /// it names none.
    pub fn choose(&self, affinity: u64) -> Result<&Arc<IoThread>> {
        let allowed = |number: usize| affinity == 0 || number < 64 && affinity >> number & 1 == 1;
        self.threads
            .iter()
            .enumerate()
            .filter(|(number, _)| allowed(*number))
            .map(|(_, thread)| thread)
            .min_by_key(|thread| thread.load.load(Ordering::Relaxed))
            .ok_or(Errno::EMTHREAD)
    }

    /// The thread, if there is just one.
    pub fn only(&self) -> Option<&Arc<IoThread>> {
        match self.threads.as_slice() {
            [thread] => Some(thread),
            _ => None,
        }
    }

    /// Gives up what `port`'s socket has on the threads.
    pub fn close_port(&self, port: &Arc<Port>, linger_ms: i32) {
        if port.objects.load(Ordering::SeqCst) == 0 {
            return;
        }
        for thread in &self.threads {
            thread.post(Request::PortClosed(port.clone(), linger_ms));
        }
    }

    /// Gives up the connections that came through `listener`.
    pub fn close_accepted(&self, listener: &Arc<ListenerHandle>, linger_ms: i32) {
        for thread in &self.threads {
            thread.post(Request::ListenerClosed(listener.clone(), linger_ms));
        }
    }

    /// Ends the threads and waits for them.
    pub fn stop(&self) {
        for thread in &self.threads {
            thread.post(Request::Stop);
        }
        for handle in self.handles.lock().drain(..) {
            let _ = handle.join();
        }
        // What came too late still holds sessions and sets, which hold their thread.
        for thread in &self.threads {
            while thread.inbox.pop().is_some() {}
        }
    }
}

/// Posts to a session's thread if the session still exists when the answer comes.
pub fn post_resolved(session: &Weak<Session>, addresses: Result<Vec<SocketAddress>>) {
    if let Some(session) = session.upgrade() {
        let thread = session.thread().clone();
        thread.post(Request::Resolved(session, addresses));
    }
}
