use super::super::testing::*;
use super::*;
use crate::options::SocketType;

fn req<const N: usize>() -> (Net, Req, [PipeId; N]) {
    let mut net = Net::new(SocketType::Req);
    let mut req = Req::default();
    let pipes = net.attach_n(&mut req);
    (net, req, pipes)
}

/// Receives one message.
fn recv(net: &mut Net, req: &mut Req) -> String {
    let (mut message, mut more) = net.recv(req).unwrap();
    while more {
        let (part, further) = net.recv(req).unwrap();
        message = format!("{message}|{part}");
        more = further;
    }
    message
}

#[test]
fn request_and_reply_take_turns() {
    let (mut net, mut req, [a]) = req();
    assert_eq!(net.recv(&mut req), Err(Errno::EFSM));
    assert!(net.has_out(&mut req) && !net.has_in(&mut req));
    net.send_part(&mut req, "1", true).unwrap();
    assert_eq!(net.recv(&mut req), Err(Errno::EFSM), "within the request");
    net.send_part(&mut req, "2", false).unwrap();
    assert_eq!(net.sent(a), ["|1|2"]);
    assert_eq!(net.send_part(&mut req, "x", false), Err(Errno::EFSM));
    assert!(!net.has_out(&mut req) && !net.has_in(&mut req));
    assert_eq!(net.recv(&mut req), Err(Errno::EAGAIN));
    net.deliver(&mut req, a, &["", "3", "4"]);
    assert!(net.has_in(&mut req));
    assert_eq!(net.recv(&mut req), Ok(("3".into(), true)));
    assert_eq!(net.send_part(&mut req, "x", false), Err(Errno::EFSM), "within the reply");
    assert_eq!(net.recv(&mut req), Ok(("4".into(), false)));
    assert_eq!(net.recv(&mut req), Err(Errno::EFSM));
    net.send(&mut req, "5").unwrap();
    assert_eq!(net.sent(a), ["|1|2", "|5"]);
}

#[test]
fn requests_go_round_robin_and_replies_from_elsewhere_are_dropped() {
    let (mut net, mut req, [a, b]) = req();
    net.send(&mut req, "1").unwrap();
    net.deliver(&mut req, b, &["", "not asked"]);
    assert_eq!(net.recv(&mut req), Err(Errno::EAGAIN));
    net.deliver(&mut req, b, &["", "not", "asked"]);
    net.deliver(&mut req, a, &["", "2"]);
    assert_eq!(recv(&mut net, &mut req), "2");
    net.send(&mut req, "3").unwrap();
    assert_eq!((net.sent(a), net.sent(b)), (vec!["|1".into()], vec!["|3".into()]));
}

#[test]
fn what_came_before_the_request_is_no_reply() {
    let (mut net, mut req, [a, b]) = req();
    net.deliver(&mut req, a, &["", "early"]);
    net.deliver(&mut req, b, &["", "early"]);
    net.send(&mut req, "1").unwrap();
    assert_eq!(net.recv(&mut req), Err(Errno::EAGAIN));
    net.deliver(&mut req, a, &["", "2"]);
    assert_eq!(recv(&mut net, &mut req), "2");
}

#[test]
fn malformed_replies_are_dropped() {
    let (mut net, mut req, [a]) = req();
    net.send(&mut req, "1").unwrap();
    net.deliver(&mut req, a, &["no", "empty", "frame"]);
    net.deliver(&mut req, a, &["x"]);
    net.deliver(&mut req, a, &[""]);
    assert_eq!(net.recv(&mut req), Err(Errno::EAGAIN));
    net.deliver(&mut req, a, &["", "good"]);
    assert_eq!(recv(&mut net, &mut req), "good");
}

#[test]
fn without_a_peer_with_room_a_request_waits() {
    let (mut net, mut req, []) = req();
    assert!(!net.has_out(&mut req));
    assert_eq!(net.send(&mut req, "1"), Err(Errno::EAGAIN));
    let [a] = net.attach_n(&mut req);
    net.send(&mut req, "1").unwrap();
    assert_eq!(net.sent(a), ["|1"]);
}

