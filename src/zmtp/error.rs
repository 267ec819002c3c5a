//! Why a peer was refused, and how the monitor and the caller hear of it.

use core::fmt;

use super::zap::ZapError;
use crate::consts::*;
use crate::error::Errno;
use crate::options::SocketType;

/// A monitor event: its `ZMQ_EVENT_*` number and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// `ZMQ_EVENT_HANDSHAKE_FAILED_*`.
    pub event: i32,
    /// `ZMQ_PROTOCOL_ERROR_*`, a ZAP status code or an errno, as the event wants it.
    pub value: i32,
}

/// What ends a connection. The connection closes on every one of them and is not dialled again,
/// as with libzmq's protocol errors. [`ProtoError::OutOfMemory`] and [`ProtoError::Credentials`] say
/// nothing about the peer, and after the latter it is dialled again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtoError {
    /// A frame that its version of ZMTP does not allow.
    Frame,
    /// A frame larger than `ZMQ_MAXMSGSIZE`, or than a handshake may send.
    TooBig,
    /// No memory for what arrived.
    OutOfMemory,
    /// The request for a WebSocket, or its answer, is none, or asks for something else.
    Upgrade,
    /// The peer's security mechanism is not the configured one.
    MechanismMismatch,
    /// A handshake command out of turn, or an unknown one.
    UnexpectedCommand,
    /// The peer's ERROR command does not parse.
    MalformedError,
    /// A command of the message phase does not parse.
    MalformedCommand,
    /// A handshake command does not begin with a whole name.
    MalformedName,
    /// A HELLO command does not parse.
    MalformedHello,
    /// A WELCOME command does not parse.
    MalformedWelcome,
    /// An INITIATE command does not parse.
    MalformedInitiate,
    /// A READY command is too short for what it has to hold.
    MalformedReady,
    /// A MESSAGE command is too short for what it has to hold.
    MalformedMessage,
    /// A MESSAGE command does not follow the one before: it was replayed, dropped or moved.
    Sequence,
    /// Something encrypted is not what the right keys would have made.
    Cryptographic,
    /// The client's keys do not belong together.
    KeyExchange,
    /// We lack credentials, or what gives them out does not answer.
    Credentials(Errno),
    /// A command came while the authenticator was thinking, or after the last one.
    OutOfTurn,
    /// The peer's metadata does not parse.
    Metadata,
    /// A server's metadata does not parse, or its socket type does not go with ours.
    ServerMetadata,
    /// The peer's socket type does not go with ours; `None` for one that nobody knows.
    SocketType(Option<SocketType>),
    /// The peer sent ERROR. The code is 300, 400 or 500 if the reason was one of ZAP's.
    Refused(Option<u16>),
    /// Authentication refused the peer; the event was given when the reply came.
    NotAuthenticated,
    /// Authentication is required, but the peer speaks a ZMTP that has none.
    VersionWithoutSecurity,
    /// Authentication is enforced, but nobody serves it.
    NoAuthenticator,
    /// The authenticator's reply breaks its protocol.
    Zap(ZapError),
    /// A message whose frames the socket type does not allow (REQ, DISH).
    MessageShape,
}

impl ProtoError {
    /// The errno that describes the failure.
    pub fn errno(self) -> Errno {
        match self {
            Self::TooBig => Errno::EMSGSIZE,
            Self::OutOfMemory => Errno::ENOMEM,
            Self::Credentials(errno) => errno,
            Self::SocketType(_) => Errno::EINVAL,
            Self::NoAuthenticator | Self::MessageShape => Errno::EFAULT,
            _ => Errno::EPROTO,
        }
    }

    /// The monitor event for a handshake that failed so. libzmq has none for some of them; where it
    /// gives one, it is the same. `None` if the event was given before.
    pub fn handshake_event(self) -> Option<Event> {
        let protocol = |value| Some(Event { event: ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, value });
        self.event().or_else(|| match self {
            Self::NotAuthenticated => None,
            Self::Metadata | Self::SocketType(_) => {
                protocol(ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA)
            }
            Self::VersionWithoutSecurity => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH),
            Self::OutOfMemory => {
                Some(Event { event: ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, value: Errno::ENOMEM.0 })
            }
            _ => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED),
        })
    }

    /// The monitor event, for those failures that have one at any time. libzmq reports the others
    /// by `ZMQ_EVENT_DISCONNECTED` alone.
    pub fn event(self) -> Option<Event> {
        let protocol = |value| Some(Event { event: ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, value });
        match self {
            Self::MechanismMismatch => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH),
            Self::UnexpectedCommand => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND),
            Self::MalformedError => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR),
            Self::Refused(Some(code)) => Some(auth_event(code)),
            Self::MalformedName => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED),
            Self::MalformedHello => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO),
            Self::MalformedWelcome => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME),
            Self::MalformedInitiate => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE),
            Self::MalformedReady => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY),
            Self::MalformedMessage => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE),
            Self::Sequence => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE),
            Self::Cryptographic => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC),
            Self::KeyExchange => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE),
            Self::OutOfTurn => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED),
            Self::ServerMetadata => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA),
            Self::Zap(error) => protocol(error.value()),
            Self::Upgrade => protocol(ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED),
            Self::Credentials(errno) => {
                Some(Event { event: ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, value: errno.0 })
            }
            Self::NoAuthenticator => {
                Some(Event { event: ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, value: Errno::EFAULT.0 })
            }
            _ => None,
        }
    }
}

