//! GSSAPI's server.

use core::mem;

use super::{Negotiation, Work, Worked, messages, put_ready, put_step, ready};
use crate::crypto::gssapi::Context;
use crate::options::SocketType;
use crate::zmtp::Config;
use crate::zmtp::error::{Event, ProtoError, auth_event};
use crate::zmtp::mechanism::{AuthReply, AuthRequest, Mechanism, Outcome, Status};
use crate::zmtp::metadata::{self, Properties};
use crate::zmtp::zap::Granted;

/// The server's side.
pub struct GssapiServer {
    socket_type: SocketType,
    plaintext: bool,
    metadata: Vec<u8>,
    /// Without an authenticator nobody gets in.
    enforces: bool,
    granted: Granted,
    state: State,
}

enum State {
    AwaitToken(Box<dyn Context>),
    Negotiate(Negotiation),
    /// The context stands on our side; the client's next command says that it does on the other.
    AwaitAnything(Box<dyn Context>),
    /// The client's principal is to be put to the authenticator.
    Ask(Box<dyn Context>),
    /// It is with it.
    Asked(Box<dyn Context>),
    SendReady(Box<dyn Context>),
    AwaitReady(Box<dyn Context>),
    Ready(Box<dyn Context>, Properties),
    /// The authenticator refused the client, or there was an error.
    Refused,
}

impl GssapiServer {
    /// A handshake for this configuration.
    pub fn new(config: &Config) -> Self {
        let gssapi = &config.gssapi;
        Self {
            socket_type: config.socket_type,
            plaintext: gssapi.plaintext,
            metadata: metadata::local(config),
            // Without a domain, enforcement says that the authenticator has no say.
            enforces: config.zap_enforce_domain && !config.zap_domain.is_empty(),
            granted: Granted::default(),
            state: State::AwaitToken((gssapi.acceptor)(gssapi.own.clone())),
        }
    }
}

impl Mechanism for GssapiServer {
    fn next_command(&mut self, out: &mut Vec<u8>) -> Result<bool, ProtoError> {
        self.state = match mem::replace(&mut self.state, State::Refused) {
            State::Negotiate(Negotiation::Send { context, step }) => {
                put_step(&step, out)?;
                if step.complete {
                    State::AwaitAnything(context)
                } else {
                    State::AwaitToken(context)
                }
            }
            State::SendReady(context) => {
                put_ready(&*context, self.plaintext, &self.metadata, out)?;
                State::AwaitReady(context)
            }
            other => {
                self.state = other;
                return Ok(false);
            }
        };
        Ok(true)
    }

    fn process_command(&mut self, body: &[u8]) -> Result<(), ProtoError> {
        self.state = match mem::replace(&mut self.state, State::Refused) {
            State::AwaitToken(context) => State::Negotiate(Negotiation::go_on(context, body)?),
            State::AwaitAnything(context) => State::Ask(context),
            State::AwaitReady(context) => {
                let theirs = ready(&*context, self.plaintext, body, self.socket_type)?;
                State::Ready(context, theirs)
            }
            _ => return Err(ProtoError::UnexpectedCommand),
        };
        Ok(())
    }

    fn status(&self) -> Status {
        match self.state {
            State::Ready(..) => Status::Ready,
            State::Refused => Status::Failed(ProtoError::NotAuthenticated),
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

    fn take_auth_request(&mut self) -> Option<AuthRequest> {
        match mem::replace(&mut self.state, State::Refused) {
            State::Ask(context) => {
                let credentials = vec![context.peer().to_vec()];
                self.state = State::Asked(context);
                Some(AuthRequest { mechanism: "GSSAPI", credentials })
            }
            other => {
                self.state = other;
                None
            }
        }
    }

    fn authenticated(&mut self, reply: AuthReply) -> Result<Option<Event>, ProtoError> {
        let State::Asked(context) = mem::replace(&mut self.state, State::Refused) else {
            return Err(ProtoError::NotAuthenticated);
        };
        match reply {
            AuthReply::Unavailable if self.enforces => Err(ProtoError::NoAuthenticator),
            AuthReply::Unavailable => {
                self.state = State::SendReady(context);
                Ok(None)
            }
            AuthReply::Answered { status: 200, user_id, properties } => {
                self.granted = Granted::new(user_id, properties);
                self.state = State::SendReady(context);
                Ok(None)
            }
            AuthReply::Answered { status, .. } => Ok(Some(auth_event(status))),
        }
    }

    fn finish(self: Box<Self>) -> Outcome {
        let State::Ready(context, theirs) = self.state else { return Outcome::default() };
        let mut outcome = Outcome::new(theirs, self.granted);
        if !self.plaintext {
            messages::protect(&mut outcome, context);
        }
        outcome
    }
}
