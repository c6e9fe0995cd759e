"""The ear: hears what the server says to one client, and knows whether it may, and when.

What has to be said is due in `house.py`. Here is what time decides: who is asked for a sign
of life, who may be given up, and how long a number without an end mark has to be left alone.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import NoReturn

from tests.simulation.house import House
from tests.simulation.network import SHORT_WAY, Link
from tests.simulation.talk import CONFIRMATIONS, UNFRAMED, State, Talk
from tests.simulation.timeline import Timeline, violated
from tests.simulation.unheard import is_answer
from tests.simulation.words import FULL, PARTNER_LEFT, PARTNER_TOO_SLOW, SILENT, STOPPING, TOO_SLOW
from ttt_net import Limits
from ttt_net.events import Departure

EARLY = 1e-6
"""How much earlier: the error of adding up."""

IN_TIME = 2 * SHORT_WAY
"""How much longer than its decision a prompt client's word may take, in seconds."""

MUCH = 220.0
"""How long all else may take, in seconds, until a client that reads nothing is gone."""


@dataclass(slots=True, eq=False)
class Seen:
    """What the observer knows of one connection."""

    link: Link
    talk: Talk
    prompt: bool
    """Whether the client and its network are never the reason for anything."""
    said_at: float
    heard_at: float = -1.0
    """When the server has last read what it said."""
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

    @property
    def lingers(self) -> bool:
        """Whether all has been said to it, and its end is waited for."""
        return self.ended and not (self.over or self.doomed)

    def unread(self, when: float) -> bytes:
        """Return what had come by then, and the server has not read."""
        return b"" if self.talk.is_bot else self.link.far.come_by(when)

    def fail(self, what: str) -> NoReturn:
        """Say what must not be, of whom."""
        talk = self.talk
        violated(f"{talk.name} (player {talk.number}), who {talk.state.value}: {what}")


