//! Pipes that share messages.

use super::*;
use crate::core::broadcast::{BroadcastWriter, SIZES};

/// Puts a message where all members read, and wakes those who sleep.
fn put(broadcast: &mut BroadcastWriter, writers: &mut [&mut PipeWriter], text: &str) {
    assert!(broadcast.append(text.as_bytes()));
    broadcast.for_sleepers(|number| writers[number as usize].wake());
}

#[cfg(not(loom))]
mod ordinary {
    use super::*;
    use crate::msg::packed;

    struct Pipe {
        w: PipeWriter,
        r: PipeReader,
        told: Arc<Counter>,
    }

    fn pipe(hwm: i32) -> Pipe {
        let told = Arc::new(Counter::default());
        let (mut w, r) = direction(hwm, false, Arc::new(Counter::default()), told.clone());
        w.copy_payloads();
        Pipe { w, r, told }
    }

    fn broadcast<const N: usize>(hwm: i32) -> (BroadcastWriter, [Pipe; N]) {
        let mut pipes = std::array::from_fn(|_| pipe(hwm));
        let room = pipes.iter_mut().map(|pipe| pipe.w.shareable_room().expect("shareable")).min();
        let broadcast = BroadcastWriter::new(SIZES.0, N, room.expect("pipes")).expect("memory");
        for (pipe, number) in pipes.iter_mut().zip(0..) {
            assert!(pipe.w.join(&broadcast, number));
        }
        (broadcast, pipes)
    }

    fn write(pipe: &mut Pipe, text: &str) {
        assert!(pipe.w.write(&mut message(text, false)));
        pipe.w.flush(false);
    }

    fn read(pipe: &mut Pipe) -> Vec<String> {
        let (mut read, mut msg) = (Vec::new(), Msg::new());
        while pipe.r.read(&mut msg) {
            read.push(String::from_utf8_lossy(msg.data()).into_owned());
        }
        read
    }

    fn read_packed(pipe: &mut Pipe, most: usize) -> Vec<String> {
        let unpack = |mut all: &[u8]| {
            let next = || {
                packed::next(&mut all).map(|payload| String::from_utf8_lossy(payload).into_owned())
            };
            std::iter::from_fn(next).collect::<Vec<_>>()
        };
        let (texts, messages) = pipe.r.read_packed(most, unpack).unwrap_or_default();
        assert_eq!(texts.len(), messages as usize);
        texts
    }

    #[test]
    fn each_member_reads_all_in_order_at_its_own_pace() {
        let (mut broadcast, [mut a, mut b]) = broadcast(0);
        assert!(read(&mut a).is_empty());
        for text in ["1", "2"] {
            put(&mut broadcast, &mut [&mut a.w, &mut b.w], text);
        }
        assert_eq!(read(&mut a), ["1", "2"]);
        put(&mut broadcast, &mut [&mut a.w, &mut b.w], "3");
        assert_eq!(read(&mut b), ["1", "2", "3"]);
        assert_eq!(read(&mut a), ["3"]);
    }

    #[test]
    fn what_is_written_before_and_after_keeps_its_place() {
        let mut pipes = [pipe(0), pipe(0)];
        write(&mut pipes[0], "before");
        for round in 0..3 {
            let mut broadcast = BroadcastWriter::new(SIZES.0, 2, u32::MAX).expect("memory");
            for (pipe, number) in pipes.iter_mut().zip(0..) {
                assert!(pipe.w.join(&broadcast, number));
            }
            for _ in 0..round {
                let [a, b] = &mut pipes;
                put(&mut broadcast, &mut [&mut a.w, &mut b.w], "both");
            }
            write(&mut pipes[0], "after");
            assert!(!broadcast.is_open() && !broadcast.append(b"too late"));
        }
        assert_eq!(
            read(&mut pipes[0]),
            ["before", "after", "both", "after", "both", "both", "after"]
        );
        assert_eq!(read(&mut pipes[1]), ["both"; 3]);
    }

