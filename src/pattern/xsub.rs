//! XSUB and SUB (RFC 29): subscriptions go to all publishers, messages come fairly from all. An
//! XSUB's application sends subscriptions as messages; a SUB's sets options.

use super::dist::Distributor;
use super::fq::FairQueue;
use super::subscriptions::Filter;
use super::{Attach, Cx, Pattern, PipeId, Pipes};
use crate::consts::{ZMQ_SUBSCRIBE, ZMQ_TOPICS_COUNT, ZMQ_UNSUBSCRIBE};
use crate::error::{Errno, Result};
use crate::msg::{Class, Msg};

/// An XSUB socket.
#[derive(Debug, Default)]
pub struct Xsub {
    fq: FairQueue,
    dist: Distributor,
    filter: Filter,
    /// The first part of a message that passed the filter, taken out to see whether there is one.
    waiting: Option<Msg>,
    /// The message being sent, and the one being received, have further parts.
    more_out: bool,
    more_in: bool,
    /// Parts of the message being sent can be subscriptions.
    subscriptions_allowed: bool,
}

/// A SUB socket.
#[derive(Debug, Default)]
pub struct Sub(Xsub);

impl Xsub {
    /// Sends the subscriptions to one pipe. What does not fit is lost, as with every send of them.
    fn send_subscriptions<P: Pipes>(&self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.filter.for_each(|topic| {
            if let Ok(mut msg) = Msg::subscribe(topic) {
                cx.pipes.write(pipe, &mut msg);
            }
        });
        cx.pipes.flush(pipe, true);
    }

    /// Notes a subscription or cancellation in a frame that is being sent. Returns whether the
    /// publishers are to see the frame.
    fn note<P: Pipes>(&mut self, cx: &Cx<'_, P>, msg: &Msg) -> bool {
        let (class, data) = (msg.class(), msg.data());
        let (subscribe, topic) = match (class, data) {
            (Class::Subscribe, topic) | (Class::Data, [1, topic @ ..]) => (true, topic),
            (Class::Cancel, topic) | (Class::Data, [0, topic @ ..]) => (false, topic),
            _ => return true,
        };
        self.subscriptions_allowed = true;
        if subscribe {
            // Repeated ones go out too: publishers may want to know (`ZMQ_XPUB_VERBOSE`).
            self.filter.add(topic);
            true
        } else {
            self.filter.remove(topic) || cx.options.xsub_verbose_unsubscribe
        }
    }

    /// Receives a message's first part, which passes the filter, or the next part of one that did.
    fn recv_filtered<P: Pipes>(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        loop {
            self.fq.recv(cx.pipes, msg)?;
            if self.more_in
                || !cx.options.filter
                || self.filter.matches(msg.data()) != cx.options.invert_matching
            {
                return Ok(());
            }
            while msg.more() {
                self.fq.recv(cx.pipes, msg)?;
            }
        }
    }
}

impl<P: Pipes> Pattern<P> for Xsub {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, _: Attach) {
        self.fq.attach(pipe);
        self.dist.attach(pipe);
        self.send_subscriptions(cx, pipe);
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        let first = !self.more_out;
        self.more_out = msg.more();
        if first {
            self.subscriptions_allowed = !cx.options.only_first_subscribe;
        }
        if (first || self.subscriptions_allowed) && !self.note(cx, msg) {
            *msg = Msg::new();
            return Ok(());
        }
        self.dist.mark_all();
        self.dist.send_to_marked(cx.pipes, msg, true);
        Ok(())
    }

    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        match self.waiting.take() {
            Some(waiting) => *msg = waiting,
            None => self.recv_filtered(cx, msg)?,
        }
        self.more_in = msg.more();
        Ok(())
    }

    fn has_in(&mut self, cx: &mut Cx<'_, P>) -> bool {
        if self.more_in || self.waiting.is_some() {
            return true;
        }
        let mut msg = Msg::new();
        let found = self.recv_filtered(cx, &mut msg).is_ok();
        if found {
            self.waiting = Some(msg);
        }
        found
    }

    fn has_out(&mut self, _: &mut Cx<'_, P>) -> bool {
        true
    }

    fn read_activated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.fq.activated(pipe);
    }

    fn write_activated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.dist.activated(pipe);
    }

    fn hiccuped(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.dist.hiccuped(pipe);
        self.send_subscriptions(cx, pipe);
    }

    fn pipe_terminated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.fq.pipe_terminated(pipe);
        self.dist.pipe_terminated(pipe);
    }

    fn option_get(&mut self, _: &mut Cx<'_, P>, option: i32) -> Result<i32> {
        match option {
            ZMQ_TOPICS_COUNT => Ok(i32::try_from(self.filter.len()).unwrap_or(i32::MAX)),
            _ => Err(Errno::EINVAL),
        }
    }
}

impl<P: Pipes> Pattern<P> for Sub {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, attach: Attach) {
        self.0.attach(cx, pipe, attach);
    }

    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        self.0.recv(cx, msg)
    }

    fn has_in(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.0.has_in(cx)
    }

    fn read_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.0.read_activated(cx, pipe);
    }

    fn write_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.0.write_activated(cx, pipe);
    }

    fn hiccuped(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.0.hiccuped(cx, pipe);
    }

    fn pipe_terminated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.0.pipe_terminated(cx, pipe);
    }

    fn option_set(&mut self, cx: &mut Cx<'_, P>, option: i32, value: &[u8]) -> Result<()> {
        let mut msg = match option {
            ZMQ_SUBSCRIBE => Msg::subscribe(value)?,
            ZMQ_UNSUBSCRIBE => Msg::cancel(value)?,
            _ => return Ok(()),
        };
        self.0.send(cx, &mut msg)
    }

    fn option_get(&mut self, cx: &mut Cx<'_, P>, option: i32) -> Result<i32> {
        self.0.option_get(cx, option)
    }
}

#[cfg(test)]
mod tests;
