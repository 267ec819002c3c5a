//! What is sent to peers of each version, byte by byte, and when.

use super::*;

#[test]
fn a_3_1_peer_gets_the_greeting_in_three_steps() {
    let mut handshake = Handshake::new(&config(SocketType::Dealer));
    assert_eq!(sent(&mut handshake), SIGNATURE);
    assert_eq!(feed(&mut handshake, &SIGNATURE[..9]), Ok(Progress::NeedMore));
    assert!(handshake.output().is_empty());
    assert_eq!(feed(&mut handshake, &SIGNATURE[9..]), Ok(Progress::NeedMore));
    assert_eq!(sent(&mut handshake), [3]);
    assert_eq!(feed(&mut handshake, &[3]), Ok(Progress::NeedMore));
    let mut rest = b"\x01NULL".to_vec();
    rest.resize(1 + 20 + 32, 0);
    assert_eq!(sent(&mut handshake), rest);
    assert_eq!(feed(&mut handshake, &greeting_v3(1, b"NULL")[11..63]), Ok(Progress::NeedMore));
    assert!(handshake.output().is_empty());
    assert_eq!(feed(&mut handshake, &[0]), Ok(Progress::NeedMore));
    assert_eq!(
        sent(&mut handshake),
        b"\x04\x29\x05READY\x0BSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\0"
    );
}

#[test]
fn ready_carries_routing_id_and_application_properties() {
    let mut config = config(SocketType::Router);
    config.routing_id = b"me".to_vec();
    config.metadata = vec![(b"X-Key".to_vec(), b"value".to_vec())];
    let mut handshake = Handshake::new(&config);
    assert_eq!(sent(&mut handshake), b"\xFF\0\0\0\0\0\0\0\x03\x7F");
    feed(&mut handshake, &greeting_v3(1, b"NULL")).unwrap();
    let bytes = sent(&mut handshake);
    assert_eq!(
        &bytes[54..],
        b"\x04\x3A\x05READY\x0BSocket-Type\0\0\0\x06ROUTER\x08Identity\0\0\0\x02me\
          \x05X-Key\0\0\0\x05value"
    );
}

#[test]
fn only_some_types_announce_their_routing_id() {
    for socket_type in SocketType::ALL {
        let mut config = config(socket_type);
        config.routing_id = b"me".to_vec();
        let announced = metadata::local(&config).windows(8).any(|w| w == b"Identity");
        let expected =
            matches!(socket_type, SocketType::Req | SocketType::Dealer | SocketType::Router);
        assert_eq!(announced, expected, "{socket_type:?}");
    }
}

#[test]
fn a_long_ready_takes_a_long_frame() {
    let mut config = config(SocketType::Pair);
    config.metadata = vec![(b"X-Key".to_vec(), vec![b'v'; 300])];
    let mut handshake = Handshake::new(&config);
    feed(&mut handshake, &greeting_v3(0, b"NULL")).unwrap();
    let bytes = sent(&mut handshake);
    // 6 for the name, 20 for Socket-Type, 310 for X-Key.
    assert_eq!(&bytes[64..74], b"\x06\0\0\0\0\0\0\x01\x50\x05");
    assert_eq!(bytes.len(), 64 + 9 + 336);
}

#[test]
fn versions_above_3_1_are_spoken_to_as_3_1() {
    for (major, minor, spoken) in
        [(2, 0, (3, 1)), (3, 0, (3, 0)), (3, 1, (3, 1)), (3, 9, (3, 1)), (4, 0, (3, 1))]
    {
        let mut peer = greeting_v3(minor, b"NULL");
        peer[10] = major;
        peer.extend(ready(&[]));
        let established = established(&config(SocketType::Pair), &peer);
        assert_eq!(established.peer.version, spoken, "{major}.{minor}");
    }
}

#[test]
fn a_2_0_peer_gets_socket_type_and_routing_id_frame() {
    let mut config = config(SocketType::Dealer);
    config.routing_id = b"me".to_vec();
    let mut handshake = Handshake::new(&config);
    sent(&mut handshake);
    let mut peer = SIGNATURE.to_vec();
    peer.push(1);
    assert_eq!(feed(&mut handshake, &peer), Ok(Progress::NeedMore));
    assert_eq!(sent(&mut handshake), [3, 5]);
    // Its socket type (ROUTER), its routing id, its first message.
    assert_eq!(feed(&mut handshake, b"\x06"), Ok(Progress::NeedMore));
    assert_eq!(sent(&mut handshake), b"\0\x02me");
    assert_eq!(feed(&mut handshake, b"\0\x03you\0\x02hi"), Ok(Progress::Done));
    let mut established = handshake.finish().unwrap();
    assert_eq!(established.peer.version, (2, 0));
    assert_eq!(established.peer.routing_id, b"you");
    assert_eq!(established.peer.socket_type, Some(SocketType::Router));
    assert!(!established.peer.subscribe_to_all);
    let items = decode(&mut established.decoder, &[], 1).unwrap();
    assert_eq!(messages(&items), [(Class::Data, false, b"hi".to_vec())]);
}

#[test]
fn a_1_0_peer_with_a_greeting_gets_1_0_frames() {
    let mut config = config(SocketType::Pub);
    config.routing_id = b"me".to_vec();
    let mut handshake = Handshake::new(&config);
    let mut peer = SIGNATURE.to_vec();
    peer.extend(b"\0\x02\x04\0you");
    assert_eq!(feed(&mut handshake, &peer), Ok(Progress::Done));
    assert_eq!(sent(&mut handshake), b"\xFF\0\0\0\0\0\0\0\x03\x7F\x03\x01\x03\0me");
    let established = handshake.finish().unwrap();
    assert_eq!(established.peer.version, (1, 0));
    assert_eq!(established.peer.routing_id, b"you");
    assert!(!established.peer.subscribe_to_all);
}

#[test]
fn an_unversioned_peer_takes_the_signature_for_a_frame_header() {
    let mut config = config(SocketType::Pub);
    config.routing_id = b"me".to_vec();
    let mut handshake = Handshake::new(&config);
    assert_eq!(feed(&mut handshake, b"\x04"), Ok(Progress::NeedMore));
    assert_eq!(sent(&mut handshake), b"\xFF\0\0\0\0\0\0\0\x03\x7Fme");
    assert_eq!(feed(&mut handshake, b"\0you"), Ok(Progress::Done));
    let established = handshake.finish().unwrap();
    assert_eq!(established.peer.version, (1, 0));
    assert_eq!(established.peer.routing_id, b"you");
    assert!(established.peer.subscribe_to_all);
}

#[test]
fn an_unversioned_peer_may_use_the_long_form() {
    let mut handshake = Handshake::new(&config(SocketType::Pull));
    assert_eq!(
        feed(&mut handshake, b"\xFF\0\0\0\0\0\0\0\x04\0you\x02\x01A\x03\0BC"),
        Ok(Progress::Done)
    );
    let mut established = handshake.finish().unwrap();
    assert_eq!(established.peer.routing_id, b"you");
    assert!(!established.peer.subscribe_to_all, "only publishers need to know");
    let items = decode(&mut established.decoder, &[], 1).unwrap();
    let expected = [(Class::Data, true, b"A".to_vec()), (Class::Data, false, b"BC".to_vec())];
    assert_eq!(messages(&items), expected);
}
