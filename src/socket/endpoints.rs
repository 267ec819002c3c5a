//! Binding, connecting, and their opposites.

use std::sync::Weak;

use super::monitor::Monitor;
use super::socket::Socket;
use crate::consts::*;
use crate::core::mailbox::{EndpointPair, NewPipe, PipeLink};
use crate::core::pipe::{Peer, direction};
use crate::error::{Errno, Result};
use crate::io::{Called, Courier, Datagrams, ListenerHandle, Means, Multicast, Role, Session};
use crate::options::SocketType;
use crate::pattern::{PipeId, Pipes};
use crate::sync::Arc;
use crate::transport::{
    DatagramSocket, MulticastSocket, Protocol, Target, same_endpoints, split_endpoint,
};

/// Something that a socket bound or connected to.
pub struct Endpoint {
    /// What `zmq_unbind` and `zmq_disconnect` know it by.
    name: String,
    kind: Kind,
}

enum Kind {
    Listener(Arc<ListenerHandle>),
    Session(Arc<Session>, Option<PipeId>),
    Courier(Arc<Courier>, PipeId),
    /// A connection within the process.
    Inproc(PipeId),
}

/// The whole of an inproc endpoint. Errors: `EPROTONOSUPPORT` for other transports, `EINVAL`.
pub fn inproc_address(endpoint: &str) -> Result<&str> {
    match split_endpoint(endpoint)? {
        (Protocol::Inproc, _) => Ok(endpoint),
        _ => Err(Errno::EPROTONOSUPPORT),
    }
}

