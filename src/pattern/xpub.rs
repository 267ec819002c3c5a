//! XPUB and PUB (RFC 29): messages go to the peers that subscribed to them. XPUB also shows the
//! subscriptions to the application, and what peers send.

use std::collections::VecDeque;

use super::dist::Distributor;
use super::subscriptions::{Removed, Subscriptions};
use super::{Attach, Cx, Pattern, PipeId, Pipes};
use crate::consts::{ZMQ_SUBSCRIBE, ZMQ_TOPICS_COUNT, ZMQ_UNSUBSCRIBE};
use crate::error::{Errno, Result};
use crate::msg::{Class, Msg};
use crate::options::Options;

/// Something for the application to receive.
#[derive(Debug)]
struct Pending {
    msg: Msg,
    /// With `ZMQ_XPUB_MANUAL`: a notification, and the pipe it is about, while that lives.
    manual: Option<Option<PipeId>>,
}

/// What a frame from a peer asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Request {
    Subscribe,
    Cancel,
}

/// An XPUB socket.
#[derive(Debug, Default)]
pub struct Xpub {
    dist: Distributor,
    subscriptions: Subscriptions,
    /// With `ZMQ_XPUB_MANUAL`: what the peers asked for, as opposed to what the application granted.
    requested: Subscriptions,
    pending: VecDeque<Pending>,
    /// With `ZMQ_XPUB_MANUAL`: the pipe of the notification that was received last, which
    /// `ZMQ_SUBSCRIBE` and `ZMQ_UNSUBSCRIBE` are about.
    last_pipe: Option<PipeId>,
    /// The message being sent has further parts.
    more: bool,
    /// This is a PUB, which has nothing to receive.
    deaf: bool,
}

/// A PUB socket.
#[derive(Debug)]
pub struct Pub(Xpub);

impl Default for Pub {
    fn default() -> Pub {
        Pub(Xpub { deaf: true, ..Xpub::default() })
    }
}

impl Xpub {
    /// Takes all that a pipe holds.
    fn read<P: Pipes>(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        let mut msg = Msg::new();
        let mut first = true;
        let mut subscriptions_allowed = true;
        while cx.pipes.read(pipe, &mut msg) {
            let more = msg.more();
            let request = request(&msg).filter(|_| first || subscriptions_allowed);
            if first {
                subscriptions_allowed = !cx.options.only_first_subscribe || request.is_some();
            }
            first = !more;
            match request {
                Some(request) => self.subscribe(cx.options, pipe, request, &mut msg),
                None if self.deaf => {}
                None => self.pending.push_back(Pending { msg: msg.take(), manual: None }),
            }
        }
    }

    /// Carries out a request, and tells the application if it is to know.
    fn subscribe(&mut self, options: &Options, pipe: PipeId, request: Request, msg: &mut Msg) {
        let topic = topic(msg);
        let (notify, manual) = if options.xpub_manual {
            match request {
                Request::Subscribe => drop(self.requested.add(topic, pipe)),
                Request::Cancel => drop(self.requested.remove(topic, pipe)),
            }
            (true, Some(Some(pipe)))
        } else {
            let notify = match request {
                Request::Subscribe => self.subscriptions.add(topic, pipe) || options.xpub_verbose,
                Request::Cancel => {
                    self.subscriptions.remove(topic, pipe) != Removed::OthersRemain
                        || options.xpub_verboser
                }
            };
            (notify, None)
        };
        if notify && !self.deaf {
            // Without memory for it the notification is lost, the subscription counts.
            if let Ok(notification) = notification_from(request, msg) {
                self.pending.push_back(Pending { msg: notification, manual });
            }
        }
    }

    /// Marks the pipes that the message goes to. Returns whether it is for the last pipe alone.
    fn mark<P: Pipes>(&mut self, cx: &mut Cx<'_, P>, msg: &Msg) -> bool {
        let Xpub { dist, subscriptions, .. } = self;
        // A failed attempt may have left marks.
        dist.unmark_all();
        let manual = cx.options.xpub_manual && cx.options.xpub_manual_last_value;
        let only = self.last_pipe.filter(|_| manual);
        match only {
            Some(only) => subscriptions.matches(msg.data(), |pipe| {
                if pipe == only {
                    dist.mark(pipe);
                }
            }),
            None => subscriptions.matches(msg.data(), |pipe| dist.mark(pipe)),
        }
        if cx.options.invert_matching {
            dist.invert_marks();
        }
        only.is_some()
    }

    fn welcome<P: Pipes>(&self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        if !cx.options.xpub_welcome_msg.is_empty()
            && let Ok(mut msg) = Msg::from_slice(&cx.options.xpub_welcome_msg)
            && cx.pipes.write(pipe, &mut msg)
        {
            cx.pipes.flush(pipe, true);
        }
    }

