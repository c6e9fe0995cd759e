"""A client's end of a simulated connection: runs its program, as its system would."""

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeAlias, TypeVar

from tests.model_client import SILENCE, Action, ClientDied, Close, Incoherent, Read, Send, Think
from tests.simulation.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Reset:
    """Reset the connection: the program is at its end."""


@dataclass(frozen=True, slots=True)
class HalfClose:
    """Say nothing any more, and read on."""


Deed: TypeAlias = Action | Reset | HalfClose

Life: TypeAlias = Generator[Deed, bytes | None, None]


class Actor(Protocol):
    """Whatever can be run at the client's end; every `Player` is one."""

    def play(self) -> Life: ...


class Way(Protocol):
    """The client's end of a connection, as its system has it."""

    name: str
    timeline: Timeline
    inbox: bytes
    eof: bool
    reset: bool
    on_arrival: Callable[[], None]

    def read(self, size: int) -> bytes: ...
    def send(self, data: bytes) -> None: ...
    def half_close(self) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...


AnyWay = TypeVar("AnyWay", bound=Way)


class Seat(Generic[AnyWay]):
    """One client with its connection."""

    def __init__(
        self,
        link: AnyWay,
        actor: Actor,
        on_end: Callable[["Seat[AnyWay]"], None],
        pace: float = 1.0,
    ) -> None:
        """Let the client think for `pace` seconds where it would for one."""
        self.link = link
        self.death: ClientDied | Incoherent | None = None
        """Why the program has ended in a traceback, if it has."""
        self.over = False
        """Whether the program is at its end, or never going to do anything any more."""
        self._life = actor.play()
        self._on_end = on_end
        self._pace = pace
        self._size = 0
        self._until = math.inf
        self._timer = False
        link.on_arrival = self._wake

    def begin(self) -> None:
        """Start the program."""
        self._go_on(None)

    def kill(self) -> None:
        """End the program, whatever it does."""
        self._end(self.link.close)

    def _wake(self) -> None:
        if self._size:
            size, self._size = self._size, 0
            reset = self.link.reset
            self._go_on(None if reset else self.link.read(size), reset=reset)

    def _go_on(self, result: bytes | None, *, reset: bool = False) -> None:
        link, blocked = self.link, self.over
        while not blocked:
            deed = self._resume(result, reset=reset)
            result, reset = None, link.reset and isinstance(deed, Read | Send)
            if reset:
                continue
            match deed:
                case Read(size) if link.inbox or link.eof:
                    result = link.read(size)
                case Send(data):
                    link.send(data)
                case HalfClose():
                    link.half_close()
                case _:
                    self._pause(deed)
                    blocked = True

    def _resume(self, result: bytes | None, *, reset: bool) -> Deed:
        """Give the program the result of its last deed, and return its next one."""
        try:
            return self._life.throw(ConnectionResetError()) if reset else self._life.send(result)
        except (ClientDied, Incoherent) as death:
            self.death = death
        except ConnectionError:
            pass
        return Close()

    def _pause(self, deed: Deed) -> None:
        """Let the program wait for something, or be at its end."""
        match deed:
            case Read(size):
                self._block(size)
            case Think(seconds):
                self._think(seconds)
            case Reset():
                self._end(self.link.abort)
            case _:
                self._end(self.link.close)

    def _block(self, size: int) -> None:
        self._size = size
        self._until = self.link.timeline.now + SILENCE
        if not self._timer:
            self._timer = True
            self.link.timeline.plan(self._until, self._time_out)

    def _time_out(self) -> None:
        """Look whether a read has stayed silent: its end is moved with each new read."""
        self._timer = False
        if self._size and self._until <= self.link.timeline.now:
            self._size = 0
            self._go_on(None)
        elif self._size:
            self._timer = True
            self.link.timeline.plan(self._until, self._time_out)

    def _think(self, seconds: float) -> None:
        if seconds == math.inf:
            self._end(lambda: None)
        else:
            at = self.link.timeline.now + self._pace * seconds
            self.link.timeline.plan(at, self._go_on, None)

    def _end(self, how: Callable[[], None]) -> None:
        self._life.close()
        self._size = 0
        how()
        if not self.over:
            self.over = True
            self._on_end(self)
