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
//! | field of `Channel` | written by | read by | rule |
//! |---|---|---|---|
//! | `read_count` | reader | writer | grows only |
//! | `reader_asleep` | reader (set), writer (swapped clear) | writer | set before the last look at the queue; who swaps it clear wakes the reader |
//! | `writer_asleep` | writer (set), reader (swapped clear) | reader | set before the last look at `read_count`; likewise |
//! | `writer_gone` | writer, after its last publication | reader | after it is seen, one more look at the queue is final |
//! | `reader_gone` | reader | writer | nothing more will be read |
//! | `hwm` | either | both | plain value, 0 for unlimited |
//! | `last_words` | reader's owner, once | writer, when it closes | |
//! | `written` | writer, with each publication | statistics | plain value |
//! | `unfenced` | writer | reader | see below |
//! | `pace` | both | both | see `pipe/pace.rs` |
//!
//! "Publish, then look whether the reader sleeps" and "say that I sleep, then look for more" have to
//! be ordered by a full fence on both sides, and on the writer's side that waits for every cache line
//! it wrote. In a stream, whose reader is awake all the time, the writer goes without: it says so by
//! `unfenced` (with a fence), and a reader that finds that said when it goes to sleep pays for both by
//! `membarrier`. The first reader found asleep ends that.

mod pace;

use std::sync::OnceLock;

use crate::sync::Mutex;

use super::queue::{Consumer, Producer, queue};
use crate::msg::{Class, MetadataCredit, Msg, Room};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use crate::sync::model_fence;
use crate::sys::{membarrier, processors};
use pace::{Pace, Strides};

pub use pace::LARGE;

/// Publications in a row that found the reader awake, after which they go without a fence.
const STREAM: u32 = if cfg!(loom) { 2 } else { 256 };

/// Looks in a row that found something new, each of them less than [`TRICKLE`], after which the reader
/// lets more come before it reads.
const LOOKS: i32 = 4;

/// Looks without such a wait after one that brought nothing.
const LOOKS_IN_VAIN: i32 = 64;

/// Messages at one look that are worth the two cache lines that each look moves between processors.
const TRICKLE: u64 = 64;

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

/// Keeps what different threads write on different cache lines.
#[repr(align(64))]
struct Line<T>(T);

struct ReaderLine {
    read_count: AtomicU64,
    reader_asleep: AtomicBool,
}

struct RareLine {
    hwm: AtomicI32,
    writer_asleep: AtomicBool,
    writer_gone: AtomicBool,
    reader_gone: AtomicBool,
    conflated: Option<Mutex<Option<Msg>>>,
    /// What the reader wants to find before the end.
    last_words: OnceLock<Box<[u8]>>,
}

/// Not beside what the reader looks at for each message.
struct WriterLine {
    written: AtomicU64,
    unfenced: AtomicBool,
    pace: Pace,
}

struct Channel {
    reader: Line<ReaderLine>,
    rare: Line<RareLine>,
    writer: Line<WriterLine>,
}

/// The end that writes.
pub struct PipeWriter {
    channel: Arc<Channel>,
    queue: Producer,
    peer: Arc<dyn Peer>,
    /// Whole messages written.
    written: u64,
    /// `read_count` when last looked at.
    read_seen: u64,
    /// The last frame written has more to come.
    in_message: bool,
    /// The high-water mark was made lower: what the reader has not reported by the old mark may
    /// fill the pipe by the new one.
    lowered: bool,
    /// Only the newest message is kept.
    conflates: bool,
    /// Publications since the reader was last found asleep, up to [`STREAM`].
    calm: u32,
    strides: Strides,
    closed: bool,
}

/// The end that reads.
pub struct PipeReader {
    channel: Arc<Channel>,
    queue: Consumer,
    peer: Arc<dyn Peer>,
    /// Whole messages read.
    read: u64,
    /// Of them, not yet published in `read_count`.
    unreported: u64,
    /// The last frame read has more to come.
    in_message: bool,
    ended: bool,
    /// Its owner reads from no other.
    alone: bool,
    /// Looks since one found nothing new, or much, up to [`LOOKS`]; below zero after a wait in vain.
    looks: i32,
    /// What is published from now on is not wanted.
    sealed: bool,
    /// What the connection says of its messages.
    metadata: Option<MetadataCredit>,
}

