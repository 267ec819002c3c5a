//! One socket, used by one thread at a time.

use std::any::Any;

use super::context::Context;
use super::endpoints::Endpoint;
use super::handle::Arena;
use super::monitor::{Monitor, MonitorEvents};
use super::pipes::PipeTable;
use crate::consts::*;
use crate::core::mailbox::{Command, Mailbox, NewPipe, PipeKey};
use crate::core::signal::Registration;
use crate::error::{Errno, Result};
use crate::io::{PollSet, Port};
use crate::msg::{Class, Later, Msg};
use crate::options::{ContextOptions, Effect, Options, SocketType, Value};
use crate::pattern::{self, Attach, Cx, Pattern, PipeId, Pipes};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sys::clock;

/// What a live socket's handle begins with.
const LIVE: u32 = 0xbadd_ecaf;
/// What a dead one's begins with.
const DEAD: u32 = 0xdead_beef;

/// Microseconds between looks for commands and credit when sending without waiting.
const ATTEND_EVERY_US: u64 = 1000;

/// All sockets that the application holds.
pub static SOCKETS: Arena<Socket> = Arena::new(LIVE, DEAD);

/// A socket. What each message needs comes first, in two cache lines: a thread may serve thousands of
/// sockets in turn.
#[repr(C, align(64))]
pub struct Socket {
    pattern: Box<dyn Pattern<PipeTable>>,
    /// The port's, at hand for every call.
    mailbox: Arc<Mailbox>,
    /// How waiting has gone lately; see `blocking`.
    pub(super) habits: super::blocking::Habits,
    receiving_more: bool,
    /// A call on the socket has answered that the context ended. Options can be set and read until
    /// then, such as `ZMQ_LINGER` before closing.
    knows_end: bool,
    pub(super) pipes: PipeTable,
    pub(super) context: Arc<Context>,
    pub(super) port: Arc<Port>,
    pub(super) options: Options,
    /// What listeners and sessions get, until an option changes.
    snapshot: Option<Arc<Options>>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) last_endpoint: String,
    pub(super) monitor: Arc<Monitor>,
    /// When sending without waiting last attended to commands.
    attended_us: u64,
    /// The poll set's registration with the mailbox.
    pub(super) registration: Option<Registration>,
}

impl Socket {
    /// A socket of `socket_type`.
    pub fn new(
        context: Arc<Context>,
        mailbox: Arc<Mailbox>,
        life: Box<dyn Any + Send + Sync>,
        socket_type: SocketType,
        defaults: &ContextOptions,
    ) -> Box<Socket> {
        let options = Options::in_context(socket_type, defaults);
        let monitor = Arc::new(Monitor::default());
        let port = Arc::new(Port {
            mailbox: mailbox.clone(),
            events: Box::new(MonitorEvents(monitor.clone())),
            authenticator: Box::new(super::authenticator::Zap(context.clone())),
            objects: AtomicUsize::new(0),
            poll_set: Default::default(),
            life,
        });
        Box::new(Socket {
            context,
            port,
            mailbox,
            options,
            snapshot: None,
            pattern: pattern::create(socket_type),
            pipes: PipeTable::default(),
            endpoints: Vec::new(),
            last_endpoint: String::new(),
            monitor,
            receiving_more: false,
            knows_end: false,
            attended_us: 0,
            habits: Default::default(),
            registration: None,
        })
    }

    /// Its mailbox.
    pub fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    /// The options in force.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The options as a listener or a session takes them.
    pub(super) fn snapshot(&mut self) -> Arc<Options> {
        self.snapshot.get_or_insert_with(|| Arc::new(self.options.clone())).clone()
    }

