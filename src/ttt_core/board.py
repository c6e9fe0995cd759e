"""The board: marks, squares, lines, and every position as an immutable value.

A position is a *flyweight*: there is one `Board` object for each of the 5,478 positions
that a game can reach, made when it is first looked at and kept from then on.
A move is therefore a look-up that makes no object, and equality is identity.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Never, TypeAlias, final

Square: TypeAlias = int
"""A square of the board, 0 to 8, row by row from the top left."""

Line: TypeAlias = tuple[Square, Square, Square]
"""Three squares that win together."""

LINES: tuple[Line, ...] = (
    (0, 1, 2),
    (3, 4, 5),
    (6, 7, 8),
    (0, 3, 6),
    (1, 4, 7),
    (2, 5, 8),
    (0, 4, 8),
    (2, 4, 6),
)
"""The eight lines, in the order in which they are looked for (PROTOCOL, rules of the game)."""

FREE = " "
_FREE_IN_TEXT = "."
_SQUARES = range(9)


class Mark(Enum):
    """What a player draws on a square; its value is how it is written."""

    X = "X"
    O = "O"

    # There is one object for each, so its own hash will do: that of an Enum is written in Python.
    __hash__ = object.__hash__

    @property
    def other(self) -> "Mark":
        """The opponent's mark."""
        return Mark.O if self is Mark.X else Mark.X

    def __str__(self) -> str:
        return self.value


class IllegalMove(ValueError):
    """A move that the rules refuse; it has changed nothing."""


class NoSuchSquare(IllegalMove):
    """The move names a square that the board does not have."""


class SquareTaken(IllegalMove):
    """The move names a square that holds a mark already."""


class NotYourTurn(IllegalMove):
    """The move comes from the player who has to wait."""


class GameOver(IllegalMove):
    """The move comes after the end of the game."""


class InvalidBoard(ValueError):
    """A text that shows no board, or a board that no game can reach."""


