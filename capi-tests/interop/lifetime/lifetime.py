#!/usr/bin/env python3
"""Two processes, one on each of two libzmq.so.5, whose connection lives, is stopped, and ends.

    lifetime.py --program lifetime-peer --left DIR --right DIR [--jobs N]

Every scenario below runs over tcp, ipc, and tcp with CURVE, with either library at either end. DIR holds the
libzmq.so.5 of a side; a run is refused when a process turns out to have loaded another file.
"""

import argparse
import concurrent.futures
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HANDSHAKE_SUCCEEDED, DISCONNECTED = 0x1000, 0x0200
PATIENCE_S = 20
# Interval, timeout and time to live, in milliseconds. A busy machine stops processes, too: what is to stay
# alive has two seconds.
NONE = (0, 0, 0)
LASTING = (50, 2000, 2000)
QUICK = (50, 200, 0)
PROMISING = (50, 0, 200)


class Failure(Exception):
    """Why a run is not good."""


class Peer:
    """One process, its library checked, and what it has told."""

    def __init__(self, world, library, verb, endpoint, heartbeats):
        self.name = f"{verb}er on {library}"
        self.lines = queue.Queue()
        environment = dict(os.environ, LD_LIBRARY_PATH=library, **world.environment)
        arguments = [world.program, verb, endpoint] + [str(number) for number in heartbeats]
        self.process = subprocess.Popen(arguments, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        world.peers.append(self)
        threading.Thread(target=self.read, daemon=True).start()
        expected = os.path.realpath(os.path.join(library, "libzmq.so.5"))
        if self.next("LIBRARY") != expected:
            raise Failure(f"{self.name}: loaded the wrong library, not {expected}")
        self.endpoint = self.next("ENDPOINT") if verb == "bind" else endpoint

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.decode().rstrip("\n"))
        self.lines.put("")

    def next(self, word):
        """The rest of the next line, which must begin with this word."""
        line = self.line(PATIENCE_S)
        if not line.startswith(word + " "):
            raise Failure(f"{self.name}: expected {word}, got {line!r}")
        return line.split(" ", 1)[1]

    def line(self, seconds):
        try:
            return self.lines.get(timeout=seconds)
        except queue.Empty:
            raise Failure(f"{self.name}: told nothing") from None

    def wait(self, line):
        """Passes over other lines until this one comes."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            got = self.line(max(0.0, deadline - time.monotonic()))
            if got == line:
                return
            if got == "":
                raise Failure(f"{self.name}: ended before {line!r}")

    def wait_event(self, event):
        self.wait(f"EVENT {event}")

    def expect_no_end(self):
        """Nothing that was told since is the end of a connection."""
        while not self.lines.empty():
            if self.lines.get() == f"EVENT {DISCONNECTED}":
                raise Failure(f"{self.name}: lost a connection that lives")

    def send(self, text):
        self.process.stdin.write(f"send {text}\n".encode())
        self.process.stdin.flush()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class World:
    """A run: which libraries, which transport, and its processes."""

    def __init__(self, program, transport, binder, connecter, scratch):
        self.program, self.binder, self.connecter = program, binder, connecter
        self.endpoint = f"ipc://{scratch}/endpoint" if transport == "ipc" else "tcp://127.0.0.1:*"
        self.environment = {"LIFETIME_CURVE": "1"} if transport == "curve" else {}
        self.peers = []

    def pair(self, binder, connecter):
        """Both ends with these heartbeats, once they know each other."""
        bound = Peer(self, self.binder, "bind", self.endpoint, binder)
        connected = Peer(self, self.connecter, "connect", bound.endpoint, connecter)
        for peer in (bound, connected):
            peer.wait_event(HANDSHAKE_SUCCEEDED)
        return bound, connected


def exchange(one, other):
    one.send("there")
    other.wait("GOT there")
    other.send("back")
    one.wait("GOT back")


def stop(peer):
    """Stops a peer some PINGs after its last message: a message ends what a PING before it promised."""
    time.sleep(0.5)
    peer.process.send_signal(signal.SIGSTOP)


def lives_on_heartbeats(world, binder, connecter):
    bound, connected = world.pair(binder, connecter)
    time.sleep(1.2)
    bound.expect_no_end()
    connected.expect_no_end()
    exchange(bound, connected)


def binder_stops(world, binder, connecter):
    """What is sent to a peer that stopped waits for it."""
    bound, connected = world.pair(binder, connecter)
    exchange(bound, connected)
    stop(bound)
    connected.wait_event(DISCONNECTED)
    connected.send("kept")
    bound.process.send_signal(signal.SIGCONT)
    bound.wait("GOT kept")
    exchange(bound, connected)


def connecter_stops(world, binder, connecter):
    bound, connected = world.pair(binder, connecter)
    exchange(bound, connected)
    stop(connected)
    bound.wait_event(DISCONNECTED)
    connected.process.send_signal(signal.SIGCONT)
    connected.wait_event(HANDSHAKE_SUCCEEDED)
    bound.wait_event(HANDSHAKE_SUCCEEDED)
    exchange(connected, bound)


def binder_is_replaced(world, binder, connecter):
    """By one on the connecter's own library: what waits does not care."""
    bound, connected = world.pair(binder, connecter)
    exchange(bound, connected)
    bound.kill()
    connected.wait_event(DISCONNECTED)
    connected.send("kept")
    replacement = Peer(world, world.connecter, "bind", bound.endpoint, binder)
    replacement.wait("GOT kept")
    exchange(replacement, connected)


SCENARIOS = [
    (lives_on_heartbeats, LASTING, LASTING),
    (lives_on_heartbeats, LASTING, NONE),
    (lives_on_heartbeats, NONE, LASTING),
    (binder_stops, NONE, QUICK),
    (binder_stops, PROMISING, NONE),
    (connecter_stops, QUICK, NONE),
    (connecter_stops, NONE, PROMISING),
    (binder_is_replaced, NONE, NONE),
]


def perform(program, transport, libraries, scenario):
    """Runs one scenario; None, or what went wrong."""
    run, binder, connecter = scenario
    scratch = tempfile.mkdtemp(prefix="lifetime")
    world = World(program, transport, *libraries, scratch)
    try:
        run(world, binder, connecter)
    except (Failure, OSError) as failure:
        return str(failure)
    finally:
        for peer in world.peers:
            peer.kill()
        shutil.rmtree(scratch, ignore_errors=True)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--left", required=True)
    parser.add_argument("--right", required=True)
    parser.add_argument("--jobs", type=int, default=4)
    options = parser.parse_args()
    assignments = [(options.left, options.right), (options.right, options.left)]
    runs = [
        (transport, libraries, scenario)
        for scenario in SCENARIOS for transport in ("tcp", "ipc", "curve") for libraries in assignments
    ]
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda run: perform(options.program, *run), runs)
        for (transport, libraries, (scenario, binder, connecter)), problem in zip(runs, results):
            failures += problem is not None
            what = f"{scenario.__name__} {transport} {libraries[0]} {binder} bound, {libraries[1]} {connecter} connected"
            print(f"FAIL {what}: {problem}" if problem else f"ok   {what}", flush=True)
    print(f"{len(runs) - failures} of {len(runs)} runs passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
