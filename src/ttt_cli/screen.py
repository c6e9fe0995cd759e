"""The screen of a player: the board and a few sentences, on a terminal or as plain lines.

On a terminal it is redrawn in place and coloured; elsewhere each thing is said once, in
lines that a screen reader or a script can follow. Nothing is said by colour alone: the last
move stands in brackets, a winning line between stars.
"""

import errno
import io
import os
from collections.abc import Iterable
from itertools import takewhile
from typing import TextIO

import click

from ttt_cli.layout import columns_of, printable, wrapped
from ttt_core import Board, Line, Mark, Square

PLAIN_BEAT = 30
"""How often a sign of life is repeated where lines stay, in seconds."""

_COLORS = {Mark.X: "cyan", Mark.O: "yellow"}


class ScreenLost(Exception):
    """Nothing can be shown any more; the text says why if there is anybody to tell."""


class Screen:
    """What one player sees."""

    def __init__(self, out: TextIO, *, color: bool = True, plain: bool = False) -> None:
        self._out = out
        if isinstance(out, io.TextIOWrapper):
            out.reconfigure(errors="replace")  # not every output has an ellipsis
        self._is_terminal = out.isatty()
        self.in_place = (
            not plain and self._is_terminal and os.environ.get("TERM", "") not in ("", "dumb")
        )
        """Whether it is redrawn in place."""
        self._color = self.in_place and color and not os.environ.get("NO_COLOR")
        self._above: list[str] = []
        self._board: list[str] = []
        self._below: list[str] = []
        self._waited = 0
        self._note = ""
        self._typed = ""
        self._drawn: list[str] = []
        """What stands there, line by line; the last one, that of the cursor, is being typed."""
        self._columns = 0
        self._is_drawing = self._is_stale = False

    def tell(self, sentence: str) -> None:
        """Say something that stays above the board, such as who the opponent is."""
        self._above.append(sentence)
        self._update([sentence])

    def show(
        self,
        board: Board,
        sentence: str,
        *,
        last: Square | None = None,
        by: str = "",
        line: Line | None = None,
    ) -> None:
        """Show `board`, with the move made last or the winning line, and a sentence below.

        Lines that stay tell both in words too: the square, `by` whom it was taken, the line.
        """
        self._board = ["", *draw(board, last=last, line=line, color=bool(self._color)), ""]
        self._below, self._waited, self._note = [sentence], 0, ""
        self._update([*self._board, *_in_words(last, by, line), sentence])

    def say(self, sentence: str) -> None:
        """Say something below the board, in place of what was said there before."""
        self._below, self._waited, self._note = [sentence], 0, ""
        self._update([sentence])

    def add(self, sentence: str) -> None:
        """Say something more below the board."""
        self._below.append(sentence)
        self._note = ""
        self._update([sentence])

    def note(self, sentence: str) -> None:
        """Say something below all that, until there is something new to be said."""
        self._note = sentence
        self._update([sentence])

    def beat(self, seconds: int) -> None:
        """Say beside what was said below the board for how long that has been so.

        Where lines stay, it is said again, but not more often than each `PLAIN_BEAT` seconds.
        """
        is_time = seconds // PLAIN_BEAT > self._waited // PLAIN_BEAT
        self._waited = seconds
        self._update([f"{''.join(self._below[:1])} {seconds} s"] if is_time else [])

    def type(self, text: str) -> None:
        """Show what is being typed."""
        self._typed = printable(text)
        self._update([])

    def begin(self) -> None:
        """Begin a new game below what is there."""
        self._above, self._board, self._below, self._waited, self._note = [], [], [], 0, ""
        self._drawn = []

    def break_line(self) -> None:
        """Begin a new line where a terminal has echoed a Ctrl-C."""
        if self._is_terminal and not self.in_place:
            self._write("\n")

    def redraw(self, *, below: bool = False) -> None:
        """Draw everything anew: in place for a new window, or below what others have written.

        May be called at any time, by a signal too.
        """
        self._drawn = [] if below else self._drawn
        self._update([])

    def _update(self, news: list[str]) -> None:
        """Draw what has changed in place, or write just what is new."""
        if not self.in_place:
            if news:
                self._write("".join(f"{line}\n" for line in news))
            return
        self._is_stale = True
        if self._is_drawing:
            return  # a signal came while that is being done: it is done again at once
        self._is_drawing = True
        try:
            while self._is_stale:
                self._is_stale = False
                self._draw(columns_of(self._out))
        finally:
            self._is_drawing = False

    def _draw(self, columns: int) -> None:
        lines = [*self._lines(columns), self._typed[-max(1, columns - 1) :]]
        before, self._drawn = self._drawn, lines
        if before == lines and columns == self._columns:
            return
        same = 0
        if columns == self._columns:
            pairs = zip(before[:-1], lines[:-1], strict=False)
            same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        self._columns = columns
        # A window that has been made narrower has cut lines that were whole before.
        up = sum(_rows(line, columns) for line in before[same:]) - 1
        back = f"\x1b[{up}F" if up > 0 else "\r"
        self._write(f"{back}\x1b[J" + "\n".join(lines[same:]))

    def _lines(self, columns: int) -> list[str]:
        """Return what is to stand there, as lines for so many columns."""
        first, *rest = self._below or [""]
        sign = f" {self._waited} s" if self._waited else ""
        below = [f"{first}{sign}", *rest, self._note]
        return [
            *(part for text in self._above for part in wrapped(text, columns)),
            *self._board,
            *(part for text in below for part in wrapped(text, columns)),
        ]

    def _write(self, text: str) -> None:
        try:
            self._out.write(text)
            self._out.flush()
        except OSError as error:
            _swallow(self._out)
            is_unheard = error.errno in (errno.EPIPE, errno.EIO)
            raise ScreenLost("" if is_unheard else str(error.strerror)) from error


def _swallow(out: TextIO) -> None:
    """Let what `out` still holds go nowhere, or it would fail again at the very end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, out.fileno())
    os.close(nowhere)


def _in_words(last: Square | None, by: str, line: Line | None) -> list[str]:
    """Say what a drawn board shows by signs."""
    words = [] if last is None else [f"{by} took {last + 1}."]
    if line is not None:
        words.append(f"The winning line is {', '.join(str(square + 1) for square in line)}.")
    return words


def draw(
    board: Board, *, last: Square | None = None, line: Line | None = None, color: bool = False
) -> list[str]:
    """Draw `board` in five lines of eleven columns, its free squares numbered 1 to 9."""
    cells = [_cell(board, square, last, line or (), color=color) for square in range(9)]
    rows = ["|".join(cells[row : row + 3]) for row in (0, 3, 6)]
    return [rows[0], "---+---+---", rows[1], "---+---+---", rows[2]]


def _cell(
    board: Board, square: Square, last: Square | None, line: Iterable[Square], *, color: bool
) -> str:
    mark = board.mark_at(square)
    if mark is None:
        return f" {square + 1} "
    left, right = ("*", "*") if square in line else ("[", "]") if square == last else (" ", " ")
    text = f"{left}{mark}{right}"
    return click.style(text, fg=_COLORS[mark], bold=left != " ") if color else text


def _rows(line: str, columns: int) -> int:
    """Return how many rows of a window `line` takes."""
    return max(1, -(-len(click.unstyle(line)) // columns))
