//! The message itself.

use std::ffi::{CStr, c_void};
use std::fmt;
use std::mem::{self, MaybeUninit};
use std::ptr::{self, NonNull};
use std::slice;

use super::block::{Block, External, FreeFn, References, freeze};
use super::class::Class;
use super::group::{GROUP_MAX, Group};
use super::metadata::{Metadata, MetadataRef};
use super::tail::{CLOSED, CONSTANT, EXTERNAL, HEAP, INLINE, MORE, SHARED, SLICE, Tail};
use crate::error::{Errno, Result};

/// Bytes of a message, on every system.
const SIZE: usize = 64;

/// Longest payload that is kept in the message itself: what the two references and the tail leave.
const INLINE_MAX: usize = SIZE - 2 * size_of::<usize>() - size_of::<Tail>();

#[repr(C)]
union Body {
    inline: [MaybeUninit<u8>; INLINE_MAX],
    far: Far,
}

/// A payload outside of the message. `owner` is a [`Block`] (heap, slice), an [`External`] or null
/// (constant).
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Far {
    pub(super) owner: *mut c_void,
    pub(super) data: *mut u8,
    pub(super) size: usize,
}

/// A message part: the `zmq_msg_t` of the C interface.
///
/// Dropping it is `zmq_msg_close`. It may be sent to another thread; a payload that was duplicated
/// is shared between the copies and read-only in Rust (see [`Msg::data_mut`]).
#[repr(C)]
pub struct Msg {
    body: Body,
    /// One reference, or null.
    metadata: *const Metadata,
    /// One reference, or null for the empty group.
    group: *mut Group,
    pub(super) tail: Tail,
}

const _: () = assert!(size_of::<Msg>() == SIZE && align_of::<Msg>() == align_of::<usize>());

// SAFETY: everything a message points to is either owned by it alone or counted with atomics; the
// application promises the same of external memory by handing it over.
unsafe impl Send for Msg {}
// SAFETY: through `&Msg` everything is only read.
unsafe impl Sync for Msg {}

impl Msg {
    /// Longest payload, in bytes, that is kept in the message itself.
    pub const INLINE_MAX: usize = INLINE_MAX;

    /// Where the references begin, in bytes; before them is the body.
    pub(super) const REFERENCES_AT: usize = mem::offset_of!(Msg, metadata);

    /// An empty message.
    #[inline]
    pub const fn new() -> Msg {
        Msg::with_body(Tail::inline(0), Body { inline: [MaybeUninit::uninit(); INLINE_MAX] })
    }

    /// Makes a message of `size` bytes of unspecified values, at most [`Msg::INLINE_MAX`], of memory that
    /// is none yet, writing as few words as it takes.
    ///
    /// # Safety
    ///
    /// A message can be written there, and what is there needs no drop.
    #[inline]
    pub unsafe fn initialise(msg: *mut Msg, size: usize) {
        debug_assert!(size <= INLINE_MAX);
        // SAFETY: within what can be written.
        unsafe {
            if size > 0 {
                freeze(NonNull::new_unchecked(msg).cast(), INLINE_MAX);
            }
            (&raw mut (*msg).metadata).write(ptr::null());
            (&raw mut (*msg).group).write(ptr::null_mut());
            (&raw mut (*msg).tail).write(Tail::inline(size as u8));
        }
    }

    /// A message of `size` bytes of unspecified values, for somebody to fill. `ENOMEM` when there is
    /// no such memory, however absurd the size.
    #[inline]
    pub fn with_size(size: usize) -> Result<Msg> {
        let mut msg = Msg::new();
        msg.set_size(size)?;
        Ok(msg)
    }

    /// Makes an empty message one of `size` bytes of unspecified values, where it is. `ENOMEM` leaves
    /// it empty.
    #[inline]
    pub fn set_size(&mut self, size: usize) -> Result<()> {
        debug_assert!(self.kind() == INLINE && self.is_empty());
        if size <= INLINE_MAX {
            // SAFETY: the body is the message's own.
            unsafe { freeze(NonNull::from_mut(&mut self.body).cast(), INLINE_MAX) };
            self.tail = Tail::inline(size as u8);
            return Ok(());
        }
        let block = Block::allocate(size)?;
        let payload = Block::payload(block);
        // SAFETY: the block has `size` bytes of payload.
        unsafe { freeze(payload, size) };
        let far = Far { owner: block.as_ptr().cast(), data: payload.as_ptr(), size };
        self.body = Body { far };
        self.tail = Tail::new(HEAP);
        Ok(())
    }

