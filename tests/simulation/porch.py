"""The porch: who stands before a server that expects balancers, and how it has to be treated.

Nobody is told anything there. The server lets in whom a whole header announces, reads not a
byte more than that, and closes the connections of the others, each for a good reason, which
the log is told.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.simulation.announcement import Announcement
from tests.simulation.ear import EARLY, SLACK
from tests.simulation.network import Link
from tests.simulation.timeline import Timeline, violated
from ttt_net import Limits
from ttt_net.events import ConnectionRefused, Refusal


@dataclass(slots=True, eq=False)
class Guest:
    """A connection that has not been announced."""

    link: Link
    announcement: Announcement
    since: float
    taken: bytes = b""
    """What the server has read of its header."""
    shown: bytes = b""
    """What it has looked at besides, and left where it is."""
    over: bool = False
    """Whether the server has been told that the connection is over."""
    is_unwatched: bool = False
    """Whether there was no room to watch it: it is closed, and no refusal for the log."""


class Porch:
    """Holds what the server does with those against what it has to do."""

    def __init__(self, timeline: Timeline, limits: Limits, connections: Callable[[], int]) -> None:
        """Let `connections` say how many have been let in."""
        self._timeline = timeline
        self._limits = limits
        self._connections = connections
        self._guests: dict[str, Guest] = {}
        """The one that came first first."""
        self._parting: Guest | None = None
        """Whose socket has just been closed: the log is to be told why."""
        self._crowd = 0
        """How many there were just before that."""
        self._is_first = False
        """Whether it was the one who came first."""
        self._last_refusal: Refusal | None = None

    def __len__(self) -> int:
        return len(self._guests)

    def __contains__(self, link: Link) -> bool:
        return link.name in self._guests

    # What the network shows.

    def enter(self, link: Link, announcement: Announcement) -> None:
        """Let somebody have been accepted."""
        self._guests[link.name] = Guest(link, announcement, self._timeline.now)

    def refused(self, link: Link) -> None:
        """Let there have been no room to watch the connection."""
        self._guests[link.name].is_unwatched = True

    def watched(self, link: Link) -> None:
        """Let there be room to watch the connection."""
        self._guests[link.name].is_unwatched = False

    def peeked(self, link: Link, data: bytes) -> None:
        """Let the server have looked at `data`, or at the end of stream."""
        guest = self._guests.get(link.name)
        if guest is None:
            violated(f"{link.name}: the server peeks at what is said to the house")
        if not guest.announcement.is_trusted:
            violated(f"{link.name}: the server listens to who is no balancer")
        guest.shown = data
        guest.over |= not data

    def heard(self, link: Link, data: bytes) -> bool:
        """Let the server have read `data`; whether the client is announced now."""
        guest = self._guests[link.name]
        guest.taken += data
        guest.shown = b""
        header = guest.announcement.header
        if not data or not header.startswith(guest.taken):
            violated(f"{link.name}: the server has read {guest.taken!r}, but {header!r} came")
        if guest.taken != header:
            return False
        if guest.announcement.is_broken:
            violated(f"{link.name}: {header!r} is taken for a header")
        del self._guests[link.name]
        self._last_refusal = None
        return True

    def said(self, link: Link, data: bytes) -> None:
        """Let the server have said something."""
        violated(f"{link.name} has not been announced, and is told {data!r}")

    def lost(self, link: Link) -> None:
        """Let the server have been told that the connection is over."""
        self._guests[link.name].over = True

    def closed(self, link: Link) -> None:
        """Let the server have closed the socket."""
        self._crowd = len(self._guests)
        self._is_first = next(iter(self._guests)) == link.name
        guest = self._guests.pop(link.name)
        self._parting = None if guest.is_unwatched else guest

    # What the log is told.

    def note_refusal(self, event: ConnectionRefused) -> str:
        """Hold a refusal against the reason for it; return the name of the connection."""
        guest, self._parting = self._parting, None
        if guest is None:
            violated(f"nobody has been refused, but the log has it: {event}")
        reasons = {
            Refusal.UNTRUSTED: not guest.announcement.is_trusted,
            Refusal.MALFORMED: guest.announcement.is_broken,
            Refusal.CUT: guest.over,
            Refusal.SLOW: self._timeline.now >= guest.since + self._limits.greeting - EARLY,
            Refusal.CROWDED: self._is_first and self._is_crowded(),
        }
        name = guest.link.name
        if not reasons[event.why]:
            violated(f"{name} is refused for no good reason: {event}")
        if guest.link.prompt and event.why is not Refusal.CROWDED:
            violated(f"{name} is refused, and has done nothing wrong: {event}")
        known = (guest.announcement.other_end, event.why is self._last_refusal)
        if (event.peer, event.again) != known:
            violated(f"{name} is refused, and the log has it as {event}, not as {known}")
        # The log is shown what it was refused for, and perhaps not all that came with it.
        more = guest.shown if event.why is Refusal.MALFORMED else b""
        if not (
            event.data.startswith(guest.taken) and (guest.taken + more).startswith(event.data)
        ):
            violated(f"{name} has said {guest.taken + more!r}, and the log has it as {event}")
        self._last_refusal = event.why
        self._timeline.faults[f"refused as {event.why.name}"] += 1
        return name

    # What is due.

    def look(self) -> None:
        """Look at what is still due: the server has done all that it can do now."""
        if self._parting is not None:
            violated(f"{self._parting.link.name} is refused, and the log is not told why")
        if len(self._guests) > self._most():
            violated(f"there are too many on the porch: {list(self._guests)}")
        now = self._timeline.now
        for guest in self._guests.values():
            name, announcement = guest.link.name, guest.announcement
            if now > guest.since + self._limits.greeting + SLACK:
                violated(f"{name} has been waited for too long: it came at {guest.since}")
            if guest.over or not announcement.is_trusted:
                violated(f"{name} is over, or no balancer, and still waited for")
            if announcement.is_broken and (guest.taken + guest.shown).startswith(
                announcement.header
            ):
                violated(f"{name} has said {guest.shown!r}, and is still waited for")

    def end(self) -> None:
        """Let the server have stopped: it has closed them all without a word."""
        self._parting = None
        if self._guests:
            violated(f"{list(self._guests)} are left on the porch")

    def _is_crowded(self) -> bool:
        there_is_no_room = self._timeline.refused_at == self._timeline.now
        return there_is_no_room or self._crowd > self._most()

    def _most(self) -> int:
        limits = self._limits
        return max(limits.unannounced, limits.connections - self._connections())
