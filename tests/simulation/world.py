"""One world: a seed, the whole server, all who come to it, and what becomes of them."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from math import inf
from random import Random
from typing import TYPE_CHECKING, cast

from tests.simulation.announcement import TRUSTED
from tests.simulation.balancer import announce
from tests.simulation.computer import WatchedBots, settings_from
from tests.simulation.descriptors import Descriptors
from tests.simulation.epoll import SimulatedEpoll
from tests.simulation.limits import HELD_OPEN, limits_from, patience, quiet_after
from tests.simulation.listener import NO_ROOM, Listener
from tests.simulation.network import Link
from tests.simulation.observer import Observer
from tests.simulation.population import HONEST, Visitor, manners, visitor
from tests.simulation.report import Report
from tests.simulation.seat import Seat
from tests.simulation.selector import agree, selector_over
from tests.simulation.stalls import stalls_of
from tests.simulation.timeline import GRAIN, Timeline, Violation, violated
from ttt_net import BotSettings, Hub, Limits, Server

if TYPE_CHECKING:
    import socket

LONGEST_WAIT = 1500.0
"""How long somebody waits for an opponent, in seconds."""

INSPECTION = 5.0
"""How often it is looked whether everybody has a deadline, in seconds."""

GRACE = 0.5
"""How much longer than it has to it may take to stop, in seconds."""

BALANCED = WITH_BOTS = 0.4
"""How likely a world is to have a balancer, and bots."""


class SimulationFailed(AssertionError):
    """In this world the server did what it must never do."""


class World:
    """Everything in it follows from the seed."""

    def __init__(self, seed: int, players: int = 300, *, with_digest: bool = False) -> None:
        self.seed = seed
        self._players = players
        self._rng = rng = Random(seed)
        self._began = rng.random() * 1e5
        self.timeline = Timeline(self._began, with_digest=with_digest)
        self._limits = limits = limits_from(rng, Random(f"times of {seed}"))
        if limits.looks < Limits().looks:
            self.timeline.slack += GRAIN  # those who are due are looked at one after the other
        # By dice of their own: worlds without them stay what they were.
        self._extras = extras = Random(f"extras of {seed}")
        self._balanced = extras.random() < BALANCED
        self._trouble = extras.choice((0.0, 0.1, 0.5, 0.8))
        bots = settings_from(extras, limits) if extras.random() < WITH_BOTS else None
        self.observer = Observer(self.timeline, limits, self._has_room, bots)
        self._hub = self._open_hub(bots)
        self._open = Descriptors()
        self._stalls = stalls_of(limits, self.timeline, Random(f"stalls of {seed}"))
        look = self.observer.look
        self._epoll = SimulatedEpoll(self.timeline, rng, self._open, look, self._stalls)
        self._selector = selector_over(self._epoll, Random(f"selector of {seed}"))
        self._listener = Listener(self.timeline, self._open, self._epoll)
        listeners = cast("list[socket.socket]", [self._listener])
        self._server = Server(
            listeners,
            self._hub,
            self._stalls.clock,
            self._selector,
            balancers=TRUSTED if self._balanced else (),
        )
        self._manners = manners(rng)
        self._visitors: Counter[str] = Counter()
        self._seats: dict[Seat[Link], Visitor] = {}
        self._coming = players
        self._gap = rng.choice((0.3, 1.0, 2.0, 5.0))
        self._plan()

    def run(self) -> Report:
        """Let it go on until the server has ended and all have gone.

        Raises SimulationFailed, which tells how to see it again.
        """
        try:
            self._server.run()
            self._judge_end()
        except (Violation, Exception) as why:
            failure = SimulationFailed(self._last_words(why))
            with suppress(Exception):  # as it has failed already
                self._close()
            raise failure from why
        self._close()
        return Report(
            worlds=1,
            players=self.observer.players,
            games=self.observer.journal.games,
            bots=0 if self.observer.computer is None else self.observer.computer.count,
            seconds=self.timeline.now - self._began,
            visitors=self._visitors,
            faults=self.timeline.faults,
            conditions=Counter(
                (type(self._selector).__name__, f"thinking {self._limits.thinking:g} s")
            ),
        )

    def _open_hub(self, bots: BotSettings | None) -> Hub:
        if bots is None:
            return Hub(self._limits, self.observer.emitted)
        return WatchedBots(bots, self._extras, self._limits, self.observer, self.timeline)

    def _close(self) -> None:
        self.observer.asleep = True
        self._server.close()

    def _has_room(self) -> bool:
        inside = self._sockets - len(self.observer.porch)
        return not self._listener.no_room and inside <= self._limits.connections

    @property
    def _sockets(self) -> int:
        """How many connections the server has not closed."""
        return len(self._open) - (self._listener.fileno() != -1)

    # What is going to happen.

    def _plan(self) -> None:
        rng, timeline = self._rng, self.timeline
        self._epoll.refuses = rng.random() < 0.2
        timeline.plan(timeline.now, self._arrive)
        timeline.plan(timeline.now, self._inspect)
        if rng.random() < 0.4:
            end = self._players * self._gap * rng.random()
            timeline.plan(timeline.now + end, self._stop)
        if rng.random() < 0.3:
            timeline.plan(timeline.now + 60 * rng.random(), self._run_out)

    def _after(self, seconds: float, act: Callable[..., None], *what: object) -> None:
        self.timeline.plan(self.timeline.now + seconds, act, *what)

    def _arrive(self) -> None:
        rng = self._rng
        for _ in range(min(self._coming, 1 if rng.random() < 0.95 else rng.randrange(2, 12))):
            self._coming -= 1
            self._connect(visitor(rng, self._manners, patience(self._limits)))
        if self._coming:
            self._after(rng.expovariate(1 / self._gap), self._arrive)
        else:
            self._look_for_quiet()

    def _connect(self, guest: Visitor) -> None:
        name = f"#{self._players - self._coming}"
        link = Link(name, guest.quality, self.timeline, self._rng, self.observer)
        if self._balanced:
            self._announce(link, guest)
        if not self._listener.connect(link):
            return
        self.timeline.note(name, f"connects: a {guest.kind}")
        self._visitors[guest.kind] += 1
        link.prompt = guest.kind == "guest"
        seat = Seat(link, guest.actor, self._leave)
        self._seats[seat] = guest
        if guest.fate is not None:
            what, after = guest.fate
            if what == "reset":
                self._after(after, link.tear)
            else:
                self._after(after, link.swallow, what == "black hole")
        if guest.client is not None:
            link.thinks = guest.client.think
            self._after(60 + LONGEST_WAIT * self._rng.random(), self._tire, seat, guest)
        seat.begin()

    def _announce(self, link: Link, guest: Visitor) -> None:
        known = announce(self._extras, guest, self._extras.randrange(1, 65536), self._trouble)
        link.announcement, link.address = known, known.address
        link.peer = known.client or known.other_end

    def _tire(self, seat: Seat[Link], guest: Visitor) -> None:
        """Let somebody go home who has not met anybody: nobody waits for ever."""
        if not seat.over and guest.client is not None and guest.client.opponent is None:
            guest.left = True
            seat.kill()

    def _run_out(self) -> None:
        """Let the system have no room for more connections, for a while, and again."""
        if not self.observer.journal.stopping:
            self._listener.no_room = self._rng.choice(NO_ROOM)
            # Who stands before the door hears nothing then, and nothing while a machine stalls.
            longest = min(4.0, 5.0 - self._stalls.longest)
            self._after(longest * self._rng.random(), self._have_room)

    def _have_room(self) -> None:
        self._listener.no_room = 0
        self._after(600 * self._rng.random(), self._run_out)

    def _look_for_quiet(self) -> None:
        if self._seats:
            self._after(10.0, self._look_for_quiet)
        else:
            self._after(quiet_after(self._limits), self._judge_quiet)

    def _stop(self) -> None:
        """Tell the server to stop; sometimes a second time, a little later."""
        self._server.stop()
        self._epoll.poke()
        self._stalls.end()
        self.timeline.note("world", "stops the server")
        if not self.observer.journal.stopping:
            self.observer.journal.stopped = self.timeline.now
            if self._rng.random() < 0.2:
                self._after(self._limits.stopping * self._rng.random(), self._stop)
        else:
            self.observer.journal.hurried = self.timeline.now

    # What has to be true then.

    def _leave(self, seat: Seat[Link]) -> None:
        """Look how the life of a client has ended."""
        guest = self._seats.pop(seat)
        client = guest.client
        if self._limits.thinking == inf:
            self._after(HELD_OPEN * self._extras.uniform(0.5, 1.0), seat.link.fade)
        if guest.kind not in HONEST or client is None or self._excuses(seat):
            return
        if seat.death is not None:
            violated(f"{seat.link.name}: {seat.death}")
        if client.gave_up:
            violated(f"{seat.link.name} has heard nothing for ten seconds")
        if not (client.result or client.farewell or guest.left):
            violated(f"{seat.link.name} has come to no end")

    def _excuses(self, seat: Seat[Link]) -> bool:
        """Whether the server had no chance to do well by this client."""
        link, journal = seat.link, self.observer.journal
        # A server that stops waits for a second or so, and not for who reads late.
        missed = journal.stopping and (not link.prompt or not link.let_in)
        return missed or journal.hurried is not None or link.name in journal.sacrificed

    def _inspect(self) -> None:
        """See to it that every session has a deadline, in the calendar of the server too."""
        if not self.observer.journal.stopping:
            leaves = self._hub._roster.deadlines._leaves
            timeless = [s for s in self._hub.sessions if s not in leaves.get(s.look, ())]
            if timeless:
                violated(f"{timeless} have no deadline")
            if self._hub.connections != self._server.connections:
                violated(f"the hub has {self._hub.connections} clients, and not as many sockets")
            agree(self._selector, self._epoll)
            self._after(INSPECTION, self._inspect)

    def _judge_quiet(self) -> None:
        """See to it that nothing is left when the last client has gone."""
        if not self.observer.journal.stopping:
            self.observer.finish()
            self._judge_rest(1)
            self._stop()

    def _judge_end(self) -> None:
        """See to it that nothing is left when the server has stopped."""
        self.observer.finish()
        due = self.observer.journal.due_to_end(self._limits) + GRACE + self._stalls.longest
        if self.timeline.now > due:
            violated(f"it took {self.timeline.now - due} s too long to stop")
        self._judge_rest(0)
        while (coming := self.timeline.next()) is not None:
            self.timeline.now = coming
            self.timeline.catch_up()
        if self._seats:
            violated("somebody goes on for ever")

    def _judge_rest(self, listeners: int) -> None:
        agree(self._selector, self._epoll)
        left = (
            self._server.connections,
            len(self._hub.sessions) if listeners else 0,
            self._sockets,
            len(self._epoll.watched()) - 1 - listeners,  # one is the bell
        )
        if any(left):
            violated(f"connections, sessions, descriptors and watches are left: {left}")
        if isinstance(self._hub, WatchedBots) and (kept := self._hub.left()):
            violated(f"bots, their links and their thoughts are left: {kept}")

    def _last_words(self, why: BaseException) -> str:
        what = why if isinstance(why, Violation) else repr(why)
        return (
            f"{self.timeline.trace}\n{what}\n"
            f"Again: python -m tests.simulation --first {self.seed} --seeds 1"
            f" --players {self._players}"
        )
