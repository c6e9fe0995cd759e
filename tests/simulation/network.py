"""The simulated network: connections that keep TCP's order and nothing else.

What is sent arrives late, in pieces or together with what was sent after it, or never. A
reset destroys what the other end has not read, and an end that is closed with something
unread resets: as TCP has it. The server meets it as sockets that do not block.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol

from tests.simulation.timeline import Timeline, Violation

PIECES = 4
"""In how many pieces one sending may arrive."""

UNNOTICED = 30.0
"""Seconds after which the system of the server finds out about a connection that is silent."""

SPINS = 20
"""How often a socket may be said to be ready without anything being done about it."""


class Watch(Protocol):
    """Whoever sees what the server does with a socket, and when."""

    def accepted(self, link: "Link") -> None: ...
    def heard(self, link: "Link", data: bytes) -> None: ...
    def lost(self, link: "Link", *, sending: bool) -> None: ...
    def said(self, link: "Link", data: bytes, taken: int) -> None: ...
    def ended(self, link: "Link") -> None: ...
    def closed(self, link: "Link") -> None: ...


class Heat(Protocol):
    """Whoever has to know that a socket may have become ready."""

    def heat(self, sock: "Socket | Listener") -> None: ...


@dataclass(frozen=True, slots=True)
class Quality:
    """What a connection is like."""

    delay: float
    """How long a piece may take, in seconds."""
    window: int
    """How many bytes the server may send that the client has not read."""
    cuts: bool
    """Whether what the server sends at once may arrive in pieces: no existing client lives
    through that, and with messages this short no network does it."""


class Link:
    """One connection: its two ends and the way between them."""

    def __init__(
        self, name: str, quality: Quality, timeline: Timeline, rng: Random, watch: Watch
    ) -> None:
        self.name = name
        self.quality = quality
        self.timeline = timeline
        self.watch = watch
        self.rng = rng
        self.socket = Socket(self)
        self.prompt = False
        """Whether neither the client nor the way is ever the reason for anything."""
        self.on_arrival: Callable[[], None] = lambda: None
        """What the client's system does when something has come."""
        self.inbox = b""
        """What has arrived at the client and is not read."""
        self.eof = self.reset = self.closed = self.black = False
        """The client's end: whether the end of stream or a reset has come, whether it is
        closed, and whether nothing arrives anywhere any more."""
        self._half = False
        self._up = self._down = 0.0

    def send(self, data: bytes) -> None:
        """Let the client send `data`."""
        self.timeline.note(self.name, "sends", data[:40])
        for piece in self._pieces(data, cuts=True):
            self._carry_up(self.socket.arrive, piece)

    def read(self, size: int) -> bytes:
        """Let the client take what has come."""
        data, self.inbox = self.inbox[:size], self.inbox[size:]
        self.socket.unread -= len(data)
        self.socket.heat()
        return data

    def half_close(self) -> None:
        """Let the client end its side and read on."""
        if not self._half:
            self._half = True
            self._carry_up(self.socket.arrive, b"")

    def close(self) -> None:
        """Let the client close: with anything unread, that is a reset."""
        self.timeline.note(self.name, "closes")
        if self.inbox:
            self.abort()
        else:
            self.closed = True
            self.half_close()

    def abort(self) -> None:
        """Let the client reset the connection."""
        self.timeline.note(self.name, "resets")
        self.closed = True
        self._carry_up(self.socket.break_down, errno.ECONNRESET)

    def tear(self) -> None:
        """Let something on the way reset the connection for both."""
        self.timeline.note(self.name, "is reset from outside")
        self._carry_up(self.socket.break_down, errno.ECONNRESET)
        self.carry_down(self.arrive_reset)

    def swallow(self, noticed: bool) -> None:  # noqa: FBT001 - it is planned
        """Let nothing arrive any more; the system of the server may find that out."""
        self.timeline.note(self.name, "is in a black hole")
        self.black = True
        if noticed:
            at = self.timeline.now + UNNOTICED
            self.timeline.plan(at, self.socket.break_down, errno.ETIMEDOUT)

    def deliver(self, data: bytes) -> None:
        """Carry what the server has sent."""
        for piece in self._pieces(data, cuts=self.quality.cuts):
            self.carry_down(self._arrive, piece)

    def carry_down(self, arrive: Callable[..., None], *what: object) -> None:
        """Let something arrive at the client, after all that was sent before."""
        self._down = max(self._down, self.timeline.now + self.quality.delay * self.rng.random())
        self.timeline.plan(self._down, self._unless_black, arrive, what)

    def arrive_end(self) -> None:
        """Let the end of the server's side have come."""
        self.eof = True
        self.on_arrival()

    def arrive_reset(self) -> None:
        """Let a reset have come: what is unread is lost."""
        if not self.closed:
            self.reset = True
            self.inbox = b""
            self.on_arrival()

    def _arrive(self, data: bytes) -> None:
        if self.closed:
            self._carry_up(self.socket.break_down, errno.ECONNRESET)
        elif not self.reset:
            self.inbox += data
            self.on_arrival()

    def _carry_up(self, arrive: Callable[..., None], *what: object) -> None:
        self._up = max(self._up, self.timeline.now + self.quality.delay * self.rng.random())
        self.timeline.plan(self._up, self._unless_black, arrive, what)

    def _unless_black(self, arrive: Callable[..., None], what: tuple[object, ...]) -> None:
        if not self.black:
            arrive(*what)

    def _pieces(self, data: bytes, *, cuts: bool) -> list[bytes]:
        if not cuts or len(data) == 1 or self.rng.random() < 0.7:
            return [data]
        places = {self.rng.randrange(1, len(data)) for _ in range(self.rng.randrange(PIECES))}
        cut = [0, *sorted(places), len(data)]
        return [data[a:b] for a, b in zip(cut, cut[1:], strict=False)]


