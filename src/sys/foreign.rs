//! Libraries of others, loaded when the first of their functions is wanted.
//!
//! A process that exits takes libraries apart while other threads may still be in them, and they
//! would end in their assertions. So each call is made by way of [`enter`], which lets nobody in any
//! more from then on: who wants to waits for the end.

use std::ffi::{CStr, c_void};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::thread::{park, sleep};
use std::time::Duration;

use crate::sys::fork;
use crate::sys::libc;

/// How often an exiting process looks, each millisecond, whether calls under way are over. One that
/// waits for a server that does not answer is left to itself: it is asleep.
#[cfg_attr(not(any(target_os = "linux", target_os = "freebsd")), allow(dead_code))]
const LOOKS: u32 = 250;

/// Calls under way.
static INSIDE: AtomicUsize = AtomicUsize::new(0);
/// The process exits.
static CLOSED: AtomicBool = AtomicBool::new(false);
/// The thread that does, as pthread_self has it.
static CLOSER: AtomicUsize = AtomicUsize::new(0);
/// The process that loaded a library last, as [`fork::generation`] has it: those inside are its
/// threads.
static LOADED_IN: AtomicU32 = AtomicU32::new(0);

/// A library that is loaded, and stays so.
pub struct Loaded(*mut c_void);

impl Loaded {
    /// The library of this soname; `None` if the system has none.
    ///
    /// # Safety
    /// The library's initialisers must be such that any program may load it at any time.
    pub unsafe fn open(soname: &CStr) -> Option<Loaded> {
        LOADED_IN.store(fork::generation(), Ordering::Relaxed);
        // SAFETY: the name is a C string; the caller vouches for the initialisers.
        let handle = unsafe { libc::dlopen(soname.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        (!handle.is_null()).then_some(Loaded(handle))
    }

    /// The function `name`, `None` if the library lacks it.
    ///
    /// # Safety
    /// `F` is a function pointer of the type that the function of this name has.
    pub unsafe fn symbol<F: Copy>(&self, name: &CStr) -> Option<F> {
        const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
        // SAFETY: an open handle, which is never closed, and a C string.
        let address = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        // SAFETY: not null, and a pointer to the function; the caller vouches for its type.
        (!address.is_null()).then(|| unsafe { std::mem::transmute_copy(&address) })
    }
}

/// The functions of `library` for one call. `None`: the caller is at the process' exit.
pub fn enter<L>(library: &'static L) -> Option<Inside<L>> {
    INSIDE.fetch_add(1, Ordering::SeqCst);
    let inside = Inside(library);
    if !CLOSED.load(Ordering::SeqCst) {
        return Some(inside);
    }
    drop(inside);
    while CLOSER.load(Ordering::SeqCst) != this_thread() {
        park();
    }
    None
}

/// A library while a call is under way.
pub struct Inside<L: 'static>(&'static L);

impl<L> Deref for Inside<L> {
    type Target = L;

    fn deref(&self) -> &L {
        self.0
    }
}

impl<L> Drop for Inside<L> {
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs when the process exits, with this library's destructors: after the application's, and before
/// those of libraries that were loaded later.
#[cfg_attr(not(any(target_os = "linux", target_os = "freebsd")), allow(dead_code))] // nothing is loaded
extern "C" fn close() {
    CLOSER.store(this_thread(), Ordering::SeqCst);
    CLOSED.store(true, Ordering::SeqCst);
    if LOADED_IN.load(Ordering::Relaxed) != fork::generation() {
        return;
    }
    for _ in 0..LOOKS {
        if INSIDE.load(Ordering::SeqCst) == 0 {
            return;
        }
        sleep(Duration::from_millis(1));
    }
}

fn this_thread() -> usize {
    // SAFETY: no conditions.
    unsafe { libc::pthread_self() as usize }
}

// SAFETY: the section is the list of functions to be called at the end, of this type.
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
#[used]
#[unsafe(link_section = ".fini_array")]
static AT_EXIT: extern "C" fn() = close;
