//! Messages to bytes.
//!
//! Frames are copied, header and payload, into one buffer, so that a batch of small messages goes out
//! with one write. A payload from [`LARGE`] bytes up is not copied: the message itself is kept, and
//! its place in the stream is a position in the buffer.

use std::collections::VecDeque;
use std::io::IoSlice;

use smallvec::{Array, SmallVec};

use super::Config;
use super::command::{self, CANCEL, JOIN, LEAVE, SUBSCRIBE};
use super::frame::{COMMAND, Framing, MAX_HEADER, MORE};
use super::mechanism::Seal;
use super::websocket::{self, Masks};
use crate::error::{Errno, Result};
use crate::msg::{Class, Msg, packed};
use crate::options::SocketType;

/// From this size on a payload is referred to, not copied: a `writev` element costs about as much
/// as copying so much.
const LARGE: usize = 8 * 1024;

/// Sent bytes at the front of the buffer that are worth moving the rest for.
const COMPACT: usize = 64 * 1024;

/// Room that the buffer starts with.
const FIRST: usize = 512;

/// A connection's sending half. What each frame needs comes first.
#[repr(C)]
pub struct Encoder {
    buffer: Vec<u8>,
    /// Bytes of the buffer that were sent.
    sent: usize,
    pending: usize,
    framing: Framing,
    version: (u8, u8),
    groups: bool,
    /// Data frames are written as they are: no groups, no sealing, no WebSocket.
    plain: bool,
    /// Payloads between the bytes of the buffer, in order.
    large: VecDeque<Large>,
    /// Bytes of the first of them that were sent.
    large_sent: usize,
    seal: Option<Box<dyn Seal>>,
    masks: Masks,
}

struct Large {
    /// Where in the buffer the payload belongs: behind this many of its bytes.
    at: usize,
    msg: Msg,
}

impl Encoder {
    /// An encoder whose stream starts with `unsent`.
    pub(super) fn new(
        config: &Config,
        framing: Framing,
        version: (u8, u8),
        seal: Option<Box<dyn Seal>>,
        unsent: Vec<u8>,
    ) -> Self {
        let groups = config.socket_type == SocketType::Radio && framing != Framing::Raw;
        let websocket = matches!(framing, Framing::WebSocket { .. });
        Self {
            framing,
            version,
            groups,
            plain: !groups && !websocket && seal.is_none(),
            masks: Masks::default(),
            seal,
            pending: unsent.len(),
            buffer: unsent,
            sent: 0,
            large: VecDeque::new(),
            large_sent: 0,
        }
    }

    /// Adds a frame to the stream: data, a subscription (a command or a message, as the peer's
    /// version wants it), a command. Classes that are no wire matter, and commands that the
    /// peer's version does not have, are dropped. `msg` is left empty.
    ///
    /// `ENOMEM`; a message may then lack frames, so the connection has to end.
    #[inline]
    pub fn push(&mut self, msg: &mut Msg) -> Result<()> {
        if msg.is_single() && self.push_plain(msg.data()) {
            // Not moved out: moving a message that was just written is slow.
            *msg = Msg::new();
            return Ok(());
        }
        self.push_other(msg.take())
    }

    /// Adds a whole message of data, if it is one to be copied as it is; if not, it is for
    /// [`Encoder::push`]. Whether it was added.
    #[inline(always)]
    pub fn push_plain(&mut self, data: &[u8]) -> bool {
        let len = data.len();
        if !self.plain || len >= LARGE || self.reserve(len.saturating_add(MAX_HEADER)).is_err() {
            return false;
        }
        let before = self.buffer.len();
        self.framing.put_header(0, len, &mut self.buffer);
        self.buffer.extend_from_slice(data);
        self.pending = self.pending.saturating_add(self.buffer.len().saturating_sub(before));
        true
    }

    /// Adds a frame of data without a group. `more`: others of its message follow. `ENOMEM`, as for
    /// [`Encoder::push`].
    #[inline]
    pub fn push_bare(&mut self, data: &[u8], more: bool) -> Result<()> {
        if !more && self.push_plain(data) {
            return Ok(());
        }
        if self.groups {
            self.copied_frame(MORE, &[], &[])?;
        }
        self.copied_frame(if more { MORE } else { 0 }, &[], data)
    }

