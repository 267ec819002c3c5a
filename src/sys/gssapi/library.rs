//! The functions of the system's library, found by name when the first of them is wanted.

use std::ffi::{CStr, c_int, c_void};

use crate::sys::foreign::{self, Loaded};
use crate::sys::once::Once;

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
        foreign::enter(Library::get()?)
    }

    fn get() -> Option<&'static Library> {
        static LIBRARY: Once<Option<&Library>> = Once::new();
        // It stays for as long as the process does.
        LIBRARY.get_or_make(|| Library::load().map(|it| &*Box::leak(Box::new(it))))
    }

    fn load() -> Option<Library> {
        // SAFETY: the initialisers are those of Kerberos, which any program may load.
        let library = unsafe { Loaded::open(SONAME)? };
        // SAFETY: each field's type is the signature that RFC 2744 gives the function of the name
        // beside it.
        unsafe {
            Some(Library {
                import_name: library.symbol(c"gss_import_name")?,
                release_name: library.symbol(c"gss_release_name")?,
                acquire_cred: library.symbol(c"gss_acquire_cred")?,
                release_cred: library.symbol(c"gss_release_cred")?,
                init_sec_context: library.symbol(c"gss_init_sec_context")?,
                accept_sec_context: library.symbol(c"gss_accept_sec_context")?,
                delete_sec_context: library.symbol(c"gss_delete_sec_context")?,
                wrap: library.symbol(c"gss_wrap")?,
                unwrap: library.symbol(c"gss_unwrap")?,
                display_name: library.symbol(c"gss_display_name")?,
                display_status: library.symbol(c"gss_display_status")?,
                release_buffer: library.symbol(c"gss_release_buffer")?,
            })
        }
    }
}

/// The library while a call is under way.
pub type Inside = foreign::Inside<Library>;