/// One direction. `reader` is told when there is something to read, `writer` when there is room.
/// `hwm`: messages, 0 for unlimited. `conflate`: keep only the newest message.
pub fn direction(
    hwm: i32,
    conflate: bool,
    writer: Arc<dyn Peer>,
    reader: Arc<dyn Peer>,
) -> (PipeWriter, PipeReader) {
    let channel = Arc::new(Channel {
        reader: Line(ReaderLine {
            read_count: AtomicU64::new(0),
            reader_asleep: AtomicBool::new(false),
        }),
        rare: Line(RareLine {
            hwm: AtomicI32::new(if conflate { 0 } else { hwm.max(0) }),
            writer_asleep: AtomicBool::new(false),
            writer_gone: AtomicBool::new(false),
            reader_gone: AtomicBool::new(false),
            conflated: conflate.then(|| Mutex::new(None)),
            last_words: OnceLock::new(),
        }),
        writer: Line(WriterLine {
            written: AtomicU64::new(0),
            unfenced: AtomicBool::new(false),
            pace: Pace::new(),
        }),
    });
    let (producer, consumer) = queue();
    (
        PipeWriter {
            channel: channel.clone(),
            queue: producer,
            peer: reader,
            written: 0,
            read_seen: 0,
            in_message: false,
            lowered: false,
            conflates: conflate,
            calm: 0,
            strides: Strides::new(),
            closed: false,
        },
        PipeReader {
            channel,
            queue: consumer,
            peer: writer,
            read: 0,
            unreported: 0,
            in_message: false,
            ended: false,
            alone: false,
            looks: 0,
            sealed: false,
            metadata: None,
        },
    )
}

impl PipeWriter {
    /// Whether a message can be written: the reader is there and the high-water mark is not
    /// reached. After `false`, `Peer::writable` says when to try again (unless it is closed).
    #[inline]
    pub fn check(&mut self) -> bool {
        let rare = &self.channel.rare.0;
        if self.closed || rare.reader_gone.load(Ordering::Relaxed) {
            return false;
        }
        let hwm = rare.hwm.load(Ordering::Relaxed);
        hwm == 0 || self.in_message || self.written - self.read_seen < hwm as u64 || self.recheck()
    }

    /// Looks at what the reader has read; goes to sleep if the pipe is still full.
    #[cold]
    fn recheck(&mut self) -> bool {
        let rare = &self.channel.rare.0;
        for asleep in [false, true] {
            if asleep {
                rare.writer_asleep.store(true, Ordering::SeqCst);
                model_fence();
            }
            self.read_seen = self.channel.reader.0.read_count.load(Ordering::SeqCst);
            let hwm = rare.hwm.load(Ordering::SeqCst);
            if hwm == 0 || self.written - self.read_seen < hwm as u64 {
                return true;
            }
        }
        if self.lowered && self.channel.reader.0.reader_asleep.load(Ordering::SeqCst) {
            // It has read all there was, and does not report before it reads more.
            self.read_seen = self.channel.writer.0.written.load(Ordering::Relaxed);
            let hwm = rare.hwm.load(Ordering::SeqCst);
            return self.written - self.read_seen < hwm as u64;
        }
        false
    }

    /// For a reader that does without [`PipeReader::read`] where [`PipeReader::read_bare`] will do:
    /// short payloads are copied into the queue.
    pub fn copy_payloads(&mut self) {
        self.queue.copy_payloads();
    }

    /// Looks at what the reader has read.
    pub fn refresh(&mut self) {
        self.read_seen = self.channel.reader.0.read_count.load(Ordering::SeqCst);
    }

