"""The existing clients as a program: what they read, what they answer and what kills them.

A `ModelClient` does what PROTOCOL says the clients do that exist already, and is no more
robust: whatever one read returns is the whole message. It does no I/O. Its program is a
generator that yields an action and is resumed with its result: after a `Read` the bytes
read, b"" for the end of the stream, or None for ten seconds of silence; a reset connection
is thrown in. `MemoryWorld` runs it under a virtual clock, `play_over_socket` on a socket.

Beyond what the clients do it checks that what it is told makes sense, and raises
`Incoherent` if not.
"""

import math
import re
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import NoReturn, Protocol, TypeAlias

SILENCE = 10.0
"""How many seconds of silence in one read make a client give up (PROTOCOL, item 3)."""

DEADLY_ECHO = 995
"""Which echo within one read is one too many (PROTOCOL, item 5)."""

REST = 1024
"""The size of the reads that take in what follows a `Q`, and the most there may be of it."""

LEAVE = 0
"""Chosen instead of a square: say `q` and go."""

LINES = ("012", "345", "678", "036", "147", "258", "048", "246")
"""The lines in the order in which they are looked for, as a `P` names them."""


@dataclass(frozen=True, slots=True)
class Read:
    """Wait for bytes and take `size` of them at most."""

    size: int


@dataclass(frozen=True, slots=True)
class Send:
    """Send `data`."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Think:
    """Do nothing for a while; the socket stays open and unread."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket: the program is at its end."""


SILENT = Think(math.inf)
"""What somebody does who neither answers nor closes any more."""

Action: TypeAlias = Read | Send | Think | Close

Program: TypeAlias = Generator[Action, bytes | None, None]

Choose: TypeAlias = Callable[[str, str], int]
"""Takes the nine cells and one's own mark; gives a free square, 1 to 9, or LEAVE."""


class Player(Protocol):
    """Whatever can be run at the client's end of a connection."""

    def play(self) -> Program:
        """Return the program, from just after the connection to `Close`."""
        ...


class ClientDied(Exception):
    """The client has ended in a traceback: the server has told it what it cannot take."""

    def __init__(self, number: int | None, read: bytes | None, expected: str) -> None:
        self.number = number
        self.read = read
        """What the deadly read gave: b"" at the end of the stream, None on a reset."""
        self.expected = expected
        """The pattern of the message that was due."""
        super().__init__(f"client {number} read {read!r} where {expected!r} was due")


class Incoherent(AssertionError):
    """Each message was well-formed, but together they are no game."""


class _Over(Exception):
    """The client wants to hear no more."""


@dataclass(frozen=True, slots=True)
class _Due:
    """A message that a client reads: the size of the read, and all it accepts."""

    size: int
    pattern: str


NUMBER = _Due(128, "A[1-9][0-9]*")
MARK = _Due(2, "R[XO]")
OPPONENT = _Due(128, "I[1-9][0-9]*")
BOARD = _Due(10, "B[XO ]{9}")
CALL = _Due(2, "C[YNDWL]")
MOVE = _Due(2, "I[1-9]")
LINE = _Due(4, "P[0-8]{3}")


def scripted(squares: Iterable[int]) -> Choose:
    """Take `squares`, 1 to 9, in their order, whatever the board; LEAVE may be among them."""
    rest = iter(list(squares))

    def choose(cells: str, mark: str) -> int:
        square = next(rest, None)
        assert square is not None, f"{mark} is asked to move on {cells!r}, past its script"
        return square

    return choose


