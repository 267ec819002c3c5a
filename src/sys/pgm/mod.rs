//! PGM (RFC 3208) by the system's OpenPGM, loaded when it is first asked for.
//!
//! A [`Socket`] either sends or receives. The library asks to be called in four cases: there is
//! something to read at one of [`Socket::watched`]; there is room again to write at
//! [`Socket::output`], after [`Sent::Full`]; a time has come, after [`Sent::Limited`] or
//! [`Received::Idle`] with a time. It has no threads of its own.

mod library;

use crate::sys::{NO_FD, RawFd};
use std::ffi::{CStr, c_int, c_void};
use std::ptr;
use std::sync::atomic::Ordering;

pub use library::Sender;
use library::{
    GROUP_REQUEST, Inside, Library, RawAddress, RawAddresses, RawError, RawInterface, RawMessage,
    RawPacket, RawSocket,
};

use crate::error::{Errno, Result};
use crate::sys::libc;

/// The level of PGM's options: the protocol's number.
const PGM: c_int = 113;

/// Options of that level.
mod option {
    pub const SEND_SOCK: i32 = 0x2000;
    pub const RECV_SOCK: i32 = 0x2001;
    pub const REPAIR_SOCK: i32 = 0x2002;
    pub const PENDING_SOCK: i32 = 0x2003;
    pub const TIME_REMAIN: i32 = 0x2005;
    pub const RATE_REMAIN: i32 = 0x2006;
    pub const MTU: i32 = 0x2008;
    pub const MSS: i32 = 0x200a;
    pub const MULTICAST_LOOP: i32 = 0x200c;
    pub const MULTICAST_HOPS: i32 = 0x200d;
    pub const TOS: i32 = 0x200e;
    pub const AMBIENT_SPM: i32 = 0x200f;
    pub const HEARTBEAT_SPM: i32 = 0x2010;
    pub const TXW_SQNS: i32 = 0x2012;
    pub const PEER_EXPIRY: i32 = 0x2015;
    pub const SPMR_EXPIRY: i32 = 0x2016;
    pub const RXW_SQNS: i32 = 0x2018;
    pub const NAK_BO_IVL: i32 = 0x201b;
    pub const NAK_RPT_IVL: i32 = 0x201c;
    pub const NAK_RDATA_IVL: i32 = 0x201d;
    pub const NAK_DATA_RETRIES: i32 = 0x201e;
    pub const NAK_NCF_RETRIES: i32 = 0x201f;
    pub const SEND_ONLY: i32 = 0x2023;
    pub const RECV_ONLY: i32 = 0x2024;
    pub const NOBLOCK: i32 = 0x2027;
    pub const SEND_GROUP: i32 = 0x2028;
    pub const JOIN_GROUP: i32 = 0x2029;
    pub const UDP_ENCAP_UCAST_PORT: i32 = 0x2030;
    pub const UDP_ENCAP_MCAST_PORT: i32 = 0x2031;
    pub const ODATA_MAX_RTE: i32 = 0x2034;
}

/// What sending and receiving answer (`PGM_IO_STATUS_*`).
mod status {
    pub const NORMAL: i32 = 1;
    pub const RESET: i32 = 2;
    pub const WOULD_BLOCK: i32 = 5;
    pub const RATE_LIMITED: i32 = 6;
    pub const TIMER_PENDING: i32 = 7;
    pub const CONGESTION: i32 = 8;
}

/// Errors (`PGM_ERROR_*`) that have an errno; to others nothing can be done but to say that the
/// endpoint is wrong.
const ERRORS: [(c_int, i32); 6] = [
    (1, libc::EAFNOSUPPORT),
    (13, libc::EMFILE),
    (14, libc::ENFILE),
    (15, libc::ENOBUFS),
    (19, libc::ENOMEM),
    (26, libc::EPERM),
];

/// Asks for the sender of lost data to be told (`MSG_ERRQUEUE`).
const ERROR_QUEUE: c_int = 0x2000;

/// Packets received by one call.
const BATCH: usize = 16;

/// The most packets in a window: each takes memory at once, and OpenPGM ends the process if there is
/// none.
const MOST_PACKETS: i64 = 1 << 24;

/// OpenPGM counts times in microseconds.
const MS: c_int = 1000;
const S: c_int = 1000 * MS;

/// Whether the system has the library.
pub fn is_there() -> bool {
    Library::get().is_some()
}

