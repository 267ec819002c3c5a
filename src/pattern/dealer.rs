//! DEALER (RFC 28): sends round-robin, receives fairly, and leaves the frames as they are.

use super::fq::FairQueue;
use super::lb::LoadBalancer;
use super::{Attach, Cx, Pattern, PipeId, Pipes, probe};
use crate::error::Result;
use crate::msg::Msg;

/// A DEALER socket. REQ is built on it.
#[derive(Debug, Default)]
pub struct Dealer {
    pub(super) fq: FairQueue,
    pub(super) lb: LoadBalancer,
}

impl<P: Pipes> Pattern<P> for Dealer {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, _: Attach) {
        if cx.options.probe_router {
            probe(cx.pipes, pipe);
        }
        self.fq.attach(pipe);
        self.lb.attach(pipe);
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        self.lb.send(cx.pipes, msg).map(|_| ())
    }

    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        self.fq.recv(cx.pipes, msg).map(|_| ())
    }

    fn has_in(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.fq.has_in(cx.pipes)
    }

    fn has_out(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.lb.has_out(cx.pipes)
    }

    fn read_activated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.fq.activated(pipe);
    }

    fn write_activated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.lb.activated(pipe);
    }

    fn hiccuped(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.lb.hiccuped(pipe);
    }

    fn pipe_terminated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.fq.pipe_terminated(pipe);
        self.lb.pipe_terminated(pipe);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::options::SocketType;

    #[test]
    fn sends_round_robin_and_receives_fairly() {
        let mut net = Net::new(SocketType::Dealer);
        let mut dealer = Dealer::default();
        let [a, b] = net.attach_n(&mut dealer);
        net.send(&mut dealer, "x|y").unwrap();
        net.send(&mut dealer, "z").unwrap();
        assert_eq!((net.sent(a), net.sent(b)), (vec!["x|y".into()], vec!["z".into()]));
        net.deliver(&mut dealer, b, &["1", "2"]);
        net.deliver(&mut dealer, a, &["3"]);
        assert_eq!(net.recv_all(&mut dealer), ["3", "1|2"]);
    }

    #[test]
    fn a_probe_is_the_first_message_on_every_pipe() {
        let mut net = Net::new(SocketType::Dealer);
        net.options.probe_router = true;
        let mut dealer = Dealer::default();
        let [a] = net.attach_n(&mut dealer);
        net.send(&mut dealer, "x").unwrap();
        assert_eq!(net.sent(a), ["", "x"]);
    }
}
