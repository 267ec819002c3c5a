use super::*;
use crate::msg::Msg;
use crate::sync::atomic::Ordering;

#[derive(Default)]
struct Counter {
    readable: AtomicU64,
    writable: AtomicU64,
    ended: AtomicU64,
}

impl Peer for Counter {
    fn readable(&self, _direct: bool) {
        self.readable.fetch_add(1, Ordering::SeqCst);
    }
    fn writable(&self) {
        self.writable.fetch_add(1, Ordering::SeqCst);
    }
    fn ended(&self, _asleep: bool) {
        self.ended.fetch_add(1, Ordering::SeqCst);
    }
}

mod broadcasts;

fn message(text: &str, more: bool) -> Msg {
    let mut msg = Msg::from_slice(text.as_bytes()).expect("memory");
    msg.set_more(more);
    msg
}

#[cfg(not(loom))]
mod ordinary {
    use super::*;

    fn pipe(hwm: i32, conflate: bool) -> (PipeWriter, PipeReader, Arc<Counter>, Arc<Counter>) {
        let (writer, reader) = (Arc::new(Counter::default()), Arc::new(Counter::default()));
        let (w, r) = direction(hwm, conflate, writer.clone(), reader.clone());
        (w, r, writer, reader)
    }

    fn read(reader: &mut PipeReader) -> Option<String> {
        let mut msg = Msg::new();
        reader.read(&mut msg).then(|| String::from_utf8_lossy(msg.data()).into_owned())
    }

    #[test]
    fn a_sleeping_reader_is_told_once() {
        let (mut w, mut r, _, told) = pipe(0, false);
        assert!(!r.check());
        for text in ["a", "b"] {
            assert!(w.write(&mut message(text, false)));
            w.flush(true);
        }
        assert_eq!(told.readable.load(Ordering::SeqCst), 1);
        assert_eq!(read(&mut r).as_deref(), Some("a"));
        assert_eq!(read(&mut r).as_deref(), Some("b"));
        assert_eq!(read(&mut r), None);
        assert!(!r.is_ended());
    }

    #[test]
    fn credit_returns_every_low_water_mark() {
        let (mut w, mut r, told, _) = pipe(4, false);
        for _ in 0..4 {
            assert!(w.write(&mut message("x", false)));
        }
        w.flush(false);
        assert!(!w.write(&mut message("x", false)));
        assert!(read(&mut r).is_some());
        assert!(!w.check());
        assert_eq!(told.writable.load(Ordering::SeqCst), 0);
        assert!(read(&mut r).is_some());
        assert_eq!(told.writable.load(Ordering::SeqCst), 1);
        assert!(w.check());
    }

    #[test]
    fn a_writer_far_ahead_rests_until_the_reader_has_caught_up() {
        let (mut w, mut r, told, _) = pipe(0, false);
        assert!(!w.given(100, 10), "nobody counts");
        r.count_bytes();
        r.taken(100);
        assert!(!w.given(10, 10));
        assert!(w.given(10, 10));
        assert!(w.rest(5));
        r.taken(10);
        assert_eq!(told.writable.load(Ordering::SeqCst), 0);
        r.taken(5);
        assert_eq!(told.writable.load(Ordering::SeqCst), 1);
        r.taken(5);
        assert_eq!(told.writable.load(Ordering::SeqCst), 1);
        w.rested();
        assert!(w.given(11, 10));
        r.taken(11);
        assert!(!w.rest(5), "it has caught up");
    }

    #[test]
    fn a_writer_rests_less_and_less_where_nothing_is_taken() {
        let (mut w, r, _, _) = pipe(0, false);
        r.count_bytes();
        let mut rests = 0;
        for _ in 0..1000 {
            if w.given(100, 10) {
                assert!(w.rest(5));
                w.rested();
                rests += 1;
            }
        }
        // After 1, 2, 4 … messages, then after every 32.
        assert_eq!(rests, 6 + (1000 - 37) / 33);
    }

    #[test]
    fn what_only_the_reader_counted_does_not_matter() {
        let (mut w, mut r, _, _) = pipe(0, false);
        r.count_bytes();
        r.taken(1000);
        for _ in 0..2 {
            assert!(!w.given(10, 10));
        }
        assert!(w.given(10, 10));
    }

