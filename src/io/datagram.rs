//! Datagrams between a pipe and the network.

use std::io::IoSlice;
use std::net::SocketAddr;

use super::courier::{Cause, Ends, Means, Outcome};
use crate::core::pipe::PipeReader;
use crate::error::{Errno, Result};
use crate::msg::Msg;
use crate::options::SocketType;
use crate::sys::poller::{Direction, Poller, Watch};
use crate::transport::{DatagramSocket, MAX_DATAGRAM};
use crate::zmtp::datagram;

/// Datagrams moved in one go before others get a turn.
const TURN: usize = 64;

/// The largest datagram there can be.
const LARGEST: usize = 65535;

/// The udp endpoint of a RADIO, DISH or DGRAM socket.
pub struct Datagrams {
    socket: DatagramSocket,
    socket_type: SocketType,
    /// A datagram that the network did not take yet.
    unsent: Option<Outgoing>,
    /// Received frames that the pipe has no room for, the last first.
    held: Vec<Msg>,
    /// Room for one datagram, once something is to be received.
    room: Vec<u8>,
}

struct Outgoing {
    to: Option<SocketAddr>,
    header: Vec<u8>,
    body: Msg,
}

impl Means for Datagrams {
    fn sends(&self) -> bool {
        self.socket_type != SocketType::Dish
    }

    fn start(&mut self, poller: &Poller, token: u64) -> Result<()> {
        poller.add(self.socket.fd(), Watch::EdgeBoth, token)
    }

    fn turn(&mut self, ends: &mut Ends, cause: Cause, poller: &Poller, _now: u64) -> Outcome {
        let mut outcome = Outcome::default();
        if cause != Cause::Pipe {
            self.receive(ends, poller, &mut outcome);
        }
        if cause != Cause::Room {
            self.send(ends, poller, &mut outcome);
        }
        outcome
    }

    fn stop(&mut self, poller: &Poller) {
        poller.remove(self.socket.fd());
    }
}

impl Datagrams {
    /// An endpoint by this socket.
    pub fn new(socket_type: SocketType, socket: DatagramSocket) -> Datagrams {
        Datagrams { socket, socket_type, unsent: None, held: Vec::new(), room: Vec::new() }
    }

    /// Moves messages from the pipe to the network until either has enough.
    fn send(&mut self, ends: &mut Ends, poller: &Poller, outcome: &mut Outcome) {
        for _ in 0..TURN {
            if self.unsent.is_none() && !self.take_next(ends) {
                outcome.is_over = ends.from_socket.as_ref().is_some_and(PipeReader::is_ended);
                return;
            }
            let Some(outgoing) = &self.unsent else { continue };
            let slices = [IoSlice::new(&outgoing.header), IoSlice::new(outgoing.body.data())];
            if let Err(Errno::EAGAIN) = self.socket.send(&slices, outgoing.to) {
                let _ = poller.rearm(self.socket.fd(), Direction::Write);
                return;
            }
            // Sent or, as with any datagram, lost.
            self.unsent = None;
        }
        outcome.send_again = true;
    }

    /// Takes the next message out of the pipe. Whether there was one; what cannot be sent is
    /// dropped.
    fn take_next(&mut self, ends: &mut Ends) -> bool {
        let mut msg = Msg::new();
        if !ends.next(&mut msg) {
            return false;
        }
        self.unsent =
            match self.socket_type {
                SocketType::Radio => datagram::header(msg.group().to_bytes())
                    .map(|header| Outgoing { to: None, header, body: msg }),
                SocketType::Dgram => {
                    let peer = self.socket.parse_peer(msg.data());
                    let whole = msg.more() && ends.next(&mut msg);
                    let peer = peer.ok().filter(|_| whole);
                    peer.map(|to| Outgoing { to: Some(to), header: Vec::new(), body: msg })
                }
                // A DISH tells of its groups; nobody listens.
                _ => None,
            };
        let fits = |it: &Outgoing| it.header.len().saturating_add(it.body.len()) <= MAX_DATAGRAM;
        self.unsent = self.unsent.take().filter(fits);
        true
    }

    /// Moves datagrams from the network to the pipe until either has enough.
    fn receive(&mut self, ends: &mut Ends, poller: &Poller, outcome: &mut Outcome) {
        let Some(pipe) = &mut ends.to_socket else { return };
        if self.socket_type == SocketType::Radio {
            return;
        }
        self.room.resize(LARGEST, 0);
        for _ in 0..TURN {
            while let Some(mut msg) = self.held.pop() {
                if !pipe.write(&mut msg) {
                    // The rest waits in the system, which drops what it has no room for.
                    self.held.push(msg);
                    return pipe.flush(false);
                }
            }
            match self.socket.receive(&mut self.room) {
                Ok((length, from)) => self.hold(length, from),
                Err(Errno::EAGAIN) => {
                    let _ = poller.rearm(self.socket.fd(), Direction::Read);
                    return pipe.flush(false);
                }
                // An error of what was sent before, reported here.
                Err(_) => {}
            }
        }
        pipe.flush(false);
        outcome.receive_again = true;
    }

    /// Makes a message of the datagram in `room`; what is none is dropped.
    fn hold(&mut self, length: usize, from: Option<SocketAddr>) {
        let datagram = self.room.get(..length).unwrap_or_default();
        if self.socket_type == SocketType::Dish {
            self.held.extend(datagram::decode(datagram));
            return;
        }
        let peer = from.map(|from| format!("{from}\0")).unwrap_or_default();
        if let (Ok(mut peer), Ok(body)) =
            (Msg::from_slice(peer.as_bytes()), Msg::from_slice(datagram))
        {
            peer.set_more(true);
            self.held.push(body);
            self.held.push(peer);
        }
    }
}
