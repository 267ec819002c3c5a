//! Endpoints within the process.
//!
//! An inproc connection is a pipe between two sockets and nothing else. Connecting before
//! somebody binds makes the pipe at once and keeps its far end here until then.

use std::collections::HashMap;
use std::sync::Weak;

use super::monitor::Monitor;
use crate::core::mailbox::{Command, EndpointPair, Mailbox, NewPipe, PipeLink};
use crate::core::pipe::{Peer, PipeReader, PipeWriter, direction};
use crate::error::{Errno, Result};
use crate::msg::{Class, Msg};
use crate::options::Options;
use crate::sync::Arc;

/// A bound inproc endpoint.
struct Bound {
    mailbox: Arc<Mailbox>,
    options: Arc<Options>,
    /// To be told of connections, because nobody waits on its socket.
    monitor: Option<Weak<Monitor>>,
}

/// The far end of a pipe to an endpoint that nobody has bound yet.
struct Pending {
    writer: PipeWriter,
    reader: PipeReader,
    far: Arc<PipeLink>,
    near: Arc<PipeLink>,
    options: Arc<Options>,
}

/// A context's inproc endpoints.
#[derive(Default)]
pub struct Registry {
    bound: HashMap<String, Bound>,
    pending: HashMap<String, Vec<Pending>>,
}

/// The sum of two high-water marks, of which 0 is unlimited.
fn sum(one: i32, other: i32) -> i32 {
    if one == 0 || other == 0 { 0 } else { one.saturating_add(other) }
}

impl Registry {
    /// Binds `address`, connecting those who wait for it. Errors: `EADDRINUSE`.
    pub fn bind(
        &mut self,
        address: &str,
        mailbox: &Arc<Mailbox>,
        options: &Arc<Options>,
        monitor: Option<Weak<Monitor>>,
    ) -> Result<()> {
        if self.bound.contains_key(address) {
            return Err(Errno::EADDRINUSE);
        }
        for pending in self.pending.remove(address).unwrap_or_default() {
            attach_pending(pending, mailbox, options, address);
        }
        let bound = Bound { mailbox: mailbox.clone(), options: options.clone(), monitor };
        self.bound.insert(address.to_owned(), bound);
        Ok(())
    }

    /// Unbinds `address` if `mailbox`'s socket has it. Errors: `ENOENT`.
    pub fn unbind(&mut self, address: &str, mailbox: &Arc<Mailbox>) -> Result<()> {
        match self.bound.get(address) {
            Some(bound) if Arc::ptr_eq(&bound.mailbox, mailbox) => {
                self.bound.remove(address);
                Ok(())
            }
            _ => Err(Errno::ENOENT),
        }
    }

    /// Unbinds all that `mailbox`'s socket has bound.
    pub fn forget(&mut self, mailbox: &Arc<Mailbox>) {
        self.bound.retain(|_, bound| !Arc::ptr_eq(&bound.mailbox, mailbox));
        for pending in self.pending.values_mut() {
            // What was sent before its sender was closed still waits for somebody to bind.
            pending
                .retain(|pending| !pending.reader.is_writer_gone() || pending.reader.backlog() > 0);
        }
        self.pending.retain(|_, pending| !pending.is_empty());
    }

