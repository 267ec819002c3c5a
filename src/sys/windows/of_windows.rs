//! What Windows knows sockets and errors by.

use std::ffi::{c_char, c_int};
use std::sync::atomic::{AtomicBool, Ordering};

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND, ERROR_INVALID_HANDLE, ERROR_NOT_ENOUGH_MEMORY,
    ERROR_OUTOFMEMORY, ERROR_PATH_NOT_FOUND, ERROR_TOO_MANY_OPEN_FILES, GetLastError,
};
use windows_sys::Win32::Networking::WinSock::*;

use crate::error::{Errno, HAUSNUMERO};
use crate::sys::libc;

/// A socket: nothing else can be polled.
pub use std::os::windows::io::RawSocket as RawFd;

/// No socket.
pub const NO_FD: RawFd = INVALID_SOCKET as RawFd;

unsafe extern "C" {
    fn _errno() -> *mut c_int;
    fn strerror_s(text: *mut c_char, room: usize, number: c_int) -> c_int;
}

/// Makes Winsock usable, which stays so.
pub fn start() {
    static STARTED: AtomicBool = AtomicBool::new(false);
    if !STARTED.load(Ordering::Acquire) {
        let mut data = WSADATA::default();
        // SAFETY: the pointer is to a local. Each start counts, and none is taken back.
        if unsafe { WSAStartup(0x202, &mut data) } == 0 {
            STARTED.store(true, Ordering::Release);
        }
    }
}

/// Where the calling thread has its errno.
pub fn errno_location() -> *mut c_int {
    // SAFETY: no requirements.
    unsafe { _errno() }
}

/// Why the last call of the system's failed.
pub fn last_errno() -> Errno {
    // SAFETY: no conditions. Winsock's last error is the same.
    errno_of(unsafe { GetLastError() }.cast_signed())
}

/// The errno of `errno.h` that a code of the system's or of Winsock's stands for; `EIO` if none.
pub fn errno_of(code: i32) -> Errno {
    match code {
        WSAEWOULDBLOCK => Errno::EAGAIN,
        WSAEINPROGRESS | WSAEALREADY => Errno::EINPROGRESS,
        WSAEINTR => Errno::EINTR,
        WSAEBADF => Errno::EBADF,
        WSAEACCES => Errno::EACCES,
        WSAEFAULT => Errno::EFAULT,
        WSAEINVAL => Errno::EINVAL,
        WSAEMFILE => Errno::EMFILE,
        WSAENOTSOCK => Errno::ENOTSOCK,
        WSAEMSGSIZE => Errno::EMSGSIZE,
        WSAENOPROTOOPT => Errno(libc::ENOPROTOOPT),
        WSAEPROTONOSUPPORT | WSAESOCKTNOSUPPORT => Errno::EPROTONOSUPPORT,
        WSAEOPNOTSUPP => Errno::ENOTSUP,
        WSAEAFNOSUPPORT | WSAEPFNOSUPPORT => Errno::EAFNOSUPPORT,
        WSAEADDRINUSE => Errno::EADDRINUSE,
        WSAEADDRNOTAVAIL => Errno::EADDRNOTAVAIL,
        WSAENETDOWN => Errno(libc::ENETDOWN),
        WSAENETUNREACH => Errno::ENETUNREACH,
        WSAENETRESET => Errno(libc::ENETRESET),
        WSAECONNABORTED => Errno::ECONNABORTED,
        WSAECONNRESET => Errno::ECONNRESET,
        WSAENOBUFS => Errno::ENOBUFS,
        WSAENOTCONN => Errno::ENOTCONN,
        // Writing after shutdown.
        WSAESHUTDOWN => Errno::EPIPE,
        WSAETIMEDOUT => Errno::ETIMEDOUT,
        WSAECONNREFUSED => Errno::ECONNREFUSED,
        WSAEHOSTUNREACH | WSAEHOSTDOWN => Errno::EHOSTUNREACH,
        WSAENAMETOOLONG => Errno::ENAMETOOLONG,
        _ => match code.cast_unsigned() {
            ERROR_FILE_NOT_FOUND | ERROR_PATH_NOT_FOUND => Errno::ENOENT,
            ERROR_ACCESS_DENIED => Errno::EACCES,
            ERROR_INVALID_HANDLE => Errno::EBADF,
            ERROR_NOT_ENOUGH_MEMORY | ERROR_OUTOFMEMORY => Errno::ENOMEM,
            ERROR_TOO_MANY_OPEN_FILES => Errno::EMFILE,
            _ => Errno::EIO,
        },
    }
}

/// The system's text for an errno, in `room`, without an allocation. Empty for the library's own
/// numbers, which the system does not know.
pub fn text_of(errno: Errno, room: &mut [u8; 128]) -> &str {
    if errno.0 >= HAUSNUMERO {
        return "";
    }
    // SAFETY: the pointer and the length describe `room`, in which a C string is left.
    let result = unsafe { strerror_s(room.as_mut_ptr().cast(), room.len(), errno.0) };
    let text = if result == 0 { std::ffi::CStr::from_bytes_until_nul(room).ok() } else { None };
    text.and_then(|text| text.to_str().ok()).unwrap_or_default()
}
