//! The part of a session's life in which it shakes hands and has its peer authenticated.

use std::io::IoSlice;

use super::authentication::Inquiry;
use super::connection::{Inner, Phase, Watched};
use super::halves::Failure;
use super::session::{Role, Session};
use super::thread::Loop;
use super::timers::{Timer, stop};
use crate::consts::*;
use crate::error::{Errno, Result};
use crate::sync::Arc;
use crate::sys::poller::{Direction, Watch};
use crate::transport::{Protocol, Stream};
use crate::zmtp::websocket::End;
use crate::zmtp::{AuthReply, AuthRequest, Config, Established, Handshake, Progress, ProtoError};

/// What a step of the handshake came to, or why the handshake failed.
type Outcome = std::result::Result<(), Failure>;

impl Session {
    /// A connection is there.
    pub(super) fn shake_hands(&self, at: &mut Loop, inner: &mut Inner, stream: Stream) {
        // What was said of the last connection does not hold for this one.
        self.set_writable(false);
        let stream = Arc::new(stream);
        if let Some(token) = inner.token {
            if let Err(error) = at.thread.poller.add(stream.fd(), self.watch(&stream), token) {
                self.log_lost(inner, Failure::Connection(error));
                inner.phase = Phase::Detaching(stream, 0);
                return self.lost(at, inner, Failure::Connection(error));
            }
            inner.watched = Watched::ByThread;
        }
        let config = Config::from(&*self.options);
        if self.options.raw_socket {
            return self.established(at, inner, stream, Established::raw(&config));
        }
        let handshake = match self.websocket_end(&stream) {
            None => Ok(Handshake::new(&config)),
            Some(end) => Handshake::in_websocket(&config, &end),
        };
        let handshake = match handshake {
            Ok(handshake) => handshake,
            Err(error) => {
                inner.phase = Phase::Detaching(stream, 0);
                return self.lost(at, inner, Failure::Connection(error.errno()));
            }
        };
        inner.phase = Phase::Handshake(stream, Box::new(handshake));
        if self.options.handshake_ivl > 0 {
            self.start_timer(at, inner, Timer::Handshake, self.options.handshake_ivl);
        }
        // Who was accepted has mostly spoken: what is to be said can be said at once then.
        let listen = matches!(self.role, Role::Accept(_));
        self.pump(at, inner, listen);
    }

    /// Which end of a WebSocket the session is, if there is one.
    fn websocket_end(&self, stream: &Stream) -> Option<End> {
        match &self.role {
            Role::Connect(called) => called
                .target
                .websocket()
                .map(|(host, path)| End::Client { host: host.to_owned(), path: path.to_owned() }),
            Role::Accept(_) => {
                matches!(stream.protocol(), Protocol::Ws | Protocol::Wss).then_some(End::Server)
            }
        }
    }

    /// Goes on with the handshake as far as the network and the authenticator let it.
    pub(super) fn pump_handshake(&self, at: &mut Loop, inner: &mut Inner) {
        self.pump(at, inner, false);
    }

    fn pump(&self, at: &mut Loop, inner: &mut Inner, mut listen: bool) {
        loop {
            let Phase::Handshake(stream, handshake) = &mut inner.phase else { return };
            let listens = std::mem::take(&mut listen);
            let asked = match exchange(stream, handshake, self.has_hangup(), listens) {
                Ok(Exchange::Waits) => match self.await_peer(at, stream, handshake, inner.token) {
                    Ok(()) => return,
                    failure => failure,
                },
                Ok(Exchange::Done) => return self.handshake_done(at, inner),
                Ok(Exchange::Asks(request)) => self.authenticate(inner, &request),
                Ok(Exchange::Works) => {
                    self.start_work(inner);
                    Ok(())
                }
                Err(failure) => Err(failure),
            };
            if let Err(failure) = asked {
                self.report_handshake_failure(inner, failure);
                return self.drop_handshake(at, inner, failure);
            }
        }
    }

    /// Has the thread hear of it when the handshake can go on.
    fn await_peer(
        &self,
        at: &Loop,
        stream: &Stream,
        handshake: &Handshake,
        token: Option<u64>,
    ) -> Outcome {
        let poller = &at.thread.poller;
        let mut done = poller.rearm(stream.fd(), Direction::Read);
        if !handshake.output().is_empty() || !stream.flush().map_err(Failure::Connection)? {
            done = done.and(poller.rearm(stream.fd(), Direction::Write));
            if self.first_wait_for_room() {
                let token = token.unwrap_or(0);
                done = done.and(poller.modify(stream.fd(), Watch::EdgeBoth, token));
            }
        }
        done.map_err(Failure::Connection)
    }

    pub(super) fn handshake_done(&self, at: &mut Loop, inner: &mut Inner) {
        let Phase::Handshake(stream, handshake) = std::mem::replace(&mut inner.phase, Phase::Idle)
        else {
            return;
        };
        stop(&mut inner.running, Timer::Handshake);
        match handshake.finish() {
            Some(established) => self.established(at, inner, stream, established),
            None => {
                inner.phase = Phase::Detaching(stream, 0);
                self.lost(at, inner, Failure::Connection(Errno::EPROTO));
            }
        }
    }

    /// Puts the handshake's question to the authenticator.
    pub(super) fn authenticate(&self, inner: &mut Inner, request: &AuthRequest) -> Outcome {
        let Phase::Handshake(stream, _) = &inner.phase else { return Ok(()) };
        let address = stream.peer_address().unwrap_or_default();
        let inquiry = Inquiry::start(self, &address, request).map_err(Failure::Connection)?;
        inner.inquiry = inquiry.map(Box::new);
        if inner.inquiry.is_none() {
            return self.settle_inquiry(inner, AuthReply::Unavailable);
        }
        self.look_for_answer(inner)
    }

