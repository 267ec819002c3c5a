//! What kinds of messages travel through pipes.

/// What a message is to the library. Anything but [`Class::Data`] travels through pipes and never
/// reaches an application as it is.
#[repr(u8)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Class {
    /// Application data.
    #[default]
    Data = 0,
    /// The peer's routing id, the first thing a ROUTER reads from a pipe.
    RoutingId,
    /// A subscription; the payload is the topic.
    Subscribe,
    /// The end of a subscription; the payload is the topic.
    Cancel,
    /// A DISH joins the message's group.
    Join,
    /// A DISH leaves the message's group.
    Leave,
    /// A ZMTP command; the payload is its body.
    Command,
    /// The end of a pipe.
    Delimiter,
    /// From here on the pipe's messages come from a new connection.
    HiccupMark,
    /// Properties of the connection, no payload.
    Metadata,
    /// The next messages are in a broadcast.
    Broadcast,
    /// The end of a broadcast.
    BroadcastEnd,
}

impl Class {
    pub(super) const LAST: u8 = Class::BroadcastEnd as u8;

    pub(super) fn from_byte(byte: u8) -> Class {
        match byte {
            1 => Class::RoutingId,
            2 => Class::Subscribe,
            3 => Class::Cancel,
            4 => Class::Join,
            5 => Class::Leave,
            6 => Class::Command,
            7 => Class::Delimiter,
            8 => Class::HiccupMark,
            9 => Class::Metadata,
            10 => Class::Broadcast,
            11 => Class::BroadcastEnd,
            _ => Class::Data,
        }
    }
}
