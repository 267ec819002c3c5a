//! Arbitrary bytes from a peer of each version after a proper handshake.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{configure, converse, shake_hands};

/// What peers start with; the socket type is left out, as it may be.
const PEERS: [&[u8]; 4] = [
    b"\x01\0",
    b"\xFF\0\0\0\0\0\0\0\x01\x7F\x01\x05\0\0",
    b"\xFF\0\0\0\0\0\0\0\x01\x7F\x03\x00NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
      \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\x06\x05READY",
    b"\xFF\0\0\0\0\0\0\0\x01\x7F\x03\x01NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
      \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x04\x06\x05READY",
];

fuzz_target!(|input: &[u8]| {
    let Some((&peer, input)) = input.split_first() else { return };
    let Some((mut config, step, stream)) = configure(input) else { return };
    config.zap_domain.clear();
    let peer = PEERS[usize::from(peer) % PEERS.len()];
    let (connection, _) = shake_hands(&config, usize::MAX, peer).expect("a proper handshake");
    converse(connection, step, stream);
});
