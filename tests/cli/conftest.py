import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Protocol

import pytest

from tests.cli.consoles import PATIENCE, Screen, Terminal
from tests.cli.ends import KINDS, Ends
from tests.cli.seats import Player
from tests.cli.serving import stopping_screen
from tests.cli.stage import HOST, Stage
from ttt_cli import match as match_module
from ttt_cli.console import Console
from ttt_cli.logs import Log, LogSettings


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
    for name in tuple(os.environ):
        if name == "NO_COLOR" or name.startswith("TTT_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    """Let no test leave signals to the next one as a command has left them at its end."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGTTOU)
    before = {number: signal.getsignal(number) for number in numbers}
    kept_waiting = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, kept_waiting)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def screen() -> Screen:
    """The standard error. The server that says on it that it listens is told to stop."""
    return stopping_screen()


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
        settings = LogSettings(file, level, max_bytes, keep)
        screen = Console(Screen() if console is None else console, color=color)
        logs.append(Log(settings, screen))
        return logs[-1]

    yield begin
    for log in logs:
        log.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the log file goes."""
    return tmp_path / "ttt_server.log"


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


def unexpected_signal(number: int, frame: FrameType | None) -> None:
    pytest.fail(f"nobody has taken care of {signal.Signals(number).name}")


@pytest.fixture
def signals() -> Iterator[None]:
    """A signal that the command does not take care of fails the test, and nothing more.

    So does a command that does not end: the alarm goes off.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGALRM)
    before = {number: signal.signal(number, unexpected_signal) for number in numbers}
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def player(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Player]:
    """A player at a terminal, whose output is read as plain lines."""

    def type_keys(keys: str) -> None:
        os.write(terminal._ours, keys.encode())

    stage = Stage(type_keys)
    monkeypatch.setattr(match_module, "select", stage)
    yield Player(stage, Screen(), type_keys)
    stage.close()


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Player]:
    """A player whose lines come from a file or a pipe."""
    theirs, ours = os.pipe()

    def type_keys(keys: str) -> None:
        os.write(ours, keys.encode())

    stage = Stage(type_keys)
    monkeypatch.setattr(match_module, "select", stage)
    with os.fdopen(theirs) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield Player(stage, Screen(), type_keys)
    os.close(ours)
    stage.close()


@pytest.fixture
def closed() -> Iterator[str]:
    """A port that nobody listens to."""
    with socket.socket() as silent:
        silent.bind((HOST, 0))
        yield str(silent.getsockname()[1])


@pytest.fixture(params=KINDS)
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    """Both ends of each thing that a console may be."""
    make: Callable[[], Ends] = request.param
    ends = make()
    yield ends
    ends.close()
