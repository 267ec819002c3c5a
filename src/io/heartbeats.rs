//! Whether the peer is still there: PINGs and silences (RFC 37, "heartbeating").
//!
//! Two silences end a connection: that after a PING of ours (`ZMQ_HEARTBEAT_TIMEOUT`), and that
//! after a PING of the peer's that came with a time to live. Each lasts until the first reception
//! after the PING, and the peer is not expected again before the next one.

use super::connection::{Inner, Phase};
use super::halves::Failure;
use super::session::Session;
use super::thread::Loop;
use super::timers::{Timer, is_running, stop};
use crate::error::Errno;
use crate::sync::atomic::Ordering;
use crate::sys::clock;
use crate::zmtp::command;

/// The peer is to be heard by a certain time.
#[derive(Clone, Copy, Debug)]
struct Silence {
    /// Until when, in milliseconds on the library's clock.
    deadline: u64,
    /// When the timer goes off: at the deadline or before. Deadlines that move away as fast as
    /// PINGs come need not start a timer each.
    due: u64,
    /// The session's count of receptions when the silence began.
    heard: u32,
}

/// The silences of a session. Most have none.
#[derive(Debug, Default)]
pub(super) struct Silences {
    after_ours: Option<Box<Silence>>,
    after_theirs: Option<Box<Silence>>,
}

impl Silences {
    fn of(&mut self, timer: Timer) -> &mut Option<Box<Silence>> {
        match timer {
            Timer::HeartbeatTtl => &mut self.after_theirs,
            _ => &mut self.after_ours,
        }
    }
}

impl Session {
    /// A connection is up that can be asked for signs of life.
    pub(super) fn start_heartbeats(&self, at: &mut Loop, inner: &mut Inner) {
        if self.options.heartbeat_ivl > 0 {
            self.start_timer(at, inner, Timer::Heartbeat, self.options.heartbeat_ivl);
        }
    }

    pub(super) fn stop_heartbeats(&self, inner: &mut Inner) {
        for timer in [Timer::Heartbeat, Timer::HeartbeatTimeout, Timer::HeartbeatTtl] {
            stop(&mut inner.running, timer);
        }
        inner.silences = Silences::default();
    }

    /// Sends a PING and expects something back.
    pub(super) fn heartbeat(&self, at: &mut Loop, inner: &mut Inner) {
        if !matches!(inner.phase, Phase::Up(_)) {
            return;
        }
        let ttl = u16::try_from(self.options.heartbeat_ttl / 100).unwrap_or(u16::MAX);
        if !self.has_unsent_ping()
            && let Ok(ping) = command::ping(ttl, &[])
        {
            self.send_control(ping);
        }
        let limit = match self.options.heartbeat_timeout {
            -1 => self.options.heartbeat_ivl,
            limit => limit,
        };
        let heard = self.traffic.load(Ordering::Relaxed);
        // A silence that goes on is not begun anew by each PING.
        let goes_on =
            inner.silences.after_ours.as_ref().is_some_and(|silence| silence.heard == heard);
        if limit > 0 && !goes_on {
            self.expect(at, inner, Timer::HeartbeatTimeout, limit, heard);
        }
        self.start_timer(at, inner, Timer::Heartbeat, self.options.heartbeat_ivl);
    }

    /// The peer promised to send something every so often.
    pub fn on_expect_traffic(&self, at: &mut Loop) {
        let (within_ms, heard) = self.take_promise();
        let mut inner = self.inner.lock();
        if matches!(inner.phase, Phase::Up(_)) {
            let within = i32::try_from(within_ms).unwrap_or(i32::MAX);
            self.expect(at, &mut inner, Timer::HeartbeatTtl, within, heard);
        }
    }

    /// Gives the connection up after so many milliseconds, unless there are more receptions than
    /// `heard` by then.
    fn expect(&self, at: &mut Loop, inner: &mut Inner, timer: Timer, within: i32, heard: u32) {
        let now = clock::now_ms();
        let deadline = now.saturating_add(u64::try_from(within).unwrap_or(0));
        let due = inner.silences.of(timer).as_ref().map_or(u64::MAX, |silence| silence.due);
        let running = is_running(&inner.running, timer) && due <= deadline;
        let due = if running { due } else { deadline };
        *inner.silences.of(timer) = Some(Box::new(Silence { deadline, due, heard }));
        if !running {
            self.start_timer(at, inner, timer, within);
        }
    }

    /// A silence may have lasted for too long.
    pub(super) fn on_silence(&self, at: &mut Loop, inner: &mut Inner, timer: Timer) {
        let Some(silence) = inner.silences.of(timer).take() else { return };
        if self.traffic.load(Ordering::Relaxed) != silence.heard {
            return;
        }
        let left = silence.deadline.saturating_sub(clock::now_ms());
        if left > 0 {
            let due = silence.deadline;
            *inner.silences.of(timer) = Some(Box::new(Silence { due, ..*silence }));
            let left = i32::try_from(left).unwrap_or(i32::MAX);
            return self.start_timer(at, inner, timer, left);
        }
        self.log_silence(inner);
        self.detach(at, inner, Some(Failure::Connection(Errno::ETIMEDOUT)));
    }
}
