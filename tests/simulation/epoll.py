"""The simulated epoll: where the server waits, and the world goes on.

Below the selectors that the server may use, in the place of `select.epoll`, with what
epoll_ctl(2) and epoll_wait(2) promise and no more.
"""

import errno
import math
import os
import select
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from select import EPOLLERR, EPOLLHUP, EPOLLIN
from typing import NoReturn

from tests.simulation.descriptors import Descriptors, File
from tests.simulation.listener import Listener
from tests.simulation.sockets import Socket
from tests.simulation.stalls import Stalls
from tests.simulation.timeline import Timeline, violated

MOST_STEPS = 30_000
"""How many steps a server may take at one moment: more than any flood needs."""

SPINS = 20
"""How often a socket may be said to be ready without anything being done about it."""

ANYWAY = EPOLLERR | EPOLLHUP
"""What is told of whether it was asked for or not."""

FLAGS = {"HUP": EPOLLHUP, "ERR": EPOLLERR}
"""What is counted."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What is watched, and for what."""

    file: File | None
    """Of files that are really open nothing is known."""
    mask: int


class SimulatedEpoll:
    """Tells who is ready, level-triggered, in any order, and of all if all are wanted.

    While the server waits, time goes on to the next happening.
    """

    def __init__(
        self,
        timeline: Timeline,
        rng: Random,
        descriptors: Descriptors,
        look: Callable[[], None],
        stalls: Stalls,
    ) -> None:
        self._timeline = timeline
        self._rng = rng
        self._descriptors = descriptors
        self._look = look
        self._stalls = stalls
        self._watches: dict[int, Watch] = {}
        """By descriptor; of what has been closed since, as nobody tells, there may be some."""
        self._hot: dict[int, None] = {}
        """Whom something has happened to since it was last found not to be ready."""
        self._moment = -1.0
        self._steps = 0
        self.refuses = False
        """Whether the system has no memory at times."""
        self._poked = False
        self._waits = False
        """Whether somebody waits who is going to serve all, and does not only ask."""

    # What a selector calls.

    def register(self, fd: int, eventmask: int) -> None:
        """Watch `fd`, or say that there is no room for one more."""
        file = self._file(fd)
        if self._watch(fd) is not None:
            _fail(errno.EEXIST)
        most = 0.3 if isinstance(file, Listener) else 0.01  # few listeners, many sockets
        if self.refuses and self._rng.random() < most:
            self._timeline.faults["no room in the selector"] += 1
            self._timeline.refused_at = self._timeline.now
            if isinstance(file, Socket):
                file.link.watch.refused(file.link)
            _fail(errno.ENOSPC)
        if isinstance(file, Socket):
            file.link.watch.watched(file.link)
        self._begin(fd, Watch(file, eventmask))

    def modify(self, fd: int, eventmask: int) -> None:
        """Watch `fd` for something else."""
        file = self._file(fd)
        if self._watch(fd) is None:
            _fail(errno.ENOENT)
        self._begin(fd, Watch(file, eventmask))

    def unregister(self, fd: int) -> None:
        """Watch `fd` no more."""
        self._file(fd)
        if self._watch(fd) is None:
            _fail(errno.ENOENT)
        del self._watches[fd]

    def poll(self, timeout: float | None = None, maxevents: int = -1) -> list[tuple[int, int]]:
        """Let the world go on until somebody is ready or the time is over.

        As in Python, a wait is rounded up to whole milliseconds, and one of less than no
        time is one for ever.
        """
        timeline = self._timeline
        self._look()
        self._count()
        self._waits = timeout != 0
        if self._waits:
            self._stalls.begin_wait()
        end = math.inf if timeout is None or timeout < 0 else timeline.now + _rounded(timeout)
        while True:
            timeline.catch_up()
            if (ready := self._ready(maxevents)) or timeline.now >= end:
                return ready
            coming = timeline.next()
            if coming is None or coming > end:
                if end == math.inf:
                    violated("the server waits, and nothing is ever going to happen")
                timeline.now = end
            else:
                timeline.now = max(timeline.now, coming)

    def close(self) -> None:
        """Watch nothing any more."""
        self._watches.clear()

    # What the world calls.

    def heat(self, fd: int) -> None:
        """Look at `fd` again: it may have become ready."""
        self._hot[fd] = None

    def poke(self) -> None:
        """Look at real files from now on: somebody has rung the bell of the server."""
        self._poked = True
        for fd, watch in self._watches.items():
            if watch.file is None:
                self._hot[fd] = None

    def watched(self) -> dict[int, int]:
        """Return all that is watched, and for what."""
        return {fd: w.mask for fd, w in self._watches.items() if self._watch(fd) is w}

    def _file(self, fd: int) -> File | None:
        """Return what is open as `fd`. Raises OSError if nothing is."""
        file = self._descriptors.get(fd)
        if file is None:
            os.fstat(fd)  # it may be really open
        return file

    def _watch(self, fd: int) -> Watch | None:
        """Return how `fd` is watched: not at all if that was another file, which is closed."""
        watch = self._watches.get(fd)
        return None if watch is None or watch.file is not self._descriptors.get(fd) else watch

    def _begin(self, fd: int, watch: Watch) -> None:
        self._watches[fd] = watch
        self._hot[fd] = None

    def _count(self) -> None:
        """See to it that the server is not busy for ever without time going on."""
        self._steps = self._steps + 1 if self._moment == self._timeline.now else 0
        self._moment = self._timeline.now
        if self._steps > MOST_STEPS:
            violated(f"the server spins: {self._steps} steps, and no time has gone by")

    def _ready(self, most: int) -> list[tuple[int, int]]:
        ready = []
        for fd in list(self._hot):
            events = self._events(fd)
            if events:
                ready.append((fd, events))
            else:
                del self._hot[fd]
        if len(ready) > 1:
            self._rng.shuffle(ready)
        return ready[:most] if most > 0 else ready

    def _events(self, fd: int) -> int:
        """Return what there is to tell of `fd`, as far as it was asked for."""
        watch = self._watch(fd)
        if watch is None:
            return 0
        if watch.file is None:
            return EPOLLIN if self._poked and select.select([fd], [], [], 0)[0] else 0
        events = watch.file.events & (watch.mask | ANYWAY)
        if events and self._waits:
            watch.file.spins += 1
            if watch.file.spins > SPINS:
                violated(f"the server spins: it leaves {fd} alone, which is ready")
        for name, bit in FLAGS.items():
            if events & bit:
                self._timeline.faults[name] += 1
        return events


def _rounded(seconds: float) -> float:
    """Round a wait up to whole nanoseconds first, as Python does, and to milliseconds then."""
    nanoseconds = math.ceil(seconds * 1e9)
    return math.ceil(nanoseconds / 10**6) * 1e-3


def _fail(number: int) -> NoReturn:
    raise OSError(number, os.strerror(number))
