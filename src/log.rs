//! The log: what went wrong with which peer, one line each, for who set `ZMQ_LOG`.
//!
//! It must do no harm, whatever happens: it takes no lock and no memory, never waits and never
//! fails, so that any thread may write at any time, in a forked child or when nothing else can be
//! had any more. What peers say is escaped; secrets are never given to it. While it is off, an
//! event costs one look at one word, and only what went wrong is an event: no path that messages
//! take asks.
//!
//! `docs/logging.md` says what is in it.

use std::fmt::{self, Write as _};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::Errno;
use crate::sys::sink::{Sink, environment};
use crate::sys::{clock, text_of};

#[cfg(test)]
mod tests;

/// What happened. Floods are limited for each by itself, so that none hides another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name has no addresses, or none could be found out.
    LookupFailed,
    /// An address did not take the connection.
    ConnectFailed,
    /// A connection could not be taken, or was refused by a filter.
    AcceptFailed,
    /// A connection was not agreed on.
    HandshakeFailed,
    /// A connection ended otherwise than by its peer's closing it.
    ConnectionLost,
    /// A fault in the library was caught.
    Defect,
}

impl Kind {
    const ALL: [Kind; 6] = [
        Kind::LookupFailed,
        Kind::ConnectFailed,
        Kind::AcceptFailed,
        Kind::HandshakeFailed,
        Kind::ConnectionLost,
        Kind::Defect,
    ];

    fn name(self) -> &'static str {
        match self {
            Kind::LookupFailed => "lookup-failed",
            Kind::ConnectFailed => "connect-failed",
            Kind::AcceptFailed => "accept-failed",
            Kind::HandshakeFailed => "handshake-failed",
            Kind::ConnectionLost => "connection-lost",
            Kind::Defect => "defect",
        }
    }
}

/// What it happened to. Empty parts are left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    /// The socket's type.
    pub socket: &'a str,
    /// The endpoint at this end.
    pub local: &'a str,
    /// The peer's.
    pub remote: &'a str,
    /// What the peer, or the authenticator, said in its own words.
    pub said: &'a [u8],
}

static SINK: OnceLock<Sink> = OnceLock::new();

static FLOODS: [Flood; Kind::ALL.len()] = [const { Flood::new() }; Kind::ALL.len()];

/// Switches the log on if the environment says so. Looks once: the first context calls it. Others
/// do not wait for it.
pub fn open() {
    static LOOKED: AtomicBool = AtomicBool::new(false);
    if LOOKED.load(Ordering::Relaxed) || LOOKED.swap(true, Ordering::Relaxed) {
        return;
    }
    let Some(value) = environment(c"ZMQ_LOG") else { return };
    match value.as_bytes() {
        b"" | b"0" => {}
        path if path.contains(&b'/') => match Sink::file(&value) {
            Ok(file) => _ = SINK.set(file),
            Err(error) => complain(path, error),
        },
        _ => {
            if let Ok(stderr) = Sink::stderr() {
                _ = SINK.set(stderr);
            }
        }
    }
}

/// Says on standard error that there is no log: who asked for one wonders where it is.
fn complain(path: &[u8], error: Errno) {
    let mut line = Line::new();
    line.push(b"ZMQ_LOG=");
    line.escaped(path, true);
    _ = write!(line, ": {}", Text(error));
    if let Ok(stderr) = Sink::stderr() {
        stderr.write(line.end(false, 0));
    }
}

/// Whether lines are written; to be asked before something is computed for one.
#[inline]
pub fn is_on() -> bool {
    SINK.get().is_some()
}

/// Writes a line, if the log is on.
#[inline]
pub fn write(kind: Kind, subject: &Subject<'_>, reason: fmt::Arguments<'_>) {
    if let Some(sink) = SINK.get() {
        write_to(sink, kind, subject, reason);
    }
}

#[cold]
fn write_to(sink: &Sink, kind: Kind, subject: &Subject<'_>, reason: fmt::Arguments<'_>) {
    let Some(left_out) = FLOODS[kind as usize].admit(clock::now_ms() / 1000) else { return };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut line = Line::new();
    line.put(kind, subject, reason, now.as_millis() as u64);
    sink.write(line.end(true, left_out));
}

/// Lines of one kind in one second before more are left out.
const AT_ONCE: u64 = 20;

/// Counts what came in the current second: the second in the upper half, the number in the lower.
struct Flood(AtomicU64);

impl Flood {
    const fn new() -> Flood {
        Flood(AtomicU64::new(0))
    }

