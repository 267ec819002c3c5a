//! A compressed radix tree from topics to small values.
//!
//! It is built for a hundred thousand topics and more: a topic takes one node of 24 bytes plus
//! about 10 for its place among its siblings. Nodes live in one array and name each other by index,
//! so neither the depth of the tree nor its size can exhaust the stack. Peers choose the topics:
//! no operation costs more than the length of the topic or message it is called with.
//!
//! What a look-up takes is its cache misses: at each level one for the node and one for its list of
//! children, and one for a label of more than eleven bytes.

#![allow(clippy::indexing_slicing, reason = "every index is one that the tree made itself")]

mod arena;
mod children;

use arena::Arena;
use children::Children;

pub use arena::reserve;

/// Names a node. A node that holds a value keeps its id while it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(u32);

/// The node of the empty topic.
const ROOT: NodeId = NodeId(0);

/// "None", for an index into the lists of children.
const NONE: u32 = u32::MAX;

/// The longest label. A longer one is a chain of nodes, so that dividing and joining labels has a
/// bounded cost.
const LONGEST_LABEL: usize = 255;

/// The bytes that lead to a node from its parent: a length and up to eleven bytes, or
/// [`Label::LONG`] and, from the fifth byte on, an index into the long labels.
#[derive(Clone, Copy, Debug)]
struct Label([u8; 12]);

impl Label {
    const LONG: u8 = 255;
    const EMPTY: Label = Label([0; 12]);

    #[inline]
    fn long(self) -> Option<u32> {
        let [kind, _, _, _, a, b, c, d, ..] = self.0;
        (kind == Label::LONG).then(|| u32::from_le_bytes([a, b, c, d]))
    }
}

#[derive(Debug)]
struct Node<V> {
    /// Not empty, but for the root.
    label: Label,
    parent: NodeId,
    /// Which of the lists of children it has.
    children: u32,
    value: V,
}

/// The tree. A topic whose value is `V::default()` is not in it.
#[derive(Debug)]
pub struct Radix<V> {
    nodes: Vec<Node<V>>,
    free: Vec<NodeId>,
    children: Arena<u32>,
    long_labels: Arena<u8>,
}

