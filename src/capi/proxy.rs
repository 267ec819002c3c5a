//! `zmq_proxy`, `zmq_proxy_steerable` and the deprecated `zmq_device`.

use std::ffi::{c_int, c_void};

use super::{Sleeper, guard_sleeper};
use crate::error::{Errno, Result};
use crate::socket::find;
use crate::socket::proxy::{Proxy, SocketHandle, Sockets};
use crate::sys::cancel::Cancel;

/// Forwards messages between two sockets, both ways, and copies of them to a third unless that is
/// null, until the context ends. Always -1, with `ETERM`, `EINTR`, `EFAULT` (a side is null),
/// `ENOTSOCK`, or what sending and receiving give.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn zmq_proxy(
    frontend_: *mut c_void,
    backend_: *mut c_void,
    capture_: *mut c_void,
) -> c_int {
    run(frontend_, backend_, capture_, std::ptr::null_mut())
}

/// As [`zmq_proxy`], obeying the commands `PAUSE`, `RESUME`, `TERMINATE` and `STATISTICS` that
/// come over the control socket. The answer to the last is eight parts, each a `uint64_t`: messages
/// (parts) and bytes that the frontend received, that it sent, that the backend received, that it
/// sent. A REP control socket answers the others with an empty message. 0 after `TERMINATE`.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn zmq_proxy_steerable(
    frontend_: *mut c_void,
    backend_: *mut c_void,
    capture_: *mut c_void,
    control_: *mut c_void,
) -> c_int {
    run(frontend_, backend_, capture_, control_)
}

/// Deprecated: [`zmq_proxy`] without a capture socket. The type, one of `ZMQ_QUEUE`,
/// `ZMQ_FORWARDER` and `ZMQ_STREAMER`, makes no difference.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn zmq_device(
    type_: c_int,
    frontend_: *mut c_void,
    backend_: *mut c_void,
) -> c_int {
    let _ = type_;
    run(frontend_, backend_, std::ptr::null_mut(), std::ptr::null_mut())
}

fn run(
    frontend: *mut c_void,
    backend: *mut c_void,
    capture: *mut c_void,
    control: *mut c_void,
) -> c_int {
    guard_sleeper(Running(None), |Running(proxy)| {
        let proxy = match proxy {
            Some(proxy) => proxy,
            None if frontend.is_null() || backend.is_null() => return Err(Errno::EFAULT),
            None => proxy.insert(Proxy::new(Sockets {
                frontend: find(frontend)?,
                backend: find(backend)?,
                capture: optional(capture)?,
                control: optional(control)?,
            })?),
        };
        proxy.work()?;
        Ok(0)
    })
}

struct Running(Option<Proxy>);

impl Sleeper for Running {
    fn sleep(&mut self) {
        if let Some(proxy) = &mut self.0 {
            proxy.sleep(Cancel::Here);
        }
    }
}

fn optional(socket: *mut c_void) -> Result<Option<SocketHandle>> {
    if socket.is_null() { Ok(None) } else { find(socket).map(Some) }
}
