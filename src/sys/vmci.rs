//! What VMware's sockets are called on this system.

use std::fs::{File, OpenOptions};
use std::os::fd::{AsRawFd, IntoRawFd};

use crate::sys::libc::{self, c_int, c_ulong};

use super::once::Once;

/// Tells the address family, in drivers of VMware's own.
const GET_FAMILY: c_ulong = 1976;
/// Tells the context id of this machine, in any driver (`IOCTL_VM_SOCKETS_GET_LOCAL_CID`).
const GET_LOCAL_CID: c_ulong = 1977;

/// Options at the level of the address family, with 64-bit values (`SO_VMCI_BUFFER_SIZE`, or
/// `SO_VM_SOCKETS_BUFFER_SIZE`).
pub const BUFFER_SIZE: c_int = 0;
/// Least size of a buffer.
pub const BUFFER_MIN_SIZE: c_int = 1;
/// Greatest size of a buffer.
pub const BUFFER_MAX_SIZE: c_int = 2;
/// How long connecting may take: a `struct timeval`.
pub const CONNECT_TIMEOUT: c_int = 6;

/// What the driver told. It stays open: it may forget the family once nobody has it open.
static OF_DRIVER: Once<Option<c_int>> = Once::new();

/// The address family. VMware's own driver takes a number that is free, and tells which; in Linux
/// as it is, its sockets are those of virtual machines in general.
pub fn family() -> c_int {
    let told = OF_DRIVER.get_or_make(|| {
        let device = device()?;
        let family = c_int::try_from(ask(&device, GET_FAMILY)?).ok()?;
        let _ = device.into_raw_fd();
        Some(family)
    });
    told.unwrap_or(libc::AF_VSOCK)
}

/// Whether `family` is what [`family`] has told, without asking for it.
pub(super) fn is_known(family: c_int) -> bool {
    OF_DRIVER.get() == Some(Some(family))
}

/// The context id of this machine, if it is or has a virtual machine.
pub fn local_cid() -> Option<u32> {
    ask(&device()?, GET_LOCAL_CID).filter(|&cid| cid != u32::MAX)
}

fn device() -> Option<File> {
    // Reading is enough to ask; writing would need more rights.
    OpenOptions::new().read(true).open("/dev/vsock").ok()
}

fn ask(device: &File, what: c_ulong) -> Option<u32> {
    let mut answer: u32 = u32::MAX;
    // SAFETY: both requests write one 32-bit number, if anything.
    let result = unsafe { libc::ioctl(device.as_raw_fd(), what as _, &raw mut answer) };
    (result >= 0).then_some(answer)
}
