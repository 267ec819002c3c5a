//! Properties over arbitrary input and arbitrary fragmentation.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn socket_type() -> impl Strategy<Value = SocketType> {
    prop::sample::select(SocketType::ALL.to_vec())
}

fn compatible_types() -> impl Strategy<Value = (SocketType, SocketType)> {
    let all = SocketType::ALL;
    let pairs = all.iter().flat_map(|&ours| all.iter().map(move |&theirs| (ours, theirs)));
    prop::sample::select(pairs.filter(|(a, b)| a.is_compatible(*b)).collect::<Vec<_>>())
}

/// Bytes that a peer of each kind starts with, before something arbitrary.
fn prefix() -> impl Strategy<Value = Vec<u8>> {
    let mut ready_v3 = greeting_v3(1, b"NULL");
    ready_v3.extend(ready(&[]));
    prop::sample::select(vec![
        Vec::new(),
        SIGNATURE.to_vec(),
        b"\x01\0".to_vec(),
        b"\xFF\0\0\0\0\0\0\0\x01\x7F\0\x05\x01\0".to_vec(),
        b"\xFF\0\0\0\0\0\0\0\x01\x7F\x01\x05\0\0".to_vec(),
        greeting_v3(0, b"NULL"),
        greeting_v3(1, b"PLAIN"),
        [greeting_v3(1, b"NULL"), b"\x04\x20\x05READY\x0BSocket-Type".to_vec()].concat(),
        ready_v3,
    ])
}

/// Sends `bytes` in pieces of the given sizes through a whole connection.
fn live(config: &Config, bytes: &[u8], sizes: &[usize]) -> Result<Vec<Decoded>, ProtoError> {
    let mut handshake = Handshake::new(config);
    let mut sizes = sizes.iter().copied().cycle();
    let mut bytes = bytes;
    loop {
        match handshake.advance()? {
            Progress::Done => break,
            Progress::WaitAuth(_) => {
                handshake.authenticated(AuthReply::Unavailable)?;
                continue;
            }
            Progress::NeedMore if bytes.is_empty() => return Ok(Vec::new()),
            Progress::NeedMore => {}
            Progress::WaitWork => unreachable!("only GSSAPI has work to be done"),
        }
        let piece = sizes.next().unwrap_or(1).min(bytes.len());
        let mut space = handshake.space().unwrap();
        assert!(space.capacity() <= MAX_HANDSHAKE_FRAME + 64, "bounded before the handshake");
        let taken = space.append(&bytes[..piece]);
        drop(space);
        bytes = &bytes[taken..];
    }
    let mut decoder = handshake.finish().unwrap().decoder;
    let mut items = Vec::new();
    loop {
        decode_buffered(&mut decoder, &mut items)?;
        if bytes.is_empty() {
            return Ok(items);
        }
        let piece = sizes.next().unwrap_or(1).min(bytes.len());
        let mut space = decoder.space().unwrap();
        assert!(space.capacity() <= 1 << 20, "no memory ahead of what arrives");
        let taken = space.append(&bytes[..piece]);
        drop(space);
        bytes = &bytes[taken..];
    }
}

/// Frames: class, more, length. Lengths around every threshold.
fn frames() -> impl Strategy<Value = Vec<(bool, usize)>> {
    let len = prop_oneof![
        4 => 0..70_usize,
        3 => 250..260_usize,
        1 => 8_180..8_200_usize,
        1 => 32_760..32_775_usize,
        1 => 65_000..140_000_usize,
    ];
    vec((any::<bool>(), len), 0..20)
}

fn body(index: usize, len: usize) -> Vec<u8> {
    (0..len).map(|i| (i ^ index) as u8).collect()
}

