//! Writes `docs/options.md` from the table.

use std::fmt::Write as _;

use super::context::CONTEXT_OPTIONS;
use super::rows::OPTIONS;
use super::table::{Applies, Empty, OptionSpec, Read, Status, Write};
use super::{ContextOptions, Options, SocketType, Types, Value};

const INTRODUCTION: &str = "\
# Options

Generated from the tables in `src/options/rows.rs` and `src/options/context.rs`; `OZMIUM_BLESS=1 cargo test options` \
rewrites it.

## Socket options

- **Value**: *int* is four bytes and takes the range in brackets, *i64* and *u64* are eight. *Bytes* and *text* take the \
lengths in brackets; when text is read, a final NUL is added and counted. *null* and *empty* say that a null pointer with \
length 0, or any value of length 0, resets the option.
- **Read**: numbers need a buffer of exactly their size. Bytes, text and what is marked *any size* fit into larger buffers \
too, whose rest is zeroed. Every other size is `EINVAL`.
- **Default**: as read from a new socket; *none* is an empty value.
- **Types**: which socket types can set it (or read it, where it is read only). Others get `EINVAL`.
- **Counts**: *later* is for what is bound and connected afterwards, *at once* is for what exists as well.

Options marked *absent* belong to parts that the library does not have (`zmq_has` tells); they give `EINVAL`, as in a \
libzmq that was built without these parts. So do the options of VMCI, which are not listed.

| Option | No. | Value | Read | Default | Types | Counts | Meaning |
|---|---|---|---|---|---|---|---|
";

/// The whole page.
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for spec in OPTIONS {
        let types = if matches!(spec.write, Write::Never) { spec.get_on } else { spec.set_on };
        let counts = match spec.applies {
            _ if matches!(spec.write, Write::Never) => "",
            Applies::Later => "later",
            Applies::AtOnce => "at once",
        };
        let status = match spec.status {
            Status::Stable => "",
            Status::Deprecated => " (deprecated)",
            Status::Draft => " (draft)",
        };
        _ = writeln!(
            page,
            "| `{}`{status} | {} | {} | {} | {} | {} | {counts} | {}{} |",
            spec.name,
            spec.number,
            written(&spec.write),
            read(&spec.read),
            default(spec),
            names(types),
            spec.summary,
            match spec.needs {
                Some(capability) if !capability.is_there() =>
                    format!(" (absent: no {})", capability.name()),
                _ => String::new(),
            }
        );
    }
    page + &context_options()
}

const CONTEXT_INTRODUCTION: &str = "
## Context options

All are ints, for `zmq_ctx_set` and `zmq_ctx_get`. The `_ext` forms want a size of four bytes; the prefix of names may \
also be given as text, and read into any buffer that is large enough.

| Option | No. | Value | Default | Meaning |
|---|---|---|---|---|
";

fn context_options() -> String {
    let mut text = CONTEXT_INTRODUCTION.to_owned();
    for spec in CONTEXT_OPTIONS {
        let value = match (spec.set, spec.least) {
            (None, _) => "read only".to_owned(),
            (_, i32::MIN) => "any".to_owned(),
            (_, least) => format!("{least}.."),
        };
        let default = match spec.get {
            None => "write only".to_owned(),
            Some(get) => get(&ContextOptions::default()).to_string(),
        };
        _ = writeln!(
            text,
            "| `{}` | {} | {value} | {default} | {} |",
            spec.name, spec.number, spec.summary
        );
    }
    text
}

fn written(write: &Write) -> String {
    let bound = |n: i32| match n {
        i32::MIN | i32::MAX => String::new(),
        n => n.to_string(),
    };
    match write {
        Write::Never => "read only".to_owned(),
        Write::Int { range, .. } => match (*range.start(), *range.end()) {
            (i32::MIN, i32::MAX) => "int".to_owned(),
            (low, high) => format!("int [{}..{}]", bound(low), bound(high)),
        },
        Write::IntPrefix(_) => "int, or longer".to_owned(),
        Write::Int64(_) => "i64".to_owned(),
        Write::Uint64(_) => "u64".to_owned(),
        Write::Bytes { lengths, empty, .. } => {
            let high = match *lengths.end() {
                usize::MAX => String::new(),
                n => n.to_string(),
            };
            let reset = match empty {
                Empty::Refused => "",
                Empty::NullResets => ", null",
                Empty::Resets => ", empty",
            };
            format!("bytes [{}..{high}]{reset}", lengths.start())
        }
        Write::Action { .. } => "bytes, empty".to_owned(),
    }
}

fn read(read: &Read) -> &'static str {
    match read {
        Read::Never => "write only",
        Read::Int(_) => "int",
        Read::PaddedInt(_) => "int, any size",
        Read::Int64(_) => "i64",
        Read::Uint64(_) => "u64",
        Read::Bytes(_) => "bytes",
        Read::Text(_) => "text",
        Read::Key(_) => "32 bytes, or 41 of text",
        Read::Dynamic => "computed",
    }
}

/// The default of most types, and those that differ.
fn default(spec: &OptionSpec) -> String {
    if spec.number == crate::consts::ZMQ_TYPE || spec.number == crate::consts::ZMQ_THREAD_SAFE {
        return String::new();
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

fn names(types: Types) -> String {
    if types == Types::ALL {
        return "all".to_owned();
    }
    let names: Vec<_> =
        SocketType::ALL.into_iter().filter(|&t| types.contains(t)).map(SocketType::name).collect();
    names.join(", ")
}
