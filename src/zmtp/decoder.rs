//! Bytes to messages.

use super::Config;
use super::command::{self, Command, Context};
use super::error::ProtoError;
use super::frame::{self, COMMAND, Framing, Header, MAX_HEADER, MORE};
use super::mechanism::Open;
use super::shape::Shape;
use super::websocket::{self, FrameHeader, Opcode, unmask};
use crate::error::Result;
use crate::msg::{Class, Msg, MsgBuilder, RecvBuffer, Room, Spare};
use crate::options::SocketType;

/// A body beyond this size does not have to fit into the receive buffer: it is received into
/// memory of its own.
const LARGE: usize = 32 * 1024;

/// What one read should have room for at least.
const READ: usize = 4 * 1024;

/// Room for what comes behind a large body: the next one's header, or a few short frames. If that is the
/// start of another large body, no more of it has to be copied.
const BEHIND: usize = 512;

/// A connection that received no more than this between two idle moments is quiet.
const QUIET: usize = 8 * 1024;

/// A connection's receiving half. What each frame needs comes first.
#[repr(C)]
pub struct Decoder {
    input: RecvBuffer,
    framing: Framing,
    /// Whether a data frame is passed on as it is: no sealing, no shape, no other framing.
    plain: bool,
    zero_copy: bool,
    accepts: Accepts,
    shape: Shape,
    /// Bytes that the frame at the start of the input takes, as far as is known.
    wanted: usize,
    /// Bytes of bodies that came since memory was last offered for release.
    received: usize,
    limit: u64,
    /// The most bytes that there is room for at once.
    receive_limit: Option<usize>,
    /// Such a body as `large` was the last to be completed, and nothing was read since.
    was_large: bool,
    /// A body that is received into memory of its own.
    large: Option<MsgBuilder>,
    open: Option<Box<dyn Open>>,
    raw_chunk: usize,
    /// The flags of the frame of `large`; none when raw bytes are read.
    large_flags: u8,
    /// In a WebSocket, that frame.
    large_frame: FrameHeader,
    /// In a WebSocket, what has come of a message in several frames.
    fragments: Option<Box<Fragments>>,
}

/// The commands that mean something on this connection. Others are skipped.
#[derive(Clone, Copy)]
struct Accepts {
    heartbeats: bool,
    subscriptions: bool,
    groups: bool,
}

/// The beginning of a message that comes in several frames of a WebSocket.
struct Fragments {
    /// Of the frame of ZMTP.
    flags: u8,
    body: Vec<u8>,
}

/// What came from the peer.
#[derive(Debug, PartialEq, Eq)]
pub enum Item {
    /// A frame of a message, or a subscription: the caller's message, now of class `Data`, `Subscribe`,
    /// `Cancel`, `Join` or `Leave`.
    Msg,
    /// To be answered by [`command::pong`].
    Ping {
        /// Milliseconds of silence after which to give the connection up; 0 for never.
        ttl_ms: u32,
        /// To be sent back.
        context: Context,
    },
    /// The answer to a PING.
    Pong,
    /// The WebSocket ends; to be answered by [`command::close`].
    Close {
        /// To be sent back.
        payload: Context,
    },
}

impl Decoder {
    /// A decoder whose stream starts with `input`.
    pub(super) fn new(
        config: &Config,
        framing: Framing,
        version: (u8, u8),
        open: Option<Box<dyn Open>>,
        input: RecvBuffer,
    ) -> Self {
        let commands = version.0 >= 3;
        let socket_type = config.socket_type;
        let shape = Shape::new(socket_type);
        // The highest bit of a length is zero (RFC 23).
        let limit = config.max_msg_size.unwrap_or(u64::MAX).min(u64::MAX >> 1);
        let plain = framing == Framing::V2 && open.is_none() && matches!(shape, Shape::Free);
        Self {
            framing,
            limit,
            zero_copy: config.zero_copy,
            raw_chunk: config.raw_chunk,
            receive_limit: config.receive_limit,
            accepts: Accepts {
                heartbeats: commands,
                // libzmq takes the commands from 3.0 peers, too, and hands them to whatever socket
                // they came to; here they end where nobody wants them.
                subscriptions: commands
                    && matches!(socket_type, SocketType::Pub | SocketType::Xpub),
                groups: commands && socket_type == SocketType::Radio,
            },
            shape,
            open,
            input,
            was_large: false,
            large: None,
            large_flags: 0,
            large_frame: FrameHeader::default(),
            fragments: None,
            received: 0,
            plain,
            wanted: 0,
        }
    }

