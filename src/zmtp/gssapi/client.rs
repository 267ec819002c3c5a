//! GSSAPI's client.

use core::mem;

use super::{Negotiation, Work, Worked, messages, put_ready, put_step, ready};
use crate::crypto::gssapi::Context;
use crate::options::SocketType;
use crate::zmtp::Config;
use crate::zmtp::error::{Event, ProtoError};
use crate::zmtp::mechanism::{AuthReply, Mechanism, Outcome, Status};
use crate::zmtp::metadata::{self, Properties};
use crate::zmtp::zap::Granted;

/// The client's side.
pub struct GssapiClient {
    socket_type: SocketType,
    plaintext: bool,
    metadata: Vec<u8>,
    state: State,
}

enum State {
    Negotiate(Negotiation),
    AwaitToken(Box<dyn Context>),
    AwaitReady(Box<dyn Context>),
    SendReady(Box<dyn Context>, Properties),
    Ready(Box<dyn Context>, Properties),
    /// After an error.
    Over,
}

impl GssapiClient {
    /// A handshake for this configuration.
    pub fn new(config: &Config) -> Self {
        let gssapi = &config.gssapi;
        let context = (gssapi.initiator)(gssapi.own.clone(), gssapi.service.clone());
        Self {
            socket_type: config.socket_type,
            plaintext: gssapi.plaintext,
            metadata: metadata::local(config),
            state: State::Negotiate(Negotiation::start(context)),
        }
    }
}

impl Mechanism for GssapiClient {
    fn next_command(&mut self, out: &mut Vec<u8>) -> Result<bool, ProtoError> {
        self.state = match mem::replace(&mut self.state, State::Over) {
            State::Negotiate(Negotiation::Send { context, step }) => {
                put_step(&step, out)?;
                if step.complete { State::AwaitReady(context) } else { State::AwaitToken(context) }
            }
            State::SendReady(context, theirs) => {
                put_ready(&*context, self.plaintext, &self.metadata, out)?;
                State::Ready(context, theirs)
            }
            other => {
                self.state = other;
                return Ok(false);
            }
        };
        Ok(true)
    }

    fn process_command(&mut self, body: &[u8]) -> Result<(), ProtoError> {
        self.state = match mem::replace(&mut self.state, State::Over) {
            State::AwaitToken(context) => State::Negotiate(Negotiation::go_on(context, body)?),
            State::AwaitReady(context) => {
                let theirs = ready(&*context, self.plaintext, body, self.socket_type)?;
                State::SendReady(context, theirs)
            }
            _ => return Err(ProtoError::UnexpectedCommand),
        };
        Ok(())
    }

    fn status(&self) -> Status {
        match self.state {
            State::Ready(..) => Status::Ready,
            _ => Status::Handshaking,
        }
    }

    fn take_work(&mut self) -> Option<Work> {
        let State::Negotiate(negotiation) = &mut self.state else { return None };
        negotiation.take_work()
    }

    fn worked(&mut self, worked: Worked) -> Result<(), ProtoError> {
        let State::Negotiate(negotiation) = &mut self.state else {
            return Err(ProtoError::OutOfTurn);
        };
        negotiation.worked(worked, !self.plaintext)
    }

    fn authenticated(&mut self, _reply: AuthReply) -> Result<Option<Event>, ProtoError> {
        // A client does not ask.
        Err(ProtoError::NotAuthenticated)
    }

    fn finish(self: Box<Self>) -> Outcome {
        let State::Ready(context, theirs) = self.state else { return Outcome::default() };
        let mut outcome = Outcome::new(theirs, Granted::default());
        if !self.plaintext {
            messages::protect(&mut outcome, context);
        }
        outcome
    }
}
