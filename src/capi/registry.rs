//! Handles that are numbers, not addresses.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use crate::sys::gate::Gated;

use crate::error::{Errno, Result};

/// Objects that C programs know by an opaque handle. A handle is never looked through, and never
/// used twice, so whatever pointer comes in, stale or foreign, it either names a live object or is
/// `EFAULT`.
///
/// For objects whose calls may cost a lock; sockets have their own scheme.
pub struct Registry<T> {
    state: Gated<State<T>>,
}

struct State<T> {
    last: usize,
    objects: BTreeMap<usize, Arc<T>>,
}

impl<T> Registry<T> {
    /// Distance of two handles; they look like pointers to something aligned.
    const STEP: usize = 16;

    /// Without objects. `first` tells the handles of different registries apart.
    pub const fn new(first: usize) -> Registry<T> {
        // Where addresses are shorter, `first` is large enough by itself.
        let last = match first.checked_mul(Self::STEP) {
            Some(last) => last,
            None => first,
        };
        Registry { state: Gated::new(State { last, objects: BTreeMap::new() }) }
    }

    /// Adds an object. `ENOMEM` when all handles were used up.
    pub fn insert(&'static self, object: T) -> Result<*mut c_void> {
        let mut state = self.state.lock();
        let handle = state.last.checked_add(Self::STEP).ok_or(Errno::ENOMEM)?;
        state.last = handle;
        state.objects.insert(handle, Arc::new(object));
        Ok(ptr::without_provenance_mut(handle))
    }

    /// The object of a handle, or `EFAULT`.
    pub fn get(&'static self, handle: *const c_void) -> Result<Arc<T>> {
        let state = self.state.lock();
        let object = state.objects.get(&handle.addr());
        object.cloned().ok_or(Errno::EFAULT)
    }

    /// Takes an object out, or `EFAULT`. Calls that are under way keep it alive.
    pub fn remove(&'static self, handle: *const c_void) -> Result<Arc<T>> {
        let removed = self.state.lock().objects.remove(&handle.addr());
        removed.ok_or(Errno::EFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_live_handles_are_known() {
        static REGISTRY: Registry<&str> = Registry::new(1);
        let registry = &REGISTRY;
        let first = registry.insert("first").unwrap();
        let second = registry.insert("second").unwrap();
        assert_eq!(*registry.get(first).unwrap(), "first");
        assert_eq!(*registry.remove(first).unwrap(), "first");
        let third = registry.insert("third").unwrap();
        assert_ne!(first, third);
        for unknown in [first, ptr::null_mut(), (&raw const REGISTRY).cast_mut().cast()] {
            assert_eq!(registry.get(unknown).unwrap_err(), Errno::EFAULT);
            assert_eq!(registry.remove(unknown).unwrap_err(), Errno::EFAULT);
        }
        assert_eq!(*registry.get(second).unwrap(), "second");
    }
}
