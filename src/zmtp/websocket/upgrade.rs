//! The HTTP request that turns a connection into a WebSocket, and its answer (RFC 6455, section 4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use httparse::{EMPTY_HEADER, Header, Request, Response, Status};
use sha1::{Digest, Sha1};

use super::End;
use crate::options::Mechanism;
use crate::zmtp::error::ProtoError;

/// The largest head of a request or answer.
const MAX_HEAD: usize = 8 * 1024;
/// The most lines in it.
const MAX_LINES: usize = 64;

/// What a key is extended by before it is hashed.
const MAGIC: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const REFUSAL: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// How both ends go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// With the mechanism's commands.
    Commands,
    /// With their routing ids and nothing else (`ZWS2.0`, for simple clients).
    Plain,
}

/// One end's part in it.
pub struct Upgrade {
    mechanism: Mechanism,
    /// The client's: what the server has to answer to its key.
    accept: Option<String>,
}

impl Upgrade {
    /// Begins; a client's request goes to `out`. Errors: no random numbers, or a mechanism that ZWS
    /// does not have.
    pub fn new(end: &End, mechanism: Mechanism, out: &mut Vec<u8>) -> Result<Upgrade, ProtoError> {
        let protocols = protocols(mechanism);
        let End::Client { host, path } = end else {
            return Ok(Upgrade { mechanism, accept: None });
        };
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| ProtoError::OutOfMemory)?;
        let key = BASE64.encode(random);
        let names = protocols.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: {names}\r\n\
             Sec-WebSocket-Version: 13\r\n\r\n"
        );
        out.extend_from_slice(request.as_bytes());
        Ok(Upgrade { mechanism, accept: Some(accept_for(key.as_bytes())) })
    }

    /// Looks at what has come. `None`: not all there. Else what was agreed on, and how many bytes
    /// it took; a server's answer goes to `out`, its refusal too.
    pub fn advance(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<(Dialect, usize)>, ProtoError> {
        let result = match &self.accept {
            Some(accept) => self.read_answer(input, accept),
            None => self.read_request(input, out),
        };
        match result {
            Ok(None) if input.len() > MAX_HEAD => Err(ProtoError::Upgrade),
            Err(error) => {
                if self.accept.is_none() {
                    out.extend_from_slice(REFUSAL);
                }
                Err(error)
            }
            other => other,
        }
    }

    fn read_request(
        &self,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Option<(Dialect, usize)>, ProtoError> {
        let mut lines = [EMPTY_HEADER; MAX_LINES];
        let mut request = Request::new(&mut lines);
        let Status::Complete(size) = request.parse(input).map_err(|_| ProtoError::Upgrade)? else {
            return Ok(None);
        };
        let wanted = request.method == Some("GET")
            && request.version == Some(1)
            && asks_for_websocket(request.headers);
        let key = values(request.headers, "Sec-WebSocket-Key").next().filter(|_| wanted);
        let key = key.ok_or(ProtoError::Upgrade)?;
        let (name, dialect) = tokens(request.headers, "Sec-WebSocket-Protocol")
            .find_map(|name| self.known(name))
            .ok_or(ProtoError::Upgrade)?;
        let accept = accept_for(key.as_bytes());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {name}\r\n\r\n"
        );
        out.extend_from_slice(answer.as_bytes());
        Ok(Some((dialect, size)))
    }

    fn read_answer(
        &self,
        input: &[u8],
        accept: &str,
    ) -> Result<Option<(Dialect, usize)>, ProtoError> {
        let mut lines = [EMPTY_HEADER; MAX_LINES];
        let mut answer = Response::new(&mut lines);
        let Status::Complete(size) = answer.parse(input).map_err(|_| ProtoError::Upgrade)? else {
            return Ok(None);
        };
        let granted = answer.code == Some(101)
            && asks_for_websocket(answer.headers)
            && values(answer.headers, "Sec-WebSocket-Accept").next() == Some(accept);
        let mut chosen = values(answer.headers, "Sec-WebSocket-Protocol");
        let name = chosen.next().filter(|_| granted && chosen.next().is_none());
        let (_, dialect) = name.and_then(|name| self.known(name)).ok_or(ProtoError::Upgrade)?;
        Ok(Some((dialect, size)))
    }

    fn known(&self, name: &str) -> Option<(&'static str, Dialect)> {
        protocols(self.mechanism).iter().copied().find(|(known, _)| *known == name)
    }
}

/// The protocols for a mechanism, in the order of preference. None: ZWS does not have it.
fn protocols(mechanism: Mechanism) -> &'static [(&'static str, Dialect)] {
    match mechanism {
        Mechanism::Null => &[("ZWS2.0/NULL", Dialect::Commands), ("ZWS2.0", Dialect::Plain)],
        Mechanism::Plain => &[("ZWS2.0/PLAIN", Dialect::Commands)],
        Mechanism::Curve => &[("ZWS2.0/CURVE", Dialect::Commands)],
        Mechanism::Gssapi => &[],
    }
}

