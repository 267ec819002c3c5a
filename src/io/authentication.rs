//! A handshake's question to the application: may this peer in? (RFC 27)
//!
//! The authenticator is a socket of the same context. The request goes to it through a pipe of its
//! own, and so does the reply, so that the I/O thread never waits: when the reply is there, the
//! session is told by a request to its thread. An authenticator that never answers, or that is
//! closed before it does, leaves the handshake to its deadline (`ZMQ_HANDSHAKE_IVL`).

use std::sync::Weak;

use super::session::Session;
use super::thread::Request;
use crate::core::pipe::{Peer, PipeReader, PipeWriter};
use crate::error::Result;
use crate::msg::Msg;
use crate::sync::Arc;
use crate::zmtp::{AuthReply, AuthRequest, ProtoError, zap};

/// The way to the context's authenticator.
pub trait Authenticator: Send + Sync {
    /// A pipe to it whose near end is `near`. `None`: there is none.
    fn open(&self, near: Arc<dyn Peer>) -> Option<(PipeWriter, PipeReader)>;
}

/// A request under way.
pub struct Inquiry {
    /// Kept open: what is written is the authenticator's to read until it has answered.
    _writer: PipeWriter,
    reader: PipeReader,
    reply: zap::Reply,
}

/// Brings the news of a reply to the session's thread.
struct Near(Weak<Session>);

impl Peer for Near {
    fn readable(&self, _direct: bool) {
        if let Some(session) = self.0.upgrade() {
            session.post(Request::Authenticated);
        }
    }

    fn writable(&self) {}

    fn ended(&self, asleep: bool) {
        if asleep {
            self.readable(false);
        }
    }
}

impl Inquiry {
    /// Asks about the peer at `address`. `None`: there is no authenticator. Errors: `ENOMEM`.
    pub fn start(
        session: &Session,
        address: &str,
        request: &AuthRequest,
    ) -> Result<Option<Inquiry>> {
        let options = &session.options;
        let frames =
            zap::request(request, &options.zap_domain, address.as_bytes(), &options.routing_id)?;
        let near = Arc::new(Near(session.weak()));
        let Some((mut writer, reader)) = session.port().authenticator.open(near) else {
            return Ok(None);
        };
        for frame in frames {
            writer.force(frame);
        }
        writer.flush(false);
        Ok(Some(Inquiry { _writer: writer, reader, reply: zap::Reply::new(options.socket_type) }))
    }

    /// What the authenticator adds to an answer that is there.
    pub fn text(&self) -> &[u8] {
        self.reply.text()
    }

    /// The answer, if it is there; if not, the session will be told.
    pub fn answer(&mut self) -> std::result::Result<Option<AuthReply>, ProtoError> {
        let mut frame = Msg::new();
        while self.reader.read(&mut frame) {
            if let Some(answer) = self.reply.take(frame.take())? {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }
}