/// What the peer did, in words for the log.
impl fmt::Display for ProtoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frame => "a frame that ZMTP does not allow",
            Self::TooBig => "a frame that is longer than allowed",
            Self::OutOfMemory => "no memory for what the peer sent",
            Self::Upgrade => "no WebSocket of ours",
            Self::MechanismMismatch => "the peer's security mechanism is not ours",
            Self::UnexpectedCommand => "a command out of turn",
            Self::MalformedError => "a malformed ERROR command",
            Self::MalformedCommand => "a malformed command",
            Self::MalformedName => "a command without a whole name",
            Self::MalformedHello => "a malformed HELLO command",
            Self::MalformedWelcome => "a malformed WELCOME command",
            Self::MalformedInitiate => "a malformed INITIATE command",
            Self::MalformedReady => "a malformed READY command",
            Self::MalformedMessage => "a malformed MESSAGE command",
            Self::Sequence => "a MESSAGE command that was replayed, or out of order",
            Self::Cryptographic => {
                "what the peer encrypted does not open: its keys and ours do not belong together"
            }
            Self::KeyExchange => "the client cannot prove that its keys are its own",
            Self::Credentials(Errno::EHOSTUNREACH) => "nobody who gives out credentials answers",
            Self::Credentials(_) => "no credentials",
            Self::OutOfTurn => "a command while none was expected",
            Self::Metadata => "malformed metadata",
            Self::ServerMetadata => "the server's metadata is malformed, or its socket type wrong",
            Self::SocketType(None) => "an unknown socket type",
            Self::SocketType(Some(theirs)) => {
                return write!(f, "a peer of type {}, which does not go with ours", theirs.name());
            }
            Self::Refused(_) => "the peer refuses us",
            Self::NotAuthenticated => "the peer was not authenticated",
            Self::VersionWithoutSecurity => {
                "the peer speaks no ZMTP 3, and so cannot be authenticated"
            }
            Self::NoAuthenticator => "no ZAP handler serves the domain",
            Self::Zap(error) => return write!(f, "the ZAP handler's reply {error}"),
            Self::MessageShape => "a message whose frames the socket type does not allow",
        })
    }
}

/// The command that tells a peer that it is refused.
pub const ERROR: &[u8] = b"\x05ERROR";

/// Appends an ERROR command, its name spelt like this, whose reason is a ZAP status code.
pub fn put_error(name: &[u8], status: u16, out: &mut Vec<u8>) {
    let reason = status.to_string();
    out.extend_from_slice(name);
    out.push(u8::try_from(reason.len()).unwrap_or(0));
    out.extend_from_slice(reason.as_bytes());
}

/// Reads what follows an ERROR command's name: one byte of length, then a text, which is a ZAP
/// status code if a library of this family sent it. Bytes after it are not looked at.
pub fn parse_error(data: &[u8]) -> Result<ProtoError, ProtoError> {
    let (&len, data) = data.split_first().ok_or(ProtoError::MalformedError)?;
    let reason = data.get(..usize::from(len)).ok_or(ProtoError::MalformedError)?;
    Ok(ProtoError::Refused(match reason {
        b"300" => Some(300),
        b"400" => Some(400),
        b"500" => Some(500),
        _ => None,
    }))
}

/// Refuses a command whose name is cut off.
pub fn check_name(body: &[u8]) -> Result<(), ProtoError> {
    match body {
        [len, name @ ..] if !name.is_empty() && name.len() >= usize::from(*len) => Ok(()),
        _ => Err(ProtoError::MalformedName),
    }
}

/// The event for a ZAP status code other than 200.
pub fn auth_event(code: u16) -> Event {
    Event { event: ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, value: i32::from(code) }
}

impl From<Errno> for ProtoError {
    /// The only calls of this layer that fail with an errno are those that allocate.
    fn from(_: Errno) -> Self {
        Self::OutOfMemory
    }
}

impl From<ProtoError> for Errno {
    fn from(error: ProtoError) -> Self {
        error.errno()
    }
}
