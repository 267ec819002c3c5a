//! Messaging patterns: what each socket type does with its pipes.
//!
//! One file per socket type behind [`Pattern`], with the shared policies beside them: load
//! balancing (`lb`), fair queueing (`fq`), fan-out (`dist`) and the subscription index
//! (`subscriptions`). A pattern sees pipes only through [`Pipes`] and options only as values; it
//! knows no file descriptors, clocks, locks or threads.
//!
//! # Contract
//!
//! - Every call comes from the one thread that currently uses the socket, never concurrently.
//! - `send` and `recv` never block: they return `EAGAIN`, and the socket waits and calls again.
//! - A pipe whose `check_read`/`read` said "nothing" (or whose `check_write`/`write` said "full") is
//!   *passive* in that direction until [`Pattern::read_activated`] (or `write_activated`) names it
//!   again. A pattern keeps passive pipes out of its rotation, so that a call costs only what the
//!   active pipes cost.
//! - After [`Pattern::pipe_terminated`] the id is dead; it may be reused by a later `attach`.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

use crate::error::{Errno, Result};
use crate::msg::Msg;
use crate::options::{Options, SocketType};

mod addressed;
mod bytes;
mod channel;
mod client;
mod dealer;
mod dgram;
mod dish;
mod dist;
mod fq;
mod gather;
mod late;
mod lb;
mod list;
mod pair;
mod peers;
mod pull;
mod push;
mod radio;
mod radix;
mod rep;
mod req;
mod router;
mod scatter;
mod server;
mod stream;
mod subscriptions;
#[cfg(test)]
mod testing;
mod xpub;
mod xsub;

/// Names a pipe among the pipes of one socket. Ids are small numbers (places in the socket's table
/// of pipes): the patterns keep tables indexed by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PipeId(pub u32);

/// What a pattern can do with its pipes. Implemented by `core` for real pipes and by the tests'
/// simulated ones.
pub trait Pipes {
    /// Whether a frame can be read now. `false` makes the pipe passive for reading. Also consumes
    /// a pipe's end marker, so `false` may be followed by `pipe_terminated`.
    fn check_read(&mut self, pipe: PipeId) -> bool;
    /// Reads the next frame into `msg` (whose old content is dropped). `false`: nothing there, `msg`
    /// is untouched, and the pipe is passive for reading. Once the first frame of a multipart
    /// message can be read, all its frames can.
    fn read(&mut self, pipe: PipeId, msg: &mut Msg) -> bool;
    /// Whether a frame can be written now (high-water mark, termination). `false` makes the pipe
    /// passive for writing. The mark is only reached between messages, never within one, but a
    /// pipe can be ended by its peer within one.
    fn check_write(&mut self, pipe: PipeId) -> bool;
    /// Whether the high-water mark holds writes back. Unlike `!check_write` it is `false` for an ended
    /// pipe. `true` makes the pipe passive for writing.
    fn is_full(&mut self, pipe: PipeId) -> bool;
    /// Writes a frame, taking `msg`'s content and leaving it empty. `false`: full or ended, `msg` is
    /// untouched, and the pipe is passive for writing. Frames become visible to the reader when
    /// `flush` is called after the last part of a message (a frame with `more` unset).
    fn write(&mut self, pipe: PipeId, msg: &mut Msg) -> bool;
    /// Writes a message of one part and publishes it, as [`Pipes::write`] and [`Pipes::flush`] do, with
    /// `direct`. `false`: nothing happened, and [`Pipes::write`] has to be tried.
    #[inline]
    fn write_single(&mut self, pipe: PipeId, msg: &mut Msg) -> bool {
        let written = !msg.more() && self.write(pipe, msg);
        if written {
            self.flush(pipe, true);
        }
        written
    }
    /// Publishes the whole messages that were written. `direct` allows the calling thread to write
    /// to the network by itself when the connection is quiet; pass `false` when the same message
    /// goes to many pipes.
    fn flush(&mut self, pipe: PipeId, direct: bool);
    /// Has messages that go to all of these pipes, of which none has an incomplete message, written once for all
    /// ([`Pipes::share`]), until something else is written to one of them. `false`: that cannot be, or is not
    /// worth it.
    fn share_among(&mut self, pipes: impl Iterator<Item = PipeId> + Clone) -> bool {
        let _ = pipes;
        false
    }
    /// Whether all pipes of the last [`Pipes::share_among`] have room for a message.
    fn can_share(&self) -> bool {
        false
    }
    /// Writes a message of one part, without a group, to all pipes of the last [`Pipes::share_among`], and
    /// publishes it. `false`: nothing happened, and it has to be done one by one.
    fn share(&mut self, msg: &mut Msg) -> bool {
        let _ = msg;
        false
    }
    /// Takes back the written frames of an incomplete message.
    fn rollback(&mut self, pipe: PipeId);
    /// Ends the pipe. With `delay`, messages that the peer already sent may still be read before it
    /// ends; without, they are dropped. What was written stays readable for the peer.
    /// `pipe_terminated` follows, never from within this call.
    fn terminate(&mut self, pipe: PipeId, delay: bool);
}

/// What a pattern is called with: its socket's pipes and the options in force.
pub struct Cx<'a, P: Pipes> {
    /// The socket's pipes.
    pub pipes: &'a mut P,
    /// The socket's options.
    pub options: &'a mut Options,
}

/// How a pipe came to be attached.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attach {
    /// The peer takes every message whatever it subscribed to: it cannot say (ZMTP 1.0, udp).
    pub subscribe_to_all: bool,
    /// This socket connected, the peer bound.
    pub locally_initiated: bool,
}

