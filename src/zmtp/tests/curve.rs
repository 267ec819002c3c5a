//! CURVE (RFC 26), against itself, and with its commands spoilt on the way.

use super::super::curve::CurveKeys;
use super::super::error::{Event, ProtoError};
use super::*;
use crate::crypto::Secret;

const SERVER: [u8; 32] = [1; 32];
const CLIENT: [u8; 32] = [2; 32];

fn public(secret: [u8; 32]) -> [u8; 32] {
    Secret::copy_of(&secret).public_key()
}

fn client_config() -> Config {
    let mut config = config(SocketType::Dealer);
    config.mechanism = MechanismKind::Curve;
    config.curve = CurveKeys {
        public: public(CLIENT),
        secret: Secret::copy_of(&CLIENT),
        server: public(SERVER),
    };
    config
}

fn server_config() -> Config {
    let mut config = config(SocketType::Dealer);
    config.mechanism = MechanismKind::Curve;
    config.as_server = true;
    config.curve.secret = Secret::copy_of(&SERVER);
    config
}

/// Both sides, with greetings exchanged.
fn greeted(client: &Config, server: &Config) -> (Handshake, Handshake) {
    let (mut client, mut server) = (Handshake::new(client), Handshake::new(server));
    let greeting = greeting_v3(1, b"CURVE");
    assert_eq!(feed(&mut client, &greeting), Ok(Progress::NeedMore));
    assert_eq!(feed(&mut server, &greeting), Ok(Progress::NeedMore));
    sent(&mut server);
    assert_eq!(client.output()[12..17], *b"CURVE");
    client.consume_output(64);
    (client, server)
}

fn pair() -> (Handshake, Handshake) {
    greeted(&client_config(), &server_config())
}

/// Sends `frame` to `to` with one byte changed.
fn spoil(to: &mut Handshake, frame: &[u8], at: usize) -> ProtoError {
    let mut frame = frame.to_vec();
    frame[at] ^= 1;
    feed(to, &frame).unwrap_err()
}

fn check(error: ProtoError, value: i32) {
    assert_eq!(error.event(), Some(Event { event: 0x2000, value }), "{error:?}");
}

/// The authenticator's answer; the handshake goes on.
fn answer(server: &mut Handshake, status: u16) -> Result<Option<Event>, ProtoError> {
    server.authenticated(AuthReply::Answered {
        status,
        user_id: b"joe".to_vec(),
        properties: Properties::default(),
    })
}

/// Up to the server's question.
fn asked(client: &mut Handshake, server: &mut Handshake) {
    let hello = sent(client);
    assert_eq!(feed(server, &hello), Ok(Progress::NeedMore));
    let welcome = sent(server);
    assert_eq!(feed(client, &welcome), Ok(Progress::NeedMore));
    let initiate = sent(client);
    let request = AuthRequest { mechanism: "CURVE", credentials: vec![public(CLIENT).to_vec()] };
    assert_eq!(feed(server, &initiate), Ok(Progress::WaitAuth(request)));
}

fn established_pair() -> (Established, Established) {
    let (mut client, mut server) = pair();
    asked(&mut client, &mut server);
    answer(&mut server, 200).unwrap();
    assert_eq!(server.advance(), Ok(Progress::Done));
    let ready = sent(&mut server);
    assert_eq!(feed(&mut client, &ready), Ok(Progress::Done));
    (client.finish().unwrap(), server.finish().unwrap())
}

#[test]
fn commands_have_the_sizes_of_the_rfc() {
    let (mut client, mut server) = pair();
    let hello = sent(&mut client);
    assert!(hello.starts_with(b"\x04\xC8\x05HELLO\x01\0") && hello.len() == 202);
    feed(&mut server, &hello).unwrap();
    let welcome = sent(&mut server);
    assert!(welcome.starts_with(b"\x04\xA8\x07WELCOME") && welcome.len() == 170);
    feed(&mut client, &welcome).unwrap();
    let metadata = metadata::local(&client_config()).len();
    let initiate = sent(&mut client);
    assert_eq!(initiate.len(), 9 + 257 + metadata);
    assert!(initiate[9..].starts_with(b"\x08INITIATE"));
    feed(&mut server, &initiate).unwrap();
    answer(&mut server, 200).unwrap();
    server.advance().unwrap();
    let ready = sent(&mut server);
    assert!(ready[2..].starts_with(b"\x05READY\0\0\0\0\0\0\0\x01"));
    assert_eq!(ready.len(), 2 + 30 + metadata);
}

