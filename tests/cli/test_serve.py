import errno
import os
import re
import signal
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, redirect_stderr
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from loguru import logger

from tests.cli.conftest import unexpected_signal
from tests.cli.consoles import Screen, Terminal
from tests.cli.log_file import entries, messages
from tests.cli.supervisor import Supervisor
from ttt_cli.main import cli
from ttt_cli.numbers import line_of
from ttt_core import Level
from ttt_net import BotSettings, Hub, HubWithBots, port_of

HOST = "127.0.0.1"
ANYWHERE = ("--host", HOST, "--port", "0")
WITH_BOTS = ("--bot-after", "0", "--bot-level", "perfect", "--bot-thinks", "0")
END = ("Shutting down; players to be told: 0", "The server has stopped")

pytestmark = pytest.mark.usefixtures("signals")


def stopping_screen(*, is_terminal: bool = False) -> Screen:
    screen = Screen(is_terminal=is_terminal)
    screen.when("Listening to port", lambda _: signal.raise_signal(signal.SIGTERM))
    return screen


@pytest.fixture
def screen() -> Screen:
    """The standard error. The server that says on it that it listens is told to stop."""
    return stopping_screen()


def serve(*arguments: str, screen: Screen) -> int:
    """Run `ttt serve` and return its exit code."""
    with redirect_stderr(screen), pytest.raises(SystemExit) as ended:
        cli.main(["serve", *arguments], prog_name="ttt")
    assert isinstance(ended.value.code, int)
    return ended.value.code


def port_in(words: str) -> int:
    return int(words.rsplit(maxsplit=1)[-1])


def probe(words: str) -> None:
    """Connect to the port in `words` and go away without a word."""
    socket.create_connection((HOST, port_in(words)), timeout=30).close()


def begin_game(words: str) -> bytes:
    """Play at the port in `words` until it is our turn, leave, and return what was heard."""
    with socket.create_connection((HOST, port_in(words)), timeout=30) as client:
        heard = b""
        answers = {b"A1": b"c1", b"A1RO": b"c2", b"A1ROI2": b"c3"}
        while not heard.endswith(b"CY") and (data := client.recv(1)):
            heard += data
            client.sendall(answers.get(heard, b""))
        client.sendall(b"q")
    return heard


def break_off(_: str) -> None:
    raise KeyboardInterrupt


def assert_all_is_as_it_was(port: int, file: Path) -> None:
    assert signal.getsignal(signal.SIGINT) is unexpected_signal
    assert signal.getsignal(signal.SIGTERM) is unexpected_signal
    assert signal.set_wakeup_fd(-1) == -1
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port), timeout=30)
    logger.error("The log is closed")
    assert "The log is closed" not in file.read_text()


class TestARun:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_ends_with_exit_code_0_at_a_signal(self, number: signal.Signals) -> None:
        screen = Screen()
        screen.when("Listening to port", lambda _: signal.raise_signal(number))
        assert serve(*ANYWHERE, screen=screen) == 0
        port = port_in(screen.lines[0])
        assert port > 0
        assert tuple(screen.lines) == (f"Reserved port {port}", f"Listening to port {port}", *END)

    def test_leaves_everything_as_it_was(self, screen: Screen, file: Path) -> None:
        serve(*ANYWHERE, screen=screen)
        assert_all_is_as_it_was(port_in(screen.lines[0]), file)

    def test_leaves_everything_as_it_was_even_if_it_is_broken_off(self, file: Path) -> None:
        screen = Screen()
        screen.when("Listening to port", break_off)
        assert serve(*ANYWHERE, screen=screen) == 1
        assert "The server has stopped" not in screen.lines
        assert_all_is_as_it_was(port_in(screen.lines[0]), file)

    def test_serves_clients_and_tells_them_when_it_stops(self) -> None:
        screen = Screen()
        with socket.socket() as client:

            def come(words: str) -> None:
                client.settimeout(30)
                client.connect((HOST, port_in(words)))
                client.sendall(b"c1")

            screen.when("Listening to port", come)
            screen.when("player 1", lambda _: signal.raise_signal(signal.SIGTERM))
            screen.when("Shutting down", lambda _: client.shutdown(socket.SHUT_WR))
            assert serve(*ANYWHERE, screen=screen) == 0
            heard = b"".join(iter(lambda: client.recv(4096), b""))
            address = ":".join(map(str, client.getsockname()))
        assert heard == b"A1QThe server is shutting down. Game over."
        assert screen.lines[2:] == [
            f"Received connection from {address}: player 1",
            "Shutting down; players to be told: 1",
            "The server has stopped",
        ]

    def test_writes_its_numbers_into_the_log_at_sigusr1(self) -> None:
        screen = Screen()
        screen.when("Listening to port", lambda _: signal.raise_signal(signal.SIGUSR1))
        screen.when("Connections 0", lambda _: signal.raise_signal(signal.SIGTERM))
        assert serve(*ANYWHERE, screen=screen) == 0
        assert screen.lines[2] == line_of(Hub().numbers())
        assert len(screen.lines) == 5

    def test_knows_who_comes_through_a_balancer_by_the_address_it_announces(self) -> None:
        screen = Screen()
        with socket.socket() as client:

            def come(words: str) -> None:
                client.settimeout(30)
                client.connect((HOST, port_in(words)))
                client.sendall(b"PROXY TCP4 192.0.2.7 10.0.0.1 56324 443\r\nc1")

            screen.when("Listening to port", come)
            screen.when("player 1", lambda _: signal.raise_signal(signal.SIGTERM))
            screen.when("Shutting down", lambda _: client.shutdown(socket.SHUT_WR))
            trusted = ("--proxy-protocol", "10.0.0.0/8,127.0.0.1")
            assert serve(*ANYWHERE, *trusted, screen=screen) == 0
        assert screen.lines[2] == "Received connection from 192.0.2.7:56324: player 1"

    def test_lets_its_numbers_be_scraped_where_the_operator_wants_it(self) -> None:
        screen = Screen()
        scraped: list[bytes] = []

        def scrape(words: str) -> None:
            url = words.rsplit(maxsplit=1)[-1]
            with urlopen(url, timeout=30) as answer:
                scraped.append(answer.read())

        screen.when("Metrics at", scrape)
        screen.when("Listening to port", lambda _: signal.raise_signal(signal.SIGTERM))
        assert serve(*ANYWHERE, "--metrics-port", "0", screen=screen) == 0
        assert b"ttt_connections 0.0" in scraped[0]
        assert re.fullmatch(r"Metrics at http://127\.0\.0\.1:\d+/metrics", screen.lines[0])
        where = ("--metrics-port", "0", "--metrics-host", "localhost")
        screen = stopping_screen()
        assert serve(*ANYWHERE, *where, screen=screen) == 0
        assert screen.lines[0].startswith("Metrics at http://localhost:")


