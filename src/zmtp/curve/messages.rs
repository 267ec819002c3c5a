//! CURVE after the handshake: each frame of ZMTP's message phase travels in a MESSAGE command.

use super::{CLIENT_NONCE, MESSAGE, SERVER_NONCE};
use crate::crypto::{Direction, MAC, Secret};
use crate::error::{Errno, Result};
use crate::msg::Msg;
use crate::zmtp::error::{ProtoError, check_name};
use crate::zmtp::frame::{COMMAND, Framing, MORE};
use crate::zmtp::mechanism::{Open, Outcome, Seal, begin_frame};

/// Name and short nonce.
const HEAD: usize = 16;
/// All that MESSAGE has more than the frame's body: head, MAC, flags.
const OVERHEAD: usize = HEAD + MAC + 1;

/// The sealed flags (RFC 26), which are not a frame's.
const SEALED_MORE: u8 = 1;
const SEALED_COMMAND: u8 = 2;

/// Makes the connection's two directions. `next` is the first short nonce that we have not used,
/// `last` the peer's last one.
pub fn protect(outcome: &mut Outcome, key: Secret, as_server: bool, next: u64, last: u64) {
    let (ours, theirs) =
        if as_server { (SERVER_NONCE, CLIENT_NONCE) } else { (CLIENT_NONCE, SERVER_NONCE) };
    outcome.seal = Some(Box::new(CurveSeal { boxes: Direction::new(key.clone(), ours), next }));
    outcome.open = Some(Box::new(CurveOpen { boxes: Direction::new(key, theirs), last }));
}

struct CurveSeal {
    boxes: Direction,
    next: u64,
}

impl Seal for CurveSeal {
    fn sealed_len(&self, len: usize) -> usize {
        len.saturating_add(OVERHEAD)
    }

    fn seal(
        &mut self,
        framing: Framing,
        flags: u8,
        head: &[u8],
        body: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let number = self.next;
        // A nonce may not come twice, so the connection ends with the last one.
        self.next = number.checked_add(1).ok_or(Errno::EPROTO)?;
        let more = if flags & MORE != 0 { SEALED_MORE } else { 0 };
        let command = if flags & COMMAND != 0 { SEALED_COMMAND } else { 0 };
        begin_frame(framing, self.sealed_len(head.len().saturating_add(body.len())), out)?;
        out.extend_from_slice(MESSAGE);
        out.extend_from_slice(&number.to_be_bytes());
        self.boxes.seal_into(out, &[&[more | command], head, body], number);
        Ok(())
    }

    fn release_memory(&mut self) {
        self.boxes.release_memory();
    }
}

struct CurveOpen {
    boxes: Direction,
    last: u64,
}

impl Open for CurveOpen {
    fn open(&mut self, msg: &mut Msg) -> core::result::Result<u8, ProtoError> {
        let sealed = msg.data_mut()?;
        check_name(sealed)?;
        if !sealed.starts_with(MESSAGE) {
            return Err(ProtoError::UnexpectedCommand);
        }
        if sealed.len() < OVERHEAD {
            return Err(ProtoError::MalformedMessage);
        }
        let (_, rest) = sealed.split_at_mut(MESSAGE.len());
        let (short, boxed) =
            rest.split_first_chunk_mut::<8>().ok_or(ProtoError::MalformedMessage)?;
        let number = u64::from_be_bytes(*short);
        if number <= self.last {
            // Replayed, or out of order.
            return Err(ProtoError::Sequence);
        }
        self.last = number;
        if !self.boxes.open_in_place(boxed, number) {
            return Err(ProtoError::Cryptographic);
        }
        let flags = boxed.get(MAC).copied().unwrap_or(0);
        msg.skip(OVERHEAD);
        let more = if flags & SEALED_MORE != 0 { MORE } else { 0 };
        let command = if flags & SEALED_COMMAND != 0 { COMMAND } else { 0 };
        Ok(more | command)
    }

    fn release_memory(&mut self) {
        self.boxes.release_memory();
    }
}
