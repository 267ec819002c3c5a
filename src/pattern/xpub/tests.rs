use super::super::testing::*;
use super::*;
use crate::msg::MetadataRef;
use crate::options::SocketType;

fn xpub<const N: usize>() -> (Net, Xpub, [PipeId; N]) {
    let mut net = Net::new(SocketType::Xpub);
    let mut xpub = Xpub::default();
    let pipes = net.attach_n(&mut xpub);
    (net, xpub, pipes)
}

fn publisher<const N: usize>() -> (Net, Pub, [PipeId; N]) {
    let mut net = Net::new(SocketType::Pub);
    let mut publisher = Pub::default();
    let pipes = net.attach_n(&mut publisher);
    (net, publisher, pipes)
}

fn subscribe(net: &mut Net, pattern: &mut dyn Pattern<SimPipes>, pipe: PipeId, topic: &str) {
    net.deliver_class(pattern, pipe, Class::Subscribe, topic);
}

fn cancel(net: &mut Net, pattern: &mut dyn Pattern<SimPipes>, pipe: PipeId, topic: &str) {
    net.deliver_class(pattern, pipe, Class::Cancel, topic);
}

fn topics(net: &mut Net, xpub: &mut Xpub) -> i32 {
    xpub.option_get(&mut net.cx(), ZMQ_TOPICS_COUNT).unwrap()
}

#[test]
fn messages_go_to_the_subscribers_once_each() {
    let (mut net, mut xpub, [a, b, c]) = xpub();
    subscribe(&mut net, &mut xpub, a, "x");
    subscribe(&mut net, &mut xpub, a, "xy");
    subscribe(&mut net, &mut xpub, b, "");
    net.send(&mut xpub, "xyz|1|2").unwrap();
    net.send(&mut xpub, "other").unwrap();
    assert_eq!(net.sent(a), ["xyz|1|2"]);
    assert_eq!(net.sent(b), ["xyz|1|2", "other"]);
    assert!(net.sent(c).is_empty());
    assert_eq!(net.pipes.flushes(b), [false, true], "direct only to a single pipe");
    assert_eq!(topics(&mut net, &mut xpub), 3);
}

#[test]
fn only_the_first_part_is_matched() {
    let (mut net, mut xpub, [a, b]) = xpub();
    subscribe(&mut net, &mut xpub, a, "1");
    subscribe(&mut net, &mut xpub, b, "2");
    net.send(&mut xpub, "1|2").unwrap();
    assert_eq!((net.sent(a).len(), net.sent(b).len()), (1, 0));
}

#[test]
fn a_subscription_within_a_message_counts_from_the_next_one() {
    let (mut net, mut xpub, [a]) = xpub();
    net.send_part(&mut xpub, "x", true).unwrap();
    subscribe(&mut net, &mut xpub, a, "");
    net.send_part(&mut xpub, "y", false).unwrap();
    net.send(&mut xpub, "z").unwrap();
    assert_eq!(net.sent(a), ["z"]);
}

#[test]
fn the_application_sees_what_is_new() {
    let (mut net, mut xpub, [a, b]) = xpub();
    assert_eq!(net.recv(&mut xpub), Err(Errno::EAGAIN));
    subscribe(&mut net, &mut xpub, a, "x");
    subscribe(&mut net, &mut xpub, b, "x");
    subscribe(&mut net, &mut xpub, b, "x");
    assert!(net.has_in(&mut xpub));
    assert_eq!(net.recv_all(&mut xpub), ["\u{1}x"]);
    cancel(&mut net, &mut xpub, b, "x");
    assert!(!net.has_in(&mut xpub));
    cancel(&mut net, &mut xpub, a, "x");
    cancel(&mut net, &mut xpub, a, "never");
    assert_eq!(net.recv_all(&mut xpub), ["\0x", "\0never"]);
}

#[test]
fn requests_in_the_old_form_count_as_well() {
    let (mut net, mut xpub, [a]) = xpub();
    net.deliver(&mut xpub, a, &["\u{1}x"]);
    net.deliver(&mut xpub, a, &["\u{1}"]);
    net.send(&mut xpub, "y").unwrap();
    net.deliver(&mut xpub, a, &["\0"]);
    net.send(&mut xpub, "y").unwrap();
    assert_eq!(net.recv_all(&mut xpub), ["\u{1}x", "\u{1}", "\0"]);
    assert_eq!(net.sent(a), ["y"]);
}

