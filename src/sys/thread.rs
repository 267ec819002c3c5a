//! Threads of the library's own.

use std::ffi::{c_int, c_uint, c_void};
use std::mem::MaybeUninit;
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

fn start(
    builder: Builder,
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>> {
    let short: String = name.chars().filter(|&c| c != '\0').take(15).collect();
    with_signals_blocked(|| builder.name(short).spawn(body)).map_err(Errno::from)
}

/// Sleeps, until a signal handler runs if one does. A thread that is cancelled ends in it.
pub fn sleep(seconds: c_uint) {
    #[cfg(not(target_os = "linux"))]
    use libc::sleep as system_sleep;
    #[cfg(target_os = "linux")]
    unsafe extern "C-unwind" {
        // Not the libc crate's: see below.
        #[link_name = "sleep"]
        fn system_sleep(seconds: c_uint) -> c_uint;
    }
    // SAFETY: takes any number.
    unsafe { system_sleep(seconds) };
}

/// A function of the application's that a thread is started for.
pub type ThreadFn = unsafe extern "C-unwind" fn(*mut c_void);

/// A thread that runs code of the application's.
pub struct ApplicationThread(libc::pthread_t);

// SAFETY: a thread may be waited for by any other.
unsafe impl Send for ApplicationThread {}
// SAFETY: as above.
unsafe impl Sync for ApplicationThread {}

unsafe extern "C-unwind" {
    // Not the libc crate's: in these, or in what they start, a thread that is cancelled ends.
    fn pthread_create(
        thread: *mut libc::pthread_t,
        attributes: *const libc::pthread_attr_t,
        start: extern "C-unwind" fn(*mut c_void) -> *mut c_void,
        argument: *mut c_void,
    ) -> c_int;
    fn pthread_join(thread: libc::pthread_t, result: *mut *mut c_void) -> c_int;
}

#[derive(Clone, Copy)]
struct Call {
    function: ThreadFn,
    argument: *mut c_void,
}

/// Not the standard library's threads: those cannot be cancelled, nor end by `pthread_exit`.
extern "C-unwind" fn run(call: *mut c_void) -> *mut c_void {
    // SAFETY: the box that `spawn_application` gave away.
    let call = *unsafe { Box::from_raw(call.cast::<Call>()) };
    #[cfg(target_os = "linux")]
    // SAFETY: the calling thread and a C string.
    unsafe {
        libc::pthread_setname_np(libc::pthread_self(), c"ZMQapp".as_ptr())
    };
    // SAFETY: promised by the caller of `spawn_application`.
    unsafe { (call.function)(call.argument) };
    std::ptr::null_mut()
}

/// Starts a thread for code of the application's: as [`spawn`], but like threads of C programs, with
/// their stack. Errors: `EAGAIN` or `ENOMEM` if the system has no more threads.
///
/// # Safety
/// `function` may be called with `argument` on another thread.
pub unsafe fn spawn_application(
    function: ThreadFn,
    argument: *mut c_void,
) -> Result<ApplicationThread> {
    let call = Box::into_raw(Box::new(Call { function, argument }));
    let mut thread = MaybeUninit::uninit();
    let attributes = std::ptr::null();
    let failed = with_signals_blocked(|| {
        // SAFETY: there is room for the answer, and `run` takes such a box.
        unsafe { pthread_create(thread.as_mut_ptr(), attributes, run, call.cast()) }
    });
    if failed != 0 {
        // SAFETY: nobody took it.
        drop(unsafe { Box::from_raw(call) });
        return Err(Errno(failed));
    }
    // SAFETY: the call succeeded.
    Ok(ApplicationThread(unsafe { thread.assume_init() }))
}

impl ApplicationThread {
    /// Waits for the thread's end; to be called once. A thread that is cancelled ends in it.
    pub fn join(&self) {
        // SAFETY: a thread that was not waited for; its result is not asked for.
        unsafe { pthread_join(self.0, std::ptr::null_mut()) };
    }
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
