//! Arbitrary bytes from a peer, from the first on.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{configure, converse, shake_hands};

fuzz_target!(|input: &[u8]| {
    let Some((config, step, peer)) = configure(input) else { return };
    if let Some((connection, rest)) = shake_hands(&config, step, peer) {
        converse(connection, step, rest);
    }
});