impl<V: Copy + Default + PartialEq> Default for Radix<V> {
    fn default() -> Radix<V> {
        let mut tree = Radix {
            nodes: Vec::new(),
            free: Vec::new(),
            children: Arena::default(),
            long_labels: Arena::default(),
        };
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
            let Some(child) = self.children(self.node(node)).find(byte) else {
                let label = &rest[..rest.len().min(LONGEST_LABEL)];
                let new = self.new_node(label, node);
                self.add_child(node, byte, new);
                node = new;
                rest = &rest[label.len()..];
                continue;
            };
            let label = self.label(self.node(child));
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
            node = self.children(self.node(node)).find(byte)?;
            rest = rest.strip_prefix(self.label(self.node(node)))?;
        }
        Some(node)
    }

    /// A node's value. A node that does not exist any more has the default.
    pub fn value(&self, node: NodeId) -> V {
        self.nodes.get(node.0 as usize).map_or(V::default(), |node| node.value)
    }

    /// A node's value, to be changed. If it becomes the default, the node must be pruned.
    pub fn value_mut(&mut self, node: NodeId) -> &mut V {
        &mut self.node_mut(node).value
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
            let Some(child) = self.children(node).find(byte) else { return };
            node = self.node(child);
            let Some(after) = rest.strip_prefix(self.label(node)) else { return };
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
            topic.extend_from_slice(self.label(node));
            if node.value != V::default() {
                visit(&topic, node.value);
            }
            let children = self.children(node).nodes();
            stack.extend(children.iter().rev().map(|&child| (NodeId(child), topic.len())));
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
        let labels = path.iter().rev().map(|&node| self.label(self.node(node)));
        labels.flatten().copied().collect()
    }

    /// Removes a node whose value is the default, and what it leaves without a purpose.
    pub fn prune(&mut self, node: NodeId) {
        let mut node = node;
        while node != ROOT && self.value(node) == V::default() {
            if self.node(node).children != NONE {
                self.join_if_useless(node);
                break;
            }
            let parent = self.node(node).parent;
            let byte = self.label(self.node(node))[0];
            let others = self.children(self.node(parent)).without(byte);
            self.set_children(parent, &others);
            self.free(node);
            node = parent;
        }
        if self.node(ROOT).children == NONE {
            // Give back what a large tree took.
            let value = self.value(ROOT);
            *self = Radix::default();
            *self.value_mut(ROOT) = value;
        }
    }

    #[inline]
    fn node(&self, node: NodeId) -> &Node<V> {
        &self.nodes[node.0 as usize]
    }

    fn node_mut(&mut self, node: NodeId) -> &mut Node<V> {
        &mut self.nodes[node.0 as usize]
    }

    #[inline]
    fn label<'a>(&'a self, node: &'a Node<V>) -> &'a [u8] {
        match node.label.long() {
            Some(index) => self.long_labels.get(index),
            None => &node.label.0[1..][..usize::from(node.label.0[0])],
        }
    }

    fn set_label(&mut self, node: NodeId, bytes: &[u8]) {
        if let Some(index) = self.node(node).label.long() {
            self.long_labels.remove(index);
        }
        let mut label = Label::EMPTY;
        if let Some(room) = label.0[1..].get_mut(..bytes.len()) {
            room.copy_from_slice(bytes);
            label.0[0] = bytes.len() as u8;
        } else {
            let index = self.long_labels.insert(bytes);
            label.0[0] = Label::LONG;
            label.0[4..8].copy_from_slice(&index.to_le_bytes());
        }
        self.node_mut(node).label = label;
    }

    #[inline]
    fn children(&self, node: &Node<V>) -> Children<'_> {
        Children(if node.children == NONE { &[] } else { self.children.get(node.children) })
    }

    fn set_children(&mut self, node: NodeId, children: &[u32]) {
        let index = self.node(node).children;
        if children.is_empty() {
            if index != NONE {
                self.children.remove(index);
            }
            self.node_mut(node).children = NONE;
        } else if index == NONE {
            self.node_mut(node).children = self.children.insert(children);
        } else {
            self.node_mut(node).children = self.children.replace(index, children);
        }
    }

    fn add_child(&mut self, node: NodeId, byte: u8, child: NodeId) {
        let children = self.children(self.node(node)).with(byte, child);
        self.set_children(node, &children);
    }

    /// Puts another child in the place of the one that starts with `byte`.
    fn replace_child(&mut self, node: NodeId, byte: u8, child: NodeId) {
        let index = self.node(node).children;
        if let Some(place) = self.children(self.node(node)).place(byte) {
            self.children.get_mut(index)[place] = child.0;
        }
    }

    fn new_node(&mut self, label: &[u8], parent: NodeId) -> NodeId {
        let node = Node { label: Label::EMPTY, parent, children: NONE, value: V::default() };
        let id = match self.free.pop() {
            Some(id) => {
                *self.node_mut(id) = node;
                id
            }
            None => {
                reserve(&mut self.nodes, 1);
                self.nodes.push(node);
                NodeId((self.nodes.len() - 1) as u32)
            }
        };
        self.set_label(id, label);
        id
    }

    /// Frees a node. Its children, if it has any, are another one's by now.
    fn free(&mut self, node: NodeId) {
        self.set_label(node, &[]);
        self.set_children(node, &[]);
        self.free.push(node);
    }

    /// Divides a node's label, and returns the new node that has the first part of it. The old one
    /// stays what its topic leads to.
    fn split(&mut self, node: NodeId, at: usize) -> NodeId {
        let label = self.label(self.node(node)).to_vec();
        let (upper, lower) = label.split_at(at);
        let parent = self.node(node).parent;
        let new = self.new_node(upper, parent);
        self.replace_child(parent, upper[0], new);
        self.add_child(new, lower[0], node);
        self.set_label(node, lower);
        self.node_mut(node).parent = new;
        // In a chain, what is left of the label may fit the one before it, or the one after.
        self.join_if_useless(parent);
        self.join_if_useless(node);
        new
    }

    /// Joins a node without a value to its only child, unless the label would become too long.
    fn join_if_useless(&mut self, node: NodeId) {
        let &[child] = self.children(self.node(node)).nodes() else { return };
        let child = NodeId(child);
        let upper = self.label(self.node(node));
        let lower = self.label(self.node(child));
        if node == ROOT
            || self.value(node) != V::default()
            || upper.len() + lower.len() > LONGEST_LABEL
        {
            return;
        }
        let label = [upper, lower].concat();
        let parent = self.node(node).parent;
        self.replace_child(parent, label[0], child);
        self.set_label(child, &label);
        self.node_mut(child).parent = parent;
        self.free(node);
    }
}

#[cfg(test)]
mod tests;
