"""The simulated door: a listening socket, its queue, and a system that has no room at times."""

import errno
import os
from collections import deque
from heapq import heappop, heappush
from itertools import count

from tests.simulation.network import Heat, Link, Socket
from tests.simulation.timeline import Timeline

NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS)
FIRST_DESCRIPTOR = 1_000_000
"""Beyond those of the machine that the simulation runs on."""


class Listener:
    """A listening socket, as the server uses it."""

    def __init__(self, timeline: Timeline, heater: Heat) -> None:
        self.fd = FIRST_DESCRIPTOR
        self.spins = 0
        self.no_room = 0
        """What accepting fails with; 0 while there is room."""
        self.open: dict[int, Socket] = {}
        """The sockets that the server has not closed, by descriptor."""
        self._timeline = timeline
        self._heater = heater
        self._queue: deque[Link] = deque()
        self._free: list[int] = []
        self._descriptors = count(FIRST_DESCRIPTOR + 1)

    # What the server calls.

    def accept(self) -> tuple[Socket, tuple[str, int]]:
        """Take the next one who has connected."""
        self.spins = 0
        if self.no_room:
            self._timeline.faults[errno.errorcode[self.no_room]] += 1
            raise OSError(self.no_room, os.strerror(self.no_room))
        if not self._queue:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        link = self._queue.popleft()
        sock = link.socket
        sock.heater = self._heater
        if sock.error and link.rng.random() < 0.5:
            self._timeline.faults["ECONNABORTED"] += 1
            raise ConnectionAbortedError(errno.ECONNABORTED, os.strerror(errno.ECONNABORTED))
        # A descriptor is given again as soon as it is free, the lowest first.
        sock.fd = heappop(self._free) if self._free else next(self._descriptors)
        sock.on_close = self._release
        self.open[sock.fd] = sock
        link.watch.accepted(link)
        return sock, ("192.0.2.1", int(link.name[1:]))

    def close(self) -> None:
        """Turn away those who have not been accepted, and whoever comes."""
        self.fd = -1
        for link in self._queue:
            link.carry_down(link.arrive_reset)

    def fileno(self) -> int:
        """Return the descriptor, -1 once it is closed."""
        return self.fd

    def getsockname(self) -> tuple[str, int]:
        """Return the address."""
        return ("192.0.2.1", 8080)

    def settimeout(self, timeout: float | None) -> None:
        """Refuse to block."""
        assert timeout == 0

    def setsockopt(self, *what: object) -> None:
        """Take an option for granted."""

    # What the network does.

    @property
    def readable(self) -> bool:
        """Whether `accept` has something to say."""
        return bool(self._queue)

    writable = False

    def connect(self, link: Link) -> bool:
        """Let a client connect; False if nobody listens any more."""
        if self.fd == -1:
            return False
        self._queue.append(link)
        self._heater.heat(self)
        return True

    def _release(self, fd: int) -> None:
        del self.open[fd]
        heappush(self._free, fd)
