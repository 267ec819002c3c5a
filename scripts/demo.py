"""Part of `make demo`: Debian's python3-zmq, which was built for libzmq, on our library.

usage: LD_LIBRARY_PATH=... demo.py LIBRARY

Prints which libzmq this process has mapped, fails unless it is LIBRARY, and
prints the messages that went over.
"""

import os
import sys
import threading

import zmq


def mapped_libzmq():
    """The real paths of every libzmq that is mapped into this process."""
    with open("/proc/self/maps") as maps:
        paths = {line.split(maxsplit=5)[5].strip() for line in maps if "libzmq" in line}
    return {os.path.realpath(path) for path in paths if path.startswith("/")}


def answer(context, endpoint, count):
    with context.socket(zmq.REP) as server:
        server.bind(endpoint)
        for _ in range(count):
            parts = server.recv_multipart()
            server.send_multipart([b"echo"] + parts)


def requests(context, endpoint):
    questions = [[b"hello"], [b"two", b"parts"], [b"x" * 100_000]]
    server = threading.Thread(target=answer, args=(context, endpoint, len(questions)), daemon=True)
    server.start()
    with context.socket(zmq.REQ) as client:
        client.linger = 0
        client.rcvtimeo = 10_000
        client.connect(endpoint)
        for question in questions:
            client.send_multipart(question)
            reply = client.recv_multipart()
            shown = [part if len(part) < 20 else b"%d bytes" % len(part) for part in reply]
            print(f"  {endpoint.split(':')[0]}: {shown}")
            assert reply == [b"echo"] + question
    server.join()


def topics(context):
    with context.socket(zmq.XPUB) as publisher, context.socket(zmq.SUB) as subscriber:
        publisher.rcvtimeo = subscriber.rcvtimeo = 10_000
        port = publisher.bind_to_random_port("tcp://127.0.0.1")
        subscriber.subscribe(b"weather")
        subscriber.connect(f"tcp://127.0.0.1:{port}")
        print(f"  publisher sees the subscription {publisher.recv()}")
        publisher.send_multipart([b"sports", b"nobody wants this"])
        publisher.send_multipart([b"weather", b"sunny"])
        report = subscriber.recv_multipart()
        print(f"  subscriber: {report}")
        assert report == [b"weather", b"sunny"]


def main():
    expected = os.path.realpath(sys.argv[1])
    mapped = mapped_libzmq()
    print(f"  python {sys.version.split()[0]}, pyzmq {zmq.pyzmq_version()}, libzmq {zmq.zmq_version()}")
    print(f"  mapped: {', '.join(sorted(mapped))}")
    if mapped != {expected}:
        sys.exit(f"not (only) the library built here, {expected}")
    context = zmq.Context()
    requests(context, "tcp://127.0.0.1:%d" % (20000 + os.getpid() % 12000))
    requests(context, "inproc://demo")
    topics(context)
    context.term()


main()
