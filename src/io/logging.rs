//! What a session tells the log.

use super::connection::{Inner, Phase};
use super::halves::Failure;
use super::session::{Role, Session};
use crate::core::mailbox::EndpointPair;
use crate::error::Errno;
use crate::log::{self, Kind, Subject, Text};
use crate::transport::endpoint_of;
use crate::zmtp::{AuthReply, ProtoError};

impl Session {
    /// What the log says of the session.
    fn subject<'a>(&self, endpoints: &'a EndpointPair) -> Subject<'a> {
        Subject {
            socket: self.options.socket_type.name(),
            local: &endpoints.local,
            remote: &endpoints.remote,
            said: &[],
        }
    }

    /// An attempt failed. Told at ever longer distances while it goes on.
    pub(super) fn log_failed_dial(&self, inner: &Inner, kind: Kind, error: Errno) {
        let Role::Connect(called) = &self.role else { return };
        let attempt = inner.failed_attempts.saturating_add(1);
        if log::is_on() && attempt.is_power_of_two() {
            let subject = self.subject(&inner.endpoints);
            let address = inner.address.as_deref().filter(|_| kind == Kind::ConnectFailed);
            let address = address.map(endpoint_of).unwrap_or_default();
            let place = match (address.is_empty(), called.target.proxy()) {
                (true, _) => "",
                (_, None) => " at ",
                (_, Some(_)) => " by way of the proxy at ",
            };
            let error = Text(error);
            let reason = format_args!("{error}{place}{address}, attempt {attempt}");
            log::write(kind, &subject, reason);
        }
    }

    /// What the authenticator answered.
    pub(super) fn log_answer(&self, endpoints: &EndpointPair, answer: &AuthReply, text: &[u8]) {
        if let AuthReply::Answered { status, .. } = answer
            && *status != 200
        {
            let subject = Subject { said: text, ..self.subject(endpoints) };
            let reason = format_args!("the ZAP handler refuses the peer with status {status}");
            log::write(Kind::HandshakeFailed, &subject, reason);
        }
    }

    /// The handshake that is still there failed.
    pub(super) fn log_handshake_failure(&self, inner: &Inner, failure: Failure) {
        let Phase::Handshake(_, handshake) = &inner.phase else { return };
        let mut subject = self.subject(&inner.endpoints);
        let stage = match inner.inquiry {
            Some(_) => "while the ZAP handler was asked",
            None => handshake.stage(),
        };
        match failure {
            // The line was written when the authenticator answered.
            Failure::Protocol(ProtoError::NotAuthenticated) => {}
            Failure::Protocol(error) => {
                let reason = handshake.reason(error);
                subject.said = reason.said;
                log::write(Kind::HandshakeFailed, &subject, format_args!("{reason}"));
            }
            Failure::Connection(Errno::EPIPE) => {
                let reason = format_args!("the peer closed the connection {stage}");
                log::write(Kind::HandshakeFailed, &subject, reason);
            }
            Failure::Connection(Errno::ETIMEDOUT) => {
                let limit = self.options.handshake_ivl;
                let reason = format_args!("nothing more for {limit} ms {stage}");
                log::write(Kind::HandshakeFailed, &subject, reason);
            }
            Failure::Connection(errno) => {
                let reason = format_args!("{} {stage}", Text(errno));
                log::write(Kind::HandshakeFailed, &subject, reason);
            }
        }
    }

    /// A step of the handshake that was made elsewhere failed. `why`: in the words of the library that
    /// made it.
    pub(super) fn log_failed_step(&self, inner: &Inner, error: ProtoError, why: &[u8]) {
        let subject = Subject { said: why, ..self.subject(&inner.endpoints) };
        match error {
            ProtoError::Cryptographic => {
                let reason = format_args!("GSSAPI refuses what the peer sent");
                log::write(Kind::HandshakeFailed, &subject, reason);
            }
            error => log::write(Kind::HandshakeFailed, &subject, format_args!("GSSAPI: {error}")),
        }
    }

    /// A connection is lost.
    pub(super) fn log_lost(&self, inner: &Inner, failure: Failure) {
        let subject = self.subject(&inner.endpoints);
        match failure {
            // The peer hung up, as peers do.
            Failure::Connection(Errno::EPIPE) => {}
            Failure::Connection(error) => {
                log::write(Kind::ConnectionLost, &subject, format_args!("{}", Text(error)));
            }
            Failure::Protocol(ProtoError::TooBig) => {
                let limit = self.options.maxmsgsize;
                let reason = format_args!("{} (ZMQ_MAXMSGSIZE is {limit})", ProtoError::TooBig);
                log::write(Kind::ConnectionLost, &subject, reason);
            }
            Failure::Protocol(error) => {
                log::write(Kind::ConnectionLost, &subject, format_args!("{error}"));
            }
        }
    }

    /// A connection is given up because the peer was not heard.
    pub(super) fn log_silence(&self, inner: &Inner) {
        let reason = format_args!("nothing heard in the time that heartbeats allow");
        log::write(Kind::ConnectionLost, &self.subject(&inner.endpoints), reason);
    }

    /// A panic was caught.
    pub(super) fn log_defect(&self) {
        let reason = format_args!("while a connection was served");
        log::write(Kind::Defect, &self.subject(&EndpointPair::default()), reason);
    }
}