    /// Whether the high-water mark is reached as far as was known at the last
    /// [`PipeWriter::refresh`].
    pub fn is_full_as_known(&self) -> bool {
        let hwm = self.channel.rare.0.hwm.load(Ordering::Relaxed);
        hwm != 0 && !self.in_message && self.written - self.read_seen >= hwm as u64
    }

    /// Has the writer of a full pipe told of new credit, and calls `tell` if there is some already.
    pub fn await_credit(&mut self, tell: impl FnOnce()) {
        let rare = &self.channel.rare.0;
        rare.writer_asleep.store(true, Ordering::SeqCst);
        let read = self.channel.reader.0.read_count.load(Ordering::SeqCst);
        if read != self.read_seen && rare.writer_asleep.swap(false, Ordering::SeqCst) {
            tell();
        }
    }

    /// Writes a frame, leaving `msg` empty, if [`PipeWriter::check`] allows it.
    #[inline]
    pub fn write(&mut self, msg: &mut Msg) -> bool {
        self.check() && self.append(msg)
    }

    /// Writes a frame whatever the high-water mark says (control messages).
    pub fn force(&mut self, mut msg: Msg) -> bool {
        !self.closed && self.append(&mut msg)
    }

    #[inline]
    fn append(&mut self, msg: &mut Msg) -> bool {
        if !msg.is_single() || self.in_message || self.conflates {
            return self.append_other(msg);
        }
        let written = self.queue.push(msg);
        self.written += u64::from(written);
        written
    }

    /// [`PipeWriter::append`] for whatever may come.
    #[inline(never)]
    fn append_other(&mut self, msg: &mut Msg) -> bool {
        let more = msg.more();
        if more && !self.in_message && !self.conflates {
            // What is unpublished is now either whole messages or one unfinished message.
            self.flush(false);
        }
        let counted =
            !more && !matches!(msg.class(), Class::RoutingId | Class::Metadata | Class::HiccupMark);
        if let (Some(slot), Class::Data) = (&self.channel.rare.0.conflated, msg.class()) {
            // Of a message of several parts only the last is kept.
            let taken = msg.take();
            let older = if more { Some(taken) } else { slot.lock().replace(taken) };
            drop(older);
        } else if !self.queue.push(msg) {
            return false;
        }
        self.in_message = more;
        self.written += u64::from(counted);
        true
    }