    pub(super) fn look_for_answer(&self, inner: &mut Inner) -> Outcome {
        let Some(inquiry) = &mut inner.inquiry else { return Ok(()) };
        let Some(answer) = inquiry.answer().map_err(Failure::Protocol)? else { return Ok(()) };
        self.log_answer(&inner.endpoints, &answer, inquiry.text());
        self.settle_inquiry(inner, answer)
    }

    pub(super) fn settle_inquiry(&self, inner: &mut Inner, answer: AuthReply) -> Outcome {
        inner.inquiry = None;
        let Phase::Handshake(_, handshake) = &mut inner.phase else { return Ok(()) };
        if let Some(refused) = handshake.authenticated(answer).map_err(Failure::Protocol)? {
            self.emit(inner, refused.event, refused.value as u64);
        }
        Ok(())
    }

    /// The authenticator may have answered.
    pub fn on_authenticated(&self, at: &mut Loop) {
        let mut inner = self.inner.lock();
        let inner = &mut *inner;
        if inner.inquiry.is_none() || !matches!(inner.phase, Phase::Handshake(..)) {
            return;
        }
        match self.look_for_answer(inner) {
            Ok(()) => self.pump_handshake(at, inner),
            Err(failure) => {
                self.report_handshake_failure(inner, failure);
                self.drop_handshake(at, inner, failure);
            }
        }
    }

    pub(super) fn report_handshake_failure(&self, inner: &Inner, failure: Failure) {
        self.log_handshake_failure(inner, failure);
        self.emit_handshake_failure(inner, failure);
    }

    pub(super) fn emit_handshake_failure(&self, inner: &Inner, failure: Failure) {
        match failure {
            Failure::Connection(errno) => {
                self.emit(inner, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, errno.0 as u64);
            }
            Failure::Protocol(error) => {
                if let Some(event) = error.handshake_event() {
                    self.emit(inner, event.event, event.value as u64);
                }
            }
        }
    }

    /// Gives up a connection whose handshake failed.
    pub(super) fn drop_handshake(&self, at: &mut Loop, inner: &mut Inner, failure: Failure) {
        let stops = self.options.reconnect_stop & ZMQ_RECONNECT_STOP_HANDSHAKE_FAILED != 0;
        let failure = match failure {
            Failure::Connection(_) if stops => Failure::Protocol(ProtoError::Frame),
            // The system chose the port that was dialled to dial from. Another time it will not.
            Failure::Protocol(_) if inner.is_own_peer() => Failure::Connection(Errno::ECONNABORTED),
            other => other,
        };
        if let Phase::Handshake(stream, _) = std::mem::replace(&mut inner.phase, Phase::Idle) {
            inner.phase = Phase::Detaching(stream, 0);
        }
        self.lost(at, inner, failure);
    }
}

/// How far handshake bytes could be moved.
enum Exchange {
    /// The network has no more for now.
    Waits,
    /// The authenticator is to be asked.
    Asks(AuthRequest),
    /// Something is to be done elsewhere.
    Works,
    /// The handshake is over.
    Done,
}

/// Moves handshake bytes both ways until the network has no more. `hangup`: the peer's end is not
/// reported again, so that it is to be read. `listen`: look whether the peer has said something first.
fn exchange(
    stream: &Stream,
    handshake: &mut Handshake,
    hangup: bool,
    mut listen: bool,
) -> std::result::Result<Exchange, Failure> {
    let connection = Failure::Connection;
    let mut write_error = None;
    let mut had_all = false;
    loop {
        // An error leaves something to say to the peer: try once.
        let progress = handshake.advance();
        // The last words go out with the first message, if there is one.
        if !listen && !matches!(progress, Ok(Progress::Done)) {
            write_error = send_output(stream, handshake).err().or(write_error);
        }
        match progress.map_err(Failure::Protocol)? {
            Progress::Done => return Ok(Exchange::Done),
            Progress::WaitAuth(request) => return Ok(Exchange::Asks(request)),
            Progress::WaitWork => return Ok(Exchange::Works),
            Progress::NeedMore if had_all && write_error.is_none() => return Ok(Exchange::Waits),
            Progress::NeedMore => {}
        }
        let mut spare = handshake.space().map_err(connection)?;
        let room = spare.room();
        match stream.read(&mut spare) {
            // After a reset, the first call hears of it and the next ones of an end.
            Ok(0) => return Err(connection(write_error.unwrap_or(Errno::EPIPE))),
            Ok(read) => {
                had_all = read < room && !hangup && stream.reads_are_greedy();
                listen = false;
            }
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) if listen => (had_all, listen) = (true, false),
            Err(Errno::EAGAIN) => return Ok(Exchange::Waits),
            Err(error) => return Err(connection(error)),
        }
    }
}

/// Sends what the network takes. After an error, what the peer sent before it went is still to be
/// read; reading finds the end.
fn send_output(stream: &Stream, handshake: &mut Handshake) -> Result<()> {
    while !handshake.output().is_empty() {
        match stream.write_vectored(&[IoSlice::new(handshake.output())]) {
            Ok(sent) => handshake.consume_output(sent),
            Err(Errno::EAGAIN) => break,
            Err(Errno::EINTR) => {}
            Err(error) => {
                let rest = handshake.output().len();
                handshake.consume_output(rest);
                return Err(error);
            }
        }
    }
    Ok(())
}