    /// A message with a copy of `bytes`.
    #[inline]
    pub fn from_slice(bytes: &[u8]) -> Result<Msg> {
        if bytes.len() <= INLINE_MAX {
            let mut inline = [MaybeUninit::uninit(); INLINE_MAX];
            // SAFETY: the source fits into the array, and the two are different objects.
            unsafe {
                ptr::copy_nonoverlapping(
                    bytes.as_ptr(),
                    inline.as_mut_ptr().cast::<u8>(),
                    bytes.len(),
                );
            }
            return Ok(Msg::with_body(Tail::inline(bytes.len() as u8), Body { inline }));
        }
        let block = Block::allocate(bytes.len())?;
        let payload = Block::payload(block);
        // SAFETY: the fresh block has room for `bytes.len()` bytes.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), payload.as_ptr(), bytes.len()) };
        let owner = block.as_ptr().cast();
        Ok(Msg::far(HEAP, owner, payload.as_ptr(), bytes.len()))
    }

    /// A message over the application's memory. `free(data, hint)` is called once, when the last
    /// copy is dropped, on whichever thread does it; without a function the memory is constant.
    ///
    /// Errors (the memory then stays the caller's): `EFAULT` for a null pointer with a size, or a
    /// size beyond the address space; `ENOMEM`.
    ///
    /// # Safety
    ///
    /// `size` bytes at `data` stay readable, and are not changed through the library's back while
    /// it reads them, until `free` is called; `free` may be called with these arguments from any
    /// thread.
    pub unsafe fn from_external(
        data: *mut c_void,
        size: usize,
        free: Option<FreeFn>,
        hint: *mut c_void,
    ) -> Result<Msg> {
        if (data.is_null() && size != 0) || size > isize::MAX as usize {
            return Err(Errno::EFAULT);
        }
        let Some(free) = free else {
            // SAFETY: the caller's promise, for memory that is never freed.
            return Ok(unsafe { Msg::from_const(data, size) });
        };
        let external = External::allocate(data, free, hint)?;
        let owner = external.as_ptr().cast();
        Ok(Msg::far(EXTERNAL, owner, data.cast(), size))
    }

    /// A message over constant memory.
    ///
    /// # Safety
    ///
    /// `size` (at most `isize::MAX`) bytes at `data` stay readable and unchanged as long as the
    /// message or a copy of it exists. A null `data` goes with size 0 only.
    pub unsafe fn from_const(data: *const c_void, size: usize) -> Msg {
        Msg::far(CONSTANT, ptr::null_mut(), data.cast_mut().cast(), size)
    }

    /// A message over the `size` bytes at the start of a block's payload, taking the block over.
    ///
    /// # Safety
    ///
    /// The block is unshared and its first `size` bytes of payload are initialised.
    pub(super) unsafe fn from_block(block: NonNull<Block>, size: usize) -> Msg {
        let payload = Block::payload(block);
        Msg::far(HEAP, block.as_ptr().cast(), payload.as_ptr(), size)
    }

    /// A message over `size` bytes at `data` within a block's payload. The message takes over one
    /// reference of the block.
    ///
    /// # Safety
    ///
    /// One reference of the counted block is the message's, and the bytes are initialised and never
    /// written again while it exists.
    pub(super) unsafe fn from_block_slice(
        block: NonNull<Block>,
        data: NonNull<u8>,
        size: usize,
    ) -> Msg {
        Msg::far(SLICE, block.as_ptr().cast(), data.as_ptr(), size)
    }

    /// A subscription to `topic`, for the pipe of an XPUB.
    pub fn subscribe(topic: &[u8]) -> Result<Msg> {
        let mut msg = Msg::from_slice(topic)?;
        msg.set_class(Class::Subscribe);
        Ok(msg)
    }

