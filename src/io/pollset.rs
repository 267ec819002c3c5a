//! Waiting for the network on the application's own thread.
//!
//! A thread that is about to block for one socket can take over the waiting for that socket's
//! connections: they are moved into a poller of their own, which is nested in the I/O
//! thread's. While an application thread owns the set, the I/O thread does not look at it; the
//! application thread waits, reads and decodes by itself, and a message reaches it with one
//! wake-up instead of two. When it stays away for longer than a tick, or has something to send
//! that the network does not take, the I/O thread takes the set back.
//!
//! Both may use that poller at once without harm: an event is delivered to one of them, and the
//! halves' try-locks keep them apart.

use std::collections::HashMap;

use crate::sync::Mutex;

use super::Port;
use super::objects::{Object, PortKey};
use super::session::Session;
use super::thread::{IoThread, Loop, Request, with_next};
use super::timers::{Running, Timer, expire};
use crate::core::signal::{Deadline, Waiter, Wants};
use crate::error::{Errno, Result};
use crate::msg::Later;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::sys::RawFd;
use crate::sys::cancel::Cancel;
use crate::sys::poller::{Poller, Ready, Watch};

/// The waiter's token within the set.
const WAKE: u64 = u64::MAX;

/// The I/O thread looks this often, in milliseconds, whether the owner still comes.
const TICK_MS: u64 = 10;

/// An owner that waits longer than this for anything gives the set back and sleeps otherwise.
const IDLE_MS: i32 = 50;

const WITH_IO_THREAD: u32 = 0;
const WITH_APPLICATION: u32 = 1;

/// One socket's connections, all on one I/O thread.
pub struct PollSet {
    port: PortKey,
    thread: Arc<IoThread>,
    poller: Poller,
    /// Wakes the owner for anything but the network.
    pub waiter: Arc<Waiter>,
    owner: AtomicU32,
    /// An application thread is in [`PollSet::sleep`].
    inside: AtomicBool,
    /// One was since the last tick.
    used: AtomicBool,
    sessions: Mutex<HashMap<u64, Arc<Session>, foldhash::fast::RandomState>>,
    /// The socket is closed.
    over: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<u64>,
    running: Running,
}

/// An application thread sleeps in a set; also the end of a cancelled one's sleep ends that.
struct Inside<'a>(&'a AtomicBool);

