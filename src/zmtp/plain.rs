//! The PLAIN mechanism (RFC 24): the client tells a name and a password in clear, the server puts
//! them to the authenticator.
//!
//! HELLO → (authentication) → WELCOME → INITIATE → READY; or ERROR instead of WELCOME. The
//! commands themselves need no ZAP, but without it nobody looks at the password, so a server
//! without an authenticator lets nobody in.

use core::mem;

use zeroize::Zeroizing;

use super::Config;
use super::error::{ERROR, Event, ProtoError, auth_event, check_name, parse_error, put_error};
use super::mechanism::{AuthReply, AuthRequest, Mechanism, Outcome, Status};
use super::metadata::{self, Properties};
use super::zap::Granted;
use crate::options::SocketType;

const HELLO: &[u8] = b"\x05HELLO";
const LONGEST_HELLO: usize = HELLO.len() + 2 * 256;
const WELCOME: &[u8] = b"\x07WELCOME";
const INITIATE: &[u8] = b"\x08INITIATE";
const READY: &[u8] = b"\x05READY";

/// ERROR as libzmq spells it in PLAIN: in its source, `\x05E` is one character. Since its clients
/// know no other spelling, it is the one to send; our clients take RFC 24's, too.
const LIBZMQ_ERROR: &[u8] = b"^RROR";

/// The client's side.
pub struct PlainClient {
    socket_type: SocketType,
    user: (Vec<u8>, Zeroizing<Vec<u8>>),
    metadata: Vec<u8>,
    state: ClientState,
}

enum ClientState {
    SendHello,
    AwaitWelcome,
    SendInitiate,
    AwaitReady,
    Ready(Properties),
    Refused(ProtoError),
}

impl PlainClient {
    /// A handshake for this configuration.
    pub fn new(config: &Config) -> Self {
        Self {
            socket_type: config.socket_type,
            user: config.plain_user.clone(),
            metadata: metadata::local(config),
            state: ClientState::SendHello,
        }
    }

    fn hello(&self, out: &mut Vec<u8>) {
        // All at once: a buffer that grows leaves copies behind.
        out.reserve(LONGEST_HELLO);
        out.extend_from_slice(HELLO);
        for text in [&self.user.0, &*self.user.1] {
            // The options hold it to 255 bytes.
            let len = u8::try_from(text.len()).unwrap_or(u8::MAX);
            out.push(len);
            out.extend(text.iter().take(usize::from(len)));
        }
    }
}

