//! NORM (RFC 5740) by NRL's library, loaded when it is first asked for.
//!
//! A [`Session`] either sends one stream or receives those of many senders. It has a thread of the
//! library's own, which does what the protocol asks; what it has to tell are [`Event`]s, announced at
//! [`Session::fd`]. A [`Stream`] is one that is received; it outlives the session's interest in it.

mod library;

use crate::sys::RawFd;
use std::ffi::{CStr, c_uint};
use std::ptr;

use library::{Handle, Inside, Library, RawEvent};

use super::{poll, thread};
use crate::error::{Errno, Result};
use crate::sys::libc;

/// `NORM_SYNC_STREAM`: who joins late gets what the sender still has.
const SYNC_STREAM: i32 = 1;
/// `NORM_FLUSH_ACTIVE`: what is written is sent at once, and receivers asked whether they have it.
const FLUSH_ACTIVE: i32 = 2;
/// `NORM_OBJECT_STREAM`.
const OBJECT_STREAM: i32 = 3;

/// Events (`NormEventType`).
mod event {
    pub const TX_QUEUE_VACANCY: i32 = 1;
    pub const TX_QUEUE_EMPTY: i32 = 2;
    pub const REMOTE_SENDER_INACTIVE: i32 = 14;
    pub const RX_OBJECT_NEW: i32 = 17;
    pub const RX_OBJECT_UPDATED: i32 = 19;
    pub const RX_OBJECT_COMPLETED: i32 = 20;
    pub const RX_OBJECT_ABORTED: i32 = 21;
}

/// Whether the system has the library.
pub fn is_there() -> bool {
    Library::get().is_some()
}

/// How the sender finds its rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RateControl {
    /// It is said, in bits a second.
    Fixed(f64),
    /// By losses.
    Losses,
    /// By losses and by what routers mark.
    Ecn {
        /// By marks.
        marks: bool,
        /// By marks alone.
        ignore_losses: bool,
        /// Losses are taken for line noise.
        tolerate_losses: bool,
    },
}

/// How a session is to be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This node's number; `u32::MAX` has it made from its address.
    pub node: u32,
    /// How many routers a packet may pass.
    pub hops: u8,
    /// The type-of-service byte.
    pub tos: u8,
    /// Repairs are asked of the sender alone.
    pub unicast_nack: bool,
    /// Bytes of buffer, for each sender, and of the stream.
    pub buffer: u32,
    /// What a sender needs to know; `None` receives.
    pub sender: Option<SenderSettings>,
}

/// How a sender is to be.
#[derive(Clone, Debug)]
pub struct SenderSettings {
    /// Its rate.
    pub rate: RateControl,
    /// Bytes of a packet's payload.
    pub segment: u16,
    /// Segments that make a block.
    pub block: u16,
    /// Segments of parity that there can be for a block.
    pub parity: u16,
    /// Of them, those that are sent unasked.
    pub auto_parity: u8,
    /// Old data is dropped rather than waited for.
    pub push: bool,
}

/// What a session tells.
pub enum Event {
    /// The stream can be written on.
    Vacancy,
    /// All that was written was sent.
    Sent,
    /// A stream has something to read.
    Readable(Stream),
    /// A stream is over.
    Over(Stream),
    /// A sender is silent; its streams are to be let go before [`Session::forget`].
    Silent(Node),
    /// Nothing of interest.
    Other,
}

/// A sender as a session knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node(Handle);

/// A session of the library's.
pub struct Session {
    instance: Handle,
    session: Handle,
    /// What is sent; null if nothing is.
    stream: Handle,
}

// SAFETY: the library locks what its own thread uses too, and nobody else has this one.
unsafe impl Send for Session {}
// SAFETY: a node is only a number here, for the session that told of it.
unsafe impl Send for Node {}

/// A stream that is received.
pub struct Stream(Handle);

// SAFETY: as for sessions; the library counts references.
unsafe impl Send for Stream {}

impl Session {
    /// A session at `address`, a host or group, and `port`, on the network of `interface` if one is
    /// named. May ask the name service. Errors: `EPROTONOSUPPORT` (no library), `EINVAL` (not an
    /// address, or a setting is not taken) and those of the system, such as `EADDRINUSE`.
    pub fn open(
        address: &CStr,
        port: u16,
        interface: Option<&CStr>,
        settings: &Settings,
    ) -> Result<Session> {
        let library = Library::enter().ok_or(Errno::EPROTONOSUPPORT)?;
        // Its thread takes no signals.
        thread::with_signals_blocked(|| {
            Session::open_with(&library, address, port, interface, settings)
        })
    }

