//! Multicast protocols: engines that move messages between a pipe and the library that speaks the
//! protocol.

mod norm;
mod pgm;

use std::collections::VecDeque;

use super::courier::{Cause, Ends, Means, Outcome};
use crate::error::Result;
use crate::msg::Msg;
use crate::options::Options;
use crate::sys::RawFd;
use crate::sys::poller::{Poller, Watch};
use crate::transport::{MulticastSocket, multicast_sends};
use crate::zmtp::Config;

/// Packets moved in one go before others get a turn.
const TURN: usize = 64;

/// What speaks a protocol, in one direction.
trait Engine: Send {
    /// The descriptors at which something to read means a turn.
    fn inputs(&self) -> Vec<RawFd>;

    /// The descriptor at which room to write means a turn, if [`Turn::output`] asks for it.
    fn output(&self) -> Option<RawFd> {
        None
    }

    /// Does what can be done. `now`: milliseconds on the library's clock.
    fn turn(&mut self, ends: &mut Ends, now: u64) -> Turn;

    /// Whether all that was taken from the pipe was sent.
    fn is_drained(&self) -> bool;
}

/// What an engine waits for, beside its inputs and what happens to its pipe.
#[derive(Default)]
struct Turn {
    /// It could go on at once.
    again: bool,
    /// A time, in milliseconds from now.
    after_ms: Option<u64>,
    /// Room to write.
    output: bool,
    /// Room in the pipe; its inputs are not to be watched meanwhile.
    held: bool,
    /// Nothing any more.
    broken: bool,
}

impl Ends {
    /// Reads what a receiving socket says, which nobody hears: its subscriptions.
    fn discard(&mut self) {
        let mut msg = Msg::new();
        while self.next(&mut msg) {}
    }

    /// Passes frames on to the socket. Whether the pipe had room for all of them.
    fn deliver(&mut self, frames: &mut VecDeque<Msg>) -> bool {
        let Some(pipe) = &mut self.to_socket else {
            frames.clear();
            return true;
        };
        while let Some(frame) = frames.front_mut() {
            if !pipe.write(frame) {
                break;
            }
            frames.pop_front();
        }
        pipe.flush(false);
        frames.is_empty()
    }
}

/// The endpoint of a PUB, SUB, XPUB or XSUB socket that pgm, epgm or norm lead to.
pub struct Multicast {
    engine: Box<dyn Engine>,
    sends: bool,
    token: u64,
    inputs: Vec<RawFd>,
    /// Whether the inputs are not watched.
    is_held: bool,
    /// The output, if it is watched.
    output: Option<RawFd>,
}

impl Means for Multicast {
    fn sends(&self) -> bool {
        self.sends
    }

    fn start(&mut self, poller: &Poller, token: u64) -> Result<()> {
        self.token = token;
        for fd in self.engine.inputs() {
            poller.add(fd, Watch::LevelRead, token)?;
            self.inputs.push(fd);
        }
        Ok(())
    }

    fn turn(&mut self, ends: &mut Ends, _cause: Cause, poller: &Poller, now: u64) -> Outcome {
        let turn = self.engine.turn(ends, now);
        let is_over = turn.broken
            || ends.is_over() && (!self.sends || self.engine.is_drained())
            || self.watch(poller, &turn).is_err();
        Outcome { send_again: turn.again, after_ms: turn.after_ms, is_over, ..Outcome::default() }
    }

    fn stop(&mut self, poller: &Poller) {
        for fd in self.inputs.drain(..).chain(self.output.take()) {
            poller.remove(fd);
        }
    }
}

impl Multicast {
    /// An endpoint by this socket.
    pub fn new(options: &Options, socket: MulticastSocket) -> Multicast {
        let sends = multicast_sends(options.socket_type);
        let config = Config::from(options);
        let engine: Box<dyn Engine> = match (socket, sends) {
            (MulticastSocket::Pgm(socket), true) => Box::new(pgm::Sender::new(socket)),
            (MulticastSocket::Pgm(socket), false) => Box::new(pgm::Receiver::new(socket, config)),
            (MulticastSocket::Norm(session), true) => Box::new(norm::Sender::new(session)),
            (MulticastSocket::Norm(session), false) => {
                Box::new(norm::Receiver::new(session, config))
            }
        };
        Multicast { engine, sends, token: 0, inputs: Vec::new(), is_held: false, output: None }
    }

    /// Watches what the engine waits for, and nothing else: its descriptors stay ready until it has
    /// attended to them.
    fn watch(&mut self, poller: &Poller, turn: &Turn) -> Result<()> {
        if turn.held != self.is_held {
            let watch = if turn.held { Watch::Off } else { Watch::LevelRead };
            for &fd in &self.inputs {
                poller.modify(fd, watch, self.token)?;
            }
            self.is_held = turn.held;
        }
        match (turn.output, self.output) {
            (true, None) => {
                self.output = self.engine.output();
                if let Some(fd) = self.output {
                    poller.add(fd, Watch::LevelWrite, self.token)?;
                }
            }
            (false, Some(fd)) => {
                poller.remove(fd);
                self.output = None;
            }
            _ => {}
        }
        Ok(())
    }
}