/// One socket type's behaviour.
pub trait Pattern<P: Pipes>: Send {
    /// A new pipe. The pattern may terminate it at once (PAIR with a peer already).
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, attach: Attach);

    /// Sends one frame; its `more` flag is set as the caller wants it. On success `msg` is left
    /// empty. Errors leave it untouched: `EAGAIN` (would block), `EFSM`, `EHOSTUNREACH`, `ENOTSUP`,
    /// `EINVAL`, `ENOMEM`, `EPIPE`.
    ///
    /// `EPIPE` is not for the application: the pipe ended in the middle of this message, what was
    /// sent of it is lost, and any further parts will be dropped. A blocking caller drops this part
    /// too and reports success; a non-blocking one reports `EAGAIN`.
    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        let _ = (cx, msg);
        Err(Errno::ENOTSUP)
    }

    /// Receives one frame. Errors: `EAGAIN` (would block), `EFSM`, `ENOTSUP`, `ENOMEM`.
    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        let _ = (cx, msg);
        Err(Errno::ENOTSUP)
    }

    /// Whether `recv` would succeed.
    fn has_in(&mut self, cx: &mut Cx<'_, P>) -> bool {
        let _ = cx;
        false
    }

    /// Whether `send` would succeed.
    fn has_out(&mut self, cx: &mut Cx<'_, P>) -> bool {
        let _ = cx;
        false
    }

    /// A pipe passive for reading has something again.
    fn read_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId);

    /// A pipe passive for writing has room again.
    fn write_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        let _ = (cx, pipe);
    }

    /// The connection behind the pipe was replaced; what was written is gone.
    fn hiccuped(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        let _ = (cx, pipe);
    }

    /// The pipe is gone.
    fn pipe_terminated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId);

    /// An option that is an action or that only this socket type knows (SUBSCRIBE, UNSUBSCRIBE on a
    /// manual XPUB, …). Called after the table accepted size and range. Plain values are stored
    /// in `Options` before and need nothing here.
    fn option_set(&mut self, cx: &mut Cx<'_, P>, option: i32, value: &[u8]) -> Result<()> {
        let _ = (cx, option, value);
        Ok(())
    }

    /// A computed option (`ZMQ_TOPICS_COUNT`).
    fn option_get(&mut self, cx: &mut Cx<'_, P>, option: i32) -> Result<i32> {
        let _ = (cx, option);
        Err(Errno::EINVAL)
    }

    /// `zmq_join` and `zmq_leave` (`join` = false) of a DISH socket.
    fn group(&mut self, cx: &mut Cx<'_, P>, group: &[u8], join: bool) -> Result<()> {
        let _ = (cx, group, join);
        Err(Errno::ENOTSUP)
    }

    /// `zmq_socket_get_peer_state`: which of `ZMQ_POLLIN` and `ZMQ_POLLOUT` hold for one peer.
    fn peer_state(&mut self, cx: &mut Cx<'_, P>, routing_id: &[u8]) -> Result<i32> {
        let _ = (cx, routing_id);
        Err(Errno::ENOTSUP)
    }

    /// The number of the peer whose pipe was attached last (`zmq_connect_peer`); 0 for socket types
    /// that do not number their peers.
    fn last_peer(&self) -> u32 {
        0
    }

    /// `zmq_disconnect_peer`: ends the pipe of a numbered peer. Errors: `EHOSTUNREACH` (no such
    /// peer), `ENOTSUP`.
    fn disconnect_peer(&mut self, cx: &mut Cx<'_, P>, number: u32) -> Result<()> {
        let _ = (cx, number);
        Err(Errno::ENOTSUP)
    }
}

/// The pattern of a socket type.
pub fn create<P: Pipes + 'static>(socket_type: SocketType) -> Box<dyn Pattern<P>> {
    match socket_type {
        SocketType::Pair => Box::new(pair::Pair::default()),
        SocketType::Push => Box::new(push::Push::default()),
        SocketType::Pull => Box::new(pull::Pull::default()),
        SocketType::Dealer => Box::new(dealer::Dealer::default()),
        SocketType::Router => Box::new(router::Router::default()),
        SocketType::Req => Box::new(req::Req::default()),
        SocketType::Rep => Box::new(rep::Rep::default()),
        SocketType::Pub => Box::new(xpub::Pub::default()),
        SocketType::Sub => Box::new(xsub::Sub::default()),
        SocketType::Xpub => Box::new(xpub::Xpub::default()),
        SocketType::Xsub => Box::new(xsub::Xsub::default()),
        SocketType::Stream => Box::new(stream::Stream::default()),
        SocketType::Client => Box::new(client::Client::default()),
        SocketType::Server | SocketType::Peer => Box::new(server::Server::default()),
        SocketType::Scatter => Box::new(scatter::Scatter::default()),
        SocketType::Gather => Box::new(gather::Gather::default()),
        SocketType::Channel => Box::new(channel::Channel::default()),
        SocketType::Radio => Box::new(radio::Radio::default()),
        SocketType::Dish => Box::new(dish::Dish::default()),
        SocketType::Dgram => Box::new(dgram::Dgram::default()),
    }
}

/// Reads and drops all that a pipe holds, for sockets that take nothing from it. It keeps the peer
/// from filling the pipe, and lets the pipe's end be seen.
fn discard_input<P: Pipes>(pipes: &mut P, pipe: PipeId) {
    let mut msg = Msg::new();
    while pipes.read(pipe, &mut msg) {}
}

/// Writes the empty message that `ZMQ_PROBE_ROUTER` asks for to a new pipe.
fn probe<P: Pipes>(pipes: &mut P, pipe: PipeId) {
    if pipes.write(pipe, &mut Msg::new()) {
        pipes.flush(pipe, true);
    }
}
