//! Tests of messages and their memory.
//!
//! Leaks of heap payloads show under `cargo miri test msg` and valgrind; those of external ones are
//! counted here.

use std::cell::Cell;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::*;
use crate::error::Errno;

mod model;
mod receiving;

/// Bytes that tell their position and length.
fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|i| (size + i * 7) as u8).collect()
}

/// External memory that counts how often it is given back. Freed with the last of the test's
/// handle and the library's.
struct Tracked {
    data: Vec<u8>,
    freed: AtomicUsize,
}

impl Tracked {
    fn new(data: &[u8]) -> Arc<Tracked> {
        Arc::new(Tracked { data: data.to_vec(), freed: AtomicUsize::new(0) })
    }

    fn message(self: &Arc<Tracked>) -> Msg {
        let hint = Arc::into_raw(Arc::clone(self));
        let data = self.data.as_ptr().cast_mut().cast();
        // SAFETY: the data lives until `free` drops the hint.
        unsafe {
            Msg::from_external(data, self.data.len(), Some(Tracked::free), hint.cast_mut().cast())
                .unwrap()
        }
    }

    unsafe extern "C" fn free(data: *mut c_void, hint: *mut c_void) {
        // SAFETY: `message` gave the hint, and this is called once.
        let tracked = unsafe { Arc::from_raw(hint.cast::<Tracked>().cast_const()) };
        assert_eq!(data.cast_const().cast(), tracked.data.as_ptr());
        tracked.freed.fetch_add(1, Ordering::Relaxed);
    }

    fn freed(&self) -> usize {
        self.freed.load(Ordering::Relaxed)
    }
}

#[test]
fn every_size_around_the_inline_limit_keeps_its_bytes() {
    for size in 0..=2 * Msg::INLINE_MAX {
        let bytes = pattern(size);
        let mut msg = Msg::from_slice(&bytes).unwrap();
        assert_eq!(msg.data(), bytes);
        let moved = msg.take();
        assert_eq!(moved.data(), bytes);
        assert!(msg.is_empty());
        let mut sized = Msg::with_size(size).unwrap();
        sized.data_mut().unwrap().copy_from_slice(&bytes);
        assert_eq!(sized.data(), bytes);
        assert_eq!(sized.data_ptr().addr() % 8, 0);
    }
}

#[test]
fn absurd_sizes_are_refused() {
    let max = usize::MAX;
    for size in [max, max - 15, max - 16, max / 2, max / 2 + 1, max / 2 - 15] {
        assert_eq!(Msg::with_size(size).unwrap_err(), Errno::ENOMEM, "{size:#x}");
    }
    let mut builder = MsgBuilder::new(max);
    assert_eq!(builder.push(b"x"), Ok(1));
    assert_eq!(RecvBuffer::new().spare(max).unwrap_err(), Errno::ENOMEM);
}

#[test]
fn check_knows_a_message_from_other_memory() {
    // SAFETY: null, or 64 readable bytes.
    let check = |msg: *const Msg| unsafe { Msg::check(msg) };
    for mut msg in [
        Msg::new(),
        Msg::from_slice(&pattern(40)).unwrap(),
        Msg::from_slice(&pattern(41)).unwrap(),
        Tracked::new(b"x").message(),
        // SAFETY: constant memory.
        unsafe { Msg::from_const(b"x".as_ptr().cast(), 1) },
        Msg::marker(Class::Metadata),
    ] {
        assert!(check(&msg));
        // SAFETY: a live message, which is not dropped again.
        unsafe { Msg::close(&raw mut msg) };
        assert!(!check(&msg));
    }
    for byte in [0x00, 0x20, 0x41, 0x5a, 0xa5, 0xb1, 0xb5, 0xcc, 0xcd, 0xdd, 0xfe, 0xff] {
        let memory = MaybeUninit::<Msg>::uninit();
        let mut memory = memory;
        // SAFETY: in bounds.
        unsafe { ptr::write_bytes(memory.as_mut_ptr(), byte, 1) };
        assert!(!check(memory.as_ptr()), "{byte:#x}");
    }
    let aligned = [Msg::new(), Msg::new()];
    assert!(!check(aligned.as_ptr().wrapping_byte_add(1)));
    assert!(!check(ptr::null()));
}

