//! Encoder and decoder: bytes of each version, subscriptions, heartbeats, groups, raw streams.

use super::*;
use crate::msg::packed;

/// Our connection with an unversioned ZMTP 1.0 peer.
fn established_v1(socket_type: SocketType) -> Established {
    established(&config(socket_type), b"\x01\0")
}

/// Our connection with a ZMTP 2.0 peer.
fn established_v2(socket_type: SocketType) -> Established {
    established(&config(socket_type), b"\xFF\0\0\0\0\0\0\0\x01\x7F\x01\x05\0\0")
}

fn encoded(mut connection: Established, msgs: Vec<Msg>) -> Vec<u8> {
    for mut msg in msgs {
        connection.encoder.push(&mut msg).unwrap();
    }
    drain(&mut connection.encoder, usize::MAX)
}

fn dealers() -> [Established; 4] {
    let t = SocketType::Dealer;
    [established_v1(t), established_v2(t), established_v3(t, 0), established_v3(t, 1)]
}

#[test]
fn data_frames_of_each_version() {
    let [v1, v2, v30, v31] = dealers();
    let msgs = || vec![data(b"ab", true), data(b"", false)];
    assert_eq!(encoded(v1, msgs()), b"\x03\x01ab\x01\0");
    for connection in [v2, v30, v31] {
        assert_eq!(encoded(connection, msgs()), b"\x01\x02ab\0\0");
    }
}

#[test]
fn what_is_packed_is_encoded_as_if_it_came_one_by_one() {
    let payloads: Vec<Vec<u8>> = [0, 3, 255, 256, 2000].iter().map(|&len| vec![7; len]).collect();
    let mut all = Vec::new();
    for payload in &payloads {
        let (header, len) = packed::header(payload.len());
        all.extend_from_slice(&header[..len]);
        all.extend_from_slice(payload);
    }
    for version in 0..4 {
        let one_by_one = payloads.iter().map(|payload| data(payload, false)).collect();
        let mut connection = dealers().into_iter().nth(version).unwrap();
        connection.encoder.push_packed(&all).unwrap();
        let packed = drain(&mut connection.encoder, usize::MAX);
        assert_eq!(packed, encoded(dealers().into_iter().nth(version).unwrap(), one_by_one));
    }
}

#[test]
fn the_long_form_begins_where_the_short_one_ends() {
    for (len, header) in [(253, &b"\xFE\0"[..]), (254, b"\xFF\0\0\0\0\0\0\0\xFF\0")] {
        let bytes = encoded(established_v1(SocketType::Push), vec![data(&vec![7; len], false)]);
        assert_eq!(&bytes[..header.len()], header);
        assert_eq!(bytes.len(), header.len() + len);
    }
    for (len, header) in [(255, &b"\0\xFF"[..]), (256, b"\x02\0\0\0\0\0\0\x01\0")] {
        let bytes = encoded(established_v3(SocketType::Push, 1), vec![data(&vec![7; len], false)]);
        assert_eq!(&bytes[..header.len()], header);
        assert_eq!(bytes.len(), header.len() + len);
    }
}

#[test]
fn subscriptions_are_commands_from_3_1_on_and_messages_before() {
    let msgs = || vec![Msg::subscribe(b"top").unwrap(), Msg::cancel(b"top").unwrap()];
    let t = SocketType::Sub;
    assert_eq!(encoded(established_v1(t), msgs()), b"\x05\0\x01top\x05\0\0top");
    for connection in [established_v2(t), established_v3(t, 0)] {
        assert_eq!(encoded(connection, msgs()), b"\0\x04\x01top\0\x04\0top");
    }
    assert_eq!(
        encoded(established_v3(t, 1), msgs()),
        b"\x04\x0D\x09SUBSCRIBEtop\x04\x0A\x06CANCELtop"
    );
}

#[test]
fn a_subscription_whose_frame_grows_past_255_bytes_takes_the_long_form() {
    let topic = [b't'; 250];
    let msgs = vec![Msg::subscribe(&topic).unwrap()];
    let bytes = encoded(established_v3(SocketType::Sub, 1), msgs);
    assert_eq!(&bytes[..19], b"\x06\0\0\0\0\0\0\x01\x04\x09SUBSCRIBE");
    let topic = [b't'; 255];
    let msgs = vec![Msg::subscribe(&topic).unwrap()];
    let bytes = encoded(established_v3(SocketType::Sub, 0), msgs);
    assert_eq!(&bytes[..10], b"\x02\0\0\0\0\0\0\x01\0\x01");
}

