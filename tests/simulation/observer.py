"""The observer: stands between the server and its sockets and knows what must never be.

It sees each byte that the server reads and each that it says. One turn of the server is
what it says between two readings. `house.py` knows what has to be said then; here is when.
"""

from collections.abc import Callable
from math import inf

from tests.simulation.computer import Computer
from tests.simulation.debts import Debts, Limbo
from tests.simulation.ear import EARLY, Ear, Seen
from tests.simulation.house import House
from tests.simulation.journal import Journal
from tests.simulation.network import Link
from tests.simulation.porch import Porch
from tests.simulation.room import Room
from tests.simulation.talk import State, Talk
from tests.simulation.timeline import Timeline
from ttt_net import BotSettings, Event, Limits
from ttt_net.events import BotJoined, Departure, PlayerLeft

LOOK_AGAIN = 60.0
"""How soon somebody is looked at again who may take for ever, in seconds."""


class Observer:
    """Holds what the server does against what it has to do."""

    def __init__(
        self,
        timeline: Timeline,
        limits: Limits,
        has_room: Callable[[], bool],
        bots: BotSettings | None = None,
    ) -> None:
        """Let `has_room` say whether one more connection could be had."""
        self.asleep = False
        """Whether the world is at its end, whatever the end."""
        self.players = 0
        """How many connections were let in."""
        self._timeline = timeline
        self._limits = limits
        self._house = House()
        self.porch = Porch(timeline, limits, self._people)
        self.computer = None if bots is None else Computer(bots, timeline, self._house)
        """What is known of the bots, if there are any."""
        self.journal = Journal(timeline, self.porch, self.computer)
        self._ear = Ear(self._house, timeline, limits, has_room)
        self._seen: dict[str, Seen] = {}
        self._by_talk: dict[Talk, Seen] = {}
        self._turn: list[tuple[Seen, bytes]] = []
        """What the server has said since it last read something."""
        self._debts = Debts()
        self._limbo = Limbo()
        self._room = Room(timeline, self.journal, self.porch, self._seen, has_room)

    # What the network shows.

    def accepted(self, link: Link) -> None:
        """A connection is the server's from now on."""
        self._think()
        self.journal.at_hand = link
        if link.announcement is None:
            self._let_in(link)
        else:
            self.porch.enter(link, link.announcement)

    def refused(self, link: Link) -> None:
        """The system has no room to watch the connection."""
        self._room.refused(link)

    def watched(self, link: Link) -> None:
        """The system watches the connection, if only after somebody gave way."""
        self._room.watched(link)

    def entered(self, link: Link) -> None:
        """A bot is there."""
        self._think()
        assert self.computer is not None
        self.computer.entered(self._open(link).talk)

    def _let_in(self, link: Link) -> None:
        link.let_in = True
        self.players += 1
        self._open(link)

    def _open(self, link: Link) -> Seen:
        now = self._timeline.now
        self._room.comes()
        talk = Talk(link.name, now)
        seen = Seen(link, talk, link.prompt, now)
        self._seen[link.name] = self._by_talk[talk] = seen
        self._debts.add(seen)
        self._timeline.plan(now + 1.0, self._look_at, seen)
        return seen

    def peeked(self, link: Link, data: bytes) -> None:
        """The server has looked at `data`, or at the end of stream, and left it there."""
        self._think()
        self.porch.peeked(link, data)

    def heard(self, link: Link, data: bytes) -> None:
        """The server has read `data`, or the end of stream."""
        self._think()
        self._house.now = self._timeline.now
        if link in self.porch:
            if self.porch.heard(link, data):
                self.journal.at_hand = link
                self._let_in(link)
            return
        seen = self._seen[link.name]
        seen.heard_at = self._timeline.now
        if self.computer is not None and seen.talk.is_bot:
            self.computer.says(seen.talk, data)
        if data:
            self._house.hear(seen.talk, data)
        else:
            seen.over = True
            if seen.talk.state is not State.OVER:
                self._house.lose(seen.talk)
        self._take_touched()

    def lost(self, link: Link, *, sending: bool) -> None:
        """The server has been told that the connection is over."""
        self._think()
        self._house.now = self._timeline.now
        if link in self.porch:
            self.porch.lost(link)
            return
        seen = self._seen[link.name]
        seen.over = seen.doomed = True
        partner = seen.talk.partner
        if sending and partner is not None and partner.state is not State.WAITING:
            self._limbo.add(seen)
        else:
            self._house.lose(seen.talk)
        self._take_touched()

    def said(self, link: Link, data: bytes, taken: int) -> None:
        """The server has offered `data`, of which the network took `taken` bytes."""
        if link in self.porch:
            self.porch.said(link, data)
        seen = self._seen[link.name]
        if not data.startswith(seen.unsent):
            seen.fail(f"{data!r} does not begin with {seen.unsent!r}, which was left")
        new = data[len(seen.unsent) :]
        seen.unsent = data[taken:]
        if len(seen.unsent) > self._limits.unsent_bytes:
            seen.doomed = True
            self._limbo.add(seen)
        if new:
            self._turn.append((seen, new))

    def ended(self, link: Link) -> None:
        """The server has ended its side."""
        seen = self._seen[link.name]
        if seen.unsent:
            seen.fail(f"the stream ends before {seen.unsent!r}")
        seen.ended = True

    def closed(self, link: Link) -> None:
        """The server has closed the socket."""
        if self.asleep:
            return
        self._think()
        self._room.closed(link)
        if link in self.porch:
            self.porch.closed(link)
            return
        seen = self._seen.pop(link.name)
        self.journal.strike_off(seen)
        del self._by_talk[seen.talk]
        self._debts.drop(seen)
        self._limbo.drop(seen)
        talk = seen.talk
        lingered = self._timeline.now - talk.since >= self._limits.linger - EARLY
        if seen.doomed or talk.name in self.journal.sacrificed:
            self._house.now = self._timeline.now
            self._house.lose(talk)
            self._take_touched()
        elif talk.state is not State.OVER:
            if seen.roomy and self.journal.hurried is None:
                seen.fail("its socket is closed without a word")
        elif not (seen.over or lingered or self._has_had(self._limits.stopping)):
            # Where there is no room to send, the time began before the last word was seen.
            if seen.roomy and self._room.was_there:
                seen.fail("its socket is closed while it may still be reading")
            self.journal.sacrificed.add(talk.name)

    def dismissed(self, link: Link) -> None:
        """A bot is not needed any more."""
        self._think()
        self._house.now = self._timeline.now
        seen = self._seen[link.name]
        seen.over = True
        self._take_touched()
        self.closed(link)
        assert self.computer is not None
        self.computer.left(seen.talk)

    def emitted(self, event: Event) -> None:
        """The server has told its log of `event`."""
        if isinstance(event, BotJoined | PlayerLeft):
            self._think()
            self._house.now = self._timeline.now
        if isinstance(event, PlayerLeft):
            for seen in self._seen.values():
                if seen.talk.number == event.player:
                    self._left(seen, event.departure)
            self._take_touched()
        self.journal.emitted(event)

    def _left(self, seen: Seen, departure: Departure) -> None:
        """See what the log was told: in which order many go together, only the server knows."""
        talk = seen.talk
        if departure in (Departure.SILENT, Departure.TOO_SLOW):
            self._ear.give_up(seen, departure)
        elif seen.doomed:
            self._house.lose(talk)
        self.journal.left(seen, departure)

    # What the selector and the end of the world ask for.

    def look(self) -> None:
        """Look at what is still due: the server has done all that it can do now."""
        self._think()
        for seen in self._limbo.take_over():
            self._house.lose(seen.talk)
        self._take_touched()
        if not self.journal.stopping:
            self.porch.look()
            if self.computer is not None:
                self.computer.look()
        self._debts.look(stopping=self.journal.stopping)

    def finish(self) -> None:
        """Look at what is left when the last client has gone, or the server has ended."""
        self.look()
        self.porch.end()
        if self._seen:
            next(iter(self._seen.values())).fail("its socket is left open")
        self.journal.finish()

    # One turn.

    def _think(self) -> None:
        """Hold what was said in the last turn against what was due."""
        said = self._turn
        if not said:
            return
        self._turn = []
        self._house.now = self._timeline.now
        stopping = self.journal.stopping
        draining = stopping and not self._has_had(self._limits.drain)
        for seen, data in said:
            if not seen.doomed:
                self._ear.listen(seen, data, stopping=stopping, draining=draining)
            seen.said_at = self._timeline.now
        self._take_touched()

    def _has_had(self, seconds: float) -> bool:
        """Whether the server was told to stop so many seconds ago, or to stop at once."""
        stopped = self.journal.stopped
        done = stopped is not None and self._timeline.now >= stopped + seconds - EARLY
        return done or self.journal.hurried is not None

    def _people(self) -> int:
        return len(self._seen) - (len(self.computer.bots) if self.computer else 0)

    # What is due.

    def _take_touched(self) -> None:
        touched = self._house.touched
        for talk in touched:
            seen = self._by_talk.get(talk)
            if seen is not None:
                self._debts.add(seen)
        touched.clear()
        for game in self._house.ended:
            self.journal.result((game.x.number, game.o.number), game.moves, game.winner)
        self._house.ended.clear()

    def _look_at(self, seen: Seen) -> None:
        """See to it that each session has a deadline."""
        if seen.talk.name not in self._seen:
            return
        slack = self._timeline.slack
        now, end = self._timeline.now, self._ear.end_of(seen) + slack
        if now > end and not self.journal.stopping:
            self._think()
            if now > self._ear.end_of(seen) + slack:
                seen.fail(f"its time was over at {end}")
        again = now + LOOK_AGAIN if end == inf else max(end, now) + 0.001
        self._timeline.plan(again, self._look_at, seen)
