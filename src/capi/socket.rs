//! Sockets: opening, closing, options, endpoints, monitors, peers.

use std::ffi::{c_char, c_int, c_void};

use super::{bytes, bytes_mut, c_string, context, guard, shielded_guard, shielded_guard_or, text};
use crate::consts::ZMQ_PAIR;
use crate::error::{Errno, Result};
use crate::options::{self, SocketType, Value};
use crate::socket::{Socket, close, find, open, with};

/// Runs `body` on the socket of a handle. `ENOTSOCK` if there is none.
fn on_socket(socket: *mut c_void, body: impl FnOnce(&mut Socket) -> Result<c_int>) -> c_int {
    shielded_guard(|| with(find(socket)?, body))
}

/// Opens a socket. Null with `EINVAL` (type), `EFAULT` (context), `EMFILE`, `ETERM`.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_socket(context_: *mut c_void, type_: c_int) -> *mut c_void {
    shielded_guard_or(std::ptr::null_mut(), || {
        let context = context::context(context_)?;
        open(&context, SocketType::from_i32(type_)?)
    })
}

/// Closes a socket. `ENOTSOCK`.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_close(s_: *mut c_void) -> c_int {
    shielded_guard(|| {
        close(find(s_)?)?;
        Ok(0)
    })
}

/// Sets an option. `EINVAL`, `ETERM`, `ENOTSOCK`.
///
/// # Safety
/// `optval_` is null or points to `optvallen_` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_setsockopt(
    s_: *mut c_void,
    option_: c_int,
    optval_: *const c_void,
    optvallen_: usize,
) -> c_int {
    on_socket(s_, |socket| {
        if optval_.is_null() && optvallen_ > 0 && !options::null_resets(option_) {
            return Err(Errno::EINVAL);
        }
        // SAFETY: by the caller.
        socket.set_option(option_, unsafe { bytes(optval_, optvallen_) })?;
        Ok(0)
    })
}

/// Gets an option, and its length into `optvallen_`. `EINVAL`, `ETERM`, `ENOTSOCK`.
///
/// # Safety
/// `optvallen_` is null or points to a length, and `optval_` is null or points to as many writable
/// bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_getsockopt(
    s_: *mut c_void,
    option_: c_int,
    optval_: *mut c_void,
    optvallen_: *mut usize,
) -> c_int {
    guard(|| {
        let mut socket = find(s_)?.lock()?;
        let socket = socket.as_mut().ok_or(Errno::ENOTSOCK)?;
        let value = match socket.get_option(option_)? {
            Value::Dynamic => return Err(Errno::EINVAL),
            value => value,
        };
        if optvallen_.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: by the caller; the length is not written to while the buffer is borrowed.
        unsafe {
            let room = *optvallen_;
            if !value.fits(room) {
                return Err(Errno::EINVAL);
            }
            if optval_.is_null() && room > 0 {
                return Err(Errno::EFAULT);
            }
            let length = value.copy_to(bytes_mut(optval_, room).unwrap_or_default())?;
            *optvallen_ = length;
        }
        Ok(0)
    })
}

/// Accepts connections at an endpoint. `EINVAL`, `EPROTONOSUPPORT`, `ENOCOMPATPROTO`,
/// `EADDRINUSE`, `EADDRNOTAVAIL`, `ENODEV`, `EMTHREAD`, `ETERM`, `ENOTSOCK`.
///
/// # Safety
/// `addr_` is null or points to a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_bind(s_: *mut c_void, addr_: *const c_char) -> c_int {
    on_socket(s_, |socket| {
        // SAFETY: by the caller.
        socket.bind(unsafe { text(addr_) }?)?;
        Ok(0)
    })
}

/// Connects to an endpoint. `EINVAL`, `EPROTONOSUPPORT`, `ENOCOMPATPROTO`, `EMTHREAD`, `ETERM`,
/// `ENOTSOCK`.
///
/// # Safety
/// `addr_` is null or points to a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_connect(s_: *mut c_void, addr_: *const c_char) -> c_int {
    on_socket(s_, |socket| {
        // SAFETY: by the caller.
        socket.connect(unsafe { text(addr_) }?)?;
        Ok(0)
    })
}

/// Stops accepting at an endpoint. `ENOENT`, `EINVAL`, `ETERM`, `ENOTSOCK`.
///
/// # Safety
/// `addr_` is null or points to a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_unbind(s_: *mut c_void, addr_: *const c_char) -> c_int {
    on_socket(s_, |socket| {
        // SAFETY: by the caller.
        socket.give_up_endpoint(unsafe { text(addr_) }?)?;
        Ok(0)
    })
}

