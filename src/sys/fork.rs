//! Forked children: telling them from the process that made a context, and keeping the locks of the
//! whole process usable in them.
//!
//! A child has one thread, the one that forked. A lock that another held in that moment is locked for
//! good in the child. So what a child must not be kept from (making contexts and sockets of its own)
//! is behind gates that a fork waits for; everything else belongs to contexts, and a child touches no
//! lock of what its parent made.

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

use super::gate::Gate;
#[cfg(unix)]
use super::once::Once;
#[cfg(unix)]
use crate::sys::libc;

static GENERATION: AtomicU32 = AtomicU32::new(0);
#[cfg(unix)]
static WATCH: Once<()> = Once::new();

/// Gates that are shut for the time of a fork.
static GATES: [AtomicPtr<Gate>; 8] = [const { AtomicPtr::new(ptr::null_mut()) }; 8];

/// True while one is added to them, and for the time of a fork: who shuts a gate that the fork does
/// not know would leave it so in the child.
static ADDING: AtomicBool = AtomicBool::new(false);

/// How many forks lie between this process and the one that first called [`watch`].
#[inline(always)]
pub fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Starts to count forks; Windows has none.
pub fn watch() {
    #[cfg(unix)]
    // SAFETY: the handlers touch atomics only, which is safe in a forked child; the gates that the
    // last two open were shut by the first, on the same thread.
    WATCH.get_or_make(|| unsafe {
        libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child));
    });
}

/// Has forks wait for the gate, so that it is never shut in a child. Whoever shuts it must not take
/// another such gate while it has it.
#[inline]
pub fn hold(gate: &'static Gate) {
    if !gates().any(|known| ptr::eq(known, gate)) {
        add(gate);
    }
}

#[cold]
fn add(gate: &'static Gate) {
    watch();
    while ADDING.swap(true, Ordering::Acquire) {
        std::thread::yield_now();
    }
    let wanted = ptr::from_ref(gate).cast_mut();
    let added = GATES.iter().any(|place| {
        let place =
            place.compare_exchange(ptr::null_mut(), wanted, Ordering::AcqRel, Ordering::Acquire);
        place.is_ok() || place == Err(wanted)
    });
    ADDING.store(false, Ordering::Release);
    debug_assert!(added, "more gates than places");
}

fn gates() -> impl Iterator<Item = &'static Gate> {
    // SAFETY: what is there came from a `&'static Gate`.
    GATES.iter().map_while(|place| unsafe { place.load(Ordering::Acquire).as_ref() })
}

#[cfg(unix)]
extern "C" fn before() {
    while ADDING.swap(true, Ordering::Acquire) {
        std::thread::yield_now();
    }
    gates().for_each(Gate::shut);
}

#[cfg(unix)]
extern "C" fn in_parent() {
    gates().for_each(Gate::open);
    ADDING.store(false, Ordering::Release);
}

#[cfg(unix)]
extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    in_parent();
}
