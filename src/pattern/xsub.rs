//! XSUB and SUB (RFC 29): subscriptions go to all publishers, messages come fairly from all. An
//! XSUB's application sends subscriptions as messages; a SUB's sets options.

use smallvec::SmallVec;

use super::dist::Distributor;
use super::fq::FairQueue;
use super::late::Late;
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
    late: Late,
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

/// What a frame asks publishers for.
enum Change {
    Subscribe,
    Cancel,
}

/// The subscription or cancellation in a frame, with its topic.
fn change_in(msg: &Msg) -> Option<(Change, &[u8])> {
    match (msg.class(), msg.data()) {
        (Class::Subscribe, topic) | (Class::Data, [1, topic @ ..]) => {
            Some((Change::Subscribe, topic))
        }
        (Class::Cancel, topic) | (Class::Data, [0, topic @ ..]) => Some((Change::Cancel, topic)),
        _ => None,
    }
}

impl Xsub {
    /// Sends all subscriptions to one pipe, the rest of them when there is room.
    fn send_subscriptions<P: Pipes>(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.late.forget(pipe);
        self.filter.for_each(|topic| {
            if !Msg::subscribe(topic).is_ok_and(|mut msg| cx.pipes.write(pipe, &mut msg)) {
                self.late.add(pipe, topic);
            }
        });
        cx.pipes.flush(pipe, true);
    }

    /// Notes a subscription or cancellation of a topic. Returns whether the publishers are to hear
    /// of it.
    fn note<P: Pipes>(&mut self, cx: &Cx<'_, P>, change: Change, topic: &[u8]) -> bool {
        self.subscriptions_allowed = true;
        match change {
            Change::Subscribe => {
                // Repeated ones go out too: publishers may want to know (`ZMQ_XPUB_VERBOSE`).
                self.filter.add(topic);
                true
            }
            Change::Cancel => self.filter.remove(topic) || cx.options.xsub_verbose_unsubscribe,
        }
    }

    /// Sends a frame to every publisher. Those that have no room miss it.
    fn send_to_all<P: Pipes>(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) {
        self.dist.mark_all();
        self.dist.send_to_marked(cx.pipes, msg, true);
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
        let Some((change, topic)) = change_in(msg).filter(|_| first || self.subscriptions_allowed)
        else {
            self.send_to_all(cx, msg);
            return Ok(());
        };
        let topic = SmallVec::<[u8; 64]>::from_slice(topic);
        if self.note(cx, change, &topic) {
            self.send_to_all(cx, msg);
            for pipe in self.dist.missed() {
                self.late.add(pipe, &topic);
            }
        } else {
            *msg = Msg::new();
        }
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

    fn write_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.dist.activated(pipe);
        let filter = &self.filter;
        self.late.send(cx.pipes, pipe, |topic| {
            if filter.contains(topic) { Msg::subscribe(topic) } else { Msg::cancel(topic) }
        });
    }

    fn hiccuped(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.dist.hiccuped(pipe);
        self.send_subscriptions(cx, pipe);
    }

    fn pipe_terminated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.fq.pipe_terminated(pipe);
        self.dist.pipe_terminated(pipe);
        self.late.forget(pipe);
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
