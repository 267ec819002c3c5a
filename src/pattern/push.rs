//! PUSH (RFC 30): sends only, round-robin over the peers that have room.

use super::lb::LoadBalancer;
use super::{Attach, Cx, Pattern, PipeId, Pipes, discard_input};
use crate::error::Result;
use crate::msg::Msg;

/// A PUSH socket.
#[derive(Debug, Default)]
pub struct Push {
    lb: LoadBalancer,
}

impl<P: Pipes> Pattern<P> for Push {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, _: Attach) {
        discard_input(cx.pipes, pipe);
        self.lb.attach(pipe);
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        self.lb.send(cx.pipes, msg).map(|_| ())
    }

    fn has_out(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.lb.has_out(cx.pipes)
    }

    fn read_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        discard_input(cx.pipes, pipe);
    }

    fn write_activated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.lb.activated(pipe);
    }

    fn hiccuped(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.lb.hiccuped(pipe);
    }

    fn pipe_terminated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.lb.pipe_terminated(pipe);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::error::Errno;
    use crate::options::SocketType;

    #[test]
    fn sends_round_robin_and_never_receives() {
        let mut net = Net::new(SocketType::Push);
        let mut push = Push::default();
        let [a, b] = net.attach_n(&mut push);
        for text in ["1", "2", "3"] {
            net.send(&mut push, text).unwrap();
        }
        assert_eq!(net.sent(a), ["1", "3"]);
        assert_eq!(net.sent(b), ["2"]);
        assert_eq!(net.recv(&mut push), Err(Errno::ENOTSUP));
        assert!(!net.has_in(&mut push));
    }

    #[test]
    fn what_a_peer_sends_is_dropped_and_its_end_is_noticed() {
        let mut net = Net::new(SocketType::Push);
        let mut push = Push::default();
        let [a] = net.attach_n(&mut push);
        net.deliver(&mut push, a, &["unasked"]);
        assert_eq!(net.pipes.unread(a), 0);
        net.end_by_peer(&mut push, a);
        assert!(net.pipes.saw_end(a));
    }

    #[test]
    fn blocks_without_room() {
        let mut net = Net::new(SocketType::Push);
        let mut push = Push::default();
        assert_eq!(net.send(&mut push, "x"), Err(Errno::EAGAIN));
        assert!(!net.has_out(&mut push));
        let [a] = net.attach_n(&mut push);
        net.pipes.set_room(a, 1);
        assert!(net.has_out(&mut push));
        net.send(&mut push, "x").unwrap();
        assert_eq!(net.send(&mut push, "y"), Err(Errno::EAGAIN));
        net.make_room(&mut push, a, 1);
        net.send(&mut push, "y").unwrap();
        assert_eq!(net.sent(a), ["x", "y"]);
    }
}
