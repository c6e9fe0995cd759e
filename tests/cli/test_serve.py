"""`ttt serve`: a run from the first line to the last, and whom it serves."""

import os
import re
import signal
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from loguru import logger

from tests.cli.consoles import Screen
from tests.cli.serving import ANYWHERE, HOST, port_in, serve, stopping_screen
from tests.cli.supervisor import Supervisor
from ttt_cli.numbers import line_of
from ttt_core import Level
from ttt_net import BotSettings, Hub, HubWithBots, port_of

WITH_BOTS = ("--bot-after", "0", "--bot-level", "perfect", "--bot-thinks", "0")
END = ("Shutting down; players to be told: 0", "The server has stopped")

pytestmark = pytest.mark.usefixtures("signals")


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


def assert_nothing_is_left(port: int, file: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        assert signal.getsignal(number) is signal.SIG_IGN  # as at the end of the program
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

    def test_leaves_nothing_behind(self, screen: Screen, file: Path) -> None:
        serve(*ANYWHERE, screen=screen)
        assert_nothing_is_left(port_in(screen.lines[0]), file)

    def test_leaves_nothing_behind_even_if_it_is_broken_off(self, file: Path) -> None:
        screen = Screen()
        screen.when("Listening to port", break_off)
        assert serve(*ANYWHERE, screen=screen) == 1
        assert "The server has stopped" not in screen.lines
        assert_nothing_is_left(port_in(screen.lines[0]), file)

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
