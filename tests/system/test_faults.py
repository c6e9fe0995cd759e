"""What the system and its network do to the installed server, for real; and the games go on."""

import re
import resource
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.process import Running, Shell
from tests.system.visitors import OPPONENT_LEFT, Visitors

PUT_OUT = b"QYou have been put out: the server received an unexpected message."
FULL = b"QThe server is full. Please try again later."


@pytest.fixture
def server(shell: Shell) -> Running:
    return shell.start("serve", "--port", "0")


@pytest.fixture
def port(server: Running) -> int:
    return server.listening()


class TestOpenFiles:
    def test_a_server_out_of_them_serves_who_is_there_and_accepts_again_by_itself(
        self, server: Running, port: int, visitors: Visitors
    ) -> None:
        game = visitors.game(port)
        game.play(2)
        with open_files(server, spare=1):
            visitors.connect(port)
            # The system lets it connect, but the server cannot take it in.
            late = socket.create_connection(("127.0.0.1", port), timeout=10)
            server.expect("No connection can be accepted: Too many open files; trying again ")
            game.play(3)
            assert (game.x.rest(), game.o.rest()) == (b"", b"")
        with late:
            late.settimeout(30)
            assert late.recv(128) == b"A4"
        assert server.text.count("No connection can be accepted") == 1

    def test_who_only_lingers_gives_way_when_they_run_short(
        self, server: Running, port: int, visitors: Visitors
    ) -> None:
        game = visitors.game(port)
        game.play(5)
        with open_files(server, spare=0):
            # Neither of them has closed: the one who has lingered longest gives way.
            assert visitors.connect(port).number == 3
            assert visitors.connect(port).number == 4
        assert "No connection can be accepted" not in server.text


@contextmanager
def open_files(server: Running, spare: int) -> Iterator[None]:
    """Let the server have no more than `spare` more files open than it has now."""
    if not hasattr(resource, "prlimit"):
        pytest.skip("this system cannot lower the limit of a running process")
    used = Path(f"/proc/{server.pid}/fd")
    if not used.exists():
        pytest.skip("this system does not show what files a process has open")
    before = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    # The limit is on the numbers: they are given from the lowest free one on.
    most = max(int(entry.name) for entry in used.iterdir()) + 1
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (most + spare, before[1]))
    yield
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, before)


def test_one_too_many_is_told_why_and_a_place_that_is_free_again_is_given(
    shell: Shell, visitors: Visitors
) -> None:
    server = shell.start("serve", "--port", "0", "--max-connections", "2")
    port = server.listening()
    game = visitors.game(port)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as refused:
        assert refused.recv(1024) == FULL
        assert refused.recv(1024) == b""
    server.expect(r"The connection from .* is refused: the server is full \(2 connections\)\n")
    game.play(5)
    assert (game.x.rest(), game.o.rest()) == (b"", b"")
    assert visitors.connect(port).number == 4


def test_who_reads_nothing_with_hardly_any_room_to_receive_disturbs_nobody(
    server: Running, port: int, visitors: Visitors
) -> None:
    with visitors.undisturbed(port), socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        deaf.settimeout(30)
        deaf.connect(("127.0.0.1", port))
        deaf.sendall(b"c1")
        server.expect(r"Received connection from .*: player 3\n")
        partner = visitors.confirmed(port)
        server.expect(rf"Received connection from .*: player {partner.number}\n")
        deaf.sendall(b"c2c3")
        partner.hear(b"RX")
        partner.say(b"c2")
        partner.hear(b"I%d" % (partner.number - 1))
        partner.say(b"c3")
        partner.hear(b"B         CY")
        deaf.sendall(b"ez" * 64 + b"i5")
        server.expect('Move "i5" of player .* is refused: it is not its turn\n')
        partner.say(b"i5")
        partner.hear(b"B    X    CN")
        deaf.sendall(b"q" + b"x" * 10_000)
        assert partner.rest() == OPPONENT_LEFT


