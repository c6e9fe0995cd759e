"""The two ends of what a console may be: what is written at one is read at the other."""

import os
import pty
import select
import socket
from collections.abc import Callable

from tests.cli.consoles import PATIENCE


class Ends:
    """`theirs` is the program's end, and a descriptor; nobody reads unless told to."""

    def __init__(self, ours: int, theirs: int) -> None:
        self._ours = ours
        self.theirs = theirs

    def read(self, size: int) -> bytes:
        """Read exactly `size` bytes as they were written: a terminal adds returns."""
        data = b""
        while len(data) < size:
            ready, _, _ = select.select([self._ours], [], [], PATIENCE)
            assert ready, f"{size - len(data)} bytes are missing after {data[-100:]!r}"
            data += os.read(self._ours, size - len(data)).replace(b"\r", b"")
        return data

    def read_what_is_there(self) -> bytes:
        if not select.select([self._ours], [], [], 0)[0]:
            return b""
        return os.read(self._ours, 4096).replace(b"\r", b"")

    def look_away(self) -> None:
        """Close our end for good."""
        os.close(self._ours)
        self._ours = -1

    def close(self) -> None:
        os.close(self.theirs)
        if self._ours >= 0:
            self.look_away()


def terminal() -> Ends:
    return Ends(*pty.openpty())


def pipe() -> Ends:
    return Ends(*os.pipe())


def connection() -> Ends:
    ours, theirs = socket.socketpair()
    return Ends(ours.detach(), theirs.detach())


KINDS: tuple[Callable[[], Ends], ...] = (terminal, pipe, connection)
