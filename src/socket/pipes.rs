//! A socket's pipes, by number.

use crate::core::broadcast::{BroadcastWriter, SIZES};
use crate::core::mailbox::{Command, EndpointPair, NewPipe, PipeKey, PipeLink};
use crate::core::pipe::{PipeReader, PipeWriter};
use crate::msg::Msg;
use crate::pattern::{PipeId, Pipes};
use crate::sync::Arc;

/// One pipe, as its socket holds it. What each message needs comes first.
#[repr(C)]
pub struct Slot {
    /// See [`PipeKey`].
    serial: u32,
    /// The pattern was told that there is nothing to read.
    pub read_passive: bool,
    /// The pattern was told that there is no room.
    pub write_passive: bool,
    /// The far end writes no more; what it wrote may still be read.
    pub peer_ended: bool,
    /// On its way out.
    pub over: bool,
    pub reader: PipeReader,
    pub writer: PipeWriter,
    /// At which attention of the socket's [`Pipes::is_full`] last looked for credit.
    credit_of: u64,
    /// Through which the far end reaches this socket.
    pub link: Arc<PipeLink>,
    pub endpoints: Arc<EndpointPair>,
    /// See [`NewPipe::origin`].
    pub origin: usize,
}

/// The pipes of a socket. What each message needs comes first.
#[derive(Default)]
#[repr(C)]
pub struct PipeTable {
    /// How often the socket has attended to what others told it, also if that was nothing.
    pub attended: u64,
    slots: Vec<Option<Slot>>,
    /// Pipes whose end the pattern has to be told.
    pub ended: Vec<PipeId>,
    free: Vec<u32>,
    /// Pipes taken in so far.
    serial: u32,
    /// The pipe that was told that it is the socket's only one.
    alone: Option<PipeId>,
    sharing: Option<Box<Sharing>>,
}

impl PipeTable {
    /// Takes a pipe in.
    pub fn insert(&mut self, pipe: NewPipe) -> PipeId {
        self.serial = self.serial.wrapping_add(1);
        let serial = self.serial;
        let slot = Slot {
            serial,
            writer: pipe.writer,
            reader: pipe.reader,
            link: pipe.link.clone(),
            read_passive: false,
            write_passive: false,
            credit_of: 0,
            peer_ended: false,
            over: false,
            endpoints: pipe.endpoints,
            origin: pipe.origin,
        };
        let number = match self.free.pop() {
            Some(number) => {
                self.slots[number as usize] = Some(slot);
                number
            }
            None => {
                self.slots.push(Some(slot));
                self.slots.len() as u32 - 1
            }
        };
        pipe.link.attach(PipeKey { number, serial });
        // Without a look at all slots: most may be free.
        let is_alone = self.slots.len() - self.free.len() == 1;
        let was_alone = std::mem::replace(&mut self.alone, is_alone.then_some(PipeId(number)));
        for (pipe, alone) in [(was_alone, false), (Some(PipeId(number)), is_alone)] {
            if let Some(slot) = pipe.and_then(|pipe| self.get(pipe)) {
                slot.reader.set_alone(alone);
            }
        }
        PipeId(number)
    }

    /// The pipe of this number, if there is one.
    #[inline]
    pub fn get(&mut self, pipe: PipeId) -> Option<&mut Slot> {
        self.slots.get_mut(pipe.0 as usize)?.as_mut()
    }

    /// The pipe that a command means, unless it is gone.
    pub fn find(&mut self, key: PipeKey) -> Option<PipeId> {
        let pipe = PipeId(key.number);
        self.get(pipe).is_some_and(|slot| slot.serial == key.serial).then_some(pipe)
    }

    /// Takes a pipe out.
    pub fn remove(&mut self, pipe: PipeId) -> Option<Slot> {
        let slot = self.slots.get_mut(pipe.0 as usize)?.take()?;
        self.free.push(pipe.0);
        Some(slot)
    }

