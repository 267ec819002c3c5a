//! Keeps `docs/status.md` the same as the source, and holds it to the tests.
//!
//! What there is comes from the tables of symbols and options and from the constants; what shows
//! that it works comes from `shown.txt`, which says itself how it is written.

use std::fs;

use crate::cases::Cases;
use crate::symbols::{FAMILIES, Standing};
use crate::{ALL, compare, names, path, word};

const INTRODUCTION: &str = "\
# Status

Generated from the tables of symbols and options, the constants, and `tests/header/shown.txt`, which names a test for each
row; `OZMIUM_BLESS=1 cargo test --test header` rewrites it. It fails if a test is not there, or does not name what it is to
show. `program/case` is a case of `capi-tests/program.c`, which runs on libzmq too where libzmq has the thing; `ozmium/name`
is a test of `capi-tests/CMakeLists.txt`. What differs from libzmq on purpose is in [differences.md](differences.md).

@COUNTS@ All functions are exported, whatever is done: what is not answers `ENOTSUP`.
";

const OPTIONS: &str = "\
Each has a row in [options.md](options.md), which `ozmium/options-against-libzmq` compares with libzmq: values, sizes, types,
errors. Named here is the test of what the option does; if it is that one again, nothing that is there uses the option.

";

#[test]
fn status_is_current_and_everything_is_shown_by_a_test() {
    let mut page = Page { cases: Cases::read(), ..Page::default() };
    page.read_table();
    for family in FAMILIES {
        let items = ALL.iter().flat_map(|&s| family.with(s).map(move |name| Item::new(name, s)));
        page.part("functions", &format!("Functions: {}", family.title), "", items.collect());
    }
    let all: usize = FAMILIES.iter().map(|family| names(family, &ALL).count()).sum();
    assert_eq!(all, 97, "a drafts build of libzmq exports 97 functions");
    page.part("socket options", "Socket options", OPTIONS, options("Socket options", "Option"));
    page.part("context options", "Context options", "", options("Context options", "Option"));
    page.part("message options", "Message options", "", options("Message options", "Option"));
    page.part("message properties", "Properties", "", options("Message options", "Property"));
    page.part("events", "Monitor events", "", constants("ZMQ_EVENT_"));
    let errors = "Of `ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL`.\n\n";
    page.part("protocol errors", "Values of events", errors, constants("ZMQ_PROTOCOL_ERROR_"));
    page.part("socket types", "Socket types", "", socket_types());
    page.part("transports", "Transports", "", transports());
    page.part("mechanisms", "Mechanisms", "", mechanisms());
    page.finish();
}

/// A thing that there is.
struct Item {
    name: String,
    /// `None`: `shown.txt` says it.
    standing: Option<Standing>,
    /// Whether what it needs is not built in, if that is known.
    absent: Option<bool>,
    /// What a test that shows it mentions, one of them at least.
    mentions: Vec<String>,
}

impl Item {
    fn new(name: &str, standing: Standing) -> Item {
        Item {
            name: name.to_owned(),
            standing: Some(standing),
            absent: None,
            mentions: vec![name.to_owned()],
        }
    }

    /// One whose tests mention it otherwise.
    fn mentioned(name: &str, mentions: &[&str]) -> Item {
        let mentions = mentions.iter().map(|&name| name.to_owned()).collect();
        Item { name: name.to_owned(), standing: None, absent: None, mentions }
    }
}

/// A line of `shown.txt`.
struct Line {
    part: String,
    name: String,
    standing: Option<Standing>,
    /// Tests, or a dash and what the answer is.
    shown: String,
}

/// The page under construction.
#[derive(Default)]
struct Page {
    cases: Cases,
    /// What is still to be used.
    table: Vec<Line>,
    text: String,
    faults: Vec<String>,
}

