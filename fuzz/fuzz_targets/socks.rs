//! Arbitrary bytes from a proxy.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::socks::{Host, Negotiation};

fuzz_target!(|input: &[u8]| {
    let Some((&[login, step], mut proxy)) = input.split_first_chunk::<2>() else { return };
    let username: &[u8] = if login & 1 != 0 { b"user" } else { b"" };
    let mut negotiation =
        Negotiation::new(Host::Name("peer.example"), 5555, username, b"password").expect("short");
    while !negotiation.is_done() && !proxy.is_empty() {
        let sent = negotiation.output().len();
        negotiation.consume_output(sent);
        assert!((1..=262).contains(&negotiation.wanted()), "wants {}", negotiation.wanted());
        let count = negotiation.wanted().min(usize::from(step).max(1)).min(proxy.len());
        let (read, rest) = proxy.split_at(count);
        if negotiation.received(read).is_err() {
            return;
        }
        proxy = rest;
    }
});
