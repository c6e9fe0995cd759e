"""The simulated network: connections that keep TCP's order and nothing else.

What is sent arrives late, in pieces or together with what was sent after it, or never. A
reset destroys what the other end has not read, and an end that is closed with something
unread resets: as TCP has it. The server meets it as sockets that do not block.
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Protocol

from tests.simulation.timeline import Timeline

if TYPE_CHECKING:
    from tests.simulation.announcement import Announcement

PIECES = 4
"""In how many pieces one sending may arrive."""

UNNOTICED = 30.0
"""Seconds after which the system of the server finds out about a connection that is silent."""

SHORT_WAY = 0.3
"""How long a piece may take to or from somebody who is never late, in seconds."""


class Watch(Protocol):
    """Whoever sees what the server does with a socket, and when."""

    def accepted(self, link: "Link") -> None: ...
    def refused(self, link: "Link") -> None: ...
    def watched(self, link: "Link") -> None: ...
    def peeked(self, link: "Link", data: bytes) -> None: ...
    def heard(self, link: "Link", data: bytes) -> None: ...
    def lost(self, link: "Link", *, sending: bool) -> None: ...
    def said(self, link: "Link", data: bytes, taken: int) -> None: ...
    def ended(self, link: "Link") -> None: ...
    def closed(self, link: "Link") -> None: ...


class End(Protocol):
    """The server's end, as the network meets it."""

    unread: int

    def arrive(self, data: bytes) -> None: ...
    def break_down(self, number: int) -> None: ...
    def heat(self) -> None: ...


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
        self.far: End
        """The server's end; whoever makes it puts it here."""
        self.address: tuple[str | int, ...] = ("192.0.2.1", int(name[1:]))
        """Where it comes from."""
        self.peer = f"192.0.2.1:{name[1:]}"
        """Who is at its end, as the log is to have it."""
        self.announcement: Announcement | None = None
        """What is to be said of it first, if a balancer is expected to."""
        self.let_in = False
        """Whether the server has taken it for a client."""
        self.prompt = False
        """Whether neither the client nor the way is ever the reason for anything."""
        self.thinks = 0.0
        """How long the client takes for a move at most."""
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
            self._carry_up(self.far.arrive, piece)

    def read(self, size: int) -> bytes:
        """Let the client take what has come."""
        data, self.inbox = self.inbox[:size], self.inbox[size:]
        self.far.unread -= len(data)
        self.far.heat()
        return data

    def half_close(self) -> None:
        """Let the client end its side and read on."""
        if not self._half:
            self._half = True
            self._carry_up(self.far.arrive, b"")

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
        self._carry_up(self.far.break_down, errno.ECONNRESET)

    def tear(self) -> None:
        """Let something on the way reset the connection for both."""
        self.timeline.note(self.name, "is reset from outside")
        self._carry_up(self.far.break_down, errno.ECONNRESET)
        self.carry_down(self.arrive_reset)

    def swallow(self, noticed: bool) -> None:  # noqa: FBT001 - it is planned
        """Let nothing arrive any more; the system of the server may find that out."""
        self.timeline.note(self.name, "is in a black hole")
        self.black = True
        if noticed:
            at = self.timeline.now + UNNOTICED
            self.timeline.plan(at, self.far.break_down, errno.ETIMEDOUT)

    def fade(self) -> None:
        """Let the system of the server find out that nobody is there any more."""
        self.timeline.note(self.name, "is not there any more")
        self.far.break_down(errno.ETIMEDOUT)

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
            self._carry_up(self.far.break_down, errno.ECONNRESET)
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
        return [data[a:b] for a, b in pairwise(cut)]
