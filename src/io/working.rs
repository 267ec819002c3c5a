//! Steps of a handshake that may block: they are made on threads of their own, and the session hears
//! of the result by a request to its thread.
//!
//! libzmq makes them on the I/O thread, which serves nobody else while a key distribution centre
//! does not answer.

use std::sync::{Arc, Weak};

use super::connection::{Inner, Phase};
use super::halves::Failure;
use super::session::Session;
use super::thread::{Loop, Request};
use crate::sys::workers::Workers;
use crate::zmtp::ProtoError;
use crate::zmtp::gssapi::Worked;

/// Clients ask servers that may not answer. They shall not keep servers waiting, who do not ask.
static CLIENTS: Workers = Workers::new("ZMQbg/gss-init");
static SERVERS: Workers = Workers::new("ZMQbg/gss-acc");

/// Tells a step that is still wanted from one whose connection is gone.
pub type Wanted = Weak<()>;

impl Session {
    /// Has the handshake's step made.
    pub(super) fn start_work(&self, inner: &mut Inner) {
        let Phase::Handshake(_, handshake) = &mut inner.phase else { return };
        let Some(work) = handshake.take_work() else { return };
        let token = Arc::new(());
        let wanted = Arc::downgrade(&token);
        inner.work = Some(token);
        let me = self.weak();
        let workers = if self.options.as_server { &SERVERS } else { &CLIENTS };
        workers.submit(Box::new(move |thread| {
            if wanted.strong_count() == 0 {
                return;
            }
            let worked = match thread {
                Ok(()) => work.run(),
                Err(errno) => work.give_up(errno),
            };
            if let Some(session) = me.upgrade()
                && wanted.strong_count() > 0
            {
                session.post(|me| Request::Worked(me, wanted, Box::new(worked)));
            }
        }));
    }

    /// A step was made.
    pub fn on_worked(&self, at: &mut Loop, wanted: &Wanted, worked: Worked) {
        let mut inner = self.inner.lock();
        let inner = &mut *inner;
        if inner.work.as_ref().is_none_or(|token| Arc::as_ptr(token) != wanted.as_ptr()) {
            return;
        }
        inner.work = None;
        let Phase::Handshake(_, handshake) = &mut inner.phase else { return };
        let why = worked.why();
        let error = match handshake.worked(worked) {
            Ok(()) => return self.pump_handshake(at, inner),
            Err(error) => error,
        };
        self.log_failed_step(inner, error, &why);
        self.emit_handshake_failure(inner, Failure::Protocol(error));
        let failure = match error {
            ProtoError::Credentials(errno) => {
                // libzmq would sit on the connection until the handshake's deadline. Here it is
                // given up, but whoever gives out credentials is not asked more often for that.
                inner.pause = self.options.handshake_ivl;
                Failure::Connection(errno)
            }
            error => Failure::Protocol(error),
        };
        self.drop_handshake(at, inner, failure);
    }
}
