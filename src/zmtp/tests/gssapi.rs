//! GSSAPI (RFC 38), against itself and with its commands spoilt on the way, over contexts that only
//! look like Kerberos'.

use std::sync::atomic::{AtomicU8, Ordering};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::crypto::gssapi::{Context, Failure, NameType, Principal, Step};
use crate::error::Errno;

/// What a wrapped message has more than the plain one: mark, number, check.
const WRAPPING: usize = 3;

/// A context that is established after as many tokens as the service's name says: "2" is Kerberos
/// with proof of both sides. Each token is its number.
struct Fake {
    initiates: bool,
    tokens: u8,
    next: u8,
    confidential: bool,
    failure: Option<Failure>,
    wrapped: AtomicU8,
    unwrapped: AtomicU8,
}

impl Context for Fake {
    fn step(&mut self, token: &[u8]) -> Result<Step, Failure> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if !(self.initiates && self.next == 0) {
            if token != [b'0' + self.next] {
                return Err(Failure::Rejected);
            }
            self.next += 1;
        }
        if self.next >= self.tokens {
            return Ok(Step { token: Vec::new(), complete: true });
        }
        let token = vec![b'0' + self.next];
        self.next += 1;
        Ok(Step { token, complete: self.next >= self.tokens && !self.initiates })
    }

    fn is_confidential(&self) -> bool {
        self.confidential
    }

    fn peer(&self) -> &[u8] {
        b"me@REALM"
    }

    fn why(&self) -> &[u8] {
        b"because"
    }

    fn wrap(&self, message: &[u8], sink: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
        let number = self.wrapped.fetch_add(1, Ordering::Relaxed);
        let mut wrapped = vec![0xC5 ^ u8::from(self.initiates), number, check(message)];
        wrapped.extend(message.iter().map(|byte| byte ^ 0xAA));
        sink(&wrapped);
        Ok(())
    }

    fn unwrap(&self, wrapped: &[u8], sink: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
        let [mark, number, its_check, sealed @ ..] = wrapped else { return Err(Failure::Rejected) };
        let plain: Vec<u8> = sealed.iter().map(|byte| byte ^ 0xAA).collect();
        let expected = self.unwrapped.load(Ordering::Relaxed);
        let mark_is_theirs = *mark == 0xC5 ^ u8::from(!self.initiates);
        if !mark_is_theirs || *number != expected || *its_check != check(&plain) {
            return Err(Failure::Rejected);
        }
        self.unwrapped.store(expected.wrapping_add(1), Ordering::Relaxed);
        sink(&plain);
        Ok(())
    }
}

fn check(message: &[u8]) -> u8 {
    message.iter().fold(1, |sum, byte| sum.rotate_left(1) ^ byte)
}

fn fake(initiates: bool, name: &[u8]) -> Box<dyn Context> {
    let tokens = name.first().map_or(2, |digit| digit - b'0');
    let failure = match name.get(1) {
        Some(b'c') => Some(Failure::Credentials(Errno::EACCES)),
        Some(b'r') => Some(Failure::Rejected),
        _ => None,
    };
    Box::new(Fake {
        initiates,
        tokens,
        next: 0,
        confidential: name.get(1) != Some(&b'n'),
        failure,
        wrapped: AtomicU8::new(0),
        unwrapped: AtomicU8::new(0),
    })
}

fn fake_initiator(_own: Option<Principal>, service: Principal) -> Box<dyn Context> {
    fake(true, &service.name)
}

fn fake_acceptor(own: Option<Principal>) -> Box<dyn Context> {
    fake(false, &own.map(|own| own.name).unwrap_or_default())
}

/// A side; `name` says how its context behaves.
fn side(socket_type: SocketType, as_server: bool, name: &str) -> Config {
    let mut config = config(socket_type);
    let principal = Principal { name: name.as_bytes().to_vec(), kind: NameType::HostBased };
    config.mechanism = MechanismKind::Gssapi;
    config.as_server = as_server;
    config.gssapi.own = Some(principal.clone());
    config.gssapi.service = principal;
    config.gssapi.initiator = fake_initiator;
    config.gssapi.acceptor = fake_acceptor;
    config
}

fn client_config() -> Config {
    side(SocketType::Dealer, false, "2")
}

fn server_config() -> Config {
    side(SocketType::Dealer, true, "2")
}

