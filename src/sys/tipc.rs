//! Addresses of TIPC, by which the machines of a Linux cluster talk (`linux/tipc.h`).

use std::ffi::c_int;

use crate::sys::libc;
use crate::sys::libc::sockaddr_storage;

/// The address family (`AF_TIPC`).
pub(super) const FAMILY: c_int = 30;

/// `TIPC_ADDR_NAMESEQ`, also called `TIPC_SERVICE_RANGE`.
const RANGE: u8 = 1;
/// `TIPC_ADDR_NAME`, also called `TIPC_SERVICE_ADDR`.
const NAME: u8 = 2;
/// `TIPC_ADDR_ID`, also called `TIPC_SOCKET_ADDR`.
const ID: u8 = 3;

/// Everyone in the cluster may know of what is bound (`TIPC_ZONE_SCOPE`).
const ZONE_SCOPE: i8 = 1;

/// Where a TIPC socket is bound or connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TipcAddress {
    /// The instances of a service from `lower` to `upper`.
    Range {
        /// Type of the service.
        service: u32,
        /// First instance.
        lower: u32,
        /// Last instance.
        upper: u32,
    },
    /// An instance of a service, wherever it is bound.
    Name {
        /// Type of the service.
        service: u32,
        /// Which instance.
        instance: u32,
        /// Where to look for it: a node, or a part of the network.
        domain: u32,
    },
    /// A socket.
    Id {
        /// The machine.
        node: u32,
        /// The socket's number there.
        reference: u32,
    },
}

/// `struct sockaddr_tipc`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Raw {
    family: libc::sa_family_t,
    kind: u8,
    scope: i8,
    /// A union of three structures, the largest of which has three numbers.
    numbers: [u32; 3],
}

const _: () = assert!(
    size_of::<Raw>() <= size_of::<sockaddr_storage>()
        && align_of::<Raw>() <= align_of::<sockaddr_storage>()
);

impl TipcAddress {
    /// Writes the system's form and tells its length.
    pub(super) fn write(self, storage: &mut sockaddr_storage) -> usize {
        let (kind, scope, numbers) = match self {
            TipcAddress::Range { service, lower, upper } => {
                (RANGE, ZONE_SCOPE, [service, lower, upper])
            }
            TipcAddress::Name { service, instance, domain } => {
                (NAME, 0, [service, instance, domain])
            }
            TipcAddress::Id { node, reference } => (ID, 0, [reference, node, 0]),
        };
        let raw = Raw { family: FAMILY as libc::sa_family_t, kind, scope, numbers };
        // SAFETY: the storage is at least as large and as aligned, as asserted above.
        unsafe { (&raw mut *storage).cast::<Raw>().write(raw) };
        size_of::<Raw>()
    }

    /// Reads the system's form, whose family was looked at; `None` for a kind that is none of ours.
    pub(super) fn read(storage: &sockaddr_storage, len: usize) -> Option<TipcAddress> {
        if len < size_of::<Raw>() {
            return None;
        }
        // SAFETY: the storage, large and aligned enough, is initialised, and any bytes will do.
        let raw = unsafe { (&raw const *storage).cast::<Raw>().read() };
        let [first, second, third] = raw.numbers;
        match raw.kind {
            RANGE => Some(TipcAddress::Range { service: first, lower: second, upper: third }),
            NAME => Some(TipcAddress::Name { service: first, instance: second, domain: third }),
            ID => Some(TipcAddress::Id { node: second, reference: first }),
            _ => None,
        }
    }
}