    #[test]
    fn a_member_that_sleeps_is_told_once_and_one_that_is_awake_is_not() {
        let (mut broadcast, [mut a, mut b]) = broadcast(0);
        assert!(read(&mut a).is_empty());
        for text in ["1", "2"] {
            put(&mut broadcast, &mut [&mut a.w, &mut b.w], text);
        }
        assert_eq!(a.told.readable.load(Ordering::SeqCst), 1);
        assert_eq!(b.told.readable.load(Ordering::SeqCst), 0);
        assert_eq!(read(&mut a), ["1", "2"]);
        // A member on the list that goes on its own account is told for nothing, and on the list again.
        put(&mut broadcast, &mut [&mut a.w, &mut b.w], "3");
        assert_eq!(a.told.readable.load(Ordering::SeqCst), 2);
        assert_eq!(read(&mut a), ["3"]);
        put(&mut broadcast, &mut [&mut a.w, &mut b.w], "4");
        assert_eq!(a.told.readable.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn packed_reads_end_between_messages() {
        let (mut broadcast, [mut a, mut b]) = broadcast(0);
        for text in ["one", "two", "three"] {
            put(&mut broadcast, &mut [&mut a.w, &mut b.w], text);
        }
        assert_eq!(read_packed(&mut a, 0), ["one"]);
        assert_eq!(read_packed(&mut a, 11), ["two"]);
        assert_eq!(read_packed(&mut a, 7), ["three"]);
        assert!(read_packed(&mut a, 100).is_empty());
        assert_eq!(read_packed(&mut b, 10), ["one", "two"]);
        put(&mut broadcast, &mut [&mut a.w, &mut b.w], "four");
        assert_eq!(read_packed(&mut b, 100), ["three"], "as far as was seen");
        assert_eq!(read_packed(&mut b, 100), ["four"]);
    }

    #[test]
    fn shared_messages_count_towards_the_high_water_mark() {
        let (mut broadcast, [mut a, mut b]) = broadcast(4);
        for _ in 0..4 {
            put(&mut broadcast, &mut [&mut a.w, &mut b.w], "x");
        }
        assert!(!broadcast.is_open() && !broadcast.append(b"x"));
        assert!(a.w.is_full_as_known());
        assert_eq!((a.w.backlog(), a.r.backlog()), (4, 4));
        assert!(!a.w.write(&mut message("x", false)));
        assert_eq!(read(&mut a).len(), 4);
        assert!(a.w.check());
        assert_eq!((a.w.backlog(), a.r.backlog()), (0, 0));
        assert_eq!(a.w.shareable_room(), Some(4));
        assert_eq!(b.w.shareable_room(), Some(0));
        assert!(read_packed(&mut b, 3).len() == 1 && read_packed(&mut b, 3).len() == 1);
        assert_eq!(b.w.shareable_room(), Some(2));
        assert_eq!((b.w.backlog(), b.r.backlog()), (2, 2));
    }

    #[test]
    fn the_end_comes_after_what_was_shared() {
        let (mut broadcast, [mut a, mut b]) = broadcast(0);
        put(&mut broadcast, &mut [&mut a.w, &mut b.w], "1");
        a.w.close();
        assert!(!broadcast.append(b"2"));
        assert_eq!(read(&mut a), ["1"]);
        assert!(a.r.is_ended());
        assert_eq!(read(&mut b), ["1"]);
        assert!(!b.r.is_ended());
    }

    #[test]
    fn a_sealed_reader_takes_what_was_there() {
        for entered in [false, true] {
            let (mut broadcast, [mut a, mut b]) = broadcast(0);
            put(&mut broadcast, &mut [&mut a.w, &mut b.w], "1");
            if entered {
                assert!(a.r.check());
            }
            a.r.seal();
            put(&mut broadcast, &mut [&mut a.w, &mut b.w], "2");
            write(&mut a, "3");
            assert_eq!(read(&mut a), ["1"]);
            assert!(a.r.is_ended());
            assert_eq!(read(&mut b), ["1", "2"]);
        }
        let (_, [mut a]) = broadcast(0);
        a.r.seal();
        let mut next = BroadcastWriter::new(SIZES.0, 1, 9).expect("memory");
        assert!(a.w.join(&next, 0));
        put(&mut next, &mut [&mut a.w], "after");
        assert!(read(&mut a).is_empty() && a.r.is_ended());
    }

    #[test]
    fn what_waits_is_dropped_at_once() {
        let (mut broadcast, [mut a, mut b]) = broadcast(0);
        for text in ["1", "2"] {
            put(&mut broadcast, &mut [&mut a.w, &mut b.w], text);
        }
        a.w.force(Msg::marker(Class::HiccupMark));
        a.w.flush(false);
        assert_eq!(a.r.peek_class(), Some(Class::Data));
        assert_eq!(
            (a.r.skip(), a.r.skip(), a.r.skip()),
            (Some(Class::Data), Some(Class::HiccupMark), None)
        );
        assert_eq!(read(&mut b), ["1", "2"]);
    }

    #[test]
    fn only_pipes_of_connections_share() {
        let peer = || Arc::new(Counter::default());
        let (mut inproc, _r) = direction(0, false, peer(), peer());
        assert_eq!(inproc.shareable_room(), None);
        let (mut conflated, _r) = direction(0, true, peer(), peer());
        conflated.copy_payloads();
        assert_eq!(conflated.shareable_room(), None);
        let mut deserted = pipe(0);
        drop(deserted.r);
        assert_eq!(deserted.w.shareable_room(), None);
        let mut busy = pipe(0);
        assert!(busy.w.write(&mut message("part", true)));
        let broadcast = BroadcastWriter::new(SIZES.0, 1, 9).expect("memory");
        assert!(!busy.w.join(&broadcast, 0));
        assert!(busy.w.write(&mut message("rest", false)));
    }

    #[test]
    fn a_broadcast_is_full_in_the_end_and_freed_with_its_last_member() {
        let (mut broadcast, [mut a, b]) = broadcast(0);
        let memory = Arc::downgrade(broadcast.shared());
        let text = "y".repeat(300);
        let mut count = 0;
        while broadcast.append(text.as_bytes()) {
            count += 1;
        }
        assert_eq!(count, SIZES.0 / (300 + packed::MAX_HEADER));
        assert!(broadcast.is_open(), "for a shorter one");
        drop(broadcast);
        drop(b);
        assert_eq!(read(&mut a), vec![text; count]);
        drop(a);
        assert!(memory.upgrade().is_none());
    }
}

#[cfg(loom)]
mod models {
    use super::super::models::pipe;
    use super::*;

    fn joined(count: usize) -> (BroadcastWriter, Vec<PipeWriter>, Vec<(PipeReader, Arc<Counter>)>) {
        let broadcast = BroadcastWriter::new(8, count, 9).expect("memory");
        let (mut writers, mut readers) = (Vec::new(), Vec::new());
        for number in 0..count {
            let (mut w, r, _, told) = pipe(0);
            w.copy_payloads();
            assert!(w.join(&broadcast, number as u32));
            writers.push(w);
            readers.push((r, told));
        }
        (broadcast, writers, readers)
    }

    /// A member that found nothing is told of what comes.
    #[test]
    fn loom_broadcast_loses_no_wake_up() {
        loom::model(|| {
            let (mut broadcast, mut writers, mut readers) = joined(1);
            let (mut r, told) = readers.remove(0);
            // On the list already, and awake.
            assert!(!r.check());
            put(&mut broadcast, &mut [&mut writers[0]], "x");
            assert!(r.read(&mut Msg::new()));
            let writer = loom::thread::spawn(move || {
                put(&mut broadcast, &mut [&mut writers[0]], "y");
                (broadcast, writers)
            });
            let got = r.check();
            assert!(writer.join().is_ok());
            assert!(got || told.readable.load(Ordering::SeqCst) == 2);
        });
    }

    /// Two members go to sleep while two messages come.
    #[test]
    fn loom_broadcast_wakes_all_members() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(2);
        model.check(|| {
            let (mut broadcast, mut writers, mut readers) = joined(2);
            let (mut b, told_b) = readers.remove(1);
            let (mut a, told_a) = readers.remove(0);
            let other = loom::thread::spawn(move || {
                let got = b.check();
                (b, got)
            });
            let writer = loom::thread::spawn(move || {
                let [a, b] = &mut writers[..] else { return (broadcast, writers) };
                put(&mut broadcast, &mut [a, b], "x");
                (broadcast, writers)
            });
            let got = a.check();
            let other = other.join().expect("no panic");
            assert!(writer.join().is_ok());
            assert!(got || told_a.readable.load(Ordering::SeqCst) == 1);
            assert!(other.1 || told_b.readable.load(Ordering::SeqCst) == 1);
        });
    }

    /// All that was put there comes before what its member gets next.
    #[test]
    fn loom_broadcast_ends_after_its_last_message() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let (mut broadcast, mut writers, mut readers) = joined(1);
            let (mut r, _) = readers.remove(0);
            let writer = loom::thread::spawn(move || {
                put(&mut broadcast, &mut [&mut writers[0]], "1");
                assert!(writers[0].write(&mut message("2", false)));
                writers[0].flush(false);
                (broadcast, writers)
            });
            let (mut msg, mut got) = (Msg::new(), Vec::new());
            while r.read(&mut msg) {
                got.extend_from_slice(msg.data());
            }
            assert!(writer.join().is_ok());
            while r.read(&mut msg) {
                got.extend_from_slice(msg.data());
            }
            assert_eq!(got, b"12");
        });
    }
}