/// How a socket is to be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// PGM in UDP, for which no privilege is needed.
    pub in_udp: bool,
    /// It sends; else it receives.
    pub sends: bool,
    /// Kilobits a second, of what is sent.
    pub rate: i32,
    /// For how many milliseconds what was sent can be asked for again.
    pub recovery_ms: i32,
    /// The largest packet, with its headers, in bytes.
    pub largest_packet: i32,
    /// How many routers a packet may pass.
    pub hops: i32,
    /// The system's buffers in bytes; negative leaves them as they are.
    pub send_buffer: i32,
    /// As `send_buffer`.
    pub receive_buffer: i32,
}

impl Settings {
    /// Packets in a window: those of the recovery interval, at least one.
    fn window(&self) -> c_int {
        let bytes = i64::from(self.rate) / 8 * i64::from(self.recovery_ms);
        let packets = bytes / i64::from(self.largest_packet.max(1));
        packets.clamp(1, MOST_PACKETS) as c_int
    }

    /// The same kind of socket, with what is always taken.
    fn harmless(&self) -> Settings {
        Settings {
            rate: 100,
            recovery_ms: 10_000,
            largest_packet: 1500,
            send_buffer: -1,
            receive_buffer: -1,
            ..self.clone()
        }
    }

    /// Bytes a second.
    fn byte_rate(&self) -> c_int {
        i32::try_from(i64::from(self.rate) * 1000 / 8).unwrap_or(c_int::MAX).max(1)
    }
}

/// What became of a packet that was to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is on its way.
    Done,
    /// The system has no room for it.
    Full,
    /// The rate allows it after so many milliseconds.
    Limited(u64),
    /// The socket is broken.
    Broken,
}

/// What was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Packets; there may be more.
    Some,
    /// What a sender sent is lost for good.
    Lost(Sender),
    /// Nothing. Something is to be done after so many milliseconds, if a time is given.
    Idle(Option<u64>),
    /// The socket is broken.
    Broken,
}

/// A socket of OpenPGM's.
pub struct Socket {
    raw: *mut RawSocket,
    messages: Box<[RawMessage]>,
}

// SAFETY: the library does not tie sockets to threads, and nobody else has this one.
unsafe impl Send for Socket {}

/// Addresses of the library's, given back when dropped.
struct Addresses(*mut RawAddresses);

impl Drop for Addresses {
    fn drop(&mut self) {
        if let Some(library) = Library::enter() {
            // SAFETY: they came from the library, and nobody else has them.
            unsafe { (library.freeaddrinfo)(self.0) };
        }
    }
}

/// What a failed call says; the library's description of it is given back.
fn errno_of(library: &Inside, error: *mut RawError) -> Errno {
    if error.is_null() {
        return Errno::EINVAL;
    }
    // SAFETY: set by the call that failed, and given back once.
    let code = unsafe {
        let code = (*error).code;
        (library.error_free)(error);
        code
    };
    let known = ERRORS.iter().find(|(known, _)| *known == code);
    known.map_or(Errno::EINVAL, |(_, errno)| Errno(*errno))
}

