"""Sends one command to ffmpeg's azmq filter and expects its success.

usage: ffmpeg_filter.py ENDPOINT
"""

import sys

import zmq

context = zmq.Context()
with context.socket(zmq.REQ) as client:
    client.linger = 0
    client.rcvtimeo = 15_000
    client.connect(sys.argv[1])
    client.send(b"Parsed_volume_1 volume 0.5")
    reply = client.recv()
    if reply != b"0 Success":
        sys.exit(f"ffmpeg answers {reply}")
