//! What is refused, with which errno and which monitor event.

use super::*;

const PROTOCOL: i32 = 0x2000;
const AUTH: i32 = 0x4000;

fn failure(peer: &[u8]) -> (ProtoError, i32, Option<(i32, i32)>) {
    let mut handshake = Handshake::new(&config(SocketType::Rep));
    let error = feed(&mut handshake, peer).expect_err("refused");
    (error, error.errno().0, error.event().map(|e| (e.event, e.value)))
}

#[test]
fn a_bad_first_command_is_refused() {
    /// What it is, its bytes; error, errno, event.
    type Case = (&'static str, &'static [u8], ProtoError, i32, Option<(i32, i32)>);
    let cases: &[Case] = &[
        (
            "unknown command",
            b"\x05HELLO",
            ProtoError::UnexpectedCommand,
            libc::EPROTO,
            Some((PROTOCOL, 0x1000_0001)),
        ),
        (
            "empty command",
            b"",
            ProtoError::UnexpectedCommand,
            libc::EPROTO,
            Some((PROTOCOL, 0x1000_0001)),
        ),
        (
            "ERROR without length",
            b"\x05ERROR",
            ProtoError::MalformedError,
            libc::EPROTO,
            Some((PROTOCOL, 0x1000_0015)),
        ),
        (
            "ERROR cut off",
            b"\x05ERROR\x0440",
            ProtoError::MalformedError,
            libc::EPROTO,
            Some((PROTOCOL, 0x1000_0015)),
        ),
        (
            "ERROR 400",
            b"\x05ERROR\x03400",
            ProtoError::Refused(Some(400)),
            libc::EPROTO,
            Some((AUTH, 400)),
        ),
        (
            "ERROR 300",
            b"\x05ERROR\x03300",
            ProtoError::Refused(Some(300)),
            libc::EPROTO,
            Some((AUTH, 300)),
        ),
        (
            "ERROR 500 and more",
            b"\x05ERROR\x03500!",
            ProtoError::Refused(Some(500)),
            libc::EPROTO,
            Some((AUTH, 500)),
        ),
        ("ERROR with a text", b"\x05ERROR\x04nope", ProtoError::Refused(None), libc::EPROTO, None),
        ("lone byte in READY", b"\x05READY\0", ProtoError::Metadata, libc::EPROTO, None),
        ("name cut off", b"\x05READY\x05abc", ProtoError::Metadata, libc::EPROTO, None),
        ("length cut off", b"\x05READY\x03abc\0\0", ProtoError::Metadata, libc::EPROTO, None),
        ("value cut off", b"\x05READY\x03abc\0\0\0\x09v", ProtoError::Metadata, libc::EPROTO, None),
        (
            "absurd value length",
            b"\x05READY\x03abc\xFF\xFF\xFF\xFFv",
            ProtoError::Metadata,
            libc::EPROTO,
            None,
        ),
        (
            "incompatible type",
            b"\x05READY\x0BSocket-Type\0\0\0\x03PUB",
            ProtoError::SocketType(Some(SocketType::Pub)),
            libc::EINVAL,
            None,
        ),
        (
            "unknown type",
            b"\x05READY\x0BSocket-Type\0\0\0\x03FOO",
            ProtoError::SocketType(None),
            libc::EINVAL,
            None,
        ),
    ];
    for (what, body, error, errno, event) in cases {
        let mut peer = greeting_v3(1, b"NULL");
        peer.extend(command_frame(body));
        assert_eq!(failure(&peer), (*error, *errno, *event), "{what}");
    }
}

#[test]
fn another_mechanism_is_refused() {
    for mechanism in [&b"PLAIN"[..], b"CURVE", b"GSSAPI", b"NULLx", b"", b"null"] {
        let expected = (ProtoError::MechanismMismatch, libc::EPROTO, Some((PROTOCOL, 0x1100_0002)));
        assert_eq!(failure(&greeting_v3(1, mechanism)), expected, "{mechanism:?}");
    }
}

#[test]
fn a_second_command_while_the_authenticator_thinks_is_refused() {
    let mut config = config(SocketType::Rep);
    config.zap_domain = b"global".to_vec();
    let mut handshake = Handshake::new(&config);
    let mut peer = greeting_v3(1, b"NULL");
    peer.extend(ready(&[]));
    peer.extend(ready(&[]));
    assert!(matches!(feed(&mut handshake, &peer), Ok(Progress::WaitAuth(_))));
    assert_eq!(handshake.advance(), Err(ProtoError::UnexpectedCommand));
}

#[test]
fn a_handshake_frame_is_refused_by_its_declared_length() {
    let mut peer = greeting_v3(1, b"NULL");
    peer.extend(b"\x06\0\0\0\0\0\x01\0\x01");
    assert_eq!(failure(&peer), (ProtoError::TooBig, libc::EMSGSIZE, None));
    // A routing id of 256 bytes, in each of the old framings.
    let mut peer = SIGNATURE.to_vec();
    peer.extend(b"\x01\x05\x02\0\0\0\0\0\0\x01\0");
    assert_eq!(failure(&peer), (ProtoError::TooBig, libc::EMSGSIZE, None));
    let peer = b"\xFF\0\0\0\0\0\0\x01\x01\0";
    assert_eq!(failure(peer), (ProtoError::TooBig, libc::EMSGSIZE, None));
    assert_eq!(failure(b"\0"), (ProtoError::Frame, libc::EPROTO, None));
}

