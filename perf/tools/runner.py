"""Builds the programs of perf/ and runs them on one library or the other."""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
USUAL = ["local_lat", "remote_lat", "local_thr", "remote_thr", "inproc_lat", "inproc_thr", "proxy_thr"]


def fail(message):
    sys.exit(f"{Path(sys.argv[0]).name}: {message}")


def run(*command, **more):
    return subprocess.run(command, check=True, **more)


def link_to(link, target):
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def build(out):
    """Linked to the C suite's stub, which has libzmq's names and soname: LD_LIBRARY_PATH alone picks the library."""
    out.mkdir(parents=True, exist_ok=True)
    compiler, flags = os.environ.get("CC", "cc"), ["-std=gnu99", "-O2", "-Wall", "-Wextra", "-Werror"]
    sources = sorted((ROOT / "perf").glob("*.c"))
    stub_at = out / "stub"
    stub_at.mkdir(exist_ok=True)
    stub = stub_at / "libzmq.so"
    run(compiler, "-shared", "-fPIC", "-Wl,-soname,libzmq.so.5", "-o", stub, ROOT / "capi-tests/stub/symbols.c")
    link = [f"-I{ROOT / 'include'}", f"-L{stub_at}", "-lzmq", "-lpthread"]
    run(compiler, *flags, "-o", out / "bench", *(s for s in sources if s.name != "usual.c"), *link)
    run(compiler, *flags, "-o", out / "usual", ROOT / "perf/usual.c", ROOT / "perf/bench.c", *link)
    for name in USUAL:
        link_to(out / name, "usual")


def system_library():
    path = os.environ.get("PATH", "") + ":/sbin:/usr/sbin"
    listing = run("ldconfig", "-p", capture_output=True, text=True, env={**os.environ, "PATH": path}).stdout
    for line in listing.splitlines():
        if line.split()[:1] == ["libzmq.so.5"]:
            return line.split()[-1]
    fail("no libzmq.so.5 on this system to compare with; --other names one")


def side(out, name, path):
    """A directory through which LD_LIBRARY_PATH picks exactly this file under the name libzmq.so.5."""
    path = Path(path)
    found = (path, path / "libzmq.so.5", path / "libzmq.so", path / "libomq_zmq.so")
    file = next((f for f in found if f.is_file()), None)
    if not file:
        fail(f"no libzmq at '{path}'")
    directory = out / name
    directory.mkdir(exist_ok=True)
    link_to(directory / "libzmq.so.5", file.resolve())
    environment = {**os.environ, "LD_LIBRARY_PATH": str(directory)}
    loaded = run("ldd", out / "bench", capture_output=True, text=True, env=environment).stdout
    if f"=> {directory}/libzmq.so.5 " not in loaded:
        fail(f"the programs do not load {file}")
    return environment


def add_sides(parser):
    parser.add_argument("--ours", default=os.environ.get("OURS"), help="library measured: a file, or its directory")
    parser.add_argument("--other", default=os.environ.get("OTHER"), help="compared with (default: the system's)")
    parser.add_argument("--out", type=Path, default=TARGET / "perf", help="where programs and results go (default: "
                        "target/perf)")
    parser.add_argument("--timeout", type=float, default=60, help="seconds after which a run has failed")


def sides(options):
    """Name -> environment, ours first; the programs are built."""
    options.out = options.out.resolve()
    build(options.out)
    built = TARGET / "stage/lib", TARGET / "release"
    ours = options.ours or next((p for p in built if p.is_dir()), built[-1])
    found = {"ours": side(options.out, "ours", ours),
             "other": side(options.out, "other", options.other or system_library())}
    if getattr(options, "third", None):
        found["third"] = side(options.out, "third", options.third)
    return found


def measure(out, command, environment, timeout):
    """The figures of one run: name -> value, with the unit of the rate; or why there are none."""
    try:
        ended = subprocess.run([out / "bench", *command.split()], env=environment, timeout=timeout, text=True,
                               capture_output=True, check=False)
    except subprocess.TimeoutExpired:
        return f"took over {timeout:g} s"
    words = ended.stdout.split()
    if ended.returncode or words[:1] != ["result"]:
        return (ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"])[0]
    figures = dict(word.split("=", 1) for word in words[1:])
    return {name: value if name == "unit" else float(value) for name, value in figures.items()}


def usual_programs(out, environment):
    """Why the programs of the usual names do not take their arguments and print their figure; nothing if they do."""
    def started(name, *words):
        return subprocess.Popen([out / name, *words, "10", "20"], env=environment, text=True, stdout=subprocess.PIPE)

    for what, figure in (("lat", "average latency: "), ("thr", "mean throughput: ")):
        # Short: the path of a socket has at most 107 bytes.
        with tempfile.TemporaryDirectory() as directory:
            endpoint = f"ipc://{directory}/usual"
            groups = [[started(f"local_{what}", endpoint), started(f"remote_{what}", endpoint)],
                      [started(f"inproc_{what}")]]
            groups += [[started("proxy_thr")]] if what == "thr" else []
            try:
                for group in groups:
                    if figure not in "".join(one.communicate(timeout=20)[0] for one in group):
                        return f"{Path(group[0].args[0]).name} printed no figure"
            except subprocess.TimeoutExpired as error:
                return f"{Path(error.cmd[0]).name} did not end"
            finally:
                for one in sum(groups, []):
                    one.kill()
                    one.wait()
    return None


def machine():
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}, load "
            f"{os.getloadavg()[0]:.1f} at the start")


def shown(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


median = statistics.median