#[test]
fn publishers_see_subscription_commands_as_such() {
    let bytes = b"\x04\x0D\x09SUBSCRIBEtop\x04\x09\x06CANCELto\0\x04\x01top";
    for minor in [0, 1] {
        for socket_type in [SocketType::Pub, SocketType::Xpub] {
            let mut decoder = established_v3(socket_type, minor).decoder;
            let items = decode(&mut decoder, bytes, 1).unwrap();
            let expected = [
                (Class::Subscribe, false, b"top".to_vec()),
                (Class::Cancel, false, b"to".to_vec()),
                (Class::Data, false, b"\x01top".to_vec()),
            ];
            assert_eq!(messages(&items), expected);
        }
    }
}

#[test]
fn before_3_0_command_frames_are_skipped() {
    let mut decoder = established_v2(SocketType::Pub).decoder;
    let items =
        decode(&mut decoder, b"\x04\x0D\x09SUBSCRIBEtop\x04\x05\x04PING\0\x01a", 3).unwrap();
    assert_eq!(messages(&items), [(Class::Data, false, b"a".to_vec())]);
}

#[test]
fn heartbeats_go_both_ways() {
    let ping = || command::ping(1200, b"context").unwrap();
    let long = || command::pong(b"a context that i").unwrap();
    let bytes = encoded(established_v3(SocketType::Pair, 1), vec![ping(), long()]);
    assert_eq!(bytes, b"\x04\x0E\x04PING\x04\xB0context\x04\x15\x04PONGa context that i");
    let mut decoder = established_v3(SocketType::Pair, 0).decoder;
    let items = decode(&mut decoder, &bytes, 2).unwrap();
    let [Decoded::Other(first), Decoded::Other(second)] = &items[..] else { panic!("{items:?}") };
    let context = command::Context::from_slice(b"context");
    assert_eq!(*first, Item::Ping { ttl_ms: 120_000, context });
    assert_eq!(*second, Item::Pong);
    assert_eq!(encoded(established_v1(SocketType::Pair), vec![ping()]), b"");
    assert_eq!(encoded(established_v2(SocketType::Pair), vec![ping()]), b"");
}

#[test]
fn groups_travel_in_a_frame_of_their_own() {
    let mut join = Msg::from_slice(b"news").unwrap();
    join.set_class(Class::Join);
    let mut leave = Msg::new();
    leave.set_group("news").unwrap();
    leave.set_class(Class::Leave);
    let bytes = encoded(established_v3(SocketType::Dish, 1), vec![join, leave]);
    assert_eq!(bytes, b"\x04\x09\x04JOINnews\x04\x0A\x05LEAVEnews");
    let mut radio = established_v3(SocketType::Radio, 1);
    let items = decode(&mut radio.decoder, &bytes, 1).unwrap();
    let expected =
        [(Class::Join, false, b"news".to_vec()), (Class::Leave, false, b"news".to_vec())];
    assert_eq!(messages(&items), expected);

    let mut msg = data(b"hello", false);
    msg.set_group("news").unwrap();
    let bytes = encoded(radio, vec![msg]);
    assert_eq!(bytes, b"\x01\x04news\0\x05hello");
    let items = decode(&mut established_v3(SocketType::Dish, 1).decoder, &bytes, 1).unwrap();
    let [Decoded::Msg(msg)] = &items[..] else { panic!("{items:?}") };
    assert_eq!((msg.data(), msg.group().to_bytes()), (&b"hello"[..], &b"news"[..]));
}

#[test]
fn small_frames_go_out_together_and_large_ones_uncopied() {
    let mut encoder = established_v3(SocketType::Push, 1).encoder;
    let mut large = data(&vec![9; 20_000], false);
    encoder.push(&mut data(b"a", false)).unwrap();
    encoder.push(&mut data(b"b", false)).unwrap();
    let payload = large.data().as_ptr();
    encoder.push(&mut large).unwrap();
    encoder.push(&mut data(b"c", false)).unwrap();
    let mut slices = SmallVec::<[IoSlice; 8]>::new();
    encoder.slices(&mut slices);
    let lengths: Vec<usize> = slices.iter().map(|slice| slice.len()).collect();
    assert_eq!(lengths, [15, 20_000, 3]);
    assert_eq!(slices[1].as_ptr(), payload);
    drop(slices);
    assert_eq!(encoder.pending_bytes(), 20_018);
    encoder.release_memory();
    assert_eq!(drain(&mut encoder, 7_000).len(), 20_018, "what is pending is not released");
}