/// A side that has the other's greeting, and its own sent.
fn greeted(config: &Config) -> (Handshake, Progress) {
    let mut handshake = Handshake::new(config);
    let progress = feed(&mut handshake, &greeting_v3(1, b"GSSAPI")).unwrap();
    assert_eq!(sent(&mut handshake)[12..18], *b"GSSAPI");
    (handshake, progress)
}

/// Does what a handshake gave out, and goes on.
fn work(handshake: &mut Handshake) -> Result<Progress, ProtoError> {
    let worked = handshake.take_work().expect("work").run();
    assert_eq!(worked.why(), b"because");
    handshake.worked(worked)?;
    handshake.advance()
}

/// Feeds a side, has it do its work, and lets whoever asks in, until it wants more.
fn go(handshake: &mut Handshake, bytes: &[u8]) -> Result<Progress, ProtoError> {
    let mut progress = feed(handshake, bytes)?;
    loop {
        progress = match progress {
            Progress::WaitWork => work(handshake)?,
            Progress::WaitAuth(_) => {
                handshake.authenticated(AuthReply::Unavailable)?;
                handshake.advance()?
            }
            other => return Ok(other),
        }
    }
}

/// A server that waits for the client's last command, with the client.
fn negotiated() -> (Handshake, Handshake) {
    let (mut client, _) = greeted(&client_config());
    let (mut server, _) = greeted(&server_config());
    work(&mut client).unwrap();
    go(&mut server, &sent(&mut client)).unwrap();
    go(&mut client, &sent(&mut server)).unwrap();
    (client, server)
}

fn established_pair(client: &Config, server: &Config) -> (Established, Established) {
    let (mut client, mut server) = (Handshake::new(client), Handshake::new(server));
    let (mut to_client, mut to_server) = (sent(&mut server), sent(&mut client));
    for _ in 0..20 {
        let one = go(&mut client, &to_client).unwrap();
        to_server.extend(sent(&mut client));
        let other = go(&mut server, &to_server).unwrap();
        to_server.clear();
        to_client = sent(&mut server);
        if (one, other) == (Progress::Done, Progress::Done) {
            return (client.finish().unwrap(), server.finish().unwrap());
        }
    }
    panic!("no end");
}

fn pair() -> (Established, Established) {
    established_pair(&client_config(), &server_config())
}

fn value(error: ProtoError) -> i32 {
    error.handshake_event().expect("an event").value
}

#[test]
fn commands_are_those_of_libzmq() {
    let (mut client, progress) = greeted(&client_config());
    assert_eq!(progress, Progress::WaitWork);
    assert_eq!(work(&mut client), Ok(Progress::NeedMore));
    let first = sent(&mut client);
    assert_eq!(first, b"\x04\x0E\x08INITIATE\0\0\0\x010");
    let (mut server, progress) = greeted(&server_config());
    assert_eq!(progress, Progress::NeedMore);
    assert_eq!(feed(&mut server, &first), Ok(Progress::WaitWork));
    assert_eq!(work(&mut server), Ok(Progress::NeedMore));
    let second = sent(&mut server);
    assert_eq!(second, b"\x04\x0E\x08INITIATE\0\0\0\x011");
    assert_eq!(go(&mut client, &second), Ok(Progress::NeedMore));
    let third = sent(&mut client);
    assert_eq!(third, b"\x04\0");
    let request = AuthRequest { mechanism: "GSSAPI", credentials: vec![b"me@REALM".to_vec()] };
    assert_eq!(feed(&mut server, &third), Ok(Progress::WaitAuth(request)));
    server.authenticated(AuthReply::Unavailable).unwrap();
    assert_eq!(server.advance(), Ok(Progress::NeedMore));
    let ready = sent(&mut server);
    let plain = [&b"\0\x05READY"[..], &metadata::local(&server_config())].concat();
    let head = [4, (12 + WRAPPING + plain.len()) as u8];
    assert_eq!(ready[..2], head);
    assert_eq!(ready[2..14], *b"\x07MESSAGE\0\0\0\x2D");
    assert_eq!(ready[14..17], [0xC5, 0, check(&plain)]);
    assert_eq!(feed(&mut client, &ready), Ok(Progress::Done));
    let ready = sent(&mut client);
    assert_eq!(ready[..2], head);
    assert_eq!(feed(&mut server, &ready), Ok(Progress::Done));
    let peer = server.finish().unwrap().peer;
    assert_eq!(peer.socket_type, Some(SocketType::Dealer));
}

