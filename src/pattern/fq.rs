//! Fair queueing: messages are taken round-robin from the pipes that have some.

use super::list::PipeList;
use super::{PipeId, Pipes};
use crate::error::{Errno, Result};
use crate::msg::Msg;

/// Receives one message from each pipe in turn. All parts of a message come from one pipe in
/// succession.
#[derive(Debug, Default)]
pub struct FairQueue {
    /// Active pipes (those that may have something) first.
    pipes: PipeList,
    active: usize,
    /// The pipe to read from next. Below `active` whenever there is an active pipe.
    current: usize,
    /// The message that is being read from `current` has further parts.
    more: bool,
    /// The pipe that went away in the middle of a message. The reader of its first parts is still
    /// owed the end of the message.
    broken: Option<PipeId>,
}

impl FairQueue {
    /// Adds a pipe, as active.
    pub fn attach(&mut self, pipe: PipeId) {
        self.pipes.push(pipe);
        self.activated(pipe);
    }

    /// A pipe has something again.
    pub fn activated(&mut self, pipe: PipeId) {
        if let Some(position) = self.pipes.position(pipe)
            && position >= self.active
        {
            self.pipes.swap(position, self.active);
            self.active += 1;
        }
    }

    /// A pipe is gone.
    pub fn pipe_terminated(&mut self, pipe: PipeId) {
        let Some(mut position) = self.pipes.position(pipe) else { return };
        if position < self.active {
            if self.more && position == self.current {
                self.more = false;
                self.broken = Some(pipe);
            }
            position = self.deactivate(position);
        }
        self.pipes.remove(position);
    }

    /// Receives one frame and tells from which pipe. A message whose pipe was cut off in the middle
    /// (`zmq_disconnect` between two parts) ends with an empty last part, so that parts of two
    /// messages never run together.
    ///
    /// # Errors
    /// `EAGAIN`: no pipe has anything; `msg` is left empty.
    #[inline(always)]
    pub fn recv<P: Pipes>(&mut self, pipes: &mut P, msg: &mut Msg) -> Result<PipeId> {
        let mut empty = None;
        if self.broken.is_none()
            && self.current < self.active
            && let Some(pipe) = self.pipes.get(self.current)
        {
            if pipes.read(pipe, msg) {
                self.took(msg.more());
                return Ok(pipe);
            }
            empty = Some(pipe);
        }
        self.recv_elsewhere(pipes, msg, empty)
    }

    /// [`FairQueue::recv`] after the current pipe was found `empty`, or was not looked at.
    #[inline(never)]
    fn recv_elsewhere<P: Pipes>(
        &mut self,
        pipes: &mut P,
        msg: &mut Msg,
        mut empty: Option<PipeId>,
    ) -> Result<PipeId> {
        if let Some(pipe) = self.broken.take() {
            *msg = Msg::new();
            return Ok(pipe);
        }
        loop {
            if let Some(pipe) = empty {
                self.deactivate(self.current);
                if self.more {
                    self.more = false;
                    *msg = Msg::new();
                    return Ok(pipe);
                }
            }
            let next = if self.current < self.active { self.pipes.get(self.current) } else { None };
            let Some(pipe) = next else { break };
            if pipes.read(pipe, msg) {
                self.took(msg.more());
                return Ok(pipe);
            }
            empty = Some(pipe);
        }
        *msg = Msg::new();
        Err(Errno::EAGAIN)
    }

    /// A frame was received: after the last one of a message it is the next pipe's turn.
    #[inline]
    fn took(&mut self, more: bool) {
        self.more = more;
        if !more {
            self.current += 1;
            if self.current >= self.active {
                self.current = 0;
            }
        }
    }

    /// Receives a message of one part, dropping those of several.
    ///
    /// # Errors
    /// As [`FairQueue::recv`].
    pub fn recv_single<P: Pipes>(&mut self, pipes: &mut P, msg: &mut Msg) -> Result<PipeId> {
        loop {
            let pipe = self.recv(pipes, msg)?;
            if !msg.more() {
                return Ok(pipe);
            }
            while msg.more() {
                self.recv(pipes, msg)?;
            }
        }
    }

    /// Whether `recv` would succeed.
    pub fn has_in<P: Pipes>(&mut self, pipes: &mut P) -> bool {
        if self.more || self.broken.is_some() {
            return true;
        }
        // Moving `current` here is fair: only pipes without messages are passed over.
        while self.current < self.active {
            let Some(pipe) = self.pipes.get(self.current) else { break };
            if pipes.check_read(pipe) {
                return true;
            }
            self.deactivate(self.current);
        }
        false
    }

    /// Moves an active pipe behind the active ones; returns where it is now.
    #[inline(never)]
    fn deactivate(&mut self, position: usize) -> usize {
        self.active -= 1;
        self.pipes.swap(position, self.active);
        if self.current == self.active {
            // The last active pipe took the place of the one that left. In the middle of a message
            // it stays the current one.
            self.current = if self.more && position != self.active { position } else { 0 };
        }
        self.active
    }
}

#[cfg(test)]
mod tests;
