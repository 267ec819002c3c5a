//! `zmq_atomic_counter_*`, `zmq_stopwatch_*`, `zmq_sleep`, `zmq_threadstart`, `zmq_threadclose`.
//!
//! Counters and stopwatches are plain memory, as fast as what they stand for; of their handles only
//! null is recognised as wrong.

use std::ffi::{c_int, c_uint, c_ulong, c_void};
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use super::registry::Registry;
use super::{guard_or, shielded_guard_or};
use crate::error::{Errno, Result};
use crate::sys::thread::{self, ApplicationThread};
use crate::sys::{clock, libc};

/// `zmq_thread_fn`: called as `f (arg)`.
pub type ThreadFn = thread::ThreadFn;

/// Threads that `zmq_threadclose` has not waited for yet.
static THREADS: Registry<ApplicationThread> = Registry::new(0x7200_0000);

/// Makes a counter, at 0. Null, with `ENOMEM`, on failure.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_atomic_counter_new() -> *mut c_void {
    guard_or(ptr::null_mut(), || allocate::<i32>(0))
}

/// Sets a counter.
///
/// # Safety
///
/// `counter` is null or a counter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_set(counter: *mut c_void, value: c_int) {
    // SAFETY: null or a counter, per the contract.
    if let Some(counter) = unsafe { counter.cast::<AtomicI32>().as_ref() } {
        counter.store(value, Ordering::SeqCst);
    }
}

/// Adds one and returns the old value.
///
/// # Safety
///
/// `counter` is null or a counter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_inc(counter: *mut c_void) -> c_int {
    // SAFETY: null or a counter, per the contract.
    match unsafe { counter.cast::<AtomicI32>().as_ref() } {
        Some(counter) => counter.fetch_add(1, Ordering::SeqCst),
        None => 0,
    }
}

/// Takes one away; 0 if the counter is at 0 then, else 1.
///
/// # Safety
///
/// `counter` is null or a counter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_dec(counter: *mut c_void) -> c_int {
    // SAFETY: null or a counter, per the contract.
    match unsafe { counter.cast::<AtomicI32>().as_ref() } {
        Some(counter) => c_int::from(counter.fetch_sub(1, Ordering::SeqCst) != 1),
        None => 0,
    }
}

/// A counter's value.
///
/// # Safety
///
/// `counter` is null or a counter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_value(counter: *mut c_void) -> c_int {
    // SAFETY: null or a counter, per the contract.
    match unsafe { counter.cast::<AtomicI32>().as_ref() } {
        Some(counter) => counter.load(Ordering::SeqCst),
        None => 0,
    }
}

/// Drops a counter and sets the caller's pointer to null.
///
/// # Safety
///
/// `counter_p` is null or points to a pointer that is null or a counter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_destroy(counter_p: *mut *mut c_void) {
    // SAFETY: null or readable and writable, per the contract.
    if let Some(counter) = unsafe { counter_p.as_mut() } {
        // SAFETY: memory of `allocate` or null; an integer needs no dropping.
        unsafe { libc::free(mem::replace(counter, ptr::null_mut())) };
    }
}

/// Starts a stopwatch. Null, with `ENOMEM`, on failure.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_stopwatch_start() -> *mut c_void {
    guard_or(ptr::null_mut(), || allocate(clock::now_us()))
}

/// Microseconds since a stopwatch was started. (On systems where `unsigned long` has 32 bits, it
/// wraps around after 71 minutes, as libzmq's.)
///
/// # Safety
///
/// `watch` is null or a stopwatch.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_stopwatch_intermediate(watch: *mut c_void) -> c_ulong {
    // SAFETY: null or a stopwatch, per the contract.
    match unsafe { watch.cast::<u64>().as_ref() } {
        Some(start) => clock::now_us().wrapping_sub(*start) as c_ulong,
        None => 0,
    }
}

/// Microseconds since a stopwatch was started; drops it.
///
/// # Safety
///
/// `watch` is null or a stopwatch, which is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_stopwatch_stop(watch: *mut c_void) -> c_ulong {
    // SAFETY: null or a stopwatch, per the contract.
    let elapsed = unsafe { zmq_stopwatch_intermediate(watch) };
    // SAFETY: memory of `allocate` or null.
    unsafe { libc::free(watch) };
    elapsed
}

