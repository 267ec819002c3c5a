//! Why a peer was refused, and how the monitor and the caller hear of it.

use super::zap::ZapError;
use crate::consts::{
    ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL,
    ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR,
    ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH, ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND,
};
use crate::error::Errno;

/// A monitor event: its `ZMQ_EVENT_*` number and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// `ZMQ_EVENT_HANDSHAKE_FAILED_*`.
    pub event: i32,
    /// `ZMQ_PROTOCOL_ERROR_*`, a ZAP status code or an errno, as the event wants it.
    pub value: i32,
}

/// What ends a connection. The connection closes on every one of them and is not dialled again,
/// as with libzmq's protocol errors; [`ProtoError::OutOfMemory`] alone says nothing about the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtoError {
    /// A frame that its version of ZMTP does not allow.
    Frame,
    /// A frame larger than `ZMQ_MAXMSGSIZE`, or than a handshake may send.
    TooBig,
    /// No memory for what arrived.
    OutOfMemory,
    /// The peer's security mechanism is not the configured one.
    MechanismMismatch,
    /// A handshake command out of turn, or an unknown one.
    UnexpectedCommand,
    /// The peer's ERROR command does not parse.
    MalformedError,
    /// A command of the message phase does not parse.
    MalformedCommand,
    /// The peer's metadata does not parse.
    Metadata,
    /// The peer's socket type does not go with ours.
    SocketType,
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
            Self::SocketType => Errno::EINVAL,
            Self::NoAuthenticator | Self::MessageShape => Errno::EFAULT,
            _ => Errno::EPROTO,
        }
    }

    /// The monitor event, for those failures that have one. libzmq reports the others by
    /// `ZMQ_EVENT_DISCONNECTED` alone.
    pub fn event(self) -> Option<Event> {
        let protocol = |value| Some(Event { event: ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, value });
        match self {
            Self::MechanismMismatch => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH),
            Self::UnexpectedCommand => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND),
            Self::MalformedError => protocol(ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR),
            Self::Refused(Some(code)) => Some(auth_event(code)),
            Self::Zap(error) => protocol(error.value()),
            Self::NoAuthenticator => {
                Some(Event { event: ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, value: Errno::EFAULT.0 })
            }
            _ => None,
        }
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
