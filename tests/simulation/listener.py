"""The simulated listening socket, of a system that has no room at times."""

import errno
import os
from collections import deque
from select import EPOLLIN

from tests.simulation.descriptors import Descriptors
from tests.simulation.network import Link
from tests.simulation.sockets import Heat, Socket
from tests.simulation.timeline import Timeline

NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS)


class Listener:
    """A listening socket, as the server uses it."""

    def __init__(self, timeline: Timeline, descriptors: Descriptors, heater: Heat) -> None:
        self.fd = descriptors.open(self)
        self.spins = 0
        self.no_room = 0
        """What accepting fails with; 0 while there is room."""
        self._timeline = timeline
        self._descriptors = descriptors
        self._heater = heater
        self._queue: deque[Socket] = deque()
        self._spare = 0
        """How many sockets have been closed since there was no room."""

    # What the server calls.

    def accept(self) -> tuple[Socket, tuple[str | int, ...]]:
        """Take the next one who has connected."""
        self.spins = 0
        if self.no_room and not self._spare:
            self._timeline.faults[errno.errorcode[self.no_room]] += 1
            self._timeline.refused_at = self._timeline.now
            raise OSError(self.no_room, os.strerror(self.no_room))
        if not self._queue:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        sock = self._queue.popleft()
        link = sock.link
        sock.heater = self._heater
        if sock.error and link.rng.random() < 0.5:
            self._timeline.faults["ECONNABORTED"] += 1
            self._timeline.refused_at = self._timeline.now
            raise ConnectionAbortedError(errno.ECONNABORTED, os.strerror(errno.ECONNABORTED))
        self._spare = max(0, self._spare - 1)
        sock.fd = self._descriptors.open(sock)
        link.watch.accepted(link)
        return sock, link.address

    def close(self) -> None:
        """Turn away those who have not been accepted, and whoever comes."""
        self._descriptors.close(self.fd)
        self.fd = -1
        for sock in self._queue:
            sock.link.carry_down(sock.link.arrive_reset)

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
    def events(self) -> int:
        """What epoll has to tell of it."""
        return EPOLLIN if self._queue else 0

    def connect(self, link: Link) -> bool:
        """Let a client connect; False if nobody listens any more."""
        if self.fd == -1:
            return False
        self._queue.append(Socket(link, self._release))
        self._heater.heat(self.fd)
        return True

    def _release(self, fd: int) -> None:
        self._descriptors.close(fd)
        self._spare += bool(self.no_room)
