//! The system's C library: its types, numbers and functions, under the names that they have on Linux.
//!
//! Who is above this module takes them from here and not from the crate. What a system lacks, or calls
//! otherwise, is stood in for by the file of that system: all else can then be written once.

#![cfg_attr(not(target_os = "linux"), allow(non_camel_case_types, missing_docs))] // C's own names

#[cfg(target_vendor = "apple")]
mod apple;
#[cfg(all(unix, not(target_os = "linux"), not(target_vendor = "apple")))]
mod bsd;
#[cfg(windows)]
mod windows;

#[cfg(target_vendor = "apple")]
pub use apple::*;
#[cfg(all(unix, not(target_os = "linux"), not(target_vendor = "apple")))]
pub use bsd::*;
#[cfg(windows)]
pub use windows::*;

#[cfg(target_os = "linux")]
pub use ::libc::*;
