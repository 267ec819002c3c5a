//! The two directions of a connection.
//!
//! What arrives here from the session's I/O thread is a *change*: get this connection, let go of
//! it, let go of the pipe. It waits in the half's slot; whoever drives the half next (the I/O
//! thread, as soon as it posted it, unless another thread is at it right now) carries it out.

use std::io::IoSlice;

use smallvec::SmallVec;

use super::buffers;
use crate::core::pipe::{LARGE, PipeReader, PipeWriter};
use crate::error::Errno;
use crate::msg::{Class, Msg};
use crate::sync::Arc;
use crate::sys::RawFd;
use crate::sys::processors::{self, Patience};
use crate::transport::Stream;
use crate::zmtp::{Decoder, Encoder, Item, ProtoError};

/// Bytes encoded before they are written, unless `ZMQ_OUT_BATCH_SIZE` says otherwise.
pub const BATCH: usize = 64 * 1024;

/// Bytes moved in one go before other connections get a turn.
const TURN: usize = 1024 * 1024;

/// In a stream that is written to the network as fast as it comes, bytes that are worth a system
/// call.
const ENOUGH: usize = 8 * 1024;

/// How often to let such a stream's next messages come, a moment each time, at the most.
const MOMENTS: u32 = 16;

/// A moment that brings fewer messages than this is the last.
const WORTHWHILE: u32 = 4;

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The network's fault: a connecting session dials again.
    Connection(Errno),
    /// The peer's: it is not dialled again.
    Protocol(ProtoError),
}

/// How a turn of driving ended.
pub enum Turn {
    /// Nothing more to do until something happens.
    Idle,
    /// There is more; let others have a turn first.
    More,
    /// The network takes, or has, no more for now.
    Blocked,
    /// Everything was sent and the pipe's other end is closed (writing only).
    Drained,
    /// The connection is over.
    Failed(Failure),
}

/// What drives of a half need of their session.
pub trait Host {
    /// A PING or PONG to be sent before the next message.
    fn take_control(&self) -> Option<Msg>;
    /// The peer sent a PING.
    fn on_ping(&self, ttl_ms: u32, context: &[u8]);
    /// The peer ends its WebSocket with this payload.
    fn on_close(&self, payload: &[u8]);
    /// Something was received.
    fn on_traffic(&self);
}

/// The sending side of a connection. What each message needs comes first, as in all that a session has.
#[repr(C)]
pub struct TxLink {
    /// The connection.
    pub stream: Arc<Stream>,
    /// Bytes to encode before they are written.
    pub batch: usize,
    /// Messages to bytes.
    pub encoder: Encoder,
    /// For the messages of a stream that is written as fast as it comes.
    pub patience: Patience,
}

/// The receiving side of a connection.
#[repr(C)]
pub struct RxLink {
    /// The connection.
    pub stream: Arc<Stream>,
    /// Bytes to messages.
    pub decoder: Decoder,
}

/// A change of the writing half.
pub enum TxChange {
    /// Take from this pipe.
    Pipe(Box<PipeReader>),
    /// Use this connection.
    Connect(Box<TxLink>),
    /// Let go of the connection.
    Disconnect,
    /// What waits in the pipe is for a peer that is gone: drop all up to the mark that the socket
    /// will set.
    Hiccup,
    /// Let go of the pipe.
    Unpipe,
    /// Let go of pipe and connection.
    End,
}

/// A change of the reading half.
pub enum RxChange {
    /// Put into this pipe.
    Pipe(Box<PipeWriter>),
    /// Use this connection.
    Connect {
        /// The connection.
        link: Box<RxLink>,
        /// An empty message is to say that the peer is gone.
        says_end: bool,
        /// Said before what comes from the peer.
        first: SmallVec<[Msg; 2]>,
        /// The first messages are news that the socket has to hear.
        is_news: bool,
    },
    /// Let go of the connection.
    Disconnect,
    /// Put this into the pipe.
    Say(Msg),
    /// Let go of the pipe.
    Unpipe,
    /// Let go of pipe and connection.
    End,
}

/// From pipe to network.
#[repr(C)]
pub struct WriteHalf {
    link: Option<Box<TxLink>>,
    /// Drop what the pipe has until so many hiccup marks have come.
    hiccups: u32,
    /// A write failed: the reading side finds the end after what is still to be read.
    broken: bool,
    /// The pipe from the socket.
    pub pipe: Option<PipeReader>,
}

/// From network to pipe.
#[repr(C)]
pub struct ReadHalf {
    link: Option<Box<RxLink>>,
    /// The link's end was reported.
    over: bool,
    /// See [`RxChange::Connect`].
    says_end: bool,
    /// The pipe to the socket.
    pub pipe: Option<PipeWriter>,
    /// A frame that the pipe had no room for.
    held: Option<Msg>,
}

