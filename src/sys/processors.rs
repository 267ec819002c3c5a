//! Looking for news instead of sleeping.

use std::thread::yield_now;
use std::time::{Duration, Instant};

use super::cancel::shielded;
use super::once::Once;

/// Whether there is another processor, so that anybody could bring news while this thread looks for
/// it.
#[inline]
pub fn several() -> bool {
    static SEVERAL: Once<bool> = Once::new();
    SEVERAL.get_or_make(|| {
        shielded(|| std::thread::available_parallelism().is_ok_and(|n| n.get() > 1))
    })
}

/// Lets about a microsecond pass without leaving the processor.
pub fn moment() {
    for _ in 0..64 {
        std::hint::spin_loop();
    }
}

/// A yield that took no longer found nobody who waited for the processor.
const ALONE: Duration = Duration::from_micros(1);

/// One that took longer went to somebody who has nothing to do with the news that are waited for.
const TOO_LONG: Duration = Duration::from_millis(1);

/// Moments without yields after such a one.
const CAREFUL: u32 = 1024;

/// How a thread lets moments pass for more to come to it.
#[derive(Debug, Default)]
pub struct Patience {
    /// Moments for which not to yield.
    careful: u32,
}

impl Patience {
    /// Lets about a microsecond pass, or whoever waits for the processor have it: that may be who brings
    /// the news.
    pub fn moment(&mut self) {
        if self.careful > 0 {
            self.careful -= 1;
            return moment();
        }
        let before = Instant::now();
        yield_now();
        let away = before.elapsed();
        if away < ALONE {
            moment();
        } else if away > TOO_LONG {
            self.careful = CAREFUL;
        }
    }
}