fn accept_for(key: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(MAGIC);
    BASE64.encode(hash.finalize())
}

fn asks_for_websocket(lines: &[Header<'_>]) -> bool {
    let says = |name, wanted: &str| tokens(lines, name).any(|it| it.eq_ignore_ascii_case(wanted));
    says("Upgrade", "websocket") && says("Connection", "upgrade")
}

/// The values of all lines of a name, which are not text if they have bytes beyond ASCII.
fn values<'a>(lines: &'a [Header<'_>], name: &'a str) -> impl Iterator<Item = &'a str> {
    lines
        .iter()
        .filter(move |line| line.name.eq_ignore_ascii_case(name))
        .filter_map(|line| core::str::from_utf8(line.value).ok())
        .map(str::trim)
        .filter(|value| !value.is_empty())
}

/// What stands between the commas of these values.
fn tokens<'a>(lines: &'a [Header<'_>], name: &'a str) -> impl Iterator<Item = &'a str> {
    values(lines, name).flat_map(|value| value.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn client(mechanism: Mechanism) -> (Upgrade, Vec<u8>) {
        let mut out = Vec::new();
        let end = End::Client { host: "example.org:80".into(), path: "/path".into() };
        let upgrade = Upgrade::new(&end, mechanism, &mut out).unwrap();
        (upgrade, out)
    }

    fn server(mechanism: Mechanism) -> Upgrade {
        Upgrade::new(&End::Server, mechanism, &mut Vec::new()).unwrap()
    }

    #[test]
    fn the_rfcs_example() {
        assert_eq!(accept_for(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn both_ends_agree_on_the_mechanism() {
        for mechanism in [Mechanism::Null, Mechanism::Plain, Mechanism::Curve] {
            let (mut client, request) = client(mechanism);
            let mut answer = Vec::new();
            let agreed = server(mechanism).advance(&request, &mut answer);
            assert_eq!(agreed, Ok(Some((Dialect::Commands, request.len()))));
            let size = answer.len();
            answer.extend_from_slice(b"what follows");
            let agreed = client.advance(&answer, &mut Vec::new());
            assert_eq!(agreed, Ok(Some((Dialect::Commands, size))));
        }
        let mut out = Vec::new();
        let (_, request) = client(Mechanism::Plain);
        let refused = server(Mechanism::Null).advance(&request, &mut out);
        assert_eq!(refused, Err(ProtoError::Upgrade));
        assert!(out.starts_with(b"HTTP/1.1 400"));
    }

    #[test]
    fn a_browsers_request() {
        let request = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive, Upgrade\r\n\
            upgrade: WebSocket\r\nsec-websocket-version: 13\r\norigin: null\r\n\
            sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
            sec-websocket-protocol: other, ZWS2.0\r\n\r\n";
        let mut out = Vec::new();
        for cut in 0..request.len() {
            assert_eq!(server(Mechanism::Null).advance(&request[..cut], &mut out), Ok(None));
        }
        let agreed = server(Mechanism::Null).advance(request, &mut out);
        assert_eq!(agreed, Ok(Some((Dialect::Plain, request.len()))));
        let answer = String::from_utf8(out).unwrap();
        assert!(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        assert!(answer.contains("Sec-WebSocket-Protocol: ZWS2.0\r\n"));
    }

    #[test]
    fn what_is_no_request_or_answer_is_refused() {
        let requests = [
            "POST / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.0\r\n\r\n",
            "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            "GET / HTTP/1.1\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Protocol: ZWS2.0\r\n\r\n",
            "\x01\x02\r\n\r\n",
        ];
        for request in requests {
            let refused = server(Mechanism::Null).advance(request.as_bytes(), &mut Vec::new());
            assert_eq!(refused, Err(ProtoError::Upgrade), "{request:?}");
        }
        let endless = vec![b'a'; MAX_HEAD + 1];
        let refused = server(Mechanism::Null).advance(&endless, &mut Vec::new());
        assert_eq!(refused, Err(ProtoError::Upgrade));
        let answers = [
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: wrong\r\nSec-WebSocket-Protocol: ZWS2.0\r\n\r\n",
        ];
        for answer in answers {
            let (mut client, _) = client(Mechanism::Null);
            let refused = client.advance(answer.as_bytes(), &mut Vec::new());
            assert_eq!(refused, Err(ProtoError::Upgrade), "{answer:?}");
        }
    }

    proptest! {
        #[test]
        fn no_request_panics(bytes: Vec<u8>) {
            let _ = server(Mechanism::Null).advance(&bytes, &mut Vec::new());
            let _ = client(Mechanism::Null).0.advance(&bytes, &mut Vec::new());
        }
    }
}
