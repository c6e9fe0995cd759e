"""What a player hears from a server, as values: the news that `Client` gives out."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from ttt_core import Board, Line, Mark, Square


class Result(Enum):
    """How a game ended for this player; the value is the letter after `C`."""

    WON = "W"
    LOST = "L"
    DRAWN = "D"


@dataclass(frozen=True, slots=True)
class Numbered:
    """The server has given us a player number."""

    player: int


@dataclass(frozen=True, slots=True)
class Marked:
    """There is an opponent, and we have a mark."""

    mark: Mark


@dataclass(frozen=True, slots=True)
class Matched:
    """The opponent's player number is known."""

    opponent: int


@dataclass(frozen=True, slots=True)
class Shown:
    """The board of a running game, and whose turn it is."""

    board: Board
    ours: bool
    """Whether we are to move."""
    last: Square | None
    """The square that was taken last, or None on an empty board."""
    refused: bool
    """Whether this is the answer to a move of ours that the server did not accept."""


@dataclass(frozen=True, slots=True)
class Over:
    """The game has come to its end on the board."""

    board: Board
    result: Result
    line: Line | None
    last: Square | None


@dataclass(frozen=True, slots=True)
class Dismissed:
    """The server has ended it for a reason, meant to be shown; not to be trusted."""

    reason: str


class Trouble(Enum):
    """Why a conversation with a server broke off."""

    UNHEARD = "the connection ended before the server had said a word"
    LOST = "the connection ended too early"
    SILENT = "the server said nothing for too long"
    PROTOCOL = "the server broke the protocol"


@dataclass(frozen=True, slots=True)
class Broken:
    """The conversation has broken off: nothing more can come of it."""

    trouble: Trouble
    detail: str
    """What was due and what came instead; in words, but with signs that are not to be trusted."""


News: TypeAlias = Numbered | Marked | Matched | Shown | Over | Dismissed | Broken
