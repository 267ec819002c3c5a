//! What the BSDs lack of Linux, or call otherwise.

pub use ::libc::*;

#[cfg(target_os = "freebsd")]
pub use ::libc::__error as __errno_location;
pub use ::libc::IPV6_JOIN_GROUP as IPV6_ADD_MEMBERSHIP;

pub const UIO_MAXIOV: c_int = 1024;

/// No such errno: nothing has it.
pub const ENONET: c_int = -1;

/// No address has it: `sys::HAS_VSOCK` says that there are no such sockets.
pub const AF_VSOCK: c_int = -1;
pub const VMADDR_CID_HOST: u32 = 2;

/// As Linux has it.
#[repr(C)]
pub struct sockaddr_vm {
    pub svm_family: sa_family_t,
    pub svm_reserved1: u16,
    pub svm_port: u32,
    pub svm_cid: u32,
}
