//! The end of a pipe that reads. What the two ends share is told in [`super`].

use super::{Peer, Rare, ReaderSide, counts};
use crate::core::broadcast::BroadcastReader;
use crate::core::queue::Consumer;
use crate::msg::{Class, MetadataCredit, Msg, Record};
use crate::sync::atomic::Ordering;
use crate::sync::{Arc, model_fence};
use crate::sys::{membarrier, processors};

/// Looks in a row that found something new, each of them less than [`TRICKLE`], after which the reader
/// lets more come before it reads.
const LOOKS: i32 = 4;

/// Looks without such a wait after one that brought nothing.
const LOOKS_IN_VAIN: i32 = 64;

/// Messages at one look that are worth the cache lines that each look moves between processors.
const TRICKLE: u64 = 64;

/// The end that reads. What each message needs comes first.
#[repr(C)]
pub struct PipeReader {
    queue: Consumer<ReaderSide, Rare>,
    /// Whole messages read.
    read: u64,
    /// Of them, published in `read_count`.
    reported: u64,
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
    /// The broadcast that comes next. In the queue only its end can then be in front.
    broadcast: Option<Box<BroadcastReader>>,
    peer: Arc<dyn Peer>,
}

impl PipeReader {
    /// The reading end; `peer` is the writer's owner.
    pub(super) fn new(queue: Consumer<ReaderSide, Rare>, peer: Arc<dyn Peer>) -> PipeReader {
        PipeReader {
            queue,
            peer,
            read: 0,
            reported: 0,
            in_message: false,
            ended: false,
            alone: false,
            looks: 0,
            sealed: false,
            metadata: None,
            broadcast: None,
        }
    }

    #[inline(always)]
    fn rare(&self) -> &Rare {
        self.queue.common()
    }

    /// What this end writes.
    #[inline(always)]
    pub(super) fn side(&self) -> &ReaderSide {
        self.queue.beside()
    }

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
            if self.broadcast.is_some() && self.check_broadcast() {
                return true;
            }
            match self.queue.peek() {
                Some(Class::Metadata) => self.switch_metadata(),
                Some(Class::Broadcast) => self.enter_broadcast(),
                Some(_) => return true,
                None if !self.refresh() => return false,
                // Nothing in the queue: what `refresh` saw is a conflated message.
                None if self.broadcast.is_none() && self.queue.peek().is_none() => return true,
                None => {}
            }
        }
    }

    /// Whether a frame can be read now, without going to sleep if not: the writer need not tell of
    /// more, and [`PipeReader::check`] has to follow. A conflated message is not seen.
    #[inline]
    pub fn glance(&mut self) -> bool {
        self.queue.peek().is_some()
            || self.queue.refresh() > 0
            || self.broadcast.as_ref().is_some_and(|broadcast| broadcast.has_news())
    }

    /// The reader of a fresh pipe, as if it had looked and found nothing.
    pub fn asleep(self) -> PipeReader {
        self.side().reader_asleep.store(true, Ordering::SeqCst);
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
        let gone = self.rare().writer_gone.load(Ordering::SeqCst);
        self.queue.settle();
        self.side().reader_asleep.store(true, Ordering::SeqCst);
        if let Some(broadcast) = &self.broadcast {
            broadcast.lie_down();
        }
        model_fence();
        if self.rare().unfenced.load(Ordering::SeqCst) {
            membarrier::everywhere();
        }
        if self.available() {
            self.side().reader_asleep.store(false, Ordering::SeqCst);
            return true;
        }
        self.ended = gone;
        if self.read > self.reported && self.rare().writer_asleep.load(Ordering::SeqCst) {
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
            || self.broadcast.as_ref().is_some_and(|broadcast| broadcast.has_news())
            || self.rare().conflated.as_ref().is_some_and(|slot| slot.lock().is_some())
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
        match self.check() {
            true if self.broadcast.is_some() => Some(Class::Data),
            true => self.queue.peek(),
            false => None,
        }
    }

    /// Whether everything was read and the writer is gone. Only [`PipeReader::check`] finds out.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// Reads the next frame into `msg`.
    #[inline(always)]
    pub fn read(&mut self, msg: &mut Msg) -> bool {
        let Some(more) = self.queue.pop_simple_into(msg) else { return self.read_any(msg) };
        if let Some(metadata) = &mut self.metadata {
            msg.set_metadata(Some(metadata.next()));
        }
        self.passed(more, Class::Data);
        true
    }

    /// [`PipeReader::read`] of whatever may be there, or nothing.
    #[inline(never)]
    fn read_any(&mut self, msg: &mut Msg) -> bool {
        if !self.check() {
            return false;
        }
        if self.broadcast.is_some() {
            return self.read_from_broadcast(msg);
        }
        if !(self.queue.pop_into(msg) || self.read_conflated(msg)) {
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
        if !more && counts(class) {
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

    /// Reads the next frame and drops it, or all that waits of a broadcast. What it was.
    #[inline(never)]
    pub fn skip(&mut self) -> Option<Class> {
        if !self.check() {
            return None;
        }
        if self.broadcast.is_some() {
            return self.read_packed(usize::MAX, |_| Class::Data).map(|(class, _)| class);
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
        let taken = self.rare().conflated.as_ref().and_then(|slot| slot.lock().take());
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
        let hwm = self.rare().hwm.load(Ordering::Relaxed);
        // Half the mark: often enough not to stall the writer, rarely enough not to share a cache line
        // with it for every message.
        if hwm > 0 && 2 * (self.read - self.reported) >= hwm as u64 {
            self.report();
        }
    }

    #[cold]
    fn report(&mut self) {
        self.reported = self.read;
        self.side().read_count.swap(self.read, Ordering::SeqCst);
        model_fence();
        let rare = self.rare();
        if rare.writer_asleep.load(Ordering::SeqCst)
            && rare.writer_asleep.swap(false, Ordering::SeqCst)
        {
            self.peer.writable();
        }
    }

    /// Says that every message from [`super::LARGE`] up will be [`PipeReader::taken`].
    pub fn count_bytes(&self) {
        self.rare().pace.count();
    }

    /// A message from [`super::LARGE`] up was read, and its memory is as good as free.
    pub fn taken(&mut self, bytes: u64) {
        if self.rare().pace.take(bytes) {
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
        self.freeze_broadcasts();
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
        let rare = self.rare();
        if rare.conflated.is_none() {
            rare.hwm.store(hwm.max(0), Ordering::SeqCst);
            if self.read > self.reported {
                self.report();
            }
        }
    }

    /// Has `text` be the last message before the end.
    pub fn set_last_words(&self, text: &[u8]) {
        let _ = self.rare().seldom().last_words.set(text.into());
    }

    /// Whether the writer has gone; something may still be left to read.
    pub fn is_writer_gone(&self) -> bool {
        self.rare().writer_gone.load(Ordering::SeqCst)
    }

    /// Messages that were published and not yet read.
    pub fn backlog(&self) -> u64 {
        let conflated = self.rare().conflated.as_ref().is_some_and(|slot| slot.lock().is_some());
        let is_last = |record: Record<'_>| !record.more() && counts(record.class());
        self.queue.count_waiting(is_last) + u64::from(conflated) + self.broadcast_backlog()
    }
}

mod broadcasts;

impl Drop for PipeReader {
    fn drop(&mut self) {
        self.rare().reader_gone.store(true, Ordering::SeqCst);
    }
}
