"""Python's bindings: pyzmq, newest from PyPI and built from source, and two event loops on Debian's python3-zmq."""

import os
import shutil
import tarfile
import zipfile
from pathlib import Path

from tools import Binding, Library, Unavailable, call, libzmq_version, on_library, package

TOOLS = "scikit-build-core cython cmake ninja packaging setuptools"
TOOLS += " pytest pytest-asyncio pytest-timeout tornado gevent numpy"
# Files with tests on fixed ports or messages of 2 GiB: not at the same time on two libraries.
ONE_AT_A_TIME = "test_monitor.py test_socket.py test_retry_eintr.py"
BLANK_TOPIC = "tests/test_log.py::TestPubLog::test_blank_root_topic"


def virtual_environment(setting, log):
    """A Python with what building and testing needs."""
    python = setting.work / "venv/bin/python"
    if not python.exists():
        call(["/usr/bin/python3", "-m", "venv", setting.work / "venv"], log)
    call([python, "-m", "pip", "install", "-q", "--upgrade", *TOOLS.split()], log)
    return python


def pyzmq_source(setting, log):
    """The newest source distribution, unpacked; and its version."""
    python = virtual_environment(setting, log)
    place = setting.directory("pyzmq/download")
    for old in place.iterdir():
        old.unlink()
    download = [python, "-m", "pip", "download", "-q", "--no-deps", "-d", place]
    call([*download, "--no-build-isolation", "--no-binary=:all:", "pyzmq"], log)
    call([*download, "--only-binary=:all:", "pyzmq"], log)
    (archive,) = place.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(setting.work / "pyzmq")
    return archive, archive.name.removesuffix(".tar.gz").partition("-")[2]


def prepare_pyzmq(setting):
    log = setting.directory("pyzmq") / "build.log"
    archive, version = pyzmq_source(setting, log)
    build_pyzmq(setting, archive, setting.ours.name, ZMQ_PREFIX=str(setting.prefix))
    build_pyzmq(setting, archive, "system", PYZMQ_NO_BUNDLE="1")
    unpack_suite(setting, version)
    return version


def build_pyzmq(setting, archive, name, **environment):
    place = setting.work / "pyzmq" / f"on-{name}"
    shutil.rmtree(place, ignore_errors=True)
    pip = [setting.work / "venv/bin/python", "-m", "pip", "install", "-v", "--no-deps", "--no-build-isolation"]
    log = setting.work / "pyzmq/build.log"
    call([*pip, "--target", place, archive], log, env={**os.environ, **environment})


def unpack_suite(setting, version):
    shutil.rmtree(setting.work / "pyzmq/suite", ignore_errors=True)
    # Away from the sources: they would be imported in place of what was built.
    suite = setting.directory("pyzmq/suite")
    for part in ("tests", "pytest.ini"):
        (setting.work / "pyzmq" / f"pyzmq-{version}" / part).rename(suite / part)


def wheel_library(setting):
    """The libzmq in pyzmq's wheel, which is a newer one than Debian's."""
    place = setting.directory("pyzmq/wheel")
    (wheel,) = (setting.work / "pyzmq/download").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith("pyzmq.libs/") and ".so" in name:
                (place / Path(name).name).write_bytes(archive.read(name))
    (file,) = place.glob("libzmq-*.so*")
    link = place / "libzmq.so.5"
    link.unlink(missing_ok=True)
    link.symlink_to(file.name)
    return [Library(f"libzmq {libzmq_version(link)}", place)]


def run_pyzmq(setting, library, only=None):
    return run_pyzmq_as(setting, library, only, "system" if library == setting.theirs else setting.ours.name)


def run_pyzmq_as(setting, library, only, built):
    results = setting.work / "pyzmq" / f"{library.name}.results"
    results.unlink(missing_ok=True)
    options = ["-q", "-p", "pytest_results", "-p", "no:cacheprovider", "--tb=short"]
    deselect = [] if only else [f"--deselect={BLANK_TOPIC}"]
    on_library(
        [setting.work / "venv/bin/python", "-m", "pytest", *options, f"--timeout={10 if only else 60}", *deselect]
        + (only or ["tests"]),
        library,
        setting.work / "pyzmq" / f"{library.name}.log",
        cwd=setting.work / "pyzmq/suite",
        PYTHONPATH=f"{setting.work}/pyzmq/on-{built}:{setting.here}",
        PYTHONDONTWRITEBYTECODE=1,
        **({"ZMQ_TEST_TIMEOUT": 10} if only == [BLANK_TOPIC] else {}),  # other tests cannot read it
        RESULTS=results,
        FIXED_PORTS=ONE_AT_A_TIME,
        LOCK=setting.work / "pyzmq/lock",
    )
    return outcomes_in(results)


