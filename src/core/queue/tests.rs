use super::*;

#[cfg(not(loom))]
mod ordinary {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;
    use std::rc::Rc;

    #[test]
    fn only_published_items_are_seen() {
        let (mut producer, mut consumer) = queue();
        assert!(producer.push(|| 1));
        assert_eq!(consumer.refresh(), 0);
        assert_eq!(consumer.pop(), None);
        producer.publish();
        assert_eq!(consumer.refresh(), 1);
        assert_eq!(consumer.peek(), Some(&mut 1));
        assert_eq!(consumer.pop(), Some(1));
        assert_eq!(consumer.refresh(), 0);
    }

    proptest! {
        /// Any order of operations gives what a plain queue gives, and drops every item once.
        #[test]
        fn behaves_like_a_plain_queue(steps in proptest::collection::vec(0u8..5, 0..2000)) {
            let token = Rc::new(());
            // The test runs on one thread; `Rc` counts drops.
            let (mut producer, mut consumer) = queue::<(u32, Rc<()>)>();
            let mut visible = VecDeque::new();
            let mut hidden = Vec::new();
            for (n, step) in steps.into_iter().enumerate() {
                let n = n as u32;
                match step {
                    0 | 1 => {
                        prop_assert!(producer.push(|| (n, token.clone())));
                        hidden.push(n);
                    }
                    2 => {
                        producer.publish();
                        visible.extend(hidden.drain(..));
                    }
                    3 => {
                        consumer.refresh();
                        prop_assert_eq!(consumer.pop().map(|item| item.0), visible.pop_front());
                    }
                    _ => {
                        producer.take_back();
                        hidden.clear();
                    }
                }
                prop_assert_eq!(Rc::strong_count(&token), 1 + visible.len() + hidden.len());
            }
            if token.as_ref() == &() && visible.len() % 2 == 0 {
                drop(consumer);
                drop(producer);
            } else {
                drop(producer);
                drop(consumer);
            }
            prop_assert_eq!(Rc::strong_count(&token), 1);
        }
    }

    #[test]
    fn two_threads_pass_every_item_in_order() {
        const COUNT: u64 = if cfg!(miri) { 2_000 } else { 500_000 };
        let (mut producer, mut consumer) = queue();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for n in 0..COUNT {
                    assert!(producer.push(|| n));
                    if n % 3 == 0 || n == COUNT - 1 {
                        producer.publish();
                    }
                }
            });
            scope.spawn(move || {
                let mut expected = 0;
                while expected < COUNT {
                    if consumer.refresh() == 0 {
                        std::thread::yield_now();
                    }
                    while let Some(n) = consumer.pop() {
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

    /// Chunks are linked, emptied and recycled while both ends work.
    #[test]
    fn loom_queue_passes_items_across_chunks() {
        loom::model(|| {
            let (mut producer, mut consumer) = queue();
            let writer = loom::thread::spawn(move || {
                for n in 0..6u32 {
                    assert!(producer.push(|| n));
                    if n % 3 == 2 {
                        producer.publish();
                    }
                }
            });
            let mut expected = 0;
            consumer.refresh();
            while let Some(n) = consumer.pop() {
                assert_eq!(n, expected);
                expected += 1;
            }
            assert!(writer.join().is_ok());
            consumer.refresh();
            while let Some(n) = consumer.pop() {
                assert_eq!(n, expected);
                expected += 1;
            }
            assert_eq!(expected, 6);
        });
    }

    /// The consumer may go while the producer still publishes.
    #[test]
    fn loom_queue_ends_go_in_any_order() {
        loom::model(|| {
            let (mut producer, mut consumer) = queue();
            let writer = loom::thread::spawn(move || {
                assert!(producer.push(|| Arc::new(1)));
                producer.publish();
                assert!(producer.push(|| Arc::new(2)));
                producer.publish();
            });
            consumer.refresh();
            consumer.pop();
            drop(consumer);
            assert!(writer.join().is_ok());
        });
    }
}
