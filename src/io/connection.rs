//! A session's life on its I/O thread: dial (`dialling`, `socks`), shake hands (`greeting`), join pipe and
//! network, lose the connection, begin again, end.

use smallvec::SmallVec;

use super::authentication::Inquiry;
use super::halves::{BATCH, Failure, RxChange, RxLink, TxChange, TxLink};
use super::heartbeats::Silences;
use super::objects::Object;
use super::session::Session;
use super::thread::Loop;
use super::timers::{Running, Timer, expire, is_running, stop};
use crate::consts::*;
use crate::core::mailbox::{Command, EndpointPair, NewPipe, PipeLink};
use crate::core::pipe::direction;
use crate::error::Errno;
use crate::msg::{Class, MetadataRef, Msg};
use crate::options::SocketType;
use crate::sync::Arc;
use crate::sync::atomic::Ordering;
use crate::sys::clock;
use crate::sys::poller::{Ready, Watch};
use crate::sys::processors::Patience;
use crate::transport::{Dial, Negotiation, SocketAddress, Stream, endpoint_of};
use crate::zmtp::{Established, Handshake, Peer};

/// Milliseconds between two looks at what the system has not sent yet.
const DELIVERY_MS: i32 = 5;

/// A peer that took nothing for so many milliseconds is not waited for.
const STALLED_MS: u64 = 500;

/// Where a session stands.
pub(super) enum Phase {
    /// Not dialling now.
    Idle,
    /// Names are looked up.
    Resolving,
    /// Waiting for the dial to succeed.
    Dialling(Dial),
    /// A proxy is asked for the connection.
    Negotiating(Stream, Box<Negotiation>),
    /// A connection whose peer is not known yet.
    Handshake(Arc<Stream>, Box<Handshake>),
    /// Messages flow.
    Up(Arc<Stream>),
    /// The halves are letting go of the connection; this many have not yet.
    Detaching(Arc<Stream>, u32),
    /// Over.
    Ended,
}

/// Who looks whether the connection is ready for something.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Watched {
    /// Nobody.
    #[default]
    Nowhere,
    /// The I/O thread.
    ByThread,
    /// The socket's poll set.
    BySet,
}

/// What of a session belongs to its I/O thread. What most sessions lack most of the time is in boxes:
/// there may be ten thousand.
pub struct Inner {
    pub(super) phase: Phase,
    pub(super) token: Option<u64>,
    pub(super) watched: Watched,
    pub(super) running: Running,
    /// Where still to dial before giving up for this time.
    pub(super) addresses: std::vec::IntoIter<SocketAddress>,
    /// Where it dialled last.
    pub(super) address: Option<Box<SocketAddress>>,
    /// Where the connection went that was lost last.
    pub(super) last_peer: Option<Box<SocketAddress>>,
    /// Attempts to connect that failed since one succeeded.
    pub(super) failed_attempts: u32,
    /// The last interval before dialling again; `None` before the first.
    pub(super) interval: Option<i32>,
    pub(super) endpoints: Arc<EndpointPair>,
    /// The accepted connection, until the session starts.
    pub(super) accepted: Option<Stream>,
    /// The handshake waits for the authenticator.
    pub(super) inquiry: Option<Box<Inquiry>>,
    /// The handshake waits for work to be done elsewhere.
    pub(super) work: Option<Arc<()>>,
    /// The least that is to pass before the next dial, in milliseconds.
    pub(super) pause: i32,
    /// There is a pipe to the socket.
    pub(super) has_pipe: bool,
    /// The session is to end when everything is sent.
    pub(super) terminating: bool,
    /// How much the system had not sent, and when there was last less of it than before.
    pub(super) unsent: Option<(usize, u64)>,
    /// How long the peer may say nothing.
    pub(super) silences: Silences,
    /// The handshake was over when the connection was lost.
    pub(super) was_up: bool,
    /// The peer has sent something since.
    pub(super) has_brought: bool,
}

