"""Bindings of compiled languages: Rust's zmq crate, CZMQ, cppzmq."""

import json
import os
import re
import shutil
import subprocess

from tools import FAILED, PASSED, SKIPPED, Binding, call, cargo_tests, need, on_library, package, program

# --- Rust: the zmq crate, with its own suite ---


def prepare_rust(setting):
    need("cargo")
    place = setting.directory("rust")
    log = place / "build.log"
    shutil.rmtree(place / "fetch", ignore_errors=True)
    (place / "fetch/src").mkdir(parents=True)
    (place / "fetch/src/lib.rs").touch()
    manifest = '[package]\nname = "fetch"\nedition = "2021"\n[dependencies]\nzmq = "*"\n[workspace]\n'
    (place / "fetch/Cargo.toml").write_text(manifest)
    call(["cargo", "vendor", "-q", "vendor"], log, cwd=place / "fetch")
    shutil.rmtree(place / "zmq", ignore_errors=True)
    crate = place / "fetch/vendor/zmq"
    version = re.search(r'^version = "(.*)"', (crate / "Cargo.toml").read_text(), re.M)[1]
    crate.rename(place / "zmq")
    # Compares the compiler's error messages.
    (place / "zmq/tests/compile-tests.rs").unlink()
    call(cargo(setting, "--no-run"), log, cwd=place / "zmq", env=rust_environment(setting))
    return version


def cargo(setting, *arguments):
    """cargo test, with the library in place of the libzmq that zmq-sys would build."""
    host = re.search(r"^host: (.*)", subprocess.run(["rustc", "-vV"], capture_output=True, text=True).stdout, re.M)[1]
    table = f"target.{host}.zmq"
    search = f"{table}.rustc-link-search={json.dumps([str(setting.prefix / 'lib')])}"
    link = f'{table}.rustc-link-lib=["zmq"]'
    return ["cargo", "--config", search, "--config", link, "test", "--no-fail-fast", *arguments]


def rust_environment(setting):
    return {**os.environ, "CARGO_TARGET_DIR": str(setting.work / "rust/target")}


def run_rust(setting, library, only=None):
    log = setting.work / "rust" / f"{library.name}.log"
    select = [test.partition(": ")[2] for test in only] if only else []
    place = setting.work / "rust"
    output, _ = on_library(cargo(setting, *select), library, log, cwd=place / "zmq", CARGO_TARGET_DIR=place / "target")
    return cargo_tests(output)


RUST = Binding("zmq (Rust)", prepare_rust, run_rust)

# --- C: CZMQ, with the self-tests that its library exports ---


def prepare_czmq(setting):
    version = package("libczmq-dev")
    place = setting.directory("czmq")
    source = setting.here / "programs/czmq_selftest.c"
    call(["cc", "-o", place / "selftest", source, "-lczmq", "-ldl"], place / "build.log")
    return version


def run_czmq(setting, library, only=None):
    place = setting.work / "czmq"
    symbols = subprocess.run(["ldd", place / "selftest"], capture_output=True, text=True).stdout
    czmq = re.search(r"libczmq\.so\S* => (\S+)", symbols)[1]
    listed = subprocess.run(["nm", "-D", "--defined-only", czmq], capture_output=True, text=True).stdout
    outcomes = {}
    for test in only or sorted(set(re.findall(r" T (z\w+_test)$", listed, re.M))):
        scratch = place / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        try:
            _, status = on_library([place / "selftest", test], library, place / f"{library.name}.log", 60, cwd=scratch)
            outcomes[test] = PASSED if status == 0 else FAILED
        except RuntimeError as error:
            # Some need no sockets.
            outcomes[test] = SKIPPED if "no libzmq" in str(error) else FAILED
    return outcomes


CZMQ = Binding("czmq", prepare_czmq, run_czmq, parallel=False)

# --- C++: cppzmq ---


def prepare_cppzmq(setting):
    version = package("cppzmq-dev")
    place = setting.directory("cppzmq")
    source = setting.here / "programs/cppzmq.cpp"
    compiler = ["c++", "-std=c++17", "-Wall", "-Wextra", f"-I{setting.prefix}/include", f"-L{setting.prefix}/lib"]
    call([*compiler, "-o", place / "program", source, "-lzmq", "-pthread"], place / "build.log")
    return version


CPPZMQ = program("cppzmq", prepare_cppzmq, lambda setting: [setting.work / "cppzmq/program"])
