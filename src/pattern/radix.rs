//! A compressed radix tree from topics to small values.
//!
//! It is built for a hundred thousand topics and more: a topic takes one node of 32 bytes plus a
//! few for its place among its siblings. Nodes live in one array and name each other by index, so
//! neither the depth of the tree nor its size can exhaust the stack. Peers choose the topics:
//! no operation costs more than the length of the topic or message it is called with.

#![allow(clippy::indexing_slicing, reason = "every index is one that the tree made itself")]

use super::bytes::ShortBytes;

/// Names a node. A node that holds a value keeps its id while it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(u32);

/// The node of the empty topic.
const ROOT: NodeId = NodeId(0);

/// "No branch": the node is a leaf.
const LEAF: u32 = u32::MAX;

/// The longest label. A longer one is a chain of nodes, so that dividing and joining labels has a
/// bounded cost.
const LONGEST_LABEL: usize = 255;

#[derive(Debug)]
struct Node<V> {
    /// The bytes that lead here from the parent. Not empty, but for the root.
    label: ShortBytes<14>,
    parent: NodeId,
    /// Which of the tree's branches this node has.
    branch: u32,
    value: V,
}

/// A child: the first byte of its label, and its id in little-endian order. Packed, since there is
/// one for every node, and a search reads a few.
#[derive(Clone, Copy, Debug)]
struct Edge([u8; 5]);

impl Edge {
    fn new(byte: u8, node: NodeId) -> Edge {
        let [a, b, c, d] = node.0.to_le_bytes();
        Edge([byte, a, b, c, d])
    }

    #[inline]
    fn byte(self) -> u8 {
        self.0[0]
    }

    #[inline]
    fn node(self) -> NodeId {
        let [_, a, b, c, d] = self.0;
        NodeId(u32::from_le_bytes([a, b, c, d]))
    }
}

/// An array with room for reuse.
#[derive(Debug)]
struct Slab<T> {
    items: Vec<T>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab { items: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    fn insert(&mut self, item: T) -> u32 {
        if let Some(index) = self.free.pop() {
            self.items[index as usize] = item;
            return index;
        }
        reserve(&mut self.items);
        self.items.push(item);
        (self.items.len() - 1) as u32
    }
}

/// Makes room for one more item. `Vec` would double; a quarter is enough for linear time, and costs
/// less when most of the memory of a process is subscriptions.
pub fn reserve<T>(items: &mut Vec<T>) {
    if items.len() == items.capacity() {
        items.reserve_exact(items.len() / 4 + 4);
    }
}

/// The tree. A topic whose value is `V::default()` is not in it.
#[derive(Debug)]
pub struct Radix<V> {
    nodes: Slab<Node<V>>,
    /// The children of the nodes that have some, sorted by their first byte.
    branches: Slab<Vec<Edge>>,
}

impl<V: Copy + Default + PartialEq> Default for Radix<V> {
    fn default() -> Radix<V> {
        let mut tree = Radix { nodes: Slab::default(), branches: Slab::default() };
        tree.new_node(&[], ROOT);
        tree
    }
}

impl<V: Copy + Default + PartialEq> Radix<V> {
    /// The node of a topic, made if there is none. The caller gives it a value, or prunes it.
    pub fn insert(&mut self, topic: &[u8]) -> NodeId {
        let mut node = ROOT;
        let mut rest = topic;
        while let Some(&byte) = rest.first() {
            let Some(child) = self.child(node, byte) else {
                let label = &rest[..rest.len().min(LONGEST_LABEL)];
                let new = self.new_node(label, node);
                self.add_edge(node, byte, new);
                node = new;
                rest = &rest[label.len()..];
                continue;
            };
            let label = &self.node(child).label;
            let common = label.iter().zip(rest).take_while(|(a, b)| a == b).count();
            node = if common == label.len() { child } else { self.split(child, common) };
            rest = &rest[common..];
        }
        node
    }

    /// The node of a topic.
    pub fn find(&self, topic: &[u8]) -> Option<NodeId> {
        let mut node = ROOT;
        let mut rest = topic;
        while let Some(&byte) = rest.first() {
            node = self.child(node, byte)?;
            rest = rest.strip_prefix(&*self.node(node).label)?;
        }
        Some(node)
    }

    /// A node's value. A node that does not exist any more has the default.
    pub fn value(&self, node: NodeId) -> V {
        self.nodes.items.get(node.0 as usize).map_or(V::default(), |node| node.value)
    }

    /// A node's value, to be changed. If it becomes the default, the node must be pruned.
    pub fn value_mut(&mut self, node: NodeId) -> &mut V {
        &mut self.nodes.items[node.0 as usize].value
    }

    /// Calls `visit` with the values of all topics that `data` starts with, until it returns
    /// `false`.
    #[inline]
    pub fn matches(&self, data: &[u8], mut visit: impl FnMut(V) -> bool) {
        let mut node = self.node(ROOT);
        let mut rest = data;
        loop {
            if node.value != V::default() && !visit(node.value) {
                return;
            }
            let Some(&byte) = rest.first() else { return };
            let Some(child) = self.child_of(node, byte) else { return };
            node = self.node(child);
            let Some(after) = rest.strip_prefix(&*node.label) else { return };
            rest = after;
        }
    }

    /// Calls `visit` with every topic and its value, in the order of their bytes.
    pub fn for_each(&self, mut visit: impl FnMut(&[u8], V)) {
        let mut topic = Vec::new();
        // Nodes still to be visited, each with the length of its parent's topic.
        let mut stack = vec![(ROOT, 0)];
        while let Some((id, parent_len)) = stack.pop() {
            let node = self.node(id);
            topic.truncate(parent_len);
            topic.extend_from_slice(&node.label);
            if node.value != V::default() {
                visit(&topic, node.value);
            }
            stack.extend(self.edges(node).iter().rev().map(|edge| (edge.node(), topic.len())));
        }
    }