    /// Writes whole messages for as long as there is room and `next` puts one into the room it is
    /// given: data, of one part. How many. After less than it wanted to put, `next` has more to say by
    /// [`PipeWriter::write`], or the pipe is full, or there is no memory.
    #[inline]
    pub fn write_while(&mut self, mut next: impl FnMut(&mut Room<'_>)) -> u64 {
        let before = self.written;
        while !self.in_message && !self.conflates && self.check() && self.queue.push_with(&mut next)
        {
            self.written += 1;
        }
        self.written - before
    }

    /// Publishes the whole messages written so far. A message without its last frame stays.
    #[inline]
    pub fn flush(&mut self, direct: bool) {
        if self.in_message || self.closed {
            return;
        }
        if !self.conflates && !self.queue.has_unpublished() {
            return;
        }
        self.channel.writer.0.written.store(self.written, Ordering::Relaxed);
        if self.calm == STREAM {
            self.queue.publish_unfenced();
        } else {
            self.queue.publish();
        }
        if self.channel.reader.0.reader_asleep.load(Ordering::SeqCst) {
            self.wake_reader(direct);
        } else if self.calm < STREAM {
            self.grow_calm();
        }
    }

    /// Publishes what was written without a word to the reader: it is of no use before what comes next.
    pub fn flush_quietly(&mut self) {
        if !self.in_message && !self.closed && self.queue.has_unpublished() {
            self.channel.writer.0.written.store(self.written, Ordering::Relaxed);
            self.queue.publish();
        }
    }

    /// Counts towards a stream.
    #[inline]
    fn grow_calm(&mut self) {
        self.calm += 1;
        if self.calm == STREAM {
            self.begin_stream();
        }
    }

    #[cold]
    fn begin_stream(&mut self) {
        if self.conflates || !membarrier::is_available() {
            self.calm = 0;
            return;
        }
        self.channel.writer.0.unfenced.swap(true, Ordering::SeqCst);
        model_fence();
    }

    #[cold]
    fn wake_reader(&mut self, direct: bool) {
        if self.calm == STREAM {
            self.channel.writer.0.unfenced.store(false, Ordering::SeqCst);
        }
        self.calm = 0;
        if self.channel.reader.0.reader_asleep.swap(false, Ordering::SeqCst) {
            self.peer.readable(direct);
        }
    }

    /// Takes back the frames of a message whose last frame was not written.
    pub fn rollback(&mut self) {
        if self.in_message {
            self.queue.take_back();
            self.in_message = false;
        }
    }

    /// Changes the high-water mark, in messages; 0 for unlimited.
    pub fn set_hwm(&mut self, hwm: i32) {
        let rare = &self.channel.rare.0;
        if rare.conflated.is_none() {
            let before = rare.hwm.swap(hwm.max(0), Ordering::SeqCst);
            self.lowered |= hwm > 0 && (before == 0 || hwm < before);
        }
    }

    /// Whether the high-water mark, or the end of the reader, forbids writing. Unlike `check`
    /// this changes nothing.
    pub fn is_closed(&self) -> bool {
        self.closed || self.channel.rare.0.reader_gone.load(Ordering::Relaxed)
    }

    /// Counts a message from [`LARGE`] up that was written. Whether the writer should rest, being more
    /// than `most` bytes ahead of the reader.
    pub fn given(&mut self, bytes: u64, most: u64) -> bool {
        self.strides.give(&self.channel.writer.0.pace, bytes, most)
    }

    /// Begins a rest: `Peer::writable` will tell when the writer is no more than `most` bytes
    /// ahead. `false`: it is not even now, or nobody reads.
    pub fn rest(&mut self, most: u64) -> bool {
        self.strides.rest(&self.channel.writer.0.pace, most) && !self.is_closed()
    }

    /// Says that a rest is over.
    pub fn rested(&mut self) {
        self.strides.rested(&self.channel.writer.0.pace);
    }

    /// Messages written and not yet known to be read.
    pub fn backlog(&self) -> u64 {
        self.written.saturating_sub(self.channel.reader.0.read_count.load(Ordering::Relaxed))
    }

    /// Writes no more: what is whole stays readable, the reader then finds the end.
    pub fn close(&mut self) {
        if self.closed {
            return;
        }
        self.rollback();
        if let Some(Ok(msg)) =
            self.channel.rare.0.last_words.get().map(|text| Msg::from_slice(text))
        {
            self.force(msg);
        }
        self.flush(false);
        self.closed = true;
        self.channel.rare.0.writer_gone.store(true, Ordering::SeqCst);
        let asleep = self.channel.reader.0.reader_asleep.swap(false, Ordering::SeqCst);
        self.peer.ended(asleep);
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        self.close();
    }
}

impl PipeReader {
    /// Whether a frame can be read now. After `false`, either [`PipeReader::is_ended`], or
    /// `Peer::readable` says when to look again.
    #[inline]
    pub fn check(&mut self) -> bool {
        match self.queue.peek() {
            Some(Class::Data) => true,
            _ => self.check_further(),
        }
    }

    /// [`PipeReader::check`] for whatever may be there, or nothing.
    #[inline(never)]
    fn check_further(&mut self) -> bool {
        loop {
            match self.queue.peek() {
                Some(Class::Metadata) => self.switch_metadata(),
                Some(_) => return true,
                None if !self.refresh() => return false,
                // Nothing in the queue: what `refresh` saw is a conflated message.
                None if self.queue.peek().is_none() => return true,
                None => {}
            }
        }
    }

    /// Whether a frame can be read now, without going to sleep if not: the writer need not tell of
    /// more, and [`PipeReader::check`] has to follow. A conflated message is not seen.
    #[inline]
    pub fn glance(&mut self) -> bool {
        self.queue.peek().is_some() || self.queue.refresh() > 0
    }

