//! From the first byte to the first message: greeting, mechanism or routing id, result.

mod reason;

use core::mem;

use zeroize::{Zeroize, Zeroizing};

use super::Config;
use super::curve::{CurveClient, CurveServer};
use super::decoder::Decoder;
use super::encoder::Encoder;
use super::error::{Event, ProtoError};
use super::frame::{COMMAND, Framing, MAX_HEADER};
use super::greeting::{Dialect, Greeting, mechanism_field};
use super::gssapi::{GssapiClient, GssapiServer, Work, Worked};
use super::mechanism::{AuthReply, AuthRequest, Mechanism, Outcome, Status};
use super::null::Null;
use super::plain::{PlainClient, PlainServer};
use super::websocket::{self, Dialect as WebDialect, End, Masks, Opcode, Upgrade, unmask};
use crate::error::Result;
use crate::msg::{RecvBuffer, Spare};
use crate::options::{Mechanism as MechanismKind, SocketType};

/// The largest frame of a handshake: a bound on what a peer that has not proved anything can make
/// us hold. `ZMQ_MAXMSGSIZE` limits messages, and has no say here (in libzmq it has, so that a small
/// one lets no peer in).
pub const MAX_HANDSHAKE_FRAME: usize = 64 * 1024;

/// Answers to a WebSocket's pings that may wait for the peer to read them.
const MAX_UNREAD: usize = 4 * 1024;

/// The longest routing id a peer may have (RFC 13, RFC 15).
const MAX_ROUTING_ID: u64 = 255;

/// What one read should have room for while frames are small.
const READ: usize = 512;

/// What the caller has to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// Write [`Handshake::output`], read more, call again. Also when a request to the authenticator
    /// is outstanding.
    NeedMore,
    /// As `NeedMore`, and put this to the authenticator; its answer goes to
    /// [`Handshake::authenticated`]. Comes once.
    WaitAuth(AuthRequest),
    /// As `NeedMore`, and do what [`Handshake::take_work`] gives wherever it may take long; the result
    /// goes to [`Handshake::worked`]. Comes once.
    WaitWork,
    /// Call [`Handshake::finish`].
    Done,
}

/// One side's handshake.
///
/// Write what [`output`](Self::output) has, read into [`space`](Self::space), call
/// [`advance`](Self::advance), until it is done. After an error the output should still be offered to
/// the peer once, because it may hold an ERROR command.
pub struct Handshake {
    config: Config,
    input: RecvBuffer,
    /// Commands, in which secrets may be.
    output: Zeroizing<Vec<u8>>,
    written: usize,
    state: State,
    peer: Peer,
    /// How frames are delimited once they begin.
    framing: Framing,
    masks: Masks,
    /// How much of the input a frame under way takes.
    wanted: usize,
    /// What is to be done elsewhere.
    work: Option<Work>,
}

enum State {
    Greeting(Greeting),
    /// Of a WebSocket.
    Upgrade(Box<Upgrade>),
    /// ZMTP 1.0 and 2.0: the peer's first frame is its routing id.
    RoutingId(Framing),
    Mechanism(Box<dyn Mechanism>),
    Done(Framing, Outcome),
}

/// What the handshake told about the peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// The version spoken from now on: (1, 0), (2, 0), (3, 0) or (3, 1).
    pub version: (u8, u8),
    /// Its socket type, if it said so.
    pub socket_type: Option<SocketType>,
    /// Its routing id; empty if it has none.
    pub routing_id: Vec<u8>,
    /// The properties its messages carry: its metadata and the authenticator's. None before 3.0.
    pub properties: Vec<(String, Vec<u8>)>,
    /// It takes every message, because it cannot subscribe (ZMTP 1.0 before its greeting).
    pub subscribe_to_all: bool,
}

/// A connection after its handshake.
pub struct Established {
    /// Starts with what the handshake has not sent yet.
    pub encoder: Encoder,
    /// Starts with what came after the handshake.
    pub decoder: Decoder,
    /// Whom we talk to.
    pub peer: Peer,
}

impl Established {
    /// A connection without protocol (`ZMQ_STREAM`).
    pub fn raw(config: &Config) -> Self {
        Self {
            encoder: Encoder::new(config, Framing::Raw, (0, 0), None, Vec::new()),
            decoder: Decoder::new(config, Framing::Raw, (0, 0), None, RecvBuffer::new()),
            peer: Peer::default(),
        }
    }
}

