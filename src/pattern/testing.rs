//! Simulated pipes, and helpers that drive a pattern over them, for the tests of the patterns.
//!
//! Frames are written as text, one character a byte; the frames of a message are joined by `|`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::VecDeque;

use super::{Attach, Cx, Pattern, PipeId, Pipes};
use crate::error::{Errno, Result};
use crate::msg::{Class, Msg};
use crate::options::{Options, SocketType};

/// The frame a text stands for.
pub fn frame(text: &str) -> Msg {
    let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    Msg::from_slice(&bytes).unwrap()
}

/// The text that stands for a frame.
pub fn text(msg: &Msg) -> String {
    msg.data().iter().map(|&byte| char::from(byte)).collect()
}

/// One side of a simulated pipe.
#[derive(Default)]
struct SimPipe {
    alive: bool,
    /// What the peer sent.
    inbound: VecDeque<Msg>,
    /// What was written: up to `published` flushed, up to `whole` whole messages.
    written: Vec<Msg>,
    published: usize,
    whole: usize,
    /// How many more messages may be written.
    room: Option<usize>,
    /// The peer ended the pipe: nothing can be written.
    writes_ended: bool,
    ended_by_peer: bool,
    saw_end: bool,
    read_passive: bool,
    write_passive: bool,
    terminated: Option<bool>,
    /// The `direct` flags of the flushes.
    flushes: Vec<bool>,
}

/// The simulated pipes of one socket.
#[derive(Default)]
pub struct SimPipes {
    pipes: Vec<SimPipe>,
    /// Whether they can share messages, and those that do.
    pub shareable: bool,
    sharing: Vec<PipeId>,
    /// Messages that were shared.
    pub shared: usize,
}

impl SimPipes {
    fn at(&mut self, pipe: PipeId) -> &mut SimPipe {
        &mut self.pipes[pipe.0 as usize]
    }

    /// Lets `messages` more messages be written.
    pub fn set_room(&mut self, pipe: PipeId, messages: usize) {
        self.at(pipe).room = Some(messages);
    }

    /// The peer ended the pipe; `pipe_terminated` has not come yet.
    pub fn end_writes(&mut self, pipe: PipeId) {
        self.at(pipe).writes_ended = true;
    }

    /// How many frames of the peer were not read.
    pub fn unread(&mut self, pipe: PipeId) -> usize {
        self.at(pipe).inbound.len()
    }

    /// Whether the end of the pipe was read.
    pub fn saw_end(&mut self, pipe: PipeId) -> bool {
        self.at(pipe).saw_end
    }

    /// Whether, and with which delay, the pattern terminated the pipe.
    pub fn terminated(&mut self, pipe: PipeId) -> Option<bool> {
        self.at(pipe).terminated
    }

    /// The `direct` flags of the flushes so far.
    pub fn flushes(&mut self, pipe: PipeId) -> Vec<bool> {
        self.at(pipe).flushes.clone()
    }

    fn writable(&mut self, pipe: PipeId) -> bool {
        let pipe = self.at(pipe);
        let within = pipe.written.len() > pipe.whole;
        let ok = pipe.alive
            && !pipe.writes_ended
            && pipe.terminated.is_none()
            && (within || pipe.room != Some(0));
        pipe.write_passive |= !ok;
        ok
    }
}

impl Pipes for SimPipes {
    fn check_read(&mut self, pipe: PipeId) -> bool {
        let pipe = self.at(pipe);
        if pipe.alive && !pipe.inbound.is_empty() && pipe.terminated != Some(false) {
            return true;
        }
        pipe.saw_end |= pipe.ended_by_peer;
        pipe.read_passive = true;
        false
    }

    fn read(&mut self, pipe: PipeId, msg: &mut Msg) -> bool {
        if !self.check_read(pipe) {
            return false;
        }
        *msg = self.at(pipe).inbound.pop_front().unwrap();
        true
    }

    fn check_write(&mut self, pipe: PipeId) -> bool {
        self.writable(pipe)
    }

    fn is_full(&mut self, pipe: PipeId) -> bool {
        let pipe = self.at(pipe);
        let full = pipe.room == Some(0);
        pipe.write_passive |= full;
        full
    }

    fn write(&mut self, pipe: PipeId, msg: &mut Msg) -> bool {
        if !self.writable(pipe) {
            return false;
        }
        let pipe = self.at(pipe);
        let more = msg.more();
        pipe.written.push(msg.take());
        if !more {
            pipe.whole = pipe.written.len();
            pipe.room = pipe.room.map(|room| room.saturating_sub(1));
        }
        true
    }