#[test]
fn a_message_keeps_its_attributes_when_moved_and_copied() {
    for size in [0, 40, 41] {
        let mut msg = Msg::from_slice(&pattern(size)).unwrap();
        msg.set_more(true);
        msg.set_class(Class::Join);
        msg.set_routing_id(77);
        msg.set_group("a group whose name is longer than fourteen bytes").unwrap();
        msg.set_metadata(Some(MetadataRef::from_pairs([("a", "1")])));
        let copy = msg.duplicate().unwrap();
        let moved = msg.take();
        for msg in [copy, moved] {
            assert_eq!(msg.data(), pattern(size));
            assert!(msg.more());
            assert_eq!(msg.class(), Class::Join);
            assert_eq!(msg.routing_id(), 77);
            assert_eq!(msg.group(), c"a group whose name is longer than fourteen bytes");
            assert_eq!(msg.metadata().unwrap().get("a"), Some(c"1"));
        }
        assert!(!msg.more());
        assert_eq!(msg.class(), Class::Data);
        assert_eq!(msg.routing_id(), 0);
        assert_eq!(msg.group(), c"");
        assert!(msg.metadata().is_none());
    }
}

#[test]
fn groups_have_at_most_255_bytes() {
    let mut msg = Msg::new();
    let longest = [b'g'; 255];
    msg.set_group(longest).unwrap();
    assert_eq!(msg.group().to_bytes(), longest);
    assert_eq!(msg.set_group([b'g'; 256]), Err(Errno::EINVAL));
    assert_eq!(msg.set_group("a\0b"), Err(Errno::EINVAL));
    assert_eq!(msg.group().to_bytes(), longest);
    msg.set_group("").unwrap();
    assert_eq!(msg.group(), c"");
}

#[test]
fn only_copies_outside_of_the_message_and_constants_are_shared() {
    let mut inline = Msg::from_slice(&pattern(40)).unwrap();
    drop(inline.duplicate().unwrap());
    assert!(!inline.is_shared());
    let mut heap = Msg::from_slice(&pattern(41)).unwrap();
    assert!(!heap.is_shared());
    let copy = heap.duplicate().unwrap();
    assert!(heap.is_shared() && copy.is_shared());
    assert_eq!(heap.data_ptr(), copy.data_ptr());
    // SAFETY: constant memory.
    let constant = unsafe { Msg::from_const(b"x".as_ptr().cast(), 1) };
    assert!(constant.is_shared());
}

#[test]
fn writing_to_memory_that_others_see_copies_it() {
    let tracked = Tracked::new(&pattern(100));
    let mut buffer = RecvBuffer::new();
    buffer.spare(100).unwrap().append(&pattern(100));
    let mut heap = Msg::from_slice(&pattern(100)).unwrap();
    let other = heap.duplicate().unwrap();
    for mut msg in [heap, tracked.message(), buffer.message(100).unwrap()] {
        msg.set_more(true);
        msg.data_mut().unwrap()[0] = 1;
        assert_eq!(msg.data()[1..], pattern(100)[1..]);
        assert_eq!(msg.data()[0], 1);
        assert!(msg.more() && !msg.is_shared());
    }
    assert_eq!(other.data(), pattern(100));
    assert_eq!(tracked.data, pattern(100));
    assert_eq!(tracked.freed(), 1);
    // SAFETY: nothing is there.
    let mut empty = unsafe { Msg::from_const(ptr::null(), 0) };
    assert!(empty.data_mut().unwrap().is_empty());
}

#[test]
fn truncating_never_lengthens() {
    for size in [30, 300] {
        let mut msg = Msg::from_slice(&pattern(size)).unwrap();
        msg.truncate(size + 1);
        assert_eq!(msg.data(), pattern(size));
        msg.truncate(5);
        assert_eq!(msg.data(), &pattern(size)[..5]);
    }
}

#[test]
fn external_memory_is_given_back_once_by_the_last_copy() {
    let tracked = Tracked::new(b"external");
    let mut msg = tracked.message();
    assert!(!msg.is_shared());
    let mut copies: Vec<Msg> = (0..3).map(|_| msg.duplicate().unwrap()).collect();
    let moved = copies[0].take();
    copies.push(moved);
    assert!(copies.remove(0).is_empty());
    drop(msg);
    while let Some(copy) = copies.pop() {
        assert_eq!(tracked.freed(), 0);
        assert_eq!(copy.data(), b"external");
        drop(copy);
    }
    assert_eq!(tracked.freed(), 1);
}

