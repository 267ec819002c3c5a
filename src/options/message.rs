//! What can be asked of a message: the ints of `zmq_msg_get`, the properties of `zmq_msg_gets`.
//! Nothing can be set.

use super::table::Status;
use crate::consts::*;

/// What `zmq_msg_get` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageOption {
    /// Whether more parts follow.
    More,
    /// The descriptor of the connection.
    SrcFd,
    /// Whether the memory is shared.
    Shared,
}

/// One of them.
#[cfg_attr(not(test), allow(dead_code, reason = "names and descriptions are for docs/options.md"))]
pub struct MessageOptionSpec {
    /// Its name in C.
    pub name: &'static str,
    /// Its number.
    pub number: i32,
    /// What it is, in one sentence without a full stop.
    pub summary: &'static str,
    /// Its standing in the interface.
    pub status: Status,
    /// Which one it is.
    pub option: MessageOption,
}

/// Every int that can be asked for.
pub static MESSAGE_OPTIONS: &[MessageOptionSpec] = &[
    MessageOptionSpec {
        name: "ZMQ_MORE",
        number: ZMQ_MORE,
        summary: "Whether more parts follow: 0 or 1",
        status: Status::Stable,
        option: MessageOption::More,
    },
    MessageOptionSpec {
        name: "ZMQ_SRCFD",
        number: ZMQ_SRCFD,
        summary: "Descriptor of the connection the message came over; `EINVAL` if there is none",
        status: Status::Deprecated,
        option: MessageOption::SrcFd,
    },
    MessageOptionSpec {
        name: "ZMQ_SHARED",
        number: ZMQ_SHARED,
        summary: "Whether a copy may refer to the same memory: 0 or 1",
        status: Status::Stable,
        option: MessageOption::Shared,
    },
];

impl MessageOption {
    /// The one with this number.
    pub fn find(number: i32) -> Option<MessageOption> {
        MESSAGE_OPTIONS.iter().find(|spec| spec.number == number).map(|spec| spec.option)
    }
}

/// One property of the connection that a message came over.
#[cfg(test)]
pub struct PropertySpec {
    /// Its name.
    pub name: &'static str,
    /// What it is, in one sentence without a full stop.
    pub summary: &'static str,
}

/// Every property that messages have by themselves. Peers may announce others.
#[cfg(test)]
pub static PROPERTIES: &[PropertySpec] = &[
    PropertySpec {
        name: ZMQ_MSG_PROPERTY_SOCKET_TYPE,
        summary: "The peer's socket type, such as `DEALER`",
    },
    PropertySpec {
        name: ZMQ_MSG_PROPERTY_ROUTING_ID,
        summary: "The peer's routing id; only of types that announce it",
    },
    PropertySpec { name: "Identity", summary: "The same, under its name on the wire" },
    PropertySpec {
        name: ZMQ_MSG_PROPERTY_USER_ID,
        summary: "Who the peer is, as the ZAP handler said",
    },
    PropertySpec {
        name: ZMQ_MSG_PROPERTY_PEER_ADDRESS,
        summary: "The peer's address without the port; none over inproc",
    },
];