/// Sleeps, until a signal handler runs if one does.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn zmq_sleep(seconds: c_int) {
    if let Ok(seconds) = c_uint::try_from(seconds) {
        thread::sleep(seconds);
    }
}

/// Starts a thread that calls `func (arg)` and takes no signals. Null on failure: `EFAULT` without
/// a function, `EAGAIN` or `ENOMEM` if the system has no more threads.
///
/// # Safety
///
/// `func` may be called with `arg` on another thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_threadstart(func: Option<ThreadFn>, arg: *mut c_void) -> *mut c_void {
    shielded_guard_or(ptr::null_mut(), || {
        // SAFETY: by the caller.
        let thread = unsafe { thread::spawn_application(func.ok_or(Errno::EFAULT)?, arg) }?;
        THREADS.insert(thread)
    })
}

/// Waits for a thread's end and drops its handle.
///
/// # Safety
///
/// None: the handle is only looked up.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_threadclose(thread: *mut c_void) {
    let thread = guard_or(None, || THREADS.remove(thread).map(Some));
    if let Some(thread) = thread {
        // Where nothing catches panics: a thread that is cancelled ends in it.
        thread.join();
    }
}

/// Memory with `value`, to be given back by `free`.
fn allocate<T: Copy>(value: T) -> Result<*mut c_void> {
    // SAFETY: malloc may be called with any size.
    let memory = unsafe { libc::malloc(size_of::<T>()) };
    if memory.is_null() {
        return Err(Errno::ENOMEM);
    }
    // SAFETY: fresh memory of the right size and malloc's alignment.
    unsafe { memory.cast::<T>().write(value) };
    Ok(memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counter_counts() {
        let mut counter = zmq_atomic_counter_new();
        // SAFETY: a counter until it is destroyed, null afterwards.
        unsafe {
            assert_eq!(zmq_atomic_counter_inc(counter), 0);
            assert_eq!(zmq_atomic_counter_inc(counter), 1);
            assert_eq!(zmq_atomic_counter_dec(counter), 1);
            assert_eq!(zmq_atomic_counter_dec(counter), 0);
            zmq_atomic_counter_set(counter, c_int::MAX);
            assert_eq!(zmq_atomic_counter_value(counter), c_int::MAX);
            zmq_atomic_counter_destroy(&raw mut counter);
            assert!(counter.is_null());
            zmq_atomic_counter_destroy(&raw mut counter);
            zmq_atomic_counter_destroy(ptr::null_mut());
            assert_eq!(zmq_atomic_counter_inc(counter), 0);
        }
    }

    #[test]
    fn stopwatch_runs() {
        let watch = zmq_stopwatch_start();
        std::thread::sleep(std::time::Duration::from_millis(2));
        // SAFETY: a stopwatch, stopped once; then null.
        unsafe {
            let first = zmq_stopwatch_intermediate(watch);
            assert!(first >= 2000);
            assert!(zmq_stopwatch_stop(watch) >= first);
            assert_eq!(zmq_stopwatch_stop(ptr::null_mut()), 0);
        }
    }

    #[test]
    fn threadclose_waits_for_the_thread() {
        unsafe extern "C-unwind" fn set(arg: *mut c_void) {
            std::thread::sleep(std::time::Duration::from_millis(5));
            // SAFETY: the test's counter, which outlives the thread.
            unsafe { zmq_atomic_counter_set(arg, 7) };
        }
        let mut counter = zmq_atomic_counter_new();
        // SAFETY: a live counter, and a handle that is only looked up.
        unsafe {
            let thread = zmq_threadstart(Some(set), counter);
            assert!(!thread.is_null());
            zmq_threadclose(thread);
            assert_eq!(zmq_atomic_counter_value(counter), 7);
            zmq_threadclose(thread);
            zmq_threadclose(ptr::null_mut());
            assert!(zmq_threadstart(None, counter).is_null());
            zmq_atomic_counter_destroy(&raw mut counter);
        }
    }
}
