//! Which peer is behind which pipe: the routing ids of ROUTER, REP and STREAM sockets.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::bytes::ShortBytes;
use super::{Attach, Cx, PipeId, Pipes};
use crate::msg::Msg;

/// What is known about a pipe's peer.
#[derive(Debug, Default)]
enum Peer {
    /// No such pipe.
    #[default]
    Absent,
    /// Its routing id has not arrived yet.
    Anonymous,
    /// It came with another peer's routing id. It stays connected, and what it sends is dropped.
    Rejected,
    /// It has this routing id.
    Known(ShortBytes),
}

/// What became of an attempt to identify a peer.
#[derive(Debug, PartialEq, Eq)]
pub enum Identified {
    /// Its routing id is not there yet.
    NotYet,
    /// Its routing id belongs to another peer.
    Rejected,
    /// It has its routing id, which it took over from the peer behind `replaced`, if any. That peer
    /// got a new id and is to be let go.
    Known {
        /// The pipe of the peer that had the id until now.
        replaced: Option<PipeId>,
    },
}

/// The peers of a socket, by pipe and by routing id.
#[derive(Debug)]
pub struct Peers {
    by_pipe: Vec<Peer>,
    /// Peers choose these keys, so the hash is keyed.
    by_id: HashMap<ShortBytes, PipeId, foldhash::quality::RandomState>,
    /// The number of the next routing id that is made here.
    next_id: u32,
}

impl Default for Peers {
    fn default() -> Peers {
        Peers { by_pipe: Vec::new(), by_id: HashMap::default(), next_id: random() }
    }
}

impl Peers {
    /// Tries to find out the routing id of a new pipe's peer, or of one whose pipe has something to
    /// read for the first time (then with the default `attach`).
    ///
    /// The id is, in this order: `ZMQ_CONNECT_ROUTING_ID` for the pipe that `zmq_connect` made, a
    /// generated one on raw sockets, what the first frame on the pipe says, a generated one if
    /// that is empty. A `ZMQ_CONNECT_ROUTING_ID` that another peer has is ignored.
    pub fn identify<P: Pipes>(
        &mut self,
        cx: &mut Cx<'_, P>,
        pipe: PipeId,
        attach: Attach,
    ) -> Identified {
        if attach.locally_initiated && !cx.options.connect_routing_id.is_empty() {
            let id = std::mem::take(&mut cx.options.connect_routing_id);
            if !self.by_id.contains_key(id.as_slice()) {
                return self.insert(pipe, id.as_slice().into(), None);
            }
        }
        if cx.options.raw_socket {
            let id = self.generate();
            return self.insert(pipe, id, None);
        }
        let mut msg = Msg::new();
        if !cx.pipes.read(pipe, &mut msg) {
            self.set(pipe, Peer::Anonymous);
            return Identified::NotYet;
        }
        if msg.is_empty() {
            let id = self.generate();
            return self.insert(pipe, id, None);
        }
        let old = self.find(msg.data());
        if let Some(old) = old {
            if !cx.options.router_handover {
                self.set(pipe, Peer::Rejected);
                return Identified::Rejected;
            }
            self.by_id.remove(msg.data());
            let new_id = self.generate();
            self.insert(old, new_id, None);
        }
        self.insert(pipe, msg.data().into(), old)
    }

    /// Whether the peer's routing id has not arrived yet.
    pub fn is_anonymous(&self, pipe: PipeId) -> bool {
        matches!(self.by_pipe.get(pipe.0 as usize), Some(Peer::Anonymous))
    }

    /// Whether the peer was rejected.
    pub fn is_rejected(&self, pipe: PipeId) -> bool {
        matches!(self.by_pipe.get(pipe.0 as usize), Some(Peer::Rejected))
    }

    /// The pipe of the peer with this routing id.
    #[inline]
    pub fn find(&self, id: &[u8]) -> Option<PipeId> {
        self.by_id.get(id).copied()
    }

    /// The routing id of the peer behind a pipe; empty if it has none.
    #[inline]
    pub fn id(&self, pipe: PipeId) -> &[u8] {
        match self.by_pipe.get(pipe.0 as usize) {
            Some(Peer::Known(id)) => id,
            _ => &[],
        }
    }

    /// Forgets a pipe.
    pub fn remove(&mut self, pipe: PipeId) {
        if let Some(peer) = self.by_pipe.get_mut(pipe.0 as usize)
            && let Peer::Known(id) = std::mem::take(peer)
        {
            self.by_id.remove(&*id);
        }
    }

    /// The pipes of the identified peers.
    pub fn pipes(&self) -> impl Iterator<Item = PipeId> {
        self.by_id.values().copied()
    }

    fn insert(&mut self, pipe: PipeId, id: ShortBytes, replaced: Option<PipeId>) -> Identified {
        self.by_id.insert(id.clone(), pipe);
        self.set(pipe, Peer::Known(id));
        Identified::Known { replaced }
    }

    fn set(&mut self, pipe: PipeId, peer: Peer) {
        let slot = pipe.0 as usize;
        if slot >= self.by_pipe.len() {
            self.by_pipe.resize_with(slot + 1, Peer::default);
        }
        if let Some(entry) = self.by_pipe.get_mut(slot) {
            *entry = peer;
        }
    }

    /// A routing id that no peer has: a zero byte and a number. Ids that peers choose by
    /// `ZMQ_ROUTING_ID` never begin with zero, but what comes over the wire may.
    fn generate(&mut self) -> ShortBytes {
        loop {
            let mut id = [0; 5];
            if let Some(number) = id.get_mut(1..) {
                number.copy_from_slice(&self.next_id.to_be_bytes());
            }
            self.next_id = self.next_id.wrapping_add(1);
            if !self.by_id.contains_key(id.as_slice()) {
                return id.as_slice().into();
            }
        }
    }
}

/// A number that differs from socket to socket and from run to run.
pub fn random() -> u32 {
    RandomState::new().hash_one(()) as u32
}
