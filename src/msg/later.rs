//! Free functions that have to wait until a lock is let go.
//!
//! A free function may do what it likes: send on the very socket whose call dropped the message, or
//! wait for a mutex whose holder waits for that socket. So none may run while the library holds a
//! lock of its own. Who takes one opens a [`Later`] first; what falls due meanwhile on this thread
//! is put into a list and called when the last of them is closed.
//!
//! The list goes through the notes of the messages themselves, so that it takes no memory. A process
//! without external messages pays one load for each use of a socket's lock ([`Later::if_needed`]), and
//! the first such message waits until all who have such a lock and know nothing of it are done.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

use super::block::External;

/// Whether there was an external message in this process.
static NEEDED: AtomicU8 = AtomicU8::new(NEVER);
const NEVER: u8 = 0;
/// There is one about to be, when all locks are taken with care.
const SOON: u8 = 1;
const NOW: u8 = 2;

/// How to wait until everybody who has a lock, without knowing of external messages, is done: a
/// `fn()`, or null. No lock is around it, so that no forked child finds one taken.
static WAIT_FOR_LOCKS: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// What a thread has put off.
struct List {
    /// How many [`Later`]s are open.
    open: Cell<u32>,
    first: Cell<*mut External>,
    last: Cell<*mut External>,
}

thread_local! {
    static LIST: List = const {
        List {
            open: Cell::new(0),
            first: Cell::new(ptr::null_mut()),
            last: Cell::new(ptr::null_mut()),
        }
    };
}

/// As long as it exists, its thread calls no free function. Close it after the lock.
pub struct Later {
    counted: bool,
    /// It is its thread's.
    _here: PhantomData<*mut ()>,
}

impl Later {
    /// Puts free functions off.
    pub fn new() -> Later {
        LIST.with(|list| list.open.set(list.open.get() + 1));
        Later { counted: true, _here: PhantomData }
    }

    /// Puts free functions off if there can be any; for the locks that [`wait_by`] is about. Open it
    /// right after the lock then, so that who waits for the lock's users finds the one that missed
    /// the first external message.
    #[inline]
    pub fn if_needed() -> Later {
        if NEEDED.load(Ordering::Relaxed) == NEVER {
            Later { counted: false, _here: PhantomData }
        } else {
            Later::new_elsewhere()
        }
    }

    /// Where the list is takes a call; nobody who does without it is to make that.
    #[inline(never)]
    fn new_elsewhere() -> Later {
        Later::new()
    }
}

/// Says how to wait for the users of those locks that open [`Later::if_needed`].
pub fn wait_by(wait: fn()) {
    WAIT_FOR_LOCKS.store(wait as *mut (), Ordering::Release);
}

impl Drop for Later {
    /// Calls what fell due, unless another one is open.
    #[inline(always)]
    fn drop(&mut self) {
        if self.counted {
            close();
        }
    }
}

#[inline(never)]
fn close() {
    LIST.with(call_what_is_due);
}

fn call_what_is_due(list: &List) {
    let open = list.open.get() - 1;
    list.open.set(open);
    if open > 0 {
        return;
    }
    // The functions may drop messages, too, but those are called at once.
    let mut next = list.first.replace(ptr::null_mut());
    list.last.set(ptr::null_mut());
    while let Some(external) = ptr::NonNull::new(next) {
        // SAFETY: everything in the list is live and the list's alone.
        unsafe {
            next = (*next).next.get();
            External::finish(external);
        }
    }
}

/// Around the application's functions: a `fn(&mut dyn FnMut())`, or null.
static CALL_BY: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// Says how to call the application's functions; once is enough.
#[inline]
pub fn call_by(by: fn(&mut dyn FnMut())) {
    if CALL_BY.load(Ordering::Relaxed).is_null() {
        CALL_BY.store(by as *mut (), Ordering::Release);
    }
}

/// Calls a function of the application's.
pub(super) fn call(function: &mut dyn FnMut()) {
    let by = CALL_BY.load(Ordering::Acquire);
    // SAFETY: null, which is `None`, or what `call_by` was given.
    match unsafe { std::mem::transmute::<*mut (), Option<fn(&mut dyn FnMut())>>(by) } {
        Some(by) => by(function),
        None => function(),
    }
}

/// From now on locks take care.
#[inline]
pub(super) fn expect() {
    if NEEDED.load(Ordering::Acquire) != NOW {
        begin();
    }
}

#[cold]
fn begin() {
    let _ = NEEDED.compare_exchange(NEVER, SOON, Ordering::SeqCst, Ordering::SeqCst);
    let wait = WAIT_FOR_LOCKS.load(Ordering::Acquire);
    // SAFETY: null, which is `None`, or what `wait_by` was given.
    if let Some(wait) = unsafe { std::mem::transmute::<*mut (), Option<fn()>>(wait) } {
        wait();
    }
    NEEDED.store(NOW, Ordering::Release);
}

/// Puts `external` off if it has to wait. False: the caller finishes it.
///
/// # Safety
///
/// As for [`External::release`].
pub(super) unsafe fn put_off(external: ptr::NonNull<External>) -> bool {
    LIST.with(|list| {
        if list.open.get() == 0 {
            return false;
        }
        let external = external.as_ptr();
        // SAFETY: live, per the contract; what is in the list is live as well.
        unsafe {
            (*external).next.set(ptr::null_mut());
            match list.last.replace(external).as_ref() {
                Some(last) => last.next.set(external),
                None => list.first.set(external),
            }
        }
        true
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::Msg;
    use std::ffi::c_void;
    use std::sync::Mutex;

    unsafe extern "C" fn note(_: *mut c_void, hint: *mut c_void) {
        // SAFETY: the tests pass a log that outlives the message.
        let log = unsafe { &*hint.cast::<Mutex<Vec<&str>>>() };
        log.lock().expect("no panic").push("called");
    }

    fn external(log: &Mutex<Vec<&'static str>>) -> Msg {
        let hint = ptr::from_ref(log).cast_mut().cast();
        // SAFETY: no bytes, and `note` may be called with the log.
        unsafe { Msg::from_external(ptr::null_mut(), 0, Some(note), hint) }.expect("memory")
    }

    #[test]
    fn functions_wait_for_the_last_lock_and_keep_their_order() {
        let log = Mutex::default();
        drop(external(&log));
        let count = || log.lock().expect("no panic").len();
        assert_eq!(count(), 1);
        let outer = Later::new();
        let inner = Later::new();
        drop(external(&log));
        drop(inner);
        drop(external(&log));
        assert_eq!(count(), 1);
        drop(outer);
        assert_eq!(count(), 3);
        drop(external(&log));
        assert_eq!(count(), 4);
    }
}
