//! How much memory messages and queues have from `malloc`, and giving it back after a burst.
//!
//! `malloc` keeps most of what is freed, for one block in use, or kept in the pool, holds all before it
//! in its place. So after a burst the memory of its height would stay with the process for good. An I/O
//! thread that has nothing to do looks at the count here, and has `malloc` give back the pages that
//! nothing is in.
//!
//! The count is kept by threads for themselves, and added up in steps of a mebibyte, only where `malloc`
//! is called anyway: a stream of messages, whose blocks go round in the pool, does not come here.

use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

use super::{large, pool};

/// What a thread counts for itself.
const STEP: isize = 1 << 20;
/// What makes a burst.
const BURST: isize = 16 << 20;

/// Bytes in use.
static IN_USE: AtomicIsize = AtomicIsize::new(0);
/// The most bytes in use since memory was given back.
static PEAK: AtomicIsize = AtomicIsize::new(0);

/// A thread's own count; it is added up when the thread ends.
struct Own(Cell<isize>);

thread_local! {
    static OWN: Own = const { Own(Cell::new(0)) };
}

impl Drop for Own {
    fn drop(&mut self) {
        add(self.0.get());
    }
}

/// Bytes were had from `malloc`.
pub fn taken(bytes: usize) {
    count(isize::try_from(bytes).unwrap_or(0));
}

/// Bytes were given back to `malloc`.
pub fn given(bytes: usize) {
    count(-isize::try_from(bytes).unwrap_or(0));
}

fn count(change: isize) {
    // No count: the thread is about to end.
    let _ = OWN.try_with(|Own(own)| {
        let sum = own.get().wrapping_add(change);
        own.set(if sum.wrapping_abs() < STEP {
            sum
        } else {
            add(sum);
            0
        });
    });
}

#[cold]
fn add(change: isize) {
    let sum = IN_USE.fetch_add(change, Ordering::Relaxed).wrapping_add(change);
    if change > 0 {
        PEAK.fetch_max(sum, Ordering::Relaxed);
    }
}

/// Whether a burst is under way, or over and not tidied up after yet.
pub fn is_burst() -> bool {
    PEAK.load(Ordering::Relaxed) >= BURST
}

/// Gives what is kept for later messages back to `malloc` if a burst is over. Whether it was: `malloc`
/// is to give memory back to the system then. A burst is `ebbing` if more of it may come yet: it is over
/// then if little of it is left, but not in the midst, where queues that are full time and again are.
pub fn tidy(ebbing: bool) -> bool {
    let (in_use, peak) = (IN_USE.load(Ordering::Relaxed), PEAK.load(Ordering::Relaxed));
    if peak.wrapping_sub(in_use) < BURST
        || ebbing && in_use > peak / 4
        || PEAK.compare_exchange(peak, in_use, Ordering::Relaxed, Ordering::Relaxed).is_err()
    {
        return false;
    }
    // Kept blocks lie anywhere between those that are free.
    pool::empty();
    large::empty();
    true
}
