//! How far the writer of a pipe is ahead of its reader, in bytes of large messages.
//!
//! The high-water mark counts messages: a thousand of a mebibyte are more than any cache holds, and
//! memory that has to come from the system page by page. A sender that rests when it is some mebibytes
//! ahead of the network sends as much out of memory that is still in the cache.
//!
//! | field | written by | read by | rule |
//! |---|---|---|---|
//! | `counted` | reader's owner, once | writer | plain value |
//! | `taken` | reader | writer | grows only |
//! | `rests_until` | writer (set), reader (swapped clear) | reader | set before the last look at `taken`; 0 for nobody |

use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::sync::model_fence;

/// Messages from this many bytes up are counted.
pub const LARGE: usize = 32 * 1024;

/// Large messages between two rests, at the most.
const MOST_RESTLESS: u32 = 32;

/// What both ends share.
pub(super) struct Pace {
    counted: AtomicBool,
    taken: AtomicU64,
    rests_until: AtomicU64,
}

impl Pace {
    pub(super) fn new() -> Pace {
        Pace {
            counted: AtomicBool::new(false),
            taken: AtomicU64::new(0),
            rests_until: AtomicU64::new(0),
        }
    }

    /// The reader will tell of each large message.
    pub(super) fn count(&self) {
        self.counted.store(true, Ordering::Relaxed);
    }

    /// The reader took a large message. Whether the writer waits to hear so.
    pub(super) fn take(&self, bytes: u64) -> bool {
        let taken = self.taken.load(Ordering::Relaxed).saturating_add(bytes);
        self.taken.store(taken, Ordering::SeqCst);
        model_fence();
        let until = self.rests_until.load(Ordering::SeqCst);
        (1..=taken).contains(&until) && self.rests_until.swap(0, Ordering::SeqCst) != 0
    }
}

/// What the writer keeps.
pub(super) struct Strides {
    given: u64,
    /// Messages to write without a rest, after one in which nothing was taken.
    restless: u32,
    /// As before, the next time.
    restless_next: u32,
    /// What was taken when the last rest began.
    rested_at: u64,
}

impl Strides {
    pub(super) const fn new() -> Strides {
        Strides { given: 0, restless: 0, restless_next: 1, rested_at: 0 }
    }

    fn ahead(&mut self, pace: &Pace) -> u64 {
        let taken = pace.taken.load(Ordering::SeqCst);
        // What was written without a word here may be among what was taken.
        self.given = self.given.max(taken);
        self.given - taken
    }

    /// Counts a large message that was written. Whether it is time to rest: more than `most` bytes are
    /// not taken yet.
    pub(super) fn give(&mut self, pace: &Pace, bytes: u64, most: u64) -> bool {
        self.given = self.given.saturating_add(bytes);
        if !pace.counted.load(Ordering::Relaxed) || self.ahead(pace) <= most {
            return false;
        }
        let rest = self.restless == 0;
        self.restless = self.restless.saturating_sub(1);
        rest
    }

    /// A rest begins, to end when no more than `most` bytes are not taken. `false`: so it is already.
    pub(super) fn rest(&mut self, pace: &Pace, most: u64) -> bool {
        pace.rests_until.store(self.given.saturating_sub(most), Ordering::SeqCst);
        model_fence();
        let ahead = self.ahead(pace);
        self.rested_at = self.given - ahead;
        ahead > most
    }

    /// A rest is over. After one in which nothing was taken, the next comes later and later.
    pub(super) fn rested(&mut self, pace: &Pace) {
        if pace.taken.load(Ordering::Relaxed) != self.rested_at {
            self.restless_next = 1;
        } else {
            self.restless = self.restless_next;
            self.restless_next = self.restless_next.saturating_mul(2).min(MOST_RESTLESS);
        }
    }
}
