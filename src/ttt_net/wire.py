"""PROTOCOL.md as code: the bytes of each message, in both directions; no state.

Squares are counted 1 to 9 in a move on the wire and 0 to 8 everywhere else: the
difference never leaves this room.
"""

from collections.abc import Mapping
from functools import cache

from ttt_core import Board, Mark, Square

# The letters that a client's message begins with, as the integers that indexing bytes gives.
CONFIRM = ord("c")
MOVE = ord("i")
ANSWER = ord("e")
QUIT = ord("q")

SIZE = 2
"""How many bytes a client's message has, unless it is the last one."""

NUMBER_CONFIRMED = b"c1"
MARK_CONFIRMED = b"c2"
OPPONENT_CONFIRMED = b"c3"

ECHO = b"Ez"
"""Asks the client for a sign of life."""

NOWHERE: Square = -1
"""The square of a move that names none; no board has it."""

MOVES: Mapping[bytes, Square] = {b"i%d" % n: n - 1 for n in range(1, 10)}
"""Each move that names a square, and which."""


def move(square: Square) -> bytes:
    """Take a square, as a client says it."""
    return b"i%d" % (square + 1)


def answer(character: bytes) -> bytes:
    """Answer the server's question for a sign of life with the character it sent."""
    return b"e" + character


def leave(reason: str) -> bytes:
    """Leave, as a client says it; nothing follows."""
    return b"q" + reason.encode("ascii", "replace")


def square_of(message: bytes) -> Square:
    """Read the square of a move, `i1` to `i9`, or NOWHERE from anything else."""
    return MOVES.get(message, NOWHERE)


def split(data: bytes) -> tuple[list[bytes], bytes]:
    """Cut a client's bytes into whole messages, and the half one (0 or 1 byte) at the end.

    A `q` takes all that follows it, and so does a letter that begins no message.
    """
    messages = []
    at = 0
    while at < len(data):
        letter = data[at]
        if letter == QUIT or letter not in _TWO_BYTES:
            messages.append(data[at:])
            return messages, b""
        if at + 1 == len(data):
            return messages, data[at:]
        messages.append(data[at : at + SIZE])
        at += SIZE
    return messages, b""


_TWO_BYTES = frozenset((CONFIRM, MOVE, ANSWER))


def number(player: int) -> bytes:
    """Tell a client its player number. Nothing may follow until it is confirmed (item 1)."""
    return b"A%d" % player


@cache
def mark(mark: Mark) -> bytes:
    """Tell a player its mark."""
    return b"R" + mark.value.encode()


def opponent(player: int) -> bytes:
    """Tell a player its opponent's number. Nothing may follow until it is confirmed (item 1)."""
    return b"I%d" % player


def goodbye(text: str) -> bytes:
    """Tell a client that it is over, and why: the last message, 1,024 bytes at most."""
    return b"Q" + text.encode("ascii", "replace")[:1023]


@cache
def turn(board: Board, mark: Mark) -> bytes:
    """Show `board` to the player of `mark` in a running game, and say whether to move."""
    return b"B" + board.cells.encode() + (b"CY" if mark is board.turn else b"CN")


def replies(after: Board, square: Square) -> tuple[bytes, bytes]:
    """Say what the mover and the opponent hear when `square` has been taken, giving `after`.

    Each is one string, for one send: several whole messages may travel together (item 2).
    They are put together each time: what sixteen thousand moves are answered with would not
    be near at hand when it is needed.
    """
    shown = b"B" + after.cells.encode()
    if not after.is_over:
        return shown + b"CN", _TAKEN[square] + shown + b"CY"
    if after.line is None:
        return shown + b"CD", _TAKEN[square] + shown + b"CD"
    line = b"P%d%d%d" % after.line
    return shown + b"CW" + line, _TAKEN[square] + shown + b"CL" + line


_TAKEN = [b"I%d" % (square + 1) for square in range(9)]
