//! Sending and receiving.

use std::ffi::{c_int, c_void};

use super::{bytes, guard_sleeper};
use crate::consts::{ZMQ_DONTWAIT, ZMQ_SNDMORE};
use crate::error::{Errno, Result};
use crate::msg::Msg;
use crate::socket::proxy::SocketHandle;
use crate::socket::{Wait, find, receive_or_sleep, send_or_sleep};
use crate::sys::libc;

/// A size as the API returns it.
fn size(length: usize) -> c_int {
    c_int::try_from(length).unwrap_or(c_int::MAX)
}

/// Sends `msg`; its size before.
#[inline(always)]
fn send_frame(handle: SocketHandle, msg: &mut Msg, flags: c_int, wait: &mut Wait) -> Result<c_int> {
    let length = msg.len();
    send_or_sleep(handle, msg, flags & ZMQ_SNDMORE != 0, flags & ZMQ_DONTWAIT != 0, wait)?;
    Ok(size(length))
}

/// The message at `msg`. Errors: `EFAULT` if it is none.
///
/// # Safety
/// `msg` is null or points to 64 bytes that nobody else uses during the call.
#[inline]
unsafe fn message<'a>(msg: *mut Msg) -> Result<&'a mut Msg> {
    // SAFETY: by the caller; `check` looks at the kind before anything is believed.
    unsafe { if Msg::check(msg) { Ok(&mut *msg) } else { Err(Errno::EFAULT) } }
}

/// Sends a copy of `len_` bytes. The number of bytes, or -1 with `EAGAIN`, `ENOTSUP`, `EFSM`,
/// `EHOSTUNREACH`, `EINVAL`, `EINTR`, `ETERM`, `ENOTSOCK`, `ENOMEM`.
///
/// # Safety
/// `buf_` points to `len_` readable bytes; it may be null if there are none.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_send(
    s_: *mut c_void,
    buf_: *const c_void,
    len_: usize,
    flags_: c_int,
) -> c_int {
    guard_sleeper(Wait::default(), |wait| {
        let handle = find(s_)?;
        // SAFETY: by the caller.
        let data = unsafe { bytes(buf_, len_) };
        let data = if len_ == 0 { Some([].as_slice()) } else { data };
        let mut msg = Msg::from_slice(data.ok_or(Errno::EFAULT)?)?;
        send_frame(handle, &mut msg, flags_, wait)
    })
}

/// Sends `len_` bytes that stay as they are for ever, without copying them. As [`zmq_send`].
///
/// # Safety
/// `buf_` points to `len_` readable bytes that never change nor go away.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_send_const(
    s_: *mut c_void,
    buf_: *const c_void,
    len_: usize,
    flags_: c_int,
) -> c_int {
    guard_sleeper(Wait::default(), |wait| {
        let handle = find(s_)?;
        if buf_.is_null() && len_ > 0 {
            return Err(Errno::EFAULT);
        }
        // SAFETY: by the caller.
        let mut msg = unsafe { Msg::from_const(buf_, len_) };
        send_frame(handle, &mut msg, flags_, wait)
    })
}

/// Receives a frame into a buffer, cutting what does not fit. The frame's whole size, or -1 with
/// `EAGAIN`, `ENOTSUP`, `EFSM`, `EINTR`, `ETERM`, `ENOTSOCK`.
///
/// # Safety
/// `buf_` points to `len_` writable bytes; it may be null if there are none.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_recv(
    s_: *mut c_void,
    buf_: *mut c_void,
    len_: usize,
    flags_: c_int,
) -> c_int {
    guard_sleeper(Wait::default(), |wait| {
        let mut msg = Msg::new();
        receive_or_sleep(find(s_)?, &mut msg, flags_ & ZMQ_DONTWAIT != 0, wait)?;
        let data = msg.data();
        let copied = data.len().min(len_);
        if copied > 0 && !buf_.is_null() {
            // SAFETY: `copied` is within both; the message's memory is its own.
            unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), buf_.cast(), copied) };
        }
        Ok(size(data.len()))
    })
}

/// Sends a message, leaving it empty. As [`zmq_send`], and `EFAULT` if it is none.
///
/// # Safety
/// `msg_` is null or points to a message that nobody else uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_msg_send(
    msg_: *mut Msg,
    s_: *mut c_void,
    flags_: c_int,
) -> c_int {
    guard_sleeper(Wait::default(), |wait| {
        let handle = find(s_)?;
        // SAFETY: by the caller.
        send_frame(handle, unsafe { message(msg_) }?, flags_, wait)
    })
}

