use super::super::testing::*;
use super::*;
use crate::options::SocketType;

fn sub<const N: usize>(topics: &[&str]) -> (Net, Sub, [PipeId; N]) {
    let mut net = Net::new(SocketType::Sub);
    let mut sub = Sub::default();
    for topic in topics {
        subscribe(&mut net, &mut sub, topic);
    }
    let pipes = net.attach_n(&mut sub);
    (net, sub, pipes)
}

fn xsub<const N: usize>() -> (Net, Xsub, [PipeId; N]) {
    let mut net = Net::new(SocketType::Xsub);
    let mut xsub = Xsub::default();
    let pipes = net.attach_n(&mut xsub);
    (net, xsub, pipes)
}

fn subscribe(net: &mut Net, sub: &mut Sub, topic: &str) {
    sub.option_set(&mut net.cx(), ZMQ_SUBSCRIBE, topic.as_bytes()).unwrap();
}

fn unsubscribe(net: &mut Net, sub: &mut Sub, topic: &str) {
    sub.option_set(&mut net.cx(), ZMQ_UNSUBSCRIBE, topic.as_bytes()).unwrap();
}

#[test]
fn a_sub_gets_what_it_subscribed_to() {
    let (mut net, mut sub, [a, b]) = sub(&["x", "yz"]);
    for pipe in [a, b] {
        net.deliver(&mut sub, pipe, &["other", "x"]);
        net.deliver(&mut sub, pipe, &["xa", "other"]);
        net.deliver(&mut sub, pipe, &["y"]);
        net.deliver(&mut sub, pipe, &["yz"]);
    }
    assert!(net.has_in(&mut sub) && net.has_in(&mut sub));
    let mut got = net.recv_all(&mut sub);
    got.sort();
    assert_eq!(got, ["xa|other", "xa|other", "yz", "yz"]);
    assert!(!net.has_in(&mut sub));
}

#[test]
fn a_sub_cannot_send() {
    let (mut net, mut sub, [a]) = sub(&[]);
    assert_eq!(net.send_part(&mut sub, "\u{1}x", false), Err(Errno::ENOTSUP));
    assert!(!net.has_out(&mut sub));
    assert!(net.sent(a).is_empty());
}

#[test]
fn without_subscriptions_there_is_nothing() {
    let (mut net, mut sub, [a]) = sub(&[]);
    net.deliver(&mut sub, a, &["x"]);
    net.deliver(&mut sub, a, &[""]);
    assert!(!net.has_in(&mut sub));
    net.deliver(&mut sub, a, &["x"]);
    assert_eq!(net.recv(&mut sub), Err(Errno::EAGAIN));
}

#[test]
fn subscriptions_are_counted_here_and_repeated_ones_go_out() {
    let (mut net, mut sub, [a]) = sub(&[]);
    subscribe(&mut net, &mut sub, "x");
    subscribe(&mut net, &mut sub, "x");
    assert_eq!(sub.option_get(&mut net.cx(), ZMQ_TOPICS_COUNT), Ok(1));
    unsubscribe(&mut net, &mut sub, "never");
    unsubscribe(&mut net, &mut sub, "x");
    assert_eq!(net.sent(a), ["subscribe x", "subscribe x"]);
    net.deliver(&mut sub, a, &["x"]);
    assert_eq!(net.recv_all(&mut sub), ["x"]);
    unsubscribe(&mut net, &mut sub, "x");
    assert_eq!(net.sent(a).last().unwrap(), "cancel x");
    assert!(net.pipes.flushes(a).iter().all(|&direct| direct));
    net.deliver(&mut sub, a, &["x"]);
    assert!(net.recv_all(&mut sub).is_empty());
}

#[test]
fn new_and_replaced_connections_get_all_subscriptions() {
    let (mut net, mut sub, [a]) = sub(&["b", "a", "b", ""]);
    let all = ["subscribe ", "subscribe a", "subscribe b"];
    assert_eq!(net.sent(a), all);
    sub.hiccuped(&mut net.cx(), a);
    assert_eq!(net.sent(a)[3..], all);
}

/// Lets so many messages be written, and has the socket hear of it.
fn make_room(net: &mut Net, sub: &mut Sub, pipe: PipeId, messages: usize) {
    net.pipes.set_room(pipe, messages);
    sub.write_activated(&mut net.cx(), pipe);
}

#[test]
fn subscriptions_beyond_the_high_water_mark_are_sent_when_there_is_room() {
    let (mut net, mut sub, [a]) = sub(&[]);
    net.pipes.set_room(a, 1);
    for topic in ["x", "y", "z"] {
        subscribe(&mut net, &mut sub, topic);
    }
    unsubscribe(&mut net, &mut sub, "x");
    assert_eq!(net.sent(a), ["subscribe x"]);
    net.deliver(&mut sub, a, &["y"]);
    assert_eq!(net.recv_all(&mut sub), ["y"], "they count here at once");
    make_room(&mut net, &mut sub, a, 2);
    assert_eq!(net.sent(a)[1..], ["cancel x", "subscribe y"]);
    make_room(&mut net, &mut sub, a, 2);
    assert_eq!(net.sent(a)[3..], ["subscribe z"]);
    subscribe(&mut net, &mut sub, "w");
    assert_eq!(net.sent(a)[4..], ["subscribe w"]);
    make_room(&mut net, &mut sub, a, 9);
    assert_eq!(net.sent(a).len(), 5);
}

