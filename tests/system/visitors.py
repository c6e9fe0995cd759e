"""Clients at the port of a running server, on whose sockets each byte is meant."""

import re
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

import pytest

from tests.system.process import PATIENCE

SHUTTING_DOWN = b"QThe server is shutting down. Game over."
OPPONENT_LEFT = b"QYour opponent has left the game. You win."

SCRIPT = (
    # The move, what its player hears, and what the other one hears.
    (b"i1", b"BX        CN", b"I1BX        CY"),
    (b"i4", b"BX  O     CN", b"I4BX  O     CY"),
    (b"i2", b"BXX O     CN", b"I2BXX O     CY"),
    (b"i5", b"BXX OO    CN", b"I5BXX OO    CY"),
    (b"i3", b"BXXXOO    CWP012", b"I3BXXXOO    CLP012"),
)


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")


class Visitor:
    """One connection. It is told its number and, but for echoes, says only what it is told to."""

    def __init__(self, port: int, host: str) -> None:
        self.sock = socket.create_connection((host, port), timeout=PATIENCE)
        self._echoes = 0
        greeting = self.sock.recv(128)
        assert re.fullmatch(rb"A[1-9][0-9]*", greeting)
        self.number = int(greeting[1:])

    def say(self, data: bytes) -> None:
        self.sock.sendall(data)

    def hear(self, expected: bytes) -> None:
        """Read exactly as many bytes as are `expected`, and those."""
        heard = b""
        while len(heard) < len(expected):
            piece = self.sock.recv(len(expected) - len(heard))
            assert piece, f"the stream ends after {heard!r}; {expected!r} was due"
            heard = self._answer_echoes(heard + piece)
        assert heard == expected

    def rest(self) -> bytes:
        """Read to the end of the stream."""
        heard = b""
        while piece := self.sock.recv(4096):
            heard = self._answer_echoes(heard + piece)
            assert len(heard) < 10_000
        return heard

    def fileno(self) -> int:
        return self.sock.fileno()

    def hears(self, beginning: bytes) -> bool:
        """Whether that has come by now; it is left to be read."""
        self.sock.settimeout(0)
        try:
            return self.sock.recv(len(beginning), socket.MSG_PEEK) == beginning
        except BlockingIOError:
            return False
        finally:
            self.sock.settimeout(PATIENCE)

    def nod(self) -> None:
        """Answer the echoes that have come by now, and read nothing else."""
        while self.hears(b"Ez"):
            self.sock.recv(2)
            self.say(b"ez")

    def _answer_echoes(self, heard: bytes) -> bytes:
        """Answer the echo that a slow machine may have given the server time to ask for."""
        while heard.startswith(b"Ez"):
            self._echoes += 1
            assert self._echoes <= PATIENCE / 6, "nothing comes but signs of life"
            self.say(b"ez")
            heard = heard[2:]
        return heard

    def reset(self) -> None:
        """Close, so that the server sees a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()


class Game:
    """Two visitors in a game."""

    def __init__(self, x: Visitor, o: Visitor) -> None:
        self.x = x
        self.o = o
        self._played = 0

    def play(self, moves: int) -> None:
        """Play the next `moves` of the script; x wins with the fifth."""
        for move, mine, theirs in SCRIPT[self._played : self._played + moves]:
            mover, other = (self.o, self.x) if self._played % 2 else (self.x, self.o)
            self._played += 1
            mover.say(move)
            mover.hear(mine)
            other.hear(theirs)


class Visitors:
    """Lets visitors in, and closes their connections at the end."""

    def __init__(self) -> None:
        self._doors = ExitStack()

    def connect(self, port: int, host: str = "127.0.0.1") -> Visitor:
        return self._doors.enter_context(Visitor(port, host))

    def confirmed(self, port: int, host: str = "127.0.0.1") -> Visitor:
        """Let in one who has confirmed its number."""
        visitor = self.connect(port, host)
        visitor.say(b"c1")
        return visitor

    def pair(self, port: int) -> tuple[Visitor, Visitor]:
        """Let in two who meet, the one who waited first."""
        return self.confirmed(port), self.confirmed(port)

    def told_mark(self, port: int) -> tuple[Visitor, Visitor]:
        """Let in two who have met; the first has been told its mark, the second nothing."""
        waited, newcomer = self.pair(port)
        waited.hear(b"RO")
        return waited, newcomer

    def told_opponent(self, port: int) -> tuple[Visitor, Visitor]:
        """Let in two who have met; the first has been told of the second too."""
        waited, newcomer = self.told_mark(port)
        waited.say(b"c2")
        waited.hear(b"I%d" % newcomer.number)
        return waited, newcomer

    def ready(self, port: int) -> tuple[Visitor, Visitor]:
        """Let in two who have met; the first has confirmed all, the second knows its mark."""
        waited, newcomer = self.told_opponent(port)
        waited.say(b"c3")
        newcomer.hear(b"RX")
        return waited, newcomer

    def game(self, port: int) -> Game:
        """Let in two who have been shown the first board."""
        waited, newcomer = self.ready(port)
        newcomer.say(b"c2")
        newcomer.hear(b"I%d" % waited.number)
        newcomer.say(b"c3")
        newcomer.hear(b"B         CY")
        waited.hear(b"B         CN")
        return Game(newcomer, waited)

    def leave(self) -> None:
        """Close all their connections."""
        self._doors.close()

    @contextmanager
    def undisturbed(self, port: int) -> Iterator[None]:
        """Have two others play on meanwhile, and a new pair be served afterwards."""
        game = self.game(port)
        game.play(2)
        yield
        game.play(3)
        assert (game.x.rest(), game.o.rest()) == (b"", b"")
        self.game(port).play(5)
