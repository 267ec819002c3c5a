//! The NULL mechanism (RFC 23): each side sends READY with its metadata, or ERROR.

use super::Config;
use super::error::{ERROR, Event, ProtoError, auth_event, parse_error, put_error};
use super::mechanism::{AuthReply, AuthRequest, Mechanism, Outcome, Status};
use super::metadata::{self, Properties};
use super::zap::Granted;
use crate::options::SocketType;

const READY: &[u8] = b"\x05READY";

/// Where authentication is. NULL has no credentials, but a socket with a ZAP domain asks all the same.
enum Auth {
    /// None is wanted, or it was granted.
    Done,
    /// The request has not been given out.
    Wanted,
    /// The request is with the authenticator.
    Asked,
    /// Refused with this status code.
    Refused(u16),
}

/// NULL's handshake state.
pub struct Null {
    socket_type: SocketType,
    ready: Vec<u8>,
    auth: Auth,
    enforce: bool,
    granted: Granted,
    sent: bool,
    received: Option<Received>,
}

enum Received {
    Ready(Properties),
    Error(ProtoError),
}

impl Null {
    /// A handshake for this configuration.
    pub fn new(config: &Config) -> Self {
        Self {
            socket_type: config.socket_type,
            ready: metadata::local(config),
            auth: if config.zap_domain.is_empty() { Auth::Done } else { Auth::Wanted },
            enforce: config.zap_enforce_domain,
            granted: Granted::default(),
            sent: false,
            received: None,
        }
    }
}

impl Mechanism for Null {
    fn next_command(&mut self, out: &mut Vec<u8>) -> Result<bool, ProtoError> {
        if self.sent {
            return Ok(false);
        }
        match self.auth {
            Auth::Wanted | Auth::Asked => Ok(false),
            Auth::Done => {
                out.extend_from_slice(READY);
                out.append(&mut self.ready);
                self.sent = true;
                Ok(true)
            }
            // A temporary failure is not told to the peer, which will try again.
            Auth::Refused(300) => {
                self.sent = true;
                Ok(false)
            }
            Auth::Refused(status) => {
                put_error(ERROR, status, out);
                self.sent = true;
                Ok(true)
            }
        }
    }

    fn process_command(&mut self, body: &[u8]) -> Result<(), ProtoError> {
        if self.received.is_some() {
            return Err(ProtoError::UnexpectedCommand);
        }
        self.received = Some(if let Some(metadata) = body.strip_prefix(READY) {
            Received::Ready(Properties::parse(metadata, self.socket_type)?)
        } else if let Some(reason) = body.strip_prefix(ERROR) {
            Received::Error(parse_error(reason)?)
        } else {
            return Err(ProtoError::UnexpectedCommand);
        });
        Ok(())
    }

    fn status(&self) -> Status {
        match &self.received {
            Some(received) if self.sent => match (&self.auth, received) {
                (_, Received::Error(error)) => Status::Failed(*error),
                (Auth::Refused(_), _) => Status::Failed(ProtoError::NotAuthenticated),
                (_, Received::Ready(_)) => Status::Ready,
            },
            _ => Status::Handshaking,
        }
    }

    fn take_auth_request(&mut self) -> Option<AuthRequest> {
        if !matches!(self.auth, Auth::Wanted) {
            return None;
        }
        self.auth = Auth::Asked;
        Some(AuthRequest { mechanism: "NULL", credentials: Vec::new() })
    }

    fn authenticated(&mut self, reply: AuthReply) -> Result<Option<Event>, ProtoError> {
        if !matches!(self.auth, Auth::Asked) {
            return Err(ProtoError::NotAuthenticated);
        }
        match reply {
            AuthReply::Unavailable if self.enforce => Err(ProtoError::NoAuthenticator),
            AuthReply::Unavailable => {
                self.auth = Auth::Done;
                Ok(None)
            }
            AuthReply::Answered { status: 200, user_id, properties } => {
                self.auth = Auth::Done;
                self.granted = Granted::new(user_id, properties);
                Ok(None)
            }
            AuthReply::Answered { status, .. } => {
                self.auth = Auth::Refused(status);
                Ok(Some(auth_event(status)))
            }
        }
    }

    fn finish(self: Box<Self>) -> Outcome {
        match self.received {
            Some(Received::Ready(theirs)) => Outcome::new(theirs, self.granted),
            _ => Outcome::default(),
        }
    }
}
