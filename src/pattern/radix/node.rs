//! A node: half a cache line, with its label and its children in it where they fit.

use super::NodeId;
use super::children::{Children, FEW};

/// Bytes that a node has for its label and its children's ids.
pub const ROOM: usize = 18;

/// Bytes of an id, or of a name.
const WORD: usize = 4;

/// Instead of a length: the label, or the list of children, is elsewhere.
const ELSEWHERE: u8 = u8::MAX;

/// Aligned, so that it never lies in two cache lines.
#[derive(Debug)]
#[repr(align(32))]
pub struct Node<V> {
    pub value: V,
    pub parent: NodeId,
    /// The first bytes of the children's labels, or the name of the list of children.
    keys: [u8; FEW],
    children_len: u8,
    label_len: u8,
    /// The label or its name, from the front on; the children's ids, up to the end.
    room: [u8; ROOM],
}

impl<V: Default> Node<V> {
    /// A node without label, children and value.
    pub fn new(parent: NodeId) -> Node<V> {
        Node {
            value: V::default(),
            parent,
            keys: [0; FEW],
            children_len: 0,
            label_len: 0,
            room: [0; ROOM],
        }
    }

    /// The label, or the name of the long label.
    #[inline]
    pub fn label(&self) -> Result<&[u8], u32> {
        match (self.label_len, self.room.as_chunks()) {
            (ELSEWHERE, ([name, ..], _)) => Err(u32::from_le_bytes(*name)),
            (len, _) => Ok(&self.room[..usize::from(len)]),
        }
    }

    /// Sets a label of up to [`ROOM`] bytes. The node must have no children.
    pub fn set_label(&mut self, label: &[u8]) {
        self.room[..label.len()].copy_from_slice(label);
        self.label_len = label.len() as u8;
    }

    /// Sets the name of a long label. The node must have no children.
    pub fn set_long_label(&mut self, name: u32) {
        self.set_label(&name.to_le_bytes());
        self.label_len = ELSEWHERE;
    }

    /// The children, or the name of their list.
    #[inline]
    pub fn children(&self) -> Result<Children<'_>, u32> {
        match self.children_len {
            ELSEWHERE => Err(u32::from_le_bytes(self.keys)),
            len => {
                let (_, ids) = self.room.as_rchunks();
                Ok(Children::Few(self.keys, &ids[ids.len() - usize::from(len)..]))
            }
        }
    }

    /// How many children there is room for beside the label.
    pub fn room_for_children(&self) -> usize {
        (ROOM - self.label().map_or(WORD, <[u8]>::len)) / WORD
    }

    /// Sets children that there is room for.
    pub fn set_children(&mut self, children: &[(u8, NodeId)]) {
        let (_, ids) = self.room.as_rchunks_mut();
        let first = ids.len() - children.len();
        for (i, &(key, id)) in children.iter().enumerate() {
            self.keys[i] = key;
            ids[first + i] = id.0.to_le_bytes();
        }
        self.children_len = children.len() as u8;
    }

    /// Sets the name of the list that the children are in.
    pub fn set_list(&mut self, name: u32) {
        self.keys = name.to_le_bytes();
        self.children_len = ELSEWHERE;
    }
}
