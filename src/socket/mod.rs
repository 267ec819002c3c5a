//! Sockets and contexts: life cycle, API operations, endpoints, inproc, monitors, termination.
//!
//! A [`Socket`] is its pattern, its pipes and its options, behind the lock of its
//! [handle](handle::Handle). A call takes the lock, attends to commands, asks the pattern, and lets go; a
//! call that has to wait lets go of the lock first. So sockets can be used from any thread, one
//! call at a time, without harm; that calls follow each other in a sensible order is the
//! application's business.
//!
//! A socket is gone for the application when it is closed. For its context it lives as long as its
//! [`Port`](crate::io::Port) does: until the last session has sent what it had to.

mod authenticator;
mod blocking;
pub mod context;
mod endpoints;
pub mod handle;
mod inproc;
mod monitor;
mod pipes;
pub mod poller;
pub mod polling;
pub mod proxy;
#[expect(clippy::module_inception, reason = "the layer's main type, as in pattern")]
mod socket;

pub use blocking::{Wait, close, find, open, receive_or_sleep, send_or_sleep, with};
#[cfg(test)]
pub use blocking::{receive, send};
pub use context::{CONTEXTS, Context};
pub use socket::Socket;
