//! CLIENT (RFC 41): a DEALER whose messages have one part.

use super::fq::FairQueue;
use super::lb::LoadBalancer;
use super::{Attach, Cx, Pattern, PipeId, Pipes};
use crate::error::{Errno, Result};
use crate::msg::Msg;

/// A CLIENT socket.
#[derive(Debug, Default)]
pub struct Client {
    fq: FairQueue,
    lb: LoadBalancer,
}

impl<P: Pipes> Pattern<P> for Client {
    fn attach(&mut self, _: &mut Cx<'_, P>, pipe: PipeId, _: Attach) {
        self.fq.attach(pipe);
        self.lb.attach(pipe);
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        if msg.more() {
            return Err(Errno::EINVAL);
        }
        self.lb.send(cx.pipes, msg).map(|_| ())
    }

    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        self.fq.recv_single(cx.pipes, msg).map(|_| ())
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
    fn messages_have_one_part() {
        let mut net = Net::new(SocketType::Client);
        let mut client = Client::default();
        let [a, b] = net.attach_n(&mut client);
        assert_eq!(net.send_part(&mut client, "x", true), Err(Errno::EINVAL));
        net.send(&mut client, "1").unwrap();
        net.send(&mut client, "2").unwrap();
        assert_eq!((net.sent(a), net.sent(b)), (vec!["1".into()], vec!["2".into()]));
        net.deliver(&mut client, a, &["several", "parts", "are dropped"]);
        net.deliver(&mut client, a, &["3"]);
        assert!(net.has_in(&mut client) && net.has_out(&mut client));
        assert_eq!(net.recv_all(&mut client), ["3"]);
    }
}
