//! The end of a pipe that writes. What the two ends share is told in [`super`].

use super::pace::Strides;
use super::{Peer, Rare, ReaderSide, counts};
use crate::core::broadcast::Broadcast;
use crate::core::queue::Producer;
use crate::msg::{Class, Msg, Room};
use crate::sync::atomic::Ordering;
use crate::sync::{Arc, model_fence};
use crate::sys::membarrier;

/// Publications in a row that found the reader awake, after which they go without a fence.
pub(super) const STREAM: u32 = if cfg!(loom) { 2 } else { 256 };

/// The end that writes. What each message needs comes first.
#[repr(C)]
pub struct PipeWriter {
    queue: Producer<ReaderSide, Rare>,
    /// Whole messages written.
    written: u64,
    /// `read_count` when last looked at.
    read_seen: u64,
    /// What keeps a message from being written as if it were the only one; 0: nothing.
    state: u8,
    /// The high-water mark was made lower: what the reader has not reported by the old mark may
    /// fill the pipe by the new one.
    lowered: bool,
    /// Publications since the reader was last found asleep, up to [`STREAM`].
    calm: u32,
    peer: Arc<dyn Peer>,
    strides: Strides,
    /// Where messages for others as well are written.
    broadcast: Option<Arc<Broadcast>>,
}

mod broadcasts;

/// In the state: the last frame written has more to come.
const IN_MESSAGE: u8 = 1;
/// Only the newest message is kept.
const CONFLATES: u8 = 2;
const CLOSED: u8 = 4;
/// What was written to a broadcast is not in `written` yet.
const SHARING: u8 = 8;

impl PipeWriter {
    /// The writing end; `peer` is the reader's owner.
    pub(super) fn new(
        queue: Producer<ReaderSide, Rare>,
        peer: Arc<dyn Peer>,
        conflates: bool,
    ) -> PipeWriter {
        PipeWriter {
            queue,
            peer,
            written: 0,
            read_seen: 0,
            state: if conflates { CONFLATES } else { 0 },
            lowered: false,
            calm: 0,
            strides: Strides::new(),
            broadcast: None,
        }
    }

    #[inline(always)]
    fn rare(&self) -> &Rare {
        self.queue.common()
    }

    /// What the other end writes.
    #[inline(always)]
    fn reader(&self) -> &ReaderSide {
        self.queue.beside_consumer()
    }

    #[inline]
    fn is(&self, states: u8) -> bool {
        self.state & states != 0
    }

    /// Whether a message can be written: the reader is there and the high-water mark is not
    /// reached. After `false`, `Peer::writable` says when to try again (unless it is closed).
    #[inline]
    pub fn check(&mut self) -> bool {
        !self.is_closed() && (self.is(IN_MESSAGE) || self.has_room() || self.recheck())
    }

    /// Whether the high-water mark is not reached as far as was known at the last
    /// [`PipeWriter::refresh`].
    #[inline(always)]
    fn has_room(&self) -> bool {
        self.is_below(self.rare().hwm.load(Ordering::Relaxed))
    }

    #[inline(always)]
    fn is_below(&self, hwm: i32) -> bool {
        hwm == 0 || self.unread() < hwm as u64
    }

    /// Messages written, and not read as far as was known at the last [`PipeWriter::refresh`].
    #[inline(always)]
    fn unread(&self) -> u64 {
        self.written_in_all() - self.read_seen
    }

    /// Messages written, with those that were put into the broadcast at hand.
    #[inline(always)]
    fn written_in_all(&self) -> u64 {
        self.written + if self.is(SHARING) { self.shared() } else { 0 }
    }

    /// Messages written to the broadcast at hand.
    #[cold]
    fn shared(&self) -> u64 {
        self.broadcast.as_ref().map_or(0, |broadcast| u64::from(broadcast.extent().messages))
    }

