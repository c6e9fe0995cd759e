"""Consoles for the tests: a terminal at which somebody types, and a screen that is read."""

import os
import pty
import select
from collections.abc import Callable
from io import StringIO

PATIENCE = 60.0
"""Seconds after which what should have spoken or ended is given up."""

END_OF_INPUT = b"\x04"


class Screen(StringIO):
    """Keeps what is written on it, and may do something when certain words appear."""

    def __init__(self, *, is_terminal: bool = False) -> None:
        super().__init__()
        self._is_terminal = is_terminal
        self._reactions: list[tuple[str, Callable[[str], object]]] = []

    def isatty(self) -> bool:
        return self._is_terminal

    def when(self, words: str, react: Callable[[str], object]) -> None:
        """Call `react` with the text that has `words` in it, the first time that it comes."""
        self._reactions.append((words, react))

    def write(self, text: str) -> int:
        written = super().write(text)
        for reaction in [r for r in self._reactions if r[0] in text]:
            self._reactions.remove(reaction)
            reaction[1](text)
        return written

    @property
    def lines(self) -> list[str]:
        return self.getvalue().splitlines()


class Terminal:
    """A pseudo-terminal: what is typed at one end is read by the program at the other."""

    def __init__(self) -> None:
        self._ours, theirs = pty.openpty()
        self._theirs = theirs
        self.stdin = os.fdopen(theirs, "r", encoding="utf-8")

    def open_for_writing(self) -> "TerminalOutput":
        return TerminalOutput(os.dup(self._theirs), self._ours)

    def type(self, *lines: str) -> None:
        """Type `lines`, and end the input after them."""
        typed = "".join(f"{line}\n" for line in lines).encode()
        os.write(self._ours, typed + END_OF_INPUT)

    def close(self) -> None:
        self.stdin.close()
        os.close(self._ours)


class TerminalOutput:
    """The program's end of a terminal, as a stream to write to, and what the screen shows."""

    def __init__(self, theirs: int, ours: int) -> None:
        self.stream = os.fdopen(theirs, "w", encoding="utf-8")
        self._ours = ours

    def read_until(self, words: str) -> str:
        shown = b""
        while words.encode() not in shown:
            ready, _, _ = select.select([self._ours], [], [], PATIENCE)
            assert ready, f"the terminal has shown {shown!r} and no {words!r}"
            shown += os.read(self._ours, 4096)
        return shown.decode()
