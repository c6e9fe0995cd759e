"""The client half of the protocol: bytes in, news out; no sockets and no clock.

It relies on nowhere that TCP cuts the server's bytes, which the existing clients do. Only
the numbers have no end mark (PROTOCOL, item 1): such a number has ended when another letter
follows it, or when nothing has come for `SETTLE` seconds, and the server says nothing more
before it is confirmed.
"""

from collections.abc import Callable
from typing import ClassVar, TypeAlias

from ttt_core import Board, Mark, NotYourTurn, Square
from ttt_net import wire
from ttt_net.limits import FUSE
from ttt_net.news import (
    Broken,
    Dismissed,
    Marked,
    Matched,
    News,
    Numbered,
    Over,
    Result,
    Shown,
    Trouble,
)
from ttt_net.steps import Step

SETTLE = 0.05
"""How long nothing must follow a number for it to have ended, in seconds."""

FAREWELL_WAIT = FUSE
"""How long the rest of a `Q` is waited for, in seconds, as the existing clients do."""


_FAREWELL = ord("Q")
_LONGEST_NUMBER = 128
_LONGEST_FAREWELL = 1024
_SHOWN_BYTES = 20

_NO_SIZE = 0
"""The size of a number: it has no end mark."""


_Handler: TypeAlias = Callable[["Client", bytes], list[News] | None]