def test_50_megabytes_from_one_client_disturb_nobody(
    server: Running, port: int, visitors: Visitors
) -> None:
    with visitors.undisturbed(port):
        flood = visitors.confirmed(port)
        garbage = b"\x07" * 2**20
        for _ in range(50):
            flood.say(garbage)
        flood.sock.shutdown(socket.SHUT_WR)
        assert flood.rest() == PUT_OUT
    server.expect(rf"Player {flood.number} is put out for an unexpected message .* and more\n")


class TestTheLog:
    @pytest.mark.parametrize("end", [2, 1])
    def test_a_closed_output_ends_nothing(
        self, end: int, shell: Shell, visitors: Visitors
    ) -> None:
        server = shell.start_without(end, "serve", "--port", "0")

        def ports() -> list[str]:
            said = shell.log.read_text() if shell.log.exists() else ""
            return re.findall(r"Listening to port (\d+)\n", said)

        shell.until(lambda: len(ports()) == 1)
        visitors.game(int(ports()[0])).play(5)
        visitors.leave()
        assert server.stop(signal.SIGTERM) == 0
        assert "Player 2 beats player 1" in shell.log.read_text()

    def test_on_a_disk_that_is_full_it_waits_for_room_and_the_games_go_on(
        self, shell: Shell, visitors: Visitors
    ) -> None:
        disk = shell.directory / "disk"
        with small_disk(disk):
            ballast = disk / "ballast"
            server = shell.start("serve", "--port", "0", "--log-file", str(disk / "log"))
            port = server.listening()
            fill(ballast)
            # What is left of the last block of the log may still take some lines.
            for _ in range(100):
                visitors.confirmed(port).say(b"q" + b"x" * 100)
            server.expect(r"ERROR: The log file .* cannot be written: No space left on device\.")
            visitors.game(port).play(5)
            ballast.unlink()
            visitors.game(port).play(5)
            visitors.leave()
            assert server.stop(signal.SIGTERM) == 0
            assert server.text.count("cannot be written") == 1
            assert (disk / "log").read_text().endswith("INFO: The server has stopped\n")

    def test_hang_up_opens_the_file_anew_and_ends_nothing(
        self, shell: Shell, visitors: Visitors
    ) -> None:
        server = shell.start("serve", "--port", "0")
        port = server.listening()
        game = visitors.game(port)
        game.play(2)
        server.expect("is matched with")
        aside = shell.log.rename(shell.directory / "aside")
        before = aside.read_text()
        server.signal(signal.SIGHUP)
        shell.until(shell.log.exists)
        game.play(3)
        assert (game.x.rest(), game.o.rest()) == (b"", b"")
        visitors.leave()
        assert server.stop(signal.SIGTERM) == 0
        assert aside.read_text() == before
        assert "Player 2 beats player 1" in shell.log_lines[0]


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """Mount a disk of a few blocks."""
    place.mkdir()
    options = ("-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place))
    try:
        mounted = subprocess.run(["mount", *options], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no `mount` here")
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(path: Path) -> None:
    """Take all the room that is left on the disk of `path`."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"." * 4096)
        except OSError:
            pass


class TestTheEnd:
    def test_a_game_that_runs_is_played_to_its_end_before_the_server_ends(
        self, shell: Shell, visitors: Visitors
    ) -> None:
        server = shell.start("serve", "--port", "0", "--drain", "60")
        port = server.listening()
        game = visitors.game(port)
        game.play(2)
        server.signal(signal.SIGTERM)
        server.expect(
            "Shutting down; players to be told: 0; games still running: 1, for 60 s at most\n"
        )
        game.play(3)
        assert (game.x.rest(), game.o.rest()) == (b"", b"")
        visitors.leave()
        assert server.wait() == 0
        assert "games to be called off" not in server.text

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_second_signal_ends_it_though_a_game_runs(
        self, number: int, shell: Shell, visitors: Visitors
    ) -> None:
        server = shell.start("serve", "--port", "0", "--drain", "3600")
        visitors.game(server.listening()).play(2)
        server.signal(number)
        server.expect("Shutting down; .*\n")
        assert server.stop(number) == 0
        assert "Shutting down; games to be called off: 1\n" in server.text
        assert server.text.endswith("The server has stopped\n")
