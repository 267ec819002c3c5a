#!/usr/bin/env python3
"""Runs pairs of interop_role processes, one on each of two libzmq.so.5, over tcp and ipc, or ws and wss, or pgm, epgm
and norm.

    interop.py --program interop_role --left DIR --right DIR [--pair REQ-REP]... [--transport ws]... [--jobs N]

Every pair is run in every arrangement: who binds, and which library plays which side. DIR holds the
libzmq.so.5 of a side; a run is refused when a process turns out to have loaded another file. With the
same DIR twice (the self-check of these programs) only one assignment is run.
"""

import argparse
import collections
import concurrent.futures
import ctypes
import itertools
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

PAIRS = [
    "REQ-REP", "REQ-ROUTER", "DEALER-REP", "DEALER-ROUTER", "DEALER-DEALER", "ROUTER-ROUTER", "PUB-SUB",
    "PUB-XSUB", "XPUB-SUB", "XPUB-XSUB", "PUSH-PULL", "PAIR-PAIR", "STREAM-STREAM",
]
# Enough to go through every size of payload.c once and to meet each part count.
COUNTS = collections.defaultdict(lambda: 64, {"STREAM-STREAM": 40})
DEADLINE_S = 40
MULTICAST_PAIRS = ["PUB-SUB", "XPUB-SUB"]
MULTICAST = {"pgm": "pgm://127.0.0.1;{}:{}", "epgm": "epgm://127.0.0.1;{}:{}", "norm": "norm://lo;{}:{}"}
SKIPPED = 77
DID_NOT_BIND = "did not bind"
CHANCES = 5
MECHANISMS = ["curve", "plain", "gssapi", "gssapi-plain"]
TRANSPORTS = ["tcp", "ipc", "ws", "wss"]

Run = collections.namedtuple("Run", "pair transport a_binds a_dir b_dir")


class Failure(Exception):
    """Why a run is not good."""


class Side:
    """One role process, its library checked, and the lines it prints."""

    def __init__(self, program, directory, arguments, settings):
        environment = dict(os.environ, LD_LIBRARY_PATH=directory, **settings)
        self.directory = directory
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [program] + arguments, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)
        expected = os.path.realpath(os.path.join(directory, "libzmq.so.5"))
        line = self.line()
        while line.startswith("Warn: "):  # OpenPGM's own
            line = self.line()
        if line != "LIBRARY " + expected:
            raise Failure(f"loaded the wrong library: {line!r}, not {expected}")

    def line(self):
        return self.process.stdout.readline().decode().rstrip("\n")

    def tell(self):
        try:
            self.process.stdin.write(b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended; its status says how

    def reason(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace").strip()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            try:
                stream.close()
            except BrokenPipeError:
                pass


def group(number):
    """A group of this run's own, and a port that no socket of this machine has."""
    own = (os.getpid() << 8) + number
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("0.0.0.0", 0))
        return f"239.193.{own >> 8 & 255}.{own & 255}", probe.getsockname()[1]


def lack_of_multicast(directories):
    """Why multicast protocols cannot be tried here, by protocol."""
    lacks = {}
    for protocol in MULTICAST:
        name = "norm" if protocol == "norm" else "pgm"
        for directory in directories:
            if not ctypes.CDLL(os.path.join(directory, "libzmq.so.5")).zmq_has(name.encode()):
                lacks[protocol] = f"no {name} in {directory}"
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, 113).close()
    except OSError as error:
        lacks.setdefault("pgm", f"raw sockets: {error.strerror}")
    address, port = group(0)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            loopback = struct.pack("4s4si", socket.inet_aton(address), bytes(4), socket.if_nametoindex("lo"))
            receiver.bind((address, port))
            receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, loopback)
            receiver.settimeout(5)
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, loopback)
            sender.sendto(b"x", (address, port))
            receiver.recv(1)
    except OSError as error:
        lacks.update(dict.fromkeys(MULTICAST, f"multicast on the loopback interface: {error}"))
    return lacks


def relay(source, target, log):
    """Passes the lines of one side to the other until it is done."""
    while True:
        line = source.line()
        if line.startswith("Warn: "):
            continue
        log.append(line)
        if line in ("", "DONE"):
            return
        target.tell()


def finish(sides, deadline):
    """Waits for both sides and judges them."""
    logs = [[], []]
    threads = [threading.Thread(target=relay, args=(sides[i], sides[1 - i], logs[i])) for i in (0, 1)]
    for thread in threads:
        thread.start()
    try:
        for name, side in zip("ab", sides):
            try:
                status = side.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise Failure(f"side {name} hangs") from None
            if status != 0:
                raise Failure(f"side {name} ended with {status}")
    finally:
        for side in sides:
            if side.process.poll() is None:
                side.process.kill()
        for thread in threads:
            thread.join()
    for name, log in zip("ab", logs):
        if not log or log[-1] != "DONE":
            raise Failure(f"side {name} did not say DONE")


