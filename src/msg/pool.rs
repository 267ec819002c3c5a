//! Recycled blocks.
//!
//! A message is usually made on one thread and dropped on another, which is what `malloc` is worst
//! at: the freeing thread has to give the memory back to the other thread's arena. Here, a thread
//! keeps the blocks it frees, by size, in *magazines* of some dozens; when two are full, one goes to
//! a *depot* that all threads share, and a thread without blocks takes a whole magazine from there.
//! So the lock is taken, and its cache line moves, once for dozens of messages. (After Bonwick and
//! Adams, "Magazines and Vmem", 2001.)
//!
//! What the depot has no room for goes back to `malloc`, and so does everything while its lock is
//! taken: nobody waits for it, not even a forked child for a lock that a thread of its parent held.
//! The depot keeps at most 1 MiB of each of the ten sizes. Larger blocks have a shelf of their own,
//! see [`super::large`].

use std::alloc::{Layout, alloc_zeroed};
use std::cell::Cell;
use std::ptr::NonNull;

use crate::sync::Mutex;

use super::block::Block;
use super::large;

/// Room of the smallest blocks; each class has twice the room of the one before.
const SMALLEST: usize = 128;
const CLASSES: usize = 10;
/// Room of the largest blocks that are kept.
const LARGEST: usize = SMALLEST << (CLASSES - 1);

/// Most blocks in a magazine, and bytes if they are large (but at least four blocks).
const MAGAZINE_BLOCKS: usize = 64;
const MAGAZINE_BYTES: usize = 32 << 10;
/// Most magazines of one class in the depot, full and empty ones each, and bytes in the full ones.
const DEPOT_MAGAZINES: usize = 128;
const DEPOT_BYTES: usize = 1 << 20;

/// The capacity to ask `malloc` for when a block for `size` bytes is needed, so that it can be
/// kept later.
pub(super) fn rounded(size: usize) -> usize {
    match class_for(size) {
        Some(class) => SMALLEST << class,
        None => size,
    }
}

/// A kept block with room for `size` bytes; its reference count is as its last user left it.
#[inline]
pub(super) fn take(size: usize) -> Option<NonNull<Block>> {
    let Some(class) = class_for(size) else { return large::take(size) };
    // No cache: the thread is about to end.
    CACHE.try_with(|cache| cache.classes.get(class)?.take(class)).ok()?
}

/// Keeps a block of that capacity. False if there is no room for it; it is the caller's then.
#[inline]
pub(super) fn give(block: NonNull<Block>, capacity: usize) -> bool {
    if cfg!(miri) || capacity > LARGEST {
        return large::give(block, capacity);
    }
    // What `rounded` gave is a power of two.
    let class =
        (capacity.trailing_zeros() as usize).wrapping_sub(SMALLEST.trailing_zeros() as usize);
    let give = |cache: &Cache| cache.classes.get(class).is_some_and(|it| it.give(class, block));
    capacity.is_power_of_two() && CACHE.try_with(give).unwrap_or(false)
}

/// Gives what threads have put together back to `malloc`. What a thread has for itself it keeps.
pub(super) fn empty() {
    for class in 0..CLASSES {
        // One at a time: who wants one meanwhile finds the lock free again.
        while let Some(mut magazine) = depot::take_full(class) {
            magazine.empty();
        }
    }
}

/// The class whose blocks have room for `size` bytes.
#[inline]
fn class_for(size: usize) -> Option<usize> {
    if cfg!(miri) || size > LARGEST {
        // Under Miri every block is its own, so that wrong accesses and leaks are seen.
        return None;
    }
    let rest = size.saturating_sub(1) / SMALLEST;
    Some((usize::BITS - rest.leading_zeros()) as usize)
}

/// Blocks that a magazine of the class holds.
const fn magazine_size(class: usize) -> usize {
    let by_bytes = MAGAZINE_BYTES / (SMALLEST << class);
    if by_bytes > MAGAZINE_BLOCKS {
        MAGAZINE_BLOCKS
    } else if by_bytes < 4 {
        4
    } else {
        by_bytes
    }
}

/// Magazines of the class that the depot holds.
const fn depot_size(class: usize) -> usize {
    let by_bytes = DEPOT_BYTES / (magazine_size(class) * (SMALLEST << class));
    if by_bytes > DEPOT_MAGAZINES { DEPOT_MAGAZINES } else { by_bytes }
}