    /// Runs a pattern's method, then tells the pattern which pipes ended by it.
    #[inline]
    pub(super) fn with_pattern<T>(
        &mut self,
        body: impl FnOnce(&mut dyn Pattern<PipeTable>, &mut Cx<'_, PipeTable>) -> T,
    ) -> T {
        let mut cx = Cx { pipes: &mut self.pipes, options: &mut self.options };
        let result = body(&mut *self.pattern, &mut cx);
        if !self.pipes.ended.is_empty() {
            self.settle();
        }
        result
    }

    #[cold]
    fn settle(&mut self) {
        while let Some(pipe) = self.pipes.ended.pop() {
            let mut cx = Cx { pipes: &mut self.pipes, options: &mut self.options };
            self.pattern.pipe_terminated(&mut cx, pipe);
            self.forget_endpoint_pipe(pipe);
            self.pipes.remove(pipe);
        }
    }

    /// Attends to what other threads told the socket. Errors: `ETERM`.
    #[inline]
    pub fn attend(&mut self) -> Result<()> {
        self.pipes.attended = self.pipes.attended.wrapping_add(1);
        if self.mailbox.signal.needs_attention() { self.attend_now() } else { Ok(()) }
    }

    /// As [`Socket::attend`], but at most once a millisecond, as libzmq has it for sending: a peer
    /// that was found full stays full for a moment.
    fn attend_at_times(&mut self) -> Result<()> {
        let now = clock::now_us();
        if now.saturating_sub(self.attended_us) < ATTEND_EVERY_US
            && !self.mailbox.signal.is_terminated()
        {
            return Ok(());
        }
        self.attended_us = now;
        self.attend()
    }

    #[cold]
    fn attend_now(&mut self) -> Result<()> {
        let mailbox = self.mailbox.clone();
        mailbox.signal.acknowledge();
        while let Some(command) = mailbox.take() {
            self.carry_out(command);
        }
        if mailbox.signal.is_terminated() {
            self.knows_end = true;
            self.monitor.stop();
            return Err(Errno::ETERM);
        }
        Ok(())
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Attach(pipe) => {
                self.attach(*pipe);
            }
            Command::EndpointGone(endpoint) => {
                let _ = self.give_up_endpoint(&endpoint);
            }
            Command::Readable(key) => self.on_pipe(key, Socket::readable),
            Command::Writable(key) => self.on_pipe(key, Socket::writable),
            Command::Ended(key) => self.on_pipe(key, Socket::peer_ended),
            Command::Hiccup(key) => self.on_pipe(key, Socket::hiccup),
        }
    }

    /// Carries out a command about a pipe that is still there.
    fn on_pipe(&mut self, key: PipeKey, action: impl FnOnce(&mut Socket, PipeId)) {
        if let Some(pipe) = self.pipes.find(key) {
            action(self, pipe);
        }
    }

    fn readable(&mut self, pipe: PipeId) {
        if let Some(slot) = self.pipes.get(pipe)
            && std::mem::take(&mut slot.read_passive)
            && !slot.over
        {
            self.habits.readable();
            self.with_pattern(|pattern, cx| pattern.read_activated(cx, pipe));
        }
    }

    fn writable(&mut self, pipe: PipeId) {
        if let Some(slot) = self.pipes.get(pipe)
            && !slot.over
            && !slot.peer_ended
            && std::mem::take(&mut slot.write_passive)
        {
            slot.writer.refresh();
            self.with_pattern(|pattern, cx| pattern.write_activated(cx, pipe));
        }
    }

    /// Takes in a pipe.
    pub(super) fn attach(&mut self, pipe: NewPipe) -> PipeId {
        let attach = Attach {
            subscribe_to_all: pipe.subscribe_to_all,
            locally_initiated: pipe.locally_initiated,
        };
        let pipe = self.pipes.insert(pipe);
        self.with_pattern(|pattern, cx| pattern.attach(cx, pipe, attach));
        if self.options.socket_type.is_thread_safe() {
            // Other threads may sleep for want of a pipe.
            self.mailbox.signal.nudge();
        }
        // Its far end may have gone before this end could be told.
        if self.pipes.get(pipe).is_some_and(|slot| slot.reader.is_writer_gone()) {
            self.peer_ended(pipe);
        }
        pipe
    }

    pub(super) fn peer_ended(&mut self, pipe: PipeId) {
        use SocketType::{Pub, Push, Radio, Scatter};
        let nobody_reads = matches!(self.options.socket_type, Push | Pub | Radio | Scatter);
        self.pipes.peer_ended(pipe, nobody_reads);
        self.settle();
    }

    /// The connection behind a pipe is being replaced.
    fn hiccup(&mut self, pipe: PipeId) {
        if self.options.immediate {
            self.pipes.end(pipe);
            return self.settle();
        }
        let Some(slot) = self.pipes.get(pipe) else { return };
        slot.writer.rollback();
        slot.writer.force(Msg::marker(Class::HiccupMark));
        slot.write_passive = false;
        self.with_pattern(|pattern, cx| pattern.hiccuped(cx, pipe));
        self.pipes.flush(pipe, false);
    }

