//! Messages in the streams that multicast protocols carry: no greeting, no handshake, and receivers
//! that join in the middle.
//!
//! | | pgm | norm |
//! |---|---|---|
//! | frames | those of ZMTP 1.0 | those of ZMTP 2.0, each after one byte: 0 for the first of a message, 0xFF for others |
//! | stream | cut into packets, without regard to frames | a byte stream, in which the beginnings of frames are marked |
//! | joining | each packet starts with two bytes: where in the rest a message begins, or 0xFFFF | the next mark after which comes a 0 |
//!
//! As in libzmq.

use std::collections::VecDeque;

use super::Config;
use super::decoder::{Decoder, Item};
use super::error::ProtoError;
use super::frame::{self, Framing, MAX_HEADER, MORE};
use crate::msg::{Class, Msg, RecvBuffer};

/// What stands for "nowhere" at the start of a packet.
const NOWHERE: u16 = 0xFFFF;

/// Bytes before what a packet carries.
const OFFSET: usize = 2;

/// Before a frame that is not the first of its message.
const NOT_FIRST: u8 = 0xFF;

/// The carrier of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// pgm, epgm.
    Pgm,
    /// norm.
    Norm,
}

/// Frames on their way into a stream, one at a time.
pub struct FrameWriter {
    carrier: Carrier,
    /// What goes before the frame's body.
    head: Vec<u8>,
    body: Msg,
    /// Bytes of both that were taken.
    taken: usize,
    /// The message of the last frame goes on.
    more: bool,
}

impl FrameWriter {
    /// A writer with nothing to write.
    pub fn new(carrier: Carrier) -> FrameWriter {
        FrameWriter { carrier, head: Vec::new(), body: Msg::new(), taken: 0, more: false }
    }

    /// Takes the next frame, if it is one of a message; the one before is to be written out.
    pub fn load(&mut self, msg: &mut Msg) {
        if msg.class() != Class::Data {
            return;
        }
        self.head.clear();
        let flags = if msg.more() { MORE } else { 0 };
        match self.carrier {
            Carrier::Pgm => Framing::V1.put_header(flags, msg.len(), &mut self.head),
            Carrier::Norm => {
                self.head.push(if self.more { NOT_FIRST } else { 0 });
                Framing::V2.put_header(flags, msg.len(), &mut self.head);
            }
        }
        self.more = msg.more();
        self.body = msg.take();
        self.taken = 0;
    }

    /// What is to be written next; empty if the frame is written out.
    pub fn rest(&self) -> &[u8] {
        match self.head.get(self.taken..) {
            Some(head) if !head.is_empty() => head,
            _ => {
                let from = self.taken.saturating_sub(self.head.len());
                self.body.data().get(from..).unwrap_or_default()
            }
        }
    }

    /// Says that the next `n` bytes are written.
    pub fn advance(&mut self, n: usize) {
        self.taken = self.taken.saturating_add(n);
        if self.is_done() {
            // A free function of the application's is not to wait for the next frame.
            self.body = Msg::new();
            self.head.clear();
            self.taken = 0;
        }
    }

    /// Whether the frame is written out.
    pub fn is_done(&self) -> bool {
        self.rest().is_empty()
    }

    /// Fills `packet`, of at most `capacity` bytes, from here and from `next`, which gives frames as
    /// long as there are some. Whether there is anything in it.
    pub fn fill(
        &mut self,
        packet: &mut Vec<u8>,
        capacity: usize,
        mut next: impl FnMut(&mut Msg) -> bool,
    ) -> bool {
        packet.clear();
        packet.extend_from_slice(&NOWHERE.to_be_bytes());
        let mut begins = None;
        loop {
            while !self.is_done() {
                let room = capacity.saturating_sub(packet.len());
                let rest = self.rest();
                let part = rest.get(..room).unwrap_or(rest);
                if part.is_empty() {
                    break;
                }
                packet.extend_from_slice(part);
                let part = part.len();
                self.advance(part);
            }
            if packet.len() >= capacity {
                break;
            }
            if !self.more && begins.is_none() {
                // Also if nothing follows: the next packet begins with a message then.
                begins = u16::try_from(packet.len().saturating_sub(OFFSET)).ok();
            }
            let mut msg = Msg::new();
            if !next(&mut msg) {
                break;
            }
            self.load(&mut msg);
        }
        if let (Some(begins), Some(head)) = (begins, packet.first_chunk_mut()) {
            *head = begins.to_be_bytes();
        }
        packet.len() > OFFSET
    }
}

/// Frames out of one sender's stream.
pub struct FrameReader {
    decoder: Option<Decoder>,
    /// Frames of a message that is not whole yet: those of other senders must not come between.
    parts: Vec<Msg>,
    /// In norm's stream, where it is.
    place: Place,
}

/// A place in norm's stream.
enum Place {
    /// Before the byte that goes before a frame.
    Mark,
    /// In a frame's header: what there is of it.
    Header([u8; 9], usize),
    /// In a frame's body: what is missing.
    Body(u64),
}

