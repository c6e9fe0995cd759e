"""Tic-Tac-Toe itself, for any front end: the board, the referee and the lobby.

Pure domain logic: it does no I/O, reads no clock, rolls no dice and logs nothing.
Squares are counted 0 to 8, row by row from the top left.
"""

from ttt_core.board import (
    LINES,
    Board,
    GameOver,
    IllegalMove,
    InvalidBoard,
    Line,
    Mark,
    NoSuchSquare,
    NotYourTurn,
    Square,
    SquareTaken,
)
from ttt_core.matchmaking import Lobby, Pairing
from ttt_core.referee import Outcome, Referee, Termination
from ttt_core.strategy import Dice, Level, Verdict, choose, verdict

__all__ = [
    "LINES",
    "Board",
    "Dice",
    "GameOver",
    "IllegalMove",
    "InvalidBoard",
    "Level",
    "Line",
    "Lobby",
    "Mark",
    "NoSuchSquare",
    "NotYourTurn",
    "Outcome",
    "Pairing",
    "Referee",
    "Square",
    "SquareTaken",
    "Termination",
    "Verdict",
    "choose",
    "verdict",
]
