//! Why a handshake failed, in words for the log.
//!
//! Nothing is noted for that beforehand: what the peer said last is still in the input.

use core::fmt;

use super::super::greeting::{MECHANISM_AT, MECHANISM_LEN, mechanism_field};
use super::super::metadata;
use super::*;

/// How many bytes of a peer that speaks another protocol are worth showing.
const FIRST_BYTES: usize = 32;

/// A reason, with the peer's own words where they tell more.
pub struct Reason<'a> {
    error: ProtoError,
    mechanism: MechanismKind,
    /// Bytes as the peer chose them; may be empty.
    pub said: &'a [u8],
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error)?;
        if self.error == ProtoError::MechanismMismatch {
            let ours = mechanism_field(self.mechanism);
            let name = core::str::from_utf8(without_zeros(&ours)).unwrap_or_default();
            write!(f, ", {name}")?;
        }
        Ok(())
    }
}

impl Handshake {
    /// Why the handshake failed, after it did.
    pub fn reason(&self, error: ProtoError) -> Reason<'_> {
        let said = self.last_words(error).unwrap_or_default();
        Reason { error, mechanism: self.config.mechanism, said }
    }

    /// What the handshake waits for, to be put after what came instead.
    pub fn stage(&self) -> &'static str {
        let is_client = !self.config.as_server;
        match (&self.state, self.config.mechanism) {
            (State::Upgrade(_), _) => "where a WebSocket was to begin",
            (State::Greeting(_), _) => "before its greeting was complete",
            (State::Mechanism(_), MechanismKind::Curve) if is_client => {
                "in the CURVE handshake, as a server does whose key is not the configured one, or \
                 that refuses the client"
            }
            (State::Mechanism(_), MechanismKind::Plain) if is_client => {
                "in the PLAIN handshake, as a server does that has nobody to ask about passwords"
            }
            (State::Mechanism(_), MechanismKind::Gssapi) if is_client => {
                "in the GSSAPI handshake, as a server does that refuses the client"
            }
            _ => "before the handshake was complete",
        }
    }

    /// Those words of the peer that the error is about.
    fn last_words(&self, error: ProtoError) -> Option<&[u8]> {
        let input = self.input.data();
        match (&self.state, error) {
            (State::Greeting(_), ProtoError::MechanismMismatch) => {
                let theirs = input.get(MECHANISM_AT..)?.get(..MECHANISM_LEN)?;
                Some(without_zeros(theirs))
            }
            (State::Greeting(_) | State::Upgrade(_), _) => {
                Some(input.get(..FIRST_BYTES).unwrap_or(input))
            }
            (State::Mechanism(_), _) => {
                let header = self.framing.header(input).ok()??;
                let rest = input.get(header.size..)?;
                command_words(rest.get(..usize::try_from(header.len).ok()?)?, error)
            }
            _ => None,
        }
    }
}

/// What of a command's body the error is about: mostly its name.
fn command_words(body: &[u8], error: ProtoError) -> Option<&[u8]> {
    let (&len, rest) = body.split_first()?;
    let Some((name, mut rest)) = rest.split_at_checked(usize::from(len)) else { return Some(body) };
    match error {
        ProtoError::Refused(_) => rest.split_first().map(|(_, reason)| reason),
        ProtoError::SocketType(None) => loop {
            let (name, value, others) = metadata::split_property(rest)?;
            if name.eq_ignore_ascii_case(metadata::SOCKET_TYPE.as_bytes()) {
                return Some(value);
            }
            rest = others;
        },
        _ => Some(name),
    }
}

fn without_zeros(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last.saturating_add(1));
    bytes.get(..end).unwrap_or_default()
}
