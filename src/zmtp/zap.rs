//! The authentication protocol ZAP (RFC 27), as its client speaks it: what a request's frames are,
//! and what a reply's mean.

use super::error::ProtoError;
use super::mechanism::{AuthReply, AuthRequest};
use super::metadata::Properties;
use crate::consts::{
    ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID, ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION,
    ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA, ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE,
    ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY, ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED,
};
use crate::error::Result;
use crate::msg::Msg;
use crate::options::SocketType;
use core::fmt;

const VERSION: &[u8] = b"1.0";

/// A connection asks once, so that its requests need not be told apart.
const REQUEST_ID: &[u8] = b"1";

/// Frames of a reply: delimiter, version, request id, status code, status text, user id, metadata.
const REPLY_FRAMES: usize = 7;

/// The property that the user id becomes.
const USER_ID: &str = "User-Id";

/// How a reply broke the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZapError {
    /// It has too few or too many frames.
    MalformedReply,
    /// Its first frame is not the empty delimiter.
    Delimiter,
    /// Not version 1.0.
    Version,
    /// It answers another request.
    RequestId,
    /// A status code other than 200, 300, 400 and 500.
    StatusCode,
    /// Metadata that does not parse, or names a socket type that does not go with ours.
    Metadata,
}

impl ZapError {
    /// The number that the monitor tells.
    pub fn value(self) -> i32 {
        match self {
            Self::MalformedReply => ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY,
            Self::Delimiter => ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED,
            Self::Version => ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION,
            Self::RequestId => ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID,
            Self::StatusCode => ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE,
            Self::Metadata => ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA,
        }
    }
}

/// What is wrong with the reply, in words for the log.
impl fmt::Display for ZapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MalformedReply => "has too few or too many frames",
            Self::Delimiter => "does not begin with an empty frame",
            Self::Version => "is not of version 1.0",
            Self::RequestId => "is to another request",
            Self::StatusCode => "has no status code that there is",
            Self::Metadata => "has malformed metadata",
        })
    }
}

/// A request's frames. `address`: the peer's; `routing_id`: our socket's. `ENOMEM`.
pub fn request(
    request: &AuthRequest,
    domain: &[u8],
    address: &[u8],
    routing_id: &[u8],
) -> Result<Vec<Msg>> {
    let mechanism = request.mechanism.as_bytes();
    let head = [b"", VERSION, REQUEST_ID, domain, address, routing_id, mechanism];
    let credentials = request.credentials.iter().map(|frame| frame.as_slice());
    let mut frames =
        head.into_iter().chain(credentials).map(Msg::from_slice).collect::<Result<Vec<Msg>>>()?;
    let last = frames.len().saturating_sub(1);
    for frame in frames.iter_mut().take(last) {
        frame.set_more(true);
    }
    Ok(frames)
}

/// Reads a reply frame by frame.
pub struct Reply {
    socket_type: SocketType,
    frames: Vec<Msg>,
}

impl Reply {
    /// A reply to a socket of this type.
    pub fn new(socket_type: SocketType) -> Self {
        Self { socket_type, frames: Vec::new() }
    }

    /// Takes the next frame; gives the answer with the last one.
    pub fn take(&mut self, frame: Msg) -> core::result::Result<Option<AuthReply>, ProtoError> {
        let more = frame.more();
        self.frames.push(frame);
        if more != (self.frames.len() < REPLY_FRAMES) {
            return Err(ProtoError::Zap(ZapError::MalformedReply));
        }
        if more {
            return Ok(None);
        }
        self.answer().map(Some).map_err(ProtoError::Zap)
    }

    /// The status text of a reply that is there whole.
    pub fn text(&self) -> &[u8] {
        match self.frames.as_slice() {
            [_, _, _, _, text, ..] => text.data(),
            _ => &[],
        }
    }

    fn answer(&self) -> core::result::Result<AuthReply, ZapError> {
        let [delimiter, version, request_id, code, _text, user_id, properties] =
            self.frames.as_slice()
        else {
            return Err(ZapError::MalformedReply);
        };
        if !delimiter.is_empty() {
            return Err(ZapError::Delimiter);
        }
        if version.data() != VERSION {
            return Err(ZapError::Version);
        }
        if request_id.data() != REQUEST_ID {
            return Err(ZapError::RequestId);
        }
        let status = match code.data() {
            b"200" => 200,
            b"300" => 300,
            b"400" => 400,
            b"500" => 500,
            _ => return Err(ZapError::StatusCode),
        };
        // Read as a peer's metadata is.
        let properties = Properties::parse(properties.data(), self.socket_type)
            .map_err(|_| ZapError::Metadata)?;
        Ok(AuthReply::Answered { status, user_id: user_id.data().to_vec(), properties })
    }
}

/// What the authenticator says of a peer that it lets in.
#[derive(Default)]
pub struct Granted {
    user_id: Option<Vec<u8>>,
    properties: Properties,
}

impl Granted {
    /// What a reply says.
    pub fn new(user_id: Vec<u8>, properties: Properties) -> Self {
        Self { user_id: Some(user_id), properties }
    }

    /// Adds it to the peer's own metadata: the authenticator's word goes before the peer's, and the
    /// user id before a property of its name.
    pub fn apply(self, theirs: &mut Properties) {
        theirs.all.extend(self.properties.all);
        if let Some(user_id) = self.user_id {
            theirs.all.insert(USER_ID.to_owned(), user_id);
        }
        if !self.properties.routing_id.is_empty() {
            theirs.routing_id = self.properties.routing_id;
        }
    }
}
