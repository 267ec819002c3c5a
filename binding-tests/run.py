"""Runs the tests of bindings on our library and on libzmq, and compares test by test.

usage: run.py PREFIX WORK [BINDING...]

PREFIX is a tree that `make install` made; downloads and builds are kept in WORK. A test that passes on libzmq has to
pass on ours; one whose result differs is run some times more on each, alone and in a process of its own, so that tests
which race are told from tests which fail.
"""

import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from native_bindings import CPPZMQ, CZMQ, RUST
from python_bindings import AIOZMQ, PYZMQ, PYZMQ_DRAFTS, TXZMQ
from script_bindings import JAVA, NODE, PERL, PHP, RUBY
from tools import FAILED, PASSED, SKIPPED, Library, Setting, Unavailable, libzmq_version

BINDINGS = [PYZMQ, PYZMQ_DRAFTS, AIOZMQ, TXZMQ, RUST, CZMQ, CPPZMQ, NODE, JAVA, PERL, PHP, RUBY]
AGAIN = 6  # how often a test whose result differs is run again


def counted(outcomes):
    values = list(outcomes.values())
    count = {outcome: values.count(outcome) for outcome in (PASSED, FAILED, SKIPPED)}
    return ", ".join(f"{number} {outcome}" for outcome, number in count.items() if number or outcome == PASSED)


def listed(numbers):
    return ", ".join(f"{name} {number}" for name, number in numbers.items())


def run_on_all(binding, setting, libraries, only=None):
    """The outcomes by library name."""
    with ThreadPoolExecutor(len(libraries) if binding.parallel and not only else 1) as pool:
        jobs = {library.name: pool.submit(binding.run, setting, library, only) for library in libraries}
        return {name: job.result() for name, job in jobs.items()}


def rates(binding, setting, libraries, test):
    """How often a test passes on each library, of AGAIN times."""
    passed = dict.fromkeys((library.name for library in libraries), 0)
    for _ in range(AGAIN):
        for name, outcomes in run_on_all(binding, setting, libraries, [test]).items():
            passed[name] += outcomes.get(test) == PASSED
    return passed


def judge(binding, setting, libraries, outcomes):
    """Says what differs; the tests in which ours is behind."""
    ours = setting.ours.name
    behind = []
    for test in dict.fromkeys(test for results in outcomes.values() for test in results):
        # A test that did not come to its end has failed.
        by_library = {name: results.get(test, FAILED) for name, results in outcomes.items()}
        mine = by_library.pop(ours)
        theirs = set(by_library.values())
        if test in binding.explained and mine != PASSED:
            print(f"   left out: {test}: {binding.explained[test]}")
            outcomes[ours][test] = SKIPPED
            continue
        if binding.strict and theirs != {PASSED}:
            behind.append(test)  # the test is wrong
        if theirs == {mine} or (PASSED not in theirs and mine != PASSED):
            continue
        told = ", ".join(f"{name} {outcome}" for name, outcome in [*by_library.items(), (ours, mine)])
        print(f"   differs: {test}: {told}")
        # What another libzmq of our version skips does not exist there.
        if mine == PASSED or (mine == SKIPPED and SKIPPED in theirs):
            continue
        passed = rates(binding, setting, libraries, test)
        print(f"      of {AGAIN} more runs each passed: {listed(passed)}")
        best = max(number for name, number in passed.items() if name != ours)
        if best - passed[ours] > AGAIN // 3:
            behind.append(test)
        elif passed[ours]:
            outcomes[ours][test] = PASSED
    return behind


def compare(binding, setting):
    """Runs one binding; the line for the table, our outcomes, and the tests in which ours is behind."""
    started = time.monotonic()
    print(f"== {binding.name}", flush=True)
    try:
        version = binding.prepare(setting)
    except Unavailable as reason:
        print(f"   not run: {reason}")
        return f"{binding.name:<12} not run: {reason}", {}, []
    libraries = [setting.theirs] if binding.system else []
    libraries += [*binding.references(setting), setting.ours]
    outcomes = run_on_all(binding, setting, libraries)
    if not all(PASSED in results.values() for results in outcomes.values()):
        raise RuntimeError(f"no test passed: see the logs in {setting.work}")
    behind = judge(binding, setting, libraries, outcomes)
    for test, reason in binding.races.items():
        passed = rates(binding, setting, libraries, test)
        print(f"   races: {test} ({reason})")
        print(f"      of {AGAIN} runs each passed: {listed(passed)}")
    counts = "; ".join(f"{name}: {counted(results)}" for name, results in outcomes.items())
    line = f"{binding.name:<12} {version:<12} {counts}"
    print(f"   {version}, {counts} ({time.monotonic() - started:.0f} s)", flush=True)
    for test in behind:
        print(f"   FAIL: {test}")
    return line, outcomes[setting.ours.name], behind


def main():
    prefix, work, *names = sys.argv[1:]
    unknown = set(names) - {binding.name for binding in BINDINGS}
    if unknown:
        sys.exit(f"no binding {', '.join(unknown)}: there are {', '.join(binding.name for binding in BINDINGS)}")
    prefix, work = Path(prefix).resolve(), Path(work).resolve()
    setting = Setting(
        here=Path(__file__).resolve().parent,
        work=work,
        prefix=prefix,
        ours=Library("ours", prefix / "lib"),
        theirs=system_library(),
    )
    for log in work.glob("*/*.log"):
        log.unlink()
    lines, passed, failed, skipped = [], 0, 0, 0
    for binding in BINDINGS:
        if names and binding.name not in names:
            continue
        try:
            line, outcomes, behind = compare(binding, setting)
        except Exception:
            traceback.print_exc(file=sys.stdout)
            line, outcomes, behind = f"{binding.name:<12} FAILED", {}, ["the run itself"]
        lines.append(line)
        results = list(outcomes.values())
        passed += results.count(PASSED)
        failed += len(behind)
        # Tests that libzmq fails as well count as not run.
        skipped += len(results) - results.count(PASSED) - len(set(behind) & set(outcomes))
    print("", *lines, "", f"{passed} passed, {failed} failed, {skipped} skipped", sep="\n")
    sys.exit(failed != 0)


def system_library():
    """The system's libzmq, named by its version."""
    cache = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True).stdout
    files = (line.split()[-1] for line in cache.splitlines() if line.strip().startswith("libzmq.so.5 "))
    file = next(files, None)
    if not file:
        sys.exit("no libzmq.so.5 on this system to compare with")
    return Library(f"libzmq {libzmq_version(file)}", Path(file).parent)


main()