#[test]
fn verbose_and_verboser_show_repetitions() {
    let (mut net, mut xpub, [a, b]) = xpub();
    net.options.xpub_verbose = true;
    for pipe in [a, b, b] {
        subscribe(&mut net, &mut xpub, pipe, "x");
    }
    assert_eq!(net.recv_all(&mut xpub), ["\u{1}x"; 3]);
    cancel(&mut net, &mut xpub, a, "x");
    assert!(net.recv_all(&mut xpub).is_empty());
    net.options.xpub_verboser = true;
    subscribe(&mut net, &mut xpub, a, "x");
    cancel(&mut net, &mut xpub, a, "x");
    assert_eq!(net.recv_all(&mut xpub), ["\u{1}x", "\0x"]);
    subscribe(&mut net, &mut xpub, a, "x");
    net.recv_all(&mut xpub);
    net.terminated(&mut xpub, a);
    net.terminated(&mut xpub, b);
    assert_eq!(net.recv_all(&mut xpub), ["\0x", "\0x"]);
}

#[test]
fn a_peer_that_goes_cancels_what_only_it_had() {
    let (mut net, mut xpub, [a, b]) = xpub();
    for topic in ["b", "a", "shared"] {
        subscribe(&mut net, &mut xpub, a, topic);
    }
    subscribe(&mut net, &mut xpub, b, "shared");
    net.recv_all(&mut xpub);
    net.terminated(&mut xpub, a);
    assert_eq!(net.recv_all(&mut xpub), ["\0a", "\0b"]);
    assert_eq!(topics(&mut net, &mut xpub), 1);
}

#[test]
fn what_peers_send_reaches_the_application() {
    let (mut net, mut xpub, [a]) = xpub();
    net.deliver(&mut xpub, a, &["hello", "there"]);
    net.deliver(&mut xpub, a, &[""]);
    assert_eq!(net.recv_all(&mut xpub), ["hello|there", ""]);
}

#[test]
fn later_parts_can_be_subscriptions_unless_only_the_first_may() {
    let (mut net, mut xpub, [a]) = xpub();
    net.deliver(&mut xpub, a, &["1", "\u{1}x"]);
    assert_eq!(net.recv(&mut xpub), Ok(("1".into(), true)));
    assert_eq!(net.recv(&mut xpub), Ok(("\u{1}x".into(), false)));
    assert_eq!(topics(&mut net, &mut xpub), 1);
    net.options.only_first_subscribe = true;
    net.deliver(&mut xpub, a, &["2", "\u{1}y"]);
    assert_eq!(net.recv_all(&mut xpub), ["2|\u{1}y"]);
    assert_eq!(topics(&mut net, &mut xpub), 1);
    net.deliver(&mut xpub, a, &["\u{1}y", "\u{1}z"]);
    assert_eq!(net.recv_all(&mut xpub), ["\u{1}y", "\u{1}z"]);
    assert_eq!(topics(&mut net, &mut xpub), 3);
}

#[test]
fn metadata_comes_with_notifications() {
    let (mut net, mut xpub, [a]) = xpub();
    let metadata = MetadataRef::from_pairs([("Peer-Address", "1.2.3.4")]);
    let mut request = Msg::subscribe(b"x").unwrap();
    request.set_metadata(Some(metadata));
    xpub.subscribe(&net.options, a, Request::Subscribe, &mut request);
    let mut msg = Msg::new();
    Pattern::<SimPipes>::recv(&mut xpub, &mut net.cx(), &mut msg).unwrap();
    assert_eq!(text(&msg), "\u{1}x");
    assert_eq!(msg.metadata().unwrap().get("Peer-Address"), Some(c"1.2.3.4"));
}

#[test]
fn a_full_peer_misses_messages() {
    let (mut net, mut xpub, [a, b]) = xpub();
    subscribe(&mut net, &mut xpub, a, "");
    subscribe(&mut net, &mut xpub, b, "");
    net.pipes.set_room(a, 1);
    for message in ["1", "2", "3"] {
        net.send(&mut xpub, message).unwrap();
    }
    net.make_room(&mut xpub, a, 1);
    net.send(&mut xpub, "4").unwrap();
    assert_eq!(net.sent(a), ["1", "4"]);
    assert_eq!(net.sent(b).len(), 4);
    assert!(net.has_out(&mut xpub));
}