    /// Connects to `address`; the near end is for the caller to attach. The monitor to be told,
    /// if the peer is one.
    pub fn connect(
        &mut self,
        address: &str,
        mailbox: &Arc<Mailbox>,
        options: &Arc<Options>,
    ) -> (NewPipe, Option<Arc<Monitor>>) {
        let near = PipeLink::new(mailbox.clone());
        let (sent, received) = (options.conflates_sent(), options.conflates_received());
        let peer = self.bound.get(address);
        let (far, out, into) = match peer {
            None => (PipeLink::open(), options.sndhwm, options.rcvhwm),
            Some(peer) => (
                PipeLink::new(peer.mailbox.clone()),
                sum(options.sndhwm, peer.options.rcvhwm),
                sum(options.rcvhwm, peer.options.sndhwm),
            ),
        };
        let (mut writer, far_reader) = direction(out, sent, near.clone(), far.clone());
        let (mut far_writer, reader) = direction(into, received, far.clone(), near.clone());
        let mut told = None;
        want_last_words(&reader, options);
        if let Some(peer) = peer {
            want_last_words(&far_reader, &peer.options);
            near.set_boosts(peer.options.sndhwm, peer.options.rcvhwm);
            far.set_boosts(options.sndhwm, options.rcvhwm);
            if peer.options.recv_routing_id {
                send_routing_id(&mut writer, options);
            }
            if options.recv_routing_id {
                send_routing_id(&mut far_writer, &peer.options);
            }
            send_hello(&mut writer, options);
            send_hello(&mut far_writer, &peer.options);
            told = peer.monitor.as_ref().and_then(Weak::upgrade);
            let pipe = far_end(far_writer, far_reader, far, address);
            peer.mailbox.send(Command::Attach(Box::new(pipe)));
        } else {
            // Whether the peer wants the routing id is known when it binds.
            send_routing_id(&mut writer, options);
            send_hello(&mut writer, options);
            let pending = Pending {
                writer: far_writer,
                reader: far_reader,
                far,
                near: near.clone(),
                options: options.clone(),
            };
            self.pending.entry(address.to_owned()).or_default().push(pending);
        }
        let pipe = NewPipe {
            writer,
            reader,
            link: near,
            subscribe_to_all: false,
            locally_initiated: true,
            origin: 0,
            endpoints: EndpointPair::connect(address).into(),
        };
        (pipe, told)
    }

    /// A pipe without limits to whoever is bound to `address`, for one who is no socket.
    pub fn reach(&self, address: &str, near: Arc<dyn Peer>) -> Option<(PipeWriter, PipeReader)> {
        let peer = self.bound.get(address)?;
        let far = PipeLink::new(peer.mailbox.clone());
        let (mut writer, far_reader) = direction(0, false, near.clone(), far.clone());
        let (far_writer, reader) = direction(0, false, far.clone(), near);
        if peer.options.recv_routing_id {
            let mut nameless = Msg::new();
            nameless.set_class(Class::RoutingId);
            writer.force(nameless);
            writer.flush(false);
        }
        let pipe = far_end(far_writer, far_reader, far, address);
        peer.mailbox.send(Command::Attach(Box::new(pipe)));
        Some((writer, reader))
    }
}

fn far_end(writer: PipeWriter, reader: PipeReader, link: Arc<PipeLink>, address: &str) -> NewPipe {
    NewPipe {
        writer,
        reader,
        link,
        subscribe_to_all: false,
        locally_initiated: false,
        origin: 0,
        endpoints: EndpointPair::bind(address).into(),
    }
}

fn attach_pending(pending: Pending, mailbox: &Arc<Mailbox>, options: &Arc<Options>, address: &str) {
    let Pending { mut writer, mut reader, far, near, options: connecting } = pending;
    want_last_words(&reader, options);
    if !options.recv_routing_id {
        let mut routing_id = Msg::new();
        reader.read(&mut routing_id);
    }
    reader.set_hwm(sum(connecting.sndhwm, options.rcvhwm));
    writer.set_hwm(sum(connecting.rcvhwm, options.sndhwm));
    near.set_boosts(options.sndhwm, options.rcvhwm);
    far.set_boosts(connecting.sndhwm, connecting.rcvhwm);
    if connecting.recv_routing_id {
        send_routing_id(&mut writer, options);
    }
    send_hello(&mut writer, options);
    far.lead_to(mailbox.clone());
    mailbox.send(Command::Attach(Box::new(far_end(writer, reader, far, address))));
    near.announce();
}

fn send_routing_id(writer: &mut PipeWriter, options: &Options) {
    if let Ok(mut id) = Msg::from_slice(&options.routing_id) {
        id.set_class(Class::RoutingId);
        writer.force(id);
        writer.flush(false);
    }
}

/// What the socket with these options wants to read when the other one goes.
fn want_last_words(reader: &PipeReader, options: &Options) {
    if options.can_recv_disconnect_msg && !options.disconnect_msg.is_empty() {
        reader.set_last_words(&options.disconnect_msg);
    }
}

fn send_hello(writer: &mut PipeWriter, options: &Options) {
    if options.can_send_hello_msg
        && !options.hello_msg.is_empty()
        && let Ok(hello) = Msg::from_slice(&options.hello_msg)
    {
        writer.force(hello);
        writer.flush(false);
    }
}
