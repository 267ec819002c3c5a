//! `zmq_ctx_*`, and `zmq_init` and `zmq_term` of old.

use std::ffi::{c_int, c_void};

use super::{Sleeper, bytes, bytes_mut, guard_sleeper, shielded_guard, shielded_guard_or};
use crate::consts::ZMQ_IO_THREADS;
use crate::error::{Errno, Result};
use crate::socket::{CONTEXTS, Context};
use crate::sync::Arc;
use crate::sys::cancel::{Cancel, Shield};

/// The live context of a handle. Errors: `EFAULT`; `ETERM` in a forked child if it is the parent's.
pub fn context(pointer: *const c_void) -> Result<Arc<Context>> {
    let handle = CONTEXTS.find(pointer).ok_or(Errno::EFAULT)?;
    handle.lock()?.as_deref().cloned().ok_or(Errno::EFAULT)
}

/// Creates a context. Null with `EMFILE` if there are too many.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_new() -> *mut c_void {
    shielded_guard_or(std::ptr::null_mut(), || {
        let handle = CONTEXTS.insert(Box::new(Context::new())).ok_or(Errno::EMFILE)?;
        Ok(handle.pointer())
    })
}

/// Terminates a context: its sockets' calls answer `ETERM`; waits until they are closed and have
/// sent what they linger for. In a forked child, a context of the parent's is forgotten. `EINTR` if a
/// signal came: call again. `EFAULT`: no context.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn zmq_ctx_term(context_: *mut c_void) -> c_int {
    guard_sleeper(Termination { context: None, slept: Ok(()) }, |termination| {
        let _shield = Shield::new();
        std::mem::replace(&mut termination.slept, Ok(()))?;
        let handle = CONTEXTS.find(context_).ok_or(Errno::EFAULT)?;
        if handle.is_inherited() {
            return if CONTEXTS.forget(handle) { Ok(0) } else { Err(Errno::EFAULT) };
        }
        let context = match &mut termination.context {
            Some(context) => context,
            None => termination.context.insert(context(context_)?),
        };
        context.terminate()?;
        CONTEXTS.remove(handle);
        Ok(0)
    })
}

struct Termination {
    context: Option<Arc<Context>>,
    /// What came of the last sleep.
    slept: Result<()>,
}

impl Sleeper for Termination {
    fn sleep(&mut self) {
        if let Some(context) = &self.context {
            self.slept = context.wait_for_sockets(Cancel::Here);
        }
    }
}

/// Makes all blocked and later calls on the context's sockets answer `ETERM`. `EFAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_shutdown(context_: *mut c_void) -> c_int {
    shielded_guard(|| match context(context_) {
        Ok(context) => {
            context.shutdown();
            Ok(0)
        }
        // In a forked child its sockets answer that anyway.
        Err(Errno::ETERM) => Ok(0),
        Err(errno) => Err(errno),
    })
}

/// Sets a context option that is an int. `EINVAL`, `EFAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_set(context_: *mut c_void, option_: c_int, optval_: c_int) -> c_int {
    shielded_guard(|| {
        context(context_)?.options().set(option_, &optval_.to_ne_bytes())?;
        Ok(0)
    })
}

/// Sets a context option of any type. `EINVAL`, `EFAULT`.
///
/// # Safety
/// `optval_` points to `optvallen_` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_set_ext(
    context_: *mut c_void,
    option_: c_int,
    optval_: *const c_void,
    optvallen_: usize,
) -> c_int {
    shielded_guard(|| {
        // SAFETY: by the caller.
        let value = unsafe { bytes(optval_, optvallen_) }.ok_or(Errno::EINVAL)?;
        context(context_)?.options().set(option_, value)?;
        Ok(0)
    })
}

/// The value of a context option that is an int. -1 with `EINVAL`, `EFAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_get(context_: *mut c_void, option_: c_int) -> c_int {
    shielded_guard(|| context(context_)?.options().get(option_))
}

/// Gets a context option of any type. `EINVAL`, `EFAULT`.
///
/// # Safety
/// `optvallen_` points to a length, and `optval_` to as many writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_get_ext(
    context_: *mut c_void,
    option_: c_int,
    optval_: *mut c_void,
    optvallen_: *mut usize,
) -> c_int {
    shielded_guard(|| {
        let context = context(context_)?;
        if optvallen_.is_null() {
            return Err(Errno::EINVAL);
        }
        // SAFETY: by the caller.
        let buffer = unsafe { bytes_mut(optval_, *optvallen_) }.unwrap_or_default();
        context.options().get_ext(option_, buffer)?;
        Ok(0)
    })
}

/// Deprecated: a context with this many I/O threads. `EINVAL` for a negative number.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_init(io_threads_: c_int) -> *mut c_void {
    shielded_guard_or(std::ptr::null_mut(), || {
        let context = Context::new();
        context.options().set(ZMQ_IO_THREADS, &io_threads_.to_ne_bytes())?;
        let handle = CONTEXTS.insert(Box::new(context)).ok_or(Errno::EMFILE)?;
        Ok(handle.pointer())
    })
}

/// Deprecated: [`zmq_ctx_term`].
#[unsafe(no_mangle)]
pub extern "C-unwind" fn zmq_term(context_: *mut c_void) -> c_int {
    zmq_ctx_term(context_)
}

/// Deprecated: [`zmq_ctx_term`].
#[unsafe(no_mangle)]
pub extern "C-unwind" fn zmq_ctx_destroy(context_: *mut c_void) -> c_int {
    zmq_ctx_term(context_)
}
