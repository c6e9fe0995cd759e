"""Players on a stage: one in a single match, and one who runs the whole of `ttt play`."""

import os
import pty
import signal
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout

import pytest

from tests.cli import consoles
from tests.cli.screens import visible
from tests.cli.stage import HOST, Cue, Stage
from ttt_cli.keyboard import Keyboard
from ttt_cli.main import cli
from ttt_cli.match import CutShort, Ending, Match
from ttt_cli.screen import Screen
from ttt_cli.terminal import Terminal
from ttt_net import Connector

WELCOME = [
    "You are player 7.",
    "Waiting for an opponent…",
    "You play X; X moves first.",
    "Your opponent is player 6.",
]
"""What is told of the greeting on the stage."""


class Play:
    """A match with all that belongs to it."""

    def __init__(self, *, terminal: bool = False) -> None:
        self._theirs, self._ours = pty.openpty()[::-1] if terminal else os.pipe()
        self.stage = Stage(self.type)
        self.paper = consoles.Screen(is_terminal=terminal)
        self.connector = Connector(HOST, self.stage.port, self.stage.clock)
        screen = Screen(self.paper, color=False)
        keyboard = Keyboard(self._theirs, screen.type if screen.in_place else None)
        assert keyboard.is_terminal is terminal
        self.terminal = Terminal(keyboard, screen)
        self.match = Match(self.connector, keyboard, screen, self.stage.clock)
        self.stage.accept()

    def type(self, keys: str) -> None:
        if keys:
            os.write(self._ours, keys.encode())
        else:  # a pipe that ends
            os.close(self._ours)
            self._ours = -1

    def run(self, *cues: Cue) -> Ending:
        self.stage.cues.extend(cues)
        with self.terminal.in_use():
            ending = self.match.play()
        assert not self.stage.cues, "the match ended before the last cue"
        return ending

    def fail(self, *cues: Cue) -> str:
        with pytest.raises(CutShort) as failed:
            self.run(*cues)
        return str(failed.value)

    def heard(self) -> bytes:
        self.connector.close()
        return self.stage.heard()

    @property
    def lines(self) -> list[str]:
        return self.paper.lines

    @property
    def window(self) -> list[str]:
        """What a window of 80 columns shows, the line that is being typed last."""
        return visible(self.paper.getvalue(), 80)

    @property
    def told(self) -> list[str]:
        """The sentences that were said, without the boards."""
        return [line for line in self.lines if line and "|" not in line and "+" not in line]

    def close(self) -> None:
        self.connector.close()
        self.stage.close()
        os.close(self._theirs)
        if self._ours >= 0:
            os.close(self._ours)


def interrupt(_: str = "") -> None:
    """Press Ctrl-C, as far as the process can tell."""
    signal.raise_signal(signal.SIGINT)


class Player:
    """Somebody who runs `ttt play` and reads what it says."""

    def __init__(
        self, stage: Stage, screen: consoles.Screen, keys: Callable[[str], object]
    ) -> None:
        self.stage = stage
        self.screen = screen
        self.type = keys

    def answer(self, question: str, keys: str) -> None:
        """Type `keys` the next time that `question` is asked."""
        self.screen.when(question, lambda _: self.type(keys))

    def interrupt(self, question: str) -> None:
        """Press Ctrl-C the next time that `question` is asked."""
        self.screen.when(question, interrupt)

    def run(self, *arguments: str, cues: tuple[Cue, ...] = ()) -> int:
        self.stage.cues.extend(cues)
        with (
            redirect_stdout(self.screen),
            redirect_stderr(self.screen),
            pytest.raises(SystemExit) as ended,
        ):
            cli.main(["play", *arguments], prog_name="ttt")
        assert isinstance(ended.value.code, int)
        assert not self.stage.cues, "the match ended before the last cue"
        return ended.value.code

    def play(self, *cues: Cue) -> int:
        return self.run(HOST, str(self.stage.port), cues=cues)

    @property
    def text(self) -> str:
        return self.screen.getvalue()