    /// The writing end of the only pipe there is.
    pub fn only_writer(&mut self) -> Option<&mut PipeWriter> {
        if self.slots.len() - self.free.len() != 1 {
            return None;
        }
        self.iter_mut().next().map(|(_, slot)| &mut slot.writer)
    }

    /// Every pipe.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (PipeId, &mut Slot)> {
        self.slots
            .iter_mut()
            .enumerate()
            .filter_map(|(number, slot)| Some((PipeId(number as u32), slot.as_mut()?)))
    }

    /// There is nothing to read, now or ever again: `false`.
    #[cold]
    fn is_empty(&mut self, pipe: PipeId) -> bool {
        if let Some(slot) = self.get(pipe) {
            slot.read_passive = true;
            if slot.reader.is_ended() {
                self.end(pipe);
            }
        }
        false
    }

    /// Ends a pipe: nothing is read from it any more, what was written stays readable for the far
    /// end, and the pattern hears of it soon.
    pub fn end(&mut self, pipe: PipeId) {
        if let Some(slot) = self.get(pipe)
            && !slot.over
        {
            slot.over = true;
            slot.writer.close();
            self.ended.push(pipe);
        }
    }

    /// The far end of a pipe writes no more: end the pipe as soon as everything is read, at once
    /// if nobody reads.
    pub fn peer_ended(&mut self, pipe: PipeId, nobody_reads: bool) {
        let Some(slot) = self.get(pipe) else { return };
        slot.peer_ended = true;
        // Nothing more is written to it, and it waits to hear so.
        slot.writer.close();
        if nobody_reads {
            return self.end(pipe);
        }
        if !slot.over && !slot.reader.check() {
            slot.read_passive = true;
            if slot.reader.is_ended() {
                self.end(pipe);
            }
        }
    }
}

impl Pipes for PipeTable {
    #[inline]
    fn check_read(&mut self, pipe: PipeId) -> bool {
        let Some(slot) = self.get(pipe).filter(|slot| !slot.over) else { return false };
        slot.reader.check() || self.is_empty(pipe)
    }

    #[inline(always)]
    fn read(&mut self, pipe: PipeId, msg: &mut Msg) -> bool {
        let Some(slot) = self.get(pipe).filter(|slot| !slot.over) else { return false };
        slot.reader.read(msg) || self.is_empty(pipe)
    }

    #[inline]
    fn check_write(&mut self, pipe: PipeId) -> bool {
        let Some(slot) = self.get(pipe) else { return false };
        if slot.over || slot.peer_ended || !slot.writer.check() {
            slot.write_passive = true;
            return false;
        }
        true
    }

    fn is_full(&mut self, pipe: PipeId) -> bool {
        let attended = self.attended;
        let Some(slot) = self.get(pipe) else { return false };
        if slot.over || slot.peer_ended || slot.writer.is_closed() {
            return false;
        }
        // A pipe that was full stays so until the socket attends to its commands: who asks in a
        // loop without waiting is not let through by every message that is read meanwhile.
        if slot.write_passive {
            return true;
        }
        if !slot.writer.is_full_as_known() {
            return false;
        }
        if slot.credit_of != attended {
            slot.credit_of = attended;
            slot.writer.refresh();
            if !slot.writer.is_full_as_known() {
                return false;
            }
        }
        let link = &slot.link;
        slot.writer.await_credit(|| link.send(Command::Writable));
        slot.write_passive = true;
        true
    }

    #[inline]
    fn write(&mut self, pipe: PipeId, msg: &mut Msg) -> bool {
        let Some(slot) = self.get(pipe) else { return false };
        if slot.over || slot.peer_ended || !slot.writer.write(msg) {
            slot.write_passive = true;
            return false;
        }
        true
    }

    #[inline(always)]
    fn write_single(&mut self, pipe: PipeId, msg: &mut Msg) -> bool {
        // The writing end of one that is over, or whose peer has ended, is closed.
        self.get(pipe).is_some_and(|slot| slot.writer.write_single(msg, true))
    }

