import shlex
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks import hub as hub_benchmark
from tests.benchmarks.__main__ import main
from tests.benchmarks.games import random_games
from tests.benchmarks.load import PATIENCE, Figures
from tests.benchmarks.processes import PROC, cpu_seconds, tree_of
from tests.benchmarks.servers import ASYNCIO, Contender, running
from tests.benchmarks.table import table

GAMES = 12
PLAYERS = 5

TURN = Figures(
    games=10,
    moves=80,
    seconds=0.5,
    user=0.002,
    system=0.001,
    busy=0.25,
    p50=100.0,
    p99=900.0,
    mistakes=[],
)


class TestTheCommand:
    def test_it_measures_both_servers_in_turns_and_finds_nothing_wrong(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code = main(["--games", str(GAMES), "--turns", "2", "--players", str(PLAYERS)])
        said = capsys.readouterr().out.splitlines()
        assert code == 0, said
        rows = [line.split("|")[1:-1] for line in said if line.startswith("|")]
        assert [row[0].strip() for row in rows[2:]] == [
            *("ttt", "asyncio", "ttt / asyncio, medians", "ttt / asyncio, best turns"),
        ]
        assert [row[-1].strip() for row in rows[2:4]] == ["0", "0"]
        assert said[0] == f"`python -m tests.benchmarks --games {GAMES} --turns 2 --players 5`"

    def test_it_names_the_mistakes_of_a_server_and_ends_with_status_1(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        source = Path(ASYNCIO.command[1]).read_text("utf-8")
        liar = tmp_path / "liar.py"
        liar.write_text(source.replace('("CN", "CY")', '("CN", "CN")'), "utf-8")
        server = shlex.join([sys.executable, str(liar), "{port}"])
        code = main(["--games=3", "--turns=1", "--players=2", f"--server={server}"])
        said = capsys.readouterr().out
        assert code == 1
        assert "\nother 1: player " in said
        assert "CN')" in said
        assert "\nttt: " not in said

    @pytest.mark.parametrize(
        "arguments",
        [
            *(["--server=ttt serve"], ["--server=no-such-command {port}"]),
            *(["--players=1"], ["--turns=0"], ["--games=0"]),
        ],
    )
    def test_it_refuses_what_cannot_be_measured(self, arguments: list[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2

    def test_a_server_that_does_not_listen_is_told_of(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deaf = Contender("ttt", (sys.executable, "-c", "'{port}'"))
        monkeypatch.setattr(benchmarks, "OURS", deaf)
        assert main(["--games=1", "--turns=1"]) == 1
        assert capsys.readouterr().err.startswith("ttt does not listen: ")


class TestTheTable:
    def test_it_tells_medians_and_both_ratios(self) -> None:
        ours = [replace(TURN, user=user) for user in (0.002, 0.001, 0.007)]
        theirs = [replace(TURN, user=user) for user in (0.005, 0.001, 0.008)]
        theirs[2] = replace(theirs[2], mistakes=["?"])
        rows = [row.split("|") for row in table({"a": ours, "b": theirs}).splitlines()]
        cells = [[cell.strip() for cell in row[1:-1]] for row in rows]
        assert cells[2] == ["a", "300", "200", "100", "20", "100", "900", "0.25", "0"]
        assert cells[3] == ["b", "600", "500", "100", "20", "100", "900", "0.25", "1"]
        assert cells[4][:4] == ["a / b, medians", "0.50", "0.40", "1.00"]
        assert cells[5][:4] == ["a / b, best turns", "1.00", "1.00", "1.00"]

    def test_what_cannot_be_known_is_a_dash(self) -> None:
        unknown = replace(TURN, games=0, user=None, system=None)
        cells = table({"a": [unknown], "b": [unknown]}).splitlines()[4].split("|")
        assert [cell.strip() for cell in cells[2:6]] == ["-", "-", "-", "-"]


def read_to_the_end(sock: socket.socket) -> None:
    """Return when the other end is gone; raise TimeoutError if it stays."""
    try:
        while sock.recv(4096):
            pass
    except ConnectionResetError:
        pass


class TestTheProcesses:
    def test_what_a_server_starts_is_counted_and_ended_with_it(self) -> None:
        command = f"{sys.executable} {ASYNCIO.command[1]} {{port}}; :"
        with running(Contender("in a shell", ("/bin/sh", "-c", command))) as server:
            tree = tree_of(server.process.pid)
            used = cpu_seconds(tree)
            client = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        with client:
            read_to_the_end(client)
        if PROC.joinpath("self", "stat").exists():
            assert tree[0] == server.process.pid
            assert len(tree) == 2
            assert used is not None
            assert used.user + used.system > 0

    def test_of_a_process_that_is_gone_it_is_not_known(self) -> None:
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            process.wait()
        assert cpu_seconds([process.pid]) is None


class TestTheHubBenchmark:
    def test_it_plays_games_and_prints_what_they_cost(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        hub_benchmark.main(["--games", "10", "--turns", "1"])
        rows = [line.split("|") for line in capsys.readouterr().out.splitlines() if "|" in line]
        assert [cell.strip() for cell in rows[0][1:-1]] == [
            *("", "ns/move", "ns/game", "moves/s", "games/s"),
        ]
        assert all(int(cell) > 0 for row in rows[2:] for cell in row[2:-1])
        assert len(rows) == 4

    def test_it_counts_each_game_and_move(self) -> None:
        games = random_games(1, 3)
        costs = hub_benchmark.measure(games, 4, hub_benchmark.take_answers)
        assert costs.games == 4
        assert costs.moves == sum(map(len, (*games, games[0])))
        assert costs.in_moves < costs.in_all

    def test_a_wrong_answer_ends_it(self) -> None:
        (game,) = random_games(1, 1)
        wrong = (*game[:-1], game[-1]._replace(mover=b""))
        with pytest.raises(AssertionError):
            hub_benchmark.check([wrong])
