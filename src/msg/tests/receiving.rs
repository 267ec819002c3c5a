//! Where bytes from the network land.

use super::*;

#[test]
fn spare_takes_what_fits() {
    let mut room = [MaybeUninit::uninit(); 5];
    let mut spare = Spare::new(&mut room);
    assert_eq!(spare.append(b"abc"), 3);
    assert_eq!(spare.capacity(), 2);
    assert_eq!(spare.append(b"defg"), 2);
    assert_eq!(spare.append(b"h"), 0);
    assert_eq!(spare.filled(), 5);
}

#[test]
fn spare_goes_on_where_the_next_one_is() {
    let (mut builder, mut buffer) = (MsgBuilder::new(100), RecvBuffer::new());
    builder.push(&[1; 97]).unwrap();
    let mut spare = builder.spare().unwrap().followed_by(buffer.spare(10).unwrap());
    spare.limit(7);
    assert_eq!((spare.capacity(), spare.room()), (3, 7));
    assert_eq!(spare.append(&[2, 3]), 2);
    assert_eq!(spare.append(&[4, 5, 6]), 3);
    let (at, room) = spare.beyond();
    assert_eq!((spare.capacity(), room), (0, 2));
    // SAFETY: two bytes fit.
    unsafe {
        at.write(7);
        spare.advance(1);
    }
    assert_eq!((spare.filled(), spare.room()), (6, 1));
    drop(spare);
    assert_eq!(builder.finish().data().get(97..), Some(&[2, 3, 4][..]));
    assert_eq!(buffer.data(), [5, 6, 7]);
}

#[test]
fn spare_counts_what_was_written_through_its_pointer() {
    let mut buffer = RecvBuffer::new();
    let mut spare = buffer.spare(4).unwrap();
    // SAFETY: at least four bytes fit.
    unsafe {
        ptr::copy_nonoverlapping(b"abcd".as_ptr(), spare.as_mut_ptr(), 4);
        spare.advance(4);
    }
    assert_eq!(spare.append(b"e"), 1);
    drop(spare);
    assert_eq!(buffer.data(), b"abcde");
}

#[test]
fn a_buffer_has_no_memory_before_and_after_its_use() {
    let mut buffer = RecvBuffer::new();
    assert!(buffer.data().is_empty() && buffer.data().is_empty());
    buffer.release();
    buffer.spare(1).unwrap().append(b"abc");
    buffer.release();
    assert_eq!(buffer.data(), b"abc");
    buffer.consume(99);
    buffer.release();
    assert_eq!(format!("{buffer:?}"), format!("{:?}", RecvBuffer::new()));
}

#[test]
fn what_waits_survives_growth() {
    let mut buffer = RecvBuffer::new();
    buffer.spare(10).unwrap().append(&pattern(1000));
    buffer.consume(100);
    assert!(buffer.spare(100_000).unwrap().capacity() >= 100_000);
    assert_eq!(buffer.data(), &pattern(1000)[100..]);
}

#[test]
fn a_buffer_that_is_filled_gets_a_larger_block() {
    let mut buffer = RecvBuffer::new();
    let first = buffer.spare(1).unwrap().capacity();
    let bytes = pattern(first);
    assert_eq!(buffer.spare(1).unwrap().append(&bytes), first);
    buffer.consume(first);
    assert!(buffer.spare(1).unwrap().capacity() > first);
}

#[test]
fn a_block_is_reused_when_its_messages_are_gone() {
    let mut buffer = RecvBuffer::new();
    let first = buffer.spare(1).unwrap().as_mut_ptr();
    buffer.spare(1).unwrap().append(&pattern(100));
    let msg = buffer.message(100).unwrap();
    assert_eq!(msg.data_ptr(), first.cast_const());
    assert_ne!(buffer.spare(1).unwrap().as_mut_ptr(), first);
    drop(msg);
    assert_eq!(buffer.spare(1).unwrap().as_mut_ptr(), first);
}

#[test]
fn messages_outlive_their_buffer() {
    let mut buffer = RecvBuffer::new();
    buffer.spare(1).unwrap().append(&pattern(300));
    let mut first = buffer.message(100).unwrap();
    let second = buffer.message(100).unwrap();
    assert!(!first.is_shared());
    let copy = first.duplicate().unwrap();
    assert!(first.is_shared());
    assert_eq!(buffer.message(101).unwrap_err(), Errno::EINVAL);
    assert_eq!(buffer.len(), 100);
    drop(buffer);
    drop(first);
    std::thread::spawn(move || drop(second)).join().unwrap();
    assert_eq!(copy.data(), &pattern(300)[..100]);
}

#[test]
fn a_builder_allocates_as_bytes_arrive() {
    let mut builder = MsgBuilder::new(1 << 40);
    let first = builder.spare().unwrap().capacity();
    assert_eq!(first, 1 << 20);
    if cfg!(miri) {
        return;
    }
    builder.push(&vec![1; first]).unwrap();
    assert_eq!(builder.spare().unwrap().capacity(), first);
    assert_eq!(builder.remaining(), (1 << 40) - first);
    assert_eq!(builder.finish().len(), first);
}

#[test]
fn a_builder_takes_no_more_than_its_size() {
    for size in [0, 1, 40, 41, 5000] {
        let mut builder = MsgBuilder::new(size);
        let bytes = pattern(size + 10);
        let half = size / 2;
        assert_eq!(builder.push(&bytes[..half]), Ok(half));
        assert_eq!(builder.push(&bytes[half..]), Ok(size - half));
        assert_eq!(builder.remaining(), 0);
        assert_eq!(builder.spare().unwrap().capacity(), 0);
        assert_eq!(builder.finish().data(), &bytes[..size]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 4 } else { 256 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// A stream goes through a buffer in random reads, and out in random messages, of which some
    /// are kept for a while.
    #[test]
    fn a_buffer_loses_and_changes_nothing(
        steps in proptest::collection::vec((1..9000usize, 0..3000usize, any::<bool>()), 1..40)
    ) {
        let mut buffer = RecvBuffer::new();
        let (mut written, mut read) = (0usize, 0usize);
        let byte = |at: usize| (at % 251) as u8;
        let mut kept: Vec<(usize, Msg)> = Vec::new();
        for (arriving, size, keep) in steps {
            {
                let mut spare = buffer.spare(1).unwrap();
                let bytes: Vec<u8> =
                    (written..written + arriving.min(spare.capacity())).map(byte).collect();
                written += spare.append(&bytes);
            }
            while buffer.len() >= size.max(1) {
                let msg = buffer.message(size.max(1)).unwrap();
                let expected: Vec<u8> = (read..read + msg.len()).map(byte).collect();
                prop_assert_eq!(msg.data(), &expected[..]);
                if keep {
                    kept.push((read, msg));
                    read += size.max(1);
                    break;
                }
                read += size.max(1);
            }
            prop_assert_eq!(buffer.len(), written - read);
            if kept.len() > 5 {
                kept.remove(0);
            }
        }
        drop(buffer);
        for (at, msg) in kept {
            let expected: Vec<u8> = (at..at + msg.len()).map(byte).collect();
            prop_assert_eq!(msg.data(), &expected[..]);
        }
    }
}