#[test]
fn nodrop_waits_for_full_peers_that_match() {
    let (mut net, mut xpub, [a, b]) = xpub();
    net.options.xpub_nodrop = true;
    subscribe(&mut net, &mut xpub, a, "a");
    subscribe(&mut net, &mut xpub, b, "");
    net.pipes.set_room(a, 1);
    net.send(&mut xpub, "a1").unwrap();
    assert_eq!(net.send(&mut xpub, "a2"), Err(Errno::EAGAIN));
    assert_eq!(net.send(&mut xpub, "a2"), Err(Errno::EAGAIN));
    net.send(&mut xpub, "b").unwrap();
    net.make_room(&mut xpub, a, 1);
    net.send(&mut xpub, "a2").unwrap();
    assert_eq!(net.sent(a), ["a1", "a2"]);
    assert_eq!(net.sent(b), ["a1", "b", "a2"]);
    net.pipes.end_writes(a);
    net.pipes.set_room(a, 9);
    net.send(&mut xpub, "a3").unwrap();
}

#[test]
fn inverted_matching_sends_to_the_others() {
    let (mut net, mut xpub, [a, b]) = xpub();
    net.options.invert_matching = true;
    subscribe(&mut net, &mut xpub, a, "x");
    net.send(&mut xpub, "xyz").unwrap();
    net.send(&mut xpub, "abc").unwrap();
    assert_eq!(net.sent(a), ["abc"]);
    assert_eq!(net.sent(b), ["xyz", "abc"]);
}

#[test]
fn a_welcome_message_comes_first() {
    let mut net = Net::new(SocketType::Xpub);
    net.options.xpub_welcome_msg = b"W".to_vec();
    let mut xpub = Xpub::default();
    let a = net.pipe();
    net.fill(a, &["\u{1}"]);
    net.attach(&mut xpub, a, Attach::default());
    net.send(&mut xpub, "x").unwrap();
    assert_eq!(net.sent(a), ["W", "x"]);
    assert_eq!(net.recv_all(&mut xpub), ["\u{1}"], "what was there before is read");
}

#[test]
fn a_peer_that_cannot_subscribe_gets_everything() {
    let (mut net, mut publisher, []) = publisher();
    let a = net.pipe();
    net.attach(&mut publisher, a, Attach { subscribe_to_all: true, ..Attach::default() });
    net.send(&mut publisher, "x").unwrap();
    assert_eq!(net.sent(a), ["x"]);
}

#[test]
fn in_manual_mode_the_application_grants_subscriptions() {
    let (mut net, mut xpub, [a, b]) = xpub();
    net.options.xpub_manual = true;
    subscribe(&mut net, &mut xpub, a, "a");
    subscribe(&mut net, &mut xpub, b, "b");
    subscribe(&mut net, &mut xpub, b, "b");
    let set = |net: &mut Net, xpub: &mut Xpub, option, value: &str| {
        xpub.option_set(&mut net.cx(), option, value.as_bytes())
    };
    assert_eq!(set(&mut net, &mut xpub, ZMQ_SUBSCRIBE, "to nobody"), Ok(()));
    assert_eq!(net.recv(&mut xpub), Ok(("\u{1}a".into(), false)));
    assert_eq!(set(&mut net, &mut xpub, ZMQ_SUBSCRIBE, "XA"), Ok(()));
    assert_eq!(net.recv(&mut xpub), Ok(("\u{1}b".into(), false)));
    assert_eq!(set(&mut net, &mut xpub, ZMQ_SUBSCRIBE, "XB"), Ok(()));
    assert_eq!(net.recv(&mut xpub), Ok(("\u{1}b".into(), false)), "repetitions are shown");
    for message in ["a", "b", "XA", "XB", "to nobody"] {
        net.send(&mut xpub, message).unwrap();
    }
    assert_eq!((net.sent(a), net.sent(b)), (vec!["XA".into()], vec!["XB".into()]));
    cancel(&mut net, &mut xpub, a, "a");
    assert_eq!(net.recv(&mut xpub), Ok(("\0a".into(), false)));
    assert_eq!(set(&mut net, &mut xpub, ZMQ_UNSUBSCRIBE, "XA"), Ok(()));
    net.send(&mut xpub, "XA").unwrap();
    assert_eq!(net.sent(a).len(), 1);
}

#[test]
fn without_manual_mode_the_application_cannot_subscribe_peers() {
    let (mut net, mut xpub, []) = xpub();
    assert_eq!(xpub.option_set(&mut net.cx(), ZMQ_SUBSCRIBE, b"x"), Err(Errno::EINVAL));
}