/// A stack of free blocks. Their addresses are kept here rather than in the blocks, so that neither
/// giving nor taking one waits for the cache line it starts with.
struct Magazine {
    count: usize,
    blocks: [*mut Block; MAGAZINE_BLOCKS],
}

type MagazineBox = Option<Box<Magazine>>;

// SAFETY: the blocks are the magazine's alone.
unsafe impl Send for Magazine {}

impl Magazine {
    /// An empty magazine, if there is memory for it.
    fn new() -> MagazineBox {
        // SAFETY: the layout has a size.
        let memory = unsafe { alloc_zeroed(Layout::new::<Magazine>()) };
        if memory.is_null() {
            return None;
        }
        // SAFETY: memory of the allocator that Box uses, and zeros are no blocks.
        Some(unsafe { Box::from_raw(memory.cast()) })
    }

    #[inline]
    fn pop(&mut self) -> Option<NonNull<Block>> {
        let last = self.count.checked_sub(1)?;
        let block = self.blocks.get(last)?;
        self.count = last;
        NonNull::new(*block)
    }

    /// False if it is full.
    #[inline]
    fn push(&mut self, class: usize, block: NonNull<Block>) -> bool {
        const SIZES: [usize; CLASSES] = {
            let mut sizes = [0; CLASSES];
            let mut class = 0;
            while class < CLASSES {
                sizes[class] = magazine_size(class);
                class += 1;
            }
            sizes
        };
        if SIZES.get(class).is_none_or(|&size| self.count >= size) {
            return false;
        }
        let Some(place) = self.blocks.get_mut(self.count) else {
            return false;
        };
        *place = block.as_ptr();
        self.count += 1;
        true
    }

    fn empty(&mut self) {
        while let Some(block) = self.pop() {
            // SAFETY: a kept block has no users.
            unsafe { Block::free_memory(block) };
        }
    }
}

thread_local! {
    static CACHE: Cache = const { Cache::new() };
}

/// A thread's magazines.
struct Cache {
    classes: [ClassCache; CLASSES],
}

/// Two magazines, so that a thread that gives and takes in turns does not go to the depot each time
/// one of them is full or empty. Cells are taken from and put back, never borrowed.
struct ClassCache {
    loaded: Cell<MagazineBox>,
    spare: Cell<MagazineBox>,
}

impl Cache {
    const fn new() -> Cache {
        Cache {
            classes: [const { ClassCache { loaded: Cell::new(None), spare: Cell::new(None) } };
                CLASSES],
        }
    }
}

impl Drop for Cache {
    /// The thread ends: what the depot does not take is freed.
    fn drop(&mut self) {
        for (class, cache) in self.classes.iter().enumerate() {
            for magazine in [cache.loaded.take(), cache.spare.take()].into_iter().flatten() {
                depot::put(class, magazine);
            }
        }
    }
}

impl ClassCache {
    #[inline]
    fn take(&self, class: usize) -> Option<NonNull<Block>> {
        let mut loaded = self.loaded.take();
        let mut block = loaded.as_mut().and_then(|it| it.pop());
        if block.is_none() {
            loaded = self.reload(class, loaded);
            block = loaded.as_mut().and_then(|it| it.pop());
        }
        self.loaded.set(loaded);
        block
    }

    #[inline]
    fn give(&self, class: usize, block: NonNull<Block>) -> bool {
        let mut loaded = self.loaded.take();
        let mut given = loaded.as_mut().is_some_and(|it| it.push(class, block));
        if !given {
            loaded = self.unload(class, loaded);
            given = loaded.as_mut().is_some_and(|it| it.push(class, block));
        }
        self.loaded.set(loaded);
        given
    }

    /// A magazine with blocks for the empty `loaded` one, if there is any.
    #[cold]
    fn reload(&self, class: usize, loaded: MagazineBox) -> MagazineBox {
        match self.spare.take() {
            Some(spare) if spare.count > 0 => {
                self.spare.set(loaded);
                Some(spare)
            }
            spare => {
                self.spare.set(spare);
                match depot::take_full(class) {
                    Some(full) => {
                        if let Some(empty) = loaded {
                            depot::put(class, empty);
                        }
                        Some(full)
                    }
                    None => loaded,
                }
            }
        }
    }

    /// An empty magazine for the full `loaded` one.
    #[cold]
    fn unload(&self, class: usize, loaded: MagazineBox) -> MagazineBox {
        let spare = self.spare.take();
        self.spare.set(loaded);
        match spare {
            Some(empty) if empty.count == 0 => return Some(empty),
            Some(full) => depot::put(class, full),
            None => {}
        }
        depot::take_empty(class).or_else(Magazine::new)
    }
}