#[test]
fn the_encoders_buffer_does_not_grow_with_what_was_sent() {
    let mut encoder = established_v3(SocketType::Push, 1).encoder;
    for _ in 0..2000 {
        encoder.push(&mut data(&[1; 1000], false)).unwrap();
        // The stream is never quite empty.
        let sent = encoder.pending_bytes() - 1;
        encoder.consume(sent);
    }
    assert!(encoder.memory() < 300_000, "{}", encoder.memory());
}

#[test]
fn the_encoders_buffer_is_lent_and_comes_back_when_all_is_sent() {
    let mut encoder = established_v3(SocketType::Push, 1).encoder;
    let mut buffer = Vec::with_capacity(4000);
    buffer.push(0);
    let place = buffer.as_ptr();
    encoder.lend(|| buffer);
    encoder.push(&mut data(&[1; 1000], false)).unwrap();
    encoder.lend(|| panic!("it has one"));
    assert_eq!(encoder.release_memory().capacity(), 0, "what is pending stays");
    assert_eq!(drain(&mut encoder, usize::MAX).len(), 1009, "and nothing else is sent");
    let back = encoder.release_memory();
    assert_eq!(back.as_ptr(), place);
    assert_eq!(encoder.memory(), 0);
}

#[test]
fn large_bodies_are_received_in_place() {
    let mut decoder = established_v3(SocketType::Pull, 1).decoder;
    let body: Vec<u8> = (0..100_000_u32).map(|i| i as u8).collect();
    let mut stream = encoded(established_v3(SocketType::Push, 1), vec![data(&body, true)]);
    stream.extend(b"\0\x01z");
    let items = decode(&mut decoder, &stream[..1000], 1000).unwrap();
    assert!(items.is_empty());
    assert!(!decoder.is_buffer_empty());
    assert_eq!(decoder.space().unwrap().capacity(), 100_000 - 991, "the rest, and no more");
    let items = decode(&mut decoder, &stream[1000..], 60_000).unwrap();
    let expected = [(Class::Data, true, body), (Class::Data, false, b"z".to_vec())];
    assert_eq!(messages(&items), expected);
    assert!(decoder.is_buffer_empty());
    decoder.release_memory();
}

/// One read takes the rest of a large body and the next one's header; a body that was begun in that way is
/// received in place but for a few bytes.
#[test]
fn large_bodies_in_a_row_take_a_read_each() {
    let mut decoder = established_v3(SocketType::Pull, 1).decoder;
    let body: Vec<u8> = (0..100_000_u32).map(|i| i as u8).collect();
    let sent = vec![data(&body, false), data(&body, false), data(&body, false), data(b"z", false)];
    let stream = encoded(established_v3(SocketType::Push, 1), sent);
    let mut rest = stream.as_slice();
    let mut reads = Vec::new();
    let mut received = Vec::new();
    let mut msg = Msg::new();
    while !rest.is_empty() {
        let taken = decoder.space().unwrap().append(rest);
        rest = &rest[taken..];
        reads.push(taken);
        while let Some(item) = decoder.next(&mut msg).unwrap() {
            assert_eq!(item, Item::Msg);
            received.push(msg.data().to_vec());
        }
    }
    assert_eq!(received, [body.clone(), body.clone(), body, b"z".to_vec()]);
    let [first, bodies @ ..] = reads.as_slice() else { panic!("no reads") };
    assert!(*first < 65_000 && bodies.len() == 3, "{reads:?}");
    assert!(
        decoder.space().unwrap().room() <= 512,
        "what comes behind the last may be large as well"
    );
    assert!(decoder.space().unwrap().room() >= 4096, "or not");
}

#[test]
fn a_limit_bounds_what_is_received_at_once() {
    let mut config = config(SocketType::Pull);
    config.receive_limit = Some(100);
    let mut decoder = Established::raw(&config).decoder;
    assert_eq!(decoder.space().unwrap().capacity(), 100);
    assert_eq!(decoder.space().unwrap().append(&[0; 200]), 100);
}

#[test]
fn raw_connections_pass_bytes_through() {
    let mut config = config(SocketType::Stream);
    config.raw_chunk = 4;
    let mut raw = Established::raw(&config);
    for mut msg in [data(b"ab", false), data(b"", false), data(b"cd", true)] {
        raw.encoder.push(&mut msg).unwrap();
    }
    assert_eq!(drain(&mut raw.encoder, usize::MAX), b"abcd");
    let items = decode(&mut raw.decoder, b"abcdef", 6).unwrap();
    let expected = [(Class::Data, false, b"abcd".to_vec()), (Class::Data, false, b"ef".to_vec())];
    assert_eq!(messages(&items), expected);
}
