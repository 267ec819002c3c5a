//! What Apple's systems lack of Linux, or call otherwise.

pub use ::libc::*;
pub use ::libc::{
    __error as __errno_location, IPV6_JOIN_GROUP as IPV6_ADD_MEMBERSHIP,
    TCP_KEEPALIVE as TCP_KEEPIDLE,
};

/// No such errno: nothing has it.
pub const ENONET: c_int = -1;

pub const UIO_MAXIOV: c_int = 1024;

/// For [`socket`] and [`accept4`] only, which set what these stand for afterwards: a process that
/// another thread starts in between inherits the descriptor.
pub const SOCK_NONBLOCK: c_int = 1 << 16;
pub const SOCK_CLOEXEC: c_int = 1 << 17;

/// As socket(2) of Linux.
///
/// # Safety
/// None.
pub unsafe fn socket(family: c_int, kind: c_int, protocol: c_int) -> c_int {
    let plain = kind & !(SOCK_NONBLOCK | SOCK_CLOEXEC);
    // SAFETY: takes numbers only.
    set_up(unsafe { ::libc::socket(family, plain, protocol) }, kind)
}

/// As accept4(2) of Linux.
///
/// # Safety
/// As there.
pub unsafe fn accept4(fd: c_int, from: *mut sockaddr, len: *mut socklen_t, flags: c_int) -> c_int {
    // SAFETY: by the caller.
    set_up(unsafe { ::libc::accept(fd, from, len) }, flags)
}

/// Sets what `flags` ask for. A peer that is gone raises no signal either.
fn set_up(fd: c_int, flags: c_int) -> c_int {
    let yes: c_int = 1;
    // SAFETY: plain calls on a descriptor that is not known elsewhere, and a pointer to a local.
    unsafe {
        if fd >= 0 {
            if flags & SOCK_CLOEXEC != 0 {
                ::libc::fcntl(fd, ::libc::F_SETFD, ::libc::FD_CLOEXEC);
            }
            if flags & SOCK_NONBLOCK != 0 {
                let now = ::libc::fcntl(fd, ::libc::F_GETFL);
                ::libc::fcntl(fd, ::libc::F_SETFL, now | ::libc::O_NONBLOCK);
            }
            ::libc::setsockopt(
                fd,
                ::libc::SOL_SOCKET,
                ::libc::SO_NOSIGPIPE,
                (&raw const yes).cast::<c_void>(),
                size_of::<c_int>() as socklen_t,
            );
        }
    }
    fd
}

/// As ppoll(2) of Linux, but that a signal may come between the change of the mask and the wait, which
/// then is not interrupted by it.
///
/// # Safety
/// As there.
pub unsafe fn ppoll(
    entries: *mut pollfd,
    count: nfds_t,
    limit: *const timespec,
    mask: *const sigset_t,
) -> c_int {
    // SAFETY: by the caller; the old mask is restored on the same thread.
    unsafe {
        let milliseconds = limit.as_ref().map_or(-1, |limit| {
            let whole = limit.tv_sec.saturating_mul(1000).saturating_add(limit.tv_nsec / 1_000_000);
            c_int::try_from(whole).unwrap_or(c_int::MAX)
        });
        let mut old: sigset_t = std::mem::zeroed();
        ::libc::pthread_sigmask(::libc::SIG_SETMASK, mask, &mut old);
        let result = ::libc::poll(entries, count, milliseconds);
        let errno = *::libc::__error();
        ::libc::pthread_sigmask(::libc::SIG_SETMASK, &old, std::ptr::null_mut());
        *::libc::__error() = errno;
        result
    }
}

/// As sigtimedwait(2) of Linux with no time to wait: takes a signal of the set, which the thread
/// blocks, if one is pending. Told of no details.
///
/// # Safety
/// `set` points to a signal set.
pub unsafe fn sigtimedwait(set: *const sigset_t, _: *mut c_void, _: *const timespec) -> c_int {
    // SAFETY: locals, and by the caller. What is pending for the thread and blocked by it is not taken
    // by another.
    unsafe {
        let mut pending: sigset_t = std::mem::zeroed();
        ::libc::sigpending(&mut pending);
        for signal in [::libc::SIGPIPE, ::libc::SIGXFSZ] {
            if ::libc::sigismember(set, signal) == 1 && ::libc::sigismember(&pending, signal) == 1 {
                let mut one: sigset_t = std::mem::zeroed();
                let mut taken = 0;
                ::libc::sigemptyset(&mut one);
                ::libc::sigaddset(&mut one, signal);
                ::libc::sigwait(&one, &mut taken);
                return taken;
            }
        }
    }
    -1
}
