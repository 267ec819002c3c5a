//! Bytes to messages.

use super::Config;
use super::command::{self, Command, Context};
use super::error::ProtoError;
use super::frame::{self, COMMAND, Framing, Header, MAX_HEADER, MORE};
use super::mechanism::Open;
use super::shape::Shape;
use crate::error::Result;
use crate::msg::{Class, Msg, MsgBuilder, RecvBuffer, Spare};
use crate::options::SocketType;

/// A body beyond this size does not have to fit into the receive buffer: it is received into
/// memory of its own.
const LARGE: usize = 32 * 1024;

/// What one read should have room for at least.
const READ: usize = 4 * 1024;

/// A connection's receiving half.
pub struct Decoder {
    framing: Framing,
    limit: u64,
    zero_copy: bool,
    raw_chunk: usize,
    accepts: Accepts,
    shape: Shape,
    open: Option<Box<dyn Open>>,
    input: RecvBuffer,
    /// Whether a data frame is passed on as it is: no sealing, no shape, no other framing.
    plain: bool,
    /// A body that is received into memory of its own, with its frame's flags.
    large: Option<(u8, MsgBuilder)>,
    /// Bytes that the frame at the start of the input takes, as far as is known.
    wanted: usize,
}

/// The commands that mean something on this connection. Others are skipped.
#[derive(Clone, Copy)]
struct Accepts {
    heartbeats: bool,
    subscriptions: bool,
    groups: bool,
}

/// What came from the peer.
#[derive(Debug)]
pub enum Item {
    /// A frame of a message, or a subscription: of class `Data`, `Subscribe`, `Cancel`, `Join` or
    /// `Leave`.
    Msg(Msg),
    /// To be answered by [`command::pong`].
    Ping {
        /// Milliseconds of silence after which to give the connection up; 0 for never.
        ttl_ms: u32,
        /// To be sent back.
        context: Context,
    },
    /// The answer to a PING.
    Pong {
        /// What the PING carried.
        context: Context,
    },
}

/// What [`Decoder::next_into`] found.
#[derive(Debug)]
pub enum Next {
    /// Nothing whole is there.
    Nothing,
    /// A message, as [`Item::Msg`].
    Msg,
    /// See [`Item::Ping`].
    Ping {
        /// Milliseconds of silence after which to give the connection up; 0 for never.
        ttl_ms: u32,
        /// To be sent back.
        context: Context,
    },
    /// See [`Item::Pong`].
    Pong {
        /// What the PING carried.
        context: Context,
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
        let limit = config.max_msg_size.unwrap_or(u64::MAX);
        let plain = framing == Framing::V2 && open.is_none() && matches!(shape, Shape::Free);
        Self {
            framing,
            limit,
            zero_copy: config.zero_copy,
            raw_chunk: config.raw_chunk,
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
            large: None,
            plain,
            wanted: 0,
        }
    }

