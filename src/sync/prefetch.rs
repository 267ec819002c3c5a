//! Hints to the processor about memory that is wanted soon.
#![allow(unsafe_code)] // instructions without a safe name

/// Asks for the cache line at `at`, to be read. Never faults, wherever `at` points.
#[inline(always)]
pub fn to_read<T>(at: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri), not(loom)))]
    // SAFETY: a hint, which accesses nothing by the rules of the language.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(at.cast());
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri), not(loom))))]
    let _ = at;
}

/// Asks for the cache line at `at`, to be written. Never faults, wherever `at` points.
#[inline(always)]
pub fn to_write<T>(at: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri), not(loom)))]
    // SAFETY: a hint, which accesses nothing by the rules of the language.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_ET0>(at.cast());
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri), not(loom))))]
    let _ = at;
}