impl Mechanism for PlainClient {
    fn next_command(&mut self, out: &mut Vec<u8>) -> Result<bool, ProtoError> {
        match self.state {
            ClientState::SendHello => {
                self.hello(out);
                self.state = ClientState::AwaitWelcome;
            }
            ClientState::SendInitiate => {
                out.extend_from_slice(INITIATE);
                out.append(&mut self.metadata);
                self.state = ClientState::AwaitReady;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn process_command(&mut self, body: &[u8]) -> Result<(), ProtoError> {
        use ClientState::{AwaitReady, AwaitWelcome, Ready, Refused, SendInitiate};
        self.state = if let Some(rest) = body.strip_prefix(WELCOME) {
            match self.state {
                AwaitWelcome if rest.is_empty() => SendInitiate,
                AwaitWelcome => return Err(ProtoError::MalformedWelcome),
                _ => return Err(ProtoError::UnexpectedCommand),
            }
        } else if let (Some(rest), AwaitReady) = (body.strip_prefix(READY), &self.state) {
            let theirs = Properties::parse(rest, self.socket_type);
            Ready(theirs.map_err(|_| ProtoError::ServerMetadata)?)
        } else if let (Some(rest), AwaitWelcome | AwaitReady) =
            (body.strip_prefix(ERROR).or_else(|| body.strip_prefix(LIBZMQ_ERROR)), &self.state)
        {
            Refused(parse_error(rest)?)
        } else {
            return Err(ProtoError::UnexpectedCommand);
        };
        Ok(())
    }

    fn status(&self) -> Status {
        match self.state {
            ClientState::Ready(_) => Status::Ready,
            ClientState::Refused(error) => Status::Failed(error),
            _ => Status::Handshaking,
        }
    }

    fn authenticated(&mut self, _reply: AuthReply) -> Result<Option<Event>, ProtoError> {
        // A client does not ask.
        Err(ProtoError::NotAuthenticated)
    }

    fn finish(self: Box<Self>) -> Outcome {
        match self.state {
            ClientState::Ready(theirs) => Outcome::new(theirs, Granted::default()),
            _ => Outcome::default(),
        }
    }
}

/// The server's side.
pub struct PlainServer {
    socket_type: SocketType,
    metadata: Vec<u8>,
    granted: Granted,
    state: ServerState,
}

enum ServerState {
    AwaitHello,
    /// The user's name and password are to be put to the authenticator.
    Ask(Vec<Vec<u8>>),
    /// They are with it.
    Asked,
    SendWelcome,
    AwaitInitiate,
    SendReady(Properties),
    Ready(Properties),
    SendError(u16),
    Refused,
}

impl PlainServer {
    /// A handshake for this configuration.
    pub fn new(config: &Config) -> Self {
        Self {
            socket_type: config.socket_type,
            metadata: metadata::local(config),
            granted: Granted::default(),
            state: ServerState::AwaitHello,
        }
    }
}

impl Mechanism for PlainServer {
    fn next_command(&mut self, out: &mut Vec<u8>) -> Result<bool, ProtoError> {
        use ServerState::{AwaitInitiate, Ready, Refused, SendError, SendReady, SendWelcome};
        // What is not put back below is what follows a refusal.
        match mem::replace(&mut self.state, Refused) {
            SendWelcome => {
                out.extend_from_slice(WELCOME);
                self.state = AwaitInitiate;
            }
            SendReady(theirs) => {
                out.extend_from_slice(READY);
                out.append(&mut self.metadata);
                self.state = Ready(theirs);
            }
            SendError(status) => put_error(LIBZMQ_ERROR, status, out),
            other => {
                self.state = other;
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn process_command(&mut self, body: &[u8]) -> Result<(), ProtoError> {
        self.state = match self.state {
            ServerState::AwaitHello => {
                check_name(body)?;
                let hello = body.strip_prefix(HELLO).ok_or(ProtoError::UnexpectedCommand)?;
                ServerState::Ask(credentials(hello).ok_or(ProtoError::MalformedHello)?)
            }
            ServerState::AwaitInitiate => {
                let theirs = body.strip_prefix(INITIATE).ok_or(ProtoError::UnexpectedCommand)?;
                ServerState::SendReady(Properties::parse(theirs, self.socket_type)?)
            }
            _ => return Err(ProtoError::OutOfTurn),
        };
        Ok(())
    }

    fn status(&self) -> Status {
        match self.state {
            ServerState::Ready(_) => Status::Ready,
            ServerState::Refused => Status::Failed(ProtoError::NotAuthenticated),
            _ => Status::Handshaking,
        }
    }

    fn take_auth_request(&mut self) -> Option<AuthRequest> {
        let ServerState::Ask(credentials) = &mut self.state else { return None };
        let credentials = mem::take(credentials);
        self.state = ServerState::Asked;
        Some(AuthRequest { mechanism: "PLAIN", credentials })
    }

    fn authenticated(&mut self, reply: AuthReply) -> Result<Option<Event>, ProtoError> {
        let ServerState::Asked = self.state else { return Err(ProtoError::NotAuthenticated) };
        match reply {
            AuthReply::Unavailable => Err(ProtoError::NoAuthenticator),
            AuthReply::Answered { status: 200, user_id, mut properties } => {
                // The client is yet to say its own, which then counts.
                properties.routing_id.clear();
                self.granted = Granted::new(user_id, properties);
                self.state = ServerState::SendWelcome;
                Ok(None)
            }
            AuthReply::Answered { status, .. } => {
                // A temporary failure is not told to the peer, which will try again.
                self.state = match status {
                    300 => ServerState::Refused,
                    _ => ServerState::SendError(status),
                };
                Ok(Some(auth_event(status)))
            }
        }
    }

    fn finish(self: Box<Self>) -> Outcome {
        match self.state {
            ServerState::Ready(theirs) => Outcome::new(theirs, self.granted),
            _ => Outcome::default(),
        }
    }
}

/// Name and password in what follows HELLO's name; each has its length in the byte before it.
fn credentials(hello: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (&len, rest) = hello.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(len))?;
    let (&len, password) = rest.split_first()?;
    (password.len() == usize::from(len)).then(|| vec![name.to_vec(), password.to_vec()])
}
