//! PULL (RFC 30): receives only, fairly from all peers.

use super::fq::FairQueue;
use super::{Attach, Cx, Pattern, PipeId, Pipes};
use crate::error::Result;
use crate::msg::Msg;

/// A PULL socket.
#[derive(Debug, Default)]
pub struct Pull {
    fq: FairQueue,
}

impl<P: Pipes> Pattern<P> for Pull {
    fn attach(&mut self, _: &mut Cx<'_, P>, pipe: PipeId, _: Attach) {
        self.fq.attach(pipe);
    }

    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        self.fq.recv(cx.pipes, msg).map(|_| ())
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
    fn receives_fairly_and_never_sends() {
        let mut net = Net::new(SocketType::Pull);
        let mut pull = Pull::default();
        let [a, b] = net.attach_n(&mut pull);
        assert!(!net.has_in(&mut pull));
        net.deliver(&mut pull, a, &["a1"]);
        net.deliver(&mut pull, a, &["a2"]);
        net.deliver(&mut pull, b, &["b1"]);
        assert!(net.has_in(&mut pull));
        assert_eq!(net.recv_all(&mut pull), ["a1", "b1", "a2"]);
        assert_eq!(net.recv(&mut pull), Err(Errno::EAGAIN));
        assert_eq!(net.send(&mut pull, "x"), Err(Errno::ENOTSUP));
        assert!(!net.has_out(&mut pull));
    }
}