class TestTheComputer:
    def test_is_the_opponent_of_who_waits_if_the_operator_wants_it(self) -> None:
        screen = Screen()
        heard: list[Future[bytes]] = []
        with ThreadPoolExecutor(1) as pool:
            screen.when("Listening", lambda words: heard.append(pool.submit(begin_game, words)))
            screen.when("ended unexpectedly", lambda _: signal.raise_signal(signal.SIGTERM))
            assert serve(*ANYWHERE, *WITH_BOTS, screen=screen) == 0
        said = re.fullmatch(rb"A1ROI2B {9}CNI([1-9])B([X ]{9})CY", heard[0].result())
        assert said
        assert said[2].index(b"X") == int(said[1]) - 1
        assert said[2].count(b"X") == 1
        assert screen.lines[3:6] == [
            "Player 2 is the computer, for player 1 who waits",
            "Received connection from the computer: player 2",
            "Player 2 is matched with player 1",
        ]

    def test_comes_and_plays_only_as_the_operator_wants(
        self, screen: Screen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wanted: list[BotSettings] = []

        def begin(settings: BotSettings, *others: Any) -> HubWithBots:
            wanted.append(settings)
            return HubWithBots(settings, *others)

        monkeypatch.setattr("ttt_cli.serve.HubWithBots", begin)
        serve(*ANYWHERE, screen=stopping_screen())
        serve(*ANYWHERE, *WITH_BOTS, screen=screen)
        serve(*ANYWHERE, "--bot-after", "2.5", screen=stopping_screen())
        assert wanted == [
            BotSettings(after=0, level=Level.PERFECT, thinks=0),
            BotSettings(after=2.5, level=Level.HUMAN, thinks=1),
        ]


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


class TestSystemd:
    def test_is_told_that_it_runs_and_that_it_stops(
        self, screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with closing(Supervisor(tmp_path)) as systemd:
            monkeypatch.setenv("NOTIFY_SOCKET", systemd.address)
            assert serve(*ANYWHERE, screen=screen) == 0
            assert systemd.heard() == [
                f"READY=1\nSTATUS={line_of(Hub().numbers())}",
                "STOPPING=1\nSTATUS=Shutting down",
            ]
        assert "NOTIFY_SOCKET" not in os.environ

    @pytest.mark.usefixtures("no_terminal")
    def test_may_pass_on_a_socket_and_then_no_port_is_needed_and_the_queue_is_left(
        self, screen: Screen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with ExitStack() as stack:
            listener = stack.enter_context(socket.create_server((HOST, 0)))
            port = port_of(listener)
            copy = listener.dup()
            monkeypatch.setattr("ttt_cli.binding.passed_listeners", lambda *_: [copy])

            def come(_: str) -> None:
                stack.enter_context(socket.create_connection((HOST, port), timeout=30))

            screen.when("Shutting down", come)
            assert serve(screen=screen) == 0
            assert tuple(screen.lines) == (
                f"Reserved port {port}",
                f"Listening to port {port}",
                *END,
            )
            listener.settimeout(30)
            stack.enter_context(listener.accept()[0])


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