class ModelClient:
    """One existing client, playing one game."""

    def __init__(self, choose: Choose, think: float = 0.0, reason: bytes = b"") -> None:
        self.choose = choose
        self.think = think
        """How many seconds it takes to choose each move."""
        self.reason = reason
        """What it says after a `q`."""
        self.number: int | None = None
        self.mark = ""
        self.opponent: int | None = None
        self.boards: list[str] = []
        """The cells of every board it was shown."""
        self.moves_heard: list[int] = []
        """The squares its opponent took, 1 to 9."""
        self.result: str | None = None
        """W, L or D."""
        self.line: str | None = None
        """The winning line, as three digits counted from 0."""
        self.farewell: str | None = None
        """The text that came after `Q`."""
        self.gave_up = False
        """Whether a read stayed silent for too long."""
        self.echoes = 0
        """How many `E` it has answered."""
        self._due = NUMBER
        self._next_board = " " * 9

    def play(self) -> Program:
        """Return the client's whole life as a program. Raises ClientDied and Incoherent."""
        try:
            yield from self._shake_hands()
            while self.result is None:
                yield from self._take_turn()
        except _Over:
            pass
        except ConnectionError as error:
            raise ClientDied(self.number, None, self._due.pattern) from error
        yield Close()

    def _shake_hands(self) -> Program:
        self.number = int((yield from self._hear(NUMBER)))
        yield Send(b"c1")
        self.mark = yield from self._hear(MARK)
        yield Send(b"c2")
        self.opponent = int((yield from self._hear(OPPONENT)))
        self._expect(self.number != self.opponent, "it is its own opponent")
        yield Send(b"c3")

    def _take_turn(self) -> Program:
        """Look at one board and do what it asks for. Each board has one mark more."""
        cells = yield from self._hear(BOARD)
        self._expect(cells == self._next_board, f"the board {cells!r} does not follow")
        self.boards.append(cells)
        call = yield from self._hear(CALL)
        self._expect(call == _call_for(cells, self.mark), f"C{call} is wrong on {cells!r}")
        if call == "Y":
            yield from self._move(cells)
        elif call == "N":
            square = int((yield from self._hear(MOVE)))
            self._expect(cells[square - 1] == " ", f"I{square} is taken on {cells!r}")
            self.moves_heard.append(square)
            self._next_board = _after(cells, square, "O" if self.mark == "X" else "X")
        else:
            self.result = call
        if call in ("W", "L"):
            self.line = yield from self._hear(LINE)
            self._expect(self.line == _line_in(cells), f"P{self.line} is wrong on {cells!r}")

    def _move(self, cells: str) -> Program:
        yield Think(self.think)
        square = self.choose(cells, self.mark)
        if square == LEAVE:
            yield Send(b"q" + self.reason)
            raise _Over
        assert cells[square - 1] == " ", f"no existing client takes {square} on {cells!r}"
        self._next_board = _after(cells, square, self.mark)
        yield Send(b"i%d" % square)

    def _hear(self, due: _Due) -> Generator[Action, bytes | None, str]:
        """Return what follows the letter of the message that is `due`."""
        self._due = due
        for echoes in range(DEADLY_ECHO):
            data = yield Read(due.size)
            if data is None:
                yield from self._give_up(echoes)
            elif data[:1] == b"Q":
                yield from self._hear_farewell(data[1:], echoes)
            elif data[:1] == b"E" and len(data) == 2 and echoes + 1 < DEADLY_ECHO:
                self.echoes += 1
                yield Send(b"e" + data[1:])
            elif re.fullmatch(due.pattern.encode(), data):
                return data[1:].decode()
            else:
                self._die(data)
        raise AssertionError(due)

    def _hear_farewell(self, text: bytes, echoes: int) -> Program:
        """Read to the end of the stream: all of it is the text."""
        while len(text) < REST:
            self.farewell = text.decode("ascii")
            more = yield Read(REST)
            if more is None:
                yield from self._give_up(echoes)
            elif more:
                text += more
            else:
                raise _Over
        self._die(text)

    def _give_up(self, echoes: int) -> Program:
        """Say `q` once for the read and once for each echo that was answered within it."""
        self.gave_up = True
        for _ in range(1 + echoes):
            yield Send(b"q" + self.reason)
        raise _Over

    def _die(self, read: bytes) -> NoReturn:
        raise ClientDied(self.number, read, self._due.pattern)

    def _expect(self, fact: bool, otherwise: str) -> None:  # noqa: FBT001 - as `assert` has it
        if not fact:
            msg = f"client {self.number} ({self.mark}): {otherwise}"
            raise Incoherent(msg)


class CutShort:
    """The first `actions` things that `client` does, and then `end` instead of the rest."""

    def __init__(self, client: ModelClient, actions: int, *end: Action) -> None:
        self.client = client
        self.actions = actions
        self.end = end
        self.done = 0
        """How many of them it has done: fewer where the client's life was shorter."""

    def play(self) -> Program:
        program = self.client.play()
        action = next(program)
        while self.done < self.actions and not isinstance(action, Close):
            self.done += 1
            action = program.send((yield action))
        for action in self.end:
            yield action


def _after(cells: str, square: int, mark: str) -> str:
    return cells[: square - 1] + mark + cells[square:]


def _line_in(cells: str) -> str | None:
    """Return the first complete line, or None."""
    for line in LINES:
        if "".join(cells[int(square)] for square in line) in ("XXX", "OOO"):
            return line
    return None


def _call_for(cells: str, mark: str) -> str:
    """Return the letter after the C that is due to the player of `mark`."""
    line = _line_in(cells)
    if line is not None:
        return "W" if cells[int(line[0])] == mark else "L"
    if " " not in cells:
        return "D"
    turn = "X" if cells.count("X") == cells.count("O") else "O"
    return "Y" if turn == mark else "N"
