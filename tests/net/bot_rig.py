"""A hub with the computer in it, to talk to and to play against; and who plays."""

import random
from collections.abc import Iterable, Iterator, Sequence
from math import inf

from tests.conversation import Conversation
from tests.memory_world import MemoryWorld, Splitting
from tests.model_client import Choose
from ttt_core import Level, Lobby, Pairing, Square
from ttt_net import Session, Stage
from ttt_net.bots import PEER, BotSettings, HubWithBots
from ttt_net.events import BotJoined

AFTER = 5.0
# Somebody waits until the computer comes, and is confirmed: the first board is shown.
MEET = """
    1 connects
    1 < A1
    1 > c1
    +5.0
    1 < RO
    1 > c2
    1 < I2
    1 > c3
    1 < B         CN
"""
# The same, up to the computer's first move.
OPENED = f"""{MEET}
    +1.0
    1 < I1BX        CY
"""


class First:
    """Dice that never let the computer err, and take the first of what there is."""

    def random(self) -> float:
        return 0.999

    def choice(self, seq: Sequence[Square], /) -> Square:
        return seq[0]


class WatchedLobby(Lobby[Session]):
    """A lobby that notes who has ever waited in it."""

    def __init__(self) -> None:
        super().__init__()
        self.ever: list[Session] = []

    def enter(self, player: Session) -> Pairing[Session] | None:
        return self._noted(super().enter(player))

    def come_back(self, pairing: Pairing[Session]) -> Pairing[Session] | None:
        return self._noted(super().come_back(pairing))

    def _noted(self, pairing: Pairing[Session] | None) -> Pairing[Session] | None:
        self.ever.extend([] if self.waiting is None else [self.waiting])
        return pairing


class Talk(Conversation):
    """A conversation with a hub that brings in the computer."""

    def __init__(self, after: float = AFTER, thinks: float = 1.0, feed: str = "whole") -> None:
        super().__init__(feed=feed)
        settings = BotSettings(after=after, level=Level.PERFECT, thinks=thinks)
        self.bots = HubWithBots(settings, First(), None, self.events.append)
        self.hub = self.bots

    def _heard(self) -> Iterator[str]:
        # That the computer is gone is no news to who has no socket for it.
        touched = self.hub.touched
        touched[:] = [s for s in touched if s.peer != PEER or s.stage is not Stage.GONE]
        return super()._heard()

    def check_no_bot_is_left(self) -> None:
        assert all(session.peer != PEER for session in self.hub.sessions)
        check_nothing_is_kept(self.bots)

    def joined(self) -> list[BotJoined]:
        return [event for event in self.events if isinstance(event, BotJoined)]


class World(MemoryWorld):
    """A world in memory whose hub brings in the computer."""

    def __init__(self, settings: BotSettings, seed: int, splitting: Splitting = "whole") -> None:
        super().__init__(splitting=splitting, latency=0.01, reaction=0.01)
        self.bots = HubWithBots(settings, random.Random(seed), None, self.events.append)
        self.lobby = self.bots._lobby = WatchedLobby()
        self.hub = self.bots

    def check_at_rest(self) -> None:
        """See that nobody and nothing is left, and that the computer has never waited."""
        assert self.hub.sessions == []
        assert self.hub.next_deadline() == inf
        assert len(self.bots._roster.deadlines) == 0
        assert self.lobby.waiting is None
        assert PEER not in {session.peer for session in self.lobby.ever}
        check_nothing_is_kept(self.bots)


def check_nothing_is_kept(hub: HubWithBots) -> None:
    assert hub._bots == {}
    assert len(hub._thinking) == 0


def of_kind(events: Iterable[object], *kinds: type) -> list[object]:
    return [event for event in events if isinstance(event, kinds)]


def at_random(seed: int) -> Choose:
    dice = random.Random(seed)
    return lambda cells, mark: 1 + dice.choice([at for at in range(9) if cells[at] == " "])
