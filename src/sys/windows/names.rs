//! Network interfaces, users and groups: Windows has other notions of them.

use crate::error::Result;
use crate::sys::socket::SocketAddress;

/// The address of a network interface by name: none is known, as in a libzmq that has no such look-up.
pub fn interface_address(_name: &str, _ipv6: bool) -> Result<Option<SocketAddress>> {
    Ok(None)
}

/// The number of a network interface by name.
pub fn interface_index(_name: &str) -> Option<u32> {
    None
}

/// Whether a user is a member of a group.
pub fn is_group_member(_uid: u32, _gid: u32) -> bool {
    false
}
