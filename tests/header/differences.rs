//! Holds `docs/differences.md` to the tests: what it names is there, and what differs is named.

use std::collections::BTreeSet;
use std::fs;

use crate::cases::Cases;
use crate::path;

#[test]
fn every_difference_names_its_tests_and_every_test_of_a_difference_is_named() {
    let page = fs::read_to_string(path("docs/differences.md")).unwrap();
    let cases = Cases::read();
    let mut faults = Vec::new();
    let mut named = BTreeSet::new();
    for row in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| libzmq |"))
    {
        let shown_by = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let references: Vec<_> =
            shown_by.split('`').skip(1).step_by(2).filter(|text| text.contains('/')).collect();
        if references.is_empty() {
            faults.push(format!("no test shows: {row}"));
        }
        faults.extend(references.iter().filter_map(|reference| cases.fault(reference, &[])));
        named.extend(references);
    }
    let (differing, programs) = cases.differing();
    for case in differing.iter().filter(|case| !named.contains(*case)) {
        faults.push(format!("{case} differs from libzmq and is in no row"));
    }
    for program in programs {
        if !named.iter().any(|case| case.starts_with(&format!("{program}/"))) {
            faults.push(format!("{program} differs from libzmq and is in no row"));
        }
    }
    assert!(faults.is_empty(), "docs/differences.md:\n{}", faults.join("\n"));
}
