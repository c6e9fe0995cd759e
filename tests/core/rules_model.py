"""The rules of the game told a second time and in other terms, to hold the product against.

A side is a number with one bit for each of its squares, and a line is three squares whose
numbers in a magic square sum to 15. Which positions and games there are is found out by
playing them all. Nothing in here knows the package under test.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

MAGIC = (2, 7, 6, 9, 5, 1, 4, 3, 8)
ORDER_OF_LINES = ("012", "345", "678", "036", "147", "258", "048", "246")

Trio = tuple[int, ...]


def lines_within(side: int) -> list[Trio]:
    """Return every line that `side` has complete, in the order in which they are named."""
    held = [square for square in range(9) if side >> square & 1]
    lines = [trio for trio in combinations(held, 3) if sum(MAGIC[s] for s in trio) == 15]
    return sorted(lines, key=lambda trio: ORDER_OF_LINES.index("{}{}{}".format(*trio)))


_LINES_WITHIN = [lines_within(side) for side in range(1 << 9)]


class Sides(NamedTuple):
    """What X holds and what O holds."""

    crosses: int
    noughts: int

    @classmethod
    def of(cls, text: str) -> "Sides":
        """Read the sides from nine cells."""
        return cls(*(sum((cell == mark) << at for at, cell in enumerate(text)) for mark in "XO"))

    @property
    def text(self) -> str:
        """The nine cells, a dot for a free one."""
        cells = (self.crosses >> s & 1 | (self.noughts >> s & 1) << 1 for s in range(9))
        return "".join(".XO"[cell] for cell in cells)

    @property
    def lead(self) -> int:
        """How many squares more X holds than O."""
        return self.crosses.bit_count() - self.noughts.bit_count()

    @property
    def broken_rule(self) -> str | None:
        """Which rule must have been broken to come here, or None."""
        if not 0 <= self.lead <= 1:
            crosses, noughts = self.crosses.bit_count(), self.noughts.bit_count()
            return f"{crosses} X and {noughts} O: X moves first"
        if _LINES_WITHIN[self.crosses] and self.lead == 0:
            return "O has moved after X completed a line"
        if _LINES_WITHIN[self.noughts] and self.lead == 1:
            return "X has moved after O completed a line"
        return None


@dataclass(frozen=True, eq=False)
class Position:
    """A position that can be played to, and everything that the rules say about it."""

    text: str
    way: tuple[int, ...]
    """The moves of one game that comes here."""
    turn: str
    lines: list[Trio]
    winner: str | None
    moves: Mapping[int, "Position"]

    @property
    def is_over(self) -> bool:
        """Whether no move is left."""
        return not self.moves


def _play_to(sides: Sides, way: tuple[int, ...], known: dict[Sides, Position]) -> Position:
    """Return the position with these sides, and note it and all that follow in `known`."""
    if sides in known:
        return known[sides]
    crosses, noughts = sides
    won_by_x, won_by_o = _LINES_WITHIN[crosses], _LINES_WITHIN[noughts]
    moves: dict[int, Position] = {}
    if not won_by_x and not won_by_o:
        for square in range(9):
            bit = 1 << square
            if (crosses | noughts) & bit:
                continue
            by_x, by_o = Sides(crosses | bit, noughts), Sides(crosses, noughts | bit)
            moves[square] = _play_to((by_x, by_o)[len(way) % 2], (*way, square), known)
    known[sides] = Position(
        text=sides.text,
        way=way,
        turn="XO"[len(way) % 2],
        lines=won_by_x or won_by_o,
        winner="X" if won_by_x else "O" if won_by_o else None,
        moves=moves,
    )
    return known[sides]


_known: dict[Sides, Position] = {}
START = _play_to(Sides(0, 0), (), _known)
POSITIONS = {position.text: position for position in _known.values()}
