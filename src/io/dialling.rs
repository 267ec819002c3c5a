//! The part of a session's life in which it dials: names, addresses, attempts, intervals.

use super::connection::{Inner, Phase};
use super::session::{Role, Session};
use super::thread::{Loop, post_resolved};
use super::timers::{Timer, stop};
use crate::consts::*;
use crate::core::mailbox::{Command, EndpointPair};
use crate::error::{Errno, Result};
use crate::log::Kind;
use crate::sync::Arc;
use crate::sys::poller::Watch;
use crate::sys::{NO_FD, RawFd, clock};
use crate::transport::{Dial, SocketAddress, Stream, Target, resolve};

impl Session {
    /// Begins to dial, with the names' addresses as they are now.
    pub(super) fn look_up(&self, at: &mut Loop, inner: &mut Inner) {
        let Role::Connect(called) = &self.role else { return };
        inner.endpoints = self.unconnected(inner);
        inner.phase = Phase::Resolving;
        if called.target.needs_resolution() {
            let me = self.weak();
            resolve(&called.target, Box::new(move |addresses| post_resolved(&me, addresses)));
        } else {
            let addresses = called.target.resolve_blocking();
            self.resolved(at, inner, addresses);
        }
    }

    /// The resolver's answer.
    pub fn on_resolved(&self, at: &mut Loop, addresses: Result<Vec<SocketAddress>>) {
        let mut inner = self.inner.lock();
        if matches!(inner.phase, Phase::Resolving) {
            self.resolved(at, &mut inner, addresses);
        }
    }

    pub(super) fn resolved(
        &self,
        at: &mut Loop,
        inner: &mut Inner,
        addresses: Result<Vec<SocketAddress>>,
    ) {
        match addresses {
            Ok(addresses) => {
                inner.addresses = addresses.into_iter();
                self.dial_next(at, inner, None);
            }
            Err(error) => {
                self.log_failed_dial(inner, Kind::LookupFailed, error);
                inner.failed_attempts = inner.failed_attempts.saturating_add(1);
                self.dial_later(at, inner);
            }
        }
    }

    /// Dials the next address; when there is none left, waits before beginning again. `failed`:
    /// the descriptor and error of the dial that just failed.
    pub(super) fn dial_next(
        &self,
        at: &mut Loop,
        inner: &mut Inner,
        failed: Option<(RawFd, Errno)>,
    ) {
        let Role::Connect(called) = &self.role else { return };
        let mut failed = failed;
        if let Some(failure) = failed {
            self.report_failed_dial(inner, failure);
        }
        while let Some(address) = inner.addresses.next() {
            inner.address = Some(Box::new(address.clone()));
            match self.dial(at, inner, &called.target, &address) {
                Ok(()) => return,
                Err(failure) => {
                    self.report_failed_dial(inner, failure);
                    failed = Some(failure);
                }
            }
        }
        inner.phase = Phase::Idle;
        inner.failed_attempts = inner.failed_attempts.saturating_add(1);
        // What a proxy says, or whether it is there, is not the peer's refusal.
        let refused =
            matches!(failed, Some((_, Errno::ECONNREFUSED))) && called.target.proxy().is_none();
        if refused && self.options.reconnect_stop & ZMQ_RECONNECT_STOP_CONN_REFUSED != 0 {
            self.endpoint_gone();
            return self.end_if_terminating(at, inner);
        }
        self.dial_later(at, inner);
    }

    fn report_failed_dial(&self, inner: &Inner, (fd, error): (RawFd, Errno)) {
        self.log_failed_dial(inner, Kind::ConnectFailed, error);
        if fd != NO_FD {
            self.emit(inner, ZMQ_EVENT_CLOSED, fd as u64);
        }
    }

