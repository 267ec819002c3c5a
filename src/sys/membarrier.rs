//! A memory barrier on every thread of the process, paid for by the one that asks.

use std::time::Duration;

use super::once::Once;
use crate::sys::libc;

#[cfg(target_os = "linux")]
const PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
#[cfg(target_os = "linux")]
const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;

/// The other side's part: keeps the compiler from moving accesses of memory across this point.
#[inline(always)]
pub fn here() {
    #[cfg(not(loom))]
    std::sync::atomic::compiler_fence(std::sync::atomic::Ordering::SeqCst);
    crate::sync::model_fence();
}

static AVAILABLE: Once<bool> = Once::new();

#[cfg(target_os = "linux")]
fn call(command: libc::c_int) -> bool {
    // SAFETY: takes numbers only.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

/// Whether the system has such a barrier.
pub fn is_available() -> bool {
    AVAILABLE.get_or_make(|| {
        #[cfg(target_os = "linux")]
        {
            cfg!(loom) || !cfg!(miri) && call(REGISTER_PRIVATE_EXPEDITED)
        }
        #[cfg(not(target_os = "linux"))]
        false
    })
}

/// Makes every thread of the process pass a full memory barrier before this returns. To be called
/// only if [`is_available`].
pub fn everywhere() {
    if cfg!(loom) {
        return crate::sync::model_fence();
    }
    #[cfg(target_os = "linux")]
    if call(PRIVATE_EXPEDITED)
        // A forked child has to register anew.
        || call(REGISTER_PRIVATE_EXPEDITED) && call(PRIVATE_EXPEDITED)
    {
        return;
    }
    // The system took the barrier away since it was registered. No store stays unseen this long.
    std::thread::sleep(Duration::from_millis(10));
}

/// A number that tells the calling thread from every other that is alive; neither 0 nor the
/// greatest, and a multiple of 8.
#[inline(always)]
pub fn thread_number() -> usize {
    #[cfg(all(target_os = "linux", target_arch = "x86_64", not(miri)))]
    {
        let block: usize;
        // SAFETY: the word is the address of the thread's control block, which is there, as the ABI
        // of thread-local storage has it (variant II), and never changes. `pthread_self` returns it too.
        unsafe {
            std::arch::asm!("mov {}, fs:0", out(reg) block,
                options(pure, readonly, nostack, preserves_flags));
        }
        block
    }
    #[cfg(not(all(target_os = "linux", target_arch = "x86_64", not(miri))))]
    // SAFETY: always succeeds.
    unsafe {
        libc::pthread_self() as usize
    }
}
