//! What an I/O thread has, by token and by socket.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::Port;
use super::courier::Courier;
use super::listener::ListenerHandle;
use super::pollset::PollSet;
use super::session::Session;
use super::slab::Slab;
use crate::sync::Arc;

/// What an I/O thread keeps by token.
#[derive(Clone)]
pub enum Object {
    /// A listener.
    Listener(Arc<ListenerHandle>),
    /// A session.
    Session(Arc<Session>),
    /// An endpoint that has no connections.
    Courier(Arc<Courier>),
    /// The connections of one socket, while application threads wait for them.
    PollSet(Arc<PollSet>),
}

impl Object {
    /// The socket whose end is this one's, too.
    fn port(&self) -> Option<PortKey> {
        match self {
            Object::Session(session) => Some(PortKey::of(session.port())),
            Object::Courier(courier) => Some(PortKey::of(courier.port())),
            Object::Listener(_) | Object::PollSet(_) => None,
        }
    }
}

/// Names a socket for as long as something of it is there.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PortKey(usize);

impl PortKey {
    /// The key of this port's socket.
    pub fn of(port: &Arc<Port>) -> PortKey {
        PortKey(Arc::as_ptr(port).addr())
    }
}

/// What a thread has of one socket.
#[derive(Default)]
struct Belongings {
    /// In order; also of some that are gone.
    tokens: SmallVec<[u64; 2]>,
    /// How many are not.
    live: usize,
}

/// Objects by token, and sessions and couriers by socket: of a thread with many, closing one socket costs
/// what that socket has.
#[derive(Default)]
pub struct Objects {
    slab: Slab<Object>,
    of_ports: HashMap<PortKey, Belongings, foldhash::fast::RandomState>,
}

impl Objects {
    /// Takes an object in; its token.
    pub fn insert(&mut self, object: Object) -> u64 {
        let port = object.port();
        let token = self.slab.insert(object);
        if let Some(port) = port {
            let belongings = self.of_ports.entry(port).or_default();
            belongings.tokens.push(token);
            belongings.live += 1;
        }
        token
    }

    /// The object of a token, if it is still there.
    #[inline]
    pub fn get(&self, token: u64) -> Option<&Object> {
        self.slab.get(token)
    }

    /// Lets an object go.
    pub fn remove(&mut self, token: u64) {
        let Some(port) = self.slab.remove(token).and_then(|object| object.port()) else { return };
        let Some(belongings) = self.of_ports.get_mut(&port) else { return };
        belongings.live -= 1;
        if belongings.live == 0 {
            self.of_ports.remove(&port);
        } else if belongings.tokens.len() > 2 * belongings.live + 8 {
            belongings.tokens.retain(|token| self.slab.get(*token).is_some());
            belongings.tokens.shrink_to_fit();
        }
    }

    /// The sessions and couriers of a socket, in the order they came.
    pub fn of_port(&self, port: PortKey) -> impl Iterator<Item = &Object> {
        let belongings = self.of_ports.get(&port);
        belongings.into_iter().flat_map(|of| &of.tokens).filter_map(|token| self.slab.get(*token))
    }
}
