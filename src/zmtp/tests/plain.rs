//! PLAIN (RFC 24), against peers written by hand and against itself.

use super::super::error::{Event, ProtoError};
use super::*;

fn client() -> Handshake {
    let mut config = config(SocketType::Req);
    config.mechanism = MechanismKind::Plain;
    config.plain_user = (b"admin".to_vec(), b"secret".to_vec().into());
    Handshake::new(&config)
}

fn server() -> Handshake {
    let mut config = config(SocketType::Rep);
    config.mechanism = MechanismKind::Plain;
    config.as_server = true;
    Handshake::new(&config)
}

/// A side that has exchanged greetings.
fn greeted(mut handshake: Handshake) -> Handshake {
    assert_eq!(feed(&mut handshake, &greeting_v3(1, b"PLAIN")), Ok(Progress::NeedMore));
    sent(&mut handshake);
    handshake
}

const HELLO: &[u8] = b"\x05HELLO\x05admin\x06secret";
const INITIATE: &[u8] = b"\x08INITIATE\x0BSocket-Type\0\0\0\x03REQ";

fn answered(status: u16) -> AuthReply {
    AuthReply::Answered { status, user_id: b"joe".to_vec(), properties: Properties::default() }
}

/// A server that has asked the authenticator about HELLO's user.
fn asked() -> Handshake {
    let mut server = greeted(server());
    let request = AuthRequest {
        mechanism: "PLAIN",
        credentials: vec![b"admin".to_vec(), b"secret".to_vec()],
    };
    assert_eq!(feed(&mut server, &command_frame(HELLO)), Ok(Progress::WaitAuth(request)));
    assert_eq!(server.advance(), Ok(Progress::NeedMore));
    assert!(server.output().is_empty(), "WELCOME waits for the authenticator");
    server
}

#[test]
fn a_server_speaks_as_the_rfc_says() {
    let mut server = asked();
    assert_eq!(server.authenticated(answered(200)), Ok(None));
    assert_eq!(server.advance(), Ok(Progress::NeedMore));
    assert_eq!(sent(&mut server), command_frame(b"\x07WELCOME"));
    assert_eq!(feed(&mut server, &command_frame(INITIATE)), Ok(Progress::Done));
    assert_eq!(sent(&mut server), ready(&[("Socket-Type", "REP")]));
    let peer = server.finish().unwrap().peer;
    assert_eq!(peer.socket_type, Some(SocketType::Req));
    assert!(peer.properties.contains(&("User-Id".to_owned(), b"joe".to_vec())));
}

#[test]
fn a_client_speaks_as_the_rfc_says() {
    let mut client = client();
    feed(&mut client, &greeting_v3(1, b"PLAIN")).unwrap();
    assert_eq!(sent(&mut client)[64..], command_frame(HELLO));
    assert_eq!(feed(&mut client, &command_frame(b"\x07WELCOME")), Ok(Progress::NeedMore));
    let initiate = [INITIATE, b"\x08Identity\0\0\0\0"].concat();
    assert_eq!(sent(&mut client), command_frame(&initiate));
    assert_eq!(feed(&mut client, &ready(&[("Socket-Type", "REP")])), Ok(Progress::Done));
    assert_eq!(client.finish().unwrap().peer.socket_type, Some(SocketType::Rep));
}

#[test]
fn a_refused_user_is_told_so_and_a_temporary_failure_is_not() {
    for (status, told) in [(400, &b"\x04\x09^RROR\x03400"[..]), (300, b"")] {
        let mut server = asked();
        let event = server.authenticated(answered(status)).unwrap();
        assert_eq!(event, Some(Event { event: 0x4000, value: i32::from(status) }));
        assert_eq!(server.advance(), Err(ProtoError::NotAuthenticated));
        assert_eq!(server.output(), told);
    }
    for state in 0..2 {
        let mut client = greeted(client());
        if state == 1 {
            feed(&mut client, &command_frame(b"\x07WELCOME")).unwrap();
        }
        let failed = feed(&mut client, &command_frame(b"\x05ERROR\x03400"));
        assert_eq!(failed, Err(ProtoError::Refused(Some(400))));
    }
}

#[test]
fn nobody_gets_in_without_an_authenticator() {
    let mut server = asked();
    assert_eq!(server.authenticated(AuthReply::Unavailable), Err(ProtoError::NoAuthenticator));
}

#[test]
fn malformed_commands_to_a_server() {
    let hello: [(&[u8], i32); 9] = [
        (b"", 0x1000_0011),
        (b"\x05", 0x1000_0011),
        (b"\x06HELLO", 0x1000_0011),
        (b"\x05HELLX\0\0", 0x1000_0001),
        (b"\x05HELLO", 0x1000_0013),
        (b"\x05HELLO\x02a", 0x1000_0013),
        (b"\x05HELLO\x01a", 0x1000_0013),
        (b"\x05HELLO\x01a\x02b", 0x1000_0013),
        (b"\x05HELLO\x01a\x01bc", 0x1000_0013),
    ];
    for (body, value) in hello {
        let error = feed(&mut greeted(server()), &command_frame(body)).unwrap_err();
        assert_eq!(error.event(), Some(Event { event: 0x2000, value }), "{body:?}");
    }
    let error = feed(&mut asked(), &command_frame(HELLO)).unwrap_err();
    assert_eq!(error.event(), Some(Event { event: 0x2000, value: 0x1000_0000 }));
    let welcomed = || {
        let mut server = asked();
        server.authenticated(answered(200)).unwrap();
        server.advance().unwrap();
        server
    };
    let failed = feed(&mut welcomed(), &command_frame(b"\x05READY"));
    assert_eq!(failed, Err(ProtoError::UnexpectedCommand));
    let failed = feed(&mut welcomed(), &command_frame(b"\x08INITIATE\x01"));
    assert_eq!(failed, Err(ProtoError::Metadata));
}

#[test]
fn malformed_commands_to_a_client() {
    let welcome: [(&[u8], i32); 5] = [
        (b"\x07WELCOMEx", 0x1000_0017),
        (b"\x05READY", 0x1000_0001),
        (b"\x05OTHER", 0x1000_0001),
        (b"\x05ERROR", 0x1000_0015),
        (b"\x05ERROR\x04400", 0x1000_0015),
    ];
    for (body, value) in welcome {
        let error = feed(&mut greeted(client()), &command_frame(body)).unwrap_err();
        assert_eq!(error.event(), Some(Event { event: 0x2000, value }), "{body:?}");
    }
    let ready: [(&[u8], i32); 3] = [
        (b"\x07WELCOME", 0x1000_0001),
        (b"\x05READY\x01", 0x1000_0018),
        (b"\x05READY\x0BSocket-Type\0\0\0\x03PUB", 0x1000_0018),
    ];
    for (body, value) in ready {
        let mut client = greeted(client());
        feed(&mut client, &command_frame(b"\x07WELCOME")).unwrap();
        let error = feed(&mut client, &command_frame(body)).unwrap_err();
        assert_eq!(error.event(), Some(Event { event: 0x2000, value }), "{body:?}");
    }
}
