//! What is particular to UNIX-domain sockets: their files, and who may connect.

use std::fs;
use std::path::PathBuf;

use crate::error::{Errno, Result};
use crate::options::Options;
use crate::sys::names;
use crate::sys::socket::{Socket, UnixName};
use crate::sys::tempdir;

/// The name that an ipc address stands for: a path, or `@` and an abstract name. Errors: `EINVAL`
/// for `@` alone, `ENAMETOOLONG`.
pub(super) fn socket_name(address: &[u8]) -> Result<UnixName> {
    match address {
        [b'@'] => Err(Errno::EINVAL),
        [b'@', name @ ..] => UnixName::new(&[&[0], name].concat()),
        path => UnixName::new(path),
    }
}

/// Removes what is in the way of a socket file: one that an earlier run left behind, or one that
/// the application made to reserve the path.
pub(super) fn remove_stale(name: &UnixName) {
    if let path @ [first, ..] = name.bytes()
        && *first != 0
    {
        // An endpoint is text. If the file cannot be removed, bind says what is wrong.
        let _ = std::str::from_utf8(path).map(fs::remove_file);
    }
}

/// The place that `ipc://*` stands for: a socket file in a fresh directory. Both are removed when
/// this is dropped, unless in a forked child, whose parent still uses them.
#[derive(Debug)]
pub(super) struct Wildcard {
    directory: PathBuf,
    owner: u32,
}

impl Wildcard {
    /// Makes the directory where `TMPDIR`, `TEMPDIR` or `TMP` say, or else in the working
    /// directory. Errors: as mkdtemp(3).
    pub(super) fn create() -> Result<Wildcard> {
        let parent = ["TMPDIR", "TEMPDIR", "TMP"]
            .into_iter()
            .filter_map(std::env::var_os)
            .map(PathBuf::from)
            .find(|path| path.is_dir())
            .unwrap_or_default();
        let directory = tempdir::make(&parent, "tmp")?;
        Ok(Wildcard { directory, owner: std::process::id() })
    }

    /// The name of the socket file.
    pub(super) fn socket_name(&self) -> Result<UnixName> {
        UnixName::new(self.file().as_os_str().as_encoded_bytes())
    }

    fn file(&self) -> PathBuf {
        self.directory.join("socket")
    }

    /// Removes the file and the directory. Errors: those of unlink(2) and rmdir(2).
    pub(super) fn remove(mut self) -> Result<()> {
        self.try_remove()
    }

    fn try_remove(&mut self) -> Result<()> {
        let directory = std::mem::take(&mut self.directory);
        if directory.as_os_str().is_empty() || self.owner != std::process::id() {
            return Ok(());
        }
        let file = fs::remove_file(directory.join("socket"));
        fs::remove_dir(directory).and(file).map_err(Errno::from)
    }
}

impl Drop for Wildcard {
    fn drop(&mut self) {
        // Nobody is left to hear of it.
        let _ = self.try_remove();
    }
}

/// Whether the filters (`ZMQ_IPC_FILTER_UID`, `_GID`, `_PID`) let the peer in: it must pass one of
/// them, if there are any. A group lets in its members too.
pub(super) fn admits(socket: &Socket, o: &Options) -> bool {
    if o.ipc_filter_uid.is_empty() && o.ipc_filter_gid.is_empty() && o.ipc_filter_pid.is_empty() {
        return true;
    }
    let Ok(peer) = socket.peer_credentials() else { return false };
    o.ipc_filter_uid.contains(&peer.uid)
        || o.ipc_filter_gid.contains(&peer.gid)
        || o.ipc_filter_pid.contains(&peer.pid)
        || o.ipc_filter_gid.iter().any(|&gid| names::is_group_member(peer.uid, gid))
}
