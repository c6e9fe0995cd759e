"""Runs `ttt serve` in the process of the tests, and reads what it says."""

import signal
from contextlib import redirect_stderr

import pytest

from tests.cli.consoles import Screen
from ttt_cli.main import cli

HOST = "127.0.0.1"
ANYWHERE = ("--host", HOST, "--port", "0")


def stopping_screen(*, is_terminal: bool = False) -> Screen:
    screen = Screen(is_terminal=is_terminal)
    screen.when("Listening to port", lambda _: signal.raise_signal(signal.SIGTERM))
    return screen


def serve(*arguments: str, screen: Screen) -> int:
    """Run `ttt serve` and return its exit code."""
    with redirect_stderr(screen), pytest.raises(SystemExit) as ended:
        cli.main(["serve", *arguments], prog_name="ttt")
    assert isinstance(ended.value.code, int)
    return ended.value.code


def port_in(words: str) -> int:
    return int(words.rsplit(maxsplit=1)[-1])