    /// Room for bytes from the peer: of a large body where it is to be, else in the receive buffer.
    /// `ENOMEM`.
    pub fn space(&mut self) -> Result<Spare<'_>> {
        let was_large = core::mem::take(&mut self.was_large);
        let mut spare = match &mut self.large {
            Some(body) if body.remaining() > 0 => {
                let rest = body.remaining();
                let spare = body.spare()?;
                if spare.capacity() == rest && self.input.is_empty() {
                    let mut behind = self.input.spare(READ)?;
                    behind.limit(BEHIND);
                    spare.followed_by(behind)
                } else {
                    spare
                }
            }
            _ => {
                let missing = self.wanted.saturating_sub(self.input.len());
                let mut spare = self.input.spare(missing.max(READ))?;
                if was_large {
                    spare.limit(missing.max(BEHIND));
                }
                spare
            }
        };
        if let Some(most) = self.receive_limit {
            spare.limit(most);
        }
        Ok(spare)
    }

    /// The next thing that is there whole. A message is put into `msg`, because one that was just
    /// written is slow to move; otherwise `msg` keeps its content. After an error the connection is
    /// beyond use.
    #[inline]
    pub fn next(&mut self, msg: &mut Msg) -> core::result::Result<Option<Item>, ProtoError> {
        if self.plain
            && let Some(header) = self.whole_frame()
        {
            self.body(header, msg)?;
            msg.set_more(header.flags & MORE != 0);
            return Ok(Some(Item::Msg));
        }
        self.next_in_full(msg)
    }

    /// [`Decoder::next`] for a whole message of one part that comes as it is, the case that has to be
    /// fast. It is put into `room`, unless something else comes, or nothing.
    #[inline]
    pub fn next_single(&mut self, room: &mut Room<'_>) -> core::result::Result<(), ProtoError> {
        if self.plain
            && let Some(header) = self.whole_frame()
            && header.flags & MORE == 0
        {
            if self.is_cut_out(header) {
                let len = self.enter(header);
                self.input.message_into(len, room)?;
            } else {
                let mut msg = Msg::new();
                self.body(header, &mut msg)?;
                room.put(&mut msg);
            }
        }
        Ok(())
    }

    /// The header of a frame of data that is there whole.
    #[inline]
    fn whole_frame(&self) -> Option<Header> {
        if self.large.is_some() {
            return None;
        }
        let header = frame::header_v2(self.input.data())?;
        let fits = header.len <= self.limit
            && header.len <= self.input.len().saturating_sub(header.size) as u64;
        (fits && header.flags & COMMAND == 0).then_some(header)
    }

    /// [`Decoder::next`] for whatever may come.
    fn next_in_full(&mut self, msg: &mut Msg) -> core::result::Result<Option<Item>, ProtoError> {
        if let Framing::WebSocket { client } = self.framing {
            return self.next_in_websocket(!client, msg);
        }
        loop {
            let flags = if self.large.is_some() || self.framing == Framing::Raw {
                if !self.other_body(msg)? {
                    return Ok(None);
                }
                self.large_flags
            } else {
                let Some(header) = self.framing.header(self.input.data())? else {
                    self.wanted = MAX_HEADER;
                    return Ok(None);
                };
                if header.len > self.limit {
                    return Err(ProtoError::TooBig);
                }
                if header.len > self.input.len().saturating_sub(header.size) as u64 {
                    if !self.incomplete(header)? {
                        return Ok(None);
                    }
                    continue;
                }
                self.body(header, msg)?;
                header.flags
            };
            if let Some(item) = self.item(flags, msg)? {
                return Ok(Some(item));
            }
        }
    }

    /// [`Decoder::next`] in a WebSocket.
    fn next_in_websocket(
        &mut self,
        from_client: bool,
        msg: &mut Msg,
    ) -> core::result::Result<Option<Item>, ProtoError> {
        loop {
            let (flags, outer) = if self.large.is_some() {
                if !self.other_body(msg)? {
                    return Ok(None);
                }
                (self.large_flags, self.large_frame)
            } else {
                let Some(outer) = websocket::header(self.input.data(), from_client)? else {
                    self.wanted = MAX_HEADER;
                    return Ok(None);
                };
                if !matches!(outer.opcode, Opcode::Binary | Opcode::Continuation) {
                    return self.control(outer);
                }
                let Some(header) = self.inner_header(outer)? else {
                    self.wanted = outer.size.saturating_add(1);
                    return Ok(None);
                };
                let before = self.fragments.as_ref().map_or(0, |it| it.body.len());
                if header.len > self.limit.saturating_sub(before as u64) {
                    return Err(ProtoError::TooBig);
                }
                if header.len > self.input.len().saturating_sub(header.size) as u64 {
                    if !self.incomplete(header)? {
                        return Ok(None);
                    }
                    self.large_frame = outer;
                    continue;
                }
                if from_client {
                    self.copied_body(header, msg)?;
                } else {
                    self.body(header, msg)?;
                }
                (header.flags, outer)
            };
            if from_client {
                let flags = usize::from(outer.opcode == Opcode::Binary);
                unmask(msg.data_mut()?, outer.mask, flags);
            }
            let Some(flags) = self.join(flags, outer.last, msg)? else { continue };
            if let Some(item) = self.item(flags, msg)? {
                return Ok(Some(item));
            }
        }
    }

    /// The header of the frame of ZMTP in a WebSocket's; `None` if its flags are not there yet.
    /// They are in the first of several frames.
    fn inner_header(&self, outer: FrameHeader) -> core::result::Result<Option<Header>, ProtoError> {
        match (outer.opcode, &self.fragments) {
            (Opcode::Continuation, Some(_)) => {
                return Ok(Some(Header { flags: 0, size: outer.size, len: outer.len }));
            }
            (Opcode::Continuation, None) | (_, Some(_)) => return Err(ProtoError::Frame),
            (_, None) => {}
        }
        let len = outer.len.checked_sub(1).ok_or(ProtoError::Frame)?;
        let Some(flags) = self.input.data().get(outer.size) else { return Ok(None) };
        let [key, ..] = outer.mask;
        let size = outer.size.saturating_add(1);
        Ok(Some(Header { flags: websocket::zmtp_flags(flags ^ key), size, len }))
    }

    /// The flags of the frame of ZMTP that `msg` is now, if that has come to its end; until then its
    /// fragments are kept.
    fn join(
        &mut self,
        flags: u8,
        last: bool,
        msg: &mut Msg,
    ) -> core::result::Result<Option<u8>, ProtoError> {
        if last && self.fragments.is_none() {
            return Ok(Some(flags));
        }
        let begun = self.fragments.take();
        let mut joined = begun.unwrap_or_else(|| Box::new(Fragments { flags, body: Vec::new() }));
        joined.body.try_reserve(msg.len()).map_err(|_| ProtoError::OutOfMemory)?;
        joined.body.extend_from_slice(msg.data());
        if last {
            *msg = Msg::from_slice(&joined.body)?;
            return Ok(Some(joined.flags));
        }
        self.fragments = Some(joined);
        Ok(None)
    }

    /// A ping, its answer, or the end of the WebSocket.
    fn control(&mut self, header: FrameHeader) -> core::result::Result<Option<Item>, ProtoError> {
        // A control frame is short.
        let total = header.size.saturating_add(header.len as usize);
        let Some(payload) = self.input.data().get(header.size..total) else {
            self.wanted = total;
            return Ok(None);
        };
        let mut payload = Context::from_slice(payload);
        unmask(&mut payload, header.mask, 0);
        self.input.consume(total);
        Ok(Some(match header.opcode {
            Opcode::Ping => Item::Ping { ttl_ms: 0, context: payload },
            Opcode::Close => Item::Close { payload },
            Opcode::Pong | Opcode::Binary | Opcode::Continuation => Item::Pong,
        }))
    }

    /// Whether no byte waits to be decoded or completed.
    pub fn is_buffer_empty(&self) -> bool {
        self.input.is_empty() && self.large.is_none() && self.fragments.is_none()
    }

    /// To be called when the half runs idle: gives memory back that holds nothing, unless so much
    /// came since the last call that it will be wanted again at once.
    pub fn release_memory(&mut self) {
        if self.received <= QUIET {
            self.input.release();
        }
        self.received = 0;
        if let Some(open) = &mut self.open {
            open.release_memory();
        }
    }

    /// Whether a body is cut out of the input, and not copied into memory of its own.
    #[inline]
    fn is_cut_out(&self, header: Header) -> bool {
        header.len <= Msg::INLINE_MAX as u64 || (self.zero_copy && self.open.is_none())
    }

    /// Passes over the header of a frame that is there whole. Its body's length.
    #[inline]
    fn enter(&mut self, header: Header) -> usize {
        // The body is there, so its length fits a usize.
        let len = header.len as usize;
        self.received = self.received.wrapping_add(len);
        self.input.consume(header.size);
        len
    }

    /// Cuts a frame that is there whole out of the input, and its body into `msg`.
    #[inline]
    fn body(&mut self, header: Header, msg: &mut Msg) -> core::result::Result<(), ProtoError> {
        let len = self.enter(header);
        if self.is_cut_out(header) {
            *msg = self.input.message(len)?;
            return Ok(());
        }
        *msg = Msg::from_slice(self.input.data().get(..len).unwrap_or_default())?;
        self.input.consume(len);
        Ok(())
    }

    /// [`Decoder::body`] for a body that is going to be changed.
    fn copied_body(
        &mut self,
        header: Header,
        msg: &mut Msg,
    ) -> core::result::Result<(), ProtoError> {
        let zero_copy = core::mem::replace(&mut self.zero_copy, false);
        let result = self.body(header, msg);
        self.zero_copy = zero_copy;
        result
    }

    /// A frame of which a part is missing: sees to the room for it, and says whether decoding can go
    /// on.
    #[cold]
    fn incomplete(&mut self, header: Header) -> core::result::Result<bool, ProtoError> {
        let len = usize::try_from(header.len).map_err(|_| ProtoError::TooBig)?;
        if len <= LARGE {
            self.wanted = header.size.saturating_add(len);
            return Ok(false);
        }
        let mut body = MsgBuilder::new(len);
        self.input.consume(header.size);
        let taken = body.push(self.input.data())?;
        self.input.consume(taken);
        self.wanted = 0;
        self.large = Some(body);
        self.large_flags = header.flags;
        Ok(true)
    }

    /// What does not come as a frame in the receive buffer: a large body once it is complete, or
    /// raw bytes as they come. `false` if there is none yet.
    #[cold]
    fn other_body(&mut self, msg: &mut Msg) -> core::result::Result<bool, ProtoError> {
        match self.large.take() {
            Some(body) if body.remaining() == 0 => {
                *msg = body.finish();
                self.was_large = true;
            }
            Some(unfinished) => {
                self.large = Some(unfinished);
                return Ok(false);
            }
            None if self.input.is_empty() => return Ok(false),
            None => {
                let len = self.input.len().min(self.raw_chunk) as u64;
                self.body(Header { flags: 0, size: 0, len }, msg)?;
            }
        }
        Ok(true)
    }

    /// What a frame means, unless it is kept or skipped.
    fn item(&mut self, flags: u8, msg: &mut Msg) -> core::result::Result<Option<Item>, ProtoError> {
        let flags = match &mut self.open {
            None => flags,
            Some(open) => open.open(msg)?,
        };
        if flags & COMMAND != 0 {
            return self.command(msg);
        }
        msg.set_more(flags & MORE != 0);
        Ok(self.shape.apply(msg)?.then_some(Item::Msg))
    }

    #[cold]
    fn command(&self, msg: &mut Msg) -> core::result::Result<Option<Item>, ProtoError> {
        let Accepts { heartbeats, subscriptions, groups } = self.accepts;
        if !heartbeats {
            // Before 3.0 there are no commands.
            return Ok(None);
        }
        let (class, body) = match command::parse(msg.data())? {
            Command::Ping { ttl_ms, context } => {
                return Ok(Some(Item::Ping { ttl_ms, context: Context::from_slice(context) }));
            }
            Command::Pong => return Ok(Some(Item::Pong)),
            Command::Subscribe(topic) if subscriptions => (Class::Subscribe, topic),
            Command::Cancel(topic) if subscriptions => (Class::Cancel, topic),
            Command::Join(group) if groups => (Class::Join, group),
            Command::Leave(group) if groups => (Class::Leave, group),
            _ => return Ok(None),
        };
        let mut item = Msg::from_slice(body)?;
        item.set_class(class);
        if matches!(class, Class::Join | Class::Leave) {
            item.set_group(body).map_err(|_| ProtoError::MalformedCommand)?;
        }
        *msg = item;
        Ok(Some(Item::Msg))
    }
}
