"""A player's screen for the tests: a stream, and a model of the terminal that it writes to."""

import re
from io import StringIO

from ttt_cli.screen import Screen

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
SIGNS = re.compile(r"\x1b\[(?P<up>[1-9][0-9]*)F|(?P<erase>\x1b\[J)|(?P<sign>.)", re.DOTALL)
CONTROLS = re.compile(r"\r|\x1b\[[0-9]*[FJ]")


class Stream(StringIO):
    """A standard output that says whether it is a terminal, and counts how often it is flushed."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal
        self.flushed = 0

    def isatty(self) -> bool:
        return self._is_terminal

    def flush(self) -> None:
        self.flushed += 1


def piped() -> tuple[Screen, Stream]:
    """Return a screen that is no terminal, and what it writes to."""
    stream = Stream(is_terminal=False)
    return Screen(stream), stream


def terminal(*, color: bool = True) -> tuple[Screen, Stream]:
    """Return a screen on a terminal, and what it writes to."""
    stream = Stream(is_terminal=True)
    return Screen(stream, color=color), stream


def visible(written: str, width: int) -> list[str]:
    """Return the lines that a terminal of `width` columns shows, the one of the cursor last.

    It knows text, the end of a line, the beginning of this line and of the nth line above,
    and "erase all that follows"; colours, which it does not show; and nothing else.
    """
    lines = [""]
    row = column = 0
    for found in SIGNS.finditer(COLOURS.sub("", written)):
        sign = found["sign"]
        if found["up"]:
            row, column = max(0, row - int(found["up"])), 0
        elif found["erase"]:
            lines[row:] = [lines[row][:column]]
        elif sign == "\r":
            column = 0
        elif sign == "\n":
            row, column = row + 1, 0
            lines += [""] if row == len(lines) else []
        else:
            assert sign.isprintable(), f"the terminal does not know {sign!r}"
            if column == width:
                row, column = row + 1, 0
                lines.insert(row, "")
            assert column == len(lines[row]), "text is written over text"
            lines[row] += sign
            column += 1
    return lines