#[test]
fn messages_pass_both_ways_and_are_not_readable_on_the_way() {
    let (mut client, mut server) = established_pair();
    assert!(server.peer.properties.contains(&("User-Id".to_owned(), b"joe".to_vec())));
    assert_eq!(client.peer.socket_type, Some(SocketType::Dealer));
    for from_client in [true, false] {
        let (from, to) =
            if from_client { (&mut client, &mut server) } else { (&mut server, &mut client) };
        for len in [0, 1, 31, 32, 33, 100, 40_000, 100_000] {
            for step in [1000, usize::MAX] {
                let body = vec![b'x'; len];
                from.encoder.push(&mut data(&body, true)).unwrap();
                from.encoder.push(&mut data(b"end", false)).unwrap();
                from.encoder.push(&mut command::ping(0, b"ctx").unwrap()).unwrap();
                let bytes = drain(&mut from.encoder, usize::MAX);
                assert!(!bytes.windows(8).any(|window| window == b"xxxxxxxx"));
                let items = decode(&mut to.decoder, &bytes, step).unwrap();
                let expected =
                    vec![(Class::Data, true, body), (Class::Data, false, b"end".to_vec())];
                assert_eq!(messages(&items), expected);
                assert!(matches!(items.last(), Some(Decoded::Other(Item::Ping { .. }))));
            }
        }
    }
}

#[test]
fn what_was_sealed_has_the_flags_of_the_rfc() {
    let (mut client, _) = established_pair();
    client.encoder.push(&mut data(b"a", true)).unwrap();
    let bytes = drain(&mut client.encoder, usize::MAX);
    // No flag outside; the client's third nonce.
    assert!(bytes.starts_with(b"\0\x22\x07MESSAGE\0\0\0\0\0\0\0\x03"));
    assert_eq!(bytes.len(), 2 + 34);
}

#[test]
fn the_encoders_buffer_does_not_grow_with_what_was_sealed_and_sent() {
    for len in [100, 1000, 100_000] {
        let (mut client, _) = established_pair();
        for _ in 0..20_000_000 / (len + 1000) {
            client.encoder.push(&mut data(&vec![1; len], false)).unwrap();
            // The stream is never quite empty.
            let sent = client.encoder.pending_bytes() - 1;
            client.encoder.consume(sent);
        }
        assert!(client.encoder.memory() < 800_000, "{}", client.encoder.memory());
    }
}

/// What the server says of a client's messages after `change` was made to their bytes.
fn after(change: impl FnOnce(&mut Vec<u8>)) -> ProtoError {
    let (mut client, mut server) = established_pair();
    client.encoder.push(&mut data(b"hello", false)).unwrap();
    let mut bytes = drain(&mut client.encoder, usize::MAX);
    change(&mut bytes);
    decode(&mut server.decoder, &bytes, usize::MAX).unwrap_err()
}

#[test]
fn spoilt_messages_end_the_connection() {
    for at in [18, 33, 34, 38] {
        check(after(|bytes| bytes[at] ^= 1), 0x1100_0001);
    }
    check(after(|bytes| bytes[9] ^= 1), 0x1000_0001);
    check(after(|bytes| *bytes = b"\0\x01a".to_vec()), 0x1000_0011);
    check(after(|bytes| *bytes = b"\0\x05hello".to_vec()), 0x1000_0011);
    check(after(|bytes| *bytes = b"\0\x05\x04hell".to_vec()), 0x1000_0001);
    let short = |bytes: &mut Vec<u8>| {
        bytes.truncate(2 + 32);
        bytes[1] = 32;
    };
    check(after(short), 0x1000_0012);
}

#[test]
fn replayed_and_reordered_messages_end_the_connection() {
    check(after(|bytes| bytes.extend(bytes.clone())), 0x1000_0002);
    let (mut client, mut server) = established_pair();
    client.encoder.push(&mut data(b"1", false)).unwrap();
    let first = drain(&mut client.encoder, usize::MAX);
    client.encoder.push(&mut data(b"2", false)).unwrap();
    let second = drain(&mut client.encoder, usize::MAX);
    let bytes = [second, first].concat();
    assert_eq!(decode(&mut server.decoder, &bytes, usize::MAX).unwrap_err(), ProtoError::Sequence);
    // A message of our own that comes back.
    let (mut client, _) = established_pair();
    client.encoder.push(&mut data(b"1", false)).unwrap();
    let own = drain(&mut client.encoder, usize::MAX);
    let failed = decode(&mut client.decoder, &own, usize::MAX).unwrap_err();
    assert_eq!(failed, ProtoError::Cryptographic);
}

#[test]
fn a_spoilt_hello_is_refused() {
    let hello = sent(&mut pair().0);
    for (at, value) in [
        (2, 0x1000_0001),   // length of the name
        (7, 0x1000_0001),   // name
        (8, 0x1000_0013),   // version
        (82, 0x1100_0001),  // C'
        (114, 0x1100_0001), // nonce
        (122, 0x1100_0001), // MAC
        (201, 0x1100_0001), // box
    ] {
        check(spoil(&mut pair().1, &hello, at), value);
    }
    let failed = |body: &[u8]| feed(&mut pair().1, &command_frame(body)).unwrap_err();
    check(failed(b"\x05HELLO"), 0x1000_0013);
    check(failed(&[&hello[2..], b"x"].concat()), 0x1000_0013);
    check(failed(b"\x06HELLO"), 0x1000_0011);
}