    fn share_among(&mut self, pipes: impl Iterator<Item = PipeId> + Clone) -> bool {
        self.sharing = pipes.collect();
        self.shareable
    }

    fn can_share(&self) -> bool {
        !self.sharing.is_empty()
    }

    fn share(&mut self, msg: &mut Msg) -> bool {
        let members = self.sharing.clone();
        if members.is_empty() || !members.iter().all(|&pipe| self.writable(pipe)) {
            self.sharing.clear();
            return false;
        }
        for pipe in members {
            assert!(self.write(pipe, &mut msg.duplicate().unwrap()));
            self.flush(pipe, false);
        }
        self.shared += 1;
        true
    }

    fn flush(&mut self, pipe: PipeId, direct: bool) {
        let pipe = self.at(pipe);
        pipe.published = pipe.whole;
        pipe.flushes.push(direct);
    }

    fn rollback(&mut self, pipe: PipeId) {
        let pipe = self.at(pipe);
        pipe.written.truncate(pipe.whole);
    }

    fn terminate(&mut self, pipe: PipeId, delay: bool) {
        self.rollback(pipe);
        let pipe = self.at(pipe);
        pipe.terminated = pipe.terminated.or(Some(delay));
    }
}

/// A socket's surroundings: its options and its pipes.
pub struct Net {
    /// The socket's options.
    pub options: Options,
    /// The socket's pipes.
    pub pipes: SimPipes,
}

impl Net {
    /// A socket of this type, without pipes.
    pub fn new(socket_type: SocketType) -> Net {
        Net { options: Options::new(socket_type), pipes: SimPipes::default() }
    }

