"""A whole house in memory: a hub, its clients, and the network and the clock between them.

Nothing happens but by an event, and events happen in the order of their time and then of
their making: a run is a function of what was put into it. What `Server` does with sockets
is done here with byte strings; there is no net under it, so that a bug comes out.
"""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from math import inf
from typing import Literal, NamedTuple, TypeAlias

from tests.model_client import SILENCE, Action, Close, Player, Program, Read, Send, Think
from ttt_net import Departure, Event, Hub, Limits, Session, Stage

MOST_EVENTS = 200_000
"""How many events a run may take; a world that needs more does not come to rest."""

Splitting: TypeAlias = Literal["whole", "bytes"]
"""In what pieces the server gets what a client sends at once."""


class Spoken(NamedTuple):
    """What one end has handed to the network in one piece."""

    at: float
    by: Literal["server", "client"]
    data: bytes


@dataclass(slots=True, eq=False)
class Seat:
    """One connection with the client at its end."""

    program: Program
    talk: list[Spoken] = field(default_factory=list)
    """All that was said, in the order in which it was sent."""
    session: Session | None = None
    inbox: bytes = b""
    """What has arrived at the client and is not read."""
    ended: bool = False
    """Whether the end of the stream has arrived at the client."""
    reset: bool = False
    """Whether the connection is no more."""
    reading: int = 0
    """The size of the read that the client is blocked in; 0 if it is not."""
    reads: int = 0
    """How many times it was blocked: tells a timeout whether it is too late."""
    finished: bool = False
    """Whether the server has ended its side."""

    @property
    def readable(self) -> bool:
        """Whether a read would return at once."""
        return bool(self.inbox) or self.ended or self.reset

    def heard(self) -> list[bytes]:
        """Return what the server has sent, piece by piece."""
        return [spoken.data for spoken in self.talk if spoken.by == "server"]

    def silences(self) -> list[float]:
        """Return how long the client heard nothing, each time, but while it had to move."""
        gaps: list[float] = []
        since: float | None = None
        for at, by, data in self.talk:
            if by == "server":
                if since is not None:
                    gaps.append(at - since)
                since = None if data.endswith(b"CY") else at
            elif data.startswith(b"i"):
                since = at
        return gaps

    def said(self) -> list[bytes]:
        """Return what the client has sent, piece by piece."""
        return [spoken.data for spoken in self.talk if spoken.by == "client"]


