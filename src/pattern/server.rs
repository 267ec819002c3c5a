//! SERVER (RFC 41) and PEER (RFC 51): messages of one part, each with the number of its peer.

use std::collections::HashMap;

use super::fq::FairQueue;
use super::peers::random;
use super::{Attach, Cx, Pattern, PipeId, Pipes};
use crate::error::{Errno, Result};
use crate::msg::Msg;

/// A SERVER or PEER socket. What sets a PEER apart, that it can tell the number of a peer it
/// connects to, is [`Pattern::last_peer`].
#[derive(Debug)]
pub struct Server {
    fq: FairQueue,
    pipes: HashMap<u32, PipeId, foldhash::quality::RandomState>,
    /// The peers' numbers, by pipe; 0 is no peer.
    numbers: Vec<u32>,
    /// The number that was given last.
    last: u32,
}

impl Default for Server {
    fn default() -> Server {
        Server {
            fq: FairQueue::default(),
            pipes: HashMap::default(),
            numbers: Vec::new(),
            last: random(),
        }
    }
}

impl Server {
    fn number(&self, pipe: PipeId) -> u32 {
        self.numbers.get(pipe.0 as usize).copied().unwrap_or(0)
    }

    fn set_number(&mut self, pipe: PipeId, number: u32) {
        let slot = pipe.0 as usize;
        if slot >= self.numbers.len() {
            self.numbers.resize(slot + 1, 0);
        }
        if let Some(place) = self.numbers.get_mut(slot) {
            *place = number;
        }
    }
}

impl<P: Pipes> Pattern<P> for Server {
    fn attach(&mut self, _: &mut Cx<'_, P>, pipe: PipeId, _: Attach) {
        loop {
            self.last = self.last.wrapping_add(1);
            if self.last != 0 && !self.pipes.contains_key(&self.last) {
                break;
            }
        }
        self.pipes.insert(self.last, pipe);
        self.set_number(pipe, self.last);
        self.fq.attach(pipe);
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        if msg.more() {
            return Err(Errno::EINVAL);
        }
        let &pipe = self.pipes.get(&msg.routing_id()).ok_or(Errno::EHOSTUNREACH)?;
        if !cx.pipes.check_write(pipe) {
            return Err(Errno::EAGAIN);
        }
        // Over inproc it would reach the peer.
        msg.set_routing_id(0);
        if cx.pipes.write(pipe, msg) {
            cx.pipes.flush(pipe, true);
        }
        *msg = Msg::new();
        Ok(())
    }

    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        let pipe = self.fq.recv_single(cx.pipes, msg)?;
        msg.set_routing_id(self.number(pipe));
        Ok(())
    }

    fn has_in(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.fq.has_in(cx.pipes)
    }

    fn has_out(&mut self, _: &mut Cx<'_, P>) -> bool {
        // Whether a message can really be sent depends on its peer.
        true
    }

    fn read_activated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.fq.activated(pipe);
    }

    fn pipe_terminated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.pipes.remove(&self.number(pipe));
        self.set_number(pipe, 0);
        self.fq.pipe_terminated(pipe);
    }

    fn last_peer(&self) -> u32 {
        self.last
    }

    fn disconnect_peer(&mut self, cx: &mut Cx<'_, P>, number: u32) -> Result<()> {
        let &pipe = self.pipes.get(&number).ok_or(Errno::EHOSTUNREACH)?;
        cx.pipes.terminate(pipe, false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::options::SocketType;

    fn server<const N: usize>() -> (Net, Server, [PipeId; N], [u32; N]) {
        let mut net = Net::new(SocketType::Server);
        let mut server = Server::default();
        let mut numbers = [0; N];
        let pipes = std::array::from_fn(|i| {
            let [pipe] = net.attach_n(&mut server);
            numbers[i] = Pattern::<SimPipes>::last_peer(&server);
            pipe
        });
        (net, server, pipes, numbers)
    }

    fn send(net: &mut Net, server: &mut Server, number: u32, text: &str) -> Result<()> {
        let mut msg = frame(text);
        msg.set_routing_id(number);
        let result = server.send(&mut net.cx(), &mut msg);
        assert_eq!(msg.routing_id(), if result.is_ok() { 0 } else { number });
        result
    }

    #[test]
    fn messages_carry_the_number_of_their_peer() {
        let (mut net, mut server, [a, b], [one, two]) = server();
        assert!(one != 0 && two != 0 && one != two);
        net.deliver(&mut server, b, &["several", "parts"]);
        net.deliver(&mut server, b, &["hello"]);
        assert!(net.has_in(&mut server) && net.has_out(&mut server));
        let mut msg = Msg::new();
        server.recv(&mut net.cx(), &mut msg).unwrap();
        assert_eq!((text(&msg).as_str(), msg.routing_id()), ("hello", two));
        send(&mut net, &mut server, one, "x").unwrap();
        assert_eq!((net.sent(a).len(), net.sent(b).len()), (1, 0));
        assert_eq!(net.sent_frames(a)[0].routing_id(), 0);
    }

    #[test]
    fn what_cannot_be_sent() {
        let (mut net, mut server, [a], [one]) = server();
        assert_eq!(send(&mut net, &mut server, 0, "x"), Err(Errno::EHOSTUNREACH));
        assert_eq!(net.send_part(&mut server, "x", true), Err(Errno::EINVAL));
        net.pipes.set_room(a, 0);
        assert_eq!(send(&mut net, &mut server, one, "x"), Err(Errno::EAGAIN));
        net.make_room(&mut server, a, 1);
        send(&mut net, &mut server, one, "x").unwrap();
        net.terminated(&mut server, a);
        assert_eq!(send(&mut net, &mut server, one, "x"), Err(Errno::EHOSTUNREACH));
    }

    #[test]
    fn a_peer_can_be_disconnected() {
        let (mut net, mut server, [a], [one]) = server();
        server.disconnect_peer(&mut net.cx(), one).unwrap();
        assert_eq!(net.pipes.terminated(a), Some(false));
        net.terminated(&mut server, a);
        assert_eq!(server.disconnect_peer(&mut net.cx(), one), Err(Errno::EHOSTUNREACH));
    }
}
