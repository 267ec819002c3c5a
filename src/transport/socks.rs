//! The client's side of SOCKS 5 (RFC 1928) with no authentication or a user name and password
//! (RFC 1929), without I/O: bytes in, bytes out.
//!
//! As libzmq does it: one method is offered, a name is sent as it is written and looked up by the
//! proxy, the address in the proxy's reply is passed over, and a proxy that asks for a password
//! though none was offered gets an empty one. A proxy's bytes are never read further than its reply
//! goes: what follows is the peer's.

use std::net::IpAddr;

use zeroize::{Zeroize, Zeroizing};

use crate::error::{Errno, Result};

/// The protocol's version, and that of the exchange of name and password.
const VERSION: u8 = 5;
const LOGIN_VERSION: u8 = 1;

const NO_AUTHENTICATION: u8 = 0;
const USERNAME_PASSWORD: u8 = 2;

const CONNECT: u8 = 1;

const IPV4: u8 = 1;
const DOMAIN_NAME: u8 = 3;
const IPV6: u8 = 4;

/// The longest answer: a reply with a domain name of 255 bytes.
const LONGEST_ANSWER: usize = 4 + 1 + 255 + 2;

/// Whom the proxy is to connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host<'a> {
    /// An address.
    Number(IpAddr),
    /// A name, for the proxy to look up.
    Name(&'a str),
}

/// What the proxy is to say next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Which method it chose.
    Choice,
    /// Whether name and password are right.
    Verdict,
    /// What became of the request.
    Reply,
    /// Nothing: what comes now is from the peer.
    Done,
}

/// Asking a proxy for a connection.
///
/// Send [`Negotiation::output`], read at most [`Negotiation::wanted`] bytes, and tell them to
/// [`Negotiation::received`], until [`Negotiation::is_done`].
#[derive(Debug)]
pub struct Negotiation {
    step: Step,
    /// Name and password may be in it.
    output: Zeroizing<Vec<u8>>,
    /// The answer that is being read.
    answer: [u8; LONGEST_ANSWER],
    read: usize,
    login: Zeroizing<Vec<u8>>,
    request: Vec<u8>,
}

impl Negotiation {
    /// Asks for a connection to `host` at `port`. The password counts only with a user name.
    /// Errors: `EINVAL` for a host's name, a user's or a password of more than 255 bytes.
    pub fn new(host: Host<'_>, port: u16, username: &[u8], password: &[u8]) -> Result<Self> {
        let (method, password) = match username {
            [] => (NO_AUTHENTICATION, &[][..]),
            _ => (USERNAME_PASSWORD, password),
        };
        let mut login = Zeroizing::new(Vec::with_capacity(3 + 2 * 255));
        login.push(LOGIN_VERSION);
        put_text(&mut login, username)?;
        put_text(&mut login, password)?;
        Ok(Negotiation {
            step: Step::Choice,
            output: vec![VERSION, 1, method].into(),
            answer: [0; LONGEST_ANSWER],
            read: 0,
            login,
            request: request(host, port)?,
        })
    }

    /// What is to be sent to the proxy before anything is read.
    pub fn output(&self) -> &[u8] {
        &self.output
    }

    /// So many bytes of the output are sent.
    pub fn consume_output(&mut self, sent: usize) {
        let sent = sent.min(self.output.len());
        self.output.drain(..sent);
    }

    /// How many bytes of the proxy's answer are still to be read, as far as that is known. 0 when
    /// the connection is the peer's.
    pub fn wanted(&self) -> usize {
        self.length().saturating_sub(self.read)
    }

    /// Whether the proxy has made the connection.
    pub fn is_done(&self) -> bool {
        self.step == Step::Done
    }