impl WriteHalf {
    /// A half without connection.
    pub fn new(pipe: Option<PipeReader>) -> Self {
        pipe.iter().for_each(PipeReader::count_bytes);
        WriteHalf { pipe, link: None, hiccups: 0, broken: false }
    }

    /// Carries a change out.
    pub fn change(&mut self, change: TxChange) {
        match change {
            TxChange::Pipe(pipe) => {
                pipe.count_bytes();
                self.pipe = Some(*pipe);
            }
            TxChange::Connect(link) => {
                self.link = Some(link);
                self.broken = false;
            }
            TxChange::Disconnect => {
                self.link = None;
                if let Some(pipe) = &mut self.pipe {
                    pipe.skip_message();
                }
            }
            TxChange::Hiccup => self.hiccups = self.hiccups.saturating_add(1),
            TxChange::Unpipe => {
                self.pipe = None;
                self.hiccups = 0;
            }
            TxChange::End => {
                self.link = None;
                self.pipe = None;
            }
        }
    }

    /// The connection's descriptor.
    pub fn fd(&self) -> Option<RawFd> {
        self.link.as_ref().map(|link| link.stream.fd())
    }

    /// Moves messages from the pipe to the network until either has enough.
    pub fn drive(&mut self, host: &impl Host) -> Turn {
        if self.hiccups > 0 {
            self.drop_until_marks();
        }
        let Some(link) = &mut self.link else { return self.look_for_end() };
        if self.broken {
            return Turn::Idle;
        }
        link.encoder.lend(buffers::take);
        let mut moved = 0;
        let mut rounds = 0u32;
        loop {
            if let Err(error) = gather(link, &mut self.pipe, host, rounds) {
                return Turn::Failed(Failure::Connection(error));
            }
            rounds = rounds.saturating_add(1);
            if link.encoder.is_empty() {
                buffers::give(link.encoder.release_memory());
                match link.stream.flush() {
                    Ok(true) => {}
                    Ok(false) => return Turn::Blocked,
                    Err(_) => {
                        self.broken = true;
                        return Turn::Idle;
                    }
                }
                let drained = self.pipe.as_ref().is_some_and(PipeReader::is_ended);
                return if drained { Turn::Drained } else { Turn::Idle };
            }
            let mut slices = SmallVec::<[IoSlice<'_>; 16]>::new();
            link.encoder.slices(&mut slices);
            match link.stream.write_vectored(&slices) {
                Ok(sent) => {
                    drop(slices);
                    link.encoder.consume(sent);
                    moved += sent;
                }
                Err(Errno::EAGAIN) => return Turn::Blocked,
                Err(Errno::EINTR) => continue,
                Err(_) => {
                    self.broken = true;
                    return Turn::Idle;
                }
            }
            if moved >= TURN {
                return Turn::More;
            }
        }
    }

    /// Without a connection, finds out whether there is nothing more to send.
    fn look_for_end(&mut self) -> Turn {
        match &mut self.pipe {
            Some(pipe) => {
                if pipe.is_writer_gone() {
                    // Nobody is kept waiting for a subscription that will never be needed.
                    while matches!(pipe.peek_class(), Some(Class::Subscribe | Class::Cancel)) {
                        pipe.skip();
                    }
                }
                if !pipe.check() && pipe.is_ended() { Turn::Drained } else { Turn::Idle }
            }
            None => Turn::Idle,
        }
    }

    /// Drops messages for a peer that is gone.
    fn drop_until_marks(&mut self) {
        let Some(pipe) = &mut self.pipe else { return };
        while self.hiccups > 0
            && let Some(class) = pipe.skip()
        {
            if class == Class::HiccupMark {
                self.hiccups -= 1;
            }
        }
    }
}

/// Encodes what the next write is to take, in a drive that wrote `rounds` times already. If nothing is
/// encoded, the pipe's writer tells of the next message.
///
/// A thread that keeps up with the one that writes to the pipe would make a system call for every few
/// messages, which is what bounds both then. So it lets some come together.
fn gather(
    link: &mut TxLink,
    pipe: &mut Option<PipeReader>,
    host: &impl Host,
    rounds: u32,
) -> Result<(), Errno> {
    fill(link, pipe, host, false)?;
    // The first write leaves at once, and so does what comes while that one is under way, unless
    // more follows so closely.
    let stream = rounds > 0 && (rounds > 1 || !link.encoder.is_empty());
    if stream && processors::several() {
        for _ in 0..MOMENTS {
            if link.encoder.pending_bytes() >= ENOUGH {
                break;
            }
            link.patience.moment();
            if fill(link, pipe, host, false)? < WORTHWHILE {
                break;
            }
        }
    }
    if link.encoder.is_empty() {
        fill(link, pipe, host, true)?;
    }
    Ok(())
}

/// Encodes up to a batch of messages; how many. `last`: the pipe's writer shall tell if there are no
/// more.
fn fill(
    link: &mut TxLink,
    pipe: &mut Option<PipeReader>,
    host: &impl Host,
    last: bool,
) -> Result<u32, Errno> {
    let mut msg = Msg::new();
    let mut count = 0;
    let TxLink { encoder, batch, .. } = link;
    while encoder.pending_bytes() < *batch {
        if !pipe.as_ref().is_some_and(PipeReader::in_message)
            && let Some(mut control) = host.take_control()
        {
            encoder.push(&mut control)?;
            continue;
        }
        let Some(pipe) = pipe else { break };
        if !(if last { pipe.check() } else { pipe.glance() }) {
            break;
        }
        if pipe.is_at_broadcast() {
            let room = batch.saturating_sub(encoder.pending_bytes());
            if let Some((pushed, messages)) = pipe.read_packed(room, |all| encoder.push_packed(all))
            {
                pushed?;
                count += messages;
                continue;
            }
        }
        if let Some(pushed) = pipe.read_bare(|data, more| encoder.push_bare(data, more)) {
            pushed?;
            count += 1;
        } else if pipe.read(&mut msg) {
            let len = msg.len();
            if msg.class() != Class::HiccupMark {
                encoder.push(&mut msg)?;
                count += 1;
            }
            if len >= LARGE {
                pipe.taken(len as u64);
            }
        } else {
            break;
        }
        pipe.read_while(|data| {
            let pushed = encoder.pending_bytes() < *batch && encoder.push_plain(data);
            count += u32::from(pushed);
            pushed
        });
    }
    Ok(count)
}

impl ReadHalf {
    /// A half without connection.
    pub fn new(pipe: Option<PipeWriter>) -> Self {
        ReadHalf { pipe, link: None, held: None, over: false, says_end: false }
    }

