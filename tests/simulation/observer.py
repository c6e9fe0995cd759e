"""The observer: stands between the server and its sockets and knows what must never be.

It sees each byte that the server reads and each that it says. One turn of the server is
what it says between two readings. `house.py` knows what has to be said then; here is when.
"""

from collections.abc import Callable

from tests.simulation.ear import EARLY, SLACK, Ear, Seen
from tests.simulation.house import UNFRAMED, House, State, Talk
from tests.simulation.network import Link
from tests.simulation.timeline import Timeline, violated
from ttt_net import Event, Limits
from ttt_net.events import GameEnded, SessionFailed

STEPS = 2
"""How many steps a loss that is noticed at the end of one may take until all are told."""


class Observer:
    """Holds what the server does against what it has to do."""

    def __init__(self, timeline: Timeline, limits: Limits, has_room: Callable[[], bool]) -> None:
        """Let `has_room` say whether one more connection could be had."""
        self.asleep = False
        """Whether the world is at its end, whatever the end."""
        self.stopping = self.hurried = False
        """Whether the server was told to stop, and whether twice."""
        self.games = 0
        """How many games have ended."""
        self.players = 0
        """How many connections were accepted."""
        self._timeline = timeline
        self._limits = limits
        self._house = House()
        self._ear = Ear(self._house, timeline, limits, has_room)
        self._seen: dict[str, Seen] = {}
        self._by_talk: dict[Talk, Seen] = {}
        self._turn: list[tuple[Seen, bytes]] = []
        """What the server has said since it last read something."""
        self._due: dict[Seen, None] = {}
        self._limbo: dict[Seen, int] = {}
        """Who is lost as a sending has shown; for so many steps the server, which looks at
        its losses last of all, may have gone on with the game."""
        self._results: dict[tuple[int, int], tuple[tuple[int, ...], str | None]] = {}
        self._has_room = has_room
        self._crowded_at = -1.0
        """When there was last no room for somebody who came."""
        self._sacrificed: set[str] = set()
        """Whom the server has closed for want of room: watched by nobody, or lingering."""

    # What the network shows.

    def accepted(self, link: Link) -> None:
        """A connection is the server's from now on."""
        self._think()
        now = self._timeline.now
        if not self._has_room():
            self._crowded_at = now
        talk = Talk(link.name, now)
        seen = Seen(link, talk, link.prompt, now)
        self._seen[link.name] = self._by_talk[talk] = seen
        self._due[seen] = None
        self.players += 1
        self._timeline.plan(now + 1.0, self._look_at, seen)

    def heard(self, link: Link, data: bytes) -> None:
        """The server has read `data`, or the end of stream."""
        self._think()
        self._house.now = self._timeline.now
        seen = self._seen[link.name]
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
        seen = self._seen[link.name]
        seen.over = seen.doomed = True
        partner = seen.talk.partner
        if sending and partner is not None and partner.state is not State.WAITING:
            self._limbo.setdefault(seen, 0)
        else:
            self._house.lose(seen.talk)
        self._take_touched()

    def said(self, link: Link, data: bytes, taken: int) -> None:
        """The server has offered `data`, of which the network took `taken` bytes."""
        seen = self._seen[link.name]
        if not data.startswith(seen.unsent):
            seen.fail(f"{data!r} does not begin with {seen.unsent!r}, which was left")
        new = data[len(seen.unsent) :]
        seen.unsent = data[taken:]
        if len(seen.unsent) > self._limits.unsent_bytes:
            seen.doomed = True
            self._limbo.setdefault(seen, 0)
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
        seen = self._seen.pop(link.name)
        del self._by_talk[seen.talk]
        self._due.pop(seen, None)
        self._limbo.pop(seen, None)
        talk = seen.talk
        lingered = self._timeline.now - talk.since >= self._limits.linger - EARLY
        if seen.doomed or talk.name in self._sacrificed:
            self._house.now = self._timeline.now
            self._house.lose(talk)
            self._take_touched()
        elif talk.state is not State.OVER:
            if seen.roomy and not self.hurried:
                seen.fail("its socket is closed without a word")
        elif not seen.over and not lingered and not self.stopping:
            # Where there is no room to send, the time began before the last word was seen.
            if seen.roomy and self._has_room() and self._crowded_at != self._timeline.now:
                seen.fail("its socket is closed while it may still be reading")
            self._sacrificed.add(talk.name)

    def emitted(self, event: Event) -> None:
        """The server has told its log of `event`."""
        if isinstance(event, SessionFailed):
            if event.player is not None or not isinstance(event.error, OSError):
                violated(f"a bug: {event.error!r}")
            self._sacrificed.add(next(reversed(self._seen)))
        elif isinstance(event, GameEnded):
            self.games += 1
            winner = event.outcome.winner
            self._result((event.x, event.o), tuple(event.moves), winner and winner.value)

    def has_sacrificed(self, link: Link) -> bool:
        """Whether there was no room for this connection, or not for as long as it needs."""
        return link.name in self._sacrificed

    # What the selector and the end of the world ask for.

    def look(self) -> None:
        """Look at what is still due: the server has done all that it can do now."""
        self._think()
        for seen in list(self._limbo):
            self._limbo[seen] += 1
            if self._limbo[seen] >= STEPS:
                del self._limbo[seen]
                self._house.lose(seen.talk)
        self._take_touched()
        for seen in list(self._due):
            if self._is_done(seen):
                del self._due[seen]
                seen.late = 0
            else:
                seen.late += 1
                if seen.late > STEPS:
                    seen.fail(self._debt(seen))

    def finish(self) -> None:
        """Look at what is left when the last client has gone, or the server has ended."""
        self.look()
        if self._seen:
            next(iter(self._seen.values())).fail("its socket is left open")
        if self._results and not self.stopping:
            violated(f"not both have it that these games ended: {self._results}")

    # One turn.

    def _think(self) -> None:
        """Hold what was said in the last turn against what was due."""
        said = self._turn
        if not said:
            return
        self._turn = []
        self._house.now = self._timeline.now
        # Who goes is said after what follows from that: so look for who goes first.
        goodbyes = [seen for seen, data in said if b"Q" in data]
        for seen in goodbyes:
            self._find_reason(seen, self._ear.time_is_over)
        # Where there is no room, nobody sees when an E was meant to go out.
        for seen in goodbyes:
            self._find_reason(seen, lambda one: not one.roomy)
        for seen, data in said:
            if not seen.doomed:
                self._ear.listen(seen, data, stopping=self.stopping)
            seen.said_at = self._timeline.now
        self._take_touched()

    def _find_reason(self, seen: Seen, is_given_up: Callable[[Seen], bool]) -> None:
        """Find out whether the partner or the time is why the client is told `Q`."""
        talk = seen.talk
        if talk.owed is not None or talk.state in (State.OVER, State.NEW):
            return
        partner = None if talk.partner is None else self._by_talk[talk.partner]
        if partner is not None and partner.doomed:
            self._house.lose(partner.talk)
        elif partner is not None and not partner.roomy and is_given_up(partner):
            # Its own goodbye waits for room, and nobody sees it.
            self._house.vacate(partner.talk)
            self._house.owe(partner.talk)
        elif is_given_up(seen):
            self._house.vacate(talk)
            self._house.owe(talk)

    # What is due.

    def _take_touched(self) -> None:
        touched = self._house.touched
        for talk in touched:
            seen = self._by_talk.get(talk)
            if seen is not None:
                self._due[seen] = None
        touched.clear()
        for game in self._house.ended:
            self._result((game.x.number, game.o.number), game.moves, game.winner)
        self._house.ended.clear()

    def _result(self, pair: tuple[int, int], moves: tuple[int, ...], winner: str | None) -> None:
        """Hold what the server and the model have as the end of a game together."""
        known = self._results.pop(pair, None)
        if known is None:
            self._results[pair] = (moves, winner)
        elif known != (moves, winner) and not self.stopping:
            violated(f"the game of {pair} was {known} to one and {moves, winner} to another")

    def _is_done(self, seen: Seen) -> bool:
        talk = seen.talk
        if seen.doomed or not seen.roomy or self.stopping:
            return True
        if talk.state is State.OVER:
            return not talk.due and (seen.ended or seen.over)
        waits = talk.owed is not None and talk.state not in UNFRAMED
        return not talk.due and not waits and talk.state is not State.NEW

    def _debt(self, seen: Seen) -> str:
        talk = seen.talk
        if talk.due:
            return f"{list(talk.due)} is due, and not said"
        if talk.state is State.OVER:
            return f"the end of stream is due ({talk.why})"
        return "a Q is due, and not said" if talk.owed is not None else "a number is due"

    def _look_at(self, seen: Seen) -> None:
        """See to it that each session has a deadline."""
        if seen.talk.name not in self._seen:
            return
        now, end = self._timeline.now, self._ear.end_of(seen) + SLACK
        if now > end and not self.stopping:
            self._think()
            if now > self._ear.end_of(seen) + SLACK:
                seen.fail(f"its time was over at {end}")
        self._timeline.plan(max(end, now) + 0.001, self._look_at, seen)