class Socket:
    """The server's end of a connection, as the server uses a socket."""

    def __init__(self, link: Link) -> None:
        self.fd = -1
        self.heater: Heat | None = None
        """The selector, from the moment on that it is accepted."""
        self.spins = 0
        self.unread = 0
        """How much was sent that the client has not read."""
        self.inbox = b""
        self.error = 0
        """What the next call is going to say."""
        self.eof = self.dead = self.shut = False
        self.on_close: Callable[[int], None] = lambda fd: None
        self._link = link

    # What the server calls.

    def recv(self, size: int) -> bytes:
        """Take what has come; now and then less than there is."""
        self._use()
        link = self._link
        if self.error:
            self._fail(sending=False)
        if not self.inbox and not self.eof and not self.dead:
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        if len(self.inbox) > 1 and link.rng.random() < 0.05:
            size = min(size, link.rng.randrange(1, len(self.inbox)))
        data, self.inbox = self.inbox[:size], self.inbox[size:]
        link.timeline.note(link.name, ">", data[:40])
        link.watch.heard(link, data)
        return data

    def send(self, data: bytes) -> int:
        """Take as much of `data` as there is room for."""
        self._use()
        link = self._link
        if self.error:
            self._fail(sending=True)
        if self.dead or self.shut:
            link.watch.lost(link, sending=True)
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        taken = max(0, min(link.quality.window - self.unread, len(data)))
        link.timeline.note(link.name, "<", data if taken == len(data) else (data, taken))
        link.watch.said(link, data, taken)
        if not taken:
            link.timeline.faults["no room to send"] += 1
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        self.unread += taken
        link.deliver(data[:taken])
        return taken

    def shutdown(self, how: int) -> None:
        """End our side."""
        self._use()
        link = self._link
        if self.error or self.dead:
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        if not self.shut:
            self.shut = True
            link.timeline.note(link.name, "< end")
            link.watch.ended(link)
            link.carry_down(link.arrive_end)

    def close(self) -> None:
        """Close: with anything unread, that is a reset."""
        if self.fd == -1:
            return
        link = self._link
        fd, self.fd = self.fd, -1
        link.timeline.note(link.name, "is closed by the server")
        link.watch.closed(link)
        if not self.error and not self.dead:
            if self.inbox:
                link.carry_down(link.arrive_reset)
            elif not self.shut:
                link.carry_down(link.arrive_end)
        self.on_close(fd)

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

    # What the network does.

    @property
    def readable(self) -> bool:
        """Whether `recv` has something to say."""
        return bool(self.inbox) or self.eof or self.dead or bool(self.error)

    @property
    def writable(self) -> bool:
        """Whether `send` has something to say."""
        room = self._link.quality.window - self.unread
        return room > 0 or self.shut or self.dead or bool(self.error)

    def heat(self) -> None:
        """Tell the selector, if there is one."""
        if self.heater is not None and self.fd != -1:
            self.heater.heat(self)

    def arrive(self, data: bytes) -> None:
        """Let `data` have come, or the end of the client's side."""
        if self.fd == -1 and self.heater is not None:
            self._link.carry_down(self._link.arrive_reset)  # nobody is there any more
        elif not self.dead and not self.error:
            self.inbox += data
            self.eof |= not data
            self.heat()

    def break_down(self, number: int) -> None:
        """Let the connection be over with the error `number`."""
        if not self.dead and not self.error:
            self._link.timeline.faults[errno.errorcode[number]] += 1
            self.error = number
            self.inbox = b""
            self.heat()

    def _fail(self, *, sending: bool) -> None:
        number, self.error = self.error, 0
        self.dead = True
        self._link.timeline.note(self._link.name, "fails", errno.errorcode[number])
        self._link.watch.lost(self._link, sending=sending)
        raise OSError(number, os.strerror(number))

    def _use(self) -> None:
        self.spins = 0
        if self.fd == -1:
            msg = f"{self._link.name}: a closed socket is used"
            raise Violation(msg)
