//! DGRAM: datagrams with their addresses, to and from the one endpoint that is bound.

use super::{Attach, Cx, Pattern, PipeId, Pipes};
use crate::error::{Errno, Result};
use crate::msg::Msg;

/// A DGRAM socket. Every message has two parts: the peer's address and the datagram.
#[derive(Debug, Default)]
pub struct Dgram {
    pipe: Option<PipeId>,
    /// The address is sent, the datagram is to follow.
    addressed: bool,
    /// The address was received, the datagram is to follow.
    more_in: bool,
}

impl<P: Pipes> Pattern<P> for Dgram {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, _: Attach) {
        if self.pipe.is_none() {
            self.pipe = Some(pipe);
        } else {
            cx.pipes.terminate(pipe, false);
        }
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        if msg.more() == self.addressed {
            return Err(Errno::EINVAL);
        }
        let Some(pipe) = self.pipe else { return Err(Errno::EAGAIN) };
        if !cx.pipes.write(pipe, msg) {
            return Err(Errno::EAGAIN);
        }
        if self.addressed {
            cx.pipes.flush(pipe, false);
        }
        self.addressed = !self.addressed;
        Ok(())
    }

    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        if let Some(pipe) = self.pipe
            && cx.pipes.read(pipe, msg)
        {
            self.more_in = msg.more();
            return Ok(());
        }
        *msg = Msg::new();
        // A datagram whose endpoint was unbound after its address was read is empty.
        if std::mem::take(&mut self.more_in) { Ok(()) } else { Err(Errno::EAGAIN) }
    }

    fn has_in(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.more_in || self.pipe.is_some_and(|pipe| cx.pipes.check_read(pipe))
    }

    fn has_out(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.pipe.is_some_and(|pipe| cx.pipes.check_write(pipe))
    }

    fn read_activated(&mut self, _: &mut Cx<'_, P>, _: PipeId) {}

    fn pipe_terminated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        if self.pipe == Some(pipe) {
            self.pipe = None;
            self.addressed = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::options::SocketType;

    #[test]
    fn messages_are_an_address_and_a_datagram() {
        let mut net = Net::new(SocketType::Dgram);
        let mut dgram = Dgram::default();
        assert_eq!(net.send_part(&mut dgram, "to", true), Err(Errno::EAGAIN));
        let [a, b] = net.attach_n(&mut dgram);
        assert_eq!(net.pipes.terminated(b), Some(false));
        assert_eq!(net.send_part(&mut dgram, "to", false), Err(Errno::EINVAL));
        net.send_part(&mut dgram, "to", true).unwrap();
        assert_eq!(net.send_part(&mut dgram, "third", true), Err(Errno::EINVAL));
        net.send_part(&mut dgram, "text", false).unwrap();
        assert_eq!(net.sent(a), ["to|text"]);
        net.deliver(&mut dgram, a, &["from", "text"]);
        assert!(net.has_in(&mut dgram) && net.has_out(&mut dgram));
        assert_eq!(net.recv_all(&mut dgram), ["from|text"]);
        net.terminated(&mut dgram, a);
        assert!(!net.has_in(&mut dgram) && !net.has_out(&mut dgram));
    }
}
