//! What a row of the table of socket options says.

use std::ops::RangeInclusive;

use super::rows::OPTIONS;
use super::{Options, SocketType, Types};
use crate::error::Result;
use crate::sys::{self, gssapi, norm};

/// One socket option.
#[cfg_attr(not(test), allow(dead_code, reason = "names and descriptions are for docs/options.md"))]
pub struct OptionSpec {
    /// Its name in C.
    pub name: &'static str,
    /// Older names of the same number.
    pub aliases: &'static [&'static str],
    /// Its number.
    pub number: i32,
    /// What it is, in one sentence without a full stop, with its unit.
    pub summary: &'static str,
    /// How it is set.
    pub write: Write,
    /// How it is read.
    pub read: Read,
    /// Which socket types can set it.
    pub set_on: Types,
    /// Which socket types can read it.
    pub get_on: Types,
    /// When a new value counts.
    pub applies: Applies,
    /// What setting or reading it may answer, beside what every option may.
    pub errors: &'static [&'static str],
    /// Its standing in the interface.
    pub status: Status,
    /// Without this part of the library, the option does not exist.
    pub needs: Option<Capability>,
}

/// A part that a libzmq may be built without; `zmq_has` tells which ones it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// The CURVE mechanism.
    Curve,
    /// The GSSAPI mechanism.
    Gssapi,
    /// The norm transport.
    Norm,
    /// The vmci transport.
    Vmci,
    /// The wss transport.
    Wss,
}

impl Capability {
    /// All of them.
    pub const ALL: [Capability; 5] = [
        Capability::Curve,
        Capability::Gssapi,
        Capability::Norm,
        Capability::Vmci,
        Capability::Wss,
    ];

    /// The name that `zmq_has` knows it by.
    pub const fn name(self) -> &'static str {
        match self {
            Capability::Curve => "curve",
            Capability::Gssapi => "gssapi",
            Capability::Norm => "norm",
            Capability::Vmci => "vmci",
            Capability::Wss => "WSS",
        }
    }

    /// Whether this library has it, on this system. An option that were accepted without it would
    /// promise a security that no connection gives.
    pub fn is_there(self) -> bool {
        match self {
            Capability::Curve | Capability::Wss => true,
            Capability::Vmci => sys::HAS_VSOCK,
            Capability::Gssapi => gssapi::is_there(),
            Capability::Norm => norm::is_there(),
        }
    }

    /// What the system has to have for it; nothing for what is built in or not yet there.
    #[cfg_attr(not(test), allow(dead_code, reason = "for docs/options.md"))]
    pub const fn library(self) -> Option<&'static str> {
        match self {
            Capability::Gssapi => Some("libgssapi_krb5"),
            Capability::Norm => Some("libnorm"),
            Capability::Curve | Capability::Vmci | Capability::Wss => None,
        }
    }
}

/// How an option is set.
pub enum Write {
    /// Not at all.
    Never,
    /// An int within a range.
    Int {
        /// The allowed values.
        range: RangeInclusive<i32>,
        /// Stores it.
        set: fn(&mut Options, i32),
    },
    /// Any int, in the first bytes of a value of any larger size.
    IntPrefix(fn(&mut Options, i32)),
    /// Any signed number of eight bytes.
    Int64(fn(&mut Options, i64)),
    /// Any unsigned number of eight bytes.
    Uint64(fn(&mut Options, u64)),
    /// Bytes.
    Bytes {
        /// The allowed lengths, other than 0.
        lengths: RangeInclusive<usize>,
        /// What length 0 does.
        empty: Empty,
        /// Checks and stores them.
        set: fn(&mut Options, &[u8]) -> Result<()>,
    },
    /// Not stored: carried out by the socket. Any bytes.
    Action {
        /// Whether the socket can do it now.
        allowed: fn(&Options) -> bool,
    },
}

/// What a value of length 0 does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// Nothing: it is an error.
    Refused,
    /// Resets the option if the pointer is null, else it is an error.
    NullResets,
    /// Resets the option, and so does a null pointer with whatever length.
    NullOfAnyLengthResets,
    /// Resets the option.
    Resets,
}

impl Empty {
    /// Whether a value of length 0 is allowed.
    pub fn allows(self, null: bool) -> bool {
        match self {
            Empty::Refused => false,
            Empty::NullResets => null,
            Empty::Resets | Empty::NullOfAnyLengthResets => true,
        }
    }
}

/// How an option is read.
pub enum Read {
    /// Not at all.
    Never,
    /// An int.
    Int(fn(&Options) -> i32),
    /// An int, into a buffer that may be larger.
    PaddedInt(fn(&Options) -> i32),
    /// A signed number of eight bytes.
    Int64(fn(&Options) -> i64),
    /// An unsigned number of eight bytes.
    Uint64(fn(&Options) -> u64),
    /// Binary data.
    Bytes(fn(&Options) -> &[u8]),
    /// Text with a final NUL.
    Text(fn(&Options) -> &[u8]),
    /// A CURVE key.
    Key(fn(&Options) -> &[u8; 32]),
    /// Computed by the socket.
    Dynamic,
}

