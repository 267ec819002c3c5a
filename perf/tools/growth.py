"""Behaviour as the work grows: what is plotted, and what would be a cliff."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Growth:
    name: str
    title: str
    x_name: str
    command: str  # {x} and {count} are filled in
    points: dict  # x: count
    # What a point may not cost: `each` work of a point (its count, its bytes ...), as a power of x. 0: each unit of the
    # rate costs the same whatever x; 1: in proportion to x.
    power: float = 0
    # Times that a unit may cost more than that, against the cheapest point before it: caches are left on the way.
    slack: float = 3
    figure: str = "rate"
    smoke: str = ""
    environment: str = ""  # set to x
    against: str = ""  # the point that the others are held to, where x is a text


def counts(points, work, most, least):
    """As much work at each point, within bounds."""
    return {x: max(least, min(most, work // max(x, 1))) for x in points}


PEERS = [1, 4, 16, 64, 256, 1024, 4096]
# So that the messages count, not the memory that each peer touches for the first time: all of a high-water mark, and more.
EACH = 1500
SIZES = [4 ** i for i in range(11)]
GROWTHS = [
    # A message costs something, and each of its bytes: never more than in proportion.
    Growth("size_tcp", "Messages a second against size, tcp", "bytes", "throughput tcp {x} {count}",
           counts(SIZES, 1_000_000_000, 2_000_000, 1500), power=1),
    Growth("size_inproc", "Messages a second against size, inproc", "bytes", "throughput inproc {x} {count}",
           counts(SIZES, 2_000_000_000, 3_000_000, 3000), power=1),
    Growth("peers_fan_out", "Deliveries a second against subscribers, 100 B", "SUB", "fan_out tcp {x} 100 {count}",
           counts(PEERS, 1_500_000, 1_500_000, EACH)),
    Growth("peers_fan_in", "Messages a second against senders, 100 B", "PUSH", "fan_in tcp {x} 100 {count}",
           counts(PEERS, 1_500_000, 1_500_000, EACH)),
    Growth("peers_router", "Requests a second against clients of a ROUTER", "DEALER", "router tcp {x} 100 {count}",
           counts(PEERS, 100_000, 30_000, 10)),
    Growth("peers_leaving", "Connected sockets closed a second", "sockets", "leaving tcp {x}",
           dict.fromkeys([64, 256, 1024, 4096], 1)),
    # A search takes steps, each of them out of a cache until the index is too large for that.
    Growth("subscriptions", "Publications a second against subscriptions", "subscriptions", "subscriptions {x} {count}",
           dict.fromkeys([1, 10, 100, 1000, 10_000, 100_000, 1_000_000], 300_000), slack=20),
    Growth("subscribing", "Subscriptions a second", "subscriptions", "subscriptions {x} {count}",
           dict.fromkeys([1000, 10_000, 100_000, 1_000_000], 1000), figure="subscribe_per_s"),
    Growth("io_threads", "Deliveries a second against I/O threads, 64 subscribers", "ZMQ_IO_THREADS",
           "fan_out tcp 64 100 {count}", dict.fromkeys([1, 2, 3, 4], 25_000), slack=2, environment="BENCH_IO_THREADS"),
    Growth("backlog_inproc", "Messages a second while others wait, inproc 64 B", "waiting",
           "backlog inproc 64 {x} {count}", dict.fromkeys([0, 10, 100, 1000, 10_000, 100_000, 1_000_000], 2_000_000)),
    Growth("backlog_tcp", "Messages a second while others wait, tcp 64 B", "waiting",
           "backlog tcp 64 {x} {count}", dict.fromkeys([0, 10, 100, 1000, 10_000, 100_000, 1_000_000], 1_000_000)),
    Growth("one_of_sixteen", "Deliveries a second to fifteen, and one that ...", "", "slow {x} {count}",
           dict.fromkeys(["none", "stopped", "slow", "pings", "garbage"], 100_000), against="none", slack=2),
]
X_TEXTS = {"none": "is not there", "stopped": "stopped", "slow": "is slow", "pings": "floods PINGs",
           "garbage": "greets wrongly"}


def cliffs(growth, rates):
    """Where a unit of work costs more than it may: (x, times). `rates` are x: units a second, in order."""
    found, allowed = [], None
    if growth.against:
        base = rates.get(growth.against)
        return [(x, base / rate) for x, rate in rates.items() if base and base / rate > growth.slack]
    for x, rate in rates.items():
        # What each unit cost, over what x by itself may make of it.
        cost = 1 / rate / max(x, 1) ** growth.power
        if allowed and cost > allowed * growth.slack:
            found.append((x, cost / allowed))
        allowed = min(allowed or cost, cost)
    return found