impl Inner {
    /// Nothing yet.
    pub fn new() -> Inner {
        Inner {
            phase: Phase::Idle,
            token: None,
            watched: Watched::Nowhere,
            running: Running::default(),
            addresses: Vec::new().into_iter(),
            address: None,
            last_peer: None,
            failed_attempts: 0,
            interval: None,
            endpoints: Arc::default(),
            accepted: None,
            inquiry: None,
            work: None,
            pause: 0,
            has_pipe: false,
            terminating: false,
            unsent: None,
            silences: Silences::default(),
            was_up: false,
            has_brought: false,
        }
    }
}

impl Inner {
    /// Whether the connection goes to its own end: TCP connects a port to itself.
    pub(super) fn is_own_peer(&self) -> bool {
        self.address.as_ref().is_some_and(|peer| endpoint_of(peer) == *self.endpoints.local)
    }
}

impl Session {
    /// Hands over an accepted connection, before the session is started.
    pub fn set_accepted(&self, stream: Stream, endpoints: Arc<EndpointPair>) {
        let mut inner = self.inner.lock();
        inner.accepted = Some(stream);
        inner.endpoints = endpoints;
    }

    pub(super) fn emit(&self, inner: &Inner, event: i32, value: u64) {
        self.port().events.emit(event, value, &inner.endpoints);
    }

    pub(super) fn start_timer(
        &self,
        at: &mut Loop,
        inner: &mut Inner,
        timer: Timer,
        delay_ms: i32,
    ) {
        if let (Some(token), Ok(delay)) = (inner.token, u64::try_from(delay_ms)) {
            at.timers.start(&mut inner.running, timer, token, clock::now_ms(), delay);
        }
    }

    /// The session is taken on by its thread.
    pub fn start(self: Arc<Self>, at: &mut Loop) {
        let mut inner = self.inner.lock();
        let inner = &mut *inner;
        inner.token = Some(at.objects.insert(Object::Session(self.clone())));
        inner.has_pipe = self.link.lock().is_some();
        if self.port().mailbox.is_closed() && !self.is_connecting() {
            return self.end(at, inner);
        }
        match inner.accepted.take() {
            Some(stream) => self.shake_hands(at, inner, stream),
            None => self.look_up(at, inner),
        }
    }

    /// The peer is known: messages may flow.
    pub(super) fn established(
        &self,
        at: &mut Loop,
        inner: &mut Inner,
        stream: Arc<Stream>,
        established: Established,
    ) {
        let Established { mut encoder, decoder, peer } = established;
        let raw = self.options.raw_socket;
        if !inner.has_pipe && !inner.terminating {
            self.make_pipe(inner);
        }
        // Older peers know no PING, and could not answer it.
        if !raw && peer.version.0 >= 3 {
            self.start_heartbeats(at, inner);
        }
        if self.options.can_send_hello_msg
            && !self.options.hello_msg.is_empty()
            && let Ok(mut hello) = Msg::from_slice(&self.options.hello_msg)
        {
            let _ = encoder.push(&mut hello);
        }
        let first = self.first_messages(&stream, &peer);
        let is_news = first.iter().any(|msg| match msg.class() {
            Class::Metadata => false,
            // Read when the pipe comes, or with what comes next.
            Class::RoutingId => !self.is_quiet_to_socket(),
            _ => true,
        });
        let says_end = raw && self.options.stream_notify
            || !raw && self.options.router_notify & ZMQ_NOTIFY_DISCONNECT != 0;
        // The handshakes of old have no success to report.
        if !raw && peer.version.0 >= 3 {
            self.emit(inner, ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 0);
        }
        inner.phase = Phase::Up(stream.clone());
        inner.was_up = true;
        inner.has_brought = false;
        self.set_writable(true);
        let batch = self.options.send_batch().unwrap_or(BATCH);
        let patience = Patience::default();
        let link = TxLink { stream: stream.clone(), encoder, batch, patience };
        self.change_write(TxChange::Connect(Box::new(link)));
        let link = Box::new(RxLink { stream: stream.clone(), decoder });
        self.change_read(RxChange::Connect { link, says_end, first, is_news });
    }

