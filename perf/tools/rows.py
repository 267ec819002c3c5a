"""What is measured, and what it has to show.

Each row is a run of a program of perf/, with those of its figures that have a target: a ratio to libzmq above 1 is ours,
for what should be large as for what should be small. `first` is what the table must show, `goal` where it is going."""

from dataclasses import dataclass, field

from runner import fail


@dataclass(frozen=True)
class Target:
    first: float | None
    goal: float | None
    # Bounds our own figure from above, instead of the ratio from below.
    at_most: bool = False

    def reached(self, ratio, ours):
        """'goal', 'first', 'no', or '' where there is nothing to fall short of."""
        for name, bound in (("goal", self.goal), ("first", self.first)):
            if bound is not None and (ours <= bound if self.at_most else ratio >= bound):
                return name
        return "" if self.first is None else "no"

    def text(self, bound):
        if bound is None:
            return ""
        return f"≤ {bound:g}" if self.at_most else f"{bound:g}"


CPU = Target(1.3, 2)


@dataclass(frozen=True)
class Row:
    name: str
    title: str
    command: str  # the last word is a count: `--quick` runs a tenth of it
    targets: dict = field(default_factory=dict)  # figure: Target
    smoke: str = ""  # instead of `command` with a count of some hundred
    plain: str = ""  # a program without the library, run in each pair, to whose rate ours is compared
    table: bool = True  # False: in the results, not in the documents' table

    def lessened(self, options):
        words = self.command.split()
        if options.smoke and self.smoke:
            return self.smoke
        if options.smoke:
            words[-1] = str(min(int(words[-1]), 20 if "1048576" in words else 200))
        elif options.quick:
            words[-1] = str(max(int(words[-1]) // 10, 1))
        return " ".join(words)


def row(name, title, command, first=None, goal=None, cpu=CPU, smoke="", plain="", **more):
    targets = {} if first is None else {"rate": Target(first, goal)}
    if cpu:
        targets["cpu_us"] = cpu
    return Row(name, title, command, {**targets, **more}, smoke, plain)


# At most 1.2 of a ping-pong over plain blocking sockets; one wake-up a direction, and starting up.
NEAR_PLAIN = Target(None, 1.2, at_most=True)
ONE_WAKE_UP = Target(1.1, 1.0, at_most=True)
NONE_REFUSED = Target(0, 0, at_most=True)

# Counts make a run of libzmq's last about a second, which is long against start-up.
SECTIONS = {
    "One to one": [
        row("inproc_1", "inproc 1 B", "throughput inproc 1 6000000"),
        row("inproc_16", "inproc 16 B", "throughput inproc 16 6000000", 1.5, 3),
        row("inproc_64", "inproc 64 B", "throughput inproc 64 6000000", 1.5, 3),
        row("inproc_1024", "inproc 1 KiB", "throughput inproc 1024 2000000"),
        row("inproc_65536", "inproc 64 KiB", "throughput inproc 65536 100000"),
        row("tcp_1", "tcp 1 B", "throughput tcp 1 5000000"),
        row("tcp_16", "tcp 16 B", "throughput tcp 16 5000000", 1.5, 4),
        row("tcp_64", "tcp 64 B", "throughput tcp 64 5000000", 1.5, 4),
        row("tcp_256", "tcp 256 B", "throughput tcp 256 1500000", 1.5, 4),
        row("tcp_1024", "tcp 1 KiB", "throughput tcp 1024 600000", 1.3, 3),
        row("tcp_65536", "tcp 64 KiB", "throughput tcp 65536 20000", 1.0, 1.3),
        row("tcp_1048576", "tcp 1 MiB", "throughput tcp 1048576 2500", 1.0, 1.3),
        row("ipc_64", "ipc 64 B", "throughput ipc 64 5000000", 1.5, 4),
        row("ipc_1024", "ipc 1 KiB", "throughput ipc 1024 600000"),
        row("ipc_65536", "ipc 64 KiB", "throughput ipc 65536 25000", 1.1, 2),
        row("ipc_1048576", "ipc 1 MiB", "throughput ipc 1048576 2500"),
        row("proxy_tcp", "proxy, tcp 64 B", "proxy tcp 64 1500000"),
        row("proxy_inproc", "proxy, inproc 64 B", "proxy inproc 64 3000000"),
    ],
    "Round trips": [
        row("inproc_latency", "REQ and REP, inproc 1 B", "latency inproc 1 100000", 1.3, 1.5),
        row("tcp_latency", "REQ and REP, tcp 1 B", "latency tcp 1 25000", 1.5, 2.2, plain="plain_pingpong tcp 1 25000",
            of_plain=NEAR_PLAIN, sleeps=ONE_WAKE_UP),
        row("ipc_latency", "REQ and REP, ipc 1 B", "latency ipc 1 25000", 1.5, 2.2, plain="plain_pingpong ipc 1 25000",
            of_plain=NEAR_PLAIN, sleeps=ONE_WAKE_UP),
    ],
    "One to many": [
        row("fan_out_16", "PUB to 16 SUB, 100 B", "fan_out tcp 16 100 200000", 1.3, 4),
        row("fan_out_128", "PUB to 128 SUB, 100 B", "fan_out tcp 128 100 25000", 1.3, 4, smoke="fan_out tcp 32 100 50"),
        row("fan_in_16", "16 PUSH to PULL, 100 B", "fan_in tcp 16 100 200000"),
        row("router_16", "ROUTER with 16 DEALER", "router tcp 16 100 3000", 1.3, 3),
        row("router_256", "ROUTER with 256 DEALER", "router tcp 256 100 200", 1.3, 3, smoke="router tcp 32 100 5"),
        row("subscriptions_100k", "100 k subscriptions", "subscriptions 100000 400000", 1.5, 4,
            smoke="subscriptions 1000 1000", subscribe_per_s=Target(1.5, 4), bytes_each=Target(3, 8)),
        row("subscriptions_1m", "1 M subscriptions", "subscriptions 1000000 400000", 1.5, 4,
            smoke="subscriptions 1000 1000", subscribe_per_s=Target(1.5, 4), bytes_each=Target(3, 8)),
    ],
    "CURVE": [
        row("curve_64", "CURVE, tcp 64 B", "curve tcp 64 500000", 1.3, 3),
        row("curve_1024", "CURVE, tcp 1 KiB", "curve tcp 1024 200000", 1.3, 3),
        row("curve_65536", "CURVE, tcp 64 KiB", "curve tcp 65536 8000", 1.3, 2),
    ],
    "Connections and sockets": [
        row("idle", "10 000 idle tcp connections", "idle 10000", 1.0, 2, cpu=None, smoke="idle 100",
            bytes_each=Target(3, 8)),
        row("requests_tcp", "connect, request, reply, close", "requests tcp 4000", 1.0, 1.5),
        row("requests_inproc", "connect, request, reply, close, inproc", "requests inproc 20000"),
        row("sockets", "socket, close", "sockets 40000", 1.5, 5, cpu=None),
        row("sockets_limited", "5000 sockets under 1024 descriptors", "sockets_limited 5000", 1.5, 5, cpu=None,
            smoke="sockets_limited 300", refused=NONE_REFUSED),
    ],
    "Memory": [
        row("burst_64", "a burst of 64 B", "burst 64 1000000", cpu=None, smoke="burst 1024 200"),
        row("burst_1024", "a burst of 1 KiB", "burst 1024 200000", cpu=None, smoke="burst 1024 200"),
        row("burst_65536", "a burst of 64 KiB", "burst 65536 3000", cpu=None, smoke="burst 1024 200"),
        row("burst_1048576", "a burst of 1 MiB", "burst 1048576 200", cpu=None, smoke="burst 1024 200"),
        row("bounded_100", "at a high-water mark of 1000, 100 B", "bounded 100 1000", cpu=None, smoke="bounded 100 10"),
        row("bounded_4194304", "at a high-water mark of 4, 4 MiB", "bounded 4194304 4", cpu=None, smoke="bounded 100 10"),
    ],
}
ROWS = {one.name: one for rows in SECTIONS.values() for one in rows}

# Measured without any library, as the bounds of the rows above; once per run.
LIMITS = {one.name: one for one in (
    row("plain_pingpong_tcp", "ping-pong over blocking TCP sockets, 1 B", "plain_pingpong tcp 1 50000"),
    row("plain_pingpong_ipc", "ping-pong over blocking Unix sockets, 1 B", "plain_pingpong ipc 1 50000"),
    row("plain_stream", "one TCP stream in writes of 64 KiB", "plain_stream 65536 100000"),
    row("memcpy", "memcpy of 1 MiB", "memcpy 1048576 20000"),
)}

# Programs of scripts/bench-growth that no row runs.
SMOKE_TOO = [f"backlog {transport} 64 10 200" for transport in ("inproc", "tcp")] + [
    f"slow {kind} 500" for kind in ("none", "stopped", "slow", "pings", "garbage")]

# Figures of which more is better; of every other, less.
MORE = {"rate", "mb_per_s", "subscribe_per_s", "taken"}
# In the results, not in tables: what another figure says already.
UNLISTED = {"unit", "n", "mb_per_s", "mean_us", "peak_mb", "resident_mb"}
# Not compared: counts whose ratio says nothing.
UNCOMPARED = {"of_plain", "sleeps", "refused", "taken"}
# Not listed, row by row's beginning: how fast memory fills is measured elsewhere.
UNLISTED_IN = {"burst": {"rate", "cpu_us"}, "bounded": {"rate", "cpu_us"}}
NAMES = {
    "cpu_us": "CPU, µs each", "p50_us": "p50, µs", "p99_us": "p99, µs", "p999_us": "p99.9, µs",
    "of_plain": "times a plain ping-pong", "sleeps": "wake-ups a direction", "bytes_each": "bytes each",
    "subscribe_per_s": "subscribe/s", "refused": "refused", "kept_mb": "MB kept after it", "taken": "messages taken",
    "rate": "rate",
}


def chosen(patterns):
    """The rows whose names these are or begin with, and those made of a program's name and arguments; none: all."""
    everything = {**ROWS, **LIMITS}
    if not patterns:
        return everything
    rows = {}
    for pattern in patterns:
        if ":" in pattern:
            rows[pattern] = Row(pattern, pattern, pattern.replace(":", " "))
            continue
        exact = [name for name in everything if name == pattern]
        found = exact or [name for name in everything if name.startswith(pattern)]
        if not found:
            fail(f"no row '{pattern}': --list has them")
        rows.update((name, everything[name]) for name in found)
    return rows


def listed(row_name, figure):
    if figure in UNLISTED:
        return False
    return not any(row_name.startswith(start) and figure in figures for start, figures in UNLISTED_IN.items())
