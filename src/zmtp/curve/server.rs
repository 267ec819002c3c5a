//! CURVE's server.

use core::mem;

use super::{
    COOKIE_NONCE, HELLO, HELLO_LEN, HELLO_NONCE, INITIATE, INITIATE_MIN, INITIATE_NONCE, PADDING,
    READY, READY_NONCE, VERSION, VOUCH_NONCE, WELCOME, WELCOME_NONCE, messages, nonce,
};
use crate::crypto::{self, PublicKey, Secret};
use crate::options::SocketType;
use crate::zmtp::Config;
use crate::zmtp::error::{ERROR, Event, ProtoError, auth_event, check_name, put_error};
use crate::zmtp::mechanism::{AuthReply, AuthRequest, Mechanism, Outcome, Status};
use crate::zmtp::metadata::{self, Properties};
use crate::zmtp::zap::Granted;

/// The short nonces of READY and of the first MESSAGE.
const NONCES: [u64; 2] = [1, 2];

/// The server's side.
pub struct CurveServer {
    socket_type: SocketType,
    /// `s`.
    secret: Secret,
    metadata: Vec<u8>,
    /// Clients are put to the authenticator.
    asks: bool,
    /// Without an authenticator nobody gets in.
    enforces: bool,
    granted: Granted,
    state: State,
}

enum State {
    AwaitHello,
    SendWelcome(Hello),
    AwaitInitiate(Box<Welcomed>),
    /// The client's key is to be put to the authenticator.
    Ask(Box<Client>),
    /// It is with it.
    Asked(Box<Client>),
    SendReady(Box<Client>),
    Ready(Box<Client>),
    SendError(u16),
    Refused,
}

/// What HELLO brought.
struct Hello {
    /// `C'`.
    client: PublicKey,
    /// The key that `C'` and `s` have in common.
    key: Secret,
}

/// What WELCOME told, of which INITIATE has to know.
struct Welcomed {
    /// `C'`.
    client: PublicKey,
    /// `s'`.
    secret: Secret,
    cookie_key: Secret,
}

/// What INITIATE brought.
struct Client {
    /// `C`.
    public: PublicKey,
    theirs: Properties,
    /// The connection's key.
    key: Secret,
    nonce: u64,
}

impl CurveServer {
    /// A handshake for this configuration.
    pub fn new(config: &Config) -> Self {
        Self {
            socket_type: config.socket_type,
            secret: config.curve.secret.clone(),
            metadata: metadata::local(config),
            // With a domain always; without one, unless enforcement says that a domain decides.
            asks: !config.zap_domain.is_empty() || !config.zap_enforce_domain,
            enforces: config.zap_enforce_domain,
            granted: Granted::default(),
            state: State::AwaitHello,
        }
    }

    fn hello(&self, body: &[u8]) -> Result<Hello, ProtoError> {
        check_name(body)?;
        let rest = body.strip_prefix(HELLO).ok_or(ProtoError::UnexpectedCommand)?;
        if body.len() != HELLO_LEN {
            return Err(ProtoError::MalformedHello);
        }
        let rest = rest.strip_prefix(&VERSION).ok_or(ProtoError::MalformedHello)?;
        let fields = || {
            let (client, rest) = rest.get(PADDING..)?.split_first_chunk::<32>()?;
            let (short, sealed) = rest.split_first_chunk::<8>()?;
            let key = self.secret.shared_with(client)?;
            crypto::open(sealed, &nonce(HELLO_NONCE, short), &key)?;
            Some(Hello { client: *client, key })
        };
        fields().ok_or(ProtoError::Cryptographic)
    }

    fn welcome(hello: &Hello, out: &mut Vec<u8>) -> crate::error::Result<Welcomed> {
        let (secret, cookie_key) = (Secret::random()?, Secret::random()?);
        let random = crypto::random::<16>()?;
        let mut cookie = random.to_vec();
        let kept: [&[u8]; 2] = [&hello.client, secret.bytes()];
        crypto::seal_into(&mut cookie, &kept, &nonce(COOKIE_NONCE, &random), &cookie_key);
        let random = crypto::random::<16>()?;
        out.extend_from_slice(WELCOME);
        out.extend_from_slice(&random);
        let parts: [&[u8]; 2] = [&secret.public_key(), &cookie];
        crypto::seal_into(out, &parts, &nonce(WELCOME_NONCE, &random), &hello.key);
        Ok(Welcomed { client: hello.client, secret, cookie_key })
    }

