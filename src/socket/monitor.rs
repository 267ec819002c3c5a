//! Monitors: a socket's events as messages of another socket.
//!
//! The other socket (PAIR, PUB or PUSH, bound to an inproc address) belongs to the monitor.
//! Events that nobody takes yet wait here: a thread that reports an event never blocks.

use std::collections::VecDeque;

use crate::sync::Mutex;

use super::context::Context;
use super::socket::Socket;
use crate::consts::*;
use crate::core::mailbox::EndpointPair;
use crate::error::{Errno, Result};
use crate::io::Events;
use crate::msg::Msg;
use crate::options::SocketType;
use crate::sync::Arc;
use crate::sync::atomic::{AtomicU64, Ordering};

/// Events kept for a monitor that nobody has connected to.
const BACKLOG: usize = 10_000;

/// A socket's monitor, if it has one.
#[derive(Default)]
pub struct Monitor {
    /// The events asked for; 0 without a monitor.
    wanted: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    socket: Option<Box<Socket>>,
    version: i32,
    backlog: VecDeque<Vec<Msg>>,
}

impl Monitor {
    /// Starts to report `events` at the inproc `address`, ending an earlier monitor. Errors:
    /// `EINVAL` (version 1 with newer events, socket type), `EPROTONOSUPPORT` (not inproc),
    /// `EADDRINUSE`, `EMFILE`, `ETERM`.
    pub fn start(
        self: &Arc<Self>,
        context: &Arc<Context>,
        address: &str,
        events: u64,
        version: i32,
        socket_type: SocketType,
    ) -> Result<()> {
        self.stop();
        if !matches!(socket_type, SocketType::Pair | SocketType::Pub | SocketType::Push) {
            return Err(Errno::EINVAL);
        }
        let mut socket = context.socket(socket_type)?;
        let never = 0i32.to_ne_bytes();
        socket.set_option(ZMQ_LINGER, Some(&never))?;
        // Without limit: an event is never refused.
        socket.set_option(ZMQ_SNDHWM, Some(&never))?;
        if let Err(error) = socket.bind_monitor(address, Arc::downgrade(self)) {
            socket.close();
            return Err(error);
        }
        let mut state = self.state.lock();
        *state = State { socket: Some(socket), version, backlog: VecDeque::new() };
        self.wanted.store(events, Ordering::SeqCst);
        Ok(())
    }

    /// Ends the monitor, if there is one, with a last event that says so.
    pub fn stop(&self) {
        let wanted = self.wanted.swap(0, Ordering::SeqCst);
        let mut state = self.state.lock();
        if state.socket.is_none() {
            return;
        }
        if wanted & ZMQ_EVENT_MONITOR_STOPPED as u64 != 0 {
            let stopped = ZMQ_EVENT_MONITOR_STOPPED as u64;
            state.report(stopped, &[0], &EndpointPair::default());
        }
        let socket = std::mem::take(&mut *state).socket;
        drop(state);
        if let Some(socket) = socket {
            socket.close();
        }
    }

    /// Whether `event` is asked for.
    pub fn wants(&self, event: u64) -> bool {
        self.wanted.load(Ordering::Relaxed) & event != 0
    }

    /// Reports an event with its values.
    pub fn report(&self, event: u64, values: &[u64], endpoints: &EndpointPair) {
        if self.wants(event) {
            self.state.lock().report(event, values, endpoints);
        }
    }

    /// Somebody connected: says what has happened so far.
    pub fn connected(&self) {
        self.state.lock().flush();
    }
}

impl State {
    fn report(&mut self, event: u64, values: &[u64], endpoints: &EndpointPair) {
        let frames = match self.version {
            1 => first_version(event, values, endpoints),
            _ => second_version(event, values, endpoints),
        };
        if self.backlog.len() == BACKLOG {
            self.backlog.pop_front();
        }
        self.backlog.extend(frames.ok());
        self.flush();
    }

    /// Sends as many events as the socket takes.
    fn flush(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        while let Some(frames) = self.backlog.front_mut() {
            let mut left = frames.len();
            for frame in frames.iter_mut() {
                left -= 1;
                if socket.try_send(frame, left > 0, false).is_err() {
                    return;
                }
            }
            self.backlog.pop_front();
        }
    }
}

/// Two frames: event (16 bits) and value (32 bits), packed; address.
fn first_version(event: u64, values: &[u64], endpoints: &EndpointPair) -> Result<Vec<Msg>> {
    let mut head = [0; 6];
    head[..2].copy_from_slice(&(event as u16).to_ne_bytes());
    head[2..].copy_from_slice(&(values.first().copied().unwrap_or(0) as u32).to_ne_bytes());
    Ok(vec![Msg::from_slice(&head)?, Msg::from_slice(endpoints.identifier().as_bytes())?])
}

/// Event, number of values, each value (64 bits each), local address, remote address.
fn second_version(event: u64, values: &[u64], endpoints: &EndpointPair) -> Result<Vec<Msg>> {
    let mut frames = vec![number(event)?, number(values.len() as u64)?];
    for &value in values {
        frames.push(number(value)?);
    }
    frames.push(Msg::from_slice(endpoints.local.as_bytes())?);
    frames.push(Msg::from_slice(endpoints.remote.as_bytes())?);
    Ok(frames)
}

fn number(value: u64) -> Result<Msg> {
    Msg::from_slice(&value.to_ne_bytes())
}

/// A socket's port reports through its monitor, which ends with the port.
pub struct MonitorEvents(pub Arc<Monitor>);

impl Events for MonitorEvents {
    fn emit(&self, event: i32, value: u64, endpoints: &EndpointPair) {
        self.0.report(event as u64, &[value], endpoints);
    }
}

impl Drop for MonitorEvents {
    fn drop(&mut self) {
        self.0.stop();
    }
}
