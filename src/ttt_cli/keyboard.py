"""The keyboard of a player: whole lines, as they are typed or piped in."""

import os
from collections import deque

from ttt_core import Square

_READ_BYTES = 4096
_SQUARES: dict[str, Square] = {str(square + 1): square for square in range(9)}


class Keyboard:
    """Lines from a descriptor that a selector can wait for beside a socket."""

    def __init__(self, descriptor: int | None) -> None:
        """Read from `descriptor`; None is an input that was closed before the start."""
        self._descriptor = -1 if descriptor is None else descriptor
        self._lines: deque[str] = deque()
        self._half = b""
        self.is_over = descriptor is None
        """Whether the end of input has come."""
        self.is_terminal = descriptor is not None and os.isatty(descriptor)

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._descriptor

    def read(self) -> None:
        """Read what is there; to be called when the descriptor is readable."""
        try:
            data = os.read(self._descriptor, _READ_BYTES)
        except OSError:
            data = b""  # the terminal has gone
        *lines, self._half = (self._half + data).split(b"\n")
        if not data:
            self.is_over = True
            lines += [self._half] if self._half else []
            self._half = b""
        self._lines.extend(line.decode(errors="replace").strip() for line in lines)

    def take(self) -> str | None:
        """Return the next line without white space around it, or None if there is none."""
        return self._lines.popleft() if self._lines else None

    def wait(self) -> str | None:
        """Return the next line, waiting for it, or None at the end of input."""
        while (line := self.take()) is None and not self.is_over:
            self.read()
        return line


def square_in(line: str) -> Square | None:
    """Read a square, which people count from 1 to 9; None from anything else."""
    return _SQUARES.get(line)
