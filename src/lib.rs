//! Ozmium: libzmq in Rust, behind libzmq's own C interface.
//!
//! The layers, from the top; an arrow means "may use", and there are no
//! others:
//!
//! ```text
//! capi ──> socket ──> pattern ──> core
//!            │                     ^
//!            └──> io ──> zmtp ─────┤     leaves: msg, options, error, consts, sync
//!                 └───> transport ─┘     sys: OS calls, used by capi, core, io, transport
//! ```
//!
//! Under `--cfg loom` only `core` and what it stands on are built: the models
//! are there, and loom's primitives lack what the layers above ask of std's.

#![cfg_attr(loom, allow(dead_code, unused_imports))]

#[cfg(not(loom))]
mod capi;
mod consts;
mod core;
mod error;
#[cfg(not(loom))]
mod io;
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
