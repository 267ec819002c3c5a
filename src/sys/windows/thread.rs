//! Threads of the library's own.

use std::thread::{Builder, JoinHandle};

use crate::error::{Errno, Result};

/// Scheduling of a thread, as the context options say. They mean nothing here.
#[derive(Clone, Debug, Default)]
#[allow(dead_code, reason = "nothing is applied here")]
pub struct Scheduling {
    /// `ZMQ_THREAD_SCHED_POLICY`.
    pub policy: Option<i32>,
    /// `ZMQ_THREAD_PRIORITY`.
    pub priority: Option<i32>,
    /// `ZMQ_THREAD_AFFINITY_CPU_ADD`.
    pub cpus: Vec<usize>,
}

/// Starts a thread named `name`. Errors: `EAGAIN` or `ENOMEM` if the system has no more threads.
pub fn spawn(
    name: &str,
    _scheduling: Scheduling,
    body: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>> {
    let name: String = name.chars().filter(|&c| c != '\0').collect();
    Builder::new().name(name).spawn(body).map_err(Errno::from)
}

/// Starts a thread for code of the application's.
pub fn spawn_application(
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>> {
    spawn(name, Scheduling::default(), body)
}

/// Runs `body`: there are no signals.
pub fn with_signals_blocked<T>(body: impl FnOnce() -> T) -> T {
    body()
}
