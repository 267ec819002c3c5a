//! The GSSAPI mechanism (RFC 38): both sides prove who they are by Kerberos, and what follows is
//! encrypted with keys that come of it, unless plain text is asked for.
//!
//! RFC 38 leaves the commands open; these are libzmq's.
//!
//! | command | from | what it holds |
//! |---|---|---|
//! | INITIATE | both | a token of the negotiation, its length before it |
//! | empty, without a name | both | in its place when there is no token: the client's last |
//! | READY | the server, then the client | metadata; wrapped like a message |
//! | MESSAGE | both | flags and the frame's body, wrapped, the length before it |
//!
//! After the client's last command the server puts the client's principal to the authenticator. A
//! refusal has no command: the connection closes.
//!
//! A step of the negotiation may ask servers and wait for them, so it does not happen here. It is
//! given out as [`Work`], to be done wherever waiting harms nobody.

mod client;
mod messages;
mod server;

pub use client::GssapiClient;
pub use server::GssapiServer;

use crate::consts::{ZMQ_GSSAPI_NT_KRB5_PRINCIPAL, ZMQ_GSSAPI_NT_USER_NAME};
use crate::crypto::gssapi::{Context, Failure, NameType, Principal, Step, acceptor, initiator};
use crate::error::Errno;
use crate::options::{Options, SocketType};
use crate::zmtp::error::{ProtoError, check_name};
use crate::zmtp::metadata::Properties;

const INITIATE: &[u8] = b"\x08INITIATE";
const READY: &[u8] = b"\x05READY";
const MESSAGE: &[u8] = b"\x07MESSAGE";

/// What is configured of the mechanism.
#[derive(Clone, Debug)]
pub struct GssapiConfig {
    /// Our principal; `None` for whatever the system has credentials for.
    pub own: Option<Principal>,
    /// The server's principal, for a client.
    pub service: Principal,
    /// Messages are not encrypted.
    pub plaintext: bool,
    /// Where a client's contexts come from.
    pub initiator: fn(Option<Principal>, Principal) -> Box<dyn Context>,
    /// Where a server's come from.
    pub acceptor: fn(Option<Principal>) -> Box<dyn Context>,
}

impl From<&Options> for GssapiConfig {
    fn from(options: &Options) -> Self {
        let own = principal(&options.gssapi_principal, options.gssapi_principal_nametype);
        Self {
            own: (!own.name.is_empty()).then_some(own),
            service: principal(
                &options.gssapi_service_principal,
                options.gssapi_service_principal_nametype,
            ),
            plaintext: options.gssapi_plaintext,
            initiator,
            acceptor,
        }
    }
}

/// A principal of the options, where it may have the NUL of a C string.
fn principal(text: &[u8], kind: i32) -> Principal {
    let name = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let kind = match kind {
        ZMQ_GSSAPI_NT_USER_NAME => NameType::User,
        ZMQ_GSSAPI_NT_KRB5_PRINCIPAL => NameType::Principal,
        _ => NameType::HostBased,
    };
    Principal { name: name.to_vec(), kind }
}

/// A step of the negotiation that is to be made.
pub struct Work {
    context: Box<dyn Context>,
    token: Vec<u8>,
}

/// One that was made.
pub struct Worked {
    context: Box<dyn Context>,
    step: Result<Step, Failure>,
}

impl Work {
    /// Makes the step. May block for long.
    pub fn run(mut self) -> Worked {
        let step = self.context.step(&self.token);
        Worked { context: self.context, step }
    }

    /// Does not make it, for want of something of our own.
    pub fn give_up(self, errno: Errno) -> Worked {
        Worked { context: self.context, step: Err(Failure::Credentials(errno)) }
    }
}

impl Worked {
    /// What is to be said of a step that failed, for the log. May be empty.
    pub fn why(&self) -> Vec<u8> {
        self.context.why().to_vec()
    }
}

/// The negotiation of a context, the same on both sides.
enum Negotiation {
    /// A step is to be made with this token of the peer's.
    Due(Work),
    /// It is being made.
    Made,
    /// What came of it is to be sent.
    Send { context: Box<dyn Context>, step: Step },
}

impl Negotiation {
    /// The first step of an initiator.
    fn start(context: Box<dyn Context>) -> Self {
        Self::Due(Work { context, token: Vec::new() })
    }

    /// The step that follows the peer's INITIATE.
    fn go_on(context: Box<dyn Context>, body: &[u8]) -> Result<Self, ProtoError> {
        let token = initiate(body)?.to_vec();
        Ok(Self::Due(Work { context, token }))
    }

    /// Gives the step out to be made.
    fn take_work(&mut self) -> Option<Work> {
        match core::mem::replace(self, Self::Made) {
            Self::Due(work) => Some(work),
            other => {
                *self = other;
                None
            }
        }
    }

    /// Takes back what was given out. `confidential`: a context that cannot encrypt is of no use.
    fn worked(&mut self, worked: Worked, confidential: bool) -> Result<(), ProtoError> {
        let Self::Made = self else { return Err(ProtoError::OutOfTurn) };
        let Worked { context, step } = worked;
        let step = step.map_err(|failure| match failure {
            Failure::Credentials(errno) => ProtoError::Credentials(errno),
            Failure::Rejected => ProtoError::Cryptographic,
        })?;
        if step.complete && confidential && !context.is_confidential() {
            return Err(ProtoError::Cryptographic);
        }
        *self = Self::Send { context, step };
        Ok(())
    }
}

/// Appends the command that tells the peer of a step.
fn put_step(step: &Step, out: &mut Vec<u8>) -> Result<(), ProtoError> {
    // Without a token there is no command, and an empty one says so.
    if step.token.is_empty() {
        return Ok(());
    }
    let len = u32::try_from(step.token.len()).map_err(|_| ProtoError::TooBig)?;
    out.extend_from_slice(INITIATE);
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(&step.token);
    Ok(())
}

/// The token in an INITIATE command.
fn initiate(body: &[u8]) -> Result<&[u8], ProtoError> {
    check_name(body)?;
    let rest = body.strip_prefix(INITIATE).ok_or(ProtoError::UnexpectedCommand)?;
    let (len, token) = rest.split_first_chunk::<4>().ok_or(ProtoError::MalformedInitiate)?;
    if usize::try_from(u32::from_be_bytes(*len)) != Ok(token.len()) {
        return Err(ProtoError::MalformedInitiate);
    }
    Ok(token)
}

/// Appends READY, wrapped unless messages are not.
fn put_ready(
    context: &dyn Context,
    plaintext: bool,
    metadata: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), ProtoError> {
    let ready = [READY, metadata].concat();
    if plaintext {
        out.extend_from_slice(&ready);
        return Ok(());
    }
    let mut put = |wrapped: &[u8]| messages::put(wrapped, out);
    let wrapped = messages::wrap(context, 0, &[], &ready, &mut Vec::new(), &mut put);
    wrapped.map_err(|errno| match errno {
        Errno::EPROTO => ProtoError::Cryptographic,
        errno => ProtoError::from(errno),
    })
}

/// The peer's properties in READY.
fn ready(
    context: &dyn Context,
    plaintext: bool,
    body: &[u8],
    ours: SocketType,
) -> Result<Properties, ProtoError> {
    let mut opened = Vec::new();
    let body = if plaintext {
        body
    } else {
        messages::unwrap(context, body, &mut |_flags, ready| {
            opened.extend_from_slice(ready);
            Ok(())
        })?;
        &opened
    };
    check_name(body)?;
    let metadata = body.strip_prefix(READY).ok_or(ProtoError::UnexpectedCommand)?;
    Properties::parse(metadata, ours)
}
