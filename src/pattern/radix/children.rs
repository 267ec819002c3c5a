//! The children of a node, in one list.

use super::NodeId;

/// The children of a node, sorted by the first bytes of their labels.
///
/// The words hold the first bytes, padded to a multiple of eight, and then the ids. A search
/// compares eight bytes at a time and has no branches to predict but the loop's.
#[derive(Clone, Copy, Debug)]
pub struct Children<'a>(pub &'a [u32]);

/// A byte repeated eight times is a multiple of this.
const ONES: u64 = 0x0101_0101_0101_0101;

impl<'a> Children<'a> {
    /// Where the ids begin. Of every ten words, or part of ten, two are first bytes.
    #[inline]
    fn first_node(self) -> usize {
        self.0.len().div_ceil(10) * 2
    }

    /// The children's ids.
    #[inline]
    pub fn nodes(self) -> &'a [u32] {
        &self.0[self.first_node()..]
    }

    /// The child whose label starts with `byte`.
    #[inline]
    pub fn find(self, byte: u8) -> Option<NodeId> {
        Some(NodeId(self.0[self.place(byte)?]))
    }

    /// The place, among the words, of the child whose label starts with `byte`.
    #[inline]
    pub fn place(self, byte: u8) -> Option<usize> {
        let pattern = u64::from(byte) * ONES;
        let first = self.first_node();
        for (block, words) in self.0[..first].chunks_exact(2).enumerate() {
            let difference = (u64::from(words[0]) | u64::from(words[1]) << 32) ^ pattern;
            // The lowest bit that is set is that of the first byte that is zero.
            let zeros = difference.wrapping_sub(ONES) & !difference & (ONES << 7);
            if zeros != 0 {
                return Some(first + block * 8 + zeros.trailing_zeros() as usize / 8);
            }
        }
        None
    }

    /// The children's first bytes.
    #[cfg(test)]
    pub fn keys(self) -> impl Iterator<Item = u8> {
        self.key_bytes().into_iter().take(self.nodes().len())
    }

    /// The children and another one, whose label starts with `byte` as no other's does.
    pub fn with(self, byte: u8, node: NodeId) -> Vec<u32> {
        let nodes = self.nodes();
        let mut keys = self.key_bytes();
        let place = keys[..nodes.len()].partition_point(|&key| key < byte);
        keys.copy_within(place..nodes.len(), place + 1);
        keys[place] = byte;
        let (before, after) = nodes.split_at(place);
        build(keys, before, &[node.0], after)
    }

    /// The children but the one whose label starts with `byte`.
    pub fn without(self, byte: u8) -> Vec<u32> {
        let Some(place) = self.place(byte) else { return self.0.to_vec() };
        let nodes = self.nodes();
        let place = place - self.first_node();
        let mut keys = self.key_bytes();
        keys.copy_within(place + 1..nodes.len(), place);
        build(keys, &nodes[..place], &[], &nodes[place + 1..])
    }

    /// The first bytes, with room for all there can be.
    fn key_bytes(self) -> [u8; 256] {
        let mut keys = [0; 256];
        let words = &self.0[..self.first_node()];
        for (bytes, word) in keys.chunks_exact_mut(4).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        keys
    }
}

/// Children with these first bytes, and with the ids in three parts.
fn build(mut keys: [u8; 256], before: &[u32], new: &[u32], after: &[u32]) -> Vec<u32> {
    let len = before.len() + new.len() + after.len();
    // The padding repeats the first key, so that a search never finds it.
    let padded = len.next_multiple_of(8);
    let first = keys[0];
    keys[len..padded].fill(first);
    let mut words = Vec::with_capacity(padded / 4 + len);
    words.extend(
        keys[..padded]
            .chunks_exact(4)
            .map(|bytes| u32::from_le_bytes(std::array::from_fn(|i| bytes[i]))),
    );
    words.extend_from_slice(before);
    words.extend_from_slice(new);
    words.extend_from_slice(after);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn do_what_a_sorted_map_does(
            steps in prop::collection::vec((0u8..40, any::<bool>()), 0..100),
        ) {
            let mut words = Vec::new();
            let mut model = BTreeMap::new();
            for (i, (byte, add)) in steps.into_iter().enumerate() {
                let byte = byte.wrapping_mul(7);
                let node = NodeId(i as u32);
                if !add {
                    words = Children(&words).without(byte);
                    model.remove(&byte);
                } else if model.insert(byte, node).is_none() {
                    words = Children(&words).with(byte, node);
                } else if let Some(place) = Children(&words).place(byte) {
                    words[place] = node.0;
                }
                let children = Children(&words);
                prop_assert!(children.keys().eq(model.keys().copied()));
                prop_assert!(children.nodes().iter().eq(model.values().map(|node| &node.0)));
                for byte in 0..=255 {
                    prop_assert_eq!(children.find(byte), model.get(&byte).copied());
                }
            }
        }
    }
}
