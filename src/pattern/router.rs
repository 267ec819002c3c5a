//! ROUTER (RFC 28): receives fairly, with the sender's routing id in front, and sends to the peer
//! that the first frame names.

use super::addressed::AddressedQueue;
use super::peers::{Identified, Peers};
use super::{Attach, Cx, Pattern, PipeId, Pipes, discard_input, probe};
use crate::consts::ZMQ_POLLOUT;
use crate::error::{Errno, Result};
use crate::msg::Msg;

/// A ROUTER socket.
#[derive(Debug, Default)]
pub struct Router {
    peers: Peers,
    queue: AddressedQueue,
    /// Where the message being sent goes; `None` drops it.
    current_out: Option<PipeId>,
    /// The routing id of a message was sent, but not its last frame.
    more_out: bool,
    /// A pipe whose routing id was taken over, to be ended after the message that is being
    /// received from it.
    ending: Option<PipeId>,
}

impl Router {
    fn identify<P: Pipes>(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, attach: Attach) {
        match self.peers.identify(cx, pipe, attach) {
            Identified::NotYet => {}
            Identified::Rejected => discard_input(cx.pipes, pipe),
            Identified::Known { replaced } => {
                self.queue.fq.attach(pipe);
                match replaced {
                    Some(old) if self.queue.is_current(old) => self.ending = Some(old),
                    Some(old) => cx.pipes.terminate(old, true),
                    None => {}
                }
            }
        }
    }

    /// Takes the first frame of a message: the routing id of the peer that gets the rest.
    fn address<P: Pipes>(&mut self, cx: &mut Cx<'_, P>, id: &mut Msg) -> Result<()> {
        // A routing id with nothing after it is ignored.
        if id.more() {
            let mandatory = cx.options.router_mandatory;
            self.current_out = match self.peers.find(id.data()) {
                Some(pipe) if mandatory && cx.pipes.is_full(pipe) => return Err(Errno::EAGAIN),
                Some(pipe) if cx.pipes.check_write(pipe) => Some(pipe),
                _ if mandatory => return Err(Errno::EHOSTUNREACH),
                _ => None,
            };
            self.more_out = true;
        }
        *id = Msg::new();
        Ok(())
    }
}

impl<P: Pipes> Pattern<P> for Router {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, attach: Attach) {
        if cx.options.probe_router {
            probe(cx.pipes, pipe);
        }
        self.identify(cx, pipe, attach);
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        if !self.more_out {
            return self.address(cx, msg);
        }
        if cx.options.raw_socket {
            msg.set_more(false);
        }
        self.more_out = msg.more();
        if let Some(pipe) = self.current_out {
            if cx.options.raw_socket && msg.is_empty() {
                cx.pipes.terminate(pipe, false);
                self.current_out = None;
            } else if !cx.pipes.write(pipe, msg) {
                // There was room for the message, so the pipe has ended.
                cx.pipes.rollback(pipe);
                self.current_out = None;
            } else if !self.more_out {
                cx.pipes.flush(pipe, true);
                self.current_out = None;
            }
        }
        *msg = Msg::new();
        Ok(())
    }

    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        let ended = self.queue.recv(cx.pipes, &self.peers, msg)?;
        if ended.is_some() && ended == self.ending {
            self.ending = None;
            if let Some(pipe) = ended {
                cx.pipes.terminate(pipe, true);
            }
        }
        Ok(())
    }

    fn has_in(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.queue.has_in(cx.pipes, &self.peers)
    }

    fn has_out(&mut self, cx: &mut Cx<'_, P>) -> bool {
        // Whether a message can really be sent depends on its peer; without `ZMQ_ROUTER_MANDATORY`
        // it is dropped if not.
        !cx.options.router_mandatory || self.peers.pipes().any(|pipe| !cx.pipes.is_full(pipe))
    }

    fn read_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        if self.peers.is_anonymous(pipe) {
            self.identify(cx, pipe, Attach::default());
        } else if self.peers.is_rejected(pipe) {
            discard_input(cx.pipes, pipe);
        } else {
            self.queue.fq.activated(pipe);
        }
    }

    fn hiccuped(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        if self.current_out == Some(pipe) {
            self.current_out = None;
        }
    }

    fn pipe_terminated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.peers.remove(pipe);
        self.queue.pipe_terminated(pipe);
        if self.current_out == Some(pipe) {
            self.current_out = None;
        }
        if self.ending == Some(pipe) {
            self.ending = None;
        }
    }

    fn peer_state(&mut self, cx: &mut Cx<'_, P>, routing_id: &[u8]) -> Result<i32> {
        let pipe = self.peers.find(routing_id).ok_or(Errno::EHOSTUNREACH)?;
        Ok(if cx.pipes.is_full(pipe) { 0 } else { ZMQ_POLLOUT })
    }
}

#[cfg(test)]
mod tests;
