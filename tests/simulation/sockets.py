"""The simulated sockets, as the server uses them, of a system that has no room at times."""

import errno
import os
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from socket import MSG_MORE, MSG_PEEK
from typing import Protocol

from tests.simulation.network import Link
from tests.simulation.timeline import Timeline, violated
from ttt_net.connection import READ_FIRST

NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS)
HELD_BACK = 0.2
"""How long Linux holds back what more is to follow, in seconds, if nothing does (tcp(7))."""

FIRST_DESCRIPTOR = 1_000_000
"""Beyond those of the machine that the simulation runs on."""


class Heat(Protocol):
    """Whoever has to know that a socket may have become ready."""

    def heat(self, sock: "Socket | Listener") -> None: ...


class Socket:
    """The server's end of a connection, as the server uses a socket."""

    def __init__(self, link: Link, on_close: Callable[[int], None]) -> None:
        self.fd = -1
        self.heater: Heat | None = None
        """The selector, from the moment on that it is accepted."""
        self.spins = 0
        self._shown = 0
        """How much of the inbox was looked at, and is there to be read at once."""
        self.unread = 0
        """How much was sent that the client has not read."""
        self.inbox = b""
        self._peeked = False
        self._first = b""
        """What has been read and not heard, since more of it is read at once."""
        self.held = b""
        """What waits for more to come, to travel with it."""
        self.error = 0
        """What the next call is going to say."""
        self.eof = self.dead = self.shut = False
        self._on_close = on_close
        self.link = link
        link.far = self

    # What the server calls.

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Take what has come, or look at it; now and then less than there is.

        Of as much as is read first, more is read at once: it is heard as one piece.
        """
        self._use()
        link = self.link
        first, self._first = self._first, b""
        if self.error:
            self._fail(sending=False)
        if not self.inbox and not self.eof and not self.dead:
            if first:
                link.watch.heard(link, first)
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        # What has been looked at is read as a header, which may be of any length.
        is_first = size == READ_FIRST and not first and not self._peeked
        self._peeked = flags == MSG_PEEK
        if len(self.inbox) > 1 and link.rng.random() < 0.05:
            size = min(size, max(self._shown, link.rng.randrange(1, len(self.inbox))))
        if flags == MSG_PEEK:
            data = self.inbox[:size]
            self._shown = len(data)
            link.timeline.note(link.name, "? >", data[:40])
            link.watch.peeked(link, data)
            return data
        data, self.inbox = self.inbox[:size], self.inbox[size:]
        self._shown = max(0, self._shown - len(data))
        link.timeline.note(link.name, ">", data[:40])
        if is_first and len(data) == READ_FIRST:
            self._first = data
        else:
            link.watch.heard(link, first + data)
        return data

    def send(self, data: bytes, flags: int = 0) -> int:
        """Take as much of `data` as there is room for; hold it back if more is to come."""
        self._use()
        link = self.link
        if self.error:
            self._fail(sending=True)
        if self.shut:
            violated(f"{link.name}: {data!r} is sent after the end of the stream")
        if self.dead:
            link.watch.lost(link, sending=True)
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        taken = max(0, min(link.quality.window - self.unread, len(data)))
        link.timeline.note(link.name, "<", data if taken == len(data) else (data, taken))
        link.watch.said(link, data, taken)
        if not taken:
            link.timeline.faults["no room to send"] += 1
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        self.unread += taken
        self.held += data[:taken]
        if flags & MSG_MORE:
            link.timeline.plan(link.timeline.now + HELD_BACK, self._let_go)
        else:
            self._let_go()
        return taken

    def shutdown(self, how: int) -> None:
        """End our side."""
        self._use()
        link = self.link
        if self.error or self.dead:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        if not self.shut:
            self.shut = True
            self._let_go()
            link.timeline.note(link.name, "< end")
            link.watch.ended(link)
            link.carry_down(link.arrive_end)

    def close(self) -> None:
        """Close: with anything unread, that is a reset."""
        if self.fd == -1:
            return
        link = self.link
        fd, self.fd = self.fd, -1
        link.timeline.note(link.name, "is closed by the server")
        link.watch.closed(link)
        self._let_go()
        if not self.error and not self.dead:
            if self.inbox:
                link.carry_down(link.arrive_reset)
            elif not self.shut:
                link.carry_down(link.arrive_end)
        self._on_close(fd)

    def fileno(self) -> int:
        """Return the descriptor, -1 once it is closed."""
        return self.fd

    def settimeout(self, timeout: float | None) -> None:
        """Refuse to block."""
        assert timeout == 0

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - as a socket has it
        """Refuse to block."""
        assert not flag

    def setsockopt(self, *what: object) -> None:
        """Take an option for granted."""

    def _let_go(self) -> None:
        """Send on what has been held back."""
        held, self.held = self.held, b""
        if held:
            self.link.deliver(held)

    # What the network does.

    @property
    def readable(self) -> bool:
        """Whether `recv` has something to say."""
        return bool(self.inbox) or self.eof or self.dead or bool(self.error)

    @property
    def writable(self) -> bool:
        """Whether `send` has something to say."""
        room = self.link.quality.window - self.unread
        return room > 0 or self.shut or self.dead or bool(self.error)

    def heat(self) -> None:
        """Tell the selector, if there is one."""
        if self.heater is not None and self.fd != -1:
            self.heater.heat(self)

    def arrive(self, data: bytes) -> None:
        """Let `data` have come, or the end of the client's side."""
        if self.fd == -1 and self.heater is not None:
            self.link.carry_down(self.link.arrive_reset)  # nobody is there any more
        elif not self.dead and not self.error:
            self.inbox += data
            self.eof |= not data
            self.heat()

    def break_down(self, number: int) -> None:
        """Let the connection be over with the error `number`."""
        if not self.dead and not self.error:
            self.link.timeline.faults[errno.errorcode[number]] += 1
            self.error = number
            self.inbox = b""
            self.heat()

    def _fail(self, *, sending: bool) -> None:
        number, self.error = self.error, 0
        self.dead = True
        self.link.timeline.note(self.link.name, "fails", errno.errorcode[number])
        self.link.watch.lost(self.link, sending=sending)
        raise OSError(number, os.strerror(number))

    def _use(self) -> None:
        self.spins = 0
        if self.fd == -1:
            violated(f"{self.link.name}: a closed socket is used")


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
        self._queue: deque[Socket] = deque()
        self._free: list[int] = []
        self._spare = 0
        """How many sockets have been closed since there was no room."""
        self._descriptors = count(FIRST_DESCRIPTOR + 1)

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
            raise ConnectionAbortedError(errno.ECONNABORTED, os.strerror(errno.ECONNABORTED))
        self._spare = max(0, self._spare - 1)
        # A descriptor is given again as soon as it is free, the lowest first.
        sock.fd = heappop(self._free) if self._free else next(self._descriptors)
        self.open[sock.fd] = sock
        link.watch.accepted(link)
        return sock, link.address

    def close(self) -> None:
        """Turn away those who have not been accepted, and whoever comes."""
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
    def readable(self) -> bool:
        """Whether `accept` has something to say."""
        return bool(self._queue)

    writable = False

    def connect(self, link: Link) -> bool:
        """Let a client connect; False if nobody listens any more."""
        if self.fd == -1:
            return False
        self._queue.append(Socket(link, self._release))
        self._heater.heat(self)
        return True

    def _release(self, fd: int) -> None:
        del self.open[fd]
        self._spare += bool(self.no_room)
        heappush(self._free, fd)
