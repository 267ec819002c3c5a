//! What a security mechanism is to the handshake, and what remains of it afterwards.
//!
//! During the handshake one [`Mechanism`] exchanges commands with the peer's. When it is ready it
//! splits: [`Seal`] goes to the encoder, [`Open`] to the decoder, which may be on different
//! threads from then on. A mechanism that does not protect messages (NULL, PLAIN) leaves neither,
//! and frames are written and read without an indirect call.

use std::collections::BTreeMap;

use super::error::{Event, ProtoError};
use super::frame::{Framing, MAX_HEADER};
use super::gssapi::{Work, Worked};
use super::metadata::Properties;
use super::zap::Granted;
use crate::error::{Errno, Result};
use crate::msg::Msg;
use crate::options::SocketType;

/// A mechanism's side of the handshake. Commands are the bodies of command frames, name included.
pub trait Mechanism: Send {
    /// Appends our next command to `out`, or says `false` when it is not our turn.
    fn next_command(&mut self, out: &mut Vec<u8>) -> core::result::Result<bool, ProtoError>;

    /// Takes the peer's next command.
    fn process_command(&mut self, body: &[u8]) -> core::result::Result<(), ProtoError>;

    /// How far the handshake is.
    fn status(&self) -> Status;

    /// Something that may take long and is to be done elsewhere, given out once. Until it comes back
    /// by [`Mechanism::worked`] the mechanism does not get past this point.
    fn take_work(&mut self) -> Option<Work> {
        None
    }

    /// What was given out is done.
    fn worked(&mut self, _worked: Worked) -> core::result::Result<(), ProtoError> {
        Err(ProtoError::OutOfTurn)
    }

    /// A request for the authenticator, given out once. Until it is answered by
    /// [`Mechanism::authenticated`] the mechanism does not get past this point.
    fn take_auth_request(&mut self) -> Option<AuthRequest> {
        None
    }

    /// The authenticator's answer. A refusal is no error yet (the peer has to be told first), but it
    /// gives the event for the monitor.
    fn authenticated(
        &mut self,
        reply: AuthReply,
    ) -> core::result::Result<Option<Event>, ProtoError>;

    /// What the connection keeps, once the status is [`Status::Ready`].
    fn finish(self: Box<Self>) -> Outcome;
}

/// How far a mechanism is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Commands or the authenticator's answer are outstanding.
    Handshaking,
    /// Both sides are done.
    Ready,
    /// Both sides know that it failed.
    Failed(ProtoError),
}

/// What a mechanism asks of the authenticator (RFC 27). The caller adds what the connection knows:
/// request id, domain, address, routing id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthRequest {
    /// `NULL`, `PLAIN`, `CURVE` or `GSSAPI`.
    pub mechanism: &'static str,
    /// The mechanism's credential frames.
    pub credentials: Vec<Vec<u8>>,
}

/// The authenticator's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthReply {
    /// Nobody is bound to the authenticator's address.
    Unavailable,
    /// A well-formed reply.
    Answered {
        /// 200, 300, 400 or 500.
        status: u16,
        /// Becomes the `User-Id` property.
        user_id: Vec<u8>,
        /// Further properties. An Identity among them is the routing id that the peer gets.
        properties: Properties,
    },
}

/// What a mechanism leaves to the connection.
#[derive(Default)]
pub struct Outcome {
    /// The peer's metadata, with what the authenticator added.
    pub properties: BTreeMap<String, Vec<u8>>,
    /// The routing id the peer announced.
    pub routing_id: Vec<u8>,
    /// The socket type the peer announced.
    pub socket_type: Option<SocketType>,
    /// Protects what is sent.
    pub seal: Option<Box<dyn Seal>>,
    /// Opens what is received.
    pub open: Option<Box<dyn Open>>,
}

impl Outcome {
    /// What the peer's metadata and the authenticator say of it.
    pub fn new(mut theirs: Properties, granted: Granted) -> Self {
        granted.apply(&mut theirs);
        Self {
            properties: theirs.all,
            routing_id: theirs.routing_id,
            socket_type: theirs.socket_type,
            seal: None,
            open: None,
        }
    }
}

/// A mechanism's sending state after the handshake.
pub trait Seal: Send {
    /// About how many bytes a frame body of `len` bytes takes when sealed, to make room for it.
    fn sealed_len(&self, len: usize) -> usize;

    /// Appends a frame that holds the sealed form of the one whose body is `head` followed by `body`.
    /// `flags` are [`frame::MORE`](super::frame::MORE) and [`frame::COMMAND`](super::frame::COMMAND);
    /// the outer frame carries none. Errors, after which `out` may hold a part of it: `ENOMEM`, and
    /// others that end the connection.
    fn seal(
        &mut self,
        framing: Framing,
        flags: u8,
        head: &[u8],
        body: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<()>;

    /// Nothing is to be sealed for now: memory that will not be wanted at once may go.
    fn release_memory(&mut self) {}
}

/// A mechanism's receiving state after the handshake.
pub trait Open: Send {
    /// Opens a frame body where it is, and gives the flags that were sealed with it.
    fn open(&mut self, msg: &mut Msg) -> core::result::Result<u8, ProtoError>;

    /// Nothing is to be opened for now: memory that will not be wanted at once may go.
    fn release_memory(&mut self) {}
}

/// Appends the header of a sealed frame with a body of `len` bytes, and makes room for these.
/// `ENOMEM`.
pub fn begin_frame(framing: Framing, len: usize, out: &mut Vec<u8>) -> Result<()> {
    out.try_reserve(len.saturating_add(MAX_HEADER)).map_err(|_| Errno::ENOMEM)?;
    framing.put_header(0, len, out);
    Ok(())
}
