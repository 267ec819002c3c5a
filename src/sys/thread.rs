//! Threads of the library's own.

use std::thread::{Builder, JoinHandle};

use crate::error::{Errno, Result};
use crate::sys::libc;

/// Scheduling of a thread, as the context options say. The defaults change nothing.
#[derive(Clone, Debug, Default)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nothing is applied there"))]
pub struct Scheduling {
    /// `ZMQ_THREAD_SCHED_POLICY`; `None` leaves it as it is.
    pub policy: Option<i32>,
    /// `ZMQ_THREAD_PRIORITY`.
    pub priority: Option<i32>,
    /// `ZMQ_THREAD_AFFINITY_CPU_ADD`: the processors to run on; empty means any.
    pub cpus: Vec<usize>,
}

impl Scheduling {
    /// Applies to the calling thread what can be applied; what the system refuses is left.
    fn apply(&self) {
        #[cfg(target_os = "linux")]
        {
            if self.policy.is_some() || self.priority.is_some() {
                // SAFETY: plain calls about the calling thread, with valid pointers to locals.
                unsafe {
                    let mut policy = 0;
                    let mut param: libc::sched_param = std::mem::zeroed();
                    if libc::pthread_getschedparam(libc::pthread_self(), &mut policy, &mut param)
                        == 0
                    {
                        let policy = self.policy.unwrap_or(policy);
                        let real_time = policy == libc::SCHED_FIFO || policy == libc::SCHED_RR;
                        if let (Some(priority), true) = (self.priority, real_time) {
                            param.sched_priority = priority;
                        }
                        libc::pthread_setschedparam(libc::pthread_self(), policy, &param);
                        if !real_time && self.priority.is_some_and(|priority| priority > 0) {
                            // A time-sharing thread has no priority, but a niceness.
                            libc::nice(-20);
                        }
                    }
                }
            }
            if !self.cpus.is_empty() {
                // SAFETY: `set` is a valid cpu_set_t; CPU_SET ignores numbers past its end.
                unsafe {
                    let mut set: libc::cpu_set_t = std::mem::zeroed();
                    for &cpu in &self.cpus {
                        if cpu < libc::CPU_SETSIZE as usize {
                            libc::CPU_SET(cpu, &mut set);
                        }
                    }
                    libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set);
                }
            }
        }
    }
}

/// Starts a thread that takes no signals, named `name` (cut to the system's 15 characters).
/// Errors: `EAGAIN` or `ENOMEM` if the system has no more threads.
pub fn spawn(
    name: &str,
    scheduling: Scheduling,
    body: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>> {
    start(Builder::new(), name, move || {
        scheduling.apply();
        body();
    })
}

/// Starts a thread for code of the application's: as `spawn`, but with the stack that threads of C
/// programs have, not the smaller one of Rust's.
pub fn spawn_application(
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>> {
    let mut size = 0;
    // SAFETY: `attributes` is initialised by the first call and used only if that succeeds.
    unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        if libc::pthread_attr_init(&mut attributes) == 0 {
            libc::pthread_attr_getstacksize(&attributes, &mut size);
            libc::pthread_attr_destroy(&mut attributes);
        }
    }
    let builder = if size > 0 { Builder::new().stack_size(size) } else { Builder::new() };
    start(builder, name, body)
}

fn start(
    builder: Builder,
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>> {
    let short: String = name.chars().filter(|&c| c != '\0').take(15).collect();
    with_signals_blocked(|| builder.name(short).spawn(body)).map_err(Errno::from)
}

/// Runs `body` with every signal blocked, so that a thread it creates inherits that.
pub fn with_signals_blocked<T>(body: impl FnOnce() -> T) -> T {
    // SAFETY: the sets are locals; the old mask is restored below on the same thread.
    let old = unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut old: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut old);
        old
    };
    let result = body();
    // SAFETY: `old` was filled above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &old, std::ptr::null_mut()) };
    result
}
