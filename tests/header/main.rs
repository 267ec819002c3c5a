//! Keeps `include/zmq.h` the same as the source; [`status`] and [`differences`] do that for pages.
//!
//! cbindgen turns constants and `extern "C"` functions into C; this puts them into
//! `include/zmq.h.in` in the order of the table of symbols. `OZMIUM_BLESS=1 cargo test --test
//! header` rewrites both files instead of comparing.

mod cases;
mod differences;
mod status;
mod symbols;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use symbols::{FAMILIES, Standing};

/// Written by hand in the template: its type differs on Windows.
const BY_HAND: &str = "zmq_ppoll";

#[test]
fn header_is_current() {
    let functions = functions();
    let known: Vec<_> = FAMILIES.iter().flat_map(|f| names(f, &ALL)).collect();
    let unknown: Vec<_> = functions.keys().filter(|n| !known.contains(&n.as_str())).collect();
    assert!(unknown.is_empty(), "not in the table of symbols: {unknown:?}");
    let absent: Vec<_> = known.iter().filter(|name| !functions.contains_key(**name)).collect();
    assert!(absent.is_empty(), "not in src/capi: {absent:?}");

    let stable = [Standing::Stable, Standing::Deprecated];
    let header = std::fs::read_to_string(path("include/zmq.h.in"))
        .unwrap()
        .replace("@CONSTANTS@", &constants("src/consts.rs"))
        .replace("@DRAFT_CONSTANTS@", &constants("src/consts/draft.rs"))
        .replace("@FUNCTIONS@", &declarations(&functions, &stable))
        .replace("@DRAFT_FUNCTIONS@", &declarations(&functions, &[Standing::Draft]));
    compare("include/zmq.h", &header);
}

const ALL: [Standing; 3] = [Standing::Stable, Standing::Deprecated, Standing::Draft];

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Stable => "stable",
        Standing::Deprecated => "deprecated",
        Standing::Draft => "draft",
    }
}

fn names<'a>(
    family: &'a symbols::Family,
    standings: &'a [Standing],
) -> impl Iterator<Item = &'static str> + 'a {
    standings.iter().flat_map(|&s| family.with(s))
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn compare(name: &str, wanted: &str) {
    if std::env::var_os("OZMIUM_BLESS").is_some() {
        std::fs::write(path(name), wanted).unwrap();
    }
    let current = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert!(
        current == wanted,
        "{name} is not current: run OZMIUM_BLESS=1 cargo test --test header"
    );
}

fn generate(sources: &[PathBuf]) -> String {
    let config = cbindgen::Config::from_file(path("cbindgen.toml")).unwrap();
    let builder = cbindgen::Builder::new().with_config(config);
    let builder = sources.iter().fold(builder, |builder, source| builder.with_src(source));
    let mut output = Vec::new();
    builder.generate().unwrap().write(&mut output);
    String::from_utf8(output).unwrap()
}

/// The constants of a file, each after its comment.
fn constants(source: &str) -> String {
    let text = generate(&[path(source)]);
    let constants = blocks(&text).map(|(comment, code)| first_paragraph(comment) + code);
    constants.chain(text_constants(source)).collect::<Vec<_>>().join("\n")
}

/// The constants that are text, which cbindgen passes over.
fn text_constants(source: &str) -> Vec<String> {
    let source = std::fs::read_to_string(path(source)).unwrap();
    let lines: Vec<_> = source.lines().collect();
    let constant = |pair: &[&str]| {
        let (name, value) = pair[1].strip_prefix("pub const ")?.split_once(": &str = ")?;
        let comment = pair[0].strip_prefix("/// ")?.replace(['`', '[', ']'], "");
        Some(format!("/* {comment} */\n#define {name} {}", value.strip_suffix(';')?))
    };
    lines.windows(2).filter_map(constant).collect()
}

/// Each function's declaration, after its comment.
fn functions() -> BTreeMap<String, String> {
    let mut sources: Vec<_> = files(&path("src/capi"));
    sources.sort();
    let mut functions = BTreeMap::new();
    let text = generate(&sources);
    for (comment, code) in blocks(&text).filter(|(_, code)| code.contains("ZMQ_EXPORT")) {
        let mut code = code.split_whitespace().collect::<Vec<_>>().join(" ");
        for (rust, c) in FUNCTION_TYPES {
            code = code.replace(rust, c);
        }
        // Some sources mark parameters with an underscore, as libzmq's header does.
        code = code.replace("_,", ",").replace("_)", ")");
        let (head, arguments) = code.split_once('(').unwrap();
        let name = head.rsplit([' ', '*']).next().unwrap();
        let declaration = wrap(&format!("{head} ({arguments}"), "  ");
        functions.insert(name.to_owned(), first_paragraph(comment) + &declaration);
    }
    functions
}

/// How cbindgen writes an optional function, and what the header calls it.
const FUNCTION_TYPES: [(&str, &str); 3] = [
    ("Option_FreeFn ", "zmq_free_fn *"),
    ("Option_TimerFn ", "zmq_timer_fn *"),
    ("Option_ThreadFn ", "zmq_thread_fn *"),
];

/// Each comment and what it is about; every item of cbindgen's has one.
fn blocks(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let items = text.split("/**").skip(1).filter_map(|block| block.split_once("*/\n"));
    items.map(|(comment, code)| (comment, code.trim()))
}

/// The first paragraph of a comment, as plain text.
fn first_paragraph(comment: &str) -> String {
    let lines = comment.lines().map(|line| line.trim_start_matches([' ', '*']).trim());
    let paragraph = lines.skip_while(|l| l.is_empty()).take_while(|l| !l.is_empty());
    let text = paragraph.collect::<Vec<_>>().join(" ").replace(['`', '[', ']'], "");
    wrap(&format!("/* {text} */"), "   ") + "\n"
}

/// Breaks a text into lines that fit a page; later ones start with `indent`.
fn wrap(text: &str, indent: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().unwrap();
        if line.len() + 1 + word.len() > 96 {
            lines.push(format!("{indent}{word}"));
        } else {
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
        }
    }
    lines.join("\n")
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let (directories, files): (Vec<_>, Vec<_>) = entries.partition(|p| p.is_dir());
    let is_source = |p: &PathBuf| p.extension().is_some_and(|e| e == "rs");
    let nested = directories.iter().flat_map(|d| self::files(d));
    files.into_iter().filter(is_source).chain(nested).collect()
}

fn declarations(functions: &BTreeMap<String, String>, standings: &[Standing]) -> String {
    let mut text = String::new();
    for family in FAMILIES {
        let blocks: Vec<_> = names(family, standings)
            .filter(|name| *name != BY_HAND)
            .filter_map(|name| functions.get(name))
            .map(String::as_str)
            .collect();
        if !blocks.is_empty() {
            text += &format!("/* {}. */\n\n{}\n\n", family.title, blocks.join("\n"));
        }
    }
    text.trim_end().to_owned()
}
