//! The poller functions, all draft.

use std::ffi::{c_int, c_long, c_short, c_void};
use std::ptr;
use std::sync::Arc;

use super::registry::Registry;
use super::{Sleeper, guard, guard_or, guard_sleeper, milliseconds};
use crate::consts::{ZMQ_POLLERR, ZMQ_POLLIN, ZMQ_POLLOUT, ZMQ_POLLPRI};
use crate::error::{Errno, Result};
use crate::socket::find;
use crate::socket::poller::{Event, Poller, Watch};
use crate::socket::polling::Source;
use crate::sys::cancel::Cancel;
use crate::sys::{self, RawFd as Fd};

/// No descriptor.
const NO_FD: Fd = sys::NO_FD;

static POLLERS: Registry<Poller<UserData>> = Registry::new(0x7300_0000);

/// What the application wants back with an event.
#[derive(Clone, Copy)]
struct UserData(*mut c_void);

// SAFETY: the pointer is only handed back, never followed.
unsafe impl Send for UserData {}

/// `zmq_poller_event_t`.
#[repr(C)]
pub struct PollerEvent {
    socket: *mut c_void,
    fd: Fd,
    user_data: *mut c_void,
    events: c_short,
}

impl PollerEvent {
    const NONE: PollerEvent =
        PollerEvent { socket: ptr::null_mut(), fd: NO_FD, user_data: ptr::null_mut(), events: 0 };
}

impl From<Event<UserData>> for PollerEvent {
    fn from(event: Event<UserData>) -> PollerEvent {
        let (socket, fd) = match event.source {
            Source::Socket(handle) => (handle.pointer(), NO_FD),
            Source::Fd(fd) => (ptr::null_mut(), fd),
        };
        PollerEvent { socket, fd, user_data: event.data.0, events: event.events }
    }
}

fn poller(handle: *const c_void) -> Result<Arc<Poller<UserData>>> {
    POLLERS.get(handle)
}

fn check_fd(fd: Fd) -> Result<()> {
    if fd == NO_FD { Err(Errno::EBADF) } else { Ok(()) }
}

fn check_events(events: c_short) -> Result<()> {
    let known = ZMQ_POLLIN | ZMQ_POLLOUT | ZMQ_POLLERR | ZMQ_POLLPRI;
    if c_int::from(events) & !known != 0 { Err(Errno::EINVAL) } else { Ok(()) }
}

/// A new poller, or null with `ENOMEM`.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_new() -> *mut c_void {
    guard_or(ptr::null_mut(), || POLLERS.insert(Poller::new()))
}

/// Destroys a poller and sets the pointer to null. -1 with `EFAULT` if it is none.
///
/// # Safety
/// `poller_p_` is null or points to a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_destroy(poller_p_: *mut *mut c_void) -> c_int {
    guard(|| {
        if poller_p_.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: by the caller.
        let handle = unsafe { &mut *poller_p_ };
        let poller = POLLERS.remove(*handle)?;
        if poller.is_inherited() {
            std::mem::forget(poller);
        }
        *handle = ptr::null_mut();
        Ok(0)
    })
}

/// How many sockets and descriptors a poller has. -1 with `EFAULT`.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_size(poller_: *mut c_void) -> c_int {
    guard(|| Ok(c_int::try_from(poller(poller_)?.size()?).unwrap_or(c_int::MAX)))
}

/// Adds a socket; no events are allowed. -1 with `EFAULT`, `ENOTSOCK`, `EINVAL` (it is there
/// already, or other than the `ZMQ_POLL…` events), `EMFILE`.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_add(
    poller_: *mut c_void,
    s_: *mut c_void,
    user_data_: *mut c_void,
    events_: c_short,
) -> c_int {
    guard(|| {
        let (poller, socket) = (poller(poller_)?, find(s_)?);
        check_events(events_)?;
        poller.add(socket, UserData(user_data_), events_)?;
        Ok(0)
    })
}

/// Changes the events of a socket. -1 with `EFAULT`, `ENOTSOCK`, `EINVAL` (it is not there, or
/// other than the `ZMQ_POLL…` events).
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_modify(
    poller_: *mut c_void,
    s_: *mut c_void,
    events_: c_short,
) -> c_int {
    guard(|| {
        let (poller, socket) = (poller(poller_)?, find(s_)?);
        check_events(events_)?;
        poller.modify(socket, events_)?;
        Ok(0)
    })
}

/// Takes a socket out. -1 with `EFAULT`, `EINVAL` (it is not there), `ENOTSOCK`; the last also for
/// one that was closed, which is taken out all the same.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_remove(poller_: *mut c_void, s_: *mut c_void) -> c_int {
    guard(|| {
        let poller = poller(poller_)?;
        let socket = find(s_).or_else(|errno| poller.remove_closed().and(Err(errno)))?;
        poller.remove(socket)?;
        Ok(0)
    })
}

