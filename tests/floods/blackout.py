"""A mover whose machine loses its power: a network of its own, whose cable is pulled."""

import ctypes
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.floods.measures import Figure
from tests.system.visitors import Visitor, Visitors

_HERE, _THERE = "198.18.0.1", "198.18.0.2"
_PROMISE = "a mover whose machine loses its power is found out within 35 s"


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@contextmanager
def far_away() -> Iterator[str]:
    """Make a network of its own, joined to this one by a cable; give its name."""
    name = f"ttt{os.getpid()}"
    try:
        _ip("netns", "add", name)
        _ip("link", "add", f"{name}a", "type", "veth", "peer", "name", "far", "netns", name)
        _ip("addr", "add", f"{_HERE}/30", "dev", f"{name}a")
        _ip("link", "set", f"{name}a", "up")
        _ip("-n", name, "addr", "add", f"{_THERE}/30", "dev", "far")
        _ip("-n", name, "link", "set", "far", "up")
        yield name
    finally:
        # The cable first: what is unsent there would keep it, and its address, for minutes.
        for thing in (("link", "delete", f"{name}a"), ("netns", "delete", name)):
            subprocess.run(["ip", *thing], check=False, capture_output=True)


def _enter(network: int) -> None:
    """Let this thread make its sockets in the network of that descriptor from now on."""
    if ctypes.CDLL(None, use_errno=True).setns(network, 0):
        raise OSError(ctypes.get_errno(), "setns")


class FarVisitor(Visitor):
    """A visitor whose socket belongs to the far network."""

    def __init__(self, network: str, port: int) -> None:
        here, there = Path("/proc/thread-self/ns/net"), Path("/run/netns", network)
        with here.open() as ours, there.open() as theirs:
            _enter(theirs.fileno())
            try:
                sock = socket.socket()
            finally:
                _enter(ours.fileno())
        sock.settimeout(30)
        sock.connect((_HERE, port))
        self.sock = sock
        self._echoes = 0
        self.number = int(sock.recv(128)[1:])


def blackout(port: int) -> list[Figure]:
    """Pull the cable of the player to move, and see when its opponent knows."""
    if os.geteuid() or not shutil.which("ip"):
        return [Figure(_PROMISE, "NOT MEASURED: needs root and `ip`", kept=True)]
    visitors = Visitors()
    with far_away() as network:
        o = visitors.confirmed(port)
        x = FarVisitor(network, port)
        x.say(b"c1")
        for visitor, mark, other in ((o, b"RO", x), (x, b"RX", o)):
            visitor.hear(mark)
            visitor.say(b"c2")
            visitor.hear(b"I%d" % other.number)
            visitor.say(b"c3")
        x.hear(b"B         CY")
        o.hear(b"B         CN")
        _ip("-n", network, "link", "set", "far", "down")
        began = time.monotonic()
        o.sock.settimeout(60)
        o.hear(b"QYour opponent has left the game. You win.")
        took = time.monotonic() - began
        x.sock.close()
    visitors.leave()
    return [Figure(_PROMISE, f"{took:.1f} s", took < 35)]
