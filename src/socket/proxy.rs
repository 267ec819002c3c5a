//! Proxies: messages go from one socket to another, both ways.
//!
//! A side is read only while the other one takes messages, so that high-water marks hold across
//! the proxy. What it waits for is only what was missing a moment ago: input where there was none,
//! room where input waits for it.

use super::blocking::{receive, send, with};
use super::handle::Handle;
use super::poller::Poller;
use super::socket::Socket;
use crate::consts::{ZMQ_POLLIN, ZMQ_POLLOUT};
use crate::error::{Errno, Result};
use crate::msg::Msg;
use crate::options::SocketType;

/// After this many messages in one direction, the other and the control socket have their turn.
const BURST: usize = 1000;

const INPUT: i16 = ZMQ_POLLIN as i16;
const OUTPUT: i16 = ZMQ_POLLOUT as i16;

/// A socket that the application holds.
pub type SocketHandle = &'static Handle<Socket>;

/// The sockets of a proxy.
#[derive(Clone, Copy)]
pub struct Sockets {
    /// One side.
    pub frontend: SocketHandle,
    /// The other; it may be the same, which then gets its own messages back.
    pub backend: SocketHandle,
    /// Gets a copy of each message.
    pub capture: Option<SocketHandle>,
    /// Where commands come from.
    pub control: Option<SocketHandle>,
}

