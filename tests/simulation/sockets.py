"""The simulated sockets, as the server uses them."""

import errno
import os
from collections.abc import Callable
from select import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP
from socket import MSG_MORE, MSG_PEEK
from typing import Protocol

from tests.simulation.network import Link
from tests.simulation.timeline import violated
from ttt_net.connection import READ_FIRST

HELD_BACK = 0.2
"""How long Linux holds back what more is to follow, in seconds, if nothing does (tcp(7))."""


class Heat(Protocol):
    """Whoever has to know that something may have become ready."""

    def heat(self, fd: int) -> None: ...


class Socket:
    """The server's end of a connection, as the server uses a socket."""

    def __init__(self, link: Link, on_close: Callable[[int], None]) -> None:
        self.fd = -1
        self.heater: Heat | None = None
        """Whoever tells the server, from the moment on that it is accepted."""
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
    def events(self) -> int:
        """What epoll has to tell of it (epoll_ctl(2)), as Linux does of TCP."""
        gone = self.dead or bool(self.error)
        ended = self.eof or gone
        room = self.link.quality.window > self.unread
        return (
            (EPOLLIN if self.inbox or ended else 0)
            | (EPOLLOUT if room or self.shut or gone else 0)
            | (EPOLLERR if self.error else 0)
            | (EPOLLHUP if gone or (self.eof and self.shut) else 0)
            | (EPOLLRDHUP if ended else 0)
        )

    @property
    def _is_closed(self) -> bool:
        return self.fd == -1 and self.heater is not None

    def heat(self) -> None:
        """Tell whoever has to know, if there is somebody."""
        if self.heater is not None and self.fd != -1:
            self.heater.heat(self.fd)

    def arrive(self, data: bytes) -> None:
        """Let `data` have come, or the end of the client's side."""
        if self._is_closed:
            self.link.carry_down(self.link.arrive_reset)  # nobody is there any more
        elif not self.dead and not self.error:
            self.inbox += data
            self.eof |= not data
            self.heat()

    def break_down(self, number: int) -> None:
        """Let the connection be over with the error `number`."""
        if not self.dead and not self.error and not self._is_closed:
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
