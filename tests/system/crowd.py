"""Many clients in one thread: they do as existing clients do, and move when they are told to."""

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import final

from tests.system.process import PATIENCE
from tests.system.visitors import SCRIPT

_CONFIRMATIONS = {b"A": b"c1", b"R": b"c2", b"I": b"c3"}


@final
class Member:
    """One client: confirms, answers signs of life, and counts the boards it is shown."""

    __slots__ = ("heard", "marked", "opponent", "over", "seen", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.heard = b""
        """What has come and is not understood yet."""
        self.seen = 0
        """How many boards it has been shown."""
        self.marked: float | None = None
        """When it was told its mark; monotonic seconds."""
        self.opponent: int | None = None
        self.over = b""
        """What ended it: the result, or the `Q`."""


class Crowd:
    """The clients, and the selector that they wait at."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._selector = selectors.DefaultSelector()
        self.members: list[Member] = []

    def connect(self, count: int) -> list[Member]:
        """Let `count` more connect, one right after the other."""
        came = []
        for _ in range(count):
            sock = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
            member = Member(sock)
            self._selector.register(sock, selectors.EVENT_READ, member)
            came.append(member)
            if not len(came) % 50:
                self._look(0)
        self.members += came
        return came

    def until(self, done: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Let them hear and answer until it is `done`."""
        deadline = time.monotonic() + patience
        while not done():
            assert time.monotonic() < deadline, "the crowd did not get there"
            self._look(0.05)

    def begin(self, pairs: int) -> list[Member]:
        """Let `pairs` more pairs be matched and shown their first board."""
        came = self.connect(2 * pairs)
        waiting = deque(came)

        def all_begun() -> bool:
            while waiting and waiting[0].seen:
                waiting.popleft()
            return not waiting

        self.until(all_begun, 4 * PATIENCE)
        return came

    def play_on(self, members: list[Member]) -> None:
        """Let the games of `members`, all of whom have seen as many boards, come to an end.

        The one whose turn it is moves by the script.
        """
        for number, (move, _, _) in enumerate(SCRIPT, 1):
            for member in members:
                if member.heard == b"CY":
                    member.heard = b""
                    member.sock.sendall(move)
            ahead = deque(members)

            def all_have_seen(ahead: deque[Member] = ahead, boards: int = number + 1) -> bool:
                while ahead and ahead[0].seen >= boards:
                    ahead.popleft()
                return not ahead

            self.until(all_have_seen, 4 * PATIENCE)

    def leave(self) -> None:
        """Close all connections."""
        for member in self.members:
            member.sock.close()
        self._selector.close()

    def _look(self, timeout: float) -> None:
        for key, _ in self._selector.select(timeout):
            self._hear(key.data)

    def _hear(self, member: Member) -> None:
        try:
            data = member.sock.recv(4096)
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(member.sock)
            return
        member.heard += data
        while member.heard and self._understand(member):
            pass

    def _understand(self, member: Member) -> bool:
        """Take one message off what has been heard; False if it is to stay for now."""
        heard = member.heard
        letter = heard[:1]
        if letter == b"Q" or heard[:2] in (b"CW", b"CL", b"CD"):
            member.over = heard
            return False
        if heard == b"CY":
            return False  # it is to move, and will be told so
        if letter == b"B":
            member.seen += 1
            member.heard = heard[10:]
        elif letter == b"E":
            member.sock.sendall(b"e" + heard[1:2])
            member.heard = heard[2:]
        elif letter in _CONFIRMATIONS and not member.seen:
            self._confirm(member, letter)
        else:
            member.heard = heard[2:]
        return True

    @staticmethod
    def _confirm(member: Member, letter: bytes) -> None:
        """Confirm the number or the mark: they come alone, but for a mark, which has two bytes."""
        if letter == b"R":
            member.marked = time.monotonic()
            member.heard = member.heard[2:]
        else:
            if letter == b"I":
                member.opponent = int(member.heard[1:])
            member.heard = b""
        member.sock.sendall(_CONFIRMATIONS[letter])
