"""Runs the test suite that Debian's python3-zmq ships, on the libzmq given.

usage: LD_LIBRARY_PATH=... pyzmq.py LIBRARY [pytest arguments]

Fails as well if another libzmq than LIBRARY was the one in use.
"""

import os
import sys

import pytest
import zmq

SUITE = os.path.join(os.path.dirname(zmq.__file__), "tests")

# Not about libzmq; these fail or are skipped on Debian's own in the same way.
LEFT_OUT = {
    "test_cython.py": "builds a Cython extension, and Debian's package lacks what that needs",
    "test_mypy.py": "checks type annotations with mypy",
}


def mapped_libzmq():
    with open("/proc/self/maps") as maps:
        paths = {line.split(maxsplit=5)[5].strip() for line in maps if "libzmq" in line}
    return {os.path.realpath(path) for path in paths if path.startswith("/")}


def main():
    expected = os.path.realpath(sys.argv[1])
    if mapped_libzmq() != {expected}:
        sys.exit(f"libzmq is {mapped_libzmq()}, expected {expected}")
    left_out = [f"--ignore={os.path.join(SUITE, name)}" for name in LEFT_OUT]
    options = ["-q", "-p", "no:cacheprovider", "-W", "ignore", "--timeout=60", "--tb=short"]
    sys.exit(pytest.main([SUITE, f"--rootdir={os.getcwd()}", *left_out, *options, *sys.argv[2:]]))


main()
