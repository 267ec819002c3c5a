//! Threads of the library's own.

use std::ffi::{c_uint, c_void};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::error::{Errno, Result};
use crate::sync::Mutex;

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

/// Sleeps.
pub fn sleep(seconds: c_uint) {
    std::thread::sleep(Duration::from_secs(seconds.into()));
}

/// A function of the application's that a thread is started for.
pub type ThreadFn = unsafe extern "C-unwind" fn(*mut c_void);

/// A thread that runs code of the application's.
pub struct ApplicationThread(Mutex<Option<JoinHandle<()>>>);

struct Call(ThreadFn, *mut c_void);

// SAFETY: the caller of `spawn_application` promised that the call may be made on another thread.
unsafe impl Send for Call {}

impl Call {
    fn make(self) {
        // SAFETY: by the caller of `spawn_application`.
        unsafe { (self.0)(self.1) }
    }
}

/// Starts a thread for code of the application's. Errors: as [`spawn`].
///
/// # Safety
/// `function` may be called with `argument` on another thread.
pub unsafe fn spawn_application(
    function: ThreadFn,
    argument: *mut c_void,
) -> Result<ApplicationThread> {
    let call = Call(function, argument);
    let thread = spawn("ZMQapp", Scheduling::default(), move || call.make())?;
    Ok(ApplicationThread(Mutex::new(Some(thread))))
}

impl ApplicationThread {
    /// Waits for the thread's end.
    pub fn join(&self) {
        if let Some(thread) = self.0.lock().take() {
            let _ = thread.join();
        }
    }
}

/// Runs `body`: there are no signals.
pub fn with_signals_blocked<T>(body: impl FnOnce() -> T) -> T {
    body()
}