/// What threads exchange.
mod depot {
    use super::{CLASSES, DEPOT_MAGAZINES, Magazine, MagazineBox, Mutex, depot_size};

    static DEPOT: [Mutex<Shelves>; CLASSES] = [const { Mutex::new(Shelves::new()) }; CLASSES];

    /// Magazines of one class.
    struct Shelves {
        full: Shelf,
        empty: Shelf,
    }

    struct Shelf {
        count: usize,
        magazines: [MagazineBox; DEPOT_MAGAZINES],
    }

    impl Shelves {
        const fn new() -> Shelves {
            Shelves { full: Shelf::new(), empty: Shelf::new() }
        }
    }

    impl Shelf {
        const fn new() -> Shelf {
            Shelf { count: 0, magazines: [const { None }; DEPOT_MAGAZINES] }
        }

        /// The magazine itself if there is no room.
        fn push(&mut self, class: usize, magazine: Box<Magazine>) -> MagazineBox {
            if self.count >= depot_size(class) {
                return Some(magazine);
            }
            let Some(place) = self.magazines.get_mut(self.count) else {
                return Some(magazine);
            };
            *place = Some(magazine);
            self.count += 1;
            None
        }

        fn pop(&mut self) -> MagazineBox {
            self.count = self.count.checked_sub(1)?;
            self.magazines.get_mut(self.count)?.take()
        }
    }

    /// Puts a magazine onto its shelf, or frees it and its blocks.
    pub(super) fn put(class: usize, magazine: Box<Magazine>) {
        let refused = match DEPOT.get(class).and_then(Mutex::try_lock) {
            Some(mut shelves) if magazine.count > 0 => shelves.full.push(class, magazine),
            Some(mut shelves) => shelves.empty.push(class, magazine),
            None => Some(magazine),
        };
        if let Some(mut magazine) = refused {
            magazine.empty();
        }
    }

    /// A magazine with blocks.
    pub(super) fn take_full(class: usize) -> MagazineBox {
        DEPOT.get(class)?.try_lock()?.full.pop()
    }

    /// A magazine without blocks.
    pub(super) fn take_empty(class: usize) -> MagazineBox {
        DEPOT.get(class)?.try_lock()?.empty.pop()
    }
}

#[cfg(all(test, not(miri)))]
mod tests {
    use std::ptr;

    use super::*;

    #[test]
    fn classes_have_the_room_asked_for() {
        for size in 0..=LARGEST {
            let capacity = rounded(size);
            assert!(capacity >= size && (capacity == SMALLEST || capacity < 2 * size), "{size}");
        }
        for size in [LARGEST + 1, usize::MAX] {
            assert_eq!(rounded(size), size);
        }
    }

    #[test]
    fn a_block_is_reused_on_its_thread() {
        let block = Block::allocate(1000).unwrap();
        // SAFETY: fresh, without users.
        unsafe { Block::free(block) };
        assert_eq!(take(700), Some(block));
        // SAFETY: as above.
        unsafe { Block::free(block) };
    }

    #[test]
    fn blocks_of_other_sizes_are_not_kept() {
        let block = Block::allocate(LARGEST + 1).unwrap();
        assert!(!give(block, 129));
        // SAFETY: fresh, without users.
        unsafe { Block::free(block) };
    }

    #[test]
    fn blocks_go_round_between_threads_without_mixing() {
        let (to, from) = std::sync::mpsc::sync_channel::<(usize, usize)>(500);
        let consumer = std::thread::spawn(move || {
            for (address, size) in from {
                let block = NonNull::new(ptr::with_exposed_provenance_mut::<Block>(address));
                let block = block.unwrap();
                // SAFETY: the producer's block, filled with `size` bytes of its size, is ours now.
                unsafe {
                    let payload = Block::payload(block);
                    for at in 0..size {
                        assert_eq!(payload.add(at).read(), size as u8);
                    }
                    Block::free(block);
                }
            }
        });
        for i in 0..20_000 {
            let size = 1 + i * 37 % 3000;
            let block = Block::allocate(size).unwrap();
            // SAFETY: a fresh block of that size.
            unsafe { Block::payload(block).write_bytes(size as u8, size) };
            to.send((block.as_ptr().expose_provenance(), size)).unwrap();
        }
        drop(to);
        consumer.join().unwrap();
    }
}