proptest! {
    #[test]
    fn arbitrary_input_never_panics(
        socket_type in socket_type(),
        limit in prop::option::of(0..100_000_u64),
        zap in any::<bool>(),
        prefix in prefix(),
        noise in vec(any::<u8>(), 0..400),
        sizes in vec(1..100_usize, 1..8),
    ) {
        let mut config = config(socket_type);
        config.max_msg_size = limit;
        if zap {
            config.zap_domain = b"global".to_vec();
        }
        let stream = [prefix, noise].concat();
        let _ = live(&config, &stream, &sizes);
    }

    #[test]
    fn fragmentation_does_not_matter(
        socket_type in socket_type(),
        prefix in prefix(),
        noise in vec(prop_oneof![Just(0_u8), Just(1), Just(4), any::<u8>()], 0..200),
        sizes in vec(1..70_usize, 1..8),
    ) {
        let config = config(socket_type);
        let stream = [prefix, noise].concat();
        let whole = live(&config, &stream, &[usize::MAX]).map(|items| messages(&items));
        let pieces = live(&config, &stream, &sizes).map(|items| messages(&items));
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn two_of_ours_shake_hands_however_bytes_arrive(
        (ours, theirs) in compatible_types(),
        sizes in vec((1..40_usize, 1..40_usize), 1..10),
        id in vec(any::<u8>(), 0..255),
    ) {
        let mut config_a = config(ours);
        config_a.routing_id = id.clone();
        let (mut a, mut b) = (Handshake::new(&config_a), Handshake::new(&config(theirs)));
        let (mut done_a, mut done_b) = (false, false);
        let mut rounds = 0;
        for (to_b, to_a) in sizes.iter().cycle() {
            let n = b.space().unwrap().append(&a.output()[..a.output().len().min(*to_b)]);
            a.consume_output(n);
            let n = a.space().unwrap().append(&b.output()[..b.output().len().min(*to_a)]);
            b.consume_output(n);
            done_a = done_a || a.advance().unwrap() == Progress::Done;
            done_b = done_b || b.advance().unwrap() == Progress::Done;
            if done_a && done_b {
                break;
            }
            rounds += 1;
            prop_assert!(rounds < 2_000, "stuck");
        }
        let peer = b.finish().unwrap().peer;
        prop_assert_eq!(peer.socket_type, Some(ours));
        if ours.announces_routing_id() {
            prop_assert_eq!(peer.routing_id, id);
        }
    }

    #[test]
    fn messages_come_out_as_they_went_in(
        version in 0..4_usize,
        zero_copy in any::<bool>(),
        frames in frames(),
        out_step in prop_oneof![1..300_usize, Just(usize::MAX)],
        in_step in prop_oneof![50..300_usize, Just(65_536), Just(usize::MAX)],
    ) {
        let peers: [Vec<u8>; 4] = [
            b"\x01\0".to_vec(),
            b"\xFF\0\0\0\0\0\0\0\x01\x7F\x01\x05\0\0".to_vec(),
            [greeting_v3(0, b"NULL"), ready(&[])].concat(),
            [greeting_v3(1, b"NULL"), ready(&[])].concat(),
        ];
        let mut config = config(SocketType::Dealer);
        config.zero_copy = zero_copy;
        let Established { mut encoder, mut decoder, .. } = established(&config, &peers[version]);
        let expected: Vec<_> = frames
            .iter()
            .enumerate()
            .map(|(i, &(more, len))| (Class::Data, more, body(i, len)))
            .collect();
        for (_, more, body) in &expected {
            encoder.push(&mut data(body, *more)).unwrap();
        }
        let stream = drain(&mut encoder, out_step);
        let items = decode(&mut decoder, &stream, in_step).unwrap();
        prop_assert_eq!(messages(&items), expected);
        prop_assert!(decoder.is_buffer_empty());
    }

    #[test]
    fn interleaved_pushes_and_partial_writes_keep_the_order(
        frames in frames(),
        writes in vec(0..40_000_usize, 1..10),
    ) {
        let Established { mut encoder, mut decoder, .. } = established_v3(SocketType::Dealer, 1);
        let mut stream = Vec::new();
        let mut writes = writes.iter().copied().cycle();
        for (i, &(more, len)) in frames.iter().enumerate() {
            encoder.push(&mut data(&body(i, len), more)).unwrap();
            let mut slices = SmallVec::<[IoSlice; 3]>::new();
            encoder.slices(&mut slices);
            let part: Vec<u8> = slices
                .iter()
                .flat_map(|slice| slice.iter().copied())
                .take(writes.next().unwrap_or(0))
                .collect();
            drop(slices);
            encoder.consume(part.len());
            stream.extend(part);
        }
        stream.extend(drain(&mut encoder, usize::MAX));
        let items = decode(&mut decoder, &stream, usize::MAX).unwrap();
        let expected: Vec<_> = frames
            .iter()
            .enumerate()
            .map(|(i, &(more, len))| (Class::Data, more, body(i, len)))
            .collect();
        prop_assert_eq!(messages(&items), expected);
    }
}
