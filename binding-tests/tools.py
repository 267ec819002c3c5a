"""What the bindings in bindings.py are made of: commands, downloads, and readers of test results."""

import ctypes
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


class Unavailable(Exception):
    """What the binding needs is not on this machine."""


@dataclass
class Library:
    """A libzmq.so.5 to run on."""

    name: str
    directory: Path

    @property
    def file(self):
        return os.path.realpath(self.directory / "libzmq.so.5")


@dataclass
class Setting:
    """Where things are."""

    here: Path
    work: Path  # kept from run to run
    prefix: Path  # our installed tree
    ours: Library
    theirs: Library

    def directory(self, name):
        path = self.work / name
        path.mkdir(parents=True, exist_ok=True)
        return path


@dataclass
class Binding:
    """A binding and its tests.

    `prepare` downloads and builds, and gives the version. `run` runs all tests, or those named, on one library and gives
    their outcomes by name. `references` are further libraries to compare with, besides the system's.
    """

    name: str
    prepare: Callable
    run: Callable
    system: bool = True  # compare with the system's libzmq, too
    parallel: bool = True  # all libraries at once: not with fixed ports
    strict: bool = False  # our own tests have to pass on libzmq
    races: dict = field(default_factory=dict)  # tests that fail on libzmq too, now and then: name to reason
    explained: dict = field(default_factory=dict)  # tests that ours need not pass: name to reason
    references: Callable = lambda setting: []


def call(command, log, **options):
    """Runs a command that has to succeed, its output into `log`."""
    with open(log, "a") as output:
        print("$", *command, file=output, flush=True)
        status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **options).returncode
    if status != 0:
        tail = "".join(open(log, errors="replace").readlines()[-30:])
        raise RuntimeError(f"{' '.join(map(str, command))} gives {status}:\n{tail}\nthe whole log: {log}")


def libzmq_version(file):
    """What a library says of itself."""
    numbers = [ctypes.c_int() for _ in range(3)]
    ctypes.CDLL(str(file)).zmq_version(*map(ctypes.byref, numbers))
    return ".".join(str(number.value) for number in numbers)


def need(*programs):
    """Makes sure that programs are there."""
    for program in programs:
        if not shutil.which(program):
            raise Unavailable(f"no {program}")


def package(name):
    """The version of an installed Debian package."""
    query = ["dpkg-query", "-W", "-f=${Status} ${Version}", name]
    found = subprocess.run(query, capture_output=True, text=True).stdout if shutil.which("dpkg-query") else ""
    if not found.startswith("install ok installed"):
        raise Unavailable(f"the Debian package {name} is not installed")
    return found.split()[-1]


def debian_source(setting, name, place):
    """Unpacks the upstream archive of a Debian source package into `place`.

    Lists of sources of its own: the system's are left as they are, whoever runs this.
    """
    state = setting.directory("sources")
    log = place / "source.log"
    entries = []
    for file in [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]:
        text = file.read_text() if file.exists() else ""
        if file.suffix == ".sources":
            entries += [re.sub(r"^Types:.*", "Types: deb-src", entry, flags=re.M) for entry in text.split("\n\n")]
    debian = [entry for entry in entries if "debian-archive-keyring" in entry]
    if not debian:
        raise Unavailable("no Debian sources known")
    (state / "debian.sources").write_text("\n\n".join(debian))
    (state / "lists/partial").mkdir(parents=True, exist_ok=True)
    (state / "cache/archives/partial").mkdir(parents=True, exist_ok=True)
    apt = ["apt-get", "-q", "-o", f"Dir::Etc::sourcelist={state}/debian.sources", "-o", "Dir::Etc::sourceparts=-"]
    apt += ["-o", f"Dir::State::lists={state}/lists", "-o", f"Dir::Cache={state}/cache"]
    call([*apt, "update"], log)
    # It may miss Debian's own part, which is of no use here.
    subprocess.run([*apt, "source", "--download-only", name], cwd=place, capture_output=True)
    archives = [path for path in place.glob("*.orig.tar.*") if path.suffix != ".asc"]
    if not archives:
        raise Unavailable(f"Debian's source package {name} cannot be had")
    with tarfile.open(archives[0]) as tar:
        tar.extractall(place)


def on_library(command, library, log, timeout=600, cwd=None, **environment):
    """Runs a command on a library; its output. Fails if any of its processes loads another libzmq, or none does.

    The loader itself tells what it loads, in every process and whatever language that is written in.
    """
    with tempfile.TemporaryDirectory() as loads:
        environment = {
            **os.environ,
            **{name: str(value) for name, value in environment.items()},
            "LD_LIBRARY_PATH": str(library.directory),
            "LD_DEBUG": "files",
            "LD_DEBUG_OUTPUT": f"{loads}/loads",
        }
        command = ["timeout", "--kill-after=10", str(timeout), *map(str, command)]
        run = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=cwd,
        )
        output = run.stdout.decode(errors="replace")
        with open(log, "a") as file:
            print("$", *command, file=file)
            print(output, f"-> {run.returncode}", sep="\n", file=file)
        used = set()
        for path in Path(loads).iterdir():
            for line in path.open(errors="replace"):
                found = re.search(r"calling init: (\S*/libzmq[-.]\S*)", line)
                if found:
                    used.add(os.path.realpath(found[1]))
    if used != {library.file}:
        raise RuntimeError(f"{command[3]} used {used or 'no libzmq'}, not {library.file}: see {log}")
    return output, run.returncode


def tap(output, status):
    """The outcomes in TAP; a program that broke off has failed, too."""
    outcomes = {}
    for line in output.splitlines():
        found = re.match(r"(not )?ok \d+ - (.*?)( # SKIP.*)?$", line)
        if found:
            outcomes[found[2]] = FAILED if found[1] else SKIPPED if found[3] else PASSED
    plan = re.search(r"^1\.\.(\d+)$", output, re.M)
    complete = plan and int(plan[1]) == len(outcomes) and (status == 0 or FAILED in outcomes.values())
    outcomes["runs to its end"] = PASSED if complete else FAILED
    return outcomes


def program(name, prepare, command, **environment):
    """A binding whose tests are a program of ours that prints TAP. `command` gets the setting."""

    def run(setting, library, only=None):
        log = setting.directory(name) / f"{library.name}.log"
        scratch = tempfile.mkdtemp(dir=setting.work)
        try:
            output, status = on_library(command(setting), library, log, timeout=120, cwd=scratch, **environment)
        finally:
            shutil.rmtree(scratch)
        outcomes = tap(output, status)
        return {test: outcomes.get(test, FAILED) for test in only} if only else outcomes

    return Binding(name, prepare, run, strict=True)


def cargo_tests(output):
    """The outcomes in what cargo test prints, by test program and name."""
    outcomes, program = {}, ""
    for line in output.splitlines():
        if found := re.match(r"\s+(?:Running (?:unittests )?(\S+)|Doc-tests (\S+))", line):
            program = found[1] or f"doc {found[2]}"
        elif found := re.match(r"test (.*) \.\.\. (ok|FAILED|ignored)", line):
            outcome = {"ok": PASSED, "FAILED": FAILED, "ignored": SKIPPED}[found[2]]
            outcomes[f"{program}: {found[1]}"] = outcome
    return outcomes
