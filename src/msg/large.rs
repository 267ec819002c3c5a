//! A few large blocks that are kept for the next message of about their size.
//!
//! `malloc` returns large memory to the system when it is freed, and gets it back page by page: for
//! messages of a mebibyte those page faults cost more than copying the payload. So the last few
//! large blocks stay here, whoever frees them and whoever wants them next. One lock is enough at
//! the rate of such messages; nobody waits for it: while it is taken, `malloc` serves.

use std::ptr::NonNull;

use crate::sync::Mutex;

use super::block::Block;

/// Most blocks kept, and bytes in all of them.
const BLOCKS: usize = 16;
const BYTES: usize = 16 << 20;

struct Shelf {
    blocks: [Option<NonNull<Block>>; BLOCKS],
    bytes: usize,
}

// SAFETY: the blocks on the shelf are its alone.
unsafe impl Send for Shelf {}

static SHELF: Mutex<Shelf> = Mutex::new(Shelf { blocks: [None; BLOCKS], bytes: 0 });

/// A kept block with room for `size` bytes, and not for much more; its reference count is as its
/// last user left it.
pub(super) fn take(size: usize) -> Option<NonNull<Block>> {
    if cfg!(miri) {
        return None;
    }
    let mut shelf = SHELF.try_lock()?;
    let fits = |block: &NonNull<Block>| {
        // SAFETY: a kept block is live.
        let capacity = unsafe { Block::capacity(*block) };
        capacity >= size && capacity - size <= size / 4
    };
    let place = shelf.blocks.iter_mut().find(|place| place.as_ref().is_some_and(fits))?;
    let block = place.take()?;
    // SAFETY: as above.
    shelf.bytes -= unsafe { Block::capacity(block) };
    Some(block)
}

/// Keeps a block of that capacity. False if there is no room for it; it is the caller's then.
pub(super) fn give(block: NonNull<Block>, capacity: usize) -> bool {
    if cfg!(miri) || capacity > BYTES {
        return false;
    }
    let Some(mut shelf) = SHELF.try_lock() else { return false };
    if capacity > BYTES - shelf.bytes {
        return false;
    }
    let Some(place) = shelf.blocks.iter_mut().find(|place| place.is_none()) else { return false };
    *place = Some(block);
    shelf.bytes += capacity;
    true
}

/// Gives all that is kept back to `malloc`.
pub(super) fn empty() {
    let Some(kept) = SHELF.try_lock().map(|mut shelf| {
        shelf.bytes = 0;
        std::mem::replace(&mut shelf.blocks, [None; BLOCKS])
    }) else {
        return;
    };
    for block in kept.into_iter().flatten() {
        // SAFETY: a kept block has no users.
        unsafe { Block::free_memory(block) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shelf is the process's: other tests may use it meanwhile, so this one only asserts what
    /// holds whatever they do.
    #[test]
    fn kept_blocks_fit_and_are_bounded() {
        const SIZE: usize = 777_777;
        let blocks: Vec<_> = (0..2 * BLOCKS).map(|_| Block::allocate(SIZE).unwrap()).collect();
        for block in blocks {
            // SAFETY: allocated above, used by nobody.
            unsafe { Block::free(block) };
        }
        assert!(SHELF.lock().bytes <= BYTES);
        assert!(SHELF.lock().blocks.iter().flatten().count() <= BLOCKS);
        while let Some(block) = take(SIZE) {
            // SAFETY: live, taken from the shelf.
            let capacity = unsafe { Block::capacity(block) };
            assert!((SIZE..=SIZE + SIZE / 4).contains(&capacity));
            // SAFETY: used by nobody.
            unsafe { Block::free_memory(block) };
        }
    }

    #[test]
    fn a_block_too_large_for_the_shelf_is_not_kept() {
        let block = Block::allocate(BYTES + 1).unwrap();
        assert!(!give(block, BYTES + 1));
        // SAFETY: not kept.
        unsafe { Block::free_memory(block) };
    }
}