def outcomes_in(results):
    """What pytest_results.py wrote."""
    lines = (line.split(" ", 1) for line in results.read_text().splitlines()) if results.exists() else ()
    return {test: outcome for outcome, test in lines}


PYZMQ = Binding(
    "pyzmq",
    prepare_pyzmq,
    run_pyzmq,
    races={BLANK_TOPIC: "it counts on a subscription to cross tcp within three calls"},
    references=wheel_library,
)

# The same with what pyzmq has for drafts. No package has a libzmq with drafts: LIBZMQ_DRAFTS_LIB_DIR says where one is.


def prepare_drafts(setting):
    if not os.environ.get("LIBZMQ_DRAFTS_LIB_DIR"):
        raise Unavailable("LIBZMQ_DRAFTS_LIB_DIR names no directory with a libzmq.so.5 that has drafts")
    archive, version = pyzmq_source(setting, setting.directory("pyzmq") / "build.log")
    build_pyzmq(setting, archive, "drafts", ZMQ_PREFIX=str(setting.prefix), ZMQ_DRAFT_API="1")
    unpack_suite(setting, version)
    return version


def drafts_library(_setting):
    place = Path(os.environ["LIBZMQ_DRAFTS_LIB_DIR"]).resolve()
    return [Library(f"libzmq {libzmq_version(place / 'libzmq.so.5')} with drafts", place)]


PYZMQ_DRAFTS = Binding(
    "pyzmq-drafts",
    prepare_drafts,
    lambda setting, library, only=None: run_pyzmq_as(setting, library, only, "drafts"),
    system=False,
    races=PYZMQ.races,
    references=drafts_library,
)


# --- aiozmq and txzmq: asyncio and Twisted with their own loops around ZMQ_FD ---


def on_debian_pyzmq(name, prepare, tests, explained=()):
    """A Debian package on Debian's pyzmq, with its own suite; `tests` gives the directory with it."""

    def run(setting, library, only=None):
        place = setting.directory(name)
        results = place / f"{library.name}.results"
        results.unlink(missing_ok=True)
        command = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "pytest_results", "-p", "no:cacheprovider"]
        command += ["--tb=short", "--timeout=30", "-o", "python_files=*test*.py", "--continue-on-collection-errors"]
        on_library(
            command + (only or ["."]),
            library,
            place / f"{library.name}.log",
            timeout=120,
            cwd=tests(setting),
            PYTHONPATH=setting.here,
            PYTHONDONTWRITEBYTECODE=1,
            RESULTS=results,
        )
        return outcomes_in(results)

    return Binding(name, prepare, run, parallel=False, explained=dict(explained))


def prepare_aiozmq(setting):
    version = package("python3-aiozmq")
    place = setting.directory("aiozmq")
    log = place / "build.log"
    wanted = version.partition("-")[0]
    python = virtual_environment(setting, log)
    # Debian ships no tests, the source distribution does.
    call(
        [python, "-m", "pip", "download", "-q", "--no-deps", "--no-build-isolation", "-d", place]
        + ["--no-binary=:all:", f"aiozmq=={wanted}"],
        log,
    )
    (archive,) = place.glob("aiozmq-*.tar.gz")
    shutil.rmtree(place / "tests", ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extractall(place)
    (place / f"aiozmq-{wanted}/tests").rename(place / "tests")
    return version


def txzmq_tests(setting):
    return Path("/usr/lib/python3/dist-packages/txzmq/test")


AIOZMQ = on_debian_pyzmq("aiozmq", prepare_aiozmq, lambda setting: setting.work / "aiozmq/tests")
TXZMQ = on_debian_pyzmq("txzmq", lambda setting: package("python3-txzmq"), txzmq_tests)
