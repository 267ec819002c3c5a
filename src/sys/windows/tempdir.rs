//! Directories with names that nobody else has: wanted for sockets with paths, which there are none of.

use std::path::{Path, PathBuf};

use crate::error::{Errno, Result};

/// Errors: `EPROTONOSUPPORT`.
pub fn make(_parent: &Path, _prefix: &str) -> Result<PathBuf> {
    Err(Errno::EPROTONOSUPPORT)
}
