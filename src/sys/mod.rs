//! The operating system: every call to it that the standard library does not wrap.
//!
//! One file per facility, each with a safe interface. Where Windows has nothing in common with the
//! others, the file has its like in `windows/`.
#![allow(unsafe_code)] // system calls

pub mod cancel;
pub mod clock;
pub mod event;
#[cfg(unix)]
pub mod fd;
pub mod foreign;
pub mod fork;
pub mod futex;
pub mod gate;
pub mod gssapi;
pub mod libc;
#[cfg(windows)]
#[path = "windows/loopback.rs"]
mod loopback;
pub mod membarrier;
pub mod memory;
pub mod names;
pub mod norm;
#[cfg_attr(unix, path = "of_unix.rs")]
#[cfg_attr(windows, path = "windows/of_windows.rs")]
mod of_system;
pub mod once;
pub mod pgm;
#[cfg_attr(windows, path = "windows/poll.rs")]
pub mod poll;
pub mod poller;
pub mod processors;
#[cfg_attr(windows, path = "windows/sink.rs")]
pub mod sink;
pub mod socket;
#[cfg_attr(windows, path = "windows/tempdir.rs")]
pub mod tempdir;
#[cfg_attr(windows, path = "windows/thread.rs")]
pub mod thread;
pub mod tipc;
#[cfg_attr(not(target_os = "linux"), path = "no_vmci.rs")]
pub mod vmci;
pub mod word;
pub mod workers;

#[cfg(windows)]
pub use of_system::start;
pub use of_system::{NO_FD, RawFd, errno_of, last_errno, text_of};

use std::ffi::c_int;

use crate::error::Errno;

/// Whether there are sockets that are known by a path.
pub const HAS_IPC: bool = cfg!(unix);

/// Whether there are sockets of virtual machines and clusters: vsock, vmci and TIPC.
pub const HAS_VSOCK: bool = cfg!(target_os = "linux");

/// The calling thread's errno, as C programs know it. (A raw pointer keeps it on its thread.)
#[derive(Clone, Copy)]
pub struct ThreadErrno(*mut c_int);

impl ThreadErrno {
    /// Where it is takes a call; it stays there.
    #[inline]
    pub fn find() -> ThreadErrno {
        ThreadErrno(of_system::errno_location())
    }

    /// What it is.
    #[inline]
    pub fn get(self) -> Errno {
        // SAFETY: the location is the calling thread's own.
        Errno(unsafe { *self.0 })
    }

    /// Sets it.
    #[inline]
    pub fn set(self, errno: Errno) {
        // SAFETY: the location is the calling thread's own.
        unsafe { *self.0 = errno.0 };
    }
}

/// Sets the calling thread's errno.
pub fn set_errno(errno: Errno) {
    ThreadErrno::find().set(errno);
}

impl From<std::io::Error> for Errno {
    fn from(error: std::io::Error) -> Self {
        error.raw_os_error().map_or(Errno::EIO, errno_of)
    }
}
