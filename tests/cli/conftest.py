import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Protocol

import pytest

from tests.cli.consoles import Screen, Terminal
from ttt_cli.logs import Log, LogSettings

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class BeginLog(Protocol):
    """Begins a log that ends with the test."""

    def __call__(
        self,
        console: Screen | None = None,
        *,
        file: Path | None = None,
        level: str = "INFO",
        color: bool = True,
        max_bytes: int = 1_000_000,
        keep: int = 5,
    ) -> Log: ...


@pytest.fixture(autouse=True)
def nothing_of_the_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def begin_log() -> Iterator[BeginLog]:
    logs: list[Log] = []

    def begin(
        console: Screen | None = None,
        *,
        file: Path | None = None,
        level: str = "INFO",
        color: bool = True,
        max_bytes: int = 1_000_000,
        keep: int = 5,
    ) -> Log:
        settings = LogSettings(file, level, color, max_bytes, keep)
        logs.append(Log(settings, Screen() if console is None else console))
        return logs[-1]

    yield begin
    for log in logs:
        log.close()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """The standard input is a terminal."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdin", terminal.stdin)
    yield terminal
    terminal.close()


@pytest.fixture
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The standard input is no terminal."""
    with Path("/dev/null").open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        yield


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """The standard error, to be read."""
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    return screen


def unexpected_signal(number: int, frame: FrameType | None) -> None:
    pytest.fail(f"nobody has taken care of signal {number}")


@pytest.fixture
def signals() -> Iterator[None]:
    """A signal that the command does not take care of fails the test, and nothing more."""
    before = {number: signal.signal(number, unexpected_signal) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
