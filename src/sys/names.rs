//! The system's directories of names: hosts, network interfaces, users and groups.

use std::ffi::{CStr, CString, c_char};
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::ptr;

use crate::sys::libc::{self, addrinfo, sockaddr, sockaddr_storage, socklen_t};

use super::socket::SocketAddress;
use crate::error::{Errno, Result};

#[cfg_attr(unix, path = "names/unix.rs")]
#[cfg_attr(windows, path = "windows/names.rs")]
mod of_system;

pub use of_system::{interface_address, interface_index, is_group_member};

/// How a host is looked up.
#[derive(Clone, Copy, Debug)]
pub struct HostQuery {
    /// Ask for IPv6 addresses, with IPv4 ones mapped into IPv6, rather than for IPv4 addresses.
    pub ipv6: bool,
    /// With `ipv6`, ask for the IPv4 addresses even of a host that has IPv6 ones.
    pub all: bool,
    /// The address is to be bound.
    pub passive: bool,
    /// Take numbers only; never blocks.
    pub numeric: bool,
}

/// The addresses of `host`, in the system's order of preference, with port 0. Blocks for as long
/// as the name service does. `None` if it has none. Errors: `ENOMEM`.
pub fn host_addresses(host: &str, query: HostQuery) -> Result<Option<Vec<SocketAddress>>> {
    let Ok(host) = CString::new(host) else { return Ok(None) };
    // SAFETY: all-zero bytes are a valid addrinfo without pointers.
    let mut hints: addrinfo = unsafe { MaybeUninit::zeroed().assume_init() };
    hints.ai_family = if query.ipv6 { libc::AF_INET6 } else { libc::AF_INET };
    // Without a type every address would come once for each.
    hints.ai_socktype = libc::SOCK_STREAM;
    for (wanted, flag) in [
        (query.passive, libc::AI_PASSIVE),
        (query.numeric, libc::AI_NUMERICHOST),
        (query.ipv6, libc::AI_V4MAPPED),
        (query.ipv6 && query.all, libc::AI_ALL),
    ] {
        hints.ai_flags |= if wanted { flag } else { 0 };
    }
    let mut list: *mut addrinfo = ptr::null_mut();
    // SAFETY: `host` is a C string, `hints` and `list` are locals.
    match unsafe { libc::getaddrinfo(host.as_ptr(), ptr::null(), &hints, &mut list) } {
        0 => {}
        libc::EAI_MEMORY => return Err(Errno::ENOMEM),
        _ => return Ok(None),
    }
    let mut addresses = Vec::new();
    let mut entry = list;
    // SAFETY: the list is valid until it is freed below, and ends in a null pointer.
    while let Some(info) = unsafe { entry.as_ref() } {
        // SAFETY: each entry's address has the length that the entry says.
        let address = unsafe { read_address(info.ai_addr, info.ai_addrlen as _) };
        if let Some(address) = address.filter(|address| !addresses.contains(address)) {
            addresses.push(address);
        }
        entry = info.ai_next;
    }
    // SAFETY: `list` came from getaddrinfo and nothing refers to it any more.
    unsafe { libc::freeaddrinfo(list) };
    Ok((!addresses.is_empty()).then_some(addresses))
}

/// The host of an internet address in numbers, with the zone of a link-local one by name
/// (`fe80::1%eth0`). `None` for other families.
pub fn numeric_host(address: &SocketAddress) -> Option<String> {
    let ip = match address {
        SocketAddress::V4(address) => IpAddr::V4(*address.ip()),
        SocketAddress::V6(address) => IpAddr::V6(*address.ip()),
        _ => return None,
    };
    let (raw, len) = address.to_raw();
    let mut host = [0 as c_char; libc::NI_MAXHOST as usize];
    // SAFETY: the pointers and lengths describe `raw` and `host`.
    let result = unsafe {
        libc::getnameinfo(
            (&raw const raw).cast(),
            len,
            host.as_mut_ptr(),
            host.len() as _, // the type differs
            ptr::null_mut(),
            0,
            libc::NI_NUMERICHOST,
        )
    };
    if result != 0 {
        return Some(ip.to_string());
    }
    // SAFETY: on success the buffer holds a C string.
    let host = unsafe { CStr::from_ptr(host.as_ptr()) };
    Some(host.to_string_lossy().into_owned())
}

/// Copies an address of a list of the system's.
///
/// # Safety
/// `raw` is null or points to `len` readable bytes.
unsafe fn read_address(raw: *const sockaddr, len: socklen_t) -> Option<SocketAddress> {
    if raw.is_null() || len as usize > size_of::<sockaddr_storage>() {
        return None;
    }
    // SAFETY: all-zero bytes are a valid sockaddr_storage.
    let mut storage: sockaddr_storage = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: the caller vouches for the source, and the storage was found large enough.
    unsafe { ptr::copy_nonoverlapping(raw.cast::<u8>(), (&raw mut storage).cast(), len as usize) };
    SocketAddress::from_raw(&storage, len)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

    use super::*;

    const V4: HostQuery = HostQuery { ipv6: false, all: false, passive: false, numeric: true };
    const V6: HostQuery = HostQuery { ipv6: true, ..V4 };

    fn v4(ip: Ipv4Addr) -> SocketAddress {
        SocketAddress::V4(SocketAddrV4::new(ip, 0))
    }

    fn v6(ip: Ipv6Addr, scope: u32) -> SocketAddress {
        SocketAddress::V6(SocketAddrV6::new(ip, 0, 0, scope))
    }

    #[test]
    fn numbers_are_hosts() {
        let loopback = Ipv4Addr::LOCALHOST;
        assert_eq!(host_addresses("127.1", V4).unwrap(), Some(vec![v4(loopback)]));
        let mapped = v6(loopback.to_ipv6_mapped(), 0);
        assert_eq!(host_addresses("127.0.0.1", V6).unwrap(), Some(vec![mapped]));
        assert_eq!(host_addresses("::1", V6).unwrap(), Some(vec![v6(Ipv6Addr::LOCALHOST, 0)]));
        for nothing in ["::1", "localhost", "", "1.2.3.4.5", "nul\0"] {
            assert_eq!(host_addresses(nothing, V4).unwrap(), None, "{nothing:?}");
        }
    }

    #[test]
    fn the_loopback_interface_has_its_address() {
        assert_eq!(interface_address("lo", false).unwrap(), Some(v4(Ipv4Addr::LOCALHOST)));
        assert_eq!(interface_address("no-such-thing", false).unwrap(), None);
        assert!(interface_index("lo").is_some());
        assert_eq!(interface_index("no-such-thing"), None);
    }

    #[test]
    fn hosts_are_written_in_numbers() {
        let scoped = v6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1), interface_index("lo").unwrap());
        let table = [
            (v4(Ipv4Addr::UNSPECIFIED), "0.0.0.0"),
            (v6(Ipv6Addr::UNSPECIFIED, 0), "::"),
            (v6(Ipv4Addr::LOCALHOST.to_ipv6_mapped(), 0), "::ffff:127.0.0.1"),
            (v6(Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0x0102, 0x0304), 0), "::1.2.3.4"),
            (scoped, "fe80::1%lo"),
        ];
        for (address, text) in table {
            assert_eq!(numeric_host(&address).as_deref(), Some(text));
        }
    }
}
