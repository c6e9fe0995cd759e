"""The simulated time: what is going to happen, in its order, and a trace of what has."""

import hashlib
import heapq
from collections import Counter, deque
from collections.abc import Callable
from itertools import count
from typing import Any, NoReturn

GRAIN = 0.3
"""How late the server looks at its deadlines, in seconds, and what a wait is rounded up by."""

REMEMBERED = 80
"""How many happenings a failing run shows."""


class Violation(BaseException):
    """The server has done what it must never do.

    No Exception: the server catches those that befall it in the turn of one client.
    """


def violated(what: str) -> NoReturn:
    """Say what must never be."""
    raise Violation(what)


class Timeline:
    """The clock of a world and its agenda: things happen in the order of their time, then
    of their planning, so that a run is a function of its seed."""

    def __init__(self, now: float, *, with_digest: bool = False) -> None:
        self.now = now
        self.faults: Counter[str] = Counter()
        """What has been done to the server, by kind."""
        self.slack = GRAIN
        """How much later than its time something may happen."""
        self.refused_at = -1.0
        """When the system last had no room for one more connection."""
        self._agenda: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = count()
        self._trace: deque[tuple[float, str, str, object]] = deque(maxlen=REMEMBERED)
        self._digest = hashlib.blake2b() if with_digest else None

    def plan(self, at: float, act: Callable[..., None], *what: object) -> None:
        """Let `act` happen at the time `at`."""
        heapq.heappush(self._agenda, (at, next(self._order), act, what))

    def next(self) -> float | None:
        """Return when the next thing is to happen, or None if nothing is planned."""
        return self._agenda[0][0] if self._agenda else None

    def catch_up(self) -> None:
        """Let everything happen that is to have happened by now."""
        agenda = self._agenda
        while agenda and agenda[0][0] <= self.now:
            _, _, act, what = heapq.heappop(agenda)
            act(*what)

    def go_on_until(self, end: float) -> None:
        """Let everything happen at its time that is to happen by `end`, and let it be so late."""
        while self._agenda and self._agenda[0][0] <= end:
            self.now = max(self.now, self._agenda[0][0])
            self.catch_up()
        self.now = end

    def note(self, who: str, what: str, data: object = "") -> None:
        """Write down that something has happened."""
        happening = (self.now, who, what, data)
        self._trace.append(happening)
        if self._digest is not None:
            self._digest.update(repr(happening).encode())

    @property
    def digest(self) -> str:
        """A number for all that has happened, the same for the same run."""
        assert self._digest is not None, "this run keeps none"
        return self._digest.hexdigest()

    @property
    def trace(self) -> str:
        """The last happenings, a line each."""
        return "\n".join(
            f"{at:14.6f} {who:>8} {what} {data}" for at, who, what, data in self._trace
        )
