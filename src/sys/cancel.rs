//! Cancellation of threads (`pthread_cancel`).
//!
//! A thread that is cancelled ends in the next system call of a certain kind: the C library unwinds its
//! stack from there. That must not happen below a frame that catches panics, which every exported
//! function has, nor below one that C calls and that may not unwind: the process would end. So
//!
//! - around each call that may come to one, in the C library, in other libraries, in functions of the
//!   application's, cancellation is put off by a [`Shield`]; calls that only threads of the library's own
//!   make need none,
//! - a thread that goes to sleep for a call that may wait does so where nothing catches panics, and
//!   says so by [`Cancel::Here`]. What is on the stack is dropped then, as by a panic.
//!
//! Elsewhere than on Linux, nothing is done about it.

/// Whether a thread may end in this place because it was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// It may: no frame from here to the application's catches panics or is one that may not unwind.
    Here,
    /// It goes on.
    Later,
}

/// As long as it exists, its thread does not end because it was cancelled.
pub struct Shield {
    #[cfg(target_os = "linux")]
    before: std::ffi::c_int,
    /// It is its thread's.
    _here: std::marker::PhantomData<*mut ()>,
}

impl Shield {
    /// Puts cancellation off.
    #[inline]
    pub fn new() -> Shield {
        Shield {
            #[cfg(target_os = "linux")]
            before: system::set_state(system::DISABLED),
            _here: std::marker::PhantomData,
        }
    }
}

impl Drop for Shield {
    #[inline]
    fn drop(&mut self) {
        #[cfg(target_os = "linux")]
        system::set_state(self.before);
    }
}

/// Runs `body` under a [`Shield`].
#[inline]
pub fn shielded<T>(body: impl FnOnce() -> T) -> T {
    let _shield = Shield::new();
    body()
}

/// Ends a thread that was cancelled, where it may end.
pub fn look(cancel: Cancel) {
    #[cfg(target_os = "linux")]
    if cancel == Cancel::Here {
        // SAFETY: no conditions but those of `Cancel::Here`.
        unsafe { system::pthread_testcancel() };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = cancel;
}

#[cfg(target_os = "linux")]
pub mod system {
    //! glibc and musl have the same numbers.

    use std::ffi::c_int;

    pub const DISABLED: c_int = 1;
    pub const AT_ONCE: c_int = 1;

    // Not those of the libc crate: calls of its functions cannot unwind, for all the compiler knows.
    unsafe extern "C-unwind" {
        fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int;
        pub fn pthread_setcanceltype(kind: c_int, old: *mut c_int) -> c_int;
        pub fn pthread_testcancel();
    }

    #[inline]
    pub fn set_state(state: c_int) -> c_int {
        let mut old = 0;
        // SAFETY: a valid pointer. A thread ends in this call only if it asked for cancellation at any
        // moment, which it may not while it is in a library.
        unsafe { pthread_setcancelstate(state, &raw mut old) };
        old
    }
}
