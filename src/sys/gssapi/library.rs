//! The functions of the system's library, found by name when the first of them is wanted.
//!
//! A process that exits takes the library apart while other threads may still be in it, and they
//! would end in its assertions. So each call is made by way of [`Library::enter`], which lets nobody
//! in any more from then on: who wants to waits for the end.

use std::ffi::{CStr, c_int, c_void};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::thread::{park, sleep};
use std::time::Duration;

use crate::sys::fork;
use crate::sys::once::Once;

/// How often an exiting process looks, each millisecond, whether calls under way are over. One that
/// waits for a server that does not answer is left to itself: it is asleep.
const LOOKS: u32 = 250;

/// Calls under way.
static INSIDE: AtomicUsize = AtomicUsize::new(0);
/// The process exits.
static CLOSED: AtomicBool = AtomicBool::new(false);
/// The thread that does, as pthread_self has it.
static CLOSER: AtomicUsize = AtomicUsize::new(0);
/// The process that loaded the library, as [`fork::generation`] has it: those inside are its threads.
static LOADED_IN: AtomicU32 = AtomicU32::new(0);

/// MIT Kerberos' soname. A program that does without GSSAPI does without the library.
const SONAME: &CStr = c"libgssapi_krb5.so.2";

/// `gss_buffer_desc`: bytes and how many.
#[repr(C)]
pub struct RawBuffer {
    pub length: usize,
    pub value: *mut c_void,
}

/// `gss_OID_desc`: an object identifier, in DER without tag and length.
#[repr(C)]
pub struct RawOid {
    pub length: u32,
    pub elements: *mut c_void,
}

/// What `gss_name_t`, `gss_cred_id_t` and `gss_ctx_id_t` point to is the library's own affair.
pub type RawHandle = *mut c_void;

type ImportName =
    unsafe extern "C" fn(*mut u32, *mut RawBuffer, *mut RawOid, *mut RawHandle) -> u32;
type Release = unsafe extern "C" fn(*mut u32, *mut RawHandle) -> u32;
type AcquireCred = unsafe extern "C" fn(
    *mut u32,
    RawHandle,
    u32,
    *mut c_void,
    c_int,
    *mut RawHandle,
    *mut *mut c_void,
    *mut u32,
) -> u32;
type InitSecContext = unsafe extern "C" fn(
    *mut u32,
    RawHandle,
    *mut RawHandle,
    RawHandle,
    *mut RawOid,
    u32,
    u32,
    *mut c_void,
    *mut RawBuffer,
    *mut *mut RawOid,
    *mut RawBuffer,
    *mut u32,
    *mut u32,
) -> u32;
type AcceptSecContext = unsafe extern "C" fn(
    *mut u32,
    *mut RawHandle,
    RawHandle,
    *mut RawBuffer,
    *mut c_void,
    *mut RawHandle,
    *mut *mut RawOid,
    *mut RawBuffer,
    *mut u32,
    *mut u32,
    *mut RawHandle,
) -> u32;
type DeleteSecContext = unsafe extern "C" fn(*mut u32, *mut RawHandle, *mut RawBuffer) -> u32;
type Wrap = unsafe extern "C" fn(
    *mut u32,
    RawHandle,
    c_int,
    u32,
    *mut RawBuffer,
    *mut c_int,
    *mut RawBuffer,
) -> u32;
type Unwrap = unsafe extern "C" fn(
    *mut u32,
    RawHandle,
    *mut RawBuffer,
    *mut RawBuffer,
    *mut c_int,
    *mut u32,
) -> u32;
type DisplayName =
    unsafe extern "C" fn(*mut u32, RawHandle, *mut RawBuffer, *mut *mut RawOid) -> u32;
type DisplayStatus =
    unsafe extern "C" fn(*mut u32, u32, c_int, *mut RawOid, *mut u32, *mut RawBuffer) -> u32;
type ReleaseBuffer = unsafe extern "C" fn(*mut u32, *mut RawBuffer) -> u32;

/// The functions, with the signatures of RFC 2744 as `gssapi/gssapi.h` has them. The first argument
/// is always where the mechanism's own status goes.
pub struct Library {
    pub import_name: ImportName,
    pub release_name: Release,
    pub acquire_cred: AcquireCred,
    pub release_cred: Release,
    pub init_sec_context: InitSecContext,
    pub accept_sec_context: AcceptSecContext,
    pub delete_sec_context: DeleteSecContext,
    pub wrap: Wrap,
    pub unwrap: Unwrap,
    pub display_name: DisplayName,
    pub display_status: DisplayStatus,
    pub release_buffer: ReleaseBuffer,
}

impl Library {
    /// Whether the system has the library. It is looked for once, and stays loaded.
    pub fn is_there() -> bool {
        Library::get().is_some()
    }

    /// The library for one call. `None`: there is none, or the caller is at the process' exit.
    pub fn enter() -> Option<Inside> {
        let library = Library::get()?;
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

    fn get() -> Option<&'static Library> {
        static LIBRARY: Once<Option<&Library>> = Once::new();
        // It stays for as long as the process does.
        LIBRARY.get_or_make(|| Library::load().map(|it| &*Box::leak(Box::new(it))))
    }

    fn load() -> Option<Library> {
        LOADED_IN.store(fork::generation(), Ordering::Relaxed);
        // SAFETY: the name is a C string; the library's initialisers are those of Kerberos, which
        // any program may load.
        let handle = unsafe { libc::dlopen(SONAME.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        if handle.is_null() {
            return None;
        }
        // SAFETY: the handle is open and never closed, and each field's type is the signature that
        // RFC 2744 gives the function of the name beside it.
        unsafe {
            Some(Library {
                import_name: symbol(handle, c"gss_import_name")?,
                release_name: symbol(handle, c"gss_release_name")?,
                acquire_cred: symbol(handle, c"gss_acquire_cred")?,
                release_cred: symbol(handle, c"gss_release_cred")?,
                init_sec_context: symbol(handle, c"gss_init_sec_context")?,
                accept_sec_context: symbol(handle, c"gss_accept_sec_context")?,
                delete_sec_context: symbol(handle, c"gss_delete_sec_context")?,
                wrap: symbol(handle, c"gss_wrap")?,
                unwrap: symbol(handle, c"gss_unwrap")?,
                display_name: symbol(handle, c"gss_display_name")?,
                display_status: symbol(handle, c"gss_display_status")?,
                release_buffer: symbol(handle, c"gss_release_buffer")?,
            })
        }
    }
}

/// The library while a call is under way.
pub struct Inside(&'static Library);

impl Deref for Inside {
    type Target = Library;

    fn deref(&self) -> &Library {
        self.0
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs when the process exits, with this library's destructors: after the application's, and before
/// those of libraries that were loaded later.
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
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
#[used]
#[unsafe(link_section = ".fini_array")]
static AT_EXIT: extern "C" fn() = close;

/// The function `name`, `None` if the library lacks it.
///
/// # Safety
/// `handle` came from dlopen and is open. `F` is a function pointer of the type that the function
/// of this name has.
unsafe fn symbol<F: Copy>(handle: *mut c_void, name: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    // SAFETY: an open handle and a C string.
    let address = unsafe { libc::dlsym(handle, name.as_ptr()) };
    // SAFETY: not null, and a pointer to the function; the caller vouches for its type.
    (!address.is_null()).then(|| unsafe { std::mem::transmute_copy(&address) })
}