    /// Looks at what the reader has read; goes to sleep if the pipe is still full.
    #[cold]
    fn recheck(&mut self) -> bool {
        self.leave();
        let hwm = |this: &PipeWriter| this.rare().hwm.load(Ordering::SeqCst);
        for asleep in [false, true] {
            if asleep {
                self.rare().writer_asleep.store(true, Ordering::SeqCst);
                model_fence();
            }
            self.refresh();
            if self.is_below(hwm(self)) {
                return true;
            }
        }
        if self.lowered
            && self.reader().reader_asleep.load(Ordering::SeqCst)
            && !self.queue.has_unpublished()
        {
            // It has read all there was, and does not report before it reads more.
            self.read_seen = self.written;
            return self.is_below(hwm(self));
        }
        false
    }

    /// For a reader that does without [`super::PipeReader::read`] where
    /// [`super::PipeReader::read_bare`] will do: short payloads are copied into the queue.
    pub fn copy_payloads(&mut self) {
        self.queue.copy_payloads();
    }

    /// Looks at what the reader has read.
    pub fn refresh(&mut self) {
        self.read_seen = self.reader().read_count.load(Ordering::SeqCst);
    }

    /// Whether the high-water mark is reached as far as was known at the last
    /// [`PipeWriter::refresh`].
    pub fn is_full_as_known(&self) -> bool {
        !self.is(IN_MESSAGE) && !self.has_room()
    }

    /// Has the writer of a full pipe told of new credit, and calls `tell` if there is some already.
    pub fn await_credit(&mut self, tell: impl FnOnce()) {
        let rare = self.rare();
        rare.writer_asleep.store(true, Ordering::SeqCst);
        let read = self.reader().read_count.load(Ordering::SeqCst);
        if read != self.read_seen && rare.writer_asleep.swap(false, Ordering::SeqCst) {
            tell();
        }
    }

    /// Writes a whole message of one part, leaving `msg` empty, and publishes it, as
    /// [`PipeWriter::write`] and [`PipeWriter::flush`] do, if there is nothing more to it. `false`: there
    /// is, and nothing happened.
    #[inline(always)]
    pub fn write_single(&mut self, msg: &mut Msg, direct: bool) -> bool {
        let easy = self.state == 0 && msg.is_single() && !self.is_closed() && self.has_room();
        if !easy || !self.queue.push(msg) {
            return false;
        }
        self.written += 1;
        self.publish(direct);
        true
    }

    /// Writes a frame, leaving `msg` empty, if [`PipeWriter::check`] allows it.
    #[inline]
    pub fn write(&mut self, msg: &mut Msg) -> bool {
        self.check() && self.append(msg)
    }

    /// Writes a frame whatever the high-water mark says (control messages).
    pub fn force(&mut self, mut msg: Msg) -> bool {
        !self.is(CLOSED) && self.append(&mut msg)
    }

    #[inline]
    fn append(&mut self, msg: &mut Msg) -> bool {
        if !msg.is_single() || self.is(IN_MESSAGE | CONFLATES | SHARING) {
            return self.append_other(msg);
        }
        let written = self.queue.push(msg);
        self.written += u64::from(written);
        written
    }

    /// [`PipeWriter::append`] for whatever may come.
    #[inline(never)]
    fn append_other(&mut self, msg: &mut Msg) -> bool {
        self.leave();
        let more = msg.more();
        if more && !self.is(IN_MESSAGE | CONFLATES) {
            // What is unpublished is now either whole messages or one unfinished message.
            self.flush(false);
        }
        let counted = !more && counts(msg.class());
        if let (Some(slot), Class::Data) = (&self.rare().conflated, msg.class()) {
            // Of a message of several parts only the last is kept.
            let taken = msg.take();
            let older = if more { Some(taken) } else { slot.lock().replace(taken) };
            drop(older);
        } else if !self.queue.push(msg) {
            return false;
        }
        self.state = self.state & !IN_MESSAGE | if more { IN_MESSAGE } else { 0 };
        self.written += u64::from(counted);
        true
    }