    #[inline]
    fn flush(&mut self, pipe: PipeId, direct: bool) {
        if let Some(slot) = self.get(pipe) {
            slot.writer.flush(direct);
        }
    }

    fn share_among(&mut self, pipes: impl Iterator<Item = PipeId> + Clone) -> bool {
        let mut sharing = self.sharing.take().unwrap_or_default();
        let begun = sharing.begin(self, pipes);
        self.sharing = Some(sharing);
        begun
    }

    fn can_share(&self) -> bool {
        self.sharing
            .as_ref()
            .and_then(|sharing| sharing.broadcast.as_ref())
            .is_some_and(BroadcastWriter::is_open)
    }

    #[inline]
    fn share(&mut self, msg: &mut Msg) -> bool {
        let Some(Sharing { broadcast: Some(broadcast), members, begun, .. }) =
            self.sharing.as_deref_mut()
        else {
            return false;
        };
        if !broadcast.append(msg.data()) {
            return false;
        }
        let slots = &mut self.slots;
        let mut wake = |pipe: &PipeId| {
            if let Some(slot) = slots.get_mut(pipe.0 as usize).and_then(Option::as_mut) {
                slot.writer.wake();
            }
        };
        if *begun {
            broadcast.for_sleepers(|number| {
                members.get(number as usize).into_iter().for_each(&mut wake);
            });
        } else {
            *begun = true;
            members.iter().for_each(wake);
        }
        *msg = Msg::new();
        true
    }

    fn rollback(&mut self, pipe: PipeId) {
        if let Some(slot) = self.get(pipe) {
            slot.writer.rollback();
        }
    }

    fn terminate(&mut self, pipe: PipeId, delay: bool) {
        // As in libzmq, `delay` matters only once the far end has gone.
        if delay && self.get(pipe).is_some_and(|slot| slot.peer_ended) {
            return;
        }
        self.end(pipe);
    }
}

/// Messages that all pipes have room for, from which on it is worth having them share.
const WORTHWHILE: u32 = 8;

/// Pipes that messages are written to once for all.
#[derive(Default)]
struct Sharing {
    broadcast: Option<BroadcastWriter>,
    /// By their number in the broadcast.
    members: Vec<PipeId>,
    /// Something was put there, so that those who found nothing more are on its list.
    begun: bool,
    /// Bytes of a broadcast.
    size: usize,
}

impl Sharing {
    /// Has these pipes share what comes. `false`: one of them cannot, or has little room, or there is no memory.
    fn begin(
        &mut self,
        table: &mut PipeTable,
        pipes: impl Iterator<Item = PipeId> + Clone,
    ) -> bool {
        self.choose_size();
        self.broadcast = None;
        self.members.clear();
        let mut room = u32::MAX;
        for pipe in pipes.clone() {
            let Some(slot) = table.get(pipe) else { return false };
            if slot.over || slot.peer_ended || slot.write_passive {
                return false;
            }
            room = room.min(slot.writer.shareable_room().unwrap_or(0));
            if room < WORTHWHILE {
                return false;
            }
        }
        let count = pipes.clone().count();
        if self.members.try_reserve(count).is_err() {
            return false;
        }
        self.members.extend(pipes);
        let Some(broadcast) = BroadcastWriter::new(self.size, count, room) else { return false };
        for (pipe, number) in self.members.iter().zip(0..) {
            if !table.get(*pipe).is_some_and(|slot| slot.writer.join(&broadcast, number)) {
                // Those who did will leave at what is written to them next.
                return false;
            }
        }
        (self.broadcast, self.begun) = (Some(broadcast), false);
        true
    }

    /// A larger one if the last was filled, a smaller one if it was of little use.
    fn choose_size(&mut self) {
        let (least, most) = SIZES;
        let used = self.broadcast.as_ref().map_or(self.size / 2, BroadcastWriter::used);
        if 2 * used > self.size {
            self.size *= 4;
        } else if 8 * used < self.size {
            self.size /= 4;
        }
        self.size = self.size.clamp(least, most);
    }
}
