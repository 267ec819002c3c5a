//! Tests of the protocol: bytes written by hand from the RFCs, and properties.

mod curve;
mod greetings;
mod gssapi;
mod handshakes;
mod malformed;
mod plain;
mod properties;
mod streams;
mod zap;

use std::io::IoSlice;

use smallvec::SmallVec;

use super::error::Event;
use super::handshake::MAX_HANDSHAKE_FRAME;
use super::mechanism::AuthRequest;
use super::metadata::Properties;
use super::*;
use crate::msg::{Class, Msg};

/// The first ten bytes of a side without a routing id.
const SIGNATURE: &[u8] = b"\xFF\0\0\0\0\0\0\0\x01\x7F";

fn config(socket_type: SocketType) -> Config {
    Config::from(&Options::new(socket_type))
}

/// Metadata as it is read.
fn properties(pairs: &[(&str, &str)]) -> Properties {
    let mut properties = Properties::default();
    for (name, value) in pairs {
        properties.add((*name).to_owned(), value.as_bytes().to_vec());
    }
    properties
}

/// A whole greeting of ZMTP 3.
fn greeting_v3(minor: u8, mechanism: &[u8]) -> Vec<u8> {
    let mut bytes = SIGNATURE.to_vec();
    bytes.extend([3, minor]);
    bytes.extend(mechanism);
    bytes.resize(64, 0);
    bytes
}

/// A command frame of ZMTP 3.
fn command_frame(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::Framing::V2.put_header(frame::COMMAND, body.len(), &mut bytes);
    bytes.extend(body);
    bytes
}

/// A READY command frame with these properties.
fn ready(properties: &[(&str, &str)]) -> Vec<u8> {
    let mut body = b"\x05READY".to_vec();
    for (name, value) in properties {
        metadata::append(&mut body, name.as_bytes(), value.as_bytes());
    }
    command_frame(&body)
}

/// Gives `bytes` to a handshake as one read.
fn feed(handshake: &mut Handshake, bytes: &[u8]) -> Result<Progress, ProtoError> {
    let mut bytes = bytes;
    while !bytes.is_empty() {
        let taken = handshake.space().unwrap().append(bytes);
        bytes = &bytes[taken..];
    }
    handshake.advance()
}

/// Takes what a handshake has to send.
fn sent(handshake: &mut Handshake) -> Vec<u8> {
    let bytes = handshake.output().to_vec();
    handshake.consume_output(bytes.len());
    bytes
}

/// Takes what an encoder has to send, `step` bytes at a time.
fn drain(encoder: &mut Encoder, step: usize) -> Vec<u8> {
    let mut stream = Vec::new();
    while !encoder.is_empty() {
        let mut slices = SmallVec::<[IoSlice; 4]>::new();
        encoder.slices(&mut slices);
        let part: Vec<u8> =
            slices.iter().flat_map(|slice| slice.iter().copied()).take(step).collect();
        assert!(!part.is_empty(), "{} bytes pending but none offered", encoder.pending_bytes());
        stream.extend(&part);
        drop(slices);
        encoder.consume(part.len());
    }
    assert_eq!(encoder.pending_bytes(), 0);
    stream
}

/// What a decoder gave: messages with it, other items as such.
#[derive(Debug)]
enum Decoded {
    Msg(Msg),
    Other(Item),
}

/// Decodes what a decoder has, and adds it to `items`.
fn decode_buffered(decoder: &mut Decoder, items: &mut Vec<Decoded>) -> Result<(), ProtoError> {
    let mut msg = Msg::new();
    while let Some(item) = decoder.next(&mut msg)? {
        items.push(match item {
            Item::Msg => Decoded::Msg(msg.take()),
            other => Decoded::Other(other),
        });
    }
    Ok(())
}

/// Decodes `bytes`, given `step` at a time.
fn decode(decoder: &mut Decoder, bytes: &[u8], step: usize) -> Result<Vec<Decoded>, ProtoError> {
    let mut items = Vec::new();
    let mut bytes = bytes;
    loop {
        decode_buffered(decoder, &mut items)?;
        if bytes.is_empty() {
            return Ok(items);
        }
        let taken = decoder.space().unwrap().append(&bytes[..step.min(bytes.len())]);
        bytes = &bytes[taken..];
    }
}

/// The messages among the items: class, more, payload.
fn messages(items: &[Decoded]) -> Vec<(Class, bool, Vec<u8>)> {
    let message = |item: &Decoded| match item {
        Decoded::Msg(msg) => Some((msg.class(), msg.more(), msg.data().to_vec())),
        Decoded::Other(_) => None,
    };
    items.iter().filter_map(message).collect()
}

/// A connection established with a peer written by hand: its greeting and first frames.
fn established(config: &Config, peer: &[u8]) -> Established {
    let mut handshake = Handshake::new(config);
    assert_eq!(feed(&mut handshake, peer), Ok(Progress::Done));
    sent(&mut handshake);
    handshake.finish().unwrap()
}

/// A connection with a NULL peer of ZMTP 3.
fn established_v3(socket_type: SocketType, minor: u8) -> Established {
    let mut peer = greeting_v3(minor, b"NULL");
    peer.extend(ready(&[]));
    established(&config(socket_type), &peer)
}

fn data(bytes: &[u8], more: bool) -> Msg {
    let mut msg = Msg::from_slice(bytes).unwrap();
    msg.set_more(more);
    msg
}
