use super::*;

fn queue() -> (Producer<(), ()>, Consumer<(), ()>) {
    super::queue((), ())
}

fn publish(producer: &mut Producer<(), ()>) {
    producer.publish(|()| false);
}

fn message(n: u64) -> Msg {
    Msg::from_slice(&n.to_ne_bytes()).expect("memory")
}

fn pop(consumer: &mut Consumer<(), ()>) -> Option<u64> {
    let mut msg = Msg::new();
    consumer
        .pop_into(&mut msg)
        .then(|| u64::from_ne_bytes(msg.data().try_into().expect("a number")))
}

#[cfg(not(loom))]
mod ordinary {
    use std::collections::{HashSet, VecDeque};
    use std::ffi::c_void;
    use std::sync::atomic::AtomicUsize;

    use proptest::prelude::*;

    use super::*;
    use crate::msg::MetadataRef;

    #[test]
    fn only_published_messages_are_seen() {
        let (mut producer, mut consumer) = queue();
        assert!(producer.push(&mut message(1)));
        assert_eq!(consumer.refresh(), 0);
        assert_eq!(pop(&mut consumer), None);
        publish(&mut producer);
        assert_eq!(consumer.refresh(), 1);
        assert_eq!(consumer.peek(), Some(Class::Data));
        assert_eq!(pop(&mut consumer), Some(1));
        assert_eq!(consumer.refresh(), 0);
    }

    /// Memory of the test's, which counts how often it was freed.
    fn external(n: usize, freed: &AtomicUsize) -> Msg {
        unsafe extern "C" fn free(_: *mut c_void, hint: *mut c_void) {
            // SAFETY: the counter outlives the messages.
            unsafe { &*hint.cast::<AtomicUsize>() }.fetch_add(1, Ordering::Relaxed);
        }
        static BYTES: [u8; 4000] = [7; 4000];
        let hint = ptr::from_ref(freed).cast_mut().cast();
        let data = BYTES.as_ptr().cast_mut().cast();
        // SAFETY: nobody writes to it; the function takes these arguments.
        unsafe { Msg::from_external(data, n, Some(free), hint) }.expect("memory")
    }

    /// The message of a step, and what a queue must give back.
    fn any_message(kind: u8, n: usize, freed: &AtomicUsize) -> Msg {
        let bytes: Vec<u8> = (0..n).map(|at| (at + n) as u8).collect();
        let mut msg = match kind % 3 {
            0 => external(n, freed),
            _ => Msg::from_slice(&bytes).expect("memory"),
        };
        if kind & 4 != 0 {
            msg.set_metadata(Some(MetadataRef::from_pairs([("n", n.to_string())])));
        }
        if kind & 8 != 0 {
            msg.set_group(n.to_string()).expect("a group");
        }
        msg.set_more(kind & 16 != 0);
        msg.set_routing_id(if kind & 32 != 0 { n as u32 } else { 0 });
        msg.set_class(if kind & 64 != 0 { Class::Command } else { Class::Data });
        msg
    }

    /// Everything that a message says.
    fn said(msg: &Msg) -> String {
        let property = msg.metadata().and_then(|metadata| metadata.get(b"n"));
        let (id, shared) = (msg.routing_id(), msg.is_shared());
        format!("{msg:?} {:?} {property:?} {:?} {id} {shared}", msg.data(), msg.group())
    }

    fn said_before_the_group(msg: &Msg) -> String {
        let said = said(msg);
        said[..said.rfind(" \"\" ").expect("no group")].to_owned()
    }

