//! A socket of Windows.

use std::ffi::c_int;
use std::io::IoSlice;
use std::os::windows::io::{AsRawSocket, FromRawSocket, OwnedSocket};
use std::ptr;
use std::time::Duration;

use windows_sys::Win32::Networking::WinSock::{self, SOCKET, SOCKET_ERROR, WSABUF};

use super::{Credentials, SocketAddress};
use crate::error::{Errno, Result};
use crate::msg::Spare;
use crate::sys::libc::{self, sockaddr, sockaddr_storage, socklen_t};
use crate::sys::{RawFd, last_errno, start};

/// An owned socket.
#[derive(Debug)]
pub struct Socket(OwnedSocket);

impl Socket {
    /// A fresh stream socket for addresses like `address`. Errors: `EAFNOSUPPORT`, `EMFILE`,
    /// `ENOBUFS`.
    pub fn open(address: &SocketAddress) -> Result<Socket> {
        Self::open_kind(address, libc::SOCK_STREAM)
    }

    /// A fresh datagram socket for addresses like `address`. Errors: as [`Socket::open`].
    pub fn open_datagram(address: &SocketAddress) -> Result<Socket> {
        Self::open_kind(address, libc::SOCK_DGRAM)
    }

    fn open_kind(address: &SocketAddress, kind: c_int) -> Result<Socket> {
        start();
        let flags = WinSock::WSA_FLAG_OVERLAPPED | WinSock::WSA_FLAG_NO_HANDLE_INHERIT;
        // SAFETY: no protocol's description is passed; the result is checked.
        let socket =
            unsafe { WinSock::WSASocketW(address.family(), kind, 0, ptr::null(), 0, flags) };
        Self::own(socket)
    }

    /// Takes over a fresh socket, and makes it non-blocking.
    fn own(socket: SOCKET) -> Result<Socket> {
        if socket == WinSock::INVALID_SOCKET {
            return Err(last_errno());
        }
        // SAFETY: it was just made and belongs to nobody else.
        let socket = Socket(unsafe { OwnedSocket::from_raw_socket(socket as RawFd) });
        socket.set_nonblocking()?;
        Ok(socket)
    }

    fn set_nonblocking(&self) -> Result<()> {
        let mut yes = 1;
        // SAFETY: the pointer is to a local.
        check(unsafe { WinSock::ioctlsocket(self.raw(), WinSock::FIONBIO, &mut yes) }).map(drop)
    }

    /// Takes over a socket that the application made (`ZMQ_USE_FD`): it is closed with the
    /// result. It is made non-blocking. Errors: `ENOTSOCK`.
    pub fn adopt(fd: i32) -> Result<Socket> {
        start();
        let raw = SOCKET::try_from(fd).map_err(|_| Errno::EBADF)?;
        int_option(raw, libc::SOL_SOCKET, libc::SO_TYPE)?;
        // SAFETY: it is an open socket, and by the option's contract the library's from here on.
        let socket = Socket(unsafe { OwnedSocket::from_raw_socket(raw as RawFd) });
        socket.set_nonblocking()?;
        Ok(socket)
    }

    /// The descriptor, for polling.
    pub fn fd(&self) -> RawFd {
        self.0.as_raw_socket()
    }

    fn raw(&self) -> SOCKET {
        self.fd() as SOCKET
    }

    /// Binds to `address`. Errors: as bind(2).
    pub fn bind(&self, address: &SocketAddress) -> Result<()> {
        let (raw, len) = address.to_raw();
        // SAFETY: the pointer and the length describe `raw`.
        check(unsafe { WinSock::bind(self.raw(), (&raw const raw).cast(), len) }).map(drop)
    }

    /// Starts listening, with at most `backlog` connections waiting. Errors: as listen(2).
    pub fn listen(&self, backlog: i32) -> Result<()> {
        // SAFETY: no pointers are passed.
        check(unsafe { WinSock::listen(self.raw(), backlog) }).map(drop)
    }

