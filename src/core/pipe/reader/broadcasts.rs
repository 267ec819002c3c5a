//! What a pipe's reader reads of broadcasts.

use super::PipeReader;
use crate::msg::{Class, Msg};

impl PipeReader {
    /// Whether the next messages are in a broadcast, as far as is known.
    #[inline]
    pub fn is_at_broadcast(&mut self) -> bool {
        self.broadcast.is_some() || self.queue.peek() == Some(Class::Broadcast)
    }

    /// Reads what waits of a broadcast, packed ([`crate::msg::packed`]), up to `most` bytes, but a message at
    /// least. What `take` made of it, and how many messages that were. `None`: the next message is not in a
    /// broadcast, or there is none.
    pub fn read_packed<T>(
        &mut self,
        most: usize,
        take: impl FnOnce(&[u8]) -> T,
    ) -> Option<(T, u32)> {
        if !self.check() {
            return None;
        }
        let (taken, messages) = self.broadcast.as_mut()?.read_packed(most, take);
        self.count(u64::from(messages));
        Some((taken, messages))
    }

    pub(super) fn read_from_broadcast(&mut self, msg: &mut Msg) -> bool {
        let copy = |payload: &[u8]| Msg::from_slice(payload).ok();
        let Some(copy) = self.broadcast.as_mut().and_then(|broadcast| broadcast.read(copy)) else {
            return false;
        };
        *msg = copy;
        self.passed(false, Class::Data);
        true
    }

    /// Whether there is something to read in the broadcast at hand, which is gone if it is over.
    pub(super) fn check_broadcast(&mut self) -> bool {
        let Some(broadcast) = &mut self.broadcast else { return false };
        if broadcast.has_more() {
            return true;
        }
        if broadcast.is_over() {
            self.broadcast = None;
            return false;
        }
        broadcast.look();
        if broadcast.has_more() {
            return true;
        }
        if !self.sealed {
            self.queue.refresh();
        }
        if self.queue.peek() != Some(Class::BroadcastEnd) {
            return false;
        }
        self.queue.lend(|_| Some(()));
        broadcast.finish();
        self.check_broadcast()
    }

    #[cold]
    pub(super) fn enter_broadcast(&mut self) {
        self.queue.lend(|_| Some(()));
        let next = self.rare().seldom().broadcasts.lock().pop_front();
        if let Some(mut broadcast) = next {
            if self.sealed {
                broadcast.freeze();
            }
            self.broadcast = Some(Box::new(broadcast));
        }
    }

    /// Has nothing wanted that is put into a broadcast from now on.
    pub(super) fn freeze_broadcasts(&mut self) {
        if let Some(seldom) = self.rare().seldom.get()
            && let Some(last) = seldom.broadcasts.lock().back_mut()
        {
            last.look();
            last.freeze();
        } else if let Some(last) = &mut self.broadcast {
            last.look();
            last.freeze();
        }
    }

    /// Messages of broadcasts that were published and not yet read.
    pub(super) fn broadcast_backlog(&self) -> u64 {
        let entered = self.broadcast.iter().map(|broadcast| broadcast.backlog());
        let coming = self.rare().seldom.get().map_or(0, |seldom| {
            seldom.broadcasts.lock().iter().map(|broadcast| broadcast.backlog()).sum()
        });
        entered.sum::<u64>() + coming
    }
}
