//! ZMTP, the wire protocol, without I/O: bytes in, bytes out.
//!
//! A connection starts as a [`Handshake`] and becomes an [`Encoder`] and a [`Decoder`], which share
//! nothing, so that two threads may drive them. Nothing here knows a file descriptor, a clock or a
//! lock; heartbeat times go in and out as numbers.
//!
//! Spoken: ZMTP 3.1 (RFC 37), and with older peers 3.0 (RFC 23), 2.0 (RFC 15) and 1.0 (RFC 13).
//! Where those leave a choice, the choice is libzmq's.
//!
//! | what | where |
//! |---|---|
//! | telling the version by the first bytes | `greeting` |
//! | greeting, mechanism, routing id, until the first message | `handshake` |
//! | what a mechanism is; NULL, PLAIN, CURVE, GSSAPI | `mechanism`, `null`, `plain`, `curve`, `gssapi` |
//! | requests to the authenticator and its replies (RFC 27) | `zap` |
//! | properties in READY | `metadata` |
//! | frame headers; commands of the message phase | `frame`, `command` |
//! | messages to bytes; bytes to messages | `encoder`, `decoder` |
//! | frame sequences that a socket type insists on | `shape` |
//! | the same in WebSockets (RFC 45) | `websocket` |
//! | RADIO and DISH without a connection | `datagram` |
//! | what ends a connection | `error` |
//!
//! Memory is bounded by what the peer really sends: no declared length allocates by itself, and
//! before the handshake is over no frame may exceed [`MAX_HANDSHAKE_FRAME`](handshake::MAX_HANDSHAKE_FRAME). Input never panics;
//! the lints below see to it.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

pub mod command;
pub mod curve;
pub mod datagram;
mod decoder;
mod encoder;
mod error;
pub mod frame;
mod greeting;
pub mod gssapi;
mod handshake;
pub mod mechanism;
mod metadata;
pub mod multicast;
mod null;
mod plain;
mod shape;
#[cfg(test)]
mod tests;
pub mod websocket;
pub mod zap;

pub use decoder::{Decoder, Item};
pub use encoder::Encoder;
pub use error::ProtoError;
pub use handshake::{Established, Handshake, Peer, Progress};
pub use mechanism::{AuthReply, AuthRequest};

use zeroize::Zeroizing;

use self::curve::CurveKeys;
use self::gssapi::GssapiConfig;
use crate::options::{Mechanism as MechanismKind, Options, SocketType};

/// What of a socket's options the protocol depends on.
#[derive(Clone, Debug)]
pub struct Config {
    /// Our socket type.
    pub socket_type: SocketType,
    /// Our routing id, at most 255 bytes; empty for none.
    pub routing_id: Vec<u8>,
    /// The security mechanism that the peer must have, too.
    pub mechanism: MechanismKind,
    /// Our role in the mechanism.
    pub as_server: bool,
    /// The user's name and password for PLAIN, at most 255 bytes each.
    pub plain_user: (Vec<u8>, Zeroizing<Vec<u8>>),
    /// The keys for CURVE.
    pub curve: CurveKeys,
    /// The principals for GSSAPI.
    pub gssapi: GssapiConfig,
    /// The application's properties (`ZMQ_METADATA`): name, value.
    pub metadata: Vec<(Vec<u8>, Vec<u8>)>,
    /// The largest frame body accepted; `None` for no limit.
    pub max_msg_size: Option<u64>,
    /// Not empty: the peer is put to the authenticator.
    pub zap_domain: Vec<u8>,
    /// No authenticator means no connection.
    pub zap_enforce_domain: bool,
    /// Received messages may refer to the receive buffer.
    pub zero_copy: bool,
    /// The most bytes to ask the network for at once; `None` leaves it to the decoder.
    pub receive_limit: Option<usize>,
    /// The most that one message of a raw connection carries.
    pub raw_chunk: usize,
}

impl From<&Options> for Config {
    fn from(options: &Options) -> Self {
        Self {
            socket_type: options.socket_type,
            routing_id: options.routing_id.clone(),
            mechanism: options.mechanism,
            as_server: options.as_server,
            plain_user: (options.plain_username.clone(), options.plain_password.clone()),
            curve: CurveKeys::from(options),
            gssapi: GssapiConfig::from(options),
            metadata: options.metadata.iter().map(|(n, v)| (n.clone(), v.clone())).collect(),
            max_msg_size: u64::try_from(options.maxmsgsize).ok(),
            zap_domain: options.zap_domain.clone(),
            zap_enforce_domain: options.zap_enforce_domain,
            zero_copy: options.zero_copy,
            receive_limit: options.receive_limit(),
            raw_chunk: usize::try_from(options.in_batch_size).unwrap_or(0).max(1),
        }
    }
}