    /// Whether a line may be written, and how many were left out before it.
    fn admit(&self, second: u64) -> Option<u64> {
        let (second, mut left_out) = (second & 0xFFFF_FFFF, 0);
        let updated = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |old| {
            let count = old & 0xFFFF_FFFF;
            if old >> 32 == second {
                left_out = 0;
                return (count < 0xFFFF_FFFF).then_some(old + 1);
            }
            left_out = count.saturating_sub(AT_ONCE);
            Some(second << 32 | 1)
        });
        let before = updated.ok()?;
        let is_first = before >> 32 != second;
        (is_first || before & 0xFFFF_FFFF < AT_ONCE).then_some(left_out)
    }
}

/// Bytes of the longest line. Less than a pipe takes in one piece.
const ROOM: usize = 1024;
/// Bytes of what somebody else said.
const MOST_SAID: usize = 64;
/// What is kept free for the end.
const TAIL: usize = 48;

/// A line under construction; what is too long is cut.
struct Line {
    text: [u8; ROOM],
    len: usize,
    cut: bool,
}

impl Line {
    fn new() -> Line {
        Line { text: [0; ROOM], len: 0, cut: false }
    }

    fn put(&mut self, kind: Kind, about: &Subject<'_>, reason: fmt::Arguments<'_>, now_ms: u64) {
        let (time, pid) = (Time(now_ms), std::process::id());
        _ = write!(self, "{time} zmq[{pid}] {}", kind.name());
        let parts = [("socket", about.socket), ("local", about.local), ("remote", about.remote)];
        for (name, value) in parts.into_iter().filter(|(_, value)| !value.is_empty()) {
            _ = write!(self, " {name}=");
            self.escaped(value.as_bytes(), false);
        }
        if !about.said.is_empty() {
            self.push(b" said=\"");
            self.escaped(about.said.get(..MOST_SAID).unwrap_or(about.said), true);
            self.push(b"\"");
        }
        self.push(b" reason=\"");
        _ = Escaped(self).write_fmt(reason);
    }

    /// The whole line. `quoted`: a quotation is open. `left_out`: lines that were not written.
    fn end(&mut self, quoted: bool, left_out: u64) -> &[u8] {
        let cut = if self.cut { "..." } else { "" };
        let quote = if quoted { "\"" } else { "" };
        let room = self.text.get_mut(self.len..).unwrap_or_default();
        let mut rest = room;
        let before = rest.len();
        _ = std::io::Write::write_fmt(&mut rest, format_args!("{cut}{quote}"));
        if left_out > 0 {
            _ = std::io::Write::write_fmt(&mut rest, format_args!(" left-out={left_out}"));
        }
        _ = std::io::Write::write_all(&mut rest, b"\n");
        let used = before - rest.len();
        &self.text[..self.len + used]
    }

    /// Adds all of `bytes`, or nothing from then on.
    fn push(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if self.cut || end > ROOM - TAIL {
            self.cut = true;
        } else {
            self.text[self.len..end].copy_from_slice(bytes);
            self.len = end;
        }
    }

    /// Adds what is neither a quotation mark nor a backslash, but printable ASCII, as it is, and
    /// all else as `\xNN`: nothing that a peer says ends a line or a quotation, or speaks to a
    /// terminal.
    fn escaped(&mut self, bytes: &[u8], spaces: bool) {
        for &byte in bytes {
            match byte {
                b'"' | b'\\' => self.push(&escape(byte)),
                b' ' if spaces => self.push(b" "),
                0x21..=0x7E => self.push(&[byte]),
                _ => self.push(&escape(byte)),
            }
        }
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

/// Escapes what is formatted.
struct Escaped<'a>(&'a mut Line);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.escaped(text.as_bytes(), true);
        Ok(())
    }
}

fn escape(byte: u8) -> [u8; 4] {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    [b'\\', b'x', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

/// An errno as people read it.
pub struct Text(pub Errno);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match text_of(self.0, &mut [0; 128]) {
            "" => write!(f, "{:?}", self.0),
            text => write!(f, "{text} ({:?})", self.0),
        }
    }
}

/// Milliseconds since 1970, as date and time of day in UTC (RFC 3339).
struct Time(u64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, ms) = (self.0 / 86_400_000, self.0 % 86_400_000);
        // Years of this count begin in March, so that a leap day is a year's last; 400 of them
        // have 146 097 days.
        let days = days + 719_468;
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        let year = era * 400 + year + next;
        let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
        let (seconds, ms) = (ms / 1000 % 60, ms % 1000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{ms:03}Z")
    }
}
