"""The original server as a script, byte for byte: what it says, in which sends, and when.

`B`, `C`, `I` and `P` go out in sends of their own, `A` and the handshake's `I` without an
end. It asks for a sign of life only who waits for a match, never in a game. It closes after
the result, and tells a player with `Q` that the other one has left.
"""

from dataclasses import dataclass, field

from ttt_core import Board, Mark

LEFT = "Your opponent has disconnected. Game over."


@dataclass(slots=True, eq=False)
class Seat:
    """One connection, as the server sees it."""

    number: int
    sends: list[bytes] = field(default_factory=list)
    """What is on its way to the client, send by send."""
    closed: bool = False
    """Whether nothing follows what is on its way."""
    mark: Mark = Mark.O
    confirmed: int = 0
    """The last thing that was confirmed: 1, 2 or 3."""
    half: bytes = b""
    answers: list[bytes] = field(default_factory=list)
    """The signs of life that it gave."""


class OriginalServer:
    """A house for two: the first one to come plays O."""

    def __init__(self, first_number: int = 1) -> None:
        self.seats: list[Seat] = []
        self.board = Board()
        self._first_number = first_number

    def arrive(self) -> Seat:
        """Greet somebody who has connected."""
        seat = Seat(self._first_number + len(self.seats))
        seat.mark = Mark.X if self.seats else Mark.O
        self.seats.append(seat)
        seat.sends.append(b"A%d" % seat.number)
        return seat

    def wait(self) -> None:
        """Ask who waits for a match for a sign of life."""
        (alone,) = self.seats
        assert alone.confirmed == 1
        alone.sends.append(b"Ez")

    def hear(self, seat: Seat, data: bytes, now: float) -> None:
        """Take in what a client has said."""
        seat.half += data
        while len(seat.half) > 1 or seat.half == b"q":
            if seat.half.startswith(b"q"):
                seat.half = b""
                self.lose(seat)
                return
            message, seat.half = seat.half[:2], seat.half[2:]
            self._take(seat, message)

    def lose(self, seat: Seat) -> None:
        """Take note that a client is gone, and tell the other one."""
        seat.closed = True
        for other in self.seats:
            if not other.closed:
                other.sends.append(b"Q" + LEFT.encode())
                other.closed = True

    def _take(self, seat: Seat, message: bytes) -> None:
        assert not seat.closed, message
        if message == b"c%d" % (seat.confirmed + 1):
            seat.confirmed += 1
            self._confirm(seat)
        elif message.startswith(b"e"):
            seat.answers.append(message)
        else:
            assert message.startswith(b"i"), message
            assert seat.mark is self.board.turn, message
            self._move(seat, int(message[1:]))

    def _confirm(self, seat: Seat) -> None:
        everybody = len(self.seats) == 2 and len({s.confirmed for s in self.seats}) == 1
        if seat.confirmed == 1 and everybody:
            for each in self.seats:
                each.sends.append(b"R" + each.mark.value.encode())
        elif seat.confirmed == 2:
            (opponent,) = (other for other in self.seats if other is not seat)
            seat.sends.append(b"I%d" % opponent.number)
        elif seat.confirmed == 3 and everybody:
            self._show()

    def _move(self, mover: Seat, digit: int) -> None:
        self.board = self.board.play(digit - 1)
        for seat in self.seats:
            if seat is not mover:
                seat.sends.append(b"I%d" % digit)
        self._show()

    def _show(self) -> None:
        board = self.board
        for seat in self.seats:
            seat.sends += [b"B" + board.cells.encode(), b"C" + self._verdict(seat.mark)]
            if board.line:
                seat.sends.append(b"P%d%d%d" % board.line)
            seat.closed = board.is_over

    def _verdict(self, mark: Mark) -> bytes:
        if self.board.winner:
            return b"W" if mark is self.board.winner else b"L"
        if self.board.is_over:
            return b"D"
        return b"Y" if mark is self.board.turn else b"N"
