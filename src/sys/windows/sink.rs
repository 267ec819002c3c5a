//! A file that lines of text are written to, and the environment variable that names it.
//!
//! Nobody but this library writes by its handle. What is written to standard error may wait for who
//! reads that: there is no way to ask whether there is room.

use std::ffi::{CStr, CString};
use std::fs::{File, OpenOptions};
use std::io::Write;

use super::ThreadErrno;
use crate::error::{Errno, Result};

/// A value from the environment.
pub fn environment(name: &CStr) -> Option<CString> {
    CString::new(std::env::var(name.to_str().ok()?).ok()?).ok()
}

/// Where lines go.
#[derive(Debug)]
pub enum Sink {
    /// Standard error.
    Stderr,
    /// A file that is appended to.
    File(File),
}

impl Sink {
    /// Standard error.
    pub fn stderr() -> Result<Sink> {
        Ok(Sink::Stderr)
    }

    /// Appends to the file of this path, which is made if there is none. Errors: `ENOENT`, `EACCES`
    /// and the like.
    pub fn file(path: &CStr) -> Result<Sink> {
        let path = path.to_str().map_err(|_| Errno::EINVAL)?;
        Ok(Sink::File(OpenOptions::new().append(true).create(true).open(path)?))
    }

    /// Writes a line, or does not; leaves errno alone.
    pub fn write(&self, line: &[u8]) {
        let errno = ThreadErrno::find();
        let before = errno.get();
        let _ = match self {
            Sink::Stderr => std::io::stderr().write(line),
            Sink::File(file) => (&*file).write(line),
        };
        errno.set(before);
    }
}