    /// The end of a subscription to `topic`.
    pub fn cancel(topic: &[u8]) -> Result<Msg> {
        let mut msg = Msg::from_slice(topic)?;
        msg.set_class(Class::Cancel);
        Ok(msg)
    }

    /// An empty message of some class.
    pub fn marker(class: Class) -> Msg {
        let mut msg = Msg::new();
        msg.set_class(class);
        msg
    }

    /// Whether `msg` points to a live message: aligned, initialised and not closed. Garbage passes
    /// once in some ten thousand cases, as the tail of a message is looked at as a whole.
    ///
    /// # Safety
    ///
    /// `msg` is null, or 64 bytes are readable there.
    #[inline]
    pub unsafe fn check(msg: *const Msg) -> bool {
        if msg.is_null() || !msg.is_aligned() {
            return false;
        }
        // SAFETY: readable and aligned; a plain integer, valid with any bits.
        unsafe { (*msg).tail }.is_plausible()
    }

    /// The payload.
    #[inline]
    pub fn data(&self) -> &[u8] {
        let size = self.len();
        if size == 0 {
            return &[];
        }
        // SAFETY: a payload of that size is at `data_ptr`, initialised, and lives as long as the
        // message; Rust code never writes to one that is shared.
        unsafe { slice::from_raw_parts(self.data_ptr(), size) }
    }

    /// The payload, to be written. What cannot be written in place (shared, external or constant
    /// memory) is copied first, hence `ENOMEM`.
    pub fn data_mut(&mut self) -> Result<&mut [u8]> {
        if !matches!(self.kind(), CLOSED | INLINE) && (self.kind() != HEAP || self.is_shared()) {
            self.make_own()?;
        }
        let size = self.len();
        // SAFETY: the payload is this message's alone now, of that size and initialised.
        Ok(unsafe { slice::from_raw_parts_mut(self.data_ptr().cast_mut(), size) })
    }

    /// Where the payload is, for C. Null for an external or constant message over a null pointer.
    /// An inline payload moves with the message.
    #[inline]
    pub fn data_ptr(&self) -> *const u8 {
        match self.kind() {
            CLOSED | INLINE => (&raw const self.body).cast(),
            // SAFETY: all other kinds have `far` in the union.
            _ => unsafe { self.body.far.data },
        }
    }

    /// Bytes of payload.
    #[inline]
    pub fn len(&self) -> usize {
        match self.kind() {
            CLOSED | INLINE => usize::from(self.tail.byte(Tail::INLINE_SIZE)),
            // SAFETY: all other kinds have `far` in the union.
            _ => unsafe { self.body.far.size },
        }
    }

    /// Whether there is no payload.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops the first `size` bytes of the payload, or all of it if it is shorter.
    pub fn skip(&mut self, size: usize) {
        let len = self.len();
        let size = size.min(len);
        if matches!(self.kind(), CLOSED | INLINE) {
            // SAFETY: the inline bytes up to `len` are initialised and this message's alone, and
            // `size <= len`.
            unsafe {
                let start = self.body.inline.as_mut_ptr();
                ptr::copy(start.add(size), start, len - size);
            }
            self.tail.set_byte(Tail::INLINE_SIZE, (len - size) as u8);
        } else {
            // SAFETY: all other kinds have `far` in the union, and `size` bytes of payload; the owner
            // is found without the data's address.
            unsafe { self.body.far.data = self.body.far.data.add(size) };
            self.body.far.size = len - size;
        }
    }

    /// Cuts the payload to its first `size` bytes; nothing happens if it is not longer.
    #[cfg(test)]
    pub fn truncate(&mut self, size: usize) {
        if size >= self.len() {
            return;
        }
        match self.kind() {
            CLOSED | INLINE => self.tail.set_byte(Tail::INLINE_SIZE, size as u8),
            // All other kinds have `far` in the union; writing a `Copy` field is safe.
            _ => self.body.far.size = size,
        }
    }

    /// Whether more parts of the same multipart message follow.
    #[inline]
    pub fn more(&self) -> bool {
        self.flags() & MORE != 0
    }

