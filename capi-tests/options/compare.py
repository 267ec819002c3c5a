#!/usr/bin/env python3
"""Runs the option probes on two libraries and compares them, line by line and socket type by socket type.

    compare.py --program options-probe --ours LIBRARY --reference LIBRARY [--explained FILE] [--all]

LIBRARY is a directory with a libzmq.so.5, or a libzmq of any name. FILE (differences.toml, beside this script) lists the differences that are meant to be, each
with its reason. The run fails for a difference that is not in it, and for one in it that does not occur any more.
What a library lacks (draft socket types, capabilities, functions) is not compared; that it refuses it, is.
"""

import argparse
import collections
import concurrent.futures
import fnmatch
import os
import subprocess
import sys
import tempfile
import tomllib

DRAFT_TYPES = {"SERVER", "CLIENT", "RADIO", "DISH", "GATHER", "SCATTER", "DGRAM", "PEER", "CHANNEL"}
NO_TYPE = "no such type"
REFERENCES = {
    "before 4.3.5": lambda library: library.version < (4, 3, 5),
    "since 4.3.5": lambda library: library.version >= (4, 3, 5),
    "before 4.3.6": lambda library: library.version < (4, 3, 6),
    "with drafts": lambda library: "draft" in library.has,
    "without drafts": lambda library: "draft" not in library.has,
}

Line = collections.namedtuple("Line", "standing needs results")


class Library:
    """What a library answered."""

    def __init__(self, program, path):
        file = os.path.join(path, "libzmq.so.5") if os.path.isdir(path) else path
        expected = os.path.realpath(file)
        if not os.path.exists(expected):
            raise SystemExit(f"there is no {file}")
        with tempfile.TemporaryDirectory() as named:
            os.symlink(expected, os.path.join(named, "libzmq.so.5"))
            environment = dict(os.environ, LD_LIBRARY_PATH=f"{named}:{os.path.dirname(expected)}")
            run = subprocess.run([program], env=environment, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise SystemExit(f"the probes ended with status {run.returncode} on {path}: {run.stderr}")
        lines = run.stdout.splitlines()
        _, described, loaded = lines[0].split("\t")
        if loaded != expected:
            raise SystemExit(f"loaded {loaded}, wanted {expected}")
        version, *self.has = described.split()
        self.version = tuple(int(number) for number in version.split("."))
        self.lines = dict(parse(line) for line in lines[1:])

    def lacks(self, needs):
        return [capability for capability in needs if capability not in self.has]


def parse(line):
    subject, standing, needs, probe, *groups = line.split("\t")
    results = {}
    for group in groups:
        columns, _, result = group.partition(": ")
        results.update(dict.fromkeys(columns.split(","), result))
    return (subject, probe), Line(standing, needs.split(), results)


class Explanation:
    """One entry of the list of differences."""

    def __init__(self, entry):
        self.entry = entry
        self.reason = entry["reason"]
        unknown = set(entry) - {"reason", "subject", "standing", "probe", "columns", "theirs", "ours", "reference"}
        if unknown:
            raise SystemExit(f"unknown keys {unknown} in: {self.reason}")
        self.count = 0

    def applies_to(self, reference):
        return all(REFERENCES[condition](reference) for condition in self.list_of("reference", []))

    def list_of(self, key, default):
        value = self.entry.get(key, default)
        return value if isinstance(value, list) else [value]

    def fits(self, key, text):
        return any(fnmatch.fnmatchcase(text, pattern.replace("[", "[[]")) for pattern in self.list_of(key, "*"))

    def explains(self, difference):
        fitting = all(self.fits(key, getattr(difference, key)) for key in
                      ("subject", "standing", "probe", "columns", "theirs", "ours"))
        self.count += fitting
        return fitting


Difference = collections.namedtuple("Difference", "subject standing probe columns theirs ours")


def differences(ours, reference):
    """Every result that differs, but for what one of the two does not have."""
    for key in ours.lines.keys() | reference.lines.keys():
        subject, probe = key
        if key not in ours.lines or key not in reference.lines:
            # Functions of the draft interface, which a library need not have.
            if "draft" in ours.has and "draft" in reference.has:
                there = (ours.lines.get(key) or reference.lines.get(key)).standing
                yield Difference(subject, there, probe, "", str(key in reference.lines), str(key in ours.lines))
            continue
        mine, theirs = ours.lines[key], reference.lines[key]
        for library, line in ((ours, mine), (reference, theirs)):
            if library.lacks(line.needs) and (probe.startswith("set") or probe.startswith("get")):
                yield from promises(subject, probe, line, library is ours)
        if ours.lacks(mine.needs) or reference.lacks(mine.needs):
            continue
        for column, result in mine.results.items():
            other = theirs.results[column]
            absent = column in DRAFT_TYPES and NO_TYPE in (result, other)
            if result != other and not absent:
                yield Difference(subject, mine.standing, probe, column, other, result)


def promises(subject, probe, line, is_ours):
    """A library answers EINVAL to what it lacks."""
    for column, result in line.results.items():
        if is_ours and not (result.startswith("-1") or result == NO_TYPE or " -1" in result):
            yield Difference(subject, line.standing, probe, column, "a refusal: it is not built in", result)


def report(found, limit):
    """Prints differences, those of several columns as one."""
    groups = collections.defaultdict(list)
    for difference in found:
        groups[difference._replace(columns="")].append(difference.columns)
    for number, (group, columns) in enumerate(sorted(groups.items())):
        if number == limit:
            print(f"... and {len(groups) - limit} more")
            break
        print(f"{group.subject} | {group.probe} | {','.join(columns)}\n"
              f"    reference: {group.theirs}\n    ours:      {group.ours}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--ours", required=True)
    parser.add_argument("--reference", required=True)
    parser.add_argument("--explained", default=os.path.join(os.path.dirname(__file__), "differences.toml"))
    parser.add_argument("--all", action="store_true", help="print every difference, not the first 40 only")
    arguments = parser.parse_args()

    with concurrent.futures.ThreadPoolExecutor() as pool:
        ours, reference = pool.map(lambda path: Library(arguments.program, path),
                                   (arguments.ours, arguments.reference))
    with open(arguments.explained, "rb") as file:
        entries = [Explanation(entry) for entry in tomllib.load(file).get("difference", [])]
    entries = [entry for entry in entries if entry.applies_to(reference)]

    unexplained = [difference for difference in differences(ours, reference)
                   if not any(entry.explains(difference) for entry in entries)]
    report(unexplained, None if arguments.all else 40)
    stale = [entry for entry in entries if entry.count == 0]
    for entry in stale:
        print(f"explained, but does not occur: {entry.reason} ({entry.entry})")
    results = sum(len(line.results) for line in ours.lines.values())
    explained = sum(entry.count for entry in entries)
    print(f"{results} results in {len(ours.lines)} lines against {'.'.join(map(str, reference.version))} "
          f"({' '.join(reference.has)}): {explained} differences explained by {len(entries) - len(stale)} reasons, "
          f"{len(unexplained)} not, {len(stale)} explanations stale")
    return 1 if unexplained or stale else 0


if __name__ == "__main__":
    sys.exit(main())
