"""A pytest plugin: writes outcomes to the file in RESULTS as they come, and keeps tests with fixed ports apart.

Given by `-p pytest_results`. A line is an outcome, a space and the test's id. Of a test's phases the worst counts. When
several runs go on at once, tests in the files that FIXED_PORTS names wait for each other by a lock on the file LOCK.
"""

import fcntl
import os

import pytest

RANK = {"passed": 0, "skipped": 1, "failed": 2}
worst = {}


def pytest_runtest_logreport(report):
    outcome = "skipped" if hasattr(report, "wasxfail") else report.outcome
    if RANK[outcome] >= RANK[worst.get(report.nodeid, "passed")]:
        worst[report.nodeid] = outcome
    if report.when == "teardown":
        with open(os.environ["RESULTS"], "a") as results:
            results.write(f"{worst.pop(report.nodeid)} {report.nodeid}\n")


# The old kind of wrapper: Debian's pytest knows no other.
@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    if item.path.name not in os.environ.get("FIXED_PORTS", "").split():
        yield
        return
    with open(os.environ["LOCK"], "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
