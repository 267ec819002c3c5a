//! `zmq_msg_*`, except sending and receiving.
//!
//! A `zmq_msg_t *` that is null, misaligned, closed or never initialised is `EFAULT`. (libzmq ends
//! the process for some of these.)
//!
//! What programs call for every message does without the guard where it cannot panic nor touch errno.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::slice;

use super::{guard, guard_or, guard_pure};
use crate::error::{Errno, Result};
use crate::msg::{FreeFn, Metadata, Msg, call_by};
use crate::options::MessageOption;
use crate::sys;
use crate::sys::cancel::shielded;

/// The longest name that `zmq_msg_set_group` takes; of a longer one it takes the beginning.
const GROUP_MAX: usize = 255;

/// Makes an empty message.
///
/// # Safety
///
/// `msg` is null or 64 writable bytes; a live message there is leaked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init(msg: *mut Msg) -> c_int {
    // SAFETY: the caller's promise.
    guard_pure(|| unsafe { initialise_empty(msg) })
}

/// Makes a message of `size` bytes, to be filled. Errors: `ENOMEM`.
///
/// # Safety
///
/// As for [`zmq_msg_init`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_size(msg: *mut Msg, size: usize) -> c_int {
    // SAFETY: the caller's promise.
    unsafe {
        if size <= Msg::INLINE_MAX && !msg.is_null() && msg.is_aligned() {
            Msg::initialise(msg, size);
            return 0;
        }
        initialise_with_size(msg, size)
    }
}

/// As [`zmq_msg_init_size`], whatever the arguments may be.
///
/// # Safety
///
/// As for [`zmq_msg_init`].
#[inline(never)]
unsafe fn initialise_with_size(msg: *mut Msg, size: usize) -> c_int {
    // SAFETY: the caller's promise.
    guard(|| unsafe {
        initialise_empty(msg)?;
        // Where it is: moving it would cost more than making it.
        (*msg).set_size(size)?;
        Ok(0)
    })
}

/// Makes a message with a copy of `size` bytes at `data`. Errors: `ENOMEM`; `EFAULT` for a null
/// pointer with a size.
///
/// # Safety
///
/// As for [`zmq_msg_init`]; `size` bytes at `data` are readable, or it is null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_buffer(
    msg: *mut Msg,
    data: *const c_void,
    size: usize,
) -> c_int {
    let make = || {
        if size == 0 {
            return Ok(Msg::new());
        }
        if data.is_null() {
            return Err(Errno::EFAULT);
        }
        if size > isize::MAX as usize {
            return Err(Errno::ENOMEM); // no such object exists, and no copy of it could
        }
        // SAFETY: readable, per the contract.
        Msg::from_slice(unsafe { slice::from_raw_parts(data.cast(), size) })
    };
    // SAFETY: the caller's promise.
    guard(|| unsafe { initialise(msg, make) })
}

/// Makes a message over the caller's memory, which is given back by `ffn (data, hint)`, from any
/// thread, once, when nobody needs it any more; without a function it is constant. Errors:
/// `ENOMEM`; `EFAULT` for a null pointer with a size. The memory then stays the caller's.
///
/// # Safety
///
/// As for [`zmq_msg_init`]; `size` bytes at `data` stay readable until `ffn` is called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_data(
    msg: *mut Msg,
    data: *mut c_void,
    size: usize,
    ffn: Option<FreeFn>,
    hint: *mut c_void,
) -> c_int {
    // A thread that is cancelled is not to end in the application's function, above our own.
    call_by(|function| shielded(function));
    // SAFETY: the caller's promise.
    let make = || unsafe { Msg::from_external(data, size, ffn, hint) };
    // SAFETY: the caller's promise.
    guard(|| unsafe { initialise(msg, make) })
}

/// Gives up a message's content. The memory is then no message until it is initialised again.
///
/// # Safety
///
/// `msg` is null or 64 readable and writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_close(msg: *mut Msg) -> c_int {
    // SAFETY: by the caller's promise, and of a live message.
    unsafe { if Msg::check(msg) && Msg::close_lightly(msg) { 0 } else { close(msg) } }
}

/// As [`zmq_msg_close`], of whatever it may be.
///
/// # Safety
///
/// As for [`zmq_msg_close`].
#[inline(never)]
unsafe fn close(msg: *mut Msg) -> c_int {
    guard(|| {
        // SAFETY: by the caller's promise, and of a live message.
        unsafe {
            check(msg)?;
            Msg::close(msg);
        }
        Ok(0)
    })
}

