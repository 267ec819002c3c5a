//! Fan-out: a message goes to every pipe that matches.

use super::list::PipeList;
use super::{PipeId, Pipes};
use crate::msg::{Msg, packed};

/// Sends copies of a message to the pipes that were marked. A pipe that is full misses the message;
/// one that got its first part gets all parts.
///
/// The array of pipes has four parts: *matching* pipes take the message at hand; *active* ones can
/// take parts of the message at hand; *eligible* ones can take the next message; the rest is full.
/// Each part contains the one before it.
#[derive(Debug, Default)]
pub struct Distributor {
    pipes: PipeList,
    matching: usize,
    active: usize,
    eligible: usize,
    /// The message at hand has further parts.
    more: bool,
    sharing: Sharing,
}

/// Messages to the same pipes are shared by these ([`Pipes::share`]) after so many of them, or up to so many where
/// that did not last.
const REPEATS: (u32, u32) = (2, 64);

/// Messages that sharing has to last for.
const LASTING: u32 = 16;

/// Which pipes the last message went to, and what they share.
#[derive(Debug)]
struct Sharing {
    /// So many pipes at the front had the last message, which was of one part. 0 if one has moved since.
    settled: usize,
    /// Messages that went to just those, one by one; or, once they are shared, in that way.
    messages: u32,
    /// Messages to wait for until they are shared.
    needed: u32,
    /// The pipes that are settled share what comes.
    shared: bool,
}

impl Default for Sharing {
    fn default() -> Sharing {
        Sharing { settled: 0, messages: 0, needed: REPEATS.0, shared: false }
    }
}

impl Sharing {
    /// Other pipes get the next message.
    fn end(&mut self) {
        if std::mem::take(&mut self.shared) {
            self.weigh(self.messages >= LASTING);
        }
        (self.settled, self.messages) = (0, 0);
    }

    fn weigh(&mut self, lasts: bool) {
        self.needed = if lasts { REPEATS.0 } else { (2 * self.needed).min(REPEATS.1) };
    }

    /// So many pipes got a message of one part, one by one.
    fn sent(&mut self, pipes: usize) {
        if self.shared || self.settled != pipes {
            self.end();
            self.settled = pipes;
        }
        self.messages = self.messages.saturating_add(1);
    }
}

impl Distributor {
    /// Adds a pipe. If a message is under way, the pipe starts with the next one.
    pub fn attach(&mut self, pipe: PipeId) {
        self.pipes.push(pipe);
        self.activated(pipe);
    }

    /// A pipe has room again.
    pub fn activated(&mut self, pipe: PipeId) {
        let Some(position) = self.pipes.position(pipe) else { return };
        if position < self.eligible {
            return;
        }
        self.swap(position, self.eligible);
        self.eligible += 1;
        if !self.more {
            self.swap(self.eligible - 1, self.active);
            self.active += 1;
        }
    }

    /// What was written to a pipe is lost, so the rest of a message that was begun on it is not for
    /// it.
    pub fn hiccuped(&mut self, pipe: PipeId) {
        let Some(mut position) = self.pipes.position(pipe) else { return };
        if !self.more {
            return;
        }
        self.moves(position);
        for border in [&mut self.matching, &mut self.active] {
            if position < *border {
                *border -= 1;
                self.pipes.swap(position, *border);
                position = *border;
            }
        }
    }

    /// A pipe is gone.
    pub fn pipe_terminated(&mut self, pipe: PipeId) {
        if let Some(position) = self.retire(pipe) {
            self.pipes.remove(position);
        }
    }

    /// Marks a pipe as matching. Full pipes cannot be marked.
    pub fn mark(&mut self, pipe: PipeId) {
        if let Some(position) = self.pipes.position(pipe)
            && position >= self.matching
            && position < self.eligible
        {
            self.swap(position, self.matching);
            self.matching += 1;
        }
    }

    /// Marks the pipes that are not marked, and unmarks the others.
    pub fn invert_marks(&mut self) {
        let marked = self.matching;
        self.matching = 0;
        for position in marked..self.eligible {
            self.swap(position, self.matching);
            self.matching += 1;
        }
    }

    /// How many pipes are marked.
    pub fn marked(&self) -> usize {
        self.matching
    }

    /// The pipes that are not marked: after a send to all, those that missed it.
    pub fn missed(&self) -> impl Iterator<Item = PipeId> {
        (self.matching..).map_while(|position| self.pipes.get(position))
    }