    /// Starts connecting. `true`: done at once; `false`: under way. Errors: as connect(2).
    pub fn connect(&self, address: &SocketAddress) -> Result<bool> {
        let (raw, len) = address.to_raw();
        // SAFETY: the pointer and the length describe `raw`.
        match check(unsafe { WinSock::connect(self.raw(), (&raw const raw).cast(), len) }) {
            Ok(_) => Ok(true),
            Err(Errno::EAGAIN | Errno::EINPROGRESS) => Ok(false),
            Err(errno) => Err(errno),
        }
    }

    /// Takes the next waiting connection, with its peer's address if the family is one of ours.
    /// Errors: as accept(2), with `EAGAIN` when there is none.
    pub fn accept(&self) -> Result<(Socket, Option<SocketAddress>)> {
        with_address(|raw, len| {
            // SAFETY: `with_address` passes a storage and its length.
            Self::own(unsafe { WinSock::accept(self.raw(), raw, len) })
        })
    }

    /// The address at this end; `None` if its family is not one of ours.
    pub fn local_address(&self) -> Result<Option<SocketAddress>> {
        // SAFETY: `with_address` passes a storage and its length.
        let name = |raw, len| check(unsafe { WinSock::getsockname(self.raw(), raw, len) });
        with_address(name).map(|(_, address)| address)
    }

    /// The address at the other end. Errors: `ENOTCONN` once the connection is gone.
    pub fn peer_address(&self) -> Result<Option<SocketAddress>> {
        // SAFETY: `with_address` passes a storage and its length.
        let name = |raw, len| check(unsafe { WinSock::getpeername(self.raw(), raw, len) });
        with_address(name).map(|(_, address)| address)
    }

    /// Bytes that were written and that the system has not sent yet: it does not tell.
    pub fn unsent(&self) -> usize {
        0
    }

    /// Who is at the other end of a UNIX-domain connection: there are none.
    pub fn peer_credentials(&self) -> Result<Credentials> {
        Err(Errno::ENOTSUP)
    }