    /// The reader of a fresh pipe, as if it had looked and found nothing.
    pub fn asleep(self) -> PipeReader {
        self.channel.reader.0.reader_asleep.store(true, Ordering::SeqCst);
        self
    }

    /// Looks for newly published frames; goes to sleep if there are none.
    fn refresh(&mut self) -> bool {
        if self.ended {
            return false;
        }
        if self.sealed {
            self.ended = true;
            return false;
        }
        if self.available() {
            self.let_more_come();
            return true;
        }
        self.looks = self.looks.min(0);
        let gone = self.channel.rare.0.writer_gone.load(Ordering::SeqCst);
        self.channel.reader.0.reader_asleep.store(true, Ordering::SeqCst);
        model_fence();
        if self.channel.writer.0.unfenced.load(Ordering::SeqCst) {
            membarrier::everywhere();
        }
        if self.available() {
            self.channel.reader.0.reader_asleep.store(false, Ordering::SeqCst);
            return true;
        }
        self.ended = gone;
        if self.unreported > 0 && self.channel.rare.0.writer_asleep.load(Ordering::SeqCst) {
            // Only a high-water mark that was made lower brings both to sleep.
            self.report();
        }
        false
    }

    /// A stream that is read as fast as it is written would be read message by message, and the two
    /// threads would take the same cache lines from each other all the time. Where a moment brings
    /// nothing, as between requests and their answers, it is not tried again for a while.
    fn let_more_come(&mut self) {
        let ready = self.queue.ready();
        if !self.alone || !(1..TRICKLE).contains(&ready) {
            self.looks = 0;
        } else if self.looks < LOOKS {
            self.looks += 1;
        } else if processors::several() {
            processors::moment();
            if self.queue.refresh() == ready {
                self.looks = -LOOKS_IN_VAIN;
            }
        }
    }

    fn available(&mut self) -> bool {
        self.queue.refresh() > 0
            || self.channel.rare.0.conflated.as_ref().is_some_and(|slot| slot.lock().is_some())
    }

    #[cold]
    fn switch_metadata(&mut self) {
        let mut marker = Msg::new();
        if self.queue.pop_into(&mut marker) {
            self.metadata = marker.take_metadata().map(MetadataCredit::new);
        }
    }

    /// What the next frame is, if there is one.
    pub fn peek_class(&mut self) -> Option<Class> {
        if self.check() { self.queue.peek() } else { None }
    }

    /// Whether everything was read and the writer is gone. Only [`PipeReader::check`] finds out.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// Reads the next frame into `msg`.
    #[inline]
    pub fn read(&mut self, msg: &mut Msg) -> bool {
        if !self.check() || !(self.queue.pop_into(msg) || self.read_conflated(msg)) {
            return false;
        }
        if let (Some(metadata), Class::Data) = (&mut self.metadata, msg.class()) {
            msg.set_metadata(Some(metadata.next()));
        }
        self.passed(msg.more(), msg.class());
        true
    }

    /// A frame was read.
    #[inline]
    fn passed(&mut self, more: bool, class: Class) {
        self.in_message = more;
        if !more && !matches!(class, Class::RoutingId | Class::HiccupMark) {
            self.count(1);
        }
    }

    /// Reads the next frame by its payload, and whether more follow, if it is data without a group
    /// whose payload is in the queue. Anything else is left for [`PipeReader::read`].
    #[inline]
    pub fn read_bare<T>(&mut self, take: impl FnOnce(&[u8], bool) -> T) -> Option<T> {
        if !self.check() {
            return None;
        }
        let (taken, more) = self.queue.lend(|record| {
            let (more, bare) = (record.more(), record.is_bare() && record.class() == Class::Data);
            bare.then(|| (take(record.data(), more), more))
        })?;
        self.passed(more, Class::Data);
        Some(taken)
    }

