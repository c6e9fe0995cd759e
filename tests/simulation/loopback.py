"""A client's end of a real connection: the same to a program as a simulated one."""

import contextlib
import socket
import struct
from selectors import EVENT_READ, BaseSelector

from tests.simulation.timeline import Timeline

PATIENCE = 30.0
"""Seconds after which a connection that is not there is not going to be."""

_AT_ONCE = struct.pack("ii", 1, 0)


def _not_heard() -> None:
    """Stand for a client that does not run yet."""


class Loopback:
    """A socket that does not block."""

    def __init__(self, name: str, port: int, timeline: Timeline, selector: BaseSelector) -> None:
        """Connect to `port`. Raises OSError if nobody is there."""
        self.name = name
        self.timeline = timeline
        self.inbox = b""
        self.eof = self.reset = self.black = False
        """The last: whether nothing that comes is noticed, and nothing is sent."""
        self.on_arrival = _not_heard
        self._selector = selector
        self._sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._sock.settimeout(0)
        selector.register(self._sock, EVENT_READ, self)

    def ready(self) -> None:
        """Take in what has come."""
        try:
            data = self._sock.recv(1 << 16)
        except ConnectionError:
            self.reset = True
            data = b""
        self.inbox += data
        self.eof |= not data
        if not data:
            self._selector.unregister(self._sock)
        if not self.black:
            self.on_arrival()

    def read(self, size: int) -> bytes:
        """Take what has come."""
        data, self.inbox = self.inbox[:size], self.inbox[size:]
        return data

    def send(self, data: bytes) -> None:
        """Send what there is room for: all but a flood."""
        if not self.black:
            # That it is over is heard of by the next read.
            with contextlib.suppress(OSError):
                self._sock.send(data)

    def half_close(self) -> None:
        """End our side and read on."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close: with anything unread, that is a reset."""
        if self._sock.fileno() == -1:
            return
        if self.inbox:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        if not self.eof:
            self._selector.unregister(self._sock)
        self._sock.close()

    def abort(self) -> None:
        """Reset the connection."""
        if self._sock.fileno() != -1:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.close()

    def swallow(self) -> None:
        """Be deaf and dumb from now on."""
        self.black = True
