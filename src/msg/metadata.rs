//! Properties of a connection, as `zmq_msg_gets` reads them.

use std::ffi::CStr;
use std::fmt;
use std::mem;
use std::ops::Deref;
use std::ptr::NonNull;

use super::block::References;

/// The property that holds the connection's file descriptor, in decimal (for `ZMQ_SRCFD`).
const FD: &[u8] = b"__fd";

/// References that a [`MetadataCredit`] takes at once.
const CREDIT: usize = 256;

/// The properties of one connection: immutable, and shared by all messages that came over it.
pub struct Metadata {
    references: References,
    /// `name NUL value NUL` for every property.
    packed: Box<[u8]>,
}

impl Metadata {
    /// The value of a property. Names are compared exactly, but "Identity", as the routing id is
    /// called on the wire, and "Routing-Id", as the man page calls it, each find the other.
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&CStr> {
        let name = name.as_ref();
        self.find(name).or_else(|| match name {
            b"Identity" => self.find(b"Routing-Id"),
            b"Routing-Id" => self.find(b"Identity"),
            _ => None,
        })
    }

    /// The file descriptor of the connection.
    pub fn fd(&self) -> Option<i32> {
        self.find(FD)?.to_str().ok()?.parse().ok()
    }

    fn find(&self, name: &[u8]) -> Option<&CStr> {
        let mut rest = &*self.packed;
        while let Ok(key) = CStr::from_bytes_until_nul(rest) {
            rest = rest.get(key.count_bytes() + 1..)?;
            let value = CStr::from_bytes_until_nul(rest).ok()?;
            if key.to_bytes() == name {
                return Some(value);
            }
            rest = rest.get(value.count_bytes() + 1..)?;
        }
        None
    }

    pub(super) fn references(&self) -> &References {
        &self.references
    }

    /// # Safety
    ///
    /// `count` references are the caller's and are not used again.
    unsafe fn drop_references(metadata: NonNull<Metadata>, count: usize) {
        // SAFETY: live by the caller's references.
        if unsafe { metadata.as_ref() }.references.drop(count) {
            // SAFETY: made by Box::into_raw, and these were the last references.
            drop(unsafe { Box::from_raw(metadata.as_ptr()) });
        }
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metadata(\"{}\")", self.packed.escape_ascii())
    }
}

/// One reference to a [`Metadata`].
pub struct MetadataRef(NonNull<Metadata>);

// SAFETY: the metadata is immutable and its count atomic.
unsafe impl Send for MetadataRef {}
// SAFETY: as above.
unsafe impl Sync for MetadataRef {}

impl MetadataRef {
    /// Properties from `(name, value)` pairs. As the values are read as C strings, each ends at its
    /// first NUL; pairs whose name is empty or has one are left out. Of two with the same name the
    /// first one counts.
    pub fn from_pairs<N, V>(pairs: impl IntoIterator<Item = (N, V)>) -> MetadataRef
    where
        N: AsRef<[u8]>,
        V: AsRef<[u8]>,
    {
        let mut packed = Vec::new();
        for (name, value) in pairs {
            let name = name.as_ref();
            if name.is_empty() || name.contains(&0) {
                continue;
            }
            packed.extend_from_slice(name);
            packed.push(0);
            packed.extend(value.as_ref().iter().take_while(|&&byte| byte != 0));
            packed.push(0);
        }
        let metadata =
            Box::new(Metadata { references: References::new(), packed: packed.into_boxed_slice() });
        MetadataRef(NonNull::from(Box::leak(metadata)))
    }

    pub(super) fn into_raw(self) -> *const Metadata {
        let raw = self.0.as_ptr();
        mem::forget(self);
        raw
    }

    /// # Safety
    ///
    /// One reference to `metadata` is the caller's, and becomes the result's.
    pub(super) unsafe fn from_raw(metadata: NonNull<Metadata>) -> MetadataRef {
        MetadataRef(metadata)
    }
}

impl Deref for MetadataRef {
    type Target = Metadata;

    fn deref(&self) -> &Metadata {
        // SAFETY: live by this reference.
        unsafe { self.0.as_ref() }
    }
}

impl Clone for MetadataRef {
    fn clone(&self) -> MetadataRef {
        self.references.add(1);
        MetadataRef(self.0)
    }
}

impl Drop for MetadataRef {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this reference, not used again.
        unsafe { Metadata::drop_references(self.0, 1) };
    }
}

impl fmt::Debug for MetadataRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// A stock of references to one [`Metadata`], taken in bulk: a receiving thread that attaches one
/// to each message then writes to the count, which the application's thread also writes to, only
/// once for many messages.
#[derive(Debug)]
pub struct MetadataCredit {
    metadata: MetadataRef,
    left: usize,
}

impl MetadataCredit {
    /// An empty stock; references are taken when they are asked for.
    pub fn new(metadata: MetadataRef) -> MetadataCredit {
        MetadataCredit { metadata, left: 0 }
    }

    /// One more reference.
    #[inline]
    pub fn next(&mut self) -> MetadataRef {
        if self.left == 0 {
            self.metadata.references.add(CREDIT);
            self.left = CREDIT;
        }
        self.left -= 1;
        MetadataRef(self.metadata.0)
    }
}

impl Drop for MetadataCredit {
    fn drop(&mut self) {
        // SAFETY: what is left of the stock is ours and not used again; `self.metadata` is one more.
        unsafe { Metadata::drop_references(self.metadata.0, self.left) };
    }
}
