//! A socket of a UNIX system.

use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;
use std::time::Duration;

use super::{Credentials, SocketAddress};
use crate::error::{Errno, Result};
use crate::msg::Spare;
use crate::sys::fd::Fd;
use crate::sys::last_errno;
use crate::sys::libc::{self, c_int, c_void, sockaddr_storage, socklen_t};

/// An owned socket.
#[derive(Debug)]
pub struct Socket(Fd);

impl Socket {
    /// A fresh stream socket for addresses like `address`. Errors: `EAFNOSUPPORT`, `EMFILE`,
    /// `ENFILE`, `ENOBUFS`, `ENOMEM`.
    pub fn open(address: &SocketAddress) -> Result<Socket> {
        Self::open_kind(address, libc::SOCK_STREAM)
    }

    /// A fresh datagram socket for addresses like `address`. Errors: as [`Socket::open`].
    pub fn open_datagram(address: &SocketAddress) -> Result<Socket> {
        Self::open_kind(address, libc::SOCK_DGRAM)
    }

    fn open_kind(address: &SocketAddress, kind: c_int) -> Result<Socket> {
        let kind = kind | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        // SAFETY: no pointers are passed; the result is checked.
        let fd = unsafe { libc::socket(address.family(), kind, 0) };
        // SAFETY: the descriptor was just made and belongs to nobody else.
        check(fd).map(|fd| Socket(unsafe { Fd::own(fd) }))
    }

