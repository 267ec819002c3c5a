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

/// What may end with a socket.
pub trait OfPort {
    /// The socket whose end is this one's, too.
    fn port(&self) -> Option<PortKey>;
}

impl OfPort for Object {
    fn port(&self) -> Option<PortKey> {
        match self {
            Object::Session(session) => Some(PortKey::of(session.port())),
            Object::Courier(courier) => Some(PortKey::of(courier.port())),
            Object::Listener(_) | Object::PollSet(_) => None,
        }
    }
}

/// Names a socket for as long as something of it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
pub struct Objects<T> {
    slab: Slab<T>,
    of_ports: HashMap<PortKey, Belongings, foldhash::fast::RandomState>,
}

impl<T> Default for Objects<T> {
    fn default() -> Self {
        Objects { slab: Slab::default(), of_ports: HashMap::default() }
    }
}

impl<T: OfPort> Objects<T> {
    /// Takes an object in; its token.
    pub fn insert(&mut self, object: T) -> u64 {
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
    pub fn get(&self, token: u64) -> Option<&T> {
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
    pub fn of_port(&self, port: PortKey) -> impl Iterator<Item = &T> {
        let belongings = self.of_ports.get(&port);
        belongings.into_iter().flat_map(|of| &of.tokens).filter_map(|token| self.slab.get(*token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An object's name, and whose it is.
    type Named = (u32, Option<usize>);

    impl OfPort for Named {
        fn port(&self) -> Option<PortKey> {
            self.1.map(PortKey)
        }
    }

    fn names(objects: &Objects<Named>, port: usize) -> Vec<u32> {
        objects.of_port(PortKey(port)).map(|object| object.0).collect()
    }

    #[test]
    fn a_sockets_objects_are_found_in_the_order_they_came() {
        let mut objects = Objects::default();
        let tokens: Vec<u64> =
            (0..6).map(|name| objects.insert((name, Some(name as usize % 2)))).collect();
        let of_nobody = objects.insert((9, None));
        assert_eq!(names(&objects, 0), [0, 2, 4]);
        assert_eq!(names(&objects, 1), [1, 3, 5]);
        assert_eq!(names(&objects, 2), [0; 0]);
        objects.remove(tokens[2]);
        objects.remove(tokens[2]);
        assert_eq!(names(&objects, 0), [0, 4]);
        assert_eq!(objects.get(tokens[2]), None);
        assert_eq!(objects.get(of_nobody), Some(&(9, None)));
        objects.remove(of_nobody);
        assert_eq!(objects.get(of_nobody), None);
    }

    #[test]
    fn a_place_that_another_socket_took_is_that_sockets() {
        let mut objects = Objects::default();
        let first = objects.insert((0, Some(7)));
        objects.insert((1, Some(7)));
        objects.remove(first);
        let second = objects.insert((2, Some(8)));
        assert_eq!(second as u32, first as u32, "the place is used again");
        assert_eq!(names(&objects, 7), [1]);
        assert_eq!(names(&objects, 8), [2]);
    }

    #[test]
    fn what_is_gone_leaves_nothing() {
        let mut objects = Objects::default();
        objects.insert((0, Some(7)));
        for name in 1..1000 {
            let token = objects.insert((name, Some(7)));
            objects.remove(token);
            assert!(objects.of_ports[&PortKey(7)].tokens.len() <= 2 + 8 + 1, "of those that went");
        }
        assert_eq!(names(&objects, 7), [0]);
        objects.remove(0);
        assert!(objects.of_ports.is_empty(), "a socket without objects is not known");
    }
}