class Ear:
    """Listens to what is said to anybody."""

    def __init__(
        self, house: House, timeline: Timeline, limits: Limits, has_room: Callable[[], bool]
    ) -> None:
        self._has_room = has_room
        self._house = house
        self._timeline = timeline
        self._limits = limits
        self._last_number = 0
        self._patience = {
            State.NUMBERED: limits.greeting,
            State.MARKED: limits.confirmation,
            State.INTRODUCED: limits.confirmation,
            State.SEATED: 2 * limits.confirmation,
        }

    def listen(self, seen: Seen, data: bytes, *, stopping: bool, draining: bool) -> None:
        """Hold `data`, which the server has said to the client, against what is due.

        A server that is `stopping` sends everybody home, and while it is `draining` nobody
        who plays.
        """
        talk, rest = seen.talk, data
        while rest:
            # A `Q` may be owed to who leaves in the same breath.
            owed = talk.owed is not None or stopping
            hasty = owed and talk.why in ("left", "lost") and rest[:1] == b"Q"
            if talk.state is State.OVER and not talk.due and not hasty:
                seen.fail(f"{rest!r} comes after the end ({talk.why})")
            if talk.state is State.NEW and (rest[:1] != b"Q" or self._has_room()):
                rest = self._number(seen, rest)
            elif rest[:1] == b"Q":
                if draining and talk.owed is None and talk.game is not None and not talk.is_bot:
                    seen.fail(f"{rest!r} is said, and its game had time to end")
                rest = self._goodbye(seen, rest, stopping=stopping)
            elif rest[:1] == b"E":
                rest = self._echo(seen, rest)
            elif talk.due and rest.startswith(talk.due[0]):
                message = talk.due.popleft()
                rest = rest[len(message) :]
                self._check_glue(seen, message, rest, data)
            else:
                seen.fail(f"{rest!r} is said where {list(talk.due)} is due")

    def _number(self, seen: Seen, data: bytes) -> bytes:
        found = re.fullmatch(rb"A([1-9][0-9]*)", data)
        if found is None or int(found[1]) <= self._last_number:
            seen.fail(f"{data!r} is no new number after {self._last_number}")
            return b""
        self._last_number = seen.talk.number = int(found[1])
        seen.talk.become(State.NUMBERED, self._timeline.now)
        return b""

    def _check_glue(self, seen: Seen, message: bytes, rest: bytes, data: bytes) -> None:
        unframed = message[:1] == b"I" and seen.talk.game is None and not seen.talk.hasty
        if seen.roomy and unframed and seen.talk.state is State.INTRODUCED and data != message:
            seen.fail(f"{message!r} is glued to something in {data!r}, then {rest!r}")

    def _echo(self, seen: Seen, data: bytes) -> bytes:
        talk, now = seen.talk, self._timeline.now
        reading = talk.state is State.WAITING or (
            talk.state is State.MARKED and talk.due and talk.due[0][:1] == b"R"
        )
        waits = talk.state is State.PLAYING and not talk.has_turn
        # A bot that moves late may do so in the same turn, and just after that: it may win, too.
        moved = talk.state in (State.PLAYING, State.OVER) and talk.due and talk.due[0][:1] == b"I"
        allowed = reading or waits or moved
        if seen.roomy and not allowed:
            seen.fail("it is sent an E where none may be")
        if seen.roomy and now - seen.said_at < self._limits.echo_every - EARLY:
            seen.fail(f"an E comes {now - seen.said_at} s after the last message")
        if seen.roomy and talk.answers_due >= self._limits.echoes_unanswered:
            seen.fail("it is asked again, and has not answered for long enough")
        talk.answers_due += 1
        return data[2:]

    def _goodbye(self, seen: Seen, data: bytes, *, stopping: bool) -> bytes:
        talk, now = seen.talk, self._timeline.now
        if talk.owed is None and not stopping and talk.state is not State.NEW:
            seen.fail(f"{data!r} is said for no reason")
        words = FULL if talk.state is State.NEW else STOPPING if talk.owed is None else talk.words
        if data[1:] != words and not (stopping and data[1:] == STOPPING):
            seen.fail(f"{data!r} is said, and {words!r} is due")
        settled = now - talk.since >= self._limits.settle - EARLY
        if talk.state in UNFRAMED and not settled:
            seen.fail(f"{data!r} is glued to a number")
        if talk.owed is None:
            self._house.vacate(talk)
        talk.due.clear()
        talk.finish("goodbye", now)
        self._house.touched[talk] = None
        return b""

    def give_up(self, seen: Seen, departure: Departure) -> None:
        """Let the server have told its log that it gives the client up because of the time."""
        talk = seen.talk
        if talk.owed is not None or talk.state in (State.OVER, State.NEW):
            seen.fail(f"it is given up ({departure.value}), and was at its end")
        if (departure is Departure.TOO_SLOW) is not talk.has_turn:
            seen.fail(f"it is given up, and the log has it that it {departure.value}")
        now, deadline = self._timeline.now, self._deadline(seen)
        if now + EARLY < deadline:
            # Where there is no room, nobody sees when an E was meant to go out.
            if seen.roomy:
                seen.fail(f"it is given up ({departure.value}), and had time")
        # A turn has its bounds: the rest of what has come is heard in the next one.
        elif not (seen.heard_at == now and seen.unread(now)):
            if seen.prompt and not self._is_too_slow(seen):
                seen.fail("it is given up, and it has always been prompt")
            if seen.roomy and is_answer(talk, unread := seen.unread(deadline)):
                seen.fail(f"it is given up, and {unread!r} had come in time")
        slow = departure is Departure.TOO_SLOW
        self._house.vacate(talk, PARTNER_TOO_SLOW if slow else PARTNER_LEFT)
        self._house.owe(talk, TOO_SLOW if slow else SILENT)

    def _deadline(self, seen: Seen) -> float:
        """Return when the server may give the client up."""
        talk, limits = seen.talk, self._limits
        if talk.state is State.PLAYING and talk.has_turn:
            return talk.since + limits.thinking
        if talk.state in (State.PLAYING, State.WAITING):
            silent = talk.answers_due >= limits.echoes_unanswered
            return seen.said_at + limits.echo_every if silent else inf
        if talk.state not in CONFIRMATIONS:
            return inf
        return talk.since + self._patience[talk.state]

    def _is_too_slow(self, seen: Seen) -> bool:
        """Whether it may be the client's turn for longer than the server waits."""
        talk = seen.talk
        thinks = seen.link.thinks + IN_TIME
        return talk.has_turn and not talk.is_bot and thinks > self._limits.thinking

    def end_of(self, seen: Seen) -> float:
        """Return when the server has to have said or ended something at the latest."""
        talk, limits = seen.talk, self._limits
        if not seen.roomy:
            return max(seen.said_at, talk.since) + limits.thinking + limits.linger + MUCH
        if talk.state is State.OVER:
            return talk.since + limits.linger
        if talk.state is State.PLAYING and talk.has_turn:
            return talk.since + limits.thinking
        if talk.state in (State.WAITING, State.PLAYING):
            return max(seen.said_at, talk.since) + limits.echo_every
        end = talk.since + self._patience.get(talk.state, 0.0)
        if talk.state is State.SEATED and (newcomer := talk.partner) is not None:
            # What the newcomer had said in time may have been heard late.
            end = max(end, newcomer.since + self._patience.get(newcomer.state, 0.0))
        if talk.owed is not None and talk.soon:
            end = min(end, talk.owed + limits.settle)
        return end
