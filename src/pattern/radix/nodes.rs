//! The nodes of a tree, by their ids.

use super::NodeId;
use super::node::Node;
use std::ops::{Index, IndexMut};

/// How many nodes lie together: 128 KiB.
const CHUNK: usize = 4096;

/// They lie in chunks, which stay where they are. One array could only grow by being copied: there is
/// no `realloc` for what is aligned like a node.
#[derive(Debug)]
pub struct Nodes<V> {
    /// All full but the last.
    chunks: Vec<Vec<Node<V>>>,
    free: Vec<NodeId>,
}

impl<V> Default for Nodes<V> {
    fn default() -> Nodes<V> {
        Nodes { chunks: Vec::new(), free: Vec::new() }
    }
}

impl<V> Nodes<V> {
    /// Adds a node.
    pub fn insert(&mut self, node: Node<V>) -> NodeId {
        if let Some(id) = self.free.pop() {
            self[id] = node;
            return id;
        }
        let id = NodeId(self.len() as u32);
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => last.push(node),
            // A small tree takes little: the first chunk grows.
            None => self.chunks.push(vec![node]),
            Some(_) => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(node);
                self.chunks.push(chunk);
            }
        }
        id
    }

    /// Removes a node that is there.
    pub fn remove(&mut self, id: NodeId) {
        self.free.push(id);
    }

    /// A node, if there is, or was, one with this id.
    pub fn get(&self, id: NodeId) -> Option<&Node<V>> {
        self.chunks.get(chunk(id))?.get(place(id))
    }

    /// How many ids there are, with those of nodes that were removed.
    pub fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// How many nodes there are.
    #[cfg(test)]
    pub fn used(&self) -> usize {
        self.len() - self.free.len()
    }
}

impl<V> Index<NodeId> for Nodes<V> {
    type Output = Node<V>;

    #[inline]
    fn index(&self, id: NodeId) -> &Node<V> {
        &self.chunks[chunk(id)][place(id)]
    }
}

impl<V> IndexMut<NodeId> for Nodes<V> {
    #[inline]
    fn index_mut(&mut self, id: NodeId) -> &mut Node<V> {
        &mut self.chunks[chunk(id)][place(id)]
    }
}

/// The chunk that a node is in.
#[inline]
fn chunk(id: NodeId) -> usize {
    id.0 as usize / CHUNK
}

/// A node's place in its chunk.
#[inline]
fn place(id: NodeId) -> usize {
    id.0 as usize % CHUNK
}
