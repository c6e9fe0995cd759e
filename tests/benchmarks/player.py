"""One connection of the load, from its number to the end of stream: what it hears is checked.

It holds a server to what the existing clients need: every byte, the order of the handshake,
no message in two pieces, and an `E` only while two bytes are being read. It does no I/O of
its own but for the `send` that it is given, and makes few objects: what plays against a
server must cost less than the server.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import ClassVar, final

from tests.benchmarks.games import FIRST_BOARD, Game

X, O = 0, 1
"""The sides: a player is on turn when as many moves, modulo 2, have been made."""

_LETTERS = b"BCIP"
"""What a message of a running game begins with; none of them stands within a message."""


class Wrong(Exception):
    """The server has said what it must not, or has not said what it must."""


@dataclass(eq=False)
class Crowd:
    """All players of one server, and what has come of their games."""

    games: Iterator[Game]
    """The games that are played next."""
    numbers: set[int] = field(default_factory=set)
    """Every player number that was ever given."""
    players: dict[int, "Player"] = field(default_factory=dict)
    """Who is connected and has a number."""
    finished: int = 0
    """How many games have been played to the end of stream of both players."""
    moves: int = 0
    """How many moves these games had."""
    move_ns: list[int] = field(default_factory=list)
    """For each move, the time from the mover's `i` to the opponent's `I`, in nanoseconds."""


class Table:
    """A game between two players, and how far it is."""

    __slots__ = ("ended", "made", "plies", "sent")

    def __init__(self, plies: Game) -> None:
        self.plies = plies
        self.made = 0
        """How many moves have been made."""
        self.sent = 0
        """When the last of them was sent, in nanoseconds."""
        self.ended = 0
        """How many of the two have seen the end of stream."""


@final
class Player:
    """One connection; `take` is given whatever a read returns, b"" at the end of stream."""

    __slots__ = (
        *("_crowd", "_due", "_hear", "_opponent", "_send", "_side", "_table"),
        *("is_over", "number"),
    )

    def __init__(self, crowd: Crowd, send: Callable[[bytes], int]) -> None:
        self.number = 0
        self.is_over = False
        """Whether the connection may be closed."""
        self._crowd = crowd
        self._send = send
        self._hear = Player._hear_number
        self._due = b""
        """What the server has yet to say in the game, as far as the moves are made."""
        self._side = X
        self._opponent: Player | None = None
        self._table: Table | None = None

    @property
    def opponent(self) -> "Player | None":
        return self._opponent

    @property
    def is_waiting(self) -> bool:
        """Whether it has a number and nobody to play with yet."""
        return self._hear is Player._hear_mark and self._opponent is None

    @property
    def state(self) -> str:
        """What it waits for, for the report of a mistake."""
        what = repr(self._due) if self._due else self._DUE[self._hear.__name__]
        return f"player {self.number}: {what} is due"

    def take(self, data: bytes) -> None:
        """Check what has come, and answer it. Raises Wrong."""
        if not data and self._hear is not Player._hear_end:
            msg = "the stream has ended"
            raise Wrong(msg)
        self._hear(self, data)

    def leave(self) -> None:
        """Say goodbye instead of waiting for an opponent."""
        self._hear = Player._hear_end
        self._send(b"q")

    def _hear_number(self, data: bytes) -> None:
        number = _number(b"A", data)
        if number in self._crowd.numbers:
            msg = f"the number {number} is given twice"
            raise Wrong(msg)
        self._crowd.numbers.add(number)
        self._crowd.players[number] = self
        self.number = number
        self._hear = Player._hear_mark
        self._send(b"c1")

    def _hear_mark(self, data: bytes) -> None:
        data = self._answer_echoes(data)
        if not data:
            return
        opponent = self._opponent
        # The one who waited is confirmed first, and by then is known to play with us.
        newcomer = opponent is not None and opponent._hear is Player._hear_game
        if data != (b"RX" if newcomer else b"RO"):
            raise Wrong(data)
        self._side = X if newcomer else O
        self._hear = Player._hear_opponent
        self._send(b"c2")

    def _hear_opponent(self, data: bytes) -> None:
        opponent = self._crowd.players.get(_number(b"I", data))
        if self._side == X:
            if opponent is None or opponent is not self._opponent:
                raise Wrong(data)
            self._table = opponent._table = Table(next(self._crowd.games))
            self._due, opponent._due = FIRST_BOARD
        else:
            if opponent is None or opponent is self or not opponent.is_waiting:
                raise Wrong(data)
            self._opponent, opponent._opponent = opponent, self
        self._hear = Player._hear_game
        self._send(b"c3")

    def _hear_game(self, data: bytes) -> None:
        if data != self._due:
            data = self._answer_echoes(data)
            left = self._due[len(data) :]
            # A message in two pieces kills an existing client.
            if not self._due.startswith(data) or (left and left[0] not in _LETTERS):
                raise Wrong(data)
            self._due = left
            if left or not data:
                return
        else:
            self._due = b""
        self._go_on()

    def _go_on(self) -> None:
        """Make the next move, if it is ours: all that is due has been heard."""
        table, opponent = self._table, self._opponent
        assert table is not None
        assert opponent is not None
        made = table.made
        if made & 1 == self._side and made:
            self._crowd.move_ns.append(perf_counter_ns() - table.sent)
        if made == len(table.plies):
            self._hear = Player._hear_end
        elif made & 1 == self._side:
            ply = table.plies[made]
            table.made = made + 1
            self._due = ply.mover
            opponent._due += ply.other
            table.sent = perf_counter_ns()
            self._send(ply.move)

    def _hear_end(self, data: bytes) -> None:
        if data:
            raise Wrong(data)
        self.is_over = True
        table = self._table
        if table is not None:
            table.ended += 1
            if table.ended == 2:
                self._crowd.finished += 1
                self._crowd.moves += len(table.plies)

    def _answer_echoes(self, data: bytes) -> bytes:
        """Answer each `E`, which may come only while two bytes are read; return the rest."""
        while (at := data.find(b"E")) >= 0:
            if not self._reads_two_bytes(self._due[at:]) or len(data) < at + 2:
                raise Wrong(data)
            self._send(b"e" + data[at + 1 : at + 2])
            data = data[:at] + data[at + 2 :]
        return data

    def _reads_two_bytes(self, due: bytes) -> bool:
        """Whether it waits for its mark, or, with `due` still to come, for a move."""
        table = self._table
        if table is None:
            return self._hear is Player._hear_mark
        if due:
            return due.startswith(b"I")
        return table.made & 1 != self._side and table.made < len(table.plies)

    _DUE: ClassVar[dict[str, str]] = {
        "_hear_number": "a player number",
        "_hear_mark": "a mark",
        "_hear_opponent": "the opponent's number",
        "_hear_game": "nothing",
        "_hear_end": "the end of stream",
    }


def _number(letter: bytes, data: bytes) -> int:
    digits = data[1:]
    if data[:1] != letter or not digits.isdigit() or digits[:1] == b"0" or len(data) > 128:
        raise Wrong(data)
    return int(digits)
