"""The lobby: who waits, and who meets whom, first come, first matched.

Two who are there at the same time meet at once, so at most one ever waits: entering,
leaving and coming back cost the same however many have come before.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

Player = TypeVar("Player")


@dataclass(frozen=True, slots=True)
class Pairing(Generic[Player]):
    """Two players who have met."""

    waited: Player
    """The one who came first. Plays O, and is told first."""
    newcomer: Player
    """The one who came second. Plays X, and moves first."""
    newcomer_place: int
    """The newcomer's place in the order of arrival, kept for its return."""


class Lobby(Generic[Player]):
    """Pairs players in the order in which they arrive.

    A player is any object that equals only itself.
    """

    __slots__ = ("_arrived", "_place", "_waiting")

    def __init__(self) -> None:
        self._arrived = self._place = 0
        self._waiting: Player | None = None

    @property
    def waiting(self) -> Player | None:
        """The player who waits for an opponent, or None."""
        return self._waiting

    def enter(self, player: Player) -> Pairing[Player] | None:
        """Let `player` meet the one who waits, or wait if nobody else does (None)."""
        self._arrived += 1
        return self._meet(player, self._arrived)

    def come_back(self, pairing: Pairing[Player]) -> Pairing[Player] | None:
        """Undo `pairing`, whose first player has turned out to be gone.

        The newcomer goes on waiting in the place of its arrival, next in line, or meets at
        once whoever has come to wait in between; of those two, the earlier one waited.
        """
        return self._meet(pairing.newcomer, pairing.newcomer_place)

    def leave(self, player: Player) -> None:
        """Let `player` wait no longer; no change if it does not wait."""
        if self._waiting is player:
            self._waiting = None

    def _meet(self, player: Player, place: int) -> Pairing[Player] | None:
        other, other_place = self._waiting, self._place
        if other is None:
            self._waiting, self._place = player, place
            return None
        if other is player:
            return None
        self._waiting = None
        if other_place < place:
            return Pairing(other, player, place)
        return Pairing(player, other, other_place)
