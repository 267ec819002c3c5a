use super::super::testing::*;
use super::*;
use crate::msg::Class;
use crate::options::SocketType;

fn rep<const N: usize>() -> (Net, Rep, [PipeId; N]) {
    let mut net = Net::new(SocketType::Rep);
    let mut rep = Rep::default();
    let pipes = net.attach_n(&mut rep);
    for pipe in pipes {
        net.deliver_class(&mut rep, pipe, Class::RoutingId, "");
    }
    (net, rep, pipes)
}

/// Receives one message.
fn recv(net: &mut Net, rep: &mut Rep) -> String {
    let (mut message, mut more) = net.recv(rep).unwrap();
    while more {
        let (part, further) = net.recv(rep).unwrap();
        message = format!("{message}|{part}");
        more = further;
    }
    message
}

#[test]
fn a_reply_goes_where_the_request_came_from() {
    let (mut net, mut rep, [a, b]) = rep();
    net.deliver(&mut rep, b, &["", "1", "2"]);
    assert!(net.has_in(&mut rep) && !net.has_out(&mut rep));
    net.deliver(&mut rep, a, &["", "3"]);
    assert_eq!(recv(&mut net, &mut rep), "1|2");
    assert!(!net.has_in(&mut rep) && net.has_out(&mut rep));
    net.send(&mut rep, "4|5").unwrap();
    assert_eq!(recv(&mut net, &mut rep), "3");
    net.send(&mut rep, "6").unwrap();
    assert_eq!(net.sent(a), ["|6"]);
    assert_eq!(net.sent(b), ["|4|5"]);
    assert_eq!(net.pipes.flushes(b), [true]);
}

#[test]
fn receiving_and_sending_take_turns() {
    let (mut net, mut rep, [a]) = rep();
    assert_eq!(net.send_part(&mut rep, "x", false), Err(Errno::EFSM));
    assert_eq!(net.recv(&mut rep), Err(Errno::EAGAIN));
    net.deliver(&mut rep, a, &["", "1", "2"]);
    assert_eq!(net.recv(&mut rep), Ok(("1".into(), true)));
    assert_eq!(net.send_part(&mut rep, "x", false), Err(Errno::EFSM), "within the request");
    assert!(net.has_in(&mut rep));
    assert_eq!(net.recv(&mut rep), Ok(("2".into(), false)));
    assert_eq!(net.recv(&mut rep), Err(Errno::EFSM));
    net.send_part(&mut rep, "3", true).unwrap();
    assert_eq!(net.recv(&mut rep), Err(Errno::EFSM), "within the reply");
    net.send_part(&mut rep, "4", false).unwrap();
    assert_eq!(net.recv(&mut rep), Err(Errno::EAGAIN));
    assert_eq!(net.sent(a), ["|3|4"]);
}

#[test]
fn the_whole_envelope_comes_back() {
    let (mut net, mut rep, [a]) = rep();
    net.deliver(&mut rep, a, &["hop 1", "hop 2", "", "body", "", "end"]);
    assert_eq!(recv(&mut net, &mut rep), "body||end");
    net.send(&mut rep, "reply").unwrap();
    assert_eq!(net.sent(a), ["hop 1|hop 2||reply"]);
}

#[test]
fn messages_without_an_envelope_are_dropped() {
    let (mut net, mut rep, [a]) = rep();
    net.deliver(&mut rep, a, &["no", "empty", "frame"]);
    net.deliver(&mut rep, a, &["x"]);
    net.deliver(&mut rep, a, &[""]);
    net.deliver(&mut rep, a, &["id", "", "good"]);
    assert_eq!(recv(&mut net, &mut rep), "good");
    net.send(&mut rep, "reply").unwrap();
    assert_eq!(net.sent(a), ["id||reply"]);
}

#[test]
fn a_reply_without_a_place_to_go_is_dropped() {
    // The peer has no room, ends the pipe, reconnects, or is gone; before the envelope, or after it.
    for how in 0..5 {
        let (mut net, mut rep, [a, b]) = rep();
        if how == 0 {
            net.pipes.set_room(a, 0);
        }
        net.deliver(&mut rep, a, &["", "1"]);
        assert_eq!(recv(&mut net, &mut rep), "1");
        match how {
            1 => net.pipes.end_writes(a),
            2 => net.terminated(&mut rep, a),
            4 => net.hiccup(&mut rep, a),
            _ => {}
        }
        net.send_part(&mut rep, "2", true).unwrap();
        if how == 3 {
            net.terminated(&mut rep, a);
        }
        net.send_part(&mut rep, "3", false).unwrap();
        net.deliver(&mut rep, b, &["", "4"]);
        assert_eq!(recv(&mut net, &mut rep), "4");
        net.send(&mut rep, "5").unwrap();
        assert!(net.sent(a).is_empty());
        assert_eq!(net.sent(b), ["|5"]);
    }
}

#[test]
fn a_newcomer_with_a_dead_peers_pipe_id_gets_no_reply() {
    let (mut net, mut rep, [a]) = rep();
    net.deliver(&mut rep, a, &["", "1", "2"]);
    assert!(net.has_in(&mut rep));
    net.terminated(&mut rep, a);
    let [b] = net.attach_n(&mut rep);
    assert_eq!(a, b);
    net.deliver_class(&mut rep, b, Class::RoutingId, "");
    // The envelope's only frame had been taken out; the rest was cut off.
    assert_eq!(net.recv(&mut rep), Ok((String::new(), false)));
    net.send(&mut rep, "3").unwrap();
    assert!(net.sent(b).is_empty());
}

#[test]
fn a_repeated_id_after_a_reconnection_is_no_request() {
    let (mut net, mut rep, [a]) = rep();
    net.deliver_class(&mut rep, a, Class::RoutingId, "a");
    assert!(!net.has_in(&mut rep));
    net.deliver(&mut rep, a, &["", "1"]);
    assert!(net.has_in(&mut rep) && net.has_in(&mut rep));
    assert_eq!(recv(&mut net, &mut rep), "1");
}

#[test]
fn peers_with_the_same_id_are_treated_as_by_a_router() {
    let (mut net, mut rep, []) = rep();
    let [a, b] = net.attach_n(&mut rep);
    net.deliver_class(&mut rep, a, Class::RoutingId, "same");
    net.deliver(&mut rep, a, &["", "1", "2"]);
    net.deliver_class(&mut rep, b, Class::RoutingId, "same");
    net.deliver(&mut rep, b, &["", "from b"]);
    assert_eq!(net.recv(&mut rep), Ok(("1".into(), true)));

    net.options.router_handover = true;
    let [c] = net.attach_n(&mut rep);
    net.deliver_class(&mut rep, c, Class::RoutingId, "same");
    assert_eq!(net.pipes.terminated(a), None, "not within its request");
    assert_eq!(net.recv(&mut rep), Ok(("2".into(), false)));
    assert_eq!(net.pipes.terminated(a), Some(true));
    net.send(&mut rep, "dropped").unwrap();
    assert!(!net.has_in(&mut rep), "nothing from b");
}
