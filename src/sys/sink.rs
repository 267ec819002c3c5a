//! A descriptor that lines of text are written to without ever waiting, and the environment
//! variable that names it.
//!
//! The descriptor may be one that the program shares (standard error), so its flags stay as they
//! are, and it may have become something else since: a program that closes all descriptors and
//! opens files gets the same numbers again. Whatever cannot be written at once, or to what was
//! opened, is not written.

use std::ffi::{CStr, CString, OsStr};
use std::os::fd::{IntoRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;

use super::cancel::Shield;
use super::{last_errno, poll, set_errno};
#[cfg(any(target_os = "linux", test))]
use crate::error::Errno;
use crate::error::Result;
use crate::sys::libc;

/// A value from the environment. `None` as well in a program that has more rights than who started
/// it: what that user says must not open files then.
pub fn environment(name: &CStr) -> Option<CString> {
    if has_more_rights() {
        return None;
    }
    // SAFETY: a C string; the answer is null or one, and is copied before anybody can change it
    // that keeps to the rule not to change the environment beside other threads.
    unsafe {
        let value = libc::getenv(name.as_ptr());
        (!value.is_null()).then(|| CStr::from_ptr(value).to_owned())
    }
}

#[cfg(target_os = "linux")]
fn has_more_rights() -> bool {
    // SAFETY: a plain call.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

#[cfg(not(target_os = "linux"))]
fn has_more_rights() -> bool {
    // SAFETY: plain calls.
    unsafe { libc::getuid() != libc::geteuid() || libc::getgid() != libc::getegid() }
}

/// Where lines go.
#[derive(Debug)]
pub struct Sink {
    fd: RawFd,
    /// Device and file number, by which the file is known again.
    file: (libc::dev_t, libc::ino_t),
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Takes everything at once.
    Regular,
    Socket,
    /// A pipe, a terminal or another device: takes what it has room for.
    Stream,
}

impl Sink {
    /// Standard error. `EBADF` if it is closed.
    pub fn stderr() -> Result<Sink> {
        Sink::new(libc::STDERR_FILENO)
    }

    /// Appends to the file of this path, which is made if there is none. Errors: those of open;
    /// `ENXIO` for a pipe that nobody reads.
    pub fn file(path: &CStr) -> Result<Sink> {
        let file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o644)
            .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
            .open(OsStr::from_bytes(path.to_bytes()))?;
        // Open for as long as the process lives: threads that write outlive any owner.
        Sink::new(OwnedFd::from(file).into_raw_fd())
    }

    fn new(fd: RawFd) -> Result<Sink> {
        let (file, mode) = identify(fd).ok_or_else(last_errno)?;
        let kind = match mode & libc::S_IFMT {
            libc::S_IFREG => Kind::Regular,
            libc::S_IFSOCK => Kind::Socket,
            _ => Kind::Stream,
        };
        Ok(Sink { fd, file, kind })
    }

    /// Writes a line, or does not; never waits, raises no signal and leaves errno alone.
    pub fn write(&self, line: &[u8]) {
        let errno = last_errno();
        if identify(self.fd).is_some_and(|(file, _)| file == self.file) {
            let _shield = Shield::new();
            without_signals(|| match self.kind {
                Kind::Regular => write(self.fd, line),
                Kind::Socket => send(self.fd, line),
                Kind::Stream => write_if_room(self.fd, line),
            });
        }
        set_errno(errno);
    }
}

/// What a descriptor stands for, and its mode.
fn identify(fd: RawFd) -> Option<((libc::dev_t, libc::ino_t), libc::mode_t)> {
    let mut status = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the pointer is to room for the answer, which is read only when there is one.
    unsafe {
        (libc::fstat(fd, status.as_mut_ptr()) == 0).then(|| {
            let status = status.assume_init();
            ((status.st_dev, status.st_ino), status.st_mode)
        })
    }
}

fn write(fd: RawFd, line: &[u8]) {
    // SAFETY: the pointer and the length describe `line`.
    unsafe { libc::write(fd, line.as_ptr().cast(), line.len()) };
}

fn send(fd: RawFd, line: &[u8]) {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: the pointer and the length describe `line`.
    unsafe { libc::send(fd, line.as_ptr().cast(), line.len(), flags) };
}

/// Writes if the system says that there is room. It could be taken in between: the system is asked
/// to fail rather than wait, where it can do that.
fn write_if_room(fd: RawFd, line: &[u8]) {
    let mut entries = [poll::entry(fd, libc::POLLOUT)];
    if !matches!(poll::look(&mut entries), Ok(1)) || entries[0].revents != libc::POLLOUT {
        return;
    }
    #[cfg(target_os = "linux")]
    {
        let part = libc::iovec { iov_base: line.as_ptr().cast_mut().cast(), iov_len: line.len() };
        // SAFETY: one part, which describes `line` and is only read.
        let written = unsafe { libc::pwritev2(fd, &raw const part, 1, -1, libc::RWF_NOWAIT) };
        let is_unknown = [Errno(libc::ENOSYS), Errno(libc::EOPNOTSUPP), Errno::EINVAL];
        if written >= 0 || !is_unknown.contains(&last_errno()) {
            return;
        }
    }
    write(fd, line);
}

/// Runs `body` without the signals that writing can raise in the calling thread: `SIGPIPE` where
/// nobody reads any more, `SIGXFSZ` where a file may not grow.
fn without_signals(body: impl FnOnce()) {
    // SAFETY: the sets are locals, initialised by the calls before those that use them; the old
    // mask is restored on the same thread.
    unsafe {
        let mut ours: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        let mut old: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut ours);
        libc::sigpending(&mut before);
        for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
            if libc::sigismember(&before, signal) != 1 {
                libc::sigaddset(&mut ours, signal);
            }
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, &ours, &mut old);
        body();
        let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        while libc::sigtimedwait(&ours, std::ptr::null_mut(), &now) > 0 {}
        libc::pthread_sigmask(libc::SIG_SETMASK, &old, std::ptr::null_mut());
    }
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, PipeWriter, Read, pipe};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn pair() -> (PipeReader, PipeWriter, Sink) {
        let (reader, writer) = pipe().unwrap();
        let sink = Sink::new(writer.as_raw_fd()).unwrap();
        (reader, writer, sink)
    }

    #[test]
    fn a_pipe_takes_lines_until_it_is_full_and_then_none() {
        let (mut reader, writer, sink) = pair();
        for _ in 0..1000 {
            sink.write(&[b'x'; 512]);
        }
        drop(writer);
        let mut text = Vec::new();
        reader.read_to_end(&mut text).unwrap();
        assert!((4096..1000 * 512).contains(&text.len()), "{}", text.len());
        assert_eq!(text.len() % 512, 0);
    }

    #[test]
    fn a_pipe_that_nobody_reads_raises_no_signal() {
        let (reader, _writer, sink) = pair();
        drop(reader);
        set_errno(Errno::EFSM);
        sink.write(b"line\n");
        assert_eq!(last_errno(), Errno::EFSM);
    }

    #[test]
    fn a_socket_takes_lines_until_it_is_full_and_survives_its_peer() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let sink = Sink::new(ours.as_raw_fd()).unwrap();
        sink.write(b"line\n");
        let mut text = [0; 5];
        theirs.read_exact(&mut text).unwrap();
        assert_eq!(&text, b"line\n");
        for _ in 0..10_000 {
            sink.write(&[b'x'; 512]);
        }
        drop(theirs);
        sink.write(b"line\n");
    }

    #[test]
    fn a_number_that_came_to_mean_another_file_is_not_written_to() {
        let (mut reader, writer, sink) = pair();
        let (mut other_reader, other) = pipe().unwrap();
        // SAFETY: `writer` owns the number before and after; only what it stands for changes.
        unsafe { libc::dup2(other.as_raw_fd(), writer.as_raw_fd()) };
        sink.write(b"line\n");
        drop((writer, other));
        let mut text = Vec::new();
        other_reader.read_to_end(&mut text).unwrap();
        reader.read_to_end(&mut text).unwrap();
        assert!(text.is_empty());
    }

    #[test]
    fn files_are_appended_to() {
        let path = std::env::temp_dir().join(format!("ozmium-sink-{}", std::process::id()));
        std::fs::write(&path, "before\n").unwrap();
        let c_path = CString::new(path.as_os_str().as_bytes()).unwrap();
        Sink::file(&c_path).unwrap().write(b"line\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before\nline\n");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(Sink::file(c"/nowhere/log").unwrap_err(), Errno::ENOENT);
    }

    #[test]
    fn variables_are_read() {
        assert!(environment(c"PATH").is_some());
        assert_eq!(environment(c"OZMIUM_NO_SUCH_VARIABLE"), None);
    }
}