    fn open_with(
        library: &Inside,
        address: &CStr,
        port: u16,
        interface: Option<&CStr>,
        settings: &Settings,
    ) -> Result<Session> {
        super::set_errno(Errno(0));
        // SAFETY: no conditions.
        let instance = unsafe { (library.create_instance)(false) };
        if instance.is_null() {
            return Err(failure());
        }
        let mut this = Session { instance, session: ptr::null(), stream: ptr::null() };
        // SAFETY: an instance of the library's, and a C string.
        this.session =
            unsafe { (library.create_session)(instance, address.as_ptr(), port, settings.node) };
        if this.session.is_null() {
            return Err(failure());
        }
        // SAFETY: a session of the library's, and C strings.
        unsafe {
            let is_unicast = (library.is_unicast_address)(address.as_ptr());
            if !is_unicast {
                (library.set_ttl)(this.session, settings.hops);
                (library.set_rx_port_reuse)(this.session, true, ptr::null(), ptr::null(), 0);
                // For receivers on the sender's machine.
                (library.set_loopback)(this.session, true);
                if let Some(interface) = interface {
                    (library.set_multicast_interface)(this.session, interface.as_ptr());
                }
            }
            if is_unicast || settings.unicast_nack {
                (library.set_default_unicast_nack)(this.session, true);
            }
            (library.set_tos)(this.session, settings.tos);
        }
        match &settings.sender {
            Some(sender) => this.start_sender(library, settings, sender)?,
            None => {
                // SAFETY: a session of the library's.
                let started = unsafe {
                    (library.set_default_sync_policy)(this.session, SYNC_STREAM);
                    (library.start_receiver)(this.session, settings.buffer)
                };
                if !started {
                    return Err(failure());
                }
            }
        }
        Ok(this)
    }

    fn start_sender(
        &mut self,
        library: &Inside,
        settings: &Settings,
        sender: &SenderSettings,
    ) -> Result<()> {
        let &SenderSettings { segment, block, parity, .. } = sender;
        // SAFETY: a session of the library's.
        unsafe {
            let id = (library.get_random_session_id)();
            let buffer = settings.buffer;
            if !(library.start_sender)(self.session, id, buffer, segment, block, parity, 0) {
                return Err(failure());
            }
            match sender.rate {
                RateControl::Fixed(rate) => (library.set_tx_rate)(self.session, rate),
                RateControl::Losses => (library.set_congestion_control)(self.session, true, true),
                RateControl::Ecn { marks, ignore_losses, tolerate_losses } => {
                    (library.set_congestion_control)(self.session, true, true);
                    let (ignore, tolerate) = (ignore_losses, tolerate_losses);
                    (library.set_ecn_support)(self.session, marks, ignore, tolerate);
                }
            }
            if sender.auto_parity > 0 {
                (library.set_auto_parity)(self.session, sender.auto_parity);
            }
            self.stream = (library.stream_open)(self.session, buffer, ptr::null(), 0);
            if self.stream.is_null() {
                return Err(failure());
            }
            (library.stream_set_push_enable)(self.stream, sender.push);
        }
        Ok(())
    }

    /// The descriptor at which something to read means that there is an event. `None` if the library
    /// has none to give.
    pub fn fd(&self) -> Option<RawFd> {
        let library = Library::enter()?;
        // SAFETY: an instance of the library's.
        let fd = unsafe { (library.get_descriptor)(self.instance) };
        RawFd::try_from(fd).ok().filter(|_| fd >= 0)
    }

