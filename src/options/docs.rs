//! Writes `docs/options.md` from the tables.

use std::fmt::Write as _;

use super::context::{CONTEXT_OPTIONS, ContextApplies, ContextOptionSpec};
use super::message::{MESSAGE_OPTIONS, PROPERTIES};
use super::rows::OPTIONS;
use super::table::{Applies, Empty, OptionSpec, Read, Status, Write};
use super::{ContextOptions, Options, SocketType, Types, Value};
use crate::consts::{ZMQ_STREAM_NOTIFY, ZMQ_THREAD_SAFE, ZMQ_TYPE, ZMQ_VMCI_CONNECT_TIMEOUT};

const INTRODUCTION: &str = "\
# Options

Generated from the tables in `src/options/rows.rs`, `context.rs` and `message.rs` there; \
`OZMIUM_BLESS=1 cargo test options` rewrites it. `capi-tests/options` holds every row against libzmq.

## Socket options

- **Set to**, **range**: an *int* is four bytes, *i64* and *u64* are eight, of exactly that size. *Bytes* and *text* take \
the lengths in the column *range*; when text is read, a final NUL is added and counted. *or null* says that a null pointer \
with length 0 resets the option, *or empty* that any value of length 0 does; other null pointers are `EINVAL`.
- **Read as**: numbers need a buffer of exactly their size. Bytes, text and what is *of any size* fit into larger buffers \
too, whose rest is zeroed. A dash says that the option goes the other way only.
- **Default**: what a new socket has; *none* is an empty value.
- **Types**: which socket types have it; others answer `EINVAL`.
- **Counts**: *later* is for what is bound and connected afterwards, *next connect* once for that, *new peers* for those \
that come afterwards, *at once* for what exists as well. Every option can be set at any time, whether it still counts or not.
- **Errors**: every option answers `EINVAL` (no such option, not of this type, not in this direction, a size or value that \
does not fit), `ENOTSOCK` (no socket, or a closed one), `EFAULT` (reading without a length, or into a null buffer) and \
`ETERM` (after a call on the socket has answered that). The column has what may come besides. A value that is refused \
changes nothing.

Options marked *absent* belong to parts that the library does not have (`zmq_has` tells); they give `EINVAL`, as in a \
libzmq that was built without these parts. So do those that *need* a library, on a system that lacks it.

| Option | No. | Set to | Range | Read as | Default | Types | Counts | Errors | Meaning |
|---|---|---|---|---|---|---|---|---|---|
";

/// The whole page.
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for spec in OPTIONS {
        page += &socket_row(spec);
    }
    page + &context_options() + &message_options()
}

fn socket_row(spec: &OptionSpec) -> String {
    let formerly = match spec.aliases {
        [] => String::new(),
        aliases => format!(", formerly `{}`", aliases.join("`, `")),
    };
    let errors: Vec<_> = spec.errors.iter().map(|error| format!("`{error}`")).collect();
    // The same on every system, whatever it has.
    let absent = spec.needs.map_or(String::new(), |capability| match capability.library() {
        Some(library) => format!(" (needs {library})"),
        None if capability.is_there() => String::new(),
        None => format!(" (absent: no {})", capability.name()),
    });
    let (kind, range) = written(spec);
    row(&[
        format!("`{}`{formerly}{}", spec.name, standing(spec.status)),
        spec.number.to_string(),
        kind,
        range,
        read(&spec.read).to_owned(),
        default(spec),
        types(spec),
        counts(spec).to_owned(),
        errors.join(", "),
        format!("{}{absent}", spec.summary),
    ])
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn standing(status: Status) -> &'static str {
    match status {
        Status::Stable => "",
        Status::Deprecated => " (deprecated)",
        Status::Draft => " (draft)",
    }
}

fn counts(spec: &OptionSpec) -> &'static str {
    match spec.applies {
        _ if matches!(spec.write, Write::Never) => "",
        Applies::Later => "later",
        Applies::NextConnect => "next connect",
        Applies::NewPeers => "new peers",
        Applies::AtOnce => "at once",
    }
}

/// The type of a value, and its range or lengths.
fn written(spec: &OptionSpec) -> (String, String) {
    let bound = |n: i32| match n {
        i32::MIN | i32::MAX => String::new(),
        n => n.to_string(),
    };
    let (kind, range) = match &spec.write {
        Write::Never => ("–", String::new()),
        Write::Int { range, .. } => match (*range.start(), *range.end()) {
            (i32::MIN, i32::MAX) => ("int", "any".to_owned()),
            (low, high) => ("int", format!("{}..{}", bound(low), bound(high))),
        },
        Write::IntPrefix(_) => ("int, or longer", "any".to_owned()),
        Write::Int64(_) => ("i64", "any".to_owned()),
        Write::Uint64(_) => ("u64", "any".to_owned()),
        Write::Bytes { lengths, empty, .. } => {
            let lengths = match (*lengths.start(), *lengths.end()) {
                _ if matches!(spec.read, Read::Key(_)) => "32, 40, 41".to_owned(),
                (low, high) if low == high => low.to_string(),
                (low, usize::MAX) => format!("{low}.."),
                (low, high) => format!("{low}..{high}"),
            };
            let kind = match empty {
                Empty::Refused => "bytes",
                Empty::NullResets => "bytes or null",
                Empty::Resets | Empty::NullOfAnyLengthResets => "bytes or empty",
            };
            (kind, lengths)
        }
        Write::Action { .. } => ("bytes or empty", "0..".to_owned()),
    };
    (kind.to_owned(), range)
}

