//! Short lists in one array: no allocation for each, and a list is one look away from its name.

/// What lists are made of, and count their items with.
pub trait Item: Copy + Default {
    /// The longest list.
    const LONGEST: usize;
    /// Lists begin at multiples of this many items.
    const STEP: usize;
    /// A length as an item.
    fn from_len(len: usize) -> Self;
    /// The length that the item is.
    fn to_len(self) -> usize;
}

impl Item for u8 {
    const LONGEST: usize = u8::MAX as usize;
    const STEP: usize = 8;

    fn from_len(len: usize) -> u8 {
        len as u8
    }

    #[inline]
    fn to_len(self) -> usize {
        self.into()
    }
}

impl Item for u32 {
    /// 256 ids, and the first bytes that they are found by.
    const LONGEST: usize = 320;
    const STEP: usize = 4;

    fn from_len(len: usize) -> u32 {
        len as u32
    }

    #[inline]
    fn to_len(self) -> usize {
        self as usize
    }
}

/// The array. A list is named by where it begins, in steps; its length comes first.
#[derive(Debug)]
pub struct Arena<T> {
    items: Vec<T>,
    /// Places that are free, by how many steps there are.
    free: Vec<Vec<u32>>,
}

impl<T> Default for Arena<T> {
    fn default() -> Arena<T> {
        Arena { items: Vec::new(), free: Vec::new() }
    }
}

impl<T: Item> Arena<T> {
    /// Adds a list, of no more than [`Item::LONGEST`] items, and returns its name.
    pub fn insert(&mut self, list: &[T]) -> u32 {
        debug_assert!(list.len() <= T::LONGEST);
        let steps = Self::steps(list.len());
        let name = match self.free.get_mut(steps).and_then(Vec::pop) {
            Some(name) => name,
            None => self.extend(steps),
        };
        self.write(name, list);
        name
    }

    /// Removes a list that is there.
    pub fn remove(&mut self, name: u32) {
        let steps = Self::steps(self.get(name).len());
        if self.free.len() <= steps {
            self.free.resize_with(steps + 1, Vec::new);
        }
        self.free[steps].push(name);
    }

    /// Puts another list in the place of one that is there; returns its name.
    pub fn replace(&mut self, name: u32, list: &[T]) -> u32 {
        if Self::steps(self.get(name).len()) == Self::steps(list.len()) {
            self.write(name, list);
            return name;
        }
        self.remove(name);
        self.insert(list)
    }

    /// A list that is there.
    #[inline]
    pub fn get(&self, name: u32) -> &[T] {
        let (len, rest) = self.at(name);
        &rest[..len]
    }

    /// The length of a list, and what follows it.
    #[inline]
    fn at(&self, name: u32) -> (usize, &[T]) {
        let [len, rest @ ..] = &self.items[name as usize * T::STEP..] else { return (0, &[]) };
        (len.to_len(), rest)
    }

    /// Steps that a list takes.
    pub fn steps(len: usize) -> usize {
        (len + 1).div_ceil(T::STEP)
    }

    fn extend(&mut self, steps: usize) -> u32 {
        let begin = self.items.len();
        let end = begin + steps * T::STEP;
        reserve(&mut self.items, end - begin);
        self.items.resize(end, T::default());
        (begin / T::STEP) as u32
    }

    fn write(&mut self, name: u32, list: &[T]) {
        let begin = name as usize * T::STEP;
        self.items[begin] = T::from_len(list.len());
        self.items[begin + 1..][..list.len()].copy_from_slice(list);
    }

    /// Steps that all lists take.
    #[cfg(test)]
    pub fn used(&self) -> usize {
        let free: usize =
            self.free.iter().enumerate().map(|(steps, free)| steps * free.len()).sum();
        self.items.len() / T::STEP - free
    }
}

/// Makes room for `more` items. `Vec` would double; a quarter is enough for linear time, and costs
/// less when most of the memory of a process is subscriptions.
pub fn reserve<T>(items: &mut Vec<T>, more: usize) {
    if items.capacity() - items.len() < more {
        items.reserve_exact(items.len() / 4 + 4 + more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn does_what_a_map_does<T: Item + PartialEq + std::fmt::Debug>(
        steps: Vec<(usize, usize)>,
    ) -> Result<(), TestCaseError> {
        let mut arena = Arena::default();
        let mut model: BTreeMap<u32, Vec<T>> = BTreeMap::new();
        for (i, (len, what)) in steps.into_iter().enumerate() {
            let list = vec![T::from_len(i % 200); len.min(T::LONGEST)];
            let old = model.keys().copied().nth(what / 3);
            match (what % 3, old) {
                (0, Some(name)) => {
                    arena.remove(name);
                    model.remove(&name);
                }
                (1, Some(name)) => {
                    let new = arena.replace(name, &list);
                    model.remove(&name);
                    prop_assert!(model.insert(new, list).is_none());
                }
                _ => {
                    let new = arena.insert(&list);
                    prop_assert!(model.insert(new, list).is_none());
                }
            }
            for (&name, list) in &model {
                prop_assert_eq!(arena.get(name), &**list);
            }
            let used: usize = model.values().map(|list| Arena::<T>::steps(list.len())).sum();
            prop_assert_eq!(arena.used(), used);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn bytes(steps in prop::collection::vec((0usize..300, 0usize..60), 0..60)) {
            does_what_a_map_does::<u8>(steps)?;
        }

        #[test]
        fn words(steps in prop::collection::vec((0usize..400, 0usize..60), 0..60)) {
            does_what_a_map_does::<u32>(steps)?;
        }
    }

    #[test]
    fn what_is_free_is_used_again() {
        let mut arena = Arena::default();
        let names: Vec<_> = (0..100u32).map(|i| arena.insert(&[i; 5])).collect();
        let before = arena.items.len();
        for _ in 0..10 {
            names.iter().for_each(|&name| arena.remove(name));
            for i in 0..100 {
                arena.insert(&[i; 4]);
            }
        }
        assert_eq!(arena.items.len(), before);
    }
}
