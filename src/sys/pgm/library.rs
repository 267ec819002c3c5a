//! The functions of OpenPGM 5.3, found by name when the first of them is wanted, and what is shared
//! with it in memory. Numbers and layouts are those of its headers `pgm/socket.h`, `pgm/skbuff.h`,
//! `pgm/msgv.h`, `pgm/error.h` and `pgm/if.h`.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::AtomicU32;

use crate::sys::foreign::{self, Loaded};
use crate::sys::libc;
use crate::sys::once::Once;

const SONAME: &CStr = c"libpgm-5.3.so.0";

/// `pgm_sock_t`, of which only the library knows more.
pub type RawSocket = c_void;

/// `pgm_error_t`: why a call failed.
#[repr(C)]
pub struct RawError {
    pub domain: c_int,
    pub code: c_int,
    pub message: *mut c_char,
}

/// `pgm_addrinfo_t`: the groups to receive from, and those to send to.
#[repr(C)]
pub struct RawAddresses {
    pub family: libc::sa_family_t,
    pub receive_len: u32,
    pub receive: *mut RawGroup,
    pub send_len: u32,
    pub send: *mut RawGroup,
}

/// `pgm_group_source_req`. Its beginning is the system's `group_req`.
#[repr(C)]
pub struct RawGroup {
    pub interface: u32,
    pub group: libc::sockaddr_storage,
    pub source: libc::sockaddr_storage,
    pub address: libc::sockaddr_storage,
}

/// How much of [`RawGroup`] is `group_req`.
pub const GROUP_REQUEST: usize = std::mem::offset_of!(RawGroup, source);

/// `pgm_tsi_t`: a sender, by six random bytes and a port.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sender {
    pub(super) identifier: [u8; 6],
    pub(super) port: u16,
}

/// `pgm_sockaddr_t`: where data goes, and who sends it.
#[repr(C)]
pub struct RawAddress {
    pub port: u16,
    pub sender: Sender,
}

/// `pgm_interface_req_t`.
#[repr(C)]
pub struct RawInterface {
    pub interface: u32,
    pub scope: u32,
    pub address: libc::sockaddr_storage,
}

/// `pgm_sk_buff_t`: a packet as the library keeps it.
#[repr(C)]
pub struct RawPacket {
    link: [*mut c_void; 3],
    socket: *mut RawSocket,
    time: u64,
    pub sender: Sender,
    sequence: u32,
    padding: u32,
    control: [u8; 48],
    pub len: u16,
    flags: [u16; 3],
    headers: [*mut c_void; 4],
    head: *mut c_void,
    pub data: *mut u8,
    tail: *mut c_void,
    end: *mut c_void,
    size: u32,
    pub users: AtomicU32,
}

/// `pgm_msgv_t`: the packets of one message of PGM's, of which libzmq's have one.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RawMessage {
    pub len: u32,
    pub packets: [*mut RawPacket; 16],
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<RawPacket>() == 184 && std::mem::offset_of!(RawPacket, data) == 152);
    assert!(size_of::<RawMessage>() == 136 && size_of::<RawInterface>() == 136);
    assert!(size_of::<RawAddress>() == 10 && size_of::<RawAddresses>() == 32);
    assert!(size_of::<RawGroup>() == 392 && GROUP_REQUEST == 136);
};

/// Where a message about an error goes.
pub type LogHandler = Option<unsafe extern "C" fn(c_int, *const c_char, *mut c_void)>;

type SetOption =
    unsafe extern "C" fn(*mut RawSocket, c_int, c_int, *const c_void, libc::socklen_t) -> bool;
type GetOption =
    unsafe extern "C" fn(*mut RawSocket, c_int, c_int, *mut c_void, *mut libc::socklen_t) -> bool;
