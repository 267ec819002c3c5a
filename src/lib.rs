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

mod capi;
mod consts;
mod core;
mod error;
mod io;
mod msg;
mod options;
mod pattern;
mod socket;
mod sync;
mod sys;
mod transport;
mod zmtp;
