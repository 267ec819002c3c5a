use super::super::testing::*;
use super::super::{Attach, Cx, Pattern};
use super::*;
use crate::options::SocketType;

/// A pattern that is nothing but a load balancer.
#[derive(Default)]
struct Sender(LoadBalancer);

impl<P: Pipes> Pattern<P> for Sender {
    fn attach(&mut self, _: &mut Cx<'_, P>, pipe: PipeId, _: Attach) {
        self.0.attach(pipe);
    }
    fn send(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        self.0.send(cx.pipes, msg).map(|_| ())
    }
    fn has_out(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.0.has_out(cx.pipes)
    }
    fn read_activated(&mut self, _: &mut Cx<'_, P>, _: PipeId) {}
    fn hiccuped(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.0.hiccuped(pipe);
    }
    fn write_activated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.0.activated(pipe);
    }
    fn pipe_terminated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.0.pipe_terminated(pipe);
    }
}

fn sender<const N: usize>() -> (Net, Sender, [PipeId; N]) {
    let mut net = Net::new(SocketType::Push);
    let mut sender = Sender::default();
    let pipes = net.attach_n(&mut sender);
    (net, sender, pipes)
}

#[test]
fn round_robin_by_messages_not_by_parts() {
    let (mut net, mut lb, [a, b]) = sender();
    for message in ["1|2|3", "4", "5|6"] {
        net.send(&mut lb, message).unwrap();
    }
    assert_eq!(net.sent(a), ["1|2|3", "5|6"]);
    assert_eq!(net.sent(b), ["4"]);
    assert_eq!(net.pipes.flushes(a), [true, true], "one flush a message");
}

#[test]
fn full_pipes_are_skipped_until_they_have_room() {
    let (mut net, mut lb, [a, b, c]) = sender();
    net.pipes.set_room(b, 0);
    for message in ["1", "2", "3"] {
        net.send(&mut lb, message).unwrap();
    }
    assert_eq!((net.sent(a).len(), net.sent(b).len(), net.sent(c).len()), (2, 0, 1));
    net.make_room(&mut lb, b, 5);
    net.make_room(&mut lb, b, 5);
    for message in ["4", "5", "6"] {
        net.send(&mut lb, message).unwrap();
    }
    assert_eq!((net.sent(a).len(), net.sent(b).len(), net.sent(c).len()), (3, 1, 2));
}

#[test]
fn nothing_has_room() {
    let (mut net, mut lb, [a, b]) = sender();
    net.pipes.set_room(a, 0);
    net.pipes.set_room(b, 0);
    assert!(!net.has_out(&mut lb));
    assert_eq!(net.send(&mut lb, "x"), Err(Errno::EAGAIN));
    net.make_room(&mut lb, b, 1);
    assert!(net.has_out(&mut lb));
    net.send(&mut lb, "x").unwrap();
    assert_eq!(net.sent(b), ["x"]);
}

#[test]
fn the_rest_of_a_message_whose_pipe_is_gone_is_dropped() {
    let (mut net, mut lb, [a, b]) = sender();
    net.send_part(&mut lb, "1", true).unwrap();
    net.terminated(&mut lb, a);
    assert!(net.has_out(&mut lb));
    net.send_part(&mut lb, "2", true).unwrap();
    net.send_part(&mut lb, "3", false).unwrap();
    net.send(&mut lb, "next").unwrap();
    assert_eq!(net.sent(b), ["next"]);
}

#[test]
fn a_pipe_that_ends_within_a_message_breaks_it() {
    let (mut net, mut lb, [a, b]) = sender();
    net.send_part(&mut lb, "1", true).unwrap();
    net.pipes.end_writes(a);
    assert_eq!(net.send_part(&mut lb, "2", true), Err(Errno::EPIPE));
    net.terminated(&mut lb, a);
    net.send_part(&mut lb, "2", true).unwrap();
    net.send_part(&mut lb, "3", false).unwrap();
    net.send(&mut lb, "next").unwrap();
    assert_eq!(net.sent(b), ["next"]);
}

#[test]
fn a_reconnection_within_a_message_drops_it() {
    let (mut net, mut lb, [a, b]) = sender();
    net.send_part(&mut lb, "1", true).unwrap();
    net.hiccup(&mut lb, b);
    net.send_part(&mut lb, "2", true).unwrap();
    net.hiccup(&mut lb, a);
    net.send_part(&mut lb, "3", false).unwrap();
    net.hiccup(&mut lb, a);
    net.send(&mut lb, "next").unwrap();
    assert_eq!(net.sent(a), ["next"]);
}

#[test]
fn a_break_at_the_last_part_leaves_nothing_to_drop() {
    let (mut net, mut lb, [a, b]) = sender();
    net.send_part(&mut lb, "1", true).unwrap();
    net.pipes.end_writes(a);
    assert_eq!(net.send_part(&mut lb, "2", false), Err(Errno::EPIPE));
    net.send(&mut lb, "next").unwrap();
    assert_eq!(net.sent(b), ["next"]);
}

#[test]
fn a_message_stays_on_its_pipe_when_another_one_leaves() {
    // Whichever pipe leaves, and however the rest is moved, the parts stay together.
    for victim in 0..4 {
        for turn in 0..4 {
            let (mut net, mut lb, pipes) = sender::<4>();
            for _ in 0..turn {
                net.send(&mut lb, "before").unwrap();
            }
            net.send_part(&mut lb, "1", true).unwrap();
            if victim != turn {
                net.terminated(&mut lb, pipes[victim]);
            }
            net.send_part(&mut lb, "2", false).unwrap();
            assert_eq!(net.sent(pipes[turn]).last().unwrap(), "1|2", "{victim} {turn}");
        }
    }
}

#[test]
fn pipes_that_come_and_go_get_their_share() {
    let (mut net, mut lb, [a, b]) = sender();
    net.terminated(&mut lb, a);
    let [c, d] = net.attach_n(&mut lb);
    for _ in 0..30 {
        net.send(&mut lb, "x").unwrap();
    }
    for pipe in [b, c, d] {
        assert_eq!(net.sent(pipe).len(), 10);
    }
}
