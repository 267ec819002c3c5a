//! Windows: the names of POSIX for what Winsock has under other ones, or with other types.
//!
//! Numbers are Winsock's, but for errnos, which are those of C's `errno.h` there, as `zmq.h` has them.
//! What no socket there knows is -1, which Winsock refuses.

use std::ffi::{c_char, c_int, c_short, c_uint, c_ulong, c_void};

use windows_sys::Win32::Networking::WinSock;
use windows_sys::Win32::System::Threading::GetCurrentThreadId;

pub use ::libc::*;

pub type sa_family_t = u16;
pub type socklen_t = c_int;
pub type sigset_t = c_void;

/// Nothing has these.
pub const EHOSTDOWN: c_int = -1;
pub const ENONET: c_int = -2;

pub const AF_INET: c_int = WinSock::AF_INET as c_int;
pub const AF_INET6: c_int = WinSock::AF_INET6 as c_int;
pub const AF_UNIX: c_int = WinSock::AF_UNIX as c_int;
/// No address has it.
pub const AF_VSOCK: c_int = -1;
pub const VMADDR_CID_HOST: u32 = 2;

pub const SOCK_STREAM: c_int = WinSock::SOCK_STREAM;
pub const SOCK_DGRAM: c_int = WinSock::SOCK_DGRAM;
pub const SOCK_SEQPACKET: c_int = WinSock::SOCK_SEQPACKET;

pub const POLLIN: c_short = WinSock::POLLIN;
pub const POLLOUT: c_short = WinSock::POLLOUT;
pub const POLLPRI: c_short = WinSock::POLLPRI;

pub const SOL_SOCKET: c_int = WinSock::SOL_SOCKET;
pub const SO_ERROR: c_int = WinSock::SO_ERROR;
pub const SO_TYPE: c_int = WinSock::SO_TYPE;
pub const SO_REUSEADDR: c_int = WinSock::SO_REUSEADDR;
/// There, the one option is the other.
pub const SO_REUSEPORT: c_int = WinSock::SO_REUSEADDR;
/// That nobody else binds the address too, which the other systems see to by themselves.
pub const SO_EXCLUSIVEADDRUSE: c_int = !WinSock::SO_REUSEADDR;
pub const SO_SNDBUF: c_int = WinSock::SO_SNDBUF;
pub const SO_RCVBUF: c_int = WinSock::SO_RCVBUF;
pub const SO_KEEPALIVE: c_int = WinSock::SO_KEEPALIVE;

pub const IPPROTO_IP: c_int = WinSock::IPPROTO_IP;
pub const IPPROTO_IPV6: c_int = WinSock::IPPROTO_IPV6;
pub const IPPROTO_TCP: c_int = WinSock::IPPROTO_TCP;
pub const IPPROTO_UDP: c_int = WinSock::IPPROTO_UDP;

pub const IP_TOS: c_int = WinSock::IP_TOS;
pub const IP_MULTICAST_IF: c_int = WinSock::IP_MULTICAST_IF;
pub const IP_MULTICAST_TTL: c_int = WinSock::IP_MULTICAST_TTL;
pub const IP_MULTICAST_LOOP: c_int = WinSock::IP_MULTICAST_LOOP;
pub const IP_ADD_MEMBERSHIP: c_int = WinSock::IP_ADD_MEMBERSHIP;
pub const IPV6_V6ONLY: c_int = WinSock::IPV6_V6ONLY;
pub const IPV6_TCLASS: c_int = WinSock::IPV6_TCLASS;
pub const IPV6_MULTICAST_IF: c_int = WinSock::IPV6_MULTICAST_IF;
pub const IPV6_MULTICAST_HOPS: c_int = WinSock::IPV6_MULTICAST_HOPS;
pub const IPV6_MULTICAST_LOOP: c_int = WinSock::IPV6_MULTICAST_LOOP;
pub const IPV6_ADD_MEMBERSHIP: c_int = WinSock::IPV6_ADD_MEMBERSHIP;

pub const TCP_NODELAY: c_int = WinSock::TCP_NODELAY;
pub const TCP_KEEPCNT: c_int = WinSock::TCP_KEEPCNT;
pub const TCP_KEEPIDLE: c_int = WinSock::TCP_KEEPIDLE;
pub const TCP_KEEPINTVL: c_int = WinSock::TCP_KEEPINTVL;

