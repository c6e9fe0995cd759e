"""The room: who is closed for want of it, and whether that had to be."""

from collections import Counter
from collections.abc import Callable, Mapping

from tests.simulation.ear import Seen
from tests.simulation.journal import Journal
from tests.simulation.network import Link
from tests.simulation.porch import Porch
from tests.simulation.timeline import Timeline, violated

TRIES = 2
"""How often room is asked for: before and after somebody has given way."""


class Room:
    """Knows when there was none, and who could have made some."""

    def __init__(
        self,
        timeline: Timeline,
        journal: Journal,
        porch: Porch,
        seen: Mapping[str, Seen],
        there_is: Callable[[], bool],
    ) -> None:
        """Let `there_is` say whether one more connection could be had."""
        self._timeline = timeline
        self._journal = journal
        self._porch = porch
        self._seen = seen
        self._there_is = there_is
        self._refusals: Counter[str] = Counter()
        """How often there was no room for each who came."""
        self._crowded_at = -1.0
        """When there was last no room for somebody who came."""

    @property
    def was_there(self) -> bool:
        """Whether nobody has had to be closed for want of room just now."""
        return self._there_is() and self._crowded_at != self._timeline.now

    def comes(self) -> None:
        """Let somebody have come."""
        if not self._there_is():
            self._crowded_at = self._timeline.now

    def refused(self, link: Link) -> None:
        """Let the system have no room to watch the connection."""
        self._crowded_at = self._timeline.now
        self._refusals[link.name] += 1
        self._journal.sacrificed.add(link.name)
        if link in self._porch:
            self._porch.refused(link)

    def watched(self, link: Link) -> None:
        """Let the system watch the connection, if only after somebody gave way."""
        self._journal.sacrificed.discard(link.name)
        if link in self._porch:
            self._porch.watched(link)

    def closed(self, link: Link) -> None:
        """Let the server have closed the connection.

        That of who has just come only if nobody else could give way, or one has in vain.
        """
        if link.name in self._journal.sacrificed and self._refusals[link.name] < TRIES:
            lingering = [seen.link.name for seen in self._seen.values() if seen.lingers]
            if others := lingering + self._porch.others(link):
                violated(f"{link.name} is closed for want of room, and {others} need not stay")