@final
class Board:
    """A position: nine squares, and what follows from them.

    `Board()` is the empty board; every other one comes from `play`, `legal_moves` or
    `from_text`. Boards are immutable, hashable, and equal only to themselves, for there is
    only one of each.
    """

    # Not in a dict of its own: so little of the memory is touched by a move that it stays near.
    __slots__ = ("_after", "_legal", "cells", "is_over", "line", "turn", "winner")

    cells: str
    """Nine characters, row by row: `X`, `O`, or a space for a free square."""
    turn: Mark
    """Who moves next, or would if the game were not over: X whenever the marks are even."""
    line: Line | None
    """The first complete line in the order of `LINES`, or None."""
    winner: Mark | None
    """Whose line it is, or None."""
    is_over: bool
    """Whether nobody can move: a line is complete or the board is full."""
    _after: dict[Square, "Board"]
    """What `legal_moves` shows; empty until somebody has looked ahead."""
    _legal: Mapping[Square, "Board"] | None
    """What `legal_moves` is; None until somebody has looked ahead."""

    def __new__(cls) -> "Board":
        """Return the empty board."""
        return _board(FREE * len(_SQUARES))

    @classmethod
    def from_text(cls, text: str) -> "Board":
        """Read a board from nine cells, row by row: `X`, `O`, and `.` or a space for a free one.

        White space between the cells is skipped where free squares are written `.`, so
        what `str` gives is read back. Raises InvalidBoard, with the reason, for a text that
        shows no board and for a board that no game can reach.
        """
        spaced = _FREE_IN_TEXT in text or len(text) != len(_SQUARES)
        cells = "".join(text.split()) if spaced else text
        cells = cells.replace(_FREE_IN_TEXT, FREE)
        if len(cells) != len(_SQUARES):
            msg = f"a board has 9 cells, free ones written '.', but {text!r} has {len(cells)}"
            raise InvalidBoard(msg)
        for cell in cells:
            if cell not in "XO" + FREE:
                msg = f"{cell!r} is no cell: write 'X', 'O', or '.' for a free square"
                raise InvalidBoard(msg)
        _refuse_unreachable(cells)
        return _board(cells)

    @property
    def legal_moves(self) -> Mapping[Square, "Board"]:
        """Each square that may be taken, in order, with the board that taking it gives.

        Empty once the game is over. A square that is not a key is no legal move: there is
        no second rule beside it.
        """
        return self._look_ahead() if self._legal is None else self._legal

    def play(self, square: Square) -> "Board":
        """Return the board after `turn` takes `square`.

        Raises GameOver, NoSuchSquare or SquareTaken.
        """
        after = self._after.get(square) or self.legal_moves.get(square)
        if after is None:
            self._refuse(square)
        return after

    def _look_ahead(self) -> Mapping[Square, "Board"]:
        cells, mark = self.cells, self.turn.value
        after = {
            square: _board(cells[:square] + mark + cells[square + 1 :])
            for square in _SQUARES
            if cells[square] == FREE and not self.is_over
        }
        # Two threads may both get here: what either has found out is the same.
        _write(self, _after=after, _legal=MappingProxyType(after))
        return self.legal_moves

    def _refuse(self, square: Square) -> Never:
        if self.is_over:
            msg = f"square {square} cannot be taken: the game is over"
            raise GameOver(msg)
        if square not in _SQUARES:
            raise NoSuchSquare(_no_such_square(square))
        msg = f"square {square} is taken by {self.cells[square]}"
        raise SquareTaken(msg)

    def mark_at(self, square: Square) -> Mark | None:
        """Return the mark on `square`, or None if it is free. Raises NoSuchSquare."""
        if square not in _SQUARES:
            raise NoSuchSquare(_no_such_square(square))
        cell = self.cells[square]
        return None if cell == FREE else Mark(cell)

    def __str__(self) -> str:
        """Draw the board in three rows, free squares as dots."""
        cells = self.cells.replace(FREE, _FREE_IN_TEXT)
        return "\n".join(" ".join(cells[row : row + 3]) for row in (0, 3, 6))

    def __repr__(self) -> str:
        return f"Board.from_text({self.cells.replace(FREE, _FREE_IN_TEXT)!r})"

    def __setattr__(self, name: str, value: object) -> Never:
        msg = f"a board is immutable: {name!r} cannot be set"
        raise AttributeError(msg)

    def __delattr__(self, name: str) -> Never:
        msg = f"a board is immutable: {name!r} cannot be deleted"
        raise AttributeError(msg)

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Bring copies and pickles back as the one object of their position."""
        return Board.from_text, (self.cells,)


_boards: dict[str, Board] = {}


def _board(cells: str) -> Board:
    """Return the one board with these cells, which a game must be able to reach."""
    board = _boards.get(cells)
    if board is None:
        board = object.__new__(Board)
        line = _first_line(cells)
        even = cells.count("X") == cells.count("O")
        _write(
            board,
            cells=cells,
            turn=Mark.X if even else Mark.O,
            line=line,
            winner=None if line is None else Mark(cells[line[0]]),
            is_over=line is not None or FREE not in cells,
            _after={},
            _legal=None,
        )
        # Two threads may both get here: the first one's board is everybody's.
        board = _boards.setdefault(cells, board)
    return board


def _write(board: Board, **attributes: object) -> None:
    """Set what nobody else can set."""
    for name, value in attributes.items():
        object.__setattr__(board, name, value)


def _first_line(cells: str, marks: str = "XO") -> Line | None:
    for line in LINES:
        a, b, c = line
        if cells[a] == cells[b] == cells[c] and cells[a] in marks:
            return line
    return None


def _no_such_square(square: Square) -> str:
    return f"there is no square {square}: the board has 0 to 8"


def _refuse_unreachable(cells: str) -> None:
    crosses, noughts = cells.count("X"), cells.count("O")
    if crosses - noughts not in (0, 1):
        msg = (
            f"no game reaches {crosses} X and {noughts} O: "
            "X moves first, and so has as many as O or one more"
        )
        raise InvalidBoard(msg)
    if _first_line(cells, "X") and crosses == noughts:
        msg = "no game reaches this board: O has moved after X completed a line"
        raise InvalidBoard(msg)
    if _first_line(cells, "O") and crosses > noughts:
        msg = "no game reaches this board: X has moved after O completed a line"
        raise InvalidBoard(msg)
