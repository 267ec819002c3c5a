//! Receiving with the sender's routing id in front of each message, for ROUTER and STREAM.

use super::fq::FairQueue;
use super::peers::Peers;
use super::{PipeId, Pipes};
use crate::error::Result;
use crate::msg::{Class, Msg};

/// The first frame of a message, waiting for the routing id to be received before it.
#[derive(Debug)]
struct Waiting {
    /// Where the frame came from, while that pipe lives.
    pipe: Option<PipeId>,
    /// The routing id is still to be received.
    id_due: bool,
    /// The routing id as a frame, once there was memory for it.
    id: Option<Msg>,
    frame: Msg,
}

/// Fair queueing with routing ids.
#[derive(Debug, Default)]
pub struct AddressedQueue {
    /// The pipes.
    pub fq: FairQueue,
    waiting: Option<Waiting>,
    /// The message at hand has further frames.
    more: bool,
    /// The pipe of the message at hand.
    current: Option<PipeId>,
}

impl AddressedQueue {
    /// Receives a routing id or a frame. If that was the end of a message, tells whose.
    ///
    /// # Errors
    /// `EAGAIN`: nothing is there. `ENOMEM`: the message stays, the call can be repeated.
    pub fn recv<P: Pipes>(
        &mut self,
        pipes: &mut P,
        peers: &Peers,
        msg: &mut Msg,
    ) -> Result<Option<PipeId>> {
        if !self.more
            && let Err(errno) = self.fetch(pipes, peers)
        {
            *msg = Msg::new();
            return Err(errno);
        }
        match self.waiting.take() {
            Some(mut waiting) if waiting.id_due => {
                *msg = waiting.id.take().unwrap_or_default();
                waiting.id_due = false;
                self.current = waiting.pipe;
                self.waiting = Some(waiting);
                // At least the first frame follows.
                self.more = true;
                return Ok(None);
            }
            Some(waiting) => *msg = waiting.frame,
            None => {
                recv_frame(&mut self.fq, pipes, msg)?;
            }
        }
        self.more = msg.more();
        Ok(if self.more { None } else { self.current.take() })
    }

    /// Whether `recv` would succeed.
    pub fn has_in<P: Pipes>(&mut self, pipes: &mut P, peers: &Peers) -> bool {
        // A routing id that a reconnected peer repeats looks like a message, so the message itself
        // must be taken out of the pipe to be sure.
        self.more || self.fetch(pipes, peers).is_ok()
    }

    /// Whether a message of this pipe is being received.
    pub fn is_current(&self, pipe: PipeId) -> bool {
        self.current == Some(pipe) || self.waiting.as_ref().is_some_and(|w| w.pipe == Some(pipe))
    }

    /// A pipe is gone.
    pub fn pipe_terminated(&mut self, pipe: PipeId) {
        self.fq.pipe_terminated(pipe);
        if self.current == Some(pipe) {
            self.current = None;
        }
        if let Some(waiting) = &mut self.waiting
            && waiting.pipe == Some(pipe)
        {
            waiting.pipe = None;
        }
    }

    /// Makes sure that a message waits with its routing id.
    fn fetch<P: Pipes>(&mut self, pipes: &mut P, peers: &Peers) -> Result<()> {
        let waiting = match &mut self.waiting {
            Some(waiting) => waiting,
            None => {
                let mut frame = Msg::new();
                let pipe = Some(recv_frame(&mut self.fq, pipes, &mut frame)?);
                self.waiting.insert(Waiting { pipe, id_due: true, id: None, frame })
            }
        };
        if waiting.id.is_none() {
            let mut id = Msg::from_slice(waiting.pipe.map_or(&[], |pipe| peers.id(pipe)))?;
            id.set_more(true);
            id.set_metadata(waiting.frame.metadata_ref());
            waiting.id = Some(id);
        }
        Ok(())
    }
}

/// Receives a frame, passing over the routing ids that peers repeat when they reconnect. The peer
/// is taken to be the same as before.
pub fn recv_frame<P: Pipes>(fq: &mut FairQueue, pipes: &mut P, msg: &mut Msg) -> Result<PipeId> {
    loop {
        let pipe = fq.recv(pipes, msg)?;
        if msg.class() != Class::RoutingId {
            return Ok(pipe);
        }
    }
}