impl Inside<'_> {
    fn enter(inside: &AtomicBool) -> Inside<'_> {
        inside.store(true, Ordering::SeqCst);
        Inside(inside)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl PollSet {
    /// A set for the sessions of `port`, all of `thread`, owned by it. Errors: `EMFILE`, `ENOMEM`; `ENOTSUP` where
    /// no poller can be nested in another.
    pub fn new(thread: Arc<IoThread>, port: &Arc<Port>) -> Result<Arc<PollSet>> {
        if !Poller::NESTED {
            return Err(Errno::ENOTSUP);
        }
        let poller = Poller::new()?;
        let waiter = Waiter::with_event_for(Wants::Input)?;
        if let Some(event) = waiter.event() {
            poller.add(event.fd(), Watch::LevelRead, WAKE)?;
        }
        Ok(Arc::new(PollSet {
            port: PortKey::of(port),
            thread,
            poller,
            waiter,
            owner: AtomicU32::new(WITH_IO_THREAD),
            inside: AtomicBool::new(false),
            used: AtomicBool::new(false),
            sessions: Mutex::default(),
            over: AtomicBool::new(false),
            state: Mutex::default(),
        }))
    }

    /// The socket.
    pub fn port(&self) -> PortKey {
        self.port
    }

    /// Has the I/O thread nest the set and move the socket's connections into it.
    pub fn launch(self: &Arc<Self>) {
        self.thread.post(Request::PollSet(self.clone()));
    }

    /// Whether it is nested in this thread.
    pub fn is_on(&self, thread: &Arc<IoThread>) -> bool {
        Arc::ptr_eq(&self.thread, thread)
    }

    /// Moves a connection of the I/O thread into the set. Errors: those of [`Poller::add`];
    /// `ENOTSOCK` when the socket is closed.
    pub fn take_in(
        &self,
        session: &Arc<Session>,
        token: u64,
        fd: RawFd,
        watch: Watch,
    ) -> Result<()> {
        if self.over.load(Ordering::SeqCst) {
            return Err(Errno::ENOTSOCK);
        }
        if self.sessions.lock().insert(token, session.clone()).is_some() {
            // It came by itself before the set was launched.
            return Ok(());
        }
        let added = self.poller.add(fd, watch, token);
        if added.is_err() {
            self.sessions.lock().remove(&token);
        }
        added
    }

    /// Reports room to write from now on, also if there is some already.
    pub fn watch_room(&self, token: u64, fd: RawFd) -> Result<()> {
        self.poller.modify(fd, Watch::EdgeBoth, token)
    }

    /// Forgets a connection.
    pub fn let_go(self: &Arc<Self>, token: u64, fd: RawFd) {
        self.poller.remove(fd);
        let mut sessions = self.sessions.lock();
        let was_last = sessions.remove(&token).is_some() && sessions.is_empty();
        drop(sessions);
        if was_last && self.over.load(Ordering::SeqCst) {
            self.thread.post(Request::PollSet(self.clone()));
        }
    }

    /// Makes the calling application thread the owner.
    pub fn adopt(self: &Arc<Self>) {
        self.used.store(true, Ordering::SeqCst);
        if self.owner.swap(WITH_APPLICATION, Ordering::SeqCst) == WITH_IO_THREAD {
            self.thread.post(Request::PollSet(self.clone()));
        }
    }

    /// Gives the set to the I/O thread if an application thread has it.
    pub fn give_back(self: &Arc<Self>) {
        if self.owner.swap(WITH_IO_THREAD, Ordering::SeqCst) == WITH_APPLICATION {
            self.thread.post(Request::PollSet(self.clone()));
        }
    }

    /// The socket is looked at by somebody who will not wait here: has the I/O thread read on.
    #[inline]
    pub fn leave(self: &Arc<Self>) {
        if self.owner.load(Ordering::Relaxed) == WITH_APPLICATION
            && !self.inside.load(Ordering::SeqCst)
        {
            self.give_back();
        }
    }

    /// Gives the set up: its socket is closed. It stays with the I/O thread for as long as a
    /// connection in it has something left to send.
    pub fn close(self: &Arc<Self>) {
        self.over.store(true, Ordering::SeqCst);
        self.owner.store(WITH_IO_THREAD, Ordering::SeqCst);
        self.thread.post(Request::PollSet(self.clone()));
    }

    /// Waits for the network and for the waiter; [`PollSet::attend`] to what has come afterwards.
    /// Errors: `EINTR`.
    pub fn sleep(
        self: &Arc<Self>,
        deadline: Deadline,
        ready: &mut Vec<Ready>,
        cancel: Cancel,
    ) -> Result<()> {
        let _inside = Inside::enter(&self.inside);
        self.adopt();
        let result = if self.waiter.lie_down() {
            let limit = match deadline.remaining_ms() {
                -1 => IDLE_MS,
                left => left.min(IDLE_MS),
            };
            self.poller.wait(limit, ready, cancel)
        } else {
            ready.clear();
            ready.push(Ready { token: WAKE, readable: true, writable: false, hangup: false });
            Ok(())
        };
        self.waiter.rise(ready.iter().any(|event| event.token == WAKE));
        result
    }

    /// Reads what has come, on the calling thread: there may be something for the socket then.
    /// Errors: `EAGAIN` when nothing came for a while.
    pub fn attend(self: &Arc<Self>, ready: &[Ready]) -> Result<()> {
        if ready.is_empty() {
            self.give_back();
            return Err(Errno::EAGAIN);
        }
        self.drive(ready);
        // What that told the socket its caller finds without being woken.
        self.waiter.stay_up();
        Ok(())
    }

    fn drive(&self, ready: &[Ready]) {
        let _later = Later::new();
        for (event, next) in with_next(ready) {
            let sessions = self.sessions.lock();
            if let Some(next) = next.and_then(|next| sessions.get(&next.token)) {
                next.prefetch();
            }
            let session = sessions.get(&event.token).cloned();
            drop(sessions);
            if let Some(session) = session {
                session.drive_ready(*event);
            }
        }
    }

    /// The I/O thread sees that some of the set's connections are ready.
    pub fn on_ready(&self, _at: &mut Loop) {
        if self.owner.load(Ordering::SeqCst) == WITH_APPLICATION {
            return;
        }
        let mut ready = Vec::new();
        if self.poller.wait(0, &mut ready, Cancel::Later).is_ok() {
            if ready.iter().any(|event| event.token == WAKE) && !self.inside.load(Ordering::SeqCst)
            {
                // Left behind by somebody who woke a thread that had just left.
                self.waiter.forget(&self.inside);
            }
            self.drive(&ready);
        }
    }

    /// The owner changed, or the set is new or over.
    pub fn on_changed(self: Arc<Self>, at: &mut Loop) {
        let mut state = self.state.lock();
        let Some(fd) = self.poller.fd() else { return };
        if self.over.load(Ordering::SeqCst) && self.sessions.lock().is_empty() {
            if let Some(token) = state.token.take() {
                at.thread.poller.remove(fd);
                at.objects.remove(token);
            }
            return;
        }
        let owned = self.owner.load(Ordering::SeqCst) == WITH_APPLICATION;
        let watch = if owned { Watch::Off } else { Watch::LevelRead };
        let token = match state.token {
            Some(token) => {
                let _ = at.thread.poller.modify(fd, watch, token);
                token
            }
            None => {
                let token = at.objects.insert(Object::PollSet(self.clone()));
                state.token = Some(token);
                let _ = at.thread.poller.add(fd, watch, token);
                at.gather(&self);
                token
            }
        };
        if owned {
            at.timers.start(&mut state.running, Timer::Reclaim, token, at.now, TICK_MS);
        }
    }

    /// A tick: take the set back if nobody came for it.
    pub fn on_timer(self: Arc<Self>, at: &mut Loop, timer: Timer, number: u64) {
        let mut state = self.state.lock();
        if !expire(&mut state.running, timer, number)
            || self.owner.load(Ordering::SeqCst) != WITH_APPLICATION
        {
            return;
        }
        let used = self.used.swap(false, Ordering::SeqCst);
        if used || self.inside.load(Ordering::SeqCst) {
            if let Some(token) = state.token {
                at.timers.start(&mut state.running, Timer::Reclaim, token, at.now, TICK_MS);
            }
            return;
        }
        drop(state);
        self.owner.store(WITH_IO_THREAD, Ordering::SeqCst);
        self.on_changed(at);
    }
}
