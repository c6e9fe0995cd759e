"""The computer as an opponent: a hub that shows what it does, and when it may do so.

A bot has no socket. What it is told and what it says goes the same way past the observer as
with everybody else, so all that holds for a client holds for a bot, too; here is what holds
for bots alone.
"""

from random import Random
from typing import Protocol

from tests.simulation.ear import EARLY
from tests.simulation.house import House
from tests.simulation.network import Link, Quality, Watch
from tests.simulation.talk import State, Talk
from tests.simulation.timeline import Timeline, violated
from ttt_core import Level
from ttt_net import BotSettings, Event, HubWithBots, Limits, Session
from ttt_net.bots import _Bot
from ttt_net.events import BotJoined, GameEnded

PEER = "the computer"
"""How the log calls it."""


class BotWatch(Watch, Protocol):
    """Whoever sees what a bot does, and what the log is told."""

    def emitted(self, event: Event) -> None: ...
    def entered(self, link: Link) -> None: ...
    def dismissed(self, link: Link) -> None: ...


class WatchedBots(HubWithBots):
    """A hub with bots that somebody watches."""

    def __init__(
        self,
        settings: BotSettings,
        dice: Random,
        limits: Limits,
        watch: BotWatch,
        timeline: Timeline,
    ) -> None:
        super().__init__(settings, dice, limits, watch.emitted)
        self._watch = watch
        self._timeline = timeline
        self._links: dict[Session, Link] = {}

    def _hear(self, bot: _Bot, now: float) -> None:
        session = bot.session
        link = self._links.get(session)
        if link is None:
            quality = Quality(0.0, 1 << 16, cuts=False)
            link = Link(f"@{session.number}", quality, self._timeline, Random(0), self._watch)
            link.prompt, link.peer = True, PEER
            self._links[session] = link
            self._watch.entered(link)
        if session.outgoing:
            self._timeline.note(link.name, "<", session.outgoing)
            self._watch.said(link, session.outgoing, len(session.outgoing))
        super()._hear(bot, now)

    def _answer(self, bot: _Bot, now: float) -> None:
        said = bot.client.outgoing
        if said:
            link = self._links[bot.session]
            self._timeline.note(link.name, ">", said)
            self._watch.heard(link, said)
        super()._answer(bot, now)

    def _dismiss(self, session: Session) -> None:
        link = self._links.pop(session)
        self._timeline.note(link.name, "is dismissed")
        self._watch.dismissed(link)
        super()._dismiss(session)

    def left(self) -> tuple[int, ...]:
        """Return what is left of bots, or nothing."""
        left = (len(self._bots), len(self._links), len(self._thinking))
        return left if any(left) else ()


class Computer:
    """Knows when bots have to come, to move and to win."""

    def __init__(self, settings: BotSettings, timeline: Timeline, house: House) -> None:
        self.bots: dict[int, Talk] = {}
        """Those who are there."""
        self.count = 0
        """How many have come."""
        self._settings = settings
        self._timeline = timeline
        self._house = house
        self._expected = 0

    def joined(self, event: BotJoined) -> None:
        """Let the log have been told of a bot: it may only come for who waits, and alone."""
        waiting = self._house.waiting
        if waiting is None or waiting.number != event.waited:
            violated(f"{event}, and not for {waiting and waiting.number}, who waits")
        early = waiting.since + self._settings.after - self._timeline.now
        if early > EARLY:
            violated(f"{event}, {early} s too early")
        self._expected = event.bot

    def entered(self, talk: Talk) -> None:
        """Let a bot be there."""
        if not self._expected:
            violated("a bot is there of which the log has not been told")
        talk.is_bot = True
        self.bots[self._expected] = talk
        self._expected = 0
        self.count += 1

    def left(self, talk: Talk) -> None:
        """Let a bot be gone."""
        del self.bots[talk.number]

    def says(self, talk: Talk, data: bytes) -> None:
        """Look whether a bot has thought for as long as it is to."""
        early = talk.since + self._settings.thinks - self._timeline.now
        if data[:1] == b"i" and early > EARLY:
            violated(f"bot {talk.number} says {data!r} {early} s too early")

    def ended(self, event: GameEnded) -> None:
        """See to it that who makes no mistake loses no game."""
        winner = event.outcome.winner
        loser = winner and (event.o if winner.value == "X" else event.x)
        if loser in self.bots and self._settings.level is Level.PERFECT:
            violated(f"the computer makes no mistake, and loses: {event}")

    def look(self) -> None:
        """Look at what is due."""
        slack = self._timeline.slack
        now, settings, waiting = self._timeline.now, self._settings, self._house.waiting
        if waiting is not None and waiting.is_bot:
            violated(f"bot {waiting.number} waits for somebody")
        if waiting is not None:
            due = max(waiting.since + settings.after, self._house.alone_since)
            if now > due + slack:
                violated(f"no bot comes for {waiting.number}, and was due at {due}")
        for talk in self.bots.values():
            late = now - talk.since - settings.thinks
            if talk.state is State.PLAYING and talk.has_turn and late > slack:
                violated(f"bot {talk.number} does not move, and was to {late} s ago")


def settings_from(rng: Random, limits: Limits) -> BotSettings:
    """Choose when bots come, and how they play."""
    longest = min(limits.thinking, 120.0) - 0.1  # which leaves it hardly any time to move
    return BotSettings(
        after=rng.choice((0.0, 0.3, 2.0, 7.0, 15.0, 40.0)),
        level=rng.choice((Level.PERFECT, Level.HUMAN)),
        thinks=min(longest, rng.choice((0.0, 0.5, 1.0, 8.0, 30.0, longest))),
    )
