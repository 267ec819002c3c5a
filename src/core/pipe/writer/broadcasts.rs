//! A pipe's writer as a member of a broadcast.

use super::{CONFLATES, PipeWriter, SHARING, STREAM};
use crate::core::broadcast::BroadcastWriter;
use crate::msg::{Class, Msg};
use crate::sync::atomic::Ordering;

impl PipeWriter {
    /// How many messages there is room for, if the pipe can take part in a broadcast. `None`: it cannot.
    pub fn shareable_room(&mut self) -> Option<u32> {
        if self.is_closed() || self.is(CONFLATES) || !self.queue.copies_payloads() {
            return None;
        }
        let hwm = self.rare().hwm.load(Ordering::Relaxed);
        if hwm == 0 {
            return Some(u32::MAX);
        }
        if 2 * self.unread() >= hwm as u64 {
            self.refresh();
        }
        Some((hwm as u64).saturating_sub(self.unread()) as u32)
    }

    /// Takes part in a fresh broadcast, as member `number`: what is put there is written to this pipe, until
    /// something else is. `false`: there is no memory.
    pub fn join(&mut self, broadcast: &BroadcastWriter, number: u32) -> bool {
        self.leave();
        self.flush(false);
        if self.state != 0 {
            return false;
        }
        // With room for the mark at the end, so that leaving never fails.
        if !self.queue.push(&mut Msg::marker(Class::Broadcast)) || !self.queue.has_room() {
            self.queue.take_back();
            return false;
        }
        self.rare().seldom().broadcasts.lock().push_back(broadcast.reader(number));
        if self.calm == STREAM {
            self.rare().unfenced.store(false, Ordering::SeqCst);
        }
        self.calm = 0;
        // The reader has no use for the mark alone.
        self.queue.publish(|_| false);
        self.broadcast = Some(broadcast.shared().clone());
        self.state |= SHARING;
        true
    }

    /// Leaves the broadcast, if the pipe takes part in one.
    #[inline]
    pub fn leave(&mut self) {
        if self.is(SHARING) {
            self.leave_now();
        }
    }

    #[cold]
    fn leave_now(&mut self) {
        self.state &= !SHARING;
        let Some(broadcast) = self.broadcast.take() else { return };
        broadcast.end();
        self.written += u64::from(broadcast.extent().messages);
        self.queue.push(&mut Msg::marker(Class::BroadcastEnd));
        // The reader has no use for the mark alone.
        self.queue.publish(|_| false);
    }

    /// Tells the reader, should it have gone to sleep, that there is more in the broadcast.
    pub fn wake(&mut self) {
        if self.reader().reader_asleep.load(Ordering::SeqCst) {
            self.wake_reader(false);
        }
    }
}
