//! Network interfaces, users and groups of UNIX systems.

use std::ffi::{CStr, CString, c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;
use std::time::Duration;

use super::read_address;
use crate::error::{Errno, Result};
use crate::sys::last_errno;
use crate::sys::libc::{self, ifaddrs, socklen_t};
use crate::sys::socket::SocketAddress;

/// The first address of the network interface `name` in the wanted family, with port 0. `None` if
/// there is no such interface, or it has no such address.
pub fn interface_address(name: &str, ipv6: bool) -> Result<Option<SocketAddress>> {
    let mut list: *mut ifaddrs = ptr::null_mut();
    let mut attempts = 0;
    // SAFETY: `list` is a local.
    while unsafe { libc::getifaddrs(&mut list) } != 0 {
        match last_errno() {
            // The kernel's answer when it is short of something, gone soon after.
            Errno::ECONNREFUSED if attempts < 5 => attempts += 1,
            // A system without the facility (WSL 1) has no names.
            Errno::EINVAL | Errno(libc::EOPNOTSUPP) => return Ok(None),
            errno => return Err(errno),
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut found = None;
    let mut entry = list;
    // SAFETY: the list is valid until it is freed below, and ends in a null pointer.
    while let (None, Some(interface)) = (&found, unsafe { entry.as_ref() }) {
        entry = interface.ifa_next;
        // SAFETY: the name is a C string; the address is null or as long as its family says.
        let (its_name, address) = unsafe {
            let raw = interface.ifa_addr;
            let len = match raw.as_ref().map(|raw| c_int::from(raw.sa_family)) {
                Some(libc::AF_INET) => size_of::<libc::sockaddr_in>(),
                Some(libc::AF_INET6) => size_of::<libc::sockaddr_in6>(),
                _ => continue,
            };
            (CStr::from_ptr(interface.ifa_name), read_address(raw, len as socklen_t))
        };
        let wanted = match &address {
            Some(SocketAddress::V4(_)) => !ipv6,
            Some(SocketAddress::V6(_)) => ipv6,
            _ => false,
        };
        if wanted && its_name.to_bytes() == name.as_bytes() {
            found = address;
        }
    }
    // SAFETY: `list` came from getifaddrs and nothing refers to it any more.
    unsafe { libc::freeifaddrs(list) };
    Ok(found)
}

/// The number of the network interface `name`, which is its zone id for link-local addresses.
pub fn interface_index(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: `name` is a C string.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => None,
        index => Some(index),
    }
}

/// Whether the user `uid` is listed as a member of the group `gid`. Blocks for as long as the name
/// service does.
pub fn is_group_member(uid: u32, gid: u32) -> bool {
    let Some(user) = user_name(uid) else { return false };
    let found = with_buffer(|buffer| {
        let mut raw = MaybeUninit::<libc::group>::uninit();
        let mut result: *mut libc::group = ptr::null_mut();
        // SAFETY: the pointers and the length describe locals.
        let errno = unsafe {
            libc::getgrgid_r(gid, raw.as_mut_ptr(), buffer.as_mut_ptr(), buffer.len(), &mut result)
        };
        // SAFETY: null, or the entry just filled in, whose strings are in `buffer`.
        let group = unsafe { result.as_ref() };
        (errno, group.is_some_and(|group| lists(group, &user)))
    });
    found.unwrap_or(false)
}

/// Whether a group's entry names `user`.
fn lists(group: &libc::group, user: &CStr) -> bool {
    let mut member = group.gr_mem;
    // SAFETY: gr_mem is an array of C strings that ends in a null pointer.
    unsafe {
        while !member.is_null() && !(*member).is_null() {
            if CStr::from_ptr(*member) == user {
                return true;
            }
            member = member.add(1);
        }
    }
    false
}

fn user_name(uid: u32) -> Option<CString> {
    with_buffer(|buffer| {
        let mut raw = MaybeUninit::<libc::passwd>::uninit();
        let mut result: *mut libc::passwd = ptr::null_mut();
        // SAFETY: the pointers and the length describe locals.
        let errno = unsafe {
            libc::getpwuid_r(uid, raw.as_mut_ptr(), buffer.as_mut_ptr(), buffer.len(), &mut result)
        };
        // SAFETY: null, or the entry just filled in, whose strings are in `buffer`.
        let user = unsafe { result.as_ref() };
        // SAFETY: pw_name is a C string.
        (errno, user.map(|user| unsafe { CStr::from_ptr(user.pw_name) }.to_owned()))
    })
    .flatten()
}

/// Runs a look-up that wants a buffer and answers `ERANGE` when it is too small, with larger and
/// larger ones. `None` if the look-up fails.
fn with_buffer<T>(mut look_up: impl FnMut(&mut [c_char]) -> (c_int, T)) -> Option<T> {
    let mut size = 1 << 10;
    while size <= 1 << 20 {
        match look_up(&mut vec![0; size]) {
            (0, value) => return Some(value),
            (libc::ERANGE, _) => size *= 4,
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_list_their_members() {
        // Root's own group never lists it as a member, and an unknown user is in none.
        assert!(!is_group_member(u32::MAX - 7, 0));
        assert!(user_name(0).is_some_and(|name| name.as_c_str() == c"root"));
    }
}