type GetAddresses = unsafe extern "C" fn(
    *const c_char,
    *const RawAddresses,
    *mut *mut RawAddresses,
    *mut *mut RawError,
) -> bool;
type OpenSocket = unsafe extern "C" fn(
    *mut *mut RawSocket,
    libc::sa_family_t,
    c_int,
    c_int,
    *mut *mut RawError,
) -> bool;
type Bind = unsafe extern "C" fn(
    *mut RawSocket,
    *const RawAddress,
    libc::socklen_t,
    *const RawInterface,
    libc::socklen_t,
    *const RawInterface,
    libc::socklen_t,
    *mut *mut RawError,
) -> bool;
type Receive = unsafe extern "C" fn(
    *mut RawSocket,
    *mut RawMessage,
    usize,
    c_int,
    *mut usize,
    *mut *mut RawError,
) -> c_int;

/// The functions, as the library's headers declare them.
pub struct Library {
    pub getaddrinfo: GetAddresses,
    pub freeaddrinfo: unsafe extern "C" fn(*mut RawAddresses),
    pub error_free: unsafe extern "C" fn(*mut RawError),
    pub socket: OpenSocket,
    pub setsockopt: SetOption,
    pub getsockopt: GetOption,
    pub gsi_create_from_data: unsafe extern "C" fn(*mut [u8; 6], *const u8, usize) -> bool,
    pub bind3: Bind,
    pub connect: unsafe extern "C" fn(*mut RawSocket, *mut *mut RawError) -> bool,
    pub close: unsafe extern "C" fn(*mut RawSocket, bool) -> bool,
    pub send: unsafe extern "C" fn(*mut RawSocket, *const c_void, usize, *mut usize) -> c_int,
    pub recvmsgv: Receive,
    pub free: unsafe extern "C" fn(*mut c_void),
}

impl Library {
    /// The library for one call. `None`: there is none, or the caller is at the process' exit.
    pub fn enter() -> Option<Inside> {
        foreign::enter(Library::get()?)
    }

    /// The library, loaded and initialised if that can be done.
    pub fn get() -> Option<&'static Library> {
        static LIBRARY: Once<Option<&Library>> = Once::new();
        // It stays for as long as the process does.
        LIBRARY.get_or_make(|| Library::load().map(|it| &*Box::leak(Box::new(it))))
    }

    fn load() -> Option<Library> {
        // SAFETY: the library has no initialisers of note.
        let library = unsafe { Loaded::open(SONAME)? };
        // SAFETY: each type is that of the declaration in the library's headers.
        unsafe {
            let init: unsafe extern "C" fn(*mut *mut RawError) -> bool =
                library.symbol(c"pgm_init")?;
            let set_handler: unsafe extern "C" fn(LogHandler, *mut c_void) -> LogHandler =
                library.symbol(c"pgm_log_set_handler")?;
            let found = Library {
                getaddrinfo: library.symbol(c"pgm_getaddrinfo")?,
                freeaddrinfo: library.symbol(c"pgm_freeaddrinfo")?,
                error_free: library.symbol(c"pgm_error_free")?,
                socket: library.symbol(c"pgm_socket")?,
                setsockopt: library.symbol(c"pgm_setsockopt")?,
                getsockopt: library.symbol(c"pgm_getsockopt")?,
                gsi_create_from_data: library.symbol(c"pgm_gsi_create_from_data")?,
                bind3: library.symbol(c"pgm_bind3")?,
                connect: library.symbol(c"pgm_connect")?,
                close: library.symbol(c"pgm_close")?,
                send: library.symbol(c"pgm_send")?,
                recvmsgv: library.symbol(c"pgm_recvmsgv")?,
                free: library.symbol(c"pgm_free")?,
            };
            if !init(std::ptr::null_mut()) {
                return None;
            }
            // Without a handler it writes its warnings to the application's standard output. One that
            // the application has set before stays.
            let before = set_handler(Some(keep_quiet), std::ptr::null_mut());
            if before.is_some() {
                set_handler(before, std::ptr::null_mut());
            }
            Some(found)
        }
    }
}

/// The library while a call is under way.
pub type Inside = foreign::Inside<Library>;

unsafe extern "C" fn keep_quiet(_level: c_int, _text: *const c_char, _closure: *mut c_void) {}
