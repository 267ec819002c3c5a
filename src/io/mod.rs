//! I/O threads: everything between pipes and the network.
//!
//! - [`thread::IoThread`] is an event loop with timers and an inbox; [`IoPool`] is a context's set of them.
//! - A *listener* accepts connections and starts a session for each.
//! - A [`Session`] is one connection, or the endless attempt to have one: it resolves, dials,
//!   shakes hands, joins pipe and network, and starts again when the connection is lost.
//! - A [`Courier`] is an endpoint without connections, by [`Datagrams`] or [`Multicast`].
//!
//! A session's two directions are [halves](crate::core::half) that any thread may drive: the I/O
//! thread when the network is ready, an application thread that sends on a quiet connection or
//! waits for messages. All else of a session (its phase, its timers) belongs to its I/O thread.
//!
//! What a session needs from its socket it reaches through a [`Port`]; of sockets themselves
//! this layer knows nothing.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod authentication;
mod buffers;
mod connection;
mod courier;
mod datagram;
mod dialling;
mod greeting;
mod halves;
mod heartbeats;
mod listener;
mod logging;
mod multicast;
mod objects;
mod pollset;
mod session;
mod slab;
mod socks;
mod thread;
mod timers;
mod working;

use std::any::Any;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;

pub use authentication::Authenticator;
pub use courier::{Courier, Means};
pub use datagram::Datagrams;
pub use listener::ListenerHandle;
pub use multicast::Multicast;
pub use pollset::PollSet;
pub use session::{Called, Role, Session};
pub use thread::IoPool;

use crate::core::mailbox::{EndpointPair, Mailbox};
use crate::sync::Arc;

/// Where a socket's monitor events go. Called from any thread.
pub trait Events: Send + Sync {
    /// Something happened at `endpoints`: a `ZMQ_EVENT_*` number and its value.
    fn emit(&self, event: i32, value: u64, endpoints: &EndpointPair);
}

/// A socket as its listeners and sessions see it. The socket's life ends when the last reference
/// to its port goes.
pub struct Port {
    /// Where commands to the socket go.
    pub mailbox: Arc<Mailbox>,
    /// Where its events go.
    pub events: Box<dyn Events>,
    /// Who decides which peers may connect.
    pub authenticator: Box<dyn Authenticator>,
    /// Listeners and sessions that I/O threads hold.
    pub objects: AtomicUsize,
    /// The connections, once an application thread asked to wait for them itself.
    pub poll_set: OnceLock<Arc<PollSet>>,
    /// Held for what its own drop does, after all else.
    #[expect(dead_code, reason = "nobody reads it")]
    pub life: Box<dyn Any + Send + Sync>,
}