    /// Adds whole messages of data, without groups, in the form of [`crate::msg::packed`]. `ENOMEM`, as for
    /// [`Encoder::push`].
    pub fn push_packed(&mut self, mut messages: &[u8]) -> Result<()> {
        if self.plain && self.framing == Framing::V2 {
            self.reserve(messages.len())?;
            self.buffer.extend_from_slice(messages);
            self.pending = self.pending.saturating_add(messages.len());
            return Ok(());
        }
        while let Some(payload) = packed::next(&mut messages) {
            self.push_bare(payload, false)?;
        }
        Ok(())
    }

    /// Bytes that wait to be sent.
    #[inline]
    pub fn pending_bytes(&self) -> usize {
        self.pending
    }

    /// Whether nothing waits to be sent.
    pub fn is_empty(&self) -> bool {
        self.pending == 0
    }

    /// Appends the start of what waits, up to as many elements as `out` holds inline. Not everything
    /// need be in it: ask again after [`Encoder::consume`].
    pub fn slices<'a, A>(&'a self, out: &mut SmallVec<A>)
    where
        A: Array<Item = IoSlice<'a>>,
    {
        let mut add = |bytes: &'a [u8]| {
            let room = out.len() < out.inline_size();
            if room && !bytes.is_empty() {
                out.push(IoSlice::new(bytes));
            }
            room
        };
        let mut from = self.sent;
        let mut skip = self.large_sent;
        for large in &self.large {
            let bytes = self.buffer.get(from..large.at).unwrap_or_default();
            if !add(bytes) || !add(large.msg.data().get(skip..).unwrap_or_default()) {
                return;
            }
            from = large.at;
            skip = 0;
        }
        add(self.buffer.get(from..).unwrap_or_default());
    }

    /// Says that the next `n` bytes were sent.
    pub fn consume(&mut self, n: usize) {
        self.pending = self.pending.saturating_sub(n);
        let mut left = n;
        while let Some(front) = self.large.front() {
            let bytes = front.at.saturating_sub(self.sent).min(left);
            self.sent = self.sent.saturating_add(bytes);
            left = left.saturating_sub(bytes);
            if self.sent < front.at {
                return;
            }
            let payload = front.msg.len().saturating_sub(self.large_sent);
            if left < payload {
                self.large_sent = self.large_sent.saturating_add(left);
                return;
            }
            left = left.saturating_sub(payload);
            self.large_sent = 0;
            self.large.pop_front();
        }
        self.sent = self.sent.saturating_add(left);
        if self.sent >= self.buffer.len() {
            self.buffer.clear();
            self.sent = 0;
        }
    }

    /// Has the encoder use the buffer that `take` has to offer, if it has none of its own.
    pub fn lend(&mut self, take: impl FnOnce() -> Vec<u8>) {
        if self.is_empty() && self.buffer.capacity() == 0 {
            self.buffer = take();
            self.buffer.clear();
        }
    }

    /// To be called when everything is sent: gives the memory up. The buffer is the caller's, to be
    /// lent to this encoder or another; without memory if something still waits to be sent.
    pub fn release_memory(&mut self) -> Vec<u8> {
        if let Some(seal) = &mut self.seal {
            seal.release_memory();
        }
        if !self.is_empty() {
            return Vec::new();
        }
        self.large = VecDeque::new();
        core::mem::take(&mut self.buffer)
    }

    /// Bytes of memory held, payloads aside.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.buffer.capacity()
    }

    fn push_other(&mut self, msg: Msg) -> Result<()> {
        let has_commands = self.version.0 >= 3;
        match msg.class() {
            Class::Data if self.groups => self.push_to_group(msg),
            Class::Data => self.frame(if msg.more() { MORE } else { 0 }, &[], msg),
            Class::Subscribe | Class::Cancel => {
                let subscribe = msg.class() == Class::Subscribe;
                // A message before 3.1, whose first byte says which it is, and over WebSockets: what
                // is a command there when it is unsealed is dropped by libzmq.
                let websocket = matches!(self.framing, Framing::WebSocket { .. });
                let by_command = self.version >= (3, 1) && !websocket;
                let (flags, head) = match (by_command, subscribe) {
                    (true, true) => (COMMAND, SUBSCRIBE),
                    (true, false) => (COMMAND, CANCEL),
                    (false, true) => (0, &[1][..]),
                    (false, false) => (0, &[0][..]),
                };
                self.frame(flags, head, msg)
            }
            Class::Join if has_commands => self.frame(COMMAND, JOIN, named_group(msg)?),
            Class::Leave if has_commands => self.frame(COMMAND, LEAVE, named_group(msg)?),
            Class::Command if has_commands => self.command(msg),
            _ => Ok(()),
        }
    }

    /// RADIO: the group's name goes before the message, as a frame of its own.
    fn push_to_group(&mut self, msg: Msg) -> Result<()> {
        let group = Msg::from_slice(msg.group().to_bytes())?;
        self.frame(MORE, &[], group)?;
        self.frame(0, &[], msg)
    }

    /// Adds a frame whose body is `head`, then the message's payload.
    fn frame(&mut self, flags: u8, head: &[u8], msg: Msg) -> Result<()> {
        let len = msg.len();
        // What is to be sealed or masked is copied, whatever its size.
        let masked = self.framing == Framing::WebSocket { client: true };
        if len < LARGE || masked || self.seal.is_some() {
            return self.copied_frame(flags, head, msg.data());
        }
        self.reserve(head.len().saturating_add(MAX_HEADER))?;
        self.large.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
        let before = self.buffer.len();
        self.framing.put_header(flags, head.len().saturating_add(len), &mut self.buffer);
        self.buffer.extend_from_slice(head);
        let added = self.buffer.len().saturating_sub(before).saturating_add(len);
        self.large.push_back(Large { at: self.buffer.len(), msg });
        self.pending = self.pending.saturating_add(added);
        Ok(())
    }

    /// Adds a frame whose body is `head`, then `data`.
    fn copied_frame(&mut self, flags: u8, head: &[u8], data: &[u8]) -> Result<()> {
        if self.seal.is_some() {
            return self.sealed_frame(flags, head, data);
        }
        let body = head.len().saturating_add(data.len());
        self.reserve(body.saturating_add(MAX_HEADER))?;
        let before = self.buffer.len();
        self.framing.put_header(flags, body, &mut self.buffer);
        self.buffer.extend_from_slice(head);
        self.buffer.extend_from_slice(data);
        let added = self.buffer.len().saturating_sub(before);
        self.pending = self.pending.saturating_add(added);
        self.framing.mask(before, &mut self.masks, &mut self.buffer)
    }

    /// Adds a command, which in a WebSocket may have a frame of its own kind.
    fn command(&mut self, msg: Msg) -> Result<()> {
        let Framing::WebSocket { client } = self.framing else {
            return self.frame(COMMAND, &[], msg);
        };
        let Some((opcode, payload)) = command::as_control(msg.data()) else {
            return self.frame(COMMAND, &[], msg);
        };
        self.reserve(payload.len().saturating_add(MAX_HEADER))?;
        let before = self.buffer.len();
        websocket::put_header(opcode, client, payload.len(), &mut self.buffer);
        self.buffer.extend_from_slice(payload);
        let added = self.buffer.len().saturating_sub(before);
        self.pending = self.pending.saturating_add(added);
        self.framing.mask(before, &mut self.masks, &mut self.buffer)
    }

    fn sealed_frame(&mut self, flags: u8, head: &[u8], data: &[u8]) -> Result<()> {
        let body = head.len().saturating_add(data.len());
        let sealed = self.seal.as_ref().map_or(0, |seal| seal.sealed_len(body));
        self.reserve(sealed.saturating_add(MAX_HEADER))?;
        let Some(seal) = &mut self.seal else { return Ok(()) };
        let before = self.buffer.len();
        if let Err(error) = seal.seal(self.framing, flags, head, data, &mut self.buffer) {
            self.buffer.truncate(before);
            return Err(error);
        }
        let added = self.buffer.len().saturating_sub(before);
        self.pending = self.pending.saturating_add(added);
        self.framing.mask(before, &mut self.masks, &mut self.buffer)
    }

    /// Makes room for `more` bytes behind the buffer's.
    #[inline]
    fn reserve(&mut self, more: usize) -> Result<()> {
        if self.buffer.capacity().saturating_sub(self.buffer.len()) >= more {
            return Ok(());
        }
        self.grow(more)
    }

    #[cold]
    fn grow(&mut self, more: usize) -> Result<()> {
        if self.sent >= COMPACT && self.sent >= self.buffer.len() / 2 {
            self.buffer.drain(..self.sent);
            for large in &mut self.large {
                large.at = large.at.saturating_sub(self.sent);
            }
            self.sent = 0;
        }
        self.buffer.try_reserve(more.max(FIRST)).map_err(|_| Errno::ENOMEM)
    }
}

/// A message whose payload is the group's name, wherever that came in.
fn named_group(msg: Msg) -> Result<Msg> {
    if msg.is_empty() { Msg::from_slice(msg.group().to_bytes()) } else { Ok(msg) }
}