    /// Moves the connection to the socket's poll set, if it has one and the connection is not there.
    pub fn join_poll_set(&self, at: &mut Loop, inner: &mut Inner) {
        if inner.watched == Watched::ByThread
            && let (Phase::Up(stream), Some(token), Some(set), Some(me)) =
                (&inner.phase, inner.token, self.port().poll_set.get(), self.weak().upgrade())
            && set.is_on(&at.thread)
        {
            at.thread.poller.remove(stream.fd());
            let watch = self.watch(stream);
            if set.take_in(&me, token, stream.fd(), watch).is_ok() {
                inner.watched = Watched::BySet;
            } else {
                let _ = at.thread.poller.add(stream.fd(), watch, token);
            }
        }
    }

    /// The network took no more for the first time.
    pub fn on_await_room(&self, at: &mut Loop) {
        let inner = self.inner.lock();
        let (Phase::Up(stream), Some(token)) = (&inner.phase, inner.token) else { return };
        let watching = match (inner.watched, self.port().poll_set.get()) {
            (Watched::ByThread, _) => at.thread.poller.modify(stream.fd(), Watch::EdgeBoth, token),
            (Watched::BySet, Some(set)) => set.watch_room(token, stream.fd()),
            _ => Ok(()),
        };
        drop(inner);
        if let Err(error) = watching {
            self.fail(Failure::Connection(error));
        }
    }

    /// The socket has a poll set now.
    pub fn on_poll_set(&self, at: &mut Loop) {
        let mut inner = self.inner.lock();
        self.join_poll_set(at, &mut inner);
    }

    /// Stops watching the connection, wherever it is watched.
    pub(super) fn unwatch(&self, at: &mut Loop, inner: &mut Inner, stream: &Stream) {
        match std::mem::take(&mut inner.watched) {
            Watched::Nowhere => {}
            Watched::ByThread => at.thread.poller.remove(stream.fd()),
            Watched::BySet => {
                if let (Some(set), Some(token)) = (self.port().poll_set.get(), inner.token) {
                    set.let_go(token, stream.fd());
                }
            }
        }
    }

    /// What the socket reads before the peer's messages.
    pub(super) fn first_messages(&self, stream: &Stream, peer: &Peer) -> SmallVec<[Msg; 2]> {
        let mut first = SmallVec::new();
        let mut properties: Vec<(&str, Vec<u8>)> = Vec::new();
        if let Some(address) = stream.peer_address() {
            properties.push(("Peer-Address", address.into_bytes()));
            properties.push(("__fd", stream.fd().to_string().into_bytes()));
        }
        properties.extend(peer.properties.iter().map(|(n, v)| (n.as_str(), v.clone())));
        let mut marker = Msg::marker(Class::Metadata);
        if !properties.is_empty() {
            marker.set_metadata(Some(MetadataRef::from_pairs(properties)));
        }
        first.push(marker);
        if self.options.raw_socket {
            if self.options.stream_notify {
                first.push(Msg::new());
            }
            return first;
        }
        if self.options.recv_routing_id
            && let Ok(mut id) = Msg::from_slice(&peer.routing_id)
        {
            id.set_class(Class::RoutingId);
            first.push(id);
        }
        if self.options.router_notify & ZMQ_NOTIFY_CONNECT != 0 {
            first.push(Msg::new());
        }
        if peer.subscribe_to_all
            && let Ok(everything) = Msg::from_slice(&[1])
        {
            first.push(everything);
        }
        first
    }

    /// Whether what the socket does with a new pipe waits until it sends, or something comes by it.
    fn is_quiet_to_socket(&self) -> bool {
        use SocketType::{Dealer, Pull, Rep};
        matches!(self.options.socket_type, Rep | Pull | Dealer) && !self.options.probe_router
    }