impl FrameReader {
    /// A reader of a stream that is yet to be joined.
    pub fn new() -> FrameReader {
        FrameReader { decoder: None, parts: Vec::new(), place: Place::Mark }
    }

    /// Whether the stream is joined.
    pub fn is_joined(&self) -> bool {
        self.decoder.is_some()
    }

    /// Something is lost: forgets what was begun. The stream is to be joined anew.
    pub fn lose(&mut self) {
        *self = FrameReader::new();
    }

    /// Joins norm's stream, right after the byte before a message's first frame.
    pub fn join(&mut self, config: &Config) {
        self.start(config, Framing::V2);
        self.place = Place::Header([0; 9], 0);
    }

    fn start(&mut self, config: &Config, framing: Framing) {
        self.parts.clear();
        let version = if framing == Framing::V1 { (1, 0) } else { (2, 0) };
        let input = RecvBuffer::default();
        self.decoder = Some(Decoder::new(config, framing, version, None, input));
    }

    /// Takes one of pgm's packets, joining the stream if it can be done there. Frames of whole
    /// messages are added to `out`. After an error the stream is to be joined anew.
    pub fn packet(
        &mut self,
        config: &Config,
        packet: &[u8],
        out: &mut VecDeque<Msg>,
    ) -> Result<(), ProtoError> {
        let Some((begins, mut rest)) = packet.split_first_chunk() else { return Ok(()) };
        if self.decoder.is_none() {
            let begins = u16::from_be_bytes(*begins);
            let Some(from) = rest.get(usize::from(begins)..).filter(|_| begins != NOWHERE) else {
                return Ok(());
            };
            rest = from;
            self.start(config, Framing::V1);
        }
        self.decode(rest, out).inspect_err(|_| self.lose())
    }

    /// Takes bytes of norm's stream, which is joined. As [`FrameReader::packet`].
    pub fn stream(&mut self, mut bytes: &[u8], out: &mut VecDeque<Msg>) -> Result<(), ProtoError> {
        while !bytes.is_empty() {
            bytes = self.stream_part(bytes, out).inspect_err(|_| self.lose())?;
        }
        Ok(())
    }

    /// Takes what belongs together at the start of `bytes`; what is left of them.
    fn stream_part<'a>(
        &mut self,
        bytes: &'a [u8],
        out: &mut VecDeque<Msg>,
    ) -> Result<&'a [u8], ProtoError> {
        match &mut self.place {
            Place::Mark => {
                self.place = Place::Header([0; 9], 0);
                Ok(bytes.get(1..).unwrap_or_default())
            }
            Place::Header(header, len) => {
                let (Some(slot), Some((&byte, rest))) = (header.get_mut(*len), bytes.split_first())
                else {
                    return Err(ProtoError::Frame);
                };
                *slot = byte;
                *len = len.saturating_add(1);
                let header = header.get(..*len).unwrap_or_default();
                if let Some(found) = frame::header_v2(header) {
                    let header: smallvec::SmallVec<[u8; MAX_HEADER]> = header.into();
                    self.place = Place::body(found.len);
                    self.decode(&header, out)?;
                }
                Ok(rest)
            }
            Place::Body(missing) => {
                let len = usize::try_from(*missing).unwrap_or(usize::MAX).min(bytes.len());
                let (part, rest) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
                self.place = Place::body(missing.saturating_sub(len as u64));
                self.decode(part, out)?;
                Ok(rest)
            }
        }
    }

    fn decode(&mut self, mut bytes: &[u8], out: &mut VecDeque<Msg>) -> Result<(), ProtoError> {
        let Some(decoder) = &mut self.decoder else { return Ok(()) };
        loop {
            let mut space = decoder.space()?;
            let taken = space.append(bytes);
            drop(space);
            bytes = bytes.get(taken..).unwrap_or_default();
            let mut msg = Msg::new();
            while let Some(item) = decoder.next(&mut msg)? {
                if item != Item::Msg {
                    continue;
                }
                let more = msg.more();
                self.parts.push(msg.take());
                if !more {
                    out.extend(self.parts.drain(..));
                }
            }
            if bytes.is_empty() {
                return Ok(());
            }
        }
    }
}

