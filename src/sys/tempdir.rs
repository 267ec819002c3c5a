//! Directories with names that nobody else has.

use std::ffi::{CString, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::last_errno;
use crate::error::{Errno, Result};
use crate::sys::libc;

/// Makes a directory in `parent` (the working directory if empty) that only this user may enter.
/// Its name is `prefix` and six more characters. Errors: as mkdtemp(3).
pub fn make(parent: &Path, prefix: &str) -> Result<PathBuf> {
    let mut template = parent.join(prefix).into_os_string();
    template.push("XXXXXX");
    let template = CString::new(template.as_bytes()).map_err(|_| Errno::EINVAL)?;
    let path = template.into_raw();
    // SAFETY: `path` is a writable C string of our own; mkdtemp changes characters in place.
    let (made, path) = unsafe {
        let made = !libc::mkdtemp(path).is_null();
        let errno = last_errno();
        (if made { Ok(()) } else { Err(errno) }, CString::from_raw(path))
    };
    made.map(|()| PathBuf::from(OsString::from_vec(path.into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_directory_is_fresh() {
        let parent = std::env::temp_dir();
        let (a, b) = (make(&parent, "ozm").unwrap(), make(&parent, "ozm").unwrap());
        assert!(a != b && a.is_dir() && b.is_dir() && a.starts_with(&parent));
        std::fs::remove_dir(a).unwrap();
        std::fs::remove_dir(b).unwrap();
        assert_eq!(make(Path::new("/no such directory"), "x"), Err(Errno::ENOENT));
    }
}
