//! ZAP's frames (RFC 27).

use super::super::error::{Event, ProtoError};
use super::super::zap::{self, Reply, ZapError};
use super::*;

/// Feeds a reply's frames; the last one has no more to come.
fn reply(frames: &[&[u8]]) -> Result<Option<AuthReply>, ProtoError> {
    let mut reply = Reply::new(SocketType::Rep);
    let mut answer = Ok(None);
    for (number, frame) in frames.iter().enumerate() {
        answer = reply.take(data(frame, number + 1 < frames.len()));
        if answer != Ok(None) {
            break;
        }
    }
    answer
}

const GRANTED: [&[u8]; 7] = [b"", b"1.0", b"1", b"200", b"OK", b"joe", b"\x01A\0\0\0\x01b"];

/// A granted reply with one frame replaced.
fn with(number: usize, frame: &'static [u8]) -> Vec<&'static [u8]> {
    let mut frames = GRANTED.to_vec();
    frames[number] = frame;
    frames
}

#[test]
fn a_request_has_the_frames_of_the_rfc() {
    let asked = AuthRequest {
        mechanism: "PLAIN",
        credentials: vec![b"admin".to_vec(), b"secret".to_vec()],
    };
    let frames = zap::request(&asked, b"global", b"127.0.0.1", b"server").unwrap();
    let parts: Vec<_> = frames.iter().map(|frame| (frame.data(), frame.more())).collect();
    let texts = ["", "1.0", "1", "global", "127.0.0.1", "server", "PLAIN", "admin", "secret"];
    let expected: Vec<_> = texts.iter().map(|text| (text.as_bytes(), *text != "secret")).collect();
    assert_eq!(parts, expected);
}

#[test]
fn a_request_without_credentials_ends_with_the_mechanism() {
    let asked = AuthRequest { mechanism: "NULL", credentials: Vec::new() };
    let frames = zap::request(&asked, b"", b"", b"").unwrap();
    assert_eq!(frames.len(), 7);
    assert!(frames[5].more() && !frames[6].more());
}

#[test]
fn a_well_formed_reply_is_understood() {
    for (code, status) in [(b"200", 200), (b"300", 300), (b"400", 400), (b"500", 500)] {
        let answer = AuthReply::Answered {
            status,
            user_id: b"joe".to_vec(),
            properties: properties(&[("A", "b")]),
        };
        assert_eq!(reply(&with(3, code)), Ok(Some(answer)));
    }
}

#[test]
fn each_malformed_reply_has_its_event() {
    let mut long = GRANTED.to_vec();
    long.push(b"");
    let cases = [
        (GRANTED[..6].to_vec(), ZapError::MalformedReply, 0x2000_0001),
        (long, ZapError::MalformedReply, 0x2000_0001),
        (with(0, b"x"), ZapError::Delimiter, 0x2000_0000),
        (with(1, b"1.1"), ZapError::Version, 0x2000_0003),
        (with(2, b"2"), ZapError::RequestId, 0x2000_0002),
        (with(3, b"100"), ZapError::StatusCode, 0x2000_0004),
        (with(3, b"201"), ZapError::StatusCode, 0x2000_0004),
        (with(3, b"2000"), ZapError::StatusCode, 0x2000_0004),
        (with(6, b"\x01A\0\0\0\x02b"), ZapError::Metadata, 0x2000_0005),
        (with(6, b"\x0BSocket-Type\0\0\0\x03SUB"), ZapError::Metadata, 0x2000_0005),
    ];
    for (frames, error, value) in cases {
        let error = ProtoError::Zap(error);
        assert_eq!(reply(&frames), Err(error));
        assert_eq!(error.event(), Some(Event { event: 0x2000, value }));
    }
}
