//! Load balancing: messages go round-robin to the pipes that have room.

use super::list::PipeList;
use super::{PipeId, Pipes};
use crate::error::{Errno, Result};
use crate::msg::Msg;

/// Sends each message to the next pipe that takes it. All parts of a message go to one pipe.
#[derive(Debug, Default)]
pub struct LoadBalancer {
    /// Active pipes (those that may have room) first.
    pipes: PipeList,
    active: usize,
    /// The pipe to write to next. Below `active` whenever there is an active pipe.
    current: usize,
    /// The message that `current` is getting has further parts.
    more: bool,
    /// The pipe went away in the middle of a message, whose remaining parts have nowhere to go.
    dropping: bool,
}

impl LoadBalancer {
    /// Adds a pipe, as active.
    pub fn attach(&mut self, pipe: PipeId) {
        self.pipes.push(pipe);
        self.activated(pipe);
    }

    /// A pipe has room again.
    pub fn activated(&mut self, pipe: PipeId) {
        if let Some(position) = self.pipes.position(pipe)
            && position >= self.active
        {
            self.pipes.swap(position, self.active);
            self.active += 1;
        }
    }

    /// What was written to a pipe is lost, so the rest of a message that was begun on it is dropped.
    pub fn hiccuped(&mut self, pipe: PipeId) {
        if self.more && self.pipes.get(self.current) == Some(pipe) {
            self.more = false;
            self.dropping = true;
        }
    }

    /// A pipe is gone.
    pub fn pipe_terminated(&mut self, pipe: PipeId) {
        let Some(mut position) = self.pipes.position(pipe) else { return };
        self.hiccuped(pipe);
        if position < self.active {
            position = self.deactivate(position);
        }
        self.pipes.remove(position);
    }

    /// Sends one frame. Returns the pipe that took it, or `None` if it was dropped with the rest of
    /// a message whose pipe went away.
    ///
    /// # Errors
    /// `EAGAIN`: no pipe has room. `EPIPE`: as [`super::Pattern::send`] says.
    #[inline(always)]
    pub fn send<P: Pipes>(&mut self, pipes: &mut P, msg: &mut Msg) -> Result<Option<PipeId>> {
        if !self.more
            && !self.dropping
            && self.current < self.active
            && let Some(pipe) = self.pipes.get(self.current)
            && pipes.write_single(pipe, msg)
        {
            self.go_on();
            return Ok(Some(pipe));
        }
        self.send_any(pipes, msg)
    }

    /// [`LoadBalancer::send`] for whatever may come.
    #[inline(never)]
    fn send_any<P: Pipes>(&mut self, pipes: &mut P, msg: &mut Msg) -> Result<Option<PipeId>> {
        let more = msg.more();
        if self.dropping {
            self.dropping = more;
            *msg = Msg::new();
            return Ok(None);
        }
        while self.current < self.active {
            let Some(pipe) = self.pipes.get(self.current) else { break };
            if pipes.write(pipe, msg) {
                self.more = more;
                if !more {
                    pipes.flush(pipe, true);
                    self.go_on();
                }
                return Ok(Some(pipe));
            }
            self.deactivate(self.current);
            if self.more {
                pipes.rollback(pipe);
                self.more = false;
                self.dropping = more;
                return Err(Errno::EPIPE);
            }
        }
        Err(Errno::EAGAIN)
    }

    /// The next message goes to the next pipe.
    #[inline]
    fn go_on(&mut self) {
        self.current += 1;
        if self.current >= self.active {
            self.current = 0;
        }
    }

    /// Whether `send` would succeed.
    pub fn has_out<P: Pipes>(&mut self, pipes: &mut P) -> bool {
        if self.more || self.dropping {
            return true;
        }
        while self.current < self.active {
            let Some(pipe) = self.pipes.get(self.current) else { break };
            if pipes.check_write(pipe) {
                return true;
            }
            self.deactivate(self.current);
        }
        false
    }

    /// Forgets the message that an `EPIPE` broke, so that the next frame starts a new one.
    pub fn restart(&mut self) {
        self.more = false;
        self.dropping = false;
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
