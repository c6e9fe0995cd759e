"""The observer: stands between the server and its sockets and knows what must never be.

It sees each byte that the server reads and each that it says. One turn of the server is
what it says between two readings. `house.py` knows what has to be said then; here is when.
"""

import re
from dataclasses import dataclass, field

from tests.simulation.house import UNFRAMED, Game, House, State, Talk
from tests.simulation.network import Link
from tests.simulation.selector import LONGEST_STALL
from tests.simulation.timeline import Timeline, Violation
from ttt_net import Event, Limits
from ttt_net.events import GameEnded, SessionFailed

SLACK = LONGEST_STALL + 0.3
"""How much later than its time something may happen: a stall, and the grain of the server's
deadlines."""

EARLY = 1e-6
"""How much earlier: the error of adding up."""

STEPS = 2
"""How many steps a loss that is noticed at the end of one may take until all are told."""

FOREVER = 400.0
"""Seconds after which even a client that reads nothing must be gone."""


@dataclass(slots=True, eq=False)
class Seen:
    """What the observer knows of one connection."""

    link: Link
    talk: Talk
    prompt: bool
    """Whether the client and its network are never the reason for anything."""
    said_at: float
    unsent: bytes = b""
    ended: bool = False
    over: bool = False
    """Whether the client's side has ended, as far as the server has been told."""
    doomed: bool = False
    """Whether a sending has failed: the server is going to find out."""
    late: int = 0
    """How many steps it has been waiting for what is due."""

    @property
    def roomy(self) -> bool:
        """Whether there is always room for all that a session says."""
        return self.link.quality.window > 1000


@dataclass(slots=True)
class _Turn:
    """What the server has said since it last read something."""

    said: list[tuple[Seen, bytes]] = field(default_factory=list)