    proptest! {
        /// Any order of operations gives what a plain queue gives, and drops every message once.
        #[test]
        fn behaves_like_a_plain_queue(
            steps in proptest::collection::vec((0u8..9, 0u8..128, 0usize..150), 0..2000),
            consumer_first: bool,
            copies: bool,
        ) {
            let freed = AtomicUsize::new(0);
            let mut made = 0;
            let (mut producer, mut consumer) = queue();
            if copies {
                producer.copy_payloads();
            }
            let mut visible = VecDeque::new();
            let mut hidden = Vec::new();
            for (step, kind, n) in steps {
                match step {
                    0..=2 => {
                        let mut msg = any_message(kind, n, &freed);
                        made += usize::from(kind % 3 == 0);
                        hidden.push((said(&msg), kind % 3 == 0));
                        prop_assert!(producer.push(&mut msg));
                        prop_assert!(msg.is_empty() && msg.metadata().is_none());
                    }
                    3 => {
                        publish(&mut producer);
                        visible.append(&mut hidden.drain(..).collect());
                    }
                    8 => {
                        // To a consumer that sleeps, having taken what it has.
                        consumer.settle();
                        let sleeps = producer.publish(|()| true);
                        prop_assert!(sleeps);
                        visible.append(&mut hidden.drain(..).collect());
                        let single = |it: &&(String, bool)| it.0.contains("more: false");
                        let singles = visible.iter().filter(single).count() as u64;
                        prop_assert_eq!(consumer.count_waiting(|record| !record.more()), singles);
                    }
                    4 => {
                        consumer.refresh();
                        let mut msg = any_message(kind, n, &freed);
                        made += usize::from(kind % 3 == 0);
                        let popped = consumer.pop_into(&mut msg);
                        prop_assert_eq!(
                            popped.then(|| said(&msg)),
                            visible.pop_front().map(|it| it.0)
                        );
                    }
                    5 => {
                        consumer.refresh();
                        let mut left = n;
                        let taken = consumer.take_while(|data| {
                            let again = left > 0;
                            if again {
                                left -= 1;
                                let expected = format!("{data:?}");
                                assert!(visible.pop_front().expect("one").0.contains(&expected));
                            }
                            again
                        });
                        prop_assert_eq!(taken as usize, n - left);
                        let single = |said: &str| said.contains("Data") && said.contains("more: false");
                        prop_assert!(left == 0 || visible.front().is_none_or(|it| !single(&it.0)));
                    }
                    6 => {
                        consumer.refresh();
                        let lent = consumer.lend(|record| {
                            if !record.is_bare() {
                                return None;
                            }
                            let mut msg = Msg::from_slice(record.data()).expect("memory");
                            msg.set_more(record.more());
                            msg.set_class(record.class());
                            let said = visible.pop_front().expect("one").0;
                            // All but the routing id, which no reader of bare messages wants.
                            let end = said.rfind(" \"\" ").expect("the group");
                            Some(said[..end] == *said_before_the_group(&msg))
                        });
                        prop_assert_ne!(lent, Some(false));
                    }
                    _ => {
                        producer.take_back();
                        hidden.clear();
                    }
                }
                let waiting = visible.iter().chain(&hidden).filter(|it| it.1).count();
                prop_assert_eq!(freed.load(Ordering::Relaxed), made - waiting);
            }
            if consumer_first {
                drop(consumer);
                drop(producer);
            } else {
                drop(producer);
                drop(consumer);
            }
            prop_assert_eq!(freed.load(Ordering::Relaxed), made);
        }
    }

    #[test]
    fn payloads_are_copied_only_where_that_is_wanted() {
        for copies in [false, true] {
            let (mut producer, mut consumer) = queue();
            if copies {
                producer.copy_payloads();
            }
            let bytes: Vec<u8> = (0..200).collect();
            for len in [0, Msg::INLINE_MAX, Msg::INLINE_MAX + 1, 112, 113, 200] {
                let mut sent = Msg::from_slice(&bytes[..len]).expect("memory");
                let before = sent.data_ptr();
                assert!(producer.push(&mut sent));
                publish(&mut producer);
                assert_eq!(consumer.refresh(), 1);
                let copied = copies && len > Msg::INLINE_MAX && len <= 112;
                let inline = len <= Msg::INLINE_MAX;
                let mut bare = false;
                consumer.lend(|record| {
                    bare = record.is_bare();
                    None::<()>
                });
                assert_eq!(bare, inline || copied, "{len}");
                let mut received = Msg::new();
                assert!(consumer.pop_into(&mut received));
                assert_eq!(received.data(), &bytes[..len]);
                assert!(inline || copied || received.data_ptr() == before);
            }
        }
    }

    /// However many messages pass: if the consumer keeps up, no more memory is touched than a few of them
    /// take.
    #[test]
    fn a_queue_that_is_kept_empty_stays_small() {
        let (mut producer, mut consumer) = queue();
        let mut places = HashSet::new();
        for n in 0..10_000 {
            for part in 0..3 {
                assert!(producer.push(&mut message(3 * n + part)));
            }
            consumer.settle();
            producer.publish(|()| true);
            assert_eq!(consumer.refresh(), 3);
            for part in 0..3 {
                assert_eq!(pop(&mut consumer), Some(3 * n + part));
            }
            if n >= 100 {
                places.insert(producer.place.at.addr().get() / 64);
            }
        }
        assert!(places.len() <= 10, "{} cache lines", places.len());
    }

    /// Wherever in a chunk the consumer falls asleep, and however much comes until it wakes up.
    #[test]
    fn a_consumer_that_oversleeps_misses_nothing() {
        for before in 0..70 {
            for burst in 0..70 {
                let (mut producer, mut consumer) = queue();
                let mut sent = 0;
                let mut send = || {
                    assert!(producer.push(&mut message(sent)));
                    producer.publish(|()| true);
                    sent += 1;
                };
                let mut received = 0;
                let mut receive = |consumer: &mut Consumer<(), ()>| {
                    consumer.refresh();
                    while let Some(n) = pop(consumer) {
                        assert_eq!(n, received);
                        received += 1;
                    }
                    received
                };
                for _ in 0..before {
                    send();
                    receive(&mut consumer);
                    consumer.settle();
                }
                for _ in 0..burst {
                    send();
                }
                assert_eq!(receive(&mut consumer), before + burst);
            }
        }
    }

