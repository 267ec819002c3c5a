//! Ozmium: libzmq in Rust, behind libzmq's own C interface.
//!
//! The layers, from the top; an arrow means "may use", and there are no
//! others:
//!
//! ```text
//! capi ──> socket ──┬──> pattern
//!                   ├──> core <──┐     leaves: msg, options, crypto, error, consts, sync
//!                   ├──> io ─────┤     sys: OS calls, used by all but pattern and zmtp
//!                   │    ├──> zmtp      log: what goes wrong, as socket and io tell it
//!                   └────┴──> transport
//! ```
//!
//! In full, as `tests/layers.rs` reads it and holds the source to it:
//!
//! ```text
//! capi -> socket, msg, options, crypto, error, consts, sync, sys
//! socket -> pattern, io, core, transport, msg, options, error, consts, sync, sys, log
//! pattern -> msg, options, error, consts
//! io -> zmtp, transport, core, msg, options, error, consts, sync, sys, log
//! core -> msg, error, sync, sys
//! zmtp -> msg, options, crypto, error, consts
//! transport -> msg, options, error, consts, sync, sys
//! log -> error, sys
//! sys -> msg, error, sync
//! options -> error, consts, sys
//! msg -> error, sync
//! crypto -> error, sync, sys
//! error -> nothing
//! consts -> nothing
//! sync -> nothing
//! ```
//!
//! Under `--cfg loom` only `core` and what it stands on are built: the models
//! are there, and loom's primitives lack what the layers above ask of std's.

#![cfg_attr(loom, allow(dead_code, unused_imports))]

#[cfg(not(loom))]
mod capi;
mod consts;
mod core;
#[cfg(not(loom))]
mod crypto;
mod error;
#[cfg(not(loom))]
mod io;
#[cfg(not(loom))]
mod log;
mod msg;
#[cfg(not(loom))]
mod options;
#[cfg(not(loom))]
mod pattern;
#[cfg(not(loom))]
mod socket;
mod sync;
mod sys;
#[cfg(not(loom))]
mod transport;
#[cfg(not(loom))]
mod zmtp;