    /// Makes a pipe and hands its far end to the socket.
    pub(super) fn make_pipe(&self, inner: &mut Inner) {
        let Some(me) = self.weak().upgrade() else { return };
        let options = &self.options;
        let link = PipeLink::for_attach(self.port().mailbox.clone(), self.is_quiet_to_socket());
        let (to_socket, socket_reads) =
            direction(options.rcvhwm, options.conflates_received(), me.clone(), link.clone());
        let (mut socket_writes, from_socket) =
            direction(options.sndhwm, options.conflates_sent(), link.clone(), me);
        socket_writes.copy_payloads();
        self.set_pipe(to_socket, from_socket, link.clone());
        inner.has_pipe = true;
        let pipe = NewPipe {
            writer: socket_writes,
            reader: socket_reads.asleep(),
            link,
            subscribe_to_all: false,
            locally_initiated: false,
            origin: self.origin(),
            endpoints: inner.endpoints.clone(),
        };
        pipe.hand_over();
    }

    /// The network is ready for something.
    pub fn on_ready(&self, at: &mut Loop, ready: Ready) {
        let mut inner = self.inner.lock();
        match &inner.phase {
            Phase::Up(_) => {
                // One that brings a request and goes is not worth the move.
                let stays = ready.readable && std::mem::replace(&mut inner.has_brought, true);
                let has_set = self.port().poll_set.get().is_some();
                if stays && (!has_set || inner.watched == Watched::BySet) {
                    self.settle();
                }
                drop(inner);
                self.drive_ready(ready);
                if stays && has_set {
                    self.on_poll_set(at);
                }
            }
            Phase::Handshake(stream, handshake) => {
                if ready.hangup {
                    // Is not said again, and what came before it may be more than is read now.
                    self.set_hangup();
                }
                let nothing_to_write = handshake.output().is_empty() && !stream.is_encrypted();
                if ready.readable || ready.hangup || !nothing_to_write {
                    self.pump_handshake(at, &mut inner);
                }
            }
            Phase::Dialling(_) => self.dialled(at, &mut inner, true),
            Phase::Negotiating(..) => self.pump_negotiation(at, &mut inner),
            _ => {}
        }
    }

    /// A half met the end of the connection.
    pub fn on_failed(&self, at: &mut Loop) {
        let mut inner = self.inner.lock();
        if !matches!(inner.phase, Phase::Up(_)) {
            return;
        }
        let failure = *self.failure.lock();
        if let Some(failure) = failure {
            self.log_lost(&inner, failure);
        }
        // Of messages that do not decrypt the monitor hears as of a handshake.
        if let Some(Failure::Protocol(error)) = failure
            && let Some(event) = error.event()
        {
            self.emit(&inner, event.event, event.value as u64);
        }
        self.detach(at, &mut inner, failure);
    }

    /// Has both halves let go of the connection; `on_detached` goes on from there.
    pub(super) fn detach(&self, at: &mut Loop, inner: &mut Inner, failure: Option<Failure>) {
        let Phase::Up(stream) = std::mem::replace(&mut inner.phase, Phase::Idle) else { return };
        self.failure.lock().get_or_insert(failure.unwrap_or(Failure::Connection(Errno::EPIPE)));
        self.stop_heartbeats(inner);
        self.unwatch(at, inner, &stream);
        inner.phase = Phase::Detaching(stream, 2);
        self.set_writable(false);
        self.change_write(TxChange::Disconnect);
        self.change_read(RxChange::Disconnect);
    }

    pub(super) fn is_subscriber(&self) -> bool {
        matches!(self.options.socket_type, SocketType::Sub | SocketType::Xsub | SocketType::Dish)
    }

    /// A half let go of the connection.
    pub fn on_detached(&self, at: &mut Loop) {
        let mut inner = self.inner.lock();
        let Phase::Detaching(_, left) = &mut inner.phase else { return };
        *left = left.saturating_sub(1);
        if *left > 0 {
            return;
        }
        let failure = self.failure.lock().take();
        self.lost(at, &mut inner, failure.unwrap_or(Failure::Connection(Errno::EPIPE)));
    }