/// When a new value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applies {
    /// For what is bound and connected later.
    Later,
    /// For the next endpoint that is connected, once.
    NextConnect,
    /// For the peers that come later.
    NewPeers,
    /// At once.
    AtOnce,
}

/// An option's standing in the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Part of the stable interface.
    Stable,
    /// Part of it, but better not used.
    Deprecated,
    /// May change.
    Draft,
}

/// The option with this number.
pub fn find(number: i32) -> Option<&'static OptionSpec> {
    let index = *INDEX.get(usize::try_from(number).ok()?)?;
    OPTIONS.get(usize::from(index))
}

/// For each number the place in [`OPTIONS`], or one that is not there.
static INDEX: [u8; 128] = {
    let mut index = [u8::MAX; 128];
    let mut i = 0;
    while i < OPTIONS.len() {
        index[OPTIONS[i].number as usize] = i as u8;
        i += 1;
    }
    index
};

impl OptionSpec {
    /// A stable option that can neither be set nor read; the methods below add the rest.
    pub const fn new(name: &'static str, number: i32) -> OptionSpec {
        OptionSpec {
            name,
            aliases: &[],
            number,
            summary: "",
            write: Write::Never,
            read: Read::Never,
            set_on: Types::ALL,
            get_on: Types::ALL,
            applies: Applies::Later,
            errors: &[],
            status: Status::Stable,
            needs: None,
        }
    }

    /// What it is.
    pub const fn about(mut self, summary: &'static str) -> OptionSpec {
        self.summary = summary;
        self
    }

    /// Names that the number had before.
    pub const fn aka(mut self, aliases: &'static [&'static str]) -> OptionSpec {
        self.aliases = aliases;
        self
    }

    /// An int of at least `least`.
    pub const fn at_least(
        self,
        least: i32,
        get: fn(&Options) -> i32,
        set: fn(&mut Options, i32),
    ) -> OptionSpec {
        self.int(RangeInclusive::new(least, i32::MAX), get, set)
    }

    /// An int within a range.
    pub const fn int(
        self,
        range: RangeInclusive<i32>,
        get: fn(&Options) -> i32,
        set: fn(&mut Options, i32),
    ) -> OptionSpec {
        self.written(Write::Int { range, set }).read(Read::Int(get))
    }

    /// An int of at least 0 that cannot be read, of one pattern's socket types: other than 0
    /// switches it on, at once.
    pub const fn switch(self, types: &[SocketType], set: fn(&mut Options, i32)) -> OptionSpec {
        let range = RangeInclusive::new(0, i32::MAX);
        self.written(Write::Int { range, set }).set_on(Types::of(types)).at_once()
    }

    /// Text with at most `longest` bytes.
    pub const fn text(
        self,
        longest: usize,
        empty: Empty,
        get: fn(&Options) -> &[u8],
        set: fn(&mut Options, &[u8]) -> Result<()>,
    ) -> OptionSpec {
        self.bytes(RangeInclusive::new(1, longest), empty, set).read(Read::Text(get))
    }

    /// Bytes that cannot be read back.
    pub const fn bytes(
        self,
        lengths: RangeInclusive<usize>,
        empty: Empty,
        set: fn(&mut Options, &[u8]) -> Result<()>,
    ) -> OptionSpec {
        self.written(Write::Bytes { lengths, empty, set }).fails(&["ENOMEM"])
    }

    /// A CURVE key.
    pub const fn key(
        self,
        get: fn(&Options) -> &[u8; 32],
        set: fn(&mut Options, &[u8]) -> Result<()>,
    ) -> OptionSpec {
        let bytes = self.bytes(RangeInclusive::new(32, 41), Empty::Refused, set);
        bytes.read(Read::Key(get)).fails(&[])
    }

    /// How it is set.
    pub const fn written(mut self, write: Write) -> OptionSpec {
        self.write = write;
        self
    }

    /// How it is read.
    pub const fn read(mut self, read: Read) -> OptionSpec {
        self.read = read;
        self
    }

    /// Only these types can set it.
    pub const fn set_on(mut self, types: Types) -> OptionSpec {
        self.set_on = types;
        self
    }

    /// Only these types can read it.
    pub const fn get_on(mut self, types: Types) -> OptionSpec {
        self.get_on = types;
        self
    }

    /// A new value counts at once.
    pub const fn at_once(self) -> OptionSpec {
        self.counts(Applies::AtOnce)
    }

    /// When a new value counts.
    pub const fn counts(mut self, applies: Applies) -> OptionSpec {
        self.applies = applies;
        self
    }

    /// What setting or reading it may answer, beside what every option may.
    pub const fn fails(mut self, errors: &'static [&'static str]) -> OptionSpec {
        self.errors = errors;
        self
    }

    /// Exists only with this part of the library.
    pub const fn needs(mut self, capability: Capability) -> OptionSpec {
        self.needs = Some(capability);
        self
    }

    /// Better not used.
    pub const fn deprecated(mut self) -> OptionSpec {
        self.status = Status::Deprecated;
        self
    }

    /// May change.
    pub const fn draft(mut self) -> OptionSpec {
        self.status = Status::Draft;
        self
    }
}
