//! PAIR (RFC 31): one peer; everything else that connects is turned away.

use super::{Attach, Cx, Pattern, PipeId, Pipes};
use crate::error::{Errno, Result};
use crate::msg::Msg;

/// A PAIR socket.
#[derive(Debug, Default)]
pub struct Pair {
    pipe: Option<PipeId>,
    /// The message being sent, and the one being received, have further parts.
    more_out: bool,
    more_in: bool,
    /// The peer went away in the middle of a message: the parts still to be sent are dropped, and
    /// the reader gets an empty last part.
    dropping_out: bool,
    broken_in: bool,
}

impl<P: Pipes> Pattern<P> for Pair {
    fn attach(&mut self, cx: &mut Cx<'_, P>, pipe: PipeId, _: Attach) {
        if self.pipe.is_none() {
            self.pipe = Some(pipe);
        } else {
            cx.pipes.terminate(pipe, false);
        }
    }

    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        let more = msg.more();
        if self.dropping_out {
            self.dropping_out = more;
            *msg = Msg::new();
            return Ok(());
        }
        let Some(pipe) = self.pipe else { return Err(Errno::EAGAIN) };
        if !cx.pipes.write(pipe, msg) {
            if !self.more_out {
                return Err(Errno::EAGAIN);
            }
            cx.pipes.rollback(pipe);
            self.more_out = false;
            self.dropping_out = more;
            return Err(Errno::EPIPE);
        }
        self.more_out = more;
        if !more {
            cx.pipes.flush(pipe, true);
        }
        Ok(())
    }

    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        if !self.broken_in
            && let Some(pipe) = self.pipe
            && cx.pipes.read(pipe, msg)
        {
            self.more_in = msg.more();
            return Ok(());
        }
        *msg = Msg::new();
        if self.broken_in || self.more_in {
            self.broken_in = false;
            self.more_in = false;
            return Ok(());
        }
        Err(Errno::EAGAIN)
    }

    fn has_in(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.broken_in || self.more_in || self.pipe.is_some_and(|pipe| cx.pipes.check_read(pipe))
    }

    fn has_out(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.dropping_out || self.pipe.is_some_and(|pipe| cx.pipes.check_write(pipe))
    }

    fn read_activated(&mut self, _: &mut Cx<'_, P>, _: PipeId) {}

    fn hiccuped(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        if self.pipe == Some(pipe) {
            self.dropping_out |= std::mem::take(&mut self.more_out);
        }
    }

    fn pipe_terminated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        if self.pipe == Some(pipe) {
            self.pipe = None;
            self.dropping_out |= std::mem::take(&mut self.more_out);
            self.broken_in |= std::mem::take(&mut self.more_in);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;
    use crate::options::SocketType;

    fn pair() -> (Net, Pair) {
        (Net::new(SocketType::Pair), Pair::default())
    }

    #[test]
    fn the_second_peer_is_turned_away() {
        let (mut net, mut pair) = pair();
        let [a, b] = net.attach_n(&mut pair);
        assert_eq!(net.pipes.terminated(b), Some(false));
        net.terminated(&mut pair, b);
        net.send(&mut pair, "x").unwrap();
        assert_eq!(net.sent(a), ["x"]);
        net.terminated(&mut pair, a);
        assert_eq!(net.send(&mut pair, "y"), Err(Errno::EAGAIN));
        let [c] = net.attach_n(&mut pair);
        net.send(&mut pair, "y").unwrap();
        assert_eq!(net.sent(c), ["y"]);
    }

    #[test]
    fn both_directions_with_all_parts() {
        let (mut net, mut pair) = pair();
        assert!(!net.has_out(&mut pair) && !net.has_in(&mut pair));
        let [a] = net.attach_n(&mut pair);
        assert!(net.has_out(&mut pair) && !net.has_in(&mut pair));
        net.send(&mut pair, "1|2").unwrap();
        assert_eq!(net.sent(a), ["1|2"]);
        net.deliver(&mut pair, a, &["3", "4"]);
        assert!(net.has_in(&mut pair));
        assert_eq!(net.recv_all(&mut pair), ["3|4"]);
        assert_eq!(net.recv(&mut pair), Err(Errno::EAGAIN));
    }

    #[test]
    fn a_full_pipe_blocks() {
        let (mut net, mut pair) = pair();
        let [a] = net.attach_n(&mut pair);
        net.pipes.set_room(a, 1);
        net.send(&mut pair, "1").unwrap();
        assert!(!net.has_out(&mut pair));
        assert_eq!(net.send(&mut pair, "2"), Err(Errno::EAGAIN));
        net.make_room(&mut pair, a, 1);
        net.send(&mut pair, "2").unwrap();
    }

    #[test]
    fn the_rest_of_a_broken_message_never_reaches_the_next_peer() {
        let (mut net, mut pair) = pair();
        let [a] = net.attach_n(&mut pair);
        net.send_part(&mut pair, "1", true).unwrap();
        net.terminated(&mut pair, a);
        let [b] = net.attach_n(&mut pair);
        net.send_part(&mut pair, "2", true).unwrap();
        net.send_part(&mut pair, "3", false).unwrap();
        net.send(&mut pair, "next").unwrap();
        assert_eq!(net.sent(b), ["next"]);
    }

    #[test]
    fn a_reconnection_within_a_message_drops_it() {
        let (mut net, mut pair) = pair();
        let [a] = net.attach_n(&mut pair);
        net.send_part(&mut pair, "1", true).unwrap();
        net.hiccup(&mut pair, a);
        net.send_part(&mut pair, "2", false).unwrap();
        net.send(&mut pair, "next").unwrap();
        assert_eq!(net.sent(a), ["next"]);
    }

    #[test]
    fn a_pipe_that_ends_within_a_message_drops_it() {
        let (mut net, mut pair) = pair();
        let [a] = net.attach_n(&mut pair);
        net.send_part(&mut pair, "1", true).unwrap();
        net.pipes.end_writes(a);
        assert_eq!(net.send_part(&mut pair, "2", true), Err(Errno::EPIPE));
        net.terminated(&mut pair, a);
        let [b] = net.attach_n(&mut pair);
        net.send_part(&mut pair, "3", false).unwrap();
        net.send(&mut pair, "next").unwrap();
        assert_eq!(net.sent(b), ["next"]);
    }

    #[test]
    fn a_message_cut_off_in_the_middle_ends_with_an_empty_part() {
        let (mut net, mut pair) = pair();
        let [a] = net.attach_n(&mut pair);
        net.deliver(&mut pair, a, &["1", "2"]);
        assert_eq!(net.recv(&mut pair), Ok(("1".into(), true)));
        net.terminated(&mut pair, a);
        let [b] = net.attach_n(&mut pair);
        net.deliver(&mut pair, b, &["next"]);
        assert!(net.has_in(&mut pair));
        assert_eq!(net.recv_all(&mut pair), ["", "next"]);
    }
}
