use super::super::testing::*;
use super::*;
use crate::msg::Class;
use crate::options::SocketType;

/// A router with identified peers.
fn router<const N: usize>(ids: [&str; N]) -> (Net, Router, [PipeId; N]) {
    let mut net = Net::new(SocketType::Router);
    let mut router = Router::default();
    let pipes = ids.map(|id| join(&mut net, &mut router, id));
    (net, router, pipes)
}

/// A peer with this routing id connects.
fn join(net: &mut Net, router: &mut Router, id: &str) -> PipeId {
    let [pipe] = net.attach_n(router);
    net.deliver_class(router, pipe, Class::RoutingId, id);
    pipe
}

#[test]
fn routing_ids_go_in_front_and_choose_the_peer() {
    let (mut net, mut router, [a, b]) = router(["a", "b"]);
    net.deliver(&mut router, b, &["1", "2"]);
    net.deliver(&mut router, a, &["3"]);
    assert!(net.has_in(&mut router));
    assert_eq!(net.recv_all(&mut router), ["a|3", "b|1|2"]);
    assert!(!net.has_in(&mut router));
    net.send(&mut router, "b|4|5").unwrap();
    net.send(&mut router, "a|6").unwrap();
    assert_eq!(net.sent(a), ["6"]);
    assert_eq!(net.sent(b), ["4|5"]);
    assert_eq!(net.pipes.flushes(b), [true]);
}

#[test]
fn a_peer_counts_from_when_its_id_arrives() {
    let (mut net, mut router, []) = router([]);
    let [a] = net.attach_n(&mut router);
    net.send(&mut router, "a|lost").unwrap();
    assert!(!net.has_in(&mut router));
    // The id can also be there before the pipe is attached.
    let b = net.pipe();
    net.fill(b, &["b"]);
    net.fill(b, &["hello"]);
    net.attach(&mut router, b, Attach::default());
    net.deliver_class(&mut router, a, Class::RoutingId, "a");
    net.send(&mut router, "a|x").unwrap();
    assert_eq!(net.sent(a), ["x"]);
    assert_eq!(net.recv_all(&mut router), ["b|hello"]);
    // One that goes without ever saying its id leaves no trace.
    let [c] = net.attach_n(&mut router);
    net.terminated(&mut router, c);
    join(&mut net, &mut router, "c");
    net.send(&mut router, "c|x").unwrap();
    assert_eq!(net.sent(c), ["x"]);
}

#[test]
fn peers_without_an_id_get_different_generated_ones() {
    let (mut net, mut router, [a, b]) = router(["", ""]);
    net.deliver(&mut router, a, &["x"]);
    net.deliver(&mut router, b, &["y"]);
    let (id_a, more) = net.recv(&mut router).unwrap();
    assert!(more && id_a.len() >= 5 && id_a.starts_with('\0'));
    assert_eq!(frame(&id_a).len(), 5);
    net.recv(&mut router).unwrap();
    let (id_b, _) = net.recv(&mut router).unwrap();
    let number = |id: &str| u32::from_be_bytes(frame(id).data()[1..].try_into().unwrap());
    assert_eq!(number(&id_b), number(&id_a).wrapping_add(1));
    net.recv(&mut router).unwrap();
    net.send_to(&mut router, &id_b, "z").unwrap();
    assert_eq!(net.sent(b), ["z"]);
}

#[test]
fn a_repeated_id_after_a_reconnection_is_no_message() {
    let (mut net, mut router, [a]) = router(["a"]);
    net.deliver_class(&mut router, a, Class::RoutingId, "a");
    assert!(!net.has_in(&mut router));
    assert_eq!(net.recv(&mut router), Err(Errno::EAGAIN));
    net.deliver_class(&mut router, a, Class::RoutingId, "a");
    net.deliver(&mut router, a, &["x"]);
    assert_eq!(net.recv_all(&mut router), ["a|x"]);
}

