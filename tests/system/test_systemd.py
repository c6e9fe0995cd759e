"""The installed command as systemd runs it: what it is told, and what it is passed on."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.supervisor import Supervisor
from tests.system.process import PATIENCE, Shell
from tests.system.visitors import Visitors

HOST = "127.0.0.1"

NOBODY = (
    "Connections 0, players waiting 0, games in progress 0; "
    "since the start: games 0, moves 0, moves refused 0"
)


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path)
    yield supervisor
    supervisor.close()


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """What systemd listens to for the server."""
    with socket.create_server((HOST, 0)) as listener:
        yield listener


def port_of(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


def hear_until(systemd: Supervisor, words: str) -> list[str]:
    heard = [systemd.hear()]
    while words not in heard[-1]:
        heard.append(systemd.hear())
    return heard


def test_it_is_told_of_the_start_when_players_can_connect(
    shell: Shell, visitors: Visitors, systemd: Supervisor
) -> None:
    server = shell.start("serve", "--port", "0", NOTIFY_SOCKET=systemd.address)
    assert systemd.hear() == f"READY=1\nSTATUS={NOBODY}"
    visitors.confirmed(server.listening())


def test_it_is_told_of_the_players_and_of_the_end(
    shell: Shell, visitors: Visitors, systemd: Supervisor
) -> None:
    server = shell.start("serve", "--port", "0", "--drain", "60", NOTIFY_SOCKET=systemd.address)
    game = visitors.game(server.listening())
    server.signal(signal.SIGTERM)
    hear_until(systemd, "STOPPING=1\nSTATUS=Shutting down")
    two = NOBODY.replace("Connections 0", "Connections 2").replace("progress 0", "progress 1")
    assert systemd.hear() == f"STATUS=Shutting down: {two}"
    game.play(5)
    visitors.leave()
    assert server.wait() == 0


def test_its_watchdog_hears_of_a_server_to_which_nothing_happens(
    shell: Shell, systemd: Supervisor
) -> None:
    settings = {"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "300000"}
    shell.start("serve", "--port", "0", **settings).listening()
    assert systemd.hear() == f"READY=1\nSTATUS={NOBODY}"
    assert [systemd.hear() for _ in range(5)] == ["WATCHDOG=1"] * 5


def test_a_systemd_that_has_gone_is_not_missed(
    shell: Shell, visitors: Visitors, systemd: Supervisor
) -> None:
    settings = {"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "300000"}
    server = shell.start("serve", "--port", "0", **settings)
    port = server.listening()
    hear_until(systemd, "WATCHDOG")
    systemd.close()
    visitors.game(port).play(5)
    visitors.leave()
    server.expect("finishes the game")
    assert server.stop(signal.SIGTERM) == 0
    assert "Traceback" not in server.text


def test_a_socket_that_is_passed_on_is_served_and_no_port_is_needed(
    shell: Shell, visitors: Visitors, door: socket.socket
) -> None:
    server = shell.start_activated(door, "serve")
    assert server.listening() == port_of(door)
    visitors.game(port_of(door)).play(5)
    visitors.leave()
    server.expect("finishes the game")
    assert server.stop(signal.SIGTERM) == 0


def test_who_has_come_before_the_start_is_served(shell: Shell, door: socket.socket) -> None:
    with socket.create_connection((HOST, port_of(door)), timeout=PATIENCE) as early:
        shell.start_activated(door, "serve").listening()
        assert early.recv(128) == b"A1"


def test_who_comes_between_two_runs_waits_for_the_next_one(
    shell: Shell, visitors: Visitors, door: socket.socket
) -> None:
    port = port_of(door)
    server = shell.start_activated(door, "serve", "--drain", "60")
    server.listening()
    game = visitors.game(port)
    server.signal(signal.SIGTERM)
    server.expect("Shutting down")
    with socket.create_connection((HOST, port), timeout=PATIENCE) as while_it_stops:
        game.play(5)
        visitors.leave()
        assert server.wait() == 0
        with socket.create_connection((HOST, port), timeout=PATIENCE) as after_it:
            shell.start_activated(door, "serve").listening()
            assert while_it_stops.recv(128) == b"A1"
            assert after_it.recv(128) == b"A2"


def test_after_a_kill_nobody_is_refused_either(
    shell: Shell, visitors: Visitors, door: socket.socket
) -> None:
    server = shell.start_activated(door, "serve")
    server.listening()
    visitors.game(port_of(door))
    server.stop(signal.SIGKILL)
    with socket.create_connection((HOST, port_of(door)), timeout=PATIENCE) as patient:
        shell.start_activated(door, "serve").listening()
        assert patient.recv(128) == b"A1"


def test_what_is_no_listening_socket_ends_it_with_code_1_and_one_line(shell: Shell) -> None:
    with socket.socket() as sock:
        server = shell.start_activated(sock, "serve")
        assert server.wait() == 1
    assert server.text == (
        "Error: The sockets passed on (LISTEN_FDS) cannot be served: "
        "descriptor 3 does not listen.\n"
    )


def test_its_journal_hears_how_urgent_each_line_is(shell: Shell, visitors: Visitors) -> None:
    server = shell.start_with_journal("serve", "--port", "0")
    port = server.listening()
    visitor = visitors.confirmed(port)
    server.expect("player 1\n")
    visitor.reset()
    server.expect("is lost")
    assert server.stop(signal.SIGTERM) == 0
    assert [line[:3] for line in server.lines] == ["<6>", "<6>", "<6>", "<4>", "<6>", "<6>"]
    assert server.lines[0] == f"<6>Reserved port {port}"
    assert "<6>" not in shell.log.read_text()
