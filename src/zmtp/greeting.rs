//! The greeting, written bit by bit so that every version of ZMTP recognises its own.
//!
//! First goes a signature of ten bytes, which a ZMTP 1.0 peer takes for the header of a long frame
//! that carries our routing id. What follows depends on what has come from the peer: nothing (1.0),
//! our socket type (2.0), or version, mechanism and filler (3.x). RFC 37, "backwards
//! interoperability"; RFC 15.

use super::Config;
use crate::options::{Mechanism as MechanismKind, SocketType};

/// Bytes of the signature.
pub const SIGNATURE: usize = 10;
/// Bytes of a whole greeting before ZMTP 3.0.
const OLD_GREETING: usize = 12;
/// Bytes of a whole ZMTP 3.x greeting.
const GREETING: usize = 64;
/// Where the mechanism's name is in it.
pub const MECHANISM_AT: usize = 12;
/// Bytes of that name, with the zeros behind it.
pub const MECHANISM_LEN: usize = 20;

/// What the peer turned out to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// ZMTP 1.0 without a greeting: what came is its first frame.
    Unversioned,
    /// ZMTP 1.0 framing behind a greeting.
    V1,
    /// ZMTP 2.0; the byte is the peer's socket type.
    V2(u8),
    /// ZMTP 3.x with this minor version, 0 or 1, and the peer's mechanism.
    V3 {
        /// 0, or 1 for all that is newer.
        minor: u8,
        /// The mechanism's name, padded with zeros.
        mechanism: [u8; MECHANISM_LEN],
    },
}

/// Our greeting's progress.
pub struct Greeting {
    routing_id_len: usize,
    socket_type: SocketType,
    mechanism: MechanismKind,
    as_server: bool,
    sent: Sent,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Nothing,
    Signature,
    Major,
    All,
}

impl Greeting {
    /// A greeting of which nothing is written yet.
    pub fn new(config: &Config) -> Self {
        Self {
            routing_id_len: config.routing_id.len(),
            socket_type: config.socket_type,
            mechanism: config.mechanism,
            as_server: config.as_server,
            sent: Sent::Nothing,
        }
    }

    /// Appends to `out` what may be sent after `received` has come from the peer, and tells the
    /// dialect with the number of bytes that belong to the greeting, once that is known.
    pub fn advance(&mut self, received: &[u8], out: &mut Vec<u8>) -> Option<(Dialect, usize)> {
        if self.sent == Sent::Nothing {
            self.put_signature(out);
        }
        if *received.first()? != 0xFF {
            return Some((Dialect::Unversioned, 0));
        }
        // Bit 0 of the tenth byte, where a long 1.0 frame has its flags, tells a signature from a
        // routing id frame.
        if received.get(SIGNATURE - 1)? & 1 == 0 {
            return Some((Dialect::Unversioned, 0));
        }
        if self.sent == Sent::Signature {
            out.push(3);
            self.sent = Sent::Major;
        }
        let major = *received.get(SIGNATURE)?;
        if self.sent == Sent::Major {
            self.put_rest(major, out);
            self.sent = Sent::All;
        }
        let minor = *received.get(SIGNATURE + 1)?;
        match major {
            0 => return Some((Dialect::V1, OLD_GREETING)),
            1 => return Some((Dialect::V2(minor), OLD_GREETING)),
            _ => {}
        }
        let mechanism =
            received.get(..GREETING)?.get(MECHANISM_AT..)?.first_chunk::<MECHANISM_LEN>()?;
        let minor = if major == 3 { minor.min(1) } else { 1 };
        Some((Dialect::V3 { minor, mechanism: *mechanism }, GREETING))
    }

    fn put_signature(&mut self, out: &mut Vec<u8>) {
        out.push(0xFF);
        out.extend_from_slice(&(self.routing_id_len as u64).saturating_add(1).to_be_bytes());
        out.push(0x7F);
        self.sent = Sent::Signature;
    }

    fn put_rest(&self, major: u8, out: &mut Vec<u8>) {
        if major < 2 {
            out.push(self.socket_type as u8);
            return;
        }
        out.push(1);
        out.extend_from_slice(&mechanism_field(self.mechanism));
        // RFC 23: zero for NULL, which has no roles. libzmq always sends zero, and does not look.
        let as_server = self.as_server && self.mechanism != MechanismKind::Null;
        out.push(u8::from(as_server));
        out.extend_from_slice(&[0; 31]);
    }
}

/// A mechanism's name as the greeting has it: padded with zeros.
pub fn mechanism_field(mechanism: MechanismKind) -> [u8; MECHANISM_LEN] {
    *match mechanism {
        MechanismKind::Null => b"NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        MechanismKind::Plain => b"PLAIN\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        MechanismKind::Curve => b"CURVE\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        MechanismKind::Gssapi => b"GSSAPI\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    }
}