class MemoryWorld:
    """Runs any number of clients against one hub under a virtual clock."""

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        splitting: Splitting = "whole",
        latency: float = 0.0,
        reaction: float = 0.0,
    ) -> None:
        """Let bytes travel for `latency` seconds, and a client be woken `reaction` later."""
        self.now = 0.0
        self.events: list[Event] = []
        """What the hub has emitted."""
        self.hub = Hub(limits, self.events.append)
        self._splitting = splitting
        self._latency = latency
        self._reaction = reaction
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._open: dict[Session, Seat] = {}
        """The connections whose socket the server has not closed."""

    def join(self, player: Player, at: float = 0.0) -> Seat:
        """Let `player` connect at the time `at`."""
        seat = Seat(player.play())
        self._plan(at, self._connect, seat)
        return seat

    def run(self, until: float | None = None) -> None:
        """Let happen what is to happen, up to the time `until` or until all is at rest.

        Raises what a client's program raises (it has died) and what the hub raises (a bug).
        """
        for _ in range(MOST_EVENTS):
            planned = self._agenda[0][0] if self._agenda else inf
            coming = min(self.hub.next_deadline(), planned)
            if coming == inf or (until is not None and coming > until):
                self.now = self.now if until is None else until
                return
            self.now = max(self.now, coming)
            if planned <= self.now:
                heapq.heappop(self._agenda)[2]()
            else:
                self._look_at_clock()
        msg = f"{MOST_EVENTS} events, and no rest at {self.now} s"
        raise AssertionError(msg)

    # The server's end: what `Server` does with sockets.

    def _connect(self, seat: Seat) -> None:
        seat.session = self.hub.connect("192.0.2.1:4000", self.now)
        self._open[seat.session] = seat
        self._flush()
        self._go_on(seat)

    def _receive(self, seat: Seat, data: bytes) -> None:
        assert seat.session is not None
        if seat.session in self._open:
            self.hub.receive(seat.session, data, self.now)
            self._flush()
        else:
            self._carry(self._arrive_reset, seat)

    def _lose(self, seat: Seat, departure: Departure) -> None:
        assert seat.session is not None
        if seat.session in self._open:
            self.hub.lost(seat.session, departure, self.now)
            self._flush()

    def _look_at_clock(self) -> None:
        for session in self.hub.take_due(self.now):
            self.hub.expire(session, self.now)
            self._flush()

    def _flush(self) -> None:
        for session in self.hub.touched:
            if session in self._open:
                self._serve(session, self._open[session])
        self.hub.touched.clear()

    def _serve(self, session: Session, seat: Seat) -> None:
        """Send, half-close or close."""
        if session.outgoing:
            seat.talk.append(Spoken(self.now, "server", session.outgoing))
            self._carry(self._arrive, seat, session.outgoing)
            session.outgoing = b""
        if session.stage in (Stage.CLOSING, Stage.GONE) and not seat.finished:
            seat.finished = True
            self._carry(self._arrive, seat, b"")
        if session.stage is Stage.GONE:
            del self._open[session]

    # The network: in order, and taking `latency`.

    def _carry(self, arrive: Callable[..., None], seat: Seat, *what: object) -> None:
        self._plan(self.now + self._latency, arrive, seat, *what)

    def _plan(self, at: float, act: Callable[..., None], seat: Seat, *what: object) -> None:
        event: Callable[[], None] = partial(act, seat, *what)
        heapq.heappush(self._agenda, (at, next(self._order), event))

    # The client's end: what the system does for its program.

    def _arrive(self, seat: Seat, data: bytes) -> None:
        """Take in `data`, or the end of the stream if it is empty.

        A program that is blocked in a read is woken a little later, and finds whatever
        has arrived by then: several sends may be read as one.
        """
        seat.inbox += data
        seat.ended |= not data
        self._plan(self.now + self._reaction, self._wake, seat)

    def _arrive_reset(self, seat: Seat) -> None:
        seat.reset = True
        seat.inbox = b""
        self._plan(self.now + self._reaction, self._wake, seat)

    def _wake(self, seat: Seat) -> None:
        """Give a program that is blocked in a read what there is, if there is anything."""
        size = seat.reading
        if not size or not seat.readable:
            return
        seat.reading = 0
        if seat.reset:
            self._obey(seat, seat.program.throw(ConnectionResetError()))
        else:
            data, seat.inbox = seat.inbox[:size], seat.inbox[size:]
            self._obey(seat, seat.program.send(data))

    def _time_out(self, seat: Seat, read: int) -> None:
        if seat.reading and seat.reads == read and not seat.readable:
            seat.reading = 0
            self._go_on(seat)

    def _go_on(self, seat: Seat) -> None:
        self._obey(seat, seat.program.send(None))

    def _obey(self, seat: Seat, action: Action) -> None:
        """Do what the program asks for, and plan when it goes on."""
        match action:
            case Read(size):
                seat.reading = size
                seat.reads += 1
                self._plan(self.now, self._wake, seat)
                self._plan(self.now + SILENCE, self._time_out, seat, seat.reads)
            case Send() if seat.reset:
                self._obey(seat, seat.program.throw(BrokenPipeError()))
            case Send(data):
                seat.talk.append(Spoken(self.now, "client", data))
                for piece in self._pieces(data):
                    self._carry(self._receive, seat, piece)
                self._plan(self.now, self._go_on, seat)
            case Think(seconds):
                if seconds != math.inf:
                    self._plan(self.now + seconds, self._go_on, seat)
            case Close():
                # With anything unread, closing resets the connection.
                how = Departure.RESET if seat.inbox else Departure.CLOSED
                self._carry(self._lose, seat, how)

    def _pieces(self, data: bytes) -> list[bytes]:
        size = 1 if self._splitting == "bytes" else len(data)
        return [data[at : at + size] for at in range(0, len(data), size)]
