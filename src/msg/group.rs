//! The name of a message's group.

use std::ptr::NonNull;

use super::block::References;
use crate::error::{Errno, Result};

/// Longest group name, in bytes (RFC 48).
pub(super) const GROUP_MAX: usize = 255;

/// A group name, shared by the copies of a message. Always counted.
#[repr(C)]
pub(super) struct Group {
    pub(super) references: References,
    /// NUL-terminated.
    pub(super) name: [u8; GROUP_MAX + 1],
}

impl Group {
    pub(super) fn allocate(name: &[u8]) -> Result<NonNull<Group>> {
        // SAFETY: malloc may be called with any size.
        let memory = unsafe { libc::malloc(size_of::<Group>()) };
        let group = NonNull::new(memory.cast::<Group>()).ok_or(Errno::ENOMEM)?;
        let mut padded = [0; GROUP_MAX + 1];
        for (to, from) in padded.iter_mut().zip(name) {
            *to = *from;
        }
        // SAFETY: fresh memory of the right size and malloc's alignment.
        unsafe {
            group.write(Group { references: References::new(), name: padded });
        }
        Ok(group)
    }

    /// Gives up one reference; null is none.
    ///
    /// # Safety
    ///
    /// A non-null `group` came from `allocate`, and the reference is the caller's.
    pub(super) unsafe fn release(group: *mut Group) {
        // SAFETY: null, or live by the caller's reference.
        if let Some(shared) = unsafe { group.as_ref() }
            && shared.references.drop(1)
        {
            // SAFETY: this was the last reference.
            unsafe { libc::free(group.cast()) };
        }
    }
}