impl Socket {
    /// Splits an endpoint and checks that the socket can use its transport.
    fn parse<'a>(&self, endpoint: &'a str) -> Result<(Protocol, &'a str)> {
        let (protocol, address) = split_endpoint(endpoint)?;
        if !self.options.socket_type.allows_scheme(protocol.name()) {
            return Err(Errno::ENOCOMPATPROTO);
        }
        Ok((protocol, address))
    }

    /// `zmq_bind`. Errors: `EINVAL`, `EPROTONOSUPPORT`, `ENOCOMPATPROTO`, `EADDRINUSE`,
    /// `EADDRNOTAVAIL`, `ENODEV`, `EMTHREAD`, `ETERM` and those of the system.
    pub fn bind(&mut self, endpoint: &str) -> Result<()> {
        self.attend()?;
        let (protocol, address) = self.parse(endpoint)?;
        if protocol == Protocol::Inproc {
            return self.bind_inproc(endpoint, None);
        }
        if protocol == Protocol::Udp {
            if self.options.socket_type == SocketType::Radio {
                return Err(Errno::ENOCOMPATPROTO);
            }
            return self.open_datagrams(endpoint, DatagramSocket::bind(address, &self.options)?);
        }
        if protocol.is_multicast() {
            // There is nothing that only one side could do.
            return self.open_multicast(protocol, address, endpoint);
        }
        let pool = self.context.pool()?;
        let options = self.snapshot();
        let port = self.port.clone();
        match ListenerHandle::bind(&pool, &port, options, protocol, address) {
            Ok(listener) => {
                self.last_endpoint = listener.endpoint().to_owned();
                let name = match protocol {
                    // libzmq knows these by what the application called them.
                    Protocol::Tipc => endpoint.to_owned(),
                    _ => self.last_endpoint.clone(),
                };
                self.endpoints.push(Endpoint { name, kind: Kind::Listener(listener) });
                self.announce_endpoint();
                Ok(())
            }
            Err(error) => {
                let endpoints = EndpointPair::bind(address);
                let event = ZMQ_EVENT_BIND_FAILED as u64;
                self.monitor.report(event, &[error.0 as u64], &endpoints);
                Err(error)
            }
        }
    }

    fn bind_inproc(&mut self, endpoint: &str, monitor: Option<Weak<Monitor>>) -> Result<()> {
        let options = self.snapshot();
        let mailbox = self.mailbox().clone();
        self.context.inproc.lock().bind(endpoint, &mailbox, &options, monitor)?;
        self.last_endpoint = endpoint.to_owned();
        // Those who were waiting for it are attached now, not with the next call.
        self.attend()
    }

    /// Binds the socket of a monitor, which wants to hear of connections.
    pub(super) fn bind_monitor(&mut self, endpoint: &str, monitor: Weak<Monitor>) -> Result<()> {
        self.bind_inproc(endpoint, Some(monitor))
    }

    /// `zmq_connect`. Errors: `EINVAL`, `EPROTONOSUPPORT`, `ENOCOMPATPROTO`, `EMTHREAD`, `ETERM`.
    pub fn connect(&mut self, endpoint: &str) -> Result<()> {
        self.attend()?;
        let (protocol, address) = self.parse(endpoint)?;
        if protocol == Protocol::Inproc {
            self.connect_inproc(endpoint);
            return Ok(());
        }
        if protocol == Protocol::Udp {
            if self.options.socket_type != SocketType::Radio {
                return Err(Errno::ENOCOMPATPROTO);
            }
            return self.open_datagrams(endpoint, DatagramSocket::connect(address, &self.options)?);
        }
        if protocol.is_multicast() {
            return self.open_multicast(protocol, address, endpoint);
        }
        if self.is_connected_enough(endpoint) {
            return Ok(());
        }
        let thread = self.context.pool()?.choose(self.options.affinity)?.clone();
        let options = self.snapshot();
        let target = Target::parse(protocol, address, &options)?;
        self.last_endpoint = target.endpoint();
        let called = Called { target, endpoint: endpoint.to_owned() };
        let role = Role::Connect(Box::new(called));
        let session = Session::new(thread, self.port.clone(), options, role);
        let pipe = (!self.options.immediate).then(|| self.join(&session, endpoint));
        session.launch();
        // A PAIR may have turned it away already.
        let pipe = pipe.filter(|&pipe| self.pipes.get(pipe).is_some());
        let kind = Kind::Session(session, pipe);
        self.endpoints.push(Endpoint { name: endpoint.to_owned(), kind });
        self.announce_endpoint();
        Ok(())
    }

    /// Whether a second connection to the same peer makes no sense.
    fn is_connected_enough(&self, endpoint: &str) -> bool {
        use SocketType::{Dealer, Pub, Req, Sub};
        matches!(self.options.socket_type, Dealer | Sub | Pub | Req)
            && self.endpoints.iter().any(|known| known.name == endpoint)
    }

    fn open_multicast(&mut self, protocol: Protocol, address: &str, endpoint: &str) -> Result<()> {
        if self.is_connected_enough(endpoint) {
            return Ok(());
        }
        let socket = MulticastSocket::open(protocol, address, &self.options)?;
        let means = Multicast::new(&self.options, socket);
        self.open_courier(endpoint, endpoint.to_owned(), Box::new(means))
    }

    fn open_datagrams(&mut self, endpoint: &str, socket: DatagramSocket) -> Result<()> {
        let told = socket.endpoint().to_owned();
        let means = Datagrams::new(self.options.socket_type, socket);
        self.open_courier(endpoint, told, Box::new(means))
    }

    /// An endpoint without connections, which is told as `told`.
    fn open_courier(&mut self, endpoint: &str, told: String, means: Box<dyn Means>) -> Result<()> {
        let thread = self.context.pool()?.choose(self.options.affinity)?.clone();
        self.last_endpoint = told;
        let options = &self.options;
        let courier = Courier::new(thread, self.port.clone(), means);
        let link = PipeLink::new(self.mailbox().clone());
        let (writer, from_socket) =
            direction(options.sndhwm, options.conflates_sent(), link.clone(), courier.clone());
        let (to_socket, reader) =
            direction(options.rcvhwm, options.conflates_received(), courier.clone(), link.clone());
        let pipe = self.attach(NewPipe {
            writer,
            reader,
            link,
            // Who receives says nothing of what is wanted.
            subscribe_to_all: true,
            locally_initiated: true,
            origin: 0,
            endpoints: EndpointPair::connect(endpoint).into(),
        });
        courier.launch(to_socket, from_socket);
        let kind = Kind::Courier(courier, pipe);
        self.endpoints.push(Endpoint { name: endpoint.to_owned(), kind });
        self.announce_endpoint();
        Ok(())
    }

    /// With libzmq a new endpoint on the network makes `ZMQ_FD` readable (the socket gets a
    /// command about it), and programs have come to wait for that.
    fn announce_endpoint(&self) {
        self.mailbox().signal.raise();
    }

    /// Makes a pipe between the socket and a session that has not started.
    fn join(&mut self, session: &Arc<Session>, endpoint: &str) -> PipeId {
        let options = &self.options;
        let link = PipeLink::new(self.mailbox().clone());
        let (mut writer, from_socket) =
            direction(options.sndhwm, options.conflates_sent(), link.clone(), session.clone());
        writer.copy_payloads();
        let (to_socket, reader) =
            direction(options.rcvhwm, options.conflates_received(), session.clone(), link.clone());
        session.set_pipe(to_socket, from_socket, link.clone());
        self.attach(NewPipe {
            writer,
            reader,
            link,
            subscribe_to_all: false,
            locally_initiated: true,
            origin: 0,
            endpoints: EndpointPair::connect(endpoint).into(),
        })
    }

    fn connect_inproc(&mut self, endpoint: &str) {
        let options = self.snapshot();
        let mailbox = self.mailbox().clone();
        let (pipe, monitor) = self.context.inproc.lock().connect(endpoint, &mailbox, &options);
        let pipe = self.attach(pipe);
        self.last_endpoint = endpoint.to_owned();
        if self.pipes.get(pipe).is_some() {
            self.endpoints.push(Endpoint { name: endpoint.to_owned(), kind: Kind::Inproc(pipe) });
        }
        if let Some(monitor) = monitor {
            monitor.connected();
        }
    }

    /// `zmq_unbind` and `zmq_disconnect`, which do the same. Errors: `ENOENT`, `EINVAL`,
    /// `EPROTONOSUPPORT`, `ENOCOMPATPROTO`, `ETERM`.
    pub fn give_up_endpoint(&mut self, endpoint: &str) -> Result<()> {
        self.attend()?;
        let (protocol, address) = self.parse(endpoint)?;
        if protocol == Protocol::Inproc {
            let mailbox = self.mailbox();
            if self.context.inproc.lock().unbind(endpoint, mailbox).is_ok() {
                return Ok(());
            }
        }
        let known = |name: &str| self.endpoints.iter().any(|known| known.name == name);
        let name = if known(endpoint) || protocol != Protocol::Tcp {
            endpoint.to_owned()
        } else {
            same_endpoints(address, self.options.ipv6)
                .find(|name| known(name))
                .ok_or(Errno::ENOENT)?
        };
        let (given_up, kept) = std::mem::take(&mut self.endpoints)
            .into_iter()
            .partition::<Vec<_>, _>(|known| known.name == name);
        self.endpoints = kept;
        if given_up.is_empty() {
            return Err(Errno::ENOENT);
        }
        let linger = self.options.linger;
        for endpoint in given_up {
            match endpoint.kind {
                Kind::Listener(listener) => {
                    listener.close();
                    self.seal_accepted(Arc::as_ptr(&listener).addr());
                    listener.close_accepted(linger);
                }
                Kind::Session(session, pipe) => {
                    if let Some(pipe) = pipe {
                        self.end_pipe(pipe);
                    }
                    session.terminate(linger);
                }
                // What a peer sent before it left may still be read.
                Kind::Inproc(pipe) => {
                    self.with_pattern(|_, cx| cx.pipes.terminate(pipe, true));
                }
                Kind::Courier(courier, pipe) => {
                    self.end_pipe(pipe);
                    courier.terminate(linger);
                }
            }
        }
        Ok(())
    }

    /// Ends the pipes of the connections that a listener accepted: what has come is still read,
    /// nothing else comes or goes.
    fn seal_accepted(&mut self, origin: usize) {
        let accepted: Vec<PipeId> = self
            .pipes
            .iter_mut()
            .filter(|(_, slot)| slot.origin == origin)
            .map(|(pipe, _)| pipe)
            .collect();
        for pipe in accepted {
            if let Some(slot) = self.pipes.get(pipe) {
                slot.reader.seal();
            }
            self.peer_ended(pipe);
        }
    }

    fn end_pipe(&mut self, pipe: PipeId) {
        self.pipes.end(pipe);
        self.with_pattern(|_, _| ());
    }

    /// A pipe is gone: no endpoint leads to it any more.
    pub(super) fn forget_endpoint_pipe(&mut self, pipe: PipeId) {
        self.endpoints.retain_mut(|endpoint| match &mut endpoint.kind {
            Kind::Inproc(other) | Kind::Courier(_, other) => *other != pipe,
            Kind::Session(_, current) => {
                if *current == Some(pipe) {
                    *current = None;
                }
                true
            }
            Kind::Listener(_) => true,
        });
    }

    /// Stops listening; sessions are ended by their I/O threads.
    pub(super) fn close_endpoints(&mut self) {
        for endpoint in self.endpoints.drain(..) {
            if let Kind::Listener(listener) = endpoint.kind {
                listener.close();
            }
        }
    }
}
