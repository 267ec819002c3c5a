//! Forked children: telling them from the process that made a context, and keeping the locks of the
//! whole process usable in them.
//!
//! A child has one thread, the one that forked. A lock that another held in that moment is locked for
//! good in the child. So what a child must not be kept from (making contexts and sockets of its own)
//! is behind gates that a fork waits for; everything else belongs to contexts, and a child touches no
//! lock of what its parent made.

use std::cell::Cell;
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use super::gate::Gate;

static GENERATION: AtomicU32 = AtomicU32::new(0);
static WATCH: Once = Once::new();

/// Gates that are shut for the time of a fork.
static GATES: [AtomicPtr<Gate>; 8] = [const { AtomicPtr::new(ptr::null_mut()) }; 8];

/// How many forks lie between this process and the one that first called [`watch`].
#[inline(always)]
pub fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Starts to count forks.
pub fn watch() {
    // SAFETY: the handlers touch atomics only, which is safe in a forked child; the gates that the
    // last two open were shut by the first, on the same thread.
    WATCH.call_once(|| unsafe {
        libc::pthread_atfork(Some(before), Some(in_parent), Some(in_child));
    });
}

/// Has forks wait for the gate, so that it is never shut in a child. Whoever shuts it must not take
/// another such gate while it has it.
pub fn hold(gate: &'static Gate) {
    watch();
    let wanted = ptr::from_ref(gate).cast_mut();
    for place in &GATES {
        match place.compare_exchange(ptr::null_mut(), wanted, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return,
            Err(known) if known == wanted => return,
            Err(_) => {}
        }
    }
    debug_assert!(false, "more gates than places");
}

thread_local! {
    /// How many gates the thread shut before it forks: another may add one meanwhile.
    static SHUT: Cell<usize> = const { Cell::new(0) };
}

fn gates() -> impl Iterator<Item = &'static Gate> {
    // SAFETY: what is there came from a `&'static Gate`.
    GATES.iter().map_while(|place| unsafe { place.load(Ordering::Acquire).as_ref() })
}

extern "C" fn before() {
    SHUT.set(gates().map(Gate::shut).count());
}

extern "C" fn in_parent() {
    gates().take(SHUT.get()).for_each(Gate::open);
}

extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    in_parent();
}