#[test]
fn in_manual_mode_a_peer_that_goes_cancels_what_it_asked_for() {
    let (mut net, mut xpub, [a, b]) = xpub();
    net.options.xpub_manual = true;
    subscribe(&mut net, &mut xpub, a, "x");
    subscribe(&mut net, &mut xpub, b, "x");
    net.recv(&mut xpub).unwrap();
    xpub.option_set(&mut net.cx(), ZMQ_SUBSCRIBE, b"granted").unwrap();
    net.terminated(&mut xpub, a);
    assert_eq!(topics(&mut net, &mut xpub), 0);
    assert_eq!(net.recv_all(&mut xpub), ["\u{1}x", "\0x"]);
    // The pipe's number may be another peer's now, which was not asked about.
    let [c] = net.attach_n(&mut xpub);
    assert_eq!(c, a);
    xpub.option_set(&mut net.cx(), ZMQ_SUBSCRIBE, b"y").unwrap();
    net.send(&mut xpub, "y").unwrap();
    assert!(net.sent(c).is_empty());
}

#[test]
fn a_notification_that_outlives_its_pipe_is_about_nobody() {
    let (mut net, mut xpub, [a]) = xpub();
    net.options.xpub_manual = true;
    subscribe(&mut net, &mut xpub, a, "x");
    net.terminated(&mut xpub, a);
    let [c] = net.attach_n(&mut xpub);
    assert_eq!(net.recv(&mut xpub), Ok(("\u{1}x".into(), false)));
    xpub.option_set(&mut net.cx(), ZMQ_SUBSCRIBE, b"").unwrap();
    net.send(&mut xpub, "x").unwrap();
    assert!(net.sent(c).is_empty());
}

#[test]
fn messages_of_peers_do_not_shift_manual_subscriptions() {
    let (mut net, mut xpub, [a, b]) = xpub();
    net.options.xpub_manual = true;
    net.deliver(&mut xpub, a, &["hello"]);
    subscribe(&mut net, &mut xpub, a, "a");
    subscribe(&mut net, &mut xpub, b, "b");
    for expected in ["hello", "\u{1}a"] {
        assert_eq!(net.recv(&mut xpub), Ok((expected.into(), false)));
    }
    xpub.option_set(&mut net.cx(), ZMQ_SUBSCRIBE, b"x").unwrap();
    net.send(&mut xpub, "x").unwrap();
    assert_eq!((net.sent(a).len(), net.sent(b).len()), (1, 0));
}

#[test]
fn last_value_goes_to_the_latest_subscriber_alone() {
    let (mut net, mut xpub, [a, b]) = xpub();
    net.options.xpub_manual = true;
    net.options.xpub_manual_last_value = true;
    for pipe in [a, b] {
        subscribe(&mut net, &mut xpub, pipe, "x");
        net.recv(&mut xpub).unwrap();
        xpub.option_set(&mut net.cx(), ZMQ_SUBSCRIBE, b"x").unwrap();
    }
    net.options.xpub_nodrop = true;
    net.pipes.set_room(b, 0);
    assert_eq!(net.send(&mut xpub, "x last"), Err(Errno::EAGAIN));
    net.make_room(&mut xpub, b, 9);
    net.send(&mut xpub, "x last").unwrap();
    net.send(&mut xpub, "x").unwrap();
    assert_eq!(net.sent(a), ["x"]);
    assert_eq!(net.sent(b), ["x last", "x"]);
}

#[test]
fn a_pub_has_nothing_to_receive_and_keeps_nothing() {
    let (mut net, mut publisher, [a]) = publisher();
    subscribe(&mut net, &mut publisher, a, "x");
    net.deliver(&mut publisher, a, &["hello"]);
    net.options.xpub_manual = true;
    subscribe(&mut net, &mut publisher, a, "y");
    assert_eq!(net.recv(&mut publisher), Err(Errno::ENOTSUP));
    assert!(!net.has_in(&mut publisher) && net.has_out(&mut publisher));
    net.send(&mut publisher, "x").unwrap();
    assert_eq!(net.sent(a), ["x"]);
    net.terminated(&mut publisher, a);
    assert!(publisher.0.pending.is_empty());
    assert_eq!((publisher.0.subscriptions.len(), publisher.0.requested.len()), (0, 0));
}
