//! An array whose items keep their index, with places that are used again.

/// The array.
#[derive(Debug)]
pub struct Slab<T> {
    items: Vec<T>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab { items: Vec::new(), free: Vec::new() }
    }
}

impl<T: Default> Slab<T> {
    /// Adds an item and returns its index.
    pub fn insert(&mut self, item: T) -> u32 {
        if let Some(index) = self.free.pop() {
            *self.get_mut(index) = item;
            return index;
        }
        reserve(&mut self.items);
        self.items.push(item);
        (self.items.len() - 1) as u32
    }

    /// Removes an item that is there.
    pub fn remove(&mut self, index: u32) {
        *self.get_mut(index) = T::default();
        self.free.push(index);
    }

    /// An item that is there.
    #[inline]
    pub fn get(&self, index: u32) -> &T {
        &self.items[index as usize]
    }

    /// An item that is there.
    #[inline]
    pub fn get_mut(&mut self, index: u32) -> &mut T {
        &mut self.items[index as usize]
    }
}

/// Makes room for one more item. `Vec` would double; a quarter is enough for linear time, and costs
/// less when most of the memory of a process is subscriptions.
pub fn reserve<T>(items: &mut Vec<T>) {
    if items.len() == items.capacity() {
        items.reserve_exact(items.len() / 4 + 4);
    }
}