    /// Says whether more parts of the same multipart message follow.
    #[inline]
    pub fn set_more(&mut self, more: bool) {
        let flags = self.flags();
        self.set_flags(if more { flags | MORE } else { flags & !MORE });
    }

    /// `zmq_msg_copy`: a second message with the same payload, flags, metadata, routing id and group.
    /// Payloads outside of the message are shared, and counted from now on. `ENOMEM` if so many
    /// copies were leaked that the count is exhausted.
    #[inline]
    pub fn duplicate(&mut self) -> Result<Msg> {
        let counted = self.kind() == SLICE || self.flags() & SHARED != 0;
        let payload = self.references(self.tail);
        let held = [
            self.metadata().map(Metadata::references),
            // SAFETY: null, or a reference is held as long as the message lives.
            unsafe { self.group.as_ref() }.map(|group| &group.references),
            if counted { payload } else { None },
        ];
        References::add_to_all(&held)?;
        if let Some(references) = payload {
            if !counted {
                references.start(2);
            }
            self.set_flags(self.flags() | SHARED);
        }
        // SAFETY: a second owner of everything that is pointed to was just counted, or nothing is.
        Ok(unsafe { ptr::read(self) })
    }

    /// Moves the message out and leaves an empty one.
    #[inline]
    pub fn take(&mut self) -> Msg {
        // SAFETY: what was here is the other one's alone from now on.
        let taken = unsafe { Msg::moved(self) };
        self.forget();
        taken
    }

    /// Makes it an empty one.
    #[inline]
    pub(super) fn clear(&mut self) {
        if self.kind() != INLINE || self.is_referring() {
            self.let_go();
        }
        self.forget();
    }

    /// Makes it an empty one; what it had is somebody else's by now, and not dropped. The body stays as
    /// it is: nobody looks at it.
    #[inline]
    pub(super) fn forget(&mut self) {
        self.metadata = ptr::null();
        self.group = ptr::null_mut();
        self.tail = Tail::inline(0);
    }

    /// Whether the payload was copied by [`Msg::duplicate`], or is constant (what `ZMQ_SHARED` says).
    #[inline]
    pub fn is_shared(&self) -> bool {
        self.flags() & SHARED != 0 || self.kind() == CONSTANT
    }

    /// What the message is to the library.
    #[inline]
    pub fn class(&self) -> Class {
        Class::from_byte(self.tail.byte(Tail::CLASS))
    }

    /// Whether this is a whole message of the application's: data, and no further part follows.
    #[inline]
    pub fn is_single(&self) -> bool {
        self.tail.is_single()
    }

    /// Says what the message is to the library.
    #[inline]
    pub fn set_class(&mut self, class: Class) {
        self.tail.set_byte(Tail::CLASS, class as u8);
    }

    /// The properties of the connection that the message came from.
    #[inline]
    pub fn metadata(&self) -> Option<&Metadata> {
        // SAFETY: null, or a reference is held as long as the message lives.
        unsafe { self.metadata.as_ref() }
    }

    /// A reference of its own to the properties, for another message from the same connection.
    #[inline]
    pub fn metadata_ref(&self) -> Option<MetadataRef> {
        let metadata = NonNull::new(self.metadata.cast_mut())?;
        // SAFETY: the message's own reference, lent for the clone and not dropped.
        let own = mem::ManuallyDrop::new(unsafe { MetadataRef::from_raw(metadata) });
        Some(MetadataRef::clone(&own))
    }

    /// Sets or removes the properties.
    #[inline]
    pub fn set_metadata(&mut self, metadata: Option<MetadataRef>) {
        let new = metadata.map_or(ptr::null(), MetadataRef::into_raw);
        let old = mem::replace(&mut self.metadata, new);
        if let Some(old) = NonNull::new(old.cast_mut()) {
            // SAFETY: the message's reference, taken out of it.
            drop(unsafe { MetadataRef::from_raw(old) });
        }
    }