#[test]
fn a_spoilt_welcome_is_refused() {
    for (at, value) in [(8, 0x1000_0001), (10, 0x1100_0001), (26, 0x1100_0001), (169, 0x1100_0001)]
    {
        let (mut client, mut server) = pair();
        feed(&mut server, &sent(&mut client)).unwrap();
        check(spoil(&mut client, &sent(&mut server), at), value);
    }
    let failed = |body: &[u8]| feed(&mut pair().0, &command_frame(body)).unwrap_err();
    check(failed(b"\x07WELCOME"), 0x1100_0001);
    check(failed(b"\x05ERROR"), 0x1000_0015);
    // Out of turn.
    check(failed(b"\x05READY"), 0x1000_0016);
    check(failed(&[b"\x05READY", &[0; 24][..]].concat()), 0x1100_0001);
}

#[test]
fn a_spoilt_initiate_is_refused() {
    for (at, value) in [
        (12, 0x1000_0001),  // name
        (18, 0x1100_0001),  // the cookie's nonce
        (34, 0x1100_0001),  // the cookie
        (114, 0x1100_0001), // the nonce
        (122, 0x1100_0001), // the box
        (260, 0x1100_0001),
    ] {
        let (mut client, mut server) = pair();
        feed(&mut server, &sent(&mut client)).unwrap();
        feed(&mut client, &sent(&mut server)).unwrap();
        check(spoil(&mut server, &sent(&mut client), at), value);
    }
    let (mut client, mut server) = pair();
    feed(&mut server, &sent(&mut client)).unwrap();
    check(feed(&mut server, &command_frame(b"\x08INITIATE")).unwrap_err(), 0x1000_0014);
}

#[test]
fn a_spoilt_ready_is_refused() {
    for (at, value) in [(7, 0x1000_0001), (8, 0x1100_0001), (16, 0x1100_0001), (40, 0x1100_0001)] {
        let (mut client, mut server) = pair();
        asked(&mut client, &mut server);
        answer(&mut server, 200).unwrap();
        server.advance().unwrap();
        check(spoil(&mut client, &sent(&mut server), at), value);
    }
    let (mut client, mut server) = pair();
    asked(&mut client, &mut server);
    check(feed(&mut client, &command_frame(b"\x05READY")).unwrap_err(), 0x1000_0016);
    let (mut client, mut server) = pair();
    feed(&mut server, &sent(&mut client)).unwrap();
    let welcome = sent(&mut server);
    feed(&mut client, &welcome).unwrap();
    check(feed(&mut client, &welcome).unwrap_err(), 0x1100_0001);
}

#[test]
fn a_client_that_does_not_have_the_keys_is_refused() {
    // For another server.
    let mut config = client_config();
    config.curve.server = public([9; 32]);
    let (mut client, mut server) = greeted(&config, &server_config());
    check(feed(&mut server, &sent(&mut client)).unwrap_err(), 0x1100_0001);
    // Somebody else's public key.
    let mut config = client_config();
    config.curve.public = public([9; 32]);
    let (mut client, mut server) = greeted(&config, &server_config());
    feed(&mut server, &sent(&mut client)).unwrap();
    feed(&mut client, &sent(&mut server)).unwrap();
    check(feed(&mut server, &sent(&mut client)).unwrap_err(), 0x1100_0001);
}

#[test]
fn a_server_key_that_no_secret_belongs_to_fails_at_once() {
    let mut config = client_config();
    config.curve.server = [0; 32];
    let mut client = Handshake::new(&config);
    let failed = feed(&mut client, &greeting_v3(1, b"CURVE"));
    assert_eq!(failed, Err(ProtoError::Cryptographic));
}

#[test]
fn a_refused_client_is_told_so_and_a_temporary_failure_is_not() {
    let (mut client, mut server) = pair();
    asked(&mut client, &mut server);
    assert_eq!(answer(&mut server, 400), Ok(Some(Event { event: 0x4000, value: 400 })));
    assert_eq!(server.advance(), Err(ProtoError::NotAuthenticated));
    let error = sent(&mut server);
    assert_eq!(feed(&mut client, &error), Err(ProtoError::Refused(Some(400))));
    let (mut client, mut server) = pair();
    asked(&mut client, &mut server);
    assert_eq!(answer(&mut server, 300), Ok(Some(Event { event: 0x4000, value: 300 })));
    assert_eq!(server.advance(), Err(ProtoError::NotAuthenticated));
    assert!(server.output().is_empty());
}

#[test]
fn without_an_authenticator_domain_and_enforcement_decide() {
    // Encryption without authentication.
    let (mut client, mut server) = pair();
    asked(&mut client, &mut server);
    assert_eq!(server.authenticated(AuthReply::Unavailable), Ok(None));
    assert_eq!(server.advance(), Ok(Progress::Done));
    // Nobody is asked where a domain would be needed for it.
    let mut config = server_config();
    config.zap_enforce_domain = true;
    let (mut client, mut server) = greeted(&client_config(), &config);
    feed(&mut server, &sent(&mut client)).unwrap();
    feed(&mut client, &sent(&mut server)).unwrap();
    assert_eq!(feed(&mut server, &sent(&mut client)), Ok(Progress::Done));
    config.zap_domain = b"global".to_vec();
    let (mut client, mut server) = greeted(&client_config(), &config);
    asked(&mut client, &mut server);
    assert_eq!(server.authenticated(AuthReply::Unavailable), Err(ProtoError::NoAuthenticator));
}
