"""The keyboard of a player: whole lines, as they are typed or piped in."""

import os
import select
from collections import deque
from collections.abc import Callable

from ttt_cli.editor import LineEditor
from ttt_cli.layout import quoted
from ttt_core import Square

A_SQUARE = "a number from 1 to 9 (q leaves)."
"""What may be typed for a move."""

_READ_BYTES = 4096
_LONGEST = 65_536
"""How much of a line that does not end is kept, in bytes."""

_SQUARES: dict[str, Square] = {str(square + 1): square for square in range(9)}


class Keyboard:
    """Lines from a descriptor that a selector can wait for beside a socket."""

    def __init__(
        self, descriptor: int | None, echo: Callable[[str], object] | None = None
    ) -> None:
        """Read from `descriptor`; None is an input that was closed before the start.

        Of a terminal that gives each key at once (see `Terminal`), `echo` is told what
        stands on the line so far; without it, the terminal is left to collect the lines.
        """
        self._descriptor = -1 if descriptor is None else descriptor
        self._lines: deque[str] = deque()
        self._half = b""
        self._editor = LineEditor()
        self.is_over = descriptor is None
        """Whether the end of input has come."""
        self.is_terminal = descriptor is not None and os.isatty(descriptor)
        self._echo = echo if self.is_terminal else None

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._descriptor

    def read(self) -> None:
        """Read what is there; to be called when the descriptor is readable."""
        try:
            data = os.read(self._descriptor, _READ_BYTES)
        except OSError:
            data = b""  # the terminal has gone
        self.is_over = not data
        if self._echo is None:
            self._lines.extend(line.decode(errors="replace").strip() for line in self._cut(data))
        else:
            self._lines.extend(line.strip() for line in self._editor.feed(data))
            self.is_over |= self._editor.is_over
            self._echo(self._editor.text)

    def take(self) -> str | None:
        """Return the next line without white space around it, or None if there is none."""
        return self._lines.popleft() if self._lines else None

    def is_spent(self) -> bool:
        """Look, without waiting, whether a pipe or file is at its end and no line is left."""
        if self._lines or self.is_terminal:
            return False
        if not self.is_over and select.select([self], [], [], 0)[0]:
            self.read()
        return self.is_over and not self._lines

    def drop(self) -> None:
        """Forget what stands on the line so far: it belongs to what has ended."""
        if self._editor.text and self._echo is not None:
            self._editor.text = ""
            self._echo("")

    def wait(self) -> str | None:
        """Return the next line, waiting for it, or None at the end of input."""
        while (line := self.take()) is None and not self.is_over:
            self.read()
        return line

    def _cut(self, data: bytes) -> list[bytes]:
        """Return the lines that `data` ends; at the end of input that is any line."""
        *lines, self._half = (self._half + data).split(b"\n")
        if not data and self._half:
            lines, self._half = [self._half], b""
        self._half = self._half[:_LONGEST]
        return lines


def is_farewell(line: str) -> bool:
    """Whether who typed `line` wants to leave."""
    return line.lower() in ("q", "quit")


def complaint(line: str) -> str:
    """Say why the square that `line` stands for cannot be taken, or that it stands for none."""
    if square_in(line) is None:
        return f"{quoted(line)} is no square."
    return f"Square {line} is taken."


def square_in(line: str) -> Square | None:
    """Read a square, which people count from 1 to 9; None from anything else."""
    return _SQUARES.get(line)
