"""A client's end of a simulated connection: runs its program, as its system would."""

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from tests.model_client import SILENCE, Action, ClientDied, Close, Read, Send, Think
from tests.simulation.network import Link


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


class Seat:
    """One client with its connection."""

    def __init__(self, link: Link, actor: Actor, on_end: Callable[["Seat"], None]) -> None:
        self.link = link
        self.death: ClientDied | None = None
        """Why the program has ended in a traceback, if it has."""
        self.over = False
        """Whether the program is at its end, or never going to do anything any more."""
        self._life = actor.play()
        self._on_end = on_end
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
        if self.over:
            return
        link = self.link
        while True:
            try:
                deed = self._life.throw(ConnectionResetError()) if reset else self._life.send(result)
            except (ClientDied, ConnectionError) as death:
                self.death = death if isinstance(death, ClientDied) else None
                self._end(link.close)
                return
            result, reset = None, False
            match deed:
                case Read(size):
                    if not link.inbox and not link.eof and not link.reset:
                        self._block(size)
                        return
                    reset = link.reset
                    result = None if reset else link.read(size)
                case Send(data):
                    reset = link.reset
                    if not reset:
                        link.send(data)
                case HalfClose():
                    link.half_close()
                case Think(seconds):
                    self._think(seconds)
                    return
                case Close():
                    self._end(link.close)
                    return
                case Reset():
                    self._end(link.abort)
                    return

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
            self.link.timeline.plan(self.link.timeline.now + seconds, self._go_on, None)

    def _end(self, how: Callable[[], None]) -> None:
        self._life.close()
        self._size = 0
        how()
        if not self.over:
            self.over = True
            self._on_end(self)
