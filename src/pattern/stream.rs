//! STREAM: plain TCP peers. Every message is a routing id and a frame of bytes.

use super::addressed::AddressedQueue;
use super::peers::Peers;
use super::{Attach, Cx, Pattern, PipeId, Pipes};
use crate::error::{Errno, Result};
use crate::msg::Msg;

/// A STREAM socket.
///
/// The empty messages that tell of new and lost peers (`ZMQ_STREAM_NOTIFY`) come through the pipes.
#[derive(Debug, Default)]
pub struct Stream {
    peers: Peers,
    queue: AddressedQueue,
    /// Where the bytes of the message being sent go; `None` drops them.
    current_out: Option<PipeId>,
    /// The routing id was sent, the bytes come next.
    more_out: bool,
}

impl<P: Pipes> Pattern<P> for Stream {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, attach: Attach) {
        let named = attach.locally_initiated && !cx.options.connect_routing_id.is_empty();
        self.peers.identify(cx, pipe, attach);
        if !named {
            // A program that connects asks for `ZMQ_ROUTING_ID` to learn how to address the peer.
            cx.options.routing_id = self.peers.id(pipe).to_vec();
        }
        self.queue.fq.attach(pipe);
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        if !self.more_out {
            if msg.more() {
                let pipe = self.peers.find(msg.data()).ok_or(Errno::EHOSTUNREACH)?;
                if !cx.pipes.check_write(pipe) {
                    return Err(Errno::EAGAIN);
                }
                self.current_out = Some(pipe);
            }
            // Whatever comes next is taken for the bytes, and is dropped if the flag was missing.
            self.more_out = true;
            *msg = Msg::new();
            return Ok(());
        }
        msg.set_more(false);
        self.more_out = false;
        if let Some(pipe) = self.current_out.take() {
            if msg.is_empty() {
                // How a program closes a connection.
                cx.pipes.terminate(pipe, false);
            } else if cx.pipes.write(pipe, msg) {
                cx.pipes.flush(pipe, true);
            }
        }
        *msg = Msg::new();
        Ok(())
    }

    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        self.queue.recv(cx.pipes, &self.peers, msg).map(|_| ())
    }

    fn has_in(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.queue.has_in(cx.pipes, &self.peers)
    }

    fn has_out(&mut self, _: &mut Cx<'_, P>) -> bool {
        // Whether a message can really be sent depends on its peer.
        true
    }

    fn read_activated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.queue.fq.activated(pipe);
    }

    fn pipe_terminated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.peers.remove(pipe);
        self.queue.pipe_terminated(pipe);
        if self.current_out == Some(pipe) {
            self.current_out = None;
        }
    }
}

#[cfg(test)]
mod tests;