    /// Carries a change out.
    pub fn change(&mut self, change: RxChange) {
        match change {
            RxChange::Pipe(pipe) => self.pipe = Some(*pipe),
            RxChange::Connect { link, says_end, first, is_news } => {
                self.link = Some(link);
                self.says_end = says_end;
                self.over = false;
                if let Some(pipe) = &mut self.pipe {
                    for msg in first {
                        pipe.force(msg);
                    }
                    if is_news { pipe.flush(false) } else { pipe.flush_quietly() }
                }
            }
            RxChange::Disconnect => self.disconnect(),
            RxChange::Say(msg) => {
                if let Some(pipe) = &mut self.pipe {
                    pipe.force(msg);
                    pipe.flush(false);
                }
            }
            RxChange::Unpipe => {
                self.held = None;
                self.pipe = None;
            }
            RxChange::End => {
                if let Some(link) = &self.link {
                    leave_nothing_unread(&link.stream);
                }
                self.disconnect();
                self.pipe = None;
            }
        }
    }

    fn disconnect(&mut self) {
        let link = self.link.take();
        self.held = None;
        if let Some(pipe) = &mut self.pipe {
            pipe.rollback();
            if link.is_some() && self.says_end {
                pipe.force(Msg::new());
            }
            pipe.flush(false);
        }
    }

    /// The connection's descriptor.
    pub fn fd(&self) -> Option<RawFd> {
        self.link.as_ref().map(|link| link.stream.fd())
    }

