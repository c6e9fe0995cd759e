"""The port of `ttt serve`: given, asked for, or taken by somebody else."""

import errno
import os
import signal
import socket
from pathlib import Path
from selectors import DefaultSelector, SelectorKey

import pytest

from tests.cli.consoles import Screen, Terminal
from tests.cli.log_file import entries
from tests.cli.serving import ANYWHERE, HOST, serve
from ttt_net import port_of

pytestmark = pytest.mark.usefixtures("signals")


class TestThePort:
    @pytest.mark.usefixtures("no_terminal")
    def test_must_be_given_where_nobody_can_be_asked(
        self, screen: Screen, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        assert serve(screen=screen) == 2
        assert screen.lines[0] == "Usage: ttt serve [OPTIONS]"
        assert screen.lines[-1].startswith("Error: No port is given")
        assert capsys.readouterr().out == ""
        assert not list(tmp_path.iterdir())

    def test_is_asked_for_on_a_terminal(self, terminal: Terminal, screen: Screen) -> None:
        terminal.type("8080x", "0")
        assert serve("--host", HOST, screen=screen) == 0
        first, second = screen.lines[:2]
        assert first.startswith("Please enter the port:")
        assert "'8080x' is no port" in first
        assert second.startswith("Please enter the port:")
        assert "Reserved port " in second

    def test_is_not_asked_for_if_it_is_given(self, terminal: Terminal, screen: Screen) -> None:
        terminal.type("x")
        assert serve(*ANYWHERE, screen=screen) == 0
        assert "?" not in screen.getvalue()
        assert "Please" not in screen.getvalue()

    def test_that_nobody_enters_ends_it_with_exit_code_1(
        self, terminal: Terminal, screen: Screen, tmp_path: Path
    ) -> None:
        terminal.type("abc")
        assert serve("--host", HOST, screen=screen) == 1
        assert screen.lines[-1].endswith("Aborted!")
        assert "Traceback" not in screen.getvalue()
        assert not list(tmp_path.iterdir())

    def test_that_is_answered_with_ctrl_c_ends_it_with_exit_code_1(
        self, terminal: Terminal, screen: Screen
    ) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        terminal.type()
        screen.when("Please enter", lambda _: signal.raise_signal(signal.SIGINT))
        assert serve("--host", HOST, screen=screen) == 1
        assert screen.lines[-1].endswith("Aborted!")
        assert "Traceback" not in screen.getvalue()

    @pytest.mark.usefixtures("no_terminal")
    def test_that_is_taken_ends_it_with_exit_code_1_and_one_line(
        self, screen: Screen, file: Path
    ) -> None:
        with socket.create_server((HOST, 0)) as taken:
            port = port_of(taken)
            assert serve("--host", HOST, "--port", str(port), screen=screen) == 1
        (line,) = screen.lines
        assert line.startswith(f"Cannot reserve port {port} of {HOST}: ")
        assert os.strerror(errno.EADDRINUSE) in line
        assert entries(file) == [("ERROR", line)]

    def test_that_there_is_no_room_to_watch_ends_it_with_exit_code_1_and_one_line(
        self, screen: Screen, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Full(DefaultSelector):
            def register(self, *_: object) -> SelectorKey:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr("ttt_net.server.selector_for_loop", Full)
        assert serve(*ANYWHERE, screen=screen) == 1
        why = "no room to watch one more (fs.epoll.max_user_watches)"
        line = f"Cannot watch the port for players: {why}"
        assert screen.lines == [line]
        assert entries(file) == [("ERROR", line)]

    @pytest.mark.parametrize(("answer", "exit_code"), [("a", 1), ("", 1), ("r", 0), ("c", 0)])
    def test_that_is_taken_is_asked_about_on_a_terminal(
        self, terminal: Terminal, screen: Screen, answer: str, exit_code: int
    ) -> None:
        with socket.create_server((HOST, 0)) as taken:
            screen.when("[A]bort", lambda _: taken.close())
            terminal.type(answer, "0")
            port = str(port_of(taken))
            assert serve("--host", HOST, "--port", port, screen=screen) == exit_code
        assert ("The server has stopped" in screen.lines) == (exit_code == 0)
        assert "Traceback" not in screen.getvalue()
