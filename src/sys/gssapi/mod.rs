//! GSSAPI (RFC 2743, RFC 2744) by the system's Kerberos library, loaded when it is first asked for.
//!
//! Each type here owns one object of the library and gives it back when it is dropped; in a process
//! that exits nothing is given back, and every call fails. Calls that look for credentials or make a
//! step of a context's negotiation may block for long: they read files and ask servers.

mod library;

use std::ffi::{c_int, c_void};
use std::ops::Deref;
use std::ptr;

use library::{Inside, Library, RawBuffer, RawHandle, RawOid};

/// `GSS_S_COMPLETE`.
const COMPLETE: u32 = 0;
/// `GSS_S_CONTINUE_NEEDED`.
const CONTINUE_NEEDED: u32 = 1;
/// `GSS_S_UNAVAILABLE`: also what is said when there is no library.
const UNAVAILABLE: u32 = 16 << 16;
/// `GSS_S_NO_CRED`.
const NO_CRED: u32 = 7 << 16;
/// `GSS_S_DEFECTIVE_TOKEN`.
const DEFECTIVE_TOKEN: u32 = 9 << 16;
/// `GSS_C_GSS_CODE`: a status of GSSAPI's.
const GSS_CODE: c_int = 1;
/// `GSS_C_MECH_CODE`: a status of the mechanism's.
const MECHANISM_CODE: c_int = 2;
/// `KRB5_KDC_UNREACH`: no key distribution centre of the realm answers.
const KDC_UNREACHABLE: i32 = -1_765_328_228;

/// The initiator wants to know that the acceptor is who it should be (`GSS_C_MUTUAL_FLAG`).
pub const MUTUAL: u32 = 2;
/// Messages that come twice are found out (`GSS_C_REPLAY_FLAG`).
pub const REPLAY: u32 = 4;
/// Messages can be encrypted (`GSS_C_CONF_FLAG`).
pub const CONFIDENTIAL: u32 = 16;

/// Whether the system has the library.
pub fn is_there() -> bool {
    Library::is_there()
}

/// The library for one call.
fn enter() -> Result<Inside> {
    Library::enter().ok_or(Error::NO_LIBRARY)
}

/// What a call that failed says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// GSSAPI's status.
    major: u32,
    /// The mechanism's own status, as far as it is known.
    minor: i32,
}

impl Error {
    const NO_LIBRARY: Error = Error { major: UNAVAILABLE, minor: 0 };

    /// There are no credentials for the call.
    pub fn is_lack_of_credentials(self) -> bool {
        self.major == NO_CRED || self == Error::NO_LIBRARY
    }

    /// What the library says of it; to be asked on the thread that made the call. May be empty.
    pub fn text(self) -> Vec<u8> {
        let Ok(library) = enter() else { return Vec::new() };
        // The mechanism's status says more, but for tokens that it did not even read.
        let (status, kind) = match (self.major, self.minor) {
            (DEFECTIVE_TOKEN, _) | (_, 0) => (self.major, GSS_CODE),
            (_, minor) => (minor as u32, MECHANISM_CODE),
        };
        let (mut minor, mut more) = (0, 0);
        let mut text = Buffer::new();
        // SAFETY: any status may be asked about; null stands for the default mechanism; the others
        // are locals.
        let major = unsafe {
            (library.display_status)(
                &mut minor,
                status,
                kind,
                ptr::null_mut(),
                &mut more,
                &mut text.raw,
            )
        };
        if major == COMPLETE { text.to_vec() } else { Vec::new() }
    }

    /// The servers that give out credentials cannot be reached.
    pub fn is_lack_of_servers(self) -> bool {
        self.minor == KDC_UNREACHABLE
    }
}

/// A result whose error is a status of the library's.
pub type Result<T> = std::result::Result<T, Error>;

/// How a name is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameType {
    /// `service@host`, or a service on this host.
    HostBased,
    /// A user of this system.
    User,
    /// A principal as Kerberos writes it.
    Principal,
}

impl NameType {
    /// The identifier's bytes: RFC 2744, section 4.1; RFC 1964, section 2.1.1.
    fn oid(self) -> &'static [u8] {
        match self {
            NameType::HostBased => b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04",
            NameType::User => b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x01",
            NameType::Principal => b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01",
        }
    }
}

/// A name in the library's form.
pub struct Name {
    raw: RawHandle,
}

// SAFETY: the library does not tie its objects to threads, and nobody else has this one.
unsafe impl Send for Name {}

impl Name {
    /// Reads a name.
    pub fn import(text: &[u8], kind: NameType) -> Result<Name> {
        let library = enter()?;
        let (mut minor, mut raw) = (0, ptr::null_mut());
        let oid = kind.oid();
        let mut oid = RawOid { length: oid.len() as u32, elements: oid.as_ptr() as *mut c_void };
        // SAFETY: the buffer and the identifier describe bytes that outlive the call and are only
        // read; the others are locals.
        let major =
            unsafe { (library.import_name)(&mut minor, &mut borrowed(text), &mut oid, &mut raw) };
        // Made before the check, so that whatever is there is given back.
        let name = Name { raw };
        check(major, minor).map(|()| name)
    }