impl Socket {
    /// A socket for `network`, `interface;group,group;group`, and `port`, connected. May ask the name
    /// service. Errors: `EPROTONOSUPPORT` (no library), `EINVAL` (the address, or a setting, is not
    /// taken), `EPERM` (PGM itself needs `CAP_NET_RAW`), `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`,
    /// `EAFNOSUPPORT`.
    pub fn open(network: &CStr, port: u16, settings: &Settings) -> Result<Socket> {
        let library = Library::enter().ok_or(Errno::EPROTONOSUPPORT)?;
        let addresses = look_up(&library, network)?;
        // SAFETY: the library filled it, with at least one group of each kind.
        let (groups, target, family) = unsafe {
            let found = &*addresses.0;
            if found.receive.is_null() || found.receive_len == 0 || found.send.is_null() {
                return Err(Errno::EINVAL);
            }
            let groups = std::slice::from_raw_parts(found.receive, found.receive_len as usize);
            let target = &*found.send;
            (groups, target, target.group.ss_family)
        };
        let first = groups.first().ok_or(Errno::EINVAL)?;
        let source = source(&library, port)?;
        probe(family.into(), settings.in_udp)?;
        let (mut raw, mut error) = (ptr::null_mut(), ptr::null_mut());
        let protocol = if settings.in_udp { libc::IPPROTO_UDP } else { PGM };
        // SAFETY: the pointers are to locals.
        let opened = unsafe {
            (library.socket)(&mut raw, family, libc::SOCK_SEQPACKET, protocol, &mut error)
        };
        if !opened {
            return Err(errno_of(&library, error));
        }
        let none = RawMessage { len: 0, packets: [ptr::null_mut(); 16] };
        let room = if settings.sends { 1 } else { BATCH };
        let socket = Socket { raw, messages: vec![none; room].into_boxed_slice() };
        let is_configured = socket.configure(port, settings).is_some();
        if !is_configured && socket.configure(port, &settings.harmless()).is_none() {
            // Better left open than closed unbound.
            std::mem::forget(socket);
            return Err(Errno::EINVAL);
        }
        // Also what is given up then: with a socket that was never bound OpenPGM closes descriptor 0,
        // whosever that is.
        socket.bind(&library, &source, first)?;
        if !is_configured {
            return Err(Errno::EINVAL);
        }
        for group in groups {
            socket.set_group(option::JOIN_GROUP, group).ok_or(Errno::EINVAL)?;
        }
        socket.set_group(option::SEND_GROUP, target).ok_or(Errno::EINVAL)?;
        socket.set(option::MULTICAST_LOOP, 0).ok_or(Errno::EINVAL)?;
        socket.set(option::MULTICAST_HOPS, settings.hops).ok_or(Errno::EINVAL)?;
        if c_int::from(family) != libc::AF_INET6 {
            // Expedited forwarding, as libzmq asks for; not every system lets it.
            let _ = socket.set(option::TOS, 0x2e << 2);
        }
        socket.set(option::NOBLOCK, 1).ok_or(Errno::EINVAL)?;
        // SAFETY: an open socket and a local.
        if !unsafe { (library.connect)(socket.raw, &mut error) } {
            return Err(errno_of(&library, error));
        }
        Ok(socket)
    }

    /// The settings that come before binding; `None` if one is not taken. The times are libzmq's.
    fn configure(&self, port: u16, settings: &Settings) -> Option<()> {
        if settings.in_udp {
            self.set(option::UDP_ENCAP_UCAST_PORT, port.into())?;
            self.set(option::UDP_ENCAP_MCAST_PORT, port.into())?;
        }
        for (option, size) in
            [(libc::SO_RCVBUF, settings.receive_buffer), (libc::SO_SNDBUF, settings.send_buffer)]
        {
            if size >= 0 {
                self.set_raw(libc::SOL_SOCKET, option, &size, size_of::<c_int>())?;
            }
        }
        self.set(option::MTU, settings.largest_packet)?;
        if settings.sends {
            self.set(option::SEND_ONLY, 1)?;
            self.set(option::ODATA_MAX_RTE, settings.byte_rate())?;
            self.set(option::TXW_SQNS, settings.window())?;
            self.set(option::AMBIENT_SPM, 30 * S)?;
            let after_data =
                [100 * MS, 100 * MS, 100 * MS, 100 * MS, 1300 * MS, 7 * S, 16 * S, 25 * S, 30 * S];
            return self.set_raw(PGM, option::HEARTBEAT_SPM, &after_data, size_of_val(&after_data));
        }
        self.set(option::RECV_ONLY, 1)?;
        self.set(option::RXW_SQNS, settings.window())?;
        self.set(option::PEER_EXPIRY, 300 * S)?;
        self.set(option::SPMR_EXPIRY, 25 * MS)?;
        self.set(option::NAK_BO_IVL, 50 * MS)?;
        self.set(option::NAK_RPT_IVL, 200 * MS)?;
        self.set(option::NAK_RDATA_IVL, 200 * MS)?;
        self.set(option::NAK_DATA_RETRIES, 50)?;
        self.set(option::NAK_NCF_RETRIES, 50)
    }

    fn bind(&self, library: &Inside, source: &RawAddress, group: &library::RawGroup) -> Result<()> {
        // SAFETY: all zeroes are a valid value.
        let mut interface: RawInterface = unsafe { std::mem::zeroed() };
        interface.interface = group.interface;
        if c_int::from(group.group.ss_family) == libc::AF_INET6 {
            // SAFETY: the family says that it is this type of address, which the storage is large
            // enough for.
            interface.scope =
                unsafe { (*(&raw const group.group).cast::<libc::sockaddr_in6>()).sin6_scope_id };
        }
        let (address_size, interface_size) = (
            size_of::<RawAddress>() as libc::socklen_t,
            size_of::<RawInterface>() as libc::socklen_t,
        );
        let mut error = ptr::null_mut();
        // SAFETY: an open socket; the pointers are to locals, each with its size.
        let bound = unsafe {
            (library.bind3)(
                self.raw,
                source,
                address_size,
                &interface,
                interface_size,
                &interface,
                interface_size,
                &mut error,
            )
        };
        if bound { Ok(()) } else { Err(errno_of(library, error)) }
    }

