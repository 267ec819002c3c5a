//! Stream sockets of the internet, UNIX, virtual machine and cluster families: non-blocking and
//! close-on-exec from birth.

use std::ffi::c_int;
use std::fmt;
use std::mem::{MaybeUninit, offset_of};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use super::libc::{self, sockaddr_storage, socklen_t};
use super::tipc::{self, TipcAddress};
use super::vmci;
use crate::error::{Errno, Result};

#[cfg_attr(unix, path = "socket/unix.rs")]
#[cfg_attr(windows, path = "socket/windows.rs")]
mod of_system;

pub use of_system::Socket;

/// Where a socket is bound or connected.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SocketAddress {
    /// IPv4.
    V4(SocketAddrV4),
    /// IPv6, with the zone in its scope id.
    V6(SocketAddrV6),
    /// A UNIX-domain socket.
    Unix(UnixName),
    /// A socket between a virtual machine and its host.
    Vsock {
        /// Context id: the machine.
        cid: u32,
        /// Port.
        port: u32,
    },
    /// The same by VMware's name, where that has an address family of its own.
    Vmci {
        /// Context id: the machine.
        cid: u32,
        /// Port.
        port: u32,
    },
    /// A socket or a service in a cluster.
    Tipc(TipcAddress),
}

/// The name of a UNIX-domain socket: a path, or, where the first byte is NUL, an abstract name.
/// Empty for a socket that was never bound.
///
/// In place, so that addresses need no dropping: that would look at memory that the other kinds of
/// address do not fill in.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UnixName {
    len: u8,
    /// With zeros behind the name.
    bytes: [u8; UNIX_ROOM],
}

/// Room for a UNIX-domain name, and one more byte for the NUL that the system adds to a path.
const UNIX_ROOM: usize = size_of::<libc::sockaddr_un>() - UNIX_START;
const UNIX_START: usize = offset_of!(libc::sockaddr_un, sun_path);

impl UnixName {
    /// A name of `bytes`, as they stand in `sun_path` without a final NUL. Errors:
    /// `ENAMETOOLONG`.
    pub fn new(bytes: &[u8]) -> Result<UnixName> {
        if bytes.len() >= UNIX_ROOM {
            return Err(Errno::ENAMETOOLONG);
        }
        Ok(UnixName::of(bytes))
    }

    /// A name of not more bytes than there is room for.
    fn of(name: &[u8]) -> UnixName {
        let mut bytes = [0; UNIX_ROOM];
        bytes[..name.len()].copy_from_slice(name);
        UnixName { len: name.len() as u8, bytes }
    }

    /// The bytes, as they stand in `sun_path`.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl fmt::Debug for UnixName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.bytes().escape_ascii().to_string())
    }
}

impl SocketAddress {
    /// The protocol family.
    fn family(&self) -> c_int {
        match self {
            SocketAddress::V4(_) => libc::AF_INET,
            SocketAddress::V6(_) => libc::AF_INET6,
            SocketAddress::Unix(_) => libc::AF_UNIX,
            SocketAddress::Vsock { .. } => libc::AF_VSOCK,
            SocketAddress::Vmci { .. } => vmci::family(),
            SocketAddress::Tipc(_) => tipc::FAMILY,
        }
    }

    /// The form that the system takes.
    pub(super) fn to_raw(&self) -> (sockaddr_storage, socklen_t) {
        // SAFETY: all-zero bytes are a valid sockaddr_storage.
        let mut storage: sockaddr_storage = unsafe { MaybeUninit::zeroed().assume_init() };
        let start = (&raw mut storage).cast::<u8>();
        let len = match self {
            SocketAddress::V4(address) => {
                // SAFETY: all-zero bytes are a valid sockaddr_in.
                let mut raw: libc::sockaddr_in = unsafe { MaybeUninit::zeroed().assume_init() };
                raw.sin_family = libc::AF_INET as libc::sa_family_t;
                raw.sin_port = address.port().to_be();
                raw.sin_addr.s_addr = u32::from(*address.ip()).to_be();
                // SAFETY: sockaddr_storage is at least as large and as aligned as sockaddr_in.
                unsafe { start.cast::<libc::sockaddr_in>().write(raw) };
                size_of::<libc::sockaddr_in>()
            }
            SocketAddress::V6(address) => {
                // SAFETY: all-zero bytes are a valid sockaddr_in6.
                let mut raw: libc::sockaddr_in6 = unsafe { MaybeUninit::zeroed().assume_init() };
                raw.sin6_family = libc::AF_INET6 as libc::sa_family_t;
                raw.sin6_port = address.port().to_be();
                raw.sin6_addr.s6_addr = address.ip().octets();
                raw.sin6_flowinfo = address.flowinfo();
                raw.sin6_scope_id = address.scope_id();
                // SAFETY: sockaddr_storage is at least as large and as aligned as sockaddr_in6.
                unsafe { start.cast::<libc::sockaddr_in6>().write(raw) };
                size_of::<libc::sockaddr_in6>()
            }
            SocketAddress::Unix(name) => {
                storage.ss_family = libc::AF_UNIX as libc::sa_family_t;
                // SAFETY: `UnixName::new` and `from_raw` keep the name shorter than sun_path, and
                // sockaddr_storage is at least as large as sockaddr_un.
                unsafe {
                    let path = start.add(UNIX_START);
                    path.copy_from_nonoverlapping(name.bytes.as_ptr(), usize::from(name.len));
                }
                // The final NUL of a path is left to the system: an abstract name has none.
                UNIX_START + usize::from(name.len)
            }
            SocketAddress::Vsock { cid, port } | SocketAddress::Vmci { cid, port } => {
                // SAFETY: all-zero bytes are a valid sockaddr_vm.
                let mut raw: libc::sockaddr_vm = unsafe { MaybeUninit::zeroed().assume_init() };
                raw.svm_family = self.family() as libc::sa_family_t;
                raw.svm_cid = *cid;
                raw.svm_port = *port;
                // SAFETY: sockaddr_storage is at least as large and as aligned as sockaddr_vm.
                unsafe { start.cast::<libc::sockaddr_vm>().write(raw) };
                size_of::<libc::sockaddr_vm>()
            }
            SocketAddress::Tipc(address) => address.write(&mut storage),
        };
        (storage, len as socklen_t)
    }

