use super::super::testing::*;
use super::*;
use crate::options::SocketType;

fn network<const N: usize>() -> (Net, Distributor, [PipeId; N]) {
    let mut net = Net::new(SocketType::Pub);
    let mut dist = Distributor::default();
    let pipes = std::array::from_fn(|_| {
        let pipe = net.pipe();
        dist.attach(pipe);
        pipe
    });
    (net, dist, pipes)
}

fn part(net: &mut Net, dist: &mut Distributor, text: &str, more: bool) {
    let mut msg = frame(text);
    msg.set_more(more);
    let direct = dist.matching == 1;
    dist.send_to_marked(&mut net.pipes, &mut msg, direct);
    assert!(msg.is_empty());
}

#[test]
fn only_marked_pipes_get_the_message() {
    let (mut net, mut dist, [a, b, c]) = network();
    dist.mark(c);
    dist.mark(a);
    dist.mark(c);
    part(&mut net, &mut dist, "1", true);
    part(&mut net, &mut dist, "2", false);
    dist.unmark_all();
    part(&mut net, &mut dist, "for nobody", false);
    dist.mark(b);
    part(&mut net, &mut dist, "3", false);
    assert_eq!(net.sent(a), ["1|2"]);
    assert_eq!(net.sent(b), ["3"]);
    assert_eq!(net.sent(c), ["1|2"]);
    assert_eq!((net.pipes.flushes(a), net.pipes.flushes(b)), (vec![false], vec![true]));
}

#[test]
fn marks_can_be_inverted() {
    let (mut net, mut dist, pipes) = network::<5>();
    dist.mark(pipes[1]);
    dist.mark(pipes[4]);
    dist.invert_marks();
    part(&mut net, &mut dist, "x", false);
    let got: Vec<_> = pipes.iter().map(|&pipe| net.sent(pipe).len()).collect();
    assert_eq!(got, [1, 0, 1, 1, 0]);
}

#[test]
fn large_messages_are_shared_and_arrive_whole() {
    let (mut net, mut dist, pipes) = network::<3>();
    let large = "y".repeat(5000);
    net.pipes.set_room(pipes[1], 0);
    dist.mark_all();
    part(&mut net, &mut dist, &large, false);
    assert_eq!(net.sent(pipes[0]), [large.as_str()]);
    assert!(net.sent(pipes[1]).is_empty());
    assert_eq!(net.sent(pipes[2]), [large.as_str()]);
}

#[test]
fn a_full_pipe_misses_messages_until_it_has_room() {
    let (mut net, mut dist, [a, b]) = network();
    net.pipes.set_room(a, 1);
    for text in ["1", "2", "3"] {
        dist.mark_all();
        part(&mut net, &mut dist, text, false);
    }
    dist.mark(a);
    dist.activated(a);
    dist.activated(a);
    net.pipes.set_room(a, 1);
    dist.mark_all();
    part(&mut net, &mut dist, "4", false);
    assert_eq!(net.sent(a), ["1", "4"]);
    assert_eq!(net.sent(b), ["1", "2", "3", "4"]);
}

#[test]
fn a_pipe_that_becomes_usable_within_a_message_starts_with_the_next_one() {
    let (mut net, mut dist, [a, b]) = network();
    net.pipes.set_room(a, 0);
    dist.mark_all();
    part(&mut net, &mut dist, "1", true);
    net.pipes.set_room(a, 9);
    dist.activated(a);
    let c = net.pipe();
    dist.attach(c);
    part(&mut net, &mut dist, "2", false);
    dist.mark_all();
    part(&mut net, &mut dist, "3", false);
    assert_eq!(net.sent(a), ["3"]);
    assert_eq!(net.sent(b), ["1|2", "3"]);
    assert_eq!(net.sent(c), ["3"]);
}

#[test]
fn a_pipe_that_ends_within_a_message_keeps_nothing_of_it() {
    let (mut net, mut dist, [a, b]) = network();
    dist.mark_all();
    part(&mut net, &mut dist, "1", true);
    net.pipes.end_writes(a);
    part(&mut net, &mut dist, "2", true);
    dist.pipe_terminated(a);
    part(&mut net, &mut dist, "3", false);
    net.pipes.flush(a, true);
    assert!(net.sent(a).is_empty());
    assert_eq!(net.sent(b), ["1|2|3"]);
    assert_eq!(dist.pipes.position(a), None);
}

#[test]
fn a_reconnection_within_a_message_drops_it_for_that_pipe() {
    let (mut net, mut dist, [a, b]) = network();
    dist.mark_all();
    part(&mut net, &mut dist, "1", true);
    net.pipes.rollback(a);
    dist.hiccuped(a);
    part(&mut net, &mut dist, "2", false);
    dist.hiccuped(b);
    dist.mark_all();
    part(&mut net, &mut dist, "3", false);
    assert_eq!(net.sent(a), ["3"]);
    assert_eq!(net.sent(b), ["1|2", "3"]);
}