/// Moves the content of `src` to `dest`, whose old content is given up; `src` is empty then.
///
/// # Safety
///
/// Each pointer is null or 64 readable and writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_move(dest: *mut Msg, src: *mut Msg) -> c_int {
    guard(|| {
        // SAFETY: the caller's promise.
        unsafe {
            check(src)?;
            check(dest)?;
        }
        // SAFETY: live messages; the borrows end at once.
        let old = unsafe {
            let content = (*src).take();
            ptr::replace(dest, content)
        };
        // Last: it may call the application, which finds both messages in order.
        drop(old);
        Ok(0)
    })
}

/// Makes `dest`, whose old content is given up, a copy of `src`; larger payloads are shared.
///
/// # Safety
///
/// Each pointer is null or 64 readable and writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_copy(dest: *mut Msg, src: *mut Msg) -> c_int {
    guard(|| {
        // SAFETY: the caller's promise.
        unsafe {
            check(src)?;
            check(dest)?;
        }
        if ptr::eq(dest, src) {
            return Ok(0);
        }
        // SAFETY: live messages; the borrows end at once.
        let old = unsafe {
            let copy = (*src).duplicate()?;
            ptr::replace(dest, copy)
        };
        // Last: it may call the application, which finds both messages in order.
        drop(old);
        Ok(0)
    })
}

/// The payload. Null, with `EFAULT`, if this is no message.
///
/// # Safety
///
/// `msg` is null or 64 readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_data(msg: *mut Msg) -> *mut c_void {
    // SAFETY: the caller's promise.
    match unsafe { live(msg) } {
        Ok(msg) => msg.data_ptr().cast_mut().cast(),
        Err(errno) => {
            sys::set_errno(errno);
            ptr::null_mut()
        }
    }
}

/// Bytes of payload. 0, with `EFAULT`, if this is no message.
///
/// # Safety
///
/// `msg` is null or 64 readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_size(msg: *const Msg) -> usize {
    // SAFETY: the caller's promise.
    match unsafe { live(msg) } {
        Ok(msg) => msg.len(),
        Err(errno) => {
            sys::set_errno(errno);
            0
        }
    }
}

/// Whether more parts follow: 1 or 0. A message that was closed still knows.
///
/// # Safety
///
/// `msg` is null or 64 readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_more(msg: *const Msg) -> c_int {
    // SAFETY: the caller's promise.
    guard_pure(|| unsafe { flags(msg) }.map(|msg| c_int::from(msg.more())))
}

/// A property: `ZMQ_MORE`, `ZMQ_SHARED`, or `ZMQ_SRCFD`, the file descriptor the message came
/// from. Errors: `EINVAL` for another one, or if there is no such descriptor.
///
/// # Safety
///
/// `msg` is null or 64 readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_get(msg: *const Msg, property: c_int) -> c_int {
    guard_pure(|| match MessageOption::find(property).ok_or(Errno::EINVAL)? {
        // SAFETY: the caller's promise.
        MessageOption::More => unsafe { flags(msg) }.map(|msg| c_int::from(msg.more())),
        // SAFETY: the caller's promise.
        MessageOption::Shared => unsafe { flags(msg) }.map(|msg| c_int::from(msg.is_shared())),
        // SAFETY: the caller's promise.
        MessageOption::SrcFd => unsafe { metadata(msg)? }.fd().ok_or(Errno::EINVAL),
    })
}

/// A message whose flags only are looked at: programs ask for them after zmq_msg_close, so that they are
/// told of any memory. Errors: `EFAULT`.
///
/// # Safety
///
/// As for [`live`].
unsafe fn flags<'a>(msg: *const Msg) -> Result<&'a Msg> {
    if msg.is_null() || !msg.is_aligned() {
        return Err(Errno::EFAULT);
    }
    // SAFETY: 64 readable bytes, and any values of them make a flag.
    Ok(unsafe { &*msg })
}

/// Sets a property. There is none that can be set: `EINVAL`.
///
/// # Safety
///
/// None of the arguments is looked at.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_set(msg: *mut Msg, property: c_int, value: c_int) -> c_int {
    let _ = (msg, property, value);
    guard(|| Err(Errno::EINVAL))
}

/// A property of the connection that the message came over, valid as long as the message. Null,
/// with `EINVAL`, if it does not have it.
///
/// # Safety
///
/// `msg` is null or 64 readable bytes, `property` null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_gets(msg: *const Msg, property: *const c_char) -> *const c_char {
    guard_or(ptr::null(), || {
        // SAFETY: the caller's promise.
        let (metadata, property) = unsafe { (metadata(msg)?, string(property)?) };
        let value = metadata.get(property.to_bytes()).ok_or(Errno::EINVAL)?;
        Ok(value.as_ptr())
    })
}

