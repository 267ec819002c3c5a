//! One switch between the standard primitives and loom's models of them.
//!
//! Everything that crosses threads in `core` takes its primitives from here, so that the same
//! code runs under `--cfg loom`.

#[cfg(not(loom))]
pub use std::sync::Arc;
#[cfg(not(loom))]
pub use std::sync::atomic;

#[cfg(loom)]
pub use loom::sync::Arc;
#[cfg(loom)]
pub use loom::sync::atomic;

/// Tells loom what the total order of sequentially consistent accesses says to everybody else: it
/// takes those for acquire and release, and knows only fences to be more. Stands between a write
/// and a read on both sides of a "set a flag, look again" agreement, and is no instruction outside
/// of models.
#[inline(always)]
pub fn model_fence() {
    #[cfg(loom)]
    atomic::fence(atomic::Ordering::SeqCst);
}

#[cfg(not(loom))]
pub use std::thread::yield_now;

#[cfg(loom)]
pub use loom::thread::yield_now;

mod mutex;
pub mod prefetch;

/// For what no model looks into.
pub use mutex::{Mutex, MutexGuard};

#[cfg(not(loom))]
pub use mutex::Mutex as Lock;

/// A mutex for models.
#[cfg(loom)]
#[derive(Default)]
pub struct Lock<T>(loom::sync::Mutex<T>);

#[cfg(loom)]
impl<T> Lock<T> {
    pub fn new(value: T) -> Self {
        Lock(loom::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

/// Shared memory whose accesses loom can see.
pub mod cell {
    #[cfg(loom)]
    pub use loom::cell::UnsafeCell;

    /// As loom's: access by closure.
    #[cfg(not(loom))]
    #[derive(Debug, Default)]
    pub struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    #[cfg(not(loom))]
    impl<T> UnsafeCell<T> {
        /// Wraps `value`.
        pub const fn new(value: T) -> Self {
            UnsafeCell(std::cell::UnsafeCell::new(value))
        }

        /// Gives `body` the value's address. Nobody else may access it meanwhile.
        #[inline(always)]
        pub fn with_mut<R>(&self, body: impl FnOnce(*mut T) -> R) -> R {
            body(self.0.get())
        }
    }
}