    fn set(&self, option: c_int, value: c_int) -> Option<()> {
        self.set_raw(PGM, option, &value, size_of::<c_int>())
    }

    fn set_group(&self, option: c_int, group: &library::RawGroup) -> Option<()> {
        self.set_raw(PGM, option, group, GROUP_REQUEST)
    }

    /// Sets an option to the first `size` bytes of `value`.
    fn set_raw<T>(&self, level: c_int, option: c_int, value: &T, size: usize) -> Option<()> {
        let size = size.min(size_of::<T>()) as libc::socklen_t;
        let value = (&raw const *value).cast::<c_void>();
        let library = Library::enter()?;
        // SAFETY: an open socket; the pointer leads to as many bytes at least.
        unsafe { (library.setsockopt)(self.raw, level, option, value, size) }.then_some(())
    }

    /// Reads an option of type `T`, which may consist of any bytes.
    fn get<T: Copy>(&self, option: c_int, mut value: T) -> Option<T> {
        let mut size = size_of::<T>() as libc::socklen_t;
        let library = Library::enter()?;
        let to = (&raw mut value).cast::<c_void>();
        // SAFETY: an open socket; the pointers are to locals, of the size that is said.
        unsafe { (library.getsockopt)(self.raw, PGM, option, to, &mut size) }.then_some(value)
    }

    fn fd(&self, option: c_int) -> Option<RawFd> {
        self.get(option, NO_FD).filter(|&fd| fd != NO_FD)
    }

    /// The descriptors at which something to read means that [`Socket::receive`] is to be called.
    pub fn watched(&self, sends: bool) -> Vec<RawFd> {
        let repairs = if sends { self.fd(option::REPAIR_SOCK) } else { None };
        let others = [option::RECV_SOCK, option::PENDING_SOCK];
        others.into_iter().filter_map(|option| self.fd(option)).chain(repairs).collect()
    }

    /// The descriptor that tells when there is room to write.
    pub fn output(&self) -> Option<RawFd> {
        self.fd(option::SEND_SOCK)
    }

    /// The most bytes that [`Socket::send`] takes.
    pub fn capacity(&self) -> usize {
        self.get(option::MSS, 0).and_then(|size: c_int| usize::try_from(size).ok()).unwrap_or(0)
    }

    /// Sends a packet.
    pub fn send(&mut self, packet: &[u8]) -> Sent {
        let Some(library) = Library::enter() else { return Sent::Broken };
        let mut sent = 0;
        // SAFETY: an open socket, bytes with their length, and a local.
        let status =
            unsafe { (library.send)(self.raw, packet.as_ptr().cast(), packet.len(), &mut sent) };
        match status {
            status::NORMAL => Sent::Done,
            status::RATE_LIMITED => Sent::Limited(self.remaining_ms(option::RATE_REMAIN)),
            status::WOULD_BLOCK | status::CONGESTION => Sent::Full,
            _ => Sent::Broken,
        }
    }

    /// Receives packets, and attends to what the protocol asks of senders and receivers. `each` gets
    /// who sent a packet, and what.
    pub fn receive(&mut self, mut each: impl FnMut(Sender, &[u8])) -> Received {
        let Some(library) = Library::enter() else { return Received::Broken };
        let mut received = 0;
        let (room, len) = (self.messages.as_mut_ptr(), self.messages.len());
        // SAFETY: an open socket, an array with its length, a local; null for no description.
        let status = unsafe {
            let error = ptr::null_mut();
            (library.recvmsgv)(self.raw, room, len, ERROR_QUEUE, &mut received, error)
        };
        match status {
            status::NORMAL => self.deliver(received, &mut each),
            status::RESET => match self.lost(&library) {
                Some(sender) => Received::Lost(sender),
                None => Received::Broken,
            },
            status::TIMER_PENDING => Received::Idle(Some(self.remaining_ms(option::TIME_REMAIN))),
            status::RATE_LIMITED => Received::Idle(Some(self.remaining_ms(option::RATE_REMAIN))),
            status::WOULD_BLOCK => Received::Idle(None),
            _ => Received::Broken,
        }
    }

