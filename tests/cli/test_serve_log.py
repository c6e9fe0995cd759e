"""What `ttt serve` writes on its console and into its log file, and where."""

import re
import signal
import socket
from pathlib import Path

import pytest

from tests.cli.consoles import Screen
from tests.cli.log_file import entries, messages
from tests.cli.serving import ANYWHERE, HOST, port_in, serve, stopping_screen

pytestmark = pytest.mark.usefixtures("signals")


def probe(words: str) -> None:
    """Connect to the port in `words` and go away without a word."""
    socket.create_connection((HOST, port_in(words)), timeout=30).close()


class TestItsLogFile:
    def test_has_the_lines_of_the_console(self, screen: Screen, file: Path) -> None:
        serve(*ANYWHERE, screen=screen)
        assert entries(file) == [("INFO", line) for line in screen.lines]
        assert len(screen.lines) == 4

    def test_stands_where_the_operator_wants_it(self, screen: Screen, tmp_path: Path) -> None:
        serve(*ANYWHERE, "--log-file", "logs/mine.log", screen=screen)
        assert messages(tmp_path / "logs" / "mine.log") == screen.lines
        assert [path.name for path in tmp_path.iterdir()] == ["logs"]

    def test_is_none_if_the_operator_wants_none(self, screen: Screen, tmp_path: Path) -> None:
        assert serve(*ANYWHERE, "--no-log-file", screen=screen) == 0
        assert not list(tmp_path.iterdir())

    def test_that_cannot_be_had_does_not_keep_it_from_running(
        self, screen: Screen, file: Path
    ) -> None:
        file.touch()
        place = file / "ttt.log"
        assert serve(*ANYWHERE, "--log-file", str(place), screen=screen) == 0
        assert screen.lines[0].startswith(f"ERROR: The log file {place} cannot be written: ")
        assert len(screen.lines) == 5

    @pytest.mark.parametrize(
        ("length", "keep", "number"),
        [(1_990_000, "1", 1), (2_000_000, "0", 1), (2_000_000, "1", 2)],
    )
    def test_is_moved_aside_at_its_size_and_kept_as_often_as_the_operator_wants(
        self, screen: Screen, file: Path, length: int, keep: str, number: int
    ) -> None:
        file.write_bytes(b"." * length)
        serve(*ANYWHERE, "--log-max-size", "2", "--log-keep", keep, screen=screen)
        assert len(list(file.parent.iterdir())) == number

    def test_and_the_console_have_everything_at_the_least_level(self, file: Path) -> None:
        screen = Screen()
        screen.when("Listening to port", probe)
        screen.when("Player 1 has left", lambda _: signal.raise_signal(signal.SIGTERM))
        serve(*ANYWHERE, "--log-level", "debug", screen=screen)
        assert [message for _, message in entries(file)] == screen.lines
        assert entries(file)[3] == ("DEBUG", "Player 1 has left: closed the connection")


class TestItsConsole:
    def test_is_coloured_on_a_terminal(self) -> None:
        screen = stopping_screen(is_terminal=True)
        serve(*ANYWHERE, screen=screen)
        assert re.search(r"\x1b\[[0-9;]*mReserved port", screen.getvalue())

    def test_is_plain_if_the_operator_wants_no_colour(self) -> None:
        screen = stopping_screen(is_terminal=True)
        serve(*ANYWHERE, "--no-color", screen=screen)
        assert "\x1b" not in screen.getvalue()
        assert len(screen.lines) == 4

    def test_is_not_the_standard_output(
        self, screen: Screen, capsys: pytest.CaptureFixture[str]
    ) -> None:
        serve(*ANYWHERE, screen=screen)
        assert capsys.readouterr().out == ""
