//! Payload memory: blocks from `malloc` behind a small header, and what an external message owns.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{later, pool, usage};
use crate::error::{Errno, Result};

/// `zmq_free_fn`: called as `f(data, hint)`, once, on whichever thread drops the last reference.
pub type FreeFn = unsafe extern "C" fn(*mut c_void, *mut c_void);

/// Reference counts above this are refused, so that leaked copies can never wrap a count around.
const MAX_REFERENCES: usize = usize::MAX / 2;

/// The header in front of every payload in the library's own memory. As large as what `malloc` aligns
/// to, so that the payload has that alignment too.
#[cfg_attr(target_pointer_width = "64", repr(C, align(16)))]
#[cfg_attr(not(target_pointer_width = "64"), repr(C, align(8)))]
pub(super) struct Block {
    references: References,
    capacity: usize,
}

const _: () = assert!(size_of::<Block>() == align_of::<Block>());

impl Block {
    /// A block with room for at least `capacity` bytes, not initialised and not shared. `ENOMEM`
    /// when there is none.
    #[inline]
    pub(super) fn allocate(capacity: usize) -> Result<NonNull<Block>> {
        Block::find(capacity).ok_or(Errno::ENOMEM)
    }

    fn find(capacity: usize) -> Option<NonNull<Block>> {
        let Some(block) = pool::take(capacity) else { return Block::make(capacity).ok() };
        // SAFETY: a kept block is live and has no users.
        unsafe { &(*block.as_ptr()).references }.start(1);
        Some(block)
    }

    #[inline(never)]
    fn make(capacity: usize) -> Result<NonNull<Block>> {
        let capacity = pool::rounded(capacity);
        let size = Self::size_for(capacity)?;
        // SAFETY: malloc may be called with any size.
        let memory = unsafe { libc::malloc(size) };
        let block = Self::place(memory, capacity)?;
        usage::taken(capacity);
        Ok(block)
    }

    /// Changes the capacity of a block that nobody else refers to, keeping what fits of the
    /// payload. On failure the block stays as it was.
    ///
    /// # Safety
    ///
    /// `block` came from `allocate` or `reallocate`, is not shared, and is not used again on success.
    pub(super) unsafe fn reallocate(
        block: NonNull<Block>,
        capacity: usize,
    ) -> Result<NonNull<Block>> {
        let size = Self::size_for(capacity)?;
        // SAFETY: the block is live malloc memory, per the contract.
        let before = unsafe { Self::capacity(block) };
        // SAFETY: as above.
        let memory = unsafe { libc::realloc(block.as_ptr().cast(), size) };
        let block = Self::place(memory, capacity)?;
        usage::given(before);
        usage::taken(capacity);
        Ok(block)
    }

    /// Gives the block back, for others to use.
    ///
    /// # Safety
    ///
    /// `block` came from `allocate` or `reallocate` and nothing refers to it any more.
    pub(super) unsafe fn free(block: NonNull<Block>) {
        // SAFETY: live, per the contract.
        let capacity = unsafe { Self::capacity(block) };
        if !pool::give(block, capacity) {
            // SAFETY: not kept, and without users, per the contract.
            unsafe { Self::free_memory(block) };
        }
    }

    /// Gives the memory back to `malloc`.
    ///
    /// # Safety
    ///
    /// As for [`Block::free`].
    pub(super) unsafe fn free_memory(block: NonNull<Block>) {
        // SAFETY: live malloc memory without users, per the contract.
        unsafe {
            usage::given(Self::capacity(block));
            libc::free(block.as_ptr().cast());
        }
    }

    /// Where the payload starts.
    pub(super) fn payload(block: NonNull<Block>) -> NonNull<u8> {
        // SAFETY: a block's allocation is always at least one header long.
        unsafe { block.add(1).cast() }
    }

    /// Bytes the payload has room for.
    ///
    /// # Safety
    ///
    /// `block` is live.
    pub(super) unsafe fn capacity(block: NonNull<Block>) -> usize {
        // SAFETY: live, and `capacity` is never written while others can see the block.
        unsafe { (*block.as_ptr()).capacity }
    }

    fn size_for(capacity: usize) -> Result<usize> {
        match capacity.checked_add(size_of::<Block>()) {
            // Slices must not exceed isize::MAX.
            Some(size) if size <= isize::MAX as usize => Ok(size),
            _ => Err(Errno::ENOMEM),
        }
    }

    fn place(memory: *mut c_void, capacity: usize) -> Result<NonNull<Block>> {
        let block = NonNull::new(memory.cast::<Block>()).ok_or(Errno::ENOMEM)?;
        // SAFETY: fresh memory of at least a header's size and malloc's alignment.
        unsafe {
            block.write(Block { references: References::new(), capacity });
        }
        Ok(block)
    }
}

/// What an external message owns: the application's memory and the way to give it back.
#[repr(C)]
pub(super) struct External {
    references: References,
    free: FreeFn,
    data: *mut c_void,
    hint: *mut c_void,
    /// The next of those that wait, see [`super::later`].
    pub(super) next: Cell<*mut External>,
}

