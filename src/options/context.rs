//! Options of a context, as `zmq_ctx_set`, `zmq_ctx_get` and their `_ext` forms know them.

use std::collections::BTreeSet;

use super::table::Status;
use crate::consts::*;
use crate::error::{Errno, Result};

/// The most sockets that a context can be told to hold.
const SOCKET_LIMIT: i32 = 65_535;

/// How many bytes `ZMQ_THREAD_NAME_PREFIX` may have.
const NAME_PREFIX_MAX: usize = 16;

/// Size of `zmq_msg_t`, which is part of the ABI.
const MSG_T_SIZE: i32 = 64;

/// The values of a context's options.
#[derive(Clone, Debug)]
pub struct ContextOptions {
    /// How many I/O threads start with the first socket.
    pub io_threads: i32,
    /// How many sockets may be open at once.
    pub max_sockets: i32,
    /// Size limit of a sent message in bytes.
    pub max_msgsz: i32,
    /// Scheduling priority of the I/O threads; -1 leaves it to the system.
    pub thread_priority: i32,
    /// Scheduling policy of the I/O threads; -1 leaves it to the system.
    pub thread_sched_policy: i32,
    /// The CPUs that the I/O threads may run on; none leaves it to the system.
    pub thread_affinity: BTreeSet<i32>,
    /// Put before the names of the I/O threads, with a slash between.
    pub thread_name_prefix: Vec<u8>,
    /// Whether sockets linger by default.
    pub blocky: bool,
    /// Whether sockets allow IPv6 by default.
    pub ipv6: bool,
    /// Whether received messages may refer to the receive buffer.
    pub zero_copy_recv: bool,
}

impl Default for ContextOptions {
    fn default() -> Self {
        ContextOptions {
            io_threads: ZMQ_IO_THREADS_DFLT,
            max_sockets: ZMQ_MAX_SOCKETS_DFLT,
            max_msgsz: i32::MAX,
            thread_priority: ZMQ_THREAD_PRIORITY_DFLT,
            thread_sched_policy: ZMQ_THREAD_SCHED_POLICY_DFLT,
            thread_affinity: BTreeSet::new(),
            thread_name_prefix: Vec::new(),
            blocky: true,
            ipv6: false,
            zero_copy_recv: true,
        }
    }
}

/// When a new value of a context option counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContextApplies {
    /// It is settled when the first socket is made; what is set later has no effect.
    FirstSocket,
    /// For sockets made later.
    LaterSockets,
    /// Never: the value is only kept.
    Never,
}

/// One context option.
#[cfg_attr(not(test), allow(dead_code, reason = "names and descriptions are for docs/options.md"))]
pub struct ContextOptionSpec {
    /// Its name in C.
    pub name: &'static str,
    /// Its number. Two options share one: the one can only be set, the other only be read.
    pub number: i32,
    /// What it is, in one sentence without a full stop, with its unit.
    pub summary: &'static str,
    /// The lowest value.
    pub least: i32,
    /// When a new value counts.
    pub applies: ContextApplies,
    /// Its standing in the interface.
    pub status: Status,
    /// Stores a value.
    pub set: Option<fn(&mut ContextOptions, i32) -> Result<()>>,
    /// Reads it.
    pub get: Option<fn(&ContextOptions) -> i32>,
}

/// Starts a row, whose name is also the name of its number.
macro_rules! row {
    ($name:ident) => {
        ContextOptionSpec {
            name: stringify!($name),
            number: $name,
            summary: "",
            least: 0,
            applies: ContextApplies::FirstSocket,
            status: Status::Stable,
            set: None,
            get: None,
        }
    };
}