    /// Nobody uses the connection any more: report it, then begin again or end.
    pub(super) fn lost(&self, at: &mut Loop, inner: &mut Inner, failure: Failure) {
        stop(&mut inner.running, Timer::Handshake);
        inner.inquiry = None;
        inner.work = None;
        self.drop_control();
        let was_up = std::mem::replace(&mut inner.was_up, false);
        if let Phase::Detaching(stream, _) = std::mem::replace(&mut inner.phase, Phase::Idle) {
            self.unwatch(at, inner, &stream);
            self.emit(inner, ZMQ_EVENT_DISCONNECTED, stream.fd() as u64);
        }
        if was_up {
            self.send_last_message();
        }
        match failure {
            Failure::Connection(_) if self.is_connecting() => self.begin_again(at, inner),
            _ => self.end(at, inner),
        }
    }

    /// `ZMQ_DISCONNECT_MSG` and `ZMQ_HICCUP_MSG`: what the application wants to read when a
    /// connection is lost.
    pub(super) fn send_last_message(&self) {
        let (wanted, text) = if self.is_connecting() {
            (self.options.can_recv_hiccup_msg, &self.options.hiccup_msg)
        } else {
            (self.options.can_recv_disconnect_msg, &self.options.disconnect_msg)
        };
        if wanted
            && !text.is_empty()
            && let Ok(msg) = Msg::from_slice(text)
        {
            self.change_read(RxChange::Say(msg));
        }
    }

    /// The connection is lost; the session wants another.
    pub(super) fn begin_again(&self, at: &mut Loop, inner: &mut Inner) {
        inner.last_peer = inner.address.clone();
        if inner.has_pipe {
            if self.options.immediate {
                self.let_go_of_pipe(inner);
            } else if self.is_subscriber() && !inner.terminating {
                self.hiccup();
            }
        }
        if inner.terminating {
            // Only what is left to send keeps it alive.
            self.drive_write();
        }
        if self.options.reconnect_ivl > 0 {
            self.dial_later(at, inner);
        } else {
            self.endpoint_gone();
            self.end_if_terminating(at, inner);
        }
    }

    /// Whoever answers next is told every subscription anew; what waits to be sent is outdated.
    fn hiccup(&self) {
        if let Some(link) = &*self.link.lock() {
            self.change_write(TxChange::Hiccup);
            link.send(Command::Hiccup);
        }
    }

    pub(super) fn let_go_of_pipe(&self, inner: &mut Inner) {
        inner.has_pipe = false;
        *self.link.lock() = None;
        self.change_write(TxChange::Unpipe);
        self.change_read(RxChange::Unpipe);
    }

    /// The socket closed its end of the pipe.
    pub fn on_pipe_ended(&self, _at: &mut Loop) {
        self.drive_write();
    }

    /// The socket will write no more, and everything is sent.
    pub fn on_drained(&self, at: &mut Loop) {
        let mut inner = self.inner.lock();
        if !inner.has_pipe || matches!(inner.phase, Phase::Ended) {
            return;
        }
        if inner.terminating && self.is_under_way(at, &mut inner) {
            return;
        }
        if inner.terminating || self.options.raw_socket {
            self.end(at, &mut inner);
        } else {
            // As libzmq has it, a connection that its socket refused stays open, unused.
            self.let_go_of_pipe(&mut inner);
        }
    }

    /// Whether a peer still takes what the system has of ours. Were the connection closed meanwhile,
    /// the peer's next word, a PING for instance, would reset it, and the rest would be lost.
    fn is_under_way(&self, at: &mut Loop, inner: &mut Inner) -> bool {
        let Phase::Up(stream) = &inner.phase else { return false };
        let (unsent, now) = (stream.unsent(), clock::now_ms());
        if unsent == 0 {
            return false;
        }
        let (before, since) = inner.unsent.unwrap_or((usize::MAX, now));
        if unsent < before {
            inner.unsent = Some((unsent, now));
        } else if now.saturating_sub(since) >= STALLED_MS {
            return false;
        }
        if !is_running(&inner.running, Timer::Delivery) {
            self.start_timer(at, inner, Timer::Delivery, DELIVERY_MS);
        }
        true
    }