#[test]
fn a_second_peer_with_the_same_id_is_ignored() {
    let (mut net, mut router, [a, other]) = router(["a", "a"]);
    net.deliver(&mut router, other, &["from the second"]);
    net.deliver(&mut router, other, &["b"]);
    assert!(!net.has_in(&mut router));
    assert_eq!(net.pipes.unread(other), 0, "it cannot fill its pipe either");
    net.send(&mut router, "a|x").unwrap();
    net.send(&mut router, "b|x").unwrap();
    assert_eq!((net.sent(a).len(), net.sent(other).len()), (1, 0));
    assert_eq!(net.pipes.terminated(other), None);
    // Its going does not take the id from the first one.
    net.end_by_peer(&mut router, other);
    assert!(net.pipes.saw_end(other));
    net.terminated(&mut router, other);
    net.send(&mut router, "a|y").unwrap();
    assert_eq!(net.sent(a), ["x", "y"]);
    net.terminated(&mut router, a);
    let again = join(&mut net, &mut router, "a");
    net.send(&mut router, "a|z").unwrap();
    assert_eq!(net.sent(again), ["z"]);
}

#[test]
fn handover_gives_the_id_to_the_newcomer() {
    let (mut net, mut router, [a]) = router(["a"]);
    net.options.router_handover = true;
    net.deliver(&mut router, a, &["old"]);
    let b = join(&mut net, &mut router, "a");
    assert_eq!(net.pipes.terminated(a), Some(true));
    net.send(&mut router, "a|x").unwrap();
    assert_eq!((net.sent(a).len(), net.sent(b).len()), (0, 1));
    // What the old peer still had to say comes from its new, generated id.
    let messages = net.recv_all(&mut router);
    assert!(messages[0].starts_with('\0') && messages[0].ends_with("|old"));
    net.terminated(&mut router, a);
    net.send(&mut router, "a|y").unwrap();
    assert_eq!(net.sent(b), ["x", "y"]);
}

#[test]
fn handover_waits_for_the_end_of_the_message_being_received() {
    for receive_first in [false, true] {
        let (mut net, mut router, [a]) = router(["a"]);
        net.options.router_handover = true;
        net.deliver(&mut router, a, &["1", "2"]);
        if receive_first {
            assert_eq!(net.recv(&mut router), Ok(("a".into(), true)));
        } else {
            assert!(net.has_in(&mut router));
        }
        join(&mut net, &mut router, "a");
        assert_eq!(net.pipes.terminated(a), None);
        let expected = if receive_first { "1|2" } else { "a|1|2" };
        assert_eq!(net.recv_all(&mut router), [expected]);
        assert_eq!(net.pipes.terminated(a), Some(true));
    }
}

#[test]
fn messages_that_cannot_be_routed_are_dropped() {
    let (mut net, mut router, [a]) = router(["a"]);
    net.send(&mut router, "nobody|1|2").unwrap();
    net.send(&mut router, "a").unwrap();
    net.pipes.set_room(a, 1);
    net.send(&mut router, "a|1|2").unwrap();
    net.send(&mut router, "a|no room").unwrap();
    net.make_room(&mut router, a, 1);
    net.send(&mut router, "a|3").unwrap();
    assert_eq!(net.sent(a), ["1|2", "3"]);
    assert!(net.has_out(&mut router));
}

#[test]
fn mandatory_says_why_a_message_cannot_be_routed() {
    let (mut net, mut router, [a, b]) = router(["a", "b"]);
    net.options.router_mandatory = true;
    assert_eq!(net.send_part(&mut router, "nobody", true), Err(Errno::EHOSTUNREACH));
    net.pipes.set_room(a, 0);
    assert_eq!(net.send_part(&mut router, "a", true), Err(Errno::EAGAIN));
    assert!(net.has_out(&mut router));
    net.pipes.set_room(b, 0);
    assert!(!net.has_out(&mut router));
    net.make_room(&mut router, a, 1);
    assert!(net.has_out(&mut router));
    net.send(&mut router, "a|x").unwrap();
    net.pipes.end_writes(b);
    net.pipes.set_room(b, 9);
    assert_eq!(net.send_part(&mut router, "b", true), Err(Errno::EHOSTUNREACH));
    net.terminated(&mut router, b);
    assert_eq!(net.send_part(&mut router, "b", true), Err(Errno::EHOSTUNREACH));
}

