//! Security contexts of GSSAPI (RFC 2743), as the mechanism of that name uses them.
//!
//! What it needs of one is the trait [`Context`]; the contexts that the system's library makes are
//! one implementation of it, and tests have their own.

use crate::error::Errno;
use crate::sync::Mutex;
use crate::sys::gssapi as system;
pub use crate::sys::gssapi::NameType;

/// A name, and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The name.
    pub name: Vec<u8>,
    /// How it is written.
    pub kind: NameType,
}

/// One side of a security context.
///
/// When it is established, two threads may use it at a time, one for each direction.
pub trait Context: Send + Sync {
    /// The next step of the negotiation, with the peer's token (an initiator's first step has none).
    /// May block for long.
    fn step(&mut self, token: &[u8]) -> Result<Step, Failure>;

    /// Whether the established context can encrypt.
    fn is_confidential(&self) -> bool;

    /// Whom an acceptor's established context is with.
    fn peer(&self) -> &[u8];

    /// Why the last step failed, in the words of whoever made it. May be empty.
    fn why(&self) -> &[u8] {
        &[]
    }

    /// Encrypts a message and hands it to `sink`.
    fn wrap(&self, message: &[u8], sink: &mut dyn FnMut(&[u8])) -> Result<(), Failure>;

    /// Decrypts a message and hands it to `sink`. One that was not encrypted, that is not the peer's
    /// or that came before is refused.
    fn unwrap(&self, wrapped: &[u8], sink: &mut dyn FnMut(&[u8])) -> Result<(), Failure>;
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// For the peer. Empty: it needs none.
    pub token: Vec<u8>,
    /// The context is established.
    pub complete: bool,
}

/// Why a step, or a message, failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing to hold against the peer: this side lacks credentials (`EACCES`), or the servers that
    /// give them out do not answer (`EHOSTUNREACH`).
    Credentials(Errno),
    /// What the peer sent is not right.
    Rejected,
}

/// A context for somebody who wants to reach `service`, as `own` or as whoever the system has
/// credentials for.
pub fn initiator(own: Option<Principal>, service: Principal) -> Box<dyn Context> {
    Box::new(System::new(Role::Initiator { own, service }))
}

/// A context for `own`, or whatever the system has keys for, with whoever calls.
pub fn acceptor(own: Option<Principal>) -> Box<dyn Context> {
    Box::new(System::new(Role::Acceptor { own }))
}

enum Role {
    Initiator { own: Option<Principal>, service: Principal },
    Acceptor { own: Option<Principal> },
}

/// A context of the system's library.
struct System {
    role: Role,
    confidential: bool,
    peer: Vec<u8>,
    why: Vec<u8>,
    /// The library keeps keys that it derives, and does so without a lock of its own; so each
    /// direction waits while the other is at a message.
    parts: Mutex<Option<Parts>>,
}

/// What the library made, from the first step on.
struct Parts {
    context: system::Context,
    credentials: Option<system::Credentials>,
    /// Whom to reach, for an initiator.
    target: Option<system::Name>,
}

impl System {
    fn new(role: Role) -> System {
        System {
            role,
            confidential: false,
            peer: Vec::new(),
            why: Vec::new(),
            parts: Mutex::default(),
        }
    }

    /// Finds what the first step stands on.
    fn prepare(role: &Role) -> system::Result<Parts> {
        let (own, usage, target) = match role {
            Role::Initiator { own, service } => {
                let target = system::Name::import(&service.name, service.kind)?;
                (own, system::Usage::Initiate, Some(target))
            }
            Role::Acceptor { own } => (own, system::Usage::Accept, None),
        };
        let credentials = match own {
            Some(own) => {
                let name = system::Name::import(&own.name, own.kind)?;
                Some(system::Credentials::acquire(&name, usage)?)
            }
            None => None,
        };
        Ok(Parts { context: system::Context::new()?, credentials, target })
    }
}

impl Context for System {
    fn step(&mut self, token: &[u8]) -> Result<Step, Failure> {
        let mut guard = self.parts.lock();
        let parts = &mut *guard;
        let first = parts.is_none();
        if first {
            let prepared = Self::prepare(&self.role).inspect_err(|error| self.why = error.text());
            *parts = Some(prepared.map_err(ours)?);
        }
        let Some(Parts { context, credentials, target }) = parts else {
            return Err(Failure::Rejected);
        };
        let stepped = match target {
            Some(target) => context.initiate(
                credentials.as_ref(),
                target,
                system::MUTUAL | system::REPLAY,
                token,
            ),
            // To the library this is a question for the mechanisms there are; nobody waits for the
            // answer.
            None if token.is_empty() => return Err(Failure::Rejected),
            None => context.accept(credentials.as_ref(), token),
        };
        let stepped = stepped.inspect_err(|error| self.why = error.text());
        let stepped = stepped.map_err(|error| match target {
            // Before there was a token, only we can be at fault.
            Some(_) if first => ours(error),
            _ if error.is_lack_of_credentials() => ours(error),
            _ => Failure::Rejected,
        })?;
        if stepped.complete {
            self.confidential = stepped.flags & system::CONFIDENTIAL != 0;
            if let Some(peer) = stepped.peer {
                self.peer = peer.display().map_err(|_| Failure::Rejected)?.to_vec();
            }
            (*credentials, *target) = (None, None);
        }
        Ok(Step { token: stepped.token.to_vec(), complete: stepped.complete })
    }

    fn is_confidential(&self) -> bool {
        self.confidential
    }

    fn peer(&self) -> &[u8] {
        &self.peer
    }

    fn why(&self) -> &[u8] {
        &self.why
    }

    fn wrap(&self, message: &[u8], sink: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
        self.message(sink, |context| context.wrap(message))
    }

    fn unwrap(&self, wrapped: &[u8], sink: &mut dyn FnMut(&[u8])) -> Result<(), Failure> {
        self.message(sink, |context| context.unwrap(wrapped))
    }
}

impl System {
    fn message(
        &self,
        sink: &mut dyn FnMut(&[u8]),
        make: impl FnOnce(&mut system::Context) -> system::Result<system::Buffer>,
    ) -> Result<(), Failure> {
        let made = match &mut *self.parts.lock() {
            Some(parts) => make(&mut parts.context).map_err(|_| Failure::Rejected)?,
            None => return Err(Failure::Rejected),
        };
        sink(&made);
        Ok(())
    }
}

/// A failure that is not the peer's.
fn ours(error: system::Error) -> Failure {
    Failure::Credentials(if error.is_lack_of_servers() {
        Errno::EHOSTUNREACH
    } else {
        Errno::EACCES
    })
}