impl Handshake {
    /// A handshake about to begin; its output is the signature.
    pub fn new(config: &Config) -> Self {
        let mut greeting = Greeting::new(config);
        let mut output = Vec::new();
        greeting.advance(&[], &mut output);
        Self::from_parts(config, Framing::V2, State::Greeting(greeting), output)
    }

    /// The same in a WebSocket; a client's output is its request for one. Errors: no random numbers.
    pub fn in_websocket(config: &Config, end: &End) -> core::result::Result<Self, ProtoError> {
        let mut output = Vec::new();
        let upgrade = Upgrade::new(end, config.mechanism, &mut output)?;
        let framing = Framing::WebSocket { client: *end != End::Server };
        Ok(Self::from_parts(config, framing, State::Upgrade(Box::new(upgrade)), output))
    }

    fn from_parts(config: &Config, framing: Framing, state: State, output: Vec<u8>) -> Self {
        Self {
            config: config.clone(),
            input: RecvBuffer::new(),
            output: output.into(),
            written: 0,
            state,
            peer: Peer::default(),
            framing,
            masks: Masks::default(),
            wanted: 0,
            work: None,
        }
    }

    /// Bytes to send now.
    pub fn output(&self) -> &[u8] {
        self.output.get(self.written..).unwrap_or_default()
    }

    /// Says that the first `n` bytes of the output were sent.
    pub fn consume_output(&mut self, n: usize) {
        self.written = self.written.saturating_add(n);
        if self.written >= self.output.len() {
            self.output.zeroize();
            self.written = 0;
        }
    }

