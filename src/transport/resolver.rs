//! Looking up names on threads of its own, so that a slow name service holds up nobody else.

use super::{SocketAddress, Target};
use crate::error::Result;
use crate::sys::workers::Workers;

/// What is called with the addresses, at least one, in the order to try them.
pub type Done = Box<dyn FnOnce(Result<Vec<SocketAddress>>) + Send>;

static RESOLVERS: Workers = Workers::new("ZMQbg/resolve");

/// Finds the addresses of `target` and calls `done` with them: at once if no name service is
/// needed, or else later, on another thread. Errors, to `done`: as [`Target::resolve_blocking`],
/// and `EAGAIN` if there is no thread to be had.
pub fn resolve(target: &Target, done: Done) {
    match target.known_addresses() {
        Ok(None) => {
            let target = target.clone();
            RESOLVERS.submit(Box::new(move |thread| {
                done(thread.and_then(|()| target.resolve_blocking()));
            }));
        }
        Ok(Some(addresses)) => done(Ok(addresses)),
        Err(errno) => done(Err(errno)),
    }
}