/// Receives a frame into a message, whose old content is dropped. As [`zmq_recv`], and `EFAULT`
/// if it is none.
///
/// # Safety
/// `msg_` is null or points to a message that nobody else uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_msg_recv(
    msg_: *mut Msg,
    s_: *mut c_void,
    flags_: c_int,
) -> c_int {
    guard_sleeper(Wait::default(), |wait| {
        let handle = find(s_)?;
        // SAFETY: by the caller.
        let msg = unsafe { message(msg_) }?;
        receive_or_sleep(handle, msg, flags_ & ZMQ_DONTWAIT != 0, wait)?;
        Ok(size(msg.len()))
    })
}

/// Deprecated: [`zmq_msg_send`].
///
/// # Safety
/// As [`zmq_msg_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_sendmsg(
    s_: *mut c_void,
    msg_: *mut Msg,
    flags_: c_int,
) -> c_int {
    // SAFETY: by the caller.
    unsafe { zmq_msg_send(msg_, s_, flags_) }
}

/// Deprecated: [`zmq_msg_recv`].
///
/// # Safety
/// As [`zmq_msg_recv`].
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_recvmsg(
    s_: *mut c_void,
    msg_: *mut Msg,
    flags_: c_int,
) -> c_int {
    // SAFETY: by the caller.
    unsafe { zmq_msg_recv(msg_, s_, flags_) }
}

/// Deprecated: sends each buffer; with `ZMQ_SNDMORE` as the parts of one message, without as messages
/// of their own. The number of bytes of the last one, or -1 with `EINVAL` (no buffers) and the errors
/// of [`zmq_send`]; what was sent before an error stays sent.
///
/// # Safety
/// `iov_` points to `count_` buffers, each of readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_sendiov(
    s_: *mut c_void,
    iov_: *mut libc::iovec,
    count_: usize,
    flags_: c_int,
) -> c_int {
    let mut index = 0;
    guard_sleeper(Wait::default(), |wait| {
        let handle = find(s_)?;
        if count_ == 0 || iov_.is_null() {
            return Err(Errno::EINVAL);
        }
        let mut sent = 0;
        while index < count_ {
            // SAFETY: by the caller.
            let buffer = unsafe { &*iov_.add(index) };
            // SAFETY: by the caller.
            let data = unsafe { bytes(buffer.iov_base, buffer.iov_len) };
            let data = if buffer.iov_len == 0 { Some([].as_slice()) } else { data };
            let mut msg = Msg::from_slice(data.ok_or(Errno::EFAULT)?)?;
            let last = index == count_ - 1;
            let flags = if last { flags_ & !ZMQ_SNDMORE } else { flags_ };
            sent = send_frame(handle, &mut msg, flags, wait)?;
            index += 1;
        }
        Ok(sent)
    })
}

/// Deprecated: receives the parts of one message into buffers that it allocates with malloc, at
/// most `count_` of them; `count_` becomes how many. That number, or -1 with `EINVAL`, `ENOMEM` and
/// the errors of [`zmq_recv`].
///
/// # Safety
/// `count_` points to a number, and `iov_` to as many buffers that can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_recviov(
    s_: *mut c_void,
    iov_: *mut libc::iovec,
    count_: *mut usize,
    flags_: c_int,
) -> c_int {
    // SAFETY: by the caller.
    let room = if count_.is_null() { 0 } else { unsafe { *count_ } };
    let (mut index, mut more) = (0, true);
    guard_sleeper(Wait::default(), |wait| {
        let handle = find(s_)?;
        if room == 0 || iov_.is_null() {
            return Err(Errno::EINVAL);
        }
        // SAFETY: by the caller.
        unsafe { *count_ = index };
        while more && index < room {
            let mut msg = Msg::new();
            receive_or_sleep(handle, &mut msg, flags_ & ZMQ_DONTWAIT != 0, wait)?;
            more = msg.more();
            // SAFETY: `malloc` is checked; `iov_` has room by the caller.
            unsafe {
                let memory = libc::malloc(msg.len().max(1));
                if memory.is_null() {
                    return Err(Errno::ENOMEM);
                }
                std::ptr::copy_nonoverlapping(msg.data().as_ptr(), memory.cast(), msg.len());
                *iov_.add(index) = libc::iovec { iov_base: memory, iov_len: msg.len() };
                index += 1;
                *count_ = index;
            }
        }
        // SAFETY: by the caller.
        Ok(size(unsafe { *count_ }))
    })
}
