//! The system's C library: its types, numbers and functions, under their own names.
//!
//! Who is above this module takes them from here and not from the crate, so that what a system lacks
//! can be stood in for in one place.

pub use ::libc::*;
