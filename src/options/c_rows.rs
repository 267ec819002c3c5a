//! Writes `capi-tests/options/rows.h` from the tables, for the program that compares libraries
//! option by option.

use std::fmt::Write as _;

use super::context::CONTEXT_OPTIONS;
use super::message::{MESSAGE_OPTIONS, PROPERTIES};
use super::rows::OPTIONS;
use super::table::{Empty, OptionSpec, Read, Status, Write};
use super::{SocketType, Types};

const INTRODUCTION: &str = "\
/*  Generated from the tables in src/options; `OZMIUM_BLESS=1 cargo test options` rewrites it.
 *
 *  SOCKET_OPTION (name, how it is set, lowest, highest, how it is read, types that set it, types that read it,
 *                 the capability it needs or NULL, standing)
 *  Of an int lowest and highest are values, of bytes they are lengths (-1: no limit). Types are a mask of numbers.
 *  CONTEXT_OPTION (name, lowest value, can be set, can be read)
 *  MESSAGE_OPTION (name)
 *  MESSAGE_PROPERTY (name) */

";

/// The whole file.
pub fn file() -> String {
    let mut text = INTRODUCTION.to_owned();
    for spec in OPTIONS {
        _ = writeln!(text, "SOCKET_OPTION ({})", socket_option(spec));
    }
    for spec in CONTEXT_OPTIONS {
        let (set, get) = (spec.set.is_some(), spec.get.is_some());
        _ = writeln!(text, "CONTEXT_OPTION ({}, {}, {set}, {get})", spec.name, int(spec.least));
    }
    for spec in MESSAGE_OPTIONS {
        _ = writeln!(text, "MESSAGE_OPTION ({})", spec.name);
    }
    for spec in PROPERTIES {
        _ = writeln!(text, "MESSAGE_PROPERTY (\"{}\")", spec.name);
    }
    text
}

fn socket_option(spec: &OptionSpec) -> String {
    let (write, low, high) = written(&spec.write);
    format!(
        "{}, {write}, {low}, {high}, {}, {}, {}, {}, {}",
        spec.name,
        read(&spec.read),
        mask(spec.set_on),
        mask(spec.get_on),
        spec.needs.map_or("NULL".to_owned(), |c| format!("\"{}\"", c.name())),
        match spec.status {
            Status::Stable => "STABLE",
            Status::Deprecated => "DEPRECATED",
            Status::Draft => "DRAFT",
        }
    )
}

fn written(write: &Write) -> (&'static str, String, String) {
    let none = || "0".to_owned();
    match write {
        Write::Never => ("SET_NEVER", none(), none()),
        Write::Int { range, .. } => ("SET_INT", int(*range.start()), int(*range.end())),
        Write::IntPrefix(_) => ("SET_INT_PREFIX", int(i32::MIN), int(i32::MAX)),
        Write::Int64(_) => ("SET_INT64", none(), none()),
        Write::Uint64(_) => ("SET_UINT64", none(), none()),
        Write::Bytes { lengths, empty, .. } => {
            let kind = match empty {
                Empty::Refused => "SET_BYTES",
                Empty::NullResets => "SET_BYTES_OR_NULL",
                Empty::Resets | Empty::NullOfAnyLengthResets => "SET_BYTES_OR_EMPTY",
            };
            let longest = i64::try_from(*lengths.end()).unwrap_or(-1);
            (kind, lengths.start().to_string(), longest.to_string())
        }
        Write::Action { .. } => ("SET_BYTES_OR_EMPTY", "1".to_owned(), "-1".to_owned()),
    }
}

fn read(read: &Read) -> &'static str {
    match read {
        Read::Never => "GET_NEVER",
        Read::Int(_) => "GET_INT",
        Read::PaddedInt(_) => "GET_PADDED_INT",
        Read::Int64(_) => "GET_INT64",
        Read::Uint64(_) => "GET_UINT64",
        Read::Bytes(_) => "GET_BYTES",
        Read::Text(_) => "GET_TEXT",
        Read::Key(_) => "GET_KEY",
        Read::Dynamic => "GET_COMPUTED",
    }
}

/// C has no literal for the lowest int.
fn int(number: i32) -> String {
    match number {
        i32::MIN => "INT32_MIN".to_owned(),
        i32::MAX => "INT32_MAX".to_owned(),
        number => number.to_string(),
    }
}

fn mask(types: Types) -> String {
    let mask = SocketType::ALL
        .into_iter()
        .filter(|&t| types.contains(t))
        .fold(0u32, |mask, t| mask | 1 << t as u32);
    format!("{mask:#x}")
}