    /// Passes on `bytes` in all, which the library says it received.
    fn deliver(&mut self, bytes: usize, each: &mut impl FnMut(Sender, &[u8])) -> Received {
        let mut left = bytes;
        for message in &self.messages {
            for packet in message.packets.iter().take(message.len as usize) {
                if left == 0 {
                    return Received::Some;
                }
                // SAFETY: the library filled as many elements as have `bytes` bytes together, and
                // its packets stay until the next call.
                let (sender, data) = unsafe {
                    let RawPacket { sender, data, len, .. } = &**packet;
                    (*sender, std::slice::from_raw_parts(*data, usize::from(*len)))
                };
                left = left.saturating_sub(data.len());
                each(sender, data);
            }
        }
        Received::Some
    }

    /// Whose data was lost: the first packet says so, and is ours to give back.
    fn lost(&mut self, library: &Inside) -> Option<Sender> {
        let packet = *self.messages.first()?.packets.first()?;
        if packet.is_null() {
            return None;
        }
        // SAFETY: the library made it for this; whoever gives the last reference back frees it.
        unsafe {
            let sender = (*packet).sender;
            if (*packet).users.fetch_sub(1, Ordering::AcqRel) == 1 {
                (library.free)(packet.cast());
            }
            Some(sender)
        }
    }

    /// Milliseconds until the library wants to be called, rounded up.
    fn remaining_ms(&self, option: c_int) -> u64 {
        let left = self.get(option, libc::timeval { tv_sec: 0, tv_usec: 0 });
        let left = left.unwrap_or(libc::timeval { tv_sec: 0, tv_usec: 10_000 });
        #[allow(clippy::unnecessary_cast, reason = "other systems have other types")]
        let (seconds, micros) = (left.tv_sec as i64, left.tv_usec as i64);
        let ms = seconds.saturating_mul(1000).saturating_add(micros.saturating_add(999) / 1000);
        u64::try_from(ms).unwrap_or(0).max(1)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if let Some(library) = Library::enter() {
            // SAFETY: open, and used no more.
            unsafe { (library.close)(self.raw, true) };
        }
    }
}

/// Whether what OpenPGM opens for a socket can be had: three sockets and two descriptors for events.
/// If it cannot, OpenPGM closes descriptor 0, whosever that is.
#[cfg(unix)]
fn probe(family: c_int, in_udp: bool) -> Result<()> {
    use std::os::fd::{FromRawFd, OwnedFd};

    let (kind, protocol) =
        if in_udp { (libc::SOCK_DGRAM, libc::IPPROTO_UDP) } else { (libc::SOCK_RAW, PGM) };
    let mut opened = Vec::new();
    for _ in 0..5 {
        // SAFETY: no pointers are passed.
        let fd = unsafe { libc::socket(family, kind | libc::SOCK_CLOEXEC, protocol) };
        if fd < 0 {
            let errno = super::last_errno();
            let is_known = ERRORS.iter().any(|&(_, known)| errno == Errno(known));
            return Err(if is_known { errno } else { Errno::EINVAL });
        }
        // SAFETY: the descriptor was just made and belongs to nobody else.
        opened.push(unsafe { OwnedFd::from_raw_fd(fd) });
    }
    Ok(())
}

#[cfg(not(unix))]
fn probe(_family: c_int, _in_udp: bool) -> Result<()> {
    Ok(())
}

/// Who sends, by a number of its own.
fn source(library: &Inside, port: u16) -> Result<RawAddress> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|_| Errno::EAGAIN)?;
    let mut sender = Sender { identifier: [0; 6], port: 0 };
    // SAFETY: the pointers are to locals, the second with its length.
    let named = unsafe {
        (library.gsi_create_from_data)(&mut sender.identifier, random.as_ptr(), random.len())
    };
    if named { Ok(RawAddress { port, sender }) } else { Err(Errno::EINVAL) }
}

fn look_up(library: &Inside, network: &CStr) -> Result<Addresses> {
    let (mut found, mut error) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: a C string, no hints, and locals.
    let is_found =
        unsafe { (library.getaddrinfo)(network.as_ptr(), ptr::null(), &mut found, &mut error) };
    if !is_found || found.is_null() {
        // Whatever is wrong with the address, libzmq says this.
        errno_of(library, error);
        return Err(Errno::EINVAL);
    }
    Ok(Addresses(found))
}
