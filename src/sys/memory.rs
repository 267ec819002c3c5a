//! The memory of the process.

/// Has `malloc` give the pages that nothing is in back to the system. Other threads that want memory
/// meanwhile may have to wait.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: no conditions.
    unsafe {
        libc::malloc_trim(0);
    }
}