/// Ends a connection that this socket made. `ENOENT`, `EINVAL`, `ETERM`, `ENOTSOCK`.
///
/// # Safety
/// `addr_` is null or points to a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_disconnect(s_: *mut c_void, addr_: *const c_char) -> c_int {
    // SAFETY: by the caller.
    unsafe { zmq_unbind(s_, addr_) }
}

/// Reports a socket's events at an inproc endpoint. A null endpoint ends that. `EINVAL`,
/// `EPROTONOSUPPORT`, `EADDRINUSE`, `ETERM`, `ENOTSOCK`.
///
/// # Safety
/// `addr_` is null or points to a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_monitor(
    s_: *mut c_void,
    addr_: *const c_char,
    events_: c_int,
) -> c_int {
    // SAFETY: by the caller.
    unsafe { zmq_socket_monitor_versioned(s_, addr_, events_ as u64, 1, ZMQ_PAIR) }
}

/// Draft: as [`zmq_socket_monitor`], with the version (1 or 2) of the events and the type (PAIR,
/// PUB, PUSH) of the socket that reports them.
///
/// # Safety
/// `addr_` is null or points to a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_monitor_versioned(
    s_: *mut c_void,
    addr_: *const c_char,
    events_: u64,
    event_version_: c_int,
    type_: c_int,
) -> c_int {
    on_socket(s_, |socket| {
        let address =
            // SAFETY: by the caller.
            if addr_.is_null() { None } else { Some(unsafe { text(addr_) }?) };
        socket.set_monitor(address, events_, event_version_, type_)?;
        Ok(0)
    })
}

/// Draft: has the monitor report how full each pipe is. `EINVAL` if it was not asked for such
/// events, `EAGAIN` without pipes, `ETERM`, `ENOTSOCK`.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_socket_monitor_pipes_stats(s_: *mut c_void) -> c_int {
    on_socket(s_, |socket| {
        socket.report_pipes()?;
        Ok(0)
    })
}

/// Draft: joins a group. `EINVAL` (too long, joined already), `ENOTSUP`, `ENOTSOCK`.
///
/// # Safety
/// `group_` is null or points to a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_join(s_: *mut c_void, group_: *const c_char) -> c_int {
    on_socket(s_, |socket| {
        // SAFETY: by the caller.
        socket.group(unsafe { c_string(group_) }?.to_bytes(), true)?;
        Ok(0)
    })
}

/// Draft: leaves a group. `EINVAL` (too long, not joined), `ENOTSUP`, `ENOTSOCK`.
///
/// # Safety
/// `group_` is null or points to a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_leave(s_: *mut c_void, group_: *const c_char) -> c_int {
    on_socket(s_, |socket| {
        // SAFETY: by the caller.
        socket.group(unsafe { c_string(group_) }?.to_bytes(), false)?;
        Ok(0)
    })
}

/// Draft: connects a PEER socket and tells the routing id; 0 is failure. `ENOTSUP` (another type),
/// `EFAULT` (with `ZMQ_IMMEDIATE`), `ENOTSOCK` and the errors of [`zmq_connect`].
///
/// # Safety
/// `addr_` is null or points to a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_connect_peer(s_: *mut c_void, addr_: *const c_char) -> u32 {
    shielded_guard_or(0, || {
        with(find(s_)?, |socket| {
            // SAFETY: by the caller.
            socket.connect_peer(unsafe { text(addr_) }?)
        })
    })
}

/// Draft: ends the connection of a SERVER or PEER socket to a peer. `EHOSTUNREACH`, `ENOTSUP`
/// (another type), `ETERM`, `ENOTSOCK`.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_disconnect_peer(s_: *mut c_void, routing_id_: u32) -> c_int {
    on_socket(s_, |socket| {
        socket.disconnect_peer(routing_id_)?;
        Ok(0)
    })
}

/// Draft: which of `ZMQ_POLLIN` and `ZMQ_POLLOUT` hold for one peer of a ROUTER. `ENOTSUP`,
/// `EHOSTUNREACH`, `EINVAL`, `ENOTSOCK`.
///
/// # Safety
/// `routing_id_` points to `routing_id_size_` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_get_peer_state(
    s_: *mut c_void,
    routing_id_: *const c_void,
    routing_id_size_: usize,
) -> c_int {
    on_socket(s_, |socket| {
        // SAFETY: by the caller.
        let id = unsafe { bytes(routing_id_, routing_id_size_) }.ok_or(Errno::EINVAL)?;
        socket.peer_state(id)
    })
}
