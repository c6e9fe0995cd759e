"""The screen of a player: the board and a few sentences, on a terminal or as plain lines.

On a terminal it is redrawn in place and coloured; elsewhere each thing is said once, in
lines that a screen reader or a script can follow. Nothing is said by colour alone: the last
move stands in brackets, a winning line between stars.
"""

import io
import os
import shutil
import textwrap
from collections.abc import Iterable
from typing import TextIO

import click

from ttt_core import Board, Line, Mark, Square

_COLORS = {Mark.X: "cyan", Mark.O: "yellow"}
_NARROWEST = 20


class Screen:
    """What one player sees."""

    def __init__(self, out: TextIO, *, color: bool = True) -> None:
        self._out = out
        if isinstance(out, io.TextIOWrapper):
            out.reconfigure(errors="replace")  # not every output has an ellipsis
        self.in_place = out.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        """Whether it is redrawn in place."""
        self._color = self.in_place and color and not os.environ.get("NO_COLOR")
        self._above: list[str] = []
        self._board: list[str] = []
        self._below: list[str] = []
        self._drawn = 0

    def tell(self, sentence: str) -> None:
        """Say something that stays above the board, such as who the opponent is."""
        self._above.append(sentence)
        self._refresh([sentence])

    def show(
        self, board: Board, sentence: str, *, last: Square | None = None, line: Line | None = None
    ) -> None:
        """Show `board`, with the move made last or the winning line, and a sentence below."""
        self._board = ["", *draw(board, last=last, line=line, color=bool(self._color)), ""]
        self._below = [sentence]
        self._refresh([*self._board, sentence])

    def say(self, sentence: str) -> None:
        """Say something below the board, in place of what was said there before."""
        self._below = [sentence]
        self._refresh([sentence])

    def add(self, sentence: str) -> None:
        """Say something more below the board."""
        self._below.append(sentence)
        self._refresh([sentence])

    def typed(self, *, echoed: bool) -> None:
        """Take note of a line of input: if it was echoed, the terminal has moved down by one."""
        self._drawn += echoed and self.in_place

    def begin(self) -> None:
        """Begin a new game below what is there."""
        self._above, self._board, self._below, self._drawn = [], [], [], 0

    def _refresh(self, news: list[str]) -> None:
        """Draw everything anew in place, or write just what is new."""
        if not self.in_place:
            self._write(news)
            return
        width = max(_NARROWEST, shutil.get_terminal_size().columns - 1)
        lines = [part for text in self._above for part in textwrap.wrap(text, width)]
        lines += self._board
        lines += [part for text in self._below for part in textwrap.wrap(text, width)]
        back = f"\x1b[{self._drawn}F\x1b[J" if self._drawn else ""
        self._drawn = len(lines)
        self._write([back + lines[0], *lines[1:]])

    def _write(self, lines: Iterable[str]) -> None:
        self._out.write("".join(f"{line}\n" for line in lines))
        self._out.flush()


def draw(
    board: Board, *, last: Square | None = None, line: Line | None = None, color: bool = False
) -> list[str]:
    """Draw `board` in five lines of eleven columns, its free squares numbered 1 to 9."""
    cells = [_cell(board, square, last, line or (), color=color) for square in range(9)]
    rows = ["|".join(cells[row : row + 3]) for row in (0, 3, 6)]
    return [rows[0], "---+---+---", rows[1], "---+---+---", rows[2]]


def printable(text: str) -> str:
    """Return `text` with a question mark for each sign that could do something to a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _cell(
    board: Board, square: Square, last: Square | None, line: Iterable[Square], *, color: bool
) -> str:
    mark = board.mark_at(square)
    if mark is None:
        return f" {square + 1} "
    left, right = ("*", "*") if square in line else ("[", "]") if square == last else (" ", " ")
    text = f"{left}{mark}{right}"
    return click.style(text, fg=_COLORS[mark], bold=left != " ") if color else text