impl External {
    /// Takes note of `data` and its free function. On failure nothing is owned.
    pub(super) fn allocate(
        data: *mut c_void,
        free: FreeFn,
        hint: *mut c_void,
    ) -> Result<NonNull<External>> {
        later::expect();
        // SAFETY: malloc may be called with any size.
        let memory = unsafe { libc::malloc(size_of::<External>()) };
        let external = NonNull::new(memory.cast::<External>()).ok_or(Errno::ENOMEM)?;
        // SAFETY: fresh memory of the right size and malloc's alignment.
        unsafe {
            external.write(External {
                references: References::new(),
                free,
                data,
                hint,
                next: Cell::new(ptr::null_mut()),
            });
        }
        Ok(external)
    }

    /// Calls the application's function, as soon as this thread holds no lock of the library's.
    ///
    /// # Safety
    ///
    /// `external` came from `allocate` and nothing refers to it any more.
    pub(super) unsafe fn release(external: NonNull<External>) {
        // SAFETY: per the contract; if it is not put off it is finished here.
        unsafe {
            if !later::put_off(external) {
                External::finish(external);
            }
        }
    }

    /// Frees the note and calls the application's function, in this order: the function may never
    /// return here in peace (it may re-enter the library), so nothing is left to do after it.
    ///
    /// # Safety
    ///
    /// As for [`External::release`].
    pub(super) unsafe fn finish(external: NonNull<External>) {
        // SAFETY: live and unshared, per the contract.
        let owned = unsafe { external.read() };
        // SAFETY: as above; the content was moved out.
        unsafe { libc::free(external.as_ptr().cast()) };
        // SAFETY: whoever made the message promised that the function may be called once with these.
        later::call(&mut || unsafe { (owned.free)(owned.data, owned.hint) });
    }
}

/// A reference count that counts only from the first sharing on: before, it has no meaning.
///
/// It is the first field of [`Block`], [`External`] and `Group`, so that a pointer to any of them
/// is a pointer to it.
#[repr(transparent)]
pub(super) struct References(AtomicUsize);

impl References {
    pub(super) const fn new() -> References {
        References(AtomicUsize::new(1))
    }

    /// The owner of something unshared makes it shared, between `count` holders.
    pub(super) fn start(&self, count: usize) {
        // Relaxed: nobody else sees the object yet; handing it to another thread publishes this.
        self.0.store(count, Ordering::Relaxed);
    }

    /// `count` more holders.
    pub(super) fn add(&self, count: usize) {
        // Relaxed, as in Arc: a new reference is made from one that is held.
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// One more holder for each, or for none: `ENOMEM` when copies were leaked until a count is
    /// absurd.
    pub(super) fn add_to_all(counts: &[Option<&References>]) -> Result<()> {
        let exhausted = |references: &References| {
            references.0.fetch_add(1, Ordering::Relaxed) >= MAX_REFERENCES
        };
        let Some(failed) = counts.iter().position(|count| count.is_some_and(exhausted)) else {
            return Ok(());
        };
        for references in counts.iter().take(failed + 1).flatten() {
            // Never the last one, as the caller holds a reference to each.
            references.drop(1);
        }
        Err(Errno::ENOMEM)
    }

    /// `count` holders less. True for the last: it frees the object.
    pub(super) fn drop(&self, count: usize) -> bool {
        // Release: what this holder did happens before the last one frees.
        if self.0.fetch_sub(count, Ordering::Release) != count {
            return false;
        }
        // A load, not a fence: race detectors do not know those.
        self.0.load(Ordering::Acquire);
        true
    }

    /// The count now; Acquire, so that a holder that was counted out is done with the object.
    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::Acquire)
    }
}

/// Lets the payload of a fresh allocation be read as bytes of whatever value.
///
/// Memory from `malloc` is "uninitialised" to the compiler, and reading it would be undefined. The
/// empty assembly may, for all the compiler knows, have written it. Costs no instruction.
///
/// # Safety
///
/// `size` bytes at `data` are valid for writes.
pub(super) unsafe fn freeze(data: NonNull<u8>, size: usize) {
    #[cfg(all(
        not(miri),
        any(
            target_arch = "x86_64",
            target_arch = "x86",
            target_arch = "aarch64",
            target_arch = "arm",
            target_arch = "riscv64",
            target_arch = "loongarch64",
        )
    ))]
    {
        let _ = size;
        // SAFETY: no instruction is executed.
        unsafe {
            std::arch::asm!("/* {} */", in(reg) data.as_ptr(), options(nostack, preserves_flags));
        }
    }
    #[cfg(any(
        miri,
        not(any(
            target_arch = "x86_64",
            target_arch = "x86",
            target_arch = "aarch64",
            target_arch = "arm",
            target_arch = "riscv64",
            target_arch = "loongarch64",
        ))
    ))]
    // SAFETY: valid for writes, per the contract.
    unsafe {
        data.write_bytes(0, size);
    }
}