    #[test]
    fn a_lower_mark_does_not_strand_the_writer() {
        for (before, after, early) in [(0, 2, false), (100, 2, false), (0, 2, true), (100, 2, true)]
        {
            let (mut w, mut r, told, _) = pipe(before, false);
            for _ in 0..20 {
                assert!(w.write(&mut message("x", false)));
            }
            w.flush(false);
            if early {
                w.set_hwm(after);
                assert!(!w.check());
            }
            while read(&mut r).is_some() {}
            if early {
                assert_eq!(told.writable.load(Ordering::SeqCst), 1);
            } else {
                w.set_hwm(after);
            }
            assert!(w.write(&mut message("x", false)));
            assert!(w.write(&mut message("x", false)));
            assert!(!w.write(&mut message("x", false)));
        }
    }

    #[test]
    fn a_multipart_message_counts_once_and_is_not_cut_by_the_mark() {
        let (mut w, mut r, _, _) = pipe(1, false);
        assert!(w.write(&mut message("1", true)));
        assert!(w.write(&mut message("2", true)));
        assert!(w.write(&mut message("3", false)));
        assert!(!w.write(&mut message("4", false)));
        w.flush(false);
        for text in ["1", "2", "3"] {
            assert_eq!(read(&mut r).as_deref(), Some(text));
        }
        assert!(w.check());
    }

    #[test]
    fn an_unfinished_message_is_invisible_and_can_be_taken_back() {
        let (mut w, mut r, _, _) = pipe(0, false);
        assert!(w.write(&mut message("whole", false)));
        assert!(w.write(&mut message("part", true)));
        w.flush(false);
        assert_eq!(read(&mut r).as_deref(), Some("whole"));
        assert_eq!(read(&mut r), None);
        w.rollback();
        assert!(w.write(&mut message("next", false)));
        w.flush(false);
        assert_eq!(read(&mut r).as_deref(), Some("next"));
    }

    #[test]
    fn what_was_written_before_the_end_is_read_before_it() {
        let (mut w, mut r, _, told) = pipe(0, false);
        assert!(w.write(&mut message("last", false)));
        w.close();
        assert_eq!(told.ended.load(Ordering::SeqCst), 1);
        assert_eq!(read(&mut r).as_deref(), Some("last"));
        assert_eq!(read(&mut r), None);
        assert!(r.is_ended());
    }

    #[test]
    fn a_writer_whose_reader_is_gone_is_refused() {
        let (mut w, r, _, _) = pipe(0, false);
        drop(r);
        assert!(!w.write(&mut message("x", false)));
    }

    #[test]
    fn conflation_keeps_the_newest() {
        let (mut w, mut r, _, told) = pipe(1, true);
        assert!(!r.check());
        for text in ["1", "2", "3"] {
            assert!(w.write(&mut message(text, false)));
            w.flush(true);
        }
        assert_eq!(told.readable.load(Ordering::SeqCst), 1);
        assert_eq!(read(&mut r).as_deref(), Some("3"));
        assert_eq!(read(&mut r), None);
    }

    #[test]
    fn conflation_keeps_the_last_part_once_it_is_there() {
        let (mut w, mut r, _, told) = pipe(1, true);
        assert!(!r.check());
        for (text, more) in [("whole", false), ("1", true), ("2", true)] {
            assert!(w.write(&mut message(text, more)));
            w.flush(true);
        }
        assert_eq!(told.readable.load(Ordering::SeqCst), 1);
        assert_eq!(read(&mut r).as_deref(), Some("whole"));
        assert!(!r.check());
        assert!(w.write(&mut message("3", false)));
        w.flush(true);
        assert_eq!(told.readable.load(Ordering::SeqCst), 2);
        assert_eq!(read(&mut r).as_deref(), Some("3"));
    }
}

#[cfg(loom)]
mod models {
    use super::super::writer::STREAM;
    use super::*;

    /// Counters that the test looks at, behind a peer of the pipe's own: loom's
    /// `Arc` turns into one of a trait only while nobody else has it.
    struct Telling(Arc<Counter>);

    impl Peer for Telling {
        fn readable(&self, direct: bool) {
            self.0.readable(direct);
        }
        fn writable(&self) {
            self.0.writable();
        }
        fn ended(&self, asleep: bool) {
            self.0.ended(asleep);
        }
    }

    fn peer(told: &Arc<Counter>) -> Arc<dyn Peer> {
        Arc::from_std(std::sync::Arc::new(Telling(told.clone())))
    }

