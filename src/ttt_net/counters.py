"""Counters: what has come of the games since the start, as plain integers.

One thread counts, and any other may read: an integer is read whole, and nothing here grows.
"""

from dataclasses import dataclass
from typing import final

from ttt_core import Mark, Outcome, Termination

RESULTS = ("x_won", "o_won", "draw", "left", "put_out", "timed_out", "called_off")
"""How a game may end: on the board, or by a player who left, was put out or took too long."""

_PLACES = {
    Termination.FULL_BOARD: 2,
    Termination.LEFT: 3,
    Termination.PUT_OUT: 4,
    Termination.TIMED_OUT: 5,
    Termination.CALLED_OFF: 6,
}
_WINNERS = {Mark.X: 0, Mark.O: 1}


@final
class Counters:
    """How many moves and games there have been."""

    __slots__ = ("moves", "refused", "results")

    def __init__(self) -> None:
        self.moves = 0
        """Moves made."""
        self.refused = 0
        """Moves refused."""
        self.results = [0] * len(RESULTS)
        """Games ended, in the order of RESULTS."""

    def note_end(self, outcome: Outcome) -> None:
        """Count a game that has come to its end."""
        if outcome.termination is Termination.LINE:
            assert outcome.winner is not None
            self.results[_WINNERS[outcome.winner]] += 1
        else:
            self.results[_PLACES[outcome.termination]] += 1


@dataclass(frozen=True, slots=True)
class Numbers:
    """The house at one moment, for who runs it."""

    connections: int
    """Clients who are connected, those who linger included."""
    waiting: int
    """Players who wait for an opponent: never more than one."""
    games: int
    """Games that are going on."""
    moves: int
    """Moves made since the start."""
    refused: int
    """Moves refused since the start."""
    results: tuple[int, ...]
    """Games ended since the start, in the order of RESULTS."""