pub const AI_PASSIVE: c_int = WinSock::AI_PASSIVE as c_int;
pub const AI_NUMERICHOST: c_int = WinSock::AI_NUMERICHOST as c_int;
pub const AI_V4MAPPED: c_int = WinSock::AI_V4MAPPED as c_int;
pub const AI_ALL: c_int = WinSock::AI_ALL as c_int;
pub const EAI_MEMORY: c_int = WinSock::WSA_NOT_ENOUGH_MEMORY;
pub const NI_MAXHOST: c_uint = WinSock::NI_MAXHOST;
pub const NI_NUMERICHOST: c_int = WinSock::NI_NUMERICHOST as c_int;

pub use WinSock::{
    ADDRINFOA as addrinfo, SOCKADDR as sockaddr, SOCKADDR_STORAGE as sockaddr_storage,
    WSAPOLLFD as pollfd, freeaddrinfo,
};

/// `SOCKADDR_IN`, with the address as one number.
#[repr(C)]
pub struct sockaddr_in {
    pub sin_family: sa_family_t,
    pub sin_port: u16,
    pub sin_addr: in_addr,
    pub sin_zero: [u8; 8],
}

#[repr(C)]
pub struct in_addr {
    pub s_addr: u32,
}

/// `SOCKADDR_IN6`, with the address as bytes.
#[repr(C)]
pub struct sockaddr_in6 {
    pub sin6_family: sa_family_t,
    pub sin6_port: u16,
    pub sin6_flowinfo: u32,
    pub sin6_addr: in6_addr,
    pub sin6_scope_id: u32,
}

#[repr(C)]
pub struct in6_addr {
    pub s6_addr: [u8; 16],
}

const _: () = assert!(
    size_of::<sockaddr_in>() == size_of::<WinSock::SOCKADDR_IN>()
        && size_of::<sockaddr_in6>() == size_of::<WinSock::SOCKADDR_IN6>()
);

/// `SOCKADDR_UN` of `afunix.h`.
#[repr(C)]
pub struct sockaddr_un {
    pub sun_family: sa_family_t,
    pub sun_path: [c_char; 108],
}

/// No such sockets: `sys::HAS_VSOCK` says so.
#[repr(C)]
pub struct sockaddr_vm {
    pub svm_family: sa_family_t,
    pub svm_reserved1: u16,
    pub svm_port: u32,
    pub svm_cid: u32,
}

/// Of programs that use `zmq_sendiov`, which declare it themselves there.
#[repr(C)]
pub struct iovec {
    pub iov_base: *mut c_void,
    pub iov_len: usize,
}

/// Pauses the calling thread.
///
/// # Safety
/// None.
pub unsafe fn sleep(seconds: c_uint) -> c_uint {
    std::thread::sleep(std::time::Duration::from_secs(seconds.into()));
    0
}

pub const RTLD_NOW: c_int = 0;
pub const RTLD_LOCAL: c_int = 0;

/// None of the libraries that are wanted by name on UNIX systems is here.
///
/// # Safety
/// None.
pub unsafe fn dlopen(_: *const c_char, _: c_int) -> *mut c_void {
    std::ptr::null_mut()
}

/// What no library has.
///
/// # Safety
/// None.
pub unsafe fn dlsym(_: *mut c_void, _: *const c_char) -> *mut c_void {
    std::ptr::null_mut()
}

/// The calling thread's number; never 0.
///
/// # Safety
/// None.
pub unsafe fn pthread_self() -> usize {
    // SAFETY: no conditions.
    unsafe { GetCurrentThreadId() as usize }
}

/// As getaddrinfo(3).
///
/// # Safety
/// As there.
pub unsafe fn getaddrinfo(
    host: *const c_char,
    service: *const c_char,
    hints: *const addrinfo,
    list: *mut *mut addrinfo,
) -> c_int {
    crate::sys::start();
    // SAFETY: by the caller.
    unsafe { WinSock::getaddrinfo(host.cast(), service.cast(), hints, list) }
}

/// As getnameinfo(3).
///
/// # Safety
/// As there.
pub unsafe fn getnameinfo(
    address: *const sockaddr,
    len: socklen_t,
    host: *mut c_char,
    host_len: socklen_t,
    service: *mut c_char,
    service_len: socklen_t,
    flags: c_int,
) -> c_int {
    crate::sys::start();
    let (host_len, service_len) = (host_len as c_ulong, service_len as c_ulong);
    // SAFETY: by the caller.
    unsafe {
        WinSock::getnameinfo(
            address,
            len,
            host.cast(),
            host_len,
            service.cast(),
            service_len,
            flags,
        )
    }
}