class Observer:
    """Holds what the server does against what it has to do."""

    def __init__(self, timeline: Timeline, limits: Limits) -> None:
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
        self._seen: dict[str, Seen] = {}
        self._by_talk: dict[Talk, Seen] = {}
        self._turn = _Turn()
        self._due: dict[Seen, None] = {}
        self._limbo: dict[Seen, int] = {}
        """Who is lost as a sending has shown; for so many steps the server, which looks at
        its losses last of all, may have gone on with the game."""
        self._last_number = 0
        self._results: dict[tuple[int, int], tuple[tuple[int, ...], str | None]] = {}
        self._refused: set[str] = set()
        self._patience = {
            State.NUMBERED: limits.greeting,
            State.MARKED: limits.confirmation,
            State.INTRODUCED: limits.confirmation,
            State.SEATED: 2 * limits.confirmation,
        }

    # What the network shows.

    def accepted(self, link: Link) -> None:
        """A connection is the server's from now on."""
        self._think()
        now = self._timeline.now
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
            self._fail(seen, f"{data!r} does not begin with {seen.unsent!r}, which was left")
        new = data[len(seen.unsent) :]
        seen.unsent = data[taken:]
        if len(seen.unsent) > self._limits.unsent_bytes:
            seen.doomed = True
            self._limbo.setdefault(seen, 0)
        if new:
            self._turn.said.append((seen, new))

    def ended(self, link: Link) -> None:
        """The server has ended its side."""
        seen = self._seen[link.name]
        if seen.unsent:
            self._fail(seen, f"the stream ends before {seen.unsent!r}")
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
        if seen.doomed or talk.name in self._refused:
            self._house.now = self._timeline.now
            self._house.lose(talk)
            self._take_touched()
        elif talk.state is not State.OVER:
            if seen.roomy and not self.hurried:
                self._fail(seen, "its socket is closed without a word")
        elif not seen.over and not lingered and not self.stopping:
            self._fail(seen, "its socket is closed while it may still be reading")

    def emitted(self, event: Event) -> None:
        """The server has told its log of `event`."""
        if isinstance(event, SessionFailed):
            if event.player is not None or not isinstance(event.error, OSError):
                raise Violation(f"a bug: {event.error!r}") from event.error
            self._refused.add(next(reversed(self._seen)))
        elif isinstance(event, GameEnded):
            self.games += 1
            winner = event.outcome.winner
            self._result((event.x, event.o), tuple(event.moves), winner and winner.value)

    def has_refused(self, link: Link) -> bool:
        """Whether the system had no room to watch this connection."""
        return link.name in self._refused

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
                    self._fail(seen, self._debt(seen))

    def finish(self) -> None:
        """Look at what is left when the server has ended."""
        self.look()
        if self._seen:
            self._fail(next(iter(self._seen.values())), "its socket is left open")
        if self._results and not self.stopping:
            raise Violation(f"not both have it that these games ended: {self._results}")

    # One turn.

    def _think(self) -> None:
        """Hold what was said in the last turn against what was due."""
        said = self._turn.said
        if not said:
            return
        self._turn = _Turn()
        self._house.now = self._timeline.now
        # Who goes is said after what follows from that: so look for who goes first.
        for seen, data in said:
            if b"Q" in data and seen.talk.owed is None and seen.talk.state is not State.OVER:
                self._find_reason(seen)
        for seen, data in said:
            if not seen.doomed:
                self._listen(seen, data)
            seen.said_at = self._timeline.now
        self._take_touched()

    def _find_reason(self, seen: Seen) -> None:
        """Find out whether the partner or the time is why the client is told `Q`."""
        talk = seen.talk
        if talk.partner is not None and self._by_talk[talk.partner].doomed:
            self._house.lose(talk.partner)
        elif self._time_is_over(seen):
            self._house.vacate(talk)
            self._house.owe(talk)

    def _listen(self, seen: Seen, data: bytes) -> None:
        talk, rest = seen.talk, data
        while rest:
            if talk.state is State.OVER and not talk.due:
                self._fail(seen, f"{rest!r} comes after the end ({talk.why})")
            if talk.state is State.NEW:
                rest = self._number(seen, rest)
            elif rest[:1] == b"Q":
                rest = self._goodbye(seen, rest)
            elif rest[:1] == b"E":
                rest = self._echo(seen, rest)
            elif talk.due and rest.startswith(talk.due[0]):
                message = talk.due.popleft()
                rest = rest[len(message) :]
                self._check_glue(seen, message, rest, data)
            else:
                self._fail(seen, f"{rest!r} is said where {list(talk.due)} is due")

    def _number(self, seen: Seen, data: bytes) -> bytes:
        found = re.fullmatch(rb"A([1-9][0-9]*)", data)
        if found is None or int(found[1]) <= self._last_number:
            self._fail(seen, f"{data!r} is no new number after {self._last_number}")
            return b""
        self._last_number = seen.talk.number = int(found[1])
        seen.talk.become(State.NUMBERED, self._timeline.now)
        return b""

    def _check_glue(self, seen: Seen, message: bytes, rest: bytes, data: bytes) -> None:
        unframed = message[:1] == b"I" and seen.talk.game is None and not seen.talk.hasty
        if seen.roomy and unframed and seen.talk.state is State.INTRODUCED and data != message:
            self._fail(seen, f"{message!r} is glued to something in {data!r}, then {rest!r}")

    def _echo(self, seen: Seen, data: bytes) -> bytes:
        talk, now = seen.talk, self._timeline.now
        reading = talk.state is State.WAITING or (
            talk.state is State.MARKED and talk.due and talk.due[0][:1] == b"R"
        )
        if not reading and (talk.state is not State.PLAYING or talk.has_turn):
            self._fail(seen, "it is sent an E where none may be")
        if seen.roomy and now - seen.said_at < self._limits.echo_every - EARLY:
            self._fail(seen, f"an E comes {now - seen.said_at} s after the last message")
        if talk.answers_due >= self._limits.echoes_unanswered:
            self._fail(seen, "it is asked again, and has not answered for long enough")
        talk.answers_due += 1
        return data[2:]

    def _goodbye(self, seen: Seen, data: bytes) -> bytes:
        talk, now = seen.talk, self._timeline.now
        if talk.owed is None and not self.stopping:
            self._fail(seen, f"{data!r} is said for no reason")
        if talk.state in UNFRAMED and now - talk.since < self._limits.settle - EARLY:
            self._fail(seen, f"{data!r} is glued to a number")
        if talk.owed is None:
            self._house.vacate(talk)
        talk.due.clear()
        talk.finish("goodbye", now)
        self._due[seen] = None
        return b""

    def _time_is_over(self, seen: Seen) -> bool:
        """Whether the server may give the client up because of the time."""
        talk = seen.talk
        now, limits = self._timeline.now + EARLY, self._limits
        if talk.state is State.PLAYING and talk.has_turn:
            over = now - talk.since >= limits.thinking
        elif talk.state in (State.PLAYING, State.WAITING):
            silent = talk.answers_due >= limits.echoes_unanswered
            over = silent and now - seen.said_at >= limits.echo_every
        elif talk.state in (State.NUMBERED, State.MARKED, State.INTRODUCED):
            other = talk.partner
            over = now - talk.since >= self._patience[talk.state] or (
                other is not None
                and other.state is State.SEATED
                and now - other.since >= self._patience[State.SEATED]
            )
        else:
            over = False
        if over and seen.prompt:
            self._fail(seen, "it is given up, and it has always been prompt")
        return over

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

    def _result(
        self, pair: tuple[int, int], moves: tuple[int, ...], winner: str | None
    ) -> None:
        """Hold what the server and the model have as the end of a game together."""
        known = self._results.pop(pair, None)
        if known is None:
            self._results[pair] = (moves, winner)
        elif known != (moves, winner) and not self.stopping:
            raise Violation(f"the game of {pair} was {known} to one and {moves, winner} to another")

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
        now, end = self._timeline.now, self._end_of(seen) + SLACK
        if now > end and not self.stopping:
            self._think()
            if now > self._end_of(seen) + SLACK:
                self._fail(seen, f"its time was over at {end}")
        self._timeline.plan(max(end, now) + 0.001, self._look_at, seen)

    def _end_of(self, seen: Seen) -> float:
        """Return when the server has to have said or ended something at the latest."""
        talk = seen.talk
        if not seen.roomy:
            return talk.since + FOREVER
        if talk.state is State.OVER:
            return talk.since + self._limits.linger
        if talk.state is State.PLAYING and talk.has_turn:
            return talk.since + self._limits.thinking
        if talk.state in (State.WAITING, State.PLAYING):
            return max(seen.said_at, talk.since) + self._limits.echo_every
        return talk.since + self._patience.get(talk.state, 0.0)

    def _fail(self, seen: Seen, what: str) -> None:
        talk = seen.talk
        raise Violation(f"{talk.name} (player {talk.number}), who {talk.state.value}: {what}")