    pub(super) fn pipe(hwm: i32) -> (PipeWriter, PipeReader, Arc<Counter>, Arc<Counter>) {
        let (writer, reader) = (Arc::new(Counter::default()), Arc::new(Counter::default()));
        let (w, r) = direction(hwm, false, peer(&writer), peer(&reader));
        (w, r, writer, reader)
    }

    /// A reader that went to sleep over an empty pipe is told of what comes.
    #[test]
    fn loom_pipe_loses_no_wake_up_of_the_reader() {
        loom::model(|| {
            let (mut w, mut r, _, told) = pipe(0);
            let writer = loom::thread::spawn(move || {
                assert!(w.write(&mut message("x", false)));
                w.flush(false);
                w
            });
            let got = r.check();
            let writer = writer.join();
            assert!(writer.is_ok());
            assert!(got || told.readable.load(Ordering::SeqCst) == 1);
        });
    }

    /// A writer that rests is told, unless it saw by itself that the reader has caught up.
    #[test]
    fn loom_pipe_ends_every_rest() {
        loom::model(|| {
            let (mut w, mut r, told, _) = pipe(0);
            r.count_bytes();
            assert!(w.given(20, 10));
            let reader = loom::thread::spawn(move || {
                r.taken(10);
                r.taken(10);
                r
            });
            let rests = w.rest(5);
            let reader = reader.join();
            assert!(reader.is_ok());
            assert!(!rests || told.writable.load(Ordering::SeqCst) == 1);
        });
    }

    /// Writes messages, publishing each.
    fn stream(w: &mut PipeWriter, count: u32) {
        for _ in 0..count {
            assert!(w.write(&mut message("x", false)));
            w.flush(false);
        }
    }

    /// Reads what there is, until the reader goes to sleep. How many.
    fn read_all(r: &mut PipeReader) -> u32 {
        let mut count = 0;
        while r.read(&mut Msg::new()) {
            count += 1;
        }
        count
    }

    /// Nobody sleeps over what is there to be read.
    fn assert_told(r: &PipeReader, got: u32) {
        let asleep = r.side().reader_asleep.load(Ordering::SeqCst);
        assert!(got == STREAM + 1 || !asleep);
    }

    /// As above, in a stream, whose writer publishes without a fence.
    #[test]
    fn loom_pipe_wakes_the_reader_of_a_stream() {
        loom::model(|| {
            let (mut w, mut r, _, _) = pipe(0);
            stream(&mut w, STREAM);
            let writer = loom::thread::spawn(move || {
                stream(&mut w, 1);
                w
            });
            let got = read_all(&mut r);
            let writer = writer.join();
            assert!(writer.is_ok());
            assert_told(&r, got);
        });
    }

    /// As above, while the writer decides that this is a stream.
    #[test]
    fn loom_pipe_wakes_the_reader_of_a_new_stream() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let (mut w, mut r, _, _) = pipe(0);
            stream(&mut w, STREAM - 1);
            let writer = loom::thread::spawn(move || {
                stream(&mut w, 2);
                w
            });
            let got = read_all(&mut r);
            let writer = writer.join();
            assert!(writer.is_ok());
            assert_told(&r, got);
        });
    }

    /// A writer that found the pipe full is told when there is room.
    #[test]
    fn loom_pipe_loses_no_wake_up_of_the_writer() {
        loom::model(|| {
            let (mut w, mut r, told, _) = pipe(1);
            assert!(w.write(&mut message("x", false)));
            w.flush(false);
            let reader = loom::thread::spawn(move || {
                let mut msg = Msg::new();
                assert!(r.read(&mut msg));
                r
            });
            let free = w.check();
            assert!(reader.join().is_ok());
            assert!(free || told.writable.load(Ordering::SeqCst) == 1);
        });
    }

    /// The end is seen after the last message, never before it.
    #[test]
    fn loom_pipe_end_comes_last() {
        loom::model(|| {
            let (mut w, mut r, _, told) = pipe(0);
            let writer = loom::thread::spawn(move || {
                assert!(w.write(&mut message("x", false)));
                drop(w);
            });
            let mut msg = Msg::new();
            let early = r.read(&mut msg);
            assert!(early || !r.is_ended());
            assert!(writer.join().is_ok());
            assert!(early || r.read(&mut msg));
            assert!(!r.check() && r.is_ended());
            assert!(told.ended.load(Ordering::SeqCst) >= 1);
        });
    }
}