impl Page {
    fn read_table(&mut self) {
        let text = fs::read_to_string(path("tests/header/shown.txt")).unwrap();
        let mut part = String::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[') {
                part = name.trim_end_matches(']').to_owned();
                continue;
            }
            let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
            let (first, others) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
            let standing = ALL.into_iter().find(|&standing| word(standing) == first);
            let shown = if standing.is_some() { others } else { rest };
            self.table.push(Line {
                part: part.clone(),
                name: name.to_owned(),
                standing,
                shown: shown.trim().to_owned(),
            });
        }
    }

    /// Adds a table of the page, by what a part of `shown.txt` says of each item.
    fn part(&mut self, part: &str, title: &str, introduction: &str, items: Vec<Item>) {
        self.text += &format!("\n## {title}\n\n{introduction}");
        self.text += "| | Standing | State | Shown by |\n|---|---|---|---|\n";
        for item in items {
            let found = self.table.iter().position(|l| l.part == part && l.name == item.name);
            let Some(at) = found else {
                self.faults.push(format!("[{part}] lacks {}", item.name));
                continue;
            };
            let line = self.table.remove(at);
            let (state, tests) = self.shown(&item, &line.shown);
            let standing = item.standing.or(line.standing).map(word).unwrap_or_default();
            self.text += &format!("| `{}` | {standing} | {state} | {tests} |\n", item.name);
        }
    }

    /// The columns "State" and "Shown by".
    fn shown(&mut self, item: &Item, shown: &str) -> (String, String) {
        let answer = shown.strip_prefix("- ");
        if item.absent.is_some_and(|absent| absent != answer.is_some()) {
            self.faults.push(format!("{}: docs/options.md says otherwise", item.name));
        }
        if let Some(answer) = answer {
            return (format!("not yet: {answer}"), String::new());
        }
        let tests: Vec<_> = shown.split_whitespace().collect();
        if tests.is_empty() {
            self.faults.push(format!("no test shows {}", item.name));
        }
        let faults = tests.iter().filter_map(|test| self.cases.fault(test, &item.mentions));
        self.faults.extend(faults);
        let tests: Vec<_> = tests.iter().map(|test| format!("`{test}`")).collect();
        ("done".to_owned(), tests.join(" "))
    }

    fn finish(mut self) {
        let left = self.table.iter().map(|l| format!("[{}]: there is no {}", l.part, l.name));
        self.faults.extend(left);
        assert!(self.faults.is_empty(), "tests/header/shown.txt:\n{}", self.faults.join("\n"));
        let rows = self.text.matches("\n| `").count();
        let done = self.text.matches(" | done | ").count();
        let counts = format!("Of {rows} rows, {done} are done.");
        compare("docs/status.md", &(INTRODUCTION.replace("@COUNTS@", &counts) + &self.text));
    }
}

/// What a table of `docs/options.md` lists, which is generated from the tables in `src/options`.
fn options(section: &str, first_column: &str) -> Vec<Item> {
    let page = fs::read_to_string(path("docs/options.md")).unwrap();
    let (_, rest) = page.split_once(&format!("\n## {section}\n")).unwrap();
    let (_, rest) = rest.split_once(&format!("\n| {first_column} |")).unwrap();
    let rows = rest.lines().skip(2).take_while(|line| line.starts_with('|'));
    let items = rows.map(|row| {
        let cell = row.split('|').nth(1).unwrap();
        let standing = if cell.contains("(draft)") {
            Standing::Draft
        } else if cell.contains("(deprecated)") {
            Standing::Deprecated
        } else {
            Standing::Stable
        };
        let mut item = Item::new(cell.split('`').nth(1).unwrap(), standing);
        item.absent = Some(row.contains("(absent: "));
        item
    });
    items.collect()
}

/// The constants whose name starts so, without those for several at once. Tests may also mention
/// the end of a name, put together by a macro.
fn constants(start: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let sources = [("src/consts.rs", Standing::Stable), ("src/consts/draft.rs", Standing::Draft)];
    for (source, standing) in sources {
        let text = fs::read_to_string(path(source)).unwrap();
        let constants =
            text.lines().filter_map(|line| line.strip_prefix("pub const ")?.split_once(':'));
        for (name, _) in constants.filter(|(name, _)| name.starts_with(start)) {
            if !name.starts_with("ZMQ_EVENT_ALL") {
                let mut item = Item::new(name, standing);
                let end = name.trim_start_matches(start).trim_start_matches("ZMTP_");
                item.mentions.push(end.to_owned());
                items.push(item);
            }
        }
    }
    items
}

/// The socket types that the source knows, and two old names.
fn socket_types() -> Vec<Item> {
    let text = fs::read_to_string(path("src/options/socket_type.rs")).unwrap();
    let numbers = text.lines().filter_map(|line| line.trim().strip_suffix(',')?.split_once(" = "));
    let names = numbers.filter_map(|(_, number)| number.rsplit("ZMQ_").next());
    let types: Vec<_> = names.chain(["XREQ", "XREP"]).collect();
    assert_eq!(types.len(), 23, "{types:?}");
    types.iter().map(|name| Item::mentioned(name, &[&format!("ZMQ_{name}")])).collect()
}

/// The names that endpoints begin with.
fn transports() -> Vec<Item> {
    let text = fs::read_to_string(path("src/transport/mod.rs")).unwrap();
    let (_, list) = text.split_once("\nprotocols! {").unwrap();
    let (list, _) = list.split_once("\n}").unwrap();
    let names = list.lines().filter_map(|line| line.split('"').nth(1));
    names.map(|name| Item::mentioned(name, &[name, &name.to_uppercase()])).collect()
}

fn mechanisms() -> Vec<Item> {
    let text = fs::read_to_string(path("src/options/mod.rs")).unwrap();
    let (_, list) = text.split_once("pub enum Mechanism {").unwrap();
    let (list, _) = list.split_once("\n}").unwrap();
    let names = list.lines().filter_map(|line| line.trim().strip_suffix(',')?.split_once("ZMQ_"));
    names.map(|(_, name)| Item::mentioned(name, &[name, &name.to_lowercase()])).collect()
}