impl ContextOptionSpec {
    const fn about(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    const fn draft(mut self) -> Self {
        self.status = Status::Draft;
        self
    }

    const fn at_least(mut self, least: i32) -> Self {
        self.least = least;
        self
    }

    const fn counts(mut self, applies: ContextApplies) -> Self {
        self.applies = applies;
        self
    }

    const fn set(mut self, set: fn(&mut ContextOptions, i32) -> Result<()>) -> Self {
        self.set = Some(set);
        self
    }

    const fn get(mut self, get: fn(&ContextOptions) -> i32) -> Self {
        self.get = Some(get);
        self
    }
}

/// Every context option there is.
pub static CONTEXT_OPTIONS: &[ContextOptionSpec] = &[
    row!(ZMQ_IO_THREADS)
        .about("How many I/O threads start with the first socket; 0 is enough for inproc")
        .set(|c, v| store(&mut c.io_threads, v))
        .get(|c| c.io_threads),
    row!(ZMQ_MAX_SOCKETS)
        .about("How many sockets may be open at once")
        .at_least(1)
        .set(|c, v| store(&mut c.max_sockets, v))
        .get(|c| c.max_sockets),
    row!(ZMQ_SOCKET_LIMIT)
        .about("How many sockets a context can be told to hold")
        .get(|_| SOCKET_LIMIT),
    row!(ZMQ_THREAD_PRIORITY)
        .about("Scheduling priority of the I/O threads; by default the system's choice")
        .set(|c, v| store(&mut c.thread_priority, v)),
    row!(ZMQ_THREAD_SCHED_POLICY)
        .about("Scheduling policy of the I/O threads; -1, the default, is the system's choice")
        .set(|c, v| store(&mut c.thread_sched_policy, v))
        .get(|c| c.thread_sched_policy),
    row!(ZMQ_MAX_MSGSZ)
        .about("Size limit of a message in bytes; bounds nothing, as in libzmq")
        .counts(ContextApplies::Never)
        .set(|c, v| store(&mut c.max_msgsz, v))
        .get(|c| c.max_msgsz),
    row!(ZMQ_MSG_T_SIZE).about("Size of `zmq_msg_t` in bytes").get(|_| MSG_T_SIZE),
    row!(ZMQ_THREAD_AFFINITY_CPU_ADD)
        .about("Lets the I/O threads run on this CPU; without any, on all")
        .set(|c, v| {
            c.thread_affinity.insert(v);
            Ok(())
        }),
    row!(ZMQ_THREAD_AFFINITY_CPU_REMOVE)
        .about("Takes back a CPU that was added; it is an error if it was not")
        .set(|c, v| if c.thread_affinity.remove(&v) { Ok(()) } else { Err(Errno::EINVAL) }),
    row!(ZMQ_THREAD_NAME_PREFIX)
        .about("Put before the names of the I/O threads: an int, or text of up to 16 bytes")
        .at_least(i32::MIN)
        .set(|c, v| store(&mut c.thread_name_prefix, v.to_string().into_bytes()))
        .get(|c| leading_number(&c.thread_name_prefix)),
    row!(ZMQ_ZERO_COPY_RECV)
        .about("Received messages may refer to the receive buffer")
        .draft()
        .counts(ContextApplies::LaterSockets)
        .set(|c, v| store(&mut c.zero_copy_recv, v != 0))
        .get(|c| c.zero_copy_recv.into()),
    row!(ZMQ_IPV6)
        .about("Whether sockets made later allow IPv6")
        .counts(ContextApplies::LaterSockets)
        .set(|c, v| store(&mut c.ipv6, v != 0))
        .get(|c| c.ipv6.into()),
    row!(ZMQ_BLOCKY)
        .about("Whether sockets made later linger for ever, or else not at all")
        .counts(ContextApplies::LaterSockets)
        .set(|c, v| store(&mut c.blocky, v != 0))
        .get(|c| c.blocky.into()),
];

fn store<T>(field: &mut T, value: T) -> Result<()> {
    *field = value;
    Ok(())
}

impl ContextOptions {
    /// Sets an option as `zmq_ctx_set_ext` does; `zmq_ctx_set` passes its int's bytes.
    ///
    /// # Errors
    /// `EINVAL`: no such option, read only, or a wrong size or value.
    pub fn set(&mut self, option: i32, value: &[u8]) -> Result<()> {
        let Some(number) = value.try_into().ok().map(i32::from_ne_bytes) else {
            // Only the prefix can also be text.
            if option != ZMQ_THREAD_NAME_PREFIX || !(1..=NAME_PREFIX_MAX).contains(&value.len()) {
                return Err(Errno::EINVAL);
            }
            return store(&mut self.thread_name_prefix, value.to_vec());
        };
        let mut matching = CONTEXT_OPTIONS.iter().filter(|spec| spec.number == option);
        let found = matching.find_map(|spec| spec.set.filter(|_| number >= spec.least));
        found.ok_or(Errno::EINVAL)?(self, number)
    }

    /// An option's value as `zmq_ctx_get` returns it.
    ///
    /// # Errors
    /// `EINVAL`: no such option, or write only.
    pub fn get(&self, option: i32) -> Result<i32> {
        let mut matching = CONTEXT_OPTIONS.iter().filter(|spec| spec.number == option);
        let get = matching.find_map(|spec| spec.get).ok_or(Errno::EINVAL)?;
        Ok(get(self))
    }

