"""The simulated selector: where the server waits, and the world goes on."""

import errno
import math
import os
import select
from collections.abc import Callable, Mapping
from random import Random
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector, SelectorKey
from typing import Any

from tests.simulation.sockets import Listener, Socket
from tests.simulation.timeline import Timeline, violated

LONGEST_STALL = 1.0
"""How long the machine may leave the server alone, in seconds."""

MOST_STEPS = 30_000
"""How many steps a server may take at one moment: more than any flood needs."""

SPINS = 20
"""How often a socket may be said to be ready without anything being done about it."""

STALL_EVERY = 10.0
"""How far apart such moments are, at least."""


class Selector(BaseSelector):
    """Tells who is ready, level-triggered and in any order, as epoll does.

    While the server waits, time goes on to the next happening.
    """

    def __init__(self, timeline: Timeline, rng: Random, look: Callable[[], None]) -> None:
        self._timeline = timeline
        self._rng = rng
        self._look = look
        self._keys: dict[int, SelectorKey] = {}
        self._hot: dict[int, None] = {}
        """Whom something has happened to since it was last found not to be ready."""
        self._next_stall = 0.0
        self._moment = -1.0
        self._steps = 0
        self.stalls = self.refuses = False
        """Whether the machine is busy, and whether the system has no memory at times."""
        self._poked = False

    def register(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        """Watch `fileobj`, or say that there is no room for one more."""
        fd = _descriptor(fileobj)
        if fd in self._keys:
            raise KeyError(fd)
        most = 0.3 if isinstance(fileobj, Listener) else 0.01  # few listeners, many sockets
        if self.refuses and self._rng.random() < most:
            self._timeline.faults["no room in the selector"] += 1
            self._timeline.refused_at = self._timeline.now
            if isinstance(fileobj, Socket):
                fileobj.link.watch.refused(fileobj.link)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._hot[fd] = None
        return self._keys.setdefault(fd, SelectorKey(fileobj, fd, events, data))

    def unregister(self, fileobj: Any) -> SelectorKey:
        """Watch `fileobj` no more."""
        return self._keys.pop(_descriptor(fileobj))

    def modify(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        """Watch `fileobj` for something else."""
        fd = _descriptor(fileobj)
        key = self._keys[fd] = self._keys[fd]._replace(events=events, data=data)
        self._hot[fd] = None
        return key

    def get_map(self) -> Mapping[Any, SelectorKey]:
        """Return all that is watched."""
        return {key.fileobj: key for key in self._keys.values()}

    def heat(self, sock: Socket | Listener) -> None:
        """Look at `sock` again: it may have become ready."""
        self._hot[sock.fileno()] = None

    def poke(self) -> None:
        """Look at real sockets from now on: somebody has rung the bell of the server."""
        self._poked = True
        for fd, key in self._keys.items():
            if not isinstance(key.fileobj, Socket | Listener):
                self._hot[fd] = None

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Let the world go on until somebody is ready or the time is over."""
        timeline = self._timeline
        self._look()
        self._count()
        self._stall()
        # A wait is rounded up to whole milliseconds, as epoll has it.
        end = math.inf if timeout is None else timeline.now + math.ceil(timeout * 1e3) * 1e-3
        while True:
            timeline.catch_up()
            if (ready := self._ready()) or timeline.now >= end:
                return ready
            coming = timeline.next()
            if coming is None or coming > end:
                if end == math.inf:
                    violated("the server waits, and nothing is ever going to happen")
                timeline.now = end
            else:
                timeline.now = max(timeline.now, coming)

    def _count(self) -> None:
        """See to it that the server is not busy for ever without time going on."""
        self._steps = self._steps + 1 if self._moment == self._timeline.now else 0
        self._moment = self._timeline.now
        if self._steps > MOST_STEPS:
            violated(f"the server spins: {self._steps} steps, and no time has gone by")

    def _stall(self) -> None:
        if self.stalls and self._next_stall <= self._timeline.now and self._rng.random() < 0.1:
            self._timeline.now += self._rng.random() * LONGEST_STALL
            self._next_stall = self._timeline.now + STALL_EVERY
            self._timeline.faults["stall"] += 1

    def _ready(self) -> list[tuple[SelectorKey, int]]:
        ready = []
        for fd in list(self._hot):
            key = self._keys.get(fd)
            events = 0 if key is None else self._events(key)
            if key is None or not events:
                del self._hot[fd]
            else:
                ready.append((key, events))
        if len(ready) > 1:
            self._rng.shuffle(ready)
            if self._rng.random() < 0.1:
                del ready[self._rng.randrange(1, len(ready)) :]  # the others next time
        return ready

    def _events(self, key: SelectorKey) -> int:
        sock: Any = key.fileobj
        if not isinstance(sock, Socket | Listener):
            return EVENT_READ if self._poked and select.select([sock], [], [], 0)[0] else 0
        events = (EVENT_READ if sock.readable else 0) | (EVENT_WRITE if sock.writable else 0)
        if events & key.events:
            sock.spins += 1
            if sock.spins > SPINS:
                violated(f"the server spins: it leaves {sock.fileno()} alone, which is ready")
        return events & key.events


def _descriptor(fileobj: Any) -> int:
    fd: int = fileobj.fileno()
    if fd < 0:
        msg = f"{fileobj} is closed"
        raise ValueError(msg)
    return fd
