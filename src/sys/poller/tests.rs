//! What callers rely on, whichever poller this system has.

use crate::sys::cancel::Cancel;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

use super::*;

/// A long time, which no test waits for.
const LONG_MS: i32 = 60_000;

fn pair() -> (UnixStream, UnixStream) {
    let (a, b) = UnixStream::pair().expect("socket pair");
    a.set_nonblocking(true).expect("non-blocking");
    b.set_nonblocking(true).expect("non-blocking");
    (a, b)
}

/// The reports of one wait.
fn wait(poller: &Poller, timeout_ms: i32) -> Vec<Ready> {
    let mut ready = Vec::new();
    poller.wait(timeout_ms, &mut ready, Cancel::Later).expect("wait");
    ready
}

/// Reads until there is no more, and asks for the next report.
fn drain(poller: &Poller, stream: &mut UnixStream) -> usize {
    let (mut total, mut buffer) = (0, [0; 4096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return total,
            Ok(n) => total += n,
            Err(_) => {
                poller.rearm(stream.as_raw_fd(), Direction::Read).expect("rearm");
                return total;
            }
        }
    }
}

/// Writes until no more is taken, and asks for the next report.
fn fill(poller: &Poller, stream: &mut UnixStream) {
    while stream.write(&[0; 4096]).is_ok() {}
    poller.rearm(stream.as_raw_fd(), Direction::Write).expect("rearm");
}

#[test]
fn each_arrival_is_reported_once() {
    let (mut a, mut b) = pair();
    let poller = Poller::new().expect("poller");
    poller.add(a.as_raw_fd(), Watch::EdgeBoth, 7).expect("add");
    drain(&poller, &mut a);
    wait(&poller, 0); // The room to write that there is from the beginning.
    for _ in 0..3 {
        b.write_all(b"x").expect("write");
        let ready = wait(&poller, LONG_MS);
        assert!(ready.iter().any(|event| event.token == 7 && event.readable), "{ready:?}");
        // Not read, and not reported again.
        assert_eq!(wait(&poller, 0), []);
        assert_eq!(drain(&poller, &mut a), 1);
        assert_eq!(wait(&poller, 0), []);
    }
}

#[test]
fn room_is_reported_after_there_was_none_and_reading_goes_on() {
    let (mut a, mut b) = pair();
    let poller = Poller::new().expect("poller");
    poller.add(a.as_raw_fd(), Watch::EdgeBoth, 7).expect("add");
    fill(&poller, &mut a);
    drain(&poller, &mut a);
    wait(&poller, 0);
    assert_eq!(wait(&poller, 0), []);
    drain(&poller, &mut b);
    let ready = wait(&poller, LONG_MS);
    assert!(ready.iter().any(|event| event.writable), "{ready:?}");
    b.write_all(b"x").expect("write");
    let ready = wait(&poller, LONG_MS);
    assert!(ready.iter().any(|event| event.readable), "{ready:?}");
}

#[test]
fn the_end_of_the_stream_is_reported() {
    let (mut a, b) = pair();
    let poller = Poller::new().expect("poller");
    poller.add(a.as_raw_fd(), Watch::EdgeBoth, 7).expect("add");
    drain(&poller, &mut a);
    wait(&poller, 0);
    drop(b);
    let ready = wait(&poller, LONG_MS);
    assert!(ready.iter().any(|event| event.readable), "{ready:?}");
}

#[test]
fn a_level_is_reported_as_long_as_it_lasts() {
    let (a, mut b) = pair();
    let poller = Poller::new().expect("poller");
    poller.add(a.as_raw_fd(), Watch::LevelRead, 7).expect("add");
    assert_eq!(wait(&poller, 0), []);
    b.write_all(b"x").expect("write");
    for _ in 0..2 {
        assert_eq!(wait(&poller, LONG_MS).len(), 1);
    }
    poller.modify(a.as_raw_fd(), Watch::Off, 7).expect("modify");
    assert_eq!(wait(&poller, 0), []);
    poller.modify(a.as_raw_fd(), Watch::LevelWrite, 8).expect("modify");
    let ready = wait(&poller, LONG_MS);
    assert!(matches!(ready[..], [Ready { token: 8, writable: true, .. }]), "{ready:?}");
}

#[test]
fn what_was_removed_is_not_reported() {
    let (a, mut b) = pair();
    let poller = Poller::new().expect("poller");
    poller.add(a.as_raw_fd(), Watch::EdgeBoth, 7).expect("add");
    poller.remove(a.as_raw_fd());
    poller.remove(a.as_raw_fd());
    assert_eq!(poller.rearm(a.as_raw_fd(), Direction::Read), Ok(()));
    b.write_all(b"x").expect("write");
    assert_eq!(wait(&poller, 0), []);
    poller.add(a.as_raw_fd(), Watch::LevelRead, 9).expect("add");
    assert!(matches!(wait(&poller, LONG_MS)[..], [Ready { token: 9, .. }]));
}