    /// The name as text.
    pub fn display(&self) -> Result<Buffer> {
        let library = enter()?;
        let mut minor = 0;
        let mut text = Buffer::new();
        // SAFETY: the name is whole; the others are locals, and the type is not asked for.
        let major =
            unsafe { (library.display_name)(&mut minor, self.raw, &mut text.raw, ptr::null_mut()) };
        check(major, minor).map(|()| text)
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        if !self.raw.is_null()
            && let Ok(library) = enter()
        {
            // SAFETY: a name of the library's that nobody uses any more.
            unsafe { (library.release_name)(&mut 0, &mut self.raw) };
        }
    }
}

/// What credentials are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// `GSS_C_INITIATE`: a ticket cache, or a keytab to get one from.
    Initiate = 1,
    /// `GSS_C_ACCEPT`: a keytab.
    Accept = 2,
}

/// The right to act as somebody.
pub struct Credentials {
    raw: RawHandle,
}

// SAFETY: as for `Name`.
unsafe impl Send for Credentials {}

impl Credentials {
    /// Finds `name`'s. May block for long.
    pub fn acquire(name: &Name, usage: Usage) -> Result<Credentials> {
        let library = enter()?;
        let (mut minor, mut raw) = (0, ptr::null_mut());
        // SAFETY: the name is whole; null stands for the default time and mechanisms, and for what
        // is not asked for; the others are locals.
        let major = unsafe {
            (library.acquire_cred)(
                &mut minor,
                name.raw,
                0,
                ptr::null_mut(),
                usage as c_int,
                &mut raw,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        let credentials = Credentials { raw };
        check(major, minor).map(|()| credentials)
    }
}

impl Drop for Credentials {
    fn drop(&mut self) {
        if !self.raw.is_null()
            && let Ok(library) = enter()
        {
            // SAFETY: credentials of the library's that nobody uses any more.
            unsafe { (library.release_cred)(&mut 0, &mut self.raw) };
        }
    }
}

/// One side of a security context.
pub struct Context {
    raw: RawHandle,
}

// SAFETY: as for `Name`.
unsafe impl Send for Context {}

/// What a step of a negotiation came to.
pub struct Stepped {
    /// For the peer; may be empty.
    pub token: Buffer,
    /// The context is established.
    pub complete: bool,
    /// What the context can do, once it is established: [`CONFIDENTIAL`] and others.
    pub flags: u32,
    /// The peer, as far as an acceptor knows.
    pub peer: Option<Name>,
}

impl Context {
    /// A context of which nothing is negotiated.
    pub fn new() -> Result<Context> {
        enter()?;
        Ok(Context { raw: ptr::null_mut() })
    }

    /// The initiator's next step, with the acceptor's token (empty at first). Without credentials
    /// the default ones are used. May block for long.
    pub fn initiate(
        &mut self,
        credentials: Option<&Credentials>,
        target: &Name,
        flags: u32,
        token: &[u8],
    ) -> Result<Stepped> {
        let library = enter()?;
        let (mut minor, mut reached) = (0, 0);
        let mut output = Buffer::new();
        let mut input = borrowed(token);
        // SAFETY: the handles are null or whole, the token outlives the call and is only read; null
        // stands for the default mechanism, for no channel bindings and for what is not asked for;
        // the others are locals.
        let major = unsafe {
            (library.init_sec_context)(
                &mut minor,
                credentials.map_or(ptr::null_mut(), |credentials| credentials.raw),
                &mut self.raw,
                target.raw,
                ptr::null_mut(),
                flags,
                0,
                ptr::null_mut(),
                if token.is_empty() { ptr::null_mut() } else { &mut input },
                ptr::null_mut(),
                &mut output.raw,
                &mut reached,
                ptr::null_mut(),
            )
        };
        Self::stepped(major, minor, output, reached, None)
    }

    /// The acceptor's next step, with the initiator's token. Without credentials the default ones
    /// are used. May block for long.
    pub fn accept(&mut self, credentials: Option<&Credentials>, token: &[u8]) -> Result<Stepped> {
        let library = enter()?;
        let (mut minor, mut reached) = (0, 0);
        let mut output = Buffer::new();
        let mut peer = Name { raw: ptr::null_mut() };
        // SAFETY: as above.
        let major = unsafe {
            (library.accept_sec_context)(
                &mut minor,
                &mut self.raw,
                credentials.map_or(ptr::null_mut(), |credentials| credentials.raw),
                &mut borrowed(token),
                ptr::null_mut(),
                &mut peer.raw,
                ptr::null_mut(),
                &mut output.raw,
                &mut reached,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        let peer = (!peer.raw.is_null()).then_some(peer);
        Self::stepped(major, minor, output, reached, peer)
    }

    fn stepped(
        major: u32,
        minor: u32,
        token: Buffer,
        flags: u32,
        peer: Option<Name>,
    ) -> Result<Stepped> {
        let complete = match major {
            COMPLETE => true,
            CONTINUE_NEEDED => false,
            _ => return Err(Error { major, minor: minor as i32 }),
        };
        Ok(Stepped { token, complete, flags, peer })
    }

    /// Encrypts and signs a message. For an established context.
    pub fn wrap(&mut self, message: &[u8]) -> Result<Buffer> {
        let library = enter()?;
        let (mut minor, mut encrypted) = (0, 0);
        let mut output = Buffer::new();
        if self.raw.is_null() {
            return Err(Error { major: UNAVAILABLE, minor: 0 });
        }
        // SAFETY: the context is whole, the message outlives the call and is only read, the others
        // are locals.
        let major = unsafe {
            (library.wrap)(
                &mut minor,
                self.raw,
                1,
                0,
                &mut borrowed(message),
                &mut encrypted,
                &mut output.raw,
            )
        };
        check_protected(major, minor, encrypted).map(|()| output)
    }

    /// The message that the peer wrapped. For an established context. A message that was not
    /// encrypted is refused, as is one that came before.
    pub fn unwrap(&mut self, wrapped: &[u8]) -> Result<Buffer> {
        let library = enter()?;
        let (mut minor, mut encrypted) = (0, 0);
        let mut output = Buffer::new();
        if self.raw.is_null() {
            return Err(Error { major: UNAVAILABLE, minor: 0 });
        }
        // SAFETY: as above; null stands for what is not asked for.
        let major = unsafe {
            (library.unwrap)(
                &mut minor,
                self.raw,
                &mut borrowed(wrapped),
                &mut output.raw,
                &mut encrypted,
                ptr::null_mut(),
            )
        };
        check_protected(major, minor, encrypted).map(|()| output)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if !self.raw.is_null()
            && let Ok(library) = enter()
        {
            // SAFETY: a context of the library's that nobody uses any more; no token for the peer
            // is asked for.
            unsafe { (library.delete_sec_context)(&mut 0, &mut self.raw, ptr::null_mut()) };
        }
    }
}

/// Bytes that the library made.
pub struct Buffer {
    raw: RawBuffer,
}

impl Buffer {
    fn new() -> Buffer {
        Buffer { raw: RawBuffer { length: 0, value: ptr::null_mut() } }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        if self.raw.value.is_null() {
            return &[];
        }
        // SAFETY: the library filled in a pointer to so many bytes, which are this buffer's own.
        unsafe { std::slice::from_raw_parts(self.raw.value.cast(), self.raw.length) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if !self.raw.value.is_null()
            && let Ok(library) = enter()
        {
            // SAFETY: filled in by the library; nobody has its bytes any more.
            unsafe { (library.release_buffer)(&mut 0, &mut self.raw) };
        }
    }
}

/// The bytes in the library's form. The functions that get it only read.
fn borrowed(bytes: &[u8]) -> RawBuffer {
    RawBuffer { length: bytes.len(), value: bytes.as_ptr() as *mut c_void }
}

fn check(major: u32, minor: u32) -> Result<()> {
    if major == COMPLETE { Ok(()) } else { Err(Error { major, minor: minor as i32 }) }
}

/// A message that was only signed is not what was asked for.
fn check_protected(major: u32, minor: u32, encrypted: c_int) -> Result<()> {
    check(major, minor)?;
    if encrypted == 0 { Err(Error { major: UNAVAILABLE, minor: 0 }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What there is to test needs the library, which every Debian machine that has libzmq has.
    fn imported(text: &[u8], kind: NameType) -> Option<Name> {
        is_there().then(|| Name::import(text, kind).expect("a name"))
    }

    #[test]
    fn names_are_read_and_shown() {
        for (text, kind) in [
            (&b"service@host"[..], NameType::HostBased),
            (b"alice", NameType::User),
            (b"service/host@REALM", NameType::Principal),
        ] {
            let Some(name) = imported(text, kind) else { return };
            assert_eq!(&*name.display().unwrap(), text);
        }
    }

    #[test]
    fn failures_have_a_text() {
        if !is_there() {
            return;
        }
        let error = Context::new().unwrap().accept(None, b"no token").err().expect("a refusal");
        assert!(!error.text().is_empty());
        assert!(!error.is_lack_of_servers());
        assert!(Name::import(b"", NameType::Principal).is_err());
    }

    #[test]
    fn a_context_that_is_not_established_takes_no_messages() {
        if !is_there() {
            return;
        }
        let mut context = Context::new().unwrap();
        assert!(context.wrap(b"message").is_err());
        assert!(context.unwrap(b"message").is_err());
        drop(context.accept(None, b""));
        assert!(context.wrap(b"message").is_err());
        assert!(context.unwrap(b"message").is_err());
    }

    #[test]
    fn there_is_nothing_without_the_library() {
        assert!(Error::NO_LIBRARY.is_lack_of_credentials());
    }
}