    pub(super) fn dial(
        &self,
        at: &mut Loop,
        inner: &mut Inner,
        target: &Target,
        address: &SocketAddress,
    ) -> std::result::Result<(), (RawFd, Errno)> {
        let dial = Dial::start(address, target, &self.options).map_err(|error| (NO_FD, error))?;
        let fd = dial.fd();
        if dial.is_connected() {
            let stream = dial.finish(&self.options).map_err(|error| (fd, error))?;
            return self.reached(at, inner, stream).map_err(|error| (fd, error));
        }
        let token = inner.token.unwrap_or(0);
        at.thread.poller.add(fd, Watch::LevelWrite, token).map_err(|error| (fd, error))?;
        inner.phase = Phase::Dialling(dial);
        self.emit(inner, ZMQ_EVENT_CONNECT_DELAYED, Errno::EINPROGRESS.0 as u64);
        if self.options.connect_timeout > 0 {
            self.start_timer(at, inner, Timer::Connect, self.options.connect_timeout);
        }
        Ok(())
    }

    /// The other end is the peer's, or a proxy's. Errors: why there will be no connection.
    fn reached(&self, at: &mut Loop, inner: &mut Inner, stream: Stream) -> Result<()> {
        let Role::Connect(called) = &self.role else { return Ok(()) };
        match called.target.negotiation(&self.options)? {
            Some(negotiation) => self.negotiate(at, inner, stream, negotiation)?,
            None => {
                stop(&mut inner.running, Timer::Connect);
                self.connected(at, inner, stream);
            }
        }
        Ok(())
    }

    /// The dial came to an end, or its time did.
    pub(super) fn dialled(&self, at: &mut Loop, inner: &mut Inner, in_time: bool) {
        let Phase::Dialling(dial) = std::mem::replace(&mut inner.phase, Phase::Idle) else {
            return;
        };
        let fd = dial.fd();
        at.thread.poller.remove(fd);
        let result = if in_time { dial.finish(&self.options) } else { Err(Errno::ETIMEDOUT) };
        if let Err(error) = result.and_then(|stream| self.reached(at, inner, stream)) {
            stop(&mut inner.running, Timer::Connect);
            self.dial_next(at, inner, Some((fd, error)));
        }
    }

    pub(super) fn connected(&self, at: &mut Loop, inner: &mut Inner, stream: Stream) {
        inner.addresses = Vec::new().into_iter();
        inner.interval = None;
        inner.failed_attempts = 0;
        Arc::make_mut(&mut inner.endpoints).local = stream.local_endpoint().into();
        self.emit(inner, ZMQ_EVENT_CONNECTED, stream.fd() as u64);
        self.shake_hands(at, inner, stream);
    }

    /// What monitors are told of a connection that is not there yet. As in libzmq that is what
    /// the application connected to, as far as it says where; once a connection was lost, the address
    /// that it had.
    fn unconnected(&self, inner: &Inner) -> Arc<EndpointPair> {
        let Role::Connect(called) = &self.role else { return Arc::default() };
        let known = called.target.announced(inner.last_peer.as_deref());
        EndpointPair::connect(known.as_ref().unwrap_or(&called.endpoint)).into()
    }

    /// Dials again after the interval that the options ask for, if they do.
    pub(super) fn dial_later(&self, at: &mut Loop, inner: &mut Inner) {
        inner.phase = Phase::Idle;
        if self.options.reconnect_ivl <= 0 {
            return self.end_if_terminating(at, inner);
        }
        let pause = std::mem::take(&mut inner.pause);
        let interval = self.next_interval(inner).max(pause);
        inner.endpoints = self.unconnected(inner);
        self.emit(inner, ZMQ_EVENT_CONNECT_RETRIED, interval as u64);
        self.start_timer(at, inner, Timer::Reconnect, interval);
    }

    /// With a maximum, the interval doubles up to it; without, it is the base and a random part
    /// of it, so that many peers do not come back at once.
    pub(super) fn next_interval(&self, inner: &mut Inner) -> i32 {
        let (base, most) = (self.options.reconnect_ivl, self.options.reconnect_ivl_max);
        if most > 0 {
            let next = inner.interval.map_or(base, |last| last.saturating_mul(2)).min(most);
            inner.interval = Some(next);
            next
        } else {
            let jitter = foldhash::quality::RandomState::default();
            let random = std::hash::BuildHasher::hash_one(&jitter, clock::now_us());
            base.saturating_add((random % base.max(1) as u64) as i32)
        }
    }

    /// The socket is to forget the endpoint.
    pub(super) fn endpoint_gone(&self) {
        if let Role::Connect(called) = &self.role {
            self.port().mailbox.send(Command::EndpointGone(called.endpoint.as_str().into()));
        }
    }
}
