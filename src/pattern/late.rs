//! Subscriptions, and joined groups, that found a pipe full.

use std::collections::{BTreeMap, BTreeSet};

use super::{PipeId, Pipes};
use crate::error::Result;
use crate::msg::Msg;

/// For each pipe that was full the topics of which its publisher is still to hear.
///
/// Noted is which topic, not what was to be said of it: that follows from the subscriptions at the
/// time when there is room. So a subscriber that changes its mind again and again, while a publisher
/// does not listen, costs no more than one entry a topic.
#[derive(Debug, Default)]
pub struct Late(BTreeMap<u32, BTreeSet<Box<[u8]>>>);

impl Late {
    /// A pipe did not take what was to be said of a topic.
    pub fn add(&mut self, pipe: PipeId, topic: &[u8]) {
        self.0.entry(pipe.0).or_default().insert(topic.into());
    }

    /// A pipe is gone, or about to hear everything anew.
    pub fn forget(&mut self, pipe: PipeId) {
        self.0.remove(&pipe.0);
    }

    /// A pipe has room: says what is the case now, as far as it fits. `say` makes the message about
    /// a topic.
    pub fn send<P: Pipes>(
        &mut self,
        pipes: &mut P,
        pipe: PipeId,
        say: impl Fn(&[u8]) -> Result<Msg>,
    ) {
        let Some(topics) = self.0.get_mut(&pipe.0) else { return };
        while let Some(topic) = topics.pop_first() {
            if !say(&topic).is_ok_and(|mut msg| pipes.write(pipe, &mut msg)) {
                topics.insert(topic);
                break;
            }
        }
        if topics.is_empty() {
            self.0.remove(&pipe.0);
        }
        pipes.flush(pipe, true);
    }
}
