//! An event that a file descriptor shows as readable.
//!
//! On Linux an `eventfd`; on other systems, and under `--cfg ozmium_force_polling`, a pair of
//! connected sockets.

use super::RawFd;
use crate::error::Result;

pub use imp::EventFd;

#[cfg(all(target_os = "linux", not(ozmium_force_polling)))]
mod imp {
    use super::*;
    use crate::sys::cancel::shielded;
    use crate::sys::fd::Fd;
    use crate::sys::{last_errno, libc};

    /// A counter behind a descriptor: readable while set. Non-blocking, close-on-exec.
    pub struct EventFd {
        fd: Fd,
    }

    impl EventFd {
        /// A fresh event, not set. Errors: `EMFILE`, `ENFILE`, `ENOMEM`.
        pub fn new() -> Result<EventFd> {
            // SAFETY: no pointers are passed; the result is checked.
            let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
            if fd < 0 {
                return Err(last_errno());
            }
            // SAFETY: `fd` was just made and belongs to nobody else.
            Ok(EventFd { fd: unsafe { Fd::own(fd) } })
        }

        /// Makes the descriptor readable.
        pub fn set(&self) {
            let one = 1u64;
            // SAFETY: eight readable bytes. The only possible failure is a full counter, which is
            // readable already.
            shielded(|| unsafe { libc::write(self.fd.raw(), (&raw const one).cast(), 8) });
        }

        /// Makes the descriptor unreadable.
        pub fn clear(&self) {
            let mut count = 0u64;
            // SAFETY: eight writable bytes. The only possible failure is that it was not set.
            shielded(|| unsafe { libc::read(self.fd.raw(), (&raw mut count).cast(), 8) });
        }

        /// The descriptor, for polling.
        pub fn fd(&self) -> RawFd {
            self.fd.raw()
        }
    }
}

#[cfg(any(not(target_os = "linux"), ozmium_force_polling))]
mod imp {
    use std::io::{Read, Write};
    #[cfg(unix)]
    use std::os::fd::AsRawFd;
    #[cfg(unix)]
    use std::os::unix::net::UnixStream as Stream;

    use super::*;
    use crate::sys::cancel::{Shield, shielded};
    #[cfg(windows)]
    use crate::sys::loopback::Stream;

    /// Two connected sockets: readable while set. Non-blocking, close-on-exec.
    pub struct EventFd {
        reader: Stream,
        writer: Stream,
    }

    impl EventFd {
        /// A fresh event, not set. Errors: `EMFILE`, `ENFILE`, `ENOMEM`.
        pub fn new() -> Result<EventFd> {
            let (reader, writer) = Stream::pair()?;
            reader.set_nonblocking(true)?;
            writer.set_nonblocking(true)?;
            Ok(EventFd { reader, writer })
        }

        /// Makes the descriptor readable.
        pub fn set(&self) {
            // The only possible failure is a full buffer, which is readable already.
            let _ = shielded(|| (&self.writer).write(&[1]));
        }

        /// Makes the descriptor unreadable.
        pub fn clear(&self) {
            let _shield = Shield::new();
            let mut bytes = [0; 64];
            while (&self.reader).read(&mut bytes).is_ok_and(|read| read == bytes.len()) {}
        }

        /// The descriptor, for polling.
        pub fn fd(&self) -> RawFd {
            self.reader.as_raw_fd()
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::sys::{libc, poll};

    #[test]
    fn the_descriptor_is_readable_while_set() {
        let event = EventFd::new().expect("event");
        let readable =
            || poll::look(&mut [poll::entry(event.fd(), libc::POLLIN)]).expect("poll") == 1;
        event.clear();
        assert!(!readable());
        for times in [1, 64, 100_000] {
            (0..times).for_each(|_| event.set());
            assert!(readable());
            event.clear();
            assert!(!readable(), "after {times}");
        }
    }
}