    /// Tells the application of the cancellations that follow from a pipe's end.
    fn remove_subscriptions(&mut self, options: &Options, pipe: PipeId) {
        if self.deaf {
            self.subscriptions.forget_pipe(pipe);
            self.requested.forget_pipe(pipe);
            return;
        }
        let pending = &mut self.pending;
        let mut notify = |topic: &[u8], manual| {
            if let Ok(msg) = notification(Request::Cancel, topic) {
                pending.push_back(Pending { msg, manual });
            }
        };
        if options.xpub_manual {
            self.subscriptions.forget_pipe(pipe);
            self.requested.remove_pipe(pipe, |topic, _| notify(topic, Some(None)));
        } else {
            self.requested.forget_pipe(pipe);
            self.subscriptions.remove_pipe(pipe, |topic, last| {
                if last || options.xpub_verboser {
                    notify(topic, None);
                }
            });
        }
    }
}

impl<P: Pipes> Pattern<P> for Xpub {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, attach: Attach) {
        self.dist.attach(pipe);
        if attach.subscribe_to_all {
            self.subscriptions.add(&[], pipe);
        }
        self.welcome(cx, pipe);
        self.read(cx, pipe);
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        let more = msg.more();
        if !self.more {
            let for_last_pipe = self.mark(cx, msg);
            if cx.options.xpub_nodrop && self.dist.any_marked_is_full(cx.pipes) {
                return Err(Errno::EAGAIN);
            }
            if for_last_pipe {
                self.last_pipe = None;
            }
        }
        let direct = self.dist.marked() == 1;
        self.dist.publish(cx.pipes, msg, direct);
        if !more {
            self.dist.unmark_all();
        }
        self.more = more;
        Ok(())
    }

    fn recv(&mut self, _: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        let pending = self.pending.pop_front().ok_or(Errno::EAGAIN)?;
        if let Some(pipe) = pending.manual {
            self.last_pipe = pipe;
        }
        if self.pending.is_empty() {
            self.pending.shrink_to(16);
        }
        *msg = pending.msg;
        Ok(())
    }

    fn has_in(&mut self, _: &mut Cx<'_, P>) -> bool {
        !self.pending.is_empty()
    }

    fn has_out(&mut self, _: &mut Cx<'_, P>) -> bool {
        true
    }

    fn read_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.read(cx, pipe);
    }

    fn write_activated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.dist.activated(pipe);
    }

    fn hiccuped(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.dist.hiccuped(pipe);
    }

    fn pipe_terminated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.remove_subscriptions(cx.options, pipe);
        if self.last_pipe == Some(pipe) {
            self.last_pipe = None;
        }
        for pending in &mut self.pending {
            if pending.manual == Some(Some(pipe)) {
                pending.manual = Some(None);
            }
        }
        self.dist.pipe_terminated(pipe);
    }

    fn option_set(&mut self, cx: &mut Cx<'_, P>, option: i32, value: &[u8]) -> Result<()> {
        match option {
            ZMQ_SUBSCRIBE | ZMQ_UNSUBSCRIBE if !cx.options.xpub_manual => Err(Errno::EINVAL),
            ZMQ_SUBSCRIBE => {
                if let Some(pipe) = self.last_pipe {
                    self.subscriptions.add(value, pipe);
                }
                Ok(())
            }
            ZMQ_UNSUBSCRIBE => {
                if let Some(pipe) = self.last_pipe {
                    self.subscriptions.remove(value, pipe);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn option_get(&mut self, _: &mut Cx<'_, P>, option: i32) -> Result<i32> {
        match option {
            ZMQ_TOPICS_COUNT => Ok(i32::try_from(self.subscriptions.len()).unwrap_or(i32::MAX)),
            _ => Err(Errno::EINVAL),
        }
    }
}

impl<P: Pipes> Pattern<P> for Pub {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, attach: Attach) {
        self.0.attach(cx, pipe, attach);
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        self.0.send(cx, msg)
    }

    fn has_out(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.0.has_out(cx)
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
        self.0.option_set(cx, option, value)
    }

    fn option_get(&mut self, cx: &mut Cx<'_, P>, option: i32) -> Result<i32> {
        self.0.option_get(cx, option)
    }
}

/// What a frame asks for: a ZMTP 3.1 command says it by its class, older peers by a first byte.
fn request(msg: &Msg) -> Option<Request> {
    match (msg.class(), msg.data().first()) {
        (Class::Subscribe, _) | (Class::Data, Some(1)) => Some(Request::Subscribe),
        (Class::Cancel, _) | (Class::Data, Some(0)) => Some(Request::Cancel),
        _ => None,
    }
}

/// The topic of a request.
fn topic(msg: &Msg) -> &[u8] {
    match msg.class() {
        Class::Data => msg.data().get(1..).unwrap_or_default(),
        _ => msg.data(),
    }
}

/// A request as applications see it, whatever the peer speaks: one byte, then the topic.
fn notification(request: Request, topic: &[u8]) -> Result<Msg> {
    let mut msg = Msg::with_size(topic.len() + 1)?;
    if let Some((first, rest)) = msg.data_mut()?.split_first_mut() {
        *first = u8::from(request == Request::Subscribe);
        rest.copy_from_slice(topic);
    }
    Ok(msg)
}

/// The notification of a frame, which is left empty.
fn notification_from(request: Request, msg: &mut Msg) -> Result<Msg> {
    if msg.class() == Class::Data {
        // It looks right already.
        msg.set_more(false);
        return Ok(msg.take());
    }
    let mut notification = notification(request, msg.data())?;
    notification.set_metadata(msg.metadata_ref());
    Ok(notification)
}

#[cfg(test)]
mod tests;