#[test]
fn external_memory_that_is_refused_stays_the_callers() {
    unsafe extern "C" fn never(_: *mut c_void, _: *mut c_void) {
        panic!("memory that was refused was given back");
    }
    let nothing = ptr::null_mut();
    // SAFETY: refused before anything is read.
    unsafe {
        let result = Msg::from_external(nothing, 1, Some(never), nothing);
        assert_eq!(result.unwrap_err(), Errno::EFAULT);
        let mut byte = 0u8;
        let result = Msg::from_external((&raw mut byte).cast(), usize::MAX, Some(never), nothing);
        assert_eq!(result.unwrap_err(), Errno::EFAULT);
    }
}

#[test]
fn a_free_function_may_use_messages_even_the_one_that_is_closed() {
    thread_local! {
        static SEEN: Cell<usize> = const { Cell::new(0) };
    }
    unsafe extern "C" fn free(_: *mut c_void, hint: *mut c_void) {
        let tracked = Tracked::new(b"another");
        let mut inner = tracked.message();
        drop(inner.duplicate().unwrap());
        drop(inner);
        let msg: *mut Msg = hint.cast();
        // SAFETY: the test's message, closed by now.
        SEEN.set(tracked.freed() + usize::from(!unsafe { Msg::check(msg) }));
    }
    let mut msg = MaybeUninit::<Msg>::uninit();
    let hint = msg.as_mut_ptr();
    let mut byte = 0u8;
    // SAFETY: the byte and the message's place outlive the message.
    unsafe {
        msg.write(Msg::from_external((&raw mut byte).cast(), 1, Some(free), hint.cast()).unwrap());
        Msg::close(hint);
    }
    assert_eq!(SEEN.get(), 2);
}

#[test]
fn copies_are_dropped_on_many_threads() {
    let tracked = Tracked::new(&pattern(64));
    let mut msg = tracked.message();
    msg.set_metadata(Some(MetadataRef::from_pairs([("a", "1")])));
    msg.set_group("group").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let mut copy = msg.duplicate().unwrap();
            scope.spawn(move || {
                for _ in 0..if cfg!(miri) { 20 } else { 2000 } {
                    let again = copy.duplicate().unwrap();
                    assert_eq!(again.data(), pattern(64));
                    assert_eq!(again.metadata().unwrap().get("a"), Some(c"1"));
                    copy = again;
                }
            });
        }
        drop(msg);
    });
    assert_eq!(tracked.freed(), 1);
}

#[test]
fn metadata_is_found_by_exact_name() {
    let metadata = MetadataRef::from_pairs([
        ("Socket-Type", &b"DEALER"[..]),
        ("Identity", b"me"),
        ("Empty", b""),
        ("Cut", b"before\0after"),
        ("", b"nameless"),
        ("Socket-Type", b"second"),
        ("__fd", b"17"),
    ]);
    assert_eq!(metadata.get("Socket-Type"), Some(c"DEALER"));
    assert_eq!(metadata.get("Identity"), Some(c"me"));
    assert_eq!(metadata.get("Routing-Id"), Some(c"me"));
    assert_eq!(metadata.get("Empty"), Some(c""));
    assert_eq!(metadata.get("Cut"), Some(c"before"));
    for unknown in ["", "socket-type", "DEALER", "Socket-Typ", "nameless"] {
        assert_eq!(metadata.get(unknown), None, "{unknown}");
    }
    assert_eq!(metadata.fd(), Some(17));
    let none = MetadataRef::from_pairs::<&str, &str>([]);
    assert_eq!(none.get("Socket-Type"), None);
    assert_eq!(none.fd(), None);
    let routing_id = MetadataRef::from_pairs([("Routing-Id", "x")]);
    assert_eq!(routing_id.get("Identity"), Some(c"x"));
}

#[test]
fn metadata_outlives_the_credit_it_came_from() {
    let mut credit = MetadataCredit::new(MetadataRef::from_pairs([("a", "1")]));
    let many = if cfg!(miri) { 300 } else { 1000 };
    let mut references: Vec<MetadataRef> = (0..many).map(|_| credit.next()).collect();
    references.truncate(2);
    drop(credit);
    let last = references.pop().unwrap();
    drop(references);
    let mut msg = Msg::new();
    msg.set_metadata(Some(last.clone()));
    drop(last);
    assert_eq!(msg.metadata().unwrap().get("a"), Some(c"1"));
    msg.set_metadata(None);
    assert!(msg.metadata().is_none());
}
