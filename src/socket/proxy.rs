//! Proxies: messages go from one socket to another, both ways.
//!
//! A side is read only while the other one takes messages, so that high-water marks hold across
//! the proxy. What it waits for is only what was missing a moment ago: input where there was none,
//! room where input waits for it.

use super::blocking::{receive, send, with};
use super::handle::Handle;
use super::poller::{Poller, Watch};
use super::socket::Socket;
use crate::consts::{ZMQ_POLLIN, ZMQ_POLLOUT};
use crate::error::{Errno, Result};
use crate::msg::Msg;
use crate::options::SocketType;
use crate::sync::Arc;
use crate::sys::cancel::Cancel;

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

/// A proxy at work.
pub struct Proxy {
    sockets: Sockets,
    poller: Arc<Poller<()>>,
    /// The wait that is not over yet.
    watch: Option<Watch<()>>,
    /// What the poller waits for on the frontend and the backend.
    wanted: [i16; 2],
    state: State,
    frontend: Traffic,
    backend: Traffic,
}

impl Proxy {
    /// A proxy between these. Errors: `ENOTSOCK`, `EINVAL` if the control socket is one of the sides,
    /// `EMFILE`.
    pub fn new(sockets: Sockets) -> Result<Proxy> {
        let proxy = Proxy {
            sockets,
            poller: Arc::new(Poller::new()),
            watch: None,
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

    /// Works until the control socket says `TERMINATE`. Errors: `ASLEEP` if there is nothing to do,
    /// which asks for [`Proxy::sleep`] and another call; `ETERM`, `EINTR`, `ENOTSOCK`, and what
    /// sending and receiving give.
    pub fn work(&mut self) -> Result<()> {
        self.go_on_waiting()?;
        while self.state != State::Terminated {
            self.turn()?;
        }
        Ok(())
    }

    /// Sleeps until there may be something to do.
    pub fn sleep(&mut self, cancel: Cancel) {
        if let Some(watch) = &mut self.watch {
            watch.sleep(cancel);
        }
    }

    fn go_on_waiting(&mut self) -> Result<()> {
        let Some(watch) = &mut self.watch else { return Ok(()) };
        let result = watch.attempt(|_| {});
        if result != Err(Errno::ASLEEP) {
            self.watch = None;
        }
        result.map(drop)
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
        self.watch = Some(self.poller.clone().watch(1, -1)?);
        self.go_on_waiting()
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
    let mut transfer = Transfer { from, to, capture, received, sent };
    if capture.is_none() {
        return match transfer.in_one_go()? {
            Some(part) => transfer.rest(part),
            None => Ok(()),
        };
    }
    for number in 0..BURST {
        let has_room = number == 0 || std::ptr::eq(from, to) || with(to, Socket::has_room)?;
        if !has_room {
            break;
        }
        let mut part = Msg::new();
        match receive(from, &mut part, true) {
            Err(Errno::EAGAIN) => break,
            received => received?,
        }
        transfer.rest(part)?;
    }
    Ok(())
}

/// One direction of a proxy at work.
struct Transfer<'a> {
    from: SocketHandle,
    to: SocketHandle,
    capture: Option<SocketHandle>,
    received: &'a mut Count,
    sent: &'a mut Count,
}

impl Transfer<'_> {
    /// Forwards messages with both sockets locked, which is quick. A part that cannot be sent at
    /// once although there was room for a message (`ZMQ_ROUTER_MANDATORY`, `ZMQ_XPUB_NODROP`) is
    /// returned.
    fn in_one_go(&mut self) -> Result<Option<Msg>> {
        // In the order of their addresses, so that two proxies never wait for each other.
        let is_loop = std::ptr::eq(self.from, self.to);
        let to_first = std::ptr::from_ref(self.to) < std::ptr::from_ref(self.from);
        let mut early = if to_first { Some(self.to.lock()?) } else { None };
        let mut from = self.from.lock()?;
        let mut late = if to_first || is_loop { None } else { Some(self.to.lock()?) };
        let from = from.as_mut().ok_or(Errno::ENOTSOCK)?;
        let mut to = match early.as_mut().or(late.as_mut()) {
            Some(guard) => Some(guard.as_mut().ok_or(Errno::ENOTSOCK)?),
            None => None,
        };
        let mut part = Msg::new();
        for number in 0..BURST {
            if let Some(to) = &mut to
                && number > 0
                && !to.has_room()?
            {
                break;
            }
            match from.try_receive(&mut part) {
                Err(Errno::EAGAIN) => break,
                received => received?,
            }
            loop {
                let (more, bytes) = (part.more(), part.len());
                match to.as_deref_mut().unwrap_or(from).try_send(&mut part, more, false) {
                    Err(Errno::EAGAIN) => return Ok(Some(part)),
                    // The pipe ended within this message: its parts are dropped.
                    Err(Errno::EPIPE) => {}
                    sent => sent?,
                }
                self.received.add(bytes);
                self.sent.add(bytes);
                if !more {
                    break;
                }
                from.try_receive(&mut part)?;
            }
        }
        Ok(None)
    }

    /// Forwards a part and those after it in its message, and waits where that is needed.
    fn rest(&mut self, mut part: Msg) -> Result<()> {
        loop {
            let (more, bytes) = (part.more(), part.len());
            self.received.add(bytes);
            if let Some(capture) = self.capture {
                send(capture, &mut part.duplicate()?, more, false)?;
            }
            send(self.to, &mut part, more, false)?;
            self.sent.add(bytes);
            if !more {
                return Ok(());
            }
            receive(self.from, &mut part, true)?;
        }
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