    #[test]
    fn what_puts_nothing_adds_nothing() {
        let (mut producer, mut consumer) = queue();
        assert!(!producer.push_with(|_| ()));
        assert!(!producer.has_unpublished());
        publish(&mut producer);
        assert_eq!(consumer.refresh(), 0);
    }

    #[test]
    fn two_threads_pass_every_message_in_order() {
        const COUNT: u64 = if cfg!(miri) { 2_000 } else { 500_000 };
        let (mut producer, mut consumer) = queue();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for n in 0..COUNT {
                    assert!(producer.push(&mut message(n)));
                    if n % 3 == 0 || n == COUNT - 1 {
                        publish(&mut producer);
                    }
                }
            });
            scope.spawn(move || {
                let mut expected = 0;
                while expected < COUNT {
                    if consumer.refresh() == 0 {
                        std::thread::yield_now();
                    }
                    while let Some(n) = pop(&mut consumer) {
                        assert_eq!(n, expected);
                        expected += 1;
                    }
                }
            });
        });
    }
}

#[cfg(loom)]
mod models {
    use super::*;
    use crate::msg::MetadataRef;

    /// Chunks are linked, emptied and recycled while both ends work.
    #[test]
    fn loom_queue_passes_messages_across_chunks() {
        loom::model(|| {
            let (mut producer, mut consumer) = queue();
            // The first chunk is a larger one.
            for n in 0..9 {
                assert!(producer.push(&mut message(n)));
                publish(&mut producer);
                consumer.refresh();
                assert_eq!(pop(&mut consumer), Some(n));
            }
            let writer = loom::thread::spawn(move || {
                for n in 9..15 {
                    assert!(producer.push(&mut message(n)));
                    if n % 3 == 2 {
                        publish(&mut producer);
                    }
                }
            });
            let mut expected = 9;
            consumer.refresh();
            while let Some(n) = pop(&mut consumer) {
                assert_eq!(n, expected);
                expected += 1;
            }
            assert!(writer.join().is_ok());
            consumer.refresh();
            while let Some(n) = pop(&mut consumer) {
                assert_eq!(n, expected);
                expected += 1;
            }
            assert_eq!(expected, 15);
        });
    }

    /// A chunk is begun again while the consumer, which went to sleep, takes what made the producer do so.
    #[test]
    fn loom_queue_begins_a_chunk_again() {
        static BEGAN_AGAIN: std::sync::atomic::AtomicBool =
            std::sync::atomic::AtomicBool::new(false);
        loom::model(|| {
            let (mut producer, mut consumer) = queue();
            let mut sent = 0;
            let mut expected = 0;
            // Words of two are written up to the middle of the first chunk, and taken.
            while sent < 9 {
                assert!(producer.push(&mut message(sent)));
                publish(&mut producer);
                sent += 1;
                consumer.refresh();
                assert_eq!(pop(&mut consumer), Some(expected));
                expected += 1;
            }
            let start = producer.place.at;
            let writer = loom::thread::spawn(move || {
                for n in sent..sent + 3 {
                    assert!(producer.push(&mut message(n)));
                    producer.publish(|()| true);
                }
                producer.place.at < start
            });
            for _ in 0..2 {
                consumer.settle();
                consumer.refresh();
                while let Some(n) = pop(&mut consumer) {
                    assert_eq!(n, expected);
                    expected += 1;
                }
            }
            if writer.join().expect("no panic") {
                BEGAN_AGAIN.store(true, Ordering::Relaxed);
            }
            consumer.refresh();
            while let Some(n) = pop(&mut consumer) {
                assert_eq!(n, expected);
                expected += 1;
            }
            assert_eq!(expected, sent + 3);
        });
        assert!(BEGAN_AGAIN.load(Ordering::Relaxed));
    }

    /// The consumer may go while the producer still publishes.
    #[test]
    fn loom_queue_ends_go_in_any_order() {
        loom::model(|| {
            let (mut producer, mut consumer) = queue();
            let writer = loom::thread::spawn(move || {
                for n in 0..2 {
                    let mut msg = message(n);
                    msg.set_metadata(Some(MetadataRef::from_pairs([("a", "b")])));
                    assert!(producer.push(&mut msg));
                    publish(&mut producer);
                }
            });
            consumer.refresh();
            pop(&mut consumer);
            drop(consumer);
            assert!(writer.join().is_ok());
        });
    }
}
