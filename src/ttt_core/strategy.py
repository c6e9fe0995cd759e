"""Strategy: how a position ends if both play as well as can be, and which moves do so.

Everything follows from the rules alone: a position is worth what its best move leads to.
Chance comes in as an argument: anything that can choose, such as `random.Random`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Protocol

from ttt_core.board import Board, GameOver, Mark, Square


class Dice(Protocol):
    """What chance is asked for; `random.Random` is one."""

    def random(self) -> float:
        """Return a number from 0 to 1, 1 excluded."""

    def choice(self, seq: Sequence[Square], /) -> Square:
        """Return one of `seq`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a position ends if both play as well as can be."""

    winner: Mark | None
    """Who wins, or None if it is a draw."""
    plies: int
    """In how many moves of both: the winner hurries, and the loser puts it off."""
    best_moves: tuple[Square, ...]
    """All moves that do as well as can be, in order; none if the game is over."""


class Level(Enum):
    """How well the computer plays; the value is the chance that a move of its is an error."""

    PERFECT = 0.0
    HUMAN = 0.3


@cache
def verdict(board: Board) -> Verdict:
    """Return how `board` ends if both play as well as can be.

    The same for a board whose game is over: its winner, no plies and no moves.
    """
    if board.is_over:
        return Verdict(board.winner, 0, ())
    after = {square: verdict(then) for square, then in board.legal_moves.items()}
    worth = {square: _worth(reply, board.turn) for square, reply in after.items()}
    best = max(worth.values())
    moves = tuple(square for square in worth if worth[square] == best)
    reply = after[moves[0]]
    return Verdict(reply.winner, reply.plies + 1, moves)


def choose(board: Board, level: Level, dice: Dice) -> Square:
    """Return a move for who is to move on `board`.

    One of the best moves; but with the chance that `level` states, one of the others, where
    there are any. Raises GameOver if there is no move.
    """
    if board.is_over:
        msg = "no move can be chosen: the game is over"
        raise GameOver(msg)
    best = verdict(board).best_moves
    others = tuple(square for square in board.legal_moves if square not in best)
    errs = dice.random() < level.value
    return dice.choice(others if errs and others else best)


def _worth(reply: Verdict, mover: Mark) -> int:
    """Return what a move is worth that leads to `reply`: more is better for `mover`."""
    if reply.winner is None:
        # No draw is better than another: the best play of both fills the board.
        return 0
    longest = 10
    return longest - reply.plies if reply.winner is mover else reply.plies - longest