    /// The next event, if there is one.
    pub fn event(&mut self) -> Option<Event> {
        let mut ready = [poll::entry(self.fd()?, libc::POLLIN)];
        if !matches!(poll::look(&mut ready), Ok(1)) {
            // Older versions of the library would wait.
            return None;
        }
        let library = Library::enter()?;
        let mut raw =
            RawEvent { kind: 0, session: ptr::null(), sender: ptr::null(), object: ptr::null() };
        // SAFETY: an instance of the library's, and a local.
        if !unsafe { (library.get_next_event)(self.instance, &mut raw, false) } {
            return None;
        }
        Some(match raw.kind {
            event::TX_QUEUE_VACANCY => Event::Vacancy,
            event::TX_QUEUE_EMPTY => Event::Sent,
            event::RX_OBJECT_NEW | event::RX_OBJECT_UPDATED => {
                stream(&library, raw.object).map_or(Event::Other, Event::Readable)
            }
            event::RX_OBJECT_COMPLETED | event::RX_OBJECT_ABORTED => {
                stream(&library, raw.object).map_or(Event::Other, Event::Over)
            }
            event::REMOTE_SENDER_INACTIVE => Event::Silent(Node(raw.sender)),
            _ => Event::Other,
        })
    }

    /// Forgets a sender of whose silence an event told, right after that.
    pub fn forget(&mut self, node: Node) {
        if let Some(library) = Library::enter() {
            // SAFETY: the library keeps an event's node until the next event is asked for.
            unsafe { (library.node_delete)(node.0) };
        }
    }

    /// Writes to the stream; how many bytes it took. What it does not take it may after
    /// [`Event::Vacancy`].
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        let Some(library) = Library::enter().filter(|_| !self.stream.is_null()) else { return 0 };
        let len = c_uint::try_from(bytes.len()).unwrap_or(c_uint::MAX);
        // SAFETY: a stream of the library's, and bytes with (at most) their length.
        unsafe { (library.stream_write)(self.stream, bytes.as_ptr(), len) as usize }
    }

    /// Has all that was written sent now, and marks what is written next as a beginning, where
    /// receivers may join.
    pub fn flush(&mut self) {
        if let Some(library) = Library::enter().filter(|_| !self.stream.is_null()) {
            // SAFETY: a stream of the library's.
            unsafe { (library.stream_flush)(self.stream, true, FLUSH_ACTIVE) };
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(library) = Library::enter() else { return };
        // SAFETY: of the library's, in the order that it wants, and used no more.
        unsafe {
            if !self.session.is_null() {
                (library.stop_receiver)(self.session);
                (library.stop_sender)(self.session);
                (library.destroy_session)(self.session);
            }
            (library.stop_instance)(self.instance);
            (library.destroy_instance)(self.instance);
        }
    }
}

/// What a failed call left behind, or that its arguments are wrong.
fn failure() -> Errno {
    match super::last_errno() {
        Errno(0) | Errno::EAGAIN | Errno(libc::EINPROGRESS) => Errno::EINVAL,
        errno => errno,
    }
}

/// The stream that an event is about, unless it is something else that is sent by NORM.
fn stream(library: &Inside, object: Handle) -> Option<Stream> {
    if object.is_null() {
        return None;
    }
    // SAFETY: an event's object stays until the next event is asked for; so does a retained one until
    // it is released.
    unsafe {
        if (library.object_get_type)(object) != OBJECT_STREAM {
            return None;
        }
        (library.object_retain)(object);
    }
    Some(Stream(object))
}

impl Stream {
    /// What tells it from other streams that are there.
    pub fn id(&self) -> usize {
        self.0.addr()
    }

    /// Who sends it.
    pub fn sender(&self) -> Option<Node> {
        let library = Library::enter()?;
        // SAFETY: retained.
        Some(Node(unsafe { (library.object_get_sender)(self.0) }))
    }

    /// Goes to the next place that is marked as a beginning. Whether there is one yet.
    pub fn seek(&mut self) -> bool {
        let Some(library) = Library::enter() else { return false };
        // SAFETY: retained.
        unsafe { (library.stream_seek_msg_start)(self.0) }
    }

    /// Reads what there is; how many bytes. `None`: something is missing in between, and the next
    /// beginning is to be sought.
    pub fn read(&mut self, room: &mut [u8]) -> Option<usize> {
        let library = Library::enter()?;
        let mut len = c_uint::try_from(room.len()).unwrap_or(c_uint::MAX);
        // SAFETY: retained; room with (at most) its length, and a local.
        let whole = unsafe { (library.stream_read)(self.0, room.as_mut_ptr(), &mut len) };
        whole.then_some(len as usize)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(library) = Library::enter() {
            // SAFETY: retained once, and released here.
            unsafe { (library.object_release)(self.0) };
        }
    }
}
