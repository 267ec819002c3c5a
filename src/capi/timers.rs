//! `zmq_timers_*`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{c_int, c_long, c_void};
use std::ptr;

use crate::sync::Mutex;

use super::registry::Registry;
use super::{guard, guard_or, shielded_guard};
use crate::error::{Errno, Result};
use crate::sys::clock;

/// `zmq_timer_fn`: called as `f (timer_id, arg)`.
pub type TimerFn = unsafe extern "C" fn(c_int, *mut c_void);

static TIMERS: Registry<Timers> = Registry::new(0x7100_0000);

/// Makes a set of timers. Null, with `ENOMEM`, on failure.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_timers_new() -> *mut c_void {
    guard_or(ptr::null_mut(), || TIMERS.insert(Timers::default()))
}

/// Drops a set of timers and sets the caller's pointer to null. Errors: `EFAULT`.
///
/// # Safety
///
/// `timers_p` is null or can be read and written through.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_destroy(timers_p: *mut *mut c_void) -> c_int {
    guard(|| {
        if timers_p.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: readable and writable, per the contract.
        unsafe {
            let timers = TIMERS.remove(*timers_p)?;
            // Called by a handler: the timers that are due with its own are not called any more.
            *timers.0.lock() = Schedule::default();
            *timers_p = ptr::null_mut();
        }
        Ok(0)
    })
}

/// Adds a timer that expires every `interval` milliseconds, and returns its id. Errors: `EFAULT`,
/// also without a handler.
///
/// # Safety
///
/// `handler` may be called with `arg` as long as the timer exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_add(
    timers: *mut c_void,
    interval: usize,
    handler: Option<TimerFn>,
    arg: *mut c_void,
) -> c_int {
    guard(|| {
        let timers = TIMERS.get(timers)?;
        let handler = handler.ok_or(Errno::EFAULT)?;
        let mut schedule = timers.0.lock();
        schedule.add(clock::now_ms(), interval, Callback { handler, arg })
    })
}

/// Drops a timer. Errors: `EFAULT`; `EINVAL` if there is no such timer.
///
/// # Safety
///
/// None: the handle is only looked up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_cancel(timers: *mut c_void, timer_id: c_int) -> c_int {
    guard(|| {
        let timers = TIMERS.get(timers)?;
        timers.0.lock().cancel(timer_id)?;
        Ok(0)
    })
}

/// Changes a timer's interval and starts it anew. Errors: `EFAULT`; `EINVAL` if there is no such
/// timer. A cancelled timer is accepted until `zmq_timers_timeout` or `zmq_timers_execute` comes
/// past it, and stays cancelled.
///
/// # Safety
///
/// None: the handle is only looked up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_set_interval(
    timers: *mut c_void,
    timer_id: c_int,
    interval: usize,
) -> c_int {
    guard(|| {
        let timers = TIMERS.get(timers)?;
        let mut schedule = timers.0.lock();
        schedule.restart(clock::now_ms(), timer_id, Some(interval))?;
        Ok(0)
    })
}

/// Starts a timer anew. Errors: `EFAULT`; `EINVAL` if there is no such timer. As
/// [`zmq_timers_set_interval`] has it for a cancelled one.
///
/// # Safety
///
/// None: the handle is only looked up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_reset(timers: *mut c_void, timer_id: c_int) -> c_int {
    guard(|| {
        let timers = TIMERS.get(timers)?;
        let mut schedule = timers.0.lock();
        schedule.restart(clock::now_ms(), timer_id, None)?;
        Ok(0)
    })
}

/// Milliseconds until the next timer expires, 0 if one has; -1 if there is none. Errors: `EFAULT`.
///
/// # Safety
///
/// None: the handle is only looked up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_timeout(timers: *mut c_void) -> c_long {
    guard_or(-1, || {
        let timers = TIMERS.get(timers)?;
        let timeout = timers.0.lock().timeout(clock::now_ms());
        Ok(timeout.map_or(-1, |ms| c_long::try_from(ms).unwrap_or(c_long::MAX)))
    })
}

/// Calls the handlers of the timers that have expired, in the order of their expiry. Errors:
/// `EFAULT`.
///
/// # Safety
///
/// The handlers may be called now.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_execute(timers: *mut c_void) -> c_int {
    shielded_guard(|| {
        let timers = TIMERS.get(timers)?;
        timers.execute(clock::now_ms());
        Ok(0)
    })
}

