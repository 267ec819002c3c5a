//! Socket types and the facts about them that need no socket.

use crate::consts::*;
use crate::error::{Errno, Result};

/// A socket type, with its number in the C interface as discriminant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum SocketType {
    /// One peer, both directions.
    Pair = ZMQ_PAIR,
    /// Publishes.
    Pub = ZMQ_PUB,
    /// Subscribes.
    Sub = ZMQ_SUB,
    /// Requests, then receives the reply.
    Req = ZMQ_REQ,
    /// Receives a request, then replies.
    Rep = ZMQ_REP,
    /// Requests asynchronously.
    Dealer = ZMQ_DEALER,
    /// Addresses peers by routing id.
    Router = ZMQ_ROUTER,
    /// Receives from a pipeline.
    Pull = ZMQ_PULL,
    /// Sends into a pipeline.
    Push = ZMQ_PUSH,
    /// Publishes, and sees subscriptions.
    Xpub = ZMQ_XPUB,
    /// Subscribes by messages.
    Xsub = ZMQ_XSUB,
    /// Plain TCP.
    Stream = ZMQ_STREAM,
    /// Addresses clients by number.
    Server = ZMQ_SERVER,
    /// Talks to servers.
    Client = ZMQ_CLIENT,
    /// Publishes to groups.
    Radio = ZMQ_RADIO,
    /// Joins groups.
    Dish = ZMQ_DISH,
    /// Receives from a pipeline, thread-safe.
    Gather = ZMQ_GATHER,
    /// Sends into a pipeline, thread-safe.
    Scatter = ZMQ_SCATTER,
    /// Plain UDP.
    Dgram = ZMQ_DGRAM,
    /// Addresses equals by number.
    Peer = ZMQ_PEER,
    /// One peer, both directions, thread-safe.
    Channel = ZMQ_CHANNEL,
}

use SocketType::*;

impl SocketType {
    /// Every type, in the order of its number.
    pub const ALL: [SocketType; 21] = [
        Pair, Pub, Sub, Req, Rep, Dealer, Router, Pull, Push, Xpub, Xsub, Stream, Server, Client,
        Radio, Dish, Gather, Scatter, Dgram, Peer, Channel,
    ];

    /// The type with this number in the C interface; `EINVAL` if there is none.
    pub fn from_i32(number: i32) -> Result<SocketType> {
        usize::try_from(number)
            .ok()
            .and_then(|index| Self::ALL.get(index))
            .copied()
            .ok_or(Errno::EINVAL)
    }

    /// The type with this name on the wire.
    pub fn from_name(name: &[u8]) -> Option<SocketType> {
        Self::ALL.into_iter().find(|t| t.name().as_bytes() == name)
    }

    /// The name on the wire, as the `Socket-Type` property carries it (RFC 23).
    pub const fn name(self) -> &'static str {
        match self {
            Pair => "PAIR",
            Pub => "PUB",
            Sub => "SUB",
            Req => "REQ",
            Rep => "REP",
            Dealer => "DEALER",
            Router => "ROUTER",
            Pull => "PULL",
            Push => "PUSH",
            Xpub => "XPUB",
            Xsub => "XSUB",
            Stream => "STREAM",
            Server => "SERVER",
            Client => "CLIENT",
            Radio => "RADIO",
            Dish => "DISH",
            Gather => "GATHER",
            Scatter => "SCATTER",
            Dgram => "DGRAM",
            Peer => "PEER",
            Channel => "CHANNEL",
        }
    }

    /// Whether several threads may use such a socket at once. These have no `ZMQ_FD`, take no
    /// multipart messages and cannot be polled by `zmq_poll`.
    pub const fn is_thread_safe(self) -> bool {
        matches!(self, Server | Client | Radio | Dish | Gather | Scatter | Peer | Channel)
    }

    /// Whether a peer that announces `peer` in its READY command may stay connected. STREAM has
    /// no handshake and so fits nobody.
    pub const fn is_compatible(self, peer: SocketType) -> bool {
        match self {
            Req => matches!(peer, Rep | Router),
            Rep => matches!(peer, Req | Dealer),
            Dealer => matches!(peer, Rep | Dealer | Router),
            Router => matches!(peer, Req | Dealer | Router),
            Push => matches!(peer, Pull),
            Pull => matches!(peer, Push),
            Pub | Xpub => matches!(peer, Sub | Xsub),
            Sub | Xsub => matches!(peer, Pub | Xpub),
            Pair => matches!(peer, Pair),
            Server => matches!(peer, Client),
            Client => matches!(peer, Server),
            Radio => matches!(peer, Dish),
            Dish => matches!(peer, Radio),
            Gather => matches!(peer, Scatter),
            Scatter => matches!(peer, Gather),
            Dgram => matches!(peer, Dgram),
            Peer => matches!(peer, Peer),
            Channel => matches!(peer, Channel),
            Stream => false,
        }
    }

    /// Whether the type can use the transport with this scheme (the part of an endpoint before
    /// `://`); if not, binding and connecting fail with `ENOCOMPATPROTO`. Unknown schemes are the
    /// transport layer's to refuse.
    pub fn allows_scheme(self, scheme: &str) -> bool {
        match scheme {
            "udp" => matches!(self, Radio | Dish | Dgram),
            "pgm" | "epgm" | "norm" => matches!(self, Pub | Sub | Xpub | Xsub),
            _ => true,
        }
    }

    /// Whether the type tells peers its routing id in the handshake.
    pub const fn announces_routing_id(self) -> bool {
        matches!(self, Req | Dealer | Router)
    }
}

/// A set of socket types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Types(u32);

impl Types {
    /// All types.
    pub const ALL: Types = Types(u32::MAX);

    /// The listed types.
    pub const fn of(types: &[SocketType]) -> Types {
        let mut bits = 0;
        let mut i = 0;
        while i < types.len() {
            bits |= 1 << types[i] as u32;
            i += 1;
        }
        Types(bits)
    }

    /// Whether the type is one of them.
    pub const fn contains(self, t: SocketType) -> bool {
        self.0 & (1 << t as u32) != 0
    }
}
