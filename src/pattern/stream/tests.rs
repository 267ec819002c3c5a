use super::super::testing::*;
use super::*;
use crate::options::SocketType;

fn stream<const N: usize>() -> (Net, Stream, [PipeId; N]) {
    let mut net = Net::new(SocketType::Stream);
    let mut stream = Stream::default();
    let pipes = net.attach_n(&mut stream);
    (net, stream, pipes)
}

/// The routing id of the pipe that was attached last.
fn last_id(net: &Net) -> String {
    net.options.routing_id.iter().map(|&byte| char::from(byte)).collect()
}

#[test]
fn messages_are_an_id_and_bytes() {
    let (mut net, mut stream, [a]) = stream();
    let id = last_id(&net);
    assert!(frame(&id).len() == 5 && id.starts_with('\0'));
    assert!(!net.has_in(&mut stream) && net.has_out(&mut stream));
    net.deliver(&mut stream, a, &["hello"]);
    assert!(net.has_in(&mut stream));
    assert_eq!(net.recv_all(&mut stream), [format!("{id}|hello")]);
    net.send_to(&mut stream, &id, "bytes").unwrap();
    assert_eq!(net.sent(a), ["bytes"]);
    assert_eq!(net.pipes.flushes(a), [true]);
}

#[test]
fn an_empty_frame_closes_the_peer() {
    let (mut net, mut stream, [a]) = stream();
    let id = last_id(&net);
    net.send_to(&mut stream, &id, "").unwrap();
    assert_eq!(net.pipes.terminated(a), Some(false));
    assert!(net.sent(a).is_empty());
    assert_eq!(net.send_part(&mut stream, &id, true), Err(Errno::EAGAIN));
    net.terminated(&mut stream, a);
    assert_eq!(net.send_part(&mut stream, &id, true), Err(Errno::EHOSTUNREACH));
}

#[test]
fn the_flag_for_more_does_not_matter_with_the_bytes() {
    let (mut net, mut stream, [a]) = stream();
    let id = last_id(&net);
    net.send_part(&mut stream, &id, true).unwrap();
    net.send_part(&mut stream, "1", true).unwrap();
    net.send_to(&mut stream, &id, "2").unwrap();
    assert_eq!(net.sent(a), ["1", "2"]);
}

#[test]
fn an_id_without_the_flag_swallows_the_next_frame() {
    let (mut net, mut stream, [a]) = stream();
    let id = last_id(&net);
    net.send_part(&mut stream, &id, false).unwrap();
    net.send_part(&mut stream, "swallowed", false).unwrap();
    net.send_to(&mut stream, &id, "x").unwrap();
    assert_eq!(net.sent(a), ["x"]);
}

#[test]
fn a_full_peer_blocks() {
    let (mut net, mut stream, [a]) = stream();
    let id = last_id(&net);
    net.pipes.set_room(a, 0);
    assert_eq!(net.send_part(&mut stream, &id, true), Err(Errno::EAGAIN));
    net.make_room(&mut stream, a, 1);
    net.send_to(&mut stream, &id, "x").unwrap();
}

#[test]
fn bytes_for_a_peer_that_went_are_dropped() {
    let (mut net, mut stream, [a]) = stream();
    let id = last_id(&net);
    net.send_part(&mut stream, &id, true).unwrap();
    net.terminated(&mut stream, a);
    net.send_part(&mut stream, "x", false).unwrap();
    assert_eq!(net.send_part(&mut stream, "other", true), Err(Errno::EHOSTUNREACH));
}

#[test]
fn connect_routing_id_names_a_connection() {
    let (mut net, mut stream, []) = stream();
    net.options.routing_id = b"own".to_vec();
    net.options.connect_routing_id = b"name".to_vec();
    let pipe = net.pipe();
    net.attach(&mut stream, pipe, Attach { locally_initiated: true, ..Attach::default() });
    assert_eq!(last_id(&net), "own");
    net.send(&mut stream, "name|x").unwrap();
    assert_eq!(net.sent(pipe), ["x"]);
}