    /// Reads the system's form; `None` for a family that is not one of ours.
    pub(super) fn from_raw(storage: &sockaddr_storage, len: socklen_t) -> Option<SocketAddress> {
        let len = (len as usize).min(size_of::<sockaddr_storage>());
        let start = (&raw const *storage).cast::<u8>();
        match c_int::from(storage.ss_family) {
            libc::AF_INET if len >= size_of::<libc::sockaddr_in>() => {
                // SAFETY: the family says that the storage, large enough, holds a sockaddr_in.
                let raw = unsafe { start.cast::<libc::sockaddr_in>().read() };
                let ip = Ipv4Addr::from(u32::from_be(raw.sin_addr.s_addr));
                Some(SocketAddress::V4(SocketAddrV4::new(ip, u16::from_be(raw.sin_port))))
            }
            libc::AF_INET6 if len >= size_of::<libc::sockaddr_in6>() => {
                // SAFETY: the family says that the storage, large enough, holds a sockaddr_in6.
                let raw = unsafe { start.cast::<libc::sockaddr_in6>().read() };
                Some(SocketAddress::V6(SocketAddrV6::new(
                    Ipv6Addr::from(raw.sin6_addr.s6_addr),
                    u16::from_be(raw.sin6_port),
                    raw.sin6_flowinfo,
                    raw.sin6_scope_id,
                )))
            }
            libc::AF_UNIX => {
                let room = len.saturating_sub(UNIX_START).min(UNIX_ROOM);
                // SAFETY: `room` bytes after the family lie inside the initialised storage.
                let bytes = unsafe { std::slice::from_raw_parts(start.add(UNIX_START), room) };
                let name = match bytes.first() {
                    Some(0) => bytes,
                    _ => bytes.split(|&byte| byte == 0).next().unwrap_or_default(),
                };
                Some(SocketAddress::Unix(UnixName::of(name)))
            }
            family
                if (family == libc::AF_VSOCK || vmci::is_known(family))
                    && len >= size_of::<libc::sockaddr_vm>() =>
            {
                // SAFETY: the family says that the storage, large enough, holds a sockaddr_vm.
                let raw = unsafe { start.cast::<libc::sockaddr_vm>().read() };
                let (cid, port) = (raw.svm_cid, raw.svm_port);
                Some(match family {
                    libc::AF_VSOCK => SocketAddress::Vsock { cid, port },
                    _ => SocketAddress::Vmci { cid, port },
                })
            }
            tipc::FAMILY => TipcAddress::read(storage, len).map(SocketAddress::Tipc),
            _ => None,
        }
    }
}

/// Who is at the other end of a UNIX-domain connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Process id.
    pub pid: i32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn addresses_survive_the_system_form() {
        let abstract_name = [&[0u8][..], b"name\0with nul"].concat();
        let table = [
            SocketAddress::V4(SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 7), 5555)),
            SocketAddress::V6(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 1, 0, 9)),
            SocketAddress::Unix(UnixName::new(b"/tmp/a socket").unwrap()),
            SocketAddress::Unix(UnixName::new(&abstract_name).unwrap()),
            SocketAddress::Unix(UnixName::new(b"").unwrap()),
            SocketAddress::Unix(UnixName::new(&[b'x'; UNIX_ROOM - 1]).unwrap()),
            SocketAddress::Vsock { cid: 3, port: 70_000 },
            SocketAddress::Tipc(TipcAddress::Range { service: 70, lower: 1, upper: 2 }),
            SocketAddress::Tipc(TipcAddress::Name { service: 70, instance: 1, domain: 2 }),
            SocketAddress::Tipc(TipcAddress::Id { node: 3, reference: 4 }),
        ];
        for address in table {
            let (raw, len) = address.to_raw();
            assert_eq!(SocketAddress::from_raw(&raw, len), Some(address));
        }
    }

    #[test]
    fn a_unix_name_leaves_room_for_its_nul() {
        assert_eq!(UnixName::new(&[b'x'; UNIX_ROOM]), Err(Errno::ENAMETOOLONG));
    }

    #[test]
    fn only_open_sockets_can_be_adopted() {
        assert_eq!(Socket::adopt(-1).map(drop), Err(Errno(libc::EBADF)));
        let file = std::fs::File::open("/dev/null").unwrap();
        assert_eq!(Socket::adopt(file.as_raw_fd()).map(drop), Err(Errno::ENOTSOCK));
    }
}
