//! The tests that documents name, as they stand in the source.

use std::collections::BTreeMap;
use std::fs;

use crate::path;

/// Everything that a document can refer to as a test.
#[derive(Default)]
pub struct Cases {
    /// Cases of the C suite, by `program/case`.
    cases: BTreeMap<String, Case>,
    /// Sources of the C suite, by program.
    programs: BTreeMap<String, String>,
}

/// A case of the C suite.
struct Case {
    /// The macro that makes it.
    head: String,
    /// Up to its closing brace.
    body: String,
}

impl Cases {
    /// Reads the C suite.
    pub fn read() -> Cases {
        let mut all = Cases { cases: BTreeMap::new(), programs: BTreeMap::new() };
        let excluded = not_programs();
        for entry in fs::read_dir(path("capi-tests")).unwrap().map(|entry| entry.unwrap().path()) {
            let file = entry.file_name().unwrap().to_str().unwrap().to_owned();
            let Some(program) = file.strip_suffix(".c") else { continue };
            if excluded.contains(&file) {
                continue;
            }
            let text = fs::read_to_string(&entry).unwrap();
            for (name, case) in cases_of(&text) {
                all.cases.insert(format!("{program}/{name}"), case);
            }
            all.programs.insert(program.to_owned(), text);
        }
        assert!(all.cases.len() > 600, "the macros that make cases were not recognised");
        all
    }

    /// What is wrong with a reference to a test that is to mention one of `names`, if there are any:
    /// `program/case` of the C suite, `label/name` of its CMakeLists.txt, or `path::test` of ours.
    pub fn fault(&self, reference: &str, names: &[String]) -> Option<String> {
        let source = match reference.split_once("::") {
            Some((file, test)) => rust_test(file, test),
            None => self.source_of(reference).or_else(|| larger_test(reference)),
        };
        let Some(source) = source else { return Some(format!("there is no test {reference}")) };
        let mentioned = names.is_empty() || names.iter().any(|name| mentions(&source, name));
        (!mentioned).then(|| format!("{reference} does not mention {}", names.join(" or ")))
    }

    /// What a case consists of: itself, and what its program shares among its cases.
    fn source_of(&self, reference: &str) -> Option<String> {
        let case = self.cases.get(reference)?;
        let program = self.programs.get(reference.split_once('/')?.0)?;
        let mut source = case.body.clone() + &between_cases(program);
        for helper in ["secure", "curve_peer"] {
            if program.contains(&format!("#include \"{helper}.h\"")) {
                source += &fs::read_to_string(path(&format!("capi-tests/{helper}.c"))).unwrap();
            }
        }
        Some(source)
    }

    /// Cases that are, or contain, a difference from libzmq; and programs in which another function
    /// contains one.
    pub fn differing(&self) -> (Vec<&str>, Vec<&str>) {
        let differs = |text: &str| text.contains("DIFFERS (");
        let cases = self
            .cases
            .iter()
            .filter(|(_, case)| case.head.contains("OZMIUM") || differs(&case.body));
        let programs = self.programs.iter().filter(|(_, text)| differs(&between_cases(text)));
        (
            cases.map(|(name, _)| name.as_str()).collect(),
            programs.map(|(name, _)| name.as_str()).collect(),
        )
    }
}

/// The sources of a test of `capi-tests/CMakeLists.txt` that is more than one program; they are in a
/// directory of their own.
fn larger_test(reference: &str) -> Option<String> {
    let (label, name) = reference.split_once('/')?;
    let cmake = fs::read_to_string(path("capi-tests/CMakeLists.txt")).unwrap();
    if !cmake.contains(&format!("({label} {name} ")) {
        return None;
    }
    let directory = name.split('-').find(|part| path(&format!("capi-tests/{part}")).is_dir())?;
    let entries = fs::read_dir(path(&format!("capi-tests/{directory}"))).ok()?;
    let texts = entries.filter_map(|entry| fs::read_to_string(entry.ok()?.path()).ok());
    Some(texts.collect())
}

/// The sources that `capi-tests/CMakeLists.txt` makes no program of.
fn not_programs() -> Vec<String> {
    let text = fs::read_to_string(path("capi-tests/CMakeLists.txt")).unwrap();
    let makes_all =
        "file(GLOB programs CONFIGURE_DEPENDS RELATIVE \"${CMAKE_CURRENT_SOURCE_DIR}\" \"*.c\")";
    assert!(text.contains(makes_all), "capi-tests/CMakeLists.txt no longer makes every *.c a test");
    let (_, list) = text.split_once("list(REMOVE_ITEM programs ").unwrap();
    let (list, _) = list.split_once(')').unwrap();
    list.split_whitespace().map(str::to_owned).collect()
}

/// The cases of a C source, by name: `SOME_TEST (name` at the start of a line, up to the next brace
/// there.
fn cases_of(text: &str) -> BTreeMap<String, Case> {
    let mut cases = BTreeMap::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some((head, rest)) = line.split_once(" (") else { continue };
        let is_macro =
            head.bytes().all(|byte| byte.is_ascii_uppercase() || b"_0123456789".contains(&byte));
        if !is_macro || !head.ends_with("TEST") {
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let body = text[start..].split_once("\n}\n").map_or(&text[start..], |(body, _)| body);
        let case = Case { head: head.to_owned(), body: body.to_owned() };
        cases.insert(rest[..end].to_owned(), case);
    }
    cases
}

/// A C source without its cases.
fn between_cases(text: &str) -> String {
    let bodies = cases_of(text).into_values().map(|case| case.body);
    bodies.fold(text.to_owned(), |rest, body| rest.replace(&body, ""))
}

/// The source of a file that has this test.
fn rust_test(file: &str, test: &str) -> Option<String> {
    let text = fs::read_to_string(path(file)).ok()?;
    let (before, _) = text.split_once(&format!("fn {test}("))?;
    let attributes = before.rsplit("\n\n").next()?;
    (attributes.contains("#[test]") || before.contains("proptest!")).then_some(text)
}

/// Whether a text has this word.
fn mentions(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}