#[test]
fn a_small_message_limit_does_not_keep_peers_out() {
    let mut config = config(SocketType::Rep);
    config.max_msg_size = Some(1);
    let mut peer = greeting_v3(1, b"NULL");
    peer.extend(ready(&[("Socket-Type", "REQ")]));
    established(&config, &peer);
}

/// What each stream makes of bytes that come after the handshake.
fn after_handshake(
    socket_type: SocketType,
    limit: Option<u64>,
    peer: &[u8],
    bytes: &[u8],
) -> Result<usize, ProtoError> {
    let mut config = config(socket_type);
    config.max_msg_size = limit;
    let mut decoder = established(&config, peer).decoder;
    decode(&mut decoder, bytes, usize::MAX).map(|items| items.len())
}

#[test]
fn bad_frames_end_the_connection() {
    let mut v3 = greeting_v3(1, b"NULL");
    v3.extend(ready(&[]));
    let v1 = b"\x01\0";
    let dealer = SocketType::Dealer;
    let huge = b"\x02\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
    let huge_v1 = b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0";
    /// What it is, our type, the limit, the peer's handshake, its bytes; how many items.
    type Case<'a> =
        (&'a str, SocketType, Option<u64>, &'a [u8], &'a [u8], Result<usize, ProtoError>);
    let cases: &[Case<'_>] = &[
        ("at the limit", dealer, Some(3), &v3, b"\0\x03abc", Ok(1)),
        ("over the limit", dealer, Some(3), &v3, b"\0\x04", Err(ProtoError::TooBig)),
        ("over, long form", dealer, Some(3), &v3, huge, Err(ProtoError::TooBig)),
        ("at the limit, 1.0", dealer, Some(3), v1, b"\x04\0abc", Ok(1)),
        ("over the limit, 1.0", dealer, Some(3), v1, b"\x05\0", Err(ProtoError::TooBig)),
        ("over, long form, 1.0", dealer, Some(3), v1, huge_v1, Err(ProtoError::TooBig)),
        ("no flags, 1.0", dealer, None, v1, b"\0", Err(ProtoError::Frame)),
        (
            "no flags, long form, 1.0",
            dealer,
            None,
            v1,
            &[0xFF, 0, 0, 0, 0, 0, 0, 0, 0],
            Err(ProtoError::Frame),
        ),
        (
            "PING without TTL",
            dealer,
            None,
            &v3,
            b"\x04\x06\x04PING\0",
            Err(ProtoError::MalformedCommand),
        ),
        ("empty command", dealer, None, &v3, b"\x04\0\0\0", Ok(1)),
        ("unknown command", dealer, None, &v3, b"\x04\x04\x03FOO\0\0", Ok(1)),
        ("reserved flags", dealer, None, &v3, b"\xF8\x01a", Ok(1)),
        ("SUBSCRIBE at a DEALER", dealer, None, &v3, b"\x04\x0B\x09SUBSCRIBEa\0\0", Ok(1)),
        ("JOIN at a DEALER", dealer, None, &v3, b"\x04\x06\x04JOINa\0\0", Ok(1)),
        (
            "REQ: no delimiter",
            SocketType::Req,
            None,
            &v3,
            b"\0\x01a",
            Err(ProtoError::MessageShape),
        ),
        (
            "REQ: delimiter alone",
            SocketType::Req,
            None,
            &v3,
            b"\0\0",
            Err(ProtoError::MessageShape),
        ),
        ("REQ: reply", SocketType::Req, None, &v3, b"\x01\0\x01\x01a\0\x01b\x01\0\0\x01c", Ok(5)),
        ("REQ: reply with id", SocketType::Req, None, &v3, b"\x01\x04abcd\x01\0\0\x01c", Ok(3)),
        (
            "REQ: id, no delimiter",
            SocketType::Req,
            None,
            &v3,
            b"\x01\x04abcd\0\x01c",
            Err(ProtoError::MessageShape),
        ),
        ("DISH: no body", SocketType::Dish, None, &v3, b"\0\x01g", Err(ProtoError::MessageShape)),
        (
            "DISH: two bodies",
            SocketType::Dish,
            None,
            &v3,
            b"\x01\x01g\x01\x01b",
            Err(ProtoError::MessageShape),
        ),
        ("DISH: message", SocketType::Dish, None, &v3, b"\x01\x01g\0\x01b", Ok(1)),
    ];
    for (what, socket_type, limit, peer, bytes, expected) in cases {
        assert_eq!(&after_handshake(*socket_type, *limit, peer, bytes), expected, "{what}");
    }
}

#[test]
fn absurd_lengths_allocate_nothing_ahead() {
    let mut decoder = established_v3(SocketType::Pull, 1).decoder;
    // 2^62 bytes announced, without a limit.
    let bytes = b"\x02\x40\0\0\0\0\0\0\0abc";
    assert!(decode(&mut decoder, bytes, usize::MAX).unwrap().is_empty());
    assert!(decoder.space().unwrap().capacity() <= 1 << 20);
}