    /// Takes the properties out.
    #[inline]
    pub fn take_metadata(&mut self) -> Option<MetadataRef> {
        let raw = mem::replace(&mut self.metadata, ptr::null());
        // SAFETY: the message's reference, taken out of it.
        NonNull::new(raw.cast_mut()).map(|raw| unsafe { MetadataRef::from_raw(raw) })
    }

    /// The routing id of a SERVER's or PEER's peer; 0 is none.
    #[inline]
    pub fn routing_id(&self) -> u32 {
        self.tail.0 as u32
    }

    /// Sets the routing id; 0 removes it.
    #[inline]
    pub fn set_routing_id(&mut self, routing_id: u32) {
        self.tail.0 = self.tail.0 >> 32 << 32 | u64::from(routing_id);
    }

    /// The group of a RADIO's or DISH's message, empty if it has none.
    pub fn group(&self) -> &CStr {
        // SAFETY: null, or a reference is held as long as the message lives.
        match unsafe { self.group.as_ref() } {
            Some(group) => CStr::from_bytes_until_nul(&group.name).unwrap_or_default(),
            None => c"",
        }
    }

    /// Sets the group: at most 255 bytes and no NUL, else `EINVAL`. `ENOMEM`.
    pub fn set_group(&mut self, name: impl AsRef<[u8]>) -> Result<()> {
        let name = name.as_ref();
        if name.len() > GROUP_MAX || name.contains(&0) {
            return Err(Errno::EINVAL);
        }
        let new = if name.is_empty() { ptr::null_mut() } else { Group::allocate(name)?.as_ptr() };
        let old = mem::replace(&mut self.group, new);
        // SAFETY: the message's reference, taken out of it.
        unsafe { Group::release(old) };
        Ok(())
    }

    /// The block that a message of the kind [`HEAP`] is over, and the payload.
    ///
    /// # Safety
    ///
    /// It is of that kind.
    #[inline]
    pub(super) unsafe fn block(&self) -> (NonNull<Block>, *const u8, usize) {
        // SAFETY: this kind has `far` in the union, and a live block there.
        unsafe {
            let Far { owner, data, size } = self.body.far;
            (NonNull::new_unchecked(owner.cast()), data, size)
        }
    }

    /// Whether there is metadata or a group.
    #[inline]
    pub(super) fn is_referring(&self) -> bool {
        !self.metadata.is_null() || !self.group.is_null()
    }

    #[inline]
    fn kind(&self) -> u8 {
        self.tail.byte(Tail::KIND)
    }

    #[inline]
    fn flags(&self) -> u8 {
        self.tail.byte(Tail::FLAGS)
    }

    #[inline]
    fn set_flags(&mut self, flags: u8) {
        self.tail.set_byte(Tail::FLAGS, flags);
    }

    /// The same message elsewhere, read word by word, as it was written perhaps a moment ago (see
    /// [`Tail`]).
    ///
    /// # Safety
    ///
    /// `source` points to a message, which is not used any more as it is.
    #[inline]
    unsafe fn moved(source: *const Msg) -> Msg {
        let mut words = [MaybeUninit::<usize>::uninit(); SIZE / size_of::<usize>()];
        for (at, word) in words.iter_mut().enumerate() {
            // SAFETY: a message is so many aligned words, per the contract. Volatile, so that these
            // are as many loads.
            *word = unsafe { source.cast::<MaybeUninit<usize>>().add(at).read_volatile() };
        }
        // SAFETY: all of a message's bytes, of any kind, and its successor's only.
        unsafe { mem::transmute(words) }
    }

    const fn with_body(tail: Tail, body: Body) -> Msg {
        Msg { body, metadata: ptr::null(), group: ptr::null_mut(), tail }
    }

    fn far(kind: u8, owner: *mut c_void, data: *mut u8, size: usize) -> Msg {
        let far = Far { owner, data, size };
        Msg::with_body(Tail::new(kind), Body { far })
    }

    /// The payload's reference count, if it has one, of a message that has, or had, this tail.
    fn references(&self, tail: Tail) -> Option<&References> {
        match tail.byte(Tail::KIND) {
            // SAFETY: these kinds have a live owner in `far`, whose first field is the count.
            HEAP | SLICE | EXTERNAL => unsafe { self.body.far.owner.cast::<References>().as_ref() },
            _ => None,
        }
    }

