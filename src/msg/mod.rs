//! Messages: what an application sends and receives, and the memory under them.
//!
//! [`Msg`] *is* the 64-byte `zmq_msg_t` of the C interface; nothing is converted at the boundary.
//! Its payload lives in one of five places:
//!
//! | kind | payload | reference count |
//! |---|---|---|
//! | inline | in the 64 bytes, up to [`Msg::INLINE_MAX`] | none |
//! | heap | behind a header in one allocation | once shared |
//! | slice | somewhere in a receive buffer's block | always; the buffer takes its counts in bulk |
//! | external | the application's, with its free function | once shared |
//! | constant | the application's, never freed | none |
//!
//! Pointer and length of the payload are in the message itself, so looking at them touches no
//! other cache line.
//!
//! Memory comes from `malloc`, through `pool` if it is small: a size that cannot be had is `ENOMEM`,
//! never an abort. The one allocation that may abort is a connection's [`Metadata`], a few hundred
//! bytes.
//!
//! A free function may run on any thread that drops the last reference, and may call back into the
//! library. Nothing here holds a lock or a thread-local borrow, a message is detached from its
//! content before the function runs, and [`Later`] keeps it off the locks of the layers above.
//!
//! Beside `Msg`: [`Record`] and [`Room`], messages as they wait in a queue; [`Metadata`], the
//! properties that `zmq_msg_gets` reads, one object per connection; [`RecvBuffer`] and [`Spare`], where
//! bytes from the network land; [`MsgBuilder`], for a large body that grows as it arrives; [`packed`], the form
//! of messages that many connections share.
#![allow(unsafe_code, reason = "the ABI message: unions, raw payload pointers, reference counts")]

mod block;
mod builder;
mod class;
mod group;
mod large;
mod later;
mod message;
mod metadata;
pub mod packed;
mod pool;
mod record;
mod recv_buffer;
mod spare;
mod tail;
#[cfg(test)]
mod tests;
pub mod usage;

pub use block::FreeFn;
pub use builder::MsgBuilder;
pub use class::Class;
pub use later::{Later, call_by, wait_by};
pub use message::Msg;
pub use metadata::{Metadata, MetadataCredit, MetadataRef};
pub use record::{END, Record, Room, Word, rewinds, write_end, write_rewind};
pub use recv_buffer::RecvBuffer;
pub use spare::Spare;
