"""Games to be played: each move, and every byte that both players must hear after it.

The bytes come from the rules as the tests tell them, and from nothing in the package that
is measured.
"""

import random
from typing import NamedTuple, TypeAlias

from tests.core.rules_model import START, Position

FIRST_BOARD = (b"B         CY", b"B         CN")
"""What X hears when a game begins, and what O hears."""


class Ply(NamedTuple):
    """One move."""

    move: bytes
    """What its player says."""
    mover: bytes
    """What its player hears then."""
    other: bytes
    """What the opponent hears."""


Game: TypeAlias = tuple[Ply, ...]
"""The moves of a game from the empty board to its end, X first."""


def random_games(seed: int, count: int) -> list[Game]:
    """Return `count` games of random legal moves: the same ones for the same seed."""
    dice = random.Random(seed)
    return [_random_game(dice) for _ in range(count)]


def _random_game(dice: random.Random) -> Game:
    position, plies = START, []
    while not position.is_over:
        square, position = dice.choice(list(position.moves.items()))
        plies.append(_ply(square, position))
    return tuple(plies)


def _ply(square: int, after: Position) -> Ply:
    took = str(square + 1)
    board = "B" + after.text.replace(".", " ")
    if after.winner:
        line = "P{}{}{}".format(*after.lines[0])
        mover, other = "CW" + line, "CL" + line
    elif after.is_over:
        mover = other = "CD"
    else:
        mover, other = "CN", "CY"
    return Ply(
        f"i{took}".encode(), (board + mover).encode(), ("I" + took + board + other).encode()
    )