#[test]
fn a_negotiation_may_take_any_number_of_tokens() {
    for tokens in ["2", "4", "6"] {
        let (client, server) =
            (side(SocketType::Dealer, false, tokens), side(SocketType::Dealer, true, tokens));
        established_pair(&client, &server);
    }
}

#[test]
fn messages_pass_both_ways_and_are_not_readable_on_the_way() {
    let (mut client, mut server) = pair();
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
fn wrapped_flags_are_not_those_of_frames() {
    let (mut client, _) = pair();
    client.encoder.push(&mut data(b"a", true)).unwrap();
    client.encoder.push(&mut command::ping(1, b"").unwrap()).unwrap();
    let bytes = drain(&mut client.encoder, usize::MAX);
    // No flag outside; behind the wrapping `more` is 1, `command` is 2.
    assert_eq!(bytes[..14], *b"\0\x11\x07MESSAGE\0\0\0\x05");
    assert_eq!(bytes[17] ^ 0xAA, 1);
    assert_eq!(bytes[2 + 17 + 17] ^ 0xAA, 2);
}

#[test]
fn plain_text_is_not_wrapped() {
    let (mut client, mut server) = (client_config(), server_config());
    client.gssapi.plaintext = true;
    server.gssapi.plaintext = true;
    let (mut client, mut server) = established_pair(&client, &server);
    client.encoder.push(&mut data(b"hello", false)).unwrap();
    let bytes = drain(&mut client.encoder, usize::MAX);
    assert_eq!(bytes, b"\0\x05hello");
    let items = decode(&mut server.decoder, &bytes, usize::MAX).unwrap();
    assert_eq!(messages(&items), [(Class::Data, false, b"hello".to_vec())]);
}

/// What a publisher decodes of a frame whose wrapped bytes are these.
fn published(plain: &[u8]) -> Vec<(Class, bool, Vec<u8>)> {
    let (_, mut server) =
        established_pair(&side(SocketType::Sub, false, "2"), &side(SocketType::Xpub, true, "2"));
    let bytes = frame_of(1, plain);
    messages(&decode(&mut server.decoder, &bytes, usize::MAX).unwrap())
}

/// The client's frame of this number.
fn frame_of(number: u8, plain: &[u8]) -> Vec<u8> {
    let mut wrapped = vec![0xC4, number, check(plain)];
    wrapped.extend(plain.iter().map(|byte| byte ^ 0xAA));
    let mut body = b"\x07MESSAGE".to_vec();
    body.extend((wrapped.len() as u32).to_be_bytes());
    body.extend(wrapped);
    let mut frame = Vec::new();
    frame::Framing::V2.put_header(0, body.len(), &mut frame);
    [frame, body].concat()
}

#[test]
fn subscriptions_are_understood_in_every_form() {
    let topic = b"news".to_vec();
    let subscribed = [(Class::Subscribe, false, topic.clone())];
    let cancelled = [(Class::Cancel, false, topic.clone())];
    // ZMTP 3.1's commands, libzmq's flags since 4.3.6, and what went before.
    assert_eq!(published(b"\x02\x09SUBSCRIBEnews"), subscribed);
    assert_eq!(published(b"\x02\x06CANCELnews"), cancelled);
    assert_eq!(published(b"\x04news"), subscribed);
    assert_eq!(published(b"\x06news"), subscribed);
    assert_eq!(published(b"\x08news"), cancelled);
    assert_eq!(published(b"\x04"), [(Class::Subscribe, false, Vec::new())]);
    assert_eq!(published(b"\0\x01news"), [(Class::Data, false, b"\x01news".to_vec())]);
    // What is sent is the first.
    let (mut client, _) =
        established_pair(&side(SocketType::Sub, false, "2"), &side(SocketType::Xpub, true, "2"));
    let mut subscription = data(b"news", false);
    subscription.set_class(Class::Subscribe);
    client.encoder.push(&mut subscription).unwrap();
    let sent = drain(&mut client.encoder, usize::MAX);
    assert_eq!(sent, frame_of(1, b"\x02\x09SUBSCRIBEnews"));
}

#[test]
fn the_authenticator_decides() {
    let answer = |status| AuthReply::Answered {
        status,
        user_id: b"joe".to_vec(),
        properties: metadata::Properties::default(),
    };
    let asked = || {
        let (mut client, mut server) = negotiated();
        assert!(matches!(feed(&mut server, &sent(&mut client)), Ok(Progress::WaitAuth(_))));
        (client, server)
    };
    let (mut client, mut server) = asked();
    assert_eq!(server.authenticated(answer(200)), Ok(None));
    go(&mut server, &[]).unwrap();
    go(&mut client, &sent(&mut server)).unwrap();
    assert_eq!(go(&mut server, &sent(&mut client)), Ok(Progress::Done));
    let user = ("User-Id".to_owned(), b"joe".to_vec());
    assert!(server.finish().unwrap().peer.properties.contains(&user));
    for status in [300, 400, 500] {
        let (_, mut server) = asked();
        let event = Event { event: 0x4000, value: i32::from(status) };
        assert_eq!(server.authenticated(answer(status)), Ok(Some(event)));
        assert_eq!(server.advance(), Err(ProtoError::NotAuthenticated));
        assert!(server.output().is_empty());
    }
    let mut enforcing = server_config();
    enforcing.zap_enforce_domain = true;
    for (domain, outcome) in [("", Ok(None)), ("domain", Err(ProtoError::NoAuthenticator))] {
        enforcing.zap_domain = domain.as_bytes().to_vec();
        let (mut client, mut server) = (greeted(&client_config()).0, greeted(&enforcing).0);
        work(&mut client).unwrap();
        go(&mut server, &sent(&mut client)).unwrap();
        feed(&mut server, b"\x04\0").unwrap();
        assert_eq!(server.authenticated(AuthReply::Unavailable), outcome);
    }
}

#[test]
fn failed_steps_end_the_handshake() {
    let lack = ProtoError::Credentials(Errno::EACCES);
    assert_eq!(lack.handshake_event(), Some(Event { event: 0x0800, value: Errno::EACCES.0 }));
    let client = |name| work(&mut greeted(&side(SocketType::Dealer, false, name)).0);
    let server = |name| {
        let (mut server, _) = greeted(&side(SocketType::Dealer, true, name));
        feed(&mut server, b"\x04\x0E\x08INITIATE\0\0\0\x010").unwrap();
        work(&mut server)
    };
    assert_eq!(client("2c"), Err(lack));
    assert_eq!(client("2r"), Err(ProtoError::Cryptographic));
    assert_eq!(server("2c"), Err(lack));
    assert_eq!(server("2r"), Err(ProtoError::Cryptographic));
    // A context that cannot encrypt does for plain text only.
    assert_eq!(server("2n"), Err(ProtoError::Cryptographic));
    let mut plaintext = side(SocketType::Dealer, true, "2n");
    plaintext.gssapi.plaintext = true;
    let (mut server, _) = greeted(&plaintext);
    assert_eq!(go(&mut server, b"\x04\x0E\x08INITIATE\0\0\0\x010"), Ok(Progress::NeedMore));
    // Want of a thread is nobody's fault.
    let (mut client, _) = greeted(&client_config());
    let given_up = client.take_work().unwrap().give_up(Errno::EAGAIN);
    assert_eq!(client.worked(given_up), Err(ProtoError::Credentials(Errno::EAGAIN)));
}

#[test]
fn work_is_given_out_once_and_taken_back_once() {
    let (mut client, _) = greeted(&client_config());
    let worked = client.take_work().unwrap().run();
    assert!(client.take_work().is_none());
    assert_eq!(client.advance(), Ok(Progress::NeedMore), "nothing to do but wait");
    assert!(client.take_work().is_none() && client.output().is_empty());
    assert_eq!(client.worked(worked), Ok(()));
    let (mut other, _) = greeted(&client_config());
    let worked = other.take_work().unwrap().run();
    assert_eq!(client.worked(worked), Err(ProtoError::OutOfTurn));
    let (mut null, worked) = (Handshake::new(&config(SocketType::Dealer)), other);
    drop(worked);
    let (mut third, _) = greeted(&client_config());
    assert_eq!(null.worked(third.take_work().unwrap().run()), Err(ProtoError::OutOfTurn));
}

#[test]
fn commands_out_of_turn_are_refused() {
    let unexpected = Err(ProtoError::UnexpectedCommand);
    // While a step is being made, on both sides.
    let (mut client, _) = greeted(&client_config());
    assert_eq!(feed(&mut client, b"\x04\x0E\x08INITIATE\0\0\0\x011"), unexpected);
    let (mut server, _) = greeted(&server_config());
    feed(&mut server, b"\x04\x0E\x08INITIATE\0\0\0\x010").unwrap();
    assert_eq!(feed(&mut server, b"\x04\0"), unexpected);
    // While the authenticator thinks.
    let (_, mut server) = negotiated();
    assert!(matches!(feed(&mut server, b"\x04\0"), Ok(Progress::WaitAuth(_))));
    assert_eq!(feed(&mut server, b"\x04\0"), unexpected);
}

#[test]
fn malformed_tokens_are_refused() {
    for (body, value_of_it) in [
        (&b""[..], 0x1000_0011),
        (b"\x08", 0x1000_0011),
        (b"\x09INITIATE", 0x1000_0011),
        (b"\x05HELLO", 0x1000_0001),
        (b"\x08INITIATE", 0x1000_0014),
        (b"\x08INITIATE\0\0\0", 0x1000_0014),
        (b"\x08INITIATE\0\0\0\x02z", 0x1000_0014),
        (b"\x08INITIATE\0\0\0\x01zz", 0x1000_0014),
        (b"\x08INITIATE\xFF\xFF\xFF\xFFzz", 0x1000_0014),
    ] {
        let (mut server, _) = greeted(&server_config());
        assert_eq!(value(feed(&mut server, &command_frame(body)).unwrap_err()), value_of_it);
        let (mut client, _) = greeted(&client_config());
        work(&mut client).unwrap();
        assert_eq!(value(feed(&mut client, &command_frame(body)).unwrap_err()), value_of_it);
    }
}

/// What the client says of a READY that was changed on the way.
fn ready_after(change: impl FnOnce(&mut Vec<u8>)) -> i32 {
    let (mut client, mut server) = negotiated();
    go(&mut server, &sent(&mut client)).unwrap();
    let mut bytes = sent(&mut server);
    change(&mut bytes);
    value(feed(&mut client, &bytes).unwrap_err())
}

#[test]
fn malformed_readies_are_refused() {
    let body = |body: &'static [u8]| ready_after(move |bytes| *bytes = command_frame(body));
    assert_eq!(ready_after(|bytes| bytes[20] ^= 1), 0x1100_0001);
    assert_eq!(ready_after(|bytes| bytes[3] ^= 1), 0x1000_0001);
    assert_eq!(body(b""), 0x1000_0011);
    assert_eq!(body(b"\x05READY"), 0x1000_0001);
    assert_eq!(body(b"\x07MESSAGE"), 0x1000_0012);
    assert_eq!(body(b"\x07MESSAGE\0\0\0\0"), 0x1100_0001);
    assert_eq!(body(b"\x07MESSAGE\0\0\0\x01"), 0x1000_0012);
    // Wrapped as it should be, but what it should not be; the mark is the server's.
    for (plain, value) in [
        (&b""[..], 0x1000_0012),
        (b"\0", 0x1000_0011),
        (b"\0\x05ERROR", 0x1000_0001),
        (b"\0\x05READY\x05x", 0x1000_0018),
        (b"\0\x05READY\x0BSocket-Type\0\0\0\x03SUB", 0x1000_0018),
    ] {
        let mut frame = frame_of(0, plain);
        frame[14] = 0xC5;
        assert_eq!(ready_after(|bytes| *bytes = frame), value, "{plain:?}");
    }
}

/// What the server says of a message that was changed on the way.
fn message_after(change: impl FnOnce(&mut Vec<u8>)) -> i32 {
    let (mut client, mut server) = pair();
    client.encoder.push(&mut data(b"hello", false)).unwrap();
    let mut bytes = drain(&mut client.encoder, usize::MAX);
    change(&mut bytes);
    value(decode(&mut server.decoder, &bytes, usize::MAX).unwrap_err())
}

#[test]
fn spoilt_messages_end_the_connection() {
    for at in 14..22 {
        assert_eq!(message_after(|bytes| bytes[at] ^= 1), 0x1100_0001);
    }
    for at in 10..14 {
        assert_eq!(message_after(|bytes| bytes[at] ^= 1), 0x1000_0012);
    }
    assert_eq!(message_after(|bytes| bytes[9] ^= 1), 0x1000_0001);
    assert_eq!(message_after(|bytes| bytes.extend(bytes.clone())), 0x1100_0001);
    assert_eq!(message_after(|bytes| *bytes = b"\0\0".to_vec()), 0x1000_0011);
    assert_eq!(message_after(|bytes| *bytes = b"\0\x05\x04hell".to_vec()), 0x1000_0001);
    assert_eq!(message_after(|bytes| *bytes = b"\0\x08\x07MESSAGE".to_vec()), 0x1000_0012);
    assert_eq!(message_after(|bytes| *bytes = frame_of(1, b"")), 0x1000_0012);
    let short_ping = frame_of(1, b"\x02\x04PING\0");
    assert_eq!(message_after(|bytes| *bytes = short_ping), 0x1000_0000);
}

#[test]
fn principals_come_from_the_options() {
    let mut options = Options::new(SocketType::Dealer);
    assert_eq!(Config::from(&options).gssapi.own, None);
    options.gssapi_principal = b"me\0".to_vec();
    options.gssapi_principal_nametype = 1;
    options.gssapi_service_principal = b"service@host".to_vec();
    options.gssapi_plaintext = true;
    let gssapi = Config::from(&options).gssapi;
    assert_eq!(gssapi.own, Some(Principal { name: b"me".to_vec(), kind: NameType::User }));
    assert_eq!(gssapi.service.name, b"service@host");
    assert!(gssapi.plaintext && gssapi.service.kind == NameType::HostBased);
    options.gssapi_service_principal_nametype = 2;
    assert_eq!(Config::from(&options).gssapi.service.kind, NameType::Principal);
}

proptest! {
    #[test]
    fn arbitrary_input_never_panics(
        as_server in any::<bool>(),
        plaintext in any::<bool>(),
        whole in 0..4_usize,
        noise in vec(prop_oneof![Just(0_u8), Just(4), Just(7), any::<u8>()], 0..300),
        step in 1..80_usize,
    ) {
        // A peer that behaves for as many commands as `whole` says.
        let (mut client, mut server) = (client_config(), server_config());
        client.gssapi.plaintext = plaintext;
        server.gssapi.plaintext = plaintext;
        let (mut victim, mut peer) = if as_server {
            (greeted(&server).0, greeted(&client).0)
        } else {
            (greeted(&client).0, greeted(&server).0)
        };
        for _ in 0..whole {
            go(&mut peer, &sent(&mut victim)).unwrap();
            go(&mut victim, &sent(&mut peer)).unwrap();
        }
        for piece in noise.chunks(step) {
            match go(&mut victim, piece) {
                Ok(Progress::NeedMore) => {}
                _ => break,
            }
            prop_assert!(victim.space().unwrap().capacity() <= MAX_HANDSHAKE_FRAME + 64);
        }
    }

    #[test]
    fn changed_streams_give_the_beginning_of_what_was_sent_or_an_error(
        bodies in vec(vec(any::<u8>(), 0..60), 1..6),
        at in any::<prop::sample::Index>(),
        change in 1..=255_u8,
        step in 1..80_usize,
    ) {
        let (mut client, mut server) = pair();
        for body in &bodies {
            client.encoder.push(&mut data(body, false)).unwrap();
        }
        let mut bytes = drain(&mut client.encoder, usize::MAX);
        *at.get_mut(&mut bytes) ^= change;
        if let Ok(items) = decode(&mut server.decoder, &bytes, step) {
            let got: Vec<Vec<u8>> = messages(&items).into_iter().map(|(.., body)| body).collect();
            // The outer flags mean nothing, so changing one of these harms nobody.
            prop_assert!(bodies.starts_with(&got), "{got:?}");
        }
    }

    #[test]
    fn arbitrary_wrapped_bytes_never_panic(plain in vec(any::<u8>(), 0..80), step in 1..40_usize) {
        for socket_type in [SocketType::Dealer, SocketType::Xpub, SocketType::Req] {
            let theirs = match socket_type {
                SocketType::Xpub => SocketType::Sub,
                SocketType::Req => SocketType::Rep,
                other => other,
            };
            let (client, server) = (side(theirs, false, "2"), side(socket_type, true, "2"));
            let (_, mut server) = established_pair(&client, &server);
            let _ = decode(&mut server.decoder, &frame_of(1, &plain), step);
        }
    }
}
