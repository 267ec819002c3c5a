//! GATHER (RFC 49): a PULL whose messages have one part.

use super::fq::FairQueue;
use super::{Attach, Cx, Pattern, PipeId, Pipes};
use crate::error::Result;
use crate::msg::Msg;

/// A GATHER socket.
#[derive(Debug, Default)]
pub struct Gather {
    fq: FairQueue,
}

impl<P: Pipes> Pattern<P> for Gather {
    fn attach(&mut self, _: &mut Cx<'_, P>, pipe: PipeId, _: Attach) {
        self.fq.attach(pipe);
    }

    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        self.fq.recv_single(cx.pipes, msg).map(|_| ())
    }

    fn has_in(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.fq.has_in(cx.pipes)
    }

    fn read_activated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.fq.activated(pipe);
    }

    fn pipe_terminated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.fq.pipe_terminated(pipe);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::error::Errno;
    use crate::options::SocketType;

    #[test]
    fn messages_of_several_parts_are_dropped() {
        let mut net = Net::new(SocketType::Gather);
        let mut gather = Gather::default();
        let [a, b] = net.attach_n(&mut gather);
        net.deliver(&mut gather, a, &["1", "2"]);
        net.deliver(&mut gather, a, &["3"]);
        net.deliver(&mut gather, b, &["4"]);
        assert!(net.has_in(&mut gather));
        assert_eq!(net.recv_all(&mut gather), ["4", "3"]);
        net.deliver(&mut gather, b, &["5", "6"]);
        assert_eq!(net.recv(&mut gather), Err(Errno::EAGAIN));
        assert_eq!(net.send(&mut gather, "x"), Err(Errno::ENOTSUP));
    }
}
