"""The referee of one game: whose turn it is, what is refused, and how it ended."""

from dataclasses import dataclass
from enum import Enum

from ttt_core.board import Board, GameOver, Line, Mark, NotYourTurn, Square


class Termination(Enum):
    """Why a game is over; the value says it in words."""

    LINE = "a line is complete"
    FULL_BOARD = "the board is full"
    LEFT = "a player left"
    PUT_OUT = "a player broke the rules and was put out"
    TIMED_OUT = "a player took too long"
    CALLED_OFF = "the game was called off"

    __hash__ = object.__hash__  # as that of Mark


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a game ended."""

    termination: Termination
    winner: Mark | None
    """None if the game was drawn or called off."""
    line: Line | None
    """The winning line, if a line ended the game."""


class Referee:
    """One game, from the empty board to its outcome.

    The referee alone knows whose turn it is. A refused move raises and changes nothing.
    """

    __slots__ = ("board", "moves", "outcome")

    def __init__(self) -> None:
        self.board = Board()
        self.moves: list[Square] = []
        self.outcome: Outcome | None = None

    def play(self, mark: Mark, square: Square) -> Board:
        """Let `mark` take `square` and return the new board.

        Raises the kind of IllegalMove that says why not: GameOver, NotYourTurn,
        NoSuchSquare or SquareTaken.
        """
        board = self.board
        if self.outcome is not None:
            msg = f"{mark} cannot take square {square}: {self.outcome.termination.value}"
            raise GameOver(msg)
        if mark is not board.turn:
            msg = f"{mark} cannot take square {square}: it is the turn of {board.turn}"
            raise NotYourTurn(msg)
        board = board.play(square)
        self.board = board
        self.moves.append(square)
        if board.is_over:
            ending = Termination.FULL_BOARD if board.line is None else Termination.LINE
            self.outcome = Outcome(ending, board.winner, board.line)
        return board

    def forfeit(self, mark: Mark, why: Termination = Termination.LEFT) -> Outcome:
        """End the game against `mark`, whoever's turn it is: the other one wins.

        Raises GameOver if the game has ended already.
        """
        return self._end(Outcome(why, mark.other, None))

    def call_off(self) -> Outcome:
        """End the game with nobody winning. Raises GameOver if it has ended already."""
        return self._end(Outcome(Termination.CALLED_OFF, None, None))

    def _end(self, outcome: Outcome) -> Outcome:
        if self.outcome is not None:
            msg = f"the game has ended already: {self.outcome.termination.value}"
            raise GameOver(msg)
        self.outcome = outcome
        return outcome