    /// Marks every active pipe.
    pub fn mark_all(&mut self) {
        self.matching = self.active;
    }

    /// Unmarks all pipes.
    pub fn unmark_all(&mut self) {
        self.matching = 0;
    }

    /// Whether one of the marked pipes is full.
    pub fn any_marked_is_full<P: Pipes>(&self, pipes: &mut P) -> bool {
        if self.sharing.shared && self.matching == self.sharing.settled && pipes.can_share() {
            return false;
        }
        (0..self.matching)
            .any(|position| self.pipes.get(position).is_some_and(|pipe| pipes.is_full(pipe)))
    }

    /// As [`Distributor::send_to_marked`]; what goes to the same pipes again and again, and is for no group, is
    /// shared by them.
    pub fn publish<P: Pipes>(&mut self, pipes: &mut P, msg: &mut Msg, direct: bool) {
        let alone = !self.more && msg.is_single();
        if alone && msg.len() <= packed::LONGEST && self.share(pipes, msg) {
            *msg = Msg::new();
            return;
        }
        self.send_to_marked(pipes, msg, direct);
        if alone {
            self.sharing.sent(self.matching);
        } else {
            self.sharing.end();
        }
    }

    /// Has the marked pipes share a message, if that is worth it.
    fn share<P: Pipes>(&mut self, pipes: &mut P, msg: &mut Msg) -> bool {
        let Sharing { settled, messages, needed, shared } = self.sharing;
        if self.matching != settled || settled < 2 || !(shared || messages >= needed) {
            return false;
        }
        if !(shared && pipes.share(msg)) {
            let marked = (0..settled).filter_map(|position| self.pipes.get(position));
            if !(pipes.share_among(marked) && pipes.share(msg)) {
                self.sharing.weigh(false);
                (self.sharing.shared, self.sharing.messages) = (false, 0);
                return false;
            }
            self.sharing.shared = true;
        }
        self.sharing.messages = self.sharing.messages.saturating_add(1);
        true
    }

    /// Exchanges two positions.
    fn swap(&mut self, a: usize, b: usize) {
        if a != b {
            self.moves(a.min(b));
        }
        self.pipes.swap(a, b);
    }

    /// The pipe at a position goes elsewhere.
    fn moves(&mut self, position: usize) {
        if position < self.sharing.settled {
            self.sharing.end();
        }
    }

    /// Sends one frame to the marked pipes and leaves `msg` empty. The marks stay, for the next
    /// part. `direct` as in [`Pipes::flush`].
    pub fn send_to_marked<P: Pipes>(&mut self, pipes: &mut P, msg: &mut Msg, direct: bool) {
        let more = msg.more();
        // The last pipe gets the message itself, the ones before it get duplicates.
        let mut position = 0;
        while position < self.matching {
            let Some(pipe) = self.pipes.get(position) else { break };
            if self.write(pipes, pipe, msg, position) {
                if !more {
                    pipes.flush(pipe, direct);
                }
                position += 1;
            } else if self.more {
                // Another pipe has taken this position.
                pipes.rollback(pipe);
            }
        }
        *msg = Msg::new();
        if !more {
            self.active = self.eligible;
        }
        self.more = more;
    }

    /// Writes the message, or a duplicate of it, to the marked pipe at `position`. A pipe that does
    /// not take it leaves the marked ones.
    fn write<P: Pipes>(
        &mut self,
        pipes: &mut P,
        pipe: PipeId,
        msg: &mut Msg,
        position: usize,
    ) -> bool {
        if position + 1 == self.matching {
            let written = pipes.write(pipe, msg);
            if !written {
                self.retire(pipe);
            }
            return written;
        }
        let Ok(mut copy) = msg.duplicate() else {
            // No memory for the copy: the pipe misses this message, but is not passive.
            self.matching -= 1;
            self.swap(position, self.matching);
            return false;
        };
        let written = pipes.write(pipe, &mut copy);
        if !written {
            self.retire(pipe);
        }
        written
    }

    /// Moves a pipe behind all parts; returns where it is now.
    fn retire(&mut self, pipe: PipeId) -> Option<usize> {
        let mut position = self.pipes.position(pipe)?;
        self.moves(position);
        for border in [&mut self.matching, &mut self.active, &mut self.eligible] {
            if position < *border {
                *border -= 1;
                self.pipes.swap(position, *border);
                position = *border;
            }
        }
        Some(position)
    }
}

#[cfg(test)]
mod tests;