/// Names the peer of a SERVER or PEER socket that the message goes to. Errors: `EINVAL` for 0.
///
/// # Safety
///
/// `msg` is null or 64 readable and writable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_set_routing_id(msg: *mut Msg, routing_id: u32) -> c_int {
    guard(|| {
        // SAFETY: the caller's promise.
        let msg = unsafe { live_mut(msg)? };
        if routing_id == 0 {
            return Err(Errno::EINVAL);
        }
        msg.set_routing_id(routing_id);
        Ok(0)
    })
}

/// The peer of a SERVER or PEER socket that the message came from; 0 if there is none.
///
/// # Safety
///
/// `msg` is null or 64 readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_routing_id(msg: *mut Msg) -> u32 {
    // SAFETY: the caller's promise.
    guard_or(0, || Ok(unsafe { live(msg)? }.routing_id()))
}

/// Sets the group of a RADIO's message, cut to 255 bytes. Errors: `ENOMEM`.
///
/// # Safety
///
/// `msg` is null or 64 readable and writable bytes, `group` null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_set_group(msg: *mut Msg, group: *const c_char) -> c_int {
    guard(|| {
        // SAFETY: the caller's promise.
        let (msg, group) = unsafe { (live_mut(msg)?, string(group)?.to_bytes()) };
        msg.set_group(group.get(..GROUP_MAX).unwrap_or(group))?;
        Ok(0)
    })
}

/// The group of a DISH's message, valid as long as the message has it; empty if there is none.
///
/// # Safety
///
/// `msg` is null or 64 readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_group(msg: *mut Msg) -> *const c_char {
    // SAFETY: the caller's promise.
    guard_or(ptr::null(), || Ok(unsafe { live(msg)? }.group().as_ptr()))
}

/// Writes what `make` makes to memory that is no message yet. After an error it is an empty
/// message, so that closing it is harmless.
///
/// # Safety
///
/// `msg` is null or 64 writable bytes without a message that matters.
unsafe fn initialise(msg: *mut Msg, make: impl FnOnce() -> Result<Msg>) -> Result<c_int> {
    if msg.is_null() || !msg.is_aligned() {
        return Err(Errno::EFAULT);
    }
    let (content, result) = match make() {
        Ok(content) => (content, Ok(0)),
        Err(error) => (Msg::new(), Err(error)),
    };
    // SAFETY: writable and aligned; whatever is there is not to be dropped.
    unsafe { msg.write(content) };
    result
}

/// As [`initialise`], for an empty message.
///
/// # Safety
///
/// As for [`initialise`].
unsafe fn initialise_empty(msg: *mut Msg) -> Result<c_int> {
    if msg.is_null() || !msg.is_aligned() {
        return Err(Errno::EFAULT);
    }
    // SAFETY: the caller's promise.
    unsafe { Msg::initialise(msg, 0) };
    Ok(0)
}

/// # Safety
///
/// `msg` is null or 64 readable bytes.
pub unsafe fn check(msg: *const Msg) -> Result<()> {
    // SAFETY: the caller's promise.
    if unsafe { Msg::check(msg) } { Ok(()) } else { Err(Errno::EFAULT) }
}

/// The message that a C program points to, or `EFAULT`.
///
/// # Safety
///
/// `msg` is null or 64 readable bytes; nobody changes a message there during `'a`.
pub unsafe fn live<'a>(msg: *const Msg) -> Result<&'a Msg> {
    // SAFETY: the caller's promise.
    unsafe {
        check(msg)?;
        Ok(&*msg)
    }
}

/// The message that a C program points to, or `EFAULT`.
///
/// # Safety
///
/// `msg` is null or 64 readable and writable bytes; nobody else uses a message there during `'a`.
pub unsafe fn live_mut<'a>(msg: *mut Msg) -> Result<&'a mut Msg> {
    // SAFETY: the caller's promise.
    unsafe {
        check(msg)?;
        Ok(&mut *msg)
    }
}

/// The properties of a message. `EINVAL` if it has none, as one that is closed.
///
/// # Safety
///
/// As for [`live`].
unsafe fn metadata<'a>(msg: *const Msg) -> Result<&'a Metadata> {
    if msg.is_null() {
        return Err(Errno::EFAULT);
    }
    // SAFETY: the caller's promise.
    let live = unsafe { live(msg) };
    live.ok().and_then(Msg::metadata).ok_or(Errno::EINVAL)
}

/// # Safety
///
/// `text` is null or a C string that lives for `'a`.
unsafe fn string<'a>(text: *const c_char) -> Result<&'a CStr> {
    if text.is_null() {
        return Err(Errno::EFAULT);
    }
    // SAFETY: a C string, per the contract.
    Ok(unsafe { CStr::from_ptr(text) })
}
