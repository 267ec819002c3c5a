//! Handshakes of two of our own, and authentication in NULL.

use super::*;

/// Runs two handshakes against each other until both are done or one fails.
fn run(a: &mut Handshake, b: &mut Handshake) -> Result<(), ProtoError> {
    loop {
        let (from_a, from_b) = (sent(a), sent(b));
        let (at_b, at_a) = (feed(b, &from_a)?, feed(a, &from_b)?);
        if (at_a, at_b) == (Progress::Done, Progress::Done) {
            return Ok(());
        }
        assert!(!a.output().is_empty() || !b.output().is_empty(), "stuck");
    }
}

#[test]
fn types_get_together_exactly_if_compatible() {
    for ours in SocketType::ALL {
        for theirs in SocketType::ALL {
            let mut a = Handshake::new(&config(ours));
            let mut b = Handshake::new(&config(theirs));
            let result = run(&mut a, &mut b);
            if ours.is_compatible(theirs) {
                assert_eq!(result, Ok(()), "{ours:?} {theirs:?}");
            } else {
                // Either may be the first to see it.
                let either = [ours, theirs].map(|t| Err(ProtoError::SocketType(Some(t))));
                assert!(either.contains(&result), "{ours:?} {theirs:?}: {result:?}");
            }
        }
    }
}

#[test]
fn each_side_learns_the_others_properties() {
    let mut ours = config(SocketType::Dealer);
    ours.routing_id = b"client".to_vec();
    ours.metadata = vec![(b"X-Color".to_vec(), b"blue".to_vec())];
    let (mut a, mut b) = (Handshake::new(&ours), Handshake::new(&config(SocketType::Router)));
    run(&mut a, &mut b).unwrap();
    let peer = b.finish().unwrap().peer;
    assert_eq!(peer.version, (3, 1));
    assert_eq!(peer.routing_id, b"client");
    assert_eq!(peer.socket_type, Some(SocketType::Dealer));
    let property = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    let mut properties = peer.properties;
    properties.sort();
    let expected = [
        property("Identity", "client"),
        property("Socket-Type", "DEALER"),
        property("X-Color", "blue"),
    ];
    assert_eq!(properties, expected);
    assert_eq!(a.finish().unwrap().peer.socket_type, Some(SocketType::Router));
}

#[test]
fn property_names_are_compared_without_case_and_the_first_of_a_name_counts() {
    let mut peer = greeting_v3(1, b"NULL");
    peer.extend(ready(&[("socket-type", "REQ"), ("IDENTITY", "me"), ("X-A", "1"), ("X-A", "2")]));
    let peer = established(&config(SocketType::Rep), &peer).peer;
    assert_eq!(peer.socket_type, Some(SocketType::Req));
    assert_eq!(peer.routing_id, b"me");
    assert!(peer.properties.contains(&("X-A".to_owned(), b"1".to_vec())));
}

#[test]
fn what_was_not_sent_yet_goes_before_the_first_message() {
    let mut handshake = Handshake::new(&config(SocketType::Push));
    sent(&mut handshake);
    let mut peer = greeting_v3(1, b"NULL");
    peer.extend(ready(&[("Socket-Type", "PULL")]));
    assert_eq!(feed(&mut handshake, &peer), Ok(Progress::Done));
    handshake.consume_output(10);
    let unsent = handshake.output().to_vec();
    let mut encoder = handshake.finish().unwrap().encoder;
    assert_eq!(encoder.pending_bytes(), unsent.len());
    encoder.push(&mut data(b"first", false)).unwrap();
    let mut expected = unsent;
    expected.extend(b"\0\x05first");
    assert_eq!(drain(&mut encoder, usize::MAX), expected);
}

#[test]
fn an_unfinished_handshake_gives_no_connection() {
    assert!(Handshake::new(&config(SocketType::Push)).finish().is_none());
}

fn with_zap(enforce: bool) -> Config {
    let mut config = config(SocketType::Rep);
    config.zap_domain = b"global".to_vec();
    config.zap_enforce_domain = enforce;
    config
}

/// A server that has put its request to the authenticator.
fn waiting(enforce: bool) -> Handshake {
    let mut handshake = Handshake::new(&with_zap(enforce));
    let request = AuthRequest { mechanism: "NULL", credentials: Vec::new() };
    let greeting = greeting_v3(1, b"NULL");
    assert_eq!(feed(&mut handshake, &greeting), Ok(Progress::WaitAuth(request)));
    assert_eq!(sent(&mut handshake).len(), 64);
    assert_eq!(handshake.advance(), Ok(Progress::NeedMore));
    assert!(handshake.output().is_empty(), "READY waits for the authenticator");
    handshake
}

fn answer(status: u16) -> AuthReply {
    AuthReply::Answered {
        status,
        user_id: b"user".to_vec(),
        properties: properties(&[("Group", "staff")]),
    }
}

