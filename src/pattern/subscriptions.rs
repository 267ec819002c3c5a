//! Who subscribed to what.

use super::PipeId;
use super::radix::{NodeId, Radix, reserve};

/// What became of a cancellation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// There was no such subscription.
    NotFound,
    /// Others still subscribe to the topic.
    OthersRemain,
    /// Nobody subscribes to the topic any more.
    Last,
}

/// The subscribers of one topic: none, one pipe, or a set of pipes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Subscribers(u32);

/// Marks the number of a set.
const SET: u32 = 1 << 31;

/// [`Subscribers`], to be matched on.
enum Kind {
    None,
    One(PipeId),
    Set(usize),
}

impl Subscribers {
    fn one(pipe: PipeId) -> Subscribers {
        Subscribers(pipe.0 + 1)
    }

    fn set(index: usize) -> Subscribers {
        Subscribers(index as u32 | SET)
    }

    #[inline]
    fn kind(self) -> Kind {
        if self.0 & SET != 0 {
            Kind::Set((self.0 & !SET) as usize)
        } else {
            self.0.checked_sub(1).map_or(Kind::None, |pipe| Kind::One(PipeId(pipe)))
        }
    }
}

/// A pipe's topics, for when it goes away. Cancelled topics stay in the list for a while; what the
/// tree says counts.
#[derive(Debug, Default)]
struct Topics {
    nodes: Vec<NodeId>,
    cancelled: usize,
}

/// The subscriptions of many pipes. A pipe subscribes to a topic or does not: repeating it changes
/// nothing, as RFC 29 counts at the subscriber.
#[derive(Debug, Default)]
pub struct Subscriptions {
    tree: Radix<Subscribers>,
    /// The sets, each sorted and with at least two pipes.
    sets: Vec<Vec<PipeId>>,
    free_sets: Vec<usize>,
    /// By pipe.
    topics: Vec<Topics>,
    len: usize,
}

impl Subscriptions {
    /// How many topics have subscribers.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Adds a subscription. Returns whether nobody subscribed to the topic before.
    pub fn add(&mut self, topic: &[u8], pipe: PipeId) -> bool {
        let node = self.tree.insert(topic);
        let first = match self.tree.value(node).kind() {
            Kind::None => {
                *self.tree.value_mut(node) = Subscribers::one(pipe);
                self.len += 1;
                true
            }
            Kind::One(other) if other == pipe => return false,
            Kind::One(other) => {
                let index = self.new_set(vec![pipe.min(other), pipe.max(other)]);
                *self.tree.value_mut(node) = Subscribers::set(index);
                false
            }
            Kind::Set(index) => {
                let Some(set) = self.sets.get_mut(index) else { return false };
                let Err(position) = set.binary_search(&pipe) else { return false };
                reserve(set, 1);
                set.insert(position, pipe);
                false
            }
        };
        let slot = pipe.0 as usize;
        if slot >= self.topics.len() {
            self.topics.resize_with(slot + 1, Topics::default);
        }
        if let Some(topics) = self.topics.get_mut(slot) {
            reserve(&mut topics.nodes, 1);
            topics.nodes.push(node);
        }
        first
    }

    /// Removes a subscription.
    pub fn remove(&mut self, topic: &[u8], pipe: PipeId) -> Removed {
        let Some(node) = self.tree.find(topic) else { return Removed::NotFound };
        let removed = self.remove_at(node, pipe);
        if removed == Removed::NotFound {
            return removed;
        }
        if let Some(topics) = self.topics.get_mut(pipe.0 as usize) {
            topics.cancelled += 1;
            if topics.cancelled > topics.nodes.len() / 2 + 8 {
                let mut topics = std::mem::take(topics);
                topics.cancelled = 0;
                topics.nodes.sort_unstable();
                topics.nodes.dedup();
                topics.nodes.retain(|&node| self.contains(node, pipe));
                topics.nodes.shrink_to_fit();
                if let Some(place) = self.topics.get_mut(pipe.0 as usize) {
                    *place = topics;
                }
            }
        }
        removed
    }

    /// Removes a pipe from all topics. Calls `each` with every topic, in the order of their bytes,
    /// and with whether nobody subscribes to it any more.
    pub fn remove_pipe(&mut self, pipe: PipeId, mut each: impl FnMut(&[u8], bool)) {
        let mut removed: Vec<_> = self
            .take_topics(pipe)
            .into_iter()
            .filter(|&node| self.contains(node, pipe))
            .map(|node| (self.tree.topic(node), node))
            .collect();
        removed.sort_unstable();
        for (topic, node) in removed {
            let last = self.remove_at(node, pipe) == Removed::Last;
            each(&topic, last);
        }
    }