    /// The socket gives the session up.
    pub fn on_terminate(&self, at: &mut Loop, linger_ms: i32) {
        let mut inner = self.inner.lock();
        if matches!(inner.phase, Phase::Ended) {
            return;
        }
        inner.terminating = true;
        if linger_ms == 0 || !inner.has_pipe || !Self::has_future(&inner) {
            return self.end(at, &mut inner);
        }
        if linger_ms > 0 && !is_running(&inner.running, Timer::Linger) {
            self.start_timer(at, &mut inner, Timer::Linger, linger_ms);
        }
        drop(inner);
        self.drive_write();
        // Nobody reads any more, but the end of the connection has to be found.
        self.drive_read();
    }

    /// Whether there is a connection, or will be one.
    pub(super) fn has_future(inner: &Inner) -> bool {
        !matches!(inner.phase, Phase::Idle) || is_running(&inner.running, Timer::Reconnect)
    }

    /// There will be no other connection: what is left to send has nowhere to go.
    pub(super) fn end_if_terminating(&self, at: &mut Loop, inner: &mut Inner) {
        if inner.terminating {
            self.end(at, inner);
        }
    }

    /// The endpoint is unbound or disconnected: end the pipe towards the socket, which ends it the
    /// other way when it has read what is there.
    pub fn on_unbound(&self, at: &mut Loop, linger_ms: i32) {
        self.on_terminate(at, linger_ms);
        self.change_read(RxChange::Unpipe);
    }

    /// A deadline passed.
    pub fn on_timer(&self, at: &mut Loop, timer: Timer, number: u64) {
        let mut inner = self.inner.lock();
        let inner = &mut *inner;
        if !expire(&mut inner.running, timer, number) {
            return;
        }
        match timer {
            Timer::Reconnect => self.look_up(at, inner),
            Timer::Connect if matches!(inner.phase, Phase::Negotiating(..)) => {
                self.drop_negotiation(at, inner, Errno::ETIMEDOUT);
            }
            Timer::Connect => self.dialled(at, inner, false),
            Timer::Handshake => {
                let failure = Failure::Connection(Errno::ETIMEDOUT);
                self.report_handshake_failure(inner, failure);
                self.drop_handshake(at, inner, failure);
            }
            Timer::Heartbeat => self.heartbeat(at, inner),
            Timer::HeartbeatTimeout | Timer::HeartbeatTtl => self.on_silence(at, inner, timer),
            Timer::Linger => self.end(at, inner),
            Timer::Delivery => {
                if !self.is_under_way(at, inner) {
                    self.end(at, inner);
                }
            }
            Timer::Accept | Timer::Reclaim | Timer::Protocol => {}
        }
    }

    /// The end of the session, whatever it is doing.
    pub(super) fn end(&self, at: &mut Loop, inner: &mut Inner) {
        match std::mem::replace(&mut inner.phase, Phase::Ended) {
            Phase::Ended => return,
            Phase::Dialling(dial) => {
                at.thread.poller.remove(dial.fd());
                self.emit(inner, ZMQ_EVENT_CLOSED, dial.fd() as u64);
            }
            Phase::Negotiating(stream, _) => {
                at.thread.poller.remove(stream.fd());
                self.emit(inner, ZMQ_EVENT_CLOSED, stream.fd() as u64);
            }
            Phase::Handshake(stream, _) | Phase::Up(stream) | Phase::Detaching(stream, _) => {
                self.unwatch(at, inner, &stream);
            }
            Phase::Idle | Phase::Resolving => {}
        }
        let waiting = is_running(&inner.running, Timer::Reconnect);
        if waiting && self.options.reconnect_stop & ZMQ_RECONNECT_STOP_AFTER_DISCONNECT != 0 {
            // Says that there will be no further attempt; no descriptor is closed by that.
            self.emit(inner, ZMQ_EVENT_CLOSED, u64::from(u32::MAX));
        }
        inner.running = Running::default();
        inner.inquiry = None;
        inner.work = None;
        inner.has_pipe = false;
        *self.link.lock() = None;
        self.set_writable(false);
        self.change_write(TxChange::End);
        self.change_read(RxChange::End);
        self.port().objects.fetch_sub(1, Ordering::SeqCst);
        if let Some(token) = inner.token.take() {
            at.objects.remove(token);
        }
    }
}