    /// The error of the connection attempt that is over, or that the connection met since
    /// (`SO_ERROR`), if any; it is reported once.
    pub fn take_error(&self) -> Result<()> {
        match int_option(self.raw(), libc::SOL_SOCKET, libc::SO_ERROR)? {
            0 => Ok(()),
            code => Err(crate::sys::errno_of(code)),
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
        check(unsafe { WinSock::setsockopt(self.raw(), level, name, value.as_ptr(), len) })
            .map(drop)
    }

    /// Sets an option whose value is a time in milliseconds. Errors: as setsockopt(2).
    pub fn set_option_time(&self, level: c_int, name: c_int, time: Duration) -> Result<()> {
        self.set_option(level, name, c_int::try_from(time.as_millis()).unwrap_or(c_int::MAX))
    }

    /// The value of an option that is an `int`. Errors: as getsockopt(2).
    #[cfg(test)]
    pub fn option(&self, level: c_int, name: c_int) -> Result<c_int> {
        int_option(self.raw(), level, name)
    }

    /// Receives into the front of `spare`; 0 means that the peer has closed. Errors: as recv(2), with
    /// `EAGAIN` when there is nothing, and `ENOBUFS` when `spare` has no room.
    pub fn receive(&self, spare: &mut Spare<'_>) -> Result<usize> {
        let room = spare.capacity();
        if room == 0 {
            return Err(Errno::ENOBUFS);
        }
        let start = spare.as_mut_ptr().cast::<u8>();
        // SAFETY: `start` points to `room` writable bytes, of which no more than that are asked for.
        let n = check(unsafe { WinSock::recv(self.raw(), start, length(room), 0) })? as usize;
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
        // SAFETY: the pointer and the length describe `room`, or the front of it.
        check(unsafe { WinSock::recv(self.raw(), room.as_mut_ptr(), length(room.len()), 0) })
            .map(|n| n as usize)
    }

    /// Sends what fits of `bytes`. Errors: as send(2), with `EAGAIN` when nothing fits.
    pub fn send(&self, bytes: &[u8]) -> Result<usize> {
        // SAFETY: the pointer and the length describe `bytes`, or the front of them.
        check(unsafe { WinSock::send(self.raw(), bytes.as_ptr(), length(bytes.len()), 0) })
            .map(|n| n as usize)
    }

    /// Sends what fits of `slices`. Errors: as [`Socket::send`].
    pub fn send_vectored(&self, slices: &[IoSlice<'_>]) -> Result<usize> {
        let (buffers, count) = buffers(slices);
        let mut sent = 0;
        // SAFETY: `buffers` and `count` describe the slices, which are not written to; `sent` is a
        // local, and nothing is overlapped.
        check(unsafe {
            WinSock::WSASend(self.raw(), buffers, count, &mut sent, 0, ptr::null_mut(), None)
        })?;
        Ok(sent as usize)
    }

    /// Sends `slices`, one after the other, as one datagram to `address`. Errors: as sendto(2),
    /// with `EAGAIN` when the system takes none now.
    pub fn send_to(&self, address: &SocketAddress, slices: &[IoSlice<'_>]) -> Result<()> {
        let (raw, len) = address.to_raw();
        let (buffers, count) = buffers(slices);
        let mut sent = 0;
        // SAFETY: as in `send_vectored`; the pointer and the length describe `raw`.
        let result = unsafe {
            WinSock::WSASendTo(
                self.raw(),
                buffers,
                count,
                &mut sent,
                0,
                (&raw const raw).cast(),
                len,
                ptr::null_mut(),
                None,
            )
        };
        check(result).map(drop)
    }

    /// Receives one datagram into the front of `room`, cut off if it is longer, and tells who sent
    /// it, if the family is one of ours. Errors: as recvfrom(2), with `EAGAIN` when there is none.
    pub fn receive_from(&self, room: &mut [u8]) -> Result<(usize, Option<SocketAddress>)> {
        let capacity = length(room.len());
        loop {
            let received = with_address(|raw, len| {
                // SAFETY: `with_address` passes a storage and its length, and `capacity` bytes of
                // `room` are writable.
                let n = unsafe {
                    WinSock::recvfrom(self.raw(), room.as_mut_ptr(), capacity, 0, raw, len)
                };
                match check(n) {
                    // It was longer.
                    Err(Errno::EMSGSIZE) => Ok(capacity),
                    result => result,
                }
            });
            match received {
                // Not of this datagram: one that was sent before found nobody.
                Err(Errno::ECONNRESET) => {}
                received => return received.map(|(n, from)| (n as usize, from)),
            }
        }
    }
}

/// Turns Winsock's -1 into the errno.
fn check(result: c_int) -> Result<c_int> {
    if result == SOCKET_ERROR { Err(last_errno()) } else { Ok(result) }
}

/// How much of so many bytes one call takes.
fn length(bytes: usize) -> c_int {
    c_int::try_from(bytes).unwrap_or(c_int::MAX)
}

/// `IoSlice` is documented to be laid out as `WSABUF`, which calls that send do not write to.
fn buffers(slices: &[IoSlice<'_>]) -> (*const WSABUF, u32) {
    (slices.as_ptr().cast(), u32::try_from(slices.len()).unwrap_or(u32::MAX))
}

/// Passes room for an address to `call` and reads what it left there.
fn with_address<T>(
    call: impl FnOnce(*mut sockaddr, *mut socklen_t) -> Result<T>,
) -> Result<(T, Option<SocketAddress>)> {
    let mut raw = sockaddr_storage::default();
    let mut len = size_of::<sockaddr_storage>() as socklen_t;
    let result = call((&raw mut raw).cast(), &mut len)?;
    Ok((result, SocketAddress::from_raw(&raw, len)))
}

fn int_option(socket: SOCKET, level: c_int, name: c_int) -> Result<c_int> {
    let mut value: c_int = 0;
    let mut len = size_of::<c_int>() as socklen_t;
    // SAFETY: the pointers describe a writable int and its length.
    check(unsafe { WinSock::getsockopt(socket, level, name, (&raw mut value).cast(), &mut len) })?;
    Ok(value)
}