    /// Takes what the proxy said, of which there must be no more than was wanted. Errors: why there
    /// will be no connection; `EPROTO` if the proxy speaks something else.
    pub fn received(&mut self, bytes: &[u8]) -> Result<()> {
        let end = self.read.saturating_add(bytes.len());
        let room = self.answer.get_mut(self.read..end).ok_or(Errno::EPROTO)?;
        room.copy_from_slice(bytes);
        self.read = end;
        self.check()?;
        if self.wanted() > 0 {
            return Ok(());
        }
        self.read = 0;
        match self.step {
            Step::Choice if self.answer[1] == USERNAME_PASSWORD => {
                self.output.extend_from_slice(&self.login);
                self.login.zeroize();
                self.step = Step::Verdict;
            }
            Step::Choice | Step::Verdict => {
                self.output.append(&mut self.request);
                self.step = Step::Reply;
            }
            Step::Reply | Step::Done => self.step = Step::Done,
        }
        Ok(())
    }

    /// The length of the answer that is being read, as far as it is known.
    fn length(&self) -> usize {
        let address = match (self.step, self.read) {
            (Step::Done, _) => return 0,
            (Step::Choice | Step::Verdict, _) => return 2,
            // No reply is shorter than this.
            (Step::Reply, ..5) => return 5,
            (Step::Reply, _) => match self.answer[3] {
                DOMAIN_NAME => usize::from(self.answer[4]).saturating_add(1),
                IPV6 => 16,
                _ => 4,
            },
        };
        address.saturating_add(4 + 2)
    }

    /// Looks at what there is of the answer, so that a proxy that is none is found out at its first
    /// wrong byte.
    fn check(&self) -> Result<()> {
        let version = if self.step == Step::Verdict { LOGIN_VERSION } else { VERSION };
        for (at, &byte) in self.answer.iter().take(self.read).enumerate() {
            match (self.step, at) {
                (_, 0) if byte != version => return Err(Errno::EPROTO),
                (Step::Choice, 1) if byte != NO_AUTHENTICATION && byte != USERNAME_PASSWORD => {
                    return Err(Errno::EACCES);
                }
                (Step::Verdict, 1) if byte != 0 => return Err(Errno::EACCES),
                (Step::Reply, 1) if byte != 0 => return Err(refusal(byte)),
                (Step::Reply, 2) if byte != 0 => return Err(Errno::EPROTO),
                (Step::Reply, 3) if !matches!(byte, IPV4 | DOMAIN_NAME | IPV6) => {
                    return Err(Errno::EPROTO);
                }
                (Step::Reply, 4..) => break,
                _ => {}
            }
        }
        Ok(())
    }
}

/// What the codes of RFC 1928, section 6, are here.
fn refusal(code: u8) -> Errno {
    match code {
        // Not allowed by the proxy's rules.
        2 => Errno::EACCES,
        3 => Errno::ENETUNREACH,
        4 => Errno::EHOSTUNREACH,
        5 => Errno::ECONNREFUSED,
        // Time to live expired.
        6 => Errno::ETIMEDOUT,
        // Command or kind of address not supported.
        7 | 8 => Errno::ENOTSUP,
        1 => Errno::ECONNABORTED,
        _ => Errno::EPROTO,
    }
}

/// The request for a connection.
fn request(host: Host<'_>, port: u16) -> Result<Vec<u8>> {
    let mut request = vec![VERSION, CONNECT, 0];
    match host {
        Host::Number(IpAddr::V4(ip)) => {
            request.push(IPV4);
            request.extend(ip.octets());
        }
        Host::Number(IpAddr::V6(ip)) => {
            request.push(IPV6);
            request.extend(ip.octets());
        }
        Host::Name(name) => {
            request.push(DOMAIN_NAME);
            put_text(&mut request, name.as_bytes())?;
        }
    }
    request.extend(port.to_be_bytes());
    Ok(request)
}

/// Appends a text after its length in one byte.
fn put_text(to: &mut Vec<u8>, text: &[u8]) -> Result<()> {
    to.push(u8::try_from(text.len()).map_err(|_| Errno::EINVAL)?);
    to.extend(text);
    Ok(())
}

#[cfg(test)]
mod tests;
