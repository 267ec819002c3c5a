//! Monotonic time as a plain number.

use std::time::Instant;

use super::once::Once;

static START: Once<Instant> = Once::new();

/// Microseconds since the library first asked.
pub fn now_us() -> u64 {
    START.get_or_make(Instant::now).elapsed().as_micros() as u64
}

/// Milliseconds since the library first asked.
pub fn now_ms() -> u64 {
    now_us() / 1000
}
