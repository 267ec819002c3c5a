//! Tests of the schedule on a clock of their own, and of the exports on the real one.

use super::*;
use crate::sys;

unsafe extern "C" fn nothing(_: c_int, _: *mut c_void) {}

const NOTHING: Callback = Callback { handler: nothing, arg: ptr::null_mut() };

fn due(schedule: &Schedule, now: u64) -> Vec<c_int> {
    schedule.due(now).into_iter().map(|(_, id)| id).collect()
}

#[test]
fn timers_expire_in_order_and_repeat() {
    let mut schedule = Schedule::default();
    let slow = schedule.add(0, 20, NOTHING).unwrap();
    let fast = schedule.add(0, 10, NOTHING).unwrap();
    let also_slow = schedule.add(0, 20, NOTHING).unwrap();
    assert_eq!(schedule.timeout(3), Some(7));
    assert_eq!(due(&schedule, 9), []);
    assert_eq!(due(&schedule, 20), [fast, slow, also_slow]);
    assert_eq!(schedule.timeout(25), Some(0));
    for (at, id) in schedule.due(25) {
        assert!(schedule.fire(25, at, id).is_some());
    }
    assert_eq!(schedule.timeout(25), Some(10));
    assert_eq!(due(&schedule, 44), [fast]);
}

#[test]
fn cancelled_timers_are_not_called_and_soon_unknown() {
    let mut schedule = Schedule::default();
    let id = schedule.add(0, 10, NOTHING).unwrap();
    let later = schedule.add(0, 20, NOTHING).unwrap();
    let found = schedule.due(10);
    assert_eq!(schedule.cancel(id), Ok(()));
    assert_eq!(schedule.cancel(id), Err(Errno::EINVAL));
    assert!(schedule.fire(10, found[0].0, id).is_none());
    assert_eq!(schedule.restart(0, id, None), Err(Errno::EINVAL));
    assert_eq!(schedule.cancel(later), Ok(()));
    assert_eq!(schedule.restart(0, later, Some(30)), Ok(()));
    assert_eq!(schedule.timeout(0), None);
    assert_eq!(schedule.restart(0, later, None), Err(Errno::EINVAL));
    let other = schedule.add(0, 10, NOTHING).unwrap();
    assert!(other != id && other != later);
}

#[test]
fn restarting_starts_from_now() {
    let mut schedule = Schedule::default();
    let id = schedule.add(0, 10, NOTHING).unwrap();
    schedule.restart(8, id, None).unwrap();
    assert_eq!(schedule.timeout(8), Some(10));
    schedule.restart(9, id, Some(3)).unwrap();
    assert_eq!(schedule.timeout(9), Some(3));
    schedule.restart(9, id, Some(usize::MAX)).unwrap();
    assert_eq!(schedule.timeout(9), Some(u64::MAX - 9));
}

#[test]
fn a_handler_may_change_its_set() {
    /// What the handler works on: the set, and how often it was called.
    struct Shared {
        timers: *mut c_void,
        victim: c_int,
        calls: u32,
    }
    unsafe extern "C" fn handler(id: c_int, arg: *mut c_void) {
        // SAFETY: the test's object, used by one thread, with no borrow across zmq_timers_execute.
        unsafe {
            let shared = arg.cast::<Shared>();
            (*shared).calls += 1;
            let timers = (*shared).timers;
            assert_eq!(zmq_timers_cancel(timers, (*shared).victim), 0);
            assert_eq!(zmq_timers_set_interval(timers, id, 1000), 0);
            // Due at once, but not within the call that is under way.
            assert!(zmq_timers_add(timers, 0, Some(nothing), arg) > 0);
        }
    }
    unsafe extern "C" fn never(_: c_int, _: *mut c_void) {
        panic!("a cancelled timer was called");
    }
    let timers = zmq_timers_new();
    let mut shared = Shared { timers, victim: 0, calls: 0 };
    let arg: *mut Shared = &raw mut shared;
    // SAFETY: the handlers' argument lives to the end; handles are only looked up.
    unsafe {
        assert_eq!(zmq_timers_timeout(timers), -1);
        assert_eq!(zmq_timers_add(timers, 0, Some(handler), arg.cast()), 1);
        (*arg).victim = zmq_timers_add(timers, 0, Some(never), ptr::null_mut());
        assert_eq!(zmq_timers_timeout(timers), 0);
        assert_eq!(zmq_timers_execute(timers), 0);
        assert_eq!((*arg).calls, 1);
        assert_eq!(zmq_timers_timeout(timers), 0);
        assert_eq!(zmq_timers_execute(timers), 0);
        assert_eq!((*arg).calls, 1);
    }
    let mut handle = timers;
    // SAFETY: a local pointer.
    unsafe { assert_eq!(zmq_timers_destroy(&raw mut handle), 0) };
    assert!(handle.is_null());
}

#[test]
fn wrong_arguments() {
    let mut timers = zmq_timers_new();
    let stale = timers;
    let failed = |result: c_int| (result == -1).then(|| sys::ThreadErrno::find().get());
    // SAFETY: null or locals; handles are only looked up.
    unsafe {
        let none = ptr::null_mut();
        assert_eq!(failed(zmq_timers_add(timers, 10, None, none)), Some(Errno::EFAULT));
        assert_eq!(failed(zmq_timers_cancel(timers, 1)), Some(Errno::EINVAL));
        assert_eq!(failed(zmq_timers_destroy(ptr::null_mut())), Some(Errno::EFAULT));
        assert_eq!(failed(zmq_timers_destroy(&raw mut timers)), None);
        assert_eq!(failed(zmq_timers_destroy(&raw mut timers)), Some(Errno::EFAULT));
        for wrong in [stale, none, (&raw mut timers).cast()] {
            assert_eq!(failed(zmq_timers_execute(wrong)), Some(Errno::EFAULT));
            assert_eq!(zmq_timers_timeout(wrong), -1);
            assert_eq!(failed(zmq_timers_reset(wrong, 1)), Some(Errno::EFAULT));
        }
    }
}
