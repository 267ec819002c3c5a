//! `zmq_poll` and `zmq_ppoll`.

use std::ffi::{c_int, c_long, c_short, c_void};

use super::{guard, milliseconds};
use crate::error::{Errno, Result};
use crate::socket::find;
use crate::socket::polling::{Item, Mask, Source, wait_for_events};
use crate::sys::{RawFd, libc};

/// `zmq_pollitem_t`: a socket or, if that is null, a descriptor.
#[repr(C)]
pub struct PollItem {
    socket: *mut c_void,
    fd: RawFd,
    events: c_short,
    revents: c_short,
}

/// Waits until an item has an event, at most `timeout_` milliseconds (negative: no limit). How
/// many items have one, or -1 with `EINVAL`, `EFAULT`, `EINTR`, `ETERM`, `ENOTSOCK`.
///
/// # Safety
/// `items_` points to `nitems_` items; it may be null if there are none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poll(
    items_: *mut PollItem,
    nitems_: c_int,
    timeout_: c_long,
) -> c_int {
    // SAFETY: by the caller; the mask is null.
    guard(|| unsafe { poll(items_, nitems_, timeout_, std::ptr::null()) })
}

/// Draft: as [`zmq_poll`], with the calling thread's signal mask replaced while it waits.
///
/// # Safety
/// As [`zmq_poll`]; `sigmask_` is null or points to a signal set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ppoll(
    items_: *mut PollItem,
    nitems_: c_int,
    timeout_: c_long,
    sigmask_: *const libc::sigset_t,
) -> c_int {
    // SAFETY: by the caller.
    guard(|| unsafe { poll(items_, nitems_, timeout_, sigmask_) })
}

/// # Safety
/// As [`zmq_ppoll`].
unsafe fn poll(items: *mut PollItem, count: c_int, timeout: c_long, mask: Mask) -> Result<c_int> {
    let count = usize::try_from(count).map_err(|_| Errno::EINVAL)?;
    if items.is_null() && count > 0 {
        return Err(Errno::EFAULT);
    }
    let items: &mut [PollItem] = if count == 0 {
        &mut []
    } else {
        // SAFETY: by the caller.
        unsafe { std::slice::from_raw_parts_mut(items, count) }
    };
    let mut sources = Vec::with_capacity(items.len());
    for item in items.iter_mut() {
        let source = if item.socket.is_null() {
            Source::Fd(item.fd)
        } else {
            Source::Socket(find(item.socket)?)
        };
        sources.push(Item { source, events: item.events, ready: 0 });
    }
    // SAFETY: by the caller.
    let ready = unsafe { wait_for_events(&mut sources, milliseconds(timeout), mask) }?;
    for (item, source) in items.iter_mut().zip(&sources) {
        item.revents = source.ready;
    }
    Ok(c_int::try_from(ready).unwrap_or(c_int::MAX))
}
