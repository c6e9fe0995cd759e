"""`--metrics-port`: the numbers, as Prometheus and everybody else gets them."""

import errno
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from importlib.metadata import version
from threading import Event
from typing import Never

import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from tests.cli.conftest import BeginLog
from tests.cli.consoles import Screen
from tests.conversation import Conversation
from tests.net.openings import PLAYED, PLAYING
from tests.system.visitors import needs_ipv6
from ttt_cli.main import cli
from ttt_cli.metrics import MetricsPlace, metrics_at
from ttt_cli.prometheus import NumbersServer
from ttt_net import Hub, port_of
from ttt_net.counters import RESULTS, Numbers

HOST = "127.0.0.1"
PATIENCE = 30.0


@contextmanager
def served(hub: Hub, host: str = HOST) -> Iterator[NumbersServer]:
    server = NumbersServer(host, 0, hub.numbers)
    try:
        yield server
    finally:
        server.end()


def fail(*_: object, **__: object) -> Never:
    raise ZeroDivisionError


def scrape(port: int, host: str = HOST) -> dict[str, float]:
    """Return each sample, its labels in brackets, as Prometheus reads it."""
    connection = HTTPConnection(host, port, timeout=PATIENCE)
    connection.request("GET", "/metrics")
    response = connection.getresponse()
    assert response.status == 200
    text = response.read().decode()
    connection.close()
    return {
        sample.name + "".join(f"[{value}]" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def hub_after(lines: str) -> Hub:
    conversation = Conversation()
    conversation.hold(lines)
    return conversation.hub


class TestTheNumbers:
    def test_of_a_game_that_goes_on(self) -> None:
        with served(hub_after(f"{PLAYING}\n3 connects\n3 < A3\n3 > c1")) as server:
            numbers = scrape(server.server_port)
        assert numbers["ttt_connections"] == 3
        assert numbers["ttt_waiting_players"] == 1
        assert numbers["ttt_games_in_progress"] == 1
        assert [numbers[f"ttt_games_total[{result}]"] for result in RESULTS] == [0] * 7

    def test_of_a_game_that_has_ended(self) -> None:
        with served(hub_after(PLAYED)) as server:
            numbers = scrape(server.server_port)
        assert numbers["ttt_games_in_progress"] == 0
        assert numbers["ttt_games_total[x_won]"] == 1
        assert numbers["ttt_moves_total"] == 5

    def test_of_moves_that_are_refused(self) -> None:
        with served(hub_after(f"{PLAYING}\n2 > i0\n2 < B         CY")) as server:
            numbers = scrape(server.server_port)
        assert numbers["ttt_moves_refused_total"] == 1
        assert numbers["ttt_moves_total"] == 0

    def test_are_those_of_the_moment(self) -> None:
        hub = Hub()
        with served(hub) as server:
            assert scrape(server.server_port)["ttt_connections"] == 0
            hub.connect("somebody", 0.0)
            assert scrape(server.server_port)["ttt_connections"] == 1

    def test_come_with_the_version_that_runs(self) -> None:
        python = ".".join(map(str, sys.version_info[:3]))
        with served(Hub()) as server:
            (name,) = [n for n in scrape(server.server_port) if n.startswith("ttt_build_info")]
        assert version("ttt-server") in name
        assert python in name

    @needs_ipv6
    def test_can_be_had_by_ipv6(self) -> None:
        with served(Hub(), "::1") as server:
            assert scrape(server.server_port, "::1")["ttt_connections"] == 0


class TestWhoScrapes:
    def test_and_goes_away_leaves_no_trace(self, capfd: pytest.CaptureFixture[str]) -> None:
        with served(Hub()) as server:
            with socket.create_connection((HOST, server.server_port), PATIENCE) as rude:
                rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                rude.sendall(b"GET / HTTP/1.1\r\n")
            scrape(server.server_port)
        assert capfd.readouterr() == ("", "")

    def test_and_says_nothing_keeps_nobody_from_ending_it(self) -> None:
        with ExitStack() as stack:
            with served(Hub()) as server:
                address = (HOST, server.server_port)
                silent = stack.enter_context(socket.create_connection(address, PATIENCE))
                silent.sendall(b"GET /")
                deadline = time.monotonic() + PATIENCE
                while server._guest is None:  # until it is being listened to
                    assert time.monotonic() < deadline
            assert silent.recv(1) == b""

    @pytest.mark.parametrize("scraped", [False, True])
    def test_or_not_the_thread_is_waited_for_however_late_it_ends(
        self, monkeypatch: pytest.MonkeyPatch, *, scraped: bool
    ) -> None:
        waits = Event()
        with served(Hub()) as server:
            if scraped:
                scrape(server.server_port)
            end, join = server.shutdown, server._thread.join

            def end_late() -> None:
                assert waits.wait(PATIENCE)
                end()

            def wait(timeout: float) -> None:
                waits.set()
                join(timeout)

            monkeypatch.setattr(server, "shutdown", end_late)
            monkeypatch.setattr(server._thread, "join", wait)
        assert not server._thread.is_alive()

    def test_and_finds_no_room_in_the_system_is_not_asked_in_again_at_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with served(Hub()) as server:
            pass
        waits: list[float] = []
        monkeypatch.setattr(server._is_ending, "wait", waits.append)
        with pytest.raises(OSError, match="Bad file descriptor"):
            server.get_request()  # its socket is closed: as good as one that gives nobody
        assert waits == [1.0]

    @pytest.mark.parametrize(
        ("said", "limit", "other"),
        [(b"", "_Quiet.timeout", "_PATIENCE"), (b"GET /", "_PATIENCE", "_Quiet.timeout")],
        ids=["says nothing", "takes too long to ask"],
    )
    def test_and_keeps_the_next_one_waiting_does_so_for_a_while_only(
        self, said: bytes, limit: str, other: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(f"ttt_cli.prometheus.{other}", 2 * PATIENCE)
        with served(Hub()) as server:
            with monkeypatch.context() as hasty:
                hasty.setattr(f"ttt_cli.prometheus.{limit}", 0.05)
                address = (HOST, server.server_port)
                with socket.create_connection(address, PATIENCE) as slow:
                    slow.sendall(said)
                    assert slow.recv(1) == b""
            assert scrape(server.server_port)["ttt_connections"] == 0

    @pytest.mark.parametrize(
        ("read", "accepted"),
        [(Hub().numbers, "text/plain; version=FORGED"), (fail, "text/plain")],
        ids=["who asks for what there is not", "a bug"],
    )
    def test_and_gets_no_answer_leaves_no_trace_either(
        self, read: Callable[[], Numbers], accepted: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        server = NumbersServer(HOST, 0, read)
        connection = HTTPConnection(HOST, server.server_port, timeout=PATIENCE)
        connection.request("GET", "/metrics", headers={"Accept": accepted})
        assert connection.getresponse().status == 500
        connection.close()
        server.end()
        assert capfd.readouterr() == ("", "")

    def test_needs_no_file_of_the_system(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with served(Hub()) as server:
            scrape(server.server_port)
            monkeypatch.setattr("builtins.open", fail)
            monkeypatch.setattr("ttt_cli.prometheus.version", fail)
            assert scrape(server.server_port)["ttt_connections"] == 0

    def test_and_is_never_answered_keeps_nobody_from_ending_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ttt_cli.prometheus._LOOK_EVERY", 0.001)
        is_stuck, goes_on = Event(), Event()

        def stick() -> Numbers:
            is_stuck.set()
            assert goes_on.wait(PATIENCE)
            return Hub().numbers()

        server = NumbersServer(HOST, 0, stick)
        with socket.create_connection((HOST, server.server_port), PATIENCE) as scraper:
            scraper.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
            assert is_stuck.wait(PATIENCE)
            server.end()
            assert server._thread.is_alive()
            goes_on.set()
            server._thread.join(PATIENCE)
            assert not server._thread.is_alive()


class TestThePort:
    def test_is_told_of_in_the_log(self, begin_log: BeginLog) -> None:
        screen = Screen()
        with metrics_at(MetricsPlace(0, HOST), Hub(), begin_log(screen, color=False)):
            (line,) = screen.lines
            port = int(line.removeprefix(f"Metrics at http://{HOST}:").removesuffix("/metrics"))
            assert scrape(port)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HOST, port), PATIENCE)

    @needs_ipv6
    def test_of_an_ipv6_address_stands_behind_brackets(self, begin_log: BeginLog) -> None:
        screen = Screen()
        with metrics_at(MetricsPlace(0, "::1"), Hub(), begin_log(screen, color=False)):
            assert screen.lines[0].startswith("Metrics at http://[::1]:")

    def test_is_none_if_none_is_wanted(self, begin_log: BeginLog) -> None:
        screen = Screen()
        with metrics_at(None, Hub(), begin_log(screen, color=False)):
            assert screen.lines == []

    @pytest.mark.usefixtures("signals")
    def test_that_is_taken_ends_the_command_with_exit_code_1_and_one_line(self) -> None:
        with socket.create_server((HOST, 0)) as taken:
            port = str(port_of(taken))
            ended = CliRunner().invoke(cli, ["serve", "--port", "0", "--metrics-port", port])
        assert ended.exit_code == 1
        (line,) = ended.stderr.splitlines()
        assert line.startswith(f"Cannot reserve port {port} of {HOST}: another program")
        assert os.strerror(errno.EADDRINUSE) in line

    def test_is_no_use_without_the_library_and_the_command_says_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delitem(sys.modules, "ttt_cli.prometheus", raising=False)
        monkeypatch.setitem(sys.modules, "prometheus_client", None)
        ended = CliRunner().invoke(cli, ["serve", "--port", "0", "--metrics-port", "0"])
        assert ended.exit_code == 2
        assert "pip install 'ttt-server[metrics]'" in ended.stderr
