//! pgm and epgm: packets between a pipe and OpenPGM.

use std::collections::{HashMap, VecDeque};

use super::{Ends, Engine, TURN, Turn};
use crate::msg::Msg;
use crate::sys::RawFd;
use crate::sys::pgm::{self, Received, Sent, Socket};
use crate::zmtp::Config;
use crate::zmtp::multicast::{Carrier, FrameReader, FrameWriter};

/// After so many milliseconds of silence OpenPGM forgets a sender.
const EXPIRY_MS: u64 = 300_000;

/// With so many senders it is worth looking for those that are silent.
const MANY: usize = 64;

/// From a pipe to the network.
pub struct Sender {
    socket: Socket,
    capacity: usize,
    writer: FrameWriter,
    /// What was not sent yet.
    packet: Vec<u8>,
}

impl Sender {
    /// A sender by this socket.
    pub fn new(socket: Socket) -> Sender {
        let capacity = socket.capacity();
        Sender { socket, capacity, writer: FrameWriter::new(Carrier::Pgm), packet: Vec::new() }
    }
}

impl Engine for Sender {
    fn inputs(&self) -> Vec<RawFd> {
        self.socket.watched(true)
    }

    fn output(&self) -> Option<RawFd> {
        self.socket.output()
    }

    fn turn(&mut self, ends: &mut Ends, _now: u64) -> Turn {
        // Requests for repairs, and the answers to them.
        let mut turn = match self.socket.receive(|_, _| ()) {
            Received::Idle(after_ms) => Turn { after_ms, ..Turn::default() },
            Received::Some | Received::Lost(_) => Turn { again: true, ..Turn::default() },
            Received::Broken => Turn { broken: true, ..Turn::default() },
        };
        for _ in 0..TURN {
            if self.packet.is_empty()
                && !self.writer.fill(&mut self.packet, self.capacity, |msg| ends.next(msg))
            {
                self.packet.clear();
                return turn;
            }
            match self.socket.send(&self.packet) {
                Sent::Done => self.packet.clear(),
                Sent::Full => return Turn { output: true, ..turn },
                Sent::Limited(ms) => {
                    turn.after_ms = Some(turn.after_ms.map_or(ms, |other| other.min(ms)));
                    return turn;
                }
                Sent::Broken => return Turn { broken: true, ..turn },
            }
        }
        Turn { again: true, ..turn }
    }

    fn is_drained(&self) -> bool {
        self.packet.is_empty() && self.writer.is_done()
    }
}

/// From the network to a pipe.
pub struct Receiver {
    socket: Socket,
    config: Config,
    senders: Senders,
    /// Frames that the pipe had no room for.
    ready: VecDeque<Msg>,
}

/// Those who are heard.
#[derive(Default)]
struct Senders(HashMap<pgm::Sender, Heard>);

struct Heard {
    reader: FrameReader,
    /// When it was heard last.
    at: u64,
}

impl Senders {
    fn get(&mut self, sender: pgm::Sender, now: u64) -> &mut FrameReader {
        if self.0.len() >= MANY && !self.0.contains_key(&sender) {
            self.0.retain(|_, heard| now.saturating_sub(heard.at) < EXPIRY_MS);
        }
        let new = || Heard { reader: FrameReader::new(), at: now };
        let heard = self.0.entry(sender).or_insert_with(new);
        heard.at = now;
        &mut heard.reader
    }
}

impl Receiver {
    /// A receiver by this socket.
    pub fn new(socket: Socket, config: Config) -> Receiver {
        Receiver { socket, config, senders: Senders::default(), ready: VecDeque::new() }
    }
}

impl Engine for Receiver {
    fn inputs(&self) -> Vec<RawFd> {
        self.socket.watched(false)
    }

    fn turn(&mut self, ends: &mut Ends, now: u64) -> Turn {
        ends.discard();
        for _ in 0..TURN {
            if !ends.deliver(&mut self.ready) {
                return Turn { held: true, ..Turn::default() };
            }
            let (config, senders, ready) = (&self.config, &mut self.senders, &mut self.ready);
            let received = self.socket.receive(|sender, packet| {
                // After what cannot be read, the next message that begins a packet is read again.
                let _ = senders.get(sender, now).packet(config, packet, ready);
            });
            match received {
                Received::Some => {}
                Received::Lost(sender) => {
                    self.senders.0.remove(&sender);
                }
                Received::Idle(after_ms) => return Turn { after_ms, ..Turn::default() },
                Received::Broken => return Turn { broken: true, ..Turn::default() },
            }
        }
        Turn { again: true, ..Turn::default() }
    }

    fn is_drained(&self) -> bool {
        true
    }
}
