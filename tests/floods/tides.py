"""The floods: each a process of its own, so that what is measured beside it waits for no other."""

import contextlib
import multiprocessing
import random
import socket
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

_FORK = multiprocessing.get_context("fork")


class Tide:
    """A flood that runs; it says how far it is, and does the next thing when it is told to."""

    def __init__(self, flood: Callable[..., None], *arguments: Any) -> None:
        self._ours, theirs = _FORK.Pipe()
        self._process = _FORK.Process(target=flood, args=(theirs, *arguments), daemon=True)
        self._process.start()

    def hear(self) -> Any:
        """Wait for the next thing it says."""
        if not self._ours.poll(120):
            msg = "a flood got stuck"
            raise TimeoutError(msg)
        return self._ours.recv()

    def go_on(self) -> None:
        self._ours.send(None)

    def end(self) -> None:
        self._process.join(30)
        if self._process.exitcode is None:
            self._process.kill()


@contextlib.contextmanager
def flooding(flood: Callable[..., None], *arguments: Any) -> Iterator[Tide]:
    tide = Tide(flood, *arguments)
    try:
        yield tide
    finally:
        tide.end()


def held(to: Connection, port: int, count: int) -> None:
    """Connect `count` times at once, say how many were taken, and drop them all when told to."""
    sockets = []
    refused = 0
    began = time.monotonic()
    for _ in range(count):
        try:
            sockets.append(socket.create_connection(("127.0.0.1", port), timeout=30))
        except OSError:
            refused += 1
    to.send((len(sockets), refused, time.monotonic() - began))
    to.recv()
    for sock in sockets:
        sock.close()
    to.send(None)


def garbage(to: Connection, port: int, each_second: int, seconds: float) -> None:
    """Connect so many times a second, each time with a kilobyte of garbage."""
    rng = random.Random(1)
    began = time.monotonic()
    count = 0
    while count < each_second * seconds:
        with contextlib.suppress(OSError):
            sock = socket.create_connection(("127.0.0.1", port), timeout=30)
            sock.sendall(b"\xff" + rng.randbytes(1023))
            # Some go at once, and some stay for a while to read what they are told.
            if count % 2:
                sock.settimeout(0.2)
                with contextlib.suppress(OSError):
                    sock.recv(1024)
            sock.close()
        count += 1
        time.sleep(max(0.0, began + count / each_second - time.monotonic()))
    to.send((count, time.monotonic() - began))


def one_hostile(to: Connection, port: int, megabytes: int) -> None:
    """Send so much without ever reading, with a tiny buffer to receive in."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        sock.settimeout(30)
        sock.connect(("127.0.0.1", port))
        with contextlib.suppress(OSError):
            for _ in range(megabytes):
                sock.sendall(b"ez" * 2**19)
        to.send(None)
        to.recv()