    fn initiate(&self, body: &[u8], welcomed: &Welcomed) -> Result<Client, ProtoError> {
        check_name(body)?;
        let rest = body.strip_prefix(INITIATE).ok_or(ProtoError::UnexpectedCommand)?;
        if body.len() < INITIATE_MIN {
            return Err(ProtoError::MalformedInitiate);
        }
        let (short, key, plain) = open_initiate(rest, welcomed).ok_or(ProtoError::Cryptographic)?;
        let malformed = ProtoError::MalformedInitiate;
        let (public, rest) = plain.split_first_chunk::<32>().ok_or(malformed)?;
        let (random, rest) = rest.split_first_chunk::<16>().ok_or(malformed)?;
        let (vouch, metadata) = rest.split_at_checked(80).ok_or(malformed)?;
        let vouch = welcomed
            .secret
            .shared_with(public)
            .and_then(|key| crypto::open(vouch, &nonce(VOUCH_NONCE, random), &key))
            .ok_or(ProtoError::Cryptographic)?;
        // The client's long-term key stands for its short-term key, and for no other server's.
        let ours = self.secret.public_key();
        if vouch.split_at_checked(32) != Some((&welcomed.client[..], &ours[..])) {
            return Err(ProtoError::KeyExchange);
        }
        let theirs = Properties::parse(metadata, self.socket_type)?;
        Ok(Client { public: *public, theirs, key, nonce: short })
    }

    fn ready(&mut self, client: &Client, out: &mut Vec<u8>) {
        let [short, _] = NONCES.map(u64::to_be_bytes);
        out.extend_from_slice(READY);
        out.extend_from_slice(&short);
        crypto::seal_into(out, &[&self.metadata], &nonce(READY_NONCE, &short), &client.key);
    }
}

type Plain = zeroize::Zeroizing<Vec<u8>>;

/// INITIATE's short nonce, the connection's key and the content of the box, if cookie and box are
/// what they have to be.
fn open_initiate(rest: &[u8], welcomed: &Welcomed) -> Option<(u64, Secret, Plain)> {
    let (random, rest) = rest.split_first_chunk::<16>()?;
    let (cookie, rest) = rest.split_at_checked(80)?;
    let kept = crypto::open(cookie, &nonce(COOKIE_NONCE, random), &welcomed.cookie_key)?;
    if kept.split_at_checked(32)? != (&welcomed.client[..], &welcomed.secret.bytes()[..]) {
        return None;
    }
    let (short, sealed) = rest.split_first_chunk::<8>()?;
    let key = welcomed.secret.shared_with(&welcomed.client)?;
    let plain = crypto::open(sealed, &nonce(INITIATE_NONCE, short), &key)?;
    Some((u64::from_be_bytes(*short), key, plain))
}

impl Mechanism for CurveServer {
    fn next_command(&mut self, out: &mut Vec<u8>) -> Result<bool, ProtoError> {
        // What is not put back below is what follows a refusal.
        match mem::replace(&mut self.state, State::Refused) {
            State::SendWelcome(hello) => {
                let welcomed = Self::welcome(&hello, out).map_err(|_| ProtoError::Cryptographic)?;
                self.state = State::AwaitInitiate(Box::new(welcomed));
            }
            State::SendReady(client) => {
                self.ready(&client, out);
                self.state = State::Ready(client);
            }
            State::SendError(status) => put_error(ERROR, status, out),
            other => {
                self.state = other;
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn process_command(&mut self, body: &[u8]) -> Result<(), ProtoError> {
        self.state = match &self.state {
            State::AwaitHello => State::SendWelcome(self.hello(body)?),
            State::AwaitInitiate(welcomed) => {
                let client = Box::new(self.initiate(body, welcomed)?);
                if self.asks { State::Ask(client) } else { State::SendReady(client) }
            }
            _ => return Err(ProtoError::OutOfTurn),
        };
        Ok(())
    }

    fn status(&self) -> Status {
        match self.state {
            State::Ready(_) => Status::Ready,
            State::Refused => Status::Failed(ProtoError::NotAuthenticated),
            _ => Status::Handshaking,
        }
    }

    fn take_auth_request(&mut self) -> Option<AuthRequest> {
        match mem::replace(&mut self.state, State::Refused) {
            State::Ask(client) => {
                let credentials = vec![client.public.to_vec()];
                self.state = State::Asked(client);
                Some(AuthRequest { mechanism: "CURVE", credentials })
            }
            other => {
                self.state = other;
                None
            }
        }
    }

    fn authenticated(&mut self, reply: AuthReply) -> Result<Option<Event>, ProtoError> {
        let State::Asked(client) = mem::replace(&mut self.state, State::Refused) else {
            return Err(ProtoError::NotAuthenticated);
        };
        match reply {
            AuthReply::Unavailable if self.enforces => Err(ProtoError::NoAuthenticator),
            AuthReply::Unavailable => {
                self.state = State::SendReady(client);
                Ok(None)
            }
            AuthReply::Answered { status: 200, user_id, properties } => {
                self.granted = Granted::new(user_id, properties);
                self.state = State::SendReady(client);
                Ok(None)
            }
            AuthReply::Answered { status, .. } => {
                // A temporary failure is not told to the peer, which will try again.
                if status != 300 {
                    self.state = State::SendError(status);
                }
                Ok(Some(auth_event(status)))
            }
        }
    }

    fn finish(self: Box<Self>) -> Outcome {
        let State::Ready(client) = self.state else { return Outcome::default() };
        let Client { theirs, key, nonce, .. } = *client;
        let mut outcome = Outcome::new(theirs, self.granted);
        let [_, next] = NONCES;
        messages::protect(&mut outcome, key, true, next, nonce);
        outcome
    }
}
