//! `zmq_poll` and `zmq_ppoll`.

use std::ffi::{c_int, c_long, c_short, c_void};

use super::{Sleeper, guard_sleeper, milliseconds};
use crate::error::{Errno, Result};
use crate::socket::find;
use crate::socket::polling::{Item, Mask, Polling, Source};
use crate::sys::cancel::Cancel;
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
pub unsafe extern "C-unwind" fn zmq_poll(
    items_: *mut PollItem,
    nitems_: c_int,
    timeout_: c_long,
) -> c_int {
    // SAFETY: by the caller; the mask is null.
    unsafe { poll(items_, nitems_, timeout_, std::ptr::null()) }
}

/// Draft: as [`zmq_poll`], with the calling thread's signal mask replaced while it waits.
///
/// # Safety
/// As [`zmq_poll`]; `sigmask_` is null or points to a signal set.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_ppoll(
    items_: *mut PollItem,
    nitems_: c_int,
    timeout_: c_long,
    sigmask_: *const libc::sigset_t,
) -> c_int {
    // SAFETY: by the caller.
    unsafe { poll(items_, nitems_, timeout_, sigmask_) }
}

/// # Safety
/// As [`zmq_ppoll`].
unsafe fn poll(items: *mut PollItem, count: c_int, timeout: c_long, mask: Mask) -> c_int {
    guard_sleeper(Poll { polling: None, mask }, |poll| {
        // SAFETY: by the caller.
        let items = unsafe { items_of(items, count) }?;
        let polling = match &mut poll.polling {
            Some(polling) => polling,
            None => poll.polling.insert(Polling::new(sources(items)?)),
        };
        let ready = polling.attempt(milliseconds(timeout), mask)?;
        for (item, source) in items.iter_mut().zip(&polling.items) {
            item.revents = source.ready;
        }
        Ok(c_int::try_from(ready).unwrap_or(c_int::MAX))
    })
}

struct Poll {
    polling: Option<Polling>,
    mask: Mask,
}

impl Sleeper for Poll {
    fn sleep(&mut self) {
        if let Some(polling) = &mut self.polling {
            // SAFETY: by the caller of `poll`.
            unsafe { polling.sleep(self.mask, Cancel::Here) };
        }
    }
}

/// # Safety
/// As [`zmq_poll`].
unsafe fn items_of<'a>(items: *mut PollItem, count: c_int) -> Result<&'a mut [PollItem]> {
    let count = usize::try_from(count).map_err(|_| Errno::EINVAL)?;
    if count == 0 {
        return Ok(&mut []);
    }
    if items.is_null() {
        return Err(Errno::EFAULT);
    }
    // SAFETY: by the caller.
    Ok(unsafe { std::slice::from_raw_parts_mut(items, count) })
}

fn sources(items: &[PollItem]) -> Result<Vec<Item>> {
    let mut sources = Vec::with_capacity(items.len());
    for item in items {
        let source = if item.socket.is_null() {
            Source::Fd(item.fd)
        } else {
            Source::Socket(find(item.socket)?)
        };
        sources.push(Item { source, events: item.events, ready: 0 });
    }
    Ok(sources)
}