    /// What a pattern is called with.
    pub fn cx(&mut self) -> Cx<'_, SimPipes> {
        Cx { pipes: &mut self.pipes, options: &mut self.options }
    }

    /// A pipe that is not attached yet. Ids of terminated pipes are used again.
    pub fn pipe(&mut self) -> PipeId {
        let slot = self.pipes.pipes.iter().position(|pipe| !pipe.alive).unwrap_or_else(|| {
            self.pipes.pipes.push(SimPipe::default());
            self.pipes.pipes.len() - 1
        });
        self.pipes.pipes[slot] = SimPipe { alive: true, ..SimPipe::default() };
        PipeId(slot as u32)
    }

    /// Attaches a pipe.
    pub fn attach(&mut self, pattern: &mut dyn Pattern<SimPipes>, pipe: PipeId, attach: Attach) {
        pattern.attach(&mut self.cx(), pipe, attach);
    }

    /// Attaches `N` new pipes of peers that connected.
    pub fn attach_n<const N: usize>(&mut self, pattern: &mut dyn Pattern<SimPipes>) -> [PipeId; N] {
        std::array::from_fn(|_| {
            let pipe = self.pipe();
            self.attach(pattern, pipe, Attach::default());
            pipe
        })
    }

    /// Puts what a peer sent into a pipe without telling anybody.
    pub fn fill(&mut self, pipe: PipeId, frames: &[&str]) {
        let last = frames.len().saturating_sub(1);
        for (i, text) in frames.iter().enumerate() {
            let mut msg = frame(text);
            msg.set_more(i != last);
            self.pipes.at(pipe).inbound.push_back(msg);
        }
    }

    /// A message from a peer arrives.
    pub fn deliver(&mut self, pattern: &mut dyn Pattern<SimPipes>, pipe: PipeId, frames: &[&str]) {
        self.fill(pipe, frames);
        self.activate_reading(pattern, pipe);
    }

    /// A frame of a certain class arrives.
    pub fn deliver_class(
        &mut self,
        pattern: &mut dyn Pattern<SimPipes>,
        pipe: PipeId,
        class: Class,
        text: &str,
    ) {
        let mut msg = match class {
            Class::Subscribe => Msg::subscribe(frame(text).data()).unwrap(),
            Class::Cancel => Msg::cancel(frame(text).data()).unwrap(),
            _ => frame(text),
        };
        msg.set_class(class);
        self.deliver_msg(pattern, pipe, msg);
    }

    /// A frame arrives.
    pub fn deliver_msg(&mut self, pattern: &mut dyn Pattern<SimPipes>, pipe: PipeId, msg: Msg) {
        self.pipes.at(pipe).inbound.push_back(msg);
        self.activate_reading(pattern, pipe);
    }

    /// The peer ends the pipe.
    pub fn end_by_peer(&mut self, pattern: &mut dyn Pattern<SimPipes>, pipe: PipeId) {
        self.pipes.at(pipe).ended_by_peer = true;
        self.activate_reading(pattern, pipe);
    }

    fn activate_reading(&mut self, pattern: &mut dyn Pattern<SimPipes>, pipe: PipeId) {
        if std::mem::take(&mut self.pipes.at(pipe).read_passive) {
            pattern.read_activated(&mut self.cx(), pipe);
        }
    }

    /// The peer reads: there is room for `messages` more.
    pub fn make_room(
        &mut self,
        pattern: &mut dyn Pattern<SimPipes>,
        pipe: PipeId,
        messages: usize,
    ) {
        let sim = self.pipes.at(pipe);
        sim.room = sim.room.map(|room| room + messages);
        if std::mem::take(&mut sim.write_passive) {
            pattern.write_activated(&mut self.cx(), pipe);
        }
    }

    /// The connection behind the pipe is replaced.
    pub fn hiccup(&mut self, pattern: &mut dyn Pattern<SimPipes>, pipe: PipeId) {
        self.pipes.rollback(pipe);
        pattern.hiccuped(&mut self.cx(), pipe);
    }

    /// The pipe is gone.
    pub fn terminated(&mut self, pattern: &mut dyn Pattern<SimPipes>, pipe: PipeId) {
        self.pipes.at(pipe).alive = false;
        pattern.pipe_terminated(&mut self.cx(), pipe);
    }

    /// Sends one frame.
    pub fn send_part(
        &mut self,
        pattern: &mut dyn Pattern<SimPipes>,
        text: &str,
        more: bool,
    ) -> Result<()> {
        let mut msg = frame(text);
        msg.set_more(more);
        let result = pattern.send(&mut self.cx(), &mut msg);
        if result.is_ok() {
            assert!(msg.is_empty() && !msg.more(), "a sent frame is left empty");
        } else {
            assert_eq!(self::text(&msg), text, "an error leaves the frame untouched");
        }
        result
    }

    /// Sends one message.
    pub fn send(&mut self, pattern: &mut dyn Pattern<SimPipes>, message: &str) -> Result<()> {
        let mut parts = message.split('|').peekable();
        while let Some(part) = parts.next() {
            self.send_part(pattern, part, parts.peek().is_some())?;
        }
        Ok(())
    }

    /// Sends one message after a routing id, which may have any bytes.
    pub fn send_to(
        &mut self,
        pattern: &mut dyn Pattern<SimPipes>,
        id: &str,
        message: &str,
    ) -> Result<()> {
        self.send_part(pattern, id, true)?;
        self.send(pattern, message)
    }

    /// Receives one frame, and whether there are more.
    pub fn recv(&mut self, pattern: &mut dyn Pattern<SimPipes>) -> Result<(String, bool)> {
        let mut msg = frame("what was there before");
        pattern.recv(&mut self.cx(), &mut msg)?;
        Ok((text(&msg), msg.more()))
    }

    /// Receives all messages there are.
    pub fn recv_all(&mut self, pattern: &mut dyn Pattern<SimPipes>) -> Vec<String> {
        let mut messages = Vec::new();
        let mut message = String::new();
        loop {
            match self.recv(pattern) {
                Ok((part, more)) => {
                    message += &part;
                    if more {
                        message.push('|');
                    } else {
                        messages.push(std::mem::take(&mut message));
                    }
                }
                Err(errno) => {
                    assert_eq!(errno, Errno::EAGAIN);
                    assert!(message.is_empty(), "a message without its end");
                    return messages;
                }
            }
        }
    }

    /// Whether the pattern has something to receive.
    pub fn has_in(&mut self, pattern: &mut dyn Pattern<SimPipes>) -> bool {
        pattern.has_in(&mut self.cx())
    }

    /// Whether the pattern can send.
    pub fn has_out(&mut self, pattern: &mut dyn Pattern<SimPipes>) -> bool {
        pattern.has_out(&mut self.cx())
    }

    /// The frames that were published on a pipe.
    pub fn sent_frames(&mut self, pipe: PipeId) -> &[Msg] {
        let pipe = self.pipes.at(pipe);
        &pipe.written[..pipe.published]
    }

    /// The messages that were published on a pipe.
    pub fn sent(&mut self, pipe: PipeId) -> Vec<String> {
        let mut messages = Vec::new();
        let mut message = String::new();
        for msg in self.sent_frames(pipe) {
            match msg.class() {
                Class::Subscribe => message.push_str("subscribe "),
                Class::Cancel => message.push_str("cancel "),
                _ => {}
            }
            message += &text(msg);
            if msg.more() {
                message.push('|');
            } else {
                messages.push(std::mem::take(&mut message));
            }
        }
        messages
    }
}
