"""Boards for the tests of the board: some of each kind."""

from ttt_core import Board

EMPTY = "........."
OPENED = "....X...."
WON_BY_X = "XXXOO...."
WON_BY_O = "XX.OOOX.."
WON_WHEN_FULL = "XXXXOOOOX"
ONE_FREE = "XOXXOOOX."
DRAWN = "XOXXOOOXX"
SOME_OF_EACH_KIND = (EMPTY, OPENED, WON_BY_X, WON_BY_O, WON_WHEN_FULL, ONE_FREE, DRAWN)
FINISHED = (WON_BY_X, WON_BY_O, WON_WHEN_FULL, DRAWN)


def played(*squares: int) -> Board:
    """The board after those squares have been taken in turns."""
    board = Board()
    for square in squares:
        board = board.play(square)
    return board
