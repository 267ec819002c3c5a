//! norm: streams between a pipe and NRL's library.

use std::collections::{HashMap, VecDeque};

use super::{Ends, Engine, TURN, Turn};
use crate::msg::Msg;
use crate::sys::RawFd;
use crate::sys::norm::{Event, Session, Stream};
use crate::zmtp::Config;
use crate::zmtp::multicast::{Carrier, FrameReader, FrameWriter};

/// What is read from a stream in one go.
const CHUNK: usize = 8 * 1024;

/// From a pipe to the network.
pub struct Sender {
    session: Session,
    writer: FrameWriter,
    /// The stream takes something.
    vacant: bool,
    /// What was written last ends a frame, and is not flushed.
    unflushed: bool,
    /// Something was written that may not be sent yet.
    unsent: bool,
}

impl Sender {
    /// A sender of the session's stream.
    pub fn new(session: Session) -> Sender {
        let writer = FrameWriter::new(Carrier::Norm);
        Sender { session, writer, vacant: true, unflushed: false, unsent: false }
    }

    /// Attends to what the library tells. Whether there may be more of it.
    fn attend(&mut self) -> bool {
        for _ in 0..TURN {
            match self.session.event() {
                None => return false,
                Some(Event::Vacancy) => self.vacant = true,
                Some(Event::Sent) => {
                    self.vacant = true;
                    self.unsent = self.unflushed;
                }
                Some(_) => {}
            }
        }
        true
    }

    /// Writes until the stream or the pipe has enough. Whether that took too long.
    fn write(&mut self, ends: &mut Ends) -> bool {
        for _ in 0..TURN {
            if !self.vacant {
                return false;
            }
            if self.writer.is_done() {
                if std::mem::take(&mut self.unflushed) {
                    self.session.flush();
                }
                let mut msg = Msg::new();
                if !ends.next(&mut msg) {
                    return false;
                }
                self.writer.load(&mut msg);
                continue;
            }
            let written = self.session.write(self.writer.rest());
            self.vacant = written > 0;
            self.unsent |= written > 0;
            self.writer.advance(written);
            self.unflushed = self.writer.is_done();
        }
        true
    }
}

impl Engine for Sender {
    fn inputs(&self) -> Vec<RawFd> {
        self.session.fd().into_iter().collect()
    }

    fn turn(&mut self, ends: &mut Ends, _now: u64) -> Turn {
        // First, so that what is told is not about what is written now.
        let more = self.attend();
        let again = self.write(ends) || more;
        Turn { again, ..Turn::default() }
    }

    fn is_drained(&self) -> bool {
        self.writer.is_done() && !self.unsent && !self.unflushed
    }
}

/// From the network to a pipe.
pub struct Receiver {
    // Streams before the session, which they belong to.
    streams: HashMap<usize, Joined>,
    session: Session,
    config: Config,
    /// Streams that may have something to read.
    readable: VecDeque<usize>,
    /// Frames that the pipe had no room for.
    ready: VecDeque<Msg>,
    room: Vec<u8>,
}

struct Joined {
    stream: Stream,
    reader: FrameReader,
}

/// Why reading a stream stopped.
enum Stop {
    /// It has no more for now.
    Empty,
    /// There are frames to deliver, or it took too long.
    Pause,
}

impl Receiver {
    /// A receiver of the session's streams.
    pub fn new(session: Session, config: Config) -> Receiver {
        Receiver {
            streams: HashMap::new(),
            session,
            config,
            readable: VecDeque::new(),
            ready: VecDeque::new(),
            room: vec![0; CHUNK],
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Readable(stream) => {
                let id = stream.id();
                let new = || Joined { stream, reader: FrameReader::new() };
                self.streams.entry(id).or_insert_with(new);
                if !self.readable.contains(&id) {
                    self.readable.push_back(id);
                }
            }
            Event::Over(stream) => self.let_go(|other| other.id() == stream.id()),
            Event::Silent(node) => {
                // Nothing is lost by it but what was not read; it comes anew if the sender does.
                self.let_go(|stream| stream.sender() == Some(node));
                self.session.forget(node);
            }
            Event::Vacancy | Event::Sent | Event::Other => {}
        }
    }

    fn let_go(&mut self, which: impl Fn(&Stream) -> bool) {
        self.streams.retain(|_, joined| !which(&joined.stream));
        let streams = &self.streams;
        self.readable.retain(|id| streams.contains_key(id));
    }

    /// Reads one stream.
    fn read(&mut self, id: usize) -> Stop {
        let Some(Joined { stream, reader }) = self.streams.get_mut(&id) else {
            return Stop::Empty;
        };
        for _ in 0..TURN {
            if !reader.is_joined() {
                let mut mark = [0];
                if !stream.seek() {
                    return Stop::Empty;
                }
                match stream.read(&mut mark) {
                    Some(0) => return Stop::Empty,
                    Some(_) if mark == [0] => reader.join(&self.config),
                    // Amid a message, or in a gap: the next one.
                    _ => {}
                }
                continue;
            }
            let Some(len) = stream.read(&mut self.room) else {
                reader.lose();
                continue;
            };
            if len == 0 {
                return Stop::Empty;
            }
            // After what cannot be read, the stream is joined anew.
            let _ = reader.stream(self.room.get(..len).unwrap_or_default(), &mut self.ready);
            if !self.ready.is_empty() {
                return Stop::Pause;
            }
        }
        Stop::Pause
    }
}

impl Engine for Receiver {
    fn inputs(&self) -> Vec<RawFd> {
        self.session.fd().into_iter().collect()
    }

    fn turn(&mut self, ends: &mut Ends, _now: u64) -> Turn {
        ends.discard();
        for _ in 0..TURN {
            if !ends.deliver(&mut self.ready) {
                return Turn { held: true, ..Turn::default() };
            }
            let event = self.session.event();
            let is_quiet = event.is_none();
            if let Some(event) = event {
                self.on_event(event);
            }
            match self.readable.pop_front() {
                Some(id) => match self.read(id) {
                    Stop::Empty => {}
                    // The others first.
                    Stop::Pause => self.readable.push_back(id),
                },
                None if is_quiet => return Turn::default(),
                None => {}
            }
        }
        Turn { again: true, ..Turn::default() }
    }

    fn is_drained(&self) -> bool {
        true
    }
}