    /// Replaces the payload by a copy that is this message's alone.
    fn make_own(&mut self) -> Result<()> {
        let mut own = Msg::from_slice(self.data())?;
        // The payload changes places, all else stays.
        mem::swap(&mut self.body, &mut own.body);
        let (old, new) = (self.tail, own.tail);
        for part in [Tail::KIND, Tail::INLINE_SIZE] {
            self.tail.set_byte(part, new.byte(part));
            own.tail.set_byte(part, old.byte(part));
        }
        own.set_flags(self.flags() & SHARED);
        self.set_flags(self.flags() & !SHARED);
        Ok(())
    }

    /// Gives up all that the message refers to, and is closed then; the caller makes sure that nothing
    /// looks at it again.
    #[inline(never)]
    fn let_go(&mut self) {
        let tail = self.tail;
        // First: should anything below go wrong, nothing is given up twice.
        self.tail.set_byte(Tail::KIND, CLOSED);
        if let Some(metadata) = NonNull::new(self.metadata.cast_mut()) {
            // SAFETY: the message's reference, not used again.
            drop(unsafe { MetadataRef::from_raw(metadata) });
        }
        if !self.group.is_null() {
            // SAFETY: the message's reference, not used again.
            unsafe { Group::release(self.group) };
        }
        // Last, as it may call the application's function.
        self.release_payload(tail);
    }

    /// Gives up the payload of a message that had this tail; the caller makes sure that nothing looks at
    /// it again.
    #[inline]
    fn release_payload(&mut self, tail: Tail) {
        let Some(references) = self.references(tail) else {
            return;
        };
        let kind = tail.byte(Tail::KIND);
        let counted = kind == SLICE || tail.byte(Tail::FLAGS) & SHARED != 0;
        if counted && !references.drop(1) {
            return;
        }
        // SAFETY: these kinds have `far` in the union, and a live owner there.
        let owner = unsafe { NonNull::new_unchecked(self.body.far.owner) };
        if kind == EXTERNAL {
            // SAFETY: this was the last reference.
            unsafe { External::release(owner.cast()) };
        } else {
            // SAFETY: this was the last reference.
            unsafe { Block::free(owner.cast()) };
        }
    }

    /// [`Msg::close`] for a message that has nothing to give up. False, and nothing happened: it has.
    ///
    /// # Safety
    ///
    /// As for [`Msg::close`].
    #[inline]
    pub unsafe fn close_lightly(msg: *mut Msg) -> bool {
        // SAFETY: a live message, per the contract, which nobody else uses.
        let msg = unsafe { &mut *msg };
        if msg.kind() != INLINE || msg.is_referring() {
            return false;
        }
        msg.tail.set_byte(Tail::KIND, CLOSED);
        true
    }

    /// `zmq_msg_close` on memory that a C program owns: drops the content and makes the memory
    /// an invalid message.
    ///
    /// # Safety
    ///
    /// `msg` points to a live message.
    pub unsafe fn close(msg: *mut Msg) {
        // SAFETY: a live message, per the contract, which nobody else uses.
        let own = unsafe { &mut *msg };
        if own.kind() != EXTERNAL {
            return own.let_go();
        }
        // Detached first: a free function may look at this very memory again.
        // SAFETY: a live message, per the contract; the original is made invalid at once.
        let content = unsafe { Msg::moved(msg) };
        // SAFETY: as above.
        unsafe { (*msg).tail.set_byte(Tail::KIND, CLOSED) };
        drop(content);
    }
}

impl Default for Msg {
    #[inline]
    fn default() -> Msg {
        Msg::new()
    }
}

impl Drop for Msg {
    #[inline]
    fn drop(&mut self) {
        if self.kind() != INLINE || self.is_referring() {
            self.let_go();
        }
    }
}

impl fmt::Debug for Msg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Msg");
        out.field("class", &self.class()).field("len", &self.len());
        if self.len() <= INLINE_MAX {
            out.field("data", &self.data().escape_ascii().to_string());
        }
        out.field("more", &self.more()).finish()
    }
}