/// Adds a descriptor; no events are allowed. -1 with `EFAULT`, `EBADF` (it is -1), `EINVAL` (it
/// is there already, or other than the `ZMQ_POLL…` events), `EMFILE`.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_add_fd(
    poller_: *mut c_void,
    fd_: Fd,
    user_data_: *mut c_void,
    events_: c_short,
) -> c_int {
    guard(|| {
        let poller = poller(poller_)?;
        check_fd(fd_)?;
        check_events(events_)?;
        poller.add_fd(fd_, UserData(user_data_), events_)?;
        Ok(0)
    })
}

/// Changes the events of a descriptor. -1 with `EFAULT`, `EBADF` (it is -1), `EINVAL` (it is not
/// there, or other than the `ZMQ_POLL…` events).
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_modify_fd(poller_: *mut c_void, fd_: Fd, events_: c_short) -> c_int {
    guard(|| {
        let poller = poller(poller_)?;
        check_fd(fd_)?;
        check_events(events_)?;
        poller.modify_fd(fd_, events_)?;
        Ok(0)
    })
}

/// Takes a descriptor out. -1 with `EFAULT`, `EBADF` (it is -1), `EINVAL` (it is not there).
#[unsafe(no_mangle)]
pub extern "C" fn zmq_poller_remove_fd(poller_: *mut c_void, fd_: Fd) -> c_int {
    guard(|| {
        let poller = poller(poller_)?;
        check_fd(fd_)?;
        poller.remove_fd(fd_)?;
        Ok(0)
    })
}

/// Waits for an event, at most `timeout_` milliseconds (negative: no limit). 0, or -1 with an empty
/// event and the errors of [`zmq_poller_wait_all`].
///
/// # Safety
/// `event_` is null or points to an event.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_poller_wait(
    poller_: *mut c_void,
    event_: *mut PollerEvent,
    timeout_: c_long,
) -> c_int {
    // SAFETY: by the caller.
    let waited = unsafe { wait(poller_, event_, 1, timeout_) };
    if waited < 0 && !event_.is_null() {
        // SAFETY: by the caller.
        unsafe { event_.write(PollerEvent::NONE) };
    }
    waited.min(0)
}

/// Waits until there is an event, at most `timeout_` milliseconds (negative: no limit), and reports
/// as many as there are, at most `n_events_`; the rest of the array is emptied. How many, or -1
/// with `EAGAIN` (the time is over), `EFAULT` (not a poller, a null pointer, or no item has events
/// to wait for without limit), `EINVAL` (a negative number), `EINTR`, `ETERM`, `ENOTSOCK` (a socket
/// was closed).
///
/// # Safety
/// `events_` is null or points to `n_events_` events.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_poller_wait_all(
    poller_: *mut c_void,
    events_: *mut PollerEvent,
    n_events_: c_int,
    timeout_: c_long,
) -> c_int {
    // SAFETY: by the caller.
    unsafe { wait(poller_, events_, n_events_, timeout_) }
}

/// # Safety
/// As [`zmq_poller_wait_all`].
unsafe fn wait(
    handle: *mut c_void,
    events: *mut PollerEvent,
    room: c_int,
    timeout: c_long,
) -> c_int {
    guard_sleeper(Watching(None), |Watching(watch)| {
        let watch = match watch {
            Some(watch) => watch,
            None => {
                let poller = poller(handle)?;
                if events.is_null() {
                    return Err(Errno::EFAULT);
                }
                let room = usize::try_from(room).map_err(|_| Errno::EINVAL)?;
                watch.insert(poller.watch(room, milliseconds(timeout))?)
            }
        };
        let mut used = 0;
        let count = watch.attempt(|event| {
            // SAFETY: by the caller; no more than `room` events are reported.
            unsafe { events.add(used).write(event.into()) };
            used += 1;
        })?;
        for index in count..usize::try_from(room).unwrap_or(0) {
            // SAFETY: by the caller.
            unsafe { events.add(index).write(PollerEvent::NONE) };
        }
        Ok(c_int::try_from(count).unwrap_or(c_int::MAX))
    })
}

struct Watching(Option<Watch<UserData>>);

impl Sleeper for Watching {
    fn sleep(&mut self) {
        if let Some(watch) = &mut self.0 {
            watch.sleep(Cancel::Here);
        }
    }
}

/// The descriptor that turns readable when a socket of the poller has something to process. -1
/// with `EFAULT`, `EINVAL` (the poller never had a thread-safe socket).
///
/// # Safety
/// `fd_` is null or points to a descriptor.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_poller_fd(poller_: *mut c_void, fd_: *mut Fd) -> c_int {
    guard(|| {
        let descriptor = poller(poller_)?.descriptor()?;
        if fd_.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: by the caller.
        unsafe { fd_.write(descriptor) };
        Ok(0)
    })
}
