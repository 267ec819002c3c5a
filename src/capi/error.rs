//! `zmq_errno`, `zmq_strerror`, `zmq_version`, `zmq_has`.

use std::ffi::{CStr, c_char, c_int};

use super::shielded_guard_or;
use crate::consts::{ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR, ZMQ_VERSION_PATCH};
use crate::error::Errno;
use crate::options::Capability;
use crate::sys::{self, libc};

/// What `zmq_has` affirms, beside the parts that have options. It is asked for `ipc`, `pgm`, `tipc`, `norm`, `curve`, `gssapi`, `vmci`,
/// `vsock`, `draft`, `WS` and `WSS`.
const CAPABILITIES: [(&CStr, bool); 5] = [
    (c"ipc", sys::HAS_IPC),
    (c"tipc", sys::HAS_VSOCK),
    (c"vsock", sys::HAS_VSOCK),
    (c"draft", true),
    (c"WS", true),
];

/// Retrieves the calling thread's errno.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_errno() -> c_int {
    sys::ThreadErrno::find().get().0
}

/// The text of an error number. Never null; valid until the next call for a number that neither
/// this library nor the system knows.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_strerror(errnum: c_int) -> *const c_char {
    let text = match Errno(errnum) {
        Errno::EFSM => c"Operation cannot be accomplished in current state",
        Errno::ENOCOMPATPROTO => c"The protocol is not compatible with the socket type",
        Errno::ETERM => c"Context was terminated",
        Errno::EMTHREAD => c"No thread available",
        Errno::EHOSTUNREACH => c"Host unreachable",
        // SAFETY: takes any number. The text of an unknown one is the calling thread's own.
        Errno(number) => return unsafe { libc::strerror(number) },
    };
    text.as_ptr()
}

/// Writes the library's version; null pointers are passed over.
///
/// # Safety
///
/// Each pointer is null or can be written through.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_version(major: *mut c_int, minor: *mut c_int, patch: *mut c_int) {
    for (to, number) in
        [(major, ZMQ_VERSION_MAJOR), (minor, ZMQ_VERSION_MINOR), (patch, ZMQ_VERSION_PATCH)]
    {
        if !to.is_null() {
            // SAFETY: writable, per the contract.
            unsafe { to.write(number) };
        }
    }
}

/// Whether the library has a capability: 1 or 0, and 0 for a null pointer.
///
/// # Safety
///
/// `capability` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_has(capability: *const c_char) -> c_int {
    shielded_guard_or(0, || {
        if capability.is_null() {
            return Ok(0);
        }
        // SAFETY: a C string, per the contract.
        let capability = unsafe { CStr::from_ptr(capability) };
        // Named first: to know whether a part is there may take loading a library.
        let of_options =
            |c: Capability| c.name().as_bytes() == capability.to_bytes() && c.is_there();
        let there = CAPABILITIES.contains(&(capability, true))
            || Capability::ALL.into_iter().any(of_options)
            || capability == c"pgm" && sys::pgm::is_there();
        Ok(c_int::from(there))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(errnum: c_int) -> String {
        // SAFETY: never null, and copied before the next call.
        let text = unsafe { CStr::from_ptr(zmq_strerror(errnum)) };
        text.to_string_lossy().into_owned()
    }

    #[test]
    fn texts_of_the_library_and_of_the_system() {
        assert_eq!(text(Errno::ETERM.0), "Context was terminated");
        assert_eq!(text(libc::EHOSTUNREACH), "Host unreachable");
        assert_eq!(text(libc::EINVAL), "Invalid argument");
        assert!(text(-1).contains("-1"));
    }

    #[test]
    fn version_skips_null_pointers() {
        let mut minor = 0;
        // SAFETY: null or a local.
        unsafe { zmq_version(std::ptr::null_mut(), &raw mut minor, std::ptr::null_mut()) };
        assert_eq!(minor, 3);
    }

    #[test]
    fn capabilities() {
        // SAFETY: null or a C string.
        let has =
            |name: Option<&CStr>| unsafe { zmq_has(name.map_or(std::ptr::null(), CStr::as_ptr)) };
        assert_eq!(has(Some(c"ipc")), 1);
        assert_eq!(has(Some(c"draft")), 1);
        assert_eq!(has(Some(c"curve")), 1);
        assert_eq!(has(Some(c"gssapi")), c_int::from(crate::sys::gssapi::is_there()));
        assert_eq!(has(Some(c"pgm")), c_int::from(crate::sys::pgm::is_there()));
        assert_eq!(has(Some(c"norm")), c_int::from(crate::sys::norm::is_there()));
        for name in [c"IPC", c"ipc ", c"", c"epgm", c"GSSAPI"] {
            assert_eq!(has(Some(name)), 0, "{name:?}");
        }
        assert_eq!(has(None), 0);
    }
}