    /// Room for bytes from the peer. `ENOMEM`.
    pub fn space(&mut self) -> Result<Spare<'_>> {
        let missing = self.wanted.saturating_sub(self.input.data().len());
        self.input.spare(missing.max(READ))
    }

    /// Goes as far as the input allows.
    pub fn advance(&mut self) -> core::result::Result<Progress, ProtoError> {
        loop {
            let step = match &mut self.state {
                State::Greeting(_) => self.greet()?,
                State::Upgrade(_) => self.upgrade()?,
                State::RoutingId(framing) => {
                    let framing = *framing;
                    self.take_routing_id(framing)?
                }
                State::Mechanism(_) => self.negotiate()?,
                State::Done(..) => Some(Progress::Done),
            };
            if let Some(progress) = step {
                return Ok(progress);
            }
        }
    }

    /// The authenticator's answer to [`Progress::WaitAuth`]; call [`Handshake::advance`] afterwards.
    /// A refusal gives the event for the monitor, and the handshake goes on until the peer knows.
    pub fn authenticated(
        &mut self,
        reply: AuthReply,
    ) -> core::result::Result<Option<Event>, ProtoError> {
        match &mut self.state {
            State::Mechanism(mechanism) => mechanism.authenticated(reply),
            _ => Err(ProtoError::NotAuthenticated),
        }
    }

    /// What [`Progress::WaitWork`] announced.
    pub fn take_work(&mut self) -> Option<Work> {
        self.work.take()
    }

    /// What was taken is done; call [`Handshake::advance`] afterwards.
    pub fn worked(&mut self, worked: Worked) -> core::result::Result<(), ProtoError> {
        match &mut self.state {
            State::Mechanism(mechanism) => mechanism.worked(worked),
            _ => Err(ProtoError::OutOfTurn),
        }
    }

    /// The connection, once [`Progress::Done`] was returned; `None` before.
    pub fn finish(self) -> Option<Established> {
        let unsent = self.output().to_vec();
        let State::Done(framing, outcome) = self.state else { return None };
        let version = self.peer.version;
        Some(Established {
            encoder: Encoder::new(&self.config, framing, version, outcome.seal, unsent),
            decoder: Decoder::new(&self.config, framing, version, outcome.open, self.input),
            peer: self.peer,
        })
    }

    fn greet(&mut self) -> core::result::Result<Option<Progress>, ProtoError> {
        let State::Greeting(greeting) = &mut self.state else { return Ok(None) };
        let Some((dialect, size)) = greeting.advance(self.input.data(), &mut self.output) else {
            return Ok(Some(Progress::NeedMore));
        };
        let state = match dialect {
            Dialect::V3 { minor, mechanism } => {
                self.peer.version = (3, minor);
                if mechanism != mechanism_field(self.config.mechanism) {
                    return Err(ProtoError::MechanismMismatch);
                }
                State::Mechanism(self.mechanism()?)
            }
            Dialect::Unversioned => {
                self.refuse_if_secure()?;
                self.peer.version = (1, 0);
                self.peer.subscribe_to_all =
                    matches!(self.config.socket_type, SocketType::Pub | SocketType::Xpub);
                // To such a peer the signature was the header of this frame.
                self.output.extend_from_slice(&self.config.routing_id);
                State::RoutingId(Framing::V1)
            }
            Dialect::V1 => {
                self.refuse_if_secure()?;
                self.peer.version = (1, 0);
                self.put_routing_id(Framing::V1)?;
                State::RoutingId(Framing::V1)
            }
            Dialect::V2(socket_type) => {
                self.refuse_if_secure()?;
                self.peer.version = (2, 0);
                self.peer.socket_type = SocketType::from_i32(i32::from(socket_type)).ok();
                self.put_routing_id(Framing::V2)?;
                State::RoutingId(Framing::V2)
            }
        };
        // After an error it tells why.
        self.input.consume(size);
        self.state = state;
        Ok(None)
    }

    /// Peers before 3.0 cannot authenticate, so a socket that wants it does not talk to them.
    fn refuse_if_secure(&self) -> core::result::Result<(), ProtoError> {
        if self.config.mechanism != MechanismKind::Null || !self.config.zap_domain.is_empty() {
            return Err(ProtoError::VersionWithoutSecurity);
        }
        Ok(())
    }

    fn upgrade(&mut self) -> core::result::Result<Option<Progress>, ProtoError> {
        let State::Upgrade(upgrade) = &mut self.state else { return Ok(None) };
        let Some((dialect, size)) = upgrade.advance(self.input.data(), &mut self.output)? else {
            return Ok(Some(Progress::NeedMore));
        };
        self.input.consume(size);
        self.peer.version = (3, 0);
        self.state = match dialect {
            WebDialect::Commands => State::Mechanism(self.mechanism()?),
            WebDialect::Plain => {
                if !self.config.zap_domain.is_empty() {
                    return Err(ProtoError::VersionWithoutSecurity);
                }
                self.put_routing_id(self.framing)?;
                State::RoutingId(self.framing)
            }
        };
        Ok(None)
    }

    fn mechanism(&self) -> core::result::Result<Box<dyn Mechanism>, ProtoError> {
        match self.config.mechanism {
            MechanismKind::Null => Ok(Box::new(Null::new(&self.config))),
            MechanismKind::Plain if self.config.as_server => {
                Ok(Box::new(PlainServer::new(&self.config)))
            }
            MechanismKind::Plain => Ok(Box::new(PlainClient::new(&self.config))),
            MechanismKind::Curve if self.config.as_server => {
                Ok(Box::new(CurveServer::new(&self.config)))
            }
            MechanismKind::Curve => Ok(Box::new(CurveClient::new(&self.config))),
            MechanismKind::Gssapi if self.config.as_server => {
                Ok(Box::new(GssapiServer::new(&self.config)))
            }
            MechanismKind::Gssapi => Ok(Box::new(GssapiClient::new(&self.config))),
        }
    }

    fn put_routing_id(&mut self, framing: Framing) -> Result<()> {
        let start = self.output.len();
        framing.put_header(0, self.config.routing_id.len(), &mut self.output);
        self.output.extend_from_slice(&self.config.routing_id);
        framing.mask(start, &mut self.masks, &mut self.output)
    }

    fn take_routing_id(
        &mut self,
        framing: Framing,
    ) -> core::result::Result<Option<Progress>, ProtoError> {
        let Some((total, body)) = self.frame(framing, MAX_ROUTING_ID)? else {
            return Ok(Some(Progress::NeedMore));
        };
        self.peer.routing_id = body;
        self.input.consume(total);
        self.state = State::Done(framing, Outcome::default());
        Ok(None)
    }

    fn negotiate(&mut self) -> core::result::Result<Option<Progress>, ProtoError> {
        let State::Mechanism(mechanism) = &mut self.state else { return Ok(None) };
        let framing = self.framing;
        put_commands(mechanism.as_mut(), framing, &mut self.masks, &mut self.output)?;
        if let Some(request) = mechanism.take_auth_request() {
            return Ok(Some(Progress::WaitAuth(request)));
        }
        if let Some(work) = mechanism.take_work() {
            self.work = Some(work);
            return Ok(Some(Progress::WaitWork));
        }
        match mechanism.status() {
            Status::Ready => return Ok(self.complete()),
            Status::Failed(error) => return Err(error),
            Status::Handshaking => {}
        }
        let Some((total, body)) = self.frame(framing, MAX_HANDSHAKE_FRAME as u64)? else {
            return Ok(Some(Progress::NeedMore));
        };
        // The command flag is not asked for: libzmq does not, and peers of the first ZMTP 3.0
        // drafts do not set it.
        if let State::Mechanism(mechanism) = &mut self.state {
            mechanism.process_command(&body)?;
            if let Status::Failed(error) = mechanism.status() {
                return Err(error);
            }
        }
        self.input.consume(total);
        Ok(None)
    }

    fn complete(&mut self) -> Option<Progress> {
        let done = State::Done(self.framing, Outcome::default());
        if let State::Mechanism(mechanism) = mem::replace(&mut self.state, done) {
            let mut outcome = mechanism.finish();
            self.peer.routing_id = mem::take(&mut outcome.routing_id);
            self.peer.socket_type = outcome.socket_type.take();
            self.peer.properties = mem::take(&mut outcome.properties).into_iter().collect();
            if self.framing != Framing::V2 && outcome.seal.is_some() {
                // What is sealed is as in ZMTP 3.1, what is not, as in 3.0.
                self.peer.version = (3, 1);
            }
            self.state = State::Done(self.framing, outcome);
        }
        None
    }

    /// The frame at the start of the input, once it is there whole: its size and its body.
    fn frame(
        &mut self,
        framing: Framing,
        limit: u64,
    ) -> core::result::Result<Option<(usize, Vec<u8>)>, ProtoError> {
        if let Framing::WebSocket { client } = framing {
            return self.websocket_frame(!client, limit);
        }
        let header = framing.header(self.input.data())?;
        let Some(header) = header else {
            self.wanted = MAX_HEADER;
            return Ok(None);
        };
        self.whole(header.size, header.len, limit)
    }

    /// [`Handshake::frame`] in a WebSocket. Pings are answered on the way.
    fn websocket_frame(
        &mut self,
        from_client: bool,
        limit: u64,
    ) -> core::result::Result<Option<(usize, Vec<u8>)>, ProtoError> {
        loop {
            let Some(header) = websocket::header(self.input.data(), from_client)? else {
                self.wanted = MAX_HEADER;
                return Ok(None);
            };
            let limit = limit.saturating_add(1);
            let Some((total, mut payload)) = self.whole(header.size, header.len, limit)? else {
                return Ok(None);
            };
            unmask(&mut payload, header.mask, 0);
            match header.opcode {
                // What is said here is too short to come in several frames.
                Opcode::Continuation => return Err(ProtoError::Frame),
                Opcode::Binary if payload.is_empty() || !header.last => {
                    return Err(ProtoError::Frame);
                }
                Opcode::Binary => {
                    // The flags are not asked for, as with ZMTP.
                    payload.remove(0);
                    return Ok(Some((total, payload)));
                }
                Opcode::Close => return Err(ProtoError::Upgrade),
                // Who reads no answers gets no more of them (RFC 6455, section 5.5.3, wants one to the
                // last ping).
                Opcode::Ping if self.output().len() > MAX_UNREAD => {}
                Opcode::Ping => {
                    let start = self.output.len();
                    websocket::put_header(
                        Opcode::Pong,
                        !from_client,
                        payload.len(),
                        &mut self.output,
                    );
                    self.output.extend_from_slice(&payload);
                    self.framing.mask(start, &mut self.masks, &mut self.output)?;
                }
                Opcode::Pong => {}
            }
            self.input.consume(total);
        }
    }

    /// Size and body of a frame whose header takes `size` bytes, if it is there whole.
    fn whole(
        &mut self,
        size: usize,
        len: u64,
        limit: u64,
    ) -> core::result::Result<Option<(usize, Vec<u8>)>, ProtoError> {
        if len > limit {
            return Err(ProtoError::TooBig);
        }
        let len = usize::try_from(len).map_err(|_| ProtoError::TooBig)?;
        let total = size.saturating_add(len);
        self.wanted = total;
        Ok(self.input.data().get(size..total).map(|body| (total, body.to_vec())))
    }
}

/// Writes the commands that the mechanism has for the peer now.
fn put_commands(
    mechanism: &mut dyn Mechanism,
    framing: Framing,
    masks: &mut Masks,
    output: &mut Vec<u8>,
) -> core::result::Result<(), ProtoError> {
    let mut body = Zeroizing::new(Vec::new());
    while mechanism.next_command(&mut body)? {
        let start = output.len();
        framing.put_header(COMMAND, body.len(), output);
        output.extend_from_slice(&body);
        body.zeroize();
        framing.mask(start, masks, output)?;
    }
    Ok(())
}
