//! The socket options of TCP connections.

use crate::error::{Errno, Result};
use crate::options::Options;
use crate::sys::libc;
use crate::sys::socket::{Socket, SocketAddress};

/// A stream socket for `address` with everything set that counts from before it is bound or
/// connected. Errors: as socket(2) and setsockopt(2); `EPERM`, `ENODEV` from `ZMQ_BINDTODEVICE`.
pub(super) fn open(address: &SocketAddress, o: &Options) -> Result<Socket> {
    prepare(Socket::open(address)?, address, o)
}

/// A datagram socket for `address`, likewise.
pub(super) fn open_datagram(address: &SocketAddress, o: &Options) -> Result<Socket> {
    prepare(Socket::open_datagram(address)?, address, o)
}

fn prepare(socket: Socket, address: &SocketAddress, o: &Options) -> Result<Socket> {
    if matches!(address, SocketAddress::V6(_)) {
        socket.set_option(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 0)?;
    }
    set_class(&socket, o)?;
    if !o.bindtodevice.is_empty() {
        bind_to_device(&socket, &o.bindtodevice)?;
    }
    // Sizes are wishes, which the system may cut down or refuse.
    if o.sndbuf >= 0 {
        let _ = socket.set_option(libc::SOL_SOCKET, libc::SO_SNDBUF, o.sndbuf);
    }
    if o.rcvbuf >= 0 {
        let _ = socket.set_option(libc::SOL_SOCKET, libc::SO_RCVBUF, o.rcvbuf);
    }
    #[cfg(target_os = "linux")]
    if o.busy_poll > 0 {
        // Raising it takes a privilege; without, the connection only has more latency.
        let _ = socket.set_option(libc::SOL_SOCKET, libc::SO_BUSY_POLL, o.busy_poll);
    }
    Ok(socket)
}

/// Sets the type of service and the priority, which accepted connections do not inherit.
pub(super) fn set_class(socket: &Socket, o: &Options) -> Result<()> {
    if o.tos != 0 {
        socket.set_option(libc::IPPROTO_IP, libc::IP_TOS, o.tos)?;
        match socket.set_option(libc::IPPROTO_IPV6, libc::IPV6_TCLASS, o.tos) {
            // An IPv4 socket: no such option.
            Ok(()) | Err(Errno(libc::ENOPROTOOPT) | Errno::EINVAL) => {}
            Err(errno) => return Err(errno),
        }
    }
    #[cfg(target_os = "linux")]
    if o.priority != 0 {
        socket.set_option(libc::SOL_SOCKET, libc::SO_PRIORITY, o.priority)?;
    }
    Ok(())
}

/// Sets what an established connection needs: no delay for small segments, keepalives and the
/// retransmission timeout. Errors: `EINVAL` for numbers that the system does not take, and others
/// when the connection is gone already.
pub(super) fn set_connected(socket: &Socket, o: &Options) -> Result<()> {
    let set = |name, value| socket.set_option(libc::IPPROTO_TCP, name, value);
    // Batching is ours.
    set(libc::TCP_NODELAY, 1)?;
    if o.tcp_keepalive != -1 {
        socket.set_option(libc::SOL_SOCKET, libc::SO_KEEPALIVE, o.tcp_keepalive)?;
        for (name, value) in [
            (libc::TCP_KEEPCNT, o.tcp_keepalive_cnt),
            (libc::TCP_KEEPIDLE, o.tcp_keepalive_idle),
            (libc::TCP_KEEPINTVL, o.tcp_keepalive_intvl),
        ] {
            if value != -1 {
                set(name, value)?;
            }
        }
    }
    #[cfg(target_os = "linux")]
    if o.tcp_maxrt > 0 {
        set(libc::TCP_USER_TIMEOUT, o.tcp_maxrt)?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn bind_to_device(socket: &Socket, device: &[u8]) -> Result<()> {
    socket.set_option_bytes(libc::SOL_SOCKET, libc::SO_BINDTODEVICE, device)
}

#[cfg(not(target_os = "linux"))]
fn bind_to_device(_socket: &Socket, _device: &[u8]) -> Result<()> {
    Err(Errno::ENOTSUP)
}