    /// Moves messages from the network to the pipe until either has enough.
    pub fn drive(&mut self, host: &impl Host, hangup: bool) -> Turn {
        let Some(link) = &mut self.link else { return Turn::Idle };
        if self.over {
            return Turn::Idle;
        }
        // Where nobody wants to read any more, the peer's PINGs are answered, since what is still to
        // be sent may take a while, and its messages hold it up, as always. A peer that is gone has
        // to be found out.
        let mut pipe = self.pipe.as_mut().filter(|pipe| !pipe.is_closed());
        if pipe.is_none() && hangup {
            let turn = discard(link, host);
            self.over = matches!(turn, Turn::Failed(_));
            return turn;
        }
        let mut moved = 0;
        let turn = loop {
            match deliver(link, pipe.as_deref_mut(), &mut self.held, host) {
                Ok(true) => {}
                Ok(false) => break Turn::Idle,
                Err(failure) => break Turn::Failed(failure),
            }
            if moved >= TURN {
                break Turn::More;
            }
            let mut spare = match link.decoder.space() {
                Ok(spare) => spare,
                Err(_) => break Turn::Failed(Failure::Protocol(ProtoError::OutOfMemory)),
            };
            let room = spare.room();
            match link.stream.read(&mut spare) {
                Ok(0) => break Turn::Failed(Failure::Connection(Errno::EPIPE)),
                Ok(read) => {
                    drop(spare);
                    moved += read;
                    host.on_traffic();
                    if read < room && !hangup && link.stream.reads_are_greedy() {
                        // All there was: the next change is reported.
                        break match deliver(link, pipe.as_deref_mut(), &mut self.held, host) {
                            Ok(true) => Turn::Blocked,
                            Ok(false) => Turn::Idle,
                            Err(failure) => Turn::Failed(failure),
                        };
                    }
                }
                Err(Errno::EAGAIN) => break Turn::Blocked,
                Err(Errno::EINTR) => {}
                Err(error) => break Turn::Failed(Failure::Connection(error)),
            }
        };
        if let Some(pipe) = pipe {
            pipe.flush(false);
        }
        if let Turn::Failed(_) = turn {
            self.over = true;
        } else if link.decoder.is_buffer_empty() {
            link.decoder.release_memory();
        }
        turn
    }
}

/// Reads away what nobody wants, up to the connection's end.
fn discard(link: &mut RxLink, host: &impl Host) -> Turn {
    let mut msg = Msg::new();
    let mut moved = 0;
    while moved < TURN {
        loop {
            match link.decoder.next(&mut msg) {
                Ok(Some(Item::Ping { ttl_ms, context })) => host.on_ping(ttl_ms, context.as_ref()),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => return Turn::Failed(Failure::Protocol(error)),
            }
        }
        let Ok(mut spare) = link.decoder.space() else {
            return Turn::Failed(Failure::Protocol(ProtoError::OutOfMemory));
        };
        match link.stream.read(&mut spare) {
            Ok(0) => return Turn::Failed(Failure::Connection(Errno::EPIPE)),
            Ok(read) => {
                moved += read;
                host.on_traffic();
            }
            Err(Errno::EAGAIN) => return Turn::Blocked,
            Err(Errno::EINTR) => {}
            Err(error) => return Turn::Failed(Failure::Connection(error)),
        }
    }
    Turn::More
}

/// Takes what has arrived off the connection, up to a limit: one that is closed with something unread
/// is reset, and what the system still has of ours is lost.
fn leave_nothing_unread(stream: &Stream) {
    let mut room = [0; 4 * 1024];
    for _ in 0..64 {
        if !matches!(stream.read_into(&mut room), Ok(1..)) {
            return;
        }
    }
}

/// Decodes what has arrived into the pipe. `false`: the pipe is full, or nobody reads from it.
fn deliver(
    link: &mut RxLink,
    mut pipe: Option<&mut PipeWriter>,
    held: &mut Option<Msg>,
    host: &impl Host,
) -> Result<bool, Failure> {
    let write = |pipe: &mut Option<&mut PipeWriter>, msg: &mut Msg| {
        pipe.as_mut().is_some_and(|pipe| pipe.write(msg))
    };
    if let Some(msg) = held {
        if !write(&mut pipe, msg) {
            return Ok(false);
        }
        *held = None;
    }
    let mut msg = Msg::new();
    let mut pinged = false;
    loop {
        let singles = match &mut pipe {
            Some(pipe) => deliver_singles(&mut link.decoder, pipe)?,
            None => 0,
        };
        let item = link.decoder.next(&mut msg).map_err(Failure::Protocol)?;
        if pinged && (singles > 0 || item.is_some()) {
            // What came in one piece with a PING, but after it, is a sign of life.
            host.on_traffic();
            pinged = false;
        }
        match item {
            None => return Ok(true),
            Some(Item::Msg) => {
                if !write(&mut pipe, &mut msg) {
                    *held = Some(msg);
                    return Ok(false);
                }
            }
            Some(Item::Ping { ttl_ms, context }) => {
                host.on_ping(ttl_ms, context.as_ref());
                pinged = true;
            }
            Some(Item::Pong) => {}
            Some(Item::Close { payload }) => {
                host.on_close(payload.as_ref());
                return Err(Failure::Connection(Errno::ECONNRESET));
            }
        }
    }
}

/// The part of [`deliver`] that has to be fast. How many messages it delivered.
fn deliver_singles(decoder: &mut Decoder, pipe: &mut PipeWriter) -> Result<u64, Failure> {
    let mut failure = None;
    let singles = pipe.write_while(|room| failure = decoder.next_single(room).err());
    failure.map_or(Ok(singles), |error| Err(Failure::Protocol(error)))
}
