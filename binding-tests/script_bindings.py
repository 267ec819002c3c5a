"""Bindings of other languages: JavaScript, Java, Perl, PHP, Ruby."""

import json
import platform
import re
import shutil
from pathlib import Path

from tools import FAILED, PASSED, SKIPPED, Binding, Unavailable, call, debian_source, need, on_library, package, program

# --- JavaScript: zeromq.js, newest from npm, built from the source in its package ---


def prepare_node(setting):
    need("node", "npm", "c++")
    place = setting.directory("node")
    log = place / "build.log"
    node = Path(shutil.which("node")).resolve()
    headers = node.parent.parent / "include/node"
    if not (headers / "node_api.h").exists():
        raise Unavailable(f"no headers in {headers}")
    (place / "package.json").write_text('{"name": "test", "private": true}')
    call(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "zeromq@latest"], log, cwd=place)
    modules = place / "node_modules"
    module = modules / "zeromq"
    # Its own build fetches tools and libzmq; the sources want no more than this.
    compiler = ["c++", "-std=c++20", "-O1", "-fPIC", "-shared", "-DNAPI_CPP_EXCEPTIONS", "-DBUILDING_NODE_EXTENSION"]
    include = [module / "src", modules / "node-addon-api", headers, setting.prefix / "include"]
    sources = sorted(module.glob("src/*.cc"))
    libraries = [f"-L{setting.prefix}/lib", "-lzmq"]
    addon = module / "build/addon.node"
    call([*compiler, *(f"-I{path}" for path in include), "-o", addon, *sources, *libraries], log)
    kind = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    # What it takes in place of the binaries that it brings.
    configuration = {"os": "linux", "arch": kind, "runtime": "node", "abi": 1, "libc": "glibc"}
    (module / "build/manifest.json").write_text(json.dumps({json.dumps(configuration): addon.name}))
    return json.loads((module / "package.json").read_text())["version"]


NODE = program(
    "zeromq.js",
    prepare_node,
    lambda setting: ["node", setting.here / "programs/zeromq.js", setting.work / "node/node_modules/zeromq"],
)

# --- Perl and Ruby ---

PERL = program(
    "ZMQ::FFI", lambda setting: package("libzmq-ffi-perl"), lambda setting: ["perl", setting.here / "programs/ffi.pl"]
)
RUBY = program(
    "ffi-rzmq",
    lambda setting: package("ruby-ffi-rzmq"),
    lambda setting: ["ruby", setting.here / "programs/ffi_rzmq.rb"],
)

# --- PHP: the extension's own tests, from Debian's source package ---


def prepare_php(setting):
    need("php")
    version = package("php-zmq")
    debian_source(setting, "php-zmq", setting.directory("php"))
    return version


def section(text, name):
    found = re.search(rf"^--{name}--\n(.*?)(?=^--[A-Z_]+--|\Z)", text, re.M | re.S)
    return found and found[1]


SIGNS = {"%s": ".+", "%S": ".*", "%d": r"\d+", "%i": r"[+-]?\d+", "%f": r"[+-]?[\d.]+", "%a": r"(?s:.+)"}


def expected(text):
    """A pattern of what a test has to print."""
    if exact := section(text, "EXPECT"):
        return re.escape(exact.strip())
    pattern = re.escape((section(text, "EXPECTF") or "").strip())
    for sign, meaning in SIGNS.items():
        pattern = pattern.replace(sign, meaning)
    return pattern


def run_php(setting, library, only=None):
    (tests,) = (setting.work / "php").glob("zmq-*/tests")
    log = setting.work / "php" / f"{library.name}.log"
    php = ["php", "-n"]
    # What PHP 8 deprecates was no news to the tests.
    for entry in ("extension=zmq.so", "display_errors=1", "log_errors=0", "html_errors=0", "error_reporting=24575"):
        php += ["-d", entry]
    outcomes = {}
    for name in only or sorted(test.name for test in tests.glob("*.phpt")):
        text = (tests / name).read_text(errors="replace").replace("\r\n", "\n")
        code = {}
        for part in ("SKIPIF", "FILE"):
            code[part] = tests / f"{name}.{library.name.replace(' ', '-')}.{part}.php"
            code[part].write_text(section(text, part) or "")
        output, _ = on_library([*php, code["SKIPIF"]], library, log, 15, cwd=tests)
        if output.strip().lower().startswith("skip"):
            outcomes[name] = SKIPPED
        else:
            output, _ = on_library([*php, code["FILE"]], library, log, 15, cwd=tests)
            outcomes[name] = PASSED if re.fullmatch(expected(text), output.strip()) else FAILED
        for file in code.values():
            file.unlink()
    return outcomes


PHP = Binding("php-zmq", prepare_php, run_php, parallel=False)

# --- Java: jzmq's own tests, from Debian's source package, on Debian's build of it ---

JARS = [Path("/usr/share/java") / name for name in ("zmq.jar", "junit4.jar", "hamcrest-core.jar")]


def prepare_java(setting):
    need("javac")
    version = package("libzmq-java")
    package("junit4")
    place = setting.directory("java")
    debian_source(setting, "jzmq", place)
    (tests,) = place.glob("jzmq-*/src/test/java")
    classes = setting.directory("java/classes")
    sources = sorted(tests.glob("**/*.java"))
    call(["javac", "-nowarn", "-d", classes, "-cp", ":".join(map(str, JARS)), *sources], place / "build.log")
    return version


def run_java(setting, library, only=None):
    place = setting.work / "java"
    sources = {path.stem: path for path in place.glob("jzmq-*/src/test/java/org/zeromq/*Test.java")}
    wanted = {test.partition(".")[0] for test in only} if only else sorted(sources)
    path = ":".join(map(str, [place / "classes", *JARS]))
    java = [
        "java",
        "-Djava.library.path=/usr/lib/jni:/usr/lib/x86_64-linux-gnu/jni",
        "-cp",
        path,
        "org.junit.runner.JUnitCore",
    ]
    outcomes = {}
    for name in wanted:
        output, _ = on_library([*java, f"org.zeromq.{name}"], library, place / f"{library.name}.log", 120, cwd=place)
        broken = set(re.findall(rf"^\d+\) (\w+)\(org\.zeromq\.{name}\)", output, re.M))
        complete = re.search(r"^(OK \(|Tests run:)", output, re.M)
        for test in re.findall(r"@Test[^{;]*?void (\w+)\(", sources[name].read_text()):
            outcomes[f"{name}.{test}"] = FAILED if not complete or test in broken else PASSED
    return outcomes


JAVA = Binding("jzmq", prepare_java, run_java, parallel=False)