    /// Removes a pipe from all topics.
    pub fn forget_pipe(&mut self, pipe: PipeId) {
        for node in self.take_topics(pipe) {
            self.remove_at(node, pipe);
        }
    }

    /// Calls `visit` for the subscribers of all topics that `data` starts with; more than once for a
    /// pipe that subscribed to several of these.
    #[inline]
    pub fn matches(&self, data: &[u8], mut visit: impl FnMut(PipeId)) {
        self.tree.matches(data, |subscribers| {
            match subscribers.kind() {
                Kind::None => {}
                Kind::One(pipe) => visit(pipe),
                Kind::Set(index) => {
                    self.sets.get(index).into_iter().flatten().for_each(|&pipe| visit(pipe));
                }
            }
            true
        });
    }

    fn contains(&self, node: NodeId, pipe: PipeId) -> bool {
        match self.tree.value(node).kind() {
            Kind::None => false,
            Kind::One(other) => other == pipe,
            Kind::Set(index) => {
                self.sets.get(index).is_some_and(|s| s.binary_search(&pipe).is_ok())
            }
        }
    }

    /// Takes a pipe's list. The nodes of cancelled topics in it may have got other topics since,
    /// among them topics of this pipe, so each must be there only once.
    fn take_topics(&mut self, pipe: PipeId) -> Vec<NodeId> {
        let topics = self.topics.get_mut(pipe.0 as usize).map(std::mem::take);
        let mut nodes = topics.unwrap_or_default().nodes;
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }

    /// Removes a pipe from the subscribers of a node.
    fn remove_at(&mut self, node: NodeId, pipe: PipeId) -> Removed {
        let left = match self.tree.value(node).kind() {
            Kind::One(other) if other == pipe => Subscribers::default(),
            Kind::None | Kind::One(_) => return Removed::NotFound,
            Kind::Set(index) => {
                let Some(set) = self.sets.get_mut(index) else { return Removed::NotFound };
                let Ok(position) = set.binary_search(&pipe) else { return Removed::NotFound };
                set.remove(position);
                let [other] = **set else { return Removed::OthersRemain };
                *set = Vec::new();
                self.free_sets.push(index);
                Subscribers::one(other)
            }
        };
        *self.tree.value_mut(node) = left;
        if left != Subscribers::default() {
            return Removed::OthersRemain;
        }
        self.len -= 1;
        self.tree.prune(node);
        Removed::Last
    }

    fn new_set(&mut self, set: Vec<PipeId>) -> usize {
        if let Some(index) = self.free_sets.pop()
            && let Some(place) = self.sets.get_mut(index)
        {
            *place = set;
            return index;
        }
        self.sets.push(set);
        self.sets.len() - 1
    }
}

/// What one subscriber wants. The same topic can be added several times, and is then to be removed
/// as often.
#[derive(Debug, Default)]
pub struct Filter {
    tree: Radix<u32>,
    len: usize,
}

impl Filter {
    /// How many different topics there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Adds a topic. Returns whether it was not there before.
    pub fn add(&mut self, topic: &[u8]) -> bool {
        let node = self.tree.insert(topic);
        let count = self.tree.value_mut(node);
        *count = count.saturating_add(1);
        let first = *count == 1;
        self.len += usize::from(first);
        first
    }

    /// Removes a topic. Returns whether it was there, and for the last time.
    pub fn remove(&mut self, topic: &[u8]) -> bool {
        let Some(node) = self.tree.find(topic) else { return false };
        let count = self.tree.value_mut(node);
        match *count {
            0 => false,
            1 => {
                *count = 0;
                self.len -= 1;
                self.tree.prune(node);
                true
            }
            _ => {
                *count -= 1;
                false
            }
        }
    }

    /// Whether this very topic is there.
    pub fn contains(&self, topic: &[u8]) -> bool {
        self.tree.find(topic).is_some_and(|node| self.tree.value(node) > 0)
    }

    /// Whether `data` starts with one of the topics.
    #[inline]
    pub fn matches(&self, data: &[u8]) -> bool {
        let mut found = false;
        self.tree.matches(data, |_| {
            found = true;
            false
        });
        found
    }

    /// Calls `visit` with each topic, in the order of their bytes.
    pub fn for_each(&self, mut visit: impl FnMut(&[u8])) {
        self.tree.for_each(|topic, _| visit(topic));
    }
}

#[cfg(test)]
mod tests;