class Client:
    """One player's side of the conversation with a server, from its number to the end.

    Told at what time it is `born`, it gives up a server that falls silent where it owes a
    message. Without that it waits for ever, as the computer does beside its server.

    A number whose digits come more than `SETTLE` apart is taken for a shorter one, and the
    late digits for a mistake of the server: by then the number has been told and confirmed.
    """

    def __init__(self, born: float | None = None) -> None:
        self.outgoing = b""
        """What is to be sent; who sends it takes it off."""
        self.player: int | None = None
        self.mark: Mark | None = None
        self.opponent: int | None = None
        self.board = Board()
        self._step = Step.NUMBER
        self._buffer = b""
        self._deadline: float | None = None
        self._is_patient = born is None
        self._silence: float | None
        """When the server is given up if it says nothing before."""
        self._heard = False
        self._last: Square | None = None
        self._next: Square | None = None
        """The square that the next board must show taken, by us or by the opponent."""
        self._moved = False
        self._our_turn = False
        self._listen(born or 0.0)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come."""
        return self._step is Step.DONE

    @property
    def is_asked(self) -> bool:
        """Whether the server waits for our move."""
        return self._our_turn

    def receive(self, data: bytes, now: float) -> list[News]:
        """Take in what the server has sent, in whatever pieces it came."""
        news: list[News] = []
        if self.is_over or not data:
            return news
        self._heard = True
        self._buffer += data
        if self._step is not Step.FAREWELL:
            self._deadline = None
        while (message := self._next_message(now)) is not None:
            news.extend(self._understand(message))
        if self._step is Step.FAREWELL:
            self._buffer = self._buffer[:_LONGEST_FAREWELL]
        self._listen(now)
        return news

    def end(self) -> list[News]:
        """Take note that the connection has ended."""
        if self._step is Step.FAREWELL:
            return self._dismissed()
        if self.is_over:
            return []
        trouble = Trouble.LOST if self._heard else Trouble.UNHEARD
        return self._broken(trouble, f"{self._step.value} was due")

    def next_deadline(self) -> float | None:
        """Return when `tick` is to be called if nothing comes before."""
        deadlines = (self._deadline, self._silence)
        return min((due for due in deadlines if due is not None), default=None)

    def tick(self, now: float) -> list[News]:
        """Do what is due: a number has ended, a farewell or the server was waited for."""
        if self._deadline is not None and now >= self._deadline:
            self._deadline = None
            if self._step is Step.FAREWELL:
                return self._dismissed()
            news = self._understand(self._take(len(self._buffer)))
            self._listen(now)
            return news
        if self._silence is not None and now >= self._silence:
            return self._broken(Trouble.SILENT, f"{self._step.value} was due")
        return []

    def move(self, square: Square) -> None:
        """Take `square`. Raises the kind of IllegalMove that says why that cannot be."""
        if not self._our_turn:
            msg = f"square {square} cannot be taken: it is not our turn"
            raise NotYourTurn(msg)
        self.board.play(square)
        self.outgoing += wire.move(square)
        self._our_turn = False
        self._moved = True
        self._next = square

    def leave(self, reason: str = "") -> None:
        """Say goodbye to the server: the last thing that is said.

        What has not been sent by then is left unsaid: whoever goes confirms nothing.
        """
        if not self.is_over:
            self.outgoing = wire.leave(reason)
            self._finish()

    def _listen(self, now: float) -> None:
        """Begin to wait for what is due next."""
        patience = None if self._is_patient else self._step.patience
        self._silence = None if patience is None else now + patience

    def _next_message(self, now: float) -> bytes | None:
        """Take one whole message off what has come, if there is one."""
        if not self._buffer or self._step in (Step.FAREWELL, Step.DONE):
            return None
        letter = self._buffer[0]
        if letter == _FAREWELL:
            self._step = Step.FAREWELL
            self._deadline = now + FAREWELL_WAIT
            return None
        size, _ = self._EXPECTED[self._step].get(letter, (len(self._buffer), None))
        if size == _NO_SIZE:
            digits = self._buffer[1:]
            size = len(self._buffer) - len(digits.lstrip(b"0123456789"))
            if size == len(self._buffer) and size <= _LONGEST_NUMBER:
                self._deadline = now + SETTLE if digits else None
                return None
        return None if len(self._buffer) < size else self._take(size)

    def _take(self, size: int) -> bytes:
        message, self._buffer = self._buffer[:size], self._buffer[size:]
        return message

    def _understand(self, message: bytes) -> list[News]:
        expected = self._EXPECTED[self._step].get(message[0])
        due = self._step.value
        if expected is None:
            return self._broken(Trouble.PROTOCOL, f"{due} was due, not {_in_words(message)}")
        _, handle = expected
        news = handle(self, message[1:])
        if news is None:
            what = f"{_in_words(message)} is not {due} that can come here"
            return self._broken(Trouble.PROTOCOL, what)
        return news

    def _answer_echo(self, payload: bytes) -> list[News]:
        self.outgoing += wire.answer(payload)
        return []

    def _hear_number(self, payload: bytes) -> list[News] | None:
        if not payload.isdigit() or len(payload) >= _LONGEST_NUMBER:
            return None
        self.player = int(payload)
        return self._confirm(wire.NUMBER_CONFIRMED, Step.MARK, Numbered(self.player))

    def _hear_mark(self, payload: bytes) -> list[News] | None:
        if payload not in (b"X", b"O"):
            return None
        self.mark = Mark(payload.decode())
        return self._confirm(wire.MARK_CONFIRMED, Step.OPPONENT, Marked(self.mark))

    def _hear_opponent(self, payload: bytes) -> list[News] | None:
        if not payload.isdigit() or len(payload) >= _LONGEST_NUMBER:
            return None
        self.opponent = int(payload)
        return self._confirm(wire.OPPONENT_CONFIRMED, Step.OPENING, Matched(self.opponent))

    def _hear_move(self, payload: bytes) -> list[News] | None:
        square = wire.square_of(b"i" + payload)
        if self._our_turn or self._next is not None or square not in self.board.legal_moves:
            return None
        self._next = square
        return []

    def _confirm(self, answer: bytes, step: Step, news: News) -> list[News]:
        self.outgoing += answer
        self._step = step
        return [news]

    def _see_board(self, cells: bytes) -> list[News]:
        """Look at a board: the move that was announced made, or a move of ours refused."""
        taken, self._next = self._next, None
        self._our_turn = False
        if taken is not None and cells == self.board.play(taken).cells.encode():
            self.board = self.board.play(taken)
            self._last = taken
            self._moved = False
        elif cells != self.board.cells.encode() or (taken is not None and not self._moved):
            what = f"the board {_in_words(cells)} does not follow from the one before"
            return self._broken(Trouble.PROTOCOL, what)
        self._step = Step.VERDICT
        return []

    def _hear_verdict(self, payload: bytes) -> list[News] | None:
        board, winner = self.board, self.board.winner
        ours = board.turn is self.mark
        if payload in (b"Y", b"N") and not board.is_over and (payload == b"Y") is ours:
            self._step = Step.GAME
            refused, self._moved = self._moved and ours, False
            self._our_turn = ours
            return [Shown(board, ours, self._last, refused)]
        if payload in (b"W", b"L") and winner and (payload == b"W") is (winner is self.mark):
            self._step = Step.LINE
            return []
        if payload == b"D" and board.is_over and winner is None:
            self._finish()
            return [Over(board, Result.DRAWN, None, self._last)]
        return None

    def _see_line(self, payload: bytes) -> list[News] | None:
        if self.board.line is None or payload != b"%d%d%d" % self.board.line:
            return None
        self._finish()
        result = Result.WON if self.board.winner is self.mark else Result.LOST
        return [Over(self.board, result, self.board.line, self._last)]

    def _dismissed(self) -> list[News]:
        reason = self._buffer[1:].decode("ascii", "replace")
        self._finish()
        return [Dismissed(reason)]

    def _broken(self, trouble: Trouble, detail: str) -> list[News]:
        self._finish()
        return [Broken(trouble, detail)]

    def _finish(self) -> None:
        self._step = Step.DONE
        self._our_turn = False
        self._deadline = self._silence = None
        self._buffer = b""

    # What may come at each step, and how long it is.
    _EXPECTED: ClassVar[dict[Step, dict[int, tuple[int, _Handler]]]] = {
        Step.NUMBER: {ord("A"): (_NO_SIZE, _hear_number)},
        Step.MARK: {ord("R"): (2, _hear_mark), ord("E"): (2, _answer_echo)},
        Step.OPPONENT: {ord("I"): (_NO_SIZE, _hear_opponent)},
        Step.OPENING: {ord("B"): (10, _see_board), ord("E"): (2, _answer_echo)},
        Step.GAME: {
            ord("B"): (10, _see_board),
            ord("I"): (2, _hear_move),
            ord("E"): (2, _answer_echo),
        },
        Step.VERDICT: {ord("C"): (2, _hear_verdict)},
        Step.LINE: {ord("P"): (4, _see_line)},
    }


def _in_words(message: bytes) -> str:
    """Quote the beginning of what a server said."""
    more = "…" if len(message) > _SHOWN_BYTES else ""
    return f'"{message[:_SHOWN_BYTES].decode("ascii", "replace")}{more}"'
