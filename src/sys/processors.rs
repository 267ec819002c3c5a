//! Looking for news instead of sleeping.

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