    /// Writes whole messages for as long as there is room and `next` puts one into the room it is
    /// given: data, of one part. How many. After less than it wanted to put, `next` has more to say by
    /// [`PipeWriter::write`], or the pipe is full, or there is no memory.
    #[inline]
    pub fn write_while(&mut self, mut next: impl FnMut(&mut Room<'_>)) -> u64 {
        let before = self.written;
        self.leave();
        while !self.is(IN_MESSAGE | CONFLATES) && self.check() && self.queue.push_with(&mut next) {
            self.written += 1;
        }
        self.written - before
    }

    /// Publishes the whole messages written so far. A message without its last frame stays.
    #[inline]
    pub fn flush(&mut self, direct: bool) {
        if !self.is(IN_MESSAGE | CLOSED) && (self.is(CONFLATES) || self.queue.has_unpublished()) {
            self.publish(direct);
        }
    }

    #[inline(always)]
    fn publish(&mut self, direct: bool) {
        let look = |reader: &ReaderSide| reader.reader_asleep.load(Ordering::SeqCst);
        let asleep = if self.calm == STREAM {
            self.queue.publish_unfenced(look)
        } else {
            self.queue.publish(look)
        };
        if asleep {
            self.wake_reader(direct);
        } else if self.calm < STREAM {
            self.grow_calm();
        }
    }

    /// Publishes what was written without a word to the reader: it is of no use before what comes next.
    pub fn flush_quietly(&mut self) {
        if !self.is(IN_MESSAGE | CLOSED) && self.queue.has_unpublished() {
            self.queue.publish(|_| false);
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
        if self.is(CONFLATES) || !membarrier::is_available() {
            self.calm = 0;
            return;
        }
        self.rare().unfenced.swap(true, Ordering::SeqCst);
        model_fence();
    }

    #[cold]
    fn wake_reader(&mut self, direct: bool) {
        if self.calm == STREAM {
            self.rare().unfenced.store(false, Ordering::SeqCst);
        }
        self.calm = 0;
        if self.reader().reader_asleep.swap(false, Ordering::SeqCst) {
            self.peer.readable(direct);
        }
    }

    /// Takes back the frames of a message whose last frame was not written.
    pub fn rollback(&mut self) {
        if self.is(IN_MESSAGE) {
            self.queue.take_back();
            self.state &= !IN_MESSAGE;
        }
    }

    /// Changes the high-water mark, in messages; 0 for unlimited.
    pub fn set_hwm(&mut self, hwm: i32) {
        let rare = self.rare();
        if rare.conflated.is_none() {
            let before = rare.hwm.swap(hwm.max(0), Ordering::SeqCst);
            self.lowered |= hwm > 0 && (before == 0 || hwm < before);
        }
        // Which counts by the old mark.
        self.leave();
    }

    /// Whether nothing can be written any more, or nobody reads it.
    #[inline]
    pub fn is_closed(&self) -> bool {
        self.is(CLOSED) || self.rare().reader_gone.load(Ordering::Relaxed)
    }

    /// Counts a message from [`super::LARGE`] up that was written. Whether the writer should rest,
    /// being more than `most` bytes ahead of the reader.
    pub fn given(&mut self, bytes: u64, most: u64) -> bool {
        self.strides.give(&self.queue.common().pace, bytes, most)
    }

    /// Begins a rest: `Peer::writable` will tell when the writer is no more than `most` bytes
    /// ahead. `false`: it is not even now, or nobody reads.
    pub fn rest(&mut self, most: u64) -> bool {
        self.strides.rest(&self.queue.common().pace, most) && !self.is_closed()
    }

    /// Says that a rest is over.
    pub fn rested(&mut self) {
        self.strides.rested(&self.queue.common().pace);
    }

    /// Messages written and not yet known to be read.
    pub fn backlog(&self) -> u64 {
        self.written_in_all().saturating_sub(self.reader().read_count.load(Ordering::Relaxed))
    }

    /// Writes no more: what is whole stays readable, the reader then finds the end.
    pub fn close(&mut self) {
        if self.is(CLOSED) {
            return;
        }
        self.leave();
        self.rollback();
        if let Some(Ok(msg)) = self
            .rare()
            .seldom
            .get()
            .and_then(|seldom| seldom.last_words.get())
            .map(|text| Msg::from_slice(text))
        {
            self.force(msg);
        }
        self.flush(false);
        self.state |= CLOSED;
        self.rare().writer_gone.store(true, Ordering::SeqCst);
        let asleep = self.reader().reader_asleep.swap(false, Ordering::SeqCst);
        self.peer.ended(asleep);
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        self.close();
    }
}
