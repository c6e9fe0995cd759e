"""The journal: what the server tells its log, held against what there was to tell."""

from collections import Counter
from typing import TYPE_CHECKING

from tests.simulation.computer import Computer
from tests.simulation.ear import Seen
from tests.simulation.porch import Porch
from tests.simulation.timeline import Timeline, violated
from tests.simulation.words import UNEXPECTED
from ttt_net import Event, Limits
from ttt_net.events import (
    AcceptFailed,
    BotJoined,
    ClientConnected,
    ConnectionRefused,
    Departure,
    GameEnded,
    MessageUnexpected,
    MoveRefused,
    SessionFailed,
    TurnedAway,
)

if TYPE_CHECKING:
    from tests.simulation.network import Link


class Journal:
    """Holds events against each other and against what was seen."""

    def __init__(self, timeline: Timeline, porch: Porch, computer: Computer | None) -> None:
        self.games = 0
        """How many games have ended."""
        self.at_hand: Link | None = None
        """Whom the server has accepted last, or has read the header of."""
        self.sacrificed: set[str] = set()
        """Whom the server has closed for want of room: watched by nobody, or lingering."""
        self.stopped: float | None = None
        """When the server was told to stop."""
        self.hurried: float | None = None
        """When it was told so a second time."""
        self._last_end = 0.0
        """When the last game has ended."""
        self._timeline = timeline
        self._porch = porch
        self._computer = computer
        self._peers: dict[int, str] = {}
        """The addresses of the players who are there, as the log has them."""
        self._departed: set[int] = set()
        """Those of whose going the log has been told, and who are still there."""
        self._told = Counter[tuple[int, type[Event]]]()
        """How often the log has been told so of a player."""
        self._results: dict[tuple[int, int], tuple[tuple[int, ...], str | None]] = {}
        """How games have ended that only the server or only the model has at an end."""

    @property
    def stopping(self) -> bool:
        """Whether the server was told to stop."""
        return self.stopped is not None

    def due_to_end(self, limits: Limits) -> float:
        """Return when the server, which was told to stop, has nothing more to wait for."""
        assert self.stopped is not None
        if self.hurried is not None:
            return self.hurried
        played_on = max(0.0, self._last_end - self.stopped)
        return self.stopped + min(limits.drain, played_on) + limits.stopping

    def emitted(self, event: Event) -> None:
        """The server has told its log of `event`."""
        self._tally(event)
        match event:
            case SessionFailed():
                violated(f"a bug: {event.error!r}")
            case AcceptFailed() if self._timeline.refused_at != self._timeline.now:
                violated(f"nothing was refused, and the log has it: {event}")
            case ConnectionRefused():
                self._refuse(event)
            case ClientConnected(player, peer):
                self._peers[player] = peer
            case TurnedAway(peer) if self.at_hand is None or peer != self.at_hand.peer:
                violated(f"{self._name_at_hand()} is turned away as {peer}")
            case BotJoined() if self._computer is not None:
                self._computer.joined(event)
            case GameEnded():
                self._end(event)
            case _:
                pass

    def _tally(self, event: Event) -> None:
        if isinstance(event, MoveRefused | MessageUnexpected):
            self._told[event.player, type(event)] += 1

    def left(self, seen: Seen, departure: Departure) -> None:
        """The log has it that `seen` has gone, in that way: once, and only if it is so."""
        talk = seen.talk
        is_true = {
            Departure.QUIT: talk.departs and talk.why == "left",
            Departure.NOT_NEEDED: talk.is_bot and talk.why == "not needed",
            Departure.SILENT: talk.owed is not None,
            Departure.TOO_SLOW: talk.owed is not None,
        }.get(departure, talk.departs and talk.why == "lost")
        if not is_true or talk.number in self._departed:
            seen.fail(f"the log has it that it {departure.value}")
        self._departed.add(talk.number)

    def result(self, pair: tuple[int, int], moves: tuple[int, ...], winner: str | None) -> None:
        """Hold what the server and the model have as the end of a game together."""
        known = self._results.pop(pair, None)
        if known is None:
            self._results[pair] = (moves, winner)
        elif known != (moves, winner) and not self.stopping:
            violated(f"the game of {pair} was {known} to one and {moves, winner} to another")

    def strike_off(self, seen: Seen) -> None:
        """See to it that the log has had the address of who is gone, if it had to have it."""
        talk, peer = seen.talk, self._peers.pop(seen.talk.number, None)
        # Of whom a server that stops sends home at once it is told only that there are some.
        needless = self.stopping or not talk.place
        if peer != seen.link.peer and not (needless and peer is None):
            seen.fail(f"it comes from {seen.link.peer}, and the log has {peer}")
        if talk.departs and talk.number not in self._departed and not self.stopping:
            seen.fail(f"it has gone ({talk.why}), and the log has no word of it")
        self._departed.discard(talk.number)
        for kind, count in (
            (MoveRefused, talk.refused),
            (MessageUnexpected, int(talk.words == UNEXPECTED)),
        ):
            told = self._told.pop((talk.number, kind), 0)
            if told != count and not (self.stopping or seen.doomed):
                seen.fail(f"the log has {told} x {kind.__name__} of it, and not {count}")

    def finish(self) -> None:
        """Look at what is left when the last client has gone, or the server has ended."""
        if self._results and not self.stopping:
            violated(f"not both have it that these games ended: {self._results}")

    def _refuse(self, event: ConnectionRefused) -> None:
        self.sacrificed.add(self._porch.note_refusal(event))

    def _end(self, event: GameEnded) -> None:
        self.games += 1
        self._last_end = self._timeline.now
        if self._computer is not None:
            self._computer.ended(event)
        winner = event.outcome.winner
        self.result((event.x, event.o), tuple(event.moves), winner and winner.value)

    def _name_at_hand(self) -> str:
        return "nobody" if self.at_hand is None else self.at_hand.name