#[test]
fn the_parts_of_the_array_hold_together_whatever_happens() {
    use proptest::prelude::*;
    proptest!(|(steps in prop::collection::vec((0u8..7, 0u32..6, any::<bool>()), 0..60))| {
        let mut net = Net::new(SocketType::Pub);
        for _ in 0..6 {
            net.pipe();
        }
        let mut dist = Distributor::default();
        for (step, pipe, flag) in steps {
            let pipe = PipeId(pipe);
            match step {
                0 => dist.attach(pipe),
                1 => dist.pipe_terminated(pipe),
                2 => dist.mark(pipe),
                3 => net.pipes.set_room(pipe, usize::from(flag)),
                4 => dist.activated(pipe),
                5 => dist.hiccuped(pipe),
                _ => part(&mut net, &mut dist, "x", flag),
            }
            prop_assert!(dist.matching <= dist.eligible && dist.active <= dist.eligible);
            prop_assert!(dist.eligible <= dist.pipes.len());
        }
    });
}

/// Publishes one message to the marked pipes, whose marks then go.
fn publish(net: &mut Net, dist: &mut Distributor, pipes: &[PipeId], text: &str) {
    dist.unmark_all();
    pipes.iter().for_each(|&pipe| dist.mark(pipe));
    let mut msg = frame(text);
    dist.publish(&mut net.pipes, &mut msg, pipes.len() == 1);
    assert!(msg.is_empty());
}

#[test]
fn what_goes_to_the_same_pipes_again_is_shared() {
    let (mut net, mut dist, [a, b, c]) = network();
    net.pipes.shareable = true;
    for text in ["1", "2", "3", "4"] {
        publish(&mut net, &mut dist, &[a, b], text);
    }
    assert_eq!(net.pipes.shared, 2);
    // Something for others, and all over again.
    publish(&mut net, &mut dist, &[a, c], "5");
    publish(&mut net, &mut dist, &[a, b], "6");
    assert_eq!(net.pipes.shared, 2);
    assert_eq!(net.sent(a), ["1", "2", "3", "4", "5", "6"]);
    assert_eq!(net.sent(b), ["1", "2", "3", "4", "6"]);
    assert_eq!(net.sent(c), ["5"]);
}

#[test]
fn one_pipe_has_nobody_to_share_with() {
    let (mut net, mut dist, [a, _]) = network();
    net.pipes.shareable = true;
    for _ in 0..10 {
        publish(&mut net, &mut dist, &[a], "x");
    }
    assert_eq!((net.pipes.shared, net.sent(a).len()), (0, 10));
}

#[test]
fn long_messages_and_parts_are_not_shared() {
    let (mut net, mut dist, pipes) = network::<2>();
    net.pipes.shareable = true;
    let long = "y".repeat(packed::LONGEST + 1);
    for _ in 0..5 {
        publish(&mut net, &mut dist, &pipes, &long);
    }
    for _ in 0..5 {
        dist.unmark_all();
        pipes.iter().for_each(|&pipe| dist.mark(pipe));
        for more in [true, false] {
            let mut msg = frame("part");
            msg.set_more(more);
            dist.publish(&mut net.pipes, &mut msg, false);
        }
    }
    assert_eq!(net.pipes.shared, 0);
    assert_eq!(net.sent(pipes[0])[5..], ["part|part"; 5]);
}

#[test]
fn a_full_pipe_ends_the_sharing_and_the_others_begin_again() {
    let (mut net, mut dist, [a, b, c]) = network();
    net.pipes.shareable = true;
    for text in ["1", "2", "3"] {
        publish(&mut net, &mut dist, &[a, b, c], text);
    }
    assert_eq!(net.pipes.shared, 1);
    net.pipes.set_room(b, 0);
    for text in ["4", "5", "6", "7", "8", "9"] {
        publish(&mut net, &mut dist, &[a, b, c], text);
    }
    assert!(net.pipes.shared > 1);
    assert_eq!(net.sent(a).len(), 9);
    assert_eq!(net.sent(b).len(), 3);
    net.pipes.set_room(b, 100);
    dist.activated(b);
    for _ in 0..40 {
        publish(&mut net, &mut dist, &[a, b, c], "x");
    }
    assert!(dist.sharing.shared);
    assert_eq!((net.sent(a).len(), net.sent(b).len(), net.sent(c).len()), (49, 43, 49));
}

#[test]
fn what_cannot_be_shared_is_tried_less_and_less() {
    let (mut net, mut dist, pipes) = network::<2>();
    let mut needed = Vec::new();
    for _ in 0..200 {
        publish(&mut net, &mut dist, &pipes, "x");
        needed.push(dist.sharing.needed);
    }
    assert!(needed.is_sorted());
    assert_eq!(needed.last(), Some(&REPEATS.1));
    assert_eq!(net.sent(pipes[0]).len(), 200);
}

#[test]
fn pipes_that_share_and_have_room_are_not_asked_one_by_one() {
    let (mut net, mut dist, pipes) = network::<2>();
    net.pipes.shareable = true;
    for _ in 0..3 {
        publish(&mut net, &mut dist, &pipes, "x");
    }
    assert!(!dist.any_marked_is_full(&mut net.pipes));
    publish(&mut net, &mut dist, &pipes[..1], "for one");
    assert!(!dist.sharing.shared);
    net.pipes.set_room(pipes[0], 0);
    assert!(dist.any_marked_is_full(&mut net.pipes));
}
