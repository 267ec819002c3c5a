//! Accepting connections.

use crate::sync::Mutex;

use super::Port;
use super::objects::Object;
use super::session::{Role, Session};
use super::thread::{IoPool, IoThread, Loop, Request};
use super::timers::{Running, Timer, expire};
use crate::consts::*;
use crate::core::mailbox::EndpointPair;
use crate::error::{Errno, Result};
use crate::log::{self, Kind, Subject, Text};
use crate::options::Options;
use crate::sync::Arc;
use crate::sync::atomic::Ordering;
use crate::sys::poller::Watch;
use crate::transport::{Accepted, Listener, Protocol, Stream};

/// Connections accepted before others get a turn.
const AT_ONCE: usize = 64;

/// How long to wait, in milliseconds, when descriptors or memory have run out.
const BACK_OFF_MS: u64 = 50;

/// A bound endpoint: the socket closes it, its I/O thread accepts from it.
pub struct ListenerHandle {
    pool: Arc<IoPool>,
    thread: Arc<IoThread>,
    port: Arc<Port>,
    options: Arc<Options>,
    /// As bound, with the port or path that was chosen.
    endpoint: String,
    /// As monitors hear of it.
    endpoints: EndpointPair,
    state: Mutex<State>,
}

struct State {
    /// `None` once closed.
    listener: Option<Listener>,
    token: Option<u64>,
    running: Running,
}

impl ListenerHandle {
    /// The socket's end.
    pub fn port(&self) -> &Arc<Port> {
        &self.port
    }

    /// Binds and starts to accept. Errors: those of [`Listener::bind`].
    pub fn bind(
        pool: &Arc<IoPool>,
        port: &Arc<Port>,
        options: Arc<Options>,
        protocol: Protocol,
        address: &str,
    ) -> Result<Arc<ListenerHandle>> {
        let thread = pool.choose(options.affinity)?.clone();
        let listener = Listener::bind(protocol, address, &options)?;
        let endpoint = listener.endpoint().to_owned();
        let endpoints = EndpointPair::bind(listener.announced());
        port.events.emit(ZMQ_EVENT_LISTENING, listener.fd() as u64, &endpoints);
        port.objects.fetch_add(1, Ordering::SeqCst);
        thread.load.fetch_add(1, Ordering::Relaxed);
        let handle = Arc::new(ListenerHandle {
            pool: pool.clone(),
            thread,
            port: port.clone(),
            options,
            endpoint,
            endpoints,
            state: Mutex::new(State {
                listener: Some(listener),
                token: None,
                running: Running::default(),
            }),
        });
        handle.thread.post(Request::Listen(handle.clone()));
        Ok(handle)
    }

    /// The endpoint as bound, with the port or path that was chosen.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Stops listening, now: when this returns, the address is free. Connections stay.
    pub fn close(self: &Arc<Self>) {
        let listener = self.state.lock().listener.take();
        if let Some(listener) = listener {
            let fd = listener.fd();
            self.thread.poller.remove(fd);
            let event = match listener.close() {
                Ok(()) => (ZMQ_EVENT_CLOSED, fd as u64),
                Err(error) => (ZMQ_EVENT_CLOSE_FAILED, error.0 as u64),
            };
            self.port.events.emit(event.0, event.1, &self.endpoints);
            self.port.objects.fetch_sub(1, Ordering::SeqCst);
            self.thread.load.fetch_sub(1, Ordering::Relaxed);
            self.thread.post(Request::Unlisten(self.clone()));
        }
    }

    /// Gives up the connections that came through here, within `linger_ms`: who unbinds an
    /// endpoint does not want its peers any more.
    pub fn close_accepted(self: &Arc<Self>, linger_ms: i32) {
        self.pool.close_accepted(self, linger_ms);
    }

    /// The listener is taken on by its thread.
    pub fn start(self: Arc<Self>, at: &mut Loop) {
        let mut state = self.state.lock();
        if let Some(fd) = state.listener.as_ref().map(Listener::fd) {
            let token = at.objects.insert(Object::Listener(self.clone()));
            state.token = Some(token);
            if let Err(error) = at.thread.poller.add(fd, Watch::LevelRead, token) {
                self.report_failure(error, "");
            }
        }
    }

    /// The listener was closed.
    pub fn forget(&self, at: &mut Loop) {
        if let Some(token) = self.state.lock().token.take() {
            at.objects.remove(token);
        }
    }

    /// Somebody connects.
    pub fn on_ready(self: &Arc<Self>, at: &mut Loop) {
        for _ in 0..AT_ONCE {
            let mut state = self.state.lock();
            let Some(listener) = &state.listener else { return };
            match listener.accept_next(&self.options) {
                Ok(Accepted::Stream(stream)) => {
                    let path = listener.path().to_owned();
                    drop(state);
                    self.start_session(at, stream, &path);
                }
                Ok(Accepted::Nothing) => return,
                Ok(Accepted::Rejected(error, who)) => self.report_failure(error, &who),
                Err(error) => {
                    self.report_failure(error, "");
                    return self.back_off(at, &mut state);
                }
            }
        }
    }

    fn report_failure(&self, error: Errno, who: &str) {
        let subject = Subject {
            socket: self.options.socket_type.name(),
            local: &self.endpoints.local,
            remote: who,
            ..Subject::default()
        };
        let why = if error == Errno::EACCES { "turned away by a filter: " } else { "" };
        log::write(Kind::AcceptFailed, &subject, format_args!("{why}{}", Text(error)));
        self.port.events.emit(ZMQ_EVENT_ACCEPT_FAILED, error.0 as u64, &self.endpoints);
    }

    /// Stops accepting for a while: whoever waits in the backlog goes on waiting.
    fn back_off(&self, at: &mut Loop, state: &mut State) {
        if let (Some(token), Some(listener)) = (state.token, &state.listener) {
            let _ = at.thread.poller.modify(listener.fd(), Watch::Off, token);
            let now = at.now;
            at.timers.start(&mut state.running, Timer::Accept, token, now, BACK_OFF_MS);
        }
    }

    /// The time to accept again has come.
    pub fn on_timer(&self, at: &mut Loop, timer: Timer, number: u64) {
        let mut state = self.state.lock();
        if expire(&mut state.running, timer, number)
            && let (Some(token), Some(listener)) = (state.token, &state.listener)
        {
            let _ = at.thread.poller.modify(listener.fd(), Watch::LevelRead, token);
        }
    }

    fn start_session(self: &Arc<Self>, at: &mut Loop, stream: Stream, path: &str) {
        let thread = self.pool.choose(self.options.affinity).unwrap_or(&self.thread).clone();
        let (local, remote) = (stream.local_endpoint() + path, stream.remote_endpoint() + path);
        let announced = &self.endpoints.local;
        let endpoints = Arc::new(EndpointPair {
            local: if *local == **announced { announced.clone() } else { local.into() },
            remote: remote.into(),
            bound: true,
        });
        self.port.events.emit(ZMQ_EVENT_ACCEPTED, stream.fd() as u64, &endpoints);
        let session = Session::new(
            thread,
            self.port.clone(),
            self.options.clone(),
            Role::Accept(Arc::downgrade(self)),
        );
        session.set_accepted(stream, endpoints);
        if Arc::ptr_eq(session.thread(), &at.thread) {
            session.start(at);
        } else {
            session.launch();
        }
    }
}
