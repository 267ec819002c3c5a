//! The children of a node.

use super::NodeId;

/// How many children a node has room for.
pub const FEW: usize = 4;

/// The children of a node, sorted by the first bytes of their labels. A search compares up to eight
/// of these at a time, and has no branches to predict but the loop's.
#[derive(Clone, Copy, Debug)]
pub enum Children<'a> {
    /// The first bytes, and as many ids as there are children.
    Few([u8; FEW], &'a [[u8; 4]]),
    /// First bytes, padded to a multiple of eight, and ids.
    Many(&'a [u32], &'a [u32]),
}

impl<'a> Children<'a> {
    /// The children in a list that [`list`] made.
    #[inline]
    pub fn of_list(list: &'a [u32]) -> Children<'a> {
        // Of every ten words, or part of ten, two are first bytes.
        let (keys, ids) = list.split_at(list.len().div_ceil(10) * 2);
        Children::Many(keys, ids)
    }

    /// The child whose label starts with `byte`.
    #[inline]
    pub fn find(self, byte: u8) -> Option<NodeId> {
        match self {
            Children::Few(keys, ids) => {
                let place = place(u32::from_le_bytes(keys).into(), byte);
                ids.get(place).map(|&id| NodeId(u32::from_le_bytes(id)))
            }
            Children::Many(keys, ids) => {
                for (block, &[low, high]) in keys.as_chunks().0.iter().enumerate() {
                    let place = place(u64::from(low) | u64::from(high) << 32, byte);
                    if place < 8 {
                        return Some(NodeId(ids[block * 8 + place]));
                    }
                }
                None
            }
        }
    }

    /// How many there are.
    pub fn len(self) -> usize {
        match self {
            Children::Few(_, ids) => ids.len(),
            Children::Many(_, ids) => ids.len(),
        }
    }

    /// The children, with the first bytes of their labels.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = (u8, NodeId)> + 'a {
        (0..self.len()).map(move |i| match self {
            Children::Few(keys, ids) => (keys[i], NodeId(u32::from_le_bytes(ids[i]))),
            Children::Many(keys, ids) => (keys[i / 4].to_le_bytes()[i % 4], NodeId(ids[i])),
        })
    }
}

/// The place of the first of eight keys that is `byte`; 8 if there is none.
#[inline]
fn place(keys: u64, byte: u8) -> usize {
    /// A byte repeated eight times is a multiple of this.
    const ONES: u64 = 0x0101_0101_0101_0101;
    let difference = keys ^ (u64::from(byte) * ONES);
    // The lowest bit that is set is that of the first byte that is zero.
    let zeros = difference.wrapping_sub(ONES) & !difference & (ONES << 7);
    zeros.trailing_zeros() as usize / 8
}

/// A list of children: the first bytes, padded, and then the ids.
pub fn list(children: &[(u8, NodeId)]) -> Vec<u32> {
    let mut list = Vec::with_capacity(children.len().div_ceil(8) * 2 + children.len());
    for block in children.chunks(8) {
        // The padding repeats a key, so that a search never finds it.
        let key = |i: usize| block.get(i).unwrap_or(&block[0]).0;
        list.push(u32::from_le_bytes(std::array::from_fn(key)));
        list.push(u32::from_le_bytes(std::array::from_fn(|i| key(4 + i))));
    }
    list.extend(children.iter().map(|(_, id)| id.0));
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn find_what_a_map_finds(
        children: Children<'_>,
        model: &BTreeMap<u8, u32>,
    ) -> Result<(), TestCaseError> {
        let all: Vec<_> = model.iter().map(|(&byte, &id)| (byte, NodeId(id))).collect();
        prop_assert_eq!(children.len(), all.len());
        prop_assert!(children.iter().eq(all.iter().copied()));
        prop_assert!(children.iter().rev().eq(all.iter().rev().copied()));
        for byte in 0..=255 {
            prop_assert_eq!(children.find(byte), model.get(&byte).map(|&id| NodeId(id)));
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn a_list_does_what_a_map_does(
            model in prop::collection::btree_map(any::<u8>(), any::<u32>(), 0..257),
        ) {
            let all: Vec<_> = model.iter().map(|(&byte, &id)| (byte, NodeId(id))).collect();
            find_what_a_map_finds(Children::of_list(&list(&all)), &model)?;
        }

        #[test]
        fn a_few_do_what_a_map_does(
            model in prop::collection::btree_map(0u8..8, any::<u32>(), 0..=FEW),
            left: [u8; FEW],
        ) {
            let mut keys = left;
            keys.iter_mut().zip(model.keys()).for_each(|(key, &byte)| *key = byte);
            let ids: Vec<_> = model.values().map(|id| id.to_le_bytes()).collect();
            find_what_a_map_finds(Children::Few(keys, &ids), &model)?;
        }
    }
}
