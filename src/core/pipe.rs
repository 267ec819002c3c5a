//! Pipes: how messages cross from one thread to another.
//!
//! A pipe has two directions, each a [`PipeWriter`] and a [`PipeReader`] over one queue. Whole
//! messages are published, never part of one, and a message whose last frame does not come is
//! taken back.
//!
//! Credit is two counters: messages written (the writer's) and messages read (published by the
//! reader every low-water mark, which is half the high-water mark, so that the line they share
//! is touched rarely). A pipe is full when the difference reaches the high-water mark.
//!
//! | field | written by | read by | rule |
//! |---|---|---|---|
//! | `read_count` | reader | writer | grows only |
//! | `reader_asleep` | reader (set), writer (swapped clear) | writer | set before the last look at the queue; who swaps it clear wakes the reader |
//! | `writer_asleep` | writer (set), reader (swapped clear) | reader | set before the last look at `read_count`; likewise |
//! | `writer_gone` | writer, after its last publication | reader | after it is seen, one more look at the queue is final |
//! | `reader_gone` | reader | writer | nothing more will be read |
//! | `hwm` | either | both | plain value, 0 for unlimited |
//! | `seldom.last_words` | reader's owner, once | writer, when it closes | |
//! | `seldom.broadcasts` | writer (adds), reader (takes) | | one for each mark in the queue, in order |
//! | `unfenced` | writer | reader | see below |
//! | `pace` | both | both | see `pipe/pace.rs` |
//!
//! "Publish, then look whether the reader sleeps" and "say that I sleep, then look for more" have to
//! be ordered by a full fence on both sides, and on the writer's side that waits for every cache line
//! it wrote. In a stream, whose reader is awake all the time, the writer goes without: it says so by
//! `unfenced` (with a fence), and a reader that finds that said when it goes to sleep pays for both by
//! `membarrier`. The first reader found asleep ends that.

mod pace;
mod reader;
mod writer;

use std::collections::VecDeque;
use std::sync::OnceLock;

use super::broadcast::BroadcastReader;
use super::queue;
use crate::msg::{Class, Msg};
use crate::sync::atomic::{AtomicBool, AtomicI32, AtomicU64};
use crate::sync::{Arc, Mutex};
use pace::Pace;

pub use pace::LARGE;
pub use reader::PipeReader;
pub use writer::PipeWriter;

/// What one end of a pipe can tell the other's owner. Calls come from any thread and must not
/// block.
pub trait Peer: Send + Sync {
    /// A reader that had found nothing can read again. `direct`: the caller is an application
    /// thread that may do network work of its own now.
    fn readable(&self, direct: bool);
    /// A writer that had found the pipe full can write again.
    fn writable(&self);
    /// The other end will write no more. `asleep`: of a reader that had found nothing, and does not hear
    /// of that by `readable` as well.
    fn ended(&self, asleep: bool);
    /// The owner wants the connection behind the pipe to be given up, `linger_ms` milliseconds
    /// after now at the latest if there is something left to send (negative: no limit).
    fn terminate(&self, linger_ms: i32) {
        let _ = linger_ms;
    }
}

/// What the reader writes.
struct ReaderSide {
    read_count: AtomicU64,
    reader_asleep: AtomicBool,
}

/// What is hardly ever written, on a cache line of its own.
#[repr(align(64))]
struct Rare {
    hwm: AtomicI32,
    writer_asleep: AtomicBool,
    writer_gone: AtomicBool,
    reader_gone: AtomicBool,
    unfenced: AtomicBool,
    conflated: Option<Box<Mutex<Option<Msg>>>>,
    seldom: OnceLock<Box<Seldom>>,
    pace: Pace,
}

impl Rare {
    fn seldom(&self) -> &Seldom {
        self.seldom.get_or_init(Box::default)
    }
}

/// What few pipes have.
#[derive(Default)]
struct Seldom {
    /// What the reader wants to find before the end.
    last_words: OnceLock<Box<[u8]>>,
    /// The broadcasts that the writer took part in and the reader has not come to.
    broadcasts: Mutex<VecDeque<BroadcastReader>>,
}

/// A thread may serve thousands of pipes in turn: what the ends of one share has three cache lines.
#[cfg(not(loom))]
const _: () = assert!(queue::shared_size::<ReaderSide, Rare>() == 3 * 64);

/// Whether the high-water mark counts what ends with such a frame.
fn counts(class: Class) -> bool {
    use Class::{Broadcast, BroadcastEnd, HiccupMark, Metadata, RoutingId};
    !matches!(class, RoutingId | Metadata | HiccupMark | Broadcast | BroadcastEnd)
}

/// One direction. `reader` is told when there is something to read, `writer` when there is room.
/// `hwm`: messages, 0 for unlimited. `conflate`: keep only the newest message.
pub fn direction(
    hwm: i32,
    conflate: bool,
    writer: Arc<dyn Peer>,
    reader: Arc<dyn Peer>,
) -> (PipeWriter, PipeReader) {
    let reader_side =
        ReaderSide { read_count: AtomicU64::new(0), reader_asleep: AtomicBool::new(false) };
    let rare = Rare {
        hwm: AtomicI32::new(if conflate { 0 } else { hwm.max(0) }),
        writer_asleep: AtomicBool::new(false),
        writer_gone: AtomicBool::new(false),
        reader_gone: AtomicBool::new(false),
        unfenced: AtomicBool::new(false),
        conflated: conflate.then(Box::default),
        seldom: OnceLock::new(),
        pace: Pace::new(),
    };
    let (producer, consumer) = queue::queue(reader_side, rare);
    (PipeWriter::new(producer, reader, conflate), PipeReader::new(consumer, writer))
}

#[cfg(test)]
mod tests;
