//! ZWS 2.0 (RFC 45): ZMTP's frames and commands in WebSocket messages (RFC 6455).
//!
//! | what | where |
//! |---|---|
//! | the request for a WebSocket, and its answer | `upgrade` |
//! | frame headers, masks | `frame` |
//!
//! Each frame of a message, and each command, is one binary WebSocket message whose first byte has the
//! flags. There is no greeting: the mechanism is chosen with the WebSocket's protocol.

mod frame;
mod upgrade;

use super::frame as zmtp;
pub use frame::{FrameHeader, MAX_HEADER, Masks, Opcode, header, mask, put_header, unmask};
pub use upgrade::{Dialect, Upgrade};

/// More frames of this message follow.
pub const MORE: u8 = 1;
/// The frame is a command.
pub const COMMAND: u8 = 2;

/// A frame's flags as ZMTP has them.
pub fn zmtp_flags(flags: u8) -> u8 {
    let more = if flags & MORE != 0 { zmtp::MORE } else { 0 };
    let command = if flags & COMMAND != 0 { zmtp::COMMAND } else { 0 };
    more | command
}

/// Which end of a WebSocket this is, and what its client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It connected.
    Client {
        /// What stands before the path in the endpoint: host and port.
        host: String,
        /// The path, with its slash.
        path: String,
    },
    /// It was connected to.
    Server,
}