    /// Writes an option's value into the caller's buffer as `zmq_ctx_get_ext` does. The caller's
    /// length variable stays as it was.
    ///
    /// # Errors
    /// `EINVAL`: as [`ContextOptions::get`], or the buffer has not the size of an int and is not
    /// large enough for the prefix.
    pub fn get_ext(&self, option: i32, buffer: &mut [u8]) -> Result<()> {
        if buffer.len() == size_of::<i32>() {
            buffer.copy_from_slice(&self.get(option)?.to_ne_bytes());
            return Ok(());
        }
        let prefix = &self.thread_name_prefix;
        match buffer.get_mut(..prefix.len()) {
            Some(start) if option == ZMQ_THREAD_NAME_PREFIX => start.copy_from_slice(prefix),
            _ => return Err(Errno::EINVAL),
        }
        Ok(())
    }
}

/// The number that the text starts with, as C's `atoi` reads it; 0 if there is none.
fn leading_number(text: &[u8]) -> i32 {
    let text = text.trim_ascii_start();
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] => (1, digits),
        digits => (1, digits),
    };
    let number = digits
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .fold(0i64, |n, b| n.saturating_mul(10).saturating_add(sign * i64::from(b - b'0')));
    number as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(o: &mut ContextOptions, option: i32, value: i32) -> Result<()> {
        o.set(option, &value.to_ne_bytes())
    }

    #[test]
    fn ints_are_stored_and_read_back() {
        let mut o = ContextOptions::default();
        let readable = [ZMQ_IO_THREADS, ZMQ_MAX_SOCKETS, ZMQ_MAX_MSGSZ, ZMQ_THREAD_SCHED_POLICY];
        for option in readable {
            set(&mut o, option, 7).unwrap();
            assert_eq!(o.get(option), Ok(7));
            assert_eq!(set(&mut o, option, -1), Err(Errno::EINVAL));
            assert_eq!(o.set(option, &[1, 2]), Err(Errno::EINVAL));
        }
        for option in [ZMQ_IPV6, ZMQ_BLOCKY, ZMQ_ZERO_COPY_RECV] {
            set(&mut o, option, 7).unwrap();
            assert_eq!(o.get(option), Ok(1));
        }
        assert_eq!(set(&mut o, ZMQ_MAX_SOCKETS, 0), Err(Errno::EINVAL));
        assert_eq!(set(&mut o, ZMQ_IO_THREADS, 0), Ok(()));
    }

    #[test]
    fn some_options_go_one_way_only() {
        let mut o = ContextOptions::default();
        set(&mut o, ZMQ_THREAD_PRIORITY, 5).unwrap();
        assert_eq!(o.get(ZMQ_SOCKET_LIMIT), Ok(65_535));
        assert_eq!(o.get(ZMQ_MSG_T_SIZE), Ok(64));
        assert_eq!(set(&mut o, ZMQ_MSG_T_SIZE, 64), Err(Errno::EINVAL));
        assert_eq!(o.get(ZMQ_THREAD_AFFINITY_CPU_ADD), Err(Errno::EINVAL));
        assert_eq!(o.get(1000), Err(Errno::EINVAL));
    }

    #[test]
    fn only_a_cpu_that_was_added_can_be_removed() {
        let mut o = ContextOptions::default();
        assert_eq!(set(&mut o, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 1), Err(Errno::EINVAL));
        set(&mut o, ZMQ_THREAD_AFFINITY_CPU_ADD, 1).unwrap();
        set(&mut o, ZMQ_THREAD_AFFINITY_CPU_REMOVE, 1).unwrap();
        assert!(o.thread_affinity.is_empty());
    }

    #[test]
    fn the_name_prefix_is_a_number_or_text() {
        let mut o = ContextOptions::default();
        set(&mut o, ZMQ_THREAD_NAME_PREFIX, 1234).unwrap();
        assert_eq!(o.get(ZMQ_THREAD_NAME_PREFIX), Ok(1234));
        o.set(ZMQ_THREAD_NAME_PREFIX, b"foobar").unwrap();
        assert_eq!(o.get(ZMQ_THREAD_NAME_PREFIX), Ok(0));
        let mut buffer = [b'x'; 8];
        o.get_ext(ZMQ_THREAD_NAME_PREFIX, &mut buffer).unwrap();
        assert_eq!(&buffer, b"foobarxx");
        assert_eq!(o.get_ext(ZMQ_THREAD_NAME_PREFIX, &mut buffer[..5]), Err(Errno::EINVAL));
        assert_eq!(o.get_ext(ZMQ_IO_THREADS, &mut buffer), Err(Errno::EINVAL));
        assert_eq!(o.set(ZMQ_THREAD_NAME_PREFIX, b"a prefix too long"), Err(Errno::EINVAL));
        assert_eq!(o.set(ZMQ_THREAD_NAME_PREFIX, b""), Err(Errno::EINVAL));
    }
}
