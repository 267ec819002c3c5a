//! A compressed radix tree from topics to small values.
//!
//! It is built for a hundred thousand topics and more. A topic takes a node of 32 bytes and its share
//! of the nodes above it. A node has room for a label of 18 bytes, or for a shorter one and up to
//! four children; other labels and children lie elsewhere. Nodes name each other by number, so
//! neither the depth of the tree nor its size can exhaust the stack. Peers choose the topics: no
//! operation costs more than the length of the topic or message it is called with.
//!
//! What a look-up takes is its cache misses: at each level one for the node, one for a label that is
//! longer, and one or two for a list of more children. Deep in the tree, where memory is cold, there
//! are mostly leaves and nodes with two children: there it is one at each level.

#![allow(clippy::indexing_slicing, reason = "every index is one that the tree made itself")]

mod arena;
mod children;
mod node;
mod nodes;

use arena::Arena;
use children::Children;
use node::{Node, ROOM};
use nodes::Nodes;

pub use arena::reserve;

/// Names a node. A node that holds a value keeps its id while it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(u32);

/// The node of the empty topic.
const ROOT: NodeId = NodeId(0);

/// The longest label. A longer one is a chain of nodes, so that dividing and joining labels has a
/// bounded cost. The label of a node is not empty, but for the root's.
const LONGEST_LABEL: usize = 255;

/// The tree. A topic whose value is `V::default()` is not in it.
#[derive(Debug)]
pub struct Radix<V> {
    nodes: Nodes<V>,
    /// The children of nodes that have no room for them.
    lists: Arena<u32>,
    /// The labels of nodes that have no room for them.
    long_labels: Arena<u8>,
}

impl<V: Copy + Default + PartialEq> Default for Radix<V> {
    fn default() -> Radix<V> {
        let mut tree = Radix {
            nodes: Nodes::default(),
            lists: Arena::default(),
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
        self.nodes.get(node).map_or(V::default(), |node| node.value)
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
            let children = self.children(node).iter().rev();
            stack.extend(children.map(|(_, child)| (child, topic.len())));
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
            if self.children(self.node(node)).len() > 0 {
                self.join_if_useless(node);
                break;
            }
            let parent = self.node(node).parent;
            let byte = self.label(self.node(node))[0];
            self.change_children(parent, |children| children.retain(|&(key, _)| key != byte));
            self.free(node);
            node = parent;
        }
        if self.children(self.node(ROOT)).len() == 0 {
            // Give back what a large tree took.
            let value = self.value(ROOT);
            *self = Radix::default();
            *self.value_mut(ROOT) = value;
        }
    }

    #[inline]
    fn node(&self, node: NodeId) -> &Node<V> {
        &self.nodes[node]
    }

    fn node_mut(&mut self, node: NodeId) -> &mut Node<V> {
        &mut self.nodes[node]
    }

    #[inline]
    fn label<'a>(&'a self, node: &'a Node<V>) -> &'a [u8] {
        node.label().unwrap_or_else(|name| self.long_labels.get(name))
    }

    /// Sets a node's label, and makes room for it.
    fn set_label(&mut self, id: NodeId, label: &[u8]) {
        let children: Vec<_> = self.children(self.node(id)).iter().collect();
        self.set_children(id, &[]);
        let node = &mut self.nodes[id];
        if let Err(name) = node.label() {
            self.long_labels.remove(name);
        }
        if label.len() <= ROOM {
            node.set_label(label);
        } else {
            node.set_long_label(self.long_labels.insert(label));
        }
        self.set_children(id, &children);
    }

    #[inline]
    fn children<'a>(&'a self, node: &'a Node<V>) -> Children<'a> {
        node.children().unwrap_or_else(|name| Children::of_list(self.lists.get(name)))
    }

    /// Sets a node's children, in the order of the first bytes of their labels.
    fn set_children(&mut self, id: NodeId, children: &[(u8, NodeId)]) {
        let node = &mut self.nodes[id];
        let list = node.children().err();
        if children.len() <= node.room_for_children() {
            if let Some(name) = list {
                self.lists.remove(name);
            }
            node.set_children(children);
        } else {
            let words = children::list(children);
            node.set_list(match list {
                Some(name) => self.lists.replace(name, &words),
                None => self.lists.insert(&words),
            });
        }
    }

    fn change_children(&mut self, node: NodeId, change: impl FnOnce(&mut Vec<(u8, NodeId)>)) {
        let old = self.children(self.node(node));
        let mut children = Vec::with_capacity(old.len() + 1);
        children.extend(old.iter());
        change(&mut children);
        self.set_children(node, &children);
    }

    fn add_child(&mut self, node: NodeId, byte: u8, child: NodeId) {
        self.change_children(node, |children| {
            let place = children.partition_point(|&(key, _)| key < byte);
            children.insert(place, (byte, child));
        });
    }

    /// Puts another child in the place of the one that starts with `byte`.
    fn replace_child(&mut self, node: NodeId, byte: u8, child: NodeId) {
        self.change_children(node, |children| {
            children.iter_mut().filter(|(key, _)| *key == byte).for_each(|(_, id)| *id = child);
        });
    }

    fn new_node(&mut self, label: &[u8], parent: NodeId) -> NodeId {
        let id = self.nodes.insert(Node::new(parent));
        self.set_label(id, label);
        id
    }

    /// Frees a node. Its children, if it has any, are another one's by now.
    fn free(&mut self, node: NodeId) {
        self.set_children(node, &[]);
        self.set_label(node, &[]);
        self.nodes.remove(node);
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
        let children = self.children(self.node(node));
        let (1, Some((_, child))) = (children.len(), children.iter().next()) else { return };
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