    /// Sends a frame if that is possible now. Errors: `EAGAIN` and the pattern's.
    #[inline(always)]
    pub fn try_send(&mut self, msg: &mut Msg, more: bool, dont_wait: bool) -> Result<()> {
        if dont_wait && (self.options.router_mandatory || self.options.xpub_nodrop) {
            self.attend_at_times()?;
        } else {
            self.attend()?;
        }
        msg.set_more(more);
        if msg.metadata().is_some() {
            msg.set_metadata(None);
        }
        let mut cx = Cx { pipes: &mut self.pipes, options: &mut self.options };
        let result = self.pattern.send(&mut cx, msg);
        self.habits.sent();
        if !self.pipes.ended.is_empty() {
            self.settle();
        }
        result
    }

    /// Receives a frame if there is one. Errors: `EAGAIN` and the pattern's.
    #[inline(always)]
    pub fn try_receive(&mut self, msg: &mut Msg) -> Result<()> {
        self.attend()?;
        let mut cx = Cx { pipes: &mut self.pipes, options: &mut self.options };
        let result = self.pattern.recv(&mut cx, msg);
        if !self.pipes.ended.is_empty() {
            self.settle();
        }
        result?;
        self.receiving_more = msg.more();
        self.habits.received();
        Ok(())
    }

    /// Which of `ZMQ_POLLIN` and `ZMQ_POLLOUT` hold. Errors: `ETERM`.
    pub fn events(&mut self) -> Result<i32> {
        self.leave_poll_set();
        self.attend()?;
        let input = self.with_pattern(|pattern, cx| pattern.has_in(cx));
        let output = self.with_pattern(|pattern, cx| pattern.has_out(cx));
        Ok(if input { ZMQ_POLLIN } else { 0 } | if output { ZMQ_POLLOUT } else { 0 })
    }

    /// `zmq_setsockopt`. Errors: `EINVAL`, `ETERM`. Leaves the news in the mailbox: a program that
    /// waits for `ZMQ_FD` does not look at `ZMQ_EVENTS` for having set an option.
    pub fn set_option(&mut self, option: i32, value: Option<&[u8]>) -> Result<()> {
        if self.knows_end {
            return Err(Errno::ETERM);
        }
        let effect = self.options.set(option, value)?;
        self.snapshot = None;
        if option == ZMQ_SNDHWM || option == ZMQ_RCVHWM {
            self.apply_high_water_marks();
        }
        let bytes = value.unwrap_or_default();
        let told = self.with_pattern(|pattern, cx| pattern.option_set(cx, option, bytes));
        if effect == Effect::Action { told } else { Ok(()) }
    }

    fn apply_high_water_marks(&mut self) {
        let (receive, send) = (self.options.rcvhwm, self.options.sndhwm);
        for (_, slot) in self.pipes.iter_mut() {
            let (into, out) = slot.link.marks(receive, send);
            slot.reader.set_hwm(into);
            slot.writer.set_hwm(out);
        }
    }

    /// `zmq_getsockopt`. Errors: `EINVAL`, `ETERM`, `EMFILE` (`ZMQ_FD`).
    pub fn get_option(&mut self, option: i32) -> Result<Value> {
        if self.knows_end {
            return Err(Errno::ETERM);
        }
        match self.options.get(option)? {
            Value::Dynamic => self.computed_option(option),
            value => Ok(value),
        }
    }

    fn computed_option(&mut self, option: i32) -> Result<Value> {
        let thread_safe = self.options.socket_type.is_thread_safe();
        Ok(match option {
            ZMQ_RCVMORE => Value::Padded(i32::from(self.receiving_more)),
            ZMQ_EVENTS => Value::Padded(self.events()?),
            // Such a socket has no descriptor: it would be drained by the wrong thread.
            ZMQ_FD if thread_safe => return Err(Errno::EINVAL),
            ZMQ_FD => Value::Descriptor(self.mailbox.signal.descriptor()?),
            ZMQ_LAST_ENDPOINT => Value::Text(self.last_endpoint.clone().into_bytes()),
            ZMQ_THREAD_SAFE => Value::Padded(i32::from(thread_safe)),
            ZMQ_TYPE => Value::Padded(self.options.socket_type as i32),
            _ => {
                let value = self.with_pattern(|pattern, cx| pattern.option_get(cx, option))?;
                Value::Padded(value)
            }
        })
    }

    /// `zmq_join` and `zmq_leave`.
    pub fn group(&mut self, group: &[u8], join: bool) -> Result<()> {
        self.attend()?;
        self.with_pattern(|pattern, cx| pattern.group(cx, group, join))
    }

    /// `zmq_socket_get_peer_state`.
    pub fn peer_state(&mut self, routing_id: &[u8]) -> Result<i32> {
        self.attend()?;
        self.with_pattern(|pattern, cx| pattern.peer_state(cx, routing_id))
    }

