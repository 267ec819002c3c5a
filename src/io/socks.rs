//! The part of a session's life in which it asks a proxy for the connection (`ZMQ_SOCKS_PROXY`).

use super::connection::{Inner, Phase};
use super::session::Session;
use super::thread::Loop;
use super::timers::{Timer, is_running, stop};
use crate::error::{Errno, Result};
use crate::sys::poller::{Direction, Poller, Watch};
use crate::transport::{Negotiation, Stream};

impl Session {
    /// A proxy is there. Errors: why it cannot be spoken to.
    pub(super) fn negotiate(
        &self,
        at: &mut Loop,
        inner: &mut Inner,
        stream: Stream,
        negotiation: Negotiation,
    ) -> Result<()> {
        at.thread.poller.add(stream.fd(), Watch::EdgeBoth, inner.token.unwrap_or(0))?;
        inner.phase = Phase::Negotiating(stream, Box::new(negotiation));
        // The time that began with the dial goes on: the peer is not reached before the proxy
        // says so.
        if self.options.connect_timeout > 0 && !is_running(&inner.running, Timer::Connect) {
            self.start_timer(at, inner, Timer::Connect, self.options.connect_timeout);
        }
        self.pump_negotiation(at, inner);
        Ok(())
    }

    /// Goes on with the proxy as far as the network lets it.
    pub(super) fn pump_negotiation(&self, at: &mut Loop, inner: &mut Inner) {
        let Phase::Negotiating(stream, negotiation) = &mut inner.phase else { return };
        match converse(&at.thread.poller, stream, negotiation) {
            Ok(false) => {}
            Ok(true) => {
                if let Some(stream) = self.leave_negotiation(at, inner) {
                    self.connected(at, inner, stream);
                }
            }
            Err(error) => self.drop_negotiation(at, inner, error),
        }
    }

    /// Gives this attempt up.
    pub(super) fn drop_negotiation(&self, at: &mut Loop, inner: &mut Inner, error: Errno) {
        if let Some(stream) = self.leave_negotiation(at, inner) {
            let fd = stream.fd();
            drop(stream);
            self.dial_next(at, inner, Some((fd, error)));
        }
    }

    fn leave_negotiation(&self, at: &mut Loop, inner: &mut Inner) -> Option<Stream> {
        stop(&mut inner.running, Timer::Connect);
        let Phase::Negotiating(stream, _) = std::mem::replace(&mut inner.phase, Phase::Idle) else {
            return None;
        };
        at.thread.poller.remove(stream.fd());
        Some(stream)
    }
}

/// Exchanges bytes with the proxy until the network has no more, and says whether the connection
/// is the peer's now. Errors: why it never will be.
fn converse(poller: &Poller, stream: &Stream, negotiation: &mut Negotiation) -> Result<bool> {
    let mut room = [0; 64];
    while !negotiation.is_done() {
        if !negotiation.output().is_empty() {
            match stream.write(negotiation.output()) {
                Ok(sent) => negotiation.consume_output(sent),
                Err(Errno::EAGAIN) => {
                    return poller.rearm(stream.fd(), Direction::Write).map(|()| false);
                }
                Err(error) => return Err(error),
            }
            continue;
        }
        let wanted = negotiation.wanted().min(room.len());
        let Some(room) = room.get_mut(..wanted) else { return Err(Errno::EPROTO) };
        match stream.read_into(room) {
            Ok(0) => return Err(Errno::EPIPE),
            Ok(read) => negotiation.received(room.get(..read).unwrap_or_default())?,
            Err(Errno::EAGAIN) => {
                return poller.rearm(stream.fd(), Direction::Read).map(|()| false);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}
