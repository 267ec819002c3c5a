//! Waiting for many descriptors at once.
//!
//! A [`Poller`] is told of descriptors, each with a [`Watch`] and a number, and [`Poller::wait`]
//! answers with what became [`Ready`]. On Linux it is epoll itself; on other systems, and on Linux
//! under `--cfg ozmium_force_polling` (so that it is tested), it is the `polling` crate. Both
//! have the same functions, and two differences, which their callers see as constants:
//!
//! | | epoll | polling |
//! |---|---|---|
//! | [`Poller::EDGE`] | yes: [`Watch::EdgeBoth`] reports each change by itself | no: it has to be asked for the next report, by [`Poller::rearm`] |
//! | [`Poller::NESTED`] | yes: a poller's descriptor can be watched by another | no |
//!
//! Who follows one rule need not look at the first: *after a call on a descriptor that would have
//! blocked (or that took less than it could), call [`Poller::rearm`] for that direction.* With
//! epoll that is nothing.

#[cfg(all(target_os = "linux", not(ozmium_force_polling)))]
mod epoll;
#[cfg(any(not(target_os = "linux"), ozmium_force_polling))]
mod portable;
#[cfg(all(test, not(loom)))]
mod tests;

#[cfg(all(target_os = "linux", not(ozmium_force_polling)))]
pub use epoll::Poller;
#[cfg(any(not(target_os = "linux"), ozmium_force_polling))]
pub use portable::Poller;

/// What a descriptor is ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The number the descriptor was added with.
    pub token: u64,
    /// Something to read, or end of stream, or an error.
    pub readable: bool,
    /// Room to write, or an error.
    pub writable: bool,
    /// The peer will send no more: read until end of stream, which is not reported again. Known
    /// only with [`Poller::EDGE`]; without, the end is reported when all before it was read.
    pub hangup: bool,
}

/// How a descriptor is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// Both directions, reported once per change; see [`Poller::rearm`]. What holds already when
    /// the watch begins may be reported or not: try both directions first.
    EdgeBoth,
    /// As [`Watch::EdgeBoth`], without room to write. Only with [`Poller::EDGE`].
    EdgeRead,
    /// Readability, reported as long as it lasts.
    LevelRead,
    /// Room to write, reported as long as it lasts.
    LevelWrite,
    /// Nothing (errors excepted).
    Off,
}

/// A direction of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the network.
    Read,
    /// To the network.
    Write,
}

/// Up to this many events are fetched by one call.
pub const BATCH: usize = 128;
