//! VMware's sockets on systems that have none: what there is in `vmci.rs` for Linux.

use std::ffi::c_int;

use super::libc;

/// Options at the level of the address family.
pub const BUFFER_SIZE: c_int = 0;
/// Least size of a buffer.
pub const BUFFER_MIN_SIZE: c_int = 1;
/// Greatest size of a buffer.
pub const BUFFER_MAX_SIZE: c_int = 2;
/// How long connecting may take.
pub const CONNECT_TIMEOUT: c_int = 6;

/// The address family: one that no socket has.
pub fn family() -> c_int {
    libc::AF_VSOCK
}

/// Whether `family` is what a driver has told: there is none.
pub(super) fn is_known(_family: c_int) -> bool {
    false
}

/// The context id of this machine: it has none.
pub fn local_cid() -> Option<u32> {
    None
}