fn read(read: &Read) -> &'static str {
    match read {
        Read::Never => "–",
        Read::Int(_) => "int",
        Read::PaddedInt(_) => "int of any size",
        Read::Int64(_) => "i64",
        Read::Uint64(_) => "u64",
        Read::Bytes(_) => "bytes",
        Read::Text(_) => "text",
        Read::Key(_) => "32 bytes, or 41 of text",
        Read::Dynamic => "computed, of any size",
    }
}

/// The default of most types, and those that differ.
fn default(spec: &OptionSpec) -> String {
    if spec.number == ZMQ_TYPE || spec.number == ZMQ_THREAD_SAFE {
        return String::new();
    }
    match (&spec.write, &spec.read) {
        (Write::Bytes { .. }, Read::Never) => return "none".to_owned(),
        // What cannot be read is off, but for these.
        (Write::Int { .. } | Write::IntPrefix(_), Read::Never) => {
            return match spec.number {
                ZMQ_STREAM_NOTIFY => "1".to_owned(),
                ZMQ_VMCI_CONNECT_TIMEOUT => "-1".to_owned(),
                _ => "0".to_owned(),
            };
        }
        (Write::Uint64(_), Read::Never) => return "0".to_owned(),
        _ => {}
    }
    let of = |t| match Options::new(t).read(spec) {
        Err(_) | Ok(Value::Dynamic) => String::new(),
        Ok(Value::I32(n) | Value::Padded(n)) => n.to_string(),
        Ok(Value::I64(n)) => n.to_string(),
        Ok(Value::U64(n)) => n.to_string(),
        Ok(Value::Bytes(bytes) | Value::Text(bytes)) if bytes.is_empty() => "none".to_owned(),
        Ok(Value::Key([0, ..])) => "zeros".to_owned(),
        Ok(other) => format!("{other:?}"),
    };
    let usual = of(SocketType::Pair);
    let others: Vec<_> = SocketType::ALL
        .into_iter()
        .filter(|&t| spec.get_on == Types::ALL && of(t) != usual)
        .collect();
    match others.first() {
        Some(&first) => {
            let names: Vec<_> = others.iter().map(|t| t.name()).collect();
            format!("{usual}; {} of {}", of(first), names.join(", "))
        }
        None => usual,
    }
}

/// The types of both directions, if they differ.
fn types(spec: &OptionSpec) -> String {
    match (&spec.write, &spec.read) {
        (Write::Never, _) => names(spec.get_on),
        (_, Read::Never) => names(spec.set_on),
        _ if spec.set_on == spec.get_on => names(spec.set_on),
        _ => format!("{}; read by {}", names(spec.set_on), names(spec.get_on)),
    }
}

fn names(types: Types) -> String {
    if types == Types::ALL {
        return "all".to_owned();
    }
    let names: Vec<_> =
        SocketType::ALL.into_iter().filter(|&t| types.contains(t)).map(SocketType::name).collect();
    names.join(", ")
}

const CONTEXT_INTRODUCTION: &str = "
## Context options

All are ints, for `zmq_ctx_set` and `zmq_ctx_get`. The `_ext` forms (draft) want a size of four bytes and leave the \
caller's length as it is; the prefix of names may also be given as text of 1 to 16 bytes, and read, without a NUL, into any \
buffer that is large enough. Errors: `EINVAL` (no such option, not in this direction, a size or value that does not fit, a \
null pointer), `EFAULT` (no context, or a terminated one). A context that was shut down still answers.

*First socket* says that the option is settled when the first socket of the context is made. What is set afterwards can be \
read back, but has no effect.

| Option | No. | Set to | Default | Counts | Meaning |
|---|---|---|---|---|---|
";

fn context_options() -> String {
    let rows = CONTEXT_OPTIONS.iter().map(context_row);
    CONTEXT_INTRODUCTION.to_owned() + &rows.collect::<String>()
}

fn context_row(spec: &ContextOptionSpec) -> String {
    let value = match (spec.set, spec.least) {
        (None, _) => "–".to_owned(),
        (_, i32::MIN) => "any".to_owned(),
        (_, least) => format!("{least}.."),
    };
    let default = match spec.get {
        None => "write only".to_owned(),
        Some(get) => get(&ContextOptions::default()).to_string(),
    };
    let counts = match spec.applies {
        _ if spec.set.is_none() => "",
        ContextApplies::FirstSocket => "first socket",
        ContextApplies::LaterSockets => "later sockets",
        ContextApplies::Never => "never",
    };
    row(&[
        format!("`{}`{}", spec.name, standing(spec.status)),
        spec.number.to_string(),
        value,
        default,
        counts.to_owned(),
        spec.summary.to_owned(),
    ])
}

const MESSAGE_INTRODUCTION: &str = "
## Message options

For `zmq_msg_get`. Others are `EINVAL`; `zmq_msg_set` sets none and always answers `EINVAL`.

| Option | No. | Meaning |
|---|---|---|
";

const PROPERTY_INTRODUCTION: &str = "
Properties, for `zmq_msg_gets`: text of the connection that the message came over. One that is not there is a null pointer, \
with `EINVAL`. Whatever else the peer announces (`ZMQ_METADATA`) and the ZAP handler adds can be asked for, too.

| Property | Meaning |
|---|---|
";

fn message_options() -> String {
    let mut text = MESSAGE_INTRODUCTION.to_owned();
    for spec in MESSAGE_OPTIONS {
        let name = format!("`{}`{}", spec.name, standing(spec.status));
        text += &row(&[name, spec.number.to_string(), spec.summary.to_owned()]);
    }
    text += PROPERTY_INTRODUCTION;
    for spec in PROPERTIES {
        _ = writeln!(text, "| `{}` | {} |", spec.name, spec.summary);
    }
    text
}