def perform(run, program, scratch, number):
    """Runs one arrangement; None, or what went wrong."""
    endpoint = f"ipc://{scratch}/{number}" if run.transport == "ipc" else f"{run.transport}://127.0.0.1:*"
    count, settings = str(COUNTS[run.pair]), {}
    if run.transport in MULTICAST:
        endpoint, count = MULTICAST[run.transport].format(*group(number + 1)), "32"
    if run.transport == "norm":
        # libzmq's sender stops at a message of more than 2 kB.
        settings["INTEROP_LARGEST"] = "1024"
    sides = {}
    deadline = time.monotonic() + DEADLINE_S
    binder, connecter = ("a", "b") if run.a_binds else ("b", "a")
    directories = {"a": run.a_dir, "b": run.b_dir}
    try:
        sides[binder] = Side(program, directories[binder], [run.pair, binder, "bind", endpoint, count], settings)
        line = sides[binder].line()
        while line.startswith("Warn: "):
            line = sides[binder].line()
        if not line.startswith("ENDPOINT "):
            raise Failure(f"{DID_NOT_BIND}: {binder}, {line!r}")
        sides[connecter] = Side(
            program, directories[connecter], [run.pair, connecter, "connect", line.split(" ", 1)[1], count], settings)
        finish([sides["a"], sides["b"]], deadline)
    except Failure as failure:
        reasons = "; ".join(f"{name}: {side.reason()}" for name, side in sorted(sides.items()) if side.reason())
        return f"{failure}{' (' if reasons else ''}{reasons}{')' if reasons else ''}"
    finally:
        for side in sides.values():
            side.kill()
    return None


def perform_again(run, program, scratch, number, other):
    """As perform. Over OpenPGM, processes of the `other` library have been seen to end as they began, two of a test
    on a busy machine; they get more chances, as nothing of ours was under way."""
    binder = run.a_dir if run.a_binds else run.b_dir
    for _ in range(CHANCES - 1):
        problem = perform(run, program, scratch, number)
        if not (problem and problem.startswith(DID_NOT_BIND) and run.transport in MULTICAST
                and os.path.realpath(binder) == other):
            return problem
        print(f"again: {problem}", flush=True)
        number += 128
    return perform(run, program, scratch, number)


def arrangements(pairs, transports, left, right):
    """Every run, as the module's text says."""
    assignments = [(left, right)] if os.path.realpath(left) == os.path.realpath(right) else [(left, right), (right, left)]
    for pair, transport, a_binds, (a_dir, b_dir) in itertools.product(
            pairs, transports, (True, False), assignments):
        if pair == "STREAM-STREAM" and transport != "tcp":
            continue  # STREAM knows tcp only
        yield Run(pair, transport, a_binds, a_dir, b_dir)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--left", required=True)
    parser.add_argument("--right", required=True)
    parser.add_argument("--pair", action="append", choices=PAIRS)
    parser.add_argument("--transport", action="append", choices=TRANSPORTS, help="tcp and ipc unless said")
    parser.add_argument("--mechanism", choices=MECHANISMS, help="a security mechanism; without one, NULL")
    parser.add_argument("--multicast", action="store_true", help="over pgm, epgm and norm, as far as they can be had")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    pairs = options.pair or (MULTICAST_PAIRS if options.multicast else PAIRS)
    transports = options.transport or ["tcp", "ipc"]
    if options.multicast:
        lacks = lack_of_multicast([options.left, options.right])
        for protocol, reason in lacks.items():
            print(f"SKIP {protocol}: {reason}", flush=True)
        transports = [protocol for protocol in MULTICAST if protocol not in lacks]
        if not transports:
            return SKIPPED
    if options.mechanism:
        os.environ["INTEROP_MECHANISM"] = options.mechanism
        pairs = [pair for pair in pairs if "STREAM" not in pair]  # STREAM has no mechanism
    scratch = tempfile.mkdtemp(prefix="interop")
    failures = 0
    try:
        runs = list(arrangements(pairs, transports, options.left, options.right))
        left, right = os.path.realpath(options.left), os.path.realpath(options.right)
        if options.mechanism == "gssapi":
            # libzmq before 4.3.6 loses what a subscription is when it encrypts it, so nothing would come
            # to a subscriber that has it. The other library is the left one.
            runs = [run for run in runs if "PUB" not in run.pair or os.path.realpath(run.b_dir) == left]
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            results = pool.map(
                lambda numbered: perform_again(numbered[1], options.program, scratch, numbered[0], right), enumerate(runs))
            for run, problem in zip(runs, results):
                binder = "a binds" if run.a_binds else "b binds"
                what = f"{run.pair} {run.transport} {binder} a={run.a_dir} b={run.b_dir}"
                if problem:
                    failures += 1
                    print(f"FAIL {what}: {problem}", flush=True)
                else:
                    print(f"ok   {what}", flush=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"{len(runs) - failures} of {len(runs)} runs passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
