//! SCATTER (RFC 49): a PUSH whose messages have one part.

use super::push::Push;
use super::{Attach, Cx, Pattern, PipeId, Pipes};
use crate::error::{Errno, Result};
use crate::msg::Msg;

/// A SCATTER socket.
#[derive(Debug, Default)]
pub struct Scatter(Push);

impl<P: Pipes> Pattern<P> for Scatter {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, attach: Attach) {
        self.0.attach(cx, pipe, attach);
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        if msg.more() {
            return Err(Errno::EINVAL);
        }
        self.0.send(cx, msg)
    }

    fn has_out(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.0.has_out(cx)
    }

    fn read_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.0.read_activated(cx, pipe);
    }

    fn write_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.0.write_activated(cx, pipe);
    }

    fn pipe_terminated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.0.pipe_terminated(cx, pipe);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::options::SocketType;

    #[test]
    fn messages_have_one_part_and_go_round() {
        let mut net = Net::new(SocketType::Scatter);
        let mut scatter = Scatter::default();
        let [a, b] = net.attach_n(&mut scatter);
        assert_eq!(net.send_part(&mut scatter, "x", true), Err(Errno::EINVAL));
        net.send(&mut scatter, "1").unwrap();
        net.send(&mut scatter, "2").unwrap();
        assert_eq!((net.sent(a), net.sent(b)), (vec!["1".into()], vec!["2".into()]));
        assert_eq!(net.recv(&mut scatter), Err(Errno::ENOTSUP));
    }
}