    /// Reads the next frame and drops it. What it was.
    #[inline(never)]
    pub fn skip(&mut self) -> Option<Class> {
        if !self.check() {
            return None;
        }
        match self.queue.lend(|record| Some((record.more(), record.class()))) {
            Some((more, class)) => {
                self.passed(more, class);
                Some(class)
            }
            None => {
                let mut msg = Msg::new();
                self.read(&mut msg).then(|| msg.class())
            }
        }
    }

    #[cold]
    fn read_conflated(&mut self, msg: &mut Msg) -> bool {
        let taken = self.channel.rare.0.conflated.as_ref().and_then(|slot| slot.lock().take());
        taken.map(|taken| *msg = taken).is_some()
    }

    /// Reads whole messages of one part, and drops them, for as long as `take` says that it is done
    /// with their payload. Anything else is left for [`PipeReader::read`].
    #[inline]
    pub fn read_while(&mut self, take: impl FnMut(&[u8]) -> bool) {
        if self.in_message {
            return;
        }
        let read = self.queue.take_while(take);
        if read > 0 {
            self.count(read);
        }
    }

    /// Counts messages as read and gives credit back every low-water mark.
    #[inline]
    fn count(&mut self, messages: u64) {
        self.read += messages;
        self.unreported += messages;
        let hwm = self.channel.rare.0.hwm.load(Ordering::Relaxed);
        // Half the mark, rounded up: often enough not to stall the writer, rarely enough not to
        // share a cache line with it for every message.
        let low = (hwm as u64).div_ceil(2);
        if hwm > 0 && self.unreported >= low {
            self.report();
        }
    }

    #[cold]
    fn report(&mut self) {
        self.unreported = 0;
        self.channel.reader.0.read_count.swap(self.read, Ordering::SeqCst);
        model_fence();
        let rare = &self.channel.rare.0;
        if rare.writer_asleep.load(Ordering::SeqCst)
            && rare.writer_asleep.swap(false, Ordering::SeqCst)
        {
            self.peer.writable();
        }
    }

    /// Says that every message from [`LARGE`] up will be [`PipeReader::taken`].
    pub fn count_bytes(&self) {
        self.channel.writer.0.pace.count();
    }

    /// A message from [`LARGE`] up was read, and its memory is as good as free.
    pub fn taken(&mut self, bytes: u64) {
        if self.channel.writer.0.pace.take(bytes) {
            self.peer.writable();
        }
    }

    /// Says whether the owner reads from no other pipe, so that it may be worth waiting a moment for
    /// more. One that has to serve many peers has better things to do.
    pub fn set_alone(&mut self, alone: bool) {
        self.alone = alone;
    }

    /// Takes nothing that is published from now on: the end comes after what is there already.
    pub fn seal(&mut self) {
        self.queue.refresh();
        self.sealed = true;
    }

    /// Whether the last frame read has more to come.
    pub fn in_message(&self) -> bool {
        self.in_message
    }

    /// Reads and drops the rest of a message that was begun.
    pub fn skip_message(&mut self) {
        while self.in_message && self.skip().is_some() {}
    }

    /// Changes the high-water mark, in messages; 0 for unlimited.
    pub fn set_hwm(&mut self, hwm: i32) {
        let rare = &self.channel.rare.0;
        if rare.conflated.is_none() {
            rare.hwm.store(hwm.max(0), Ordering::SeqCst);
            if self.unreported > 0 {
                self.report();
            }
        }
    }

    /// Has `text` be the last message before the end.
    pub fn set_last_words(&self, text: &[u8]) {
        let _ = self.channel.rare.0.last_words.set(text.into());
    }

    /// Whether the writer has gone; something may still be left to read.
    pub fn is_writer_gone(&self) -> bool {
        self.channel.rare.0.writer_gone.load(Ordering::SeqCst)
    }

    /// Messages that were published and not yet read.
    pub fn backlog(&self) -> u64 {
        self.channel.writer.0.written.load(Ordering::Relaxed).saturating_sub(self.read)
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        self.channel.rare.0.reader_gone.store(true, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests;