#[test]
fn a_change_of_mind_while_a_publisher_does_not_listen_is_one_message() {
    let (mut net, mut sub, [a]) = sub(&[]);
    net.pipes.set_room(a, 0);
    for _ in 0..100 {
        subscribe(&mut net, &mut sub, "x");
        unsubscribe(&mut net, &mut sub, "x");
    }
    subscribe(&mut net, &mut sub, "x");
    make_room(&mut net, &mut sub, a, 200);
    assert_eq!(net.sent(a), ["subscribe x"]);
}

#[test]
fn new_publishers_get_all_subscriptions_though_they_take_few_at_a_time() {
    let mut net = Net::new(SocketType::Sub);
    let mut sub = Sub::default();
    for topic in ["a", "b", "c"] {
        subscribe(&mut net, &mut sub, topic);
    }
    let [a] = net.attach_n(&mut sub);
    net.pipes.set_room(a, 1);
    sub.hiccuped(&mut net.cx(), a);
    assert_eq!(net.sent(a)[3..], ["subscribe a"]);
    make_room(&mut net, &mut sub, a, 1);
    // The connection is replaced once more: all over again, and nothing twice.
    net.pipes.set_room(a, 2);
    sub.hiccuped(&mut net.cx(), a);
    make_room(&mut net, &mut sub, a, 9);
    assert_eq!(net.sent(a)[4..], ["subscribe b", "subscribe a", "subscribe b", "subscribe c"]);
}

#[test]
fn inverted_matching_receives_the_others() {
    let (mut net, mut sub, [a]) = sub(&["x"]);
    net.options.invert_matching = true;
    net.deliver(&mut sub, a, &["xy"]);
    net.deliver(&mut sub, a, &["ab"]);
    assert_eq!(net.recv_all(&mut sub), ["ab"]);
}

#[test]
fn an_xsub_gets_everything() {
    let (mut net, mut xsub, [a]) = xsub();
    net.deliver(&mut xsub, a, &["x", "y"]);
    assert!(net.has_in(&mut xsub));
    assert_eq!(net.recv_all(&mut xsub), ["x|y"]);
}

#[test]
fn within_a_message_there_is_more() {
    let (mut net, mut xsub, [a]) = xsub();
    net.deliver(&mut xsub, a, &["x", "y"]);
    assert!(net.has_in(&mut xsub));
    assert_eq!(net.recv(&mut xsub), Ok(("x".into(), true)));
    assert!(net.has_in(&mut xsub));
    assert_eq!(net.recv(&mut xsub), Ok(("y".into(), false)));
    assert!(!net.has_in(&mut xsub));
}

#[test]
fn an_xsub_subscribes_by_messages() {
    let (mut net, mut xsub, [a, b]) = xsub();
    assert!(net.has_out(&mut xsub));
    for message in ["\u{1}x", "\u{1}x", "\0never", "\0x", "\0x", "user message", ""] {
        net.send(&mut xsub, message).unwrap();
    }
    let expected = ["\u{1}x", "\u{1}x", "\0x", "user message", ""];
    assert_eq!(net.sent(a), expected);
    assert_eq!(net.sent(b), expected);
    net.options.xsub_verbose_unsubscribe = true;
    net.send(&mut xsub, "\0x").unwrap();
    assert_eq!(net.sent(a).last().unwrap(), "\0x");
}

#[test]
fn later_parts_can_be_subscriptions_unless_only_the_first_may() {
    let (mut net, mut xsub, [a]) = xsub();
    net.send(&mut xsub, "1|\u{1}x").unwrap();
    assert_eq!(xsub.filter.len(), 1);
    net.options.only_first_subscribe = true;
    net.send(&mut xsub, "2|\u{1}y").unwrap();
    assert_eq!(xsub.filter.len(), 1);
    net.send(&mut xsub, "\u{1}y|\u{1}z").unwrap();
    assert_eq!(xsub.filter.len(), 3);
    assert_eq!(net.sent(a), ["1|\u{1}x", "2|\u{1}y", "\u{1}y|\u{1}z"]);
}

#[test]
fn a_publisher_that_comes_within_a_message_gets_the_next_one() {
    let (mut net, mut xsub, [a]) = xsub();
    net.send_part(&mut xsub, "1", true).unwrap();
    let [b] = net.attach_n(&mut xsub);
    net.send_part(&mut xsub, "2", false).unwrap();
    net.send(&mut xsub, "3").unwrap();
    assert_eq!(net.sent(a), ["1|2", "3"]);
    assert_eq!(net.sent(b), ["3"]);
}
