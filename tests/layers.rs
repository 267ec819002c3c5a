//! The layers: no module uses another that the table at the top of `src/lib.rs` does not give it,
//! and the table gives nothing that is not used.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Modules by name, each with those that it uses.
type Arrows = BTreeMap<String, BTreeSet<String>>;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The table: lines of the form `//! name -> a, b, c`.
fn allowed() -> Arrows {
    read(&source().join("lib.rs"))
        .lines()
        .filter_map(|line| line.strip_prefix("//! ")?.split_once(" -> "))
        .map(|(from, to)| {
            let to = to.split(',').map(str::trim).filter(|name| *name != "nothing");
            (from.trim().to_string(), to.map(String::from).collect())
        })
        .collect()
}

/// Every Rust file under `directory`.
fn files(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("entry")) {
        let path = entry.path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// The names of a file's module, outermost first.
fn module(path: &Path) -> Vec<String> {
    let inside = path.strip_prefix(source()).expect("a source file").with_extension("");
    let mut names: Vec<String> =
        inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|last| last == "mod") {
        names.pop();
    }
    names
}

/// The modules that a line names by `crate::`.
fn uses(line: &str) -> impl Iterator<Item = String> {
    line.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        rest[..end].to_string()
    })
}

/// Whether a line of a file whose module has `depth` names climbs to the crate's root. What is
/// indented may be in a module inside the file.
fn climbs_out(line: &str, depth: usize) -> bool {
    let depth = depth + usize::from(line.starts_with(' '));
    line.contains(&"super::".repeat(depth))
}

#[test]
fn every_arrow_is_in_the_table_and_every_entry_is_an_arrow() {
    let allowed = allowed();
    let mut used: Arrows = allowed.keys().map(|name| (name.clone(), BTreeSet::new())).collect();
    let mut wrong = Vec::new();
    let mut paths = Vec::new();
    files(&source(), &mut paths);
    for path in paths {
        let names = module(&path);
        let from = names[0].clone();
        if from == "lib" {
            continue;
        }
        let text = read(&path);
        let code =
            text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        for (number, line) in code {
            let place = format!("{}:{}: {}", path.display(), number + 1, line.trim());
            if climbs_out(line, names.len()) {
                wrong.push(format!("{place}: say `crate::`"));
            }
            for to in uses(line).filter(|to| *to != from) {
                if !allowed.get(&from).is_some_and(|allowed| allowed.contains(&to)) {
                    wrong.push(format!("{place}: {from} may not use {to}"));
                }
                used.entry(from.clone()).or_default().insert(to);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(used, allowed, "the table allows more than is used");
}

#[test]
fn the_table_has_every_module_and_no_circle() {
    let mut left = allowed();
    let lib = read(&source().join("lib.rs"));
    let modules: BTreeSet<_> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'))
        .map(String::from)
        .collect();
    assert_eq!(modules, left.keys().cloned().collect());
    // Takes away, again and again, what uses nothing that is left.
    while !left.is_empty() {
        let before = left.len();
        let names: BTreeSet<_> = left.keys().cloned().collect();
        left.retain(|_, uses| !uses.is_disjoint(&names));
        assert!(left.len() < before, "a circle among {names:?}");
    }
}

/// Modules that may look at which system they are compiled for.
const SYSTEM: [&str; 2] = ["sys", "transport"];

/// Leaves below `sys`, which take C's errnos and its `malloc` from the crate.
const LEAVES: [&str; 2] = ["error", "msg"];

/// Whether a line of code depends on the system in a way that only `sys` and `transport` may.
fn knows_the_system(line: &str) -> bool {
    let conditional =
        ["cfg(", "cfg!(", "cfg_attr("].iter().any(|condition| line.contains(condition));
    let system = ["target_os", "target_family", "target_env", "unix", "windows"];
    line.contains("std::os::") || conditional && system.iter().any(|name| line.contains(name))
}

#[test]
fn only_sys_and_transport_know_the_system() {
    let mut wrong = Vec::new();
    let mut paths = Vec::new();
    files(&source(), &mut paths);
    for path in paths {
        let names = module(&path);
        if SYSTEM.contains(&names[0].as_str()) || names.iter().any(|name| name == "tests") {
            continue;
        }
        let text = read(&path);
        let by_sys = text
            .lines()
            .any(|line| line.trim_start().starts_with("use crate::sys::") && line.contains("libc"));
        for (number, line) in text.lines().enumerate() {
            let place = format!("{}:{}: {}", path.display(), number + 1, line.trim());
            if line.trim_start().starts_with("//") {
                continue;
            }
            if knows_the_system(line) {
                wrong.push(format!("{place}: that is for sys or transport"));
            }
            let of_the_crate = line.contains("libc::") && !line.contains("sys::libc::");
            if of_the_crate && !by_sys && !LEAVES.contains(&names[0].as_str()) {
                wrong.push(format!("{place}: take libc from `crate::sys`"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