#[test]
fn correlated_replies_carry_the_requests_number() {
    let (mut net, mut req, [a]) = req();
    net.options.req_correlate = true;
    net.options.req_relaxed = true;
    net.send(&mut req, "1").unwrap();
    net.send(&mut req, "2").unwrap();
    let sent = net.sent_frames(a);
    let numbers = [text(&sent[0]), text(&sent[3])];
    assert_eq!([sent[0].len(), sent[1].len(), sent[2].len()], [4, 0, 1]);
    let number = |n: usize| u32::from_ne_bytes(frame(&numbers[n]).data().try_into().unwrap());
    assert_eq!(number(1), number(0).wrapping_add(1));
    net.deliver(&mut req, a, &[&numbers[0], "", "late"]);
    net.deliver(&mut req, a, &["", "no number"]);
    net.deliver(&mut req, a, &[&numbers[1]]);
    net.deliver(&mut req, a, &[&numbers[1], "no", "empty frame"]);
    net.deliver(&mut req, a, &[&numbers[1], "", "right"]);
    assert_eq!(recv(&mut net, &mut req), "right");
    assert_eq!(net.recv(&mut req), Err(Errno::EFSM));
}

#[test]
fn relaxed_requests_need_not_wait_for_replies() {
    let (mut net, mut req, [a, b]) = req();
    net.options.req_relaxed = true;
    net.send(&mut req, "1").unwrap();
    assert!(net.has_out(&mut req));
    net.send(&mut req, "2").unwrap();
    net.deliver(&mut req, a, &["", "to 1"]);
    net.deliver(&mut req, b, &["", "to 2", "end"]);
    assert_eq!(net.recv(&mut req), Ok(("to 2".into(), true)));
    // Given up within the reply, too.
    net.send(&mut req, "3").unwrap();
    assert_eq!((net.sent(a), net.sent(b)), (vec!["|1".into(), "|3".into()], vec!["|2".into()]));
    net.deliver(&mut req, a, &["", "to 3"]);
    assert_eq!(recv(&mut net, &mut req), "to 3");
}

#[test]
fn a_pipe_that_ends_under_the_envelope_is_replaced() {
    let (mut net, mut req, [a, b]) = req();
    for correlate in [true, false] {
        net.options.req_correlate = correlate;
        net.pipes.set_room(a, 9);
        // The envelope starts on a, which ends before the first part.
        let mut id = Msg::new();
        id.set_more(true);
        let pipe = req.dealer.lb.send(&mut net.pipes, &mut id).unwrap().unwrap();
        net.pipes.end_writes(pipe);
        net.send(&mut req, "1").unwrap();
        let other = if pipe == a { b } else { a };
        assert!(net.sent(pipe).is_empty());
        assert!(net.sent(other)[0].ends_with("|1"));
        net.terminated(&mut req, pipe);
        net.terminated(&mut req, other);
        req = Req::default();
        [_, _] = net.attach_n(&mut req);
    }
}

#[test]
fn a_request_broken_later_is_lost() {
    for gone in [true, false] {
        let (mut net, mut req, [a, b]) = req();
        net.send_part(&mut req, "1", true).unwrap();
        if gone {
            net.terminated(&mut req, a);
        } else {
            net.pipes.end_writes(a);
        }
        net.send_part(&mut req, "2", true).unwrap();
        net.send_part(&mut req, "3", false).unwrap();
        assert!(net.sent(b).is_empty());
        assert_eq!(net.send_part(&mut req, "x", false), Err(Errno::EFSM));
        assert_eq!(net.recv(&mut req), Err(Errno::EAGAIN));
    }
}

#[test]
fn probes_come_before_requests() {
    let mut net = Net::new(SocketType::Req);
    net.options.probe_router = true;
    let mut req = Req::default();
    let [a] = net.attach_n(&mut req);
    net.send(&mut req, "1").unwrap();
    assert_eq!(net.sent(a), ["", "|1"]);
}