impl Place {
    /// After a header, or a part of the body: `missing` bytes of it are to come.
    fn body(missing: u64) -> Place {
        if missing == 0 { Place::Mark } else { Place::Body(missing) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::options::{Options, SocketType};

    fn config() -> Config {
        Config::from(&Options::new(SocketType::Sub))
    }

    fn frames(messages: &[Vec<Vec<u8>>]) -> VecDeque<Msg> {
        let mut frames = VecDeque::new();
        for message in messages {
            for (i, part) in message.iter().enumerate() {
                let mut frame = Msg::from_slice(part).unwrap();
                frame.set_more(i + 1 < message.len());
                frames.push_back(frame);
            }
        }
        frames
    }

    fn messages(frames: VecDeque<Msg>) -> Vec<Vec<Vec<u8>>> {
        let mut messages = vec![vec![]];
        for frame in frames {
            messages.last_mut().unwrap().push(frame.data().to_vec());
            if !frame.more() {
                messages.push(vec![]);
            }
        }
        assert!(messages.pop().unwrap().is_empty(), "only whole messages come out");
        messages
    }

    fn packets(messages: &[Vec<Vec<u8>>], capacity: usize) -> Vec<Vec<u8>> {
        let mut left = frames(messages);
        let (mut writer, mut packet) = (FrameWriter::new(Carrier::Pgm), Vec::new());
        let mut next = |msg: &mut Msg| {
            left.pop_front().is_some_and(|frame| {
                *msg = frame;
                true
            })
        };
        let mut packets = vec![];
        while writer.fill(&mut packet, capacity, &mut next) {
            assert!(packet.len() <= capacity);
            packets.push(packet.clone());
        }
        packets
    }

    fn stream(messages: &[Vec<Vec<u8>>]) -> Vec<u8> {
        let (mut writer, mut stream) = (FrameWriter::new(Carrier::Norm), vec![]);
        for mut frame in frames(messages) {
            writer.load(&mut frame);
            while !writer.is_done() {
                stream.extend_from_slice(writer.rest());
                let len = writer.rest().len();
                writer.advance(len);
            }
        }
        stream
    }

    #[test]
    fn packets_are_those_of_libzmq() {
        let two = [vec![b"A".to_vec(), b"bcd".to_vec()], vec![b"E".to_vec()]];
        assert_eq!(packets(&two, 64), [b"\0\0\x02\x01A\x04\0bcd\x02\0E".to_vec()]);
        assert_eq!(
            packets(&two, 8),
            [b"\0\0\x02\x01A\x04\0b".to_vec(), b"\0\x02cd\x02\0E".to_vec()],
        );
        // What ends with a packet leaves nothing to say; what ends before does.
        assert_eq!(
            packets(&[vec![b"abc".to_vec()]], 6),
            [b"\0\0\x04\0ab".to_vec(), b"\0\x01c".to_vec()]
        );
    }

    #[test]
    fn streams_are_those_of_libzmq() {
        let two = [vec![b"A".to_vec(), b"bcd".to_vec()], vec![b"E".to_vec()]];
        assert_eq!(stream(&two), b"\0\x01\x01A\xff\0\x03bcd\0\0\x01E");
    }

    #[test]
    fn who_joins_late_gets_the_next_message() {
        let long = vec![vec![b'x'; 40], b"end".to_vec()];
        let packets = packets(&[long, vec![b"next".to_vec()]], 16);
        let (mut reader, mut out) = (FrameReader::new(), VecDeque::new());
        for packet in &packets[1..] {
            reader.packet(&config(), packet, &mut out).unwrap();
        }
        assert_eq!(messages(out), [vec![b"next".to_vec()]]);
    }

    #[test]
    fn a_loss_costs_what_was_begun() {
        let three: Vec<_> = (b'a'..b'd').map(|c| vec![vec![c; 20], vec![c; 20]]).collect();
        let packets = packets(&three, 30);
        let (mut reader, mut out) = (FrameReader::new(), VecDeque::new());
        reader.packet(&config(), &packets[0], &mut out).unwrap();
        reader.lose();
        for packet in &packets[2..] {
            reader.packet(&config(), packet, &mut out).unwrap();
        }
        assert_eq!(messages(out), three[2..]);
    }

    proptest! {
        #[test]
        fn messages_survive_packets(
            messages in prop::collection::vec(prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 1..4), 0..20),
            capacity in 8..300usize,
        ) {
            let (mut reader, mut out) = (FrameReader::new(), VecDeque::new());
            for packet in packets(&messages, capacity) {
                reader.packet(&config(), &packet, &mut out).unwrap();
            }
            prop_assert_eq!(self::messages(out), messages);
        }

        #[test]
        fn messages_survive_streams(
            messages in prop::collection::vec(prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 1..4), 0..20),
            piece in 1..300usize,
        ) {
            let stream = stream(&messages);
            let (mut reader, mut out) = (FrameReader::new(), VecDeque::new());
            reader.join(&config());
            for piece in stream.get(1..).unwrap_or_default().chunks(piece) {
                reader.stream(piece, &mut out).unwrap();
            }
            prop_assert_eq!(self::messages(out), messages);
        }

        #[test]
        fn no_bytes_panic(pieces: Vec<Vec<u8>>) {
            let (mut pgm, mut norm, mut out) = (FrameReader::new(), FrameReader::new(), VecDeque::new());
            norm.join(&config());
            for piece in &pieces {
                let _ = pgm.packet(&config(), piece, &mut out);
                let _ = norm.stream(piece, &mut out);
            }
        }
    }
}