    /// Takes over a socket that the application made (`ZMQ_USE_FD`): it is closed with the
    /// result. It is made non-blocking; whether a child process inherits it stays the
    /// application's choice. Errors: `EBADF`, `ENOTSOCK`.
    pub fn adopt(fd: RawFd) -> Result<Socket> {
        int_option(fd, libc::SOL_SOCKET, libc::SO_TYPE)?;
        // SAFETY: plain calls on a descriptor number.
        unsafe {
            let flags = check(libc::fcntl(fd, libc::F_GETFL))?;
            check(libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK))?;
        }
        // SAFETY: it is an open socket, and by the option's contract the library's from here on.
        Ok(Socket(unsafe { Fd::own(fd) }))
    }

    /// The descriptor, for polling.
    pub fn fd(&self) -> RawFd {
        self.0.raw()
    }

    /// Binds to `address`. Errors: as bind(2).
    pub fn bind(&self, address: &SocketAddress) -> Result<()> {
        let (raw, len) = address.to_raw();
        // SAFETY: the pointer and the length describe `raw`.
        check(unsafe { libc::bind(self.fd(), (&raw const raw).cast(), len) }).map(drop)
    }

    /// Starts listening, with at most `backlog` connections waiting. Errors: as listen(2).
    pub fn listen(&self, backlog: i32) -> Result<()> {
        // SAFETY: no pointers are passed.
        check(unsafe { libc::listen(self.fd(), backlog) }).map(drop)
    }

    /// Starts connecting. `true`: done at once; `false`: under way. Errors: as connect(2), with
    /// `EAGAIN` for a UNIX-domain listener whose backlog is full.
    pub fn connect(&self, address: &SocketAddress) -> Result<bool> {
        let (raw, len) = address.to_raw();
        // SAFETY: the pointer and the length describe `raw`.
        match check(unsafe { libc::connect(self.fd(), (&raw const raw).cast(), len) }) {
            Ok(_) => Ok(true),
            // An interrupted attempt goes on by itself.
            Err(Errno::EINPROGRESS | Errno::EINTR) => Ok(false),
            Err(errno) => Err(errno),
        }
    }

    /// Takes the next waiting connection, with its peer's address if the family is one of ours.
    /// Errors: as accept(2), with `EAGAIN` when there is none.
    pub fn accept(&self) -> Result<(Socket, Option<SocketAddress>)> {
        let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        let (fd, peer) = with_address(|raw, len| {
            // SAFETY: `with_address` passes a storage and its length.
            retry(|| unsafe { libc::accept4(self.fd(), raw, len, flags) } as isize)
        })?;
        // SAFETY: the descriptor was just made and belongs to nobody else.
        Ok((Socket(unsafe { Fd::own(fd as RawFd) }), peer))
    }

    /// The address at this end; `None` if its family is not one of ours.
    pub fn local_address(&self) -> Result<Option<SocketAddress>> {
        // SAFETY: `with_address` passes a storage and its length.
        let name = |raw, len| retry(|| unsafe { libc::getsockname(self.fd(), raw, len) } as isize);
        with_address(name).map(|(_, address)| address)
    }

    /// The address at the other end. Errors: `ENOTCONN` once the connection is gone.
    pub fn peer_address(&self) -> Result<Option<SocketAddress>> {
        // SAFETY: `with_address` passes a storage and its length.
        let name = |raw, len| retry(|| unsafe { libc::getpeername(self.fd(), raw, len) } as isize);
        with_address(name).map(|(_, address)| address)
    }

    /// Bytes that were written and that the system has not sent yet, because the peer has no room for
    /// them; 0 where it does not tell.
    pub fn unsent(&self) -> usize {
        #[cfg(target_os = "linux")]
        {
            // SIOCOUTQNSD; not in libc for every C library.
            const UNSENT: u32 = 0x894b;
            let mut unsent: libc::c_int = 0;
            // SAFETY: the request writes an int; what is no TCP socket refuses it.
            if unsafe { libc::ioctl(self.fd(), UNSENT as _, &raw mut unsent) } == 0 {
                return usize::try_from(unsent).unwrap_or(0);
            }
        }
        0
    }

    /// Who is at the other end of a UNIX-domain connection.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn peer_credentials(&self) -> Result<Credentials> {
        let mut raw = libc::ucred { pid: 0, uid: 0, gid: 0 };
        let mut len = size_of::<libc::ucred>() as socklen_t;
        let value = (&raw mut raw).cast::<c_void>();
        // SAFETY: `value` points to `len` writable bytes.
        check(unsafe {
            libc::getsockopt(self.fd(), libc::SOL_SOCKET, libc::SO_PEERCRED, value, &mut len)
        })?;
        Ok(Credentials { uid: raw.uid, gid: raw.gid, pid: raw.pid })
    }

    /// Who is at the other end of a UNIX-domain connection; a process id of 0 is not known.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub fn peer_credentials(&self) -> Result<Credentials> {
        let (mut uid, mut gid) = (0, 0);
        // SAFETY: the pointers are to locals.
        check(unsafe { libc::getpeereid(self.fd(), &mut uid, &mut gid) })?;
        #[cfg(target_vendor = "apple")]
        let pid = int_option(self.fd(), libc::SOL_LOCAL, libc::LOCAL_PEERPID).unwrap_or(0);
        #[cfg(not(target_vendor = "apple"))]
        let pid = 0;
        Ok(Credentials { uid, gid, pid })
    }

    /// The error of the connection attempt that is over, or that the connection met since
    /// (`SO_ERROR`), if any; it is reported once.
    pub fn take_error(&self) -> Result<()> {
        match int_option(self.fd(), libc::SOL_SOCKET, libc::SO_ERROR)? {
            0 => Ok(()),
            errno => Err(Errno(errno)),
        }
    }

    /// Sets an option whose value is an `int`. Errors: as setsockopt(2).
    pub fn set_option(&self, level: c_int, name: c_int, value: c_int) -> Result<()> {
        self.set_option_bytes(level, name, &value.to_ne_bytes())
    }

    /// Sets an option whose value is a string of bytes. Errors: as setsockopt(2).
    pub fn set_option_bytes(&self, level: c_int, name: c_int, value: &[u8]) -> Result<()> {
        let len = value.len() as socklen_t;
        // SAFETY: the pointer and the length describe `value`.
        check(unsafe { libc::setsockopt(self.fd(), level, name, value.as_ptr().cast(), len) })
            .map(drop)
    }

    /// Sets an option whose value is a `struct timeval`. Errors: as setsockopt(2).
    pub fn set_option_time(&self, level: c_int, name: c_int, time: Duration) -> Result<()> {
        let value =
            libc::timeval { tv_sec: time.as_secs() as _, tv_usec: time.subsec_micros() as _ };
        let (start, len) = ((&raw const value).cast(), size_of_val(&value) as socklen_t);
        // SAFETY: the pointer and the length describe `value`.
        check(unsafe { libc::setsockopt(self.fd(), level, name, start, len) }).map(drop)
    }

    /// The value of an option that is an `int`. Errors: as getsockopt(2).
    #[cfg(test)]
    pub fn option(&self, level: c_int, name: c_int) -> Result<c_int> {
        int_option(self.fd(), level, name)
    }

    /// Receives into `spare`; 0 means that the peer has closed. Errors: as recv(2), with `EAGAIN`
    /// when there is nothing, and `ENOBUFS` when `spare` has no room.
    pub fn receive(&self, spare: &mut Spare<'_>) -> Result<usize> {
        let room = spare.capacity();
        if room == 0 {
            return Err(Errno::ENOBUFS);
        }
        let start = spare.as_mut_ptr().cast::<c_void>();
        let (beyond, room_beyond) = spare.beyond();
        let n = if room_beyond == 0 {
            // SAFETY: `start` points to `room` writable bytes.
            retry(|| unsafe { libc::recv(self.fd(), start, room, 0) })?
        } else {
            let parts = [
                libc::iovec { iov_base: start, iov_len: room },
                libc::iovec { iov_base: beyond.cast(), iov_len: room_beyond },
            ];
            // SAFETY: each of the parts points to so many writable bytes.
            retry(|| unsafe { libc::readv(self.fd(), parts.as_ptr(), parts.len() as c_int) })?
        } as usize;
        // SAFETY: the system has written `n` bytes there.
        unsafe { spare.advance(n) };
        Ok(n)
    }

    /// Receives into the front of `room`; 0 means that the peer has closed. Errors: as
    /// [`Socket::receive`].
    pub fn receive_into(&self, room: &mut [u8]) -> Result<usize> {
        if room.is_empty() {
            return Err(Errno::ENOBUFS);
        }
        let start = room.as_mut_ptr().cast::<c_void>();
        // SAFETY: the pointer and the length describe `room`.
        retry(|| unsafe { libc::recv(self.fd(), start, room.len(), 0) }).map(|n| n as usize)
    }

    /// Sends what fits of `bytes`. Errors: as send(2), with `EAGAIN` when nothing fits; a closed
    /// peer gives `EPIPE` and no signal.
    pub fn send(&self, bytes: &[u8]) -> Result<usize> {
        let start = bytes.as_ptr().cast::<c_void>();
        // SAFETY: the pointer and the length describe `bytes`.
        retry(|| unsafe { libc::send(self.fd(), start, bytes.len(), libc::MSG_NOSIGNAL) })
            .map(|n| n as usize)
    }

    /// Sends what fits of `slices`; no more of them go in one call than the system takes. Errors: as
    /// sendmsg(2), with `EAGAIN` when nothing fits; a closed peer gives `EPIPE` and no signal.
    pub fn send_vectored(&self, slices: &[IoSlice<'_>]) -> Result<usize> {
        if let [slice] = slices {
            // SAFETY: the slice outlives the call.
            return retry(|| unsafe {
                libc::send(self.fd(), slice.as_ptr().cast(), slice.len(), libc::MSG_NOSIGNAL)
            })
            .map(|n| n as usize);
        }
        // SAFETY: all-zero bytes are a valid msghdr, with no address and no control data.
        self.send_message(unsafe { MaybeUninit::zeroed().assume_init() }, slices)
    }

    /// Sends `slices`, one after the other, as one datagram to `address`. Errors: as sendmsg(2),
    /// with `EAGAIN` when the system takes none now.
    pub fn send_to(&self, address: &SocketAddress, slices: &[IoSlice<'_>]) -> Result<()> {
        let (mut raw, len) = address.to_raw();
        // SAFETY: all-zero bytes are a valid msghdr, with no address and no control data.
        let mut header: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
        header.msg_name = (&raw mut raw).cast();
        header.msg_namelen = len;
        self.send_message(header, slices).map(drop)
    }

    /// Sends with a header whose address, if any, outlives the call and which has no control data.
    fn send_message(&self, mut header: libc::msghdr, slices: &[IoSlice<'_>]) -> Result<usize> {
        let count = slices.len().min(libc::UIO_MAXIOV as usize);
        // `IoSlice` is documented to be laid out as the system's iovec; sendmsg does not write.
        header.msg_iov = slices.as_ptr().cast_mut().cast();
        header.msg_iovlen = count as _;
        // SAFETY: `header` describes `count` slices, which outlive the call, as does the address.
        retry(|| unsafe { libc::sendmsg(self.fd(), &header, libc::MSG_NOSIGNAL) })
            .map(|n| n as usize)
    }

    /// Receives one datagram into the front of `room`, cut off if it is longer, and tells who sent
    /// it, if the family is one of ours. Errors: as recvfrom(2), with `EAGAIN` when there is none.
    pub fn receive_from(&self, room: &mut [u8]) -> Result<(usize, Option<SocketAddress>)> {
        let start = room.as_mut_ptr().cast::<c_void>();
        let (n, from) = with_address(|raw, len| {
            // SAFETY: `with_address` passes a storage and its length, and `start` points to
            // `room.len()` writable bytes.
            retry(|| unsafe { libc::recvfrom(self.fd(), start, room.len(), 0, raw, len) })
        })?;
        Ok((n as usize, from))
    }
}

/// Turns the system's -1 into the errno.
fn check(result: c_int) -> Result<c_int> {
    if result < 0 { Err(last_errno()) } else { Ok(result) }
}

/// Repeats a call that a signal interrupted.
fn retry(mut call: impl FnMut() -> isize) -> Result<isize> {
    loop {
        let result = call();
        if result >= 0 {
            return Ok(result);
        }
        match last_errno() {
            Errno::EINTR => {}
            errno => return Err(errno),
        }
    }
}

/// Passes room for an address to `call` and reads what it left there.
fn with_address(
    call: impl FnOnce(*mut libc::sockaddr, *mut socklen_t) -> Result<isize>,
) -> Result<(isize, Option<SocketAddress>)> {
    // SAFETY: all-zero bytes are a valid sockaddr_storage.
    let mut raw: sockaddr_storage = unsafe { MaybeUninit::zeroed().assume_init() };
    let mut len = size_of::<sockaddr_storage>() as socklen_t;
    let result = call((&raw mut raw).cast(), &mut len)?;
    Ok((result, SocketAddress::from_raw(&raw, len)))
}

fn int_option(fd: RawFd, level: c_int, name: c_int) -> Result<c_int> {
    let mut value: c_int = 0;
    let mut len = size_of::<c_int>() as socklen_t;
    // SAFETY: the pointers describe a writable int and its length.
    check(unsafe {
        libc::getsockopt(fd, level, name, (&raw mut value).cast::<c_void>(), &mut len)
    })?;
    Ok(value)
}
