//! REP (RFC 28): receives a request, then sends the reply to where it came from.

use super::addressed::recv_frame;
use super::fq::FairQueue;
use super::peers::{Identified, Peers};
use super::{Attach, Cx, Pattern, PipeId, Pipes, discard_input, probe};
use crate::error::{Errno, Result};
use crate::msg::Msg;

/// A REP socket.
///
/// The frames before a request's empty frame say through which peers it came. They are written to
/// the pipe of the reply as the request is received, so the reply needs only its body.
#[derive(Debug, Default)]
pub struct Rep {
    /// Peers need no ids to get replies, but ids are unique among them, as with ROUTER.
    peers: Peers,
    fq: FairQueue,
    /// A frame that was taken out of its pipe to see whether there is one; and that pipe, while it
    /// lives.
    waiting: Option<(Option<PipeId>, Msg)>,
    /// A request is being received, and from which pipe, while that lives.
    in_message: bool,
    current_in: Option<PipeId>,
    /// Where the reply goes; `None` drops it.
    reply_pipe: Option<PipeId>,
    /// A whole request was received.
    sending_reply: bool,
    /// The request's envelope was received.
    in_body: bool,
    /// A pipe whose routing id was taken over, to be ended after its request.
    ending: Option<PipeId>,
}

impl Rep {
    fn identify<P: Pipes>(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, attach: Attach) {
        match self.peers.identify(cx, pipe, attach) {
            Identified::NotYet => {}
            Identified::Rejected => discard_input(cx.pipes, pipe),
            Identified::Known { replaced } => {
                self.fq.attach(pipe);
                let Some(old) = replaced else { return };
                let waiting = self.waiting.as_ref().is_some_and(|&(pipe, _)| pipe == replaced);
                if self.current_in == Some(old) || waiting {
                    self.ending = Some(old);
                } else {
                    cx.pipes.terminate(old, true);
                }
            }
        }
    }

    fn next_frame<P: Pipes>(&mut self, pipes: &mut P, msg: &mut Msg) -> Result<()> {
        let pipe = match self.waiting.take() {
            Some((pipe, frame)) => {
                *msg = frame;
                pipe
            }
            None => Some(recv_frame(&mut self.fq, pipes, msg)?),
        };
        if !self.in_message {
            self.current_in = pipe;
            self.reply_pipe = pipe.filter(|&pipe| pipes.check_write(pipe));
        }
        self.in_message = msg.more();
        if !self.in_message
            && let Some(pipe) = self.current_in.take()
            && self.ending == Some(pipe)
        {
            self.ending = None;
            pipes.terminate(pipe, true);
        }
        Ok(())
    }

    /// Receives up to the empty frame that ends an envelope, and passes the envelope on to the
    /// reply. Messages without such a frame are dropped.
    fn recv_envelope<P: Pipes>(&mut self, pipes: &mut P, msg: &mut Msg) -> Result<()> {
        loop {
            self.next_frame(pipes, msg)?;
            if !msg.more() {
                if let Some(pipe) = self.reply_pipe.take() {
                    pipes.rollback(pipe);
                }
                continue;
            }
            let bottom = msg.is_empty();
            msg.set_metadata(None);
            self.write(pipes, msg);
            if bottom {
                return Ok(());
            }
        }
    }

    /// Writes a frame of the reply, or drops it.
    fn write<P: Pipes>(&mut self, pipes: &mut P, msg: &mut Msg) {
        let more = msg.more();
        if let Some(pipe) = self.reply_pipe {
            if !pipes.write(pipe, msg) {
                pipes.rollback(pipe);
                self.reply_pipe = None;
            } else if !more {
                pipes.flush(pipe, true);
                self.reply_pipe = None;
            }
        }
        *msg = Msg::new();
    }
}

impl<P: Pipes> Pattern<P> for Rep {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, attach: Attach) {
        if cx.options.probe_router {
            probe(cx.pipes, pipe);
        }
        self.identify(cx, pipe, attach);
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        if !self.sending_reply {
            return Err(Errno::EFSM);
        }
        self.sending_reply = msg.more();
        self.write(cx.pipes, msg);
        Ok(())
    }

    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        if self.sending_reply {
            return Err(Errno::EFSM);
        }
        if !self.in_body {
            self.recv_envelope(cx.pipes, msg)?;
            self.in_body = true;
        }
        self.next_frame(cx.pipes, msg)?;
        if !msg.more() {
            self.in_body = false;
            self.sending_reply = true;
        }
        Ok(())
    }

    fn has_in(&mut self, cx: &mut Cx<'_, P>) -> bool {
        if self.sending_reply {
            return false;
        }
        if self.in_body || self.waiting.is_some() {
            return true;
        }
        // A routing id that a reconnected peer repeats looks like a request, so the frame itself
        // must be taken out of the pipe to be sure.
        let mut frame = Msg::new();
        match recv_frame(&mut self.fq, cx.pipes, &mut frame) {
            Ok(pipe) => {
                self.waiting = Some((Some(pipe), frame));
                true
            }
            Err(_) => false,
        }
    }

    fn has_out(&mut self, _: &mut Cx<'_, P>) -> bool {
        self.sending_reply
    }

    fn read_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        if self.peers.is_anonymous(pipe) {
            self.identify(cx, pipe, Attach::default());
        } else if self.peers.is_rejected(pipe) {
            discard_input(cx.pipes, pipe);
        } else {
            self.fq.activated(pipe);
        }
    }

    fn hiccuped(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        // The envelope that was written is lost, and a reply is nothing without it.
        if self.reply_pipe == Some(pipe) {
            self.reply_pipe = None;
        }
    }

    fn pipe_terminated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.peers.remove(pipe);
        self.fq.pipe_terminated(pipe);
        let waiting = self.waiting.as_mut().map(|(waiting, _)| waiting);
        let places = [&mut self.current_in, &mut self.reply_pipe, &mut self.ending];
        for place in places.into_iter().chain(waiting) {
            if *place == Some(pipe) {
                *place = None;
            }
        }
    }
}

#[cfg(test)]
mod tests;
