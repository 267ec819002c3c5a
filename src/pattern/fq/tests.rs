use super::super::testing::*;
use super::super::{Attach, Cx, Pattern};
use super::*;
use crate::options::SocketType;

/// A pattern that is nothing but a fair queue.
#[derive(Default)]
struct Receiver(FairQueue);

impl<P: Pipes> Pattern<P> for Receiver {
    fn attach(&mut self, _: &mut Cx<'_, P>, pipe: PipeId, _: Attach) {
        self.0.attach(pipe);
    }
    fn recv(&mut self, cx: &mut Cx<'_, P>, msg: &mut Msg) -> Result<()> {
        self.0.recv(cx.pipes, msg).map(|_| ())
    }
    fn has_in(&mut self, cx: &mut Cx<'_, P>) -> bool {
        self.0.has_in(cx.pipes)
    }
    fn read_activated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.0.activated(pipe);
    }
    fn pipe_terminated(&mut self, _: &mut Cx<'_, P>, pipe: PipeId) {
        self.0.pipe_terminated(pipe);
    }
}

fn receiver<const N: usize>() -> (Net, Receiver, [PipeId; N]) {
    let mut net = Net::new(SocketType::Pull);
    let mut receiver = Receiver::default();
    let pipes = net.attach_n(&mut receiver);
    (net, receiver, pipes)
}

#[test]
fn takes_one_message_of_each_pipe_in_turn() {
    let (mut net, mut fq, [a, b, c]) = receiver();
    for i in 1..=3 {
        net.deliver(&mut fq, a, &[&format!("a{i}"), "."]);
    }
    net.deliver(&mut fq, b, &["b1"]);
    net.deliver(&mut fq, c, &["c1"]);
    assert_eq!(net.recv_all(&mut fq), ["a1|.", "b1", "c1", "a2|.", "a3|."]);
    assert!(!net.has_in(&mut fq));
}

#[test]
fn a_quiet_pipe_is_passive_until_it_has_something() {
    let (mut net, mut fq, [a, b]) = receiver();
    assert_eq!(net.recv(&mut fq), Err(Errno::EAGAIN));
    assert_eq!((fq.0.active, fq.0.current), (0, 0));
    net.deliver(&mut fq, b, &["b1"]);
    assert_eq!(fq.0.active, 1);
    assert_eq!(net.recv_all(&mut fq), ["b1"]);
    net.deliver(&mut fq, a, &["a1"]);
    net.deliver(&mut fq, b, &["b2"]);
    assert_eq!(net.recv_all(&mut fq), ["a1", "b2"]);
}

#[test]
fn asking_does_not_take_and_stays_fair() {
    let (mut net, mut fq, [a, b, c]) = receiver();
    net.deliver(&mut fq, b, &["b1"]);
    net.deliver(&mut fq, c, &["c1"]);
    assert!(net.has_in(&mut fq) && net.has_in(&mut fq));
    net.deliver(&mut fq, a, &["a1"]);
    let mut all = net.recv_all(&mut fq);
    all.sort();
    assert_eq!(all, ["a1", "b1", "c1"]);
}

#[test]
fn an_empty_queue_empties_the_message() {
    let (mut net, mut fq, []) = receiver();
    let mut msg = frame("old");
    assert_eq!(fq.0.recv(&mut net.pipes, &mut msg), Err(Errno::EAGAIN));
    assert!(msg.is_empty());
}

#[test]
fn a_message_stays_on_its_pipe_when_another_one_leaves() {
    for victim in 0..4 {
        for turn in 0..4 {
            if victim == turn {
                continue;
            }
            let (mut net, mut fq, pipes) = receiver::<4>();
            for (i, &pipe) in pipes.iter().enumerate() {
                let i = i.to_string();
                net.deliver(&mut fq, pipe, &[&i, &i]);
            }
            for _ in 0..turn {
                net.recv(&mut fq).unwrap();
                net.recv(&mut fq).unwrap();
            }
            assert_eq!(net.recv(&mut fq), Ok((turn.to_string(), true)));
            net.terminated(&mut fq, pipes[victim]);
            assert_eq!(net.recv(&mut fq), Ok((turn.to_string(), false)), "{victim} {turn}");
        }
    }
}

#[test]
fn a_message_cut_off_in_the_middle_ends_with_an_empty_part() {
    let (mut net, mut fq, [a, b]) = receiver();
    net.deliver(&mut fq, a, &["1", "2"]);
    net.deliver(&mut fq, b, &["next"]);
    assert_eq!(net.recv(&mut fq), Ok(("1".into(), true)));
    net.terminated(&mut fq, a);
    assert!(net.has_in(&mut fq));
    assert_eq!(net.recv_all(&mut fq), ["", "next"]);

    // The same while the pipe is still on its way out.
    let [c] = net.attach_n(&mut fq);
    net.deliver(&mut fq, c, &["1", "2"]);
    assert_eq!(net.recv(&mut fq), Ok(("1".into(), true)));
    net.pipes.terminate(c, false);
    net.deliver(&mut fq, b, &["next"]);
    assert_eq!(net.recv_all(&mut fq), ["", "next"]);
    net.terminated(&mut fq, c);
    assert_eq!(net.recv(&mut fq), Err(Errno::EAGAIN));
}
