//! CHANNEL (RFC 52): a PAIR whose messages have one part.

use super::pair::Pair;
use super::{Attach, Cx, Pattern, PipeId, Pipes};
use crate::error::{Errno, Result};
use crate::msg::Msg;

/// A CHANNEL socket.
#[derive(Debug, Default)]
pub struct Channel(Pair);

impl<P: Pipes> Pattern<P> for Channel {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, attach: Attach) {
        self.0.attach(cx, pipe, attach);
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        if msg.more() {
            return Err(Errno::EINVAL);
        }
        self.0.send(cx, msg)
    }

    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        loop {
            self.0.recv(cx, msg)?;
            if !msg.more() {
                return Ok(());
            }
            while msg.more() {
                self.0.recv(cx, msg)?;
            }
        }
    }

    fn has_in(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.0.has_in(cx)
    }

    fn has_out(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.0.has_out(cx)
    }

    fn read_activated(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId) {
        self.0.read_activated(cx, pipe);
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
    fn one_peer_and_messages_of_one_part() {
        let mut net = Net::new(SocketType::Channel);
        let mut channel = Channel::default();
        let [a, b] = net.attach_n(&mut channel);
        assert_eq!(net.pipes.terminated(b), Some(false));
        assert_eq!(net.send_part(&mut channel, "x", true), Err(Errno::EINVAL));
        net.send(&mut channel, "1").unwrap();
        assert_eq!(net.sent(a), ["1"]);
        net.deliver(&mut channel, a, &["several", "parts", "are dropped"]);
        net.deliver(&mut channel, a, &["2"]);
        assert!(net.has_in(&mut channel) && net.has_out(&mut channel));
        assert_eq!(net.recv_all(&mut channel), ["2"]);
    }
}
