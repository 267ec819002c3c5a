//! The one error type of the library's inside: an errno.

use std::fmt;

/// `ZMQ_HAUSNUMERO`: where the library's own error numbers start.
pub const HAUSNUMERO: i32 = 156_384_712;

/// An errno value as `zmq_errno` reports it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(pub i32);

/// A result whose error is an errno.
pub type Result<T> = std::result::Result<T, Errno>;

macro_rules! errnos {
    ($($(#[$doc:meta])* $name:ident = $value:expr;)*) => {
        impl Errno { $($(#[$doc])* pub const $name: Errno = Errno($value);)* }

        impl fmt::Debug for Errno {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match *self {
                    $(Errno::$name => f.write_str(stringify!($name)),)*
                    Errno(n) => write!(f, "errno {n}"),
                }
            }
        }
    };
}

errnos! {
    /// Not permitted (a handshake that authentication refused, among others).
    EPERM = libc::EPERM;
    /// No such endpoint.
    ENOENT = libc::ENOENT;
    /// A signal handler ran while the call was blocked.
    EINTR = libc::EINTR;
    /// The call would block.
    EAGAIN = libc::EAGAIN;
    /// Out of memory.
    ENOMEM = libc::ENOMEM;
    /// Not a valid message, context or poller.
    EFAULT = libc::EFAULT;
    /// Access to the path or port is denied.
    EACCES = libc::EACCES;
    /// The endpoint or the device is busy.
    EBUSY = libc::EBUSY;
    /// The device does not exist.
    ENODEV = libc::ENODEV;
    /// A wrong argument.
    EINVAL = libc::EINVAL;
    /// Input or output failed.
    EIO = libc::EIO;
    /// Not a descriptor that is open.
    EBADF = libc::EBADF;
    /// A defect of the library's own.
    ENOTRECOVERABLE = libc::ENOTRECOVERABLE;
    /// No more sockets, or no more file descriptors.
    EMFILE = libc::EMFILE;
    /// The path is too long.
    ENAMETOOLONG = libc::ENAMETOOLONG;
    /// The message does not fit.
    EMSGSIZE = libc::EMSGSIZE;
    /// The protocol does not exist.
    EPROTONOSUPPORT = libc::EPROTONOSUPPORT;
    /// Not supported by this socket or this build.
    ENOTSUP = libc::ENOTSUP;
    /// The address is in use.
    EADDRINUSE = libc::EADDRINUSE;
    /// The address is not one of this machine's.
    EADDRNOTAVAIL = libc::EADDRNOTAVAIL;
    /// The address family is not supported.
    EAFNOSUPPORT = libc::EAFNOSUPPORT;
    /// Refused by the peer.
    ECONNREFUSED = libc::ECONNREFUSED;
    /// Closed by the peer.
    ECONNRESET = libc::ECONNRESET;
    /// Given up by the operating system.
    ECONNABORTED = libc::ECONNABORTED;
    /// The connection attempt is under way.
    EINPROGRESS = libc::EINPROGRESS;
    /// No answer in time.
    ETIMEDOUT = libc::ETIMEDOUT;
    /// The peer cannot be reached.
    EHOSTUNREACH = libc::EHOSTUNREACH;
    /// The network cannot be reached.
    ENETUNREACH = libc::ENETUNREACH;
    /// Not connected.
    ENOTCONN = libc::ENOTCONN;
    /// Not a socket of this library, or one that was closed.
    ENOTSOCK = libc::ENOTSOCK;
    /// The peer broke the protocol.
    EPROTO = libc::EPROTO;
    /// A broken pipe.
    EPIPE = libc::EPIPE;
    /// No buffer space.
    ENOBUFS = libc::ENOBUFS;
    /// The operation does not fit the socket's state.
    EFSM = HAUSNUMERO + 51;
    /// The socket types or the transport do not fit.
    ENOCOMPATPROTO = HAUSNUMERO + 52;
    /// The context was terminated.
    ETERM = HAUSNUMERO + 53;
    /// No I/O thread is available.
    EMTHREAD = HAUSNUMERO + 54;
    /// Not an error: the call has to sleep before it goes on. Never reaches the application.
    ASLEEP = -1;
}