#[test]
fn the_rest_of_a_message_whose_pipe_is_gone_is_dropped() {
    let (mut net, mut router, [a, b]) = router(["a", "b"]);
    net.send_part(&mut router, "a", true).unwrap();
    net.send_part(&mut router, "1", true).unwrap();
    net.terminated(&mut router, a);
    net.send_part(&mut router, "2", false).unwrap();
    net.send(&mut router, "b|x").unwrap();
    assert_eq!(net.sent(b), ["x"]);

    net.send_part(&mut router, "b", true).unwrap();
    net.send_part(&mut router, "1", true).unwrap();
    net.hiccup(&mut router, b);
    net.send_part(&mut router, "2", false).unwrap();
    assert_eq!(net.sent(b), ["x"]);

    net.send_part(&mut router, "b", true).unwrap();
    net.send_part(&mut router, "1", true).unwrap();
    net.pipes.end_writes(b);
    net.send_part(&mut router, "2", true).unwrap();
    net.send_part(&mut router, "3", false).unwrap();
    assert_eq!(net.sent(b), ["x"]);
}

#[test]
fn what_was_taken_out_survives_its_pipe() {
    let (mut net, mut router, [a]) = router(["a"]);
    net.deliver(&mut router, a, &["1"]);
    assert!(net.has_in(&mut router));
    net.terminated(&mut router, a);
    join(&mut net, &mut router, "b");
    assert_eq!(net.recv_all(&mut router), ["a|1"]);

    let c = join(&mut net, &mut router, "c");
    net.deliver(&mut router, c, &["1", "2"]);
    assert!(net.has_in(&mut router));
    net.terminated(&mut router, c);
    assert_eq!(net.recv_all(&mut router), ["c|1|"], "cut off, and ended by an empty part");
}

#[test]
fn connect_routing_id_names_the_next_connection_only() {
    let (mut net, mut router, []) = router([]);
    net.options.connect_routing_id = b"name".to_vec();
    let incoming = join(&mut net, &mut router, "incoming");
    let connected = net.pipe();
    let attach = Attach { locally_initiated: true, ..Attach::default() };
    net.attach(&mut router, connected, attach);
    assert!(net.options.connect_routing_id.is_empty());
    net.send(&mut router, "name|x").unwrap();
    assert_eq!((net.sent(incoming).len(), net.sent(connected).len()), (0, 1));
    // What the peer calls itself does not matter then.
    net.deliver_class(&mut router, connected, Class::RoutingId, "itself");
    net.deliver(&mut router, connected, &["y"]);
    assert_eq!(net.recv_all(&mut router), ["name|y"]);
    // A name that is taken is not given again.
    net.options.connect_routing_id = b"name".to_vec();
    let second = net.pipe();
    net.attach(&mut router, second, attach);
    net.deliver_class(&mut router, second, Class::RoutingId, "second");
    net.send(&mut router, "name|1").unwrap();
    net.send(&mut router, "second|2").unwrap();
    assert_eq!((net.sent(connected).len(), net.sent(second).len()), (2, 1));
}

#[test]
fn a_probe_is_the_first_message_on_every_pipe() {
    let (mut net, mut router, []) = router([]);
    net.options.probe_router = true;
    let [a] = net.attach_n(&mut router);
    assert_eq!(net.sent(a), [""]);
}

#[test]
fn raw_peers_get_generated_ids_and_are_closed_by_an_empty_frame() {
    let (mut net, mut router, []) = router([]);
    net.options.raw_socket = true;
    let [a] = net.attach_n(&mut router);
    net.deliver(&mut router, a, &["bytes"]);
    let (id, _) = net.recv(&mut router).unwrap();
    assert_eq!(net.recv(&mut router), Ok(("bytes".into(), false)));
    net.send_part(&mut router, &id, true).unwrap();
    net.send_part(&mut router, "more is ignored", true).unwrap();
    assert_eq!(net.sent(a), ["more is ignored"]);
    net.send_to(&mut router, &id, "").unwrap();
    assert_eq!(net.pipes.terminated(a), Some(false));
}

#[test]
fn the_state_of_a_peer_can_be_asked() {
    let (mut net, mut router, [a]) = router(["a"]);
    let state = |net: &mut Net, router: &mut Router, id: &str| {
        router.peer_state(&mut net.cx(), id.as_bytes())
    };
    assert_eq!(state(&mut net, &mut router, "a"), Ok(ZMQ_POLLOUT));
    net.pipes.set_room(a, 0);
    assert_eq!(state(&mut net, &mut router, "a"), Ok(0));
    assert_eq!(state(&mut net, &mut router, "b"), Err(Errno::EHOSTUNREACH));
}
