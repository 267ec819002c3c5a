//! Descriptors that are closed when nobody has them any more.
//!
//! Not the standard library's, in whose closing a cancelled thread ends ([`super::cancel`]).

use std::os::fd::RawFd;

use super::cancel::shielded;

/// An open descriptor of the library's.
#[derive(Debug)]
pub struct Fd(RawFd);

impl Fd {
    /// Owns `fd` from now on.
    ///
    /// # Safety
    /// It is open and nobody else closes it.
    pub unsafe fn own(fd: RawFd) -> Fd {
        Fd(fd)
    }

    /// Its number.
    #[inline]
    pub fn raw(&self) -> RawFd {
        self.0
    }
}

impl Drop for Fd {
    fn drop(&mut self) {
        // SAFETY: its own. There is nothing to be done about a failure.
        shielded(|| unsafe { libc::close(self.0) });
    }
}