    /// The topic of a node.
    pub fn topic(&self, node: NodeId) -> Vec<u8> {
        let mut path = vec![node];
        let mut top = node;
        while top != ROOT {
            top = self.node(top).parent;
            path.push(top);
        }
        path.iter().rev().flat_map(|&node| self.node(node).label.iter().copied()).collect()
    }

    /// Removes a node whose value is the default, and what it leaves without a purpose.
    pub fn prune(&mut self, node: NodeId) {
        let mut node = node;
        while node != ROOT && self.value(node) == V::default() {
            let parent = self.node(node).parent;
            match *self.edges(self.node(node)) {
                [] => {
                    let byte = self.node(node).label[0];
                    self.remove_edge(parent, byte);
                    self.free(node);
                    node = parent;
                }
                _ => {
                    self.join_if_useless(node);
                    break;
                }
            }
        }
        if self.edges(self.node(ROOT)).is_empty() {
            // Give back what a large tree took.
            let value = self.value(ROOT);
            *self = Radix::default();
            *self.value_mut(ROOT) = value;
        }
    }

    #[inline]
    fn node(&self, node: NodeId) -> &Node<V> {
        &self.nodes.items[node.0 as usize]
    }

    fn node_mut(&mut self, node: NodeId) -> &mut Node<V> {
        &mut self.nodes.items[node.0 as usize]
    }

    #[inline]
    fn edges(&self, node: &Node<V>) -> &[Edge] {
        if node.branch == LEAF { &[] } else { &self.branches.items[node.branch as usize] }
    }

    #[inline]
    fn child(&self, node: NodeId, byte: u8) -> Option<NodeId> {
        self.child_of(self.node(node), byte)
    }

    #[inline]
    fn child_of(&self, node: &Node<V>, byte: u8) -> Option<NodeId> {
        let edges = self.edges(node);
        let position = edges.binary_search_by_key(&byte, |edge| edge.byte()).ok()?;
        Some(edges[position].node())
    }

    fn new_node(&mut self, label: &[u8], parent: NodeId) -> NodeId {
        let node = Node { label: label.into(), parent, branch: LEAF, value: V::default() };
        NodeId(self.nodes.insert(node))
    }

    /// Frees a node. Its children, if it has any, are another one's by now.
    fn free(&mut self, node: NodeId) {
        let branch = self.node(node).branch;
        if branch != LEAF {
            self.branches.items[branch as usize] = Vec::new();
            self.branches.free.push(branch);
        }
        let slot = self.node_mut(node);
        slot.label = ShortBytes::default();
        slot.branch = LEAF;
        self.nodes.free.push(node.0);
    }

    /// Adds a child that the node does not have.
    fn add_edge(&mut self, node: NodeId, byte: u8, child: NodeId) {
        let mut branch = self.node(node).branch;
        if branch == LEAF {
            branch = self.branches.insert(Vec::new());
            self.node_mut(node).branch = branch;
        }
        let edges = &mut self.branches.items[branch as usize];
        let position = edges.partition_point(|edge| edge.byte() < byte);
        edges.reserve_exact(1);
        edges.insert(position, Edge::new(byte, child));
    }

    /// Puts another child in the place of one that starts with the same byte.
    fn replace_edge(&mut self, node: NodeId, byte: u8, child: NodeId) {
        let branch = self.node(node).branch;
        for edge in &mut self.branches.items[branch as usize] {
            if edge.byte() == byte {
                *edge = Edge::new(byte, child);
            }
        }
    }

    fn remove_edge(&mut self, node: NodeId, byte: u8) {
        let branch = self.node(node).branch;
        let edges = &mut self.branches.items[branch as usize];
        edges.retain(|edge| edge.byte() != byte);
        if edges.is_empty() {
            *edges = Vec::new();
            self.branches.free.push(branch);
            self.node_mut(node).branch = LEAF;
        } else if edges.len() * 2 < edges.capacity() {
            edges.shrink_to_fit();
        }
    }

    /// Divides a node's label, and returns the new node that has the first part of it. The old one
    /// stays what its topic leads to.
    fn split(&mut self, node: NodeId, at: usize) -> NodeId {
        let label = std::mem::take(&mut self.node_mut(node).label);
        let (upper, lower) = label.split_at(at);
        let parent = self.node(node).parent;
        let new = self.new_node(upper, parent);
        self.replace_edge(parent, upper[0], new);
        self.add_edge(new, lower[0], node);
        let slot = self.node_mut(node);
        slot.label = lower.into();
        slot.parent = new;
        // In a chain, what is left of the label may fit the one before it, or the one after.
        self.join_if_useless(parent);
        self.join_if_useless(node);
        new
    }

    /// Joins a node without a value to its only child, unless the label would become too long.
    fn join_if_useless(&mut self, node: NodeId) {
        let [edge] = *self.edges(self.node(node)) else { return };
        let child = edge.node();
        let upper = &self.node(node).label;
        let lower = &self.node(child).label;
        if node == ROOT
            || self.value(node) != V::default()
            || upper.len() + lower.len() > LONGEST_LABEL
        {
            return;
        }
        let label = [&**upper, &**lower].concat();
        let parent = self.node(node).parent;
        self.replace_edge(parent, label[0], child);
        let lower = self.node_mut(child);
        lower.label = label.as_slice().into();
        lower.parent = parent;
        self.free(node);
    }
}

#[cfg(test)]
mod tests;
