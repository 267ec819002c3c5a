//! The frame sequences that some socket types insist on, below the pattern: what a peer sends out of
//! shape ends its connection and never reaches the socket.

use super::error::ProtoError;
use crate::msg::Msg;
use crate::options::SocketType;

/// The longest group name.
const MAX_GROUP: usize = 255;

/// What the next frame may be.
pub enum Shape {
    /// Anything.
    Free,
    /// REQ: an optional request id of four bytes, an empty delimiter, then the reply.
    Req(Req),
    /// DISH: a group's name, then one frame for its members.
    Dish(Option<Msg>),
}

/// Where a REQ's connection is within a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Req {
    /// Before the first frame.
    Start,
    /// A request id came.
    RequestId,
    /// The delimiter came.
    Body,
}

impl Shape {
    /// The shape of what a socket of this type receives.
    pub fn new(socket_type: SocketType) -> Self {
        match socket_type {
            SocketType::Req => Self::Req(Req::Start),
            SocketType::Dish => Self::Dish(None),
            _ => Self::Free,
        }
    }

    /// Whether a frame is passed on; if not, it was kept as part of the next.
    pub fn apply(&mut self, msg: &mut Msg) -> Result<bool, ProtoError> {
        match self {
            Self::Free => Ok(true),
            Self::Req(state) => {
                *state = state.after(msg.more(), msg.len()).ok_or(ProtoError::MessageShape)?;
                Ok(true)
            }
            Self::Dish(group) => take_group(group, msg),
        }
    }
}

impl Req {
    /// The state after a frame, unless it may not come now. Whether `ZMQ_REQ_CORRELATE` is on does not
    /// matter here, as in libzmq.
    fn after(self, more: bool, len: usize) -> Option<Self> {
        match (self, more, len) {
            (Self::Start, true, 4) => Some(Self::RequestId),
            (Self::Start | Self::RequestId, true, 0) => Some(Self::Body),
            (Self::Body, true, _) => Some(Self::Body),
            (Self::Body, false, _) => Some(Self::Start),
            _ => None,
        }
    }
}

fn take_group(group: &mut Option<Msg>, msg: &mut Msg) -> Result<bool, ProtoError> {
    match group.take() {
        None if msg.more() && msg.len() <= MAX_GROUP => {
            *group = Some(msg.take());
            Ok(false)
        }
        Some(name) if !msg.more() => {
            msg.set_group(name.data()).map_err(|_| ProtoError::MessageShape)?;
            Ok(true)
        }
        _ => Err(ProtoError::MessageShape),
    }
}