    /// Room for bytes from the peer: of a large body where it is to be, else in the receive buffer.
    /// `ENOMEM`.
    pub fn space(&mut self) -> Result<Spare<'_>> {
        match &mut self.large {
            Some((_, body)) if body.remaining() > 0 => body.spare(),
            _ => {
                let missing = self.wanted.saturating_sub(self.input.len());
                self.input.spare(missing.max(READ))
            }
        }
    }

    /// The next thing that is there whole. After an error the connection is beyond use.
    pub fn next(&mut self) -> core::result::Result<Option<Item>, ProtoError> {
        let mut msg = Msg::new();
        Ok(match self.next_into(&mut msg)? {
            Next::Nothing => None,
            Next::Msg => Some(Item::Msg(msg)),
            Next::Ping { ttl_ms, context } => Some(Item::Ping { ttl_ms, context }),
            Next::Pong { context } => Some(Item::Pong { context }),
        })
    }

    /// [`Decoder::next`] with the message put where the caller wants it: a message that was just
    /// written is slow to move. `msg` keeps its content unless the answer is [`Next::Msg`].
    #[inline]
    pub fn next_into(&mut self, msg: &mut Msg) -> core::result::Result<Next, ProtoError> {
        if self.plain
            && self.large.is_none()
            && let Some(header) = frame::header_v2(self.input.data())
            && header.flags & COMMAND == 0
            && header.len <= self.limit
            && header.len <= self.input.len().saturating_sub(header.size) as u64
        {
            // A frame of data, all there: the case that has to be fast.
            let len = header.len as usize;
            self.input.consume(header.size);
            if self.zero_copy || len <= Msg::INLINE_MAX {
                self.input.message_into(len, msg)?;
            } else {
                *msg = self.body(len)?;
            }
            msg.set_more(header.flags & MORE != 0);
            return Ok(Next::Msg);
        }
        match self.next_in_full()? {
            None => Ok(Next::Nothing),
            Some(Item::Msg(next)) => {
                *msg = next;
                Ok(Next::Msg)
            }
            Some(Item::Ping { ttl_ms, context }) => Ok(Next::Ping { ttl_ms, context }),
            Some(Item::Pong { context }) => Ok(Next::Pong { context }),
        }
    }

    /// [`Decoder::next_into`] for whatever may come.
    fn next_in_full(&mut self) -> core::result::Result<Option<Item>, ProtoError> {
        loop {
            if self.large.is_some() || self.framing == Framing::Raw {
                let Some((flags, msg)) = self.other_body()? else { return Ok(None) };
                if let Some(item) = self.item(flags, msg)? {
                    return Ok(Some(item));
                }
                continue;
            }
            let data = self.input.data();
            let Some(header) = self.framing.header(data)? else {
                self.wanted = MAX_HEADER;
                return Ok(None);
            };
            if header.len > self.limit {
                return Err(ProtoError::TooBig);
            }
            let total = header.len.saturating_add(header.size as u64);
            if total > data.len() as u64 {
                if !self.incomplete(header)? {
                    return Ok(None);
                }
                continue;
            }
            self.input.consume(header.size);
            // The body is there, so its length fits a usize.
            let msg = self.body(header.len as usize)?;
            if let Some(item) = self.item(header.flags, msg)? {
                return Ok(Some(item));
            }
        }
    }

    /// Whether no byte waits to be decoded or completed.
    pub fn is_buffer_empty(&self) -> bool {
        self.input.is_empty() && self.large.is_none()
    }

    /// Gives memory back that holds nothing.
    pub fn release_memory(&mut self) {
        self.input.release();
    }

    /// Cuts a body that is there whole out of the input.
    #[inline]
    fn body(&mut self, len: usize) -> core::result::Result<Msg, ProtoError> {
        if self.zero_copy && self.open.is_none() {
            return Ok(self.input.message(len)?);
        }
        let msg = Msg::from_slice(self.input.data().get(..len).unwrap_or_default())?;
        self.input.consume(len);
        Ok(msg)
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
        self.large = Some((header.flags, body));
        Ok(true)
    }

    /// What does not come as a frame in the receive buffer: a large body once it is complete, or
    /// raw bytes as they come.
    #[cold]
    fn other_body(&mut self) -> core::result::Result<Option<(u8, Msg)>, ProtoError> {
        match self.large.take() {
            Some((flags, body)) if body.remaining() == 0 => Ok(Some((flags, body.finish()))),
            Some(unfinished) => {
                self.large = Some(unfinished);
                Ok(None)
            }
            None if self.input.is_empty() => Ok(None),
            None => Ok(Some((0, self.body(self.input.len().min(self.raw_chunk))?))),
        }
    }

    /// What a frame means, unless it is kept or skipped.
    #[inline]
    fn item(&mut self, flags: u8, msg: Msg) -> core::result::Result<Option<Item>, ProtoError> {
        let (flags, mut msg) = match &mut self.open {
            None => (flags, msg),
            Some(open) => open.open(msg.data())?,
        };
        if flags & COMMAND != 0 {
            return self.command(&msg);
        }
        if flags & MORE != 0 {
            msg.set_more(true);
        }
        match &self.shape {
            Shape::Free => Ok(Some(Item::Msg(msg))),
            _ => Ok(self.shape.apply(msg)?.map(Item::Msg)),
        }
    }

    #[cold]
    fn command(&self, msg: &Msg) -> core::result::Result<Option<Item>, ProtoError> {
        let Accepts { heartbeats, subscriptions, groups } = self.accepts;
        if !heartbeats {
            // Before 3.0 there are no commands.
            return Ok(None);
        }
        let classed = |body: &[u8], class| {
            let mut msg = Msg::from_slice(body)?;
            msg.set_class(class);
            if matches!(class, Class::Join | Class::Leave) {
                msg.set_group(body).map_err(|_| ProtoError::MalformedCommand)?;
            }
            Ok(Some(Item::Msg(msg)))
        };
        match command::parse(msg.data())? {
            Command::Ping { ttl_ms, context } if heartbeats => {
                Ok(Some(Item::Ping { ttl_ms, context: Context::from_slice(context) }))
            }
            Command::Pong { context } if heartbeats => {
                Ok(Some(Item::Pong { context: Context::from_slice(context) }))
            }
            Command::Subscribe(topic) if subscriptions => classed(topic, Class::Subscribe),
            Command::Cancel(topic) if subscriptions => classed(topic, Class::Cancel),
            Command::Join(group) if groups => classed(group, Class::Join),
            Command::Leave(group) if groups => classed(group, Class::Leave),
            _ => Ok(None),
        }
    }
}
