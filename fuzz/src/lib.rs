//! The protocol layer and what it stands on, for the fuzz targets.
//!
//! The library is built as a C library only, and offers no Rust interface to link with; its modules
//! are compiled here once more.
#![allow(dead_code, unused_imports, missing_docs)]

#[path = "../../src"]
mod library {
    pub mod consts;
    pub mod crypto;
    pub mod error;
    pub mod msg;
    pub mod options;
    pub mod sync;
    pub mod sys;
    pub mod transport {
        pub mod socks;
    }
    pub mod zmtp;
}

// Where the modules look for each other.
pub use library::{consts, crypto, error, msg, options, sync, sys, transport::socks, zmtp};

mod kerberos;

use msg::{Msg, Spare};
use options::{Options, SocketType};
use zmtp::{AuthReply, Config, Encoder, Established, Handshake, Item, Progress};

/// The most room that may be offered for bytes that did not come yet.
const MOST_AHEAD: usize = 1 << 20;

/// The choices that the first bytes of the input make, and the rest of it.
pub fn configure(input: &[u8]) -> Option<(Config, usize, &[u8])> {
    let (&[socket_type, limit, step], rest) = input.split_first_chunk::<3>()?;
    let socket_type = SocketType::ALL.get(usize::from(socket_type) % SocketType::ALL.len())?;
    let mut config = Config::from(&Options::new(*socket_type));
    config.max_msg_size = (limit & 1 != 0).then_some(u64::from(limit) * 64);
    config.zero_copy = limit & 2 != 0;
    if limit & 4 != 0 {
        config.zap_domain = b"global".to_vec();
    }
    if limit & 8 != 0 {
        kerberos::configure(&mut config, limit & 16 != 0, limit & 32 != 0);
    }
    Some((config, usize::from(step).max(1), rest))
}

/// Puts bytes into the room that was offered, at most `step` of them, and gives the rest.
fn put<'a>(mut room: Spare<'_>, step: usize, bytes: &'a [u8]) -> &'a [u8] {
    assert!((1..=MOST_AHEAD).contains(&room.capacity()), "room for {}", room.capacity());
    let taken = room.append(bytes.get(..step).unwrap_or(bytes));
    &bytes[taken..]
}

/// Shakes hands with `peer`; the bytes that were not wanted come back with the connection.
pub fn shake_hands<'a>(
    config: &Config,
    step: usize,
    mut peer: &'a [u8],
) -> Option<(Established, &'a [u8])> {
    let mut handshake = Handshake::new(config);
    loop {
        match handshake.advance().ok()? {
            Progress::Done => return Some((handshake.finish()?, peer)),
            Progress::WaitWork => {
                let worked = handshake.take_work()?.run();
                handshake.worked(worked).ok()?;
            }
            Progress::WaitAuth(_) => {
                handshake.authenticated(AuthReply::Unavailable).ok()?;
            }
            Progress::NeedMore if peer.is_empty() => return None,
            Progress::NeedMore => peer = put(handshake.space().ok()?, step, peer),
        }
        let sent = handshake.output().len();
        handshake.consume_output(sent.min(step));
    }
}

/// Decodes `peer` to its end, and answers what is to be answered.
pub fn converse(connection: Established, step: usize, mut peer: &[u8]) {
    let Established { mut encoder, mut decoder, .. } = connection;
    let mut msg = Msg::new();
    loop {
        loop {
            let pushed = match decoder.next(&mut msg) {
                Ok(Some(Item::Msg)) => encoder.push(&mut msg),
                Ok(Some(Item::Ping { context, .. })) => {
                    zmtp::command::pong(&context).and_then(|mut pong| encoder.push(&mut pong))
                }
                Ok(Some(Item::Pong)) => Ok(()),
                Ok(None) => break,
                Ok(Some(Item::Close { .. })) | Err(_) => return,
            };
            pushed.expect("memory");
            send(&mut encoder, step);
        }
        decoder.release_memory();
        encoder.release_memory();
        if peer.is_empty() {
            return;
        }
        peer = put(decoder.space().expect("memory"), step, peer);
    }
}

/// Takes at most `step` bytes of what an encoder offers.
fn send(encoder: &mut Encoder, step: usize) {
    let mut slices = smallvec::SmallVec::<[std::io::IoSlice<'_>; 4]>::new();
    encoder.slices(&mut slices);
    let offered: usize = slices.iter().map(|slice| slice.len()).sum();
    drop(slices);
    assert!(offered <= encoder.pending_bytes());
    assert_eq!(offered == 0, encoder.is_empty());
    encoder.consume(offered.min(step));
}
