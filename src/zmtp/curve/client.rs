//! CURVE's client.

use super::{
    COOKIE_LEN, CurveKeys, HELLO, HELLO_NONCE, INITIATE, INITIATE_NONCE, PADDING, READY, READY_MIN,
    READY_NONCE, SIGNATURE, VERSION, VOUCH_NONCE, WELCOME, WELCOME_LEN, WELCOME_NONCE, messages,
    nonce,
};
use crate::crypto::{self, PublicKey, Secret};
use crate::options::SocketType;
use crate::zmtp::Config;
use crate::zmtp::error::{ERROR, Event, ProtoError, parse_error};
use crate::zmtp::mechanism::{AuthReply, Mechanism, Outcome, Status};
use crate::zmtp::metadata::{self, Properties};
use crate::zmtp::zap::Granted;

/// The short nonces of HELLO and INITIATE, and the first MESSAGE's.
const NONCES: [u64; 3] = [1, 2, 3];

/// The client's side.
pub struct CurveClient {
    socket_type: SocketType,
    keys: CurveKeys,
    metadata: Vec<u8>,
    /// `c'`.
    secret: Secret,
    state: State,
}

enum State {
    SendHello,
    /// With the key that `c'` and `S` have in common.
    AwaitWelcome(Secret),
    SendInitiate(Welcome),
    /// With the connection's key.
    AwaitReady(Secret),
    Ready {
        key: Secret,
        theirs: Properties,
        nonce: u64,
    },
    Refused(ProtoError),
}

/// What WELCOME brought.
struct Welcome {
    /// `S'`.
    server: PublicKey,
    cookie: [u8; COOKIE_LEN],
    /// The connection's key.
    key: Secret,
}

impl CurveClient {
    /// A handshake for this configuration.
    pub fn new(config: &Config) -> Self {
        Self {
            socket_type: config.socket_type,
            keys: config.curve.clone(),
            metadata: metadata::local(config),
            secret: Secret::default(),
            state: State::SendHello,
        }
    }

    fn hello(&mut self, out: &mut Vec<u8>) -> Result<State, ProtoError> {
        self.secret = Secret::random().map_err(|_| ProtoError::Cryptographic)?;
        let key = self.secret.shared_with(&self.keys.server).ok_or(ProtoError::Cryptographic)?;
        let [short, ..] = NONCES.map(u64::to_be_bytes);
        out.extend_from_slice(HELLO);
        out.extend_from_slice(&VERSION);
        out.extend_from_slice(&[0; PADDING]);
        out.extend_from_slice(&self.secret.public_key());
        out.extend_from_slice(&short);
        crypto::seal_into(out, &[&SIGNATURE], &nonce(HELLO_NONCE, &short), &key);
        Ok(State::AwaitWelcome(key))
    }

    /// Reads WELCOME. libzmq does not tell a malformed one from one that does not open.
    fn welcome(&self, body: &[u8], key: &Secret) -> Option<Welcome> {
        if body.len() != WELCOME_LEN {
            return None;
        }
        let (random, sealed) = body.strip_prefix(WELCOME)?.split_first_chunk::<16>()?;
        let plain = crypto::open(sealed, &nonce(WELCOME_NONCE, random), key)?;
        let (server, cookie) = plain.split_first_chunk::<32>()?;
        Some(Welcome {
            server: *server,
            cookie: cookie.try_into().ok()?,
            key: self.secret.shared_with(server)?,
        })
    }

    fn initiate(&self, welcome: &Welcome, out: &mut Vec<u8>) -> Result<(), ProtoError> {
        let random = crypto::random::<16>().map_err(|_| ProtoError::Cryptographic)?;
        let key = self.keys.secret.shared_with(&welcome.server);
        let key = key.ok_or(ProtoError::Cryptographic)?;
        let vouched: [&[u8]; 2] = [&self.secret.public_key(), &self.keys.server];
        let mut vouch = Vec::new();
        crypto::seal_into(&mut vouch, &vouched, &nonce(VOUCH_NONCE, &random), &key);
        let [_, short, _] = NONCES.map(u64::to_be_bytes);
        out.extend_from_slice(INITIATE);
        out.extend_from_slice(&welcome.cookie);
        out.extend_from_slice(&short);
        let parts: [&[u8]; 4] = [&self.keys.public, &random, &vouch, &self.metadata];
        crypto::seal_into(out, &parts, &nonce(INITIATE_NONCE, &short), &welcome.key);
        Ok(())
    }

    fn ready(&self, body: &[u8], key: &Secret) -> Result<State, ProtoError> {
        if body.len() < READY_MIN {
            return Err(ProtoError::MalformedReady);
        }
        let rest = body.strip_prefix(READY).ok_or(ProtoError::UnexpectedCommand)?;
        let (short, sealed) = rest.split_first_chunk::<8>().ok_or(ProtoError::MalformedReady)?;
        let plain = crypto::open(sealed, &nonce(READY_NONCE, short), key);
        let plain = plain.ok_or(ProtoError::Cryptographic)?;
        let theirs = Properties::parse(&plain, self.socket_type);
        Ok(State::Ready {
            key: key.clone(),
            theirs: theirs.map_err(|_| ProtoError::ServerMetadata)?,
            nonce: u64::from_be_bytes(*short),
        })
    }
}

impl Mechanism for CurveClient {
    fn next_command(&mut self, out: &mut Vec<u8>) -> Result<bool, ProtoError> {
        self.state = match &self.state {
            State::SendHello => self.hello(out)?,
            State::SendInitiate(welcome) => {
                self.initiate(welcome, out)?;
                State::AwaitReady(welcome.key.clone())
            }
            _ => return Ok(false),
        };
        Ok(true)
    }

    fn process_command(&mut self, body: &[u8]) -> Result<(), ProtoError> {
        self.state = match &self.state {
            State::AwaitWelcome(key) if body.starts_with(WELCOME) => {
                let welcome = self.welcome(body, key).ok_or(ProtoError::Cryptographic)?;
                State::SendInitiate(welcome)
            }
            State::AwaitReady(key) if body.starts_with(READY) => self.ready(body, key)?,
            // Out of turn. libzmq tries to open these with the key that it has, or lacks, at that
            // point, so that its event is that of a box that does not open.
            State::AwaitReady(_) if body.starts_with(WELCOME) => {
                return Err(ProtoError::Cryptographic);
            }
            State::AwaitWelcome(_) if body.starts_with(READY) => {
                let whole = body.len() >= READY_MIN;
                return Err(if whole {
                    ProtoError::Cryptographic
                } else {
                    ProtoError::MalformedReady
                });
            }
            State::AwaitWelcome(_) | State::AwaitReady(_) => {
                let reason = body.strip_prefix(ERROR).ok_or(ProtoError::UnexpectedCommand)?;
                State::Refused(parse_error(reason)?)
            }
            _ => return Err(ProtoError::UnexpectedCommand),
        };
        Ok(())
    }

    fn status(&self) -> Status {
        match self.state {
            State::Ready { .. } => Status::Ready,
            State::Refused(error) => Status::Failed(error),
            _ => Status::Handshaking,
        }
    }

    fn authenticated(&mut self, _reply: AuthReply) -> Result<Option<Event>, ProtoError> {
        // A client does not ask.
        Err(ProtoError::NotAuthenticated)
    }

    fn finish(self: Box<Self>) -> Outcome {
        let State::Ready { key, theirs, nonce } = self.state else { return Outcome::default() };
        let mut outcome = Outcome::new(theirs, Granted::default());
        let [.., next] = NONCES;
        messages::protect(&mut outcome, key, false, next, nonce);
        outcome
    }
}