    /// `zmq_connect_peer`: connects, and tells the peer's number. Errors: `ENOTSUP` (no PEER),
    /// `EFAULT` (`ZMQ_IMMEDIATE`: there is no pipe yet) and those of connecting.
    pub fn connect_peer(&mut self, endpoint: &str) -> Result<u32> {
        if self.options.socket_type != SocketType::Peer {
            return Err(Errno::ENOTSUP);
        }
        if self.options.immediate {
            return Err(Errno::EFAULT);
        }
        self.connect(endpoint)?;
        Ok(self.pattern.last_peer())
    }

    /// `zmq_disconnect_peer`. Errors: `EHOSTUNREACH`, `ENOTSUP`, `ETERM`.
    pub fn disconnect_peer(&mut self, number: u32) -> Result<()> {
        self.attend()?;
        self.with_pattern(|pattern, cx| pattern.disconnect_peer(cx, number))
    }

    /// Starts or, without an address, ends the monitor. Errors: `ETERM`, `EINVAL`,
    /// `EPROTONOSUPPORT`, `EADDRINUSE`, `EMFILE`.
    pub fn set_monitor(
        &mut self,
        address: Option<&str>,
        events: u64,
        version: i32,
        socket_type: i32,
    ) -> Result<()> {
        if self.mailbox.signal.is_terminated() {
            return Err(Errno::ETERM);
        }
        if version == 1 && events >> 16 != 0 {
            return Err(Errno::EINVAL);
        }
        let Some(address) = address else {
            self.monitor.stop();
            return Ok(());
        };
        let address = super::endpoints::inproc_address(address)?;
        let socket_type = SocketType::from_i32(socket_type).map_err(|_| Errno::EINVAL)?;
        self.monitor.clone().start(&self.context, address, events, version, socket_type)
    }

    /// Reports the fill of every pipe to the monitor. Errors: `EINVAL` if it does not want to
    /// know, `EAGAIN` without pipes, `ETERM`.
    pub fn report_pipes(&mut self) -> Result<()> {
        let event = ZMQ_EVENT_PIPES_STATS as u64;
        if !self.monitor.wants(event) {
            return Err(Errno::EINVAL);
        }
        let mut any = false;
        for (_, slot) in self.pipes.iter_mut() {
            any = true;
            let counts = [slot.writer.backlog(), slot.reader.backlog()];
            self.monitor.report(event, &counts, &slot.endpoints);
        }
        if any { Ok(()) } else { Err(Errno::EAGAIN) }
    }

    /// Whether a full pipe holds its sender up.
    pub(super) fn waits_for_room(&self) -> bool {
        use SocketType::{Channel, Client, Dealer, Pair, Push, Req, Scatter};
        matches!(self.options.socket_type, Pair | Req | Dealer | Push | Client | Scatter | Channel)
    }

    /// The calling thread goes on without waiting in the poll set: the I/O thread is to read.
    #[inline]
    pub(super) fn leave_poll_set(&self) {
        if let Some(set) = self.port.poll_set.get() {
            set.leave();
        }
    }

    /// The poll set of the socket's connections, made now if there is none. `None`: they are on
    /// several I/O threads, or there is no descriptor left.
    pub(super) fn poll_set(&mut self) -> Option<&Arc<PollSet>> {
        if self.port.poll_set.get().is_none() {
            if self.port.objects.load(Ordering::SeqCst) == 0 {
                return None;
            }
            let set =
                PollSet::new(self.context.running_pool()?.only()?.clone(), &self.port).ok()?;
            self.registration = Some(Registration::new(&self.mailbox, &set.waiter));
            let _ = self.port.poll_set.set(set.clone());
            set.launch();
        }
        self.port.poll_set.get()
    }

    /// Closes the socket: what it has to send goes on for its linger time, everything else ends.
    pub fn close(mut self: Box<Self>) {
        let _later = Later::new();
        let mailbox = self.mailbox.clone();
        // Pipes that are on their way are taken in, so that they end in order.
        let _ = self.attend();
        self.context.inproc.lock().forget(&mailbox);
        mailbox.close();
        self.close_endpoints();
        self.registration = None;
        if let Some(set) = self.port.poll_set.get() {
            set.close();
        }
        let linger = self.options.linger;
        self.pipes = PipeTable::default();
        if let Some(pool) = self.context.running_pool()
            && self.port.objects.load(Ordering::SeqCst) != 0
        {
            pool.close_port(&self.port, linger);
        }
        self.context.forget(&mailbox);
    }
}