/// Runs a proxy until the control socket says `TERMINATE`. Errors: `ETERM`, `EINTR`, `ENOTSOCK`,
/// `EINVAL` if the control socket is one of the sides, and what sending and receiving give.
pub fn run(sockets: Sockets) -> Result<()> {
    let mut proxy = Proxy::new(sockets)?;
    while proxy.state != State::Terminated {
        proxy.turn()?;
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Active,
    Paused,
    Terminated,
}

/// Frames, as libzmq counts them, and their bytes.
#[derive(Clone, Copy, Default)]
struct Count {
    frames: u64,
    bytes: u64,
}

impl Count {
    fn add(&mut self, bytes: usize) {
        self.frames = self.frames.wrapping_add(1);
        self.bytes = self.bytes.wrapping_add(bytes as u64);
    }
}

#[derive(Default)]
struct Traffic {
    received: Count,
    sent: Count,
}

struct Proxy {
    sockets: Sockets,
    poller: Poller<()>,
    /// What the poller waits for on the frontend and the backend.
    wanted: [i16; 2],
    state: State,
    frontend: Traffic,
    backend: Traffic,
}

impl Proxy {
    fn new(sockets: Sockets) -> Result<Proxy> {
        let proxy = Proxy {
            sockets,
            poller: Poller::new(),
            wanted: [INPUT; 2],
            state: State::Active,
            frontend: Traffic::default(),
            backend: Traffic::default(),
        };
        proxy.poller.add(sockets.frontend, (), INPUT)?;
        if !proxy.is_loop() {
            proxy.poller.add(sockets.backend, (), INPUT)?;
        }
        if let Some(control) = sockets.control {
            proxy.poller.add(control, (), INPUT)?;
        }
        Ok(proxy)
    }

    /// Whether both sides are the same socket.
    fn is_loop(&self) -> bool {
        std::ptr::eq(self.sockets.frontend, self.sockets.backend)
    }

    /// Does what can be done now, or waits.
    fn turn(&mut self) -> Result<()> {
        if let Some(control) = self.sockets.control
            && events(control)? & INPUT != 0
        {
            self.obey(control)?;
        }
        match self.state {
            State::Active => self.forward(),
            // The sides stay in the poller, for the end of their context.
            State::Paused => self.wait([0, 0]),
            State::Terminated => Ok(()),
        }
    }

    fn forward(&mut self) -> Result<()> {
        let Sockets { frontend, backend, capture, .. } = self.sockets;
        let front = events(frontend)?;
        if self.is_loop() {
            if front & INPUT == 0 {
                return self.wait([INPUT, 0]);
            }
            let counts = (&mut self.frontend.received, &mut self.backend.sent);
            return forward_burst(frontend, backend, capture, counts);
        }
        let back = events(backend)?;
        let (forth, return_way) = (passes(front, back), passes(back, front));
        if forth {
            let counts = (&mut self.frontend.received, &mut self.backend.sent);
            forward_burst(frontend, backend, capture, counts)?;
        }
        if return_way {
            let counts = (&mut self.backend.received, &mut self.frontend.sent);
            forward_burst(backend, frontend, capture, counts)?;
        }
        if forth || return_way {
            return Ok(());
        }
        self.wait([missing(front, back), missing(back, front)])
    }

    /// Waits for events of the frontend and the backend, or for a command.
    fn wait(&mut self, wanted: [i16; 2]) -> Result<()> {
        if wanted != self.wanted {
            self.poller.modify(self.sockets.frontend, wanted[0])?;
            if !self.is_loop() {
                self.poller.modify(self.sockets.backend, wanted[1])?;
            }
            self.wanted = wanted;
        }
        self.poller.wait(1, -1, |_| {}).map(drop)
    }

    /// Carries out a command.
    fn obey(&mut self, control: SocketHandle) -> Result<()> {
        let mut command = Msg::new();
        match receive(control, &mut command, true) {
            Err(Errno::EAGAIN) => return Ok(()),
            received => received?,
        }
        match command.data() {
            b"STATISTICS" => return self.report(control),
            b"PAUSE" => self.state = State::Paused,
            b"RESUME" => self.state = State::Active,
            b"TERMINATE" => self.state = State::Terminated,
            _ => {}
        }
        // Such a socket has to answer before it gets the next command.
        if with(control, |socket| Ok(socket.options().socket_type == SocketType::Rep))? {
            send(control, &mut Msg::new(), false, false)?;
        }
        Ok(())
    }

    fn report(&self, control: SocketHandle) -> Result<()> {
        let (front, back) = (&self.frontend, &self.backend);
        let counts = [front.received, front.sent, back.received, back.sent];
        let numbers = counts.iter().flat_map(|count| [count.frames, count.bytes]);
        for (index, number) in numbers.enumerate() {
            let mut frame = Msg::from_slice(&number.to_ne_bytes())?;
            send(control, &mut frame, index + 1 < 2 * counts.len(), false)?;
        }
        Ok(())
    }
}

fn events(socket: SocketHandle) -> Result<i16> {
    with(socket, Socket::events).map(|held| held as i16)
}

/// Whether a message can go from a side with the events `from` to one with `to`.
fn passes(from: i16, to: i16) -> bool {
    from & INPUT != 0 && to & OUTPUT != 0
}

/// The events that a side with the events `own` has to get before anything can be forwarded.
fn missing(own: i16, other: i16) -> i16 {
    let room = if other & INPUT != 0 { OUTPUT } else { 0 };
    (INPUT | room) & !own
}

/// Forwards messages for as long as there are any and `to` takes them, at most [`BURST`].
fn forward_burst(
    from: SocketHandle,
    to: SocketHandle,
    capture: Option<SocketHandle>,
    (received, sent): (&mut Count, &mut Count),
) -> Result<()> {
    for number in 0..BURST {
        let has_room = number == 0 || std::ptr::eq(from, to) || with(to, Socket::has_room)?;
        if !has_room || !forward_message(from, to, capture, received, sent)? {
            break;
        }
    }
    Ok(())
}

/// Forwards all parts of a message; `false` if there is none. Waits if a part cannot be sent at
/// once all the same (`ZMQ_ROUTER_MANDATORY`, `ZMQ_XPUB_NODROP`, the capture socket).
fn forward_message(
    from: SocketHandle,
    to: SocketHandle,
    capture: Option<SocketHandle>,
    received: &mut Count,
    sent: &mut Count,
) -> Result<bool> {
    let mut msg = Msg::new();
    match receive(from, &mut msg, true) {
        Err(Errno::EAGAIN) => return Ok(false),
        other => other?,
    }
    loop {
        let (more, bytes) = (msg.more(), msg.len());
        received.add(bytes);
        if let Some(capture) = capture {
            send(capture, &mut msg.duplicate()?, more, false)?;
        }
        send(to, &mut msg, more, false)?;
        sent.add(bytes);
        if !more {
            return Ok(true);
        }
        receive(from, &mut msg, true)?;
    }
}

impl Socket {
    /// Whether a message can be sent. Unlike [`Socket::events`] it leaves the receiving side
    /// alone, which would announce each further message once it was found empty.
    fn has_room(&mut self) -> Result<bool> {
        self.attend()?;
        Ok(self.with_pattern(|pattern, cx| pattern.has_out(cx)))
    }
}