#[test]
fn a_granted_peer_carries_the_authenticators_properties() {
    for ready_comes_first in [true, false] {
        let mut handshake = waiting(true);
        let peer = ready(&[("Socket-Type", "REQ"), ("User-Id", "forged")]);
        if ready_comes_first {
            assert_eq!(feed(&mut handshake, &peer), Ok(Progress::NeedMore));
        }
        assert_eq!(handshake.authenticated(answer(200)), Ok(None));
        if ready_comes_first {
            assert_eq!(handshake.advance(), Ok(Progress::Done));
        } else {
            assert_eq!(handshake.advance(), Ok(Progress::NeedMore));
            assert_eq!(feed(&mut handshake, &peer), Ok(Progress::Done));
        }
        assert!(handshake.output().starts_with(b"\x04\x19\x05READY"));
        let properties = handshake.finish().unwrap().peer.properties;
        assert!(properties.contains(&("User-Id".to_owned(), b"user".to_vec())));
        assert!(properties.contains(&("Group".to_owned(), b"staff".to_vec())));
        assert_eq!(properties.len(), 3);
    }
}

#[test]
fn a_refused_peer_is_told_before_the_connection_ends() {
    let mut handshake = waiting(true);
    let event = handshake.authenticated(answer(400)).unwrap();
    assert_eq!(event, Some(Event { event: 0x4000, value: 400 }));
    assert_eq!(handshake.advance(), Ok(Progress::NeedMore));
    assert_eq!(sent(&mut handshake), b"\x04\x0A\x05ERROR\x03400");
    let failed = feed(&mut handshake, &ready(&[("Socket-Type", "REQ")]));
    assert_eq!(failed, Err(ProtoError::NotAuthenticated));
    assert_eq!(ProtoError::NotAuthenticated.event(), None, "it was reported already");
}

#[test]
fn a_temporary_failure_is_not_told_to_the_peer() {
    let mut handshake = waiting(true);
    let event = handshake.authenticated(answer(300)).unwrap();
    assert_eq!(event, Some(Event { event: 0x4000, value: 300 }));
    assert_eq!(handshake.advance(), Ok(Progress::NeedMore));
    assert!(handshake.output().is_empty());
}

#[test]
fn without_an_authenticator_enforcement_decides() {
    let mut handshake = waiting(true);
    assert_eq!(handshake.authenticated(AuthReply::Unavailable), Err(ProtoError::NoAuthenticator));
    let mut handshake = waiting(false);
    assert_eq!(handshake.authenticated(AuthReply::Unavailable), Ok(None));
    let done = feed(&mut handshake, &ready(&[("Socket-Type", "REQ")]));
    assert_eq!(done, Ok(Progress::Done));
}

#[test]
fn an_answer_that_was_not_asked_for_is_refused() {
    let mut handshake = Handshake::new(&config(SocketType::Rep));
    assert!(handshake.authenticated(answer(200)).is_err());
    feed(&mut handshake, &greeting_v3(1, b"NULL")).unwrap();
    assert!(handshake.authenticated(answer(200)).is_err());
}

#[test]
fn peers_that_cannot_authenticate_are_refused_where_it_is_wanted() {
    let mut curve = config(SocketType::Rep);
    curve.mechanism = MechanismKind::Curve;
    for config in [with_zap(false), curve] {
        for old in [
            &b"\x01\0"[..],
            b"\xFF\0\0\0\0\0\0\0\x01\x7F\0\x03",
            b"\xFF\0\0\0\0\0\0\0\x01\x7F\x01\x03",
        ] {
            let mut handshake = Handshake::new(&config);
            assert_eq!(feed(&mut handshake, old), Err(ProtoError::VersionWithoutSecurity));
        }
    }
    assert_eq!(ProtoError::VersionWithoutSecurity.event(), None);
}

#[test]
fn pings_of_a_peer_that_reads_no_answers_cost_no_memory() {
    let end = crate::zmtp::websocket::End::Server;
    let mut server = Handshake::in_websocket(&config(SocketType::Dealer), &end).unwrap();
    let request = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ZWS2.0/NULL\r\n\r\n";
    assert_eq!(feed(&mut server, request), Ok(Progress::NeedMore));
    sent(&mut server);
    let mut ping = vec![0x89, 0x80 | 125, 0, 0, 0, 0];
    ping.resize(6 + 125, b'x');
    for _ in 0..1000 {
        assert_eq!(feed(&mut server, &ping), Ok(Progress::NeedMore));
    }
    assert!(server.output().len() < 5 * 1024, "{}", server.output().len());
    // Who reads is answered again.
    sent(&mut server);
    assert_eq!(feed(&mut server, &ping), Ok(Progress::NeedMore));
    assert!(sent(&mut server).starts_with(&[0x8A, 125]));
}