/// A set of timers. The lock is for handlers that use the set they are called from, and is not held
/// while one runs; C programs use a set from one thread.
#[derive(Default)]
struct Timers(Mutex<Schedule>);

impl Timers {
    /// A handler may add, change and cancel timers, its own too. What it adds or restarts waits for
    /// the next call, what it cancels is not called.
    fn execute(&self, now: u64) {
        let due = self.0.lock().due(now);
        for (at, id) in due {
            let callback = self.0.lock().fire(now, at, id);
            if let Some(Callback { handler, arg }) = callback {
                // SAFETY: whoever added the timer promised that it may be called.
                unsafe { handler(id, arg) };
            }
        }
        self.0.lock().drop_cancelled();
    }
}

#[derive(Clone, Copy)]
struct Callback {
    handler: TimerFn,
    arg: *mut c_void,
}

// SAFETY: the argument is only handed to the handler, on the thread that executes the set.
unsafe impl Send for Callback {}

/// When a timer expires; timers of the same millisecond go in the order they were started.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Expiry {
    at: u64,
    order: u64,
}

struct Timer {
    expiry: Expiry,
    interval: u64,
    callback: Callback,
    /// It is not called any more, and goes when a search for the next timer comes past it.
    cancelled: bool,
}

#[derive(Default)]
struct Schedule {
    last_id: c_int,
    last_order: u64,
    timers: BTreeMap<c_int, Timer>,
    queue: BTreeSet<(Expiry, c_int)>,
}

impl Schedule {
    fn add(&mut self, now: u64, interval: usize, callback: Callback) -> Result<c_int> {
        let id = self.last_id.checked_add(1).ok_or(Errno::ENOMEM)?;
        self.last_id = id;
        let interval = interval as u64;
        let expiry = self.expiry(now, interval);
        self.queue.insert((expiry, id));
        let timer = Timer { expiry, interval, callback, cancelled: false };
        self.timers.insert(id, timer);
        Ok(id)
    }

    fn cancel(&mut self, id: c_int) -> Result<()> {
        let timer = self.timers.get_mut(&id).filter(|timer| !timer.cancelled);
        timer.ok_or(Errno::EINVAL)?.cancelled = true;
        Ok(())
    }

    fn restart(&mut self, now: u64, id: c_int, interval: Option<usize>) -> Result<()> {
        let timer = self.timers.get_mut(&id).ok_or(Errno::EINVAL)?;
        if let Some(interval) = interval {
            timer.interval = interval as u64;
        }
        let interval = timer.interval;
        let old = timer.expiry;
        let new = self.expiry(now, interval);
        self.queue.remove(&(old, id));
        self.queue.insert((new, id));
        if let Some(timer) = self.timers.get_mut(&id) {
            timer.expiry = new;
        }
        Ok(())
    }

    fn timeout(&mut self, now: u64) -> Option<u64> {
        self.drop_cancelled();
        let (expiry, _) = self.queue.first()?;
        Some(expiry.at.saturating_sub(now))
    }

    /// Drops the cancelled timers before the first one that is not.
    fn drop_cancelled(&mut self) {
        while let Some((_, id)) = self.queue.first()
            && self.timers.get(id).is_none_or(|timer| timer.cancelled)
            && let Some((_, id)) = self.queue.pop_first()
        {
            self.timers.remove(&id);
        }
    }

    /// The timers that have expired, in order.
    fn due(&self, now: u64) -> Vec<(Expiry, c_int)> {
        let due = self.queue.iter();
        due.take_while(|(expiry, _)| expiry.at <= now).copied().collect()
    }

    /// Starts an expired timer anew and gives its callback, unless it was cancelled or restarted
    /// since it was found.
    fn fire(&mut self, now: u64, expiry: Expiry, id: c_int) -> Option<Callback> {
        let timer = self.timers.get(&id)?;
        if timer.expiry != expiry {
            return None;
        }
        if timer.cancelled {
            self.queue.remove(&(expiry, id));
            self.timers.remove(&id);
            return None;
        }
        let callback = timer.callback;
        self.restart(now, id, None).ok()?;
        Some(callback)
    }

    fn expiry(&mut self, now: u64, interval: u64) -> Expiry {
        self.last_order += 1;
        Expiry { at: now.saturating_add(interval), order: self.last_order }
    }
}

#[cfg(test)]
mod tests;
