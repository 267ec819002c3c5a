//! REQ (RFC 28): sends a request, then receives its reply.

use super::dealer::Dealer;
use super::peers::random;
use super::{Attach, Cx, Pattern, PipeId, Pipes};
use crate::error::{Errno, Result};
use crate::msg::Msg;

/// A REQ socket.
#[derive(Debug)]
pub struct Req {
    dealer: Dealer,
    /// A request was sent, its reply was not received to the end.
    receiving_reply: bool,
    /// The envelope of the request being sent, or of the reply being received, is still to come.
    message_begins: bool,
    /// The pipe that took the request. Messages from other pipes are no reply.
    reply_pipe: Option<PipeId>,
    /// The number of the latest request, for `ZMQ_REQ_CORRELATE`.
    request_id: u32,
}

impl Default for Req {
    fn default() -> Req {
        Req {
            dealer: Dealer::default(),
            receiving_reply: false,
            message_begins: true,
            reply_pipe: None,
            request_id: random(),
        }
    }
}

impl Req {
    /// Sends the envelope and the first part of a request, all to one pipe. If that pipe ends
    /// before it has the first part, the next pipe gets the whole.
    fn send_first<P: Pipes>(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        loop {
            self.reply_pipe = None;
            let result = self.send_envelope(cx).and_then(|pipe| {
                self.reply_pipe = pipe;
                self.drop_input(cx);
                self.dealer.lb.send(cx.pipes, msg)
            });
            match result {
                Ok(_) => return Ok(()),
                Err(Errno::EPIPE) => self.dealer.lb.restart(),
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Sends the frames that come before the request: its number, if wanted, and an empty one.
    fn send_envelope<P: Pipes>(&mut self, cx: &mut Cx<'_, P>) -> Result<Option<PipeId>> {
        if cx.options.req_correlate {
            let request_id = self.request_id.wrapping_add(1);
            let mut id = Msg::from_slice(&request_id.to_ne_bytes())?;
            id.set_more(true);
            self.dealer.lb.send(cx.pipes, &mut id)?;
            self.request_id = request_id;
        }
        let mut bottom = Msg::new();
        bottom.set_more(true);
        self.dealer.lb.send(cx.pipes, &mut bottom)
    }

    /// Drops all that was received before the request is out: a late reply to an earlier request
    /// must not be taken for the reply to this one.
    fn drop_input<P: Pipes>(&mut self, cx: &mut Cx<'_, P>) {
        let mut msg = Msg::new();
        while self.dealer.fq.recv(cx.pipes, &mut msg).is_ok() {}
    }

    /// Receives up to the end of the envelope of a reply to the latest request, dropping all other
    /// messages.
    fn recv_envelope<P: Pipes>(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        loop {
            if cx.options.req_correlate {
                self.recv_frame(cx, msg)?;
                if !msg.more() || msg.data() != self.request_id.to_ne_bytes() {
                    self.skip_rest(cx, msg)?;
                    continue;
                }
            }
            self.recv_frame(cx, msg)?;
            if msg.more() && msg.is_empty() {
                return Ok(());
            }
            self.skip_rest(cx, msg)?;
        }
    }

    /// Drops the rest of the message that `msg` is a frame of.
    fn skip_rest<P: Pipes>(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        while msg.more() {
            self.recv_frame(cx, msg)?;
        }
        Ok(())
    }

    /// Receives the next frame from the pipe that took the request; from any, if that is gone.
    fn recv_frame<P: Pipes>(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        loop {
            let pipe = self.dealer.fq.recv(cx.pipes, msg)?;
            if self.reply_pipe.is_none_or(|reply_pipe| reply_pipe == pipe) {
                return Ok(());
            }
        }
    }
}

impl<P: Pipes> Pattern<P> for Req {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, attach: Attach) {
        self.dealer.attach(cx, pipe, attach);
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        if self.receiving_reply {
            if !cx.options.req_relaxed {
                return Err(Errno::EFSM);
            }
            self.receiving_reply = false;
            self.message_begins = true;
        }
        let more = msg.more();
        if self.message_begins {
            self.send_first(cx, msg)?;
            self.message_begins = false;
        } else {
            match self.dealer.lb.send(cx.pipes, msg) {
                // The request is lost, as if its pipe had gone right after it.
                Err(Errno::EPIPE) => *msg = Msg::new(),
                result => {
                    result?;
                }
            }
        }
        if !more {
            self.receiving_reply = true;
            self.message_begins = true;
        }
        Ok(())
    }

    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        if !self.receiving_reply {
            return Err(Errno::EFSM);
        }
        if self.message_begins {
            self.recv_envelope(cx, msg)?;
            self.message_begins = false;
        }
        self.recv_frame(cx, msg)?;
        if !msg.more() {
            self.receiving_reply = false;
            self.message_begins = true;
        }
        Ok(())
    }

    fn has_in(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.receiving_reply && self.dealer.fq.has_in(cx.pipes)
    }

    fn has_out(&mut self, cx: &mut Cx<'_, P>) -> bool {
        (!self.receiving_reply || cx.options.req_relaxed) && self.dealer.lb.has_out(cx.pipes)
    }

    fn read_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.dealer.read_activated(cx, pipe);
    }

    fn write_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.dealer.write_activated(cx, pipe);
    }

    fn hiccuped(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.dealer.hiccuped(cx, pipe);
    }

    fn pipe_terminated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        if self.reply_pipe == Some(pipe) {
            self.reply_pipe = None;
        }
        self.dealer.pipe_terminated(cx, pipe);
    }
}

#[cfg(test)]
mod tests;
