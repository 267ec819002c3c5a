//! Deadlines of an I/O thread.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What a timer is for. The number indexes its owner's table of running timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// Dial again.
    Reconnect,
    /// The dial takes too long.
    Connect,
    /// The handshake takes too long.
    Handshake,
    /// Send a PING.
    Heartbeat,
    /// No answer to a PING.
    HeartbeatTimeout,
    /// The peer promised to be heard by now.
    HeartbeatTtl,
    /// Time to send what is left is over.
    Linger,
    /// Look how far the system is with what is left.
    Delivery,
    /// Accept again after descriptors had run out.
    Accept,
    /// Look whether an application thread still reads for its socket.
    Reclaim,
    /// A protocol that a library of the system speaks wants a turn.
    Protocol,
}

impl Timer {
    /// How many there are.
    pub const COUNT: usize = 11;
}

/// Which timer of an object is running, by [`Timer`]; 0 if none.
pub type Running = [u64; Timer::COUNT];

/// A heap of deadlines. A stopped timer stays in the heap and is ignored when its time comes:
/// its number is no longer in its owner's table.
#[derive(Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<(u64, u64, u64, Timer)>>,
    last: u64,
}

impl Timers {
    /// Starts `timer` of object `token`: due at `now + delay_ms`.
    pub fn start(
        &mut self,
        running: &mut Running,
        timer: Timer,
        token: u64,
        now: u64,
        delay_ms: u64,
    ) {
        self.last += 1;
        if let Some(slot) = running.get_mut(timer as usize) {
            *slot = self.last;
        }
        self.heap.push(Reverse((now.saturating_add(delay_ms), self.last, token, timer)));
    }

    /// Milliseconds until the next deadline, -1 if there is none.
    pub fn wait_ms(&self, now: u64) -> i32 {
        self.heap.peek().map_or(-1, |Reverse((due, ..))| {
            i32::try_from(due.saturating_sub(now)).unwrap_or(i32::MAX)
        })
    }

    /// Takes one that is due: object, timer, number.
    pub fn due(&mut self, now: u64) -> Option<(u64, Timer, u64)> {
        let Reverse((due, ..)) = self.heap.peek()?;
        if *due > now {
            return None;
        }
        let Reverse((_, number, token, timer)) = self.heap.pop()?;
        Some((token, timer, number))
    }
}

/// Stops `timer`.
pub fn stop(running: &mut Running, timer: Timer) {
    if let Some(slot) = running.get_mut(timer as usize) {
        *slot = 0;
    }
}

/// Whether `timer` is running.
pub fn is_running(running: &Running, timer: Timer) -> bool {
    running.get(timer as usize).is_some_and(|&number| number != 0)
}

/// Takes note that number `number` came due. Whether it was still wanted.
pub fn expire(running: &mut Running, timer: Timer, number: u64) -> bool {
    match running.get_mut(timer as usize) {
        Some(slot) if *slot == number => {
            *slot = 0;
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stopped_and_restarted_timers_are_told_apart() {
        let mut timers = Timers::default();
        let mut running = Running::default();
        timers.start(&mut running, Timer::Linger, 7, 0, 10);
        timers.start(&mut running, Timer::Linger, 7, 0, 20);
        assert_eq!(timers.wait_ms(5), 5);
        let (token, timer, number) = timers.due(10).expect("due");
        assert_eq!((token, timer), (7, Timer::Linger));
        assert!(!expire(&mut running, timer, number));
        assert_eq!(timers.due(10), None);
        let (_, timer, number) = timers.due(25).expect("due");
        assert!(expire(&mut running, timer, number));
        assert_eq!(timers.wait_ms(25), -1);
    }
}
